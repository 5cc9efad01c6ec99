"""Quadratic functions: value, gradient, minimiser, sums, and the pull-back along an affine map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from . import arrays, linalg
from .arrays import Array
from .curvature import Dense, RingElement
from .errors import InputError, SingularError, check_number, known
from .family import Family, family, holds_elements

__all__ = ["Quadratic"]


@dataclass(frozen=True, eq=False, init=False)
class Quadratic:
    """A batch of quadratic functions ``f(x) = 1/2 x'Ax - h'x + k``.

    Stored as (A, h, k) and not by its minimiser, because that also holds singular and indefinite curvature.

    Parameters
    ----------
    hessian : array, shape (..., d, d)
        The symmetric matrices A. Leading axes are batch axes.
    linear : array, shape (..., d)
        The vectors h.
    constant : float or array, shape (...)
        The numbers k.

    Raises
    ------
    InputError
        For shapes that do not fit, asymmetric A, entries that are not finite, integers, mixed kinds of arrays.

    Examples
    --------
    >>> f = Quadratic([[2.0, 0.0], [0.0, 4.0]], [2.0, 4.0])
    >>> f.minimizer().tolist(), float(f.minimum())
    ([1.0, 1.0], -3.0)
    >>> f.gradient([0.0, 0.0]).tolist()
    [-2.0, -4.0]
    """

    curvature: Any
    linear: Any
    constant: Any

    def __init__(self, hessian: Any, linear: Any, constant: Any = 0) -> None:
        curvature, linear, constant = _checked(hessian=hessian, linear=linear, constant=constant)
        object.__setattr__(self, "curvature", curvature)
        object.__setattr__(self, "linear", linear)
        object.__setattr__(self, "constant", constant)

    @classmethod
    def from_minimizer(cls, hessian: Any, minimizer: Any, minimum: Any = 0) -> Quadratic:
        """``f(x) = 1/2 (x-c)'A(x-c) + m``, with stationary point c of shape ``(..., d)`` and value m there.

        Examples
        --------
        >>> f = Quadratic.from_minimizer([[2.0]], [3.0], minimum=1.0)
        >>> float(f([3.0])), float(f([4.0]))
        (1.0, 2.0)
        """
        A, c, m = _checked(hessian=hessian, minimizer=minimizer, minimum=minimum)
        h = A @ c
        return cls(A, h, m + linalg.dot(c, h) / 2)

    @classmethod
    def from_gradient(cls, hessian: Any, gradient: Any, at: Any, value: Any = 0) -> Quadratic:
        """The quadratic with Hessian A that has the given gradient and value at the point ``at``.

        Examples
        --------
        >>> f = Quadratic.from_gradient([[2.0]], [1.0], at=[3.0], value=5.0)
        >>> f.gradient([3.0]).tolist(), float(f([3.0]))
        ([1.0], 5.0)
        """
        A, g, value = _checked(hessian=hessian, gradient=gradient, value=value)
        x = at
        if arrays.is_array(g):
            _, x = arrays.coerce(gradient=g, at=at)
            arrays.check_shape("at", x, g.shape)
        h = A @ x - g
        return cls(A, h, value + linalg.dot(x, h - (A @ x) / 2))

    @classmethod
    def from_least_squares(cls, X: Any, y: Any, ridge: Any = 0.0) -> Quadratic:
        """The loss ``1/(2m) |X theta - y|^2 + ridge/2 |theta|^2`` of a linear model.

        Parameters
        ----------
        X : array, shape (..., m, d)
            One row an observation.
        y : array, shape (..., m)
            The targets.
        ridge : float
            Strength of the penalty, >= 0.

        Examples
        --------
        >>> f = Quadratic.from_least_squares([[1.0], [2.0]], [1.0, 2.0])
        >>> f.minimizer().tolist(), float(f.minimum())
        ([1.0], 0.0)
        """
        ridge = check_number("ridge", ridge, at_least=0)
        X, y = arrays.coerce(X=X, y=y)
        if X.ndim < 2 or 0 in X.shape[-2:]:
            raise InputError(f"X: has shape {tuple(X.shape)}; expected (..., m, d) with at least one row and column")
        arrays.check_shape("y", y, X.shape[:-1])
        m, features = X.shape[-2], arrays.namespace(X).matrix_transpose(X)
        gram = Dense((features @ X) / arrays.scalar(m, X))
        if known(lambda: ridge == 0) is not True:
            gram = gram + arrays.scalar(ridge, X, "ridge")
        return cls(gram, linalg.matvec(features, y) / arrays.scalar(m, X), linalg.dot(y, y) / arrays.scalar(2 * m, X))

    @classmethod
    def stack(cls, quadratics: Iterable[Quadratic], name: str = "quadratics") -> Quadratic:
        """Quadratics of one dimension as a batch along a new first axis; errors call them by the name."""
        several = isinstance(quadratics, Iterable) and not isinstance(quadratics, Quadratic)
        quadratics = list(quadratics) if several else []
        if not quadratics or not all(isinstance(f, Quadratic) for f in quadratics):
            raise InputError(f"{name}: expected a sequence of at least one, and only of Quadratics")
        parts = [(f.hessian, f.linear, f.constant) for f in quadratics]
        for i, (_, h, _) in enumerate(parts):
            arrays.coerce(first=parts[0][1], **{f"{name}[{i}]": h})
            arrays.check_shape(f"{name}[{i}]", h, parts[0][1].shape)
        stack = arrays.namespace(parts[0][1]).stack
        hessian, linear, constant = (stack(part) for part in zip(*parts, strict=True))
        return cls(hessian, linear, constant)

    @property
    def hessian(self) -> Array:
        """The matrices A as an array of shape ``(..., d, d)``."""
        return self.curvature.dense()

    @property
    def dim(self) -> int:
        """The dimension d; letters, which stand for every dimension, have none."""
        if not arrays.is_array(self.linear):
            raise InputError("dim: the vectors of this ring have no dimension; expected arrays")
        return int(self.linear.shape[-1])

    def __call__(self, x: Any) -> Array:
        """Values ``f(x)`` for points x of shape ``(..., d)``; batch axes broadcast."""
        x = _point(self, x)
        return linalg.dot(x, (self.curvature @ x) / 2 - self.linear) + self.constant

    def gradient(self, x: Any) -> Any:
        """Gradients ``Ax - h`` at points x of shape ``(..., d)``, or along an affine map: the map ``APx + As - h``."""
        x = _point(self, x)
        return self.curvature @ x - self.linear

    def minimizer(self) -> Array:
        """The stationary points ``A^-1 h``, minimisers where A is positive definite.

        Raises
        ------
        SingularError
            If an A is singular: exactly for exact scalars; for floats to working precision, a singular value being at
            most d eps times the largest. ``.rank`` and ``.nullspace`` are those of the first such A. While values are
            traced it is not checked.
        """
        return self.curvature.solve(self.linear)

    def minimum(self) -> Array:
        """The least values, shape ``(...)``.

        Singular curvature is allowed where h lies in its range.

        Raises
        ------
        InputError
            If f is not bounded below: A has a negative eigenvalue, or h a part outside the range of a singular A. Also
            if the signs of symbols would decide that and are not known. While values are traced, as under ``jax.jit``,
            it is not checked.
        """
        unbounded = InputError("minimum: f is not bounded below; expected curvature without negative eigenvalues")
        bounded = linalg.is_positive_semidefinite(self.hessian)
        if bounded is None and arrays.is_exact(self.hessian):
            raise InputError(
                "minimum: whether f is bounded below cannot be decided, for signs of symbols are not known; expected"
                " symbols with assumptions, such as Symbol('a', positive=True)"
            )
        if bounded is False:
            raise unbounded
        xp, d = arrays.namespace(self.linear), self.dim
        A, h = xp.reshape(self.hessian, (-1, d, d)), xp.reshape(self.linear, (-1, d))
        try:
            points = [linalg.minimum_norm_solution(A[i, ...], h[i, :]) for i in range(h.shape[0])]
        except SingularError:
            raise unbounded from None
        return self(xp.reshape(xp.stack(points) if points else h, self.linear.shape))

    def compose(self, affine_map: Any) -> Quadratic:
        """The pull-back ``f(m(x))`` along ``m(x) = Px + s``: ``A' = P'AP``, ``h' = P'(h - As)``, ``k' = f(s)``.

        Parameters
        ----------
        affine_map : AffineMap
            Any object with ``operator`` (a ring element) and ``offset`` (a vector).
        """
        if not hasattr(affine_map, "operator"):
            raise InputError(f"affine_map: got {affine_map!r}; expected an AffineMap")
        P, s = affine_map.operator, affine_map.offset
        arrays.check_joins("affine_map", s, self.linear)
        return Quadratic(P.T * self.curvature * P, P.T @ (self.linear - self.curvature @ s), self(s))

    def mean(self, weights: Any) -> Quadratic:
        """The weighted sum ``sum_i w_i f_i`` over the first batch axis; weights sum to 1 for a mean."""
        if isinstance(self.curvature, Family):
            w = family("weights", weights, len(self.curvature))
            return Quadratic(*(part.weighted_sum(w) for part in (self.curvature, self.linear, self.constant)))
        if self.linear.ndim < 2:
            raise InputError("mean: there is no batch axis; expected a batch of quadratics")
        w, _ = arrays.coerce(weights=weights, linear=self.linear)
        arrays.check_shape("weights", w, self.linear.shape[:1])
        mean_of = linalg.weighted_sum
        return Quadratic(self.curvature.weighted_sum(w), mean_of(w, self.linear), mean_of(w, self.constant))

    def __add__(self, other: Quadratic) -> Quadratic:
        if not isinstance(other, Quadratic):
            return NotImplemented
        arrays.check_joins("other", other.linear, self.linear)
        return Quadratic(self.curvature + other.curvature, self.linear + other.linear, self.constant + other.constant)

    def __mul__(self, number: Any) -> Quadratic:
        c = check_number("factor", number)
        c = arrays.scalar(c, self.linear, "factor") if arrays.is_array(self.linear) else c
        return Quadratic(c * self.curvature, c * self.linear, c * self.constant)

    __rmul__ = __mul__
    __array_ufunc__ = None

    def __getitem__(self, index: Any) -> Quadratic:
        """A part of the batch, by an index of its batch axes."""
        part = arrays.part
        if isinstance(self.linear, Family):
            return Quadratic(self.curvature[index], self.linear[index], self.constant[index])
        return Quadratic(self.curvature[index], part(self.linear, index), part(self.constant, index))

    def __iter__(self) -> Iterator[Quadratic]:
        """The parts along the first batch axis."""
        if not arrays.is_array(self.linear) or self.linear.ndim == 1:
            raise TypeError("a Quadratic without batch axes is one function; only a batch can be iterated over")
        return (self[i] for i in range(self.linear.shape[0]))


def _checked(**named: Any) -> tuple[Any, Any, Any]:
    """Curvature, vector and number of a quadratic, under the names that the caller gave them."""
    (first, hessian), (second, vector), (third, number) = named.items()
    if holds_elements(hessian) and not hasattr(vector, "operator"):
        A = family(first, hessian)
        return A, family(second, vector, len(A)), family(third, number, len(A))
    if isinstance(hessian, RingElement):
        return hessian, vector, number
    A, x = arrays.coerce(**{first: hessian, second: vector})
    arrays.check_symmetric(first, A)
    arrays.check_shape(second, x, A.shape[:-1])
    _, k = arrays.coerce(**{second: x, third: number})
    return Dense(A), x, arrays.broadcast(third, k, A.shape[:-2])


def check_quadratic(name: str, value: Any) -> Quadratic:
    """Return ``value`` if it is a Quadratic, else raise :class:`InputError`."""
    if not isinstance(value, Quadratic):
        raise InputError(f"{name}: got {type(value).__name__}; expected a Quadratic")
    return value


def _point(f: Quadratic, x: Any) -> Any:
    """A point in the kind of array that f has; an affine map is passed on."""
    return x if hasattr(x, "operator") else arrays.point("x", x, f.linear)
