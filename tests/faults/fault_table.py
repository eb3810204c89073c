"""Which check catches which fault, as a table: made by running, kept in docs/faults.md."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, islice
from pathlib import Path

import bf_compare
from bf_explore import Explorer, Limits
from fault_everywhere import everywhere
from fault_kinds import CONTROL, FAULTS, SHARDED_FAULTS, Seeded, renamed
from fault_reasons import REASONS
from fault_runs import Difference, Recording, of_events, of_function
from mini_programs import mini_firewall, mini_flows, mini_nat, mini_trap
from split_helpers import copy_plan, firewall_frame, mini_traffic, nat_frame, shard_plan, trap_frame
from test_split_sharded import flows_frame

from cora.analysis import analyse
from cora.diagnostics import UserError
from cora.ir.nodes import Access, Program
from cora.nf.build import build_program
from cora.nf.spec import load_nf
from cora.split import split_program
from cora.split.engines import Split
from cora.verify.symbolic.check import check

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "faults.md"
FUNCTIONS = ("nat", "firewall", "load_balancer", "vxlan_gateway")
"""The bundled ones: between them they have whatever a fault may break."""
COLUMNS = (
    *("small functions", "brute force", "symbolic", *FUNCTIONS),
    *("kernel: small functions", *(f"kernel: {name}" for name in FUNCTIONS)),
)
KERNEL_COLUMNS = 1 + len(FUNCTIONS)
"""The last ones."""
PACKETS, SEEDS = 2000, (1, 2)
"""Of a bundled function: so many packets, twice."""
_MOST_LOADS = 8
"""So many of the splits that the interpreter finds out the kernel tries to load, the first that it can is run."""

_MINIS: dict[str, tuple[Callable[[], Program], Callable[[random.Random, int], bytes]]] = {
    "nat": (mini_nat, nat_frame),
    "firewall": (mini_firewall, firewall_frame),
    "trap": (mini_trap, trap_frame),
}
_SHARDED_MINIS = {"firewall": (mini_firewall, firewall_frame), "flows": (mini_flows, flows_frame)}
Trial = tuple[Recording, Split]


@dataclass(frozen=True, slots=True)
class Row:
    """A fault with a mark for each column: `yes`, `no`, or `-` where it has no place. In a column of the kernel `yes`
    means that it differs at the packet at which the interpreter does; otherwise the mark says what it did."""

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
    """The marks of a fault; the kernel's are `-` without one."""
    runs = [small_functions(seeded, sharded=sharded), *(bundled(seeded, f, sharded=sharded) for f in FUNCTIONS)]
    pairs = [caught(trials, kernel=kernel) for trials in runs]
    (small, *interpreted), in_the_kernel = zip(*pairs, strict=True)
    return Row(seeded, (small, brute_force(seeded), symbolic(seeded, sharded=sharded), *interpreted, *in_the_kernel))


# ---------------------------------------------------------------- the interpreter and the kernel


def broken(seeded: Seeded, split: Split) -> list[Split]:
    """The split with the fault at each of its places, and then at all of them."""
    found = [faulty for _, faulty in seeded.fault(split)]
    return [*found, everywhere(split, found)] if len(found) > 1 else found


def small_functions(seeded: Seeded, *, sharded: bool) -> list[Trial]:
    """The runs of small functions in which the fault may show."""
    return [
        (recording, faulty)
        for name in (_SHARDED_MINIS if sharded else _MINIS)
        for split, recordings in [_mini(name, sharded)]
        for faulty in broken(seeded, split)
        for recording in recordings
    ]


def bundled(seeded: Seeded, name: str, *, sharded: bool) -> list[Trial]:
    """The runs of a bundled function."""
    recordings, copies, records = function(name)
    split = records if sharded else copies
    return [] if split is None else [(r, faulty) for r in recordings for faulty in broken(seeded, split)]


def caught(trials: Sequence[Trial], *, kernel: bool) -> tuple[str, str]:
    """The interpreter's mark and the kernel's. The kernel runs the first split that the interpreter finds out, or, if
    it finds out none, the last."""
    if not trials:
        return "-", "-"
    found = ((trial, seen) for trial in trials if (seen := trial[0].interpreted(trial[1])) is not None)
    first = next(found, None)
    if first is None:
        return "no", _kernel_mark(trials[-1], None) if kernel else "-"
    if not kernel:
        return "yes", "-"
    marks = (_kernel_mark(*one) for one in islice(chain([first], found), _MOST_LOADS))
    return "yes", next((m for m in marks if m != REFUSED), REFUSED)


REFUSED, ELSEWHERE = "refused", "at another packet"
"""By the kernel's verifier; where the interpreter does nothing wrong."""


def _kernel_mark(trial: Trial, expected: Difference | None) -> str:
    try:
        seen = trial[0].in_the_kernel(trial[1])
    except UserError as refused:
        if {d.code for d in refused.diagnostics} != {"C0805"}:
            raise
        return REFUSED
    if seen is None:
        return "no"
    if expected is None or seen.step != expected.step:
        return ELSEWHERE
    return "yes"


@cache
def _mini(name: str, sharded: bool) -> tuple[Split, tuple[Recording, ...]]:
    make, frame = (_SHARDED_MINIS if sharded else _MINIS)[name]
    program, graph = make(), analyse(make())
    split = split_program(graph, shard_plan(graph, 2) if sharded else copy_plan(graph, 3))
    runs = (of_events(name, program, asked(split), mini_traffic(seed, 250, frame)) for seed in range(4))
    return split, tuple(runs)


@cache
def function(name: str) -> tuple[tuple[Recording, ...], Split, Split | None]:
    """A bundled network function, split with copies and, if it has records, with shards, with room on the NIC."""
    program = build_program(load_nf(name))
    graph = analyse(program)
    copies = split_program(graph, copy_plan(graph, 1000))
    records = split_program(graph, shard_plan(graph, 1000)) if graph.partitions else None
    both = asked(copies) if records is None else asked(copies) & asked(records)
    return tuple(of_function(name, program, both, PACKETS, seed) for seed in SEEDS), copies, records


def asked(split: Split) -> frozenset[str]:
    """The flow tables that there are probes for."""
    return frozenset(probe.state for probe in split.probes)


def _together(marks: list[str]) -> str:
    return next((m for m in ("yes", "no") if m in marks), "-")


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

A check that can't fail proves nothing. Here every rule by which the halves of a split talk is broken, and the table
says which checks notice: the interpreter, whole against split, on small functions and on four bundled ones; brute
force, which runs every interleaving of a few packets on random small splits (`tests/bruteforce`); the symbolic check,
which must give a packet that shows the fault (`docs/proving.md`), on small functions; and the programs in the kernel.

A rule stands at several places of a program. It is broken at each of them in turn, and then at all of them at once:
where code has a rule twice, one place hides that the other is broken. `yes`: noticed in one of these splits. `no`: in
none (brute force and symbolically: of the first 3 places in each small split). `-`: there is nothing of the kind to
break.

The bundled functions get {runs} x {packets} packets made from their programs (`docs/verifying.md`); a control plane
takes copies and records back, deletes and changes rows and sweeps now and then, and the state counts now and then and
at the end. Small functions get 4 x 250 packets with pauses beyond every timeout, and the state counts after each.

The kernel gets the same packets, and the split that the interpreter has found out; if its verifier refuses that one (a
rule broken at hundreds of places is a large program), the next. `yes` in a column of the kernel: it does
something else than the program for the first time *at the same packet as the interpreter*.

The last row is a control: it breaks no rule, and nothing may notice it. Faults of sharded splits stand before it.

Made by `python benchmarks/faults.py --write` (needs root and BPF; ten minutes or more, nearly all of it compiling);
`make verify-all` compares it with what happens.

"""


def document(rows: list[Row]) -> str:
    """docs/faults.md."""
    lines = [
        "| fault | what it breaks | " + " | ".join(COLUMNS) + " |",
        "|---|---|" + "---|" * len(COLUMNS),
        *(f"| {r.seeded.name} | {r.seeded.breaks} | " + " | ".join(r.marks) + " |" for r in rows),
    ]
    reasons = (f"- *{fault}* in {where}: {why}" for (fault, where), why in REASONS.items())
    text = [*lines, "", "## Where a bundled function shows a fault otherwise, or not", "", *reasons]
    return _HEAD.format(packets=PACKETS, runs=len(SEEDS)) + "\n".join(text) + "\n"


def recorded() -> dict[str, tuple[str, ...]]:
    """The marks in docs/faults.md, by the name of the fault."""
    rows = [line.strip("|\n").split("|") for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "|" in line]
    return {cells[0].strip(): tuple(cell.strip() for cell in cells[2:]) for cells in rows[2:]}
