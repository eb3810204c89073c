"""Small cases with probes of the control plane, for the model check."""

from __future__ import annotations

from mc_cases import RECORDED, case, packet, private, program, records, shared, split_of

from cora.ir.nodes import Program
from cora.split.probes import Ask
from cora.verify.modelcheck import Asked, Case

# A flow gets the port that it asks for, if no other one has it; what comes back finds the flow by its port. A port is
# free again when its row in `owners` is gone.
PORTS = """
block look
  if h.flags:8[0..0] then back else out
block out
  (hit:1, port:8) = lookup ports [h.flow:8]
  if hit:1 then known else search
block known
  h.result:8 = port:8
  goto send
block search
  (taken:1, owner:8) = lookup owners [h.group:8]
  if taken:1 then refuse else take
block refuse
  drop taken
block take
  (status:8) = insert ports [h.flow:8] (h.group:8)
  (made:8) = insert owners [h.group:8] (h.flow:8)
  h.result:8 = h.group:8
  goto send
block back
  (found:1, owner:8) = lookup owners [h.group:8]
  if found:1 then owned else closed
block closed
  drop closed
block owned
  h.result:8 = owner:8
  goto send
block send
  emit h
  forward 1:16
"""
# A packet may end on the host and leave the record as it is: its answer brings the record and nothing else.
ENDS = """
block look
  (hit:1, packets:16) = lookup flows [h.flow:8]
  if hit:1 then known else new
block known
  if h.flags:8[0..0] then kept else change
block kept
  (status:8) = insert flows [h.flow:8] (packets:16 + 7:16)
  drop kept
block change
  update flows [h.flow:8] field packets (packets:16 + 1:16)
  h.result:8 = packets:16[7..0]
  goto send
block new
  (status:8) = insert flows [h.flow:8] (1:16)
  goto send
block send
  count seen [0:8]
  emit h
  forward 1:16
"""
ROWS = "flow_table ports [flow:8] -> (port:8) capacity 4\nflow_table owners [port:8] -> (flow:8) capacity 4"


def ports() -> Program:
    return program("ports", ROWS, PORTS)


def flows(ask: Ask, *values: int, key: int = 1) -> Asked:
    return Asked("flows", (key,), ask, values)


def _freed(*packets: list[tuple[bytes, int]]) -> Case:
    gone = (Asked("ports", (1,), Ask.DELETE), Asked("owners", (1,), Ask.DELETE))
    return case("a port is freed", ports(), split_of(ports(), entries=2), *packets, probes=gone)


def probe_cases() -> list[Case]:
    one, two = packet(1), packet(2)
    copies, sharded = split_of(private()), split_of(records(), sharded=True)
    later, expire, delete = (12,), flows(Ask.EXPIRE), flows(Ask.DELETE)
    ends = program("ends", RECORDED.format(far=4, idle=""), ENDS)
    return [
        case(
            "updates, doubled", ends, split_of(ends, sharded=True), [one, packet(1, flags=1), one, one, one], doubles=1
        ),
        case("probes, doubled", records(), sharded, [one, one, one], doubles=1, probes=(expire,)),
        case("probes, records", records(), sharded, [one, one], losses=1, pauses_ns=later, probes=(expire, expire)),
        case("probes, private key", private(), copies, [one, one], losses=1, probes=(delete, flows(Ask.TAKE_BACK))),
        case("probes, private key, expiry", private(), copies, [one, one], losses=1, pauses_ns=later, probes=(expire,)),
        case("probes, shared key", shared(), split_of(shared()), [one], [two, two], probes=(flows(Ask.DELETE, key=0),)),
        _freed([packet(1, 1), packet(7, 1, 1)], [packet(2, 1)]),
    ]


def longer_probe_cases() -> list[Case]:
    """The same with more packets, losses and probes; minutes."""
    one, two = packet(1), packet(2)
    copies, both, sharded = split_of(private()), split_of(shared()), split_of(records(), sharded=True)
    later, expire, delete, back = (12,), flows(Ask.EXPIRE), flows(Ask.DELETE), flows(Ask.TAKE_BACK)
    put, shared_ones = flows(Ask.PUT, 7), (flows(Ask.EXPIRE, key=0), flows(Ask.DELETE, key=0))
    return [
        case("probes, private key, longer", private(), copies, [one, one, one], losses=1, probes=(delete, back)),
        case("probes, values", private(), copies, [one, one], losses=1, pauses_ns=later, probes=(expire, put)),
        case(
            "probes, shared key, longer", shared(), both, [one, one], [two], losses=1, pauses_ns=later,
            probes=shared_ones,
        ),
        case("probes, records, longer", records(), sharded, [one, one, one], losses=1, probes=(back, delete, put)),
        case(
            "probes, records, doubled", records(), sharded, [one, one, one], losses=1, doubles=1,
            probes=(expire, delete),
        ),
        _freed([packet(1, 1), packet(1, 1), packet(7, 1, 1)], [packet(2, 1)]),
    ]  # fmt: skip
