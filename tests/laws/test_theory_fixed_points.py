"""Curvature weights, fixed points, losses after adaptation, and the outer loop; sections 4 to 6 of the theory."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from quadmaml import (
    FOMAML,
    IMAML,
    MAML,
    AffineField,
    ConvergenceError,
    Joint,
    MoreauEnvelope,
    Quadratic,
    Reptile,
    SingularError,
    Tasks,
    TruncatedMAML,
    adapted_losses,
    simulate,
    strategies,
)
from quadmaml.adaptation import GradientDescent, GradientFlow, HeavyBall, Proximal
from quadmaml.meta_algorithm import Pair

from . import checks
from .drawn import ALGORITHMS, LOOPS, SIMULATED_EXACTLY, problems

SPECTRAL = [kind for kind in LOOPS if kind.spectral]
SPECTRAL_EXACT = [kind for kind in SIMULATED_EXACTLY if kind.spectral]
every_algorithm = pytest.mark.parametrize("kind", ALGORITHMS, ids=lambda kind: kind.__name__)

a, lr, strength, t = sympy.symbols("a alpha lambda t", positive=True)
K, m = 3, 2
GD = GradientDescent(lr, K)

# algorithm, W(a), and where it is largest
WEIGHTS = [
    ("joint", Joint(), a, None),
    ("MAML", MAML(GD), a * (1 - lr * a) ** (2 * K), 1 / ((2 * K + 1) * lr)),
    ("FOMAML", FOMAML(GD), a * (1 - lr * a) ** K, 1 / ((K + 1) * lr)),
    ("truncated", TruncatedMAML(GD, m), a * (1 - lr * a) ** (K + m), 1 / ((K + m + 1) * lr)),
    ("Reptile", Reptile(GD), 1 - (1 - lr * a) ** K, None),
    ("iMAML", IMAML(strength), a * strength**2 / (strength + a) ** 2, strength),
    ("Moreau", MoreauEnvelope(strength), a * strength / (strength + a), None),
    ("first-order iMAML", FOMAML(Proximal(strength)), a * strength / (strength + a), None),
    ("MAML on gradient flow", MAML(GradientFlow(t)), a * sympy.exp(-2 * t * a), 1 / (2 * t)),
]


@pytest.mark.parametrize(("name", "algorithm", "W", "top"), WEIGHTS, ids=[row[0] for row in WEIGHTS])
def test_weight_row(name: str, algorithm: Any, W: Any, top: Any) -> None:
    assert sympy.simplify(algorithm.weight(a) - W) == 0
    slope = sympy.diff(W, a)
    if top is None:
        values = {lr: sympy.Rational(1, 2), strength: 3}
        assert all(slope.subs(values).subs(a, sympy.Rational(k, 4)) > 0 for k in range(8))
    else:
        assert sympy.simplify(slope.subs(a, top)) == 0
        assert sympy.simplify(sympy.diff(W, a, 2).subs(a, top)).is_negative


def test_weight_limits() -> None:
    """Reptile tends to the plain average, Moreau grows towards lambda."""
    assert Reptile(GradientDescent(0.5, 10_000)).weight(0.1) == pytest.approx(1)
    assert sympy.limit(MoreauEnvelope(strength).weight(a), a, sympy.oo) == strength


@pytest.mark.parametrize("number", [0.25, Fraction(1, 4), sympy.Rational(1, 4), np.asarray([0.25, 2.0])])
def test_weights_have_the_kind_of_the_eigenvalue(number: Any) -> None:
    for algorithm in (
        Joint(),
        MAML(GradientDescent(1, 2)),
        Reptile(GradientDescent(1, 2)),
        IMAML(1),
        MoreauEnvelope(1),
    ):
        W = algorithm.weight(number)
        assert isinstance(W, (type(number), sympy.Expr) if isinstance(number, sympy.Expr) else type(number))
        assert np.shape(W) == np.shape(number)


def pieces(algorithm: Any, tasks: Tasks) -> Any:
    """W_i = W(A_i), exactly: the matrix of the field of each task alone."""
    return np.stack([algorithm.field(tasks[i : i + 1]).matrix for i in range(len(tasks))])


@st.composite
def with_optima(draw: st.DrawFn, kind: Any, *, split: bool = False) -> tuple[Any, Tasks, Any, Any]:
    """An algorithm, exact tasks of minimum 0 and their optima c, and c of the query."""
    algorithm, tasks, _ = draw(
        problems(algorithm=kind, exact=True, split=False, curvature="definite", loops=SPECTRAL_EXACT)
    )
    vectors = strategies.vectors(tasks.dim, batch=(len(tasks),), exact=True)
    c = draw(vectors)
    w = np.asarray([weight + Fraction(1, 10) for weight in tasks.weights])
    support = Quadratic.from_minimizer(tasks.support.hessian, c)
    if not split:
        return algorithm, Tasks(support, None, w), c, c
    c_query = draw(vectors)
    A = draw(strategies.spd_matrices(tasks.dim, batch=(len(tasks),), exact=True))
    return algorithm, Tasks(support, Quadratic.from_minimizer(A, c_query), w), c, c_query


def solved(algorithm: Any, tasks: Tasks) -> Any:
    """The fixed point; the few tasks whose weights cancel have none."""
    try:
        return algorithm.fixed_point(tasks)
    except SingularError:
        assume(False)


@every_algorithm
@given(data=st.data())
def test_fixed_point_is_a_curvature_weighted_average(kind: Any, data: Any) -> None:
    algorithm, tasks, c, _ = data.draw(with_optima(kind))
    W, w = pieces(algorithm, tasks), tasks.weights
    theta = solved(algorithm, tasks)
    assert (np.tensordot(w, W, 1) @ theta == w @ (W @ c[..., None])[..., 0]).all()


@every_algorithm
@given(data=st.data())
def test_fixed_point_differs_from_the_mean_by_a_covariance(kind: Any, data: Any) -> None:
    """E[W] (theta* - sum w c) = Cov(W, c)."""
    algorithm, tasks, c, _ = data.draw(with_optima(kind))
    W, w, theta = pieces(algorithm, tasks), tasks.weights, solved(algorithm, tasks)
    mean_W, mean = np.tensordot(w, W, 1), tasks.mean_minimizer()
    covariance = w @ ((W - mean_W) @ (c - mean)[..., None])[..., 0]
    assert (mean == w @ c).all()
    assert (mean_W @ (theta - mean) == covariance).all()


@pytest.mark.parametrize(
    "kind", [kind for kind in ALGORITHMS if issubclass(kind, Pair)], ids=lambda kind: kind.__name__
)
@given(data=st.data())
def test_fixed_point_with_a_split_adds_the_shift_of_the_optima(kind: Any, data: Any) -> None:
    """E[M] (theta* - sum w c) = Cov(M, c) + E[J'A(c_query - c)], for loops that move relative to c."""
    algorithm, tasks, c, c_query = data.draw(with_optima(kind, split=True))
    M, w, theta = pieces(algorithm, tasks), tasks.weights, solved(algorithm, tasks)
    mean_M, mean = np.tensordot(w, M, 1), w @ c
    covariance = w @ ((M - mean_M) @ (c - mean)[..., None])[..., 0]
    J = algorithm.jacobians(tasks)
    shift = (J.swapaxes(-1, -2) @ tasks.query.hessian @ (c_query - c)[..., None])[..., 0]
    assert (mean_M @ (theta - mean) == covariance + w @ shift).all()


@every_algorithm
@given(data=st.data())
def test_all_agree_if_all_curvatures_are_equal(kind: Any, data: Any) -> None:
    algorithm, tasks, c, _ = data.draw(with_optima(kind))
    A = np.stack([tasks.support.hessian[0]] * len(tasks))
    tasks = Tasks(Quadratic.from_minimizer(A, c), None, tasks.weights)
    assert (solved(algorithm, tasks) == tasks.weights @ c).all()


@every_algorithm
@given(data=st.data())
def test_all_agree_if_all_optima_are_equal(kind: Any, data: Any) -> None:
    algorithm, tasks, c, _ = data.draw(with_optima(kind))
    tasks = Tasks(Quadratic.from_minimizer(tasks.support.hessian, np.stack([c[0]] * len(c))), None, tasks.weights)
    assert (solved(algorithm, tasks) == c[0]).all()


def inverse(X: Any) -> Any:
    from quadmaml import linalg

    return linalg.solve(X, np.eye(len(X), dtype=int) * Fraction(1))


@every_algorithm
@given(data=st.data())
def test_two_tasks_meet_by_their_parallel_sum(kind: Any, data: Any) -> None:
    algorithm, tasks, c, _ = data.draw(with_optima(kind))
    assume(len(tasks) >= 2)
    tasks, gap = tasks[:2], c[0] - c[1]
    X, Y = (w * W for w, W in zip(tasks.weights, pieces(algorithm, tasks), strict=True))
    theta, total = solved(algorithm, tasks), inverse(X + Y)
    assert (theta - c[0] == total @ Y @ -gap).all()
    # The potential, with the minima of the tasks as its zero.
    field, ground = algorithm.field(tasks), sum(x @ W @ x for x, W in zip(c[:2], (X, Y), strict=True)) / 2

    def potential(at: Any) -> Any:
        return at @ field.matrix @ at / 2 - field.rhs @ at + ground

    assert potential(theta) == gap @ X @ total @ Y @ gap / 2
    assert potential((c[0] + c[1]) / 2) == gap @ (X + Y) @ gap / 8
    if isinstance(algorithm, (Joint, MAML)):
        assert algorithm.objective(tasks)(theta) == potential(theta)


@every_algorithm
@given(data=st.data())
def test_the_potential_of_many_tasks_at_the_fixed_point(kind: Any, data: Any) -> None:
    """1/2 sum w c'Wc - 1/2 v'M^-1 v: the meta-loss for joint, MAML and exact iMAML, else the potential."""
    algorithm, tasks, c, _ = data.draw(with_optima(kind))
    theta, field = solved(algorithm, tasks), algorithm.field(tasks)
    ground = sum(w * (x @ W @ x) for w, x, W in zip(tasks.weights, c, pieces(algorithm, tasks), strict=True)) / 2
    own = isinstance(algorithm, (Joint, MAML))
    own = own or (isinstance(algorithm, IMAML) and algorithm.inner in (None, Proximal(algorithm.strength)))
    assert algorithm.objective(tasks)(theta) == (ground if own else 0) - field.rhs @ theta / 2


@pytest.mark.parametrize("row", WEIGHTS[:-1], ids=[row[0] for row in WEIGHTS[:-1]])
def test_h_outside_the_range_counts_by_W_over_a_continued_at_0(row: Any) -> None:
    """v = sum w V(A) h with V(a) = W(a)/a; a zero need not exist."""
    algorithm, W = row[1], row[2]
    eigenvalues = [sympy.Integer(0), sympy.Rational(1, 3), sympy.Integer(-2)]
    h = np.asarray([sympy.Integer(5), sympy.Integer(7), sympy.Integer(-1)])
    V = sympy.cancel(sympy.together(W / a))
    field = algorithm.field(Tasks(Quadratic(np.diag(eigenvalues)[None], h[None])))
    for i, each in enumerate(eigenvalues):
        assert sympy.simplify(field.rhs[i] - V.subs(a, each) * h[i]) == 0
    with pytest.raises(SingularError):
        AffineField(field.matrix, field.rhs).zero(minimum_norm=True)


LOST = [
    (MAML(GradientDescent(Fraction(1, 2), 3)), [0, 2]),
    (Reptile(GradientDescent(Fraction(1, 2), 4)), [0, 4]),
    (Reptile(GradientDescent(Fraction(1, 2), 3)), [0]),
    (IMAML(Fraction(2)), [0]),
    (MoreauEnvelope(Fraction(2)), [0]),
    (Joint(), [0]),
]


@pytest.mark.parametrize(("algorithm", "lost"), LOST, ids=lambda x: type(x).__name__ if isinstance(x, object) else x)
def test_which_directions_no_task_informs(algorithm: Any, lost: list[int]) -> None:
    """a = 0; p(a) = 0 for MAML; lr a = 2 for an even number of steps of Reptile: where it holds in every task."""
    curvatures = [0, 1, 2, 3, 4]
    one = np.diag([Fraction(curvature) for curvature in curvatures])
    tasks = Tasks(Quadratic(np.stack([one, one]), [[Fraction(1)] * 5, [Fraction(2)] * 5]))
    with pytest.raises(SingularError) as caught:
        algorithm.fixed_point(tasks)
    assert caught.value.rank == 5 - len(lost)
    directions = {int(np.flatnonzero(column)[0]) for column in caught.value.nullspace.T}
    assert directions == set(lost)
    helped = Tasks(Quadratic(np.stack([one, one + Fraction(1, 3) * np.eye(5, dtype=int)]), tasks.support.linear))
    algorithm.fixed_point(helped)


def test_negative_weights_let_tasks_cancel() -> None:
    """FOMAML with K odd and lr a > 1: W(1) = 1/2 and W(3) = -3/2 cancel at weights 3 to 1."""
    loop = GradientDescent(Fraction(1, 2), 1)
    W = FOMAML(loop).weight
    assert (W(Fraction(1)), W(Fraction(3))) == (Fraction(1, 2), Fraction(-3, 2))
    one = Fraction(1)
    tasks = Tasks.from_minimizers([[[1 * one]], [[3 * one]]], [[one], [-one]], weights=[3 * one, one])
    with pytest.raises(SingularError):
        FOMAML(loop).fixed_point(tasks)
    repelling = Tasks.from_minimizers([[[3.0]]], [[1.0]])
    with pytest.raises(ConvergenceError):
        FOMAML(GradientDescent(0.5, 1)).field(repelling).best_lr()


def test_the_minimum_norm_zero_is_returned_only_when_asked_for() -> None:
    A = np.diag([Fraction(1), Fraction(0)])
    field = Joint().field(Tasks(Quadratic(A[None], [[Fraction(3), Fraction(0)]])))
    with pytest.raises(SingularError):
        field.zero()
    assert field.zero(minimum_norm=True).tolist() == [3, 0]


# After adaptation


@given(problems(loops=SPECTRAL_EXACT, exact=True, split=False, curvature="definite"))
def test_loss_after_fine_tuning(problem: Any) -> None:
    """f(phi_k) - f(c) = 1/2 (theta - c)'A p_k(A)^2 (theta - c), k not being the K that was trained for."""
    loop, tasks, theta = problem
    c, P = tasks.support.minimizer(), loop.map(tasks.support).linear
    gaps = adapted_losses(tasks, theta, loop) - tasks.support(c)
    for gap, A, p, u in zip(gaps, tasks.support.hessian, P, theta - c, strict=True):
        assert gap == u @ A @ p @ p @ u / 2


@given(problems(loop=GradientDescent, split=False, curvature="definite", max_dim=10), st.data())
def test_gradient_descent_contracts_at_its_rate(problem: Any, data: Any) -> None:
    """(1 - lr mu)^(2k) times the initial gap bounds the loss gap, for lr <= 2 / (mu + L)."""
    _, tasks, theta = problem
    eigenvalues = np.linalg.eigvalsh(tasks.support.hessian)
    mu, L = eigenvalues.min(), eigenvalues.max()
    lr, k = data.draw(st.floats(0.01, 1)) * 2 / (mu + L), data.draw(st.integers(0, 40))
    least = tasks.support(tasks.support.minimizer())
    gaps = adapted_losses(tasks, theta, GradientDescent(lr, k)) - least
    start = tasks.support(theta) - least
    rounding = 1e-12 * (abs(least) + start + abs(tasks.support.constant))
    assert np.all(gaps <= (1 - lr * mu) ** (2 * k) * start + 1e3 * rounding)


def test_heavy_ball_is_not_monotone() -> None:
    tasks = Tasks.from_minimizers([[[1.0]]], [[0.0]])
    losses = [float(adapted_losses(tasks, [1.0], HeavyBall(0.5, 0.8, k))[0]) for k in range(12)]
    assert any(later > earlier for earlier, later in pairwise(losses))


# The outer loop


@every_algorithm
@given(data=st.data())
def test_outer_loop_contracts_towards_the_fixed_point(kind: Any, data: Any) -> None:
    """theta_t = theta* + (I - eta M)^t (theta_0 - theta*)."""
    algorithm, tasks, _, _ = data.draw(with_optima(kind))
    theta0 = data.draw(strategies.vectors(tasks.dim, exact=True))
    star, field, eta = solved(algorithm, tasks), algorithm.field(tasks), Fraction(1, 3)
    shrink = np.eye(tasks.dim, dtype=int) - eta * field.matrix
    gap = theta0 - star
    for steps in range(4):
        assert (field.descend(theta0, eta, steps) == star + gap).all()
        gap = shrink @ gap


@given(st.data())
def test_outer_loop_of_singular_curvature_ends_at_the_nearest_zero(data: Any) -> None:
    """M^+ v + (I - M^+ M) theta_0, for singular PSD M and v in its range, after 10^9 steps."""
    tasks = data.draw(strategies.tasks(split=False, curvature="semidefinite", in_range=True, max_tasks=2, max_dim=8))
    theta0, field = data.draw(strategies.vectors(tasks.dim)), Joint().field(tasks)
    eigenvalues = np.linalg.eigvalsh(field.matrix)
    nonzero = eigenvalues[eigenvalues > 1e-9 * max(1, eigenvalues.max())]
    assume(not nonzero.size or nonzero.min() > 1e-4 * nonzero.max())
    pinv = np.linalg.pinv(field.matrix, rcond=1e-9, hermitian=True)
    want = pinv @ field.rhs + theta0 - pinv @ field.matrix @ theta0
    # Rounding errors in the null space, where nothing contracts, grow with the number of steps.
    for steps, tolerance in ((10**6, 1e-7), (10**9, 1e-4)):
        got = field.descend(theta0, 1 / max(1.0, eigenvalues.max()), steps)
        assert checks.size(got - want) <= tolerance * (1 + checks.size(want) + checks.size(theta0))


def test_a_billion_steps_exactly() -> None:
    field, n = AffineField([[0.0, 0.0], [0.0, 2.0]], [3.0, 2.0]), 10**9
    assert field.descend([1.0, 5.0], 0.25, n).tolist() == pytest.approx([1 + 0.75 * n, 1.0])  # drifts outside the range
    slow = AffineField([[1e-9]], [0.0]).descend([1.0], 1.0, n)
    assert slow.tolist() == pytest.approx([np.exp(-1.0)], rel=1e-6)


@given(st.data())
def test_best_outer_step_size_and_its_rate(data: Any) -> None:
    """eta = 2 / (m + L) and (kappa - 1) / (kappa + 1), for symmetric positive definite M."""
    kappa = data.draw(st.sampled_from([1.0, 2.0, 10.0, 1e3]))
    d = data.draw(st.integers(1 if kappa == 1 else 2, 6))
    M = data.draw(strategies.spd_matrices(d, condition_number=kappa))
    field = AffineField(M, np.zeros(d))
    assert field.best_lr() == pytest.approx(2 / (1 + kappa), rel=1e-9)
    assert field.rate(field.best_lr()) == pytest.approx((kappa - 1) / (kappa + 1), rel=1e-9, abs=1e-9)


def test_outer_loop_converges_iff_the_spectral_radius_is_below_one() -> None:
    tasks = Tasks.from_minimizers([[[1.0, 0.0], [0.0, 4.0]]], [[1.0, 2.0]])
    below = simulate.meta_train(Joint(), tasks, [0.0, 0.0], 0.49, 600)[-1]
    above = simulate.meta_train(Joint(), tasks, [0.0, 0.0], 0.51, 600)[-1]
    assert below.tolist() == pytest.approx([1.0, 2.0])
    assert abs(above).max() > 1e6


@pytest.mark.parametrize("M", [[[0.0, 1.0], [-1.0, 0.0]], [[-1.0, 0.0], [0.0, 2.0]], [[1.0, 5.0], [0.0, -0.1]]])
def test_no_outer_step_size_helps_against_an_eigenvalue_without_positive_real_part(M: Any) -> None:
    with pytest.raises(ConvergenceError):
        AffineField(M, [0.0, 0.0]).best_lr()


@given(st.lists(st.floats(-4, 4), min_size=4, max_size=4))
def test_best_outer_step_size_of_an_asymmetric_field_is_least(entries: list[float]) -> None:
    M = np.reshape(entries, (2, 2)) + np.diag([9.0, 12.0])
    field = AffineField(M, np.zeros(2))
    best = field.best_lr()
    assert field.rate(best) < 1
    for other in np.linspace(0.2, 1.05, 30) * best:
        assert field.rate(best) <= field.rate(other) + 1e-9 or other > 2 * best
