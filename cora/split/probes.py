"""Probes: how the control plane takes a copy or record back, or changes a row, behind every frame that is out.

A probe is a frame without a packet. The control plane sends it to near, by the link on which far's answers travel. Near
treats it as it would a packet that names the key: stamp, copy or record, hand-off. Far merges what it brings, does what
was asked, and answers; near then forgets what has left, or gets the entry back. So what far does to a row is in order
with all packets that use it. A probe may be lost anywhere and sent again: nothing waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import assert_never

from cora.ir.cfg import with_blocks
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Const,
    Drop,
    Goto,
    HandOff,
    Op,
    Program,
    Resume,
    State,
    Switch,
    Var,
)
from cora.ir.store import FlowTable, Key, Values
from cora.split.engines import Probe, Split
from cora.split.gates import GATE, SLOT_BITS, STAMP, STAMP_BITS, arrive, issue, key_slot, place
from cora.split.handoff import Fixed, pack
from cora.split.placement import Placement

ASK_BITS = 2
SHORTEST_BYTES = 64
"""Of what a probe carries in place of a packet: enough for any link."""


class Ask(IntEnum):
    """What a probe asks of far, once near's copy or record is back."""

    TAKE_BACK = 0
    """Nothing more. After all others near gets the entry back, if there is one."""
    EXPIRE = 1
    """Delete the entry if it wasn't used for its timeout, at the probe's time."""
    DELETE = 2
    PUT = 3
    """Store these values, if there is room; the timer starts at the probe's time."""


def act(table: FlowTable, ask: Ask, key: Key, values: Values, time_ns: int) -> None:
    """Does to the table of an unsplit program what a probe does to that of a split one."""
    match ask:
        case Ask.TAKE_BACK:
            pass
        case Ask.EXPIRE:
            entry = table.entries.get(key)
            if entry is not None and not table.fresh(entry, time_ns):
                table.remove(key)
        case Ask.DELETE:
            table.remove(key)
        case Ask.PUT:
            table.put(key, values, time_ns)
        case _:
            assert_never(ask)


def probe_values(split: Split, state: str, key: Key, ask: Ask, values: Values = ()) -> tuple[Probe, Values]:
    """The point at which a probe for a key enters near, and what it brings there. `values` are those to `PUT`."""
    probe = next(p for p in split.probes if p.state == state)
    stored = split.engines[0].program.state(state).values
    return probe, (*key, ask, *(values or (0,) * len(stored)))


def probe_frame(
    split: Split, state: str, key: Key, ask: Ask, time_ns: int, *, values: Values = (), carried: bytes = b""
) -> bytes:
    """A probe as a frame for near. `carried` stands where packets' frames carry the packet; nobody looks at it."""
    probe, brought = probe_values(split, state, key, ask, values)
    body = carried.rjust(SHORTEST_BYTES, b"\0")
    fixed = Fixed(probe.ask, 0, len(body), time_ns, 0)
    return pack(split.layout(split.engines[0].engine, probe.ask), fixed, brought, body)


@dataclass(frozen=True, slots=True)
class ProbeCode:
    """What an engine's program gets for probes."""

    resumes: tuple[Resume, ...]
    blocks: tuple[Block, ...]

    def added_to(self, program: Program) -> Program:
        resumes = (*program.resumes, *self.resumes)
        return with_blocks(replace(program, resumes=resumes), (*program.blocks, *self.blocks))


def probe_code(
    program: Program, placement: Placement, near_points: int, far_points: int
) -> tuple[tuple[Probe, ...], ProbeCode, ProbeCode]:
    """Points for probes of each flow table of which near has copies or records, numbered behind those that the engines
    have; then near's code and far's."""
    states = [s for s in program.states if s.name in placement.copy_entries]
    made: list[_Table] = []
    for number, state in enumerate(states):
        ask, told = near_points + 1 + 2 * number, near_points + 2 + 2 * number
        made.append(_Table(state, placement, ask, far_points + 1 + number, told))
    near_blocks = tuple(b for t in made for b in (*t.ask_blocks(), *t.told_blocks()))
    near = ProbeCode(tuple(r for t in made for r in (t.ask, t.told)), near_blocks)
    far = ProbeCode(tuple(t.probe for t in made), tuple(b for t in made for b in t.probe_blocks()))
    return tuple(Probe(t.state.name, t.ask_point, t.probe_point, t.told_point) for t in made), near, far


@dataclass(frozen=True, slots=True)
class _Table:
    """The code for probes of one flow table: `ask` (near), `probe` (far), `told` (near again)."""

    state: State
    placement: Placement
    ask_point: int
    probe_point: int
    told_point: int

    @property
    def sharded(self) -> bool:
        return self.state.name in self.placement.sharded

    def _name(self, step: str) -> str:
        return f"{step}.{self.state.name}"

    def _key(self, step: str) -> tuple[Var, ...]:
        return tuple(Var(f"${self._name(step)}.{f.name}", f.width) for f in self.state.key)

    def _values(self, step: str, what: str) -> tuple[Var, ...]:
        return tuple(Var(f"${self._name(step)}.{what}.{f.name}", f.width) for f in self.state.values)

    def _asked(self, step: str) -> tuple[Var, ...]:
        """What a probe brings to near, and near passes on."""
        asked = Var(f"${self._name(step)}.$asked", ASK_BITS)
        return (*self._key(step), asked, *self._values(step, "new"))

    def _taken(self, step: str) -> tuple[Var, ...]:
        """What near knows of the entry, in the order of `evict` and `release`."""
        had, last = Var(f"$had.{self._name(step)}", 1), Var(f"$last.{self._name(step)}", 64)
        if not self.sharded:
            return had, last
        return had, Var(f"$left.{self._name(step)}", STAMP_BITS), last, *self._values(step, "record")

    # ------------------------------------------------------------ near: a probe comes from the control plane

    @property
    def ask(self) -> Resume:
        return Resume(self.ask_point, self._name("ask"), self._asked("ask"))

    def ask_blocks(self) -> Sequence[Block]:
        key, slot = self._key("ask"), Var(f"$slot.{self._name('ask')}", SLOT_BITS)
        taken = self._taken("ask")
        ops = (
            *key_slot(key, slot),
            Access(GATE, "stamp", (Const(0, SLOT_BITS),), (), (STAMP,)),
            issue(GATE, slot),
            Access(self.state.name, "release" if self.sharded else "evict", key, (STAMP,), taken),
        )
        live = (*self._asked("ask"), *taken, STAMP)
        return (Block(self._name("ask"), ops, HandOff(self.placement.far, self.probe_point, live, "received")),)

    # ------------------------------------------------------------ far: near has handed it off

    @property
    def probe(self) -> Resume:
        into = (*self._asked("probe"), *self._taken("probe"), STAMP)
        return Resume(self.probe_point, self._name("probe"), into)

    def probe_blocks(self) -> Sequence[Block]:
        name, table, key = self._name("probe"), self.state.name, self._key("probe")
        asked, new = self._asked("probe")[len(key)], self._values("probe", "new")
        back = Access(table, "adopt" if self.sharded else "merge", key, self._taken("probe"))
        fresh, status = Var(f"${name}.$fresh", 1), Var(f"${name}.$status", 8)
        look = Access(table, "lookup", key, (), (fresh, *self._values("probe", "used")))
        cases = ((Ask.EXPIRE, f"{name}.expire"), (Ask.DELETE, f"{name}.delete"), (Ask.PUT, f"{name}.put"))
        plain = tuple((int(ask), block) for ask, block in cases)
        return (
            Block(name, (back,), Switch(asked, plain, f"{name}.answer")),
            Block(f"{name}.expire", (look,), Branch(fresh, f"{name}.answer", f"{name}.delete")),
            Block(f"{name}.delete", (Access(table, "delete", key),), Goto(f"{name}.answer")),
            Block(f"{name}.put", (Access(table, "insert", key, new, (status,)),), Goto(f"{name}.answer")),
            *self._answer_blocks(asked),
        )

    def _answer_blocks(self, asked: Var) -> Sequence[Block]:
        name, table, key = self._name("probe"), self.state.name, self._key("probe")
        found, given = Var(f"${name}.$found", 1), Var(f"${name}.$given", 1)
        last, values = Var(f"${name}.$last", 64), self._values("probe", "now")
        keep = Bin("ne", asked, Const(Ask.TAKE_BACK, ASK_BITS))
        ops: tuple[Op, ...] = (
            Access(table, "peek", key, (), (found, last, *values)),
            Assign(given, Bin("and", found, keep)),
        )
        send = HandOff(self.placement.near, self.told_point, (*key, STAMP, given, last, *values), "received")
        if not self.sharded:
            return (Block(f"{name}.answer", ops, send),)
        return (
            Block(f"{name}.answer", ops, Branch(given, f"{name}.offer", f"{name}.send")),
            Block(f"{name}.offer", (Access(table, "offer", key, (STAMP,)),), Goto(f"{name}.send")),
            Block(f"{name}.send", (), send),
        )

    # ------------------------------------------------------------ near: far's answer

    @property
    def told(self) -> Resume:
        name = self._name("told")
        stamp, given = Var(f"${name}.stamp", STAMP_BITS), Var(f"${name}.$given", 1)
        into = (*self._key("told"), stamp, given, Var(f"${name}.$last", 64), *self._values("told", "now"))
        return Resume(self.told_point, name, into)

    def told_blocks(self) -> Sequence[Block]:
        name, table, key = self._name("told"), self.state.name, self._key("told")
        stamp, given, last, *values = self.told.into[len(key) :]
        slot = Var(f"$slot.{name}", SLOT_BITS)
        current = Var(f"${name}.$current", 1)
        ops = (
            *key_slot(key, slot),
            arrive(GATE, slot, stamp),
            Access(table, "forget", key, (stamp,)),
            Access(GATE, "current", (slot,), (stamp,), (current,)),
        )
        gets = Branch(Bin("and", given, current), f"{name}.install", f"{name}.end")
        end = Block(f"{name}.end", (), Drop("probe"))
        if not self.placement.parallel:
            install = Access(table, "install", key, (last, *values))
            return Block(name, ops, gets), Block(f"{name}.install", (install,), Goto(end.name)), end
        still = Var(f"${name}.$still", 1)
        placed = place(table, key, slot, stamp, (last, *values), still)
        accept, forget = (Access(table, kind, key, (stamp,)) for kind in ("accept", "forget"))
        return (
            Block(name, ops, gets),
            Block(f"{name}.install", placed, Branch(still, f"{name}.accept", f"{name}.forget")),
            Block(f"{name}.accept", (accept,), Goto(f"{name}.forget")),
            Block(f"{name}.forget", (forget,), Goto(end.name)),
            end,
        )
