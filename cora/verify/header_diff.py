"""Two frames that a program sent, field by field: which fields differ, and which line of P4 wrote them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cora.diagnostics import Span
from cora.ir.cfg import block_map, op_dsts
from cora.ir.evaluate import evaluate
from cora.ir.nodes import Assign, Emit, Extract, Header, Program, SetValid
from cora.ir.packets import first_difference
from cora.verify.packets_paths import get_bits

_BYTES_A_LINE = 16


@dataclass(frozen=True, slots=True)
class OutField:
    """A field of an output, where it lies (bits) and what wrote it last; None: it left as it came."""

    name: str
    at: int
    width: int
    writer: Span | None


def output_fields(program: Program, path: Sequence[str]) -> tuple[OutField, ...]:
    """The fields of the headers that a packet of this path (the blocks that it visited) emitted, in order.

    Validity is followed along the path; it depends on nothing but the path in programs that a front end makes. A header
    whose validity was computed from something else is taken for invalid, and ends the list.
    """
    blocks, headers = block_map(program.blocks), {h.name: h for h in program.headers}
    valid: dict[str, int] = {}
    writers: dict[str, Span | None] = {}
    found: list[OutField] = []
    at = 0
    for op in (op for name in path for op in blocks[name].ops):
        for dst in op_dsts(op):
            writers[dst.name] = op.span
        match op:
            case Extract(header=name):
                valid[f"{name}.$valid"] = 1
                writers |= {f"{name}.{f.name}": None for f in headers[name].fields}
            case SetValid(header=name, valid=value):
                valid[f"{name}.$valid"] = int(value)
            case Assign(dst=dst, value=value) if dst.name.endswith(".$valid"):
                valid[dst.name] = evaluate(value, valid)
            case Emit(header=name) if valid.get(f"{name}.$valid"):
                found += _laid_out(headers[name], at, writers)
                at += headers[name].width
            case _:
                pass
    return tuple(found)


def _laid_out(header: Header, at: int, writers: dict[str, Span | None]) -> Iterator[OutField]:
    for part in header.fields:
        name = f"{header.name}.{part.name}"
        yield OutField(name, at, part.width, writers.get(name))
        at += part.width


def frame_difference(expected: bytes, got: bytes, fields: Sequence[OutField]) -> list[str]:
    """What differs: a line for each field with both values, and where the bytes behind the headers begin to."""
    first = first_difference(expected, got)
    lines = [f"  first different byte: {first}"]
    if len(expected) != len(got):
        lines.append(f"  length: expected {len(expected)} bytes, got {len(got)}")
    for f in fields:
        end = f.at + f.width
        if end > 8 * min(len(expected), len(got)):
            break
        wanted, found = get_bits(expected, f.at, f.width), get_bits(got, f.at, f.width)
        if wanted != found:
            digits = (f.width + 3) // 4
            writer = f"written in line {f.writer.line}" if f.writer is not None else "as received"
            lines.append(f"  {f.name}: expected 0x{wanted:0{digits}x}, got 0x{found:0{digits}x} ({writer})")
    headers = max((f.at + f.width for f in fields), default=0) // 8
    if expected[headers:] != got[headers:]:
        behind = headers + first_difference(expected[headers:], got[headers:])
        start = behind - behind % _BYTES_A_LINE
        lines.append(f"  behind the headers, from byte {behind}:")
        lines += [f"  - {row}" for row in hex_rows(expected, start, start + 2 * _BYTES_A_LINE)]
        lines += [f"  + {row}" for row in hex_rows(got, start, start + 2 * _BYTES_A_LINE)]
    return lines


def hex_rows(data: bytes, start: int = 0, end: int | None = None) -> list[str]:
    """Bytes [start, end) in rows, with the place of the first in each."""
    stop = len(data) if end is None else min(end, len(data))
    steps = range(start, stop, _BYTES_A_LINE)
    return [f"{at:04x}  {data[at : min(at + _BYTES_A_LINE, stop)].hex(' ')}" for at in steps]
