"""Do the variables of a program fit on BPF's stack of 512 bytes? An estimate from liveness, on the safe side."""

from __future__ import annotations

from cora.codegen.deparse import InPlace
from cora.codegen.layout import state_layout
from cora.ir.cfg import block_map, end_reads, header_names, op_reads, op_writes, roots, successors, topological_order
from cora.ir.nodes import Emit, Program

_FOR_VARIABLES_BYTES = 320
"""What is left for them beside pointers, keys of lookups and what the compiler keeps."""


def fits_on_stack(program: Program, output: InPlace | None) -> bool:
    largest = 0
    for state in program.states:
        layout = state_layout(state, "x")
        values = layout.value.size if layout.form == "flow" else 0
        largest = max(largest, layout.key_bytes + values)
    return live_bytes(program, output) + max(largest - 64, 0) <= _FOR_VARIABLES_BYTES


def live_bytes(program: Program, output: InPlace | None) -> int:
    """The most bytes of variables that are live at once; a header that is written back in place counts only what
    has changed."""
    headers = header_names(program)
    widths = {f"{h.name}.{f.name}": f.width for h in program.headers for f in h.fields}
    blocks = block_map(program.blocks)
    at_start: dict[str, frozenset[str]] = {}
    most = 0
    for name in reversed(topological_order(program.blocks, roots(program))):
        block = blocks[name]
        live = end_reads(block.end).union(*(at_start[s] for s in successors(block.end)))
        for index in range(len(block.ops) - 1, -1, -1):
            op = block.ops[index]
            reads = op_reads(op, headers)
            if isinstance(op, Emit) and output is not None:
                reads = output.changed.get((name, index), frozenset())
            live = (live - op_writes(op, headers)) | reads
            most = max(most, sum(16 if widths.get(v, 64) > 64 else 8 for v in live if not v.endswith("$valid")))
        at_start[name] = live
    return most
