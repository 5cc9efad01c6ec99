"""What happens to a weight or a residual as its parameters change: limits and derivatives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy

from quadmaml import Algorithm
from quadmaml.errors import InputError
from quadmaml.proofs import decide
from quadmaml.proofs.decide import Decision
from quadmaml.proofs.verdicts import Status

from .powers import Formula
from .reading import CURVATURE, Reading, Subject, read

__all__ = ["derivative", "limit"]


def limit(
    subject: Any, parameter: Any, to: Any, domain: Any = None, *, assuming: Mapping[Any, Any] | None = None
) -> Reading:
    """What the weight W(a) becomes, up to a positive factor, as a parameter tends to 0 or to infinity.

    The fixed point depends on W up to a factor only. So a limit proportional to a is joint training, and a constant one
    the plain average of the optima.

    Parameters
    ----------
    subject : Algorithm or InnerLoop
        With a SymPy symbol as that parameter.
    parameter : SymPy symbol
        Which one.
    to : 0 or sympy.oo
        Where it tends.
    domain, assuming
        As for :func:`monotone_ranges`.

    Examples
    --------
    >>> from quadmaml import GradientDescent, IMAML, Reptile
    >>> alpha, K, lam = sympy.symbols("alpha K lambda")
    >>> print(limit(IMAML(lam), lam, sympy.oo))
    limit as lambda -> oo of a*lambda**2/(a + lambda)**2 for lambda in (0, oo): a (joint training). PROVED
    >>> limit(Reptile(GradientDescent(alpha, K)), K, sympy.oo).meaning
    'plain average of the optima'
    """
    about = read(subject, domain, assuming)
    if parameter not in about.expression.free_symbols or to not in (0, sympy.oo):
        raise InputError(f"limit: got {parameter} -> {to}; expected a parameter of {about.expression}, to 0 or oo")
    formula, evidence = about.formula, []
    fading = [u for u, (_, exponent) in formula.powers.items() if exponent.has(parameter)]
    question = f"limit as {parameter} -> {to}"
    if to == sympy.oo and fading:
        domain = about.over(about.interval)
        evidence = [
            proof for u in fading for proof in (*formula.below_one(u, domain), _grows(formula, u, parameter, domain))
        ]
        status = Status.PROVED if all(proof.holds for proof in evidence) else Status.UNDECIDED
        value = formula.back(sympy.cancel(formula.rational.subs(dict.fromkeys(fading, 0))))
    else:
        value = _leading(about.expression, parameter, to)
        status = Status.PROVED
    value = sympy.factor(value)
    if value == 0:
        return about.reading(question, value, status, evidence, "vanishes for every a")
    return about.reading(question, value, status, evidence, _meaning(about, value))


def _meaning(about: Subject, value: Any) -> str:
    """What a weight that tends to a positive multiple of a, or of 1, weights the optima by."""
    factor, free = value.as_independent(CURVATURE, as_Add=False)
    if not isinstance(about.of, Algorithm) or Formula.of(factor).sign(about.ranges).sign != 1:
        return ""
    return {CURVATURE: "joint training", sympy.Integer(1): "plain average of the optima"}.get(free, "")


def _grows(formula: Formula, unknown: Any, parameter: Any, domain: Mapping[Any, Any]) -> Decision:
    """That the exponent of a power below 1 is linear in the parameter, with the slope that makes the power fade."""
    base, exponent = formula.powers[unknown]
    slope = sympy.diff(exponent, parameter)
    if slope.has(parameter):
        raise InputError(f"limit: the exponent {exponent} is not linear in {parameter}; expected one that is")
    return decide.positive(-slope if base is sympy.E else slope, domain)


def _leading(expression: Any, parameter: Any, to: Any) -> Any:
    """The first nonzero coefficient of the Taylor series at the limit, after a pole was multiplied out."""
    small = sympy.Dummy(positive=True)
    moved = expression.subs(parameter, 1 / small if to == sympy.oo else small)
    top, bottom = sympy.fraction(sympy.cancel(sympy.together(moved)))
    for part in range(2):
        coefficients = []
        for order in range(12):
            value = sympy.factor(sympy.diff((top, bottom)[part], small, order).subs(small, 0) / sympy.factorial(order))
            if value != 0:
                coefficients.append(value)
                break
        if not coefficients:
            raise InputError(f"limit: no Taylor coefficient of {expression} up to order 11 differs from 0")
        top, bottom = (coefficients[0], bottom) if part == 0 else (top, coefficients[0])
    if (value := top / bottom).has(sympy.oo, sympy.zoo, sympy.nan):
        raise InputError(f"limit: {expression} has no Taylor series there; expected a limit that it has, or K -> oo")
    return value


def derivative(
    subject: Any, parameter: Any, domain: Any = None, *, assuming: Mapping[Any, Any] | None = None
) -> Reading:
    """The derivative of W(a) or p(a) with respect to a parameter, in factors, and its sign.

    Parameters as for :func:`limit`; ``meaning`` is "increases", "decreases" or empty where the sign was not shown, and
    the verdict is on that sign. A derivative in the number of steps is that of the formula for real numbers of steps.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent
    >>> alpha, K = sympy.symbols("alpha K")
    >>> found = derivative(MAML(GradientDescent(lr=alpha, steps=K)), alpha)
    >>> found.meaning, found.verdict.status.value
    ('decreases', 'PROVED')
    """
    about = read(subject, domain, assuming)
    parameter = CURVATURE if str(parameter) == CURVATURE.name else parameter
    if parameter not in about.expression.free_symbols:
        raise InputError(f"derivative: got {parameter!r}; expected {CURVATURE} or a parameter of {about.expression}")
    slope = about.formula.derivative(parameter)
    found = slope.sign(about.over(about.interval))
    status = Status.UNDECIDED if found.sign is None else Status.PROVED
    meaning = {1: "increases", -1: "decreases", 0: "constant", None: ""}[found.sign]
    return about.reading(f"derivative in {parameter}", slope.expression, status, found.evidence, meaning)
