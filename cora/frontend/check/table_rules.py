"""What a whole, checked table must keep to (specification 14.2.1): where its properties stand, which action stands
where, the priorities of its entries."""

from __future__ import annotations

from collections.abc import Iterator

from cora.diagnostics import Diagnostic, Label
from cora.frontend import ast

MAX_PRIORITY = 2**31 - 1
"""Of P4Runtime, whose priorities have 32 bits with a sign."""


def rule_breaks(t: ast.TableDecl) -> Iterator[Diagnostic]:
    """Diagnostics for the rules that `t` breaks: C0107, C0229, C0230, C0232, C0239, C0244."""
    if not t.lists_actions:
        yield Diagnostic("C0232", f"the table {t.name!r} has no actions", t.name_span, help="add actions = { ... }")
    yield from _default_comes_late(t)
    yield from _actions_where_allowed(t)
    yield from _entries_need_keys(t)
    yield from _priorities(t)
    yield from _twins(t)


def _default_comes_late(t: ast.TableDecl) -> Iterator[Diagnostic]:
    default = t.default_action
    if default is None or not t.actions:
        return
    first = t.actions[0]
    if default.span.source is first.span.source and default.span.start < first.span.start:
        yield Diagnostic(
            "C0107", "the default action stands before the list of actions", default.span,
            notes=(Label(first.span, "the list begins here"),), help="move default_action below actions = { ... }",
        )  # fmt: skip


def _listed(t: ast.TableDecl, used: ast.ActionRef) -> ast.ActionRef | None:
    return next((a for a in t.actions if a.symbol is used.symbol), None) if used.symbol is not ast.NO_SYMBOL else None


def _has(ref: ast.ActionRef | None, annotation: str) -> bool:
    return ref is not None and any(a.name == annotation for a in ref.annotations)


def _actions_where_allowed(t: ast.TableDecl) -> Iterator[Diagnostic]:
    """`@tableonly` and `@defaultonly` say where an action of the list may be used."""
    uses = [(e.action, "defaultonly", "an entry") for e in t.entries or ()]
    if t.default_action is not None:
        uses.append((t.default_action, "tableonly", "the default action"))
    for used, annotation, what in uses:
        listed = _listed(t, used)
        if listed is not None and _has(listed, annotation):
            yield Diagnostic(
                "C0229", f"{used.name!r} is @{annotation}, and {what} uses it", used.span,
                notes=(Label(listed.span, "listed here"),), help="use another action, or remove the annotation",
            )  # fmt: skip


def _entries_need_keys(t: ast.TableDecl) -> Iterator[Diagnostic]:
    if t.entries and not t.key:
        yield Diagnostic(
            "C0230", f"{t.name!r} has entries and no key", t.entries[0].span,
            help="give the table a key, or make the action its default_action",
        )  # fmt: skip


def _priorities(t: ast.TableDecl) -> Iterator[Diagnostic]:
    given = [(e, e.priority) for e in t.entries or () if e.priority is not None]
    if not given or t.entries is None:
        return
    first = given[0][1]
    if t.const_entries:
        yield Diagnostic(
            "C0239", "an entry of 'const entries' has a priority", first.span,
            help="order the entries instead: the first that matches wins; or leave out 'const'",
        )  # fmt: skip
        return
    if t.entries[0].priority is None:
        yield Diagnostic(
            "C0239", "the first entry has no priority, and a later one has", t.entries[0].span,
            notes=(Label(first.span, "this one has"),), help="write priority = N: before it",
        )  # fmt: skip
    for _, priority in given:
        number = priority.value
        if isinstance(number, int) and not 0 <= number <= MAX_PRIORITY:
            yield Diagnostic(
                "C0239", f"a priority of {number}", priority.span, help=f"give a number from 0 to {MAX_PRIORITY}"
            )


def _twins(t: ast.TableDecl) -> Iterator[Diagnostic]:
    """Two entries for one value, in a table where nothing says which of them counts."""
    if not t.key or any(k.match_kind != "exact" for k in t.key):
        return
    seen: dict[tuple[ast.Value | None, ...], ast.TableEntry] = {}
    for e in t.entries or ():
        values = tuple(k.value for k in e.keys)
        if None in values:
            continue
        before = seen.setdefault(values, e)
        if before is not e:
            yield Diagnostic(
                "C0244", "there is an entry for this key already", e.keys[0].span,
                notes=(Label(before.span, "the first"),), help="remove one of them",
            )  # fmt: skip
