"""The state/traffic graph of a program: what may be placed where. Start at `analyse`; see `docs/splitting.md`."""

from __future__ import annotations

from cora.analysis.analyse import analyse
from cora.analysis.draw import to_dot, to_json, to_networkx

__all__ = ["analyse", "to_dot", "to_json", "to_networkx"]
