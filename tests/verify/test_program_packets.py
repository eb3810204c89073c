"""Packets that know the program: they must go all ways, meet all borders, collide, and be the same each time."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from cora.cli.steps import Job, find_spec
from cora.ir.cfg import block_map, parser_blocks, successors
from cora.ir.compiled import compile_program
from cora.ir.nodes import Entry, Extract, KeyMatch, Program
from cora.ir.packets import Packet, Trace
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import NfSpec, bundled_names, load_nf
from cora.split import whole
from cora.traffic.assign import PortRules, port_rules
from cora.traffic.checksum import checksum
from cora.traffic.generate_spec import generate_spec
from cora.traffic.headers import parse_headers
from cora.verify.packets import RANDOM, ProgramPackets, repaired
from cora.verify.packets_paths import ParserPaths, get_bits, put_bits
from cora.verify.packets_values import field_values
from cora.verify.run import Verification

PARSER = """program p for test
header link: dst:48 src:48 kind:16
header inner: version:4 words:4 tag:8
header tail: mark:16
table t [mark:16 range, tag:8 ternary] -> (action:8) capacity 4 actions (go)
body main
block start
  ok:1 = room 112:32
  if ok:1 then link else main
block link
  extract link
  if (link.kind:16 == 0x1234:16) | (link.kind:16 == 0x4321:16) then inner else main
block inner
  ok:1 = room 16:32
  if ok:1 then take else main
block take
  extract inner
  if inner.tag:8 == 9:8 then nine else others
block others
  if (100:8 <= inner.tag:8) & (inner.tag:8 <= 103:8) then skip else main
block nine
  goto skip
block skip
  n:32 = zext(inner.words:4, 32) << 5:8
  ok:1 = room n:32
  if ok:1 then after else main
block after
  advance n:32
  ok:1 = room 16:32
  if ok:1 then tail else main
block tail
  extract tail
  switch tail.mark:16 ++ inner.version:4 (0x77775 => main, else => main)
block main
  seen:16 = tail.mark:16
  (hit:1, action:8) = lookup t [seen:16, inner.tag:8]
  if 500:16 < seen:16 then big else small
block big
  forward 1:16
block small
  drop small
"""


SIDES = """program sides for test
header link: kind:16
header inner: tag:8
body main
block start
  extract link
  side:1 = $port:16 == 1:16
  if side:1 then left else right
block left
  switch link.kind:16 (7 => special, else => main)
block right
  switch link.kind:16 (9 => special, else => main)
block special
  extract inner
  goto main
block main
  drop done
"""


def made(spec: NfSpec, program: Program, count: int, seed: int = 1) -> list[tuple[Packet, tuple[str, ...]]]:
    """Packets of a closed loop, and the blocks that each visited."""
    store = fresh_store(spec, program)
    traffic = generate_spec(spec.traffic.generate)
    packets = ProgramPackets(program, port_rules(spec), traffic, store=store, count=count, seed=seed)
    step, trace = compile_program(program, trace=True), Trace()
    found: list[tuple[Packet, tuple[str, ...]]] = []
    for packet in packets:
        trace.clear()
        packets.saw(step(store, packet, trace=trace))
        found.append((packet, tuple(trace.blocks)))
    return found


NEVER_TAKEN = {
    "dns_cache": [("measure_end", "reject_PacketTooShort")],  # it extracts what was looked at before
}


@pytest.mark.parametrize("nf", bundled_names())
def test_every_step_of_the_parser_is_taken(nf: str) -> None:
    spec = load_nf(nf)
    program = build_program(spec)
    blocks, names = block_map(program.blocks), parser_blocks(program)
    edges = {(name, target) for name in names for target in successors(blocks[name].end)}
    taken = {edge for _, path in made(spec, program, 3000) for edge in pairwise(path)}
    # No frame is too short for an Ethernet header, the first that is extracted.
    first, behind = {program.blocks[0].name}, [program.blocks[0]]
    while behind:
        ahead = {n for n in successors(behind.pop().end) if n in names and Extract not in map(type, blocks[n].ops)}
        behind += [blocks[n] for n in ahead - first]
        first |= ahead
    assert [edge for edge in edges - taken if edge[0] not in first] == NEVER_TAKEN.get(nf, [])


def test_the_same_seed_gives_the_same_packets() -> None:
    spec = load_nf("nat")
    program = build_program(spec)
    assert made(spec, program, 300) == made(spec, program, 300)
    assert made(spec, program, 300) != made(spec, program, 300, seed=2)


def test_steered_frames_go_all_ways_and_are_seen_where_they_go() -> None:
    program = parse_program(PARSER)
    paths, rng = ParserPaths(program), random.Random(3)
    step, trace = compile_program(program, trace=True), Trace()
    seen: set[tuple[str, ...]] = set()
    for _ in range(300):
        walked = paths.steer(rng.randbytes(60), rng)
        trace.clear()
        step(Store(program), Packet(walked.frame, 0, 0), trace=trace)
        way = tuple(trace.blocks[: trace.blocks.index("main") + 1])
        assert way == walked.path == paths.walk(walked.frame).path
        seen.add(way)
    whole_way = ("start", "link", "inner", "take")
    assert seen >= {
        ("start", "link", "main"),
        ("start", "link", "inner", "main"),
        (*whole_way, "others", "main"),
        (*whole_way, "nine", "skip", "main"),
        (*whole_way, "nine", "skip", "after", "main"),
        (*whole_way, "nine", "skip", "after", "tail", "main"),
        (*whole_way, "others", "skip", "after", "tail", "main"),
    }


def test_steering_goes_where_the_port_leads() -> None:
    """A parser that asks for the port reads other headers on the one side than on the other."""
    program = parse_program(SIDES)
    paths, rng = ParserPaths(program), random.Random(4)
    step, trace = compile_program(program, trace=True), Trace()
    seen: set[tuple[str, ...]] = set()
    for number in range(60):
        walked = paths.steer(rng.randbytes(20), rng, number % 2)
        trace.clear()
        step(Store(program), Packet(walked.frame, number % 2, 0), trace=trace)
        assert tuple(trace.blocks[: len(walked.path)]) == walked.path
        seen.add(walked.path)
    assert seen == {("start", side, *more, "main") for side in ("left", "right") for more in ((), ("special",))}


def test_places_and_borders_follow_the_frame() -> None:
    program = parse_program(PARSER)
    data = bytes(12) + b"\x12\x34\x52\x09" + bytes(8) + b"\x77\x77" + bytes(9)
    walked = ParserPaths(program).walk(data)
    assert walked.path[-2:] == ("tail", "main")
    assert walked.borders == (0, 14, 16, 24, 26)
    mark = next(p for p in walked.places if p.field == "tail.mark")
    assert (mark.at, mark.width, get_bits(data, mark.at, mark.width)) == (192, 16, 0x7777)


def test_values_are_what_the_program_and_its_tables_tell_apart() -> None:
    program = parse_program(PARSER)
    store = Store(program)
    store.add_entry("t", Entry((KeyMatch(40, 50), KeyMatch(0x20, 0xF0)), (0,)))
    values = field_values(program, store)
    assert values["link.kind"] == (0, 1, 0x1233, 0x1234, 0x1235, 0x4320, 0x4321, 0x4322, 0xFFFF)
    assert {39, 40, 41, 49, 50, 51, 499, 500, 501, 0x7776, 0x7777, 0x7778} <= set(values["tail.mark"])
    assert {8, 9, 10, 99, 100, 103, 104, 0x1F, 0x20, 0x2F, 0x30} <= set(values["inner.tag"])
    assert "link.dst" not in values


@pytest.mark.parametrize(("at", "bits", "value"), [(0, 8, 255), (3, 13, 0x1ABC), (12, 4, 9), (76, 12, 0xFFF)])
def test_bits_of_a_frame(at: int, bits: int, value: int) -> None:
    data = bytearray(10)
    put_bits(data, at, bits, value)
    assert len(data) == 10
    inside = min(bits, 80 - at)
    assert get_bits(data, at, bits) == value >> (bits - inside) << (bits - inside)


def test_flows_that_share_a_cell_are_found() -> None:
    spec = load_nf("heavy_hitter")
    program = build_program(spec)
    packets = ProgramPackets(program, port_rules(spec), store=fresh_store(spec, program), count=10)
    assert packets.collisions
    step, trace = compile_program(program, trace=True), Trace(all_states=True)
    one, other = packets.collisions[0]
    cells = []
    for _, key, data in (draft() for draft in packets._collide(one, other)[:2]):
        trace.clear()
        step(fresh_store(spec, program), Packet(data, spec.inside_port, 10**9), trace=trace)
        cells.append({(a.state, a.key) for a in trace.accesses})
        assert parse_headers(data).key == key
    assert cells[0] & cells[1]
    assert one != other


def test_repaired_frames_have_a_right_checksum() -> None:
    broken = bytes(12) + b"\x08\x00\x45" + bytes(range(1, 30))
    assert checksum(repaired(broken)[14:34]) == 0
    assert repaired(broken[:20]) == broken[:20]
    assert repaired(bytes(60)) == bytes(60)


def test_random_packets_are_valid_truncated_and_malformed() -> None:
    spec = load_nf("firewall")
    program = build_program(spec)
    packets = ProgramPackets(program, PortRules(1, 0), store=fresh_store(spec, program), count=1500, mix=RANDOM)
    reasons = [len(p.data) for p in packets]
    assert min(reasons) == 14 and max(reasons) > 100
    short = sum(size < 54 for size in reasons)
    assert 0.15 < short / len(reasons) < 0.6


def test_a_verification_of_random_packets_alone() -> None:
    job = Job(find_spec("flow_monitor"))
    report = Verification(job.spec, job.program, whole(job.program), kernel=False).run_random(400, seed=3)
    assert report.ok
    assert [(p.source, p.comparison.packets) for p in report.phases] == [("random packets", 400)]
    assert "malformed" in report.edges
