"""The steps that commands share: from what the user named to a program, its traffic, a profile, a plan and a split.

What a step needs is imported when it runs: every command's `--help` loads this module.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from cora.diagnostics import UserError, render

if TYPE_CHECKING:
    from cora.analysis.graph import StateGraph
    from cora.bundle import Bundle
    from cora.frontend.p4c import P4cOptions
    from cora.ir.nodes import Program
    from cora.ir.store import Store
    from cora.nf.spec import NfSpec
    from cora.traffic.assign import PortRules
    from cora.traffic.capture import Capture
    from cora.traffic.profile import Profile
    from cora.traffic.replay import Replay
    from cora.traffic.take_profile import ProfileOptions


def bare_spec(program: Path) -> NfSpec:
    """The description of a P4 file that comes without an nf.yaml: two ports, no entries, generated traffic."""
    from cora.nf.spec import NfSpec, Port, TrafficSpec

    return NfSpec(
        name=program.stem,
        summary="",
        path=program,
        program=program,
        entries=None,
        defines=(),
        ports=(Port("inside", 1, "host"), Port("outside", 0, "net")),
        idle_timeouts=(),
        names={},
        traffic=TrafficSpec(),
        edges=(),
    )


def find_spec(named: str, arch: Path | None = None) -> NfSpec:
    """What PROGRAM means on the command line: a bundled NF, a folder or file with an nf.yaml, or a lone P4 file. `arch`
    is the file of an architecture of the user's own, in place of that of the nf.yaml."""
    from cora.nf.spec import load_nf

    path = Path(named)
    bare = path.suffix == ".p4" and path.is_file() and not (path.parent / "nf.yaml").is_file()
    spec = bare_spec(path) if bare else load_nf(named)
    return spec if arch is None else dataclasses.replace(spec, arch=arch)


def bundle_spec(bundle: Bundle) -> NfSpec:
    """The description of the network function that a bundle was made from, by the files in it."""
    from cora.nf.spec import load_nf

    nf = bundle.nf
    spec = load_nf(nf) if (nf / "nf.yaml").is_file() else bare_spec(nf / f"{bundle.manifest.program}.p4")
    arch = bundle.manifest.options.get("architecture", "")
    return dataclasses.replace(spec, arch=nf / arch) if arch else spec


def refuse_arch(arch: Path | None) -> None:
    """A bundle has its architecture with it."""
    if arch is not None:
        raise click.UsageError("--arch goes with a program; a bundle has its architecture with it")


def _profile_options() -> ProfileOptions:
    from cora.traffic.take_profile import ProfileOptions

    return ProfileOptions()


@dataclass
class Job:
    """One network function on its way to a plan. Each step runs when it is first asked for."""

    spec: NfSpec
    traffic: Path | None = None
    """A capture, or a YAML file that describes traffic; None for the traffic that the nf.yaml describes."""
    allow_truncated: bool = False
    show: Callable[[str], None] = lambda _: None
    """Told what is going on before each step that takes time."""
    profiling: ProfileOptions = field(default_factory=_profile_options)
    p4c: P4cOptions | None = None
    """p4c reads the program, instead of the built-in front end."""
    keep_reads: bool = False
    """See `cora.lower.options.LowerOptions`."""
    defines: tuple[str, ...] = ()
    """`NAME=VALUE`, behind those of the nf.yaml."""
    _parts: dict[tuple[object, ...], tuple[Profile, Profile]] = field(
        default_factory=dict[tuple[object, ...], "tuple[Profile, Profile]"], init=False, repr=False
    )

    @cached_property
    def program(self) -> Program:
        from cora.nf.build import build_program

        self.show(f"compiling {self.spec.program.name}")
        return build_program(self.spec, defines=self.defines, p4c=self.p4c, keep_reads=self.keep_reads)

    @cached_property
    def graph(self) -> StateGraph:
        from cora.analysis import analyse

        program = self.program
        self.show("analysing")
        return analyse(program)

    @cached_property
    def capture(self) -> Capture:
        from cora.traffic.generate import generate
        from cora.traffic.generate_spec import generate_spec, read_generate_spec
        from cora.traffic.pcap import read_capture

        if self.traffic is None:
            self.show("generating traffic")
            return generate(generate_spec(self.spec.traffic.generate), f"{self.spec.name} (generated)")
        if describes_traffic(self.traffic):
            self.show(f"generating {self.traffic.name}")
            return generate(read_generate_spec(self.traffic), self.traffic.name)
        self.show(f"reading {self.traffic.name}")
        capture = read_capture(self.traffic, allow_truncated=self.allow_truncated)
        for damage in capture.diagnostics:
            click.echo(render(damage), err=True)
        return capture

    @cached_property
    def replay(self) -> Replay:
        from cora.traffic.replay import replay

        capture, program = self.capture, self.program
        self.show(f"replaying {len(capture.frames):,} packets")
        return replay(capture, program, self.store(), self._ports)

    @property
    def _ports(self) -> PortRules:
        from cora.traffic.assign import port_rules

        return port_rules(self.spec)

    @cached_property
    def profile(self) -> Profile:
        """At the trace's own pace."""
        from cora.traffic.retime import observed_replay
        from cora.traffic.take_profile import profile_of

        graph, capture = self.graph, self.capture
        self.show(f"replaying and profiling {len(capture.frames):,} packets")
        packets, seen = observed_replay(capture, graph, self.store(), self._ports, self.profiling)
        return profile_of(graph, packets, seen, self.profiling)

    def profile_at(self, rate_pps: float, profiling: ProfileOptions | None = None) -> Profile:
        """For `--scale time`: of the same packets, played so fast that they come at `rate_pps`."""
        from cora.traffic.retime import profile_at_pace

        self.show(f"profiling at {rate_pps:,.0f} packets/s")
        pace = rate_pps / self.profile.rate_pps
        return profile_at_pace(self.capture, self.graph, self.store, self._ports, pace, profiling or self.profiling)

    def parts(
        self, share: float, pace: float = 1.0, profiling: ProfileOptions | None = None
    ) -> tuple[Profile, Profile]:
        """The profiles of the first `share` of the packets and of the rest, played at `pace` times their own."""
        profiling = profiling or self.profiling
        known = self._parts.get((share, pace, profiling))
        if known is None:
            known = self._parts[share, pace, profiling] = self._cut(share, pace, profiling)
        return known

    def _cut(self, share: float, pace: float, profiling: ProfileOptions) -> tuple[Profile, Profile]:
        from cora.traffic.replay import replay
        from cora.traffic.retime import played_faster
        from cora.traffic.take_profile import split_profile

        self.show("profiling both parts of the trace")
        if pace == 1.0:
            return split_profile(self.graph, self.replay, self.store(), share, profiling)
        packets = replay(played_faster(self.capture, pace), self.program, self.store(), self._ports)
        both = split_profile(self.graph, packets, self.store(), share, profiling)
        first, rest = (dataclasses.replace(profile, scale="time", compression=pace) for profile in both)
        return first, rest

    def store(self) -> Store:
        """A fresh state with the entries of the NF."""
        from cora.nf.build import fresh_store

        return fresh_store(self.spec, self.program)

    def traffic_hash(self) -> str:
        """SHA-256 of the capture file, or of the frames that were generated."""
        digest = hashlib.sha256()
        if self.traffic is not None:
            digest.update(self.traffic.read_bytes())
        else:
            for frame in self.capture.frames:
                digest.update(frame.time_ns.to_bytes(8, "big"))
                digest.update(frame.data)
        return digest.hexdigest()


def describes_traffic(path: Path) -> bool:
    """The file is a description of traffic to generate, and no capture."""
    return path.suffix in (".yaml", ".yml")


@contextmanager
def status(quiet: bool = False) -> Generator[Callable[[str], None], None, None]:
    """A line on stderr that says what is going on, on a terminal; silent elsewhere."""
    from rich.console import Console

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with console.status("starting") as line:
        yield lambda text: line.update(f"{text} …")


def require_file(path: Path | None) -> None:
    """Raises `UserError` for a traffic file that isn't there, before any long step runs."""
    if path is not None and not path.is_file():
        from cora.diagnostics import Diagnostic

        raise UserError(
            Diagnostic("C0901", f"there is no file {path}", help="give the path of a pcap, pcapng or YAML file")
        )
