"""Registers that hold one cell for each entry of a flow table become values of the entries.

PNA lets a program keep mutable state for a connection only in a `Register`, indexed by an id that `allocate_flow_id()`
gives in the miss action and that the entry carries as a parameter of its hit action. Here the register's cells move
into the entries; the ids, and whoever would have to hand them out and take them back, disappear.

Each lookup site of the table gets one variable for each such register: the value of the cell for this packet. The
lookup sets it, reads copy it, writes set it and update the entry, inserts store it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from cora.diagnostics import Span, error
from cora.ir.cfg import block_map, end_exprs, header_names, names, op_exprs, op_writes, predecessors, reachable
from cora.ir.nodes import Access, Assign, Block, Const, Expr, Field, Op, Program, State, Var

FLOW_ID = "$flow_id"

Key = tuple[Expr, ...]
Site = tuple[str, Key]
"""An entry as a packet sees it: the flow table and the variables that hold the key of one lookup."""


@dataclass(slots=True)
class _Facts:
    """What is known of the program's flow ids."""

    fields: dict[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    """By flow table: the value fields that hold flow ids."""
    sites: dict[str, Site] = field(default_factory=dict[str, Site])
    """By source (a `$flow_id` variable, or the result of a lookup): whose entry it is."""
    roots: dict[Site, str] = field(default_factory=dict[Site, str])
    """The prefix of the lookup's result variables."""
    registers: dict[str, str] = field(default_factory=dict[str, str])
    """Register -> the flow table that its cells belong to."""


@dataclass(frozen=True, slots=True)
class FuseFlowRegisters:
    """Before: `hit, id = t.lookup(k); if (hit) { s = r.read(id); r.write(id, f(s)) }`
    After:  `hit, s' = t.lookup(k); if (hit) { s = s'; s' = f(s); t.update[r](k, f(s)) }`

    Raises C0317 where a flow id has another use, C0318 where a register is also indexed by something else, C0319 where
    one packet may change a cell through two lookups.
    """

    @property
    def name(self) -> str:
        return "fuse-flow-registers"

    def run(self, program: Program) -> Program:
        facts = _Facts()
        _find_fields(program, facts)
        if not facts.sites:
            return program
        sources = _sources(program, facts)
        sites = _register_sites(program, facts, sources)
        _check_aliases(program, facts, sites)
        return _Rewrite(program, facts, sites).program()


# ---------------------------------------------------------------- what is what


def _find_fields(program: Program, facts: _Facts) -> None:
    states = {s.name: s for s in program.states if s.kind == "flow_table"}
    for op in _accesses(program):
        if op.kind == "insert" and op.state in states:
            for f, arg in zip(states[op.state].values, op.args, strict=True):
                if isinstance(arg, Var) and arg.name.startswith(FLOW_ID):
                    facts.fields[op.state] = facts.fields.get(op.state, frozenset()) | {f.name}
                    facts.sites[arg.name] = (op.state, op.key)
    for op in _accesses(program):
        if op.kind == "lookup" and op.state in facts.fields:
            facts.roots[op.state, op.key] = op.results[0].name.removesuffix(".hit")
            for f, var in zip(states[op.state].values, op.results[1:], strict=True):
                if f.name in facts.fields[op.state]:
                    facts.sites[var.name] = (op.state, op.key)


def _accesses(program: Program) -> list[Access]:
    return [op for b in program.blocks for op in b.ops if isinstance(op, Access)]


def _sources(program: Program, facts: _Facts) -> dict[int, frozenset[str]]:
    """By register access (its id()): the flow ids that its index may be; "" among them for anything else."""
    headers = header_names(program)
    preds = predecessors(program.blocks)
    at_end: dict[str, dict[str, frozenset[str]]] = {}
    found: dict[int, frozenset[str]] = {}
    nothing = frozenset(("",))
    for block in program.blocks:
        above = [at_end[p] for p in preds[block.name] if p in at_end]
        now: dict[str, frozenset[str]] = {}
        for name in {n for known in above for n in known}:
            now[name] = frozenset[str]().union(*(known.get(name, nothing) for known in above))
        for op in block.ops:
            if isinstance(op, Access) and op.kind in ("read", "write", "rmw"):
                found[id(op)] = _source_of(op.key[0], now, facts)
            copied = _source_of(op.value, now, facts) if isinstance(op, Assign) else nothing
            for name in op_writes(op, headers):
                now.pop(name, None)
            if isinstance(op, Assign) and copied != nothing:
                now[op.dst.name] = copied
        at_end[block.name] = now
    return found


def _source_of(expr: Expr, now: Mapping[str, frozenset[str]], facts: _Facts) -> frozenset[str]:
    if isinstance(expr, Var):
        if expr.name in facts.sites:
            return frozenset((expr.name,))
        return now.get(expr.name, frozenset(("",)))
    return frozenset(("",))


def _register_sites(program: Program, facts: _Facts, sources: Mapping[int, frozenset[str]]) -> dict[int, Site]:
    """By register access: the entry whose cell it means. Checks that a register has no other indexes."""
    found: dict[int, Site] = {}
    strangers: dict[str, Access] = {}
    for op in _accesses(program):
        ids = sources.get(id(op), frozenset())
        sites = {facts.sites[s] for s in ids if s}
        if len(sites) == 1 and "" not in ids:
            site = next(iter(sites))
            found[id(op)] = site
            facts.registers.setdefault(op.state, site[0])
        elif op.kind in ("read", "write", "rmw"):
            strangers.setdefault(op.state, op)
            if sites:
                facts.registers.setdefault(op.state, next(iter(sites))[0])
    for register in facts.registers:
        if register in strangers:
            raise error(
                "C0318",
                f"register {register} has a cell for each entry of {facts.registers[register]}, but here the index may "
                "be something other than this entry's flow id",
                strangers[register].span,
                help="access it only where the lookup has hit, or behind add_entry(), with the id as it is",
            )
    return found


def _check_aliases(program: Program, facts: _Facts, sites: Mapping[int, Site]) -> None:
    """Two lookups of one table may find the same entry; then a cell's variable of the first lookup may be stale."""
    for table in {t for t, _ in facts.roots}:
        if sum(1 for t, _ in facts.roots if t == table) < 2:
            continue
        by_name = block_map(program.blocks)
        for reader in program.blocks:
            for op in reader.ops:
                site = sites.get(id(op))
                if site is not None and site[0] == table and isinstance(op, Access) and op.kind == "read":
                    _check_reader(program, by_name, site, reader, op, sites)


def _check_reader(
    program: Program,
    by_name: Mapping[str, Block],
    site: Site,
    reader: Block,
    read: Access,
    sites: Mapping[int, Site],
) -> None:
    lookup = next(b.name for b in program.blocks for op in b.ops if _is_lookup(op, site))
    behind = reachable(by_name.values(), (lookup,))
    for block in program.blocks:
        if block.name in behind and reader.name in reachable(by_name.values(), (block.name,)):
            for op in block.ops:
                other = sites.get(id(op))
                if other is not None and other != site and isinstance(op, Access) and op.kind == "write":
                    raise error(
                        "C0319",
                        f"this may read a cell of {read.state} that the packet has changed through another lookup",
                        read.span,
                        help="look the entry up once, or read before you write",
                    )


def _is_lookup(op: Op, site: Site) -> bool:
    return isinstance(op, Access) and op.kind == "lookup" and (op.state, op.key) == site


# ---------------------------------------------------------------- the new program


@dataclass(slots=True)
class _Rewrite:
    old: Program
    facts: _Facts
    sites: Mapping[int, Site]

    def program(self) -> Program:
        blocks = tuple(replace(b, ops=tuple(new for op in b.ops for new in self.op(op))) for b in self.old.blocks)
        states = tuple(self.state(s) for s in self.old.states if s.name not in self.facts.registers)
        return replace(self.old, blocks=blocks, states=states)

    def cells(self, table: str) -> list[tuple[State, Field, int]]:
        """The fields that a table gets: (register, field of the entry, position in the register)."""
        registers = [s for s in self.old.states if self.facts.registers.get(s.name) == table]
        return [
            (r, Field(r.name if len(r.values) == 1 else f"{r.name}.{f.name}", f.width), i)
            for r in registers
            for i, f in enumerate(r.values)
        ]

    def state(self, state: State) -> State:
        ids = self.facts.fields.get(state.name)
        if ids is None:
            return state
        kept = tuple(f for f in state.values if f.name not in ids)
        return replace(state, values=(*kept, *(f for _, f, _ in self.cells(state.name))))

    def cell_vars(self, site: Site) -> list[Var]:
        root = self.facts.roots[site]
        return [Var(f"{root}.{f.name}", f.width) for _, f, _ in self.cells(site[0])]

    def op(self, op: Op) -> list[Op]:
        match op:
            case Access() if id(op) in self.sites:
                return self.register(op, self.sites[id(op)])
            case Access(kind="lookup" | "insert") if op.state in self.facts.fields:
                return [self.entry(op), *self.orphans(op)]
            case Assign(value=Var(name=name)) if name.startswith(FLOW_ID) and name in self.facts.sites:
                return [*self.fresh(self.facts.sites[name], op.span), op]
            case _:
                return [op]

    def entry(self, op: Access) -> Access:
        """A lookup or insert with the cells instead of the flow ids."""
        fields = self.old.state(op.state).values
        ids = self.facts.fields[op.state]
        cells = self.cell_vars((op.state, op.key))
        keep = [f.name not in ids for f in fields]
        if op.kind == "lookup":
            results = (v for v, k in zip(op.results[1:], keep, strict=True) if k)
            return replace(op, results=(op.results[0], *results, *cells))
        args = (a for a, k in zip(op.args, keep, strict=True) if k)
        return replace(op, args=(*args, *cells))

    def orphans(self, op: Access) -> list[Op]:
        """The lookup no longer gives flow ids. Whoever still uses one is found by `CheckFlowIds`."""
        if op.kind != "lookup":
            return []
        fields = self.old.state(op.state).values
        gone = [v for f, v in zip(fields, op.results[1:], strict=True) if f.name in self.facts.fields[op.state]]
        return [Assign(v, Var(f"{FLOW_ID}.{v.name}", v.width), op.span) for v in gone]

    def fresh(self, site: Site, span: Span | None) -> list[Op]:
        """Where an id is allocated, the cells have their first values."""
        first = [r.default[i] if r.default else 0 for r, _, i in self.cells(site[0])]
        return [
            Assign(var, Const(value, var.width), span) for var, value in zip(self.cell_vars(site), first, strict=True)
        ]

    def register(self, op: Access, site: Site) -> list[Op]:
        cells = self.cells(site[0])
        mine = [(var, f) for var, (r, f, _) in zip(self.cell_vars(site), cells, strict=True) if r.name == op.state]
        if op.kind == "read":
            return [Assign(dst, var, op.span) for dst, (var, _) in zip(op.results, mine, strict=True)]
        made: list[Op] = []
        for (var, f), value in zip(mine, op.args, strict=True):
            made.append(Access(site[0], "update", site[1], (value,), field=f.name, span=op.span))
            made.append(Assign(var, value, op.span))
        return made


# ---------------------------------------------------------------- nothing may be left


@dataclass(frozen=True, slots=True)
class CheckFlowIds:
    """Refuses programs in which a flow id is left after fusing and cleaning up: it has a use that Cora doesn't know.

    Before and after: the same program, or the error C0317.
    """

    @property
    def name(self) -> str:
        return "check-flow-ids"

    def run(self, program: Program) -> Program:
        for block in program.blocks:
            for op in block.ops:
                _check(op_exprs(op), op.span)
            _check(end_exprs(block.end), block.end.span)
        return program


def _check(exprs: tuple[Expr, ...], span: Span | None) -> None:
    if any(name.startswith(FLOW_ID) for e in exprs for name in names(e)):
        raise error(
            "C0317",
            "this flow id has a use that Cora can't translate",
            span,
            help="store the id in the entry that add_entry() makes and index registers with it, nothing else",
        )
