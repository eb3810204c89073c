"""Small network functions in the IR's own text: what splitting has to cope with, without a front end."""

from __future__ import annotations

from cora.ir.nodes import Program
from cora.ir.text import parse_program

_PARSER = """
block start
  room:1 = room 128:32
  if room:1 then parse else classify
block parse
  extract h
  goto classify
"""

_HEADER = "header h: src:32 dst:32 sport:16 dport:16 proto:8 flags:8 ttl:8 spare:8\n"

MINI_NAT = (
    "program mini_nat for test\n"
    + _HEADER
    + """
table pools [proto:8] -> (action:8, pool.base:32, pool.mask:32) capacity 4 default (0, 0, 0) actions (none, pool)
  row (6) -> (1, 0, 3)
  row (17) -> (1, 4, 3)
flow_table outbound [src:32, sport:16, proto:8] -> (slot:32) capacity 6 idle (50)
register slot_addr [slot:32] -> (addr:32) capacity 8
register slot_port [slot:32] -> (port:16) capacity 8
register slot_last [slot:32] -> (last:64) capacity 8
counter drops [reason:8] -> () capacity 4
counter seen [port:8] -> () capacity 2
body classify
"""
    + _PARSER
    + """
block classify
  count seen [$port:16[7..0]]
  if h.$valid:1 then live else malformed
block malformed
  count drops [0:8]
  drop malformed
block live
  h.ttl:8 = h.ttl:8 - 1:8
  (found:1, action:8, base:32, mask:32) = lookup pools [h.proto:8]
  if found:1 then direction else no_pool
block no_pool
  count drops [1:8]
  drop no_pool
block direction
  addr:32 = h.src:32
  port:16 = h.sport:16
  if $port:16 == 0:16 then outward else inward
block outward
  (hit:1, slot:32) = lookup outbound [addr:32, port:16, h.proto:8]
  if hit:1 then known else search
block known
  touch outbound [addr:32, port:16, h.proto:8]
  write slot_last [slot:32] ($time:64)
  goto rewrite
block search
  h:32 = hash crc32 (addr:32, port:16, h.proto:8)
  c0:32 = base:32 + (h:32 & mask:32)
  (last:64) = read slot_last [c0:32]
  if mux(last:64 == 0:64, 1:1, 100:64 < ($time:64 - last:64)) then take0 else busy0
block take0
  slot:32 = c0:32
  goto store
block busy0
  c1:32 = base:32 + ((h:32 + 1:32) & mask:32)
  (last:64) = read slot_last [c1:32]
  if mux(last:64 == 0:64, 1:1, 100:64 < ($time:64 - last:64)) then take1 else exhausted
block take1
  slot:32 = c1:32
  goto store
block exhausted
  count drops [2:8]
  drop exhausted
block store
  (status:8) = insert outbound [addr:32, port:16, h.proto:8] (slot:32)
  if status:8 == 0:8 then stored else full
block full
  count drops [3:8]
  drop full
block stored
  write slot_addr [slot:32] (addr:32)
  write slot_port [slot:32] (port:16)
  write slot_last [slot:32] ($time:64)
  goto rewrite
block rewrite
  h.src:32 = 0x0a000001:32
  h.sport:16 = slot:32[15..0]
  emit h
  forward 1:16
block inward
  slot:32 = zext(h.dport:16, 32)
  (last:64) = read slot_last [slot:32]
  if mux(last:64 == 0:64, 1:1, 100:64 < ($time:64 - last:64)) then stale else owned
block stale
  drop no_mapping
block owned
  (a:32) = read slot_addr [slot:32]
  (p:16) = read slot_port [slot:32]
  write slot_last [slot:32] ($time:64)
  h.dst:32 = a:32
  h.dport:16 = p:16
  emit h
  forward 0:16
"""
)

MINI_FIREWALL = (
    "program mini_firewall for test\n"
    + _HEADER
    + """
table rules [dst:32 lpm, dport:16 ternary] -> (action:8) capacity 8 default (0) actions (deny, allow)
  row (0x00000000 / 24, 0 &&& 1) -> (1)
flow_table conns [a:32, b:32, ap:16, bp:16] -> ($profile:8, phase:8, marks:8) capacity 6 idle (30, 80)
counter forwarded [port:8] -> () capacity 2
counter refused [why:8] -> () capacity 2
body classify
"""
    + _PARSER
    + """
block classify
  if h.$valid:1 then direction else short
block short
  drop short
block direction
  if $port:16 == 0:16 then out else in
block out
  a:32 = h.src:32
  ap:16 = h.sport:16
  b:32 = h.dst:32
  bp:16 = h.dport:16
  goto find
block in
  a:32 = h.dst:32
  ap:16 = h.dport:16
  b:32 = h.src:32
  bp:16 = h.sport:16
  goto find
block find
  (hit:1, profile:8, phase:8, marks:8) = lookup conns [a:32, b:32, ap:16, bp:16]
  if hit:1 then known else new
block known
  touch conns [a:32, b:32, ap:16, bp:16]
  next:8 = phase:8
  if h.flags:8[0..0] then reset else not_reset
block not_reset
  if (phase:8 == 0:8) & ($port:16 == 1:16) then answer else advance
block answer
  next:8 = 1:8
  goto advance
block reset
  delete conns [a:32, b:32, ap:16, bp:16]
  goto pass
block advance
  if next:8 != phase:8 then change else same
block change
  update conns [a:32, b:32, ap:16, bp:16] field phase (next:8)
  update conns [a:32, b:32, ap:16, bp:16] field $profile (1:8)
  touch conns [a:32, b:32, ap:16, bp:16]
  goto marking
block same
  goto marking
block marking
  seen:8 = marks:8 | zext(h.flags:8[7..6], 8)
  if seen:8 != marks:8 then mark else pass
block mark
  update conns [a:32, b:32, ap:16, bp:16] field marks (seen:8)
  goto pass
block new
  if $port:16 == 1:16 then refuse else consult
block consult
  (rule:1, verdict:8) = lookup rules [h.dst:32, h.dport:16]
  if verdict:8 == 1:8 then admit else deny
block deny
  count refused [1:8]
  drop denied
block refuse
  count refused [0:8]
  drop unsolicited
block admit
  (status:8) = insert conns [a:32, b:32, ap:16, bp:16] (0:8, 0:8, 0:8)
  if status:8 == 0:8 then pass else full
block full
  drop full
block pass
  count forwarded [$port:16[7..0]]
  emit h
  if $port:16 == 0:16 then to_net else to_host
block to_net
  forward 1:16
block to_host
  forward 0:16
"""
)

MINI_TRAP = (
    "program mini_trap for test\n"
    + _HEADER
    + """
register blocked [sender:32] -> (since:64, why:8) capacity 12
register latest [sender:32] -> (time:64) capacity 16
register visits [sender:32] -> (count:16) capacity 16
body classify
"""
    + _PARSER
    + """
block classify
  sender:32 = h.src:32 & 15:32
  if h.$valid:1 then look else short
block short
  drop short
block look
  (since:64, why:8) = read blocked [sender:32]
  write latest [sender:32] ($time:64 >> 2:8)
  if why:8 != 0:8 then refuse else open
block refuse
  drop blocked
block open
  if h.flags:8[0..0] then trap else quiet
block trap
  digest trapped (sender:32)
  write blocked [sender:32] ($time:64, 1:8)
  if h.sport:16 == 0:16 then neighbour else judge
block neighbour
  other:32 = sender:32 ^ 1:32
  write blocked [other:32] ($time:64, 2:8)
  goto judge
block judge
  other:32 = 0:32
  sender:32 = sender:32 + 1:32
  if h.flags:8[1..1] then trapped else parole
block trapped
  drop trapped
block parole
  coin:8 = random (0:8, 3:8)
  if coin:8 == 0:8 then pardon else released
block pardon
  write blocked [h.src:32 & 15:32] (0:64, 0:8)
  goto released
block released
  h.ttl:8 = 7:8
  emit h
  forward 2:16
block quiet
  if h.flags:8[2..2] then visit else calm
block visit
  (count:16) = rmw visits [sender:32] (count:16 + 1:16)
  if count:16 == 3:16 then regular else calm
block regular
  drop regular
block calm
  emit h
  forward 1:16
"""
)

MINI_FLOWS = (
    "program mini_flows for test\n"
    + _HEADER
    + """
flow_table flows [src:32, dst:32, sport:16] -> (packets:32, marks:8) capacity 5 idle (60)
{peers}
register audited [at:8] -> (total:32) capacity 1
counter closed [why:8] -> () capacity 2
body classify
"""
    + _PARSER
    + """
block classify
  if h.$valid:1 then find else short
block short
  drop short
block find
  (hit:1, packets:32, marks:8) = lookup flows [h.src:32, h.dst:32, h.sport:16]
  if hit:1 then known else new
block known
  if h.flags:8[2..2] then audit else change
block audit
  (total:32) = rmw audited [0:8] (total:32 + packets:32)
  goto change
block change
  update flows [h.src:32, h.dst:32, h.sport:16] field packets (packets:32 + 1:32)
  touch flows [h.src:32, h.dst:32, h.sport:16]
  if h.flags:8[0..0] then mark else counted
block mark
  update flows [h.src:32, h.dst:32, h.sport:16] field marks (marks:8 + 1:8)
  if marks:8 == 2:8 then close else counted
block close
  count closed [0:8]
  drop closed
block counted
  h.ttl:8 = packets:32[7..0]
  if h.flags:8[1..1] then refuse else {then}
block refuse
  count closed [1:8]
  drop refused
block new
  (status:8) = insert flows [h.src:32, h.dst:32, h.sport:16] (1:32, 0:8)
  if status:8 == 0:8 then {then} else full
block full
  drop full
{consult}
block send
  emit h
  forward 1:16
"""
)
_PEERS = "flow_table peers [dst:32] -> (visits:16) capacity 4"
_CONSULT = """
block consult
  (there:1, visits:16) = lookup peers [h.dst:32]
  if there:1 then visit else first
block visit
  update peers [h.dst:32] field visits (visits:16 + 1:16)
  goto send
block first
  (stored:8) = insert peers [h.dst:32] (1:16)
  goto send
"""


def mini_nat() -> Program:
    """Address translation: slots found by hashing, two probes, shared timers."""
    return parse_program(MINI_NAT)


def mini_firewall() -> Program:
    """Connection tracking: both directions on one entry, guarded updates, deletion on reset."""
    return parse_program(MINI_FIREWALL)


def mini_trap() -> Program:
    """Registers that only the owner writes, dropped packets that change them, maxima that are never read."""
    return parse_program(MINI_TRAP)


def mini_flows(*, by_destination: bool = False) -> Program:
    """Every packet of a flow changes its record; on demand also one by its destination alone."""
    parts = (_PEERS, _CONSULT, "consult") if by_destination else ("", "", "send")
    text = MINI_FLOWS
    for name, part in zip(("{peers}", "{consult}", "{then}"), parts, strict=True):
        text = text.replace(name, part)
    return parse_program(text)
