"""The domain of a claim about one matrix, or none, as intervals for its eigenvalue and its scalars.

Assumptions narrow the intervals where they bound one symbol by others. Those that do not are left out, which is sound:
what holds without an assumption holds with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sympy

from quadmaml.proofs.decide import nonnegative

from .domains import Domain
from .spectral import symbol_of

__all__ = ["intervals", "narrowed", "restricted"]

Intervals = dict[Any, Any]


def intervals(domains: Mapping[str, Domain]) -> Intervals:
    """An interval for each scalar, and for the eigenvalue of the matrix."""
    made: Intervals = {}
    for name, domain in domains.items():
        symbol = symbol_of(name, domain)
        if domain.kind == "spd":
            made[symbol] = sympy.Interval.open(0, sympy.oo)
        elif domain.kind == "symmetric":
            made[symbol] = sympy.Interval.open(-sympy.oo, sympy.oo)
        elif domain.kind == "scalar" and domain.constant is None:
            low = -sympy.oo if domain.low is None else _rational(domain.low)
            high = sympy.oo if domain.high is None else _rational(domain.high)
            made[symbol] = sympy.Interval(low, high)
        elif domain.kind == "step_size":
            (matrix,) = set(domain.below)
            if domains[matrix].kind == "spd":
                made[symbol] = sympy.Interval.open(0, 1 / symbol_of(matrix, domains[matrix]))
            else:
                made[symbol] = sympy.Interval.open(0, sympy.oo)
    return made


def _rational(q: Any) -> Any:
    return sympy.Rational(q.numerator, q.denominator)


def narrowed(where: Intervals, conditions: Iterable[tuple[Any, bool]]) -> Intervals:
    """The intervals with conditions ``g >= 0``, or ``g > 0``, taken in where they bound one symbol."""
    where = dict(where)
    # Twice, for a bound can be compared with another once that is known.
    for g, strict in 2 * list(conditions):
        top, bottom = sympy.fraction(sympy.together(g))
        if bottom.is_negative:
            top, bottom = -top, -bottom
        if not bottom.is_positive:
            continue
        # Symbols whose intervals depend on others come last in `where`, and are bounded first.
        for symbol in reversed(list(where)):
            if _bounded(where, symbol, sympy.expand(top), strict):
                break
    return where


def _bounded(where: Intervals, symbol: Any, top: Any, strict: bool) -> bool:
    """Whether ``top >= 0`` was taken in as a bound of the symbol."""
    if not top.is_polynomial(symbol) or sympy.degree(top, symbol) != 1:
        return False
    slope = sympy.factor(top.coeff(symbol, 1))
    bound = sympy.cancel(-top.coeff(symbol, 0) / slope)
    others = list(where)
    later = others[others.index(symbol) + 1 :]
    depended = {s for each in where.values() for s in each.free_symbols}
    if not (slope.is_positive or slope.is_negative) or bound.free_symbols & set(later):
        return False
    if bound.free_symbols and symbol in depended:
        return False
    here = where[symbol]
    below = bool(slope.is_positive)
    end, is_open = (here.start, here.left_open) if below else (here.end, here.right_open)
    tighter = (bound - end if below else end - bound) if end.is_finite is not False else sympy.oo
    tighter = sympy.simplify(tighter)
    if tighter.is_zero:
        is_open = is_open or strict
    elif tighter.is_extended_nonnegative or _is_nonnegative(where, symbol, tighter):
        # Where the two bounds meet, an end that is kept is kept: more than the domain is looked at, never less.
        is_open = strict
    else:
        return bool(tighter.is_extended_negative)
    if below:
        where[symbol] = sympy.Interval(bound, here.end, is_open, here.right_open)
    else:
        where[symbol] = sympy.Interval(here.start, bound, here.left_open, is_open)
    return True


def _is_nonnegative(where: Intervals, symbol: Any, difference: Any) -> bool:
    """Whether one bound of a symbol is tighter than another, by the intervals of the others."""
    if symbol in difference.free_symbols or not difference.free_symbols <= set(where):
        return False
    others = restricted(where, difference)
    if symbol in others:
        return False
    return bool(nonnegative(difference, others, boxes=20).holds)


def restricted(where: Intervals, expression: Any) -> Intervals:
    """The intervals of the symbols that occur in an expression, and in the ends of those."""
    needed = set(expression.free_symbols)
    while True:
        more = {s for symbol in needed & set(where) for s in where[symbol].free_symbols} | needed
        if more == needed:
            return {symbol: interval for symbol, interval in where.items() if symbol in needed}
        needed = more
