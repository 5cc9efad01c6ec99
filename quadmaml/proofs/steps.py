"""The lines of a derivation, and the equation that it ends in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from .formulas import Formula
from .printing import Term
from .verdicts import Verdict

__all__ = ["Equation", "Step"]

# In LaTeX and in text.
SIGNS = {True: ("=", "="), False: (r"\neq", "≠")}


@dataclass(frozen=True)
class Step:
    """One line of a derivation.

    Parameters
    ----------
    kind : "definition", "equality", "inequality" or "hypothesis"
        A definition begins a chain: what the expression is, in words or by the code that computes it. An equality says
        that the expression equals the one before it, an inequality that it does not for all values of the letters. A
        hypothesis says that the expression is zero; it is assumed.
    expression : Term
        The expression as it is printed.
    reason : str
        Why, in words; formulas between dollar signs.
    verdict : Verdict or None
        How an equality or inequality was shown; for the others there is nothing to show.
    formula : callable, number or None
        The expression as it is checked; None where another engine shows the equality.
    given : callable or None
        For an equality that rests on hypotheses, what it differs by from the expression before: a formula that
        vanishes where the residuals of the hypotheses, which it takes by their names, do.
    engine : callable or None
        What shows the equality, where that is no comparison of formulas: a function that returns a verdict.
    """

    kind: Literal["definition", "equality", "inequality", "hypothesis"]
    expression: Term
    reason: str
    verdict: Verdict | None
    formula: Formula | None = field(repr=False)
    given: Callable[..., Any] | None = field(default=None, repr=False)
    engine: Callable[[], Verdict] | None = field(default=None, repr=False)

    def latex(self) -> str:
        """The line in LaTeX, with the sign that joins it to the line before."""
        return self._line(0, self.expression.latex())

    def text(self) -> str:
        """The line in plain text, with the sign that joins it to the line before."""
        return self._line(1, self.expression.text())

    def _line(self, place: int, expression: str) -> str:
        sign = f"{SIGNS[self.kind == 'equality'][place]} " if self.kind in ("equality", "inequality") else ""
        return sign + expression + (" = 0" if self.kind == "hypothesis" else "")


@dataclass(frozen=True)
class Equation:
    """What a derivation shows of two expressions: that they are equal, or that they are not for all letters.

    Parameters
    ----------
    lhs, rhs : Term
        The expressions.
    equal : bool
        Which of the two was shown.
    """

    lhs: Term
    rhs: Term
    equal: bool = True

    def latex(self) -> str:
        """The equation in LaTeX."""
        return f"{self.lhs.latex()} {SIGNS[self.equal][0]} {self.rhs.latex()}"

    def text(self) -> str:
        """The equation in plain text."""
        return f"{self.lhs} {SIGNS[self.equal][1]} {self.rhs}"

    __str__ = text

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"
