"""The settings of a report, chosen from the data where they are not given, and the algorithms that they make."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..adaptation import GradientDescent, ProximalGradientDescent
from ..algorithms import FOMAML, IMAML, MAML, Algorithm, Joint, MoreauEnvelope, Reptile, TruncatedMAML
from ..analysis import largest_stable_lr
from ..errors import InputError, check_number, check_steps
from ..inner_loop import InnerLoop
from ..quadratic import Quadratic

__all__ = ["Settings", "algorithms", "choose", "named"]


@dataclass(frozen=True)
class Settings:
    """What the algorithms of a report are made from.

    Parameters
    ----------
    lr : float
        Step size of the adaptation by gradient descent.
    steps : int
        Number of its steps, K.
    depth : int
        How many of them truncated MAML back-propagates through.
    strength : float
        Weight lambda of the distance to the start, for iMAML and the Moreau envelope.
    inexact_lr, inexact_steps : float, int
        Step size and number of the steps with which iMAML solves its inner problem inexactly.
    ridge : float
        Strength of the penalty in the loss of each task.
    curve_steps : int
        Largest number of adaptation steps in the picture of losses.
    outer_steps : int
        Number of outer steps that the simulator takes for the check of the trajectory.
    """

    lr: Any
    steps: Any
    depth: Any
    strength: Any
    inexact_lr: Any
    inexact_steps: Any
    ridge: float = 0.0
    curve_steps: int = 20
    outer_steps: int = 25

    @property
    def inner(self) -> GradientDescent:
        """The adaptation after which all starts are compared."""
        return GradientDescent(self.lr, self.steps)


def choose(
    support: Quadratic,
    ridge: float = 0.0,
    lr: float | None = None,
    steps: int = 5,
    strength: float | None = None,
) -> Settings:
    """Settings for these support losses: by default ``lr = 1/(2L)`` and ``strength = 1/(lr steps)``.

    L is the largest curvature of a support loss, so that gradient descent converges on every task; and 1/(lr K) is
    the strength at which the proximal problem stays about as near to its start as K steps do.

    Raises
    ------
    InputError
        For numbers out of range, and for a step size with which the adapted points overflow.
    """
    check_steps("steps", steps, at_least=1)
    bound = largest_stable_lr(support)
    if math.isinf(bound):
        raise InputError("groups: no task has curvature; expected features that vary within a task")
    lr = check_number("lr", bound / 4 if lr is None else lr, above=0)
    inverse = 1 / (lr * steps)
    if strength is None and not 0 < inverse < math.inf:
        raise InputError(
            f"lr: got {lr:.3g} with {steps} steps, and 1/(lr steps), the strength, is no finite number > 0"
        )
    strength = check_number("strength", inverse if strength is None else strength, above=0)
    # Each step multiplies the largest deviation by |1 - lr L|; a stable step, however often it is taken, by at most 1.
    growth = abs(1 - 2 * lr / bound)
    if growth > 1 and steps * math.log10(growth) > 100:
        raise InputError(
            f"lr: got {lr:.3g} with {steps} steps, and the adapted points overflow; expected < {bound:.3g}"
        )
    return Settings(
        lr=float(lr),
        steps=steps,
        depth=(steps + 1) // 2,
        strength=float(strength),
        inexact_lr=1 / (2 * (2 / bound + strength)),
        inexact_steps=steps,
        ridge=ridge,
        curve_steps=min(2 * steps, steps + 50) if steps > 10 else 20,
    )


NAMES = {
    "joint": "Joint training",
    "maml": "MAML",
    "fomaml": "First-order MAML",
    "truncated": "Truncated MAML",
    "imaml": "iMAML",
    "reptile": "Reptile",
    "moreau": "Moreau envelope",
}


def named(name: str, settings: Settings) -> tuple[Algorithm, InnerLoop]:
    """An algorithm by its short name, and how new tasks adapt from its start: by its own loop, or by that of MAML.

    Examples
    --------
    >>> settings = Settings(0.1, 5, 3, 2.0, 0.1, 5)
    >>> named("imaml", settings)[1], named("joint", settings)[1]
    (Proximal(strength=2.0), GradientDescent(lr=0.1, steps=5))
    """
    if name.lower() not in NAMES:
        raise InputError(f"algorithm: got {name!r}; expected one of {', '.join(NAMES)}")
    algorithm = algorithms(settings)[NAMES[name.lower()]]
    return algorithm, settings.inner if isinstance(algorithm, Joint) else algorithm.loop


def algorithms(settings: Settings) -> dict[str, Algorithm]:
    """The algorithms of a report by name: with numbers they are solved, with symbols their formulas are printed."""
    inner, strength = settings.inner, settings.strength
    inexact = ProximalGradientDescent(strength, settings.inexact_lr, settings.inexact_steps)
    return {
        "Joint training": Joint(),
        "MAML": MAML(inner),
        "First-order MAML": FOMAML(inner),
        "Truncated MAML": TruncatedMAML(inner, settings.depth),
        "iMAML": IMAML(strength),
        "iMAML, inexact": IMAML(strength, inexact),
        "Reptile": Reptile(inner),
        "Moreau envelope": MoreauEnvelope(strength),
    }
