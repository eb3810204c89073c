"""The hash algorithms, the ones' complement sum and the random generator of the IR, exactly.

Every hash is a function of bytes; `ALGORITHMS` names them. The result of an algorithm has the width that stands with
it; a `Hash` takes the low bits of it, or extends it with zeros.

- `crc32` (32 bits): IEEE 802.3, reflected, polynomial 0x04C11DB7, initial value and final xor 0xFFFFFFFF, as zlib.
- `crc16` (16 bits): CRC-16/ARC, reflected, polynomial 0x8005, initial value 0.
- `identity` (as wide as the input): the bytes as one big-endian number.
- `xor16` (16 bits): xor of the big-endian 16-bit words; an odd last byte is the upper half of a word.
- `csum16` (16 bits): the complemented ones' complement sum of those words (RFC 1071).
- `toeplitz` (32 bits): for each input bit that is 1, xor of the 32 key bits from that position on, with the 40-byte key
  that Microsoft's RSS documentation verifies with. An input of more than 36 bytes goes around the key again.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import lru_cache

_U64 = (1 << 64) - 1

TOEPLITZ_KEY = bytes.fromhex("6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa")


def crc32(data: bytes) -> int:
    return zlib.crc32(data)


def _crc16_table() -> tuple[int, ...]:
    table: list[int] = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1  # 0xA001 is 0x8005 reflected
        table.append(crc)
    return tuple(table)


CRC16_TABLE = _crc16_table()


def crc16(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = crc >> 8 ^ CRC16_TABLE[(crc ^ byte) & 0xFF]
    return crc


def identity(data: bytes) -> int:
    return int.from_bytes(data, "big")


def xor16(data: bytes) -> int:
    result = 0
    for at in range(0, len(data), 2):
        result ^= int.from_bytes(data[at : at + 2].ljust(2, b"\0"), "big")
    return result


def ones_complement_sum(words: int) -> int:
    """Folds a number, seen as 16-bit words, to their ones' complement sum: 0 only if every word is 0.

    2^16 is 1 modulo 65535, so the sum of the words and the number itself leave the same remainder.
    """
    return (words - 1) % 0xFFFF + 1 if words else 0


def csum16(data: bytes) -> int:
    return ones_complement_sum(int.from_bytes(data + b"\0" * (len(data) & 1), "big")) ^ 0xFFFF


@lru_cache(maxsize=64)
def _toeplitz_windows(size: int) -> tuple[int, ...]:
    """For an input of `size` bytes, the 32 key bits that belong to each of its bits."""
    repeats = (size + 4) // len(TOEPLITZ_KEY) + 1
    key = int.from_bytes(TOEPLITZ_KEY * repeats, "big")
    bits = len(TOEPLITZ_KEY) * repeats * 8
    return tuple(key >> (bits - 32 - at) & 0xFFFFFFFF for at in range(size * 8))


def toeplitz(data: bytes) -> int:
    result = 0
    value = int.from_bytes(data, "big")
    top = len(data) * 8 - 1
    for at, window in enumerate(_toeplitz_windows(len(data))):
        if value >> (top - at) & 1:
            result ^= window
    return result


ALGORITHMS: dict[str, Callable[[bytes], int]] = {
    "crc32": crc32,
    "crc16": crc16,
    "identity": identity,
    "xor16": xor16,
    "csum16": csum16,
    "toeplitz": toeplitz,
}


def splitmix64(seed: int, n: int) -> int:
    """The n-th (from 0) 64-bit number of the generator that starts at `seed` (Steele, Lea, Flood: OOPSLA 2014)."""
    z = (seed + (n + 1) * 0x9E3779B97F4A7C15) & _U64
    z = ((z ^ z >> 30) * 0xBF58476D1CE4E5B9) & _U64
    z = ((z ^ z >> 27) * 0x94D049BB133111EB) & _U64
    return z ^ z >> 31
