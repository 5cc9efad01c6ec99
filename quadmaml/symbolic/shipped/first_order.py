"""First-order methods: the field of Reptile, and why FOMAML's field need not be a gradient."""

from __future__ import annotations

from typing import Any

from quadmaml import FOMAML, GradientDescent, Quadratic, Reptile, Tasks, TruncatedMAML
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.letters import function_of, scalar, symmetric, vector
from quadmaml.proofs.ring import named

from .filters import AnyFilter

__all__ = ["fomaml_is_no_gradient", "reptile_field", "truncated_maml_field"]


def reptile_field() -> Derivation:
    """``reptile-field``: K gradient steps, then any inner loop."""
    letters = {"A": symmetric(), "R": function_of("A"), "c": vector(), "alpha": scalar(), "theta": vector()}
    start = Derivation("reptile-field", "The field of Reptile", letters, {"K": (1, 2, 3)})

    def field(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return Reptile(GradientDescent(alpha, K)).field(Tasks.from_minimizers([A], [c]))(theta)

    def displaced(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return theta - GradientDescent(alpha, K).map(Quadratic.from_minimizer(A, c))(theta)

    def closed(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return (1 - (1 - alpha * A) ** K) * (theta - c)

    def summed(A: Any, c: Any, alpha: Any, K: int, theta: Any) -> Any:
        return alpha * sum((1 - alpha * A) ** j * A * (theta - c) for j in range(K))

    def any_field(A: Any, R: Any, c: Any, theta: Any) -> Any:
        return Reptile(AnyFilter(R)).field(Tasks.from_minimizers([A], [c]))(theta)

    def any_closed(A: Any, R: Any, c: Any, theta: Any) -> Any:
        return (1 - named(1 - R * A, "P")) * (theta - c)

    return (
        start.define(field, "the field that Reptile computes for $K$ gradient steps", shown=r"M \theta - v")
        .step(displaced, r"the way back from the adapted point", shown=r"\theta - \varphi_{K}")
        .step(closed, r"$\varphi_{K} - c = (I - \alpha A)^{K} (\theta - c)$")
        .step(
            summed,
            r"$\alpha$ times the sum of the gradients at the $K$ points; one step is $\alpha$ times joint training",
            shown=r"\alpha \sum_{j=0}^{K-1} (I - \alpha A)^{j} A (\theta - c)",
        )
        .define(any_field, "the same for any inner loop with $P = p(A) = I - R A$", shown=r"M \theta - v")
        .step(any_closed, r"$\varphi - c = P (\theta - c)$")
    )


def fomaml_is_no_gradient() -> Derivation:
    """``fomaml-is-no-gradient``: with a split its matrix is in general not symmetric."""
    letters = {"A": symmetric("A_{s}"), "B": symmetric("A_{q}"), "h": vector("h_{s}"), "b": vector("h_{q}")}
    start = Derivation(
        "fomaml-is-no-gradient", "The field of FOMAML with a split is no gradient", {**letters, "alpha": scalar()}
    )

    def matrix(A: Any, B: Any, h: Any, b: Any, alpha: Any) -> Any:
        tasks = Tasks(Quadratic([A], [h]), Quadratic([B], [b]))
        return FOMAML(GradientDescent(alpha, 1)).field(tasks).operator

    def asymmetry(A: Any, B: Any, h: Any, b: Any, alpha: Any) -> Any:
        M = named(matrix(A, B, h, b, alpha), "M")
        return M - M.T

    def commutator(A: Any, B: Any, alpha: Any) -> Any:
        return alpha * (A * B - B * A)

    return (
        start.define(
            matrix,
            "the matrix of the field that FOMAML computes for one step: adapted on the support, judged on the query",
            shown="M",
        )
        .step(lambda A, B, alpha: B * (1 - alpha * A), r"$M = A_{q} P$ with $J = I$")
        .define(asymmetry, "a field is a gradient only if its matrix, the Hessian, is symmetric")
        .step(commutator, r"both Hessians are symmetric; for $\alpha \neq 0$ this is zero only if they commute")
        .differs(0, "a counterexample: in general they do not")
    )


def truncated_maml_field() -> Derivation:
    """``truncated-maml-field``: what counts is the sum of the steps and of those that are back-propagated through."""
    letters = {"A": symmetric(), "c": vector(), "alpha": scalar(), "theta": vector()}
    counts = {"K": (2, 3), "m": (0, 1, 2)}
    start = Derivation("truncated-maml-field", "The field of truncated MAML", letters, counts)

    def field(A: Any, c: Any, alpha: Any, K: int, m: int, theta: Any) -> Any:
        return TruncatedMAML(GradientDescent(alpha, K), m).field(Tasks.from_minimizers([A], [c]))(theta)

    def closed(A: Any, c: Any, alpha: Any, K: int, m: int, theta: Any) -> Any:
        return (1 - alpha * A) ** m * A * (1 - alpha * A) ** K * (theta - c)

    def first_order(A: Any, c: Any, alpha: Any, K: int, m: int, theta: Any) -> Any:
        return FOMAML(GradientDescent(alpha, K + m)).field(Tasks.from_minimizers([A], [c]))(theta)

    return (
        start.define(
            field,
            "the field that TruncatedMAML computes for $K$ gradient steps, back-propagated through the last $m$",
            shown=r"M \theta - v",
        )
        .step(closed, r"the Jacobian kept is that of the last $m$ steps, $(I - \alpha A)^{m}$")
        .step(
            first_order,
            "so only $K + m$ counts: it is the field of FOMAML with so many steps",
            shown=r"g_{\mathrm{FOMAML}}^{K + m}(\theta)",
        )
    )
