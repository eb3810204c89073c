"""What goes with a random program (`strategies`): packets, ways in, and what its states begin with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import strategies as st
from strategies import Maker, drawn

from cora.ir.interp import Entered, Packet
from cora.ir.meters import MAX_BURST, MAX_RATE, MeterRates
from cora.ir.nodes import Program
from cora.ir.store import Store

frames = st.one_of(
    st.binary(min_size=48, max_size=120),
    st.lists(st.sampled_from((0, 0, 0, 1, 2, 255)), min_size=24, max_size=100).map(bytes),
    st.binary(max_size=32),
)


@st.composite
def packet_lists(draw: Callable[[st.SearchStrategy], object], most: int = 8) -> list[Packet]:
    """Packets in the order of their times, which are close enough to the idle timeouts to expire some entries."""
    steps: list[tuple[bytes, int, int, int]] = draw(  # pyright: ignore[reportAssignmentType]
        st.lists(
            st.tuples(frames, st.integers(0, 3), st.integers(0, 30), st.sampled_from((0, 1, (1 << 64) - 1))),
            min_size=min(3, most),
            max_size=most,
        )
    )
    packets: list[Packet] = []
    now = 0
    for data, port, wait, seed in steps:
        now += wait
        packets.append(Packet(data, port, now, seed))
    return packets


def make_packets(maker: Maker, most: int) -> list[Packet]:
    """Like `packet_lists`: frames of noise, of few different bytes, or short ones."""
    packets: list[Packet] = []
    now = 0
    for _ in range(maker.number(3, most)):
        now += maker.number(0, 30)
        size = maker.pick((maker.number(0, 32), maker.number(24, 120), maker.number(48, 120)))
        top, few = maker.number(0, 255), maker.chance(2)
        data = bytes(maker.pick((0, 0, 0, 1, 2, 255)) if few else maker.number(0, top) for _ in range(size))
        packets.append(Packet(data, maker.number(0, 3), now, maker.pick((0, 1, (1 << 64) - 1))))
    return packets


@st.composite
def entries_into(draw: Callable[[st.SearchStrategy], object], program: Program) -> Entered | None:
    """A way into the program: None for the wire, or one of its resume points with values."""
    maker = Maker(drawn(draw))
    at = maker.number(0, len(program.resumes))
    if at == 0:
        return None
    resume = program.resumes[at - 1]
    return Entered(resume.point, tuple(maker.value(var.width) for var in resume.into))


@dataclass(frozen=True)
class FlowStart:
    """An entry that a flow table begins with."""

    state: str
    key: tuple[int, ...]
    values: tuple[int, ...]
    last_ns: int

    def put(self, store: Store) -> None:
        store.flow_tables[self.state].put(self.key, self.values, self.last_ns)


@dataclass(frozen=True)
class MeterStart:
    """The rates of a cell of a meter."""

    state: str
    index: int
    rates: MeterRates

    def put(self, store: Store) -> None:
        store.write_meter(self.state, self.index, self.rates)


@st.composite
def meter_starts(draw: Callable[[st.SearchStrategy], object], program: Program) -> list[MeterStart]:
    """Rates for most cells of the meters of a program, most of them of the order of the packets' times and lengths."""
    return make_meter_starts(Maker(drawn(draw)), program)


def make_meter_starts(maker: Maker, program: Program) -> list[MeterStart]:
    starts: list[MeterStart] = []
    for state in program.states:
        for index in range(state.capacity if state.kind == "meter" else 0):
            if not maker.chance(4):
                slow, fast = sorted(maker.pick((0, 1, 10**8, 10**9, 7 * 10**9, MAX_RATE)) for _ in range(2))
                sizes = [maker.pick((0, 1, 3, 50, 2000, MAX_BURST)) for _ in range(2)]
                starts.append(MeterStart(state.name, index, MeterRates(slow, sizes[0], fast, sizes[1])))
    return starts


@st.composite
def flow_starts(draw: Callable[[st.SearchStrategy], object], program: Program) -> list[FlowStart]:
    """Entries for the flow tables of a program, with keys that its packets are likely to use."""
    return make_flow_starts(Maker(drawn(draw)), program)


def make_flow_starts(maker: Maker, program: Program) -> list[FlowStart]:
    starts: list[FlowStart] = []
    for state in program.states:
        if state.kind == "flow_table":
            for _ in range(maker.number(0, 2)):
                key = tuple(maker.number(0, 1) for _ in state.key)
                values = tuple(maker.value(f.width) for f in state.values)
                starts.append(FlowStart(state.name, key, values, maker.number(0, 30)))
    return starts
