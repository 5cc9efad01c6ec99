"""Hypothesis strategies: symmetric matrices, quadratics, meta-learning tasks, step sizes, inner loops, algorithms.

For tests of your own code, whether or not it uses quadmaml. Each strategy draws NumPy arrays of floats; ``exact=True``
draws object arrays of ``fractions.Fraction`` instead, and ``convert`` is a function applied to each array, such as
``torch.from_numpy``, ``jax.numpy.asarray`` or one that casts. Nothing is found by rejection. Up to 48 numbers are
drawn one by one, so that they shrink one by one; more come from one drawn seed, for Hypothesis limits the size of an
example. Options that exclude each other raise :class:`~quadmaml.InputError` when drawing.

>>> from hypothesis import given, settings
>>> from quadmaml import MAML, GradientDescent
>>> @settings(deadline=None, max_examples=20)
... @given(tasks(split=False, max_eigenvalue=4))
... def every_task_counts(drawn):
...     assert MAML(GradientDescent(lr=0.125, steps=3)).fixed_point(drawn).shape == (drawn.dim,)
>>> every_task_counts()
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from . import adaptation as loops
from . import algorithms as meta
from .arrays import Array, Scalar
from .errors import InputError, check_number
from .inner_loop import InnerLoop
from .matrix_strategies import (
    Convert,
    Draw,
    Shape,
    commuting_families,
    done,
    exactly,
    matrices,
    matrix_families,
    number,
    numbers,
    scalars,
    size,
    sizes,
    spd_matrices,
    symmetric_matrices,
    vectors,
)
from .meta_algorithm import Algorithm
from .quadratic import Quadratic
from .tasks import Tasks

__all__ = [
    "ALGORITHMS",
    "INNER_LOOPS",
    "algorithms",
    "commuting_families",
    "inner_loops",
    "matrices",
    "matrix_families",
    "quadratics",
    "scalars",
    "spd_matrices",
    "step_sizes",
    "symmetric_matrices",
    "tasks",
    "vectors",
    "weights",
]


@st.composite
def quadratics(
    draw: Draw,
    *,
    batch: Shape = (),
    min_dim: int = 1,
    max_dim: int | None = None,
    curvature: str = "definite",
    max_eigenvalue: Scalar = 10,
    in_range: bool = False,
    exact: bool = False,
    convert: Convert | None = None,
) -> Quadratic:
    """Batches of quadratics ``1/2 x'Ax - h'x + k`` of dimension min_dim to max_dim (default 4 more).

    Curvature "definite" has eigenvalues from max_eigenvalue / 100 to max_eigenvalue, "semidefinite" from 0 and "any"
    from -max_eigenvalue, both with matrices of any rank. h may lie outside the range of A, unless ``in_range``. Shrinks
    towards ``1/2 |x|^2``.

    >>> from hypothesis import find
    >>> f = find(quadratics(), lambda f: True)
    >>> f.hessian.tolist(), f.linear.tolist(), float(f.constant)
    ([[1.0]], [0.0], 0.0)
    """
    dim = draw(sizes("dim", min_dim, max_dim, 4))
    A = _hessians(draw, batch, dim, curvature, max_eigenvalue, exact=exact, commuting=False)
    return _quadratic(draw, A, in_range=in_range, exact=exact, convert=convert)


@st.composite
def tasks(
    draw: Draw,
    *,
    min_tasks: int = 1,
    max_tasks: int | None = None,
    min_dim: int = 1,
    max_dim: int | None = None,
    split: bool | None = None,
    curvature: str = "definite",
    commuting: bool = False,
    max_eigenvalue: Scalar = 10,
    in_range: bool = False,
    exact: bool = False,
    convert: Convert | None = None,
) -> Tasks:
    """Weighted tasks: min_tasks to max_tasks (default 4 more) in dimension min_dim to max_dim (default 4 more).

    With ``split`` the query losses differ from the support losses, without they are the same, by default either.
    ``commuting`` Hessians share their eigenvectors. The other options are those of :func:`quadratics`. Shrinks towards
    one task ``1/2 |x|^2`` without a split.

    >>> from hypothesis import find
    >>> found = find(tasks(), lambda tasks: len(tasks) >= 2 and tasks.query is tasks.support)
    >>> found.support.hessian.tolist(), found.weights.tolist()
    ([[[1.0]], [[1.0]]], [0.5, 0.5])
    """
    n, dim = draw(sizes("tasks", min_tasks, max_tasks, 4)), draw(sizes("dim", min_dim, max_dim, 4))
    split = draw(st.booleans()) if split is None else split
    parts = 2 if split else 1
    A = _hessians(draw, (parts * n,), dim, curvature, max_eigenvalue, exact=exact, commuting=commuting)
    losses = [
        _quadratic(draw, A[i * n : (i + 1) * n], in_range=in_range, exact=exact, convert=convert) for i in range(parts)
    ]
    return Tasks(losses[0], losses[1] if split else None, draw(weights(n, exact=exact, convert=convert)))


@st.composite
def weights(draw: Draw, n: int, *, exact: bool = False, convert: Convert | None = None) -> Array:
    """Weights of n tasks, from 0 to 10, with a positive sum, shape ``(n,)``, not normalised; shrinking towards ones.

    >>> from hypothesis import find
    >>> find(weights(3), lambda w: w[0] < w[1]).tolist()
    [1.0, 2.0, 1.0]
    """
    w = numbers(draw, (size("n", n),), Fraction(0), Fraction(10), near=1, exact=exact)
    return done(w if any(w) else w + 1, convert)


@st.composite
def step_sizes(
    draw: Draw, largest_eigenvalue: Scalar, *, where: str = "inside", bound: Scalar = 2, exact: bool = False
) -> Scalar:
    """Step sizes lr, by the place of ``lr largest_eigenvalue``: inside, at or outside the bound of stability.

    The bound is 2 for gradient descent and ``2 (1 + momentum)`` for heavy ball. "inside" keeps 5 % clear of it and
    shrinks towards half the bound, "outside" reaches from 5 % beyond it, shrinking towards twice the bound.

    >>> from hypothesis import find
    >>> find(step_sizes(4), lambda lr: True), find(step_sizes(4, where="at"), lambda lr: True)
    (0.25, 0.5)
    """
    largest = Fraction(check_number("largest_eigenvalue", largest_eigenvalue, above=0))
    limit = Fraction(check_number("bound", bound, above=0)) / largest
    ranges = {"inside": (1, 1, 19), "at": (20, 20, 20), "outside": (21, 40, 80)}
    if where not in ranges:
        raise InputError(f"where: got {where!r}; expected one of {sorted(ranges)}")
    low, near, high = ranges[where]
    near = 10 if where == "inside" else near
    part = numbers(draw, (), Fraction(low, 20), Fraction(high, 20), near=Fraction(near, 20), exact=True)[()]
    return limit * part if exact else float(limit * part)


@st.composite
def inner_loops(
    draw: Draw,
    dim: int,
    *,
    kinds: Sequence[type[InnerLoop]] | None = None,
    largest_eigenvalue: Scalar = 10,
    smallest_eigenvalue: Scalar = 0,
    min_steps: int = 0,
    max_steps: int | None = None,
    exact: bool = False,
    convert: Convert | None = None,
) -> InnerLoop:
    """Inner loops for curvature of shape ``(dim, dim)`` up to largest_eigenvalue, inside their bounds of stability.

    ``kinds`` are the classes to choose from, by default all those of ``quadmaml.adaptation`` (exact: all but gradient
    flow, whose exponential is not rational). Step sizes are constant or a schedule of min_steps to max_steps (default 5
    more). Proximal strengths keep ``A + strength I`` positive definite above smallest_eigenvalue. ``convert`` is
    applied to preconditioners. Shrinks towards the first of the kinds and few steps.

    >>> from hypothesis import find
    >>> descent = inner_loops(2, kinds=[loops.GradientDescent], largest_eigenvalue=4)
    >>> find(descent, lambda loop: loop.residual(4.0) < 1)
    GradientDescent(lr=0.25, steps=1)
    """
    ranges = _ranges(dim, largest_eigenvalue, smallest_eigenvalue, min_steps, max_steps, exact, convert)
    return draw(ranges.loops(_chosen("kinds", INNER_LOOPS, kinds)))


@st.composite
def algorithms(
    draw: Draw,
    dim: int,
    *,
    kinds: Sequence[type[Algorithm]] | None = None,
    inner_kinds: Sequence[type[InnerLoop]] | None = None,
    largest_eigenvalue: Scalar = 10,
    smallest_eigenvalue: Scalar = 0,
    min_steps: int = 0,
    max_steps: int | None = None,
    exact: bool = False,
    convert: Convert | None = None,
) -> Algorithm:
    """Meta-algorithms, by default all those of ``quadmaml.algorithms``; their inner loops as in :func:`inner_loops`.

    ``inner_kinds`` are the classes of inner loops to choose from; truncation takes those of them without memory.
    Shrinks towards the first of the kinds and few inner steps.

    >>> from hypothesis import find
    >>> find(algorithms(2), lambda algorithm: True)
    Joint()
    """
    ranges = _ranges(dim, largest_eigenvalue, smallest_eigenvalue, min_steps, max_steps, exact, convert)
    inner, outer = _chosen("inner_kinds", INNER_LOOPS, inner_kinds), _chosen("kinds", ALGORITHMS, kinds)
    if meta.TruncatedMAML in outer and not any(hasattr(each, "last") for each in inner):
        if kinds is not None:
            names = [each.__name__ for each in inner]
            raise InputError(
                f"inner_kinds: got {names}; expected one without memory, whose last steps TruncatedMAML keeps"
            )
        outer.remove(meta.TruncatedMAML)
    kind = draw(st.sampled_from(outer))
    algorithm: Algorithm = draw(ALGORITHMS[kind](ranges, inner))
    return algorithm


@dataclass(frozen=True)
class _Ranges:
    """What the parameters of loops are drawn from."""

    dim: int
    largest: Scalar
    smallest: Scalar
    min_steps: int
    max_steps: int | None
    exact: bool
    convert: Convert | None

    def loops(self, kinds: Sequence[type[InnerLoop]]) -> st.SearchStrategy[InnerLoop]:
        usable = [kind for kind in kinds if not (self.exact and kind in _IRRATIONAL)]
        if not usable:
            raise InputError(f"kinds: got {[kind.__name__ for kind in kinds]}; expected one that exact scalars allow")
        return st.sampled_from(usable).flatmap(lambda kind: INNER_LOOPS[kind](self))

    def number(self, low: Scalar, high: Scalar, near: Scalar) -> st.SearchStrategy[Scalar]:
        return number(Fraction(low), Fraction(high), Fraction(near), exact=self.exact)

    def steps(self) -> st.SearchStrategy[int]:
        return sizes("steps", self.min_steps, self.max_steps, 5, least=0)

    def strength(self) -> st.SearchStrategy[Scalar]:
        """From a tenth of the largest eigenvalue above the least strength, so that condition numbers stay below 100."""
        top = Fraction(check_number("largest_eigenvalue", self.largest, above=0))
        least = max(Fraction(0), -Fraction(check_number("smallest_eigenvalue", self.smallest))) + top / 10
        return self.number(least, least + 2 * top, least + 1)

    def time(self) -> st.SearchStrategy[Scalar]:
        return self.number(0, 5 / Fraction(self.largest), 1 / Fraction(self.largest))

    def schedule(self, steps: int, shift: Scalar = 0) -> st.SearchStrategy[dict[str, Any]]:
        lr = step_sizes(Fraction(self.largest) + Fraction(shift), exact=self.exact)
        constant = lr.map(lambda lr: {"lr": lr, "steps": steps})
        if not steps:
            return constant
        return constant | st.lists(lr, min_size=steps, max_size=steps).map(lambda sizes: {"lr": sizes})

    def stepped(self, kind: Any, **parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[InnerLoop]:
        """Loops of the kind with these parameters; a proximal strength narrows the bound of stability."""
        fixed = st.fixed_dictionaries(parameters)
        return st.tuples(self.steps(), fixed).flatmap(
            lambda drawn: self.schedule(drawn[0], drawn[1].get("strength", 0)).map(lambda lr: kind(**drawn[1], **lr))
        )

    def interval(self) -> st.SearchStrategy[tuple[Scalar, Scalar]]:
        top = Fraction(self.largest)
        return st.tuples(self.number(top / 100, top, top / 10), self.number(top, 2 * top, top))

    def preconditioner(self) -> st.SearchStrategy[Array]:
        """Diagonal, as a vector, or any symmetric or asymmetric matrix near multiples of the identity."""
        top, shape = 1 / Fraction(self.largest), (size("dim", self.dim),)
        diagonal = vectors(*shape, min_value=top / 10, max_value=19 * top / 10, exact=self.exact)
        spread = top / (2 * self.dim)
        rest = vectors(self.dim, batch=shape, min_value=-spread, max_value=spread, exact=self.exact)
        one = exactly(np.eye(self.dim, dtype=int), exact=self.exact)
        full = st.tuples(diagonal, rest).map(lambda parts: parts[0] * one + parts[1])
        return (diagonal | full).map(lambda D: done(D, self.convert))

    def mask(self) -> st.SearchStrategy[list[bool]]:
        return st.lists(st.booleans(), min_size=self.dim, max_size=self.dim)


# One line for each inner loop, and for each algorithm: how to draw its parameters.

INNER_LOOPS: dict[type[InnerLoop], Callable[[_Ranges], st.SearchStrategy[Any]]] = {
    loops.NoAdaptation: lambda r: st.just(loops.NoAdaptation()),
    loops.GradientDescent: lambda r: r.stepped(loops.GradientDescent),
    loops.HeavyBall: lambda r: r.stepped(loops.HeavyBall, momentum=r.number(0, Fraction(9, 10), 0)),
    loops.PreconditionedGradientDescent: lambda r: st.builds(
        loops.PreconditionedGradientDescent, r.preconditioner(), r.steps()
    ),
    loops.PartialGradientDescent: lambda r: r.stepped(loops.PartialGradientDescent, mask=r.mask()),
    loops.GradientFlow: lambda r: st.builds(loops.GradientFlow, r.time()),
    loops.Proximal: lambda r: st.builds(loops.Proximal, r.strength()),
    loops.ProximalGradientDescent: lambda r: r.stepped(loops.ProximalGradientDescent, strength=r.strength()),
    loops.Chebyshev: lambda r: st.builds(lambda ends, k: loops.Chebyshev(ends[0], ends[1], k), r.interval(), r.steps()),
}

_IRRATIONAL = {loops.GradientFlow}

ALGORITHMS: dict[type[Algorithm], Callable[[_Ranges, Sequence[type[InnerLoop]]], st.SearchStrategy[Any]]] = {
    meta.Joint: lambda r, inner: st.just(meta.Joint()),
    meta.MAML: lambda r, inner: st.builds(meta.MAML, r.loops(inner)),
    meta.FOMAML: lambda r, inner: st.builds(meta.FOMAML, r.loops(inner)),
    meta.TruncatedMAML: lambda r, inner: r.loops([kind for kind in inner if hasattr(kind, "last")]).flatmap(
        lambda loop: st.builds(meta.TruncatedMAML, st.just(loop), st.integers(0, loop.steps))  # type: ignore[attr-defined]
    ),
    meta.IMAML: lambda r, inner: st.builds(meta.IMAML, r.strength(), st.none() | r.loops(inner)),
    meta.Reptile: lambda r, inner: st.builds(meta.Reptile, r.loops(inner)),
    meta.MoreauEnvelope: lambda r, inner: st.builds(meta.MoreauEnvelope, r.strength()),
}


def _ranges(
    dim: int, largest: Scalar, smallest: Scalar, low: int, high: int | None, exact: bool, convert: Convert | None
) -> _Ranges:
    """The ranges, checked before a kind is drawn, for not every kind reads all of them."""
    check_number("largest_eigenvalue", largest, above=0)
    check_number("smallest_eigenvalue", smallest)
    sizes("steps", low, high, 5, least=0)
    return _Ranges(size("dim", dim), largest, smallest, low, high, exact, convert)


def _chosen(name: str, table: dict[Any, Any], kinds: Sequence[Any] | None) -> list[Any]:
    chosen = list(table) if kinds is None else list(kinds) if isinstance(kinds, Iterable) else []
    if not chosen or any(kind not in table for kind in chosen):
        raise InputError(f"{name}: got {kinds!r}; expected some of {[kind.__name__ for kind in table]}")
    return chosen


def _hessians(
    draw: Draw, batch: Shape, dim: int, curvature: str, top: Scalar, *, exact: bool, commuting: bool
) -> Array:
    top = Fraction(check_number("max_eigenvalue", top, above=0))
    least = {"definite": top / 100, "semidefinite": Fraction(0), "any": -top}
    if curvature not in least:
        raise InputError(f"curvature: got {curvature!r}; expected one of {list(least)}")
    bounds: dict[str, Any] = {"min_eigenvalue": least[curvature], "max_eigenvalue": top, "exact": exact}
    if commuting:
        return draw(commuting_families(math.prod(batch), dim, **bounds)).reshape(*batch, dim, dim)
    rank = dim if curvature == "definite" else 0
    return draw(symmetric_matrices(dim, batch=batch, min_rank=rank, **bounds))


def _quadratic(draw: Draw, A: Array, *, in_range: bool, exact: bool, convert: Convert | None) -> Quadratic:
    h = draw(vectors(A.shape[-1], batch=A.shape[:-2], exact=exact))
    k = numbers(draw, A.shape[:-2], Fraction(-10), Fraction(10), near=0, exact=exact)
    h = (A @ h[..., None])[..., 0] if in_range else h
    return Quadratic(*(done(x, convert) for x in (A, h, k)))
