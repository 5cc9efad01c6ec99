"""Inner loops: how a task adapts from a start theta.

Each loop is one formula, its ``residual`` p, written over ``+ - * / **`` (and ``exp``) with p(0) = 1. At an eigenvalue
it is the spectral filter, at a SymPy symbol the formula of the paper, at the affine generator of a quadratic the whole
adaptation map. To add a loop: a frozen dataclass here, its honest step in ``simulate.py``, a line in ``strategies.py``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import affine, arrays, linalg
from .affine import AffineMap, Augmented
from .arrays import Array, Scalar, exp
from .curvature import Dense
from .errors import InputError, check_number, check_steps, known
from .quadratic import Quadratic

__all__ = [
    "Chebyshev",
    "GradientDescent",
    "GradientFlow",
    "HeavyBall",
    "InnerLoop",
    "NoAdaptation",
    "PartialGradientDescent",
    "PreconditionedGradientDescent",
    "Proximal",
    "ProximalGradientDescent",
]

inf = float("inf")


class InnerLoop(ABC):
    """An inner loop whose adapted point is an affine function of its start.

    Attributes
    ----------
    spectral : bool
        Whether the map's linear part is a function of the curvature alone, ``P = residual(A)``. Otherwise the residual
        is evaluated at another generator than the task's.
    """

    spectral = True

    @abstractmethod
    def residual(self, x: Any) -> Any:
        """The residual p(x), with p(0) = 1: of an eigenvalue, an array of eigenvalues, a symbol, or a ring element."""

    def generator(self, quadratic: Quadratic) -> Augmented:
        """The affine generator at which the residual gives the map."""
        return affine.generator(quadratic)

    def map(self, quadratic: Quadratic) -> AffineMap:
        """The map ``theta -> P theta + s`` from the start to the adapted point, one for each task of the batch.

        Raises
        ------
        SingularError
            If the loop's inner problem has no unique solution (proximal loops, ``A + strength I`` singular).
        """
        return self.residual(self.generator(quadratic)).as_map()

    def stable_below(self) -> float:
        """The curvature from which the loop's residual leaves [-1, 1]; infinite where there is no such bound."""
        return inf


@dataclass(frozen=True)
class NoAdaptation(InnerLoop):
    """Stay at the start: ``p = 1``.

    Examples
    --------
    >>> NoAdaptation().residual(0.3)
    1.0
    """

    def residual(self, x: Any) -> Any:
        return x**0


@dataclass(frozen=True)
class GradientDescent(InnerLoop):
    """Gradient descent ``phi <- phi - lr (A phi - h)``: ``p(a) = (1 - lr a)^steps``; a schedule multiplies its factors.

    Parameters
    ----------
    lr : float or sequence of floats
        Step size > 0, or a schedule of one for each step. Stable below ``a = 2 / lr``.
    steps : int, optional
        Number of steps >= 0; a schedule has as many as it has entries.

    Notes
    -----
    The inner loop of MAML: Finn, Abbeel, Levine (2017), equation (1).

    Examples
    --------
    >>> GradientDescent(lr=0.5, steps=2).residual(1.0)
    0.25
    >>> GradientDescent(lr=[0.5, 0.25]).residual(2.0)     # (1 - 1) (1 - 0.5)
    0.0
    """

    lr: Any
    steps: Any = None

    def __post_init__(self) -> None:
        _check_schedule(self)

    def residual(self, x: Any) -> Any:
        if not isinstance(self.lr, tuple):
            return (1 - self.lr * x) ** self.steps
        p = x**0
        for lr in self.lr:
            p = (1 - lr * x) * p
        return p

    def last(self, depth: int) -> GradientDescent:
        """The last ``depth`` steps as a loop of their own."""
        return GradientDescent(*_last(self, depth))

    def stable_below(self) -> float:
        return 2 / _largest(self.lr)


@dataclass(frozen=True)
class HeavyBall(InnerLoop):
    """Heavy ball ``phi_{k+1} = phi_k - lr (A phi_k - h) + momentum (phi_k - phi_{k-1})``, with ``phi_{-1} = phi_0``.

    ``p_{k+1} = (1 - lr a) p_k + momentum (p_k - p_{k-1})``, ``p_{-1} = p_0 = 1``.

    Parameters
    ----------
    lr : float or sequence of floats
        Step size > 0, or a schedule. Stable below ``a = 2 (1 + momentum) / lr``.
    momentum : float
        In [0, 1).
    steps : int, optional
        Number of steps >= 0.

    Notes
    -----
    Polyak (1964), Some methods of speeding up the convergence of iteration methods, equation (9).

    Examples
    --------
    >>> HeavyBall(lr=0.5, momentum=0.5, steps=2).residual(1.0)     # 0.5 * 0.5 + 0.5 * (0.5 - 1)
    0.0
    """

    lr: Any
    momentum: Any
    steps: Any = None

    def __post_init__(self) -> None:
        check_number("momentum", self.momentum, at_least=0)
        if known(lambda: self.momentum >= 1):
            raise InputError(f"momentum: got {self.momentum!r}; expected a number in [0, 1)")
        _check_schedule(self)

    def residual(self, x: Any) -> Any:
        previous = p = x**0
        for lr in _schedule(self):
            previous, p = p, (1 - lr * x) * p + self.momentum * (p - previous)
        return p

    def stable_below(self) -> float:
        return 2 * (1 + float(self.momentum)) / _largest(self.lr)


@dataclass(frozen=True, eq=False)
class PreconditionedGradientDescent(InnerLoop):
    """Preconditioned descent ``phi <- phi - D (A phi - h)``, as in Meta-SGD: ``P = (I - DA)^steps``.

    The residual ``(1 - x)^steps`` is evaluated at the generator ``[[DA, -Dh], [0, 0]]``; P need not be symmetric and
    does not commute with A.

    Parameters
    ----------
    preconditioner : array, shape (d,), (d, d) or (n, d, d)
        D, symmetric or not; a vector is a diagonal matrix. Stable while every eigenvalue of DA is below 2.
    steps : int
        Number of steps >= 0.

    Notes
    -----
    Li, Zhou, Chen, Li (2017), Meta-SGD, equation (2), with a diagonal D.

    Examples
    --------
    >>> loop = PreconditionedGradientDescent([0.5, 0.25], steps=1)
    >>> loop.map(Quadratic([[2.0, 0.0], [0.0, 2.0]], [2.0, 2.0])).linear.tolist()
    [[0.0, 0.0], [0.0, 0.5]]
    """

    preconditioner: Any
    steps: Any
    spectral = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", check_steps("steps", self.steps))

    def residual(self, x: Any) -> Any:
        return GradientDescent(1, self.steps).residual(x)

    def generator(self, quadratic: Quadratic) -> Augmented:
        return _precondition(self.preconditioner, quadratic)

    def last(self, depth: int) -> PreconditionedGradientDescent:
        """The last ``depth`` steps as a loop of their own."""
        return PreconditionedGradientDescent(self.preconditioner, depth)

    def stable_below(self) -> float:
        return 2.0


@dataclass(frozen=True)
class PartialGradientDescent(InnerLoop):
    """Gradient descent on some coordinates only, as in ANIL: ``P = (I - lr diag(mask) A)^steps``.

    Parameters
    ----------
    mask : sequence of bool, length d
        Which coordinates move.
    lr : float or sequence of floats
        Step size > 0, or a schedule.
    steps : int, optional
        Number of steps >= 0.

    Notes
    -----
    Raghu, Raghu, Bengio, Vinyals (2020), Rapid Learning or Feature Reuse?, section 4 (ANIL).

    Examples
    --------
    >>> loop = PartialGradientDescent([True, False], lr=0.5, steps=1)
    >>> loop.map(Quadratic([[2.0, 0.0], [0.0, 2.0]], [2.0, 2.0]))([3.0, 3.0]).tolist()
    [1.0, 3.0]
    """

    mask: Any
    lr: Any
    steps: Any = None
    spectral = False

    def __post_init__(self) -> None:
        mask = self.mask.tolist() if hasattr(self.mask, "tolist") else self.mask
        if not isinstance(mask, (list, tuple)) or not mask or not all(isinstance(moves, bool) for moves in mask):
            raise InputError(f"mask: got {self.mask!r}; expected a sequence of d booleans")
        object.__setattr__(self, "mask", tuple(mask))
        _check_schedule(self)

    def residual(self, x: Any) -> Any:
        return GradientDescent(self.lr, self.steps).residual(x)

    def generator(self, quadratic: Quadratic) -> Augmented:
        return _precondition([Fraction(moves) for moves in self.mask], quadratic)

    def last(self, depth: int) -> PartialGradientDescent:
        """The last ``depth`` steps as a loop of their own."""
        return PartialGradientDescent(self.mask, *_last(self, depth))

    def stable_below(self) -> float:
        return 2 / _largest(self.lr)


@dataclass(frozen=True)
class GradientFlow(InnerLoop):
    """Gradient flow ``dphi/dt = -(A phi - h)`` for a time: ``p(a) = exp(-time a)``.

    Parameters
    ----------
    time : float
        Length of the flow, >= 0.

    Notes
    -----
    The limit of gradient descent with lr = time / steps as steps grows.

    Examples
    --------
    >>> GradientFlow(time=1.0).residual(0.0)
    1.0
    """

    time: Any

    def __post_init__(self) -> None:
        check_number("time", self.time, at_least=0)

    def residual(self, x: Any) -> Any:
        return exp(-self.time * x)


@dataclass(frozen=True)
class Proximal(InnerLoop):
    """The stationary point of ``f(phi) + strength/2 |phi - theta|^2``: ``p(a) = strength / (strength + a)``.

    Parameters
    ----------
    strength : float
        Weight lambda > 0 of the distance to the start. The point is the minimiser where ``A + strength I`` is positive
        definite.

    Notes
    -----
    The inner problem of iMAML: Rajeswaran, Finn, Kakade, Levine (2019), equation (3).

    Examples
    --------
    >>> Proximal(strength=1.0).residual(3.0)
    0.25
    """

    strength: Any

    def __post_init__(self) -> None:
        check_number("strength", self.strength, above=0)

    def residual(self, x: Any) -> Any:
        return self.strength / (self.strength + x)


@dataclass(frozen=True)
class ProximalGradientDescent(InnerLoop):
    """Gradient descent on the proximal problem: ``phi <- phi - lr (A phi - h + strength (phi - theta))``.

    ``p_{k+1} = p_k - lr (a p_k + strength (p_k - 1))``, ``p_0 = 1``.

    Parameters
    ----------
    strength : float
        Weight lambda > 0 of the distance to the start.
    lr : float or sequence of floats
        Step size > 0, or a schedule. Stable below ``a = 2 / lr - strength``.
    steps : int, optional
        Number of steps >= 0.

    Notes
    -----
    The inexact inner solver of iMAML: Rajeswaran, Finn, Kakade, Levine (2019), Algorithm 2.

    Examples
    --------
    >>> ProximalGradientDescent(strength=1.0, lr=0.25, steps=2).residual(1.0)     # 1 -> 0.75 -> 0.625
    0.625
    """

    strength: Any
    lr: Any
    steps: Any = None

    def __post_init__(self) -> None:
        check_number("strength", self.strength, above=0)
        _check_schedule(self)

    def residual(self, x: Any) -> Any:
        p = x**0
        for lr in _schedule(self):
            p = p - lr * (x * p + self.strength * (p - 1))
        return p

    def stable_below(self) -> float:
        return 2 / _largest(self.lr) - float(self.strength)


@dataclass(frozen=True)
class Chebyshev(InnerLoop):
    """The Chebyshev iteration for curvature in an interval, ``p(a) = T_K(s(a)) / T_K(s(0))``.

    T_K is the Chebyshev polynomial and ``s(a) = (largest + smallest - 2a) / (largest - smallest)``. Among polynomials of
    degree K with p(0) = 1, p has the least maximum on the interval. Evaluated by the recurrence
    ``p_{k+1} = w (1 - x) p_k + (1 - w) p_{k-1}`` in ``x = 2a / (largest + smallest)``, which stays bounded.

    Parameters
    ----------
    smallest, largest : float
        The interval, 0 < smallest <= largest. The residual stays in [-1, 1] below ``a = smallest + largest``.
    steps : int
        Number of steps >= 0. As gradient steps their sizes are the reciprocals of the Chebyshev nodes.

    Notes
    -----
    Golub, Varga (1961), Chebyshev semi-iterative methods, equation (2.10) and following.

    Examples
    --------
    >>> Chebyshev(smallest=1.0, largest=3.0, steps=2).residual(2.0)     # T_2(0) / T_2(2) = -1/7
    -0.1428571428571428
    """

    smallest: Any
    largest: Any
    steps: Any

    def __post_init__(self) -> None:
        check_number("smallest", self.smallest, above=0)
        check_number("largest", self.largest, above=0)
        if known(lambda: self.largest < self.smallest):
            raise InputError(f"largest: got {self.largest!r}; expected at least smallest = {self.smallest!r}")
        object.__setattr__(self, "steps", check_steps("steps", self.steps))

    def residual(self, x: Any) -> Any:
        total = self.largest + self.smallest
        total = arrays.scalar(total, x) if arrays.is_array(x) else arrays.divisor(total)
        x, width = (2 / total) * x, (self.largest - self.smallest) / total
        previous = p = x**0
        w: Any = 1
        for k in range(self.steps):
            w = 1 if k == 0 else 1 / (1 - width**2 / 2) if k == 1 else 1 / (1 - width**2 * w / 4)
            previous, p = p, w * ((1 - x) * p) + (1 - w) * previous
        return p

    def stable_below(self) -> float:
        return float(self.smallest + self.largest)


def _check_schedule(loop: Any) -> None:
    """Check ``lr`` and ``steps`` of a stepped loop; a sequence of step sizes becomes a tuple of that length."""
    lr = loop.lr.tolist() if getattr(loop.lr, "ndim", 0) == 1 else loop.lr
    if isinstance(lr, (list, tuple)):
        lr = tuple(check_number(f"lr[{k}]", each, above=0) for k, each in enumerate(lr))
        if loop.steps is not None and check_steps("steps", loop.steps) != len(lr):
            raise InputError(f"steps: got {loop.steps}; expected {len(lr)}, the length of the schedule lr")
        object.__setattr__(loop, "lr", lr)
        object.__setattr__(loop, "steps", len(lr))
        return
    check_number("lr", lr, above=0)
    object.__setattr__(loop, "steps", check_steps("steps", loop.steps))


def _schedule(loop: Any) -> tuple[Scalar, ...]:
    """The step size of each step."""
    return loop.lr if isinstance(loop.lr, tuple) else (loop.lr,) * loop.steps


def _last(loop: Any, depth: int) -> tuple[Any, int]:
    """Step sizes and number of the last ``depth`` steps."""
    return (loop.lr[loop.steps - depth :] if isinstance(loop.lr, tuple) else loop.lr), depth


def _largest(lr: Any) -> float:
    return float(max(lr, default=0)) or inf if isinstance(lr, tuple) else float(lr)


def _precondition(preconditioner: Any, quadratic: Quadratic) -> Augmented:
    """The generator ``[[DA, -Dh], [0, 0]]``."""
    D = _as_element(preconditioner, quadratic.linear)
    return Augmented(D * quadratic.curvature, -(D @ quadratic.linear), 0)


def _as_element(preconditioner: Any, h: Array) -> Any:
    if hasattr(preconditioner, "T") and hasattr(preconditioner, "inverse"):
        return preconditioner
    _, D = arrays.coerce(linear=h, preconditioner=preconditioner)
    if D.ndim == 1:
        D = D[:, None] * linalg.eye(D.shape[0], D)
    arrays.check_square("preconditioner", D)
    arrays.check_broadcast("preconditioner", D[..., 0], h.shape)
    return Dense(D)
