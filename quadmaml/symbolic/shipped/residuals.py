"""The residuals of loops with memory: the recurrence from the steps, and closed forms by induction."""

from __future__ import annotations

from typing import Any

from quadmaml import Chebyshev, HeavyBall, InnerLoop, ProximalGradientDescent, Quadratic
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.letters import scalar, symmetric, vector
from quadmaml.proofs.ring import inverse
from quadmaml.proofs.verdicts import Verdict
from quadmaml.symbolic.closed_forms import closed_form

__all__ = ["chebyshev_residual", "heavy_ball_residual", "proximal_gd_residual"]

STEPS = (1, 2, 3)
CURVED = {"A": symmetric(), "h": vector()}


def heavy_ball_residual() -> Derivation:
    """``heavy-ball-residual``: a recurrence of three terms, and its closed form by the roots of a quadratic."""
    letters = {**CURVED, "alpha": scalar(), "beta": scalar()}
    start = Derivation("heavy-ball-residual", "The residual of the heavy ball", letters, {"k": STEPS})

    def after(A: Any, h: Any, alpha: Any, beta: Any, k: int) -> Any:
        return HeavyBall(alpha, beta, k).map(Quadratic(A, h)).operator

    def turn(A: Any, h: Any, alpha: Any, beta: Any, k: int) -> Any:
        last, before = after(A, h, alpha, beta, k), after(A, h, alpha, beta, k - 1)
        return (1 - alpha * A) * last + beta * (last - before)

    begun = start.define(
        lambda A, h, alpha, beta, k: after(A, h, alpha, beta, k + 1),
        "the linear part of $k + 1$ steps, as HeavyBall computes them",
        shown="P_{k+1}",
    ).step(
        turn,
        r"the step $\varphi_{k+1} = \varphi_{k} - \alpha (A \varphi_{k} - h) + \beta (\varphi_{k} - \varphi_{k-1})$",
        shown=r"(I - \alpha A) P_{k} + \beta (P_{k} - P_{k-1})",
    )
    return _closed(
        begun,
        HeavyBall,
        r"p_{k}(a)",
        "its eigenvalue at the curvature $a$, for every $k$; in terms of the roots $r_{1}, r_{2}$ of"
        r" $r^{2} - (1 + \beta - \alpha a) r + \beta$, which are taken to be distinct",
        r"\frac{r_{1}^{k+1} (1 - r_{2}) - r_{2}^{k+1} (1 - r_{1})}{r_{1} - r_{2}}",
    )


def proximal_gd_residual() -> Derivation:
    """``proximal-gd-residual``: gradient steps on the proximal problem contract towards its solution."""
    letters = {**CURVED, "lam": scalar(), "alpha": scalar()}
    start = Derivation(
        "proximal-gd-residual", "The residual of gradient descent on the proximal problem", letters, {"k": STEPS}
    )

    def after(A: Any, h: Any, lam: Any, alpha: Any, k: int) -> Any:
        return ProximalGradientDescent(lam, alpha, k).map(Quadratic(A, h)).operator

    def turn(A: Any, h: Any, lam: Any, alpha: Any, k: int) -> Any:
        last = after(A, h, lam, alpha, k)
        return last - alpha * (A * last + lam * (last - 1))

    def closed(A: Any, h: Any, lam: Any, alpha: Any, k: int) -> Any:
        exact = inverse(lam + A)
        return lam * exact + (1 - alpha * (lam + A)) ** k * A * exact

    begun = (
        start.define(
            lambda A, h, lam, alpha, k: after(A, h, lam, alpha, k + 1),
            "the linear part of $k + 1$ steps, as ProximalGradientDescent computes them",
            shown="P_{k+1}",
        )
        .step(
            turn,
            r"the step $\varphi_{k+1} = \varphi_{k} - \alpha (A \varphi_{k} - h + \lambda (\varphi_{k} - \theta))$",
            shown=r"P_{k} - \alpha (A P_{k} + \lambda (P_{k} - I))",
        )
        .define(after, "the same after k steps", shown="P_{k}")
        .step(closed, r"the solution of the inner problem, and what is left of the way there")
    )
    return _closed(
        begun,
        ProximalGradientDescent,
        r"p_{k}(a)",
        r"its eigenvalue at a curvature $a \neq -\lambda$, for every $k$",
        r"\frac{\lambda}{\lambda + a} + (1 - \alpha (\lambda + a))^{k} \frac{a}{\lambda + a}",
    )


def chebyshev_residual() -> Derivation:
    """``chebyshev-residual``: the recurrence that runs is the quotient of Chebyshev polynomials."""
    letters = {**CURVED, "low": scalar(r"\mu"), "high": scalar("L")}
    start = Derivation("chebyshev-residual", "The residual of the Chebyshev iteration", letters, {"k": STEPS})

    def after(A: Any, h: Any, low: Any, high: Any, k: int) -> Any:
        return Chebyshev(low, high, k).map(Quadratic(A, h)).operator

    def quotient(A: Any, low: Any, high: Any, k: int) -> Any:
        at_curvature = (high + low - 2 * A) / (high - low)
        at_zero = (high + low) / (high - low)
        return _chebyshev(at_curvature, k) / _chebyshev(at_zero, k)

    begun = start.define(after, "the linear part of k steps, as Chebyshev computes them", shown="P_{k}").step(
        quotient,
        r"with $s(a) = (L + \mu - 2 a) / (L - \mu)$, and $T_{k}$ from $T_{0} = 1$, $T_{1}(y) = y$,"
        r" $T_{k+1}(y) = 2 y T_{k}(y) - T_{k-1}(y)$",
        shown=r"T_{k}(s(A)) \, T_{k}(s(0))^{-1}",
    )
    return _closed(
        begun,
        Chebyshev,
        r"p_{k}(a)",
        "its eigenvalue at the curvature $a$, for every $k$",
        r"\frac{T_{k}(s(a))}{T_{k}(s(0))}",
    )


def _chebyshev(y: Any, k: int) -> Any:
    """``T_k(y)`` from the recurrence."""
    before, last = y**0, y
    for _ in range(k - 1):
        before, last = last, 2 * y * last - before
    return last if k else before


def _closed(begun: Derivation, kind: type[InnerLoop], name: str, what: str, latex: str) -> Derivation:
    """The closed form for every number of steps, by the induction on the code of the loop."""
    return begun.define(None, what, shown=name).shown_by(
        lambda: _induction(kind), latex, "by induction on $k$, over one turn of the loop in the code"
    )


def _induction(kind: type[InnerLoop]) -> Verdict:
    return closed_form(kind).verdict
