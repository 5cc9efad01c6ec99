"""Claims of the literature on first-order methods: FOMAML, Reptile, truncated back-propagation, HF-MAML.

The sentences are ours: what the sources say, restated for quadratics, on which remainders can be written out.
"""

from __future__ import annotations

from typing import Any

import quadmaml as qm

from .language import assume, claim, equal, less_than, psd, scalar, spd, step_size, symmetric, vector
from .ledger import Entry, Reading, enter

NICHOL = "Nichol, Achiam, Schulman 2018, On First-Order Meta-Learning Algorithms (restated for quadratics)"
FALLAH = (
    "Fallah, Mokhtari, Ozdaglar 2020, On the Convergence Theory of Gradient-Based Model-Agnostic Meta-Learning"
    " Algorithms (restated for quadratics)"
)
FINN = "Finn, Abbeel, Levine 2017, Model-Agnostic Meta-Learning (restated for quadratics)"

ONE: dict[str, Any] = {"A": spd(), "a": vector(), "lr": step_size("A")}
TWO: dict[str, Any] = {"A": spd(), "B": spd(), "a": vector(), "b": vector(), "lr": step_size("A", "B")}
BATCHES: dict[str, Any] = {
    "A": symmetric(),
    "B": symmetric(),
    "a": vector(),
    "b": vector(),
    "x": vector(),
    "lr": scalar(),
}


def weight(algorithm: qm.Algorithm, A: Any, a: Any) -> Any:
    """The matrix of an algorithm's field on one task: its weight W(A)."""
    return algorithm.field(qm.Tasks.from_minimizers([A], [a])).operator


# Expansions in the step size


@claim(**BATCHES, source=NICHOL)
def reptile_on_two_batches(A: Any, B: Any, a: Any, b: Any, x: Any, lr: Any) -> Any:
    """Two inner steps on two minibatches move Reptile by lr (g1 + g2 - lr H2 g1), without a remainder."""
    f, g, step = qm.Quadratic.from_minimizer(A, a), qm.Quadratic.from_minimizer(B, b), qm.GradientDescent(lr, 1)
    moved = x - step.map(g)(step.map(f)(x))
    return equal(moved, lr * (f.gradient(x) + g.gradient(x) - lr * B @ f.gradient(x)))


@claim(**BATCHES, source=NICHOL)
def fomaml_on_two_batches(A: Any, B: Any, a: Any, b: Any, x: Any, lr: Any) -> Any:
    """FOMAML's gradient on two minibatches is g2 - lr H2 g1, without a remainder."""
    f, g = qm.Quadratic.from_minimizer([A], [a]), qm.Quadratic.from_minimizer([B], [b])
    found = qm.FOMAML(qm.GradientDescent(lr, 1)).meta_gradient(qm.Tasks(f, g), x)
    return equal(found, B @ (x - b) - lr * B @ A @ (x - a))


@claim(**BATCHES, source=NICHOL)
def maml_on_two_batches(A: Any, B: Any, a: Any, b: Any, x: Any, lr: Any) -> Any:
    """MAML's gradient on two minibatches is g2 - lr H2 g1 - lr H1 g2, without a remainder."""
    f, g = qm.Quadratic.from_minimizer([A], [a]), qm.Quadratic.from_minimizer([B], [b])
    found = qm.MAML(qm.GradientDescent(lr, 1)).meta_gradient(qm.Tasks(f, g), x)
    return equal(found, B @ (x - b) - lr * B @ A @ (x - a) - lr * A @ B @ (x - b))


@claim(**BATCHES, source=NICHOL)
def maml_with_its_remainder(A: Any, B: Any, a: Any, b: Any, x: Any, lr: Any) -> Any:
    """MAML's gradient on two minibatches is g2 - lr H2 g1 - lr H1 g2 + lr^2 H1 H2 g1."""
    f, g = qm.Quadratic.from_minimizer([A], [a]), qm.Quadratic.from_minimizer([B], [b])
    found = qm.MAML(qm.GradientDescent(lr, 1)).meta_gradient(qm.Tasks(f, g), x)
    first_order = B @ (x - b) - lr * B @ A @ (x - a) - lr * A @ B @ (x - b)
    return equal(found, first_order + lr**2 * A @ B @ A @ (x - a))


@claim(**BATCHES, source=NICHOL)
def reptile_turned_round(A: Any, B: Any, a: Any, b: Any, x: Any, lr: Any) -> Any:
    """The Hessian of the first minibatch meets the gradient of the second."""
    f, g, step = qm.Quadratic.from_minimizer(A, a), qm.Quadratic.from_minimizer(B, b), qm.GradientDescent(lr, 1)
    moved = x - step.map(g)(step.map(f)(x))
    return equal(moved, lr * (f.gradient(x) + g.gradient(x) - lr * A @ g.gradient(x)))


enter(
    Entry(
        id="L1",
        sentence="To first order in the step size, two minibatches give MAML g2 - lr H2 g1 - lr H1 g2, FOMAML"
        " g2 - lr H2 g1, and Reptile g1 + g2 - lr H2 g1.",
        readings=(
            Reading("Reptile: x - phi_2 = lr (g1 + g2 - lr H2 g1), exactly", reptile_on_two_batches, "PROVED"),
            Reading("FOMAML: g = g2 - lr H2 g1, exactly", fomaml_on_two_batches, "PROVED"),
            Reading("MAML: g = g2 - lr H2 g1 - lr H1 g2, exactly", maml_on_two_batches, "REFUTED"),
        ),
        corrected=(Reading("MAML: ... + lr^2 H1 H2 g1, exactly", maml_with_its_remainder, "PROVED"),),
        twin=reptile_turned_round,
        reason="After one step the second gradient is g2 - lr H2 g1 with nothing left out, for the Hessian is constant."
        " MAML multiplies it once more by I - lr H1, which leaves the one term of second order.",
    )
)

THREE_BATCHES: dict[str, Any] = {**BATCHES, "C": symmetric(), "c": vector()}


def _after_three(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any, x: Any, lr: Any) -> tuple[Any, Any]:
    """What Reptile's three steps leave of ``lr (g1 + g2 + g3)``, and the terms with one Hessian."""
    step, phi = qm.GradientDescent(lr, 1), x
    for H, optimum in ((A, a), (B, b), (C, c)):
        phi = step.map(qm.Quadratic.from_minimizer(H, optimum))(phi)
    g1, g2, g3 = A @ (x - a), B @ (x - b), C @ (x - c)
    return lr * (g1 + g2 + g3) - (x - phi), lr**2 * (B @ g1 + C @ g1 + C @ g2)


@claim(**THREE_BATCHES, source=NICHOL)
def pairs_of_batches(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any, x: Any, lr: Any) -> Any:
    """Three minibatches: the sum of the gradients less lr times every later Hessian on every earlier gradient."""
    left, pairs = _after_three(A, B, C, a, b, c, x, lr)
    return equal(left, pairs)


@claim(**THREE_BATCHES, source=NICHOL)
def pairs_and_a_triple(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any, x: Any, lr: Any) -> Any:
    """Three minibatches: a term lr^2 H3 H2 g1 is left beside those with one Hessian."""
    left, pairs = _after_three(A, B, C, a, b, c, x, lr)
    return equal(left, pairs - lr**3 * C @ B @ A @ (x - a))


@claim(**THREE_BATCHES, source=NICHOL)
def pairs_and_a_triple_turned_round(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any, x: Any, lr: Any) -> Any:
    """Three minibatches: the term left is lr^2 H2 H3 g1."""
    left, pairs = _after_three(A, B, C, a, b, c, x, lr)
    return equal(left, pairs - lr**3 * B @ C @ A @ (x - a))


enter(
    Entry(
        id="L2",
        sentence="Over k minibatches Reptile's direction is the sum of the gradients less lr times the sum of H_j g_i"
        " over i < j.",
        readings=(Reading("three minibatches, without a remainder", pairs_of_batches, "REFUTED"),),
        corrected=(Reading("the remainder is lr^2 H3 H2 g1, in this order", pairs_and_a_triple, "PROVED"),),
        twin=pairs_and_a_triple_turned_round,
        reason="The third gradient is g3 - lr H3 (g1 + g2 - lr H2 g1), so from the third step on Hessians are"
        " multiplied. The sentence is exact for two minibatches only.",
    )
)


# Reptile


@claim(**TWO, source=NICHOL)
def reptile_with_one_step(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Reptile with one inner step is lr times joint training."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    reptile, joint = qm.Reptile(qm.GradientDescent(lr, 1)).field(tasks), qm.Joint().field(tasks)
    return equal(reptile.operator, lr * joint.operator), equal(reptile.rhs, lr * joint.rhs)


@claim(**TWO, source=NICHOL)
def reptile_with_two_steps(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Reptile with two inner steps ends where joint training does."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    return equal(qm.Reptile(qm.GradientDescent(lr, 2)).fixed_point(tasks), qm.Joint().fixed_point(tasks))


enter(
    Entry(
        id="L3",
        sentence="With one inner step Reptile is stochastic gradient descent on the expected loss.",
        readings=(Reading("field of Reptile(1) = lr times field of joint training", reptile_with_one_step, "PROVED"),),
        twin=reptile_with_two_steps,
        reason="theta - phi_1 is lr times the gradient at theta. From two steps on the weight 1 - (1 - lr a)^K is no"
        " multiple of a any more.",
    )
)


@claim(**TWO, source=NICHOL)
def reptile_ends_at_the_mean(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Reptile with three inner steps ends at the mean of the optima."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    return equal(qm.Reptile(qm.GradientDescent(lr, 3)).fixed_point(tasks), (a + b) / 2)


@claim(**TWO, source=NICHOL)
def reptile_at_the_mean(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """At the mean of the optima Reptile's field is (P_B - P_A)(b - a)/4, which vanishes as the residuals P do."""
    loop = qm.GradientDescent(lr, 3)
    field = qm.Reptile(loop).field(qm.Tasks.from_minimizers([A, B], [a, b]))
    return equal(field((a + b) / 2), (loop.residual(B) - loop.residual(A)) @ (b - a) / 4)


@claim(A=spd(), a=vector(), b=vector(), lr=step_size("A"), source=NICHOL)
def reptile_on_equal_curvatures(A: Any, a: Any, b: Any, lr: Any) -> Any:
    """On tasks of equal curvature Reptile ends at the mean of the optima, after any number of steps (here three)."""
    tasks = qm.Tasks.from_minimizers([A, A], [a, b])
    return equal(qm.Reptile(qm.GradientDescent(lr, 3)).fixed_point(tasks), (a + b) / 2)


@claim(**TWO, source=NICHOL)
def reptile_at_the_mean_without_loop(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """At the mean of the optima Reptile's field is lr (A - B)(b - a)/4, however many steps."""
    field = qm.Reptile(qm.GradientDescent(lr, 3)).field(qm.Tasks.from_minimizers([A, B], [a, b]))
    return equal(field((a + b) / 2), lr * (A - B) @ (b - a) / 4)


enter(
    Entry(
        id="L4",
        sentence="Reptile converges towards the point that is closest, in Euclidean distance, to the optima of all"
        " tasks.",
        readings=(
            Reading("the fixed point is (a + b)/2 for finitely many steps", reptile_ends_at_the_mean, "REFUTED"),
        ),
        corrected=(
            Reading("the field at (a + b)/2 is (P_B - P_A)(b - a)/4", reptile_at_the_mean, "PROVED"),
            Reading("for equal curvatures the fixed point is (a + b)/2", reptile_on_equal_curvatures, "PROVED"),
        ),
        twin=reptile_at_the_mean_without_loop,
        reason="Reptile averages the optima with the weights I - P, which are equal only in the limit of many steps or"
        " for equal curvatures. The error of the mean is of the size of the residuals.",
    )
)

# HF-MAML and FO-MAML


@claim(A=symmetric(), a=vector(), x=vector(), lr=scalar(), delta=scalar(), source=FALLAH)
def hessian_free(A: Any, a: Any, x: Any, lr: Any, delta: Any) -> Any:
    """HF-MAML's gradient, by central differences of width delta, is MAML's."""
    f = qm.Quadratic.from_minimizer(A, a)
    g = f.gradient(qm.GradientDescent(lr, 1).map(f)(x))
    product = (f.gradient(x + delta * g) - f.gradient(x - delta * g)) / (2 * delta)
    tasks = qm.Tasks.from_minimizers([A], [a])
    return equal(g - lr * product, qm.MAML(qm.GradientDescent(lr, 1)).meta_gradient(tasks, x))


@claim(A=symmetric(), a=vector(), x=vector(), lr=scalar(), delta=scalar(), source=FALLAH)
def hessian_free_without_the_two(A: Any, a: Any, x: Any, lr: Any, delta: Any) -> Any:
    """The same with the difference divided by delta."""
    f = qm.Quadratic.from_minimizer(A, a)
    g = f.gradient(qm.GradientDescent(lr, 1).map(f)(x))
    product = (f.gradient(x + delta * g) - f.gradient(x - delta * g)) / delta
    tasks = qm.Tasks.from_minimizers([A], [a])
    return equal(g - lr * product, qm.MAML(qm.GradientDescent(lr, 1)).meta_gradient(tasks, x))


enter(
    Entry(
        id="L5",
        sentence="HF-MAML approximates MAML's gradient with an error that vanishes with the width of the difference.",
        readings=(Reading("on quadratics the error is 0 for every width", hessian_free, "PROVED"),),
        twin=hessian_free_without_the_two,
        reason="The gradient of a quadratic is affine, so that its difference quotients are exact Hessian-vector"
        " products. The error that the source bounds comes from a Hessian that varies.",
    )
)


@claim(**TWO, source=FALLAH)
def fomaml_is_stationary(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's gradient vanishes where FOMAML ends."""
    tasks, loop = qm.Tasks.from_minimizers([A, B], [a, b]), qm.GradientDescent(lr, 1)
    return equal(qm.MAML(loop).meta_gradient(tasks, qm.FOMAML(loop).fixed_point(tasks)), 0)


@claim(**TWO, source=FALLAH)
def fomaml_floor(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's gradient where FOMAML ends is (lr/2)(B - A) u, u = A (I - lr A)(theta - a) being task A's gradient."""
    tasks, loop = qm.Tasks.from_minimizers([A, B], [a, b]), qm.GradientDescent(lr, 1)
    theta = qm.FOMAML(loop).fixed_point(tasks)
    return equal(qm.MAML(loop).meta_gradient(tasks, theta), lr / 2 * (B - A) @ A @ (1 - lr * A) @ (theta - a))


@claim(**TWO, source=FALLAH)
def fomaml_floor_without_the_half(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's gradient where FOMAML ends is lr (B - A) u."""
    tasks, loop = qm.Tasks.from_minimizers([A, B], [a, b]), qm.GradientDescent(lr, 1)
    theta = qm.FOMAML(loop).fixed_point(tasks)
    return equal(qm.MAML(loop).meta_gradient(tasks, theta), lr * (B - A) @ A @ (1 - lr * A) @ (theta - a))


enter(
    Entry(
        id="L6",
        sentence="FO-MAML reaches MAML's stationary points only up to an error that grows with the inner step size.",
        readings=(Reading("there is no error on quadratics", fomaml_is_stationary, "REFUTED"),),
        corrected=(Reading("the error is (lr/2)(B - A) u, of first order in lr", fomaml_floor, "PROVED"),),
        twin=fomaml_floor_without_the_half,
        reason="Where FOMAML ends the two tasks' gradients after adaptation are u and -u, and MAML multiplies them by"
        " I - lr A and I - lr B. What is left vanishes exactly where (B - A) u does, as for equal curvatures.",
    )
)


@claim(**ONE, source=FINN)
def fomaml_up_to_one(A: Any, a: Any, lr: Any) -> Any:
    """FOMAML's outer loop is attracted to its fixed point (K = 1, lr lambda_max < 1)."""
    return less_than(0, weight(qm.FOMAML(qm.GradientDescent(lr, 1)), A, a))


@claim(A=spd(), a=vector(), lr=scalar(0), source=FINN)
def fomaml_up_to_two(A: Any, a: Any, lr: Any) -> Any:
    """FOMAML's outer loop is not repelled wherever the inner loop is stable (K = 1, lr lambda_max < 2)."""
    assume(less_than(lr * A, 2))
    return psd(weight(qm.FOMAML(qm.GradientDescent(lr, 1)), A, a))


@claim(A=spd(), a=vector(), lr=scalar(0), source=FINN)
def fomaml_with_two_steps(A: Any, a: Any, lr: Any) -> Any:
    """With two inner steps FOMAML's weight is nonnegative for every step size."""
    return psd(weight(qm.FOMAML(qm.GradientDescent(lr, 2)), A, a))


@claim(A=spd(), a=vector(), lr=scalar(0), source=FINN)
def fomaml_with_three_steps(A: Any, a: Any, lr: Any) -> Any:
    """With three inner steps FOMAML's weight is nonnegative for every stable step size."""
    assume(less_than(lr * A, 2))
    return psd(weight(qm.FOMAML(qm.GradientDescent(lr, 3)), A, a))


enter(
    Entry(
        id="L7",
        sentence="The first-order approximation can take MAML's place with the same step sizes.",
        readings=(
            Reading("W(A) = A (I - lr A) is positive for 0 < lr < 1/L", fomaml_up_to_one, "PROVED"),
            Reading("W(A) is nonnegative for 0 < lr < 2/L", fomaml_up_to_two, "REFUTED"),
        ),
        corrected=(Reading("for K = 2 (even K) W(A) is nonnegative for every lr", fomaml_with_two_steps, "PROVED"),),
        twin=fomaml_with_three_steps,
        reason="MAML squares the residual, FOMAML does not: for odd K its weight is negative where lr a > 1. There the"
        " fixed point repels although the inner loop is stable.",
    )
)
