"""How wrong iMAML's meta-gradient is when its two inner problems are solved by few steps."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ... import arrays
from ...adaptation import ProximalGradientDescent
from ...algorithms import IMAML
from ...arrays import Array
from ...errors import check_count, check_steps
from ...implicit import meta_gradient_errors
from ...meta_algorithm import check_tasks
from ...solvers import ConjugateGradients, Neumann
from ...spectra import task_spectra
from ...tasks import Tasks
from ..arguments import check_some
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
    largest, parts = check_count("steps", check_steps("steps", steps)), []
    for strength in check_some("strengths", strengths):
        loops = [ProximalGradientDescent(strength, lr, k) for k in range(largest + 1)]
        off = meta_gradient_errors(tasks, theta, strength, inner=loops)[:, 0, :]
        parts.append(_relative("gradient descent", off, tasks, theta, strength))
    return Table.stack(parts)


def _relative(solver: str, off: Array, tasks: Tasks, theta: Array, strength: float) -> Table:
    """The lengths of errors, one for each number of steps, over that of the meta-gradient."""
    exact = arrays.to_numpy(arrays.as_float(IMAML(strength).meta_gradient(tasks, theta)))
    error = np.linalg.norm(arrays.to_numpy(arrays.as_float(off)), axis=1) / np.linalg.norm(exact)
    return Table({"solver": solver, "strength": strength, "steps": range(len(error)), "error": error})


def solver_error_table(tasks: Tasks, theta: Array, strengths: Sequence[float], steps: int) -> Table:
    """The relative error of iMAML's meta-gradient at theta after m = 0, ..., steps steps of its linear solver from 0.

    The system is ``(I + A/strength) g = gradient`` of each task at its exact adapted point. Neumann's series is
    gradient descent on it with step size ``1 / (1 + L/strength)``, L the largest curvature.

    Columns: solver ("CG" or "Neumann"), strength, steps, error.
    """
    largest = float(np.max(arrays.to_numpy(task_spectra(check_tasks(tasks).support))))
    parts = []
    for strength in check_some("strengths", strengths):
        solvers = {"CG": ConjugateGradients(steps), "Neumann": Neumann(steps, scale=1 / (1 + largest / strength))}
        for name, solver in solvers.items():
            (off,) = meta_gradient_errors(tasks, theta, strength, solver=solver)
            parts.append(_relative(name, off, tasks, theta, strength))
    return Table.stack(parts)


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


def _draw_solvers(table: Table, ax: Axes, name: str = ", CG") -> None:
    _draw_errors(table.where(solver="CG"), ax, 1, name)
    _draw_errors(table.where(solver="Neumann"), ax, 4, ", Neumann")
    ax.set(xlabel="solver steps $m$", ylabel="relative error", ylim=(LOWEST, 2 * table["error"].max()))
    log_axis(ax.yaxis)


def _draw_errors(table: Table, ax: Axes, first: int, suffix: str) -> None:
    """Each strength has its style; a curve ends with its first point below the axis."""
    for i, (strength, rows) in enumerate(table.split("strength")):
        below = np.flatnonzero(rows["error"] < LOWEST)
        shown = slice(None, below[0] + 1 if len(below) else None)
        line(ax, rows["steps"][shown], rows["error"][shown], first + i, rf"$\lambda = {strength:g}$" + suffix)
    ax.xaxis.get_major_locator().set_params(integer=True)


ERRORS = PaperFigure(
    name="errors",
    title="Errors of iMAML's meta-gradient",
    caption="Relative error of iMAML's meta-gradient on five tasks in six dimensions, at $\\theta = 0$: (a) against the"
    f" steps $k$ of gradient descent of size {LR} on the proximal problem, with the implicit Jacobian solved exactly;"
    " (b) against the steps $m$ of the linear solver for that Jacobian, at the exact solution of the proximal problem:"
    " conjugate gradients (in the styles of (a)), exact after as many steps as a task has distinct curvatures (6 here),"
    " and Neumann's series. What falls below $10^{-6}$ is cut off.",
    illustrates="The mathematics, 'Meta-algorithms'; the iMAML page, ledger I7 and I8.",
    data=lambda: Table.stack(
        [
            inner_error_table(many_tasks(), np.zeros(6), STRENGTHS, LR, 40),
            solver_error_table(many_tasks(), np.zeros(6), STRENGTHS, 12),
        ]
    ),
    # Conjugate gradients share the names of the first panel.
    panels=(_draw_inner, lambda table, ax: _draw_solvers(table, ax, "")),
    aspect=0.85,
)
