"""A command's `--help` answers at once: it loads nothing that takes long to import."""

from __future__ import annotations

import subprocess
import sys

from cora.cli.app import COMMANDS

SLOW = ("numpy", "highspy", "networkx", "cora.lower", "cora.plan.planner")


def test_no_help_loads_what_only_running_needs() -> None:
    program = (
        "import importlib, sys\n"
        f"for name in {list(COMMANDS)!r}:\n"
        "    importlib.import_module(f\"cora.cli.{name.replace('-', '_')}_command\")\n"
        f"    print(name, *(slow for slow in {SLOW!r} if slow in sys.modules), sep=' ')\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == list(COMMANDS)
