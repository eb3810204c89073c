"""A network function as Cora runs it: its nf.yaml, read and checked. docs/nfs/nf-yaml.md is the manual."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, cast

from cora.diagnostics import error
from cora.nf.yaml_text import Yaml, nearest, read_yaml
from cora.resources import folder

Faces = Literal["host", "net"]
Direction = Literal["initiator", "prefixes"]
Tunnel = Literal["gtpu", "vxlan"]
_ACCESSES = ("lookup", "insert", "update", "touch", "delete", "read", "write", "rmw", "count", "meter")
_MAX_IDLE_TIMEOUTS = 256  # ExpireTimeProfileId_t has 8 bits


@dataclass(frozen=True, slots=True)
class Port:
    name: str
    number: int
    """What P4 sees as the input port."""
    faces: Faces
    """Whether PNA calls packets from this port HOST_TO_NET or NET_TO_HOST."""


@dataclass(frozen=True, slots=True)
class IdleTimeout:
    """An expire profile; its number is its place in the list."""

    name: str
    seconds: float

    @property
    def ns(self) -> int:
        return round(self.seconds * 1e9)


@dataclass(frozen=True, slots=True)
class TrafficSpec:
    """How captured packets get their ports, and the traffic that is generated for the program."""

    direction: Direction = "initiator"
    inside: str = "inside"
    """Name of the port of initiators, or of addresses in `inside_prefixes`."""
    outside: str = "outside"
    inside_prefixes: tuple[str, ...] = ()
    tunnel: Tunnel | None = None
    """Packets in such tunnels are known by what they carry."""
    generate: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Checked by `cora.traffic.generate_spec`."""


@dataclass(frozen=True, slots=True)
class Edge:
    """Something that some packet of a verification must do: an access to a state, and what it was like.

    Conditions that are None (or "") hold for every access.
    """

    name: str
    state: str
    access: str
    hit: bool | None = None
    expired: bool | None = None
    """A lookup that misses though an entry of that key was inserted before."""
    index: int | None = None
    """The cell of a register, counter or meter."""
    port: str = ""
    """The name of the port that the packet came in by."""
    icmp_error: bool | None = None


@dataclass(frozen=True, slots=True)
class NfSpec:
    name: str
    summary: str
    path: Path
    """The nf.yaml."""
    program: Path
    entries: Path | None
    defines: tuple[str, ...]
    """Macros for the preprocessor, `NAME=VALUE`."""
    ports: tuple[Port, ...]
    idle_timeouts: tuple[IdleTimeout, ...]
    names: Mapping[str, Mapping[str, int]]
    """By key field, parameter or counter: the words for its numbers."""
    traffic: TrafficSpec
    edges: tuple[Edge, ...]
    clock_step_ns: int | None = None
    """So close moments may have one time; None: it isn't said."""
    include_dirs: tuple[Path, ...] = ()
    """Where the preprocessor looks for includes beside the program's folder."""
    arch: Path | None = None
    """The file of an architecture of the user's own."""

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where the preprocessor looks for includes, with that of the own architecture."""
        return (*(() if self.arch is None else (self.arch.parent,)), *self.include_dirs)

    @property
    def folder(self) -> Path:
        return self.path.parent

    @property
    def host_ports(self) -> frozenset[int]:
        return frozenset(p.number for p in self.ports if p.faces == "host")

    @property
    def idle_timeouts_ns(self) -> tuple[int, ...]:
        return tuple(t.ns for t in self.idle_timeouts)

    @property
    def inside_port(self) -> int:
        return self.port(self.traffic.inside).number

    @property
    def outside_port(self) -> int:
        return self.port(self.traffic.outside).number

    def port(self, name: str) -> Port:
        """The port of that name; KeyError if there is none."""
        for port in self.ports:
            if port.name == name:
                return port
        raise KeyError(name)

    def word(self, subject: str, number: int) -> str:
        """The word for a number of `names`, or the number itself."""
        return next((word for word, n in self.names.get(subject, {}).items() if n == number), str(number))


def bundled_names() -> list[str]:
    """The network functions that come with Cora."""
    return sorted(p.parent.name for p in folder("nf_programs").glob("*/nf.yaml"))


def load_nf(name_or_path: str | Path) -> NfSpec:
    """The network function of a name in nf_programs/, a folder, or an nf.yaml.

    Raises UserError C0401 to C0408; C0407 if there is none.
    """
    return read_spec(read_yaml(find_nf(name_or_path), "the description of the network function"))


def find_nf(name_or_path: str | Path) -> Path:
    """The path of the nf.yaml that is meant; C0407 if there is none."""
    path = Path(name_or_path)
    bundled = folder("nf_programs") / str(name_or_path) / "nf.yaml"
    if path.is_dir() and (path / "nf.yaml").is_file():
        return path / "nf.yaml"
    if path.is_file() and path.suffix in (".yaml", ".yml"):
        return path
    if path.suffix == ".p4" and (path.parent / "nf.yaml").is_file():
        return path.parent / "nf.yaml"
    if path.name == str(name_or_path) and bundled.is_file():
        return bundled
    raise error(
        "C0407",
        f"there is no network function {str(name_or_path)!r}",
        help=f"{nearest(str(name_or_path), bundled_names())} A folder with an nf.yaml will do, too",
    )


def read_spec(root: Yaml) -> NfSpec:
    """The spec of a parsed nf.yaml; relative paths start at its folder."""
    path = Path(root.source.name)
    fields = root.fields(
        ("name", "program", "ports"),
        ("summary", "entries", "arch", "defines", "idle_timeouts", "clock_step_ms", "names", "traffic", "verify"),
    )
    ports = _ports(fields["ports"])
    names = _names(fields.get("names"))
    return NfSpec(
        name=fields["name"].name(),
        summary=fields["summary"].text() if "summary" in fields else "",
        path=path,
        program=_file(fields["program"], path.parent),
        entries=_file(fields["entries"], path.parent) if "entries" in fields else None,
        defines=_defines(fields.get("defines")),
        ports=ports,
        idle_timeouts=_idle_timeouts(fields.get("idle_timeouts")),
        names=names,
        traffic=_traffic(fields.get("traffic"), ports),
        edges=_edges(fields.get("verify"), ports, names),
        clock_step_ns=fields["clock_step_ms"].whole(0, 1000) * 1_000_000 if "clock_step_ms" in fields else None,
        arch=_file(fields["arch"], path.parent) if "arch" in fields else None,
    )


def _file(value: Yaml, base: Path) -> Path:
    path = base / value.name()
    if not path.is_file():
        near = [p.name for p in base.iterdir() if p.is_file()]
        raise value.fail("C0406", f"{path} doesn't exist", nearest(value.text(), near))
    return path


def _ports(value: Yaml) -> tuple[Port, ...]:
    ports: list[Port] = []
    for key, port in value.items():
        fields = port.fields(("number", "faces"))
        number = fields["number"].whole(0, 0xFFFF)
        faces = cast(Faces, fields["faces"].choice(("host", "net")))
        if any(p.number == number for p in ports):
            raise fields["number"].fail("C0405", f"two ports have the number {number}", "give each its own")
        ports.append(Port(key.name(), number, faces))
    if not ports:
        raise value.fail("C0404", "`ports` names no port", "add `inside: {number: 1, faces: host}`")
    return tuple(ports)


def _defines(value: Yaml | None) -> tuple[str, ...]:
    return () if value is None else tuple(f"{name}={v.text()}" for name, v in value.mapping().items())


def _idle_timeouts(value: Yaml | None) -> tuple[IdleTimeout, ...]:
    if value is None:
        return ()
    timeouts: list[IdleTimeout] = []
    for item in value.sequence():
        fields = item.fields(("name", "seconds"))
        timeout = IdleTimeout(fields["name"].name(), fields["seconds"].positive())
        if any(t.name == timeout.name for t in timeouts):
            raise fields["name"].fail("C0402", f"two idle timeouts are called {timeout.name!r}", "rename one")
        timeouts.append(timeout)
    if not 1 <= len(timeouts) <= _MAX_IDLE_TIMEOUTS:
        raise value.fail("C0405", f"{len(timeouts)} idle timeouts: PNA has 1 to 256 profiles", "list 1 to 256")
    return tuple(timeouts)


def _names(value: Yaml | None) -> dict[str, dict[str, int]]:
    if value is None:
        return {}
    return {
        subject: {word: number.whole(0, 2**32 - 1) for word, number in words.mapping().items()}
        for subject, words in value.mapping().items()
    }


def _traffic(value: Yaml | None, ports: tuple[Port, ...]) -> TrafficSpec:
    if value is None:
        return TrafficSpec()
    fields = value.fields((), ("direction", "inside", "outside", "inside_prefixes", "tunnel", "generate"))
    known = [p.name for p in ports]
    spec = TrafficSpec(
        direction=cast(Direction, fields["direction"].choice(("initiator", "prefixes")))
        if "direction" in fields
        else "initiator",
        inside=fields["inside"].choice(known) if "inside" in fields else "inside",
        outside=fields["outside"].choice(known) if "outside" in fields else "outside",
        inside_prefixes=tuple(p.name() for p in fields["inside_prefixes"].sequence())
        if "inside_prefixes" in fields
        else (),
        tunnel=cast(Tunnel, fields["tunnel"].choice(("gtpu", "vxlan"))) if "tunnel" in fields else None,
        generate=_generate(fields["generate"]) if "generate" in fields else {},
    )
    for side in (spec.inside, spec.outside):
        if side not in known:
            raise value.fail(
                "C0404", f"`ports` has no {side!r}", f"name the sides: `inside: {known[0]}`, `outside: ...`"
            )
    if (spec.direction == "prefixes") != bool(spec.inside_prefixes):
        raise value.fail(
            "C0408",
            "`direction: prefixes` and `inside_prefixes` belong together",
            "give both, or neither for `direction: initiator`",
        )
    return spec


def _generate(value: Yaml) -> Mapping[str, Any]:
    value.mapping()  # must be one; a key may stand but once
    return cast(dict[str, Any], value.plain())


def _edges(value: Yaml | None, ports: tuple[Port, ...], names: Mapping[str, Mapping[str, int]]) -> tuple[Edge, ...]:
    if value is None:
        return ()
    fields = value.fields(("edges",))
    return tuple(_edge(item, [p.name for p in ports], names) for item in fields["edges"].sequence())


def _edge(item: Yaml, ports: list[str], names: Mapping[str, Mapping[str, int]]) -> Edge:
    fields = item.fields(("name", "state", "access"), ("hit", "expired", "index", "from", "icmp_error"))
    state = fields["state"].name()
    flags = {key: fields[key].boolean() if key in fields else None for key in ("hit", "expired", "icmp_error")}
    return Edge(
        name=fields["name"].name(),
        state=state,
        access=fields["access"].choice(_ACCESSES),
        hit=flags["hit"],
        expired=flags["expired"],
        index=_index(fields["index"], names.get(state, {})) if "index" in fields else None,
        port=fields["from"].choice(ports) if "from" in fields else "",
        icmp_error=flags["icmp_error"],
    )


def _index(value: Yaml, words: Mapping[str, int]) -> int:
    text = value.text()
    if text in words:
        return words[text]
    if not text[:1].isdigit():
        raise value.fail("C0403", f"{text!r} is not among the names of this state", nearest(text, words))
    return value.whole(0, 2**32 - 1)
