"""Profiles of code generation on the command line: which engine of a plan has which, and what it says of a program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from cora.cli.steps import Job
from cora.codegen.match_action import PROFILE as MATCH_ACTION
from cora.codegen.nfp_limits import PROFILE
from cora.codegen.nfp_lint import Finding, Lint, lint_engine, lint_program
from cora.codegen.nfp_object import lint_object
from cora.codegen.nfp_report import engine_report, fitting_stages, lint_report, object_line, place, rules_line
from cora.codegen.nfp_xdp import emit_nfp_c, nfp_support_files, refused
from cora.device.compile import CompilerMissing, build_nfp_engine, find_compiler
from cora.diagnostics import Diagnostic, UserError
from cora.model.schema import Model, Profile
from cora.plan.plan import Plan
from cora.split import split_program, whole
from cora.split.engines import EngineProgram, Split


@dataclass(frozen=True, slots=True)
class ProfileNote:
    """What a profile says of a plan: `text` for people, and what of the plan it refuses."""

    text: str
    refused: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class SpecialFiles:
    """`engines`: those whose code isn't that of the profile `xdp`; `files`: path in the bundle -> contents."""

    engines: frozenset[str]
    files: dict[str, bytes]


def engine_profiles(model: Model, override: Profile | None) -> Iterator[tuple[str, Profile]]:
    """The engines of a model with their profiles; `override` is for the outermost one that runs stages."""
    outermost = model.stage_engines[0].name
    for engine in model.engines:
        yield engine.name, override if override and engine.name == outermost else engine.profile


# ---------------------------------------------------------------- plans


def plan_notes(job: Job, plan: Plan, model: Model, override: Profile | None) -> list[ProfileNote]:
    """What is said after a plan, for each engine with the profile `nfp-xdp`."""
    nfp = [engine for engine, profile in engine_profiles(model, override) if profile == PROFILE]
    if not nfp:
        return []
    try:
        split = split_program(job.graph, plan)
    except UserError as problem:
        why = problem.diagnostics[0].message
        return [ProfileNote(f"{PROFILE}: no program for {', '.join(nfp)}, as the plan can't be split ({why})")]
    programs = {engine.engine: engine for engine in split.engines}
    return [_nfp_note(job, programs.get(engine), engine, split) for engine in nfp]


def _nfp_note(job: Job, engine: EngineProgram | None, name: str, split: Split) -> ProfileNote:
    if engine is None:
        fitting = len(fitting_stages(job.graph))
        rules = rules_line(lint_program(job.program).findings)
        share = f"{fitting} of {len(job.graph.stages)} stages"
        text = f"{PROFILE}: the plan runs nothing on {name}. Of the whole program {share}"
        return ProfileNote(f"{text} fit" + (f"; refused: {rules}" if rules else "") + f" (cora lint {job.spec.name})")
    lint = lint_engine(engine, split)
    if lint.accepted:
        lines = [f"{PROFILE}: the program of {name} fits", *object_lines(job, engine, split)]
        return ProfileNote("\n  ".join(lines))
    rules = rules_line(lint.findings)
    return ProfileNote(f"{PROFILE}: the program of {name} is refused: {rules}", refused(name, lint).diagnostics)


def special_files(job: Job, split: Split, model: Model, override: Profile | None) -> SpecialFiles:
    """What a bundle holds beyond the programs of the profile `xdp`."""
    profiles = dict(engine_profiles(model, override))
    nfp = [engine for engine in split.engines if profiles.get(engine.engine) == PROFILE]
    files: dict[str, bytes] = {}
    for engine in nfp:
        files |= _nfp_files(job, engine, split)
    for engine, profile in profiles.items():
        if profile == MATCH_ACTION:
            from cora.cli.match_action_tables import initial_files

            files |= {f"engines/{engine}/{name}": data for name, data in initial_files(job).items()}
    return SpecialFiles(frozenset(e.engine for e in nfp), files)


def _nfp_files(job: Job, engine: EngineProgram, split: Split) -> dict[str, bytes]:
    lint = lint_engine(engine, split)
    folder = f"engines/{engine.engine}"
    files = {f"{folder}/nfp-xdp.txt": engine_report(engine.engine, lint).encode()}
    if not lint.accepted:
        return files
    files |= {f"include/{file.name}": file.read_bytes() for file in nfp_support_files()}
    for port in ports(job):
        files[f"{folder}/program.port{port}.bpf.c"] = emit_nfp_c(engine, split, port).encode()
        try:
            find_compiler()
        except CompilerMissing:
            continue
        files[f"{folder}/program.port{port}.bpf.o"] = build_nfp_engine(engine, split, port).read_bytes()
    return files


# ---------------------------------------------------------------- whole programs


def lint_for_nfp(job: Job, as_json: bool) -> tuple[bool, str]:
    """Whether the nfp driver would take the whole program, and the report."""
    split = whole(job.program, "nic")
    lint = lint_engine(split.engines[0], split)
    if as_json:
        return lint.accepted, json.dumps(_as_data(lint), indent=1) + "\n"
    text = lint_report(job.graph, lint)
    if lint.accepted:
        text += "\n" + "\n".join(object_lines(job, split.engines[0], split)) + "\n"
    return lint.accepted, text


def object_lines(job: Job, engine: EngineProgram, split: Split) -> list[str]:
    """What is said of the objects of an engine, one for each port."""
    try:
        lines: list[str] = []
        for port in ports(job):
            made = build_nfp_engine(engine, split, port)
            lint = lint_object(made, made.with_suffix(".c").read_text())
            lines.append(object_line(port, lint))
            lines += [f"  {f.p4 or 'program'}: {f.what}, but {f.rule.limit}" for f in lint.findings]
        return lines
    except CompilerMissing:
        return ["no compiler for BPF: the instructions were not looked at (cora doctor)"]


def ports(job: Job) -> list[int]:
    return [port.number for port in job.spec.ports]


def _as_data(lint: Lint) -> list[dict[str, object]]:
    return [_finding(finding) for finding in lint.findings]


def _finding(finding: Finding) -> dict[str, object]:
    rule = finding.rule
    return {
        "rule": rule.name,
        "refused": finding.refused,
        "place": place(finding.span),
        "what": finding.what,
        "limit": rule.limit,
        "source": f"drivers/net/ethernet/netronome/nfp/bpf/{rule.source}",
        "next": rule.help,
    }
