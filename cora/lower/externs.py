"""What the extern functions and methods of the architectures mean: tables from names to lowering functions."""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.lower import extern_direct, extern_meters, extern_objects, extern_pna, extern_psa, extern_v1model
from cora.lower.context import Context, ObjectInst, Packet, unsupported
from cora.lower.packets import PACKET_IN, emit, no_reading, verify
from cora.lower.values import Value

Function = Callable[[Context, ast.Call], Value]
Method = Callable[[Context, ObjectInst, str, ast.Call], Value]

_FUNCTIONS: dict[str, Function] = {
    "verify": verify,
    **extern_pna.FUNCTIONS,
    **extern_psa.FUNCTIONS,
    **extern_v1model.FUNCTIONS,
}

_METHODS: dict[str, Method] = {
    "Register": extern_objects.register,
    "register": extern_objects.register,
    "Counter": extern_objects.counter,
    "counter": extern_objects.counter,
    "Meter": extern_meters.meter,
    "meter": extern_meters.meter,
    "Hash": extern_objects.hash_object,
    "InternetChecksum": extern_objects.internet_checksum,
    "Checksum": extern_objects.checksum_object,
    "Random": extern_objects.random_object,
    "DirectCounter": extern_direct.direct_counter,
    "direct_counter": extern_direct.direct_counter,
    "DirectMeter": extern_direct.direct_meter,
    "direct_meter": extern_direct.direct_meter,
    "Digest": extern_objects.digest_object,
}


def call_function(cx: Context, name: str, call: ast.Call) -> Value:
    """A call of an extern function."""
    function = _FUNCTIONS.get(name)
    if function is None:
        raise unsupported(f"{name}()", call.span, "Cora lowers: " + ", ".join(sorted(_FUNCTIONS)))
    return function(cx, call)


def call_method(cx: Context, target: ast.MethodTarget, call: ast.Call) -> Value:
    """A call of a method of an extern object."""
    owner = target.owner
    found = cx.env.find(owner.symbol) if isinstance(owner, ast.Name) else None
    if isinstance(found, Packet):
        if target.method == "emit":
            return emit(cx, call)
        if cx.parser.reject is None:
            raise unsupported(f"{target.method}() outside of a parser", call.span, "read the packet in parser states")
        read = no_reading if cx.emitted is not None and target.method != "length" else PACKET_IN[target.method]
        return read(cx, call)
    method = _METHODS.get(target.extern)
    if method is None or not isinstance(found, ObjectInst):
        help = "Cora lowers: " + ", ".join(sorted(_METHODS))
        raise unsupported(f"{target.extern}.{target.method}()", call.span, help)
    return method(cx, found, target.method, call)
