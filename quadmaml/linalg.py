"""Linear algebra that also knows exact scalars: products, solves, exponentials, ranks.

Matrices are ``(..., d, d)`` and vectors ``(..., d)``. Floats go to the array library's own routines; exact scalars are
eliminated here, so that a rank is exact.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .arrays import (
    Array,
    as_float,
    detached,
    device,
    epsilon,
    is_exact,
    is_zero,
    kind_of,
    namespace,
    norm,
    roundoff,
    to_numpy,
)
from .errors import InputError, SingularError, known


def eye(d: int, like: Array) -> Array:
    """The d x d identity in like's namespace, dtype and device."""
    if is_exact(like):
        one, zero = kind_of(like)(1), kind_of(like)(0)
        return _object([[one if i == j else zero for j in range(d)] for i in range(d)]).reshape(d, d)
    return namespace(like).eye(d, dtype=like.dtype, device=device(like))


def _object(rows: Any) -> Array:
    import numpy as np

    return np.array(rows, dtype=object)


def matvec(A: Array, x: Array) -> Array:
    """The product A x over the last axes, shape ``(..., d)``."""
    return (A @ x[..., None])[..., 0]


def dot(x: Array, y: Array) -> Array:
    """The inner product over the last axis."""
    return (x[..., None, :] @ y[..., :, None])[..., 0, 0]


def solve(A: Array, B: Array) -> Array:
    """A^-1 B for matrices A of shape ``(..., d, d)`` and B of shape ``(..., d, m)``; SingularError if A is singular."""
    if is_exact(A):
        return _stacked(_eliminate, A, B)
    try:
        X = namespace(A).linalg.solve(A, B)
    except Exception as error:
        if "LinAlgError" not in type(error).__name__:
            raise
        raise SingularError("the matrix is singular to working precision") from None
    if known(lambda: namespace(A).all(namespace(A).isfinite(X))) is False:
        raise SingularError("the matrix is singular to working precision")
    return X


def _stacked(function: Callable[..., Array], A: Array, B: Array) -> Array:
    import numpy as np

    batch = np.broadcast_shapes(A.shape[:-2], B.shape[:-2])
    out = np.empty(batch + B.shape[-2:], dtype=object)
    for index in np.ndindex(batch):
        out[index] = function(
            np.broadcast_to(A, batch + A.shape[-2:])[index], np.broadcast_to(B, batch + B.shape[-2:])[index]
        )
    return out


def _eliminate(A: Array, B: Array) -> Array:
    reduced, pivots = row_echelon(_object([[*a, *b] for a, b in zip(A, B, strict=True)]).reshape(len(A), -1), len(A))
    if len(pivots) < len(A):
        raise SingularError(f"the matrix has rank {len(pivots)} of {len(A)} exactly", rank=len(pivots))
    return reduced[:, len(A) :]


def row_echelon(rows: Array, columns: int) -> tuple[Array, list[int]]:
    """Reduced row echelon form of exact rows over their first columns, and the pivot columns."""
    rows, pivots = rows.copy(), list[int]()
    for j in range(columns):
        r = len(pivots)
        pivot = next((i for i in range(r, len(rows)) if not is_zero(rows[i, j])), None)
        if pivot is None:
            continue
        rows[[r, pivot]] = rows[[pivot, r]]
        rows[r] = rows[r] / rows[r, j]
        for i in range(len(rows)):
            if i != r and not is_zero(rows[i, j]):
                rows[i] = rows[i] - rows[i, j] * rows[r]
        pivots.append(j)
    return rows, pivots


def expm(A: Array) -> Array:
    """The matrix exponential over the last two axes, by the array library's own routine where it has one."""
    if is_exact(A):
        raise InputError("exp: got exact scalars; the exponential of a rational matrix is not rational")
    xp = namespace(A)
    if hasattr(xp.linalg, "matrix_exp"):
        return xp.linalg.matrix_exp(A)
    if xp.__name__.startswith("jax"):
        from jax.scipy.linalg import expm as jax_expm

        return jax_expm(A, max_squarings=64)
    if xp.__name__.startswith("array_api_compat.numpy"):
        from scipy.linalg import expm as scipy_expm

        return scipy_expm(A)
    return _pade(A)


def _pade(A: Array) -> Array:
    """Scaling and squaring with the diagonal Pade approximant of order 8 (Higham 2008, Functions of Matrices, 10.3)."""
    xp, d = namespace(A), A.shape[-1]
    squarings = max(0, math.ceil(math.log2(max(d * norm(A), 1e-300))) + 1)
    A, one, order = A * 2.0**-squarings, eye(A.shape[-1], A), 8
    even, odd, power, c = one, xp.zeros_like(one), one, 1.0
    for k in range(1, order + 1):
        c *= (order - k + 1) / (k * (2 * order - k + 1))
        power = power @ A
        even, odd = (even + c * power, odd) if k % 2 == 0 else (even, odd + c * power)
    X = solve(even - odd, even + odd)
    for _ in range(squarings):
        X = X @ X
    return X


def weighted_sum(weights: Array, X: Array) -> Array:
    """``sum_i w_i X_i`` over the first axis, shape ``X.shape[1:]``."""
    xp = namespace(X)
    return xp.reshape(weights[None, :] @ xp.reshape(X, (X.shape[0], -1)), X.shape[1:])


def stacked_adjoint(weights: Array, J: Array, X: Array) -> Array:
    """``sum_i w_i J_i' X_i`` for J ``(n, d, d)`` and X ``(n, d, m)``, as one ``(d, n d) @ (n d, m)`` product."""
    xp = namespace(J, X)
    rows = J.shape[0] * J.shape[-2]
    left = xp.reshape(J, (rows, J.shape[-1]))
    return xp.matrix_transpose(left) @ xp.reshape(weights[:, None, None] * X, (rows, X.shape[-1]))


# Ranks


def is_positive_semidefinite(A: Array) -> bool:
    """Whether no matrix in A has a negative eigenvalue: exactly for exact scalars, else up to rounding errors."""
    if is_exact(A):
        return all(_is_psd(matrix) for matrix in A.reshape(-1, *A.shape[-2:]))
    xp = namespace(A)
    return bool(xp.min(xp.linalg.eigvalsh(A)) >= -roundoff(A) * norm(A))


def _is_psd(A: Array) -> bool:
    """Symmetric elimination: a negative pivot, or a zero pivot beside a non-zero entry, shows a negative eigenvalue."""
    A = A.copy()
    for j in range(len(A)):
        if is_zero(A[j, j]):
            if not all(map(is_zero, A[j, j:])):
                return False
            continue
        if known(lambda pivot=A[j, j]: pivot < 0) is not False:  # type: ignore[misc]
            return False
        for i in range(j + 1, len(A)):
            A[i] = A[i] - A[i, j] / A[j, j] * A[j]
    return True


def null_space(M: Array) -> Array:
    """Columns spanning the null space of one d x d matrix, shape ``(d, d - rank)``.

    Floats: orthonormal right singular vectors whose singular value is at most d eps times the largest. Exact scalars:
    the reduced basis.
    """
    M, d = detached(M), M.shape[-1]
    if is_exact(M):
        reduced, pivots = row_echelon(M, d)
        free = [j for j in range(d) if j not in pivots]
        basis = eye(d, M)[:, free]
        for row, pivot in enumerate(pivots):
            basis[pivot] = -reduced[row, free]
        return basis
    xp = namespace(M)
    _, singular, rows = xp.linalg.svd(M)
    rank = int(xp.sum(xp.astype(singular > d * epsilon(M) * xp.max(singular), xp.int64)))
    return xp.matrix_transpose(rows[rank:, :])


def condition_number(M: Array) -> float:
    """The ratio of the largest to the smallest singular value; infinite where that is zero."""
    M = detached(as_float(M))
    singular = namespace(M).linalg.svdvals(M)
    smallest = float(singular[-1])
    return float(singular[0]) / smallest if smallest else math.inf


def minimum_norm_solution(M: Array, v: Array) -> Array:
    """The solution of ``M x = v`` of least norm, for one matrix of any rank; SingularError if there is none.

    With columns N spanning the null space of M and L that of M', ``[M L; N' 0]`` is invertible, and the solution x of
    ``M x + L y = v``, ``N' x = 0`` is orthogonal to N; ``y = 0`` exactly if v lies in the range of M.
    """
    xp, N, L = namespace(M), null_space(M), null_space(namespace(M).matrix_transpose(M))
    lost = N.shape[-1]
    corner = xp.zeros((lost, lost), dtype=M.dtype, device=device(M)) if not is_exact(M) else 0 * eye(lost, M)
    system = xp.concat([xp.concat([M, L], axis=1), xp.concat([xp.matrix_transpose(N), corner], axis=1)], axis=0)
    zeros = corner[:, 0] if lost else v[:0]
    solution = solve(system, xp.concat([v, zeros], axis=0)[:, None])[:, 0]
    x, outside = solution[: v.shape[0]], solution[v.shape[0] :]
    inside = all(map(is_zero, outside)) if is_exact(M) else norm(outside) <= roundoff(M) * (norm(M) * norm(x) + norm(v))
    if not inside:
        raise SingularError(
            "no solution: the right-hand side has a part outside the range of the matrix", M.shape[-1] - lost, N
        )
    return x


def eigenvalues(M: Array, *, symmetric: bool) -> Array:
    """The eigenvalues of one floating matrix, in its array library; general matrices are handed to NumPy."""
    if symmetric:
        return namespace(M).linalg.eigvalsh(M)
    import numpy as np

    values = np.sort_complex(np.linalg.eigvals(to_numpy(M)))
    values = values.astype(np.complex64) if epsilon(M) > 1e-10 else values
    return namespace(M).asarray(values, device=device(M))
