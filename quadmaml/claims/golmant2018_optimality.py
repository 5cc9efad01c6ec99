"""Golmant 2018: in what sense MAML's fixed point is the best start, and against which other: G12 to G14.

Where A and B have a common eigenbasis, in two dimensions, p >= q are the eigenvalues of A, r and s those of B, the
minimisers are 0 and (c, e), and the step size is 1.
"""

from __future__ import annotations

from typing import Any

from .domains import scalar, spd, step_size, vector
from .golmant2018 import golmant
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than
from .two_tasks import TWO, admissible, fine_tuned, fomaml, maml, pair, task, weight

PLANE: dict[str, Any] = {**dict.fromkeys("pqrs", scalar(0, 1)), "c": scalar(), "e": scalar()}


def _in_the_plane(p: Any, q: Any, r: Any, s: Any, c: Any, e: Any) -> tuple[Any, Any, Any, Any]:
    """The coordinates of the fixed point, and the losses of task A after one step from there and from the midpoint."""
    admissible(p, q, r, s)
    assume(q < p)
    x, y = maml().fixed_point(pair(p, r, 0 * c, c)), maml().fixed_point(pair(q, s, 0 * e, e))
    first, second = task(p, 0 * c), task(q, 0 * e)
    at_best = fine_tuned(first, x) + fine_tuned(second, y)
    return x, y, at_best, fine_tuned(first, c / 2) + fine_tuned(second, e / 2)


# G12


@golmant(**TWO)
def better_on_each_task(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The fine-tuned loss of each task from the fixed point is at most that from the midpoint."""
    best = maml(lr).fixed_point(pair(A, B, a, b))
    return tuple(at_most(fine_tuned(f, best, lr), fine_tuned(f, (a + b) / 2, lr)) for f in (task(A, a), task(B, b)))


@golmant(p=scalar(0, 1), r=scalar(0, 1), c=scalar())
def closer_means_better(p: Any, r: Any, c: Any) -> Any:
    """If the fixed point is closer to the top eigenvector through a than the midpoint, it does better on task A."""
    one = p / p
    _, y, at_best, at_midpoint = _in_the_plane(p, one / 2, r, 2 * one / 3, c, one)
    assume(y**2 < (one / 2) ** 2)
    return at_most(at_best, at_midpoint)


@golmant(**PLANE)
def better_means_closer(p: Any, q: Any, r: Any, s: Any, c: Any, e: Any) -> Any:
    """If it does better on task A, it is closer to the top eigenvector through a."""
    _, y, at_best, at_midpoint = _in_the_plane(p, q, r, s, c, e)
    assume(at_best < at_midpoint)
    return at_most(y**2, (e / 2) ** 2)


@golmant(**PLANE)
def always_closer(p: Any, q: Any, r: Any, s: Any, c: Any, e: Any) -> Any:
    """It is closer to the top eigenvector through a."""
    _, y, _, _ = _in_the_plane(p, q, r, s, c, e)
    return at_most(y**2, (e / 2) ** 2)


@golmant(**PLANE)
def always_at_a_smaller_angle(p: Any, q: Any, r: Any, s: Any, c: Any, e: Any) -> Any:
    """Seen from a its angle with the top eigenvector is smaller than the midpoint's."""
    x, y, _, _ = _in_the_plane(p, q, r, s, c, e)
    return at_most((y * c) ** 2, (x * e) ** 2)


@golmant(p=scalar(), q=scalar())
def nearer_by_weight(p: Any, q: Any) -> Any:
    """With minimisers 0 and 1 the fixed point x has 1/4 - x^2 = (V - W)(V + 3W)/(4 (V + W)^2)."""
    V, W = weight(p), weight(q)
    best = maml().fixed_point(pair(p, q, 0 * p, p / p))
    return equal((1 - 4 * best**2) * (V + W) ** 2, (V - W) * (V + 3 * W))


@golmant(**TWO)
def better_where_the_weight_is_larger(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """If W <= V, the fixed point does better on task A than the midpoint."""
    V, W = weight(A, lr), weight(B, lr)
    assume(at_most(W, V))
    f, best, S, apart = task(A, a), maml(lr).fixed_point(pair(A, B, a, b)), inverse(V + W), b - a
    first, second, third = S @ V @ apart, S @ W @ apart, S @ (V - W) @ apart
    more = first.T @ (V - W) @ first + 3 * (second.T @ (V - W) @ second + third.T @ W @ third)
    return at_most(fine_tuned(f, best, lr), fine_tuned(f, (a + b) / 2, lr), because=more / 8)


@golmant(**TWO)
def better_where_the_curvature_is_larger(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """A wrong twin: if B <= A, the fixed point does better on task A than the midpoint."""
    assume(at_most(B, A))
    best = maml(lr).fixed_point(pair(A, B, a, b))
    return at_most(fine_tuned(task(A, a), best, lr), fine_tuned(task(A, a), (a + b) / 2, lr))


enter(
    Entry(
        id="G12",
        sentence="When is this doing better than [the midpoint]? Precisely when [x*] lies closer to the subspace"
        " spanned by"
        " the eigenvectors corresponding to the largest eigenvalues of A. And [x*] definitely does lie closer.",
        readings=(
            Reading("better on each of the two tasks", better_on_each_task, "REFUTED"),
            Reading("closer to the top eigenvector implies better on task A", closer_means_better, "REFUTED"),
            Reading("better on task A implies closer to its top eigenvector", better_means_closer, "REFUTED"),
            Reading("definitely closer, as a distance", always_closer, "REFUTED"),
            Reading("definitely closer, as an angle at a", always_at_a_smaller_angle, "REFUTED"),
        ),
        twin=better_where_the_curvature_is_larger,
        reason="Whether a coordinate of x* is nearer to a than the midpoint's depends on which task has the larger"
        " attenuated eigenvalue there, V or W, not on the order of A's eigenvalues. Where all of V is larger, task A"
        " gains, and task B pays for it.",
        corrected=(
            Reading("W <= V implies that x* beats the midpoint on task A", better_where_the_weight_is_larger, "PROVED"),
            Reading("a coordinate is nearer to a's exactly if its V >= its W", nearer_by_weight, "PROVED"),
        ),
    )
)


# G13


@golmant(**TWO, x=vector())
def fixed_point_minimises(A: Any, B: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """The mean fine-tuned loss is least at the fixed point."""
    tasks = pair(A, B, a, b)
    loss, best = maml(lr).objective(tasks), maml(lr).fixed_point(tasks)
    more = (x - best).T @ ((weight(A, lr) + weight(B, lr)) / 4) @ (x - best)
    return at_most(loss(best), loss(x), because=more)


@golmant(A=spd(), B=spd(), lr=step_size("A", "B"))
def minimiser_is_unique(A: Any, B: Any, lr: Any) -> Any:
    """The Hessian of the mean fine-tuned loss is definite."""
    return less_than(0, (weight(A, lr) + weight(B, lr)) / 2)


@golmant(A=spd(), B=spd(), lr=scalar(0))
def minimiser_is_unique_at_the_end(A: Any, B: Any, lr: Any) -> Any:
    """The same with the step size 1/lambda_max allowed."""
    assume((at_most(lr * A, 1), at_most(lr * B, 1)))
    return less_than(0, (weight(A, lr) + weight(B, lr)) / 2)


@golmant(**TWO, x=vector())
def minimises_after_two_steps(A: Any, B: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """The fixed point for one step minimises the mean loss after two."""
    tasks = pair(A, B, a, b)
    loss, best = maml(lr, 2).objective(tasks), maml(lr).fixed_point(tasks)
    return at_most(loss(best), loss(x))


@golmant(**TWO, x=vector())
def first_order_minimises(A: Any, B: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """A wrong twin: FOMAML's fixed point minimises it too."""
    tasks = pair(A, B, a, b)
    loss = maml(lr).objective(tasks)
    return at_most(loss(fomaml(lr).fixed_point(tasks)), loss(x))


enter(
    Entry(
        id="G13",
        sentence='MAML found the unique point that minimizes the expected loss of the "fine-tuned" models.',
        readings=(
            Reading(
                "F(x*) <= F(x) for every x, F the mean loss after the one step trained for",
                fixed_point_minimises,
                "PROVED",
            ),
            Reading("it is the only minimiser for 0 < a < 1/lambda_max", minimiser_is_unique, "PROVED"),
            Reading("it is the only minimiser for 0 <= a <= 1/lambda_max", minimiser_is_unique_at_the_end, "REFUTED"),
            Reading("it minimises the mean loss after two steps too", minimises_after_two_steps, "REFUTED"),
        ),
        twin=first_order_minimises,
        reason="F(x) - F(x*) = 1/4 (x-x*)'(V+W)(x-x*), definite below 1/lambda_max. Another number of steps, or a"
        " first-order gradient, has other weights and so another minimiser.",
        corrected=(Reading("x* is the only minimiser for 0 < a < 1/lambda_max", minimiser_is_unique, "PROVED"),),
    )
)


# G14


@golmant(**TWO)
def midpoint_never_wins(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """For the number of steps trained for, here one, the fixed point does at least as well as the midpoint."""
    tasks = pair(A, B, a, b)
    loss, best = maml(lr).objective(tasks), maml(lr).fixed_point(tasks)
    off = (a + b) / 2 - best
    return at_most(loss(best), loss((a + b) / 2), because=off.T @ ((weight(A, lr) + weight(B, lr)) / 4) @ off)


@golmant(**TWO)
def midpoint_never_wins_without_steps(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Also without fine-tuning, k = 0."""
    tasks = pair(A, B, a, b)
    loss, best = maml(lr, 0).objective(tasks), maml(lr).fixed_point(tasks)
    return at_most(loss(best), loss((a + b) / 2))


@golmant(**TWO)
def midpoint_never_wins_after_two_steps(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Also after more steps than trained for, k = 2."""
    tasks = pair(A, B, a, b)
    loss, best = maml(lr, 2).objective(tasks), maml(lr).fixed_point(tasks)
    return at_most(loss(best), loss((a + b) / 2))


@golmant(**TWO)
def midpoint_never_wins_if_trained_for_two(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Trained for two steps it is never beaten after two."""
    tasks = pair(A, B, a, b)
    loss, best = maml(lr, 2).objective(tasks), maml(lr, 2).fixed_point(tasks)
    off = (a + b) / 2 - best
    return at_most(loss(best), loss((a + b) / 2), because=off.T @ ((weight(A, lr, 2) + weight(B, lr, 2)) / 4) @ off)


@golmant(p=scalar(0), k=scalar(0, 1))
def without_steps_up_to_a_third(p: Any, k: Any) -> Any:
    """In one dimension k = 0 is safe if both curvatures are at most 1/3 of the reciprocal of the step size."""
    assume(3 * p <= 1)
    q = k * p
    V, W = weight(p), weight(q)
    return at_most(4 * (p * W**2 + q * V**2), (p + q) * (V + W) ** 2)


@golmant(p=scalar(0), k=scalar(0, 1))
def two_steps_up_to_a_seventh(p: Any, k: Any) -> Any:
    """In one dimension k = 2 is safe if both curvatures are at most 1/7 of it."""
    assume(7 * p <= 1)
    q = k * p
    V, W = weight(p), weight(q)
    return at_most(
        4 * (weight(p, 1, 2) * W**2 + weight(q, 1, 2) * V**2), (weight(p, 1, 2) + weight(q, 1, 2)) * (V + W) ** 2
    )


@golmant(p=scalar(0), k=scalar(0, 1))
def two_steps_up_to_a_fifth(p: Any, k: Any) -> Any:
    """A wrong twin: k = 2 is safe up to 1/5, where both weights increase with the curvature."""
    assume(5 * p <= 1)
    V, W, once_more = weight(p), weight(k * p), (weight(p, 1, 2), weight(k * p, 1, 2))
    return at_most(4 * (once_more[0] * W**2 + once_more[1] * V**2), (once_more[0] + once_more[1]) * (V + W) ** 2)


enter(
    Entry(
        id="G14",
        sentence="Hence, our overall loss using these fine-tuned models is [...]. When is this doing better than [the"
        " midpoint]? ... multiplying by [(I-aA)^k] will scale the components down to zero in only a few iterations.",
        readings=(
            Reading("mean loss after the one step trained for", midpoint_never_wins, "PROVED"),
            Reading("mean loss without fine-tuning", midpoint_never_wins_without_steps, "REFUTED"),
            Reading("mean loss after two steps, trained for one", midpoint_never_wins_after_two_steps, "REFUTED"),
        ),
        twin=two_steps_up_to_a_fifth,
        reason="x* is the minimiser of the loss it was trained for, so nothing beats it there. For another"
        " number of steps"
        " the weights are others, and where their order is reversed the midpoint is the better start.",
        corrected=(
            Reading("trained for two steps, mean loss after two", midpoint_never_wins_if_trained_for_two, "PROVED"),
            Reading(
                "d = 1, trained for one: k = 0 if all curvatures are at most 1/(3a)",
                without_steps_up_to_a_third,
                "PROVED",
            ),
            Reading(
                "d = 1, trained for one: k = 2 if all curvatures are at most 1/(7a)",
                two_steps_up_to_a_seventh,
                "PROVED",
            ),
        ),
    )
)
