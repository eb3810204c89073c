"""What a program as a whole does with its headers and with the results of its accesses: some costs depend on it.

Generated code loads the words of a header that something reads, and stores those that something changes; an atomic
addition whose old value nobody reads need not be waited for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from cora.ir.cfg import end_exprs, op_dsts, op_exprs, variables
from cora.ir.nodes import Access, Bin, Expr, Header, Program, SetValid

WORD_BITS = 32
"""Headers are loaded and stored in words of so many bits."""
PIECE_BITS = 512
"""What one command moves of a longer field: 16 words."""
ADDITIONS = ("add", "sub", "or", "and", "xor")
"""What memories do to a value in one operation."""


@dataclass(frozen=True, slots=True)
class Uses:
    """The default is that of a program which changes no header, reads none, and reads every result."""

    modified: frozenset[str] = frozenset()
    """Headers with a field or a validity that the program sets: what must be written when it is emitted."""
    loaded_words: dict[str, int] = field(default_factory=dict[str, int])
    """By header: its words with a field that the program reads."""
    stored_words: dict[str, int] = field(default_factory=dict[str, int])
    """By header: its words with a field that the program sets."""
    unread: frozenset[str] = frozenset()
    """Results of accesses that nothing reads but the access itself."""


def uses(program: Program) -> Uses:
    """The facts about a program that the costs of its blocks depend on."""
    read: Counter[str] = Counter()
    own: Counter[str] = Counter()
    set_: set[str] = set()
    validity: set[str] = set()
    results: set[str] = set()
    for block in program.blocks:
        for op in block.ops:
            read.update(_names(op_exprs(op)))
            set_.update(v.name for v in op_dsts(op))
            match op:
                case SetValid(header=header):
                    validity.add(header)
                case Access(results=bound, args=args):
                    names = {v.name for v in bound}
                    results |= names
                    own.update(name for name in _names(args) if name in names)
                case _:
                    pass
        read.update(_names(end_exprs(block.end)))
    touched = {name.rpartition(".")[0] for name in set_} | validity
    return Uses(
        frozenset(header.name for header in program.headers if header.name in touched),
        {header.name: _words(header, read) for header in program.headers},
        {header.name: _words(header, set_) for header in program.headers},
        frozenset(name for name in results if read[name] == own[name]),
    )


def _names(exprs: Iterable[Expr]) -> list[str]:
    return [v.name for expr in exprs for v in variables(expr)]


def _words(header: Header, names: Iterable[str]) -> int:
    """Words of a header with a field among the names `header.field`; of fields that are longer than two words, the
    pieces of up to `PIECE_BITS` that one command moves."""
    words: set[int] = set()
    names, at, pieces = set(names), 0, 0
    for each in header.fields:
        if f"{header.name}.{each.name}" in names:
            if each.width > 2 * WORD_BITS:
                pieces += (each.width + PIECE_BITS - 1) // PIECE_BITS
            else:
                words.update(range(at // WORD_BITS, (at + each.width - 1) // WORD_BITS + 1))
        at += each.width
    return len(words) + pieces


def addends(access: Access) -> tuple[Expr, ...] | None:
    """What a read-modify-write adds to its values (or takes away, or combines bit by bit); None if it does anything
    else, or computes with what it reads."""
    found: list[Expr] = []
    bound = {v.name for v in access.results}
    for result, arg in zip(access.results, access.args, strict=True):
        match arg:
            case Bin(op=op, a=a, b=b) if op in ADDITIONS and a == result:
                found.append(b)
            case Bin(op=op, a=a, b=b) if op in ADDITIONS and op != "sub" and b == result:
                found.append(a)
            case _:
                return None
    return None if bound & set(_names(found)) else tuple(found)
