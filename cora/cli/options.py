"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from cora.traffic.profile import SCALES

_HOST_MODEL = "cora.host_model"
Target = str | tuple[str, ...] | None

traffic = click.option(
    "--traffic",
    type=click.Path(path_type=Path),
    help="A pcap or pcapng file, also .gz or .xz, or a .yaml file that describes traffic to generate; without it, the "
    "traffic that the nf.yaml describes is generated.",
)
arch = click.option(
    "--arch",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The P4 file of an architecture of your own, with annotations that say how its blocks run; also `arch:` in "
    "the nf.yaml.",
)
allow_truncated = click.option(
    "--allow-truncated", is_flag=True, help="Use the good packets of a damaged capture instead of refusing it."
)
scale = click.option(
    "--scale",
    type=click.Choice(SCALES),
    default="flows",
    show_default=True,
    help="How the trace gets to another rate: more flows, each at its own pace, or the same flows, faster.",
)


def _keep_host(context: click.Context, _: click.Parameter, file: Path | None) -> None:
    context.meta[_HOST_MODEL] = file


def on_host(context: click.Context, _: click.Parameter, targets: Target) -> Target:
    """The target, or all of them, with the host of --host-model, in the form that `load_model` takes."""
    file: Path | None = context.meta.get(_HOST_MODEL)
    if file is None or targets is None:
        return targets
    if isinstance(targets, str):
        return f"{targets}@{file}"
    return tuple(f"{target}@{file}" for target in targets)


host_model = click.option(
    "--host-model",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    is_eager=True,  # the target's callback reads it
    expose_value=False,
    callback=_keep_host,
    help="Take the host from this model file, such as one that `cora calibrate` has written, not from the target's.",
)
time_limit = click.option(
    "--time-limit",
    type=click.FloatRange(min=0.1),
    metavar="SECONDS",
    help="End within this time: with the best plan found by then and how far it may be from the best one, or with an "
    "error that says what took so long.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")


def pairs(form: str) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[tuple[str, str], ...]]:
    """Reads values of a form such as STATE=ENGINE; what stands before the last = may hold others."""

    def read(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        found: list[tuple[str, str]] = []
        for value in values:
            name, _equals, other = value.rpartition("=")
            if not name or not other:
                raise click.BadParameter(f"{value!r} is not {form}", param=option)
            found.append((name, other))
        return tuple(found)

    return read


def _milliseconds(_: click.Context, option: click.Parameter, values: tuple[str, ...]) -> tuple[tuple[str, float], ...]:
    pairs: list[tuple[str, float]] = []
    for value in values:
        name, _equals, amount = value.rpartition("=")
        if not name or not amount.replace(".", "", 1).isdigit():
            raise click.BadParameter(f"{value!r} is not STATE=MS", param=option)
        pairs.append((name, float(amount)))
    return tuple(pairs)


allow_stale = click.option(
    "--allow-stale", multiple=True, callback=_milliseconds, metavar="STATE=MS", help="Copies of a state may be behind."
)
allow_reordering = click.option(
    "--allow-reordering",
    is_flag=True,
    help="Plan with copies on engines that answers don't pass: packets may overtake each other (no programs for it).",
)
