"""What traffic to generate: the mapping `traffic.generate` of an nf.yaml, or a YAML file of its own, checked and with
its defaults."""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, cast

from cora.diagnostics import UserError, error
from cora.nf.yaml_text import Yaml, nearest, read_yaml
from cora.traffic.tunnel import TUNNEL_KINDS, TunnelSpec

_EXPONENT = re.compile(r"[0-9.]+[eE][+-]?[0-9]+")
"""What YAML 1.1 takes for a word, unless it has both a point and a sign: 2e6."""


@dataclass(frozen=True, slots=True)
class GenerateSpec:
    """Shares are between 0 and 1. `flows` connections are open at any time; when one ends, another begins."""

    seed: int = 1
    packets: int = 20_000
    flows: int = 400
    rate_pps: float = 20_000.0
    """Arrivals are a Poisson process of this mean rate."""
    skew: float = 1.1
    """Exponent of Zipf's law: the connection of rank r sends in proportion to r^-skew."""
    connection_packets: float = 30.0
    """Mean number of data packets of a connection (geometric); busy connections are longer in proportion."""
    mix: Mapping[str, float] = field(default_factory=lambda: {"tcp": 70.0, "udp": 25.0, "icmp": 5.0})
    """Weights of connections by protocol."""
    sizes: Mapping[int, float] = field(default_factory=lambda: {64: 50.0, 576: 15.0, 1400: 35.0})
    """Weights of data packets by frame size in bytes."""
    ipv6: float = 0.1
    """Share of connections over IPv6."""
    answers: float = 0.5
    """Share of data packets that go from the server to the client."""
    resets: float = 0.1
    """Share of TCP connections that end with a RST."""
    abandoned: float = 0.1
    """Share of connections that just stop, without FIN or RST."""
    icmp_errors: float = 0.005
    """ICMP errors about a client's packet, a data packet."""
    unsolicited: float = 0.005
    """Packets from outside that belong to no connection, a data packet."""
    flood: float = 0.0
    """SYNs from clients that never say anything else, a data packet."""
    idle: float = 0.02
    """Share of connections that pause once, for `idle_s`."""
    idle_s: float = 45.0
    clients: str = "10.0.0.0/20"
    servers: str = "198.51.100.0/24"
    clients6: str = "fd00:10::/112"
    servers6: str = "2001:db8:5::/112"
    server_ports: tuple[int, ...] = (443, 80, 53, 22)
    messages: str = "none"
    """What UDP connections carry: `none` (noise), `kv` or `dns`. A request, its answer, the next request, and so on;
    `sizes` holds for messages that can have any size."""
    keys: int = 1000
    """Keys or names that messages ask for."""
    key_skew: float = 1.0
    """Exponent of Zipf's law of these."""
    changes: float = 0.05
    """Share of requests that change a record, where there are such."""
    tunnel: TunnelSpec | None = None
    """The packets of one side come in tunnels."""


def generate_spec(mapping: Mapping[str, Any], where: str = "traffic.generate") -> GenerateSpec:
    """The spec of a YAML mapping, whose keys are those of `GenerateSpec`. Raises `UserError` C0510."""
    checks = _checks()
    values: dict[str, Any] = {}
    for key, value in mapping.items():
        if key not in checks:
            raise _unknown(str(key), list(checks), where)
        try:
            values[key] = checks[key](value)
        except (TypeError, ValueError) as problem:
            raise error(
                "C0510",
                f"{key}: {value!r} won't do: {problem}",
                where=where,
                help=f"the default is {_default(key)}",
            ) from None
    return GenerateSpec(**values)


def read_generate_spec(path: Path) -> GenerateSpec:
    """The spec of a YAML file with the keys of `GenerateSpec`. Raises `UserError` C0510, at the line that is wrong, and
    C0401 to C0406 for a file that is no such mapping."""
    return located_spec(read_yaml(path, "the description of the traffic"))


def located_spec(root: Yaml) -> GenerateSpec:
    """The spec of a YAML text; see `read_generate_spec`."""
    checks = _checks()
    values: dict[str, Any] = {}
    for key, value in root.items():
        name = key.text()
        if name not in checks:
            message = f"there is no {name!r} in a description of generated traffic"
            raise key.fail("C0510", message, nearest(name, checks))
        try:
            values[name] = checks[name](value.plain())
        except (TypeError, ValueError) as problem:
            raise value.fail("C0510", f"`{name}` won't do: {problem}", f"the default is {_default(name)}") from None
    return GenerateSpec(**values)


def _checks() -> dict[str, Callable[[Any], Any]]:
    shares = ("ipv6", "answers", "resets", "abandoned", "icmp_errors", "unsolicited", "idle", "changes")
    networks = {"clients": 4, "servers": 4, "clients6": 6, "servers6": 6}
    checks: dict[str, Callable[[Any], Any]] = {
        "seed": lambda v: _whole(v, 0, 2**63),
        "packets": lambda v: _whole(v, 1, 5 * 10**6),  # all frames are held in memory
        "flows": lambda v: _whole(v, 1, 10**6),
        "rate_pps": lambda v: _number(v, 1e-3, 1e9),
        "skew": lambda v: _number(v, 0.0, 10.0),
        "connection_packets": lambda v: _number(v, 1.0, 1e9),
        "mix": lambda v: _weights(v, _protocol),
        "sizes": lambda v: _weights(v, lambda size: _whole(size, 60, 9018)),
        "idle_s": lambda v: _number(v, 0.0, 1e9),
        "server_ports": _ports,
        "messages": _messages,
        "flood": lambda v: _number(v, 0.0, 100.0),
        "keys": lambda v: _whole(v, 1, 10**6),
        "key_skew": lambda v: _number(v, 0.0, 10.0),
        "tunnel": _tunnel,
    }
    checks |= {name: lambda v: _number(v, 0.0, 1.0) for name in shares}
    checks |= {name: lambda v, version=version: _prefix(v, version) for name, version in networks.items()}
    return {f.name: checks[f.name] for f in fields(GenerateSpec)}


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, str) and _EXPONENT.fullmatch(value):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("a number is expected")
    if not low <= value <= high:
        raise ValueError(f"it must be between {low:g} and {high:g}")
    return float(value)


def _whole(value: Any, low: int, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("a whole number is expected")
    return int(_number(value, low, high))


def _protocol(value: Any) -> str:
    if value not in ("tcp", "udp", "icmp"):
        raise ValueError("its keys are tcp, udp and icmp")
    return str(value)


def _messages(value: Any) -> str:
    if value not in ("none", "kv", "dns"):
        raise ValueError("the kinds are none, kv and dns")
    return str(value)


def _weights(value: Any, check_key: Callable[[Any], Any]) -> Mapping[Any, float]:
    if not isinstance(value, dict) or not value:
        raise TypeError("a mapping to weights is expected")
    weights = {check_key(k): _number(w, 0.0, 1e9) for k, w in cast(dict[Any, Any], value).items()}
    if sum(weights.values()) <= 0:
        raise ValueError("at least one weight must be above 0")
    return weights


def _tunnel(value: Any) -> TunnelSpec:
    if not isinstance(value, dict):
        raise TypeError("a mapping that describes tunnels is expected")
    checks: dict[str, Callable[[Any], Any]] = {
        "kind": lambda v: _word(v, TUNNEL_KINDS),
        "local": lambda v: str(ipaddress.IPv4Address(str(v))),
        "peers": lambda v: _prefix(v, 4),
        "side": lambda v: _word(v, ("inside", "outside")),
        "first_id": lambda v: _whole(v, 0, 2**24 - 1),
        "ids": lambda v: _whole(v, 1, 2**20),
        "first_vlan": lambda v: _whole(v, 0, 4094),
        "extended": lambda v: _number(v, 0.0, 1.0),
        "qfi": lambda v: _whole(v, 0, 63),
        "messages": lambda v: _number(v, 0.0, 1.0),
    }
    given = cast(dict[Any, Any], value)
    if unknown := [key for key in given if key not in checks]:
        raise ValueError(f"there is no {unknown[0]!r} in it; the keys are {', '.join(checks)}")
    if missing := [key for key in ("kind", "local", "peers", "side") if key not in given]:
        raise ValueError(f"it needs `{missing[0]}`")
    if given.get("messages") and given["kind"] != "gtpu":
        raise ValueError("`messages` are GTP-U's")
    return TunnelSpec(**{key: checks[key](v) for key, v in given.items()})


def _word(value: Any, words: tuple[str, ...]) -> str:
    if value not in words:
        raise ValueError(f"{value!r} is none of {', '.join(words)}")
    return str(value)


def _ports(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list | tuple) or not value:
        raise TypeError("a list of ports is expected")
    return tuple(_whole(port, 1, 65_535) for port in cast(list[Any], value))


def _prefix(value: Any, version: int) -> str:
    network = ipaddress.ip_network(str(value))
    if network.version != version:
        raise ValueError(f"an IPv{version} prefix is expected")
    return str(network)


def _default(key: str) -> str:
    value = getattr(GenerateSpec(), key)
    return str(list(value)) if isinstance(value, tuple) else str(value)


def _unknown(key: str, known: list[str], where: str) -> UserError:
    near = difflib.get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(known)}"
    return error("C0510", f"there is no {key!r} in the description of generated traffic", where=where, help=hint)
