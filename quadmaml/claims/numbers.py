"""Numbers in a claim's text, read exactly."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError
from quadmaml.proofs.fields import fraction_of
from quadmaml.proofs.ring import Element

__all__ = ["Wrapper", "bare", "divisor", "exact"]

_LARGEST_DENOMINATOR = 10**6


def exact(number: Any) -> Any:
    """A number as an integer or Fraction; a float as the simplest fraction that rounds to it.

    A claim says ``0.1`` and ``1/3`` and means a tenth and a third. Floats that no fraction with a denominator up to a
    million rounds to are refused: they come from a calculation, and no one can say what they stand for.

    Raises
    ------
    InputError
        For anything that is no real number, or such a float.

    Examples
    --------
    >>> exact(0.1), exact(1 / 3), exact(2)
    (Fraction(1, 10), Fraction(1, 3), 2)
    """
    if type(number) in (int, Fraction):
        return number
    if isinstance(number, float):
        if math.isfinite(number):
            simple = Fraction(number).limit_denominator(_LARGEST_DENOMINATOR)
            if float(simple) == number:
                return simple
        raise InputError(f"number: got the float {number!r}; expected an exact number, such as Fraction(1, 3)")
    return fraction_of(number.item() if type(number).__module__ == "numpy" else number)


def divisor(number: Any) -> Fraction:
    """A plain number by which 1 can be divided without losing exactness."""
    return Fraction(exact(number))


class Wrapper(Element):
    """An element that stands for another, its ``element``."""

    element: Any


def bare(value: Any) -> Any:
    """The element that a wrapper stands for; a plain number exactly."""
    if isinstance(value, Wrapper):
        return value.element
    return value if isinstance(value, RingElement) else exact(value)
