"""Region maps: where a statement holds, fails, or speaks of nothing."""

from __future__ import annotations

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.regions import FAILS, HOLDS, UNDECIDED, region

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
