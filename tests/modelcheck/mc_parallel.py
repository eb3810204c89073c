"""Cases with a near that serves arriving packets and returning frames on two cores, and its rules, each broken once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from mc_cases import (
    case,
    cells,
    marks,
    packet,
    passes,
    private,
    quick_cases,
    records,
    shared,
    split_of,
)
from mc_probes import flows, probe_cases
from mc_rules import Rule, rewritten

from cora.ir.nodes import Access, Assign, Bin, Block, Const, HandOff, Op, Program
from cora.split.engines import Split
from cora.split.gates import GATE, ORDER
from cora.split.probes import Ask
from cora.verify.modelcheck import Case


def in_parallel(name: str, made: Program, *packets: list[tuple[bytes, int]], **more: object) -> Case:
    """`serial`: the split is the one for a near that does one thing at a time."""
    how = {key: more.pop(key) for key in ("sharded", "entries", "copied") if key in more}
    split = split_of(made, parallel=not more.pop("serial", False), **how)  # type: ignore[arg-type]
    return replace(case(f"{name}, two cores", made, split, *packets, **more), parallel=True)


def quick_parallel_cases(*, serial: bool = False) -> list[Case]:
    one, gone, asking = packet(1), packet(1, flags=1), packet(1, flags=1)
    mapped = [packet(1, 1), packet(1, 1)]
    delete = (flows(Ask.DELETE),)
    return [
        in_parallel("private key", private(), [one, one, gone, one], losses=1, serial=serial),
        in_parallel("shared key", shared(), [one, one], [packet(2)], serial=serial),
        in_parallel("records", records(), [one, one, one], losses=1, sharded=True, serial=serial),
        in_parallel("order", passes(), [asking, one, one], serial=serial),
        in_parallel("probes", private(), [one, one], probes=delete, serial=serial),
        in_parallel("cells", cells(), mapped, [packet(2, 1, 1)], serial=serial),
    ]


_TOO_MANY_STATES = ("records, room for one", "cells", "a port is freed")


def full_parallel_cases() -> list[Case]:
    """Most of those for one core; many minutes."""
    made = [c for c in (*quick_cases(), *probe_cases()) if not c.restarts and c.name not in _TOO_MANY_STATES]
    return [*quick_parallel_cases()[1:], *map(_on_two_cores, made)]  # the first is among those for one core


def _on_two_cores(of: Case) -> Case:
    how: dict[str, object] = {"sharded": bool(of.split.engines[0].records)}
    if of.program == cells():
        how["entries"] = of.split.engines[0].program.state("flows").capacity
    if of.program == marks():
        how["copied"] = ("marks",)
    split = split_of(of.program, parallel=True, **how)  # type: ignore[arg-type]
    return replace(of, name=f"{of.name}, two cores", split=split, parallel=True)


# ---------------------------------------------------------------- rules

Ops = tuple[Op, ...]


def _is(op: Op, *kinds: str) -> bool:
    return isinstance(op, Access) and op.kind in kinds


def _blocks(change: Callable[[Block, Program], Ops]) -> Callable[[Split], Split]:
    """The split with other operations in near's blocks."""

    def broken(split: Split) -> Split:
        near = split.engines[0]
        blocks = tuple(replace(b, ops=change(b, near.program)) for b in near.program.blocks)
        program = replace(near.program, blocks=blocks)
        return replace(split, engines=(replace(near, program=program), *split.engines[1:]))

    return broken


def _not_compared(block: Block, op: Op) -> Ops | None:
    again = _is(op, "current") and any(_is(o, "place") for o in block.ops)
    return (Assign(op.results[0], Const(1, 1)),) if again and isinstance(op, Access) else None


def _not_exchanged(block: Block, op: Op) -> Ops | None:
    """Whatever has become of the word since: as a store instead of a compare-and-exchange."""
    if not isinstance(op, Access) or op.kind != "accept":
        return None
    return (op, replace(op, kind="adopt", args=_zeros(op)))


def _zeros(op: Access) -> tuple[Const, ...]:
    return Const(0, 1), Const(0, 32), Const(0, 64), Const(0, 16)


def _at_once(block: Block, op: Op) -> Ops | None:
    return (replace(op, kind="install", args=op.args[1:]),) if isinstance(op, Access) and op.kind == "place" else None


def _written_late(block: Block, program: Program) -> Ops:
    """The word says that the entry is in use, and then its values are written."""
    placed = {op.key: op for b in program.blocks for op in b.ops if isinstance(op, Access) and op.kind == "place"}
    ops: list[Op] = []
    for op in block.ops:
        if isinstance(op, Access) and op.kind == "place":
            values = (Const(0, f.width) for f in program.state(op.state).values)
            ops.append(replace(op, args=(*op.args[:2], *values)))
        elif isinstance(op, Access) and op.kind == "accept":
            values = zip(program.state(op.state).values, placed[op.key].args[2:], strict=True)
            ops += (op, *(Access(op.state, "update", op.key, (v,), field=f.name) for f, v in values))
        else:
            ops.append(op)
    return tuple(ops)


def _idle_first(*, order: bool) -> Callable[[Block, Program], Ops]:
    """Slots of cells are idle before the cells are written; slots of flows before the packet has left."""

    def change(block: Block, program: Program) -> Ops:
        def early(op: Op) -> bool:
            return (
                isinstance(op, Access)
                and op.kind in ("arrive", "receive")
                and op.state != GATE
                and (op.state == ORDER) == order
            )

        if not block.name.startswith("answer"):
            return block.ops
        point = block.name.split(".")[1]
        moved = [op for b in program.blocks if b.name.split(".")[:2] == ["answer", point] for op in b.ops if early(op)]
        rest = [op for op in block.ops if not early(op)]
        if block.name != f"answer.{point}":
            return tuple(rest)
        first = 0 if order else sum(_is(op, "depart") for op in rest[:1])
        return (*rest[:first], *moved, *rest[first:])

    return change


def _noted_late(block: Block, _: Program) -> Ops:
    if not isinstance(block.end, HandOff):
        return block.ops

    def late(op: Op) -> bool:
        return isinstance(op, Access) and op.kind == "issue" and op.state == GATE

    return (*(op for op in block.ops if not late(op)), *(op for op in block.ops if late(op)))


def _round_after_two(block: Block, op: Op) -> Ops | None:
    if not isinstance(op, Access) or op.kind != "stamp":
        return None
    (stamp,) = op.results
    return op, Assign(stamp, Bin("add", Bin("and", stamp, Const(1, 32)), Const(1, 32)))


def _on_near(change: Callable[[Block, Op], Ops | None]) -> Callable[[Split], Split]:
    return lambda split: rewritten(split, 0, change)


def _last(_: Block, op: Op) -> Ops | None:
    return () if _is(op, "depart") else None


PARALLEL_RULES = (
    Rule(
        "an offer isn't compared again", "near asks only before it stores it if it is current", _on_near(_not_compared)
    ),
    Rule("a word is stored", "near takes an offer into use whatever its word has become", _on_near(_not_exchanged)),
    Rule("an offer is in use at once", "near doesn't mark what it stores until it has asked again", _on_near(_at_once)),
    Rule("a record is written late", "the word changes, and then the record is written", _blocks(_written_late)),
    Rule("an answer's packet leaves last", "what it brings is served before it has left", _on_near(_last)),
    Rule("a cell is idle early", "its slot is idle, and then the cell is written", _blocks(_idle_first(order=False))),
    Rule("a flow is idle early", "its slot is idle, and then the packet leaves", _blocks(_idle_first(order=True))),
    Rule("a hand-off notes its stamp late", "near looks for the copy first", _blocks(_noted_late)),
    Rule("stamps come again", "they go round after two", _on_near(_round_after_two)),
)
