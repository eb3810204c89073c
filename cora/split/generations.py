"""Two generations of the tables that the control plane changes, so that a packet meets a batch of changes whole or not.

    near: begins with `$version`, read once       (hit, v) = lookup t [k]      becomes
    far:  gets it with the frame                  if $version then (hit, v) = lookup t.$other [k]
                                                              else (hit, v) = lookup t [k]

Between batches both generations hold the same, so it doesn't matter which one a packet has. `cora.split.rollout`
changes them one after the other. A frame without a packet (`ask`, `onward`) goes through near to far behind all packets
that near has handed off; far notes its number in `$drained`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from cora.ir.cfg import with_blocks
from cora.ir.check import check_program
from cora.ir.nodes import (
    Access,
    Assign,
    Block,
    Branch,
    Const,
    Drop,
    Field,
    Goto,
    HandOff,
    KeyField,
    Op,
    Program,
    Resume,
    State,
    Var,
)
from cora.split.engines import Batches, EngineProgram, Split, Step

VERSION = "$version"
"""The register of near whose one cell says which generation packets have that come in."""
DRAINED = "$drained"
"""The register of far whose one cell has the number of the last batch behind whose packets a frame has come."""
NUMBER_BITS = 32
OF_PACKET = Var("$version", 1)
_NUMBER = Var("$batch", NUMBER_BITS)
_INDEX = Const(0, 8)
_ASK, _ONWARD = "batch.ask", "batch.drained"


def other_generation(table: str) -> str:
    """The name of the state that holds the second generation of a table."""
    return f"{table}.$other"


def _cell(name: str, field: Field) -> State:
    return State(name, "register", (KeyField("index", _INDEX.width),), (field,), 1)


def with_generations(split: Split) -> Split:
    """The split with two generations of each table that it looks up and that the control plane may change. The layouts
    of hand-offs are left to be made."""
    looked = {e.engine: _looked_up(e.program) for e in split.engines}
    if not any(looked.values()):
        return split
    near, *inner = split.engines
    twins = {t: other_generation(t) for e in split.engines for t in looked[e.engine]}
    holders = [e.engine for e in split.engines if any(s.name in twins for s in e.program.states)]
    steps = [*(Step("install", e) for e in holders), Step("flip", near.engine)]
    if not inner or not looked[inner[0].engine]:
        batches = Batches(tuple(twins.items()), (*steps, *(Step("remove", e) for e in holders)))
        return replace(split, engines=(_near(near, twins), *inner), batches=batches)
    (far,) = inner
    steps += [Step("drain", far.engine), *(Step("remove", e) for e in holders)]
    ask, onward = (1 + max((r.point for r in e.program.resumes), default=0) for e in (near, far))
    engines = _hands_over(_near(near, twins), far.program, ask, onward), _far(far, twins, onward)
    return replace(split, engines=engines, batches=Batches(tuple(twins.items()), tuple(steps), ask, onward))


def at_rest(split: Split) -> Split:
    """The split with all packets in the first generation, which is as good as the other one between batches."""
    if split.batches is None:
        return split
    near, *inner = split.engines
    chosen = Assign(OF_PACKET, Const(0, OF_PACKET.width))
    blocks = [replace(b, ops=tuple(chosen if op == _chosen() else op for op in b.ops)) for b in near.program.blocks]
    return replace(split, engines=(replace(near, program=with_blocks(near.program, blocks)), *inner))


def _looked_up(program: Program) -> tuple[str, ...]:
    """Tables that the control plane may change and that the program looks up, in the order of its states."""
    used = {op.state for b in program.blocks for op in b.ops if isinstance(op, Access)}
    return tuple(s.name for s in program.states if s.kind == "table" and not s.const_entries and s.name in used)


def _chosen() -> Access:
    return Access(VERSION, "read", (_INDEX,), (), (OF_PACKET,))


def _near(engine: EngineProgram, twins: Mapping[str, str]) -> EngineProgram:
    program = _doubled(engine.program, twins, _cell(VERSION, Field("version", OF_PACKET.width)))
    blocks = [replace(b, ops=(_chosen(), *b.ops)) if b.name == program.body else b for b in program.blocks]
    program = with_blocks(program, blocks)
    check_program(program)
    return replace(engine, program=program)


def _hands_over(engine: EngineProgram, far: Program, ask: int, onward: int) -> EngineProgram:
    """Near, with what travels to far."""
    program = engine.program
    (to,) = {b.end.engine for b in program.blocks if isinstance(b.end, HandOff)}
    points = _packets_points(far)
    blocks: list[Block] = []
    for block in program.blocks:
        end = block.end
        if isinstance(end, HandOff) and end.resume in points:
            block = replace(block, end=replace(end, live=(*end.live, OF_PACKET)))
        blocks.append(block)
    blocks.append(Block(_ASK, (), HandOff(to, onward, (_NUMBER,), "received")))
    made = with_blocks(replace(program, resumes=(*program.resumes, Resume(ask, _ASK, (_NUMBER,)))), blocks)
    check_program(made)
    return replace(engine, program=made)


def _far(engine: EngineProgram, twins: Mapping[str, str], onward: int) -> EngineProgram:
    points = _packets_points(engine.program)
    resumes = [replace(r, into=(*r.into, OF_PACKET)) if r.point in points else r for r in engine.program.resumes]
    program = _doubled(engine.program, twins, _cell(DRAINED, Field("batch", NUMBER_BITS)))
    noted = Block(_ONWARD, (Access(DRAINED, "write", (_INDEX,), (_NUMBER,)),), Drop("batch"))
    resumes.append(Resume(onward, _ONWARD, (_NUMBER,)))
    made = with_blocks(replace(program, resumes=tuple(resumes)), (*program.blocks, noted))
    check_program(made)
    return replace(engine, program=made)


def _packets_points(far: Program) -> frozenset[int]:
    """The resume points at which far parses a packet and goes on with it."""
    return frozenset(r.point for r in far.resumes if r.block == far.blocks[0].name)


def _doubled(program: Program, twins: Mapping[str, str], own: State) -> Program:
    """The program with the second generation of its tables, each lookup of one of them in the packet's generation, and
    a state of the protocol's own."""
    looked = frozenset(_looked_up(program))
    states = [t for s in program.states for t in ((s, replace(s, name=twins[s.name])) if s.name in looked else (s,))]
    blocks = [made for block in program.blocks for made in _in_generation(block, looked, twins)]
    return with_blocks(replace(program, states=(*states, own)), blocks)


def _in_generation(block: Block, looked: frozenset[str], twins: Mapping[str, str]) -> list[Block]:
    made: list[Block] = []
    name, ops = block.name, list[Op]()
    for index, op in enumerate(block.ops):
        if not (isinstance(op, Access) and op.state in looked):
            ops.append(op)
            continue
        other, this, rest = (f"{block.name}.{what}{index}" for what in ("other", "this", "found"))
        made.append(Block(name, tuple(ops), Branch(OF_PACKET, other, this, op.span)))
        made.append(Block(other, (replace(op, state=twins[op.state]),), Goto(rest, op.span)))
        made.append(Block(this, (op,), Goto(rest, op.span)))
        name, ops = rest, []
    return [*made, Block(name, tuple(ops), block.end)]
