"""Spectral readings: what the curvature weight W(a) of an algorithm, or the residual p(a) of a loop, does.

Every function asks the object itself, ``algorithm.weight(a)`` or ``loop.residual(a)`` at a SymPy symbol, with symbols
as parameters where it was given symbols. Signs are proved by :mod:`quadmaml.proofs.decide`.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import sympy

from quadmaml import InnerLoop
from quadmaml.errors import InputError
from quadmaml.exact import fraction_of
from quadmaml.proofs import decide
from quadmaml.proofs.signs import sign_ranges
from quadmaml.proofs.verdicts import Status, Verdict

from .powers import Formula
from .reading import CURVATURE, POSITIVE, Reading, Subject, read

__all__ = ["maximiser", "monotone_ranges", "residual_bound"]


def monotone_ranges(subject: Any, domain: Any = None, *, assuming: Mapping[Any, Any] | None = None) -> Reading:
    """Where the weight of an algorithm, or the residual of a loop, increases and where it decreases.

    Parameters
    ----------
    subject : Algorithm or InnerLoop
        With numbers or SymPy symbols as parameters. Exact numbers: no floats.
    domain : sympy.Interval, optional
        Of the curvature a; by default from 0 to the first zero of the loop's residual, or to infinity.
    assuming : mapping from symbols to sympy.Interval, optional
        Ranges of symbols, in place of those that the parameters have: lr, strength, time > 0; steps >= 1; 0 <= momentum
        < 1.

    Returns
    -------
    Reading
        The value is a tuple of pairs: an open interval, and 1, -1 or 0 for increasing, decreasing, constant. UNDECIDED,
        with the value None, where a factor of the derivative could not be judged.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent
    >>> alpha, K = sympy.symbols("alpha K")
    >>> found = monotone_ranges(MAML(GradientDescent(lr=alpha, steps=K)))
    >>> found.value
    ((Interval.open(0, 1/(alpha*(2*K + 1))), 1), (Interval.open(1/(alpha*(2*K + 1)), 1/alpha), -1))
    >>> found.verdict.status.value
    'PROVED'
    """
    about = read(subject, domain, assuming)
    slope = about.formula.derivative(CURVATURE)
    lo, hi = about.interval.start, about.interval.end
    question = f"ranges on {decide.shown(about.interval)}"
    if not about.ranges and not slope.powers:
        _check_poles(about)
        ranges = _rational_ranges(slope.rational, about.interval)
        evidence = [_exactly(slope.rational, interval, sign) for interval, sign in ranges]
        return about.reading(question, ranges, Status.PROVED, evidence)
    turning, evidence, judged = _turning_points(slope, about)
    if not judged:
        return about.reading(question, None, Status.UNDECIDED, evidence)
    edges, ranges = [lo, *turning, hi], ()
    for start, end in itertools.pairwise(edges):
        interval = sympy.Interval.open(start, end)
        found = slope.sign(about.over(interval))
        evidence += found.evidence
        if found.sign is None:
            return about.reading(question, None, Status.UNDECIDED, evidence)
        ranges += ((interval, found.sign),)
    return about.reading(question, ranges, Status.PROVED, evidence)


def _rational_ranges(slope: Any, interval: Any) -> tuple[Any, ...]:
    if sympy.cancel(slope) == 0:
        return ((interval, 0),)
    merged: list[tuple[Any, int]] = []
    lo, hi = interval.start, interval.end
    for each in sign_ranges(slope, _wider(interval)):
        start, end = sympy.Max(lo, each.interval.start), sympy.Min(hi, each.interval.end)
        if start < end:
            if merged and merged[-1][1] == each.sign:
                start = merged.pop()[0].start
            merged.append((sympy.Interval.open(start, end), each.sign))
    return tuple(merged)


def _wider(interval: Any) -> Any:
    """An interval with rational ends around one whose ends may be irrational; exact ends are compared afterwards."""
    lo, hi = interval.start, interval.end
    return sympy.Interval.open(-sympy.oo if _irrational(lo) else lo, sympy.oo if _irrational(hi) else hi)


def _check_poles(about: Subject) -> None:
    """InputError where the function has a pole inside the domain: ranges beside it say nothing about each other."""
    below = sympy.fraction(sympy.cancel(about.expression))[1]
    ends = [each.interval.end for each in sign_ranges(below, _wider(about.interval))][:-1] if below.free_symbols else []
    for end in ends:
        if about.interval.start < end < about.interval.end:
            raise InputError(f"domain: {about.expression} has a pole at {end}; expected an interval without one")


def _irrational(end: Any) -> bool:
    return bool(end.is_finite and not end.is_Rational)


def _exactly(slope: Any, interval: Any, sign: int) -> Verdict:
    """The certificate where the ends are rational; else the exact roots have decided."""
    ends = [end for end in (interval.start, interval.end) if end.is_finite]
    if sign and all(end.is_Rational for end in ends):
        return decide.nonnegative(sign * slope, interval)
    return Verdict(
        Status.PROVED, f"the sign of {slope} is {sign} for a in {decide.shown(interval)}, by its exact roots"
    )


def _turning_points(slope: Formula, about: Subject) -> tuple[list[Any], list[Verdict], bool]:
    """The zeros of the derivative inside the domain, in order; and whether every factor was judged."""
    inside: list[Any] = []
    evidence: list[Verdict] = []
    lo, hi = about.interval.start, about.interval.end
    for factor, _ in slope.factors()[1]:
        whole = slope.factor_sign(factor, about.over(about.interval))
        if whole.sign is not None or factor in slope.powers:
            continue
        if factor.free_symbols & set(slope.powers) or sympy.degree(factor, CURVATURE) != 1:
            return [], [*evidence, *whole.evidence], False
        root = sympy.factor(sympy.solve(factor, CURVATURE)[0])
        placed = [decide.positive(root - lo, about.ranges or POSITIVE)]
        if hi != sympy.oo:
            placed.append(decide.positive(hi - root, about.ranges or POSITIVE))
        evidence += placed
        if not all(each.holds for each in placed):
            return [], evidence, False
        inside.append(root)
    if len(inside) > 1 and not all(root.is_number for root in inside):
        return [], evidence, False
    return sorted(inside), evidence, True


def maximiser(subject: Any, domain: Any = None, *, assuming: Mapping[Any, Any] | None = None) -> Reading:
    """The curvature at which the weight of an algorithm, or the residual of a loop, is largest.

    Parameters and returned value as for :func:`monotone_ranges`; the value is the curvature. Where the function grows
    up to the end of the domain it is that end, perhaps infinity, and ``meaning`` says what the function tends to.

    Examples
    --------
    >>> from quadmaml import IMAML, MAML, GradientDescent, MoreauEnvelope
    >>> alpha, K, lam = sympy.symbols("alpha K lambda")
    >>> maximiser(MAML(GradientDescent(lr=alpha, steps=K))).value
    1/(alpha*(2*K + 1))
    >>> maximiser(IMAML(lam)).value
    lambda
    >>> print(maximiser(MoreauEnvelope(lam)).value, "|", maximiser(MoreauEnvelope(lam)).meaning)
    oo | grows, towards lambda
    """
    about = read(subject, domain, assuming)
    ranges = monotone_ranges(subject, about.interval, assuming=assuming)
    question = f"maximiser on {decide.shown(about.interval)}"
    answer = replace(ranges, question=f"{question} of {about.expression}", value=None)
    if ranges.value is None:
        return answer
    signs = [sign for _, sign in ranges.value]
    if signs == [0]:
        return replace(answer, meaning="constant")
    if all(sign > 0 for sign in signs):
        end = about.interval.end
        return replace(answer, value=end, meaning=_growth(about, end))
    if all(sign < 0 for sign in signs):
        return replace(answer, value=about.interval.start, meaning="falls")
    tops = [one.end for (one, up), (_, down) in itertools.pairwise(ranges.value) if up > 0 > down]
    if len(tops) == 1 and signs == sorted(signs, reverse=True):
        return replace(answer, value=tops[0])
    ends = [(about.interval.start, -signs[0]), (about.interval.end, signs[-1])]
    best = _best(about, [*tops, *(end for end, sign in ends if sign > 0)])
    if best is None:
        return replace(answer, verdict=replace(answer.verdict, status=Status.UNDECIDED))
    return replace(answer, value=best)


def _best(about: Subject, candidates: list[Any]) -> Any:
    """The candidate of greatest value, where all values are rational numbers; None where they are not."""
    if not all(each.is_Rational for each in candidates):
        return None
    values = [about.expression.subs(CURVATURE, each) for each in candidates]
    if not all(value.is_Rational for value in values) or len(set(values)) < len(values):
        return None
    return candidates[values.index(max(values))]


def _growth(about: Subject, end: Any) -> str:
    positive = {symbol: sympy.Dummy(symbol.name, positive=True) for symbol in about.ranges}
    expression = about.expression.xreplace(positive)
    if end != sympy.oo:
        value = sympy.simplify(expression.subs(CURVATURE, end.xreplace(positive)))
    else:
        value = sympy.limit(expression, CURVATURE, sympy.oo)
    value = value.xreplace({dummy: symbol for symbol, dummy in positive.items()})
    return "grows without end" if value == sympy.oo else f"grows, towards {value}"


def residual_bound(
    loop: InnerLoop, domain: Any, bound: Any = Fraction(1), *, assuming: Mapping[Any, Any] | None = None
) -> Reading:
    """Whether ``|p(a)| <= bound`` for every curvature in an interval.

    Examples
    --------
    >>> from quadmaml import HeavyBall
    >>> half, three = sympy.Rational(1, 2), sympy.Interval.open(0, 3)
    >>> residual_bound(HeavyBall(lr=sympy.Integer(1), momentum=half, steps=6), three).verdict.witness
    {'a': Fraction(26, 9)}
    """
    if not isinstance(loop, InnerLoop):
        raise InputError(f"loop: got {loop!r}; expected an inner loop")
    about, rational = read(loop, domain, assuming), fraction_of(bound)
    if rational is None:
        raise InputError(f"bound: got {bound!r}; expected an integer or another exact rational number")
    bound, formula = sympy.Rational(rational.numerator, rational.denominator), about.formula
    expression = about.expression
    if len(formula.powers) == 1 and bound == 1 and formula.rational in formula.powers:
        # A power is within [-1, 1] where its base is.
        expression = formula.powers[formula.rational][0]
    found = decide.bounded(expression, bound, about.over(domain))
    found = replace(found, scope=f"|p(a)| <= {bound} for {type(loop).__name__} and a in {decide.shown(domain)}")
    holds = {Status.PROVED: sympy.true, Status.REFUTED: sympy.false}.get(found.status)
    return Reading(f"|p(a)| <= {bound} on {decide.shown(domain)}", holds, found, about.assumptions)
