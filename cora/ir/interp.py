"""The reference interpreter: the meaning of the IR, one packet at a time.

It is exact and slow on purpose: an operation is a method, an expression is walked each time. `cora.ir.compiled` makes
a Python function of a program that gives the same results faster; the tests hold them together.

The draws of `Random` are counted in the variable `$draws` (32 bits, 0 at first), so that a hand-off can carry the count
and the next engine goes on with the next number.
"""

from __future__ import annotations

from collections.abc import Iterable

from cora.ir.errors import IrError, unknown_extern
from cora.ir.evaluate import evaluate
from cora.ir.hashes import ALGORITHMS, ones_complement_sum, splitmix64
from cora.ir.nodes import (
    INPUTS,
    Access,
    Advance,
    Assign,
    Branch,
    Checksum,
    Copy,
    Digest,
    Drop,
    Emit,
    Expr,
    Extract,
    Foreign,
    Forward,
    Goto,
    HandOff,
    Hash,
    Lookahead,
    Op,
    Program,
    Random,
    Room,
    SetValid,
    Switch,
    Terminator,
    width,
)
from cora.ir.packets import (
    Copied,
    DigestMessage,
    Dropped,
    Entered,
    HandedOff,
    Packet,
    Result,
    Sent,
    Trace,
    TracedAccess,
)
from cora.ir.store import FlowEntry, FlowTable, Store, no_values

__all__ = [
    "DigestMessage",
    "Dropped",
    "Entered",
    "HandedOff",
    "Packet",
    "Result",
    "Sent",
    "Trace",
    "TracedAccess",
    "run",
]


def run(
    program: Program,
    store: Store,
    packet: Packet,
    *,
    entered: Entered | None = None,
    trace: Trace | None = None,
) -> Result:
    """Runs a packet through a program, changing the store; see `Packet` and `Entered` for the two ways in.

    Raises IrError where the program breaks the rules of the IR.
    """
    return PacketRun(program, store, packet, trace).result(entered)


def pack(values: Iterable[tuple[int, int]]) -> bytes:
    """(value, width) pairs, concatenated most significant first and padded with zero bits to whole bytes."""
    number = bits = 0
    for value, size in values:
        number = number << size | value
        bits += size
    padding = -bits % 8
    return (number << padding).to_bytes((bits + padding) // 8, "big")


class PacketRun:
    """One packet on its way: variables, cursor, output. `cora.ir.stepwise` stops it between accesses."""

    def __init__(self, program: Program, store: Store, packet: Packet, trace: Trace | None) -> None:
        self.program = program
        self.blocks = {block.name: block for block in program.blocks}
        self.headers = {header.name: header for header in program.headers}
        self.states = {state.name: state for state in program.states}
        self.store = store
        self.data = packet.data
        self.cursor = 0
        self.output = bytearray()
        self.digests: list[DigestMessage] = []
        self.copies: list[Copied] = []
        self.trace = trace
        length = len(packet.data) if packet.length is None else packet.length
        inputs = (packet.port, length, packet.time_ns, packet.seed, 0)
        self.variables = {var.name: value & ((1 << var.width) - 1) for var, value in zip(INPUTS, inputs, strict=True)}

    def result(self, entered: Entered | None) -> Result:
        name = self.program.blocks[0].name if entered is None else self.enter(entered)
        while True:
            block = self.blocks[name]
            if self.trace is not None:
                self.trace.blocks.append(name)
            for op in block.ops:
                self.do(op)
            end = self.finish(block.end)
            if not isinstance(end, str):
                return end
            name = end

    def enter(self, entered: Entered) -> str:
        for resume in self.program.resumes:
            if resume.point == entered.resume:
                self.variables["$resume"] = entered.resume
                self.variables |= {v.name: x for v, x in zip(resume.into, entered.values, strict=True)}
                return resume.block
        raise IrError(f"{self.program.name} has no resume point {entered.resume}")

    # ------------------------------------------------------------ values

    def value(self, expr: Expr) -> int:
        return evaluate(expr, self.variables)

    def tuple(self, exprs: Iterable[Expr]) -> tuple[int, ...]:
        return tuple(self.value(expr) for expr in exprs)

    def packed(self, exprs: Iterable[Expr]) -> bytes:
        return pack((self.value(expr), width(expr)) for expr in exprs)

    @property
    def remaining_bits(self) -> int:
        return len(self.data) * 8 - self.cursor

    def bits(self, count: int) -> int:
        """The next bits behind the cursor."""
        if count > self.remaining_bits:
            raise IrError(f"read of {count} bits where {self.remaining_bits} remain: no Room was asked for")
        last = (self.cursor + count + 7) // 8
        part = int.from_bytes(self.data[self.cursor // 8 : last], "big")
        return part >> (last * 8 - self.cursor - count) & ((1 << count) - 1)

    def payload(self) -> bytes:
        if self.cursor % 8:
            raise IrError(f"the cursor stands at bit {self.cursor}, not between bytes")
        return self.data[self.cursor // 8 :]

    # ------------------------------------------------------------ operations

    def do(self, op: Op) -> None:
        match op:
            case Assign(dst=dst, value=value):
                self.variables[dst.name] = self.value(value)
            case Room(dst=dst, bits=bits):
                self.variables[dst.name] = int(self.value(bits) <= self.remaining_bits)
            case Extract(header=header):
                self.extract(header)
            case Lookahead(dst=dst):
                self.variables[dst.name] = self.bits(dst.width)
            case Advance(bits=bits):
                self.advance(self.value(bits))
            case Emit(header=header):
                self.emit(header)
            case SetValid(header=header, valid=valid):
                self.variables[f"{header}.$valid"] = int(valid)
            case Hash(dst=dst, algorithm=algorithm, inputs=inputs):
                result = ALGORITHMS[algorithm](self.packed(inputs))
                self.variables[dst.name] = result & ((1 << dst.width) - 1)
            case Checksum():
                self.variables[op.dst.name] = self.checksum(op)
            case Random():
                self.variables[op.dst.name] = self.random(op)
            case Access():
                self.access(op)
            case Digest(receiver=receiver, fields=fields):
                self.digests.append(DigestMessage(receiver, self.tuple(fields)))
            case Copy():
                self.copy(op)
            case Foreign():
                raise unknown_extern(op)

    def copy(self, op: Copy) -> None:
        match op.frame:
            case "received":
                frame = self.data
            case "emitted":
                frame = bytes(self.output) + self.payload()
            case "rest":
                frame = self.payload()
        self.copies.append(Copied(op.to, self.value(op.which), op.resume, self.tuple(op.live), frame))

    def advance(self, bits: int) -> None:
        if bits > self.remaining_bits:
            raise IrError(f"advance over {bits} bits where {self.remaining_bits} remain: no Room was asked for")
        self.cursor += bits

    def extract(self, name: str) -> None:
        for field in self.headers[name].fields:
            self.variables[f"{name}.{field.name}"] = self.bits(field.width)
            self.cursor += field.width
        self.variables[f"{name}.$valid"] = 1

    def emit(self, name: str) -> None:
        if self.variables.get(f"{name}.$valid", 0):
            fields = self.headers[name].fields
            self.output += pack((self.variables.get(f"{name}.{f.name}", 0), f.width) for f in fields)

    def checksum(self, op: Checksum) -> int:
        def words(exprs: Iterable[Expr]) -> bytes:
            data = self.packed(exprs)
            return data + b"\0" * (len(data) % 2)

        removed = words(op.removed)
        total = self.value(op.start) + int.from_bytes(words(op.added), "big")
        total += int.from_bytes(bytes(0xFF - byte for byte in removed), "big")
        if op.payload:
            payload = self.payload()
            total += int.from_bytes(payload + b"\0" * (len(payload) % 2), "big")
        return ones_complement_sum(total)

    def random(self, op: Random) -> int:
        draws = self.variables.get("$draws", 0)
        self.variables["$draws"] = draws + 1
        mask = (1 << width(op.lo)) - 1
        lo = self.value(op.lo)
        span = ((self.value(op.hi) - lo) & mask) + 1
        return (lo + splitmix64(self.variables["$seed"], draws) % span) & ((1 << op.dst.width) - 1)

    # ------------------------------------------------------------ states

    def access(self, op: Access) -> None:
        match self.states[op.state].kind:
            case "table":
                self.table(op)
            case "flow_table":
                self.flow_table(op)
            case "register":
                self.register(op)
            case "counter":
                key = self.tuple(op.key)
                hit = self.store.counters[op.state].count(key[0], self.variables["$length"])
                self.note(op, key, hit)
            case "meter":
                self.meter(op)
            case "gate":
                self.gate(op)

    def note(self, op: Access, key: tuple[int, ...], hit: bool) -> None:
        if self.trace is not None and (self.trace.all_states or op.state in self.store.flow_tables):
            self.trace.accesses.append(TracedAccess(op.state, op.kind, key, hit))

    def bind(self, op: Access, *values: int) -> None:
        for var, value in zip(op.results, values, strict=True):
            self.variables[var.name] = value

    def table(self, op: Access) -> None:
        key = self.tuple(op.key)
        table = self.store.tables[op.state]
        found = table.find(key)
        self.bind(op, int(found is not None), *(table.default if found is None else found))
        self.note(op, key, found is not None)

    def flow_table(self, op: Access) -> None:
        key, args = self.tuple(op.key), self.tuple(op.args)
        state = self.states[op.state]
        table = self.store.flow_tables[op.state]
        now = self.variables["$time"]
        match op.kind:
            case "lookup":
                values = table.lookup(key, now)
                hit = values is not None
                self.bind(op, int(hit), *(no_values(state) if values is None else values))
            case "insert":
                hit = table.put(key, args, now)
                self.bind(op, 0 if hit else 1)
            case "update":
                hit = table.update(key, op.field, args[0])
            case "touch":
                hit = table.touch(key, now)
            case "delete":
                hit = table.remove(key) is not None
            case "peek" | "evict" | "release":
                hit = self.tell(op, table, key, args)
            case "forget":
                hit = table.forget(key, args[0])
            case "offer":
                hit = table.offer(key, args[0])
            case "install":
                hit = table.install(key, args[1:], args[0])
            case "place":
                hit = table.place(key, args[0], args[2:], args[1])
            case "accept":
                hit = table.accept(key, args[0])
            case "merge":
                hit = args[0] == 1 and table.merge(key, args[1])
            case "adopt":
                hit = table.adopt(key, FlowEntry(args[3:], args[2], args[1]) if args[0] == 1 else None)
            case _:
                raise IrError(f"a flow table has no access {op.kind}")
        self.note(op, key, hit)

    def tell(self, op: Access, table: FlowTable, key: tuple[int, ...], args: tuple[int, ...]) -> bool:
        """peek, evict and release: what is stored under a key, or zeros."""
        entry = table.entries.get(key) if op.kind == "peek" else table.leave(key, args[0])
        if entry is None:
            self.bind(op, *(0 for _ in op.results))
            return False
        left = (entry.mark or 0,) if op.kind == "release" else ()
        self.bind(op, 1, *left, entry.last_ns, *(() if op.kind == "evict" else entry.values))
        return True

    def gate(self, op: Access) -> None:
        (slot,), args = self.tuple(op.key), self.tuple(op.args)
        gate = self.store.gates[op.state]
        hit = True
        match op.kind:
            case "stamp":
                self.bind(op, gate.stamp())
            case "issue":
                hit = gate.issue(slot, args[0])
            case "arrive":
                hit = gate.arrive(slot, args[0])
            case "send":
                hit = gate.send(slot)
            case "receive":
                hit = gate.receive(slot)
            case "depart":
                hit = gate.depart(slot)
            case "idle":
                hit = gate.idle(slot)
                self.bind(op, int(hit))
            case "current":
                hit = gate.current(slot, args[0])
                self.bind(op, int(hit))
            case _:
                raise IrError(f"a gate has no access {op.kind}")
        self.note(op, (slot,), hit)

    def register(self, op: Access) -> None:
        key = self.tuple(op.key)
        register = self.store.registers[op.state]
        hit = key[0] < register.state.capacity
        match op.kind:
            case "read":
                self.bind(op, *register.read(key[0]))
            case "write":
                register.write(key[0], self.tuple(op.args))
            case "rmw":
                self.bind(op, *register.read(key[0]))
                register.write(key[0], self.tuple(op.args))
            case "merge_max":
                found, *values = self.tuple(op.args)
                hit = found == 1 and register.merge_max(key[0], tuple(values))
            case _:
                raise IrError(f"a register has no access {op.kind}")
        self.note(op, key, hit)

    def meter(self, op: Access) -> None:
        key, (amount, colour) = self.tuple(op.key), self.tuple(op.args)
        meter = self.store.meters[op.state]
        self.bind(op, meter.execute(key[0], self.variables["$time"], amount, colour))
        self.note(op, key, key[0] < meter.state.capacity)

    # ------------------------------------------------------------ ends of blocks

    def finish(self, end: Terminator) -> str | Result:
        match end:
            case Goto(target=target):
                return target
            case Branch(cond=cond, then=then, orelse=orelse):
                return then if self.value(cond) else orelse
            case Switch(value=value, cases=cases, default=default):
                return dict(cases).get(self.value(value), default)
            case Forward(port=port, length=length):
                frame = bytes(self.output) + self.payload()
                limit = len(frame) if length is None else self.value(length)
                return Sent(self.value(port), frame[:limit], *self.aside())
            case Drop(reason=reason):
                return Dropped(reason, *self.aside())
            case HandOff(engine=engine, resume=resume, live=live, frame=frame):
                carried = self.data if frame == "received" else bytes(self.output) + self.payload()
                return HandedOff(engine, resume, self.tuple(live), carried, *self.aside())

    def aside(self) -> tuple[tuple[DigestMessage, ...], tuple[Copied, ...]]:
        """What comes out beside the packet."""
        return tuple(self.digests), tuple(self.copies)
