"""iMAML's two inner problems: the regularised task loss, and what solving it by few steps does to the meta-gradient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from . import arrays, linalg
from .adaptation import Proximal
from .algorithms import IMAML
from .arrays import Array, Scalar
from .errors import InputError, check_number
from .inner_loop import InnerLoop
from .meta_algorithm import check_loop, check_tasks
from .quadratic import Quadratic, check_quadratic
from .solvers import Solver, implicit_system
from .tasks import Tasks

__all__ = ["inner_error", "meta_gradient_errors", "regularised", "regularised_path"]


def regularised(f: Quadratic, theta: Any, strength: Scalar) -> Quadratic:
    """The regularised task loss ``f(phi) + strength/2 |phi - theta|^2``, a quadratic of phi.

    Notes
    -----
    Rajeswaran, Finn, Kakade, Levine (2019), equation (3).

    Examples
    --------
    >>> f = Quadratic.from_minimizer([[1.0]], [4.0])
    >>> regularised(f, [0.0], strength=1.0).minimizer().tolist()
    [2.0]
    """
    strength = check_number("strength", strength, above=0)
    _, x = arrays.coerce(linear=check_quadratic("f", f).linear, theta=theta)
    arrays.check_broadcast("theta", x, f.linear.shape, onto=True)
    weight = arrays.scalar(strength, f.linear, "strength")
    return Quadratic(f.curvature + weight, f.linear + weight * x, f.constant + weight * linalg.dot(x, x) / 2)


def regularised_path(f: Quadratic, theta: Any, strengths: Sequence[Scalar]) -> tuple[Array, Array]:
    """The minimisers ``phi*(strength)`` of the regularised loss, and their Jacobians by theta.

    ``phi* = (A + strength I)^-1 (h + strength theta)``, from theta for large strengths to the minimiser of f for small
    ones; its Jacobian is ``strength (A + strength I)^-1 = (I + A/strength)^-1``.

    Parameters
    ----------
    f : Quadratic
        One task loss, in dimension d.
    theta : array, shape (d,)
        The start.
    strengths : sequence of numbers
        S values > 0.

    Returns
    -------
    points : array, shape (S, d)
    jacobians : array, shape (S, d, d)

    Raises
    ------
    InputError
        For shapes that do not fit, and strengths that are not > 0.
    SingularError
        If ``A + strength I`` is singular for one of them.

    Notes
    -----
    Rajeswaran, Finn, Kakade, Levine (2019), equation (3) and Lemma 1.

    Examples
    --------
    >>> points, jacobians = regularised_path(Quadratic.from_minimizer([[1.0]], [4.0]), [0.0], [1.0, 3.0])
    >>> points.tolist(), jacobians.tolist()
    ([[2.0], [1.0]], [[[0.5]], [[0.75]]])
    """
    if check_quadratic("f", f).linear.ndim != 1 or not len(strengths):
        raise InputError("f: expected one quadratic, without batch axes, and at least one strength")
    maps = [Proximal(strength).map(f) for strength in strengths]
    stack = arrays.namespace(f.linear).stack
    return stack([m(theta) for m in maps]), stack([m.linear for m in maps])


def meta_gradient_errors(
    tasks: Tasks,
    theta: Any,
    strength: Scalar,
    *,
    inner: Sequence[InnerLoop] | None = None,
    solver: Solver | None = None,
) -> Array:
    """By how much iMAML's meta-gradient at theta is off when its inner problems are solved inexactly.

    Parameters
    ----------
    tasks : Tasks
        n tasks in dimension d.
    theta : array, shape (d,)
        Where the meta-gradient is taken.
    strength : number
        Weight lambda > 0 of the distance to the start.
    inner : sequence of InnerLoop, optional
        K solvers of the proximal problem, as in ``[ProximalGradientDescent(strength, lr, k) for k in range(10)]``; by
        default the exact one alone.
    solver : Solver, optional
        Solves ``(I + A/strength) g = gradient`` from 0: ``ConjugateGradients(steps)`` or ``Neumann(steps)``. By default
        it is solved exactly.

    Returns
    -------
    array, shape (K, m + 1, d)
        The meta-gradient with each inner solver and after 0, ..., m steps of the linear solver, minus the exact one.
        Without a solver the middle axis has length 1.

    Examples
    --------
    >>> from quadmaml import ProximalGradientDescent
    >>> from quadmaml.solvers import Neumann
    >>> tasks = Tasks.from_minimizers([[[1.0]]], [[4.0]])
    >>> descent = [ProximalGradientDescent(2.0, 0.25, k) for k in range(3)]
    >>> meta_gradient_errors(tasks, [0.0], 2.0, inner=descent).round(6).tolist()
    [[[-0.888889]], [[-0.222222]], [[-0.055556]]]
    >>> meta_gradient_errors(tasks, [0.0], 2.0, solver=Neumann(2)).round(6).tolist()
    [[[1.777778], [-0.888889], [0.444444]]]
    """
    exact = IMAML(strength).meta_gradient(tasks, theta)
    xp, w = arrays.namespace(exact), tasks.weights
    system = implicit_system(tasks.support.curvature, arrays.scalar(strength, exact, "strength"))
    rows = []
    for loop in [Proximal(strength)] if inner is None else list(inner):
        gradient = tasks.query.gradient(check_loop(loop).map(tasks.support)(theta))
        if solver is None:
            rows.append(linalg.weighted_sum(w, system.solve(gradient))[None, :] - exact)
        else:
            iterates: Any = solver.solve(system, gradient, keep=True).iterates
            rows.append(xp.stack([linalg.weighted_sum(w, iterates[k, ...]) - exact for k in range(solver.steps + 1)]))
    if not rows:
        raise InputError("inner: is empty; expected at least one inner loop")
    return xp.stack(rows)


def inner_error(tasks: Tasks, theta: Any, strength: Scalar, inner: InnerLoop) -> Array:
    """The error of the meta-gradient from the inner solver alone: ``sum_i w_i (I + A/strength)^-1 A_q (phi' - phi)``.

    phi is the exact adapted point, phi' the one that ``inner`` finds; A is the support's Hessian, ``A_q`` the query's.
    On quadratics it is exact, not a bound.

    Notes
    -----
    The quadratic case of Rajeswaran, Finn, Kakade, Levine (2019), Lemma 3 in the appendix, with equality.

    Examples
    --------
    >>> from quadmaml import ProximalGradientDescent
    >>> tasks = Tasks.from_minimizers([[[1.0]]], [[4.0]])
    >>> inner_error(tasks, [0.0], 2.0, ProximalGradientDescent(2.0, 0.25, 0)).round(6).tolist()
    [-0.888889]
    """
    support = check_tasks(tasks).support
    off = check_loop(inner).map(support)(theta) - Proximal(strength).map(support)(theta)
    system = implicit_system(support.curvature, arrays.scalar(strength, support.linear, "strength"))
    return linalg.weighted_sum(tasks.weights, system.solve(tasks.query.curvature @ off))
