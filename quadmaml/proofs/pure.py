"""Matrices of Fractions, or of integers modulo a prime, in plain Python: what the fields use where flint is absent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from operator import mul
from typing import Any

from quadmaml.errors import SingularError

__all__ = ["Table"]

Rows = list[list[int]]


@dataclass(frozen=True)
class Table:
    """A matrix with the methods of flint's matrices that the fields use.

    Parameters
    ----------
    rows : tuple of tuples
        Fractions, or integers in [0, modulus).
    modulus : int
        A prime, or 0 for Fractions.

    Examples
    --------
    >>> A = Table(((1, 2), (3, 4)), 7)
    >>> (A * A.inv()).rows
    ((1, 0), (0, 1))
    """

    rows: tuple[tuple[Any, ...], ...]
    modulus: int = 0

    @classmethod
    def of(cls, rows: int, columns: int, entries: Sequence[Any], modulus: int = 0) -> Table:
        """The matrix with these entries, row by row."""
        return cls(tuple(tuple(entries[i * columns : (i + 1) * columns]) for i in range(rows)), modulus)

    def nrows(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def ncols(self) -> int:
        """The number of columns."""
        return len(self.rows[0]) if self.rows else 0

    def entries(self) -> list[Any]:
        """The entries, row by row."""
        return [entry for row in self.rows for entry in row]

    def transpose(self) -> Table:
        """The transpose."""
        return Table(tuple(zip(*self.rows, strict=True)), self.modulus)

    def __add__(self, other: Table) -> Table:
        pairs = zip(self.rows, other.rows, strict=True)
        return self._reduced([x + y for x, y in zip(row, other_row, strict=True)] for row, other_row in pairs)

    def __mul__(self, other: Any) -> Table:
        if not isinstance(other, Table):
            return self._reduced([x * other for x in row] for row in self.rows)
        if self.modulus:
            columns = list(zip(*other.rows, strict=True))
            return self._reduced([sum(map(mul, row, column)) for column in columns] for row in self.rows)
        # Integers over one denominator: a Fraction reduces after every single sum.
        (left, below_left), (right, below_right) = _cleared(self.rows), _cleared(other.rows)
        columns, below = list(zip(*right, strict=True)), below_left * below_right
        return self._reduced([Fraction(sum(map(mul, row, column)), below) for column in columns] for row in left)

    def _reduced(self, rows: Any) -> Table:
        if not self.modulus:
            return Table(tuple(map(tuple, rows)))
        return Table(tuple(tuple(entry % self.modulus for entry in row) for row in rows), self.modulus)

    def inv(self) -> Table:
        """The inverse; SingularError where there is none."""
        n = self.nrows()
        one = 1 if self.modulus else Fraction(1)
        return self.solve(Table(tuple(tuple(one * (i == j) for j in range(n)) for i in range(n)), self.modulus))

    def solve(self, right: Table) -> Table:
        """The matrix X with ``self * X = right``; SingularError where there is none."""
        n = self.nrows()
        rows = [[*a, *b] for a, b in zip(self.rows, right.rows, strict=True)]
        if self.modulus:
            return Table(tuple(tuple(row[n:]) for row in _eliminated_modulo(rows, self.modulus)), self.modulus)
        solved = _eliminated([_cleared([row])[0][0] for row in rows])
        return Table(tuple(tuple(Fraction(x, row[i]) for x in row[n:]) for i, row in enumerate(solved)))


def _cleared(rows: Sequence[Sequence[Fraction]]) -> tuple[Rows, int]:
    """Integers and the denominator that they stand over."""
    below = lcm(*(entry.denominator for row in rows for entry in row))
    return [[entry.numerator * (below // entry.denominator) for entry in row] for row in rows], below


def _with_pivot(rows: Rows, j: int) -> Rows:
    pivot = next((i for i in range(j, len(rows)) if rows[i][j]), None)
    if pivot is None:
        raise SingularError("the matrix is singular", rank=None)
    rows[j], rows[pivot] = rows[pivot], rows[j]
    return rows


def _eliminated_modulo(rows: Rows, p: int) -> Rows:
    """Gauss-Jordan elimination: the left square block becomes the identity."""
    for j in range(len(rows)):
        rows = _with_pivot(rows, j)
        over = pow(rows[j][j], -1, p)
        pivot = rows[j] = [x * over % p for x in rows[j]]
        for i, row in enumerate(rows):
            if i != j and (factor := row[j]):
                rows[i] = [(x - factor * y) % p for x, y in zip(row, pivot, strict=True)]
    return rows


def _eliminated(rows: Rows) -> Rows:
    """Gauss-Jordan elimination in integers (Bareiss): the left square block becomes a multiple of the identity."""
    previous = 1
    for j in range(len(rows)):
        rows = _with_pivot(rows, j)
        pivot = rows[j]
        for i, row in enumerate(rows):
            if i != j:
                rows[i] = [(pivot[j] * x - row[j] * y) // previous for x, y in zip(row, pivot, strict=True)]
        previous = pivot[j]
    return rows
