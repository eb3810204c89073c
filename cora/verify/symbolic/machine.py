"""One engine's program on its way through a packet: executes operations on terms, until something must be decided.

A machine stops where a decision is needed that the facts don't make (`Stuck`): a branch, whether a lookup hits, whether
there is room. Nothing of the operation has happened then; once the facts decide, it goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from cora.ir.cfg import block_map, end_reads, header_names, live_before, liveness, predecessors, reachable
from cora.ir.nodes import (
    Access,
    Advance,
    Assign,
    Branch,
    Checksum,
    Copy,
    Digest,
    Drop,
    Emit,
    Expr,
    Extract,
    Foreign,
    Forward,
    Goto,
    HandOff,
    Hash,
    Lookahead,
    Op,
    Program,
    Random,
    Resume,
    Room,
    SetValid,
    Switch,
    Terminator,
)
from cora.verify.symbolic.accesses import Accesses
from cora.verify.symbolic.calculations import condensed
from cora.verify.symbolic.frames import Frame, Unsupported, length_32
from cora.verify.symbolic.functions import checksum, hashed, random_number
from cora.verify.symbolic.invariant import Initial, Role, time
from cora.verify.symbolic.states import Stores
from cora.verify.symbolic.terms import Cond, Term, const, equal, evaluate, plus, resized, symbol, truth, value_of

Decide = Callable[[Cond], "bool | None"]


@dataclass(frozen=True, slots=True)
class Stuck:
    """Where a machine can't go on until it is known whether `cond` holds."""

    cond: Cond


class _Undecided(Exception):
    def __init__(self, cond: Cond) -> None:
        super().__init__()
        self.cond = cond


@dataclass(frozen=True, slots=True)
class SentTo:
    port: Term
    frame: Frame


@dataclass(frozen=True, slots=True)
class DroppedFor:
    reason: str


@dataclass(frozen=True, slots=True)
class Crossing:
    """A hand-off: the values are those on the wire."""

    engine: str
    resume: int
    values: tuple[Term, ...]
    frame: Frame


Verdict = SentTo | DroppedFor | Crossing


class Code:
    """A program with what the machine wants to know of it."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.blocks = block_map(program.blocks)
        self.order = {b.name: i for i, b in enumerate(program.blocks)}
        self.headers = {h.name: h for h in program.headers}
        self.states = {s.name: s for s in program.states}
        self.joins = frozenset(name for name, sources in predecessors(program.blocks).items() if len(sources) > 1)
        self._live: dict[tuple[str, int], frozenset[str]] = {}
        self._sees_frame: dict[str, bool] = {}

    @cached_property
    def _at_end(self) -> Mapping[str, frozenset[str]]:
        return liveness(self.program).at_end

    def live(self, block: str, index: int) -> frozenset[str]:
        """The variables that are still needed before operation `index` of a block."""
        key = (block, index)
        if key not in self._live:
            names = header_names(self.program)
            live = self._at_end[block] | end_reads(self.blocks[block].end)
            for op in reversed(self.blocks[block].ops[index:]):
                live = live_before(op, live, names)
            self._live[key] = live
        return self._live[key]

    def sees_frame(self, block: str) -> bool:
        """Whether the frame, what was written of it, or the place in it may still be asked for from a block on."""
        if block not in self._sees_frame:
            blocks = (self.blocks[name] for name in reachable(self.program.blocks, (block,)))
            self._sees_frame[block] = any(
                isinstance(b.end, Forward | HandOff) or any(isinstance(op, _OF_FRAME) for op in b.ops) for b in blocks
            )
        return self._sees_frame[block]

    def resume(self, point: int) -> Resume:
        found = next((r for r in self.program.resumes if r.point == point), None)
        if found is None:
            raise Unsupported(f"a hand-off to resume point {point}, which doesn't exist")
        return found


@dataclass(slots=True)
class Machine:
    """The machine of one engine. `trail` is the blocks it has visited, newest first, as nested pairs."""

    role: Role
    code: Code
    initial: Initial
    stores: Stores
    block: str
    env: dict[str, Term] = field(default_factory=dict[str, Term])
    index: int = 0
    frame: Frame = field(default_factory=Frame)
    cursor: int = 0
    output: tuple[Term, ...] = ()
    digests: tuple[tuple[str, tuple[Term, ...]], ...] = ()
    verdict: Verdict | None = None
    trail: tuple[str, ...] = ()

    @classmethod
    def start(cls, role: Role, code: Code, initial: Initial, stores: Stores) -> Machine:
        """At the first block, with the packet as it came in."""
        machine = cls(role, code, initial, stores, code.program.blocks[0].name)
        machine.env = {
            "$port": symbol("port", 16),
            "$length": length_32(),
            "$time": time(),
            "$seed": symbol("seed", 64),
            "$resume": const(0, 8),
        }
        return machine

    @classmethod
    def resumed(cls, role: Role, code: Code, initial: Initial, stores: Stores, crossing: Crossing) -> Machine:
        """Where a hand-off enters."""
        machine = cls.start(role, code, initial, stores)
        resume = code.resume(crossing.resume)
        if len(resume.into) != len(crossing.values):
            raise Unsupported(f"resume point {resume.point} takes {len(resume.into)} values")
        machine.block = resume.block
        machine.env["$resume"] = const(resume.point, 8)
        for var, value in zip(resume.into, crossing.values, strict=True):
            machine.env[var.name] = resized(value, var.width)
        machine.frame = crossing.frame
        return machine

    def copy(self) -> Machine:
        return replace(self, env=dict(self.env), stores=self.stores.copy())

    def live(self) -> tuple[str, frozenset[str]]:
        """The block in which something happens next, and the variables that are needed from here on: a way through
        empty blocks is followed as far as known numbers decide it."""
        block, index = self.block, self.index
        read = frozenset[str]()
        while index == len(self.code.blocks[block].ops):
            end = self.code.blocks[block].end
            target = self._known_target(end)
            if target is None:
                break
            read |= end_reads(end)
            block, index = target, 0
        return block, read | self.code.live(block, index)

    def _known_target(self, end: Terminator) -> str | None:
        match end:
            case Goto(target=target):
                return target
            case Branch(cond=cond, then=then, orelse=orelse):
                number = value_of(self.value(cond))
                return None if number is None else then if number else orelse
            case Switch(value=value, cases=cases, default=default):
                number = value_of(self.value(value))
                return None if number is None else dict(cases).get(number, default)
            case _:
                return None

    # ------------------------------------------------------------ running

    def run(self, decide: Decide, pause: Callable[[str], bool] | None = None) -> Stuck | None:
        """Goes on until the verdict (None), a decision (`Stuck`), or the start of a block that `pause` names (None)."""
        while self.verdict is None:
            block = self.code.blocks[self.block]
            try:
                while self.index < len(block.ops):
                    self._do(block.ops[self.index], decide)
                    self.index += 1
                target = self._finish(block.end, decide)
            except _Undecided as undecided:
                return Stuck(undecided.cond)
            if target is None:
                break
            self.trail = (*self.trail, self.block)
            self.block, self.index = target, 0
            if pause is not None and pause(target):
                return None
        return None

    def read(self, name: str, width: int) -> Term:
        found = self.env.get(name)
        return const(0, width) if found is None else found

    def value(self, expr: Expr) -> Term:
        return condensed(evaluate(expr, self.read))

    def values(self, exprs: tuple[Expr, ...]) -> tuple[Term, ...]:
        return tuple(self.value(e) for e in exprs)

    def must(self, cond: Cond, decide: Decide) -> bool:
        answer = decide(cond)
        if answer is None:
            raise _Undecided(cond)
        return answer

    def number(self, term: Term, decide: Decide, what: str) -> int:
        """The number that a term is on this path: one value after the other is tried."""
        value = value_of(term)
        if value is not None:
            return value
        for candidate in range(_MOST_ADVANCES):
            if self.must(equal(term, const(candidate * 8, term.size())), decide):
                return candidate * 8
        raise Unsupported(f"{what} of more than {(_MOST_ADVANCES - 1) * 8} bits that the packet determines")

    # ------------------------------------------------------------ operations

    def _do(self, op: Op, decide: Decide) -> None:
        match op:
            case Assign(dst=dst, value=value):
                self.env[dst.name] = self.value(value)
            case Room(dst=dst, bits=bits):
                wanted = self.number(self.value(bits), decide, "a Room")
                here = self.must(self.frame.has(self.cursor + wanted), decide)
                self.env[dst.name] = const(int(here), 1)
            case Extract(header=header):
                self._extract(header)
            case Lookahead(dst=dst):
                self.env[dst.name] = self.frame.bits(self.cursor, dst.width)
            case Advance(bits=bits):
                self.cursor += self.number(self.value(bits), decide, "an Advance")
            case Emit(header=header):
                self._emit(header, decide)
            case SetValid(header=header, valid=valid):
                self.env[f"{header}.$valid"] = const(int(valid), 1)
            case Hash():
                self.env[op.dst.name] = hashed(op, self.values(op.inputs))
            case Checksum():
                self._checksum(op)
            case Random():
                self._random(op)
            case Access():
                self._access(op, decide)
            case Foreign(function=function):
                raise Unsupported(f"{function}(), an extern that Cora doesn't know")
            case Copy():
                raise Unsupported("a copy of the packet, whose number the control plane sets")
            case Digest(receiver=receiver, fields=fields):
                self.digests = (*self.digests, (receiver, self.values(fields)))

    def _extract(self, name: str) -> None:
        for part in self.code.headers[name].fields:
            self.env[f"{name}.{part.name}"] = self.frame.bits(self.cursor, part.width)
            self.cursor += part.width
        self.env[f"{name}.$valid"] = const(1, 1)

    def _emit(self, name: str, decide: Decide) -> None:
        if self.must(truth(self.read(f"{name}.$valid", 1)), decide):
            fields = self.code.headers[name].fields
            self.output += tuple(self.read(f"{name}.{f.name}", f.width) for f in fields)

    def _checksum(self, op: Checksum) -> None:
        payload = self.frame.behind(self.cursor, ()) if op.payload else None
        start, added, removed = self.value(op.start), self.values(op.added), self.values(op.removed)
        self.env[op.dst.name] = checksum(start, added, removed, payload)

    def _random(self, op: Random) -> None:
        draws = self.read("$draws", 32)
        lo, hi = self.value(op.lo), self.value(op.hi)
        self.env[op.dst.name] = random_number(op, self.read("$seed", 64), draws, lo, hi)
        self.env["$draws"] = plus(draws, const(1, 32))

    def _access(self, op: Access, decide: Decide) -> None:
        accesses = Accesses(self.initial, self.role, self.stores, decide, lambda cond: self.must(cond, decide))
        key = self.values(op.key)
        if op.kind == "rmw":
            results = accesses.cell(op.state, key)
            env = self.env | {v.name: x for v, x in zip(op.results, results, strict=True)}
            args = tuple(evaluate(e, lambda n, w: env.get(n, const(0, w))) for e in op.args)
            accesses.write(op.state, key, args)
        else:
            results = accesses.run(self.code.states[op.state], op, key, self.values(op.args))
        for var, value in zip(op.results, results, strict=True):
            self.env[var.name] = value

    # ------------------------------------------------------------ ends of blocks

    def _finish(self, end: Terminator, decide: Decide) -> str | None:
        match end:
            case Goto(target=target):
                return target
            case Branch(cond=cond, then=then, orelse=orelse):
                return then if self.must(truth(self.value(cond)), decide) else orelse
            case Switch(value=value, cases=cases, default=default):
                term = self.value(value)
                for number, target in cases:
                    if self.must(equal(term, const(number, term.size())), decide):
                        return target
                return default
            case Forward(length=length) if length is not None:
                raise Unsupported("a packet that is truncated")
            case Forward(port=port):
                self.verdict = SentTo(resized(self.value(port), 16), self.frame.behind(self.cursor, self.output))
            case Drop(reason=reason):
                self.verdict = DroppedFor(reason)
            case HandOff(engine=engine, resume=resume, live=live, frame=kind):
                frame = self.frame if kind == "received" else self.frame.behind(self.cursor, self.output)
                self.verdict = Crossing(engine, resume, self.values(live), frame)
        self.trail = (*self.trail, self.block)
        return None


_OF_FRAME = Advance | Checksum | Emit | Extract | Lookahead | Room
_MOST_ADVANCES = 64
