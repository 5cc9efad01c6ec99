"""Where claims that are false in part hold."""

from fractions import Fraction

import pytest
import sympy

from quadmaml import InputError
from quadmaml.claims import assume, at_most, claim, inverse, region, scalar, spd, step_size, vector
from quadmaml.proofs.verdicts import Status

q = sympy.Rational


@claim(A=spd(), lr=step_size("A"))
def slope(A, lr):
    return at_most(0, (1 - lr * A) * (1 - 3 * lr * A))


@claim(A=spd(), x=vector(), lr=scalar(0, 3))
def stable(A, x, lr):
    assume(at_most(A, 1))
    return at_most(x.T @ (1 - lr * A) ** 2 @ x, x.T @ x)


@claim(x=scalar(-3, 3))
def square(x):
    return at_most(2, x**2)


@claim(x=scalar(0, 2))
def at_a_point(x):
    return at_most((x - 1) ** 2, 0)


@claim(A=spd(), B=spd(), a=vector(), b=vector(), k=scalar(0, 4))
def half_the_sum(A, B, a, b, k):
    apart = a - b
    return at_most(k * (apart.T @ A @ inverse(A + B) @ B @ apart), apart.T @ (A + B) @ apart / 2)


@pytest.mark.parametrize(
    ("part", "over", "holds"),
    [
        (slope, "lr", sympy.Interval.Lopen(0, q(1, 3))),
        (stable, "lr", sympy.Interval(0, 2)),
        (square, "x", sympy.Union(sympy.Interval(-3, -sympy.sqrt(2)), sympy.Interval(sympy.sqrt(2), 3))),
        (at_a_point, "x", sympy.FiniteSet(1)),
    ],
)
def test_exact_regions(part, over, holds):
    found = region(part, over)
    assert found.exact
    assert found.holds == holds
    assert found.holds.intersect(found.fails) == sympy.EmptySet
    assert all(line for line in found.explain().splitlines())


def test_bracketing_says_what_was_shown():
    found = region(half_the_sum, "k", examples=100)
    assert not found.exact
    assert {part.sample: part.status for part in found.parts}[Fraction(0)] is not Status.REFUTED
    largest_held = max(part.sample for part in found.parts if part.status is not Status.REFUTED)
    least_refuted = min(part.sample for part in found.parts if part.status is Status.REFUTED)
    assert largest_held == 2 < least_refuted < Fraction(21, 10)
    assert "nothing was shown" in found.explain()


def test_only_scalars_have_regions():
    with pytest.raises(InputError, match="over"):
        region(slope, "A")
