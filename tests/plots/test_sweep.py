"""Pictures of a sweep: each curve and cell is a value of the sweep, at its own coordinates."""

from __future__ import annotations

import io
from fractions import Fraction

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure

import quadmaml as qm
from quadmaml import plots
from quadmaml.datasets import random_tasks
from quadmaml.plots.sweep import curves_table, map_table
from quadmaml.sweeps import Sweep

TASKS = random_tasks(3, [0.5, 1.0, 4.0], seed=1)
LRS = [0.3, 0.1, 0.2]  # in no order
KINDS = [qm.Joint, qm.MAML, qm.Reptile]


def swept():
    """Reptile on no steps has no fixed point."""
    return qm.sweep(TASKS, KINDS, lr=LRS, steps=[0, 1, 2], quantities=["mean_loss", "condition", "losses", "rate"])


def drawn(ax):
    return {line.get_label(): line.get_xydata() for line in ax.lines}


def test_each_curve_is_what_the_sweep_and_the_single_call_say():
    found = swept()
    ax = found.plot("mean_loss", against="lr")
    curves = drawn(ax)
    assert list(curves)[:2] == ["Joint", "MAML, $K = 0$"]
    part = found.select(algorithm="MAML", steps=2)
    np.testing.assert_array_equal(curves["MAML, $K = 2$"], np.column_stack([LRS, part["mean_loss"]]))
    maml = qm.MAML(qm.GradientDescent(0.1, 2))
    loss = TASKS.weights @ qm.adapted_losses(TASKS, maml.fixed_point(TASKS), maml.loop)
    assert curves["MAML, $K = 2$"][1, 1] == pytest.approx(loss, rel=1e-12)
    assert np.isnan(curves["Reptile, $K = 0$"][:, 1]).all()
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"inner step size $\alpha$", "mean loss")


def test_twin_a_curve_of_another_setting_is_caught():
    found, curves = swept(), drawn(swept().plot("mean_loss", against="lr"))
    other = found.select(algorithm="MAML", steps=1)["mean_loss"]
    assert np.abs(curves["MAML, $K = 2$"][:, 1] - other).max() > 1e-3


def test_hyperparameters_that_change_nothing_make_no_curves():
    found = swept()
    assert list(drawn(found.plot("condition", against="lr"))) == [
        "Joint",
        *(f"{name}, $K = {k}$" for name in ("MAML", "Reptile") for k in range(3)),
    ]
    alone = found.select(algorithm="MAML", steps=1)
    assert list(curves_table(alone, "condition", "lr")["curve"]) == [""] * 3
    assert found.select(steps=1).plot("condition").get_xlabel() == plots.sweep.AXES["lr"]


def test_entries_of_a_vector_are_curves():
    found = swept().select(algorithm="MAML", steps=2)
    curves = drawn(found.plot("losses"))
    assert list(curves) == ["task 0", "task 1", "task 2"]
    np.testing.assert_array_equal(curves["task 1"][:, 1], found["losses"][:, 1])


def test_other_hyperparameters_have_their_names():
    found = qm.sweep(TASKS, qm.MAML, lr=[0.1], steps=[1, 2, 3], momentum=[0.0, 0.5], inner=qm.HeavyBall)
    curves = drawn(plots.sweep_curves(found.select(lr=0.1), "fixed_point", "steps"))
    assert next(iter(curves)) == "MAML, momentum 0, coordinate 0"
    assert len(curves) == 6


def test_a_map_has_each_value_in_the_cell_around_its_coordinates():
    found = swept().select(algorithm="MAML")
    ax = found.plot_map("rate", x="lr", y="steps")
    (shades,) = ax.collections
    corners = shades.get_coordinates()
    values = shades.get_array()
    assert values.shape == (3, 3)
    for a, lr in enumerate(LRS):
        for b, steps in enumerate((0, 1, 2)):
            row = int(np.searchsorted(corners[:, 0, 1], steps)) - 1
            column = int(np.searchsorted(corners[0, :, 0], lr)) - 1
            assert values[row, column] == found["rate"][a, b]
    assert (ax.get_xlabel(), ax.get_ylabel()) == (r"inner step size $\alpha$", "inner steps $K$")
    turned = found.plot_map("rate", x="steps", y="lr").collections[0].get_array()
    np.testing.assert_array_equal(turned, values.T)


def test_cells_without_a_value_are_white_and_scales_of_any_range_are_drawn():
    found = swept()
    shades = found.select(algorithm="Reptile").plot_map("rate", "lr", "steps").collections[0]
    assert np.ma.getmaskarray(shades.get_array())[0].all()
    nothing = Sweep(found.axes, {"rate": np.full(found.shape, np.nan)}, {"rate": ()}, found.status)
    ax = nothing.select(algorithm="MAML").plot_map("rate", "lr", "steps")
    ax.figure.savefig(io.BytesIO(), format="png", dpi=40)
    nothing.plot("rate", "lr").figure.savefig(io.BytesIO(), format="png", dpi=40)


def test_wide_axes_are_logarithmic_with_cells_around_their_coordinates():
    lrs = [1e-4, 1e-3, 1e-2, 1e-1]
    found = qm.sweep(TASKS, qm.FOMAML, lr=lrs, steps=[1, 2], quantities="bias")
    ax = found.plot_map("bias", "lr", "steps")
    edges = ax.collections[0].get_coordinates()[0, :, 0]
    np.testing.assert_allclose(edges, 10.0 ** np.arange(-4.5, 0))
    assert ax.get_xscale() == "log"
    assert found.plot("bias", "lr").get_yscale() == "log"


def test_exact_numbers_are_drawn():
    array = np.vectorize(Fraction, otypes=[object])
    tasks = qm.Tasks.from_minimizers(array([[[1]], [[3]]]), array([[0], [4]]))
    found = qm.sweep(tasks, [qm.MAML, qm.Reptile], lr=[Fraction(1, 7), Fraction(1, 3)], steps=[0, 2])
    curves = drawn(found.plot("fixed_point", "lr"))
    assert curves["MAML, $K = 2$"][0, 1] == float(found["fixed_point"][0, 0, 1, 0])
    table = map_table(found.select(algorithm="Reptile"), "fixed_point", "lr", "steps")
    assert np.isnan(table["value"][:2]).all()


def test_axes_of_the_caller_are_used_and_nothing_global_is_set():
    before, ax, other = dict(matplotlib.rcParams), Figure().add_subplot(), Figure().add_subplot()
    assert swept().plot("rate", "lr", ax=ax) is ax
    assert swept().select(algorithm="MAML").plot_map("rate", "lr", "steps", ax=other) is other
    assert ax.get_legend() is not None
    assert dict(matplotlib.rcParams) == before


MANY = {"lr": LRS, "steps": range(8)}


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda found: found.plot("size"), "name: got 'size'"),
        (lambda found: found.plot("rate", against="algorithm"), "against: got 'algorithm'; expected one of lr, steps"),
        (lambda found: found.plot("rate", against="lr", ax=3), "ax: got 3"),
        (lambda found: found.plot("losses"), "losses makes 21 curves; expected at most 9: take a part with select"),
        (lambda found: found.select(lr=0.1, steps=1).plot("rate"), "no hyperparameter to draw against"),
        (lambda found: found.plot_map("rate", "lr", "steps"), "several coordinates of algorithm; expected one"),
        (lambda found: found.select(algorithm="MAML").plot_map("losses", "lr", "steps"), "several coordinates of task"),
        (lambda found: found.plot_map("rate", "lr", "momentum"), "y: got 'momentum'"),
        (lambda found: found.plot_map("rate", "lr", "lr"), "y: got 'lr', which is x"),
        (lambda found: found.select(lr=0.1).plot_map("rate", "lr", "steps"), "x: got 'lr'"),
        (lambda found: plots.sweep_curves({}, "rate"), "sweep: got dict"),
        (lambda found: plots.sweep_map(3, "rate", "lr", "steps"), "sweep: got int"),
    ],
)
def test_bad_input_is_refused_in_one_line(call, words):
    with pytest.raises(qm.InputError, match=words) as caught:
        call(swept())
    assert "\n" not in str(caught.value)
