"""Iterative solvers of ``B x = b`` for many right-hand sides at once: conjugate gradients, and Neumann's series.

For iMAML's implicit Jacobian ``B = I + A/strength``, with A the Hessian of a task. What is returned says of each
right-hand side how it ended, and how much of it is left unsolved.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .arrays import Array, Scalar
from .curvature import Dense, RingElement
from .errors import InputError, check_count, check_number, check_steps

__all__ = ["ConjugateGradients", "Neumann", "Solution", "Solver", "implicit_system"]


@dataclass(frozen=True, eq=False)
class Solution:
    """What a solver found for each right-hand side.

    Parameters
    ----------
    value : array, shape (..., d)
        The last iterate x.
    residual : array, shape (..., d)
        ``b - B x``, computed from x and not carried along.
    status : array of str, shape (...)
        "solved": the residual is within the tolerance, or zero to rounding errors. "stopped": the steps are used up.
        "indefinite": conjugate gradients met a direction p with ``p'Bp <= 0``, for which they are not made, and stopped
        before it. "diverging": the last step of Neumann's series made the residual longer, or it overflowed.
    iterates : array, shape (steps + 1, ..., d), or None
        All iterates from the start on, where they were asked for.
    """

    value: Array
    residual: Array
    status: Any
    iterates: Array | None = None


@dataclass(frozen=True)
class Solver:
    """A solver of ``B x = b`` by a number of steps."""

    steps: int

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", check_count("steps", check_steps("steps", self.steps)))

    def solve(self, operator: Any, b: Any, start: Any = None, *, keep: bool = False) -> Solution:
        """Solve ``B x = b`` for each right-hand side.

        Parameters
        ----------
        operator : array, shape (..., d, d), or ring element with ``@``
            B, symmetric.
        b : array, shape (..., d)
            The right-hand sides.
        start : array, shape (..., d), optional
            Where to start; by default at 0.
        keep : bool
            Whether to return all iterates.

        Raises
        ------
        InputError
            For shapes that do not fit, an asymmetric B, entries that are not finite, and numbers of other kinds.
        """
        raise NotImplementedError

    def inverse(self, operator: Any) -> Any:
        """What the solver, started at 0, multiplies right-hand sides by; InputError if it is not linear in them."""
        raise InputError(
            f"solver: {type(self).__name__} is not linear in the right-hand side; expected Neumann, or no solver,"
            " for what is affine in theta (the meta-gradient at one point needs no such solver)"
        )


@dataclass(frozen=True)
class ConjugateGradients(Solver):
    """Conjugate gradients: exact after as many steps as the right-hand side meets distinct eigenvalues of B.

    Parameters
    ----------
    steps : int
        Number of steps >= 0.
    tolerance : float, optional
        A right-hand side rests once its residual, as carried along, is at most this share of its length; by default
        the precision of the numbers, 0 for exact scalars.

    Notes
    -----
    Hestenes, Stiefel (1952), Methods of conjugate gradients for solving linear systems, section 3. iMAML's solver:
    Rajeswaran, Finn, Kakade, Levine (2019), section 3.1. Not linear in b: with it, iMAML's field is not affine.

    Examples
    --------
    >>> found = ConjugateGradients(steps=2).solve([[2.0, 0.0], [0.0, 4.0]], [2.0, 2.0])
    >>> found.value.tolist(), str(found.status)
    ([1.0, 0.5], 'solved')
    """

    tolerance: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.tolerance is not None:
            object.__setattr__(self, "tolerance", check_number("tolerance", self.tolerance, at_least=0))

    def solve(self, operator: Any, b: Any, start: Any = None, *, keep: bool = False) -> Solution:
        B, b, x, alone = _system(operator, b, start)
        xp, dot = arrays.namespace(b), linalg.dot
        share = (arrays.epsilon(b) or 0) if self.tolerance is None else arrays.scalar(self.tolerance, b, "tolerance")
        small = share * share * dot(b, b)
        r = b - B @ x
        p, rr, iterates = r, dot(r, r), [x]
        indefinite = rr < 0 * rr
        for _ in range(self.steps):
            Bp = B @ p
            bend = dot(p, Bp)
            running = (rr > small) & ~indefinite
            indefinite = indefinite | (running & (bend <= 0 * bend))
            running = running & ~indefinite
            step = _ratio(running, rr, bend)
            x, r = x + step[..., None] * p, r - step[..., None] * Bp
            after = dot(r, r)
            p = r + _ratio(running, after, rr)[..., None] * p
            rr = xp.where(running, after, rr)
            iterates.append(x)
        return _solution(B, b, share, iterates, {"indefinite": indefinite}, keep, alone)


@dataclass(frozen=True)
class Neumann(Solver):
    """Neumann's series, or Richardson's iteration: ``x <- x + scale (b - B x)``.

    A fixed polynomial in B: the error is multiplied by ``(I - scale B)^steps``. Converges iff
    ``0 < scale < 2 / L`` with all eigenvalues of B in (0, L].

    Parameters
    ----------
    steps : int
        Number of steps >= 0.
    scale : float
        Step size > 0. With 1 and ``B = I + A/strength`` the series converges iff A is below strength.

    Notes
    -----
    Lorraine, Vicol, Duvenaud (2020), Optimizing millions of hyperparameters by implicit differentiation, section 4.

    Examples
    --------
    >>> Neumann(steps=3, scale=0.5).solve([[1.0]], [1.0], keep=True).iterates.tolist()
    [[0.0], [0.5], [0.75], [0.875]]
    >>> Neumann(steps=2).inverse(1.5)     # 1 + (1 - 1.5)
    0.5
    """

    scale: Any = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "scale", check_number("scale", self.scale, above=0))

    def inverse(self, operator: Any) -> Any:
        """The polynomial in B that stands for its inverse: of a number, an array of eigenvalues, or a ring element.

        It is what the solver, started at 0, multiplies a right-hand side by; with it, iMAML's field is affine.
        """
        x = 0 * operator
        for _ in range(self.steps):
            x = x + self.scale * (1 - operator * x)
        return x

    def solve(self, operator: Any, b: Any, start: Any = None, *, keep: bool = False) -> Solution:
        B, b, x, alone = _system(operator, b, start)
        scale, iterates, before = arrays.scalar(self.scale, b, "scale"), [x], None
        with arrays.quiet():
            for _ in range(self.steps):
                r = b - B @ x
                before, x = linalg.dot(r, r), x + scale * r
                iterates.append(x)
            r = b - B @ x
            after = linalg.dot(r, r)
            # In exact arithmetic a residual that grows once is multiplied by an eigenvalue beyond 1, and grows on.
            growing = after > after if before is None else ~(after <= before)
            return _solution(B, b, arrays.epsilon(b) or 0, iterates, {"diverging": growing}, keep, alone)


def implicit_system(curvature: Any, strength: Scalar) -> Any:
    """``I + A/strength``, the system of iMAML's implicit Jacobian, over any ring; A is the Hessian of each task.

    Examples
    --------
    >>> from quadmaml import Quadratic
    >>> implicit_system(Quadratic([[3.0]], [0.0]).curvature, strength=2.0).dense().tolist()
    [[2.5]]
    """
    return 1 + curvature / check_number("strength", strength, above=0)


def _system(operator: Any, b: Any, start: Any) -> tuple[Any, Array, Array, bool]:
    """B as a ring element, b, and the start in the shape of ``B b``; one right-hand side alone as a batch of one."""
    if isinstance(operator, RingElement):
        B: Any = operator
        like = getattr(operator, "array", None)
        b = arrays.coerce(operator=like, b=b)[1] if like is not None else arrays.coerce(b=b)[0]
    else:
        matrices, b = arrays.coerce(operator=operator, b=b)
        arrays.check_symmetric("operator", matrices)
        B, like = Dense(matrices), matrices
    if like is not None:
        arrays.check_broadcast("b", b, like.shape[:-1])
    elif not b.ndim:
        raise InputError("b: is a number; expected vectors of shape (..., d)")
    zero = 0 * (B @ (0 * b))
    x = zero
    if start is not None:
        _, x = arrays.coerce(b=b, start=start)
        arrays.check_broadcast("start", x, zero.shape, onto=True)
    alone = zero.ndim == 1
    b, x = b + zero, x + zero
    return (B, b[None, :], x[None, :], True) if alone else (B, b, x, False)


def _ratio(where: Array, x: Array, y: Array) -> Array:
    """``x / y`` at some places, and 0 at the others, where y may be 0."""
    xp, one = arrays.namespace(x), y**0
    return xp.where(where, x, 0 * one) / xp.where(where, y, one)


def _solution(
    B: Any, b: Array, share: Any, iterates: list[Array], bad: dict[str, Array], keep: bool, alone: bool
) -> Solution:
    """The last iterate with its residual, and how each right-hand side ended."""
    import numpy as np

    xp, x = arrays.namespace(b), iterates[-1]
    residual = b - B @ x
    status: Any = None
    if not arrays.is_traced(residual):
        rounding = 0 * linalg.dot(b, b)
        if not arrays.is_exact(b):
            size = linalg.dot(b, b) ** 0.5 + linalg.dot(b - residual, b - residual) ** 0.5
            rounding = (arrays.roundoff(b) * size) ** 2
        length = linalg.dot(residual, residual)
        ended = {"solved": length <= share * share * linalg.dot(b, b) + rounding, **bad}
        flags = {name: np.asarray(arrays.to_numpy(flag)).astype(bool) for name, flag in ended.items()}
        status = np.full(flags["solved"].shape, "stopped", dtype="<U10")
        for name in (*bad, "solved"):
            status[flags[name]] = name
    whole = xp.stack(iterates) if keep else None
    if not alone:
        return Solution(x, residual, status, whole)
    first = None if status is None else status[0]
    return Solution(x[0, ...], residual[0, ...], first, None if whole is None else whole[:, 0, ...])
