"""The fault tests build on those of splitting and of brute force."""

from __future__ import annotations

import sys
from pathlib import Path

for _beside in ("split", "bruteforce"):
    sys.path.insert(0, str(Path(__file__).parent.parent / _beside))
