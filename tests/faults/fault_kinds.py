"""Seeded faults: one thing broken in a split that is right, or a refusal ignored. Those of `tests/split` and more.

Each yields every split that has the fault at one place, with the name of the place; none if a split has no such place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import test_split_faults as basic
import test_split_sharded as sharded

from cora.ir.cfg import block_map
from cora.ir.nodes import (
    Access,
    Bin,
    Block,
    Branch,
    Cast,
    Const,
    Goto,
    HandOff,
    Op,
    Slice,
    width,
)
from cora.split.engines import Split

Fault = Callable[[Split], basic.Faulty]
NEAR, FAR = "nic", "host"


@dataclass(frozen=True, slots=True)
class Seeded:
    """A fault by name, with what it breaks in words."""

    fault: Fault
    breaks: str

    @property
    def name(self) -> str:
        return self.fault.__name__.replace("_", " ")


def renamed(split: Split) -> Split:
    """The split with its engines called as the faults expect: near is `nic`, far is `host`."""
    names = dict(zip((e.engine for e in split.engines), (NEAR, FAR), strict=True))

    def end(block: Block) -> Block:
        return replace(block, end=replace(block.end, engine=names[block.end.engine])) if _hands_off(block) else block

    engines = tuple(
        replace(
            e,
            engine=names[e.engine],
            program=replace(e.program, blocks=tuple(end(b) for b in e.program.blocks)),
        )
        for e in split.engines
    )
    return replace(split, engines=engines, layouts=tuple(replace(x, target=names[x.target]) for x in split.layouts))


def _hands_off(block: Block) -> bool:
    return isinstance(block.end, HandOff)


def _change_live(split: Split, change: Callable[[HandOff], Iterator[tuple[str, HandOff]]]) -> basic.Faulty:
    """One split for each changed hand-off."""
    for engine in split.engines:
        blocks = engine.program.blocks
        for at, block in enumerate(blocks):
            if not isinstance(block.end, HandOff):
                continue
            for where, end in change(block.end):
                changed = (*blocks[:at], replace(block, end=end), *blocks[at + 1 :])
                program = replace(engine.program, blocks=changed)
                yield f"{block.name}.{where}", basic.with_program(split, engine.engine, program)


def truncate_a_field(split: Split) -> basic.Faulty:
    def change(end: HandOff) -> Iterator[tuple[str, HandOff]]:
        for i, expr in enumerate(end.live):
            if width(expr) > 1:
                kept = Cast(Slice(expr, (width(expr) - 1) // 2, 0), width(expr))
                yield str(i), replace(end, live=(*end.live[:i], kept, *end.live[i + 1 :]))

    return _change_live(split, change)


def exchange_two_fields(split: Split) -> basic.Faulty:
    def change(end: HandOff) -> Iterator[tuple[str, HandOff]]:
        for i, (one, other) in enumerate(zip(end.live, end.live[1:], strict=False)):
            if width(one) == width(other):
                yield str(i), replace(end, live=(*end.live[:i], other, one, *end.live[i + 2 :]))

    return _change_live(split, change)


def check_residency_late(split: Split) -> basic.Faulty:
    """Near does what a hit does before it has asked whether it is one."""
    program = split.engine(NEAR).program
    blocks = block_map(program.blocks)
    for at, block in enumerate(program.blocks):
        if not isinstance(block.end, Branch) or ".miss" not in block.end.orelse:
            continue
        early: list[Op] = []
        here = blocks[block.end.then]
        while True:
            early += [op for op in here.ops if basic.access(op, "count", "write", "touch")]
            if not isinstance(here.end, Goto):
                break
            here = blocks[here.end.target]
        if early:
            changed = (*program.blocks[:at], replace(block, ops=(*block.ops, *early)), *program.blocks[at + 1 :])
            yield block.name, basic.with_program(split, NEAR, replace(program, blocks=changed))


def _another_key(split: Split, kind: str) -> basic.Faulty:
    def change(_: Block, op: Op) -> tuple[Op, ...] | None:
        if not isinstance(op, Access) or op.kind != kind:
            return None
        first = op.key[0]
        return (replace(op, key=(Bin("xor", first, Const(1, width(first))), *op.key[1:])),)

    return basic.rewrite_ops(split, NEAR, change)


def take_back_another_key(split: Split) -> basic.Faulty:
    return _another_key(split, "evict")


def take_the_record_of_another_shard(split: Split) -> basic.Faulty:
    return _another_key(split, "release")


def skip_a_count(split: Split) -> basic.Faulty:
    for engine in (NEAR, FAR):
        yield from basic.rewrite_ops(split, engine, lambda _, op: () if basic.access(op, "count") else None)


def hand_off_the_changed_frame(split: Split) -> basic.Faulty:
    def change(block: Block) -> object:
        return replace(block.end, frame="emitted") if isinstance(block.end, HandOff) else None

    return basic.rewrite_ends(split, NEAR, change)


def never_make_copies(split: Split) -> basic.Faulty:
    """Not wrong, only useless: a control, which nothing may report."""
    return basic.rewrite_ops(split, NEAR, lambda _, op: () if basic.access(op, "install") else None)


FAULTS = (
    Seeded(basic.drop_live_variable, "a variable that the owner needs doesn't travel"),
    Seeded(truncate_a_field, "the upper half of a value is lost in the hand-off header"),
    Seeded(exchange_two_fields, "sender and receiver lay two values out in another order"),
    Seeded(basic.damage_a_value_on_the_way, "a bit of a value flips between engines"),
    Seeded(basic.keep_the_copy_on_hand_off, "the NIC keeps a copy that the owner may be about to change: stale copy"),
    Seeded(take_back_another_key, "the NIC takes back the copy of another key"),
    Seeded(basic.lose_the_timer_on_hand_off, "the owner isn't told when the copy was last used"),
    Seeded(basic.lose_the_maximum_on_hand_off, "the owner isn't told of a later time that the NIC has written"),
    Seeded(basic.skip_write_through, "an answer doesn't write the register on the NIC: write-through skipped"),
    Seeded(basic.install_other_values, "an answer installs values that the owner doesn't have"),
    Seeded(basic.install_a_timer_ahead, "an answer installs a copy that never expires"),
    Seeded(basic.trust_a_miss, "the NIC takes a miss among its copies for a miss"),
    Seeded(check_residency_late, "the NIC does what a hit does before it has asked whether it is one"),
    Seeded(basic.skip_touch_near, "a hit on the NIC doesn't restart the timer"),
    Seeded(basic.skip_max_write_near, "a hit on the NIC doesn't write its time"),
    Seeded(basic.count_twice, "a packet is counted twice"),
    Seeded(skip_a_count, "a packet isn't counted"),
    Seeded(basic.forward_to_another_port, "the packet leaves by a port that wasn't asked for"),
    Seeded(basic.hand_off_the_received_frame, "the answer brings the frame as it came in"),
    Seeded(hand_off_the_changed_frame, "the owner gets a frame that the NIC has begun to rewrite"),
    Seeded(basic.lose_the_update_of_a_drop, "a dropped packet's register writes don't reach the NIC"),
)
SHARDED_FAULTS = (
    Seeded(take_the_record_of_another_shard, "near takes along the record of another flow: wrong shard"),
    Seeded(sharded.forget_the_record_on_hand_off, "the owner goes on with what it had when it gave the record away"),
    Seeded(sharded.keep_the_record_on_hand_off, "the record is on both engines"),
    Seeded(sharded.leave_the_timer_behind, "a record moves without its timer"),
    Seeded(sharded.leave_the_values_behind, "a record moves with other values"),
    Seeded(sharded.forget_the_record_on_an_offer, "the owner forgets a record that the NIC had no room for"),
    Seeded(sharded.skip_an_update_near, "an update of a record on the NIC is left out"),
)
CONTROL = Seeded(never_make_copies, "nothing: without copies every packet goes to the owner")
