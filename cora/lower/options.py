"""What lowering has to know that the P4 text doesn't say."""

from __future__ import annotations

from dataclasses import dataclass

SECOND_NS = 1_000_000_000

DEFAULT_IDLE_TIMEOUTS_NS = tuple(s * SECOND_NS for s in (10, 30, 60, 120, 300, 600, 1800, 3600))
"""Expire profiles 0..7 of a program without an nf.yaml. PNA leaves what a profile means to the control plane."""


@dataclass(frozen=True, slots=True)
class LowerOptions:
    """Taken from the nf.yaml of a network function.

    `host_ports`: the ports that face the host, for PNA's direction and `is_host_port`.
    `keep_reads`: reads of registers whose values nobody uses stay: a benchmark is made of them.
    `idle_timeouts_ns`: by ExpireTimeProfileId_t, after how long an idle entry of a flow table expires.
    `clock_step_ns`: see `Program`.
    """

    host_ports: frozenset[int] = frozenset({1})
    idle_timeouts_ns: tuple[int, ...] = DEFAULT_IDLE_TIMEOUTS_NS
    clock_step_ns: int | None = None
    keep_reads: bool = False
