"""What `make demo` runs: the plans for two NICs side by side, then the split in this machine's kernel.

The kernel part takes root, or sudo without a password. Without either, or without BPF, the demo says so and stops after
the plans.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cora.cli.lab_command import LAB_FEATURES
from cora.device.features import missing

CORA = Path(sys.executable).parent / "cora"


def run(*arguments: str, prefix: tuple[str, ...] = ()) -> int:
    print(f"\n$ {' '.join((*prefix, 'cora', *arguments))}\n", flush=True)
    return subprocess.run([*prefix, str(CORA), *arguments], check=False).returncode


def sudo() -> tuple[str, ...]:
    """The words that make a command run as root, if they work without asking."""
    words = ("sudo", "-n")
    able = (
        os.geteuid() != 0
        and shutil.which("sudo")
        and not subprocess.run([*words, "true"], capture_output=True).returncode
    )
    return words if able else ()


def main() -> int:
    status = run("compile", "nat", "-t", "agilio-cx", "-t", "bluefield2")
    if status:
        return status
    lacking = missing(LAB_FEATURES)
    if lacking and (prefix := sudo()):
        return run("lab", "nat", prefix=prefix)
    if lacking:
        print("\nThe demo ends here: this machine can't run the split in its kernel.")
        for feature in lacking:
            print(f"  {feature.name}: {feature.detail}\n    -> {feature.help}")
        return 0
    return run("lab", "nat")


if __name__ == "__main__":
    sys.exit(main())
