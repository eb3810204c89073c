"""Replays through a program that answers SYNs itself."""

from __future__ import annotations

from cora.ir.interp import Dropped, Sent
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.traffic.assign import port_rules
from cora.traffic.capture import Capture, Frame
from cora.traffic.checksum import checksum, pseudo_header_sum
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec
from cora.traffic.headers import ACK, SYN, TCP, FlowKey, parse_headers
from cora.traffic.replay import Replay, replay
from cora.traffic.wire import Extras, addresses, frame

NF = load_nf("syn_proxy")
PROGRAM = build_program(NF)
ASK = FlowKey(4, TCP, 0xC6120005, 0xCB007101, 4000, 443)
CLIENT_ISN, SERVER_ISN = 100, 7000


def played(*frames: bytes) -> Replay:
    capture = Capture("t", tuple(Frame(n * 10**6, d, len(d)) for n, d in enumerate(frames)))
    return replay(capture, PROGRAM, fresh_store(NF, PROGRAM), port_rules(NF))


def tcp(data: bytes) -> tuple[int, int, int]:
    """Flags, sequence number, acknowledgement of a frame whose checksum is right."""
    headers = parse_headers(data)
    assert headers.key is not None
    end = headers.l3 + int.from_bytes(data[headers.l3 + 2 : headers.l3 + 4], "big")
    segment = data[headers.l4 : end]
    assert checksum(segment, pseudo_header_sum(*addresses(headers.key), TCP, len(segment))) == 0
    return headers.tcp_flags, int.from_bytes(segment[4:8], "big"), int.from_bytes(segment[8:12], "big")


SYN_ = frame(ASK, extras=Extras(flags=SYN, seq=CLIENT_ISN))
SYN_ACK = frame(ASK.reversed(), extras=Extras(flags=SYN | ACK, seq=SERVER_ISN, ack=CLIENT_ISN + 1))
ACK_ = frame(ASK, extras=Extras(flags=ACK, seq=CLIENT_ISN + 1, ack=SERVER_ISN + 1))
DATA = frame(ASK.reversed(), b"data", Extras(flags=ACK, seq=SERVER_ISN + 1, ack=CLIENT_ISN + 1))


def test_the_server_answers_when_a_syn_has_reached_it() -> None:
    got = played(SYN_, SYN_ACK, ACK_, DATA, ACK_)
    sent = [r.data for r in got.results if isinstance(r, Sent)]
    assert len(sent) == len(got.packets) == 5 and got.unasked == 0
    flags, cookie, ack = tcp(sent[0])
    assert (flags, ack) == (SYN | ACK, CLIENT_ISN + 1)
    assert tcp(got.packets[1].data) == (ACK, CLIENT_ISN + 1, cookie + 1)
    assert tcp(sent[1]) == (SYN, CLIENT_ISN, 0)
    assert got.packets[2].data == SYN_ACK and tcp(sent[2]) == (ACK, cookie + 1, CLIENT_ISN + 1)
    assert tcp(sent[3])[:2] == (ACK, cookie + 1)
    assert tcp(got.packets[4].data)[2] == cookie + 1 and tcp(sent[4])[2] == SERVER_ISN + 1


def test_without_a_syn_the_server_says_nothing() -> None:
    got = played(SYN_, SYN_ACK, DATA)
    assert (len(got.packets), got.unasked) == (1, 2)


def test_a_client_that_does_not_wait_is_refused() -> None:
    got = played(SYN_, ACK_)
    assert isinstance(got.results[1], Dropped)


def test_a_flood_is_of_syns() -> None:
    spec = GenerateSpec(packets=2000, flows=20, mix={"udp": 1.0}, flood=1.5, unsolicited=0.0, icmp_errors=0.0)
    kinds = [parse_headers(f.data) for f in generate(spec).frames]
    flood = [h for h in kinds if h.key is not None and h.key.protocol == TCP]
    assert 0.55 < len(flood) / len(kinds) < 0.65
    assert {h.tcp_flags for h in flood} == {SYN} and len({h.key for h in flood}) > 0.9 * len(flood)
