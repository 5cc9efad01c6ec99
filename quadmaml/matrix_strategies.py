"""Hypothesis strategies for vectors and symmetric matrices, and the numbers that all strategies are made of.

Public names are exported by ``quadmaml.strategies``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np
from hypothesis import strategies as st

from .arrays import Array, Scalar
from .errors import InputError, check_number, check_steps

__all__ = [
    "commuting_families",
    "matrices",
    "matrix_families",
    "scalars",
    "spd_matrices",
    "symmetric_matrices",
    "vectors",
]

Convert: TypeAlias = Callable[[Any], Any]
Draw: TypeAlias = st.DrawFn
Shape: TypeAlias = tuple[int, ...]

_ONE_BY_ONE = 48


@st.composite
def vectors(
    draw: Draw,
    dim: int,
    *,
    batch: Shape = (),
    min_value: Scalar = -10,
    max_value: Scalar = 10,
    exact: bool = False,
    convert: Convert | None = None,
) -> Array:
    """Vectors of shape ``(*batch, dim)`` with entries from min_value to max_value, shrinking towards 0.

    >>> from hypothesis import find
    >>> find(vectors(2), lambda x: x[1] > 3).tolist()
    [0.0, 4.0]
    """
    low, high = bounds_of("min_value", min_value, "max_value", max_value)
    return done(numbers(draw, (*_batch(batch), size("dim", dim)), low, high, near=0, exact=exact), convert)


@st.composite
def scalars(
    draw: Draw,
    *,
    min_value: Scalar = -10,
    max_value: Scalar = 10,
    exact: bool = False,
) -> Scalar:
    """Numbers from min_value to max_value, shrinking towards 1 or the nearest end.

    >>> from hypothesis import find
    >>> find(scalars(), lambda x: True), find(scalars(min_value=3), lambda x: True)
    (1.0, 3.0)
    """
    low, high = bounds_of("min_value", min_value, "max_value", max_value)
    return draw(number(low, high, Fraction(1), exact=exact))


@st.composite
def matrices(
    draw: Draw,
    dim: int,
    *,
    batch: Shape = (),
    min_value: Scalar = -10,
    max_value: Scalar = 10,
    exact: bool = False,
    convert: Convert | None = None,
) -> Array:
    """Square matrices of shape ``(*batch, dim, dim)`` with entries in a range, shrinking towards 0.

    >>> from hypothesis import find
    >>> find(matrices(2), lambda X: X[0, 1] != X[1, 0]).tolist()
    [[0.0, 0.0], [1.0, 0.0]]
    """
    bounds: dict[str, Any] = {"min_value": min_value, "max_value": max_value, "exact": exact}
    return draw(vectors(dim, batch=(*_batch(batch), dim), convert=convert, **bounds))


@st.composite
def spd_matrices(
    draw: Draw,
    dim: int,
    *,
    batch: Shape = (),
    spectrum: Sequence[Scalar] | None = None,
    condition_number: Scalar | None = None,
    integral: bool = False,
    min_eigenvalue: Scalar | None = None,
    max_eigenvalue: Scalar | None = None,
    exact: bool = False,
    convert: Convert | None = None,
) -> Array:
    """Symmetric positive definite matrices of shape ``(*batch, dim, dim)``, shrinking towards the identity.

    By eigenvalues from min_eigenvalue (default 1/10) to max_eigenvalue (default 10); or all of them, as ``spectrum``;
    or by ``condition_number``, the ratio of the largest to min_eigenvalue (default 1); or ``integral``: small integers,
    as L D L'. Eigenvectors come from reflections in small integer vectors, so that exact matrices have exactly the
    stated eigenvalues, and floating ones up to rounding errors.

    >>> from hypothesis import find
    >>> find(spd_matrices(2, condition_number=4), lambda A: True).tolist()
    [[1.0, 0.0], [0.0, 4.0]]
    """
    batch = _batch(batch)
    shape = (*batch, size("dim", dim))
    chosen = [spectrum is not None, condition_number is not None, integral]
    if sum(chosen) > 1:
        raise InputError("spectrum: expected at most one of spectrum, condition_number and integral")
    if (max_eigenvalue is not None and any(chosen)) or (min_eigenvalue is not None and (chosen[0] or chosen[2])):
        raise InputError("max_eigenvalue: the eigenvalues are determined otherwise; expected no bounds")
    if integral:
        lower = _integers(draw, (*batch, dim, dim), -2, 2)
        L = np.tril(lower, -1) + np.eye(dim, dtype=int)
        D = 1 + _integers(draw, shape, 0, 3)
        return done(exactly((L * D[..., None, :]) @ L.swapaxes(-1, -2), exact=exact), convert)
    if spectrum is not None:
        if len(spectrum) != dim:
            raise InputError(f"spectrum: has {len(spectrum)} eigenvalues; expected dim = {dim}")
        fixed = [check_number(f"spectrum[{i}]", a, above=0) for i, a in enumerate(spectrum)]
        eigenvalues = np.broadcast_to(exactly(fixed, exact=exact), shape)
        return done(_with_eigenvalues(eigenvalues, _orthogonal(draw, batch, dim, exact=exact)), convert)
    default = (Fraction(1, 10), 10) if condition_number is None else (1, None)
    smallest = check_number("min_eigenvalue", default[0] if min_eigenvalue is None else min_eigenvalue, above=0)
    if condition_number is not None:
        condition_number = check_number("condition_number", condition_number, at_least=1)
    if condition_number is not None and not (condition_number == 1 or (dim > 1 and condition_number > 1)):
        raise InputError(f"condition_number: got {condition_number} for dim = {dim}; expected >= 1, and 1 if dim = 1")
    top = Fraction(smallest) * Fraction(condition_number) if condition_number is not None else max_eigenvalue
    low, high = bounds_of("min_eigenvalue", smallest, "max_eigenvalue", default[1] if top is None else top)
    eigenvalues = numbers(draw, shape, low, high, near=1, exact=exact)
    if condition_number is not None:
        eigenvalues[..., 0], eigenvalues[..., -1] = (e if exact else float(e) for e in (low, high))
    return done(_with_eigenvalues(eigenvalues, _orthogonal(draw, batch, dim, exact=exact)), convert)


@st.composite
def symmetric_matrices(
    draw: Draw,
    dim: int,
    *,
    batch: Shape = (),
    min_eigenvalue: Scalar = -10,
    max_eigenvalue: Scalar = 10,
    min_rank: int = 0,
    max_rank: int | None = None,
    exact: bool = False,
    convert: Convert | None = None,
) -> Array:
    """Symmetric matrices of shape ``(*batch, dim, dim)``, singular and indefinite ones too.

    Eigenvalues lie from min_eigenvalue to max_eigenvalue, or are 0 beyond a rank from min_rank to max_rank (default
    dim). Shrinks towards max_rank and towards eigenvalues 1, or the nearest allowed.

    >>> from hypothesis import find
    >>> find(symmetric_matrices(2, max_rank=1), lambda A: True).tolist()
    [[1.0, 0.0], [0.0, 0.0]]
    """
    low, high = bounds_of("min_eigenvalue", min_eigenvalue, "max_eigenvalue", max_eigenvalue)
    batch = _batch(batch)
    max_rank = size("dim", dim) if max_rank is None else check_steps("max_rank", max_rank)
    min_rank = check_steps("min_rank", min_rank)
    if not 0 <= min_rank <= max_rank <= dim:
        raise InputError(f"max_rank: got {max_rank}; expected 0 <= min_rank = {min_rank} <= max_rank <= dim = {dim}")
    if low == high == 0 and min_rank > 0:
        raise InputError(f"min_rank: got {min_rank}, but all eigenvalues are 0; expected 0")
    eigenvalues = numbers(draw, (*batch, dim), low, high, near=1, exact=exact)
    rank = max_rank - _integers(draw, batch, 0, max_rank - min_rank)[..., None]
    nonzero: Any = (high or low) if exact else float(high or low)
    eigenvalues = np.where((eigenvalues == 0) & (np.arange(dim) < min_rank), nonzero, eigenvalues)
    eigenvalues = np.where(np.arange(dim) < rank, eigenvalues, 0 * eigenvalues)
    return done(_with_eigenvalues(eigenvalues, _orthogonal(draw, batch, dim, exact=exact)), convert)


@st.composite
def commuting_families(
    draw: Draw,
    n: int,
    dim: int,
    *,
    min_eigenvalue: Scalar = Fraction(1, 10),
    max_eigenvalue: Scalar = 10,
    exact: bool = False,
    convert: Convert | None = None,
) -> Array:
    """Families of n symmetric matrices with the same eigenvectors, ``(n, dim, dim)``, shrinking towards identities.

    >>> from hypothesis import find
    >>> find(commuting_families(2, 1), lambda A: A[0] != A[1]).tolist()
    [[[1.0]], [[2.0]]]
    """
    low, high = bounds_of("min_eigenvalue", min_eigenvalue, "max_eigenvalue", max_eigenvalue)
    eigenvalues = numbers(draw, (size("n", n), size("dim", dim)), low, high, near=1, exact=exact)
    return done(_with_eigenvalues(eigenvalues, _orthogonal(draw, (), dim, exact=exact)), convert)


@st.composite
def matrix_families(
    draw: Draw,
    n: int,
    dim: int,
    *,
    min_eigenvalue: Scalar = Fraction(1, 10),
    max_eigenvalue: Scalar = 10,
    exact: bool = False,
    convert: Convert | None = None,
) -> Array:
    """Families of n symmetric matrices, ``(n, dim, dim)``, of which some two do not commute; n and dim are at least 2.

    Shrinks towards identities but for the first two matrices, a plane apart by the angle of a 3-4-5 triangle.

    >>> from hypothesis import find
    >>> A, B = find(matrix_families(2, 2, min_eigenvalue=0, max_eigenvalue=25), lambda A: True)
    >>> A.tolist(), B.tolist()
    ([[25.0, 0.0], [0.0, 0.0]], [[9.0, -12.0], [-12.0, 16.0]])
    """
    low, high = bounds_of("min_eigenvalue", min_eigenvalue, "max_eigenvalue", max_eigenvalue)
    if n < 2 or dim < 2 or low == high:
        raise InputError(f"n: got n = {n}, dim = {dim}; expected both >= 2 and two eigenvalues, else all commute")
    eigenvalues = numbers(draw, (n, dim), low, high, near=1, exact=exact)
    family = _with_eigenvalues(eigenvalues, _orthogonal(draw, (n,), dim, exact=exact))
    products = family[:, None] @ family[None]
    if np.abs(products - products.swapaxes(0, 1)).max() <= 1e-3 * float(high - low) ** 2:
        bounds = np.broadcast_to(exactly([high, low], exact=exact), (2, 2))
        planes = exactly([[[1, 0], [0, 1]], [[Fraction(3, 5), Fraction(4, 5)], [Fraction(-4, 5), Fraction(3, 5)]]])
        pair = _with_eigenvalues(bounds, planes if exact else planes.astype(float))
        family[:2] = exactly(low * np.eye(dim, dtype=int).astype(object), exact=exact)
        family[:2, :2, :2] = pair
    return done(family, convert)


def _batch(shape: Shape) -> Shape:
    if not isinstance(shape, (tuple, list)):
        raise InputError(f"batch: got {shape!r}; expected a tuple of integers, such as ({shape!r},)")
    return tuple(check_steps(f"batch[{k}]", length) for k, length in enumerate(shape))


def size(name: str, value: int) -> int:
    size: int = check_steps(name, value, at_least=1)
    return size


def sizes(name: str, low: int, high: int | None, more: int, least: int = 1) -> st.SearchStrategy[int]:
    check_steps(f"min_{name}", low, at_least=least)
    high = low + more if high is None else high
    if check_steps(f"max_{name}", high) < low:
        raise InputError(f"max_{name}: got {high}; expected at least min_{name} = {low}")
    return st.integers(low, high)


def bounds_of(low_name: str, low: Scalar, high_name: str, high: Scalar) -> tuple[Fraction, Fraction]:
    bounds = Fraction(check_number(low_name, low)), Fraction(check_number(high_name, high))
    if bounds[0] > bounds[1]:
        raise InputError(f"{high_name}: got {high}; expected at least {low_name} = {low}")
    return bounds


def done(x: Array, convert: Convert | None) -> Array:
    return x if convert is None else convert(x)


def exactly(entries: Any, *, exact: bool = True) -> Array:
    """Numbers as an array of Fractions, or of floats."""
    x = np.asarray(entries, dtype=object)
    rational: Array = np.empty(x.shape, dtype=object)
    rational.flat = [Fraction(entry) for entry in x.flat]
    return rational if exact else rational.astype(float)


def _integers(draw: Draw, shape: Shape, low: int, high: int) -> Array:
    """Integers from low <= 0 to high >= 0: one by one if they are few, else from one seed, of which 0 means zeros."""
    size = math.prod(shape)
    if size <= _ONE_BY_ONE:
        return np.asarray([draw(st.integers(low, high)) for _ in range(size)], dtype=np.int64).reshape(shape)
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).integers(low, high + 1, shape) * min(seed, 1)


def numbers(draw: Draw, shape: Shape, low: Fraction, high: Fraction, *, near: Scalar, exact: bool) -> Array:
    """Numbers ``near + k unit / denominator`` from low to high, with near moved between them; k shrinks to 0."""
    origin, width = min(max(Fraction(near), low), high), high - low
    unit = Fraction(2) ** min(0, math.floor(math.log2(width))) if width else Fraction(1)
    step = unit / draw(st.sampled_from([1, 2, 3, 10] if exact else [1, 2, 3, 1000, 999_983]))
    k = _integers(draw, shape, math.ceil((low - origin) / step), math.floor((high - origin) / step))
    if not exact:
        return np.clip(float(origin) + float(step) * k, float(low), float(high))
    x: Array = np.empty(shape, dtype=object)
    x.flat = [origin + step * int(each) for each in k.flat]
    return x


@st.composite
def number(draw: Draw, low: Fraction, high: Fraction, near: Fraction, *, exact: bool) -> Scalar:
    x = numbers(draw, (), low, high, near=near, exact=exact)[()]
    return x if exact else float(x)


def _orthogonal(draw: Draw, batch: Shape, dim: int, *, exact: bool) -> Array:
    """Products of up to four reflections in small integer vectors: orthogonal matrices of rational entries."""
    Q = np.broadcast_to(exactly(np.eye(dim, dtype=int), exact=exact), (*batch, dim, dim))
    for _ in range(draw(st.integers(0, min(dim, 4))) if dim > 1 else 0):
        v = exactly(_integers(draw, (*batch, 1, dim), -3, 3), exact=exact)
        square = v @ v.swapaxes(-1, -2)
        Q = Q - 2 * v.swapaxes(-1, -2) @ (v @ Q) / np.where(square == 0, 1, square)
    return Q


def _with_eigenvalues(eigenvalues: Array, Q: Array) -> Array:
    A = (Q * eigenvalues[..., None, :]) @ Q.swapaxes(-1, -2)
    return (A + A.swapaxes(-1, -2)) / 2
