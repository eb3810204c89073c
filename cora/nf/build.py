"""From an nf.yaml to a program and its first state."""

from __future__ import annotations

from cora.frontend import load_program
from cora.frontend.ast import TypedProgram
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.lower import LowerOptions, lower_program
from cora.lower.options import DEFAULT_IDLE_TIMEOUTS_NS
from cora.nf.entries import Write, apply_entries, load_entries, vocabulary
from cora.nf.spec import NfSpec


def build_program(spec: NfSpec, *, defines: tuple[str, ...] = ()) -> Program:
    """The IR of the network function. `defines` (`NAME=VALUE`) come after those of the nf.yaml."""
    return lower_typed(
        spec, load_program(spec.program, include_dirs=spec.include_dirs, defines=(*spec.defines, *defines))
    )


def lower_typed(spec: NfSpec, typed: TypedProgram) -> Program:
    """The IR of the network function's checked program, with the ports and timeouts of its nf.yaml."""
    options = LowerOptions(
        host_ports=spec.host_ports, idle_timeouts_ns=spec.idle_timeouts_ns or DEFAULT_IDLE_TIMEOUTS_NS
    )
    return lower_program(typed, options)


def load_writes(spec: NfSpec, program: Program) -> tuple[Write, ...]:
    """What the control plane writes at first: the entries that the nf.yaml names, if any."""
    return () if spec.entries is None else load_entries(spec.entries, program, vocabulary(spec))


def fresh_store(spec: NfSpec, program: Program) -> Store:
    """The state before the first packet, with the entries of the nf.yaml."""
    store = Store(program)
    apply_entries(store, load_writes(spec, program))
    return store
