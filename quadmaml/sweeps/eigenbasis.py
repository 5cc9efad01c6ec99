"""Tasks in the eigenbases of their support curvature, and sums over tasks of polynomials of that curvature.

There a spectral loop acts on each coordinate by itself. A smooth function of the curvature is a short sum of Chebyshev
polynomials, so that ``sum_i w_i W(A_i) = sum_k c_k S_k`` with ``S_k = sum_i w_i T_k(A_i)``: the sums over tasks are
taken once, and each further setting is one row of coefficients c.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from .. import arrays, linalg
from ..arrays import Array
from ..curvature import Dense, Diagonal
from ..meta_algorithm import Algorithm
from ..quadratic import Quadratic
from ..tasks import Tasks

__all__ = ["Eigenbasis", "Nodes"]

# Numbers in one temporary array: 32 MiB in double precision.
AT_ONCE = 2**22


@dataclass(frozen=True, eq=False)
class Eigenbasis:
    """The tasks of a problem, each in the eigenbasis of its support Hessian ``Q diag(values) Q'``.

    ``support`` and ``query`` are the losses in those coordinates; ``rows``, of shape ``(n d, d)``, the eigenvectors.
    """

    tasks: Tasks
    values: Array
    rows: Array
    support: Quadratic
    query: Quadratic
    weights: Array
    _known: list[tuple[Array, Array]] = field(default_factory=list)
    _known_split: list[tuple[Array, Array, Array]] = field(default_factory=list)

    @classmethod
    def of(cls, tasks: Tasks) -> Eigenbasis:
        """Decompose the support Hessians: n eigendecompositions."""
        support, query = _detached(tasks.support), _detached(tasks.query)
        xp = arrays.namespace(support.linear)
        A, T = support.hessian, xp.matrix_transpose
        values, vectors = xp.linalg.eigh((A + T(A)) / 2)
        back = T(vectors)
        rotated = Quadratic(Diagonal(values), linalg.matvec(back, support.linear), support.constant)
        losses = rotated
        if tasks.query is not tasks.support:
            hessian = Dense(back @ query.hessian @ vectors)
            losses = Quadratic(hessian, linalg.matvec(back, query.linear), query.constant)
        n, d = values.shape
        return cls(tasks, values, xp.reshape(back, (n * d, d)), rotated, losses, arrays.detached(tasks.weights))

    @property
    def split(self) -> bool:
        """Whether the query losses differ from the support losses."""
        return self.tasks.query is not self.tasks.support

    @cached_property
    def interval(self) -> tuple[float, float]:
        """An interval that holds all eigenvalues; of some length where they are all equal."""
        xp = arrays.namespace(self.values)
        low, high = float(xp.min(self.values)), float(xp.max(self.values))
        margin = max(1e-3 * (high - low), 1e-3 * max(abs(low), abs(high))) or 1.0
        return low - margin, high + margin

    @cached_property
    def size(self) -> float:
        """The largest entry of the query Hessians."""
        return arrays.norm(self.tasks.query.hessian)

    def polynomials(self, first: int, last: int) -> Array:
        """``T_k`` of each eigenvalue for first <= k < last, shape ``(last - first, n d)``."""
        xp, (low, high) = arrays.namespace(self.values), self.interval
        x = xp.reshape((2 * self.values - (low + high)) / (high - low), (1, -1))
        order = xp.arange(first, last, dtype=x.dtype, device=arrays.device(x))
        return xp.cos(order[:, None] * xp.acos(xp.clip(x, -1.0, 1.0)))

    def moments(self, count: int) -> tuple[Array, Array]:
        """``sum_i w_i T_k(A_i)`` and ``sum_i w_i T_k(A_i) h_i`` of the support, ``(count, d d)`` and ``(count, d)``.

        Those of before are kept: asked for more, only the new ones are computed.
        """
        xp, (n, d) = arrays.namespace(self.values), self.values.shape
        have = sum(matrices.shape[0] for matrices, _ in self._known)
        if have < count:
            T = self.polynomials(have, count) * xp.reshape(xp.broadcast_to(self.weights[:, None], (n, d)), (1, n * d))
            vectors = (T * xp.reshape(self.support.linear, (1, n * d))) @ self.rows
            self._known.append((self._outer_sums(T), vectors))
        matrices, vectors = (xp.concat(list(part), axis=0) for part in zip(*self._known, strict=True))
        return matrices[:count, :], vectors[:count, :]

    def _outer_sums(self, weights: Array) -> Array:
        """``sum_j W_kj q_j q_j'`` over all eigenvectors: the upper triangles as one product."""
        xp, d = arrays.namespace(weights), self.rows.shape[-1]
        pairs = [(a, b) for a in range(d) for b in range(a, d)]
        first, second = (self._places(list(part)) for part in zip(*pairs, strict=True))
        total, step = xp.zeros_like(weights[:, :1]), max(1, AT_ONCE // len(pairs))
        for part in _parts(self.rows.shape[0], step):
            rows = self.rows[part, :]
            total = total + weights[:, part] @ (xp.take(rows, first, axis=1) * xp.take(rows, second, axis=1))
        place = {pair: k for k, pair in enumerate(pairs)}
        return xp.take(total, self._places([place[min(a, b), max(a, b)] for a in range(d) for b in range(d)]), axis=1)

    def split_moments(self, kept: int, count: int) -> tuple[Array, Array, Array]:
        """With the query's A and h, and c the support's linear part, for k < kept and l < count.

        ``sum w T_k A T_l`` of shape ``(kept count, d d)``, ``sum w T_k h`` of shape ``(kept, d)``, and
        ``sum w T_k A T_l c`` of shape ``(kept count, d)``. Parts of those of before are not computed again.
        """
        known = [each for each in self._known_split if each[0].shape[0] >= kept and each[0].shape[1] >= count]
        if not known:
            known = [self._split_sums(kept, count)]
            self._known_split.append(known[0])
        xp, d = arrays.namespace(self.values), self.values.shape[-1]
        matrices, vectors, across = known[0]
        matrices = xp.reshape(matrices[:kept, :count, ...], (kept * count, d * d))
        return matrices, vectors[:kept, :], xp.reshape(across[:kept, :count, :], (kept * count, d))

    def _split_sums(self, kept: int, count: int) -> tuple[Array, Array, Array]:
        """The sums of ``split_moments``, of shapes ``(kept, count, d, d)``, ``(kept, d)`` and ``(kept, count, d)``.

        Of kept = count the sums with k <= l are computed; the others are their transposes.
        """
        xp, (n, d) = arrays.namespace(self.values), self.values.shape
        T = xp.reshape(self.polynomials(0, count), (count, n, d))
        R, Q = xp.reshape(self.rows, (n, d, d)), self.query
        mirrored, step = kept == count, max(1, AT_ONCE // (count * d * d))
        blocks, across = [0 * xp.sum(self.values)] * kept, 0 * xp.sum(self.values)
        for part in _parts(n, step):
            A, w = Q.hessian[part, ...], self.weights[part][:, None]
            left = xp.permute_dims((w * T[:kept, part, :])[..., None] * R[part, ...], (1, 2, 0, 3))
            left = xp.matrix_transpose(xp.reshape(left, (-1, kept * d)))
            right = xp.permute_dims(T[:, part, :][..., None] * R[part, ...], (1, 2, 0, 3))
            right = xp.reshape(A @ xp.reshape(right, (-1, d, count * d)), (-1, count * d))
            for k in range(kept):
                blocks[k] = blocks[k] + left[k * d : (k + 1) * d, :] @ right[:, k * d * mirrored :]
            moved = A @ xp.permute_dims(T[:, part, :] * self.support.linear[part, :], (1, 2, 0))
            across = across + left @ xp.reshape(moved, (-1, count))
        empty = [xp.zeros((d, k * d * mirrored), dtype=T.dtype, device=arrays.device(T)) for k in range(kept)]
        whole = xp.stack([xp.concat(list(pair), axis=-1) for pair in zip(empty, blocks, strict=True)])
        whole = xp.permute_dims(xp.reshape(whole, (kept, d, count, d)), (0, 2, 1, 3))
        if mirrored:
            order = xp.arange(count, device=arrays.device(T))
            above = xp.where((order[:, None] < order)[..., None, None], whole, xp.zeros_like(whole))
            whole = whole + xp.permute_dims(above, (1, 0, 3, 2))
        vectors = xp.reshape(self.weights[:, None] * T[:kept, ...] * Q.linear, (kept, n * d)) @ self.rows
        return whole, vectors, xp.permute_dims(xp.reshape(across, (kept, d, count)), (0, 2, 1))

    def _places(self, numbers: list[int]) -> Array:
        return arrays.namespace(self.values).asarray(numbers, device=arrays.device(self.values))

    def losses(self, algorithm: Algorithm, theta: Array) -> Array:
        """The query losses after adapting from the points theta of S settings, shape ``(S, n)``."""
        xp, (n, d) = arrays.namespace(self.values), self.values.shape
        x = xp.reshape(theta @ xp.matrix_transpose(self.rows), (-1, n, d))
        return self.query(algorithm.loop.map(self.support)(x))


@dataclass(frozen=True, eq=False)
class Nodes:
    """The Chebyshev nodes of the interval of the eigenvalues, where functions of curvature are read.

    ``points`` are the nodes, and after them every eighth again, off by a rounding error of the Hessians; ``task`` is
    one task with that curvature and the linear part 1; ``transform`` turns values at the nodes into coefficients.
    """

    points: Array
    transform: Array
    task: Tasks

    @classmethod
    def of(cls, basis: Eigenbasis, count: int) -> Nodes:
        """As many nodes as there are to be coefficients."""
        xp, (low, high), place = arrays.namespace(basis.values), basis.interval, arrays.device(basis.values)
        order = xp.arange(count, dtype=basis.values.dtype, device=place)
        angles = (order + 0.5) * (math.pi / count)
        nodes = (low + high) / 2 + (high - low) / 2 * xp.cos(angles)
        points = xp.concat([nodes, nodes[::8] + arrays.epsilon(nodes) * max(abs(low), abs(high))])
        factors = xp.where(order == 0, xp.ones_like(order), 2 * xp.ones_like(order)) / count
        task = Quadratic(Diagonal(points[None, :]), xp.ones_like(points)[None, :], xp.zeros_like(points[:1]))
        return cls(points, factors * xp.cos(angles[:, None] * order), Tasks(task))

    @property
    def count(self) -> int:
        """The number of coefficients."""
        return int(self.transform.shape[0])


def _parts(length: int, step: int) -> Iterator[slice]:
    return (slice(at, min(at + step, length)) for at in range(0, length, step))


def _detached(f: Quadratic) -> Quadratic:
    return Quadratic(Dense(arrays.detached(f.hessian)), *(arrays.detached(x) for x in (f.linear, f.constant)))
