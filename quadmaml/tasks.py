"""Tasks: what is adapted on (support), what is judged on (query), and the weight of each task."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from . import arrays, linalg
from .arrays import Array
from .curvature import Dense
from .errors import InputError, SingularError, known
from .family import Family, family, holds_elements, normalised
from .quadratic import Quadratic

__all__ = ["Tasks"]


@dataclass(frozen=True, eq=False, init=False)
class Tasks:
    """n weighted tasks, each a support quadratic to adapt on and a query quadratic to be judged on.

    Parameters
    ----------
    support : Quadratic
        Batched over one leading axis of length n >= 1.
    query : Quadratic, optional
        Batched likewise; by default the support itself.
    weights : array, shape (n,), optional
        Weights >= 0 with a positive sum; they are normalised to sum 1. By default equal.

    Examples
    --------
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]], weights=[1.0, 3.0])
    >>> len(tasks), tasks.dim, tasks.weights.tolist(), tasks.mean_minimizer().tolist()
    (2, 1, [0.25, 0.75], [3.0])
    """

    support: Quadratic
    query: Quadratic
    weights: Any

    def __init__(self, support: Quadratic, query: Quadratic | None = None, weights: Any = None) -> None:
        query = support if query is None else query
        _check_batch("support", support)
        _check_batch("query", query)
        if isinstance(support.linear, Family):
            family("query", query.linear, len(support.linear))
            weights = normalised(weights, len(support.linear))
        else:
            if query is not support:
                arrays.coerce(support=support.linear, query=query.linear)
                arrays.check_shape("query", query.linear, support.linear.shape)
            weights = _normalised(weights, support.linear)
        object.__setattr__(self, "support", support)
        object.__setattr__(self, "query", query)
        object.__setattr__(self, "weights", weights)

    @classmethod
    def from_minimizers(cls, hessians: Any, minimizers: Any, weights: Any = None) -> Tasks:
        """Tasks ``1/2 (x - c_i)'A_i(x - c_i)`` from Hessians ``(n, d, d)`` and optima ``(n, d)``; query = support."""
        if holds_elements(hessians):
            return cls(Quadratic.from_minimizer(hessians, minimizers), None, weights)
        A, c = arrays.coerce(hessians=hessians, minimizers=minimizers)
        if A.ndim != 3:
            raise InputError(f"hessians: has shape {tuple(A.shape)}; expected (n, d, d)")
        arrays.check_symmetric("hessians", A)
        arrays.check_shape("minimizers", c, A.shape[:-1])
        return cls(Quadratic.from_minimizer(Dense(A), c), None, weights)

    @classmethod
    def from_regression(cls, groups: Iterable[Any], ridge: Any = 0.0, weights: Any = None) -> Tasks:
        """Linear regression tasks with losses ``1/(2m) |X theta - y|^2 + ridge/2 |theta|^2``.

        Parameters
        ----------
        groups : iterable of (X_support, y_support, X_query, y_query)
            One entry a task: X of shape ``(m, d)``, y of shape ``(m,)``; m may differ between tasks and parts.
        ridge : float
            Strength of the penalty, >= 0, on the support and the query loss.

        Examples
        --------
        >>> tasks = Tasks.from_regression([([[1.0]], [2.0], [[1.0], [2.0]], [2.0, 3.0])])
        >>> tasks.support.minimizer().tolist(), tasks.query.minimizer().tolist()
        ([[2.0]], [[1.6]])
        """
        parts: tuple[list[Quadratic], list[Quadratic]] = [], []
        if not isinstance(groups, Iterable):
            raise InputError(f"groups: got {groups!r}; expected a sequence with four arrays for each task")
        for i, group in enumerate(groups):
            if not isinstance(group, (list, tuple)) or len(group) != 4:
                raise InputError(f"groups[{i}]: expected the four arrays (X_support, y_support, X_query, y_query)")
            for part, X, y in ((parts[0], *group[:2]), (parts[1], *group[2:])):
                try:
                    part.append(Quadratic.from_least_squares(X, y, ridge))
                except InputError as error:
                    raise InputError(f"groups[{i}]: {error}") from None
        if not parts[0]:
            raise InputError("groups: is empty; expected at least one task")
        return cls(Quadratic.stack(parts[0], "groups"), Quadratic.stack(parts[1], "groups"), weights)

    def __len__(self) -> int:
        linear = self.support.linear
        return len(linear) if isinstance(linear, Family) else int(linear.shape[0])

    def __getitem__(self, index: Any) -> Tasks:
        """Some of the tasks, by an integer, a slice, or a list or array of integers or booleans.

        Their weights are normalised anew; tasks that all have the weight 0 get equal ones.
        """
        if hasattr(index, "__index__") and not getattr(index, "ndim", 0):
            i = operator.index(index)
            if not -len(self) <= i < len(self):
                raise IndexError(f"task {i} of {len(self)}")
            index = slice(i % len(self), i % len(self) + 1)
        elif not isinstance(index, slice) and not (arrays.is_array(index) and arrays.is_traced(index)):
            index = _positions(index, len(self)) or slice(0)
        query = None if self.query is self.support else self.query[index]
        family = isinstance(self.weights, Family)
        weights = self.weights[index] if family else arrays.part(self.weights, index)
        return Tasks(self.support[index], query, None if _vanish(weights) else weights)

    @property
    def dim(self) -> int:
        """The dimension d."""
        return self.support.dim

    def mean_minimizer(self) -> Array:
        """``sum_i w_i c_i`` over the stationary points of the support losses, shape ``(d,)``.

        SingularError, as of :meth:`Quadratic.minimizer`, if a task has no single one.
        """
        try:
            optima = self.support.minimizer()
            if isinstance(optima, Family):
                return optima.weighted_sum(self.weights)
            return linalg.weighted_sum(self.weights, optima)
        except SingularError as error:
            message = f"mean_minimizer: a task has no single optimum: {error}"
            raise SingularError(message, error.rank, error.nullspace) from None


def _check_batch(name: str, part: Any) -> None:
    if not isinstance(part, Quadratic):
        raise InputError(f"{name}: got {type(part).__name__}; expected a Quadratic batched over tasks")
    if isinstance(part.linear, Family):
        return
    if not arrays.is_array(part.linear):
        raise InputError(f"{name}: got one element of a ring; expected a list of them, one for each task")
    if part.linear.ndim != 2 or not part.linear.shape[0]:
        raise InputError(f"{name}: has batch shape {tuple(part.linear.shape[:-1])}; expected (n,) with n >= 1 tasks")


def _normalised(weights: Any, linear: Array) -> Array:
    n = linear.shape[0]
    if weights is None:
        return arrays.full_like("weights", [Fraction(1, n)] * n, linear)
    _, w = arrays.coerce(linear=linear, weights=weights)
    arrays.check_shape("weights", w, (n,))
    if _vanish(w) or _has_negative(w):
        raise InputError(f"weights: got {weights!r}; expected numbers >= 0 with a positive sum")
    with arrays.quiet():
        if arrays.is_floating(w) and not float(linalg.dot(w, w**0)) < 1e30:
            # Neither the sum nor its reciprocal, by which jax multiplies, may leave the range of floats.
            w = w * 2.0**-64
        return w / linalg.dot(w, w**0)


def _has_negative(weights: Array) -> bool:
    """Whether a weight is known to be negative; symbols, and traced weights, are taken on trust."""
    if arrays.is_exact(weights):
        return any(known(lambda w=w: w < 0) for w in weights)  # type: ignore[misc]
    return known(lambda: arrays.namespace(weights).any(weights < 0)) is True


def _positions(index: Any, n: int) -> list[int]:
    """A list or an array of integers or booleans as the positions among n tasks that it chooses."""
    import numpy as np

    if not isinstance(index, list) and not arrays.is_array(index):
        raise TypeError(f"tasks are indexed by integers, slices, lists or arrays, not by {type(index).__name__}")
    where = np.asarray(index) if isinstance(index, list) else arrays.to_numpy(index)
    chosen: list[int] = np.arange(n)[where if where.size else []].tolist()
    return chosen


def _vanish(weights: Any) -> bool:
    """Whether all weights are known to be zero."""
    if isinstance(weights, Family):
        return all(weight == 0 for weight in weights.members)
    return known(lambda: arrays.namespace(weights).all(weights == 0)) is True
