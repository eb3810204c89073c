"""The model check of splits whose near serves arriving packets and returning frames at once, on two cores.

Near has two contexts. One takes packets from the wire and probes of the control plane, the other what comes from far.
Each does one after the other, access by access (`cora.ir.stepwise`), and the accesses of the two meet in every order.

A packet that near serves counts when near is done with it; one that comes back counts when near begins with it, and
leaves where near's program says so (`depart`), or else at the end.

Steps that make no difference to the other context, whichever comes first, are done at once or put off: accesses to
what the other doesn't look at, and while near is at work what happens elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cora.ir.cfg import block_map, reachable
from cora.ir.nodes import Access, Program
from cora.ir.packets import Dropped, Entered, HandedOff, Packet, Sent, Trace
from cora.ir.stepwise import Moment, Stepwise
from cora.ir.store import Store
from cora.split.gates import GATE
from cora.split.probes import probe_values
from cora.verify.modelcheck import Asked, Case, Checker, Frame, State, Step, Walking, Wrong, ahead, name_of

Result = Sent | Dropped | HandedOff


class ParallelChecker(Checker):
    def __init__(self, case: Case) -> None:
        super().__init__(case)
        self.program = case.split.engine(self.near).program
        self.stepwise = Stepwise(self.program)
        self.quiet = _quiet(self.program)

    def steps(self, state: State) -> Iterator[Step]:
        yield from super().steps(_seen(state))
        for context, walking in (("arriving", state.arriving), ("returning", state.returning)):
            if walking is not None:
                text = f"   {context} {_subject(walking)}: {_words(self.stepwise.next(walking.moment))}"
                yield text, self.arriving_step if context == "arriving" else self.returning_step

    # ------------------------------------------------------------ what arrives

    def arrive(self, state: State, flow: int, nth: int) -> State:
        number, now_ns = len(state.arrived), state.now_ns + 1
        state = state._replace(arrived=(*state.arrived, (flow, now_ns)), now_ns=now_ns)
        at = self.stepwise.begin(self.stores[0], self.packet(state, number))
        return state._replace(arriving=Walking(number, None, at))

    def ask(self, state: State, asked: Asked) -> State:
        """A probe comes in with the packets: only there nothing is served from the copy that it takes."""
        probe, values = probe_values(self.case.split, *asked)
        frame = Frame(-1, probe.ask, values, bytes(64), asked=asked)
        at = self.stepwise.begin(self.stores[0], self.carried(state, frame), Entered(frame.resume, frame.values))
        return state._replace(arriving=Walking(-1, frame, at))

    def arriving_step(self, state: State) -> State:
        walking = state.arriving
        assert walking is not None
        trace = Trace(all_states=True)
        packet = self.packet(state, walking.packet) if walking.frame is None else self.carried(state, walking.frame)
        at = self.go(packet, walking.moment, trace)
        before = (*walking.before, *ahead(trace))
        if isinstance(at, Moment):
            return state._replace(arriving=walking._replace(moment=at, before=before))
        state = state._replace(arriving=None)
        if walking.frame is None:
            return self.seen_off(state, walking.packet, at, before)
        assert isinstance(at, HandedOff)
        onward = Frame(-1, at.resume, at.values, at.frame, asked=walking.frame.asked)
        return state._replace(outward=(*state.outward, onward))

    # ------------------------------------------------------------ what comes back

    def come_back(self, state: State) -> State:
        frame, *rest = state.homeward
        state = self.back(state._replace(homeward=tuple(rest)), frame) if frame.echo is None else state
        state = state._replace(homeward=tuple(rest))
        expected = frame.echo
        if expected is None and frame.packet >= 0:
            expected = self.whole(self.ghost, self.packet(state, frame.packet))
        packet, entered = self.carried(state, frame), Entered(frame.resume, frame.values)
        at = self.stepwise.begin(self.stores[0], packet, entered)
        return state._replace(returning=Walking(frame.packet, frame, at, expected=expected))

    def returning_step(self, state: State) -> State:
        walking = state.returning
        assert walking is not None and walking.frame is not None
        packet = self.carried(state, walking.frame)
        access = self.stepwise.next(walking.moment)
        if access is not None and access.kind == "depart":
            # What leaves doesn't depend on the state any more.
            result = self.stepwise.rest(Store(self.program), packet, walking.moment)
            state = self.let_out(state, walking.packet, walking.expected, result)
            walking = walking._replace(expected=None)
        at = self.go(packet, walking.moment, Trace(all_states=True))
        if isinstance(at, Moment):
            return state._replace(returning=walking._replace(moment=at))
        return self.let_out(state._replace(returning=None), walking.packet, walking.expected, at)

    def go(self, packet: Packet, moment: Moment, trace: Trace) -> Moment | Result:
        """The next access, and those behind it that the other context doesn't notice."""
        at = self.stepwise.step(self.stores[0], packet, moment, trace)
        while (
            isinstance(at, Moment) and (access := self.stepwise.next(at)) and (access.kind, access.state) in self.quiet
        ):
            at = self.stepwise.step(self.stores[0], packet, at, trace)
        return at

    def let_out(self, state: State, number: int, expected: Result | None, result: Result) -> State:
        """Near lets a packet out, or drops it, unless it has before."""
        if expected is None or number < 0:
            return state
        if isinstance(result, HandedOff):
            raise Wrong(f"packet {number} is handed off again")
        return self.out(state, number, expected, result)

    def carried(self, state: State, frame: Frame) -> Packet:
        packet = self.packet(state, frame.packet)
        return Packet(frame.data, packet.port, packet.time_ns, packet.seed, len(packet.data))


def _quiet(program: Program) -> frozenset[tuple[str, str]]:
    """(kind, state) of accesses of one context that change nothing for the other, and to which nothing that the other
    does makes a difference."""
    blocks = block_map(program.blocks)

    def found(roots: Iterable[str]) -> dict[str, set[str]]:
        kinds: dict[str, set[str]] = {}
        for name in reachable(program.blocks, roots):
            for op in blocks[name].ops:
                if isinstance(op, Access):
                    kinds.setdefault(op.state, set()).add(op.kind)
        return kinds

    asks = {r.block for r in program.resumes if r.block.startswith("ask.")}
    arriving = found((program.blocks[0].name, *asks))
    returning = found(r.block for r in program.resumes if r.block not in asks)
    quiet = {(kind, state) for state in arriving.keys() - returning.keys() for kind in arriving[state]}
    quiet |= {(kind, state) for state in returning.keys() - arriving.keys() for kind in returning[state]} - {
        ("depart", GATE)
    }
    for state in arriving.keys() & returning.keys():
        quiet.add(("stamp", state))  # the count of stamps is looked at nowhere else
        if returning[state] == {"arrive"}:  # who issues doesn't care what has come back, unless it asks
            quiet.add(("issue", state))
        if "idle" not in arriving[state]:
            quiet.add(("arrive", state))
    return frozenset(quiet)


def _seen(state: State) -> State:
    """What may happen elsewhere while near is at work: frames are lost and time passes as well afterwards, and far does
    its part as well when near is done with a frame that has come back. A probe is done at its time."""
    if state.arriving or state.returning:
        state = state._replace(losses=0, pauses=(), doubles=0)
    if state.returning:
        at_once = state.outward[:1] if state.outward and state.outward[0].asked else ()
        state = state._replace(homeward=(), outward=at_once)
    return state


def _subject(walking: Walking) -> str:
    return f"packet {walking.packet}" if walking.frame is None else name_of(walking.frame)


def _words(access: Access | None) -> str:
    if access is None:
        return "is done"
    return "is let out" if access.kind == "depart" else f"{access.kind} {access.state}"
