"""The differential run that all kernel tests use: the same packets through the interpreter and through the kernel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from cora.device.kernel_run import KernelRunner
from cora.ir.interp import run
from cora.ir.nodes import Program
from cora.ir.packets import Dropped, Packet, Result, Sent
from cora.ir.store import Store
from cora.ir.text import parse_program
from cora.split import whole

SHORTEST = 14


def one_block(declarations: str, ops: str, end: str) -> Program:
    """A program that extracts a header `h` of 16 bytes and runs one block on it."""
    return parse_program(
        f"""program one for test
header h: dst:48 src:48 kind:16 a:4 b:12
{declarations}
body main
block start
  room:1 = room 128:32
  if room:1 then parse else main
block parse
  extract h
  goto main
block main
{ops}
{end}
"""
    )


def seen_by_kernel(result: Result) -> Result:
    """No Ethernet frame is shorter than its header: the kernel drops what the interpreter would send."""
    if isinstance(result, Sent) and len(result.data) < SHORTEST:
        return Dropped("no_headroom", result.digests)
    return result


def padded(packet: Packet) -> Packet:
    return replace(packet, data=packet.data.ljust(SHORTEST, b"\0"))


def assert_same(program: Program, packets: Iterable[Packet], store: Store | None = None) -> list[Result]:
    """Runs packets through both, from the same state; each result and the final state must be equal. The results."""
    store = store or Store(program)
    results: list[Result] = []
    with KernelRunner(whole(program), store=store) as kernel:
        for packet in packets:
            expected = seen_by_kernel(run(program, store, packet))
            assert kernel.run(packet) == expected, packet
            results.append(expected)
        assert kernel.snapshot() == store.snapshot()
    return results
