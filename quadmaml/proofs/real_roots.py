"""Real roots of rational polynomials, exactly, and the simplest rational of an interval."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cmp_to_key
from typing import Any

import sympy

__all__ = ["RealRoot", "as_fraction", "real_roots", "simplest"]


def as_fraction(number: Any) -> Fraction:
    """A rational SymPy number, or one of Python, as a Fraction."""
    return Fraction(int(number.p), int(number.q)) if hasattr(number, "p") else Fraction(number)


@dataclass(eq=False)
class RealRoot:
    """A real root of an irreducible polynomial, held in an isolating interval that shrinks when it must.

    Parameters
    ----------
    factor : sympy.Poly
        An irreducible polynomial over the rationals.
    index : int
        Which of its real roots, in ascending order.
    lower, upper : Fraction
        The only root of the factor in between; both equal to a rational root.
    """

    factor: Any
    index: int
    lower: Fraction
    upper: Fraction

    @property
    def expression(self) -> Any:
        """The root as an exact SymPy number: a rational, radicals of degree two, or a ``CRootOf``."""
        if self.factor.degree() <= 2:
            x = self.factor.gen
            return sorted(sympy.roots(self.factor, x), key=lambda root: root.evalf(50))[self.index]
        return sympy.CRootOf(self.factor, self.index)

    def compare(self, number: Fraction) -> int:
        """The sign of ``root - number``."""
        if self.lower == self.upper:
            return (self.lower > number) - (self.lower < number)
        # The ends of an isolating interval are not roots.
        if number <= self.lower:
            return 1
        if number >= self.upper:
            return -1
        if self._sign(number) == self._sign(self.lower):
            self.lower = number
            return 1
        self.upper = number
        return -1

    def _sign(self, number: Fraction) -> int:
        return int(sympy.sign(self.factor.eval(_rational(number))))

    def sign_of(self, polynomial: Any) -> int:
        """The sign of a rational polynomial in the same symbol at the root.

        Examples
        --------
        >>> x = sympy.Symbol("x")
        >>> (root,) = [each for each in real_roots([sympy.Poly(x**2 - 2, x)]) if each.compare(Fraction(0)) > 0]
        >>> [root.sign_of(sympy.Poly(p, x)) for p in (x**3 - 2 * x, 1000 * x - 1414, 1000 * x - 1415)]
        [0, 1, -1]
        """
        if polynomial.rem(self.factor).is_zero:
            return 0
        while self.lower != self.upper and polynomial.count_roots(*map(_rational, (self.lower, self.upper))):
            self.halve()
        return int(sympy.sign(polynomial.eval(_rational((self.lower + self.upper) / 2))))

    def halve(self) -> None:
        """Shrink the interval to the half that holds the root."""
        if self.lower != self.upper:
            self.compare((self.lower + self.upper) / 2)


def _rational(number: Fraction) -> Any:
    return sympy.Rational(number.numerator, number.denominator)


def _order(one: RealRoot, other: RealRoot) -> int:
    """-1 or 1, for distinct roots."""
    if one.lower == one.upper:
        return -other.compare(one.lower)
    if other.lower == other.upper:
        return one.compare(other.lower)
    while one.upper > other.lower and other.upper > one.lower:
        one.halve()
        other.halve()
    return -1 if one.upper <= other.lower else 1


def real_roots(factors: Iterable[Any]) -> list[RealRoot]:
    """The distinct real roots of distinct irreducible polynomials in one symbol, in ascending order.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> [root.expression for root in real_roots([sympy.Poly(x**2 - 2, x), sympy.Poly(2 * x - 1, x)])]
    [-sqrt(2), 1/2, sqrt(2)]
    """
    found = []
    for factor in factors:
        if factor.degree() == 1:
            root = as_fraction(-factor.coeff_monomial(1) / factor.LC())
            found.append(RealRoot(factor, 0, root, root))
            continue
        for index, ((lower, upper), _) in enumerate(factor.intervals()):
            found.append(RealRoot(factor, index, as_fraction(lower), as_fraction(upper)))
    return sorted(found, key=cmp_to_key(_order))


def simplest(side: Callable[[Fraction], int]) -> Fraction:
    """The rational of least denominator, then of least size, in an interval with more than one point.

    Parameters
    ----------
    side : function
        -1 for numbers below the interval, 0 inside, 1 above.

    Examples
    --------
    >>> simplest(lambda q: (q >= Fraction(33334, 100000)) - (3 * q <= 1))
    Fraction(16668, 50003)
    """
    zero = side(Fraction(0))
    if zero > 0:
        return -simplest(lambda q: -side(-q))
    if zero == 0:
        return Fraction(0)
    # Down the Stern-Brocot tree, in strides: many steps in one direction are found by doubling.
    low, high = (0, 1), (1, 0)
    while True:
        low = _stride(low, high, lambda q: side(q) < 0)
        middle = (low[0] + high[0], low[1] + high[1])
        if side(Fraction(*middle)) == 0:
            return Fraction(*middle)
        high = _stride(high, low, lambda q: side(q) > 0)
        middle = (low[0] + high[0], low[1] + high[1])
        if side(Fraction(*middle)) == 0:
            return Fraction(*middle)


Pair = tuple[int, int]


def _stride(start: Pair, towards: Pair, outside: Callable[[Fraction], bool]) -> Pair:
    """The last of ``start + k towards``, k = 0, 1, .., that is still outside the interval."""

    def still(k: int) -> bool:
        return k == 0 or outside(Fraction(start[0] + k * towards[0], start[1] + k * towards[1]))

    step = 1
    while still(step):
        step *= 2
    low, high = step // 2, step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if still(middle) else (low, middle)
    return start[0] + low * towards[0], start[1] + low * towards[1]
