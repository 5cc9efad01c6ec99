"""Where an inequality is meant to hold: an interval for each symbol, with ends that may depend on other symbols."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import ceil, floor
from typing import Any

import sympy

from quadmaml.errors import InputError

from .bernstein import Face
from .real_roots import as_fraction

__all__ = ["Domain", "Piece", "shown"]


@dataclass(frozen=True)
class Piece:
    """A part of a domain as a box.

    Parameters
    ----------
    substitution : mapping
        The symbols of the domain in terms of the coordinates of the box.
    symbols : tuple of symbols
        The coordinates.
    sides : tuple of pairs
        The box.
    kept : tuple of pairs of bool
        Whether the low and the high end of each side belong to it.
    """

    substitution: Mapping[Any, Any]
    symbols: tuple[Any, ...]
    sides: tuple[Face, ...]
    kept: tuple[tuple[bool, bool], ...]


@dataclass(frozen=True)
class Domain:
    """An interval for each symbol, in an order in which ends depend on earlier symbols only.

    Examples
    --------
    >>> a, b = sympy.symbols("a b")
    >>> triangle = Domain.of(a * b, {a: sympy.Interval.open(0, b), b: sympy.Interval.open(0, 1)})
    >>> print(triangle)
    b in (0, 1), a in (0, b)
    """

    intervals: tuple[tuple[Any, Any], ...]

    @classmethod
    def of(cls, expression: Any, given: Any) -> Domain:
        """The domain of an expression, given as a mapping or, for an expression in one symbol, as an interval."""
        symbols = sympy.sympify(expression).free_symbols
        if not isinstance(given, Mapping):
            if len(symbols) > 1:
                names = sorted(map(str, symbols))
                raise InputError(
                    f"domain: got {given} for {', '.join(names)}; expected a mapping from each to an interval"
                )
            given = dict.fromkeys(symbols or {sympy.Symbol("x")}, given)
        given = {symbol: _checked(symbol, interval) for symbol, interval in given.items()}
        ends = set().union(*(interval.free_symbols for interval in given.values()))
        if missing := sorted(map(str, (symbols | ends) - set(given))):
            raise InputError(f"domain: says nothing about {', '.join(missing)}; expected an interval for every symbol")
        return cls(tuple(_in_order(given)))

    @property
    def symbols(self) -> tuple[Any, ...]:
        """The symbols, in order."""
        return tuple(symbol for symbol, _ in self.intervals)

    def __str__(self) -> str:
        return ", ".join(f"{symbol} in {shown(interval)}" for symbol, interval in self.intervals)

    def pieces(self) -> list[Piece]:
        """Boxes that cover the domain, in coordinates that run upwards from a finite number."""
        choices = [_sides(symbol, interval) for symbol, interval in self.intervals]
        pieces = []
        for chosen in itertools.product(*choices):
            substitution: dict[Any, Any] = {}
            for (symbol, _), (value, *_) in zip(self.intervals, chosen, strict=True):
                substitution[symbol] = value.subs(substitution)
            new, sides, kept = zip(*((each[1], each[2], each[3]) for each in chosen), strict=True)
            pieces.append(Piece(substitution, new, sides, kept))
        return pieces

    def points(self, count: int) -> Iterator[dict[Any, Fraction]]:
        """Rational points inside the domain, simple ones first: up to ``count`` values of each symbol."""
        ranks = sorted(itertools.product(range(count), repeat=len(self.intervals)), key=lambda rank: (sum(rank), rank))
        for rank in ranks:
            point = self._point(rank)
            if point is not None:
                yield point

    def _point(self, rank: tuple[int, ...]) -> dict[Any, Fraction] | None:
        point: dict[Any, Any] = {}
        for place, (symbol, interval) in zip(rank, self.intervals, strict=True):
            here = interval.subs(point) if interval.free_symbols else interval
            if not isinstance(here, sympy.Interval):
                return None
            values = _simple(here)
            if place >= len(values):
                return None
            point[symbol] = values[place]
        return {symbol: as_fraction(value) for symbol, value in point.items()}


def shown(interval: Any) -> str:
    """An interval as on paper."""
    low, high = "(" if interval.left_open else "[", ")" if interval.right_open else "]"
    return f"{low}{interval.start}, {interval.end}{high}"


def _checked(symbol: Any, interval: Any) -> Any:
    if not isinstance(symbol, sympy.Symbol):
        raise InputError(f"domain: got {symbol!r} as a symbol; expected a SymPy symbol")
    if not isinstance(interval, sympy.Interval):
        raise InputError(f"domain: got {interval} for {symbol}; expected a sympy.Interval with more than one point")
    for end in (interval.start, interval.end):
        if end.has(sympy.Float):
            raise InputError(f"domain: got the float {end} for {symbol}; expected an exact end such as Rational('0.1')")
        if end.is_number and end.is_finite and not end.is_Rational:
            raise InputError(f"domain: got the irrational end {end} for {symbol}; expected a rational one beside it")
    return interval


def _in_order(given: Mapping[Any, Any]) -> Iterator[tuple[Any, Any]]:
    left = dict(given)
    while left:
        ready = [symbol for symbol, interval in left.items() if not interval.free_symbols & set(left)]
        if not ready:
            raise InputError(
                f"domain: the ends for {', '.join(map(str, left))} depend on each other; expected an order"
            )
        for symbol in ready:
            yield symbol, left.pop(symbol)


def _sides(symbol: Any, interval: Any) -> list[tuple[Any, Any, Face, tuple[bool, bool]]]:
    """For each part of an interval: the symbol in terms of a coordinate, the coordinate, its side, the ends kept."""
    lo, hi, low, high = interval.start, interval.end, not interval.left_open, not interval.right_open
    zero, one = Fraction(0), Fraction(1)
    new = sympy.Symbol(f"{symbol.name}_", real=True)
    if lo == -sympy.oo and hi == sympy.oo:
        return [(symbol, symbol, (zero, None), (True, False)), (-new, new, (zero, None), (False, False))]
    if lo == -sympy.oo:
        return [(hi - new, new, (zero, None), (high, False))]
    if lo.is_Rational and (hi.is_Rational or hi == sympy.oo):
        return [(symbol, symbol, (as_fraction(lo), None if hi == sympy.oo else as_fraction(hi)), (low, high))]
    if hi == sympy.oo:
        return [(lo + new, new, (zero, None), (low, False))]
    return [(lo + (hi - lo) * new, new, (zero, one), (low, high))]


@lru_cache(maxsize=512)
def _simple(interval: Any, enough: int = 40) -> list[Any]:
    """Rationals of small numerator and denominator in an interval, simple ones first."""
    lo, hi = (None if abs(end) == sympy.oo else as_fraction(end) for end in (interval.start, interval.end))
    found: dict[Fraction, None] = {}
    q = 0
    while len(found) < enough and q < 4096:
        q += 1 if q < 16 else q
        start = ceil(lo * q) if lo is not None else (floor(hi * q) if hi is not None else 0) - 16
        stop = floor(hi * q) if hi is not None else (ceil(lo * q) if lo is not None else 0) + 16
        for p in range(start, min(stop, start + 64) + 1):
            value = Fraction(p, q)
            inside = (lo is None or value > lo or (value == lo and not interval.left_open)) and (
                hi is None or value < hi or (value == hi and not interval.right_open)
            )
            if inside:
                found[value] = None

    def height(value: Fraction) -> tuple[int, int, int, bool]:
        size = abs(value.numerator)
        return max(size, value.denominator), value.denominator, size, value < 0

    ranked = sorted(found, key=height)
    return [sympy.Rational(value.numerator, value.denominator) for value in ranked]
