"""A table program as JSON, with what rte_flow, DOCA Flow and `tc flower` call each part."""

from __future__ import annotations

import json

from cora.codegen.match_action import PROFILE, AddField, Rule, SetField, TableProgram, Timer
from cora.codegen.match_action_fields import Field, Layers, layers_of
from cora.codegen.match_action_flower import levels
from cora.codegen.match_action_report import place

SCHEMA = 1
_VERDICTS = {"forward": "REPRESENTED_PORT", "drop": "DROP", "inwards": "the next engine (no rule)"}


def table_json(table: TableProgram) -> str:
    """Rules in the order in which they are tried. Of two rules with different `level` the smaller goes first; no packet
    matches two rules of one level. `mark` is what the packet of a rule carries as metadata, and names the rule."""
    ranked = levels(table)
    rules = [_rule(n, level, rule) for n, (level, rule) in enumerate(zip(ranked, table.rules, strict=True))]
    unfit = [{"limit": u.limit.name, "what": u.what, "place": place(u)} for u in table.unfit]
    head = {"schema": SCHEMA, "profile": PROFILE, "program": table.name, "fields": _fields(table)}
    lines = ",\n".join(f"  {json.dumps(rule)}" for rule in rules)
    text = json.dumps({**head, "goes_inwards": unfit, "rules": []}, indent=1)
    return text.removesuffix("[]\n}") + f"[\n{lines}\n ]\n}}\n"


def _fields(table: TableProgram) -> list[dict[str, str]]:
    """The fields that the rules match or rewrite, with their names elsewhere; `over` is "" for Ethernet."""
    found: dict[tuple[str, str], Field] = {}
    for rule in table.rules:
        layers = layers_of(rule.match)
        rewritten = {r.bits for r in rule.outcome.rewrites}
        for field in layers.fields:
            if rule.match.mask & field.bits.mask() or field.bits in rewritten:
                over = layers.l3 if field.name.startswith(("ip.", "ttl")) else ""
                found.setdefault((over, field.name), field)
    return [
        {"field": name, "over": over, "flower": f.flower, "rte_flow": f.rte_match, "doca_flow": f.doca_match}
        for (over, name), f in found.items()
    ]


def _rule(number: int, level: int, rule: Rule) -> dict[str, object]:
    layers, outcome = layers_of(rule.match), rule.outcome
    found: dict[str, object] = {
        "mark": number + 1,
        "level": level,
        "match": _match(rule, layers),
        "min_bytes": rule.min_bytes,
        "verdict": outcome.verdict,
        "rte_flow": _VERDICTS[outcome.verdict],
    }
    if outcome.verdict == "forward":
        found["port"] = outcome.port
    if outcome.rewrites:
        found["rewrites"] = [_rewrite(rewrite, layers) for rewrite in outcome.rewrites]
        found["checksums"] = [c.name for c in layers.checksums if any(c.covers(r.bits) for r in outcome.rewrites)]
    if outcome.counts:
        found["count"] = {"rte_flow": "COUNT", "adds_to": [{"counter": c, "index": n} for c, n in outcome.counts]}
    if outcome.idle_ns:
        found["age"] = {"rte_flow": "AGE", "idle_ns": outcome.idle_ns, "restarts": _places(outcome.timers)}
    if rule.depends:
        found["made_from"] = _places(rule.depends)
    if outcome.reason:
        found["reason"] = outcome.reason
    return found


def _places(timers: tuple[Timer, ...]) -> list[dict[str, object]]:
    return [{"state": t.state, "key": list(t.key)} for t in timers]


def _match(rule: Rule, layers: Layers) -> list[dict[str, object]]:
    keys: list[dict[str, object]] = []
    for field in layers.fields:
        mask = field.bits.of(rule.match.mask)
        if mask:
            keys.append(
                {
                    "field": field.name,
                    "value": f"{field.bits.of(rule.match.value):#x}",
                    "mask": f"{mask:#x}",
                }
            )
    return keys


def _rewrite(rewrite: SetField | AddField, layers: Layers) -> dict[str, object]:
    field = next(f for f in layers.fields if f.bits == rewrite.bits)
    match rewrite:
        case SetField(value=value):
            how: dict[str, object] = {"set": f"{value:#x}"}
        case AddField(amount=amount):
            how = {"add": f"{amount:#x}"}
    return {"field": field.name, **how, "rte_flow": field.rte_rewrite, "doca_flow": f"modify {field.doca_match}"}
