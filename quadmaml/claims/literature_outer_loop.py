"""Claims of the literature on the outer loop: convexity and smoothness of meta-objectives.

The sentences are ours: what the sources say, restated for quadratics, or for the explicit family that is named.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import quadmaml as qm

from .language import assume, at_most, claim, less_than, scalar, spd, symmetric, vector
from .ledger import Entry, Reading, enter
from .literature_first_order import FALLAH, NICHOL, ONE, TWO, weight

ONLINE = "Finn, Rajeswaran, Kakade, Levine 2019, Online Meta-Learning"
JI = (
    "Ji, Yang, Liang 2022, Theoretical Convergence of Multi-Step Model-Agnostic Meta-Learning (restated for quadratics)"
)

STABLE: dict[str, Any] = {"A": spd(), "a": vector(), "lr": scalar(0)}


def maml(lr: Any, steps: int = 1) -> qm.MAML:
    """MAML on steps of gradient descent."""
    return qm.MAML(qm.GradientDescent(lr, steps))


# Convexity


@claim(A=spd(), a=vector(), t=scalar(0, 1), m=scalar(0), L=scalar(0), source=f"{ONLINE} (restated for quadratics)")
def strongly_convex(A: Any, a: Any, t: Any, m: Any, L: Any) -> Any:
    """For m <= A <= L and lr = t/(2L), t <= 1, MAML's objective is m/8-strongly convex and 9L/8-smooth."""
    assume((t > 0, L > 0))
    assume((at_most(m, A), at_most(A, L)))
    W = weight(maml(t / (2 * L)), A, a)
    return at_most(m / 8, W), at_most(W, 9 * L / 8)


@claim(**STABLE, source=f"{ONLINE} (restated for quadratics)")
def more_strongly_convex(A: Any, a: Any, lr: Any) -> Any:
    """For lr A <= 1/2 the Hessian of MAML's objective is between A/4 and A."""
    assume(lr > 0)
    assume(at_most(lr * A, Fraction(1, 2)))
    W = weight(maml(lr), A, a)
    return at_most(A / 4, W), at_most(W, A)


@claim(**STABLE, source=f"{ONLINE} (restated for quadratics)")
def convex_beyond_the_step(A: Any, a: Any, lr: Any) -> Any:
    """For lr A <= 1/2 the Hessian of MAML's objective is at least A/3."""
    assume(lr > 0)
    assume(at_most(lr * A, Fraction(1, 2)))
    return at_most(A / 3, weight(maml(lr), A, a))


enter(
    Entry(
        id="L19",
        sentence="If f is m-strongly convex, L-smooth and its Hessian varies little, then for steps up to 1/(2L) MAML's"
        " objective is m/8-strongly convex and 9L/8-smooth.",
        readings=(
            Reading("m/8 <= W(A) <= 9L/8 for m <= A <= L, 0 < lr <= 1/(2L)", strongly_convex, "PROVED"),
            Reading("sharper: A/4 <= W(A) <= A", more_strongly_convex, "PROVED"),
        ),
        twin=convex_beyond_the_step,
        reason="W(a) = a (1 - lr a)^2 and 1/2 <= 1 - lr a <= 1. The constants of the source leave room for a Hessian"
        " that varies; on quadratics m/4 and L are the best ones.",
    )
)


def _second_derivative(x: Any, lr: Any, quadratic: Any) -> Any:
    """F'' for ``F(x) = f(x - lr f'(x))`` and ``f(x) = quadratic x^2/2 + x^4/4``."""

    def slope(y: Any) -> Any:
        return quadratic * y + y**3

    def curvature(y: Any) -> Any:
        return quadratic + 3 * y**2

    u = x - lr * slope(x)
    return (1 - lr * curvature(x)) ** 2 * curvature(u) - 6 * lr * x * slope(u)


@claim(x=scalar(-1, 1), lr=scalar(0, 1), source=f"{ONLINE} (on the family x^4/4)")
def quartic_stays_convex(x: Any, lr: Any) -> Any:
    """MAML's objective is convex for f(x) = x^4/4 on [-1, 1], for steps up to 1."""
    return at_most(0, _second_derivative(x, lr, 0))


@claim(x=scalar(), lr=scalar(0), source=f"{ONLINE} (on the family x^4/4)")
def quartic_is_convex_near_the_optimum(x: Any, lr: Any) -> Any:
    """MAML's objective is convex for f(x) = x^4/4 where lr x^2 <= 1/7."""
    room, s = 1 - 7 * lr * x**2, lr * x**2
    assume(room >= 0)
    # F'' = 3 x^2 (1-s)^2 (1 - 8s + 11s^2), and the last factor is (1-7s)^2 + 6s(1-7s) + 4s^2.
    why = 3 * x**2 * (1 - s) * (1 - s) * (room * room + 6 * s * room + 4 * s**2)
    return at_most(0, _second_derivative(x, lr, 0), because=why)


@claim(x=scalar(-1, 1), lr=scalar(0, Fraction(1, 96)), source=f"{ONLINE} (on the family x^2/2 + x^4/4)")
def quartic_within_the_theorem(x: Any, lr: Any) -> Any:
    """F'' >= 1/8 for f(x) = x^2/2 + x^4/4 on [-1, 1] and steps up to m/(8 rho G) = 1/96."""
    return at_most(Fraction(1, 8), _second_derivative(x, lr, 1))


@claim(x=scalar(-1, 1), lr=scalar(0, Fraction(1, 4)), source=f"{ONLINE} (on the family x^2/2 + x^4/4)")
def quartic_beyond_the_theorem(x: Any, lr: Any) -> Any:
    """F'' >= 0 for f(x) = x^2/2 + x^4/4 on [-1, 1] and steps up to 1/L = 1/4."""
    return at_most(0, _second_derivative(x, lr, 1))


enter(
    Entry(
        id="L20",
        sentence="Strongly convex losses with a Lipschitz Hessian give a convex MAML objective if the step size is at"
        " most min(1/(2L), m/(8 rho G)).",
        readings=(
            Reading("convex only, any step: f = x^4/4 on [-1, 1], lr <= 1", quartic_stays_convex, "REFUTED"),
            Reading("f = x^2/2 + x^4/4 on [-1, 1], lr <= 1/96: F'' >= 1/8", quartic_within_the_theorem, "PROVED"),
        ),
        corrected=(Reading("f = x^4/4: convex where lr x^2 <= 1/7", quartic_is_convex_near_the_optimum, "PROVED"),),
        twin=quartic_beyond_the_theorem,
        reason="F'' has the term -lr f'''(x) f'(u), which is negative away from the minimiser and wins for large steps."
        " On quadratics f''' = 0, and every step size gives a convex objective.",
    )
)

# Smoothness


@claim(**ONE, source=FALLAH)
def smooth_up_to_four(A: Any, a: Any, lr: Any) -> Any:
    """MAML's objective is 4L-smooth, even L-smooth: W(A) <= A, and so at most 4 A, for lr L < 1."""
    W = weight(maml(lr), A, a)
    return at_most(W, 4 * A), at_most(W, A)


@claim(**ONE, source=FALLAH)
def smooth_by_the_step(A: Any, a: Any, lr: Any) -> Any:
    """MAML's objective is 4/(27 lr)-smooth, whatever the curvature, for lr L < 1."""
    return at_most(weight(maml(lr), A, a), Fraction(4, 27) / lr)


@claim(**ONE, source=FALLAH)
def smoother_by_the_step(A: Any, a: Any, lr: Any) -> Any:
    """MAML's objective is 1/(7 lr)-smooth."""
    return at_most(weight(maml(lr), A, a), 1 / (7 * lr))


enter(
    Entry(
        id="L21",
        sentence="MAML's objective is smooth with 4L plus a term that grows with the gradient and with the change of"
        " the Hessian.",
        readings=(
            Reading("W(A) <= 4 A, and even <= A", smooth_up_to_four, "PROVED"),
            Reading("sharper: W(A) <= 4/(27 lr)", smooth_by_the_step, "PROVED"),
        ),
        twin=smoother_by_the_step,
        reason="On quadratics the growing term is 0. The weight a (1 - lr a)^2 is largest at a = 1/(3 lr), where it is"
        " 4/(27 lr).",
    )
)


@claim(**TWO, source=FALLAH)
def outer_loop_converges(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """With the outer step 13 lr, MAML's outer loop converges on all tasks: 0 < 13 lr M < 2."""
    loop = qm.GradientDescent(lr, 1)
    M = qm.MAML(loop).field(qm.Tasks.from_minimizers([A, B], [a, b])).operator
    V, W = A @ (1 - lr * A) ** 2, B @ (1 - lr * B) ** 2
    room = (2 - 13 * lr * V) / 2 + (2 - 13 * lr * W) / 2
    return less_than(0, M, because=V / 2 + W / 2), less_than(13 * lr * M, 2, because=room)


@claim(**TWO, source=FALLAH)
def outer_loop_converges_beyond(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """With the outer step 14 lr, MAML's outer loop converges on all tasks."""
    M = qm.MAML(qm.GradientDescent(lr, 1)).field(qm.Tasks.from_minimizers([A, B], [a, b])).operator
    return less_than(14 * lr * M, 2)


@claim(**TWO, source=FALLAH)
def joint_outer_loop_converges(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """With the outer step 13 lr, joint training converges on all tasks."""
    M = qm.Joint().field(qm.Tasks.from_minimizers([A, B], [a, b])).operator
    return less_than(13 * lr * M, 2)


enter(
    Entry(
        id="L22",
        sentence="MAML's outer step size must be chosen by the smoothness of its objective, not of the tasks.",
        readings=(
            Reading("MAML: 0 < eta M < 2 for eta = 13 lr", outer_loop_converges, "PROVED"),
            Reading("joint training with the same outer step: eta M < 2", joint_outer_loop_converges, "REFUTED"),
        ),
        corrected=(Reading("each task: W(A) <= 4/(27 lr), so every eta < 27 lr/2", smooth_by_the_step, "PROVED"),),
        twin=outer_loop_converges_beyond,
        reason="Every task's weight is at most 4/(27 lr), so that the mean is, and every eta < 27 lr/2 converges. Joint"
        " training has the curvature itself, up to 1/lr, and can diverge from eta = 2 lr on.",
    )
)


@claim(**TWO, source=NICHOL)
def reptile_interpolates(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Reptile's outer loop converges for every outer step up to 1 (three inner steps): 0 < M < I."""
    loop = qm.GradientDescent(lr, 3)
    M = qm.Reptile(loop).field(qm.Tasks.from_minimizers([A, B], [a, b])).operator
    P, Q = (1 - lr * A) ** 3, (1 - lr * B) ** 3
    return less_than(0, M, because=(1 - P) / 2 + (1 - Q) / 2), less_than(M, 1, because=P / 2 + Q / 2)


@claim(**TWO, source=NICHOL)
def reptile_interpolates_by_half(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The matrix of Reptile's field is at most I/2 (three inner steps)."""
    return at_most(qm.Reptile(qm.GradientDescent(lr, 3)).field(qm.Tasks.from_minimizers([A, B], [a, b])).operator, 0.5)


enter(
    Entry(
        id="L23",
        sentence="Reptile moves the initialisation a fraction, up to 1, of the way to the adapted parameters.",
        readings=(Reading("0 < M < I, so that every outer step in (0, 2) converges", reptile_interpolates, "PROVED"),),
        twin=reptile_interpolates_by_half,
        reason="M is the mean of the I - P, and 0 < P < I for lr L < 1. Steps between 1 and 2 go beyond the adapted"
        " parameters and converge still.",
    )
)


@claim(A=symmetric(), a=vector(), lr=scalar(0), source=JI)
def multi_step_smoothness(A: Any, a: Any, lr: Any) -> Any:
    """For -1 <= A <= 1 the Hessian of two-step MAML is at least -(1 + lr)^4 and at most (1 + lr)^4."""
    assume((lr > 0, at_most(-1, A), at_most(A, 1)))
    W = weight(maml(lr, 2), A, a)
    return at_most(-((1 + lr) ** 4), W), at_most(W, (1 + lr) ** 4)


@claim(A=symmetric(), a=vector(), lr=scalar(0), source=JI)
def multi_step_smoothness_without_growth(A: Any, a: Any, lr: Any) -> Any:
    """For -1 <= A <= 1 the Hessian of two-step MAML is at least -(1 + lr)^3."""
    assume((lr > 0, at_most(-1, A), at_most(A, 1)))
    return at_most(-((1 + lr) ** 3), weight(maml(lr, 2), A, a))


@claim(**STABLE, source=JI)
def convex_tasks_do_not_grow(A: Any, a: Any, lr: Any) -> Any:
    """On convex tasks with lr A <= 2 every further inner step makes MAML's objective flatter (here 1, 2, 3)."""
    assume(lr > 0)
    assume(at_most(lr * A, 2))
    one, two, three = (weight(maml(lr, k), A, a) for k in (1, 2, 3))
    return at_most(one, A), at_most(two, one), at_most(three, two)


enter(
    Entry(
        id="L24",
        sentence="The smoothness constant of the multi-step objective grows like (1 + lr L)^(2K), so that the inner"
        " step should shrink with the number of steps K.",
        readings=(
            Reading("K = 2, scaled to L = 1: |W(A)| <= (1 + lr)^4 for -1 <= A <= 1", multi_step_smoothness, "PROVED"),
            Reading("convex tasks: W_3 <= W_2 <= W_1 <= A for lr A <= 2", convex_tasks_do_not_grow, "PROVED"),
        ),
        twin=multi_step_smoothness_without_growth,
        reason="The bound is reached at the eigenvalue -L, where every inner step climbs by 1 + lr L. Convex tasks have"
        " no such eigenvalue, and more steps make their objective flatter.",
    )
)
