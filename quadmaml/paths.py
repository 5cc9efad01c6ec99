"""The path of a fixed point as one hyperparameter runs from joint training to the other end, and where it leads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .adaptation import GradientDescent, GradientFlow, Proximal
from .algorithms import FOMAML, IMAML, MAML, Joint, MoreauEnvelope, Reptile, TruncatedMAML
from .arrays import Array
from .errors import InputError, SingularError
from .exact import to_float
from .meta_algorithm import Algorithm, Pair, check_algorithm, check_tasks
from .sweeps import sweep
from .tasks import Tasks

__all__ = ["Path", "fixed_point_path", "limit_of_adaptation", "limit_of_none"]

# Rates that differ by less are one: their powers never part.
TIE = 1e-9


@dataclass(frozen=True, eq=False)
class Path:
    """Fixed points along the values of one hyperparameter; NumPy arrays.

    Parameters
    ----------
    values : tuple
        The values of the hyperparameter, T of them.
    points : array, shape (T, d)
        The fixed points; nan where there is no single one.
    status : array of str, shape (T,)
        As of a :class:`~quadmaml.sweeps.Sweep`.
    """

    values: tuple[Any, ...]
    points: Array
    status: Array


def fixed_point_path(tasks: Tasks, algorithm_of: Callable[[Any], Algorithm], values: Sequence[Any]) -> Path:
    """The fixed points of ``algorithm_of(value)`` for each value of a hyperparameter.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of dimension d.
    algorithm_of : callable
        ``algorithm_of(value)`` is an algorithm.
    values : sequence of numbers
        T values, each of them once.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> path = fixed_point_path(tasks, lambda lr: MAML(GradientDescent(lr, 1)), [0.125, 0.25])
    >>> path.points.round(6).tolist(), limit_of_none(tasks, MAML(GradientDescent(0.125, 1))).tolist()
    ([[2.419355], [1.0]], [3.0])
    """
    if not callable(algorithm_of):
        raise InputError(f"algorithm_of: got {algorithm_of!r}; expected a function of one hyperparameter")
    found = sweep(tasks, {"path": lambda value: algorithm_of(value)}, value=values).select(algorithm="path")
    return Path(found.axes["value"], found["fixed_point"], found.status)


def limit_of_none(tasks: Tasks, algorithm: Algorithm) -> Array:
    """Where the fixed point goes as adaptation vanishes (lr or time to 0, strength to infinity), shape ``(d,)``.

    To that of joint training; for Reptile and the Moreau envelope, which do not look at the query, to that of joint
    training on the support.

    Raises
    ------
    SingularError
        If joint training has no single fixed point.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> limit_of_none(tasks, MAML(GradientDescent(0.1, 5))).tolist(), Joint().fixed_point(tasks).tolist()
    ([3.0], [3.0])
    """
    keeps = isinstance(check_algorithm(algorithm), Pair)
    support = check_tasks(tasks).support
    return Joint().fixed_point(tasks if keeps else Tasks(support, None, tasks.weights))


def limit_of_adaptation(tasks: Tasks, algorithm: Algorithm) -> Array:
    """Where the fixed point goes as tasks adapt in full (steps or time to infinity, strength to 0), shape ``(d,)``.

    Reptile and the Moreau envelope go to the weighted mean of the optima. Exact iMAML goes to
    ``(sum w A^-1)^-1 sum w A^-1 c``. For MAML, FOMAML and truncated MAML on gradient descent or gradient flow the
    weights of the slowest directions outgrow all others: of the equations ``q'(theta - c_i) = 0``, one for each
    eigenvector q of each task, those with the largest ``|p|`` hold, as many as are independent; of equal ones, the
    least squares.

    Parameters
    ----------
    tasks : Tasks
        Positive definite. The query must be the support, but for Reptile and the Moreau envelope.
    algorithm : Algorithm
        On the way there: its step size counts, its number of steps, time or strength does not.

    Raises
    ------
    InputError
        If there is no limit, or none is known: other loops; FOMAML where ``lr a`` exceeds 1 for some curvature a, so
        that weights change their signs with each step; steps so large that they do not converge.
    SingularError
        If the limit is not a single point, or some task has no single optimum; also where some direction is solved by
        one step in all tasks, and not weighed at all.

    Notes
    -----
    ``W(a)`` is ``a (1 - lr a)^(2 steps)`` for MAML and ``a lambda^2 / (lambda + a)^2`` for iMAML. As adaptation goes
    on, the ratio of two weights tends to 0 or infinity in the first case, and to ``a' / a`` in the second.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> limit_of_adaptation(tasks, Reptile(GradientDescent(0.1, 1))).tolist()
    [2.0]
    >>> limit_of_adaptation(tasks, IMAML(1.0)).tolist()
    [1.0]
    >>> limit_of_adaptation(tasks, MAML(GradientDescent(0.1, 1))).tolist()
    [0.0]
    """
    check_tasks(tasks)
    loop = check_algorithm(algorithm).loop
    if not linalg.is_positive_semidefinite(tasks.support.hessian):
        raise InputError("tasks: a Hessian has a negative eigenvalue; expected positive definite ones")
    optima = tasks.support.minimizer()
    if isinstance(loop, GradientDescent):
        _check_step(tasks, algorithm, loop)
    if isinstance(algorithm, MoreauEnvelope) or (isinstance(algorithm, Reptile) and _is_monotone(algorithm)):
        return linalg.weighted_sum(tasks.weights, optima)
    if tasks.query is not tasks.support:
        raise InputError("tasks: the query differs from the support; expected the same, else the limit need not exist")
    if isinstance(loop, Proximal) and isinstance(algorithm, (IMAML, MAML)):
        inverse = tasks.support.curvature.inverse()
        return inverse.weighted_sum(tasks.weights).solve(linalg.weighted_sum(tasks.weights, inverse @ optima))
    if isinstance(algorithm, (MAML, FOMAML, TruncatedMAML)) and isinstance(loop, (GradientDescent, GradientFlow)):
        return _slowest_directions(tasks, loop)
    raise InputError(f"algorithm: got {algorithm!r}; expected one of those whose limit is known, see the documentation")


def _is_monotone(algorithm: Reptile) -> bool:
    """Whether the residual of the loop is known to tend to 0 on positive curvature."""
    return isinstance(algorithm.loop, (GradientDescent, GradientFlow, Proximal))


def _check_step(tasks: Tasks, algorithm: Algorithm, loop: GradientDescent) -> None:
    """Raise InputError for a schedule, for steps that do not converge, and for signs that change with each step."""
    if isinstance(loop.lr, tuple):
        raise InputError("algorithm: takes its steps from a schedule; expected one step size")
    xp = arrays.namespace(tasks.support.linear)
    largest = to_float("lr", loop.lr) * float(xp.max(xp.linalg.eigvalsh(arrays.as_float(tasks.support.hessian))))
    bound = 1 if isinstance(algorithm, (FOMAML, TruncatedMAML)) else 2
    if largest >= bound + TIE * (bound == 1):
        raise InputError(f"algorithm: lr times the largest curvature is {largest:.3g}; expected it below {bound}")


def _slowest_directions(tasks: Tasks, loop: GradientDescent | GradientFlow) -> Array:
    """The solution of the equations ``q'(theta - c_i) = 0`` in the order of the residuals, the largest first."""
    import numpy as np

    A, c, w = (
        arrays.to_numpy(arrays.as_float(x)) for x in (tasks.support.hessian, tasks.support.minimizer(), tasks.weights)
    )
    values, vectors = np.linalg.eigh(A)
    d = values.shape[1]
    rows = vectors.swapaxes(1, 2).reshape(-1, d)
    # The logarithms of |p|, which the time of a flow and the number of steps only scale.
    rate = -values
    if isinstance(loop, GradientDescent):
        left = np.abs(1 - to_float("lr", loop.lr) * values)
        rate = np.where(left > TIE * TIE, np.log(np.maximum(left, TIE * TIE)), -np.inf)
    order = [int(k) for k in np.argsort(-rate, axis=None) if w[k // d] > 0 and rate.flat[k] > -np.inf]
    rates, targets, sizes = rate.ravel(), (rows * c.repeat(d, axis=0)).sum(axis=1), (w[:, None] * values).ravel()
    theta, free = np.zeros(d), np.eye(d)
    while order and free.shape[1]:
        tied = [k for k in order if rates[order[0]] - rates[k] <= TIE * max(1.0, abs(rates[order[0]]))]
        order = order[len(tied) :]
        root = np.sqrt(sizes[tied])[:, None]
        right = root[:, 0] * (targets[tied] - rows[tied] @ theta)
        U, singular, V = np.linalg.svd(root * rows[tied] @ free)
        rank = int((singular > TIE * root.max()).sum())
        theta = theta + free @ (V[:rank].T @ ((U[:, :rank].T @ right) / singular[:rank]))
        free = free @ V[rank:].T
    if free.shape[1]:
        raise SingularError("the limit is not a single point: some direction is solved by one step in every task")
    like = tasks.support.linear
    return theta if arrays.is_exact(like) else arrays.full_like("limit", theta.tolist(), like)
