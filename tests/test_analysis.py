"""Losses against steps, tasks left out, and bounds of stability."""

from __future__ import annotations

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.analysis import fine_tuned_losses, largest_stable_lr, leave_one_out, unstable_tasks

GD = qm.GradientDescent(lr=0.1, steps=3)


def random_tasks(n=5, d=3, weights=None):
    rng = np.random.default_rng(7)

    def part():
        X = rng.normal(size=(n, 2 * d, d))
        return qm.Quadratic.from_least_squares(X, rng.normal(size=(n, 2 * d)))

    return qm.Tasks(part(), part(), weights)


def test_fine_tuned_losses_are_those_of_the_simulator():
    tasks = random_tasks(weights=[1.0, 2.0, 3.0, 0.0, 1.0])
    theta = np.array([1.0, -2.0, 0.5])
    curve = fine_tuned_losses(tasks, theta, lambda k: qm.GradientDescent(0.1, k), 6)
    for k, loss in enumerate(curve):
        phi = qm.simulate.adapt(tasks.support, qm.GradientDescent(0.1, k), theta)
        assert loss == pytest.approx(tasks.weights @ tasks.query(phi), rel=1e-12)


def test_fine_tuned_losses_refuse_a_negative_number_of_steps():
    with pytest.raises(qm.InputError, match="steps"):
        fine_tuned_losses(random_tasks(), np.zeros(3), lambda k: GD, -1)


@pytest.mark.parametrize("algorithm", [qm.Joint(), qm.MAML(GD), qm.Reptile(GD), qm.MoreauEnvelope(2.0), qm.IMAML(2.0)])
@pytest.mark.parametrize("weights", [None, [1.0, 2.0, 3.0, 0.0, 1.0]])
def test_leaving_one_out_is_solving_without_it(algorithm, weights):
    tasks = random_tasks(weights=weights)
    points = leave_one_out(algorithm, tasks)
    for i in range(len(tasks)):
        keep = [j for j in range(len(tasks)) if j != i]
        rest = qm.Tasks(tasks.support[keep], tasks.query[keep], tasks.weights[keep])
        np.testing.assert_allclose(points[i], algorithm.fixed_point(rest), rtol=1e-10)


def test_leaving_one_out_needs_two_tasks_and_says_which_one_was_needed():
    with pytest.raises(qm.InputError, match="expected at least two"):
        leave_one_out(qm.Joint(), random_tasks(n=1))
    flat = qm.Tasks(qm.Quadratic([[[1.0, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0], [0.0, 0.0]]))
    with pytest.raises(qm.SingularError, match=r"without task 0: .* rank 1 of 2"):
        leave_one_out(qm.Joint(), flat)


def test_unstable_tasks_are_named_with_a_warning():
    f = qm.Quadratic([[[1.0]], [[5.0]], [[3.0]]], [[0.0]] * 3)
    with pytest.warns(qm.UnstableStepWarning, match=r"GradientDescent is unstable on 1 of 3 .* 5, stable below 4"):
        assert unstable_tasks(qm.GradientDescent(0.5, 1), f) == [1]
    assert unstable_tasks(qm.Proximal(1.0), f) == []


def test_the_bound_is_that_of_the_loops_own_generator():
    f = qm.Quadratic([[[5.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]])
    assert unstable_tasks(qm.PartialGradientDescent([False, True], 1.0, 1), f) == []
    with pytest.warns(qm.UnstableStepWarning):
        assert unstable_tasks(qm.PartialGradientDescent([True, True], 1.0, 1), f) == [0]


@pytest.mark.parametrize("turn", [0.3, 1.0, 1.9])
def test_a_complex_eigenvalue_is_unstable_exactly_where_the_loop_grows(turn):
    f = qm.Quadratic([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]])
    D = np.array([[0.9, turn], [-turn, 0.9]])
    grows = np.abs(np.linalg.eigvals(np.eye(2) - D)).max() >= 1
    if grows:
        with pytest.warns(qm.UnstableStepWarning):
            assert unstable_tasks(qm.PreconditionedGradientDescent(D, 1), f) == [0]
    else:
        assert unstable_tasks(qm.PreconditionedGradientDescent(D, 1), f) == []


def test_complex_eigenvalues_to_the_left_are_never_stable():
    f = qm.Quadratic([[[1.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]])
    with pytest.warns(qm.UnstableStepWarning):
        unstable_tasks(qm.PreconditionedGradientDescent(np.array([[-0.1, 1.0], [-1.0, -0.1]]), 1), f)


def test_largest_stable_lr():
    assert largest_stable_lr(qm.Quadratic([[[2.0, 0.0], [0.0, 8.0]]], [[0.0, 0.0]])) == 0.25
    assert largest_stable_lr(qm.Quadratic([[[-1.0]]], [[0.0]])) == float("inf")
