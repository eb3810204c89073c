"""The judge's reasoning, without a kernel: what came back against the reference, in an order that may explain it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import cache

import pytest

from cora.cli.steps import Job
from cora.ir.compiled import compile_program
from cora.ir.packets import Packet, Result, Sent
from cora.ir.store import Snapshot
from cora.lab.churn import Asked
from cora.lab.judge import FlowSeen, Seen, digests, sequence_digest
from cora.lab.relay import RelayReport
from cora.lab.relay_process import Counts
from cora.lab.tags import FIRST_PROBE, Tag, tag_of, tagged
from cora.lab.verdict import Evidence, Finding, effect_order, finding, owner_order
from cora.nf.spec import load_nf
from cora.split.probes import Ask

COUNT = 1500


@cache
def job() -> Job:
    return Job(load_nf("firewall"))


@cache
def play() -> tuple[Packet, ...]:
    replay = job().replay
    return tagged(replay.packets[:COUNT], replay.connections[:COUNT]).packets


def tag(number: int) -> Tag:
    found = tag_of(play()[number].data)
    assert found is not None
    return found


def evidence_of(arrivals: list[tuple[int, Sent]], **other: object) -> Evidence:
    """What the kernel notes if these packets come in this order; `other` replaces parts of it."""
    packets: dict[int, Seen] = {}
    flows: dict[int, FlowSeen] = {}
    sequences: dict[int, list[int]] = {}
    for order, ((number, sent), digest) in enumerate(
        zip(arrivals, digests([s.data for _, s in arrivals]), strict=True)
    ):
        flow, place = tag(number).flow, tag(number).place
        before = flows.get(flow, FlowSeen(0, 0, 0, 0))
        sequences.setdefault(flow, []).append(digest)
        first = number not in packets
        late = first and place < before.next
        flows[flow] = FlowSeen(
            before.packets + 1,
            before.next if late or not first else place + 1,
            before.overtaken + late,
            sequence_digest(sequences[flow]),
        )
        times = 1 if first else packets[number].times + 1
        packets[number] = Seen(times, sent.port, digest, order) if first else packets[number]._replace(times=times)
    base = Evidence(packets, flows, 0, frozenset(), frozenset(), state())
    return replace(base, **other)  # pyright: ignore[reportArgumentType]


@cache
def reference() -> dict[int, Result]:
    step, store = compile_program(job().program), job().store()
    return {number: step(store, packet) for number, packet in enumerate(play())}


@cache
def state() -> Snapshot:
    step, store = compile_program(job().program), job().store()
    for packet in play():
        step(store, packet)
    return store.snapshot()


def right() -> list[tuple[int, Sent]]:
    return [(n, r) for n, r in reference().items() if isinstance(r, Sent)]


def judged(evidence: Evidence) -> Finding:
    return finding("arrival", job().program, job().store(), play(), range(COUNT), evidence)


def test_what_the_reference_does_is_clean() -> None:
    found = judged(evidence_of(right()))
    assert found.clean
    assert (found.expected, found.delivered, found.flows_exact) == (len(right()), len(right()), found.flows)
    assert found.flows > 10


def without_one(arrivals: list[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
    return arrivals[:50] + arrivals[51:]


def twice(arrivals: list[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
    return [*arrivals, arrivals[-1]]


def overtaken(arrivals: list[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
    """A packet of a flow comes behind its next one."""
    at = next(i for i, (n, _) in enumerate(arrivals) if any(tag(m).flow == tag(n).flow for m, _ in arrivals[i + 1 :]))
    follower = next(i for i in range(at + 1, len(arrivals)) if tag(arrivals[i][0]).flow == tag(arrivals[at][0]).flow)
    swapped = list(arrivals)
    swapped[at], swapped[follower] = arrivals[follower], arrivals[at]
    return swapped


def other_bytes(arrivals: list[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
    number, sent = arrivals[7]
    damaged = bytes([sent.data[0] ^ 1]) + sent.data[1:]
    return [*arrivals[:7], (number, Sent(sent.port, damaged)), *arrivals[8:]]


def other_port(arrivals: list[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
    number, sent = arrivals[7]
    return [*arrivals[:7], (number, Sent(1 - sent.port, sent.data)), *arrivals[8:]]


def a_dropped_one(arrivals: list[tuple[int, Sent]]) -> list[tuple[int, Sent]]:
    number = next(n for n, r in reference().items() if not isinstance(r, Sent))
    return [*arrivals, (number, Sent(0, play()[number].data))]


@pytest.mark.parametrize(
    ("damage", "figure", "flows_tell"),
    [
        (without_one, "lost", True),
        (twice, "doubled", True),
        (overtaken, "overtaken", True),
        (other_bytes, "changed", True),
        (other_port, "changed", False),
        (a_dropped_one, "unexpected", True),
    ],
)
def test_each_kind_of_damage_is_seen(
    damage: Callable[[list[tuple[int, Sent]]], list[tuple[int, Sent]]], figure: str, flows_tell: bool
) -> None:
    found = judged(evidence_of(damage(right())))
    figures = ("lost", "doubled", "overtaken", "changed", "unexpected", "untagged")
    assert [name for name in figures if getattr(found, name)] == [figure]
    assert getattr(found, figure) == found.wrong == 1
    assert (found.flows_exact < found.flows) == flows_tell
    assert not found.clean


def test_frames_from_nowhere_and_another_state_are_seen() -> None:
    assert not judged(evidence_of(right(), untagged=1)).clean
    other = {name: dict(cells) for name, cells in state().items()}
    table = next(name for name, cells in other.items() if cells)
    other[table].pop(next(iter(other[table])))
    found = judged(evidence_of(right(), state=other))
    assert (found.wrong, found.state_equal, found.clean) == (0, False, False)


def test_what_the_relay_lost_is_counted_apart() -> None:
    """A frame that was lost on its way to the owner has no effect; one that was lost behind it has."""
    last = max(n for n, _ in right())
    came = [(n, s) for n, s in right() if n != last]
    lost = frozenset({last})
    assert judged(evidence_of(came, lost_by_relay=lost)).clean
    step, store = compile_program(job().program), job().store()
    for number, packet in enumerate(play()):
        if number != last:
            step(store, packet)
    unseen = evidence_of(came, lost_by_relay=lost, unseen_by_owner=lost, state=store.snapshot())
    assert judged(unseen).clean


def test_the_owner_s_order_moves_what_was_handed_off_and_what_follows_it() -> None:
    packets = tagged([Packet(bytes(60), 0, 0)] * 5, [0, 1, 0, 1, 2]).packets
    starts = [10, 20, 30, 40, 50]
    report = RelayReport(Counts(), ((0, 45), (4, 51)), (), frozenset())
    assert owner_order(packets, starts, report) == [1, 3, 0, 2, 4]


def test_what_near_serves_takes_effect_when_it_comes_in_whatever_of_its_connection_is_out() -> None:
    report = RelayReport(Counts(), ((0, 45), (4, 51)), (), frozenset())
    assert effect_order([10, 20, 30, 40, 50], report) == [1, 2, 3, 0, 4]


def test_what_near_has_served_took_effect_there_though_it_went_along_behind_others() -> None:
    packets = tagged([Packet(bytes(60), 0, 0)] * 3, [0, 1, 2]).packets
    report = RelayReport(Counts(), ((0, 45), (1, 46)), (), frozenset(), frozenset({1}))
    assert effect_order([10, 20, 30], report) == owner_order(packets, [10, 20, 30], report) == [1, 2, 0]


def test_a_timer_may_be_the_latest_though_an_earlier_packet_took_effect_last() -> None:
    """Two packets restart the timer of one connection, and the owner gets the later one first."""
    in_time = state()
    order = next(o for o in _swapped() if _run(o)[0] == _run(range(COUNT))[0] and _run(o)[1] != in_time)
    values = {table: dict.fromkeys(rows, ((), 0)) for table, rows in in_time.items()}

    def found(met: Snapshot, in_time: Snapshot | None) -> Finding:
        there = evidence_of(right(), state=met)
        return finding("owner", job().program, job().store(), play(), order, there, in_time=in_time)

    assert not found(in_time, None).state_equal
    assert found(in_time, in_time).clean
    assert not found(values, in_time).state_equal


def _swapped() -> Iterator[list[int]]:
    """Orders in which the last packet comes before an earlier one of its connection."""
    last = COUNT - 1
    for end in range(last, 0, -1):
        for earlier in range(end - 1, max(0, end - 60), -1):
            if tag(earlier).connection == tag(end).connection:
                yield [*range(earlier), *range(earlier + 1, end + 1), earlier, *range(end + 1, COUNT)]
                break


def _run(order: Iterable[int]) -> tuple[dict[int, Result], Snapshot]:
    step, store = compile_program(job().program), job().store()
    return {number: step(store, play()[number]) for number in order}, store.snapshot()


def test_what_the_control_plane_asks_for_is_done_when_the_owner_gets_it() -> None:
    """The reference deletes a connection behind packet 200, and so does what is judged; or else the judge sees it."""
    step, store = compile_program(job().program), job().store()
    results: dict[int, Result] = {}
    asked: list[Asked] = []
    for number, packet in enumerate(play()):
        results[number] = step(store, packet)
        if number == 200:
            (table, rows), *_ = store.flow_tables.items()
            asked = [Asked(table, key, Ask.DELETE, 0) for key in rows.entries]
            rows.entries.clear()
    probes = [FIRST_PROBE + n for n in range(len(asked))]
    order = [*range(201), *probes, *range(201, COUNT)]
    came = [(n, r) for n, r in results.items() if isinstance(r, Sent)]
    evidence = evidence_of(came, state=store.snapshot())
    assert asked and finding("owner", job().program, job().store(), play(), order, evidence, asked).clean
    assert not judged(evidence).clean
    report = RelayReport(Counts(), tuple((n, 2005) for n in probes), (), frozenset())
    assert owner_order(play(), range(0, 10 * COUNT, 10), report) == order
