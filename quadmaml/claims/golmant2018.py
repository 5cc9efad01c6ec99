"""Golmant 2018, "Model-agnostic meta-learning on quadratics": its statements about quadratics, G1 to G14.

In the text a prime marks transposes, V and W are the attenuated curvatures of the two tasks, S the inverse of V + W.
"""

from __future__ import annotations

from fractions import Fraction
from functools import partial
from typing import Any

from .domains import scalar, spd, step_size, symmetric, vector
from .language import claim
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than, psd
from .two_tasks import COORDINATE, ONE, TWO, admissible, descent, fine_tuned, maml, pair, task, weight

golmant = partial(claim, source="Golmant 2018, MAML on quadratics")


# G1


@golmant(A=symmetric(), a=vector(), x=vector(), lr=scalar(0))
def gradient_through_a_step(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """On a quadratic, indefinite ones too, the gradient of f(U(x)) is (I - lr A) f'(U(x))."""
    assume(lr > 0)
    f = task(A, a)
    adapted = descent(lr).map(f)
    return equal(x.gradient_of(lambda y: f(adapted(y))), (1 - lr * A) @ f.gradient(adapted(x)))


def _cubic(B: Any, h: Any, u: Any, lr: Any) -> Any:
    """f(x) = x'Bx/2 - h'x + (u'x)^3/6 with its gradient, its Hessian, and a gradient step."""

    def gradient(x: Any) -> Any:
        return B @ x - h + (u.T @ x) ** 2 * u / 2

    def hessian(x: Any) -> Any:
        return B + (u.T @ x) * (u @ u.T)

    return (
        lambda x: x.T @ B @ x / 2 - h.T @ x + (u.T @ x) ** 3 / 6,
        gradient,
        hessian,
        lambda x: x - lr * gradient(x),
    )


def _slope(function: Any, x: Any, v: Any) -> Any:
    """The derivative along v of a polynomial of degree at most 6, by differences that are exact for it."""
    shares = (Fraction(3, 4), Fraction(-3, 20), Fraction(1, 60))
    return sum((c * (function(x + k * v) - function(x - k * v)) for k, c in enumerate(shares, 1)), 0 * (v.T @ v))


CUBIC: dict[str, Any] = {"B": symmetric(), "h": vector(), "u": vector(), "x": vector(), "v": vector(), "lr": scalar()}


@golmant(**CUBIC)
def gradient_through_a_step_of_a_cubic(B: Any, h: Any, u: Any, x: Any, v: Any, lr: Any) -> Any:
    """The same where the Hessian varies: the Hessian is the one at the start."""
    f, gradient, hessian, step = _cubic(B, h, u, lr)
    return equal(_slope(lambda y: f(step(y)), x, v), v.T @ (1 - lr * hessian(x)) @ gradient(step(x)))


@golmant(**CUBIC)
def hessian_at_the_adapted_point(B: Any, h: Any, u: Any, x: Any, v: Any, lr: Any) -> Any:
    """A wrong twin: the Hessian at the adapted point."""
    f, gradient, hessian, step = _cubic(B, h, u, lr)
    return equal(_slope(lambda y: f(step(y)), x, v), v.T @ (1 - lr * hessian(step(x))) @ gradient(step(x)))


enter(
    Entry(
        id="G1",
        sentence="The gradient is [the mean over tasks of] (I - aH) f'(U(x)), where H is the Hessian of f at x.",
        readings=(
            Reading("any quadratic: grad f(U(x)) = (I - aA) f'(U(x))", gradient_through_a_step, "PROVED"),
            Reading("cubics in every dimension, H at x", gradient_through_a_step_of_a_cubic, "PROVED"),
        ),
        twin=hessian_at_the_adapted_point,
        reason="It is the chain rule, and the Jacobian of U at x is I - aH(x). On quadratics the point at which H is"
        " taken does not show; on cubics it does.",
    )
)


# G2


@golmant(**ONE)
def modified_quadratic(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """The adapted loss is the quadratic with curvature A(I - lr A)^2 and the same minimiser and minimum."""
    return equal(fine_tuned(task(A, a), x, lr), (x - a).T @ weight(A, lr) @ (x - a) / 2)


@golmant(**TWO, x=vector())
def sum_of_modified_gradients(A: Any, B: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """MAML's field on two tasks is the mean of the gradients of the two modified quadratics."""
    modified = (weight(A, lr) @ (x - a) + weight(B, lr) @ (x - b)) / 2
    return equal(maml(lr).meta_gradient(pair(A, B, a, b), x), modified)


@golmant(A=spd(), lr=step_size("A"))
def modified_quadratic_is_definite(A: Any, lr: Any) -> Any:
    """Below 1/lambda_max the modified quadratic has no other minimiser."""
    return less_than(0, weight(A, lr))


@golmant(A=spd(), lr=scalar(0))
def modified_quadratic_is_definite_for_stable_steps(A: Any, lr: Any) -> Any:
    """The same for every stable step size, up to 2/lambda_max."""
    assume((lr > 0, less_than(lr * A, 2)))
    return less_than(0, weight(A, lr))


@golmant(**ONE)
def attenuated_once(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """A wrong twin: the curvature A(I - lr A)."""
    return equal(fine_tuned(task(A, a), x, lr), (x - a).T @ A @ (1 - lr * A) @ (x - a) / 2)


enter(
    Entry(
        id="G2",
        sentence="The gradient looks like the sum of the gradients of some modified quadratic objectives.",
        readings=(
            Reading("f(U(x)) = 1/2 (x-a)'V(x-a) with V = A(I-aA)^2", modified_quadratic, "PROVED"),
            Reading("MAML's field is (V(x-a) + W(x-b))/2", sum_of_modified_gradients, "PROVED"),
            Reading(
                "a is the only minimiser: V is definite if 0 < a < 1/lambda_max",
                modified_quadratic_is_definite,
                "PROVED",
            ),
            Reading(
                "... and for every stable step size, 0 < a < 2/lambda_max",
                modified_quadratic_is_definite_for_stable_steps,
                "REFUTED",
            ),
        ),
        twin=attenuated_once,
        reason="Pulling a quadratic back along x - a(A(x-a)) multiplies its curvature by I - aA from both sides. At the"
        " one step size 1/lambda of an eigenvalue the task loses that direction, so uniqueness needs a < 1/lambda_max.",
        corrected=(
            Reading("a minimises and V is definite if 0 < a < 1/lambda_max", modified_quadratic_is_definite, "PROVED"),
        ),
    )
)


# G3


@golmant(A=spd(), t=scalar(0), k=scalar(0, 1))
def weight_decreases_in_the_step(A: Any, t: Any, k: Any) -> Any:
    """A(I - tA)^2 <= A(I - ktA)^2 for 0 <= k <= 1 and 0 <= t <= 1/lambda_max."""
    assume(at_most(t * A, 1))
    return at_most(weight(A, t), weight(A, k * t))


@golmant(p=scalar(0))
def weight_runs_from_the_eigenvalue_to_zero(p: Any) -> Any:
    """At step size 0 it is the eigenvalue, at its reciprocal 0."""
    assume(p > 0)
    return equal(weight(p, 0 * p), p), equal(weight(p, inverse(p)), 0)


@golmant(A=spd(), v=vector(), p=scalar(), lr=scalar())
def eigenvalues_are_attenuated(A: Any, v: Any, p: Any, lr: Any) -> Any:
    """An eigenvector of A to p is one of A(I - lr A)^2 to p(1 - lr p)^2."""
    assume(equal(A @ v, p * v))
    return equal(weight(A, lr) @ v, p * (1 - lr * p) ** 2 * v)


@golmant(**COORDINATE)
def order_is_kept(p: Any, q: Any) -> Any:
    """The i-th largest eigenvalue becomes the i-th largest: p <= q implies W(p) <= W(q)."""
    admissible(p, q)
    assume(p <= q)
    return at_most(weight(p), weight(q))


@golmant(**COORDINATE)
def order_is_kept_up_to_a_third(p: Any, q: Any) -> Any:
    """It is so up to a third of the reciprocal of the step size."""
    assume((p <= q, 3 * q <= 1))
    return at_most(weight(p), weight(q))


@golmant(A=spd(), s=scalar(0), t=scalar(0))
def weight_decreases_for_all_steps(A: Any, s: Any, t: Any) -> Any:
    """The same without a bound on the step size."""
    assume(s <= t)
    return at_most(weight(A, t), weight(A, s))


@golmant(A=spd(), t=scalar(0), k=scalar(1))
def weight_increases_beyond(A: Any, t: Any, k: Any) -> Any:
    """Beyond 1/lambda_min it increases again."""
    assume(at_most(1, t * A))
    return at_most(weight(A, t), weight(A, k * t))


enter(
    Entry(
        id="G3",
        sentence="The i-th eigenvalue of [V] is [l(1-al)^2]; as a function of the step size it is decreasing"
        " from [l] to 0"
        " in the range [0, 1/l].",
        readings=(
            Reading("A v = l v implies V v = l(1-al)^2 v", eigenvalues_are_attenuated, "PROVED"),
            Reading("V(t) <= V(s) for 0 <= s <= t <= 1/lambda_max", weight_decreases_in_the_step, "PROVED"),
            Reading("it is l at step size 0 and 0 at 1/l", weight_runs_from_the_eigenvalue_to_zero, "PROVED"),
            Reading("it decreases for all step sizes", weight_decreases_for_all_steps, "REFUTED"),
            Reading("the i-th largest eigenvalue of A becomes the i-th largest of V", order_is_kept, "REFUTED"),
        ),
        twin=weight_decreases_for_all_steps,
        reason="(1-al)^2 falls up to a = 1/l and rises from there on. In the eigenvalue, l(1-al)^2 rises only up to"
        " l = 1/(3a): beyond it a larger eigenvalue of A can become a smaller one of V.",
        corrected=(
            Reading("from 1/lambda_min on V(t) increases", weight_increases_beyond, "PROVED"),
            Reading("p <= q <= 1/(3a) implies W(p) <= W(q)", order_is_kept_up_to_a_third, "PROVED"),
        ),
    )
)


# G4


@golmant(A=spd(), lr=scalar(0))
def larger_steps_do_not_contract(A: Any, lr: Any) -> Any:
    """With step sizes from 1/lambda_max on gradient descent does not contract."""
    assume(at_most(1, lr * A))
    return at_most(1, (1 - lr * A) ** 2)


@golmant(p=scalar(1), q=scalar(1))
def larger_steps_lose_convexity(p: Any, q: Any) -> Any:
    """From 1/lambda_max on MAML's objective is not strictly convex (one dimension, step size 1)."""
    return at_most(weight(p) + weight(q), 0)


@golmant(A=spd(), lr=scalar(0))
def steps_up_to_two_contract(A: Any, lr: Any) -> Any:
    """Up to 2/lambda_max gradient descent contracts."""
    assume((lr > 0, less_than(lr * A, 2)))
    return less_than((1 - lr * A) ** 2, 1)


@golmant(A=spd(), lr=scalar(0))
def steps_beyond_two_do_not_contract(A: Any, lr: Any) -> Any:
    """Where every eigenvalue is at least 2/lr it expands, or stands still."""
    assume(at_most(2, lr * A))
    return at_most(1, (1 - lr * A) ** 2)


@golmant(A=spd(), lr=scalar(0))
def no_overshooting(A: Any, lr: Any) -> Any:
    """Up to 1/lambda_max no component overshoots."""
    assume(at_most(lr * A, 1))
    return psd(1 - lr * A)


@golmant(A=spd(), lr=scalar(0))
def steps_up_to_two_and_a_half_contract(A: Any, lr: Any) -> Any:
    """A wrong twin: up to 5/(2 lambda_max)."""
    assume((lr > 0, less_than(lr * A, Fraction(5, 2))))
    return less_than((1 - lr * A) ** 2, 1)


enter(
    Entry(
        id="G4",
        sentence="[1/l], which is the largest we could go due to regularity conditions anyways.",
        readings=(
            Reading(
                "from 1/lambda_max on gradient descent no longer contracts", larger_steps_do_not_contract, "REFUTED"
            ),
            Reading(
                "from 1/lambda_max on MAML's objective is not strictly convex", larger_steps_lose_convexity, "REFUTED"
            ),
            Reading("up to 1/lambda_max no component overshoots: I - aA >= 0", no_overshooting, "PROVED"),
        ),
        twin=steps_up_to_two_and_a_half_contract,
        reason="Gradient descent contracts up to 2/lambda_max, and MAML's objective is convex for every step size."
        " At 1/lambda_max only the sign of I - aA changes, so that components begin to overshoot.",
        corrected=(
            Reading("gradient descent contracts if 0 < a < 2/lambda_max", steps_up_to_two_contract, "PROVED"),
            Reading("it does not if a lambda_min >= 2", steps_beyond_two_do_not_contract, "PROVED"),
        ),
    )
)


# G5


@golmant(**TWO)
def fixed_point_is_a_weighted_mean(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's fixed point is (V + W)^-1 (V a + W b)."""
    V, W = weight(A, lr), weight(B, lr)
    return equal(maml(lr).fixed_point(pair(A, B, a, b)), inverse(V + W) @ (V @ a + W @ b))


@golmant(A=spd(), B=spd(), lr=step_size("A", "B"))
def fixed_point_is_unique(A: Any, B: Any, lr: Any) -> Any:
    """It is the only one below 1/lambda_max."""
    return less_than(0, weight(A, lr) + weight(B, lr))


@golmant(A=spd(), B=spd(), lr=scalar(0))
def fixed_point_is_unique_at_the_end(A: Any, B: Any, lr: Any) -> Any:
    """The same with 1/lambda_max itself allowed."""
    assume((at_most(lr * A, 1), at_most(lr * B, 1)))
    return less_than(0, weight(A, lr) + weight(B, lr))


@golmant(**TWO)
def minimisers_exchanged(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """A wrong twin: each task's minimiser with the other's weight."""
    V, W = weight(A, lr), weight(B, lr)
    return equal(maml(lr).fixed_point(pair(A, B, a, b)), inverse(V + W) @ (V @ b + W @ a))


enter(
    Entry(
        id="G5",
        sentence="We can solve for the fixed point of the MAML update; in the end we get the clean solution"
        " [(V + W)^-1 (V a + W b)].",
        readings=(
            Reading("the fixed point is (V+W)^-1 (Va + Wb)", fixed_point_is_a_weighted_mean, "PROVED"),
            Reading("there is no other for 0 < a < 1/lambda_max", fixed_point_is_unique, "PROVED"),
            Reading("there is no other for 0 <= a <= 1/lambda_max", fixed_point_is_unique_at_the_end, "REFUTED"),
        ),
        twin=minimisers_exchanged,
        reason="The field is (V+W)x - (Va+Wb) up to a factor, and V + W is definite below 1/lambda_max. At the"
        " end of the"
        " range both tasks can lose the same direction, and every point along it is then fixed.",
        corrected=(Reading("it is unique for 0 < a < 1/lambda_max", fixed_point_is_unique, "PROVED"),),
    )
)
