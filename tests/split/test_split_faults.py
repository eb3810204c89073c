"""Every rule of the protocol is needed: break one anywhere in a split, and the differential test finds out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from mini_programs import mini_firewall, mini_nat, mini_trap
from split_helpers import FAR, NEAR, Event, compare, copy_plan, firewall_frame, mini_traffic, nat_frame, trap_frame

from cora.analysis import analyse
from cora.ir.cfg import reachable
from cora.ir.nodes import (
    Access,
    Assign,
    Bin,
    Block,
    Branch,
    Const,
    Forward,
    Goto,
    HandOff,
    Op,
    Program,
    Un,
    Var,
    width,
)
from cora.ir.packets import Packet, Trace
from cora.split import SplitRunner, split_program
from cora.split.engines import Split, updates_only

PROGRAMS = {
    "nat": (mini_nat, nat_frame),
    "firewall": (mini_firewall, firewall_frame),
    "trap": (mini_trap, trap_frame),
}
Faulty = Iterator[tuple[str, Split]]


def with_program(split: Split, engine: str, program: Program) -> Split:
    engines = tuple(replace(e, program=program) if e.engine == engine else e for e in split.engines)
    return replace(split, engines=engines)


def rewrite_ops(split: Split, engine: str, change: Callable[[Block, Op], tuple[Op, ...] | None]) -> Faulty:
    """One split for each operation that `change` replaces (None: leave it)."""
    program = split.engine(engine).program
    for at, block in enumerate(program.blocks):
        for index, op in enumerate(block.ops):
            instead = change(block, op)
            if instead is not None:
                ops = (*block.ops[:index], *instead, *block.ops[index + 1 :])
                blocks = (*program.blocks[:at], replace(block, ops=ops), *program.blocks[at + 1 :])
                yield f"{block.name}[{index}]", with_program(split, engine, replace(program, blocks=blocks))


def rewrite_ends(split: Split, engine: str, change: Callable[[Block], object]) -> Faulty:
    program = split.engine(engine).program
    for at, block in enumerate(program.blocks):
        end = change(block)
        if end is not None:
            blocks = (*program.blocks[:at], replace(block, end=end), *program.blocks[at + 1 :])
            yield block.name, with_program(split, engine, replace(program, blocks=blocks))


def access(op: Op, *kinds: str) -> bool:
    return isinstance(op, Access) and op.kind in kinds


def drop_live_variable(split: Split) -> Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        carried = isinstance(op, Assign) and isinstance(op.value, Var) and op.value.name.startswith("$in")
        return () if carried else None

    return rewrite_ops(split, FAR, change)


def keep_the_copy_on_hand_off(split: Split) -> Faulty:
    """Only looks at the timer."""

    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "evict":
            return None
        state = split.engine(NEAR).program.state(op.state)
        rest = tuple(Var(f"$ignored.{f.name}", f.width) for f in state.values)
        return (replace(op, kind="peek", args=(), results=(*op.results, *rest)),)

    return rewrite_ops(split, NEAR, change)


def lose_the_timer_on_hand_off(split: Split) -> Faulty:
    return rewrite_ops(split, FAR, lambda _, op: () if access(op, "merge") else None)


def lose_the_maximum_on_hand_off(split: Split) -> Faulty:
    return rewrite_ops(split, FAR, lambda _, op: () if access(op, "merge_max") else None)


def skip_write_through(split: Split) -> Faulty:
    def change(block: Block, op: Op) -> tuple[Op, ...] | None:
        writes = access(op, "write") or access(op, "merge_max")
        return () if writes and block.name.startswith("answer") else None

    return rewrite_ops(split, NEAR, change)


def install_other_values(split: Split) -> Faulty:
    """As if the copy had been made before the owner's update."""

    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "install":
            return None
        return (replace(op, args=(op.args[0], *(Un("not", a) for a in op.args[1:]))),)

    return rewrite_ops(split, NEAR, change)


def install_a_timer_ahead(split: Split) -> Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "install":
            return None
        return (replace(op, args=(Const(1 << 60, 64), *op.args[1:])),)

    return rewrite_ops(split, NEAR, change)


def trust_a_miss(split: Split) -> Faulty:
    """Goes on as if the copies were all there is."""

    def change(block: Block) -> object:
        end = block.end
        missed = isinstance(end, Branch) and ".miss" in end.orelse
        return Goto(end.then) if isinstance(end, Branch) and missed else None

    return rewrite_ends(split, NEAR, change)


def skip_touch_near(split: Split) -> Faulty:
    return rewrite_ops(split, NEAR, lambda _, op: () if access(op, "touch") else None)


def skip_max_write_near(split: Split) -> Faulty:
    def change(block: Block, op: Op) -> tuple[Op, ...] | None:
        return () if access(op, "write") and not block.name.startswith("answer") else None

    return rewrite_ops(split, NEAR, change)


def count_twice(split: Split) -> Faulty:
    for engine in (NEAR, FAR):
        yield from rewrite_ops(split, engine, lambda _, op: (op, op) if access(op, "count") else None)


def forward_to_another_port(split: Split) -> Faulty:
    def change(block: Block) -> object:
        return Forward(Const(7, 16)) if isinstance(block.end, Forward) else None

    return rewrite_ends(split, NEAR, change)


def hand_off_the_received_frame(split: Split) -> Faulty:
    def change(block: Block) -> object:
        return replace(block.end, frame="received") if isinstance(block.end, HandOff) else None

    return rewrite_ends(split, FAR, change)


def damage_a_value_on_the_way(split: Split) -> Faulty:
    for engine in (NEAR, FAR):
        program = split.engine(engine).program
        for at, block in enumerate(program.blocks):
            if not isinstance(block.end, HandOff):
                continue
            for index, expr in enumerate(block.end.live):
                damaged = Bin("xor", expr, Const(1, width(expr)))
                live = (*block.end.live[:index], damaged, *block.end.live[index + 1 :])
                end = replace(block.end, live=live)
                blocks = (*program.blocks[:at], replace(block, end=end), *program.blocks[at + 1 :])
                yield f"{block.name}.{index}", with_program(split, engine, replace(program, blocks=blocks))


def lose_the_update_of_a_drop(split: Split) -> Faulty:
    """The frame comes back, but what it brings isn't written. (That it doesn't come back makes no difference: near then
    hands off whatever needs the cells that it named.)"""
    near = split.engine(NEAR).program
    entered = [r.block for r in near.resumes if r.point in updates_only(split)]
    answers = reachable(near.blocks, entered)
    return rewrite_ops(
        split, NEAR, lambda block, op: () if block.name in answers and access(op, "write", "merge_max") else None
    )


FAULTS: list[Callable[[Split], Faulty]] = [
    drop_live_variable,
    keep_the_copy_on_hand_off,
    lose_the_timer_on_hand_off,
    lose_the_maximum_on_hand_off,
    skip_write_through,
    install_other_values,
    install_a_timer_ahead,
    trust_a_miss,
    skip_touch_near,
    skip_max_write_near,
    count_twice,
    forward_to_another_port,
    hand_off_the_received_frame,
    damage_a_value_on_the_way,
    lose_the_update_of_a_drop,
]
EVERYWHERE = (
    drop_live_variable,
    lose_the_timer_on_hand_off,
    lose_the_maximum_on_hand_off,
    install_a_timer_ahead,
    trust_a_miss,
    skip_touch_near,
    skip_max_write_near,
    count_twice,
    forward_to_another_port,
)
HARMLESS = {
    # These never change a packet.
    ("hand_off_the_received_frame", "firewall"),
}
"""Where a fault makes no difference, and why."""
SEEDS = range(6)


def traffic(name: str, seed: int) -> list[Event]:
    return mini_traffic(seed, 250, PROGRAMS[name][1])


def visited(name: str, split: Split) -> frozenset[str]:
    """The blocks that packets come to while they come one at a time: then no cell is ever busy."""
    found: set[str] = set()
    for seed in SEEDS:
        runner = SplitRunner(split, compiled=False)
        for packet in traffic(name, seed):
            if isinstance(packet, Packet):
                traces = {e.engine: Trace() for e in split.engines}
                runner.run(packet, traces)
                found.update(block for trace in traces.values() for block in trace.blocks)
    return frozenset(found)


def seen(name: str, split: Split) -> bool:
    return any(compare(PROGRAMS[name][0](), split, traffic(name, seed))[0] is not None for seed in SEEDS)


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_the_differential_test_sees(fault: Callable[[Split], Faulty], name: str) -> None:
    """Somewhere, and in `EVERYWHERE`, wherever it is put."""
    graph = analyse(PROGRAMS[name][0]())
    split = split_program(graph, copy_plan(graph, 3))
    came = visited(name, split)
    places = [place for place in fault(split) if place[0].split("[")[0] in came or fault is damage_a_value_on_the_way]
    noticed = (where for where, faulty in places if seen(name, faulty))
    if (fault.__name__, name) in HARMLESS:
        assert not list(noticed)
    elif fault in EVERYWHERE and name != "trap":  # in it, some answers can't occur while packets come one at a time
        assert list(noticed) == [where for where, _ in places]
    else:
        assert any(noticed) or not places


def test_every_fault_has_a_place() -> None:
    splits = []
    for make, _ in PROGRAMS.values():
        graph = analyse(make())
        splits.append(split_program(graph, copy_plan(graph, 3)))
    assert all(any(list(fault(split)) for split in splits) for fault in FAULTS)
