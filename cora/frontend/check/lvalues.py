"""What may stand on the left of an assignment, and what an `out` argument may be."""

from __future__ import annotations

from cora.diagnostics import Label
from cora.frontend import ast, types
from cora.frontend.check.operators import Operators
from cora.frontend.types import UNKNOWN


class LValues(Operators):
    def check_lvalue(self, e: ast.Expr, what: str) -> bool:
        """Reports C0215 (can't be written) and C0216 (a parameter that is only read)."""
        if e.type == UNKNOWN:
            return False
        match e:
            case ast.Name(symbol=symbol):
                return self._writable_name(e, symbol, what)
            case ast.Select(base=base, name=name):
                if isinstance(base.type, types.StackType) and name in ("lastIndex", "size"):
                    return self._refuse(e, what, f"{name!r} of a stack can only be read")
                if isinstance(base, ast.TypeExpr) or isinstance(base.type, types.ApplyResultType):
                    return self._refuse(e, what, "it is a value, not a variable")
                return self.check_lvalue(base, what)
            case ast.Index(base=base):
                if isinstance(base.type, types.TupleType):
                    return self._refuse(e, what, "the parts of a tuple can only be read")
                return self.check_lvalue(base, what)
            case ast.SliceExpr(base=base):
                return self.check_lvalue(base, what)
            case _:
                return self._refuse(e, what, "it is a value, not a variable")

    def _refuse(self, e: ast.Expr, what: str, why: str) -> bool:
        self.report("C0215", f"{what} can't be written: {why}", e.span, help="use a variable or a field of one")
        return False

    def _writable_name(self, e: ast.Name, symbol: ast.Symbol, what: str) -> bool:
        if symbol.kind == "variable":
            return True
        decl = symbol.decl
        if symbol.kind == "parameter" and isinstance(decl, ast.Parameter):
            if decl.direction in ("out", "inout"):
                return True
            is_object = isinstance(decl.type.resolved, types.ExternType)
            how = f"an {decl.direction!r} parameter" if decl.direction else "a parameter without a direction"
            self.report(
                "C0216", f"{e.name!r} can't be written: it is {how}", e.span,
                notes=[Label(decl.span, "declared here")],
                help="call its methods" if is_object else "copy it into a variable, or make the parameter 'inout'",
            )  # fmt: skip
            return False
        kind = symbol.kind.replace("_", " ")
        return self._refuse(e, what, f"{e.name!r} is a {kind}")
