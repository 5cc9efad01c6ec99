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
from .errors import InputError, check_steps

__all__ = ["Dense", "Diagonal", "RingElement"]


class RingElement(ABC):
    """The operators of a ring element, from the few operations in which structures differ."""

    # NumPy must leave ``array * element`` and ``np.float64(2) * element`` to the methods below.
    __array_ufunc__ = None

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

    def __add__(self, other: Any) -> Self:
        return self._plus(other) if isinstance(other, type(self)) else self._shifted(other)

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
        return self._times(other) if isinstance(other, type(self)) else self._scaled(other)

    def __rmul__(self, other: Any) -> Self:
        return self._scaled(other)

    def __truediv__(self, other: Any) -> Self:
        if isinstance(other, type(self)):
            return self._times(other.inverse())
        return self._scaled(1 / arrays.divisor(other))

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
        return Dense(linalg.solve(self.array, self._one().array))

    def exp(self) -> Dense:
        return Dense(linalg.expm(self.array))

    def __matmul__(self, vector: Array) -> Array:
        if not arrays.is_array(vector):
            return NotImplemented
        return linalg.matvec(self.array, vector)

    def solve(self, vector: Array) -> Array:
        """``A^-1 b`` for a vector b of shape ``(..., d)``; SingularError if A is singular."""
        return linalg.solve(self.array, vector[..., None])[..., 0]

    def __getitem__(self, index: Any) -> Dense:
        return Dense(self.array[arrays.of_batch(index)])

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

    def bordered(self, column: Array, corner: Any) -> Dense:
        """The block matrices ``[[A, column], [0, corner]]``, shape ``(..., d + 1, d + 1)``."""
        xp = arrays.namespace(self.array)
        zero = xp.zeros_like(column)[..., None, :]
        last = zero[..., :1] + arrays.scalar(corner, self.array)
        return Dense(
            xp.concat([xp.concat([self.array, column[..., None]], axis=-1), xp.concat([zero, last], axis=-1)], axis=-2)
        )

    def unbordered(self) -> tuple[Dense, Array]:
        """The blocks ``A, column`` of :meth:`bordered`."""
        return Dense(self.array[..., :-1, :-1]), self.array[..., :-1, -1]


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
        return arrays.scalar(number, self.entries) if arrays.is_array(self.entries) else number

    def __pow__(self, k: Any) -> Diagonal:
        return Diagonal(self.entries**k)

    def __matmul__(self, vector: Any) -> Any:
        return NotImplemented if hasattr(vector, "operator") else self.entries * vector

    def inverse(self) -> Diagonal:
        return Diagonal(1 / self.entries)

    def exp(self) -> Diagonal:
        return Diagonal(arrays.exp(self.entries))
