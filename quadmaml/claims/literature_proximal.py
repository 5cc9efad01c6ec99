"""Claims of the literature on proximal inner problems: implicit MAML, Moreau envelopes, Meta-MinibatchProx, priors.

The sentences are ours: what the sources say, restated for quadratics. ``strength`` is lambda, the weight of distance.
"""

from __future__ import annotations

from typing import Any

import quadmaml as qm

from .language import assume, at_most, claim, equal, inverse, scalar, spd, vector
from .ledger import Entry, Reading, enter
from .literature_first_order import ONE, weight

RAJESWARAN = "Rajeswaran, Finn, Kakade, Levine 2019, Meta-Learning with Implicit Gradients (restated for quadratics)"
ZHOU = "Zhou, Yuan, Xu, Yan, Feng 2019, Efficient Meta Learning via Minibatch Proximal Update (restated for quadratics)"
DINH = "Dinh, Tran, Nguyen 2020, Personalized Federated Learning with Moreau Envelopes (restated for quadratics)"
GRANT = (
    "Grant, Finn, Levine, Darrell, Griffiths 2018, Recasting Gradient-Based Meta-Learning as Hierarchical Bayes"
    " (restated for quadratics)"
)

CONVEX: dict[str, Any] = {"A": spd(), "a": vector(), "strength": scalar(0)}
PAIR: dict[str, Any] = {"A": spd(), "B": spd(), "a": vector(), "b": vector(), "strength": scalar(0)}


# Moreau envelopes


@claim(**PAIR, source=ZHOU)
def moreau_is_first_order(A: Any, B: Any, a: Any, b: Any, strength: Any) -> Any:
    """The Moreau envelope's field is that of first-order implicit MAML."""
    assume(strength > 0)
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    moreau, first = qm.MoreauEnvelope(strength).field(tasks), qm.FOMAML(qm.Proximal(strength)).field(tasks)
    return equal(moreau.operator, first.operator), equal(moreau.rhs, first.rhs)


@claim(**PAIR, source=ZHOU)
def moreau_is_implicit(A: Any, B: Any, a: Any, b: Any, strength: Any) -> Any:
    """The Moreau envelope's fixed point is that of implicit MAML."""
    assume(strength > 0)
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    return equal(qm.MoreauEnvelope(strength).fixed_point(tasks), qm.IMAML(strength).fixed_point(tasks))


enter(
    Entry(
        id="L11",
        sentence="With an exact proximal inner solve, the update towards the adapted points is first-order implicit"
        " MAML.",
        readings=(Reading("lambda (theta - phi) = grad f(phi), averaged over tasks", moreau_is_first_order, "PROVED"),),
        twin=moreau_is_implicit,
        reason="Stationarity of f + lambda/2 |phi - theta|^2 is lambda (theta - phi) = grad f(phi). Implicit MAML"
        " multiplies it by (I + A/lambda)^-1, which changes the weights and so the fixed point.",
    )
)


@claim(**CONVEX, m=scalar(0), source=DINH)
def envelope_is_smooth_and_convex(A: Any, a: Any, strength: Any, m: Any) -> Any:
    """The Moreau envelope is lambda-smooth and m lambda/(lambda + m)-strongly convex where f is m-strongly convex."""
    assume(strength > 0)
    assume(at_most(m, A))
    W = weight(qm.MoreauEnvelope(strength), A, a)
    return at_most(W, strength), at_most(m * strength / (strength + m), W)


@claim(**CONVEX, source=DINH)
def envelope_is_half_as_smooth(A: Any, a: Any, strength: Any) -> Any:
    """The Moreau envelope is lambda/2-smooth."""
    assume(strength > 0)
    return at_most(weight(qm.MoreauEnvelope(strength), A, a), strength / 2)


enter(
    Entry(
        id="L12",
        sentence="The Moreau envelope of a strongly convex loss is lambda-smooth, and strongly convex with the constant"
        " m lambda/(lambda + m).",
        readings=(
            Reading("m lambda/(lambda + m) <= W(A) <= lambda if m <= A", envelope_is_smooth_and_convex, "PROVED"),
        ),
        twin=envelope_is_half_as_smooth,
        reason="W(a) = a lambda/(lambda + a) grows with a, from its value at m towards lambda. Both constants are the"
        " best ones: the first is reached, the second is the limit of steep tasks.",
    )
)


@claim(**CONVEX, source=RAJESWARAN)
def proximal_weights_are_ordered(A: Any, a: Any, strength: Any) -> Any:
    """Implicit MAML's weight is at most the Moreau envelope's, and that at most joint training's."""
    assume(strength > 0)
    implicit, moreau = weight(qm.IMAML(strength), A, a), weight(qm.MoreauEnvelope(strength), A, a)
    return at_most(0, implicit), at_most(implicit, moreau), at_most(moreau, weight(qm.Joint(), A, a))


@claim(**CONVEX, source=RAJESWARAN)
def implicit_is_heavier(A: Any, a: Any, strength: Any) -> Any:
    """The Moreau envelope's weight is at most twice implicit MAML's."""
    assume(strength > 0)
    return at_most(weight(qm.MoreauEnvelope(strength), A, a), 2 * weight(qm.IMAML(strength), A, a))


enter(
    Entry(
        id="L13",
        sentence="The implicit Jacobian damps what a task contributes, and leaving it out gives steep tasks more say.",
        readings=(Reading("0 <= W_iMAML <= W_Moreau <= A", proximal_weights_are_ordered, "PROVED"),),
        twin=implicit_is_heavier,
        reason="The weights are a, a s and a s^2 with s = lambda/(lambda + a) between 0 and 1. Their ratio s has no"
        " lower bound but 0: it falls below 1/2 where a > lambda.",
    )
)


@claim(**CONVEX, source=ZHOU)
def envelope_tends_to_joint(A: Any, a: Any, strength: Any) -> Any:
    """The Moreau envelope's weight is between A - A^2/lambda and A."""
    assume(strength > 0)
    W = weight(qm.MoreauEnvelope(strength), A, a)
    return at_most(A - A @ A / strength, W), at_most(W, A)


@claim(**CONVEX, source=ZHOU)
def envelope_tends_faster(A: Any, a: Any, strength: Any) -> Any:
    """The Moreau envelope's weight is at least A - A^2/(2 lambda)."""
    assume(strength > 0)
    return at_most(A - A @ A / (2 * strength), weight(qm.MoreauEnvelope(strength), A, a))


enter(
    Entry(
        id="L14",
        sentence="For strong regularisation the proximal meta-learner tends to joint training.",
        readings=(Reading("A - A^2/lambda <= W(A) <= A", envelope_tends_to_joint, "PROVED"),),
        twin=envelope_tends_faster,
        reason="A - W = A^2 (lambda + A)^-1, which is at most A^2/lambda. It is more than half of that where a <"
        " lambda.",
    )
)

# Implicit gradients


@claim(**CONVEX, x=vector(), lr=scalar(0), source=RAJESWARAN)
def implicit_error(A: Any, a: Any, strength: Any, x: Any, lr: Any) -> Any:
    """An inexact inner solution changes the meta-gradient by (I + A/lambda)^-1 A times its error (two inner steps)."""
    assume((strength > 0, lr > 0))
    tasks, f = qm.Tasks.from_minimizers([A], [a]), qm.Quadratic.from_minimizer(A, a)
    solver, prox = qm.ProximalGradientDescent(strength, lr, 2), qm.Proximal(strength)
    off = solver.map(f)(x) - prox.map(f)(x)
    change = qm.IMAML(strength, solver).meta_gradient(tasks, x) - qm.IMAML(strength).meta_gradient(tasks, x)
    return equal(change, inverse(1 + A / strength) @ A @ off)


@claim(**CONVEX, x=vector(), lr=scalar(0), source=RAJESWARAN)
def implicit_error_is_bounded(A: Any, a: Any, strength: Any, x: Any, lr: Any) -> Any:
    """That change is at most lambda times the error of the inner solution (one inner step)."""
    assume((strength > 0, lr > 0))
    tasks, f = qm.Tasks.from_minimizers([A], [a]), qm.Quadratic.from_minimizer(A, a)
    solver, prox = qm.ProximalGradientDescent(strength, lr, 1), qm.Proximal(strength)
    off = solver.map(f)(x) - prox.map(f)(x)
    change = qm.IMAML(strength, solver).meta_gradient(tasks, x) - qm.IMAML(strength).meta_gradient(tasks, x)
    return at_most(change.T @ change, strength**2 * (off.T @ off))


@claim(**CONVEX, x=vector(), lr=scalar(0), source=RAJESWARAN)
def implicit_error_is_a_third(A: Any, a: Any, strength: Any, x: Any, lr: Any) -> Any:
    """That change is at most lambda/3 times the error of the inner solution (one inner step)."""
    assume((strength > 0, lr > 0))
    tasks, f = qm.Tasks.from_minimizers([A], [a]), qm.Quadratic.from_minimizer(A, a)
    solver, prox = qm.ProximalGradientDescent(strength, lr, 1), qm.Proximal(strength)
    off = solver.map(f)(x) - prox.map(f)(x)
    change = qm.IMAML(strength, solver).meta_gradient(tasks, x) - qm.IMAML(strength).meta_gradient(tasks, x)
    return at_most(change.T @ change, strength**2 / 9 * (off.T @ off))


enter(
    Entry(
        id="L15",
        sentence="A delta-accurate inner solution gives an implicit gradient with an error of the order of delta.",
        readings=(
            Reading("error = (I + A/lambda)^-1 A (phi_approx - phi), exactly", implicit_error, "PROVED"),
            Reading("|error| <= lambda |phi_approx - phi|, for convex tasks", implicit_error_is_bounded, "PROVED"),
        ),
        twin=implicit_error_is_a_third,
        reason="The implicit Jacobian does not depend on the inner solution, and the gradient is affine in it. The"
        " factor is lambda a/(lambda + a), which stays below lambda however steep the task.",
    )
)


@claim(**CONVEX, x=vector(), lr=scalar(0), source=RAJESWARAN)
def inner_error_contracts(A: Any, a: Any, strength: Any, x: Any, lr: Any) -> Any:
    """Three steps of the proximal problem multiply the error by (I - lr (lambda + A))^3."""
    assume((strength > 0, lr > 0))
    f = qm.Quadratic.from_minimizer(A, a)
    solution = qm.Proximal(strength).map(f)(x)
    found = qm.ProximalGradientDescent(strength, lr, 3).map(f)(x)
    return equal(found - solution, (1 - lr * (strength + A)) ** 3 @ (x - solution))


@claim(**CONVEX, x=vector(), lr=scalar(0), source=RAJESWARAN)
def inner_error_ignores_strength(A: Any, a: Any, strength: Any, x: Any, lr: Any) -> Any:
    """Three steps of the proximal problem multiply the error by (I - lr A)^3."""
    assume((strength > 0, lr > 0))
    f = qm.Quadratic.from_minimizer(A, a)
    solution = qm.Proximal(strength).map(f)(x)
    found = qm.ProximalGradientDescent(strength, lr, 3).map(f)(x)
    return equal(found - solution, (1 - lr * A) ** 3 @ (x - solution))


enter(
    Entry(
        id="L16",
        sentence="The regularised inner problem is solved geometrically fast, at the rate of its own condition number.",
        readings=(Reading("error after 3 steps = (I - lr (lambda + A))^3 error", inner_error_contracts, "PROVED"),),
        twin=inner_error_ignores_strength,
        reason="The proximal problem has the Hessian lambda + A. Its condition number (lambda + L)/(lambda + m) is"
        " smaller than the task's.",
    )
)


@claim(**CONVEX, source=RAJESWARAN)
def implicit_is_smooth(A: Any, a: Any, strength: Any) -> Any:
    """Implicit MAML's objective on convex tasks is lambda/4-smooth, whatever the curvature."""
    assume(strength > 0)
    return at_most(weight(qm.IMAML(strength), A, a), strength / 4)


@claim(**CONVEX, source=RAJESWARAN)
def implicit_is_smoother(A: Any, a: Any, strength: Any) -> Any:
    """Implicit MAML's objective on convex tasks is lambda/5-smooth."""
    assume(strength > 0)
    return at_most(weight(qm.IMAML(strength), A, a), strength / 5)


enter(
    Entry(
        id="L17",
        sentence="The regularisation alone bounds the curvature of implicit MAML's objective.",
        readings=(Reading("W(A) <= lambda/4 for every convex task", implicit_is_smooth, "PROVED"),),
        twin=implicit_is_smoother,
        reason="W(a) = a lambda^2/(lambda + a)^2 is largest at a = lambda, where it is lambda/4. So outer step sizes"
        " below 8/lambda converge on all tasks.",
    )
)

# Priors


@claim(**ONE, x=vector(), source=GRANT)
def early_stopping_is_a_prior(A: Any, a: Any, lr: Any, x: Any) -> Any:
    """One inner step is the posterior mode under a Gaussian prior around the start of precision 1/lr - A."""
    adapted = qm.GradientDescent(lr, 1).map(qm.Quadratic.from_minimizer(A, a))(x)
    return equal(A @ (adapted - a) + (1 / lr - A) @ (adapted - x), 0)


@claim(**ONE, x=vector(), source=GRANT)
def two_steps_are_a_prior(A: Any, a: Any, lr: Any, x: Any) -> Any:
    """Two inner steps are the posterior mode for the precision A P (I - P)^-1, P the residual of the loop."""
    loop = qm.GradientDescent(lr, 2)
    P, adapted = loop.residual(A), loop.map(qm.Quadratic.from_minimizer(A, a))(x)
    return equal(A @ (adapted - a) + A @ P @ inverse(1 - P) @ (adapted - x), 0)


@claim(**ONE, x=vector(), source=GRANT)
def early_stopping_is_isotropic(A: Any, a: Any, lr: Any, x: Any) -> Any:
    """One inner step is a proximal step of the strength 1/lr, the same in all directions."""
    f = qm.Quadratic.from_minimizer(A, a)
    return equal(qm.GradientDescent(lr, 1).map(f)(x), qm.Proximal(1 / lr).map(f)(x))


@claim(**ONE, x=vector(), source=GRANT)
def two_steps_are_twice_the_prior(A: Any, a: Any, lr: Any, x: Any) -> Any:
    """Two inner steps are the posterior mode for half the precision of one step."""
    adapted = qm.GradientDescent(lr, 2).map(qm.Quadratic.from_minimizer(A, a))(x)
    return equal(A @ (adapted - a) + (1 / lr - A) @ (adapted - x) / 2, 0)


enter(
    Entry(
        id="L18",
        sentence="Early-stopped gradient descent from theta is maximum a posteriori estimation under a Gaussian prior"
        " with mean theta.",
        readings=(
            Reading("one step, prior precision 1/lr - A", early_stopping_is_a_prior, "PROVED"),
            Reading("one step, isotropic prior of precision 1/lr", early_stopping_is_isotropic, "REFUTED"),
        ),
        corrected=(Reading("two steps, precision A P (I - P)^-1", two_steps_are_a_prior, "PROVED"),),
        twin=two_steps_are_twice_the_prior,
        reason="The prior's precision depends on the task's curvature and on the number of steps: it is A P (I - P)^-1."
        " It is no multiple of the identity unless A is one.",
    )
)
