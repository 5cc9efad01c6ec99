"""The formulas of a report as MathML, the curvature weights read off the code that computes with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from ..errors import QuadmamlError
from .settings import Settings, algorithms

__all__ = ["Formula", "mathml", "weights"]

_LEFT_OVER = re.compile(r"<m[ino]>(\\\w+|&)<")
INEXACT_STEPS = 2


@dataclass(frozen=True)
class Formula:
    """The weight W(a) of an algorithm in LaTeX, and a remark that may be empty."""

    name: str
    latex: str
    remark: str


def weights() -> list[Formula]:
    r"""The curvature weight W(a) of every algorithm of the report, by evaluating it at symbols.

    Examples
    --------
    >>> print(next(each.latex for each in weights() if each.name == "MAML"))
    a \left(1 - a \alpha\right)^{2 K}
    """
    import sympy

    a, alpha, strength, eta = sympy.symbols("a alpha lambda eta", positive=True)
    steps, depth = sympy.symbols("K m", integer=True, nonnegative=True)
    remarks = {"iMAML, inexact": f"inner problem solved by {INEXACT_STEPS} steps of size η"}
    table = algorithms(Settings(alpha, steps, depth, strength, eta, INEXACT_STEPS))
    return [
        Formula(name, _latex(algorithm.weight(a), sympy), remarks.get(name, "")) for name, algorithm in table.items()
    ]


def mathml(latex: str, *, block: bool = False) -> str:
    """A formula as a MathML element; what the converter does not know it copies, which is an error here."""
    from latex2mathml.converter import convert

    element: str = convert(latex, display="block" if block else "inline")
    unknown = _LEFT_OVER.search(element)
    if unknown:
        raise QuadmamlError(f"no MathML for {unknown.group(1)} in {latex!r}")
    return element


def _latex(expression: Any, sympy: Any) -> str:
    """Factors where there are polynomials, joined powers where an exponent is a symbol; constants first."""
    rational = expression.is_rational_function(*expression.free_symbols)
    tidy = sympy.factor(expression) if rational else sympy.powsimp(expression)
    return str(sympy.latex(tidy, order="rev-lex"))
