"""The extern functions of PNA, both generations: forwarding, direction, and what an action does to its flow table."""

from __future__ import annotations

from collections.abc import Callable

from cora.diagnostics import Span, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.ir.nodes import Access, Assign, Bin, Const, Expr, Mux, Var, width
from cora.lower.arguments import number, text, value_arg
from cora.lower.context import Context, Forwarding, TableScope
from cora.lower.expressions import evaluate
from cora.lower.places import choose, resize
from cora.lower.table_states import action_name, action_refs, data_params, insertable
from cora.lower.values import BOOL_FALSE, VOID, Record, Scalar, Value, data

FLOW_ID = "$flow_id"
"""Prefix of the variables that stand for newly allocated flow ids; `FuseFlowRegisters` removes them."""

# ---------------------------------------------------------------- where the packet goes


def drop_packet(cx: Context, call: ast.Call) -> Value:
    assert cx.forwarding is not None
    reason = cx.reason or (cx.actions[0] if cx.actions else "dropped")
    cx.builder.assign(cx.forwarding.verdict, cx.forwarding.drop(reason))
    return VOID


def send_to_port(cx: Context, call: ast.Call) -> Value:
    assert cx.forwarding is not None
    cx.builder.assign(cx.forwarding.port, resize(number(cx, call, 0), cx.forwarding.port.width))
    cx.builder.assign(cx.forwarding.verdict, Const(0, cx.forwarding.verdict.width))
    return VOID


def recirculate(cx: Context, call: ast.Call) -> Value:
    assert cx.forwarding is not None
    cx.forwarding.recirculated = True
    cx.builder.assign(cx.forwarding.verdict, Const(Forwarding.AGAIN, cx.forwarding.verdict.width))
    return VOID


def mirror_packet(cx: Context, call: ast.Call) -> Value:
    """mirror_packet(slot, session): of each slot the last call counts."""
    assert cx.forwarding is not None
    cx.forwarding.mirrored = True
    slot, session = number(cx, call, 0), number(cx, call, 1)
    for i, (asked, chosen) in enumerate(cx.forwarding.mirrors):
        here = Bin("eq", slot, Const(i, width(slot)))
        cx.builder.assign(asked, Mux(here, Const(1, 1), asked))
        cx.builder.assign(chosen, Mux(here, resize(session, 16), chosen))
    return VOID


def from_host(cx: Context, port: Expr, bits: int) -> Expr:
    """Whether a port is one of the host's."""
    found: Expr = BOOL_FALSE
    for number_ in sorted(cx.options.host_ports):
        same = Bin("eq", port, Const(number_, bits))
        found = same if found == BOOL_FALSE else Bin("or", found, same)
    return found


def is_host_port(cx: Context, call: ast.Call) -> Value:
    return Scalar(from_host(cx, number(cx, call, 0), 32))


def is_net_port(cx: Context, call: ast.Call) -> Value:
    return Scalar(Bin("eq", from_host(cx, number(cx, call, 0), 32), BOOL_FALSE))


def select_by_direction(cx: Context, call: ast.Call) -> Value:
    """The second argument for packets from the network, the third for packets from the host. The first is, by
    generation, a PNA_Direction_t (NET_TO_HOST is its member 0) or a bool."""
    which = value_arg(call, 0)
    value = number(cx, call, 0)
    is_direction = isinstance(ty.underlying(which.type), ty.EnumType)
    from_net = Bin("eq", value, Const(0, 8)) if is_direction else value
    return choose(from_net, evaluate(cx, value_arg(call, 1)), evaluate(cx, value_arg(call, 2)))


# ---------------------------------------------------------------- flow tables


def _scope(cx: Context, call: ast.Call, function: str, *, hit: bool) -> TableScope:
    """The flow table whose action is running. Raises C0311 outside of one, C0312 on the wrong side of the lookup."""
    scope = cx.tables[-1] if cx.tables else None
    if scope is None or not scope.state or cx.states[scope.state].kind != "flow_table":
        raise error(
            "C0311",
            f"{function}() is called outside of the actions of an add_on_miss table",
            call.span,
            help="call it in an action of a table with `add_on_miss = true`",
        )
    if scope.hit != hit:
        where = "an action of an entry, that is, on a hit" if hit else "the default action, that is, on a miss"
        raise error(
            "C0312",
            f"{function}() may be called only in {where}",
            call.span,
            label=f"runs on a {'hit' if scope.hit else 'miss'} of {scope.table.decl.name} here",
            help="give the hit and the miss actions of their own",
        )
    return scope


def _profile(cx: Context, scope: TableScope, value: Expr, span: Span) -> Expr:
    """An expire profile in 8 bits. Raises C0313 for one that the network function doesn't have."""
    timeouts = cx.states[scope.state].idle_timeouts_ns
    if not timeouts:
        raise error(
            "C0314",
            f"entries of {scope.table.decl.name} never expire: it says NO_TIMEOUT",
            span,
            help="leave pna_idle_timeout out or give it another value",
        )
    if isinstance(value, Const) and value.value >= len(timeouts):
        raise error(
            "C0313",
            f"there is no expire profile {value.value}: {len(timeouts)} idle timeouts are given",
            span,
            help="add an idle timeout to nf.yaml or use a smaller profile",
        )
    return resize(value, 8)


def add_entry(cx: Context, call: ast.Call, first: int = 0) -> Value:
    scope = _scope(cx, call, "add_entry", hit=False)
    decl = scope.table.decl
    name = text(call, first)
    chosen = next(
        (i for i in insertable(decl) if name in (action_refs(decl)[i].symbol.name, action_name(decl, i))), None
    )
    if chosen is None:
        raise error(
            "C0315",
            f"table {decl.name} has no action {name} that an entry could have",
            value_arg(call, first).span,
            help="name one of the table's actions",
        )
    given = _parameters(cx, call, first + 1, decl, chosen)
    profile: tuple[Expr, ...] = ()
    state = cx.states[scope.state]
    if state.idle_timeouts_ns:
        profile = (_profile(cx, scope, number(cx, call, first + 2), call.args[first + 2].span),)
    values: list[Expr] = list(profile) if len(state.idle_timeouts_ns) > 1 else []
    if len(state.actions) > 1:
        values.append(Const(insertable(decl).index(chosen), 8))
    for i in insertable(decl):
        params = data_params(action_refs(decl)[i])
        values += given if i == chosen else (Const(0, _bits(p)) for p in params)
    status = cx.builder.temp(f"{decl.name}_status", 8)
    cx.builder.emit(Access(scope.state, "insert", scope.key, tuple(values), (status,)))
    if isinstance(call.type, ty.Bool):
        return Scalar(Bin("eq", status, Const(0, 8)))
    return Scalar(status)


def _bits(param: ast.Parameter) -> int:
    return ty.width_of(param.type.resolved) or 8


def _parameters(cx: Context, call: ast.Call, index: int, decl: ast.TableDecl, chosen: int) -> tuple[Expr, ...]:
    params = data_params(action_refs(decl)[chosen])
    value = evaluate(cx, value_arg(call, index))
    given = data(value)
    # An action with one parameter may be given that parameter itself.
    names = [name for name, _ in value.fields] if isinstance(value, Record) else []
    wanted = [p.name for p in params]
    if len(given) != len(params) or (names and not names[0].isdigit() and names != wanted):
        raise error(
            "C0316",
            f"action {action_refs(decl)[chosen].symbol.name} takes ({', '.join(wanted)})",
            call.args[index].span,
            label=f"gives ({', '.join(names) or 'one value'})",
            help="give its parameters by the same names in the same order",
        )
    return tuple(resize(e, _bits(p)) for e, p in zip(given, params, strict=True))


def add_entry_if(cx: Context, call: ast.Call) -> Value:
    """add_entry() under a condition; the status is NO_ROOM (ADD_ENTRY_NOT_DONE) if it doesn't hold."""
    builder = cx.builder
    result = builder.temp("added", 8)
    builder.assign(result, Const(1, 8))

    def body() -> None:
        value = add_entry(cx, call, 1)
        assert isinstance(value, Scalar)
        builder.assign(result, value.expr)

    cx.builder.when(number(cx, call, 0), body, "when")
    return Scalar(result)


def _touch(cx: Context, scope: TableScope) -> None:
    cx.builder.emit(Access(scope.state, "touch", scope.key))


def restart_expire_timer(cx: Context, call: ast.Call) -> Value:
    _touch(cx, _scope(cx, call, "restart_expire_timer", hit=True))
    return VOID


def _set_profile(cx: Context, call: ast.Call, name: str, index: int) -> None:
    scope = _scope(cx, call, name, hit=True)
    profile = _profile(cx, scope, number(cx, call, index), call.args[index].span)
    if len(cx.states[scope.state].idle_timeouts_ns) > 1:
        cx.builder.emit(Access(scope.state, "update", scope.key, (profile,), field="$profile"))
    _touch(cx, scope)


def set_entry_expire_time(cx: Context, call: ast.Call) -> Value:
    """Changes the entry's profile and restarts its timer."""
    _set_profile(cx, call, "set_entry_expire_time", 0)
    return VOID


def set_entry_expire_time_if(cx: Context, call: ast.Call) -> Value:
    cx.builder.when(number(cx, call, 0), lambda: _set_profile(cx, call, "set_entry_expire_time_if", 1), "when")
    return VOID


def update_expire_info(cx: Context, call: ast.Call) -> Value:
    """update_expire_info(aging, change, profile): nothing without `aging`; with it the timer is restarted, and with
    `change` too the profile is set."""
    builder = cx.builder

    def body() -> None:
        change, restart, done = builder.block("change"), builder.block("restart"), builder.block("join")
        builder.branch(number(cx, call, 1), change, restart)
        builder.start(change)
        _set_profile(cx, call, "update_expire_info", 2)
        builder.goto(done)
        builder.start(restart)
        _touch(cx, _scope(cx, call, "update_expire_info", hit=True))
        builder.join(done)

    cx.builder.when(number(cx, call, 0), body, "when")
    return VOID


def allocate_flow_id(cx: Context, call: ast.Call) -> Value:
    """A variable that stands for the id. Fusing registers into the entries makes it disappear."""
    held = cx.builder.temp("flow_id", 32)
    cx.builder.emit(Assign(held, Var(cx.builder.fresh(FLOW_ID), 32)))
    return Scalar(held)


FUNCTIONS: dict[str, Callable[[Context, ast.Call], Value]] = {
    "drop_packet": drop_packet,
    "send_to_port": send_to_port,
    "is_host_port": is_host_port,
    "is_net_port": is_net_port,
    "SelectByDirection": select_by_direction,
    "add_entry": add_entry,
    "add_entry_if": add_entry_if,
    "restart_expire_timer": restart_expire_timer,
    "set_entry_expire_time": set_entry_expire_time,
    "set_entry_expire_time_if": set_entry_expire_time_if,
    "update_expire_info": update_expire_info,
    "allocate_flow_id": allocate_flow_id,
    "recirculate": recirculate,
    "mirror_packet": mirror_packet,
}
