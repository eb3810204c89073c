"""What a split consists of: one IR program an engine and the layouts of the hand-offs between them. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from cora.ir.cfg import reachable, successors
from cora.ir.nodes import Drop, Program


@dataclass(frozen=True, slots=True)
class HandOffField:
    """A value in the hand-off header: `bits` of it, at a byte offset behind the fixed part, big-endian."""

    name: str
    width: int
    offset: int

    @property
    def size(self) -> int:
        return (self.width + 7) // 8


@dataclass(frozen=True, slots=True)
class Layout:
    """The hand-off header of one resume point. `fields` are in the order of `HandOff.live` and `Resume.into`."""

    target: str
    resume: int
    fields: tuple[HandOffField, ...]
    size: int
    """Bytes of all fields, without the fixed part (see `cora.split.handoff`)."""


@dataclass(frozen=True, slots=True)
class EngineProgram:
    engine: str
    program: Program
    owns: tuple[str, ...]
    """States whose authoritative copy is here."""
    copies: tuple[str, ...]
    """States of which this engine holds copies."""
    faces_wire: bool
    """True for the one engine that packets from outside enter and leave by."""
    records: tuple[str, ...] = ()
    """Those of `copies` that are sharded: an entry that is here is the record itself. The owner's entry of the same key
    only keeps its place until the record comes back; if a frame of the flow brings none, it counts again."""
    cells: tuple[tuple[str, str], ...] = ()
    """(register, gate) of copied registers: which gate says whether frames are out that name their cells."""


@dataclass(frozen=True, slots=True)
class Probe:
    """The resume points of the control plane's frames for keys of a flow table (see `cora.split.probes`)."""

    state: str
    ask: int
    """Of the engine that faces the wire: here they enter."""
    onward: int
    """Of the owner."""
    told: int
    """Of the engine that faces the wire: the owner's answers."""


class Step(NamedTuple):
    """A step of a batch (`cora.split.rollout`)."""

    kind: Literal["install", "flip", "drain", "remove"]
    engine: str


@dataclass(frozen=True, slots=True)
class Batches:
    """How batches of changes to tables come to count for a packet at once (`cora.split.generations`)."""

    twins: tuple[tuple[str, str], ...]
    """(table, the state that holds its second generation), by table that the control plane may change and that some
    engine looks up."""
    steps: tuple[Step, ...]
    """In the order in which they are taken."""
    ask: int = 0
    """The resume point of the engine that faces the wire at which a frame enters that finds out whether packets of
    before are still on their way; 0 if no other engine looks tables up,"""
    onward: int = 0
    """and that of the other engine."""

    def flipped(self, taken: int) -> bool:
        """Whether packets that come in after so many steps meet the new entries."""
        return any(step.kind == "flip" for step in self.steps[:taken])


@dataclass(frozen=True, slots=True)
class Split:
    """The engines, from the wire inwards. With one engine the program is whole and there are no hand-offs."""

    engines: tuple[EngineProgram, ...]
    layouts: tuple[Layout, ...]
    echo: int | None = None
    """The resume point of the far engine at which frames enter that it only sends back, to keep the order of a flow;
    None if there are none."""
    probes: tuple[Probe, ...] = ()
    batches: Batches | None = None
    """None: tables have one generation. What a batch changes then counts entry by entry."""

    def engine(self, name: str) -> EngineProgram:
        return next(e for e in self.engines if e.engine == name)

    def layout(self, target: str, resume: int) -> Layout:
        return next(x for x in self.layouts if (x.target, x.resume) == (target, resume))


def updates_only(split: Split) -> list[int]:
    """Resume points of the engine at the wire at which no packet goes on: frames to them only bring updates, or are the
    control plane's."""
    outer = next(e for e in split.engines if e.faces_wire).program
    found = [probe.ask for probe in split.probes]
    found += [split.batches.ask] if split.batches and split.batches.ask else []
    for resume in outer.resumes:
        onwards = reachable(outer.blocks, (resume.block,))
        ends = [b.end for b in outer.blocks if b.name in onwards and not successors(b.end)]
        if all(isinstance(end, Drop) for end in ends):
            found.append(resume.point)
    return found
