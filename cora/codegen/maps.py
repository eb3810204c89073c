"""The BPF maps of an engine program, as C declarations."""

from __future__ import annotations

from collections.abc import Sequence

from cora.codegen.layout import DIRECT_KEYS, INDEX, INDEX_MAP, MAX_ROWS, SPARE_ROWS, LpmKey, Record, StateLayout
from cora.codegen.writer import Writer


def write_record(out: Writer, record: Record) -> None:
    with out.block(f"struct {record.name}"):
        for member in record.members:
            out(f"{member.c_type} {member.name};")
        if record.pad:
            out(f"u8 pad[{record.pad}];")
    out.lines[-1] += ";"


def write_map(out: Writer, name: str, kind: str, key: str, value: str, entries: int, flags: str = "") -> None:
    with out.block("struct"):
        out(f"MAP_NUMBER(type, {kind});")
        out(f"MAP_NUMBER(max_entries, {entries});")
        out(f"MAP_TYPE(key, {key});")
        out(f"MAP_TYPE(value, {value});")
        if flags:
            out(f"MAP_NUMBER(map_flags, {flags});")
    out.lines[-1] += f' {name} SEC(".maps");'
    out()


def write_state(out: Writer, layout: StateLayout, direct: bool) -> None:
    """The structs and maps of one state; `direct`: tables with small keys are arrays."""
    state = layout.state
    out.at(state.span)
    out(f"/* {state.kind} {state.name} */")
    match layout.key:
        case Record():
            write_record(out, layout.key)
        case LpmKey(name=name, data_bytes=size):
            out(f"struct {name} {{ u32 prefix_bits; u8 data[{size}]; }};")
        case None:
            pass
    if layout.form != "meters":  # whose cells are all of one struct, in cora.h
        write_record(out, layout.value)
    key, value = f"struct k_{layout.ident}", f"struct {layout.value.name}"
    capacity = max(state.capacity, 1)
    direct = direct and layout.direct
    if direct:
        write_map(out, layout.rows, "MAP_ARRAY", "u32", value, capacity + 1 + SPARE_ROWS)
    match layout.form:
        case "hash" if direct and layout.wholly_direct:
            pass
        case "hash" | "flow":
            write_map(out, layout.map, "MAP_HASH", key, value, capacity)
        case "lpm":
            write_map(out, layout.map, "MAP_LPM_TRIE", key, value, capacity, "NO_PREALLOC")
        case "rows":
            write_map(out, layout.map, "MAP_ARRAY", "u32", value, min(capacity, MAX_ROWS))
            write_map(out, layout.count, "MAP_ARRAY", "u32", "u32", 1)
        case "array" | "meters" | "gate":
            write_map(out, layout.map, "MAP_ARRAY", "u32", value, capacity)
        case "counters":
            write_map(out, layout.map, "MAP_COUNTERS", "u32", value, capacity)
    if state.kind == "table" and not direct:
        write_map(out, layout.default, "MAP_ARRAY", "u32", value, 1)


def write_index(out: Writer, states: Sequence[StateLayout]) -> None:
    """The arrays from small keys to rows: memory of the program's own, which it reads without a lookup."""
    direct = [s for s in states if s.direct]
    if direct:
        with out.block("struct"):
            for layout in direct:
                out(f"u32 {layout.index}[{DIRECT_KEYS}];")
        out.lines[-1] += f' {INDEX} SEC("{INDEX_MAP}");'
        out()


def write_scan(out: Writer, layout: StateLayout) -> None:
    """The function that looks for the winning row of a scanned table, called by the kernel for each row."""
    ident, fields = layout.ident, layout.state.key
    with out.block(f"struct scan_{ident}"):
        out(f"struct {layout.value.name} *found;")
        out(f"struct k_{ident} key;")
    out.lines[-1] += ";"
    out()
    with out.block(f"static long match_{ident}(u64 index, struct scan_{ident} *scan)"):
        out("u32 at = (u32)index;")
        out(f"struct {layout.value.name} *row = map_lookup(&{layout.map}, &at);")
        out()
        with out.block("if (!row)"):
            out("return 1;")
        assert isinstance(layout.key, Record)
        for n, field in enumerate(fields):
            key = f"scan->key.{layout.key.member(n).name}"
            if field.match == "range":
                differs = f"{key} < row->a{n} || {key} > row->b{n}"
            else:
                differs = f"({key} ^ row->a{n}) & row->b{n}"
            out(f"if ({differs})")
            out("\treturn 0;")
        out("scan->found = row;")
        out("return 1;")
    out()
