"""Messages inside of generated connections, and the replay of answers that nobody asked a server for."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from scapy.layers.dns import DNS

from cora.diagnostics import UserError
from cora.ir.interp import Sent
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.traffic.assign import port_rules
from cora.traffic.generate import generate
from cora.traffic.generate_spec import GenerateSpec, generate_spec
from cora.traffic.headers import UDP, parse_headers
from cora.traffic.messages import ANSWER, DELETE, GET, SET, kv_message, messages
from cora.traffic.replay import replay


def test_a_store_remembers_what_was_set() -> None:
    store = messages("kv", random.Random(1), keys=3, skew=1.0, changes=0.5)
    key, other = b"k" * 16, b"o" * 16
    assert len(store.answer(7, kv_message(GET, 5, key), 50)) == 50
    done = store.answer(7, kv_message(SET, 6, key, value=b"new"), 50)
    assert done == kv_message(SET | ANSWER, 6, key, version=2, value=b"new")
    assert store.answer(7, kv_message(GET, 7, key), 50) == kv_message(GET | ANSWER, 7, key, version=2, value=b"new")
    assert store.answer(7, kv_message(DELETE, 8, key), 50) == kv_message(DELETE | ANSWER, 8, key, version=3)
    assert store.answer(7, kv_message(GET, 9, key), 50) == kv_message(GET | ANSWER, 9, key, status=1, version=3)
    for server, asked in ((7, other), (8, key)):
        assert store.answer(server, kv_message(GET, 9, asked), 50)[24:32] == (1).to_bytes(8, "big")
    assert store.answer(7, b"short", 50) == store.answer(7, bytes(40), 50) == b""


def test_requests_are_what_was_asked_for() -> None:
    kv = messages("kv", random.Random(1), keys=1000, skew=1.2, changes=0.2)
    requests = [kv.request(66) for _ in range(1000)]
    changes = [r for r in requests if r[2] != GET]
    assert 150 < len(changes) < 250 and {r[2] for r in changes} == {SET, DELETE}
    keys = [r[8:24] for r in requests]
    assert keys.count(max(set(keys), key=keys.count)) > 100 and len(set(keys)) > 100


def test_dns_messages_are_dns() -> None:
    dns = messages("dns", random.Random(1), keys=64, skew=0.5, changes=0.0)
    kinds: set[tuple[int, int, int]] = set()
    for _ in range(300):
        request = dns.request(0)
        asked = DNS(request)
        assert bytes(asked) == request and asked.qr == 0 and asked.qdcount == 1
        assert not asked.arcount or (asked.ar[0].type, asked.ar[0].rclass) == (41, 1232)
        told = DNS(dns.answer(1, request, 0))
        assert (told.id, told.qr, told.qd) == (asked.id, 1, asked.qd) and told.arcount == asked.arcount
        assert all(a.rrname.lower() == asked.qd[0].qname.lower() for a in told.an[:1])
        kinds.add((asked.qd[0].qtype, told.rcode, told.ancount))
    assert kinds >= {(1, 0, 1), (28, 0, 1), (1, 3, 0), (1, 0, 2), (1, 0, 3)}
    assert dns.answer(1, dns.answer(1, dns.request(0), 0), 0) == b""


def test_connections_with_messages_take_turns() -> None:
    spec = GenerateSpec(packets=600, flows=5, mix={"udp": 1.0}, messages="kv", unsolicited=0.0, icmp_errors=0.0)
    last: dict[object, bytes] = {}
    for frame in generate(spec).frames:
        headers = parse_headers(frame.data)
        assert headers.key is not None and headers.key.protocol == UDP
        payload = frame.data[headers.l4 + 8 :]
        before = last.get(headers.key.connection())
        if before is None or before[2] & ANSWER:
            assert payload[2] in (GET, SET, DELETE)
        else:
            assert (payload[2], payload[4:24]) == (before[2] | ANSWER, before[4:24])
        last[headers.key.connection()] = payload


def test_a_spec_of_other_messages_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        generate_spec({"messages": "smtp"})
    assert "the kinds are none, kv and dns" in caught.value.diagnostics[0].message


def test_what_the_program_answers_is_answered_by_nobody_else() -> None:
    nf = load_nf("kv_cache")
    program = build_program(nf)
    spec = replace(generate_spec(nf.traffic.generate), packets=3000)
    store = fresh_store(nf, program)
    capture = generate(spec)
    got = replay(capture, program, store, port_rules(nf))
    own = [r for p, r in zip(got.packets, got.results, strict=True) if isinstance(r, Sent) and r.port == p.port]
    assert len(own) > 300
    assert 0.7 * len(own) < got.unasked <= len(own)  # connections end with a request, too
    assert len(got.packets) + got.unasked == len(capture.frames) and got.skipped == 0
    answers = [p.data for p in got.packets if p.port == nf.outside_port]
    assert not {r.data[46:52] for r in own} & {data[46:52] for data in answers}  # identifiers of requests
