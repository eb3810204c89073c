"""How well a measured host (`cora calibrate`) predicts what the lab measures: the host's time a packet for each bundled
network function, whole and split for the soft NIC, and their ratio.

    .venv/bin/python benchmarks/host_prediction.py [HOST.yaml [ROUNDS]]      (root)

Without a file the host is calibrated first. Goal: the ratio within 15%, as a median over the functions of whose packets
the host still has some; of the others neither lab nor model leaves the host anything.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from cora.cli.planning import plan_for
from cora.cli.steps import Job
from cora.lab.calibration import calibrate
from cora.lab.cost import Configuration, host_cost, quartiles
from cora.lab.host_file import host_file, this_machine
from cora.lab.player import Player
from cora.lab.prediction import predict_cost
from cora.lab.topology import bed
from cora.nf.spec import bundled_names, load_nf
from cora.plan import PlanRequest
from cora.split import split_program, whole

GOAL = 0.15


def main(host: str, rounds: int) -> None:
    wholes: list[float] = []
    ratios: list[float] = []
    print(f"{'lab, host file, soft NIC':24}{'whole, ns':>15}{'split, ns':>28}{'ratio':>28}")
    for name in bundled_names():
        job = Job(load_nf(name))
        plan = plan_for(job, "softnic", PlanRequest(baselines=False))
        split, alone = split_program(job.graph, plan), whole(job.program)
        ports = tuple(port.number for port in job.spec.ports)
        if len(split.engines) == 1:
            print(f"{name:16} nothing is split")
            continue
        with (
            Player() as player,
            bed(ports, ["host"]) as one,
            bed(ports, [e.engine for e in split.engines]) as two,
        ):
            configurations = Configuration(alone, one), Configuration(split, two)
            cost = host_cost(player, job.store, job.replay.packets, *configurations, rounds, lambda _: None)
        whole_ns, split_ns = (
            statistics.median(r.host_ns_per_packet for r in part) for part in (cost.whole, cost.split)
        )
        _, ratio, _ = quartiles(cost.ratios)
        new, old = (predict_cost(job.graph, job.profile, plan, file) for file in (host, ""))
        if new is None or old is None:
            print(f"{name:16} no prediction")
            continue
        wholes.append(abs(new.whole_ns / whole_ns - 1))
        if ratio:
            ratios.append(abs(new.ratio / ratio - 1))
        print(
            f"{name:16}{whole_ns:14.0f}{new.whole_ns:9.0f}{old.whole_ns:9.0f}"
            f"{split_ns:12.0f}{new.split_ns:8.0f}{old.split_ns:8.0f}{ratio:14.3f}{new.ratio:7.3f}{old.ratio:7.3f}",
            flush=True,
        )
    print(f"error of the whole program's time with the host file: median {100 * statistics.median(wholes):.0f}%")
    found = statistics.median(ratios)
    verdict = "met" if found <= GOAL else "MISSED"
    print(
        f"error of the ratio: median {100 * found:.0f}% over {len(ratios)} functions; goal {100 * GOAL:.0f}%: {verdict}"
    )


if __name__ == "__main__":
    file = sys.argv[1] if len(sys.argv) > 1 else ""
    if not file:
        file = str(Path(tempfile.mkdtemp()) / "host.yaml")
        Path(file).write_text(host_file(calibrate(7, 120.0, print), this_machine()))
    main(file, int(sys.argv[2]) if len(sys.argv) > 2 else 5)
