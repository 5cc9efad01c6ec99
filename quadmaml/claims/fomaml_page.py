"""The page on FOMAML by Müller, Ploner, Goerttler and Obermayer, and the StackExchange question on its derivation."""

from __future__ import annotations

from functools import partial
from typing import Any

from quadmaml.quadratic import Quadratic
from quadmaml.tasks import Tasks

from .domains import matrix, scalar, spd, symmetric, vector
from .language import claim
from .ledger import Entry, Reading, enter
from .statements import assume, at_most, equal
from .two_tasks import COORDINATE, TWO, descent, fomaml, maml, pair

page = partial(claim, source="Müller et al., FOMAML page")
question = partial(claim, source="StackExchange question on FOMAML")

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


# F1


@page(**SPLIT)
def first_order_gradient(A: Any, Q: Any, h: Any, g: Any, x: Any, lr: Any) -> Any:
    """FOMAML's gradient is the test gradient at the adapted point."""
    assume(lr > 0)
    train, test, tasks = _split(A, Q, h, g)
    return equal(fomaml(lr).meta_gradient(tasks, x), test.gradient(descent(lr).map(train)(x)))


@page(h=vector(), x=vector(), lr=scalar())
def jacobian_without_curvature(h: Any, x: Any, lr: Any) -> Any:
    """Without curvature the update x + lr h has the Jacobian I."""
    v = 2 * x + h
    return equal(x.jacobian_of(lambda y: y + lr * h) @ v, v)


@page(**TWO, x=vector())
def first_order_gradient_is_the_gradient(A: Any, B: Any, a: Any, b: Any, lr: Any, x: Any) -> Any:
    """FOMAML's gradient is that of the meta loss."""
    tasks = pair(A, B, a, b)
    return equal(fomaml(lr).meta_gradient(tasks, x), maml(lr).meta_gradient(tasks, x))


@page(**SPLIT)
def first_order_gradient_at_the_start(A: Any, Q: Any, h: Any, g: Any, x: Any, lr: Any) -> Any:
    """A wrong twin: the test gradient at the start."""
    assume(lr > 0)
    _, test, tasks = _split(A, Q, h, g)
    return equal(fomaml(lr).meta_gradient(tasks, x), test.gradient(x))


enter(
    Entry(
        id="F1",
        sentence="Setting them to zero! As a result [dU/dx = I] and the overall meta loss gradient reduces to"
        " [the sum of"
        " the test gradients at U(x)].",
        readings=(
            Reading(
                "FOMAML's field is grad L_test(U(x)), training and test losses apart", first_order_gradient, "PROVED"
            ),
            Reading("without curvature dU/dx = I", jacobian_without_curvature, "PROVED"),
            Reading("that is the gradient of the meta loss", first_order_gradient_is_the_gradient, "REFUTED"),
        ),
        twin=first_order_gradient_at_the_start,
        reason="The Jacobian of a gradient step is I - aH, which is I for H = 0. With curvature the result is a"
        " field of its"
        " own, not the gradient of the meta loss.",
        corrected=(Reading("FOMAML's field is grad L_test(U(x))", first_order_gradient, "PROVED"),),
    )
)


# F2


@page(**SPLIT)
def dropped_from_the_gradient(A: Any, Q: Any, h: Any, g: Any, x: Any, lr: Any) -> Any:
    """MAML's gradient minus FOMAML's is - lr times the Hessian of the training loss times the test gradient."""
    assume(lr > 0)
    train, test, tasks = _split(A, Q, h, g)
    difference = maml(lr).meta_gradient(tasks, x) - fomaml(lr).meta_gradient(tasks, x)
    return equal(difference, -lr * (A @ test.gradient(descent(lr).map(train)(x))))


@page(A=symmetric(), h=vector(), x=vector(), lr=scalar())
def dropped_is_the_hessian(A: Any, h: Any, x: Any, lr: Any) -> Any:
    """What is dropped from the Jacobian is the Hessian."""
    assume(lr > 0)
    return equal(1 - x.jacobian_of(descent(lr).map(Quadratic(A, h))), A)


@page(A=symmetric(), h=vector(), x=vector(), lr=scalar())
def dropped_is_the_step_times_the_hessian(A: Any, h: Any, x: Any, lr: Any) -> Any:
    """What is dropped is lr times the Hessian."""
    assume(lr > 0)
    return equal(1 - x.jacobian_of(descent(lr).map(Quadratic(A, h))), lr * A)


@page(A=symmetric(), h=vector(), x=vector(), lr=scalar())
def dropped_after_two_steps(A: Any, h: Any, x: Any, lr: Any) -> Any:
    """For two steps it is I - (I - lr A)^2 = 2 lr A - lr^2 A^2."""
    assume(lr > 0)
    return equal(1 - x.jacobian_of(descent(lr, 2).map(Quadratic(A, h))), 2 * lr * A - lr**2 * A**2)


@page(A=symmetric(), h=vector(), x=vector(), lr=scalar())
def dropped_after_two_steps_to_first_order(A: Any, h: Any, x: Any, lr: Any) -> Any:
    """A wrong twin: for two steps it is 2 lr A."""
    assume(lr > 0)
    return equal(1 - x.jacobian_of(descent(lr, 2).map(Quadratic(A, h))), 2 * lr * A)


enter(
    Entry(
        id="F2",
        sentence="Let us have a detailed look at the term we are discarding, namely [the Hessian of L_train].",
        readings=(
            Reading("I - dU/dx is the Hessian, as printed", dropped_is_the_hessian, "REFUTED"),
            Reading("MAML's gradient minus FOMAML's is -aH grad L_test(U(x))", dropped_from_the_gradient, "PROVED"),
        ),
        twin=dropped_after_two_steps_to_first_order,
        reason="One step drops a times the Hessian, not the Hessian. K steps drop I minus the whole product of"
        " their factors.",
        corrected=(
            Reading("one step: I - dU/dx = aH", dropped_is_the_step_times_the_hessian, "PROVED"),
            Reading("two steps: I - dU/dx = 2aH - a^2 H^2", dropped_after_two_steps, "PROVED"),
        ),
    )
)


# F3


def _curved(C: Any, u: Any, g: Any, x: Any) -> Any:
    return (x - u).T @ C @ (x - u) / 2 + g.T @ x


@page(C=symmetric(), u=vector(), g=vector(), x=vector())
def gradient_of_the_figure(C: Any, u: Any, g: Any, x: Any) -> Any:
    """The gradient of 1/2 (x-u)'C(x-u) + g'x is C(x-u) + g, and g for C = 0."""
    flat = x.gradient_of(lambda y: _curved(0 * C, u, g, y))
    return equal(x.gradient_of(lambda y: _curved(C, u, g, y)), C @ (x - u) + g), equal(flat, g)


@page(C=matrix(), u=vector(), g=vector(), x=vector())
def gradient_for_any_matrix(C: Any, u: Any, g: Any, x: Any) -> Any:
    """A wrong twin: the same for matrices that are not symmetric."""
    return equal(x.gradient_of(lambda y: _curved(C, u, g, y)), C @ (x - u) + g)


@page(C=matrix(), u=vector(), g=vector(), x=vector())
def gradient_of_the_symmetric_part(C: Any, u: Any, g: Any, x: Any) -> Any:
    """For any matrix it is (C + C')(x-u)/2 + g."""
    return equal(x.gradient_of(lambda y: _curved(C, u, g, y)), (C + C.T) @ (x - u) / 2 + g)


enter(
    Entry(
        id="F3",
        sentence="[f(x) = 1/2 (x-1/2)'C(x-1/2) + g'x] with Hessian C and gradient [C(x-1/2) + g], where C is"
        " symmetric.",
        readings=(Reading("the gradient is C(x-u) + g, and g for C = 0", gradient_of_the_figure, "PROVED"),),
        twin=gradient_for_any_matrix,
        reason="It is the derivative of a quadratic form. Symmetry is needed: otherwise C's symmetric part takes"
        " its place.",
        corrected=(Reading("any matrix: (C+C')(x-u)/2 + g", gradient_of_the_symmetric_part, "PROVED"),),
    )
)


# F4


@page(C=symmetric(), t=scalar(1), v=vector())
def scaled_curvature_is_poorer(C: Any, t: Any, v: Any) -> Any:
    """T times the curvature, t >= 1, gives at least the error |Cv| of the gradient g without it."""
    return at_most(v.T @ C @ C @ v, v.T @ (t * C) @ (t * C) @ v)


@page(C=spd(), D=spd(), v=vector())
def ordered_curvature_is_poorer(C: Any, D: Any, v: Any) -> Any:
    """If C <= D, then |Cv| <= |Dv|."""
    assume(at_most(C, D))
    return at_most(v.T @ C @ C @ v, v.T @ D @ D @ v)


@page(C=symmetric(), D=symmetric(), v=vector())
def poorer_by_squares(C: Any, D: Any, v: Any) -> Any:
    """If C^2 <= D^2, then |Cv| <= |Dv|."""
    assume(at_most(C @ C, D @ D))
    return at_most(v.T @ C @ C @ v, v.T @ D @ D @ v, because=v.T @ (D @ D - C @ C) @ v)


@page(**COORDINATE)
def first_order_error_grows(p: Any, q: Any) -> Any:
    """In one dimension FOMAML's error p^2 (1 - p) (step size 1) grows with the curvature."""
    assume(p <= q)
    return at_most(p**2 * (1 - p), q**2 * (1 - q))


@page(**COORDINATE)
def first_order_error_grows_up_to_two_thirds(p: Any, q: Any) -> Any:
    """It does up to 2/3 of the reciprocal of the step size."""
    assume((p <= q, 3 * q <= 2))
    return at_most(p**2 * (1 - p), q**2 * (1 - q))


enter(
    Entry(
        id="F4",
        sentence="The more curvature we introduce, the poorer the first-order approximation to the gradient becomes.",
        readings=(
            Reading("C against tC, t >= 1: |Cv| <= |tCv|", scaled_curvature_is_poorer, "PROVED"),
            Reading("C <= D implies |Cv| <= |Dv|", ordered_curvature_is_poorer, "REFUTED"),
            Reading("FOMAML's error against MAML grows with the curvature", first_order_error_grows, "REFUTED"),
        ),
        twin=ordered_curvature_is_poorer,
        reason="The error of g is C(x-u), whose length follows C^2: squares of ordered matrices need not be ordered."
        " FOMAML's error aA^2(1-aA)(x-a) even vanishes again towards curvature 1/a.",
        corrected=(
            Reading("C^2 <= D^2 implies |Cv| <= |Dv|", poorer_by_squares, "PROVED"),
            Reading(
                "d = 1: FOMAML's error grows up to curvature 2/(3a)", first_order_error_grows_up_to_two_thirds, "PROVED"
            ),
        ),
    )
)
