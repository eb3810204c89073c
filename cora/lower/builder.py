"""Makes basic blocks one after the other; the only mutable picture of the program during lowering."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from cora.diagnostics import Span
from cora.ir.nodes import Assign, Block, Branch, Expr, Goto, Op, Terminator, Var


@dataclass(slots=True)
class Builder:
    """Operations go to the current block. After a terminator there is none, and what follows (code behind an `exit`,
    say) is unreachable and dropped."""

    blocks: list[Block] = field(default_factory=list[Block])
    current: str | None = None
    span: Span | None = None
    """Of the statement being lowered; operations that bring none get it."""
    _ops: list[Op] = field(default_factory=list[Op])
    _variables: dict[str, int] = field(default_factory=dict[str, int])
    _labels: dict[str, int] = field(default_factory=dict[str, int])

    def fresh(self, hint: str) -> str:
        """The name of a variable, or the prefix of several, that nothing has yet."""
        return _unused(hint, self._variables)

    def temp(self, hint: str, width: int) -> Var:
        return Var(self.fresh(hint), width)

    def block(self, hint: str) -> str:
        """The name of a block to be started later."""
        return _unused(hint, self._labels)

    @property
    def position(self) -> tuple[int, int]:
        """How many blocks are done, and how many operations the current one has."""
        return len(self.blocks), len(self._ops)

    @property
    def operations(self) -> tuple[Op, ...]:
        """Of the current block, so far."""
        return tuple(self._ops)

    def start(self, name: str) -> None:
        assert self.current is None, f"{self.current} has no terminator"
        self.current, self._ops = name, []

    def emit(self, op: Op) -> None:
        if self.current is not None:
            self._ops.append(op if op.span is not None else replace(op, span=self.span))

    def assign(self, dst: Var, value: Expr) -> None:
        if value != dst:
            self.emit(Assign(dst, value))

    def suspend(self) -> tuple[str | None, list[Op]]:
        """Puts the current block aside, for one that is written in between; `resume` takes it up again."""
        held = self.current, self._ops
        self.current, self._ops = None, []
        return held

    def resume(self, held: tuple[str | None, list[Op]]) -> None:
        self.current, self._ops = held

    def end(self, terminator: Terminator) -> None:
        if self.current is not None:
            if terminator.span is None:
                terminator = replace(terminator, span=self.span)
            self.blocks.append(Block(self.current, tuple(self._ops), terminator))
            self.current = None

    def goto(self, target: str) -> None:
        self.end(Goto(target))

    def branch(self, cond: Expr, then: str, orelse: str) -> None:
        self.end(Branch(cond, then, orelse))

    def when(self, cond: Expr, body: Callable[[], None], hint: str) -> None:
        """Runs `body`, in a block called after `hint`, where the condition holds; goes on behind it either way."""
        then, done = self.block(hint), self.block("join")
        self.branch(cond, then, done)
        self.start(then)
        body()
        self.join(done)

    def end_when(
        self, cond: Expr, end: Terminator, hints: tuple[str, str], body: Callable[[], None] = lambda: None
    ) -> None:
        """Where the condition holds, the packet ends behind `body`; others go on. `hints` are for the two blocks."""
        then, go_on = map(self.block, hints)
        self.branch(cond, then, go_on)
        self.start(then)
        body()
        self.end(end)
        self.start(go_on)

    def join(self, target: str) -> None:
        """Ends the current block with a jump to `target` and goes on there."""
        self.goto(target)
        self.start(target)


def _unused(hint: str, taken: dict[str, int]) -> str:
    """The hint itself, or the hint with the next free number; from then on it is taken."""
    name = hint
    while name in taken:
        taken[hint] += 1
        name = f"{hint}_{taken[hint]}"
    taken[name] = 1
    return name
