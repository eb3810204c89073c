"""Runs of a program that stop before each access to a state and before the verdict, so that runs can be interleaved.

Between these a run does nothing that another one could see; so the orders of accesses and verdicts are all there are.
"""

from __future__ import annotations

from typing import NamedTuple

from cora.ir.cfg import block_map, end_reads, header_names, live_before, liveness, successors
from cora.ir.interp import PacketRun
from cora.ir.nodes import INPUTS, Access, Op, Program
from cora.ir.packets import DigestMessage, Entered, Packet, Result, Trace
from cora.ir.store import Store


class Moment(NamedTuple):
    """Where a run has stopped: before the operation `at` of a block, which is an access, or (`at` is behind the
    last operation) before the block's verdict. Of the variables only those are kept that may still be read and aren't
    inputs."""

    block: str
    at: int
    variables: tuple[tuple[str, int], ...]
    resume: int
    cursor: int
    output: bytes
    digests: tuple[DigestMessage, ...]


class Stepwise:
    """A program whose runs go access by access."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._blocks = block_map(program.blocks)
        self._headers = header_names(program)
        self._live = liveness(program).at_start
        self._inputs = {v.name for v in INPUTS}

    def begin(self, store: Store, packet: Packet, entered: Entered | None = None) -> Moment:
        """Runs up to the first access, or to the verdict."""
        run = PacketRun(self.program, store, packet, None)
        name = self.program.blocks[0].name if entered is None else run.enter(entered)
        return self._go_on(run, name, 0)

    def next(self, moment: Moment) -> Access | None:
        """The access before which a run has stopped; None: the verdict."""
        ops = self._blocks[moment.block].ops
        if moment.at == len(ops):
            return None
        op = ops[moment.at]
        assert isinstance(op, Access)
        return op

    def step(self, store: Store, packet: Packet, moment: Moment, trace: Trace | None = None) -> Moment | Result:
        """Does the next access and goes on up to what is behind it, or ends."""
        run = self._at(store, packet, moment, trace)
        access = self.next(moment)
        if access is None:
            end = run.finish(self._blocks[moment.block].end)
            assert not isinstance(end, str)
            return end
        run.do(access)
        return self._go_on(run, moment.block, moment.at + 1)

    def rest(self, store: Store, packet: Packet, moment: Moment) -> Result:
        """Runs to the end."""
        at: Moment | Result = moment
        while isinstance(at, Moment):
            at = self.step(store, packet, at)
        return at

    def _at(self, store: Store, packet: Packet, moment: Moment, trace: Trace | None) -> PacketRun:
        run = PacketRun(self.program, store, packet, trace)
        run.variables |= dict(moment.variables) | {"$resume": moment.resume}
        run.cursor = moment.cursor
        run.output = bytearray(moment.output)
        run.digests = list(moment.digests)
        return run

    def _go_on(self, run: PacketRun, name: str, index: int) -> Moment:
        while True:
            block = self._blocks[name]
            for at in range(index, len(block.ops)):
                if isinstance(block.ops[at], Access):
                    return self._moment(run, name, at)
                run.do(block.ops[at])
            if not successors(block.end):
                return self._moment(run, name, len(block.ops))
            target = run.finish(block.end)
            assert isinstance(target, str)
            name, index = target, 0

    def _moment(self, run: PacketRun, name: str, index: int) -> Moment:
        kept = self._needed(name, index)
        variables = tuple(sorted((n, v) for n, v in run.variables.items() if n in kept and v))
        resume = run.variables["$resume"]
        return Moment(name, index, variables, resume, run.cursor, bytes(run.output), tuple(run.digests))

    def _needed(self, name: str, index: int) -> frozenset[str]:
        """Variables that may be read from an operation on, without inputs; those that are zero needn't be kept."""
        block = self._blocks[name]
        live = end_reads(block.end).union(*(self._live[s] for s in successors(block.end)))
        op: Op
        for op in reversed(block.ops[index:]):
            live = live_before(op, live, self._headers)
        return live - self._inputs
