"""The exact decider: known inequalities, random ones with known answers, certificates, and wrong deciders."""

from __future__ import annotations

import sys
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from sympy import Interval, Rational, oo

import quadmaml as qm
from quadmaml.proofs import bernstein, decide, enclosures, signs
from quadmaml.proofs.decide import bounded, increasing, nonnegative, positive
from quadmaml.proofs.domains import Domain
from quadmaml.proofs.real_roots import simplest
from quadmaml.proofs.signs import sign_ranges
from quadmaml.proofs.verdicts import Status

from ..backends import need

a, b, x, y, K, alpha = sympy.symbols("a b x y K alpha")
PROVED, REFUTED, UNDECIDED = Status.PROVED, Status.REFUTED, Status.UNDECIDED
THIRD = Rational(1, 3)


def w(t: Any) -> Any:
    """The weight of MAML with one step of size 1."""
    return qm.MAML(qm.GradientDescent(lr=sympy.Integer(1), steps=1)).weight(t)


# Known answers


@pytest.mark.parametrize(
    ("interval", "status", "witness"),
    [
        (Interval.open(0, 1), REFUTED, Fraction(1, 2)),
        (Interval.open(0, THIRD), PROVED, None),
        (Interval(0, THIRD), PROVED, None),
        (Interval.open(0, Rational("0.33334")), REFUTED, Fraction(16668, 50003)),
    ],
)
def test_where_the_weight_of_maml_increases(interval, status, witness):
    found = increasing(w(a), a, interval)
    assert found.status is status
    assert found.witness == (None if witness is None else {"a": witness})
    assert found.check()


def test_more_known_answers_in_one_variable():
    twenty = qm.MAML(qm.GradientDescent(lr=sympy.Integer(1), steps=20)).weight(a)
    assert increasing(twenty, a, Interval.open(0, Rational(1, 41))).status is PROVED
    prox = qm.IMAML(sympy.Integer(1)).weight(a)
    assert increasing(prox, a, Interval.open(0, oo)).witness == {"a": Fraction(2)}
    assert increasing(prox, a, Interval.open(0, 1)).status is PROVED
    chebyshev = qm.Chebyshev(Rational(1), Rational(3), 6).residual(a)
    least = 1 / sympy.chebyshevt(6, sympy.Integer(2))
    assert bounded(chebyshev, least, Interval(1, 3)).status is PROVED
    assert bounded(chebyshev, least * Rational(999, 1000), Interval(1, 3)).status is REFUTED


def test_heavy_ball_leaves_the_unit_interval_below_its_bound_of_stability():
    loop = qm.HeavyBall(lr=Rational(1), momentum=Rational(1, 2), steps=6)
    found = bounded(loop.residual(a), 1, Interval.open(0, 3))
    assert found.status is REFUTED
    assert found.witness == {"a": Fraction(26, 9)}
    assert found.margin == 1 - abs(loop.residual(Fraction(26, 9))) < 0
    simpler = (Fraction(p, q) for q in range(1, 9) for p in range(1, 3 * q))
    assert all(abs(loop.residual(each)) <= 1 for each in simpler), "the witness has the least denominator"


def test_known_answers_in_two_variables():
    below = {b: Interval.open(0, THIRD), a: Interval.open(0, b)}
    found = nonnegative(w(b) - w(a), below)
    assert found.status is PROVED
    assert found.check()
    refuted = nonnegative(w(b) - w(a), {b: Interval.open(0, 1), a: Interval.open(0, b)})
    assert refuted.status is REFUTED
    assert refuted.witness["a"] < refuted.witness["b"]
    assert w(refuted.witness["b"]) < w(refuted.witness["a"])
    W, V = w(a), w(b)
    gap = (W + V) / 8 - W * V / (W + V) / 2
    square = {a: Interval.open(0, 1), b: Interval.open(0, 1)}
    assert nonnegative(gap, square).status is PROVED
    assert nonnegative(gap - Rational(1, 100), square).status is REFUTED


def test_parameters_are_variables_with_a_range():
    ranges = {alpha: Interval.open(0, oo), K: Interval(1, oo)}
    top = 1 / ((2 * K + 1) * alpha)
    found = positive(1 - (2 * K + 1) * alpha * a, {**ranges, a: Interval.open(0, top)})
    assert found.status is PROVED
    assert found.check()
    assert positive((2 * K + 1) * alpha * a - 1, {**ranges, a: Interval.open(top, 1 / alpha)}).status is PROVED
    assert positive(1 - 2 * K * alpha * a, {**ranges, a: Interval.open(0, 1 / alpha)}).status is REFUTED


# Ends, poles, multiplicities, lines


@pytest.mark.parametrize(
    ("decider", "expression", "interval", "status", "witness"),
    [
        (positive, x, Interval.open(0, 1), PROVED, None),
        (positive, x, Interval(0, 1), REFUTED, 0),
        (positive, x, Interval.Lopen(0, 1), PROVED, None),
        (positive, 1 - x, Interval.Lopen(0, 1), REFUTED, 1),
        (nonnegative, x, Interval(0, 1), PROVED, None),
        (nonnegative, x * (x - 1) ** 2, Interval(0, 2), PROVED, None),
        (positive, x * (x - 1) ** 2, Interval.Lopen(0, 2), REFUTED, 1),
        (nonnegative, x * (x - 1) ** 3, Interval(0, 2), REFUTED, Fraction(1, 2)),
        (positive, (x**2 - 2) ** 2, Interval(0, 2), REFUTED, sympy.sqrt(2)),
        (positive, (x**3 - 2) ** 2, Interval(0, 2), REFUTED, sympy.CRootOf(x**3 - 2, 0)),
        (nonnegative, (x**2 - 2) ** 2, Interval(-oo, oo), PROVED, None),
        (positive, x**2 - x + 1, Interval(-oo, oo), PROVED, None),
        (nonnegative, x**2 - x, Interval(-oo, oo), REFUTED, Fraction(1, 2)),
        (positive, -(x**3), Interval.open(-oo, 0), PROVED, None),
        (positive, 1 / x, Interval.open(0, oo), PROVED, None),
        (nonnegative, 1 / x**2, Interval(-1, 1), UNDECIDED, None),
        (nonnegative, 1 / x**2, Interval(0, 1), UNDECIDED, None),
        (nonnegative, 1 / x, Interval(-1, 1), REFUTED, -1),
        (nonnegative, (x**2 - 1) / (x - 1), Interval(0, 2), PROVED, None),
        (nonnegative, x - x, Interval(0, 1), PROVED, None),
        (positive, x - x, Interval(0, 1), REFUTED, 0),
        (positive, sympy.Integer(3), Interval(0, 1), PROVED, None),
        (nonnegative, 10**6 * (x - THIRD) ** 2 + Rational(1, 10**6), Interval(0, 1), PROVED, None),
    ],
)
def test_ends_poles_and_multiple_roots(decider, expression, interval, status, witness):
    found = decider(expression, {x: interval})
    assert found.status is status, found.explain()
    if witness is not None:
        assert found.witness == {"x": witness}
    assert found.check()


def test_a_pole_inside_is_named():
    assert "x = sqrt(2)" in nonnegative(1 / (x**2 - 2) ** 2, Interval(0, 2)).explain()


def test_several_variables_are_undecided_where_no_certificate_is_found():
    square = {x: Interval(-1, 1), y: Interval(-1, 1)}
    # Touches zero along a curve inside, and is no square.
    motzkin = x**4 * y**2 + x**2 * y**4 - 3 * x**2 * y**2 + 1
    assert nonnegative(motzkin, {x: Interval(-2, 2), y: Interval(-2, 2)}, boxes=60).status is UNDECIDED
    assert positive(x**2 + y**2 + Rational(1, 10), square).status is PROVED
    assert nonnegative((x - y) ** 2, square).status is PROVED
    assert nonnegative(1 / (x + y) ** 2, square).status is UNDECIDED
    assert positive(x * y, {x: Interval(0, 1), y: Interval.Lopen(0, 1)}).status is REFUTED
    assert positive(x * y, {x: Interval.Lopen(0, 1), y: Interval.Lopen(0, 1)}).status is PROVED


def test_exact_thresholds():
    found = sign_ranges((x**2 - 2) * (3 * x - 1), Interval(-oo, oo))
    assert [each.interval.end for each in found] == [-sympy.sqrt(2), THIRD, sympy.sqrt(2), oo]
    assert [each.sign for each in found] == [-1, 1, -1, 1]
    with pytest.raises(qm.InputError, match="nonzero rational function"):
        sign_ranges(sympy.exp(x), Interval(0, 1))


# Random inequalities with known answers

rationals = st.fractions(-3, 3, max_denominator=6)


@st.composite
def factored(draw: Any) -> tuple[Any, list[tuple[Fraction, int]], int]:
    """A polynomial with known real roots and multiplicities, and the sign of its leading coefficient."""
    roots = draw(st.dictionaries(rationals, st.integers(1, 3), max_size=4))
    sign = draw(st.sampled_from([-1, 1]))
    polynomial = sympy.Integer(sign)
    for root, power in roots.items():
        polynomial *= (x - Rational(root.numerator, root.denominator)) ** power
    for centre in draw(st.lists(rationals, max_size=1)):
        polynomial *= (x - Rational(centre.numerator, centre.denominator)) ** 2 + draw(st.integers(1, 3))
    return sympy.expand(polynomial), sorted(roots.items()), sign


def sign_at(roots: list[tuple[Fraction, int]], sign: int, point: Fraction) -> int:
    for root, power in roots:
        sign *= 0 if root == point else 1 if point > root else (-1) ** power
    return sign


@given(factored(), rationals, rationals, st.booleans(), st.booleans(), st.booleans())
def test_random_polynomials_are_decided_as_their_roots_say(made, one, other, left, right, strict):
    polynomial, roots, sign = made
    lo, hi = min(one, other), max(one, other) + 1
    interval = Interval(Rational(str(lo)), Rational(str(hi)), left, right)
    found = (positive if strict else nonnegative)(polynomial, {x: interval})
    inside = [root for root, _ in roots if lo < root < hi]
    edges = [lo, *inside, hi]
    middles = [(p + q) / 2 for p, q in pairwise(edges)]
    points = [*middles, *inside, *([] if left else [lo]), *([] if right else [hi])]
    signs_seen = [sign_at(roots, sign, point) for point in points]
    holds = all(each > 0 if strict else each >= 0 for each in signs_seen)
    assert found.status is (PROVED if holds else REFUTED)
    assert found.check()
    if not holds:
        (witness,) = found.witness.values()
        at_witness = sign_at(roots, sign, witness)
        assert at_witness < 0 or (strict and at_witness == 0)
        assert lo <= witness <= hi


@given(st.lists(st.tuples(st.integers(-4, 4), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=5))
def test_random_polynomials_in_two_variables_are_never_decided_wrongly(terms):
    polynomial = sum((c * x**i * y**j for c, i, j in terms), start=sympy.Integer(0))
    found = nonnegative(polynomial, {x: Interval(0, 2), y: Interval(0, oo)}, boxes=40)
    value = sympy.lambdify((x, y), polynomial, modules=[])
    if found.status is PROVED:
        grid = [(Fraction(i, 4), Fraction(j, 3)) for i in range(9) for j in range(12)]
        assert all(value(*point) >= 0 for point in grid)
        assert found.check()
    if found.status is REFUTED:
        assert value(found.witness["x"], found.witness["y"]) < 0


@given(st.fractions(-5, 5, max_denominator=30), st.fractions(0, 1, max_denominator=30))
def test_simplest_rational(start, width):
    end = start + width + Fraction(1, 1000)
    found = simplest(lambda q: (q > end) - (q < start))
    for q in range(1, found.denominator + 1):
        inside = [p for p in range(-6 * q, 7 * q) if start <= Fraction(p, q) <= end]
        assert bool(inside) == (q == found.denominator)
        assert not inside or abs(found.numerator) == min(map(abs, inside))


# Certificates can be checked by hand, and false ones are found


def certificate() -> bernstein.Certificate:
    found = nonnegative(9 * x**2 - 6 * x + Rational(11, 10), Interval(0, 2))
    (one,) = found.certificates
    assert len(one.boxes) > 1
    return one


def test_a_certificate_adds_up():
    one = certificate()
    assert one.check()
    p = sympy.Poly(sympy.sympify(one.polynomial.as_expr()), x)
    for box in one.boxes:
        (lo, hi), c = box.sides[0], box.coefficients
        terms = [int(c[j]) * (Fraction(1) - lo) ** j * (hi - Fraction(1)) ** (len(c) - 1 - j) for j in range(len(c))]
        value = Fraction(int(p.eval(1).p), int(p.eval(1).q))
        assert sum(terms) / value > 0


def test_twins_of_a_certificate_are_caught():
    one = certificate()
    first, *rest = one.boxes
    assert not replace(one, boxes=tuple(rest)).check()
    wrong = first.coefficients.copy()
    wrong[0] += 1
    assert not replace(one, boxes=(replace(first, coefficients=wrong), *rest)).check()
    assert not replace(one, boxes=(first, first, *rest)).check()
    assert not replace(one, polynomial=-one.polynomial).check()
    assert "Bernstein coefficients on [0, " in str(one)


# Wrong deciders


def laws() -> None:
    """Statements whose answers are plain; a decider that gets one wrong is caught."""
    for interval, status in ((Interval(0, 1), REFUTED), (Interval.open(0, 1), PROVED)):
        assert positive(x * (1 - x), {x: interval}).status is status
    found = nonnegative(x * (x - 1) ** 2, Interval(0, 2))
    assert found.status is PROVED
    assert nonnegative((x + 2) / x, Interval.open(0, 1)).status is PROVED
    assert nonnegative((x + 2) / x, Interval(-1, 1)).status is REFUTED
    assert positive(x + y, {x: Interval(0, 1), y: Interval(0, 1)}).status is not PROVED
    assert increasing(w(a), a, Interval.open(0, Rational("0.33334"))).status is REFUTED
    assert all(each.check() for each in found.certificates)
    wide = positive(3 * x**2 - 2 * x + 1, Interval(1, 3))
    assert wide.status is PROVED
    assert wide.check()


def numerator_alone(problem: Any) -> Any:
    return sympy.Poly(problem.numerator, *problem.domain.symbols, domain="QQ")


def squarefree(problem: Any) -> Any:
    return sympy.Poly(problem.numerator * problem.denominator, *problem.domain.symbols, domain="QQ").sqf_part()


TWINS = {
    "ends are ignored": (decide, "within", lambda root, interval: signs._position(root, interval) == 0),
    "ends are always kept": (decide, "within", lambda root, interval: True),
    "multiplicities are ignored": (decide, "_polynomial", squarefree),
    "poles are ignored": (decide, "_polynomial", numerator_alone),
    "faces are ignored": (bernstein.Box, "positive_on", lambda box, kept: True),
    "the box is not scaled": (bernstein, "_powers", lambda base, count, ndim: np.full(count, Fraction(1), object)),
    "samples are rounded": (signs, "simplest", lambda side: Fraction(0.25)),
}


def test_the_laws_hold():
    laws()


@pytest.mark.parametrize("name", TWINS)
def test_twins_are_caught(name, monkeypatch):
    monkeypatch.setattr(*TWINS[name])
    with pytest.raises(AssertionError):
        laws()


# Exponentials


def test_positive_factors_are_dropped_without_balls(monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    flow = qm.MAML(qm.GradientFlow(sympy.Integer(1))).weight(a)
    found = increasing(flow, a, Interval(0, Rational(1, 2)))
    assert found.status is PROVED
    assert "positive factor exp(-2*a)" in found.explain()
    assert increasing(flow, a, Interval(0, 1)).witness == {"a": Fraction(1)}


def test_without_flint_the_error_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "flint", None)
    with pytest.raises(qm.InputError, match="quadmaml\\[exact\\]"):
        positive(sympy.exp(-x) - 1 + x, Interval(1, 2))


def test_balls():
    need("flint")
    gap = sympy.exp(-x) - (1 - x / 20) ** 20
    found = positive(gap, Interval(Rational(1, 100), 20))
    assert found.status is PROVED
    assert "by ball arithmetic" in found.scope
    assert nonnegative(gap, Interval(0, 20)).status is UNDECIDED, "zero at an end cannot be enclosed"
    refuted = positive(-gap, Interval(1, 2))
    assert refuted.status is REFUTED
    assert refuted.witness == {"x": Fraction(3, 2)}
    assert positive(sympy.log(x) + sympy.pi, Interval(1, 2)).status is PROVED
    assert positive(sympy.E + x * sympy.exp(x), Interval(0, 2)).status is PROVED
    assert positive(sympy.exp(x) + y, {x: Interval(0, 1), y: Interval(0, 1)}).status is UNDECIDED
    assert positive(sympy.exp(x) + x, Interval(0, oo)).status is UNDECIDED
    with pytest.raises(qm.InputError, match="contains erf"):
        positive(sympy.erf(x) + 1, Interval(0, 1))


def test_twin_balls_without_the_radius_are_caught(monkeypatch):
    need("flint")
    touching = sympy.exp(x) - 1 - x
    assert positive(touching, Interval(-1, 2)).status is UNDECIDED
    point = enclosures._Balls.at
    monkeypatch.setattr(enclosures._Balls, "over", lambda balls, lo, hi: point(balls, lo + (hi - lo) / 3))
    with pytest.raises(AssertionError):
        assert positive(touching, Interval(-1, 2)).status is UNDECIDED


# Refusals


@pytest.mark.parametrize(
    ("expression", "domain", "message"),
    [
        (x * y, Interval(0, 1), "mapping from each"),
        (x, {}, "says nothing about x"),
        (x, {x: Interval(0, y)}, "says nothing about y"),
        (x + y, {x: Interval(0, y), y: Interval(0, x)}, "depend on each other"),
        (x, {x: (0, 1)}, "expected a sympy.Interval"),
        (x, {x: sympy.FiniteSet(1)}, "more than one point"),
        (x, {"x": Interval(0, 1)}, "expected a SymPy symbol"),
        (x, {x: Interval(0, 0.5)}, "exact end"),
        (x, {x: Interval(0, sympy.sqrt(2))}, "irrational end"),
        (0.5 * x, Interval(0, 1), "float"),
        (sympy.sqrt(2) * x, Interval(0, 1), "rational coefficients"),
    ],
)
def test_what_is_refused(expression, domain, message):
    with pytest.raises(qm.InputError, match=message):
        nonnegative(expression, domain)


def test_domains_are_shown_in_order():
    made = Domain.of(a * b, {a: Interval.open(0, b), b: Interval.Lopen(0, oo)})
    assert str(made) == "b in (0, oo), a in (0, b)"
    lines = Domain.of(a, {a: Interval(-oo, oo)})
    assert len(lines.pieces()) == 2
    assert len(list(lines.points(5))) == 5


def test_boxes_are_left_out_where_a_condition_fails():
    x = sympy.Symbol("x")
    p, g = sympy.Poly(Rational(3, 2) - x, x), sympy.Poly(2 - x**2, x)
    whole = [(Fraction(0), None)]
    found = bernstein.certify(p, whole, [(True, False)], strict=False, boxes=50, conditions=[(g, False)])
    assert found is not None
    assert found.check()
    assert any(box.outside == 0 for box in found.boxes)
    # Without the condition, or with one that leaves more, there is none.
    assert bernstein.certify(p, whole, [(True, False)], strict=False, boxes=50) is None
    wider = sympy.Poly(4 - x**2, x)
    assert bernstein.certify(p, whole, [(True, False)], strict=False, boxes=50, conditions=[(wider, False)]) is None
    assert not replace(found, conditions=((wider, False),)).check()


def test_negative_points_are_negative():
    x, y = sympy.symbols("x y")
    p = sympy.Poly(1 - 1001 * x * y / 1000, x, y)
    at = bernstein.negative_point(p, [(Fraction(0), Fraction(1))] * 2, 20)
    assert p.eval(at) < 0
    assert all(0 < each < 1 for each in at)
    assert bernstein.negative_point(sympy.Poly(1 - x * y, x, y), [(Fraction(0), Fraction(1))] * 2, 20) is None


def test_a_narrow_strip_at_an_end_is_found():
    u, v = sympy.symbols("u v", positive=True)
    where = {u: sympy.Interval.open(0, sympy.oo), v: sympy.Interval(0, sympy.Rational(2001, 1000) / u)}
    decision = nonnegative(1 - (1 - u * v) ** 2, where)
    assert decision.status is Status.REFUTED
    assert decision.margin < 0
