"""What a trace consists of, before any program sees it: flows, their sizes and arrivals, and how skewed they are."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cora.diagnostics import error
from cora.traffic.columns import Columns
from cora.traffic.flow_keys import FlowKeys, flow_keys, flow_numbers
from cora.traffic.headers import ICMP, ICMPV6, TCP, UDP
from cora.traffic.replay import ETHERNET_HEADER
from cora.traffic.sizes import size_histogram

Ints = NDArray[np.int64]

SECOND_NS = 10**9
BUSIEST = 8
"""How many flows are named."""
_PROTOCOLS = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMPV6: "icmp"}


@dataclass(frozen=True, slots=True)
class BusyFlow:
    flow: str
    packets: int
    bytes: int
    share: float
    """Of all packets."""


@dataclass(frozen=True, slots=True)
class FlowStats:
    """A flow is a 5-tuple in both directions, see `cora.traffic.flow_keys`; bytes are those on the wire."""

    trace: str
    packets: int
    bytes: int
    flows: int
    duration_s: float
    rate_pps: float
    flow_arrivals_per_s: float
    arrivals_peak_per_s: int
    """The most flows that began within one second."""
    active_mean: float
    """Flows with a packet in a second: the mean over all seconds, from the first packet on."""
    active_peak: int
    flow_packets_mean: float
    flow_packets_median: float
    flow_packets_p99: float
    flow_packets_max: int
    single_packet_share: float
    """Flows of one packet, of all flows."""
    zipf_exponent: float
    """As `skew` of generated traffic."""
    packets_of_busiest: tuple[tuple[float, float], ...]
    """(share of the flows, the busiest; share of all packets that they have)."""
    protocols: tuple[tuple[str, float], ...]
    """(protocol, share of all packets), the largest first."""
    size_histogram: tuple[tuple[int, int], ...]
    """(bytes, packets), by size classes: the upper bound of each."""
    busiest: tuple[BusyFlow, ...]


def flow_stats(columns: Columns) -> FlowStats:
    """The statistics of all packets with an Ethernet header. Raises `UserError` C0507 if there are none."""
    columns = columns.only(columns.length >= ETHERNET_HEADER)
    if not len(columns):
        raise error("C0507", "the capture holds no packets", where=columns.name, help="give another capture")
    keys = flow_keys(columns)
    numbers, first = flow_numbers(keys)
    packets = np.bincount(numbers)
    ranked = np.sort(packets)[::-1]
    times_ns = np.maximum.accumulate(columns.time_ns)
    duration_s = float(times_ns[-1] - times_ns[0]) / 1e9 or 1.0
    seconds = (times_ns - times_ns[0]) // SECOND_NS
    arrivals = np.bincount(seconds[first])
    active = np.bincount(np.unique(seconds * len(packets) + numbers) // len(packets))
    return FlowStats(
        trace=columns.name,
        packets=len(numbers),
        bytes=int(columns.length.sum()),
        flows=len(packets),
        duration_s=duration_s,
        rate_pps=len(numbers) / duration_s,
        flow_arrivals_per_s=len(packets) / duration_s,
        arrivals_peak_per_s=int(arrivals.max()),
        active_mean=float(active.mean()),
        active_peak=int(active.max()),
        flow_packets_mean=float(packets.mean()),
        flow_packets_median=float(np.median(packets)),
        flow_packets_p99=float(np.percentile(packets, 99)),
        flow_packets_max=int(packets.max()),
        single_packet_share=float((packets == 1).mean()),
        zipf_exponent=zipf_exponent(ranked),
        packets_of_busiest=tuple((share, _held(ranked, share)) for share in (0.001, 0.01, 0.1)),
        protocols=_protocols(keys),
        size_histogram=size_histogram(columns.length),
        busiest=_busiest(keys, first, numbers, packets, columns.length),
    )


def zipf_exponent(ranked: Ints) -> float:
    """The exponent s of Zipf's law, from 0 to 10, under which these packets of flows, the busiest first, are likeliest:
    a packet belongs to the flow of rank r with a probability in proportion to r^-s. The likelihood is greatest where
    the mean of log r under the law is that of the packets; it falls with s."""
    log_rank = np.log(np.arange(1, len(ranked) + 1))
    seen = float((ranked * log_rank).sum() / ranked.sum())
    low, high = 0.0, 10.0
    while high - low > 1e-4:
        middle = (low + high) / 2
        weights = np.exp(-middle * log_rank)
        if float((weights * log_rank).sum() / weights.sum()) > seen:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _held(ranked: Ints, share: float) -> float:
    """The share of all packets that the busiest flows have; at least one flow."""
    return float(ranked[: max(1, round(share * len(ranked)))].sum() / ranked.sum())


def _protocols(keys: FlowKeys) -> tuple[tuple[str, float], ...]:
    kinds = keys.version << np.uint64(8) | keys.protocol
    found, counts = np.unique(kinds, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    return tuple((_protocol(*divmod(int(found[i]), 256)), int(counts[i]) / len(kinds)) for i in order)


def _protocol(version: int, number: int) -> str:
    if not version:
        return "not IP"
    name = _PROTOCOLS.get(number, f"protocol {number}")
    return f"{name} over IPv6" if version == 6 else name


def _busiest(keys: FlowKeys, first: Ints, numbers: Ints, packets: Ints, sizes: Ints) -> tuple[BusyFlow, ...]:
    carried = np.bincount(numbers, weights=sizes)
    top = np.argsort(-packets, kind="stable")[:BUSIEST]
    return tuple(
        BusyFlow(_flow_text(keys, int(first[i])), int(packets[i]), int(carried[i]), int(packets[i]) / len(numbers))
        for i in top
    )


def _flow_text(keys: FlowKeys, index: int) -> str:
    key = keys.key(index)
    if key is None:
        macs = (f"{int(end[1][index]):012x}" for end in (keys.one, keys.other))
        ends = " - ".join(":".join(mac[i : i + 2] for i in range(0, 12, 2)) for mac in macs)
        return f"EtherType {int(keys.ports[index]):#06x} {ends}"
    address = ipaddress.IPv6Address if key.version == 6 else ipaddress.IPv4Address
    form = "[{}]:{}" if key.version == 6 else "{}:{}"
    ends = (form.format(address(a), p) for a, p in ((key.src, key.sport), (key.dst, key.dport)))
    return f"{_PROTOCOLS.get(key.protocol, f'protocol {key.protocol}')} {' - '.join(ends)}"
