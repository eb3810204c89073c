"""The tables of plans in docs/nfs/*.md: what the planner says fills some columns, and people have written the others.

Figures that change with every model and trace are left out: shares are said in words, of states that packets don't
change and of counters only the engine, and nothing of states and classes that the traffic hardly has."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cora.explain.overview import where
from cora.explain.solver import Solver
from cora.explain.subjects import Subject, concerned
from cora.model.resources import quantity
from cora.plan.plan import Plan, StatePlacement

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "nfs"
SMALLEST_SHARE = 0.0005
SERVED = ((0.995, "all"), (0.5, "most"), (0.005, "some"), (0.0, "none"))

Row = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """`hand`: the columns that people write; `rows` have them empty."""

    header: Row
    hand: frozenset[int]
    rows: tuple[Row, ...]


def tables(solvers: Sequence[Solver]) -> tuple[Table, Table]:
    """The states and the traffic of a program, side by side for several targets."""
    targets = tuple(s.plan.target for s in solvers)
    states = Table(("state", *targets, "why"), frozenset({len(targets) + 1}), tuple(_states(solvers)))
    header = ("class", "packets", *targets, "why not more on the NIC")
    return states, Table(header, frozenset({1}), tuple(_classes(solvers)))


def rates(solvers: Sequence[Solver]) -> str:
    """The sentence that says what was planned."""
    shown = " and ".join(f"{quantity(s.plan.rate_pps, 'pps')} on {s.plan.target}" for s in solvers)
    return f"Planned for {shown} (the default rates), with the generated traffic:"


def served(share: float) -> str:
    return next(word for bound, word in SERVED if share >= bound)


def plain(reason: str) -> str:
    """The first part of a reason, without figures."""
    return re.sub(r" \(line \d+\)|\d[\d.,]*( [kMG](?= entries| copies))?", "", reason.partition(";")[0]).strip()


def _states(solvers: Sequence[Solver]) -> list[Row]:
    graph = solvers[0].inputs.graph
    kinds = {s.name: s.kind for s in graph.program.states}
    rows: list[Row] = []
    for group in graph.groups:
        touched = any(
            c.share >= SMALLEST_SHARE for c in concerned(graph, solvers[0].plan, Subject("state", group.name))
        )
        either = all(f.update == "read_only" or kinds[f.name] == "counter" for f in group.states)
        if touched:
            names = ", ".join(f"`{f.name}`" for f in group.states)
            rows.append((names, *(_cell(s.plan, group.name, either=either) for s in solvers), ""))
    return rows


def _cell(plan: Plan, group: str, *, either: bool) -> str:
    state: StatePlacement = next(s for s in plan.states if s.group == group)
    if either:
        return state.copies_on[0] if state.copies_on else state.owner
    return where(state)


def _classes(solvers: Sequence[Solver]) -> list[Row]:
    rows: list[Row] = []
    for outcome in sorted(solvers[0].plan.classes, key=lambda c: -c.share):
        if outcome.share < SMALLEST_SHARE:
            continue
        found = [next((c for c in s.plan.classes if c.name == outcome.name), None) for s in solvers]
        cells = [served(c.nic_share) if c is not None else "-" for c in found]
        reasons = dict.fromkeys(plain(c.reason) for c in found if c is not None and served(c.nic_share) != "all")
        rows.append((f"`{outcome.name}`", "", *cells, "; ".join(r for r in reasons if r)))
    return rows


# ---------------------------------------------------------------- the page


def updated(page: str, solvers: Sequence[Solver]) -> str:
    """The page with its tables and its sentence of rates as the planner says; what people wrote stays with its row."""
    page = re.sub(r"^Planned for .*:$", rates(solvers), page, flags=re.MULTILINE)
    for table in tables(solvers):
        page = _replaced(page, table)
    return page


def _replaced(page: str, table: Table) -> str:
    start = page.index(_line(table.header))
    end = page.find("\n\n", start)
    end = len(page) - 1 if end < 0 else end
    old = [_cells(line) for line in page[start:end].split("\n")[2:]]
    kept = {row[0]: row for row in old}
    rows = [
        tuple(kept[row[0]][i] if i in table.hand and row[0] in kept else cell for i, cell in enumerate(row))
        for row in table.rows
    ]
    lines = [_line(table.header), "|" + "---|" * len(table.header), *map(_line, rows)]
    return page[:start] + "\n".join(lines) + page[end:]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in line.strip().strip("|").split("|"))


def unexplained(page: str, solvers: Sequence[Solver]) -> list[str]:
    """The rows of a page in which a column that people write is empty."""
    found: list[str] = []
    for table in tables(solvers):
        start = page.index(_line(table.header))
        for line in page[start:].split("\n\n")[0].strip().split("\n")[2:]:
            cells = _cells(line)
            found += [cells[0] for column in table.hand if not cells[column]]
    return found
