"""Writes a bundle: all files into a new folder beside the final one, which then takes its place in one step."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from cora import __version__
from cora.analysis.graph import StateGraph
from cora.bundle.manifest import NAME, SCHEMA, Manifest, sha256
from cora.diagnostics import error
from cora.ir.text import print_program
from cora.nf.spec import NfSpec
from cora.plan.io import plan_to_json
from cora.plan.plan import Plan
from cora.report import Report, report_html
from cora.split.engines import Split
from cora.traffic.profile import Profile


@dataclass(frozen=True, slots=True)
class BundleParts:
    spec: NfSpec
    program: str
    """The IR as text."""
    graph: str
    """The state/traffic graph as JSON."""
    plan: Plan
    split: Split
    entries: str
    """What the control plane writes at first, as JSON."""
    sources: Mapping[str, str]
    """Engine -> C."""
    headers: Mapping[str, str]
    """File name -> text that the sources include."""
    objects: Mapping[str, bytes]
    """Engine -> BPF object; empty without a compiler."""
    compiler: str
    inputs: Mapping[str, str]
    """Input -> SHA-256, beside the files of the NF."""
    options: Mapping[str, str]
    analysed: StateGraph
    """The graph itself, for the report."""
    profile: Profile
    """Of the traffic that the plan was made for."""
    extras: Mapping[str, bytes] = field(default_factory=dict[str, bytes])
    """Path inside the bundle -> what profiles other than `xdp` produce."""


def write_bundle(path: Path, parts: BundleParts) -> Manifest:
    """Writes the bundle to `path`, replacing a bundle that is there. The same parts give the same bytes. Raises
    `UserError` C0902 where something else than a bundle stands, C0903 if it can't be written."""
    if path.exists() and any(path.iterdir() if path.is_dir() else [path]) and not (path / NAME).is_file():
        raise error(
            "C0902",
            f"{path} exists and is not a bundle",
            help="give -o a new folder, or remove what is there",
        )
    files = _files(parts)
    manifest = Manifest(
        schema=SCHEMA,
        cora=__version__,
        program=parts.spec.name,
        target=parts.plan.target,
        options=dict(parts.options),
        compiler=parts.compiler,
        inputs=_inputs(parts),
        files={name: sha256(data) for name, data in sorted(files.items())},
    )
    files[NAME] = pretty_json(msgspec.json.encode(manifest)).encode()
    try:
        _replace(path, files)
    except OSError as failure:
        raise error(
            "C0903", f"can't write the bundle {path}: {failure.strerror}", help="give -o a folder that you may write"
        ) from failure
    return manifest


def pretty_json(data: bytes) -> str:
    """JSON with keys in order, one a line."""
    ordered = msgspec.json.encode(msgspec.json.decode(data), order="sorted")
    return msgspec.json.format(ordered, indent=1).decode() + "\n"


def nf_files(spec: NfSpec) -> dict[str, bytes]:
    """The files that describe the NF, by name: its nf.yaml (if it has one), program, entries and architecture."""
    paths = {spec.path, spec.program, *(file for file in (spec.entries, spec.arch) if file)}
    return {path.name: path.read_bytes() for path in sorted(paths)}


def _inputs(parts: BundleParts) -> dict[str, str]:
    own = {f"nf/{name}": sha256(data) for name, data in nf_files(parts.spec).items()}
    return own | dict(parts.inputs)


def _files(parts: BundleParts) -> dict[str, bytes]:
    files: dict[str, bytes] = {
        "plan.json": plan_to_json(parts.plan).encode(),
        "ir.txt": parts.program.encode(),
        "graph.json": parts.graph.encode(),
        "entries.json": parts.entries.encode(),
        "report.html": _report(parts).encode(),
    }
    files |= {f"nf/{name}": data for name, data in nf_files(parts.spec).items()}
    for engine in parts.split.engines:
        folder = f"engines/{engine.engine}"
        files[f"{folder}/ir.txt"] = print_program(engine.program).encode()
        if engine.engine in parts.sources:
            files[f"{folder}/program.bpf.c"] = parts.sources[engine.engine].encode()
        if engine.engine in parts.objects:
            files[f"{folder}/program.bpf.o"] = parts.objects[engine.engine]
    files |= {name: text.encode() for name, text in parts.headers.items()}
    return files | dict(parts.extras)


def _report(parts: BundleParts) -> str:
    return report_html(
        Report(
            summary=parts.spec.summary,
            graph=parts.analysed,
            plan=parts.plan,
            profile=parts.profile,
            version=__version__,
            compiler=parts.compiler,
            inputs=_inputs(parts),
            options=parts.options,
        )
    )


def _replace(path: Path, files: Mapping[str, bytes]) -> None:
    fresh = path.with_name(f".{path.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for name, data in files.items():
        target = fresh / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
    # The old bundle goes only when the new one is complete and in its place.
    old = path.with_name(f".{path.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if path.exists():
        path.rename(old)
    fresh.rename(path)
    shutil.rmtree(old, ignore_errors=True)
