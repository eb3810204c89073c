"""Which variables of a program find no place on BPF's stack of 512 bytes? Estimated from liveness, on the safe side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from cora.codegen.deparse import InPlace
from cora.codegen.layout import state_layout
from cora.ir.cfg import block_map, end_reads, header_names, op_reads, op_writes, roots, successors, topological_order
from cora.ir.nodes import Emit, Op, Program

STACK_BYTES = 320
"""What is left for them beside pointers, keys of lookups and what the compiler keeps."""


def crowded_out(program: Program, output: InPlace | None, room_bytes: int = STACK_BYTES) -> frozenset[str]:
    """Variables to keep elsewhere, so that those which are live at once need at most `room_bytes`: those that are live
    for long and used seldom."""
    room = room_bytes - max(_largest_entry_bytes(program) - 64, 0)
    points = Counter(_live_sets(program, output))
    uses = _uses(program, output)
    sizes = _sizes(program)
    span: Counter[str] = Counter()
    for live, times in points.items():
        span.update(dict.fromkeys(live, times))
    found: set[str] = set()
    for live in sorted(points, key=lambda live: (-_bytes(live, sizes), sorted(live))):
        staying = sorted(live - found, key=lambda v: (uses[v] / span[v], v), reverse=True)
        while staying and _bytes(frozenset(staying), sizes) > room:
            found.add(staying.pop())
    return frozenset(found)


def _largest_entry_bytes(program: Program) -> int:
    largest = 0
    for state in program.states:
        layout = state_layout(state, "x")
        values = layout.value.size if layout.form == "flow" else 0
        largest = max(largest, layout.key_bytes + values)
    return largest


def _sizes(program: Program) -> dict[str, int]:
    widths = {f"{h.name}.{f.name}": f.width for h in program.headers for f in h.fields}
    return {name: 16 for name, bits in widths.items() if bits > 64}


def _bytes(live: frozenset[str], sizes: dict[str, int]) -> int:
    return sum(sizes.get(v, 8) for v in live if not v.endswith("$valid"))


def _uses(program: Program, output: InPlace | None) -> Counter[str]:
    headers = header_names(program)
    found: Counter[str] = Counter()
    for block in program.blocks:
        found.update(end_reads(block.end))
        for index, op in enumerate(block.ops):
            found.update(op_writes(op, headers))
            found.update(_reads(op, (block.name, index), output, headers))
    return found


def _live_sets(program: Program, output: InPlace | None) -> Iterator[frozenset[str]]:
    """What is live before each operation; a header that is written back in place counts only what has changed."""
    headers = header_names(program)
    blocks = block_map(program.blocks)
    at_start: dict[str, frozenset[str]] = {}
    for name in reversed(topological_order(program.blocks, roots(program))):
        block = blocks[name]
        live = end_reads(block.end).union(*(at_start[s] for s in successors(block.end)))
        for index in range(len(block.ops) - 1, -1, -1):
            op = block.ops[index]
            live = (live - op_writes(op, headers)) | _reads(op, (name, index), output, headers)
            yield live
        at_start[name] = live


def _reads(
    op: Op, place: tuple[str, int], output: InPlace | None, headers: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    if isinstance(op, Emit) and output is not None:
        return output.changed.get(place, frozenset())
    return op_reads(op, headers)
