"""Reads pcap and pcapng files, plain or compressed (.gz, .xz), and writes pcap.

`read_capture` is strict: a file that is damaged anywhere is an error that says how many packets were good and where it
broke. With `allow_truncated` the good packets come back, and the same diagnostic as a warning in `Capture.diagnostics`.
"""

from __future__ import annotations

import gzip
import lzma
import struct
import zlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from cora.diagnostics import Diagnostic, UserError, error
from cora.traffic.capture import (
    MAX_CAPTURED,
    BrokenCaptureError,
    Capture,
    Frame,
    LinkTypeError,
    to_ethernet,
)
from cora.traffic.pcapng import SECTION_HEADER, read_pcapng

MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
"""The first four bytes of a pcap file -> byte order, nanoseconds in a unit of its fractions of a second."""

_GZIP, _XZ = b"\x1f\x8b", b"\xfd7zXZ\x00"


def read_capture(path: Path | str, *, allow_truncated: bool = False) -> Capture:
    """All frames of a file, times in ns since the epoch. Raises `UserError` (C0501 to C0506)."""
    path = Path(path)
    return parse_capture(read_file(path), path.name, allow_truncated=allow_truncated)


def read_file(path: Path) -> bytes:
    """The bytes of a capture file as they are; C0501 if it can't be read."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise error(
            "C0501",
            f"cannot read the capture: {problem.strerror}",
            where=str(path),
            help="give the path of a .pcap or .pcapng file, plain or compressed with gzip or xz",
        ) from None


def parse_capture(data: bytes, name: str, *, allow_truncated: bool = False) -> Capture:
    """As `read_capture`, from the bytes of a file; `name` is for messages."""
    data, damage = decompress(data)
    frames: list[Frame] = []
    try:
        if damage and not data:
            raise BrokenCaptureError(0, damage)
        if data[:4] == SECTION_HEADER:
            read_pcapng(data, frames)
        else:
            _read_pcap(data, frames, name)
    except LinkTypeError as problem:
        raise _unsupported_link(name, problem.link_type) from None
    except BrokenCaptureError as problem:
        return _broken(name, frames, problem, damage, allow_truncated)
    if damage:
        return _broken(name, frames, BrokenCaptureError(len(data), damage), damage, allow_truncated)
    return Capture(name, tuple(frames))


def write_pcap(path: Path | str, frames: Iterable[Frame]) -> None:
    """Writes a little-endian pcap file with nanoseconds and link type Ethernet, compressed if its name ends in .gz or
    .xz; the same frames give the same bytes."""
    path = Path(path)
    data = pcap_bytes(frames)
    match path.suffix:
        case ".gz":
            data = gzip.compress(data, mtime=0)
        case ".xz":
            data = lzma.compress(data)
        case _:
            pass
    path.write_bytes(data)


def pcap_bytes(frames: Iterable[Frame]) -> bytes:
    """The contents of an uncompressed pcap file, as `write_pcap` writes it."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, MAX_CAPTURED, 1)]
    for frame in frames:
        seconds, fraction = divmod(frame.time_ns, 10**9)
        parts.append(struct.pack("<IIII", seconds, fraction, len(frame.data), frame.original_length))
        parts.append(frame.data)
    return b"".join(parts)


def _read_pcap(data: bytes, frames: list[Frame], name: str) -> None:
    if data[:4] not in MAGICS:
        raise error(
            "C0502",
            f"this is not a capture file: it begins with {data[:4].hex() or 'nothing'}",
            where=name,
            help="Cora reads pcap and pcapng, plain or compressed with gzip or xz",
        )
    order, unit_ns = MAGICS[data[:4]]
    if len(data) < 24:
        raise BrokenCaptureError(len(data), "the file ends in its header", truncated=True)
    (link_field,) = struct.unpack_from(order + "I", data, 20)
    convert = to_ethernet(link_field & 0xFFFF)
    record = struct.Struct(order + "IIII")
    size, offset = len(data), 24
    while offset < size:
        if offset + 16 > size:
            raise BrokenCaptureError(offset, "the file ends in a packet's header", truncated=True)
        seconds, fraction, captured, original = record.unpack_from(data, offset)
        if captured > MAX_CAPTURED:
            raise BrokenCaptureError(offset, f"a packet says that it has {captured:,} bytes")
        if fraction * unit_ns >= 10**9:
            raise BrokenCaptureError(offset, f"a packet's time has {fraction:,} as its fraction of a second")
        end = offset + 16 + captured
        if end > size:
            raise BrokenCaptureError(offset, "the file ends in a packet", truncated=True)
        content, length = data[offset + 16 : end], max(original, captured)
        if convert is not None:
            content, length = convert(content, length)
        frames.append(Frame(seconds * 10**9 + fraction * unit_ns, content, length))
        offset = end


def decompress(data: bytes) -> tuple[bytes, str]:
    """The plain bytes, as many as can be had, and what was wrong with the rest."""
    parts: list[bytes] = []
    try:
        while data[:2] == _GZIP or data[:6] == _XZ:
            unpacker = zlib.decompressobj(31) if data[:2] == _GZIP else lzma.LZMADecompressor()
            for start in range(0, len(data), 16_384):
                parts.append(unpacker.decompress(data[start : start + 16_384]))
                if unpacker.eof:
                    rest = unpacker.unused_data + data[start + 16_384 :]
                    break
            else:
                return b"".join(parts), "the compressed data end too early"
            data = rest  # a second member, or padding
    except (zlib.error, lzma.LZMAError) as problem:
        return b"".join(parts), f"the compressed data are damaged ({problem})"
    return (b"".join(parts), "") if parts else (data, "")


def _broken(name: str, frames: list[Frame], problem: BrokenCaptureError, damage: str, allow_truncated: bool) -> Capture:
    code = "C0506" if damage else "C0503" if problem.truncated else "C0504"
    good = (
        f"{len(frames):,} packet{'' if len(frames) == 1 else 's'} before it {'is' if len(frames) == 1 else 'are'} good"
    )
    after = " after decompression" if damage else ""
    diagnostic = Diagnostic(
        code,
        f"{damage or problem.what}, at byte {problem.offset:,}{after} (packet {len(frames) + 1:,}); {good}",
        where=name,
        help="capture or copy the file again, or pass --allow-truncated to work with the good packets",
    )
    if not allow_truncated or not frames:
        raise UserError(diagnostic)
    return Capture(name, tuple(frames), (replace(diagnostic, severity="warning"),))


def _unsupported_link(name: str, link_type: int) -> UserError:
    return error(
        "C0505",
        f"the packets have link type {link_type}, which Cora can't turn into Ethernet frames",
        where=name,
        help="Cora reads Ethernet (1), raw IP (101, 228, 229) and Linux cooked captures (113, 276): "
        "capture on an Ethernet interface",
    )
