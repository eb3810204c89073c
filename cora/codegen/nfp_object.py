"""Checks the instructions of a BPF object against what the nfp driver's verifier takes, with the line of P4.

A second look, independent of `cora.codegen.nfp_lint`: that one reads the program as Cora means it, this one what the
compiler made of it. Registers and stack slots are followed as kinds of values, over all paths at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cora.codegen.bpf_object import Instruction, p4_line, read_instructions
from cora.codegen.nfp_limits import MOST_INSTRUCTIONS, RULES, STACK_BYTES, Rule

Kind = Literal["number", "context", "packet", "stack", "value", "any"]
"""number: no pointer; value: into a map's value; any: different on different paths."""

_LOOKUP = 1
_BY_FIRMWARE = {
    2: "map_update", 3: "map_delete", 7: "random number", 25: "perf output", 44: "adjust_head", 65: "adjust_tail",
}  # fmt: skip
_RULE_OF = {2: "map-changes", 3: "map-changes", 7: "random", 44: "adjust-head"}

_LD, _LDX, _ST, _STX, _ALU, _JMP, _JMP32, _ALU64 = range(8)
_WIDE_CONSTANT, _CALL, _EXIT = 0x18, 0x85, 0x95
_ATOMIC, _MEMORY = 6, 3
_MUL, _DIV, _MOD, _MOV, _ADD, _SUB = 0x20, 0x30, 0x90, 0xB0, 0x00, 0x10


@dataclass(frozen=True, slots=True)
class ObjectFinding:
    """`p4`: "file:line: text", "" if the code comes from no line of the program; `index`: of the instruction."""

    rule: Rule
    what: str
    p4: str
    index: int

    @property
    def refused(self) -> bool:
        return not self.rule.firmware


@dataclass(frozen=True, slots=True)
class ObjectLint:
    findings: tuple[ObjectFinding, ...]
    instructions: int
    """Of BPF; the driver counts after translation, which makes no fewer."""
    stack_bytes: int

    @property
    def accepted(self) -> bool:
        return not any(f.refused for f in self.findings)


Slots = dict[int, Kind]
"""Registers 0 to 10, and 8-byte stack slots by their (negative) offset."""


def lint_object(path: Path, c_text: str) -> ObjectLint:
    """Checks the program in section "xdp" of an object; `c_text` is the C that it was compiled from."""
    code = read_instructions(path)
    found: dict[tuple[str, str, str], ObjectFinding] = {}
    kinds = _kinds(code)
    deepest = 0
    for n, instruction in enumerate(code):
        slots = kinds.get(n)
        if slots is None or instruction.wide:
            continue
        for rule, what in _check(instruction, slots):
            finding = ObjectFinding(RULES[rule], what, p4_line(c_text, instruction.line), n)
            found.setdefault((rule, what, finding.p4), finding)
        deepest = max(deepest, _depth(instruction, slots))
    if deepest > STACK_BYTES:
        found["stack", "", ""] = ObjectFinding(RULES["stack"], f"{deepest} bytes of stack", "", 0)
    if len(code) > MOST_INSTRUCTIONS:
        what = f"{len(code):,} BPF instructions before translation"
        found["instructions", "", ""] = ObjectFinding(RULES["instructions"], what, "", 0)
    return ObjectLint(tuple(found.values()), len(code), deepest)


# ---------------------------------------------------------------- what an instruction may do


def _check(i: Instruction, slots: Slots) -> Iterator[tuple[str, str]]:
    family, mode, operation = i.code & 7, i.code >> 5, i.code & 0xF0
    if i.code == _WIDE_CONSTANT and i.section and i.section != ".maps":
        yield "constant-data", f"constant data in {i.section}"
    elif i.code == _CALL and i.src:
        yield "helpers", "a call of a function of the program"
    elif i.code == _CALL and i.constant != _LOOKUP:
        if i.constant not in _BY_FIRMWARE:
            yield "helpers", f"a call of helper {i.constant}"
        else:
            yield _RULE_OF.get(i.constant, "helpers"), f"a call of helper {i.constant}, {_BY_FIRMWARE[i.constant]}"
    elif family in (_ALU, _ALU64) and operation == _MOD:
        yield "divide", "a remainder"
    elif family in (_ALU, _ALU64) and operation == _DIV and i.code & 8:
        yield "divide", "division by a value"
    elif family == _STX and mode == _ATOMIC:
        if i.constant:
            yield "map-values", "an indivisible change other than an addition"
    elif family in (_ST, _STX) and slots.get(i.dst) == "value":
        yield "map-values", "a store into a map's value"
    elif family in (_ST, _STX) and slots.get(i.dst) in ("any", "number"):
        yield "map-values", "a store by a pointer that may be into a map's value"


def _depth(i: Instruction, slots: Slots) -> int:
    """Bytes of stack that an access reaches down to."""
    pointer = i.src if i.code & 7 == _LDX else i.dst
    return -i.offset if i.code & 7 in (_LDX, _ST, _STX) and pointer == 10 and slots.get(pointer) == "stack" else 0


# ---------------------------------------------------------------- kinds of values


def _kinds(code: tuple[Instruction, ...]) -> dict[int, Slots]:
    """By index: what is known before each instruction that can be reached."""
    before: dict[int, Slots] = {0: {1: "context", 10: "stack"}} if code else {}
    waiting = [0] if code else []
    while waiting:
        n = waiting.pop()
        after = _step(code[n], before[n])
        for target in _next(code, n):
            known = before.get(target)
            joined = dict(after) if known is None else _join(known, after)
            if joined != known:
                before[target] = joined
                waiting.append(target)
    return before


def _join(a: Slots, b: Slots) -> Slots:
    """What holds on both paths; a pointer that is 0 on one of them stays one, for it isn't used there."""
    joined: Slots = {}
    for slot in a.keys() & b.keys():
        x, y = a[slot], b[slot]
        joined[slot] = x if x == y or y == "number" else y if x == "number" else "any"
    return joined


def _next(code: tuple[Instruction, ...], n: int) -> tuple[int, ...]:
    i = code[n]
    family, operation = i.code & 7, i.code & 0xF0
    if i.code == _EXIT:
        return ()
    if i.code == _WIDE_CONSTANT:
        return (n + 2,)
    if family in (_JMP, _JMP32) and i.code != _CALL:
        return (n + 1 + i.offset,) if operation == 0 else (n + 1, n + 1 + i.offset)
    return (n + 1,)


def _step(i: Instruction, before: Slots) -> Slots:
    after = dict(before)
    family, operation = i.code & 7, i.code & 0xF0
    if i.code == _CALL:
        for register in range(6):
            after.pop(register, None)
        after[0] = "value" if i.constant == _LOOKUP and not i.src else "number"
    elif i.code == _WIDE_CONSTANT:
        after[i.dst] = "number" if not i.section or i.section == ".maps" else "value"
    elif family == _LDX:
        after[i.dst] = _loaded(i, before)
    elif family in (_ST, _STX) and before.get(i.dst) == "stack" and i.dst == 10 and i.code >> 5 == _MEMORY:
        after[i.offset // 8 * 8] = before.get(i.src, "number") if family == _STX else "number"
    elif family in (_ALU, _ALU64):
        after[i.dst] = _computed(i, operation, before)
    return after


def _loaded(i: Instruction, before: Slots) -> Kind:
    if before.get(i.src) == "context":
        return "packet" if i.offset < 8 else "number"
    if i.src == 10 and i.code & 0x18 == 0x18:
        return before.get(i.offset, "number")
    return "number"


def _computed(i: Instruction, operation: int, before: Slots) -> Kind:
    here, there = before.get(i.dst, "number"), before.get(i.src, "number") if i.code & 8 else "number"
    if operation == _MOV:
        return there
    if operation == _ADD:
        return there if here == "number" else here
    if operation == _SUB and there == "number":
        return here
    return "number"
