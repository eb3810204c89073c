"""How far's verdicts travel back: what they carry, and what near does with it before the packet leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from functools import reduce

from cora.diagnostics import Span
from cora.ir.cfg import all_of, reachable
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Cast,
    Const,
    Drop,
    Expr,
    Forward,
    Goto,
    HandOff,
    Op,
    Program,
    Terminator,
    Var,
    width,
)
from cora.split.frames import Frames, Named, NamedKey, current_cell
from cora.split.gates import (
    DEPART,
    GATE,
    ORDER,
    ORDER_SLOT,
    REFRESH,
    SLOT_BITS,
    STAMP,
    arrive,
    cell_index,
    key_slot,
    place,
    whole_flag,
    whole_gate,
)
from cora.split.placement import Placement
from cora.split.sites import Sites, Target

Key = tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class ReturnPoint:
    """Where an answer enters near: `into` receives the values, `blocks` (the first is the entry) act on them."""

    point: int
    into: tuple[Var, ...]
    blocks: tuple[Block, ...]


@dataclass(slots=True)
class _Cargo:
    """The values of one answer. Equal expressions travel once."""

    point: int
    live: list[Expr] = field(default_factory=list[Expr])
    into: list[Var] = field(default_factory=list[Var])

    def carry(self, expr: Expr, name: str) -> Expr:
        """What the value is called on near."""
        if isinstance(expr, Const):
            return expr
        if expr in self.live:
            return self.into[self.live.index(expr)]
        self.live.append(expr)
        self.into.append(Var(f"$out{self.point}.{name}", width(expr)))
        return self.into[-1]


@dataclass(slots=True)
class _Steps:
    """Blocks one after the other, built front to back."""

    name: str
    blocks: list[Block] = field(default_factory=list[Block])
    ops: list[Op] = field(default_factory=list[Op])

    def do(self, ops: Sequence[Op], condition: Expr | None = None) -> None:
        """Appends operations that run if the condition holds (always, if there is none)."""
        if condition is None:
            self.ops += ops
            return
        number = len(self.blocks)
        yes, after = f"{self.name}.{number}.do", f"{self.name}.{number}.next"
        self.blocks.append(Block(self.current, tuple(self.ops), Branch(condition, yes, after)))
        self.blocks.append(Block(yes, tuple(ops), Goto(after)))
        self.ops = []

    @property
    def current(self) -> str:
        return f"{self.name}.{len(self.blocks) - 2}.next" if self.blocks else self.name

    def end(self, end: Terminator) -> tuple[Block, ...]:
        return (*self.blocks, Block(self.current, tuple(self.ops), end))


class _When(IntEnum):
    """The order of what near does with an answer, where packets arrive on another core meanwhile: nothing may be served
    from what the answer brings before its packet has left, and a cell is idle only when it has its value."""

    OUT = 0
    CELL = 1
    GATE = 2


@dataclass(slots=True)
class _Homeward:
    """What near does with one answer: operations, on which condition, and when."""

    parallel: bool
    found: list[tuple[_When, Sequence[Op], Expr | None]] = field(
        default_factory=list[tuple[_When, Sequence[Op], "Expr | None"]]
    )

    def do(self, ops: Sequence[Op], condition: Expr | None = None, when: _When = _When.GATE) -> None:
        self.found.append((when, ops, condition))

    def blocks(self, name: str, end: Terminator) -> tuple[Block, ...]:
        if self.parallel:
            self.do([DEPART], when=_When.OUT)
        made = _Steps(name)
        for _, ops, condition in sorted(self.found, key=lambda f: f[0]) if self.parallel else self.found:
            made.do(ops, condition)
        return made.end(end)


@dataclass(frozen=True, slots=True)
class _Verdict:
    """Where far has decided, and on what: a port, or (None) a drop and its reason."""

    block: str
    port: Expr | None
    reason: str
    span: Span | None


@dataclass(slots=True)
class Answers:
    """Makes the verdict blocks of far, and collects the return points of near."""

    placement: Placement
    program: Program
    sites: Sites
    frames: Frames
    dominators: Mapping[str, frozenset[str]]
    returns: list[ReturnPoint] = field(default_factory=list[ReturnPoint])
    _after: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def send(self, block: Block) -> tuple[Block, ...]:
        """What takes the place of a block that ends in a verdict."""
        here = [t for t in self.sites.targets if any(self._leads(b, block.name) for b in t.blocks)]
        written = [t for t in here if t.state not in self.placement.copy_entries]
        used = [t for t in here if t.state in self.placement.copy_entries]
        named = self.frames.at(block.name)
        match block.end:
            case Forward(port=port, span=span):
                return self._answer(block.name, block.ops, _Verdict(block.name, port, "", span), written, used)
            case Drop(reason=reason, span=span) if written or named.cells or named.wholes or named.had:
                update, drop = f"{block.name}.update", Block(f"{block.name}.end", (), block.end)
                flags = [*(self._flag(t, block.name) for t in written), *named.had, *map(whole_flag, named.wholes)]
                flags += [Bin("ne", c.slot, Const(0, SLOT_BITS)) for c in named.cells]
                ops, present = self._present(block.name, named, used)
                condition = _any([*flags, *present])
                end = Goto(update) if condition is None else Branch(condition, update, drop.name)
                made = self._answer(update, (), _Verdict(block.name, None, reason, span), written, used)
                return (replace(block, ops=(*block.ops, *ops), end=end), *made, drop)
            case _:
                return (block,)

    def _present(self, verdict: str, named: Named, used: list[Target]) -> tuple[list[Op], list[Expr]]:
        """Whether far has entries that the packet used, by key: near may then drop the next one itself."""
        ops: list[Op] = []
        present: list[Expr] = []
        for number, key in enumerate(named.keys):
            targets = [t for t in used if t.state == key.state]
            if targets:
                peek, holds = self._peek(key, targets, verdict, f"$held.{verdict}.{number}")
                ops.append(peek)
                present.append(holds)
        return ops, present

    def _peek(self, key: NamedKey, targets: list[Target], verdict: str, prefix: str) -> tuple[Access, Expr]:
        """Looks at the entry of a named key: found, time of the last use, values. Then whether there is one, and the
        packet used it."""
        values = (Var(f"{prefix}.{f.name}", f.width) for f in self.program.state(key.state).values)
        found, last = Var(f"{prefix}.$found", 1), Var(f"{prefix}.$last", 64)
        used = _any([self._uses(t, key, verdict) for t in targets])
        holds = all_of(e for e in (found, used, key.flag) if e is not None)
        return Access(key.state, "peek", key.key, (), (found, last, *values)), holds

    def _leads(self, source: str, target: str) -> bool:
        if source not in self._after:
            self._after[source] = reachable(self.program.blocks, (source,))
        return target in self._after[source]

    def _flag(self, target: Target, verdict: str) -> Expr | None:
        """Tells at run time whether one of the sites was passed; None if one always was."""
        certain = any(block in self.dominators[verdict] for block in target.blocks)
        return None if certain else target.flag

    def _answer(
        self, name: str, ops: Sequence[Op], verdict: _Verdict, written: list[Target], used: list[Target]
    ) -> tuple[Block, ...]:
        """The blocks from `name` on that answer. Where a cell was busy, the answer brings all that the frame named."""
        named = self.frames.at(verdict.block)
        if not named.cells:
            return self._hand_off(_Steps(name, ops=list(ops)), verdict, named, written, used, refresh=False)
        plain, refreshing = f"{name}.plain", f"{name}.refresh"
        rest = [t for t in written if not self._is_named(t)]
        return (
            Block(name, tuple(ops), Branch(REFRESH, refreshing, plain, verdict.span)),
            *self._hand_off(_Steps(plain), verdict, named, written, used, refresh=False),
            *self._hand_off(_Steps(refreshing), verdict, named, rest, used, refresh=True),
        )

    def _is_named(self, target: Target) -> bool:
        """Whether each cell that the sites may write is one that the frame names."""
        gates = self.placement.gates
        gate = gates.of_register.get(target.state)
        return gate is not None and gate not in gates.whole and target.state not in self.placement.max_registers

    def _hand_off(
        self, far: _Steps, verdict: _Verdict, named: Named, written: list[Target], used: list[Target], *, refresh: bool
    ) -> tuple[Block, ...]:
        point = len(self.returns) + 1
        cargo, near = _Cargo(point), _Homeward(self.placement.parallel)
        port = verdict.port
        end: Terminator = Drop(verdict.reason) if port is None else Forward(cargo.carry(port, "port"))
        if named.stamp is not None:
            stamp = cargo.carry(named.stamp, "stamp")
            for number, key in enumerate(named.keys):
                self._give_back(
                    number, key, [t for t in used if t.state == key.state], verdict, stamp, cargo, far, near
                )
            self._cells(named, stamp, cargo, far, near, refresh=refresh)
            if named.ordered:
                near.do([arrive(ORDER, cargo.carry(ORDER_SLOT, "order"), stamp)])
        for number, target in enumerate(written):
            self._write(number, target, verdict, cargo, far, near)
        self.returns.append(ReturnPoint(point, tuple(cargo.into), near.blocks(f"answer.{point}", end)))
        hand_off = HandOff(self.placement.near, point, tuple(cargo.live), "emitted", span=verdict.span)
        return far.end(hand_off)

    def _give_back(
        self,
        number: int,
        key: NamedKey,
        targets: list[Target],
        verdict: _Verdict,
        stamp: Expr,
        cargo: _Cargo,
        far: _Steps,
        near: _Homeward,
    ) -> None:
        """Near notes that the frame is back and forgets the copy that has left; it gets the entry, if the packet used
        it and no later frame names it."""
        state = self.program.state(key.state)
        name = f"{key.state}.{number}"
        carried = tuple(cargo.carry(e, f"{name}.{f.name}") for e, f in zip(key.key, state.key, strict=True))
        flag = None if key.flag is None else cargo.carry(key.flag, f"{name}.$named")
        slot, current = Var(f"$slot{cargo.point}.{number}", SLOT_BITS), Var(f"$current{cargo.point}.{number}", 1)
        back = [*key_slot(carried, slot), arrive(GATE, slot, stamp), Access(key.state, "forget", carried, (stamp,))]
        if not targets:
            near.do(back, flag)
            return
        near.do([*back, Access(GATE, "current", (slot,), (stamp,), (current,))], flag)
        prefix = f"$now.{cargo.point}.{name}"
        peek, holds = self._peek(key, targets, verdict.block, prefix)
        _, last, *values = peek.results
        present = Var(f"{prefix}.$present", 1)
        far.do([peek, Assign(present, holds)])
        if key.state in self.placement.sharded:
            far.do([Access(key.state, "offer", key.key, (STAMP,))], present)
        condition = cargo.carry(present, f"{name}.$found")
        stored = [cargo.carry(last, f"{name}.$last")]
        stored += [cargo.carry(v, f"{name}.{f.name}") for v, f in zip(values, state.values, strict=True)]
        gets = Bin("and", condition, current)
        if not self.placement.parallel:
            near.do([Access(key.state, "install", carried, tuple(stored))], gets)
            return
        still = Var(f"$still{cargo.point}.{number}", 1)
        near.do(place(key.state, carried, slot, stamp, stored, still), gets)
        near.do([Access(key.state, "accept", carried, (stamp,))], still)
        near.do([Access(key.state, "forget", carried, (stamp,))], gets)

    def _uses(self, target: Target, key: NamedKey, verdict: str) -> Expr | None:
        """Whether one of the sites was passed, and with this key; None if surely so."""
        same, flag = _same(target.key, key.key), self._flag(target, verdict)
        return flag if same is None else same if flag is None else Bin("and", flag, same)

    def _cells(self, named: Named, stamp: Expr, cargo: _Cargo, far: _Steps, near: _Homeward, *, refresh: bool) -> None:
        for n, cell in enumerate(named.cells):
            slot = cargo.carry(cell.slot, f"cell{n}")
            near.do([arrive(cell.gate, slot, stamp)])
            for register in cell.registers if refresh else ():
                read, values = current_cell(self.program, cell, register, f"$now{cargo.point}.{n}")
                far.do([read])
                carried = tuple(cargo.carry(v, f"{register}.cell{n}.{v.name[5:]}") for v in values)
                index = (cell_index(self.program, register, slot),)
                near.do([self._set_cell(register, index, carried)], Bin("ne", slot, Const(0, SLOT_BITS)), _When.CELL)
        for n, gate in enumerate(named.wholes):
            flag = cargo.carry(whole_flag(gate), f"whole{n}")
            near.do([Access(whole_gate(gate), "receive", (Cast(flag, SLOT_BITS),))])

    def _write(
        self, number: int, target: Target, verdict: _Verdict, cargo: _Cargo, far: _Steps, near: _Homeward
    ) -> None:
        fields = self.program.state(target.state).values
        values = [Var(f"$now.{target.state}.{cargo.point}.{number}.{f.name}", f.width) for f in fields]
        far.do([Access(target.state, "read", target.key, (), tuple(values))])
        flag = self._flag(target, verdict.block)
        condition = None if flag is None else cargo.carry(flag, f"wrote{number}")
        index = tuple(cargo.carry(e, f"index{number}") for e in target.key)
        args = tuple(cargo.carry(v, f"{target.state}.{number}.{f.name}") for v, f in zip(values, fields, strict=True))
        near.do([self._set_cell(target.state, index, args)], condition, _When.CELL)

    def _set_cell(self, register: str, index: Key, values: Key) -> Access:
        """Of a `max` register near may be ahead."""
        if register in self.placement.max_registers:
            return Access(register, "merge_max", index, (Const(1, 1), *values))
        return Access(register, "write", index, values)


def _same(one: Key, other: Key) -> Expr | None:
    """Whether two keys are equal; None if they surely are. One comparison, not one a field: each is a branch for the
    kernel's verifier."""
    pairs = [(a, b) for a, b in zip(one, other, strict=True) if a != b]
    if not pairs:
        return None
    widest = max(width(a) for a, _ in pairs)
    differing = reduce(lambda a, b: Bin("or", a, b), (Cast(Bin("xor", a, b), widest) for a, b in pairs))
    return Bin("eq", differing, Const(0, widest))


def _any(flags: list[Expr | None]) -> Expr | None:
    """The disjunction of conditions; None if one of them always holds."""
    condition: Expr | None = None
    for flag in flags:
        if flag is None:
            return None
        condition = flag if condition is None else Bin("or", condition, flag)
    return condition
