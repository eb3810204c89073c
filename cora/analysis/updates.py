"""How the data plane changes each state: update classes by member and field, and values that grow with time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Literal

from cora.analysis.graph import UpdateClass
from cora.analysis.values import Flow, Site, Value
from cora.ir.cfg import names
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Mux, Program, Slice, State, Var, width

TIME_LIMIT_NS = 1 << 62
"""`$time` is assumed to stay below this: 146 years from the start of the clock, so until the year 2116 on a clock that
counts from 1970. Slices of the time that lose higher bits wrap earlier and don't count as monotone."""

CLASSES: tuple[UpdateClass, ...] = (
    "read_only", "insert_only", "max", "add", "or", "min", "largest", "rmw", "general",
)  # fmt: skip
"""From the most harmless on: what may be said of a state is the last one of its fields."""


Steps = tuple[tuple[Literal["quotient", "plus"], int], ...]
"""What is done to `$time`, in this order: division by a number, rounded down, or addition of one. No step is 0 or 1
without effect, and no two of a kind follow each other."""


def function_of_time(expr: Expr) -> Steps | None:
    """How the expression is made of `$time` so that it never goes back: by right shifts, quotients by constants,
    additions of constants, zero extensions and slices, none of which loses an upper bit. None for anything else.

    Two values of the same function can be compared: the larger is the later one."""
    match expr:
        case Var(name="$time"):
            return ()
        case Bin(op="lshr", a=a, b=Const(value=shift)):
            return _then(function_of_time(a), "quotient", 1 << shift)
        case Bin(op="udiv", a=a, b=Const(value=value)) if value:
            return _then(function_of_time(a), "quotient", value)
        case Bin(op="add", a=a, b=Const(value=value)) | Bin(op="add", a=Const(value=value), b=a):
            return _fitting(_then(function_of_time(a), "plus", value), min(width(expr), 64))
        case Slice(a=a, hi=hi, lo=lo):
            return _then(_fitting(function_of_time(a), hi + 1), "quotient", 1 << lo)
        case Cast(a=a, width=bits, signed=False):
            return _fitting(function_of_time(a), bits)
        case Concat(a=Const(value=0), b=b):
            return function_of_time(b)
        case _:
            return None


def _then(steps: Steps | None, kind: Literal["quotient", "plus"], number: int) -> Steps | None:
    """One more step; floor(floor(t / a) / b) is floor(t / ab)."""
    if steps is None or number == (1 if kind == "quotient" else 0):
        return steps
    if steps and steps[-1][0] == kind:
        before = steps[-1][1]
        return (*steps[:-1], (kind, before * number if kind == "quotient" else before + number))
    return (*steps, (kind, number))


def _fitting(steps: Steps | None, bits: int) -> Steps | None:
    """The steps, if the result always fits into so many bits."""
    largest = TIME_LIMIT_NS - 1
    for kind, number in steps or ():
        largest = largest // number if kind == "quotient" else largest + number
    return steps if steps is not None and largest < 1 << bits else None


def grows_as(value: Value) -> Steps | None:
    """The function of time that all forms of a value have in common."""
    if value.forms is None or value.level in ("state", "opaque"):
        return None
    functions = {function_of_time(form) for form in value.forms}
    return next(iter(functions)) if len(functions) == 1 else None


def update_classes(program: Program, flow: Flow) -> dict[str, dict[str, UpdateClass]]:
    """By state: the class of each of its values, and of `$last` for a flow table."""
    by_state: dict[str, list[Site]] = {state.name: [] for state in program.states}
    for site in flow.sites:
        by_state[site.op.state].append(site)
    return {state.name: _of_state(state, by_state[state.name]) for state in program.states}


def state_class(fields: Iterable[UpdateClass]) -> UpdateClass:
    """The class of a state: the worst of its fields."""
    return CLASSES[max((CLASSES.index(c) for c in fields), default=0)]


def _of_state(state: State, sites: Sequence[Site]) -> dict[str, UpdateClass]:
    match state.kind:
        case "table":
            return {f.name: "read_only" for f in state.values}
        case "counter":
            return {"packets": "add", "bytes": "add"}
        case "meter":
            return {"tokens": "general"}
        case "gate":  # splitting adds them
            return {"issued": "general", "returned": "general"}
        case "register":
            return {f.name: _register_field(state, i, sites) for i, f in enumerate(state.values)}
        case "flow_table":
            return _flow_table(state, sites)


def _flow_table(state: State, sites: Sequence[Site]) -> dict[str, UpdateClass]:
    kinds = {site.op.kind for site in sites}
    updated = {site.op.field for site in sites if site.op.kind == "update"}
    plain: UpdateClass = "general" if "delete" in kinds else "insert_only" if "insert" in kinds else "read_only"
    fields: dict[str, UpdateClass] = {f.name: "general" if f.name in updated else plain for f in state.values}
    if "delete" in kinds:
        last: UpdateClass = "general"
    else:
        last = "max" if kinds & {"insert", "touch"} else "read_only"
    return {**fields, "$last": last}


def _register_field(state: State, index: int, sites: Sequence[Site]) -> UpdateClass:
    changes = [site for site in sites if site.op.kind in ("write", "rmw")]
    if not changes:
        return "read_only"
    if all(site.op.kind == "rmw" for site in changes):
        kinds: set[UpdateClass] = {_combined(site, index) for site in changes}
        return kinds.pop() if len(kinds) == 1 else "rmw"
    if all(site.op.kind == "write" for site in changes) and not any(state.default):
        functions = {grows_as(site.args[index]) for site in changes}
        if len(functions) == 1 and None not in functions:
            return "max"
    return "general"


def _combined(site: Site, index: int) -> UpdateClass:
    """How an rmw makes the new value of a field: from the old one and something that doesn't depend on the state, by an
    operation whose order doesn't matter, or otherwise."""
    olds = {v.name for v in site.op.results}
    old = site.op.results[index]

    def other(a: Expr, b: Expr) -> bool:
        """One side is the old value, and the other has nothing to do with it."""
        return any(x == old and not names(y) & olds for x, y in ((a, b), (b, a)))

    match site.op.args[index]:
        case Bin(op="add", a=a, b=b) if other(a, b):
            return "add"
        case Bin(op="or", a=a, b=b) if other(a, b):
            return "or"
        case Mux(c=Bin(op="ult" | "ule", a=low, b=high), a=a, b=b) if other(low, high):
            if (a, b) == (low, high):
                return "min"
            if (a, b) == (high, low):
                return "largest"
            return "rmw"
        case _:
            return "rmw"


def entry_bytes(state: State) -> int:
    """Key, values and timer of one entry, each in whole bytes, without the overhead of a table."""
    if state.kind == "counter":
        return 16
    if state.kind == "meter":
        return 64  # rates, sizes and contents of two buckets, and when they were filled
    key_bytes = 0 if state.kind == "register" else sum((k.width + 7) // 8 for k in state.key)
    timer_bytes = 8 if state.kind == "flow_table" else 0
    return key_bytes + timer_bytes + sum((f.width + 7) // 8 for f in state.values)


def max_registers(program: Program, flow: Flow) -> frozenset[str]:
    """Registers that are only ever written with values that grow with time."""
    classes = update_classes(program, flow)
    return frozenset(
        s.name for s in program.states if s.kind == "register" and s.values and set(classes[s.name].values()) == {"max"}
    )
