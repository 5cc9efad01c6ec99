"""Where a statement holds in the plane of two hyperparameters, and by what margin; two statements of the literature."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from . import linalg
from .adaptation import GradientDescent
from .algorithms import FOMAML, MAML, adapted_losses
from .arrays import Array
from .errors import ConvergenceError, InputError, SingularError, check_number, known
from .exact import to_float
from .meta_algorithm import check_tasks
from .tasks import Tasks

__all__ = [
    "FAILS",
    "HOLDS",
    "UNDECIDED",
    "margin_of_first_order",
    "margin_over_midpoint",
    "margins",
    "region",
]

HOLDS, FAILS, UNDECIDED = 1, 0, -1

Progress = Callable[[int, int, str], None]


def region(
    predicate: Callable[[Any, Any], Any],
    x: Sequence[Any],
    y: Sequence[Any],
    progress: Progress | None = None,
) -> Array:
    """Where a statement about two hyperparameters holds: a NumPy array of 1, 0 and -1, shape ``(len(y), len(x))``.

    Parameters
    ----------
    predicate : callable
        ``predicate(x, y)`` is true where the statement holds, false where it fails. -1, undecided, is noted where it
        returns None, or raises :class:`~quadmaml.SingularError` or :class:`~quadmaml.ConvergenceError`: there it speaks
        of a fixed point that does not exist.
    x, y : sequences
        The values of the two hyperparameters, as they are handed to the predicate.
    progress : callable, optional
        ``progress(done, total, what)`` is called before each row, and once at the end.

    Raises
    ------
    InputError
        If there are no values, or the predicate is no function.

    Examples
    --------
    >>> stable = region(lambda lr, curvature: lr * curvature < 2, [0.5, 1.0], [1.0, 3.0])
    >>> stable.tolist()
    [[1, 1], [1, 0]]
    """
    import numpy as np

    found = np.full((len(y), len(x)), UNDECIDED, dtype=np.int8)
    for place, holds in _evaluated("predicate", predicate, x, y, progress):
        if holds is not None:
            found[place] = HOLDS if holds else FAILS
    return found


def margins(
    margin: Callable[[Any, Any], Any],
    x: Sequence[Any],
    y: Sequence[Any],
    progress: Progress | None = None,
) -> Array:
    """The margin by which a statement about two hyperparameters holds: floats of shape ``(len(y), len(x))``.

    Parameters
    ----------
    margin : callable
        ``margin(x, y)`` is at least 0 where the statement holds. nan is noted where ``region`` would say undecided.
    x, y : sequences
        The values of the two hyperparameters, as they are handed to the function.
    progress : callable, optional
        ``progress(done, total, what)`` is called before each row, and once at the end.

    Raises
    ------
    InputError
        If there are no values, or the margin is no function.

    Examples
    --------
    >>> margins(lambda lr, curvature: 2 - lr * curvature, [0.5, 1.0], [1.0, 3.0]).tolist()
    [[1.5, 1.0], [0.5, -1.0]]
    """
    import numpy as np

    found = np.full((len(y), len(x)), math.nan)
    for place, value in _evaluated("margin", margin, x, y, progress):
        if value is not None:
            found[place] = to_float("margin", value)
    return found


def _evaluated(
    name: str, of: Callable[[Any, Any], Any], x: Sequence[Any], y: Sequence[Any], progress: Progress | None
) -> Iterator[tuple[tuple[int, int], Any]]:
    """The value of a function at each pair, with its place; None where it speaks of a fixed point that is not there."""
    if not callable(of):
        raise InputError(f"{name}: got {of!r}; expected a function of two hyperparameters")
    for axis, values in (("x", x), ("y", y)):
        if not len(values):
            raise InputError(f"{axis}: is empty; expected at least one value")
    for row, b in enumerate(y):
        if progress is not None:
            progress(row * len(x), len(x) * len(y), "mapping a region")
        for column, a in enumerate(x):
            try:
                value = of(a, b)
            except (SingularError, ConvergenceError):
                value = None
            yield (row, column), value
    if progress is not None:
        progress(len(x) * len(y), len(x) * len(y), "mapping a region")


def margin_over_midpoint(tasks: Tasks, lr: Any, trained: int, steps: int) -> Any:
    """By what share the mean loss from MAML's fixed point is below that from the midpoint, after adapting from both.

    ``1 - L(theta_MAML) / L(mean of the optima)``, with L the weighted mean of the query losses after ``steps`` steps of
    gradient descent of size ``lr``, and MAML trained for ``trained`` of them. At least 0 for ``steps == trained``.

    Parameters
    ----------
    tasks : Tasks
        With query losses that are not negative.
    lr : number
        Step size > 0.
    trained, steps : int
        Numbers of steps >= 0.

    Raises
    ------
    InputError
        If the loss to compare with is not above 0.
    SingularError
        If MAML has no single fixed point.

    Notes
    -----
    Golmant (2018), A case study of MAML on quadratics: claim G14 of the ledger, that it is so for any number of steps.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> [round(float(margin_over_midpoint(tasks, 0.25, 1, steps)), 6) for steps in (0, 1)]
    [-0.75, 0.25]
    """
    loop = GradientDescent(lr, steps)
    start = MAML(GradientDescent(lr, trained)).fixed_point(check_tasks(tasks))
    return 1 - _ratio(tasks, start, tasks.mean_minimizer(), loop)


def margin_of_first_order(tasks: Tasks, lr: Any, steps: int, within: Any = 0.1) -> Any:
    """By what share FOMAML's mean loss is below ``1 + within`` times MAML's, after adapting from their fixed points.

    ``1 + within - L(theta_FOMAML) / L(theta_MAML)``, with L the weighted mean of the query losses after the ``steps``
    steps of gradient descent of size ``lr`` that both were trained for. At most ``within``, as MAML minimises L.

    Parameters
    ----------
    tasks : Tasks
        With query losses that are not negative.
    lr : number
        Step size > 0.
    steps : int
        Number of steps >= 0.
    within : number
        The share >= 0 by which FOMAML's loss may be larger.

    Raises
    ------
    InputError
        If the loss to compare with is not above 0.
    SingularError
        If one of them has no single fixed point.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> round(float(margin_of_first_order(tasks, 0.25, 1)), 6)
    -0.233333
    """
    loop = GradientDescent(lr, steps)
    first_order, second = (kind(loop).fixed_point(check_tasks(tasks)) for kind in (FOMAML, MAML))
    return 1 + check_number("within", within, at_least=0) - _ratio(tasks, first_order, second, loop)


def _ratio(tasks: Tasks, theta: Array, other: Array, loop: GradientDescent) -> Any:
    """The mean loss after adapting from one start, over that from another."""
    losses = [linalg.dot(tasks.weights, adapted_losses(tasks, each, loop)) for each in (theta, other)]
    if known(lambda: losses[1] <= 0):
        raise InputError(f"tasks: the mean loss to compare with is {losses[1]}; expected a loss above 0")
    return losses[0] / losses[1]
