"""Small cases of every mode, for the model check."""

from __future__ import annotations

from dataclasses import replace

from split_helpers import may_leave, plan_for

from cora.analysis import analyse
from cora.ir.nodes import Program
from cora.ir.text import parse_program
from cora.split import split_program
from cora.split.engines import Split
from cora.verify.modelcheck import Case

HEAD = "program {name} for test\nheader h: flow:8 group:8 flags:8 result:8\n{states}\nbody look\n"
START = """
block start
  room:1 = room 32:32
  if room:1 then parse else look
block parse
  extract h
  goto look
"""
# A hit shows the entry's value in the packet and restarts its timer. A miss makes an entry out of the time.
COPIES = """
block look
  (hit:1, value:16) = lookup flows [h.{key}:8]
  if hit:1 then known else new
block known
  touch flows [h.{key}:8]
  h.result:8 = value:16[7..0]
  if h.flags:8[0..0] then close else send
block close
  delete flows [h.{key}:8]
  if h.flags:8[1..1] then refuse else send
block refuse
  drop closed
block new
  (status:8) = insert flows [h.{key}:8] ($time:64[15..0])
  if status:8 == 0:8 then made else full
block full
  drop full
block made
  h.result:8 = $time:64[7..0]
  goto send
block send
  count seen [0:8]
  emit h
  forward 1:16
"""
# Every packet of a flow changes its record.
RECORDS = """
block look
  (hit:1, packets:16) = lookup flows [h.flow:8]
  if hit:1 then known else new
block known
  touch flows [h.flow:8]
  if h.flags:8[0..0] then close else change
block close
  delete flows [h.flow:8]
  if h.flags:8[1..1] then refuse else send
block refuse
  drop closed
block change
  update flows [h.flow:8] field packets (packets:16 + 1:16)
  h.result:8 = packets:16[7..0]
  goto send
block new
  (status:8) = insert flows [h.flow:8] (1:16)
  if status:8 == 0:8 then send else full
block full
  drop full
block send
  count seen [0:8]
  emit h
  forward 1:16
"""
# A mapping holds a cell, which is free again when it wasn't used for some time: both kinds of register.
CELLS = """
block look
  if h.flags:8[0..0] then back else out
block out
  (hit:1, cell:8) = lookup flows [h.flow:8]
  if hit:1 then known else search
block known
  touch flows [h.flow:8]
  write last [cell:8] ($time:64)
  h.result:8 = cell:8
  goto send
block search
  cell:8 = h.group:8
  (last:64) = read last [cell:8]
  if mux(last:64 == 0:64, 1:1, 20:64 < ($time:64 - last:64)) then take else busy
block busy
  drop busy
block take
  (status:8) = insert flows [h.flow:8] (cell:8)
  if status:8 == 0:8 then taken else full
block full
  drop full
block taken
  write holder [cell:8] (h.flow:8)
  write last [cell:8] ($time:64)
  h.result:8 = cell:8
  goto send
block back
  (last:64) = read last [h.group:8]
  if mux(last:64 == 0:64, 1:1, 20:64 < ($time:64 - last:64)) then stale else owned
block stale
  drop stale
block owned
  (holder:8) = read holder [h.group:8]
  write last [h.group:8] ($time:64)
  h.result:8 = holder:8
  goto send
block send
  emit h
  forward 1:16
"""
# The host alone finds the cell, in a table that it owns: near can't name what will be written.
MARKS = """
block look
  (mark:8) = read marks [h.group:8]
  h.result:8 = mark:8
  if h.flags:8[0..0] then change else send
block change
  (hit:1, cell:8) = lookup flows [h.flow:8]
  if hit:1 then known else new
block new
  (status:8) = insert flows [h.flow:8] (h.group:8)
  goto refuse
block known
  write marks [cell:8] ($time:64[7..0])
  if h.flags:8[1..1] then refuse else send
block refuse
  drop noted
block send
  emit h
  forward 1:16
"""
# Some packets of a flow meet nothing that the others do.
PASSES = """
block look
  if h.flags:8[0..0] then ask else send
block ask
  (hit:1, value:16) = lookup flows [h.flow:8]
  if hit:1 then known else new
block known
  touch flows [h.flow:8]
  h.result:8 = value:16[7..0]
  goto send
block new
  (status:8) = insert flows [h.flow:8] ($time:64[15..0])
  goto send
block send
  count seen [0:8]
  emit h
  forward 1:16
"""
MARKED = "flow_table flows [key:8] -> (cell:8) capacity 4\nregister marks [cell:8] -> (mark:8) capacity 4"
COPIED = "flow_table flows [key:8] -> (value:16) capacity {far}{idle}\ncounter seen [i:8] -> () capacity 1"
RECORDED = "flow_table flows [key:8] -> (packets:16) capacity {far}{idle}\ncounter seen [i:8] -> () capacity 1"
MAPPED = (
    "flow_table flows [key:8] -> (cell:8) capacity 4 idle (10)\nregister last [cell:8] -> (time:64) capacity 4\n"
    "register holder [cell:8] -> (flow:8) capacity 4"
)


def program(name: str, states: str, body: str) -> Program:
    return parse_program(HEAD.format(name=name, states=states) + START + body)


def packet(flow: int, group: int = 0, flags: int = 0) -> tuple[bytes, int]:
    return bytes((flow, group, flags, 0)) + bytes(14), 0


def split_of(
    made: Program,
    *,
    sharded: bool = False,
    entries: int = 1,
    copied: tuple[str, ...] = (),
    reordering: bool = False,
    parallel: bool = False,
    batches: bool = False,
) -> Split:
    """As much as possible on the NIC: copies of all that may have them (or of `copied` only), or records."""
    graph = analyse(made)
    kinds = {s.name: s.kind for s in made.states}
    records = set(graph.partitions[0].groups) if sharded else set[str]()
    modes = {g.name: "sharded" if g.name in records else "replicated" for g in graph.groups}
    if copied:
        modes = {name: "replicated" if name in copied else "exclusive" for name in modes}
    modes |= {g.name: "merged" for g in graph.groups if kinds[g.states[0].name] == "counter"}
    of_state = {f.name: modes[g.name] for g in graph.groups for f in g.states}
    near = {
        s.index
        for s in graph.stages
        if all(
            a.on_record if of_state[a.state] == "sharded" else a.on_copy and of_state[a.state] != "exclusive"
            for a in s.accesses
        )
    }
    held = frozenset(name for name, mode in modes.items() if mode in ("sharded", "replicated")) & graph.holdable
    near = may_leave(graph, near, held, frozenset(records))
    plan = plan_for(graph, near, {name: (mode, "host") for name, mode in modes.items()}, entries)
    made_by = replace(plan, reordering=reordering, parallel=parallel, batches=batches)
    return split_program(graph, made_by)


def case(name: str, made: Program, split: Split, *flows: list[tuple[bytes, int]], **more: object) -> Case:
    return Case(name, made, split, tuple(map(tuple, flows)), **more)  # type: ignore[arg-type]


def private(far: int = 4, idle: str = " idle (10)") -> Program:
    return program("private", COPIED.format(far=far, idle=idle), COPIES.format(key="flow"))


def shared() -> Program:
    return program("shared", COPIED.format(far=4, idle=" idle (10)"), COPIES.format(key="group"))


def records() -> Program:
    return program("records", RECORDED.format(far=4, idle=" idle (10)"), RECORDS)


def cells() -> Program:
    return program("cells", MAPPED, CELLS)


def marks() -> Program:
    return program("marks", MARKED, MARKS)


def passes() -> Program:
    return program("passes", COPIED.format(far=4, idle=" idle (10)"), PASSES)


def quick_cases() -> list[Case]:
    one, gone, refused = packet(1), packet(1, flags=1), packet(1, flags=3)
    asking = gone
    return [
        case("private key", private(), split_of(private()), [one, one, gone, one], losses=1),
        case("private key, expiry", private(), split_of(private()), [one, one, one], losses=1, pauses_ns=(12,)),
        case("shared key", shared(), split_of(shared()), [one, one], [packet(2), packet(2, flags=1)], losses=1),
        case("records", records(), split_of(records(), sharded=True), [one, one, one, refused, one], losses=1),
        case(
            "records, expiry",
            records(),
            split_of(records(), sharded=True),
            [one, one, one],
            losses=1,
            pauses_ns=(12,),
        ),
        case(
            "records, room for one",
            records(),
            split_of(records(), sharded=True),
            [one, gone, one],
            [packet(2), packet(2)],
            losses=1,
        ),
        case(
            "cells",
            cells(),
            split_of(cells()),
            [packet(1, 1), packet(1, 1)],
            [packet(2, 1, 1), packet(2, 1, 1)],
            losses=1,
            pauses_ns=(22,),
        ),
        case(
            "cells, two flows",
            cells(),
            split_of(cells(), entries=2),
            [packet(1, 1), packet(1, 1)],
            [packet(2, 1)],
            losses=1,
            pauses_ns=(22,),
        ),
        case(
            "marks",
            marks(),
            split_of(marks(), copied=("marks",)),
            [packet(1, 1, 1), packet(1, 2, 1), packet(1, 2, 3)],
            [packet(2, 1), packet(2, 1)],
            losses=1,
        ),
        case("order", passes(), split_of(passes()), [asking, one, asking, one], [packet(2)], losses=1),
        case("restart, copies", private(), split_of(private()), [one, one, gone, one], pauses_ns=(12,), restarts=1),
        case("restart, records", records(), split_of(records(), sharded=True), [one, one, one, one], restarts=1),
        case("restart, cells", cells(), split_of(cells()), [packet(1, 1)] * 2, [packet(2, 1, 1)] * 2, restarts=1),
        case("restart, order", passes(), split_of(passes()), [asking, one, asking, one], restarts=1),
    ]


def full_cases() -> list[Case]:
    """The same with more packets and losses; minutes."""
    one, gone, refused = packet(1), packet(1, flags=1), packet(1, flags=3)
    two, two_gone = packet(2), packet(2, flags=1)
    mapped = split_of(cells(), entries=2)
    sharded = split_of(records(), sharded=True)
    return [
        *quick_cases(),
        case("private key, longer", private(), split_of(private()), [one, one, refused, one, gone, one], losses=2),
        case("private key, full", private(1), split_of(private(1)), [one, gone, one], [two, two], losses=1),
        case("shared key, longer", shared(), split_of(shared()), [one, gone, one], [two, two, two_gone], losses=2),
        case("shared key, expiry", shared(), split_of(shared()), [one, one], [two, two], losses=1, pauses_ns=(12,)),
        case("records, longer", records(), sharded, [one, one, gone, one, one, refused], losses=2, pauses_ns=(12,)),
        case("records, two flows", records(), sharded, [one, one, gone], [two, two, two_gone], losses=1),
        case(
            "cells, longer",
            cells(),
            mapped,
            [packet(1, 1), packet(1, 1), packet(1, 1)],
            [packet(2, 1, 1), packet(2, 1, 1)],
            losses=1,
            pauses_ns=(12, 22),
        ),
        case(
            "cells, two flows, longer",
            cells(),
            mapped,
            [packet(1, 1), packet(1, 1)],
            [packet(2, 1), packet(2, 1)],
            losses=2,
            pauses_ns=(22,),
        ),
    ]
