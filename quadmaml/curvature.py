"""Curvature: the symmetric matrix A of a quadratic, as an element of a ring.

A *ring element* has ``+ - *`` with numbers standing for multiples of the identity, products with other elements,
``@`` on vectors, ``.T``, ``**``, division and, where it exists, ``exp``. What is written in these operations works for
every structure: :class:`Dense` matrices in batches, :class:`Diagonal` ones (which also read a formula at eigenvalues
and at symbols), and any other class with the same methods.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

from . import arrays, linalg
from .arrays import Array
from .errors import InputError, SingularError, check_steps, known
from .exact import divisor

__all__ = ["Dense", "Diagonal", "RingElement"]


class RingElement(ABC):
    """The operators of a ring element, from the few operations in which structures differ."""

    # NumPy must leave ``array * element`` and ``np.float64(2) * element`` to the methods below.
    __array_ufunc__ = None
    # Elements of a lower level may be entries of those of a higher one, and count as numbers beside them.
    level = 0

    @property
    @abstractmethod
    def T(self) -> Self:
        """The transpose."""

    @abstractmethod
    def _plus(self, other: Self) -> Self: ...

    @abstractmethod
    def _shifted(self, number: Any) -> Self:
        """Self plus that multiple of the identity."""

    @abstractmethod
    def _scaled(self, number: Any) -> Self: ...

    @abstractmethod
    def _times(self, other: Self) -> Self: ...

    @abstractmethod
    def _one(self) -> Self:
        """The identity, in the shape of self."""

    @abstractmethod
    def inverse(self) -> Self:
        """The inverse element; SingularError where there is none."""

    @abstractmethod
    def exp(self) -> Self:
        """The exponential series of self."""

    def is_zero(self) -> bool | None:
        """Whether self is zero in its ring; None where that is not known."""
        return None

    def solve(self, vector: Any) -> Any:
        """The vector x with ``self @ x = vector``; SingularError where there is none."""
        return self.inverse() @ vector

    def __matmul__(self, vector: Any) -> Any:
        return NotImplemented

    def _is_number(self, other: Any) -> bool:
        """Whether ``other`` counts as a number beside self: no map, and no ring element that may contain self."""
        inside = other.level < self.level if isinstance(other, RingElement) else not hasattr(other, "operator")
        return bool(inside)

    def __add__(self, other: Any) -> Self:
        if isinstance(other, type(self)):
            return self._plus(other)
        return self._shifted(other) if self._is_number(other) else NotImplemented

    def __radd__(self, other: Any) -> Self:
        return self._shifted(other)

    def __neg__(self) -> Self:
        return self._scaled(-1)

    def __sub__(self, other: Any) -> Self:
        difference: Self = self + (-other)
        return difference

    def __rsub__(self, other: Any) -> Self:
        return (-self)._shifted(other)

    def __mul__(self, other: Any) -> Self:
        if isinstance(other, type(self)):
            return self._times(other)
        return self._scaled(other) if self._is_number(other) else NotImplemented

    def __rmul__(self, other: Any) -> Self:
        return self._scaled(other)

    def __truediv__(self, other: Any) -> Self:
        if isinstance(other, type(self)):
            return self._times(other.inverse())
        if not self._is_number(other):
            return NotImplemented
        if _has_zero(other):
            raise InputError("divisor: got 0; expected a number other than 0")
        return self._scaled(1 / divisor(other))

    def __rtruediv__(self, other: Any) -> Self:
        inverse: Self = self.inverse()
        return inverse._scaled(other)

    def __pow__(self, k: Any) -> Self:
        k, result, square = check_steps("exponent", k), None, self
        if not isinstance(k, int):
            raise InputError(f"exponent: got the symbol {k}; expected an integer, for matrices are multiplied out")
        while k:
            if k & 1:
                result = square if result is None else result._times(square)
            k >>= 1
            square = square._times(square) if k else square
        return self._one() if result is None else result


@dataclass(frozen=True, eq=False)
class Dense(RingElement):
    """Matrices of shape ``(..., d, d)``; leading axes are batch axes."""

    array: Array

    @property
    def T(self) -> Dense:
        return Dense(arrays.namespace(self.array).matrix_transpose(self.array))

    def _plus(self, other: Dense) -> Dense:
        return Dense(self.array + other.array)

    def _shifted(self, number: Any) -> Dense:
        return Dense(self.array + self._scalar(number) * self._eye())

    def _scaled(self, number: Any) -> Dense:
        return Dense(self._scalar(number) * self.array)

    def _times(self, other: Dense) -> Dense:
        return Dense(self.array @ other.array)

    def _one(self) -> Dense:
        return Dense(arrays.namespace(self.array).zeros_like(self.array) + self._eye())

    def _eye(self) -> Array:
        return linalg.eye(self.array.shape[-1], self.array)

    def _scalar(self, number: Any) -> Any:
        """A number, or an array of numbers one for each matrix, ready to multiply the matrices."""
        number = arrays.scalar(number, self.array)
        return number[..., None, None] if getattr(number, "ndim", 0) else number

    def inverse(self) -> Dense:
        inverse = linalg.solve(self.array, self._one().array)
        if arrays.is_floating(inverse):
            linalg.warn_if_ill_conditioned(self.array, inverse)
        return Dense(inverse)

    def exp(self) -> Dense:
        return Dense(linalg.expm(self.array))

    def __matmul__(self, vector: Array) -> Array:
        if not arrays.is_array(vector):
            return NotImplemented
        return linalg.matvec(self.array, vector)

    def solve(self, vector: Array) -> Array:
        """``A^-1 b`` for a vector b of shape ``(..., d)``; SingularError if A is singular, to working precision."""
        linalg.check_nonsingular(self.array)
        return linalg.solve(self.array, vector[..., None])[..., 0]

    def __getitem__(self, index: Any) -> Dense:
        return Dense(arrays.part(self.array, index))

    def dense(self) -> Array:
        """The matrices as an array."""
        return self.array

    def weighted_sum(self, weights: Array) -> Dense:
        """``sum_i w_i X_i`` over the first axis."""
        return Dense(linalg.weighted_sum(weights, self.array))

    def weighted_adjoint(self, weights: Array, X: Dense | Array) -> Dense | Array:
        """``sum_i w_i J_i' X_i`` as one product of stacked matrices, X a batch of matrices or of vectors."""
        if isinstance(X, Dense):
            return Dense(linalg.stacked_adjoint(weights, self.array, X.array))
        return linalg.stacked_adjoint(weights, self.array, X[..., None])[..., 0]

    def exp_bordered(self, columns: Array, corner: Any) -> tuple[Dense, Array]:
        """The upper blocks of ``exp [[A, columns], [0, corner I]]``, for columns of shape ``(..., d, m)``.

        Exact also where A is singular: the exponential is that of the block matrix as a whole.
        """
        xp, d = arrays.namespace(self.array), self.array.shape[-1]
        last = linalg.eye(columns.shape[-1], columns) * arrays.scalar(corner, columns)
        last = xp.zeros_like(columns[..., :1, :]) + last
        zero = xp.zeros_like(xp.matrix_transpose(columns))
        upper, lower = xp.concat([self.array, columns], axis=-1), xp.concat([zero, last], axis=-1)
        exp = linalg.expm(xp.concat([upper, lower], axis=-2))
        # The first block is made alone: within the whole it keeps no digits once it is small beside the columns.
        return self.exp(), exp[..., :d, d:]


@dataclass(frozen=True, eq=False)
class Diagonal(RingElement):
    """A diagonal matrix by its entries: an array, or one scalar of any kind (a float, a Fraction, a symbol).

    Every operation acts entrywise, so that a formula evaluated here is read at eigenvalues.
    """

    entries: Any

    @property
    def T(self) -> Diagonal:
        return self

    def _plus(self, other: Diagonal) -> Diagonal:
        return Diagonal(self.entries + other.entries)

    def _shifted(self, number: Any) -> Diagonal:
        return Diagonal(self.entries + self._scalar(number))

    def _scaled(self, number: Any) -> Diagonal:
        return Diagonal(self._scalar(number) * self.entries)

    def _times(self, other: Diagonal) -> Diagonal:
        return Diagonal(self.entries * other.entries)

    def _one(self) -> Diagonal:
        return Diagonal(self.entries**0)

    def _scalar(self, number: Any) -> Any:
        return arrays.scalar(number, self.entries)

    def __pow__(self, k: Any) -> Diagonal:
        return Diagonal(self.entries**k)

    def __matmul__(self, vector: Any) -> Any:
        return NotImplemented if hasattr(vector, "operator") else self.entries * vector

    def inverse(self) -> Diagonal:
        if _has_zero(self.entries):
            raise SingularError("the matrix is singular: an eigenvalue by which to divide is 0")
        return Diagonal(1 / self.entries)

    def exp(self) -> Diagonal:
        return Diagonal(arrays.exp(self.entries))

    def exp_bordered(self, columns: Any, corner: Any) -> tuple[Diagonal, Any]:
        """As of a dense matrix, entrywise: ``e^x`` and ``columns (e^x - e^corner) / (x - corner)``."""
        return self.exp(), columns * arrays.exp(corner) * arrays.expm1_quotient(self.entries - corner)


def _has_zero(numbers: Any) -> bool:
    """Whether a number, or one in an array, is known to be zero."""
    zero = numbers == 0
    return known(lambda: arrays.namespace(zero).any(zero) if arrays.is_array(zero) else zero) is True
