"""Golmant 2018 on the fixed point as a weighted average: G6 and G7."""

from __future__ import annotations

from typing import Any

from .domains import scalar, spd, step_size, vector
from .golmant2018 import golmant, order_is_kept, order_is_kept_up_to_a_third
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than
from .two_tasks import COORDINATE, TWO, admissible, maml, pair, weight

# G6


@golmant(p=scalar(), q=scalar(), lr=scalar(), a=scalar(), b=scalar())
def coordinate_is_a_weighted_mean(p: Any, q: Any, lr: Any, a: Any, b: Any) -> Any:
    """In a common eigenbasis each coordinate is a mean of a's and b's with weights p(1 - lr p)^2 and q(1 - lr q)^2."""
    assume(lr > 0)
    V, W = weight(p, lr), weight(q, lr)
    return equal(maml(lr).fixed_point(pair(p, q, a, b)), (V * a + W * b) / (V + W))


@golmant(**COORDINATE)
def coordinate_is_between(p: Any, q: Any) -> Any:
    """It is between a's coordinate, here 0, and b's, here 1."""
    admissible(p, q)
    best = maml().fixed_point(pair(p, q, 0 * p, p / p))
    return less_than(0, best), less_than(best, 1)


@golmant(**TWO, v=vector())
def every_coordinate_is_between(A: Any, B: Any, a: Any, b: Any, lr: Any, v: Any) -> Any:
    """Also without a common eigenbasis every coordinate of the fixed point is between those of a and b."""
    best = maml(lr).fixed_point(pair(A, B, a, b))
    return at_most((v.T @ (best - a)) * (v.T @ (best - b)), 0)


@golmant(**TWO)
def between_in_the_metric(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The angle between the ways to a and to b is not acute in the metric V + W."""
    best, V, W = maml(lr).fixed_point(pair(A, B, a, b)), weight(A, lr), weight(B, lr)
    apart = (a - b).T @ inverse(inverse(V) + inverse(W)) @ (a - b)
    return at_most((best - a).T @ (V + W) @ (best - b), 0, because=apart)


@golmant(p=scalar(0), q=scalar(0), lr=scalar(), a=scalar(), b=scalar())
def weights_are_not_attenuated(p: Any, q: Any, lr: Any, a: Any, b: Any) -> Any:
    """A wrong twin: the weights are the eigenvalues themselves."""
    assume((lr > 0, lr * p < 1, lr * q < 1))
    return equal(maml(lr).fixed_point(pair(p, q, a, b)), (p * a + q * b) / (p + q))


enter(
    Entry(
        id="G6",
        sentence="When both are diagonal, the fixed point is a coordinate-wise weighted average of the optima,"
        " where the"
        " weights are the attenuated eigenvalues. In the general case, this scaling happens in the eigenbasis.",
        readings=(
            Reading("common eigenbasis: each coordinate is that average", coordinate_is_a_weighted_mean, "PROVED"),
            Reading("... strictly between a's and b's coordinates", coordinate_is_between, "PROVED"),
            Reading(
                "in general: between a and b in every coordinate system",
                every_coordinate_is_between,
                "REFUTED",
            ),
        ),
        twin=weights_are_not_attenuated,
        reason="With a common eigenbasis the problem falls apart into one-dimensional ones. Without it the average has"
        " matrix weights, and a coordinate of it can lie outside the interval from a's to b's.",
        corrected=(Reading("(x*-a)'(V+W)(x*-b) <= 0 always", between_in_the_metric, "PROVED"),),
    )
)


# G7


@golmant(**COORDINATE)
def more_weight_than_joint_training(p: Any, q: Any) -> Any:
    """The share of the larger eigenvalue is at least that in joint training: W(p)/W(q) >= p/q for p >= q."""
    admissible(p, q)
    assume(p >= q)
    return at_most(p * weight(q), q * weight(p))


@golmant(**COORDINATE)
def less_weight_than_joint_training(p: Any, q: Any) -> Any:
    """It is at most that: W(p)/W(q) <= p/q for p >= q."""
    admissible(p, q)
    assume(p >= q)
    return at_most(q * weight(p), p * weight(q))


@golmant(A=spd(), B=spd(), lr=step_size("A", "B"))
def order_of_matrices_is_kept_up_to_a_third(A: Any, B: Any, lr: Any) -> Any:
    """A <= B <= 1/(3 lr) implies V <= W in Loewner's order."""
    assume((at_most(A, B), at_most(3 * lr * B, 1)))
    return at_most(weight(A, lr), weight(B, lr))


@golmant(A=spd(), t=scalar(0), lr=scalar(0))
def multiples_keep_the_order(A: Any, t: Any, lr: Any) -> Any:
    """(1 + t) A weighs at least as much as A up to 1/(3 lr)."""
    B = (1 + t) * A
    assume(at_most(3 * lr * B, 1))
    U = 1 - 3 * lr * B
    R = lr * t * A
    return at_most(weight(A, lr), weight(B, lr), because=t * A @ (U @ (2 + U) / 3 + R @ (1 + U) + R @ R))


@golmant(**COORDINATE)
def order_is_turned_beyond_a_third(p: Any, q: Any) -> Any:
    """Between a third of it and the reciprocal of the step size the larger eigenvalue weighs less."""
    assume((p <= q, 3 * p >= 1))
    return at_most(weight(q), weight(p))


@golmant(A=spd(), lr=step_size("A"))
def weight_increases_with_the_curvature(A: Any, lr: Any) -> Any:
    """The slope (1 - lr A)(1 - 3 lr A) of the weight is nonnegative."""
    return at_most(0, (1 - lr * A) @ (1 - 3 * lr * A))


@golmant(**COORDINATE)
def order_is_kept_up_to_two_fifths(p: Any, q: Any) -> Any:
    """A wrong twin: the order is kept up to 2/5."""
    assume((p <= q, 5 * q <= 2))
    return at_most(weight(p), weight(q))


enter(
    Entry(
        id="G7",
        sentence="So we will move closer to the space generated by the eigenvectors corresponding to the largest"
        " eigenvalues.",
        readings=(
            Reading("the larger eigenvalue weighs more: p <= q < 1/a implies W(p) <= W(q)", order_is_kept, "REFUTED"),
            Reading(
                "the weight is an increasing function of the curvature", weight_increases_with_the_curvature, "REFUTED"
            ),
            Reading("it weighs more than in joint training", more_weight_than_joint_training, "REFUTED"),
            Reading("A <= B <= 1/(3a) implies V <= W, matrices", order_of_matrices_is_kept_up_to_a_third, "REFUTED"),
        ),
        twin=order_is_kept_up_to_two_fifths,
        reason="The weight a(1-aa)^2 peaks at a third of 1/a and falls to 0 from there: the directions of largest"
        " curvature, close to 1/a, get almost no weight. Against joint training MAML always moves weight away"
        " from them.",
        corrected=(
            Reading("p <= q <= 1/(3a) implies W(p) <= W(q)", order_is_kept_up_to_a_third, "PROVED"),
            Reading("1/(3a) <= p <= q < 1/a implies W(q) <= W(p)", order_is_turned_beyond_a_third, "PROVED"),
            Reading("p >= q implies W(p)/W(q) <= p/q", less_weight_than_joint_training, "PROVED"),
            Reading("matrices: A <= (1+t)A <= 1/(3a) implies V <= W", multiples_keep_the_order, "PROVED"),
        ),
    )
)
