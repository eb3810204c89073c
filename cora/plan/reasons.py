"""Why a plan is as it is, in words: of each state the mode and place, of each class what keeps it from the NIC."""

from __future__ import annotations

from cora.analysis.graph import AccessSite, StateGroup
from cora.model.evaluate import Evaluation
from cora.model.placement import Bucket, GroupChoice, Placement
from cora.model.resources import quantity
from cora.model.scenario import PathLoad, Scenario
from cora.plan.plan import ResidencyLookup

VERBS = {
    "lookup": "looks up", "insert": "inserts into", "update": "updates", "touch": "touches", "delete": "deletes from",
    "read": "reads", "write": "writes", "rmw": "reads and writes", "count": "counts in",
    "meter": "meters in",
}  # fmt: skip


MISSES = "it misses the copies: only the owner knows that there is no entry"


def percent(share: float) -> str:
    """A share for people; nothing that isn't all is shown as 100%."""
    if 0.9995 <= share < 1 - 1e-9:
        return ">99.9%"
    return f"{100 * share:.1f}%"


def where(site: AccessSite) -> str:
    """ "line 12" of an access, or ""."""
    return f" (line {site.span.line})" if site.span is not None else ""


def access_words(site: AccessSite) -> str:
    return f"{VERBS.get(site.kind, site.kind)} {site.state}{where(site)}"


def not_replicable(group: StateGroup) -> str:
    """The conflict that forbids copies of a group, with both places."""
    if not group.conflicts:
        return f"{group.name} must not be copied"
    one, other, why = group.conflicts[0]
    if one == other:
        return f"{group.name} must not be copied: one {access_words(one)}: {why}"
    return f"{group.name} must not be copied: one {access_words(one)}, another {access_words(other)}: {why}"


def bytes_words(scenario: Scenario, group: int, choice: GroupChoice) -> str:
    """ "12 MiB of imem for 1.0 M entries": what a group takes where the NIC, or else the host, keeps it."""
    what = scenario.graph.groups[group]
    memory = scenario.model.memory(choice.memory)
    if choice.holder:
        size = sum(scenario.copy_bytes(f.name, memory) for f in what.states)
    else:
        size = sum(scenario.owned_bytes(f.name, memory) for f in what.states)
    tables = [f.name for f in what.states if scenario.kinds[f.name] == "flow_table"]
    partial = choice.holder and scenario.is_partial(group, choice)
    count = scenario.copied_entries if partial else scenario.entries
    entries = f" for {quantity(max(count(t) for t in tables), '')} entries" if tables else ""
    return f"{quantity(size, 'B')} of {memory.name}{entries}"


def copies_words(lookup: ResidencyLookup) -> str:
    """What the copies that a probe asks take: their memory, and giving them."""
    size = f"{quantity(lookup.copy_bytes, 'B')} of {lookup.probe.memory} for {quantity(lookup.entries, '')} copies"
    cores = " and ".join(f"{cores:.2f} {engine} cores" for engine, cores in lookup.insertion_cores)
    given = f"{quantity(lookup.insertions_per_s, '/s')} are given" + (f", at {cores}" if cores else "")
    return f"{size}; {given}"


def state_reason(scenario: Scenario, placement: Placement, group: int, evaluation: Evaluation) -> str:
    """Why a state group has its mode and place."""
    choice = placement.groups[group]
    size = bytes_words(scenario, group, choice)
    if late := scenario.stale_ms(group, choice):
        doing = "each engine changes its own part and adds what it knows of the others'"
        if choice.mode != "merged":
            doing = f"{choice.owner} makes every change, {choice.holder} reads copies that the control plane renews"
        return f"not exact: {doing}, up to {late:g} ms behind; {size}"
    match choice.mode:
        case "merged":
            return f"each engine counts for itself, readers add up; {size}"
        case "replicated" if scenario.is_partial(group, choice):
            return f"{choice.owner} makes every change, {choice.holder} serves hits from copies; {size}"
        case "sharded":
            return f"a record is where its flow is served: {choice.holder} changes those that it has; {size}"
        case "replicated":
            return f"{choice.owner} makes every change, {choice.holder} reads a full copy; {size}"
        case "exclusive" if choice.owner != scenario.engines[-1].name:
            return f"all its traffic passes {choice.owner} anyway; {size}"
        case "exclusive":
            return _host_reason(scenario, placement, group, evaluation)


def _host_reason(scenario: Scenario, placement: Placement, group: int, evaluation: Evaluation) -> str:
    what = scenario.graph.groups[group]
    if len(scenario.engines) == 1:
        return "there is no other engine"
    touching = [s for s in scenario.graph.stages if group in scenario.stage_groups(s.index)]
    if not touching:
        return "no stage touches it"
    if not what.replicable:
        return not_replicable(what)
    holder = scenario.engines[-2]
    if not holder.capabilities.holds_copies:
        return f"{holder.name} cannot hold copies"
    if all(not site.on_copy for stage in touching for site in scenario.stage_sites(stage.index, group)):
        return "every access changes it, and changes belong to the owner"
    forms = {form for _, form in what.copies}
    if forms != {"merged"} and (why := scenario.cannot_copy(group, holder)):
        return why
    host = scenario.engines[-1].name
    if all(placement.hot[s.index] == placement.cold[s.index] == host for s in touching):
        return f"only packets that are on {host} anyway touch it"
    return cost_reason(evaluation)


def cost_reason(evaluation: Evaluation) -> str:
    """Nothing forbids it: then it's a resource that is full, or it saves nothing."""
    full = tight_rows(evaluation)
    if full:
        return f"the rest of the NIC is needed elsewhere: {full[0]}"
    return "it would save the host nothing"


def tight_rows(evaluation: Evaluation) -> list[str]:
    """Resources of the NIC that are nearly full, fullest first."""
    shared = ("host", "line rate", "MAC packets")
    rows = [r for r in evaluation.rows if r.used > 0.9 * r.capacity and not r.resource.startswith(shared)]
    rows = [r for r in rows if r.capacity > 0]
    rows.sort(key=lambda r: -r.used / r.capacity)
    return [f"{r.resource} at {percent(r.used / r.capacity)} of {quantity(r.capacity, r.unit)}" for r in rows]


def nic_share(scenario: Scenario, placement: Placement, load: PathLoad) -> float:
    """The share of a class that no stage on the host handles."""
    host = scenario.engines[-1].name
    served = 0.0
    for bucket, pps in load.buckets():
        engines = {placement.engine(s, load.bucket_at(i, bucket)) for i, s in enumerate(load.path)}
        served += pps if host not in engines else 0.0
    return served / load.rate_pps


def class_reason(scenario: Scenario, placement: Placement, load: PathLoad, evaluation: Evaluation) -> str:
    """Why packets of a class reach the host; "" if none do."""
    share = nic_share(scenario, placement, load)
    if share >= 1 - 1e-9:
        return ""
    if len(scenario.engines) == 1:
        return "there is no other engine"
    hot = _first_on_host(scenario, placement, load, "hot")
    if hot is not None:
        return _stage_reason(scenario, placement, load, hot, evaluation)
    return _cold_reason(scenario, placement, load, evaluation)


def _first_on_host(scenario: Scenario, placement: Placement, load: PathLoad, bucket: Bucket) -> int | None:
    host = scenario.engines[-1].name
    engines = (placement.engine(stage, load.bucket_at(i, bucket)) for i, stage in enumerate(load.path))
    return next((i for i, engine in enumerate(engines) if engine == host), None)


def _cold_reason(scenario: Scenario, placement: Placement, load: PathLoad, evaluation: Evaluation) -> str:
    missing = percent(1 - load.hot_pps / load.rate_pps)
    if load.hot_pps <= 0:
        changing = _owner_site(scenario, placement, load)
        if changing is not None:
            return f"it {access_words(changing)}: a change of state needs the owner"
        return MISSES
    room = max((scenario.copied_entries(f) for f in scenario.facts if scenario.kinds[f] == "flow_table"), default=0.0)
    text = f"{missing} comes while its entry is not on the NIC (room for {quantity(room, '')} copies a table)"
    full = tight_rows(evaluation)
    more = scenario.tier not in scenario.profile.largest_tiers
    return f"{text}; more copies don't pay: {full[0]}" if more and full else text


def _owner_site(scenario: Scenario, placement: Placement, load: PathLoad) -> AccessSite | None:
    """The first access of a path that only the owner, the host, may make."""
    host = scenario.engines[-1].name
    for stage in load.path:
        for site in scenario.graph.stages[stage].accesses:
            choice = placement.groups[scenario.group_index[site.state]]
            able = site.on_record if choice.mode == "sharded" else site.on_copy
            if choice.owner == host and not able:
                return site
    return None


def _stage_reason(
    scenario: Scenario, placement: Placement, load: PathLoad, position: int, evaluation: Evaluation
) -> str:
    """Why even resident packets leave the NIC at a position of their path: a rule there or later, or cost."""
    engine = scenario.engines[-2].name
    for index in range(position, len(load.path)):
        stage = load.path[index]
        name = scenario.graph.stages[stage].name
        if reason := scenario.can_run(stage, engine):
            return f"{name}: {reason}"
        for group in scenario.stage_groups(stage):
            if reason := _group_reason(scenario, placement, stage, group, engine):
                return f"{name}: {reason}"
        held = held_if_copied(scenario, placement)
        if index and (conflict := scenario.graph.edge(load.path[index - 1], stage).conflict(held)):
            return f"{name}: {conflict}"
    if load.lookup is not None and load.hot_pps <= 0:
        partial = any(scenario.is_partial(group, choice) for group, choice in enumerate(placement.groups))
        return MISSES if partial else "the plan keeps no copies of entries"
    return _shared_reason(scenario, placement, load.path[position]) or cost_reason(evaluation)


def _shared_reason(scenario: Scenario, placement: Placement, stage: int) -> str:
    """A stage has one place for all resident packets: where others of them come from the host, it is there."""
    host = scenario.engines[-1].name
    sources = [e.source for e in scenario.graph.edges if e.target == stage and placement.hot[e.source] == host]
    if not sources:
        return ""
    names = " and ".join(scenario.graph.stages[source].name for source in sources)
    return f"{scenario.graph.stages[stage].name}: it is the same code for packets that come from {names}, on {host}"


def held_if_copied(scenario: Scenario, placement: Placement) -> frozenset[str]:
    """What a NIC would hold that had copies of all that the host owns and that may have some."""
    graph, host = scenario.graph, scenario.engines[-1].name
    owned = {g.name for g, choice in zip(graph.groups, placement.groups, strict=True) if choice.owner == host}
    return graph.holdable & owned


def _group_reason(scenario: Scenario, placement: Placement, stage: int, group: int, engine: str) -> str:
    what = scenario.graph.groups[group]
    choice = placement.groups[group]
    sharded = choice.mode == "sharded"
    sites = scenario.stage_sites(stage, group)
    changes = next((s for s in sites if not (s.on_record if sharded else s.on_copy)), None)
    if choice.owner == engine or (choice.holder == engine and changes is None):
        return ""
    if changes is not None and what.replicable:
        return f"it {access_words(changes)}: a change of state needs the owner"
    if not what.replicable:
        return not_replicable(what)
    return ""
