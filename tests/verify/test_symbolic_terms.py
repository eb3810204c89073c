"""Terms mean what the interpreter computes, and frames hold the bits that a packet has."""

from __future__ import annotations

import random
from time import process_time
from typing import Any

import pytest
import z3

from cora.ir.evaluate import evaluate as compute
from cora.ir.hashes import ALGORITHMS
from cora.ir.nodes import Bin, Cast, Concat, Const, Expr, Mux, Slice, Un, Var, width
from cora.verify.symbolic.calculations import condensed
from cora.verify.symbolic.facts import Axioms, Facts, Oracle, OutOfTime
from cora.verify.symbolic.frames import Frame, aligned
from cora.verify.symbolic.functions import real_function
from cora.verify.symbolic.terms import (
    Common,
    application_at,
    at_most,
    choose,
    const,
    equal,
    evaluate,
    fit,
    function,
    negate,
    number_in,
    outcomes,
    plus,
    same,
    symbol,
    value_of,
)

OPERATORS = (
    "add", "sub", "mul", "udiv", "umod", "uaddsat", "usubsat", "saddsat", "ssubsat",
    "and", "or", "xor", "shl", "lshr", "ashr", "eq", "ne", "ult", "ule", "slt", "sle",
)  # fmt: skip


@pytest.mark.parametrize("op", OPERATORS)
def test_an_operator_gives_what_the_interpreter_gives(op: str) -> None:
    rng = random.Random(op)
    for bits in (1, 8, 13, 64):
        for other in {bits, 3, 40} if op in ("shl", "lshr", "ashr") else {bits}:
            for _ in range(6):
                edge = rng.choice((0, 1, (1 << bits) - 1, rng.randrange(1 << bits)))
                right = rng.choice((0, 1, bits % (1 << other), rng.randrange(1 << other)))
                expr = Bin(op, Const(edge, bits), Const(right, other))
                assert value_of(evaluate(expr, _none)) == compute(expr, {})


def _none(name: str, bits: int) -> object:
    raise AssertionError(f"{name} of {bits} bits was read")


def test_an_expression_gives_what_the_interpreter_gives() -> None:
    rng = random.Random(7)
    names = {"a": 16, "b": 16, "c": 1}

    def make(depth: int) -> Expr:
        if depth == 0:
            return Var(rng.choice(("a", "b")), 16)
        inner = [make(depth - 1) for _ in range(2)]
        return rng.choice(
            (
                Un("not", inner[0]),
                Un("neg", inner[0]),
                Bin("add", *inner),
                Cast(Slice(inner[0], 11, 4), 16, signed=True),
                Slice(Concat(*inner), 20, 5),
                Mux(Var("c", 1), *inner),
                Cast(Bin("ult", *inner), 16),
            )
        )

    for _ in range(40):
        expr = make(4)
        values = {name: rng.randrange(1 << bits) for name, bits in names.items()}
        term = evaluate(expr, symbol)
        pairs = [(symbol(n, bits), const(values[n], bits)) for n, bits in names.items()]
        assert term.size() == width(expr)
        assert value_of(z3.simplify(z3.substitute(term, *pairs))) == compute(expr, values)


def test_bits_of_a_frame_that_was_begun_and_goes_on_as_it_came() -> None:
    frame = Frame((const(0xAB, 8), const(0xCDE, 12), const(0xF, 4)), tail=16)
    assert value_of(frame.bits(4, 12)) == 0xBCD
    assert same(frame.bits(24, 8), symbol("byte2", 8))
    assert value_of(z3.simplify(z3.substitute(frame.bits(20, 8), (symbol("byte2", 8), const(0x75, 8))))) == 0xF7
    behind = frame.behind(8, (const(1, 8),))
    assert (behind.written, behind.tail) == (24, 16)
    assert aligned(Frame(), Frame((symbol("byte0", 8),), tail=8)) is not None
    assert aligned(Frame(), Frame((const(0, 8),), tail=0)) is None


def test_facts_decide_what_follows_from_their_text() -> None:
    a, b = symbol("x", 8), symbol("y", 8)
    facts = Facts()
    facts.learn(equal(a, const(5, 8)))
    facts.learn(negate(equal(a, b)))
    assert facts.decide(equal(a, const(5, 8))) is True
    assert facts.decide(equal(a, const(6, 8))) is False
    assert facts.decide(equal(b, a)) is False or facts.decide(equal(a, b)) is False
    assert facts.decide(equal(b, const(5, 8))) is None


def test_the_common_form_keeps_what_terms_share() -> None:
    introduced: list[str] = []
    common = Common(lambda made: introduced.append(made.function))
    a, b = symbol("p", 8), symbol("q", 8)
    one = common.of((a, b))
    assert not same(one, a)
    assert same(common.of((a + const(1, 8), b + const(1, 8))), z3.simplify(one + const(1, 8)))
    held = common.of((function("table.value", (a,), 16), function("table.value", (b,), 16)))
    made = application_at(held)
    assert made is not None and same(made.arguments[0], one) and introduced == ["table.value"]
    assert common.without_news((const(1, 8), const(2, 8))) is None


def test_operands_in_another_order_have_a_common_form() -> None:
    """z3 orders the operands of a sum by when they were made."""
    a, b = symbol("first", 8), symbol("second", 8)
    one = function("sum.x", (a,), 8) + function("sum.y", (a,), 8)
    x, y = function("sum.x", (b,), 8), function("sum.y", (b,), 8)
    common = Common(lambda made: None)
    c = common.of((a, b))
    assert same(common.of((one, y + x)), plus(function("sum.x", (c,), 8), function("sum.y", (c,), 8)))
    assert fit(one, y + x, common.pairs(1)) and not fit(one, x + x, common.pairs(1))


def test_a_long_calculation_is_a_function_that_computes_the_same() -> None:
    def chain(x: Any, y: Any) -> Any:
        for _ in range(7):
            x = plus(x, y) ^ const(0x35, 8)
            y = plus(y, x) ^ x
        return z3.simplify(x)

    a, b = symbol("input1", 8), symbol("input2", 8)
    made = application_at(condensed(chain(a, b)))
    assert made is not None and {str(x) for x in made.arguments} == {"input1", "input2"}
    real = real_function(made.function)
    values = {"input1": 200, "input2": 77}
    expected = chain(const(200, 8), const(77, 8))
    assert real is not None and real(*(values[str(x)] for x in made.arguments)) == value_of(expected)
    assert same(condensed(plus(a, b)), plus(a, b))


def test_one_of_a_few_numbers() -> None:
    x, y = symbol("x", 8), symbol("y", 8)
    facts, others = Facts(), Facts()
    facts.learn_among(x, frozenset((1, 2)))
    others.learn_among(x, frozenset((2, 3)))
    assert facts.decide(equal(x, const(3, 8))) is False
    assert facts.decide(equal(x, const(2, 8))) is None and facts.decide(equal(y, const(3, 8))) is None
    assert facts.common(others).numbers_of(x) == {1, 2, 3}
    assert Oracle(Axioms(), 20_000).possible(facts, at_most(const(3, 8), x)) == "impossible"


@pytest.mark.parametrize("algorithm", ["crc32", "crc16", "xor16", "csum16", "toeplitz"])
def test_the_real_function_behind_a_hash(algorithm: str) -> None:
    real = real_function(f"hash:{algorithm}:40")
    assert real is not None
    assert real(0x0102030405) == ALGORITHMS[algorithm](bytes((1, 2, 3, 4, 5)))


def test_the_real_checksum_adds_and_removes() -> None:
    real = real_function("checksum:16:16")
    assert real is not None
    assert real(0xFFFF, 0x0001, 0x0001) == 0xFFFF
    assert real_function("payload:0:0") is None


def test_a_number_in_a_model() -> None:
    solver = z3.Solver()
    solver.add(symbol("x", 8) == 9)
    assert solver.check() == z3.sat
    assert number_in(solver.model(), symbol("x", 8)) == 9


def test_what_a_choice_of_choices_may_be() -> None:
    a, b, c = (symbol(name, 8) for name in "abc")
    chosen = choose(at_most(a, b), choose(at_most(b, c), a, c), b)
    assert {str(term) for term in outcomes(chosen)} == {"a", "b", "c"}
    assert list(outcomes(a)) == [a]


def test_facts_about_the_packet_are_those_that_name_nothing_else() -> None:
    facts = Facts()
    about = at_most(symbol("byte3", 8), const(7, 8))
    facts.learn(about)
    facts.learn(equal(symbol("byte4", 8), function("table.row", (symbol("byte3", 8),), 8)))
    facts.learn(equal(symbol("any7", 8), const(1, 8)))
    assert facts.about_packet() == [about]


def test_no_question_is_asked_after_the_deadline() -> None:
    oracle = Oracle(Axioms(), 20_000, deadline_s=process_time() - 1)
    with pytest.raises(OutOfTime):
        oracle.possible(Facts(), equal(symbol("a", 8), symbol("b", 8)))
    assert oracle.asked == 0
