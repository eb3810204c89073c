"""The `cora` command: its subcommands, loaded only when called, and how errors end it.

Artefacts go to stdout or `-o`, diagnostics to stderr. Exit status: 0 done, 1 errors in the input, 2 usage,
3 no feasible plan, 101 a bug in Cora.
"""

from __future__ import annotations

import gc
import importlib
import itertools
import sys

import click

from cora import __version__
from cora.diagnostics import UserError, render, to_json

COMMANDS = {
    "check": "parse and type-check a P4 program",
    "ir": "print the IR of a program, after any pass",
    "graph": "print the state/traffic graph: stages, states, what may be split",
    "profile": "run a trace through a program and print what it does",
    "compile": "the main job: a plan and a bundle for a target",
    "predict": "how fast a program goes on a target, and what it needs for a rate",
    "explain": "why something is where it is, and what would move it",
    "verify": "show that the split changes nothing, in the interpreter and in the kernel",
    "lab": "run the split on the soft NIC and measure",
    "calibrate": "measure this host and write its model file",
    "test": "run STF packet tests",
    "lint": "say what a device takes of a program and what it refuses",
    "doctor": "say what this machine can run and what is missing",
    "explain-code": "explain a diagnostic code",
}
"""Command name -> the line that `cora --help` shows; the module is `cora.cli.NAME`."""

BUG_STATUS = 101

GARBAGE_THRESHOLDS = (50_000, 20, 50)
"""Trees and IR are many objects and few cycles: looking through all of them as often as Python does by default takes a
third of the time of a large program."""


class LazyGroup(click.Group):
    """Imports a command's module when it is called, so that `cora --help` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"cora.cli.{cmd_name.replace('-', '_')}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS:
            import difflib

            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean '{close[0]}'?" if close else " 'cora --help' lists the commands."
            ctx.fail(f"No such command '{args[0]}'.{hint}")
        return super().resolve_command(ctx, args)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, "-V", "--version", prog_name="cora")
@click.option(
    "--diagnostics",
    type=click.Choice(["human", "json"]),
    default="human",
    help="How errors and warnings are written to stderr.",
)
@click.pass_context
def group(ctx: click.Context, diagnostics: str) -> None:
    """Split stateful network functions between a SmartNIC and the host.

    \b
    Start here:
      cora compile nat -t bluefield2          a plan for the bundled NAT on its own traffic
      cora compile nf.p4 -t agilio-cx --traffic trace.pcap -o bundle
      cora verify bundle                      the split does exactly what the program does
      cora lab nat                            run it in this kernel (root)

    A program is a P4-16 file, a folder with an nf.yaml, a bundle, or the name of a bundled NF: nat, firewall,
    load_balancer, heavy_hitter, rate_limiter, flow_monitor, dns_cache, kv_cache, syn_proxy, upf, vxlan_gateway,
    ddos_mitigation.
    """
    ctx.obj = diagnostics


def print_diagnostics(failure: UserError, form: str) -> None:
    show = to_json if form == "json" else render
    for diagnostic in failure.diagnostics:
        click.echo(show(diagnostic), err=True)


def _form_of_diagnostics(argv: list[str]) -> str:
    if "--diagnostics=json" in argv:
        return "json"
    return "json" if ("--diagnostics", "json") in itertools.pairwise(argv) else "human"


def app() -> None:
    """Runs the command line and exits with the documented status."""
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    form = _form_of_diagnostics(sys.argv[1:])
    try:
        status: object = group.main(standalone_mode=False)
    except UserError as failure:
        print_diagnostics(failure, form)
        sys.exit(failure.exit_status)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as failure:
        failure.show()
        sys.exit(failure.exit_code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(141)
    except KeyboardInterrupt:
        click.echo("stopped", err=True)
        sys.exit(130)
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo(
            "\nThis is a bug in Cora, not in your input. Please report it with the command and the text above.",
            err=True,
        )
        sys.exit(BUG_STATUS)
    sys.exit(status if isinstance(status, int) else 0)
