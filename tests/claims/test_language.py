"""What a claim's text may say, and what is refused."""

from fractions import Fraction

import pytest

from quadmaml import InputError
from quadmaml.claims import (
    assume,
    at_most,
    claim,
    equal,
    inverse,
    less_than,
    psd,
    scalar,
    spd,
    step_size,
    vector,
)
from quadmaml.claims.numbers import exact
from quadmaml.claims.statements import UnmetError
from quadmaml.claims.values import Value
from quadmaml.proofs.fields import Rationals

Q = Rationals()
A = Value(Q.matrix([[2, 1], [1, 2]]))
x, two = Value(Q.column([1, -1])), Value(Q.scalar(2))


def test_operations():
    assert (x.T @ A @ x).element.value == 2
    assert (1 - A).element.value == ((-1, -1), (-1, -1))
    assert (0.1 * two).element.value == Fraction(1, 5)
    assert (inverse(A) @ A - 1).is_zero()
    assert (two**-2).element.value == Fraction(1, 4)
    assert (1 / two).element.value == inverse(two).element.value == inverse(2) == Fraction(1, 2)
    assert (x / 3 + sum([x, x])).element.value == (Fraction(7, 3), Fraction(-7, 3))


def test_relations():
    assert equal(A, A.T)
    assert not equal(x, 2 * x)
    assert equal(x - x, 0)
    assert at_most(1, A)
    assert not less_than(1, A)
    assert psd(A - 1)
    assert not psd(A - 2)
    assert two <= 2 <= two
    assert not two < 2
    assert two > 1
    assert two >= 2


def test_a_claim_can_be_called():
    @claim(A=spd(), lr=step_size("A"), title="t", source="s")
    def contracts(A, lr):
        return less_than(lr * A, 1)

    assert contracts(A, Fraction(1, 4))
    assert not contracts(A, Fraction(1, 3))
    assert (contracts.name, contracts.title, contracts.source) == ("contracts", "t", "s")


def test_assume_outside_a_claim():
    assume((two <= 2, True))
    with pytest.raises(UnmetError):
        assume(two < 2)


@pytest.mark.parametrize("number", [0.1 + 0.2, float("nan"), float("inf"), "1", True])
def test_numbers_that_are_refused(number):
    with pytest.raises(InputError):
        exact(number)


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda: claim(A=spd)(lambda A: A), "expected a domain"),
        (lambda: claim(A=spd())(lambda B: B), "takes B; expected A"),
        (lambda: claim(lr=step_size("A"))(lambda lr: lr), "is a step size for 'A'"),
        (step_size, "expected names of matrices"),
        (lambda: scalar(2, 1), "expected at least low"),
        (lambda: scalar("a"), "low: got 'a'"),
        (lambda: scalar(0, float("nan")), "high: got nan"),
        (lambda: claim(lambda x: x), r"as in @claim\(A=spd\(\)\)"),
        (lambda: claim(title=3, x=scalar()), "title: got 3"),
        (lambda: claim(x=scalar())(lambda *x: x), "expected x"),
        (lambda: bool(equal(A, x)), "expected both of one shape"),
        (lambda: bool(at_most(x, x)), "have no order"),
        (lambda: assume(x == A), "expected a comparison"),
        (lambda: float(two), "read exactly"),
        (lambda: bool(two), "no truth value"),
    ],
)
def test_refused(act, message):
    with pytest.raises(InputError, match=message):
        act()


def test_domains_show():
    assert [str(each) for each in (spd(), vector(), scalar(0), step_size("A", "B"))] == [
        "spd()",
        "vector()",
        "scalar(0, None)",
        "step_size(A, B)",
    ]
