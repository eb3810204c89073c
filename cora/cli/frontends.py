"""Which front end reads the program (`--frontend`), how p4c is called, and both beside each other."""

from __future__ import annotations

import difflib
import functools
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from cora.diagnostics import Diagnostic, UserError, render

if TYPE_CHECKING:
    from cora.frontend.ast import TypedProgram
    from cora.frontend.p4c import P4cOptions
    from cora.nf.spec import NfSpec

F = TypeVar("F", bound=Callable[..., Any])

_DEFAULT_SECONDS, _DEFAULT_MIB = 60.0, 4096
_SHOWN_LINES = 20
"""Of the differences between two IRs."""

_OPTIONS = (
    click.option(
        "--frontend",
        type=click.Choice(["auto", "builtin", "p4c"]),
        default="auto",
        show_default=True,
        help="Who reads the P4: Cora itself (auto, builtin), or p4test from the PATH.",
    ),
    click.option(
        "--p4c-flags", metavar="FLAGS", help="More flags for p4test, as in --p4c-flags '-I include --Wdisable'."
    ),
    click.option(
        "--p4c-stage",
        type=click.Choice(["parse-only", "validate", "midend"]),
        help="How far p4c goes before Cora takes its tree; validate, the default, is after its type checks.",
    ),
    click.option("--p4c-seconds", type=click.FloatRange(0.1), help=f"Time for p4test (default {_DEFAULT_SECONDS:g})."),
    click.option("--p4c-mib", type=click.IntRange(16), help=f"Memory for p4test (default {_DEFAULT_MIB})."),
)


def frontend(command: F) -> F:
    """Adds --frontend and what goes with it; the command gets `p4c`, a `P4cOptions` or None for the built-in front end.
    A command with a parameter `beside` (--with) gets it also for p4c beside the built-in one."""

    @functools.wraps(command)
    def run(**given: Any) -> Any:
        chosen = given.pop("frontend")
        parts = {name: given.pop(name) for name in ("p4c_flags", "p4c_stage", "p4c_seconds", "p4c_mib")}
        wanted = chosen == "p4c" or given.get("beside") == "p4c"
        useless = [name for name, value in parts.items() if value is not None]
        if not wanted and useless:
            raise click.UsageError(f"--{useless[0].replace('_', '-')} needs --frontend p4c")
        return command(**given, p4c=_p4c_options(**parts) if wanted else None)

    decorated: Any = run
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return cast(F, decorated)


def _p4c_options(
    p4c_flags: str | None, p4c_stage: str | None, p4c_seconds: float | None, p4c_mib: int | None
) -> P4cOptions:
    from cora.frontend.p4c import P4cOptions

    try:
        flags = tuple(shlex.split(p4c_flags or ""))
    except ValueError as e:
        raise click.BadParameter(f"{p4c_flags!r}: {e}", param_hint="--p4c-flags") from None
    stage: Any = p4c_stage or "validate"
    return P4cOptions(flags, stage, p4c_seconds or _DEFAULT_SECONDS, p4c_mib or _DEFAULT_MIB)


# ---------------------------------------------------------------- both


@dataclass(frozen=True)
class Answer:
    """What one front end makes of a program."""

    typed: TypedProgram | None
    errors: tuple[Diagnostic, ...]
    """Why it rejects the program, or (with `typed`) why its tree can't be lowered."""
    ir: str

    @property
    def accepts(self) -> bool:
        return self.typed is not None


def compare(spec: NfSpec, p4c: P4cOptions) -> None:
    """Reads a program with both front ends and says where they agree. Raises `UserError`: C0132 or C0133 where they
    don't; the program's errors where both reject it; what kept p4c from answering."""
    from cora.frontend.p4c import check_output, run_p4c
    from cora.nf.build import read_program

    own = _answer(spec, lambda: read_program(spec))
    version = ""

    def with_p4c() -> TypedProgram:
        nonlocal version
        output = run_p4c(spec.program, p4c, include_dirs=spec.folders, defines=spec.defines)
        version = f" {output.version}" if output.version else ""
        return check_output(spec.program, output)

    other = _answer(spec, with_p4c)
    if not other.accepts and any("C0122" <= d.code <= "C0130" for d in other.errors):
        raise UserError(*other.errors)
    theirs = f"p4c{version} ({p4c.stage})"
    click.echo(f"built-in front end: {_verdict(own)}")
    click.echo(f"{theirs}: {_verdict(other)}")
    for answer in (own, other):
        for warning in answer.typed.warnings if answer.typed is not None else ():
            click.echo(render(warning), err=True)
    if own.accepts != other.accepts:
        raise _disagreement(own, other, theirs)
    if not own.accepts:
        raise UserError(*own.errors, *other.errors)
    _compare_ir(own, other, p4c)


def _answer(spec: NfSpec, read: Callable[[], TypedProgram]) -> Answer:
    from cora.ir.text import print_program
    from cora.nf.build import lower_typed

    try:
        typed = read()
    except UserError as e:
        return Answer(None, e.diagnostics, "")
    try:
        return Answer(typed, (), print_program(lower_typed(spec, typed)))
    except UserError as e:
        return Answer(typed, e.diagnostics, "")


def _verdict(answer: Answer) -> str:
    if answer.typed is None:
        count = sum(d.severity == "error" for d in answer.errors)
        return f"rejects it, {count} error{'s' if count != 1 else ''}"
    if answer.errors:
        return f"accepts it ({answer.typed.arch}); Cora can't compile it: {answer.errors[0].message}"
    return f"accepts it ({answer.typed.arch})"


def _disagreement(own: Answer, other: Answer, theirs: str) -> UserError:
    accepts, rejects = (theirs, "the built-in front end") if other.accepts else ("the built-in front end", theirs)
    return UserError(
        *(own.errors if not own.accepts else other.errors),
        Diagnostic(
            "C0132", f"{accepts} accepts the program, {rejects} rejects it",
            help="one of the two is wrong about P4: report the program; until then --frontend chooses",
        ),
    )  # fmt: skip


def _compare_ir(own: Answer, other: Answer, p4c: P4cOptions) -> None:
    if [d.code for d in own.errors] != [d.code for d in other.errors]:
        raise UserError(
            *own.errors, *other.errors,
            Diagnostic("C0133", "only one of the two trees can be compiled", help="--frontend chooses which is used"),
        )  # fmt: skip
    if own.errors:
        click.echo("IR: none; Cora can't compile the program, whoever reads it")
        return
    if own.ir == other.ir:
        click.echo(f"IR: equal, {len(own.ir.splitlines())} lines")
        return
    changes = list(difflib.unified_diff(own.ir.splitlines(), other.ir.splitlines(), "builtin", "p4c", n=0, lineterm=""))
    shown = "\n".join(changes[:_SHOWN_LINES])
    more = f"\n... {len(changes) - _SHOWN_LINES} more lines" if len(changes) > _SHOWN_LINES else ""
    click.echo(f"IR: different\n{shown}{more}")
    if p4c.stage == "midend":
        click.echo("p4c's mid-end rewrites programs: a different IR is expected, different behaviour is not")
        return
    raise UserError(
        Diagnostic(
            "C0133", "the two front ends give different IR", help="compare it with cora ir, --frontend builtin and p4c"
        )
    )
