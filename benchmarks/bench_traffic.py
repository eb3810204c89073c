"""How long it takes to read a capture, to tell its flows, to replay and to profile it, in the steps that `cora profile`
takes.

    .venv/bin/python benchmarks/bench_traffic.py [TRACE.pcap] [PROGRAM]

PROGRAM is a network function (default: nat); without a trace its own traffic is generated. Prints seconds and packets/s
of each step, the best of three runs. Flow statistics are measured on so many copies of the trace that a run takes a
while, against a parse of the same frames one by one, and both must name the same flows.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from cora.analysis import analyse
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.traffic.assign import PortAssigner, PortRules, port_rules
from cora.traffic.capture import Capture, Frame
from cora.traffic.columns import Columns, columns_of, read_columns
from cora.traffic.flow_keys import flow_keys
from cora.traffic.flow_stats import flow_stats
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.headers import FlowKey, parse_headers
from cora.traffic.pcap import read_capture, write_pcap
from cora.traffic.replay import replay
from cora.traffic.take_profile import take_profile

T = TypeVar("T")

COPIED_PACKETS = 500_000
"""Flow statistics get at least so many."""


def timed(name: str, packets: Callable[[T], int], step: Callable[[], T]) -> tuple[T, float]:
    """Runs a step three times, prints the best time and returns its last result and packets/s."""
    seconds: list[float] = []
    results: list[T] = []
    for _ in range(3):
        start = time.perf_counter()
        results = [step()]
        seconds.append(time.perf_counter() - start)
    best, result = min(seconds), results[0]
    count = packets(result)
    print(f"{name:16} {count:9,} packets {best:8.3f} s {count / best:12,.0f} packets/s")
    return result, count / best


def one_by_one(frames: tuple[Frame, ...]) -> list[FlowKey | None]:
    """The flows of frames, each parsed on its own."""
    assigner = PortAssigner(PortRules(0, 1))
    flows = (assigner.flow(parse_headers(frame.data)) for frame in frames)
    return [flow and flow.connection() for flow in flows]


def copies(columns: Columns) -> Columns:
    """The packets again and again, one copy after the other."""
    times = -(-COPIED_PACKETS // len(columns))
    step_ns = int(columns.time_ns[-1] - columns.time_ns[0]) + 1
    return Columns(
        columns.name,
        columns.data,
        np.tile(columns.start, times),
        np.tile(columns.captured, times),
        np.tile(columns.length, times),
        np.concatenate([columns.time_ns + i * step_ns for i in range(times)]),
    )


def bench_flows(capture: Capture) -> None:
    """Flow statistics against the parse of single frames."""
    columns = columns_of(capture)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.pcap"
        write_pcap(path, capture.frames)
        timed("read as columns", len, lambda: read_columns(path))
    singly, slow = timed("flows, singly", len, lambda: one_by_one(capture.frames))
    many = copies(columns)
    _, fast = timed("flow statistics", lambda s: s.packets, lambda: flow_stats(many))
    keys = flow_keys(columns)
    same = [keys.key(i) for i in range(len(columns))] == singly
    print(
        f"flow statistics run {fast / slow:.1f} times as fast as the parse alone; flows {'agree' if same else 'DIFFER'}"
    )
    if not same:
        sys.exit(1)


def main(trace: Path | None, program_name: str) -> None:
    nf = load_nf(program_name)
    program = build_program(nf)
    graph = analyse(program)
    capture, _ = timed("generate", lambda c: len(c.frames), lambda: generate(generate_spec(nf.traffic.generate)))
    if trace is not None:
        capture, _ = timed("read", lambda c: len(c.frames), lambda: read_capture(trace))
    bench_flows(capture)
    run, _ = timed(
        "replay",
        lambda r: len(r.packets),
        lambda: replay(capture, program, fresh_store(nf, program), port_rules(nf)),
    )
    timed("profile", lambda p: p.packets, lambda: take_profile(graph, run, fresh_store(nf, program)))


if __name__ == "__main__":
    if len(sys.argv) > 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None, sys.argv[2] if len(sys.argv) == 3 else "nat")
