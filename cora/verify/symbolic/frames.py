"""Symbolic frames: bytes that were written, followed by the rest of the frame as it came in."""

from __future__ import annotations

from dataclasses import dataclass

from cora.verify.symbolic.terms import Cond, Term, at_most, bits_of, const, joined, resized, symbol, width

MOST_BYTES = 1 << 16
LENGTH_BITS = 16
"""A frame has less than 2^16 bytes; how many is the symbol `length`."""


class Unsupported(Exception):
    """The program does something that the symbolic check has no terms for; the text says what."""


def length() -> Term:
    return symbol("length", LENGTH_BITS)


def received_bits(start: int, count: int) -> Term:
    """Bits of the frame as it came in; its bytes are the symbols `byte0`, `byte1`, ..."""
    first, last = start // 8, (start + count + 7) // 8
    if last > MOST_BYTES:
        raise Unsupported(f"byte {last} of the frame is read")
    whole = joined(symbol(f"byte{i}", 8) for i in range(first, last))
    top = width(whole) - 1 - (start - first * 8)
    return bits_of(whole, top, top - count + 1)


@dataclass(frozen=True, slots=True)
class Frame:
    """`pieces`, most significant first, then what came in from bit `tail` on."""

    pieces: tuple[Term, ...] = ()
    tail: int = 0

    @property
    def written(self) -> int:
        """Bits in the pieces."""
        return sum(width(p) for p in self.pieces)

    def bits(self, start: int, count: int) -> Term:
        """`count` bits from bit `start` on; the frame is known to have them."""
        written = self.written
        if start >= written:
            return received_bits(start - written + self.tail, count)
        parts: list[Term] = []
        at = 0
        for piece in self.pieces:
            size = width(piece)
            low, high = max(start, at), min(start + count, at + size)
            if low < high:
                parts.append(bits_of(piece, at + size - 1 - low, at + size - high))
            at += size
        if start + count > written:
            parts.append(received_bits(self.tail, start + count - written))
        return joined(parts)

    def has(self, bits: int) -> Cond:
        """The condition that the frame has at least so many bits."""
        needed = bits - self.written + self.tail
        if needed <= 0:
            needed = self.tail
        needed_bytes = (needed + 7) // 8
        if needed_bytes >= 1 << LENGTH_BITS:
            return at_most(const(1, 1), const(0, 1))
        return at_most(const(needed_bytes, LENGTH_BITS), length())

    def behind(self, cursor: int, output: tuple[Term, ...]) -> Frame:
        """The output, followed by what stands behind the cursor."""
        if cursor % 8:
            raise Unsupported(f"the cursor stands at bit {cursor}, not between bytes")
        written = self.written
        if cursor >= written:
            return Frame(output, self.tail + cursor - written)
        rest = self.bits(cursor, written - cursor)
        return Frame((*output, rest), self.tail)

    def from_tail(self, tail: int) -> Frame:
        """The same frame, written out so far that the rest begins at bit `tail`, which isn't before its own."""
        if tail == self.tail:
            return self
        return Frame((*self.pieces, received_bits(self.tail, tail - self.tail)), tail)


def aligned(one: Frame, other: Frame) -> tuple[Frame, Frame] | None:
    """Two frames of one length written out equally far; None if their lengths differ."""
    if one.written - one.tail != other.written - other.tail:
        return None
    tail = max(one.tail, other.tail)
    return one.from_tail(tail), other.from_tail(tail)


def length_32() -> Term:
    return resized(length(), 32)
