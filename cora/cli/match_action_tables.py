"""Table programs for match-action engines on the command line: from a program, its tables and its traffic."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

from cora.cli.steps import Job
from cora.codegen.match_action import Match, TableProgram
from cora.codegen.match_action_explore import table_program
from cora.codegen.match_action_flower import flower_batch
from cora.codegen.match_action_flows import ends_of
from cora.codegen.match_action_json import table_json
from cora.codegen.match_action_report import table_report
from cora.diagnostics import error
from cora.ir.packets import Packet
from cora.ir.store import Store
from cora.traffic.assign import port_rules
from cora.traffic.replay import replay


def lint_for_match_action(job: Job, flows: int, output: Path | None, as_json: bool) -> tuple[bool, str]:
    """Whether nothing of the program must go inwards, and the report; with `output` the files too. Raises UserError
    C0778 if they can't be written."""
    store, packets = after_traffic(job)
    now_ns = packets[-1].time_ns if packets else 0
    chosen = list(islice(last_flows(packets), flows))
    job.show(f"making rules for {len(chosen)} flows")
    table = table_program(job.program, store, now_ns, chosen)
    text = table_json(table) if as_json else table_report(table, chosen)
    if output is not None:
        try:
            output.mkdir(parents=True, exist_ok=True)
            for name, data in table_files(job, table).items():
                (output / name).write_bytes(data)
        except OSError as failure:
            help = "give -o a folder that you may write"
            raise error("C0778", f"can't write rules to {output}: {failure.strerror}", help=help) from failure
    return not table.unfit, text


def after_traffic(job: Job) -> tuple[Store, list[Packet]]:
    """The state after the traffic, and its packets."""
    store = job.store()
    job.show(f"replaying {len(job.capture.frames):,} packets")
    packets = list(replay(job.capture, job.program, store, port_rules(job.spec)).packets)
    return store, packets


def last_flows(packets: list[Packet]) -> list[Match]:
    """The flows of packets, last seen first."""
    found = (ends_of(packet.data, packet.port) for packet in reversed(packets))
    return list(dict.fromkeys(flow for flow in found if flow is not None))


def table_files(job: Job, table: TableProgram) -> dict[str, bytes]:
    """The files of a table program by name. Interfaces are named after the ports of the nf.yaml."""
    devices = {port.number: port.name for port in job.spec.ports}
    return {"table.json": table_json(table).encode(), "flower.tc": flower_batch(table, devices).encode()}


def initial_files(job: Job) -> dict[str, bytes]:
    """The files for the state that a program starts with: rules that need no flow."""
    return table_files(job, table_program(job.program, job.store(), 0, ()))
