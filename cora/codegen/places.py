"""Where in the packet the cursor and the values of variables stand, as far as that is the same on all ways to a point.

A field of a header that has not changed since it was read is read again from the packet where it is needed, and so is a
variable that it was copied to. That is a load, where keeping the value would be a store and a load: BPF has four
registers that outlive a call, and what doesn't fit stands on the stack. Offsets that are constants also let the kernel
verify each header's bounds by one check.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from cora.codegen.deparse import InPlace
from cora.ir.cfg import block_map, header_names, op_writes, roots, successors, topological_order
from cora.ir.nodes import Advance, Assign, Block, Const, Emit, Extract, Op, Program, Var


@dataclass(frozen=True, slots=True)
class Place:
    """Bits of the packet that a header was read from; `start` counts from the first bit of the packet."""

    header: str
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is known at a point."""

    cursor: int | None = 0
    """Bytes; None: it depends on the way."""
    starts: Mapping[str, int] = field(default_factory=dict[str, int])
    """By header: the byte where it was read, if that is one."""
    held: Mapping[str, Place] = field(default_factory=dict[str, Place])
    """By variable: where its value stands in the packet."""

    def joined(self, other: Known) -> Known:
        if self == other:
            return self
        return Known(
            self.cursor if self.cursor == other.cursor else None,
            {h: at for h, at in self.starts.items() if other.starts.get(h) == at},
            {v: place for v, place in self.held.items() if other.held.get(v) == place},
        )


NOTHING = Known(None)


class Places:
    """By (block, index of the operation; the number of operations for the block's end): what is known before it.

    `output`: how the headers are written back, None if the packet's bytes stay as they are."""

    def __init__(self, program: Program, output: InPlace | None) -> None:
        self._program = program
        self._output = output
        self._headers = header_names(program)

    def before(self, block: str, index: int) -> Known:
        return self._found[block, index]

    @cached_property
    def _found(self) -> dict[tuple[str, int], Known]:
        blocks = block_map(self._program.blocks)
        at_start = dict.fromkeys(roots(self._program), Known())
        found: dict[tuple[str, int], Known] = {}
        for name in topological_order(self._program.blocks, roots(self._program)):
            known = self._through(blocks[name], at_start[name], found)
            for target in successors(blocks[name].end):
                before = at_start.get(target)
                at_start[target] = known if before is None else before.joined(known)
        return found

    def _through(self, block: Block, known: Known, found: dict[tuple[str, int], Known]) -> Known:
        for index, op in enumerate(block.ops):
            written = op_writes(op, self._headers)
            found[block.name, index] = without = _without(known, written)
            known = self._after(op, (block.name, index), known, without)
        found[block.name, len(block.ops)] = known
        return known

    def _after(self, op: Op, at: tuple[str, int], known: Known, without: Known) -> Known:
        match op:
            case Extract(header=name) if known.cursor is not None:
                header = self._program.header(name)
                held = dict(without.held)
                start = known.cursor * 8
                for f in header.fields:
                    held[f"{name}.{f.name}"] = Place(name, start, f.width)
                    start += f.width
                return Known(start // 8, {**known.starts, name: known.cursor}, held)
            case Extract(header=name):
                return Known(None, {h: s for h, s in known.starts.items() if h != name}, without.held)
            case Advance(bits=Const(value=bits)) if known.cursor is not None and bits % 8 == 0:
                return Known(known.cursor + bits // 8, known.starts, without.held)
            case Advance():
                return Known(None, known.starts, without.held)
            case Assign(dst=dst, value=Var(name=source)) if source in known.held and not self._is_field(dst):
                return Known(known.cursor, known.starts, {**without.held, dst.name: known.held[source]})
            case Emit(header=name) if self._output is not None and self._output.changed[at]:
                return Known(known.cursor, known.starts, {v: p for v, p in without.held.items() if p.header != name})
            case _:
                return without

    def _is_field(self, var: Var) -> bool:
        """Fields of headers are not read elsewhere: it may have been written over by then."""
        return any(var.name in fields for fields in self._headers.values())


def _without(known: Known, written: frozenset[str]) -> Known:
    if written.isdisjoint(known.held):
        return known
    return Known(known.cursor, known.starts, {v: p for v, p in known.held.items() if v not in written})
