"""Exact scalars: which numbers count as exact, the kind that they take, and how they are rounded."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import sympy

from quadmaml import InputError, exact

from .backends import need

q = Fraction
x = sympy.Symbol("x")


def objects(*entries):
    return np.array(entries, dtype=object)


@pytest.mark.parametrize("number", [3, np.int64(3), np.uint8(3)])
def test_integers_have_no_kind(number):
    assert exact.is_integer(number)
    assert exact.is_exact_scalar(number)
    assert exact.fraction_of(number) == 3


@pytest.mark.parametrize("number", [True, np.True_, 3.0, q(3), sympy.Integer(3), "3", None])
def test_what_is_no_integer(number):
    assert not exact.is_integer(number)


@pytest.mark.parametrize("number", [q(1, 2), sympy.Rational(1, 2), x, sympy.sqrt(2)])
def test_what_is_exact(number):
    assert exact.is_exact_scalar(number)


@pytest.mark.parametrize("number", [0.5, True, Decimal("0.5"), sympy.Float(0.5), x * 0.5, sympy.I, sympy.oo, "x", None])
def test_what_is_not(number):
    assert not exact.is_exact_scalar(number)


def test_what_is_exact_in_flint():
    flint = need("flint")
    assert exact.is_integer(flint.fmpz(3))
    assert exact.is_exact_scalar(flint.fmpq(1, 2))
    assert exact.fraction_of(flint.fmpz(3)) == 3
    assert exact.fraction_of(flint.fmpq(1, 2)) == q(1, 2)
    for ball in (flint.arb(1), flint.arf(1), flint.acb(1), flint.nmod(1, 7)):
        assert not exact.is_exact_scalar(ball)
        assert exact.fraction_of(ball) is None


def test_fractions_of_other_kinds():
    assert exact.fraction_of(sympy.Rational(1, 3)) == q(1, 3)
    assert [exact.fraction_of(number) for number in (x, 0.5, sympy.sqrt(2), True, "1")] == [None] * 5


def test_the_kind_of_exact_scalars():
    assert exact.kind_of(objects(q(1)))(3) == q(3)
    assert type(exact.kind_of(objects(2))(3)) is Fraction
    assert type(exact.kind_of(2)(sympy.Rational(1, 2))) is Fraction
    make = exact.kind_of(objects(1, q(1), x))
    assert make(q(1, 3)) == sympy.Rational(1, 3)
    assert isinstance(make(np.int64(3)), sympy.Integer)
    assert make(x) is x


def test_every_kind_takes_the_others(exact_kind):
    made = exact.kind_of(exact_kind.array([q(1, 3)]))
    for number in (2, q(2, 3), sympy.Rational(2, 3)):
        assert type(made(number)) is type(exact_kind.number(q(number)))
        assert made(number) == exact_kind.number(q(number))
    if exact_kind.name == "fmpq":
        flint = need("flint")
        assert type(made(flint.fmpz(2))) is flint.fmpq
        assert type(exact.kind_of(q(1))(flint.fmpq(2, 3))) is Fraction


def test_arrays_become_one_kind(exact_kind):
    mixed = objects(exact_kind.number(q(1, 2)), 1, q(1, 3))
    made = exact.exact_array("x", mixed)
    assert made.tolist() == [exact_kind.number(number) for number in (q(1, 2), q(1), q(1, 3))]
    assert len({type(entry).__module__.split(".")[0] for entry in made}) == 1
    like = exact_kind.array([q(1)])
    assert exact.kind_name(exact.exact_array("x", objects(1, sympy.Rational(1, 2)), like)) == exact.kind_name(like)


def test_symbols_beside_rational_numbers_are_refused():
    with pytest.raises(InputError, match=r"^x: holds x; expected rational numbers, for the others are of fractions$"):
        exact.exact_array("x", objects(x), objects(q(1)))


def test_rounding_to_floats(exact_kind):
    assert exact.rounded("x", exact_kind.array([[q(1, 4)], [q(1, 3)]])).tolist() == [[0.25], [1 / 3]]
    assert exact.to_float("x", exact_kind.number(q(-1, 3))) == -1 / 3
    with pytest.raises(InputError, match=r"^x: holds an exact number beyond the range of floats; expected at most"):
        exact.to_float("x", exact_kind.number(q(10**400)))
    with pytest.raises(InputError, match="x: holds an exact number beyond"):
        exact.rounded("x", exact_kind.array([q(-(10**400))]))


def test_numbers_that_are_not_rational_are_rounded_too():
    assert exact.to_float("x", sympy.sqrt(2)) == 2**0.5
    assert exact.to_float("x", 0.5) == 0.5
    with pytest.raises(InputError, match="x: holds symbols, such as x; expected numbers"):
        exact.to_float("x", x)


def test_division_keeps_integers_exact():
    assert 1 / exact.divisor(3) == q(1, 3)
    assert 1 / exact.divisor(np.int64(3)) == q(1, 3)
    assert exact.divisor(0.5) == 0.5
    assert type(exact.divisor(0.5)) is float


def test_zero():
    assert exact.is_zero(q(0))
    assert not exact.is_zero(q(1, 10**40))
    assert exact.is_zero((x + 1) ** 2 - x**2 - 2 * x - 1)
    assert not exact.is_zero(x)
