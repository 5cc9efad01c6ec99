"""The meta-algorithms: a table of pairs (inner loop, Jacobian rule), and the two that keep no Jacobian.

For the pairs G is the query gradient at the adapted point: Joint (none, none), MAML (inner, inner), FOMAML (inner,
none), TruncatedMAML (inner, its last steps), IMAML (inner or proximal, proximal). For Reptile (inner) and
MoreauEnvelope (proximal) it is ``theta - phi``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import arrays
from .adaptation import Proximal
from .affine import AffineMap
from .arrays import Array
from .curvature import Diagonal
from .errors import InputError, check_number, check_steps, known
from .inner_loop import InnerLoop
from .meta_algorithm import STAY, Adapting, Algorithm, Pair, check_loop, check_tasks, gradient
from .quadratic import Quadratic
from .solvers import Solver, implicit_system
from .tasks import Tasks

__all__ = ["FOMAML", "IMAML", "MAML", "Algorithm", "Joint", "MoreauEnvelope", "Reptile", "TruncatedMAML"]
__all__ += ["adapted_losses"]


@dataclass(frozen=True)
class Joint(Pair):
    """Joint training, without adaptation: ``W(a) = a``. Also called ERM, or a non-adaptive loss.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> Joint().fixed_point(tasks).tolist()
    [3.0]
    """

    @property
    def loop(self) -> InnerLoop:
        return STAY

    rule = loop


@dataclass(frozen=True)
class MAML(Adapting, Pair):
    """MAML: back-propagation through the whole inner loop. ``W(a) = a p(a)^2``.

    Parameters
    ----------
    inner : InnerLoop
        How a task adapts.

    Notes
    -----
    Finn, Abbeel, Levine (2017), Model-Agnostic Meta-Learning, equation (1) and Algorithm 1.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> MAML(GradientDescent(lr=0.5, steps=1)).weight(1.0)
    0.25
    """

    @property
    def rule(self) -> InnerLoop:
        return self.inner


@dataclass(frozen=True)
class FOMAML(Adapting, Pair):
    """First-order MAML: the Jacobian of the inner loop is taken to be I. ``W(a) = a p(a)``.

    Parameters
    ----------
    inner : InnerLoop
        How a task adapts.

    Notes
    -----
    Finn, Abbeel, Levine (2017), section 5.2; Nichol, Achiam, Schulman (2018), section 2.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> FOMAML(GradientDescent(lr=0.5, steps=1)).weight(1.0)
    0.5
    """

    descends_own_loss = False

    @property
    def rule(self) -> InnerLoop:
        return STAY


@dataclass(frozen=True)
class TruncatedMAML(Adapting, Pair):
    """MAML with back-propagation through the last ``depth`` of the K steps. ``W(a) = a (1 - lr a)^(K + depth)``.

    Parameters
    ----------
    inner : GradientDescent, PreconditionedGradientDescent or PartialGradientDescent
        A stepped loop without memory: with memory it is ambiguous what is detached.
    depth : int
        0 (FOMAML) to ``inner.steps`` (MAML).

    Notes
    -----
    Shaban, Cheng, Hatch, Boots (2019), Truncated back-propagation for bilevel optimization, equation (5).

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> TruncatedMAML(GradientDescent(lr=0.5, steps=3), depth=1).weight(1.0)
    0.0625
    """

    depth: Any
    descends_own_loss = False

    def __post_init__(self) -> None:
        steps = getattr(self.inner, "steps", None)
        if not hasattr(check_loop(self.inner), "last"):
            raise InputError(f"inner: got {type(self.inner).__name__}; expected a stepped loop without memory")
        object.__setattr__(self, "depth", check_steps("depth", self.depth))
        if known(lambda: self.depth > steps):
            raise InputError(f"depth: got {self.depth}; expected at most the {steps} steps of the inner loop")

    @property
    def rule(self) -> InnerLoop:
        steps: Any = self.inner
        return check_loop(steps.last(self.depth))


@dataclass(frozen=True)
class IMAML(Pair):
    """Implicit MAML: the Jacobian ``(I + A/strength)^-1`` of the exact proximal problem.

    Parameters
    ----------
    strength : float
        Weight lambda > 0 of the distance to the start. Exact: ``W(a) = a lambda^2 / (lambda + a)^2``.
    inner : InnerLoop, optional
        An inexact solver of the proximal problem, such as ``ProximalGradientDescent(strength, lr, steps)``. The field
        is then affine still, but in general not the gradient of its own meta-loss.
    solver : Solver, optional
        Applies the Jacobian to the query gradients inexactly, from 0: ``Neumann(steps)``, a polynomial in A, or
        ``ConjugateGradients(steps)``. The latter is not linear in the gradient: there is a meta-gradient, but no affine
        field. By default the Jacobian is exact.

    Notes
    -----
    Rajeswaran, Finn, Kakade, Levine (2019), Meta-Learning with Implicit Gradients, equation (6) and Algorithm 2; for
    the solver section 3.1.

    Examples
    --------
    >>> IMAML(strength=1.0).weight(1.0)
    0.25
    >>> from quadmaml.solvers import Neumann
    >>> IMAML(strength=1.0, solver=Neumann(steps=2)).weight(0.5)     # (1 - 0.5) 0.5 / (1 + 0.5)
    0.16666666666666666
    """

    strength: Any
    inner: InnerLoop | None = None
    solver: Solver | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "strength", check_number("strength", self.strength, above=0))
        if self.inner is not None:
            check_loop(self.inner)
        if self.solver is not None and not isinstance(self.solver, Solver):
            raise InputError(f"solver: got {self.solver!r}; expected a solver such as ConjugateGradients(steps=5)")

    @property
    def loop(self) -> InnerLoop:
        return self.rule if self.inner is None else self.inner

    @cached_property
    def rule(self) -> InnerLoop:
        return Proximal(self.strength)

    @property
    def keeps_own_jacobian(self) -> bool:
        return self.solver is None and super().keeps_own_jacobian

    def _factors(self, tasks: Tasks, theta: Any) -> tuple[Any, Any, AffineMap]:
        if self.solver is None:
            return super()._factors(tasks, theta)
        m = self.loop.map(check_tasks(tasks).support)
        G, B = self._gradient(tasks, m, theta), self._system(tasks.support.curvature, tasks.support.linear)
        return (self.solver.inverse(B), G, m) if theta is None else (1, self.solver.solve(B, G).value, m)

    def _system(self, curvature: Any, like: Any) -> Any:
        return implicit_system(curvature, arrays.scalar(self.strength, like, "strength"))

    def _weight(self, curvature: Diagonal) -> Diagonal:
        if self.solver is None:
            return super()._weight(curvature)
        J = self.solver.inverse(self._system(curvature, curvature.entries))
        weight: Diagonal = J * curvature * self.loop.residual(curvature)
        return weight

    def jacobians(self, tasks: Tasks) -> Array:
        """The Jacobians ``J_i`` that the algorithm keeps, shape ``(n, d, d)``; InputError with conjugate gradients."""
        if self.solver is None:
            return super().jacobians(tasks)
        support = check_tasks(tasks).support
        J: Array = self.solver.inverse(self._system(support.curvature, support.linear)).dense()
        return J


@dataclass(frozen=True)
class Reptile(Adapting):
    """Reptile, and FedAvg: the field ``sum_i w_i (theta - phi_i)``. ``W(a) = 1 - p(a)``.

    Parameters
    ----------
    inner : InnerLoop
        How a task adapts.

    Notes
    -----
    Nichol, Achiam, Schulman (2018), On First-Order Meta-Learning Algorithms, Algorithm 2 (batch version).

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> Reptile(GradientDescent(lr=0.5, steps=2)).weight(1.0)
    0.75
    """

    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        return 1

    def _gradient(self, tasks: Tasks, m: AffineMap, theta: Any) -> Any:
        return -self.loop.displacement(tasks.support, gradient(tasks.support, theta))

    def _weight(self, curvature: Diagonal) -> Diagonal:
        weight: Diagonal = self._kept(lambda rule: rule) * complement(self.loop, curvature)
        return weight

    def _is_gradient(self, tasks: Tasks) -> bool:
        return self.loop.spectral


@dataclass(frozen=True)
class MoreauEnvelope(Algorithm):
    """The Moreau envelope, and Meta-MinibatchProx: the field ``lambda sum_i w_i (theta - phi_i)``.

    ``W(a) = a lambda / (lambda + a)``: lambda times Reptile on the exact proximal loop.

    Parameters
    ----------
    strength : float
        Weight lambda > 0 of the distance to the start.

    Notes
    -----
    Zhou, Yuan, Xu, Yan, Feng (2019), Efficient Meta Learning via Minibatch Proximal Update, equation (2).

    Examples
    --------
    >>> MoreauEnvelope(strength=1.0).weight(1.0)
    0.5
    """

    strength: Any

    def __post_init__(self) -> None:
        object.__setattr__(self, "strength", check_number("strength", self.strength, above=0))

    @property
    def loop(self) -> InnerLoop:
        return Proximal(self.strength)

    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        return self.strength

    _gradient = Reptile._gradient
    _weight = Reptile._weight
    _is_gradient = Reptile._is_gradient


def complement(loop: InnerLoop, curvature: Diagonal) -> Diagonal:
    """``1 - p(a)``; for floats the displacement from 1 on curvature a, in which nothing cancels."""
    a = curvature.entries
    if isinstance(a, float) or (arrays.is_array(a) and not arrays.is_exact(a)):
        return Diagonal(-loop.displacement(Quadratic(curvature, a), a))
    p: Diagonal = loop.residual(curvature)
    return 1 - p


def adapted_losses(tasks: Tasks, theta: Any, inner: InnerLoop) -> Array:
    """The query loss of each task after adapting from theta: ``f_i^query(m_i(theta))``, shape ``(n,)``.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> from quadmaml import GradientDescent
    >>> adapted_losses(tasks, [2.0], GradientDescent(lr=0.5, steps=1)).tolist()
    [0.5, 1.5]
    """
    theta = arrays.point("theta", theta, check_tasks(tasks).support.linear)
    with arrays.quiet():
        losses = tasks.query(check_loop(inner).map(tasks.support)(theta))
    inner.check_overflow(losses)
    return losses
