"""How the data plane changes each state: update classes by member and field, and values that grow with time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cora.analysis.graph import UpdateClass
from cora.analysis.values import Flow, Site, Value
from cora.ir.cfg import names
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Mux, Program, Slice, State, Var

TIME_LIMIT_NS = 1 << 62
"""`$time` is assumed to stay below this: 146 years from the start of the clock, so until the year 2116 on a clock that
counts from 1970. Slices of the time that lose higher bits wrap earlier and don't count as monotone."""

CLASSES: tuple[UpdateClass, ...] = (
    "read_only", "insert_only", "max", "add", "or", "min", "largest", "rmw", "general",
)  # fmt: skip
"""From the most harmless on: what may be said of a state is the last one of its fields."""


def time_divisor(expr: Expr) -> int | None:
    """d where the expression is floor($time / d) and loses no upper bits; None where it is anything else.

    Such values never go back, and two of one divisor can be compared."""
    match expr:
        case Var(name="$time"):
            return 1
        case Bin(op="lshr", a=a, b=Const(value=shift)):
            return _times(time_divisor(a), 1 << shift)
        case Bin(op="udiv", a=a, b=Const(value=value)) if value:
            return _times(time_divisor(a), value)
        case Slice(a=a, hi=hi, lo=lo):
            return _times(_fitting(time_divisor(a), hi + 1), 1 << lo)
        case Cast(a=a, width=bits, signed=False):
            return _fitting(time_divisor(a), bits)
        case Concat(a=Const(value=0), b=b):
            return time_divisor(b)
        case _:
            return None


def _times(divisor: int | None, factor: int) -> int | None:
    return None if divisor is None else divisor * factor


def _fitting(divisor: int | None, bits: int) -> int | None:
    """The divisor, if the quotient always fits into so many bits."""
    return divisor if divisor is not None and (TIME_LIMIT_NS - 1) // divisor < 1 << bits else None


def divisor_of(value: Value) -> int | None:
    """The divisor that all forms of a value have in common."""
    if value.forms is None or value.level in ("state", "opaque"):
        return None
    divisors = {time_divisor(form) for form in value.forms}
    return next(iter(divisors)) if len(divisors) == 1 else None


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
        divisors = {divisor_of(site.args[index]) for site in changes}
        if len(divisors) == 1 and None not in divisors:
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
