"""From a plan to a bundle: the split, its C, its objects."""

from __future__ import annotations

from pathlib import Path

from cora.analysis import to_json
from cora.bundle import BundleParts, entries_json, write_bundle
from cora.bundle.manifest import sha256
from cora.cli.steps import Job
from cora.codegen.xdp import emit_c, support_files
from cora.device.compile import CompilerMissing, build_engine, find_compiler
from cora.ir.text import print_program
from cora.nf.build import load_writes
from cora.plan.plan import Plan
from cora.split import split_program
from cora.split.engines import Split


def write(path: Path, job: Job, plan: Plan, model: Path, options: dict[str, str]) -> Split:
    """Splits the program by the plan and writes the bundle. Without a C compiler the bundle holds sources only."""
    job.show("splitting")
    split = split_program(job.graph, plan)
    job.show("compiling the engines")
    compiler, objects = _objects(split)
    parts = BundleParts(
        spec=job.spec,
        program=print_program(job.program),
        graph=to_json(job.graph),
        plan=plan,
        split=split,
        entries=entries_json(load_writes(job.spec, job.program)),
        sources={engine.engine: emit_c(engine, split) for engine in split.engines},
        headers={f"include/{file.name}": file.read_text() for file in support_files()},
        objects=objects,
        compiler=compiler,
        inputs={
            f"traffic: {job.capture.name}": job.traffic_hash(),
            f"model: {model.name}": sha256(model.read_bytes()),
        },
        options=options,
        analysed=job.graph,
        profile=job.profile,
    )
    job.show(f"writing {path}")
    write_bundle(path, parts)
    return split


def _objects(split: Split) -> tuple[str, dict[str, bytes]]:
    try:
        compiler = find_compiler()
    except CompilerMissing:
        return "", {}
    return compiler.version, {e.engine: build_engine(e, split).read_bytes() for e in split.engines}
