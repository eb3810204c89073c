"""The rules by which near and far keep each other right while frames are out, each broken once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from cora.ir.nodes import Access, Assign, Bin, Block, Branch, Const, Op, Var
from cora.split.engines import EngineProgram, Split, Step
from cora.split.gates import ORDER
from cora.split.generations import DRAINED, OF_PACKET, VERSION
from cora.verify.modelcheck import Case

Change = Callable[[Block, Op], tuple[Op, ...] | None]


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    what: str
    """What goes without it."""
    broken: Callable[[Split], Split] = lambda split: split
    of_probes: bool = False
    """Only the code for frames of the control plane is changed."""
    of_restarts: bool = False
    """It shows only where near starts anew."""
    base: int | None = None
    """The stamp with which it begins then."""
    of_batches: bool = False
    """It shows only where the control plane changes tables."""

    def of(self, case: Case) -> Case:
        """The case with the rule broken; the same where it doesn't matter."""
        return replace(case, split=self.broken(case.split), base=self.base if case.restarts else None)


def rewritten(split: Split, engine: int, change: Change) -> Split:
    """The split with operations of an engine (0: near) replaced wherever `change` says so (None: leave it)."""
    made = split.engines[engine]
    blocks: list[Block] = []
    for block in made.program.blocks:
        ops: list[Op] = []
        for op in block.ops:
            instead = change(block, op)
            ops += (op,) if instead is None else instead
        blocks.append(replace(block, ops=tuple(ops)))
    program = replace(made.program, blocks=tuple(blocks))
    engines = tuple(replace(e, program=program) if e is made else e for e in split.engines)
    return replace(split, engines=engines)


def _on(engine: int, kind: str, change: Callable[[Access], tuple[Op, ...]]) -> Callable[[Split], Split]:
    def broken(split: Split) -> Split:
        return rewritten(
            split, engine, lambda _, op: change(op) if isinstance(op, Access) and op.kind == kind else None
        )

    return broken


def _on_probes(engine: int, kind: str, change: Callable[[Access], tuple[Op, ...]]) -> Callable[[Split], Split]:
    """The same in the code for probes alone."""
    places = ("ask.", "probe.", "told.")

    def broken(split: Split) -> Split:
        def there(block: Block, op: Op) -> tuple[Op, ...] | None:
            wanted = isinstance(op, Access) and op.kind == kind and block.name.startswith(places)
            return change(op) if wanted and isinstance(op, Access) else None

        return rewritten(split, engine, there)

    return broken


def _always(op: Access) -> tuple[Op, ...]:
    return (Assign(op.results[0], Const(1, 1)),)


def _at_once(op: Access) -> tuple[Op, ...]:
    return op, Access(op.state, "delete", op.key)


def _stay(op: Access) -> tuple[Op, ...]:
    """Only looks: the copy or record goes on being served."""
    if op.kind == "release":
        found, left, *rest = op.results
        return replace(op, kind="peek", args=(), results=(found, *rest)), Assign(left, Var("$stamp", 32))
    values = tuple(Var(f"$ignored.{op.state}.{n}", 16) for n in range(1))
    return (replace(op, kind="peek", args=(), results=(*op.results, *values)),)


def _cells_always_idle(split: Split) -> Split:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        asks = isinstance(op, Access) and op.kind == "idle" and op.state != ORDER
        return _always(op) if asks and isinstance(op, Access) else None

    return rewritten(split, 0, change)


def _flows_always_idle(split: Split) -> Split:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        asks = isinstance(op, Access) and op.kind == "idle" and op.state == ORDER
        return _always(op) if asks and isinstance(op, Access) else None

    return rewritten(split, 0, change)


def _flows_unnamed(*, echoes: bool) -> Callable[[Split], Split]:
    def broken(split: Split) -> Split:
        def change(block: Block, op: Op) -> tuple[Op, ...] | None:
            names = isinstance(op, Access) and op.kind == "issue" and op.state == ORDER
            return () if names and block.name.endswith(".echo") == echoes else None

        return rewritten(split, 0, change)

    return broken


def _anew(op: Access) -> tuple[Op, ...]:
    return Access(op.state, "delete", op.key), op


def _nothing(op: Access) -> tuple[Op, ...]:
    return ()


def _around_the_gate(split: Split) -> Split:
    """As if the control plane changed the host's rows directly."""
    unnamed = _on_probes(0, "issue", _nothing)(split)
    return _on_probes(0, "release", _stay)(_on_probes(0, "evict", _stay)(unnamed))


def _probes_take_at_once(split: Split) -> Split:
    return _on_probes(0, "release", _at_once)(_on_probes(0, "evict", _at_once)(split))


def _probes_leave_it(split: Split) -> Split:
    return _on_probes(0, "release", _stay)(_on_probes(0, "evict", _stay)(split))


def _probes_bring_nothing(split: Split) -> Split:
    return _on_probes(1, "adopt", _nothing)(_on_probes(1, "merge", _nothing)(split))


def _taken_at_once(split: Split) -> Split:
    return _on(0, "release", _at_once)(_on(0, "evict", _at_once)(split))


def _kept(split: Split) -> Split:
    return _on(0, "release", _stay)(_on(0, "evict", _stay)(split))


def _told_once(split: Split) -> Split:
    """A copy that is leaving already isn't told again: as if one frame could not be lost."""

    def change(block: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind not in ("evict", "release"):
            return None
        return op, Access(op.state, "forget", op.key, op.args)

    return rewritten(split, 0, change)


def _never_refreshed(split: Split) -> Split:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        asks = isinstance(op, Assign) and op.dst.name == "$refresh"
        return (replace(op, value=Const(0, 1)),) if asks and isinstance(op, Assign) else None

    return rewritten(split, 0, change)


def _cells_stay_out(split: Split) -> Split:
    """Answers don't bring the cells that their frames named."""

    def change(block: Block, op: Op) -> tuple[Op, ...] | None:
        bring = isinstance(op, Access) and op.kind in ("write", "merge_max") and block.name.startswith("answer")
        return () if bring else None

    return rewritten(split, 0, change)


def _writes_do_not_wait(split: Split) -> Split:
    """Near doesn't ask whether a cell is busy before it writes it."""

    def change(block: Block, op: Op) -> tuple[Op, ...] | None:
        asks = isinstance(op, Access) and op.kind == "idle"
        near = split.engines[0].program
        rest = near.block(block.end.then).ops[:1] if isinstance(block.end, Branch) else ()
        writes = asks and any(isinstance(o, Access) and o.kind == "write" for o in rest)
        return _always(op) if writes and isinstance(op, Access) else None

    return rewritten(split, 0, change)


def _whole_ignored(split: Split) -> Split:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        asks = isinstance(op, Access) and op.kind == "idle" and op.state.endswith(".whole")
        return _always(op) if asks and isinstance(op, Access) else None

    return rewritten(split, 0, change)


def _steps(change: Callable[[list[Step]], list[Step]]) -> Callable[[Split], Split]:
    """Batches take their steps otherwise."""

    def broken(split: Split) -> Split:
        if split.batches is None:
            return split
        return replace(split, batches=replace(split.batches, steps=tuple(change(list(split.batches.steps)))))

    return broken


def _first(kind: str) -> Callable[[Split], Split]:
    return _steps(lambda steps: sorted(steps, key=lambda step: step.kind != kind))


def _drained_before_flip(split: Split) -> Split:
    order = ("install", "drain", "flip", "remove")
    return _steps(lambda steps: sorted(steps, key=lambda step: order.index(step.kind)))(split)


def _with_state(engine: EngineProgram, other: EngineProgram, name: str) -> EngineProgram:
    program = engine.program
    return replace(engine, program=replace(program, states=(*program.states, other.program.state(name))))


def _own_version(split: Split) -> Split:
    """Far looks tables up in the generation that near gives to packets which come in now."""
    if split.batches is None or not split.batches.onward:
        return split
    near, far = split.engines
    read = Access(VERSION, "read", (Const(0, 8),), (), (OF_PACKET,))
    made = replace(split, engines=(near, _with_state(far, near, VERSION)))
    body = far.program.block(far.program.body)
    blocks = tuple(replace(b, ops=(read, *b.ops)) if b is body else b for b in far.program.blocks)
    program = replace(made.engines[1].program, blocks=blocks)
    return replace(made, engines=(near, replace(made.engines[1], program=program)))


def _near_answers(split: Split) -> Split:
    """The control plane looks at near for what far should have noted."""
    if split.batches is None or not split.batches.onward:
        return split
    near, far = split.engines
    made = replace(split, engines=(_with_state(near, far, DRAINED), far))
    program = made.engines[0].program
    (asked,) = (r for r in program.resumes if r.point == split.batches.ask)
    noted = Access(DRAINED, "write", (Const(0, 8),), asked.into)
    blocks = tuple(replace(b, ops=(noted, *b.ops)) if b.name == asked.block else b for b in program.blocks)
    return replace(made, engines=(replace(made.engines[0], program=replace(program, blocks=blocks)), far))


RULES = (
    Rule("an old answer installs", "near installs though a later frame is out", _on(0, "current", _always)),
    Rule("a hand-off leaves the copy", "near goes on serving what far is about to change", _kept),
    Rule("a copy leaves with one frame", "near drops copy or record when it has told it once", _taken_at_once),
    Rule("a copy is forgotten unconfirmed", "near forgets what leaves before an answer is back", _told_once),
    Rule(
        "a record comes back again",
        "far takes a record without asking since when it has left",
        _on(1, "adopt", lambda op: (replace(op, args=(op.args[0], Var("$stamp", 32), *op.args[2:])),)),
    ),
    Rule(
        "an offer isn't marked",
        "far takes its own record for the better one after it has offered it",
        _on(1, "offer", lambda op: ()),
    ),
    Rule("a busy cell is used", "near reads and writes cells that a frame out names", _cells_always_idle),
    Rule(
        "a whole register isn't waited for", "near reads cells of which it can't tell if they are named", _whole_ignored
    ),
    Rule("a busy cell is written", "near writes cells that a frame out names", _writes_do_not_wait),
    Rule("an answer brings no cells", "an answer doesn't bring what the packet wrote", _cells_stay_out),
    Rule("a busy cell isn't refreshed", "an answer doesn't make up for one that was lost before it", _never_refreshed),
    Rule(
        "a frame names nothing",
        "hand-offs don't note their stamps",
        _on(0, "issue", lambda op: ()),
    ),
    Rule("a busy flow is let out", "near lets packets out though one of their flow is out", _flows_always_idle),
    Rule("a frame doesn't name its flow", "hand-offs don't note the slots of flows", _flows_unnamed(echoes=False)),
    Rule("an echo doesn't name its flow", "packets that wait for others may be overtaken", _flows_unnamed(echoes=True)),
    Rule("a restart begins with stamp 1", "near starts anew as it did the first time", of_restarts=True, base=0),
    Rule(
        "a restart leaves no gap",
        "near starts anew with the stamp after the last that far has seen",
        _on(0, "stamp", lambda op: (op, Assign(op.results[0], Bin("and", op.results[0], Const(0xFF, 32))))),
        of_restarts=True,
    ),
    Rule(
        "all stamps are equal",
        "the count of stamps stands still",
        _on(0, "stamp", lambda op: (Assign(op.results[0], Const(1, 32)),)),
    ),
    Rule("the control plane goes round the gate", "it changes a row without a probe", _around_the_gate, True),
    Rule("a probe leaves the copy", "near serves what far is about to delete", _probes_leave_it, True),
    Rule(
        "a probe names nothing", "an answer that is older than a probe installs", _on_probes(0, "issue", _nothing), True
    ),
    Rule("a probe takes with one frame", "what a lost probe took is gone", _probes_take_at_once, True),
    Rule("a probe's copy isn't looked at", "far deletes or expires what was used on near", _probes_bring_nothing, True),
    Rule(
        "an old answer to a probe installs",
        "it does so though a later frame is out",
        _on_probes(0, "current", _always),
        True,
    ),
    Rule("an answer changes an entry", "a doubled answer undoes what near has done since", _on(0, "install", _anew)),
    Rule(
        "what a probe gives back isn't marked",
        "far takes its own record for the better one",
        _on_probes(1, "offer", _nothing),
        True,
    ),
    Rule("a batch counts before it is there", "near flips first", _first("flip"), of_batches=True),
    Rule(
        "what a batch replaces goes at once",
        "the old entries don't wait for packets that are under way",
        _steps(lambda steps: [step for step in steps if step.kind != "drain"]),
        of_batches=True,
    ),
    Rule(
        "a batch waits too early",
        "the frame that finds out goes before the flip",
        _drained_before_flip,
        of_batches=True,
    ),
    Rule("a frame of a batch may be lost", "near says that it has come to far", _near_answers, of_batches=True),
    Rule(
        "far has its own version",
        "it looks up what counts now, and not what did for the packet",
        _own_version,
        of_batches=True,
    ),
)
