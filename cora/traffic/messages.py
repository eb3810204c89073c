"""Requests and answers inside of generated UDP connections: what clients ask and servers say.

Two kinds: `kv` is the key-value protocol of nf_programs/kv_cache (its `kv_h` is the format), `dns` is DNS (RFC 1035)
with EDNS (RFC 6891). Servers remember what clients have set, so that answers agree with each other.
"""

from __future__ import annotations

import bisect
import itertools
import random
import struct
from dataclasses import dataclass, field
from typing import Protocol

GET, SET, DELETE, ANSWER = 1, 2, 3, 0x80
_KV = struct.Struct(">HBBI16sQH")
_KV_MAGIC = 0x4B56
_WORD = 16

A, CNAME, AAAA, OPT = 1, 5, 28, 41
_DNS = struct.Struct(">HHHHHH")
_DNS_RECORD = struct.Struct(">HHIH")
_EDNS_SHARE = 0.5
_QUERY_FLAGS, _ANSWER_FLAGS = 0x0100, 0x8180
_NO_SUCH_NAME = 3


class Messages(Protocol):
    """Both sides of a protocol of requests and answers."""

    def request(self, room: int) -> bytes:
        """The next request of some client, of about `room` bytes where the protocol leaves that open."""
        ...

    def answer(self, server: int, request: bytes, room: int) -> bytes:
        """What the server with this address answers; "" to what isn't a request."""
        ...


def messages(kind: str, rng: random.Random, *, keys: int, skew: float, changes: float) -> Messages:
    """The protocol `kind`, of `keys` keys or names that are asked for by Zipf's law with this exponent. `changes` is
    the share of requests that change a record, where there are such."""
    draw = _Zipf(rng, keys, skew)
    return KvMessages(rng, draw, changes) if kind == "kv" else DnsMessages(rng, draw)


class _Zipf:
    """Numbers from 0 on, number r with a probability in proportion to (r + 1)^-skew."""

    def __init__(self, rng: random.Random, count: int, skew: float) -> None:
        self.rng = rng
        self.sums = list(itertools.accumulate(rank**-skew for rank in range(1, count + 1)))

    def __call__(self) -> int:
        return bisect.bisect_left(self.sums, self.rng.random() * self.sums[-1])


@dataclass(slots=True)
class KvMessages:
    """Of the changes one in ten is a DELETE. A record that nobody has set yet is there, with version 1."""

    rng: random.Random
    draw: _Zipf
    changes: float
    _records: dict[tuple[int, bytes], tuple[int, bytes | None]] = field(
        default_factory=dict[tuple[int, bytes], tuple[int, bytes | None]]
    )
    """By server and key: version, and value if there is one."""

    def request(self, room: int) -> bytes:
        key = b"key:%012d" % self.draw()
        ident = self.rng.getrandbits(32)
        if self.rng.random() >= self.changes:
            return kv_message(GET, ident, key)
        if self.rng.random() < 0.1:
            return kv_message(DELETE, ident, key)
        return kv_message(SET, ident, key, value=self._value(room))

    def answer(self, server: int, request: bytes, room: int) -> bytes:
        if len(request) < _KV.size:
            return b""
        magic, op, _, ident, key, _, length = _KV.unpack_from(request)
        if magic != _KV_MAGIC or op not in (GET, SET, DELETE):
            return b""
        at = server, key
        if at not in self._records:
            self._records[at] = (1, self._value(room))
        version, value = self._records[at]
        if op != GET:
            value = request[_KV.size : _KV.size + length] if op == SET else None
            version += 1
            self._records[at] = (version, value)
        status = int(op == GET and value is None)
        return kv_message(op | ANSWER, ident, key, status=status, version=version, value=value or b"")

    def _value(self, room: int) -> bytes:
        """Mostly whole words; now and then a few bytes less."""
        size = max(_WORD, room - _KV.size)
        return self.rng.randbytes(size if self.rng.random() < 0.7 else size - self.rng.randrange(_WORD))


def kv_message(op: int, ident: int, key: bytes, *, status: int = 0, version: int = 0, value: bytes = b"") -> bytes:
    """A message of the key-value protocol. `key` has 16 bytes."""
    filled = value.ljust(-(-len(value) // _WORD) * _WORD, b"\0")
    return _KV.pack(_KV_MAGIC, op, status, ident, key, version, len(value)) + filled


class DnsMessages:
    """Questions for A and AAAA records. One name in 16 doesn't exist, one is an alias, one has several addresses."""

    def __init__(self, rng: random.Random, draw: _Zipf) -> None:
        self.rng, self.draw = rng, draw
        chosen = random.Random(len(draw.sums))
        self.names = [_domain(chosen, number) for number in range(len(draw.sums))]
        self.ttls = [chosen.choice((2, 5, 30, 60, 300, 3600)) for _ in self.names]
        self.numbers = {name: number for number, name in enumerate(self.names)}

    def request(self, room: int) -> bytes:
        name = self.names[self.draw()]
        if self.rng.random() < 0.1:  # draft-vixie-dnsext-dns0x20: letters of either case, which must come back so
            name = bytes(b ^ 0x20 if 97 <= b <= 122 and self.rng.random() < 0.5 else b for b in name)
        kind = A if self.rng.random() < 0.7 else AAAA
        extra = dns_edns() if self.rng.random() < _EDNS_SHARE else b""
        question = name + struct.pack(">HH", kind, 1)
        return _DNS.pack(self.rng.getrandbits(16), _QUERY_FLAGS, 1, 0, 0, bool(extra)) + question + extra

    def answer(self, server: int, request: bytes, room: int) -> bytes:
        end = request.find(b"\0", _DNS.size)
        if end < 0 or len(request) < end + 5 or request[2] & 0x80:
            return b""
        question = request[_DNS.size : end + 5]
        kind = int.from_bytes(question[-4:-2], "big")
        number = self.numbers.get(question[:-4].lower(), 0)
        records = _records(number, kind, self.ttls[number])
        flags = _ANSWER_FLAGS | (_NO_SUCH_NAME if not records else 0)
        extra = request[end + 5 :]
        ident = int.from_bytes(request[:2], "big")
        return _DNS.pack(ident, flags, 1, len(records), 0, bool(extra)) + question + b"".join(records) + extra


def dns_name(text: str) -> bytes:
    """A name as labels with their lengths, and the empty one at the end."""
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".")) + b"\0"


def dns_record(kind: int, ttl_s: int, data: bytes) -> bytes:
    """A record about the name in the question (a pointer to it)."""
    return b"\xc0\x0c" + _DNS_RECORD.pack(kind, 1, ttl_s, len(data)) + data


def dns_edns(size: int = 1232, flags: int = 0, options: bytes = b"") -> bytes:
    """The pseudo record of EDNS: how long answers may be; flag 0x8000 asks for DNSSEC's records."""
    return b"\0" + _DNS_RECORD.pack(OPT, size, flags, len(options)) + options


def _records(number: int, kind: int, ttl_s: int) -> list[bytes]:
    what, address = number % 16, 0xC6336400 + number % 254
    if what == 7 or kind not in (A, AAAA):
        return []
    if kind == AAAA:
        return [dns_record(AAAA, ttl_s, (0x20010DB8 << 96 | address).to_bytes(16, "big"))]
    record = dns_record(A, ttl_s, address.to_bytes(4, "big"))
    if what == 11:
        return [dns_record(CNAME, ttl_s, dns_name("host.example.net")), record]
    return [dns_record(A, ttl_s, (address + n).to_bytes(4, "big")) for n in range(3)] if what == 13 else [record]


def _domain(chosen: random.Random, number: int) -> bytes:
    """A name of two to four labels, 9 to 40 bytes."""
    words = ("www", "api", "cdn", "mail", "static", "images", "login", "edge-12", "db", "accounts")
    middle = "".join(chosen.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(chosen.randrange(2, 13)))
    labels = [chosen.choice(words)] if chosen.random() < 0.8 else []
    if chosen.random() < 0.15:
        labels.append("eu-central")
    return dns_name(".".join((*labels, f"{middle}{number}", chosen.choice(("com", "net", "org", "example", "de")))))
