"""Counting operations of blocks, and what they cost."""

from __future__ import annotations

from unittest.mock import ANY

import pytest

from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Cast,
    Checksum,
    Concat,
    Const,
    Digest,
    Drop,
    Emit,
    Expr,
    Extract,
    Field,
    Forward,
    Hash,
    Header,
    KeyField,
    Mux,
    Op,
    Program,
    Room,
    Slice,
    State,
    Switch,
    Un,
    Var,
)
from cora.model import load_model
from cora.model.costs import AccessCount, access_cost, access_cycles, access_shape, at_working_set, count_ops, op_cycles
from cora.model.schema import Curve, Memory
from cora.model.uses import Uses, uses

ETH = Header("eth", (Field("dst", 48), Field("src", 48), Field("type", 16)))
IP = Header("ip", (Field("src", 32), Field("dst", 32)))
A, B = Var("a", 32), Var("b", 32)


def _program(*blocks: Block, states: tuple[State, ...] = ()) -> Program:
    return Program("p", "pna", (ETH, IP), states, blocks, blocks[0].name)


def test_only_changed_headers_cost_to_emit() -> None:
    block = Block(
        "b",
        (Extract("eth"), Extract("ip"), Assign(Var("ip.src", 32), A), Emit("eth"), Emit("ip")),
        Forward(Const(1, 16)),
    )
    program = _program(block)
    assert uses(program).modified == {"ip"}
    counts = count_ops(program, block, uses(program))
    assert (counts.extract_bytes, counts.emit_bytes) == (14 + 8, 8)


def test_operators_are_counted_by_class() -> None:
    value = Mux(Bin("eq", A, B), Bin("mul", A, B), Bin("udiv", Slice(Concat(A, B), 31, 0), Un("not", B)))
    block = Block("b", (Assign(A, value), Room(Var("r", 1), Const(64, 32))), Branch(Cast(A, 1), "x", "y"))
    counts = count_ops(_program(block), block, Uses())
    assert counts.multiply == 1 and counts.divide == 1
    assert counts.branch == 3  # mux, room, branch
    assert counts.alu == 1 + 1 + 1 + 1 + 2 + 1 + 1 + 1  # assign, mux, eq, slice, concat, not, room, cast


def test_wide_operations_count_once_a_word() -> None:
    wide = Bin("add", Var("v", 128), Var("w", 128))
    block = Block("b", (Assign(Var("v", 128), wide),), Drop())
    assert count_ops(_program(block), block, Uses()).alu == 1 + 2


def test_checksums_hashes_digests_and_switches() -> None:
    ops = (
        Checksum(Var("c", 16), Const(0, 16), (A, B), (A,)),
        Checksum(Var("c", 16), Const(0, 16), (), (), payload=True),
        Hash(Var("h", 32), "crc32", (A,)),
        Digest("d", (A,)),
    )
    block = Block("b", ops, Switch(A, ((1, "x"), (2, "y"), (3, "z")), "w"))
    counts = count_ops(_program(block), block, Uses())
    assert counts.checksum_words == (2 + 2 + 2 + 1) + 1
    assert (counts.payload_checksums, counts.hash, counts.digest, counts.branch) == (1, 1, 1, 2)
    host = load_model("host-x86").host
    longer = op_cycles(counts, host, 1500.0) - op_cycles(counts, host, 500.0)
    assert longer == pytest.approx(500 * host.ops["checksum_word"].value)


def test_accesses_have_the_shape_of_their_hardest_match() -> None:
    def table(*matches: str) -> State:
        key = tuple(KeyField(m, 32, m) for m in matches)  # type: ignore[arg-type]
        return State("t", "table", key, (Field("action", 8),), 64)

    assert access_shape(table("exact"), "lookup") == "exact"
    assert access_shape(table("exact", "lpm"), "lookup") == "lpm"
    assert access_shape(table("lpm", "range"), "lookup") == "ternary"
    assert access_shape(table("exact"), "touch") == "touch"
    assert access_shape(table("exact"), "evict") is None
    block = Block("b", (Access("t", "lookup", (A,), (), (Var("hit", 1), B)),), Drop())
    program = _program(block, states=(table("exact"),))
    assert count_ops(program, block, Uses()).accesses == [AccessCount("t", "exact", ANY)]
    assert count_ops(program, block, Uses()).instructions > 20


def test_costs_grow_with_the_logarithm_of_the_working_set() -> None:
    curve = Curve(((1000.0, 112.0), (10000.0, 162.0), (100000.0, 364.0)), "cycles", "", "measured")
    assert at_working_set(curve, 10) == 112
    assert at_working_set(curve, 1e9) == 364
    assert at_working_set(curve, 10000) == 162
    assert at_working_set(curve, 1000 * 10**0.5) == pytest.approx((112 + 162) / 2)


# ---------------------------------------------------------------- what an NFP tells apart

R = State("r", "register", (KeyField("index", 32, "exact"),), (Field("value", 32),), 64)
OLD, INDEX = Var("old", 32), Var("i", 32)


def _add(state: str = "r", value: Expr = B) -> Access:
    return Access(state, "rmw", (INDEX,), (Bin("add", OLD, value),), (OLD,))


def test_words_of_headers_are_loaded_where_something_reads_them() -> None:
    ops = (Extract("eth"), Extract("ip"), Assign(Var("ip.dst", 32), Var("ip.src", 32)), Emit("eth"), Emit("ip"))
    block = Block("b", ops, Branch(Bin("eq", Var("eth.type", 16), Const(1, 16)), "x", "y"))
    program = _program(block)
    assert uses(program).loaded_words == {"eth": 1, "ip": 1}
    counts = count_ops(program, block, uses(program))
    assert (counts.load_words, counts.store_words) == (2, 1)
    wide = Block("b", (Extract("eth"), Assign(A, Cast(Var("eth.src", 48), 32))), Drop())
    assert uses(_program(wide)).loaded_words["eth"] == 2  # bits 48 to 95: words 1 and 2
    long = Header("long", (Field("tag", 32), Field("value", 1024)))
    read = Block("b", (Extract("long"), Assign(A, Slice(Var("long.value", 1024), 31, 0))), Drop())
    assert uses(Program("p", "pna", (long,), (), (read,), "b")).loaded_words["long"] == 2  # two commands of 64 bytes


def test_additions_are_told_from_other_changes() -> None:
    def shape(access: Access, *more: Op) -> str:
        block = Block("b", (access, *more), Drop())
        program = _program(block, states=(R,))
        return count_ops(program, block, uses(program)).accesses[0].shape

    assert shape(_add()) == "add"
    assert shape(_add(), Assign(A, OLD)) == "fetch_add"
    assert shape(_add(value=OLD)) == "rmw"  # doubles the cell
    assert shape(Access("r", "rmw", (INDEX,), (Bin("sub", B, OLD),), (OLD,))) == "rmw"
    assert shape(Access("r", "rmw", (INDEX,), (Bin("or", B, OLD),), (OLD,))) == "add"


def test_a_core_leaves_time_between_operations_that_are_waited_for() -> None:
    model = load_model("agilio-cx")
    nic, emem, imem = model.engine("nic"), model.memory("emem"), model.memory("imem")

    def cycles(access: Access, memory: Memory, *before: Op) -> float:
        block = Block("b", (*before, access), Drop())
        program = _program(block, states=(R,))
        (found,) = count_ops(program, block, uses(program)).accesses
        cost = access_cost(nic, found.shape)
        assert cost is not None
        return access_cycles(nic, memory, found, cost, 1, 1)

    read = Access("r", "read", (INDEX,), (), (OLD,))
    hashed = Hash(INDEX, "crc32", (A,))
    assert cycles(read, emem) == 25 and cycles(read, imem) == 16
    assert cycles(read, emem, hashed) == 7  # computing the index took longer than the spacing
    assert cycles(read, emem, Assign(INDEX, Bin("add", A, B))) == 25 - 2
    assert cycles(_add(), emem) == 5  # nobody waits for it
    host = load_model("host-x86").host
    assert access_cost(host, "add") == host.accesses["rmw"]


def test_division_by_a_power_of_two_is_none() -> None:
    def counted(divisor: int) -> tuple[int, int]:
        block = Block("b", (Assign(A, Bin("umod", B, Const(divisor, 32))),), Drop())
        counts = count_ops(_program(block), block, Uses())
        return counts.alu, counts.divide

    assert counted(1024) == (2, 0) and counted(1000) == (1, 1)
    block = Block("b", (Assign(Var("v", 48), Bin("add", Var("v", 48), Var("w", 48))),), Drop())
    assert count_ops(_program(block), block, Uses()).alu_wide == 1
