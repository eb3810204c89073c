"""`--flow`: reading a flow, following its packets, and the one reason why the host sees some."""

from __future__ import annotations

import dataclasses
import functools

import pytest
from explain_helpers import small_job as job
from explain_helpers import with_memory, without_sweeping

from cora.diagnostics import UserError
from cora.explain.answer import FlowAnswer
from cora.explain.changes import Inputs
from cora.explain.flow import explain_flow
from cora.explain.flow_key import flow_text, kind_text, parse_flow, same_flow
from cora.explain.outcomes import NIC, REASONS
from cora.explain.render import flow_text_of
from cora.explain.solver import Solver
from cora.model import load_model
from cora.plan import PlanRequest
from cora.traffic.headers import FlowKey, parse_headers

DB8 = 0x20010DB8 << 96
TCP4 = FlowKey(4, 6, 0x0A000001, 0xC6336407, 1234, 443)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("10.0.0.1:1234 > 198.51.100.7:443/tcp", TCP4),
        ("10.0.0.1:1234>198.51.100.7:443/TCP", TCP4),
        ("[2001:db8::1]:53 > [2001:db8::2]:9/udp", FlowKey(6, 17, DB8 + 1, DB8 + 2, 53, 9)),
        ("10.0.0.1 > 198.51.100.7/icmp", FlowKey(4, 1, 0x0A000001, 0xC6336407, -1, -1)),
        ("10.0.0.1:77 > 198.51.100.7/icmp", FlowKey(4, 1, 0x0A000001, 0xC6336407, 77, 77)),
        ("fe80::1 > fe80::2/icmp", FlowKey(6, 58, (0xFE80 << 112) + 1, (0xFE80 << 112) + 2, -1, -1)),
    ],
)  # fmt: skip
def test_a_flow_is_read_and_written(text: str, key: FlowKey) -> None:
    assert parse_flow(text) == key
    assert parse_flow(flow_text(key)) == key
    assert same_flow(key, key.reversed())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("10.0.0.1:1 198.51.100.7:2/tcp", "two addresses with '>'"),
        ("10.0.0.1:1 > 198.51.100.7:2", "'/protocol' at the end"),
        ("10.0.0.1:1 > 198.51.100.7:2/sctp", "no protocol 'sctp'"),
        ("10.0.0.1 > 198.51.100.7/tcp", "both sides need a port"),
        ("10.0.0.1:1 > [2001:db8::1]:2/udp", "one address is IPv4 and the other IPv6"),
        ("10.0.0.256:1 > 198.51.100.7:2/tcp", "'10.0.0.256' is not an IP address"),
        ("10.0.0.1:70000 > 198.51.100.7:2/tcp", "'70000' is not a port"),
    ],
)
def test_what_is_no_flow(text: str, why: str) -> None:
    with pytest.raises(UserError) as failure:
        parse_flow(text)
    diagnostic = failure.value.diagnostics[0]
    assert diagnostic.code == "C0642" and why in diagnostic.message and "198.51.100.7:443/tcp" in diagnostic.help


@functools.cache
def _solver(what: str = "", name: str = "firewall", target: str = "agilio-cx") -> Solver:
    model = load_model(target)
    if "sweeping" in what:
        model = without_sweeping(model)
    if "memory" in what:
        model = with_memory(model, 10_000_000.0)
    request = PlanRequest(pin_states=(("interfaces", "host"),)) if what == "pinned" else PlanRequest()
    return Solver.of(Inputs(job(name).graph, job(name).profile, model, request))


def _explain(solver: Solver, key: FlowKey, name: str = "firewall") -> FlowAnswer:
    return explain_flow(solver, job(name).replay, job(name).store(), key)


@functools.cache
def _busiest(name: str = "firewall") -> tuple[FlowKey, int]:
    """The first key of the connection with most packets, and how many it has."""
    replay = job(name).replay
    counts = {c: replay.connections.count(c) for c in set(replay.connections[:200])}
    busiest = max(counts, key=lambda c: counts[c])
    first = replay.connections.index(busiest)
    key = parse_headers(replay.packets[first].data).flow
    assert key is not None
    return key, counts[busiest]


def test_a_flow_of_the_traffic_is_followed_in_both_directions() -> None:
    key, packets = _busiest()
    answer = _explain(_solver("sweeping"), key)
    assert answer.found and answer.packets >= packets
    assert sum(o.packets for o in answer.outcomes) == answer.packets == sum(c.packets for c in answer.classes)
    nic = sum(o.packets for o in answer.outcomes if o.outcome == NIC)
    assert nic == sum(c.nic_packets for c in answer.classes) > 0
    assert all(o.outcome in REASONS for o in answer.outcomes)
    assert ("connections", "host") in answer.owners
    assert answer.reason == "state change" and "line" in answer.words
    back = _explain(_solver("sweeping"), key.reversed())
    assert (back.packets, back.outcomes) == (answer.packets, answer.outcomes)


def test_the_answers_of_a_translated_flow_belong_to_it() -> None:
    key, packets = _busiest("nat")
    answer = _explain(_solver("", "nat"), key, "nat")
    assert answer.found and answer.packets >= packets
    assert len(answer.classes) > 1  # out through the table of mappings, back through the slots


def test_a_flow_that_is_not_there_gets_what_its_kind_gets() -> None:
    answer = _explain(_solver("sweeping"), TCP4)
    assert not answer.found and answer.kind == kind_text(TCP4) == "IPv4 tcp"
    assert answer.connections > 10 and answer.packets > 300
    assert answer.words.startswith("it is not in the traffic; of the packets of its ")


def test_nothing_is_said_of_a_kind_that_is_not_there() -> None:
    solver, traffic = _solver(), job("firewall").replay
    only = traffic.part(0, 1, "first")
    missing = FlowKey(6, 58, 1, 2, -1, -1)
    answer = explain_flow(solver, only, job("firewall").store(), missing)
    assert not answer.found and not answer.packets and "nothing can be said" in answer.words
    assert flow_text_of(answer).count("\n") == 2


def test_a_small_table_is_the_reason_of_some_packets() -> None:
    answer = _explain(_solver("sweeping, memory"), TCP4)
    outcomes = {o.outcome: o for o in answer.outcomes}
    assert outcomes["table full"].packets > 0
    assert "room for" in outcomes["table full"].words


def test_a_small_insertion_budget_is_the_reason_of_some_packets() -> None:
    solver = _solver("sweeping")
    profile = dataclasses.replace(solver.inputs.profile, insertions_per_tick=2)
    answer = _explain(Solver.of(dataclasses.replace(solver.inputs, profile=profile)), TCP4)
    assert any(o.outcome == "insert budget" and o.packets > 0 for o in answer.outcomes)


def test_a_long_way_to_the_nic_is_the_reason_of_some_packets() -> None:
    solver = _solver("sweeping")
    profile = dataclasses.replace(solver.inputs.profile, activation_ns=5 * 10**8)
    answer = _explain(Solver.of(dataclasses.replace(solver.inputs, profile=profile)), TCP4)
    assert any(o.outcome == "activating" and o.packets > 0 for o in answer.outcomes)


def test_a_pin_is_the_reason_of_all_packets() -> None:
    answer = _explain(_solver("pinned"), _busiest()[0])
    assert answer.reason == "pinned" and answer.outcomes[0].words == "interfaces is pinned to host"
    assert sum(o.packets for o in answer.outcomes if o.outcome == NIC) == 0


@pytest.mark.parametrize(("what", "target"), [("sweeping", "agilio-cx"), ("", "bluefield2")])
def test_all_flows_together_fare_as_the_plan_says(what: str, target: str) -> None:
    """The outcomes over all packets agree with the shares of the plan, which come from the profile."""
    solver = _solver(what, target=target)
    kinds = {h.flow[:2] for p in job("firewall").replay.packets if (h := parse_headers(p.data)).flow is not None}
    answers = [_explain(solver, FlowKey(version, protocol, 1, 2, -1, -1)) for version, protocol in sorted(kinds)]
    served = sum(o.packets for a in answers for o in a.outcomes if o.outcome == NIC)
    packets = sum(a.packets for a in answers)
    planned = sum(c.share * c.nic_share for c in solver.plan.classes)
    assert served / packets == pytest.approx(planned, abs=0.01)
