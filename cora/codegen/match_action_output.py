"""The end of a way: how the packet that leaves differs from the one that came, in the words of such an engine."""

from __future__ import annotations

from dataclasses import replace

from cora.codegen.match_action import PORT_BITS, AddField, Bits, Match, Outcome, Rewrite, Rule, SetField, Timer
from cora.codegen.match_action_checksum import Form, add, form_of, updated
from cora.codegen.match_action_fields import Layers, layers_of, rewritable
from cora.codegen.match_action_path import NotExpressible, Path
from cora.ir.cfg import valid_var
from cora.ir.nodes import Bin, Const, Expr, Header, Var

Change = tuple[Bits, Expr, Expr, str]
"""Where, what stood there, what leaves, and the program's name for it."""


def forwarded(headers: dict[str, Header], path: Path, port: Expr) -> Rule:
    """The rule of a packet that leaves. Raises NotExpressible."""
    where = path.constant(port)
    if where is None:
        raise NotExpressible("no-action", "a port that only the packet tells")
    came = tuple(name for name, _ in path.headers)
    if path.emitted != came or any(path.constant(valid_var(name)) != 1 for name in came):
        raise NotExpressible("headers", "other headers leave than came in")
    end = path.headers[-1][1] + headers[came[-1]].width - PORT_BITS if came else 0
    if end != path.cursor_bits:
        raise NotExpressible("headers", "bytes are skipped between headers")
    changes = _changes(headers, path)
    layers = layers_of(path.match)
    sums = {c.bits: c for c in layers.checksums}
    plain = [change for change in changes if change[0] not in sums]
    rewrites = tuple(_rewrite(change, layers, path) for change in plain)
    for checksum in layers.checksums:
        covered = [c for c in plain if checksum.covers(c[0])]
        old, new = _at(headers, path, checksum.bits)
        if new is not None and old is not None:
            _check_sum(checksum.bits, old, new, [change[:3] for change in covered], path)
        elif covered:
            raise NotExpressible(
                "checksum", f"{checksum.name} covers what is rewritten, and the program leaves it alone"
            )
    return _with_timers(path, Outcome("forward", where, rewrites))


def _with_timers(path: Path, outcome: Outcome) -> Rule:
    idle = path.idle_ns
    for _, timeout_ns in path.fresh:
        idle = min(idle, timeout_ns) if idle else timeout_ns
    timers: tuple[Timer, ...] = tuple(dict.fromkeys((*path.touched, *path.written)))
    counted = replace(outcome, counts=path.counts, timers=timers, idle_ns=idle)
    return Rule(path.match, counted, path.min_bytes, tuple(dict.fromkeys(path.read)))


def finished(path: Path, reason: str) -> Rule:
    """The rule of a packet that is dropped."""
    return _with_timers(path, Outcome("drop", reason=reason))


def _changes(headers: dict[str, Header], path: Path) -> list[Change]:
    found: list[Change] = []
    for name, start in path.headers:
        offset = start
        for part in headers[name].fields:
            bits = Bits(offset, part.width)
            before = path.resolve(Var(f"@{offset}", part.width))
            after = path.resolve(Var(f"{name}.{part.name}", part.width))
            if before != after:
                found.append((bits, before, after, f"{name}.{part.name}"))
            offset += part.width
    return found


def _at(headers: dict[str, Header], path: Path, bits: Bits) -> tuple[Expr | None, Expr | None]:
    """What stood at a place that is one field of the program, and what leaves; (None, None) if it is none."""
    for name, start in path.headers:
        offset = start
        for part in headers[name].fields:
            if Bits(offset, part.width) == bits:
                return path.resolve(Var(f"@{offset}", part.width)), path.resolve(Var(f"{name}.{part.name}", part.width))
            offset += part.width
    return None, None


def _rewrite(change: Change, layers: Layers, path: Path) -> Rewrite:
    bits, before, after, field = change
    name, span = rewritable(layers, bits), path.spans.get(field)
    if name is None:
        raise NotExpressible("no-action", f"{field} is rewritten", span)
    match after:
        case Const(value=value):
            return SetField(bits, value)
        case Bin(op="sub", a=a, b=Const(value=1)) if a == before and name == "ttl":
            _not_zero(bits, path)
            return AddField(bits, (1 << bits.width) - 1)
        case _:
            raise NotExpressible("no-action", f"{field} is set to what only the packet tells", span)


def _not_zero(bits: Bits, path: Path) -> None:
    zero = replace(path, never=()).narrowed(Match(bits.mask(), 0))
    if zero is not None and not any(zero.match.within(other) for other in path.never):
        raise NotExpressible("no-action", "a TTL that may be 0 is counted down")


def _check_sum(bits: Bits, old: Expr, new: Expr, covered: list[tuple[Bits, Expr, Expr]], path: Path) -> None:
    if not covered:
        if old != new:
            raise NotExpressible("checksum", "a checksum changes, and nothing that it covers does")
        return
    if isinstance(old, Const) and old == new == Const(0, 16):
        return  # a UDP packet without a checksum stays one
    ours = _known(form_of(new, path.sums), path)
    if ours != _known(updated(bits, old, covered, path.sums), path):
        raise NotExpressible("checksum", "a checksum that isn't the one of what is rewritten")


def _known(form: Form, path: Path) -> Form:
    """The form with the values of bits that are known put in: some were not when it was made."""
    total: Form = {}
    for name, times in form.items():
        if name:
            place, bits = name.rsplit(":", 1)
            total = add(total, form_of(path.resolve(Var(place, int(bits))), path.sums), times)
        else:
            total = add(total, {"": times})
    return total
