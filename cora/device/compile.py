"""C of an engine program to a BPF object file, by clang 16 or newer, or else by the ziglang wheel (a clang inside).

Objects are kept by the hash of what goes into them, in `$XDG_CACHE_HOME/cora`, ~/.cache/cora or a temporary folder.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cora.codegen.nfp_xdp import emit_nfp_c, nfp_support_files
from cora.codegen.stack import STACK_BYTES
from cora.codegen.xdp import emit_c, support_files
from cora.diagnostics import Diagnostic, UserError, error
from cora.split.engines import EngineProgram, Split

OLDEST_CLANG = 16
_FLAGS = (
    "-O2",
    "-g",  # BTF: types of the maps, and the lines of C in the verifier's log
    "-fno-jump-tables",
    "-ffreestanding",
    "-Wall",
    "-Wno-unused",
)


_STACK_BYTES = (STACK_BYTES, STACK_BYTES // 2, 0)
"""So many bytes of variables are tried on the stack, one after the other."""


class CompilerMissing(UserError):
    """No compiler for BPF was found."""

    def __init__(self) -> None:
        super().__init__(
            Diagnostic(
                "C0801",
                f"no C compiler for BPF: neither clang {OLDEST_CLANG} or newer on the PATH nor the ziglang package",
                help="pip install 'cora[lab]', or install clang from your distribution",
            )
        )


class CompileError(Exception):
    """The compiler refused generated C: a bug in Cora. `source` is the file, `output` what the compiler said."""

    def __init__(self, source: Path, output: str) -> None:
        super().__init__(f"generated C does not compile: {source}\n{output}")
        self.source = source
        self.output = output

    @property
    def stack_overflow(self) -> bool:
        return "stack limit" in self.output

    @property
    def too_long(self) -> bool:
        return "out of insn range" in self.output


@dataclass(frozen=True, slots=True)
class Compiler:
    """A command line up to the options, and the version for people."""

    command: tuple[str, ...]
    version: str


def _clang() -> Compiler | None:
    names = ["clang", *(f"clang-{n}" for n in range(30, OLDEST_CLANG - 1, -1))]
    for path in filter(None, map(shutil.which, names)):
        said = _said(path, "--version")
        number = re.search(r"clang version (\d+)[.\d]*", said)
        if number and int(number[1]) >= OLDEST_CLANG:
            return Compiler((path, "-target", "bpfel"), number[0])
    return None


def _zig() -> Compiler | None:
    if importlib.util.find_spec("ziglang") is None:
        return None
    command = (sys.executable, "-m", "ziglang")
    version = _said(*command, "version").strip()
    return Compiler((*command, "cc", "-target", "bpfel-freestanding"), f"ziglang {version}") if version else None


def _said(*command: str) -> str:
    """What a command printed; "" if it failed or may not be run."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return "" if done.returncode else done.stdout


@cache
def find_compiler() -> Compiler:
    """The compiler to use, looked for once. Raises CompilerMissing."""
    found = _clang() or _zig()
    if found is None:
        raise CompilerMissing
    return found


def cache_folder() -> Path:
    """Where objects are kept; made if it isn't there."""
    base = os.environ.get("XDG_CACHE_HOME")
    candidates = [Path(base)] if base else []
    candidates += [Path.home() / ".cache", Path(tempfile.gettempdir())]
    for candidate in candidates:
        folder = candidate / "cora" / "objects"
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK):
            return folder
    return Path(tempfile.mkdtemp(prefix="cora-"))


def compile_c(
    text: str, name: str = "engine", headers: tuple[Path, ...] | None = None, instructions: str = "v3"
) -> Path:
    """The object file of a C text over `headers` (those of `cora.codegen.xdp` if not given), with a version of BPF's
    instruction set. Raises CompilerMissing, or CompileError if the compiler refuses it."""
    compiler = find_compiler()
    headers = support_files() if headers is None else headers
    flags = (*_FLAGS, f"-mcpu={instructions}")
    parts = [text, compiler.version, *flags, *(f.read_text() for f in headers)]
    digest = hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]
    folder = cache_folder()
    target = folder / f"{name}-{digest}.o"
    if target.is_file():
        return target
    source = folder / f"{name}-{digest}.c"
    source.write_text(text)
    includes = [f"-I{f.parent}" for f in headers]
    with tempfile.TemporaryDirectory(dir=folder) as temporary:
        fresh = Path(temporary) / "engine.o"
        command = [*compiler.command, *flags, *includes, "-c", str(source), "-o", str(fresh)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        if result.returncode:
            raise CompileError(source, result.stderr)
        fresh.replace(target)  # whole or not at all, also when two processes compile the same
    return target


def build_engine(engine: EngineProgram, split: Split, *, compact: bool = False) -> Path:
    """The object file of an engine program, `compact` or fast (see `emit_c`); one that is too long is made compact.
    More variables go to the scratch cell if the stack turns out too small. Raises UserError C0756 if the program is too
    long for BPF."""
    name = re.sub(r"\W", "_", engine.engine)
    for stack_bytes in _STACK_BYTES:
        try:
            return compile_c(emit_c(engine, split, stack_bytes, compact=compact), name)
        except CompileError as problem:
            if problem.too_long and not compact:
                return build_engine(engine, split, compact=True)
            if problem.too_long:
                raise error(
                    "C0756",
                    f"the program of engine {engine.engine} is too long for BPF: a jump crosses 32,768 instructions",
                    None,
                    help="bound the loops of its parser by header stacks, or leave code out; plans (compile without "
                    "-o) and the interpreter take it as it is",
                ) from None
            if not problem.stack_overflow or stack_bytes == _STACK_BYTES[-1]:
                raise
    raise AssertionError("unreachable")


def build_nfp_engine(engine: EngineProgram, split: Split, port: int) -> Path:
    """The object file of an engine program for the nfp driver's XDP offload, for packets that come in by `port`. Raises
    UserError C0770 where the driver would refuse it."""
    text = emit_nfp_c(engine, split, port)
    # Version 2 has no 32-bit instructions: the oldest drivers with this offload translate no others.
    return compile_c(text, f"nfp_{port}", nfp_support_files(), "v2")
