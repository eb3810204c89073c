"""What the extern functions and methods of the architectures mean: tables from names to lowering functions."""

from __future__ import annotations

from collections.abc import Callable

from cora.frontend import ast
from cora.lower import extern_bpf, extern_direct, extern_meters, extern_objects, extern_pna, extern_psa, extern_v1model
from cora.lower.context import Context, ObjectInst, Packet, unsupported
from cora.lower.extern_foreign import call_foreign
from cora.lower.extern_own import declared_as_psa
from cora.lower.packets import PACKET_IN, emit, verify
from cora.lower.reparse import NotJoined
from cora.lower.values import Value

Function = Callable[[Context, ast.Call], Value]
Method = Callable[[Context, ObjectInst, str, ast.Call], Value]

_FUNCTIONS: dict[str, dict[str, Function]] = {
    "pna-a": extern_pna.FUNCTIONS,
    "pna-b": extern_pna.FUNCTIONS,
    "psa": extern_psa.FUNCTIONS,
    "v1model": extern_v1model.FUNCTIONS,
    "ubpf": extern_bpf.UBPF_FUNCTIONS,
    "xdp": extern_bpf.XDP_FUNCTIONS,
}
"""By architecture: what its functions mean."""
_FUNCTIONS_OF_ALL: dict[str, Function] = {
    "verify": verify,
    "assert": extern_v1model.nothing,
    "assume": extern_v1model.nothing,
    "log_msg": extern_v1model.nothing,
    "static_assert": extern_v1model.nothing,
}

_OF_PSA_AND_PNA: dict[str, Method] = {
    "Register": extern_objects.register,
    "Counter": extern_objects.counter,
    "Meter": extern_meters.meter,
    "Hash": extern_objects.hash_object,
    "InternetChecksum": extern_objects.internet_checksum,
    "Checksum": extern_objects.checksum_object,
    "Random": extern_objects.random_object,
    "DirectCounter": extern_direct.direct_counter,
    "DirectMeter": extern_direct.direct_meter,
    "Digest": extern_objects.digest_object,
}
_METHODS: dict[str, dict[str, Method]] = {
    "pna-a": _OF_PSA_AND_PNA,
    "pna-b": _OF_PSA_AND_PNA,
    "psa": _OF_PSA_AND_PNA,
    "ebpf": {"CounterArray": extern_bpf.counter_array},
    "xdp": {"CounterArray": extern_bpf.counter_array},
    "ubpf": {"Register": extern_objects.register},
    "v1model": {
        "register": extern_objects.register,
        "counter": extern_objects.counter,
        "meter": extern_meters.meter,
        "direct_counter": extern_direct.direct_counter,
        "direct_meter": extern_direct.direct_meter,
    },
}
"""By architecture: what the methods of its objects mean."""


def call_function(cx: Context, name: str, call: ast.Call) -> Value:
    """A call of an extern function."""
    known = _FUNCTIONS.get(cx.typed.arch, {}) | _FUNCTIONS_OF_ALL
    function = known.get(name)
    if function is None:
        assert isinstance(call.target, ast.ExternTarget)
        return call_foreign(cx, name, call, call.target.proto)
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
        if cx.emitted is not None:
            raise NotJoined  # of an egress parser that joins ingress only `extract` gets by (see `cora.lower.parsers`)
        return PACKET_IN[target.method](cx, call)
    own = cx.typed.arch == "own" and declared_as_psa(cx.typed, target.extern)
    known = _OF_PSA_AND_PNA if own else _METHODS.get(cx.typed.arch, {})
    method = known.get(target.extern)
    if method is None or not isinstance(found, ObjectInst):
        name = found.name if isinstance(found, ObjectInst) else target.extern
        return call_foreign(cx, f"{name}.{target.method}", call, target.proto, found)
    return method(cx, found, target.method, call)
