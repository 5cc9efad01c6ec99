"""What a ring is to a formula: a way to read its letters, and the operations that every reading has."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, Literal, Protocol, Self

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError

from .letters import Letters

__all__ = ["Element", "Ring", "gradient", "inverse", "jacobian", "named"]


class Element(RingElement):
    """A matrix, column, row or number of some ring.

    ``*`` and ``@`` are the same product; a number beside a matrix stands for that multiple of the identity; the product
    of a row and a column is a number, which multiplies anything.
    """

    @property
    @abstractmethod
    def shape(self) -> Literal["matrix", "vector", "covector", "scalar"]:
        """What it is; a covector is a row."""

    @abstractmethod
    def is_zero(self) -> bool | None:
        """Whether it is zero in its ring; None where the ring cannot tell (a printer, a degree counter)."""

    def __matmul__(self, other: Any) -> Self:
        return self.__mul__(other)

    def gradient_of(self, function: Callable[[Any], Any]) -> Self:
        """The gradient at this column of a function from columns to numbers."""
        raise NotImplementedError

    def jacobian_of(self, function: Callable[[Any], Any]) -> Self:
        """The Jacobian at this column of a function from columns to columns: entry (i, j) is d f_i / d x_j."""
        raise NotImplementedError

    def named(self, latex: str) -> Self:
        """Self; a printer shows the name instead of the expression from here on."""
        return self


class Ring(Protocol):
    """A way to read a formula."""

    def letters(self, declared: Letters) -> dict[str, Any]:
        """The elements that the declared names stand for."""


def inverse(x: Any) -> Any:
    """The inverse of a square matrix or number; that it exists becomes an assumption of what is derived."""
    return 1 / x


def gradient(function: Callable[[Any], Any], at: Any) -> Any:
    """The gradient of a number-valued function at the column ``at``."""
    gradient_of = getattr(at, "gradient_of", None)
    if gradient_of is None:
        raise InputError(f"at: got {at!r}; expected a column to differentiate at")
    return gradient_of(function)


def jacobian(function: Callable[[Any], Any], at: Any) -> Any:
    """The Jacobian of a column-valued function at the column ``at``."""
    jacobian_of = getattr(at, "jacobian_of", None)
    if jacobian_of is None:
        raise InputError(f"at: got {at!r}; expected a column to differentiate at")
    return jacobian_of(function)


def named(x: Any, latex: str) -> Any:
    """The same x, shown by the name ``latex`` in print; every other ring ignores the name."""
    return x.named(latex) if hasattr(x, "named") else x
