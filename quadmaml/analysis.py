"""Questions about solved tasks: loss against adaptation steps, held-out tasks, and which tasks a loop diverges on."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from itertools import accumulate
from typing import Any

from . import arrays, linalg
from .algorithms import Algorithm, adapted_losses
from .arrays import Array
from .errors import InputError, SingularError, UnstableStepWarning, check_count, check_steps
from .field import AffineField
from .inner_loop import InnerLoop
from .meta_algorithm import check_algorithm, check_loop, check_tasks
from .quadratic import Quadratic, check_quadratic
from .tasks import Tasks

__all__ = ["as_numpy", "fine_tuned_losses", "largest_stable_lr", "leave_one_out", "task_fields", "unstable_tasks"]


def fine_tuned_losses(tasks: Tasks, theta: Any, inner_of_k: Callable[[int], InnerLoop], steps: int) -> Array:
    """The weighted mean query loss after k = 0, 1, ..., steps adaptation steps from theta, shape ``(steps + 1,)``.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of dimension d.
    theta : array, shape (d,)
        The start.
    inner_of_k : callable
        The inner loop with k steps, as in ``lambda k: GradientDescent(lr, k)``.
    steps : int
        The largest k, >= 0.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> fine_tuned_losses(tasks, [2.0], lambda k: GradientDescent(0.5, k), 2).tolist()
    [4.0, 1.0, 0.25]
    """
    largest = check_count("steps", check_steps("steps", steps))
    if not callable(inner_of_k):
        raise InputError(
            f"inner_of_k: got {inner_of_k!r}; expected a function, as in lambda k: GradientDescent(0.1, k)"
        )
    means = [
        linalg.dot(check_tasks(tasks).weights, adapted_losses(tasks, theta, inner_of_k(k))) for k in range(largest + 1)
    ]
    return arrays.namespace(means[0]).stack(means)


def leave_one_out(algorithm: Algorithm, tasks: Tasks) -> Array:
    """The fixed points of an algorithm on all tasks but one, for each task left out, shape ``(n, d)``.

    Where an algorithm ends depends on the sums over tasks of ``w_i M_i`` and ``w_i v_i`` only, so that leaving one out
    is a subtraction: n small systems, not n passes over the tasks.

    Raises
    ------
    InputError
        If there are fewer than two tasks.
    SingularError
        If without some task no single fixed point remains.

    Examples
    --------
    >>> from quadmaml import Joint
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]], [[1.0]]], [[0.0], [4.0], [6.0]])
    >>> leave_one_out(Joint(), tasks).tolist()
    [[4.5], [3.0], [3.0]]
    """
    n = len(check_tasks(tasks))
    if n < 2:
        raise InputError(f"tasks: got {n}; expected at least two, for one is left out")
    # Sums of the tasks before and after the one left out lose no digits, as subtracting it from the total would.
    matrices, vectors = task_fields(algorithm, tasks)
    M = _sums_without([tasks.weights[i] * matrices[i, ...] for i in range(n)])
    v = _sums_without([tasks.weights[i] * vectors[i, ...] for i in range(n)])
    points = []
    for i in range(n):
        try:
            points.append(AffineField(M[i], v[i]).zero())
        except SingularError as error:
            raise SingularError(f"without task {i}: {error}", error.rank, error.nullspace) from None
    return arrays.namespace(tasks.support.linear).stack(points)


def task_fields(algorithm: Algorithm, tasks: Tasks) -> tuple[Array, Array]:
    """The terms of the meta-gradient: ``M_i`` and ``v_i`` of each task, shapes ``(n, d, d)`` and ``(n, d)``.

    The meta-gradient is ``sum_i w_i (M_i theta - v_i)``: ``M_i = J_i'A_i P_i`` and ``v_i = J_i'(h_i - A_i s_i)``, with
    A and h of the query, for the algorithms that keep a Jacobian. Sums of them over any tasks give the fixed point on
    those tasks.

    Examples
    --------
    >>> from quadmaml import GradientDescent, MAML
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[1.0], [4.0]])
    >>> M, v = task_fields(MAML(GradientDescent(0.5, 1)), tasks)
    >>> M.tolist(), v.tolist()
    ([[[0.25]], [[0.75]]], [[0.25], [3.0]])
    """
    J, G, _ = check_algorithm(algorithm)._factors(tasks, None)
    if hasattr(J, "dense"):
        return (J.T * G.operator).dense(), -(J.T @ G.offset)
    number = arrays.scalar(J, G.offset)
    return number * G.operator.dense(), -number * G.offset


def as_numpy(tasks: Tasks) -> Tasks:
    """The same tasks with NumPy floats, whatever library or exact numbers they are made of."""

    def floats(x: Any) -> Array:
        return arrays.to_numpy(arrays.as_float(x)).astype(float)

    def converted(f: Quadratic) -> Quadratic:
        return Quadratic(floats(f.hessian), floats(f.linear), floats(f.constant))

    support = converted(tasks.support)
    query = None if tasks.query is tasks.support else converted(tasks.query)
    return Tasks(support, query, floats(tasks.weights))


def _sums_without(terms: list[Array]) -> list[Array]:
    """For each term the sum of all the others."""
    zero = 0 * terms[0]
    before = list(accumulate(terms[:-1], initial=zero))
    after = list(accumulate(reversed(terms[1:]), initial=zero))[::-1]
    return [left + right for left, right in zip(before, after, strict=True)]


def unstable_tasks(inner: InnerLoop, quadratic: Quadratic) -> list[int]:
    """The tasks on which the inner loop's step is beyond its bound of stability, by their index in the batch.

    The bound, ``inner.stable_below()``, is held against the largest eigenvalue of the linear part of the loop's
    generator: of the Hessian A, or of DA for a preconditioned or partial loop. A complex eigenvalue z counts as
    ``|z|^2 / Re z``, for ``|1 - lr z| < 1`` below the step size ``2 Re z / |z|^2``.

    Warns
    -----
    UnstableStepWarning
        If there is any such task.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> f = Quadratic([[[1.0]], [[3.0]]], [[0.0], [0.0]])
    >>> unstable_tasks(GradientDescent(lr=0.5, steps=5), f)
    []
    """
    bound = check_loop(inner).stable_below()
    check_quadratic("quadratic", quadratic)
    largest = _largest_curvatures(inner, quadratic)
    beyond = [i for i, size in enumerate(largest) if size >= bound]
    if beyond:
        warnings.warn(
            f"{type(inner).__name__} is unstable on {len(beyond)} of {len(largest)} tasks: curvature up to"
            f" {max(largest):.3g}, stable below {bound:.3g}",
            UnstableStepWarning,
            stacklevel=2,
        )
    return beyond


def largest_stable_lr(quadratic: Quadratic) -> float:
    """The step size ``2 / L`` from which gradient descent is unstable on some task; infinite if none has L > 0.

    Examples
    --------
    >>> largest_stable_lr(Quadratic([[[1.0]], [[4.0]]], [[0.0], [0.0]]))
    0.5
    """
    xp = arrays.namespace(check_quadratic("quadratic", quadratic).linear)
    largest = float(xp.max(xp.linalg.eigvalsh(arrays.as_float(quadratic.hessian))))
    return 2 / largest if largest > 0 else math.inf


def _largest_curvatures(inner: InnerLoop, quadratic: Quadratic) -> list[float]:
    import numpy as np

    linear = arrays.to_numpy(arrays.as_float(inner.generator(quadratic).linear.dense()))
    values = np.linalg.eigvalsh(linear) if inner.spectral else np.linalg.eigvals(linear)
    return [max(map(_as_curvature, row.tolist())) for row in values.reshape(-1, values.shape[-1])]


def _as_curvature(z: complex) -> float:
    if z.imag == 0:
        return z.real
    return abs(z) ** 2 / z.real if z.real > 0 else math.inf
