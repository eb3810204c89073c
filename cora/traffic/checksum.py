"""The Internet checksum (RFC 1071) and its incremental update (RFC 1624, equation 3)."""

from __future__ import annotations

import struct


def ones_sum(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """The folded ones' complement sum, not complemented, of the 16-bit words of `data` (padded with a zero byte)."""
    if len(data) % 2:
        data = bytes(data) + b"\0"
    return fold(start + sum(struct.unpack(f">{len(data) // 2}H", data)))


def fold(total: int) -> int:
    """Adds the carries back in until 16 bits are left."""
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checksum(data: bytes | bytearray | memoryview, start: int = 0) -> int:
    """The Internet checksum of `data`; `start` is a sum to begin with, such as that of a pseudo-header."""
    return ~ones_sum(data, start) & 0xFFFF


def pseudo_header_sum(src: bytes, dst: bytes, protocol: int, length: int) -> int:
    """The sum over the pseudo-header of TCP, UDP and ICMPv6: addresses of 4 or 16 bytes, protocol, layer-4 length."""
    return ones_sum(src + dst + struct.pack(">IHH", length, 0, protocol))


def change(old: bytes | bytearray, new: bytes) -> int:
    """What replacing `old` by `new` (as long, beginning at an even byte) adds to the sum: feed it to `updated`."""
    size = len(new) // 2
    if len(new) % 2:
        return change(bytes(old) + b"\0", new + b"\0")
    return sum(struct.unpack(f">{size}H", new)) + 0xFFFF * size - sum(struct.unpack(f">{size}H", old))


def updated(check: int, delta: int) -> int:
    """The checksum `check` after changes that add `delta` to the sum."""
    return ~fold((~check & 0xFFFF) + delta) & 0xFFFF
