"""A profile at another rate: `--scale flows` or `--scale time`.

`flows`: at k times the trace's rate the traffic is taken for k independent copies of the trace, each with connections
of its own and at its own pace. Then everything that counts packets, flows, inserts or entries grows by k; what a single
flow or a path is like stays: the shares of the classes are the same at every rate. Room for C entries is shared by k
copies, so it serves the share that room for C / k serves on the trace: the tiers keep their shares and their capacities
are multiplied by k. The entries of states that the data plane does not insert into (tables of the control plane,
arrays) stay as many. A hottest cell that belongs to a flow has 1/k of its share, but one that all packets use (a total,
say) keeps it, and nothing in a trace tells them apart with certainty: the share is kept, which never understates
contention.

`time`: the same connections, k times as fast. Packets/s, arrivals/s, inserts/s and promotions/s grow by k; flows,
entries and the capacities of the tiers stay. Shares do not stay: a copy takes as long as ever to be activated while
more packets pass, and fewer entries idle long enough to expire. So a profile for `time` is taken near the rate that it
is used at (`cora.traffic.retime`); `at_rate` covers the small rest of the way and keeps its shares.
"""

from __future__ import annotations

from dataclasses import dataclass

from cora.traffic.profile import Profile, ResidencyTier


@dataclass(frozen=True, slots=True)
class ScaledClass:
    name: str
    path: tuple[int, ...]
    verdict: str
    rate_pps: float
    bytes_per_s: float
    resident_pps: tuple[float, ...]
    """By tier, cumulative: packets/s that a NIC with that many copies serves."""
    record_pps: tuple[float, ...] = ()
    """By record tier: with that many records."""

    def served_pps(self, tier: int) -> float:
        """Packets/s that the NIC serves in a tier of `Profile.tier`."""
        return (*self.resident_pps, *self.record_pps)[tier]


@dataclass(frozen=True, slots=True)
class ScaledTier:
    entries: float
    """Copies of each flow table."""
    hit_share: float
    promotions_per_s: float
    peak: float


@dataclass(frozen=True, slots=True)
class ScaledState:
    state: str
    entries_peak: float
    inserts_per_s: float
    accesses_per_s: float
    hottest_share: float


@dataclass(frozen=True, slots=True)
class ScaledProfile:
    factor: float
    """Times the trace's own rate: as many copies of its traffic, or so many times as fast."""
    rate_pps: float
    bytes_per_s: float
    flows: float
    flow_arrivals_per_s: float
    classes: tuple[ScaledClass, ...]
    tiers: tuple[ScaledTier, ...]
    states: tuple[ScaledState, ...]
    record_tiers: tuple[ScaledTier, ...] = ()

    def tier(self, index: int) -> ScaledTier:
        """By the number of `Profile.tier`."""
        return (*self.tiers, *self.record_tiers)[index]

    def resident_pps(self, traffic_class: ScaledClass, copies: float) -> float:
        """Packets/s of a class that a NIC with room for `copies` entries of each table serves, linear between tiers. No
        entries serve a class that is resident as a whole in the smallest tier (it looks nothing up), no other."""
        whole = traffic_class.resident_pps[:1] == (traffic_class.rate_pps,)
        below_entries, below_pps = 0.0, traffic_class.rate_pps if whole else 0.0
        for tier, pps in zip(self.tiers, traffic_class.resident_pps, strict=True):
            if copies < tier.entries:
                share = (copies - below_entries) / (tier.entries - below_entries)
                return below_pps + share * (pps - below_pps)
            below_entries, below_pps = tier.entries, pps
        return below_pps


def at_rate(profile: Profile, rate_pps: float) -> ScaledProfile:
    """The profile's traffic at `rate_pps`, as the module says. `rate_pps` > 0."""
    k = rate_pps / profile.rate_pps
    per_s = k / profile.duration_s
    more_flows = k if profile.scale == "flows" else 1.0

    def scaled(t: ResidencyTier) -> ScaledTier:
        return ScaledTier(t.entries * more_flows, t.hits / profile.packets, t.promotions * per_s, t.peak * more_flows)

    return ScaledProfile(
        factor=k * profile.compression,
        rate_pps=rate_pps,
        bytes_per_s=profile.bytes * per_s,
        flows=profile.flows * more_flows,
        flow_arrivals_per_s=profile.flow_arrivals_per_s * k,
        classes=tuple(
            ScaledClass(
                c.name,
                c.path,
                c.verdict,
                c.packets * per_s,
                c.bytes * per_s,
                tuple(n * per_s for n in c.resident_packets),
                tuple(n * per_s for n in c.record_packets),
            )
            for c in profile.classes
        ),
        tiers=tuple(scaled(t) for t in profile.tiers),
        record_tiers=tuple(scaled(t) for t in profile.record_tiers),
        states=tuple(
            ScaledState(
                s.state,
                s.entries_peak * (more_flows if s.inserts else 1.0),
                s.inserts * per_s,
                s.accesses * per_s,
                s.hottest_share,
            )
            for s in profile.states
        ),
    )
