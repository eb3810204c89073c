"""The splitter without its refusals: it builds what it would refuse, so that running shows whether it was right.

The refusals come from the analysis; brute force must not believe them. What can't even be built (an engine would need a
state that it doesn't have) stays refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from cora.analysis.graph import StateGraph
from cora.ir.errors import IrError
from cora.plan.plan import Plan
from cora.split import split_program
from cora.split.engines import Split


def _keys_that_can_be_computed(flow: Any, placement: Any, kinds: Any, states: Any) -> list[Any]:
    """The keys that near can name; of the others the copies stay where they are."""
    found: dict[Any, None] = {}
    for site in flow.sites:
        if site.op.state in states and site.op.kind in kinds:
            found |= {(site.op.state, key): None for key in site.keys or ()}
    return list(found)


@contextmanager
def without_refusals() -> Iterator[None]:
    """The splitter's checks pass everything."""

    def accept(*_: object) -> str:
        return ""

    with ExitStack() as stack:
        stack.enter_context(patch("cora.split.near._Builder.conflict", accept))
        stack.enter_context(patch("cora.split.near._Builder.check", accept))
        stack.enter_context(patch("cora.split.far._check", accept))
        stack.enter_context(patch("cora.split.placement._check_replicated", accept))
        stack.enter_context(patch("cora.split.placement._check_sharded", accept))
        stack.enter_context(patch("cora.split.placement._check_partition", accept))
        stack.enter_context(patch("cora.split.restart._keys", _keys_that_can_be_computed))
        yield


def split_anyway(graph: StateGraph, plan: Plan) -> Split | None:
    """The split that would be refused, or None if there is no such program."""
    try:
        with without_refusals():
            return split_program(graph, plan)
    except IrError:
        return None
