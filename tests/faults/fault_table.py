"""Which check catches which fault, as a table: made by running, kept in docs/faults.md."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path

import bf_compare
from bf_explore import Explorer, Limits
from fault_kinds import CONTROL, FAULTS, SHARDED_FAULTS, Seeded, renamed
from mini_programs import mini_firewall, mini_flows, mini_nat, mini_trap
from split_helpers import compare, copy_plan, firewall_frame, mini_traffic, nat_frame, shard_plan, trap_frame
from test_split_sharded import flows_frame

from cora.analysis import analyse
from cora.ir.nodes import Access, Program
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.split import split_program
from cora.split.engines import Split
from cora.verify.run import Verification
from cora.verify.symbolic.check import check

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "faults.md"
COLUMNS = ("small functions", "nat", "firewall", "brute force", "symbolic", "kernel: nat", "kernel: firewall")
MOST_PLACES = 8
"""So many places of a fault are tried in a real network function."""
PACKETS = 300

_MINIS: dict[str, tuple[Callable[[], Program], Callable[[random.Random, int], bytes]]] = {
    "nat": (mini_nat, nat_frame),
    "firewall": (mini_firewall, firewall_frame),
    "trap": (mini_trap, trap_frame),
}
_SHARDED_MINIS = {"firewall": (mini_firewall, firewall_frame), "flows": (mini_flows, flows_frame)}


@dataclass(frozen=True, slots=True)
class Row:
    """A fault with a mark for each column: `yes`, `no`, or `-` where it has no place."""

    seeded: Seeded
    marks: tuple[str, ...]

    @property
    def caught(self) -> bool:
        return "yes" in self.marks


def every_fault() -> tuple[tuple[Seeded, bool], ...]:
    """All faults, the control last; with each, whether it is one of sharded splits."""
    return (*((f, False) for f in FAULTS), *((f, True) for f in SHARDED_FAULTS), (CONTROL, False))


def mark(faulty: Iterator[Split], differs: Callable[[Split], bool], most: int | None = None) -> str:
    """`yes` as soon as a place of the fault makes a difference."""
    found = "-"
    for split in islice(faulty, most):
        if differs(split):
            return "yes"
        found = "no"
    return found


def row(seeded: Seeded, *, sharded: bool, kernel: bool) -> Row:
    """The marks of a fault; the kernel's are `-` without one. The kernel runs the first place that makes a difference
    to the interpreter, and where there is none, the first place."""
    marks = [small_functions(seeded, sharded=sharded)]
    kernel_marks: list[str] = []
    for name in ("nat", "firewall"):
        caught, place = interpreted(seeded, name, sharded)
        marks.append(caught)
        kernel_marks.append("-" if place is None or not kernel else in_the_kernel(name, place))
    return Row(seeded, (*marks, brute_force(seeded), symbolic(seeded, sharded=sharded), *kernel_marks))


# ---------------------------------------------------------------- the interpreter


def small_functions(seeded: Seeded, *, sharded: bool) -> str:
    marks: list[str] = []
    for make, frame in (_SHARDED_MINIS if sharded else _MINIS).values():
        program, graph = make(), analyse(make())
        split = split_program(graph, shard_plan(graph, 2) if sharded else copy_plan(graph, 3))

        def differs(faulty: Split, program: Program = program, frame: Callable[..., bytes] = frame) -> bool:
            runs = (compare(program, faulty, mini_traffic(seed, 250, frame), compiled=True) for seed in range(4))
            return any(difference is not None for difference, _ in runs)

        marks.append(mark((faulty for _, faulty in seeded.fault(split)), differs))
        if marks[-1] == "yes":
            break
    return _together(marks)


def _together(marks: list[str]) -> str:
    return next((m for m in ("yes", "no") if m in marks), "-")


@cache
def _function(name: str) -> tuple[Program, Split, Split | None]:
    """A bundled network function, split with copies and, if it has records, with shards, with room on the NIC."""
    program = build_program(load_nf(name))
    graph = analyse(program)
    records = split_program(graph, shard_plan(graph, 1000)) if graph.partitions else None
    return program, split_program(graph, copy_plan(graph, 1000)), records


def interpreted(seeded: Seeded, name: str, sharded: bool) -> tuple[str, Split | None]:
    """The mark of a bundled network function, and the place that the kernel should run."""
    program, copies, records = _function(name)
    split = records if sharded else copies
    if split is None:
        return "-", None
    places = [faulty for _, faulty in islice(seeded.fault(split), MOST_PLACES)]
    for faulty in places:
        if not Verification(load_nf(name), program, faulty, kernel=False).run((), PACKETS, "none").equal:
            return "yes", faulty
    return ("no", places[0]) if places else ("-", None)


# ---------------------------------------------------------------- the kernel


def in_the_kernel(name: str, faulty: Split) -> str:
    program, _, _ = _function(name)
    report = Verification(load_nf(name), program, faulty, kernel=True).run((), PACKETS, "none")
    differing = {d.executor for phase in report.phases for d in phase.comparison.differences}
    assert "kernel, whole" not in differing
    return "yes" if "kernel, split" in differing else "no"


# ---------------------------------------------------------------- brute force


@cache
def _small_splits() -> tuple[tuple[Explorer, Split], ...]:
    """Splits of random small graphs that serve packets from copies, or from records."""
    found: list[tuple[Explorer, Split]] = []
    for what in filter(None, map(bf_compare.small_graph, range(26))):
        explorer = Explorer(what.case, Limits(steps=800, walks=1, length=60))
        force = bf_compare.BruteForce(what, Limits(steps=0, walks=0))
        modes: set[str] = set()
        for placement in sorted(force.enumeration.placements(), key=lambda p: p.hot.count(what.model.host.name)):
            mode = "+".join(sorted({g.mode for g in placement.groups}))
            judgement = force.judge(placement)
            if mode in modes or judgement.refused or not judgement.built:
                continue
            split = split_program(what.graph, force.enumeration.plan(placement, 2))
            if len(split.engines) == 2 and any(_is_lookup(op) for b in split.engines[0].program.blocks for op in b.ops):
                modes.add(mode)
                found.append((explorer, renamed(split)))
    return tuple(found)


def _is_lookup(op: object) -> bool:
    return isinstance(op, Access) and op.kind in ("lookup", "read")


def brute_force(seeded: Seeded) -> str:
    """The explorer on every interleaving of a few packets, on the small splits."""
    marks: list[str] = []
    for explorer, split in _small_splits():
        marks.append(
            mark((faulty for _, faulty in seeded.fault(split)), lambda s, e=explorer: e.difference(s) is not None, 3)
        )
        if marks[-1] == "yes":
            break
    return _together(marks)


# ---------------------------------------------------------------- proof


def symbolic(seeded: Seeded, *, sharded: bool) -> str:
    """Whether the attempt to prove the small functions gives a packet that shows the fault when it is run."""
    marks: list[str] = []
    for make in (mini_firewall, mini_flows) if sharded else (mini_flows, mini_trap, mini_firewall, mini_nat):
        program, graph = make(), analyse(make())
        split = split_program(graph, shard_plan(graph, 2) if sharded else copy_plan(graph, 3))

        def found(faulty: Split, program: Program = program) -> bool:
            return bool(check(program, faulty).counterexamples)

        marks.append(mark((faulty for _, faulty in seeded.fault(split)), found, 3))
        if marks[-1] == "yes":
            break
    return _together(marks)


# ---------------------------------------------------------------- the document

_HEAD = """# Seeded faults

A check that can't fail proves nothing. Here every rule by which the halves of a split talk is broken once, and the
table says which checks notice: the interpreter, whole against split, on small functions and on the bundled ones; brute
force, which runs every interleaving of a few packets on random small splits (`tests/bruteforce`); the symbolic check,
which must give a packet that shows the fault (`docs/proving.md`), on small functions; and the kernel's programs against
the interpreter.

`yes`: caught at a place where the fault was put. `no`: not caught at any place tried: one of the first {places} in the
bundled functions, of the first 3 in each small split by brute force and symbolically. `-`: there is nothing of the
kind to break. The bundled functions
get {packets} generated packets each. The kernel runs the first place that makes a difference to the interpreter.
The last row is a control: it breaks no rule, and nothing may notice it. Faults of sharded splits stand before it.

Made by `python benchmarks/faults.py --write` (some minutes, needs root and BPF); `make verify-all` compares it with
what happens.

"""


def document(rows: list[Row]) -> str:
    """docs/faults.md."""
    lines = [
        "| fault | what it breaks | " + " | ".join(COLUMNS) + " |",
        "|---|---|" + "---|" * len(COLUMNS),
        *(f"| {r.seeded.name} | {r.seeded.breaks} | " + " | ".join(r.marks) + " |" for r in rows),
    ]
    return _HEAD.format(places=MOST_PLACES, packets=PACKETS) + "\n".join(lines) + "\n"


def recorded() -> dict[str, tuple[str, ...]]:
    """The marks in docs/faults.md, by the name of the fault."""
    rows = [line.strip("|\n").split("|") for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "|" in line]
    return {cells[0].strip(): tuple(cell.strip() for cell in cells[2:]) for cells in rows[2:]}
