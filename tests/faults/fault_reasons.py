"""Why some faults make no difference in some bundled functions."""

from __future__ import annotations

_NO_HEADROOM = (
    "the fault makes the host's answer bring all cells that the frame named. Its header takes 387 to 444 bytes then, "
    "and the kernel has room for 256 in front of a frame: it drops the answer (`no_headroom`), the interpreter sends "
    "it. An answer to a frame that found a cell busy has this header without any fault: see [limits.md](limits.md)."
)
REASONS: dict[tuple[str, str], str] = {
    ("hand off the received frame", "firewall"): (
        "it changes no packet, so the frame as it came in is the frame that leaves."
    ),
    ("lose the update of a drop", "nat"): (
        "of the packets that are dropped one kind writes: from a client to a port of the public address that nobody "
        "has. What it writes is when its own port was used. That shows if a packet from outside comes to just this "
        "port, and generated packets only answer what was sent. (The other places are answers for cells that a frame "
        "out has named, and here packets come one at a time.)"
    ),
    ("lose the update of a drop", "load_balancer"): (
        "the NIC has copies of all cells and decides every drop by itself. Such a packet gets to the host only while "
        "a frame is out that names its cells, and here packets come one at a time."
    ),
} | dict.fromkeys(
    (
        (fault, "kernel: load_balancer")
        for fault in ("drop live variable", "truncate a field", "damage a value on the way")
    ),
    _NO_HEADROOM,
)
"""By fault and column."""
