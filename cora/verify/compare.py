"""Runs the same packets through several executors, one at a time, and finds the first difference of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from cora.ir.nodes import Program
from cora.ir.packets import Dropped, Packet, Result, Sent
from cora.ir.store import Snapshot
from cora.nf.edges import EdgeTally
from cora.verify.executors import Executor, Reference
from cora.verify.header_diff import frame_difference, hex_rows, output_fields


@dataclass(frozen=True, slots=True)
class Difference:
    """Where an executor first did something else than the reference."""

    executor: str
    packet: int | None
    """Its number, counted from 0; None for the state after the last packet."""
    text: str


@dataclass(frozen=True, slots=True)
class Comparison:
    packets: int
    executors: tuple[str, ...]
    differences: tuple[Difference, ...]


def compare(
    reference: Reference,
    others: Sequence[Executor],
    packets: Iterable[Packet],
    program: Program,
    *,
    edges: EdgeTally | None = None,
    saw: Callable[[Result], None] | None = None,
    progress: Callable[[int], None] | None = None,
) -> Comparison:
    """Compares every packet's result and, at the end, the state. An executor that differs is left out from then on: its
    state is no longer comparable. `saw` is told each result of the reference (closed-loop sources need it)."""
    running = list(others)
    differences: list[Difference] = []
    count = 0
    for number, packet in enumerate(packets):
        expected = reference.run(packet)
        if saw is not None:
            saw(expected)
        if edges is not None:
            edges.observe(packet.data, packet.port, reference.trace.accesses)
        for executor in list(running):
            got = executor.run(packet)
            if got != expected:
                text = _packet_difference(packet, expected, got, program, reference)
                differences.append(Difference(executor.name, number, text))
                running.remove(executor)
        count += 1
        if progress is not None:
            progress(1)
    expected_state = reference.snapshot()
    for executor in running:
        text = state_difference(expected_state, executor.snapshot(), program)
        if text:
            differences.append(Difference(executor.name, None, text))
    return Comparison(count, (reference.name, *(e.name for e in others)), tuple(differences))


def _describe(result: Result) -> str:
    match result:
        case Sent(port=port, data=data):
            return f"sent by port {port}, {len(data)} bytes"
        case Dropped(reason=reason):
            return f"dropped: {reason}"
        case _:
            return f"handed off: {result}"


def _packet_difference(packet: Packet, expected: Result, got: Result, program: Program, reference: Reference) -> str:
    lines = [
        f"packet of {len(packet.data)} bytes by port {packet.port} at {packet.time_ns} ns",
        f"  expected: {_describe(expected)}",
        f"  got:      {_describe(got)}",
    ]
    if isinstance(expected, Sent) and isinstance(got, Sent) and expected.data != got.data:
        lines += frame_difference(expected.data, got.data, output_fields(program, reference.trace.blocks))
    elif expected.digests != got.digests:
        lines.append(f"  digests: expected {expected.digests}, got {got.digests}")
    lines += ["  the packet:"] + [f"    {row}" for row in hex_rows(packet.data[:128])]
    lines.append(f"  its path: {_path(program, reference.trace.blocks)}")
    return "\n".join(lines)


def _path(program: Program, blocks: Sequence[str]) -> str:
    """The P4 lines that the packet went by, without repetitions."""
    by_name = {block.name: block for block in program.blocks}
    lines: list[str] = []
    for name in blocks:
        block = by_name[name]
        spans = [op.span for op in block.ops if op.span is not None]
        lines += [str(span.line) for span in (*spans, block.end.span) if span is not None]
    kept = [line for i, line in enumerate(lines) if i == 0 or lines[i - 1] != line]
    return "lines " + " ".join(kept) if kept else " ".join(blocks)


def state_difference(expected: Snapshot, got: Snapshot, program: Program) -> str:
    """The first cell or entry in which two states differ, in words; "" if they are equal."""
    for name in sorted(expected.keys() | got.keys()):
        wanted, found = expected.get(name, {}), got.get(name, {})
        if wanted == found:
            continue
        keys = {*wanted, *found}
        key = min((k for k in keys if wanted.get(k) != found.get(k)), key=repr)
        state = program.state(name)
        shown = key if isinstance(key, tuple) else (key,)
        fields = ", ".join(f"{f.name}={value:#x}" for f, value in zip(state.key, shown, strict=False)) or str(key)
        return (
            f"the state after the last packet differs: {name}[{fields}]\n"
            f"  expected: {wanted.get(key, 'nothing')}\n"
            f"  got:      {found.get(key, 'nothing')}"
        )
    return ""
