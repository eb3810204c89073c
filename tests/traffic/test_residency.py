"""The residency simulation against a slow restatement of its policy, on random traffic."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from cora.traffic.residency import NEVER, Residency, Visit, simulate

ACTIVATION_NS, TICK_NS = 5, 20
ENTRIES = 4


@st.composite
def traffic(draw: st.DrawFn) -> list[Visit]:
    """Packets with few entries, close in time; an entry expires some time after each packet that keeps it."""
    now_ns = 0
    visits: list[Visit] = []
    for _ in range(draw(st.integers(0, 30))):
        now_ns += draw(st.sampled_from([0, 1, 2, 4, 5, 6, 10, 30]))
        keys = tuple(draw(st.lists(st.integers(0, ENTRIES - 1), unique=True, max_size=2)))
        kept = tuple((k, draw(st.sampled_from([now_ns + 25, NEVER]))) for k in keys if draw(st.integers(0, 5)))
        servable = draw(st.booleans()) and len(kept) == len(keys)
        visits.append(Visit(now_ns, servable, keys, keys, kept, draw(st.integers(0, 5)) > 0))
    return visits


def resident(visits: list[Visit], served: list[bool], entry: int, now_ns: int) -> bool:
    """Whether a NIC with room for everything has a copy of `entry` when the packet after `visits` comes."""
    since = [n for n, v in enumerate(visits) if entry in v.keys and not served[n]]
    if not since:
        return False
    last = visits[since[-1]]
    if not last.returns or entry not in dict(last.kept) or last.time_ns + ACTIVATION_NS > now_ns:
        return False
    # Ticks happen at the first packet at or after each multiple of the tick; nothing changes between packets.
    installed_ns = last.time_ns + ACTIVATION_NS
    times = [v.time_ns for v in visits] + [now_ns]
    for n, time_ns in enumerate(times):
        ticks = n == 0 or times[n - 1] // TICK_NS < time_ns // TICK_NS
        expires_ns = next((dict(v.kept)[entry] for v in reversed(visits[:n]) if entry in dict(v.kept)), NEVER)
        if ticks and time_ns >= installed_ns and n > since[-1] and expires_ns < time_ns:
            return False
    return True


@settings(deadline=None, max_examples=150)
@given(traffic())
def test_with_room_for_all_it_is_the_policy(visits: list[Visit]) -> None:
    got = simulate(visits, [0] * ENTRIES, None, activation_ns=ACTIVATION_NS, tick_ns=TICK_NS, reclaim=False)
    served: list[bool] = []
    for n, visit in enumerate(visits):
        have = all(resident(visits[:n], served, entry, visit.time_ns) for entry in visit.needs)
        served.append(visit.servable and have)
    assert list(map(bool, got.served)) == served


@settings(deadline=None, max_examples=100)
@given(traffic(), st.integers(0, 4), st.booleans())
def test_copies_fit(visits: list[Visit], capacity: int, reclaim: bool) -> None:
    tables = [0, 0, 1, 1]
    got = simulate(visits, tables, capacity, activation_ns=ACTIVATION_NS, tick_ns=TICK_NS, reclaim=reclaim)
    assert got.peak <= capacity
    assert got.promotions <= sum(len(v.kept) for v in visits if v.returns)
    for visit, hit in zip(visits, got.served, strict=True):
        assert not hit or visit.servable
        assert not hit or capacity or not visit.needs


@settings(deadline=None, max_examples=100)
@given(traffic(), st.integers(1, 3))
def test_no_tick_installs_more_than_its_budget(visits: list[Visit], budget: int) -> None:
    """With enough budget it is as without."""
    free, got, ample = (
        simulate(
            visits,
            [0] * ENTRIES,
            None,
            activation_ns=ACTIVATION_NS,
            tick_ns=TICK_NS,
            reclaim=False,
            insertions_per_tick=limit,
        )
        for limit in (None, budget, 99)
    )
    ticks = {(v.time_ns + ACTIVATION_NS) // TICK_NS for v in visits if v.returns and v.kept}
    assert got.promotions <= budget * len(ticks)
    assert free.refused == 0
    assert (got == free) == (got.refused == 0)
    assert ample == free


def test_a_copy_without_budget_is_not_installed_later() -> None:
    """Each entry is offered once in a tick with a budget of 1: the copy of entry 0 comes first, at 5; that of entry 1,
    due at 6, is refused, so its packet at 8 goes to the host; what that brings, at 13, is refused too, but what the
    packet at 19 brings falls into the next tick."""
    times, entries = (0, 1, 7, 8, 19, 30), (0, 1, 0, 1, 1, 1)
    visits = [
        Visit(time, n > 1, (e,), (e,), ((e, NEVER),), True)
        for n, (time, e) in enumerate(zip(times, entries, strict=True))
    ]
    got = simulate(visits, [0, 0], None, activation_ns=5, tick_ns=20, reclaim=False, insertions_per_tick=1)
    assert list(got.served) == [0, 0, 1, 0, 0, 1]
    assert (got.promotions, got.refused) == (2, 2)


@settings(deadline=None, max_examples=100)
@given(traffic(), st.integers(0, 30), st.integers(1, 4))
def test_what_warms_up_is_not_counted(visits: list[Visit], since: int, capacity: int) -> None:
    since = min(since, len(visits))

    def run(upto: int, since: int) -> Residency:
        return simulate(
            visits[:upto],
            [0] * ENTRIES,
            capacity,
            activation_ns=ACTIVATION_NS,
            tick_ns=TICK_NS,
            reclaim=True,
            since=since,
        )

    whole, first, rest = run(len(visits), 0), run(since, 0), run(len(visits), since)
    assert first.served + rest.served == whole.served
    if since < len(visits):
        assert first.promotions + rest.promotions == whole.promotions
        assert max(first.peak, rest.peak) == whole.peak


def test_without_entries_only_what_needs_none_is_served() -> None:
    visits = [Visit(n, True, needs, needs, (), True) for n, needs in enumerate([(), (0,), ()])]
    assert list(simulate(visits, [0], 0, activation_ns=1, tick_ns=10, reclaim=True).served) == [1, 0, 1]
