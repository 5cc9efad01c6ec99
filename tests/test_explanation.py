"""Why a start lies where it lies: an identity, a planted correlation of known size, and nothing where nothing is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given

import quadmaml as qm
from quadmaml import strategies
from quadmaml.datasets import grunfeld, linear_regression, random_tasks, regression_groups, sinusoids
from quadmaml.explanation import explain
from quadmaml.verdict import apart, because

GD = qm.GradientDescent(0.1, 3)
TABLE = [qm.Joint(), qm.MAML(GD), qm.FOMAML(GD), qm.IMAML(2.0), qm.Reptile(GD), qm.MoreauEnvelope(0.5)]


def regression():
    return regression_groups(grunfeld(), "firm", "invest", ["value", "capital"]).tasks(1e-3)


@pytest.mark.parametrize("algorithm", TABLE, ids=lambda each: type(each).__name__)
@pytest.mark.parametrize("tasks", [regression(), random_tasks(9, [1.0, 3.0, 4.0])], ids=["split", "no split"])
def test_the_identity_holds_and_its_parts_add_up(algorithm, tasks):
    found = explain(algorithm, tasks)
    np.testing.assert_allclose(found.distance, found.start - found.mean_optimum, atol=1e-10)
    np.testing.assert_allclose(found.task_parts.sum(axis=0), found.distance, atol=1e-10)
    assert found.direction_shares.sum() == pytest.approx(1)
    assert found.task_shares.sum() == pytest.approx(1)
    assert (found.direction_shares >= 0).all()
    if tasks.query is tasks.support:
        assert not found.split.any()


def test_covariance_is_that_of_the_weight_and_the_optimum():
    tasks, maml = random_tasks(8, [1.0, 3.0]), qm.MAML(GD)
    values, vectors = np.linalg.eigh(tasks.support.hessian)
    W = vectors * maml.weight(values)[:, None, :] @ np.swapaxes(vectors, 1, 2)
    c = tasks.support.minimizer()
    expected = np.einsum("nij,nj->i", W - W.mean(axis=0), c - c.mean(axis=0)) / 8
    np.testing.assert_allclose(explain(maml, tasks).covariance, expected, atol=1e-12)


def test_the_part_of_the_split_is_what_support_and_query_differ_by():
    tasks = regression()
    found = explain(qm.Joint(), tasks)
    gap = tasks.query.minimizer() - tasks.support.minimizer()
    expected = np.einsum("nij,nj->i", tasks.query.hessian, gap) / len(tasks)
    np.testing.assert_allclose(found.split, expected, atol=1e-9)


@pytest.mark.parametrize("coupling", [-0.8, 0.0, 0.8])
def test_a_planted_correlation_is_found_with_its_size(coupling):
    """With curvature s^2 and log s coupled to the coefficient, joint training ends 2 coupling log_scale away."""
    groups = linear_regression(
        4000, ([1.0], [[1.0]]), [[1.0]], rows=(60, 60), noise=0.05, log_scale=0.4, coupling=coupling, seed=11
    )
    found = explain(qm.Joint(), groups.tasks())
    planted = 2 * coupling * 0.4
    assert abs(found.by_covariance[0] - planted) < 4 * found.standard_errors[0]
    assert found.standard_errors[0] < 0.05
    assert (found.p_value < 0.001) == (coupling != 0)
    assert abs(found.by_split[0]) < 0.01


def test_the_planted_size_is_in_the_right_direction_in_several_dimensions():
    C = np.array([[1.0, 0.5], [0.5, 1.0]])
    groups = linear_regression(4000, ([0.0, 2.0], C), np.eye(2), rows=(60, 60), log_scale=0.3, coupling=0.7, seed=5)
    values, vectors = np.linalg.eigh(C)
    root = vectors * np.sqrt(values) @ vectors.T
    planted = 2 * 0.7 * 0.3 * root @ np.ones(2) / np.sqrt(2)
    found = explain(qm.Joint(), groups.tasks())
    assert (np.abs(found.distance - planted) < 4 * found.standard_errors).all()


def test_standard_errors_are_those_over_tasks_drawn_anew():
    starts = []
    for seed in range(200):
        tasks = linear_regression(40, ([0.0], [[1.0]]), [[1.0]], rows=(20, 20), log_scale=0.3, seed=seed).tasks()
        found = explain(qm.Joint(), tasks)
        starts.append((found.distance[0], found.standard_errors[0]))
    distances, errors = np.array(starts).T
    assert errors.mean() == pytest.approx(distances.std(), rel=0.2)


def test_chance_is_called_chance_as_often_as_it_says():
    p = []
    for seed in range(300):
        rng = np.random.default_rng(seed)
        A = rng.lognormal(size=(80, 1, 1), sigma=0.4)
        p.append(explain(qm.Joint(), qm.Tasks.from_minimizers(A, rng.normal(size=(80, 1)))).p_value)
    assert 3 <= sum(each < 0.05 for each in p) <= 30


@pytest.mark.parametrize("algorithm", TABLE, ids=lambda each: type(each).__name__)
def test_where_a_theorem_applies_it_is_named_and_the_start_is_the_mean(algorithm):
    rng = np.random.default_rng(0)
    equal = qm.Tasks.from_minimizers(np.tile(np.diag([1.0, 4.0]), (6, 1, 1)), rng.normal(size=(6, 2)))
    found = explain(algorithm, equal)
    assert found.agreement.startswith("all curvatures are equal")
    np.testing.assert_allclose(found.distance, 0, atol=1e-12)
    assert not found.direction_shares.any()
    assert because(found, "MAML", ["x", "y"], list("abcdef"))[0].startswith("A theorem says why: all curvatures")
    same = qm.Tasks.from_minimizers(random_tasks(6, [1.0, 4.0]).support.hessian, np.ones((6, 2)))
    assert explain(algorithm, same).agreement.startswith("all optima are equal")
    assert explain(algorithm, random_tasks(6, [1.0, 4.0])).agreement == ""


def test_uncorrelated_curvature_does_not_make_maml_agree_though_it_does_joint_training():
    """Cov(A, c) = 0 is not the criterion: W may vary with c though A does not."""
    A = np.array([1.0, 2.0, 3.0])[:, None, None]
    tasks = qm.Tasks.from_minimizers(A, [[1.0], [-2.0], [1.0]])
    joint, maml = explain(qm.Joint(), tasks), explain(qm.MAML(qm.GradientDescent(0.3, 1)), tasks)
    assert joint.distance[0] == pytest.approx(0)
    assert abs(maml.distance[0]) > 0.1


def test_words_name_cause_direction_tasks_and_chance():
    tasks = sinusoids(200, "window", features=6).tasks(1e-3)
    found = explain(qm.MAML(qm.GradientDescent(0.3, 2)), tasks)
    names = [f"x{j}" for j in range(6)], [f"t{i}" for i in range(200)]
    words = " ".join(because(found, "MAML", *names))
    assert "Cov(W, c) moves it by" in words
    assert f"t{found.task_shares.argmax()} (" in words
    assert "more than chance" in words
    beside = apart(found, explain(qm.Joint(), tasks), "MAML", "Joint training")
    assert "the two starts are" in beside
    null = qm.Tasks.from_minimizers(np.array([1.0, 2, 3, 4, 5, 6, 7, 8])[:, None, None], [[1.0], [-1.0]] * 4)
    assert "Chance alone gives as much" in " ".join(because(explain(qm.Joint(), null), "x", ["a"], list("abcdefgh")))


@given(tasks=strategies.tasks(min_tasks=2))
def test_the_identity_holds_for_any_tasks(tasks):
    found = explain(qm.Joint(), tasks)
    scale = np.abs(found.mean_optimum).max() + np.abs(found.start).max() + 1
    np.testing.assert_allclose(found.distance / scale, (found.start - found.mean_optimum) / scale, atol=1e-6)


def test_bad_arguments_are_refused():
    flat = qm.Tasks(qm.Quadratic(np.array([np.diag([1.0, 0.0]), np.eye(2)]), np.zeros((2, 2))))
    with pytest.raises(qm.InputError, match="no single optimum"):
        explain(qm.Joint(), flat)
    with pytest.raises(qm.InputError):
        explain(qm.Joint(), [1])


def test_few_tasks_have_no_test():
    assert explain(qm.Joint(), random_tasks(3, [1.0, 2.0])).p_value is None
    one = explain(qm.Joint(), random_tasks(1, [1.0, 2.0]))
    assert one.standard_errors is None


def independent(seed, n=20, rows=(5, 5), d=2):
    return linear_regression(
        n, (np.ones(d), np.eye(d)), np.eye(d), rows=rows, noise=0.5, log_scale=0.5, seed=seed
    ).tasks(1e-3)


@pytest.mark.filterwarnings("ignore::quadmaml.IllConditionedWarning")
def test_chance_is_called_chance_where_few_tasks_have_most_of_the_weight():
    """After 100 steps only the flattest tasks count; errors that forget it call chance a finding in a fourth of all."""
    p, gaps = [], []
    for seed in range(100):
        tasks = independent(seed)
        lr = qm.analysis.largest_stable_lr(tasks.support) / 4
        found = explain(qm.MAML(qm.GradientDescent(lr, 100)), tasks)
        p.append(found.p_value)
        gaps.append(found.chance_of_gap(explain(qm.Joint(), tasks)))
    assert sum(each < 0.05 for each in p) <= 14
    assert sum(each < 0.05 for each in gaps) <= 14


def test_the_gap_of_two_starts_is_tested_too():
    tasks = linear_regression(
        400, ([1.0], [[1.0]]), [[1.0]], rows=(20, 20), log_scale=0.4, coupling=0.8, seed=1
    ).tasks()
    joint, moreau = explain(qm.Joint(), tasks), explain(qm.MoreauEnvelope(0.1), tasks)
    assert joint.chance_of_gap(moreau) < 0.001
    assert "apart, more than chance (p < 0.001)" in apart(moreau, joint, "Moreau", "Joint training")
    assert joint.chance_of_gap(joint) is None
    assert explain(qm.Joint(), random_tasks(1, [1.0])).chance_of_gap(explain(qm.Joint(), tasks)) is None


def test_standard_errors_are_those_of_leaving_each_task_out():
    tasks = qm.Tasks(random_tasks(6, [1.0, 3.0]).support, None, np.arange(1.0, 7.0))
    found, w = explain(qm.Joint(), tasks), tasks.weights
    rows = []
    for i in range(6):
        rest = np.arange(6) != i
        without = explain(qm.Joint(), qm.Tasks(tasks.support[rest], None, w[rest]))
        rows.append((1 - w[i]) * (found.distance - without.distance))
    np.testing.assert_allclose(found.standard_errors, np.sqrt(6 / 5 * (np.array(rows) ** 2).sum(axis=0)))


def test_optima_that_the_penalty_makes_are_no_finding():
    """With two rows for four coefficients the optimum is 0 where the curvature is: nothing follows about the tasks."""
    found = explain(qm.Joint(), independent(0, 30, (2, 5), 4))
    assert found.p_value < 0.05
    words = " ".join(because(found, "MAML", list("abcd"), [str(i) for i in range(30)], undetermined=30))
    assert "vary together by construction" in words
    assert "chance" not in words


def test_only_causes_that_are_there_are_named():
    rng = np.random.default_rng(0)
    A = np.tile(np.diag([1.0, 4.0]), (12, 1, 1))
    c = rng.normal(size=(12, 2))
    support, query = qm.Quadratic.from_minimizer(A, c), qm.Quadratic.from_minimizer(A, c + rng.normal(3, 1, (12, 2)))
    words = " ".join(because(explain(qm.Joint(), qm.Tasks(support, query)), "x", list("ab"), list("abcdefghijkl")))
    assert "support and query differ in kind" in words
    assert "vary together" not in words
