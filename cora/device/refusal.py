"""Makes the verifier's log readable: its decisive line, and the line of P4 behind it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_NOISE = re.compile(
    r"^(processed \d+ insns|verification time|stack depth|max_states|mark_precise|\d+: |from \d+|R\d+(_\w)?=|; |$)"
)
_C_LINE = re.compile(r"^;.*@ \S+?:(\d+)")
_P4_COMMENT = re.compile(r"^\s*/\* (\S+\.\w+:\d+: .*) \*/$")


@dataclass(frozen=True, slots=True)
class Refusal:
    """`reason`: the verifier's own words; `c_line`: a line number in the C file, 0 if unknown; `p4`: "file:line: text"
    of the P4 line that it comes from, "" if unknown."""

    reason: str
    c_line: int
    p4: str


def read_log(log: str, c_text: str) -> Refusal:
    """The refusal that a verifier's log ends with."""
    lines = log.splitlines()
    reason = next((line for line in reversed(lines) if not _NOISE.match(line)), "no reason given")
    places = [m for line in lines if (m := _C_LINE.match(line))]
    c_line = int(places[-1][1]) if places else 0
    above = c_text.splitlines()[:c_line]
    p4 = next((m[1] for line in reversed(above) if (m := _P4_COMMENT.match(line))), "")
    return Refusal(reason.strip(), c_line, p4)


def keep_log(log: str, object_file: Path) -> Path:
    """Writes the whole log beside the object file."""
    path = object_file.with_suffix(".verifier.log")
    path.write_text(log)
    return path
