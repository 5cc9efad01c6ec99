"""Signs and derivatives of formulas with powers whose exponent is a symbol, and exponentials, on a domain.

Each such power becomes an unknown whose derivative is known and whose sign follows from its base; what is left is a
rational function, for the exact decider.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sympy

from quadmaml.proofs import decide
from quadmaml.proofs.decide import Decision

__all__ = ["Formula", "Sign"]

UNIT = sympy.Interval.open(0, 1)


@dataclass(frozen=True)
class Sign:
    """The sign of a formula on a domain.

    Parameters
    ----------
    sign : int or None
        1 or -1, 0 for the zero formula; None where it was not shown.
    evidence : tuple of Decision
        What the decider showed on the way.
    """

    sign: int | None
    evidence: tuple[Decision, ...]


@dataclass(frozen=True)
class Formula:
    """A formula as a rational function of its symbols and of unknowns for its powers and logarithms.

    Parameters
    ----------
    rational : SymPy expression
        The rational function.
    powers : mapping from unknowns to pairs
        The base and the exponent; the base of an exponential is e.
    logs : mapping from unknowns to arguments
        The logarithms.
    """

    rational: Any
    powers: Mapping[Any, tuple[Any, Any]]
    logs: Mapping[Any, Any]

    @classmethod
    def of(cls, expression: Any) -> Formula:
        """Read a SymPy expression."""
        powers: dict[Any, Any] = {}
        logs: dict[Any, Any] = {}

        def unknown(node: Any) -> Any:
            if node.func is sympy.log:
                return logs.setdefault(node.args[0], sympy.Dummy(positive=True))
            base, exponent = node.as_base_exp()
            constant, symbolic = exponent.expand().as_coeff_Add()
            number, symbolic = symbolic.as_coeff_Mul()
            sign = -1 if number.is_negative and base is sympy.E else 1
            key = (base, sign * symbolic)
            return base**constant * powers.setdefault(key, sympy.Dummy(positive=True)) ** (sign * number)

        rational = sympy.sympify(expression).replace(_is_unknown, unknown)
        return cls(rational, {u: key for key, u in powers.items()}, {u: key for key, u in logs.items()})

    @property
    def expression(self) -> Any:
        """The formula in its symbols alone, in factors; a factor that is the base of a power joins it."""
        constant, factors = self.factors()
        result = constant
        for factor, power in factors:
            for base, _ in self.powers.values():
                ratio = sympy.cancel(base / factor)
                if ratio.is_Rational:
                    result *= ratio**-power * base**power
                    break
            else:
                result *= self.back(factor) ** power
        return sympy.powsimp(result)

    def back(self, rational: Any) -> Any:
        """A rational function of the unknowns, in the symbols alone."""
        values = {u: base**exponent for u, (base, exponent) in self.powers.items()}
        return rational.subs({**values, **{u: sympy.log(x) for u, x in self.logs.items()}})

    def derivative(self, symbol: Any) -> Formula:
        """The derivative: ``(b^e)' = b^e (e' log b + e b'/b)``."""
        total = sympy.diff(self.rational, symbol)
        for u, (base, exponent) in self.powers.items():
            slope = sympy.diff(exponent, symbol) * sympy.log(base) + exponent * sympy.diff(base, symbol) / base
            total += sympy.diff(self.rational, u) * u * slope
        for u, x in self.logs.items():
            total += sympy.diff(self.rational, u) * sympy.diff(x, symbol) / x
        new = Formula.of(total)
        return Formula(new.rational, {**self.powers, **new.powers}, {**self.logs, **new.logs})

    def factors(self) -> tuple[Any, list[tuple[Any, int]]]:
        """A number, and the irreducible factors with their powers, negative ones for the denominator."""
        top, bottom = sympy.fraction(sympy.cancel(sympy.together(self.rational)))
        constant, above = sympy.factor_list(top)
        divisor, below = sympy.factor_list(bottom)
        return constant / divisor, [*above, *((factor, -power) for factor, power in below)]

    def sign(self, domain: Mapping[Any, Any]) -> Sign:
        """The sign on a domain, an interval for each symbol."""
        constant, factors = self.factors()
        if constant == 0:
            return Sign(0, ())
        total = int(sympy.sign(constant))
        evidence: list[Decision] = []
        for factor, power in factors:
            each = self.factor_sign(factor, domain)
            evidence += each.evidence
            if each.sign is None:
                return Sign(None, tuple(evidence))
            total *= each.sign**power if power > 0 else each.sign**-power
        return Sign(total, tuple(evidence))

    def factor_sign(self, factor: Any, domain: Mapping[Any, Any]) -> Sign:
        """The sign of one factor."""
        if factor in self.powers:
            base, _ = self.powers[factor]
            if base is sympy.E:
                return Sign(1, ())
            # The sign of a power of a negative number depends on the exponent.
            shown = decide.positive(base, domain)
            return Sign(1 if shown.holds else None, (shown,))
        if factor in self.logs:
            argument = self.logs[factor]
            inside, below = decide.positive(argument, domain), _decided(argument - 1, domain)
            return Sign(below.sign if inside.holds else None, (inside, *below.evidence))
        unknowns = factor.free_symbols & set(self.powers)
        if factor.free_symbols & set(self.logs):
            return Sign(None, ())
        evidence = [proof for u in unknowns for proof in self.below_one(u, domain)]
        if not all(proof.holds for proof in evidence):
            return Sign(None, tuple(evidence))
        found = _decided(factor, {**domain, **dict.fromkeys(unknowns, UNIT)})
        return Sign(found.sign, (*evidence, *found.evidence))

    def below_one(self, unknown: Any, domain: Mapping[Any, Any]) -> list[Decision]:
        """That a power lies in (0, 1): its base does, or for an exponential the exponent is negative."""
        base, exponent = self.powers[unknown]
        if base is sympy.E:
            return [decide.positive(-exponent, domain)]
        return [decide.positive(part, domain) for part in (base, 1 - base, exponent)]


def _is_unknown(node: Any) -> bool:
    if node.func in (sympy.exp, sympy.log):
        return bool(node.free_symbols)
    return bool(node.is_Pow and node.exp.free_symbols)


def _decided(expression: Any, domain: Mapping[Any, Any]) -> Sign:
    """The sign of a rational function that does not vanish on a domain."""
    for sign in (1, -1):
        found = decide.positive(sign * expression, domain)
        if found.holds:
            return Sign(sign, (found,))
    return Sign(None, (found,))
