"""Reads packet tests (STF, BMv2's dialect with a few words more). docs/nfs/stf.md is the manual.

packet PORT HEX...                 a packet comes in
expect PORT [HEX...[$]]            the next packet out of a port: `*` is any nibble, `$` says that it ends here
no_packet                          nothing came out but what was expected above
add TABLE [PRIORITY] KEY:VALUE... ACTION(PARAM:VALUE, ...) [= HANDLE]     the largest priority wins
setdefault TABLE ACTION(PARAM:VALUE, ...)
check_counter NAME(INDEX) [packets|bytes] = VALUE
register_read NAME INDEX = VALUE   register_write NAME INDEX VALUE   register_reset NAME
wait                               kept for BMv2's tests; packets are handled one at a time anyway
# to the end of the line           a comment

define NAME=VALUE                  (ours) a macro for the program; before all else
entries FILE                       (ours) loads an entries.yaml that lies beside the test
time [+]NUMBER(s|ms|us|ns)         (ours) sets the clock, or moves it on; it starts at 1 s
digest NAME VALUE...               (ours) the next digest has these fields; `*` is any value
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cora.diagnostics import Source, Span, UserError, error
from cora.nf.yaml_text import nearest

_UNITS_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
_TIME = re.compile(r"(\+?)(\d+(?:\.\d+)?)(s|ms|us|ns)")
_WORD = re.compile(r"[^\s]+")
_ENTRY_WORD = re.compile(r"[^\s:(]+(?:\.isValid\(\))?\s*:\s*[^\s]+|[^\s]+")
"""Of a line that makes an entry: blanks may stand around the colon of KEY:VALUE."""


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of a line; what `cora.nf.values` reads its values from."""

    span: Span
    string: str

    def text(self) -> str:
        return self.string

    def fail(self, code: str, message: str, help: str) -> UserError:
        return error(code, message, self.span, help=help)

    def part(self, start: int, end: int) -> Word:
        """The characters [start, end) of this word."""
        first = self.span.start + start
        return Word(Span(self.span.source, first, self.span.start + end), self.string[start:end])


@dataclass(frozen=True, slots=True)
class Send:
    span: Span
    port: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Expect:
    """`nibbles` is a text of hexadecimal digits and `*`; None accepts any packet."""

    span: Span
    port: int
    nibbles: str | None
    exact: bool
    """The packet ends where the pattern ends."""


@dataclass(frozen=True, slots=True)
class NoPacket:
    span: Span


@dataclass(frozen=True, slots=True)
class ExpectDigest:
    """`fields` has a word for each field; `*` accepts any value."""

    span: Span
    receiver: Word
    fields: tuple[Word, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """ACTION(PARAM:VALUE, ...)"""

    action: Word
    params: tuple[tuple[Word, Word], ...]


@dataclass(frozen=True, slots=True)
class Add:
    span: Span
    table: Word
    priority: int | None
    key: tuple[tuple[Word, Word], ...]
    call: Call


@dataclass(frozen=True, slots=True)
class SetDefaultAction:
    span: Span
    table: Word
    call: Call


@dataclass(frozen=True, slots=True)
class CheckCounter:
    span: Span
    counter: Word
    index: Word
    unit: str
    value: Word


@dataclass(frozen=True, slots=True)
class RegisterCommand:
    """`value` is None for register_reset, which has no index either."""

    span: Span
    what: str
    register: Word
    index: Word | None
    value: Word | None


@dataclass(frozen=True, slots=True)
class SetTime:
    span: Span
    ns: int
    relative: bool


@dataclass(frozen=True, slots=True)
class Define:
    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class LoadEntries:
    span: Span
    path: Path


@dataclass(frozen=True, slots=True)
class AddClone:
    """A session of clones with one port (`mirroring_add`) or with the members of a group (`mirroring_add_mc`)."""

    span: Span
    session: int
    port: int | None
    group: int | None = None


@dataclass(frozen=True, slots=True)
class MakeNode:
    """A node of multicast: copies with an instance number to some ports. BMv2 numbers nodes from 0 as they are made."""

    span: Span
    instance: int
    ports: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JoinGroup:
    """Puts a node into a group; without a node it makes the group."""

    span: Span
    group: int
    node: int | None


Command = (
    Send | Expect | NoPacket | ExpectDigest | Add | SetDefaultAction | CheckCounter | RegisterCommand | SetTime
    | Define | LoadEntries | AddClone | MakeNode | JoinGroup
)  # fmt: skip
_COMMANDS = (
    "packet", "expect", "no_packet", "add", "setdefault", "check_counter", "register_read", "register_write",
    "register_reset", "time", "define", "entries", "digest", "wait", "mirroring_add", "mirroring_add_mc",
    "mc_mgrp_create", "mc_node_create", "mc_node_associate",
)  # fmt: skip
_WHOLE_TEST = "what is set up stays for the whole test: write a second test"
_BMV2_ONLY = {
    "mirroring_delete": _WHOLE_TEST,
    "mirroring_get": "remove the line",
    "mc_node_update": _WHOLE_TEST,
    "counter": "write check_counter NAME(INDEX) packets = VALUE",
    "counter_read": "write check_counter NAME(INDEX) packets = VALUE",
    "remove": "entries stay for the whole test: write a second test without the entry",
}


def parse_stf(source: Source) -> tuple[Command, ...]:
    """The commands of a test, in order. Raises UserError C0430 for a line that can't be understood."""
    commands: list[Command] = []
    for words in _lines(source):
        command = _command(words)
        if command is not None:
            commands.append(command)
    return tuple(commands)


def _lines(source: Source) -> Iterator[list[Word]]:
    for start, line in zip(source.line_starts, source.text.split("\n"), strict=False):
        code = line.partition("#")[0]
        pattern = _ENTRY_WORD if code.split(None, 1)[:1] == ["add"] else _WORD
        words = [Word(Span(source, start + m.start(), start + m.end()), m[0]) for m in pattern.finditer(code)]
        if words:
            yield words


def _command(words: list[Word]) -> Command | None:
    name, rest = words[0], words[1:]
    span = name.span.to(words[-1].span)
    match name.string:
        case "packet":
            port, digits = _packet(name, rest)
            if digits is None or "*" in digits or len(digits) % 2:
                raise error(
                    "C0430", "the packet is not whole bytes in hexadecimal", span, help="write packet 0 0a1b..."
                )
            return Send(span, port, bytes.fromhex(digits))
        case "expect":
            exact = bool(rest) and rest[-1].string.endswith("$")
            port, digits = _packet(name, rest)
            return Expect(span, port, digits, exact)
        case "no_packet":
            return NoPacket(span)
        case "add":
            return _add(span, rest)
        case "setdefault":
            _need(name, rest, 2, "setdefault TABLE ACTION(PARAM:VALUE, ...)")
            return SetDefaultAction(span, rest[0], _call(rest[1:]))
        case "check_counter":
            return _check_counter(span, rest)
        case "register_read" | "register_write" | "register_reset":
            return _register(span, name, [w for w in rest if w.string not in ("=", "==")])
        case "time":
            return _time(span, name, rest)
        case "define":
            _need(name, rest, 1, "define NAME=VALUE")
            return Define(span, rest[0].string)
        case "entries":
            _need(name, rest, 1, "entries FILE")
            return LoadEntries(span, Path(name.span.source.name).parent / rest[0].string)
        case "digest":
            _need(name, rest, 2, "digest NAME VALUE...")
            return ExpectDigest(span, rest[0], tuple(rest[1:]))
        case "wait":
            return None
        case "mirroring_add":
            _need(name, rest, 2, "mirroring_add SESSION PORT")
            return AddClone(span, _integer(rest[0], "session"), _integer(rest[1], "port"))
        case "mirroring_add_mc":
            _need(name, rest, 2, "mirroring_add_mc SESSION GROUP")
            return AddClone(span, _integer(rest[0], "session"), None, _integer(rest[1], "group"))
        case "mc_mgrp_create" | "mc_node_create" | "mc_node_associate":
            return _multicast(span, name, rest)
        case other if other in _BMV2_ONLY:
            raise name.fail("C0870", f"Cora doesn't know BMv2's {other}", _BMV2_ONLY[other])
        case other:
            raise name.fail("C0430", f"there is no command {other!r}", nearest(other, _COMMANDS))


def _multicast(span: Span, name: Word, rest: list[Word]) -> MakeNode | JoinGroup:
    match name.string:
        case "mc_mgrp_create":
            _need(name, rest, 1, "mc_mgrp_create GROUP")
            return JoinGroup(span, _integer(rest[0], "group"), None)
        case "mc_node_create":
            _need(name, rest, 2, "mc_node_create INSTANCE PORT...")
            return MakeNode(span, _integer(rest[0], "instance"), tuple(_integer(w, "port") for w in rest[1:]))
        case _:
            _need(name, rest, 2, "mc_node_associate GROUP NODE")
            return JoinGroup(span, _integer(rest[0], "group"), _integer(rest[1], "node"))


def _need(name: Word, rest: list[Word], count: int, form: str) -> None:
    if len(rest) < count:
        raise name.fail("C0430", f"{name.string} needs {count} words more", f"write: {form}")


def _integer(word: Word, what: str) -> int:
    try:
        return int(word.string, 0)
    except ValueError:
        raise word.fail("C0430", f"{word.string!r} is no {what}", "write a number") from None


def _packet(name: Word, rest: list[Word]) -> tuple[int, str | None]:
    _need(name, rest, 1, f"{name.string} PORT HEX...")
    port = _integer(rest[0], "port")
    digits = "".join(w.string for w in rest[1:]).removesuffix("$").lower()
    bad = next((w for w in rest[1:] if set(w.string.lower()) - set("0123456789abcdef*$")), None)
    if bad is not None:
        raise bad.fail("C0430", f"{bad.string!r} is not hexadecimal", "write digits, * for any nibble, $ at the end")
    return port, digits or None


def _add(span: Span, words: list[Word]) -> Add:
    if len(words) < 2:
        raise error("C0430", "an entry needs a table and an action", span, help="add TABLE KEY:VALUE ACTION(...)")
    table, rest = words[0], words[1:]
    priority = None
    if rest[0].string.isdigit():
        priority, rest = int(rest[0].string), rest[1:]
    at = next((i for i, w in enumerate(rest) if "(" in w.string and not _is_pair(w)), None)
    if at is None:
        raise error("C0430", "the entry has no action", span, help="end the line with ACTION(PARAM:VALUE, ...)")
    call = rest[at:]
    if len(call) > 2 and call[-2].string == "=":
        call = call[:-2]  # a name for the entry, which nothing here uses
    return Add(span, table, priority, tuple(_pair(w) for w in rest[:at]), _call(call))


def _is_pair(word: Word) -> bool:
    text = word.string.replace(".isValid()", "")
    colon, bracket = text.find(":"), text.find("(")
    return colon >= 0 and (bracket < 0 or colon < bracket)


def _pair(word: Word) -> tuple[Word, Word]:
    name, _, value = word.string.partition(":")
    if not name.strip() or not value.strip():
        raise word.fail("C0430", f"{word.string!r} is not NAME:VALUE", "write NAME:VALUE")
    behind = len(word.string) - len(value.lstrip())
    return word.part(0, len(name.rstrip())), word.part(behind, len(word.string.rstrip()))


def _call(words: list[Word]) -> Call:
    """The words from `ACTION(` to `)`, blanks between them or not."""
    source = words[0].span.source
    whole = Word(words[0].span.to(words[-1].span), source.text[words[0].span.start : words[-1].span.end])
    text = whole.string
    open_at = text.find("(")
    if open_at <= 0 or not text.endswith(")"):
        raise whole.fail("C0430", f"{text!r} is not an action", "write ACTION(PARAM:VALUE, ...), or ACTION()")
    params: list[tuple[Word, Word]] = []
    for found in re.finditer(r"[^\s,:]+\s*:\s*[^\s,]+|[^\s,]+", text[open_at + 1 : -1]):
        params.append(_pair(whole.part(open_at + 1 + found.start(), open_at + 1 + found.end())))
    return Call(whole.part(0, open_at), tuple(params))


def _check_counter(span: Span, words: list[Word]) -> CheckCounter:
    words = [w for w in words if w.string not in ("=", "==")]
    found = re.fullmatch(r"([^()]+)\(([^()]+)\)", words[0].string) if words else None
    unit = words[1].string if len(words) == 3 else "packets"
    if found is None or len(words) not in (2, 3) or unit not in ("packets", "bytes"):
        raise error("C0430", "this is no check of a counter", span, help="check_counter NAME(INDEX) packets = VALUE")
    name = words[0]
    return CheckCounter(span, name.part(*found.span(1)), name.part(*found.span(2)), unit, words[-1])


def _register(span: Span, name: Word, words: list[Word]) -> RegisterCommand:
    if name.string == "register_reset":
        _need(name, words, 1, "register_reset NAME")
        return RegisterCommand(span, name.string, words[0], None, None)
    _need(name, words, 3, f"{name.string} NAME INDEX VALUE")
    return RegisterCommand(span, name.string, words[0], words[1], words[2])


def _time(span: Span, name: Word, words: list[Word]) -> SetTime:
    _need(name, words, 1, "time +5s")
    found = _TIME.fullmatch(words[0].string)
    if found is None:
        raise words[0].fail("C0430", f"{words[0].string!r} is no time", "write 5s, 200ms, 10us or 7ns; +5s moves on")
    return SetTime(span, round(float(found[2]) * _UNITS_NS[found[3]]), found[1] == "+")
