"""The programs by which `cora calibrate` measures a host: small IR programs, from which the same C is generated that is
deployed for network functions. Each does one thing a known number of times more often than its base does."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate

from cora.ir.text import parse_program
from cora.split.engines import EngineProgram, Layout, Split
from cora.split.whole import whole

FRAME_BYTES = 160
HANDED_OFF = 1 / 32
"""The share of packets that the crossing's near engine hands over: so few that they come nearly one at a time, as the
misses of a good split do."""
WORKING_SETS = (1 << 10, 1 << 14, 1 << 17)
"""Entries or cells among which the keys in frames are drawn, see `frames`."""
SKEW = 1.1
_WORDS = range(20)
_LPM_WORD = len(WORKING_SETS)
_SPREAD = 2_654_435_761
"""An odd number: multiplied by it the numbers below a power of two are only mixed."""
_HEAD = f"""program probe for test
header h: dst:48 src:48 kind:16 a:32 b:32 c:32 d:32
header w: {" ".join(f"w{n}:32" for n in _WORDS)}
"""
_PARSED = "block start\n  extract h\n  goto main\nblock main\n"
_KEYED = "  extract w\n"


@dataclass(frozen=True, slots=True)
class Probe:
    """`times` operations of `parameter` more than in the probe `base`, and those of `also` (parameter, times)."""

    name: str
    split: Split
    parameter: str = ""
    """As in model files; "exact@1024" is a point of the curve `exact`. "" for a base that is nothing else."""
    base: str = ""
    times: float = 1.0
    also: tuple[tuple[str, float], ...] = ()
    filled: int = 0
    """The flow table `t` holds the keys below this."""


def probes() -> tuple[Probe, ...]:
    """In an order in which each comes after its base and after what its `also` names."""
    return (*_packets(), *_operations(), *_tables(), *(p for n in WORKING_SETS for p in _states(n)), _crossing())


def _program(states: str, ops: str, end: str = "forward 0:16", blocks: str = "", *, emit: bool = True) -> Split:
    emitted = "  emit h\n" if emit and end.startswith("forward") else ""
    text = f"{_HEAD}{states}body main\n{_PARSED}{ops}{blocks}{emitted}  {end}\n"
    return whole(parse_program(text))


def _packets() -> Iterator[Probe]:
    yield Probe("drop", _program("", "", "drop x"), "receive")
    yield Probe("forward", _program("", ""), "transmit", "drop")
    yield Probe("store", _program("", "  h.c:32 = 7:32\n"))
    yield Probe("time", _program("", "  h.c:32 = $time:64[31..0]\n"), "clock_read", "store")
    yield Probe("keyed", _program("", _KEYED + "  h.c:32 = w.w0:32\n"))


def _chain(line: str, count: int) -> Split:
    return _program("", "  x:32 = h.c:32\n" + line * count + "  h.c:32 = x:32\n")


def _operations() -> Iterator[Probe]:
    yield Probe("alu", _chain("  x:32 = (x:32 + h.a:32) ^ h.b:32\n", 100), "alu", "store", 300)
    yield Probe("multiply", _chain("  x:32 = (x:32 * h.a:32) ^ h.b:32\n", 60), "multiply", "store", 60, (("alu", 120),))
    line = "  x:32 = udiv(x:32, h.a:32) ^ h.b:32\n"
    yield Probe("divide", _chain(line, 20), "divide", "store", 20, (("alu", 40),))
    line = "  x:32 = hash crc32 (x:32, h.a:32, h.b:32)\n"
    yield Probe("hash", _chain(line, 4), "hash", "store", 4)
    line = "  y:16 = checksum y:16 plus (h.a:32, h.b:32, h.dst:48) minus (h.c:32, h.d:32)\n"
    sums = "  y:16 = h.kind:16\n" + line * 8 + "  h.kind:16 = y:16\n"
    yield Probe("checksum", _program("", sums), "checksum_word", "store", 8 * 12)
    bits = range(30)
    first = "  x:32 = h.b:32\n  goto if0\n"
    tests = "".join(
        f"block if{n}\n  if h.a:32[{n}..{n}] then then{n} else if{n + 1}\n"
        f"block then{n}\n  x:32 = x:32 ^ h.c:32\n  goto if{n + 1}\n"
        for n in bits
    )
    last = f"block if{len(bits)}\n  h.d:32 = x:32\n"
    yield Probe("branch", _program("", first, blocks=tests + last), "branch", "store", 30, (("alu", 60),))
    read = "  extract w\n  x:32 = h.c:32\n" + "".join(f"  x:32 = x:32 ^ w.w{n}:32\n" for n in _WORDS)
    read += "  h.c:32 = x:32\n"
    yield Probe("extract", _program("", read, "forward 0:16"), "extract_byte", "store", 80, (("alu", 40),))
    written = "  extract w\n" + "".join(f"  w.w{n}:32 = w.w{n}:32 ^ h.a:32\n" for n in _WORDS)
    also = (("extract_byte", 80.0), ("alu", 40.0))
    yield Probe(
        "emit",
        _program("", written + "  h.c:32 = 7:32\n  emit h\n  emit w\n", "forward 0:16", emit=False),
        "emit_byte",
        "store",
        80,
        also,
    )


def _tables() -> Iterator[Probe]:
    values = "(action:8, p:32) capacity 64 default (0, 0) actions (n, f)\n"
    used = "  h.c:32 = p:32\n"

    def rows(count: int, form: str) -> str:
        return "".join(f"  row ({form.format(n)}) -> (1, {n})\n" for n in range(count))

    table = f"table t [k:16] -> {values}{rows(16, '{}')}"
    look = "  (hit:1, action:8, p:32) = lookup t "
    yield Probe("exact few", _program(table, f"{look}[h.kind:16]\n{used}"), "exact@16", "store")
    table = f"table t [k:32 lpm] -> {values}" + "".join(f"  row ({n << 24} / 8) -> (1, {n})\n" for n in range(64))
    yield Probe("lpm", _program(table, f"{_KEYED}{look}[w.w{_LPM_WORD}:32]\n{used}"), "lpm@64", "keyed")
    for count in (4, 64):
        table = f"table t [k:32 ternary, q:16 range] -> {values}{rows(count, '{} &&& 0xffffffff, 0 .. 9')}"
        scan = f"{look}[h.a:32, h.kind:16]\n{used}"
        yield Probe(f"ternary {count}", _program(table, scan), f"ternary@{count}", "store")


def _states(entries: int) -> Iterator[Probe]:
    word = f"w.w{WORKING_SETS.index(entries)}:32"
    table = f"flow_table t [k:32] -> (v:32) capacity {2 * entries}\n"
    look = f"{_KEYED}  (hit:1, v:32) = lookup t [{word}]\n  h.c:32 = v:32\n"
    exact, kept = f"exact {entries}", "  h.c:32 = w.w0:32\n"
    yield Probe(exact, _program(table, look), f"exact@{entries}", "keyed", filled=entries)
    insert = f"{_KEYED}  (full:8) = insert t [{word}] (7:32)\n{kept}"
    yield Probe(f"insert {entries}", _program(table, insert), f"insert@{entries}", "keyed", filled=entries)
    if entries == WORKING_SETS[1]:
        touch, update = f"  touch t [{word}]\n", f"  update t [{word}] field v (h.a:32)\n"
        yield Probe("touch", _program(table, look + touch), "touch", exact, filled=entries)
        yield Probe("update", _program(table, look + update), "update", exact, filled=entries)
    cells = [f"{word} ^ {n * entries // 4}:32" for n in range(4)]
    register = f"register r [i:32] -> (v:32) capacity {entries}\n"
    reads = "".join(f"  (v{n}:32) = read r [{cell}]\n" for n, cell in enumerate(cells))
    used = "  h.c:32 = (v0:32 ^ v1:32) ^ (v2:32 ^ v3:32)\n"
    yield Probe(f"read {entries}", _program(register, _KEYED + reads + used), f"read@{entries}", "keyed", 4)
    writes = "".join(f"  write r [{cell}] (h.a:32)\n" for cell in cells)
    yield Probe(f"write {entries}", _program(register, _KEYED + writes + kept), f"write@{entries}", "keyed", 4)
    counter = f"counter r [i:32] -> () capacity {entries}\n"
    counts = "".join(f"  count r [{cell}]\n" for cell in cells)
    yield Probe(f"count {entries}", _program(counter, _KEYED + counts + kept), f"count@{entries}", "keyed", 4)


def _crossing() -> Probe:
    """A near engine that hands every 32nd packet over; the far one, which is measured, looks a flow up, inserts it,
    changes registers and sends the packet back. Beyond what this costs in a stream of packets, a packet that comes
    alone pays for starting the processing of packets and for caches that others have filled."""
    entries = WORKING_SETS[-1]
    word = f"w.w{WORKING_SETS.index(entries)}:32"
    near = (
        f"{_HEAD}body main\nresume 1 at back ()\nblock start\n  extract h\n  goto main\n"
        "block main\n  if $seed:64[4..0] == 0:5 then far else out\n"
        "block out\n  emit h\n  forward 0:16\n"
        "block far\n  handoff far 1 received ()\n"
        "block back\n  extract h\n  emit h\n  forward 0:16\n"
    )
    states = f"flow_table t [k:32] -> (v:32) capacity {2 * entries}\nregister r [i:32] -> (v:32) capacity {entries}\n"
    ops = (
        f"{_KEYED}  (hit:1, v:32) = lookup t [{word}]\n  (full:8) = insert t [{word}] (7:32)\n"
        f"  (p:32) = read r [{word}]\n  write r [{word} ^ 4096:32] (v:32)\n  h.c:32 = p:32 ^ v:32\n"
    )
    far = (
        f"{_HEAD}{states}body main\nresume 1 at start ()\n{_PARSED}{ops}  emit h\n  emit w\n"
        "  handoff near 1 emitted ()\n"
    )
    engines = (
        EngineProgram("near", parse_program(near), (), (), faces_wire=True),
        EngineProgram("far", parse_program(far), ("t", "r"), (), faces_wire=False),
    )
    split = Split(engines, (Layout("far", 1, (), 0), Layout("near", 1, (), 0)))
    parts = ("receive", "transmit", *(f"{name}@{entries}" for name in ("exact", "insert", "read", "write")))
    also = (*((name, HANDED_OFF) for name in parts), ("extract_byte", HANDED_OFF * 116))
    return Probe("crossing", split, "crossing", "", HANDED_OFF, also, entries)


def frames(count: int) -> list[bytes]:
    """The packets that are played: one word for each working set is a key among its entries, some much more often than
    others, as flows are (Zipf, exponent SKEW)."""
    chance = random.Random(1)
    columns: list[list[int]] = []
    for entries in WORKING_SETS:
        weights = list(accumulate(rank**-SKEW for rank in range(1, entries + 1)))
        ranks = chance.choices(range(entries), cum_weights=weights, k=count)
        columns.append([rank * _SPREAD % entries for rank in ranks])  # neighbours in rank are none in memory
    columns.append([chance.getrandbits(32) for _ in range(count)])
    head = bytes.fromhex("0200000000010200000000020007")
    constant = bytes((37 * n + 11) & 0xFF for n in range(FRAME_BYTES))
    rest = constant[: FRAME_BYTES - len(head) - 16 - 4 * len(columns)]
    return [
        head + constant[:16] + b"".join(word.to_bytes(4, "big") for word in words) + rest
        for words in zip(*columns, strict=True)
    ]
