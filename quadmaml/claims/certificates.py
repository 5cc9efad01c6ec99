"""Rules by which a term is seen to be nonnegative, from how it is written and what its claim assumes.

A number is nonnegative, or a symmetric matrix positive semidefinite, if it is

- a letter from ``spd()``, a step size, a scalar from an interval of nonnegative numbers, a nonnegative number;
- ``right - left`` of an assumption ``left <= right``, or psd by assumption, written alike;
- a sum of such terms, a product of such numbers with one such matrix, an even power of a symmetric term;
- a congruence ``X.T @ P @ X``, or ``X.T @ X``, with such a P in the middle; if X is definite or an inverse and P is
  positive so is the congruence;
- the inverse of such a term (a semidefinite matrix that has an inverse is definite);
- a function of one symmetric matrix and of scalars that :mod:`quadmaml.proofs.decide` shows nonnegative on their
  ranges, such as ``A @ (1 - lr * A)**2`` for a step size.

It is positive if it is a positive letter, an inverse of these, a sum of these of which one is positive, a product of
positive numbers with one positive matrix, or decided to be. Nothing else counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from .deciding import decided
from .domains import Domain
from .ranges import below, intervals
from .spectral import minors, spectral_letters
from .trees import Tree, as_tree

__all__ = ["NONNEGATIVE", "POSITIVE", "Signs", "tree_letters", "within"]

POSITIVE, NONNEGATIVE, UNKNOWN = 2, 1, 0


def tree_letters(domains: Mapping[str, Domain]) -> dict[str, Tree]:
    """The arguments of a claim as trees."""
    return {
        name: Tree("letter", (name,), each.letter.shape, each.letter.symmetric or each.letter.shape == "scalar")
        for name, each in domains.items()
        if each.constant is None
    }


def within(domains: Mapping[str, Domain], names: frozenset[str]) -> dict[str, Domain]:
    """The domains of some arguments alone; a step size keeps its bound by those of the matrices that are among them."""
    kept = {name: domain for name, domain in domains.items() if name in names}
    return {
        name: replace(domain, below=tuple(each for each in domain.below if each in kept))
        for name, domain in kept.items()
    }


class Signs:
    """The rules, for one claim.

    Parameters
    ----------
    domains : mapping of names to Domain
        What its arguments range over.
    assumed : sequence of pairs
        Terms that are nonnegative by assumption, and whether they are positive.
    """

    def __init__(self, domains: Mapping[str, Domain], assumed: Sequence[tuple[Tree, bool]] = ()) -> None:
        self.domains, self.assumed = domains, assumed

    def sign(self, term: Any) -> int:
        """POSITIVE, NONNEGATIVE, or 0 where no rule applies."""
        tree = as_tree(term)
        known = max((1 + strict for each, strict in self.assumed if each.key == tree.key), default=UNKNOWN)
        if known == POSITIVE:
            return known
        by_rule = int(getattr(self, f"_of_{tree.kind}", self._of_other)(tree))
        return max(known, by_rule) or self._decided(tree)

    def _of_other(self, tree: Tree) -> int:
        return UNKNOWN

    def _of_number(self, tree: Tree) -> int:
        return POSITIVE if tree.parts[0] > 0 else NONNEGATIVE if tree.parts[0] == 0 else UNKNOWN

    def _of_letter(self, tree: Tree) -> int:
        domain = self.domains[tree.parts[0]]
        if domain.kind in ("spd", "step_size"):
            return POSITIVE
        if domain.kind == "scalar" and domain.low is not None and domain.low >= 0:
            return POSITIVE if domain.low > 0 else NONNEGATIVE
        return UNKNOWN

    def _of_sum(self, tree: Tree) -> int:
        signs = [self.sign(term) for term in tree.parts]
        return UNKNOWN if UNKNOWN in signs else max(signs)

    def _of_inverse(self, tree: Tree) -> int:
        return POSITIVE if self.sign(tree.parts[0]) else UNKNOWN

    def _of_power(self, tree: Tree) -> int:
        base, k = tree.parts
        sign = self.sign(base)
        if k % 2 == 0 and base.T.key == base.key:
            return max(sign, NONNEGATIVE)
        return sign

    def _of_product(self, tree: Tree) -> int:
        numbers = [factor for factor in tree.parts if factor.shaped == "scalar"]
        rest = [factor for factor in tree.parts if factor.shaped != "scalar"]
        signs = [self._of_squares(numbers)] if numbers else []
        if rest:
            signs.append(self._congruence(rest))
        return min(signs)

    def _of_squares(self, numbers: list[Tree]) -> int:
        """The sign of a product of numbers: pairs of equal factors are squares."""
        left: list[Tree] = []
        for number in numbers:
            twin = next((each for each in left if each.key == number.key), None)
            left = [each for each in left if each is not twin] if twin is not None else [*left, number]
        squares = len(left) < len(numbers)
        signs = [self.sign(each) for each in left]
        whole = [self.sign(each) for each in numbers]
        if whole and min(whole) == POSITIVE:
            return POSITIVE
        return UNKNOWN if UNKNOWN in signs else min([*signs, NONNEGATIVE] if squares or NONNEGATIVE in signs else signs)

    def _congruence(self, factors: list[Tree]) -> int:
        if len(factors) == 1:
            return self.sign(factors[0])
        decided = self._decided(_product(factors))
        invertible = True
        while not decided and len(factors) > 1 and factors[0].T.key == factors[-1].key:
            invertible = invertible and factors[0].shaped == "matrix" and self._is_invertible(factors[0])
            factors = factors[1:-1]
            inside = self.sign(factors[0] if len(factors) == 1 else _product(factors)) if factors else POSITIVE
            if inside:
                return inside if invertible else NONNEGATIVE
        return decided

    def _is_invertible(self, factor: Tree) -> bool:
        """Whether a square factor has an inverse: by hypothesis, as it is an inverse itself, or as it is definite."""
        return factor.kind == "inverse" or self.sign(factor) == POSITIVE

    def _decided(self, tree: Tree) -> int:
        """What exact decision says of a function of at most one matrix."""
        domains = within(self.domains, tree.letters)
        if any(domain.kind in ("vector", "matrix") for domain in domains.values()) or not domains:
            return UNKNOWN
        if sum(domain.kind in ("spd", "symmetric") for domain in domains.values()) > 1:
            return UNKNOWN
        try:
            (value,) = minors(tree.read(spectral_letters(domains)))
            where, assumed = intervals(domains), [*below(domains), *self._conditions(domains)]
            if decided(value, True, where, assumed, boxes=60).holds:
                return POSITIVE
            return NONNEGATIVE if decided(value, False, where, assumed, boxes=60).holds else UNKNOWN
        except Exception:
            # Whatever cannot be read or decided is not known to be nonnegative.
            return UNKNOWN

    def _conditions(self, domains: Mapping[str, Domain]) -> list[tuple[Any, bool]]:
        """The assumptions about these arguments alone, as functions of the eigenvalue and the scalars."""
        letters = spectral_letters(domains)
        return [
            (minors(each.read(letters))[0], strict) for each, strict in self.assumed if each.letters <= set(domains)
        ]


def _product(factors: list[Tree]) -> Tree:
    total = factors[0]
    for factor in factors[1:]:
        total = total._times(factor)
    return total
