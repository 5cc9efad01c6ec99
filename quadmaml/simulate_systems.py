"""The linear systems of the oracle, by products with the Hessian: the exact proximal problem, and iMAML's solvers.

Like all of the oracle it is written out a second time, and knows nothing of ``solvers`` but the parameters.
"""

from __future__ import annotations

from . import arrays
from .arrays import Array, Scalar
from .errors import ConvergenceError, known
from .exact import is_zero
from .linalg import dot, eye, matvec
from .quadratic import Quadratic
from .solvers import ConjugateGradients, Neumann

__all__ = ["conjugate_gradients", "richardson", "stationary"]


def stationary(f: Quadratic, strength: Scalar, b: Array) -> Array:
    """Solve ``A x + strength x = b`` by conjugate directions, for indefinite systems and exact scalars too.

    The coordinate directions p are made orthogonal in their images ``q = A p + strength p``; after d steps x is exact.
    In floating point further cycles, on the residual, remove rounding errors. An image that vanishes, when the earlier
    ones are taken off, shows that the system is singular, also where b happens to lie in its range.
    """
    strength, d = arrays.scalar(strength, b), b.shape[-1]
    directions: list[tuple[Array, Array, Array]] = []
    total = 0 * dot(b, b)
    for j in range(d):
        p = eye(d, b)[j, :] + 0 * b
        q = matvec(f.hessian, p) + strength * p
        total = total + dot(q, q)
        for p_i, q_i, size in directions:
            c = _ratio(dot(q_i, q), size)[..., None]
            p, q = p - c * p_i, q - c * q_i
        directions.append((p, q, dot(q, q)))
    if any(_vanishes(size, total, 10 * d * arrays.epsilon(b)) for _, _, size in directions):
        raise ConvergenceError("strength: A + strength I is singular; the proximal problem has no unique solution")
    return _refined(f, strength, b, directions)


def _refined(f: Quadratic, strength: Scalar, b: Array, directions: list[tuple[Array, Array, Array]]) -> Array:
    x, r = 0 * b, b
    for _ in range(1 if arrays.is_exact(b) else 5):
        for p, q, size in directions:
            c = _ratio(dot(q, r), size)[..., None]
            x, r = x + c * p, r - c * q
        r = b - matvec(f.hessian, x) - strength * x
    return x


def _vanishes(size: Array, total: Array, tolerance: float) -> bool:
    """Whether for some task the squared length ``size`` is 0; for floats, beside ``total`` to working precision."""
    if arrays.is_exact(size):
        return any(map(is_zero, size.flat))
    return known(lambda: arrays.namespace(size).any(size <= tolerance**2 * total)) is True


def _ratio(numerator: Array, denominator: Array) -> Array:
    """Their quotient, and 0 where the denominator is 0."""
    if arrays.is_exact(numerator):
        import numpy as np

        divide = np.frompyfunc(lambda n, m: 0 * n if is_zero(m) else n / m, 2, 1)
        return np.asarray(divide(numerator, denominator), dtype=object)
    xp = arrays.namespace(numerator)
    one = xp.ones_like(denominator)
    return xp.where(denominator == 0, 0 * one, numerator / xp.where(denominator == 0, one, denominator))


def richardson(solver: Neumann, f: Quadratic, strength: Scalar, b: Array) -> Array:
    """Steps ``x <- x + scale (b - x - A x/strength)`` from 0."""
    strength, scale, x = arrays.scalar(strength, b), arrays.scalar(solver.scale, b), 0 * b
    for _ in range(solver.steps):
        x = x + scale * (b - x - matvec(f.hessian, x) / strength)
    return x


def conjugate_gradients(solver: ConjugateGradients, f: Quadratic, strength: Scalar, b: Array) -> Array:
    """Conjugate gradients for ``x + A x/strength = b`` from 0, each task by itself: the sum of its conjugate steps.

    Each direction is the residual, made conjugate to every earlier direction and not to the last alone. A task rests
    once its residual is small, and where the curvature along its direction is not positive.
    """
    share = (arrays.epsilon(b) or 0) if solver.tolerance is None else arrays.scalar(solver.tolerance, b)
    strength, x, r = arrays.scalar(strength, b), 0 * b, b
    directions: list[tuple[Array, Array, Array]] = []
    resting = dot(b, b) < 0 * dot(b, b)
    for _ in range(solver.steps):
        p = r
        for p_i, q_i, size in directions:
            p = p - _ratio(dot(q_i, r), size)[..., None] * p_i
        q = p + matvec(f.hessian, p) / strength
        bend = dot(p, q)
        resting = resting | (dot(r, r) <= share * share * dot(b, b)) | (bend <= 0 * bend)
        c = arrays.namespace(b).where(resting, 0 * bend, _ratio(dot(r, r), bend))[..., None]
        x, r = x + c * p, r - c * q
        directions.append((p, q, bend))
    return x
