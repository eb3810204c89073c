"""How far's verdicts travel back: what they carry, and what near does with it before the packet leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cora.ir.cfg import reachable
from cora.ir.nodes import (
    Access,
    Bin,
    Block,
    Branch,
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
from cora.split.placement import Placement
from cora.split.sites import Sites, Target


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
    """Near's blocks at a return point, built front to back."""

    name: str
    blocks: list[Block] = field(default_factory=list[Block])
    ops: list[Op] = field(default_factory=list[Op])

    def do(self, op: Op, condition: Expr | None) -> None:
        """Appends an operation that runs if the condition holds (always, if there is none)."""
        if condition is None:
            self.ops.append(op)
            return
        number = len(self.blocks)
        yes, after = f"{self.name}.{number}.do", f"{self.name}.{number}.next"
        self.blocks.append(Block(self.current, tuple(self.ops), Branch(condition, yes, after)))
        self.blocks.append(Block(yes, (op,), Goto(after)))
        self.ops = []

    @property
    def current(self) -> str:
        return f"{self.name}.{len(self.blocks) - 2}.next" if self.blocks else self.name

    def end(self, end: Terminator) -> tuple[Block, ...]:
        return (*self.blocks, Block(self.current, tuple(self.ops), end))


@dataclass(slots=True)
class Answers:
    """Makes the verdict blocks of far, and collects the return points of near."""

    placement: Placement
    program: Program
    sites: Sites
    dominators: Mapping[str, frozenset[str]]
    returns: list[ReturnPoint] = field(default_factory=list[ReturnPoint])
    _after: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])

    def send(self, block: Block) -> tuple[Block, ...]:
        """What takes the place of a block that ends in a verdict."""
        here = [t for t in self.sites.targets if any(self._leads(b, block.name) for b in t.blocks)]
        written = [t for t in here if t.state not in self.placement.copy_entries]
        used = [t for t in here if t.state in self.placement.copy_entries]
        match block.end:
            case Forward(port=port, span=span):
                ops, hand_off = self._hand_off(block.name, written, used, port, "")
                return (replace(block, ops=(*block.ops, *ops), end=replace(hand_off, span=span)),)
            case Drop(reason=reason) if written:
                ops, hand_off = self._hand_off(block.name, written, [], None, reason)
                flags = [self._flag(t, block.name) for t in written]
                update = Block(f"{block.name}.update", tuple(ops), hand_off)
                drop = Block(f"{block.name}.end", (), block.end)
                condition = _any(flags)
                end = Goto(update.name) if condition is None else Branch(condition, update.name, drop.name)
                return (replace(block, end=end), update, drop)
            case _:
                return (block,)

    def _leads(self, source: str, target: str) -> bool:
        if source not in self._after:
            self._after[source] = reachable(self.program.blocks, (source,))
        return target in self._after[source]

    def _flag(self, target: Target, verdict: str) -> Expr | None:
        """Tells at run time whether one of the sites was passed; None if one always was."""
        certain = any(block in self.dominators[verdict] for block in target.blocks)
        return None if certain else target.flag

    def _hand_off(
        self, verdict: str, written: list[Target], used: list[Target], port: Expr | None, reason: str
    ) -> tuple[list[Op], HandOff]:
        point = len(self.returns) + 1
        cargo, steps, ops = _Cargo(point), _Steps(f"answer.{point}"), list[Op]()
        end: Terminator = Drop(reason) if port is None else Forward(cargo.carry(port, "port"))
        for number, target in enumerate(written):
            self._write(number, target, verdict, cargo, steps, ops)
        for number, target in enumerate(used):
            self._install(number, target, verdict, cargo, steps, ops)
        self.returns.append(ReturnPoint(point, tuple(cargo.into), steps.end(end)))
        return ops, HandOff(self.placement.near, point, tuple(cargo.live), "emitted")

    def _write(self, number: int, target: Target, verdict: str, cargo: _Cargo, steps: _Steps, ops: list[Op]) -> None:
        fields = self.program.state(target.state).values
        values = [Var(f"$now.{target.state}.{cargo.point}.{number}.{f.name}", f.width) for f in fields]
        ops.append(Access(target.state, "read", target.key, (), tuple(values)))
        flag = self._flag(target, verdict)
        condition = None if flag is None else cargo.carry(flag, f"wrote{number}")
        index = tuple(cargo.carry(e, f"index{number}") for e in target.key)
        args = tuple(cargo.carry(v, f"{target.state}.{number}.{f.name}") for v, f in zip(values, fields, strict=True))
        steps.do(Access(target.state, "write", index, args), condition)

    def _install(self, number: int, target: Target, verdict: str, cargo: _Cargo, steps: _Steps, ops: list[Op]) -> None:
        state = self.program.state(target.state)
        prefix = f"$now.{target.state}.{cargo.point}.{number}"
        found, last = Var(f"{prefix}.$found", 1), Var(f"{prefix}.$last", 64)
        values = [Var(f"{prefix}.{f.name}", f.width) for f in state.values]
        ops.append(Access(target.state, "peek", target.key, (), (found, last, *values)))
        flag = self._flag(target, verdict)
        present = found if flag is None else Bin("and", flag, found)
        name = f"{target.state}.{number}"
        condition = cargo.carry(present, f"{name}.$found")
        key = [cargo.carry(e, f"{name}.{k.name}") for e, k in zip(target.key, state.key, strict=True)]
        stored = [cargo.carry(last, f"{name}.$last")]
        stored += [cargo.carry(v, f"{name}.{f.name}") for v, f in zip(values, state.values, strict=True)]
        steps.do(Access(target.state, "install", tuple(key), tuple(stored)), condition)


def _any(flags: list[Expr | None]) -> Expr | None:
    """The disjunction of conditions; None if one of them always holds."""
    condition: Expr | None = None
    for flag in flags:
        if flag is None:
            return None
        condition = flag if condition is None else Bin("or", condition, flag)
    return condition
