"""Verification: the program whole and split, interpreted and in the kernel, on a trace and on generated packets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from cora.device.kernel_run import KernelRunner
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result
from cora.ir.store import Store
from cora.nf.build import fresh_store, load_writes
from cora.nf.edges import EdgeTally
from cora.nf.spec import NfSpec
from cora.split import SplitRunner, whole
from cora.split.engines import Split
from cora.traffic.assign import port_rules
from cora.traffic.generate_spec import generate_spec
from cora.verify.compare import Comparison, compare
from cora.verify.executors import Executor, Named, Reference
from cora.verify.packets import RANDOM, USUAL, Mix, ProgramPackets


@dataclass(frozen=True, slots=True)
class Phase:
    """One sequence of packets through all executors, from fresh state."""

    source: str
    comparison: Comparison
    served: int
    """Packets that the split's NIC served alone."""
    handed_off: int
    """Packets that its host took up."""


@dataclass(frozen=True, slots=True)
class Report:
    phases: tuple[Phase, ...]
    edges: dict[str, int]
    """Required edge -> packets that took it, over all phases."""
    kernel: bool
    """Whether the kernel took part."""

    @property
    def missing_edges(self) -> tuple[str, ...]:
        return tuple(name for name, packets in self.edges.items() if not packets)

    @property
    def equal(self) -> bool:
        return not any(phase.comparison.differences for phase in self.phases)

    @property
    def ok(self) -> bool:
        return self.equal and not self.missing_edges


@dataclass
class Verification:
    """What to verify. `program` is the unsplit one; `kernel` says whether the kernel takes part."""

    spec: NfSpec
    program: Program
    split: Split
    kernel: bool
    progress: Callable[[str, int], None] = lambda _source, _packets: None
    """Told how many more packets of a source have been compared."""

    def run(self, trace: Sequence[Packet], generated: int, trace_name: str, seed: int = 1) -> Report:
        """Compares on the packets of a trace (as a replay made them) and on `generated` ones."""
        tally = EdgeTally(self.spec)
        made = self._made(generated, seed, USUAL)
        phases = (
            self._phase(trace_name, trace, tally, None),
            self._phase("generated packets", made, tally, made.saw),
        )
        return Report(phases, dict(tally.packets), self.kernel)

    def run_random(self, count: int, seed: int = 1) -> Report:
        """Compares on `count` generated packets alone: a third valid, a third truncated, a third malformed. No edge is
        required of them."""
        tally = EdgeTally(self.spec)
        made = self._made(count, seed, RANDOM)
        phase = self._phase("random packets", made, tally, made.saw)
        return Report((phase,), {name: packets for name, packets in tally.packets.items() if packets}, self.kernel)

    def _made(self, count: int, seed: int, mix: Mix) -> ProgramPackets:
        traffic = generate_spec(self.spec.traffic.generate)
        rules = port_rules(self.spec)
        return ProgramPackets(self.program, rules, traffic, store=self._store(), count=count, seed=seed, mix=mix)

    def _store(self) -> Store:
        return fresh_store(self.spec, self.program)

    def _phase(
        self, source: str, packets: Iterable[Packet], tally: EdgeTally, saw: Callable[[Result], None] | None
    ) -> Phase:
        with ExitStack() as stack:
            interpreted = SplitRunner(self.split, load_writes(self.spec, self.program))
            others: list[Executor] = [Named("interpreter, split", interpreted)]
            if self.kernel:
                kernel_whole = stack.enter_context(KernelRunner(whole(self.program), store=self._store()))
                kernel_split = stack.enter_context(KernelRunner(self.split, store=self._store()))
                others += [Named("kernel, whole", kernel_whole), Named("kernel, split", kernel_split)]
            comparison = compare(
                Reference(self.program, self._store()),
                others,
                packets,
                self.program,
                edges=tally,
                saw=saw,
                progress=lambda n: self.progress(source, n),
            )
        return Phase(source, comparison, interpreted.figures.hits, interpreted.figures.hand_offs)
