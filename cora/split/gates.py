"""Gates: how near knows which frames are out, and so what it may serve and keep. See `docs/splitting.md`.

Every hand-off takes a stamp and names *slots*: one for each flow-table key and each register cell that the owner may
access for the packet. The answer brings stamp and slots back. Links keep the order of frames, so if the last frame that
named a slot is back, no other one is out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cora.analysis.crossing import CopiedStates
from cora.analysis.graph import StateGraph
from cora.analysis.values import Site, identity, interpret
from cora.ir.cfg import all_of
from cora.ir.nodes import Access, Assign, Bin, Cast, Const, Expr, Hash, KeyField, Mux, Op, Program, State, Var, width
from cora.ir.store import Store

GATE = "$gate"
"""The gate of flow-table keys: many keys may share a slot, which costs hand-offs but does no harm."""
ORDER = "$order"
"""The gate of flows, where some of their packets meet no key and no cell that the others name (`cora.split.order`)."""
SEEN = "$seen"
"""The gate of far: its one slot has the stamp of the last frame that has come. When near starts anew it begins with a
stamp that none of its frames can have, wherever they are (`RESTART_GAP`)."""
RESTART_GAP = 1 << 24
"""More than frames can be on the way to far at once, and little against the 2^31 within which stamps have an order."""
HASHED_SLOTS = 1 << 16
WHOLE = ".whole"
SLOT_BITS = STAMP_BITS = 32
STAMP = Var("$stamp", STAMP_BITS)
"""The stamp of the frame that a packet travels in; on far, of the frame that it came in."""
ORDER_SLOT = Var("$order.slot", SLOT_BITS)
"""The slot of the packet's flow."""
REFRESH = Var("$refresh", 1)
"""A cell that the frame names was busy when it was handed off: the answer brings all of them, in case one before it was
lost."""


@dataclass(frozen=True, slots=True)
class Gates:
    """The gates of near's registers. Each cell has a slot of its own: after a loss a slot is idle again when an
    answer has brought what the frame named, and that must be all that the slot stands for."""

    of_register: dict[str, str]
    """By copied register that near reads, or that near writes and others read: the name of its gate. Registers of one
    group share one."""
    cells: dict[str, int]
    """By gate: the cells of the largest of its registers."""
    whole: frozenset[str]
    """Gates of registers in which far may write cells that near can't name. A slot of its own (`whole_gate`) counts the
    frames that may; after a loss it is never idle again, as no answer can bring the whole register."""

    def states(self) -> tuple[State, ...]:
        key = (KeyField("slot", SLOT_BITS),)
        hashed = State(GATE, "gate", key, (), HASHED_SLOTS + 1)
        order = State(ORDER, "gate", key, (), HASHED_SLOTS + 1)
        exact = (State(name, "gate", key, (), cells + 1) for name, cells in self.cells.items())
        return (hashed, order, *exact, *(State(whole_gate(name), "gate", key, (), 2) for name in sorted(self.whole)))


def seen_state() -> State:
    return State(SEEN, "gate", (KeyField("slot", SLOT_BITS),), (), 2)


def seen() -> Access:
    return Access(SEEN, "arrive", (Const(1, SLOT_BITS),), (STAMP,))


def last_seen(far: Store) -> int:
    """The stamp of the last frame that has come to far; 0: none has."""
    return far.gates[SEEN].cells.get(1, (0, 0))[1] if SEEN in far.gates else 0


def restart_base(last_seen: int) -> int:
    """The stamp with which near begins when it starts anew; not 0, which says that no frame can be out."""
    return (last_seen + RESTART_GAP) % (1 << STAMP_BITS) or 1


DEPART = Access(GATE, "depart", (Const(0, SLOT_BITS),))
"""Where frames come back on another core than packets arrive on: here the packet of an answer is let out, so that no
packet can overtake it that is served from what the answer brings."""


def place(
    table: str, key: tuple[Expr, ...], slot: Var, stamp: Expr, entry: Sequence[Expr], still: Var
) -> tuple[Op, ...]:
    """There: stores what an answer brings, and asks once more whether it is current. A packet that arrives meanwhile
    notes its stamp first and then looks for the entry. So either it finds the entry and refuses it, or the answer
    finds out that it isn't current any more."""
    return (
        Access(table, "place", key, (stamp, *entry)),
        Access(GATE, "current", (slot,), (stamp,), (still,)),
    )


def whole_gate(gate: str) -> str:
    return f"{gate}{WHOLE}"


def whole_flag(gate: str) -> Var:
    """Whether a frame is counted in the gate of a whole register."""
    return Var(f"$whole.{gate[1:]}", 1)


def make_gates(
    graph: StateGraph, rules: CopiedStates, near_stages: frozenset[int], held: frozenset[str], *, parallel: bool
) -> Gates:
    """`held`: the groups of which near holds copies or records. `parallel` as in `Placement`."""
    program = graph.program
    groups = graph.group_of_state()
    sites = [(s.index, a) for s in graph.stages for a in s.accesses if a.state in rules.copied]
    read = {a.state for _, a in sites if a.kind == "read"}
    near = {a.state for stage, a in sites if stage in near_stages and a.kind in ("read", "write")}
    # Of a register that nobody reads near's maxima are merged in the end; not while an answer changes them.
    guarded = near if parallel else read & near
    copied = [s for s in program.states if s.kind == "register" and s.name in guarded]
    of_register = {s.name: f"{GATE}.{groups[s.name].name}" for s in copied}
    cells: dict[str, int] = {}
    for state in copied:
        cells[of_register[state.name]] = max(cells.get(of_register[state.name], 0), state.capacity)
    whole: set[str] = set()
    for stage in _taken_up_at(graph, near_stages, held) if copied else ():
        sites = interpret(program, (graph.stages[stage].blocks[0],), identity).sites
        whole |= {
            of_register[s.op.state] for s in sites if s.op.state in of_register and unnamed_write(s, rules, parallel)
        }
    return Gates(of_register, cells, frozenset(whole))


def _taken_up_at(graph: StateGraph, near_stages: frozenset[int], held: frozenset[str]) -> frozenset[int]:
    """The stages at which far may go on."""
    first = graph.stage_of_block()[graph.program.body]
    ways = [w for e in graph.edges if e.source in near_stages and e.target not in near_stages for w in e.ways]
    ways += [w for stage in graph.stages if stage.index in near_stages for w in stage.misses]
    found = frozenset(way.restart for way in ways if way.taken(held))
    return found if first in near_stages else found | {first}


def unnamed_write(site: Site, rules: CopiedStates, parallel: bool) -> bool:
    """Whether far may write a cell there that near can't name. Of a `max` register that does no harm: what near has of
    the cell may be behind by what is under way, and a packet that reads it counts before. Not so where an answer may
    change something else while that packet is served: it could see the one and not the other."""
    behind = site.op.state in rules.max_registers and not parallel
    return site.keys is None and (site.op.kind == "rmw" or (site.op.kind == "write" and not behind))


def key_slot(key: Iterable[Expr], slot: Var) -> tuple[Op, ...]:
    """Computes the slot of a flow-table key: 1 and more, as slot 0 names nothing."""
    folded = Var(f"{slot.name}.hash", 16)
    return (
        Hash(folded, "xor16", tuple(key)),
        Assign(slot, Bin("add", Cast(folded, SLOT_BITS), Const(1, SLOT_BITS))),
    )


def cell_slot(program: Program, register: str, index: Expr, guard: frozenset[Expr] = frozenset()) -> Expr:
    """The slot of a cell, one more than its index; 0 where a wide index is outside of the register, or one of the
    conditions doesn't hold on which it is accessed."""
    conditions = sorted(guard, key=repr)
    slot = Bin("add", Cast(index, SLOT_BITS), Const(1, SLOT_BITS))
    if width(index) >= SLOT_BITS:
        conditions.append(Bin("ult", index, Const(program.state(register).capacity, width(index))))
    if not conditions:
        return slot
    return Mux(all_of(conditions), slot, Const(0, SLOT_BITS))


def cell_index(program: Program, register: str, slot: Expr) -> Expr:
    """The index of a cell with this slot."""
    return Cast(Bin("sub", slot, Const(1, SLOT_BITS)), program.state(register).key[0].width)


def issue(gate: str, slot: Expr) -> Access:
    return Access(gate, "issue", (slot,), (STAMP,))


def arrive(gate: str, slot: Expr, stamp: Expr) -> Access:
    return Access(gate, "arrive", (slot,), (stamp,))
