"""Certificates that a polynomial has no negative value on a box: Bernstein coefficients, which can be checked by hand.

On ``[lo, hi]`` a polynomial of degree n is ``sum_j c_j (x - lo)^j (hi - x)^(n - j)`` with the coefficients c_j found
from the substitution ``x = (lo + hi t)/(1 + t)``; on ``[lo, oo)`` it is ``sum_j c_j (x - lo)^j``. No negative c_j: no
negative value. Several variables: products of such terms.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Any, TypeAlias

import numpy as np
import sympy

from .real_roots import as_fraction, simplest

__all__ = ["Box", "Certificate", "Face", "certify", "coefficients", "negative_point"]

Face: TypeAlias = tuple[Fraction, Fraction | None]
"""The ends of one side of a box; None stands for infinity."""


@dataclass(frozen=True, eq=False)
class Box:
    """A box, and the coefficients that show a polynomial not to be negative there.

    Parameters
    ----------
    sides : tuple of pairs
        The ends of the box for each variable; None stands for infinity.
    coefficients : object array of int
        One axis for each variable: entry j belongs to ``(x - lo)^j (hi - x)^(n - j)``, or ``(x - lo)^j``.
    outside : int or None
        Where the box is not to be looked at, for a condition fails there: which; the coefficients are then those of
        minus its polynomial.
    """

    sides: tuple[Face, ...]
    coefficients: Any
    outside: int | None = None

    def positive_on(self, kept: Sequence[tuple[bool, bool]]) -> bool:
        """Whether the polynomial is positive inside and on the faces that are kept, (low, high) for each variable.

        On each face of the box the coefficients that belong to it are not all zero.
        """
        for ends in itertools.product(*(_parts(side, keep) for side, keep in zip(self.sides, kept, strict=True))):
            if not self.coefficients[ends].any():
                return False
        return True

    def __str__(self) -> str:
        ends = " x ".join(f"[{lo}, {hi}]" if hi is not None else f"[{lo}, oo)" for lo, hi in self.sides)
        outside = "" if self.outside is None else f"condition {self.outside + 1} fails, "
        return f"{ends}: {outside}{self.coefficients.tolist()}"


def _parts(side: Face, kept: tuple[bool, bool]) -> list[Any]:
    parts: list[Any] = [slice(None)]
    if kept[0]:
        parts.append(slice(0, 1))
    if kept[1] and side[1] is not None:
        parts.append(slice(-1, None))
    return parts


@dataclass(frozen=True, eq=False)
class Certificate:
    """Boxes on which a polynomial was shown to have no negative value.

    Parameters
    ----------
    polynomial : sympy.Poly
        Over the rationals.
    boxes : tuple of Box
        They cover what was asked for.
    sides : tuple of pairs
        What was asked for.
    conditions : tuple of pairs
        Polynomials g, and whether they are strict: the polynomial was shown to have no negative value where all g >= 0,
        or g > 0.
    """

    polynomial: Any
    boxes: tuple[Box, ...]
    sides: tuple[Face, ...]
    conditions: tuple[tuple[Any, bool], ...] = ()

    def check(self) -> bool:
        """Whether the certificate holds, from nothing but its boxes.

        They cover what was asked for; on each no coefficient is negative, and the terms, expanded anew, add up to a
        positive multiple of the polynomial.
        """
        return self._covers() and all(
            box.coefficients.min() >= 0 and _adds_up(self._shown_on(box), box) and self._is_outside(box)
            for box in self.boxes
        )

    def _shown_on(self, box: Box) -> Any:
        return self.polynomial if box.outside is None else -self.conditions[box.outside][0]

    def _is_outside(self, box: Box) -> bool:
        """Whether a box that is left out has no point at which its condition holds."""
        return (
            box.outside is None or self.conditions[box.outside][1] or box.positive_on([(True, True)] * len(box.sides))
        )

    def _covers(self) -> bool:
        """Whether the boxes, which must not overlap, fill the whole, in coordinates that take it to a cube."""
        cubes = [
            [tuple(_place(end, outer) for end in side) for side, outer in zip(box.sides, self.sides, strict=True)]
            for box in self.boxes
        ]
        inside = all(0 <= lo < hi <= 1 for cube in cubes for lo, hi in cube)
        apart = all(
            any(a[1] <= b[0] or b[1] <= a[0] for a, b in zip(one, other, strict=True))
            for one, other in itertools.combinations(cubes, 2)
        )
        return inside and apart and sum(prod(hi - lo for lo, hi in cube) for cube in cubes) == 1

    def __str__(self) -> str:
        return f"{self.polynomial.as_expr()} >= 0, Bernstein coefficients on " + "; ".join(map(str, self.boxes))


def _adds_up(polynomial: Any, box: Box) -> bool:
    total: Any = 0
    degrees = [size - 1 for size in box.coefficients.shape]
    for powers in itertools.product(*(range(n + 1) for n in degrees)):
        term = sympy.Integer(int(box.coefficients[powers]))
        for x, j, n, (lo, hi) in zip(polynomial.gens, powers, degrees, box.sides, strict=True):
            term *= (x - _rational(lo)) ** j * (1 if hi is None else (_rational(hi) - x) ** (n - j))
        total += term
    rebuilt = sympy.Poly(total, *polynomial.gens, domain="QQ")
    ratio = rebuilt.LC() / polynomial.LC()
    return bool(ratio > 0 and (rebuilt - ratio * polynomial).is_zero)


def _rational(number: Fraction) -> Any:
    return sympy.Rational(number.numerator, number.denominator)


def coefficients(polynomial: Any) -> Any:
    """The coefficients of a SymPy polynomial as an array of integers without a common factor, one axis a variable."""
    terms = [(powers, as_fraction(value)) for powers, value in polynomial.terms()]
    shape = [1 + max(powers[i] for powers, _ in terms) for i in range(len(polynomial.gens))]
    array = np.full(shape, Fraction(0), dtype=object)
    for powers, value in terms:
        array[powers] = value
    return _primitive(array)


def _primitive(array: Any) -> Any:
    """A positive multiple of an array of rationals: integers without a common factor."""
    flat = array.ravel()
    common = lcm(*(value.denominator for value in flat))
    integers = [value.numerator * (common // value.denominator) for value in flat]
    factor = gcd(*integers) or 1
    result = np.empty(len(flat), dtype=object)
    result[:] = [value // factor for value in integers]
    return result.reshape(array.shape)


def _bernstein(array: Any, sides: Sequence[Face]) -> Any:
    """The coefficients of the polynomial with these power coefficients in the basis that belongs to a box."""
    for axis, (lo, hi) in enumerate(sides):
        moved = _shifted(np.moveaxis(array, axis, 0), lo)
        if hi is not None:
            moved = moved * _powers(hi - lo, len(moved), array.ndim)
            moved = _shifted(moved[::-1], Fraction(1))[::-1]
        array = np.moveaxis(moved, 0, axis)
    return _primitive(array)


def _powers(base: Fraction, count: int, ndim: int) -> Any:
    """The powers of a positive number, times that of its denominator which makes them integers."""
    top, bottom = base.numerator, base.denominator
    column = np.empty(count, dtype=object)
    column[:] = [top**j * bottom ** (count - 1 - j) for j in range(count)]
    return column.reshape((count,) + (1,) * (ndim - 1))


def _shifted(array: Any, by: Fraction) -> Any:
    """The coefficients of a positive multiple of p(x + by), along the first axis: repeated synthetic division.

    Of b^n p((y + a)/b), for by = a/b: integers stay integers, which are faster than fractions.
    """
    count, b = len(array), Fraction(1, by.denominator)
    array = array * _powers(b, count, array.ndim) if b != 1 else array.copy()
    for start in range(count - 1):
        for i in range(count - 2, start - 1, -1):
            array[i] = array[i] + by.numerator * array[i + 1]
    return array * _powers(1 / b, count, array.ndim) if b != 1 else array


@dataclass
class _Search:
    """Boxes that are still to be shown, and a count of those that were looked at."""

    power: Any
    kept: Sequence[tuple[bool, bool]]
    strict: bool
    outer: tuple[Face, ...]
    conditions: Sequence[tuple[Any, bool]] = ()

    def box(self, sides: tuple[Face, ...]) -> Box | None:
        found = Box(sides, _bernstein(self.power, sides))
        if found.coefficients.min() < 0 or (self.strict and not found.positive_on(self.faces(sides))):
            return self.left_out(sides)
        return found

    def left_out(self, sides: tuple[Face, ...]) -> Box | None:
        """The box, if a condition fails everywhere on it."""
        for k, (power, strict) in enumerate(self.conditions):
            found = Box(sides, _bernstein(power, sides), k)
            if found.coefficients.min() >= 0 and (strict or found.positive_on([(True, True)] * len(sides))):
                return found
        return None

    def faces(self, sides: tuple[Face, ...]) -> list[tuple[bool, bool]]:
        """Which ends of a part belong to what is to be shown: those inside, and the outer ones that are kept."""
        return [
            (lo != outer[0] or keep[0], hi != outer[1] or keep[1])
            for (lo, hi), outer, keep in zip(sides, self.outer, self.kept, strict=True)
        ]


def certify(
    polynomial: Any,
    sides: Sequence[Face],
    kept: Sequence[tuple[bool, bool]],
    *,
    strict: bool,
    boxes: int,
    conditions: Sequence[tuple[Any, bool]] = (),
) -> Certificate | None:
    """A certificate that a polynomial is nonnegative on a box, positive if strict; None if none was found.

    Parameters
    ----------
    polynomial : sympy.Poly
        Over the rationals, one generator for each side.
    sides : sequence of pairs
        The box.
    kept : sequence of pairs of bool
        For each side, whether the low and the high end belong to it; matters if strict.
    strict : bool
        Positive instead of nonnegative.
    boxes : int
        How many boxes to look at.
    conditions : sequence of pairs
        Polynomials in the same generators, and whether they are strict: only points at which they are nonnegative, or
        positive, matter.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> p = sympy.Poly(x**2 - x + 1, x)
    >>> found = certify(p, [(Fraction(0), Fraction(1))], [(True, True)], strict=True, boxes=9)
    >>> print(found)
    x**2 - x + 1 >= 0, Bernstein coefficients on [0, 1]: [1, 1, 1]
    """
    conditions = tuple(conditions)
    negated = [(coefficients(-g), is_strict) for g, is_strict in conditions]
    search = _Search(coefficients(polynomial), kept, strict, tuple(sides), negated)
    todo, done, looked = [tuple(sides)], [], 0
    while todo:
        part = todo.pop()
        looked += 1
        if found := search.box(part):
            done.append(found)
            continue
        if looked + len(todo) >= boxes:
            return None
        todo.extend(_halves(part, search.outer))
    in_order = sorted(done, key=lambda box: [side[0] for side in box.sides])
    return Certificate(polynomial, tuple(in_order), search.outer, conditions)


def negative_point(polynomial: Any, sides: Sequence[Face], boxes: int) -> tuple[Fraction, ...] | None:
    """A point inside a box at which a polynomial is negative, beside a corner of a part of it; None if none was found.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> negative_point(sympy.Poly(1000 - 1001 * x, x), [(Fraction(0), Fraction(1))], 9)
    (Fraction(2047, 2048),)
    """
    power, todo = coefficients(polynomial), [tuple(sides)]
    for part in itertools.islice(_queue(todo), boxes):
        array = _bernstein(power, part)
        for ends in itertools.product(*((0, -1) if hi is not None else (0,) for _, hi in part)):
            if array[ends] < 0:
                return _inside(polynomial, part, ends)
        if array.min() < 0:
            todo.extend(_halves(part, sides))
    return None


def _queue(todo: list[tuple[Face, ...]]) -> Iterator[tuple[Face, ...]]:
    while todo:
        yield todo.pop(0)


def _inside(polynomial: Any, sides: Sequence[Face], ends: Sequence[int]) -> tuple[Fraction, ...] | None:
    """A point beside a corner of a box at which the polynomial is negative, as it is at the corner."""
    for k in range(1, 60, 5):
        share = Fraction(1, 2**k)
        at = [
            lo + share * ((hi or lo + 1) - lo) if end == 0 or hi is None else hi - share * (hi - lo)
            for (lo, hi), end in zip(sides, ends, strict=True)
        ]
        if polynomial.eval(tuple(map(_rational, at))) < 0:
            return tuple(at)
    return None


def _halves(sides: tuple[Face, ...], outer: Sequence[Face]) -> Iterator[tuple[Face, ...]]:
    """Two parts of a box, cut at the simplest rational well inside its relatively longest side; the upper one first."""
    axis = max(range(len(sides)), key=lambda i: _extent(sides[i], outer[i]))
    lo, hi = sides[axis]
    cut = middle(lo, hi)
    for part in ((cut, hi), (lo, cut)):
        yield (*sides[:axis], part, *sides[axis + 1 :])


def _extent(side: Face, outer: Face) -> Fraction:
    """The length of a side in the coordinate that takes the outer one to [0, 1]."""
    return _place(side[1], outer) - _place(side[0], outer)


def _place(x: Fraction | None, outer: Face) -> Fraction:
    lo, hi = outer
    if x is None:
        return Fraction(1)
    return (x - lo) / (hi - lo) if hi is not None else (x - lo) / (1 + x - lo)


def middle(lo: Fraction, hi: Fraction | None) -> Fraction:
    """The simplest rational in the middle half of an interval, or about twice its low end where it has no high one."""
    if hi is None:
        return Fraction(lo.__floor__() + max(1, abs(lo.__floor__())))
    low, high = lo + (hi - lo) / 4, hi - (hi - lo) / 4
    return simplest(lambda q: (q > high) - (q < low))
