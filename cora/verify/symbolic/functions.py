"""Hashes, checksums and random numbers as uninterpreted functions: all engines apply the same one to their inputs.

Nothing more is known of them, so a proof holds whatever they compute. A counterexample may need values that the real
functions don't give; `cora.verify.symbolic.witness` then asks again with the real ones.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from cora.ir.evaluate import binary
from cora.ir.hashes import ALGORITHMS, ones_complement_sum, splitmix64
from cora.ir.nodes import Hash, HashAlgorithm, Random
from cora.verify.symbolic.calculations import calculation
from cora.verify.symbolic.frames import Frame, length
from cora.verify.symbolic.terms import Term, const, function, joined, resized, value_of, width

_HASH_BITS: dict[HashAlgorithm, int] = {"crc32": 32, "crc16": 16, "xor16": 16, "csum16": 16, "toeplitz": 32}


def _packed(terms: tuple[Term, ...], unit: int) -> Term | None:
    """The terms one behind the other, padded with zeros to whole units of bits."""
    if not terms:
        return None
    bits = sum(width(t) for t in terms)
    padding = -bits % unit
    return joined((*terms, const(0, padding)) if padding else terms)


def hashed(op: Hash, inputs: tuple[Term, ...]) -> Term:
    """The result of a `Hash`."""
    data = _packed(inputs, 8)
    if data is None:
        return const(ALGORITHMS[op.algorithm](b"") & (1 << op.dst.width) - 1, op.dst.width)
    if op.algorithm == "identity":
        return resized(data, op.dst.width)
    bits = _HASH_BITS[op.algorithm]
    known = value_of(data)
    if known is not None:
        real = ALGORITHMS[op.algorithm](known.to_bytes(width(data) // 8, "big"))
        return resized(const(real, bits), op.dst.width)
    return resized(function(f"hash:{op.algorithm}:{width(data)}", (data,), bits), op.dst.width)


def checksum(start: Term, added: tuple[Term, ...], removed: tuple[Term, ...], payload: Frame | None) -> Term:
    """The result of a `Checksum`; of the payload only the sum matters, which is a function of the whole frame."""
    plus, minus = _packed(added, 16), _packed(removed, 16)
    arguments = [start, *(t for t in (plus, minus) if t is not None)]
    shape = f"{0 if plus is None else width(plus)}:{0 if minus is None else width(minus)}"
    if payload is not None:
        arguments.append(_payload_sum(payload))
    name = f"checksum:{shape}{':payload' if payload is not None else ''}"
    return function(name, arguments, 16)


def _payload_sum(frame: Frame) -> Term:
    """Of one text for frames of one text."""
    pieces = _packed(frame.pieces, 8)
    arguments = [length(), *((pieces,) if pieces is not None else ())]
    return function(f"payload:{frame.written}:{frame.tail}", arguments, 16)


def random_number(op: Random, seed: Term, draws: Term, lo: Term, hi: Term) -> Term:
    name = f"random:{width(lo)}:{op.dst.width}"
    return function(name, (seed, draws, lo, hi), op.dst.width)


# ---------------------------------------------------------------- what they really are


def real_function(name: str) -> Callable[..., int] | None:
    """What a function of this module computes; None for the sum of a payload, and for other functions."""
    kind, *rest = name.split(":")
    match kind, rest:
        case "hash", [algorithm, bits]:
            return _real_hash(algorithm, int(bits))
        case "checksum", [plus, minus, *_]:
            return _real_checksum(int(plus), int(minus))
        case (("mul" | "udiv" | "umod"), [bits]):
            return _real_operator(kind, int(bits))
        case "calculation", [number]:
            return calculation(int(number))
        case "random", [lo_bits, result_bits]:
            return _real_random(int(lo_bits), int(result_bits))
        case _:
            return None


def _real_hash(algorithm: str, bits: int) -> Callable[..., int]:
    def compute(data: int) -> int:
        return ALGORITHMS[algorithm](data.to_bytes(bits // 8, "big"))

    return compute


def _real_operator(op: Literal["mul", "udiv", "umod"], bits: int) -> Callable[..., int]:
    def compute(a: int, b: int) -> int:
        return binary(op, a, b, bits) & (1 << bits) - 1

    return compute


def _real_checksum(plus_bits: int, minus_bits: int) -> Callable[..., int]:
    def compute(start: int, *rest: int) -> int:
        left = list(rest)
        total = start + (left.pop(0) if plus_bits else 0)
        if minus_bits:
            total += (1 << minus_bits) - 1 - left.pop(0)
        return ones_complement_sum(total + sum(left))

    return compute


def _real_random(lo_bits: int, result_bits: int) -> Callable[..., int]:
    def compute(seed: int, draws: int, lo: int, hi: int) -> int:
        span = ((hi - lo) & (1 << lo_bits) - 1) + 1
        return (lo + splitmix64(seed, draws) % span) & (1 << result_bits) - 1

    return compute
