"""Plans whose packets start over where they leave an engine: when they could be better than those that go on.

A hand-off that starts over carries no variables; the next engine parses the frame and computes them again. Packets may
leave only where those may that go on. So beside the same placement whose packets go on there is more work, and a
shorter frame on the links inwards: it can be better only where such a link may be full, or where one can't carry the
variables of some hand-off.
"""

from __future__ import annotations

from cora.model.charges import Charges
from cora.model.scenario import HAND_OFF_BYTES, Scenario
from cora.plan.task import Task


def may_gain(task: Task, rate_pps: float) -> bool:
    """Whether starting over could be better at a rate than every placement whose packets go on; False is a proof that
    it can't. `task` is one of packets that go on."""
    if len(task.model.stage_engines) == 1:
        return False
    most = max(stage.live_bits for stage in task.graph.stages)
    limits = (link.metadata_bits for link in task.model.links)
    if any(limit is not None and limit.value < most for limit in limits):
        return True
    return any(_may_fill(task.scenario(tier, rate_pps), most) for tier in task.tiers)


def _may_fill(scenario: Scenario, live_bits: int) -> bool:
    """A link inwards could be full: if all packets crossed it with the most that any carries, and whatever the control
    plane may move over it for each group."""
    charges = Charges(scenario)
    groups = range(len(scenario.graph.groups))
    at_rest = [[charges.residence(group, choice) for choice in scenario.options(group)] for group in groups]
    for link in scenario.model.links:
        carried = HAND_OFF_BYTES + live_bits / 8 + link.overhead_bytes
        bits_per_s = sum(8 * (load.mean_bytes + carried) * load.rate_pps for load in scenario.classes)
        bits_per_s += sum(max(charge.get(("inwards", link.name), 0.0) for charge in found) for found in at_rest)
        if bits_per_s > link.bandwidth_bps.value:
            return True
    return False
