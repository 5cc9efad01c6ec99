"""Pictures: what is drawn is what the library computes, nothing global is touched, the same bytes every time."""

from __future__ import annotations

import subprocess
import sys
import xml.etree.ElementTree as ET

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import quadmaml as qm
from quadmaml import plots

GD = qm.GradientDescent(0.2, 3)
TABLE = {"joint": qm.Joint(), "MAML": qm.MAML(GD), "Reptile": qm.Reptile(GD)}


def two_tasks():
    return qm.Tasks.from_minimizers([[[2.0, 0.3], [0.3, 0.5]], [[0.5, 0.0], [0.0, 1.0]]], [[0.0, 0.0], [2.0, 1.0]])


def drawn(ax, label):
    return next(np.column_stack(line.get_data()) for line in ax.lines if line.get_label() == label)


def test_the_plane_shows_fixed_points_adapted_points_and_both_outer_loops():
    tasks = two_tasks()
    ax = plots.plane(tasks, TABLE, "MAML", outer_steps=7)
    for name, algorithm in TABLE.items():
        np.testing.assert_allclose(drawn(ax, name)[0], algorithm.fixed_point(tasks))
    closed, walked = drawn(ax, "MAML, closed form"), drawn(ax, "MAML, simulated")
    assert closed.shape == (8, 2)
    np.testing.assert_allclose(closed, walked, atol=1e-12)
    points = np.array([line.get_xydata()[0] for line in ax.lines if len(line.get_xydata()) == 1])
    expected = [*tasks.support.minimizer(), tasks.mean_minimizer()]
    expected += list(qm.simulate.adapt(tasks.support, GD, TABLE["MAML"].fixed_point(tasks)))
    for point in expected:
        assert np.abs(points - point).max(axis=1).min() < 1e-12
    assert {"task 1", "task 2", "midpoint"} <= {text.get_text() for text in ax.texts}


def test_the_curve_shows_mean_query_losses():
    tasks = two_tasks()
    ax = plots.adaptation_curve(tasks, {"a": [1.0, 1.0], "b": [0.0, 0.0]}, lambda k: qm.GradientDescent(0.2, k), 4, 3)
    losses = [qm.adapted_losses(tasks, [1.0, 1.0], qm.GradientDescent(0.2, k)).mean() for k in range(5)]
    np.testing.assert_allclose(drawn(ax, "a")[:, 1], losses)
    assert ax.get_yscale() == "log"
    assert ax.texts[0].get_text() == "trained for 3"


def test_losses_that_are_not_positive_get_a_linear_axis():
    ax = plots.adaptation_curve(two_tasks()[0], {"optimum": [0.0, 0.0]}, lambda k: qm.GradientDescent(0.2, k), 2)
    assert ax.get_yscale() == "linear"


def test_colours_lines_and_markers_all_differ():
    styles = [plots.style_of(i) for i in range(9)]
    for part in zip(*styles, strict=True):
        assert len({str(each) for each in part}) >= len(styles) - (part[0] == "-")
    assert plots.style_of(9) == styles[0]


def test_axes_of_the_caller_are_used():
    ax = Figure().add_subplot()
    assert plots.plane(two_tasks(), TABLE, "joint", ax=ax) is ax
    ax = Figure().add_subplot()
    assert plots.adaptation_curve(two_tasks(), {"a": [1.0, 1.0]}, lambda k: GD, 1, ax=ax) is ax


def test_svg_is_the_same_every_time_and_well_formed():
    first, second = (plots.to_svg(plots.plane(two_tasks(), TABLE, "MAML").figure) for _ in range(2))
    assert first == second
    ET.fromstring(first)
    assert "<text" not in first
    assert "<metadata" not in first


def test_nothing_global_is_set_and_pyplot_stays_out():
    before = dict(matplotlib.rcParams)
    plots.to_svg(plots.plane(two_tasks(), TABLE, "MAML").figure)
    assert dict(matplotlib.rcParams) == before
    code = (
        "import sys, quadmaml as qm; from quadmaml import plots\n"
        "t = qm.Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])\n"
        "plots.to_svg(plots.adaptation_curve(t, {'a': [2.0]}, lambda k: qm.GradientDescent(0.5, k), 2).figure)\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_names_from_data_are_no_formulas_and_may_hold_any_letter():
    ax = plots.plane(two_tasks(), TABLE, "MAML", names=("$x^{2$ \\frac", "学" * 40))
    ET.fromstring(plots.to_svg(ax.figure))


@pytest.mark.parametrize("optima", [[[0.0, 0.0], [0.0, 0.0]], [[1e-9, 0.0], [0.0, 1e-9]], [[1e9, 0.0], [0.0, 1e9]]])
def test_optima_of_any_distance_are_drawn(optima):
    tasks = qm.Tasks.from_minimizers([[[2.0, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 1.0]]], optima)
    ET.fromstring(plots.to_svg(plots.plane(tasks, TABLE, "MAML").figure))


def test_a_fixed_point_far_away_is_named_and_one_that_does_not_exist_left_out():
    step = qm.GradientDescent(1.0, 1)
    eye = np.eye(2)
    # FOMAML's weights a (1 - a) are 0.25 and -0.24, which nearly cancel.
    nearly = qm.Tasks.from_minimizers([0.5 * eye, 1.2 * eye], [[0.0, 0.0], [2.0, 1.0]])
    labels = [line.get_label() for line in plots.plane(nearly, {"first order": qm.FOMAML(step)}, "first order").lines]
    assert "first order (outside)" in labels
    # One step solves both tasks from anywhere, so that no start is better than another.
    solved = qm.Tasks.from_minimizers([eye, eye], [[0.0, 0.0], [2.0, 1.0]])
    ax = plots.plane(solved, {"joint": qm.Joint(), "MAML": qm.MAML(step)}, "MAML")
    labels = [line.get_label() for line in ax.lines]
    assert "joint" in labels
    assert "MAML" not in labels


def test_wrong_arguments_are_refused():
    with pytest.raises(qm.InputError, match="two of dimension 2"):
        plots.plane(two_tasks()[0], TABLE, "MAML")
    with pytest.raises(qm.InputError, match="follow: got 'x'"):
        plots.plane(two_tasks(), TABLE, "x")
    with pytest.raises(qm.InputError, match="starts: is empty"):
        plots.adaptation_curve(two_tasks(), {}, lambda k: GD, 1)
