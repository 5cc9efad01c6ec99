"""What a proof by words rests on, and how sums of words are printed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal, TypeAlias

import sympy

from .completion import ONE, Sum, size
from .printing import Term, as_term
from .shapes import Shape
from .words_algebra import Algebra, Kind

__all__ = ["Assumption", "Ledger", "Writer", "number_term", "of_smooth"]

Assumed: TypeAlias = Literal["invertible", "nonzero", "symmetric", "commuting", "zero", "smooth"]


@dataclass(frozen=True)
class Assumption:
    """Something that a proof rests on.

    Parameters
    ----------
    kind : "invertible", "nonzero", "symmetric", "commuting", "zero" or "smooth"
        What is assumed of the terms.
    terms : tuple of Term
        As they were written; they print as LaTeX, text and MathML.

    Examples
    --------
    >>> from quadmaml.proofs.letters import symmetric
    >>> from quadmaml.proofs.printing import Printer
    >>> W = Printer().letters({"W_1": symmetric(), "W_2": symmetric()})
    >>> print(Assumption("invertible", (W["W_1"] + W["W_2"],)))
    $W_{1} + W_{2}$ invertible
    """

    kind: Assumed
    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """In words, with LaTeX between dollar signs."""
        first, listed = self.terms[0].latex(), ", ".join(f"${term.latex()}$" for term in self.terms)
        return {
            "invertible": f"${first}$ invertible",
            "nonzero": rf"${first} \neq 0$",
            "symmetric": f"${first}$ symmetric",
            "commuting": f"{listed} commute",
            "zero": f"${first} = 0$",
            "smooth": f"${first}$ twice continuously differentiable",
        }[self.kind]


def number_term(x: Any) -> Term:
    """A number or a SymPy expression; constants such as the root of 2 as well, which are no rational numbers."""
    if isinstance(x, sympy.Expr) and not x.is_Rational:
        return Term("name", (sympy.latex(x),), "scalar")
    return as_term(x)


def of_smooth(function: Term, kind: Kind, point: Term) -> Term:
    """A smooth function or a derivative of it at a point."""
    shapes: dict[str, Shape] = {"value": "scalar", "gradient": "vector", "hessian": "matrix"}
    sign = {"gradient": r"\nabla ", "hessian": r"\nabla^{2} "}.get(kind, "")
    return Term("name", (f"{sign}{function.latex()}({point.latex()})",), shapes[kind])


@dataclass
class Writer:
    """Terms for sums of words.

    Parameters
    ----------
    algebra : Algebra
        Where the letters are from.
    letters : mapping of int to Term
        How the declared letters are printed.
    names : mapping of str to Term
        How the smooth functions are printed.
    """

    algebra: Algebra
    letters: dict[int, Term] = field(default_factory=dict)
    names: dict[str, Term] = field(default_factory=dict)

    def expanded(self, x: Sum) -> Term:
        """A sum, its longest words first."""
        total: Any = 0
        for factors, word in sorted(x, key=lambda term: (-size(term)[0], term[1], term[0])):
            value: Any = self._number(x[factors, word])
            for part in (*factors, word):
                for inner in self._part(part):
                    value = value * inner
            total = total + value
        return as_term(total)

    def _number(self, coefficient: Any) -> Term:
        shown = self.algebra.coefficients.shown(coefficient)
        if hasattr(shown, "could_extract_minus_sign") and shown.could_extract_minus_sign():
            return -number_term(-shown)
        return number_term(shown)

    def _part(self, part: tuple[int, ...]) -> list[Term]:
        """The factors of a word; a contraction is a single one."""
        counted = [(self.letter(letter), len(list(same))) for letter, same in groupby(part)]
        powers = [term**count if count > 1 else term for term, count in counted]
        if len(powers) < 2 or powers[0].shape != "covector" or powers[-1].shape != "vector":
            return powers
        product, *rest = powers
        for each in rest:
            product = product * each
        return [product]

    def letter(self, letter: int) -> Term:
        """A letter; an adjoined one by what it was made from."""
        algebra = self.algebra
        if letter in self.letters:
            return self.letters[letter]
        if not algebra.is_first(letter):
            return self.letter(algebra.transposes[letter]).T
        atom = algebra.atoms[letter]
        if atom.kind == "inverse":
            return self.expanded(atom.source).inverse()
        return of_smooth(self.names[atom.name], atom.kind, self.expanded(atom.source))


@dataclass
class Ledger:
    """The assumptions that come up as formulas are read and compared.

    Parameters
    ----------
    algebra : Algebra
        Where the letters are from; it knows which symmetries, commutations and relations were used.
    writer : Writer
        How letters are printed.
    """

    algebra: Algebra
    writer: Writer
    found: dict[Any, Assumption] = field(default_factory=dict)

    def suppose(self, term: Term) -> frozenset[Any]:
        """Note a relation; the reason under which it is used."""
        reason = ("zero", len(self.found))
        self.found[reason] = Assumption("zero", (term,))
        return frozenset({reason})

    def invert(self, x: Sum, shape: Shape, term: Term) -> None:
        """Note that something has an inverse, where that says anything new."""
        algebra = self.algebra
        if all(not word and not factors for factors, word in x):
            if not algebra.coefficients.is_number(x[ONE]):
                self._note("nonzero", x, term)
        elif len(x) > 1 or any(algebra.atoms[letter].kind != "inverse" for letter in algebra.letters(x)):
            self._note("invertible" if shape == "matrix" else "nonzero", x, term)

    def _note(self, kind: Assumed, x: Sum, term: Term) -> None:
        """Of rational multiples of one sum the one that is shortest in print is kept."""
        lead = x[max(x, key=size)]
        factor = self.algebra.coefficients.leading_number(lead)
        key = (kind, self.algebra.frozen(self.algebra.scaled(x, self.algebra.coefficients.inverse(factor))))
        if key not in self.found or len(term.latex()) < len(self.found[key].terms[0].latex()):
            self.found[key] = Assumption(kind, (term,))

    def assumptions(self) -> tuple[Assumption, ...]:
        """What was inverted so far, and the relations, symmetries and commutations that were used."""
        kept = (each for key, each in self.found.items() if each.kind != "zero" or key in self.algebra.used)
        return (*kept, *self._properties())

    def _properties(self) -> Iterator[Assumption]:
        used, letters = self.algebra.used, self.writer.letters
        for index, term in letters.items():
            if ("symmetric", index) in used:
                yield Assumption("symmetric", (term,))
        for base in letters:
            members = [each for each in letters if ("commuting", base, each) in used]
            if members:
                yield Assumption("commuting", tuple(letters[each] for each in members))
        for name, term in self.writer.names.items():
            if ("smooth", name) in used:
                yield Assumption("smooth", (term,))
        for reason, coefficient in self.algebra.rules.divisors.items():
            if reason in used:
                yield Assumption("nonzero", (number_term(self.algebra.coefficients.shown(coefficient)),))
