"""Which packets a NIC with copies of flow-table entries would serve: a causal simulation, packet by packet.

The policy is that of the generated programs. A packet that finds all that it looks up among the copies is served.
Any other goes to the host and takes the copies of its entries with it; if it returns, they come back `activation_ns`
later, if there is room, the insertion budget of the tick is not used up, and no other packet has taken them again. A
copy that found no room or no budget is not tried again until its flow's next packet. Once a tick the control plane
removes copies of expired entries and, with `reclaim`, from full tables those that were not used since the tick before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

NEVER = 1 << 63
"""When an entry without idle timeout expires."""


class Visit(NamedTuple):
    """What one packet did with the flow tables that can be copied. Entries are numbered over all these tables."""

    time_ns: int
    servable: bool
    """Every step of it may run on copies, and every lookup hit."""
    needs: tuple[int, ...]
    """Entries that it looked up."""
    keys: tuple[int, ...]
    """Entries that it accessed in any way."""
    kept: tuple[tuple[int, int], ...]
    """(entry, when it expires) for those that are stored after the packet."""
    returns: bool
    """It is forwarded, so that an answer of the host passes the NIC."""
    by_record: bool = False
    """As `servable`, on the records themselves instead of copies."""


@dataclass(frozen=True, slots=True)
class Residency:
    """What happened from packet `since` on."""

    served: bytearray
    """By packet, 1 if the NIC served it."""
    promotions: int
    peak: int
    """The most copies of one table that were held at once."""
    refused: int
    """Copies that found room but no budget."""

    @property
    def hits(self) -> int:
        return sum(self.served)


def simulate(
    visits: Sequence[Visit],
    table_of: Sequence[int],
    capacity: int | None,
    *,
    activation_ns: int,
    tick_ns: int,
    reclaim: bool,
    insertions_per_tick: int | None = None,
    records: bool = False,
    since: int = 0,
) -> Residency:
    """Runs the policy with room for `capacity` copies of each table (None: for all).

    `table_of` gives the table's number for each entry. With `reclaim`, copies of a full table that were not used since
    the last tick are taken back too, so that later flows find room. No more than `insertions_per_tick` copies are
    installed between two ticks. With `records` the NIC has the records of what may be sharded. The visits before
    `since` warm the NIC up and are not counted.
    """
    tables = max(table_of, default=-1) + 1
    copies = _Copies(table_of, capacity, insertions_per_tick, tick_ns, [0] * tables)
    served = bytearray(len(visits))
    next_tick_ns = 0
    for index, visit in enumerate(visits):
        now_ns = visit.time_ns
        if index == since:
            copies.count_from_here()
        copies.install_due(now_ns)
        if now_ns >= next_tick_ns:
            copies.sweep(now_ns, reclaim)
            next_tick_ns = (now_ns // tick_ns + 1) * tick_ns
        for entry, expires_ns in visit.kept:
            copies.expires_ns[entry] = expires_ns
        servable = visit.by_record if records else visit.servable
        if servable and all(entry in copies.used for entry in visit.needs):
            served[index] = 1
            for entry in visit.needs:
                copies.used[entry] = True
            continue
        copies.take_back(visit.keys)
        if visit.returns:
            copies.offer(visit.kept, now_ns + activation_ns)
    return Residency(served[since:], copies.promotions, copies.peak, copies.refused)


@dataclass(slots=True)
class _Copies:
    table_of: Sequence[int]
    capacity: int | None
    budget: int | None
    """Insertions a tick."""
    tick_ns: int
    held: list[int]
    """By table."""
    used: dict[int, bool] = field(default_factory=dict[int, bool])
    """Entry that has a copy -> whether it was used since the last tick."""
    expires_ns: dict[int, int] = field(default_factory=dict[int, int])
    pending: dict[int, int] = field(default_factory=dict[int, int])
    """Entry on its way to the NIC -> when it gets there."""
    queue: deque[tuple[int, int]] = field(default_factory=deque[tuple[int, int]])
    tick: int = -1
    inserted: int = 0
    """In that tick."""
    promotions: int = 0
    peak: int = 0
    refused: int = 0

    def count_from_here(self) -> None:
        self.promotions = self.refused = 0
        self.peak = max(self.held, default=0)

    def install_due(self, now_ns: int) -> None:
        while self.queue and self.queue[0][0] <= now_ns:
            due_ns, entry = self.queue.popleft()
            if self.pending.get(entry) != due_ns:
                continue
            del self.pending[entry]
            table = self.table_of[entry]
            if self.capacity is not None and self.held[table] >= self.capacity:
                continue
            if self.budget is not None and not self.budget_left(due_ns):
                self.refused += 1
                continue
            self.used[entry] = True
            self.held[table] += 1
            self.promotions += 1
            self.peak = max(self.peak, self.held[table])

    def budget_left(self, due_ns: int) -> bool:
        """Takes one insertion out of the budget of the tick that `due_ns` falls into, if one is left."""
        tick = due_ns // self.tick_ns
        if tick != self.tick:
            self.tick, self.inserted = tick, 0
        if self.inserted == self.budget:
            return False
        self.inserted += 1
        return True

    def take_back(self, entries: Sequence[int]) -> None:
        for entry in entries:
            self.pending.pop(entry, None)
            if self.used.pop(entry, None) is not None:
                self.held[self.table_of[entry]] -= 1

    def offer(self, kept: Sequence[tuple[int, int]], due_ns: int) -> None:
        for entry, _ in kept:
            self.pending[entry] = due_ns
            self.queue.append((due_ns, entry))

    def sweep(self, now_ns: int, reclaim: bool) -> None:
        gone = [entry for entry in self.used if self.expires_ns[entry] < now_ns]
        if reclaim:
            full = {table for table, held in enumerate(self.held) if held == self.capacity}
            gone += [e for e, used in self.used.items() if not used and self.table_of[e] in full]
            self.used = dict.fromkeys(self.used, False)
        self.take_back(gone)
