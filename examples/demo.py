"""What `make demo` runs: the plans for two NICs side by side, then the split in this machine's kernel.

Without root or BPF it says so and stops after the plans.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cora.cli.lab_command import LAB_FEATURES
from cora.device.features import missing

CORA = Path(sys.executable).parent / "cora"


def run(*arguments: str) -> int:
    print(f"\n$ cora {' '.join(arguments)}\n", flush=True)
    return subprocess.run([str(CORA), *arguments], check=False).returncode


def main() -> int:
    status = run("compile", "nat", "-t", "agilio-cx", "-t", "bluefield2")
    if status:
        return status
    lacking = missing(LAB_FEATURES)
    if lacking:
        print("\nThe demo ends here: this machine can't run the split in its kernel.")
        for feature in lacking:
            print(f"  {feature.name}: {feature.detail}\n    -> {feature.help}")
        return 0
    return run("lab", "nat")


if __name__ == "__main__":
    sys.exit(main())
