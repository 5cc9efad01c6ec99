"""Second oracles: automatic differentiation, in torch and in jax, through inner loops written out here step by step.

The closed forms themselves are differentiated too, with respect to theta, step sizes, strengths and Hessians.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadmaml import Quadratic, Tasks, adapted_losses, simulate
from quadmaml.adaptation import (
    GradientDescent,
    HeavyBall,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
)
from quadmaml.algorithms import FOMAML, IMAML, MAML, Joint, MoreauEnvelope, Reptile, TruncatedMAML
from quadmaml.arrays import namespace, to_numpy

from ..backends import BACKENDS
from . import fixed

LIBRARIES = [backend for backend in BACKENDS if backend.name in ("torch-cpu", "torch-cuda", "jax")]


class Torch:
    """The few calls in which the two libraries differ."""

    def __init__(self, backend: Any) -> None:
        import torch

        self.array, self.solve, self.stop = backend.array, torch.linalg.solve, lambda x: x.detach()
        self.exp, self.gradient, self.jacobian = torch.linalg.matrix_exp, torch.func.grad, torch.func.jacrev


class Jax:
    def __init__(self, backend: Any) -> None:
        import jax

        self.array, self.solve, self.stop = backend.array, jax.numpy.linalg.solve, jax.lax.stop_gradient
        self.exp, self.gradient, self.jacobian = jax.scipy.linalg.expm, jax.grad, jax.jacrev


@pytest.fixture(params=LIBRARIES, ids=lambda backend: backend.name)
def library(request: Any) -> Any:
    request.param.skip_unless_present()
    return (Jax if request.param.name == "jax" else Torch)(request.param)


def unrolled(lib: Any, loop: Any, A: Any, h: Any, theta: Any, *, kept: int | None = None) -> Any:
    """The adapted point of one task, by the steps of the papers; ``kept`` steps at the end remember their start."""
    phi = previous = theta
    name = type(loop).__name__
    if name in ("Proximal", "GradientFlow"):
        one = lib.array(np.eye(3))
        if name == "Proximal":
            return lib.solve(A + loop.strength * one, h + loop.strength * theta)
        decay = lib.exp(-loop.time * A)  # of curvature that can be inverted
        return lib.solve(A, h) + decay @ (theta - lib.solve(A, h))
    sizes = step_sizes(loop)
    for k, lr in enumerate(sizes):
        if kept is not None and k == len(sizes) - kept:
            phi = lib.stop(phi)
        gradient = A @ phi - h
        if name == "PreconditionedGradientDescent":
            D = loop.preconditioner
            gradient = D * gradient if D.ndim == 1 else D @ gradient
        if name == "PartialGradientDescent":
            gradient = lib.array(np.asarray(loop.mask, dtype=float)) * gradient
        if name == "ProximalGradientDescent":
            gradient = gradient + loop.strength * (phi - theta)
        following = phi - lr * gradient
        if name == "HeavyBall":
            following = following + loop.momentum * (phi - previous)
        previous, phi = phi, following
    return lib.stop(phi) if kept == 0 else phi


def step_sizes(loop: Any) -> list[float]:
    if type(loop).__name__ == "Chebyshev":
        nodes = np.cos(np.pi * (2 * np.arange(loop.steps) + 1) / (2 * loop.steps))
        return list(2 / (loop.largest + loop.smallest + (loop.largest - loop.smallest) * nodes))
    if isinstance(getattr(loop, "lr", None), tuple):
        return list(loop.lr)
    return [getattr(loop, "lr", 1.0)] * getattr(loop, "steps", 0)


def tasks_of(lib: Any, data: Any, *, split: bool) -> tuple[Tasks, Any]:
    """Three tasks in dimension 3, whose values are drawn; their support has curvature from 1 to 7."""
    entries = st.integers(-8, 8)

    def values(*shape: int) -> Any:
        k = int(np.prod(shape))
        return np.reshape(data.draw(st.lists(entries, min_size=k, max_size=k)), shape) / 8

    B = values(2, 3, 3, 3)
    support, query = (x @ x.swapaxes(-1, -2) + shift * np.eye(3) for x, shift in zip(B, (1, -1), strict=True))
    h, theta, w = values(2, 3, 3), values(3), 1 + abs(values(3))
    parts = [
        Quadratic(lib.array(A), lib.array(b), lib.array(values(3))) for A, b in zip((support, query), h, strict=True)
    ]
    return Tasks(parts[0], parts[1] if split else None, lib.array(w)), lib.array(theta)


def value(A: Any, h: Any, x: Any) -> Any:
    return x @ (A @ x) / 2 - h @ x


def differentiated(lib: Any, algorithm: Any, tasks: Tasks, theta: Any) -> Any:
    """The meta-gradient, by differentiating through the unrolled steps that the algorithm keeps."""
    total = 0 * theta
    for i, w in enumerate(tasks.weights):
        A, h = tasks.support.hessian[i], tasks.support.linear[i]
        A_query, h_query = tasks.query.hessian[i], tasks.query.linear[i]
        loop = algorithm.loop

        def loss(x: Any, A_query: Any = A_query, h_query: Any = h_query) -> Any:
            return value(A_query, h_query, x)

        def adapted(x: Any, A: Any = A, h: Any = h, loop: Any = loop, kept: int | None = None) -> Any:
            return unrolled(lib, loop, A, h, x, kept=kept)

        if isinstance(algorithm, (Joint, MAML)):
            g = lib.gradient(lambda x: loss(adapted(x)))(theta)
        elif isinstance(algorithm, TruncatedMAML):
            # What is detached stands for a start of its own, at which the last steps begin.
            first = unrolled(lib, head(loop, algorithm.depth), A, h, theta)
            last = loop.last(algorithm.depth)
            g = lib.gradient(lambda x: loss(unrolled(lib, last, A, h, x)))(first)  # noqa: B023
        elif isinstance(algorithm, FOMAML):
            g = lib.gradient(loss)(adapted(theta))
        elif isinstance(algorithm, IMAML):
            proximal = lib.jacobian(lambda x: adapted(x, loop=Proximal(algorithm.strength)))(theta)
            g = proximal.T @ lib.gradient(loss)(adapted(theta))
        else:
            g = getattr(algorithm, "strength", 1) * (theta - adapted(theta))
        total = total + w * g
    return total


def head(loop: Any, depth: int) -> Any:
    """All steps but the last ``depth``."""
    sizes = getattr(loop, "lr", None)
    if isinstance(sizes, tuple):
        return type(loop)(**{**vars(loop), "lr": sizes[: len(sizes) - depth], "steps": None})
    return type(loop)(**{**vars(loop), "steps": loop.steps - depth})


@pytest.mark.parametrize("name", fixed.loops())
def test_meta_gradients_are_those_of_automatic_differentiation(name: str, library: Any) -> None:
    loop = fixed.loops(array=lambda D: library.array(np.asarray(D, dtype=float)))[name]

    @settings(max_examples=3)
    @given(st.data(), st.booleans())
    def agrees(data: Any, split: bool) -> None:
        tasks, theta = tasks_of(library, data, split=split)
        for key, algorithm in fixed.algorithms(loop).items():
            want = to_numpy(differentiated(library, algorithm, tasks, theta))
            got = to_numpy(algorithm.meta_gradient(tasks, theta))
            np.testing.assert_allclose(got, want, rtol=1e-9, atol=1e-10, err_msg=key)

    agrees()


@pytest.mark.parametrize("name", fixed.loops())
def test_maml_is_the_derivative_through_the_simulator(name: str, library: Any) -> None:
    loop = fixed.loops(array=lambda D: library.array(np.asarray(D, dtype=float)))[name]
    tasks = fixed.tasks(lambda x: library.array(np.asarray(x, dtype=float)))
    theta = library.array(np.asarray(fixed.theta(), dtype=float))

    def meta_loss(x: Any) -> Any:
        return tasks.weights @ tasks.query(simulate.adapt(tasks.support, loop, x))

    got = to_numpy(MAML(loop).meta_gradient(tasks, theta))
    np.testing.assert_allclose(got, to_numpy(library.gradient(meta_loss)(theta)), rtol=1e-9, atol=1e-10)


# The closed forms, differentiated with respect to what they depend on

PARAMETERS = {
    "lr": lambda x: MAML(GradientDescent(x, 3)),
    "heavy ball lr": lambda x: FOMAML(HeavyBall(x, 0.5, 3)),
    "momentum": lambda x: FOMAML(HeavyBall(0.1, x, 3)),
    "strength": lambda x: IMAML(x),
    "envelope": lambda x: MoreauEnvelope(x),
    "inexact": lambda x: IMAML(x, ProximalGradientDescent(x, 0.1, 3)),
    "reptile": lambda x: Reptile(GradientDescent(x, 2)),
}


def perturbed_tasks(hessian: Any, like: Any) -> Tasks:
    """The fixed tasks, with the given matrix, symmetrised, added to the first Hessian."""
    tasks = fixed.tasks(like)
    A = tasks.support.hessian
    rows = [(hessian + hessian.T) / 2 + A[0], A[1], A[2]]
    support = Quadratic(namespace(A).stack(rows), tasks.support.linear)
    return Tasks(support, tasks.query, tasks.weights)


def outcomes(hessian: Any, parameter: Any, theta: Any, make: Any, like: Any) -> Any:
    """Numbers that depend on everything: the meta-loss, a meta-gradient, and the fixed point."""
    tasks, algorithm = perturbed_tasks(hessian, like), make(parameter)
    losses = tasks.weights @ adapted_losses(tasks, theta, algorithm.loop)
    return losses + (algorithm.meta_gradient(tasks, theta) ** 2).sum() + (algorithm.fixed_point(tasks) ** 2).sum()


@pytest.mark.parametrize("name", PARAMETERS)
def test_closed_forms_are_differentiable(name: str, library: Any) -> None:
    """With respect to a Hessian, a parameter and theta; against central differences."""

    def like(x: Any) -> Any:
        return library.array(np.asarray(x, dtype=float))

    point = np.concatenate([0.25 * np.eye(3).ravel(), [0.2], np.asarray(fixed.theta(), dtype=float)])

    def outcome(z: Any) -> Any:
        return outcomes(z[:9].reshape(3, 3), z[9], z[10:], PARAMETERS[name], like)

    got = to_numpy(library.gradient(outcome)(like(point)))
    steps = 1e-5 * np.eye(len(point))
    want = [float(outcome(like(point + e)) - outcome(like(point - e))) / 2e-5 for e in steps]
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5 * abs(np.asarray(want)).max())


def test_torch_gradcheck() -> None:
    library = Torch(find_backend("torch-cpu"))
    from torch.autograd import gradcheck

    def fixed_point(A: Any, h: Any, lr: Any) -> Any:
        tasks = Tasks(Quadratic((A + A.transpose(-1, -2)) / 2, h))
        return MAML(GradientDescent(lr, 2)).fixed_point(tasks)

    raw = np.asarray(fixed.hessians()[:2], dtype=float), np.asarray(fixed.linears()[:2], dtype=float), np.asarray(0.1)
    assert gradcheck(fixed_point, tuple(library.array(x).requires_grad_() for x in raw))


def find_backend(name: str) -> Any:
    backend = next(backend for backend in BACKENDS if backend.name == name)
    backend.skip_unless_present()
    return backend


@pytest.mark.parametrize("name", ["gradient descent", "heavy ball", "preconditioner", "proximal", "flow"])
def test_meta_gradients_can_be_compiled_and_vectorised(name: str, library: Any) -> None:
    def like(x: Any) -> Any:
        return library.array(np.asarray(x, dtype=float))

    tasks, thetas = fixed.tasks(like), like(np.arange(12.0).reshape(4, 3) / 4)
    algorithm = MAML(fixed.loops(array=like)[name])
    want = np.stack([to_numpy(algorithm.meta_gradient(tasks, theta)) for theta in thetas])
    if isinstance(library, Jax):
        import jax

        vectorised = jax.jit(jax.vmap(lambda x: algorithm.meta_gradient(tasks, x)))(thetas)
    else:
        import torch

        vectorised = torch.func.vmap(lambda x: algorithm.meta_gradient(tasks, x))(thetas)
    np.testing.assert_allclose(to_numpy(vectorised), want, rtol=1e-12, atol=1e-12)


def test_a_function_of_the_tasks_can_be_compiled_by_jax() -> None:
    Jax(find_backend("jax"))
    import jax

    tasks = fixed.tasks(lambda x: jax.numpy.asarray(np.asarray(x, dtype=float)))

    @jax.jit
    def solve(A: Any, h: Any, lr: Any, strength: Any) -> Any:
        built = Tasks(Quadratic(A, h), tasks.query)
        return MAML(GradientDescent(lr, 3)).fixed_point(built), IMAML(strength).fixed_point(built)

    one, two = solve(tasks.support.hessian, tasks.support.linear, 0.1, 0.5)
    built = Tasks(tasks.support, tasks.query)
    np.testing.assert_allclose(one, MAML(GradientDescent(0.1, 3)).fixed_point(built), rtol=1e-10)
    np.testing.assert_allclose(two, IMAML(0.5).fixed_point(built), rtol=1e-10)


def test_a_preconditioner_can_be_learned() -> None:
    """Meta-SGD: the meta-loss is differentiable with respect to D."""
    library = Torch(find_backend("torch-cpu"))
    import torch

    tasks = fixed.tasks(lambda x: library.array(np.asarray(x, dtype=float)))
    theta = library.array(np.asarray(fixed.theta(), dtype=float))

    def meta_loss(D: Any) -> Any:
        return tasks.weights @ adapted_losses(tasks, theta, PreconditionedGradientDescent(D, 2))

    D = library.array(np.asarray([0.1, 0.2, 0.15])).requires_grad_()
    assert torch.autograd.gradcheck(meta_loss, (D,))
