"""Where a curvature weight is largest: to which curvature an algorithm listens most."""

from __future__ import annotations

from .algorithms import Algorithm
from .arrays import Array
from .errors import check_number

__all__ = ["weight_peak"]

GRID = 1001


def weight_peak(algorithm: Algorithm, largest: float) -> tuple[float, float] | None:
    """The curvature a in (0, largest) where the weight W(a) is largest, and W there; None if that is at an end.

    Found on a grid of 1001 points and refined between the neighbours of the best: of several equal or nearly equal
    peaks it is one, and a peak narrower than the grid may be missed.

    Parameters
    ----------
    algorithm : Algorithm
        With a spectral inner loop.
    largest : float
        The end of the interval, > 0.

    Raises
    ------
    InputError
        If the weight is not a function of the curvature alone.

    Notes
    -----
    For gradient descent with K steps of size lr: 1/((2K+1) lr) for MAML, 1/((K+1) lr) for FOMAML; for iMAML its
    strength. Joint training, Reptile and the Moreau envelope grow.

    Examples
    --------
    >>> from quadmaml import IMAML, MAML, GradientDescent, Joint
    >>> a, weight = weight_peak(MAML(GradientDescent(0.5, 2)), largest=2.0)
    >>> round(a, 6), round(weight, 6)
    (0.4, 0.16384)
    >>> weight_peak(Joint(), largest=2.0) is None
    True
    """
    import numpy as np
    from scipy.optimize import minimize_scalar

    check_number("largest", largest, above=0)
    grid: Array = np.linspace(0.0, float(largest), GRID)
    weights = algorithm.weight(grid)
    best = int(np.argmax(weights))
    found = minimize_scalar(
        lambda a: -float(algorithm.weight(float(a))),
        bounds=(grid[max(best - 1, 0)], grid[min(best + 1, GRID - 1)]),
        method="bounded",
        options={"xatol": 1e-12 * float(largest)},
    )
    top = -float(found.fun)
    return (float(found.x), top) if top > max(weights[0], weights[-1]) else None
