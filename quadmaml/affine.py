"""Affine maps, affine fields, and the affine generator of a quadratic.

An inner loop on a quadratic with gradient ``Ax - h`` is a function p of its curvature, with p(0) = 1. Evaluated at the
*affine generator* ``[[A, -h], [0, 0]]`` that same function gives ``[[P, s], [0, p(0)]]``, and the adapted point is
``P theta + s``: no second formula for the offset, no division by A.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .arrays import Array, Scalar
from .curvature import Dense, RingElement
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

__all__ = ["AffineField", "AffineMap", "Augmented", "generator"]


@dataclass(frozen=True, eq=False)
class Augmented(RingElement):
    """The block matrix ``[[linear, offset], [0, corner]]`` over any ring, itself a ring element.

    Products, sums, inverses and exponentials of such matrices are of that form again.
    """

    linear: Any
    offset: Any
    corner: Any

    @property
    def T(self) -> Augmented:
        raise InputError("T: the transpose of an augmented matrix is not augmented; transpose its linear part")

    def _plus(self, other: Augmented) -> Augmented:
        return Augmented(self.linear + other.linear, self.offset + other.offset, self.corner + other.corner)

    def _shifted(self, number: Any) -> Augmented:
        return Augmented(self.linear + number, self.offset, self.corner + number)

    def _scaled(self, number: Any) -> Augmented:
        return Augmented(number * self.linear, self._multiple(number), number * self.corner)

    def _multiple(self, number: Any) -> Any:
        return (arrays.scalar(number, self.offset) if arrays.is_array(self.offset) else number) * self.offset

    def _times(self, other: Augmented) -> Augmented:
        offset = self.linear @ other.offset + self._multiple(other.corner)
        return Augmented(self.linear * other.linear, offset, self.corner * other.corner)

    def _one(self) -> Augmented:
        return Augmented(self.linear**0, 0 * self.offset, self.corner**0)

    def inverse(self) -> Augmented:
        """``[[P, s], [0, c]]^-1 = [[P^-1, -P^-1 s / c], [0, 1/c]]``."""
        inverse, over_corner = self.linear.inverse(), 1 / arrays.divisor(self.corner)
        return Augmented(inverse, -(inverse @ self._multiple(over_corner)), over_corner)

    def exp(self) -> Augmented:
        """The exponential, of the block matrix as a whole: exact also where the linear part is singular."""
        linear, offset = self.linear.bordered(self.offset, self.corner).exp().unbordered()
        return Augmented(linear, offset, arrays.exp(self.corner))

    def as_map(self) -> AffineMap:
        """The affine map ``x -> linear x + offset``.

        Raises
        ------
        InputError
            If the corner is not 1: the element is no residual of an inner loop, which must satisfy p(0) = 1.
        """
        if known(lambda: _off_one(self.corner)):
            raise InputError(f"residual: p(0) = {self.corner}; expected 1, for an inner loop stands still where A = 0")
        return AffineMap(self.linear, self.offset)


def _off_one(corner: Scalar) -> bool | None:
    """Whether p(0) differs from 1 by more than rounding errors; None where a symbolic difference cannot be decided."""
    if hasattr(corner, "free_symbols"):
        equal = (corner - 1).equals(0)
        return None if equal is None else not equal
    return bool(abs(corner - 1) > (1e-5 if "32" in str(getattr(corner, "dtype", "")) else 1e-10))


def generator(quadratic: Quadratic) -> Augmented:
    """The affine generator ``[[A, -h], [0, 0]]`` of a quadratic with gradient ``Ax - h``.

    Examples
    --------
    >>> f = Quadratic([[2.0]], [6.0])
    >>> step = (1 - 0.25 * generator(f)).as_map()     # one gradient step with lr 0.25
    >>> step([1.0]).tolist()
    [2.0]
    """
    return Augmented(quadratic.curvature, -quadratic.linear, 0)


@dataclass(frozen=True, eq=False, init=False)
class AffineMap:
    """The affine map ``m(x) = Px + s``.

    Parameters
    ----------
    linear : array, shape (..., d, d)
        The matrices P.
    offset : array, shape (..., d)
        The vectors s.

    Examples
    --------
    >>> m = AffineMap([[0.5]], [1.0])
    >>> m([4.0]).tolist(), m.fixed_point().tolist()
    ([3.0], [2.0])
    >>> (m**3).offset.tolist(), (m @ m @ m).offset.tolist()
    ([1.75], [1.75])
    """

    operator: Any
    offset: Any

    def __init__(self, linear: Any, offset: Any) -> None:
        operator, offset = _checked(linear=linear, offset=offset)
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "offset", offset)

    @property
    def linear(self) -> Any:
        """The matrices P as an array of shape ``(..., d, d)``."""
        return self.operator.dense() if hasattr(self.operator, "dense") else self.operator

    def __call__(self, x: Any) -> Any:
        """``Px + s`` at points x of shape ``(..., d)``, or along an affine map x: the composition."""
        if isinstance(x, AffineMap):
            return self @ x
        if arrays.is_array(self.offset):
            _, x = arrays.coerce(offset=self.offset, x=x)
            arrays.check_broadcast("x", x, self.offset.shape)
        return self.operator @ x + self.offset

    def __matmul__(self, inner: AffineMap) -> AffineMap:
        """The composition ``x -> self(inner(x))``."""
        return (self._augmented() * inner._augmented()).as_map()

    def __pow__(self, k: int) -> AffineMap:
        """The k-fold composition, by repeated squaring."""
        return (self._augmented() ** k).as_map()

    def __rmatmul__(self, matrix: RingElement) -> AffineMap:
        """``x -> A m(x)`` for a ring element A."""
        return AffineMap(matrix * self.operator, matrix @ self.offset)

    def __add__(self, other: Any) -> AffineMap:
        """The pointwise sum with a map, or with a constant vector."""
        if isinstance(other, AffineMap):
            return AffineMap(self.operator + other.operator, self.offset + other.offset)
        return AffineMap(self.operator, self.offset + other)

    def __sub__(self, other: Any) -> AffineMap:
        return self + -1 * other

    def __rsub__(self, number: Any) -> AffineMap:
        """``x -> number x - m(x)``: a number stands for that multiple of the identity map."""
        return AffineMap(number - self.operator, -self.offset)

    def __rmul__(self, number: Any) -> AffineMap:
        scaled = number * self._augmented()
        return AffineMap(scaled.linear, scaled.offset)

    __array_ufunc__ = None

    def _augmented(self) -> Augmented:
        return Augmented(self.operator, self.offset, 1)

    def fixed_point(self) -> Array:
        """The solution of ``x = Px + s``, shape ``(..., d)``; SingularError if 1 is an eigenvalue of P."""
        return (1 - self.operator).solve(self.offset)


@dataclass(frozen=True, eq=False, init=False)
class AffineField:
    """The vector field ``g(theta) = M theta - v``: a meta-gradient, or any other affine field.

    Parameters
    ----------
    matrix : array, shape (d, d)
        M, symmetric or not.
    rhs : array, shape (d,)
        v.

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

    def __init__(self, matrix: Any, rhs: Any) -> None:
        operator, rhs = _checked(matrix=matrix, rhs=rhs)
        if isinstance(operator, Dense) and operator.array.ndim != 2:
            raise InputError(f"matrix: has shape {tuple(operator.array.shape)}; expected one (d, d) matrix")
        object.__setattr__(self, "operator", operator)
        object.__setattr__(self, "rhs", rhs)

    @property
    def matrix(self) -> Any:
        """The matrix M as an array of shape ``(d, d)``."""
        return self.operator.dense() if hasattr(self.operator, "dense") else self.operator

    def __call__(self, theta: Any) -> Any:
        """``M theta - v`` at points of shape ``(..., d)``."""
        _, theta = arrays.coerce(rhs=self.rhs, theta=theta)
        arrays.check_broadcast("theta", theta, self.rhs.shape)
        return self.operator @ theta - self.rhs

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
            If the condition number of M exceeds 1e12.
        """
        M, d = self.matrix, self.matrix.shape[-1]
        lost = linalg.null_space(M)
        if minimum_norm:
            return linalg.minimum_norm_solution(M, self.rhs)
        if lost.shape[-1]:
            precision = "exactly" if arrays.is_exact(M) else "to working precision"
            raise SingularError(
                f"matrix: has rank {d - lost.shape[-1]} of {d} {precision}; no task informs the span of the columns of"
                f" .nullspace, the first of which is {_shown(lost[:, 0])}. zero(minimum_norm=True) gives the zero of"
                " least norm, where there is one",
                d - lost.shape[-1],
                lost,
            )
        if not arrays.is_exact(M) and (condition := linalg.condition_number(M)) > 1e12:
            warnings.warn(f"the condition number of M is {condition:.1e}", IllConditionedWarning, stacklevel=2)
        return self.operator.solve(self.rhs)

    def is_gradient(self) -> bool:
        """Whether the field is the gradient of some function: M is symmetric, exactly or up to rounding errors."""
        return arrays.is_symmetric(self.matrix) is not False

    def potential(self) -> Quadratic:
        """The quadratic whose gradient the field is, 0 at theta = 0.

        Raises
        ------
        NotAGradientError
            If M is not symmetric: no function has this gradient.
        """
        if not self.is_gradient():
            asymmetry = arrays.norm(self.matrix - self.operator.T.dense()) / arrays.norm(self.matrix)
            raise NotAGradientError(
                f"matrix: M differs from M' by {asymmetry:.1e} of its largest entry; a field M theta - v is the gradient"
                " of a function only if M is symmetric"
            )
        return Quadratic((self.operator + self.operator.T) / 2, self.rhs, 0 * self.rhs[0])

    def descend(self, theta0: Any, lr: Scalar, steps: int) -> Array:
        """The point after ``theta <- theta - lr (M theta - v)``, steps times from theta0, in O(d^3 log steps).

        Examples
        --------
        >>> AffineField([[1.0]], [1.0]).descend([0.0], lr=0.5, steps=2).tolist()
        [0.75]
        """
        lr = check_number("lr", lr, above=0)
        step = (1 - lr * Augmented(self.operator, -self.rhs, 0)).as_map()
        return (step ** check_steps("steps", steps))(theta0)

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
        if min(complex(value).real for value in values) < -arrays.roundoff(M) * arrays.norm(M):
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
            raise ConvergenceError(f"matrix: has an eigenvalue of real part {least:.3g}; expected all positive, else no"
                                   " step size converges")
        return _least_radius(values)

    def rate(self, lr: Scalar) -> float:
        """The spectral radius ``rho(I - lr M)``: the factor by which the error shrinks each step, in the long run.

        Warns
        -----
        UnstableStepWarning
            If the rate is above 1: the outer loop diverges.
        """
        lr = float(check_number("lr", lr, above=0))
        values = linalg.eigenvalues(arrays.as_float(self.matrix), symmetric=self.is_gradient())
        rate = max(abs(1 - lr * complex(value)) for value in values)
        if rate > 1 + arrays.roundoff(arrays.as_float(self.matrix)):
            warnings.warn(f"lr = {lr:.3g} gives the rate {rate:.3g} > 1", UnstableStepWarning, stacklevel=2)
        return rate


def _least_radius(values: list[complex]) -> float:
    """The minimiser over lr of ``max |1 - lr z|``: a maximum of convex parabolas, halved at the slope of the largest."""
    low, high = 0.0, 2 * max(value.real / abs(value) ** 2 for value in values)
    if all(value.imag == 0 for value in values):
        return 2 / (min(value.real for value in values) + max(value.real for value in values))
    for _ in range(200):
        lr = (low + high) / 2
        steepest = max(values, key=lambda z: abs(1 - lr * z))
        low, high = (lr, high) if lr * abs(steepest) ** 2 < steepest.real else (low, lr)
    return (low + high) / 2


def _shown(vector: Array) -> str:
    return "[" + ", ".join(str(entry) if arrays.is_exact(vector) else f"{float(entry):.3g}" for entry in vector) + "]"


def _checked(**named: Any) -> tuple[Any, Any]:
    """Square matrices as a ring element, and vectors that fit them, under the names that the caller gave them."""
    (first, matrix), (second, vector) = named.items()
    if isinstance(matrix, RingElement):
        return matrix, vector
    P, s = arrays.coerce(**named)
    arrays.check_square(first, P)
    arrays.check_shape(second, s, P.shape[:-1])
    return Dense(P), s
