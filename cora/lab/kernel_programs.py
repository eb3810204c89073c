"""The lab's own programs for the kernel (`targets/softnic`): what plays, steers, judges and accounts."""

from __future__ import annotations

from cora.device.compile import compile_c
from cora.device.libbpf import Object
from cora.resources import folder


def load_program(name: str) -> Object:
    """Compiles and loads `NAME.bpf.c`. The caller closes it."""
    sources = folder("targets") / "softnic"
    text = (sources / f"{name}.bpf.c").read_text()
    return Object(compile_c(text, name, (sources / "bpf.h",)))
