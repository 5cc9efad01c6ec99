"""Golmant 2018 on losses, at the midpoint and at MAML's fixed point, before and after fine-tuning: G8 to G14."""

from __future__ import annotations

from typing import Any

from quadmaml.algorithms import Joint

from .domains import scalar, spd, step_size, vector
from .golmant2018 import golmant
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than
from .two_tasks import COORDINATE, ONE, TWO, admissible, descent, fine_tuned, maml, pair, task, weight

# G8


@golmant(A=spd(), B=spd(), a=vector(), b=vector())
def midpoint_before_adaptation(A: Any, B: Any, a: Any, b: Any) -> Any:
    """The mean loss at the midpoint is (a-b)'(A+B)(a-b)/16."""
    loss = Joint().objective(pair(A, B, a, b))
    return equal(loss((a + b) / 2), (a - b).T @ (A + B) @ (a - b) / 16)


@golmant(**TWO)
def midpoint_after_adaptation(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """After one step it is (a-b)'(V+W)(a-b)/16."""
    loss = maml(lr).objective(pair(A, B, a, b))
    return equal(loss((a + b) / 2), (a - b).T @ (weight(A, lr) + weight(B, lr)) @ (a - b) / 16)


@golmant(A=spd(), B=spd(), lr=step_size("A", "B"))
def both_are_metrics(A: Any, B: Any, lr: Any) -> Any:
    """A + B and V + W are definite: both are metrics."""
    return less_than(0, A + B), less_than(0, weight(A, lr) + weight(B, lr))


@golmant(**TWO)
def metric_is_the_same_after_adaptation(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The metric after adaptation is A + B too."""
    loss = maml(lr).objective(pair(A, B, a, b))
    return equal(loss((a + b) / 2), (a - b).T @ (A + B) @ (a - b) / 16)


@golmant(A=spd(), B=spd(), a=vector(), b=vector())
def midpoint_with_an_eighth(A: Any, B: Any, a: Any, b: Any) -> Any:
    """A wrong twin: the mean loss with the factor of the sum, 1/8."""
    loss = Joint().objective(pair(A, B, a, b))
    return equal(loss((a + b) / 2), (a - b).T @ (A + B) @ (a - b) / 8)


enter(
    Entry(
        id="G8",
        sentence="Why don't we just take the average of the optima? ... This is actually a form of a Mahalanobis"
        " metric.",
        readings=(
            Reading("mean loss at (a+b)/2: 1/16 (a-b)'(A+B)(a-b)", midpoint_before_adaptation, "PROVED"),
            Reading("after one step: 1/16 (a-b)'(V+W)(a-b)", midpoint_after_adaptation, "PROVED"),
            Reading("A + B and V + W are definite", both_are_metrics, "PROVED"),
            Reading("after one step still A + B", metric_is_the_same_after_adaptation, "REFUTED"),
        ),
        twin=midpoint_with_an_eighth,
        reason="Both tasks are half of a - b away, which gives 1/8 to the sum and 1/16 to the mean. After"
        " adaptation the"
        " attenuated curvatures stand for the curvatures.",
        corrected=(Reading("after one step: 1/16 (a-b)'(V+W)(a-b)", midpoint_after_adaptation, "PROVED"),),
    )
)


# G9


@golmant(A=spd(), a=vector(), v=vector(), s=scalar())
def midpoint_loss_is_quadratic_in_the_distance(A: Any, a: Any, v: Any, s: Any) -> Any:
    """With b = a + s v the loss of task A at the midpoint is s^2 times that with s = 1."""
    f = task(A, a)
    return equal(f((a + (a + s * v)) / 2), s**2 * f((a + (a + v)) / 2))


@golmant(A=spd(), v=vector(), s=scalar(1))
def midpoint_loss_is_unbounded(A: Any, v: Any, s: Any) -> Any:
    """It exceeds every bound: s times as far it is at least s times as large, for every s >= 1."""
    f = task(A, 0 * v)
    return at_most(s * f(v / 2), f(s * v / 2), because=s * (s - 1) * (v.T @ A @ v) / 8)


@golmant(A=spd(), B=spd(), a=vector(), b=vector())
def higher_curvature_suffers_more(A: Any, B: Any, a: Any, b: Any) -> Any:
    """At the midpoint the loss of the task of higher curvature is the larger one."""
    assume(at_most(B, A))
    middle, apart = (a + b) / 2, (a - b) / 2
    return at_most(task(B, b)(middle), task(A, a)(middle), because=apart.T @ (A - B) @ apart / 2)


@golmant(**TWO)
def higher_curvature_suffers_more_after_adaptation(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The same after one step."""
    assume(at_most(B, A))
    middle = (a + b) / 2
    return at_most(fine_tuned(task(B, b), middle, lr), fine_tuned(task(A, a), middle, lr))


@golmant(**COORDINATE)
def joint_training_helps_the_harder_task(p: Any, q: Any) -> Any:
    """Joint training does better than the midpoint on the task of larger curvature (one dimension)."""
    admissible(p, q)
    assume(p >= q)
    f, best = task(p, 0 * p), Joint().fixed_point(pair(p, q, 0 * p, p / p))
    return at_most(f(best), f(p / p / 2))


@golmant(**COORDINATE)
def maml_helps_the_harder_task(p: Any, q: Any) -> Any:
    """MAML does better than the midpoint on the task of larger curvature (one dimension)."""
    admissible(p, q)
    assume(p >= q)
    f, best = task(p, 0 * p), maml().fixed_point(pair(p, q, 0 * p, p / p))
    return at_most(f(best), f(p / p / 2))


@golmant(**COORDINATE)
def maml_helps_the_harder_task_up_to_a_third(p: Any, q: Any) -> Any:
    """It does if both curvatures are at most a third of the reciprocal of the step size."""
    assume((p >= q, q > 0, 3 * p <= 1))
    f, best = task(p, 0 * p), maml().fixed_point(pair(p, q, 0 * p, p / p))
    return at_most(f(best), f(p / p / 2))


@golmant(A=spd(), B=spd(), a=vector(), b=vector())
def higher_curvature_suffers_twice(A: Any, B: Any, a: Any, b: Any) -> Any:
    """A wrong twin: its loss is at least twice that of the other."""
    assume(at_most(B, A))
    middle = (a + b) / 2
    return at_most(2 * task(B, b)(middle), task(A, a)(middle))


enter(
    Entry(
        id="G9",
        sentence="When I increase the distance between points, the loss can skyrocket, especially along the"
        " direction of a"
        ' principal eigenvector. A "low-risk" objective with smaller eigenvalues just hurts how well we do on a'
        " harder one.",
        readings=(
            Reading(
                "s times as far, s^2 times the loss at the midpoint",
                midpoint_loss_is_quadratic_in_the_distance,
                "PROVED",
            ),
            Reading("so it exceeds every bound", midpoint_loss_is_unbounded, "PROVED"),
            Reading("B <= A: at the midpoint task A has the larger loss", higher_curvature_suffers_more, "PROVED"),
            Reading("... also after one step", higher_curvature_suffers_more_after_adaptation, "REFUTED"),
            Reading(
                "joint training beats the midpoint on the harder task (d = 1)",
                joint_training_helps_the_harder_task,
                "PROVED",
            ),
            Reading("MAML beats the midpoint on the harder task (d = 1)", maml_helps_the_harder_task, "REFUTED"),
        ),
        twin=higher_curvature_suffers_twice,
        reason="Before adaptation a larger curvature makes a larger loss at the same distance. After a step of"
        " size close"
        " to 1/curvature the task of larger curvature is the easier one, and MAML gives it less weight than the"
        " midpoint.",
        corrected=(
            Reading(
                "it does if both curvatures are at most 1/(3a)", maml_helps_the_harder_task_up_to_a_third, "PROVED"
            ),
        ),
    )
)


# G10


@golmant(**TWO)
def step_from_the_midpoint(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """One step on task A from the midpoint gives ((I + lr A) a + (I - lr A) b)/2."""
    adapted = descent(lr).map(task(A, a))((a + b) / 2)
    return equal(adapted, ((1 + lr * A) @ a + (1 - lr * A) @ b) / 2)


@golmant(A=spd(), lr=step_size("A"))
def eigenvalues_around_one(A: Any, lr: Any) -> Any:
    """I + lr A has all eigenvalues above one, I - lr A all between zero and one."""
    return less_than(1, 1 + lr * A), less_than(1 - lr * A, 1), less_than(0, 1 - lr * A)


@golmant(**ONE, y=vector())
def step_contracts_in_the_norm(A: Any, a: Any, x: Any, lr: Any, y: Any) -> Any:
    """A step brings two points closer in the norm of A."""
    adapted = descent(lr).map(task(A, a))
    after, before = adapted(x) - adapted(y), x - y
    return at_most(after.T @ A @ after, before.T @ A @ before)


@golmant(A=spd(), lr=scalar(0), x=vector())
def step_contracts_up_to_two(A: Any, lr: Any, x: Any) -> Any:
    """It does so for every step size up to 2/lambda_max."""
    assume(at_most(lr * A, 2))
    after = (1 - lr * A) @ x
    return at_most(after.T @ A @ after, x.T @ A @ x)


@golmant(A=spd(), m=scalar(0, 1))
def step_contracts_by_a_factor(A: Any, m: Any) -> Any:
    """With lr = 1 and eigenvalues from m to 1 by the factor 1 - m at least."""
    assume((at_most(m, A), at_most(A, 1)))
    return at_most((1 - A) @ A @ (1 - A), (1 - m) ** 2 * A)


@golmant(A=spd(), lr=scalar(0), x=vector())
def step_contracts_up_to_three(A: Any, lr: Any, x: Any) -> Any:
    """The same up to 3/lambda_max."""
    assume(at_most(lr * A, 3))
    after = (1 - lr * A) @ x
    return at_most(after.T @ A @ after, x.T @ A @ x)


@golmant(**TWO)
def step_contracts_towards_the_other_task(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """A wrong twin: a step on task A also comes closer to b."""
    middle = (a + b) / 2
    after, before = descent(lr).map(task(A, a))(middle) - b, middle - b
    return at_most(after.T @ A @ after, before.T @ A @ before)


enter(
    Entry(
        id="G10",
        sentence="The fine-tuned model is [1/2((I+aA)a + (I-aA)b)]. This is exactly a contraction in the"
        " Mahalanobis metric"
        " induced by A: the eigenvalues of [I+aA] are all greater than one, while those of [I-aA] are all less"
        " than one.",
        readings=(
            Reading("U_A((a+b)/2) = 1/2((I+aA)a + (I-aA)b)", step_from_the_midpoint, "PROVED"),
            Reading("I < I + aA and 0 < I - aA < I", eigenvalues_around_one, "PROVED"),
            Reading("|U(x)-U(y)|_A <= |x-y|_A for 0 < a < 1/lambda_max", step_contracts_in_the_norm, "PROVED"),
            Reading("a uniform factor: m <= aA <= 1 gives 1 - m", step_contracts_by_a_factor, "PROVED"),
            Reading("for any step size up to 3/lambda_max", step_contracts_up_to_three, "REFUTED"),
        ),
        twin=step_contracts_towards_the_other_task,
        reason="U(x) - a = (I-aA)(x-a), and I - aA commutes with A. It is a contraction as long as no eigenvalue of aA"
        " exceeds 2, so half of the admissible step sizes are beyond those of the source.",
        corrected=(Reading("|U(x)-a|_A <= |x-a|_A for 0 <= a <= 2/lambda_max", step_contracts_up_to_two, "PROVED"),),
    )
)


# G11


@golmant(**TWO)
def distance_to_the_first_optimum(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The fixed point minus a is (V + W)^-1 W (b - a)."""
    V, W = weight(A, lr), weight(B, lr)
    return equal(maml(lr).fixed_point(pair(A, B, a, b)) - a, inverse(V + W) @ W @ (b - a))


@golmant(**ONE)
def losses_after_three_steps(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """After k steps the loss is |(I - lr A)^k (x-a)|^2 / 2 in the norm of A: k = 0, 1, 2, 3."""
    f, away = task(A, a), x - a
    return tuple(
        equal(fine_tuned(f, x, lr, k), ((1 - lr * A) ** k @ away).T @ A @ ((1 - lr * A) ** k @ away) / 2)
        for k in range(4)
    )


@golmant(**ONE)
def one_step_more(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """One step more multiplies the distance to a by I - lr A, which gives every k by induction."""
    return equal(descent(lr).map(task(A, a))(x) - a, (1 - lr * A) @ (x - a))


@golmant(**TWO)
def overall_loss(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The mean fine-tuned loss at the fixed point is (a-b)'(V^-1 + W^-1)^-1(a-b)/4."""
    tasks, shared = pair(A, B, a, b), inverse(inverse(weight(A, lr)) + inverse(weight(B, lr)))
    return equal(maml(lr).objective(tasks)(maml(lr).fixed_point(tasks)), (a - b).T @ shared @ (a - b) / 4)


@golmant(**TWO)
def distance_with_the_own_weight(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """A wrong twin: with A's own weight, (V + W)^-1 V (b - a)."""
    V, W = weight(A, lr), weight(B, lr)
    return equal(maml(lr).fixed_point(pair(A, B, a, b)) - a, inverse(V + W) @ V @ (b - a))


enter(
    Entry(
        id="G11",
        sentence="I'll call [x* - a = (V+W)^-1 W (b-a)]. We get [the fine-tuned loss 1/2 |(I-aA)^k (x*-a)|_A^2].",
        readings=(
            Reading("x* - a = (V+W)^-1 W (b-a)", distance_to_the_first_optimum, "PROVED"),
            Reading("the loss after k = 0..3 steps", losses_after_three_steps, "PROVED"),
            Reading("U(x) - a = (I-aA)(x-a), hence every k", one_step_more, "PROVED"),
            Reading("mean loss 1/4 (a-b)'(V^-1 + W^-1)^-1 (a-b)", overall_loss, "PROVED"),
        ),
        twin=distance_with_the_own_weight,
        reason="The fixed point is a mean with matrix weights, so its distance to a is the other task's share of b - a."
        " Each further step multiplies that distance by I - aA.",
    )
)
