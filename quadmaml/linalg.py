"""Linear algebra that also knows exact scalars: products, solves, exponentials, ranks.

Matrices are ``(..., d, d)`` and vectors ``(..., d)``. Floats go to the array library's own routines; exact scalars are
eliminated here, so that a rank is exact.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable
from typing import Any

from .arrays import (
    Array,
    as_float,
    detached,
    device,
    epsilon,
    ill_conditioned,
    is_exact,
    is_finite,
    is_floating,
    is_traced,
    namespace,
    norm,
    roundoff,
    to_numpy,
)
from .errors import IllConditionedWarning, InputError, SingularError, known
from .exact import is_zero, kind_of


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
    """The inner product over the last axis, or in any other ring."""
    if not hasattr(x, "ndim"):
        return x.T @ y
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
        raise _singular(A) from None
    if known(lambda: namespace(A).all(namespace(A).isfinite(X))) is False:
        raise _singular(A)
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
        raise _singular(A)
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


def warn_if_ill_conditioned(A: Array, inverse: Array) -> None:
    """Warn if, by their largest entries, the condition number of one of the matrices leaves few correct digits."""
    xp, A, inverse = namespace(A), detached(A), detached(inverse)
    conditions = xp.max(xp.abs(A), axis=(-2, -1)) * xp.max(xp.abs(inverse), axis=(-2, -1))
    if (condition := norm(conditions)) > ill_conditioned(A):
        text = f"a matrix of condition number {condition:.1e} is inverted, such as A + strength I for a tiny strength"
        warnings.warn(text, IllConditionedWarning, stacklevel=2)


def expm(A: Array) -> Array:
    """The matrix exponential over the last two axes, by the array library's own routine where it has one.

    Its relative error grows like the norm of A times the machine precision; IllConditionedWarning from 1e12 on.
    """
    if is_exact(A):
        raise InputError("exp: got exact scalars; the exponential of a rational matrix is not rational")
    if is_floating(A) and (size := norm(A)) > ill_conditioned(A):
        text = f"the exponential of a matrix of size {size:.1e} keeps few correct digits, as of time A for a long time"
        warnings.warn(text, IllConditionedWarning, stacklevel=2)
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


def is_positive_semidefinite(A: Array) -> bool | None:
    """Whether no matrix in A has a negative eigenvalue: exactly for exact scalars, else up to rounding errors.

    None where the sign of a symbol that is not known decides, and while values are traced.
    """
    if is_exact(A):
        found = {_is_psd(matrix) for matrix in A.reshape(-1, *A.shape[-2:])}
        return False if False in found else None if None in found else True
    xp, values = namespace(A), namespace(A).linalg.eigvalsh(detached(A))
    allowed = 10 * A.shape[-1] * epsilon(A) * xp.max(xp.abs(values), axis=-1)
    return known(lambda: xp.all(xp.min(values, axis=-1) >= -allowed))


def _is_psd(A: Array) -> bool | None:
    """Symmetric elimination: a negative pivot, or a zero pivot beside a non-zero entry, shows a negative eigenvalue."""
    A = A.copy()
    for j in range(len(A)):
        if is_zero(A[j, j]):
            if not all(map(is_zero, A[j, j:])):
                return False
            continue
        if (negative := known(lambda pivot=A[j, j]: pivot < 0)) is not False:  # type: ignore[misc]
            return None if negative is None else False
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
    return xp.matrix_transpose(rows[d - int(xp.count_nonzero(_negligible(singular))) :, :])


def _negligible(singular: Array) -> Array:
    """Which of the d singular values of each matrix count as zero: those of at most d eps times the largest."""
    return singular <= singular.shape[-1] * epsilon(singular) * singular[..., :1]


def check_nonsingular(A: Array) -> None:
    """SingularError, with rank and null space, if a matrix of floats is singular; not while they are traced."""
    if is_floating(A) and namespace(A).any(_negligible(namespace(A).linalg.svdvals(detached(A)))):
        raise _singular(A)


def lost_directions(name: str, lost: Array, meaning: str) -> SingularError:
    """The error for a matrix whose null space, not empty, is spanned by the columns ``lost``."""
    precision = "exactly" if is_exact(lost) else "to working precision"
    shown = [str(entry) if is_exact(lost) else f"{float(entry):.3g}" for entry in lost[:, 0]]
    rank = lost.shape[0] - lost.shape[1]
    return SingularError(
        f"{name} has rank {rank} of {lost.shape[0]} {precision}; {meaning} the span of the columns of .nullspace, the"
        f" first of which is [{', '.join(shown)}]",
        rank,
        lost,
    )


def _singular(A: Array) -> SingularError:
    """The error for matrices of shape ``(..., d, d)``, with the rank and the null space of the first singular one."""
    matrices = namespace(A).reshape(detached(A), (-1, *A.shape[-2:]))
    for i in range(matrices.shape[0] if is_exact(A) or is_finite(A) else 0):
        if (lost := null_space(matrices[i, ...])).shape[-1]:
            name = "the matrix" if A.ndim == 2 else f"matrix {i} of the batch"
            return lost_directions(f"{name} is singular: it", lost, "it maps to zero")
    return SingularError("the matrix is singular to working precision")


def condition_number(M: Array) -> float:
    """The ratio of the largest to the smallest singular value that does not count as zero."""
    M = detached(as_float(M))
    singular = namespace(M).linalg.svdvals(M)
    kept = singular[~_negligible(singular)]
    return float(kept[0] / kept[-1]) if kept.shape[0] else 0.0


def inverse_norm(M: Array) -> float:
    """The reciprocal of the smallest singular value; infinite where that is zero."""
    smallest = float(namespace(M).linalg.svdvals(detached(M))[-1])
    return 1 / smallest if smallest else math.inf


def minimum_norm_solution(M: Array, v: Array) -> Array:
    """The solution of ``M x = v`` of least norm, for one matrix of any rank; SingularError if there is none.

    While values are traced, so that they cannot be read, it is not checked that there is one.

    Floats: ``x = M^+ v``, whose derivative is that of the pseudo-inverse at constant rank. Exact scalars: with columns
    N spanning the null space of M and L that of M', ``[M L; N' 0]`` is invertible, and the solution x of
    ``M x + L y = v``, ``N' x = 0`` is orthogonal to N; ``y = 0`` exactly if v lies in the range of M.
    """
    if is_exact(M):
        x, inside = _bordered_solution(M, v)
    else:
        x = matvec(namespace(M).linalg.pinv(M, rtol=M.shape[-1] * epsilon(M)), v)
        inside = is_traced(x) or norm(matvec(M, x) - v) <= roundoff(M) * (norm(M) * norm(x) + norm(v))
    if not inside:
        N = null_space(M)
        rank = M.shape[-1] - N.shape[-1]
        raise SingularError("no solution: the right-hand side has a part outside the range of the matrix", rank, N)
    return x


def _bordered_solution(M: Array, v: Array) -> tuple[Array, bool]:
    import numpy as np

    N, L = null_space(M), null_space(M.T)
    corner = 0 * eye(N.shape[-1], M)
    solution = solve(np.block([[M, L], [N.T, corner]]), np.concatenate([v, corner.sum(axis=0)])[:, None])[:, 0]
    return solution[: len(v)], all(map(is_zero, solution[len(v) :]))


def eigenvalues(M: Array, *, symmetric: bool) -> Array:
    """The eigenvalues of one floating matrix, in its array library; general matrices are handed to NumPy."""
    if symmetric:
        return namespace(M).linalg.eigvalsh(M)
    import numpy as np

    values = np.sort_complex(np.linalg.eigvals(to_numpy(M)))
    values = values.astype(np.complex64) if epsilon(M) > 1e-10 else values
    return namespace(M).asarray(values, device=device(M))
