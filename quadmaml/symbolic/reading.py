"""What a spectral reading is asked about, and what it answers: a function of the curvature, and an exact value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

import sympy

from quadmaml import Algorithm, InnerLoop
from quadmaml.errors import InputError
from quadmaml.proofs import decide
from quadmaml.proofs.signs import sign_ranges
from quadmaml.proofs.verdicts import Status, Verdict

from .powers import Formula

__all__ = ["CURVATURE", "POSITIVE", "Reading", "Subject", "parameter_ranges", "read"]

CURVATURE = sympy.Symbol("a", positive=True)

POSITIVE = sympy.Interval.open(0, sympy.oo)
RANGES = {
    "lr": POSITIVE,
    "strength": POSITIVE,
    "time": POSITIVE,
    "smallest": POSITIVE,
    "largest": POSITIVE,
    "steps": sympy.Interval(1, sympy.oo),
    "depth": sympy.Interval(0, sympy.oo),
    "momentum": sympy.Interval.Ropen(0, 1),
}
"""What a symbol given for a parameter stands for. Whole numbers of steps are among the real ones."""


@dataclass(frozen=True)
class Reading:
    """An exact answer, and what was shown about it.

    Parameters
    ----------
    question : str
        What was asked.
    value : SymPy expression, or tuple
        The answer.
    verdict : Verdict
        Whether it was proved, and what exactly.
    assumptions : tuple of str
        The range of each symbol.
    meaning : str
        The answer in words, where there are words for it.
    """

    question: str
    value: Any
    verdict: Verdict
    assumptions: tuple[str, ...] = ()
    meaning: str = ""

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {sympy.latex(self.value)}$"

    def __str__(self) -> str:
        given = f" for {', '.join(self.assumptions)}" if self.assumptions else ""
        words = f" ({self.meaning})" if self.meaning else ""
        return f"{self.question}{given}: {self.value}{words}. {self.verdict.status.value}"


@dataclass(frozen=True)
class Subject:
    """The function that is read, of the curvature and of parameters with their ranges.

    Parameters
    ----------
    of : Algorithm or InnerLoop
        What was asked about.
    name : str
        What it is the weight or the residual of.
    curvature : SymPy symbol
        The curvature a.
    expression : SymPy expression
        The function, from the object itself.
    ranges : mapping from symbols to sympy.Interval
        The parameters.
    interval : sympy.Interval
        Of the curvature.
    """

    of: Any
    name: str
    curvature: Any
    expression: Any
    ranges: Mapping[Any, Any]
    interval: Any

    @property
    def formula(self) -> Formula:
        """The expression, with its powers as unknowns."""
        return Formula.of(self.expression)

    @property
    def assumptions(self) -> tuple[str, ...]:
        """The ranges in words."""
        return tuple(f"{symbol} in {decide.shown(interval)}" for symbol, interval in self.ranges.items())

    def over(self, interval: Any) -> dict[Any, Any]:
        """The domain with the curvature in the given interval."""
        return {**self.ranges, self.curvature: interval}

    def reading(
        self, question: str, value: Any, status: Status, evidence: Iterable[Verdict], meaning: str = ""
    ) -> Reading:
        """An answer with a verdict that rests on all of the evidence."""
        proofs = tuple(evidence)
        scope = f"{self.name} for {self.curvature} in {decide.shown(self.interval)}"
        details = tuple(line for proof in proofs for line in proof.explain().split("\n"))
        seconds = sum(proof.seconds for proof in proofs)
        verdict = Verdict(status, scope, details=details, seconds=seconds)
        return Reading(f"{question} of {self.expression}", value, verdict, self.assumptions, meaning)


def read(subject: Any, domain: Any, assuming: Mapping[Any, Any] | None) -> Subject:
    """The weight of an algorithm, or the residual of a loop, with the ranges of its symbols."""
    if not isinstance(subject, (Algorithm, InnerLoop)):
        raise InputError(f"subject: got {subject!r}; expected a meta-algorithm or an inner loop")
    if domain is not None and not isinstance(domain, sympy.Interval):
        raise InputError(f"domain: got {domain!r}; expected a sympy.Interval with more than one point")
    ranges = parameter_ranges(subject, assuming)
    if isinstance(subject, Algorithm):
        name, expression = f"W(a) of {type(subject).__name__}", sympy.sympify(subject.weight(CURVATURE))
    else:
        name, expression = f"p(a) of {type(subject).__name__}", sympy.sympify(subject.residual(CURVATURE))
    if expression.has(sympy.Float):
        raise InputError(f"subject: has the float in {expression}; expected exact numbers, such as Rational('0.1')")
    if expression.is_rational_function(CURVATURE) and expression.free_symbols <= {CURVATURE}:
        expression = sympy.factor(expression)
    if missing := sorted(map(str, expression.free_symbols - {CURVATURE} - set(ranges))):
        raise InputError(f"assuming: says nothing about {', '.join(missing)}; expected an interval for each")
    used = expression.free_symbols | (set() if domain is None else domain.free_symbols)
    ranges = {symbol: ranges[symbol] for symbol in sorted(ranges, key=str) if symbol in used}
    found = Subject(subject, name, CURVATURE, expression, ranges, POSITIVE)
    if domain is None:
        loop = subject.loop if isinstance(subject, Algorithm) else subject
        domain = sympy.Interval.open(0, _first_zero(loop, ranges))
    # What happens inside decides; ends at which a derivative may vanish do not matter.
    return replace(found, interval=sympy.Interval.open(domain.start, domain.end))


def parameter_ranges(thing: Any, assuming: Mapping[Any, Any] | None = None) -> dict[Any, Any]:
    """The ranges of the symbols among the parameters of an algorithm or loop, those that were given in their place.

    Raises
    ------
    InputError
        If a loop is no function of the curvature, or a parameter is called like the curvature.
    """
    assuming = {} if assuming is None else assuming
    if not isinstance(assuming, Mapping) or not all(isinstance(symbol, sympy.Symbol) for symbol in assuming):
        raise InputError(f"assuming: got {assuming!r}; expected a mapping from SymPy symbols to intervals")
    if any(symbol.name == CURVATURE.name for symbol in _symbols(thing)):
        raise InputError(f"subject: has a parameter {CURVATURE}, which is the curvature; expected another symbol")
    return {**_ranges(thing), **assuming}


def _symbols(thing: Any) -> set[Any]:
    """The symbols in the parameters of an algorithm and of its loops."""
    if isinstance(thing, InnerLoop) and not thing.spectral:
        raise InputError(
            f"subject: {type(thing).__name__} is not a function of the curvature alone; expected a spectral loop"
        )
    if isinstance(thing, (Algorithm, InnerLoop)):
        parts = [getattr(thing, field.name) for field in fields(thing)] if is_dataclass(thing) else []
    else:
        parts = list(thing) if isinstance(thing, (list, tuple)) else []
    own = thing.free_symbols if isinstance(thing, sympy.Basic) else set()
    return set(own).union(*map(_symbols, parts))


def _ranges(thing: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for field in fields(thing) if is_dataclass(thing) else ():
        value = getattr(thing, field.name)
        if isinstance(value, InnerLoop):
            found |= _ranges(value)
        elif isinstance(value, sympy.Symbol):
            found[value] = RANGES[field.name]
    return found


def _first_zero(loop: InnerLoop, ranges: Mapping[Any, Any]) -> Any:
    """The least curvature at which the residual vanishes, infinite where it never does."""
    formula = Formula.of(loop.residual(CURVATURE))
    roots: set[Any] = set()
    for factor, power in formula.factors()[1]:
        base = formula.powers[factor][0] if factor in formula.powers else factor
        if power > 0 and base.has(CURVATURE):
            roots |= set(_roots(base, ranges))
    if len(roots) > 1 and not all(root.is_number for root in roots):
        raise InputError(f"domain: the residual has the zeros {', '.join(map(str, roots))}; expected an interval for a")
    return min(roots, default=sympy.oo)


def _roots(factor: Any, ranges: Mapping[Any, Any]) -> list[Any]:
    """The positive zeros in a of a factor."""
    if factor.free_symbols == {CURVATURE}:
        ends = [each.interval.end for each in sign_ranges(factor, POSITIVE)]
        return ends[:-1]
    if factor.free_symbols & set(ranges) != factor.free_symbols - {CURVATURE}:
        raise InputError(f"domain: {factor} cannot be solved for a; expected an interval for a")
    polynomial = sympy.Poly(factor, CURVATURE)
    domain = {s: i for s, i in ranges.items() if s in factor.free_symbols}
    if polynomial.degree() == 1:
        root = sympy.factor(-polynomial.coeff_monomial(1) / polynomial.LC())
        return [root] if decide.positive(root, domain).holds else []
    if any(decide.positive(sign * factor, {**domain, CURVATURE: POSITIVE}).holds for sign in (1, -1)):
        return []
    raise InputError(f"domain: {factor} cannot be solved for a; expected an interval for a")
