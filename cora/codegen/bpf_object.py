"""Reads a BPF object file as clang writes it: instructions, what they refer to, and their lines in the C file.

Formats: ELF-64 (System V ABI), BTF and its line records (Documentation/bpf/btf.rst in the kernel's tree), instructions
(Documentation/bpf/standardization/instruction-set.rst).
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

_P4_COMMENT = re.compile(r"^\s*/\* (\S+\.\w+:\d+: .*) \*/$")
_RELOCATIONS, _SYMBOLS = 9, 2
_BTF_MAGIC = 0xEB9F


@dataclass(frozen=True, slots=True)
class Instruction:
    """`symbol`, `section`: what its constant refers to, "" if nothing; `line`: in the C file, 0 if unknown."""

    code: int
    dst: int
    src: int
    offset: int
    constant: int
    symbol: str
    section: str
    line: int
    wide: bool
    """The second half of a 64-bit constant."""


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    kind: int
    data: bytes
    info: int


def read_instructions(path: Path, section: str = "xdp", program: str = "") -> tuple[Instruction, ...]:
    """The instructions of a section of programs, or of one program in it; empty if the object has none."""
    sections = _sections(path.read_bytes())
    index = next((n for n, s in enumerate(sections) if s.name == section and s.kind == 1), None)
    if index is None:
        return ()
    first, last = _extent(sections, index, program)
    refers = _references(sections, index)
    lines = _lines(sections, section)
    found: list[Instruction] = []
    line, second = 0, False
    for at in range(0, len(sections[index].data), 8):
        code, registers, offset, constant = struct.unpack_from("<BBhi", sections[index].data, at)
        line = lines.get(at, line)
        symbol, target = refers.get(at, ("", ""))
        made = Instruction(code, registers & 15, registers >> 4, offset, constant, symbol, target, line, second)
        if first <= at < last:
            found.append(made)
        second = code == 0x18
    return tuple(found)


def p4_line(c_text: str, line: int) -> str:
    """ "file:line: text" of the P4 line that a line of generated C comes from; "" if it comes from none.

    Generated C names the P4 line in a comment above the code; a label ends what a comment stands for."""
    above = c_text.splitlines()[:line]
    nearest = takewhile(lambda text: not re.fullmatch(r"\w+:;", text), reversed(above))
    return next((m[1] for text in nearest if (m := _P4_COMMENT.match(text))), "")


def _text(data: bytes, at: int) -> str:
    return data[at : data.index(b"\0", at)].decode()


def _sections(data: bytes) -> list[_Section]:
    start = struct.unpack_from("<Q", data, 0x28)[0]
    size, count, names_at = struct.unpack_from("<HHH", data, 0x3A)
    heads = [struct.unpack_from("<IIQQQQII", data, start + n * size) for n in range(count)]
    names = data[heads[names_at][4] :]
    nobits = 8
    return [
        _Section(_text(names, h[0]), h[1], b"" if h[1] == nobits else data[h[4] : h[4] + h[5]], h[7]) for h in heads
    ]


def _extent(sections: list[_Section], index: int, program: str) -> tuple[int, int]:
    """Where a program begins and ends in its section, in bytes; all of it without a name, nothing if there is none."""
    if not program:
        return 0, len(sections[index].data)
    symbols = next(s for s in sections if s.kind == _SYMBOLS).data
    names = next(s for s in sections if s.name == ".strtab").data
    for at in range(0, len(symbols), 24):
        name, _, _, place, value, size = struct.unpack_from("<IBBHQQ", symbols, at)
        if place == index and _text(names, name) == program:
            return value, value + size
    return 0, 0


def _references(sections: list[_Section], index: int) -> dict[int, tuple[str, str]]:
    """By byte offset: the symbol that the instruction there refers to, and the symbol's section."""
    symbols = next(s for s in sections if s.kind == _SYMBOLS).data
    names = next(s for s in sections if s.name == ".strtab").data
    found: dict[int, tuple[str, str]] = {}
    for table in sections:
        if table.kind != _RELOCATIONS or table.info != index:
            continue
        for at in range(0, len(table.data), 16):
            where, info = struct.unpack_from("<QQ", table.data, at)
            name, _, _, place = struct.unpack_from("<IBBH", symbols, (info >> 32) * 24)
            section = sections[place].name if place < len(sections) else ""
            found[where] = (_text(names, name), section)
    return found


def _lines(sections: list[_Section], wanted: str) -> dict[int, int]:
    """By byte offset in the section: the line of C. Code of an included file counts as line 0 of the C file."""
    by_name = {s.name: s.data for s in sections}
    btf, extra = by_name.get(".BTF", b""), by_name.get(".BTF.ext", b"")
    if struct.unpack_from("<H", btf.ljust(2, b"\0"))[0] != _BTF_MAGIC or len(extra) < 24:
        return {}
    head, _, _, names_at, _ = struct.unpack_from("<IIIII", btf, 4)
    names = btf[head + names_at :]
    head, _, _, at, size = struct.unpack_from("<IIIII", extra, 4)
    at += head
    end = at + size
    record = struct.unpack_from("<I", extra, at)[0]
    at += 4
    found: dict[int, int] = {}
    while at < end:
        section, count = struct.unpack_from("<II", extra, at)
        at += 8
        for _ in range(count):
            where, file, _, place = struct.unpack_from("<IIII", extra, at)
            at += record
            if _text(names, section) == wanted and _text(names, file).endswith(".c"):
                found[where] = place >> 10
    return found
