"""Names, types and values: from the parser's tree to the typed one. `Checker` is put together from one class a part."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Reporter
from cora.frontend import ast
from cora.frontend.check.package import Packages
from cora.frontend.types import BlockType, PackageType, Unknown

PACKAGES: dict[tuple[str, tuple[str, ...]], ast.Arch] = {
    ("PNA_NIC", ("main_parser", "pre_control", "main_control", "main_deparser")): "pna-a",
    ("PNA_NIC", ("main_parser", "main_control", "main_deparser")): "pna-b",
    ("PSA_Switch", ("ip", "ig", "id", "ep", "eg", "ed")): "psa",
    ("V1Switch", ("p", "vr", "ig", "eg", "ck", "dep")): "v1model",
    ("ebpfFilter", ("prs", "filt")): "ebpf",
    ("ubpf", ("prs", "p", "dprs")): "ubpf",
    ("xdp", ("p", "s", "d")): "xdp",
}
"""Package and the roles of its blocks -> architecture."""


class Checker(Packages):
    """Checks one program."""

    def program(self, program: ast.Program, name: str) -> ast.TypedProgram:
        """Raises `UserError` with all errors that were found."""
        self.later = {d.name: d.name_span for d in program.declarations}
        done = replace(program, declarations=tuple(self.declaration(d) for d in program.declarations))
        self._main_is_package()
        self.reporter.raise_if_errors()
        main = self._main(done)
        package = None if main is None else main.type.resolved
        arch: ast.Arch = "other"
        blocks: tuple[ast.BoundBlock, ...] = ()
        if main is not None and isinstance(package, PackageType):
            blocks = self.blocks(main.args, package)
            arch = PACKAGES.get((package.name, tuple(b.role for b in blocks)), _unknown(main))
        return ast.TypedProgram(
            name, arch, done, main, blocks, dict(self.globals.names), tuple(self.known.errors),
            tuple(d for d in self.reporter.diagnostics if d.severity == "warning"),
        )  # fmt: skip

    def _main_is_package(self) -> None:
        symbol = self.globals.names.get("main")
        if symbol is None or isinstance(symbol.type, PackageType | Unknown) or symbol.span is None:
            return
        if symbol.kind == "instance" and isinstance(symbol.type, BlockType):
            return  # said already
        self.report(
            "C0241", f"'main' is a {symbol.kind.replace('_', ' ')}, and no package", symbol.span,
            help="give it another name: 'main' is the instance of the architecture's package",
        )  # fmt: skip

    def _main(self, program: ast.Program) -> ast.Instantiation | None:
        """The program's `main`, with a warning if it has none: then nothing in it ever runs."""
        symbol = self.globals.names.get("main")
        decl = symbol.decl if symbol is not None else None
        if isinstance(decl, ast.Instantiation) and isinstance(decl.type.resolved, PackageType):
            return decl
        last = program.declarations[-1].span if program.declarations else program.span
        self.report(
            "C0241", "the program has no 'main'", last,
            help="end it with the architecture's package, as in PNA_NIC(P(), Pre(), Main(), Deparser()) main;",
            severity="warning",
        )  # fmt: skip
        return None


def _unknown(main: ast.Instantiation) -> ast.Arch:
    """An architecture that isn't Cora's: whether its package says by annotations what it means."""
    package = main.target.symbol.decl if main.target is not None else None
    params = package.params if isinstance(package, ast.PackageDecl) else ()
    return "own" if any(a.name == "cora_role" for p in params for a in p.annotations) else "other"


def check_program(program: ast.Program, name: str, reporter: Reporter) -> ast.TypedProgram:
    return Checker(reporter).program(program, name)
