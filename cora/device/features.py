"""What this machine offers for running programs in the kernel: for `cora doctor`, the demo and the tests."""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cora.device import bpf
from cora.diagnostics import UserError, error

OLDEST_KERNEL = (5, 18)
_CAP_SYS_ADMIN, _CAP_NET_ADMIN, _CAP_BPF = 21, 12, 39


@dataclass(frozen=True, slots=True)
class Feature:
    """One thing that running in the kernel needs. `detail` says what was found, `help` what to do if it is missing."""

    name: str
    ok: bool
    detail: str
    help: str = ""


def _kernel() -> Feature:
    release = platform.release()
    numbers = tuple(int(n) for n in release.split("-")[0].split(".")[:2] if n.isdigit())
    oldest = ".".join(map(str, OLDEST_KERNEL))
    ok = platform.system() == "Linux" and numbers >= OLDEST_KERNEL
    return Feature("kernel", ok, f"{platform.system()} {release}", f"Linux {oldest} or newer is needed")


def _rights() -> Feature:
    def has(number: int) -> bool:
        return bool(effective >> number & 1)

    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    effective = next((int(line.split()[1], 16) for line in lines if line.startswith("CapEff")), 0)
    ok = has(_CAP_SYS_ADMIN) or (has(_CAP_BPF) and has(_CAP_NET_ADMIN))
    detail = "CAP_BPF and CAP_NET_ADMIN" if ok else f"user {os.geteuid()} has neither root's rights nor CAP_BPF"
    return Feature("rights", ok, detail, "run as root, or grant CAP_BPF and CAP_NET_ADMIN")


def _syscall() -> Feature:
    help_text = "the kernel or the container's seccomp filter must allow bpf(2)"
    if not bpf.supported_cpu():
        return Feature("bpf", False, f"bpf(2) on {platform.machine()} is unknown to Cora", help_text)
    try:
        fd = bpf.create_map(bpf.ARRAY, 4, 8, 1)
    except OSError as problem:
        return Feature("bpf", False, f"bpf(2): {problem.strerror}", help_text)
    os.close(fd)
    return Feature("bpf", True, "bpf(2) makes maps", help_text)


def _xdp() -> Feature:
    help_text = "a kernel with CONFIG_BPF_SYSCALL and XDP is needed"
    try:
        fd = bpf.load_trivial_xdp()
    except (OSError, KeyError) as problem:
        return Feature("xdp", False, f"loading a program: {problem}", help_text)
    try:
        bpf.TestRun(fd)(bytes(64))
    except OSError as problem:
        return Feature("xdp", False, f"BPF_PROG_TEST_RUN: {problem.strerror}", help_text)
    finally:
        os.close(fd)
    return Feature("xdp", True, "XDP programs load and run", help_text)


def _libbpf() -> Feature:
    help_text = "install libbpf.so.1 (Debian, Ubuntu: apt install libbpf1; Fedora: dnf install libbpf)"
    from cora.device import libbpf

    try:
        return Feature("libbpf", True, f"libbpf {libbpf.version()}", help_text)
    except OSError as problem:
        return Feature("libbpf", False, str(problem), help_text)


def _compiler() -> Feature:
    from cora.device.compile import CompilerMissing, find_compiler

    help_text = "pip install 'cora[lab]' (brings the ziglang wheel), or install clang 16 or newer"
    try:
        return Feature("compiler", True, find_compiler().version, help_text)
    except CompilerMissing as problem:
        return Feature("compiler", False, str(problem), help_text)


def _namespaces() -> Feature:
    help_text = "network namespaces need root and a kernel (or container) that allows unshare(CLONE_NEWNET)"
    new_net = 0x40000000
    child = os.fork()
    if child == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        os._exit(0 if libc.unshare(new_net) == 0 else 1)
    _, status = os.waitpid(child, 0)
    ok = status == 0
    return Feature("namespaces", ok, "network namespaces can be made" if ok else "unshare was refused", help_text)


_PROBES: tuple[Callable[[], Feature], ...] = (
    _kernel,
    _rights,
    _syscall,
    _xdp,
    _libbpf,
    _compiler,
    _namespaces,
)
RUN = ("kernel", "rights", "bpf", "xdp", "libbpf", "compiler")
"""What compiling a program and running packets through it in the kernel takes; namespaces are for the lab."""


@cache
def probe() -> tuple[Feature, ...]:
    """All features, probed once a process."""
    return tuple(p() for p in _PROBES)


def missing(names: tuple[str, ...] = RUN) -> tuple[Feature, ...]:
    """Those of the named features that are not there."""
    return tuple(f for f in probe() if f.name in names and not f.ok)


def missing_error(names: tuple[str, ...] = RUN) -> UserError | None:
    """What to tell who wants to run programs in the kernel here, or None if everything is there."""
    lacking = missing(names)
    if not lacking:
        return None
    what = "; ".join(f"{f.name}: {f.detail}" for f in lacking)
    return error("C0800", f"programs can't be run in this kernel: {what}", help="; ".join(f.help for f in lacking))
