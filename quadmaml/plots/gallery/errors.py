"""How wrong iMAML's meta-gradient is when its two inner problems are solved by few steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import arrays
from ...adaptation import GradientDescent, Proximal, ProximalGradientDescent
from ...algorithms import IMAML, Algorithm
from ...arrays import Array
from ...quadratic import Quadratic
from ...tasks import Tasks
from ..paper import PaperFigure
from ..style import Axes, drawn, line, log_axis
from ..table import Table
from .examples import LR, many_tasks

__all__ = ["ERRORS", "inner_error_table", "meta_gradient_error", "solver_error", "solver_error_table"]

STRENGTHS = (0.1, 0.5, 2.0)
LOWEST = 1e-6


def inner_error_table(tasks: Tasks, theta: Array, strengths: Sequence[float], lr: float, steps: int) -> Table:
    """The relative error of iMAML's meta-gradient at theta after k = 0, ..., steps steps on the proximal problem.

    Columns: solver ("gradient descent"), strength, steps, error.
    """
    parts = []
    for strength in strengths:
        exact = _meta_gradient(IMAML(strength), tasks, theta)
        inexact = [
            _meta_gradient(IMAML(strength, ProximalGradientDescent(strength, lr, k)), tasks, theta)
            for k in range(steps + 1)
        ]
        error = np.linalg.norm(np.stack(inexact) - exact, axis=1) / np.linalg.norm(exact)
        own = {"solver": "gradient descent", "strength": strength, "steps": range(steps + 1)}
        parts.append(Table({**own, "error": error}))
    return Table.stack(parts)


def _meta_gradient(algorithm: Algorithm, tasks: Tasks, theta: Array) -> Array:
    return arrays.to_numpy(arrays.as_float(algorithm.meta_gradient(tasks, theta)))


def solver_error_table(tasks: Tasks, theta: Array, strengths: Sequence[float], steps: int) -> Table:
    """The relative error of iMAML's meta-gradient at theta after m = 0, ..., steps steps of its linear solver from 0.

    The system is ``(I + A/strength) g = gradient`` of each task at its exact adapted point. Neumann's series is
    gradient descent on it with step size ``1 / (1 + L/strength)``, L the largest curvature.

    Columns: solver ("CG" or "Neumann"), strength, steps, error.
    """
    parts = []
    for strength in strengths:
        exact = _meta_gradient(IMAML(strength), tasks, theta)
        system = _system(tasks, theta, strength)
        for solver, iterates in (("CG", _conjugate_gradients), ("Neumann", _neumann)):
            means = np.einsum("n,mnd->md", arrays.to_numpy(arrays.as_float(tasks.weights)), iterates(system, steps))
            error = np.linalg.norm(means - exact, axis=1) / np.linalg.norm(exact)
            parts.append(Table({"solver": solver, "strength": strength, "steps": range(steps + 1), "error": error}))
    return Table.stack(parts)


def _system(tasks: Tasks, theta: Array, strength: float) -> Quadratic:
    """The linear system of each task as a quadratic whose minimiser solves it."""
    adapted = Proximal(strength).map(tasks.support)(theta)
    return Quadratic(tasks.support.hessian / strength + np.eye(tasks.dim), tasks.query.gradient(adapted))


def _neumann(system: Quadratic, steps: int) -> Array:
    eta = 1 / float(np.linalg.eigvalsh(system.hessian).max())
    start = np.zeros_like(system.linear)
    return np.stack([GradientDescent(eta, m).map(system)(start) for m in range(steps + 1)])


def _conjugate_gradients(system: Quadratic, steps: int) -> Array:
    from scipy.sparse.linalg import cg

    def iterates(H: Array, b: Array) -> list[Array]:
        seen: list[Array] = [np.zeros_like(b)]
        cg(H, b, rtol=0.0, atol=0.0, maxiter=min(steps, len(b)), callback=lambda x: seen.append(x.copy()))
        # After d steps the solution is exact.
        return seen + [seen[-1]] * (steps + 1 - len(seen))

    each = [iterates(H, b) for H, b in zip(system.hessian, system.linear, strict=True)]
    return np.swapaxes(np.array(each), 0, 1)


def meta_gradient_error(
    tasks: Tasks, theta: Array, strengths: Sequence[float], lr: float, steps: int, ax: Axes = None
) -> Axes:
    r"""Draw the relative error of iMAML's meta-gradient against the steps of gradient descent on the proximal problem.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of dimension d.
    theta : array, shape (d,)
        Where the meta-gradient is taken.
    strengths : sequence of float
        Each is a curve.
    lr : float
        Step size of the inner gradient descent.
    steps : int
        The largest number of its steps.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> ax = meta_gradient_error(tasks, np.array([1.0]), [0.5, 1.0], lr=0.2, steps=8)
    >>> ax.get_legend_handles_labels()[1]
    ['$\\lambda = 0.5$', '$\\lambda = 1$']
    """
    return drawn(_draw_inner, inner_error_table(tasks, theta, strengths, lr, steps), ax)


def solver_error(tasks: Tasks, theta: Array, strengths: Sequence[float], steps: int, ax: Axes = None) -> Axes:
    """Draw the relative error of iMAML's meta-gradient against the steps of its linear solver: CG and Neumann's series.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of dimension d.
    theta : array, shape (d,)
        Where the meta-gradient is taken.
    strengths : sequence of float
        Each is two curves.
    steps : int
        The largest number of steps.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> solver_error(tasks, np.array([1.0]), [0.5], steps=4).get_xlabel()
    'solver steps $m$'
    """
    return drawn(_draw_solvers, solver_error_table(tasks, theta, strengths, steps), ax)


def _draw_inner(table: Table, ax: Axes) -> None:
    _draw_errors(table.where(solver="gradient descent"), ax, 1, "")
    ax.set(xlabel="inner steps $k$", ylabel="relative error", ylim=(LOWEST, 2 * table["error"].max()))
    log_axis(ax.yaxis)


def _draw_solvers(table: Table, ax: Axes) -> None:
    _draw_errors(table.where(solver="CG"), ax, 1, "")
    _draw_errors(table.where(solver="Neumann"), ax, 4, ", Neumann")
    ax.set(xlabel="solver steps $m$", ylabel="relative error", ylim=(LOWEST, 2 * table["error"].max()))
    log_axis(ax.yaxis)


def _draw_errors(table: Table, ax: Axes, first: int, suffix: str) -> None:
    """Each strength has its style; below ``LOWEST`` rounding errors take over."""
    for i, (strength, rows) in enumerate(table.split("strength")):
        shown = rows["error"] > LOWEST / 100
        line(ax, rows["steps"][shown], rows["error"][shown], first + i, rf"$\lambda = {strength:g}$" + suffix)
    ax.xaxis.get_major_locator().set_params(integer=True)


ERRORS = PaperFigure(
    name="errors",
    title="Errors of iMAML's meta-gradient",
    caption="Relative error of iMAML's meta-gradient on five tasks in six dimensions, at $\\theta = 0$: (a) against the"
    f" steps $k$ of gradient descent of size {LR} on the proximal problem, with the implicit Jacobian solved exactly;"
    " (b) against the steps $m$ of the linear solver for that Jacobian, at the exact solution of the proximal problem:"
    " conjugate gradients, exact after as many steps as a task has distinct curvatures (6 here), and Neumann's series.",
    illustrates="Theory, section 7; the iMAML page, claims I7 and I8.",
    data=lambda: Table.stack(
        [
            inner_error_table(many_tasks(), np.zeros(6), STRENGTHS, LR, 40),
            solver_error_table(many_tasks(), np.zeros(6), STRENGTHS, 12),
        ]
    ),
    panels=(_draw_inner, _draw_solvers),
    aspect=0.85,
)
