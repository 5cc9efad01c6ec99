"""The Jacobian of K inner steps: the order of its factors, where each identity comes from, and what FOMAML drops."""

from __future__ import annotations

from typing import Any

from quadmaml import FOMAML, MAML, AffineMap, GradientDescent, Quadratic, Tasks
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.letters import Letter, matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import jacobian, named
from quadmaml.proofs.words import smooth

__all__ = ["fomaml_jacobian", "maml_jacobian"]


def maml_jacobian() -> Derivation:
    """``maml-jacobian``: K steps, each on a loss of its own."""
    letters: dict[str, Letter] = {f"A{k}": symmetric() for k in (1, 2, 3)} | {f"h{k}": vector() for k in (1, 2, 3)}
    letters |= {"alpha": scalar(), "theta": vector(), "P": matrix("P_{k-1}"), "s": vector("s_{k-1}"), "f": smooth()}
    start = Derivation("maml-jacobian", "The Jacobian of the inner loop of MAML", letters)
    return _any_loss(_induction(_three_steps(_one_step(_start_itself(start)))))


def _start_itself(start: Derivation) -> Derivation:
    def itself(theta: Any) -> Any:
        return jacobian(lambda point: point, theta)

    return start.define(
        itself,
        r"the derivative of the start by itself, $\varphi_{0} = \theta$",
        shown=r"\frac{\partial \varphi_{0}}{\partial \theta}",
    ).step(
        lambda A1: A1**0,
        r"its entry (i, j) is $\partial \theta_{i} / \partial \theta_{j}$: 1 if i = j, else 0. It is the identity"
        " matrix and not a vector of ones, and as a factor it changes nothing",
    )


def _one_step(start: Derivation) -> Derivation:
    def stepped(A1: Any, h1: Any, alpha: Any, theta: Any) -> Any:
        return jacobian(lambda point: point - alpha * (A1 * point - h1), theta)

    def split(A1: Any, h1: Any, alpha: Any, theta: Any) -> Any:
        return jacobian(lambda point: point, theta) - alpha * jacobian(lambda point: A1 * point - h1, theta)

    def computed(A1: Any, h1: Any, alpha: Any) -> Any:
        return _step(A1, h1, alpha).operator

    return (
        start.define(
            stepped,
            r"one step, $\varphi_{1} = \theta - \alpha \nabla f_{1}(\theta)$ with $\nabla f_{1}(x) ="
            r" A_{1} x - h_{1}$",
        )
        .step(split, "the derivative of a difference: the first term is the derivative of the start by itself")
        .step(
            lambda A1, alpha: 1 - alpha * A1,
            r"so $I$ is $\partial \theta / \partial \theta$, and $A_{1}$ the Hessian"
            r" of $f_{1}$",
        )
        .step(computed, "the linear part of the step that GradientDescent computes", shown=r"P_{1}")
    )


def _step(A: Any, h: Any, alpha: Any) -> AffineMap:
    """One gradient step on a quadratic, by the class that runs."""
    return GradientDescent(alpha, 1).map(Quadratic(A, h))


def _three_steps(start: Derivation) -> Derivation:
    def composed(A1: Any, A2: Any, A3: Any, h1: Any, h2: Any, h3: Any, alpha: Any, theta: Any) -> Any:
        first, second, third = _step(A1, h1, alpha), _step(A2, h2, alpha), _step(A3, h3, alpha)
        return jacobian(lambda point: third(second(first(point))), theta)

    def chain_rule(A1: Any, A2: Any, A3: Any, h1: Any, h2: Any, h3: Any, alpha: Any) -> Any:
        return (_step(A3, h3, alpha) @ _step(A2, h2, alpha) @ _step(A1, h1, alpha)).operator

    def closed(A1: Any, A2: Any, A3: Any, alpha: Any) -> Any:
        return (1 - alpha * A3) * (1 - alpha * A2) * (1 - alpha * A1)

    return (
        start.define(
            composed,
            r"three steps on losses with gradients $A_{k} x - h_{k}$",
            shown=r"\frac{\partial \varphi_{3}}{\partial \theta}",
        )
        .step(
            chain_rule,
            "chain rule: the linear part of the composed maps",
            shown=r"\frac{\partial \varphi_{3}}{\partial \varphi_{2}} \, \frac{\partial \varphi_{2}}{\partial"
            r" \varphi_{1}} \, \frac{\partial \varphi_{1}}{\partial \theta}",
        )
        .step(closed, "later steps stand to the left; the factors need not commute")
    )


def _induction(start: Derivation) -> Derivation:
    def one_more(A1: Any, h1: Any, P: Any, s: Any, alpha: Any, theta: Any) -> Any:
        return jacobian(lambda point: _step(A1, h1, alpha)(P * point + s), theta)

    def composed(A1: Any, h1: Any, P: Any, s: Any, alpha: Any) -> Any:
        return (_step(A1, h1, alpha) @ AffineMap(P, s)).operator

    def closed(A1: Any, P: Any, alpha: Any) -> Any:
        return (1 - alpha * named(A1, "A_{k}")) * P

    return (
        start.define(
            one_more,
            r"any number of steps, by induction: $\varphi_{k} = U_{k}(\varphi_{k-1})$ with $\varphi_{k-1} = P_{k-1}"
            r" \theta + s_{k-1}$, whatever $P_{k-1}$ and $s_{k-1}$ are",
            shown=r"\frac{\partial \varphi_{k}}{\partial \theta}",
        )
        .step(composed, "the linear part of the composed maps", shown=r"P_{k}")
        .step(
            closed,
            r"so that $\partial \varphi_{K} / \partial \theta = (I - \alpha A_{K}) \cdots (I - \alpha A_{1})$ for every"
            " $K$",
        )
    )


def _any_loss(start: Derivation) -> Derivation:
    def twice(f: Any, alpha: Any, theta: Any) -> Any:
        def stepped(point: Any) -> Any:
            return point - alpha * f.gradient(point)

        return jacobian(lambda point: stepped(stepped(point)), theta)

    def product(f: Any, alpha: Any, theta: Any) -> Any:
        first = theta - alpha * f.gradient(theta)
        return (1 - alpha * f.hessian(named(first, r"\varphi_{1}"))) * (1 - alpha * f.hessian(theta))

    return start.define(
        twice,
        r"two steps on any smooth loss, $\varphi_{1} = \theta - \alpha \nabla f(\theta)$ and"
        r" $\varphi_{2} = \varphi_{1} - \alpha \nabla f(\varphi_{1})$",
        shown=r"\frac{\partial \varphi_{2}}{\partial \theta}",
    ).step(product, "chain rule: the Hessians are taken along the way, and need not commute")


def fomaml_jacobian() -> Derivation:
    """``fomaml-jacobian``: what the first-order approximation keeps and drops."""
    letters = {"A": symmetric(), "h": vector(), "c": vector(), "alpha": scalar(), "theta": vector()}
    start = Derivation("fomaml-jacobian", "What FOMAML drops", letters, {"K": (1, 2, 3)})
    return _gap(_kept(_dropped(start)))


def _dropped(start: Derivation) -> Derivation:
    def difference(A: Any, h: Any, alpha: Any, K: int) -> Any:
        f, loop = Quadratic(A, h), GradientDescent(alpha, K)
        return MAML(loop).rule.map(f).operator - FOMAML(loop).rule.map(f).operator

    def power(A: Any, alpha: Any, K: int) -> Any:
        return (1 - alpha * A) ** K - 1

    def summed(A: Any, alpha: Any, K: int) -> Any:
        return -alpha * A * sum((1 - alpha * A) ** j for j in range(K))

    return (
        start.define(
            difference,
            "the Jacobian that MAML keeps, minus the one that FOMAML keeps",
            shown=r"J_{\mathrm{MAML}} - J_{\mathrm{FOMAML}}",
        )
        .step(power, "FOMAML sets every Hessian in the chain rule to zero: the product becomes $I$")
        .step(
            summed,
            r"telescoping sum: for $K = 1$ it is $-\alpha A$, the Hessian of the training loss",
            shown=r"-\alpha A \sum_{j=0}^{K-1} (I - \alpha A)^{j}",
        )
    )


def _kept(start: Derivation) -> Derivation:
    def field(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return FOMAML(GradientDescent(alpha, K)).field(Tasks.from_minimizers([A], [c]))(theta)

    def at_adapted(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        f = Quadratic.from_minimizer(A, c)
        return f.gradient(GradientDescent(alpha, K).map(f)(theta))

    def closed(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return A * (1 - alpha * A) ** K * (theta - c)

    return (
        start.define(field, "the field that FOMAML computes", shown=r"g_{\mathrm{FOMAML}}(\theta)")
        .step(at_adapted, "with $J = I$: the gradient of the loss at the adapted point", shown=r"\nabla f(\varphi_{K})")
        .step(closed, r"$\varphi_{K} - c = (I - \alpha A)^{K} (\theta - c)$")
    )


def _gap(start: Derivation) -> Derivation:
    def difference(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        tasks, loop = Tasks.from_minimizers([A], [c]), GradientDescent(alpha, K)
        return MAML(loop).field(tasks)(theta) - FOMAML(loop).field(tasks)(theta)

    def closed(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return ((1 - alpha * A) ** K - 1) * A * (1 - alpha * A) ** K * (theta - c)

    return start.define(
        difference,
        "what is dropped of the gradient",
        shown=r"g_{\mathrm{MAML}}(\theta) - g_{\mathrm{FOMAML}}(\theta)",
    ).step(closed, "the difference of the Jacobians, times the gradient at the adapted point")
