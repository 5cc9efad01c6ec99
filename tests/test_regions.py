"""Region maps: where a statement holds, fails, or speaks of nothing."""

from __future__ import annotations

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.regions import (
    FAILS,
    HOLDS,
    UNDECIDED,
    margin_of_first_order,
    margin_over_midpoint,
    margins,
    region,
)

LRS, CURVATURES = [0.25, 0.5, 1.0], [1.0, 2.0, 4.0, 8.0]


def test_stability_is_a_hyperbola():
    found = region(lambda lr, a: abs(qm.GradientDescent(lr, 1).residual(a)) < 1, LRS, CURVATURES)
    expected = np.array(LRS) * np.array(CURVATURES)[:, None] < 2
    assert found.shape == (4, 3)
    assert (found == np.where(expected, HOLDS, FAILS)).all()


def test_twin_the_axes_are_not_swapped():
    found = region(lambda x, y: x < y, [1, 2], [1, 2, 3])
    assert found.tolist() == [[0, 0], [1, 0], [1, 1]]


def test_where_there_is_no_fixed_point_it_is_undecided():
    def near(lr, steps):
        tasks = qm.Tasks.from_minimizers([[[4.0]], [[4.0]]], [[0.0], [1.0]])
        return abs(float(qm.MAML(qm.GradientDescent(lr, steps)).fixed_point(tasks)[0]) - 0.5) < 1e-9

    found = region(near, [0.125, 0.25, 1e200], [0, 2])
    assert found.tolist() == [[HOLDS, HOLDS, HOLDS], [HOLDS, UNDECIDED, UNDECIDED]]
    assert region(lambda x, y: None if x else np.True_, [0, 1], [0]).tolist() == [[HOLDS, UNDECIDED]]


def test_margins_have_the_signs_of_the_region_and_nan_where_it_is_undecided():
    def left(lr, steps):
        tasks = qm.Tasks.from_minimizers([[[4.0]], [[4.0]]], [[0.0], [1.0]])
        return 0.7 - qm.MAML(qm.GradientDescent(lr, steps)).fixed_point(tasks)[0] - steps

    x, y = [0.125, 0.25], [0, 1]
    found = margins(left, x, y)
    np.testing.assert_allclose(found, [[0.2, 0.2], [-0.8, np.nan]], atol=1e-12)
    signs = region(lambda a, b: left(a, b) >= 0, x, y)
    assert signs.tolist() == np.where(np.isnan(found), UNDECIDED, found >= 0).tolist() == [[1, 1], [0, -1]]
    assert np.isnan(margins(lambda x, y: None, [1], [1])).all()


def random_pair():
    return qm.Tasks.from_minimizers([[[3.0, 1.0], [1.0, 2.0]], [[1.0, 0.0], [0.0, 4.0]]], [[0.0, 1.0], [4.0, 2.0]])


@pytest.mark.parametrize(("trained", "steps"), [(1, 1), (1, 4), (3, 0)])
def test_the_margin_over_the_midpoint_is_the_simulators(trained, steps):
    tasks, lr = random_pair(), 0.2
    maml = qm.MAML(qm.GradientDescent(lr, trained))
    outer = maml.field(tasks).best_lr()
    start = qm.simulate.meta_train(maml, tasks, np.zeros(2), outer, 500)[-1]
    losses = [mean_loss(tasks, theta, lr, steps) for theta in (start, tasks.mean_minimizer())]
    margin = margin_over_midpoint(tasks, lr, trained, steps)
    assert margin == pytest.approx(1 - losses[0] / losses[1], rel=1e-9)
    if trained == steps:
        assert margin > 0


def test_the_margin_of_first_order_is_the_simulators():
    tasks, lr, steps = random_pair(), 0.2, 2
    losses = []
    for kind in (qm.FOMAML, qm.MAML):
        algorithm = kind(qm.GradientDescent(lr, steps))
        outer = algorithm.field(tasks).best_lr()
        losses.append(
            mean_loss(tasks, qm.simulate.meta_train(algorithm, tasks, np.zeros(2), outer, 500)[-1], lr, steps)
        )
    assert margin_of_first_order(tasks, lr, steps, 0.25) == pytest.approx(1.25 - losses[0] / losses[1], rel=1e-9)
    assert losses[0] > 1.001 * losses[1]


def mean_loss(tasks, theta, lr, steps):
    return tasks.query(qm.simulate.adapt(tasks.support, qm.GradientDescent(lr, steps), theta)).mean()


def test_margins_of_exact_tasks_are_exact():
    from fractions import Fraction

    array = np.vectorize(Fraction, otypes=[object])
    tasks = qm.Tasks.from_minimizers(array([[[1]], [[3]]]), array([[0], [4]]))
    assert margin_over_midpoint(tasks, Fraction(1, 4), 1, 1) == Fraction(1, 4)
    assert margin_of_first_order(tasks, Fraction(1, 4), 1, Fraction(1, 10)) == Fraction(-7, 30)


def test_a_share_of_no_loss_is_refused():
    same = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[2.0], [2.0]])
    with pytest.raises(qm.InputError, match="tasks: the mean loss to compare with is 0"):
        margin_over_midpoint(same, 0.1, 1, 1)
    with pytest.raises(qm.InputError, match="within"):
        margin_of_first_order(random_pair(), 0.1, 1, within=-1)
    for margin in (margin_over_midpoint, margin_of_first_order):
        with pytest.raises(qm.InputError, match="tasks: got int"):
            margin(3, 0.1, 1, 1)


def test_other_errors_are_not_hidden():
    with pytest.raises(qm.InputError):
        region(lambda lr, steps: qm.GradientDescent(-lr, steps), [1.0], [1])
    with pytest.raises(ZeroDivisionError):
        region(lambda x, y: 1 / x, [0], [1])


def test_progress_is_told():
    calls = []
    region(lambda x, y: True, [1, 2], [1, 2, 3], progress=lambda *given: calls.append(given[:2]))
    assert calls == [(0, 6), (2, 6), (4, 6), (6, 6)]


@pytest.mark.parametrize(
    ("given", "word"), [((3, [1], [1]), "predicate"), ((max, [], [1]), "x"), ((max, [1], []), "y")]
)
def test_bad_input_is_refused(given, word):
    with pytest.raises(qm.InputError, match=word):
        region(*given)
    with pytest.raises(qm.InputError, match="margin" if word == "predicate" else word):
        margins(*given)
