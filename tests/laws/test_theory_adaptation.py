"""Each row of the table of adaptations, ``phi = P theta + R h``, written out a third time; section 2 of the theory."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import chebyshev

from quadmaml import Quadratic, adaptation, strategies
from quadmaml.adaptation import (
    Chebyshev,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    NoAdaptation,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
)

from . import checks
from .drawn import problems


def drawn_problem(data: Any, kind: Any, **options: Any) -> tuple[Any, Any, Any, Any]:
    loop, tasks, theta = data.draw(problems(loop=kind, split=False, max_dim=8, **options))
    return loop, tasks.support, theta, np.eye(tasks.dim)


def at_eigenvalues(p: Any, A: Any) -> Any:
    a, Q = np.linalg.eigh(A)
    return (Q * p(a)[..., None, :]) @ Q.swapaxes(-1, -2)


def assert_linear_part(loop: Any, support: Any, P: Any) -> None:
    checks.agree(loop.map(support).linear, P, np.maximum(1, checks.size(P, 2)), axes=2)


@given(st.data())
def test_row_none(data: Any) -> None:
    loop, support, theta, one = drawn_problem(data, NoAdaptation)
    m = loop.map(support)
    assert (m.linear == one).all()
    assert not m.offset.any()
    assert (m(theta) == theta).all()


@given(st.data())
def test_row_gradient_descent_with_its_schedule(data: Any) -> None:
    """P = (I - lr A)^K for constant steps, the product of I - lr_k A for a schedule."""
    loop, support, _, one = drawn_problem(data, GradientDescent)
    P = one + 0 * support.hessian
    for lr in loop.lr if isinstance(loop.lr, tuple) else [loop.lr] * loop.steps:
        P = (one - lr * support.hessian) @ P
    assert_linear_part(loop, support, P)


@given(st.data())
def test_row_chebyshev(data: Any) -> None:
    """p(a) = T_K(s(a)) / T_K(s(0)) with s(a) = (L + mu - 2a) / (L - mu)."""
    loop, support, _, _ = drawn_problem(data, Chebyshev, curvature="semidefinite")
    T, L, mu = [0] * loop.steps + [1], loop.largest, loop.smallest
    if mu == L:
        p = lambda a: (1 - a / L) ** loop.steps  # noqa: E731
    else:
        p = lambda a: chebyshev.chebval((L + mu - 2 * a) / (L - mu), T) / chebyshev.chebval((L + mu) / (L - mu), T)  # noqa: E731
    assert_linear_part(loop, support, at_eigenvalues(p, support.hessian))


@given(strategies.inner_loops(1, kinds=[Chebyshev], exact=True, max_steps=9), st.fractions(-3, 20, max_denominator=9))
def test_row_chebyshev_exactly(loop: Any, a: Fraction) -> None:
    def polynomial(x: Fraction) -> Fraction:
        previous, T = x, Fraction(1)  # T_{-1} = T_1
        for _ in range(loop.steps):
            previous, T = T, 2 * x * T - previous
        return T

    L, mu = loop.largest, loop.smallest
    if mu < L:
        assert loop.residual(a) == polynomial((L + mu - 2 * a) / (L - mu)) / polynomial((L + mu) / (L - mu))
    else:
        assert loop.residual(a) == (1 - a / L) ** loop.steps


@pytest.mark.parametrize("steps", range(7))
def test_row_chebyshev_is_the_schedule_of_the_reciprocal_nodes(steps: int) -> None:
    nodes = 2.5 + 1.5 * np.cos(np.pi * (2 * np.arange(steps) + 1) / (2 * steps or 1))
    a = np.linspace(-1, 6, 15)
    schedule = GradientDescent(1 / nodes)
    np.testing.assert_allclose(Chebyshev(1.0, 4.0, steps).residual(a), schedule.residual(a), rtol=1e-11, atol=1e-12)


@given(st.data())
def test_row_heavy_ball(data: Any) -> None:
    """(p_{k+1}, p_k) = [[1 + beta - lr a, -beta], [1, 0]] (p_k, p_{k-1}), from (1, 1)."""
    loop, support, _, _ = drawn_problem(data, HeavyBall)

    def p(a: Any) -> Any:
        pair = np.ones((*a.shape, 2))
        for lr in loop.schedule:
            step = np.zeros((*a.shape, 2, 2))
            step[..., 0, 0], step[..., 0, 1], step[..., 1, 0] = 1 + loop.momentum - lr * a, -loop.momentum, 1
            pair = (step @ pair[..., None])[..., 0]
        return pair[..., 0]

    assert_linear_part(loop, support, at_eigenvalues(p, support.hessian))


@given(st.data())
def test_row_preconditioned(data: Any) -> None:
    """P = (I - DA)^K: D stands to the left of A, and P need not be symmetric."""
    loop, support, _, one = drawn_problem(data, PreconditionedGradientDescent)
    D = np.asarray(loop.preconditioner)
    D = np.diag(D) if D.ndim == 1 else D
    P = np.linalg.matrix_power(one - D @ support.hessian, loop.steps)
    assert_linear_part(loop, support, P)


def test_row_preconditioned_is_not_symmetric_and_does_not_commute() -> None:
    A = np.asarray([[2.0, 1.0], [1.0, 3.0]])
    P = PreconditionedGradientDescent([0.3, 0.1], 2).map(Quadratic(A, [0.0, 0.0])).linear
    assert abs(P - P.T).max() > 0.01
    assert abs(P @ A - A @ P).max() > 0.01


@given(st.data())
def test_row_partial(data: Any) -> None:
    """The preconditioned row with D = lr diag(mask); what is not masked in stays where it is."""
    loop, support, theta, one = drawn_problem(data, PartialGradientDescent)
    mask = np.asarray(loop.mask)
    P = one + 0 * support.hessian
    for lr in loop.schedule:
        P = (one - lr * np.diag(mask * 1.0) @ support.hessian) @ P
    assert_linear_part(loop, support, P)
    moved = loop.map(support)(theta)
    assert (moved[:, ~mask] == theta[~mask]).all()


@given(st.data())
def test_row_gradient_flow(data: Any) -> None:
    loop, support, _, _ = drawn_problem(data, GradientFlow)
    assert_linear_part(loop, support, at_eigenvalues(lambda a: np.exp(-loop.time * a), support.hessian))


def test_row_gradient_flow_is_the_limit_of_small_steps() -> None:
    a, K = np.linspace(0, 3, 7), 1_000_000
    np.testing.assert_allclose(GradientDescent(2 / K, K).residual(a), GradientFlow(2.0).residual(a), rtol=1e-4)


@given(st.data())
def test_row_proximal(data: Any) -> None:
    """P = lambda (A + lambda)^-1 and R = (A + lambda)^-1; the stationary point of f + lambda/2 |phi - theta|^2."""
    loop, tasks, theta = data.draw(problems(loop=Proximal, split=False, exact=True))
    A, h, m = tasks.support.hessian, tasks.support.linear, loop.map(tasks.support)
    one = np.eye(tasks.dim, dtype=int)
    assert ((A + loop.strength * one) @ m.linear == loop.strength * one).all()
    assert (((A + loop.strength * one) @ m.offset[..., None])[..., 0] == h).all()
    phi = m(theta)
    assert not (tasks.support.gradient(phi) + loop.strength * (phi - theta)).any()


def test_row_proximal_of_an_indefinite_problem_is_its_stationary_point() -> None:
    A = np.asarray([[Fraction(-3), Fraction(1)], [Fraction(1), Fraction(2)]])
    f = Quadratic(A, [Fraction(1), Fraction(2)])
    theta = [Fraction(5), Fraction(7)]
    phi = Proximal(Fraction(1)).map(f)(theta)
    assert not (f.gradient(phi) + phi - theta).any()


@given(st.data())
def test_row_proximal_by_gradient_descent(data: Any) -> None:
    """p = lambda/(lambda + a) + (1 - lr (lambda + a))^K a/(lambda + a) where a is not -lambda."""
    loop = data.draw(strategies.inner_loops(1, kinds=[ProximalGradientDescent], exact=True, max_steps=8))
    a = data.draw(st.fractions(-20, 20, max_denominator=6))
    total = loop.strength + a
    if total:
        remaining = Fraction(1)
        for lr in loop.schedule:
            remaining *= 1 - lr * total
        assert loop.residual(a) == loop.strength / total + remaining * a / total
    else:
        assert loop.residual(a) == 1 + sum(loop.schedule) * loop.strength


a = sympy.Symbol("a")
SYMBOLIC = [
    NoAdaptation(),
    GradientDescent(sympy.Rational(1, 3), 4),
    GradientDescent([sympy.Rational(1, 3), sympy.Rational(1, 5)]),
    HeavyBall(sympy.Rational(1, 3), sympy.Rational(1, 2), 4),
    GradientFlow(sympy.Rational(3, 2)),
    Proximal(sympy.Rational(3, 2)),
    ProximalGradientDescent(sympy.Rational(3, 2), sympy.Rational(1, 5), 3),
    Chebyshev(sympy.Rational(1, 2), sympy.Integer(3), 4),
]


def test_every_spectral_loop_is_read_at_a_symbol() -> None:
    assert {type(loop) for loop in SYMBOLIC} == {kind for kind in checks_loops() if kind.spectral}


def checks_loops() -> list[Any]:
    from .drawn import LOOPS

    return LOOPS


@pytest.mark.parametrize("loop", SYMBOLIC, ids=lambda loop: type(loop).__name__)
def test_spectral_loops_have_p_of_0_equal_to_1_and_r_continued_at_0(loop: Any) -> None:
    """R = r(A), with r(a) = (1 - p(a)) / a and r(0) = -p'(0), on singular curvature with h outside its range."""
    p = sympy.sympify(loop.residual(a))
    assert sympy.simplify(p.subs(a, 0)) == 1
    points = [sympy.Rational(1, 2), sympy.Rational(-1, 3), sympy.Integer(0)]
    r = [(1 - p.subs(a, x)) / x if x else -sympy.diff(p, a).subs(a, 0) for x in points]
    rational = not isinstance(loop, GradientFlow)
    A, h = np.diag(points), np.asarray([sympy.Integer(5), sympy.Integer(-7), sympy.Integer(11)])
    if rational:
        m = loop.map(Quadratic(A, h))
        assert [sympy.simplify(m.offset[i] - r[i] * h[i]) for i in range(3)] == [0, 0, 0]
    else:
        m = GradientFlow(float(loop.time)).map(Quadratic(A.astype(float), h.astype(float)))
        want = [float(r[i] * h[i]) for i in range(3)]
        np.testing.assert_allclose(m.offset, want, rtol=1e-13)


UNSTABLE = [
    (GradientDescent(0.25, 400), 8.0),
    (HeavyBall(0.25, 0.5, 400), 12.0),
    (ProximalGradientDescent(3.0, 0.25, 400), 5.0),
    (Chebyshev(1.0, 4.0, 41), 5.0),
    (PreconditionedGradientDescent([1.0], 400), 2.0),
]


@pytest.mark.parametrize(("loop", "bound"), UNSTABLE, ids=lambda x: type(x).__name__)
def test_loops_are_unstable_from_their_bound(loop: Any, bound: float) -> None:
    assert loop.stable_below() == pytest.approx(bound)
    inside = [0.0, 0.01, 0.3, 0.6, 0.99]
    assert all(abs(loop.residual(bound * part)) <= 1 + 1e-12 for part in inside)
    assert abs(loop.residual(bound * 1.05)) > 2


@pytest.mark.parametrize("kind", [NoAdaptation, GradientFlow, Proximal], ids=lambda kind: kind.__name__)
def test_loops_without_a_step_size_are_always_stable(kind: Any) -> None:
    loop = kind() if kind is NoAdaptation else kind(0.7)
    assert loop.stable_below() == float("inf")
    assert abs(loop.residual(1e9)) <= 1


def test_every_row_is_covered() -> None:
    """A loop without a row here has no third writing of its formula."""
    named = {
        NoAdaptation, GradientDescent, Chebyshev, HeavyBall, PreconditionedGradientDescent, PartialGradientDescent,
        GradientFlow, Proximal, ProximalGradientDescent,
    }  # fmt: skip
    missing = [kind.__name__ for kind in checks_loops() if kind not in named]
    assert not missing, f"{missing}: add a test of its formula to {__name__}"
    assert adaptation.__all__
