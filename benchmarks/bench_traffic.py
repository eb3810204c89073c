"""How long it takes to read a capture, replay it and profile it, in the steps that `cora profile` takes.

    .venv/bin/python benchmarks/bench_traffic.py TRACE.pcap [PROGRAM]

PROGRAM is a network function (default: nat). Prints seconds and packets/s of each step; the best of three runs.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from cora.analysis import analyse
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.traffic.assign import port_rules
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec
from cora.traffic.pcap import read_capture
from cora.traffic.replay import replay
from cora.traffic.take_profile import take_profile

T = TypeVar("T")


def timed(name: str, packets: Callable[[T], int], step: Callable[[], T]) -> T:
    """Runs a step three times, prints the best time and returns its last result."""
    seconds: list[float] = []
    results: list[T] = []
    for _ in range(3):
        start = time.perf_counter()
        results = [step()]
        seconds.append(time.perf_counter() - start)
    best, result = min(seconds), results[0]
    count = packets(result)
    print(f"{name:10} {count:8,} packets {best:8.3f} s {count / best:12,.0f} packets/s")
    return result


def main(trace: Path, program_name: str) -> None:
    nf = load_nf(program_name)
    program = build_program(nf)
    graph = analyse(program)
    timed("generate", lambda c: len(c.frames), lambda: generate(generate_spec(nf.traffic.generate)))
    capture = timed("read", lambda c: len(c.frames), lambda: read_capture(trace))
    run = timed(
        "replay",
        lambda r: len(r.packets),
        lambda: replay(capture, program, fresh_store(nf, program), port_rules(nf)),
    )
    timed("profile", lambda p: p.packets, lambda: take_profile(graph, run, fresh_store(nf, program)))


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), sys.argv[2] if len(sys.argv) == 3 else "nat")
