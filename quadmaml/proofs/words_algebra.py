"""The alphabet of words and the arithmetic of sums of words: products, transposes, adjoined inverses, normal forms."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from quadmaml.errors import SingularError

from .completion import COLUMN, MATRIX, ONE, ROW, SCALAR, Rules, Sum, Word, joined, size
from .words_coefficients import Coefficients

__all__ = ["Algebra", "Atom", "Kind"]

Kind: TypeAlias = Literal["letter", "inverse", "value", "gradient", "hessian"]
_SWAPPED = {MATRIX: MATRIX, COLUMN: ROW, ROW: COLUMN, SCALAR: SCALAR}


@dataclass(frozen=True)
class Atom:
    """A letter of the alphabet.

    Parameters
    ----------
    name : str
        Its name; an adjoined letter has none of its own.
    kind : "letter", "inverse", "value", "gradient" or "hessian"
        Declared; the inverse of its source; or a smooth function or a derivative of it at the point that is its source.
    source : mapping of terms to coefficients
        What an adjoined letter is made from.
    depends : frozenset of int
        The columns that occur in it.
    reasons : frozenset
        The declared letters for whose symmetry its own symmetry holds.
    """

    name: str
    kind: Kind = "letter"
    source: Sum = field(default_factory=dict)
    depends: frozenset[int] = frozenset()
    reasons: frozenset[Any] = frozenset()


class Algebra:
    """Sums of words over a growing alphabet, modulo relations.

    Every letter x has a transpose, perhaps x itself. A contraction v'Mw, a word from a row to a column, is a number and
    equals w'M'v: of the two one is kept.
    """

    def __init__(self) -> None:
        self.coefficients = Coefficients()
        self.atoms: list[Atom] = []
        self.roles: list[int] = []
        self.transposes: list[int] = []
        self.rules = Rules(self.coefficients, self.roles)
        self.used: set[Any] = self.rules.used
        self._families: dict[int, tuple[int, frozenset[int], bool]] = {}
        self._known: dict[Any, int] = {}
        self._cache: dict[tuple[bool, Word], tuple[Sum, frozenset[Any]]] = {}
        self._version = -1

    # The alphabet

    def letter(self, role: int, atom: Atom, *, symmetric: bool) -> int:
        """A new letter; with its transpose, unless it is its own."""
        index = len(self.atoms)
        for place, transposed in ((index, index if symmetric else index + 1), (index + 1, index))[: 2 - symmetric]:
            self.atoms.append(atom)
            self.roles.append(role if place == index else _SWAPPED[role])
            self.transposes.append(transposed)
        return index

    def join_family(self, index: int, base: int, of: frozenset[int], *, function: bool) -> None:
        """Let a letter commute with the letters of a family: ``base``, functions of it, and inverses made of these.

        ``of`` are the declared letters that it is made of; ``function`` says whether one of them is a function.
        """
        for other, (its_base, its_of, its_function) in list(self._families.items()):
            if its_base == base and other != index:
                # A matrix commutes with its powers and inverse; of others it has to be assumed.
                given = {("commuting", base, each) for each in of | its_of} if function or its_function else set()
                one = self.coefficients.one
                relation: Sum = {((), (index, other)): one, ((), (other, index)): -one}
                self.rules.add(relation, frozenset(given))
        self._families[index] = (base, of, function)

    # Arithmetic

    def number(self, x: Any) -> Sum:
        """A number."""
        value = self.coefficients.number(x)
        return {ONE: value} if value else {}

    def plus(self, x: Sum, y: Sum) -> Sum:
        """The sum."""
        total = dict(x)
        for term, value in y.items():
            total[term] = self.coefficients.plus(total[term], value) if term in total else value
            if not total[term]:
                del total[term]
        return total

    def scaled(self, x: Sum, coefficient: Any) -> Sum:
        """A multiple by a coefficient."""
        times = self.coefficients.times
        return {term: times(coefficient, value) for term, value in x.items()} if coefficient else {}

    def times(self, x: Sum, y: Sum) -> Sum:
        """The product, in normal form if both factors are."""
        total: Sum = {}
        plus, times = self.coefficients.plus, self.coefficients.times
        for (left_factors, left), a in x.items():
            for (right_factors, right), b in y.items():
                ab, factors = times(a, b), left_factors + right_factors
                inner, word = joined(self.roles, (), left + right)
                for (more, rest), c in self._product(inner, word).items():
                    term = (tuple(sorted(factors + more)) if factors else more, rest)
                    value = times(ab, c)
                    total[term] = plus(total[term], value) if term in total else value
        return {term: value for term, value in total.items() if value}

    def product(self, sums: Iterable[Sum]) -> Sum:
        """The product of several sums."""
        total: Sum = {ONE: self.coefficients.one}
        for each in sums:
            total = self.times(total, each)
        return total

    def transposed(self, x: Sum) -> Sum:
        """The transpose, in normal form."""
        total: Sum = {}
        for (factors, word), value in x.items():
            for term, other in self._word(self.reversed(word), False).items():
                term = (tuple(sorted(factors + term[0])), term[1])
                total = self.plus(total, {term: self.coefficients.times(value, other)})
        return total

    def reversed(self, word: Word) -> Word:
        """The transpose of a word."""
        for letter in word:
            self.used |= self.atoms[letter].reasons if self.transposes[letter] == letter else frozenset()
        return tuple(self.transposes[letter] for letter in reversed(word))

    # Normal forms

    def normal(self, x: Sum) -> Sum:
        """A sum, rewritten by the relations that are known by now."""
        total: Sum = {}
        for (factors, word), value in x.items():
            total = self.plus(total, self.scaled(self._product(factors, word), value))
        return total

    def _product(self, factors: tuple[Word, ...], word: Word) -> Sum:
        if not factors:
            return self._word(word, False)
        total = self._word(word, False)
        for factor in factors:
            other = self._word(factor, True)
            mixed: Sum = {}
            for (left, kept), a in total.items():
                for (right, _), b in other.items():
                    term = (tuple(sorted(left + right)), kept)
                    mixed = self.plus(mixed, {term: self.coefficients.times(a, b)})
            total = mixed
        return total

    def _word(self, word: Word, contraction: bool) -> Sum:
        """The normal form of a word, or of the number that a contraction is."""
        if self._version != self.rules.version:
            self._cache.clear()
            self._version = self.rules.version
        key = (contraction, word)
        if key not in self._cache:
            before = set(self.used)
            self.used.clear()
            made = self._canonical(
                self.rules.normal({((word,), ()) if contraction else ((), word): self.coefficients.one})
            )
            self._cache[key] = made, frozenset(self.used)
            self.used |= before
        found, reasons = self._cache[key]
        self.used |= reasons
        return found

    def _canonical(self, x: Sum) -> Sum:
        total: Sum = {}
        for (factors, word), value in x.items():
            term = (tuple(sorted(map(self._either, factors))), word)
            total = self.plus(total, {term: value})
        return total

    def _either(self, factor: Word) -> Word:
        """Of a contraction in normal form and its transpose the smaller, if that is a single word, too."""
        if self.roles[factor[0]] == SCALAR:
            return factor
        before = set(self.used)
        other = self.reversed(factor)
        if self.rules.match(other) is not None:
            rewritten = self.rules.normal({((other,), ()): self.coefficients.one})
            (factors, _), value = next(iter(rewritten.items())) if len(rewritten) == 1 else (((), ()), None)
            other = factors[0] if len(factors) == 1 and value == self.coefficients.one else factor
        if other < factor:
            return other
        self.used.clear()
        self.used |= before
        return factor

    # Inverses

    def inverse(self, x: Sum, *, scalar: bool) -> Sum:
        """The inverse of a sum in normal form: of a number, of a product letter by letter, else an adjoined letter.

        Raises
        ------
        SingularError
            If the sum is zero.
        """
        if not x:
            raise SingularError("inverse: the matrix or number is zero")
        if len(x) == 1:
            ((factors, word), value), *_ = x.items()
            if not factors and self._is_plain(word):
                parts = [self._of_letter(letter) for letter in reversed(word)]
                return self.scaled(self.product(parts), self.coefficients.inverse(value))
        lead = x[max(x, key=size)]
        unit = self.coefficients.inverse(lead) if self.coefficients.is_number(lead) else self.coefficients.one
        return self.scaled(self._adjoined(self.scaled(x, unit), SCALAR if scalar else MATRIX), unit)

    def _is_plain(self, word: Word) -> bool:
        return all(self.roles[letter] == MATRIX for letter in word)

    def _of_letter(self, letter: int) -> Sum:
        """The inverse of a letter; of a product of square matrices each factor has one."""
        atom = self.atoms[letter]
        if atom.kind == "inverse":
            return self.normal(self.source(letter))
        return self._adjoined({((), (letter,)): self.coefficients.one}, MATRIX)

    def source(self, letter: int) -> Sum:
        """What an adjoined inverse is the inverse of; of its transpose, the transpose."""
        source = self.atoms[letter].source
        return source if self.is_first(letter) else self.transposed(source)

    def is_first(self, letter: int) -> bool:
        """Whether a letter was made before its transpose."""
        return letter <= self.transposes[letter]

    def _adjoined(self, x: Sum, role: int) -> Sum:
        key = (role, self.frozen(x))
        if key not in self._known:
            if role == SCALAR:
                self._known[key] = self.letter(role, Atom("", "inverse", x, self.depends(x)), symmetric=True)
            else:
                self._adjoin_matrix(x)
        return self.word((self._known[key],))

    def _adjoin_matrix(self, x: Sum) -> None:
        transposed, reasons = self.watched(lambda: self.transposed(x))
        symmetric = transposed == x
        atom = Atom("", "inverse", x, self.depends(x), reasons if symmetric else frozenset())
        index = self.letter(MATRIX, atom, symmetric=symmetric)
        minus_one = {ONE: -self.coefficients.one}
        for letter, source in {index: x, self.transposes[index]: transposed}.items():
            self._known[MATRIX, self.frozen(source)] = letter
            self._join_family_of(letter, source)
            for relation in (self.raw_product(source, (letter,), left=True), self.raw_product(source, (letter,))):
                self.rules.add(self.plus(relation, minus_one), reasons if letter != index else frozenset())

    def raw_product(self, x: Sum, word: Word, *, left: bool = False) -> Sum:
        """The product of a sum and a word, or of a word and a sum, that is not rewritten."""
        total: Sum = {}
        for (factors, middle), value in x.items():
            term = joined(self.roles, factors, word + middle if left else middle + word)
            total = self.plus(total, {term: value})
        return total

    def _join_family_of(self, letter: int, source: Sum) -> None:
        """What is made of commuting letters, or of one letter, commutes with them."""
        families = [self._families.get(each) for each in set(self.letters(source))]
        bases = {family[0] if family else None for family in families}
        if len(bases) == 1 and None not in bases:
            known = [family for family in families if family]
            of = frozenset[int]().union(*(family[1] for family in known))
            self.join_family(letter, known[0][0], of, function=any(family[2] for family in known))

    def watched(self, run: Callable[[], Sum]) -> tuple[Sum, frozenset[Any]]:
        """A value, and the symmetries and relations that were used for it; they do not count as used."""
        before = set(self.used)
        self.used.clear()
        value, used = run(), frozenset(self.used)
        self.used.clear()
        self.used |= before
        return value, used

    # Reading

    def word(self, word: Word) -> Sum:
        """A word, or a number that is one letter, as a sum."""
        number = bool(word) and self.roles[word[0]] == SCALAR
        return {((word,), ()) if number else ((), word): self.coefficients.one}

    def letters(self, x: Sum) -> Iterator[int]:
        """The letters that occur."""
        for factors, word in x:
            for part in (*factors, word):
                yield from part

    def depends(self, x: Sum) -> frozenset[int]:
        """The columns that occur, also inside of what was adjoined."""
        found: set[int] = set()
        for letter in self.letters(x):
            if self.roles[letter] in (COLUMN, ROW) and self.atoms[letter].kind == "letter":
                found.add(min(letter, self.transposes[letter]))
            found |= self.atoms[letter].depends
        return frozenset(found)

    def frozen(self, x: Sum) -> Any:
        """A key: equal for equal sums."""
        return frozenset((term, self.coefficients.key(value)) for term, value in x.items())
