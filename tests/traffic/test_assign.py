"""Which port and which connection a captured frame belongs to."""

from __future__ import annotations

import pytest

from cora.diagnostics import UserError
from cora.traffic.assign import Assignment, PortAssigner, PortRules
from cora.traffic.headers import ACK, SYN, FlowKey
from cora.traffic.wire import Extras, ethernet, frame, icmp_error, ip_packet, transport

IN, OUT = 1, 2
RULES = PortRules(IN, OUT)
CLIENT, SERVER = 0x0A000001, 0xC0000209
ASK = FlowKey(4, 6, CLIENT, SERVER, 4000, 80)


def assign(*frames: bytes, rules: PortRules = RULES) -> list[Assignment]:
    assigner = PortAssigner(rules)
    return [assigner.assign(data) for data in frames]


def ports(*frames: bytes, rules: PortRules = RULES) -> list[int]:
    return [a.port for a in assign(*frames, rules=rules)]


def test_the_first_packet_is_from_the_inside() -> None:
    got = assign(frame(ASK), frame(ASK.reversed()), frame(ASK))
    assert [a.port for a in got] == [IN, OUT, IN]
    assert [a.answer for a in got] == [False, True, False]
    assert {a.connection for a in got} == {0}


@pytest.mark.parametrize(
    "data",
    [
        frame(ASK.reversed(), extras=Extras(flags=SYN | ACK)),
        frame(FlowKey(4, 17, SERVER, CLIENT, 53, 4000)),
        frame(FlowKey(4, 1, SERVER, CLIENT, 7, 7), extras=Extras(answer=True)),
    ],
)
def test_what_looks_like_an_answer_is_one(data: bytes) -> None:
    (got,) = assign(data)
    assert (got.port, got.answer) == (OUT, True)


def test_a_syn_from_the_other_side_opens_anew() -> None:
    got = assign(frame(ASK), frame(ASK.reversed(), extras=Extras(flags=SYN)), frame(ASK))
    assert [(a.port, a.connection) for a in got] == [(IN, 0), (IN, 1), (OUT, 1)]


def test_an_icmp_error_goes_to_the_sender_of_what_it_quotes() -> None:
    router = FlowKey(4, 1, 0xC0000201, CLIENT, 0, 0)
    about_ask = icmp_error(router, 3, 1, frame(ASK)[14:42])
    about_answer = icmp_error(router._replace(src=CLIENT, dst=SERVER), 3, 3, frame(ASK.reversed())[14:42])
    got = assign(frame(ASK), about_ask, about_answer)
    assert [a.port for a in got] == [IN, OUT, IN]
    assert {a.connection for a in got} == {0}


def test_later_fragments_belong_to_the_connection_of_the_first() -> None:
    key = FlowKey(4, 17, SERVER, CLIENT, 53, 4000)
    segment = transport(key, bytes(100), Extras())
    first = ethernet(key, ip_packet(key, segment[:64], Extras(ident=9), 0x2000))
    later = ethernet(key, ip_packet(key, segment[64:], Extras(ident=9), 8))
    stray = ethernet(key, ip_packet(key, segment[64:], Extras(ident=10), 8))
    got = assign(frame(key.reversed()), first, later, stray)
    assert [(a.port, a.connection) for a in got] == [(IN, 0), (OUT, 0), (OUT, 0), (IN, 1)]


def test_frames_without_ip_go_by_their_macs() -> None:
    ask = b"\xff" * 6 + b"\x02" * 6 + b"\x08\x06" + bytes(46)
    there = b"\x04" * 6 + b"\x02" * 6 + b"\x88\xcc" + bytes(46)
    back = b"\x02" * 6 + b"\x04" * 6 + b"\x88\xcc" + bytes(46)
    assert ports(ask, there, back) == [IN, IN, OUT]


def test_prefixes() -> None:
    rules = PortRules(IN, OUT, ("10.0.0.0/8", "fd00::/8"))
    v6 = FlowKey(6, 17, 1, 0xFD << 120, 5, 6)
    assert ports(frame(ASK.reversed()), frame(ASK), frame(v6), frame(v6.reversed()), rules=rules) == [OUT, IN, OUT, IN]


def test_a_prefix_that_is_none() -> None:
    with pytest.raises(UserError) as caught:
        PortAssigner(PortRules(IN, OUT, ("10.0.0.1/8",)))
    assert caught.value.diagnostics[0].code == "C0511"
