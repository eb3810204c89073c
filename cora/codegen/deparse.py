"""Can the headers be written back where they were read? Then a packet needs no scratch buffer and no moves.

That is so if on every path that leaves with the output, the headers emitted are the headers extracted, in the same
order, with nothing skipped: NATs and firewalls, but not what pushes or pops a header.
"""

from __future__ import annotations

from dataclasses import dataclass

from cora.ir.cfg import header_names, op_writes, roots, successors, topological_order, valid_var
from cora.ir.nodes import Advance, Block, Emit, Extract, Forward, HandOff, Op, Program, SetValid

_MOST_PATHS = 128


@dataclass(frozen=True, slots=True)
class _Path:
    """What a path has extracted, and how many of these it has emitted; `skewed` if the two no longer agree."""

    extracted: tuple[str, ...] = ()
    emitted: int = 0
    skewed: bool = False


@dataclass(frozen=True, slots=True)
class InPlace:
    """By (block, index of the operation) of every Emit: the variables of the header that may differ from the packet."""

    changed: dict[tuple[str, int], frozenset[str]]


def in_place(program: Program) -> InPlace | None:
    """Where the emitted headers differ from those read, or None if the output has to be put together anew."""
    if not _aligned(program):
        return None
    return InPlace(_changed(program))


def _step(path: _Path, op: Op, valid_vars: dict[str, str]) -> _Path:
    match op:
        case Extract(header=header):
            again = header in path.extracted
            return _Path((*path.extracted, header), path.emitted, path.skewed or again or path.emitted > 0)
        case Emit(header=header) if header in path.extracted:
            expected = path.emitted < len(path.extracted) and path.extracted[path.emitted] == header
            return _Path(path.extracted, path.emitted + 1, path.skewed or not expected)
        case SetValid(header=header, valid=valid):
            return _Path(path.extracted, path.emitted, path.skewed or valid != (header in path.extracted))
        case Advance():
            return _Path(path.extracted, path.emitted, True)
        case _:
            written = op_writes(op, {})
            return _Path(path.extracted, path.emitted, path.skewed or not written.isdisjoint(valid_vars))


def _fits(block: Block, paths: set[_Path]) -> bool:
    match block.end:
        case Forward() | HandOff(frame="emitted"):
            return all(not p.skewed and p.emitted == len(p.extracted) for p in paths)
        case HandOff(frame="received"):
            return all(p.emitted == 0 for p in paths)
        case _:
            return True


def _aligned(program: Program) -> bool:
    valid_vars = {valid_var(h.name).name: h.name for h in program.headers}
    if any(v.name in valid_vars for r in program.resumes for v in r.into):
        return False
    blocks = {b.name: b for b in program.blocks}
    at_start: dict[str, set[_Path]] = {name: {_Path()} for name in roots(program)}
    for name in topological_order(program.blocks, roots(program)):
        paths = at_start[name]
        for op in blocks[name].ops:
            paths = {_step(p, op, valid_vars) for p in paths}
        if len(paths) > _MOST_PATHS or not _fits(blocks[name], paths):
            return False
        for target in successors(blocks[name].end):
            at_start.setdefault(target, set()).update(paths)
    return True


def _changed(program: Program) -> dict[tuple[str, int], frozenset[str]]:
    headers = header_names(program)
    fields = frozenset[str]().union(*headers.values()) if headers else frozenset[str]()
    blocks = {b.name: b for b in program.blocks}
    at_start: dict[str, frozenset[str]] = dict.fromkeys(roots(program), frozenset[str]())
    found: dict[tuple[str, int], frozenset[str]] = {}
    for name in topological_order(program.blocks, roots(program)):
        changed = at_start[name]
        for index, op in enumerate(blocks[name].ops):
            match op:
                case Extract(header=header):
                    changed -= headers[header]
                case Emit(header=header):
                    found[name, index] = changed & headers[header]
                case _:
                    changed |= op_writes(op, headers) & fields
        for target in successors(blocks[name].end):
            at_start[target] = at_start.get(target, frozenset()) | changed
    return found


def longest_output_bytes(program: Program) -> int:
    """The most bytes of headers that any path emits."""
    size = {h.name: h.width // 8 for h in program.headers}
    blocks = {b.name: b for b in program.blocks}
    longest: dict[str, int] = {}
    for name in reversed(topological_order(program.blocks, roots(program))):
        own = sum(size[op.header] for op in blocks[name].ops if isinstance(op, Emit))
        longest[name] = own + max((longest[s] for s in successors(blocks[name].end)), default=0)
    return max((longest[name] for name in roots(program)), default=0)
