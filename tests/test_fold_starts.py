"""The starts of each inner fold, by hand; that a cross-validation equals one by hand is in test_evaluation.py."""

import numpy as np

import quadmaml as qm
from quadmaml.fold_starts import FoldStarts, zeros

# Losses 1/2 a (x - c)^2; the last task is held out.
TASKS = qm.Tasks.from_minimizers([[[1.0]], [[3.0]], [[2.0]], [[1.0]]], [[0.0], [4.0], [2.0], [10.0]])
FOLDS = np.array([0, 1, 1, -1])


def starts():
    return FoldStarts(TASKS, TASKS.support, FOLDS)


def test_a_start_has_no_part_in_its_own_fold():
    # Without fold 0: (3 4 + 2 2) / 5; without fold 1: 0; of all three: (0 + 12 + 4) / 6.
    np.testing.assert_allclose(starts().starts(qm.Joint())[:, 0], [16 / 5, 0, 16 / 6], rtol=0, atol=1e-14)


def test_the_mean_of_optima():
    np.testing.assert_allclose(starts().starts(None)[:, 0], [3, 0, 2], rtol=0, atol=1e-14)


def test_each_task_is_judged_from_its_own_start():
    # From 3, 0, 0 and, held out, 2: 1/2 a (theta - c)^2.
    np.testing.assert_allclose(starts().losses(None, qm.NoAdaptation()), [4.5, 24, 4, 32], rtol=1e-14)


def test_a_loop_that_overflows_on_one_task_has_no_loss_there_alone():
    tasks = qm.Tasks.from_minimizers([[[1.0]], [[1.0]], [[1e6]]], [[0.0], [1.0], [2.0]])
    losses = FoldStarts(tasks, tasks.support, np.array([0, 1, 0])).losses(None, qm.GradientDescent(1.0, 100))
    assert np.isnan(losses).tolist() == [False, False, True]


def test_zeros_of_singular_fields_are_of_least_norm():
    M = np.array([[[2.0, 0.0], [0.0, 4.0]], [[2.0, 0.0], [0.0, 0.0]], [[np.nan, 0.0], [0.0, 1.0]]])
    found = zeros(M, np.array([[2.0, 2.0], [2.0, 0.0], [1.0, 1.0]]))
    assert found[:2].tolist() == [[1.0, 0.5], [1.0, 0.0]]
    assert np.isnan(found[2]).all()
