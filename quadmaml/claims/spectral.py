"""The ring of functions of one symmetric matrix, in which a claim about it becomes one about its eigenvalues.

In an orthonormal eigenbasis of A every matrix ``p(A)`` is diagonal, every column ``sum_i p_i(A) v_i`` has in the k-th
place ``sum_i p_i(a_k) v_ik``, and every number ``sum_ij v_i' p_ij(A) v_j`` is ``sum_k sum_ij p_ij(a_k) v_ik v_jk``. So
``p(A)`` is positive semidefinite in every dimension if ``p(a) >= 0`` at every possible eigenvalue a, and such a number
is never negative if the matrix of the ``p_ij(a)`` is positive semidefinite there. With no matrix at all a claim is
about its scalars.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

import sympy

from quadmaml.curvature import RingElement
from quadmaml.errors import InputError
from quadmaml.proofs.fields import fraction_of
from quadmaml.proofs.ring import Element
from quadmaml.proofs.shapes import Shape, of_product, of_sum, of_transpose

from .domains import Domain

__all__ = ["Spectral", "minors", "spectral_letters", "symbol_of"]

Key = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Spectral(Element):
    """A matrix, column, row or number made of one symmetric matrix, columns and scalars.

    Parameters
    ----------
    kind : str
        Its shape.
    parts : mapping
        A function of the eigenvalue for each combination of columns: ``()`` for matrices and plain numbers, a name for
        columns and rows, a pair of names for numbers made of columns.
    """

    kind: Shape
    parts: Mapping[Key, Any]

    @property
    def shape(self) -> Literal["matrix", "vector", "covector", "scalar"]:
        return self.kind

    def is_zero(self) -> bool | None:
        return all(sympy.cancel(part) == 0 for part in self.parts.values())

    @property
    def plain(self) -> Any:
        """The function of the eigenvalue that a matrix or plain number is."""
        if set(self.parts) - {()}:
            raise InputError("sum: adds a number made of columns and a plain one; expected terms of one kind")
        return self.parts.get((), sympy.Integer(0))

    @property
    def T(self) -> Spectral:
        return Spectral(of_transpose(self.kind), self.parts)

    def _plus(self, other: Spectral) -> Spectral:
        both = set(map(len, self.parts)) | set(map(len, other.parts))
        shape = of_sum(self.kind, other.kind)
        if len(both) > 1:
            raise InputError("sum: adds a number made of columns and a plain one; expected terms of one kind")
        parts = dict(self.parts)
        for key, part in other.parts.items():
            parts[key] = parts.get(key, 0) + part
        return Spectral(shape, parts)

    def _shifted(self, number: Any) -> Spectral:
        if not isinstance(number, RingElement) and number == 0:
            return self
        return self._plus(_constant(number))

    def _scaled(self, number: Any) -> Spectral:
        return _constant(number)._times(self)

    def _times(self, other: Spectral) -> Spectral:
        shape = of_product(self.kind, other.kind)
        if (self.kind, other.kind) == ("vector", "covector"):
            raise InputError("product: a column times a row is no function of the matrix")
        parts: dict[Key, Any] = {}
        for left, p in self.parts.items():
            for right, q in other.parts.items():
                key = tuple(sorted(left + right))
                if len(key) > 2:
                    raise InputError("product: multiplies numbers made of columns; expected sums of them")
                parts[key] = parts.get(key, 0) + p * q
        if shape == "matrix" and any(map(len, parts)):
            raise InputError("product: multiplies a matrix by a number made of columns; expected a plain one")
        return Spectral(shape, parts)

    def _one(self) -> Spectral:
        return Spectral(self.kind, {(): sympy.Integer(1)})

    def inverse(self) -> Spectral:
        plain = sympy.cancel(self.plain)
        if self.kind not in ("matrix", "scalar") or plain == 0:
            raise InputError("inverse: expected a matrix or number that is not zero")
        return Spectral(self.kind, {(): 1 / plain})

    def exp(self) -> Spectral:
        return Spectral(self.kind, {(): sympy.exp(self.plain)})


def _constant(number: Any) -> Spectral:
    q = fraction_of(number)
    return Spectral("scalar", {(): sympy.Rational(q.numerator, q.denominator)})


def symbol_of(name: str, domain: Domain) -> Any:
    """The symbol for a scalar, or for an eigenvalue of a matrix; positive where its domain is."""
    positive = domain.kind in ("spd", "step_size") or (domain.low is not None and domain.low > 0)
    nonnegative = domain.low is not None and domain.low >= 0
    return sympy.Symbol(
        name, real=True, **({"positive": True} if positive else {"nonnegative": True} if nonnegative else {})
    )


def spectral_letters(domains: Mapping[str, Domain]) -> dict[str, Spectral]:
    """The arguments of a claim in this ring; InputError if it has several matrices, or one that is not symmetric."""
    matrices = [name for name, each in domains.items() if each.kind in ("spd", "symmetric", "matrix")]
    if len(matrices) > 1 or any(domains[name].kind == "matrix" for name in matrices):
        raise InputError(f"matrices: got {', '.join(matrices)}; expected at most one, symmetric")
    made = {}
    for name, domain in domains.items():
        if domain.kind == "vector":
            made[name] = Spectral("vector", {(name,): sympy.Integer(1)})
        elif domain.constant is None:
            shape: Shape = "matrix" if name in matrices else "scalar"
            made[name] = Spectral(shape, {(): symbol_of(name, domain)})
    return made


def minors(value: Spectral) -> list[Any]:
    """Functions that are all nonnegative exactly where a matrix or number is: itself, or all principal minors."""
    if not any(map(len, value.parts)):
        return [value.plain]
    names = sorted({name for key in value.parts for name in key})
    half = sympy.Rational(1, 2)

    def entry(x: str, y: str) -> Any:
        part = value.parts.get(tuple(sorted((x, y))), sympy.Integer(0))
        return part if x == y else half * part

    found = []
    for size in range(1, len(names) + 1):
        for chosen in combinations(names, size):
            minor = sympy.cancel(sympy.Matrix([[entry(x, y) for y in chosen] for x in chosen]).det())
            if minor != 0:
                found.append(minor)
    return found
