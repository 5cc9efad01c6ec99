"""Pareto fronts against exact arithmetic: nothing dominates them, and the known algorithms lie on them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import quadmaml as qm
from quadmaml.pareto import pareto_front
from quadmaml.strategies import inner_loops, tasks, vectors

q = Fraction
exact = np.vectorize(q, otypes=[object])
SHARES = [q(0), q(1, 5), q(1, 2), q(9, 10), q(1)]


def pair(weights=(1, 1)):
    A = exact([[[3, 1], [1, 2]], [[1, 0], [0, 4]]])
    return qm.Tasks.from_minimizers(A, exact([[0, 1], [4, 2]]), exact(weights))


@given(st.data())
def test_each_start_minimises_its_weighted_losses_exactly(data):
    drawn = data.draw(tasks(min_tasks=2, max_tasks=2, max_dim=3, exact=True))
    loop = data.draw(inner_loops(drawn.dim, exact=True))
    adapted = drawn.query.compose(loop.map(drawn.support))
    try:
        front = pareto_front(drawn, SHARES, loop)
    except qm.SingularError:
        total = adapted[0].hessian + adapted[1].hessian
        assert np.linalg.matrix_rank(total.astype(float)) < drawn.dim
        return
    for t, theta, losses in zip(SHARES, front.starts, front.losses, strict=True):
        slope = (1 - t) * adapted[0].gradient(theta) + t * adapted[1].gradient(theta)
        assert set(slope.tolist()) == {0}
        assert losses.tolist() == adapted(theta).tolist()


def dominated(front, losses):
    """The points of a front from which both losses can be made smaller."""
    return [k for k, own in enumerate(front.losses) if (losses < own).all()]


@given(st.data())
def test_no_start_dominates_a_point_of_the_front(data):
    loop = qm.GradientDescent(q(1, 8), data.draw(st.integers(0, 3)))
    front = pareto_front(pair(), SHARES, loop)
    theta = data.draw(vectors(2, exact=True))
    assert dominated(front, qm.adapted_losses(pair(), theta, loop)) == []


def test_twin_the_segment_between_the_optima_is_dominated():
    """With unlike curvature the Pareto set is a curve; a straight segment leaves it."""
    loop, optima = qm.NoAdaptation(), pair().support.minimizer()
    front = pareto_front(pair(), [q(k, 64) for k in range(65)], loop)
    middle = qm.adapted_losses(pair(), (optima[0] + optima[1]) / 2, loop)
    assert any((losses < middle).all() for losses in front.losses)


def test_joint_training_and_maml_lie_on_their_fronts():
    weighted, loop = pair((1, 3)), qm.GradientDescent(q(1, 8), 2)
    for algorithm, own in ((qm.Joint(), None), (qm.MAML(loop), loop)):
        front = pareto_front(weighted, [q(3, 4)], own)
        assert front.starts[0].tolist() == algorithm.fixed_point(weighted).tolist()


def test_the_ends_are_the_optima_of_the_tasks():
    front = pareto_front(pair(), [q(0), q(1)])
    assert front.starts.tolist() == pair().support.minimizer().tolist()
    assert (front.losses[0, 0], front.losses[1, 1]) == (0, 0)


@pytest.mark.parametrize("end", [0, 1])
def test_where_an_end_is_not_unique_it_is_the_best_for_the_other_task(end):
    """The first task does not see the second axis."""
    A, c = exact([[[1, 0], [0, 0]], [[2, 1], [1, 3]]]), exact([[1, 0], [3, 5]])
    A, c = (A, c) if end == 0 else (A[::-1], c[::-1])
    drawn = qm.Tasks(qm.Quadratic(A, (A @ c[..., None])[..., 0]))
    front = pareto_front(drawn, [q(end), q(1, 10**9) if end == 0 else 1 - q(1, 10**9)])
    assert front.starts[0][0] == 1
    assert np.abs((front.starts[0] - front.starts[1]).astype(float)).max() < 1e-8


def test_the_front_moves_down_as_tasks_adapt():
    steps = [pareto_front(pair(), [q(1, 2)], qm.GradientDescent(q(1, 8), k)).losses[0].sum() for k in range(4)]
    assert steps == sorted(steps, reverse=True)


def test_a_point_of_the_front_is_the_simulators():
    loop = qm.GradientDescent(0.125, 3)
    drawn = qm.Tasks.from_minimizers(pair().support.hessian.astype(float), pair().support.minimizer().astype(float))
    front = pareto_front(drawn, [0.5], loop)
    phi = qm.simulate.adapt(drawn.support, loop, front.starts[0])
    np.testing.assert_allclose(front.losses[0], drawn.query(phi), rtol=1e-12)


def test_other_array_libraries(backend):
    A, c = (backend.array(x.astype(float)) for x in (pair().support.hessian, pair().support.minimizer()))
    front = pareto_front(qm.Tasks.from_minimizers(A, c), [0.0, 0.25, 1.0], qm.Proximal(2.0))
    true = pareto_front(pair(), [q(0), q(1, 4), q(1)], qm.Proximal(q(2)))
    assert type(front.starts) is type(A)
    for k in range(3):
        np.testing.assert_allclose([float(x) for x in front.losses[k, :]], true.losses[k].astype(float), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: pareto_front(pair()[:1], [q(1, 2)]), "tasks: got 1"),
        (lambda: pareto_front(pair(), []), "weights"),
        (lambda: pareto_front(pair(), [q(1, 2), q(3, 2)]), r"weights\[1\]"),
        (lambda: pareto_front(pair(), [q(-1, 2)]), r"weights\[0\]"),
        (lambda: pareto_front(pair(), [0.5]), "weights: got the float"),
        (lambda: pareto_front(pair(), [q(1, 2)], 3), "inner"),
        (
            lambda: pareto_front(qm.Tasks.from_minimizers(exact([[[-1]], [[1]]]), exact([[0], [1]])), [q(1, 2)]),
            "bounded",
        ),
    ],
)
def test_bad_input_is_refused(call, word):
    with pytest.raises(qm.InputError, match=word):
        call()


def test_a_direction_that_no_task_sees_has_no_front():
    flat = qm.Tasks(qm.Quadratic([[[1.0, 0.0], [0.0, 0.0]]] * 2, [[0.0, 0.0], [1.0, 0.0]]))
    for t in (0.0, 0.5):
        with pytest.raises(qm.SingularError):
            pareto_front(flat, [t])
