"""Every kind of access: its results, its effects, and what a trace says of it."""

from __future__ import annotations

import pytest
from ir_texts import program, values_of

from cora.ir.interp import Packet, Trace, TracedAccess, run
from cora.ir.nodes import INPUTS
from cora.ir.store import Store

LOOKUP = "(hit:1, a:16, b:8) = lookup flows [1:8]"


@pytest.fixture
def store() -> Store:
    made = Store(program(""))
    made.flow_tables["flows"].put((1,), (10, 3), 1000)
    return made


def test_lookup_of_a_flow_leaves_the_timer(store: Store) -> None:
    assert values_of(LOOKUP, "hit:1, a:16, b:8", store=store, time_ns=1100) == (1, 10, 3)
    assert values_of(LOOKUP, "hit:1, a:16, b:8", store=store, time_ns=1101) == (0, 0, 0)
    assert store.flow_tables["flows"].entries[(1,)].last_ns == 1000


def test_lookup_in_a_table_gives_the_best_row_or_the_default() -> None:
    text = "(hit:1, action:8, port:16) = lookup rules [{}:32, {}:8]"
    results = "hit:1, action:8, port:16"
    assert values_of(text.format(0x0A010203, 6), results) == (1, 1, 2)
    assert values_of(text.format(0x0A010203, 17), results) == (1, 1, 3)
    assert values_of(text.format(0x0B000000, 17), results) == (0, 9, 9)


def test_insert_says_when_it_is_full(store: Store) -> None:
    text = "(s1:8) = insert flows [2:8] (5:16, 5:8)\n(s2:8) = insert flows [3:8] (5:16, 5:8)"
    more = "(s3:8) = insert flows [1:8] (6:16, 6:8)"
    assert values_of(f"{text}\n{more}", "s1:8, s2:8, s3:8", store=store, time_ns=2000) == (0, 1, 0)
    assert store.snapshot()["flows"] == {(1,): ((6, 6), 2000), (2,): ((5, 5), 2000)}


def test_update_touch_and_delete(store: Store) -> None:
    values_of("update flows [1:8] field b (9:8)\nupdate flows [2:8] field b (9:8)", "0:1", store=store, time_ns=5)
    assert store.snapshot()["flows"] == {(1,): ((10, 9), 1000)}
    values_of("touch flows [1:8]\ntouch flows [2:8]", "0:1", store=store, time_ns=5000)
    assert store.snapshot()["flows"] == {(1,): ((10, 9), 5000)}
    values_of("delete flows [1:8]\ndelete flows [2:8]", "0:1", store=store)
    assert store.snapshot()["flows"] == {}


def test_registers(store: Store) -> None:
    text = """
    (a:16, b:8) = read cells [1:32]
    (c:16, d:8) = read cells [4:32]
    write cells [2:32] (5:16, 6:8)
    write cells [4:32] (5:16, 6:8)
    (e:16, f:8) = rmw cells [2:32] (e:16 + 1:16, f:8 + 1:8)
    (g:16, f:8) = rmw cells [9:32] (1:16, 1:8)
    """
    results = "a:16, b:8, c:16, d:8, e:16, f:8, g:16"
    assert values_of(text, results, store=store) == (7, 1, 0, 0, 5, 0, 0)
    assert store.snapshot()["cells"] == {2: (6, 7)}


def test_count(store: Store) -> None:
    values_of("count hits [1:32]\ncount hits [1:32]\ncount hits [2:32]", "0:1", store=store, data=bytes(60))
    assert store.snapshot()["hits"] == {1: (2, 120)}


def test_peek_sees_what_has_expired(store: Store) -> None:
    text = "(f:1, l:64, a:16, b:8) = peek flows [1:8]\n(f2:1, l2:64, a2:16, b2:8) = peek flows [2:8]"
    results = "f:1, l:64, a:16, b:8, f2:1, l2:64, a2:16, b2:8"
    assert values_of(text, results, store=store, time_ns=10**9) == (1, 1000, 10, 3, 0, 0, 0, 0)


def test_a_copy_that_leaves_tells_its_timer_until_it_is_forgotten(store: Store) -> None:
    text = """(f:1, l:64) = evict flows [1:8] (7:32)
    (f2:1, l2:64) = evict flows [1:8] (8:32)
    (hit:1, a:16, b:8) = lookup flows [1:8]
    touch flows [1:8]
    update flows [1:8] field a (9:16)
    forget flows [1:8] (6:32)
    (f3:1, l3:64, a3:16, b3:8) = peek flows [1:8]
    forget flows [1:8] (7:32)
    (f4:1, l4:64) = evict flows [1:8] (9:32)"""
    results = "f:1, l:64, f2:1, l2:64, hit:1, f3:1, l3:64, a3:16, f4:1, l4:64"
    assert values_of(text, results, store=store, time_ns=5) == (1, 1000, 1, 1000, 0, 1, 1000, 10, 0, 0)
    assert store.snapshot()["flows"] == {}


def test_stamps_go_round(store: Store) -> None:
    text = "(f:1, l:64) = evict flows [1:8] (0xfffffffe:32)\nforget flows [1:8] (0xfffffffd:32)\n"
    assert values_of(text + "(f2:1, l2:64) = evict flows [1:8] (1:32)", "f2:1", store=store) == (1,)
    values_of("forget flows [1:8] (2:32)", "0:1", store=store)
    assert store.snapshot()["flows"] == {}


def test_a_record_that_leaves_tells_everything_and_since_when(store: Store) -> None:
    text = """(f:1, s:32, l:64, a:16, b:8) = release flows [1:8] (7:32)
    (f2:1, s2:32, l2:64, a2:16, b2:8) = release flows [1:8] (8:32)
    (f3:1, s3:32, l3:64, a3:16, b3:8) = release flows [2:8] (9:32)"""
    results = "f:1, s:32, l:64, a:16, b:8, f2:1, s2:32, l2:64, a2:16, b2:8, f3:1, s3:32, l3:64"
    found = values_of(text, results, store=store, time_ns=5)
    assert found == (1, 7, 1000, 10, 3, 1, 7, 1000, 10, 3, 0, 0, 0)


@pytest.mark.parametrize(
    ("adopt", "after"),
    [
        ("(1:1, 8:32, 77:64, 1:16, 2:8)", ((1, 2), 77)),  # it left after the offer
        ("(1:1, 7:32, 77:64, 1:16, 2:8)", ((10, 3), 1000)),  # it left before: the offer was lost
        ("(0:1, 0:32, 77:64, 1:16, 2:8)", ((10, 3), 1000)),  # it was refused
    ],
)
def test_an_offered_record_is_taken_back_once(store: Store, adopt: str, after: tuple[tuple[int, int], int]) -> None:
    text = f"""offer flows [1:8] (7:32)
    offer flows [2:8] (7:32)
    (hit:1, a2:16, b2:8) = lookup flows [1:8]
    adopt flows [1:8] {adopt}
    adopt flows [1:8] (1:1, 9:32, 99:64, 5:16, 6:8)
    adopt flows [2:8] (1:1, 9:32, 99:64, 5:16, 6:8)
    (hit3:1, a3:16, b3:8) = lookup flows [1:8]"""
    assert values_of(text, "hit:1, hit3:1", store=store, time_ns=5) == (0, 1)
    assert store.snapshot()["flows"] == {(1,): after}


def test_a_gate_says_which_frames_are_out() -> None:
    text = """(s:32) = stamp gate [0:32]
    issue gate [2:32] (s:32)
    (i:1) = idle gate [2:32]
    (s2:32) = stamp gate [0:32]
    issue gate [2:32] (s2:32)
    arrive gate [2:32] (s:32)
    (i2:1) = idle gate [2:32]
    (c:1) = current gate [2:32] (s:32)
    (c2:1) = current gate [2:32] (s2:32)
    arrive gate [2:32] (s2:32)
    (i3:1) = idle gate [2:32]
    issue gate [0:32] (s2:32)
    (i4:1) = idle gate [0:32]
    (c4:1) = current gate [0:32] (s2:32)
    issue gate [4:32] (s2:32)
    (i5:1) = idle gate [4:32]
    send gate [3:32]
    send gate [3:32]
    receive gate [3:32]
    (i6:1) = idle gate [3:32]
    receive gate [3:32]
    (i7:1) = idle gate [3:32]"""
    results = "s:32, i:1, s2:32, i2:1, c:1, c2:1, i3:1, i4:1, c4:1, i5:1, i6:1, i7:1"
    assert values_of(text, results) == (1, 0, 2, 0, 0, 1, 1, 1, 0, 1, 0, 1)


def test_install_needs_room_and_changes_no_entry(store: Store) -> None:
    values_of(
        "install flows [2:8] (77:64, 1:16, 2:8)\ninstall flows [3:8] (78:64, 1:16, 2:8)\n"
        "install flows [1:8] (79:64, 3:16, 4:8)",
        "0:1",
        store=store,
        time_ns=5,
    )
    assert store.snapshot()["flows"] == {(1,): ((10, 3), 1000), (2,): ((1, 2), 77)}


@pytest.mark.parametrize(("found", "last", "after"), [(1, 1500, 1500), (1, 500, 1000), (0, 1500, 1000)])
def test_merge_moves_the_timer_forward_only(store: Store, found: int, last: int, after: int) -> None:
    values_of(f"merge flows [1:8] ({found}:1, {last}:64)\nmerge flows [2:8] (1:1, 9:64)", "0:1", store=store)
    assert store.snapshot()["flows"] == {(1,): ((10, 3), after)}


def test_merge_max_takes_the_larger_of_each_value(store: Store) -> None:
    text = "merge_max cells [0:32] (1:1, 9:16, 0:8)\nmerge_max cells [1:32] (0:1, 9:16, 9:8)\n"
    values_of(text + "merge_max cells [4:32] (1:1, 9:16, 9:8)", "0:1", store=store)
    assert store.snapshot()["cells"] == {0: (9, 1)}


def test_a_trace_notes_flow_tables_and_on_demand_all_states(store: Store) -> None:
    text = """
    (hit:1, a:16, b:8) = lookup flows [1:8]
    (s:8) = insert eternal [4:8] (1:16)
    (s:8) = insert eternal [5:8] (1:16)
    merge flows [1:8] (0:1, 5:64)
    (hit:1, action:8, port:16) = lookup rules [0:32, 0:8]
    (a:16, b:8) = read cells [3:32]
    count hits [2:32]
    """
    flows = [
        TracedAccess("flows", "lookup", (1,), True),
        TracedAccess("eternal", "insert", (4,), True),
        TracedAccess("eternal", "insert", (5,), False),
        TracedAccess("flows", "merge", (1,), False),
    ]
    others = [
        TracedAccess("rules", "lookup", (0, 0), False),
        TracedAccess("cells", "read", (3,), True),
        TracedAccess("hits", "count", (2,), False),
    ]
    trace = Trace()
    values_of(text, "0:1", store=store, time_ns=1000, trace=trace)
    assert trace.accesses == flows
    assert trace.blocks == ["main"]
    store.flow_tables["eternal"].entries.clear()
    trace = Trace(all_states=True)
    values_of(text, "0:1", store=store, time_ns=1000, trace=trace)
    assert trace.accesses == flows + others
    trace.clear()
    assert trace.blocks == [] and trace.accesses == []


def test_inputs_are_those_of_the_packet() -> None:
    made = program("", end=f"handoff out 1 received ({', '.join(f'{v.name}:{v.width}' for v in INPUTS)})")
    result = run(made, Store(made), Packet(bytes(20), 3, 99, 7, length=1000))
    assert result.values == (3, 1000, 99, 7, 0)  # pyright: ignore[reportAttributeAccessIssue]
