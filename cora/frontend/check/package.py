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
        return super().instantiation(s)

    def _instantiate_package(self, s: ast.Instantiation, ref: ast.TypeRef, package: PackageType) -> ast.Instantiation:
        symbol = self.globals.lookup(package.name)
        assert symbol is not None
        args = self.typed_args(s.args)
        bound = self.bind(package.params, args, s.span, package.name, symbol.decl)
        done = replace(s, type=ref, args=args)
        if bound is not None:
            bindings: dict[TypeVar, Type] = {}
            for param, arg in zip(package.params, bound, strict=True):
                if arg is not None and arg.value is not None:
                    self._fit(package, param, arg.value, bindings)
            resolved = PackageType(
                package.name,
                bound_params(package.params, bindings),
                (),
                tuple(bindings.get(a, a) if isinstance(a, TypeVar) else a for a in package.args),
            )
            decl = symbol.decl
            defaults = decl.params if isinstance(decl, ast.PackageDecl) else ()
            ordered = tuple(
                ast.Arg(p.name, d.default, span=s.span) if a is None else replace(a, name=p.name)
                for p, a, d in zip(package.params, bound, defaults, strict=True)
            )
            done = replace(s, type=replace(ref, resolved=resolved), args=ordered, target=ast.ConstructorTarget(symbol))
        own = self.declare("instance", s, done.type.resolved)
        done = replace(done, symbol=own)
        own.decl = done
        return done

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

    def blocks(self, main: ast.Instantiation) -> tuple[ast.BoundBlock, ...]:
        """What `main` gives for the blocks of its package."""
        found: list[ast.BoundBlock] = []
        package = main.type.resolved
        for arg in main.args:
            value = arg.value
            if isinstance(value, ast.Name) and isinstance(value.symbol.decl, ast.Instantiation):
                target, args = value.symbol.decl.target, value.symbol.decl.args
            elif isinstance(value, ast.Call) and isinstance(value.target, ast.ConstructorTarget):
                target, args = value.target, value.args
            else:
                continue
            block = target.symbol.decl if target is not None else None
            if isinstance(block, ast.ParserDecl | ast.ControlDecl) and isinstance(package, PackageType):
                type_ = next((p.type for p in package.params if p.name == arg.name), UNKNOWN)
                if isinstance(type_, types.BlockType):
                    found.append(ast.BoundBlock(arg.name, block, args, type_))
        return tuple(found)
