"""The network functions of the repository: the passes change nothing that can be seen from outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cora.frontend import load_program
from cora.ir.interp import Packet, run
from cora.ir.nodes import Access, Program
from cora.ir.store import Store
from cora.lower import LowerOptions, lower_program
from cora.nf.build import load_writes
from cora.nf.entries import apply_entries
from cora.nf.spec import NfSpec, load_nf
from cora.traffic.generate import generate
from cora.traffic.generate_spec import generate_spec


def lowered(spec: NfSpec, after: str | None) -> Program:
    options = LowerOptions(host_ports=spec.host_ports, idle_timeouts_ns=spec.idle_timeouts_ns)
    return lower_program(load_program(spec.program, defines=spec.defines), options, after=after)


def packets(spec: NfSpec) -> list[Packet]:
    """Generated traffic, each frame on each port in turn (so that answers, strangers and hairpins occur), then cut."""
    capture = generate(replace(generate_spec(spec.traffic.generate), packets=500, flows=40))
    numbered = [(i, f.data) for i, f in enumerate(capture.frames) for _ in range(2)]
    found = [Packet(data, i // 3 % 2, 10**9 + i * 40_000_000, seed=i) for i, data in numbered]
    return found + [replace(p, data=p.data[: 10 + i % 50], port=i % 3) for i, p in enumerate(found[:150])]


# Before `fuse-flow-registers`, flow ids stand for something that can't run.
@pytest.mark.parametrize(("name", "after"), [("nat", "assemble"), ("firewall", "check-flow-ids")])
def test_passes_keep_the_meaning(name: str, after: str) -> None:
    spec = load_nf(name)
    before, done = lowered(spec, after), lowered(spec, None)
    stores = [Store(before), Store(done)]
    for program, store in zip((before, done), stores, strict=True):
        apply_entries(store, load_writes(spec, program))
    ends: set[str] = set()
    for packet in packets(spec):
        expected = run(before, stores[0], packet)
        assert run(done, stores[1], packet) == expected
        ends.add(type(expected).__name__)
    assert stores[0].snapshot() == stores[1].snapshot()
    assert ends == {"Sent", "Dropped"}


@pytest.mark.parametrize("name", ["nat", "firewall"])
def test_an_established_connection_is_not_written(name: str) -> None:
    """The code has a path from the lookup's hit to the end without a write to a flow table: all updates are guarded."""
    program = lowered(load_nf(name), None)
    for block in program.blocks:
        kinds = [op.kind for op in block.ops if isinstance(op, Access)]
        if "update" in kinds:
            assert len(block.ops) == 1


def test_the_state_of_a_connection_is_in_its_entry() -> None:
    program = lowered(load_nf("firewall"), None)
    assert "connection_state" not in [s.name for s in program.states]
    assert [f.name for f in program.state("connections").values] == ["$profile", "known.opener", "connection_state"]
