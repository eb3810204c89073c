"""Short programs as text, for the tests of this folder."""

from __future__ import annotations

from cora.ir.interp import Entered, Packet, Result, Trace, run
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.ir.text import parse_program

STATES = """
flow_table flows [k:8] -> (a:16, b:8) capacity 2 idle (100)
flow_table profiled [k:8] -> ($profile:8, a:16) capacity 2 idle (10, 20)
flow_table eternal [k:8] -> (a:16) capacity 1
register cells [index:32] -> (a:16, b:8) capacity 4 default (7, 1)
counter hits [index:32] -> () capacity 2
gate gate [slot:32] -> () capacity 4
table rules [addr:32 lpm, proto:8 ternary] -> (action:8, port:16) capacity 4 default (9, 9) actions (deny, allow)
  row (0x0a000000 / 8, 0 &&& 0) -> (0, 1)
  row (0x0a010000 / 16, 0 &&& 0) -> (1, 2)
  row (0x0a000000 / 8, 17 &&& 255) -> (1, 3) priority 5
"""


def program(ops: str, *, end: str = "handoff out 1 received ()", declarations: str = STATES) -> Program:
    """A program of one block, with no parser to speak of."""
    return parse_program(
        f"program one for test\nheader h: a:8 b:4 c:4 d:16\n{declarations}\nbody main\nblock main\n{ops}\n{end}\n"
    )


def values_of(
    text: str,
    results: str,
    *,
    store: Store | None = None,
    time_ns: int = 0,
    data: bytes = b"",
    trace: Trace | None = None,
) -> tuple[int, ...]:
    """Runs operations on the states above and gives the values of some variables."""
    made = program(text, end=f"handoff out 1 received ({results})")
    result = run(made, store or Store(made), Packet(data, 3, time_ns, 42), trace=trace)
    return result.values  # pyright: ignore[reportAttributeAccessIssue]


def run_text(text: str, packet: Packet, entered: Entered | None = None) -> Result:
    made = parse_program(text)
    return run(made, Store(made), packet, entered=entered)
