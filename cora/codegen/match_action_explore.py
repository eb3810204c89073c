"""From a program and its state to the rules of a match-action engine: every way of a packet that such an engine can go.

The program is run on a packet whose bits are unknown, with the tables, entries and cells as they are now. Where a
condition looks at the packet, both ways are taken, and their rules stand one behind the other: first those of the way
that a match describes, then those of the rest. A way that the engine can't go ends in a rule that sends its packets
inwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from cora.codegen.match_action import (
    INWARDS,
    KEY_BITS,
    PORT_BITS,
    Match,
    Rule,
    TableProgram,
    Timer,
    Unfit,
)  # fmt: skip
from cora.codegen.match_action_checksum import checksum_form
from cora.codegen.match_action_fields import layers_of, without_key
from cora.codegen.match_action_output import finished, forwarded
from cora.codegen.match_action_path import NotExpressible, Path, decide
from cora.diagnostics import Span
from cora.ir.cfg import all_of, block_map, header_vars, valid_var
from cora.ir.hashes import ALGORITHMS
from cora.ir.nodes import (
    Access,
    Advance,
    Assign,
    Bin,
    Block,
    Branch,
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
    Goto,
    HandOff,
    Hash,
    KeyField,
    KeyMatch,
    Lookahead,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Slice,
    Switch,
    Var,
    width,
)  # fmt: skip
from cora.ir.store import Store

_MOST_RULES = 4096
_MOST_STEPS = 20_000
Next = Callable[[Path], list[Rule]]


def table_program(program: Program, store: Store, now_ns: int, flows: Iterable[Match]) -> TableProgram:
    """The rules for `flows`, each a match on the ends of a connection, and behind them those that no flow needs.
    Without flows the entries of flow tables become rules, where keys are fields of the packet.

    `store` holds the state at `now_ns`; it is not changed."""
    explorer = Explorer(program, store, now_ns)
    rules: list[Rule] = []
    for match in flows:
        rules += explorer.rules(match)
    explorer.by_entries = not rules  # else the entries' flows have their rules
    rules += explorer.rules(Match())
    kept = _reached(explorer.with_keys(rule) for rule in rules)
    return TableProgram(program.name, tuple(_without_tail(kept)), tuple(explorer.unfit.values()))


def _reached(rules: Iterable[Rule]) -> list[Rule]:
    """The rules without those whose packets all go inwards by an earlier one."""
    kept: list[Rule] = []
    inwards: dict[Match, None] = {}
    for rule in rules:
        if not any(rule.match.within(match) for match in inwards):
            kept.append(rule)
            if rule.outcome == INWARDS:
                inwards[rule.match] = None
    return kept


def _without_tail(rules: list[Rule]) -> list[Rule]:
    while rules and rules[-1].outcome == INWARDS:
        rules.pop()
    return rules


class Explorer:
    """Ways of packets through one program in one state."""

    def __init__(self, program: Program, store: Store, now_ns: int) -> None:
        self.program = program
        self.store = store
        self.now_ns = now_ns
        self.by_entries = True
        """Whether a lookup whose key only the packet tells is tried with every entry."""
        self.unfit: dict[tuple[str, str, str], Unfit] = {}
        self._blocks = block_map(program.blocks)
        self._headers = {h.name: h for h in program.headers}
        self._fields = {v.name for h in program.headers for v in header_vars(h)}
        self._steps = 0

    def rules(self, match: Match) -> list[Rule]:
        """The rules for the packets of a match, in order; what they leave open goes inwards."""
        self._steps = 0
        path = Path({"$port": Var("@0", PORT_BITS)}, match)
        found = self._block(self.program.blocks[0], 0, path)
        if len(found) > _MOST_RULES:
            return self._inwards(path, NotExpressible("size", f"{len(found)} rules"), None)
        return found

    def with_keys(self, rule: Rule) -> Rule:
        """The rule, if the device has keys for all that it matches; else one for more packets, which sends them
        inwards."""
        bare = without_key(layers_of(rule.match), rule.match)
        if not bare:
            return rule
        if rule.outcome != INWARDS:
            first = KEY_BITS - bare.bit_length() - PORT_BITS
            problem = NotExpressible(
                "no-key", f"byte {first // 8} of the frame decides, where the device sees no field"
            )
            self._inwards(Path({}, rule.match), problem, None)
        return Rule(Match(rule.match.mask & ~bare, rule.match.value & ~bare), INWARDS)

    # ------------------------------------------------------------ ways

    def _inwards(self, path: Path, problem: NotExpressible, span: Span | None) -> list[Rule]:
        finding = Unfit(problem.limit, problem.what, span)
        self.unfit.setdefault((problem.limit.name, problem.what, str(span)), finding)
        return [Rule(path.match, INWARDS)]

    def _block(self, block: Block, index: int, path: Path) -> list[Rule]:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            return self._inwards(path, NotExpressible("size", "too many ways"), None)
        for at in range(index, len(block.ops)):
            op = block.ops[at]
            try:
                if isinstance(op, Access):
                    return _joined(self._access(op, path, lambda p, at=at: self._block(block, at + 1, p)), path)
                path = self._do(op, path)
            except NotExpressible as problem:
                return self._inwards(path, problem, op.span)
        try:
            return _joined(self._end(block, path), path)
        except NotExpressible as problem:
            return self._inwards(path, problem, problem.span or block.end.span)

    def _go(self, target: str, path: Path) -> list[Rule]:
        return self._block(self._blocks[target], 0, path)

    def _end(self, block: Block, path: Path) -> Iterator[Rule]:
        match block.end:
            case Goto(target=target):
                yield from self._go(target, path)
            case Branch(cond=cond, then=then, orelse=orelse):
                for inner, holds in decide(cond, path, self.now_ns):
                    yield from self._go(then if holds else orelse, inner)
            case Switch(value=value, cases=cases, default=default):
                yield from self._switch(value, dict(cases), default, path)
            case Forward(port=port):
                self._restarts(path)
                yield forwarded(self._headers, path, port)
            case Drop(reason=reason):
                self._restarts(path)
                yield finished(path, reason)
            case HandOff():
                yield Rule(path.match, INWARDS)

    def _restarts(self, path: Path) -> None:
        """A rule's idle time runs from its last use: each packet of it must restart every timer that was looked at."""
        if any(timer not in path.touched for timer in path.aged):
            raise NotExpressible("time", "an entry is looked up whose idle time this packet doesn't restart")
        restarted = {self.store.registers[timer.state].read(timer.key[0]) for timer in path.written}
        if any((last_ns,) not in restarted for last_ns, _ in path.fresh):
            raise NotExpressible("time", "a time is compared that this packet doesn't restart")

    def _switch(self, value: Expr, cases: dict[int, str], default: str, path: Path) -> Iterator[Rule]:
        rest: list[Path] = [path]
        for number, target in cases.items():
            following: list[Path] = []
            for inner in rest:
                for case, holds in decide(Bin("eq", value, Const(number, width(value))), inner, self.now_ns):
                    if holds:
                        yield from self._go(target, case)
                    else:
                        following.append(case)
            rest = following
        for inner in rest:
            yield from self._go(default, inner)

    # ------------------------------------------------------------ operations without state

    def _do(self, op: Op, path: Path) -> Path:
        match op:
            case Assign(dst=dst, value=value, span=span):
                bound = path.bind(dst.name, path.resolve(value))
                return replace(bound, spans={**path.spans, dst.name: span}) if dst.name in self._fields else bound
            case Room(dst=dst, bits=bits):
                needed = (path.cursor_bits + self._constant(bits, path, "the length of a header")) // 8
                # A shorter frame that matches goes inwards, so this is the only way to follow.
                return replace(path.bind(dst.name, Const(1, 1)), min_bytes=max(path.min_bytes, needed))
            case Extract(header=header):
                return self._extract(header, path)
            case Advance(bits=bits):
                by = self._constant(bits, path, "how far the parser advances")
                return replace(path, cursor_bits=path.cursor_bits + by)
            case Lookahead(dst=dst):
                return path.bind(dst.name, Var(f"@{PORT_BITS + path.cursor_bits}", dst.width))
            case SetValid(header=header, valid=valid):
                return path.bind(valid_var(header).name, Const(int(valid), 1))
            case Emit(header=header):
                valid = path.constant(valid_var(header))
                return replace(path, emitted=(*path.emitted, header)) if valid else path
            case Hash(dst=dst, algorithm=algorithm, inputs=inputs):
                return path.bind(dst.name, Const(self._hash(algorithm, inputs, path, dst.width), dst.width))
            case Checksum(dst=dst):
                name = f"@sum{len(path.sums)}"
                return replace(path.bind(dst.name, Var(name, 16)), sums={**path.sums, name: checksum_form(path, op)})
            case Random():
                raise NotExpressible("message", "a random number")
            case Digest(receiver=receiver):
                raise NotExpressible("message", f"digest {receiver}")
            case Foreign(function=function):
                raise NotExpressible("message", f"a call of {function}()")
            case Copy(to=to):
                raise NotExpressible("message", f"a copy of the packet ({to})")
            case Access():
                raise AssertionError("accesses go on by themselves")

    def _constant(self, expr: Expr, path: Path, what: str) -> int:
        value = path.constant(expr)
        if value is None:
            raise NotExpressible("parser", f"{what} depends on the packet")
        return value

    def _extract(self, header: str, path: Path) -> Path:
        at = path.cursor_bits
        env = dict(path.env)
        offset = PORT_BITS + at
        for var in header_vars(self._headers[header]):
            if var == valid_var(header):
                continue
            env[var.name] = Var(f"@{offset}", var.width)
            offset += var.width
        env[valid_var(header).name] = Const(1, 1)
        headers = (*path.headers, (header, PORT_BITS + at))
        return replace(path, env=env, headers=headers, cursor_bits=at + self._headers[header].width)

    def _hash(self, algorithm: str, inputs: tuple[Expr, ...], path: Path, bits: int) -> int:
        number, total = 0, 0
        for expr in inputs:
            value = path.constant(expr)
            if value is None:
                raise NotExpressible("hash", f"{algorithm} of what only the packet tells")
            number, total = number << width(expr) | value, total + width(expr)
        pad = -total % 8
        return ALGORITHMS[algorithm]((number << pad).to_bytes((total + pad) // 8, "big")) & (1 << bits) - 1

    # ------------------------------------------------------------ states

    def _access(self, op: Access, path: Path, following: Next) -> Iterator[Rule]:
        match op.kind:
            case "lookup" if op.state in self.store.tables:
                yield from self._table(op, path, following)
            case "lookup":
                yield from self._flow(op, path, following)
            case "touch":
                yield from following(replace(path, touched=(*path.touched, Timer(op.state, self._key(op, path)))))
            case "read":
                yield from following(self._read(op, path))
            case "count":
                yield from following(replace(path, counts=(*path.counts, (op.state, self._key(op, path)[0]))))
            case "write" if [path.resolve(a) for a in op.args] == [Var("$time", 64)]:
                yield from following(replace(path, written=(*path.written, Timer(op.state, self._key(op, path)))))
            case "insert":
                raise NotExpressible("insert", f"insert {op.state}")
            case "meter":
                raise NotExpressible("meter", f"meter {op.state}")
            case _:
                raise NotExpressible("state-change", f"{op.kind} {op.state}{'.' + op.field if op.field else ''}")

    def _key(self, op: Access, path: Path) -> tuple[int, ...]:
        key: list[int] = []
        for expr in op.key:
            value = path.constant(expr)
            if value is None:
                raise NotExpressible("state-index", f"{op.kind} {op.state} at what only the packet tells")
            key.append(value)
        return tuple(key)

    def _bound(self, op: Access, path: Path, values: Iterable[int]) -> Path:
        env = dict(path.env)
        for var, value in zip(op.results, values, strict=True):
            env[var.name] = Const(value, var.width)
        return replace(path, env=env)

    def _read(self, op: Access, path: Path) -> Path:
        key = self._key(op, path)
        values = self.store.registers[op.state].read(key[0])
        return replace(self._bound(op, path, values), read=(*path.read, Timer(op.state, key)))

    def _table(self, op: Access, path: Path, following: Next) -> Iterator[Rule]:
        table = self.store.tables[op.state]

        def prefix_bits(key: tuple[KeyMatch, ...]) -> int:
            return sum(m.extra for f, m in zip(table.state.key, key, strict=True) if f.match == "lpm")

        rest = [path]
        for row in sorted(table.rows, key=lambda r: (-r.priority, -prefix_bits(r.key))):
            cond = all_of(_matches(f, m, e) for f, m, e in zip(table.state.key, row.key, op.key, strict=True))
            rest = yield from self._row(op, cond, (1, *row.values), rest, following)
        for inner in rest:
            yield from following(self._bound(op, inner, (0, *table.default)))

    def _row(
        self, op: Access, cond: Expr, values: tuple[int, ...], rest: list[Path], following: Next
    ) -> Iterator[Rule]:
        """The rules of the packets that match a row; the result is the ways of those that don't."""
        missed: list[Path] = []
        for path in rest:
            for case, holds in decide(cond, path, self.now_ns):
                if holds:
                    yield from following(self._bound(op, case, values))
                else:
                    missed.append(case)
        return missed

    def _flow(self, op: Access, path: Path, following: Next) -> Iterator[Rule]:
        table = self.store.flow_tables[op.state]
        constant = [path.constant(expr) for expr in op.key]
        rest = [path]
        for key, entry in table.entries.items() if self.by_entries or None not in constant else ():
            if any(c is not None and c != k for c, k in zip(constant, key, strict=True)):
                continue
            if not table.fresh(entry, self.now_ns):
                continue
            cond = all_of(Bin("eq", e, Const(k, width(e))) for e, k in zip(op.key, key, strict=True))
            idle = table.timeout_ns(entry) or 0

            def hit(inner: Path, key: tuple[int, ...] = key, idle: int = idle) -> list[Rule]:
                read = (*inner.read, Timer(op.state, key))
                aged = (*inner.aged, Timer(op.state, key)) if idle else inner.aged
                return following(replace(inner, idle_ns=_least(inner.idle_ns, idle), read=read, aged=aged))

            rest = yield from self._row(op, cond, (1, *entry.values), rest, hit)
        for inner in rest:
            yield Rule(inner.match, INWARDS)  # a miss: the next engine may know more, or set up the flow


# ---------------------------------------------------------------- pieces


def _least(a: int, b: int) -> int:
    return min(a, b) if a and b else a or b


def _joined(rules: Iterable[Rule], path: Path) -> list[Rule]:
    """The rules of all packets of a path, without those that change nothing before the next one that takes them too."""
    found = list(rules)
    if found and all(rule.outcome == INWARDS for rule in found):
        return [Rule(path.match, INWARDS)]
    kept: list[Rule] = []
    for rule in reversed(found):
        after = kept[-1] if kept else None
        same = after is not None and (after.outcome, after.min_bytes) == (rule.outcome, rule.min_bytes)
        if not (same and after is not None and rule.match.within(after.match)):
            kept.append(rule)
    return kept[::-1]


def _matches(field: KeyField, match: KeyMatch, key: Expr) -> Expr:
    """The condition that a key field matches."""
    bits = field.width
    match field.match:
        case "exact":
            return Bin("eq", key, Const(match.value, bits))
        case "lpm":
            if not match.extra:
                return Const(1, 1)
            return Bin(
                "eq", Slice(key, bits - 1, bits - match.extra), Const(match.value >> bits - match.extra, match.extra)
            )
        case "ternary" | "optional":
            return Bin("eq", Bin("and", key, Const(match.extra, bits)), Const(match.value & match.extra, bits))
        case "range":
            low, high = Const(match.value, bits), Const(match.extra, bits)
            return Bin("and", Bin("ule", low, key), Bin("ule", key, high))
