"""What an engine must offer to hold copies and records while many packets are in flight (`docs/splitting.md`)."""

from __future__ import annotations

from collections.abc import Iterator

from cora.model.schema import Engine, Model


def cannot_follow(model: Model, engine: Engine) -> str:
    """Why copies and records on an engine could not be kept right; "" if they can, see `demands` for how."""
    able = engine.capabilities
    if able.stamps is not None and able.stamps.value == "none":
        return f"{engine.name} can't count its hand-offs, so it couldn't tell old answers from new ones"
    if able.serial_flows is not None and able.serial_flows.value == "never":
        return (
            f"packets of a flow that arrive at {engine.name} and those that come back meet on different cores there, "
            "and one could keep what the other has just given away"
        )
    for link in model.links_between(engine.name, model.host.name):
        if link.order is not None and link.order.value == "none":
            return f"{link.name} doesn't keep the order of frames, so an answer doesn't say that earlier ones are back"
    return ""


def exchanges(engine: Engine) -> bool:
    """Whether its packets may arrive on another core than frames come back on: its programs compare and exchange."""
    able = engine.capabilities
    return able.serial_flows is not None and able.serial_flows.value == "exchange"


def demands(model: Model, engine: Engine) -> Iterator[str]:
    """What whoever sets up the machine must see to, where an engine holds copies or records."""
    able, inwards = engine.capabilities, model.links_between(engine.name, model.host.name)
    if able.serial_flows is not None and able.serial_flows.value == "steered":
        yield (
            f"{engine.name}: packets from the wire and the host's answers to them must be steered to one core for each "
            "flow, or to one for all"
        )
    if exchanges(engine):
        yield (
            f"{engine.name}: packets from the wire and probes of the control plane must be handled one after the "
            "other, and so must the host's answers; an answer's packet must be sent before the rest of it is handled"
        )
    for link in inwards:
        if link.order is not None and link.order.value == "per_queue":
            yield f"{link.name} keeps order within a queue: frames between the engines must take one queue each way"
