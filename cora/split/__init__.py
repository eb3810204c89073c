"""Makes one program an engine of a staged program and a plan. See `docs/splitting.md`."""

from __future__ import annotations

from cora.split.whole import whole

__all__ = ["whole"]
