"""entries.json: what the control plane writes at first, in numbers, for whoever fills the maps without Cora."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict

from cora.nf.entries import AddEntry, SetDefault, Write, WriteMeter, WriteRegister


def entries_json(writes: Iterable[Write]) -> str:
    """The writes in order. Keys and values are in the order of the state's fields; `extra` is the prefix length, the
    mask or the end of a range (`KeyMatch`). Numbers have up to 128 bits."""
    return json.dumps([_write(write) for write in writes], indent=1) + "\n"


def _write(write: Write) -> dict[str, object]:
    match write:
        case AddEntry(state=state, entry=entry):
            key = [{"value": m.value, "extra": m.extra} for m in entry.key]
            return {"add": state, "key": key, "values": list(entry.values), "priority": entry.priority}
        case SetDefault(state=state, values=values):
            return {"default": state, "values": list(values)}
        case WriteRegister(state=state, index=index, values=values):
            return {"register": state, "index": index, "values": list(values)}
        case WriteMeter(state=state, index=index, rates=rates):
            return {"meter": state, "index": index, **asdict(rates)}
