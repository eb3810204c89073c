"""Small functions under load: traffic and relays by which every rule of the gates matters many times a second.

The functions of the model check, but that a packet which closes its flow says so before the flow is looked up: near
then does nothing for a packet that it hands off and that is lost on its way.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

from mc_batches import tables
from mc_cases import CELLS, MARKS, PASSES, program, split_of

from cora.ir.nodes import Program
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.lab.load import LoadOptions, LoadRun, load_run
from cora.lab.relay import RelayOptions
from cora.split.engines import Split

# A hit shows the entry's value in the packet and restarts its timer. A miss makes an entry out of the time.
COPIES = """
block look
  if h.flags:8[0..0] then close else find
block find
  (hit:1, value:16) = lookup flows [h.{key}:8]
  if hit:1 then known else new
block known
  touch flows [h.{key}:8]
  h.result:8 = value:16[7..0]
  goto send
block close
  (hit:1, value:16) = lookup flows [h.{key}:8]
  h.result:8 = value:16[7..0]
  if h.flags:8[2..2] then keep else remove
block keep
  (status:8) = insert flows [h.{key}:8] (value:16)
  if status:8 == 0:8 then send else full
block remove
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
# Every packet of a flow changes its record, but those with flags, which the host has.
RECORDS = """
block look
  if h.flags:8[0..0] then close else find
block find
  (hit:1, packets:16) = lookup flows [h.flow:8]
  if hit:1 then known else new
block known
  touch flows [h.flow:8]
  update flows [h.flow:8] field packets (packets:16 + 1:16)
  h.result:8 = packets:16[7..0]
  goto send
block close
  (hit:1, packets:16) = lookup flows [h.flow:8]
  h.result:8 = packets:16[7..0]
  if h.flags:8[2..2] then keep else remove
block keep
  (status:8) = insert flows [h.flow:8] (packets:16)
  if status:8 == 0:8 then send else full
block remove
  delete flows [h.flow:8]
  if h.flags:8[1..1] then refuse else send
block refuse
  drop closed
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
# The host notes when it wrote a cell last, and drops the packet if it says so.
NOTES = """
block look
  (note:8) = read notes [h.group:8]
  h.result:8 = note:8
  if h.flags:8[0..0] then change else send
block change
  write notes [h.group:8] ($time:64[7..0])
  if h.flags:8[1..1] then refuse else send
block refuse
  drop noted
block send
  emit h
  forward 1:16
"""
FLOWS = "flow_table flows [key:8] -> ({value}:{bits}) capacity {far}{idle}\n"
SEEN = "counter seen [i:8] -> () capacity 1"
MAPPED = "register last [cell:8] -> (time:64) capacity 8\nregister holder [cell:8] -> (flow:8) capacity 8"
IDLE = " idle (10)"

PLAIN, REMOVE, REFUSE, KEEP = 0, 1, 3, 5
"""Flags of packets: `close` removes the entry, and drops the packet, or makes the entry again as it is."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """Few flows at a time send many packets; then others do. Times are those of the virtual clock."""

    flags: tuple[int, ...]
    """One of them for each packet."""
    groups: int = 1
    any_group: bool = False
    """Each packet has any group, not its flow's."""
    flows: int = 32
    active: int = 2
    stay: int = 30
    """Packets that a flow sends, on average, until another one has its place."""
    pause_ns: int = 12
    pause_one_in: int = 50
    """Bursts, on average, between two pauses."""

    def packets(self, count: int, burst: int, seed: int) -> tuple[list[Packet], list[int]]:
        """Packets, and the number of each one's connection."""
        dice = random.Random(seed)
        active = [dice.randrange(self.flows) for _ in range(self.active)]
        made: list[Packet] = []
        connections: list[int] = []
        now_ns = 1000
        for number in range(count):
            if number % burst == 0:
                now_ns += 1 if dice.randrange(self.pause_one_in) else self.pause_ns
            place = dice.randrange(self.active)
            if not dice.randrange(self.stay):
                active[place] = dice.randrange(self.flows)
            flow = active[place]
            group = dice.randrange(self.groups) if self.any_group else flow % self.groups
            made.append(Packet(bytes((flow + 1, group, dice.choice(self.flags), 0)) + bytes(14), 0, now_ns, number))
            connections.append(flow)
        return made, connections


@dataclass(frozen=True, slots=True)
class LoadCase:
    name: str
    what: str
    """What it has of states, and what is lost."""
    program: Program
    split: Split
    traffic: Traffic
    options: LoadOptions

    def run(self, split: Split | None = None, *, count: int = 3000, seed: int = 1) -> LoadRun:
        """One run, of the split or of a broken one."""
        packets, connections = self.traffic.packets(count, self.options.burst, seed)
        made, store = self.program, lambda: Store(self.program)
        return load_run(made, split or self.split, store, (0, 1), packets, connections, self.options)


def _often(lose_pct: float = 1, lose_data_pct: float = 0, *, rest: int = 4, pps: float = 8000) -> LoadOptions:
    """Some bursts are played while frames are out, then all come back, so that near may serve what comes next."""
    relay = RelayOptions(delay_ms=0.5, hold_ms=3, lose_pct=lose_pct, lose_data_pct=lose_data_pct, queues=1)
    return LoadOptions(pps, burst=4, rest_bursts=rest, relay=relay)


def _asked() -> LoadOptions:
    """The same while the control plane asks for rows, by frames of which many are lost or doubled."""
    options = _often(10)
    return replace(options, churn_per_s=1500, relay=replace(options.relay, double_pct=20))


def _changed() -> LoadOptions:
    """The same while tables change, by batches whose frames are lost or doubled often. A flip takes some ten
    milliseconds, as the kernel lets programs end; frames stay out for longer."""
    options = _often(10, rest=0, pps=3000)
    return replace(options, batches_per_s=1000, relay=replace(options.relay, delay_ms=40, double_pct=20))


def _flows(value: str = "value", *, bits: int = 16, far: int = 64, idle: str = "") -> str:
    return FLOWS.format(value=value, bits=bits, far=far, idle=idle)


def load_cases() -> list[LoadCase]:
    some = (*(PLAIN,) * 12, REMOVE, REFUSE)
    kept = (*some, KEEP, KEEP)
    private = program("private", _flows(idle=IDLE) + SEEN, COPIES.format(key="flow"))
    shared = program("shared", _flows(far=16) + SEEN, COPIES.format(key="group"))
    records = program("records", _flows("packets", idle=IDLE) + SEEN, RECORDS)
    cells = program("cells", _flows("cell", bits=8, idle=IDLE) + MAPPED, CELLS)
    marks = program("marks", _flows("cell", bits=8) + "register marks [cell:8] -> (mark:8) capacity 8", MARKS)
    passes = program("passes", _flows() + SEEN, PASSES)
    notes = program("notes", "register notes [cell:8] -> (note:8) capacity 16", NOTES)
    sharded, narrow = split_of(records, sharded=True, entries=64), split_of(records, sharded=True)
    return [
        LoadCase("private key", "copies that expire", private, split_of(private, entries=8), Traffic(kept), _often()),
        LoadCase("shared key", "copies", shared, split_of(shared, entries=8), Traffic(some, groups=4), _often()),
        LoadCase("records", "records that expire", records, sharded, Traffic(kept), _often()),
        LoadCase("records, room for one", "records", records, narrow, Traffic(kept, flows=4), _often()),
        LoadCase("cells", "registers", cells, split_of(cells, entries=8), Traffic((0, 0, 0, 1), groups=8), _often()),
        LoadCase("notes", "a register", notes, split_of(notes), Traffic((*(0,) * 8, 1, 3), groups=16), _often(3)),
        LoadCase(
            "marks",
            "a register, cells named by a table",
            marks,
            split_of(marks, copied=("marks",)),
            Traffic((*(0,) * 30, 1, 3), groups=8, any_group=True),
            _often(0),
        ),
        LoadCase(
            "order",
            "some packets meet nothing",
            passes,
            split_of(passes, entries=32),
            Traffic((*(0,) * 24, 1), active=1),
            _often(rest=256, pps=4000),
        ),
        LoadCase(
            "private key, lost packets",
            "copies that expire; packets lost on the way to the host and back",
            private,
            split_of(private, entries=64),
            Traffic((*(0,) * 6, KEEP), active=1, stay=40, pause_ns=8, pause_one_in=3),
            _often(lose_data_pct=5),
        ),
        LoadCase(
            "records, lost packets", "the same with records", records, sharded, Traffic(kept), _often(lose_data_pct=5)
        ),
        LoadCase(
            "tables, batches",
            "tables on both engines",
            tables(),
            split_of(tables(), entries=4, batches=True),
            Traffic((0,), groups=2, any_group=True, active=8),
            _changed(),
        ),
        LoadCase("records, probes", "records asked for", records, sharded, Traffic(kept), _asked()),
    ]
