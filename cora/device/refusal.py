"""Makes the verifier's log readable: its decisive line, and the line of P4 behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePath

from cora.codegen.bpf_object import p4_line, read_instructions
from cora.diagnostics import Source, Span
from cora.ir.nodes import Program

_NOISE = re.compile(
    r"^(processed \d+ insns|verification time|stack depth|max_states|mark_precise|\d+: |from \d+|R\d+(_\w)?=|; |$)"
)
_INSTRUCTION = re.compile(r"^(\d+): \([0-9a-f]{2}\) (.*?)\s*(?:;.*)?$")
_C_LINE = re.compile(r"^;.*@ \S+\.c:(\d+)")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason`: the verifier's own words; `instruction`: the one that it refused, as text, "" if unknown; `c_line`: a
    line number in the C file, 0 if unknown; `p4`: "file:line: text" of the P4 line behind it, "" if unknown."""

    reason: str
    instruction: str
    c_line: int
    p4: str


def read_log(log: str, c_text: str, lines: tuple[int, ...] = ()) -> Refusal:
    """The refusal that a verifier's log ends with. `lines` are the lines of C by instruction of the refused program, as
    the object file has them; without them, or beyond them, those that the log quotes are used."""
    text = log.splitlines()
    reason = next((line for line in reversed(text) if not _NOISE.match(line)), "no reason given")
    last = next((m for line in reversed(text) if (m := _INSTRUCTION.match(line))), None)
    index = int(last[1]) if last else -1
    if 0 <= index < len(lines):
        c_line = lines[index]
    else:
        c_line = next((int(m[1]) for line in reversed(text) if (m := _C_LINE.match(line))), 0)
    instruction = f"{last[1]}: {last[2]}" if last else ""
    return Refusal(reason.strip(), instruction, c_line, p4_line(c_text, c_line))


def refused_program(logs: Mapping[str, str], object_file: Path) -> tuple[str, tuple[int, ...]]:
    """Of the logs by program: that of the program that was refused (the last with a log), and the lines of C by its
    instructions."""
    name = next((n for n, log in reversed(list(logs.items())) if _refuses(log)), "")
    if not name:
        return "\n".join(logs.values()), ()
    return logs[name], tuple(i.line for i in read_instructions(object_file, program=name))


def _refuses(log: str) -> bool:
    return any(line and not _NOISE.match(line) for line in log.splitlines())


def p4_span(p4: str, program: Program) -> Span | None:
    """The whole line that `Refusal.p4` names, if the program comes from a source that has it."""
    found = re.match(r"(\S+):(\d+): ", p4)
    if found is None:
        return None
    for source in _sources(program):
        if PurePath(source.name).name == found[1] and int(found[2]) <= len(source.line_starts):
            line = source.line_text(int(found[2]))
            start = source.line_starts[int(found[2]) - 1] + len(line) - len(line.lstrip())
            return Span(source, start, start + len(line.strip()))
    return None


def _sources(program: Program) -> Iterator[Source]:
    seen: set[int] = set()
    for block in program.blocks:
        for part in (*block.ops, block.end):
            if part.span is not None and id(part.span.source) not in seen:
                seen.add(id(part.span.source))
                yield part.span.source


def keep_log(log: str, object_file: Path) -> Path:
    """Writes the whole log beside the object file."""
    path = object_file.with_suffix(".verifier.log")
    path.write_text(log)
    return path
