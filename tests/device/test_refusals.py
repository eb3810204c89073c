"""What the machine, the compiler or the kernel can say no to, and what users then read."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

import pytest
from kernel_helpers import one_block

from cora.codegen.xdp import emit_c
from cora.device import compile as compiling
from cora.device import features, loader
from cora.device.bpf import program_info
from cora.device.compile import CompileError, CompilerMissing, build_engine, cache_folder, compile_c
from cora.device.kernel_run import KernelRunner
from cora.device.libbpf import LoadRefused, Object
from cora.device.refusal import read_log
from cora.diagnostics import UserError, render
from cora.error_catalog import CATALOG
from cora.ir.interp import run
from cora.ir.nodes import Entry, KeyMatch
from cora.ir.packets import Packet
from cora.nf.build import build_program, fresh_store
from cora.nf.spec import load_nf
from cora.split import whole

bpf = [pytest.mark.bpf, pytest.mark.usefixtures("kernel")]

LOG = """\
; p = data + cursor @ engine.c:4
10: (71) r1 = *(u8 *)(r2 +0)
R2 invalid mem access 'scalar'
processed 11 insns (limit 1000000) max_states_per_insn 0 total_states 0
verification time 31 usec
"""
C_TEXT = "/* header */\nint f()\n\t/* nat.p4:12: hdr.ipv4.ttl = 3; */\n\tp = data + cursor;\n"


def test_the_decisive_line_of_a_verifiers_log() -> None:
    refusal = read_log(LOG, C_TEXT)
    assert refusal.reason == "R2 invalid mem access 'scalar'"
    assert (refusal.c_line, refusal.p4) == (4, "nat.p4:12: hdr.ipv4.ttl = 3;")


def test_the_objects_own_lines_come_before_those_that_the_log_quotes() -> None:
    """The log quotes the line of an included file where code of that file was inlined."""
    log = LOG.replace("engine.c:4", "cora.h:150")
    assert read_log(log, C_TEXT).c_line == 0
    refusal = read_log(log, C_TEXT, (0,) * 10 + (4,))
    assert (refusal.c_line, refusal.instruction) == (4, "10: r1 = *(u8 *)(r2 +0)")
    assert refusal.p4 == "nat.p4:12: hdr.ipv4.ttl = 3;"


def test_an_empty_log_is_no_crash() -> None:
    assert read_log("", "").p4 == ""


def test_a_program_too_long_for_bpf_is_the_users_affair(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(text: str, name: str) -> Path:
        raise CompileError(Path(name), "fatal error: error in backend: Branch target out of insn range")

    monkeypatch.setattr(compiling, "compile_c", refuse)
    split = whole(build_program(load_nf("nat")))
    with pytest.raises(UserError) as caught:
        build_engine(split.engines[0], split)
    assert caught.value.diagnostics[0].code == "C0756"


def test_objects_are_cached_by_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        compiling.find_compiler()
    except CompilerMissing as problem:
        pytest.skip(str(problem))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder().is_relative_to(tmp_path)
    text = '#include "cora.h"\nSEC("xdp") int pass_all(struct xdp_md *ctx) { return XDP_PASS; }\n'
    first = compile_c(text)
    made = first.stat().st_mtime_ns
    assert compile_c(text) == first and first.stat().st_mtime_ns == made
    assert compile_c(text + "\n") != first
    with pytest.raises(CompileError) as caught:
        compile_c("int broken(")
    assert caught.value.source.read_text() == "int broken("
    assert str(caught.value.source) in str(caught.value)


def test_without_a_compiler_the_user_reads_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiling, "_clang", lambda: None)
    monkeypatch.setattr(compiling, "_zig", lambda: None)
    compiling.find_compiler.cache_clear()
    try:
        with pytest.raises(CompilerMissing) as caught:
            compiling.find_compiler()
    finally:
        compiling.find_compiler.cache_clear()
    assert "pip install" in render(caught.value.diagnostics[0])
    assert caught.value.diagnostics[0].code in CATALOG


def test_a_missing_feature_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    lacking = features.Feature("libbpf", False, "libbpf.so.1: not found", "install libbpf1")
    monkeypatch.setattr(features, "probe", lambda: (lacking,))
    problem = features.missing_error()
    assert problem is not None
    text = render(problem.diagnostics[0])
    assert "libbpf.so.1: not found" in text and "install libbpf1" in text
    monkeypatch.setattr(features, "probe", lambda: (replace(lacking, ok=True),))
    assert features.missing_error() is None


def test_every_feature_that_running_needs_is_probed() -> None:
    found = {f.name: f for f in features.probe()}
    assert set(features.RUN) <= found.keys()
    assert all(f.detail and f.help for f in found.values())


class TestInTheKernel:
    pytestmark = bpf

    def test_a_refused_program_is_an_error_with_the_verifiers_words(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def without_bounds_check(engine: object, split: object) -> Path:
            text = emit_c(engine, split)  # pyright: ignore
            assert "if (p + 16 > end)" in text
            return compile_c(text.replace(" + 16 ", " "))

        monkeypatch.setattr(loader, "build_engine", without_bounds_check)
        with pytest.raises(UserError) as caught:
            KernelRunner(whole(one_block("", "  emit h", "forward h.kind:16")))
        diagnostic = caught.value.diagnostics[0]
        assert diagnostic.code == "C0805"
        assert "outside of the packet" in diagnostic.message
        log = next(Path(word.rstrip(";")) for word in diagnostic.help.split() if word.rstrip(";").endswith(".log"))
        assert "invalid access to packet" in log.read_text()

    def test_what_is_too_much_for_the_verifier_is_made_compact(self, monkeypatch: pytest.MonkeyPatch) -> None:
        loaded: list[Path] = []

        class Refusing(Object):
            def __init__(self, path: Path, rodata: dict[str, bytes] | None = None, verbose: bool = False) -> None:
                loaded.append(path)
                if len(loaded) == 1:
                    raise LoadRefused(errno.E2BIG, {})
                super().__init__(path, rodata, verbose)

        monkeypatch.setattr(loader, "Object", Refusing)
        program = build_program(load_nf("nat"))
        store = fresh_store(load_nf("nat"), program)
        with KernelRunner(whole(program), store=store) as kernel:
            table = kernel.engines["host"].loaded
            assert "m_pools" in table.object.maps
            assert ".bss.index" not in table.object.maps
            packet = Packet(bytes(12) + b"\x08\x06" + bytes(28), 1, 5, 0)
            assert kernel.run(packet) == run(program, store, packet)
        assert len(set(loaded)) == 2

    @pytest.mark.parametrize(
        ("intact", "broken", "reason", "line"),
        [
            # Both bounds checks of a header, the test of what a lookup gave, and a value used as a pointer.
            (" + 14 ", " ", "offset is outside of the packet", "pkt.extract(hdr.ethernet);"),
            ("e_outbound && is_fresh(", "is_fresh(", "invalid mem access 'map_value_or_null'", "outbound.apply();"),
            ("+= !refused;", "= *(u64 *)(long)stats->inserts;", "invalid mem access 'scalar'", "if (add_entry("),
        ],
    )
    def test_the_decisive_line_stands_beside_the_line_of_p4(
        self, intact: str, broken: str, reason: str, line: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def sabotaged(engine: object, split: object) -> Path:
            text = emit_c(engine, split)  # pyright: ignore
            assert intact in text
            return compile_c(text.replace(intact, broken, 2))

        monkeypatch.setattr(loader, "build_engine", sabotaged)
        with pytest.raises(UserError) as caught:
            KernelRunner(whole(build_program(load_nf("nat"))))
        diagnostic = caught.value.diagnostics[0]
        assert reason in diagnostic.message and reason in diagnostic.label
        assert diagnostic.span is not None
        shown = diagnostic.span.source.line_text(diagnostic.span.line)
        assert line in shown and shown.strip() in diagnostic.message
        assert "at instruction" in diagnostic.help
        rendered = render(diagnostic).splitlines()
        at = next(n for n, text in enumerate(rendered) if line in text and " | " in text)
        assert "^" in rendered[at + 1] and reason in rendered[at + 1]

    def test_priorities_in_an_lpm_table(self) -> None:
        program = one_block(
            "table t [k:16 lpm] -> (action:8) capacity 4 default (0)\n",
            "  (hit:1, a:8) = lookup t [h.kind:16]",
            "drop x",
        )
        rows = [("t", Entry((KeyMatch(0, n),), (1,), priority=n)) for n in range(2)]
        with pytest.raises(UserError) as caught:
            KernelRunner(whole(program), rows)
        assert caught.value.diagnostics[0].code == "C0803"

    def test_too_many_rows_to_scan(self) -> None:
        program = one_block(
            "table t [k:16 ternary] -> (action:8) capacity 1000 default (0)\n",
            "  (hit:1, a:8) = lookup t [h.kind:16]",
            "drop x",
        )
        rows = [("t", Entry((KeyMatch(n, 0xFFFF),), (1,))) for n in range(257)]
        with pytest.raises(UserError) as caught:
            KernelRunner(whole(program), rows)
        assert caught.value.diagnostics[0].code == "C0804"

    @pytest.mark.parametrize("name", ["nat", "firewall"])
    def test_bundled_functions_stay_far_from_the_verifiers_limit(self, name: str) -> None:
        split = whole(build_program(load_nf(name)))
        with KernelRunner(split) as kernel:
            info = program_info(kernel.engines["host"].loaded.program("cora_wire"))
        assert info["verified_instructions"] < 500_000
        assert build_engine(split.engines[0], split).is_file()
