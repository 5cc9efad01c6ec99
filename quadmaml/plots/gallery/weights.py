"""Curvature: what each algorithm's weight makes of it, and the spectra of the tasks and of M."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ... import arrays
from ...adaptation import GradientDescent
from ...algorithms import Algorithm, TruncatedMAML
from ...arrays import Array
from ...errors import check_number
from ...meta_algorithm import check_tasks
from ...spectra import task_spectra
from ...tasks import Tasks
from ...weight_peaks import weight_peak
from ..arguments import check_algorithms, check_named
from ..paper import PaperFigure
from ..style import Axes, drawn, line, log_axis, plain, style_of
from ..table import Table
from .examples import LR, STEPS, algorithms, many_tasks

__all__ = ["SPECTRA", "WEIGHTS", "curvature_weights", "spectra", "spectra_table", "weights_table"]


def weights_table(algorithms: Mapping[str, Algorithm], largest: float, points: int = 101) -> Table:
    """The weight W(a) of each algorithm for a in [0, largest], and a row for each maximum inside.

    Columns: algorithm, curvature, weight, relative (the weight over its largest value), maximum (1 or 0).
    """
    a = np.linspace(0.0, check_number("largest", largest, above=0), points)
    parts = []
    for name, algorithm in check_algorithms(check_named("algorithms", algorithms)).items():
        weight, peak = algorithm.weight(a), weight_peak(algorithm, largest)
        top = max(float(weight.max()), peak[1] if peak else -np.inf)
        own = {"algorithm": name, "curvature": a, "weight": weight, "relative": weight / top, "maximum": 0}
        parts.append(Table(own))
        if peak:
            at = {"curvature": [peak[0]], "weight": [peak[1]], "relative": [peak[1] / top]}
            parts.append(Table({"algorithm": name, **at, "maximum": 1}))
    return Table.stack(parts)


def curvature_weights(algorithms: Mapping[str, Algorithm], largest: float, ax: Axes = None) -> Axes:
    """Draw the curvature weight W(a) of each algorithm for a in [0, largest], over its largest value there.

    Parameters
    ----------
    algorithms : mapping of str to Algorithm
        By their names in the legend; their inner loops must be spectral.
    largest : float
        The largest curvature shown.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml import MAML, Joint
    >>> ax = curvature_weights({"joint": Joint(), "MAML": MAML(GradientDescent(0.5, 2))}, largest=2.0)
    >>> ax.get_legend_handles_labels()[1]
    ['joint', 'MAML']
    """
    return drawn(draw_weights, weights_table(algorithms, largest), ax)


def draw_weights(table: Table, ax: Axes) -> None:
    for i, (name, rows) in enumerate(table.split("algorithm")):
        curve, peak = rows.where(maximum=0), rows.where(maximum=1)
        line(ax, curve["curvature"], curve["relative"], i, plain(name))
        ax.vlines(peak["curvature"], 0, peak["relative"], color=style_of(i).color, linewidth=0.9, linestyle=":")
    ax.set(xlabel="curvature $a$", ylabel="weight $W(a)$ / largest", ylim=(0, 1.06), xlim=(0, None))


WEIGHTS = PaperFigure(
    name="weights",
    title="Curvature weights and their maxima",
    caption="The weight $W(a)$ that each algorithm gives to a direction of curvature $a$ when tasks are judged on the"
    " data that they adapt on: its fixed point is the average of the optima weighted by $W(A_i)$. Gradient descent with"
    f" $K = {STEPS}$ steps of size $\\alpha = {LR}$; $\\lambda = 1/(\\alpha K)$; truncated MAML keeps the Jacobian of"
    " one step. Each weight is divided by its largest value on $[0, 1/\\alpha]$; only ratios matter. Dotted: the maxima"
    " $1/((2K+1)\\alpha)$ of MAML, $1/((K+2)\\alpha)$ of truncated MAML, $1/((K+1)\\alpha)$ of FOMAML, $\\lambda$ of"
    " iMAML. Joint training and Reptile grow.",
    illustrates="The mathematics, 'Curvature weights', the table of weights; ledger G2, G3, G7.",
    data=lambda: weights_table(_with_truncated(), 1 / LR),
    panels=(draw_weights,),
    aspect=0.62,
)


def _with_truncated() -> dict[str, Algorithm]:
    table = algorithms()
    return {**table, "truncated": TruncatedMAML(GradientDescent(LR, STEPS), depth=1)}


def spectra_table(tasks: Tasks, algorithms: Mapping[str, Algorithm]) -> Table:
    """The eigenvalues of each task's query Hessian, and of M of each algorithm.

    Columns: of ("task 1", ..., or the name of an algorithm), kind ("task" or "algorithm"), eigenvalue.
    """
    own = arrays.to_numpy(task_spectra(check_tasks(tasks).query))
    rows = [("task", f"task {i + 1}", values) for i, values in enumerate(own)]
    rows += [
        ("algorithm", name, _real(each.field(tasks).spectrum())) for name, each in check_algorithms(algorithms).items()
    ]
    return Table.stack(Table({"of": of, "kind": kind, "eigenvalue": values}) for kind, of, values in rows)


def _real(values: Array) -> Array:
    return np.real(arrays.to_numpy(values))


def spectra(tasks: Tasks, algorithms: Mapping[str, Algorithm], ax: Axes = None) -> Axes:
    """Draw the eigenvalues of each task and, below them, of M of each algorithm: one row each, logarithmic.

    Of a matrix that is not symmetric the real parts are drawn; eigenvalues <= 0 have no place on the axis.

    Parameters
    ----------
    tasks : Tasks
        The tasks.
    algorithms : mapping of str to Algorithm
        By their names on the axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml import Joint
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> [text.get_text() for text in spectra(tasks, {"joint": Joint()}).get_yticklabels()]
    ['task 1', 'task 2', 'joint']
    """
    return drawn(draw_spectra, spectra_table(tasks, algorithms), ax)


def draw_spectra(table: Table, ax: Axes) -> None:
    names = list(dict.fromkeys(table["of"].tolist()))
    tasks = sum(name in table.where(kind="task")["of"] for name in names)
    for row, (_, own) in enumerate(table.split("of")):
        style = style_of(0 if row < tasks else row - tasks)
        values = own["eigenvalue"]
        ax.plot(values, np.full(len(values), row), color=style.color, linewidth=0.6, alpha=0.5)
        face: Any = "none" if row < tasks else style.color
        marker = "o" if row < tasks else style.marker
        ax.plot(values, np.full(len(values), row), marker, color=style.color, markerfacecolor=face, linestyle="none")
    ax.axhline(tasks - 0.5, color="#7F7F7F", linewidth=0.6)
    log_axis(ax.xaxis)
    ax.set_yticks(range(len(names)), [plain(name) for name in names])
    ax.set(xlabel="eigenvalue", ylim=(len(names) - 0.5, -0.5))
    ax.grid(visible=True, axis="x", color="#E6E6E6", linewidth=0.6)


SPECTRA = PaperFigure(
    name="spectra",
    title="Spectra of the tasks and of M",
    caption="Above the line: eigenvalues of the Hessians of five tasks in six dimensions. Below: eigenvalues of the"
    " matrix $M$ of the meta-gradient $M\\theta - v$ of each algorithm on them; gradient descent with"
    f" $K = {STEPS}$ steps of size $\\alpha = {LR}$, $\\lambda = 1/(\\alpha K)$. Adaptation takes most"
    " from the directions of large curvature: of these matrices, joint training's has the largest condition number.",
    illustrates="The mathematics, 'Meta-algorithms' and 'The outer loop'; ledger G2 and G3.",
    data=lambda: spectra_table(many_tasks(), algorithms()),
    panels=(draw_spectra,),
    aspect=0.72,
)
