"""The state behind a table: its key, its values, its entries, its default action."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Literal

from cora.diagnostics import Span, error
from cora.frontend import ast
from cora.ir.nodes import Const, Entry, Field, KeyField, KeyMatch, MatchKind, State, StateKind
from cora.ir.store import ROW
from cora.lower.constants import constant
from cora.lower.context import Context, ObjectInst, TableInst, unsupported
from cora.lower.expressions import scalar_constant
from cora.lower.instances import add_state, annotated_name
from cora.lower.values import Scalar, scalar_width

DEFAULT_SIZE = 1024
"""Entries of a table that doesn't say (P4 leaves it to the target)."""

_MATCH_KINDS: dict[str, MatchKind] = {
    "exact": "exact", "lpm": "lpm", "ternary": "ternary", "range": "range", "optional": "optional",
}  # fmt: skip

DIRECT_COUNTERS = ("counters", "pna_direct_counter", "psa_direct_counter")
DIRECT_METERS = ("meters", "pna_direct_meter", "psa_direct_meter")
NO_KEY = KeyField("$none", 1)
"""The key of a table without one. It has no entries: all that the control plane can change is its default action."""
ROW_BITS = 32
"""Of the number of an entry's row, by which it finds its direct counter and meter. What a miss gives is the table's
size, a cell behind all others."""


def state_of(cx: Context, table: TableInst) -> Literal["", "table", "flow_table"]:
    """Which kind of state the table is; adds it on first use. "" for a table without key whose default action can't
    change: it has no state at all."""
    decl = table.decl
    if not match_key(decl) and (decl.const_default or decl.default_action is None):
        return ""
    flow = _is_true(decl.property("add_on_miss"))
    if not table.state:
        state = _flow_table(cx, table) if flow else _table(cx, table)
        table.state = add_state(cx, state, table.path, decl.span)
        if not flow:
            _direct_states(cx, table)
    return "flow_table" if flow else "table"


def match_key(decl: ast.TableDecl) -> tuple[ast.KeyElement, ...]:
    """The key's elements that are matched. Those of kind `selector` only choose among the members of a group; here an
    entry has one action of its own."""
    return tuple(k for k in decl.key if k.match_kind != "selector")


def direct_object(table: TableInst, properties: tuple[str, ...]) -> ObjectInst | None:
    """The direct counter or meter of a table, if it has one."""
    for name in properties:
        found = table.decl.property(name)
        if found is not None and isinstance(found.value, ast.Name):
            made = table.env.find(found.value.symbol)
            assert isinstance(made, ObjectInst)
            return made
    return None


def _direct_states(cx: Context, table: TableInst) -> None:
    """A cell for each row, and one for packets that miss."""
    size = cx.states[table.state].capacity + 1
    kinds: tuple[tuple[tuple[str, ...], StateKind], ...] = ((DIRECT_COUNTERS, "counter"), (DIRECT_METERS, "meter"))
    for properties, kind in kinds:
        made = direct_object(table, properties)
        if made is not None:
            state = State(made.name, kind, (KeyField("index", ROW_BITS),), (), size)
            made.state = add_state(cx, state, made.path, made.span)


def _has_rows(table: TableInst) -> bool:
    return direct_object(table, (*DIRECT_COUNTERS, *DIRECT_METERS)) is not None


def _is_true(prop: ast.TableProperty | None) -> bool:
    return prop is not None and prop.value.value is True


# ---------------------------------------------------------------- actions


def action_refs(decl: ast.TableDecl) -> tuple[ast.ActionRef, ...]:
    """The table's actions in order; a default action that isn't listed comes last. Without a default action P4's
    NoAction is the default."""
    default = decl.default_action
    if default is None:
        has_default = any(ref.symbol.name == "NoAction" for ref in decl.actions)
        return decl.actions if has_default else (*decl.actions, _no_action(decl))
    if any(ref.symbol is default.symbol for ref in decl.actions):
        return decl.actions
    return (*decl.actions, default)


def _no_action(decl: ast.TableDecl) -> ast.ActionRef:
    body = ast.Block((), span=decl.span)
    action = ast.ActionDecl((), body, name="NoAction", name_span=decl.span, span=decl.span)
    return ast.ActionRef("NoAction", symbol=ast.Symbol("NoAction", "action", decl=action), span=decl.span)


def action_name(decl: ast.TableDecl, index: int) -> str:
    ref = action_refs(decl)[index]
    action = ref.symbol.decl
    annotations = action.annotations if isinstance(action, ast.ActionDecl) else ()
    return annotated_name(ref.symbol.name, annotations)


def data_params(ref: ast.ActionRef) -> tuple[ast.Parameter, ...]:
    """The parameters that an entry gives."""
    action = ref.symbol.decl
    assert isinstance(action, ast.ActionDecl)
    return tuple(p for p in action.params if not p.direction)


def param_name(param: ast.Parameter) -> str:
    """What the control plane calls an action's parameter."""
    return annotated_name(param.name, param.annotations)


def default_index(decl: ast.TableDecl) -> int:
    """Where the default action is in `action_refs`."""
    default, refs = decl.default_action, action_refs(decl)
    if default is None:
        return next(i for i, ref in enumerate(refs) if ref.symbol.name == "NoAction")
    return next(i for i, ref in enumerate(refs) if ref.symbol is default.symbol)


def default_args(decl: ast.TableDecl, action: ast.ActionDecl) -> tuple[ast.Arg, ...]:
    """The arguments of the default action, one for each of its parameters."""
    default = decl.default_action
    given = () if default is None else default.args
    left_out = tuple(ast.Arg("", None, span=decl.span) for _ in action.params[len(given) :])
    return (*given, *left_out)


def insertable(decl: ast.TableDecl) -> tuple[int, ...]:
    """Positions of the actions that the data plane may give to an entry: those that some add_entry() names."""
    refs = action_refs(decl)
    named = {name for ref in refs for name in _inserted_by(ref.symbol)}
    found = tuple(i for i, ref in enumerate(refs) if ref.symbol.name in named or action_name(decl, i) in named)
    default = default_index(decl)
    return found or tuple(i for i in range(len(refs)) if i != default) or (default,)


def _inserted_by(symbol: ast.Symbol) -> Iterator[str]:
    """The action names in the add_entry() calls of an action and of what it calls."""
    for call in _calls(symbol.decl):
        match call.target:
            case ast.FunctionTarget(symbol=called):
                yield from _inserted_by(called)
            case ast.ExternTarget(name="add_entry" | "add_entry_if"):
                yield from (a.value.text for a in call.args if isinstance(a.value, ast.StringLit))
            case _:
                pass


def _calls(node: object) -> Iterator[ast.Call]:
    """All calls in a tree, not following symbols or types."""
    if isinstance(node, tuple):
        for item in node:
            yield from _calls(item)
    elif isinstance(node, ast.Node) and is_dataclass(node):
        if isinstance(node, ast.Call):
            yield node
        for f in fields(node):
            if f.name not in ("span", "symbol", "type", "target") or isinstance(node, ast.Assign):
                yield from _calls(getattr(node, f.name))


# ---------------------------------------------------------------- keys


def key_names(decl: ast.TableDecl) -> tuple[str, ...]:
    """Control-plane names of the key fields: `@name`, or the expression as it is written; `h.$valid$` for validity."""
    found: list[str] = []
    for i, element in enumerate(match_key(decl)):
        span = element.expr.span
        text = "".join(span.source.text[span.start : span.end].split())
        plain = isinstance(element.expr, ast.Name | ast.Select)
        if text.endswith(".isValid()"):
            text, plain = text.removesuffix("isValid()") + "$valid$", True
        name = annotated_name(text if plain else f"key{i}", element.annotations)
        found.append(name if name not in found else f"{name}_{i}")
    return tuple(found)


def _key_fields(decl: ast.TableDecl) -> tuple[KeyField, ...]:
    found: list[KeyField] = []
    for element, name in zip(match_key(decl), key_names(decl), strict=True):
        kind = _MATCH_KINDS.get(element.match_kind)
        bits = scalar_width(element.expr.type)
        if kind is None:
            raise unsupported(f"match kind {element.match_kind}", element.span, "use " + ", ".join(_MATCH_KINDS))
        if bits is None:
            raise unsupported("a key of this type", element.expr.span, "use bit<W>, int<W>, bool or an enum")
        found.append(KeyField(name, bits, kind))
    return tuple(found)


def _size(cx: Context, decl: ast.TableDecl) -> int:
    prop = decl.property("size")
    if prop is not None:
        return scalar_constant(cx, prop.value)
    made = decl.property("implementation")  # of a BPF program: `hash_table(64)`
    call = None if made is None else made.value
    if isinstance(call, ast.Call) and isinstance(call.target, ast.ConstructorTarget):
        size = call.args[0].value if call.args else None
        if call.target.symbol.name in ("hash_table", "array_table") and size is not None:
            return scalar_constant(cx, size)
    return DEFAULT_SIZE


def _action_fields(decl: ast.TableDecl, actions: tuple[int, ...]) -> tuple[Field, ...]:
    found: list[Field] = []
    for i in actions:
        for param in data_params(action_refs(decl)[i]):
            bits = scalar_width(param.type.resolved)
            if bits is None:
                raise unsupported("an action parameter of this type", param.span, "pass the struct's fields")
            found.append(Field(f"{action_name(decl, i)}.{param_name(param)}", bits))
    return tuple(found)


# ---------------------------------------------------------------- tables of the control plane


def _table(cx: Context, table: TableInst) -> State:
    decl = table.decl
    actions = tuple(range(len(action_refs(decl))))
    row = (Field(ROW, ROW_BITS),) if _has_rows(table) else ()
    values = (Field("action", 8), *_action_fields(decl, actions), *row)
    default = decl.default_action
    args = () if default is None else _data_args(default)
    entries = tuple(_entry(cx, decl, e, i, values) for i, e in enumerate(decl.entries or ()))
    size = max(_size(cx, decl), len(entries), 1)
    return State(
        table.path[-1],
        "table",
        _key_fields(decl) or (NO_KEY,),
        values,
        size,
        _values(cx, decl, default_index(decl), args, values, size),
        _ranked(cx, decl, entries),
        decl.const_entries,
        tuple(action_name(decl, i) for i in actions),
    )


def _data_args(ref: ast.ActionRef) -> tuple[ast.Arg, ...]:
    """Of an action given with all its arguments: those for parameters without a direction."""
    action = ref.symbol.decl
    assert isinstance(action, ast.ActionDecl)
    directed = [bool(p.direction) for p in action.params]
    if len(ref.args) != len(directed):
        return ref.args
    return tuple(arg for arg, has_direction in zip(ref.args, directed, strict=True) if not has_direction)


def _values(
    cx: Context, decl: ast.TableDecl, index: int, args: tuple[ast.Arg, ...], values: tuple[Field, ...], row: int
) -> tuple[int, ...]:
    """The values of an entry (or default) with an action and arguments; what other actions use is 0."""
    params = data_params(action_refs(decl)[index])
    given = {"action": index, ROW: row}
    for param, arg in zip(params, args, strict=False):
        if arg.value is not None:
            given[f"{action_name(decl, index)}.{param_name(param)}"] = _bits(cx, arg.value)
    return tuple(given.get(f.name, 0) for f in values)


def _bits(cx: Context, expr: ast.Expr) -> int:
    """A compile-time expression as the unsigned number of its bits."""
    if expr.value is None:
        return scalar_constant(cx, expr)
    value = constant(expr.value, expr.type, expr.span, cx)
    assert isinstance(value, Scalar) and isinstance(value.expr, Const)
    return value.expr.value


def _entry(cx: Context, decl: ast.TableDecl, entry: ast.TableEntry, position: int, values: tuple[Field, ...]) -> Entry:
    index = next(i for i, ref in enumerate(action_refs(decl)) if ref.symbol is entry.action.symbol)
    key = tuple(_match(cx, field, keyset) for field, keyset in zip(_key_fields(decl), entry.keys, strict=True))
    priority = 0 if entry.priority is None else scalar_constant(cx, entry.priority)
    return Entry(key, _values(cx, decl, index, _data_args(entry.action), values, position), priority)


def _match(cx: Context, field: KeyField, keyset: ast.Expr) -> KeyMatch:
    full = (1 << field.width) - 1
    match keyset:
        case ast.DontCare() if field.match == "exact":
            raise error(
                "C0308", f"the key {field.name} is exact, and '_' matches anything", keyset.span,
                help="give a value, or make the key ternary",
            )  # fmt: skip
        case ast.DontCare():
            return KeyMatch(0, full if field.match == "range" else 0)
        case ast.Range(lo=lo, hi=hi):
            return KeyMatch(_bits(cx, lo), _bits(cx, hi))
        case ast.Mask(number=number, mask=mask):
            bits = _bits(cx, mask)
            value = _bits(cx, number)
            return KeyMatch(value, _prefix(field, bits, keyset.span) if field.match == "lpm" else bits)
        case _:
            value = _bits(cx, keyset)
    match field.match:
        case "exact":
            return KeyMatch(value)
        case "lpm":
            return KeyMatch(value, field.width)
        case "range":
            return KeyMatch(value, value)
        case "ternary" | "optional":
            return KeyMatch(value, full)


def _prefix(field: KeyField, mask: int, span: Span) -> int:
    length = mask.bit_count()
    if mask != ((1 << length) - 1) << (field.width - length):
        raise error(
            "C0309", "this mask of an lpm field is not a prefix", span, help="a prefix has its ones on the left"
        )
    return length


def _ranked(cx: Context, decl: ast.TableDecl, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Entries with the priorities of the IR: the largest wins. Without priorities, P4 takes the first that matches;
    with them, the largest too, unless the table says `largest_priority_wins = false`."""
    if all(k.match_kind in ("exact", "lpm") for k in match_key(decl)):
        return entries
    given = [e.priority is not None for e in decl.entries or ()]
    if not any(given):
        return tuple(Entry(e.key, e.values, len(entries) - i) for i, e in enumerate(entries))
    wins = decl.property("largest_priority_wins")
    largest = wins is None or wins.value.value is not False
    priorities = _all_priorities(cx, decl, largest)
    top = 0 if largest else max(priorities) + 1
    return tuple(Entry(e.key, e.values, p if largest else top - p) for e, p in zip(entries, priorities, strict=True))


def _all_priorities(cx: Context, decl: ast.TableDecl, largest_wins: bool) -> list[int]:
    """The priorities of entries of which the first has one: one that has none comes `priority_delta` (1, if the table
    doesn't say) behind the entry above it (specification 14.2.1.4)."""
    step = decl.property("priority_delta")
    delta = 1 if step is None else scalar_constant(cx, step.value)
    found: list[int] = []
    for entry in decl.entries or ():
        if entry.priority is not None:
            found.append(scalar_constant(cx, entry.priority))
        else:
            found.append(found[-1] - delta if largest_wins else found[-1] + delta)
    if min(found, default=1) < 0:
        raise error(
            "C0321", "an entry without a priority would get one below 0", decl.name_span,
            help="give the entries larger priorities, or the table a smaller priority_delta",
        )  # fmt: skip
    return found


# ---------------------------------------------------------------- tables of the data plane


def _flow_table(cx: Context, table: TableInst) -> State:
    decl = table.decl
    if _has_rows(table):
        raise unsupported("a direct counter or meter of an add_on_miss table", decl.span, "count by flow id instead")
    for element in decl.key:
        if element.match_kind != "exact":
            raise unsupported("an add_on_miss table with keys other than exact", element.span, "match exactly")
    if decl.entries:
        raise unsupported("an add_on_miss table with entries", decl.entries[0].span, "put them in a table of their own")
    timeouts = cx.options.idle_timeouts_ns if _expires(decl) else ()
    actions = insertable(decl)
    values = (
        *((Field("$profile", 8),) if len(timeouts) > 1 else ()),
        *((Field("action", 8),) if len(actions) > 1 else ()),
        *_action_fields(decl, actions),
    )
    names = tuple(action_name(decl, i) for i in actions) if len(actions) > 1 else ()
    size = _size(cx, decl)
    return State(
        table.path[-1], "flow_table", _key_fields(decl), values, size, actions=names, idle_timeouts_ns=timeouts
    )


def _expires(decl: ast.TableDecl) -> bool:
    """False for a table that says that its entries have no idle timeout."""
    prop = decl.property("pna_idle_timeout")
    value = None if prop is None else prop.value.value
    return not (isinstance(value, ast.Member) and value.name == "NO_TIMEOUT")
