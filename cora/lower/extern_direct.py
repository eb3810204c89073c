"""Direct counters and meters: a cell for each entry of the table that they belong to, found by the entry's number."""

from __future__ import annotations

from cora.frontend import ast
from cora.ir.meters import GREEN
from cora.ir.nodes import Access, Const, Var
from cora.ir.store import ROW
from cora.lower.arguments import give, number
from cora.lower.context import Context, ObjectInst, TableInst, unsupported
from cora.lower.extern_meters import amount_of, counts_packets, execute, level
from cora.lower.places import resize
from cora.lower.table_states import DIRECT_COUNTERS, direct_object
from cora.lower.values import VOID, Scalar, Value


def _row(cx: Context, made: ObjectInst, call: ast.Call) -> Var | None:
    """The number of the entry whose action is running; None for a table that has no entries."""
    if not cx.tables:
        raise unsupported(f"{made.name} outside of an action of its table", call.span, "use it in the table's actions")
    results = cx.tables[-1].results
    return next((v for v in results if v.name.endswith("." + ROW)), None)


def count_automatically(cx: Context, table: TableInst, results: tuple[Var, ...]) -> None:
    """v1model's direct counters count every packet that hits, whether an action says so or not (as in BMv2)."""
    made = direct_object(table, DIRECT_COUNTERS[:1])
    if made is not None:
        row = next(v for v in results if v.name.endswith("." + ROW))
        cx.builder.emit(Access(made.state, "count", (row,)))


def direct_counter(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`count()` of PNA and PSA. That of v1model has no effect: it counts by itself."""
    row = _row(cx, made, call)
    if made.extern == "DirectCounter" and row is not None:
        cx.builder.emit(Access(made.state, "count", (row,)))
    return VOID


def direct_meter(cx: Context, made: ObjectInst, method: str, call: ast.Call) -> Value:
    """`execute([color])`, `dpdk_execute([color,] pkt_len)`, and `read(out result)` of v1model."""
    row = _row(cx, made, call)
    names = [p.name for p in call.target.proto.params] if isinstance(call.target, ast.MethodTarget) else []
    colour = number(cx, call, names.index("color")) if "color" in names else Const(GREEN, 8)
    amount = amount_of(made, index=0)
    if "pkt_len" in names and not counts_packets(made, index=0):
        amount = resize(number(cx, call, names.index("pkt_len")), 32)
    found = Const(GREEN, 8) if row is None else execute(cx, made, row, amount, colour)
    if method == "read":
        give(cx, call, 0, Scalar(level(call, 0, found)))
        return VOID
    return Scalar(found)
