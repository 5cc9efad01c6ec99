"""Pictures of an evaluation: what is drawn is what was computed."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import plots
from quadmaml.comparison import compare
from quadmaml.datasets import random_tasks


def test_differences_are_drawn_with_their_intervals():
    rng = np.random.default_rng(0)
    base = rng.uniform(1, 2, 20)
    found = {
        "better": compare(base - 0.5 + rng.normal(0, 0.1, 20), base),
        "same": compare(base + rng.normal(0, 1, 20), base),
    }
    ax = plots.paired_differences(found, scale=base.mean())
    lines = [line.get_xdata() for line in ax.lines]
    for row, each in enumerate(found.values()):
        np.testing.assert_allclose(lines[2 * row], 100 * np.array([each.low, each.high]) / base.mean())
        np.testing.assert_allclose(lines[2 * row + 1], 100 * each.mean / base.mean())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["better", "same"]
    assert ax.lines[1].get_marker() == "o"
    assert ax.lines[3].get_marker() == "D"
    ET.fromstring(plots.to_svg(ax.figure))


def test_weights_are_those_of_the_algorithms_and_strokes_those_of_the_tasks():
    tasks, maml = random_tasks(6, [1.0, 4.0]), qm.MAML(qm.GradientDescent(0.1, 3))
    ax = plots.weights_on_tasks(tasks, {"joint": qm.Joint(), "MAML": maml})
    a, drawn = ax.lines[1].get_data()
    np.testing.assert_allclose(drawn, maml.weight(a) / maml.weight(a).max())
    np.testing.assert_allclose(ax.lines[2].get_xdata(), np.sort(np.linalg.eigvalsh(tasks.support.hessian).ravel()))
    many = plots.weights_on_tasks(random_tasks(1000, [1.0, 4.0]), {"joint": qm.Joint()})
    assert len(many.lines[1].get_xdata()) == 400


def test_paths_are_fixed_points_for_growing_k():
    tasks = random_tasks(4, [0.5, 1.0, 2.0])
    ax = plots.start_paths(tasks, {"MAML": lambda k: qm.MAML(qm.GradientDescent(0.2, k))}, 9, ["a", "b", "c"], marked=5)
    i, j = "abc".index(ax.get_xlabel()), "abc".index(ax.get_ylabel())
    expected = [qm.MAML(qm.GradientDescent(0.2, k)).fixed_point(tasks)[[i, j]] for k in range(1, 10)]
    np.testing.assert_allclose(ax.lines[0].get_xydata(), expected)
    np.testing.assert_allclose(ax.lines[1].get_xydata()[0], expected[4])
    np.testing.assert_allclose(ax.lines[2].get_xydata()[0], tasks.mean_minimizer()[[i, j]])


def test_steps_without_a_fixed_point_are_left_out():
    eye = np.tile(np.eye(2), (3, 1, 1))
    tasks = qm.Tasks.from_minimizers(eye, np.arange(6.0).reshape(3, 2))
    ax = plots.start_paths(
        tasks,
        {
            "MAML": lambda k: qm.MAML(qm.GradientDescent(1.0, k)),
            "Reptile": lambda k: qm.Reptile(qm.GradientDescent(0.5, k)),
        },
        3,
        ["a", "b"],
    )
    assert "MAML" not in [line.get_label() for line in ax.lines]


def test_wrong_arguments_are_refused():
    tasks = random_tasks(3, [1.0, 2.0])
    with pytest.raises(qm.InputError, match="comparisons: is empty"):
        plots.paired_differences({})
    with pytest.raises(qm.InputError, match="algorithms: is empty"):
        plots.weights_on_tasks(tasks, {})
    with pytest.raises(qm.InputError, match="labels"):
        plots.start_paths(tasks, {}, 3, ["a"])
    with pytest.raises(qm.InputError, match="steps"):
        plots.start_paths(tasks, {}, 0, ["a", "b"])
