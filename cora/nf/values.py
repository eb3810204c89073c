"""Values as an entries.yaml writes them, for a field of known width: numbers, addresses, words, prefixes, ranges.

    exact      6   0x1f   10.0.0.1   2001:db8::1   02:00:00:00:00:01   tcp (a word of nf.yaml)
               port(inside)   profile(tcp)   timeout(tcp)
    lpm        10.0.0.0/8   any
    ternary    10.0.0.0/8   0x10&&&0xf0   6   any
    range      1000..2000   80   any
    optional   6   any

An IPv4 address in a field of 128 bits is the IPv6 address ::ffff:a.b.c.d (RFC 4291, 2.5.5.2), and its prefix length
counts from there.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cora.diagnostics import UserError
from cora.ir.nodes import KeyField, KeyMatch
from cora.nf.spec import IdleTimeout, Port
from cora.nf.yaml_text import nearest

_MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_CALL = re.compile(r"(\w+)\((\w+)\)")
_IPV4_MAPPED = 0xFFFF << 32
ANY = ("any", "*")


class Located(Protocol):
    """A text in a file: a `Yaml` scalar, or a word of another kind of file."""

    def text(self) -> str: ...

    def fail(self, code: str, message: str, help: str) -> UserError: ...


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words that entries may use; all from the nf.yaml."""

    ports: tuple[Port, ...] = ()
    idle_timeouts: tuple[IdleTimeout, ...] = ()
    names: Mapping[str, Mapping[str, int]] = field(default_factory=dict[str, Mapping[str, int]])


def number(value: Located, subject: str, width: int, words: Vocabulary) -> int:
    """A value of `width` bits for the field or parameter `subject`; C0413 if it isn't one, C0414 if it is too large."""
    text = value.text().strip()
    if text not in words.names.get(subject, {}) and _is_address_text(text):
        return _address(value, text, width)[0]
    result = _plain_number(value, text, subject, words)
    if not 0 <= result < 1 << width:
        raise value.fail("C0414", f"{text} doesn't fit into {width} bits", f"0 to {_largest(width)} do")
    return result


def match_of(value: Located, key: KeyField, words: Vocabulary) -> KeyMatch:
    """What a key field matches; C0413 or C0414 if the text doesn't suit its kind and width."""
    text = value.text().strip()
    if text in ANY:
        return match_any(key, value)
    match key.match:
        case "exact":
            return KeyMatch(number(value, key.name, key.width, words))
        case "range":
            return _range(value, text, key, words)
        case "lpm":
            bits, length = _prefix(value, text, key, words)
            return KeyMatch(bits & _mask(length, key.width), length)
        case "ternary" | "optional":
            return _ternary(value, text, key, words)


def match_any(key: KeyField, value: Located) -> KeyMatch:
    """The match of a field that may be anything; C0412 for an exact field (`value` says where)."""
    match key.match:
        case "exact":
            raise value.fail(
                "C0412", f"the key field {key.name!r} is exact: it needs a value", f"write `{key.name}: ...`"
            )
        case "range":
            return KeyMatch(0, _largest(key.width))
        case "lpm" | "ternary" | "optional":
            return KeyMatch(0, 0)


def _largest(width: int) -> int:
    return (1 << width) - 1


def _mask(length: int, width: int) -> int:
    return _largest(width) >> (width - length) << (width - length)


def _plain_number(value: Located, text: str, subject: str, words: Vocabulary) -> int:
    known = words.names.get(subject, {})
    if text in known:
        return known[text]
    call = _CALL.fullmatch(text)
    if call is not None:
        return _call(value, call[1], call[2], words)
    try:
        return int(text, 0)
    except ValueError:
        pass
    if text in ("true", "false"):
        return int(text == "true")
    raise value.fail("C0413", f"{text!r} is no value for `{subject}`", _value_help(text, known))


def _value_help(text: str, known: Mapping[str, int]) -> str:
    return nearest(text, known) if known else "write a number, an address, or a word of `names` in nf.yaml"


def _call(value: Located, function: str, name: str, words: Vocabulary) -> int:
    tables: dict[str, dict[str, int]] = {
        "port": {p.name: p.number for p in words.ports},
        "profile": {t.name: i for i, t in enumerate(words.idle_timeouts)},
        "timeout": {t.name: t.ns for t in words.idle_timeouts},
    }
    if function not in tables:
        raise value.fail("C0413", f"there is no {function}(...)", nearest(function, tables))
    if name not in tables[function]:
        raise value.fail("C0413", f"nf.yaml names no {function} {name!r}", nearest(name, tables[function]))
    return tables[function][name]


def _is_address_text(text: str) -> bool:
    return ":" in text or text.count(".") == 3


def _address(value: Located, text: str, width: int) -> tuple[int, int]:
    """The bits of an address and how many of them its own prefix lengths don't count."""
    if _MAC.fullmatch(text):
        if width != 48:
            raise _wrong_width(value, "a MAC address", 48, width)
        return int(re.sub("[:-]", "", text), 16), 0
    try:
        address = ipaddress.ip_address(text)
    except ValueError as problem:
        raise value.fail("C0413", f"{problem}", "write 10.0.0.1, 2001:db8::1 or 02:00:00:00:00:01") from None
    if address.version == 6:
        if width != 128:
            raise _wrong_width(value, "an IPv6 address", 128, width)
        return int(address), 0
    if width not in (32, 128):
        raise _wrong_width(value, "an IPv4 address", 32, width)
    return (int(address), 0) if width == 32 else (_IPV4_MAPPED | int(address), 96)


def _wrong_width(value: Located, what: str, needed: int, width: int) -> UserError:
    return value.fail("C0414", f"{what} has {needed} bits, the field {width}", "check the order of fields and values")


def _prefix(value: Located, text: str, key: KeyField, words: Vocabulary) -> tuple[int, int]:
    head, slash, tail = text.partition("/")
    if _is_address_text(head):
        bits, offset = _address(value, head, key.width)
    else:
        bits, offset = _plain_number(value, head, key.name, words), 0
    if not 0 <= bits < 1 << key.width:
        raise value.fail("C0414", f"{head} doesn't fit into {key.width} bits", f"0 to {_largest(key.width)} do")
    if not slash:
        return bits, key.width
    if not tail.isdigit() or int(tail) + offset > key.width:
        limit = key.width - offset
        raise value.fail("C0413", f"{tail!r} is no prefix length here", f"write /0 to /{limit}")
    length = int(tail) + offset
    if bits & ~_mask(length, key.width):
        raise value.fail("C0413", f"{text} has bits behind its prefix", "set them to 0, or write a longer prefix")
    return bits, length


def _ternary(value: Located, text: str, key: KeyField, words: Vocabulary) -> KeyMatch:
    if "&&" in text:
        left, _, right = text.partition("&&")
        bits = _plain_number(value, left.strip(), key.name, words)
        mask = _plain_number(value, right.lstrip("&").strip(), key.name, words)
        if max(bits, mask) > _largest(key.width):
            raise value.fail("C0414", f"{text} doesn't fit into {key.width} bits", f"up to {_largest(key.width)} does")
        return KeyMatch(bits & mask, mask)
    bits, length = _prefix(value, text, key, words)
    return KeyMatch(bits, _mask(length, key.width))


def _range(value: Located, text: str, key: KeyField, words: Vocabulary) -> KeyMatch:
    low_text, dots, high_text = text.partition("..")
    low = _plain_number(value, low_text.strip(), key.name, words)
    high = _plain_number(value, high_text.strip(), key.name, words) if dots else low
    if high > _largest(key.width):
        raise value.fail("C0414", f"{high} doesn't fit into {key.width} bits", f"up to {_largest(key.width)} does")
    if not 0 <= low <= high:
        raise value.fail("C0413", f"{text} is an empty range", "write low..high")
    return KeyMatch(low, high)
