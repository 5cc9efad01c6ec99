"""Affine fields: a meta-gradient ``M theta - v``, its zero, its potential, and gradient descent along it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .affine import AffineMap, Augmented, checked
from .arrays import Array, Scalar
from .curvature import Dense
from .errors import (
    ConvergenceError,
    IllConditionedWarning,
    InputError,
    NotAGradientError,
    SingularError,
    UnstableStepWarning,
    check_number,
    check_steps,
    known,
)
from .quadratic import Quadratic

__all__ = ["AffineField"]


@dataclass(frozen=True, eq=False, init=False)
class AffineField:
    """The vector field ``g(theta) = M theta - v``: a meta-gradient, or any other affine field.

    Parameters
    ----------
    matrix : array, shape (d, d)
        M, symmetric or not.
    rhs : array, shape (d,)
        v.
    scale : float, optional
        Size of the terms of which M is the sum, where it is larger than M: rounding errors are judged against it.

    Examples
    --------
    >>> g = AffineField([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])
    >>> g.zero().tolist(), g.is_gradient()
    ([1.0, 1.0], True)
    >>> round(g.best_lr(), 6), round(g.rate(g.best_lr()), 6)
    (0.333333, 0.333333)
    """

    operator: Any
    rhs: Any
    scale: float

    def __init__(self, matrix: Any, rhs: Any, scale: float = 0.0) -> None:
        operator, rhs = checked(matrix=matrix, rhs=rhs)
        if isinstance(operator, Dense) and operator.array.ndim != 2:
            raise InputError(f"matrix: has shape {tuple(operator.array.shape)}; expected one (d, d) matrix")
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "rhs", rhs)
        object.__setattr__(self, "scale", check_number("scale", scale, at_least=0))

    @property
    def matrix(self) -> Any:
        """The matrix M as an array of shape ``(d, d)``."""
        return self.operator.dense() if hasattr(self.operator, "dense") else self.operator

    def __call__(self, theta: Any) -> Any:
        """``M theta - v`` at points of shape ``(..., d)``."""
        return self.operator @ arrays.point("theta", theta, self.rhs) - self.rhs

    def zero(self, *, minimum_norm: bool = False) -> Array:
        """The point theta where ``M theta = v``, shape ``(d,)``.

        The rank of M is judged to working precision: singular values up to d eps times the largest count as zero; for
        exact scalars it is exact.

        Parameters
        ----------
        minimum_norm : bool
            Where M is singular and v in its range, return the zero of least norm instead of raising.

        Raises
        ------
        SingularError
            If M is singular; ``.rank`` and ``.nullspace`` say which directions are lost.

        Warns
        -----
        IllConditionedWarning
            If the condition number of M, null space aside, exceeds 1e12 (1.7e5 in single precision).
        """
        if not arrays.is_array(self.rhs):
            return self.operator.solve(self.rhs)
        M, v = self.matrix, self.rhs
        if not arrays.is_exact(v) and not (arrays.is_floating(M) and arrays.is_floating(v)):
            return linalg.minimum_norm_solution(M, v) if minimum_norm else self.operator.solve(v)
        lost = linalg.null_space(M)
        if lost.shape[-1] and not minimum_norm:
            error = linalg.lost_directions("matrix:", lost, "no task informs")
            hint = "zero(minimum_norm=True) gives the zero of least norm, where there is one"
            raise SingularError(f"{error}. {hint}", error.rank, error.nullspace)
        if not arrays.is_exact(M) and (condition := linalg.condition_number(M)) > arrays.ill_conditioned(M):
            warnings.warn(f"the condition number of M is {condition:.1e}", IllConditionedWarning, stacklevel=2)
        return linalg.minimum_norm_solution(M, v) if lost.shape[-1] else linalg.solve(M, v[:, None])[:, 0]

    def is_gradient(self) -> bool:
        """Whether the field is the gradient of some function: M is symmetric, exactly or up to rounding errors.

        In a ring of letters: whether that was shown. While values are traced, as under ``jax.jit``, they cannot be read
        and the answer is True: taken on trust.
        """
        if not arrays.is_array(self.rhs):
            return (self.operator - self.operator.T).is_zero() is True
        return arrays.is_symmetric(self.matrix, self.scale) is not False

    def potential(self) -> Quadratic:
        """The quadratic whose gradient the field is, 0 at theta = 0.

        Raises
        ------
        NotAGradientError
            If M is not symmetric: no function has this gradient.
        """
        if not arrays.is_array(self.rhs):
            if not self.is_gradient():
                raise NotAGradientError("matrix: M was not shown to be symmetric; a field is a gradient only if it is")
            return Quadratic(self.operator, self.rhs)
        if not self.is_gradient():
            M, by = self.matrix, ""
            if not arrays.is_exact(M):
                by = f" by {arrays.norm(M - self.operator.T.dense()) / arrays.norm(M):.1e} of its largest entry"
            raise NotAGradientError(f"matrix: M differs from M'{by}; a field is a gradient only if M is symmetric")
        return Quadratic((self.operator + self.operator.T) / 2, self.rhs, 0 * self.rhs[0])

    def descend(self, theta0: Any, lr: Scalar, steps: int) -> Array:
        """The point after ``theta <- theta - lr (M theta - v)``, steps times from theta0, in O(d^3 log steps).

        Examples
        --------
        >>> AffineField([[1.0]], [1.0]).descend([0.0], lr=0.5, steps=2).tolist()
        [0.75]
        """
        theta0 = arrays.point("theta0", theta0, self.rhs)
        lr = arrays.scalar(check_number("lr", lr, above=0), self.rhs, "lr")
        steps = check_steps("steps", steps)
        step = (1 - lr * Augmented(self.operator, -self.rhs, 0)).as_map()
        far = arrays.is_floating(theta0) and known(lambda: steps * lr * arrays.norm(self.matrix) > 1e4)
        if far and self.is_gradient():
            # Along the null space a high power of 1, up to rounding, would grow or vanish: the start only drifts there.
            moved, kept = self._split()
            drift = kept @ self.rhs
            drift = drift if arrays.norm(drift) > arrays.roundoff(drift) * arrays.norm(self.rhs) else 0 * drift
            step = AffineMap(moved * step.operator * moved, moved @ step.offset)
            return (step**steps)(moved @ theta0) + kept @ theta0 + lr * steps * drift
        return (step**steps)(theta0)

    def _split(self) -> tuple[Dense, Dense]:
        """The projections on the range and on the null space of a symmetric M."""
        N = linalg.null_space(self.matrix)
        kept = Dense(N @ arrays.namespace(N).matrix_transpose(N))
        return 1 - kept, kept

    def spectrum(self) -> Array:
        """The eigenvalues of M: ascending, or if M is not symmetric complex and ordered by their real parts.

        Computed in floating point; exact scalars are rounded first.

        Warns
        -----
        UnstableStepWarning
            If an eigenvalue has a negative real part: gradient descent on the field diverges with every step size.
        """
        M = arrays.as_float(self.matrix)
        values = linalg.eigenvalues(M, symmetric=self.is_gradient())
        if min(complex(value).real for value in arrays.detached(values)) < -arrays.roundoff(M) * arrays.norm(M):
            warnings.warn("M has an eigenvalue with negative real part: no lr > 0 is stable", UnstableStepWarning, 2)
        return values

    def best_lr(self) -> float:
        """The step size of least spectral radius ``rho(I - lr M)``; for symmetric positive M it is 2 / (m + L).

        Raises
        ------
        ConvergenceError
            If no step size converges: an eigenvalue of M has real part <= 0, up to rounding errors.
        """
        M = arrays.as_float(self.matrix)
        values = [complex(value) for value in linalg.eigenvalues(M, symmetric=self.is_gradient())]
        least = min(value.real for value in values)
        if least <= M.shape[-1] * arrays.epsilon(M) * max(map(abs, values)):
            raise ConvergenceError(
                f"matrix: has an eigenvalue of real part {least:.3g}; expected all positive, else no"
                " step size converges"
            )
        return _least_radius(values)

    def rate(self, lr: Scalar) -> float:
        """The spectral radius ``rho(I - lr M)``: the factor by which the error shrinks each step, in the long run.

        Warns
        -----
        UnstableStepWarning
            If the rate is above 1: the outer loop diverges.
        """
        M = arrays.as_float(self.matrix)
        lr = float(arrays.scalar(check_number("lr", lr, above=0), M, "lr"))
        values = linalg.eigenvalues(M, symmetric=self.is_gradient())
        rate: float = max(abs(1 - lr * complex(value)) for value in values)
        if rate > 1 + arrays.roundoff(M):
            warnings.warn(f"lr = {lr:.3g} gives the rate {rate:.3g} > 1", UnstableStepWarning, stacklevel=2)
        return rate


def _least_radius(values: list[complex]) -> float:
    """The minimiser over lr of ``max |1 - lr z|``: bisection on the slope of a maximum of convex parabolas."""
    low, high = 0.0, 2 * max(value.real / abs(value) ** 2 for value in values)
    if all(value.imag == 0 for value in values):
        return 2 / (min(value.real for value in values) + max(value.real for value in values))
    for _ in range(200):
        lr = (low + high) / 2
        steepest = max(values, key=lambda z: abs(1 - lr * z))
        low, high = (lr, high) if lr * abs(steepest) ** 2 < steepest.real else (low, lr)
    return (low + high) / 2
