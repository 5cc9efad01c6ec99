"""The ring of trees: a formula as its author wrote it, for rules that look at how a term is made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from quadmaml.curvature import RingElement
from quadmaml.proofs.fields import fraction_of
from quadmaml.proofs.ring import Element
from quadmaml.proofs.shapes import Shape, of_product, of_sum, of_transpose

__all__ = ["Tree", "as_tree", "letter"]


@dataclass(frozen=True, eq=False)
class Tree(Element):
    """A letter, number, sum, product, inverse or power of trees; transposes are pushed down to the letters.

    Parameters
    ----------
    kind : "letter", "turned", "number", "sum", "product", "inverse" or "power"
        What the node is; turned is a transposed letter.
    parts : tuple
        The name, the number, the terms, the factors; the base and the exponent.
    shaped : str
        The shape.
    symmetric : bool
        Of a letter: whether it is its own transpose.
    """

    kind: str
    parts: tuple[Any, ...]
    shaped: Shape
    symmetric: bool = False

    @property
    def shape(self) -> Literal["matrix", "vector", "covector", "scalar"]:
        return self.shaped

    @cached_property
    def key(self) -> str:
        """The same for trees that are written alike, up to the order of terms and of numbers in a product."""
        keys = [part.key if isinstance(part, Tree) else str(part) for part in self.parts]
        if self.kind == "sum":
            keys.sort()
        elif self.kind == "product":
            numbers = sorted(k for k, part in zip(keys, self.parts, strict=True) if part.shaped == "scalar")
            keys = numbers + [k for k, part in zip(keys, self.parts, strict=True) if part.shaped != "scalar"]
        return f"{self.kind}({','.join(keys)})"

    @cached_property
    def letters(self) -> frozenset[str]:
        """The names that occur."""
        if self.kind in ("letter", "turned"):
            return frozenset(self.parts)
        return frozenset().union(*(part.letters for part in self.parts if isinstance(part, Tree)))

    def is_zero(self) -> bool | None:
        return True if self.kind == "number" and self.parts[0] == 0 else None

    @property
    def T(self) -> Tree:
        if self.shaped == "scalar" or self.kind == "number" or self.symmetric:
            return self
        shape = of_transpose(self.shaped)
        if self.kind in ("letter", "turned"):
            return Tree("turned" if self.kind == "letter" else "letter", self.parts, shape)
        turned = tuple(part.T if isinstance(part, Tree) else part for part in self.parts)
        return Tree(self.kind, turned[::-1] if self.kind == "product" else turned, shape)

    def _plus(self, other: Tree) -> Tree:
        terms = [term for each in (self, other) for term in (each.parts if each.kind == "sum" else (each,))]
        kept = tuple(term for term in terms if not term.is_zero())
        shape = of_sum(self.shaped, other.shaped) if kept == tuple(terms) or len(kept) > 1 else None
        if len(kept) == 1:
            only: Tree = kept[0]
            return only
        return Tree("sum", kept, shape or self.shaped) if kept else self

    def _shifted(self, number: Any) -> Tree:
        if not isinstance(number, RingElement) and number == 0:
            return self
        return self._plus(as_tree(number))

    def _scaled(self, number: Any) -> Tree:
        if not isinstance(number, RingElement) and number == 1:
            return self
        return as_tree(number)._times(self)

    def _times(self, other: Tree) -> Tree:
        shape = of_product(self.shaped, other.shaped)
        # A number made of columns is one factor: its columns do not mix with those around it.
        factors = tuple(f for each in (self, other) for f in _factors(each, shape))
        return Tree("product", factors, shape)

    def _one(self) -> Tree:
        return Tree("number", (fraction_of(1),), "scalar")

    def __pow__(self, k: Any) -> Tree:
        return self._one() if k == 0 else self if k == 1 else Tree("power", (self, int(k)), self.shaped)

    def inverse(self) -> Tree:
        return Tree("inverse", (self,), self.shaped)

    def exp(self) -> Tree:
        return Tree("exp", (self,), self.shaped)

    def read(self, elements: Any) -> Any:
        """The same formula in another ring."""
        if self.kind in ("letter", "turned"):
            element = elements[self.parts[0]]
            return element if self.kind == "letter" else element.T
        if self.kind == "number":
            return self.parts[0]
        read = [part.read(elements) if isinstance(part, Tree) else part for part in self.parts]
        if self.kind == "inverse":
            return read[0].inverse() if isinstance(read[0], RingElement) else 1 / read[0]
        if self.kind == "exp":
            return read[0].exp()
        if self.kind == "power":
            return read[0] ** read[1]
        total = read[0]
        for each in read[1:]:
            total = total + each if self.kind == "sum" else total * each
        return total


def _factors(tree: Tree, shape: Shape) -> tuple[Tree, ...]:
    if tree.kind != "product" or (tree.shaped == "scalar" and any(f.shaped != "scalar" for f in tree.parts)):
        return (tree,)
    return tree.parts


def as_tree(x: Any) -> Tree:
    """A tree, or a number as one."""
    return x if isinstance(x, Tree) else Tree("number", (fraction_of(x),), "scalar")


def letter(name: str, shape: Shape, *, symmetric: bool = False) -> Tree:
    """The tree of a letter."""
    return Tree("letter", (name,), shape, symmetric or shape == "scalar")
