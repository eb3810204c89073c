"""Rewrites of programs that must not change what they do."""

from __future__ import annotations

import copy
from collections.abc import Callable

from hypothesis import strategies as st
from program_inputs import entries_into, packet_lists
from strategies import programs

from cora.ir.check import check_program
from cora.ir.interp import run
from cora.ir.nodes import Program
from cora.ir.store import Store


def check_rewrite(rewrite: Callable[[Program], Program], data: st.DataObject) -> None:
    """A random program, rewritten, is in order, and does the same with random packets and states."""
    program = data.draw(programs())
    other = rewrite(program)
    check_program(other)
    store = Store(program)
    same = copy.deepcopy(store)
    for packet in data.draw(packet_lists()):
        entered = data.draw(entries_into(program))
        assert run(other, same, packet, entered=entered) == run(program, store, packet, entered=entered)
    assert same.snapshot() == store.snapshot()
