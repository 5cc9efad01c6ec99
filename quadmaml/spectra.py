"""Spectra: the eigenvalues of the tasks, and how much of its start an adapted point remembers."""

from __future__ import annotations

from collections.abc import Callable

from . import arrays
from .arrays import Array
from .errors import InputError, check_count, check_steps
from .inner_loop import InnerLoop
from .meta_algorithm import check_loop
from .quadratic import Quadratic, check_quadratic

__all__ = ["jacobian_norms", "task_spectra"]


def task_spectra(quadratic: Quadratic) -> Array:
    """The eigenvalues of each Hessian, ascending, shape ``(..., d)``; exact scalars are rounded first.

    Those of the meta-objective are ``algorithm.field(tasks).spectrum()``.

    Examples
    --------
    >>> task_spectra(Quadratic([[[2.0, 0.0], [0.0, 1.0]]], [[0.0, 0.0]])).tolist()
    [[1.0, 2.0]]
    """
    A = arrays.as_float(check_quadratic("quadratic", quadratic).hessian)
    return arrays.namespace(A).linalg.eigvalsh(A)


def jacobian_norms(support: Quadratic, loop_of_k: Callable[[int], InnerLoop], steps: int) -> Array:
    """The spectral norm of ``dphi/dtheta`` after k = 0, ..., steps steps, for each task: shape ``(steps + 1, ...)``.

    For a spectral loop it is the largest ``|p(a)|`` over the eigenvalues a; for others the largest singular value of P.

    Parameters
    ----------
    support : Quadratic
        The losses that are adapted on, of batch shape ``(...)``.
    loop_of_k : callable
        The inner loop with k steps, as in ``lambda k: GradientDescent(lr, k)``.
    steps : int
        The largest k, >= 0.

    Raises
    ------
    InputError
        If ``loop_of_k`` returns no inner loops, or steps is negative.
    ConvergenceError
        If the adaptation overflows.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> f = Quadratic([[[1.0, 0.0], [0.0, 3.0]]], [[0.0, 0.0]])
    >>> jacobian_norms(f, lambda k: GradientDescent(0.5, k), steps=2).tolist()
    [[1.0], [0.5], [0.25]]
    """
    largest = check_count("steps", check_steps("steps", steps))
    if not callable(loop_of_k):
        raise InputError(f"loop_of_k: got {loop_of_k!r}; expected a function, as in lambda k: GradientDescent(0.1, k)")
    check_quadratic("support", support)
    jacobians = [arrays.as_float(check_loop(loop_of_k(k)).map(support).linear) for k in range(largest + 1)]
    xp = arrays.namespace(jacobians[0])
    return xp.max(xp.linalg.svdvals(xp.stack(jacobians)), axis=-1)
