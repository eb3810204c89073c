"""P4 expressions to IR expressions and values."""

from __future__ import annotations

from cora.diagnostics import Span, error
from cora.frontend import ast
from cora.frontend import types as ty
from cora.frontend.consteval import evaluate as evaluate_constant
from cora.ir.cfg import names
from cora.ir.evaluate import evaluate as evaluate_ir
from cora.ir.nodes import Bin, BinOp, Concat, Const, Expr, Slice, Un, width
from cora.lower.constants import constant
from cora.lower.context import Context, unsupported
from cora.lower.places import choose, freeze, resize, store
from cora.lower.values import (
    BOOL_FALSE,
    BOOL_TRUE,
    Record,
    Scalar,
    Stack,
    Value,
    default,
    equal,
    is_signed,
    leaves,
    scalar_width,
)

_PURE_METHODS = frozenset(("isValid", "minSizeInBits", "minSizeInBytes", "maxSizeInBits", "maxSizeInBytes"))

_PLAIN: dict[str, BinOp] = {"*": "mul", "+": "add", "-": "sub", "&": "and", "|": "or", "^": "xor"}


def has_calls(expr: ast.Expr) -> bool:
    """True if evaluating the expression does more than read variables: it calls something other than isValid()."""
    match expr:
        case ast.Call(target=ast.BuiltinTarget(method=method)) if method in _PURE_METHODS:
            return False
        case ast.Call():
            return True
        case ast.Select(base=a) | ast.Unary(operand=a) | ast.Cast(operand=a):
            return has_calls(a)
        case ast.Index(base=a, index=b) | ast.Binary(left=a, right=b) | ast.SliceExpr(base=a, lo=b):
            return has_calls(a) or has_calls(b)
        case ast.Ternary(cond=c, then=a, orelse=b):
            return has_calls(c) or has_calls(a) or has_calls(b)
        case ast.ListExpr(items=items):
            return any(has_calls(i) for i in items)
        case ast.StructExpr(fields=fields):
            return any(has_calls(f.value) for f in fields)
        case _:
            return False


# ---------------------------------------------------------------- values


def scalar(cx: Context, expr: ast.Expr) -> Expr:
    """The IR expression of a number, bool, enum or error; operations that it needs are emitted."""
    value = evaluate(cx, expr)
    assert isinstance(value, Scalar), "the checker allows scalars only here"
    return value.expr


def evaluate(cx: Context, expr: ast.Expr) -> Value:
    """The value of any expression. What it reads is read where the result is used: `freeze` fixes it."""
    if expr.value is not None:
        return constant(expr.value, expr.type, expr.span, cx)
    if isinstance(expr.type, ty.InfInt):
        number = scalar_constant(cx, expr)
        return Scalar(Const(number, max(8, number.bit_length())))
    match expr:
        case ast.Name(symbol=symbol):
            return _name(cx, expr, symbol)
        case ast.Select():
            return _select(cx, expr)
        case ast.Index():
            return _index(cx, expr)
        case ast.SliceExpr():
            return Scalar(_slice(cx, expr))
        case ast.Unary():
            return Scalar(_unary(cx, expr))
        case ast.Binary():
            return Scalar(_binary(cx, expr))
        case ast.Ternary():
            return _ternary(cx, expr)
        case ast.Cast():
            return _cast(cx, expr)
        case ast.Call():
            return cx.call(cx, expr)
        case ast.ListExpr(items=items):
            return _list(expr.type, evaluate_all(cx, items))
        case ast.StructExpr(fields=fields):
            values = evaluate_all(cx, tuple(f.value for f in fields))
            inner = tuple((f.name, v) for f, v in zip(fields, values, strict=True))
            return Record(inner, BOOL_TRUE if isinstance(expr.type, ty.HeaderType) else None)
        case ast.DefaultExpr() | ast.InvalidHeader():
            return default(expr.type, expr.span)
        case _:
            raise unsupported("this expression", expr.span, "rewrite it with plain operators")


def evaluate_all(cx: Context, exprs: tuple[ast.Expr, ...]) -> tuple[Value, ...]:
    """Values of expressions that are evaluated left to right; what a later call may change is kept."""
    found: list[Value] = []
    for i, expr in enumerate(exprs):
        value = evaluate(cx, expr)
        if any(has_calls(later) for later in exprs[i + 1 :]):
            value = freeze(cx, value)
        found.append(value)
    return tuple(found)


def _name(cx: Context, expr: ast.Expr, symbol: ast.Symbol) -> Value:
    known = cx.known
    if symbol in known:
        return constant(known[symbol], symbol.type, expr.span, cx)
    found = cx.env.find(symbol)
    if isinstance(found, Scalar | Record | Stack):
        return found
    if isinstance(symbol.decl, ast.ConstDecl):
        return evaluate(cx, symbol.decl.init)
    raise unsupported(f"{symbol.name} as a value", expr.span, "pass the object itself, or a number")


def _select(cx: Context, expr: ast.Select) -> Value:
    if isinstance(expr.base.type, ty.ApplyResultType):
        found = cx.call(cx, _as_call(expr.base))
        assert isinstance(found, Record)
        return found.field(expr.name)
    base = evaluate(cx, expr.base)
    match base:
        case Record():
            return base.field(expr.name)
        case Stack():
            return _stack_member(cx, base, expr)
        case Scalar():
            raise unsupported(f"member {expr.name}", expr.span, "select a field of a struct or header")


def _as_call(expr: ast.Expr) -> ast.Call:
    assert isinstance(expr, ast.Call), "only a call gives the result of a table"
    return expr


def _stack_member(cx: Context, stack: Stack, expr: ast.Select) -> Value:
    position = cx.parser.next_index.get(stack.name, 0)
    match expr.name:
        case "size":
            return Scalar(Const(len(stack.elements), 32))
        case "next" | "last" | "lastIndex" if cx.parser.reject is None:
            raise unsupported(f".{expr.name} outside of a parser", expr.span, "use constant indexes in controls")
        case "lastIndex":
            return Scalar(Const((position - 1) & 0xFFFFFFFF, 32))
        case "next":
            return stack_element(cx, stack, position, expr.span)
        case _:
            return stack_element(cx, stack, position - 1, expr.span)


def stack_element(cx: Context, stack: Stack, index: int, span: Span) -> Value:
    """An element of a stack. In a parser one beyond the bounds rejects the packet (StackOutOfBounds)."""
    if 0 <= index < len(stack.elements):
        return stack.elements[index]
    if cx.parser.reject is None:
        raise error(
            "C0304",
            f"index {index} is outside of the {len(stack.elements)} elements of {stack.name or 'the stack'}",
            span,
            help="make the stack larger or the index smaller",
        )
    cx.builder.goto(cx.parser.reject("StackOutOfBounds"))
    return stack.elements[0]


def _index(cx: Context, expr: ast.Index) -> Value:
    base = evaluate(cx, expr.base)
    index = number_or_expr(cx, expr.index)
    if isinstance(base, Record):
        assert isinstance(index, int), "the checker wants a constant index of a tuple"
        return base.field(str(index))
    assert isinstance(base, Stack)
    if isinstance(index, int):
        return stack_element(cx, base, index, expr.span)
    # Beyond the end P4 leaves the value open: it is that of the last element.
    found = base.elements[-1]
    for i in range(len(base.elements) - 2, -1, -1):
        found = choose(Bin("eq", index, Const(i, width(index))), base.elements[i], found)
    return found


def number_or_expr(cx: Context, expr: ast.Expr) -> int | Expr:
    """A number where it is known (also in a loop that is being unrolled), else an expression."""
    value = expr.value if expr.value is not None else evaluate_constant(expr, cx.known)
    if isinstance(value, int):
        return value
    index = scalar(cx, expr)
    return evaluate_ir(index, cx.unrolled) if names(index) <= cx.unrolled.keys() else index


def _slice(cx: Context, expr: ast.SliceExpr) -> Expr:
    bits = slice_width(expr)
    base = scalar(cx, expr.base) if not has_calls(expr.lo) else next(leaves(freeze(cx, evaluate(cx, expr.base))))
    lo = lowest_bit(cx, expr)
    if isinstance(lo, int):
        if lo + bits <= width(base):
            return Slice(base, lo + bits - 1, lo)
        lo = Const(lo, 32)
    return Slice(Bin("lshr", base, lo), bits - 1, 0)


def slice_width(expr: ast.SliceExpr) -> int:
    """How many bits a slice has."""
    assert isinstance(expr.type, ty.Bits)
    return expr.type.width


def lowest_bit(cx: Context, expr: ast.SliceExpr) -> int | Expr:
    """Where a slice begins; only one of the form `a[i+:W]` may begin where the packet says."""
    if expr.width is None:
        return scalar_constant(cx, expr.lo)
    return number_or_expr(cx, expr.lo)


def scalar_constant(cx: Context, expr: ast.Expr) -> int:
    """The number that a compile-time expression stands for."""
    value = expr.value if expr.value is not None else evaluate_constant(expr, cx.known)
    if not isinstance(value, int):
        raise error("C0305", "this must be known at compile time", expr.span, help="use a constant")
    return int(value)


def _list(t: ty.Type, values: tuple[Value, ...]) -> Value:
    match t:
        case ty.StackType() | ty.ListType():
            return Stack(values)
        case ty.StructType(fields=fields) | ty.HeaderType(fields=fields):
            inner = tuple((f.name, v) for f, v in zip(fields, values, strict=True))
            return Record(inner, BOOL_TRUE if isinstance(t, ty.HeaderType) else None)
        case _:
            return Record(tuple((str(i), v) for i, v in enumerate(values)))


# ---------------------------------------------------------------- operators


def _unary(cx: Context, expr: ast.Unary) -> Expr:
    operand = scalar(cx, expr.operand)
    match expr.op:
        case "!" | "~":
            return Un("not", operand)
        case "-":
            return Un("neg", operand)
        case "+":
            return operand


def _binary(cx: Context, expr: ast.Binary) -> Expr:
    if expr.op in ("&&", "||"):
        return _short_circuit(cx, expr)
    if isinstance(expr.left.type, ty.InfInt) and isinstance(expr.right.type, ty.InfInt):
        return Const(scalar_constant(cx, expr), 1)  # a comparison: every other operator gives a number without a width
    left, right = evaluate_all(cx, (expr.left, expr.right))
    if expr.op == "==":
        return equal(left, right)
    if expr.op == "!=":
        return Un("not", equal(left, right)) if not isinstance(left, Scalar) else _scalars("ne", left, right)
    assert isinstance(left, Scalar) and isinstance(right, Scalar)
    return _arithmetic(expr.op, left.expr, right.expr, is_signed(expr.left.type))


def _scalars(op: BinOp, left: Value, right: Value) -> Expr:
    assert isinstance(left, Scalar) and isinstance(right, Scalar)
    return Bin(op, left.expr, right.expr)


def _arithmetic(op: ast.BinaryOp, a: Expr, b: Expr, signed: bool) -> Expr:
    match op:
        case "++":
            return Concat(a, b)
        case "|+|":
            return Bin("saddsat" if signed else "uaddsat", a, b)
        case "|-|":
            return Bin("ssubsat" if signed else "usubsat", a, b)
        case "<<":
            return Bin("shl", a, b)
        case ">>":
            return Bin("ashr" if signed else "lshr", a, b)
        case "/":
            return Bin("udiv", a, b)
        case "%":
            return Bin("umod", a, b)
        case "<":
            return Bin("slt" if signed else "ult", a, b)
        case "<=":
            return Bin("sle" if signed else "ule", a, b)
        case ">":
            return Bin("slt" if signed else "ult", b, a)
        case ">=":
            return Bin("sle" if signed else "ule", b, a)
        case _:
            return Bin(_PLAIN[op], a, b)


def _short_circuit(cx: Context, expr: ast.Binary) -> Expr:
    op: BinOp = "and" if expr.op == "&&" else "or"
    left = scalar(cx, expr.left)
    if not has_calls(expr.right):
        return Bin(op, left, scalar(cx, expr.right))
    builder = cx.builder
    result = builder.temp("cond", 1)
    right, done = builder.block("right"), builder.block("join")
    builder.assign(result, BOOL_FALSE if op == "and" else BOOL_TRUE)
    builder.branch(left, *((right, done) if op == "and" else (done, right)))
    builder.start(right)
    builder.assign(result, scalar(cx, expr.right))
    builder.join(done)
    return result


def _ternary(cx: Context, expr: ast.Ternary) -> Value:
    cond = scalar(cx, expr.cond)
    if not (has_calls(expr.then) or has_calls(expr.orelse)):
        return choose(cond, evaluate(cx, expr.then), evaluate(cx, expr.orelse))
    builder = cx.builder
    result = cx.declare(expr.type, "choice", expr.span)
    then, orelse, done = builder.block("then"), builder.block("else"), builder.block("join")
    builder.branch(cond, then, orelse)
    for label, branch in ((then, expr.then), (orelse, expr.orelse)):
        builder.start(label)
        store(cx, result, evaluate(cx, branch))
        builder.goto(done)
    builder.start(done)
    return result


def _cast(cx: Context, expr: ast.Cast) -> Value:
    if isinstance(expr.operand.type, ty.InfInt):
        return constant(scalar_constant(cx, expr.operand), expr.type, expr.span, cx)
    value = evaluate(cx, expr.operand)
    if not isinstance(value, Scalar):
        return _cast_record(value, expr.type)
    bits = scalar_width(expr.type)
    if bits is None:
        raise unsupported(f"a cast to {ty.show(expr.type)}", expr.span, "cast to bit<W>, int<W> or bool")
    return Scalar(resize(value.expr, bits, signed=is_signed(expr.operand.type)))


def _cast_record(value: Value, t: ty.Type) -> Value:
    """A struct, tuple or list takes the names of the type that it is cast to."""
    match value, t:
        case Record(fields=fields), ty.StructType(fields=wanted) | ty.HeaderType(fields=wanted):
            inner = tuple((f.name, v) for f, (_, v) in zip(wanted, fields, strict=True))
            is_header = isinstance(t, ty.HeaderType)
            return Record(inner, (value.valid or BOOL_TRUE) if is_header else None)
        case _:
            return value
