"""Was it right? What came back under load against the unsplit program, run in an order that may explain it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from cora.ir.compiled import compile_program
from cora.ir.nodes import Program
from cora.ir.packets import Packet, Result, Sent
from cora.ir.store import Snapshot, Store
from cora.lab.churn import Asked
from cora.lab.judge import FlowSeen, Judge, Seen, digests, sequence_digest
from cora.lab.relay import RelayReport
from cora.lab.table_batches import Versions
from cora.lab.tags import FIRST_PROBE, Tag, tag_of
from cora.split.probes import act

_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """What a judge found, beside the reference in one order of processing. Packets that the relay lost on purpose are
    in none of these numbers."""

    order: str
    """By which the reference ran: that of arrival, that of the owner, or that in which packets took effect."""
    expected: int
    """Packets that should come back."""
    delivered: int
    lost: int
    """Should have come back and didn't."""
    doubled: int
    overtaken: int
    """Came behind a later packet of their flow."""
    changed: int
    """Came with other contents or by another port."""
    unexpected: int
    """Should have been dropped and weren't."""
    untagged: int
    """Frames that came and that nobody sent."""
    flows: int
    flows_exact: int
    """Whose frames were exactly those expected, in order, by the digest that the kernel kept."""
    state_equal: bool
    reference: Snapshot
    """The unsplit program's state at the end."""
    examples: tuple[str, ...]

    @property
    def wrong(self) -> int:
        return self.lost + self.doubled + self.overtaken + self.changed + self.unexpected + self.untagged

    @property
    def clean(self) -> bool:
        return not self.wrong and self.state_equal and self.flows_exact == self.flows


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the kernel and the relay noted."""

    packets: Mapping[int, Seen]
    flows: Mapping[int, FlowSeen]
    untagged: int
    lost_by_relay: frozenset[int]
    unseen_by_owner: frozenset[int]
    """Lost on their way to the owner: as if never sent."""
    state: Snapshot


def judged(
    program: Program,
    store: Callable[[], Store],
    packets: Sequence[Packet],
    starts: Sequence[int],
    report: RelayReport | None,
    judge: Judge,
    state: Snapshot,
    asked: Sequence[Asked] = (),
    versions: Versions | None = None,
) -> Finding:
    """The finding for the order that explains best what came; `starts` has by packet when it was played, `asked` what
    the control plane asked for. Without a relay nothing says when it was done, and so it must be nothing. `versions`:
    what it did to tables; None: nothing."""
    orders: dict[str, list[int]] = {"arrival": list(range(len(packets)))}
    lost = unseen = frozenset[int]()
    if report is not None:
        moments = [(moment, n) for n, moment in enumerate(starts)]
        orders["arrival"] = [n for _, n in sorted([*moments, *_probes(report)])]
        owner_s = owner_order(packets, starts, report)
        if owner_s != orders["arrival"]:
            orders["owner"] = owner_s
        orders["effect"] = effect_order(starts, report)
        lost = report.lost
        unseen = lost - {n for n, _ in report.inwards}
    evidence = Evidence(judge.packets(), judge.flows(), judge.frames()[1], lost, unseen, state)
    findings: list[Finding] = []
    for name, order in orders.items():
        in_time = findings[0].reference if findings else None
        findings.append(finding(name, program, store(), packets, order, evidence, asked, versions, in_time))
    return min(findings, key=lambda f: (not f.clean, f.wrong, not f.state_equal))


def owner_order(packets: Sequence[Packet], starts: Sequence[int], report: RelayReport) -> list[int]:
    """The packets in the order in which they took effect: one that was handed off when the owner got it, any other when
    it was played, but never before an earlier one of its connection; and probes, when the owner got them."""
    handed_off = _handed_off(report)
    latest: dict[int, int] = defaultdict(int)
    moments: list[tuple[int, int]] = []
    for number, packet in enumerate(packets):
        tag = _tag(packet)
        moment = max(handed_off.get(number, starts[number]), latest[tag.connection])
        latest[tag.connection] = moment
        moments.append((moment, number))
    return [number for _, number in sorted([*moments, *_probes(report)])]


def effect_order(starts: Sequence[int], report: RelayReport) -> list[int]:
    """As the owner's, but connections don't hold packets up: one that near served while an earlier packet of its
    connection was out took effect before that, on state that the two don't share."""
    handed_off = _handed_off(report)
    moments = [(handed_off.get(number, start), number) for number, start in enumerate(starts)]
    return [number for _, number in sorted([*moments, *_probes(report)])]


def _handed_off(report: RelayReport) -> dict[int, int]:
    """By packet that the owner processed, when it got it. An echo took effect before, on near."""
    return {number: moment for number, moment in reversed(report.inwards) if number not in report.echoes}


def _probes(report: RelayReport) -> list[tuple[int, int]]:
    """(when the owner got it, number) of each probe; of one that was doubled, twice."""
    return [(moment, number) for number, moment in report.inwards if number >= FIRST_PROBE]


def finding(
    name: str,
    program: Program,
    store: Store,
    packets: Sequence[Packet],
    order: Sequence[int],
    evidence: Evidence,
    asked: Sequence[Asked] = (),
    versions: Versions | None = None,
    in_time: Snapshot | None = None,
) -> Finding:
    """Runs the reference in an order and compares. In another order than that of arrival packets' times go back and
    forth; where they restart the timer of one entry, engines that have met it keep the latest. So a timer may also be
    that of `in_time`, the reference in order of arrival."""
    seen_by_owner = [n for n in order if n not in evidence.unseen_by_owner]
    results = _results(program, store, packets, seen_by_owner, asked, versions)
    sent = {n: r for n, r in results.items() if isinstance(r, Sent) and n not in evidence.lost_by_relay}
    wanted = dict(zip(sent, digests([r.data for r in sent.values()]), strict=True))
    seen = evidence.packets
    missing = sorted(n for n in sent if n not in seen)
    changed = sorted(n for n, r in sent.items() if n in seen and (seen[n].digest, seen[n].port) != (wanted[n], r.port))
    unexpected = sorted(n for n in seen if n not in sent)
    doubled = sorted(n for n, s in seen.items() if s.times > 1)
    sequences: dict[int, list[int]] = defaultdict(list)
    for number in sorted(sent):
        sequences[_tag(packets[number]).flow].append(wanted[number])
    none = FlowSeen(0, 0, 0, 0)
    flows = {*sequences, *evidence.flows}
    exact = sum(evidence.flows.get(f, none).digest == sequence_digest(sequences.get(f, ())) for f in flows)
    examples = [f"packet {n}: {what}" for what, found in (
        ("lost", missing), ("came twice", doubled), ("other contents or another port", changed),
        ("should have been dropped", unexpected),
    ) for n in found[:_EXAMPLES]]  # fmt: skip
    reference = store.snapshot()
    return Finding(
        order=name,
        expected=len(sent),
        delivered=len(seen),
        lost=len(missing),
        doubled=len(doubled),
        overtaken=sum(f.overtaken for f in evidence.flows.values()),
        changed=len(changed),
        unexpected=len(unexpected),
        untagged=evidence.untagged,
        flows=len(flows),
        flows_exact=exact,
        state_equal=_same(_with_timers(reference, in_time or {}, evidence.state, store.flow_tables), evidence.state),
        reference=reference,
        examples=tuple(examples),
    )


def _same(one: Snapshot, other: Snapshot) -> bool:
    return all(one.get(name, {}) == other.get(name, {}) for name in one.keys() | other.keys())


def _with_timers(one: Snapshot, other: Snapshot, met: Snapshot, tables: Iterable[str]) -> Snapshot:
    """The first, with the timers of entries that the other has alike and that were met so."""
    chosen = dict(one)
    for name in tables:
        entries, others, seen = one.get(name, {}), other.get(name, {}), met.get(name, {})
        chosen[name] = {
            key: others[key] if key in others and others[key] == seen.get(key) and others[key][0] == entry[0] else entry
            for key, entry in entries.items()
        }
    return chosen


def _results(
    program: Program,
    store: Store,
    packets: Sequence[Packet],
    order: Sequence[int],
    asked: Sequence[Asked],
    versions: Versions | None,
) -> dict[int, Result]:
    step = compile_program(program)
    results: dict[int, Result] = {}
    version = 0
    for number in order:
        if number < FIRST_PROBE:
            if versions is not None and versions.met[number] != version:
                version = versions.met[number]
                for name, table in versions.tables[version].items():
                    store.tables[name].become(table)
            results[number] = step(store, packets[number])
            continue
        probe = asked[number - FIRST_PROBE]
        act(store.flow_tables[probe.state], probe.ask, probe.key, (), probe.time_ns)
    return results


def _tag(packet: Packet) -> Tag:
    tag = tag_of(packet.data)
    assert tag is not None
    return tag
