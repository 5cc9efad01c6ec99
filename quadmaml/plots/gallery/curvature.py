"""The curvature figure of the FOMAML page, and the regularised task loss of the iMAML page."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import InputError, check_number
from ...first_order import compare_gradients
from ...implicit import regularised, regularised_path
from ...quadratic import Quadratic, check_quadratic
from ..contours import View, contour_table, draw_contours
from ..paper import PaperFigure
from ..style import STYLES, Axes, drawn, line, log_axis
from ..table import Table

__all__ = [
    "CURVATURE",
    "REGULARISED",
    "curvature_table",
    "gradient_error",
    "gradients",
    "regularised_loss",
    "regularised_table",
]

TRUE, FIRST = STYLES[0].color, STYLES[1].color


def curvature_table(f: Quadratic, at: Any, low: float, high: float, points: int = 51) -> Table:
    """A quadratic in the plane, its gradient, and the gradient that it would have without curvature.

    Columns: x, y, value, and of the gradient and of its value at the point ``at`` (the first-order approximation,
    C = 0) the components gradient_x, gradient_y, first_x, first_y, and error, the length of their difference.
    """
    if check_quadratic("f", f).linear.shape != (2,):
        raise InputError(f"f: got a linear part of shape {tuple(f.linear.shape)}; expected (2,), one task in the plane")
    if not check_number("low", low) < check_number("high", high):
        raise InputError(f"high: got {high!r}; expected a number above low, {low!r}")
    axis = np.linspace(low, high, points)
    grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
    found = compare_gradients(f, at, grid)
    gradient, first = found.true, found.first_order
    return Table(
        {
            "x": grid[:, 0],
            "y": grid[:, 1],
            "value": f(grid),
            "gradient_x": gradient[:, 0],
            "gradient_y": gradient[:, 1],
            "first_x": first[:, 0],
            "first_y": first[:, 1],
            "error": np.linalg.norm(found.error, axis=1),
        }
    )


def gradients(f: Quadratic, at: Any, low: float = 0.0, high: float = 1.0, ax: Axes = None) -> Axes:
    """Draw the contours of a quadratic in the plane, its gradient, and the gradient that it has at one point.

    Parameters
    ----------
    f : Quadratic
        One quadratic of dimension 2.
    at : array, shape (2,)
        The point whose gradient stands for all: the first-order approximation.
    low, high : float
        Both coordinates run between them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> f = Quadratic.from_gradient([[2.0, 0.0], [0.0, 1.0]], [1.0, 0.5], at=[0.5, 0.5])
    >>> gradients(f, at=[0.5, 0.5]).get_legend_handles_labels()[1]
    ['gradient', 'first order']
    """
    return drawn(_draw_gradients, curvature_table(f, at, low, high), ax)


def gradient_error(f: Quadratic, at: Any, low: float = 0.0, high: float = 1.0, ax: Axes = None) -> Axes:
    """Draw the length of the difference between the gradient and its value at one point, over the plane.

    Parameters
    ----------
    f : Quadratic
        One quadratic of dimension 2.
    at : array, shape (2,)
        The point whose gradient stands for all: the first-order approximation.
    low, high : float
        Both coordinates run between them.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> f = Quadratic.from_gradient([[2.0, 0.0], [0.0, 1.0]], [1.0, 0.5], at=[0.5, 0.5])
    >>> gradient_error(f, at=[0.5, 0.5]).get_xlabel()
    '$x_1$'
    """
    return drawn(_draw_error, curvature_table(f, at, low, high), ax)


def _square(table: Table, name: str) -> Array:
    side = round(len(table) ** 0.5)
    return table[name].reshape(side, side)


def _draw_gradients(table: Table, ax: Axes) -> None:
    x, y = _square(table, "x"), _square(table, "y")
    ax.contour(x, y, _square(table, "value"), levels=8, colors="#9A9A9A", linewidths=0.6)
    longest = max(np.hypot(table[f"{kind}_x"], table[f"{kind}_y"]).max() for kind in ("gradient", "first"))
    # Five arrows a side. Neighbours must not meet: the longest is a little shorter than their distance.
    apart = max(1, (len(x) - 1) // 5)
    few = np.s_[apart // 2 :: apart, apart // 2 :: apart]
    look = {"angles": "xy", "scale_units": "xy", "scale": longest / (0.85 * apart * (x[0, 1] - x[0, 0]))}
    for kind, color, width, name in (("gradient", TRUE, 0.011, "gradient"), ("first", FIRST, 0.0055, "first order")):
        u, v = _square(table, f"{kind}_x")[few], _square(table, f"{kind}_y")[few]
        # Arrows that start inside may end outside; the layout does not know how long they are.
        arrows = ax.quiver(x[few], y[few], u, v, color=color, width=width, zorder=3, clip_on=False, **look)
        arrows.set_in_layout(False)
        # A legend cannot show arrows.
        ax.plot([], [], color=color, linewidth=2.4 if kind == "gradient" else 1.0, label=name)
    _plane_axes(ax)


def _draw_error(table: Table, ax: Axes) -> None:
    x, y, error = (_square(table, name) for name in ("x", "y", "error"))
    filled = ax.contourf(x, y, error, levels=9, cmap="Greys", vmin=0, vmax=1.6 * error.max())
    lines = ax.contour(x, y, error, levels=filled.levels[1::2], colors="black", linewidths=0.5)
    ax.clabel(lines, fontsize="small", fmt=lambda level: f"${level:g}$")
    _plane_axes(ax)


def _plane_axes(ax: Axes) -> None:
    ax.set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal", xticks=(0, 0.5, 1), yticks=(0, 0.5, 1))


CURVATURE = PaperFigure(
    name="curvature",
    title="Curvature and the first-order gradient",
    caption="The function $f(x) = \\frac{1}{2} (x-u)^T C (x-u) + g^T x$ with"
    " $u = (\\frac{1}{2}, \\frac{1}{2})$, $C = [[1.5, 0.5], [0.5, 1]]$ and $g = (1, 0.5)$: (a)"
    " contours, its gradient $C(x-u) + g$ (black, wide) and the first-order approximation $g$ (orange, thin); (b) the"
    " size of the error, $|C(x-u)|$. The approximation is exact at $u$; elsewhere its error grows in"
    " proportion to $C$.",
    illustrates="The figure of the FOMAML page; ledger F3 and F4.",
    data=lambda: curvature_table(page_function(), [0.5, 0.5], 0.0, 1.0),
    panels=(_draw_gradients, _draw_error),
    aspect=1.05,
    narrow=True,
)


def page_function() -> Quadratic:
    """The quadratic of the FOMAML page, with the curvature and the slope of the gallery."""
    return Quadratic.from_gradient([[1.5, 0.5], [0.5, 1.0]], [1.0, 0.5], at=[0.5, 0.5], value=0.75)


def regularised_table(f: Quadratic, theta: Any, strengths: Array, shown: float) -> Table:
    """The regularised loss ``f(phi) + strength/2 |phi - theta|^2``: its minimiser as strength runs, its Jacobian.

    Rows of kind "path": strength, x, y (the minimiser) and the eigenvalues jacobian_1 >= jacobian_2 of its Jacobian by
    theta. Rows of kind "loss" and "regularised": contours of f and, at the strength ``shown``, of the regularised loss
    (level, line, x, y). Rows of kind "theta", "optimum" and "shown" are single points.
    """
    theta = np.asarray(theta, dtype=float)
    path, jacobians = regularised_path(f, theta, [float(strength) for strength in strengths])
    jacobian = np.linalg.eigvalsh(jacobians)
    whole = regularised(f, theta, shown)
    ends = {"theta": theta, "optimum": f.minimizer(), "shown": whole.minimizer()}
    points = np.stack([*path, *ends.values()])
    view = _around(points)
    return Table.stack(
        [
            *(_contours(kind, each, view) for kind, each in (("loss", f), ("regularised", whole))),
            Table(
                {
                    "kind": "path",
                    "strength": strengths,
                    "x": path[:, 0],
                    "y": path[:, 1],
                    "jacobian_1": jacobian[:, 1],
                    "jacobian_2": jacobian[:, 0],
                }
            ),
            *(_end(kind, x, y, shown if kind == "shown" else np.nan) for kind, (x, y) in ends.items()),
        ]
    )


def _end(kind: str, x: float, y: float, strength: float) -> Table:
    return Table({"kind": kind, "strength": strength, "x": [x], "y": [y]})


def _around(points: Array) -> View:
    low, high = points.min(axis=0), points.max(axis=0)
    # A start at the optimum is a single point.
    centre, half = (low + high) / 2, 0.72 * (float((high - low).max()) or 1.0)
    return (centre[0] - half, centre[0] + half), (centre[1] - half, centre[1] + half)


def _contours(kind: str, f: Quadratic, view: View) -> Table:
    """Evenly spaced contours around the minimum, up to the farthest corner."""
    corners = np.stack(np.meshgrid(*view), axis=-1).reshape(-1, 2)
    least = float(f.minimum())
    levels = least + (float(f(corners).max()) - least) * (np.arange(1, 9) / 9) ** 2
    return Table({"kind": kind, **contour_table(f, view, levels.tolist()).columns})


def regularised_loss(f: Quadratic, theta: Any, strengths: Any, shown: float, ax: Axes = None) -> Axes:
    """Draw the loss of a task in the plane, the regularised one, and its minimiser as the strength runs.

    Parameters
    ----------
    f : Quadratic
        One quadratic of dimension 2, positive definite.
    theta : array, shape (2,)
        The start.
    strengths : array
        Strengths > 0 of the path, ascending.
    shown : float
        The strength whose regularised loss is drawn.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> f = Quadratic.from_minimizer([[2.0, 0.0], [0.0, 0.5]], [1.0, 1.0])
    >>> regularised_loss(f, [0.0, 0.0], [0.1, 1.0, 10.0], shown=1.0).get_xlabel()
    'first coordinate'
    """
    table = regularised_table(f, theta, np.asarray(strengths, dtype=float), shown)
    return drawn(_draw_regularised, table, ax)


def _draw_regularised(table: Table, ax: Axes) -> None:
    draw_contours(table.where(kind="loss"), ax, color="#9A9A9A", linewidth=0.6, label="loss $f$")
    look = {"color": STYLES[2].color, "linewidth": 0.7, "linestyle": "--", "label": "regularised"}
    draw_contours(table.where(kind="regularised"), ax, **look)
    path = table.where(kind="path")
    ax.plot(path["x"], path["y"], color="black", zorder=4, label=r"$\phi^*(\lambda)$")
    marks = {"theta": ("s", STYLES[1].color, r"$\theta$"), "optimum": ("*", STYLES[5].color, "optimum")}
    marks["shown"] = ("o", STYLES[2].color, rf"$\phi^*({table.where(kind='shown').one('strength'):g})$")
    for kind, (marker, color, label) in marks.items():
        at = table.where(kind=kind)
        size = 9 if marker == "*" else 6
        ax.plot(at["x"], at["y"], marker, color=color, markeredgecolor="black", markersize=size, zorder=5, label=label)
    for axis, name in (("x", "first"), ("y", "second")):
        inside = table.where(kind="loss")[axis]
        ax.set(**{f"{axis}lim": (inside.min(), inside.max()), f"{axis}label": f"{name} coordinate"})
    ax.set_aspect("equal")


def _draw_jacobian(table: Table, ax: Axes) -> None:
    path = table.where(kind="path")
    for i in (1, 2):
        line(ax, path["strength"], path[f"jacobian_{i}"], 2 + i, ["flat", "steep"][i - 1] + " direction")
    log_axis(ax.xaxis)
    ax.set(xlabel=r"strength $\lambda$", ylabel=r"$\mathrm{d}\phi^*/\mathrm{d}\theta$", ylim=(0, 1.03))


REGULARISED = PaperFigure(
    name="regularised",
    title="The regularised task loss and its Jacobian",
    caption="The inner problem of iMAML on a task with curvatures 4 and 0.5: (a) contours of the loss $f$ and of"
    " $f(\\phi) + \\frac{\\lambda}{2}|\\phi - \\theta|^2$ at $\\lambda = 1$, and the minimiser"
    " $\\phi^*(\\lambda)$, which runs from the optimum of the task ($\\lambda \\to 0$) to $\\theta$"
    " ($\\lambda \\to \\infty$); (b) the eigenvalues $\\lambda/(\\lambda + a)$ of its Jacobian"
    " $(I + A/\\lambda)^{-1}$.",
    illustrates="The figure of the iMAML page; ledger I3, I4 and I10; the mathematics, 'Inner loops' and"
    " 'Meta-algorithms'.",
    data=lambda: regularised_table(page_task(), [1.6, 0.2], np.geomspace(0.01, 100.0, 81), shown=1.0),
    panels=(_draw_regularised, _draw_jacobian),
    aspect=0.95,
)


def page_task() -> Quadratic:
    """A task in the plane, steep across and flat along a diagonal."""
    A = [[2.25, -1.75], [-1.75, 2.25]]
    return Quadratic.from_minimizer(A, [0.0, 0.0])
