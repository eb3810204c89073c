"""What the XDP offload of Linux's nfp driver takes, as rules with their limit and source.

Sources are files of the kernel's drivers/net/ethernet/netronome/nfp/bpf, which checks programs and translates them, and
the firmware, which tells the driver what it can do (its "capabilities").
"""

from __future__ import annotations

from dataclasses import dataclass

PROFILE = "nfp-xdp"
MOST_MAPS = 128
MOST_ELEMENTS = 2_048_000
LONGEST_KEY_BYTES = 56
LONGEST_VALUE_BYTES = 56
LONGEST_ENTRY_BYTES = 64
STACK_BYTES = 512
MOST_INSTRUCTIONS = 2560
"""After translation to the engines' own instructions; a BPF instruction becomes at least one."""
MOST_HEAD_BYTES = 248 - 44
"""The packet's start may lie 44 to 248 bytes into its buffer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`limit`: what the driver takes, in a few words; `firmware`: it depends on what the card's firmware offers."""

    name: str
    limit: str
    source: str
    help: str
    firmware: bool = False


_RULES = (
    Rule(
        "map-kinds",
        "maps are arrays and hashes, so keys match exactly",
        "offload.c",
        "give the table exact keys, or leave it to the host",
    ),
    Rule(
        "map-values",
        "a program reads map values or adds to them, and stores nothing",
        "verifier.c",
        "leave the write to the host; a count alone can be a Counter",
    ),
    Rule(
        "map-changes",
        "only lookups are sure: inserts and deletes from the data plane need firmware that offers them",
        "main.c, firmware functions",
        "leave the miss to the host and let the control plane fill the map",
    ),
    Rule(
        "clock",
        "no helper tells the time",
        "verifier.c",
        "leave what depends on time to the host, or let the control plane remove what has expired",
    ),
    Rule(
        "no-redirect",
        "a packet is dropped, passed to the host or sent back out of its own port",
        "verifier.c",
        "pass the packet to the host and forward it there",
    ),
    Rule(
        "wire-only",
        "programs see packets from the wire, not frames that the host sends",
        "offload.c",
        "plan no answers through the NIC",
    ),
    Rule(
        "entry-size",
        f"a key and a value have {LONGEST_KEY_BYTES} bytes each at most, and {LONGEST_ENTRY_BYTES} together",
        "offload.c; firmware capability",
        "use fewer or narrower fields",
    ),
    Rule("map-count", f"{MOST_MAPS} maps at most", "main.c, firmware capability", "use fewer tables and counters"),
    Rule(
        "elements",
        f"{MOST_ELEMENTS:,} entries and cells in all maps together",
        "main.c, firmware capability",
        "make the tables smaller",
    ),
    Rule(
        "divide",
        "division by constants only, and no remainder",
        "verifier.c",
        "shift and mask by a power of two",
    ),
    Rule("multiply", "factors have 32 bits at most", "verifier.c", "narrow the factors"),
    Rule(
        "constant-data",
        "read-only data are a map that may be mapped into memory, which the driver refuses",
        "offload.c",
        "use a hash without a table (identity, xor16, csum16), or hash on the host",
    ),
    Rule(
        "helpers",
        "no helper reads the packet in pieces, loops, or writes to a ring",
        "verifier.c",
        "leave it to the host",
    ),
    Rule(
        "random",
        "random numbers need firmware that offers them",
        "main.c, firmware capability",
        "check the firmware, or draw on the host",
        firmware=True,
    ),
    Rule(
        "adjust-head",
        f"moving the packet's start needs firmware that offers it, and by {MOST_HEAD_BYTES} bytes at most",
        "main.c, firmware capability adjust_head",
        "check the firmware, or drop and pass only",
        firmware=True,
    ),
    Rule(
        "output",
        "there is no memory of each CPU in which an output could be put together",
        "offload.c",
        "emit the headers in the order in which they came, and add or remove none",
    ),
    Rule(
        "stack",
        f"{STACK_BYTES} bytes of stack hold all variables",
        "offload.c; firmware",
        "keep fewer values alive, or leave a part to the host",
    ),
    Rule(
        "instructions",
        f"{MOST_INSTRUCTIONS:,} instructions after translation",
        "offload.c; firmware nfd_user_cfg.h",
        "leave a part to the host",
    ),
)
RULES = {rule.name: rule for rule in _RULES}
