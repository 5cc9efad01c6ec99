"""The degree counter: reads a formula as bounds on the polynomials that its value is made of.

Over the free numbers of the letters every entry of a value is ``N / (q D)``: a polynomial N with integer coefficients,
an integer q > 0, and a product D of determinants, one for each matrix that was inverted. Counted are the degree of N,
the size of its coefficients, q itself and the factors of D. What follows from the counts is derived in the
documentation, on the page about identity testing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import factorial, lcm
from typing import Any

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError

from .fields import fraction_of
from .letters import Letter, Letters, checked
from .ring import Element
from .shapes import Shape, of_product, of_sum, of_transpose

__all__ = ["Degree", "DegreeCounter", "Size"]


@dataclass(frozen=True)
class Size:
    """A bound on the degree of a polynomial, and on log2 of the sum of the magnitudes of its integer coefficients."""

    degree: int
    bits: int

    def __mul__(self, other: Size) -> Size:
        return Size(self.degree + other.degree, self.bits + other.bits)

    def __pow__(self, k: int) -> Size:
        return Size(k * self.degree, k * self.bits)

    def times(self, number: int) -> Size:
        """The size of the polynomial times that integer."""
        return Size(self.degree, self.bits + log2_above(number))


CONSTANT = Size(0, 0)


def log2_above(n: int) -> int:
    """The least integer b with ``|n| <= 2^b``, 0 for n = 0.

    Examples
    --------
    >>> [log2_above(n) for n in (0, 1, 2, 3, 4, 5)]
    [0, 0, 1, 2, 2, 3]
    """
    return (abs(n) - 1).bit_length() if n else 0


def product(sizes: Iterable[Size]) -> Size:
    """The size of a product of polynomials."""
    total = CONSTANT
    for size in sizes:
        total = total * size
    return total


def of_total(sizes: list[Size]) -> Size:
    """The size of a sum of polynomials."""
    return Size(max(size.degree for size in sizes), max(size.bits for size in sizes) + log2_above(len(sizes)))


@dataclass(eq=False)
class DegreeCounter:
    """The ring of degree counts for d x d matrices; it keeps the determinants of all the matrices that were inverted.

    Parameters
    ----------
    dim : int
        The dimension d.

    Examples
    --------
    >>> from quadmaml.proofs.letters import matrix
    >>> counter = DegreeCounter(3)
    >>> A = counter.letters({"A": matrix()})["A"]
    >>> (A * A.inverse() - 1).size.degree, counter.inverted_degree
    (3, 3)
    """

    dim: int
    determinants: list[Size] = field(default_factory=list)
    nesting: int = 0

    def letters(self, declared: Letters) -> dict[str, Degree]:
        """The counts of the letters: each free number is a variable."""
        return {name: self._letter(letter) for name, letter in checked(declared, numeric=True).items()}

    def _letter(self, letter: Letter) -> Degree:
        size = Size(1, 0)
        if letter.function_of is not None:
            # An entry of A^k is a sum of d^(k-1) products of k variables; with the coefficients k runs below d.
            powers = 1 + sum(self.dim ** max(k - 1, 0) for k in range(1, self.dim))
            size = Size(self.dim, log2_above(powers))
        return Degree(self, letter.shape, size)

    @property
    def inverted_degree(self) -> int:
        """The degree of the product of all determinants: where it does not vanish the formula has a value."""
        return sum(size.degree for size in self.determinants)


@dataclass(frozen=True, eq=False)
class Degree(Element):
    """Counts of an element whose entries are ``N / (q D)``.

    Parameters
    ----------
    counter : DegreeCounter
        The ring.
    kind : "matrix", "vector", "covector" or "scalar"
        What it is, its :attr:`shape`.
    size : Size
        Degree and coefficients of N, a bound for every entry.
    over : mapping
        D: how often each determinant of the counter is a factor.
    below : int
        q.
    """

    counter: DegreeCounter
    kind: Shape
    size: Size
    over: Mapping[int, int] = field(default_factory=dict)
    below: int = 1

    @property
    def shape(self) -> Shape:
        return self.kind

    def is_zero(self) -> None:
        return None

    @property
    def T(self) -> Degree:
        return replace(self, kind=of_transpose(self.shape))

    def _determinants(self, factors: Mapping[int, int]) -> Size:
        return product(self.counter.determinants[i] ** k for i, k in factors.items())

    def _above(self, over: Mapping[int, int], below: int) -> Size:
        """The size of the numerator over a multiple of the denominator."""
        missing = {i: k - self.over.get(i, 0) for i, k in over.items()}
        return (self.size * self._determinants(missing)).times(below // self.below)

    def _plus(self, other: Degree) -> Degree:
        over = {i: max(self.over.get(i, 0), other.over.get(i, 0)) for i in {**self.over, **other.over}}
        below = lcm(self.below, other.below)
        size = of_total([self._above(over, below), other._above(over, below)])
        return Degree(self.counter, of_sum(self.shape, other.shape), size, over, below)

    def _number(self, number: Any) -> Degree:
        if isinstance(number, RingElement):
            raise InputError(f"number: got {type(number).__name__}; expected a number or an element of this ring")
        q = fraction_of(number)
        return Degree(self.counter, "scalar", CONSTANT.times(q.numerator), below=q.denominator)

    def _shifted(self, number: Any) -> Degree:
        return self if not isinstance(number, RingElement) and number == 0 else self._plus(self._number(number))

    def _scaled(self, number: Any) -> Degree:
        return self._number(number)._times(self)

    def _times(self, other: Degree) -> Degree:
        shape = of_product(self.shape, other.shape)
        # A contraction adds up d products.
        contracted = "scalar" not in (self.shape, other.shape) and self.shape in ("matrix", "covector")
        size = (self.size * other.size).times(self.counter.dim if contracted else 1)
        over = {i: self.over.get(i, 0) + other.over.get(i, 0) for i in {**self.over, **other.over}}
        return Degree(self.counter, shape, size, over, self.below * other.below)

    def _one(self) -> Degree:
        self._check_square("one")
        return Degree(self.counter, self.shape, CONSTANT)

    def _check_square(self, operation: str) -> None:
        if self.shape not in ("matrix", "scalar"):
            raise InputError(f"{operation}: got a {self.shape}; expected a square matrix or a number")

    def inverse(self) -> Degree:
        """``(N / qD)^-1 = q D adj(N) / det(N)``: degree ``deg D + (d-1) deg N`` over a new determinant."""
        self._check_square("inverse")
        d = self.counter.dim if self.shape == "matrix" else 1
        self.counter.determinants.append((self.size**d).times(factorial(d)))
        adjugate = (self.size ** (d - 1)).times(factorial(d - 1))
        size = (adjugate * self._determinants(self.over)).times(self.below)
        return Degree(self.counter, self.shape, size, {len(self.counter.determinants) - 1: 1})

    def exp(self) -> Degree:
        raise InputError("exp: is no rational function; write exp(-tA) as a letter P, function_of('A')")

    # Derivatives

    def gradient_of(self, function: Callable[[Any], Any]) -> Degree:
        """The counts of the gradient at this column of a function that is counted as a polynomial of degree <= 2.

        Raises
        ------
        InputError
            If the function is counted to have a higher degree in its argument, or to divide by what depends on it.
        """
        return self._derivative(function, "gradient", degree=2, value="scalar", result="vector")

    def jacobian_of(self, function: Callable[[Any], Any]) -> Degree:
        """The counts of the Jacobian at this column of a function that is counted as an affine map.

        Raises
        ------
        InputError
            If the function is counted to have a higher degree in its argument, or to divide by what depends on it.
        """
        return self._derivative(function, "jacobian", degree=1, value="vector", result="matrix")

    def _derivative(
        self, function: Callable[[Any], Any], name: str, *, degree: int, value: Shape, result: Shape
    ) -> Degree:
        if self.shape != "vector":
            raise InputError(f"{name}: got a {self.shape}; expected a column to differentiate at")
        counted = self._degree_in_argument(function, name)
        if counted > degree:
            raise InputError(f"{name}: the function has degree {counted} in its argument; expected at most {degree}")
        shifted = replace(self, size=of_total([self.size, self._determinants(self.over).times(self.below)]))
        there = shifted._lifted(function(shifted))
        if there.shape != value:
            raise InputError(f"{name}: the function gives a {there.shape}; expected a {value}")
        # A difference of two values over the same denominator, of degree one less in the argument.
        fewer = shifted.size.degree - self._determinants(self.over).degree
        size = Size(max(0, there.size.degree - fewer), there.size.bits + 1)
        return Degree(self.counter, result, size, there.over, there.below * 2)

    def _degree_in_argument(self, function: Callable[[Any], Any], name: str) -> int:
        """How the degree of the value grows with that of the argument, by an argument of a degree above all others."""
        counter, known = self.counter, len(self.counter.determinants)
        counter.nesting += 1
        vast = 2 ** (256 * counter.nesting)
        try:
            value = self._lifted(function(Degree(counter, "vector", Size(vast, 0))))
            if any(size.degree >= vast for size in counter.determinants[known:]):
                raise InputError(f"{name}: the function divides by what depends on its argument; expected a polynomial")
            slope: int = value.size.degree // vast
            return slope
        finally:
            counter.nesting -= 1
            del counter.determinants[known:]

    def _lifted(self, value: Any) -> Degree:
        return value if isinstance(value, Degree) else self._number(value)


def counts(value: Any) -> Size:
    """The size of the numerator of a value, which may be a plain number."""
    return value.size if isinstance(value, Degree) else CONSTANT.times(Fraction(fraction_of(value)).numerator)
