"""A model check of splits: the engines' own programs in every order in which a few packets, frames and losses can meet.

The engines run with the functions of `SplitRunner`; what is explored is what happens between them. Links keep the order
of frames, and each engine does one thing at a time; `cora.verify.parallel` has a near that does two. The oracle is the
whole program: packets count in the order in which near is done with them, those that it serves when they arrive, those
that far serves when their answers come back. A packet without an answer counts before the next one that has one; of a
packet that is lost on its way to far, only the timers count that it has restarted on near. In this order every output
must be that of the whole program; a flow's outputs must leave in the order in which its packets came; and when nothing
is under way, the engines' states together must be the whole program's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from cora.ir.batch import Batch, changed
from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Dropped, Entered, HandedOff, Packet, Sent, Trace, TracedAccess
from cora.ir.stepwise import Moment
from cora.ir.store import Key, Saved, Store, Table, Values
from cora.split.engines import Split, updates_only
from cora.split.probes import Ask, act, probe_values
from cora.split.rollout import Rollout
from cora.split.run import SplitRunner
from cora.verify.stamps import ranked

START_NS = 1000


class Asked(NamedTuple):
    """A probe of the control plane, see `cora.split.probes`."""

    state: str
    key: Key
    ask: Ask
    values: Values = ()


@dataclass(frozen=True, slots=True)
class Case:
    """What may happen: the packets of each flow (frame and port), in order, and how much of everything else."""

    name: str
    program: Program
    split: Split
    flows: tuple[tuple[tuple[bytes, int], ...], ...]
    losses: int = 0
    """Frames that may be lost, on either link."""
    pauses_ns: tuple[int, ...] = ()
    """Each may pass once, at any time."""
    probes: tuple[Asked, ...] = ()
    """What the control plane asks for, each once at any time."""
    doubles: int = 0
    """Frames without a packet that may be doubled, on either link."""
    restarts: int = 0
    """How often near may start anew, while frames are out. What it loses (`SplitRunner.restart`) the whole program
    loses in that moment, too: nothing else may go wrong. Not together with losses."""
    base: int | None = None
    """The stamp with which it begins then; None: one that no frame of before can have."""
    parallel: bool = False
    """Near serves packets that arrive and frames that come back at once, on two cores; see `cora.verify.parallel`."""
    batches: tuple[Batch, ...] = ()
    """Changes to tables, brought in one batch after the other at any time. A packet meets what counts when it comes."""


class Frame(NamedTuple):
    """On a link."""

    packet: int
    """Its number, in the order of arrival; -1: a frame of the control plane."""
    resume: int
    values: tuple[int, ...]
    data: bytes
    answers: int = -1
    """Of an answer: its place among what far has done."""
    before: tuple[TracedAccess, ...] = ()
    """Of a packet on its way to far: the timers and maxima that it has moved forward on near."""
    echo: Sent | None = None
    """Of a packet that near has served and that waits for others of its flow: what it must leave as."""
    asked: Asked | None = None
    """Of a probe on its way to far."""


class Done(NamedTuple):
    """Something that far has done and that doesn't count yet."""

    number: int
    packet: int
    result: Dropped | None
    """What became of the packet, if it ended on far."""
    asked: Asked | None = None
    """Of a probe: what far has done for it,"""
    time_ns: int = 0
    """and when."""


class Walking(NamedTuple):
    """A packet or frame that near is about, where it does two things at once."""

    packet: int
    """As in `Frame`."""
    frame: Frame | None
    """What has entered; None: a packet from the wire."""
    moment: Moment
    before: tuple[TracedAccess, ...] = ()
    """As in `Frame`."""
    expected: Sent | Dropped | HandedOff | None = None
    """What must become of a packet that has come back, and hasn't left."""


class Batched(NamedTuple):
    """How far batches are. Tables are as after so many of them."""

    held: tuple[tuple[int, int], ...]
    """On near and far: each generation."""
    met: tuple[int, ...] = ()
    """By packet: those that counted when it came."""
    done: int = 0
    taken: int = 0
    """Steps of the next one."""


class State(NamedTuple):
    """Everything, at one moment."""

    stores: tuple[Saved, ...]
    """Of near, far, and the whole program."""
    outward: tuple[Frame, ...]
    homeward: tuple[Frame, ...]
    waiting: tuple[Done, ...]
    arrived: tuple[tuple[int, int], ...]
    """(flow, time) by packet number."""
    last_out: tuple[int, ...]
    """By flow: the number of its last packet that has left."""
    now_ns: int
    losses: int
    pauses: tuple[int, ...]
    probes: tuple[Asked, ...]
    doubles: int
    restarts: int
    rollout: Batched
    arriving: Walking | None = None
    returning: Walking | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """What was found. `steps` are the shortest way to what is wrong, in words; empty if nothing is."""

    case: str
    states: int
    wrong: str = ""
    steps: tuple[str, ...] = ()
    complete: bool = True
    """Whether every state was seen."""

    def __str__(self) -> str:
        if not self.wrong:
            return f"{self.case}: {self.states:,} states, nothing wrong" + ("" if self.complete else " so far")
        lines = [f"{self.case}: {self.wrong}, after"]
        return "\n".join([*lines, *(f"{n:4}. {step}" for n, step in enumerate(self.steps, start=1))])


class Wrong(Exception):
    """A promise is broken; the text says which."""


Step = tuple[str, Callable[[State], State]]


def model_check(case: Case, limit: int = 1_000_000) -> Result:
    """Every state that can be reached, breadth first, up to `limit`; stops at the first that is wrong."""
    if case.parallel:
        from cora.verify.parallel import ParallelChecker  # it builds on this module

        return ParallelChecker(case).check(limit)
    return Checker(case).check(limit)


class Checker:
    """Every state that a case can come to."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.runner = SplitRunner(case.split)
        self.near, self.far = (e.engine for e in case.split.engines)
        self.traced = compile_program(case.split.engine(self.near).program, trace=True)
        self.whole = compile_program(case.program)
        self.ghost = Store(case.program)
        self.updates = frozenset(updates_only(case.split))
        self.layouts = {(x.target, x.resume): [f.name for f in x.fields] for x in case.split.layouts}
        self.versions = [dict(Store(case.program).tables)]
        """The tables after so many batches."""
        for batch in case.batches:
            self.versions.append({**self.versions[-1], **changed(self.versions[-1], batch)})
        self.held = ((0, 0), (0, 0))
        """What the engines' tables hold now."""

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.runner.stores[self.near], self.runner.stores[self.far], self.ghost

    def check(self, limit: int) -> Result:
        case = self.case
        first = State(
            tuple(s.save() for s in self.stores), (), (), (), (), (-1,) * len(case.flows), START_NS, case.losses,
            case.pauses_ns, case.probes, case.doubles, case.restarts, Batched(self.held),
        )  # fmt: skip
        seen = {self.mark(first): 0}
        states: list[tuple[State, int, str]] = [(first, -1, "")]
        for at, (state, _, _) in enumerate(states):  # grows while it is walked: breadth first
            if len(states) > limit:
                return Result(case.name, len(states), complete=False)
            for text, step in self.steps(state):
                self.load(state)
                try:
                    after = self.saved(step(state))
                except Wrong as wrong:
                    return Result(case.name, len(states), str(wrong), (*_way(states, at), text))
                mark = self.mark(after)
                if mark not in seen:
                    seen[mark] = len(states)
                    states.append((after, at, text))
        return Result(case.name, len(states))

    def mark(self, state: State) -> Any:
        near, far, _ = self.stores
        return ranked(state, self.layouts, (self.near, self.far), tuple(near.gates), len(far.gates))

    def load(self, state: State) -> None:
        for store, saved in zip(self.stores, state.stores, strict=True):
            store.restore(saved)
        for engine, now, then in zip((self.near, self.far), self.held, state.rollout.held, strict=True):
            for generation in (0, 1):
                if now[generation] != then[generation]:
                    self.runner.bring(engine, generation, self.versions[then[generation]])
        self.held = state.rollout.held

    def saved(self, state: State) -> State:
        if not (state.outward or state.homeward or state.arriving or state.returning):
            state = self.count(state, state.waiting)
            found, expected = self.runner.snapshot(), self.ghost.snapshot()
            if found != expected:
                raise Wrong(f"nothing is under way, and the state is {_differing(found, expected)}")
        return state._replace(stores=tuple(s.save() for s in self.stores))

    # ------------------------------------------------------------ what may happen

    def steps(self, state: State) -> Iterator[Step]:
        came = [flow for flow, _ in state.arrived]
        for flow, packets in enumerate(self.case.flows):
            n = came.count(flow)
            if n < len(packets) and not state.arriving:
                yield f"packet {len(came)} of flow {flow} arrives", lambda s, f=flow, n=n: self.arrive(s, f, n)
        if state.outward:
            yield f"the host takes {name_of(state.outward[0])}", self.take
        if state.homeward and not state.returning:
            yield f"{name_of(state.homeward[0])} comes back to the NIC", self.come_back
        if state.losses and state.outward:
            text = f"{name_of(state.outward[0])} is lost on the way to the host"
            yield text, self.lose
        if state.losses and state.homeward:
            text = f"{name_of(state.homeward[0])} is lost on the way back"
            yield text, lambda s: s._replace(homeward=s.homeward[1:], losses=s.losses - 1)
        for n, pause in enumerate(state.pauses):
            rest = (*state.pauses[:n], *state.pauses[n + 1 :])
            yield f"{pause} ns pass", lambda s, p=pause, r=rest: s._replace(now_ns=s.now_ns + p, pauses=r)
        if state.restarts and not (state.arriving or state.returning):
            yield "the NIC starts anew", self.restart
        if state.rollout.done < len(self.case.batches):
            yield self.batch_step(state), self.bring_in
        for n, asked in enumerate(() if state.arriving else state.probes):
            rest = (*state.probes[:n], *state.probes[n + 1 :])
            text = f"the control plane asks to {asked.ask.name.lower()} {asked.state}{asked.key}"
            yield text, lambda s, a=asked, r=rest: self.ask(s, a)._replace(probes=r)
        if state.doubles and state.outward and state.outward[0].packet < 0:
            text = f"{name_of(state.outward[0])} is doubled on the way to the host"
            yield text, lambda s: s._replace(outward=(s.outward[0], *s.outward), doubles=s.doubles - 1)
        if state.doubles and state.homeward and state.homeward[0].resume in self.updates:
            text = f"{name_of(state.homeward[0])} is doubled on the way back"
            yield text, self.double

    def batch_step(self, state: State) -> str:
        assert self.case.split.batches is not None
        step = self.case.split.batches.steps[state.rollout.taken]
        return f"batch {state.rollout.done + 1}: {step.kind} on {step.engine}"

    def bring_in(self, state: State) -> State:
        """The control plane goes on with the next batch, or waits for frames and sends one that finds out."""
        done, taken = state.rollout.done, state.rollout.taken
        plane = _Plane(self, state, done + 1)
        rollout = Rollout(self.case.split, plane, self.case.batches[done], done + 1, taken)
        rollout.advance()
        now = (done + 1, 0) if rollout.done else (done, rollout.taken)
        self.held = plane.held
        batched = state.rollout._replace(held=plane.held, done=now[0], taken=now[1])
        return plane.state._replace(rollout=batched)

    def ask(self, state: State, asked: Asked) -> State:
        probe, values = probe_values(self.case.split, *asked)
        return state._replace(homeward=(*state.homeward, Frame(-1, probe.ask, values, bytes(64), asked=asked)))

    def double(self, state: State) -> State:
        """The second one answers nothing that the first hasn't."""
        first, *rest = state.homeward
        homeward = (first, first._replace(answers=-1, packet=-1), *rest)
        return state._replace(homeward=homeward, doubles=state.doubles - 1)

    def packet(self, state: State, number: int) -> Packet:
        """A packet as it came in; a frame of the control plane has the time of the moment."""
        if number < 0:
            return Packet(b"", 0, state.now_ns)
        flow, time_ns = state.arrived[number]
        nth = sum(f == flow for f, _ in state.arrived[:number])
        data, port = self.case.flows[flow][nth]
        return Packet(data, port, time_ns, number)

    def arrive(self, state: State, flow: int, nth: int) -> State:
        number, now_ns = len(state.arrived), state.now_ns + 1
        met = (*state.rollout.met, self.counting(state)) if self.case.batches else ()
        batched = state.rollout._replace(met=met)
        state = state._replace(arrived=(*state.arrived, (flow, now_ns)), now_ns=now_ns, rollout=batched)
        trace = Trace(all_states=True)
        result = self.traced(self.stores[0], self.packet(state, number), trace=trace)
        return self.seen_off(state, number, result, ahead(trace))

    def seen_off(
        self, state: State, number: int, result: Sent | Dropped | HandedOff, before: tuple[TracedAccess, ...]
    ) -> State:
        """What becomes of a packet from the wire; `before` as in `Frame`."""
        if isinstance(result, HandedOff) and result.resume == self.case.split.echo:
            echo = self.served(state, number, result)
            frame = Frame(number, result.resume, result.values, result.frame, echo=echo)
            return state._replace(outward=(*state.outward, frame))
        if isinstance(result, HandedOff):
            frame = Frame(number, result.resume, result.values, result.frame, before=before)
            return state._replace(outward=(*state.outward, frame))
        return self.leave(state, number, result)

    def counting(self, state: State) -> int:
        """The number of the batches that count for a packet which comes now."""
        batches = self.case.split.batches
        return state.rollout.done + (batches is not None and batches.flipped(state.rollout.taken))

    def unsplit(self, state: State, number: int) -> Sent | Dropped:
        """What the whole program makes of a packet, with the tables that counted when it came."""
        if self.case.batches:
            for name, table in self.versions[state.rollout.met[number]].items():
                self.ghost.tables[name].become(table)
        result = self.whole(self.ghost, self.packet(state, number))
        assert isinstance(result, Sent | Dropped)
        return result

    def restart(self, state: State) -> State:
        lost = self.runner.restart(self.case.base)
        ghost = self.ghost
        for name, key, last_ns in lost.timers:
            if key in ghost.flow_tables[name].entries:
                ghost.flow_tables[name].entries[key].last_ns = last_ns
        for name, key, values, last_ns in lost.records:
            ghost.flow_tables[name].put(key, values, last_ns)
        for name, index, values in lost.cells:
            ghost.registers[name].write(index, values)
        for name in lost.states:  # in place: compiled programs keep hold of the dictionaries
            if name in ghost.flow_tables:
                ghost.flow_tables[name].entries.clear()
            elif name in ghost.registers:
                ghost.registers[name].cells.clear()
        for name, index, (packets, size) in lost.counts:
            counted = ghost.counters[name].cells
            counted[index] = counted[index][0] - packets, counted[index][1] - size
        return state._replace(restarts=state.restarts - 1)

    def enter(self, engine: str, state: State, frame: Frame) -> Sent | Dropped | HandedOff:
        """What an engine does with a frame that has come to it."""
        packet = self.packet(state, frame.packet)
        carried = replace(packet, data=frame.data, length=len(packet.data))
        return self.runner.step(engine, carried, Entered(frame.resume, frame.values))

    def take(self, state: State) -> State:
        frame, *rest = state.outward
        state = state._replace(outward=tuple(rest))
        result = self.enter(self.far, state, frame)
        if frame.echo is not None and isinstance(result, HandedOff):
            back = Frame(frame.packet, result.resume, result.values, result.frame, echo=frame.echo)
            return state._replace(homeward=(*state.homeward, back))
        batches = self.case.split.batches
        if frame.packet < 0 and batches is not None and frame.resume == batches.onward:
            return state
        number = state.waiting[-1].number + 1 if state.waiting else 0
        ended = None if isinstance(result, HandedOff) else result
        if isinstance(ended, Sent):
            raise Wrong("the host sends a packet past the NIC")
        done = Done(number, frame.packet, ended, frame.asked, state.now_ns if frame.asked else 0)
        state = state._replace(waiting=(*state.waiting, done))
        if isinstance(result, HandedOff):
            answer = Frame(frame.packet, result.resume, result.values, result.frame, number)
            state = state._replace(homeward=(*state.homeward, answer))
        return state

    def lose(self, state: State) -> State:
        frame, *rest = state.outward
        for access in frame.before:
            if access.kind == "touch":
                self.ghost.flow_tables[access.state].merge(access.key, state.arrived[frame.packet][1])
            else:
                held = self.stores[0].registers[access.state].read(access.key[0])
                self.ghost.registers[access.state].merge_max(access.key[0], held)
        return state._replace(outward=tuple(rest), losses=state.losses - 1)

    def come_back(self, state: State) -> State:
        frame, *rest = state.homeward
        state = state._replace(homeward=tuple(rest))
        result = self.enter(self.near, state, frame)
        if isinstance(result, HandedOff):  # a probe goes on to the host
            onward = Frame(frame.packet, result.resume, result.values, result.frame, asked=frame.asked)
            return state._replace(outward=(*state.outward, onward))
        if frame.echo is not None:
            return self.out(state, frame.packet, frame.echo, result)
        return self.leave(self.back(state, frame), frame.packet, result)

    # ------------------------------------------------------------ what must hold

    def back(self, state: State, frame: Frame) -> State:
        """An answer has come back: what far has done before counts."""
        counts = tuple(
            d for d in state.waiting if d.number < frame.answers or (d.number == frame.answers and d.packet < 0)
        )
        state = self.count(state, counts)
        return state._replace(waiting=tuple(d for d in state.waiting if d.number != frame.answers))

    def count(self, state: State, done: tuple[Done, ...]) -> State:
        """What far has done without an answer, or with one that was lost, counts now."""
        for item in done:
            if item.asked is not None:
                table = self.ghost.flow_tables[item.asked.state]
                act(table, item.asked.ask, item.asked.key, item.asked.values, item.time_ns)
            else:
                expected = self.unsplit(state, item.packet)
                if item.result is not None and expected != item.result:
                    raise Wrong(f"packet {item.packet} became {item.result}, and should have become {expected}")
        return state._replace(waiting=tuple(d for d in state.waiting if d not in done))

    def leave(self, state: State, number: int, result: Sent | Dropped) -> State:
        """A packet that near is done with counts, and leaves."""
        if number < 0:
            return state
        return self.out(state, number, self.unsplit(state, number), result)

    def served(self, state: State, number: int, result: HandedOff) -> Sent:
        """A packet that near is done with counts, and leaves behind others: as this."""
        expected = self.unsplit(state, number)
        if not isinstance(expected, Sent) or expected.digests != result.digests:
            raise Wrong(f"packet {number} became {result}, and should have become {expected}")
        return replace(expected, digests=())

    def out(self, state: State, number: int, expected: object, result: Sent | Dropped) -> State:
        """A packet leaves near."""
        if expected != result:
            raise Wrong(f"packet {number} became {result}, and should have become {expected}")
        if isinstance(result, Dropped):
            return state
        flow = state.arrived[number][0]
        if state.last_out[flow] > number:
            raise Wrong(f"packet {number} of flow {flow} leaves after packet {state.last_out[flow]}")
        return state._replace(last_out=(*state.last_out[:flow], number, *state.last_out[flow + 1 :]))


def ahead(trace: Trace) -> tuple[TracedAccess, ...]:
    """The timers and maxima that a packet has moved forward."""
    return tuple(a for a in trace.accesses if a.kind in ("touch", "write") and a.hit)


class _Plane:
    """Brings a batch into the engines of a checker, one step at a time."""

    def __init__(self, checker: Checker, state: State, number: int) -> None:
        self.checker, self.state, self.number = checker, state, number
        self.held = state.rollout.held

    def tables(self) -> Mapping[str, Table]:
        return self.checker.versions[self.number - 1]

    def bring(self, engine: str, generation: int, tables: Mapping[str, Table]) -> None:
        self.checker.runner.bring(engine, generation, tables)
        at = (self.checker.near, self.checker.far).index(engine)
        pair = (self.number, self.held[at][1]) if generation == 0 else (self.held[at][0], self.number)
        self.held = (*self.held[:at], pair, *self.held[at + 1 :])

    def flip(self, version: int) -> None:
        self.checker.runner.flip(version)

    def ask(self, number: int) -> None:
        batches = self.checker.case.split.batches
        assert batches is not None
        out = [f for f in self.state.outward if f.packet < 0 and f.resume == batches.onward]
        out += [f for f in self.state.homeward if f.packet < 0 and f.resume == batches.ask]
        if all(f.values != (number,) for f in out):
            frame = Frame(-1, batches.ask, (number,), bytes(64))
            self.state = self.state._replace(homeward=(*self.state.homeward, frame))

    def drained(self) -> int:
        return self.checker.runner.drained()


def _way(states: list[tuple[State, int, str]], at: int) -> tuple[str, ...]:
    texts: list[str] = []
    while at > 0:
        _, before, text = states[at]
        texts.append(text)
        at = before
    return tuple(reversed(texts))


def name_of(frame: Frame) -> str:
    what = "a frame without a packet" if frame.packet < 0 else f"packet {frame.packet}"
    return what if frame.answers < 0 else f"the answer to {what}"


def _differing(found: dict[str, dict[Any, Any]], expected: dict[str, dict[Any, Any]]) -> str:
    texts: list[str] = []
    for name in expected:
        for key in sorted(found.get(name, {}).keys() | expected[name].keys()):
            ours, theirs = found.get(name, {}).get(key), expected[name].get(key)
            if ours != theirs:
                texts.append(f"{name}[{key}] = {ours} instead of {theirs}")
    return ", ".join(texts)
