"""Damaged inputs, made from everything of the kind in the tree, and what must hold of Cora's answer to each.

A case is a number: the same number makes the same input, as long as the tree is the same. Whatever the input, the
answer is a result or a `UserError` whose diagnostics have known codes, a place and a next step, and it comes soon.
"""

from __future__ import annotations

import random
import re
import signal
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any

from cora.diagnostics import UserError, render, to_json
from cora.error_catalog import CATALOG
from cora.frontend import parse_text
from cora.frontend.printer import print_program

ROOT = Path(__file__).resolve().parent.parent
TOKEN = re.compile(r'^[ \t]*#.*$|//.*$|"[^"\n]*"|\w+|\s+|[^\w\s]', re.M)
INTERESTING = (
    "{", "}", "(", ")", "<", ">", ";", "@", '"', "...", "_", "0", "-1", "0w1", "8s300", "1s0", "bit<0>", "bit<2049>",
    "99999999999999999999", "table", "parser", "control", "extern", "header", "int", "varbit<8>", "error", "match_kind",
    "default", "this", "\\", "/*", "*/", "##", "#", "#if 1", "#define x(", "{#}", "++", "&&&", "..", ":", "?", "|+|",
    "\0", "\u00e9", "\ufeff", "\t", "\r", "const", "return", "exit", "true", "type", "list", "tuple", "<<", ">>", "0x",
    "1_",
)  # fmt: skip
SECONDS = 20.0
"""Of CPU time, after which a case counts as a hang."""


class Hang(BaseException):
    """Not an Exception: nothing that handles errors may take it for one."""


@dataclass(frozen=True, slots=True)
class Case:
    kind: str
    base: str
    data: bytes
    path: Path
    """The file that was damaged."""

    @property
    def text(self) -> str:
        return self.data.decode("utf-8", errors="surrogateescape")


@cache
def p4_files() -> tuple[Path, ...]:
    """Every program and architecture in the tree."""
    folders = ("nf_programs", "targets", "tests", "examples")
    return tuple(sorted(p for f in folders for p in (ROOT / f).rglob("*.p4")))


@cache
def files(pattern: str, *folders: str) -> tuple[Path, ...]:
    return tuple(sorted(p for f in folders for p in (ROOT / f).rglob(pattern)))


# ---------------------------------------------------------------- damage


def damaged(text: str, others: Callable[[], str], draw: random.Random) -> str:
    """The text with one to six things done to its tokens, lines or characters."""
    parts = TOKEN.findall(text)
    for _ in range(draw.choice((1, 1, 1, 2, 3, 6))):
        if parts:
            parts = _hurt(parts, others, draw)
    return "".join(parts)


def _hurt(parts: list[str], others: Callable[[], str], draw: random.Random) -> list[str]:
    solid = [i for i, part in enumerate(parts) if not part.isspace()] or [0]
    i, j = draw.choice(solid), draw.choice(solid)
    if draw.random() < 0.6:  # what keeps the syntax gets further
        alike = [k for k in solid if _sort(parts[k]) == _sort(parts[i])]
        parts[i] = parts[draw.choice(alike)]
        return parts
    match draw.randrange(11):
        case 0:
            parts[i] = " "
        case 1:
            parts[i] += f" {parts[i]}"
        case 2:
            parts[i], parts[j] = parts[j], parts[i]
        case 3:
            parts[i] = parts[j]
        case 4:
            parts[i] = f"{parts[i]} {draw.choice(INTERESTING)} "
        case 5:
            parts[i] = draw.choice(INTERESTING)
        case 6:  # spliced with another text
            other = TOKEN.findall(others())
            start = draw.randrange(len(other) or 1)
            return parts[:i] + other[start : start + draw.choice((3, 20, 200))] + parts[i:]
        case 7:
            return parts[: i + 1]
        case 8:
            low, high = min(i, j), max(i, j)
            return parts[:low] + parts[min(high, low + 60) :]
        case 9:
            low = min(i, j)
            return parts[: low + 30] + parts[low:]
        case _:
            place = draw.randrange(len(parts[i]) + 1)
            odd = draw.choice(("\0", "\udc80", "\u2028", "\U0001f600", "\x7f", "'", "`", "$"))
            parts[i] = parts[i][:place] + odd + parts[i][place:]
    return parts


def _sort(part: str) -> str:
    """Names, numbers, and each other sign for itself."""
    return "name" if part[0].isalpha() or part[0] == "_" else "number" if part[0].isdigit() else part[:1]


def damaged_bytes(data: bytes, draw: random.Random) -> bytes:
    """The bytes with some changed, taken out, doubled, or cut off."""
    raw = bytearray(data)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        if not raw:
            break
        # The beginning says how the rest is read, so half of the damage is there.
        at = draw.randrange(min(len(raw), 64) if draw.random() < 0.5 else len(raw))
        match draw.randrange(6):
            case 0:
                raw[at] = draw.randrange(256)
            case 1:
                raw[at : at + 4] = draw.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", b"\x01\0\0\0"))
            case 2:
                del raw[at : at + draw.choice((1, 4, 64))]
            case 3:
                raw[at:at] = raw[at : at + draw.choice((1, 8, 64))]
            case 4:
                del raw[at:]
            case _:
                raw[at] ^= 1 << draw.randrange(8)
    return bytes(raw)


# ---------------------------------------------------------------- cases


def make_case(number: int) -> Case:
    draw = random.Random(number)
    kind = draw.choices(("p4", "stf", "nf", "entries", "traffic", "pcap"), (70, 8, 5, 5, 4, 8))[0]
    if kind == "pcap":
        data = _captures()[draw.randrange(len(_captures()))]
        return Case(kind, "a capture", damaged_bytes(data, draw), ROOT)
    found = {
        "p4": p4_files,
        "stf": lambda: files("*.stf", "nf_programs", "tests"),
        "nf": lambda: files("nf.yaml", "nf_programs"),
        "entries": lambda: files("entries*.yaml", "nf_programs"),
        "traffic": lambda: files("nf.yaml", "nf_programs"),
    }[kind]()
    path = draw.choice(found)

    def others() -> str:
        return draw.choice(found).read_text(encoding="utf-8")

    text = path.read_text(encoding="utf-8")
    if kind == "traffic":
        text = _traffic_of(text)
    data = damaged(text, others, draw).encode("utf-8", errors="surrogateescape")
    return Case(kind, str(path.relative_to(ROOT)), data, path)


def _traffic_of(nf_yaml: str) -> str:
    """The description of traffic inside an nf.yaml, as a file of its own."""
    lines = nf_yaml.splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() == "generate:"), None)
    if start is None:
        return "flows: 10\npackets_per_s: 1000\n"
    indent = len(lines[start]) - len(lines[start].lstrip())
    inside: list[str] = []
    for line in lines[start + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        inside.append(line[indent + 2 :])
    return "\n".join(inside) + "\n"


@cache
def _captures() -> tuple[bytes, ...]:
    from cora.traffic.generate import generate
    from cora.traffic.generate_spec import generate_spec
    from cora.traffic.pcap import pcap_bytes

    frames = generate(generate_spec({"flows": 4, "packets": 40})).frames
    return (pcap_bytes(frames), _pcapng(frames))


def _pcapng(frames: Sequence[Any]) -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = (12 + len(body)).to_bytes(4, "little")
        return kind.to_bytes(4, "little") + size + body + size

    section, interface = "4d3c2b1a01000000ffffffffffffffff", "0100000000000400"
    blocks = [block(0x0A0D0D0A, bytes.fromhex(section)), block(1, bytes.fromhex(interface))]
    for frame in frames:
        time = frame.time_ns // 1000
        head = [0, time >> 32, time & 0xFFFFFFFF, len(frame.data), frame.original_length]
        blocks.append(block(6, b"".join(n.to_bytes(4, "little") for n in head) + frame.data))
    return b"".join(blocks)


# ---------------------------------------------------------------- answers


def run_case(case: Case, folder: Path, *, deep: bool) -> str:
    """What became of a case, in a word. `folder` is for files; with `deep`, what lowers is also analysed and planned.
    Raises what is not a `UserError`, AssertionError for a diagnostic that isn't one, and Hang."""
    try:
        with watchdog(SECONDS):
            return _RUN[case.kind](case, folder, deep)
    except UserError as failure:
        check_diagnostics(failure)
        return failure.diagnostics[0].code


def check_diagnostics(failure: UserError) -> None:
    assert failure.diagnostics, "an error without a diagnostic"
    for d in failure.diagnostics:
        assert d.code in CATALOG, f"{d.code} has no page"
        assert d.span is not None or d.where or d.help, f"{d.code} says neither where nor what to do: {d.message}"
        assert d.message and "Traceback" not in d.message
        assert d.code in render(d)
        to_json(d)


@contextmanager
def watchdog(seconds: float) -> Generator[None, None, None]:
    """Raises Hang when the block has used so much CPU time."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise Hang

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _p4(case: Case, folder: Path, deep: bool) -> str:
    from cora.frontend import load_program
    from cora.lower import lower_program

    path = folder / case.path.name
    path.write_bytes(case.data)
    typed = load_program(path, include_dirs=include_dirs(case.path))
    tree = parse_text(case.text, name=str(path), include_dirs=include_dirs(case.path))
    assert parse_text(print_program(tree)) == tree, "what is printed isn't what was parsed"
    if typed.main is None:
        return "checked"
    program = lower_program(typed)
    if deep:
        from cora.analysis import analyse

        analyse(program)
        _plan(path)
    return "lowered"


def include_dirs(path: Path) -> tuple[Path, ...]:
    """The folder of a program, and the folders `include` beside and above it."""
    above = [folder for folder in path.parents if folder.is_relative_to(ROOT)]
    return (path.parent, *(f / "include" for f in above if (f / "include").is_dir()))


def _plan(path: Path) -> None:
    """As `cora compile -t agilio-cx` on few packets."""
    from cora.cli.planning import plan_for
    from cora.cli.steps import Job, find_spec
    from cora.plan import PlanRequest

    traffic = path.with_name("few.yaml")
    traffic.write_text("flows: 5\npackets: 50\n", encoding="utf-8")
    plan_for(Job(find_spec(str(path)), traffic), "agilio-cx", PlanRequest(baselines=False))


@cache
def _nat() -> Any:
    from cora.nf.build import build_program
    from cora.nf.spec import load_nf

    spec = load_nf("nat")
    return spec, build_program(spec)


def _stf(case: Case, folder: Path, deep: bool) -> str:
    from cora.diagnostics import Source
    from cora.ir.store import Store
    from cora.nf.entries import vocabulary
    from cora.verify.stf import InterpreterExecutor, run_stf
    from cora.verify.stf_text import parse_stf

    commands = parse_stf(Source(case.path.name, case.text))
    spec, program = _nat()
    run_stf(commands, InterpreterExecutor(program, Store(program)), vocabulary(spec)).raise_if_failed()
    return "ran"


def _nf(case: Case, folder: Path, deep: bool) -> str:
    from cora.nf.spec import load_nf

    for other in case.path.parent.iterdir():
        target = folder / other.name
        if other.is_file() and not target.exists():
            target.write_bytes(other.read_bytes())
    (folder / "nf.yaml").write_bytes(case.data)
    load_nf(folder)
    return "read"


def _entries(case: Case, folder: Path, deep: bool) -> str:
    from cora.ir.store import Store
    from cora.nf.build import build_program
    from cora.nf.entries import apply_entries, load_entries, vocabulary
    from cora.nf.spec import load_nf

    spec = load_nf(case.path.parent)
    program = build_program(spec)
    path = folder / "entries.yaml"
    path.write_bytes(case.data)
    apply_entries(Store(program), load_entries(path, program, vocabulary(spec)))
    return "applied"


def _traffic(case: Case, folder: Path, deep: bool) -> str:
    from cora.traffic.generate_spec import read_generate_spec

    path = folder / "traffic.yaml"
    path.write_bytes(case.data)
    read_generate_spec(path)
    return "read"


def _pcap(case: Case, folder: Path, deep: bool) -> str:
    from cora.nf.build import fresh_store
    from cora.traffic.assign import port_rules
    from cora.traffic.pcap import parse_capture
    from cora.traffic.replay import replay

    spec, program = _nat()
    capture = parse_capture(case.data, "damaged.pcap", allow_truncated=True)
    replay(capture, program, fresh_store(spec, program), port_rules(spec))
    return "replayed"


_RUN: dict[str, Callable[[Case, Path, bool], str]] = {
    "p4": _p4, "stf": _stf, "nf": _nf, "entries": _entries, "traffic": _traffic, "pcap": _pcap,
}  # fmt: skip
