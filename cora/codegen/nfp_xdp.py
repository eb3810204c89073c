"""C for the XDP offload of the nfp driver: the text of `cora.codegen.xdp` over a header of its own (targets/nfp).

The driver sees neither the interface nor a clock, so there is one C text for each port of the card. What the driver
would refuse is refused before anything is written, with the line of P4.
"""

from __future__ import annotations

from pathlib import Path

from cora import resources
from cora.codegen.nfp_lint import Finding, Lint, lint_engine
from cora.codegen.xdp import emit_c, support_files
from cora.diagnostics import Diagnostic, UserError
from cora.split.engines import EngineProgram, Split

_INCLUDE = '#include "cora.h"'


def nfp_support_files() -> tuple[Path, ...]:
    """The files that the C includes."""
    return (resources.folder("targets") / "nfp" / "cora_nfp.h", *support_files())


def emit_nfp_c(engine: EngineProgram, split: Split, port: int) -> str:
    """The C text of an engine program for packets that come in by `port`. Raises UserError C0770 with every place that
    the driver refuses."""
    lint = lint_engine(engine, split)
    if not lint.accepted:
        raise refused(engine.engine, lint)
    text = emit_c(engine, split, None, compact=True)
    assert _INCLUDE in text
    return text.replace(_INCLUDE, f'#define CORA_PORT {port}\n#include "cora_nfp.h"')


def refused(engine: str, lint: Lint) -> UserError:
    return UserError(*(diagnostic(f, engine) for f in lint.findings if f.refused))


def diagnostic(finding: Finding, engine: str) -> Diagnostic:
    """The finding for people; a warning where the firmware decides."""
    rule = finding.rule
    return Diagnostic(
        "C0770",
        f"nfp-xdp: {finding.what}, but {rule.limit}",
        finding.span,
        label=rule.name,
        help=f"{rule.help} (rule {rule.name}: Linux drivers/net/ethernet/netronome/nfp/bpf/{rule.source})",
        severity="error" if finding.refused else "warning",
        where=f"engine {engine}",
    )
