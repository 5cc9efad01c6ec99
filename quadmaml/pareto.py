"""What two tasks can have at once: the Pareto front of their losses, before adaptation or after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .adaptation import NoAdaptation
from .algorithms import adapted_losses
from .arrays import Array
from .errors import InputError, SingularError, check_number, known
from .field import AffineField
from .inner_loop import InnerLoop
from .meta_algorithm import check_loop, check_tasks
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["Front", "pareto_front"]


@dataclass(frozen=True, eq=False)
class Front:
    """Points of a Pareto front.

    Parameters
    ----------
    weights : tuple of numbers
        The weight t of the second task at each of the T points.
    starts : array, shape (T, d)
        The Pareto-optimal starts: from no other are both losses at most as large, and one smaller.
    losses : array, shape (T, 2)
        The losses of the two tasks after adapting from there.
    """

    weights: tuple[Any, ...]
    starts: Array
    losses: Array


def pareto_front(tasks: Tasks, weights: Sequence[Any], inner: InnerLoop | None = None) -> Front:
    """The starts at which neither of two tasks can do better after adaptation without the other doing worse.

    After adaptation the losses are convex quadratics ``F_1, F_2`` of the start, so that the set is that of the
    minimisers of ``(1 - t) F_1 + t F_2``, t from 0 to 1; for 0 < t < 1 it is where MAML ends on those weights. At an
    end where a loss has many minimisers, it is the one of them that is best for the other task.

    Parameters
    ----------
    tasks : Tasks
        Two tasks; their own weights are not used.
    weights : sequence of numbers
        Values of t in [0, 1].
    inner : InnerLoop, optional
        How both adapt; by default not at all.

    Raises
    ------
    InputError
        If there are not two tasks, a weight is outside [0, 1], or an adapted loss is not bounded below.
    SingularError
        If some direction changes neither loss.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> front = pareto_front(tasks, [0.0, 0.5, 1.0])
    >>> front.starts.tolist(), front.losses.tolist()
    ([[0.0], [3.0], [4.0]], [[0.0, 24.0], [4.5, 1.5], [8.0, 0.0]])
    >>> pareto_front(tasks, [0.5], GradientDescent(lr=0.25, steps=1)).losses.tolist()
    [[0.28125, 0.84375]]
    """
    if len(check_tasks(tasks)) != 2:
        raise InputError(f"tasks: got {len(tasks)}; expected two")
    loop = NoAdaptation() if inner is None else check_loop(inner)
    shares = tuple(_share(f"weights[{k}]", t) for k, t in enumerate(weights))
    if not shares:
        raise InputError("weights: is empty; expected numbers in [0, 1]")
    losses = tasks.query.compose(loop.map(tasks.support))
    loop.check_overflow(losses.curvature, losses.linear, losses.constant)
    if linalg.is_positive_semidefinite(losses.hessian) is False:
        raise InputError("tasks: a loss after adaptation is not bounded below; expected query losses that are convex")
    starts = arrays.namespace(losses.linear).stack([_minimizer(losses, t) for t in shares])
    return Front(shares, starts, adapted_losses(tasks, starts[:, None, :], loop))


def _share(name: str, t: Any) -> Any:
    t = check_number(name, t, at_least=0)
    if known(lambda: t > 1):
        raise InputError(f"{name}: got {t!r}; expected a number in [0, 1]")
    return t


def _minimizer(losses: Quadratic, t: Any) -> Array:
    """The minimiser of ``(1 - t) F_1 + t F_2``; at the ends, where it is one of many, the best for the other loss."""
    first, second = losses[0], losses[1]
    t = arrays.scalar(t, first.linear, "weights")
    if t not in (0, 1):
        whole = (1 - t) * first + t * second
        return AffineField(whole.hessian, whole.linear).zero()
    own, other = (first, second) if t == 0 else (second, first)
    try:
        return AffineField(own.hessian, own.linear).zero()
    except SingularError as error:
        N = error.nullspace
        x = linalg.minimum_norm_solution(own.hessian, own.linear)
        rest = arrays.namespace(x).matrix_transpose(N)
        y = AffineField(rest @ other.hessian @ N, -linalg.matvec(rest, other.gradient(x))).zero()
        return x + linalg.matvec(N, y)
