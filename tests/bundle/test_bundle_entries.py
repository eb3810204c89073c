"""entries.json: every kind of write of the control plane, in numbers."""

from __future__ import annotations

import json

from cora.bundle.entries import entries_json
from cora.diagnostics import Source, Span
from cora.ir.meters import MeterRates
from cora.ir.nodes import Entry, KeyMatch
from cora.nf.entries import AddEntry, SetDefault, WriteMeter, WriteRegister

SPAN = Span(Source("entries.yaml", "x"), 0, 1)


def test_writes_in_order() -> None:
    writes = (
        AddEntry("routes", Entry((KeyMatch(10 << 24, 8),), (1, 7)), SPAN),
        SetDefault("routes", (0, 0), SPAN),
        WriteRegister("limits", 3, (1 << 127,), SPAN),
        WriteMeter("tenants", 2, MeterRates(1000, 10, 2000, 20), SPAN),
    )
    assert json.loads(entries_json(writes)) == [
        {"add": "routes", "key": [{"value": 10 << 24, "extra": 8}], "values": [1, 7], "priority": 0},
        {"default": "routes", "values": [0, 0]},
        {"register": "limits", "index": 3, "values": [1 << 127]},
        {"meter": "tenants", "index": 2, "cir": 1000, "cbs": 10, "pir": 2000, "pbs": 20},
    ]
