"""Where a claim holds in the plane of two hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...regions import FAILS, HOLDS, UNDECIDED, margin_of_first_order, margin_over_midpoint, margins
from ..arguments import check_some
from ..paper import Panel, PaperFigure
from ..style import Axes, drawn
from ..table import Table
from .examples import LR, many_tasks, two_tasks

__all__ = ["REGIONS", "region_map", "region_table"]

HELD, FAILED = "#CFE6F5", "#F3C9A9"


def region_table(margin: Callable[[Any, Any], Any], x: Sequence[float], y: Sequence[float]) -> Table:
    """The margin of a claim at each pair of two hyperparameters; the claim holds where it is at least 0.

    Columns: x, y, margin, holds (1 or 0; -1 and no margin where there is no fixed point to speak of).
    """
    found = margins(margin, x, y).ravel()
    holds = np.where(np.isnan(found), UNDECIDED, np.where(found >= 0, HOLDS, FAILS))
    return Table({"x": np.tile(x, len(y)), "y": np.repeat(y, len(x)), "margin": found, "holds": holds})


def region_map(
    margin: Callable[[Any, Any], Any],
    x: Sequence[float],
    y: Sequence[float],
    labels: tuple[str, str] = ("first", "second"),
    ax: Axes = None,
) -> Axes:
    """Draw where a claim holds in the plane of two hyperparameters, and the line where it is an equality.

    Parameters
    ----------
    margin : callable
        ``margin(x, y)`` is at least 0 where the claim holds. Where it raises SingularError, the map stays white.
    x, y : sequences of float
        The values of the hyperparameters, at least two of each, ascending or descending.
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
    table = region_table(margin, check_some("x", x, 2), check_some("y", y, 2))
    return drawn(lambda table, ax: _draw_region(table, ax, labels), table, ax)


def _draw_region(table: Table, ax: Axes, labels: tuple[str, str]) -> None:
    x, y = (np.array(list(dict.fromkeys(table[name].tolist()))) for name in "xy")
    margin = np.ma.masked_invalid(table["margin"].reshape(len(y), len(x)))
    decided = margin.compressed()
    # Colour and hatching both tell where it fails, also in print without colour.
    bounds = [decided.min(initial=0.0) - 1, 0.0, decided.max(initial=0.0) + 1]
    ax.contourf(x, y, margin, levels=bounds, colors=[FAILED, HELD], hatches=["////", None])
    if bounds[0] < -1 < 1 < bounds[2]:
        ax.contour(x, y, margin, levels=[0.0], colors="black", linewidths=1.0)
    looks = {"holds": (HELD, None), "fails": (FAILED, "////"), "undecided": ("white", None)}
    for name in list(looks)[: 2 + (len(decided) < margin.size)]:
        color, hatch = looks[name]
        ax.fill_between([], [], facecolor=color, hatch=hatch, edgecolor="black", linewidth=0.4, label=name)
    ax.set(xlabel=labels[0], ylabel=labels[1])
    for axis, values in ((ax.xaxis, x), (ax.yaxis, y)):
        axis.get_major_locator().set_params(integer=bool((values == values.round()).all()))


def _regions_data() -> Table:
    two, many = two_tasks(), many_tasks()
    any_steps = region_table(
        lambda trained, steps: margin_over_midpoint(two, LR, trained, steps), range(1, 13), range(25)
    )
    close = region_table(
        lambda lr, steps: margin_of_first_order(many, lr, steps), np.linspace(0.01, 0.24, 24).tolist(), range(1, 13)
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
    " for. Computed for whole numbers of steps, and drawn smoothly between them.",
    illustrates="Ledger G14 (any other number of steps); ledger F9 (FOMAML's loss is close to MAML's).",
    data=_regions_data,
    panels=(
        _panel("any steps", ("steps trained for, $K$", "steps taken, $k$")),
        _panel("close", (r"inner step size $\alpha$", "inner steps $K$")),
    ),
    aspect=0.8,
)
