"""Every diagnostic code, its short name and the page that explains it. Codes are stable: never reuse one.

Ranges: C01xx reading P4, C02xx names and types, C03xx architecture and lowering, C04xx network functions (nf.yaml,
entries), C05xx traffic files, C06xx models and planning, C07xx splitting and code generation, C08xx kernel and lab,
C09xx bundles.
Each range is one mapping below, kept in numeric order.
"""

from __future__ import annotations

P4_SYNTAX: dict[str, str] = {}
P4_TYPES: dict[str, str] = {}
LOWERING: dict[str, str] = {}
NF: dict[str, str] = {}
TRAFFIC: dict[str, str] = {
    "C0501": "The capture file cannot be read.",
    "C0502": "The file is not a pcap or pcapng capture.",
    "C0503": "The capture file ends in the middle of a packet; the packets before it are good.",
    "C0504": "The capture file is corrupt; the packets before the damage are good.",
    "C0505": "The packets of the capture have a link type that cannot be turned into Ethernet frames.",
    "C0506": "The compressed data of the capture are damaged or end too early.",
    "C0507": "The capture holds no packets.",
    "C0510": "The description of generated traffic has an unknown key or a value that makes no sense.",
    "C0511": "The rule that gives ports to captured packets makes no sense.",
}
PLANNING: dict[str, str] = {}
SPLIT: dict[str, str] = {}
KERNEL: dict[str, str] = {}
BUNDLE: dict[str, str] = {}

CATALOG: dict[str, str] = P4_SYNTAX | P4_TYPES | LOWERING | NF | TRAFFIC | PLANNING | SPLIT | KERNEL | BUNDLE
"""Code -> one sentence that says what it means; `cora explain-code` prints it."""
