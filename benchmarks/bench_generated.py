"""Speed of generated code: nat and firewall as Cora generates them for the host, whole, beside the same functions
written for XDP by hand, and beside a floor: parse, rewrite and one lookup.

    .venv/bin/python benchmarks/bench_generated.py [ROUNDS [PACKETS]]      (root and BPF)

First the programs by hand are compared with the interpreter: verdicts, bytes and state over PACKETS random packets
(default 20,000). Then each scenario sends packets of known flows, in ROUNDS rounds (default 30) in which the programs
take turns. There are as many flows as in the function's own traffic (nf.yaml), with the same skew: with a single flow
every lookup would find its entry in the first cache and its branches foretold, as no traffic does. All programs must
make the same packets of them. Printed are the quartiles of ratios within a round. Times are CPU time of this thread,
less that of a program which only puts the next flow's packet into the frame, which all of them do.

Goals: by hand within 1.1 of the floor, generated within 1.15 of by hand. Exit status 1 if a program by hand does
something else than the function; a goal that is missed is printed as such.
"""

from __future__ import annotations

import random
import re
import statistics
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from handwritten_runs import ANY_REASON, BY_HAND, HandwrittenRunner, compiled, load, text_of

from cora.codegen.xdp import emit_c
from cora.device.bpf import Map, TestRun
from cora.device.compile import compile_c
from cora.device.loader import PORTS_MAP, LoadedEngine, connect_port
from cora.ir.clock import clock_step_ns
from cora.ir.nodes import Program
from cora.ir.packets import Dropped, Packet, Result
from cora.ir.store import Store
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import NfSpec, load_nf
from cora.split.whole import whole
from cora.traffic.assign import port_rules
from cora.traffic.generate_spec import generate_spec
from cora.traffic.headers import ACK, SYN, TCP, FlowKey
from cora.traffic.wire import Extras, frame
from cora.verify.compare import compare
from cora.verify.executors import Named, Reference
from cora.verify.packets import RANDOM, ProgramPackets

INSIDE, OUTSIDE = 1, 0
LOOPBACK = 1  # BPF_PROG_TEST_RUN hands frames over as if they had come in by the loopback device
REPEATS = 100_000
HAND_GOAL, GENERATED_GOAL = 1.1, 1.15
_ENTRY = re.compile(r'SEC\("xdp"\) int cora_wire\(struct xdp_md \*ctx\) \{ return (.*); \}')
_FIELDS = {
    4: ((0, 4), (4, 2), (6, 4), (10, 2), (22, 2), (24, 2), (26, 4), (30, 4), (34, 2), (36, 2), (50, 2)),
    6: ((22, 8), (30, 8), (38, 8), (46, 8), (54, 2), (56, 2), (70, 2)),
}
"""By IP version: (offset, bytes) of what a NAT may write, and flows differ in, in a frame with TCP; as wide as programs
read it, or the CPU couldn't forward what is stored to where it is loaded."""
_DRAWS = 1024
"""The order in which flows send is drawn so often, then it begins anew."""


@dataclass(frozen=True, slots=True)
class Flow:
    """`opening` packets make it known; each with the port that it comes by. Then `frame` is what it sends."""

    opening: tuple[tuple[int, bytes], ...]
    frame: bytes


@dataclass(frozen=True, slots=True)
class Scenario:
    """Flows whose packets come in by `port` in a drawn order, the first ones most often."""

    name: str
    nf: str
    version: int
    port: int
    flows: tuple[Flow, ...]
    skew: float
    floor: str = ""
    """The floor program to compare with; "": none."""

    @property
    def frame(self) -> bytes:
        return self.flows[0].frame

    def drawn(self) -> list[Flow]:
        weights = [rank**-self.skew for rank in range(1, len(self.flows) + 1)]
        return random.Random(1).choices(self.flows, weights, k=_DRAWS)


# ---------------------------------------------------------------- do the programs by hand do the same?


class _Plain(Reference):
    """The interpreter, without the reasons of drops."""

    def run(self, packet: Packet) -> Result:
        result = super().run(packet)
        return Dropped(ANY_REASON) if isinstance(result, Dropped) else result


def same(spec: NfSpec, program: Program, count: int) -> bool:
    """Whether the program by hand does what the function does, packet by packet."""
    traffic, rules = generate_spec(spec.traffic.generate), port_rules(spec)
    store = fresh_store(spec, program)
    packets = ProgramPackets(program, rules, traffic, store=store, count=count, seed=1, mix=RANDOM)
    runner = HandwrittenRunner(BY_HAND[spec.name], store)
    try:
        reference = _Plain(program, fresh_store(spec, program))
        result = compare(reference, [Named("by hand", runner)], packets, program, saw=packets.saw)
    finally:
        runner.close()
    for difference in result.differences:
        print(f"{spec.name} by hand differs, packet {difference.packet}:\n{difference.text}")
    return not result.differences


# ---------------------------------------------------------------- what is measured


def with_bench(text: str, scenario: Scenario, after: bytes) -> str:
    """A program with another entry, `cora_bench`, which puts the next flow's packet into the frame and then runs it;
    `after` is what becomes of the first flow's."""
    found = _ENTRY.search(text)
    assert found is not None
    frames = [flow.frame for flow in scenario.drawn()]
    fields = {f: [frame[f[0] : sum(f)] for frame in frames] for f in _FIELDS[scenario.version]}
    drawn = {f: words for f, words in fields.items() if len(set(words)) > 1}
    restored = {f: w[0] for f, w in fields.items() if f not in drawn and w[0] != after[f[0] : sum(f)]}
    # The widest ones first, so that the struct has no holes.
    members = "".join(f"u{n * 8} at_{at}; " for at, n in sorted(drawn, key=lambda f: -f[1]))
    rows = ",\n".join(
        "{" + ", ".join(f".at_{at} = {_number(words[n])}" for (at, _), words in drawn.items()) + "}"
        for n in range(_DRAWS)
    )
    stores = "".join(f"\t*(u{n * 8} *)(data + {at}) = {_number(word)};\n" for (at, n), word in restored.items())
    stores += "".join(f"\t*(u{n * 8} *)(data + {at}) = draw->at_{at};\n" for at, n in drawn)
    head = f"""
static const struct draw {{ {members}}} draws[{_DRAWS}] = {{
{rows}
}};
u32 next_draw SEC(".bss.draw");

INLINE int put_next(struct xdp_md *ctx) {{
	u8 *data = (u8 *)(long)ctx->data, *end = (u8 *)(long)ctx->data_end;
	const struct draw *draw = &draws[next_draw++ & {_DRAWS - 1}];

	if (data + {max(map(sum, fields))} > end)
		return 0;
{stores}	return 1;
}}
"""
    return (
        text + head + f'SEC("xdp") int cora_bench(struct xdp_md *ctx) {{ return put_next(ctx) ? {found[1]} : -1; }}\n'
        'SEC("xdp") int cora_nothing(struct xdp_md *ctx) { return put_next(ctx); }\n'
    )


def _number(stored: bytes) -> str:
    return f"{int.from_bytes(stored, 'little'):#x}ull"


def play(maps: dict[str, Map], entry: TestRun, scenario: Scenario) -> list[bytes]:
    """Makes all flows known, each packet as if it came in by its port; what then becomes of each flow's packet."""
    for flow in scenario.flows:
        for port, data in flow.opening:
            connect_port(maps[PORTS_MAP], LOOPBACK, port)
            entry(data)
    connect_port(maps[PORTS_MAP], LOOPBACK, scenario.port)
    return [entry(flow.frame)[1] for flow in scenario.flows]


class Bench:
    """The programs of one scenario, set up; `times` measures each once, in turn."""

    def __init__(self, scenario: Scenario, spec: NfSpec, program: Program, stack: ExitStack) -> None:
        self._scenario = scenario
        self._stack = stack
        self._output: list[bytes] = []
        self._step_ns = clock_step_ns((program,))
        self.runs: dict[str, TestRun] = {}
        split, store = whole(program), fresh_store(spec, program)
        text = emit_c(split.engines[0], split)
        with LoadedEngine(split.engines[0], split) as engine:
            engine.fill(store)
            engine.flush()
            after = play(engine.object.maps, TestRun(engine.program("cora_wire")), scenario)[0]
        measured = compile_c(with_bench(text, scenario, after), f"bench_{scenario.nf}")
        engine = stack.enter_context(LoadedEngine(split.engines[0], split, object_file=measured))
        engine.fill(store)
        engine.flush()
        self._ready("generated", engine.object.maps, engine.object.programs)
        flows = self._by_hand(store, with_bench(text_of(scenario.nf), scenario, after))
        if scenario.floor:
            self._floor("floor", with_bench(text_of(scenario.floor), scenario, after), flows)

    def _ready(self, name: str, maps: dict[str, Map], programs: dict[str, int]) -> None:
        """Makes the flows known and keeps the entry that is measured; all programs must do the same to the packets."""
        output = play(maps, TestRun(programs["cora_wire"]), self._scenario)
        self.runs[name] = TestRun(programs["cora_bench"])
        for wanted, found in zip(self._output or output, output, strict=True):
            if wanted != found:
                raise SystemExit(f"{self._scenario.name}: {name} makes {found.hex()} of a packet, not {wanted.hex()}")
        self._output = output

    def _by_hand(self, store: Store, text: str) -> tuple[str, list[tuple[bytes, bytes]]]:
        loaded = load(compiled(text, f"bench_hand_{self._scenario.nf}"), verify=False, step_ns=self._step_ns)
        self._stack.callback(loaded.close)
        BY_HAND[self._scenario.nf].set_up(loaded.maps, store)
        self._ready("by hand", loaded.maps, loaded.programs)
        self.runs["nothing"] = TestRun(loaded.programs["cora_nothing"])
        table = {"nat": "outbound", "firewall": "connections"}[self._scenario.nf]
        return table, list(loaded.maps[table].items())

    def _floor(self, name: str, text: str, flows: tuple[str, list[tuple[bytes, bytes]]]) -> None:
        loaded = load(compiled(text, f"bench_floor_{self._scenario.nf}"), verify=False)
        self._stack.callback(loaded.close)
        table, entries = flows
        loaded.maps[table].update_many(entries)
        self._ready(name, loaded.maps, loaded.programs)

    def times(self, first: int) -> dict[str, float]:
        """CPU time of a packet in ns, by program, less that of `nothing`; they begin with another one each round."""
        names = list(self.runs)
        taken: dict[str, float] = {}
        for name in names[first % len(names) :] + names[: first % len(names)]:
            start = time.thread_time_ns()
            self.runs[name].duration_ns(self._scenario.frame, REPEATS)
            taken[name] = (time.thread_time_ns() - start) / REPEATS
        base = taken.pop("nothing")
        return {name: value - base for name, value in taken.items()}


# ---------------------------------------------------------------- scenarios and figures


def scenarios() -> list[Scenario]:
    return [
        _scenario("nat, outwards", "nat", 4, INSIDE, "floor_nat"),
        _scenario("firewall, IPv4", "firewall", 4, INSIDE, "floor_firewall"),
        _scenario("firewall, IPv6 inwards", "firewall", 6, OUTSIDE),
    ]


def _scenario(name: str, nf: str, version: int, port: int, floor: str = "") -> Scenario:
    traffic = generate_spec(load_nf(nf).traffic.generate)
    flows = tuple(_flow(version, n, port) for n in range(traffic.flows))
    return Scenario(name, nf, version, port, flows, traffic.skew, floor)


def _flow(version: int, number: int, port: int) -> Flow:
    """A TCP connection of an inside host to one server, open, and what one of its sides sends then."""
    source = random.Random(number)
    host, sport = source.randrange(1, 4095), source.randrange(32_768, 61_000)
    client, server = (0x0A000000, 0xC6336407) if version == 4 else (0xFD << 120, 0x20010DB8 << 96 | 7)
    key = FlowKey(version, TCP, client + host, server, sport, 443)
    data = frame(key if port == INSIDE else key.reversed(), b"x" * 10, Extras(flags=ACK, seq=2, ack=2))
    opening = (
        (INSIDE, frame(key, extras=Extras(flags=SYN))),
        (OUTSIDE, frame(key.reversed(), extras=Extras(flags=SYN | ACK))),
        (INSIDE, frame(key, extras=Extras(flags=ACK))),
    )
    return Flow(opening, data)


def figures(name: str, over: str, rounds: Sequence[dict[str, float]], goal: float | None) -> str:
    low, middle, high = statistics.quantiles([r[name] / r[over] for r in rounds], n=4)
    verdict = "" if goal is None else f"   goal {goal}: {'met' if middle <= goal else 'MISSED'}"
    return f"  {name + ' / ' + over:34} {low:6.3f} {middle:6.3f} {high:6.3f}{verdict}"


def main(rounds: int, packets: int) -> int:
    right = True
    built = {name: (load_nf(name), build_program(load_nf(name))) for name in BY_HAND}
    for name, (spec, program) in built.items():
        equal = same(spec, program, packets)
        print(f"{name} by hand: {packets} packets {'as interpreted' if equal else 'DIFFER'}", flush=True)
        right &= equal
    for scenario in scenarios():
        with ExitStack() as stack:
            bench = Bench(scenario, *built[scenario.nf], stack)
            bench.times(0)
            measured = [bench.times(n) for n in range(rounds)]
        print(f"{scenario.name}: {rounds} rounds, quartiles of ratios")
        if scenario.floor:
            print(figures("by hand", "floor", measured, HAND_GOAL))
            print(figures("generated", "floor", measured, None))
        print(figures("generated", "by hand", measured, GENERATED_GOAL), flush=True)
    return 0 if right else 1


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    sys.exit(main(*(numbers + [30, 20_000][len(numbers) :])))
