"""Meta-algorithms: which Jacobian is kept.

The meta-gradient of every algorithm here is ``g(theta) = sum_i w_i J_i' G_i(theta)``. For the pairs (inner loop,
Jacobian rule) G is the query gradient at the adapted point: Joint (none, none), MAML (inner, inner), FOMAML (inner,
none), TruncatedMAML (inner, its last steps), IMAML (inner or proximal, proximal). For Reptile (inner) and
MoreauEnvelope (proximal) it is ``theta - phi``.

A Jacobian rule is an inner loop of which only the linear part is kept. G is evaluated at a point (the meta-gradient),
along the map itself (the affine field ``M theta - v``), or on a single curvature (the weight ``W(a)``): one formula.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from . import arrays, linalg
from .adaptation import InnerLoop, NoAdaptation, Proximal
from .affine import AffineMap
from .arrays import Array
from .curvature import Diagonal
from .errors import InputError, NotAGradientError, SingularError, check_number, check_steps, known
from .field import AffineField
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["FOMAML", "IMAML", "MAML", "Algorithm", "Joint", "MoreauEnvelope", "Reptile", "TruncatedMAML"]
__all__ += ["adapted_losses"]

_STAY = NoAdaptation()


class Algorithm(ABC):
    """A meta-algorithm whose meta-gradient is an affine field ``M theta - v``."""

    @property
    @abstractmethod
    def loop(self) -> InnerLoop:
        """The inner loop that produces the adapted points."""

    @abstractmethod
    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        """The Jacobian J that is kept, given how to read the linear part of a loop; a number is a multiple of I."""

    @abstractmethod
    def _gradient(self, query: Quadratic, m: AffineMap, theta: Any) -> Any:
        """G for the adaptation map m: at the point theta, or as an affine map where theta is None."""

    def _factors(self, tasks: Tasks, theta: Any) -> tuple[Any, Any]:
        m = self.loop.map(tasks.support)
        J = self._kept(lambda rule: m.operator if rule is self.loop else rule.map(tasks.support).operator)
        return J, self._gradient(tasks.query, m, theta)

    def field(self, tasks: Tasks) -> AffineField:
        """The meta-gradient as a field: ``M = sum w J'A P`` and ``v = sum w J'(h - A s)`` for the pairs.

        Its matrix M has shape ``(d, d)``, its rhs v ``(d,)``.
        """
        J, G = self._factors(tasks, None)
        return AffineField(_reduced(tasks, J, G.operator), -_reduced(tasks, J, G.offset))

    def meta_gradient(self, tasks: Tasks, theta: Any) -> Array:
        """The meta-gradient ``sum_i w_i J_i' G_i`` at theta, shape ``(d,)``."""
        _, theta = arrays.coerce(linear=tasks.support.linear, theta=theta)
        arrays.check_shape("theta", theta, (tasks.dim,))
        return _reduced(tasks, *self._factors(tasks, theta))

    def fixed_point(self, tasks: Tasks) -> Array:
        """The point theta where the meta-gradient vanishes, shape ``(d,)``.

        Raises
        ------
        SingularError
            If no single point does; the message says why each lost direction is lost.
        """
        field = self.field(tasks)
        try:
            return field.zero()
        except SingularError as error:
            why = _why_lost(self.loop, tasks, error.nullspace)
            raise SingularError(f"{error}. {why}", error.rank, error.nullspace) from None

    def objective(self, tasks: Tasks) -> Quadratic:
        """The potential of the field, 0 at theta = 0; NotAGradientError if it is the gradient of no function."""
        return self.field(tasks).potential()

    def jacobians(self, tasks: Tasks) -> Array:
        """The Jacobians ``J_i`` that the algorithm keeps, shape ``(n, d, d)``; NotAGradientError if it keeps none."""
        raise NotAGradientError(f"jacobians: {type(self).__name__} keeps no Jacobian; its field is theta - phi")

    def weight(self, a: Any) -> Any:
        """The curvature weight W(a) when query = support: the fixed point is ``(sum w W(A))^-1 sum w W(A) c``.

        a is a float, an array, a Fraction or a SymPy expression: eigenvalues; the result has the same shape and kind.
        InputError if the inner loop is not a function of the curvature alone.
        """
        if not self.loop.spectral:
            raise InputError(
                f"weight: {type(self.loop).__name__} is not a function of the curvature alone; expected a spectral loop"
            )
        curvature = Diagonal(a)
        m = AffineMap(self.loop.residual(curvature), 0 * a)
        J = self._kept(lambda rule: rule.residual(curvature))
        return (J * self._gradient(Quadratic(curvature, 0 * a, 0), m, None).operator).entries


class _Pair(Algorithm):
    """An algorithm that is a pair of inner loops: one adapts, of the other the Jacobian is kept."""

    @property
    @abstractmethod
    def rule(self) -> InnerLoop:
        """The inner loop whose Jacobian is kept."""

    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        return 1 if self.rule is _STAY else linear_part(self.rule)

    def _gradient(self, query: Quadratic, m: AffineMap, theta: Any) -> Any:
        return query.gradient(m if theta is None else m(theta))

    def jacobians(self, tasks: Tasks) -> Array:
        """The Jacobians ``J_i`` that the algorithm keeps, shape ``(n, d, d)``."""
        return self.rule.map(tasks.support).linear

    def objective(self, tasks: Tasks) -> Quadratic:
        """The meta-loss ``sum_i w_i f_i^query(m_i(theta))`` if the Jacobian kept is the loop's own, else the potential.

        The first for joint training, MAML and exact iMAML; the second, 0 at theta = 0, raises NotAGradientError where
        the field is the gradient of no function.
        """
        if self.rule is self.loop:
            return tasks.query.compose(self.loop.map(tasks.support)).mean(tasks.weights)
        return super().objective(tasks)


@dataclass(frozen=True)
class _Adapting(Algorithm):
    """An algorithm with one inner loop of the user's choice."""

    inner: InnerLoop

    def __post_init__(self) -> None:
        _check_loop(self.inner)

    @property
    def loop(self) -> InnerLoop:
        return self.inner


@dataclass(frozen=True)
class Joint(_Pair):
    """Joint training, without adaptation: ``W(a) = a``. Also called ERM, or a non-adaptive loss.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> Joint().fixed_point(tasks).tolist()
    [3.0]
    """

    @property
    def loop(self) -> InnerLoop:
        return _STAY

    rule = loop


@dataclass(frozen=True)
class MAML(_Adapting, _Pair):
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
class FOMAML(_Adapting, _Pair):
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

    @property
    def rule(self) -> InnerLoop:
        return _STAY


@dataclass(frozen=True)
class TruncatedMAML(_Adapting, _Pair):
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

    def __post_init__(self) -> None:
        steps = getattr(self.inner, "steps", None)
        if not hasattr(_check_loop(self.inner), "last"):
            raise InputError(f"inner: got {type(self.inner).__name__}; expected a stepped loop without memory")
        object.__setattr__(self, "depth", check_steps("depth", self.depth))
        if known(lambda: self.depth > steps):
            raise InputError(f"depth: got {self.depth}; expected at most the {steps} steps of the inner loop")

    @property
    def rule(self) -> InnerLoop:
        steps: Any = self.inner
        return _check_loop(steps.last(self.depth))


@dataclass(frozen=True)
class IMAML(_Pair):
    """Implicit MAML: the Jacobian ``(I + A/strength)^-1`` of the exact proximal problem.

    Parameters
    ----------
    strength : float
        Weight lambda > 0 of the distance to the start. Exact: ``W(a) = a lambda^2 / (lambda + a)^2``.
    inner : InnerLoop, optional
        An inexact solver of the proximal problem, such as ``ProximalGradientDescent(strength, lr, steps)``. The field
        is then affine still, but in general not the gradient of its own meta-loss.

    Notes
    -----
    Rajeswaran, Finn, Kakade, Levine (2019), Meta-Learning with Implicit Gradients, equation (6) and Algorithm 2.

    Examples
    --------
    >>> IMAML(strength=1.0).weight(1.0)
    0.25
    """

    strength: Any
    inner: InnerLoop | None = None

    def __post_init__(self) -> None:
        check_number("strength", self.strength, above=0)
        if self.inner is not None:
            _check_loop(self.inner)

    @property
    def loop(self) -> InnerLoop:
        return self.rule if self.inner is None else self.inner

    @cached_property
    def rule(self) -> InnerLoop:
        return Proximal(self.strength)


@dataclass(frozen=True)
class Reptile(_Adapting):
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

    def _gradient(self, query: Quadratic, m: AffineMap, theta: Any) -> Any:
        return 1 - m if theta is None else theta - m(theta)


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
        check_number("strength", self.strength, above=0)

    @property
    def loop(self) -> InnerLoop:
        return Proximal(self.strength)

    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        return self.strength

    _gradient = Reptile._gradient


def adapted_losses(tasks: Tasks, theta: Any, inner: InnerLoop) -> Array:
    """The query loss of each task after adapting from theta: ``f_i^query(m_i(theta))``, shape ``(n,)``.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> from quadmaml import GradientDescent
    >>> adapted_losses(tasks, [2.0], GradientDescent(lr=0.5, steps=1)).tolist()
    [0.5, 1.5]
    """
    _, theta = arrays.coerce(linear=tasks.support.linear, theta=theta)
    return tasks.query(_check_loop(inner).map(tasks.support)(theta))


def _check_loop(inner: Any) -> InnerLoop:
    if not isinstance(inner, InnerLoop):
        raise InputError(f"inner: got {inner!r}; expected an inner loop such as GradientDescent(lr=0.1, steps=5)")
    return inner


def _reduced(tasks: Tasks, J: Any, G: Any) -> Any:
    """``sum_i w_i J_i' G_i`` for vectors or matrices G; a number J stands for that multiple of the identity."""
    if hasattr(J, "weighted_adjoint"):
        return J.weighted_adjoint(tasks.weights, G)
    if hasattr(G, "weighted_sum"):
        return J * G.weighted_sum(tasks.weights)
    return arrays.scalar(J, G) * linalg.weighted_sum(tasks.weights, G)


def _why_lost(inner: InnerLoop, tasks: Tasks, directions: Array) -> str:
    """Why tasks inform no component along the columns of ``directions``."""
    for matrices, why in (
        (tasks.query.hessian, "Along them no task has curvature"),
        (inner.map(tasks.support).linear, "Along them the adaptation alone solves every task, whatever its start"),
    ):
        if directions is not None and arrays.norm(matrices @ directions) <= arrays.roundoff(matrices) * arrays.norm(
            matrices
        ):
            return why
    return "Along them the contributions of the tasks vanish or cancel"
