"""The oracle: honest gradient steps, and back-propagation by reverse accumulation over the steps taken.

No closed form enters. The simulator reads the parameters of the loops of ``adaptation`` and of ``algorithms``, and
calls nothing of theirs; all it knows of a task is its gradient ``Ax - h``. Closed forms are checked against it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from . import arrays
from .adaptation import (
    Chebyshev,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    NoAdaptation,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
)
from .algorithms import FOMAML, IMAML, MAML, Joint, MoreauEnvelope, Reptile, TruncatedMAML
from .arrays import Array, Scalar
from .errors import InputError, check_count, check_number, check_steps
from .linalg import matvec
from .quadratic import Quadratic
from .simulate_systems import conjugate_gradients, richardson, stationary
from .solvers import ConjugateGradients, Neumann
from .tasks import Tasks

__all__ = ["adapt", "meta_gradient", "meta_train"]


def adapt(support: Quadratic, inner: Any, theta: Any) -> Array:
    """The adapted points: every task takes the steps of the inner loop from theta, seeing gradients ``Ax - h`` only.

    Gradient flow is integrated by its Taylor series; the proximal problem is solved by conjugate directions.

    Parameters
    ----------
    support : Quadratic
        Batched over n tasks of dimension d; without a batch axis the result has none either.
    inner : InnerLoop
        A loop of ``quadmaml.adaptation``.
    theta : array, shape (d,) or (n, d)
        The start.

    Returns
    -------
    array, shape (n, d)

    Raises
    ------
    InputError
        For shapes that do not fit, a loop without an honest step, flow or Chebyshev on exact scalars, and flow of a
        length or curvature whose values cannot be read (``jax.jit``, ``vmap``), for they say how many steps to take.
    ConvergenceError
        If a proximal problem has no unique stationary point, ``A + strength I`` being singular, or an adapted point
        leaves the range of floats.

    Examples
    --------
    >>> support = Quadratic([[[1.0]], [[2.0]]], [[0.0], [2.0]])
    >>> adapt(support, GradientDescent(lr=0.5, steps=1), [4.0]).tolist()
    [[2.0], [1.0]]
    """
    _check_kind("support", support, Quadratic)
    h = support.linear
    _, theta = arrays.coerce(linear=h, theta=theta)
    arrays.check_broadcast("theta", theta, h.shape)
    steps = _entry(FORWARD, inner)
    with arrays.quiet():
        phi = steps(inner, support, theta + 0 * h)
    arrays.check_overflow(f"{type(inner).__name__}: the adaptation", phi)
    return phi


def meta_gradient(algorithm: Any, tasks: Tasks, theta: Any) -> Array:
    """The meta-gradient at theta, shape ``(d,)``: adapt by steps, then back-propagate through the steps that are kept.

    MAML: Finn, Abbeel, Levine (2017), Algorithm 1. iMAML: Rajeswaran et al. (2019), Algorithms 1 and 2; its linear
    system is solved by conjugate directions. Reptile: Nichol, Achiam, Schulman (2018), Algorithm 2.

    Parameters
    ----------
    algorithm, tasks : Algorithm, Tasks
        The steps see the support of each task; ``G_i`` is its query gradient at the adapted point.
    theta : array, shape (d,)
        The start of every task.

    Returns
    -------
    array, shape (d,)
        ``sum_i w_i J_i' G_i``; ``sum_i w_i (theta - phi_i)`` for Reptile, times the strength for the Moreau envelope.

    Raises
    ------
    InputError, ConvergenceError
        As in :func:`adapt`; the second also if the linear system of iMAML has no unique solution, or the gradient
        leaves the range of floats.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[2.0]]], [[0.0], [1.0]])
    >>> meta_gradient(MAML(GradientDescent(lr=0.5, steps=1)), tasks, [4.0]).tolist()  # (0.5 * 2 + 0) / 2
    [0.5]
    """
    _check_kind("tasks", tasks, Tasks)
    of_tasks = _meta_gradients(algorithm)
    _, theta = arrays.coerce(linear=tasks.support.linear, theta=theta)
    arrays.check_shape("theta", theta, (tasks.dim,))
    with arrays.quiet():
        each = of_tasks(algorithm, tasks, theta)
        total = arrays.namespace(each).sum(tasks.weights[:, None] * each, axis=0)
    arrays.check_overflow(f"{type(algorithm).__name__}: the meta-gradient", total)
    return total


def meta_train(
    algorithm: Any,
    tasks: Tasks,
    theta0: Any,
    lr: Scalar,
    steps: int,
    callback: Callable[[int, Array], None] | None = None,
) -> Array:
    """The outer loop ``theta <- theta - lr g(theta)``: all points visited, shape ``(steps + 1, d)``.

    Parameters
    ----------
    algorithm, tasks
        As in :func:`meta_gradient`, which gives g and raises what it raises.
    theta0 : array, shape (d,)
        The first point.
    lr : float
        Outer step size > 0.
    steps : int
        Number of outer steps >= 0.
    callback : callable, optional
        ``callback(t, theta_t)`` is called after each step, t = 1, ..., steps.

    Raises
    ------
    InputError, ConvergenceError
        As in :func:`meta_gradient`; the second also if the outer loop leaves the range of floats.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]]], [[1.0]])
    >>> meta_train(Joint(), tasks, [0.0], lr=0.5, steps=2).tolist()
    [[0.0], [0.5], [0.75]]
    """
    _check_kind("tasks", tasks, Tasks)
    _meta_gradients(algorithm)
    if not (callback is None or callable(callback)):
        raise InputError(f"callback: got {callback!r}; expected a function of t and theta, or None")
    _, theta = arrays.coerce(linear=tasks.support.linear, theta0=theta0)
    arrays.check_shape("theta0", theta, (tasks.dim,))
    lr = arrays.scalar(check_number("lr", lr, above=0), theta, "lr")
    visited = [theta]
    for t in range(check_count("steps", check_steps("steps", steps))):
        g = meta_gradient(algorithm, tasks, theta)
        with arrays.quiet():
            theta = theta - lr * g
        arrays.check_overflow("lr: the outer loop", theta)
        visited.append(theta)
        if callback is not None:
            callback(t + 1, theta)
    return arrays.namespace(theta).stack(visited)


def _check_kind(name: str, value: Any, kind: type) -> None:
    if not isinstance(value, kind):
        raise InputError(f"{name}: got {type(value).__name__}; expected {kind.__name__}")


def _meta_gradients(algorithm: Any) -> Callable[[Any, Tasks, Array], Array]:
    if type(algorithm) not in META_GRADIENTS:
        raise InputError(f"algorithm: {type(algorithm).__name__} has no honest meta-gradient: add one in simulate.py")
    return META_GRADIENTS[type(algorithm)]


def _gradient(f: Quadratic, x: Array) -> Array:
    return matvec(f.hessian, x) - f.linear


def _entry(table: dict[type, Any], inner: Any, name: str = "inner") -> Any:
    if type(inner) not in table:
        raise InputError(f"{name}: {type(inner).__name__} has no honest step: add one in simulate.py")
    return table[type(inner)]


def _sizes(loop: Any, like: Array) -> list[Scalar]:
    return [arrays.scalar(lr, like, "lr") for lr in (loop.lr if isinstance(loop.lr, tuple) else [loop.lr] * loop.steps)]


# Forward: one honest step after the other. Reverse: from the gradient with respect to the adapted point, back through
# the last ``depth`` steps, to the gradient with respect to the start. A Hessian-vector product is ``A g``.


def _descend(sizes: list[Scalar], f: Quadratic, phi: Array, move: Callable[[Array], Array] = lambda u: u) -> Array:
    for lr in sizes:
        phi = phi - lr * move(_gradient(f, phi))
    return phi


def _ascend(sizes: list[Scalar], f: Quadratic, g: Array, move_t: Callable[[Array], Array] = lambda u: u) -> Array:
    for lr in reversed(sizes):
        g = g - lr * matvec(f.hessian, move_t(g))
    return g


def _last(sizes: list[Scalar], depth: int | None) -> list[Scalar]:
    return sizes if depth is None else sizes[len(sizes) - depth :]


def _masked(loop: PartialGradientDescent, like: Array) -> Callable[[Array], Array]:
    if len(loop.mask) != like.shape[-1]:
        raise InputError(f"mask: has length {len(loop.mask)}; expected {like.shape[-1]}, one entry a coordinate")
    zero_one = arrays.full_like("mask", [Fraction(moves) for moves in loop.mask], like)
    return lambda u: zero_one * u


def _preconditioner(loop: PreconditionedGradientDescent, like: Array, *, transposed: bool) -> Callable[[Array], Array]:
    _, D = arrays.coerce(like=like, preconditioner=loop.preconditioner)
    if D.ndim == 1:
        arrays.check_shape("preconditioner", D, like.shape[-1:])
        return lambda u: D * u
    arrays.check_square("preconditioner", D)
    arrays.check_broadcast("preconditioner", D[..., 0], like.shape, onto=True)
    D = arrays.namespace(D).matrix_transpose(D) if transposed else D
    return lambda u: matvec(D, u)


def _heavy_ball(loop: HeavyBall, f: Quadratic, theta: Array) -> Array:
    momentum, previous, phi = arrays.scalar(loop.momentum, theta), theta, theta
    for lr in _sizes(loop, theta):
        previous, phi = phi, phi - lr * _gradient(f, phi) + momentum * (phi - previous)
    return phi


def _heavy_ball_reverse(loop: HeavyBall, f: Quadratic, g: Array, depth: int | None) -> Array:
    momentum, u, u_previous = arrays.scalar(loop.momentum, g), g, 0 * g
    for lr in reversed(_sizes(loop, g)):
        u, u_previous = u - lr * matvec(f.hessian, u) + momentum * u + u_previous, -momentum * u
    return u + u_previous


def _proximal_steps(loop: ProximalGradientDescent, f: Quadratic, theta: Array) -> Array:
    strength, phi = arrays.scalar(loop.strength, theta), theta
    for lr in _sizes(loop, theta):
        phi = phi - lr * (_gradient(f, phi) + strength * (phi - theta))
    return phi


def _proximal_steps_reverse(loop: ProximalGradientDescent, f: Quadratic, g: Array, depth: int | None) -> Array:
    strength, direct = arrays.scalar(loop.strength, g), 0 * g
    for lr in reversed(_sizes(loop, g)):
        direct = direct + lr * strength * g
        g = g - lr * (matvec(f.hessian, g) + strength * g)
    return g + direct


def _chebyshev_sizes(loop: Chebyshev, like: Array) -> list[Scalar]:
    """Reciprocals of the Chebyshev nodes, in Leja order: another order lets rounding errors grow without bound."""
    if arrays.is_exact(like):
        raise InputError("Chebyshev: got exact scalars; the Chebyshev nodes are not rational, expected floats")
    nodes = [math.cos(math.pi * (2 * j + 1) / (2 * loop.steps)) for j in range(loop.steps)]
    ordered: list[float] = []
    while nodes:
        nodes.sort(key=lambda x: sum(math.log(abs(x - y) + 1e-300) for y in ordered) if ordered else x)
        ordered.append(nodes.pop())
    middle, half = (loop.largest + loop.smallest) / 2, (loop.largest - loop.smallest) / 2
    return [arrays.scalar(1 / (middle + half * x), like) for x in ordered]


def _flow(A: Array, time: Scalar, x: Array, drift: Array) -> Array:
    """Integrate ``dx/dt = -(A x - drift)`` by the Taylor series method: steps of length at most 1/(2|A|), order 20."""
    if arrays.is_exact(A):
        raise InputError("GradientFlow: got exact scalars; an exponential is not rational, expected floats")
    length = arrays.scalar(time, A)
    needed = 2 * float(abs(_readable("support", A)).sum(axis=-1).max(initial=0)) * float(_readable("time", time))
    arrays.check_overflow("GradientFlow: the number of steps", needed)
    count = max(1, math.ceil(needed))
    dt = length / count
    for _ in range(count):
        term = dt * (drift - matvec(A, x))
        x = x + term
        for k in range(2, 21):
            term = matvec(A, term) * (-dt / k)
            x = x + term
    return x


def _readable(name: str, x: Any) -> Array:
    """The values of x for a decision outside any derivative; a constant can be read while jax compiles, too."""
    import numpy as np

    try:
        return np.asarray(x)
    except (TypeError, RuntimeError):
        if arrays.is_traced(x):
            raise InputError(
                f"{name}: is traced (jit, vmap), but says how many steps to take; expected numbers"
            ) from None
        return arrays.to_numpy(x)


def _proximal(loop: Proximal, f: Quadratic, theta: Array) -> Array:
    return theta + stationary(f, loop.strength, -_gradient(f, theta))


def _implicit(strength: Scalar, f: Quadratic, g: Array) -> Array:
    """``(I + A/strength)^-1 g``, the linear system of iMAML."""
    return stationary(f, strength, arrays.scalar(strength, g) * g)


Forward = Callable[[Any, Quadratic, Array], Array]
Reverse = Callable[[Any, Quadratic, Array, int | None], Array]

FORWARD: dict[type, Forward] = {
    NoAdaptation: lambda loop, f, theta: theta,
    GradientDescent: lambda loop, f, theta: _descend(_sizes(loop, theta), f, theta),
    HeavyBall: _heavy_ball,
    PreconditionedGradientDescent: lambda loop, f, theta: _descend(
        [1] * loop.steps, f, theta, _preconditioner(loop, f.linear, transposed=False)
    ),
    PartialGradientDescent: lambda loop, f, theta: _descend(_sizes(loop, theta), f, theta, _masked(loop, theta)),
    GradientFlow: lambda loop, f, theta: _flow(f.hessian, loop.time, theta, f.linear),
    Proximal: _proximal,
    ProximalGradientDescent: _proximal_steps,
    Chebyshev: lambda loop, f, theta: _descend(_chebyshev_sizes(loop, theta), f, theta),
}

REVERSE: dict[type, Reverse] = {
    NoAdaptation: lambda loop, f, g, depth: g,
    GradientDescent: lambda loop, f, g, depth: _ascend(_last(_sizes(loop, g), depth), f, g),
    HeavyBall: _heavy_ball_reverse,
    PreconditionedGradientDescent: lambda loop, f, g, depth: _ascend(
        _last([1] * loop.steps, depth), f, g, _preconditioner(loop, f.linear, transposed=True)
    ),
    PartialGradientDescent: lambda loop, f, g, depth: _ascend(_last(_sizes(loop, g), depth), f, g, _masked(loop, g)),
    GradientFlow: lambda loop, f, g, depth: _flow(f.hessian, loop.time, g, 0 * g),
    Proximal: lambda loop, f, g, depth: _implicit(loop.strength, f, g),
    ProximalGradientDescent: _proximal_steps_reverse,
    Chebyshev: lambda loop, f, g, depth: _ascend(_chebyshev_sizes(loop, g), f, g),
}


SOLVERS: dict[type, Callable[[Any, Quadratic, Scalar, Array], Array]] = {
    ConjugateGradients: conjugate_gradients,
    Neumann: richardson,
}


def _query_gradient(inner: Any, tasks: Tasks, theta: Array) -> Array:
    return _gradient(tasks.query, adapt(tasks.support, inner, theta))


def _maml(algorithm: Any, tasks: Tasks, theta: Array) -> Array:
    g = _query_gradient(algorithm.inner, tasks, theta)
    return _entry(REVERSE, algorithm.inner)(algorithm.inner, tasks.support, g, getattr(algorithm, "depth", None))


def _imaml(algorithm: IMAML, tasks: Tasks, theta: Array) -> Array:
    inner = Proximal(algorithm.strength) if algorithm.inner is None else algorithm.inner
    g = _query_gradient(inner, tasks, theta)
    if algorithm.solver is None:
        return _implicit(algorithm.strength, tasks.support, g)
    return _entry(SOLVERS, algorithm.solver, "solver")(algorithm.solver, tasks.support, algorithm.strength, g)


def _moreau(algorithm: MoreauEnvelope, tasks: Tasks, theta: Array) -> Array:
    moved = theta - adapt(tasks.support, Proximal(algorithm.strength), theta)
    return arrays.scalar(algorithm.strength, theta) * moved


META_GRADIENTS: dict[type, Callable[[Any, Tasks, Array], Array]] = {
    Joint: lambda algorithm, tasks, theta: _gradient(tasks.query, theta),
    MAML: _maml,
    FOMAML: lambda algorithm, tasks, theta: _query_gradient(algorithm.inner, tasks, theta),
    TruncatedMAML: _maml,
    IMAML: _imaml,
    Reptile: lambda algorithm, tasks, theta: theta - adapt(tasks.support, algorithm.inner, theta),
    MoreauEnvelope: _moreau,
}
