"""Runs packet tests (STF) on anything that runs programs and has a control plane: a `StfExecutor`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from cora.diagnostics import Diagnostic, Source, Span, UserError, error
from cora.ir.interp import run
from cora.ir.nodes import Digest, Entry, Program, State
from cora.ir.packets import DigestMessage, Dropped, Packet, Result, Sent
from cora.ir.replicate import Replica, Replication, run_copies
from cora.ir.store import Snapshot, Store
from cora.nf.build import build_program
from cora.nf.entries import (
    AddEntry,
    SetDefault,
    Write,
    WriteRegister,
    apply_entries,
    load_entries,
    match_name,
    parameters,
    vocabulary,
)
from cora.nf.spec import NfSpec
from cora.nf.values import Vocabulary, match_any, match_of, number
from cora.nf.yaml_text import nearest
from cora.verify.executors import Executor
from cora.verify.stf_text import (
    Add,
    AddClone,
    Call,
    CheckCounter,
    Command,
    Define,
    Expect,
    ExpectDigest,
    JoinGroup,
    LoadEntries,
    MakeNode,
    NoPacket,
    RegisterCommand,
    Send,
    SetDefaultAction,
    SetTime,
    Word,
    parse_stf,
)

START_NS = 1_000_000_000
"""The clock of a test at its start."""
_WILDCARD = re.compile(r"0x[0-9a-fA-F*]*\*[0-9a-fA-F*]*|0b[01*]*\*[01*]*|0o[0-7*]*\*[0-7*]*")


class StfExecutor(Executor, Protocol):
    """What a test runs on: a program and its state, however it is executed, with a control plane."""

    @property
    def program(self) -> Program:
        """The unsplit program: names of tables, actions, counters and registers."""
        ...

    def write(self, writes: Iterable[Write]) -> None:
        """Writes of the control plane; UserError C0416 if they are refused."""
        ...


@dataclass(slots=True)
class InterpreterExecutor:
    """The reference: the whole program on the interpreter."""

    program: Program
    store: Store
    name: str = "interpreter, whole"

    def run(self, packet: Packet) -> Result:
        return run(self.program, self.store, packet)

    @property
    def replication(self) -> Replication:
        return self.store.replication

    def run_copies(self, packet: Packet) -> tuple[Result, ...]:
        """The verdicts of a packet and of everything that was copied of it."""
        return run_copies(lambda p, e: run(self.program, self.store, p, entered=e), self.replication, packet)

    def snapshot(self) -> Snapshot:
        return self.store.snapshot()

    def write(self, writes: Iterable[Write]) -> None:
        apply_entries(self.store, writes)


@dataclass(slots=True)
class StfReport:
    packets: int = 0
    checks: int = 0
    """Expectations, of packets, counters and registers, that were looked at."""
    failures: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def raise_if_failed(self) -> None:
        """UserError with all failures (C0432), if there are any."""
        if self.failures:
            raise UserError(*self.failures)


def read_stf(path: Path) -> tuple[Command, ...]:
    """The commands of a file; UserError C0406 if it can't be read, C0430 for its mistakes."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise error(
            "C0406", f"the packet test can't be read: {problem}", where=str(path), help="check the path"
        ) from None
    return parse_stf(Source(str(path), text))


def run_stf_file(path: Path, spec: NfSpec) -> StfReport:
    """Runs a test of a network function on the interpreter, from an empty state."""
    commands = read_stf(path)
    program = build_program(spec, defines=defines(commands))
    return run_stf(commands, InterpreterExecutor(program, Store(program)), vocabulary(spec))


def defines(commands: Iterable[Command]) -> tuple[str, ...]:
    """The macros that a test wants the program to be built with."""
    return tuple(c.text for c in commands if isinstance(c, Define))


def run_stf(commands: Iterable[Command], executor: StfExecutor, words: Vocabulary | None = None) -> StfReport:
    """Runs a test. Failed expectations are in the report; UserError C0431 for names that the program doesn't have."""
    return _Run(executor, words or Vocabulary()).all(commands)


@dataclass(slots=True)
class _Output:
    """A packet that came out, and the command that sent it in."""

    sent: Sent
    cause: Send


@dataclass(slots=True)
class _Told:
    """A digest that the control plane got, and the command that caused it."""

    digest: DigestMessage
    cause: Send


@dataclass(slots=True)
class _Run:
    executor: StfExecutor
    words: Vocabulary
    now_ns: int = START_NS
    outputs: dict[int, list[_Output]] = field(default_factory=dict[int, list[_Output]])
    expected: dict[int, list[Expect]] = field(default_factory=dict[int, list[Expect]])
    digests: list[_Told] = field(default_factory=list[_Told])
    expected_digests: list[ExpectDigest] = field(default_factory=list[ExpectDigest])
    report: StfReport = field(default_factory=StfReport)
    nodes: list[tuple[Replica, ...]] = field(default_factory=list[tuple[Replica, ...]])
    """Of multicast, in the order in which they were made."""
    followers: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """(session, group): sessions whose members are those of a group."""

    def all(self, commands: Iterable[Command]) -> StfReport:
        for command in commands:
            self.command(command)
        self.compare()
        self.nothing_left()
        return self.report

    def command(self, command: Command) -> None:
        match command:
            case Send():
                self.report.packets += 1
                for result in self.sent_in(command):
                    if isinstance(result, Sent):
                        self.outputs.setdefault(result.port, []).append(_Output(result, command))
                    if isinstance(result, Sent | Dropped):
                        self.digests += (_Told(digest, command) for digest in result.digests)
            case Expect():
                self.expected.setdefault(command.port, []).append(command)
            case ExpectDigest():
                self.expected_digests.append(command)
            case NoPacket():
                self.report.checks += 1
                self.compare()
                self.nothing_left()
            case SetTime(ns=ns, relative=relative):
                self.now_ns = self.now_ns + ns if relative else ns
            case Add() | SetDefaultAction():
                self.executor.write((self.table_write(command),))
            case LoadEntries(path=path):
                self.executor.write(load_entries(path, self.executor.program, self.words))
            case CheckCounter():
                self.check_counter(command)
            case RegisterCommand():
                self.register(command)
            case AddClone() | MakeNode() | JoinGroup():
                self.replicate(command)
            case Define():
                pass  # was used when the program was built

    # ------------------------------------------------------------ packets

    def sent_in(self, command: Send) -> tuple[Result, ...]:
        packet = Packet(command.data, command.port, self.now_ns)
        if isinstance(self.executor, InterpreterExecutor):
            return self.executor.run_copies(packet)
        try:
            return (self.executor.run(packet),)
        except UserError as problem:  # such as a frame that the kernel doesn't run
            raise UserError(*(replace(d, span=d.span or command.span) for d in problem.diagnostics)) from None

    def fail(self, span: Span, message: str, help: str) -> None:
        self.report.failures.append(Diagnostic("C0432", message, span, help=help))

    def compare(self) -> None:
        """Pairs what is expected with what came out, port by port, in order."""
        for port, expected in self.expected.items():
            outputs = self.outputs.setdefault(port, [])
            if outputs and expected and all(e.nibbles is None for e in expected):
                # As on BMv2: whatever comes out of this port, and as much as comes.
                self.report.checks += len(expected)
                expected.clear()
                outputs.clear()
            while expected and outputs:
                self.report.checks += 1
                want, got = expected.pop(0), outputs.pop(0)
                difference = _difference(want, got.sent.data)
                if difference:
                    self.fail(want.span, difference, f"came out: {got.sent.data.hex()}")
        while self.expected_digests and self.digests:
            self.report.checks += 1
            self.compare_digest(self.expected_digests.pop(0), self.digests.pop(0).digest)

    def compare_digest(self, want: ExpectDigest, got: DigestMessage) -> None:
        name, found = want.receiver.string, " ".join(map(hex, got.fields))
        known = {op.receiver for b in self.executor.program.blocks for op in b.ops if isinstance(op, Digest)}
        receiver = self.resolved(name, known)
        if receiver is None:
            raise want.receiver.fail("C0431", f"the program has no digest {name!r}", nearest(name, known))
        if receiver != got.receiver or len(want.fields) != len(got.fields):
            self.fail(want.span, f"a digest {got.receiver} of {len(got.fields)} fields came instead", found)
            return
        for at, (word, value) in enumerate(zip(want.fields, got.fields, strict=True)):
            if word.string != "*" and number(word, "", 128, self.words) != value:
                self.fail(word.span, f"field {at} of the digest is {value:#x}", f"all of it: {found}")

    def nothing_left(self) -> None:
        for port, expected in self.expected.items():
            for want in expected:
                elsewhere = [str(p) for p, outputs in self.outputs.items() if outputs]
                help = f"something came out of port {', '.join(elsewhere)}" if elsewhere else "it was dropped"
                self.fail(want.span, f"no packet came out of port {port}", help)
            expected.clear()
        for digest in self.expected_digests:
            self.fail(digest.span, "no such digest came", "see the packets before this line")
        for told in self.digests:
            self.fail(told.cause.span, f"an unexpected digest {told.digest.receiver} came", str(told.digest.fields))
        self.expected_digests.clear()
        self.digests.clear()
        for port, outputs in self.outputs.items():
            for got in outputs:
                self.fail(got.cause.span, f"an unexpected packet came out of port {port}", got.sent.data.hex())
            outputs.clear()

    # ------------------------------------------------------------ the control plane

    def state(self, name: Word, kind: str) -> State:
        states = {s.name: s for s in self.executor.program.states if s.kind == kind}
        found = self.resolved(name.string, states)
        if found is None:
            raise name.fail("C0431", f"the program has no {kind} {name.string!r}", nearest(name.string, states))
        return states[found]

    def resolved(self, wanted: str, known: Iterable[str]) -> str | None:
        """As `resolved`; tests of BPF programs join the names of controls and tables by `_`."""
        known = list(known)
        found = resolved(wanted, known)
        if found is not None or self.executor.program.arch not in ("ebpf", "ubpf", "xdp"):
            return found
        return max((name for name in known if wanted.endswith("_" + name)), key=len, default=None)

    def table_write(self, command: Add | SetDefaultAction) -> Write:
        state = self.state(command.table, "table")
        values = self.action(command.call, state)
        if isinstance(command, SetDefaultAction):
            return SetDefault(state.name, values, command.span)
        names = [k.name for k in state.key]
        given: dict[str, Word] = {}
        for key, value in command.key:
            name = self.resolved(_key_name(key.string), names)
            if name is None:
                raise key.fail("C0431", f"table {state.name!r} has no key {key.string!r}", nearest(key.string, names))
            given[name] = _without_wildcards(value)
        match = tuple(
            match_of(given[k.name], k, self.words) if k.name in given else match_any(k, command.table)
            for k in state.key
        )
        # The largest number wins, here as in the IR (what runs these tests on BMv2 gives its command line
        # 10000 - priority, since there the smallest wins). Exact keys and prefixes rank themselves: a number counts
        # for nothing there.
        ranked = any(k.match in ("ternary", "range", "optional") for k in state.key)
        priority = command.priority if command.priority is not None and ranked else 0
        return AddEntry(state.name, Entry(match, values, priority), command.span)

    def action(self, call: Call, state: State) -> tuple[int, ...]:
        name = self.resolved(call.action.string, state.actions)
        if name is None:
            help = nearest(call.action.string, state.actions)
            raise call.action.fail("C0431", f"table {state.name!r} has no action {call.action.string!r}", help)
        known = parameters(state, name)
        values = [0] * len(state.values)
        values[next(i for i, f in enumerate(state.values) if f.name == "action")] = state.actions.index(name)
        missing = set(known)
        for parameter, value in call.params:
            if parameter.string not in known:
                help = nearest(parameter.string, known)
                raise parameter.fail("C0431", f"action {name!r} has no parameter {parameter.string!r}", help)
            at, into = known[parameter.string]
            values[at] = number(value, parameter.string, into.width, self.words)
            missing.discard(parameter.string)
        if missing:
            lacking = ", ".join(sorted(missing))
            raise call.action.fail("C0431", f"action {name!r} lacks {lacking}", "add PARAM:VALUE for each")
        return tuple(values)

    def replicate(self, command: AddClone | MakeNode | JoinGroup) -> None:
        """Sets up copies of packets, which the interpreter alone makes."""
        if not isinstance(self.executor, InterpreterExecutor):
            raise error(
                "C0755", f"{self.executor.name} can't copy packets", command.span, help="run the test --on interp"
            )
        replication = self.executor.replication
        match command:
            case AddClone(session=session, group=int() as group):
                self.followers.append((session, group))
            case AddClone(session=session, port=port):
                assert port is not None
                replication.sessions[session] = (*replication.sessions.get(session, ()), Replica(port))
            case MakeNode(instance=instance, ports=ports):
                self.nodes.append(tuple(Replica(port, instance) for port in ports))
            case JoinGroup(group=group, node=node):
                replication.groups.setdefault(group, ())
                if node is None:
                    return
                if node >= len(self.nodes):
                    raise error(
                        "C0431", f"there is no node {node}", command.span,
                        help="nodes are numbered from 0 in the order of their mc_node_create",
                    )  # fmt: skip
                replication.groups[group] = (*replication.groups.get(group, ()), *self.nodes[node])
        for session, group in self.followers:
            replication.sessions[session] = replication.groups.get(group, ())

    # ------------------------------------------------------------ counters and registers

    def check_counter(self, command: CheckCounter) -> None:
        state = self.state(command.counter, "counter")
        index = number(command.index, state.name, 32, self.words)
        cell = self.executor.snapshot()[state.name].get(index, (0, 0))
        self.check(command.span, cell[command.unit == "bytes"], number(command.value, "", 64, self.words))

    def check(self, span: Span, found: int, wanted: int) -> None:
        self.report.checks += 1
        if found != wanted:
            self.fail(span, f"{wanted} was expected, it is {found}", "see the packets before this line")

    def register(self, command: RegisterCommand) -> None:
        state = self.state(command.register, "register")
        if command.index is None or command.value is None:
            cells = range(state.capacity)
            initial = state.default or (0,) * len(state.values)
            self.executor.write(WriteRegister(state.name, i, initial, command.span) for i in cells)
            return
        index = number(command.index, state.name, 32, self.words)
        value = number(command.value, state.name, state.values[0].width, self.words)
        if command.what == "register_write":
            self.executor.write((WriteRegister(state.name, index, (value,), command.span),))
        else:
            initial = state.default or (0,) * len(state.values)
            cell = self.executor.snapshot()[state.name].get(index, initial)
            self.check(command.span, cell[0], value)


def _key_name(text: str) -> str:
    """A key's name as the IR has it: `vlan$0.vid` is `vlan[0].vid`, `h.valid` and `h.isValid()` are `h.$valid$`."""
    text = re.sub(r"\$(\d+)", r"[\1]", text)
    return re.sub(r"(^|\.)(valid|isValid\(\))$", r"\1$valid$", text)


def resolved(wanted: str, known: Iterable[str]) -> str | None:
    """The name that is meant: in full, its last part, or with the name of its control before it (`In.send`), which
    names of the IR are without where they are unique."""
    known = list(known)
    found = match_name(wanted, known)
    if found is None:
        # BMv2 takes any ending, if it is one name's only.
        ending = [name for name in known if name.endswith(wanted)]
        found = ending[0] if len(ending) == 1 else None
    return found or max((name for name in known if wanted.endswith("." + name)), key=len, default=None)


def _without_wildcards(value: Word) -> Word:
    """`0x0a**` as `0x0a00&&&0xff00`, `0b1*` as `0b10&&&0b10`."""
    if _WILDCARD.fullmatch(value.string) is None:
        return value
    base, digits = value.string[:2], value.string[2:]
    ones = {"0x": "f", "0b": "1", "0o": "7"}[base]
    mask = "".join("0" if d == "*" else ones for d in digits)
    return Word(value.span, f"{base}{digits.replace('*', '0')}&&&{base}{mask}")


def _difference(want: Expect, got: bytes) -> str:
    """What is wrong with a packet, "" if nothing is."""
    if want.nibbles is None:
        return ""
    digits = got.hex()
    for at, nibble in enumerate(want.nibbles):
        if at >= len(digits):
            return f"the packet has only {len(got)} bytes, {len(want.nibbles) / 2:g} were expected"
        if nibble not in ("*", digits[at]):
            byte = at // 2
            expected = want.nibbles[byte * 2 : byte * 2 + 2]
            return f"byte {byte} of the packet is {got[byte]:02x}, expected {expected}"
    if want.exact and len(digits) > len(want.nibbles):
        return f"the packet has {len(got)} bytes, {len(want.nibbles) / 2:g} were expected"
    return ""
