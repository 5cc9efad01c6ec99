"""Derivatives of sums of words: the derivation that takes a column x to a direction, and what it says about gradients.

A letter that was adjoined has the derivative of what it stands for: ``d(X^-1) = -X^-1 dX X^-1``, and for a smooth
function f at a point p, ``d f(p) = grad f(p)' dp`` and ``d grad f(p) = Hess f(p) dp``.
"""

from __future__ import annotations

from dataclasses import dataclass

from quadmaml.errors import InputError

from .completion import COLUMN, MATRIX, SCALAR, Monomial, Sum, Word
from .words_algebra import Algebra, Atom, Kind

__all__ = ["Calculus"]

_ROLES: dict[str, int] = {"value": SCALAR, "gradient": COLUMN, "hessian": MATRIX}


@dataclass
class Calculus:
    """Derivatives and substitutions in an algebra.

    Parameters
    ----------
    algebra : Algebra
        The sums of words.
    """

    algebra: Algebra

    def __post_init__(self) -> None:
        self.direction = self._column("direction")
        self._variables: list[int] = []
        self._made: dict[object, int] = {}
        self._depth = 0

    def _column(self, name: str) -> int:
        return self.algebra.letter(COLUMN, Atom(name), symmetric=False)

    def enter(self) -> int:
        """A variable that the functions being differentiated do not contain."""
        if self._depth == len(self._variables):
            self._variables.append(self._column(f"x{self._depth}"))
        self._depth += 1
        return self._variables[self._depth - 1]

    def leave(self) -> None:
        """Give the latest variable back."""
        self._depth -= 1

    def is_bound(self, x: Sum) -> bool:
        """Whether a sum contains a variable of differentiation."""
        return bool(self.algebra.depends(x) & {self.direction, *self._variables})

    # Smooth functions

    def smooth(self, name: str, kind: Kind, point: Sum) -> Sum:
        """The value, gradient or Hessian of a smooth function at a point, as a letter."""
        if kind != "value":
            self.algebra.used.add(("smooth", name))
        key = (name, kind, self.algebra.frozen(point))
        if key not in self._made:
            atom = Atom(name, kind, point, self.algebra.depends(point))
            self._made[key] = self.algebra.letter(_ROLES[kind], atom, symmetric=kind != "gradient")
        return self.algebra.word((self._made[key],))

    # Derivatives

    def gradient(self, value: Sum, x: int) -> Sum:
        """The gradient of a number with respect to a column."""
        total: Sum = {}
        for (factors, word), coefficient in self.along(value, x).items():
            kept, moved = self._split(factors)
            column = self.algebra.reversed(moved[:-1]) if moved[-1] == self.direction else moved[1:]
            total = self.algebra.plus(total, self.algebra.normal({(kept, column + word): coefficient}))
        return total

    def jacobian(self, value: Sum, x: int) -> Sum:
        """The Jacobian of a column with respect to a column."""
        total: Sum = {}
        for (factors, word), coefficient in self.along(value, x).items():
            if word and word[-1] == self.direction:
                term: Monomial = (factors, word[:-1])
            else:
                kept, moved = self._split(factors)
                row = moved[:-1] if moved[-1] == self.direction else self.algebra.reversed(moved[1:])
                term = (kept, word + row)
            total = self.algebra.plus(total, self.algebra.normal({term: coefficient}))
        return total

    def _split(self, factors: tuple[Word, ...]) -> tuple[tuple[Word, ...], Word]:
        """The factors without the direction, and the one with it."""
        (moved,) = [each for each in factors if self._moves(each)]
        return tuple(each for each in factors if each is not moved), moved

    def _moves(self, word: Word) -> bool:
        return self.direction in word or self.algebra.transposes[self.direction] in word

    def along(self, value: Sum, x: int) -> Sum:
        """The derivative with respect to a column, along the direction."""
        algebra = self.algebra
        total: Sum = {}
        for (factors, word), coefficient in value.items():
            parts = [*factors, word]
            for k, part in enumerate(parts):
                rest = tuple(each for i, each in enumerate(factors) if i != k)
                for i in range(len(part)):
                    changed = self._changed(part, i, x)
                    if changed:
                        around: Sum = {(rest, word if k < len(factors) else ()): coefficient}
                        moved = algebra.times(around, changed) if k == len(factors) else algebra.times(changed, around)
                        total = algebra.plus(total, moved)
        return algebra.normal(total)

    def _changed(self, word: Word, i: int, x: int) -> Sum:
        """A word with one letter replaced by its derivative."""
        algebra, letter, one = self.algebra, word[i], self.algebra.coefficients.one
        if x not in algebra.atoms[letter].depends and letter not in (x, algebra.transposes[x]):
            return {}
        return algebra.product([{((), word[:i]): one}, self._of_letter(letter, x), {((), word[i + 1 :]): one}])

    def _of_letter(self, letter: int, x: int) -> Sum:
        algebra = self.algebra
        if letter == x:
            return algebra.word((self.direction,))
        if letter == algebra.transposes[x]:
            return algebra.word((algebra.transposes[self.direction],))
        atom = algebra.atoms[letter]
        if not algebra.is_first(letter):
            return algebra.transposed(self._of_letter(algebra.transposes[letter], x))
        inner, here = self.along(atom.source, x), algebra.word((letter,))
        if atom.kind == "inverse":
            return algebra.scaled(algebra.product([here, inner, here]), -algebra.coefficients.one)
        if atom.kind == "value":
            gradient = self.smooth(atom.name, "gradient", atom.source)
            return algebra.times(algebra.transposed(gradient), inner)
        if atom.kind == "gradient":
            return algebra.times(self.smooth(atom.name, "hessian", atom.source), inner)
        raise InputError(f"gradient: needs a third derivative of {atom.name}; expected at most second ones")

    # Substitution

    def substituted(self, value: Sum, x: int, point: Sum) -> Sum:
        """A sum with a column replaced, also inside of what was adjoined."""
        algebra = self.algebra
        swap = {x: point, algebra.transposes[x]: algebra.transposed(point)}
        total: Sum = {}
        for (factors, word), coefficient in value.items():
            made: Sum = {((), ()): coefficient}
            for part in (*factors, word):
                inner = algebra.product(self._replaced(letter, x, point, swap) for letter in part)
                made = algebra.times(inner, made) if part is not word else algebra.times(made, inner)
            total = algebra.plus(total, made)
        return total

    def _replaced(self, letter: int, x: int, point: Sum, swap: dict[int, Sum]) -> Sum:
        algebra = self.algebra
        atom = algebra.atoms[letter]
        if letter not in swap and x in atom.depends:
            source = self.substituted(atom.source, x, point)
            if atom.kind == "inverse":
                made = algebra.inverse(source, scalar=algebra.roles[letter] == SCALAR)
            else:
                made = self.smooth(atom.name, atom.kind, source)
            swap[letter] = made if algebra.is_first(letter) else algebra.transposed(made)
        return swap[letter] if letter in swap else algebra.word((letter,))
