"""The ring of words: formulas as sums of words of letters, for proofs that hold in every dimension.

A formula is multiplied out into sums of words: products of letters (matrices, symmetric or not, their transposes and
inverses), perhaps with a column at the end or a row at the beginning. Coefficients are rational functions of the scalar
letters and symbols. A word from a row to a column is a number, the same as its transpose.

What PROVED means
-----------------
That the difference of two formulas is zero follows, by exact algebra, from relations that hold for all matrices that
satisfy the assumptions: ``S X = X S = 1`` for each X that is inverted, that a symmetric matrix is its transpose, that
functions of one symmetric matrix commute, and what was declared to be zero. So the equality holds in every dimension,
for all real matrices, columns and numbers at which both formulas have a value and the assumptions hold. Used as well:

- Of a product of square matrices that has an inverse, each factor has one. This holds in finite dimensions.
- Coefficients other than zero are divided by. The values of the letters where such a coefficient vanishes are limits
  of others where it does not, and both formulas are continuous where they have a value; so nothing is assumed by it.
  Only among values that satisfy declared relations there may be no such others: then it becomes an assumption.

Limits
------
What is not proved is *not shown*, not false. Consequences of relations are added up to a limit (:mod:`.completion`),
multiples of the difference are tried up to a limit. That assumptions contradict each other is noticed only if
``1 = 0`` follows within the limits; that ``AB - BA`` is invertible, which it never is in odd dimensions, is an
assumption like any other. Symbols that depend on each other, like ``sin(t)`` and ``cos(t)``, count as independent.
Traces, determinants, eigenvalues and inequalities are no sums of words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sympy

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError

from .completion import COLUMN, MATRIX, ONE, Sum
from .formulas import Formula, differences, evaluate
from .letters import Letter, Letters, checked
from .notation import latex_name
from .printing import Term
from .ring import Element
from .shapes import Shape, of_product, of_sum, of_transpose
from .words_algebra import Algebra, Atom, Kind
from .words_assumptions import Assumption, Ledger, Writer, number_term, of_smooth
from .words_derivatives import Calculus
from .words_search import is_shown_zero
from .words_smooth import Smooth, SmoothFunction, smooth

__all__ = ["Assumption", "Proof", "WordElement", "Words", "prove_equal", "smooth"]


# How many overlaps of relations are looked at for a contradiction.
CONSISTENCY_PAIRS = 40


class Words:
    """The ring of words.

    Parameters
    ----------
    assume : sequence of callables
        Formulas of the letters that are assumed to be zero, matrices or columns.

    Examples
    --------
    >>> from quadmaml.proofs.letters import symmetric, vector
    >>> ring = Words()
    >>> A, B, u = ring.letters({"A": symmetric(), "B": symmetric(), "u": vector()}).values()
    >>> 2 * (A + B) * A * u
    2 A² u + 2 B A u
    >>> (A @ (A + B).inverse() @ B - B @ (A + B).inverse() @ A).is_zero()
    True
    >>> print(*ring.assumptions())
    $A + B$ invertible
    """

    def __init__(self, assume: Sequence[Formula] = ()) -> None:
        self.algebra = Algebra()
        self.calculus = Calculus(self.algebra)
        if callable(assume):
            raise InputError("assume: got a single formula; expected a sequence of them")
        self._assume = tuple(assume)
        self._elements: dict[str, Any] = {}
        self._writer = Writer(self.algebra)
        self._ledger = Ledger(self.algebra, self._writer)
        self._pending: list[tuple[Sum, Shape]] = []

    # Letters

    def letters(self, declared: Letters) -> dict[str, Any]:
        """The elements that the declared names stand for."""
        for name in sorted(checked(declared), key=lambda each: declared[each].function_of is not None):
            self._elements[name] = self._declared(name, declared[name])
        for formula in self._assume:
            for value in evaluate(formula, self._elements):
                self._suppose(self.lifted(value))
        return {name: self._elements[name] for name in declared}

    def _declared(self, name: str, letter: Letter) -> Any:
        term = Term("name", (letter.latex or latex_name(name),), letter.shape)
        if isinstance(letter, Smooth):
            self._writer.names[name] = term
            return SmoothFunction(self, name)
        if letter.shape == "scalar":
            symbol = sympy.Dummy(term.latex())
            return WordElement(self, {ONE: self.algebra.coefficients.generator(symbol)}, "scalar", term)
        index = len(self.algebra.atoms)
        reasons = frozenset({("symmetric", index)}) if letter.symmetric else frozenset()
        role = COLUMN if letter.shape == "vector" else MATRIX
        self.algebra.letter(role, Atom(name, reasons=reasons), symmetric=letter.symmetric)
        self._writer.letters[index] = term
        if role == MATRIX:
            self._join_family(index, letter)
        return WordElement(self, self.algebra.word((index,)), letter.shape, term)

    def _join_family(self, index: int, letter: Letter) -> None:
        base = index
        if letter.function_of is not None:
            ((_, (base,)),) = self._elements[letter.function_of].sum
        self.algebra.join_family(index, base, frozenset({index}), function=letter.function_of is not None)
        if not letter.symmetric:
            other = self.algebra.transposes[index]
            self.algebra.join_family(other, other, frozenset({index}), function=False)

    def _suppose(self, element: WordElement) -> None:
        if element.shape == "scalar":
            raise InputError("assume: got a number; expected matrices or columns that are zero")
        self.algebra.rules.bound = True
        reason = self._ledger.suppose(element.term)
        relation, reasons = self.algebra.watched(lambda: self.algebra.transposed(element.sum))
        self.algebra.rules.add(element.sum, reason)
        self.algebra.rules.add(relation, reasons | reason)

    def lifted(self, value: Any) -> WordElement:
        """A plain number as an element; an element as it is."""
        if isinstance(value, WordElement) and value.ring is self:
            return value
        if isinstance(value, RingElement):
            raise InputError(f"element: got a {type(value).__name__} of another ring; expected one of this ring")
        return WordElement(self, self.algebra.number(value), "scalar", number_term(value))

    # Assumptions

    def invert(self, x: WordElement) -> Sum:
        """The inverse of an element; that it exists is noted as an assumption."""
        algebra = self.algebra
        if x.shape not in ("matrix", "scalar"):
            raise InputError(f"inverse: got a {x.shape}; expected a square matrix or a number")
        inverse = algebra.inverse(x.sum, scalar=x.shape == "scalar")
        if self.calculus.is_bound(x.sum):
            self._pending.append((x.sum, x.shape))
        else:
            self._ledger.invert(x.sum, x.shape, x.term)
        return inverse

    def assumptions(self) -> tuple[Assumption, ...]:
        """What was inverted so far, and the symmetries, commutations and relations that were used."""
        return self._ledger.assumptions()

    def check_consistent(self) -> None:
        """Add to the relations what follows from them, within a limit; InputError if that contains 1 = 0."""
        self.algebra.watched(self._completed)

    def _completed(self) -> Sum:
        # Inverses alone rarely contradict each other; relations that somebody wrote down may.
        rules = self.algebra.rules
        rules.complete(None if rules.bound else CONSISTENCY_PAIRS)
        for atom in self.algebra.atoms:
            if atom.kind == "inverse" and not self.algebra.normal(atom.source):
                raise InputError(f"assumptions: they contradict each other: {self.expanded(atom.source)} = 0 follows")
        return {}

    # Derivatives

    def derivative(self, point: WordElement, function: Callable[[Any], Any], kind: str) -> WordElement:
        """The gradient or the Jacobian of a function at a column."""
        if point.shape != "vector":
            raise InputError(f"{kind}: got a {point.shape}; expected a column to differentiate at")
        wanted: Shape = "scalar" if kind == "gradient" else "vector"
        calculus, algebra, before = self.calculus, self.algebra, self._pending
        x, self._pending = calculus.enter(), []
        try:
            variable = Term("name", (f"x_{{{x}}}",), "vector")
            self._writer.letters[x] = variable
            value = self.lifted(function(WordElement(self, algebra.word((x,)), "vector", variable)))
            if value.shape != wanted:
                raise InputError(f"{kind}: the function gives a {value.shape}; expected a {wanted}")
            slope = calculus.gradient(value.sum, x) if kind == "gradient" else calculus.jacobian(value.sum, x)
            slope = calculus.substituted(slope, x, point.sum)
            inverted = [(calculus.substituted(each, x, point.sum), shape) for each, shape in self._pending]
        finally:
            self._pending = before
            calculus.leave()
        for each, shape in inverted:
            if calculus.is_bound(each):
                self._pending.append((each, shape))
            else:
                self._ledger.invert(each, shape, self.expanded(each))
        term = Term(kind, (value.term, variable, point.term), "vector" if kind == "gradient" else "matrix")
        return WordElement(self, slope, term.shape, term)

    def at(self, name: str, kind: Kind, x: Any) -> WordElement:
        """The value, gradient or Hessian of a smooth function at a column."""
        if not isinstance(x, WordElement) or x.ring is not self or x.shape != "vector":
            raise InputError(f"{name}: got {x!r}; expected a column of the same ring")
        term = of_smooth(self._writer.names[name], kind, x.term)
        return WordElement(self, self.calculus.smooth(name, kind, x.sum), term.shape, term)

    def expanded(self, x: Sum) -> Term:
        """A sum of words, to be printed."""
        return self._writer.expanded(x)


@dataclass(frozen=True, eq=False)
class WordElement(Element):
    """A sum of words.

    Parameters
    ----------
    ring : Words
        Where its letters are from.
    sum : mapping of terms to coefficients
        The normal form.
    kind : "matrix", "vector", "covector" or "scalar"
        What it is, its :attr:`shape`.
    term : Term
        As it was written.
    """

    ring: Words
    sum: Sum
    kind: Shape
    term: Term

    @property
    def shape(self) -> Shape:
        return self.kind

    def is_zero(self) -> bool | None:
        """True if it is shown to be zero, False if it is another rational number, else None."""
        x = self.ring.algebra.normal(self.sum)
        if set(x) == {ONE} and self.ring.algebra.coefficients.is_number(x[ONE]):
            return False
        return True if is_shown_zero(self.ring.algebra, x) else None

    def _of(self, made: Sum, kind: Shape, term: Term) -> WordElement:
        return WordElement(self.ring, made, kind, term)

    @property
    def T(self) -> WordElement:
        if self.shape == "scalar":
            return self
        return self._of(self.ring.algebra.transposed(self.sum), of_transpose(self.shape), self.term.T)

    def _alike(self, other: WordElement) -> WordElement:
        return self.ring.lifted(other)

    def _plus(self, other: WordElement) -> WordElement:
        kind = of_sum(self.shape, self._alike(other).shape)
        return self._of(self.ring.algebra.plus(self.sum, other.sum), kind, self.term + other.term)

    def _shifted(self, number: Any) -> WordElement:
        # sum() begins with 0, whatever it adds up.
        if self.shape in ("vector", "covector") and isinstance(number, int) and number == 0:
            return self
        return self._plus(self.ring.lifted(number))

    def _scaled(self, number: Any) -> WordElement:
        return self.ring.lifted(number)._times(self)

    def _times(self, other: WordElement) -> WordElement:
        kind = of_product(self.shape, self._alike(other).shape)
        return self._of(self.ring.algebra.times(self.sum, other.sum), kind, self.term * other.term)

    def _one(self) -> WordElement:
        if self.shape not in ("matrix", "scalar"):
            raise InputError(f"one: got a {self.shape}; expected a square matrix or a number")
        return self._of(self.ring.algebra.number(1), self.shape, Term("number", (sympy.Integer(1),), self.shape))

    # A number on the left is printed there.

    def __radd__(self, other: Any) -> WordElement:
        total: WordElement = super().__radd__(other)
        return replace(total, term=self.ring.lifted(other).term + self.term)

    def __rsub__(self, other: Any) -> WordElement:
        total: WordElement = super().__rsub__(other)
        return replace(total, term=self.ring.lifted(other).term - self.term)

    def __pow__(self, k: Any) -> WordElement:
        if hasattr(k, "__index__") and not isinstance(k, bool) and k.__index__() < 0:
            inverse: WordElement = self.inverse() ** -k.__index__()
            return inverse
        power: WordElement = super().__pow__(k)
        return replace(power, term=self.term ** k.__index__())

    def inverse(self) -> WordElement:
        """The inverse; that it exists becomes an assumption."""
        return self._of(self.ring.invert(self), self.shape, self.term.inverse())

    def exp(self) -> WordElement:
        raise InputError("exp: is no rational function; write exp(-tA) as a letter P, function_of('A')")

    def gradient_of(self, function: Callable[[Any], Any]) -> WordElement:
        """The gradient at this column, by the rules of differentiation."""
        return self.ring.derivative(self, function, "gradient")

    def jacobian_of(self, function: Callable[[Any], Any]) -> WordElement:
        """The Jacobian at this column, by the rules of differentiation."""
        return self.ring.derivative(self, function, "jacobian")

    def named(self, latex: str) -> WordElement:
        return replace(self, term=self.term.named(latex))

    def expanded(self) -> Term:
        """The normal form, to be printed."""
        return self.ring.expanded(self.ring.algebra.normal(self.sum))

    def __repr__(self) -> str:
        return str(self.expanded())


@dataclass(frozen=True)
class Proof:
    """What came of an attempt to prove that two formulas are equal.

    Parameters
    ----------
    proved : bool
        Whether they were shown to be equal. If not, they may be equal or not.
    assumptions : tuple of Assumption
        What has to hold for the formulas to have a value, and what else was used.
    remaining : tuple of WordElement
        The differences that were not shown to be zero.
    """

    proved: bool
    assumptions: tuple[Assumption, ...]
    remaining: tuple[WordElement, ...] = field(default=(), repr=False)


def prove_equal(lhs: Formula, rhs: Formula, letters: Letters, *, assume: Sequence[Formula] = ()) -> Proof:
    """Try to prove that two formulas are equal, in every dimension.

    Parameters
    ----------
    lhs, rhs : callable, or a number
        Plain functions of letters, to a matrix, column, row or number or a tuple of them.
    letters : mapping of names to Letter
        What the arguments stand for.
    assume : sequence of callables
        Formulas, matrices or columns, that are assumed to be zero.

    Raises
    ------
    InputError
        If the formulas cannot be read, or ``1 = 0`` is found to follow from the assumptions.
    SingularError
        If what is inverted is zero.

    Examples
    --------
    >>> from quadmaml.proofs.letters import symmetric
    >>> from quadmaml.proofs.ring import inverse
    >>> AB = {"A": symmetric(), "B": symmetric()}
    >>> proof = prove_equal(lambda A, B: A @ inverse(A + B) @ B, lambda A, B: B @ inverse(A + B) @ A, AB)
    >>> proof.proved, [str(each) for each in proof.assumptions]
    (True, ['$A + B$ invertible'])
    >>> prove_equal(lambda A, B: A @ B, lambda A, B: B @ A, AB).proved
    False
    """
    ring = Words(assume)
    parts = [ring.lifted(part) for part in differences(lhs, rhs, ring.letters(letters))]
    remaining = tuple(part for part in parts if part.is_zero() is not True)
    assumptions = ring.assumptions()
    ring.check_consistent()
    return Proof(not remaining, assumptions, remaining)
