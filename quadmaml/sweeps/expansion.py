"""Settings as rows of Chebyshev coefficients: what an algorithm does to a curvature, read at the Chebyshev nodes.

The readings are those of the loops and algorithms themselves, on one task whose eigenvalues are the nodes; nothing
about any of them is written here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import arrays
from ..arrays import Array
from ..curvature import Diagonal
from ..meta_algorithm import Algorithm, Pair
from .eigenbasis import Eigenbasis, Nodes

__all__ = ["Expansion", "expanded", "read", "taken"]


@dataclass(frozen=True, eq=False)
class Expansion:
    """Coefficients of S settings, shape ``(S, count)`` each, and how far they can be trusted.

    Two functions where M is a sum of functions of the support curvature, ``M = sum w W(A)`` and ``v = sum w V(A) h``;
    with a split three, for ``M = sum w J(B) A P(B)`` and ``v = sum w J(B) (h - A R(B) c)`` with (A, h) of the query
    and (B, c) of the support. ``error`` bounds what rounding and truncation do to M, shape ``(S,)``; it is infinite
    where the expansion has too few terms.
    """

    coefficients: tuple[Array, ...]
    error: Array

    def part(self, keep: Sequence[int]) -> Expansion:
        """Some of the settings, ascending."""
        return Expansion(tuple(taken(each, keep) for each in self.coefficients), taken(self.error, keep))

    @classmethod
    def stacked(cls, parts: list[Expansion]) -> Expansion:
        """The settings of several expansions, one after the other."""
        xp = arrays.namespace(parts[0].error)
        columns = zip(*(part.coefficients for part in parts), strict=True)
        return cls(tuple(xp.concat(list(each), axis=0) for each in columns), xp.concat([p.error for p in parts]))

    def fields(self, basis: Eigenbasis) -> tuple[Array, Array]:
        """The matrices M ``(S, d, d)`` and right-hand sides v ``(S, d)``."""
        xp, d = arrays.namespace(self.error), basis.values.shape[-1]
        count = self.coefficients[0].shape[0]
        if len(self.coefficients) == 2:
            W, V = self.coefficients
            matrices, vectors = basis.moments(W.shape[-1])
            return xp.reshape(W @ matrices, (count, d, d)), V @ vectors
        J, P, R = self.coefficients
        matrices, vectors, across = basis.split_moments(J.shape[-1], P.shape[-1])
        kept, moved = (xp.reshape(J[:, :, None] * X[:, None, :], (count, -1)) for X in (P, R))
        return xp.reshape(kept @ matrices, (count, d, d)), J @ vectors - moved @ across


def taken(x: Array, rows: Sequence[int]) -> Array:
    """Some rows, ascending; neighbours are not copied."""
    if rows[-1] - rows[0] + 1 == len(rows):
        return x[rows[0] : rows[-1] + 1, ...]
    xp = arrays.namespace(x)
    return xp.take(x, xp.asarray(list(rows), device=arrays.device(x)), axis=0)


def expanded(basis: Eigenbasis, nodes: Nodes, readings: Sequence[Array]) -> Expansion:
    """The expansion of settings by what was read of them, one below the other."""
    xp, eps = arrays.namespace(basis.values), arrays.epsilon(basis.values)
    coefficients, error = [], 0 * readings[0][:, 0]
    for x, size in zip(readings, _sizes(basis, readings), strict=True):
        constant = x.shape[-1] == 1
        x, nearby = (x, x) if constant else (x[:, : nodes.count], x[:, nodes.count :])
        c = x if constant else x @ nodes.transform
        largest = xp.max(xp.abs(x), axis=-1)
        noise = xp.max(xp.abs(x[:, ::8] - nearby), axis=-1)
        tail = xp.max(xp.abs(c[:, -max(2, nodes.count // 8) :]), axis=-1) if c.shape[-1] > 1 else 0 * largest
        resolved = (tail <= 16 * eps * largest + noise) & xp.isfinite(largest)
        error = error + xp.where(resolved, size * (eps * largest + noise), xp.full_like(error, math.inf))
        coefficients.append(c)
    return Expansion(tuple(coefficients), error)


def read(basis: Eigenbasis, nodes: Nodes, algorithm: Algorithm, settings: int) -> list[Array]:
    """What an algorithm that holds the numbers of some settings makes of curvature at the nodes and a linear part 1.

    Shape ``(settings, points)`` each, and of what does not depend on the curvature ``(settings, 1)``.

    Raises
    ------
    QuadmamlError
        Where some setting makes the algorithm refuse a node.
    """
    task, xp = nodes.task, arrays.namespace(nodes.points)
    one = task.support.linear

    def filled(x: Any) -> Array:
        x = x.entries if isinstance(x, Diagonal) else x
        return xp.broadcast_to(x * one, (settings, 1, one.shape[-1]))[:, 0, :]

    if basis.split and isinstance(algorithm, Pair):
        m = algorithm.loop.map(task.support)
        kept = algorithm._kept(lambda rule: rule.map(task.support).operator)
        # A multiple of the identity has no terms but the first.
        J = filled(kept) if isinstance(kept, Diagonal) else filled(kept)[:, :1]
        return [J, filled(m.operator), filled(m.offset)]
    if isinstance(algorithm, Pair):
        J, G, _ = algorithm._factors(task, None)
        return [filled(J) * filled(G.operator), -filled(J) * filled(G.offset)]
    # The exponential of an affine map takes one time, not several.
    J, G, _ = algorithm._factors(task, 0 * nodes.points)
    return [filled(algorithm.weight(nodes.points[None, :])), -filled(J) * filled(G)]


def _sizes(basis: Eigenbasis, values: Sequence[Array]) -> list[Any]:
    """By how much M changes, at most, with a change of each function; of v by its size over that of an optimum."""
    if len(values) == 2:
        return [1.0, basis.size]
    xp = arrays.namespace(values[0])
    J, P, R = (xp.max(xp.abs(x), axis=-1) for x in values)
    reach = basis.size * R + 1
    return [basis.size * (P + reach), basis.size * J, basis.size * basis.size * J]
