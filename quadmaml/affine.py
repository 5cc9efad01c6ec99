"""Affine maps, affine fields, and the affine generator of a quadratic.

An inner loop on a quadratic with gradient ``Ax - h`` is a function p of its curvature, with p(0) = 1. Evaluated at the
*affine generator* ``[[A, -h], [0, 0]]`` that same function gives ``[[P, s], [0, p(0)]]``, and the adapted point is
``P theta + s``: no second formula for the offset, no division by A.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import arrays
from .arrays import Array, Scalar
from .curvature import Dense, Diagonal, RingElement
from .errors import InputError, check_number, known
from .exact import divisor
from .quadratic import Quadratic

__all__ = ["AffineMap", "Augmented", "generator"]


@dataclass(frozen=True, eq=False)
class Augmented(RingElement):
    """The block matrix ``[[linear, offset], [0, corner]]`` over any ring, itself a ring element.

    Products, sums, inverses and exponentials of such matrices are of that form again. The offset is a vector; or an
    affine map to vectors, and then so is every offset that is computed from it.
    """

    linear: Any
    offset: Any
    corner: Any
    level = 2

    @property
    def T(self) -> Augmented:
        raise InputError("T: the transpose of an augmented matrix is not augmented; transpose its linear part")

    def _plus(self, other: Augmented) -> Augmented:
        return Augmented(self.linear + other.linear, self.offset + other.offset, self.corner + other.corner)

    def _shifted(self, number: Any) -> Augmented:
        number = arrays.scalar(number, self.offset)
        return Augmented(self.linear + number, self.offset, self.corner + number)

    def _scaled(self, number: Any) -> Augmented:
        number = arrays.scalar(number, self.offset)
        return Augmented(number * self.linear, number * self.offset, number * self.corner)

    def _multiple(self, number: Any) -> Any:
        return arrays.scalar(number, self.offset) * self.offset

    def _times(self, other: Augmented) -> Augmented:
        offset = self.linear @ other.offset + self._multiple(other.corner)
        return Augmented(self.linear * other.linear, offset, self.corner * other.corner)

    def _one(self) -> Augmented:
        return Augmented(self.linear**0, 0 * self.offset, self.corner**0)

    def inverse(self) -> Augmented:
        """``[[P, s], [0, c]]^-1 = [[P^-1, -P^-1 s / c], [0, 1/c]]``."""
        inverse, over_corner = self.linear.inverse(), 1 / divisor(self.corner)
        return Augmented(inverse, -(inverse @ self._multiple(over_corner)), over_corner)

    def exp(self) -> Augmented:
        """The exponential, of the block matrix as a whole: exact also where the linear part is singular."""
        corner = arrays.exp(self.corner)
        if isinstance(self.offset, AffineMap):
            linear, columns = self.linear.exp_bordered(self.offset.columns(), self.corner)
            return Augmented(linear, AffineMap(Dense(columns[..., :-1]), columns[..., -1]), corner)
        if isinstance(self.linear, Diagonal) or not arrays.is_array(self.offset):
            linear, offset = self.linear.exp_bordered(self.offset, self.corner)
            return Augmented(linear, offset, corner)
        linear, columns = self.linear.exp_bordered(self.offset[..., None], self.corner)
        return Augmented(linear, columns[..., 0], corner)

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
    if isinstance(corner, RingElement):
        return (corner - 1).is_zero() is False
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
        operator, offset = checked(linear=linear, offset=offset)
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
        return self.operator @ arrays.point("x", x, self.offset) + self.offset

    def __matmul__(self, inner: AffineMap) -> AffineMap:
        """The composition ``x -> self(inner(x))``."""
        if not isinstance(inner, AffineMap):
            return NotImplemented
        arrays.check_joins("inner", inner.offset, self.offset)
        return (self._augmented() * inner._augmented()).as_map()

    def __pow__(self, k: int) -> AffineMap:
        """The k-fold composition, by repeated squaring; ConvergenceError if it leaves the range of floats."""
        with arrays.quiet():
            power = (self._augmented() ** k).as_map()
        arrays.check_overflow(f"the {k}-fold composition", power.operator, power.offset)
        return power

    def __rmatmul__(self, matrix: RingElement) -> AffineMap:
        """``x -> A m(x)`` for a ring element A."""
        return AffineMap(matrix * self.operator, matrix @ self.offset)

    def __add__(self, other: Any) -> AffineMap:
        """The pointwise sum with a map, or with a constant vector."""
        if isinstance(other, AffineMap):
            arrays.check_joins("other", other.offset, self.offset)
            return AffineMap(self.operator + other.operator, self.offset + other.offset)
        return AffineMap(self.operator, self.offset + self._constant(other))

    def columns(self) -> Array:
        """P and s side by side, shape ``(..., d, d + 1)``."""
        return arrays.namespace(self.offset).concat([self.linear, self.offset[..., None]], axis=-1)

    def __neg__(self) -> AffineMap:
        return AffineMap(-self.operator, -self.offset)

    def __sub__(self, other: Any) -> AffineMap:
        return self + -1 * (other if isinstance(other, AffineMap) else self._constant(other))

    def _constant(self, vector: Any) -> Any:
        if arrays.is_array(self.offset) and not arrays.is_array(vector):
            _, vector = arrays.coerce(offset=self.offset, other=vector)
        arrays.check_joins("other", vector, self.offset)
        return vector

    def __rsub__(self, number: Any) -> AffineMap:
        """``x -> number x - m(x)``: a number stands for that multiple of the identity map."""
        return AffineMap(check_number("number", number) - self.operator, -self.offset)

    def __rmul__(self, number: Any) -> AffineMap:
        scaled = check_number("factor", number) * self._augmented()
        return AffineMap(scaled.linear, scaled.offset)

    __array_ufunc__ = None

    def _augmented(self) -> Augmented:
        return Augmented(self.operator, self.offset, 1)

    def fixed_point(self) -> Array:
        """The solution of ``x = Px + s``, shape ``(..., d)``; SingularError if 1 is an eigenvalue of P.

        For floats ``I - P`` counts as singular if a singular value is at most d eps times the largest; the error's
        ``.rank`` and ``.nullspace`` are its own.
        """
        return (1 - self.operator).solve(self.offset)


def checked(**named: Any) -> tuple[Any, Any]:
    """Square matrices as a ring element, and vectors that fit them, under the names that the caller gave them."""
    (first, matrix), (second, vector) = named.items()
    if isinstance(matrix, RingElement):
        return matrix, vector
    P, s = arrays.coerce(**named)
    arrays.check_square(first, P)
    arrays.check_shape(second, s, P.shape[:-1])
    return Dense(P), s
