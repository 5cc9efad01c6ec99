"""Matrices, columns, rows and numbers over a field: one class of elements over a small description of the field."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError, SingularError

from .ring import Element
from .shapes import Shape, of_product, of_sum, of_transpose

__all__ = ["Field", "FieldElement"]


class Field(ABC):
    """What a matrix over a field needs to know of the field.

    A *table* is a matrix of flint's or of :mod:`.pure`: both have ``+ *``, ``transpose``, ``inv``, ``solve``,
    ``entries``, ``nrows`` and ``ncols``.
    """

    # Why differences are not known to be derivatives, in a field where that is so.
    no_derivatives: str = ""

    @abstractmethod
    def number(self, x: Any) -> Any:
        """The number x in this field; InputError if it is none."""

    @abstractmethod
    def table(self, rows: int, columns: int, entries: Sequence[Any]) -> Any:
        """The matrix of these numbers of the field, row by row."""

    @abstractmethod
    def vanish(self, entries: Sequence[Any]) -> bool | None:
        """Whether all these numbers of the field are zero; None where that cannot be told."""

    @abstractmethod
    def value(self, entry: Any) -> Any:
        """A number of the field as a plain one."""

    def exp(self, table: Any) -> Any:
        """The exponential of a matrix; InputError in a field that has none."""
        raise InputError(
            f"exp: there is none in {self}; write exp(-tA) as a letter P, function_of('A'), or use ball arithmetic"
        )

    def precision(self) -> AbstractContextManager[Any]:
        """The setting under which every operation runs."""
        return nullcontext()

    # Elements

    def matrix(self, rows: Sequence[Sequence[Any]]) -> FieldElement:
        """The matrix with these rows."""
        return self.element("matrix", rows)

    def column(self, entries: Sequence[Any]) -> FieldElement:
        """The column with these entries."""
        return self.element("vector", entries)

    def scalar(self, number: Any) -> FieldElement:
        """A number as an element."""
        return self.element("scalar", number)

    def element(self, shape: Shape, value: Any) -> FieldElement:
        """The element of this shape from nested sequences of numbers, as :attr:`FieldElement.value` gives them."""
        wraps: dict[Shape, Callable[[Any], Any]] = {
            "matrix": lambda rows: rows,
            "vector": lambda column: [[entry] for entry in column],
            "covector": lambda row: [row],
            "scalar": lambda number: [[number]],
        }
        try:
            rows = [list(row) for row in wraps[shape](value)]
        except TypeError:
            raise InputError(f"value: got {value!r}; expected numbers that make up a {shape}") from None
        if not rows or not rows[0] or any(len(row) != len(rows[0]) for row in rows):
            raise InputError(f"rows: got {value!r}; expected at least one, all of one length")
        with self.precision():
            entries = [self.number(entry) for row in rows for entry in row]
            return FieldElement(self, self.table(len(rows), len(rows[0]), entries), shape)

    def identity(self, n: int) -> Any:
        """The table of the n x n identity."""
        return _identity(self, n)


@lru_cache(maxsize=64)
def _identity(field: Field, n: int) -> Any:
    one, zero = field.number(1), field.number(0)
    return field.table(n, n, [one if i == j else zero for i in range(n) for j in range(n)])


@dataclass(frozen=True, eq=False)
class FieldElement(Element):
    """A matrix, column, row or number over a field; made by :meth:`Field.matrix` and its like.

    Parameters
    ----------
    field : Field
        The field.
    table : matrix of flint or of :mod:`.pure`
        The entries; a number is a 1 x 1 matrix.
    kind : "matrix", "vector", "covector" or "scalar"
        What it is, its :attr:`shape`; in dimension 1 the entries do not tell.

    Examples
    --------
    >>> from quadmaml.proofs.fields import Rationals
    >>> Q = Rationals()
    >>> A, x = Q.matrix([[2, 1], [1, 3]]), Q.column([1, -1])
    >>> (x.T @ (A + 1) @ x).value
    Fraction(5, 1)
    """

    field: Field
    table: Any
    kind: Shape

    @property
    def shape(self) -> Shape:
        return self.kind

    @property
    def value(self) -> Any:
        """Its entries: a number, a tuple of numbers, or a tuple of rows; Fractions, integers modulo p, or balls."""
        columns, entries = self.table.ncols(), [self.field.value(entry) for entry in self.table.entries()]
        if self.shape == "scalar":
            return entries[0]
        if self.shape != "matrix":
            return tuple(entries)
        return tuple(tuple(entries[i : i + columns]) for i in range(0, len(entries), columns))

    def is_zero(self) -> bool | None:
        with self.field.precision():
            return self.field.vanish(self.table.entries())

    @property
    def T(self) -> FieldElement:
        return self._of(lambda: self.table.transpose(), of_transpose(self.shape))

    def _of(self, table: Callable[[], Any], shape: Shape) -> FieldElement:
        with self.field.precision():
            return FieldElement(self.field, table(), shape)

    def _plus(self, other: FieldElement) -> FieldElement:
        shape = of_sum(self.shape, self._alike(other).shape)
        left, right = (x if x.shape == shape else x._on_diagonal(self, other) for x in (self, other))
        if (left.table.nrows(), left.table.ncols()) != (right.table.nrows(), right.table.ncols()):
            raise InputError(f"sum: got {left._size()} plus {right._size()}; expected terms of one size")
        return self._of(lambda: left.table + right.table, shape)

    def _on_diagonal(self, *terms: FieldElement) -> FieldElement:
        """A number as a multiple of the identity, in the size of the matrix among the terms."""
        n = max(term.table.nrows() for term in terms)
        return self._of(lambda: self.field.identity(n) * self.table.entries()[0], "matrix")

    def _alike(self, other: FieldElement) -> FieldElement:
        if other.field != self.field:
            raise InputError(f"other: is over {other.field}; expected {self.field}")
        return other

    def _size(self) -> str:
        return f"{self.table.nrows()} x {self.table.ncols()}"

    def _shifted(self, number: Any) -> FieldElement:
        # sum() begins with 0, whatever it adds up.
        if self.shape in ("vector", "covector") and isinstance(number, int) and number == 0:
            return self
        return self._plus(self.field.scalar(number))

    def _scaled(self, number: Any) -> FieldElement:
        if isinstance(number, RingElement):
            raise InputError(f"factor: got {type(number).__name__}; expected a number or an element of {self.field}")
        return self._of(lambda: self.table * self.field.number(number), self.shape)

    def _times(self, other: FieldElement) -> FieldElement:
        shape = of_product(self.shape, self._alike(other).shape)
        if self.shape == "scalar":
            return self._of(lambda: other.table * self.table.entries()[0], shape)
        if other.shape == "scalar":
            return self._of(lambda: self.table * other.table.entries()[0], shape)
        if self.table.ncols() != other.table.nrows():
            raise InputError(f"product: got {self._size()} times {other._size()}; expected factors that fit")
        return self._of(lambda: self.table * other.table, shape)

    def _square(self, operation: str) -> int:
        if self.shape not in ("matrix", "scalar") or self.table.nrows() != self.table.ncols():
            raise InputError(f"{operation}: got a {self.shape}, {self._size()}; expected a square matrix or a number")
        return int(self.table.nrows())

    def _one(self) -> FieldElement:
        n = self._square("one")
        return self._of(lambda: self.field.identity(n), self.shape)

    def inverse(self) -> FieldElement:
        self._square("inverse")
        return self._of(lambda: _or_singular(self.table.inv), self.shape)

    def solve(self, vector: FieldElement) -> FieldElement:
        self._square("solve")
        shape = of_product(self.shape, self._alike(vector).shape)
        if "scalar" in (self.shape, vector.shape):
            return self.inverse() * vector
        return self._of(lambda: _or_singular(lambda: self.table.solve(vector.table)), shape)

    def exp(self) -> FieldElement:
        self._square("exp")
        return self._of(lambda: self.field.exp(self.table), self.shape)

    def exp_bordered(self, column: FieldElement, corner: Any) -> tuple[FieldElement, FieldElement]:
        """The upper blocks of ``exp [[self, column], [0, corner]]``, exact also where self is singular."""
        corner = corner if isinstance(corner, FieldElement) else self.field.scalar(corner)
        n, entries, side = self._square("exp"), self.table.entries(), column.table.entries()
        zeros = [self.field.number(0)] * n
        rows = [[*entries[i * n : (i + 1) * n], side[i]] for i in range(n)] + [[*zeros, *corner.table.entries()]]
        exp = self._of(lambda: self.field.exp(self._stacked(rows)), "matrix").table.entries()
        upper = [exp[i * (n + 1) : (i + 1) * (n + 1)] for i in range(n)]
        linear = self._of(lambda: self._stacked([row[:n] for row in upper]), self.shape)
        return linear, self._of(lambda: self._stacked([row[n:] for row in upper]), column.shape)

    # Derivatives, by differences that are exact for polynomials of low degree

    def gradient_of(self, function: Callable[[Any], Any]) -> FieldElement:
        """The gradient at this column of a number-valued polynomial of degree at most 2, by central differences.

        Raises
        ------
        InputError
            If longer differences, or those along one more direction, show that they are not exact.
        """
        units, probe = self._directions("gradient")
        slopes = [self._slope(function, unit) for unit in units]
        gradient = self._of(lambda: self._stacked([slope.table.entries() for slope in slopes]), "vector")
        # A slope is off by the third derivative / 6, the fifth / 120, ...: twice and three times the way show them.
        longer = [
            self._slope(function, k * unit) - k * slope
            for unit, slope in zip(units, slopes, strict=True)
            for k in (2, 3)
        ]
        if any(x.is_zero() is False for x in [self._slope(function, probe) - gradient.T * probe, *longer]):
            raise InputError("gradient: the function is no polynomial of degree <= 2 in its argument; expected one")
        return gradient

    def _slope(self, function: Callable[[Any], Any], direction: FieldElement) -> FieldElement:
        ahead, behind = (_shaped(self, function(point), "scalar") for point in (self + direction, self - direction))
        return (ahead - behind) / 2

    def jacobian_of(self, function: Callable[[Any], Any]) -> FieldElement:
        """The Jacobian at this column of an affine map from columns to columns, by differences.

        Raises
        ------
        InputError
            If longer differences, or that along one more direction, show that the map is not affine.
        """
        units, probe = self._directions("jacobian")
        here = _shaped(self, function(self), "vector")
        columns = [_shaped(self, function(self + unit), "vector") - here for unit in units]
        transposed = self._of(lambda: self._stacked([column.table.entries() for column in columns]), "matrix")
        jacobian = transposed.T
        tried = [probe, *(k * unit for unit in units for k in (2, -1))]
        if any(
            (_shaped(self, function(self + step), "vector") - here - jacobian @ step).is_zero() is False
            for step in tried
        ):
            raise InputError("jacobian: the function is not affine in its argument; expected an affine map")
        return jacobian

    def _directions(self, operation: str) -> tuple[list[FieldElement], FieldElement]:
        """The unit columns, and one whose entries are none of 0, 1, -1: cubes and products show along it."""
        if self.shape != "vector":
            raise InputError(f"{operation}: got a {self.shape}; expected a column to differentiate at")
        if self.field.no_derivatives:
            raise InputError(
                f"{operation}: is taken by differences, exact for polynomials of degree <= 2 alone; expected a formula"
                f" whose degree can be counted ({self.field.no_derivatives})"
            )
        d = self.table.nrows()
        units = [self.field.column([int(i == j) for j in range(d)]) for i in range(d)]
        return units, self.field.column(range(2, d + 2))

    def _stacked(self, rows: list[list[Any]]) -> Any:
        return self.field.table(len(rows), len(rows[0]), [entry for row in rows for entry in row])


def _shaped(like: FieldElement, value: Any, shape: Shape) -> FieldElement:
    """A value of a function as an element of the shape it must have; a plain number is a number."""
    if not isinstance(value, RingElement):
        value = like.field.scalar(value)
    if not isinstance(value, FieldElement) or value.shape != shape:
        raise InputError(f"function: gives a {getattr(value, 'shape', type(value).__name__)}; expected a {shape}")
    return value


def _or_singular(operation: Callable[[], Any]) -> Any:
    try:
        return operation()
    except ZeroDivisionError:
        raise SingularError("the matrix is singular") from None
