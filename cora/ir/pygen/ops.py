"""IR operations as lines of Python.

The generated function has these locals besides the cells: `data`, `size` (its bytes), `cur` (the cursor in bits, kept
only where it isn't known beforehand), `out`, `digests`, `e`, `i`, `k` and `x` for the moment, and, in traced code,
`accesses` and `all_states`. `state_names` says by which name a state is reached.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from cora.ir.errors import IrError
from cora.ir.hashes import ALGORITHMS, ones_complement_sum, splitmix64
from cora.ir.nodes import (
    Access,
    Advance,
    Assign,
    Checksum,
    Const,
    Copy,
    Digest,
    Drop,
    Emit,
    Expr,
    Extract,
    Foreign,
    Forward,
    HandOff,
    Hash,
    Lookahead,
    Op,
    Random,
    Room,
    SetValid,
    State,
    Var,
    width,
)
from cora.ir.packets import DigestMessage, Dropped, HandedOff, Sent, TracedAccess
from cora.ir.pygen.exprs import Exprs, mask, number
from cora.ir.pygen.facts import Cursor, Facts, raw_cell
from cora.ir.store import FlowEntry, FlowTable, no_values

Lines = list[str]


def read_bits(data: bytes, cursor: int, count: int) -> int:
    """The `count` bits that begin at bit `cursor`."""
    last = (cursor + count + 7) // 8
    return int.from_bytes(data[cursor >> 3 : last], "big") >> (last * 8 - cursor - count) & ((1 << count) - 1)


def check_aligned(cursor: int) -> None:
    if cursor & 7:
        raise IrError(f"the cursor stands at bit {cursor}, not between bytes")


def update_value(table: FlowTable, key: tuple[int, ...], at: int, value: int) -> bool:
    """`FlowTable.update` with the position of the value known."""
    entry = table.used(key)
    if entry is None:
        return False
    entry.values = (*entry.values[:at], value, *entry.values[at + 1 :])
    return True


HELPERS: dict[str, object] = {
    "from_bytes": int.from_bytes,
    "read_bits": read_bits,
    "check_aligned": check_aligned,
    "update_value": update_value,
    "sum16": ones_complement_sum,
    "splitmix64": splitmix64,
    "FlowEntry": FlowEntry,
    "Sent": Sent,
    "Dropped": Dropped,
    "HandedOff": HandedOff,
    "DigestMessage": DigestMessage,
    "TracedAccess": TracedAccess,
    **{f"hash_{name}": function for name, function in ALGORITHMS.items()},
}


def _tuple(parts: Iterable[str]) -> str:
    items = list(parts)
    return f"({items[0]},)" if len(items) == 1 else f"({', '.join(items)})"


class Ops:
    """Writes operations and verdicts of one program."""

    def __init__(self, facts: Facts, *, digests: bool) -> None:
        self.facts = facts
        self.digests = digests
        self.names: dict[str, str] = {}
        self.state_names = {s.name: f"s{i}_{_identifier(s.name)}" for i, s in enumerate(facts.program.states)}
        self.exprs = Exprs(self.ref)

    def local(self, cell: str) -> str:
        """The Python variable of a cell."""
        name = self.names.get(cell)
        if name is None:
            name = self.names[cell] = f"v{len(self.names)}_{_identifier(cell)}"
        return name

    def ref(self, name: str) -> str:
        """What stands for a variable in an expression: its local, or bits of its header."""
        place = self.facts.places.get(name)
        if place is None or name in self.facts.local:
            return self.local(name)
        return self.field_of_raw(name)

    def field_of_raw(self, name: str) -> str:
        place = self.facts.places[name]
        raw = self.local(raw_cell(place.header))
        total = self.facts.headers[place.header].width
        shifted = f"{raw} >> {place.shift}" if place.shift else raw
        if place.shift + place.width == total:
            return f"({shifted})" if place.shift else raw
        return f"({shifted} & {mask(place.width)})"

    def values(self, exprs: Iterable[Expr]) -> str:
        return _tuple(self.exprs.value(expr) for expr in exprs)

    # ------------------------------------------------------------ operations

    def op(self, op: Op, live: frozenset[str], cursor: Cursor) -> Lines:
        """The lines for an operation that isn't dead; `live` after it, the cursor before it."""
        match op:
            case Assign(dst=dst, value=value):
                return [f"{self.local(dst.name)} = {self.exprs.value(value)}"]
            case Room(dst=dst, bits=bits):
                return [f"{self.local(dst.name)} = 1 if {self._room(bits, cursor)} else 0"]
            case Extract(header=header):
                return self._extract(header, live, cursor)
            case Lookahead(dst=dst):
                return [f"{self.local(dst.name)} = {self._bits(dst.width, cursor)}"]
            case Advance(bits=bits):
                return self._advance(bits, cursor)
            case Emit(header=header):
                return self._emit(header)
            case SetValid(header=header, valid=valid):
                return [f"{self.local(f'{header}.$valid')} = {int(valid)}"]
            case Hash(dst=dst, algorithm=algorithm, inputs=inputs):
                return [f"{self.local(dst.name)} = hash_{algorithm}({self._packed(inputs)}) & {mask(dst.width)}"]
            case Checksum():
                return self._checksum(op, cursor)
            case Random():
                return self._random(op)
            case Access():
                return self._access(op, live)
            case Digest(receiver=receiver, fields=fields):
                return [f"digests.append(DigestMessage({receiver!r}, {self.values(fields)}))"]
            case Copy() | Foreign():
                raise AssertionError("such programs are interpreted")

    def _room(self, bits: Expr, cursor: Cursor) -> str:
        if cursor.at is not None and isinstance(bits, Const):
            return f"size >= {(cursor.at + bits.value + 7) // 8}"
        return f"{'cur' if cursor.at is None else cursor.at} + {self.exprs.value(bits)} <= size * 8"

    def _bits(self, count: int, cursor: Cursor) -> str:
        if not cursor.aligned or count % 8:
            return f"read_bits(data, {'cur' if cursor.at is None else cursor.at}, {count})"
        if cursor.at is None:
            return f"from_bytes(data[cur >> 3 : (cur >> 3) + {count // 8}], 'big')"
        return f"from_bytes(data[{cursor.at // 8}:{(cursor.at + count) // 8}], 'big')"

    def _extract(self, header: str, live: frozenset[str], cursor: Cursor) -> Lines:
        bits = self.facts.headers[header].width
        fields = [name for name in self.facts.local_fields(header) if name in live]
        lines: Lines = []
        if fields or raw_cell(header) in live:
            lines.append(f"{self.local(raw_cell(header))} = {self._bits(bits, cursor)}")
        lines += [f"{self.local(name)} = {self.field_of_raw(name)}" for name in fields]
        if f"{header}.$valid" in live:
            lines.append(f"{self.local(f'{header}.$valid')} = 1")
        if cursor.at is None:
            lines.append(f"cur += {bits}")
        return lines

    def _advance(self, bits: Expr, cursor: Cursor) -> Lines:
        """Moves `cur`, if the cursor is not known behind the operation."""
        if self.facts.after(Advance(bits), cursor).at is not None:
            return []
        by = self.exprs.value(bits)
        return [f"cur += {by}" if cursor.at is None else f"cur = {cursor.at} + {by}"]

    def _emit(self, header: str) -> Lines:
        declared = self.facts.headers[header]
        fields = [(name, self.facts.places[name]) for name in self.facts.mutable_fields(header)]
        kept = (1 << declared.width) - 1
        for _, place in fields:
            kept ^= ((1 << place.width) - 1) << place.shift
        terms: list[str] = []
        if kept:
            raw = self.local(raw_cell(header))
            terms.append(f"{raw} & {number(kept)}" if fields else raw)
        terms += [f"{self.local(n)} << {p.shift}" if p.shift else self.local(n) for n, p in fields]
        valid = self.local(f"{header}.$valid")
        packed = f"({' | '.join(terms)}).to_bytes({declared.width // 8}, 'big')" if terms else "b''"
        return [f"if {valid}:", f"    out += {packed}"]

    def _packed(self, exprs: tuple[Expr, ...]) -> str:
        """The inputs as bytes, padded at the end."""
        code, bits = self.exprs.concat(exprs)
        padding = -bits % 8
        padded = f"({code} << {padding})" if padding else code
        return f"{padded}.to_bytes({(bits + padding) // 8}, 'big')"

    def _words(self, exprs: tuple[Expr, ...]) -> tuple[list[str], int]:
        """Terms whose sum has the ones' complement sum of the words; and the bits of all words together.

        Where every part is whole words, the parts need not be put together first.
        """
        if all(width(expr) % 16 == 0 for expr in exprs):
            return [self.exprs.value(expr) for expr in exprs], sum(map(width, exprs))
        code, bits = self.exprs.concat(exprs)
        padding = -bits % 16
        return [f"({code} << {padding})" if padding else code], bits + padding

    def _checksum(self, op: Checksum, cursor: Cursor) -> Lines:
        added, _ = self._words(op.added)
        terms = [self.exprs.value(op.start), *added]
        if op.removed:
            removed, bits = self._words(op.removed)
            if len(removed) == 1:
                terms.append(f"({removed[0]} ^ {mask(bits)})")
            else:
                terms += [f"({c} ^ {mask(width(e))})" for c, e in zip(removed, op.removed, strict=True)]
        lines: Lines = []
        if op.payload:
            lines += self._payload_bytes("x", cursor)
            terms.append("(from_bytes(x, 'big') << (len(x) & 1) * 8)")
        return [*lines, f"{self.local(op.dst.name)} = sum16({' + '.join(terms)})"]

    def _payload_bytes(self, target: str, cursor: Cursor) -> Lines:
        lines = [] if cursor.aligned else [f"check_aligned({'cur' if cursor.at is None else cursor.at})"]
        return [*lines, f"{target} = {self._payload(cursor)}"]

    def _payload(self, cursor: Cursor) -> str:
        return f"data[{'cur >> 3' if cursor.at is None else cursor.at // 8}:]"

    def _random(self, op: Random) -> Lines:
        dst, draws = self.local(op.dst.name), self.local("$draws")
        lo, hi, top = self.exprs.value(op.lo), self.exprs.value(op.hi), mask(op.dst.width)
        drawn = f"splitmix64({self.local('$seed')}, {draws}) % (({hi} - {lo} & {top}) + 1)"
        return [f"{dst} = {lo} + {drawn} & {top}", f"{draws} += 1"]

    # ------------------------------------------------------------ states

    def _access(self, op: Access, live: frozenset[str]) -> Lines:
        state = self.facts.states[op.state]
        name = self.state_names[op.state]
        index = self.exprs.value(op.key[0])
        match op.kind:
            case "lookup" if state.kind == "table":
                lines = self._table_lookup(op, name, live)
            case "lookup":
                lines = self._flow_lookup(op, state, name, live)
            case "insert":
                stored = f"{name}.put({self._key(op)}, {self.values(op.args)}, {self.local('$time')})"
                lines = [f"x = {stored}", *self._bind(op.results, ["0 if x else 1"], live)]
            case "update":
                at = [f.name for f in state.values].index(op.field)
                lines = [f"x = update_value({name}, {self._key(op)}, {at}, {self.exprs.value(op.args[0])})"]
            case "touch":
                lines = [f"x = {name}.touch({self._key(op)}, {self.local('$time')})"]
            case "delete":
                lines = [f"x = {name}.remove({self._key(op)}) is not None"]
            case "peek" | "evict" | "release":
                lines = self._take_out(op, name, live)
            case "install":
                last, *values = (self.exprs.value(a) for a in op.args)
                lines = [f"x = {name}.install({self._key(op)}, {_tuple(values)}, {last})"]
            case "place":
                stamp, last, *values = (self.exprs.value(a) for a in op.args)
                lines = [f"x = {name}.place({self._key(op)}, {stamp}, {_tuple(values)}, {last})"]
            case "merge":
                found, last = (self.exprs.value(a) for a in op.args)
                lines = [f"x = {found} == 1 and {name}.merge({self._key(op)}, {last})"]
            case "adopt":
                found, left, last, *values = (self.exprs.value(a) for a in op.args)
                record = f"FlowEntry({_tuple(values)}, {last}, {left}) if {found} else None"
                lines = [f"x = {name}.adopt({self._key(op)}, {record})"]
            case "forget" | "offer" | "accept":
                lines = [f"x = {name}.{op.kind}({self._key(op)}, {self.exprs.value(op.args[0])})"]
            case "stamp" | "issue" | "arrive" | "idle" | "current" | "send" | "receive" | "depart":
                lines = self._gate(op, name, live)
            case "count":
                lines = [f"x = {name}.count({index}, {self.local('$length')})"]
            case "meter":
                lines = self._meter(op, state, name, live)
            case "read" | "write" | "rmw" | "merge_max":
                lines = self._register(op, state, name, live)
        return [*self._key_first(op), *lines, *self._note(op, state)]

    def _key_first(self, op: Access) -> Lines:
        """In traced code the key is kept, as results may overwrite what it was made of."""
        return [f"k = {self.values(op.key)}"] if self.facts.trace else []

    def _key(self, op: Access) -> str:
        return "k" if self.facts.trace else self.values(op.key)

    def _note(self, op: Access, state: State) -> Lines:
        if not self.facts.trace:
            return []
        noted = f"accesses.append(TracedAccess({op.state!r}, {op.kind!r}, k, x))"
        return [noted] if state.kind == "flow_table" else ["if all_states:", f"    {noted}"]

    def _bind(self, results: Iterable[Var], codes: Iterable[str], live: frozenset[str]) -> Lines:
        """Assignments to those results that are live. No code may read what an earlier one sets."""
        return [
            f"{self.local(var.name)} = {code}" for var, code in zip(results, codes, strict=True) if var.name in live
        ]

    def _unpack(self, results: tuple[Var, ...], code: str, live: frozenset[str]) -> Lines:
        """Binds the results to the elements of a tuple."""
        wanted = [i for i, var in enumerate(results) if var.name in live]
        if len(wanted) == 1:
            return [f"{self.local(results[wanted[0]].name)} = {code}[{wanted[0]}]"]
        if not wanted:
            return []
        return [f"{_tuple(self.local(v.name) if v.name in live else '_' for v in results)} = {code}"]

    def _table_lookup(self, op: Access, name: str, live: frozenset[str]) -> Lines:
        hit, values = op.results[0], op.results[1:]
        bound = self._bind([hit], ["1 if x else 0"], live)
        found = self._unpack(values, f"(e if x else {name}.default)", live)
        return [f"e = {name}.find({self._key(op)})", "x = e is not None", *found, *bound]

    def _flow_lookup(self, op: Access, state: State, name: str, live: frozenset[str]) -> Lines:
        """The entry counts if it is there and fresh; see `FlowTable.fresh`."""
        timeouts = state.idle_timeouts_ns
        age = f"{self.local('$time')} - e.last_ns"
        fresh = "e is not None and e.mark is None"
        if len(timeouts) == 1:
            fresh += f" and {age} <= {timeouts[0]}"
        elif timeouts:
            fresh += f" and {age} <= {timeouts}[min(e.values[0], {len(timeouts) - 1})]"
        hit, values = op.results[0], op.results[1:]
        on_hit = [*self._unpack(values, "e.values", live), *self._bind([hit], ["1"], live)]
        on_miss = [*self._bind(values, map(number, no_values(state)), live), *self._bind([hit], ["0"], live)]
        if self.facts.trace:
            on_hit, on_miss = [*on_hit, "x = True"], [*on_miss, "x = False"]
        if not on_hit:
            return []
        get = f"e = {name}.entries.get({self._key(op)})"
        return [get, f"if {fresh}:", *_indent(on_hit), "else:", *_indent(on_miss)]

    def _take_out(self, op: Access, name: str, live: frozenset[str]) -> Lines:
        """peek, evict and release: the timer and values of a stored entry, or zeros."""
        get = "entries.get" if op.kind == "peek" else "leave"
        stamp = "".join(f", {self.exprs.value(a)}" for a in op.args)
        found, *results = op.results
        left = [results.pop(0)] if op.kind == "release" else []
        last, *values = results
        zeros = f"({'0, ' * len(values)})"
        codes = ["1 if x else 0", *("e.mark if x else 0" for _ in left), "e.last_ns if x else 0"]
        return [
            f"e = {name}.{get}({self._key(op)}{stamp})",
            "x = e is not None",
            *self._bind([found, *left, last], codes, live),
            *self._unpack(tuple(values), f"(e.values if x else {zeros})", live),
        ]

    def _gate(self, op: Access, name: str, live: frozenset[str]) -> Lines:
        slot = [] if op.kind == "stamp" else [self.exprs.value(op.key[0])]
        called = f"x = {name}.{op.kind}({', '.join([*slot, *map(self.exprs.value, op.args)])})"
        if op.kind != "stamp":
            return [called, *self._bind(op.results, ["1 if x else 0"] * len(op.results), live)]
        return [called, *self._bind(op.results, ["x"], live), *(["x = True"] if self.facts.trace else [])]

    def _register(self, op: Access, state: State, name: str, live: frozenset[str]) -> Lines:
        # The arguments of an rmw are evaluated when its results are bound already.
        needed = live | self.facts.cells_of(op.args) if op.kind == "rmw" else live
        read = self._unpack(op.results, f"{name}.read(i)", needed)
        match op.kind:
            case "read":
                lines = read
            case "write":
                lines = [f"{name}.write(i, {self.values(op.args)})"]
            case "rmw":
                lines = [*read, f"{name}.write(i, {self.values(op.args)})"]
            case _:
                found, *values = (self.exprs.value(a) for a in op.args)
                lines = [f"x = {found} == 1 and {name}.merge_max(i, {_tuple(values)})"]
        inside = [f"x = i < {state.capacity}"] if self.facts.trace and op.kind != "merge_max" else []
        return [f"i = {self.exprs.value(op.key[0])}", *inside, *lines]

    def _meter(self, op: Access, state: State, name: str, live: frozenset[str]) -> Lines:
        amount, colour = (self.exprs.value(a) for a in op.args)
        executed = f"{name}.execute(i, {self.local('$time')}, {amount}, {colour})"
        inside = [f"x = i < {state.capacity}"] if self.facts.trace else []
        return [
            f"i = {self.exprs.value(op.key[0])}",
            *inside,
            f"e = {executed}",
            *self._bind(op.results, ["e"], live),
        ]

    # ------------------------------------------------------------ verdicts

    def verdict(self, end: Forward | Drop | HandOff, cursor: Cursor) -> Lines:
        digests = "tuple(digests)" if self.digests else "()"
        match end:
            case Drop(reason=reason):
                return [f"return Dropped({reason!r}, {digests})"]
            case Forward(port=port, length=length):
                frame = "out + x" if length is None else f"(out + x)[:{self.exprs.value(length)}]"
                sent = f"Sent({self.exprs.value(port)}, {frame}, {digests})"
                return [*self._payload_bytes("x", cursor), f"return {sent}"]
            case HandOff(engine=engine, resume=resume, live=live, frame=frame):
                lines = self._payload_bytes("x", cursor) if frame == "emitted" else []
                carried = "out + x" if frame == "emitted" else "data"
                values = self.values(live)
                return [*lines, f"return HandedOff({engine!r}, {resume}, {values}, {carried}, {digests})"]


def _indent(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines]


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII)
