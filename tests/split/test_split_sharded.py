"""Records that live on one engine at a time: the split answers and remembers what the whole does, and each rule is
needed for it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from mini_programs import mini_firewall, mini_flows, mini_trap
from random_nfs import random_nf
from split_helpers import (
    FAR,
    NEAR,
    Event,
    compare,
    firewall_frame,
    frame,
    mini_traffic,
    plan_for,
    shard_plan,
)
from test_split_faults import (
    access,
    count_twice,
    damage_a_value_on_the_way,
    rewrite_ends,
    rewrite_ops,
    skip_touch_near,
    trust_a_miss,
    with_program,
)

from cora.analysis import analyse
from cora.diagnostics import UserError
from cora.ir.nodes import Access, Assign, Block, Const, HandOff, Op, Program, Un, Var
from cora.ir.packets import Packet
from cora.split import SplitRunner, split_program
from cora.split.engines import Split


def flows_frame(rng: random.Random, port: int) -> bytes:
    flags = rng.choice((0, 0, 0, 0, 1, 2, 4, 6))
    return frame(rng.randrange(1, 4), rng.randrange(2), rng.randrange(2), 7, 6, flags)


CASES = [(mini_firewall, firewall_frame), (mini_flows, flows_frame)]
Make = Callable[[], Program]
Frame = Callable[[random.Random, int], bytes]
Faulty = Iterator[tuple[str, Split]]


@pytest.mark.parametrize(("make", "frame"), CASES)
@pytest.mark.parametrize("entries", [1, 2, 100])
def test_split_equals_whole(make: Make, frame: Frame, entries: int) -> None:
    """Also with room for one record, so that most offers are refused."""
    program = make()
    graph = analyse(program)
    split = split_program(graph, shard_plan(graph, entries))
    for seed in range(4):
        difference, runner = compare(program, split, mini_traffic(seed, 500, frame), compiled=seed % 2 == 0)
        assert difference is None
        figures = runner.figures
        assert figures.hits > 10 and figures.installs > 20
        refused = figures.answers - figures.update_only - figures.installs
        assert entries > 2 or refused > 20


@pytest.mark.parametrize(("make", "frame"), CASES)
def test_any_stage_may_run_on_the_host(make: Make, frame: Frame) -> None:
    program = make()
    graph = analyse(program)
    accepted = 0
    for stage in graph.stages[1:]:
        try:
            split = split_program(graph, shard_plan(graph, 3, away=(stage.index,)))
        except UserError as refused:
            assert {d.code for d in refused.diagnostics} <= {"C0703", "C0707"}
            continue
        accepted += 1
        assert compare(program, split, mini_traffic(stage.index, 250, frame))[0] is None
    assert accepted >= len(graph.stages) // 2


def test_a_record_is_changed_where_it_is() -> None:
    """Without the host, which keeps the place of the record and an old value."""
    graph = analyse(mini_flows())
    runner = SplitRunner(split_program(graph, shard_plan(graph)), compiled=False)
    for now in range(10):
        runner.run(Packet(frame(1, 1, 0, 7, 6), 0, 1000 + now))
    near = runner.stores[NEAR].flow_tables["flows"].entries
    far = runner.stores[FAR].flow_tables["flows"].entries
    assert runner.figures.hits == 9 and near.keys() == far.keys()
    (key,) = near
    assert near[key].values[0] == 10 and far[key].values[0] == 1
    assert runner.snapshot()["flows"] == {key: (near[key].values, near[key].last_ns)}
    assert runner.evict("flows", key) and not near
    assert far[key].values[0] == 10


def random_shard_split(program: Program, rng: random.Random) -> Split | None:
    graph = analyse(program)
    if not graph.partitions:
        return None
    groups = [g for g in rng.choice(graph.partitions).groups if rng.random() < 0.8]
    for share in (0.0, 0.1, 0.2):
        away = [s.index for s in graph.stages[1:] if rng.random() < share]
        try:
            return split_program(graph, shard_plan(graph, rng.choice((1, 2, 100)), away, groups))
        except UserError as refused:
            assert {d.code for d in refused.diagnostics} <= {"C0703", "C0706", "C0707", "C0709", "C0710"}
    return None


def nf_frame(rng: random.Random, port: int) -> bytes:
    flags = rng.choice((0, 0, 0, 0, 1, 2, 3))
    return frame(rng.randrange(3), rng.randrange(3), rng.randrange(2), rng.randrange(2), rng.randrange(3), flags)


@pytest.mark.parametrize("part", range(3))
def test_random_network_functions(part: int) -> None:
    made = hits = answers = updates = 0
    for seed in range(part * 40, part * 40 + 40):
        program = random_nf(seed, changing=True)
        split = random_shard_split(program, random.Random(seed))
        if split is None or len(split.engines) == 1:
            continue
        difference, runner = compare(program, split, mini_traffic(seed, 90, nf_frame))
        assert difference is None, f"seed {seed}"
        made += 1
        hits += runner.figures.hits
        answers += runner.figures.answers
        near = split.engine(NEAR).program
        updates += any(access(op, "update") for b in near.blocks for op in b.ops)
    assert made > 10 and hits > 20 and answers > 100 and updates > 1


# ---------------------------------------------------------------- what is refused


def test_states_that_cannot_be_sharded() -> None:
    graph = analyse(mini_trap())
    group = graph.groups[0]
    assert not group.shardable and "nothing tells which engine has it" in group.shard_conflicts[0][2]
    with pytest.raises(UserError) as refused:
        split_program(graph, plan_for(graph, [0, 1], {group.name: ("sharded", FAR)}))
    assert {d.code for d in refused.value.diagnostics} == {"C0712"}


def test_inserts_and_deletes_stay_on_the_host() -> None:
    graph = analyse(mini_firewall())
    every = [s.index for s in graph.stages if not s.name.startswith("lookup rules")]
    with pytest.raises(UserError) as refused:
        split_program(graph, plan_for(graph, every, {"conns": ("sharded", FAR)}))
    assert {d.code for d in refused.value.diagnostics} == {"C0708"}
    assert "delete conns can't run on nic" in refused.value.diagnostics[0].message


def test_the_host_owns_what_is_sharded() -> None:
    graph = analyse(mini_firewall())
    with pytest.raises(UserError) as refused:
        split_program(graph, plan_for(graph, [0, 1], {"conns": ("sharded", NEAR)}))
    assert {d.code for d in refused.value.diagnostics} == {"C0704"}


def test_one_partition_key_a_plan() -> None:
    """Records by flow and by destination: packets of one destination would need several shards."""
    graph = analyse(mini_flows(by_destination=True))
    assert {p.group: set(p.groups) for p in graph.partitions} == {"flows": {"flows"}, "peers": {"flows", "peers"}}
    split_program(graph, shard_plan(graph, 3, groups=("flows", "peers")))
    apart = replace(graph, partitions=tuple(replace(p, groups=(p.group,)) for p in graph.partitions))
    with pytest.raises(UserError) as refused:
        split_program(apart, shard_plan(apart, 3, groups=("flows", "peers")))
    assert {d.code for d in refused.value.diagnostics} == {"C0713"}


# ---------------------------------------------------------------- seeded faults


def forget_the_record_on_hand_off(split: Split) -> Faulty:
    """The host goes on with what it had when it gave the record away."""
    return rewrite_ops(split, FAR, lambda _, op: () if access(op, "adopt") else None)


def keep_the_record_on_hand_off(split: Split) -> Faulty:
    """It is on both engines then."""

    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "release":
            return None
        found, left, *rest = op.results
        return replace(op, kind="peek", args=(), results=(found, *rest)), Assign(left, Var("$stamp", 32))

    return rewrite_ops(split, NEAR, change)


def leave_the_timer_behind(split: Split) -> Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "adopt":
            return None
        return (replace(op, args=(*op.args[:2], Const(1, 64), *op.args[3:])),)

    return rewrite_ops(split, FAR, change)


def leave_the_values_behind(split: Split) -> Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "adopt":
            return None
        return (replace(op, args=(*op.args[:3], *(Un("not", a) for a in op.args[3:]))),)

    return rewrite_ops(split, FAR, change)


def forget_the_record_on_an_offer(split: Split) -> Faulty:
    """The host doesn't keep its own: a refused offer loses the record."""
    program = split.engine(FAR).program
    for at, block in enumerate(program.blocks):
        offers = [op for op in block.ops if isinstance(op, Access) and op.kind == "offer"]
        if offers:
            ops = (*block.ops, *(Access(op.state, "delete", op.key) for op in offers))
            blocks = (*program.blocks[:at], replace(block, ops=ops), *program.blocks[at + 1 :])
            yield block.name, with_program(split, FAR, replace(program, blocks=blocks))


def offer_an_older_record(split: Split) -> Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != "install":
            return None
        return (replace(op, args=(op.args[0], *(Un("not", a) for a in op.args[1:]))),)

    return rewrite_ops(split, NEAR, change)


def offer_with_another_timer(split: Split) -> Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        return (replace(op, args=(Const(1, 64), *op.args[1:])),) if access(op, "install") else None  # type: ignore

    return rewrite_ops(split, NEAR, change)


def skip_an_update_near(split: Split) -> Faulty:
    return rewrite_ops(split, NEAR, lambda _, op: () if access(op, "update") else None)


def say_that_there_was_none(split: Split) -> Faulty:
    """The frame brings the record, but the host doesn't believe it."""

    def change(block: Block) -> object:
        end = block.end
        if not isinstance(end, HandOff):
            return None
        live = tuple(Const(0, 1) if isinstance(e, Var) and e.name.startswith("$had") else e for e in end.live)
        return replace(end, live=live) if live != end.live else None

    return rewrite_ends(split, NEAR, change)


FAULTS = (
    forget_the_record_on_hand_off,
    keep_the_record_on_hand_off,
    leave_the_timer_behind,
    leave_the_values_behind,
    forget_the_record_on_an_offer,
    offer_an_older_record,
    offer_with_another_timer,
    skip_an_update_near,
    say_that_there_was_none,
    skip_touch_near,
    trust_a_miss,
    count_twice,
    damage_a_value_on_the_way,
)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f.__name__)
def test_the_differential_test_sees(fault: Callable[[Split], Faulty]) -> None:
    for make, traffic in CASES:
        graph = analyse(make())
        places = list(fault(split_program(graph, shard_plan(graph, 2))))
        assert places
        for _, faulty in places:
            if any(compare(make(), faulty, mini_traffic(seed, 250, traffic))[0] for seed in range(4)):
                break
        else:
            pytest.fail(f"{fault.__name__} in {make.__name__} makes no difference")


def shard_events(seed: int) -> list[Event]:
    return mini_traffic(seed, 400, flows_frame)


def takes_only_the_timer_back(split: Split) -> Faulty:
    """A probe brings the record, and the host looks at its timer alone."""

    def change(block: Block, op: Op) -> tuple[Op, ...] | None:
        if not block.name.startswith("probe.") or not isinstance(op, Access) or op.kind != "adopt":
            return None
        found, _, last, *_ = op.args
        return Access(op.state, "merge", op.key, (found, last)), replace(op, args=(Const(0, 1), *op.args[1:]))

    return rewrite_ops(split, FAR, change)


def test_a_control_plane_that_takes_only_the_timer_back_is_seen() -> None:
    graph = analyse(mini_flows())
    split = split_program(graph, shard_plan(graph))
    assert compare(mini_flows(), split, shard_events(1))[0] is None
    ((_, faulty),) = takes_only_the_timer_back(split)
    assert compare(mini_flows(), faulty, shard_events(1))[0] is not None
