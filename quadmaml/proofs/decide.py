"""An exact decider for inequalities between polynomials and rational functions.

In one variable it always decides: exact real roots say where the sign changes, and Bernstein coefficients
(:mod:`~quadmaml.proofs.bernstein`) are the certificate. In several variables it is sound and may leave a statement
undecided. What else occurs (exponentials) is first factored out, then left to balls
(:mod:`~quadmaml.proofs.enclosures`).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import prod
from typing import Any

import sympy

from quadmaml.errors import InputError

from . import enclosures
from .bernstein import Certificate, certify, negative_point
from .domains import Domain, Piece, shown
from .real_roots import as_fraction, real_roots
from .signs import cells, within
from .verdicts import Status, Verdict

__all__ = ["Decision", "bounded", "increasing", "nonnegative", "positive", "shown"]

BOXES = 400
"""How many boxes to look at for each factor in several variables."""

POINTS = 4096
"""How many simple points to try."""

LARGEST = 4096
"""How many coefficients a polynomial in several variables may have."""

ENOUGH = 2000
"""The same in one variable, where a certificate exists: a number that only a mistake can reach."""


@dataclass(frozen=True)
class Decision(Verdict):
    """A verdict on an inequality, with the certificate of a proof.

    Parameters
    ----------
    certificates : tuple of Certificate
        What was shown about polynomials whose signs decide: :meth:`Certificate.check` adds one up again, and printed
        it can be checked by hand.
    """

    certificates: tuple[Certificate, ...] = ()

    def check(self) -> bool:
        """Whether every certificate, added up again, holds."""
        return all(each.check() for each in self.certificates)


def nonnegative(expression: Any, domain: Any, *, boxes: int = BOXES) -> Decision:
    """Whether ``expression >= 0`` everywhere in the domain.

    Parameters
    ----------
    expression : SymPy expression
        A rational function with rational coefficients; positive exponential factors are dropped.
    domain : sympy.Interval, or mapping from each symbol to one
        Ends may be open, closed or infinite, and may depend on other symbols.
    boxes : int
        In several variables, how many boxes to look at before giving up.

    Returns
    -------
    Decision
        PROVED with certificates, REFUTED with the simplest rational counterexample, or UNDECIDED: in several variables,
        or where the denominator vanishes inside the domain.

    Examples
    --------
    >>> a = sympy.Symbol("a")
    >>> slope = sympy.diff(a * (1 - a) ** 2, a)
    >>> nonnegative(slope, sympy.Interval.open(0, sympy.Rational(1, 3))).status.value
    'PROVED'
    >>> nonnegative(slope, sympy.Interval.open(0, 1)).witness
    {'a': Fraction(1, 2)}
    """
    return _decided(expression, domain, strict=False, boxes=boxes)


def positive(expression: Any, domain: Any, *, boxes: int = BOXES) -> Decision:
    """Whether ``expression > 0`` everywhere in the domain; otherwise as :func:`nonnegative`.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> positive((x**2 - 2) ** 2, sympy.Interval(0, 2)).witness      # no rational point shows it
    {'x': sqrt(2)}
    """
    return _decided(expression, domain, strict=True, boxes=boxes)


def bounded(expression: Any, bound: Any, domain: Any, *, boxes: int = BOXES) -> Decision:
    """Whether ``|expression| <= bound`` everywhere in the domain.

    Examples
    --------
    >>> x = sympy.Symbol("x")
    >>> bounded(1 - 2 * x, 1, sympy.Interval(0, 1)).status.value
    'PROVED'
    """
    both = [nonnegative(bound + sign * expression, domain, boxes=boxes) for sign in (-1, 1)]
    return _all(both, f"|{sympy.sympify(expression)}| <= {bound}")


def increasing(expression: Any, symbol: Any, domain: Any, *, boxes: int = BOXES) -> Decision:
    """Whether the expression never decreases in the symbol on the domain: its derivative is nonnegative there.

    Examples
    --------
    >>> a = sympy.Symbol("a")
    >>> increasing(a / (1 + a) ** 2, a, sympy.Interval.open(0, sympy.oo)).witness
    {'a': Fraction(2, 1)}
    """
    return nonnegative(sympy.diff(expression, symbol), domain, boxes=boxes)


def _all(parts: Sequence[Decision], scope: str) -> Decision:
    """The verdict that all of these hold."""
    refuted = [each for each in parts if each.status is Status.REFUTED]
    first = min(refuted, key=lambda each: _height(each.witness or {})) if refuted else parts[0]
    worst = first.status if refuted else next((p.status for p in parts if not p.holds), Status.PROVED)
    return replace(
        first,
        status=worst,
        scope=f"{scope} for {first.scope.partition(' for ')[2]}",
        seconds=sum(each.seconds for each in parts),
        details=tuple(line for each in ([first] if refuted else parts) for line in each.details),
        certificates=() if refuted else tuple(c for each in parts for c in each.certificates),
    )


def _height(point: Any) -> tuple[int, ...]:
    values = [value for value in point.values() if isinstance(value, Fraction)]
    return (len(point) - len(values), *(max(v.denominator for v in values) if values else 0, *map(_size, values)))


def _size(value: Fraction) -> int:
    return abs(value.numerator)


# The problem: one expression, made rational


@dataclass(frozen=True)
class _Problem:
    """``sign(numerator / denominator)`` on a domain; both are polynomials over the rationals."""

    expression: Any
    numerator: Any
    denominator: Any
    domain: Domain
    strict: bool
    started: float
    notes: tuple[str, ...] = ()

    @property
    def scope(self) -> str:
        return f"{sympy.sympify(self.expression)} {'>' if self.strict else '>='} 0 for {self.domain}"

    def concluded(
        self, status: Status, *details: str, witness: Any = None, certificates: Iterable[Certificate] = ()
    ) -> Decision:
        margin = None
        if witness is not None and all(isinstance(value, Fraction) for value in witness.values()):
            margin = self.value(witness)
        names = None if witness is None else {symbol.name: value for symbol, value in witness.items()}
        found = tuple(certificates)
        return Decision(
            status,
            self.scope,
            witness=names,
            margin=margin,
            seconds=time.perf_counter() - self.started,
            details=(*self.notes, *details, *map(str, found)),
            certificates=found,
        )

    def value(self, point: Any) -> Fraction | None:
        """The expression at a rational point, exactly; None where it has no value there."""
        exact = {symbol: sympy.Rational(value.numerator, value.denominator) for symbol, value in point.items()}
        value = (self.numerator / self.denominator).subs(exact)
        return as_fraction(value) if value.is_Rational else None


def _decided(expression: Any, domain: Any, *, strict: bool, boxes: int) -> Decision:
    started = time.perf_counter()
    expression = sympy.sympify(expression)
    where = Domain.of(expression, domain)
    if expression.has(sympy.Float):
        raise InputError(f"expression: got the float in {expression}; expected exact numbers such as Rational('0.1')")
    kept, dropped = _without_exponentials(expression)
    if not kept.is_rational_function(*where.symbols):
        verdict = enclosures.positive(expression, where, strict=strict)
        return Decision(**vars(verdict))
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(kept)))
    for part in (numerator, denominator):
        if not sympy.Poly(part, *where.symbols).domain.is_QQ and not sympy.Poly(part, *where.symbols).domain.is_ZZ:
            raise InputError(f"expression: got {expression}; expected rational coefficients")
    problem = _Problem(expression, numerator, denominator, where, strict, started, dropped)
    if numerator == 0:
        point = next(where.points(1))
        return (
            problem.concluded(Status.REFUTED, witness=point)
            if strict
            else problem.concluded(Status.PROVED, "it is identically zero")
        )
    return _in_one(problem) if len(where.intervals) == 1 else _in_several(problem, boxes)


def _without_exponentials(expression: Any) -> tuple[Any, tuple[str, ...]]:
    """The expression without its factors e^(..), which are positive, and a note on them."""
    if not expression.has(sympy.exp):
        return expression, ()
    factors = sympy.Mul.make_args(sympy.factor(sympy.powsimp(sympy.expand(expression))))
    dropped = [each for each in factors if each.func is sympy.exp or (each.is_Pow and each.base.func is sympy.exp)]
    if not dropped:
        return expression, ()
    kept = sympy.Mul(*(each for each in factors if each not in dropped))
    return kept, (f"without the positive factor {sympy.Mul(*dropped)}",)


# One variable: complete


def _polynomial(problem: _Problem) -> Any:
    """A polynomial with the sign of the expression, zero also at its poles."""
    return sympy.Poly(problem.numerator * problem.denominator, *problem.domain.symbols, domain="QQ")


def _in_one(problem: _Problem) -> Decision:
    ((x, interval),) = problem.domain.intervals
    polynomial = _polynomial(problem)
    factors = polynomial.factor_list()[1]
    roots = real_roots([factor for factor, _ in factors])
    negative = [cell.sample for cell in cells(polynomial, roots, interval) if cell.sign < 0]
    if negative:
        return problem.concluded(Status.REFUTED, witness={x: min(negative, key=lambda q: (q.denominator, _size(q)))})
    bottom = sympy.Poly(problem.denominator, x, domain="QQ")
    here = [root for root in roots if within(root, interval)]
    poles = [root for root in here if bottom.rem(root.factor).is_zero]
    zeros = [root for root in here if root not in poles]
    if problem.strict and zeros:
        # A rational zero where there is one, for it can be put in by hand.
        zero = min(zeros, key=lambda root: (root.lower != root.upper, root.upper.denominator, _size(root.upper)))
        rational = zero.lower == zero.upper
        return problem.concluded(Status.REFUTED, witness={x: zero.lower if rational else zero.expression})
    if poles:
        where = ", ".join(str(root.expression) for root in poles)
        return problem.concluded(
            Status.UNDECIDED, f"never negative where it is defined, but the denominator vanishes at {x} = {where}"
        )
    factored = f"it has the sign of {sympy.factor(problem.numerator * problem.denominator)}"
    certificates = _certificates(problem, factors)
    if None in certificates:
        return problem.concluded(
            Status.UNDECIDED, factored, f"its real roots say so, but {ENOUGH} boxes do not show it"
        )
    return problem.concluded(Status.PROVED, factored, certificates=filter(None, certificates))


def _certificates(problem: _Problem, factors: Sequence[tuple[Any, int]]) -> list[Certificate | None]:
    """What the roots have decided, in a form that can be checked by hand: the odd part has the sign of the whole."""
    odd = prod((factor for factor, power in factors if power % 2), start=sympy.Poly(1, *problem.domain.symbols))
    parts = [(odd, problem.strict)]
    if problem.strict:
        parts += [(factor, True) for factor, power in factors if power % 2 == 0]
    if (bottom := sympy.Poly(problem.denominator, *problem.domain.symbols)).degree() > 0 and not problem.strict:
        parts.append((bottom, True))
    return [
        found and found[1]
        for piece in problem.domain.pieces()
        for part, strict in parts
        if part.degree() > 0
        for found in [_signed(_moved(part, piece), piece, strict, ENOUGH)]
    ]


def _moved(polynomial: Any, piece: Piece) -> Any:
    return sympy.Poly(polynomial.as_expr().subs(piece.substitution), *piece.symbols, domain="QQ")


def _signed(polynomial: Any, piece: Piece, strict: bool, boxes: int) -> tuple[int, Certificate] | None:
    """The sign that a polynomial keeps on a piece, with its certificate; None where none was found."""
    inside = {
        x: lo + (hi - lo) / 2 if hi is not None else lo + 1
        for x, (lo, hi) in zip(piece.symbols, piece.sides, strict=True)
    }
    value = polynomial.eval(tuple(sympy.Rational(v.numerator, v.denominator) for v in inside.values()))
    for sign in (1, -1) if value == 0 else (int(sympy.sign(value)),):
        found = certify(sign * polynomial, piece.sides, piece.kept, strict=strict, boxes=boxes)
        if found is not None:
            return sign, found
    return None


# Several variables: sound


def _in_several(problem: _Problem, boxes: int) -> Decision:
    # True statements mostly need few boxes, false ones mostly fail at a simple point: the cheap tries come first.
    size = len(problem.domain.intervals)
    for tried, points in ((min(boxes, 2), 4), (boxes, max(6, round(4000 ** (1 / size))))):
        shown = [_sign_on(problem, piece, tried) for piece in problem.domain.pieces()]
        if not any(isinstance(each, str) for each in shown):
            quotient = problem.numerator / problem.denominator
            factored = f"it is {quotient if _is_large(quotient, problem.domain.symbols) else sympy.factor(quotient)}"
            certificates = [proof for each in shown if not isinstance(each, str) for proof in each]
            return problem.concluded(Status.PROVED, factored, certificates=certificates)
        if (found := _counterexample(problem, points)) is not None:
            return problem.concluded(Status.REFUTED, witness=found)
    if (found := _beside_a_corner(problem, max(1, boxes // 8))) is not None:
        return problem.concluded(Status.REFUTED, witness=found)
    return problem.concluded(Status.UNDECIDED, *(each for each in shown if isinstance(each, str)))


def _sign_on(problem: _Problem, piece: Piece, boxes: int) -> list[Certificate] | str:
    """Certificates that the expression has the right sign on a piece, factor by factor; or what could not be shown."""
    quotient = (problem.numerator / problem.denominator).subs(piece.substitution)
    numerator, denominator = sympy.fraction(sympy.cancel(sympy.together(quotient)))
    if _is_large(quotient, piece.symbols):
        return "it has too many coefficients"
    certificates, total = [], 1
    for part, must_not_vanish in ((numerator, problem.strict), (denominator, True)):
        constant, factors = sympy.Poly(part, *piece.symbols, domain="QQ").factor_list()
        total *= int(sympy.sign(constant))
        for factor, power in factors:
            if power % 2 == 0 and not must_not_vanish:
                continue
            found = _signed(factor, piece, must_not_vanish, boxes)
            if found is None:
                return f"no certificate for the sign of {factor.as_expr()} with {boxes} boxes"
            total *= found[0] ** power
            certificates.append(found[1])
    return certificates if total > 0 else f"the sign came out as {total} everywhere on a part of the domain"


def _is_large(quotient: Any, symbols: Sequence[Any]) -> bool:
    """Whether factors of the numerator or denominator may take long to find."""
    parts = (sympy.Poly(part, *symbols) for part in sympy.fraction(sympy.cancel(sympy.together(quotient))))
    return any(prod(1 + degree for degree in part.degree_list()) > LARGEST for part in parts)


def _counterexample(problem: _Problem, count: int) -> dict[Any, Fraction] | None:
    """The first of the simple points of the domain at which the statement fails, or has no value."""
    symbols = problem.domain.symbols
    top, bottom = (
        [(powers, as_fraction(value)) for powers, value in sympy.Poly(part, *symbols).terms()]
        for part in (problem.numerator, problem.denominator)
    )
    for point in itertools.islice(problem.domain.points(count), POINTS):
        values = [point[symbol] for symbol in symbols]
        above, below = (_evaluated(terms, values) for terms in (top, bottom))
        if above * below < 0 or (problem.strict and above == 0 and below != 0):
            return point
    return None


def _beside_a_corner(problem: _Problem, boxes: int) -> dict[Any, Fraction] | None:
    """A point at which the statement fails, found where the certificates do."""
    for piece in problem.domain.pieces():
        quotient = (problem.numerator / problem.denominator).subs(piece.substitution)
        top, bottom = sympy.fraction(sympy.cancel(sympy.together(quotient)))
        if _is_large(top * bottom, piece.symbols):
            continue
        polynomial = sympy.Poly(top * bottom, *piece.symbols, domain="QQ")
        if (found := negative_point(polynomial, piece.sides, boxes)) is not None:
            at = {x: sympy.Rational(q.numerator, q.denominator) for x, q in zip(piece.symbols, found, strict=True)}
            return {x: as_fraction(sympy.sympify(value).subs(at)) for x, value in piece.substitution.items()}
    return None


def _evaluated(terms: Sequence[tuple[tuple[int, ...], Fraction]], values: Sequence[Fraction]) -> Fraction:
    return sum((c * prod(v**n for v, n in zip(values, powers, strict=True)) for powers, c in terms), start=Fraction(0))
