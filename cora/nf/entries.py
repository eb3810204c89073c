"""What the control plane writes before the first packet: an entries.yaml, checked against the program.

A list of rows, default actions and register cells:

    - {table: rules, priority: 10, match: {source: 10.0.0.0/8}, action: allow, params: {number: 3}}
    - {table: policy, default: true, action: block}
    - {register: limits, index: 4, value: 1000}
    - {meter: tenants, index: 4, cir: 1000000, cbs: 15000, pir: 2000000, pbs: 30000}

The rates of a meter are in tokens a second, its bursts in tokens; a token is a byte or a packet, as the program says.

`cora.nf.values` says how values are written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cora.diagnostics import Span, error
from cora.ir.errors import StoreError
from cora.ir.meters import MAX_BURST, MAX_RATE, MeterRates
from cora.ir.nodes import Entry, Field, Program, State, StateKind
from cora.nf.spec import NfSpec
from cora.nf.values import Vocabulary, match_any, match_of, number
from cora.nf.yaml_text import Yaml, nearest, read_yaml


@dataclass(frozen=True, slots=True)
class AddEntry:
    state: str
    entry: Entry
    span: Span


@dataclass(frozen=True, slots=True)
class SetDefault:
    state: str
    values: tuple[int, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class WriteRegister:
    state: str
    index: int
    values: tuple[int, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class WriteMeter:
    state: str
    index: int
    rates: MeterRates
    span: Span


Write = AddEntry | SetDefault | WriteRegister | WriteMeter


def vocabulary(spec: NfSpec) -> Vocabulary:
    return Vocabulary(spec.ports, spec.idle_timeouts, spec.names)


def load_entries(path: Path, program: Program, words: Vocabulary | None = None) -> tuple[Write, ...]:
    """The writes of an entries.yaml; C0401 to C0406 and C0410 to C0416 for what is wrong in it.

    `words` are those of the nf.yaml (`vocabulary`); without them, only plain values are known.
    """
    words = words or Vocabulary()
    return tuple(read_write(item, program, words) for item in read_yaml(path, "the file of entries").sequence())


class ControlPlane(Protocol):
    """What takes writes: a `Store`, or the engines in the kernel. Raises StoreError for one that it refuses."""

    def add_entry(self, state: str, entry: Entry) -> None: ...

    def set_default(self, state: str, values: tuple[int, ...]) -> None: ...

    def write_register(self, state: str, index: int, values: tuple[int, ...]) -> None: ...

    def write_meter(self, state: str, index: int, rates: MeterRates) -> None: ...


def apply_entries(to: ControlPlane, writes: Iterable[Write]) -> None:
    """Makes the writes; C0416 for one that is refused (a full table, const entries)."""
    for write in writes:
        try:
            match write:
                case AddEntry(state, entry):
                    to.add_entry(state, entry)
                case SetDefault(state, values):
                    to.set_default(state, values)
                case WriteRegister(state, index, values):
                    to.write_register(state, index, values)
                case WriteMeter(state, index, rates):
                    to.write_meter(state, index, rates)
        except StoreError as problem:
            raise error("C0416", str(problem), write.span, help="remove entries, or give the table more room") from None


def read_write(item: Yaml, program: Program, words: Vocabulary) -> Write:
    """One element of the list."""
    if "register" in item.mapping():
        return _register(item, program, words)
    if "meter" in item.mapping():
        return _meter(item, program)
    fields = item.fields(("table", "action"), ("match", "params", "priority", "default"))
    state = find_state(fields["table"], program, "table")
    values = _action_values(fields["action"], fields.get("params"), state, words)
    if "default" in fields and fields["default"].boolean():
        for name in ("match", "priority"):
            if name in fields:
                raise fields[name].fail("C0415", f"a default action has no {name}", "leave it out")
        return SetDefault(state.name, values, item.span)
    entry = _entry(item, fields, state, values, words)
    return AddEntry(state.name, entry, item.span)


def find_state(value: Yaml, program: Program, kind: StateKind) -> State:
    """The state of that name, or of the only name that ends in `.name`; C0410 if there is none."""
    wanted = value.text()
    states = [s for s in program.states if s.kind == kind]
    found = match_name(wanted, [s.name for s in states])
    if found is not None:
        return next(s for s in states if s.name == found)
    other = next((s for s in program.states if s.name == wanted), None)
    if other is not None and other.kind == "flow_table":
        raise value.fail("C0410", f"the data plane alone writes {wanted!r}", "leave it out: packets add its entries")
    raise value.fail("C0410", f"the program has no {kind} {wanted!r}", nearest(wanted, [s.name for s in states]))


def match_name(wanted: str, known: Iterable[str]) -> str | None:
    """`wanted` itself, or the one known name of which it is the last part."""
    known = list(known)
    if wanted in known:
        return wanted
    ending = [name for name in known if name.endswith("." + wanted)]
    return ending[0] if len(ending) == 1 else None


def parameters(state: State, action: str) -> dict[str, tuple[int, Field]]:
    """Parameter -> its place among the state's values and the field, for one of its actions."""
    start = action + "."
    return {f.name[len(start) :]: (i, f) for i, f in enumerate(state.values) if f.name.startswith(start)}


def _action_values(action: Yaml, params: Yaml | None, state: State, words: Vocabulary) -> tuple[int, ...]:
    name = match_name(action.text(), state.actions)
    if name is None:
        help = nearest(action.text(), state.actions)
        raise action.fail("C0411", f"table {state.name!r} has no action {action.text()!r}", help)
    known = parameters(state, name)
    values = [0] * len(state.values)
    values[_place_of_action(state)] = state.actions.index(name)
    given = {} if params is None else _known_keys(params, known, f"action {name!r}")
    for parameter, (at, field) in known.items():
        if parameter not in given:
            raise (params or action).fail(
                "C0412", f"action {name!r} lacks its parameter {parameter!r}", f"add `{parameter}: ...` to `params`"
            )
        values[at] = number(given[parameter], parameter, field.width, words)
    return tuple(values)


def _place_of_action(state: State) -> int:
    return next(i for i, f in enumerate(state.values) if f.name == "action")


def _known_keys(value: Yaml, known: Iterable[str], what: str) -> dict[str, Yaml]:
    known = list(known)
    found: dict[str, Yaml] = {}
    for key, item in value.items():
        if key.text() not in known:
            raise key.fail("C0411", f"{what} has no {key.text()!r}", nearest(key.text(), known))
        found[key.text()] = item
    return found


def _entry(item: Yaml, fields: Mapping[str, Yaml], state: State, values: tuple[int, ...], words: Vocabulary) -> Entry:
    given: dict[str, Yaml] = {}
    if "match" in fields:
        given = _known_keys(fields["match"], [k.name for k in state.key], f"the key of table {state.name!r}")
    where = fields.get("match", item)
    key = tuple(match_of(given[k.name], k, words) if k.name in given else match_any(k, where) for k in state.key)
    ranked = any(k.match in ("ternary", "range", "optional") for k in state.key)
    if "priority" in fields and not ranked:
        raise fields["priority"].fail(
            "C0415", f"table {state.name!r} has no priorities", "leave it out: exact keys and prefixes rank themselves"
        )
    return Entry(key, values, fields["priority"].whole(0, 2**31 - 1) if "priority" in fields else 0)


def _register(item: Yaml, program: Program, words: Vocabulary) -> WriteRegister:
    fields = item.fields(("register", "index", "value"))
    state = find_state(fields["register"], program, "register")
    index = fields["index"].whole(0, state.capacity - 1)
    if len(state.values) == 1:
        values: tuple[int, ...] = (number(fields["value"], state.name, state.values[0].width, words),)
    else:
        parts = fields["value"].fields([f.name for f in state.values])
        values = tuple(number(parts[f.name], f.name, f.width, words) for f in state.values)
    return WriteRegister(state.name, index, values, item.span)


def _meter(item: Yaml, program: Program) -> WriteMeter:
    fields = item.fields(("meter", "index", "cir", "cbs", "pir", "pbs"))
    state = find_state(fields["meter"], program, "meter")
    index = fields["index"].whole(0, state.capacity - 1)
    rates = MeterRates(
        cir=fields["cir"].whole(0, MAX_RATE),
        cbs=fields["cbs"].whole(0, MAX_BURST),
        pir=fields["pir"].whole(0, MAX_RATE),
        pbs=fields["pbs"].whole(0, MAX_BURST),
    )
    problem = rates.problem()
    if problem:
        raise fields["pir"].fail("C0417", problem, "let packets pass at the peak rate at least as fast as at the other")
    return WriteMeter(state.name, index, rates, item.span)
