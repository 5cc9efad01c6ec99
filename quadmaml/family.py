"""Families: matrices, vectors or numbers of any ring, one for each task, where the ring has no batched arrays.

Letters, matrices modulo a prime and balls come one by one; a list of n of them is a batch of tasks. SymPy's numbers
and symbols are entries of arrays instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .curvature import RingElement
from .errors import InputError

__all__ = ["Family", "family", "holds_elements", "normalised"]


@dataclass(frozen=True, eq=False)
class Family(RingElement):
    """Ring elements of one kind (matrices, columns or numbers), one for each task; every operation acts on each."""

    members: tuple[Any, ...]
    level = 1

    def __len__(self) -> int:
        return len(self.members)

    def _each(self, function: Callable[..., Any], *others: Family) -> Family:
        return Family(tuple(map(function, self.members, *(other.members for other in others))))

    @property
    def T(self) -> Family:
        return self._each(lambda x: x.T)

    def _plus(self, other: Family) -> Family:
        return self._each(lambda x, y: x + y, other)

    def _shifted(self, number: Any) -> Family:
        return self._each(lambda x: x + number)

    def _scaled(self, number: Any) -> Family:
        return self._each(lambda x: number * x)

    def _times(self, other: Family) -> Family:
        return self._each(lambda x, y: x * y, other)

    def _one(self) -> Family:
        return self._each(lambda x: x**0)

    def __pow__(self, k: Any) -> Family:
        return self._each(lambda x: x**k)

    def __mul__(self, other: Any) -> Any:
        """The products in this order, with the members of a family or with one element for all."""
        if isinstance(other, Family):
            return self._times(other)
        return self._each(lambda x: x * other) if self._is_number(other) else NotImplemented

    def __matmul__(self, other: Any) -> Any:
        return self * other

    def __rmatmul__(self, other: Any) -> Family:
        return self._scaled(other)

    def inverse(self) -> Family:
        return self._each(lambda x: x.inverse() if isinstance(x, RingElement) else 1 / x)

    def exp(self) -> Family:
        return self._each(lambda x: x.exp())

    def exp_bordered(self, columns: Family, corner: Any) -> tuple[Family, Family]:
        """The upper blocks of the exponential of each member bordered by its column and the corner."""
        pairs = [x.exp_bordered(column, corner) for x, column in zip(self.members, columns.members, strict=True)]
        return Family(tuple(linear for linear, _ in pairs)), Family(tuple(offset for _, offset in pairs))

    def __getitem__(self, index: Any) -> Family:
        return Family(tuple(self.members[i] for i in index) if isinstance(index, list) else self.members[index])

    def weighted_sum(self, weights: Family) -> Any:
        """``sum_i w_i X_i``."""
        first, *rest = (weights * self).members
        return sum(rest, start=first)

    def weighted_adjoint(self, weights: Family, X: Family) -> Any:
        """``sum_i w_i J_i' X_i``."""
        return (self.T * X).weighted_sum(weights)


def holds_elements(value: Any) -> bool:
    """Whether value is a family, or a list in which a ring element stands."""
    return isinstance(value, Family) or (
        isinstance(value, (list, tuple)) and any(isinstance(member, RingElement) for member in value)
    )


def family(name: str, value: Any, n: int | None = None) -> Family:
    """A list as a family of n members; one number as n times that number."""
    if n is not None and not isinstance(value, (list, tuple, Family)):
        return Family((value,) * n)
    made = value if isinstance(value, Family) else Family(tuple(value))
    if n is not None and len(made) != n:
        raise InputError(f"{name}: has {len(made)} entries; expected {n}, one for each task")
    return made


def normalised(weights: Any, n: int) -> Family:
    """Weights of n tasks as a family that sums to 1; by default equal."""
    w = family("weights", [Fraction(1, n)] * n if weights is None else weights, n)
    total = sum(w.members)
    return w if total == 1 else w / total
