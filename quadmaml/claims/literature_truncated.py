"""Claims of the literature on truncated back-propagation, between FOMAML and MAML.

The sentences are ours: what the source says, restated for quadratics.
"""

from __future__ import annotations

from typing import Any

import quadmaml as qm

from .language import assume, at_most, claim, equal, less_than, scalar, spd, step_size, vector
from .ledger import Entry, Reading, enter
from .literature_first_order import ONE, TWO, weight

SHABAN = (
    "Shaban, Cheng, Hatch, Boots 2019, Truncated Back-propagation for Bilevel Optimization (restated for quadratics)"
)


@claim(**ONE, x=vector(), source=SHABAN)
def truncated_descends_on_one(A: Any, a: Any, lr: Any, x: Any) -> Any:
    """On one task the truncated gradient is a descent direction of MAML's loss (K = 3, one step kept)."""
    tasks, loop = qm.Tasks.from_minimizers([A], [a]), qm.GradientDescent(lr, 3)
    full, cut = qm.MAML(loop).meta_gradient(tasks, x), qm.TruncatedMAML(loop, 1).meta_gradient(tasks, x)
    return at_most(full.T @ full, cut.T @ full)


@claim(**TWO, x=vector(), source=SHABAN)
def truncated_descends_on_two(A: Any, B: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """On two tasks the truncated gradient is a descent direction of MAML's loss (K = 3, one step kept)."""
    tasks, loop = qm.Tasks.from_minimizers([A, B], [a, b]), qm.GradientDescent(lr, 3)
    full, cut = qm.MAML(loop).meta_gradient(tasks, x), qm.TruncatedMAML(loop, 1).meta_gradient(tasks, x)
    return at_most(0, cut.T @ full)


@claim(A=spd(), a=vector(), b=vector(), lr=step_size("A"), x=vector(), source=SHABAN)
def truncated_descends_on_alike(A: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """On two tasks of equal curvature the truncated gradient is a descent direction of MAML's loss."""
    tasks, loop = qm.Tasks.from_minimizers([A, A], [a, b]), qm.GradientDescent(lr, 3)
    full, cut = qm.MAML(loop).meta_gradient(tasks, x), qm.TruncatedMAML(loop, 1).meta_gradient(tasks, x)
    return at_most(0, cut.T @ full)


@claim(**ONE, x=vector(), source=SHABAN)
def truncated_descends_twice_as_well(A: Any, a: Any, lr: Any, x: Any) -> Any:
    """On one task the product of the two gradients is at least the square of the truncated one."""
    tasks, loop = qm.Tasks.from_minimizers([A], [a]), qm.GradientDescent(lr, 3)
    full, cut = qm.MAML(loop).meta_gradient(tasks, x), qm.TruncatedMAML(loop, 1).meta_gradient(tasks, x)
    return at_most(cut.T @ cut, cut.T @ full)


enter(
    Entry(
        id="L8",
        sentence="If the inner problem is strongly convex and the step size small, the truncated gradient is a"
        " sufficient descent direction.",
        readings=(
            Reading("one task: g_cut' g >= |g|^2", truncated_descends_on_one, "PROVED"),
            Reading("the mean of two tasks: g_cut' g >= 0", truncated_descends_on_two, "REFUTED"),
        ),
        corrected=(Reading("two tasks of equal curvature: g_cut' g >= 0", truncated_descends_on_alike, "PROVED"),),
        twin=truncated_descends_twice_as_well,
        reason="On one task both gradients are positive functions of A applied to x - a, and truncation only leaves out"
        " factors below 1. Gradients of several tasks are weighted differently, and their sums can point apart.",
    )
)


@claim(**ONE, source=SHABAN)
def truncated_is_between(A: Any, a: Any, lr: Any) -> Any:
    """MAML's weight is at most the truncated one's, that at most FOMAML's, that at most A (K = 3, one step kept)."""
    loop = qm.GradientDescent(lr, 3)
    full, cut = weight(qm.MAML(loop), A, a), weight(qm.TruncatedMAML(loop, 1), A, a)
    first = weight(qm.FOMAML(loop), A, a)
    return at_most(full, cut), at_most(cut, first), at_most(first, A)


@claim(A=spd(), a=vector(), lr=scalar(0), source=SHABAN)
def truncated_is_between_up_to_two(A: Any, a: Any, lr: Any) -> Any:
    """MAML's weight is at most FOMAML's for 0 < lr lambda_max < 2 (K = 3)."""
    assume(less_than(lr * A, 2))
    loop = qm.GradientDescent(lr, 3)
    return at_most(weight(qm.MAML(loop), A, a), weight(qm.FOMAML(loop), A, a))


@claim(A=spd(), a=vector(), lr=scalar(0), source=SHABAN)
def squares_are_between(A: Any, a: Any, lr: Any) -> Any:
    """The squares of the weights are ordered for 0 < lr lambda_max < 2 (K = 3, one step kept)."""
    assume(less_than(lr * A, 2))
    loop = qm.GradientDescent(lr, 3)
    full, cut = weight(qm.MAML(loop), A, a), weight(qm.TruncatedMAML(loop, 1), A, a)
    first = weight(qm.FOMAML(loop), A, a)
    return at_most(full @ full, cut @ cut), at_most(cut @ cut, first @ first), at_most(first @ first, A @ A)


@claim(**ONE, source=SHABAN)
def truncated_below_maml(A: Any, a: Any, lr: Any) -> Any:
    """The truncated weight is at most MAML's."""
    loop = qm.GradientDescent(lr, 3)
    return at_most(weight(qm.TruncatedMAML(loop, 1), A, a), weight(qm.MAML(loop), A, a))


enter(
    Entry(
        id="L9",
        sentence="Truncated back-propagation interpolates between the first-order gradient and the full one.",
        readings=(
            Reading("W_MAML <= W_cut <= W_FOMAML <= A for 0 < lr < 1/L", truncated_is_between, "PROVED"),
            Reading("W_MAML <= W_FOMAML for 0 < lr < 2/L", truncated_is_between_up_to_two, "REFUTED"),
        ),
        corrected=(Reading("W_MAML^2 <= W_cut^2 <= W_FOMAML^2 <= A^2 for lr < 2/L", squares_are_between, "PROVED"),),
        twin=truncated_below_maml,
        reason="The weights are a (1 - lr a)^(K+m), which decreases in m where 0 < 1 - lr a < 1. For lr a > 1 the odd"
        " powers are negative, and only the sizes keep the order.",
    )
)


def _ends(curvatures: list[Any], optima: list[Any]) -> tuple[Any, Any, Any]:
    """Where FOMAML, the truncated algorithm and MAML end (two inner steps of size 1, one kept)."""
    tasks, loop = qm.Tasks.from_minimizers(curvatures, optima), qm.GradientDescent(1, 2)
    algorithms = (qm.FOMAML(loop), qm.TruncatedMAML(loop, 1), qm.MAML(loop))
    first, cut, full = (algorithm.fixed_point(tasks) for algorithm in algorithms)
    return first, cut, full


@claim(p=scalar(0, 1), q=scalar(0, 1), source=SHABAN)
def two_ends_in_a_line(p: Any, q: Any) -> Any:
    """In one dimension the truncated fixed point of two tasks is between FOMAML's and MAML's (optima 0 and 1)."""
    assume((p > 0, p < 1, q > 0, q < 1))
    first, cut, full = _ends([p, q], [0 * p, 0 * p + 1])
    return at_most(0, (cut - first) * (full - cut))


@claim(p=scalar(0, 1), q=scalar(0, 1), r=scalar(0, 1), source=SHABAN)
def three_ends_in_a_line(p: Any, q: Any, r: Any) -> Any:
    """In one dimension the truncated fixed point of three tasks is between FOMAML's and MAML's (optima 0, 1 and 0)."""
    assume((p > 0, p < 1, q > 0, q < 1, r > 0, r < 1))
    first, cut, full = _ends([p, q, r], [0 * p, 0 * p + 1, 0 * p])
    return at_most(0, (cut - first) * (full - cut))


@claim(p=scalar(0, 1), q=scalar(0, 1), source=SHABAN)
def halfway_in_a_line(p: Any, q: Any) -> Any:
    """In one dimension the truncated fixed point is halfway between FOMAML's and MAML's."""
    assume((p > 0, p < 1, q > 0, q < 1))
    first, cut, full = _ends([p, q], [0 * p, 0 * p + 1])
    return equal(cut, (first + full) / 2)


enter(
    Entry(
        id="L10",
        sentence="What truncated back-propagation finds lies between what FOMAML and what MAML find.",
        readings=(
            Reading(
                "fixed points of three tasks in one dimension, curvatures p, q, r = lr a in (0, 1)",
                three_ends_in_a_line,
                "REFUTED",
            ),
        ),
        corrected=(
            Reading(
                "fixed points of two tasks in one dimension, curvatures p, q in (0, 1)", two_ends_in_a_line, "PROVED"
            ),
        ),
        twin=halfway_in_a_line,
        reason="For two tasks the fixed point moves with the ratio of the weights, which every further step kept moves"
        " in the same direction. Among three tasks the weight can go first to one side and then to the other.",
    )
)
