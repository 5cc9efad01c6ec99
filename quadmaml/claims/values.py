"""Values: what the arguments of a claim are while its text is read, in any ring.

A value wraps an element of some ring of :mod:`quadmaml.proofs`, and adds what a claim's text may use beyond it:
comparisons, negative powers, and floats read as the fractions that they stand for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError

from .domains import Domain
from .numbers import Wrapper, bare, divisor, exact
from .statements import Statement, at_most, less_than

__all__ = ["Value"]


@dataclass(frozen=True, eq=False)
class Value(Wrapper):
    """An element of some ring as a claim's text sees it.

    Parameters
    ----------
    element : Element
        What it is in its ring.
    domain : Domain, optional
        Of an argument: what it ranges over.

    Examples
    --------
    >>> from quadmaml.proofs.fields import Rationals
    >>> A = Value(Rationals().matrix([[2, 1], [1, 2]]))
    >>> bool(0.5 * A <= A), bool(A < 3), (A**-1).element.value[0]
    (True, False, (Fraction(2, 3), Fraction(-1, 3)))
    """

    element: Any
    domain: Domain | None = None

    @property
    def shape(self) -> Literal["matrix", "vector", "covector", "scalar"]:
        shape: Literal["matrix", "vector", "covector", "scalar"] = self.element.shape
        return shape

    def is_zero(self) -> bool | None:
        zero: bool | None = self.element.is_zero()
        return zero

    @property
    def T(self) -> Value:
        return Value(self.element.T)

    def _plus(self, other: Value) -> Value:
        return Value(self.element + other.element)

    def _shifted(self, number: Any) -> Value:
        number = _number(number)
        # sum() begins with 0, whatever it adds up.
        return self if number == 0 else Value(self.element + number)

    def _scaled(self, number: Any) -> Value:
        return Value(_number(number) * self.element)

    def _times(self, other: Value) -> Value:
        return Value(self.element * other.element)

    def _one(self) -> Value:
        return Value(self.element**0)

    def __truediv__(self, other: Any) -> Value:
        if isinstance(other, Value):
            return self._times(other.inverse())
        return self._scaled(1 / divisor(other)) if self._is_number(other) else NotImplemented

    def __pow__(self, k: Any) -> Value:
        if isinstance(k, int) and k < 0:
            return Value(self.element.inverse() ** -k)
        return Value(self.element**k)

    def inverse(self) -> Value:
        return Value(self.element.inverse())

    def solve(self, vector: Value) -> Value:
        return Value(self.element.solve(vector.element))

    def exp(self) -> Value:
        return Value(self.element.exp())

    def exp_bordered(self, column: Value, corner: Any) -> tuple[Value, Value]:
        """The upper blocks of ``exp [[self, column], [0, corner]]``."""
        linear, offset = self.element.exp_bordered(column.element, bare(corner))
        return Value(linear), Value(offset)

    def gradient_of(self, function: Callable[[Any], Any]) -> Value:
        return Value(self.element.gradient_of(lambda x: bare(function(Value(x)))))

    def jacobian_of(self, function: Callable[[Any], Any]) -> Value:
        return Value(self.element.jacobian_of(lambda x: bare(function(Value(x)))))

    def named(self, latex: str) -> Value:
        return Value(self.element.named(latex))

    @property
    def ends(self) -> tuple[Fraction | None, Fraction | None, bool] | None:
        """Of a scalar argument: the ends of its interval, None where it has none, and whether they are left out."""
        if self.domain is None or self.domain.kind not in ("scalar", "step_size"):
            return None
        if self.domain.kind == "step_size":
            return Fraction(0), None, True
        return self.domain.low, self.domain.high, False

    # Comparisons; == stays that of objects, for the core compares its own objects with it

    def __le__(self, other: Any) -> Statement:
        return at_most(self, other)

    def __ge__(self, other: Any) -> Statement:
        return at_most(other, self)

    def __lt__(self, other: Any) -> Statement:
        return less_than(self, other)

    def __gt__(self, other: Any) -> Statement:
        return less_than(other, self)

    def __float__(self) -> float:
        raise InputError("float: a claim is read exactly; expected no floating-point functions of its arguments")

    def __bool__(self) -> bool:
        raise InputError("bool: an argument of a claim has no truth value; expected a comparison")


def _number(number: Any) -> Any:
    return bare(number) if isinstance(number, RingElement) else exact(number)
