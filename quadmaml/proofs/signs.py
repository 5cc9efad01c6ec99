"""Where a rational function of one symbol is positive and where negative, with exact ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from quadmaml.errors import InputError

from .domains import Domain
from .real_roots import RealRoot, as_fraction, real_roots, simplest

__all__ = ["SignRange", "cells", "sign_ranges", "within"]


@dataclass(frozen=True)
class SignRange:
    """An interval on which a rational function of one symbol keeps its sign.

    Parameters
    ----------
    interval : sympy.Interval
        Open; its ends are exact: rationals, radicals, ``CRootOf`` or the ends of the domain.
    sign : int
        1 or -1.
    sample : Fraction
        The simplest rational inside.
    """

    interval: Any
    sign: int
    sample: Fraction


def sign_ranges(expression: Any, interval: Any) -> tuple[SignRange, ...]:
    """The sign of a rational function of one symbol between its zeros and poles, in ascending order.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> [(each.interval.end, each.sign) for each in sign_ranges(x**2 - 2, sympy.Interval(0, sympy.oo))]
    [(sqrt(2), -1), (oo, 1)]
    """
    expression = sympy.sympify(expression)
    ((x, where),) = Domain.of(expression, interval).intervals
    if not expression.is_rational_function(x) or expression == 0:
        raise InputError(f"expression: got {expression}; expected a nonzero rational function of one symbol")
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(expression)))
    polynomial = sympy.Poly(top * bottom, x, domain="QQ")
    return tuple(cells(polynomial, real_roots(factor for factor, _ in polynomial.factor_list()[1]), where))


def cells(polynomial: Any, roots: Sequence[RealRoot], interval: Any) -> Iterator[SignRange]:
    """The ranges between the roots of a polynomial that lie inside an interval, with its sign on each."""
    inside = [root for root in roots if _position(root, interval) == 0]
    edges: list[RealRoot | None] = [None, *inside, None]
    ends = [interval.start, *(root.expression for root in inside), interval.end]
    at_end = [any(_is(root, end) for root in roots) for end in (interval.start, interval.end)]
    for i in range(len(inside) + 1):
        sample = simplest(_beside(edges[i], edges[i + 1], interval, at_end))
        value = polynomial.eval(sympy.Rational(sample.numerator, sample.denominator))
        yield SignRange(sympy.Interval.open(ends[i], ends[i + 1]), int(sympy.sign(value)), sample)


def _is(root: RealRoot, end: Any) -> bool:
    return root.lower == root.upper and end.is_Rational and root.lower == as_fraction(end)


def _position(root: RealRoot, interval: Any) -> int:
    """-1 for a root at or below the low end of an interval, 0 inside, 1 at or above the high end."""
    if interval.start != -sympy.oo and root.compare(as_fraction(interval.start)) <= 0:
        return -1
    return int(interval.end != sympy.oo and root.compare(as_fraction(interval.end)) >= 0)


def _beside(
    left: RealRoot | None, right: RealRoot | None, interval: Any, root_at: Sequence[bool]
) -> Callable[[Fraction], int]:
    """On which side of the range between two roots, or ends, a rational lies; roots are outside, kept ends inside."""
    lo = None if interval.start == -sympy.oo else as_fraction(interval.start)
    hi = None if interval.end == sympy.oo else as_fraction(interval.end)
    keep_lo, keep_hi = not interval.left_open and not root_at[0], not interval.right_open and not root_at[1]

    def below(q: Fraction) -> bool:
        return left.compare(q) >= 0 if left is not None else lo is not None and (q < lo or (q == lo and not keep_lo))

    def above(q: Fraction) -> bool:
        return right.compare(q) <= 0 if right is not None else hi is not None and (q > hi or (q == hi and not keep_hi))

    def side(q: Fraction) -> int:
        return above(q) - below(q)

    return side


def within(root: RealRoot, interval: Any) -> bool:
    """Whether a root is a point of an interval, ends that belong to it included."""
    if _position(root, interval) == 0:
        return True
    low = not interval.left_open and _is(root, interval.start)
    return low or (not interval.right_open and _is(root, interval.end))
