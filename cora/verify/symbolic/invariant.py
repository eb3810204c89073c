"""What is assumed of the states before the packet, and shown again after it: the invariant of each mode.

By state, the engines' parts are functions of the key (see `docs/proving.md`). The whole's state is their combination.

exclusive    the one engine that has it holds what the whole holds
full copy    near and far hold what the whole holds
maxima       (registers that near writes itself) near holds what the whole holds, far nothing larger, and nothing is
             ahead of the packet's time
merged       counters: near's and far's counts add up to the whole's
replicated   a copy on near: far has the key with equal values; the whole's timer is the later of the two
sharded      a record on near: far has the key (its place); the whole's entry is near's record, else far's

Timers are never ahead of the packet's time, and time is below 2^62.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from cora.analysis.updates import TIME_LIMIT_NS, Steps, grows_as
from cora.analysis.values import interpret
from cora.ir.cfg import block_map, reachable
from cora.ir.nodes import Access, Program, State
from cora.split.engines import EngineProgram, Split
from cora.verify.symbolic.facts import Axioms
from cora.verify.symbolic.states import Decide, Entry, FlowState, Key, Stores
from cora.verify.symbolic.terms import (
    Application,
    Cond,
    Term,
    at_most,
    below,
    choose,
    const,
    divided,
    function,
    implies,
    larger,
    plus,
    predicate,
    resized,
    symbol,
    width,
)

Role = Literal["whole", "near", "far"]
Relation = Literal["near", "far", "equal", "maxima", "merged", "replicated", "sharded"]


_ROLES: tuple[Role, ...] = ("near", "far", "whole")


def _undecided(_: Cond) -> None:
    return None


def time() -> Term:
    return symbol("time", 64)


@dataclass(frozen=True, slots=True)
class Held:
    """How a state is held by the engines. `steps`: by field of a maxima register, the function of the time that its
    values are at most."""

    state: State
    relation: Relation
    near_capacity: int
    steps: tuple[Steps, ...] = ()


def held_states(program: Program, split: Split) -> dict[str, Held]:
    """How each state of the program is held."""
    near = next(e for e in split.engines if e.faces_wire)
    far = next((e for e in split.engines if not e.faces_wire), None)
    written = _written_by(near)
    steps = _steps(program)
    found: dict[str, Held] = {}
    for state in program.states:
        relation = _relation(state, near, far, written)
        capacity = next((s.capacity for s in near.program.states if s.name == state.name), state.capacity)
        found[state.name] = Held(state, relation, capacity, steps.get(state.name, ()))
    return found


def _relation(state: State, near: EngineProgram, far: EngineProgram | None, written: frozenset[str]) -> Relation:
    if far is None or state.name in near.owns:
        return "near"
    if state.name not in near.copies:
        return "far"
    match state.kind:
        case "counter":
            return "merged"
        case "flow_table":
            return "sharded" if state.name in near.records else "replicated"
        case "register" if state.name in written:
            return "maxima"
        case _:
            return "equal"


def _written_by(near: EngineProgram) -> frozenset[str]:
    """Registers that near writes for packets from the wire, not only when an answer says so."""
    blocks = block_map(near.program.blocks)
    own = reachable(near.program.blocks, (near.program.blocks[0].name,))
    ops = (op for name in own for op in blocks[name].ops)
    return frozenset(op.state for op in ops if isinstance(op, Access) and op.kind == "write")


def _steps(program: Program) -> dict[str, tuple[Steps, ...]]:
    """By register whose writes all store the same functions of the time: these, by field."""
    found: dict[str, set[tuple[Steps | None, ...]]] = {}
    for site in interpret(program).sites:
        if site.op.kind == "write":
            found.setdefault(site.op.state, set()).add(tuple(grows_as(arg) for arg in site.args))
    return {
        name: tuple(steps for steps in next(iter(functions)) if steps is not None)
        for name, functions in found.items()
        if len(functions) == 1 and None not in next(iter(functions))
    }


class Initial:
    """What the engines find in their states before the packet. Each key that is asked for brings its axioms."""

    def __init__(self, held: Mapping[str, Held], axioms: Axioms) -> None:
        self.held = held
        self.axioms = axioms
        self.about: dict[str, Callable[[Key], object]] = {}
        """By function: what makes the axioms of its application to a key."""
        axioms.add(time(), below(time(), const(TIME_LIMIT_NS, 64)))

    def stores(self, role: Role) -> Stores:
        """The states of an engine before the packet."""
        flows = {n: FlowState(self.size(role, n)) for n, h in self.held.items() if h.state.kind == "flow_table"}
        return Stores(flows=flows)

    def introduce(self, made: Application) -> None:
        """Makes the axioms of an application that wasn't made here."""
        if made.function in self.about:
            self.about[made.function](made.arguments)

    def _about(self, name: str, ask: Callable[[Role, Key], object]) -> None:
        """Functions whose names begin with the state's come with what `ask` makes for each engine."""

        def every(key: Key) -> None:
            for role in _ROLES:
                ask(role, key)

        self.about.setdefault(name, every)

    def size(self, role: Role, name: str) -> Term:
        held = self.held[name]
        copied = role == "near" and held.relation in ("replicated", "sharded")
        size = symbol(f"{name}.copies" if copied else f"{name}.size", 64)
        self.axioms.add(size, at_most(size, const(held.near_capacity if copied else held.state.capacity, 64)))
        return size

    def entry(self, role: Role, name: str, key: Key, decide: Decide) -> Entry:
        held = self.held[name]
        state = held.state
        for part in ("present", "last", "copied", "copy_last"):
            self._about(f"{name}.{part}", lambda role, key: self.entry(role, name, key, _undecided))
        present = predicate(f"{name}.present", key)
        last = function(f"{name}.last", key, 64)
        values = tuple(function(f"{name}.{f.name}", key, f.width) for f in state.values)
        self._timed(last)
        size = self.size("whole", name)
        self.axioms.add(present, implies(present, at_most(const(1, 64), size)))
        owner = Entry(present, last, values)
        if held.relation not in ("replicated", "sharded") or role == "far":
            return owner
        copied = predicate(f"{name}.copied", key)
        copy_last = function(f"{name}.copy_last", key, 64)
        self._timed(copy_last)
        self.axioms.add(copied, implies(copied, present))
        if held.relation == "sharded":
            own = tuple(function(f"{name}.record.{f.name}", key, f.width) for f in state.values)
        else:
            own = values
        if role == "near":
            return Entry(copied, copy_last, own)
        here = decide(copied)
        if here is False:
            return owner
        newest = copy_last if held.relation == "sharded" else larger(last, copy_last)
        if here is True:
            return Entry(present, newest, own)
        mixed = tuple(choose(copied, a, b) for a, b in zip(own, values, strict=True))
        return Entry(present, choose(copied, newest, last), mixed)

    def _timed(self, last: Term) -> None:
        self.axioms.add(last, at_most(last, time()))

    def cell(self, role: Role, name: str, key: Key) -> tuple[Term, ...]:
        """A register's values (inside of it)."""
        held = self.held[name]
        made: list[Term] = []
        for number, field in enumerate(held.state.values):
            for part in ("", "behind."):
                self._about(f"{name}.{part}{field.name}", lambda role, key: self.cell(role, name, key))
            newest = function(f"{name}.{field.name}", key, field.width)
            if held.relation == "maxima":
                limit = bound(held, number, field.width)
                self.axioms.add(newest, at_most(newest, limit))
                if role == "far":
                    behind = function(f"{name}.behind.{field.name}", key, field.width)
                    self.axioms.add(behind, at_most(behind, newest))
                    newest = behind
            made.append(newest)
        return tuple(made)

    def row(self, state: State, key: Key) -> tuple[Term, ...]:
        """The values of a row of a table that the control plane writes: any, but for the number of the action."""
        values = tuple(function(f"{state.name}.{f.name}", key, f.width) for f in state.values)
        self._limit_action(state, values)
        if values:
            self.about.setdefault(f"{state.name}.{state.values[0].name}", lambda key: self.row(state, key))
        return values

    def default_row(self, state: State) -> tuple[Term, ...]:
        values = tuple(symbol(f"{state.name}.default.{f.name}", f.width) for f in state.values)
        self._limit_action(state, values)
        return values

    def _limit_action(self, state: State, values: tuple[Term, ...]) -> None:
        if state.actions and values:
            self.axioms.add(values[0], below(values[0], const(len(state.actions), width(values[0]))))

    def meter(self, name: str, key: Key) -> tuple[Term, ...]:
        """What a meter cell holds, as a number that only the meter's own functions read."""
        return (function(f"{name}.cell", key, 64),)


def bound(held: Held, number: int, bits: int) -> Term:
    """The largest value that a field of a maxima register may hold when the packet comes."""
    term = time()
    for kind, value in held.steps[number] if held.steps else ():
        term = divided(term, value) if kind == "quotient" else plus(term, const(value, 64))
    return resized(term, bits)
