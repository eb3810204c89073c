"""A table program as commands of `tc` (iproute2): one `flower` filter a rule, for `tc -batch`.

Names and forms are those of tc-flower(8), tc-pedit(8), tc-csum(8), tc-mirred(8) and tc-skbedit(8).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv6Address

from cora.codegen.match_action import INWARDS, PORT, AddField, Match, Rule, SetField, TableProgram
from cora.codegen.match_action_fields import ETHERTYPE, Field, Layers, layers_of

_PROTOCOLS = {0x0800: "ip", 0x86DD: "ipv6", 0x0806: "arp"}
_TRANSPORTS = {6: "tcp", 17: "udp", 1: "icmp"}
_IMPLIED = ("ip.version", "ip.ihl")
"""No keys of flower: the EtherType stands for the version; that there are no IPv4 options can't be said."""


class _NoKey(Exception):
    """Flower can't match a field so."""


@dataclass(frozen=True, slots=True)
class Filter:
    """`ignored`: what the rule matches and the filter doesn't."""

    rule: int
    command: str
    ignored: tuple[str, ...]


def levels(table: TableProgram) -> list[int]:
    """For each rule from 1 on: rules that some packet matches both have different levels, the earlier the smaller."""
    found: list[int] = []
    before: dict[int, list[tuple[Match, int]]] = {}
    for rule in table.rules:
        level = 0
        for mask, others in before.items():
            if mask == rule.match.mask:
                clashes = [x for m, x in others if m.value == rule.match.value]
            else:
                clashes = [x for m, x in others if x > level and m.both(rule.match) is not None]
            level = max([level, *clashes])
        found.append(level + 1)
        before.setdefault(rule.match.mask, []).append((rule.match, level + 1))
    return found


def flower_filters(table: TableProgram, devices: Mapping[int, str]) -> list[Filter]:
    """The filters in order. `devices`: by port of the program, the interface that stands for it."""
    protocols = list(dict.fromkeys(_protocol(rule.match) for rule in table.rules))
    filters: list[Filter] = []
    for number, (rule, level) in enumerate(zip(table.rules, levels(table), strict=True)):
        layers = layers_of(rule.match)
        protocol = _protocol(rule.match)
        keys, ignored = _keys(rule.match, layers, protocol)
        if keys is None:
            # More packets than the rule means: they must not meet later rules.
            keys, rule = [], replace(rule, outcome=INWARDS)
        priority = (level - 1) * len(protocols) + protocols.index(protocol) + 1
        ports = [PORT.of(rule.match.value)] if rule.match.known(PORT) else sorted(devices)
        for port in ports:
            if port in devices:
                head = f"filter add dev {devices[port]} ingress protocol {protocol} prio {priority} flower skip_sw"
                text = " ".join([head, *keys, _actions(number, rule, layers, devices)])
                filters.append(Filter(number, text, tuple(ignored)))
    return filters


def flower_batch(table: TableProgram, devices: Mapping[int, str]) -> str:
    """The commands as a file for `tc -batch`, with what they can't say in comments."""
    filters = flower_filters(table, devices)
    ignored = dict.fromkeys(name for f in filters for name in f.ignored)
    lines = [f"# {table.name}: {len(table.rules)} rules as {len(filters)} filters for tc -batch, made by Cora"]
    lines += [f"# flower has no key {name}: these filters take packets whatever it is" for name in ignored]
    lines += [f"qdisc replace dev {device} clsact" for device in devices.values()]
    return "\n".join([*lines, *(f.command for f in filters)]) + "\n"


# ---------------------------------------------------------------- keys


def _protocol(match: Match) -> str:
    if not match.known(ETHERTYPE):
        return "all"
    kind = ETHERTYPE.of(match.value)
    return _PROTOCOLS.get(kind, f"{kind:#06x}")


def _keys(match: Match, layers: Layers, protocol: str) -> tuple[list[str] | None, list[str]]:
    """The keys, or None where flower can't say what the rule matches; and the fields that it leaves out."""
    keys: list[str] = []
    ignored: list[str] = []
    if match.mask & PORT.mask() and not match.known(PORT):
        return None, []
    if match.mask & ETHERTYPE.mask() and protocol == "all":
        return None, []
    try:
        fragment = _fragment(match, layers)
        for field in layers.fields:
            if not match.mask & field.bits.mask() or field.name in ("port", "eth.type"):
                continue
            if field.name in _IMPLIED:
                ignored.append(field.name)
            elif field.flower != "ip_flags":
                keys.append(f"{field.flower} {_value(field, match, layers)}")
    except _NoKey:
        return None, ignored
    return keys + fragment, ignored


def _fragment(match: Match, layers: Layers) -> list[str]:
    both = [f for f in layers.fields if f.flower == "ip_flags"]
    said = [f for f in both if match.mask & f.bits.mask()]
    if not said:
        return []
    if said != both or not all(match.known(f.bits) for f in both):
        raise _NoKey
    more, offset = (f.bits.of(match.value) for f in both)
    if offset:
        raise _NoKey
    return ["ip_flags frag/firstfrag" if more else "ip_flags nofrag"]


def _value(field: Field, match: Match, layers: Layers) -> str:
    value, mask, width = field.bits.of(match.value), field.bits.of(match.mask), field.bits.width
    whole = mask == (1 << width) - 1
    match field.flower:
        case "src_mac" | "dst_mac":
            return _mac(value) + ("" if whole else f"/{_mac(mask)}")
        case "src_ip" | "dst_ip":
            length = _prefix(mask, width)
            return f"{_address(value, width)}/{length}"
        case "ip_proto" if whole:
            return _TRANSPORTS.get(value, f"{value:#x}") if layers.l3 == "ipv4" else f"{value:#x}"
        case "src_port" | "dst_port":
            last = value | (1 << width - _prefix(mask, width)) - 1
            return str(value) if whole else f"{value}-{last}"
        case "ip_ttl" | "type" | "code":
            return str(value) + ("" if whole else f"/{mask:#x}")
        case "ip_tos" | "tcp_flags":
            return f"{value:#x}/{mask:#x}"
        case _:
            raise _NoKey


def _prefix(mask: int, width: int) -> int:
    """How many of the upper bits a mask has; others than those can't be said."""
    length = mask.bit_count()
    if mask != ((1 << length) - 1) << (width - length):
        raise _NoKey
    return length


def _mac(value: int) -> str:
    return value.to_bytes(6, "big").hex(":")


def _address(value: int, width: int) -> str:
    return str(IPv4Address(value) if width == 32 else IPv6Address(value))


# ---------------------------------------------------------------- actions


def _actions(number: int, rule: Rule, layers: Layers, devices: Mapping[int, str]) -> str:
    outcome = rule.outcome
    mark = f"action skbedit mark {number + 1} pipe"
    if outcome.verdict == "inwards" or (outcome.verdict == "forward" and outcome.port not in devices):
        return "action trap"
    if outcome.verdict == "drop":
        return "action drop"
    parts: list[str] = []
    if outcome.rewrites:
        munges = [f"munge {_munge(rewrite, layers)}" for rewrite in outcome.rewrites]
        parts.append(f"action pedit ex {' '.join(munges)} pipe")
        sums = [*(["ip4h"] if layers.l3 == "ipv4" else []), *([layers.l4] if layers.l4 else [])]
        if sums and any(checksum.covers(r.bits) for checksum in layers.checksums for r in outcome.rewrites):
            parts.append(f"action csum {' and '.join(sums)} pipe")
    return " ".join([*parts, mark, f"action mirred egress redirect dev {devices[outcome.port]}"])


def _munge(rewrite: SetField | AddField, layers: Layers) -> str:
    field = next(f for f in layers.fields if f.bits == rewrite.bits)
    match rewrite:
        case AddField(amount=amount):
            return f"{field.munge} {amount:#x}"
        case SetField(value=value):
            verb = field.munge.removesuffix("add") + "set" if field.munge.endswith("add") else field.munge
            match rewrite.bits.width:
                case 48:
                    return f"{verb} {_mac(value)}"
                case 32 | 128:
                    return f"{verb} {_address(value, rewrite.bits.width)}"
                case _:
                    return f"{verb} {value}"
