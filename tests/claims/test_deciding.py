"""Exact decisions under assumptions: what they show holds, and each has a twin that they must not show."""

from fractions import Fraction

import pytest
import sympy

from quadmaml.claims.deciding import decided
from quadmaml.proofs.verdicts import Status

x, y = sympy.symbols("x y", real=True)
p, q, lr = sympy.symbols("p q lr", nonnegative=True)
LINE, HALF = sympy.Interval(-sympy.oo, sympy.oo), sympy.Interval(0, sympy.oo)
ONE, TWO, THREE = {x: LINE}, {x: LINE, y: LINE}, {p: HALF, q: HALF, lr: HALF}
Q = sympy.Rational
weights = q * (1 - lr * q) ** 2 - p * (1 - lr * p) ** 2

SHOWN = [
    (Q(3, 2) - x, False, {x: HALF}, [(2 - x**2, False)]),
    (1 - x**3, False, ONE, [(1 - x**2, False)]),
    (1 - x, True, ONE, [((1 - x) ** 3, True)]),
    (Q(3, 2) - x - y, False, TWO, [(1 - x**2 - y**2, False)]),
    # The step size bounds an eigenvalue only where it is positive: the case of 0 is one of its own.
    (weights, False, THREE, [(1 - 3 * lr * q, False), (q - p, False)]),
    ((1 - lr * p) * (1 - 3 * lr * p), False, {p: HALF, lr: HALF}, [(1 - 3 * lr * p, False)]),
    # No Bernstein coefficients show a zero inside a box.
    (x**2 + x * y + y**2 - x - y + Q(1, 3), False, TWO, []),
    (-1 + 0 * x, False, ONE, [(-1 - x**2, False)]),
]
FALSE = [
    (Q(14142, 10000) - x, False, {x: HALF}, [(2 - x**2, False)]),
    (1 - x**3, True, ONE, [(1 - x**2, False)]),
    (1 - x, True, ONE, [((1 - x) ** 3, False)]),
    (Q(7, 5) - x - y, False, TWO, [(1 - x**2 - y**2, False)]),
    (weights, False, THREE, [(1 - 2 * lr * q, False), (q - p, False)]),
    ((1 - lr * p) * (1 - 4 * lr * p), False, {p: HALF, lr: HALF}, [(1 - 3 * lr * p, False)]),
    (x**2 + x * y + y**2 - x - y + Q(1, 3), True, TWO, []),
    (-1 + 0 * x, False, ONE, [(1 - x**2, False)]),
]


@pytest.mark.parametrize("given", SHOWN, ids=lambda given: str(given[0]))
def test_shown_under_assumptions(given):
    decision = decided(*given)
    assert decision.status is Status.PROVED
    assert decision.check()


@pytest.mark.parametrize("given", FALSE, ids=lambda given: str(given[0]))
def test_what_is_false_is_not_shown(given):
    gap, strict, _, conditions = given
    decision = decided(*given)
    assert not decision.holds
    if decision.status is Status.REFUTED and all(isinstance(v, Fraction) for v in decision.witness.values()):
        at = {
            s: decision.witness.get(s.name, 0)
            for s in (*gap.free_symbols, *(s for g, _ in conditions for s in g.free_symbols))
        }
        value = gap.subs({s: Q(v.numerator, v.denominator) if v else 0 for s, v in at.items()})
        assert value < 0 or (strict and value == 0)


def test_a_point_that_only_an_assumption_leaves():
    assert decided(1 - x, False, ONE, [(-((x - 2) ** 2), False)]).witness == {"x": 2}
    assert decided(2 - x, False, ONE, [(-((x - 2) ** 2), False)]).holds


def test_random_decisions_agree_with_instances():
    import random

    rng, shown = random.Random(3), 0
    for _ in range(60):
        c = [rng.randint(-3, 3) for _ in range(9)]
        gap = c[0] + c[1] * x + c[2] * y + c[3] * x * y + c[4] * x**2 + 2
        g = c[5] + c[6] * x + c[7] * y + c[8] * x * y
        where = {x: sympy.Interval(0, 2), y: sympy.Interval(0, 2)}
        decision = decided(gap, False, where, [(g, False)], boxes=60)
        shown += decision.holds
        for i in range(9):
            for j in range(9):
                at = {x: Q(i, 4), y: Q(j, 4)}
                assert not (decision.holds and g.subs(at) >= 0 > gap.subs(at)), (gap, g, at)
    assert shown > 10
