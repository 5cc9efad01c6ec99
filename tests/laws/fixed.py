"""A few loops, algorithms and tasks of fixed shape, where shapes are compiled or derivatives are taken numerically."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np

from quadmaml import FOMAML, IMAML, MAML, Joint, MoreauEnvelope, Quadratic, Reptile, Tasks, TruncatedMAML
from quadmaml.adaptation import (
    Chebyshev,
    GradientDescent,
    GradientFlow,
    HeavyBall,
    NoAdaptation,
    PartialGradientDescent,
    PreconditionedGradientDescent,
    Proximal,
    ProximalGradientDescent,
)

Number = Callable[[Any], Any]
PRECONDITIONER = [
    [Fraction(1, 4), Fraction(1, 16), Fraction(0)],
    [Fraction(-1, 8), Fraction(1, 8), Fraction(1, 16)],
    [Fraction(0), Fraction(1, 32), Fraction(3, 16)],
]


def loops(number: Number = float, array: Number | None = None) -> dict[str, Any]:
    """Every inner loop in dimension 3, by name; ``number`` makes its parameters, ``array`` its preconditioner."""
    array = (lambda D: np.asarray(D, dtype=float)) if array is None else array
    q = [number(Fraction(k, 8)) for k in range(9)]
    vector = [Fraction(1, 4), Fraction(1, 8), Fraction(3, 16)]
    return {
        "none": NoAdaptation(),
        "gradient descent": GradientDescent(q[1], 4),
        "one step": GradientDescent(q[2], 1),
        "no steps": GradientDescent(q[2], 0),
        "schedule": GradientDescent([q[1], q[3], q[2]]),
        "heavy ball": HeavyBall(q[1], q[4], 4),
        "heavy ball schedule": HeavyBall([q[1], q[2], q[1]], q[3]),
        "diagonal preconditioner": PreconditionedGradientDescent(array(vector), 3),
        "preconditioner": PreconditionedGradientDescent(array(PRECONDITIONER), 3),
        "partial": PartialGradientDescent([True, False, True], q[2], 3),
        "partial schedule": PartialGradientDescent([False, True, True], [q[1], q[2]]),
        "flow": GradientFlow(q[6]),
        "proximal": Proximal(q[6]),
        "proximal steps": ProximalGradientDescent(q[6], q[1], 4),
        "proximal schedule": ProximalGradientDescent(q[6], [q[1], q[2]]),
        "Chebyshev": Chebyshev(q[4], number(Fraction(4)), 4),
        "Chebyshev on a point": Chebyshev(q[4], q[4], 2),
    }


def algorithms(inner: Any, number: Number = float) -> dict[str, Any]:
    """Every algorithm, by name, with that inner loop."""
    strength = number(Fraction(3, 4))
    truncated = {"truncated": TruncatedMAML(inner, min(1, inner.steps))} if hasattr(inner, "last") else {}
    return {
        "joint": Joint(),
        "MAML": MAML(inner),
        "FOMAML": FOMAML(inner),
        **truncated,
        "iMAML": IMAML(strength),
        "inexact iMAML": IMAML(strength, inner),
        "Reptile": Reptile(inner),
        "Moreau": MoreauEnvelope(strength),
    }


def hessians() -> Any:
    """Two positive definite matrices and one singular, of small dyadic entries; then three for the query."""
    raw = [
        [[8, 2, 0], [2, 4, 1], [0, 1, 6]],
        [[5, -1, 2], [-1, 3, 0], [2, 0, 7]],
        [[4, 2, 0], [2, 1, 0], [0, 0, 0]],
        [[3, 1, 1], [1, 5, 0], [1, 0, 2]],
        [[6, 0, -2], [0, 2, 1], [-2, 1, 4]],
        [[-1, 2, 0], [2, 3, 1], [0, 1, 5]],
    ]
    return np.asarray([[[Fraction(entry, 4) for entry in row] for row in matrix] for matrix in raw], dtype=object)


def linears() -> Any:
    raw = [[3, -1, 2], [1, 4, -2], [2, 1, 3], [-1, 2, 2], [0, 3, 1], [5, -2, 1]]
    return np.asarray([[Fraction(entry, 2) for entry in row] for row in raw], dtype=object)


def tasks(convert: Callable[[Any], Any], *, split: bool = True) -> Tasks:
    """Three tasks in dimension 3, the third with singular curvature and h outside its range."""
    A, h, k = hessians(), linears(), np.asarray([Fraction(n) for n in range(6)], dtype=object)
    support, query = (
        Quadratic(convert(A[part]), convert(h[part]), convert(k[part])) for part in (slice(3), slice(3, 6))
    )
    weights = convert(np.asarray([Fraction(1), Fraction(2), Fraction(5)], dtype=object))
    return Tasks(support, query if split else None, weights)


def theta() -> Any:
    return np.asarray([Fraction(1), Fraction(-2), Fraction(1, 2)], dtype=object)
