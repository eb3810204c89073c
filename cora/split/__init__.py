"""Makes one program an engine of a state graph and a plan, and runs them together. See `docs/splitting.md`."""

from __future__ import annotations

from cora.split.run import SplitRunner
from cora.split.split import split_program
from cora.split.whole import whole

__all__ = ["SplitRunner", "split_program", "whole"]
