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
TRAFFIC: dict[str, str] = {}
PLANNING: dict[str, str] = {}
SPLIT: dict[str, str] = {}
KERNEL: dict[str, str] = {}
BUNDLE: dict[str, str] = {}

CATALOG: dict[str, str] = P4_SYNTAX | P4_TYPES | LOWERING | NF | TRAFFIC | PLANNING | SPLIT | KERNEL | BUNDLE
"""Code -> one sentence that says what it means; `cora explain-code` prints it."""
