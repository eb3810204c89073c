"""Accesses to states as C. Kinds, keys, arguments and results are those of `cora.ir.nodes.AccessKind`."""

from __future__ import annotations

from collections.abc import Sequence

from cora.codegen.context import Context, stored
from cora.codegen.expr import constant
from cora.codegen.layout import DIRECT_KEYS, INDEX, LpmKey, Record, StateLayout
from cora.codegen.packing import Group, Part
from cora.codegen.packing import bits as bit_text
from cora.ir.nodes import Access, Const, Expr, State, width


def write_access(c: Context, op: Access, reused: bool) -> None:
    """One access; `reused`: `e_STATE` holds the entry of this key already."""
    layout = c.layout.state(op.state)
    with c.out.block():
        match layout.form:
            case "hash" | "lpm" | "rows":
                _table(c, layout, op)
            case "flow":
                again = layout.exchanged and op.kind in ("lookup", "evict", "release")
                _flow_table(c, layout, op, reused and not again)
            case "array":
                _register(c, layout, op, reused)
            case "counters":
                _counter(c, layout, op)
            case "meters":
                _meter(c, layout, op)
            case "gate":
                _gate(c, layout, op)


# ---------------------------------------------------------------- keys and values


def _initialiser(record: Record, exprs: Sequence[str]) -> str:
    members = [f".{m.name} = {stored(m, exprs[m.index])}" for m in record.members]
    return "{" + ", ".join(members) + "}"


def _words(record: Record, exprs: Sequence[str]) -> list[str]:
    """A record as 64-bit words. Stored whole: what the kernel hashes isn't wider than what was stored, which the CPU
    couldn't forward."""
    terms: list[list[str]] = [[] for _ in range(record.size // 8)]
    for m in record.members:
        text = exprs[m.index]
        if m.size == 16:
            terms[m.offset // 8].append(f"(u64){text}")
            terms[m.offset // 8 + 1].append(f"high({text})")
        elif text != "0ULL":
            shift = m.offset % 8 * 8
            terms[m.offset // 8].append(f"{text} << {shift}" if shift else text)
    return [" | ".join(word) or "0" for word in terms]


def _declare_key(c: Context, layout: StateLayout, key: Sequence[Expr]) -> None:
    texts = [c.expr(k) for k in key]
    if isinstance(layout.key, Record) and layout.key.size % 8 == 0:
        words = ", ".join(_words(layout.key, texts))
        c.out(f"u64 key[{layout.key.size // 8}] = {{{words}}}; /* struct {layout.key.name} */")
    elif isinstance(layout.key, Record):
        c.out(f"struct {layout.key.name} key = {_initialiser(layout.key, texts)};")
    elif isinstance(layout.key, LpmKey):
        lpm = layout.key
        last = lpm.order[-1]
        c.out(f"struct {lpm.name} key = {{.prefix_bits = {lpm.exact_bits + lpm.widths[last]}}};")
        offset = 0
        for index in lpm.order:
            bits = lpm.widths[index]
            pad = Part("0ULL", -bits % 8)
            value = Part(texts[index], bits)
            parts = (value, pad) if index == last else (pad, value)
            group = Group(offset, tuple(p for p in parts if p.width))
            for n in range(group.size):
                _put_byte(c, group, n)
            offset += group.size


def _put_byte(c: Context, group: Group, n: int) -> None:
    # Byte by byte: the key stands on the stack, which takes no unaligned stores.
    c.out(f"key.data[{group.offset + n}] = (u8){bit_text(group.parts, n * 8, 8)};")


def _bind_values(c: Context, op: Access, layout: StateLayout, first: int, entry: str, otherwise: str) -> None:
    """results[first:] = the values of an entry, or of what stands in for it."""
    base = 2 * len(layout.state.key) if layout.form == "rows" else 0
    for n, var in enumerate(op.results[first:]):
        member = layout.value.member(base + n)
        fallback = otherwise.replace("%", member.name).replace("#", str(n))
        c.assign(var, f"{entry} ? {entry}->{member.name} : {fallback}" if entry else fallback)


# ---------------------------------------------------------------- tables of the control plane


def _table(c: Context, layout: StateLayout, op: Access) -> None:
    out = c.out
    value = f"struct {layout.value.name}"
    if layout.direct and not c.compact:
        _direct_table(c, layout, op)
        return
    if layout.form == "rows":
        key = layout.key
        assert isinstance(key, Record)
        texts = [c.expr(k) for k in op.key]
        out(f"struct scan_{layout.ident} scan = {{.key = {_initialiser(key, texts)}}};")
        out("u32 zero = 0;")
        out(f"u32 *rows = map_lookup(&{layout.count}, &zero);")
        out()
        out("if (rows)")
        out(f"\tloop(*rows, match_{layout.ident}, &scan, 0);")
        out(f"{value} *row = scan.found;")
    else:
        _declare_key(c, layout, op.key)
        out("u32 zero = 0;")
        out(f"{value} *row = map_lookup(&{layout.map}, &key);")
    if op.results:
        c.assign(op.results[0], "is_there(row)")
    if any(v.name in c.used for v in op.results[1:]):
        out("if (!row)")
        out(f"\trow = map_lookup(&{layout.default}, &zero);")
        _bind_values(c, op, layout, 1, "row", "0")


def _direct_table(c: Context, layout: StateLayout, op: Access) -> None:
    """Row 0 is the default: so a key that has no row needs no second look."""
    out, key = c.out, op.key[0]
    out("u32 number = 0;")
    out(f"struct {layout.value.name} *row = 0;")
    if layout.wholly_direct:
        _small_key(c, layout, c.expr(key))
    else:
        with out.block(f"if ({c.expr(key)} < {DIRECT_KEYS})"):
            # Of a key that it knows to be small the compiler drops the mask, and the verifier doesn't know: where the
            # key is put together from the packet, what was compared and what indexes are two registers to it.
            out(f"u64 small = {c.expr(key)};")
            out("OPAQUE(small);")
            _small_key(c, layout, "small")
        with out.block("else"):
            _declare_key(c, layout, op.key)
            out(f"row = map_lookup(&{layout.map}, &key);")
            out("number = (u32)is_there(row);")
    out("if (!row)")
    out(f"\trow = map_lookup(&{layout.rows}, &number);")
    if op.results:
        c.assign(op.results[0], "number != 0")
        _bind_values(c, op, layout, 1, "row", "0")


def _small_key(c: Context, layout: StateLayout, key: str) -> None:
    c.out(f"number = {INDEX}.{layout.index}[{key} & {DIRECT_KEYS - 1}];")


# ---------------------------------------------------------------- flow tables


def timeout_text(state: State, profile: str) -> str:
    """The idle timeout of an entry in ns; a profile beyond the list counts as the last one."""
    timeouts = state.idle_timeouts_ns
    text = f"{timeouts[-1]}ULL"
    for n in range(len(timeouts) - 2, -1, -1):
        text = f"{profile} == {n} ? {timeouts[n]}ULL : {text}"
    return f"({text})" if len(timeouts) > 1 else text


def _fresh(c: Context, layout: StateLayout, entry: str) -> str:
    state = layout.state
    used = f"{entry} && !get_in_order(&{entry}->mark)" if layout.exchanged else _used(layout, entry)
    if not state.idle_timeouts_ns:
        return used if layout.marked else f"is_there({entry})"
    timeout = timeout_text(state, f"{entry}->{layout.value.member(0).name}")
    return f"{used} && is_fresh({c.name('$time')}, {entry}->last, {timeout})"


def _used(layout: StateLayout, entry: str) -> str:
    """Whether there is an entry, and no mark on it."""
    return f"{entry} && !{entry}->mark" if layout.marked else entry


def _put(
    c: Context,
    layout: StateLayout,
    op: Access,
    values: Sequence[str],
    last: str,
    flags: str = "0",
    mark: str = "0",
) -> str:
    """Declares key and value; returns the expression that stores them and is 0 if that worked."""
    _declare_key(c, layout, op.key)
    marked = [mark] if layout.marked else []
    c.out(f"struct {layout.value.name} value = {_initialiser(layout.value, [*values, last, *marked])};")
    return f"map_update(&{layout.map}, &key, &value, {flags})"


def _flow_table(c: Context, layout: StateLayout, op: Access, reused: bool) -> None:
    out, entry = c.out, f"e_{layout.ident}"
    args = [c.expr(a) for a in op.args]
    match op.kind:
        case "insert":
            out(f"u64 refused = {_put(c, layout, op, args, c.name('$time'))} ? 1 : 0;")
            out("stats->inserts += !refused;")
            out("stats->inserts_refused += refused;")
            for var in op.results:
                c.assign(var, "refused")
            return
        case "install":
            out(f"stats->installs += !{_put(c, layout, op, args[1:], args[0], 'IF_ABSENT')};")
            return
        case "place":
            stored = _put(c, layout, op, args[2:], args[1], "IF_ABSENT", f"PLACED({args[0]})")
            out(f"stats->installs += !{stored};")
            return
        case "delete":
            _declare_key(c, layout, op.key)
            out(f"map_delete(&{layout.map}, &key);")
            return
        case _:
            pass
    if not reused:
        _declare_key(c, layout, op.key)
        out(f"{entry} = map_lookup(&{layout.map}, &key);")
    _found(c, layout, op, entry, args)


def _found(c: Context, layout: StateLayout, op: Access, entry: str, args: list[str]) -> None:
    out = c.out
    match op.kind:
        case "lookup":
            out(f"u64 fresh = {_fresh(c, layout, entry)};")
            if layout.exchanged:  # what `forget` frees may hold another key at once
                out(f"if (fresh && map_lookup(&{layout.map}, &key) != {entry})")
                out("\tfresh = 0;")
            c.assign(op.results[0], "fresh")
            defaults = layout.state.default or (0,) * len(layout.state.values)
            for n, var in enumerate(op.results[1:]):
                member = layout.value.member(n)
                miss = constant(defaults[n], var.width)
                c.assign(var, f"fresh && {entry} ? {entry}->{member.name} : {miss}")
        case "update":
            n = next(i for i, f in enumerate(layout.state.values) if f.name == op.field)
            member = layout.value.member(n)
            out(f"if ({_used(layout, entry)})")
            out(f"\t{entry}->{member.name} = {stored(member, args[0])};")
        case "touch":
            out(f"if ({_used(layout, entry)})")
            out(f"\t{entry}->last = {c.name('$time')};")
        case "merge":
            out(f"if ({entry} && {args[0]} == 1)")
            out(f"\t{entry}->last = max_of({entry}->last, {args[1]});")
        case "offer":
            out(f"if ({entry})")
            out(f"\t{entry}->mark = MARK({args[0]});")
        case "peek" | "evict" | "release":
            _tell(c, layout, op, entry, args)
        case "accept":
            out(f"if ({entry})")
            out(f"\tcompare_exchange(&{entry}->mark, PLACED({args[0]}), 0);")
        case "forget":
            out(f"if ({entry} && {entry}->mark && !is_later((u32){entry}->mark, {args[0]}))")
            out(f"\tmap_delete(&{layout.map}, &key);")
        case "adopt":
            with out.block(f"if ({entry} && {entry}->mark)"):
                with out.block(f"if ({args[0]} == 1 && is_later({args[1]}, (u32){entry}->mark))"):
                    for n, text in enumerate(args[3:]):
                        member = layout.value.member(n)
                        out(f"{entry}->{member.name} = {stored(member, text)};")
                    out(f"{entry}->last = {args[2]};")
                out(f"{entry}->mark = 0;")
        case _:
            raise ValueError(f"a flow table has no access {op.kind}")


def _tell(c: Context, layout: StateLayout, op: Access, entry: str, args: list[str]) -> None:
    """peek, evict and release: what is stored under a key, or zeros."""
    if layout.exchanged and op.kind != "peek":
        _tell_at_once(c, layout, op, entry, args)
        return
    if op.kind != "peek":
        c.out(f"if ({entry} && !{entry}->mark)")
        c.out(f"\t{entry}->mark = MARK({args[0]});")
    c.assign(op.results[0], f"is_there({entry})")
    if op.kind == "release":
        c.assign(op.results[1], f"{entry} ? (u32){entry}->mark : 0")
    first = 2 if op.kind == "release" else 1
    c.assign(op.results[first], f"{entry} ? {entry}->last : 0")
    _bind_values(c, op, layout, first + 1, entry, "0")


def _tell_at_once(c: Context, layout: StateLayout, op: Access, entry: str, args: list[str]) -> None:
    """evict and release while another CPU may place, accept and forget entries. What was read of an entry counts if it
    is still there afterwards."""
    c.out(f"u64 mark = {entry} ? leave(&{entry}->mark, {args[0]}) : 0;")
    c.out("if (!mark)")
    c.out(f"\t{entry} = 0;")
    first = 2 if op.kind == "release" else 1
    c.assign(op.results[first], f"{entry} ? {entry}->last : 0")
    _bind_values(c, op, layout, first + 1, entry, "0")
    if op.kind == "release":
        c.assign(op.results[1], "(u32)mark")
    c.assign(op.results[0], f"mark && map_lookup(&{layout.map}, &key) == {entry}")


# ---------------------------------------------------------------- registers and counters


def _index(c: Context, key: Expr) -> str:
    """The index as u32; one that doesn't fit counts as outside of every register."""
    text = c.expr(key)
    if width(key) <= 32:
        return f"(u32){text}"
    return f"{text} > 0xffffffff ? 0xffffffffu : (u32){text}"


def _register(c: Context, layout: StateLayout, op: Access, reused: bool) -> None:
    out, entry = c.out, f"e_{layout.ident}"
    if not reused:
        out(f"u32 index = {_index(c, op.key[0])};")
        out(f"{entry} = map_lookup(&{layout.map}, &index);")
    if op.kind in ("read", "rmw"):
        _bind_values(c, op, layout, 0, entry, "0")
    if op.kind == "read":
        return
    # The arguments see the old values that an `rmw` has bound.
    args = [c.expr(a) for a in op.args]
    if op.kind == "merge_max":
        with out.block(f"if ({entry} && {args[0]} == 1)"):
            for n, text in enumerate(args[1:]):
                member = layout.value.member(n)
                larger = "max_wide" if member.size == 16 else "max_of"
                new = f"{larger}({entry}->{member.name}, {text})"
                out(f"{entry}->{member.name} = {stored(member, new)};")
        return
    with out.block(f"if ({entry})"):
        for n, text in enumerate(args):
            member = layout.value.member(n)
            out(f"{entry}->{member.name} = {stored(member, text)};")


def _counter(c: Context, layout: StateLayout, op: Access) -> None:
    out = c.out
    out(f"u32 index = {_index(c, op.key[0])};")
    out(f"struct {layout.value.name} *cell = map_lookup(&{layout.map}, &index);")
    out("if (cell)")
    out(f"\tcora_count(&cell->packets, &cell->bytes, {c.name('$length')});")


def _gate(c: Context, layout: StateLayout, op: Access) -> None:
    out, parallel = c.out, c.layout.parallel
    if op.kind == "depart":
        out("/* The packet is let out here. XDP can only do that when the program has ended. */")
        return
    out(f"u32 index = {_index(c, op.key[0])};")
    out(f"struct {layout.value.name} *cell = map_lookup(&{layout.map}, &index);")
    named = "cell" if isinstance(op.key[0], Const) and op.key[0].value else "cell && index"
    match op.kind:
        case "stamp":
            # Several CPUs may hand off at once.
            c.assign(op.results[0], "cell ? (u32)(__sync_fetch_and_add(&cell->issued, 1) + 1) : 0")
        case "issue" | "arrive":
            member, stamp = "issued" if op.kind == "issue" else "returned", f"(u32){c.expr(op.args[0])}"
            out(f"if ({named})")
            out(f"\tset_in_order(&cell->{member}, {stamp});" if parallel else f"\tcell->{member} = {stamp};")
        case "send" | "receive":
            out(f"if ({named})")
            member = "issued" if op.kind == "send" else "returned"
            out(f"\tadd_in_order(&cell->{member});" if parallel else f"\t__sync_fetch_and_add(&cell->{member}, 1);")
        case "idle":
            returned = "get_in_order(&cell->returned)" if parallel else "cell->returned"
            c.assign(op.results[0], f"!({named}) || cell->issued == {returned}")
        case _:
            issued = "get_in_order(&cell->issued)" if parallel else "cell->issued"
            c.assign(op.results[0], f"{named} && {issued} == {c.expr(op.args[0])}")


def _meter(c: Context, layout: StateLayout, op: Access) -> None:
    out = c.out
    amount, colour = (c.expr(a) for a in op.args)
    out(f"u32 index = {_index(c, op.key[0])};")
    out(f"struct {layout.value.name} *cell = map_lookup(&{layout.map}, &index);")
    out(f"u64 color = meter_color(cell, {c.name('$time')}, {amount}, {colour});")
    for var in op.results:
        c.assign(var, "color")
