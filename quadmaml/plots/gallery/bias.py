"""What step size and step count do: FOMAML's distance from MAML, and the conditioning of the outer loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from ...algorithms import FOMAML, Algorithm
from ...errors import InputError
from ...sweeps import sweep
from ...tasks import Tasks
from ..arguments import check_choice
from ..paper import Panel, PaperFigure
from ..style import Axes, drawn, line, log_axis, plain
from ..sweep import AXES
from ..table import Table
from .examples import LR, STEPS, algorithms, many_tasks

__all__ = ["BIAS", "CONDITIONING", "bias_table", "conditioning", "conditioning_table", "first_order_bias"]

SIZES = np.geomspace(0.002, 0.24, 161)
COUNTS = (1, 3, 10)
ALL_COUNTS = range(1, 31)
ALL_SIZES = (0.02, 0.08, LR)

Factories = Mapping[str, Callable[[float, int], Algorithm]]


def bias_table(tasks: Tasks, lrs: Sequence[float], steps: Sequence[int]) -> Table:
    """How far FOMAML ends from MAML, for each number of steps and each step size of gradient descent.

    Columns: lr, steps, bias (the Euclidean distance between the two fixed points).
    """
    found = sweep(tasks, [FOMAML], lr=[float(lr) for lr in lrs], steps=list(steps), quantities="bias")
    each = {"lr": np.tile(lrs, len(steps)), "steps": np.repeat(steps, len(lrs))}
    return Table({**each, "bias": found["bias"][0].T.ravel()})


def first_order_bias(
    tasks: Tasks, lrs: Sequence[float], steps: Sequence[int], against: str = "lr", ax: Axes = None
) -> Axes:
    """Draw the distance of FOMAML's fixed point from MAML's against the step size or the number of steps.

    Parameters
    ----------
    tasks : Tasks
        The tasks.
    lrs, steps : sequences of numbers
        Step sizes > 0 and numbers of steps of the inner gradient descent.
    against : str
        "lr" or "steps": the axis; each value of the other is a curve.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> ax = first_order_bias(tasks, lrs=[0.1, 0.2], steps=[1, 2])
    >>> ax.get_legend_handles_labels()[1]
    ['$K = 1$', '$K = 2$']
    """
    check_choice("against", against, ("lr", "steps"))
    return drawn(lambda table, ax: _draw_bias(table, ax, against), bias_table(tasks, lrs, steps), ax)


def _draw_bias(table: Table, ax: Axes, against: str) -> None:
    other = "steps" if against == "lr" else "lr"
    for i, (value, rows) in enumerate(table.split(other)):
        name = f"$K = {value}$" if other == "steps" else rf"$\alpha = {value:g}$"
        line(ax, rows[against], rows["bias"], i if other == "steps" else i + 3, name)
    if against == "lr":
        log_axis(ax.xaxis)
    ax.set(xlabel=AXES[against], ylabel="distance from MAML", ylim=(0, None))


def _bias_data() -> Table:
    tasks = many_tasks()
    by_size = bias_table(tasks, [float(lr) for lr in SIZES], COUNTS)
    by_count = bias_table(tasks, ALL_SIZES, ALL_COUNTS)
    return Table.stack(
        Table({"against": against, **part.columns}) for against, part in (("lr", by_size), ("steps", by_count))
    )


BIAS = PaperFigure(
    name="bias",
    title="The bias of FOMAML",
    caption="Distance between the fixed points of FOMAML and MAML on five tasks in six dimensions: (a) against the"
    " inner step size $\\alpha$ for three numbers of steps $K$; (b) against $K$ for three step sizes. For small"
    " $\\alpha K$ it is proportional to $\\alpha K$. With more steps it does not vanish: the two weigh the tasks by"
    " different functions of their curvature.",
    illustrates="The mathematics, 'Curvature weights' (the weights of FOMAML and MAML); ledger F5 (FOMAML"
    " finds the same solution as MAML):"
    " it does so only under a condition.",
    data=_bias_data,
    panels=(
        lambda table, ax: _draw_bias(table.where(against="lr"), ax, "lr"),
        lambda table, ax: _draw_bias(table.where(against="steps"), ax, "steps"),
    ),
)


def conditioning_table(tasks: Tasks, algorithms: Factories, lrs: Sequence[float], steps: Sequence[int]) -> Table:
    """Condition number of M and best rate of the outer loop, for each algorithm, step size and number of steps.

    Columns: algorithm, steps, lr, condition, rate (the spectral radius at the best outer step size).
    """
    sizes = [float(lr) for lr in lrs]
    found = sweep(tasks, dict(algorithms), lr=sizes, steps=list(steps), quantities=["condition", "rate"])
    each = {"steps": np.repeat(steps, len(sizes)), "lr": np.tile(sizes, len(steps))}
    return Table.stack(
        Table({"algorithm": name, **each, **{asked: found[asked][i].T.ravel() for asked in ("condition", "rate")}})
        for i, name in enumerate(algorithms)
    )


def conditioning(
    tasks: Tasks,
    algorithms: Factories,
    lrs: Sequence[float],
    steps: Sequence[int],
    against: str = "lr",
    quantity: str = "condition",
    ax: Axes = None,
) -> Axes:
    """Draw the condition number of M, or the best rate of the outer loop, of each algorithm.

    Parameters
    ----------
    tasks : Tasks
        The tasks.
    algorithms : mapping of str to callable
        By the name in the legend, ``algorithm_of(lr, steps)``.
    lrs, steps : sequences of numbers
        The step sizes and the numbers of steps; of that which is no axis a single one.
    against : str
        "lr" or "steps": the axis.
    quantity : str
        "condition" or "rate".
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent
    >>> tasks = Tasks.from_minimizers([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0], [4.0, 1.0]])
    >>> maml = lambda lr, steps: MAML(GradientDescent(lr, steps))
    >>> conditioning(tasks, {"MAML": maml}, [0.1, 0.2], [1], quantity="rate").get_ylabel()
    'outer rate'
    """
    other = {"lr": ("steps", steps), "steps": ("lrs", lrs)}[check_choice("against", against, ("lr", "steps"))]
    check_choice("quantity", quantity, ("condition", "rate"))
    if len(other[1]) > 1:
        raise InputError(f"{other[0]}: got {len(other[1])} values; expected one, for the axis is {against}")
    table = conditioning_table(tasks, algorithms, lrs, steps)
    return drawn(lambda table, ax: _draw_conditioning(table, ax, against, quantity), table, ax)


def _draw_conditioning(table: Table, ax: Axes, against: str, quantity: str) -> None:
    for i, (name, rows) in enumerate(table.split("algorithm")):
        line(ax, rows[against], rows[quantity], i, plain(name))
    if quantity == "condition":
        log_axis(ax.yaxis)
        ax.set_ylabel("condition number")
    else:
        ax.set_ylabel("outer rate")
    ax.set_xlabel(AXES[against])


def _made(name: str) -> Callable[[float, int], Algorithm]:
    return lambda lr, steps: algorithms(lr, steps)[name]


def _conditioning_data() -> Table:
    tasks = many_tasks()
    made = {name: _made(name) for name in algorithms()}
    by_size = conditioning_table(tasks, made, np.linspace(0.01, 0.24, 93).tolist(), [STEPS])
    by_count = conditioning_table(tasks, made, [LR], range(1, 21))
    return Table.stack(
        Table({"against": against, **part.columns}) for against, part in (("lr", by_size), ("steps", by_count))
    )


def _panel(against: str, quantity: str) -> Panel:
    return lambda table, ax: _draw_conditioning(table.where(against=against), ax, against, quantity)


CONDITIONING = PaperFigure(
    name="conditioning",
    title="Conditioning of the outer loop",
    caption="Condition number of the matrix $M$ of the meta-gradient (top) and the factor by which each outer step"
    " shrinks the error at the best fixed step size (bottom), on five tasks in six dimensions: (a), (c) against the"
    f" inner step size $\\alpha$ at $K = {STEPS}$; (b), (d) against $K$ at $\\alpha = {LR}$. iMAML has"
    " $\\lambda = 1/(\\alpha K)$.",
    illustrates="The mathematics, 'The outer loop': the rate at the best outer step size is a function of"
    " the condition number.",
    data=_conditioning_data,
    panels=tuple(_panel(against, quantity) for quantity in ("condition", "rate") for against in ("lr", "steps")),
    aspect=0.75,
    narrow=True,
)
