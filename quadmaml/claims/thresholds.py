"""For which values of one scalar signs are as they should be, for all values of at most one other symbol.

A sign changes only at roots of a few polynomials in the scalar alone (resultants, and values at the ends), so that one
decision between each two of them, and one at each, settles everything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise, zip_longest
from math import prod
from typing import Any

import sympy

from quadmaml.errors import InputError
from quadmaml.proofs.decide import nonnegative, positive
from quadmaml.proofs.domains import Domain
from quadmaml.proofs.real_roots import RealRoot, as_fraction, real_roots
from quadmaml.proofs.signs import cells, within
from quadmaml.proofs.verdicts import Status

__all__ = ["Part", "Question", "joined", "parts_of"]

LARGEST = 400
"""How many coefficients a polynomial in two variables may have."""


@dataclass(frozen=True)
class Part:
    """An interval, or one value, of the scalar, and what was shown there.

    Parameters
    ----------
    interval : sympy.Set
        Its ends are exact.
    status : Status
        PROVED, REFUTED, VACUOUS where the assumptions exclude it, or UNDECIDED at a single value; where values were
        tried one by one, the verdict at the value.
    sample : Fraction or None
        A rational in it, at which the claim was looked at.
    """

    interval: Any
    status: Status
    sample: Fraction | None


@dataclass(frozen=True)
class Question:
    """For which values of s all signs are nonnegative, or positive, wherever the others are in their intervals.

    Parameters
    ----------
    signs : sequence of pairs
        Rational functions of s and at most one other symbol, and whether they have to be positive.
    s : symbol
        What varies.
    where : mapping
        From each symbol to its interval.
    assumed : sequence of pairs
        Rational functions of s alone that are nonnegative, or positive, by assumption.
    """

    signs: Sequence[tuple[Any, bool]]
    s: Any
    where: dict[Any, Any]
    assumed: Sequence[tuple[Any, bool]] = ()


def parts_of(question: Question) -> list[Part]:
    """The domain of s in parts on which the answer is the same, in ascending order."""
    s, domain, product = question.s, question.where[question.s], sympy.Integer(1)
    for sign, _ in (*question.signs, *question.assumed):
        top, bottom = sympy.fraction(sympy.cancel(sympy.together(sign)))
        product *= _projected(top * bottom, s, question.where)
    polynomial = sympy.Poly(product, s, domain="QQ")
    roots = real_roots([factor for factor, _ in polynomial.factor_list()[1]])
    parts = [_part(cell.interval, cell.sample, question) for cell in cells(polynomial, roots, domain)]
    inside = [root for root in roots if within(root, sympy.Interval.open(domain.start, domain.end))]
    between = [_at(root, beside, question) for root, beside in zip(inside, pairwise(parts), strict=True)]
    parts = [part for pair in zip_longest(parts, between) for part in pair if part is not None]
    ends = [(domain.start, domain.left_open, 0), (domain.end, domain.right_open, len(parts) + 1)]
    for end, is_open, place in ends:
        if not is_open and end.is_finite:
            parts.insert(place, _part(sympy.FiniteSet(end), as_fraction(end), question))
    return joined(parts)


def _projected(polynomial: Any, s: Any, where: dict[Any, Any]) -> Any:
    """A polynomial in s alone outside whose roots the signs in the other symbol keep their order."""
    others = sorted(polynomial.free_symbols - {s}, key=str)
    if not others:
        return polynomial
    (x,) = others
    if prod(1 + degree for degree in sympy.Poly(polynomial, x, s).degree_list()) > LARGEST:
        raise InputError("resultants of so many coefficients would take long")
    total = sympy.Integer(1)
    _, factors = sympy.factor_list(polynomial, x, s)
    ends = [end for end in (where[x].start, where[x].end) if end.is_finite]
    bases = [factor for factor, _ in factors] + [sympy.numer(sympy.together(x - end)) for end in ends]
    for k, left in enumerate(bases):
        p = sympy.Poly(left, x)
        pieces = [c for c in p.all_coeffs() if c.free_symbols]
        if p.degree() > 1:
            pieces.append(sympy.discriminant(left, x))
        pieces += [
            sympy.resultant(left, right, x) for right in bases[k + 1 :] if sympy.degree(right, x) > 0 and p.degree() > 0
        ]
        for piece in pieces:
            numerator = sympy.numer(sympy.together(piece))
            total *= numerator if numerator.free_symbols else 1
    return total


def _part(interval: Any, sample: Fraction, question: Question) -> Part:
    return Part(interval, _status_at(_rational(sample), question), sample)


def _at(root: RealRoot, beside: tuple[Part, Part], question: Question) -> Part:
    """The claim at one exact value, a root of a polynomial."""
    place = sympy.FiniteSet(root.expression)
    if root.lower == root.upper:
        return _part(place, root.lower, question)
    if not all(_alone(root, g, strict, question.s) is Status.PROVED for g, strict in question.assumed):
        return Part(place, Status.VACUOUS, None)
    held = any(part.status is Status.PROVED for part in beside)
    found = [_at_root(root, held, sign, strict, question) for sign, strict in question.signs]
    return Part(place, min(found, key=[Status.REFUTED, Status.UNDECIDED, Status.PROVED].index), None)


def _alone(root: RealRoot, sign: Any, strict: bool, s: Any) -> Status:
    """A sign that depends on s alone, at an irrational value."""
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(sign)))
    if not root.sign_of(sympy.Poly(bottom, s, domain="QQ")):
        return Status.UNDECIDED
    here = root.sign_of(sympy.Poly(top * bottom, s, domain="QQ"))
    return Status.PROVED if here >= (1 if strict else 0) else Status.REFUTED


def _at_root(root: RealRoot, held: bool, sign: Any, strict: bool, question: Question) -> Status:
    """One statement at an irrational value of s, given whether all hold beside it."""
    s = question.s
    if not sign.free_symbols - {s}:
        return _alone(root, sign, strict, s)
    if held and not strict:
        # What is nonnegative beside a value is so at it, wherever it is continuous.
        return Status.PROVED
    top = sympy.fraction(sympy.cancel(sympy.together(sign)))[0]
    if any(root.sign_of(sympy.Poly(p, s)) == 0 for p, _ in sympy.factor_list(top)[1] if p.free_symbols == {s}):
        return Status.REFUTED if strict else Status.PROVED
    (x,) = sign.free_symbols - {s}
    interval = question.where[x]
    if s in interval.free_symbols:
        return Status.UNDECIDED
    points = (_rational(point[x]) for point in Domain.of(x, {x: interval}).points(40))
    found = [_alone(root, sign.subs(x, at), strict, s) for at in points]
    return Status.REFUTED if Status.REFUTED in found else Status.UNDECIDED


def _rational(q: Fraction) -> Any:
    return sympy.Rational(q.numerator, q.denominator)


def _status_at(value: Any, question: Question) -> Status:
    if not all(_is_good(sympy.cancel(g.subs(question.s, value)), strict) for g, strict in question.assumed):
        return Status.VACUOUS
    for sign, strict in question.signs:
        here = sympy.cancel(sign.subs(question.s, value))
        if here.has(sympy.nan, sympy.zoo):
            return Status.UNDECIDED
        if not here.free_symbols:
            good = _is_good(here, strict)
        else:
            domain = {x: question.where[x].subs(question.s, value) for x in here.free_symbols}
            decision = (positive if strict else nonnegative)(here, domain)
            if decision.status is Status.UNDECIDED:
                raise InputError("a sign was not decided")
            good = decision.holds
        if not good:
            return Status.REFUTED
    return Status.PROVED


def _is_good(number: Any, strict: bool) -> bool:
    return bool(number.is_positive or (number.is_zero and not strict))


def joined(parts: Sequence[Part]) -> list[Part]:
    """Neighbours with the same status as one part."""
    joined: list[Part] = []
    for part in parts:
        if joined and joined[-1].status is part.status:
            joined[-1] = replace(joined[-1], interval=sympy.Union(joined[-1].interval, part.interval))
        else:
            joined.append(part)
    return joined
