"""Load cases are made of the model check's, and their plans as those of the split tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / name) for name in ("modelcheck", "split")]
