"""The capture reader against files that scapy wrote, against its own writer, and against damaged files."""

from __future__ import annotations

import gzip
import lzma
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.utils import PcapNgWriter, PcapWriter

from cora.diagnostics import UserError, render
from cora.traffic.capture import Frame
from cora.traffic.pcap import parse_capture, pcap_bytes, read_capture, write_pcap

TRACE = Path(__file__).parents[3] / "shared/traces/mixed.pcap.xz"
needs_trace = pytest.mark.skipif(not TRACE.is_file(), reason=f"there is no {TRACE}")

FRAMES = [
    Frame(1_700_000_000_123_456_789, bytes(range(60)), 60),
    Frame(1_700_000_001_000_000_001, b"x" * 96, 1500),
    Frame(1_700_000_001_999_999_999, b"\0" * 14, 14),
]

frames = st.lists(
    st.builds(
        lambda time_ns, data, cut: Frame(time_ns, data, len(data) + cut),
        st.integers(0, (2**32 - 1) * 10**9 + 999_999_999),
        st.binary(max_size=80),
        st.integers(0, 2000),
    ),
    max_size=8,
)


@settings(deadline=None, max_examples=100)
@given(frames)
def test_what_is_written_is_read(written: list[Frame]) -> None:
    assert parse_capture(pcap_bytes(written), "t").frames == tuple(written)


@pytest.mark.parametrize("name", ["t.pcap", "t.pcap.gz", "t.pcap.xz"])
def test_compressed_files(tmp_path: Path, name: str) -> None:
    write_pcap(tmp_path / name, FRAMES)
    first = (tmp_path / name).read_bytes()
    write_pcap(tmp_path / name, FRAMES)
    assert (tmp_path / name).read_bytes() == first
    capture = read_capture(tmp_path / name)
    assert capture.frames == tuple(FRAMES)
    assert capture.name == name
    assert capture.duration_ns == 1_876_543_210


@pytest.mark.parametrize("endianness", ["<", ">"])
@pytest.mark.parametrize("nano", [True, False])
def test_pcap_of_scapy(tmp_path: Path, endianness: str, nano: bool) -> None:
    path = tmp_path / "t.pcap"
    packets = [Ether() / IP(dst="192.0.2.1") / UDP() / bytes(n) for n in range(5)]
    with PcapWriter(str(path), endianness=endianness, nano=nano, linktype=1) as writer:
        for n, packet in enumerate(packets):
            packet.time = 1000 + n
            packet.wirelen = len(packet) + n
            writer.write(packet)
    capture = read_capture(path)
    assert [f.data for f in capture.frames] == [bytes(p) for p in packets]
    assert [f.time_ns for f in capture.frames] == [(1000 + n) * 10**9 for n in range(5)]
    assert [f.original_length - len(f.data) for f in capture.frames] == list(range(5))


def test_pcapng_of_scapy(tmp_path: Path) -> None:
    path = tmp_path / "t.pcapng"
    packets = [Ether() / IP(dst="192.0.2.1") / UDP() / bytes(n) for n in range(5)]
    writer = PcapNgWriter(str(path))
    for n, packet in enumerate(packets):
        packet.time = 1000 + n
        writer.write(packet)
    writer.close()
    capture = read_capture(path)
    assert [f.data for f in capture.frames] == [bytes(p) for p in packets]
    assert [f.time_ns for f in capture.frames] == [(1000 + n) * 10**9 for n in range(5)]


def block(order: str, kind: int, body: bytes) -> bytes:
    body += b"\0" * (-len(body) % 4)
    return struct.pack(order + "II", kind, len(body) + 12) + body + struct.pack(order + "I", len(body) + 12)


def section(order: str) -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def interface(order: str, link_type: int, *options: tuple[int, bytes], snap: int = 0) -> bytes:
    coded = b"".join(struct.pack(order + "HH", code, len(v)) + v + b"\0" * (-len(v) % 4) for code, v in options)
    return block(order, 1, struct.pack(order + "HHI", link_type, 0, snap) + coded + struct.pack(order + "HH", 0, 0))


def enhanced(order: str, index: int, ticks: int, data: bytes, length: int) -> bytes:
    return block(
        order, 6, struct.pack(order + "IIIII", index, ticks >> 32, ticks & 0xFFFFFFFF, len(data), length) + data
    )


@pytest.mark.parametrize("order", ["<", ">"])
def test_pcapng_clocks_links_and_old_blocks(order: str) -> None:
    data = section(order)
    data += interface(order, 1, (9, b"\x09"), (2, b"eth0"))
    data += interface(order, 101, (9, b"\x8a"), (14, struct.pack(order + "q", 5)))
    data += block(order, 5, b"statistics..")
    data += enhanced(order, 0, 7_000_000_123, b"a" * 15, 99)
    data += enhanced(order, 1, 512, b"\x60" + b"b" * 39, 40)
    data += block(order, 2, struct.pack(order + "HHIIII", 0, 3, 0, 9, 2, 2) + b"cc")
    data += block(order, 3, struct.pack(order + "I", 3) + b"ddd")
    got = parse_capture(data, "t").frames
    assert got[0] == Frame(7_000_000_123, b"a" * 15, 99)
    assert got[1].time_ns == 5_500_000_000
    assert got[1].data[12:] == b"\x86\xdd\x60" + b"b" * 39
    assert got[1].original_length == 54
    assert got[2] == Frame(9, b"cc", 2)
    assert got[3] == Frame(9, b"ddd", 3)


def test_pcapng_sections_of_both_byte_orders() -> None:
    parts = [section(o) + interface(o, 1) + enhanced(o, 0, 1, o.encode(), 1) for o in "<>"]
    assert [f.data for f in parse_capture(b"".join(parts), "t").frames] == [b"<", b">"]


def pcap_with(link_type: int, data: bytes) -> bytes:
    header = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    return header + struct.pack("<IIII", 1, 2, len(data), len(data)) + data


def test_raw_ip_gets_an_ethernet_header() -> None:
    (frame,) = parse_capture(pcap_with(101, b"\x45rest"), "t").frames
    assert frame == Frame(1_000_002_000, frame.data[:12] + b"\x08\x00\x45rest", 19)


def test_linux_cooked_keeps_the_sender() -> None:
    cooked = struct.pack(">HHH8sH", 0, 1, 6, b"\x02abcde\0\0", 0x0800)
    (frame,) = parse_capture(pcap_with(113, cooked + b"IP"), "t").frames
    assert frame.data[6:] == b"\x02abcde\x08\x00IP"
    assert frame.original_length == 16
    cooked = struct.pack(">HHIHBB8s", 0x86DD, 0, 3, 1, 0, 6, b"\x02abcde\0\0")
    (frame,) = parse_capture(pcap_with(276, cooked + b"IP"), "t").frames
    assert frame.data[6:] == b"\x02abcde\x86\xddIP"


GOOD = pcap_bytes(FRAMES)
NG = section("<") + interface("<", 1) + enhanced("<", 0, 1, b"abcd", 4)


def told(data: bytes) -> str:
    with pytest.raises(UserError) as caught:
        parse_capture(data, "bad.pcap")
    return render(caught.value.diagnostics[0])


def test_a_file_that_ends_in_a_packet() -> None:
    assert told(GOOD[:-1]) == (
        "error[C0503]: bad.pcap: the file ends in a packet, at byte 212 (packet 3); 2 packets before it are good\n"
        "  = help: capture or copy the file again, or pass --allow-truncated to work with the good packets"
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", "error[C0502]: bad.pcap: this is not a capture file: it begins with nothing"),
        (b"hello, world", "error[C0502]: bad.pcap: this is not a capture file: it begins with 68656c6c"),
        (GOOD[:20], "the file ends in its header, at byte 20 (packet 1); 0 packets before it are good"),
        (GOOD[:110], "C0503]: bad.pcap: the file ends in a packet's header, at byte 100 (packet 2); 1 packet "),
        (GOOD[:108] + b"\xff" * 4 + GOOD[112:], "C0504]: bad.pcap: a packet says that it has 4,294,967,295 bytes"),
        (GOOD[:104] + b"\xff" * 4 + GOOD[108:], "a packet's time has 4,294,967,295 as its fraction of a second"),
        (pcap_with(105, b"wifi"), "C0505]: bad.pcap: the packets have link type 105"),
        (NG[:-1], "C0503]: bad.pcap: the file ends in a block, at byte 52"),
        (NG + b"\x06", "C0503]: bad.pcap: the file ends in a block's header, at byte 88 (packet 2); 1 packet before"),
        (NG + NG[52:-4] + b"\0" * 4, "C0504]: bad.pcap: a block's two lengths differ, at byte 88"),
        (NG + struct.pack("<III", 6, 13, 0), "a block says that it has 13 bytes"),
        (NG + enhanced("<", 7, 0, b"", 0), "a packet names interface 7, but the section has 1"),
        (NG + block("<", 6, b"\0" * 8), "a packet block is too short"),
        (NG + block("<", 6, struct.pack("<IIIII", 0, 0, 0, 99, 99)), "a packet says that it has 99 bytes"),
        (NG + block("<", 1, b"\1"), "an interface description is too short"),
        (NG + NG[:8] + b"1234" + NG[12:], "a section has 31323334 for its byte order"),
        (gzip.compress(GOOD)[:-20], "error[C0506]: bad.pcap: the compressed data end too early, at byte "),
        (lzma.compress(GOOD * 50)[:-40], "error[C0506]: bad.pcap: the compressed data end too early, at byte "),
        (gzip.compress(GOOD)[:-8] + b"12345678", "the compressed data are damaged (Error -3"),
    ],
)  # fmt: skip
def test_damaged_files(data: bytes, expected: str) -> None:
    assert expected in told(data)


def test_the_good_packets_of_a_damaged_file() -> None:
    capture = parse_capture(GOOD[:-1], "t", allow_truncated=True)
    assert capture.frames == tuple(FRAMES[:2])
    (warning,) = capture.diagnostics
    assert (warning.code, warning.severity) == ("C0503", "warning")


def test_a_compressed_file_that_was_cut() -> None:
    noise = [Frame(n, bytes((n * n * 7 + i * i) % 251 for i in range(200)), 200) for n in range(300)]
    packed = gzip.compress(pcap_bytes(noise))
    capture = parse_capture(packed[: len(packed) // 2], "t", allow_truncated=True)
    assert 0 < len(capture.frames) < 300
    assert capture.frames == tuple(noise[: len(capture.frames)])
    assert capture.diagnostics[0].code == "C0506"


def test_nothing_good_stays_an_error() -> None:
    with pytest.raises(UserError):
        parse_capture(GOOD[:30], "t", allow_truncated=True)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_capture(tmp_path / "none.pcap")
    assert caught.value.diagnostics[0].code == "C0501"


@settings(deadline=None, max_examples=200)
@given(st.sampled_from([GOOD, NG, gzip.compress(GOOD)]), st.integers(0, 300), st.binary(max_size=12))
def test_odd_bytes_never_raise_anything_else(good: bytes, place: int, odd: bytes) -> None:
    data = good[:place] + odd + good[place + len(odd) :]
    try:
        capture = parse_capture(data, "t", allow_truncated=True)
    except UserError as problem:
        assert problem.diagnostics[0].code.startswith("C05")
    else:
        assert all(f.original_length >= len(f.data) for f in capture.frames)


@pytest.mark.shared
@needs_trace
def test_the_mixed_trace() -> None:
    capture = read_capture(TRACE)
    assert len(capture.frames) == 54_767
    assert sum(len(f.data) for f in capture.frames) == 15_289_423
    assert 59e9 < capture.duration_ns < 60e9
