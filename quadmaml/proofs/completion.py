"""Rewriting words by relations, and the completion of the relations (Knuth, Bendix; Buchberger's algorithm).

A *word* is a tuple of letters, given by their numbers. A *monomial* is ``(factors, word)``: the word times
contractions, words from a row to a column, which are numbers. A *sum* maps monomials to coefficients; an entry is a
*term*. A relation says that a sum is zero; it replaces its largest word, wherever that occurs, by the rest. Every
rewriting is a consequence of the relations, whether the completion came to an end or not.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from quadmaml.errors import ConvergenceError, InputError

from .words_coefficients import Coefficients

__all__ = ["ONE", "Monomial", "Rules", "Sum", "Word", "joined", "size"]

Word: TypeAlias = tuple[int, ...]
Monomial: TypeAlias = tuple[tuple[Word, ...], Word]
Sum: TypeAlias = dict[Monomial, Any]

ONE: Monomial = ((), ())

MATRIX, COLUMN, ROW, SCALAR = range(4)


def size(term: Monomial) -> tuple[int, int, Word]:
    """What orders terms: all letters, those of the word, the word."""
    factors, word = term
    return sum(map(len, factors)) + len(word), len(word), word


def joined(roles: list[int], factors: tuple[Word, ...], word: Word) -> Monomial:
    """The term of a word in which contractions may stand: they become factors."""
    out: list[int] = []
    found: list[Word] = []
    row = None
    for letter in word:
        out.append(letter)
        if roles[letter] == ROW:
            row = len(out) - 1
        elif row is not None and roles[letter] == COLUMN:
            found.append(tuple(out[row:]))
            del out[row:]
            row = None
    return (tuple(sorted([*factors, *found])) if found else factors), tuple(out)


@dataclass
class _Overlap:
    """Two rules whose words overlap: the end of the first is the beginning of the second."""

    first: Word
    second: Word
    shared: int


class Rules:
    """Relations as rules.

    Parameters
    ----------
    coefficients : Coefficients
        The field.
    roles : list of int
        What each letter is; the list grows with the alphabet.
    pairs, length, terms, work : int
        Where the completion gives up: how many overlaps it looks at, how long new words and sums may be, terms of
        coefficients counted, and how many multiplications it takes, a quarter of them for a single overlap.

    Examples
    --------
    >>> K = Coefficients()
    >>> A, S = 0, 1
    >>> rules = Rules(K, [MATRIX, MATRIX])
    >>> rules.add({((), (A, S)): K.one, ONE: -K.one})                   # A S = 1
    >>> rules.normal({((), (S, A, S, A)): K.one}) == {((), (S, A)): K.one}
    True
    """

    def __init__(
        self,
        coefficients: Coefficients,
        roles: list[int],
        *,
        pairs: int = 500,
        length: int = 8,
        terms: int = 120,
        work: int = 8000,
    ) -> None:
        self.coefficients, self.roles = coefficients, roles
        self.pairs, self.length, self.terms, self.work = pairs, length, terms, work
        self.rules: dict[Word, Sum] = {}
        self.reasons: dict[Word, frozenset[Any]] = {}
        self.used: set[Any] = set()
        self.relations: list[tuple[Sum, frozenset[Any]]] = []
        self.bound = False
        self.divisors: dict[Any, Any] = {}
        self.version = 0
        self._index: dict[int, list[Word]] = {}
        self._agenda: list[tuple[int, int, _Overlap]] = []
        self._count = itertools.count()
        self._longest = 0
        self._spent = 0

    # Rewriting

    def match(self, word: Word) -> tuple[int, Word] | None:
        """The first place in a word at which a rule applies, and the word that it replaces."""
        for i, letter in enumerate(word):
            for lhs in self._index.get(letter, ()):
                if word[i : i + len(lhs)] == lhs:
                    return i, lhs
        return None

    def normal(self, terms: Sum, work: int | None = None) -> Sum:
        """A sum rewritten until no rule applies; ConvergenceError if that takes more work than allowed."""
        done: Sum = {}
        waiting = dict(terms)
        spent = 0
        while waiting:
            term = max(waiting, key=size) if len(waiting) < 16 else next(iter(waiting))
            coefficient = waiting.pop(term)
            if not coefficient:
                continue
            rewritten = self._rewritten(term)
            if rewritten is None:
                self._add(done, term, coefficient)
                continue
            spent += len(rewritten) * self.coefficients.weight(coefficient)
            if work is not None and spent > work:
                self._spent += spent
                raise ConvergenceError(f"normal form: not reached within {work} multiplications")
            for other, value in rewritten:
                self._add(waiting, other, self.coefficients.times(coefficient, value))
        self._spent += spent
        return {term: value for term, value in done.items() if value}

    def _add(self, terms: Sum, term: Monomial, value: Any) -> None:
        terms[term] = self.coefficients.plus(terms[term], value) if term in terms else value

    def _rewritten(self, term: Monomial) -> list[tuple[Monomial, Any]] | None:
        factors, word = term
        found = self.match(word)
        if found is not None:
            return [self._placed(factors, word, found, each) for each in self._apply(found[1])]
        for k, factor in enumerate(factors):
            found = self.match(factor)
            if found is not None:
                rest = factors[:k] + factors[k + 1 :]
                placed = [self._placed(rest, factor, found, each) for each in self._apply(found[1])]
                return [(joined(self.roles, inner, word), value) for (inner, _), value in placed]
        return None

    def _apply(self, lhs: Word) -> list[tuple[Monomial, Any]]:
        self.used |= self.reasons[lhs]
        return list(self.rules[lhs].items())

    def _placed(
        self, factors: tuple[Word, ...], word: Word, found: tuple[int, Word], each: tuple[Monomial, Any]
    ) -> tuple[Monomial, Any]:
        """A term of the right-hand side in the place of the left-hand side."""
        i, lhs = found
        (inner, middle), value = each
        both = tuple(sorted(factors + inner)) if inner else factors
        return joined(self.roles, both, word[:i] + middle + word[i + len(lhs) :]), value

    # Relations

    def add(self, relation: Sum, reasons: frozenset[Any] = frozenset()) -> None:
        """Take in the relation that a sum is zero.

        Raises
        ------
        InputError
            If it says that a number other than zero is zero.
        """
        self.relations.append((relation, reasons))
        self._longest = max([self._longest, *(size(term)[0] for term in relation)])
        self._insert([(relation, reasons)])

    def _insert(self, waiting: list[tuple[Sum, frozenset[Any]]]) -> None:
        while waiting:
            relation, reasons = waiting.pop()
            relation, reasons = self._reduced(relation, reasons)
            if not relation:
                continue
            if set(relation) == {ONE}:
                raise InputError(f"assumptions: they contradict each other: {self._shown(relation)} = 0 follows")
            lead = max(relation, key=size)
            if lead[0] or not lead[1]:
                continue
            waiting += self._oriented(lead, relation, reasons)

    def _reduced(self, relation: Sum, reasons: frozenset[Any], work: int | None = None) -> tuple[Sum, frozenset[Any]]:
        """The normal form of a relation, and what it rests on."""
        before, self.used = self.used, set(reasons)
        try:
            return self.normal(relation, work), frozenset(self.used)
        finally:
            self.used = before

    def _shown(self, relation: Sum) -> Any:
        return self.coefficients.shown(relation[ONE])

    def _oriented(self, lead: Monomial, relation: Sum, reasons: frozenset[Any]) -> list[tuple[Sum, frozenset[Any]]]:
        """Make a relation a rule; the rules whose words it rewrites come back as relations."""
        factor = self.coefficients.times(-self.coefficients.one, self.coefficients.inverse(relation[lead]))
        reasons |= self._division(relation[lead])
        lhs = lead[1]
        rhs = {term: self.coefficients.times(factor, value) for term, value in relation.items() if term != lead}
        replaced = [other for other in self.rules if _inside(lhs, other)]
        back = []
        for other in replaced:
            again = dict(self.rules[other])
            self._add(again, ((), other), -self.coefficients.one)
            back.append((again, self.reasons[other]))
            self._drop(other)
        self.rules[lhs], self.reasons[lhs] = rhs, reasons
        self._index.setdefault(lhs[0], []).append(lhs)
        self.version += 1
        for other in list(self.rules):
            for overlap in _overlaps(lhs, other):
                length = len(overlap.first) + len(overlap.second) - overlap.shared
                heapq.heappush(self._agenda, (length, next(self._count), overlap))
        return back

    def _division(self, coefficient: Any) -> frozenset[Any]:
        """What dividing a relation by a coefficient assumes, where coefficients may be bound to vanish."""
        if not self.bound or self.coefficients.is_number(coefficient):
            return frozenset()
        reason = ("divided", self.coefficients.key(coefficient))
        self.divisors[reason] = coefficient
        return frozenset({reason})

    def _drop(self, lhs: Word) -> None:
        del self.rules[lhs], self.reasons[lhs]
        self._index[lhs[0]].remove(lhs)

    def complete(self, pairs: int | None = None) -> bool:
        """Add what follows from overlaps of rules, within the limits; whether nothing is left to be added."""
        self._spent = 0
        for _ in range(self.pairs if pairs is None else pairs):
            if not self._agenda:
                return True
            if self._agenda[0][0] > self._longest + self.length or self._spent > self.work:
                return False
            overlap = heapq.heappop(self._agenda)[2]
            if overlap.first in self.rules and overlap.second in self.rules:
                self._follow(overlap)
        return not self._agenda

    def _follow(self, overlap: _Overlap) -> None:
        """Add what follows from an overlap, unless that is too long or too much work."""
        try:
            relation, reasons = self._reduced(*self._difference(overlap), self.work // 4)
        except ConvergenceError:
            return
        if sum(map(self.coefficients.weight, relation.values())) <= self.terms:
            self._insert([(relation, reasons)])

    def _difference(self, overlap: _Overlap) -> tuple[Sum, frozenset[Any]]:
        """The difference of the two ways to rewrite the overlap of two words."""
        head = overlap.first[: len(overlap.first) - overlap.shared]
        tail = overlap.second[overlap.shared :]
        total: Sum = {}
        for (factors, word), value in self.rules[overlap.first].items():
            self._add(total, joined(self.roles, factors, word + tail), value)
        for (factors, word), value in self.rules[overlap.second].items():
            minus = self.coefficients.times(-self.coefficients.one, value)
            self._add(total, joined(self.roles, factors, head + word), minus)
        return total, self.reasons[overlap.first] | self.reasons[overlap.second]


def _inside(part: Word, word: Word) -> bool:
    n = len(part)
    return any(word[i : i + n] == part for i in range(len(word) - n + 1))


def _overlaps(one: Word, other: Word) -> Iterator[_Overlap]:
    for first, second in {(one, other), (other, one)}:
        for shared in range(1, min(len(first), len(second))):
            if first[-shared:] == second[:shared]:
                yield _Overlap(first, second, shared)
