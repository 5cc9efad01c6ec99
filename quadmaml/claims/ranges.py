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

__all__ = ["below", "intervals", "narrowed", "restricted"]

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


def below(domains: Mapping[str, Domain]) -> list[tuple[Any, bool]]:
    """What a step size for a matrix with eigenvalues of any sign has to satisfy, as conditions ``g > 0``."""
    return [
        (1 - symbol_of(name, domain) * symbol_of(each, domains[each]), True)
        for name, domain in domains.items()
        for each in domain.below
        if domains[each].kind == "symmetric"
    ]


def _rational(q: Any) -> Any:
    return sympy.Rational(q.numerator, q.denominator)


def narrowed(where: Intervals, conditions: Iterable[tuple[Any, bool]]) -> tuple[Intervals, list[tuple[Any, bool]]]:
    """The intervals with conditions ``g >= 0``, or ``g > 0``, taken in where they bound one symbol; and the others.

    An interval may become a single point, or empty: then the rest is left to the caller.
    """
    where, given = dict(where), list(conditions)
    taken, left = set[int](), list[tuple[Any, bool]]()
    # Twice, for a bound can be compared with another once that is known.
    for k, (g, strict) in 2 * list(enumerate(given)):
        top, bottom = sympy.fraction(sympy.together(g))
        if bottom.is_negative:
            top, bottom = -top, -bottom
        if not bottom.is_positive:
            continue
        # A bound that may cross the other end of its interval comes last: where it does there is nothing to decide.
        tries = [(symbol, crossing) for crossing in (False, True) for symbol in reversed(list(where))]
        for symbol, crossing in tries:
            kept = _bounded(where, symbol, sympy.expand(top), strict, crossing)
            if kept is not None:
                taken.add(k)
                left += [each for each in kept if each not in left]
                break
        if not all(isinstance(interval, sympy.Interval) for interval in where.values()):
            break
    return where, [each for k, each in enumerate(given) if k not in taken] + left


def _bounded(where: Intervals, symbol: Any, top: Any, strict: bool, crossing: bool) -> list[tuple[Any, bool]] | None:
    """Take ``top >= 0`` in as a bound of the symbol; the conditions that are left in its place, None if it is none."""
    if not top.is_polynomial(symbol) or sympy.degree(top, symbol) != 1:
        return None
    slope = sympy.factor(top.coeff(symbol, 1))
    bound = sympy.cancel(-top.coeff(symbol, 0) / slope)
    if not (slope.is_positive or slope.is_negative) or symbol in _behind(where, bound):
        return None
    here, from_below = where[symbol], bool(slope.is_positive)
    end, is_open = (here.start, here.left_open) if from_below else (here.end, here.right_open)
    other = here.end if from_below else here.start
    width = other - bound if from_below else bound - other
    if not crossing and other.is_finite is not False and not _at_least_zero(where, symbol, width):
        return None
    tighter = (bound - end if from_below else end - bound) if end.is_finite is not False else sympy.oo
    tighter, left = sympy.simplify(tighter), list[tuple[Any, bool]]()
    if tighter.is_zero:
        is_open = is_open or strict
    elif _at_least_zero(where, symbol, tighter):
        # Where the two bounds meet, an end that is kept is kept: more than the domain is looked at, never less.
        is_open = strict
    elif _at_least_zero(where, symbol, -tighter):
        return []
    elif bound.free_symbols and not end.free_symbols:
        # Neither is the tighter one everywhere: the number is left as a condition.
        left, is_open = [(symbol - end if from_below else end - symbol, is_open)], strict
    else:
        return None
    if from_below:
        where[symbol] = sympy.Interval(bound, here.end, is_open, here.right_open)
    else:
        where[symbol] = sympy.Interval(here.start, bound, here.left_open, is_open)
    return left


def _behind(where: Intervals, expression: Any) -> set[Any]:
    """The symbols of an expression, and those on which their intervals depend."""
    return set(restricted(where, expression)) | set(expression.free_symbols)


def _at_least_zero(where: Intervals, symbol: Any, difference: Any) -> bool:
    return bool(difference.is_extended_nonnegative) or _is_nonnegative(where, symbol, difference)


def _is_nonnegative(where: Intervals, symbol: Any, difference: Any) -> bool:
    """Whether one bound of a symbol is tighter than another, by the intervals of the others."""
    symbols = difference.free_symbols
    if not symbols or symbol in symbols or not symbols <= set(where):
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
