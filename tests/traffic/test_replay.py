"""Closed-loop replay: answers meet the addresses that the NAT really used."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from cora.diagnostics import UserError
from cora.ir.compiled import compile_program
from cora.ir.interp import Dropped, Sent, run
from cora.ir.nodes import Program
from cora.ir.store import Store
from cora.traffic.assign import PortRules
from cora.traffic.capture import Capture, Frame
from cora.traffic.edge import EdgePackets
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import FlowKey, parse_headers
from cora.traffic.replay import START_NS, replay
from cora.traffic.wire import Extras, ethernet, frame, icmp_error, ip_packet, transport

RULES = PortRules(1, 2)
NAT = 0xCB007101
CLIENT, SERVER = 0x0A000001, 0xC6336401
ASK = FlowKey(4, 17, CLIENT, SERVER, 4000, 53)


def capture(*frames: bytes, step_ns: int = 10**6) -> Capture:
    return Capture("t", tuple(Frame(7 * 10**18 + n * step_ns, d, len(d)) for n, d in enumerate(frames)))


def test_an_answer_goes_to_what_was_sent(nat: Program) -> None:
    answer = frame(ASK.reversed(), b"answer")
    got = replay(capture(frame(ASK), answer), nat, Store(nat), RULES)
    assert [p.port for p in got.packets] == [1, 2]
    assert parse_headers(got.packets[1].data).key == FlowKey(4, 17, SERVER, NAT, 53, 5000)
    packet = Ether(got.packets[1].data)
    del packet[IP].chksum, packet[UDP].chksum
    assert bytes(packet) == got.packets[1].data
    outside, inside = got.results
    assert isinstance(outside, Sent) and isinstance(inside, Sent)
    assert (outside.port, inside.port) == (2, 1)
    assert parse_headers(inside.data).key == ASK.reversed()
    assert (got.rewritten, got.skipped, got.answers, got.connections) == (1, 0, (False, True), (0, 0))
    assert [p.time_ns for p in got.packets] == [START_NS, START_NS + 10**6]


def test_answers_follow_a_new_mapping(nat: Program) -> None:
    """After ten idle seconds the NAT gives the flow another port; the next answer goes to that one."""
    frames = [frame(ASK), frame(ASK.reversed())] * 2
    got = replay(capture(*frames, step_ns=11 * 10**9), nat, Store(nat), RULES)
    keys = [parse_headers(p.data).key for p in got.packets]
    assert [k.dport for k in keys[1::2] if k] == [5000, 5001]
    assert [type(r) for r in got.results] == [Sent, Dropped, Sent, Dropped]  # and each answer is too late


def test_an_icmp_error_quotes_what_was_sent(nat: Program) -> None:
    router = FlowKey(4, 1, SERVER, CLIENT, 0, 0)
    got = replay(capture(frame(ASK), icmp_error(router, 3, 3, frame(ASK)[14:42])), nat, Store(nat), RULES)
    headers = parse_headers(got.packets[1].data)
    assert headers.key == FlowKey(4, 1, SERVER, NAT, 0, 0)
    assert headers.inner is not None
    assert headers.inner.key == FlowKey(4, 17, NAT, SERVER, 5000, 53)


def test_later_fragments_of_an_answer_follow(nat: Program) -> None:
    key = ASK.reversed()
    segment = transport(key, bytes(80), Extras())
    first = ethernet(key, ip_packet(key, segment[:48], Extras(ident=3), 0x2000))
    later = ethernet(key, ip_packet(key, segment[48:], Extras(ident=3), 6))
    got = replay(capture(frame(ASK), first, later), nat, Store(nat), RULES)
    keys = [parse_headers(p.data).key for p in got.packets]
    assert keys[1:] == [FlowKey(4, 17, SERVER, NAT, 53, 5000), FlowKey(4, 17, SERVER, NAT, 0, 0)]


def test_the_answer_to_a_dropped_packet_is_left_alone(nat: Program) -> None:
    icmp = FlowKey(4, 1, CLIENT, SERVER, 9, 9)
    answer = frame(icmp.reversed(), extras=Extras(answer=True))
    got = replay(capture(frame(icmp), answer), nat, Store(nat), RULES)
    assert got.packets[1].data == answer
    assert got.rewritten == 0


def test_cut_frames_get_their_length_back_and_long_ones_may_be_left_out(nat: Program) -> None:
    data = frame(ASK, b"x" * 50)
    frames = Capture("t", (Frame(5, data[:60], len(data)), Frame(4, data, 3000)))
    got = replay(frames, nat, Store(nat), RULES)
    assert [len(p.data) for p in got.packets] == [len(data), 3000]
    assert [p.time_ns for p in got.packets] == [START_NS, START_NS]  # time never goes back
    assert replay(frames, nat, Store(nat), RULES, largest_frame=1514).skipped == 1
    assert replay(capture(data, b"no header"), nat, Store(nat), RULES).skipped == 1


def test_no_packets_are_an_error(nat: Program) -> None:
    with pytest.raises(UserError) as caught:
        replay(Capture("none.pcap", (Frame(0, b"short", 5),)), nat, Store(nat), RULES)
    assert caught.value.diagnostics[0].code == "C0507"


def test_all_answers_of_generated_traffic_find_their_way(nat: Program) -> None:
    spec = GenerateSpec(packets=1500, flows=15, ipv6=0.0, mix={"tcp": 1, "udp": 1}, unsolicited=0.0, icmp_errors=0.0)
    traffic = generate(spec)
    store = Store(nat)
    got = replay(traffic, nat, store, RULES)
    flows = {c for c, a in zip(got.connections, got.answers, strict=True) if a}
    if len(store.flow_tables["out"].entries) < 64:  # the table never filled up
        assert all(isinstance(r, Sent) for r in got.results)
    assert len(flows) > 10
    for frame_in, result, answer in zip(traffic.frames, got.results, got.answers, strict=True):
        if answer and isinstance(result, Sent):
            assert parse_headers(result.data).key == parse_headers(frame_in.data).key


def test_odd_frames_are_replayed_quietly(nat: Program) -> None:
    """Adversarial frames as a capture: every frame is run, and what is no answer is not changed."""
    edge, store = EdgePackets(nat, RULES, count=4000, seed=9), Store(nat)
    run_one = compile_program(nat)
    frames: list[bytes] = []
    for packet in edge:
        edge.saw(run_one(store, packet))
        frames.append(packet.data)
    got = replay(capture(*frames), nat, Store(nat), RULES)
    assert len(got.packets) == 4000
    for before, packet, answer in zip(frames, got.packets, got.answers, strict=True):
        assert len(packet.data) == len(before)
        assert answer or packet.data == before


def test_the_interpreter_may_run_it(nat: Program) -> None:
    traffic = capture(frame(ASK), frame(ASK.reversed()), b"\0" * 20)
    plain = replay(traffic, nat, Store(nat), RULES)
    slow = replay(traffic, nat, Store(nat), RULES, run=lambda store, packet: run(nat, store, packet))
    assert plain.results == slow.results
    assert plain.store.snapshot() == slow.store.snapshot()
