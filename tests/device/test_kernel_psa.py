"""PSA programs in the kernel: both pipelines as one program."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from kernel_helpers import assert_same

sys.path.insert(0, str(Path(__file__).parent.parent / "lower"))  # p4_programs, psa_programs

from p4_programs import lower
from psa_programs import SEND, psa

from cora.ir.packets import Dropped, Packet, Sent

pytestmark = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]


def test_egress_parses_again_and_tells_the_control_plane() -> None:
    program = lower(
        psa(
            f"{SEND} m.x = h.eth.b; if (h.eth.c == 5) {{ h.tag.setValid(); h.tag.kind = 8; }} "
            "if (h.eth.a == 0xFF) { h.eth.setInvalid(); }",
            egress_parser="pkt.extract(h.eth); transition select(h.eth.c) { 5 : tag; default : accept; } } "
            "state tag { pkt.extract(h.tag);",
            egress="if (m.x == 3) { egress_drop(ostd); } if (h.tag.isValid()) { h.tag.value = h.tag.kind + m.x; }",
            egress_deparse="pkt.emit(h);",
            deparse="if (h.eth.b == 2) { told.pack(h.eth); } pkt.emit(h);",
            deparser_locals="Digest<eth_h>() told;",
        )
    )
    heads = ("01020005", "01020006", "01030005", "ff020005", "ff020006", "0102")
    frames = [bytes.fromhex(head) + bytes(range(14)) for head in heads]
    results = assert_same(program, [Packet(frame, 1, n) for n, frame in enumerate(frames)])
    first, dropped, unparsed = results[0], results[2], results[3]
    assert isinstance(first, Sent) and first.data[:6].hex() == "01020005080a"
    assert first.digests[0].fields == (1, 2, 5)
    assert isinstance(dropped, Dropped) and dropped.reason == "egress_drop"
    assert isinstance(unparsed, Dropped) and unparsed.reason == "egress_unparsed"
