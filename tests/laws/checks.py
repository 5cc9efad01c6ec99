"""The laws as functions that raise AssertionError: the tests apply them to what is drawn, the twins to planted errors.

Two results agree *normwise* if their distance is at most 1e-10 of their size. Where the terms of a result cancel, its
own size is no measure of the rounding errors; 1e-14 of the size of the terms counts as well.
"""

from __future__ import annotations

import warnings
from fractions import Fraction
from typing import Any

import numpy as np

from quadmaml import IllConditionedWarning, NotAGradientError, Quadratic, SingularError, Tasks, adapted_losses, simulate
from quadmaml.arrays import is_exact
from quadmaml.meta_algorithm import Pair

RELATIVE, CANCELLING = 1e-10, 1e-14


def size(x: Any, axes: int = 1) -> Any:
    """Euclidean norms over the last axes."""
    return np.sqrt(np.sum(np.asarray(x, dtype=float) ** 2, axis=tuple(range(-axes, 0))))


def agree(got: Any, want: Any, terms: Any = 0.0, axes: int = 1) -> None:
    """Assert that floats agree normwise over the last axes, and exact scalars exactly."""
    assert got.shape == want.shape
    if is_exact(got):
        assert (got == want).all()
        return
    error, allowed = size(got - want, axes), RELATIVE * size(want, axes) + CANCELLING * np.asarray(terms)
    assert np.all(np.isfinite(got))
    assert np.all(error <= allowed), f"differ by {np.max(error - allowed):.3g} more than allowed"


def in_floats(x: Any) -> Any:
    return np.asarray(x, dtype=float)


def unit_vectors(like: Any) -> list[Any]:
    """The origin and the unit vectors, of the kind of ``like``."""
    d = like.shape[-1]
    rows = np.vstack([np.zeros((1, d), dtype=int), np.eye(d, dtype=int)])
    return [row * Fraction(1) if is_exact(like) else row.astype(float) for row in rows]


# Inner loops


def steps_scale(loop: Any, support: Quadratic, theta: Any) -> Any:
    """Size of the terms in an adapted point: the start and the optimum, grown by the map."""
    A, h, P = in_floats(support.hessian), in_floats(support.linear), in_floats(loop.map(support).linear)
    largest = np.linalg.norm(A, 2, axis=(-2, -1))
    optimum = np.divide(size(h), largest, out=np.zeros_like(largest), where=largest > 0)
    return np.maximum(1, size(P, 2)) * (size(theta) + optimum) + size(in_floats(loop.map(support).offset))


def residual_is_one_at_zero(loop: Any) -> None:
    assert loop.residual(Fraction(0) if has_fractions(loop) else 0.0) == 1
    if not has_fractions(loop):
        np.testing.assert_allclose(loop.residual(np.zeros(2)), np.ones(2), rtol=0, atol=1e-12)


def has_fractions(loop: Any) -> bool:
    values = [getattr(loop, name) for name in getattr(loop, "__dataclass_fields__", {})]
    flat = [entry for value in values for entry in (value if isinstance(value, tuple) else [value])]
    return any(isinstance(entry, Fraction) for entry in flat) or any(is_exact(value) for value in values)


def map_is_what_the_steps_do(loop: Any, support: Quadratic, theta: Any) -> None:
    """The closed form against the simulator: at theta, and column by column."""
    m, scale = loop.map(support), steps_scale(loop, support, theta)
    agree(m(theta), simulate.adapt(support, loop, theta), scale)
    starts = unit_vectors(theta)
    unit_scale = steps_scale(loop, support, in_floats(starts[1]))
    # One call for all starts: every task once for each of them.
    many = Quadratic(*(np.concatenate([x] * len(starts)) for x in (support.hessian, support.linear)))
    adapted = simulate.adapt(many, loop, np.repeat(np.stack(starts), len(support.linear), axis=0))
    offset, *columns = np.split(adapted, len(starts))
    agree(m.offset, offset, unit_scale)
    linear = np.stack([column - offset for column in columns], axis=-1)
    agree(m.linear, linear, unit_scale * np.sqrt(linear.shape[-1]), axes=2)


def map_is_the_residual_at_eigenvalues(loop: Any, support: Quadratic) -> None:
    """P = Q p(eigenvalues) Q' for a spectral loop."""
    eigenvalues, Q = np.linalg.eigh(support.hessian)
    P = (Q * loop.residual(eigenvalues)[..., None, :]) @ Q.swapaxes(-1, -2)
    agree(loop.map(support).linear, P, np.maximum(1, size(P, 2)), axes=2)


def map_contracts_towards_the_optimum(loop: Any, support: Quadratic, optimum: Any, theta: Any) -> None:
    """phi - c = P (theta - c) where c exists."""
    m = loop.map(support)
    agree(
        m(theta) - optimum,
        (m.linear @ (theta - optimum)[..., None])[..., 0],
        steps_scale(loop, support, theta) + np.maximum(1, size(m.linear, 2)) * size(optimum),
    )


def map_treats_tasks_alone(loop: Any, support: Quadratic, theta: Any) -> None:
    """The map of a batch is the batch of maps, and further batch axes change nothing."""
    m, scale = loop.map(support), steps_scale(loop, support, theta)
    for i in range(len(support.linear)):
        alone = loop.map(support[i])
        agree(alone.linear, m.linear[i], scale[i], axes=2)
        agree(alone.offset, m.offset[i], scale[i])
    wider = loop.map(Quadratic(*(x[None] for x in (support.hessian, support.linear, support.constant))))
    agree(wider.linear[0], m.linear, scale, axes=2)
    agree(wider.offset[0], m.offset, scale)


# Algorithms


def kept_jacobians(algorithm: Any, tasks: Tasks) -> Any:
    """The Jacobians of the pairs; for the others the multiple of the identity in their place."""
    if isinstance(algorithm, Pair):
        return algorithm.jacobians(tasks)
    strength = getattr(algorithm, "strength", 1)
    identity = np.eye(tasks.dim, dtype=int) * Fraction(1) if is_exact(tasks.weights) else np.eye(tasks.dim)
    return np.stack([strength * identity] * len(tasks))


def term_sizes(algorithm: Any, tasks: Tasks, theta: Any) -> tuple[float, float]:
    """``sum w |J| (|A||phi| + |h|)``, and the same with the sizes before anything cancels."""
    w, m = in_floats(tasks.weights), algorithm.loop.map(tasks.support)
    J, phi = size(in_floats(kept_jacobians(algorithm, tasks)), 2), size(in_floats(m(theta)))
    before = steps_scale(algorithm.loop, tasks.support, in_floats(theta))
    if isinstance(algorithm, Pair):
        A, h = size(in_floats(tasks.query.hessian), 2), size(in_floats(tasks.query.linear))
    else:
        A, h = np.ones(len(tasks)), size(in_floats(theta)) * np.ones(len(tasks))
    return float(w @ (J * (A * phi + h))), float(w @ (np.maximum(1, J) * (A * (phi + before) + h)))


def meta_gradient_is_back_propagated(algorithm: Any, tasks: Tasks, theta: Any) -> None:
    """The closed form against reverse accumulation over the steps taken."""
    got, want = algorithm.meta_gradient(tasks, theta), simulate.meta_gradient(algorithm, tasks, theta)
    if is_exact(got):
        assert (got == want).all()
        return
    terms, before = term_sizes(algorithm, tasks, theta)
    assert np.all(np.isfinite(got))
    assert size(got - want) <= RELATIVE * terms + CANCELLING * before


def field_is_what_is_simulated(algorithm: Any, tasks: Tasks) -> None:
    """M and v against the simulator's meta-gradients at the origin and the unit vectors."""
    field, starts = algorithm.field(tasks), unit_vectors(tasks.weights[:1] * tasks.support.linear[0])
    origin, *columns = (simulate.meta_gradient(algorithm, tasks, start) for start in starts)
    matrix = np.stack([column - origin for column in columns], axis=-1)
    _, before = term_sizes(algorithm, tasks, starts[1])
    agree(field.rhs, -origin, before)
    agree(field.matrix, matrix, before * np.sqrt(tasks.dim), axes=2)


def field_is_the_meta_gradient(algorithm: Any, tasks: Tasks, theta: Any) -> None:
    _, before = term_sizes(algorithm, tasks, theta)
    agree(algorithm.field(tasks)(theta), algorithm.meta_gradient(tasks, theta), before)


def fixed_point_solves(algorithm: Any, tasks: Tasks) -> None:
    """Backward error at most 1e-10 (|M| |theta| + |v|), exactly 0 for exact scalars."""
    field = algorithm.field(tasks)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", IllConditionedWarning)
            theta = algorithm.fixed_point(tasks)
    except SingularError:
        lost = np.linalg.matrix_rank(in_floats(field.matrix), rtol=1e-10)
        assert lost < tasks.dim, "a fixed point is refused although M is well conditioned"
        return
    left = (field.matrix @ theta[:, None])[:, 0] - field.rhs
    if is_exact(theta):
        assert not left.any()
        return
    assert size(left) <= RELATIVE * (size(field.matrix, 2) * size(theta) + size(field.rhs))
    assert size(simulate.meta_gradient(algorithm, tasks, theta)) <= RELATIVE * term_sizes(algorithm, tasks, theta)[1]


def fixed_point_is_the_exact_one(algorithm: Any, tasks: Tasks, exact_algorithm: Any, exact_tasks: Tasks) -> None:
    """Forward error at most 10 cond(M) 1e-14, where that is below 1; M and v count by their tasks' shares of them.

    With a split v is a difference, and counts by the size of what is subtracted.
    """
    try:
        want = in_floats(exact_algorithm.fixed_point(exact_tasks))
    except SingularError:
        return
    M = in_floats(exact_algorithm.field(exact_tasks).matrix)
    if 10 * np.linalg.cond(M, 2) * 1e-14 >= 1:
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IllConditionedWarning)
        got = algorithm.fixed_point(tasks)
    shares = [exact_algorithm.field(exact_tasks[i]) for i in range(len(tasks)) if tasks.weights[i]]
    w = [float(weight) for weight in tasks.weights if weight]
    of_M = sum(weight * size(in_floats(share.matrix), 2) for weight, share in zip(w, shares, strict=True))
    of_v = sum(weight * size(in_floats(share.rhs)) for weight, share in zip(w, shares, strict=True))
    if tasks.query is not tasks.support:
        of_v = term_sizes(algorithm, tasks, np.zeros(tasks.dim))[1]
    inverse = np.linalg.norm(np.linalg.inv(M), 2)
    assert size(got - want) <= 10 * 1e-14 * inverse * (of_M * size(want) + of_v)


def field_is_a_weighted_curvature(algorithm: Any, tasks: Tasks, optima: Any) -> None:
    """M = sum w W(A) and v = sum w W(A) c for query = support and a spectral loop."""
    eigenvalues, Q = np.linalg.eigh(tasks.support.hessian)
    W = (Q * algorithm.weight(eigenvalues)[..., None, :]) @ Q.swapaxes(-1, -2)
    field, w = algorithm.field(tasks), tasks.weights
    _, before = term_sizes(algorithm, tasks, np.ones(tasks.dim))
    _, at_optima = term_sizes(algorithm, tasks, np.max(np.abs(optima), axis=0))
    agree(field.matrix, np.tensordot(w, W, 1), before, axes=2)
    agree(field.rhs, w @ (W @ optima[..., None])[..., 0], at_optima)


def jacobians_make_the_field(algorithm: Any, tasks: Tasks) -> None:
    """M = sum w J' A P from the public parts: the Jacobians kept and the adaptation map."""
    if not isinstance(algorithm, Pair):
        return
    J, A, m = algorithm.jacobians(tasks), tasks.query.hessian, algorithm.loop.map(tasks.support)
    assert J.shape == (len(tasks), tasks.dim, tasks.dim)
    M = sum(w * (j.T @ a @ p) for w, j, a, p in zip(tasks.weights, J, A, m.linear, strict=True))
    _, before = term_sizes(algorithm, tasks, unit_vectors(tasks.support.linear)[1])
    agree(algorithm.field(tasks).matrix, M, before * np.sqrt(tasks.dim), axes=2)


def objective_has_the_field_as_gradient(algorithm: Any, tasks: Tasks, theta: Any) -> None:
    _, before = term_sizes(algorithm, tasks, theta)
    agree(algorithm.objective(tasks).gradient(theta), algorithm.meta_gradient(tasks, theta), before)


def objective_is_the_mean_adapted_loss(algorithm: Any, tasks: Tasks, theta: Any) -> None:
    """For joint training, MAML and exact iMAML, with the losses taken at the simulator's adapted points."""
    losses = adapted_losses(tasks, theta, algorithm.loop)
    phi = simulate.adapt(tasks.support, algorithm.loop, theta)
    at_phi = tasks.query(phi)
    if is_exact(losses):
        assert (losses == at_phi).all()
        assert algorithm.objective(tasks)(theta) == tasks.weights @ losses
        return
    A, h, k = (tasks.query.hessian, 2), (tasks.query.linear, 1), abs(tasks.query.constant)
    reach = steps_scale(algorithm.loop, tasks.support, theta)
    terms = size(*A) * reach**2 + size(*h) * reach + k
    assert np.all(abs(losses - at_phi) <= 1e-12 * terms)
    assert abs(algorithm.objective(tasks)(theta) - tasks.weights @ at_phi) <= 1e-12 * (tasks.weights @ terms)


def outer_steps_follow_the_closed_form(algorithm: Any, tasks: Tasks, theta0: Any, lr: Any, steps: int) -> None:
    """descend against the simulator's outer loop, at every step."""
    visited = simulate.meta_train(algorithm, tasks, theta0, lr, steps)
    field = algorithm.field(tasks)
    _, before = term_sizes(algorithm, tasks, theta0)
    growth = 1.0
    for t, point in enumerate(visited):
        agree(field.descend(theta0, lr, t), point, (t + 1) * growth * (size(theta0) + float(lr) * before))
        growth *= max(1.0, np.linalg.norm(np.eye(tasks.dim) - float(lr) * in_floats(field.matrix), 2))


# Quadratics and fields


def least_squares_is_half_the_mean_square(X: Any, y: Any, ridge: Any, theta: Any) -> None:
    """f = 1/(2m) |X theta - y|^2 + ridge/2 |theta|^2, its gradient and its Hessian."""
    f, m, r = Quadratic.from_least_squares(X, y, ridge), len(y), X @ theta - y
    agree(np.asarray([f(theta)]), np.asarray([r @ r / (2 * m) + ridge * (theta @ theta) / 2]), y @ y / m)
    agree(f.gradient(theta), X.T @ r / m + ridge * theta, size(X, 2) * size(y) / m)
    one = np.eye(len(theta), dtype=int) if is_exact(X) else np.eye(len(theta))
    agree(f.hessian, X.T @ X / m + ridge * one, axes=2)


def composition_is_one_after_the_other(outer: Any, inner: Any, x: Any) -> None:
    assert ((outer @ inner)(x) == outer(inner(x))).all()
    assert ((outer**3)(x) == outer(outer(outer(x)))).all()
    assert ((outer**0)(x) == x).all()


def pull_back_is_the_value_at_the_image(f: Quadratic, m: Any, x: Any) -> None:
    assert f.compose(m)(x) == f(m(x))


def potential_is_found_exactly_where_there_is_one(field: Any, theta: Any) -> None:
    if (field.matrix == field.matrix.T).all():
        assert (field.potential().gradient(theta) == field(theta)).all()
        assert field.potential()(0 * theta) == 0
        return
    assert not field.is_gradient()
    try:
        field.potential()
    except NotAGradientError:
        return
    raise AssertionError("a potential of a field that is no gradient")
