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


def test_evict_removes_and_tells_the_timer(store: Store) -> None:
    text = "(f:1, l:64) = evict flows [1:8]\n(f2:1, l2:64) = evict flows [1:8]"
    assert values_of(text, "f:1, l:64, f2:1, l2:64", store=store, time_ns=5) == (1, 1000, 0, 0)
    assert store.snapshot()["flows"] == {}


def test_release_removes_and_tells_everything(store: Store) -> None:
    text = "(f:1, l:64, a:16, b:8) = release flows [1:8]\n(f2:1, l2:64, a2:16, b2:8) = release flows [1:8]"
    results = "f:1, l:64, a:16, b:8, f2:1, l2:64, a2:16, b2:8"
    assert values_of(text, results, store=store, time_ns=5) == (1, 1000, 10, 3, 0, 0, 0, 0)
    assert store.snapshot()["flows"] == {}


def test_adopt_stores_a_record_that_was_found(store: Store) -> None:
    """Also over the engine's own, and an older one: the other engine had it in the meantime."""
    text = "adopt flows [1:8] (1:1, 77:64, 1:16, 2:8)\nadopt flows [1:8] (0:1, 78:64, 3:16, 4:8)\n"
    values_of(text + "adopt flows [2:8] (1:1, 79:64, 5:16, 6:8)", "0:1", store=store, time_ns=5)
    assert store.snapshot()["flows"] == {(1,): ((1, 2), 77), (2,): ((5, 6), 79)}


def test_install_needs_room_or_the_key(store: Store) -> None:
    values_of(
        "install flows [2:8] (77:64, 1:16, 2:8)\ninstall flows [3:8] (78:64, 1:16, 2:8)\n"
        "install flows [1:8] (79:64, 3:16, 4:8)",
        "0:1",
        store=store,
        time_ns=5,
    )
    assert store.snapshot()["flows"] == {(1,): ((3, 4), 79), (2,): ((1, 2), 77)}


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
