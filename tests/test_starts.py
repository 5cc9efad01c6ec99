"""One start for new tasks: solved, saved, loaded, adapted; and files that are no starts."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.datasets import Table, grunfeld, linear_regression, random_tasks, regression_groups
from quadmaml.starts import Start, predictions

GD = qm.GradientDescent(0.1, 4)
ALGORITHMS = [
    (qm.Joint(), GD),
    (qm.MAML(GD), None),
    (qm.FOMAML(qm.GradientDescent([0.1, 0.05])), None),
    (qm.TruncatedMAML(GD, 2), None),
    (qm.IMAML(0.7), None),
    (qm.IMAML(0.7, qm.ProximalGradientDescent(0.7, 0.1, 3)), None),
    (qm.Reptile(qm.HeavyBall(0.1, 0.5, 4)), None),
    (qm.MoreauEnvelope(0.5), None),
    (qm.MAML(qm.PreconditionedGradientDescent([0.1, 0.2, 0.1], 3)), None),
    (qm.MAML(qm.PartialGradientDescent([True, False, True], 0.1, 3)), None),
]


def groups():
    return regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])


def by_hand(start, X, y, new, lr=0.1, steps=4, ridge=1e-3):
    """Gradient steps on the standardised rows, in plain NumPy."""
    mean, scale = np.array([start.scales[name] for name in ("value", "capital")]).T
    m, s = start.scales["invest"]
    Z, Znew = (np.c_[np.ones(len(x)), (x - mean) / scale] for x in (X, new))
    z, theta = (y - m) / s, start.theta
    for _ in range(steps):
        theta = theta - lr * (Z.T @ (Z @ theta - z) / len(z) + ridge * theta)
    return m + s * Znew @ theta


@pytest.mark.parametrize("pair", ALGORITHMS, ids=lambda pair: repr(pair[0])[:40])
def test_a_start_comes_back_from_its_file_and_predicts_the_same(pair, tmp_path):
    start = qm.solve(groups(), *pair)
    start.save(tmp_path / "start.npz")
    again = Start.load(tmp_path / "start.npz")
    np.testing.assert_array_equal(again.theta, start.theta)
    assert (again.features, again.target, again.task, again.tasks) == (start.features, "invest", "firm", 11)
    X, y = np.array([[1000.0, 100.0], [3000.0, 300.0]]), np.array([100.0, 250.0])
    np.testing.assert_array_equal(qm.adapt(again, X, y).predictions, qm.adapt(start, X, y).predictions)


def test_the_start_is_the_fixed_point_and_adapting_is_taking_steps():
    start = qm.solve(groups(), qm.MAML(GD))
    np.testing.assert_array_equal(start.theta, qm.MAML(GD).fixed_point(groups().tasks(1e-3)))
    X, y, new = np.array([[900.0, 80.0], [2500.0, 200.0], [1500.0, 400.0]]), np.array([90.0, 300.0, 200.0]), np.eye(2)
    adapted = qm.adapt(start, X, y, new)
    np.testing.assert_allclose(adapted.predictions, by_hand(start, X, y, new))
    slopes = adapted.coefficients
    np.testing.assert_allclose(slopes[0] + new @ slopes[1:], adapted.predictions)


def test_twin_a_start_without_its_scales_is_caught():
    start = qm.solve(groups(), qm.MAML(GD))
    X, y = np.array([[900.0, 80.0], [2500.0, 200.0]]), np.array([90.0, 300.0])
    mean, scale = start.scales["value"]
    wrong = replace(start, scales={**start.scales, "value": (0.0, scale)})
    assert mean
    assert np.abs(qm.adapt(wrong, X, y).predictions - by_hand(start, X, y, X)).max() > 1


def test_tasks_without_columns_have_starts_too():
    tasks = random_tasks(5, [1.0, 2.0])
    start = qm.solve(tasks, qm.Reptile(GD))
    np.testing.assert_allclose(start.theta, qm.Reptile(GD).fixed_point(tasks))
    assert start.features == ("x1", "x2")
    assert qm.adapt(start, np.eye(2), np.ones(2)).coefficients.shape == (2,)
    rows = linear_regression(6, ([0.0], [[1.0]]), [[1.0]])
    assert not qm.solve(rows, qm.MAML(GD)).intercept


def test_rows_without_a_target_are_predicted_task_by_task():
    start = qm.solve(groups(), qm.MAML(GD))
    table = Table(
        {
            "value": ["900", "2500", "1000", "800"],
            "firm": ["a", "a", "b", "b"],
            "capital": ["80", "200", "90", "70"],
            "invest": ["90", "", "55", "40"],
        },
        range(2, 6),
    )
    out = predictions(start, table)
    found = out.numbers("predicted invest")
    first = by_hand(start, np.array([[900.0, 80.0]]), np.array([90.0]), np.array([[900.0, 80.0], [2500.0, 200.0]]))
    np.testing.assert_allclose(found[:2], first)
    rows = np.array([[1000.0, 90.0], [800.0, 70.0]])
    np.testing.assert_allclose(found[2:], by_hand(start, rows, np.array([55.0, 40.0]), rows))
    together = predictions(start, Table({k: v for k, v in table.columns.items() if k != "firm"}, table.lines))
    assert together.numbers("predicted invest")[0] != found[0]


def test_a_task_with_nothing_to_adapt_on_is_refused():
    start = qm.solve(groups(), qm.MAML(GD))
    table = {"firm": ["a", "b"], "value": ["1", "2"], "capital": ["1", "2"], "invest": ["1", ""]}
    with pytest.raises(qm.InputError, match="task 'b' has no row with 'invest' given"):
        predictions(start, Table(table, [2, 3]))
    with pytest.raises(qm.InputError, match="has a column 'predicted invest'"):
        predictions(start, Table({**table, "invest": ["1", "2"], "predicted invest": ["", ""]}, [2, 3]))


def test_a_step_beyond_the_bound_on_the_new_task_is_warned_of():
    start = qm.solve(groups(), qm.MAML(GD))
    with pytest.warns(qm.UnstableStepWarning, match="unstable"):
        qm.adapt(start, np.array([[1e5, 1e4]]), np.array([1.0]))


def test_bad_arguments_are_refused():
    start = qm.solve(groups(), qm.MAML(GD))
    with pytest.raises(qm.InputError, match="expected Tasks or RegressionGroups"):
        qm.solve([1], qm.Joint())
    with pytest.raises(qm.InputError, match="algorithm: got 'maml'"):
        qm.solve(groups(), "maml")
    with pytest.raises(qm.InputError, match="inner: got 5"):
        qm.solve(groups(), qm.Joint(), 5)
    with pytest.raises(qm.InputError, match="start: got list"):
        qm.adapt([0.0], [[1.0, 1.0]], [1.0])
    with pytest.raises(qm.InputError, match="X: has shape"):
        qm.adapt(start, [[1.0]], [1.0])
    with pytest.raises(qm.InputError, match="y: has shape"):
        qm.adapt(start, [[1.0, 2.0]], [1.0, 2.0])
    with pytest.raises(qm.InputError, match="X_new: has shape"):
        qm.adapt(start, [[1.0, 2.0]], [1.0], [[1.0]])


def spoiled(path, **changes):
    with np.load(path, allow_pickle=False) as file:
        metadata, theta = json.loads(str(file["metadata"])), file["theta"]
    theta = changes.pop("theta", theta)
    np.savez(path, metadata=np.array(json.dumps({**metadata, **changes})), theta=theta)


BAD_STARTS = {
    "other format": ({"format": "x"}, "holds no start"),
    "unknown algorithm": ({"algorithm": {"name": "Evil"}}, "holds the name 'Evil'"),
    "a function for an algorithm": ({"algorithm": {"name": "adapted_losses"}}, "holds the name 'adapted_losses'"),
    "algorithm of the wrong kind": ({"inner": {"name": "Joint"}}, "holds the name 'Joint'"),
    "wrong parameter": ({"inner": {"name": "GradientDescent", "lr": -1.0, "steps": 3}}, "lr: got -1.0"),
    "unknown parameter": ({"inner": {"name": "GradientDescent", "speed": 1.0}}, "garble"),
    "no dictionary": ({"inner": 3}, "garble"),
    "wrong shape": ({"theta": np.zeros(5)}, r"theta has shape \(5,\)"),
    "not finite": ({"theta": np.full(3, np.nan)}, "nan or infinite"),
    "text for numbers": ({"theta": np.array(["1", "2", "3"])}, "theta: has dtype"),
    "complex numbers": ({"theta": np.ones(3) * 1j}, "theta: has dtype complex128"),
    "infinite scale": ({"scales": {"value": [0.0, float("inf")]}}, "scale is no finite number"),
    "mean that is no number": ({"scales": {"value": [float("nan"), 1.0]}}, "mean not finite"),
    "names in one text": ({"features": "abc"}, "features: got 'abc'"),
    "a name twice": ({"features": ["intercept", "value", "value"]}, "expected a list of different names"),
    "nothing but an intercept": ({"features": ["intercept"], "theta": np.zeros(1)}, "features: got"),
    "the target among the features": ({"target": "value"}, "none of them the target's"),
    "of no tasks": ({"tasks": -3}, "tasks: got -3"),
    "negative ridge": ({"ridge": -1.0}, "ridge: got -1.0"),
    "negative scale": ({"scales": {"value": [0.0, -1.0]}}, "scale is no finite number"),
    "scales garbled": ({"scales": {"value": [0.0]}}, "garble"),
}


@pytest.mark.parametrize(("changes", "message"), BAD_STARTS.values(), ids=BAD_STARTS)
def test_a_spoiled_start_is_refused_in_one_line(changes, message, tmp_path):
    path = tmp_path / "start.npz"
    qm.solve(groups(), qm.MAML(GD)).save(path)
    spoiled(path, **changes)
    with pytest.raises(qm.InputError, match=message) as refusal:
        Start.load(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_pickled_objects_are_never_read(tmp_path):
    class Trap:
        def __reduce__(self):
            raise AssertionError("unpickled")

    path = tmp_path / "trap.npz"
    np.savez(path, theta=np.array([{"a": 1}], dtype=object), metadata=np.array("{}"))
    with pytest.raises(qm.InputError, match="pickled"):
        Start.load(path)


def test_saving_fails_without_touching_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "start.npz"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        qm.solve(groups(), qm.MAML(GD)).save(path)
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["start.npz"]


def test_many_tasks_are_predicted_in_one_pass_over_the_rows(monkeypatch):
    """Each name is compared with the others by its hash alone, not row by row for every task."""

    class Name(str):
        compared = 0
        __hash__ = str.__hash__

        def __eq__(self, other):
            Name.compared += 1
            return str.__eq__(self, other)

    start = qm.solve(groups(), qm.MAML(GD))
    n = 600
    columns = {"firm": [Name(i // 2) for i in range(n)], **{k: ["1"] * n for k in ("value", "capital", "invest")}}
    predictions(start, Table(columns, range(2, n + 2)))
    assert Name.compared <= 4 * n


def test_rows_of_no_task_and_numbers_out_of_all_proportion_are_refused_with_their_task():
    start = qm.solve(groups(), qm.MAML(GD))
    table = {"firm": ["a", ""], "value": ["1", "2"], "capital": ["1", "2"], "invest": ["1", "2"]}
    with pytest.raises(qm.InputError, match="line 3: column 'firm' is empty"):
        predictions(start, Table(table, [2, 3]))
    huge = {**table, "firm": ["a", "b"], "value": ["1", "1e200"]}
    with pytest.raises(qm.InputError, match="task 'b': X: its squares overflow"):
        predictions(start, Table(huge, [2, 3]))
    far = qm.solve(groups(), qm.MAML(qm.GradientDescent(0.1, 100)))
    with pytest.warns(qm.UnstableStepWarning), pytest.raises(qm.ConvergenceError, match="task 'b': "):
        predictions(far, Table({**huge, "value": ["1", "1e9"]}, [2, 3]))


def test_columns_are_found_by_name_wherever_they_stand():
    start = qm.solve(groups(), qm.MAML(GD))
    table = {"firm": ["a", "a"], "value": ["100", "300"], "capital": ["1", "2"], "invest": ["7", ""]}
    turned = {"other": ["x", "y"], **{name: table[name] for name in reversed(table)}}
    found = [predictions(start, Table(each, [2, 3])).numbers("predicted invest") for each in (table, turned)]
    np.testing.assert_array_equal(*found)
