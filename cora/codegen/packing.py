"""Bit strings in C: fields that lie side by side in headers, hash inputs and checksums, read and written in pieces.

A bit string is a list of `Part`s, concatenated most significant first. It is cut into groups at the places where a
border between parts is a border between bytes: the usual field is a group of its own, two nibbles form one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from cora.codegen.expr import constant, masked


@dataclass(frozen=True, slots=True)
class Part:
    """The C text of a value and its width in bits."""

    text: str
    width: int


@dataclass(frozen=True, slots=True)
class Group:
    """Parts that fill whole bytes, at a byte offset."""

    offset: int
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        return sum(p.width for p in self.parts) // 8


def padded(parts: Sequence[Part], unit_bits: int) -> list[Part]:
    """The parts with zero bits at the end, up to a multiple of `unit_bits`."""
    pad = -sum(p.width for p in parts) % unit_bits
    return [*parts, *([Part("0ULL", pad)] if pad else [])]


def groups(parts: Iterable[Part]) -> list[Group]:
    """The smallest groups of parts that begin and end between bytes."""
    found: list[Group] = []
    open_parts: list[Part] = []
    bits = start = 0
    for part in parts:
        open_parts.append(part)
        bits += part.width
        if bits % 8 == 0:
            found.append(Group(start // 8, tuple(open_parts)))
            open_parts, start = [], bits
    if open_parts:
        raise ValueError(f"{bits} bits don't fill whole bytes")
    return found


def bits(parts: Sequence[Part], start: int, count: int) -> str:
    """The C text of `count` <= 64 bits of a bit string, from bit `start` (0 is the first) on."""
    terms: list[str] = []
    at = 0
    for part in parts:
        low, high = max(at, start), min(at + part.width, start + count)
        if low < high and part.text != "0ULL":
            below = at + part.width - high
            text = f"({part.text} >> {below})" if below else part.text
            if part.width > 64:
                text = f"(u64){text}"
            if low > at:
                text = masked(text, high - low)
            left = start + count - high
            terms.append(f"({text} << {left})" if left else text)
        at += part.width
    return terms[0] if len(terms) == 1 else f"({' | '.join(terms)})" if terms else "0ULL"


def pieces(size: int) -> Iterator[tuple[int, int]]:
    """(offset, bytes) of the fewest loads or stores of 8, 4, 2 or 1 bytes that cover `size` bytes."""
    at = 0
    while at < size:
        step = next(s for s in (8, 4, 2, 1) if s <= size - at)
        yield at, step
        at += step


def chunks(parts: Sequence[Part], size_bits: int) -> Iterator[tuple[str, int, int]]:
    """(text, position, bits) of a bit string cut every `size_bits`."""
    total = sum(p.width for p in parts)
    for at in range(0, total, size_bits):
        count = min(size_bits, total - at)
        yield bits(parts, at, count), at, count


def stores(pointer: str, group: Group) -> Iterator[str]:
    """Statements that write a group at its offset from a byte pointer, big-endian."""
    for at, size in pieces(group.size):
        yield f"put_{size * 8}({pointer} + {group.offset + at}, {bits(group.parts, at * 8, size * 8)});"


def _load_bytes(pointer: str, offset: int, size: int) -> str:
    terms = [
        f"get_{step * 8}({pointer} + {offset + at})" + (f" << {(size - at - step) * 8}" if size > at + step else "")
        for at, step in pieces(size)
    ]
    return terms[0] if len(terms) == 1 else f"({' | '.join(terms)})"


def load(pointer: str, start: int, width: int) -> str:
    """The C text of `width` bits at bit `start` behind a byte pointer."""
    first, last = start // 8, (start + width - 1) // 8
    if last - first < 8:
        text = _load_bytes(pointer, first, last - first + 1)
        below = (last + 1) * 8 - start - width
        text = f"({text} >> {below})" if below else text
        return text if start % 8 == 0 else masked(text, width)
    cut = (last - 7) * 8
    low = start + width - cut
    high_text = load(pointer, start, width - low)
    return f"({'(u128)' if width > 64 else ''}{high_text} << {low} | {load(pointer, cut, low)})"


def number(parts: Sequence[Part], width: int) -> str:
    """The low `width` <= 128 bits of a bit string, as one number."""
    total = sum(p.width for p in parts)
    count = min(width, total)
    if count <= 64:
        text = bits(parts, total - count, count) if count else constant(0, 64)
        return f"(u128){text}" if width > 64 else text
    return f"join_halves({bits(parts, total - count, count - 64)}, {bits(parts, total - 64, 64)})"
