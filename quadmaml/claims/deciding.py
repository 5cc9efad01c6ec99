"""Exact decision of an inequality between functions of one eigenvalue and scalars, where others are assumed.

Assumptions that bound one symbol narrow its interval. Those that would, where a number that may be 0 is positive, are
split into the two cases. In one symbol what is left is decided between the real roots; in several, boxes on which an
assumption fails need not be looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod
from typing import Any

import sympy

from quadmaml.proofs.bernstein import Certificate, certify
from quadmaml.proofs.decide import BOXES, LARGEST, Decision, nonnegative, positive
from quadmaml.proofs.domains import Domain, Piece
from quadmaml.proofs.real_roots import as_fraction, real_roots
from quadmaml.proofs.signs import cells, within
from quadmaml.proofs.verdicts import Status

from .exactly import definite
from .ranges import Intervals, narrowed, restricted

__all__ = ["MANY", "decided"]

MANY = 3
"""From more variables than these a decision may take long, and the search for a counterexample comes first."""

SPLITS = 3
"""How many numbers to split into zero and positive."""

Condition = tuple[Any, bool]


def decided(
    gap: Any, strict: bool, where: Intervals, conditions: Sequence[Condition], *, boxes: int = BOXES
) -> Decision:
    """Whether ``gap >= 0``, or ``> 0``, wherever the symbols are in their intervals and all conditions hold.

    Parameters
    ----------
    gap : SymPy expression
        A rational function.
    strict : bool
        Whether it has to be positive.
    where : mapping of symbols to sympy.Interval
        Their ends may depend on other symbols.
    conditions : sequence of pairs
        Rational functions g, and whether they are strict: ``g > 0`` instead of ``g >= 0``.
    boxes : int
        In several symbols, how many boxes to look at.

    Examples
    --------
    >>> x = sympy.Symbol("x", real=True)
    >>> line = {x: sympy.Interval(0, sympy.oo)}
    >>> decided(sympy.Rational(3, 2) - x, False, line, [(2 - x**2, False)]).status.value
    'PROVED'
    """
    return _split(sympy.sympify(gap), strict, where, [(g, s) for g, s in conditions], boxes, SPLITS)


# Cases


def _split(
    gap: Any, strict: bool, where: Intervals, conditions: Sequence[Condition], boxes: int, splits: int
) -> Decision:
    conditions = [each for each in map(_simple, conditions) if each is not None]
    if any(g.is_number and not _is_met(g, s) for g, s in conditions):
        return _none_left()
    conditions = [each for each in conditions if not each[0].is_number]
    narrow, left = narrowed(where, conditions)
    if any(interval is sympy.EmptySet for interval in narrow.values()):
        return _none_left()
    for symbol, interval in narrow.items():
        if isinstance(interval, sympy.FiniteSet):
            return _at(symbol, next(iter(interval)), gap, strict, where, conditions, boxes, splits)
    symbol = _to_split(narrow, left) if splits else None
    if symbol is None:
        return _in_one_case(gap, strict, narrow, left, boxes)
    zero = _at(symbol, sympy.Integer(0), gap, strict, where, conditions, boxes, splits - 1)
    if not zero.holds:
        return zero
    above = sympy.Symbol(symbol.name, positive=True)
    kept = {x: interval.subs(symbol, above) for x, interval in where.items()}
    moved = {above if x == symbol else x: interval for x, interval in kept.items()}
    moved[above] = sympy.Interval(0, moved[above].end, True, moved[above].right_open)
    renamed = [(g.subs(symbol, above), s) for g, s in conditions]
    return _both(zero, _split(gap.subs(symbol, above), strict, moved, renamed, boxes, splits - 1))


def _simple(condition: Condition) -> Condition | None:
    """The condition as one on a polynomial; None where it has no value."""
    g = sympy.cancel(sympy.together(sympy.sympify(condition[0])))
    if g.has(sympy.nan, sympy.zoo, sympy.oo):
        return None
    top, bottom = sympy.fraction(g)
    return sympy.expand(top if bottom.is_positive else -top if bottom.is_negative else top * bottom), condition[1]


def _is_met(number: Any, strict: bool) -> bool:
    return bool(number.is_positive or (number.is_zero and not strict))


def _none_left() -> Decision:
    return Decision(Status.PROVED, "no numbers", details=("the assumptions leave no numbers",))


def _at(
    symbol: Any,
    value: Any,
    gap: Any,
    strict: bool,
    where: Intervals,
    conditions: Sequence[Condition],
    boxes: int,
    splits: int,
) -> Decision:
    """The decision where one symbol has one value."""
    here = gap.subs(symbol, value)
    if here.has(sympy.nan, sympy.zoo, sympy.oo):
        return Decision(Status.UNDECIDED, f"{symbol} = {value}", details=(f"there is no value at {symbol} = {value}",))
    others = {x: interval.subs(symbol, value) for x, interval in where.items() if x != symbol}
    decision = _split(here, strict, others, [(g.subs(symbol, value), s) for g, s in conditions], boxes, splits)
    if decision.witness is None or not value.is_Rational:
        return decision
    return replace(decision, witness={**decision.witness, symbol.name: as_fraction(value)})


def _to_split(where: Intervals, conditions: Sequence[Condition]) -> Any:
    """A number that may be 0 and that, if positive, would let a condition bound another; None where there is none."""
    for g, _ in conditions:
        for symbol in reversed(list(where)):
            if g.is_polynomial(symbol) and sympy.degree(g, symbol) == 1:
                slope = sympy.factor(g.coeff(symbol, 1))
                for x in slope.free_symbols & set(where):
                    if (
                        where[x].start == 0
                        and not where[x].left_open
                        and (slope.is_nonnegative or slope.is_nonpositive)
                    ):
                        return x
    return None


def _both(one: Decision, other: Decision) -> Decision:
    """The decision on two cases, of which the first holds."""
    details = (*one.details, *other.details)
    return replace(other, details=details, certificates=(*one.certificates, *other.certificates))


# One case


def _in_one_case(gap: Any, strict: bool, where: Intervals, left: Sequence[Condition], boxes: int) -> Decision:
    inside, conditions = _concerned(gap, where, left)
    if gap.is_number and _is_met(gap, strict):
        return Decision(Status.PROVED, f"{gap}", details=("it is a number",))
    if not inside:
        return Decision(Status.REFUTED, f"{gap}", witness={})
    if len(inside) == 1 and conditions and gap.is_rational_function(*inside):
        return _between_roots(gap, strict, inside, conditions)
    # The time for a box grows with the number of coefficients, which doubles with each variable and more.
    count = max(1, boxes if len(inside) <= MANY else boxes // 4 ** (len(inside) - MANY))
    decision = (positive if strict else nonnegative)(gap, inside, boxes=count)
    if decision.holds or not gap.is_rational_function(*inside):
        return decision
    if _is_square_form(gap, strict):
        return Decision(Status.PROVED, decision.scope, details=("it is quadratic, and a sum of squares",))
    if not conditions:
        return decision
    return _under(gap, strict, inside, conditions, count, decision)


def _is_square_form(gap: Any, strict: bool) -> bool:
    """Whether a polynomial of degree 2 is nonnegative, or positive, everywhere: its matrix beside 1 is so."""
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(gap)))
    symbols = sorted(gap.free_symbols, key=str)
    if bottom.free_symbols or sympy.Poly(top, *symbols).total_degree() != 2:
        return False
    one = sympy.Dummy()
    form = sympy.expand(sympy.Poly(top / bottom, *symbols).homogenize(one).as_expr())
    rows = (sympy.hessian(form, (one, *symbols)) / 2).tolist()
    return definite([[as_fraction(x) for x in row] for row in rows], strictly=strict)


def _concerned(gap: Any, where: Intervals, left: Sequence[Condition]) -> tuple[Intervals, list[Condition]]:
    """The symbols that matter, and the conditions on them: those that are linked with the expression's."""
    inside, conditions = restricted(where, gap), list[Condition]()
    for _ in left:
        for condition in left:
            symbols = condition[0].free_symbols
            if condition not in conditions and (not inside or symbols & set(inside)):
                wider = restricted(where, sympy.Tuple(gap, *(g for g, _ in (*conditions, condition))))
                if len(wider) <= max(MANY, len(inside)):
                    inside, conditions = wider, [*conditions, condition]
    return inside, conditions


def _between_roots(gap: Any, strict: bool, inside: Intervals, conditions: Sequence[Condition]) -> Decision:
    """In one symbol: between the real roots of all that occurs nothing changes its sign."""
    ((x, interval),) = inside.items()
    value, pole = (sympy.Poly(part, x, domain="QQ") for part in _sides(gap))
    bounds = [(sympy.Poly(g, x, domain="QQ"), is_strict) for g, is_strict in conditions]
    factors = {f for p in (value, *(g for g, _ in bounds)) for f, _ in p.factor_list()[1]}
    roots = real_roots(factors)
    ranges = list(cells(value, roots, interval))
    scope = f"{gap} {'>' if strict else '>='} 0 for {Domain.of(gap, inside)} where {_written(conditions)}"
    least = 1 if strict else 0
    for each in ranges:
        if all(_sign(g, each.sample) > 0 for g, _ in bounds) and _sign(value, each.sample) < least:
            return Decision(Status.REFUTED, scope, witness={x.name: each.sample})
    for root in (root for root in roots if within(root, interval)):
        met = all(root.sign_of(g) >= (1 if is_strict else 0) for g, is_strict in bounds)
        if met and root.sign_of(value) < least and root.sign_of(pole):
            here = root.lower if root.lower == root.upper else root.expression
            return Decision(Status.REFUTED, scope, witness={x.name: here})
    return Decision(Status.PROVED, scope, details=("decided between all real roots",))


def _sides(expression: Any) -> tuple[Any, Any]:
    """A polynomial with the sign of a rational function, zero at its poles; and its denominator."""
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(expression)))
    return sympy.expand(top * bottom), bottom


def _sign(polynomial: Any, at: Fraction) -> int:
    return int(sympy.sign(polynomial.eval(sympy.Rational(at.numerator, at.denominator))))


def _written(conditions: Sequence[Condition]) -> str:
    return ", ".join(f"{g} {'>' if strict else '>='} 0" for g, strict in conditions)


def _under(
    gap: Any, strict: bool, inside: Intervals, conditions: Sequence[Condition], boxes: int, decision: Decision
) -> Decision:
    """In several symbols: boxes on which a condition fails are left out."""
    domain = Domain.of(gap, inside)
    scope = f"{gap} {'>' if strict else '>='} 0 for {domain} where {_written(conditions)}"
    shown = [_on_piece(gap, strict, piece, conditions, boxes) for piece in domain.pieces()]
    if None not in shown:
        certificates = tuple(each for proofs in shown for each in proofs or ())
        return Decision(Status.PROVED, scope, details=tuple(map(str, certificates)), certificates=certificates)
    found = next(_failures(gap, strict, domain, conditions), None)
    if found is not None:
        return Decision(Status.REFUTED, scope, witness=found)
    return Decision(Status.UNDECIDED, scope, details=(*decision.details, f"no certificate with {boxes} boxes"))


def _on_piece(
    gap: Any, strict: bool, piece: Piece, conditions: Sequence[Condition], boxes: int
) -> list[Certificate] | None:
    """Certificates that the expression has the right sign on a piece where the conditions hold."""
    moved = [
        sympy.Poly(_sides(each.subs(piece.substitution))[0], *piece.symbols, domain="QQ")
        for each in (gap, *(g for g, _ in conditions))
    ]
    if prod(1 + degree for degree in moved[0].degree_list()) > LARGEST:
        return None
    constant, factors = moved[0].factor_list()
    left, proofs = sympy.Poly(sympy.sign(constant), *piece.symbols, domain="QQ"), []
    for factor, power in factors:
        if power % 2 == 0 and not strict:
            continue
        known = next(
            (
                (sign, proof)
                for sign in (1, -1)
                if (proof := certify(sign * factor, piece.sides, piece.kept, strict=strict, boxes=8)) is not None
            ),
            None,
        )
        left = left * (factor**power if known is None else known[0] ** power)
        proofs += [known[1]] if known is not None else []
    last = certify(
        left,
        piece.sides,
        piece.kept,
        strict=strict,
        boxes=boxes,
        conditions=[(g, s) for g, (_, s) in zip(moved[1:], conditions, strict=True)],
    )
    return None if last is None else [*proofs, last]


def _failures(gap: Any, strict: bool, domain: Domain, conditions: Sequence[Condition]) -> Iterator[dict[str, Fraction]]:
    """Simple points at which the conditions hold and the statement fails."""
    symbols = domain.symbols
    value, *bounds = (sympy.Poly(p, *symbols, domain="QQ") for p in (_sides(gap)[0], *(g for g, _ in conditions)))
    for point in domain.points(max(6, round(1000 ** (1 / len(symbols))))):
        at = tuple(sympy.Rational(q.numerator, q.denominator) for q in (point[x] for x in symbols))
        if all(_is_met(g.eval(at), s) for g, (_, s) in zip(bounds, conditions, strict=True)) and value.eval(at) < 0:
            yield {x.name: as_fraction(point[x]) for x in symbols}
