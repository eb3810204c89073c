"""IR programs as Python functions: the results of `cora.ir.interp`, many times faster.

`compile_program` writes one function for the whole program (`CompiledProgram.source` shows it) and runs packets through
it. What makes it fast: header fields that nobody reads are never cut out of the frame, headers that nobody changes are
sent as they came, the cursor is a constant where it can be, and control flow is nested Python (`cora.ir.pygen`).

Where the interpreter raises IrError because a program reads past the end of a frame without asking for Room, a compiled
program reads zeros: only `check_program` and the interpreter look for bugs.
"""

from __future__ import annotations

from collections.abc import Callable

from cora.ir.errors import IrError
from cora.ir.foreign import foreign_calls
from cora.ir.interp import run as interpret
from cora.ir.nodes import INPUTS, Digest, Program
from cora.ir.packets import Entered, Packet, Result, Trace
from cora.ir.pygen import exprs, ops
from cora.ir.pygen.facts import Facts
from cora.ir.pygen.layout import Layout
from cora.ir.pygen.ops import Lines, Ops
from cora.ir.replicate import first_copy
from cora.ir.store import Store

Run = Callable[[Packet, Entered | None, Trace | None], Result]

_INPUT_SOURCES = {
    "$port": "packet.port & 0xffff",
    "$length": "(size if packet.length is None else packet.length) & 0xffffffff",
    "$time": "packet.time_ns & 0xffffffffffffffff",
    "$seed": "packet.seed & 0xffffffffffffffff",
    "$resume": "0 if entered is None else entered.resume",
}


class CompiledProgram:
    """A program as a function; call it like `cora.ir.interp.run`, without the program."""

    def __init__(self, program: Program, *, trace: bool) -> None:
        self.program = program
        self.traced = trace
        self._store: Store | None = None
        self._run: Run = self._unbound
        self.source = ""
        if first_copy(program) is not None or foreign_calls(program):
            # Rare, and few packets: the interpreter runs them.
            self._bind: Callable[..., Run] = self._interpreted
            return
        self.source = _source(program, trace)
        namespace: dict[str, object] = {"IrError": IrError, "Trace": Trace, **exprs.HELPERS, **ops.HELPERS}
        exec(compile(self.source, f"<compiled {program.name}>", "exec"), namespace)
        self._bind = namespace["bind"]  # pyright: ignore[reportAttributeAccessIssue]

    def _unbound(self, packet: Packet, entered: Entered | None, trace: Trace | None) -> Result:
        raise IrError(f"{self.program.name} has no store yet")

    def _interpreted(self, store: Store) -> Run:
        return lambda packet, entered, trace: interpret(self.program, store, packet, entered=entered, trace=trace)

    def bind(self, store: Store) -> Run:
        """The bare function over one store, for loops that count nanoseconds: (packet, entered, trace) -> result."""
        if not self.source:
            return self._bind(store)
        by_kind = {
            "table": store.tables,
            "flow_table": store.flow_tables,
            "register": store.registers,
            "counter": store.counters,
            "meter": store.meters,
            "gate": store.gates,
        }
        return self._bind(*(by_kind[state.kind][state.name] for state in self.program.states))

    def __call__(
        self,
        store: Store,
        packet: Packet,
        *,
        entered: Entered | None = None,
        trace: Trace | None = None,
    ) -> Result:
        """Runs a packet, changing the store. A `trace` needs a program that was compiled with `trace=True`."""
        if trace is not None and not self.traced:
            raise IrError(f"{self.program.name} was compiled without trace=True")
        if store is not self._store:
            self._run = self.bind(store)
            self._store = store
        return self._run(packet, entered, trace)


def compile_program(program: Program, trace: bool = False) -> CompiledProgram:
    """Compiles a well-formed program; with `trace`, calls may pass a `Trace` to fill (and cost more)."""
    return CompiledProgram(program, trace=trace)


def _source(program: Program, trace: bool) -> str:
    facts = Facts(program, trace=trace)
    digests = any(isinstance(op, Digest) for block in program.blocks for op in block.ops)
    writer = Ops(facts, digests=digests)
    layout = Layout(program, facts, writer)
    body = layout.body()
    lines = [
        f"def bind({', '.join(writer.state_names[s.name] for s in program.states)}):",
        "    def run(packet, entered, trace):",
        *(f"        {line}" for line in [*_prologue(program, facts, writer, layout), *body]),
        "    return run",
    ]
    return "\n".join(lines) + "\n"


def _prologue(program: Program, facts: Facts, writer: Ops, layout: Layout) -> Lines:
    """What stands before the first block: the frame, the inputs, the zeros, and where to go."""
    lines = ["data = packet.data", "size = len(data)", "out = b''"]
    if writer.digests:
        lines.append("digests = []")
    if facts.trace:
        lines += ["if trace is None:", "    trace = Trace()"]
        lines += ["blocks = trace.blocks", "accesses = trace.accesses", "all_states = trace.all_states"]
    live = frozenset[str]().union(*(facts.live_after[name][0] for name in layout.roots))
    inputs = [var.name for var in INPUTS if var.name in live]
    lines += [f"{writer.local(name)} = {_INPUT_SOURCES[name]}" for name in inputs]
    zeros = sorted(live - set(inputs))
    if zeros:
        lines.append(f"{' = '.join(map(writer.local, zeros))} = 0")
    if any(cursor.at is None for cursor in facts.cursors.values()):
        lines.append("cur = 0")
    return [*lines, *_entry(program, writer, layout)]


def _entry(program: Program, writer: Ops, layout: Layout) -> Lines:
    message = f"{program.name} has no resume point "
    unknown = f"raise IrError({message!r} + str(entered.resume))"
    if not program.resumes:
        return ["if entered is not None:", f"    {unknown}"]
    lines = [f"b = {layout.number[layout.roots[0]]}", "if entered is None:", "    pass"]
    for resume in program.resumes:
        into = "".join(f"{writer.local(var.name)}, " for var in resume.into)
        lines += [f"elif entered.resume == {resume.point}:", f"    b = {layout.number[resume.block]}"]
        lines.append(f"    ({into}) = entered.values")
    return [*lines, "else:", f"    {unknown}"]
