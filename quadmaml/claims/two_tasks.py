"""The setting of the sources: quadratic tasks of equal weight, adapted by gradient descent.

A and B are the curvatures, a and b the minimisers. Where A and B have a common eigenbasis every coordinate in it is a
problem of its own, in one dimension, with two eigenvalues p and q: claims about such a coordinate are about scalars.
They are in units in which the step size is 1, so that eigenvalues below its reciprocal are those in (0, 1).
"""

from __future__ import annotations

from typing import Any

from quadmaml.adaptation import GradientDescent
from quadmaml.algorithms import FOMAML, MAML
from quadmaml.quadratic import Quadratic
from quadmaml.tasks import Tasks

from .domains import scalar, spd, step_size, vector
from .statements import assume

__all__ = [
    "COORDINATE",
    "ONE",
    "TWO",
    "admissible",
    "descent",
    "fine_tuned",
    "fomaml",
    "maml",
    "pair",
    "task",
    "weight",
]

ONE: dict[str, Any] = {"A": spd(), "a": vector(), "x": vector(), "lr": step_size("A")}
TWO: dict[str, Any] = {"A": spd(), "B": spd(), "a": vector(), "b": vector(), "lr": step_size("A", "B")}
COORDINATE: dict[str, Any] = {"p": scalar(0, 1), "q": scalar(0, 1)}


def admissible(*eigenvalues: Any) -> None:
    """Assume ``0 < eigenvalue < 1``: what a step size 1 below the reciprocal of the largest one means."""
    for each in eigenvalues:
        assume((each > 0, each < 1))


def weight(A: Any, lr: Any = 1, steps: int = 1) -> Any:
    """The attenuated curvature ``A (I - lr A)^(2 steps)``."""
    return A @ (1 - lr * A) ** (2 * steps)


def descent(lr: Any = 1, steps: int = 1) -> GradientDescent:
    """So many steps of gradient descent."""
    return GradientDescent(lr, steps)


def maml(lr: Any = 1, steps: int = 1) -> MAML:
    """MAML on gradient descent."""
    return MAML(descent(lr, steps))


def fomaml(lr: Any = 1, steps: int = 1) -> FOMAML:
    """FOMAML on gradient descent."""
    return FOMAML(descent(lr, steps))


def task(A: Any, a: Any) -> Quadratic:
    """``1/2 (x-a)'A(x-a)``."""
    return Quadratic.from_minimizer(A, a)


def pair(A: Any, B: Any, a: Any, b: Any) -> Tasks:
    """Both tasks, of equal weight."""
    return Tasks.from_minimizers([A, B], [a, b])


def fine_tuned(f: Quadratic, x: Any, lr: Any = 1, steps: int = 1) -> Any:
    """The loss of a task after so many steps from x."""
    return f(descent(lr, steps).map(f)(x)) if steps else f(x)
