"""The comparison of executors: it must find what differs, say where, and not count what it never saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from cora.cli.planning import split_of
from cora.cli.steps import Job
from cora.ir.nodes import Assign, Bin, Const, Program, Var
from cora.ir.packets import DigestMessage, Dropped, Packet, Result, Sent
from cora.ir.store import Snapshot
from cora.nf.build import fresh_store
from cora.split.engines import Split
from cora.verify.compare import Comparison, compare, state_difference
from cora.verify.executors import Named, Reference
from cora.verify.run import Verification


@pytest.fixture(scope="module")
def firewall() -> tuple[Job, Split]:
    return split_of("firewall", "softnic", None, False, lambda _: None)


class Tampered:
    """The reference with one thing changed."""

    def __init__(self, job: Job, change: Callable[[int, Result], Result], state: bool = False) -> None:
        self.reference = Reference(job.program, fresh_store(job.spec, job.program))
        self.change, self.state, self.count = change, state, -1

    def run(self, packet: Packet) -> Result:
        self.count += 1
        return self.change(self.count, self.reference.run(packet))

    def snapshot(self) -> Snapshot:
        found = self.reference.snapshot()
        if self.state:
            name = next(name for name, cells in found.items() if cells)
            found[name] = dict(list(found[name].items())[1:])
        return found


def against(job: Job, other: Tampered, packets: int = 300) -> Comparison:
    reference = Reference(job.program, fresh_store(job.spec, job.program))
    return compare(reference, [Named("other", other)], job.replay.packets[:packets], job.program)


def keep(_: int, result: Result) -> Result:
    return result


def test_the_same_is_equal(firewall: tuple[Job, Split]) -> None:
    found = against(firewall[0], Tampered(firewall[0], keep))
    assert (found.packets, found.differences) == (300, ())


def test_a_changed_byte_is_found_with_its_place(firewall: tuple[Job, Split]) -> None:
    def change(number: int, result: Result) -> Result:
        if number == 200 and isinstance(result, Sent):
            return Sent(result.port, result.data[:20] + b"\xff" + result.data[21:])
        return result

    (difference,) = against(firewall[0], Tampered(firewall[0], change)).differences
    assert difference.packet == 200
    assert "first different byte: 20" in difference.text
    assert "its path: lines " in difference.text


@pytest.mark.parametrize("instead", [Dropped("no reason"), Sent(7, bytes(60))])
def test_another_verdict_is_found(firewall: tuple[Job, Split], instead: Result) -> None:
    other = Tampered(firewall[0], lambda number, result: instead if number == 5 else result)
    (difference,) = against(firewall[0], other).differences
    assert difference.packet == 5


def test_another_digest_is_found(firewall: tuple[Job, Split]) -> None:
    told = (DigestMessage("news", (1,)),)

    def change(number: int, result: Result) -> Result:
        return replace(result, digests=told) if number == 8 and isinstance(result, Sent | Dropped) else result

    (difference,) = against(firewall[0], Tampered(firewall[0], change)).differences
    assert difference.packet == 8
    assert f"digests: expected (), got {told}" in difference.text


def test_a_state_that_differs_at_the_end_is_found(firewall: tuple[Job, Split]) -> None:
    (difference,) = against(firewall[0], Tampered(firewall[0], keep, state=True)).differences
    assert difference.packet is None
    assert "the state after the last packet differs" in difference.text
    assert "got:      nothing" in difference.text


def test_only_the_first_difference_of_an_executor_is_told(firewall: tuple[Job, Split]) -> None:
    found = against(firewall[0], Tampered(firewall[0], lambda _, result: Dropped("everything")))
    assert len(found.differences) == 1


def test_states_name_their_key_fields(firewall: tuple[Job, Split]) -> None:
    program = firewall[0].program
    text = state_difference({"connections": {(1, 2, 3, 4, 6): ((0, 0, 1), 5)}}, {"connections": {}}, program)
    assert "connections[" in text
    assert program.state("connections").key[0].name in text


def test_an_edge_that_was_never_taken_fails(firewall: tuple[Job, Split]) -> None:
    job, split = firewall
    report = Verification(job.spec, job.program, split, kernel=False).run(job.replay.packets[:1], 0, "one packet")
    assert report.equal
    assert not report.ok
    assert "expired" in report.missing_edges


def test_a_fault_in_one_engine_is_found(firewall: tuple[Job, Split]) -> None:
    """The host's part of the split decrements what it computes somewhere: some packet must tell."""
    job, split = firewall
    far = split.engines[-1]
    broken = replace(split, engines=(*split.engines[:-1], replace(far, program=_broken(far.program))))
    report = Verification(job.spec, job.program, broken, kernel=False).run(job.replay.packets, 0, "trace")
    assert [d.executor for d in report.phases[0].comparison.differences] == ["interpreter, split"]


def _broken(program: Program) -> Program:
    """The port of an answer is off by one."""
    blocks = []
    for block in program.blocks:
        ops = tuple(
            Assign(op.dst, Bin("xor", op.value, Const(1, op.dst.width)), op.span)
            if isinstance(op, Assign) and op.dst.name.endswith("egress_port")
            else op
            for op in block.ops
        )
        blocks.append(replace(block, ops=ops))
    changed = replace(program, blocks=tuple(blocks))
    if changed == program:
        target = next(op.dst for b in program.blocks for op in b.ops if isinstance(op, Assign) and op.dst.width > 1)
        flip = Assign(target, Bin("xor", Var(target.name, target.width), Const(1, target.width)))
        blocks = [
            replace(b, ops=(*b.ops, flip)) if any(isinstance(o, Assign) and o.dst == target for o in b.ops) else b
            for b in program.blocks
        ]
        changed = replace(program, blocks=tuple(blocks))
    return changed
