"""What `cora lint --profile match_action` prints: how many flows have rules, and what goes inwards, by limit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from cora.codegen.match_action import INWARDS, PROFILE, SOURCE, Match, TableProgram, Unfit


def served(table: TableProgram, flow: Match) -> bool:
    """Whether some packets of a flow are forwarded by a rule of its own, or all that are left are dropped."""
    for rule in table.rules:
        if rule.outcome.verdict == "forward" and rule.match.within(flow):
            return True
        if flow.within(rule.match):
            return rule.outcome != INWARDS
    return False


def table_report(table: TableProgram, flows: Sequence[Match]) -> str:
    """The report as text."""
    masks = len({rule.match.mask for rule in table.rules})
    by_rule = sum(served(table, flow) for flow in flows)
    lines = [
        f"{table.name}: {by_rule} of {len(flows)} flows fit {PROFILE}",
        f"{len(table.rules)} rules with {masks} masks; all other packets go inwards",
    ]
    if table.unfit:
        lines += ["", f"goes inwards [{SOURCE}]:"]
    for limit in dict.fromkeys(u.limit for u in table.unfit):
        lines.append(f"  {limit.name}: {limit.limit}")
        found = sorted((u for u in table.unfit if u.limit == limit), key=lambda u: u.span.line if u.span else 0)
        lines += [f"    {place(u)}: {u.what}" for u in found]
        lines.append(f"    next: {limit.help}")
    return "\n".join(lines) + "\n"


def place(unfit: Unfit) -> str:
    """ "file:line", or "program" for what has no line."""
    span = unfit.span
    return f"{PurePath(span.source.name).name}:{span.line}" if span is not None else "program"
