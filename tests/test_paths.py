"""Paths of fixed points, and limits against exact arithmetic far along the way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml.paths import fixed_point_path, limit_of_adaptation, limit_of_none
from quadmaml.strategies import tasks

q = Fraction
exact = np.vectorize(q, otypes=[object])


def pair():
    A = exact([[[3, 1], [1, 2]], [[1, 0], [0, 4]], [[2, -1], [-1, 2]]])
    return qm.Tasks.from_minimizers(A, exact([[0, 1], [4, 2], [-1, 3]]), exact([1, 2, 1]))


def as_floats(drawn):
    return qm.Tasks.from_minimizers(
        drawn.support.hessian.astype(float), drawn.support.minimizer().astype(float), drawn.weights.astype(float)
    )


@given(tasks(max_dim=3))
def test_a_path_is_the_fixed_points_one_by_one(drawn):
    lrs = [0.01, 0.02, 0.05]
    path = fixed_point_path(drawn, lambda lr: qm.MAML(qm.GradientDescent(lr, 2)), lrs)
    assert path.values == tuple(lrs)
    for lr, point, status in zip(lrs, path.points, path.status, strict=True):
        if status == "ok":
            theta = qm.MAML(qm.GradientDescent(lr, 2)).fixed_point(drawn)
            np.testing.assert_allclose(point, theta, rtol=0, atol=1e-9 * max(1.0, np.abs(theta).max()))


KINDS = {
    "MAML": (lambda x: qm.MAML(qm.GradientDescent(x, 3)), q(1, 10**9)),
    "FOMAML": (lambda x: qm.FOMAML(qm.GradientDescent(x, 3)), q(1, 10**9)),
    "Reptile": (lambda x: qm.Reptile(qm.GradientDescent(x, 3)), q(1, 10**9)),
    "iMAML": (lambda x: qm.IMAML(x), q(10**9)),
    "Moreau": (lambda x: qm.MoreauEnvelope(x), q(10**9)),
}


@pytest.mark.parametrize("split", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_without_adaptation_the_limit_is_joint_training(kind, split):
    drawn = pair()
    if split:
        drawn = qm.Tasks(drawn.support, drawn.support[[2, 0, 1]], drawn.weights)
    make, value = KINDS[kind]
    near, limit = make(value).fixed_point(drawn), limit_of_none(drawn, make(value))
    assert np.abs((near - limit).astype(float)).max() < 1e-7


FAR = {
    "MAML": lambda k: qm.MAML(qm.GradientDescent(q(1, 8), k)),
    "MAML beyond 1": lambda k: qm.MAML(qm.GradientDescent(q(2, 5), k)),
    "FOMAML": lambda k: qm.FOMAML(qm.GradientDescent(q(1, 8), k)),
    "truncated": lambda k: qm.TruncatedMAML(qm.GradientDescent(q(1, 8), k), 1),
    "Reptile": lambda k: qm.Reptile(qm.GradientDescent(q(1, 8), k)),
    "iMAML": lambda k: qm.IMAML(q(1, 2**k)),
    "Moreau": lambda k: qm.MoreauEnvelope(q(1, 2**k)),
}


@pytest.mark.parametrize("kind", FAR)
def test_in_full_adaptation_exact_fixed_points_approach_the_limit(kind):
    drawn, make = pair(), FAR[kind]
    limit = limit_of_adaptation(drawn, make(4)).astype(float)
    off = [np.abs(make(k).fixed_point(drawn).astype(float) - limit).max() for k in (20, 40, 80, 400)]
    assert off == sorted(off, reverse=True)
    assert off[-1] < 1e-6


def test_gradient_flow_has_the_limit_of_descent_by_small_steps():
    drawn = as_floats(pair())
    flow, descent = (
        limit_of_adaptation(drawn, qm.MAML(loop)) for loop in (qm.GradientFlow(1.0), qm.GradientDescent(1e-3, 1))
    )
    np.testing.assert_allclose(flow, descent, rtol=1e-9)


def test_of_equal_rates_the_limit_is_their_least_squares():
    """Both tasks have curvature 1 along the first axis: there they are weighed as joint training weighs them."""
    A, c = exact([[[1, 0], [0, 2]], [[1, 0], [0, 3]]]), exact([[0, 0], [4, 4]])
    drawn = qm.Tasks.from_minimizers(A, c, exact([1, 3]))
    algorithm = qm.MAML(qm.GradientDescent(q(1, 4), 200))
    limit = limit_of_adaptation(drawn, algorithm)
    np.testing.assert_allclose(limit.astype(float), [3.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(algorithm.fixed_point(drawn).astype(float), limit.astype(float), atol=1e-9)


def test_twin_the_mean_of_optima_is_not_the_limit_of_maml():
    drawn, mean = pair(), pair().mean_minimizer().astype(float)
    far = FAR["MAML"](160).fixed_point(drawn).astype(float)
    assert np.abs(far - mean).max() > 0.1
    assert np.abs(far - limit_of_adaptation(drawn, FAR["MAML"](4)).astype(float)).max() < 1e-6


def test_tasks_of_weight_zero_do_not_count():
    drawn = pair()
    without = qm.Tasks(drawn.support[1:], None, exact([2, 1]))
    silent = qm.Tasks(drawn.support, None, exact([0, 2, 1]))
    both = [limit_of_adaptation(each, FAR["MAML"](1)).astype(float) for each in (without, silent)]
    np.testing.assert_allclose(*both, rtol=1e-12)


def test_limits_in_other_array_libraries(backend):
    drawn = as_floats(pair())
    A, c, w = (backend.array(x) for x in (drawn.support.hessian, drawn.support.minimizer(), drawn.weights))
    here = qm.Tasks.from_minimizers(A, c, w)
    for algorithm in (qm.MAML(qm.GradientDescent(0.125, 1)), qm.IMAML(1.0), qm.MoreauEnvelope(1.0)):
        limit = limit_of_adaptation(here, algorithm)
        assert type(limit) is type(A)
        true = limit_of_adaptation(drawn, algorithm)
        np.testing.assert_allclose([float(each) for each in limit], true, rtol=1e-9, atol=1e-12)


def split_tasks():
    return qm.Tasks(pair().support, pair().support[[1, 0, 2]])


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: fixed_point_path(pair(), 3, [q(1)]), "algorithm_of"),
        (lambda: fixed_point_path(pair(), lambda lr: qm.Joint(), []), "value"),
        (lambda: limit_of_none("tasks", qm.Joint()), "tasks"),
        (lambda: limit_of_adaptation(pair(), 3), "algorithm"),
        (lambda: limit_of_adaptation(pair(), qm.Joint()), "algorithm"),
        (lambda: limit_of_adaptation(pair(), qm.MAML(qm.HeavyBall(q(1, 8), q(1, 2), 3))), "algorithm"),
        (lambda: limit_of_adaptation(pair(), qm.MAML(qm.GradientDescent([q(1, 8)]))), "schedule"),
        (lambda: limit_of_adaptation(pair(), qm.Reptile(qm.GradientDescent(q(1), 3))), "below 2"),
        (lambda: limit_of_adaptation(pair(), qm.FOMAML(qm.GradientDescent(q(2, 5), 3))), "below 1"),
        (lambda: limit_of_adaptation(split_tasks(), qm.MAML(qm.GradientDescent(q(1, 8), 3))), "query differs"),
        (lambda: limit_of_adaptation(qm.Tasks.from_minimizers([[[-1.0]]], [[0.0]]), qm.IMAML(2.0)), "negative"),
    ],
)
def test_where_no_limit_is_known_it_is_refused(call, word):
    with pytest.raises(qm.InputError, match=word):
        call()


def test_a_direction_that_one_step_solves_in_every_task_has_no_limit():
    drawn = qm.Tasks.from_minimizers(exact([[[4, 0], [0, 1]], [[4, 0], [0, 2]]]), exact([[0, 0], [1, 1]]))
    with pytest.raises(qm.SingularError, match="one step"):
        limit_of_adaptation(drawn, qm.MAML(qm.GradientDescent(q(1, 4), 3)))


def test_without_single_optima_there_is_no_single_limit():
    flat = qm.Tasks(qm.Quadratic([[[1.0, 0.0], [0.0, 0.0]]], [[0.0, 0.0]]))
    with pytest.raises(qm.SingularError):
        limit_of_adaptation(flat, qm.IMAML(1.0))


@given(st.data())
def test_maml_on_any_positive_definite_tasks_approaches_its_limit(data):
    drawn = data.draw(tasks(split=False, max_dim=2, max_tasks=3, max_eigenvalue=1, exact=True))
    algorithm = qm.MAML(qm.GradientDescent(q(1, 2), 3000))
    values = np.linalg.eigvalsh(drawn.support.hessian.astype(float)).ravel()
    gaps = np.abs(np.subtract.outer(values, values))
    if ((gaps > 1e-9) & (gaps < 0.05)).any() or (drawn.weights == 0).any():
        return
    far = algorithm.fixed_point(drawn)
    limit = limit_of_adaptation(drawn, algorithm).astype(float)
    scale = max(1.0, np.abs(drawn.support.minimizer().astype(float)).max())
    np.testing.assert_allclose(far.astype(float), limit, rtol=0, atol=1e-6 * scale)
