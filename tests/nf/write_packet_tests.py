"""Writes nf_programs/*/tests/*.stf anew from the scripts beside this file: `python tests/nf/write_packet_tests.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import ddos_mitigation_scripts
import dns_cache_scripts
import firewall_scripts
import flow_monitor_scripts
import heavy_hitter_scripts
import kv_cache_scripts
import load_balancer_scripts
import nat_scripts
import rate_limiter_scripts
import syn_proxy_scripts
import upf_scripts
import vxlan_gateway_scripts

ROOT = Path(__file__).resolve().parents[2]
NFS = {
    "dns_cache": dns_cache_scripts.SCRIPTS,
    "nat": nat_scripts.SCRIPTS,
    "ddos_mitigation": ddos_mitigation_scripts.SCRIPTS,
    "firewall": firewall_scripts.SCRIPTS,
    "flow_monitor": flow_monitor_scripts.SCRIPTS,
    "heavy_hitter": heavy_hitter_scripts.SCRIPTS,
    "kv_cache": kv_cache_scripts.SCRIPTS,
    "load_balancer": load_balancer_scripts.SCRIPTS,
    "rate_limiter": rate_limiter_scripts.SCRIPTS,
    "syn_proxy": syn_proxy_scripts.SCRIPTS,
    "upf": upf_scripts.SCRIPTS,
    "vxlan_gateway": vxlan_gateway_scripts.SCRIPTS,
}


def packet_tests() -> Iterator[tuple[Path, str]]:
    """Path and text of every test."""
    for nf, scripts in NFS.items():
        for name, script in scripts.items():
            yield ROOT / "nf_programs" / nf / "tests" / f"{name}.stf", script().text


if __name__ == "__main__":
    for path, text in packet_tests():
        path.write_text(text)
