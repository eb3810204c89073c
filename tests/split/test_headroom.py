"""The room that XDP has in front of frames."""

from __future__ import annotations

import pytest
from mini_programs import mini_nat
from split_helpers import copy_plan

from cora.analysis import analyse
from cora.cli.steps import Job, find_spec
from cora.codegen.headroom import XDP_HEADROOM_BYTES, check_headroom
from cora.diagnostics import UserError, render
from cora.split import split_program
from cora.split.handoff import FIXED_BYTES


def test_a_header_that_fits_is_taken() -> None:
    graph = analyse(mini_nat())
    split = split_program(graph, copy_plan(graph))
    assert max(layout.size for layout in split.layouts) + FIXED_BYTES < XDP_HEADROOM_BYTES
    check_headroom(split)


def test_a_header_that_xdp_has_no_room_for_is_refused_and_not_lost() -> None:
    """Answers that bring every cell of a frame of load_balancer."""
    graph = Job(find_spec("load_balancer")).graph
    split = split_program(graph, copy_plan(graph))
    with pytest.raises(UserError) as caught:
        check_headroom(split)
    told = render(caught.value.diagnostics[0])
    assert "C0758" in told and "host" in told and "--pin-state" in told
