"""Inner loops: how a task adapts from a start theta.

Each loop is one formula, its ``residual`` p, written over ``+ - * / **`` (and ``exp``) with p(0) = 1. At an eigenvalue
it is the spectral filter, at a SymPy symbol the formula of the paper, at the affine generator of a quadratic the whole
adaptation map. To add a loop: a frozen dataclass here, its honest step in ``simulate.py``, a line in ``strategies.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from . import arrays, linalg
from .affine import Augmented
from .arrays import Array, exp
from .curvature import Dense, RingElement
from .errors import InputError, check_count, check_steps, known
from .exact import divisor, is_exact_scalar, is_integer, kind_of, to_float
from .inner_loop import GradientSteps, InnerLoop, SteppedLoop
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
class GradientDescent(GradientSteps):
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


@dataclass(frozen=True)
class HeavyBall(SteppedLoop):
    """Heavy ball ``phi_{k+1} = phi_k - lr (A phi_k - h) + momentum (phi_k - phi_{k-1})``, with ``phi_{-1} = phi_0``.

    ``p_{k+1} = (1 - lr a) p_k + momentum (p_k - p_{k-1})``, ``p_{-1} = p_0 = 1``.

    Parameters
    ----------
    lr : float or sequence of floats
        Step size > 0, or a schedule. Stable below ``a = 2 (1 + momentum) / lr``.
    momentum : float
        In [0, 1).
    steps : int, optional
        Number of steps >= 0, for a schedule its length.

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
        self._check_number("momentum", at_least=0)
        if known(lambda: self.momentum >= 1):
            raise InputError(f"momentum: got {self.momentum!r}; expected a number in [0, 1)")
        super().__post_init__()

    def residual(self, x: Any) -> Any:
        previous = p = x**0
        for lr in self.schedule:
            previous, p = p, (1 - lr * x) * p + self.momentum * (p - previous)
        return p

    def stable_below(self) -> float:
        return (1 + to_float("momentum", self.momentum)) * super().stable_below()


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
        if not (arrays.is_array(D := self.preconditioner) or isinstance(D, (RingElement, list, tuple))):
            raise InputError(f"preconditioner: got {D!r}; expected a vector, a matrix or one for each task")
        object.__setattr__(self, "steps", check_steps("steps", self.steps))

    def residual(self, x: Any) -> Any:
        return GradientDescent(1, self.steps).residual(x)

    def generator(self, quadratic: Quadratic) -> Augmented:
        return _precondition(self.preconditioner, quadratic)

    def contraction(self, quadratic: Quadratic, P: Any) -> Any:
        return self.residual(quadratic.curvature * _as_element(self.preconditioner, quadratic))

    def last(self, depth: int) -> PreconditionedGradientDescent:
        """The last ``depth`` steps as a loop of their own."""
        return replace(self, steps=depth)

    def stable_below(self) -> float:
        return 2.0


@dataclass(frozen=True)
class PartialGradientDescent(GradientSteps):
    """Gradient descent on some coordinates only, as in ANIL: ``P = (I - lr diag(mask) A)^steps``.

    Parameters
    ----------
    mask : sequence of bool, length d
        Which coordinates move.
    lr : float or sequence of floats
        Step size > 0, or a schedule.
    steps : int, optional
        Number of steps >= 0, for a schedule its length.

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
        mask = list(arrays.entries(self.mask)) if getattr(self.mask, "ndim", 0) == 1 else self.mask
        if not isinstance(mask, (list, tuple)) or not mask or not all(map(_is_boolean, mask)):
            raise InputError(f"mask: got {self.mask!r}; expected a sequence of d booleans")
        object.__setattr__(self, "mask", tuple(map(bool, mask)))
        super().__post_init__()

    def generator(self, quadratic: Quadratic) -> Augmented:
        if len(self.mask) != (d := _vectors(quadratic).shape[-1]):
            raise InputError(f"mask: has length {len(self.mask)}; expected {d}, one entry a coordinate")
        return _precondition(self._moving(), quadratic)

    def contraction(self, quadratic: Quadratic, P: Any) -> Any:
        return self.residual(quadratic.curvature * _as_element(self._moving(), quadratic))

    def _moving(self) -> list[Fraction]:
        return [Fraction(moves) for moves in self.mask]


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
        self._check_number("time", at_least=0)

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
        self._check_number("strength", above=0)

    def residual(self, x: Any) -> Any:
        return self.strength / (self.strength + x)


@dataclass(frozen=True)
class ProximalGradientDescent(SteppedLoop):
    """Gradient descent on the proximal problem: ``phi <- phi - lr (A phi - h + strength (phi - theta))``.

    ``p_{k+1} = p_k - lr (a p_k + strength (p_k - 1))``, ``p_0 = 1``.

    Parameters
    ----------
    strength : float
        Weight lambda > 0 of the distance to the start.
    lr : float or sequence of floats
        Step size > 0, or a schedule. Stable below ``a = 2 / lr - strength``.
    steps : int, optional
        Number of steps >= 0, for a schedule its length.

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
        self._check_number("strength", above=0)
        super().__post_init__()

    def residual(self, x: Any) -> Any:
        p = x**0
        for lr in self.schedule:
            p = p - lr * (x * p + self.strength * (p - 1))
        return p

    def stable_below(self) -> float:
        return super().stable_below() - to_float("strength", self.strength)


@dataclass(frozen=True)
class Chebyshev(InnerLoop):
    """The Chebyshev iteration for curvature in an interval, ``p(a) = T_K(s(a)) / T_K(s(0))``.

    ``s(a) = (largest + smallest - 2a) / (largest - smallest)``. Among polynomials of degree K with p(0) = 1 it has the
    least maximum on the interval. Evaluated by the recurrence ``p_{k+1} = w (1 - x) p_k + (1 - w) p_{k-1}`` in
    ``x = 2a / (largest + smallest)``, which stays bounded.

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
        self._check_number("smallest", above=0)
        self._check_number("largest", above=0)
        if is_exact_scalar(self.largest) and is_exact_scalar(self.smallest) and not is_integer(self.smallest):
            object.__setattr__(self, "largest", kind_of(self.smallest)(self.largest))
        if known(lambda: self.largest < self.smallest):
            raise InputError(f"largest: got {self.largest!r}; expected at least smallest = {self.smallest!r}")
        object.__setattr__(self, "steps", check_steps("steps", self.steps))

    def residual(self, x: Any) -> Any:
        total = self.largest + self.smallest
        total = arrays.scalar(total, x) if arrays.is_array(x) else divisor(total)
        x, width = (2 / total) * x, (self.largest - self.smallest) / total
        previous = p = x**0
        w: Any = 1
        for k in range(check_count("steps", self.steps)):
            w = 1 if k == 0 else 1 / (1 - width**2 / 2) if k == 1 else 1 / (1 - width**2 * w / 4)
            previous, p = p, w * ((1 - x) * p) + (1 - w) * previous
        return p

    def stable_below(self) -> float:
        return to_float("smallest", self.smallest) + to_float("largest", self.largest)


def _is_boolean(value: Any) -> bool:
    """Whether value is a boolean of Python or of an array library."""
    return isinstance(value, bool) or "bool" in str(getattr(value, "dtype", ""))


def _precondition(preconditioner: Any, quadratic: Quadratic) -> Augmented:
    """The generator ``[[DA, -Dh], [0, 0]]``."""
    D = _as_element(preconditioner, quadratic)
    return Augmented(D * quadratic.curvature, -(D @ quadratic.linear), 0)


def _vectors(quadratic: Quadratic) -> Array:
    """The linear part, or the offset of one that is an affine map."""
    return getattr(quadratic.linear, "offset", quadratic.linear)


def _as_element(preconditioner: Any, quadratic: Quadratic) -> Any:
    if isinstance(preconditioner, RingElement):
        return preconditioner
    h = _vectors(quadratic)
    _, D = arrays.coerce(linear=h, preconditioner=preconditioner)
    if D.ndim == 1:
        D = D[:, None] * linalg.eye(D.shape[0], D)
    arrays.check_square("preconditioner", D)
    arrays.check_broadcast("preconditioner", D[..., 0], h.shape, onto=True)
    return Dense(D)
