"""Fine-tuning: loss against adaptation steps, and how much of the start the adapted point remembers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ... import arrays
from ...adaptation import Chebyshev, GradientDescent, GradientFlow, HeavyBall, ProximalGradientDescent
from ...algorithms import adapted_losses
from ...errors import InputError, check_count, check_steps
from ...inner_loop import InnerLoop
from ...meta_algorithm import check_tasks
from ...quadratic import Quadratic
from ...spectra import jacobian_norms
from ...tasks import Tasks
from ..arguments import check_choice, check_named
from ..paper import Panel, PaperFigure
from ..style import Axes, drawn, line, log_axis, plain
from ..table import Table
from .examples import LR, STEPS, algorithms, two_tasks

__all__ = ["FINE_TUNING", "MEMORY", "fine_tuning", "fine_tuning_table", "memory", "memory_table"]

MEAN = "mean"
Loops = Mapping[str, Callable[[int], InnerLoop]]


def fine_tuning_table(
    tasks: Tasks, starts: Mapping[str, Any], inner_of_k: Callable[[int], InnerLoop], steps: int
) -> Table:
    """The query loss after k = 0, ..., steps adaptation steps from each start: of each task, and the weighted mean.

    Columns: start, task ("mean", "task 1", ...), steps, loss.
    """
    weights = arrays.to_numpy(arrays.as_float(check_tasks(tasks).weights))
    largest = check_count("steps", check_steps("steps", steps))
    if not callable(inner_of_k):
        raise InputError(f"inner_of_k: got {inner_of_k!r}; expected a function of the number of steps")
    loops = [inner_of_k(k) for k in range(largest + 1)]
    parts = []
    for name, theta in check_named("starts", starts).items():
        losses = np.stack([arrays.to_numpy(arrays.as_float(adapted_losses(tasks, theta, loop))) for loop in loops])
        for task, loss in zip([MEAN, *_names(tasks)], [losses @ weights, *losses.T], strict=True):
            parts.append(Table({"start": name, "task": task, "steps": range(largest + 1), "loss": loss}))
    return Table.stack(parts)


def _names(tasks: Tasks) -> list[str]:
    return [f"task {i + 1}" for i in range(len(tasks))]


def fine_tuning(
    tasks: Tasks,
    starts: Mapping[str, Any],
    inner_of_k: Callable[[int], InnerLoop],
    steps: int,
    task: str = MEAN,
    ax: Axes = None,
) -> Axes:
    """Draw the query loss of one task, or the mean over tasks, after k adaptation steps from each start.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of dimension d.
    starts : mapping of str to array of shape (d,)
        Where to start, by the name in the legend.
    inner_of_k : callable
        The inner loop with k steps, as in ``lambda k: GradientDescent(lr, k)``.
    steps : int
        The largest k.
    task : str
        "mean", or "task 1", "task 2", ...
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> ax = fine_tuning(tasks, {"midpoint": [2.0]}, lambda k: GradientDescent(0.5, k), steps=2, task="task 1")
    >>> ax.lines[0].get_ydata().tolist()
    [2.0, 0.5, 0.125]
    """
    check_choice("task", task, [MEAN, *_names(check_tasks(tasks))])
    table = fine_tuning_table(tasks, starts, inner_of_k, steps)
    return drawn(lambda table, ax: _draw_fine_tuning(table, ax, task), table, ax)


def _draw_fine_tuning(table: Table, ax: Axes, task: str, trained_for: int | None = None) -> None:
    for i, (name, rows) in enumerate(table.where(task=task).split("start")):
        line(ax, rows["steps"], rows["loss"], i, plain(name))
    if (table["loss"] > 0).all():
        log_axis(ax.yaxis)
    if trained_for is not None:
        ax.axvline(trained_for, color="#7F7F7F", linewidth=0.6, zorder=0)
    ax.set(xlabel="steps $k$", ylabel="loss", title=task)
    ax.xaxis.get_major_locator().set_params(integer=True)


def _fine_tuning_data() -> Table:
    tasks = two_tasks()
    starts = {name: each.fixed_point(tasks) for name, each in algorithms().items()}
    starts["midpoint"] = tasks.mean_minimizer()
    return fine_tuning_table(tasks, starts, lambda k: GradientDescent(LR, k), 4 * STEPS)


def _fine_tuning_panel(task: str) -> Panel:
    def panel(table: Table, ax: Axes) -> None:
        _draw_fine_tuning(table, ax, task, STEPS)
        # One scale for all panels.
        ax.set_ylim(0.7 * table["loss"].min(), 1.4 * table["loss"].max())
        log_axis(ax.yaxis)

    return panel


FINE_TUNING = PaperFigure(
    name="fine-tuning",
    title="Loss against adaptation steps",
    caption="Loss after adapting by gradient descent from the midpoint of the optima and from the fixed point of each"
    " algorithm: (a) mean over two tasks in the plane, (b), (c) each task. The grey line marks the"
    f" $K = {STEPS}$ steps of size $\\alpha = {LR}$ that the algorithms were trained for: there the mean is lowest from"
    " MAML's fixed point, and only there need it be.",
    illustrates="The mathematics, 'Curvature weights'; ledger G11, G13 and G14.",
    data=_fine_tuning_data,
    panels=tuple(_fine_tuning_panel(task) for task in (MEAN, "task 1", "task 2")),
    aspect=0.9,
    across=3,
)


def memory_table(support: Quadratic, loops: Loops, steps: int) -> Table:
    """The spectral norm of the Jacobian of the adapted point, after k = 0, ..., steps steps of each loop.

    Columns: loop, steps, norm.
    """
    parts = []
    for name, inner_of_k in check_named("loops", loops).items():
        norms = arrays.to_numpy(jacobian_norms(support, inner_of_k, steps))
        parts.append(Table({"loop": name, "steps": range(len(norms)), "norm": norms}))
    return Table.stack(parts)


def memory(support: Quadratic, loops: Loops, steps: int, ax: Axes = None) -> Axes:
    """Draw how much the adapted point depends on its start: the norm of dphi/dtheta after k steps.

    Parameters
    ----------
    support : Quadratic
        One task.
    loops : mapping of str to callable
        ``loops[name](k)`` is the inner loop with k steps.
    steps : int
        The largest k.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> ax = memory(Quadratic([[1.0]], [0.0]), {"gradient descent": lambda k: GradientDescent(0.5, k)}, steps=2)
    >>> ax.lines[0].get_ydata().tolist()
    [1.0, 0.5, 0.25]
    """
    return drawn(_draw_memory, memory_table(support, loops, steps), ax)


def _draw_memory(table: Table, ax: Axes) -> None:
    for i, (name, rows) in enumerate(table.split("loop")):
        line(ax, rows["steps"], rows["norm"], i, plain(name))
    log_axis(ax.yaxis)
    ax.set(xlabel="inner steps $k$", ylabel=r"$\|\mathrm{d}\phi_k/\mathrm{d}\theta\|$")


def _draw_memory_above(table: Table, ax: Axes) -> None:
    """The curves above 1/1000; Chebyshev's iteration leaves the others far behind."""
    _draw_memory(table, ax)
    ax.set_ylim(1e-3, 1.3)


MEMORY_TASK = {"hessian": [[4.0, 0.0], [0.0, 0.5]], "linear": [0.0, 0.0]}


def _memory_loops() -> Loops:
    return {
        "gradient descent": lambda k: GradientDescent(LR, k),
        "heavy ball": lambda k: HeavyBall(0.3, 0.3, k),
        "Chebyshev": lambda k: Chebyshev(0.5, 4.0, k),
        "gradient flow": lambda k: GradientFlow(LR * k),
        "proximal 0.5": lambda k: ProximalGradientDescent(0.5, LR, k),
        "proximal 0.1": lambda k: ProximalGradientDescent(0.1, LR, k),
    }


MEMORY = PaperFigure(
    name="memory",
    title="The start is forgotten",
    caption="Spectral norm of the Jacobian of the adapted point with respect to its start, against the number of inner"
    f" steps, on a task with curvatures 0.5 and 4: gradient descent and flow with $\\alpha = {LR}$ (time"
    " $\\alpha k$), heavy ball with step size 0.3 and momentum 0.3, Chebyshev's iteration on [0.5, 4]. They forget"
    " their start; gradient descent on the proximal problem of strength $\\lambda$ keeps $\\lambda/(\\lambda + 0.5)$ of"
    " it. The curves go on below.",
    illustrates="The mathematics, 'Inner loops' and 'Meta-algorithms'; the iMAML page, ledger I1 and I4;"
    " ledger F6 (the Jacobian is a product).",
    data=lambda: memory_table(Quadratic(**MEMORY_TASK), _memory_loops(), 24),
    panels=(_draw_memory_above,),
    aspect=0.6,
)
