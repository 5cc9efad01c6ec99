r"""The ring that prints: elements are terms that keep the author's order, written as LaTeX, Unicode text or MathML.

Nothing is expanded or reordered. Only what reads as noise goes: ``0 + x``, ``1 * x``, ``x ** 1``, and brackets that
associativity makes idle. Numbers beside matrices are printed as multiples of I.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError, QuadmamlError

from .letters import Letters
from .notation import LATEX, TEXT, Notation, latex_name
from .ring import Element
from .shapes import Shape, of_product, of_sum, of_transpose

__all__ = ["Printer", "Term", "mathml"]


@dataclass(frozen=True, eq=False)
class Term(Element):
    r"""A formula as it was written: a kind of node, its parts, and what shape it has.

    Examples
    --------
    >>> from quadmaml.proofs.letters import scalar, symmetric, vector
    >>> letter = Printer().letters({"A": symmetric(), "alpha": scalar(), "theta": vector()})
    >>> A, alpha, theta = letter.values()
    >>> print((1 - alpha * A) ** 2 * theta / 2)
    ½ (I − α A)² θ
    >>> print(((1 - alpha * A) ** 2 * theta / 2).latex())
    \tfrac{1}{2} (I - \alpha A)^{2} \theta
    """

    kind: str
    parts: tuple[Any, ...]
    shaped: Shape

    @property
    def shape(self) -> Shape:
        return self.shaped

    def is_zero(self) -> bool | None:
        return True if self.is_number(0) else None

    def is_number(self, value: int) -> bool:
        """Whether this is that literal number, or that multiple of the identity."""
        return self.kind == "number" and self.parts[0] == value

    # Operators

    def __add__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _sum(self, as_term(other))

    def __radd__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _sum(as_term(other), self)

    def __sub__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _sum(self, -as_term(other))

    def __rsub__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _sum(as_term(other), -self)

    def __mul__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _product(self, as_term(other))

    __matmul__ = __mul__

    def __rmul__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _product(as_term(other), self)

    def __truediv__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _quotient(self, as_term(other))

    def __rtruediv__(self, other: Any) -> Term:
        return NotImplemented if _foreign(other) else _quotient(as_term(other), self)

    def __neg__(self) -> Term:
        return _product(_number(-1), self)

    def __pow__(self, k: Any) -> Term:
        if self.shape not in ("matrix", "scalar"):
            raise InputError(f"**: got a {self.shape}; expected a matrix or a number")
        if isinstance(k, int):
            if k < 0:
                return self.inverse() ** -k
            if k < 2:
                return self if k else self._one()
        if self.is_number(1) or self.is_number(0):
            return self
        return Term("power", (self, as_term(k)), self.shape)

    @property
    def T(self) -> Term:
        if self.kind == "number":
            return _number(self.parts[0], of_transpose(self.shape))
        if self.shape == "scalar":
            return self
        if self.kind == "transpose":
            inner: Term = self.parts[0]
            return inner
        return Term("transpose", (self,), of_transpose(self.shape))

    def inverse(self) -> Term:
        if self.shape not in ("matrix", "scalar"):
            raise InputError(f"inverse: got a {self.shape}; expected a matrix or a number")
        return _quotient(_number(1), self)

    def exp(self) -> Term:
        return Term("exp", (self,), self.shape)

    def _plus(self, other: Term) -> Term:
        return self + other

    def _shifted(self, number: Any) -> Term:
        return _sum(self, as_term(number))

    def _scaled(self, number: Any) -> Term:
        return _product(as_term(number), self)

    def _times(self, other: Term) -> Term:
        return self * other

    def _one(self) -> Term:
        return _number(1, self.shape)

    def gradient_of(self, function: Callable[[Any], Any]) -> Term:
        return self._derivative("gradient", function, "vector")

    def jacobian_of(self, function: Callable[[Any], Any]) -> Term:
        return self._derivative("jacobian", function, "matrix")

    def _derivative(self, kind: str, function: Callable[[Any], Any], shape: Shape) -> Term:
        """At a letter that the function does not hold besides, this is the variable; else a new one is set to it."""
        if self.shape != "vector":
            raise InputError(f"{kind}: got a {self.shape}; expected a column to differentiate at")
        taken = set(as_term(function(Term("name", ("",), "vector"))).names())
        if self.kind == "name" and self.parts[0] not in taken:
            return Term(kind, (as_term(function(self)), self), shape)
        name = next(name for name in _variables() if name not in taken)
        variable = Term("name", (name,), "vector")
        return Term(kind, (as_term(function(variable)), variable, self), shape)

    def names(self) -> Iterator[str]:
        """The names that occur."""
        if self.kind == "name":
            yield self.parts[0]
        for part in self.parts:
            if isinstance(part, Term):
                yield from part.names()

    def named(self, latex: str) -> Term:
        return Term("name", (latex,), self.shape)

    # Writing

    def latex(self) -> str:
        """The formula in LaTeX."""
        return _write(self, LATEX)

    def text(self) -> str:
        """The formula in plain text, with Unicode symbols."""
        return _write(self, TEXT)

    def mathml(self, *, block: bool = False) -> str:
        """The formula as a MathML element."""
        return mathml(self.latex(), block=block)

    __str__ = text

    def _repr_latex_(self) -> str:
        return f"${self.latex()}$"


class Printer:
    """The ring of terms: its letters are the names that were declared for them."""

    def letters(self, declared: Letters) -> dict[str, Any]:
        """The letters as terms, printed as they were declared, by default as their names."""
        return {
            name: Term("name", (letter.latex or latex_name(name),), letter.shape) for name, letter in declared.items()
        }


_LEFT_OVER = re.compile(r"<m[ino]>(\\\w+|&)<")


def mathml(latex: str, *, block: bool = False) -> str:
    """A formula as a MathML element.

    Raises
    ------
    QuadmamlError
        For a command that the converter does not know and would copy.
    """
    from latex2mathml.converter import convert

    if not isinstance(latex, str) or not latex.strip():
        raise InputError(f"latex: got {latex!r}; expected a formula")
    element: str = convert(latex, display="block" if block else "inline")
    unknown = _LEFT_OVER.search(element)
    if unknown:
        raise QuadmamlError(f"no MathML for {unknown.group(1)} in {latex!r}")
    return element


# Building terms


def as_term(x: Any) -> Term:
    """A number, or a SymPy expression, as a term; terms stay as they are."""
    if isinstance(x, Term):
        return x
    if hasattr(x, "free_symbols") and x.free_symbols:
        import sympy

        return Term("name", (sympy.latex(x),), "scalar")
    if isinstance(x, Rational) or hasattr(x, "numerator"):
        return _number(Fraction(int(x.numerator), int(x.denominator)))
    if isinstance(x, Real):
        return _number(Fraction(str(x)))
    raise InputError(f"formula: got {x!r} of {type(x).__name__}; expected a term of this formula or a number")


def _variables() -> Iterator[str]:
    """Names for variables of differentiation."""
    yield from ("x", "y", "z")
    yield from (f"x_{{{k}}}" for k in itertools.count(1))


def _foreign(x: Any) -> bool:
    """Whether x is an element of another ring, which must read the operation itself."""
    return not isinstance(x, Term) and (isinstance(x, RingElement) or hasattr(x, "operator"))


def _number(value: Any, shape: Shape = "scalar") -> Term:
    return Term("number", (Fraction(value),), shape)


def _sum(first: Term, second: Term) -> Term:
    # sum() begins with 0, whatever it adds up.
    if first.is_number(0) and first.shape == "scalar":
        return second
    shape = of_sum(first.shape, second.shape)
    if first.kind == second.kind == "number":
        return _number(first.parts[0] + second.parts[0], shape)
    for zero, other in ((first, second), (second, first)):
        if zero.is_number(0):
            return other if other.shape == shape else Term("sum", (other,), shape)
    terms = [each.parts if each.kind == "sum" else (each,) for each in (first, second)]
    return Term("sum", terms[0] + terms[1], shape)


def _split(term: Term) -> tuple[Fraction, tuple[Term, ...]]:
    """The numerical coefficient of a term, and its other factors."""
    if term.kind == "number":
        return term.parts[0], ()
    if term.kind != "product":
        return Fraction(1), (term,)
    first, rest = term.parts[0], term.parts[1:]
    return (first.parts[0], rest) if first.kind == "number" else (Fraction(1), term.parts)


def _product(first: Term, second: Term) -> Term:
    shape = of_product(first.shape, second.shape)
    (a, left), (b, right) = _split(first), _split(second)
    if not a * b:
        return _number(0, shape)
    mixed = any(each.shape != "scalar" for each in left), any(each.shape != "scalar" for each in right)
    # A row times a column is a number: its factors must not join with matrices beside it.
    if first.shape == "scalar" and mixed[0] and mixed[1]:
        left = (_together(left, "scalar"),)
    if second.shape == "scalar" and mixed[1] and mixed[0]:
        right = (_together(right, "scalar"),)
    if first.shape != "scalar" and right and all(each.kind == "fraction" for each in right):
        return _scaled(a * b, right + left, shape)  # a quotient of numbers reads badly behind a matrix
    return _scaled(a * b, left + right, shape)


def _scaled(coefficient: Fraction, factors: tuple[Term, ...], shape: Shape) -> Term:
    if not factors:
        return _number(coefficient, shape)
    if coefficient == 1:
        return _together(factors, shape)
    return Term("product", (_number(coefficient), *factors), shape)


def _together(factors: tuple[Term, ...], shape: Shape) -> Term:
    only = len(factors) == 1 and factors[0].shape == shape
    return factors[0] if only else Term("product", factors, shape)


def _quotient(above: Term, below: Term) -> Term:
    if below.shape not in ("matrix", "scalar"):
        raise InputError(f"/: got a {below.shape} below; expected a matrix or a number")
    if below.is_number(0):
        raise InputError("/: got 0 below; expected a number other than 0")
    if below.kind == "number":
        return _product(_number(1 / below.parts[0], below.shape), above)
    if below.shape == "matrix":
        return _product(above, Term("inverse", (below,), "matrix"))
    if above.shape == "scalar":
        return Term("fraction", (above, below), "scalar") if not above.is_number(0) else above
    return _product(Term("fraction", (_number(1), below), "scalar"), above)


# Writing terms


def _write(term: Term, how: Notation) -> str:
    """The whole of a term."""
    sign, size = _magnitude(term, how)
    return how.minus + size if sign else size


def _magnitude(term: Term, how: Notation) -> tuple[bool, str]:
    """Whether a term begins with a minus, and how it goes on."""
    if term.kind == "sum":
        return False, _sum_written(term, how)
    coefficient, factors = _split(term)
    if term.shape == "matrix" and coefficient and all(each.shape == "scalar" for each in factors):
        factors = (*factors, Term("name", (how.identity,), "matrix"))
    if coefficient == 1 and len(factors) == 1:
        return False, _factor(factors[0], how, alone=True)
    return coefficient < 0, _product_written(abs(coefficient), factors, how)


def _sum_written(term: Term, how: Notation) -> str:
    written = ""
    for each in term.parts:
        if term.shape == "matrix" and each.shape == "scalar":
            each = _product(each, Term("name", (how.identity,), "matrix"))
        negative, size = _magnitude(each, how)
        joint = f" {how.minus} " if negative else " + "
        written += (joint if written else how.minus if negative else "") + size
    return written


def _product_written(coefficient: Fraction, factors: tuple[Term, ...], how: Notation) -> str:
    if not factors:
        return how.number(coefficient)
    written = [_factor(each, how) for each in factors]
    return " ".join([how.number(coefficient)] * (coefficient != 1) + written)


def _factor(term: Term, how: Notation, *, alone: bool = False) -> str:
    """A term where other factors may stand beside it."""
    kind, parts = term.kind, term.parts
    if kind in ("sum", "product"):
        return how.bracketed(_write(term, how))
    if kind == "number":
        return how.bracketed(_write(term, how)) if parts[0] < 0 else _write(term, how)
    if kind == "name":
        written = how.name(parts[0])
        return written if alone or not _is_sum(written) else how.bracketed(written)
    if kind == "power":
        return how.raised(_base(parts[0], how), _write(parts[1], how))
    if kind == "transpose":
        return how.transposed(_base(parts[0], how))
    if kind == "inverse":
        return how.inverted(_base(parts[0], how))
    if kind == "fraction":
        return how.fraction(_write(parts[0], how), _write(parts[1], how))
    if kind == "exp":
        return how.exponential(_write(parts[0], how))
    body, variable, *at = (_write(each, how) for each in parts)
    written = how.derivative(kind, variable, body, at[0] if at else None)
    return written if alone or not at else how.bracketed(written)


def _base(term: Term, how: Notation) -> str:
    """A term that takes an exponent."""
    written = _write(term, how)
    whole = term.kind == "number" and term.parts[0] >= 0 and term.parts[0].denominator == 1
    return written if whole or (term.kind == "name" and how.is_atom(written)) else how.bracketed(written)


def _is_sum(name: str) -> bool:
    """Whether a name is a sum, at its top level."""
    depth = 0
    for here in name:
        depth += (here in "({[") - (here in ")}]")
        if depth == 0 and here in "+-−=":
            return True
    return False
