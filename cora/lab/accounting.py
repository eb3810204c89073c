"""What packets cost each engine of a bed: CPU time of its devices' receive processing, by the kernel's tracepoints.

Of all the figures that a small shared machine gives, this one is the least noisy, and only ratios between
configurations measured in turn, in one run, mean anything.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from types import TracebackType

from cora.device.bpf import attach_tracing
from cora.lab.kernel_programs import load_program

_COST = struct.Struct("<QQQ")


@dataclass(frozen=True, slots=True)
class Cost:
    """Receive processing of one device since the accounting began."""

    ns: int
    polls: int
    packets: int

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.ns - other.ns, self.polls - other.polls, self.packets - other.packets)


class Accounting:
    """Counts while it is open; `cost` reads a device by its interface index."""

    def __init__(self) -> None:
        self._object = load_program("napi_accounting")
        self._links = [attach_tracing(fd) for fd in self._object.programs.values()]

    def __enter__(self) -> Accounting:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        for link in self._links:
            os.close(link)
        self._object.close()

    def cost(self, ifindex: int) -> Cost:
        value = self._object.maps["costs"].lookup(struct.pack("<I", ifindex))
        return Cost(*_COST.unpack(value)) if value else Cost(0, 0, 0)
