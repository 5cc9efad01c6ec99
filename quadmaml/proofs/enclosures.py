"""Inequalities with exponentials, by ball arithmetic: an interval is halved until each part encloses one sign."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from quadmaml.errors import InputError

from .domains import Domain
from .real_roots import as_fraction
from .verdicts import Status, Verdict

__all__ = ["positive"]

FUNCTIONS = {"exp", "log", "sin", "cos", "sinh", "cosh", "tanh", "sqrt"}


def positive(expression: Any, domain: Domain, *, strict: bool, parts: int = 4000) -> Verdict:
    """Whether an expression in one symbol is positive, or nonnegative, on a bounded interval.

    Balls cannot show a value to be exactly zero: where the expression touches zero the verdict is UNDECIDED, and so it
    is where it vanishes at an end. Factor such zeros out first.

    Parameters
    ----------
    expression : SymPy expression
        In the functions that FLINT's balls know.
    domain : Domain
        One symbol, a bounded interval.
    strict : bool
        Positive, instead of nonnegative.
    parts : int
        How many parts of the interval to look at before giving up.

    Raises
    ------
    InputError
        If python-flint, the extra ``exact``, is not installed.
    """
    started = time.perf_counter()
    name = f"{expression} {'>' if strict else '>='} 0 for {domain}"
    if len(domain.intervals) != 1 or not all(end.is_Rational for end in domain.intervals[0][1].args[:2]):
        return Verdict(
            Status.UNDECIDED, name, details=("balls decide functions of one symbol on an interval with rational ends",)
        )
    ((symbol, interval),) = domain.intervals
    balls = _Balls.of(expression, symbol)
    done, todo, looked = 0, [(as_fraction(interval.start), as_fraction(interval.end))], 0
    while todo:
        lo, hi = todo.pop()
        looked += 1
        middle = (lo + hi) / 2
        if balls.sign(balls.at(middle)) < 0:
            return Verdict(
                Status.REFUTED,
                name,
                witness={symbol.name: middle},
                seconds=time.perf_counter() - started,
                details=(f"the value there is in the ball {balls.at(middle)}",),
            )
        if balls.sign(balls.over(lo, hi)) > 0:
            done += 1
        elif looked >= parts:
            return Verdict(
                Status.UNDECIDED,
                name,
                seconds=time.perf_counter() - started,
                details=(f"the sign near {symbol} = {float(middle):.6g} was not resolved with {parts} parts",),
            )
        else:
            todo += [(middle, hi), (lo, middle)]
    return Verdict(
        Status.PROVED,
        f"{name}, by ball arithmetic of {balls.bits} bits on {done} parts of the closed interval",
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Balls:
    """A function of one symbol and its derivative, read in balls."""

    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    flint: Any
    bits: int

    @classmethod
    def of(cls, expression: Any, symbol: Any) -> _Balls:
        try:
            import flint
        except ImportError:
            raise InputError(
                f"expression: {expression} needs ball arithmetic, which is not installed; expected the extra `exact`:"
                " pip install 'quadmaml[exact]'"
            ) from None

        def reading(formula: Any) -> Callable[[Any], Any]:
            return lambda x: _read(formula, symbol, x, flint.arb)

        return cls(reading(expression), reading(sympy.diff(expression, symbol)), flint, flint.ctx.prec)

    def _ball(self, number: Fraction) -> Any:
        return self.flint.arb(self.flint.fmpq(number.numerator, number.denominator))

    def at(self, number: Fraction) -> Any:
        """The value at a rational."""
        return self.value(self._ball(number))

    def over(self, lo: Fraction, hi: Fraction) -> Any:
        """A ball around all values on an interval: the mean value form, or the plain one where that is narrower."""
        middle, radius = self._ball((lo + hi) / 2), self._ball((hi - lo) / 2)
        spread = self.flint.arb(0, 1) * radius
        whole = middle + spread
        forms = [self.value(whole), self.value(middle) + self.slope(whole) * spread]
        return max(forms, key=lambda ball: ball.lower() if ball.is_finite() else self.flint.arb("-inf"))

    def sign(self, ball: Any) -> int:
        """1 or -1 where the whole ball has that sign, else 0."""
        return int(ball > 0) - int(ball < 0)


def _read(formula: Any, symbol: Any, x: Any, ball: Any) -> Any:
    """A SymPy expression at the ball x."""
    if formula == symbol:
        return x
    if formula.is_Rational:
        return ball(int(formula.p)) / ball(int(formula.q))
    if formula is sympy.E:
        return ball(1).exp()
    if formula is sympy.pi:
        return ball.pi()
    parts = [_read(part, symbol, x, ball) for part in formula.args]
    if formula.is_Add:
        return sum(parts[1:], start=parts[0])
    if formula.is_Mul:
        result = parts[0]
        for part in parts[1:]:
            result = result * part
        return result
    if formula.is_Pow and formula.func is sympy.Pow:
        exponent = formula.exp
        return parts[0] ** int(exponent) if exponent.is_Integer else parts[0] ** parts[1]
    name = formula.func.__name__
    if name in FUNCTIONS:
        return getattr(parts[0], name)()
    raise InputError(
        f"expression: contains {name}, which balls do not read here; expected {', '.join(sorted(FUNCTIONS))}"
    )
