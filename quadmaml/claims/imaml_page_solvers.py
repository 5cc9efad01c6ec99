"""The page on iMAML, continued: I6 to I11."""

from __future__ import annotations

from typing import Any

from quadmaml.adaptation import Proximal, ProximalGradientDescent
from quadmaml.algorithms import IMAML
from quadmaml.quadratic import Quadratic
from quadmaml.tasks import Tasks

from .domains import scalar, spd, symmetric, vector
from .imaml_page import page
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than, psd

INNER: dict[str, Any] = {"A": symmetric(), "h": vector(), "x": vector(), "s": scalar(latex=r"\lambda")}


def _split(A: Any, h: Any, Q: Any, g: Any) -> Tasks:
    """One task with training loss (A, h) and test loss (Q, g)."""
    return Tasks(Quadratic([A], [h]), Quadratic([Q], [g]))


# I6


@page(**INNER, Q=symmetric(), g=vector())
def system_with_the_test_loss(A: Any, h: Any, x: Any, s: Any, Q: Any, g: Any) -> Any:
    """The meta-gradient solves (I + A/s) y = grad L_test(phi)."""
    assume(s > 0)
    found = IMAML(s).meta_gradient(_split(A, h, Q, g), x)
    return equal((1 + A / s) @ found, Quadratic(Q, g).gradient(Proximal(s).map(Quadratic(A, h))(x)))


@page(**INNER, Q=symmetric(), g=vector())
def system_with_the_training_loss(A: Any, h: Any, x: Any, s: Any, Q: Any, g: Any) -> Any:
    """The meta-gradient solves (I + A/s) y = grad L_train(phi), as printed."""
    assume(s > 0)
    f = Quadratic(A, h)
    return equal((1 + A / s) @ IMAML(s).meta_gradient(_split(A, h, Q, g), x), f.gradient(Proximal(s).map(f)(x)))


@page(**INNER)
def system_with_one_loss(A: Any, h: Any, x: Any, s: Any) -> Any:
    """It does where the test loss is the training loss."""
    assume(s > 0)
    f = Quadratic(A, h)
    return equal((1 + A / s) @ IMAML(s).meta_gradient(_split(A, h, A, h), x), f.gradient(Proximal(s).map(f)(x)))


enter(
    Entry(
        id="I6",
        sentence="[(I + H/l) g = grad L(phi, D^train)]",
        readings=(
            Reading("as printed, with the training loss on the right", system_with_the_training_loss, "REFUTED"),
            Reading("... where test and training loss are the same", system_with_one_loss, "PROVED"),
        ),
        twin=system_with_the_training_loss,
        reason="The chain rule multiplies the Jacobian by the gradient of the meta-objective, the test loss. The"
        " page's own"
        " formula for the meta-gradient has it right; the system has a misprint.",
        corrected=(Reading("(I + H/l) g = grad L_test(phi)", system_with_the_test_loss, "PROVED"),),
    )
)


# I7


def _conjugate_gradient(K: Any, b: Any) -> Any:
    """The second iterate of conjugate gradient for K y = b from 0."""
    first = (b.T @ b) / (b.T @ K @ b)
    left = b - first * (K @ b)
    way = left + (left.T @ left) / (b.T @ b) * b
    return first * b + (left.T @ left) / (way.T @ K @ way) * way


@page(K=spd(), b=vector())
def two_steps_in_every_dimension(K: Any, b: Any) -> Any:
    """Two steps solve the system, whatever the dimension."""
    assume(b.T @ b > 0)
    return equal(K @ _conjugate_gradient(K, b), b)


@page(p=scalar(0), v=vector(), b=vector())
def two_steps_for_two_eigenvalues(p: Any, v: Any, b: Any) -> Any:
    """They do in every dimension if K has two distinct eigenvalues, as p I + v v'."""
    assume(p > 0)
    K = p + v @ v.T
    return equal(K @ _conjugate_gradient(K, b), b)


@page(p=scalar(0), b=vector(), lr=scalar(0))
def one_step_for_one_eigenvalue(p: Any, b: Any, lr: Any) -> Any:
    """One step does if K = p I, in every dimension."""
    assume((p > 0, lr > 0))
    return equal(p * ((b.T @ b) / (b.T @ (p * b)) * b), b)


enter(
    Entry(
        id="I7",
        sentence="CG guarantees to find the solution in a small number of steps (depending on the dimensionality).",
        readings=(
            Reading("a number that does not grow with the dimension, say two", two_steps_in_every_dimension, "REFUTED"),
            Reading("one step for one eigenvalue, in every dimension", one_step_for_one_eigenvalue, "PROVED"),
        ),
        twin=two_steps_in_every_dimension,
        reason="In exact arithmetic it takes as many steps as there are distinct eigenvalues, at most the"
        " dimension. The"
        " dimension itself does not matter: two eigenvalues take two steps in any.",
        corrected=(
            Reading(
                "two steps for two distinct eigenvalues, in every dimension", two_steps_for_two_eigenvalues, "PROVED"
            ),
        ),
    )
)


# I8


@page(**INNER, Q=symmetric(), g=vector(), y=vector())
def error_of_the_meta_gradient(A: Any, h: Any, x: Any, s: Any, Q: Any, g: Any, y: Any) -> Any:
    """With y for the inner solution the error is (I + A/s)^-1 Q (y - phi)."""
    assume(s > 0)
    exact, J = Proximal(s).map(Quadratic(A, h))(x), inverse(1 + A / s)
    error = J @ Quadratic(Q, g).gradient(y) - IMAML(s).meta_gradient(_split(A, h, Q, g), x)
    return equal(error, J @ Q @ (y - exact))


@page(A=spd(), v=vector(), s=scalar(0))
def error_is_at_most_strength(A: Any, v: Any, s: Any) -> Any:
    """Query = support, convex: the error is at most s times that of the inner solution, v."""
    assume(s > 0)
    error = inverse(1 + A / s) @ A @ v
    return at_most(error.T @ error, s**2 * (v.T @ v))


@page(A=spd(), L=scalar(0))
def error_by_smoothness(A: Any, L: Any) -> Any:
    """If A <= L, at most L/(1 + L) times (s = 1)."""
    assume((L > 0, at_most(A, L)))
    return at_most(inverse(1 + A) @ A, L / (1 + L))


@page(A=symmetric(), v=vector(), s=scalar(0))
def error_for_all_curvatures(A: Any, v: Any, s: Any) -> Any:
    """The same without convexity, where A + s > 0."""
    assume((s > 0, less_than(0, A + s)))
    error = inverse(1 + A / s) @ A @ v
    return at_most(error.T @ error, s**2 * (v.T @ v))


@page(A=spd(), v=vector(), s=scalar(0))
def error_is_at_most_half_the_strength(A: Any, v: Any, s: Any) -> Any:
    """A wrong twin: half that."""
    assume(s > 0)
    error = inverse(1 + A / s) @ A @ v
    return at_most(4 * (error.T @ error), s**2 * (v.T @ v))


enter(
    Entry(
        id="I8",
        sentence="The gradient is still approximately correct as long as the solution provided by the inner-loop"
        " optimizer is"
        " approximately correct.",
        readings=(
            Reading("error = (I + A/l)^-1 Q (phi^ - phi), exactly", error_of_the_meta_gradient, "PROVED"),
            Reading("convex, query = support: at most l |phi^ - phi|", error_is_at_most_strength, "PROVED"),
            Reading("the same without convexity", error_for_all_curvatures, "REFUTED"),
        ),
        twin=error_is_at_most_half_the_strength,
        reason="On quadratics the error is linear in that of the inner solution, with factor Al/(l+A): at most lL/(l+L)"
        " for convex losses. Near a curvature of -l there is no bound.",
        corrected=(Reading("A <= L: factor L/(1+L) in units of l = 1", error_by_smoothness, "PROVED"),),
    )
)


# I9


@page(**INNER, lr=scalar(0))
def only_the_end_matters(A: Any, h: Any, x: Any, s: Any, lr: Any) -> Any:
    """The meta-gradient with an inexact inner loop is (I + A/s)^-1 f'(end), whatever its steps: K = 1, 2."""
    assume((s > 0, lr > 0))
    f, stated = Quadratic(A, h), []
    for loop in (ProximalGradientDescent(s, lr, 1), ProximalGradientDescent(s, lr, 2)):
        found = IMAML(s, loop).meta_gradient(_split(A, h, A, h), x)
        stated.append(equal((1 + A / s) @ found, f.gradient(loop.map(f)(x))))
    return tuple(stated)


@page(**INNER, lr=scalar(0))
def end_does_not_matter(A: Any, h: Any, x: Any, s: Any, lr: Any) -> Any:
    """It is the exact one also if the inner loop has not converged."""
    assume((s > 0, lr > 0))
    tasks, loop = _split(A, h, A, h), ProximalGradientDescent(s, lr, 1)
    return equal(IMAML(s, loop).meta_gradient(tasks, x), IMAML(s).meta_gradient(tasks, x))


enter(
    Entry(
        id="I9",
        sentence="The steps leading up to the optimal solution are not of interest when computing the meta-gradient.",
        readings=(
            Reading("it is a function of the end point alone", only_the_end_matters, "PROVED"),
            Reading("it is exact also where the inner loop has not converged", end_does_not_matter, "REFUTED"),
        ),
        twin=end_does_not_matter,
        reason="Only the end point and the Hessian there enter (I + H/l)^-1 f'(phi). Where the loop stopped"
        " early, that is not"
        " the gradient of what the loop computes, and I8 says by how much.",
        corrected=(Reading("it is a function of the end point alone", only_the_end_matters, "PROVED"),),
    )
)


# I10


@page(A=spd(), s=scalar(0))
def towards_joint_training(A: Any, s: Any) -> Any:
    """A - 2 A^2/s <= W(A) <= A: the weight tends to that of joint training."""
    assume(s > 0)
    W = A @ inverse(1 + A / s) ** 2
    return at_most(W, A), at_most(A - 2 * A @ A / s, W)


@page(A=spd(), s=scalar(0))
def towards_independence(A: Any, s: Any) -> Any:
    """For strictly convex losses the Jacobian is at most s A^-1."""
    assume(s > 0)
    return at_most(inverse(1 + A / s), s * inverse(A))


@page(A=symmetric(), s=scalar(0, 0.1))
def towards_independence_if_flat(A: Any, s: Any) -> Any:
    """For all convex losses, with flat directions too, it is small for small s: at most 1/2 for s <= 1/10."""
    assume((psd(A), s > 0))
    return at_most(inverse(1 + A / s), inverse(2 * s**0))


@page(A=spd(), s=scalar(0))
def twice_as_fast(A: Any, s: Any) -> Any:
    """A wrong twin: A - A^2/s <= W(A)."""
    assume(s > 0)
    return at_most(A - A @ A / s, A @ inverse(1 + A / s) ** 2)


enter(
    Entry(
        id="I10",
        sentence="[l weighs the distance to x:] we encourage to keep the distance between x and the optimal"
        " parameter small.",
        readings=(
            Reading("l to infinity: A - 2A^2/l <= W <= A, joint training", towards_joint_training, "PROVED"),
            Reading("l to 0: dphi/dx <= l A^-1, strictly convex", towards_independence, "PROVED"),
            Reading("l to 0, convex with flat directions", towards_independence_if_flat, "REFUTED"),
        ),
        twin=twice_as_fast,
        reason="Both limits are reached at a rate of first order in 1/l and l. Along a flat direction phi stays"
        " at x for every l.",
        corrected=(Reading("l to 0, strictly convex", towards_independence, "PROVED"),),
    )
)


# I11. The loss (phi^2-1)^2/4 with the start 0 and strength 1 - phi^2: both phi and -phi are inner minima.


def _found(phi: Any, c: Any) -> Any:
    """The meta-gradient at the inner minimum phi, with test loss (phi-c)^2/2."""
    s = 1 - phi**2
    return (phi - c) * s / (s + 3 * phi**2 - 1)


@page(phi=scalar(0, 1), c=scalar())
def both_are_minima(phi: Any, c: Any) -> Any:
    """Phi is stationary for the start 0, and the inner curvature there is positive."""
    assume((phi > 0, phi < 1))
    s = 1 - phi**2
    return equal(phi**3 - phi + s * phi, 0), less_than(0, 3 * phi**2 - 1 + s)


@page(phi=scalar(0, 1), c=scalar())
def optima_give_the_same_gradient(phi: Any, c: Any) -> Any:
    """Both minima give the same meta-gradient."""
    assume((phi > 0, phi < 1))
    return equal(_found(phi, c), _found(-phi, c))


@page(phi=scalar(0, 1), c=scalar())
def gradient_is_the_expected_one(phi: Any, c: Any) -> Any:
    """A wrong twin: the one that was found gives the mean over both."""
    assume((phi > 0, phi < 1))
    return equal(_found(phi, c), (_found(phi, c) + _found(-phi, c)) / 2)


@page(A=spd(), y=vector(), z=vector(), s=scalar(0))
def convex_losses_have_one_optimum(A: Any, y: Any, z: Any, s: Any) -> Any:
    """For convex losses the inner gradients at y and z differ by at least s |y - z|, seen along y - z."""
    apart = y - z
    return at_most(s * (apart.T @ apart), apart.T @ (A + s) @ apart)


enter(
    Entry(
        id="I11",
        sentence="SGD may have non-zero probabilities of finding more than one task-level optimum, but iMAML"
        " will only derive"
        " the gradient in respect to an actually found optimum.",
        readings=(
            Reading("(phi^2-1)^2/4, start 0: phi and -phi are both inner minima", both_are_minima, "PROVED"),
            Reading("they give the same meta-gradient", optima_give_the_same_gradient, "REFUTED"),
        ),
        twin=gradient_is_the_expected_one,
        reason="With two inner minima the meta-gradient depends on which one was found, and neither is that of"
        " the expected"
        " loss. For convex losses there is one inner minimum, and the question does not arise.",
        corrected=(Reading("convex losses have one inner minimum", convex_losses_have_one_optimum, "PROVED"),),
    )
)
