"""Paired differences: their errors, their intervals, and what counts as nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import quadmaml as qm
from quadmaml.comparison import compare


def test_the_interval_is_students():
    rng = np.random.default_rng(0)
    a, b = rng.normal(1, 1, 30), rng.normal(1.2, 1, 30)
    found = compare(a, b)
    low, high = stats.ttest_rel(a, b).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    assert found.standard_error == pytest.approx(stats.sem(a - b))
    assert found.ratio == pytest.approx(a.mean() / b.mean())


def test_several_comparisons_share_the_level():
    a, b = np.arange(5.0), np.array([0.3, 1.1, 2.5, 2.9, 4.4])
    reach = [compare(a, b, comparisons=k).high - compare(a, b).mean for k in (1, 8)]
    quantiles = stats.t.ppf([0.975, 1 - 0.025 / 8], 4)
    assert reach[1] / reach[0] == pytest.approx(quantiles[1] / quantiles[0])


def test_the_level_is_kept_where_there_is_no_difference():
    rng = np.random.default_rng(1)
    wrong = sum(compare(rng.normal(size=12), rng.normal(size=12)).clear for _ in range(2000))
    # 5 % of 2,000 are 100, with a standard deviation of 10.
    assert 65 < wrong < 135


def test_weights_count():
    assert compare([1.0, 5.0], [0.0, 0.0], [0.25, 0.75]).mean == 4.0
    equal = compare([1.0, 5.0, 2.0], [0.0, 0.0, 1.0])
    assert compare([1.0, 5.0, 2.0], [0.0, 0.0, 1.0], [1 / 3] * 3).standard_error == pytest.approx(equal.standard_error)


def test_rounding_errors_are_no_difference():
    losses = np.array([1.0, 2.0, 3.0])
    assert compare(losses * (1 + 1e-13), losses).mean == 0
    assert compare(losses * (1 + 1e-7), losses).mean > 0


def test_one_task_has_no_error_and_a_loss_that_is_no_number_no_comparison():
    assert compare([1.0], [2.0]).standard_error is None
    assert not compare([1.0], [2.0]).clear
    assert compare([np.nan, 1.0], [1.0, 1.0]) is None
    assert compare([np.inf, 1.0], [1.0, 1.0]) is None


def test_bad_arguments_are_refused():
    with pytest.raises(qm.InputError, match="losses"):
        compare([1.0], [1.0, 2.0])
    with pytest.raises(qm.InputError, match="comparisons"):
        compare([1.0, 2.0], [1.0, 2.0], comparisons=0)


@pytest.mark.filterwarnings("error")
def test_losses_whose_squares_overflow_are_compared():
    found = compare([1e200, 1.0, 2.0], [1.0, 1.0, 1.0])
    assert found.standard_error == pytest.approx(1e200 / 3)
    assert not found.clear
