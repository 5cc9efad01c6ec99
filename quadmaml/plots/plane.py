"""Two tasks in the plane: where they pull, where every algorithm ends, and how it gets there.

The picture of Golmant (2018), A case study of MAML on quadratics, drawn from the closed forms and from the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .. import arrays, simulate
from ..algorithms import Algorithm
from ..arrays import Array
from ..errors import InputError, SingularError, check_steps
from ..meta_algorithm import check_tasks
from ..quadratic import Quadratic
from ..tasks import Tasks
from .arguments import check_algorithms, check_choice, check_named
from .contours import View, contour_table, draw_contours
from .style import RC, Axes, check_axes, new_axes, plain, style_of
from .table import Table

__all__ = ["draw_plane", "plane", "plane_table"]

TASK_COLORS = ("#56B4E9", "#E69F00")


def plane(
    tasks: Tasks,
    algorithms: Mapping[str, Algorithm],
    follow: str,
    names: tuple[str, str] = ("task 1", "task 2"),
    labels: tuple[str, str] = ("first coordinate", "second coordinate"),
    outer_steps: int = 12,
    ax: Axes = None,
) -> Axes:
    """Draw two tasks in the plane and the fixed points of algorithms on them.

    Contours of both support losses, their optima and the midpoint; the fixed point of every algorithm. For the
    algorithm ``follow``: the points adapted from its fixed point, the trajectory of its outer loop in closed form, and
    on it the steps that the simulator takes.

    Parameters
    ----------
    tasks : Tasks
        Two tasks of dimension 2 with nonsingular support losses.
    algorithms : mapping of str to Algorithm
        The algorithms by the names in the legend. Their order gives their styles. An algorithm without a single fixed
        point is left out, and one whose fixed point lies far outside is named as such.
    follow : str
        The one whose outer loop and adapted points are drawn.
    names, labels : pairs of str
        The names of the tasks, and of the axes.
    outer_steps : int
        Number of outer steps drawn, >= 0. Their size is half the reciprocal of the largest singular value of M.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent, Joint
    >>> A = [[[2.0, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 1.0]]]
    >>> tasks = Tasks.from_minimizers(A, [[0.0, 0.0], [2.0, 1.0]])
    >>> ax = plane(tasks, {"joint": Joint(), "MAML": MAML(GradientDescent(0.2, 3))}, follow="MAML")
    >>> ax.get_xlabel()
    'first coordinate'
    """
    import matplotlib

    if len(check_tasks(tasks)) != 2 or tasks.dim != 2:
        raise InputError(f"tasks: got {len(tasks)} tasks of dimension {tasks.dim}; expected two of dimension 2")
    check_choice("follow", follow, check_algorithms(check_named("algorithms", algorithms)))
    table = plane_table(tasks, algorithms, follow, names, outer_steps)
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 4.8) if ax is None else check_axes(ax)
        draw_plane(table, ax, labels)
        legend = ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.12), ncols=2, columnspacing=1.5)
        for handle in legend.legend_handles:
            handle.set_markersize(8)
    return ax


def plane_table(
    tasks: Tasks,
    algorithms: Mapping[str, Algorithm],
    follow: str,
    names: tuple[str, str] = ("task 1", "task 2"),
    outer_steps: int = 12,
) -> Table:
    """The numbers of ``plane``, in the columns kind, name, place, step, level, line, x, y.

    Rows of kind "contour" (of the loss of a task above its optimum; place: 0 or 1), "optimum", "midpoint", "fixed
    point" (place: of the algorithm in the mapping), "adapted", "closed form" and "simulated" (step: of the outer loop),
    and "view" (two corners of a square that shows all but points far away).
    """
    optima = _floats(tasks.support.minimizer())
    ends = _fixed_points(tasks, algorithms)
    start = _start(optima)
    path, walked = _outer_loop(tasks, algorithms[follow], start, check_steps("outer_steps", outer_steps))
    view = _view([*optima, start, *ends.values()], optima)
    parts = [_task_contours(tasks, optima, view, names), _points("optimum", names, optima)]
    parts.append(_points("midpoint", ["midpoint"], [optima.mean(axis=0)]))
    for kind, points in (("closed form", path), ("simulated", walked)):
        parts.append(Table({**_points(kind, [follow] * len(points), points).columns, "step": range(len(points))}))
    if follow in ends:
        adapted = _floats(algorithms[follow].loop.map(tasks.support)(_like(ends[follow], tasks)))
        parts.append(_points("adapted", names, adapted))
    if ends:
        places = [list(algorithms).index(name) for name in ends]
        parts.append(Table({**_points("fixed point", list(ends), list(ends.values())).columns, "place": places}))
    corners = [[low for low, _ in view], [high for _, high in view]]
    return Table.stack([*parts, _points("view", ["low", "high"], corners)])


def _points(kind: str, names: Sequence[str], points: Any) -> Table:
    import numpy as np

    x, y = np.asarray(points, dtype=float).T
    return Table({"kind": kind, "name": list(names), "x": x, "y": y})


def _task_contours(tasks: Tasks, optima: Array, view: View, names: tuple[str, str]) -> Table:
    import numpy as np

    middle, parts = optima.mean(axis=0), []
    # Seen from the midpoint, so that optima close together and far from 0 do not cancel.
    near: Any = tuple((low - centre, high - centre) for (low, high), centre in zip(view, middle, strict=True))
    for place, (A, c) in enumerate(zip(_floats(tasks.support.hessian), optima - middle, strict=True)):
        f = Quadratic.from_minimizer(A, c)
        # Levels that grow as squares are evenly spaced ellipses; the fourth goes through the midpoint.
        levels = max(float(f.constant), 1e-300) * (np.arange(1, 13) / 4) ** 2
        table = contour_table(f, near, levels.tolist(), points=121)
        moved = {"x": table["x"] + middle[0], "y": table["y"] + middle[1]}
        # Two tasks may have one name; their places differ.
        parts.append(Table({"kind": "contour", "name": names[place], "place": place, **table.columns, **moved}))
    return Table.stack(parts)


def _floats(x: Array) -> Array:
    return arrays.to_numpy(arrays.as_float(x))


def _like(x: Array, tasks: Tasks) -> Array:
    return arrays.full_like("theta", x.tolist(), tasks.support.linear)


def _fixed_points(tasks: Tasks, algorithms: Mapping[str, Algorithm]) -> dict[str, Array]:
    ends = {}
    for name, algorithm in algorithms.items():
        try:
            ends[name] = _floats(algorithm.fixed_point(tasks))
        except SingularError:
            continue
    return ends


def _start(optima: Array) -> Array:
    """A start of the outer loop to the side of the line between the optima."""
    import numpy as np

    across = optima[1] - optima[0]
    size = 1.0 if not across.any() else 0.5
    return optima.mean(axis=0) + size * (np.array([-across[1], across[0]]) if across.any() else np.ones(2))


def _outer_loop(tasks: Tasks, algorithm: Algorithm, start: Array, steps: int) -> tuple[Array, Array]:
    """The points of the outer loop, in closed form and by the simulator, each of shape ``(steps + 1, 2)``."""
    import numpy as np

    field, theta0 = algorithm.field(tasks), _like(start, tasks)
    lr = 0.5 / max(float(np.linalg.norm(_floats(field.matrix), 2)), 1e-300)
    closed = np.stack([start, *(_floats(field.descend(theta0, lr, t)) for t in range(1, steps + 1))])
    return closed, _floats(simulate.meta_train(algorithm, tasks, theta0, lr, steps))


def _view(points: list[Array], optima: Array) -> View:
    """A square that holds the points, of those far away from the optima none."""
    import numpy as np

    middle = optima.mean(axis=0)
    reach = max(float(np.abs(optima - middle).max()), 1e-12)
    near = np.array([point for point in points if np.abs(point - middle).max() <= 4 * reach] + list(optima))
    low, high = near.min(axis=0), near.max(axis=0)
    centre, half = (low + high) / 2, 0.62 * max(float((high - low).max()), 2 * reach)
    return (centre[0] - half, centre[0] + half), (centre[1] - half, centre[1] + half)


def draw_plane(table: Table, ax: Axes, labels: tuple[str, str] = ("first coordinate", "second coordinate")) -> None:
    """Draw the table of two tasks in the plane. Points keep their size relative to the text."""
    import matplotlib

    unit = float(matplotlib.rcParams["font.size"]) / 10
    corners = table.where(kind="view")
    view: View = (tuple(corners["x"].tolist()), tuple(corners["y"].tolist()))
    _draw_tasks(ax, table, unit)
    name = plain(str(table.where(kind="closed form")["name"][0]))
    _draw_outer_loop(ax, table, name, unit)
    _draw_adapted(ax, table, name, unit)
    _draw_fixed_points(ax, table.where(kind="fixed point"), view, unit)
    ax.set(xlim=view[0], ylim=view[1], xlabel=plain(labels[0], 40), ylabel=plain(labels[1], 40), aspect="equal")


def _draw_tasks(ax: Axes, table: Table, unit: float) -> None:
    (middle,) = _xy(table.where(kind="midpoint"))
    for place, c in enumerate(_xy(table.where(kind="optimum"))):
        color, name = TASK_COLORS[place], str(table.where(kind="optimum")["name"][place])
        own = table.where(kind="contour", place=place)
        draw_contours(own, ax, color=color, linewidth=0.7 * unit, alpha=0.8, zorder=1)
        ax.plot(*c, "*", markersize=15 * unit, color=color, markeredgecolor="black", linestyle="none", zorder=6)
        _label(ax, c, plain(name), above=bool(c[1] >= middle[1]))
    ax.plot(*middle, "+", markersize=12 * unit, markeredgewidth=2 * unit, color="black", linestyle="none", zorder=6)
    _label(ax, middle, "midpoint", beside=-1 if _is_taken(table, middle) else 1)


def _is_taken(table: Table, middle: Array) -> bool:
    """Whether a fixed point stands where the midpoint's name would, to the right of it."""
    corners, ends = _xy(table.where(kind="view")), _xy(table.where(kind="fixed point"))
    away = (ends - middle) / (corners[1] - corners[0])
    return bool(((away[:, 0] > 0.01) & (away[:, 0] < 0.3) & (abs(away[:, 1]) < 0.05)).any())


def _xy(table: Table) -> Array:
    import numpy as np

    return np.column_stack([table["x"], table["y"]])


def _label(ax: Axes, point: Array, text: str, *, above: bool = False, beside: int = 0) -> None:
    """A name above or below a point, or beside it (1: right, -1: left); its white ground keeps lines away."""
    ax.annotate(
        text,
        point,
        xytext=(0.9 * beside, 0) if beside else (0, 1 if above else -1),
        textcoords="offset fontsize",
        ha=("left" if beside > 0 else "right") if beside else "center",
        va="center" if beside else "bottom" if above else "top",
        zorder=8,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def _draw_outer_loop(ax: Axes, table: Table, name: str, unit: float) -> None:
    closed, walked = (_xy(table.where(kind=kind)) for kind in ("closed form", "simulated"))
    ax.plot(*closed.T, color="black", linewidth=1.0 * unit, zorder=3, label=f"{name}, closed form")
    ax.plot(
        *walked.T,
        linestyle="none",
        marker="o",
        markersize=6.5 * unit,
        markerfacecolor="none",
        markeredgecolor="black",
        markeredgewidth=0.8 * unit,
        zorder=3,
        label=f"{name}, simulated",
    )


def _draw_adapted(ax: Axes, table: Table, name: str, unit: float) -> None:
    adapted = _xy(table.where(kind="adapted"))
    if not len(adapted):
        return
    (end,) = _xy(table.where(kind="fixed point", name=str(table.where(kind="closed form")["name"][0])))
    look = {"markersize": 7 * unit, "markeredgecolor": "black", "markeredgewidth": 0.8 * unit}
    for point, color in zip(adapted, TASK_COLORS, strict=True):
        ax.plot(*zip(end, point, strict=True), color="black", linewidth=1.0 * unit, linestyle=":", zorder=4)
        ax.plot(*point, marker="o", color=color, linestyle="none", zorder=5, **look)
    ax.plot([], [], ":", marker="o", color="#BBBBBB", label=f"{name}, adapted", **look)


def _draw_fixed_points(ax: Axes, table: Table, view: View, unit: float) -> None:
    shown: list[Array] = []
    for name, place, point in zip(table["name"], table["place"], _xy(table), strict=True):
        style = style_of(int(place))
        outside = any(not low <= x <= high for x, (low, high) in zip(point, view, strict=True))
        near = 0.02 * (view[0][1] - view[0][0])
        below = sum(bool(abs(point - other).max() < near) for other in shown)
        shown.append(point)
        ax.plot(
            *point,
            marker=style.marker,
            # Points that coincide show as one marker in the other.
            markersize=10 * unit * 0.68**below,
            color=style.color,
            markeredgecolor="white",
            markeredgewidth=0.8 * unit,
            linestyle="none",
            zorder=7,
            label=plain(str(name)) + (" (outside)" if outside else ""),
        )
