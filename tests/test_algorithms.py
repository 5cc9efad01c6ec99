"""Meta-algorithms, against fixed points, losses and weights worked by hand on Fractions."""

from fractions import Fraction

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml import (
    FOMAML,
    IMAML,
    MAML,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    InputError,
    Joint,
    MoreauEnvelope,
    NoAdaptation,
    NotAGradientError,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
    Quadratic,
    Reptile,
    Tasks,
    TruncatedMAML,
    adapted_losses,
    simulate,
)
from quadmaml.solvers import ConjugateGradients, Neumann

q = Fraction
to = np.vectorize(q, otypes=[object])


def line():
    """Curvature 1 and 3, optima 0 and 4, weights 1/4 and 3/4; one step of lr 1/4 leaves 3/4 and 1/4."""
    return Tasks.from_minimizers(to([[[1]], [[3]]]), to([[0], [4]]), to([1, 3]))


def descent(steps=1, lr=None):
    return GradientDescent(q(1, 4) if lr is None else lr, steps)


# (algorithm, M, v) with M = sum w W(a) and v = sum w W(a) c
KNOWN = [
    (Joint(), q(5, 2), 9),
    (MAML(descent()), q(9, 32), q(9, 16)),
    (FOMAML(descent()), q(3, 4), q(9, 4)),
    (Reptile(descent()), q(5, 8), q(9, 4)),
    (Reptile(descent(0)), 0, 0),
    (MAML(NoAdaptation()), q(5, 2), 9),
    (TruncatedMAML(descent(2), 1), q(9, 64), q(9, 64)),
    (TruncatedMAML(descent(2), 0), q(1, 4) * q(9, 16) + q(3, 4) * q(3, 16), q(3, 4) * q(3, 16) * 4),
    (IMAML(q(1)), q(13, 64), q(9, 16)),
    (MoreauEnvelope(q(1)), q(11, 16), q(9, 4)),
    (MoreauEnvelope(q(2)), q(1, 4) * q(2, 3) + q(3, 4) * q(6, 5), q(3, 4) * q(6, 5) * 4),
    # p = 3/4 and 1/4 adapts, 1/2 and 1/4 is kept
    (IMAML(q(1), descent()), q(1, 4) * q(3, 8) + q(3, 4) * q(3, 16), q(3, 4) * q(3, 16) * 4),
    # p = 6/7 and 2/3 adapts, 1 - a/6 = 5/6 and 1/2 is kept
    (IMAML(q(6), solver=Neumann(2)), q(1, 4) * q(5, 7) + q(3, 4), 3),
]
each_known = pytest.mark.parametrize(("algorithm", "M", "v"), KNOWN, ids=lambda x: str(x)[:50])


@each_known
def test_field(algorithm, M, v):
    g = algorithm.field(line())
    assert (g.matrix.tolist(), g.rhs.tolist()) == ([[M]], [v])


@each_known
def test_meta_gradient(algorithm, M, v):
    for theta in (0, 1, q(-5, 3)):
        assert algorithm.meta_gradient(line(), to([theta])).tolist() == [M * theta - v]


@each_known
def test_fixed_point(algorithm, M, v):
    if M:
        assert algorithm.fixed_point(line()).tolist() == [q(v) / M]
    else:
        with pytest.raises(qm.SingularError):
            algorithm.fixed_point(line())


@each_known
def test_weights_give_the_field(algorithm, M, v):
    W = [algorithm.weight(q(a)) for a in (1, 3)]
    assert q(1, 4) * W[0] + q(3, 4) * W[1] == M
    assert q(3, 4) * W[1] * 4 == v


@each_known
def test_weights_at_arrays_floats_and_symbols(algorithm, M, v):
    exact = [algorithm.weight(q(a)) for a in (0, 1, 3)]
    assert exact[0] == 0
    assert algorithm.weight(to([0, 1, 3])).tolist() == exact
    assert np.asarray(algorithm.weight(np.array([0.0, 1.0, 3.0])), float).tolist() == pytest.approx(
        list(map(float, exact))
    )
    a = sympy.Symbol("a")
    assert [sympy.nsimplify(algorithm.weight(a)).subs(a, value) for value in (0, 1, 3)] == exact


def test_fixed_points_by_hand():
    expected = {
        Joint(): q(18, 5),
        MAML(descent()): 2,
        FOMAML(descent()): 3,
        Reptile(descent()): q(18, 5),
        TruncatedMAML(descent(2), 1): 1,
        IMAML(q(1)): q(36, 13),
        MoreauEnvelope(q(1)): q(36, 11),
    }
    assert {algorithm: algorithm.fixed_point(line()).tolist() for algorithm in expected} == {
        algorithm: [point] for algorithm, point in expected.items()
    }


def test_meta_losses_and_potentials():
    # At 0 task 1 loses nothing; task 2 adapts to 3 and loses 3/2
    assert MAML(descent()).objective(line())(to([0])) == q(3, 4) * q(3, 2)
    assert Joint().objective(line())(to([0])) == q(3, 4) * 24
    # With strength 1 task 2 goes to 3, too
    assert IMAML(q(1)).objective(line())(to([0])) == q(3, 4) * q(3, 2)
    for algorithm in (FOMAML(descent()), Reptile(descent()), MoreauEnvelope(q(1)), IMAML(q(1), descent())):
        F = algorithm.objective(line())
        assert F(to([0])) == 0
        assert F.gradient(to([2])).tolist() == algorithm.meta_gradient(line(), to([2])).tolist()


def test_adapted_losses():
    assert adapted_losses(line(), to([0]), descent()).tolist() == [0, q(3, 2)]
    assert adapted_losses(line(), to([4]), descent(0)).tolist() == [8, 0]
    query = Quadratic(to([[[1]], [[1]]]), to([[1], [0]]), to([0, 1]))
    # adapted points 3 and 4: 9/2 - 3, 8 + 1
    assert adapted_losses(Tasks(line().support, query), to([4]), descent()).tolist() == [q(3, 2), 9]
    assert adapted_losses(line(), to([[0], [4]]), NoAdaptation()).tolist() == [0, 0]


# With a split


def square():
    """Support curvature diag(1, 2), query curvature [[1, 1], [1, 2]]: they do not commute."""
    support = Quadratic(to([[[1, 0], [0, 2]]]), to([[1, 2]]))
    return Tasks(support, Quadratic(to([[[1, 1], [1, 2]]]), to([[0, 1]])))


@pytest.mark.parametrize(
    ("algorithm", "M", "v"),
    [
        # P = diag(1/2, 0), s = (1/2, 1); A P = [[1/2, 0], [1/2, 0]], h - A s = (-3/2, -3/2)
        (MAML(descent(1, q(1, 2))), [[q(1, 4), 0], [0, 0]], [q(-3, 4), 0]),
        (FOMAML(descent(1, q(1, 2))), [[q(1, 2), 0], [q(1, 2), 0]], [q(-3, 2), q(-3, 2)]),
        (Reptile(descent(1, q(1, 2))), [[q(1, 2), 0], [0, 1]], [q(1, 2), 1]),
        (Joint(), [[1, 1], [1, 2]], [0, 1]),
        # J = diag(1/2, 1/3)
        (IMAML(q(1), descent(1, q(1, 2))), [[q(1, 4), 0], [q(1, 6), 0]], [q(-3, 4), q(-1, 2)]),
        # D = [[0, 1], [0, 0]]: P = [[1, -2], [0, 1]], s = (2, 0); A P = [[1, -1], [1, 0]], h - A s = (-2, -1)
        (MAML(PreconditionedGradientDescent(to([[0, 1], [0, 0]]), 1)), [[1, -1], [-1, 2]], [-2, 3]),
    ],
    ids=str,
)
def test_fields_with_a_split(algorithm, M, v):
    g = algorithm.field(square())
    assert (g.matrix.tolist(), g.rhs.tolist()) == (M, v)
    assert algorithm.meta_gradient(square(), to([3, -2])).tolist() == g(to([3, -2])).tolist()


def test_first_order_fields_with_a_split_have_no_potential():
    for algorithm in (FOMAML(descent(1, q(1, 2))), IMAML(q(1), descent(1, q(1, 2)))):
        with pytest.raises(qm.NotAGradientError):
            algorithm.objective(square())
    assert MAML(descent(1, q(1, 2))).objective(square()).hessian.tolist() == [[q(1, 4), 0], [0, 0]]
    assert Reptile(descent(1, q(1, 2))).objective(square()).linear.tolist() == [q(1, 2), 1]


def test_jacobians():
    tasks = line()
    assert MAML(descent(2)).jacobians(tasks).tolist() == [[[q(9, 16)]], [[q(1, 16)]]]
    assert FOMAML(descent(2)).jacobians(tasks).tolist() == [[[1]], [[1]]]
    assert Joint().jacobians(tasks).tolist() == [[[1]], [[1]]]
    assert TruncatedMAML(descent(2), 1).jacobians(tasks).tolist() == [[[q(3, 4)]], [[q(1, 4)]]]
    assert IMAML(q(2), descent()).jacobians(tasks).tolist() == [[[q(2, 3)]], [[q(2, 5)]]]
    P = PreconditionedGradientDescent(to([[0, 1], [0, 0]]), 2)
    assert MAML(P).jacobians(square()).tolist() == [[[1, -4], [0, 1]]]
    assert TruncatedMAML(P, 1).jacobians(square()).tolist() == [[[1, -2], [0, 1]]]


def test_truncation_keeps_the_last_steps():
    algorithm = TruncatedMAML(GradientDescent([q(1, 4), q(1, 2)]), 1)
    assert algorithm.weight(q(1)) == q(3, 4) * q(1, 2) * q(1, 2)
    assert TruncatedMAML(algorithm.inner, 2).weight(q(1)) == MAML(algorithm.inner).weight(q(1))
    assert TruncatedMAML(algorithm.inner, 0).weight(q(1)) == FOMAML(algorithm.inner).weight(q(1))
    partial = PartialGradientDescent([True, False], [q(1, 4), q(1, 2)])
    assert TruncatedMAML(partial, 1).jacobians(square()).tolist() == [[[q(1, 2), 0], [0, 1]]]


def test_weights_of_other_loops():
    assert MAML(GradientFlow(0.5)).weight(2.0) == pytest.approx(2 * np.exp(-2.0))
    assert FOMAML(HeavyBall(q(1, 4), q(1, 2), 3)).weight(q(2)) == q(-1, 2)
    assert Reptile(Proximal(q(2))).weight(q(2)) == q(1, 2)
    assert IMAML(q(1), ProximalGradientDescent(q(1), q(1, 4), 2)).weight(q(2)) == 2 * q(1, 3) * q(3, 8)


# iMAML with an inexact Jacobian

SOLVERS = [Neumann(0), Neumann(3, q(1, 2)), ConjugateGradients(1), ConjugateGradients(1, tolerance=q(3, 4))]


@pytest.mark.parametrize("inner", [None, descent(2)], ids=["exact", "descent"])
@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_inexact_jacobians_against_the_simulator(solver, inner):
    algorithm, theta = IMAML(q(2), inner, solver), to([1, -2])
    g = algorithm.meta_gradient(square(), theta)
    assert g.tolist() == simulate.meta_gradient(algorithm, square(), theta).tolist()
    assert g.tolist() != IMAML(q(2), inner).meta_gradient(square(), theta).tolist()
    if isinstance(solver, Neumann):
        assert algorithm.field(square())(theta).tolist() == g.tolist()
        J, f = algorithm.jacobians(square()), square()
        phi = algorithm.loop.map(f.support)(theta)
        assert (f.weights @ np.squeeze(J @ f.query.gradient(phi)[..., None], -1)).tolist() == g.tolist()


def test_conjugate_gradients_are_exact_after_d_steps():
    found = IMAML(q(2), solver=ConjugateGradients(2)).meta_gradient(square(), to([1, -2]))
    assert found.tolist() == IMAML(q(2)).meta_gradient(square(), to([1, -2])).tolist()


def test_an_inexact_jacobian_makes_no_meta_loss():
    algorithm = IMAML(q(6), solver=Neumann(2))
    assert algorithm.objective(line())(to([0])) == 0
    assert not algorithm.keeps_own_jacobian
    with pytest.raises(NotAGradientError):
        algorithm.objective(square())
    assert IMAML(q(2)).objective(square())(to([0, 0])) != 0


@pytest.mark.parametrize("method", ["field", "fixed_point", "objective", "jacobians"])
def test_conjugate_gradients_have_no_affine_field(method):
    with pytest.raises(InputError, match="ConjugateGradients is not linear"):
        getattr(IMAML(1.0, solver=ConjugateGradients(2)), method)(Tasks.from_minimizers([[[1.0]]], [[0.0]]))


# Lost directions


@pytest.mark.parametrize("kind", [float, q], ids=["float", "Fraction"])
@pytest.mark.parametrize(
    ("algorithm", "A", "w", "why"),
    [
        (Joint, [[[0]], [[0]]], [1, 1], "no task has curvature"),
        (lambda one: MAML(GradientDescent(one, 3)), [[[1]], [[1]]], [1, 1], "adaptation alone solves every task"),
        (lambda one: FOMAML(GradientDescent(one, 1)), [[[q(1, 2)]], [[q(3, 2)]]], [3, 1], "vanish or cancel"),
        (lambda one: Reptile(GradientDescent(one, 2)), [[[2]], [[0]]], [1, 1], "vanish or cancel"),
        (lambda one: MAML(GradientDescent(one, 1)), [[[1]], [[0]]], [1, 1], "vanish or cancel"),
    ],
)
def test_why_a_direction_is_lost(algorithm, A, w, why, kind):
    make = np.vectorize(kind, otypes=[object if kind is q else float])
    tasks = Tasks.from_minimizers(make(A), make([[1], [2]]), make(w))
    algorithm = algorithm() if algorithm is Joint else algorithm(kind(1))
    with pytest.raises(qm.SingularError, match=f"rank 0 of 1 .*{why}") as caught:
        algorithm.fixed_point(tasks)
    assert caught.value.rank == 0
    assert np.abs(caught.value.nullspace).tolist() == [[1]]


def test_one_lost_direction_of_two():
    A = np.array([np.diag([1.0, 0.0]), np.diag([2.0, 0.0])])
    with pytest.raises(qm.SingularError, match=r"rank 1 of 2 .*no task has curvature") as caught:
        Joint().fixed_point(Tasks.from_minimizers(A, [[1.0, 0.0], [2.0, 0.0]]))
    assert np.abs(caught.value.nullspace[:, 0]).tolist() == [0.0, 1.0]


def test_the_sizes_of_terms_that_cancel_decide_what_is_symmetric():
    """M = I - P with P near I: its entries are small beside those that cancel."""
    random = np.random.default_rng(0)
    B = random.normal(size=(2, 6, 6))
    tasks = Tasks.from_minimizers(1e-9 * (B @ B.transpose(0, 2, 1)), random.normal(size=(2, 6)))
    for algorithm in (Reptile(HeavyBall(0.1, 0.5, 20)), MoreauEnvelope(1.0), Reptile(Proximal(1.0))):
        assert algorithm.field(tasks).is_gradient()
        algorithm.objective(tasks)


# Small cases


def test_one_task_one_dimension_no_steps():
    tasks = Tasks.from_minimizers([[[2.0]]], [[3.0]])
    for algorithm in (MAML(GradientDescent(0.1, 0)), FOMAML(HeavyBall(0.1, 0.5, 0)), TruncatedMAML(descent(0, 0.1), 0)):
        assert algorithm.fixed_point(tasks).tolist() == [3.0]
        assert algorithm.meta_gradient(tasks, [0.0]).tolist() == [-6.0]
    with pytest.raises(qm.SingularError):
        Reptile(GradientDescent(0.1, 0)).fixed_point(tasks)


def test_depth_at_its_ends():
    assert TruncatedMAML(descent(2), 2).rule == descent(2)
    assert TruncatedMAML(descent(2), 0).rule == descent(0)
    with pytest.raises(qm.InputError, match="at most the 2 steps"):
        TruncatedMAML(descent(2), 3)


def test_results_are_of_the_library_of_the_tasks(backend):
    A, c = backend.array([[[1.0]], [[3.0]]]), backend.array([[0.0], [4.0]])
    tasks = Tasks.from_minimizers(A, c, backend.array([0.25, 0.75]))
    for algorithm, point in [(MAML(GradientDescent(0.25, 1)), 2), (Reptile(GradientDescent(0.25, 1)), 3.6)]:
        found = algorithm.fixed_point(tasks)
        assert type(found) is type(A)
        assert float(found[0]) == pytest.approx(point)
        assert type(algorithm.meta_gradient(tasks, [1.0])) is type(A)
    assert float(adapted_losses(tasks, [0.0], GradientDescent(0.25, 1))[1]) == 1.5


@pytest.mark.parametrize(
    "loop", [qm.GradientDescent(0.9, 17), qm.GradientFlow(40.0), qm.Chebyshev(0.9, 1.2, 20), qm.HeavyBall(0.9, 0.1, 40)]
)
def test_a_fixed_point_is_right_where_adaptation_nearly_converges(loop):
    tasks = qm.Tasks.from_minimizers([[[1.0]]], [[1.0]])
    for algorithm in (qm.MAML(loop), qm.FOMAML(loop)):
        assert algorithm.fixed_point(tasks) == pytest.approx([1.0], rel=1e-12)


def test_weights_that_nearly_vanish_still_weigh():
    tasks = qm.Tasks.from_minimizers([[[2.0]], [[3.0]]], [[0.0], [1.0]])
    assert qm.MAML(qm.GradientDescent(0.4, 40)).fixed_point(tasks) == pytest.approx([0.6], rel=1e-12)


def test_a_meta_loss_is_least_at_the_fixed_point_where_weights_nearly_vanish():
    tasks = qm.Tasks.from_minimizers([[[2.0]], [[3.0]]], [[0.0], [1.0]])
    objective = qm.MAML(qm.GradientDescent(0.4, 40)).objective(tasks)
    assert objective.minimizer() == pytest.approx([0.6], rel=1e-12)
