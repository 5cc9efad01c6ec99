"""Spectral readings: the weights of the theory's section 4, the bounds of its section 2, and wrong code."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from sympy import Interval, Rational, oo

import quadmaml as qm
from quadmaml.proofs.verdicts import Status
from quadmaml.symbolic import Reading, derivative, limit, maximiser, monotone_ranges, residual_bound, stability
from quadmaml.symbolic.powers import Formula
from quadmaml.symbolic.reading import CURVATURE as A

# Symbols without assumptions, as users write them: what they stand for is read off the parameter.
a, alpha, K, m, lam, t, beta = sympy.symbols("a alpha K m lambda t beta")
PROVED, REFUTED, UNDECIDED = Status.PROVED, Status.REFUTED, Status.UNDECIDED
GD = qm.GradientDescent(lr=alpha, steps=K)

# Algorithm, its weight, where it is largest, and what it grows to: section 4 of the theory.
TABLE = {
    "joint": (qm.Joint(), a, oo, "grows without end"),
    "maml": (qm.MAML(GD), a * (1 - alpha * a) ** (2 * K), 1 / ((2 * K + 1) * alpha), ""),
    "fomaml": (qm.FOMAML(GD), a * (1 - alpha * a) ** K, 1 / ((K + 1) * alpha), ""),
    "truncated": (
        qm.TruncatedMAML(GD, m),
        a * (1 - alpha * a) ** K * (1 - alpha * a) ** m,
        1 / ((K + m + 1) * alpha),
        "",
    ),
    "reptile": (qm.Reptile(GD), 1 - (1 - alpha * a) ** K, 1 / alpha, "grows, towards 1"),
    "imaml": (qm.IMAML(lam), a * lam**2 / (lam + a) ** 2, lam, ""),
    "moreau": (qm.MoreauEnvelope(lam), a * lam / (lam + a), oo, "grows, towards lambda"),
    "flow": (qm.MAML(qm.GradientFlow(t)), a * sympy.exp(-2 * t * a), 1 / (2 * t), ""),
}
each_row = pytest.mark.parametrize("row", TABLE)


@each_row
def test_the_table_of_weights(row):
    algorithm, weight, top, meaning = TABLE[row]
    assert sympy.simplify(algorithm.weight(A) - weight.subs(a, A)) == 0
    found = maximiser(algorithm)
    assert found.verdict.status is PROVED, found.verdict.explain()
    assert found.value == oo if top == oo else sympy.simplify(found.value - top) == 0
    assert found.meaning == meaning


@each_row
def test_the_table_at_numbers(row):
    """The maximiser beats its neighbours, in exact arithmetic on the code with numbers instead of symbols."""
    top = TABLE[row][2]
    if top == oo or row == "flow":
        return
    numbers = {alpha: Rational(1, 3), K: 4, m: 2, lam: Rational(5, 2)}
    best = Fraction(str(sympy.Rational(top.subs(numbers))))
    third = Fraction(1, 3)
    concrete = {
        "maml": qm.MAML(qm.GradientDescent(third, 4)),
        "fomaml": qm.FOMAML(qm.GradientDescent(third, 4)),
        "truncated": qm.TruncatedMAML(qm.GradientDescent(third, 4), 2),
        "reptile": qm.Reptile(qm.GradientDescent(third, 4)),
        "imaml": qm.IMAML(Fraction(5, 2)),
    }[row]
    others = [best * Fraction(i, 20) for i in range(1, 20 if row == "reptile" else 40) if i != 20]
    if row in ("maml", "fomaml", "truncated"):
        others = [each for each in others if each <= 3]
    assert all(concrete.weight(each) < concrete.weight(best) for each in others)


def test_ranges_with_symbols_and_with_numbers():
    symbolic = monotone_ranges(qm.MAML(GD))
    top = 1 / (alpha * (2 * K + 1))
    assert symbolic.value == ((Interval.open(0, top), 1), (Interval.open(top, 1 / alpha), -1))
    assert symbolic.assumptions == ("K in [1, oo)", "alpha in (0, oo)")
    numeric = monotone_ranges(qm.MAML(qm.GradientDescent(Rational(1, 2), 3)), Interval(0, 4))
    two_sevenths = Rational(2, 7)
    assert [interval.end for interval, _ in numeric.value] == [two_sevenths, 2, 4]
    assert [sign for _, sign in numeric.value] == [1, -1, 1]
    assert maximiser(qm.MAML(qm.GradientDescent(Rational(1, 2), 3)), Interval(0, 4)).value == 4
    root = sympy.sqrt(2)
    cut = monotone_ranges(qm.MAML(qm.GradientDescent(Rational(1, 2), 3)), Interval(root / 9, root))
    assert cut.value == ((Interval.open(root / 9, two_sevenths), 1), (Interval.open(two_sevenths, root), -1))
    assert monotone_ranges(qm.GradientFlow(t)).value == ((Interval.open(0, oo), -1),)
    assert maximiser(qm.GradientFlow(t)).meaning == "falls"
    assert maximiser(qm.NoAdaptation()).meaning == "constant"


def test_turning_points_that_are_algebraic():
    loop = qm.HeavyBall(lr=Rational(1), momentum=Rational(1, 2), steps=6)
    found = maximiser(qm.MAML(loop))
    assert found.verdict.status is PROVED
    slope = sympy.diff(qm.MAML(loop).weight(a), a)
    assert sympy.Poly(slope, a).rem(sympy.Poly(sympy.minimal_polynomial(found.value, a), a)).is_zero


def test_several_maxima_that_cannot_be_compared_are_undecided():
    loop = qm.HeavyBall(lr=Rational(1), momentum=Rational(1, 2), steps=4)
    ranges = monotone_ranges(qm.MAML(loop), Interval(0, 2)).value
    assert [sign for _, sign in ranges].count(1) > 1
    assert maximiser(qm.MAML(loop), Interval(0, 2)).verdict.status is UNDECIDED
    cubic = qm.IMAML(lam, qm.ProximalGradientDescent(lam, alpha, 3))
    assert monotone_ranges(cubic, Interval.open(0, 1 / alpha)).verdict.status is UNDECIDED
    assert maximiser(cubic, Interval.open(0, 1 / alpha)).value is None


JOINT, AVERAGE = "joint training", "plain average of the optima"


@pytest.mark.parametrize(
    ("algorithm", "parameter", "to", "meaning"),
    [
        (qm.MAML(GD), alpha, 0, JOINT),
        (qm.FOMAML(GD), alpha, 0, JOINT),
        (qm.Reptile(GD), alpha, 0, JOINT),
        (qm.Reptile(GD), K, oo, AVERAGE),
        (qm.MAML(GD), K, oo, "vanishes for every a"),
        (qm.IMAML(lam), lam, oo, JOINT),
        (qm.MoreauEnvelope(lam), lam, oo, JOINT),
        (qm.MoreauEnvelope(lam), lam, 0, AVERAGE),
        (qm.MAML(qm.GradientFlow(t)), t, 0, JOINT),
        (qm.Reptile(qm.GradientFlow(t)), t, 0, JOINT),
        (qm.Reptile(qm.GradientFlow(t)), t, oo, AVERAGE),
        (qm.FOMAML(qm.HeavyBall(alpha, beta, 3)), alpha, 0, JOINT),
    ],
)
def test_limits(algorithm, parameter, to, meaning):
    found = limit(algorithm, parameter, to, Interval.open(0, 1 / alpha) if alpha in free(algorithm) else None)
    assert found.meaning == meaning
    assert found.verdict.status is PROVED


def free(algorithm: Any) -> set[Any]:
    return algorithm.weight(A).free_symbols


def test_limits_are_those_of_sympy():
    positive = sympy.Symbol("p", positive=True)
    for algorithm in (qm.IMAML(lam), qm.MoreauEnvelope(lam)):
        for to in (0, oo):
            ours = limit(algorithm, lam, to).value
            ratio = algorithm.weight(A).subs(lam, positive)
            assert sympy.simplify(sympy.limit(ratio / ratio.subs(A, 1), positive, to) - ours / ours.subs(A, 1)) == 0
    assert limit(qm.IMAML(lam), lam, 0).value == 1 / A


@pytest.mark.parametrize(
    ("subject", "parameter", "expected", "meaning"),
    [
        (qm.MAML(GD), alpha, -2 * K * A**2 * (1 - alpha * A) ** (2 * K - 1), "decreases"),
        (qm.MAML(GD), K, 2 * A * (1 - alpha * A) ** (2 * K) * sympy.log(1 - alpha * A), "decreases"),
        (qm.Reptile(GD), K, -((1 - alpha * A) ** K) * sympy.log(1 - alpha * A), "increases"),
        (qm.IMAML(lam), lam, 2 * A**2 * lam / (A + lam) ** 3, "increases"),
        (qm.MAML(qm.GradientFlow(t)), t, -2 * A**2 * sympy.exp(-2 * t * A), "decreases"),
        (GD, alpha, -K * A * (1 - alpha * A) ** (K - 1), "decreases"),
    ],
)
def test_derivatives(subject, parameter, expected, meaning):
    found = derivative(subject, parameter)
    assert sympy.simplify(found.value - expected) == 0
    assert found.meaning == meaning
    assert found.verdict.status is PROVED
    beyond = derivative(qm.MAML(GD), alpha, Interval.open(0, 2 / alpha))
    assert beyond.verdict.status is UNDECIDED
    assert beyond.meaning == ""


# Stability, section 2 of the theory


@pytest.mark.parametrize(
    ("loop", "end"),
    [
        (GD, 2 / alpha),
        (qm.GradientDescent(lr=alpha, steps=3), 2 / alpha),
        (qm.HeavyBall(lr=alpha, momentum=beta, steps=K), 2 * (1 + beta) / alpha),
        (qm.ProximalGradientDescent(lam, alpha, K), 2 / alpha - lam),
        (qm.Proximal(lam), oo),
        (qm.HeavyBall(lr=Rational(1), momentum=Rational(1, 2), steps=6), 3),
    ],
)
def test_ranges_of_stability(loop, end):
    found = stability(loop)
    assert found.verdict.status is PROVED, found.verdict.explain()
    assert found.value.end == oo if end == oo else sympy.simplify(found.value.end - end) == 0


def test_ranges_of_stability_agree_with_the_classes():
    numbers = {alpha: 0.25, beta: 0.5, lam: 1.5}
    symbolic = [
        qm.GradientDescent(alpha, 3),
        qm.HeavyBall(alpha, beta, 3),
        qm.ProximalGradientDescent(lam, alpha, 3),
    ]
    concrete = [qm.GradientDescent(0.25, 3), qm.HeavyBall(0.25, 0.5, 3), qm.ProximalGradientDescent(1.5, 0.25, 3)]
    for one, other in zip(symbolic, concrete, strict=True):
        assert float(stability(one).value.end.subs(numbers)) == other.stable_below()


def test_a_stable_heavy_ball_may_leave_the_unit_interval():
    loop = qm.HeavyBall(lr=Rational(1), momentum=Rational(1, 2), steps=6)
    found = residual_bound(loop, Interval.open(0, 3))
    assert found.value == sympy.false
    assert found.verdict.witness == {"a": Fraction(26, 9)}
    assert residual_bound(loop, Interval.open(0, 2)).value == sympy.true
    assert residual_bound(GD, Interval(0, 2 / alpha)).verdict.status is PROVED
    assert residual_bound(GD, Interval(0, 3 / alpha)).verdict.status is REFUTED
    least = 1 / sympy.chebyshevt(6, sympy.Integer(2))
    assert residual_bound(qm.Chebyshev(Rational(1), Rational(3), 6), Interval(1, 3), least).value == sympy.true
    proximal = qm.ProximalGradientDescent(lam, alpha, 2)
    ranges = {lam: Interval.open(0, oo), alpha: Interval.open(0, 1 / lam)}
    assert residual_bound(proximal, Interval.open(0, 1 / alpha - lam), assuming=ranges).verdict.status is PROVED


# Planted mistakes


def test_twins_of_the_code_change_the_readings(monkeypatch):
    right = maximiser(qm.MAML(GD)).value
    monkeypatch.setattr(qm.GradientDescent, "residual", lambda loop, x: (1 - loop.lr * x) ** (loop.steps + 1))
    assert sympy.simplify(maximiser(qm.MAML(GD)).value - right) != 0
    monkeypatch.setattr(qm.GradientDescent, "residual", lambda loop, x: (1 - 2 * loop.lr * x) ** loop.steps)
    assert stability(GD).value.end == 1 / alpha
    monkeypatch.setattr(qm.Proximal, "residual", lambda loop, x: loop.strength / (loop.strength + 2 * x))
    assert sympy.simplify(maximiser(qm.IMAML(lam)).value - lam) != 0


def wrong_sign(self: Any, x: Any) -> Any:
    previous = p = x**0
    for lr in self.schedule:
        previous, p = p, (1 - lr * x) * p - self.momentum * (p - previous)
    return p


def test_twin_a_wrong_sign_of_the_momentum_changes_the_stability(monkeypatch):
    monkeypatch.setattr(qm.HeavyBall, "residual", wrong_sign)
    found = stability(qm.HeavyBall(lr=alpha, momentum=beta, steps=K))
    assert sympy.simplify(found.value.end - 2 * (1 + beta) / alpha) != 0


def test_a_power_of_a_negative_number_has_no_known_sign():
    beyond = Interval.open(1 / alpha, 2 / alpha)
    assert monotone_ranges(qm.FOMAML(GD), beyond).verdict.status is UNDECIDED
    assert maximiser(qm.MAML(GD), Interval(0, 1 / alpha)).verdict.status is PROVED


def test_twin_a_sign_that_is_not_proved_is_not_reported(monkeypatch):
    monkeypatch.setattr(Formula, "factor_sign", lambda *_: pytest.fail("no sign without the decider"))
    with pytest.raises(pytest.fail.Exception):
        maximiser(qm.MAML(GD))


# How it looks, and what is refused


def test_how_it_looks():
    found = maximiser(qm.MAML(GD))
    assert isinstance(found, Reading)
    assert r"\frac{1}{\alpha \left(2 K + 1\right)}" in found._repr_latex_()
    assert str(found).endswith("1/(alpha*(2*K + 1)). PROVED")
    assert "Bernstein coefficients" in found.verdict.explain()


class TwoZeros(qm.GradientDescent):
    """A residual with two zeros."""

    def residual(self, x: Any) -> Any:
        return (1 - self.lr * x) * (1 - self.steps * x)


class Quadratic(qm.GradientDescent):
    """A residual of degree two in the curvature, which cannot be factored."""

    def residual(self, x: Any) -> Any:
        return 1 - self.lr * x - self.steps * x**2


def test_what_is_refused():
    with pytest.raises(qm.InputError, match="expected a meta-algorithm or an inner loop"):
        maximiser(a)
    with pytest.raises(qm.InputError, match="says nothing about beta"):
        maximiser(qm.MAML(qm.GradientDescent(2 * beta, K)))
    assert maximiser(qm.MAML(qm.GradientDescent(2 * beta, K)), assuming={beta: Interval.open(0, oo)}).value is not None
    with pytest.raises(qm.InputError, match="has the zeros"):
        maximiser(qm.MAML(TwoZeros(alpha, K)))
    with pytest.raises(qm.InputError, match="cannot be solved for a"):
        maximiser(qm.MAML(Quadratic(alpha, K)))
    with pytest.raises(qm.InputError, match="expected a parameter of"):
        limit(qm.MAML(GD), alpha, 1)
    with pytest.raises(qm.InputError, match="no Taylor series"):
        limit(qm.MAML(GD), alpha, oo)
    with pytest.raises(qm.InputError, match="not linear in t"):
        limit(qm.MAML(qm.GradientFlow(t**2)), t, oo, assuming={t: Interval.open(0, oo)})
    for loop in (qm.GradientDescent(0.1, 3), qm.GradientFlow(0.5)):
        with pytest.raises(qm.InputError, match="float"):
            maximiser(qm.MAML(loop))
    with pytest.raises(qm.InputError, match="expected equal steps"):
        stability(qm.Chebyshev(1, 3, 5))
    with pytest.raises(qm.InputError, match="expected equal steps"):
        stability(TwoZeros(alpha, K))


def test_a_pole_inside_the_domain_is_refused():
    for subject in (qm.Proximal(Rational(1)), qm.MoreauEnvelope(Rational(1))):
        for reading in (monotone_ranges, maximiser):
            with pytest.raises(qm.InputError, match="has a pole at -1"):
                reading(subject, Interval(-3, 0))
    assert monotone_ranges(qm.Proximal(Rational(1)), Interval(-1, 0)).value == ((Interval.open(-1, 0), -1),)


def test_a_parameter_is_not_taken_for_the_curvature():
    for symbol in (A, a):
        with pytest.raises(qm.InputError, match="has a parameter a, which is the curvature"):
            maximiser(qm.MAML(qm.GradientDescent(symbol, 2)))
        with pytest.raises(qm.InputError, match="has a parameter a, which is the curvature"):
            stability(qm.HeavyBall(2 * symbol, Rational(1, 2), 2))


def test_a_parameter_is_not_taken_for_a_variable_of_the_loop():
    for name in ("p", "previous"):
        rate = sympy.Symbol(name)
        assert stability(qm.HeavyBall(rate, Rational(1, 2), 3)).value == Interval.open(0, 3 / rate)


def test_only_spectral_loops_have_a_curvature():
    loop = qm.PreconditionedGradientDescent(3 * np.eye(2), 1)
    for reading in (maximiser, monotone_ranges, stability):
        with pytest.raises(qm.InputError, match="expected a spectral loop"):
            reading(loop)


def test_the_curvature_may_be_any_symbol_of_its_name():
    found, same = (derivative(qm.IMAML(lam), symbol, Interval.open(0, lam)) for symbol in (a, A))
    assert (found.value, found.meaning) == (same.value, "increases")


def test_a_limit_is_named_for_positive_multiples_of_weights_only():
    assert limit(qm.GradientDescent(alpha, 1), alpha, oo).meaning == ""
    assert limit(qm.FOMAML(qm.GradientDescent(alpha, 1)), alpha, 0).meaning == "joint training"


@pytest.mark.parametrize(
    ("reading", "message"),
    [
        (lambda: derivative(qm.IMAML(lam), alpha), "derivative: got alpha; expected a or a parameter of"),
        (lambda: derivative(qm.MAML(GD), None), "derivative: got None"),
        (lambda: maximiser(qm.MAML(GD), (0, 1)), "domain: got"),
        (lambda: maximiser(qm.MAML(GD), sympy.S.EmptySet), "domain: got"),
        (lambda: maximiser(qm.MAML(GD), assuming={"alpha": Interval(0, 1)}), "assuming: got"),
        (lambda: maximiser(qm.MAML(GD), assuming="alpha"), "assuming: got"),
        (lambda: residual_bound(qm.MAML(GD), Interval(0, 1)), "loop: got"),
        (lambda: residual_bound(GD, Interval(0, 1), "x"), "bound: got 'x'"),
        (lambda: residual_bound(GD, Interval(0, 1), 0.5), "bound: got 0.5"),
        (lambda: stability(qm.MAML(GD)), "loop: got"),
        (lambda: stability(qm.GradientDescent(2 * alpha, K)), "says nothing about alpha"),
        (lambda: stability(qm.GradientFlow(t)), "no rational function"),
        (lambda: stability(qm.Proximal(lam), assuming={lam: Interval.open(-1, 1)}), "cannot be solved for a"),
    ],
)
def test_bad_arguments_are_named(reading, message):
    with pytest.raises(qm.InputError, match=message):
        reading()


def test_the_ends_of_a_domain_may_hold_a_parameter_that_the_residual_does_not():
    assert residual_bound(qm.GradientDescent(alpha, 0), Interval(0, 2 / alpha)).value == sympy.true
