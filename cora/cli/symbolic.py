"""`cora verify --symbolic`: prove a split for any packet and any state, or show where it fails."""

from __future__ import annotations

from importlib.util import find_spec as find_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.cli.planning import split_of
from cora.cli.steps import status
from cora.diagnostics import error

if TYPE_CHECKING:
    from cora.verify.symbolic.check import Counterexample, SymbolicReport

STATUS = {"proved": 0, "refuted": 1, "not proved": 4}


def prove(
    program: str,
    target: str,
    arch: Path | None,
    traffic: Path | None,
    allow_truncated: bool,
    limit_s: float,
    save: Path,
    as_json: bool,
) -> int:
    """The exit status: 0 for a split that is proved, 1 for one that is refuted, 4 for one that is neither."""
    if find_module("z3") is None:
        raise error(
            "C0850", "the symbolic check needs z3, which isn't installed", help="pip install 'cora[verify]' (z3-solver)"
        )
    if limit_s <= 0:
        raise error("C0851", f"a time limit of {limit_s:g} s leaves no time", help="give more than 0 seconds")
    from cora.verify.symbolic.check import check

    with status(as_json) as show:
        job, split = split_of(program, target, traffic, allow_truncated, show, arch)
        show("proving")
        report = check(job.program, split, graph=job.graph, limit_s=limit_s, progress=show)
    if as_json:
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2).decode())
    else:
        click.echo(_text(report))
    for number, found in enumerate(report.counterexamples, start=1):
        _save(save, number, found, quiet=as_json)
    return STATUS[report.verdict]


def _text(report: SymbolicReport) -> str:
    lines = [
        f"{report.ends:,} ends of packets, {report.by_text:,} of them with the same terms on both sides; "
        f"{report.questions:,} questions to z3"
    ]
    for number, found in enumerate(report.counterexamples, start=1):
        lines += [f"\ncounterexample {number}: different is {', '.join(found.violated)}", *_case_lines(found)]
    for open_ in report.unproved:
        lines += [
            f"\nnot proved: {', '.join(open_.violated) or 'what a packet on this way does'}",
            f"  because: {open_.why}",
        ]
        lines += [f"  {leg.text()}" for leg in open_.way.legs]
        if open_.way.merged:
            lines.append("  (one of several ways that meet)")
    if report.stopped:
        lines.append(f"\nnot all was looked at: {report.stopped}")
    if not report.proved:
        lines.append(
            f"\nlimits: {report.question_limit_s:g} s for each question to z3, {report.limit_s:g} s of CPU in all"
        )
    verdict = {"proved": "proved", "refuted": "REFUTED", "not proved": "NOT proved, nor refuted"}[report.verdict]
    return "\n".join([*lines, verdict])


def _case_lines(found: Counterexample) -> list[str]:
    case = found.case
    lines = [f"  packet by port {case.port} at {case.time_ns} ns, seed {case.seed}:", f"    {case.frame.hex()}"]
    for state in case.states:
        lines += [f"  {state.name}: row {key} -> {values}" for key, values in state.rows]
        for flow in state.flows:
            if flow.owner is not None:
                copy = "" if flow.copy is None else f", on the NIC {flow.copy}"
                lines.append(f"  {state.name}[{flow.key}]: {flow.owner}{copy}")
        lines += [f"  {state.name}[{index}]: {newest}, the owner has {own}" for index, newest, own in state.cells]
        lines += [f"  {state.name}[{index}]: gives colour {colour}" for index, colour in state.colours]
        lines += [f"  {state.name} is full"] if state.full[0] else []
    lines += [f"  {leg.text()}" for leg in found.way.legs]
    return [*lines, f"  run in the interpreter: {found.outcome.difference}"]


def _save(folder: Path, number: int, found: Counterexample, quiet: bool) -> None:
    """The frame as pcap, and the whole case as JSON, whose `case` can be run again (`cora.verify.symbolic.case`)."""
    import msgspec

    from cora.traffic.capture import Frame
    from cora.traffic.pcap import write_pcap

    case = found.case
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_pcap(folder / f"{number}.pcap", [Frame(case.time_ns, case.frame, len(case.frame))])
        (folder / f"{number}.json").write_bytes(msgspec.json.format(msgspec.json.encode(found), indent=2))
    except OSError as problem:
        raise error(
            "C0852",
            f"the counterexample can't be written to {folder}: {problem.strerror}",
            help="name another folder: --save",
        ) from None
    if not quiet:
        click.echo(f"counterexample {number} is in {folder / f'{number}.pcap'} and {folder / f'{number}.json'}")
