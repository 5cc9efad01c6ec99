"""Showing that a sum of words is zero.

A sum is zero if its normal form is; if a multiple by what is invertible is; or if the matrices in it that stand
between each pair of columns are. What is not shown to be zero may yet be zero.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator

from .completion import COLUMN, MATRIX, ROW, SCALAR, Sum, Word
from .words_algebra import Algebra

__all__ = ["is_shown_zero"]

# How many multiples of a sum are looked at, and of how many terms, those of coefficients counted.
NODES, TERMS = 40, 400


def is_shown_zero(algebra: Algebra, x: Sum) -> bool:
    """Whether a sum is shown to be zero: by the rules so far, else by those that follow from them."""
    if _shown(algebra, algebra.normal(x)):
        return True
    version = algebra.rules.version
    algebra.rules.complete()
    return algebra.rules.version != version and _shown(algebra, algebra.normal(x))


def _shown(algebra: Algebra, x: Sum) -> bool:
    x = algebra.normal(_without_quotients(algebra, x))
    if not x or _cleared(algebra, x):
        return True
    return all(_cleared(algebra, part) for part in _slots(algebra, x))


def _without_quotients(algebra: Algebra, x: Sum) -> Sum:
    """A multiple by numbers other than zero, in which no number is inverted that contains columns."""
    found = {
        each for each in algebra.letters(x) if algebra.roles[each] == SCALAR and algebra.atoms[each].kind == "inverse"
    }
    for letter in sorted(found, reverse=True):
        source = algebra.atoms[letter].source
        total: Sum = {}
        most = max(factors.count((letter,)) for factors, _ in x)
        for (factors, word), value in x.items():
            missing = most - factors.count((letter,))
            rest: Sum = {(tuple(each for each in factors if each != (letter,)), word): value}
            total = algebra.plus(total, algebra.product([*[source] * missing, rest]))
        x = total
    return x


# Multiples


def _cleared(algebra: Algebra, x: Sum) -> bool:
    """Whether some multiple of a matrix, column or row by matrices that were inverted is zero."""
    count = itertools.count()
    waiting = [(_cost(algebra, x), next(count), x)]
    seen = {algebra.frozen(x)}
    for _ in range(NODES):
        if not waiting:
            return False
        x = heapq.heappop(waiting)[2]
        if not x:
            return True
        for multiple in _multiples(algebra, x):
            key = algebra.frozen(multiple)
            if key not in seen and _weight(algebra, multiple) <= TERMS:
                seen.add(key)
                heapq.heappush(waiting, (_cost(algebra, multiple), next(count), multiple))
    return any(not x for _, _, x in waiting)


def _cost(algebra: Algebra, x: Sum) -> tuple[int, int]:
    inverses = sum(algebra.atoms[letter].kind == "inverse" for letter in algebra.letters(x))
    return inverses, len(x)


def _weight(algebra: Algebra, x: Sum) -> int:
    return sum(map(algebra.coefficients.weight, x.values()))


def _multiples(algebra: Algebra, x: Sum) -> Iterator[Sum]:
    for letter, left in _ends(algebra, x):
        yield _multiple(algebra, x, letter, left)


def _ends(algebra: Algebra, x: Sum) -> Iterator[tuple[int, bool]]:
    """The inverses at the beginnings and at the ends of words."""
    words = [word for _, word in x if word]
    for left, letters in ((True, {word[0] for word in words}), (False, {word[-1] for word in words})):
        for letter in letters:
            if algebra.roles[letter] == MATRIX and algebra.atoms[letter].kind == "inverse":
                yield letter, left


def _multiple(algebra: Algebra, x: Sum, letter: int, left: bool) -> Sum:
    """``X x`` or ``x X`` for the X that the letter is the inverse of."""
    source = algebra.source(letter)
    stripped: Sum = {}
    others: Sum = {}
    for (factors, word), value in x.items():
        if word and (word[0] if left else word[-1]) == letter:
            stripped = algebra.plus(stripped, {(factors, word[1:] if left else word[:-1]): value})
        else:
            others[factors, word] = value
    rest = algebra.times(source, others) if left else algebra.times(others, source)
    return algebra.plus(algebra.normal(stripped), rest)


# What stands between columns


def _slots(algebra: Algebra, x: Sum) -> list[Sum]:
    """Matrices whose vanishing implies that of the sum."""
    slots: dict[object, Sum] = {}
    for (factors, word), value in x.items():
        key, inner = _slot(algebra, factors, word)
        slots[key] = algebra.plus(slots.get(key, {}), algebra.scaled(inner, value))
    return [_symmetrised(algebra, key, slot) for key, slot in slots.items()]


def _slot(algebra: Algebra, factors: tuple[Word, ...], word: Word) -> tuple[object, Sum]:
    roles, one = algebra.roles, algebra.coefficients.one
    columns = [i for i, letter in enumerate(word) if roles[letter] == COLUMN]
    if columns:
        first = columns[0]
        return (factors, word[first:]), {((), word[:first]): one}
    if word and roles[word[0]] == ROW:
        return (factors, word[:1]), {((), word[1:]): one}
    if not word and len(factors) == 1 and len(factors[0]) > 1:
        return _between(algebra, factors[0])
    return "product", {(factors, word): one}


def _between(algebra: Algebra, factor: Word) -> tuple[object, Sum]:
    """The two columns of a contraction, and the matrix between them."""
    if algebra.transposes[factor[0]] > factor[-1]:
        factor = algebra.reversed(factor)
    first, last = algebra.transposes[factor[0]], factor[-1]
    return (first, last), algebra.normal({((), factor[1:-1]): algebra.coefficients.one})


def _symmetrised(algebra: Algebra, key: object, slot: Sum) -> Sum:
    """What must vanish for a sum of ``v' slot v``: the symmetric part; for other columns the slot itself."""
    if isinstance(key, tuple) and len(key) == 2 and key[0] == key[1]:
        return algebra.plus(slot, algebra.transposed(slot))
    return slot
