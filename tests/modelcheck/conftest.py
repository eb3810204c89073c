"""Plans of model-checked cases are made as those of the split tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "split"))  # split_helpers
