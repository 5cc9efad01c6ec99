"""The oracle, checked by hand, by differences that are exact on quadratics, and by automatic differentiation."""

import math
from fractions import Fraction

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml import adaptation, affine, algorithms, arrays, simulate
from quadmaml.errors import ConvergenceError, InputError

from .backends import need

N, D = 3, 4


q = Fraction
exact = np.vectorize(lambda entry: Fraction(int(entry)), otypes=[object])
double = np.vectorize(float)


def integers(*shape, seed=0):
    return np.random.default_rng(seed).integers(-3, 4, size=shape)


def start(number=double, d=D):
    return number(integers(d, seed=5))


def problem(number=double, n=N, d=D):
    """Support, query and weights, indefinite and of small integers: (A, h), (A_query, h_query), w."""
    A, B = integers(n, d, d), integers(n, d, d, seed=1)
    support = number(A + A.transpose(0, 2, 1)), number(integers(n, d, seed=2))
    query = number(B + B.transpose(0, 2, 1)), number(integers(n, d, seed=3))
    return support, query, number(1 + np.arange(n)) / (n * (n + 1) // 2)


def tasks_of(number=double, convert=lambda x: x, **size):
    support, query, w = problem(number, **size)
    return qm.Tasks(qm.Quadratic(*map(convert, support)), qm.Quadratic(*map(convert, query)), convert(w))


def loops(d=D, n=N, K=3, number=float, convert=lambda x: x):
    """Every kind of loop: with schedules, with diagonal, asymmetric and per-task preconditioners."""
    a, b, c = number(q(1, 8)), number(q(1, 16)), number(q(1, 4))
    schedule, mask = [a, b, c, b][:K], [i % 2 == 0 for i in range(d)]
    return {
        "none": qm.NoAdaptation(),
        "descent": qm.GradientDescent(a, K),
        "descent-schedule": qm.GradientDescent(schedule),
        "ball": qm.HeavyBall(a, c, K),
        "ball-schedule": qm.HeavyBall(schedule, c),
        "diagonal": qm.PreconditionedGradientDescent(convert(integers(d, seed=4) * a), K),
        "matrix": qm.PreconditionedGradientDescent(convert(integers(d, d, seed=4) * a), K),
        "matrices": qm.PreconditionedGradientDescent(convert(integers(n, d, d, seed=4) * a), K),
        "partial": qm.PartialGradientDescent(mask, a, K),
        "partial-schedule": qm.PartialGradientDescent(mask, schedule),
        "proximal": qm.Proximal(number(q(15, 2))),  # A + strength I is nonsingular, though not positive for all tasks
        "proximal-descent": qm.ProximalGradientDescent(c, a, K),
        "proximal-descent-schedule": qm.ProximalGradientDescent(c, schedule),
        "flow": qm.GradientFlow(number(q(3, 8))),
        "chebyshev": qm.Chebyshev(number(1), number(3), K),
        "chebyshev-point": qm.Chebyshev(number(2), number(2), K),
    }


NAMES = list(loops())
EXACT = [name for name in NAMES if not name.startswith(("flow", "chebyshev"))]
ADAPTING = [qm.MAML, qm.FOMAML, qm.Reptile, lambda loop: qm.IMAML(7.5, loop)]


def meta_loss(tasks, loop, theta):
    """``sum_i w_i f_i^query(phi_i)``, from adapted points only."""
    phi = simulate.adapt(tasks.support, loop, theta)[..., None]
    values = ((phi * (tasks.query.hessian @ phi)) / 2 - tasks.query.linear[..., None] * phi)[..., 0]
    return (tasks.weights[:, None] * values).sum()


def differences(tasks, loop, theta):
    """Central differences with step 1: exact, because the meta-loss is a quadratic."""
    axes = np.eye(len(theta), dtype=int).astype(theta.dtype)
    return np.array([(meta_loss(tasks, loop, theta + e) - meta_loss(tasks, loop, theta - e)) / 2 for e in axes])


def assert_close(actual, expected, digits=12):
    actual, expected = np.asarray(actual), np.asarray(expected, dtype=float)
    assert actual.shape == expected.shape
    assert np.abs(actual - expected).max() <= 10.0**-digits * max(1, np.abs(expected).max())


# Every class has its step, and no step is a closed form


def test_every_class_has_an_honest_step():
    inner = {getattr(adaptation, name) for name in adaptation.__all__} - {qm.InnerLoop}
    assert inner == set(simulate.FORWARD) == set(simulate.REVERSE) == {type(loop) for loop in loops().values()}
    outer = {getattr(algorithms, name) for name in algorithms.__all__} - {qm.Algorithm, qm.adapted_losses}
    assert outer == set(simulate.META_GRADIENTS)


CLOSED = {"residual", "map", "generator", "field", "weight", "jacobians", "meta_gradient", "objective", "fixed_point"}
CLOSED |= {"schedule", "last", "loop", "rule", "stable_below", "_kept", "_gradient"}


def test_no_closed_form_is_called(monkeypatch):
    def refuse(*_, **__):
        raise AssertionError("a closed form was called")

    tasks, theta = tasks_of(), start()
    table = [make(loop) for make in ADAPTING for loop in loops().values()]
    table += [qm.TruncatedMAML(qm.GradientDescent(0.125, 3), 2), qm.Joint(), qm.IMAML(7.5), qm.MoreauEnvelope(7.5)]
    classes = {parent for each in (*simulate.FORWARD, *simulate.META_GRADIENTS) for parent in each.__mro__[:-2]}
    for kind in classes:
        for name in CLOSED & set(vars(kind)):
            monkeypatch.setattr(kind, name, refuse)
    monkeypatch.setattr(affine.AffineMap, "__init__", refuse)
    monkeypatch.setattr(affine, "generator", refuse)
    with pytest.raises(AssertionError, match="closed form"):
        qm.MAML(qm.GradientDescent(0.125, 3)).meta_gradient(tasks, theta)
    for algorithm in table:
        assert np.isfinite(simulate.meta_gradient(algorithm, tasks, theta)).all()


# Known answers, by hand: f(x) = x^2 - 2x, so A = h = 2 and c = 1; theta = 3

ONE = qm.Quadratic([[[q(2)]]], [[q(2)]])
GD2, SCHEDULE = qm.GradientDescent(q(1, 4), 2), qm.GradientDescent([q(1, 4), q(1, 8)])
BALL, PROX = qm.HeavyBall(q(1, 4), q(1, 4), 2), qm.ProximalGradientDescent(q(2), q(1, 8), 2)
POINTS = [
    (qm.NoAdaptation(), 3),
    (GD2, q(3, 2)),  # 3 -> 2 -> 3/2
    (SCHEDULE, q(7, 4)),  # 3 -> 2 -> 2 - 2/8
    (BALL, q(5, 4)),  # 3 -> 2 -> 2 - 2/4 - 1/4
    (qm.PartialGradientDescent([False], q(1, 4), 2), 3),
    (qm.Proximal(q(2)), 2),  # (2 + 2 * 3) / (2 + 2)
    (PROX, q(9, 4)),  # 3 -> 3 - 4/8 -> 5/2 - (3 - 1)/8
]
GRADIENTS = [
    (qm.Joint(), 4),
    (qm.MAML(GD2), q(1, 4)),  # 1 * (1/2)^2
    (qm.FOMAML(GD2), 1),
    (qm.TruncatedMAML(GD2, 0), 1),
    (qm.TruncatedMAML(GD2, 1), q(1, 2)),
    (qm.TruncatedMAML(GD2, 2), q(1, 4)),
    (qm.TruncatedMAML(SCHEDULE, 1), q(9, 8)),  # 3/2 * (1 - 2/8): the last step, not the first
    (qm.TruncatedMAML(qm.PreconditionedGradientDescent([q(1, 4)], 2), 1), q(1, 2)),
    (qm.TruncatedMAML(qm.PartialGradientDescent([True], [q(1, 4), q(1, 8)]), 1), q(9, 8)),
    (qm.MAML(BALL), q(1, 16)),  # 1/2 * 1/8, for p_2 = 1/4 + 1/4 * (1/2 - 1) = 1/8
    (qm.MAML(PROX), q(25, 16)),  # 5/2 * 5/8
    (qm.MAML(qm.Proximal(q(2))), 1),  # 2 * 2/(2 + 2)
    (qm.IMAML(q(2)), 1),
    (qm.IMAML(q(2), PROX), q(5, 4)),  # 5/2 * 1/2
    (qm.Reptile(GD2), q(3, 2)),
    (qm.MoreauEnvelope(q(2)), 2),  # 2 * (3 - 2)
]
FLOATS = [
    (qm.GradientFlow(math.log(2) / 2), 2.0),  # the distance to 1 halves
    (qm.GradientFlow(0.0), 3.0),
    (qm.Chebyshev(1.0, 3.0, 2), 1 - 2 / 7),  # T_2(0) / T_2(2) = -1/7
    (qm.Chebyshev(2.0, 2.0, 1), 1.0),
    (qm.Chebyshev(1.0, 3.0, 0), 3.0),
]


@pytest.mark.parametrize(("loop", "point"), POINTS)
def test_adapted_point_by_hand(loop, point):
    assert simulate.adapt(ONE, loop, [q(3)]).tolist() == [[point]]


@pytest.mark.parametrize(("loop", "point"), FLOATS)
def test_adapted_point_of_transcendental_loops_by_hand(loop, point):
    assert_close(simulate.adapt(qm.Quadratic([[[2.0]]], [[2.0]]), loop, [3.0]), [[point]], digits=14)


@pytest.mark.parametrize(("algorithm", "gradient"), GRADIENTS)
def test_meta_gradient_by_hand(algorithm, gradient):
    assert simulate.meta_gradient(algorithm, qm.Tasks(ONE), [q(3)]).tolist() == [gradient]


def test_transpose_of_the_preconditioner_by_hand():
    loop = qm.PreconditionedGradientDescent([[q(0), q(1)], [q(0), q(0)]], 1)
    f, theta = qm.Quadratic([[[q(2), q(0)], [q(0), q(1)]]], [[q(0), q(0)]]), [q(1), q(1)]
    assert simulate.adapt(f, loop, theta).tolist() == [[0, 1]]
    # J = [[1, -1], [0, 1]] and J'(0, 1) = (0, 1), while J(0, 1) = (-1, 1)
    assert simulate.meta_gradient(qm.MAML(loop), qm.Tasks(f), theta).tolist() == [0, 1]


def test_support_adapts_query_judges_weights_average():
    support = qm.Quadratic([[[q(2)]], [[q(0)]]], [[q(2)], [q(4)]])
    query = qm.Quadratic([[[q(1)]], [[q(3)]]], [[q(0)], [q(1)]])
    # phi = 2 and 4, query gradients 2 and 11, Jacobians 1/2 and 1
    algorithm, tasks = qm.MAML(qm.GradientDescent(q(1, 4), 1)), qm.Tasks(support, query, [q(1), q(3)])
    assert simulate.meta_gradient(algorithm, tasks, [q(3)]).tolist() == [q(1, 4) * 2 * q(1, 2) + q(3, 4) * 11]


# Differences of adapted losses


@pytest.mark.parametrize("K", [0, 1, 4])
@pytest.mark.parametrize("name", EXACT)
def test_maml_is_the_exact_difference_quotient(name, K):
    loop, tasks, theta = loops(K=K, number=q)[name], tasks_of(exact), start(exact)
    assert (simulate.meta_gradient(qm.MAML(loop), tasks, theta) == differences(tasks, loop, theta)).all()


@pytest.mark.parametrize(("n", "d"), [(1, 1), (2, 1), (1, 3), (3, 3)])
@pytest.mark.parametrize("name", NAMES)
def test_maml_is_the_difference_quotient_in_floats(name, n, d):
    loop, tasks, theta = loops(d, n)[name], tasks_of(n=n, d=d), start(d=d)
    assert_close(simulate.meta_gradient(qm.MAML(loop), tasks, theta), differences(tasks, loop, theta), digits=11)


def without(loop, f, g, depth):
    """What is left of a reverse that forgets momentum, or the direct dependence on theta; or is wrong for a flow."""
    return simulate.REVERSE[qm.GradientDescent](qm.GradientDescent(0.125, 3), f, g, None)


def untransposed(loop, f, g, depth):
    transposed = qm.PreconditionedGradientDescent(loop.preconditioner.T, loop.steps)
    return simulate.REVERSE[qm.PreconditionedGradientDescent](transposed, f, g, None)


@pytest.mark.parametrize(
    ("name", "mistake"), [("matrix", untransposed), ("ball", without), ("proximal-descent", without), ("flow", without)]
)
def test_the_difference_quotient_catches_a_wrong_reverse(name, mistake):
    loop, tasks, theta = loops()[name], tasks_of(), start()
    g = tasks.query.gradient(simulate.adapt(tasks.support, loop, theta))
    wrong = (tasks.weights[:, None] * mistake(loop, tasks.support, g, None)).sum(axis=0)
    with pytest.raises(AssertionError):
        assert_close(wrong, differences(tasks, loop, theta), digits=3)


# What is cut, and what is kept


def of_task(loop, i):
    each = getattr(getattr(loop, "preconditioner", None), "ndim", 0) == 3
    return qm.PreconditionedGradientDescent(loop.preconditioner[i], loop.steps) if each else loop


def split(loop, k):
    if isinstance(loop, qm.PreconditionedGradientDescent):
        return [qm.PreconditionedGradientDescent(loop.preconditioner, m) for m in (k, loop.steps - k)]
    mask = [loop.mask] if hasattr(loop, "mask") else []
    return [type(loop)(*mask, lr) for lr in (loop.lr[:k], loop.lr[k:])]


@pytest.mark.parametrize("depth", range(5))
@pytest.mark.parametrize("name", ["descent-schedule", "diagonal", "matrix", "matrices", "partial-schedule"])
def test_truncated_is_maml_on_the_last_steps_from_the_detached_point(name, depth):
    loop, tasks, theta, expected = loops(K=4, number=q)[name], tasks_of(exact), start(exact), 0
    first, last = split(loop, 4 - depth)
    for i in range(N):
        detached = simulate.adapt(tasks[i].support, of_task(first, i), theta)[0]
        last_steps = simulate.meta_gradient(qm.MAML(of_task(last, i)), tasks[i], detached)
        expected = expected + tasks.weights[i] * last_steps
    assert (simulate.meta_gradient(qm.TruncatedMAML(loop, depth), tasks, theta) == expected).all()


@pytest.mark.parametrize("name", EXACT)
def test_inexact_imaml_solves_its_linear_system(name):
    loop, strength, theta = loops(number=q)[name], q(15, 2), start(exact)
    (A, _), (A_query, h_query), _ = problem(exact)
    for i in range(N):
        task, loop_i = tasks_of(exact)[i], of_task(loop, i)
        g = simulate.meta_gradient(qm.IMAML(strength, loop_i), task, theta)
        phi = simulate.adapt(task.support, loop_i, theta)[0]
        assert (g + A[i] @ g / strength == A_query[i] @ phi - h_query[i]).all()


# The proximal problem, the flow and the Chebyshev steps, against their spectra


@pytest.mark.parametrize("d", [1, 2, 6])
def test_proximal_point_is_stationary_exactly(d):
    (A, h), theta, strength = problem(exact, d=d)[0], start(exact, d), q(15, 2)
    phi = simulate.adapt(qm.Quadratic(A, h), qm.Proximal(strength), theta)
    assert ((A @ phi[..., None])[..., 0] - h + strength * (phi - theta) == 0).all()


@pytest.mark.parametrize("condition", [1e4, 1e8])
@pytest.mark.parametrize("d", [2, 5, 30])
def test_proximal_is_as_accurate_as_its_condition_allows(d, condition):
    rng = np.random.default_rng(d)
    for signs in (1, rng.choice([-1, 1], d)):
        Q, theta = np.linalg.qr(rng.normal(size=(d, d)))[0], rng.normal(size=d)
        B = (Q * (signs * np.geomspace(1 / condition, 1, d))) @ Q.T
        f = qm.Quadratic((B + B.T) / 2 - 0.125 * np.eye(d), rng.normal(size=d))
        phi = simulate.adapt(f, qm.Proximal(0.125), theta)
        residual = f.hessian @ phi - f.linear + 0.125 * (phi - theta)
        assert np.abs(residual).max() <= 3e-15 * np.abs(phi).max()


Q4 = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
ROTATED = (Q4 * [-1.0, 1.0, 2.0, 3.0]) @ Q4.T / 2 + ((Q4 * [-1.0, 1.0, 2.0, 3.0]) @ Q4.T).T / 2
SINGULAR = [
    ([[q(-1), q(0)], [q(0), q(2)]], [q(1), q(1)], [q(0), q(0)]),
    ([[q(-1), q(0)], [q(0), q(2)]], [q(0), q(1)], [q(0), q(0)]),  # solvable, in many ways
    ([[-1.0, 0.0], [0.0, 2.0]], [-1.0, 1.0], [1.0, 0.0]),
    ([np.eye(2), -np.eye(2)], np.ones((2, 2)), np.zeros(2)),  # one task of two
    (ROTATED, np.ones(4), np.zeros(4)),
    (ROTATED, ROTATED @ np.ones(4), np.ones(4)),
]


@pytest.mark.parametrize(("A", "h", "theta"), SINGULAR)
def test_convergence_error_where_the_proximal_problem_is_singular(A, h, theta):
    with pytest.raises(ConvergenceError, match=r"strength: A \+ strength I is singular"):
        simulate.adapt(qm.Quadratic(A, h), qm.Proximal(1), theta)


def test_convergence_error_where_the_system_of_imaml_is_singular():
    tasks = qm.Tasks(qm.Quadratic([-np.eye(2)], np.ones((1, 2))))
    with pytest.raises(ConvergenceError, match="singular"):
        simulate.meta_gradient(qm.IMAML(1.0, qm.NoAdaptation()), tasks, np.zeros(2))


@pytest.mark.parametrize("time", [0.1, 3.0, 20.0])
def test_flow_reaches_machine_precision_for_any_curvature(time):
    (A, h), theta = problem()[0], start()
    values, Q = np.linalg.eigh(A / 10)
    c = np.linalg.solve(A / 10, h[..., None])
    point = c + Q @ (np.exp(-time * values)[..., None] * (Q.mT @ (theta[:, None] - c)))
    assert_close(simulate.adapt(qm.Quadratic(A / 10, h), qm.GradientFlow(time), theta), point[..., 0])


def test_flow_without_curvature_drifts_along_the_linear_part():
    flat = qm.Quadratic(np.zeros((1, 2, 2)), [[1.0, -2.0]])
    assert_close(simulate.adapt(flat, qm.GradientFlow(3.0), [5.0, 5.0]), [[8.0, -1.0]])


@pytest.mark.parametrize("K", [1, 2, 7, 64, 300])
def test_chebyshev_steps_stay_stable_and_give_the_polynomial(K):
    values, s_0 = np.geomspace(1e-4, 1, 20), 1.0001 / 0.9999
    s = np.clip((1.0001 - 2 * values) / 0.9999, -1, 1)
    p = np.cos(K * np.arccos(s)) / np.cosh(K * np.arccosh(s_0))
    Q, c = np.linalg.qr(np.random.default_rng(0).normal(size=(20, 20)))[0], np.arange(20.0)
    A = (Q * values) @ Q.T  # not diagonal: each step spreads its rounding errors over the spectrum
    f = qm.Quadratic.from_minimizer((A + A.T) / 2, c)
    assert_close(simulate.adapt(f, qm.Chebyshev(1e-4, 1, K), np.zeros(20)), c - Q @ (p * (Q.T @ c)), digits=9)


# The outer loop


UNIT = qm.Tasks.from_minimizers([[[1.0]]], [[0.0]])
DIVERGING = [
    ("lr: the outer loop", lambda: simulate.meta_train(qm.Joint(), UNIT, [1.0], 1e3, 200)),
    (
        "GradientDescent: the adaptation",
        lambda: simulate.adapt(tasks_of().support, qm.GradientDescent(1e3, 200), start()),
    ),
    ("GradientFlow: the adaptation", lambda: simulate.adapt(tasks_of().support, qm.GradientFlow(1e3), start())),
    ("GradientFlow: the number of steps", lambda: simulate.adapt(tasks_of().support, qm.GradientFlow(1e308), start())),
    (
        "MAML: the meta-gradient",
        lambda: simulate.meta_gradient(qm.MAML(qm.GradientDescent(1e3, 50)), tasks_of(), start()),
    ),
]


# Every warning is an error in these tests, those of NumPy on its way to infinity, too.
@pytest.mark.parametrize(("what", "run"), DIVERGING, ids=[what for what, _ in DIVERGING])
def test_what_leaves_the_range_of_floats_is_one_error(what, run):
    with pytest.raises(ConvergenceError, match=f"^{what} overflows: it leaves the range of floats"):
        run()


@pytest.mark.parametrize("name", NAMES)
def test_no_task_has_no_adapted_point(name):
    none = qm.Quadratic(np.zeros((0, D, D)), np.zeros((0, D)))
    assert simulate.adapt(none, loops(n=0)[name], start()).shape == (0, D)


def test_flow_says_that_its_values_must_be_readable():
    jax = need("jax")
    A, h = map(jax.numpy.asarray, problem()[0])

    def flow(A):
        return simulate.adapt(qm.Quadratic(A, h[0]), qm.GradientFlow(0.125), h[0])

    for traced in (lambda: jax.jit(flow)(A[0]), lambda: jax.vmap(flow)(A)):
        with pytest.raises(InputError, match=r"^support: is traced \(jit, vmap\), but says how many steps"):
            traced()


def test_meta_train_is_the_outer_loop():
    tasks, theta, lr, seen = tasks_of(exact), start(exact), q(1, 50), []
    path = simulate.meta_train(qm.MAML(BALL), tasks, theta, lr, 3, lambda t, point: seen.append((t, point.tolist())))
    assert path.shape == (4, D)
    assert path[0].tolist() == theta.tolist()
    for t in range(3):
        assert (path[t + 1] == path[t] - lr * simulate.meta_gradient(qm.MAML(BALL), tasks, path[t])).all()
    assert seen == [(t, path[t].tolist()) for t in (1, 2, 3)]
    assert simulate.meta_train(qm.Joint(), tasks, theta, lr, 0).tolist() == [theta.tolist()]


# Shapes, dtypes, scalars and array libraries


@pytest.mark.parametrize("name", NAMES)
def test_batches_are_only_a_matter_of_layout(name):
    loop, (A, h), starts = loops()[name], problem()[0], double(integers(N, D, seed=6))
    together = simulate.adapt(qm.Quadratic(A, h), loop, starts)
    for i in range(N):
        alone = simulate.adapt(qm.Quadratic(A[i], h[i]), of_task(loop, i), starts[i])
        assert alone.dtype == np.float64
        assert_close(alone, together[i])


@pytest.mark.parametrize("number", [float, q, lambda x: np.float64(float(x))])
@pytest.mark.parametrize("name", NAMES)
def test_single_precision_stays_single(name, number):
    loop, tasks = loops(number=number, convert=np.float32)[name], tasks_of(convert=np.float32)
    gradient = simulate.meta_gradient(qm.MAML(loop), tasks, np.float32(start()))
    assert gradient.dtype == np.float32
    assert_close(gradient, simulate.meta_gradient(qm.MAML(loops()[name]), tasks_of(), start()), digits=3)


def test_symbols_take_the_same_steps():
    a, h, t, x = sympy.symbols("a h t x", positive=True)
    f, theta = qm.Quadratic(np.array([[[a]]]), np.array([[h]])), np.array([t])
    assert sympy.simplify(simulate.adapt(f, qm.Proximal(x), theta)[0, 0] - (h + x * t) / (a + x)) == 0
    gradient = simulate.meta_gradient(qm.MAML(qm.GradientDescent(x, 2)), qm.Tasks(f), theta)[0]
    assert sympy.expand(gradient - (a * t - h) * (1 - x * a) ** 4) == 0


@pytest.mark.parametrize("name", EXACT)
def test_flint_rationals_take_the_same_steps(name):
    flint = need("flint")
    number = np.vectorize(lambda entry: flint.fmpq(int(entry)), otypes=[object])
    loop = loops(number=lambda x: flint.fmpq(x.numerator, x.denominator))[name]
    gradient = simulate.meta_gradient(qm.MAML(loop), tasks_of(number), start(number))
    expected = simulate.meta_gradient(qm.MAML(loops(number=q)[name]), tasks_of(exact), start(exact))
    assert [q(int(x.p), int(x.q)) for x in gradient] == expected.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_same_library_out_as_in(backend, name):
    convert = backend.array
    loop, tasks, theta = loops(convert=convert)[name], tasks_of(convert=convert), convert(start())
    for make in ADAPTING:
        gradient = simulate.meta_gradient(make(loop), tasks, theta)
        assert (type(gradient), gradient.dtype) == (type(theta), theta.dtype)
        expected = simulate.meta_gradient(make(loops()[name]), tasks_of(), start())
        assert_close(arrays.to_numpy(gradient), expected, digits=11)


@pytest.mark.parametrize("name", NAMES)
def test_torch_autograd_through_the_steps_is_the_reverse(name):
    torch = need("torch")
    loop, tasks = loops(convert=torch.as_tensor)[name], tasks_of(convert=torch.as_tensor)
    theta = torch.as_tensor(start())
    by_hand = simulate.meta_gradient(qm.MAML(loop), tasks, theta)
    assert_close(torch.func.grad(lambda theta: meta_loss(tasks, loop, theta))(theta), by_hand, digits=11)
    theta.requires_grad_(True)
    meta_loss(tasks, loop, theta).backward()
    assert_close(theta.grad, by_hand, digits=11)


@pytest.mark.parametrize("name", NAMES)
def test_jax_autograd_through_the_steps_is_the_reverse(name):
    jax = need("jax")
    loop, tasks = loops(convert=jax.numpy.asarray)[name], tasks_of(convert=jax.numpy.asarray)
    theta = jax.numpy.asarray(start())
    by_hand = simulate.meta_gradient(qm.MAML(loop), tasks, theta)
    assert_close(jax.grad(lambda theta: meta_loss(tasks, loop, theta))(theta), by_hand, digits=11)
    compiled = jax.jit(lambda theta: simulate.meta_gradient(qm.MAML(loop), tasks, theta))
    assert_close(compiled(theta), by_hand, digits=11)


PARAMETERS = {
    "lr": lambda x: qm.GradientDescent(x, 3),
    "schedule": lambda x: qm.GradientDescent([x, 0.5 * x]),
    "momentum": lambda x: qm.HeavyBall(0.125, x, 3),
    "partial": lambda x: qm.PartialGradientDescent([True, False, True, True], x, 3),
    "strength": lambda x: qm.Proximal(30 * x),
    "proximal-descent": lambda x: qm.ProximalGradientDescent(x, x, 3),
    "time": lambda x: qm.GradientFlow(x),
    "smallest": lambda x: qm.Chebyshev(x, 3.0, 4),
}


@pytest.mark.parametrize("parameter", PARAMETERS)
@pytest.mark.parametrize("library", ["torch", "jax"])
def test_adapted_points_are_differentiable_in_parameters_and_curvature(library, parameter):
    package = need(library)
    convert = package.as_tensor if library == "torch" else package.numpy.asarray

    def total(x, convert=np.asarray):
        A, h = map(convert, problem()[0])
        return simulate.adapt(qm.Quadratic(4 * x * A, h), PARAMETERS[parameter](x), convert(start())).sum()

    expected, x = (total(0.25 + 1e-5) - total(0.25 - 1e-5)) / 2e-5, convert(np.asarray(0.25))
    if library == "torch":
        total(x.requires_grad_(True), convert).backward()
    derivative = float(x.grad if library == "torch" else package.grad(lambda x: total(x, convert))(x))
    assert abs(derivative - expected) <= 1e-6 * max(1, abs(expected))


# Refusals

F_, T_, THETA = tasks_of().support, tasks_of(), start()
DESCEND, STAY = qm.PreconditionedGradientDescent, qm.NoAdaptation()
STRANGER = type("Stranger", (qm.NoAdaptation,), {})()
REFUSED = [
    ("inner: Stranger has no honest step: add one in simulate.py", simulate.adapt, (F_, STRANGER, THETA)),
    ("inner: Joint has no honest step", simulate.adapt, (F_, qm.Joint(), THETA)),
    ("support: got Tasks; expected Quadratic", simulate.adapt, (T_, STAY, THETA)),
    ("theta: has shape", simulate.adapt, (F_, STAY, THETA[:1])),
    ("theta: holds integers", simulate.adapt, (F_, STAY, integers(D))),
    ("mask: has length 1; expected 4", simulate.adapt, (F_, qm.PartialGradientDescent([True], 0.1, 1), THETA)),
    (r"preconditioner: has shape \(1,\)", simulate.adapt, (F_, DESCEND([0.1], 1), THETA)),
    (r"preconditioner: has shape \(1, 4\)", simulate.adapt, (F_, DESCEND(np.ones((1, 4)), 1), THETA)),
    ("preconditioner: has shape", simulate.adapt, (F_, DESCEND(np.eye(3), 1), THETA)),
    ("preconditioner: has shape", simulate.adapt, (F_, DESCEND(np.ones((2, 4, 4)), 1), THETA)),
    ("float 0.5 beside exact", simulate.adapt, (ONE, qm.GradientDescent(0.5, 1), [q(3)])),
    ("Flow.* not rational", simulate.adapt, (ONE, qm.GradientFlow(1), [q(3)])),
    ("Chebyshev.* not rational", simulate.adapt, (ONE, qm.Chebyshev(1, 3, 2), [q(3)])),
    ("algorithm: NoAdaptation has no honest", simulate.meta_gradient, (STAY, T_, THETA)),
    ("tasks: got Quadratic; expected Tasks", simulate.meta_gradient, (qm.Joint(), F_, THETA)),
    ("theta: has shape", simulate.meta_gradient, (qm.Joint(), T_, np.ones((N, D)))),
    ("tasks: got Quadratic; expected Tasks", simulate.meta_train, (qm.Joint(), F_, THETA, 0.1, 1)),
    ("theta0: has shape", simulate.meta_train, (qm.Joint(), T_, THETA[1:], 0.1, 0)),
    ("lr: got 0", simulate.meta_train, (qm.Joint(), T_, THETA, 0, 1)),
    ("steps: got -1", simulate.meta_train, (qm.Joint(), T_, THETA, 0.1, -1)),
    ("steps: got the symbol k", simulate.meta_train, (qm.Joint(), T_, THETA, 0.1, sympy.Symbol("k"))),
    ("callback: got 3; expected a function", simulate.meta_train, (qm.Joint(), T_, THETA, 0.1, 1, 3)),
    ("algorithm: int has no honest meta-gradient", simulate.meta_train, (3, T_, THETA, 0.1, 0)),
    ("lr: got the float 0.1 beside exact", simulate.meta_train, (qm.Joint(), qm.Tasks(ONE), [q(3)], 0.1, 0)),
    # One quadratic has one preconditioner, whatever the number of starts.
    ("preconditioner: has shape", simulate.adapt, (F_[0], DESCEND(np.ones((N, D, D)), 1), THETA)),
    ("preconditioner: has shape", simulate.adapt, (F_[0], DESCEND(np.ones((N, D, D)), 1), np.ones((N, D)))),
]


@pytest.mark.parametrize(("message", "function", "arguments"), REFUSED)
def test_bad_arguments_are_named(message, function, arguments):
    with pytest.raises(InputError, match=message):
        function(*arguments)
