"""One random program with random packets, in the kernel and interpreted; and what the programs so far had in them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import get_args

from kernel_helpers import assert_same, padded
from program_inputs import make_flow_starts, make_meter_starts, make_packets
from strategies import Knobs, Maker, random_program

from cora.codegen.layout import engine_layout
from cora.ir.cfg import children, end_exprs, op_exprs
from cora.ir.nodes import Access, AccessKind, Bin, BinOp, Expr, Hash, HashAlgorithm, Op, Program, Terminator, width
from cora.ir.store import Store

KNOBS = (Knobs(handoffs=False, wide=True), Knobs(copies=False, handoffs=False, free_emits=False, wide=True))
FORMS = ("hash", "lpm", "rows", "flow", "array", "counters", "meters")
GATES = frozenset(("stamp", "issue", "arrive", "send", "receive", "idle", "current", "depart"))
"""Accesses to gates: only splits have them (`test_kernel_splits`)."""
EVERYTHING = frozenset(
    [f"access {kind}" for kind in get_args(AccessKind) if kind not in GATES]
    + [f"operator {op}" for op in get_args(BinOp)]
    + [f"hash {algorithm}" for algorithm in get_args(HashAlgorithm)]
    + [f"state {form}" for form in FORMS]
    + [f"match {kind}" for kind in ("exact", "lpm", "ternary", "range", "optional")]
    + [f"node {node.__name__}" for node in (*get_args(Op), *get_args(Expr), *get_args(Terminator))]
    + [f"width {bits}" for bits in range(1, 129)]
) - {"node HandOff", "node Copy", "node Foreign"}  # the one takes two engines; the others aren't for XDP


@dataclass
class Covered:
    """How many programs had what."""

    programs: int = 0
    packets: int = 0
    seen: Counter[str] = field(default_factory=Counter[str])

    def add(self, program: Program, packets: int) -> None:
        self.programs += 1
        self.packets += packets
        self.seen.update(set(_parts(program)))

    @property
    def missing(self) -> list[str]:
        return sorted(EVERYTHING - self.seen.keys())


def check_random(seed: int, covered: Covered) -> None:
    """Makes a program, what its states begin with and packets; the kernel must take the first and agree on the rest."""
    program = random_program(seed, KNOBS[seed % len(KNOBS)])
    maker = Maker(random.Random(seed).randint)
    packets = [padded(p) for p in make_packets(maker, 12)]
    store = Store(program)
    for start in (*make_flow_starts(maker, program), *make_meter_starts(maker, program)):
        start.put(store)
    covered.add(program, len(packets))
    assert_same(program, packets, store)


def _parts(program: Program) -> Iterator[str]:
    for layout in engine_layout(program).states:
        yield f"state {layout.form}"
        if layout.state.kind == "table":
            yield from (f"match {k.match}" for k in layout.state.key)
        yield from (f"width {f.width}" for f in (*layout.state.key, *layout.state.values))
    for block in program.blocks:
        for node in (*block.ops, block.end):
            yield f"node {type(node).__name__}"
        for op in block.ops:
            match op:
                case Access(kind=kind):
                    yield f"access {kind}"
                case Hash(algorithm=algorithm):
                    yield f"hash {algorithm}"
                case _:
                    pass
            for expr in op_exprs(op):
                yield from _expr_parts(expr)
        for expr in end_exprs(block.end):
            yield from _expr_parts(expr)


def _expr_parts(expr: Expr) -> Iterator[str]:
    yield f"node {type(expr).__name__}"
    yield f"width {width(expr)}"
    if isinstance(expr, Bin):
        yield f"operator {expr.op}"
    for part in children(expr):
        yield from _expr_parts(part)
