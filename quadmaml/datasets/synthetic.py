"""Synthetic families of tasks: random curvature of a given spectrum, linear regression with priors, sinusoids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arrays import Array
from ..errors import InputError, check_number, check_steps
from ..tasks import Tasks
from .groups import RegressionGroups

__all__ = ["linear_regression", "random_tasks", "sinusoids"]

INPUTS = ("fixed", "uniform", "window")


def random_tasks(n: int, spectrum: Any, spread: float = 1.0, seed: int = 0) -> Tasks:
    """Tasks ``1/2 (x - c)'Q diag(spectrum) Q'(x - c)`` with Q a random rotation and ``c ~ N(0, spread^2 I)``.

    Parameters
    ----------
    n : int
        Number of tasks, at least 1.
    spectrum : array, shape (d,) or (n, d)
        The eigenvalues of every Hessian, or of each, all > 0.
    spread : float
        Standard deviation of each coordinate of an optimum, >= 0.
    seed : int
        Of the random numbers, >= 0.

    Examples
    --------
    >>> import numpy as np
    >>> tasks = random_tasks(3, [1.0, 4.0], seed=1)
    >>> np.linalg.eigvalsh(tasks.support.hessian).round(9).tolist()
    [[1.0, 4.0], [1.0, 4.0], [1.0, 4.0]]
    """
    import numpy as np

    n, rng = check_steps("n", n, at_least=1), np.random.default_rng(check_steps("seed", seed))
    values = _numbers("spectrum", spectrum)
    if values.ndim not in (1, 2) or not values.size or values.shape[:-1] not in ((), (n,)) or not (values > 0).all():
        raise InputError(f"spectrum: got shape {values.shape}; expected (d,) or ({n}, d) numbers > 0")
    check_number("spread", spread, at_least=0)
    d = values.shape[-1]
    Q, R = np.linalg.qr(rng.normal(size=(n, d, d)))
    # With these signs the rotation is uniformly distributed.
    Q = Q * np.sign(np.diagonal(R, axis1=1, axis2=2))[:, None, :]
    A = (Q * np.broadcast_to(values, (n, d))[:, None, :]) @ np.swapaxes(Q, 1, 2)
    return Tasks.from_minimizers((A + np.swapaxes(A, 1, 2)) / 2, spread * rng.normal(size=(n, d)))


def linear_regression(
    n: int,
    coefficients: tuple[Any, Any],
    inputs: Any,
    *,
    rows: tuple[int, int] = (10, 10),
    noise: float = 0.1,
    log_scale: float = 0.0,
    coupling: float = 0.0,
    seed: int = 0,
) -> RegressionGroups:
    """Linear regression tasks ``y = x'b + noise`` with a prior on the coefficients and on the inputs.

    In task i, ``b_i ~ N(mean, covariance)`` and ``x ~ N(0, s_i^2 inputs)``, with ``log s_i ~ N(0, log_scale^2)``. The
    correlation of log s_i with each standardised coefficient is ``coupling / sqrt(d)``, along the direction
    ``u = (1, ..., 1) / sqrt(d)``; it is what gives meta-learning something to find. With many rows and no penalty the
    curvature is ``s_i^2 inputs``, and joint training ends ``2 coupling log_scale R u`` away from the mean of the
    coefficients, R the square root of their covariance (by tilting a normal distribution), plus sampling error.

    Parameters
    ----------
    n : int
        Number of tasks, at least 1.
    coefficients : pair of arrays, shapes (d,) and (d, d)
        Mean and covariance, positive semidefinite.
    inputs : array, shape (d, d)
        Covariance of the inputs, positive semidefinite.
    rows : pair of int
        Support and query rows of each task, at least 1 each.
    noise, log_scale : float
        Standard deviations, >= 0.
    coupling : float
        In [-1, 1].
    seed : int
        Of the random numbers, >= 0.

    Examples
    --------
    >>> groups = linear_regression(5, ([0.0, 1.0], [[1.0, 0.0], [0.0, 1.0]]), [[1.0, 0.0], [0.0, 1.0]], rows=(3, 4))
    >>> len(groups), [part.shape for part in groups.groups[0]]
    (5, [(3, 2), (3,), (4, 2), (4,)])
    """
    import numpy as np

    n, rng = check_steps("n", n, at_least=1), np.random.default_rng(check_steps("seed", seed))
    support, query = _rows(rows)
    if not isinstance(coefficients, (tuple, list)) or len(coefficients) != 2:
        raise InputError(f"coefficients: got {coefficients!r}; expected a pair, their mean and covariance")
    mean = _numbers("coefficients", coefficients[0])
    d = len(mean) if mean.ndim == 1 else 0
    roots = [_root(name, C, d) for name, C in (("coefficients", coefficients[1]), ("inputs", inputs))]
    check_number("noise", noise, at_least=0)
    check_number("log_scale", log_scale, at_least=0)
    if not abs(check_number("coupling", coupling)) <= 1:
        raise InputError(f"coupling: got {coupling!r}; expected a number in [-1, 1]")
    z = rng.normal(size=(n, d))
    along = z.sum(axis=1) / np.sqrt(d)
    log_s = log_scale * (coupling * along + np.sqrt(1 - coupling**2) * rng.normal(size=n))
    if log_s.max() > 300:
        raise InputError(f"log_scale: got {log_scale!r}; expected scales that do not overflow")
    X = np.exp(log_s)[:, None, None] * (rng.normal(size=(n, support + query, d)) @ roots[1])
    y = np.einsum("nmd,nd->nm", X, mean + z @ roots[0]) + noise * rng.normal(size=(n, support + query))
    return _groups(X, y, support, [f"x{j + 1}" for j in range(d)], "linear regression")


def sinusoids(
    n: int,
    inputs: str = "uniform",
    *,
    features: int = 40,
    rows: tuple[int, int] = (10, 10),
    seed: int = 0,
    feature_seed: int = 0,
) -> RegressionGroups:
    """Sinusoids ``y = amplitude sin(x + phase)`` as linear tasks on random Fourier features.

    Amplitudes are uniform in [0.5, 1.5], phases in [0, 2 pi). The features are ``sqrt(2/D) cos(w x + b)``, with
    ``w ~ N(0, 1)`` and b uniform, the same for all tasks.

    Parameters
    ----------
    n : int
        Number of tasks, at least 1.
    inputs : str
        ``"uniform"``: x is drawn from [-5, 5] anew in every task, so that curvature says nothing about the optimum.
        ``"fixed"``: all tasks have the same inputs, equidistant in [-5, 5], for support and query, so that all
        curvatures are equal. ``"window"``: x is drawn from a window of width 5 centred at ``5 (phase / pi - 1)``, so
        that where a task has curvature says where its optimum is.
    features : int
        Number D of features, at least 1.
    rows : pair of int
        Support and query rows of each task, at least 1 each; equal for fixed inputs.
    seed, feature_seed : int
        Of the tasks and of the features, >= 0.

    Notes
    -----
    The sinusoids of Finn, Abbeel, Levine (2017), section 5.1, with the features of Rahimi, Recht (2007).

    Examples
    --------
    >>> groups = sinusoids(3, "window", features=5)
    >>> len(groups), groups.groups[0][0].shape
    (3, (10, 5))
    """
    import numpy as np

    if inputs not in INPUTS:
        raise InputError(f"inputs: got {inputs!r}; expected one of {', '.join(INPUTS)}")
    n, rng = check_steps("n", n, at_least=1), np.random.default_rng(check_steps("seed", seed))
    D = check_steps("features", features, at_least=1)
    support, query = _rows(rows)
    amplitude, phase = rng.uniform(0.5, 1.5, size=(n, 1)), rng.uniform(0, 2 * np.pi, size=(n, 1))
    if inputs == "fixed":
        if support != query:
            raise InputError(f"rows: got {rows}; expected equally many of both parts, whose fixed inputs are the same")
        x = np.tile(np.linspace(-5, 5, support), (n, 2))
    else:
        x = rng.uniform(-5, 5, size=(n, support + query))
        x = 5 * (phase / np.pi - 1) + x / 2 if inputs == "window" else x
    chance = np.random.default_rng(check_steps("feature_seed", feature_seed))
    w, b = chance.normal(size=D), chance.uniform(0, 2 * np.pi, size=D)
    X = np.sqrt(2 / D) * np.cos(x[..., None] * w + b)
    names = [f"feature {j + 1}" for j in range(D)]
    return _groups(X, amplitude * np.sin(x + phase), support, names, f"sinusoids, {inputs} inputs")


def _groups(X: Array, y: Array, support: int, names: Sequence[str], source: str) -> RegressionGroups:
    return RegressionGroups(
        names=tuple(f"task {i + 1}" for i in range(len(X))),
        groups=tuple((a[:support], b[:support], a[support:], b[support:]) for a, b in zip(X, y, strict=True)),
        features=tuple(names),
        target="y",
        scales={},
        source=source,
        intercept=False,
        standardised=False,
        split=f"the first {support} row{'s' if support > 1 else ''}",
    )


def _rows(rows: Any) -> tuple[int, int]:
    if not isinstance(rows, (tuple, list)) or len(rows) != 2:
        raise InputError(f"rows: got {rows!r}; expected a pair of numbers of rows, of support and query")
    support, query = (check_steps("rows", m, at_least=1) for m in rows)
    return support, query


def _numbers(name: str, values: Any) -> Array:
    import numpy as np

    try:
        numbers = np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise InputError(f"{name}: got {values!r}; expected an array of numbers") from None
    if not np.isfinite(numbers).all():
        raise InputError(f"{name}: has entries that are nan or infinite; expected finite numbers")
    return numbers


def _root(name: str, covariance: Any, d: int) -> Array:
    """The symmetric square root of a covariance matrix."""
    import numpy as np

    C = _numbers(name, covariance)
    refusal = InputError(f"{name}: has shapes that do not fit; expected a mean (d,) and covariance matrices (d, d)")
    if d == 0 or C.shape != (d, d):
        raise refusal
    values, vectors = np.linalg.eigh((C + C.T) / 2)
    if values.min() < -1e-12 * max(values.max(), 1e-300) or not np.allclose(C, C.T):
        raise InputError(f"{name}: is no covariance matrix; expected one that is symmetric and positive semidefinite")
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T
