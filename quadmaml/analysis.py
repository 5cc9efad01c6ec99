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
from .errors import InputError, SingularError, UnstableStepWarning, check_steps
from .field import AffineField
from .inner_loop import InnerLoop
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["fine_tuned_losses", "largest_stable_lr", "leave_one_out", "unstable_tasks"]


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
    means = [
        linalg.dot(tasks.weights, adapted_losses(tasks, theta, inner_of_k(k)))
        for k in range(check_steps("steps", steps) + 1)
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
    n = len(tasks)
    if n < 2:
        raise InputError(f"tasks: got {n}; expected at least two, for one is left out")
    # Weights are taken off first, for a task of weight zero has no field of its own; sums of the tasks before and
    # after the one left out lose no digits, as subtracting it from the total would.
    parts = [Tasks(tasks.support[i : i + 1], tasks.query[i : i + 1]) for i in range(n)]
    fields = [algorithm.field(part) for part in parts]
    M = _sums_without([tasks.weights[i] * field.matrix for i, field in enumerate(fields)])
    v = _sums_without([tasks.weights[i] * field.rhs for i, field in enumerate(fields)])
    points = []
    for i in range(n):
        try:
            points.append(AffineField(M[i], v[i]).zero())
        except SingularError as error:
            raise SingularError(f"without task {i}: {error}", error.rank, error.nullspace) from None
    return arrays.namespace(tasks.support.linear).stack(points)


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
    bound = inner.stable_below()
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
    xp = arrays.namespace(quadratic.linear)
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
