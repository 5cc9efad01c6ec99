"""The tasks of the gallery: two in the plane, and five in six dimensions."""

from __future__ import annotations

import numpy as np

from ...adaptation import GradientDescent
from ...algorithms import FOMAML, IMAML, MAML, Algorithm, Joint, Reptile
from ...arrays import Array
from ...datasets import random_tasks
from ...tasks import Tasks

__all__ = ["LR", "STEPS", "STRENGTH", "algorithms", "many_tasks", "two_tasks"]

# The largest curvature of both examples is 4: lr = 0.2 is stable, and below 1/L.
LR, STEPS = 0.2, 3
# The proximal loop that moves about as far as these steps.
STRENGTH = 1 / (LR * STEPS)


def two_tasks() -> Tasks:
    """Two tasks in the plane, steep in directions 60 degrees apart, the first steeper than the second."""
    hessians = [_turned([4.0, 0.4], 80.0), _turned([2.0, 0.4], 20.0)]
    return Tasks.from_minimizers(np.stack(hessians), [[0.0, 0.0], [2.0, 1.0]])


def _turned(eigenvalues: list[float], degrees: float) -> Array:
    turn = np.radians(degrees)
    Q = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    A = (Q * eigenvalues) @ Q.T
    return (A + A.T) / 2


def many_tasks() -> Tasks:
    """Five tasks in six dimensions, the first flat in most directions and the last steep in most."""
    shares = np.linspace(0.15, 0.85, 5)[:, None]
    spectra = 4.0 * 10.0 ** (-2 * np.linspace(0, 1, 6) ** (2 * shares))
    return random_tasks(5, spectra, seed=4)


def algorithms(lr: float = LR, steps: int = STEPS) -> dict[str, Algorithm]:
    """The algorithms of the gallery, by the names in the legends."""
    loop = GradientDescent(lr, steps)
    return {
        "joint": Joint(),
        "MAML": MAML(loop),
        "FOMAML": FOMAML(loop),
        "iMAML": IMAML(1 / (lr * steps)),
        "Reptile": Reptile(loop),
    }
