"""The coefficients of words: rational numbers, and rational functions of the scalar letters and symbols that occur.

A number is kept in the plainest kind that holds it: a rational number, a polynomial, a quotient of polynomials. The
generators are independent variables: what holds for them holds for every value at which the quotients exist.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import sympy
from sympy import QQ
from sympy.polys.fields import FracElement, FracField
from sympy.polys.orderings import lex
from sympy.polys.rings import PolyElement, PolyRing

from quadmaml.errors import InputError
from quadmaml.exact import fraction_of

__all__ = ["Coefficients"]


class Coefficients:
    """The field of rational functions of generators over the rationals; a new generator extends it.

    Examples
    --------
    >>> K = Coefficients()
    >>> a = K.number(sympy.Symbol("a"))
    >>> K.shown(K.plus(K.inverse(K.plus(a, K.one)), K.one))
    (a + 2)/(a + 1)
    """

    def __init__(self) -> None:
        self.one = QQ(1)
        self._generators: list[Any] = []
        self._ring: Any = None
        self._field: Any = None

    def number(self, x: Any) -> Any:
        """A rational number of any kind, or a SymPy expression, as a coefficient; InputError for anything else."""
        rational = fraction_of(x)
        if rational is not None:
            return QQ(rational.numerator, rational.denominator)
        if not isinstance(x, sympy.Expr) or x.has(sympy.Float, sympy.oo, sympy.nan, sympy.zoo):
            raise InputError(f"number: got {x!r}; expected an integer, a Fraction or a SymPy expression without floats")
        above, below = sympy.fraction(sympy.together(x))
        return self.times(self._polynomial(above), self.inverse(self._polynomial(below)))

    def generator(self, symbol: Any) -> Any:
        """The coefficient that a symbol, or another expression that is taken as it is, stands for."""
        if symbol not in self._generators:
            self._generators.append(symbol)
            names = [sympy.Dummy() for _ in self._generators]
            self._ring, self._field = PolyRing(names, QQ, lex), FracField(names, QQ, lex)
        return self._ring.gens[self._generators.index(symbol)]

    def _polynomial(self, expression: Any) -> Any:
        if expression.is_Rational:
            return self.number(expression)
        if expression.has(sympy.I):
            raise InputError(f"number: got {expression}; expected a real number")
        poly = sympy.Poly(expression)
        for symbol in poly.gens:
            self.generator(symbol)
        total: Any = QQ(0)
        for powers, value in poly.terms():
            if not value.is_Rational:
                raise InputError(f"number: got {expression}; expected rational numbers as coefficients of its symbols")
            term = self.number(value)
            for symbol, power in zip(poly.gens, powers, strict=True):
                term = self.times(term, self.generator(symbol) ** power)
            total = self.plus(total, term)
        return total

    def _alike(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Two coefficients as elements of the present ring or field; rational numbers stay as they are."""
        fractions = isinstance(x, FracElement) or isinstance(y, FracElement)
        return self._lifted(x, fractions), self._lifted(y, fractions)

    def _lifted(self, x: Any, fraction: bool) -> Any:
        if isinstance(x, FracElement):
            if x.field is self._field:
                return x
            return self._field.raw_new(self._extended(x.numer), self._extended(x.denom))
        if not isinstance(x, PolyElement):
            return x
        x = self._extended(x)
        return self._field.raw_new(x, self._ring.one) if fraction else x

    def _extended(self, x: Any) -> Any:
        if x.ring == self._ring:
            return x
        missing = (0,) * (len(self._generators) - x.ring.ngens)
        return self._ring.from_dict({powers + missing: value for powers, value in x.items()})

    def plus(self, x: Any, y: Any) -> Any:
        """The sum."""
        if type(x) is type(y) is type(self.one):
            return x + y
        left, right = self._alike(x, y)
        return _plain(left + right)

    def times(self, x: Any, y: Any) -> Any:
        """The product."""
        if type(x) is type(y) is type(self.one):
            return x * y
        left, right = self._alike(x, y)
        return _plain(left * right)

    def inverse(self, x: Any) -> Any:
        """The inverse of a coefficient other than zero."""
        if type(x) is type(self.one):
            return self.one / x
        x = self._lifted(x, True)
        return _plain(self._field.new(x.denom, x.numer))

    def is_number(self, x: Any) -> bool:
        """Whether a coefficient is a rational number."""
        return type(x) is type(self.one)

    def weight(self, x: Any) -> int:
        """How many terms a coefficient has, above and below: what a multiplication by it costs."""
        if self.is_number(x):
            return 1
        return len(x.numer) + len(x.denom) if isinstance(x, FracElement) else len(x)

    def leading_number(self, x: Any) -> Any:
        """The rational number by which to divide a coefficient so that multiples of it by such numbers agree."""
        if self.is_number(x):
            return x
        return x.numer.LC / x.denom.LC if isinstance(x, FracElement) else x.LC

    def key(self, x: Any) -> Any:
        """A key: equal for equal coefficients."""
        if self.is_number(x):
            return x
        return tuple(map(_terms, (x.numer, x.denom) if isinstance(x, FracElement) else (x,)))

    def shown(self, x: Any) -> Any:
        """A coefficient as a Fraction, or as a SymPy expression."""
        if self.is_number(x):
            return Fraction(int(x.numerator), int(x.denominator))
        above, below = (x.numer, x.denom) if isinstance(x, FracElement) else (x, x.ring.one)
        generators = self._generators[: above.ring.ngens]
        return above.as_expr(*generators) / below.as_expr(*generators)


def _terms(x: Any) -> Any:
    """The terms of a polynomial; a generator that came later does not change them."""
    return frozenset(
        (tuple((i, power) for i, power in enumerate(powers) if power), value) for powers, value in x.items()
    )


def _plain(x: Any) -> Any:
    """A coefficient in the plainest kind that holds it."""
    if isinstance(x, FracElement):
        if not x.denom.is_ground:
            return x
        x = x.numer * (QQ(1) / x.denom.LC)
    if isinstance(x, PolyElement) and x.is_ground:
        return x.LC if x else QQ(0)
    return x
