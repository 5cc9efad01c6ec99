"""Statements about exact numbers, decided exactly."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError
from quadmaml.proofs.fields import Rationals

from .numbers import bare, exact

__all__ = ["NoOrderError", "definite", "difference", "holds", "slack"]

Rows = Sequence[Sequence[Fraction]]


class NoOrderError(TypeError):
    """A comparison has no truth value in the ring in which the claim is read."""


def definite(rows: Rows, *, strictly: bool) -> bool:
    """Whether a symmetric matrix is positive definite, or semidefinite, by symmetric elimination.

    Examples
    --------
    >>> definite([[1, 1], [1, 1]], strictly=False), definite([[1, 1], [1, 1]], strictly=True)
    (True, False)
    """
    left = [list(map(Fraction, row)) for row in rows]
    while left:
        (pivot, *right), *below = left
        if pivot < 0 or (pivot == 0 and (strictly or any(right))):
            return False
        # A zero on the diagonal of a semidefinite matrix has zeros beside it: nothing to eliminate.
        left = [
            [x - row[0] * y / pivot for x, y in zip(row[1:], right, strict=True)] if pivot else row[1:] for row in below
        ]
    return True


def difference(statement: Any) -> Any:
    """``right - left``: a Fraction, or an element over the rationals.

    Raises
    ------
    NoOrderError
        If the sides are in a ring without order.
    InputError
        If their shapes have no such relation.
    """
    left, right = bare(statement.left), bare(statement.right)
    elements = [side for side in (left, right) if isinstance(side, RingElement)]
    if not elements:
        return Fraction(right) - Fraction(left)
    if not all(isinstance(getattr(side, "field", None), Rationals) for side in elements):
        raise NoOrderError("there is no order in this ring")
    shapes = {getattr(side, "shape", "scalar") for side in (left, right)}
    check_shapes(statement.kind, shapes, left, right)
    return right - left


def check_shapes(kind: str, shapes: set[str], left: Any, right: Any) -> None:
    """InputError for a relation between values that have none; 0 beside a column is the column 0."""
    zero = any(not isinstance(side, RingElement) and side == 0 for side in (left, right))
    if len(shapes) > 1 and shapes != {"matrix", "scalar"} and not zero:
        raise InputError(f"{kind}: got a {' and a '.join(sorted(shapes))}; expected both of one shape")
    if kind != "equal" and shapes & {"vector", "covector"}:
        raise InputError(f"{kind}: got columns or rows, which have no order; expected numbers or symmetric matrices")


def holds(statement: Any) -> bool:
    """Whether a statement about rational numbers or matrices holds, exactly."""
    gap = difference(statement)
    if statement.kind == "equal":
        return bool(gap.is_zero()) if isinstance(gap, RingElement) else gap == 0
    strictly = statement.kind == "less_than"
    value = gap.value if isinstance(gap, RingElement) else gap  # type: ignore[attr-defined]
    if isinstance(value, Fraction):
        return value > 0 if strictly else value >= 0
    return _symmetric(value) and definite(value, strictly=strictly)


def _symmetric(rows: Any) -> bool:
    return all(rows[i][j] == rows[j][i] for i in range(len(rows)) for j in range(i))


def slack(statement: Any) -> Fraction | None:
    """``right - left`` of an inequality between numbers; None for other statements."""
    if statement.kind == "equal":
        return None
    gap = difference(statement)
    value = gap.value if isinstance(gap, RingElement) else exact(gap)  # type: ignore[attr-defined]
    return value if isinstance(value, Fraction) else None
