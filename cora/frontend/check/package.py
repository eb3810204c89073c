"""The program's `main`: which blocks it gives to which architecture."""

from __future__ import annotations

from dataclasses import replace

from cora.diagnostics import Label, Span
from cora.frontend import ast, types
from cora.frontend.check.args import bound_params
from cora.frontend.check.declarations import Declarations
from cora.frontend.check.generics import unify
from cora.frontend.types import UNKNOWN, BlockType, PackageType, ParamType, Type, TypeVar, show


class Packages(Declarations):
    def instantiation(self, s: ast.Instantiation) -> ast.Instantiation:
        """Packages are instantiated too, at the top level."""
        ref = self.type_ref(s.type) if self.scope is self.globals else s.type
        if isinstance(ref.resolved, PackageType):
            return self._instantiate_package(s, ref, ref.resolved)
        if self.scope is self.globals and isinstance(ref.resolved, BlockType):
            self.report(
                "C0223", f"a {ref.resolved.kind} is instantiated at the top level", s.span,
                help="instantiate it where it is used: in a control or parser, or as an argument of a package",
            )  # fmt: skip
        return super().instantiation(s)

    def construct(
        self, ref: ast.TypeRef, args: tuple[ast.Arg, ...], span: Span
    ) -> tuple[ast.TypeRef, tuple[ast.Arg, ...], ast.ConstructorTarget, Type] | None:
        """Packages may be arguments of packages, as PSA's pipelines are."""
        done = self.type_ref(ref)
        if isinstance(done.resolved, PackageType):
            if self.place.kind:
                self.report(
                    "C0223", f"a package is instantiated in {self.shown_place()}", span,
                    help="packages are instantiated at the top level",
                )  # fmt: skip
                return None
            return self._construct_package(done, done.resolved, self.typed_args(args), span)
        return super().construct(ref, args, span)

    def _instantiate_package(self, s: ast.Instantiation, ref: ast.TypeRef, package: PackageType) -> ast.Instantiation:
        args = self.typed_args(s.args)
        built = self._construct_package(ref, package, args, s.span)
        if built is None:
            done = replace(s, type=ref, args=args)
        else:
            done = replace(s, type=built[0], args=built[1], target=built[2])
        own = self.declare("instance", s, done.type.resolved)
        done = replace(done, symbol=own)
        own.decl = done
        return done

    def _construct_package(
        self, ref: ast.TypeRef, package: PackageType, args: tuple[ast.Arg, ...], span: Span
    ) -> tuple[ast.TypeRef, tuple[ast.Arg, ...], ast.ConstructorTarget, Type] | None:
        symbol = self.globals.lookup(package.name)
        assert symbol is not None
        bound = self.bind(package.params, args, span, package.name, symbol.decl)
        if bound is None:
            return None
        bindings: dict[TypeVar, Type] = {}
        for param, arg in zip(package.params, bound, strict=True):
            if arg is not None and arg.value is not None:
                self._fit(package, param, arg.value, bindings)
        for param, arg, default in zip(package.params, bound, _defaults(symbol.decl), strict=False):
            if arg is None and default is not None:
                unify(param.type, default.type, bindings, frozenset(package.type_params))
        type_args = tuple(bindings.get(a, UNKNOWN) if isinstance(a, TypeVar) else a for a in package.args)
        resolved = PackageType(package.name, bound_params(package.params, bindings), (), type_args)
        decl = symbol.decl
        defaults = decl.params if isinstance(decl, ast.PackageDecl) else ()
        ordered = tuple(
            ast.Arg(p.name, d.default, span=span) if a is None else replace(a, name=p.name)
            for p, a, d in zip(package.params, bound, defaults, strict=True)
        )
        return replace(ref, resolved=resolved), ordered, ast.ConstructorTarget(symbol), resolved

    def _fit(self, package: PackageType, param: ParamType, value: ast.Expr, bindings: dict[TypeVar, Type]) -> None:
        free = frozenset(v for v in package.type_params)
        trial = dict(bindings)
        if unify(param.type, value.type, trial, free):
            bindings.update(trial)
            return
        if not isinstance(param.type, BlockType) or not isinstance(value.type, BlockType):
            self.mismatch(value, param.type, f"the parameter {param.name!r} of {package.name}")
            return
        self._explain_block(package, param, param.type, value.type, value.span, bindings)

    def _explain_block(
        self, package: PackageType, param: ParamType, wanted: BlockType, given: BlockType, span: Span,
        bindings: dict[TypeVar, Type],
    ) -> None:  # fmt: skip
        """Says which parameter of a block doesn't fit the architecture."""
        symbol = self.globals.lookup(given.name)
        decl = symbol.decl if symbol is not None else None
        params = decl.params if isinstance(decl, ast.ParserDecl | ast.ControlDecl) else ()
        head = f"{given.name!r} doesn't fit the parameter {param.name!r} of {package.name}"
        free = frozenset(package.type_params)
        if given.kind != wanted.kind:
            why, at = f"a {wanted.kind} is needed, and this is a {given.kind}", None
        elif len(given.params) != len(wanted.params):
            why, at = f"it has {len(given.params)} parameters, and {len(wanted.params)} are needed", None
        else:
            why, at = "its parameters differ", None
            for i, (w, g) in enumerate(zip(wanted.params, given.params, strict=True)):
                if w.direction != g.direction:
                    why, at = f"{g.name!r} is {g.direction or 'without direction'}, not {w.direction or 'without'}", i
                elif not unify(w.type, g.type, bindings, free):
                    shown = bound_params((w,), bindings)[0].type
                    why, at = f"{g.name!r} is {show(g.type)}, not {show(shown)}", i
                if at is not None:
                    break
        notes = [Label(params[at].span, "this parameter")] if at is not None and at < len(params) else []
        form = ", ".join(
            f"{p.direction} {show(p.type)} {p.name}".strip() for p in bound_params(wanted.params, bindings)
        )
        self.report("C0240", f"{head}: {why}", span, notes=notes, help=f"its parameters should be ({form})")

    def blocks(self, args: tuple[ast.Arg, ...], package: Type) -> tuple[ast.BoundBlock, ...]:
        """What the arguments of a package give for its blocks and for those of the packages among them."""
        found: list[ast.BoundBlock] = []
        for arg in args:
            value = arg.value
            if isinstance(value, ast.Name) and isinstance(value.symbol.decl, ast.Instantiation):
                target, inner = value.symbol.decl.target, value.symbol.decl.args
            elif isinstance(value, ast.Call) and isinstance(value.target, ast.ConstructorTarget):
                target, inner = value.target, value.args
            else:
                continue
            type_ = (
                next((p.type for p in package.params if p.name == arg.name), UNKNOWN)
                if isinstance(package, PackageType)
                else UNKNOWN
            )
            block = target.symbol.decl if target is not None else None
            if isinstance(block, ast.ParserDecl | ast.ControlDecl) and isinstance(type_, types.BlockType):
                found.append(ast.BoundBlock(arg.name, block, inner, type_))
            elif isinstance(type_, PackageType):
                found += self.blocks(inner, type_)
        return tuple(found)


def _defaults(decl: ast.Node | None) -> tuple[ast.Expr | None, ...]:
    return tuple(p.default for p in decl.params) if isinstance(decl, ast.PackageDecl) else ()
