"""`load_model`: a YAML file of models/ -> `Model`, with errors on the line where they are."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import yaml

from cora.diagnostics import Source, error
from cora.model.reader import Entries, Reader
from cora.model.schema import (
    ACCESS_SHAPES,
    CLOCK_READ,
    FINER_OP_CLASSES,
    LINK_ORDERS,
    OP_CLASSES,
    PROFILES,
    SERIAL_FLOWS,
    STAMPS,
    AccessCost,
    Capabilities,
    Curve,
    Engine,
    EngineKind,
    Link,
    Memory,
    Model,
    Number,
    Profile,
    Sweep,
    Wire,
)
from cora.resources import folder

HOST_SIGN = "@"
_ACCESS_KINDS = ("lookup", "insert", "update", "touch", "delete", "read", "write", "rmw", "count")
_MATCH_KINDS = ("exact", "lpm", "ternary", "range", "optional")


def model_names() -> list[str]:
    """The models that come with Cora, by name."""
    return sorted(path.stem for path in folder("models").glob("*.yaml"))


def model_path(name_or_path: str | Path) -> Path:
    """The file of a model, by its name or its own path; C0607 if there is none."""
    path = Path(name_or_path)
    if path.suffix not in (".yaml", ".yml"):
        path = folder("models") / f"{name_or_path}.yaml"
    if not path.is_file():
        help = f"models are: {', '.join(model_names())}; or give the path of a .yaml file"
        raise error("C0607", f"there is no model {str(name_or_path)!r}", help=help)
    return path


def load_model(name_or_path: str | Path, firmware: str = "") -> Model:
    """A model by the name of a file in models/, or by the path of a YAML file; "MODEL@FILE": with the host of FILE in
    place of its own. `firmware` is one of the file's `firmware`s, "" for the first. Raises `UserError` (C0601-C0609).
    """
    named, at, host = str(name_or_path).partition(HOST_SIGN)
    if at:
        return with_host(load_model(named, firmware), load_model(host), host)
    path = model_path(name_or_path)
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise error("C0601", "the file is not UTF-8 text", where=str(path), help="save it as UTF-8") from None
    return read_model(Source(str(name_or_path), text), firmware)


def read_model(source: Source, firmware: str = "") -> Model:
    """The model in a YAML text, with one of its firmwares."""
    reader = Reader(source)
    root = reader.compose()
    required = ("name", "title", "sources", "engines")
    optional = ("host", "memories", "links", "wire", "crossing", "firmware")
    top = reader.fields(root, "a model", required, optional)
    firmwares = reader.mapping(top["firmware"], "firmware") if "firmware" in top else {}
    firmware = _firmware(source, firmwares, firmware)
    if firmware:
        top = reader.fields(reader.overridden(root, firmwares[firmware]), "a model", required, optional)
    reader.sources = {
        key: reader.text(value, "a source") for key, value in reader.mapping(top["sources"], "sources").items()
    }
    engines = [_engine(reader, name, node) for name, node in reader.mapping(top["engines"], "engines").items()]
    memories = (
        [_memory(reader, n, v) for n, v in reader.mapping(top["memories"], "memories").items()]
        if "memories" in top
        else []
    )
    if "host" in top:
        machine = load_model(reader.text(top["host"], "host"))
        engines.append(machine.host)
        memories.extend(machine.memories_of(machine.host.name))
    _check_engines(reader, root, top, engines, memories)
    links = (
        [_link(reader, n, v, engines) for n, v in reader.mapping(top["links"], "links").items()]
        if "links" in top
        else []
    )
    if "wire" not in top:
        raise reader.fail("C0603", root, "a model lacks 'wire'", "add `wire:` with the line rate")
    return Model(
        reader.text(top["name"], "name"),
        reader.text(top["title"], "title"),
        tuple(engines),
        tuple(memories),
        tuple(links),
        _wire(reader, top["wire"]),
        _cycles(reader, top["crossing"], "crossing", engines[-1].clock_hz.value) if "crossing" in top else None,
        firmware=firmware,
        firmwares=tuple(firmwares),
    )


def with_host(model: Model, measured: Model, name: str) -> Model:
    """The model with the host of another one, and its memory. What a packet costs that is handed to it is that host's,
    if it has been measured (`Model.crossing`), else the same time as before."""
    before = model.host
    host = dataclasses.replace(measured.host, name=before.name)
    memories = tuple(m for m in model.memories if m.engine != before.name) + tuple(
        dataclasses.replace(m, engine=before.name) for m in measured.memories_of(measured.host.name)
    )
    factor = host.clock_hz.value / before.clock_hz.value
    links = tuple(
        dataclasses.replace(link, receive_cycles=measured.crossing or _scaled(link.receive_cycles, factor))
        if link.target == before.name
        else link
        for link in model.links
    )
    return dataclasses.replace(
        model,
        engines=(*model.engines[:-1], host),
        memories=memories,
        links=links,
        host_title=f"{name}: {measured.title}",
    )


def _scaled(cost: Number, factor: float) -> Number:
    """A cost that was written as a time, in cycles of a clock that is `factor` times as fast."""
    if not cost.timed:
        return cost
    return dataclasses.replace(cost, value=cost.value * factor, low=cost.low * factor, high=cost.high * factor)


def _firmware(source: Source, firmwares: Entries, asked: str) -> str:
    """The firmware that is asked for, by default the first."""
    if asked and asked not in firmwares:
        known = ", ".join(firmwares)
        help = f"there are: {known}" if known else "leave --firmware out: this model has one firmware"
        raise error("C0609", f"there is no firmware {asked!r}", where=source.name, help=help)
    return asked or next(iter(firmwares), "")


def _check_engines(
    reader: Reader, root: yaml.Node, top: Entries, engines: list[Engine], memories: list[Memory]
) -> None:
    names = [engine.name for engine in engines]
    if len(set(names)) != len(names):
        raise reader.fail(
            "C0608",
            top["engines"],
            "two engines have one name",
            "the included host is called `host`; rename the other engine",
        )
    for name, node in (reader.mapping(top["memories"], "memories") if "memories" in top else {}).items():
        engine = next(m.engine for m in memories if m.name == name)
        if engine not in names:
            raise reader.fail(
                "C0608",
                node,
                f"memory {name!r} belongs to {engine!r}, which is no engine here",
                f"engines are: {', '.join(names)}",
            )
    if not engines[-1].capabilities.runs_stages:
        raise reader.fail(
            "C0608",
            root,
            "the last engine, the host, cannot run stages",
            "list engines from the wire inwards, the host last",
        )
    for engine in engines:
        own = [m.name for m in memories if m.engine == engine.name]
        if engine.state_memory and engine.state_memory not in own:
            node = reader.mapping(reader.mapping(top["engines"], "engines")[engine.name], engine.name)["state_memory"]
            message = f"{engine.state_memory!r} is no memory of engine {engine.name!r}"
            raise reader.fail("C0608", node, message, f"its memories are: {', '.join(own)}")
        if engine.capabilities.runs_stages and not any(m.engine == engine.name for m in memories):
            raise reader.fail(
                "C0608", root, f"engine {engine.name!r} runs stages and has no memory", "add one under `memories`"
            )


def _in_cycles(cost: Number | Curve, clock_hz: float) -> Number | Curve:
    """A cost written in ns, in cycles of the engine's clock."""
    if cost.dimension != "time":
        return cost
    per_ns = clock_hz / 1e9
    if isinstance(cost, Curve):
        points = tuple((size, value * per_ns) for size, value in cost.points)
        return dataclasses.replace(cost, points=points, dimension="cycles", timed=True)
    value, low, high = cost.value * per_ns, cost.low * per_ns, cost.high * per_ns
    return dataclasses.replace(cost, value=value, low=low, high=high, dimension="cycles", timed=True)


def _cycles(reader: Reader, node: yaml.Node, what: str, clock_hz: float) -> Number:
    cost = _in_cycles(reader.number(node, what, "cycles", "time"), clock_hz)
    assert isinstance(cost, Number)
    return cost


def _engine(reader: Reader, name: str, node: yaml.Node) -> Engine:
    required = ("kind", "capabilities", "count", "clock")
    costs = ("threads", "receive", "transmit", "ops", "accesses")
    optional = ("code_limit", "packet_rate", "promotion", "floor_cores", "sweep", "profile", "state_memory")
    entries = reader.fields(node, f"engine {name!r}", required, (*costs, *optional))
    kind: EngineKind = (
        "cores"
        if reader.choice(entries["kind"], "engine kind", ("cores", "match_action")) == "cores"
        else "match_action"
    )
    capabilities = _capabilities(reader, entries["capabilities"])
    if capabilities.runs_stages:
        reader.fields(node, f"engine {name!r}", (*required, *costs), optional)
    clock = reader.number(entries["clock"], "clock", "hertz")
    free = Number(0.0, "cycles", "", "derived", 0.0, 0.0)
    one = Number(1.0, "count", "", "derived", 1.0, 1.0)

    def cycles(key: str) -> Number | None:
        return _cycles(reader, entries[key], key, clock.value) if key in entries else None

    return Engine(
        name,
        kind,
        reader.number(entries["count"], "count", "count"),
        clock,
        reader.number(entries["threads"], "threads", "count") if "threads" in entries else one,
        cycles("receive") or free,
        cycles("transmit") or free,
        _ops(reader, entries["ops"], clock.value) if "ops" in entries else {},
        _accesses(reader, entries["accesses"], clock.value) if "accesses" in entries else {},
        capabilities,
        reader.number(entries["code_limit"], "code_limit", "count") if "code_limit" in entries else None,
        reader.number(entries["packet_rate"], "packet_rate", "per_s") if "packet_rate" in entries else None,
        cycles("promotion"),
        reader.number(entries["floor_cores"], "floor_cores", "count") if "floor_cores" in entries else None,
        _sweep(reader, entries["sweep"]) if "sweep" in entries else None,
        _profile(reader, entries, kind),
        reader.text(entries["state_memory"], "state_memory") if "state_memory" in entries else "",
    )


def _profile(reader: Reader, entries: Entries, kind: EngineKind) -> Profile:
    if "profile" not in entries:
        return "match_action" if kind == "match_action" else "xdp"
    named = reader.choice(entries["profile"], "profile of code generation", PROFILES)
    return next(profile for profile in PROFILES if profile == named)


def _sweep(reader: Reader, node: yaml.Node) -> Sweep:
    entries = reader.fields(node, "sweep", ("interval", "per_entry"))
    return Sweep(
        reader.number(entries["interval"], "interval", "time"), reader.number(entries["per_entry"], "per_entry", "time")
    )


def _ops(reader: Reader, node: yaml.Node, clock_hz: float) -> dict[str, Number]:
    entries = reader.fields(node, "ops", OP_CLASSES, (*FINER_OP_CLASSES, CLOCK_READ))
    free = {name: Number(0.0, "cycles", "", "derived", 0.0, 0.0) for name in FINER_OP_CLASSES}
    return free | {name: _cycles(reader, value, name, clock_hz) for name, value in entries.items()}


def _accesses(reader: Reader, node: yaml.Node, clock_hz: float) -> dict[str, AccessCost]:
    entries = reader.fields(node, "accesses", (), ACCESS_SHAPES)
    return {name: _access_cost(reader, name, value, clock_hz) for name, value in entries.items()}


def _access_cost(reader: Reader, name: str, node: yaml.Node, clock_hz: float) -> AccessCost:
    entries = reader.fields(
        node, f"access {name!r}", ("compute",), ("reads", "writes", "atomics", "per_row", "blocking")
    )
    is_curve = "points" in reader.mapping(entries["compute"], "compute")
    read = reader.curve if is_curve else reader.number

    def memory_operations(key: str) -> float:
        return reader.plain(entries[key], key) if key in entries else 0.0

    return AccessCost(
        _in_cycles(read(entries["compute"], f"the cost of {name}", "cycles", "time"), clock_hz),
        memory_operations("reads"),
        memory_operations("writes"),
        memory_operations("atomics"),
        _cycles(reader, entries["per_row"], "per_row", clock_hz) if "per_row" in entries else None,
        reader.flag(entries["blocking"], "blocking") if "blocking" in entries else True,
    )


def _capabilities(reader: Reader, node: yaml.Node) -> Capabilities:
    lists = ("accesses", "matches")
    flags = ("data_plane_insert", "holds_copies", "expires_entries", "forwards", "in_band")
    entries = reader.fields(
        node,
        "capabilities",
        ("runs_stages",),
        (*lists, *flags, "insert_rate", "entry_bytes", "serial_flows", "stamps"),
    )

    def flag(key: str, *, default: bool = False) -> bool:
        return reader.flag(entries[key], key) if key in entries else default

    return Capabilities(
        reader.flag(entries["runs_stages"], "runs_stages"),
        reader.choices(entries["accesses"], "access kind", _ACCESS_KINDS) if "accesses" in entries else (),
        reader.choices(entries["matches"], "match kind", _MATCH_KINDS) if "matches" in entries else (),
        flag("data_plane_insert"),
        flag("holds_copies"),
        flag("expires_entries"),
        reader.number(entries["insert_rate"], "insert_rate", "per_s") if "insert_rate" in entries else None,
        flag("forwards", default=True),
        flag("in_band", default=True),
        reader.number(entries["entry_bytes"], "entry_bytes", "bytes") if "entry_bytes" in entries else None,
        reader.said(entries["serial_flows"], "serial_flows", SERIAL_FLOWS) if "serial_flows" in entries else None,
        reader.said(entries["stamps"], "stamps", STAMPS) if "stamps" in entries else None,
    )


def _memory(reader: Reader, name: str, node: yaml.Node) -> Memory:
    required = (
        "engine",
        "capacity",
        "load_factor",
        "entry_overhead",
        "read_latency",
        "write_latency",
        "atomic_latency",
    )
    rates = ("read_rate", "write_rate", "atomic_rate", "cell_rate", "spot_read_rate")
    entries = reader.fields(node, f"memory {name!r}", required, (*rates, "max_entries", "issue_spacing"))

    def rate(key: str) -> Number | None:
        return reader.number(entries[key], key, "per_s") if key in entries else None

    return Memory(
        name,
        reader.text(entries["engine"], "engine"),
        reader.number(entries["capacity"], "capacity", "bytes"),
        reader.number(entries["load_factor"], "load_factor", "count"),
        reader.number(entries["entry_overhead"], "entry_overhead", "bytes"),
        reader.number(entries["read_latency"], "read_latency", "cycles"),
        reader.number(entries["write_latency"], "write_latency", "cycles"),
        reader.number(entries["atomic_latency"], "atomic_latency", "cycles"),
        rate("read_rate"),
        rate("write_rate"),
        rate("atomic_rate"),
        rate("cell_rate"),
        reader.number(entries["max_entries"], "max_entries", "count") if "max_entries" in entries else None,
        rate("spot_read_rate"),
        reader.number(entries["issue_spacing"], "issue_spacing", "cycles") if "issue_spacing" in entries else None,
    )


def _link(reader: Reader, name: str, node: yaml.Node, engines: list[Engine]) -> Link:
    order = {engine.name: index for index, engine in enumerate(engines)}
    required = ("from", "to", "bandwidth", "latency", "send", "receive")
    optional = ("packet_rate", "overhead_bytes", "metadata_bits", "order")
    entries = reader.fields(node, f"link {name!r}", required, optional)
    source = reader.choice(entries["from"], "engine", order)
    target = reader.choice(entries["to"], "engine", order)
    if order[source] >= order[target]:
        raise reader.fail(
            "C0608",
            entries["to"],
            f"link {name!r} doesn't lead inwards",
            "engines stand from the wire inwards; a link names the outer one in `from`",
        )
    return Link(
        name,
        source,
        target,
        reader.number(entries["bandwidth"], "bandwidth", "bits_per_s"),
        reader.number(entries["latency"], "latency", "time"),
        _cycles(reader, entries["send"], "send", engines[order[source]].clock_hz.value),
        _cycles(reader, entries["receive"], "receive", engines[order[target]].clock_hz.value),
        reader.number(entries["packet_rate"], "packet_rate", "per_s") if "packet_rate" in entries else None,
        reader.plain(entries["overhead_bytes"], "overhead_bytes") if "overhead_bytes" in entries else 0.0,
        reader.number(entries["metadata_bits"], "metadata_bits", "count") if "metadata_bits" in entries else None,
        reader.said(entries["order"], "order", LINK_ORDERS) if "order" in entries else None,
    )


def _wire(reader: Reader, node: yaml.Node) -> Wire:
    entries = reader.fields(node, "wire", ("line_rate",), ("packet_rate", "framing_bytes", "latency", "arrivals"))
    return Wire(
        reader.number(entries["line_rate"], "line_rate", "bits_per_s"),
        reader.number(entries["packet_rate"], "packet_rate", "per_s") if "packet_rate" in entries else None,
        reader.plain(entries["framing_bytes"], "framing_bytes") if "framing_bytes" in entries else 0.0,
        reader.number(entries["latency"], "latency", "time") if "latency" in entries else None,
        reader.number(entries["arrivals"], "arrivals", "count") if "arrivals" in entries else None,
    )
