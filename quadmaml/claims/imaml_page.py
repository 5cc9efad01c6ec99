"""The page on iMAML by Müller, Ploner, Goerttler and Obermayer: I1 to I11."""

from __future__ import annotations

from functools import partial
from typing import Any

from quadmaml.adaptation import Proximal
from quadmaml.quadratic import Quadratic
from quadmaml.tasks import Tasks

from .domains import scalar, spd, step_size, symmetric, vector
from .language import claim
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal, inverse, less_than, psd
from .two_tasks import descent, task

page = partial(claim, source="Müller et al., iMAML page")

INNER: dict[str, Any] = {"A": symmetric(), "h": vector(), "x": vector(), "s": scalar(latex=r"\lambda")}


def _split(A: Any, h: Any, Q: Any, g: Any) -> Tasks:
    """One task with training loss (A, h) and test loss (Q, g)."""
    return Tasks(Quadratic([A], [h]), Quadratic([Q], [g]))


# I1


@page(A=spd(), lr=step_size("A"))
def dependence_shrinks(A: Any, lr: Any) -> Any:
    """The squared Jacobian (I - lr A)^(2K) decreases with the number of steps: K = 0 to 3."""
    return tuple(less_than((1 - lr * A) ** (2 * k + 2), (1 - lr * A) ** (2 * k)) for k in range(3))


@page(A=symmetric(), lr=scalar(0))
def dependence_shrinks_for_all_curvatures(A: Any, lr: Any) -> Any:
    """The same for losses that need not be convex."""
    return at_most((1 - lr * A) ** 2, 1)


@page(A=spd(), lr=scalar(0))
def dependence_shrinks_up_to_two(A: Any, lr: Any) -> Any:
    """It does so for convex losses up to the step size 2/lambda_max."""
    assume(at_most(lr * A, 2))
    return at_most((1 - lr * A) ** 4, (1 - lr * A) ** 2), at_most((1 - lr * A) ** 2, 1)


@page(A=spd(), lr=scalar(0))
def dependence_shrinks_up_to_three(A: Any, lr: Any) -> Any:
    """A wrong twin: up to 3/lambda_max."""
    assume(at_most(lr * A, 3))
    return at_most((1 - lr * A) ** 2, 1)


enter(
    Entry(
        id="I1",
        sentence="If we do many gradient steps, the model-parameters depend less and less on the meta-parameter.",
        readings=(
            Reading("strictly convex, 0 < a < 1/lambda_max", dependence_shrinks, "PROVED"),
            Reading("any curvature", dependence_shrinks_for_all_curvatures, "REFUTED"),
        ),
        twin=dependence_shrinks_up_to_three,
        reason="The Jacobian is (I-aA)^K. Along directions of negative curvature, or for steps beyond"
        " 2/lambda_max, it grows.",
        corrected=(Reading("convex losses, 0 <= a <= 2/lambda_max", dependence_shrinks_up_to_two, "PROVED"),),
    )
)


# I2


@page(A=spd(), a=vector(), x=vector(), lr=step_size("A"))
def early_stopping_is_a_prior(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """K steps from x minimise f + 1/2 (y-x)'Q(y-x) with Q = A P (I-P)^-1, P = (I - lr A)^K: K = 1, 2."""
    f, stated = task(A, a), []
    for steps in (1, 2):
        P, end = (1 - lr * A) ** steps, descent(lr, steps).map(f)(x)
        stated.append(equal((1 - P) @ f.gradient(end) + A @ P @ (end - x), 0 * x))
    return tuple(stated)


@page(A=spd(), lr=step_size("A"))
def prior_is_proper(A: Any, lr: Any) -> Any:
    """Below 1/lambda_max that Q is positive definite: K = 1, 2."""
    return tuple(less_than(0, A @ P @ inverse(1 - P)) for P in ((1 - lr * A), (1 - lr * A) ** 2))


@page(A=spd(), a=vector(), x=vector(), lr=step_size("A"))
def prior_is_isotropic(A: Any, a: Any, x: Any, lr: Any) -> Any:
    """One step is the proximal point with precision 1/lr for all directions."""
    f = task(A, a)
    return equal(descent(lr).map(f)(x), Proximal(1 / lr).map(f)(x))


@page(p=scalar(0, 1), q=scalar(0, 1))
def one_precision_for_all_curvatures(p: Any, q: Any) -> Any:
    """Whatever the precision: the one that serves for curvature p, (1-p) (step size 1), serves for q."""
    assume((p > 0, p < 1, q > 0, q < 1))
    return equal((1 - p) / ((1 - p) + q), 1 - q)


@page(A=spd(), lr=scalar(0))
def prior_for_every_stable_step(A: Any, lr: Any) -> Any:
    """For every stable step size one step has a prior: 1/lr - A is semidefinite."""
    assume((lr > 0, less_than(lr * A, 2)))
    return psd(1 - lr * A)


enter(
    Entry(
        id="I2",
        sentence="This early stopping is equivalent to a Bayesian prior.",
        readings=(
            Reading("a Gaussian prior at x with precision A P (I-P)^-1, K = 1, 2", early_stopping_is_a_prior, "PROVED"),
            Reading("that precision is positive definite for 0 < a < 1/lambda_max", prior_is_proper, "PROVED"),
            Reading("the isotropic prior of precision 1/a", prior_is_isotropic, "REFUTED"),
            Reading("some isotropic prior, the same for two curvatures", one_precision_for_all_curvatures, "REFUTED"),
            Reading("for every stable step size: one step has a prior", prior_for_every_stable_step, "REFUTED"),
        ),
        twin=prior_is_isotropic,
        reason="The end point minimises f + 1/2 (y-x)'Q(y-x) with Q = A P (I-P)^-1, for one step I/a - A: the"
        " prior depends on"
        " the task's curvature and is no isotropic one. Beyond 1/lambda_max an odd number of steps has no prior.",
        corrected=(
            Reading("precision A P (I-P)^-1", early_stopping_is_a_prior, "PROVED"),
            Reading("a proper prior below 1/lambda_max", prior_is_proper, "PROVED"),
        ),
    )
)


# I3


@page(**INNER)
def proximal_point(A: Any, h: Any, x: Any, s: Any) -> Any:
    """The inner solution is x - f'(phi)/s."""
    assume(s > 0)
    f = Quadratic(A, h)
    end = Proximal(s).map(f)(x)
    return equal(end, x - f.gradient(end) / s)


@page(A=symmetric(), s=scalar(0))
def every_solution_is_a_minimum(A: Any, s: Any) -> Any:
    """A point with that property is a minimum: the inner Hessian A + s is semidefinite."""
    assume(s > 0)
    return psd(A + s)


@page(**INNER)
def gradient_at_the_start(A: Any, h: Any, x: Any, s: Any) -> Any:
    """A wrong twin: with the gradient at the start."""
    assume(s > 0)
    f = Quadratic(A, h)
    return equal(Proximal(s).map(f)(x), x - f.gradient(x) / s)


@page(A=spd(), s=scalar(0))
def convex_solutions_are_minima(A: Any, s: Any) -> Any:
    """For convex losses it is one."""
    return less_than(0, A + s)


enter(
    Entry(
        id="I3",
        sentence="We can conclude that the gradient of the inner objective is 0. Rearranging: [phi = x - f'(phi)/l].",
        readings=(
            Reading("at the minimum phi = x - f'(phi)/l", proximal_point, "PROVED"),
            Reading("every such phi is a minimum", every_solution_is_a_minimum, "REFUTED"),
        ),
        twin=gradient_at_the_start,
        reason="It is the condition of stationarity, an equation for phi and no formula. Saddle points satisfy"
        " it as well.",
        corrected=(Reading("for strictly convex f it is the minimum", convex_solutions_are_minima, "PROVED"),),
    )
)


# I4


@page(**INNER)
def implicit_jacobian(A: Any, h: Any, x: Any, s: Any) -> Any:
    """The Jacobian of the inner solution is (I + A/s)^-1."""
    assume(s > 0)
    return equal((1 + A / s) @ x.jacobian_of(Proximal(s).map(Quadratic(A, h))), 1)


@page(**INNER)
def implicit_jacobian_inverted(A: Any, h: Any, x: Any, s: Any) -> Any:
    """A wrong twin: (I + s A)^-1."""
    assume(s > 0)
    return equal((1 + s * A) @ x.jacobian_of(Proximal(s).map(Quadratic(A, h))), 1)


enter(
    Entry(
        id="I4",
        sentence="Solving for [dphi/dx] we get (assuming the inverse exists) [(I + H/l)^-1].",
        readings=(Reading("dphi/dx = (I + H/l)^-1 on quadratics", implicit_jacobian, "PROVED"),),
        twin=implicit_jacobian_inverted,
        reason="Differentiating phi = x - f'(phi)/l gives J = I - HJ/l. The claim presupposes the inverse; I5"
        " says when.",
    )
)


# I5


@page(H=spd(), s=scalar(0))
def invertible_for_convex_losses(H: Any, s: Any) -> Any:
    """For convex losses I + H/s is positive definite."""
    assume(s > 0)
    return less_than(0, 1 + H / s)


@page(H=symmetric(), s=scalar(0))
def always_invertible(H: Any, s: Any) -> Any:
    """I + H/s is invertible for every H: its square is definite."""
    assume(s > 0)
    return less_than(0, (1 + H / s) ** 2)


@page(H=symmetric(), s=scalar(0))
def invertible_at_a_minimum(H: Any, s: Any) -> Any:
    """It is at every local minimum of the inner problem, H + s >= 0."""
    assume((s > 0, psd(H + s)))
    return less_than(0, (1 + H / s) ** 2)


@page(H=symmetric(), s=scalar(0))
def invertible_beyond_the_least_eigenvalue(H: Any, s: Any) -> Any:
    """It is where s exceeds minus the least eigenvalue of H."""
    assume((s > 0, less_than(0, H + s)))
    return less_than(0, 1 + H / s, because=inverse(s) * (H + s))


enter(
    Entry(
        id="I5",
        sentence="(assuming the inverse exists)",
        readings=(
            Reading("strictly convex losses", invertible_for_convex_losses, "PROVED"),
            Reading("any loss", always_invertible, "REFUTED"),
            Reading("at every local minimum of the inner problem", invertible_at_a_minimum, "REFUTED"),
        ),
        twin=always_invertible,
        reason="I + H/l is singular exactly if -l is an eigenvalue of H. That can happen at a degenerate local"
        " minimum, but not"
        " where l > -lambda_min(H).",
        corrected=(Reading("l > -lambda_min(H) suffices", invertible_beyond_the_least_eigenvalue, "PROVED"),),
    )
)
