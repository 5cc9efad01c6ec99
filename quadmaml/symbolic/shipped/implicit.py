"""Implicit MAML and the Moreau envelope: what follows from the stationarity of the inner problem."""

from __future__ import annotations

from typing import Any

from quadmaml import FOMAML, IMAML, MoreauEnvelope, Proximal, ProximalGradientDescent, Quadratic, Reptile, Tasks
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.letters import matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, inverse, jacobian, named

__all__ = ["imaml_error", "imaml_jacobian", "imaml_meta_gradient", "moreau"]


def imaml_jacobian() -> Derivation:
    """``imaml-jacobian``: from the stationarity of the inner problem, for any smooth loss."""
    letters = {
        "H": symmetric(),
        "J": matrix(),
        "g": vector(),
        "h": vector(),
        "phi": vector(r"\varphi"),
        "lam": scalar(),
        "theta": vector(),
    }
    start = Derivation("imaml-jacobian", "The Jacobian of implicit MAML", letters)
    return _on_quadratics(_solved(_stationarity(start)))


def _stationarity(start: Derivation) -> Derivation:
    def derivative(H: Any, J: Any, g: Any, phi: Any, lam: Any, theta: Any) -> Any:
        def condition(start: Any) -> Any:
            moved = phi + J * (start - theta)
            return g + H * (moved - phi) + lam * (moved - start)

        return jacobian(condition, theta)

    def closed(H: Any, J: Any, lam: Any) -> Any:
        return H * J + lam * (J - 1)

    return (
        start.define(
            derivative,
            r"the inner problem, minimise $f(\varphi) + \tfrac{\lambda}{2} |\varphi - \theta|^{2}$, is solved where"
            r" $\nabla f(\varphi) + \lambda (\varphi - \theta) = 0$. The derivative of the left-hand side by $\theta$,"
            r" computed with $\nabla f$ and $\varphi(\theta)$ to first order, $H = \nabla^{2} f(\varphi)$ and"
            r" $J = \partial \varphi / \partial \theta$",
            shown=r"\frac{\partial}{\partial \theta} \left[\nabla f(\varphi(\theta)) + \lambda (\varphi(\theta) -"
            r" \theta)\right]",
        )
        .step(closed, "chain rule")
        .suppose("stationarity", closed, r"the condition holds for every $\theta$ near by, so its derivative is zero")
    )


def _solved(start: Derivation) -> Derivation:
    def solved(H: Any, lam: Any) -> Any:
        return lam * inverse(H + lam)

    def certificate(H: Any, lam: Any, stationarity: Any) -> Any:
        return inverse(H + lam) * stationarity

    def scaled(H: Any, lam: Any) -> Any:
        return inverse(1 + H / lam)

    def kept(H: Any, h: Any, lam: Any) -> Any:
        return IMAML(lam).rule.map(Quadratic(H, h)).operator

    return (
        start.define(lambda J: J, "the implicit Jacobian")
        .step(solved, r"the condition solved for $J$, where $H + \lambda I$ has an inverse", given=certificate)
        .step(scaled, r"divided by $\lambda$")
        .step(kept, r"the Jacobian that IMAML keeps on a quadratic with Hessian $H$", shown=r"J_{\mathrm{iMAML}}")
    )


def _on_quadratics(start: Derivation) -> Derivation:
    def at_solution(H: Any, h: Any, lam: Any, theta: Any) -> Any:
        f = Quadratic(H, h)

        def problem(point: Any) -> Any:
            return f(point) + lam * (point - theta).T * (point - theta) / 2

        return gradient(problem, Proximal(lam).map(f)(theta))

    return start.define(
        at_solution,
        r"conversely, the gradient of the inner problem on a quadratic, at the point that Proximal computes",
        shown=r"\nabla f(\varphi) + \lambda (\varphi - \theta)",
    ).step(lambda theta: 0 * theta, "that point solves the inner problem")


def _tasks(A: Any, B: Any, h: Any, b: Any) -> Tasks:
    """One task that adapts on ``A x - h`` and is judged on ``B x - b``."""
    return Tasks(Quadratic([A], [h]), Quadratic([B], [b]))


def imaml_meta_gradient() -> Derivation:
    """``imaml-meta-gradient``: the linear system that it solves, with the test loss on the right."""
    letters = {
        "A": symmetric(),
        "B": symmetric("A_{q}"),
        "h": vector(),
        "b": vector("h_{q}"),
        "lam": scalar(),
        "theta": vector(),
    }
    start = Derivation("imaml-meta-gradient", "The linear system of implicit MAML", letters)

    def composed(A: Any, B: Any, h: Any, b: Any, lam: Any, theta: Any) -> Any:
        adapted, test = Proximal(lam).map(Quadratic(A, h)), Quadratic(B, b)
        return gradient(lambda point: test(adapted(point)), theta)

    def field(A: Any, B: Any, h: Any, b: Any, lam: Any, theta: Any) -> Any:
        return IMAML(lam).field(_tasks(A, B, h, b))(theta)

    def implicit(A: Any, B: Any, h: Any, b: Any, lam: Any, theta: Any) -> Any:
        phi = named(Proximal(lam).map(Quadratic(A, h))(theta), r"\varphi")
        return inverse(1 + A / lam) * (B * phi - b)

    def system(A: Any, B: Any, h: Any, b: Any, lam: Any, theta: Any) -> Any:
        return (1 + A / lam) * named(IMAML(lam).field(_tasks(A, B, h, b))(theta), "g")

    def right_hand_side(A: Any, B: Any, h: Any, b: Any, lam: Any, theta: Any) -> Any:
        return B * named(Proximal(lam).map(Quadratic(A, h))(theta), r"\varphi") - b

    return (
        start.define(
            composed,
            r"the gradient of the test loss, with gradient $A_{q} x - h_{q}$, at the solution $\varphi(\theta)$ of the"
            " inner problem",
            shown=r"\nabla_{\theta} \, f_{q}(\varphi(\theta))",
        )
        .step(field, "the field that IMAML computes", shown="g")
        .step(implicit, r"chain rule: $J = (I + A / \lambda)^{-1}$ is symmetric")
        .define(system, "so $g$ solves a linear system, with the Hessian of the training loss on the left")
        .step(right_hand_side, r"on the right stands $\nabla f_{q}(\varphi)$, the gradient of the test loss")
    )


def imaml_error() -> Derivation:
    """``imaml-error``: the error of the meta-gradient where the inner problem is solved inexactly."""
    letters = {"A": symmetric(), "B": symmetric("A_{q}"), "h": vector(), "b": vector("h_{q}")}
    letters |= {"lam": scalar(), "alpha": scalar(), "theta": vector()}
    start = Derivation("imaml-error", "Implicit MAML with an inexact inner solution", letters, {"K": (0, 1, 2)})

    def difference(A: Any, B: Any, h: Any, b: Any, lam: Any, alpha: Any, K: int, theta: Any) -> Any:
        tasks, inexact = _tasks(A, B, h, b), ProximalGradientDescent(lam, alpha, K)
        return IMAML(lam, inexact).field(tasks)(theta) - IMAML(lam).field(tasks)(theta)

    def closed(A: Any, B: Any, h: Any, lam: Any, alpha: Any, K: int, theta: Any) -> Any:
        f = Quadratic(A, h)
        reached = ProximalGradientDescent(lam, alpha, K).map(f)(theta)
        return inverse(1 + A / lam) * B * (reached - Proximal(lam).map(f)(theta))

    def contracted(A: Any, B: Any, h: Any, lam: Any, alpha: Any, K: int, theta: Any) -> Any:
        phi = named(Proximal(lam).map(Quadratic(A, h))(theta), r"\varphi")
        return inverse(1 + A / lam) * B * (1 - alpha * (A + lam)) ** K * (theta - phi)

    return (
        start.define(
            difference,
            r"the field that IMAML computes with $\hat{\varphi}$ from $K$ steps on the inner problem, minus the one"
            r" with the exact solution $\varphi$",
            shown=r"\hat{g}(\theta) - g(\theta)",
        )
        .step(
            closed,
            "the same Jacobian, at two points; the gradient of the test loss is affine",
            shown=r"\left(I + \frac{1}{\lambda} A\right)^{-1} A_{q} (\hat{\varphi} - \varphi)",
        )
        .step(contracted, r"each step multiplies $\hat{\varphi} - \varphi$ by $I - \alpha (A + \lambda I)$")
    )


def moreau() -> Derivation:
    """``moreau-equals-first-order-imaml``: where query and support are the same and the inner solve is exact."""
    letters = {"A": symmetric(), "h": vector(), "lam": scalar(), "theta": vector()}
    start = Derivation("moreau-equals-first-order-imaml", "The Moreau envelope is first-order implicit MAML", letters)

    def moreau_field(A: Any, h: Any, lam: Any, theta: Any) -> Any:
        return MoreauEnvelope(lam).field(Tasks(Quadratic([A], [h])))(theta)

    def displaced(A: Any, h: Any, lam: Any, theta: Any) -> Any:
        return lam * (theta - named(Proximal(lam).map(Quadratic(A, h))(theta), r"\varphi"))

    def reptile(A: Any, h: Any, lam: Any, theta: Any) -> Any:
        return lam * named(Reptile(Proximal(lam)).field(Tasks(Quadratic([A], [h])))(theta), r"g_{\mathrm{Reptile}}")

    def at_solution(A: Any, h: Any, lam: Any, theta: Any) -> Any:
        return A * named(Proximal(lam).map(Quadratic(A, h))(theta), r"\varphi") - h

    def first_order(A: Any, h: Any, lam: Any, theta: Any) -> Any:
        return FOMAML(Proximal(lam)).field(Tasks(Quadratic([A], [h])))(theta)

    def envelope(A: Any, h: Any, lam: Any, theta: Any) -> Any:
        f = Quadratic(A, h)

        def value(point: Any) -> Any:
            phi = Proximal(lam).map(f)(point)
            return f(phi) + lam * (phi - point).T * (phi - point) / 2

        return gradient(value, theta)

    return (
        start.define(
            envelope,
            r"the gradient of the Moreau envelope, $\min_{\varphi} f(\varphi) + \tfrac{\lambda}{2} |\varphi -"
            r" \theta|^{2}$",
            shown=r"\nabla f^{\lambda}(\theta)",
        )
        .step(moreau_field, "the field that MoreauEnvelope computes", shown=r"M \theta - v")
        .step(displaced, r"$\varphi$ is stationary: only the explicit $\theta$ counts")
        .step(reptile, "the field of Reptile on the proximal loop")
        .step(at_solution, r"stationarity: $A \varphi - h + \lambda (\varphi - \theta) = 0$")
        .step(first_order, "the field of FOMAML on the proximal loop", shown=r"g_{\mathrm{FOMAML}}(\theta)")
    )
