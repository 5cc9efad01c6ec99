"""MAML's gradient: from its definition, for any smooth loss, any inner loop, and with a split of support and query."""

from __future__ import annotations

from typing import Any

from quadmaml import MAML, GradientDescent, PreconditionedGradientDescent, Quadratic, Tasks
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.letters import Letter, function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, jacobian, named
from quadmaml.proofs.words import smooth

from .filters import AnyFilter

__all__ = ["maml_gradient", "support_query_field"]

STEPS = (1, 2, 3)


def maml_gradient() -> Derivation:
    """``maml-gradient``: from the definition, for K gradient steps, then for any inner loop."""
    letters: dict[str, Letter] = {"A": symmetric(), "R": function_of("A"), "c": vector(), "theta": vector()}
    letters |= {"alpha": scalar(), "f": smooth()}
    start = Derivation("maml-gradient", "The gradient of MAML", letters, {"K": STEPS})
    return _any_filter(_gradient_steps(_any_loss(start)))


def _any_loss(start: Derivation) -> Derivation:
    def composed(f: Any, alpha: Any, theta: Any) -> Any:
        return gradient(lambda point: f(point - alpha * f.gradient(point)), theta)

    def chain_rule(f: Any, alpha: Any, theta: Any) -> Any:
        step = jacobian(lambda point: point - alpha * f.gradient(point), theta)
        return step.T * f.gradient(theta - alpha * f.gradient(theta))

    def closed(f: Any, alpha: Any, theta: Any) -> Any:
        return (1 - alpha * f.hessian(theta)) * f.gradient(theta - alpha * f.gradient(theta))

    return (
        start.define(
            composed,
            r"the gradient of any smooth loss after one gradient step, $U(\theta) = \theta - \alpha \nabla f(\theta)$",
            shown=r"\nabla_{\theta} \, f(U(\theta))",
        )
        .step(
            chain_rule,
            "chain rule",
            shown=r"\left(\frac{\partial U}{\partial \theta}\right)^{\top} \nabla f(U(\theta))",
        )
        .step(closed, "the Jacobian of a gradient is the Hessian, which is symmetric")
    )


def _gradient_steps(start: Derivation) -> Derivation:
    def composed(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        f = Quadratic.from_minimizer(A, c)
        adapted = GradientDescent(alpha, K).map(f)
        return gradient(lambda point: f(adapted(point)), theta)

    def field(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return MAML(GradientDescent(alpha, K)).field(Tasks.from_minimizers([A], [c]))(theta)

    def chain_rule(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return ((1 - alpha * A) ** K).T * A * (1 - alpha * A) ** K * (theta - c)

    def closed(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return A * (1 - alpha * A) ** (2 * K) * (theta - c)

    return (
        start.define(
            composed,
            r"on a quadratic, the gradient of the loss after $K$ gradient steps, $F(\theta) = f(U^{K}(\theta))$ with"
            r" $f(x) = \tfrac{1}{2} (x - c)^{\top} A (x - c)$ and $U(x) = x - \alpha \nabla f(x)$",
            shown=r"\nabla F(\theta)",
        )
        .step(field, "the field that MAML computes", shown=r"M \theta - v")
        .step(chain_rule, r"chain rule: the Jacobian of $U^{K}$, transposed, times $\nabla f(U^{K}(\theta))$")
        .step(closed, "functions of $A$ are symmetric and commute")
    )


def _any_filter(start: Derivation) -> Derivation:
    def composed(A: Any, R: Any, c: Any, theta: Any) -> Any:
        f = Quadratic.from_minimizer(A, c)
        return gradient(lambda point: f(AnyFilter(R).map(f)(point)), theta)

    def field(A: Any, R: Any, c: Any, theta: Any) -> Any:
        return MAML(AnyFilter(R)).field(Tasks.from_minimizers([A], [c]))(theta)

    def pulled_back(A: Any, R: Any, c: Any, theta: Any) -> Any:
        f = Quadratic.from_minimizer(A, c)
        return f.compose(AnyFilter(R).map(f)).gradient(theta)

    def closed(A: Any, R: Any, c: Any, theta: Any) -> Any:
        return A * named(1 - R * A, "P") ** 2 * (theta - c)

    return (
        start.define(
            composed,
            r"the same for any inner loop that is a function of the curvature, $m(\theta) = P \theta + (I - P) c$ with"
            r" $P = p(A) = I - R A$; with $p(a) = (1 - \alpha a)^{K}$, for every number of steps $K$",
            shown=r"\nabla_{\theta} \, f(m(\theta))",
        )
        .step(field, "the field that MAML computes", shown=r"M \theta - v")
        .step(pulled_back, "the gradient of the loss pulled back along $m$", shown=r"\nabla (f \circ m)(\theta)")
        .step(closed, r"$P^{\top} = P$ and $P A = A P$")
    )


def support_query_field() -> Derivation:
    """``support-query-field``: MAML where tasks adapt on the support and are judged on the query."""
    letters = {
        "A": symmetric("A_{s}"),
        "B": symmetric("A_{q}"),
        "R": function_of("A"),
        "D": matrix(),
        "c": vector("c_{s}"),
        "b": vector("c_{q}"),
        "theta": vector(),
    }
    start = Derivation("support-query-field", "The gradient of MAML with a split of support and query", letters)
    return _preconditioned(_split(start))


def _split(start: Derivation) -> Derivation:
    def composed(A: Any, B: Any, R: Any, c: Any, b: Any, theta: Any) -> Any:
        support, query = Quadratic.from_minimizer(A, c), Quadratic.from_minimizer(B, b)
        return gradient(lambda point: query(AnyFilter(R).map(support)(point)), theta)

    def field(A: Any, B: Any, R: Any, c: Any, b: Any, theta: Any) -> Any:
        tasks = Tasks(Quadratic.from_minimizer([A], [c]), Quadratic.from_minimizer([B], [b]))
        return MAML(AnyFilter(R)).field(tasks)(theta)

    def closed(A: Any, B: Any, R: Any, c: Any, b: Any, theta: Any) -> Any:
        P = named(1 - R * A, "P")
        return P * B * P * (theta - c) + P * B * (c - b)

    return (
        start.define(
            composed,
            r"the gradient of the query loss with minimiser $c_{q}$ after adapting on the support loss with minimiser"
            r" $c_{s}$ by any loop $m(\theta) = P \theta + (I - P) c_{s}$, $P = I - R A_{s}$",
            shown=r"\nabla_{\theta} \, f_{q}(m(\theta))",
        )
        .step(field, "the field that MAML computes", shown=r"M \theta - v")
        .step(
            closed,
            r"chain rule; $m(\theta) - c_{q} = P (\theta - c_{s}) + c_{s} - c_{q}$; $P$ need not commute with"
            r" $A_{q}$",
        )
    )


def _preconditioned(start: Derivation) -> Derivation:
    def composed(A: Any, B: Any, D: Any, c: Any, b: Any, theta: Any) -> Any:
        support, query = Quadratic.from_minimizer(A, c), Quadratic.from_minimizer(B, b)
        adapted = PreconditionedGradientDescent(D, 1).map(support)
        return gradient(lambda point: query(adapted(point)), theta)

    def field(A: Any, B: Any, D: Any, c: Any, b: Any, theta: Any) -> Any:
        tasks = Tasks(Quadratic.from_minimizer([A], [c]), Quadratic.from_minimizer([B], [b]))
        return MAML(PreconditionedGradientDescent(D, 1)).field(tasks)(theta)

    def closed(A: Any, B: Any, D: Any, c: Any, b: Any, theta: Any) -> Any:
        P = 1 - D * A
        return P.T * B * (P * (theta - c) + c - b)

    return (
        start.define(
            composed,
            r"the same after one preconditioned step, $m(\theta) = \theta - D A_{s} (\theta - c_{s})$ with any $D$",
            shown=r"\nabla_{\theta} \, f_{q}(m(\theta))",
        )
        .step(field, "the field that MAML computes", shown=r"M \theta - v")
        .step(closed, "chain rule: the Jacobian is not symmetric, and enters transposed")
    )
