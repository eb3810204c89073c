"""What `cora lint --profile nfp-xdp` prints: the stages that fit, and by rule the lines that don't."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePath

from cora.analysis.graph import StateGraph
from cora.codegen.nfp_limits import PROFILE
from cora.codegen.nfp_lint import Finding, Lint, lint_program
from cora.codegen.nfp_object import ObjectLint
from cora.diagnostics import Span


def place(span: Span | None) -> str:
    """ "file:line", or "program" for what has no line."""
    return f"{PurePath(span.source.name).name}:{span.line}" if span is not None else "program"


def fitting_stages(graph: StateGraph) -> list[str]:
    """The stages in which nothing is refused; they fit if what concerns the whole program does too."""
    refused = lint_program(graph.program).refused_blocks
    return [stage.name for stage in graph.stages if refused.isdisjoint(stage.blocks)]


def lint_report(graph: StateGraph, lint: Lint) -> str:
    """The report on a whole program as text."""
    fitting = fitting_stages(graph)
    lines = [f"{graph.program.name}: {len(fitting)} of {len(graph.stages)} stages fit {PROFILE}", ""]
    if fitting:
        lines += _wrapped("fits: ", fitting)
    return "\n".join([*lines, *_findings(lint)]) + "\n"


def engine_report(engine: str, lint: Lint) -> str:
    """The report on the program of one engine as text."""
    verdict = "fits" if lint.accepted else "is refused"
    return "\n".join([f"the program of {engine} {verdict} ({PROFILE})", *_findings(lint)]) + "\n"


def _findings(lint: Lint) -> list[str]:
    lines: list[str] = []
    for refused, title in ((True, "refused:"), (False, "needs firmware that offers it:")):
        found = [f for f in lint.findings if f.refused == refused]
        if found:
            lines += ["", title, *_by_rule(found)]
    return lines


def object_line(port: int, lint: ObjectLint) -> str:
    """One line on the object that was made for a port."""
    sizes = f"{lint.instructions:,} BPF instructions, {lint.stack_bytes} bytes of stack"
    verdict = "its instructions pass" if lint.accepted else "its instructions are refused"
    return f"port {port}: {sizes}; {verdict}"


def rules_line(findings: Iterable[Finding]) -> str:
    """The rules that refuse something, with how often: "clock 4, map-values 3"."""
    counts: dict[str, int] = {}
    for finding in findings:
        if finding.refused:
            counts[finding.rule.name] = counts.get(finding.rule.name, 0) + 1
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _by_rule(findings: list[Finding]) -> list[str]:
    lines: list[str] = []
    for rule in dict.fromkeys(f.rule for f in findings):
        lines.append(f"  {rule.name}: {rule.limit} [nfp/bpf/{rule.source}]")
        lines += [f"    {place(f.span)}: {f.what}" for f in _sorted(findings) if f.rule == rule]
        lines.append(f"    next: {rule.help}")
    return lines


def _sorted(findings: list[Finding]) -> list[Finding]:
    return sorted(findings, key=lambda f: f.span.line if f.span is not None else 0)


def _wrapped(head: str, parts: list[str], columns: int = 118) -> list[str]:
    lines, line = [], head
    for n, part in enumerate(parts):
        text = part + ("" if n == len(parts) - 1 else "; ")
        if len(line) + len(text.rstrip()) > columns:
            lines.append(line.rstrip())
            line = " " * len(head)
        line += text
    return [*lines, line.rstrip()]
