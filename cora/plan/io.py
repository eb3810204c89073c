"""Plans as JSON files, with a versioned schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from cora.diagnostics import error
from cora.plan.plan import SCHEMA, Plan


def plan_to_json(plan: Plan) -> str:
    """The plan as indented JSON, ending in a newline. Equal plans give equal texts."""
    return msgspec.json.format(msgspec.json.encode(plan), indent=2).decode() + "\n"


def plan_from_json(text: str, where: str = "") -> Plan:
    """The plan in a JSON text; C0622 for another schema version, C0623 for anything that is no plan."""
    again = "write the plan again with `cora compile`"
    try:
        raw: Any = json.loads(text)
    except json.JSONDecodeError as problem:
        raise error("C0623", f"not JSON: {problem.msg} at line {problem.lineno}", where=where, help=again) from None
    version = raw.get("schema") if isinstance(raw, dict) else None
    if isinstance(version, int) and version != SCHEMA:
        raise error("C0622", f"the plan has schema {version}, this Cora reads schema {SCHEMA}", where=where, help=again)
    try:
        return msgspec.convert(raw, Plan)
    except msgspec.ValidationError as problem:
        raise error("C0623", f"not a plan: {problem}", where=where, help=again) from None


def write_plan(plan: Plan, path: Path) -> None:
    path.write_text(plan_to_json(plan), encoding="utf-8")


def read_plan(path: Path) -> Plan:
    """Raises C0622, C0623."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        help = "give the plan.json of a bundle"
        raise error("C0623", f"cannot read the plan: {problem}", where=str(path), help=help) from None
    return plan_from_json(text, str(path))
