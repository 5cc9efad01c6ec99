"""The curvature to which an algorithm listens most is where the theory says."""

from __future__ import annotations

import pytest

import quadmaml as qm
from quadmaml.weight_peaks import weight_peak

LR = 0.25


@pytest.mark.parametrize("steps", [1, 2, 5, 50])
def test_peaks_of_gradient_descent_are_those_of_the_table(steps):
    loop = qm.GradientDescent(LR, steps)
    assert weight_peak(qm.MAML(loop), 1 / LR)[0] == pytest.approx(1 / ((2 * steps + 1) * LR), rel=1e-6)
    assert weight_peak(qm.FOMAML(loop), 1 / LR)[0] == pytest.approx(1 / ((steps + 1) * LR), rel=1e-6)
    assert weight_peak(qm.TruncatedMAML(loop, 1), 1 / LR)[0] == pytest.approx(1 / ((steps + 2) * LR), rel=1e-6)


def test_peaks_of_the_proximal_loop_and_of_the_flow():
    a, weight = weight_peak(qm.IMAML(0.7), 10.0)
    assert (a, weight) == (pytest.approx(0.7, rel=1e-6), pytest.approx(0.7 / 4, rel=1e-12))
    assert weight_peak(qm.MAML(qm.GradientFlow(2.0)), 10.0)[0] == pytest.approx(0.25, rel=1e-6)


@pytest.mark.parametrize("algorithm", [qm.Joint(), qm.Reptile(qm.GradientDescent(LR, 3)), qm.MoreauEnvelope(1.0)])
def test_weights_that_grow_have_none(algorithm):
    assert weight_peak(algorithm, 1 / LR) is None


def test_a_peak_in_the_last_cell_of_the_grid_is_found():
    # FOMAML with one step: the peak is at 1 / (2 lr).
    assert weight_peak(qm.FOMAML(qm.GradientDescent(0.5, 1)), 1.0005)[0] == pytest.approx(1.0, rel=1e-6)


def test_wrong_arguments_are_refused():
    with pytest.raises(qm.InputError, match="largest: got 0"):
        weight_peak(qm.Joint(), 0)
    with pytest.raises(qm.InputError, match="not a function of the curvature alone"):
        weight_peak(qm.MAML(qm.PartialGradientDescent([True, False], 0.1, 2)), 1.0)
