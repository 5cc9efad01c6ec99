"""What a meta-algorithm is: the meta-gradient ``g(theta) = sum_i w_i J_i' G_i(theta)``, with J the Jacobian kept.

A Jacobian rule is an inner loop of which only the linear part is kept. G is evaluated at a point (the meta-gradient),
along the map itself (the affine field ``M theta - v``), or on a single curvature (the weight ``W(a)``): one formula.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .adaptation import NoAdaptation
from .affine import AffineMap
from .arrays import Array
from .curvature import Diagonal
from .errors import InputError, NotAGradientError, SingularError
from .field import AffineField
from .inner_loop import InnerLoop
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["Adapting", "Algorithm", "Pair"]

STAY = NoAdaptation()


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
    def _gradient(self, query: Quadratic, m: AffineMap, theta: Any, *, contracts: bool = False) -> Any:
        """G for the adaptation map m: at the point theta, or as an affine map where theta is None.

        ``contracts`` says that the query is the support of a spectral loop, whose P commutes with A.
        """

    def _terms_size(self, query: Quadratic, m: AffineMap) -> float:
        """Size of the products that G is made of, which may cancel in G itself."""
        return size(query.curvature) * size(m.operator)

    def _factors(self, tasks: Tasks, theta: Any) -> tuple[Any, Any, AffineMap]:
        m = self.loop.map(check_tasks(tasks).support)
        J = self._kept(lambda rule: m.operator if rule is self.loop else rule.map(tasks.support).operator)
        contracts = tasks.query is tasks.support and self.loop.spectral
        return J, self._gradient(tasks.query, m, theta, contracts=contracts), m

    def field(self, tasks: Tasks) -> AffineField:
        """The meta-gradient as a field: ``M = sum w J'A P`` and ``v = sum w J'(h - A s)`` for the pairs.

        Its matrix M has shape ``(d, d)``, its rhs v ``(d,)``.
        """
        J, G, m = self._factors(tasks, None)
        rounded = not (arrays.is_exact(G.offset) or arrays.is_traced(G.offset))
        scale = size(J) * self._terms_size(tasks.query, m) if rounded else 0.0
        return AffineField(_reduced(tasks, J, G.operator), -_reduced(tasks, J, G.offset), scale)

    def meta_gradient(self, tasks: Tasks, theta: Any) -> Array:
        """The meta-gradient ``sum_i w_i J_i' G_i`` at theta, shape ``(d,)``."""
        _, theta = arrays.coerce(linear=check_tasks(tasks).support.linear, theta=theta)
        arrays.check_shape("theta", theta, (tasks.dim,))
        J, G, _ = self._factors(tasks, theta)
        return _reduced(tasks, J, G)

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
        if isinstance(a, (str, bytes, list, tuple, type(None))):
            raise InputError(f"a: got {a!r}; expected a number, a symbol or an array of eigenvalues")
        if not self.loop.spectral:
            raise InputError(
                f"weight: {type(self.loop).__name__} is not a function of the curvature alone; expected a spectral loop"
            )
        curvature = Diagonal(a)
        m = AffineMap(self.loop.residual(curvature), 0 * a)
        J = self._kept(lambda rule: rule.residual(curvature))
        return (J * self._gradient(Quadratic(curvature, 0 * a, 0), m, None).operator).entries


class Pair(Algorithm):
    """An algorithm that is a pair of inner loops: one adapts, of the other the Jacobian is kept."""

    @property
    @abstractmethod
    def rule(self) -> InnerLoop:
        """The inner loop whose Jacobian is kept."""

    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        return 1 if self.rule is STAY else linear_part(self.rule)

    def _gradient(self, query: Quadratic, m: AffineMap, theta: Any, *, contracts: bool = False) -> Any:
        if not contracts:
            return query.gradient(m if theta is None else m(theta))
        # P (Ax - h) is the gradient at m(x) without the difference A s - h, which cancels where adaptation converges.
        start = AffineMap(query.curvature, -query.linear) if theta is None else query.gradient(theta)
        return m.operator @ start

    def jacobians(self, tasks: Tasks) -> Array:
        """The Jacobians ``J_i`` that the algorithm keeps, shape ``(n, d, d)``."""
        return self.rule.map(check_tasks(tasks).support).linear

    def objective(self, tasks: Tasks) -> Quadratic:
        """The meta-loss ``sum_i w_i f_i^query(m_i(theta))`` if the Jacobian kept is the loop's own, else the potential.

        The first for joint training, MAML and exact iMAML; the second, 0 at theta = 0, raises NotAGradientError where
        the field is the gradient of no function.
        """
        if self.rule is self.loop:
            loss = check_tasks(tasks).query.compose(self.loop.map(tasks.support)).mean(tasks.weights)
            if tasks.query is tasks.support and self.loop.spectral:
                return Quadratic(loss.curvature, self.field(tasks).rhs, loss.constant)
            return loss
        return super().objective(tasks)


@dataclass(frozen=True)
class Adapting(Algorithm):
    """An algorithm with one inner loop of the user's choice."""

    inner: InnerLoop

    def __post_init__(self) -> None:
        check_loop(self.inner)

    @property
    def loop(self) -> InnerLoop:
        return self.inner


def check_tasks(tasks: Any) -> Tasks:
    """Return ``tasks`` if they are Tasks, else raise :class:`InputError`."""
    if not isinstance(tasks, Tasks):
        raise InputError(f"tasks: got {type(tasks).__name__}; expected Tasks")
    return tasks


def check_loop(inner: Any) -> InnerLoop:
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


def size(factor: Any) -> float:
    """The largest entry in magnitude of a matrix; a number stands for that multiple of the identity."""
    return arrays.norm(factor.dense()) if hasattr(factor, "dense") else abs(float(arrays.detached(factor)))


def _why_lost(inner: InnerLoop, tasks: Tasks, directions: Array) -> str:
    """Why tasks inform no component along the columns of ``directions``."""

    def vanish(matrices: Array) -> bool:
        return arrays.norm(matrices @ directions) <= arrays.roundoff(matrices) * arrays.norm(matrices)

    if directions is None:
        return "It is singular only by rounding errors"
    if vanish(tasks.query.hessian):
        return "Along them no task has curvature"
    if vanish(inner.map(tasks.support).linear):
        return "Along them the adaptation alone solves every task, whatever its start"
    return "Along them the contributions of the tasks vanish or cancel"
