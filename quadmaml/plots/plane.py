"""Two tasks in the plane: where they pull, where every algorithm ends, and how it gets there.

The picture of Golmant (2018), A case study of MAML on quadratics, drawn from the closed forms and from the simulator.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .. import arrays, simulate
from ..algorithms import Algorithm
from ..arrays import Array
from ..errors import InputError, SingularError, check_steps
from ..quadratic import Quadratic
from ..tasks import Tasks
from .style import RC, Axes, new_axes, plain, style_of

__all__ = ["plane"]

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

    if len(tasks) != 2 or tasks.dim != 2:
        raise InputError(f"tasks: got {len(tasks)} tasks of dimension {tasks.dim}; expected two of dimension 2")
    if follow not in algorithms:
        raise InputError(f"follow: got {follow!r}; expected one of {', '.join(algorithms)}")
    optima = _floats(tasks.support.minimizer())
    ends = _fixed_points(tasks, algorithms)
    start = _start(optima)
    path, walked = _outer_loop(tasks, algorithms[follow], start, check_steps("outer_steps", outer_steps))
    view = _view([*optima, start, *ends.values()], optima)
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 4.8) if ax is None else ax
        _draw_tasks(ax, tasks.support, optima, view, names)
        _draw_outer_loop(ax, path, walked, plain(follow))
        if follow in ends:
            adapted = _floats(algorithms[follow].loop.map(tasks.support)(_like(ends[follow], tasks)))
            _draw_adapted(ax, ends[follow], adapted, plain(follow))
        _draw_fixed_points(ax, list(algorithms), ends, view)
        ax.set(xlim=view[0], ylim=view[1], xlabel=plain(labels[0], 40), ylabel=plain(labels[1], 40), aspect="equal")
        legend = ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.12), ncols=2, columnspacing=1.5)
        for handle in legend.legend_handles:
            handle.set_markersize(8)
    return ax


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


def _view(points: list[Array], optima: Array) -> tuple[tuple[float, float], tuple[float, float]]:
    """A square that holds the points, of those far away from the optima none."""
    import numpy as np

    middle = optima.mean(axis=0)
    reach = max(float(np.abs(optima - middle).max()), 1e-12)
    near = np.array([point for point in points if np.abs(point - middle).max() <= 4 * reach] + list(optima))
    low, high = near.min(axis=0), near.max(axis=0)
    centre, half = (low + high) / 2, 0.62 * max(float((high - low).max()), 2 * reach)
    return (centre[0] - half, centre[0] + half), (centre[1] - half, centre[1] + half)


def _draw_tasks(ax: Axes, support: Quadratic, optima: Array, view: Any, names: tuple[str, str]) -> None:
    import numpy as np

    grid = np.stack(np.meshgrid(*(np.linspace(low, high, 121) for low, high in view)), axis=-1)
    middle = optima.mean(axis=0)
    for A, c, color, name in zip(_floats(support.hessian), optima, TASK_COLORS, names, strict=True):
        gap = np.einsum("...i,ij,...j", grid - c, A, grid - c) / 2
        # Levels that grow as squares are evenly spaced ellipses; the fourth goes through the midpoint.
        through = max(float((middle - c) @ A @ (middle - c)) / 2, 1e-300)
        levels = through * (np.arange(1, 13) / 4) ** 2
        ax.contour(*np.moveaxis(grid, -1, 0), gap, levels=levels, colors=color, linewidths=0.7, alpha=0.8, zorder=1)
        ax.plot(*c, marker="*", markersize=15, color=color, markeredgecolor="black", linestyle="none", zorder=6)
        _label(ax, c, plain(name), above=bool(c[1] >= middle[1]))
    ax.plot(*middle, marker="+", markersize=12, markeredgewidth=2, color="black", linestyle="none", zorder=6)
    _label(ax, middle, "midpoint", beside=True)


def _label(ax: Axes, point: Array, text: str, *, above: bool = False, beside: bool = False) -> None:
    """A name beside a point, on a white ground so that lines do not cross it."""
    ax.annotate(
        text,
        point,
        xytext=(9, 0) if beside else (0, 10 if above else -10),
        textcoords="offset points",
        ha="left" if beside else "center",
        va="center" if beside else "bottom" if above else "top",
        fontsize=10,
        zorder=8,
        bbox={"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85},
    )


def _draw_outer_loop(ax: Axes, closed: Array, walked: Array, name: str) -> None:
    ax.plot(*closed.T, color="black", linewidth=1.0, zorder=3, label=f"{name}, closed form")
    ax.plot(
        *walked.T,
        linestyle="none",
        marker="o",
        markersize=6.5,
        markerfacecolor="none",
        markeredgecolor="black",
        markeredgewidth=0.8,
        zorder=3,
        label=f"{name}, simulated",
    )


def _draw_adapted(ax: Axes, end: Array, adapted: Array, name: str) -> None:
    for point, color in zip(adapted, TASK_COLORS, strict=True):
        ax.plot(*zip(end, point, strict=True), color="black", linewidth=1.0, linestyle=":", zorder=4)
        ax.plot(*point, marker="o", markersize=7, color=color, markeredgecolor="black", linestyle="none", zorder=5)
    ax.plot([], [], ":", marker="o", markersize=7, color="#BBBBBB", markeredgecolor="black", label=f"{name}, adapted")


def _draw_fixed_points(ax: Axes, names: list[str], ends: Mapping[str, Array], view: Any) -> None:
    shown: list[Array] = []
    for i, name in enumerate(names):
        if name not in ends:
            continue
        style, point = style_of(i), ends[name]
        outside = any(not low <= x <= high for x, (low, high) in zip(point, view, strict=True))
        near = 0.02 * (view[0][1] - view[0][0])
        below = sum(bool(abs(point - other).max() < near) for other in shown)
        shown.append(point)
        ax.plot(
            *point,
            marker=style.marker,
            # Points that coincide show as one marker in the other.
            markersize=10 * 0.68**below,
            color=style.color,
            markeredgecolor="white",
            markeredgewidth=0.8,
            linestyle="none",
            zorder=7,
            label=plain(name) + (" (outside)" if outside else ""),
        )
