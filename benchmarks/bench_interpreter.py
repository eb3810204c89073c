"""Packets/s of the reference interpreter and of compiled programs, on the packets of a network function's own traffic.

    .venv/bin/python benchmarks/bench_interpreter.py [PROGRAM ...]

PROGRAM is a network function (default: nat and firewall). Each figure is the best of five runs over the same packets,
each from a fresh state; the results of all runs are compared.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

from cora.ir.compiled import compile_program
from cora.ir.interp import Packet, Result, run
from cora.ir.packets import Trace
from cora.ir.store import Store
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.traffic.assign import port_rules
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.replay import replay

RUNS = 5
INTERPRETED = 2000
"""Packets that the interpreter gets; compiled programs get all."""


def best_rate(
    step: Callable[[Store, Packet], Result], fresh: Callable[[], Store], packets: tuple[Packet, ...]
) -> tuple[float, list[Result]]:
    """Packets/s of the fastest run, and the results of the last one."""
    best = float("inf")
    results: list[Result] = []
    for _ in range(RUNS):
        store = fresh()
        start = time.perf_counter()
        results = [step(store, packet) for packet in packets]
        best = min(best, time.perf_counter() - start)
    return len(packets) / best, results


def bench(name: str) -> None:
    nf = load_nf(name)
    start = time.perf_counter()
    program = build_program(nf)
    built = time.perf_counter()
    compiled = compile_program(program)
    ready = time.perf_counter()
    traced = compile_program(program, trace=True)
    fresh = partial(fresh_store, nf, program)
    packets = replay(generate(generate_spec(nf.traffic.generate)), program, fresh(), port_rules(nf)).packets
    trace = Trace()

    def with_trace(store: Store, packet: Packet) -> Result:
        trace.clear()
        return traced(store, packet, trace=trace)

    slow, expected = best_rate(partial(run, program), fresh, packets[:INTERPRETED])
    fast, results = best_rate(compiled, fresh, packets)
    with_traces, traced_results = best_rate(with_trace, fresh, packets)
    same = results[: len(expected)] == expected and results == traced_results
    print(f"{name}: {len(program.blocks)} blocks, {len(packets):,} packets")
    print(f"  front end {built - start:.2f} s, compiling {ready - built:.3f} s")
    print(f"  interpreter     {slow:12,.0f} packets/s")
    print(f"  compiled        {fast:12,.0f} packets/s  {fast / slow:6.1f} times as fast")
    print(f"  compiled, trace {with_traces:12,.0f} packets/s  {with_traces / slow:6.1f} times as fast")
    print(f"  results {'agree' if same else 'DIFFER'}")
    if not same:
        sys.exit(1)


if __name__ == "__main__":
    for program_name in sys.argv[1:] or ["nat", "firewall"]:
        bench(program_name)
