"""Settings solved: all of one structure at once in the eigenbases of the tasks, and one by one where that is not safe.

Joined settings round differently from single calls. Where that could change more than the tenth digit (the estimate
is the condition number of M, and of its terms in the eigenvalues), a setting is solved by the single call.
"""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from .. import arrays, linalg
from ..algorithms import adapted_losses
from ..arrays import Array
from ..curvature import Dense
from ..errors import ConvergenceError, IllConditionedWarning, SingularError
from ..field import AffineField
from ..meta_algorithm import Algorithm
from ..tasks import Tasks
from .eigenbasis import AT_ONCE, Eigenbasis, Nodes
from .expansion import Expansion, taken
from .groups import Group, Row, blocks, resolved
from .several import structure

__all__ = ["Joined", "Single", "Solved", "solved"]

# Half a million roundings in double precision: the tenth digit.
FEW_DIGITS = 2.0**19
# Below this number of settings the eigendecompositions do not pay.
WORTH_JOINING = 16

nan = math.nan


class Solved(ABC):
    """The fields of some settings on the same tasks, and the points where they vanish.

    Attributes
    ----------
    places : list of int
        Where the settings stand among those that were asked for.
    status : str
        What :class:`~quadmaml.sweeps.Sweep` documents, the same for all of them.
    """

    places: Sequence[int]
    status: str

    @property
    @abstractmethod
    def points(self) -> Any:
        """The fixed points, as one array or one by one; None where there is none."""

    @abstractmethod
    def conditions(self) -> Sequence[float]:
        """The condition numbers of M; infinite where M is singular to working precision."""

    @abstractmethod
    def outer(self) -> Sequence[tuple[float, float]]:
        """The best outer step size and its rate; nan where no step size converges."""

    @property
    @abstractmethod
    def losses(self) -> Any:
        """The query losses of the tasks after adapting from the fixed point, one by one or of shape ``(S, n)``."""


@dataclass(frozen=True, eq=False)
class Single(Solved):
    """One setting, solved by the single calls that everybody may make."""

    places: Sequence[int]
    algorithm: Algorithm
    tasks: Tasks

    @cached_property
    def _fixed_point(self) -> tuple[Any, str]:
        try:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                theta = self.algorithm.fixed_point(self.tasks)
        except SingularError:
            return None, "singular"
        except ConvergenceError:
            return None, "diverged"
        rough = any(issubclass(each.category, IllConditionedWarning) for each in caught)
        return theta, "ill-conditioned" if rough else "ok"

    @property
    def status(self) -> str:  # type: ignore[override]
        """How it ended."""
        return self._fixed_point[1]

    @property
    def points(self) -> Any:
        return [self._fixed_point[0]]

    @cached_property
    def _field(self) -> AffineField | None:
        field: AffineField | None = _quietly(lambda: self.algorithm.field(self.tasks))
        return field

    def conditions(self) -> Sequence[float]:
        if self._field is None:
            return [nan]
        M = arrays.as_float(self._field.matrix)
        return [math.inf if self.status == "singular" else linalg.condition_number(M)]

    def outer(self) -> Sequence[tuple[float, float]]:
        return [_outer(self._field)]

    @cached_property
    def losses(self) -> Any:
        theta = self.points[0]
        return [None if theta is None else _quietly(lambda: adapted_losses(self.tasks, theta, self.algorithm.loop))]


@dataclass(frozen=True, eq=False)
class Joined(Solved):
    """Settings of one structure, solved together: the algorithm holds their numbers side by side.

    ``eigenvalues`` are those of the matrices where these are symmetric, ascending, else None.
    """

    places: Sequence[int]
    algorithm: Algorithm
    basis: Eigenbasis
    matrices: Array
    rhs: Array
    singular: Array
    eigenvalues: Array | None
    status = "ok"

    @cached_property
    def points(self) -> Any:
        return linalg.solve(self.matrices, self.rhs[..., None])[..., 0]

    def conditions(self) -> Sequence[float]:
        xp = arrays.namespace(self.singular)
        return _floats(xp.max(self.singular, axis=-1) / xp.min(self.singular, axis=-1))

    def outer(self) -> Sequence[tuple[float, float]]:
        if self.eigenvalues is None:
            return [_outer(AffineField(self.matrices[k, ...], self.rhs[k, :])) for k in range(len(self.places))]
        ends = (_floats(self.eigenvalues[:, end]) for end in (0, -1))
        return [_outer_of(low, high) for low, high in zip(*ends, strict=True)]

    @cached_property
    def losses(self) -> Any:
        return self.basis.losses(self.algorithm, self.points)


def _outer_of(low: float, high: float) -> tuple[float, float]:
    """The best step size and rate of a symmetric M with eigenvalues from low to high, which is well conditioned."""
    return (2 / (low + high), (high - low) / (high + low)) if low > 0 else (nan, nan)


def _outer(field: AffineField | None) -> tuple[float, float]:
    if field is None:
        return nan, nan
    try:
        lr = field.best_lr()
        return lr, field.rate(lr)
    except ConvergenceError:
        return nan, nan


def _quietly(call: Callable[[], Any]) -> Any:
    """What a single call returns; None where it refuses."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", IllConditionedWarning)
        try:
            return call()
        except (SingularError, ConvergenceError):
            return None


def _floats(x: Array) -> list[float]:
    return [float(each) for each in arrays.to_numpy(x)]


def solved(tasks: Tasks, algorithms: Sequence[Algorithm]) -> Iterator[Solved]:
    """The settings solved, in some order: first those that can be joined, then the others one by one."""
    alone, groups = list[int](), dict[Any, Group]()
    joins = type(tasks.support.curvature) is Dense and arrays.is_floating(tasks.support.linear)
    for place, algorithm in enumerate(algorithms):
        found = structure(algorithm) if joins else None
        if found is None:
            alone.append(place)
        else:
            group = groups.setdefault(found[0], Group(found[0], [], []))
            group.places.append(place)
            group.numbers.append(found[1])
    if len(algorithms) - len(alone) >= WORTH_JOINING:
        yield from _joined(tasks, list(groups.values()), alone)
    else:
        alone = list(range(len(algorithms)))
    for place in sorted(alone):
        yield Single([place], algorithms[place], tasks)


def _joined(tasks: Tasks, groups: list[Group], alone: list[int]) -> Iterator[Joined]:
    """The settings that can be joined, with as many terms as each needs; the places of the others go to ``alone``."""
    with arrays.quiet():
        basis = Eigenbasis.of(tasks)
    count, most = _terms(basis)
    levels = list[tuple[int, list[Row]]]()
    while groups and count <= most:
        unresolved = list[Group]()
        with arrays.quiet():
            nodes = Nodes.of(basis, count)
            made = list(resolved(basis, nodes, groups, alone, unresolved))
        if _pays(basis, count, sum(len(group.places) for group, _ in made)):
            levels.append((count, made))
        else:
            alone.extend(place for group, _ in made for place in group.places)
        # The price grows with the square of the terms where there is a split, so that more sizes are tried.
        groups, count = unresolved, 3 * count // 2 if basis.split else 2 * count
    alone.extend(place for group in groups for place in group.places)
    # Most terms first: the sums over tasks of fewer are part of theirs.
    for count, made in reversed(levels):
        for kind in (2, 3):
            pairs = [pair for pair in made if len(pair[1].coefficients) == kind]
            for kept in sorted({pair[1].coefficients[0].shape[-1] for pair in pairs}, reverse=True):
                same = [pair for pair in pairs if pair[1].coefficients[0].shape[-1] == kept]
                for block in blocks(same, max(1, AT_ONCE // (basis.rows.shape[-1] ** 2 + kept * count))):
                    with arrays.quiet():
                        parts = _together(basis, block, alone)
                    yield from parts


def _terms(basis: Eigenbasis) -> tuple[int, int]:
    """How many terms are tried first, and how many at most: the sums over tasks are that many matrices, or its square.

    256 MiB of them in double precision, and no more terms than pay.
    """
    d = basis.rows.shape[-1]
    return (8, min(128, math.isqrt(8 * AT_ONCE) // d)) if basis.split else (64, min(1024, 8 * AT_ONCE // d**2))


def _pays(basis: Eigenbasis, terms: int, settings: int) -> bool:
    """Whether sums over tasks with so many terms cost less than so many single calls, in products of numbers.

    A single call costs about 12 products of matrices for each task, and what four million products of numbers cost.
    """
    n, d = basis.values.shape
    sums = 2 * terms**2 if basis.split else terms
    return bool(sums * n * d**3 <= settings * (12 * n * d**3 + 4e6))


def _together(basis: Eigenbasis, block: list[Row], alone: list[int]) -> list[Joined]:
    """The settings of a block that are safe to join, solved; the places of the others are added to ``alone``."""
    whole = Expansion.stacked([expansion for _, expansion in block])
    M, v = whole.fields(basis)
    symmetric = [algorithm._is_gradient(basis.tasks) for algorithm in (group.algorithm(v) for group, _ in block)]
    parts, at = [], 0
    # Neighbours of one kind share the decompositions.
    for kind, members in groupby(zip(symmetric, block, strict=True), key=lambda pair: pair[0]):
        groups = [group for _, (group, _) in members]
        mine = slice(at, at + sum(len(group.places) for group in groups))
        parts += _checked(basis, groups, M[mine, ...], v[mine, :], whole.error[mine], kind, alone)
        at = mine.stop
    return parts


def _checked(
    basis: Eigenbasis, groups: list[Group], M: Array, v: Array, error: Array, symmetric: bool, alone: list[int]
) -> list[Joined]:
    """The settings of some groups that are safe to join, given their fields side by side."""
    xp = arrays.namespace(v)
    finite = xp.all(xp.isfinite(v), axis=-1) & xp.all(xp.isfinite(M), axis=(-2, -1))
    M = xp.where(finite[:, None, None], M, xp.zeros_like(M))
    M = (M + xp.matrix_transpose(M)) / 2 if symmetric else M
    eigenvalues = xp.linalg.eigvalsh(M) if symmetric else None
    singular = xp.linalg.svdvals(M) if eigenvalues is None else xp.abs(eigenvalues)
    safe, found, at = _safe(singular, error), [], 0
    for group in groups:
        keep = [k for k in range(len(group.places)) if safe[at + k]]
        alone.extend(place for k, place in enumerate(group.places) if not safe[at + k])
        if keep:
            chosen = [None if x is None else taken(x, [at + k for k in keep]) for x in (M, v, singular, eigenvalues)]
            part = group.part(keep)
            found.append(Joined(part.places, part.algorithm(v), basis, *chosen))
        at += len(group.places)
    return found


def _safe(singular: Array, error: Array) -> list[bool]:
    """Whether rounding errors, as far as they are known, leave the fixed point its digits."""
    xp = arrays.namespace(singular)
    least, most = xp.min(singular, axis=-1), xp.max(singular, axis=-1)
    eps = arrays.epsilon(singular)
    bound = eps * min(FEW_DIGITS, arrays.ill_conditioned(singular))
    return [bool(each) for each in arrays.to_numpy(error + eps * most < bound * least)]
