"""Cross-validation over tasks: against plain NumPy, on data with and without something to find, and its secrecy."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import evaluation as evaluation_module
from quadmaml.datasets import (
    RegressionGroups,
    linear_regression,
    random_tasks,
    regression_groups,
    sinusoids,
    wage_panel,
)
from quadmaml.evaluation import BASELINE, CHOSEN, MEAN_OF_OPTIMA, NO_ADAPTATION, Candidate, Grid, cross_validate
from quadmaml.fold_starts import FoldStarts, zeros
from quadmaml.verdict import does_it_pay

from . import cross_validation_by_hand as by_hand
from .backends import need

SMALL = Grid(steps=(1, 10))


def assert_reproduced(found, losses):
    for name, each in losses.items():
        np.testing.assert_allclose(found.losses[name], each, rtol=1e-6, err_msg=name)
        if name == BASELINE:
            continue
        mean, error = by_hand.difference(losses, name)
        compared = found.compare(name)
        assert (compared.mean, compared.standard_error) == pytest.approx((mean, error), rel=1e-5, abs=1e-12)


def wages():
    need("linearmodels")
    return regression_groups(wage_panel(), "nr", "lwage", ["exper", "hours", "union"], 4)


# Answers on data of which the answer is known


def test_on_the_wage_panel_mamls_start_pays_and_plain_numpy_says_so_too():
    groups = wages()
    found = cross_validate(groups)
    losses = by_hand.evaluate(list(groups), 1e-3)
    assert_reproduced(found, losses)
    gain, error = by_hand.difference(losses, "MAML")
    assert gain == pytest.approx(-0.0297, abs=5e-5)
    assert error == pytest.approx(0.0057, abs=5e-5)
    assert does_it_pay(found)[0].startswith("MAML's start pays: on 545 held-out tasks the mean loss")


@pytest.mark.parametrize("inputs", ["uniform", "fixed", "window"])
def test_sinusoids_pay_only_where_curvature_tells_of_the_optimum(inputs):
    groups = sinusoids(120, inputs, features=20)
    grid = Grid(steps=(10, 100))
    found = cross_validate(groups, candidates=grid.candidates)
    losses = by_hand.evaluate(list(groups), 1e-3, standardise=False, steps=(10, 100))
    assert_reproduced(found, losses)
    compared, first = found.compare("MAML"), does_it_pay(found)[0]
    if inputs == "window":
        assert compared.clear
        assert 0.35 < compared.ratio < 0.65
        assert "MAML's start pays" in first
    else:
        assert not compared.clear
        assert ("worth nothing here" if inputs == "fixed" else "No gain of MAML's start") in first


def test_equal_curvatures_make_every_start_the_same():
    tasks = qm.Tasks.from_minimizers(
        np.tile(np.diag([1.0, 4.0]), (12, 1, 1)), np.random.default_rng(0).normal(size=(12, 2))
    )
    found = cross_validate(tasks)
    for name in found.names:
        if name != NO_ADAPTATION:
            assert found.compare(name).mean == 0
            assert found.compare(name).standard_error == 0
    assert "worth nothing here: on each of 12 held-out tasks" in does_it_pay(found)[0]


def test_shuffled_task_labels_give_a_null_answer():
    groups, grid = sinusoids(120, "window", features=20), Grid(steps=(10, 100))
    assert cross_validate(groups, candidates=grid.candidates).compare("MAML").clear
    X = np.concatenate([np.concatenate([x, xq]) for x, _, xq, _ in groups])
    y = np.concatenate([np.concatenate([z, zq]) for _, z, _, zq in groups])
    order = np.random.default_rng(0).permutation(len(y))
    X, y = X[order].reshape(120, 20, 20), y[order].reshape(120, 20)
    parts = tuple((a[:10], b[:10], a[10:], b[10:]) for a, b in zip(X, y, strict=True))
    found = cross_validate(replace(groups, groups=parts), candidates=grid.candidates)
    compared = found.compare("MAML")
    assert not (compared.clear and compared.mean < 0)
    assert "pays" not in does_it_pay(found)[0]
    # The rows of a task have nothing in common, so that adapting cannot help either.
    assert found.compare(NO_ADAPTATION).ratio < 1.02


# Secrecy: nothing of a held-out task may be used


def test_what_is_held_out_has_no_say():
    """Changing a task's query rows changes no choice and no loss of the tasks in its fold, but its own."""
    groups = linear_regression(15, ([0.0, 1.0], np.eye(2)), np.eye(2), rows=(4, 4), log_scale=0.5, seed=1)
    scales = dict.fromkeys((*groups.features, "y"), (0.0, 1.0))
    groups = replace(groups, scales=scales, standardised=True)
    before = cross_validate(groups, candidates=SMALL.candidates, folds=5)
    victim = 7
    X, y, Xq, yq = groups.groups[victim]
    changed = list(groups.groups)
    changed[victim] = (X, y, Xq, yq + 100.0)
    after = cross_validate(replace(groups, groups=tuple(changed)), candidates=SMALL.candidates, folds=5)
    same = before.folds == before.folds[victim]
    same[victim] = False
    for name in before.names:
        fold = before.folds[victim]
        assert repr(before.chosen[name][fold]) == repr(after.chosen[name][fold])
        np.testing.assert_allclose(after.losses[name][same], before.losses[name][same], rtol=1e-9)
        assert after.losses[name][victim] / before.losses[name][victim] > 10


def test_twin_a_standardisation_that_sees_the_held_out_tasks_is_caught(monkeypatch):
    groups = wages_like()
    honest = cross_validate(groups, candidates=SMALL.candidates)
    monkeypatch.setattr(RegressionGroups, "rescaled", lambda self, members: self)
    leaky = cross_validate(groups, candidates=SMALL.candidates)
    losses = by_hand.evaluate(list(groups), 1e-3, folds=12, steps=(1, 10))
    np.testing.assert_allclose(honest.losses["MAML"], losses["MAML"], rtol=1e-6)
    assert np.abs(leaky.losses["MAML"] / losses["MAML"] - 1).max() > 1e-4


def test_twin_choosing_by_the_held_out_tasks_is_caught(monkeypatch):
    groups = wages_like()
    right = FoldStarts.losses

    def peeking(self, algorithm, inner):
        found = right(self, algorithm, inner)
        return np.where(self.which == self.which.max(), found, found[self.which == self.which.max()].mean())

    monkeypatch.setattr(evaluation_module.FoldStarts, "losses", peeking)
    peeked = cross_validate(groups, candidates=SMALL.candidates)
    losses = by_hand.evaluate(list(groups), 1e-3, folds=12, steps=(1, 10))
    assert peeked.mean("First-order MAML") < losses["First-order MAML"].mean()


def wages_like():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(12, 10, 1)) * rng.lognormal(size=(12, 1, 1))
    y = 1 + X[..., 0] * rng.normal(1, 1, size=(12, 1)) + rng.normal(size=(12, 10))
    one = np.ones((12, 10, 1))
    X = np.concatenate([one, (X - X.mean()) / X.std()], axis=2)
    y = (y - y.mean()) / y.std()
    return RegressionGroups(
        tuple(map(str, range(12))), tuple((a[:5], b[:5], a[5:], b[5:]) for a, b in zip(X, y, strict=True)),
        ("intercept", "x"), "y", {"x": (0.0, 1.0), "y": (0.0, 1.0)}, "made up",
    )  # fmt: skip


# Bookkeeping


def test_each_task_is_held_out_once_and_its_results_are_kept():
    tasks = random_tasks(25, [1.0, 3.0])
    found = cross_validate(tasks, candidates=SMALL.candidates, folds=4)
    assert np.bincount(found.folds).tolist() == [7, 6, 6, 6]
    assert all(each.shape == (25,) and np.isfinite(each).all() for each in found.losses.values())
    assert all(len(each) == 4 for each in found.chosen.values())
    assert isinstance(found.final["MAML"], Candidate)
    assert found.names[0] == BASELINE
    assert found.names[-1] == CHOSEN


def test_the_chosen_start_is_one_of_the_others_in_each_fold():
    found = cross_validate(random_tasks(12, [1.0, 3.0]), candidates=SMALL.candidates, folds=4)
    for i, fold in enumerate(found.folds):
        others = {found.losses[name][i] for name in found.names if name not in (CHOSEN, NO_ADAPTATION)}
        assert found.losses[CHOSEN][i] in others
        assert found.chosen[CHOSEN][fold] is not None


def test_weights_of_tasks_count():
    tasks = random_tasks(9, [1.0, 3.0])
    weighted = qm.Tasks(tasks.support, None, np.arange(1.0, 10.0))
    found = cross_validate(weighted, candidates=SMALL.candidates)
    assert found.mean("MAML") == pytest.approx(weighted.weights @ found.losses["MAML"])


def test_an_unstable_step_on_a_held_out_task_is_known():
    A = np.ones((8, 1, 1))
    A[3] = 50.0
    tasks = qm.Tasks.from_minimizers(A, np.arange(8.0)[:, None])
    found = cross_validate(tasks, candidates=Grid(lr=(0.5,), steps=(5,)).candidates)
    assert np.flatnonzero(found.unstable["MAML"]).tolist() == [3]


def test_a_diverged_loss_is_no_comparison_and_is_said():
    A = np.ones((8, 1, 1))
    A[3] = 1e4
    tasks = qm.Tasks.from_minimizers(A, np.arange(8.0)[:, None])
    found = cross_validate(tasks, candidates=Grid(lr=(1.5,), steps=(400,)).candidates)
    assert found.compare("MAML") is None
    assert "could not be compared" in does_it_pay(found)[0]


def test_other_libraries_and_exact_numbers_are_evaluated():
    from fractions import Fraction

    A = np.array([[[Fraction(k)]] for k in range(1, 6)], dtype=object)
    c = np.array([[Fraction(k * k)] for k in range(5)], dtype=object)
    exact = cross_validate(qm.Tasks.from_minimizers(A, c), candidates=SMALL.candidates)
    floats = cross_validate(qm.Tasks.from_minimizers(A.astype(float), c.astype(float)), candidates=SMALL.candidates)
    np.testing.assert_allclose(exact.losses["MAML"], floats.losses["MAML"])


def test_progress_is_reported():
    seen = []
    cross_validate(random_tasks(4, [1.0]), candidates=SMALL.candidates, progress=lambda *each: seen.append(each))
    assert [each[0] for each in seen] == list(range(5))


def test_bad_arguments_are_refused():
    tasks = random_tasks(4, [1.0])
    for data, message in (([1], "expected Tasks"), (tasks[:2], "at least three")):
        with pytest.raises(qm.InputError, match=message):
            cross_validate(data)
    for options in ({"folds": 1}, {"inner_folds": 1}, {"seed": -1}):
        with pytest.raises(qm.InputError, match=next(iter(options))):
            cross_validate(tasks, **options)
    with pytest.raises(qm.InputError, match="no 'Joint training'"):
        cross_validate(tasks, candidates=lambda training: {"x": [Candidate(qm.Joint(), qm.NoAdaptation())]})
    with pytest.raises(qm.InputError, match="no training task has curvature"):
        cross_validate(qm.Tasks(qm.Quadratic(np.zeros((4, 1, 1)), np.zeros((4, 1)))))
    for options in ({"lr": ()}, {"lr": (0.0,)}, {"steps": (0,)}, {"strength": 1.0}):
        with pytest.raises(qm.InputError, match=next(iter(options))):
            Grid(**options)
    with pytest.raises(qm.InputError, match="name: got 'x'"):
        cross_validate(tasks, candidates=SMALL.candidates).compare("x")


# Starts of folds


def test_zeros_of_fields_singular_ones_included():
    M = np.array([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 0.0]], [[np.nan, 0.0], [0.0, 1.0]]])
    found = zeros(M, np.array([[2.0, 3.0], [4.0, 0.0], [1.0, 1.0]]))
    np.testing.assert_allclose(found[:2], [[1.0, 3.0], [4.0, 0.0]])
    assert np.isnan(found[2]).all()


def test_starts_are_those_of_the_training_tasks():
    tasks = random_tasks(7, [1.0, 3.0], seed=2)
    inner = np.array([0, 1, -1, 0, 2, 1, 2])
    starts = FoldStarts(tasks, tasks.query, inner)
    maml = qm.MAML(qm.GradientDescent(0.2, 3))
    for row, keep in enumerate([inner > 0, (inner == 0) | (inner == 2), (inner == 0) | (inner == 1), inner >= 0]):
        rest = qm.Tasks(tasks.support[keep], tasks.query[keep])
        np.testing.assert_allclose(starts.starts(maml)[row], maml.fixed_point(rest))
        np.testing.assert_allclose(starts.starts(None)[row], rest.mean_minimizer())


def test_without_optima_there_is_no_mean_of_them():
    tasks = qm.Tasks(qm.Quadratic(np.array([np.diag([1.0, 0.0])] * 3 + [np.diag([0.0, 1.0])] * 3), np.zeros((6, 2))))
    found = cross_validate(tasks, candidates=SMALL.candidates, folds=3)
    assert np.isnan(found.losses[MEAN_OF_OPTIMA]).all()
    assert found.chosen[MEAN_OF_OPTIMA] == [None] * 3


@pytest.mark.parametrize("seed", range(4))
def test_what_rounding_leaves_of_perfect_fits_is_no_difference(seed):
    groups = linear_regression(12, ([1.0, -2.0], np.zeros((2, 2))), np.eye(2), noise=0.0, log_scale=0.3, seed=seed)
    found = cross_validate(groups, ridge=0.0, candidates=SMALL.candidates)
    assert found.mean("MAML") == 0
    assert found.mean(BASELINE) == 0
    assert "worth nothing here" in does_it_pay(found)[0]


@pytest.mark.filterwarnings("error")
def test_40_data_sets_with_nothing_to_find_are_not_said_to_pay():
    """Coefficients independent of the inputs: the family of all comparisons may be wrong once in twenty."""
    better = 0
    for seed in range(40):
        groups = linear_regression(
            16, ([1.0, 2.0], np.eye(2)), np.eye(2), rows=(5, 5), noise=0.5, log_scale=0.4, seed=seed
        )
        words = does_it_pay(cross_validate(groups, candidates=SMALL.candidates, folds=4))
        better += "start pays" in words[0] or any("clearly better" in text for text in words if "other" in text)
    assert better <= 4


def test_candidates_that_are_no_function_are_refused():
    with pytest.raises(qm.InputError, match="candidates: got 3"):
        cross_validate(random_tasks(4, [1.0]), candidates=3)
