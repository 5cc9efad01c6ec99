"""Where a claim holds in the plane of two hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ...adaptation import GradientDescent
from ...algorithms import FOMAML, MAML, adapted_losses
from ...arrays import Array
from ...tasks import Tasks
from ..paper import Panel, PaperFigure
from ..style import Axes, drawn
from ..table import Table
from .examples import LR, many_tasks, two_tasks

__all__ = ["REGIONS", "region_map", "region_table"]

HOLDS, FAILS = "#CFE6F5", "#F3C9A9"


def region_table(margin: Callable[[float, float], float], x: Sequence[float], y: Sequence[float]) -> Table:
    """The margin of a claim at each pair of two hyperparameters; the claim holds where it is at least 0.

    Columns: x, y, margin, holds (1 or 0).
    """
    rows = [(a, b, float(margin(a, b))) for b in y for a in x]
    columns = dict(zip(("x", "y", "margin"), np.array(rows).T, strict=True))
    return Table({**columns, "holds": (columns["margin"] >= 0).astype(int)})


def region_map(
    margin: Callable[[float, float], float],
    x: Sequence[float],
    y: Sequence[float],
    labels: tuple[str, str] = ("first", "second"),
    ax: Axes = None,
) -> Axes:
    """Draw where a claim holds in the plane of two hyperparameters, and the line where it is an equality.

    Parameters
    ----------
    margin : callable
        ``margin(x, y)`` is at least 0 where the claim holds.
    x, y : sequences of float
        The values of the hyperparameters, evenly spaced.
    labels : pair of str
        Their names.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> ax = region_map(lambda lr, curvature: 2 - lr * curvature, [0.5, 1.0, 1.5], [1.0, 2.0, 3.0])
    >>> ax.get_legend_handles_labels()[1]
    ['holds', 'fails']
    """
    return drawn(lambda table, ax: _draw_region(table, ax, labels), region_table(margin, x, y), ax)


def _draw_region(table: Table, ax: Axes, labels: tuple[str, str]) -> None:
    x, y = (np.unique(table[name]) for name in "xy")
    margin = table["margin"].reshape(len(y), len(x))
    # Colour and hatching both tell where it fails, also in print without colour.
    bounds = [min(margin.min(), 0.0) - 1, 0.0, max(margin.max(), 0.0) + 1]
    ax.contourf(x, y, margin, levels=bounds, colors=[FAILS, HOLDS], hatches=["////", None])
    if bounds[0] < -1 < 1 < bounds[2]:
        ax.contour(x, y, margin, levels=[0.0], colors="black", linewidths=1.0)
    for name, color, hatch in (("holds", HOLDS, None), ("fails", FAILS, "////")):
        ax.fill_between([], [], color=color, hatch=hatch, edgecolor="black", linewidth=0.4, label=name)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    for axis, values in ((ax.xaxis, x), (ax.yaxis, y)):
        axis.get_major_locator().set_params(integer=bool((values == values.round()).all()))


def any_steps_margin(tasks: Tasks, lr: float, trained: int, steps: int) -> float:
    """By what share of it the mean loss from MAML's fixed point is below the midpoint's, after ``steps`` steps."""
    loop = GradientDescent(lr, steps)
    losses = [tasks.weights @ adapted_losses(tasks, theta, loop) for theta in (_maml(tasks, lr, trained), _mean(tasks))]
    return float(1 - losses[0] / losses[1])


def close_margin(tasks: Tasks, lr: float, steps: int, within: float = 0.1) -> float:
    """By what share FOMAML's mean loss, over MAML's, is below ``1 + within``."""
    loop = GradientDescent(lr, steps)
    starts = [FOMAML(loop).fixed_point(tasks), _maml(tasks, lr, steps)]
    losses = [tasks.weights @ adapted_losses(tasks, theta, loop) for theta in starts]
    return float(1 + within - losses[0] / losses[1])


def _maml(tasks: Tasks, lr: float, steps: int) -> Array:
    return MAML(GradientDescent(lr, steps)).fixed_point(tasks)


def _mean(tasks: Tasks) -> Array:
    return tasks.mean_minimizer()


def _regions_data() -> Table:
    two, many = two_tasks(), many_tasks()
    any_steps = region_table(
        lambda trained, steps: any_steps_margin(two, LR, int(trained), int(steps)), range(1, 13), range(25)
    )
    close = region_table(
        lambda lr, steps: close_margin(many, lr, int(steps)), np.linspace(0.01, 0.24, 24).tolist(), range(1, 13)
    )
    parts = {"any steps": any_steps, "close": close}
    return Table.stack(Table({"claim": claim, **table.columns}) for claim, table in parts.items())


def _panel(claim: str, labels: tuple[str, str]) -> Panel:
    return lambda table, ax: _draw_region(table.where(claim=claim), ax, labels)


REGIONS = PaperFigure(
    name="regions",
    title="Where two claims hold",
    caption="Where a claim holds (plain) and fails (hatched): (a) that after $k$ steps of fine-tuning the mean loss"
    " from MAML's fixed point, trained for $K$ steps, is at most that from the midpoint, on two tasks in the plane with"
    f" $\\alpha = {LR}$; for $k = K$ it always is; (b) that the mean loss from FOMAML's fixed point is within 10\\% of"
    " that from MAML's, on five tasks in six dimensions, after the $K$ steps of size $\\alpha$ that both were trained"
    " for.",
    illustrates="Golmant (2018), claim G14 (any other number of steps); claim F9 (FOMAML's loss is close to MAML's).",
    data=_regions_data,
    panels=(
        _panel("any steps", ("steps trained for, $K$", "steps taken, $k$")),
        _panel("close", (r"inner step size $\alpha$", "inner steps $K$")),
    ),
    aspect=0.8,
)
