"""What a state may look like, and which accesses fit it: `AccessKind` of `cora.ir.nodes` as tables of widths."""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from cora.ir.nodes import Access, KeyField, KeyMatch, State

Fail = Callable[[str], NoReturn]
Widths = tuple[int, ...]

_KINDS: dict[str, tuple[str, ...]] = {
    "table": ("lookup",),
    "flow_table": (
        "lookup",
        "insert",
        "update",
        "touch",
        "delete",
        "peek",
        "evict",
        "install",
        "merge",
        "forget",
        "place",
        "accept",
        "release",
        "adopt",
        "offer",
    ),
    "register": ("read", "write", "rmw", "merge_max"),
    "counter": ("count",),
    "meter": ("meter",),
    "gate": ("stamp", "issue", "arrive", "idle", "current", "send", "receive", "depart"),
}
TIME_BITS = 64
STAMP_BITS = SLOT_BITS = 32
AMOUNT_BITS, COLOUR_BITS = 32, 8
MAX_FIELD_BITS = 1 << 14


def _fits(field: KeyField, match: KeyMatch) -> bool:
    top = (1 << field.width) - 1
    if not 0 <= match.value <= top:
        return False
    limits = {"exact": 0, "lpm": field.width, "ternary": top, "optional": top, "range": top}
    return 0 <= match.extra <= limits[field.match]


def _check_shape(state: State, fail: Fail) -> None:
    if state.capacity < 1:
        fail("its capacity is less than 1")
    if not state.key or not all(0 < f.width <= MAX_FIELD_BITS for f in (*state.key, *state.values)):
        fail(f"it needs a key, and every field from 1 to {MAX_FIELD_BITS} bits")
    if state.kind in ("register", "counter", "meter", "gate") and len(state.key) != 1:
        fail("its key is one index")
    if state.kind == "gate" and (state.key[0].width != SLOT_BITS or state.values):
        fail(f"a gate has slots of {SLOT_BITS} bits, and no values")
    if state.kind != "table" and any(f.match != "exact" for f in state.key):
        fail("only tables of the control plane match otherwise than exactly")
    if state.kind in ("counter", "meter") and state.values:
        fail(f"a {state.kind} has no values")
    if len({f.name for f in state.values}) != len(state.values):
        fail("two values have one name")


def _check_values(values: tuple[int, ...], state: State, what: str, fail: Fail) -> None:
    if len(values) != len(state.values):
        fail(f"{what} has {len(values)} values, not {len(state.values)}")
    if any(not 0 <= v < 1 << f.width for v, f in zip(values, state.values, strict=True)):
        fail(f"a value of {what} doesn't fit")


def check_state(state: State, fail: Fail) -> None:
    """Calls `fail` with a message if the state is malformed."""
    _check_shape(state, fail)
    if state.default:
        _check_values(state.default, state, "its default", fail)
    if state.actions and (not state.values or state.values[0].name not in ("action", "$profile")):
        fail("it has actions, but its values don't begin with `action`")
    if state.entries and state.kind != "table":
        fail("only tables of the control plane have rows from the start")
    for row in state.entries:
        _check_values(row.values, state, "a row", fail)
        if len(row.key) != len(state.key) or not all(map(_fits, state.key, row.key)):
            fail("a row's key doesn't fit")
    if state.idle_timeouts_ns and state.kind != "flow_table":
        fail("only flow tables have idle timeouts")
    if len(state.idle_timeouts_ns) > 1 and (not state.values or state.values[0].name != "$profile"):
        fail("it has several idle timeouts, so its first value must be `$profile`")


def access_widths(op: Access, state: State, fail: Fail) -> tuple[Widths, Widths, Widths]:
    """The widths that an access needs: of its key, its arguments and its results."""
    if op.kind not in _KINDS[state.kind]:
        fail(f"{op.kind} is no access to a {state.kind}")
    if (op.kind == "update") != (op.field != ""):
        fail("`update`, and nothing else, names a field")
    key = tuple(f.width for f in state.key)
    values = tuple(f.width for f in state.values)
    match op.kind:
        case "lookup":
            return key, (), (1, *values)
        case "insert":
            return key, values, (8,)
        case "update":
            field = next((f for f in state.values if f.name == op.field), None)
            if field is None:
                fail(f"{state.name} has no value {op.field}")
            return key, (field.width,), ()
        case "touch" | "delete" | "count" | "send" | "receive" | "depart":
            return key, (), ()
        case "meter":
            return key, (AMOUNT_BITS, COLOUR_BITS), (COLOUR_BITS,)
        case "read":
            return key, (), values
        case "write":
            return key, values, ()
        case "rmw":
            return key, values, values
        case "peek":
            return key, (), (1, TIME_BITS, *values)
        case "release":
            return key, (STAMP_BITS,), (1, STAMP_BITS, TIME_BITS, *values)
        case "evict":
            return key, (STAMP_BITS,), (1, TIME_BITS)
        case "forget" | "offer" | "accept" | "issue" | "arrive":
            return key, (STAMP_BITS,), ()
        case "stamp":
            return key, (), (STAMP_BITS,)
        case "idle":
            return key, (), (1,)
        case "current":
            return key, (STAMP_BITS,), (1,)
        case "place":
            return key, (STAMP_BITS, TIME_BITS, *values), ()
        case "install":
            return key, (TIME_BITS, *values), ()
        case "merge":
            return key, (1, TIME_BITS), ()
        case "adopt":
            return key, (1, STAMP_BITS, TIME_BITS, *values), ()
        case "merge_max":
            return key, (1, *values), ()
