"""Where a statement holds in the plane of two hyperparameters."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .arrays import Array
from .errors import ConvergenceError, InputError, SingularError

__all__ = ["FAILS", "HOLDS", "UNDECIDED", "region"]

HOLDS, FAILS, UNDECIDED = 1, 0, -1


def region(
    predicate: Callable[[Any, Any], Any],
    x: Sequence[Any],
    y: Sequence[Any],
    progress: Callable[[int, int, str], None] | None = None,
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

    if not callable(predicate):
        raise InputError(f"predicate: got {predicate!r}; expected a function of two hyperparameters")
    for name, values in (("x", x), ("y", y)):
        if not len(values):
            raise InputError(f"{name}: is empty; expected at least one value")
    found = np.full((len(y), len(x)), UNDECIDED, dtype=np.int8)
    for row, b in enumerate(y):
        if progress is not None:
            progress(row * len(x), len(x) * len(y), "mapping a region")
        for column, a in enumerate(x):
            try:
                holds = predicate(a, b)
            except (SingularError, ConvergenceError):
                holds = None
            if holds is not None:
                found[row, column] = HOLDS if holds else FAILS
    if progress is not None:
        progress(found.size, found.size, "mapping a region")
    return found
