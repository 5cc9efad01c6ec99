"""Where algorithms end as a hyperparameter runs from joint training to its limit."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ... import arrays
from ...adaptation import GradientDescent
from ...algorithms import FOMAML, IMAML, MAML, Algorithm, Joint, MoreauEnvelope, Reptile
from ...arrays import Array
from ...errors import InputError
from ...meta_algorithm import check_tasks
from ...paths import fixed_point_path
from ...tasks import Tasks
from ..arguments import check_named
from ..contours import View, contour_table, draw_contours
from ..paper import Panel, PaperFigure
from ..plane import TASK_COLORS
from ..style import Axes, drawn, plain, style_of
from ..table import Table
from .examples import LR, STEPS, two_tasks

__all__ = ["PATHS", "fixed_point_paths", "paths_table"]

Runs = Mapping[str, tuple[Callable[[float], Algorithm], Sequence[float]]]


def paths_table(tasks: Tasks, runs: Runs) -> Table:
    """The fixed point of algorithms as one number runs, and what to see it against.

    Columns: kind, name, value, x, y, level, line. Rows of kind "path" (name: of the algorithm; value: of the number),
    "joint" (where joint training ends), "optimum" and "midpoint", and "contour" of both losses through three points of
    the line between the optima.
    """
    if check_tasks(tasks).dim != 2 or len(tasks) != 2:
        raise InputError(f"tasks: got {len(tasks)} tasks of dimension {tasks.dim}; expected two of dimension 2")
    parts = []
    for name, run in check_named("runs", runs).items():
        if not isinstance(run, (tuple, list)) or len(run) != 2:
            raise InputError(f"runs: got {run!r} for {name}; expected a pair of a function and its values")
        path = fixed_point_path(tasks, *run)
        parts.append(_points("path", name, path.points, value=path.values))
    optima = _floats(tasks.support.minimizer())
    parts.append(_points("joint", "joint", [_floats(Joint().fixed_point(tasks))]))
    parts += [_points("optimum", f"task {i + 1}", [c]) for i, c in enumerate(optima)]
    parts.append(_points("midpoint", "midpoint", [optima.mean(axis=0)]))
    view = _view(np.concatenate([np.column_stack([each["x"], each["y"]]) for each in parts]))
    return Table.stack([*parts, *(_contours(tasks, i, optima, view) for i in range(2))])


def _floats(x: Array) -> Array:
    return arrays.to_numpy(arrays.as_float(x))


def _points(kind: str, name: str, points: Any, **more: Sequence[float]) -> Table:
    x, y = np.asarray(points, dtype=float).T
    return Table({"kind": kind, "name": name, **more, "x": x, "y": y})


def _view(points: Array) -> View:
    low, high = points.min(axis=0), points.max(axis=0)
    centre, half = (low + high) / 2, 0.58 * float((high - low).max())
    return (centre[0] - half, centre[0] + half), (centre[1] - half, centre[1] + half)


def _contours(tasks: Tasks, i: int, optima: Array, view: View) -> Table:
    f = tasks.support[i]
    levels = [float(f(optima[i] + t * (optima[1 - i] - optima[i]))) for t in (0.25, 0.5, 0.75)]
    return Table({"kind": "contour", "name": f"task {i + 1}", **contour_table(f, view, levels).columns})


def fixed_point_paths(tasks: Tasks, runs: Runs, ax: Axes = None) -> Axes:
    """Draw the path of each algorithm's fixed point in the plane, from joint training to its limit.

    Parameters
    ----------
    tasks : Tasks
        Two tasks of dimension 2.
    runs : mapping of str to (callable, sequence of numbers)
        By the name in the legend: ``algorithm_of(value)`` and the values, from those near joint training on.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> A = [[[2.0, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 1.0]]]
    >>> tasks = Tasks.from_minimizers(A, [[0.0, 0.0], [2.0, 1.0]])
    >>> ax = fixed_point_paths(tasks, {"iMAML": (IMAML, [100.0, 1.0, 0.01])})
    >>> ax.get_legend_handles_labels()[1]
    ['iMAML', 'joint', 'midpoint']
    """
    return drawn(_draw_paths, paths_table(tasks, runs), ax)


def _draw_paths(table: Table, ax: Axes) -> None:
    for i, name in enumerate(("task 1", "task 2")):
        draw_contours(table.where(kind="contour", name=name), ax, color=TASK_COLORS[i], linewidth=0.7, alpha=0.8)
        at = table.where(kind="optimum", name=name)
        ax.plot(at["x"], at["y"], "*", color=TASK_COLORS[i], markeredgecolor="black", markersize=10, zorder=5)
    for (_, rows), place in zip(table.where(kind="path").split("name"), _places(table), strict=True):
        style, name = style_of(place), plain(str(rows["name"][0]))
        ax.plot(rows["x"], rows["y"], color=style.color, linestyle=style.line, zorder=4)
        ax.plot(rows["x"][-1:], rows["y"][-1:], style.marker, color=style.color, markersize=6, zorder=6)
        ax.plot([], [], color=style.color, linestyle=style.line, marker=style.marker, label=name)
    for kind, marker in (("joint", "o"), ("midpoint", "+")):
        at = table.where(kind=kind)
        look = {"color": "black", "markersize": 8 if marker == "+" else 5, "linestyle": "none", "zorder": 6}
        ax.plot(at["x"], at["y"], marker, label=kind, **look)
    inside = table.where(kind="contour")
    ax.set(xlabel="first coordinate", ylabel="second coordinate", aspect="equal")
    ax.set(xlim=(inside["x"].min(), inside["x"].max()), ylim=(inside["y"].min(), inside["y"].max()))


PLACES = {"MAML": 1, "FOMAML": 2, "iMAML": 3, "Reptile": 4, "Moreau": 5}


def _places(table: Table) -> list[int]:
    """The styles that the algorithms have in all figures; others follow."""
    names = dict.fromkeys(table.where(kind="path")["name"].tolist())
    return [PLACES.get(name, len(PLACES) + 1 + i) for i, name in enumerate(names)]


def gallery_runs() -> dict[str, Runs]:
    """The three runs of the gallery's figure: the step size, the number of steps, the strength."""
    sizes = np.linspace(1e-3, 1 / 4.0, 60).tolist()
    counts = [0, *range(1, 10), *(int(k) for k in np.geomspace(10, 1000, 25))]
    strengths = np.geomspace(1e3, 1e-3, 61).tolist()
    kinds = {"MAML": MAML, "FOMAML": FOMAML, "Reptile": Reptile}
    return {
        "lr": {name: (_of_size(kind), sizes) for name, kind in kinds.items()},
        "steps": {name: (_of_count(kind), counts[name == "Reptile" :]) for name, kind in kinds.items()},
        "strength": {"iMAML": (IMAML, strengths), "Moreau": (MoreauEnvelope, strengths)},
    }


def _of_size(kind: Callable[[GradientDescent], Algorithm]) -> Callable[[float], Algorithm]:
    return lambda lr: kind(GradientDescent(lr, STEPS))


def _of_count(kind: Callable[[GradientDescent], Algorithm]) -> Callable[[float], Algorithm]:
    return lambda k: kind(GradientDescent(LR, int(k)))


def _paths_data() -> Table:
    tables = {against: paths_table(two_tasks(), runs) for against, runs in gallery_runs().items()}
    return Table.stack(Table({"against": against, **table.columns}) for against, table in tables.items())


def _panel(against: str, title: str) -> Panel:
    def panel(table: Table, ax: Axes) -> None:
        _draw_paths(table.where(against=against), ax)
        ax.set_title(title)

    return panel


PATHS = PaperFigure(
    name="paths",
    title="From joint training to the limit",
    caption="Fixed points in the plane of two tasks (stars: their optima; cross: the midpoint), from joint training"
    f" (dot) to the marker at the other end: (a) as the step size $\\alpha$ runs from 0 to $1/L$ with $K = {STEPS}$;"
    f" (b) as $K$ runs to 1000 with $\\alpha = {LR}$; (c) as the strength $\\lambda$ runs from infinity to 0. Reptile"
    " and the Moreau envelope tend to the midpoint, the plain average of the optima; iMAML to their average weighted by"
    " $A_i^{-1}$.",
    illustrates="The mathematics, 'Curvature weights'; ledger I1 and I10.",
    data=_paths_data,
    panels=(_panel("lr", r"$\alpha$"), _panel("steps", "$K$"), _panel("strength", r"$\lambda$")),
    aspect=1.1,
    across=3,
)
