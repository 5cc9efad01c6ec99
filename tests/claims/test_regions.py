"""Where claims that are false in part hold."""

from fractions import Fraction

import pytest
import sympy

from quadmaml import InputError
from quadmaml.claims import (
    assume,
    at_most,
    claim,
    inverse,
    less_than,
    psd,
    region,
    scalar,
    spd,
    step_size,
    symmetric,
    vector,
)
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


@claim(p=scalar(0, 1), k=scalar(0, 1))
def above_the_peak(p, k):
    return at_most(p * (1 - p) ** 2, k**2)


@claim(p=scalar(0, 1), k=scalar(0, 1))
def strictly_above_a_peak(p, k):
    return less_than(p * (1 - p), 2 * k**2)


@claim(A=spd(), x=scalar(0, 3))
def golden(A, x):
    return psd(A * (1 + x - x**2))


@claim(A=spd(), x=scalar(0, 3))
def at_a_root(A, x):
    return at_most(A * (x**2 - 2) ** 2, 0)


@claim(x=scalar(-3, 3))
def quintic(x):
    return less_than(x**5, x + 1)


@claim(x=scalar(-3, 3))
def assumed(x):
    assume(x**2 <= 2)
    return at_most(x, 1)


QUINTIC = sympy.CRootOf(sympy.Symbol("x") ** 5 - sympy.Symbol("x") - 1, 0)


@pytest.mark.parametrize(
    ("part", "over", "holds"),
    [
        (above_the_peak, "k", sympy.Interval(2 * sympy.sqrt(3) / 9, 1)),
        (strictly_above_a_peak, "k", sympy.Interval.Lopen(sympy.sqrt(2) / 4, 1)),
        (golden, "x", sympy.Interval(0, (1 + sympy.sqrt(5)) / 2)),
        (at_a_root, "x", sympy.FiniteSet(sympy.sqrt(2))),
        (quintic, "x", sympy.Interval.Ropen(-3, QUINTIC)),
        (assumed, "x", sympy.Interval(-sympy.sqrt(2), 1)),
        (slope, "lr", sympy.Interval.Lopen(0, q(1, 3))),
        (stable, "lr", sympy.Interval(0, 2)),
        (square, "x", sympy.Union(sympy.Interval(-3, -sympy.sqrt(2)), sympy.Interval(sympy.sqrt(2), 3))),
        (at_a_point, "x", sympy.FiniteSet(1)),
    ],
)
def test_exact_regions(part, over, holds):
    found = region(part, over)
    assert found.exact
    assert sympy.simplify(found.holds) == sympy.simplify(holds) or str(found.holds) == str(holds)
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


def test_a_step_size_for_eigenvalues_of_any_sign():
    @claim(S=symmetric(), lr=step_size("S"))
    def contracts(S, lr):
        return at_most((1 - lr * S) ** 2, 1)

    found = region(contracts, "lr", examples=60)
    assert not found.exact
    assert all(part.status is Status.REFUTED for part in found.parts)


def test_only_scalars_have_regions():
    with pytest.raises(InputError, match="over"):
        region(slope, "A")
