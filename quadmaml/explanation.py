"""Why a start lies where it lies: the distance to the mean of the optima, taken apart by cause, direction and task."""

from __future__ import annotations

from dataclasses import dataclass

from . import linalg
from .algorithms import Algorithm
from .analysis import as_numpy, task_fields
from .arrays import Array
from .errors import InputError, SingularError
from .meta_algorithm import check_algorithm, check_tasks
from .tasks import Tasks

__all__ = ["Explanation", "explain"]


@dataclass(frozen=True, eq=False)
class Explanation:
    """The identity ``theta* - mean(c) = (E M)^-1 (Cov(M, c) + E[v - M c])``, and what carries it.

    Parameters
    ----------
    start : array, shape (d,)
        The fixed point theta*.
    mean_optimum : array, shape (d,)
        The weighted mean of the support optima c.
    covariance : array, shape (d,)
        ``Cov(M, c)`` over tasks; M is the curvature weight W where query and support are the same.
    split : array, shape (d,)
        ``E[v - M c] = E[J'A^q (c^q - c)]``: what comes of support and query being different; 0 where they are the same.
    by_covariance, by_split : array, shape (d,)
        ``(E M)^-1`` times these: the two parts of the distance.
    task_parts : array, shape (n, d)
        The part of the distance that comes from each task; they sum to it.
    directions, curvatures : array, shape (d, d), (d,)
        Columns: the eigenvectors of the mean query curvature; and its eigenvalues, the largest first.
    direction_shares, task_shares : array, shape (d,), (n,)
        The share of each direction, and of each task, in the squared length of the distance as the mean query curvature
        measures it; each sums to 1 (tasks can have negative shares), all 0 where there is no distance.
    standard_errors : array, shape (d,), or None
        Of the coordinates of the distance, over tasks drawn anew; None with one task.
    moved : array, shape (n, d), or None
        How far the start moves if a task is left out, in proportions that make ``moved.T @ moved`` its covariance.
    statistic, p_value : float or None
        Hotelling's T^2 of the distance, and how often chance alone would give as large a one if there were none, by the
        F distribution with d and n - d degrees of freedom: an approximation for many tasks. None where n <= d + 1.
    agreement : str
        Why all algorithms agree here whatever they weigh, by a theorem; empty where none applies.
    """

    start: Array
    mean_optimum: Array
    covariance: Array
    split: Array
    by_covariance: Array
    by_split: Array
    task_parts: Array
    directions: Array
    curvatures: Array
    direction_shares: Array
    task_shares: Array
    standard_errors: Array | None
    moved: Array | None
    statistic: float | None
    p_value: float | None
    agreement: str

    @property
    def distance(self) -> Array:
        """``theta* - mean(c)``, shape ``(d,)``."""
        return self.by_covariance + self.by_split

    def chance_of_gap(self, other: Explanation) -> float | None:
        """How often chance alone would put the starts of two algorithms on the same tasks as far apart as they are.

        By Hotelling's test of the difference of the starts, as for the distance; None where it cannot be made.
        """
        if self.moved is None or other.moved is None:
            return None
        scale = float(abs(self.start).max() + abs(other.start).max())
        return _hotelling(self.start - other.start, self.moved - other.moved, scale)[2]


def explain(algorithm: Algorithm, tasks: Tasks) -> Explanation:
    """Take apart where an algorithm ends, seen from the mean of the optima.

    With ``M_i theta - v_i`` the meta-gradient's term of task i, and E and Cov over tasks with their weights,

        ``theta* - mean(c) = (E M)^-1 (Cov(M, c) + E[v - M c])``.

    Where query and support are the same and the loop is spectral, ``M = W(A)`` and ``v = M c``. So two algorithms can
    end at different points only if the curvature weight of one of them varies together with the optimum,
    ``Cov(W, c) != 0``, or if support and query differ. ``Cov(A, c)`` is the criterion for joint training alone.

    Raises
    ------
    InputError
        If a task has no single optimum.
    SingularError
        If the algorithm has no single fixed point.

    Notes
    -----
    The standard errors are those of the jackknife, with the optima's mean estimated from the same tasks. Where few
    tasks have most of the weight, as for many steps, those of the estimating equation (the sandwich) are far too small.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent, Joint
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> found = explain(Joint(), tasks)     # Cov(A, c) = 2, E A = 2
    >>> found.distance.tolist(), found.covariance.tolist(), found.split.tolist()
    ([1.0], [2.0], [0.0])
    >>> explain(MAML(GradientDescent(1 / 3, 1)), tasks).distance.tolist()     # W = a (1 - a/3)^2 = 4/9, 0
    [-2.0]
    """
    import numpy as np

    check_algorithm(algorithm)
    tasks = as_numpy(check_tasks(tasks))
    w, n, d = tasks.weights, len(tasks), tasks.dim
    try:
        optima = tasks.support.minimizer()
    except SingularError:
        raise InputError("tasks: a task has no single optimum; expected nonsingular support curvatures") from None
    start, mean = algorithm.fixed_point(tasks), tasks.mean_minimizer()
    M, v = task_fields(algorithm, tasks)
    mean_M = linalg.weighted_sum(w, M)
    apart = optima - mean
    # Cov(M, c) from both deviations: M is the same for all tasks exactly where its deviation is exactly 0.
    terms_cov = ((M - mean_M) @ apart[..., None])[..., 0]
    terms_split = _without_rounding(v - (M @ optima[..., None])[..., 0], M, optima, v)
    own = tasks.query is tasks.support and algorithm.loop.spectral
    terms_split = 0 * terms_split if own else terms_split
    covariance, split = w @ terms_cov, w @ terms_split
    by_covariance, by_split = (np.linalg.solve(mean_M, part) for part in (covariance, split))
    task_parts = w[:, None] * np.linalg.solve(mean_M, (terms_cov + terms_split).T).T
    distance = by_covariance + by_split
    curvature = linalg.weighted_sum(w, tasks.query.hessian)
    values, vectors = np.linalg.eigh(curvature)
    values, vectors = np.clip(values[::-1], 0, None), vectors[:, ::-1]
    length = float(values @ (vectors.T @ distance) ** 2)
    noise = np.finfo(float).eps * d * 100 * float(values @ (vectors.T @ mean) ** 2 + values[0] * (apart**2).max())
    measured = length > noise**2 if noise else length > 0
    shares = values * (vectors.T @ distance) ** 2 / length if measured else np.zeros(d)
    of_tasks = task_parts @ curvature @ distance / length if measured else np.zeros(n)
    moved = _moved(M, v, mean_M, start, w)
    errors, statistic, p = None, None, None
    if moved is not None:
        scale = float(np.abs(distance).max() + np.abs(apart).max())
        errors, statistic, p = _hotelling(distance, moved - np.sqrt(n / (n - 1)) * w[:, None] * apart, scale)
    return Explanation(
        start, mean, covariance, split, by_covariance, by_split, task_parts, vectors, values, shares, of_tasks,
        errors, moved, statistic, p, _agreement(tasks, algorithm, optima),
    )  # fmt: skip


def _moved(M: Array, v: Array, mean_M: Array, start: Array, w: Array) -> Array | None:
    """How far the start moves for each task left out; None where without some task there is no single start."""
    import numpy as np

    n = len(w)
    if n < 2:
        return None
    try:
        without = np.linalg.solve(mean_M - w[:, None, None] * M, (w @ v - w[:, None] * v)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        return None
    moved: Array = np.sqrt(n / (n - 1)) * (1 - w)[:, None] * (start - without)
    return moved if np.isfinite(moved).all() else None


def _hotelling(value: Array, moved: Array, scale: float) -> tuple[Array, float | None, float | None]:
    """Standard errors of a vector whose covariance is ``moved.T @ moved``, Hotelling's statistic, its probability."""
    import numpy as np
    from scipy.special import fdtrc

    n, d = moved.shape
    cov = moved.T @ moved
    errors = np.sqrt(np.diag(cov))
    if n <= d + 1 or errors.min() <= 1e-9 * scale:
        return errors, None, None
    statistic = float(value @ np.linalg.lstsq(cov, value, rcond=1e-12)[0])
    return errors, statistic, float(fdtrc(d, n - d, statistic * (n - d) / (d * (n - 1))))


def _without_rounding(terms: Array, M: Array, optima: Array, v: Array) -> Array:
    import numpy as np

    size = np.abs(M).max(axis=(1, 2)) * np.abs(optima).max(axis=1) + np.abs(v).max(axis=1)
    return np.where(np.abs(terms) <= 100 * terms.shape[1] * np.finfo(float).eps * size[:, None], 0.0, terms)


def _agreement(tasks: Tasks, algorithm: Algorithm, optima: Array) -> str:
    """The theorem by which all algorithms with a spectral loop end at one point here."""
    own = tasks.query is tasks.support
    if not own or not algorithm.loop.spectral:
        return ""
    if _all_equal(tasks.support.hessian):
        return "all curvatures are equal, so that every algorithm ends at the mean of the optima"
    return "all optima are equal, so that every algorithm ends there" if _all_equal(optima) else ""


def _all_equal(x: Array) -> bool:
    import numpy as np

    spread = np.abs(x - x[:1]).max()
    return bool(spread <= 100 * x.shape[-1] * np.finfo(float).eps * np.abs(x).max())
