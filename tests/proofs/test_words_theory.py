"""The words engine proves the theory's theorems, of the code that runs where it can, and refuses their neighbours."""

from typing import Any

import pytest
import sympy

import quadmaml as qm
from quadmaml.proofs.letters import scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, inverse, jacobian, named
from quadmaml.proofs.words import prove_equal

from .word_letters import assumed, proved

alpha = sympy.Symbol("alpha", positive=True)


def adapted_loss(K: int, lr: Any) -> Any:
    def loss(A: Any, c: Any, theta: Any) -> Any:
        error = (1 - lr * A) ** K * (theta - c)
        return error.T * A * error / 2

    return loss


@pytest.mark.parametrize("K", [1, 5, 20])
def test_the_maml_gradient_from_its_definition(K):
    loss = adapted_loss(K, alpha)

    def lhs(A, c, theta):
        return gradient(lambda x: loss(A, c, x), theta)

    assert assumed(lhs, lambda A, c, theta: A * (1 - alpha * A) ** (2 * K) * (theta - c)) == {"$A$ symmetric"}
    assert not proved(lhs, lambda A, c, theta: A * (1 - alpha * A) ** K * (theta - c))
    assert not proved(lhs, lambda A, c, theta: A * (1 - alpha * A) ** (2 * K + 1) * (theta - c))


def test_the_maml_gradient_of_the_code_that_runs():
    def lhs(A, h, theta):
        f = qm.Quadratic(A, h)
        return gradient(f.compose(qm.GradientDescent(lr=alpha, steps=3).map(f)), theta)

    def composed(A, h, theta):
        f = qm.Quadratic(A, h)
        return f.compose(qm.GradientDescent(lr=alpha, steps=3).map(f)).gradient(theta)

    def rhs(A, h, theta):
        return (1 - alpha * A) ** 6 * (A * theta - h)

    assert proved(lhs, rhs)
    assert proved(composed, rhs)
    assert not proved(composed, lambda A, h, theta: (1 - alpha * A) ** 5 * (A * theta - h))


def test_the_maml_gradient_of_any_filter():
    def lhs(A, P, c, theta):
        return gradient(lambda x: (P * (x - c)).T * A * P * (x - c) / 2, theta)

    assert assumed(lhs, lambda A, P, c, theta: A * P**2 * (theta - c)) == {
        "$A$ symmetric",
        "$P$ symmetric",
        "$A$, $P$ commute",
    }
    assert not proved(lhs, lambda A, P, c, theta: A * P * (theta - c))


def test_the_maml_gradient_with_a_split():
    def lhs(P, B, c, u, theta):
        return gradient(lambda x: (c + P * (x - c) - u).T * B * (c + P * (x - c) - u) / 2, theta)

    assert proved(lhs, lambda P, B, c, u, theta: P * B * P * (theta - c) + P * B * (c - u))
    assert not proved(lhs, lambda P, B, c, u, theta: B * P**2 * (theta - c) + P * B * (c - u))


def test_the_maml_gradient_of_any_smooth_loss():
    def lhs(f, theta, lr):
        return gradient(lambda x: f(x - lr * gradient(f, x)), theta)

    def rhs(f, theta, lr):
        return (1 - lr * f.hessian(theta)) * f.gradient(theta - lr * f.gradient(theta))

    assert assumed(lhs, rhs) == {"$f$ twice continuously differentiable"}
    assert not proved(lhs, lambda f, theta, lr: f.gradient(theta - lr * f.gradient(theta)))


def descent(f: Any, x: Any, lr: Any, steps: int) -> Any:
    for _ in range(steps):
        x = x - lr * f.gradient(x)
    return x


def test_several_steps_on_a_smooth_loss():
    def factor(f, theta, lr, k):
        return 1 - lr * f.hessian(descent(f, theta, lr, k))

    def lhs(f, theta, lr):
        return gradient(lambda x: f(descent(f, x, lr, 2)), theta)

    def last(f, theta, lr):
        return f.gradient(descent(f, theta, lr, 2))

    def rhs(f, theta, lr):
        return factor(f, theta, lr, 0) * factor(f, theta, lr, 1) * last(f, theta, lr)

    def reversed_(f, theta, lr):
        return factor(f, theta, lr, 1) * factor(f, theta, lr, 0) * last(f, theta, lr)

    assert proved(lhs, rhs)
    assert not proved(lhs, reversed_)


def test_the_chain_rule_over_ten_steps():
    letters = {f"H{k}": symmetric() for k in range(10)} | {"theta": vector(), "lr": scalar()}

    def lhs(theta, lr, **hessians):
        def adapted(x):
            for k in range(10):
                x = x - lr * hessians[f"H{k}"] * x
            return x

        return jacobian(adapted, theta)

    def product(order):
        def rhs(lr, **hessians):
            total = 1
            for k in order:
                total = total * (1 - lr * hessians[f"H{k}"])
            return total

        return rhs

    assert prove_equal(lhs, product(range(9, -1, -1)), letters).proved
    assert not prove_equal(lhs, product(range(10)), letters).proved


def test_the_derivative_of_the_start_is_the_identity():
    assert proved(lambda theta: jacobian(lambda x: x, theta), lambda: 1)
    assert not proved(lambda theta: jacobian(lambda x: x, theta), lambda: 2)


def test_the_fixed_point_of_two_tasks():
    def core(A, B, u, v, lr):
        return qm.MAML(qm.GradientDescent(lr, 2)).fixed_point(qm.Tasks.from_minimizers([A, B], [u, v]))

    def average(A, B, u, v, lr, steps=4):
        X, Y = (named(H * (1 - lr * H) ** steps, name) for H, name in ((A, "X"), (B, "Y")))
        return inverse(X + Y) * (X * u + Y * v)

    assert assumed(core, average) == {"$X + Y$ invertible", "$A$ symmetric", "$B$ symmetric"}
    assert not proved(core, lambda A, B, u, v, lr: average(A, B, u, v, lr, steps=2))


def test_the_loss_at_the_fixed_point():
    def loss(A, B, u, v):
        theta = inverse(A + B) * (A * u + B * v)
        return ((theta - u).T * A * (theta - u) + (theta - v).T * B * (theta - v)) / 2

    assert proved(loss, lambda A, B, u, v: (u - v).T * A * inverse(A + B) * B * (u - v) / 2)
    assert not proved(loss, lambda A, B, u, v: (u - v).T * A * inverse(A + B) * A * (u - v) / 2)


def test_the_parallel_sum():
    def harmonic(A, B):
        return inverse(inverse(A) + inverse(B))

    assert assumed(harmonic, lambda A, B: A * inverse(A + B) * B) == {
        "$A$ invertible",
        "$B$ invertible",
        "$A^{-1} + B^{-1}$ invertible",
        "$A + B$ invertible",
    }
    assert proved(lambda A, B: A * inverse(A + B) * B, lambda A, B: B * inverse(A + B) * A)
    assert proved(lambda A, B: A * inverse(A + B) * B, lambda A, B: A - A * inverse(A + B) * A)
    assert not proved(harmonic, lambda A, B: B * A * inverse(A + B))


def test_the_midpoint_loses_by_a_sum_of_squares():
    assert proved(
        lambda A, B: A + B - 4 * A * inverse(A + B) * B,
        lambda A, B: (A - B) * inverse(A + B) * (A - B),
    )


def test_explicit_weights_of_commuting_letters():
    def X(A, P):
        return A * P**2

    assert proved(
        lambda A, B, P, Q: inverse(inverse(X(A, P)) + inverse(X(B, Q))),
        lambda A, B, P, Q: X(A, P) * inverse(X(A, P) + X(B, Q)) * X(B, Q),
    )


def test_the_implicit_jacobian_from_stationarity():
    # d/d theta of H (phi - c) + lam (phi - theta) = 0, with M the Jacobian of phi
    stationary = [lambda A, M, lam: A * M + lam * (M - 1)]
    assert "$A M + \\lambda (M - I) = 0$" in assumed(
        lambda M: M, lambda A, lam: lam * inverse(A + lam), assume=stationary
    )
    assert proved(lambda M: M, lambda A, lam: inverse(1 + A / lam), assume=stationary)
    assert not proved(lambda M: M, lambda A, lam: lam * inverse(A - lam), assume=stationary)


def test_the_linear_system_of_imaml():
    def meta_gradient(A, B, c, u, theta, lam):
        adapted = inverse(A + lam) * (A * c + lam * theta)
        return inverse(1 + A / lam) * B * (adapted - u), adapted

    def lhs(A, B, c, u, theta, lam):
        g, _ = meta_gradient(A, B, c, u, theta, lam)
        return (1 + A / lam) * g

    def rhs(A, B, c, u, theta, lam):
        _, adapted = meta_gradient(A, B, c, u, theta, lam)
        return B * (adapted - u)

    def loss(A, B, c, u, theta, lam):
        def judged(x):
            y = inverse(A + lam) * (A * c + lam * x) - u
            return y.T * B * y / 2

        return gradient(judged, theta)

    assert proved(lhs, rhs)
    assert proved(loss, lambda **each: meta_gradient(**{k: each[k] for k in ("A", "B", "c", "u", "theta", "lam")})[0])
    assert not proved(lhs, lambda A, B, c, u, theta, lam: B * (theta - u))


def test_the_core_field_of_exact_imaml():
    def core(A, B, u, v, lam):
        return qm.IMAML(lam).field(qm.Tasks.from_minimizers([A, B], [u, v])).operator

    assert proved(core, lambda A, B, lam: (A * (1 + A / lam) ** -2 + B * (1 + B / lam) ** -2) / 2)


def test_moreau_equals_reptile_on_the_proximal_loop():
    def field(algorithm):
        return lambda A, B, u, v, lam, theta: algorithm(lam).field(qm.Tasks.from_minimizers([A, B], [u, v]))(theta)

    assert proved(
        field(qm.MoreauEnvelope),
        lambda A, B, u, v, lam, theta: lam * field(lambda s: qm.Reptile(qm.Proximal(s)))(A, B, u, v, lam, theta),
    )
