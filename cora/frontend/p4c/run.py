"""Runs p4test beside Cora, within limits, and takes its answer apart.

Its exit status is what counts: a program that it rejects may still come with a tree.
"""

from __future__ import annotations

import os
import re
import resource
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from cora.diagnostics import Diagnostic, UserError, error
from cora.frontend import ast
from cora.frontend.p4c.messages import read_messages
from cora.frontend.p4c.nodes import SourceFiles
from cora.frontend.p4c.options import STAGE_FLAGS, P4cOptions
from cora.frontend.p4c.read import check_json_text

EXECUTABLE = "p4test"
OLDEST, NEWEST = (1, 2, 3), (1, 2, 5, 12)
"""The versions of p4c whose JSON is known. Others are read with a warning."""
VERSION_LIMIT_S = 10.0
_OUTPUT_LIMIT_BYTES = 1 << 30
_SHOWN_BYTES = 1 << 20
"""What is read of p4c's messages."""
_VERSION = re.compile(r"\b(\d+\.\d+(?:\.\d+)*)\b")
_NO_MEMORY = re.compile(r"bad_alloc|out of memory|cannot allocate memory|memory exhausted|MemoryError", re.I)


@dataclass(frozen=True, slots=True)
class P4cOutput:
    """What p4c said of a program that it accepts."""

    json_text: str
    warnings: tuple[Diagnostic, ...]
    version: str
    """Empty if p4test doesn't tell."""


@dataclass(frozen=True, slots=True)
class _Ended:
    status: int
    stdout: str
    stderr: str


def load_with_p4c(
    path: Path, options: P4cOptions, *, include_dirs: Iterable[Path] = (), defines: Iterable[str] = ()
) -> ast.TypedProgram:
    """The program as p4c reads it, then checked by Cora. Raises `UserError` C0120 to C0130, and C02xx."""
    output = run_p4c(path, options, include_dirs=include_dirs, defines=defines)
    return check_output(path, output)


def check_output(path: Path, output: P4cOutput) -> ast.TypedProgram:
    """p4c's tree of the program at `path`, checked by Cora; p4c's warnings come first."""
    typed = check_json_text(output.json_text, path.stem, program=path)
    return replace(typed, warnings=(*output.warnings, *typed.warnings))


def run_p4c(
    path: Path, options: P4cOptions, *, include_dirs: Iterable[Path] = (), defines: Iterable[str] = ()
) -> P4cOutput:
    """Runs p4test on a program. Raises `UserError`: what p4c finds wrong in it (C0120), or why p4c gave no answer."""
    if not path.is_file():
        raise error("C0101", f"can't read {path}", help="give the path of a P4 program", where=str(path))
    program = _executable()
    version, old_or_new = _version(program, options)
    with tempfile.TemporaryDirectory(prefix="cora-p4c-") as folder:
        tree = Path(folder) / "program.json"
        command = [program, *STAGE_FLAGS[options.stage], "--toJSON", str(tree)]
        command += [f"-I{include}" for include in include_dirs] + [f"-D{define}" for define in defines]
        ended = _run([*command, *options.flags, str(path)], options.time_limit_s, options, Path(folder))
        messages = read_messages(ended.stderr, SourceFiles(path))
        if ended.status != 0:
            raise _rejected(ended, messages, options)
        text = _read_tree(tree)
    warnings = [m for m in messages if m.severity == "warning"]
    return P4cOutput(text, (*old_or_new, *warnings), version)


def _executable() -> str:
    found = shutil.which(EXECUTABLE)
    if found is None:
        raise error(
            "C0122", f"--frontend p4c needs {EXECUTABLE}, and it isn't on the PATH",
            help="install p4c (p4lang/p4c), or use --frontend builtin, which needs nothing",
        )  # fmt: skip
    return found


def _version(program: str, options: P4cOptions) -> tuple[str, tuple[Diagnostic, ...]]:
    """p4c's version, and a warning if its JSON may differ from what is known."""
    with tempfile.TemporaryDirectory(prefix="cora-p4c-") as folder:
        ended = _run([program, "--version"], min(VERSION_LIMIT_S, options.time_limit_s), options, Path(folder))
    found = _VERSION.search(ended.stdout)
    version = found[1] if found else ""
    numbers = tuple(int(n) for n in version.split(".")) if version else ()
    if numbers >= OLDEST and numbers[:4] <= NEWEST:
        return version, ()
    named = ".".join(map(str, OLDEST)), ".".join(map(str, NEWEST))
    text = f"p4c {version}" if version else "this p4c, which doesn't tell its version,"
    warning = Diagnostic(
        "C0131", f"{text} isn't one of the versions whose output Cora knows ({named[0]} to {named[1]})",
        help="if it can't be read, use --frontend builtin", severity="warning",
    )  # fmt: skip
    return version, (warning,)


# ---------------------------------------------------------------- the process


def _run(command: list[str], time_limit_s: float, options: P4cOptions, folder: Path) -> _Ended:
    """Runs to the end, or raises C0122 (can't start) or C0123 (too slow). Output goes to files: a process that writes
    without end meets the limit of a file's size."""
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
            )
        except OSError as e:
            raise error(
                "C0122", f"can't start {command[0]}: {e.strerror or e}",
                help="install p4c (p4lang/p4c), or use --frontend builtin, which needs nothing",
            ) from None  # fmt: skip
        try:
            _limit(process.pid, options)
            status = process.wait(time_limit_s)
        except subprocess.TimeoutExpired:
            raise error(
                "C0123", f"{EXECUTABLE} took longer than {time_limit_s:g} s and was stopped",
                help="give it more time with --p4c-seconds",
            ) from None  # fmt: skip
        finally:
            if process.poll() is None:
                # It leads a session of its own, so this ends the preprocessor that it started, too.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return _Ended(status, _head(out), _head(err))


def _limit(pid: int, options: P4cOptions) -> None:
    """Limits a process that has just started, and so what it starts later. Systems without prlimit have no limit."""
    prlimit: Callable[..., object] | None = getattr(resource, "prlimit", None)
    if prlimit is None:
        return
    memory = options.memory_limit_mib << 20
    with suppress(OSError, ValueError):  # it has ended already
        prlimit(pid, resource.RLIMIT_AS, (memory, memory))
        prlimit(pid, resource.RLIMIT_FSIZE, (_OUTPUT_LIMIT_BYTES, _OUTPUT_LIMIT_BYTES))


def _head(path: Path) -> str:
    with path.open("rb") as file:
        return file.read(_SHOWN_BYTES).decode("utf-8", "replace")


def _read_tree(path: Path) -> str:
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as e:
        why = "it wrote no file" if isinstance(e, FileNotFoundError) else str(e)
        raise error(
            "C0127", f"{EXECUTABLE} accepted the program, but its JSON can't be read: {why}",
            help="look at --p4c-flags: they mustn't change where --toJSON writes",
        ) from None  # fmt: skip
    return text


def _rejected(ended: _Ended, messages: list[Diagnostic], options: P4cOptions) -> UserError:
    """Why p4test didn't end with status 0."""
    said = " ".join(ended.stderr.split())[:300]
    if _NO_MEMORY.search(ended.stderr):
        return error(
            "C0125", f"{EXECUTABLE} ran out of its {options.memory_limit_mib} MiB of memory: {said}",
            help="give it more with --p4c-mib",
        )  # fmt: skip
    if ended.status < 0 or "Compiler Bug" in ended.stderr:
        how = f"was stopped by {_signal(-ended.status)}" if ended.status < 0 else "met a bug of its own"
        return error(
            "C0124", f"{EXECUTABLE} {how}{': ' + said if said else ''}",
            help="report it to p4c with the program, or use --frontend builtin",
        )  # fmt: skip
    if any(m.severity == "error" for m in messages):
        return UserError(*messages)
    return error(
        "C0126", f"{EXECUTABLE} ended with status {ended.status} and no error that Cora can read"
        f"{': ' + said if said else ''}",
        help="look at --p4c-flags: p4test must know them all",
    )  # fmt: skip


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
