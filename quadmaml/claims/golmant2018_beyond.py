"""Golmant 2018 beyond quadratics: G15 to G20, on explicit functions where false and on a stated class where true.

Of a smooth f in any dimension, with minimiser c, the gradient at x is a column no longer than L |x-c|. So claims about
columns x, for x - c, and h, for the gradient over L, with h'h <= x'x hold for every such f.
"""

from __future__ import annotations

from typing import Any

from .domains import scalar, spd, step_size, symmetric, vector
from .golmant2018 import golmant
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than, psd
from .two_tasks import weight

# G15


@golmant(A=spd(), lr=step_size("A"))
def quadratic_keeps_its_minimiser(A: Any, lr: Any) -> Any:
    """For quadratics f(U(x)) is definite around the same minimiser."""
    return less_than(0, weight(A, lr))


@golmant(x=vector(), h=vector(), s=scalar(0, 1))
def step_reaches_the_minimiser_from_nowhere_else(x: Any, h: Any, s: Any) -> Any:
    """|x - s h| >= (1-s)|x| if |h| <= |x|: a step with s = lr L < 1 ends in the minimiser 0 only if it begins there."""
    assume(at_most(h.T @ h, x.T @ x))
    more = s * ((x - h).T @ (x - h)) + s * (1 - s) * (x.T @ x - h.T @ h)
    return at_most((1 - s) ** 2 * (x.T @ x), (x - s * h).T @ (x - s * h), because=more)


@golmant(A=spd(), lr=scalar(0))
def minimiser_is_kept_at_the_end(A: Any, lr: Any) -> Any:
    """The same with lr = 1/L allowed."""
    assume(at_most(lr * A, 1))
    return less_than(0, weight(A, lr))


enter(
    Entry(
        id="G15",
        sentence="If we assume [a < 1/L] since f is smooth, the only minimizer of [f(U(x))] is the original"
        " minimizer of f.",
        readings=(
            Reading("quadratics: f(U(x)) is definite around the same point", quadratic_keeps_its_minimiser, "PROVED"),
            Reading(
                "every L-smooth f with a unique minimiser c: |U(x)-c| >= (1-aL)|x-c|, so U(x) = c only at x = c",
                step_reaches_the_minimiser_from_nowhere_else,
                "PROVED",
            ),
            Reading("a = 1/L allowed", minimiser_is_kept_at_the_end, "REFUTED"),
        ),
        twin=minimiser_is_kept_at_the_end,
        reason="f(U(x)) is least exactly where U(x) = c, and U(c) = c. Below 1/L a step cannot reach c from"
        " elsewhere; at"
        " 1/L it can, and f(U(x)) may be constant.",
        corrected=(
            Reading("it holds for every L-smooth f if a < 1/L", step_reaches_the_minimiser_from_nowhere_else, "PROVED"),
        ),
    )
)


# G16 and G17. The quartic x^4/12 on [-1, 1], where its second derivative x^2 is at most L = 1.


def _adapted(x: Any, lr: Any) -> Any:
    """f(U(x)) for f(x) = x^4/12."""
    return (x - lr * x**3 / 3) ** 4 / 12


def _slope(x: Any, lr: Any) -> Any:
    """Its derivative (1 - lr f''(x)) f'(U(x))."""
    return (1 - lr * x**2) * (x - lr * x**3 / 3) ** 3 / 3


def _bend(x: Any, lr: Any) -> Any:
    """Its second derivative (1 - lr f''(x))^2 f''(U(x)) - lr f'''(x) f'(U(x))."""
    end = x - lr * x**3 / 3
    return (1 - lr * x**2) ** 2 * end**2 - 2 * lr * x * end**3 / 3


@golmant(A=spd(), lr=step_size("A"))
def quadratics_contract(A: Any, lr: Any) -> Any:
    """On a quadratic a gradient step of the same size on f(U(x)) is a contraction."""
    return less_than((1 - lr * weight(A, lr)) ** 2, 1)


@golmant(x=scalar(-1, 1), y=scalar(-1, 1), lr=scalar(0, 1), rate=scalar(0, 1))
def convex_functions_contract(x: Any, y: Any, lr: Any, rate: Any) -> Any:
    """On x^4/12 a gradient step on f(U(x)) does not move two points apart."""
    assume((lr > 0, lr < 1, rate > 0))
    after = (x - rate * _slope(x, lr)) - (y - rate * _slope(y, lr))
    return at_most(after**2, (x - y) ** 2)


@golmant(E=spd(), m=scalar(0, 1))
def strongly_convex_functions_contract(E: Any, m: Any) -> Any:
    """If the mean Hessian K of f(U(x)) between two points, times the step size, is between m and 1, by 1 - m."""
    assume(at_most(E, 1))
    K = m + (1 - m) * E
    return at_most((1 - K) ** 2, (1 - m) ** 2)


@golmant(A=spd(), lr=scalar(0))
def quadratics_contract_for_large_outer_steps(A: Any, lr: Any) -> Any:
    """A wrong twin: for quadratics with lr < 1/lambda_max and an outer step of sixteen times that size."""
    assume((lr > 0, less_than(lr * A, 1)))
    return less_than((1 - 16 * lr * weight(A, lr)) ** 2, 1)


enter(
    Entry(
        id="G16",
        sentence="You can show that the gradient update for [f(U(x))] is a contraction.",
        readings=(
            Reading("quadratics, outer step a", quadratics_contract, "PROVED"),
            Reading("smooth convex functions: x^4/12 on [-1, 1], any a < 1/L", convex_functions_contract, "REFUTED"),
        ),
        twin=quadratics_contract_for_large_outer_steps,
        reason="A gradient step contracts where the Hessian of f(U(x)) is bounded below by a positive number,"
        " which it need"
        " not be for convex f. On x^4/12 it is negative for large steps, and then two points move apart.",
        corrected=(
            Reading(
                "it contracts where f(U(x)) is smooth and strongly convex, in every dimension",
                strongly_convex_functions_contract,
                "PROVED",
            ),
        ),
    )
)


@golmant(A=spd(), lr=step_size("A"))
def quadratics_stay_convex(A: Any, lr: Any) -> Any:
    """For a convex quadratic f(U(x)) is convex."""
    return psd(weight(A, lr))


@golmant(x=scalar(-1, 1), y=scalar(-1, 1), lr=scalar(0, 1))
def convex_functions_stay_convex(x: Any, y: Any, lr: Any) -> Any:
    """For f(x) = x^4/12 on [-1, 1] and lr < 1 the value at a midpoint is at most the mean of the values."""
    assume((lr > 0, lr < 1))
    return at_most(2 * _adapted((x + y) / 2, lr), _adapted(x, lr) + _adapted(y, lr))


@golmant(x=scalar(0, 1), lr=scalar(0, 0.48))
def quartic_stays_convex_for_small_steps(x: Any, lr: Any) -> Any:
    """The second derivative of f(U(x)) is nonnegative for lr <= 12/25; the exact threshold is (12 - 3 sqrt 5)/11."""
    return at_most(0, _bend(x, lr))


@golmant(x=scalar(0, 1), lr=scalar(0, 0.5))
def quartic_stays_convex_up_to_a_half(x: Any, lr: Any) -> Any:
    """A wrong twin: for lr <= 1/2."""
    return at_most(0, _bend(x, lr))


HESSIANS: dict[str, Any] = {"H": symmetric(), "N": symmetric(), "T": symmetric()}


@golmant(**HESSIANS, m=scalar(0), r=scalar(), L=scalar(0), lr=scalar(0))
def strongly_convex_functions_stay_convex(H: Any, N: Any, T: Any, m: Any, r: Any, L: Any, lr: Any) -> Any:
    """H <= L is the Hessian at x, N >= m that at U(x), T <= r the third derivative at x along the gradient at U(x)."""
    assume((at_most(H, L), at_most(m, N), at_most(T, r), lr * L <= 1, lr * r <= (1 - lr * L) ** 2 * m))
    slack = (1 - lr * L) ** 2 * m - lr * r
    spread = m * (2 * lr * (1 - lr * L) * (L - H) + lr**2 * (L - H) ** 2)
    more = (1 - lr * H).T @ (N - m) @ (1 - lr * H) + spread + 2 * (slack / 2) + lr * (r - T)
    return at_most(0, (1 - lr * H) @ N @ (1 - lr * H) - lr * T, because=more)


enter(
    Entry(
        id="G17",
        sentence="I'd like to show that for a convex combination of smooth, convex objectives, the MAML"
        " objective is convex,"
        " too. I'm not sure if I have the right proof of that yet.",
        readings=(
            Reading("convex quadratics", quadratics_stay_convex, "PROVED"),
            Reading("smooth convex functions: x^4/12 on [-1, 1], any a < 1/L", convex_functions_stay_convex, "REFUTED"),
        ),
        twin=quartic_stays_convex_up_to_a_half,
        reason="The Hessian of f(U(x)) is (I-aH)N(I-aH) - aT: the last term, of third order, can be the larger"
        " one where f"
        " is flat. Strong convexity and a small enough step keep it below the first, for every f and in every"
        " dimension.",
        corrected=(
            Reading("x^4/12: convex for a <= 12/25", quartic_stays_convex_for_small_steps, "PROVED"),
            Reading(
                "every smooth, m-strongly convex f, if a times the third-order term is at most (1-aL)^2 m",
                strongly_convex_functions_stay_convex,
                "PROVED",
            ),
        ),
    )
)


# G18


@golmant(A=spd(), B=spd(), t=scalar(0, 1))
def one_step_size_for_both(A: Any, B: Any, t: Any) -> Any:
    """If gradient descent with one step size (here 1) converges on two quadratics, it does on their combinations."""
    assume((less_than(A, 2), less_than(B, 2), t > 0, t < 1))
    both = t * A + (1 - t) * B
    return less_than(0, both), less_than(0, 2 - both, because=t * (2 - A) + (1 - t) * (2 - B))


@golmant(p=scalar(0), q=scalar(0), lr=scalar(0), t=scalar(0, 1))
def first_step_size_for_both(p: Any, q: Any, lr: Any, t: Any) -> Any:
    """If each has a step size of its own, that of the first serves for the combination."""
    assume((p > 0, q > 0, t > 0, t < 1, lr * p < 2, lr > 0))
    return less_than((1 - lr * (t * p + (1 - t) * q)) ** 2, 1)


@golmant(w=scalar(0), y=scalar())
def no_stationary_point(w: Any, y: Any) -> Any:
    """F = (r-x)^2 with r = |(x, y)|, and g = (y-1)^2: off the ray r = x the slope of f + g in x is negative."""
    assume(w > 0)
    x, r = (y**2 - w**2) / (2 * w), (y**2 + w**2) / (2 * w)
    return equal(r**2, x**2 + y**2), equal(r - x, w), less_than(2 * w * (x / r - 1), 0)


@golmant(A=spd(), B=spd(), t=scalar(0, 1))
def one_step_size_for_the_sum(A: Any, B: Any, t: Any) -> Any:
    """A wrong twin: the sum of the two instead of a convex combination."""
    assume((less_than(A, 2), less_than(B, 2)))
    return less_than(A + t * B, 2)


enter(
    Entry(
        id="G18",
        sentence="If two functions converge under gradient descent, then any convex combination of these two"
        " functions also"
        " converges.",
        readings=(
            Reading("strictly convex quadratics, one step size for all", one_step_size_for_both, "PROVED"),
            Reading(
                "each with its own step size, the first's for the combination", first_step_size_for_both, "REFUTED"
            ),
            Reading(
                "its negation in the plane: f = (r-x)^2 and g = (y-1)^2 are convex and smooth with minima, f + g has no"
                " stationary point (on the ray r = x its slope in y is -2)",
                no_stationary_point,
                "PROVED",
            ),
        ),
        twin=one_step_size_for_the_sum,
        reason="Two smooth convex functions can have minima and their sum none: it decreases for ever along y = 1, and"
        " gradient descent has nowhere to converge to. It is true of quadratics with a common step size.",
        corrected=(Reading("strictly convex quadratics, one step size for all", one_step_size_for_both, "PROVED"),),
    )
)


# G19


VALUES: dict[str, Any] = dict.fromkeys(("fx", "fa", "gx", "ga", "gb"), scalar())


@golmant(**VALUES, s=scalar(0, 1), t=scalar(0, 1))
def outside_is_no_better_on_the_line(fx: Any, fa: Any, gx: Any, ga: Any, gb: Any, s: Any, t: Any) -> Any:
    """On the line, for x beyond a, seen from b: a = s x + (1-s) b, and the combination is at least as small at a."""
    assume((fa <= fx, gb <= gx, ga <= s * gx + (1 - s) * gb))
    more = t * (fx - fa) + (1 - t) * (s * gx + (1 - s) * gb - ga) + (1 - t) * ((1 - s) * (gx - gb))
    return at_most(t * fa + (1 - t) * ga, t * fx + (1 - t) * gx, because=more)


@golmant(A=spd(), B=spd(), a=vector(), b=vector())
def minimised_on_the_segment(A: Any, B: Any, a: Any, b: Any) -> Any:
    """In several dimensions: the minimiser x of a mean of quadratics has x - a parallel to b - a."""
    best = inverse(A + B) @ (A @ a + B @ b)
    way, apart = best - a, b - a
    return equal((way.T @ apart) ** 2, (way.T @ way) * (apart.T @ apart))


@golmant(p=scalar(0), q=scalar(0))
def minimised_at_the_midpoint(p: Any, q: Any) -> Any:
    """A wrong twin: on the line it is minimised at the midpoint of [0, 1]."""
    assume((p > 0, q > 0))
    return equal(q / (p + q), p / p / 2)


enter(
    Entry(
        id="G19",
        sentence="If [f, g] are convex with minima [a, b], then we have [...]. But it does not imply that there"
        " exists some"
        " [point of the segment] that achieves this minimum.",
        readings=(
            Reading(
                "one dimension, all convex functions: no point outside [a, b] is better than its nearer end",
                outside_is_no_better_on_the_line,
                "PROVED",
            ),
            Reading("several dimensions: quadratics are minimised on the segment", minimised_on_the_segment, "REFUTED"),
        ),
        twin=minimised_at_the_midpoint,
        reason="On the line both functions grow away from [a, b], so there the doubt is unfounded. In the plane the"
        " minimiser of a sum of two quadratics leaves the segment as soon as their axes differ.",
        corrected=(
            Reading("on the line it is minimised on [a, b], always", outside_is_no_better_on_the_line, "PROVED"),
        ),
    )
)


# G20


@golmant(w=scalar(0), y=scalar())
def every_point_is_beaten(w: Any, y: Any) -> Any:
    """With w = r - x every point (w, y), w > 0, is beaten by (w/2, 1), those of the ray by (1/2, 1)."""
    assume(w > 0)
    return less_than((w / 2) ** 2, w**2 + (y - 1) ** 2), less_than(w**0 / 4, w**0)


@golmant(A=symmetric(), B=symmetric(), t=scalar(0, 1))
def minimiser_of_convex_quadratics_is_unique(A: Any, B: Any, t: Any) -> Any:
    """A combination of convex quadratics has one minimiser."""
    assume((psd(A), psd(B), t > 0, t < 1))
    return less_than(0, t * A + (1 - t) * B)


@golmant(A=spd(), B=symmetric(), t=scalar(0, 1))
def unique_if_one_is_strictly_convex(A: Any, B: Any, t: Any) -> Any:
    """It has if one of them is strictly convex."""
    assume((psd(B), t > 0, t < 1))
    return less_than(0, t * A + (1 - t) * B)


enter(
    Entry(
        id="G20",
        sentence="I'm not sure if the convex combination has a unique minimizer.",
        readings=(
            Reading("the minimiser is unique, convex quadratics", minimiser_of_convex_quadratics_is_unique, "REFUTED"),
            Reading(
                "its existence, negated: f = (r-x)^2, g = (y-1)^2 in the plane, every point is beaten by another",
                every_point_is_beaten,
                "PROVED",
            ),
            Reading("on the line a minimiser exists, in [a, b]", outside_is_no_better_on_the_line, "PROVED"),
        ),
        twin=minimiser_of_convex_quadratics_is_unique,
        reason="Two functions that are flat along a common direction have a combination that is flat there too."
        " In the plane"
        " the combination need not even attain its infimum: f falls to 0 along y = 1 without reaching it.",
        corrected=(
            Reading(
                "unique if one of the two is strictly convex (quadratics)", unique_if_one_is_strictly_convex, "PROVED"
            ),
        ),
    )
)
