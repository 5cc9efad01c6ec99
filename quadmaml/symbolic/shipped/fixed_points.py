"""Where meta-training ends: the fixed point of two and of n tasks, the losses there, and the way there."""

from __future__ import annotations

from typing import Any

from quadmaml import MAML, AffineField, Joint, Quadratic, Tasks
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.letters import Letter, function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import inverse, named

from .filters import AnyFilter

__all__ = ["covariance", "fine_tuned_loss", "maml_fixed_point", "midpoint_loss", "outer_trajectory", "parallel_sum"]

TWO_TASKS = {"A": symmetric(), "B": symmetric(), "R": function_of("A"), "S": function_of("B")}
OPTIMA = {"a": vector(), "b": vector()}
WEIGHTS = {"X": symmetric(r"\tilde{A}"), "Y": symmetric(r"\tilde{B}")}
WEIGHTED = (
    r"with the weights $\tilde{A} = W(A)$, $\tilde{B} = W(B)$ in place of the Hessians; for MAML"
    r" $\tilde{A} = A p(A)^{2}$"
)


def _maml(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any) -> tuple[MAML, Tasks]:
    """MAML with any inner loop, on two tasks of equal weight."""
    return MAML(AnyFilter([R, S])), Tasks.from_minimizers([A, B], [a, b])


def maml_fixed_point() -> Derivation:
    """``maml-fixed-point``: two tasks, then n."""
    letters: dict[str, Letter] = {**TWO_TASKS, **OPTIMA, **WEIGHTS, "theta": vector()}
    letters |= {f"W{i}": symmetric() for i in range(1, 5)} | {f"c{i}": vector() for i in range(1, 5)}
    start = Derivation("maml-fixed-point", "The fixed point of MAML", letters, {"n": (2, 3, 4)})
    return _many_tasks(_from_first_optimum(_two_tasks(start)))


def _two_tasks(start: Derivation) -> Derivation:
    def field(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any, theta: Any) -> Any:
        maml, tasks = _maml(A, B, R, S, a, b)
        return maml.field(tasks)(theta)

    def weighted(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any, theta: Any) -> Any:
        P, Q = named(1 - R * A, "P"), named(1 - S * B, "Q")
        return (A * P**2 * (theta - a) + B * Q**2 * (theta - b)) / 2

    def zero(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any) -> Any:
        maml, tasks = _maml(A, B, R, S, a, b)
        return maml.fixed_point(tasks)

    def closed(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any) -> Any:
        P, Q = named(1 - R * A, "P"), named(1 - S * B, "Q")
        return inverse(A * P**2 + B * Q**2) * (A * P**2 * a + B * Q**2 * b)

    return (
        start.define(
            field,
            "the field that MAML computes on two tasks of equal weight, with optima $a$ and $b$ and any inner loops"
            r" $P = p(A)$, $Q = q(B)$",
            shown=r"\nabla F(\theta)",
        )
        .step(weighted, "the gradient of each task is that of a quadratic about its own optimum")
        .define(zero, "the zero of the field, as it is computed", shown=r"\theta^{*}")
        .step(closed, "the linear system solved")
    )


def _from_first_optimum(start: Derivation) -> Derivation:
    def offset(X: Any, Y: Any, a: Any, b: Any) -> Any:
        return named(Joint().fixed_point(Tasks.from_minimizers([X, Y], [a, b])), r"\theta^{*}") - a

    def closed(X: Any, Y: Any, a: Any, b: Any) -> Any:
        return inverse(X + Y) * Y * (b - a)

    return start.define(offset, f"the way from the first optimum to the fixed point, {WEIGHTED}").step(
        closed, r"$\tilde{A} a + \tilde{B} b - (\tilde{A} + \tilde{B}) a = \tilde{B} (b - a)$"
    )


def _many_tasks(start: Derivation) -> Derivation:
    def zero(W1: Any, W2: Any, W3: Any, W4: Any, c1: Any, c2: Any, c3: Any, c4: Any, n: int) -> Any:
        tasks = Tasks.from_minimizers([W1, W2, W3, W4][:n], [c1, c2, c3, c4][:n])
        return Joint().fixed_point(tasks)

    def closed(W1: Any, W2: Any, W3: Any, W4: Any, c1: Any, c2: Any, c3: Any, c4: Any, n: int) -> Any:
        W, c = [W1, W2, W3, W4][:n], [c1, c2, c3, c4][:n]
        return inverse(sum(W)) * sum(weight * optimum for weight, optimum in zip(W, c, strict=True))

    return start.define(
        zero,
        r"$n$ tasks, with the weight $W_{i}$ of each in place of its Hessian",
        shown=r"\theta^{*}",
    ).step(
        closed,
        "the sum of the gradients vanishes",
        shown=r"\left(\sum_{i=1}^{n} W_{i}\right)^{-1} \sum_{i=1}^{n} W_{i} c_{i}",
    )


def covariance() -> Derivation:
    """``fixed-point-covariance``: how far the fixed point is from the plain average of the optima."""
    letters = {f"W{i}": symmetric() for i in range(1, 5)} | {f"c{i}": vector() for i in range(1, 5)}
    start = Derivation(
        "fixed-point-covariance", "The fixed point and the average of the optima", letters, {"n": (1, 2, 3, 4)}
    )

    def offset(W1: Any, W2: Any, W3: Any, W4: Any, c1: Any, c2: Any, c3: Any, c4: Any, n: int) -> Any:
        tasks = Tasks.from_minimizers([W1, W2, W3, W4][:n], [c1, c2, c3, c4][:n])
        return Joint().fixed_point(tasks) - tasks.mean_minimizer()

    def closed(W1: Any, W2: Any, W3: Any, W4: Any, c1: Any, c2: Any, c3: Any, c4: Any, n: int) -> Any:
        W, c = [W1, W2, W3, W4][:n], [c1, c2, c3, c4][:n]
        weighted = sum(weight * optimum for weight, optimum in zip(W, c, strict=True)) / n
        return inverse(sum(W) / n) * (weighted - sum(W) * sum(c) / n**2)

    return start.define(
        offset,
        "the fixed point of $n$ tasks, with the weight $W_{i}$ of each in place of its Hessian, minus the plain average"
        " of the optima",
        shown=r"\theta^{*} - \bar{c}",
    ).step(
        closed,
        r"$\mathrm{Cov}(W, c) = E[W c] - E[W] E[c]$ over tasks; where curvature and optimum are not correlated, this"
        " is zero",
        shown=r"E[W]^{-1} \, \mathrm{Cov}(W, c)",
    )


def fine_tuned_loss() -> Derivation:
    """``fine-tuned-loss``: the loss of one of two tasks after adapting from the fixed point."""
    letters: dict[str, Letter] = {**TWO_TASKS, **OPTIMA, "Y": WEIGHTS["Y"], "theta": vector()}
    letters["X"] = function_of("A", WEIGHTS["X"].latex)
    start = Derivation("fine-tuned-loss", "The loss after fine-tuning", letters)
    return _at_fixed_point(_from_anywhere(start))


def _from_anywhere(start: Derivation) -> Derivation:
    def adapted(A: Any, R: Any, a: Any, theta: Any) -> Any:
        f = Quadratic.from_minimizer(A, a)
        return f(AnyFilter(R).map(f)(theta))

    def pulled_back(A: Any, R: Any, a: Any, theta: Any) -> Any:
        f = Quadratic.from_minimizer(A, a)
        return f.compose(AnyFilter(R).map(f))(theta)

    def closed(A: Any, R: Any, a: Any, theta: Any) -> Any:
        P = named(1 - R * A, "P")
        return (theta - a).T * A * P**2 * (theta - a) / 2

    return (
        start.define(
            adapted,
            r"the loss of a task with optimum $a$ after adapting from any $\theta$ by any loop,"
            r" $m(\theta) - a = P (\theta - a)$; its number of steps need not be the one trained for",
            shown=r"f(m(\theta))",
        )
        .step(pulled_back, "the loss pulled back along $m$", shown=r"(f \circ m)(\theta)")
        .step(closed, r"$P^{\top} A P = A P^{2}$")
    )


def _at_fixed_point(start: Derivation) -> Derivation:
    def adapted(A: Any, R: Any, X: Any, Y: Any, a: Any, b: Any) -> Any:
        f = Quadratic.from_minimizer(A, a)
        return f(AnyFilter(R).map(f)(Joint().fixed_point(Tasks.from_minimizers([X, Y], [a, b]))))

    def closed(A: Any, R: Any, X: Any, Y: Any, a: Any, b: Any) -> Any:
        P, S = named(1 - R * A, "P"), inverse(X + Y)
        return (b - a).T * Y * S * A * P**2 * S * Y * (b - a) / 2

    return start.define(
        adapted, f"the same from the fixed point of two tasks, {WEIGHTED}", shown=r"f(m(\theta^{*}))"
    ).step(closed, r"$\theta^{*} - a = (\tilde{A} + \tilde{B})^{-1} \tilde{B} (b - a)$")


def midpoint_loss() -> Derivation:
    """``midpoint-loss``: the meta-loss halfway between two optima, and how far it is above the least."""
    letters = {**TWO_TASKS, **OPTIMA, **WEIGHTS}
    start = Derivation("midpoint-loss", "The meta-loss at the midpoint of two optima", letters)
    return _above_the_least(_at_midpoint(start))


def _at_midpoint(start: Derivation) -> Derivation:
    def loss(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any) -> Any:
        maml, tasks = _maml(A, B, R, S, a, b)
        return maml.objective(tasks)((a + b) / 2)

    def closed(A: Any, B: Any, R: Any, S: Any, a: Any, b: Any) -> Any:
        P, Q = named(1 - R * A, "P"), named(1 - S * B, "Q")
        return (a - b).T * (A * P**2 + B * Q**2) * (a - b) / 16

    return start.define(
        loss,
        "the mean of two tasks' losses after adapting from halfway between their optima, as MAML computes it",
        shown=r"F\left(\tfrac{1}{2} (a + b)\right)",
    ).step(
        closed,
        "each optimum is half of $a - b$ away; the factors are 1/2 for the mean, 1/2 for the loss, 1/2 twice for the"
        " way",
    )


def _above_the_least(start: Derivation) -> Derivation:
    def gap(X: Any, Y: Any, a: Any, b: Any) -> Any:
        tasks = Tasks.from_minimizers([X, Y], [a, b])
        loss = Joint().objective(tasks)
        return loss((a + b) / 2) - loss(Joint().fixed_point(tasks))

    def closed(X: Any, Y: Any, a: Any, b: Any) -> Any:
        return (a - b).T * (X - Y) * inverse(X + Y) * (X - Y) * (a - b) / 16

    return start.define(
        gap,
        f"how far that is above the loss at the fixed point, {WEIGHTED}",
        shown=r"F\left(\tfrac{1}{2} (a + b)\right) - F(\theta^{*})",
    ).step(
        closed,
        r"$\tilde{A} + \tilde{B} - 4 \tilde{A} (\tilde{A} + \tilde{B})^{-1} \tilde{B}$ is this product; where"
        r" $\tilde{A} + \tilde{B}$ is positive definite it is never negative",
    )


def parallel_sum() -> Derivation:
    """``parallel-sum``: the least meta-loss of two tasks is a distance between their optima."""
    start = Derivation("parallel-sum", "The least meta-loss of two tasks", {**OPTIMA, **WEIGHTS})

    def least(X: Any, Y: Any, a: Any, b: Any) -> Any:
        tasks = Tasks.from_minimizers([X, Y], [a, b])
        return Joint().objective(tasks)(Joint().fixed_point(tasks))

    def closed(X: Any, Y: Any, a: Any, b: Any) -> Any:
        return (a - b).T * X * inverse(X + Y) * Y * (a - b) / 4

    def flipped(X: Any, Y: Any) -> Any:
        return Y * inverse(X + Y) * X

    def harmonic(X: Any, Y: Any) -> Any:
        return inverse(inverse(X) + inverse(Y))

    return (
        start.define(least, f"the mean of two losses at its zero gradient, {WEIGHTED}", shown=r"F(\theta^{*})")
        .step(closed, r"$\theta^{*} - a = (\tilde{A} + \tilde{B})^{-1} \tilde{B} (b - a)$, and likewise from $b$")
        .define(lambda X, Y: X * inverse(X + Y) * Y, r"the parallel sum $\tilde{A} : \tilde{B}$")
        .step(flipped, r"both are $\tilde{A} - \tilde{A} (\tilde{A} + \tilde{B})^{-1} \tilde{A}$: it is symmetric")
        .step(
            harmonic,
            r"multiply by $\tilde{A}^{-1} + \tilde{B}^{-1} = \tilde{B}^{-1} (\tilde{A} + \tilde{B})"
            r" \tilde{A}^{-1}$, where the inverses exist",
        )
    )


def outer_trajectory() -> Derivation:
    """``outer-trajectory``: gradient descent along an affine meta-gradient."""
    letters = {"M": matrix(), "v": vector(), "theta": vector(r"\theta_{0}"), "eta": scalar(r"\eta")}
    start = Derivation("outer-trajectory", "The path of the outer loop", letters, {"t": (1, 2, 3, 5)})

    def path(M: Any, v: Any, theta: Any, eta: Any, t: int) -> Any:
        return AffineField(M, v).descend(theta, eta, t)

    def closed(M: Any, v: Any, theta: Any, eta: Any, t: int) -> Any:
        star = named(inverse(M) * v, r"\theta^{*}")
        return star + (1 - eta * M) ** t * (theta - star)

    def one_more(M: Any, v: Any, theta: Any, eta: Any) -> Any:
        return AffineField(M, v).descend(theta, eta, 1) - inverse(M) * v

    def shrunk(M: Any, v: Any, theta: Any, eta: Any) -> Any:
        return (1 - eta * M) * (theta - named(inverse(M) * v, r"\theta^{*}"))

    return (
        start.define(
            path,
            r"$t$ steps $\theta \leftarrow \theta - \eta (M \theta - v)$ from $\theta_{0}$, as they are computed",
            shown=r"\theta_{t}",
        )
        .step(closed, r"with the zero $\theta^{*} = M^{-1} v$ of the field; $M$ need not be symmetric")
        .define(
            one_more,
            "any number of steps, by induction: one step from any point",
            shown=r"\theta_{1} - \theta^{*}",
        )
        .step(shrunk, r"$v = M \theta^{*}$: each step multiplies the distance by $I - \eta M$")
    )
