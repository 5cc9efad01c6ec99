"""What a meta-algorithm is: the meta-gradient ``g(theta) = sum_i w_i J_i' G_i(theta)``, with J the Jacobian kept.

A Jacobian rule is an inner loop of which only the linear part is kept. G is evaluated at a point (the meta-gradient),
along the map itself (the affine field ``M theta - v``), or on a single curvature (the weight ``W(a)``): one formula.
"""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any

from . import arrays, linalg
from .adaptation import NoAdaptation
from .affine import AffineMap
from .arrays import Array
from .curvature import Dense, Diagonal
from .errors import IllConditionedWarning, InputError, NotAGradientError, SingularError, check_number, known
from .exact import is_exact_scalar, is_integer, is_zero, to_float
from .field import AffineField
from .inner_loop import InnerLoop
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = ["Adapting", "Algorithm", "Pair"]

STAY = NoAdaptation()


class Algorithm(ABC):
    """A meta-algorithm; its meta-gradient is an affine field ``M theta - v``, unless iMAML uses conjugate gradients."""

    @property
    @abstractmethod
    def loop(self) -> InnerLoop:
        """The inner loop that produces the adapted points."""

    @abstractmethod
    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        """The Jacobian J that is kept, given how to read the linear part of a loop; a number is a multiple of I."""

    @abstractmethod
    def _gradient(self, tasks: Tasks, m: AffineMap, theta: Any) -> Any:
        """G for the adaptation map m: at the point theta, or as an affine map where theta is None."""

    @abstractmethod
    def _weight(self, curvature: Diagonal) -> Diagonal:
        """The weight W of one curvature."""

    @abstractmethod
    def _is_gradient(self, tasks: Tasks) -> bool:
        """Whether M is known to be symmetric, rounding errors aside."""

    def _factors(self, tasks: Tasks, theta: Any) -> tuple[Any, Any, AffineMap]:
        m = self.loop.map(check_tasks(tasks).support)
        J = self._kept(lambda rule: m.operator if same(rule, self.loop) else rule.map(tasks.support).operator)
        return J, self._gradient(tasks, m, theta), m

    def field(self, tasks: Tasks) -> AffineField:
        """The meta-gradient as a field: ``M = sum w J'A P`` and ``v = sum w J'(h - A s)`` for the pairs.

        Its matrix M has shape ``(d, d)``, its rhs v ``(d,)``. Where M is symmetric in exact arithmetic (MAML, exact
        iMAML, joint training and the Moreau envelope always, every algorithm with query = support and a spectral loop)
        its rounding errors are made symmetric, too.
        """
        with arrays.quiet():
            return self._field(tasks, *self._factors(tasks, None))

    def _field(self, tasks: Tasks, J: Any, G: AffineMap, m: AffineMap) -> AffineField:
        M, v = _reduced(tasks, J, G.operator), -_reduced(tasks, J, G.offset)
        if not arrays.is_floating(v):
            return AffineField(M, v)
        self.loop.check_overflow(M, v)
        if self._is_gradient(tasks):
            return AffineField((M + M.T) / 2, v)
        terms = sizes(J, M) * (sizes(G.operator, M) + sizes(tasks.query.curvature, M) * sizes(m.operator, M))
        scale = float(linalg.dot(arrays.detached(tasks.weights), terms))
        self.loop.check_overflow(scale)
        return AffineField(M, v, scale)

    def meta_gradient(self, tasks: Tasks, theta: Any) -> Array:
        """The meta-gradient ``sum_i w_i J_i' G_i`` at theta, shape ``(d,)``."""
        if arrays.is_array(check_tasks(tasks).support.linear):
            _, theta = arrays.coerce(linear=tasks.support.linear, theta=theta)
            arrays.check_shape("theta", theta, (tasks.dim,))
        with arrays.quiet():
            J, G, _ = self._factors(tasks, theta)
            g = _reduced(tasks, J, G)
        self.loop.check_overflow(g)
        return g

    def fixed_point(self, tasks: Tasks) -> Array:
        """The point theta where the meta-gradient vanishes, shape ``(d,)``.

        Raises
        ------
        SingularError
            If no single point does; the message says why each lost direction is lost.
        ConvergenceError
            If the adaptation diverges beyond the range of floats, as in every method that adapts.

        Warns
        -----
        IllConditionedWarning
            If the condition number of M exceeds 1e12; or if, with a split, adaptation from any start ends so nearly at
            the same point that v is known to few digits.
        """
        with arrays.quiet():
            J, G, m = self._factors(tasks, None)
            field = self._field(tasks, J, G, m)
        try:
            theta = field.zero()
        except SingularError as error:
            if not arrays.is_array(field.rhs):
                raise
            why = _why_lost(self.loop, tasks, error.nullspace)
            raise SingularError(f"{error}. {why}", error.rank, error.nullspace) from None
        if arrays.is_floating(theta) and tasks.query is not tasks.support:
            with arrays.quiet():
                _warn_if_cancelled(tasks, J, m, field, theta)
        return theta

    def objective(self, tasks: Tasks) -> Quadratic:
        """The potential of the field, 0 at theta = 0; NotAGradientError if it is the gradient of no function."""
        return self.field(tasks).potential()

    def jacobians(self, tasks: Tasks) -> Array:
        """The Jacobians ``J_i`` that the algorithm keeps, shape ``(n, d, d)``; NotAGradientError if it keeps none."""
        raise NotAGradientError(f"jacobians: {type(self).__name__} keeps no Jacobian; its field is theta - phi")

    def weight(self, a: Any) -> Any:
        """The curvature weight W(a) when query = support: the fixed point is ``(sum w W(A))^-1 sum w W(A) c``.

        Parameters
        ----------
        a : float, array, Fraction, flint.fmpq or SymPy expression
            Eigenvalues; the weights have the same shape and kind. An integer is exact, or beside floats a float.

        Raises
        ------
        InputError
            If the inner loop is not a function of the curvature alone, or its parameters are floats beside an exact a.
        SingularError
            At a pole, such as ``a = -strength``.
        ConvergenceError
            If the weight leaves the range of floats.
        """
        if not self.loop.spectral:
            raise InputError(
                f"weight: {type(self.loop).__name__} is not a function of the curvature alone; expected a spectral loop"
            )
        a = _eigenvalues(a, self.loop)
        with arrays.quiet():
            try:
                weights = self._weight(Diagonal(a)).entries
            except OverflowError:
                weights = math.inf
        self.loop.check_overflow(weights)
        return weights


class Pair(Algorithm):
    """An algorithm that is a pair of inner loops: one adapts, of the other the Jacobian is kept."""

    descends_own_loss = True

    @property
    @abstractmethod
    def rule(self) -> InnerLoop:
        """The inner loop whose Jacobian is kept."""

    @property
    def keeps_own_jacobian(self) -> bool:
        """Whether the Jacobian kept is that of the loop that adapts, so that a loss is differentiated exactly."""
        return same(self.rule, self.loop)

    def _kept(self, linear_part: Callable[[InnerLoop], Any]) -> Any:
        return 1 if same(self.rule, STAY) else linear_part(self.rule)

    def _gradient(self, tasks: Tasks, m: AffineMap, theta: Any) -> Any:
        if tasks.query is not tasks.support:
            return tasks.query.gradient(m if theta is None else m(theta))
        # C (Ax - h) is the gradient at m(x) without the difference A s - h, which cancels where adaptation converges.
        return self.loop.contraction(tasks.support, m.operator) @ gradient(tasks.support, theta)

    def _weight(self, curvature: Diagonal) -> Diagonal:
        J = self._kept(lambda rule: rule.residual(curvature))
        weight: Diagonal = J * curvature * self.loop.residual(curvature)
        return weight

    def _is_gradient(self, tasks: Tasks) -> bool:
        return self.keeps_own_jacobian or (tasks.query is tasks.support and self.loop.spectral)

    def jacobians(self, tasks: Tasks) -> Array:
        """The Jacobians ``J_i`` that the algorithm keeps, shape ``(n, d, d)``."""
        return self.rule.map(check_tasks(tasks).support).linear

    def objective(self, tasks: Tasks) -> Quadratic:
        """The meta-loss ``sum_i w_i f_i^query(m_i(theta))`` for joint training, MAML and exact iMAML.

        Else the potential, 0 at theta = 0; NotAGradientError where the field is the gradient of no function.
        """
        if not self.descends_own_loss or not self.keeps_own_jacobian:
            return super().objective(tasks)
        with arrays.quiet():
            losses = check_tasks(tasks).query.compose(self.loop.map(tasks.support))
        self.loop.check_overflow(losses.curvature, losses.linear, losses.constant)
        loss = losses.mean(tasks.weights)
        # The field's right-hand side is the same number without the cancellation that _gradient avoids.
        return loss if tasks.query is not tasks.support else replaced(loss, self.field(tasks).rhs)


@dataclass(frozen=True)
class Adapting(Algorithm):
    """An algorithm with one inner loop of the user's choice."""

    inner: InnerLoop

    def __post_init__(self) -> None:
        check_loop(self.inner)

    @property
    def loop(self) -> InnerLoop:
        return self.inner


def _eigenvalues(a: Any, loop: InnerLoop) -> Any:
    """The argument of a weight, of a kind that the parameters of the loop can be combined with."""
    if arrays.is_array(a) or isinstance(a, (list, tuple)):
        (a,) = arrays.coerce(a=a)
    else:
        a = check_number("a", a)
    if is_integer(a):
        a = Fraction(a) if all(map(is_exact_scalar, loop.numbers().values())) else to_float("a", a)
    loop.check_numbers(a)
    return a


def check_tasks(tasks: Any) -> Tasks:
    """Return ``tasks`` if they are Tasks, else raise :class:`InputError`."""
    if not isinstance(tasks, Tasks):
        raise InputError(f"tasks: got {type(tasks).__name__}; expected Tasks")
    return tasks


def check_algorithm(algorithm: Any) -> Algorithm:
    """Return ``algorithm`` if it is one, else raise :class:`InputError`."""
    if not isinstance(algorithm, Algorithm):
        raise InputError(f"algorithm: got {algorithm!r}; expected an algorithm such as MAML(GradientDescent(0.1, 5))")
    return algorithm


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


def gradient(f: Quadratic, theta: Any) -> Any:
    """The gradient of f at theta, or as an affine map where theta is None."""
    return AffineMap(f.curvature, -f.linear) if theta is None else f.gradient(theta)


def same(rule: InnerLoop, loop: InnerLoop) -> bool:
    """Whether two loops are of one class with equal parameters; arrays are equal only if they are one object."""
    if type(rule) is not type(loop):
        return False
    names = [field.name for field in fields(rule)]  # type: ignore[arg-type]
    return all(_equal(getattr(rule, name), getattr(loop, name)) for name in names)


def _equal(a: Any, b: Any) -> bool:
    return a is b or (not arrays.is_array(a) and known(lambda: a == b) is True)


def sizes(factor: Any, like: Dense) -> Any:
    """The largest entry in magnitude of each matrix, or of that multiple of the identity; cut off from derivatives."""
    xp = arrays.namespace(like.array)
    if not hasattr(factor, "dense"):
        return xp.abs(arrays.detached(arrays.scalar(factor, like.array) * xp.ones_like(like.array[0, 0])))
    return xp.max(xp.abs(arrays.detached(factor.dense())), axis=(-2, -1))


def largest(vectors: Array) -> Array:
    """The largest entry in magnitude of each vector, cut off from derivatives."""
    xp = arrays.namespace(vectors)
    return xp.max(xp.abs(arrays.detached(vectors)), axis=-1)


def replaced(f: Quadratic, linear: Any) -> Quadratic:
    return Quadratic(f.curvature, linear, f.constant)


def _warn_if_cancelled(tasks: Tasks, J: Any, m: AffineMap, field: AffineField, theta: Array) -> None:
    """Warn where the rounding errors of ``h - A s``, which J does not see shrink, move the zero far."""
    query, like = tasks.query, field.operator
    A, h, s = sizes(query.curvature, like), largest(query.linear), largest(m.offset)
    terms = float(linalg.dot(arrays.detached(tasks.weights), sizes(J, like) * (h + A * s)))
    reach = max(arrays.norm(theta), float(max(s)))
    condition = terms * linalg.inverse_norm(field.matrix) / reach if reach else 0.0
    if condition > arrays.ill_conditioned(theta):
        warnings.warn(
            f"the fixed point depends on the query data with the condition number {condition:.1e}: adaptation from any"
            " start ends almost at one point",
            IllConditionedWarning,
            stacklevel=3,
        )


def _why_lost(inner: InnerLoop, tasks: Tasks, directions: Array) -> str:
    """Why tasks inform no component along the columns of ``directions``."""

    def vanish(matrices: Array) -> bool:
        left = matrices @ directions
        if arrays.is_exact(left):
            return all(map(is_zero, left.flat))
        return arrays.norm(left) <= arrays.roundoff(matrices) * arrays.norm(matrices)

    if directions is None:
        return "It is singular only by rounding errors"
    if vanish(tasks.query.hessian):
        return "Along them no task has curvature"
    if vanish(inner.map(tasks.support).linear):
        return "Along them the adaptation alone solves every task, whatever its start"
    return "Along them the contributions of the tasks vanish or cancel"
