"""What tests of the kernel share: the helpers of the split tests."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "split"))  # mini_programs, split_helpers
