"""Small cases with batches of changes to tables, for the model check."""

from __future__ import annotations

from mc_cases import case, packet, program, split_of

from cora.ir.batch import Batch, Delete, Insert, Modify, SetDefault
from cora.ir.nodes import Entry, KeyMatch, Program
from cora.verify.modelcheck import Case

# What the first table says must fit to what the second one says. The host does both for a new flow, the NIC for others;
# where the packet is taken up, the first has been asked already.
TABLES = """
block look
  (listed:1, action:8, one:8) = lookup first [h.group:8]
  h.group:8 = one:8
  goto find
block find
  (hit:1, value:8) = lookup flows [h.flow:8]
  if hit:1 then known else new
block known
  touch flows [h.flow:8]
  goto ask
block new
  (status:8) = insert flows [h.flow:8] (7:8)
  goto ask
block ask
  (named:1, action:8, two:8) = lookup second [h.flow:8]
  h.result:8 = two:8
  if h.flags:8[0..0] then refuse else send
block refuse
  drop refused
block send
  emit h
  forward 1:16
"""
VALUES = "(action:8, p:8) capacity 4 default (0, {0}) actions (n, f)"
STATES = f"""table first [k:8] -> {VALUES.format(3)}
  row (1) -> (1, 11)
table second [k:8 lpm] -> {VALUES.format(4)}
  row (1 / 8) -> (1, 21)
flow_table flows [key:8] -> (value:8) capacity 4"""


def tables() -> Program:
    return program("tables", STATES, TABLES)


def row(key: int, value: int, prefix: int = 0) -> Entry:
    return Entry((KeyMatch(key, prefix),), (1, value))


OTHER = Batch((Modify("first", row(1, 12)), Delete("second", (KeyMatch(1, 8),)), SetDefault("second", (0, 22))))
THIRD = Batch((Delete("first", (KeyMatch(1),)), SetDefault("first", (0, 13)), Insert("second", row(1, 23, 8))))


def batch_cases() -> list[Case]:
    made = tables()
    split = split_of(made, batches=True)
    one, two, dropped = packet(1, 1), packet(2, 1), packet(1, 1, 1)
    return [
        case("a batch", made, split, [one], [two], batches=(OTHER,), losses=1),
        case("batches", made, split, [one, dropped], batches=(OTHER, THIRD), doubles=1),
        case("restart, a batch", made, split, [one, one], batches=(OTHER,), restarts=1),
    ]


def longer_batch_cases() -> list[Case]:
    """The same with more packets and losses; a minute."""
    made = tables()
    split = split_of(made, batches=True)
    one, two, dropped = packet(1, 1), packet(2, 1), packet(1, 1, 1)
    return [
        case("a batch, longer", made, split, [one, one, dropped], [two], batches=(OTHER,), losses=1),
        case("batches, longer", made, split, [one, one], [two], batches=(OTHER, THIRD), losses=1, doubles=1),
    ]
