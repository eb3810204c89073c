"""Splits that several tests of the lab run: planned once."""

from __future__ import annotations

from functools import cache

from cora.cli.planning import split_of
from cora.cli.steps import Job
from cora.split.engines import Split


@cache
def soft_nic(nf: str) -> tuple[Job, Split]:
    """A bundled function, planned for the soft NIC and split, and its job."""
    return split_of(nf, "softnic", None, False, lambda _: None)
