"""The page on FOMAML and the question on its derivation, continued: F5 to F9."""

from __future__ import annotations

from typing import Any

from quadmaml.quadratic import Quadratic
from quadmaml.tasks import Tasks

from .domains import scalar, spd, step_size, symmetric, vector
from .fomaml_page import page, question
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse
from .two_tasks import COORDINATE, TWO, admissible, descent, fomaml, maml, pair, weight

SPLIT: dict[str, Any] = {
    "A": symmetric(),
    "Q": symmetric(),
    "h": vector(),
    "g": vector(),
    "x": vector(),
    "lr": scalar(),
}


def _split(A: Any, Q: Any, h: Any, g: Any) -> tuple[Quadratic, Quadratic, Tasks]:
    """One task with training loss (A, h) and test loss (Q, g)."""
    train, test = Quadratic(A, h), Quadratic(Q, g)
    return train, test, Tasks(Quadratic([A], [h]), Quadratic([Q], [g]))


# F5


@page(**TWO)
def same_fixed_point(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """FOMAML and MAML have the same fixed point."""
    tasks = pair(A, B, a, b)
    return equal(fomaml(lr).fixed_point(tasks), maml(lr).fixed_point(tasks))


@page(**TWO)
def where_the_fixed_points_agree(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's field at FOMAML's fixed point is lr/2 (A-B) z, z = (X^-1 + Y^-1)^-1 (a-b), X = A(I - lr A), Y alike."""
    tasks, X, Y = pair(A, B, a, b), A @ (1 - lr * A), B @ (1 - lr * B)
    z = inverse(inverse(X) + inverse(Y)) @ (a - b)
    return equal(maml(lr).meta_gradient(tasks, fomaml(lr).fixed_point(tasks)), lr * (A - B) @ z / 2)


@page(A=spd(), a=vector(), b=vector(), lr=step_size("A"))
def same_for_equal_curvatures(A: Any, a: Any, b: Any, lr: Any) -> Any:
    """They agree if the curvatures are equal."""
    tasks = pair(A, A, a, b)
    return equal(fomaml(lr).fixed_point(tasks), maml(lr).fixed_point(tasks))


@page(A=spd(), B=spd(), a=vector(), lr=step_size("A", "B"))
def same_for_equal_minimisers(A: Any, B: Any, a: Any, lr: Any) -> Any:
    """They agree if the minimisers are equal."""
    tasks = pair(A, B, a, a)
    return equal(fomaml(lr).fixed_point(tasks), a), equal(maml(lr).fixed_point(tasks), a)


@page(**TWO)
def twice_the_steps(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """FOMAML with two steps and MAML with one agree."""
    tasks = pair(A, B, a, b)
    return equal(fomaml(lr, 2).fixed_point(tasks), maml(lr).fixed_point(tasks))


@page(A=spd(), a=vector(), b=vector(), t=scalar(0, 1), lr=step_size("A"))
def same_for_commuting_curvatures(A: Any, a: Any, b: Any, t: Any, lr: Any) -> Any:
    """A wrong twin: it is enough that the curvatures commute, such as A and tA."""
    assume(t > 0)
    tasks = pair(A, t * A, a, b)
    return equal(fomaml(lr).fixed_point(tasks), maml(lr).fixed_point(tasks))


enter(
    Entry(
        id="F5",
        sentence="FOMAML easily keeps up with its second-order counterpart in terms of performance.",
        readings=(Reading("the same fixed point", same_fixed_point, "REFUTED"),),
        twin=same_for_commuting_curvatures,
        reason="They agree exactly if (A-B)(X^-1 + Y^-1)^-1 (a-b) = 0 with X = A(I-aA), Y = B(I-aB): equal"
        " curvatures or equal"
        " minimisers suffice. FOMAML with twice the steps is MAML.",
        corrected=(
            Reading(
                "MAML's field at FOMAML's fixed point is a/2 (A-B)(X^-1+Y^-1)^-1 (a-b)",
                where_the_fixed_points_agree,
                "PROVED",
            ),
            Reading("equal if A = B", same_for_equal_curvatures, "PROVED"),
            Reading("equal if a = b", same_for_equal_minimisers, "PROVED"),
            Reading("FOMAML with 2 steps has MAML's fixed point for 1", twice_the_steps, "PROVED"),
        ),
    )
)


# F6


THREE: dict[str, Any] = {name: symmetric() for name in "ABC"} | {"h": vector(), "x": vector(), "lr": scalar()}


def _three_steps(A: Any, B: Any, C: Any, h: Any, lr: Any) -> Any:
    """Steps on losses of Hessian A, then B, then C."""
    first, second, third = (descent(lr).map(Quadratic(H, h)) for H in (A, B, C))
    return lambda x: third(second(first(x)))


@question(**THREE)
def product_latest_first(A: Any, B: Any, C: Any, h: Any, x: Any, lr: Any) -> Any:
    """The Jacobian of three steps is the product of their factors, the last step's first."""
    assume(lr > 0)
    factors = (1 - lr * C) @ (1 - lr * B) @ (1 - lr * A)
    return equal(x.jacobian_of(_three_steps(A, B, C, h, lr)), factors)


@question(**THREE)
def product_in_the_order_of_steps(A: Any, B: Any, C: Any, h: Any, x: Any, lr: Any) -> Any:
    """It is that product in the order of the steps."""
    assume(lr > 0)
    factors = (1 - lr * A) @ (1 - lr * B) @ (1 - lr * C)
    return equal(x.jacobian_of(_three_steps(A, B, C, h, lr)), factors)


@question(**THREE, g=vector())
def gradient_in_the_order_of_steps(A: Any, B: Any, C: Any, h: Any, x: Any, lr: Any, g: Any) -> Any:
    """In the gradient, which takes the transpose, the factors are in the order of the steps."""
    assume(lr > 0)
    steps = _three_steps(A, B, C, h, lr)
    return equal(x.gradient_of(lambda y: g.T @ steps(y)), (1 - lr * A) @ (1 - lr * B) @ (1 - lr * C) @ g)


@question(**THREE)
def first_order_in_the_step_size(A: Any, B: Any, C: Any, h: Any, x: Any, lr: Any) -> Any:
    """A wrong twin: to first order in lr, the product is I (the rest is lr^2 times the second-order terms)."""
    assume(lr > 0)
    rest = lr**2 * (C @ B + C @ A + B @ A) - lr**3 * (C @ B @ A)
    return equal(x.jacobian_of(_three_steps(A, B, C, h, lr)), 1 + rest)


enter(
    Entry(
        id="F6",
        sentence="[dphi_K/dx is the product over k = 1..K of (I - aH(phi_{k-1}))], and its first-order"
        " approximation is I.",
        readings=(
            Reading("as a Jacobian, factors in the order k = 1..K", product_in_the_order_of_steps, "REFUTED"),
            Reading("in the gradient, factors in the order k = 1..K", gradient_in_the_order_of_steps, "PROVED"),
        ),
        twin=first_order_in_the_step_size,
        reason="By the chain rule the last step's factor stands first in the Jacobian and last in the gradient;"
        " where the"
        " Hessians commute it does not matter. I is its value with the Hessians left out: to first order in a it is"
        " I - a(H_1 + ... + H_K).",
        corrected=(Reading("the Jacobian has the last step's factor first", product_latest_first, "PROVED"),),
    )
)


# F7


@question(x=vector(), v=vector())
def jacobian_of_the_identity(x: Any, v: Any) -> Any:
    """The Jacobian of the identity map takes every column to itself."""
    return equal(x.jacobian_of(lambda y: y) @ v, v)


@question(x=vector(), e=vector())
def gradient_of_a_sum_of_entries(x: Any, e: Any) -> Any:
    """The gradient of e'x is e: of the sum of the entries, the column of ones."""
    return equal(x.gradient_of(lambda y: e.T @ y), e)


@question(x=vector(), v=vector(), e=vector())
def jacobian_of_a_column(x: Any, v: Any, e: Any) -> Any:
    """Made of one column e, of ones or others, it takes v to a multiple of e."""
    assume(e.T @ e > 0)
    return equal((e.T @ e) * (x.jacobian_of(lambda y: y) @ v), (e.T @ v) * e)


enter(
    Entry(
        id="F7",
        sentence="Strictly speaking, I should be a vector of 1s with the same dimensionality as [x], but they"
        " are probably"
        " abusing notation here.",
        readings=(
            Reading("the derivative of x by x is I", jacobian_of_the_identity, "PROVED"),
            Reading("it is made of one column e, such as that of ones", jacobian_of_a_column, "REFUTED"),
            Reading(
                "the gradient of the sum of the entries of x is the column of ones",
                gradient_of_a_sum_of_entries,
                "PROVED",
            ),
        ),
        twin=jacobian_of_a_column,
        reason="The Jacobian of the identity is the identity matrix, with no abuse of notation. A column of ones is the"
        " gradient of another function, the sum of the entries; from two dimensions on it cannot stand for I.",
        corrected=(Reading("the derivative of x by x is I", jacobian_of_the_identity, "PROVED"),),
    )
)


# F8


@question(**SPLIT)
def factor_left_out(A: Any, Q: Any, h: Any, g: Any, x: Any, lr: Any) -> Any:
    """The chain rule with the factor dphi_0/dx = I and without it is the same, and MAML's gradient."""
    assume(lr > 0)
    train, test, tasks = _split(A, Q, h, g)
    step, start = descent(lr).map(train), x.jacobian_of(lambda y: y)
    without = (1 - lr * A) @ test.gradient(step(x))
    return equal(start.T @ without, without), equal(maml(lr).meta_gradient(tasks, x), without)


@question(**SPLIT)
def start_is_a_constant(A: Any, Q: Any, h: Any, g: Any, x: Any, lr: Any) -> Any:
    """A wrong twin: the start is a constant, so the factor is 0."""
    assume(lr > 0)
    _, _, tasks = _split(A, Q, h, g)
    return equal(maml(lr).meta_gradient(tasks, x), 0 * x)


enter(
    Entry(
        id="F8",
        sentence="The derivative of [phi_0] with respect to itself is 1. ... I think it should not be included"
        " in the chain"
        " rule. It is probably a random initialization.",
        readings=(Reading("with or without the factor dphi_0/dx = I: MAML's gradient", factor_left_out, "PROVED"),),
        twin=start_is_a_constant,
        reason="phi_0 is x itself, so the factor is I and may be left out. It is not 0: the start is what is learnt.",
    )
)


# F9


@page(**TWO)
def first_order_gap(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """FOMAML's loss exceeds MAML's by lr^2/4 z'(A-B)(V+W)^-1(A-B)z, with z as in F5."""
    tasks, X, Y = pair(A, B, a, b), A @ (1 - lr * A), B @ (1 - lr * B)
    loss, off = maml(lr).objective(tasks), (A - B) @ inverse(inverse(X) + inverse(Y)) @ (a - b)
    gap = loss(fomaml(lr).fixed_point(tasks)) - loss(maml(lr).fixed_point(tasks))
    return equal(gap, lr**2 * (off.T @ inverse(weight(A, lr) + weight(B, lr)) @ off) / 4)


@page(**TWO)
def first_order_is_as_good(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """FOMAML's fine-tuned loss is no larger than MAML's."""
    tasks = pair(A, B, a, b)
    loss = maml(lr).objective(tasks)
    return at_most(loss(fomaml(lr).fixed_point(tasks)), loss(maml(lr).fixed_point(tasks)))


def _losses(p: Any, q: Any) -> tuple[Any, Any]:
    """FOMAML's and MAML's losses in one dimension with step size 1, both times the same positive number."""
    V, W, X, Y = weight(p), weight(q), p * (1 - p), q * (1 - q)
    return (V * Y**2 + W * X**2) * (V + W), V * W * (X + Y) ** 2


@page(**COORDINATE)
def at_most_twice(p: Any, q: Any) -> Any:
    """FOMAML's loss is at most twice MAML's (one dimension)."""
    admissible(p, q)
    first_order, best = _losses(p, q)
    return at_most(first_order, 2 * best)


@page(**COORDINATE)
def kantorovich_bound(p: Any, q: Any) -> Any:
    """It is at most (u+v)^2/(4uv) times as large, u = 1 - p and v = 1 - q the factors of the step (one dimension)."""
    admissible(p, q)
    first_order, best = _losses(p, q)
    u, v, X, Y = 1 - p, 1 - q, p * (1 - p), q * (1 - q)
    more = X * Y * ((u - v) * (X - Y)) ** 2
    return at_most(4 * u * v * first_order, (u + v) ** 2 * best, because=u * v * more)


enter(
    Entry(
        id="F9",
        sentence="The information necessary to learn across tasks is contained, for the most part, not in any"
        " Hessian, but"
        " within the first order parts of the meta-gradient.",
        readings=(
            Reading("FOMAML's fine-tuned loss equals MAML's", first_order_is_as_good, "REFUTED"),
            Reading("it is at most twice MAML's", at_most_twice, "REFUTED"),
            Reading("the gap is a^2/4 z'(A-B)(V+W)^-1(A-B)z, z as in F5", first_order_gap, "PROVED"),
        ),
        twin=at_most_twice,
        reason="The gap is of second order in the step size and in the difference of the curvatures. No constant factor"
        " bounds it: it is bounded by the ratio of the factors 1-ap and 1-aq, and grows with it.",
        corrected=(
            Reading(
                "d = 1: FOMAML's loss is at most (u+v)^2/(4uv) times MAML's, u = 1-ap, v = 1-aq",
                kantorovich_bound,
                "PROVED",
            ),
        ),
    )
)
