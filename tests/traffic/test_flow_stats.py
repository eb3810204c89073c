"""Flow statistics: the keys that numpy reads against the parser for single frames, and figures counted by hand."""

from __future__ import annotations

import gzip
import random
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cora.traffic.flow_keys
from cora.diagnostics import UserError
from cora.traffic.assign import PortAssigner, PortRules
from cora.traffic.capture import Capture, Frame
from cora.traffic.columns import columns_of, read_columns
from cora.traffic.flow_keys import flow_keys, flow_numbers
from cora.traffic.flow_stats import flow_stats, zipf_exponent
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import FlowKey, parse_headers
from cora.traffic.mutate import mutate
from cora.traffic.pcap import pcap_bytes, read_capture, write_pcap
from cora.traffic.wire import Extras, frame

TRACE = Path(__file__).parents[3] / "shared/traces/mixed.pcap.xz"
ASK = FlowKey(4, 17, 0x0A000001, 0xC6336401, 4000, 53)
MS = 10**6
SPEC = GenerateSpec(packets=1500, flows=60, seed=3, ipv6=0.4, icmp_errors=0.1, unsolicited=0.05)


def capture_of(frames: list[tuple[int, bytes]]) -> Capture:
    return Capture("t", tuple(Frame(t, d, len(d)) for t, d in frames))


def code_of(step: Callable[[], object]) -> str:
    with pytest.raises(UserError) as failure:
        step()
    return failure.value.diagnostics[0].code


def one_by_one(capture: Capture) -> list[FlowKey | None]:
    assigner = PortAssigner(PortRules(0, 1))
    flows = (assigner.flow(parse_headers(f.data)) for f in capture.frames)
    return [flow and flow.connection() for flow in flows]


def read_at_once(capture: Capture) -> list[FlowKey | None]:
    keys = flow_keys(columns_of(capture))
    return [keys.key(i) for i in range(len(capture.frames))]


def odd_frames(seed: int) -> Capture:
    """Generated frames, half of them mutated: cut, tagged, fragmented, with options and extension headers."""
    rng = random.Random(seed)
    made: list[bytes] = []
    for f in generate(SPEC).frames:
        key = parse_headers(f.data).key
        made.append(mutate(rng, key, f.data) if key is not None and rng.random() < 0.5 else f.data)
    return capture_of(list(enumerate(made)))


@pytest.mark.parametrize("seed", range(4))
def test_keys_are_those_of_the_parser(seed: int) -> None:
    capture = odd_frames(seed)
    assert read_at_once(capture) == one_by_one(capture)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.binary(min_size=1, max_size=90), min_size=1, max_size=6), st.sampled_from([0x0800, 0x86DD, 0x8100]))
def test_keys_of_random_bytes(contents: list[bytes], ethertype: int) -> None:
    head = bytes(12) + struct.pack(">H", ethertype)
    capture = capture_of([(i, head + data if i % 2 else data) for i, data in enumerate(contents)])
    assert read_at_once(capture) == one_by_one(capture)


@pytest.mark.shared
@pytest.mark.skipif(not TRACE.is_file(), reason=f"there is no {TRACE}")
def test_keys_of_the_real_trace() -> None:
    capture = read_capture(TRACE)
    assert read_at_once(capture) == one_by_one(capture)


def numbered(keys: list[object]) -> list[int]:
    known: dict[object, int] = {}
    return [known.setdefault(key, len(known)) for key in keys]


@pytest.mark.parametrize("collide", [False, True])
def test_flows_are_numbered_as_they_appear(collide: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the hashes of all rows are the same."""
    if collide:
        monkeypatch.setattr(cora.traffic.flow_keys, "_mix", lambda columns: np.zeros(len(columns[0]), dtype=np.uint64))
    capture = odd_frames(9)
    keys: list[object] = []
    for f, key in zip(capture.frames, one_by_one(capture), strict=True):
        macs = sorted((f.data[:6], f.data[6:12]))
        keys.append(key or (parse_headers(f.data).ethertype, *macs))
    numbers, first = flow_numbers(flow_keys(columns_of(capture)))
    expected = numbered(keys)
    assert numbers.tolist() == expected
    assert first.tolist() == [expected.index(n) for n in range(max(expected) + 1)]


def test_figures_counted_by_hand() -> None:
    """A flow of four packets both ways, one of one, and two frames that are not IP, over 2.5 s."""
    other = ASK._replace(sport=4001, protocol=6)
    arp = bytes(5) + b"\1" + bytes(5) + b"\2" + b"\x08\x06" + bytes(46)
    got = flow_stats(
        columns_of(
            capture_of(
                [
                    (0, frame(ASK)),
                    (1 * MS, frame(ASK.reversed(), b"x" * 100)),
                    (2 * MS, arp),
                    (1100 * MS, frame(ASK)),
                    (1200 * MS, frame(other, b"", Extras(flags=2))),
                    (2400 * MS, frame(ASK)),
                    (2500 * MS, arp),
                ]
            )
        )
    )
    assert (got.packets, got.flows, got.bytes) == (7, 3, 3 * 42 + 142 + 2 * 60 + 54)
    assert (got.duration_s, got.rate_pps, got.flow_arrivals_per_s) == pytest.approx((2.5, 2.8, 1.2))
    assert (got.arrivals_peak_per_s, got.active_peak, got.active_mean) == (2, 2, 2.0)
    assert (got.flow_packets_mean, got.flow_packets_median, got.flow_packets_max) == (pytest.approx(7 / 3), 2, 4)
    assert got.single_packet_share == pytest.approx(1 / 3)
    assert got.protocols == (("udp", 4 / 7), ("not IP", 2 / 7), ("tcp", 1 / 7))
    assert got.size_histogram == ((64, 6), (256, 1))
    assert [(b.flow, b.packets, b.bytes) for b in got.busiest] == [
        ("udp 10.0.0.1:4000 - 198.51.100.1:53", 4, 3 * 42 + 142),
        ("EtherType 0x0806 00:00:00:00:00:01 - 00:00:00:00:00:02", 2, 120),
        ("tcp 10.0.0.1:4001 - 198.51.100.1:53", 1, 54),
    ]


def test_a_capture_of_an_instant_and_one_of_nothing() -> None:
    got = flow_stats(columns_of(capture_of([(5, frame(ASK))])))
    assert (got.duration_s, got.rate_pps, got.zipf_exponent) == (1.0, 1.0, pytest.approx(0.0, abs=1e-3))
    assert code_of(lambda: flow_stats(columns_of(capture_of([(0, b"short")])))) == "C0507"


@pytest.mark.parametrize("exponent", [0.0, 0.7, 1.0, 1.6])
def test_the_exponent_of_zipfs_law_is_found(exponent: float) -> None:
    ranks = np.arange(1, 2001)
    ranked = np.round(1e9 * ranks**-exponent).astype(np.int64)
    assert zipf_exponent(ranked) == pytest.approx(exponent, abs=2e-3)


FRAMES = [
    Frame(1_700_000_000_123_456_000, frame(ASK), 42),
    Frame(1_700_000_001_000_001_000, frame(ASK.reversed(), b"y" * 50), 1500),
    Frame(1_700_000_000_999_999_000, bytes(14), 60),
]


def big_endian(frames: list[Frame]) -> bytes:
    """A pcap file with microseconds, as a big-endian machine writes it."""
    parts = [struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)]
    for f in frames:
        seconds, rest_ns = divmod(f.time_ns, 10**9)
        parts.append(struct.pack(">IIII", seconds, rest_ns // 1000, len(f.data), f.original_length) + f.data)
    return b"".join(parts)


WRITERS: dict[str, Callable[[list[Frame]], bytes]] = {
    "t.pcap": pcap_bytes,
    "big.pcap": big_endian,
    "t.pcap.gz": lambda frames: gzip.compress(pcap_bytes(frames)),
}


@pytest.mark.parametrize("name", WRITERS)
def test_columns_are_the_frames_of_the_reader(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(WRITERS[name](FRAMES))
    columns = read_columns(path)
    assert [columns.frame(i) for i in range(len(columns))] == [f.data for f in FRAMES]
    assert columns.time_ns.tolist() == [f.time_ns for f in FRAMES]
    assert columns.length.tolist() == [f.original_length for f in FRAMES]
    assert columns.name == name


def test_damaged_files_are_refused_as_the_reader_refuses_them(tmp_path: Path) -> None:
    path = tmp_path / "cut.pcap"
    write_pcap(path, FRAMES)
    path.write_bytes(path.read_bytes()[:-3])
    assert code_of(lambda: read_columns(path)) == "C0503"
    assert len(read_columns(path, allow_truncated=True)) == 2
    assert code_of(lambda: read_columns(tmp_path / "nowhere.pcap")) == "C0501"
    path.write_bytes(b"no capture at all")
    assert code_of(lambda: read_columns(path)) == "C0502"
