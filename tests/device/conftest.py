"""What tests of the kernel share: the helpers of the split tests, and cases of the model check."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent.parent / name) for name in ("split", "modelcheck")]
