"""The paired difference of two lists of losses, with its standard error and an interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .errors import InputError, check_steps

__all__ = ["LEVEL", "Comparison", "compare"]

LEVEL = 0.95
SAME = 1e-9
SAME_OF_MEAN = 1e-8


@dataclass(frozen=True)
class Comparison:
    """The mean over tasks of one loss minus another, task by task.

    Parameters
    ----------
    mean : float
        The mean difference; negative if the first is better.
    ratio : float or None
        The mean of the first divided by the mean of the second, None if that is not positive.
    standard_error : float or None
        Of the mean difference, taking tasks as independent; None for one task.
    low, high : float or None
        The ends of the interval for the mean difference, None for one task.
    tasks : int
        Number of tasks.
    """

    mean: float
    ratio: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    tasks: int

    @property
    def clear(self) -> bool:
        """Whether the interval excludes 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


def compare(losses: Any, baseline: Any, weights: Any = None, *, comparisons: int = 1) -> Comparison | None:
    """Compare two lists of losses of the same tasks; None where one of them holds a number that is not finite.

    The interval is ``mean ± t standard_error``, t the quantile of Student's distribution with n - 1 degrees of freedom
    for a level of 95 %; of several comparisons at once, for that level of all together (Bonferroni). A difference below
    1e-9 of the baseline, or 1e-8 of its mean, on every task is rounding error and counts as 0.

    Parameters
    ----------
    losses, baseline : arrays, shape (n,)
        The losses, those to compare with.
    weights : array, shape (n,), optional
        Weights of the tasks, with sum 1; by default equal.
    comparisons : int
        How many comparisons are made together, at least 1.

    Examples
    --------
    >>> found = compare([1.0, 2.0, 3.0], [2.0, 3.0, 4.5])
    >>> print(f"{found.mean:.4f} {found.standard_error:.4f} {found.low:.3f} {found.high:.3f} {found.clear}")
    -1.1667 0.1667 -1.884 -0.450 True
    """
    import numpy as np

    ours, theirs = np.asarray(losses, dtype=float), np.asarray(baseline, dtype=float)
    if ours.ndim != 1 or ours.shape != theirs.shape or not ours.size:
        raise InputError(f"losses: has shape {ours.shape} beside {theirs.shape}; expected two of one length >= 1")
    check_steps("comparisons", comparisons, at_least=1)
    if not (np.isfinite(ours).all() and np.isfinite(theirs).all()):
        return None
    n = len(ours)
    w = np.full(n, 1 / n) if weights is None else np.asarray(weights, dtype=float)
    difference = ours - theirs
    if (np.abs(difference) <= np.maximum(SAME * np.abs(theirs), SAME_OF_MEAN * float(w @ np.abs(theirs)))).all():
        difference = np.zeros(n)
    mean, base = float(w @ difference), float(w @ theirs)
    ratio = 1 + mean / base if base > 0 else None
    if n == 1:
        return Comparison(mean, ratio, None, None, None, n)
    # Scaled, for the squares of the losses of tasks on which adaptation diverges overflow.
    largest = float(np.abs(difference - mean).max()) or 1.0
    error = largest * math.sqrt(float((w**2) @ ((difference - mean) / largest) ** 2) * n / (n - 1))
    reach = _quantile(n - 1, comparisons) * error
    return Comparison(mean, ratio, error, mean - reach, mean + reach, n)


def _quantile(freedom: int, comparisons: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 1 - (1 - LEVEL) / (2 * comparisons)))
