"""From an nf.yaml to a program and its first state."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cora.frontend import load_program
from cora.frontend.ast import TypedProgram
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.lower import LowerOptions, lower_program
from cora.lower.options import DEFAULT_IDLE_TIMEOUTS_NS
from cora.nf.entries import Write, apply_entries, load_entries, vocabulary
from cora.nf.spec import NfSpec

if TYPE_CHECKING:
    from cora.frontend.p4c import P4cOptions


def build_program(
    spec: NfSpec, *, defines: tuple[str, ...] = (), p4c: P4cOptions | None = None, keep_reads: bool = False
) -> Program:
    """The IR of the network function. `defines` (`NAME=VALUE`) come after those of the nf.yaml; `keep_reads` is that of
    `LowerOptions`."""
    return lower_typed(spec, read_program(spec, defines=defines, p4c=p4c), keep_reads=keep_reads)


def read_program(spec: NfSpec, *, defines: tuple[str, ...] = (), p4c: P4cOptions | None = None) -> TypedProgram:
    """The network function's program, checked: read by the built-in front end or, with `p4c`, by p4c."""
    defines = (*spec.defines, *defines)
    if p4c is not None:
        from cora.frontend.p4c import load_with_p4c

        return load_with_p4c(spec.program, p4c, include_dirs=spec.folders, defines=defines)
    return load_program(spec.program, include_dirs=spec.include_dirs, defines=defines, arch=spec.arch)


def lower_typed(spec: NfSpec, typed: TypedProgram, *, keep_reads: bool = False) -> Program:
    """The IR of the network function's checked program, with the ports, timeouts and clock of its nf.yaml."""
    return lower_program(typed, replace(lower_options(spec), keep_reads=keep_reads))


def lower_options(spec: NfSpec) -> LowerOptions:
    """What the nf.yaml says that lowering has to know."""
    timeouts = spec.idle_timeouts_ns or DEFAULT_IDLE_TIMEOUTS_NS
    return LowerOptions(host_ports=spec.host_ports, idle_timeouts_ns=timeouts, clock_step_ns=spec.clock_step_ns)


def load_writes(spec: NfSpec, program: Program) -> tuple[Write, ...]:
    """What the control plane writes at first: the entries that the nf.yaml names, if any."""
    return () if spec.entries is None else load_entries(spec.entries, program, vocabulary(spec))


def fresh_store(spec: NfSpec, program: Program) -> Store:
    """The state before the first packet, with the entries of the nf.yaml."""
    store = Store(program)
    apply_entries(store, load_writes(spec, program))
    return store
