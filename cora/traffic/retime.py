"""`--scale time`: profiles of a trace that is played faster or slower than it was captured.

Which packets hit depends on how time passes: a copy is as long on its way at any rate, and an idle timeout as long. So
nothing of a profile at the trace's own rate can be carried over; the trace is replayed at the planned rate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from cora.analysis.graph import StateGraph
from cora.diagnostics import error
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.capture import Capture
from cora.traffic.observe import Observation, Observer
from cora.traffic.profile import Profile
from cora.traffic.replay import Replay, replay
from cora.traffic.take_profile import ProfileOptions, profile_of


def observed_replay(
    capture: Capture, graph: StateGraph, store: Store, rules: PortRules, options: ProfileOptions
) -> tuple[Replay, Observation]:
    """The closed-loop replay of a capture on `graph.program`, observed in the same run. `store` is fresh."""
    observer = Observer(graph, store, options.tick_ns)
    packets = replay(capture, graph.program, store, rules, run=observer)
    return packets, observer.finish()


def played_faster(capture: Capture, factor: float) -> Capture:
    """The capture at `factor` times its pace. Raises `UserError` C0513 if it has no pace, or would get one that
    nanoseconds can't tell."""
    duration_ns = capture.duration_ns
    if factor != 1.0 and duration_ns == 0:
        raise error(
            "C0513",
            "all packets have the same time: there is no pace at which they could be played faster",
            where=capture.name,
            help="use --scale flows, or a longer trace",
        )
    if factor > 1 and factor * len(capture.frames) > duration_ns:
        raise error(
            "C0513",
            f"played {factor:,.3g} times as fast, packets would come less than a nanosecond apart",
            where=capture.name,
            help="lower the rate, or use --scale flows",
        )
    return capture.faster(factor)


def profile_at_pace(
    capture: Capture,
    graph: StateGraph,
    fresh: Callable[[], Store],
    rules: PortRules,
    compression: float,
    options: ProfileOptions,
) -> Profile:
    """The profile of a capture that is played `compression` times as fast; `fresh` gives stores with their entries.
    Raises what `played_faster` raises."""
    packets, seen = observed_replay(played_faster(capture, compression), graph, fresh(), rules, options)
    return replace(profile_of(graph, packets, seen, options), scale="time", compression=compression)


def largest_move(one: Profile, other: Profile) -> float:
    """How far two profiles of a program are apart: the largest difference between the shares of all packets that a
    class has, or that a class has on a NIC with all copies, in either."""
    shares = [
        {(c.path, c.verdict): (c.packets / p.packets, c.resident_packets[-1] / p.packets) for c in p.classes}
        for p in (one, other)
    ]
    none = (0.0, 0.0)
    return max(
        abs(a - b)
        for kind in shares[0].keys() | shares[1].keys()
        for a, b in zip(shares[0].get(kind, none), shares[1].get(kind, none), strict=True)
    )
