"""What two tasks can have at once: the Pareto fronts of their losses, with and without adaptation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ... import arrays
from ...adaptation import GradientDescent, NoAdaptation
from ...algorithms import Algorithm, adapted_losses
from ...arrays import Array
from ...inner_loop import InnerLoop
from ...pareto import pareto_front
from ...tasks import Tasks
from ..arguments import check_algorithms, check_named
from ..paper import PaperFigure
from ..style import Axes, drawn, log_axis, plain, style_of
from ..table import Table
from .examples import LR, STEPS, algorithms, two_tasks

__all__ = ["PARETO", "pareto_fronts", "pareto_table"]


def pareto_table(
    tasks: Tasks, loops: Mapping[str, InnerLoop], algorithms: Mapping[str, Algorithm], weights: Sequence[float]
) -> Table:
    """The Pareto front of the losses of two tasks after each inner loop, and where algorithms end.

    Columns: kind ("front" or "algorithm"), loop, name, weight (of the second task), loss_1, loss_2 (each after the
    loop, above its least).
    """
    fronts = {name: pareto_front(tasks, weights, loop) for name, loop in check_named("loops", loops).items()}
    least = _floats(tasks.query.minimum())
    parts = []
    for name, front in fronts.items():
        losses = _floats(front.losses) - least
        own = {"weight": front.weights, "loss_1": losses[:, 0], "loss_2": losses[:, 1]}
        parts.append(Table({"kind": "front", "loop": name, "name": "", **own}))
    for name, algorithm in check_algorithms(algorithms).items():
        theta = algorithm.fixed_point(tasks)
        for loop_name, loop in loops.items():
            first, second = _floats(adapted_losses(tasks, theta, loop)) - least
            ends = {"kind": "algorithm", "loop": loop_name, "name": name}
            parts.append(Table({**ends, "loss_1": [first], "loss_2": [second]}))
    return Table.stack(parts)


def _floats(x: Array) -> Array:
    return arrays.to_numpy(arrays.as_float(x))


def pareto_fronts(
    tasks: Tasks,
    loops: Mapping[str, InnerLoop],
    algorithms: Mapping[str, Algorithm],
    weights: Sequence[float],
    ax: Axes = None,
) -> Axes:
    """Draw the Pareto front of the losses of two tasks after each inner loop, and where algorithms end.

    Parameters
    ----------
    tasks : Tasks
        Two tasks.
    loops : mapping of str to InnerLoop
        By the name in the legend; ``NoAdaptation()`` gives the front without adaptation.
    algorithms : mapping of str to Algorithm
        Whose fixed points are marked, seen after each loop.
    weights : sequence of float
        Weights of the second task, ascending in [0, 1]: points of the fronts.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> ax = pareto_fronts(tasks, {"no adaptation": NoAdaptation()}, {}, [0.25, 0.5, 0.75])
    >>> ax.get_legend_handles_labels()[1]
    ['no adaptation']
    """
    return drawn(_draw_pareto, pareto_table(tasks, loops, algorithms, weights), ax)


def _draw_pareto(table: Table, ax: Axes) -> None:
    for i, (name, rows) in enumerate(table.where(kind="front").split("loop")):
        look = {"color": "#7F7F7F", "linestyle": ("-", "--", "-.", ":")[i % 4], "zorder": 2}
        ax.plot(rows["loss_1"], rows["loss_2"], label=name, **look)
    for i, (name, rows) in enumerate(table.where(kind="algorithm").split("name")):
        style = style_of(i)
        mark: dict[str, Any] = {
            "color": style.color,
            "markersize": 6,
            "markeredgecolor": "white",
            "markeredgewidth": 0.5,
        }
        ax.plot(rows["loss_1"], rows["loss_2"], style.marker, linestyle="none", label=plain(name), zorder=4, **mark)
    log_axis(ax.xaxis)
    log_axis(ax.yaxis)
    ax.set(xlabel="loss of task 1", ylabel="loss of task 2")


def _loops() -> dict[str, InnerLoop]:
    return {"no adaptation": NoAdaptation(), **{f"$K = {k}$": GradientDescent(LR, k) for k in (1, STEPS)}}


def _weights() -> list[float]:
    """Weights of the second task, dense at both ends, where the front turns."""
    return [float(w) for w in 1 / (1 + np.geomspace(30.0, 1 / 30.0, 61))]


PARETO = PaperFigure(
    name="pareto",
    title="Pareto fronts of two tasks",
    caption="The losses that two tasks in the plane can have at once, without adaptation and after $K$ steps of"
    f" gradient descent of size $\\alpha = {LR}$; below and to the left of its curve no start reaches. Markers: the"
    f" fixed points of the algorithms, trained for $K = {STEPS}$ steps, seen after as many steps as each curve. Joint"
    " training is on the curve without adaptation, MAML on that of the steps it was trained for.",
    illustrates="The mathematics, 'Two objects' and 'Curvature weights'; ledger G13 and the closing remark"
    " on Pareto optimality.",
    data=lambda: pareto_table(two_tasks(), _loops(), algorithms(), _weights()),
    panels=(_draw_pareto,),
    aspect=0.8,
)
