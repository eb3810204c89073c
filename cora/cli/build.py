"""From a plan to a bundle: the split, its C, its objects."""

from __future__ import annotations

from pathlib import Path

from cora.analysis import to_json
from cora.bundle import BundleParts, entries_json, write_bundle
from cora.bundle.manifest import sha256
from cora.cli.device_profiles import special_files
from cora.cli.steps import Job
from cora.codegen.headroom import check_headroom
from cora.codegen.xdp import emit_c, support_files
from cora.device.compile import CompilerMissing, build_engine, find_compiler
from cora.ir.text import print_program
from cora.model import load_model
from cora.model.schema import Profile
from cora.nf.build import load_writes
from cora.plan.plan import Plan
from cora.split import split_program
from cora.split.engines import EngineProgram, Split


def write(
    path: Path,
    job: Job,
    plan: Plan,
    model: Path,
    options: dict[str, str],
    profile: Profile | None = None,
    host: Path | None = None,
) -> Split:
    """Splits the program by the plan and writes the bundle. Without a C compiler the bundle holds sources only.
    `profile` replaces that of the model's outermost engine that runs stages; `host` is the file of --host-model."""
    job.show("splitting")
    split = split_program(job.graph, plan)
    check_headroom(split)
    job.show("compiling the engines")
    special = special_files(job, split, load_model(model), profile)
    own = [engine for engine in split.engines if engine.engine not in special.engines]
    compiler, objects = _objects(own, split)
    parts = BundleParts(
        spec=job.spec,
        program=print_program(job.program),
        graph=to_json(job.graph),
        plan=plan,
        split=split,
        entries=entries_json(load_writes(job.spec, job.program)),
        sources={engine.engine: emit_c(engine, split) for engine in own},
        headers={f"include/{file.name}": file.read_text() for file in support_files()},
        objects=objects,
        compiler=compiler,
        inputs={
            f"traffic: {job.capture.name}": job.traffic_hash(),
            f"model: {model.name}": sha256(model.read_bytes()),
            **({} if host is None else {f"host model: {host.name}": sha256(host.read_bytes())}),
        },
        options=options,
        analysed=job.graph,
        profile=job.profile,
        extras=special.files,
    )
    job.show(f"writing {path}")
    write_bundle(path, parts)
    return split


def _objects(engines: list[EngineProgram], split: Split) -> tuple[str, dict[str, bytes]]:
    try:
        compiler = find_compiler()
    except CompilerMissing:
        return "", {}
    return compiler.version, {e.engine: build_engine(e, split).read_bytes() for e in engines}
