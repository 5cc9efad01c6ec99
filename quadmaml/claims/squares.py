"""A reason for an inequality, looked for among sums of terms that are nonnegative by how they are written.

Candidates are ``X.T @ P @ X`` with P a positive part of the formula, an assumption, or ``inverse(P + Q)`` of two such
parts, and X a part of the formula, a difference of two, or an assumption times one. Floating point finds which of them,
times positive rationals, add up to ``right - left`` at random instances; whether they do is then shown exactly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import combinations
from typing import Any

import numpy as np

from quadmaml.proofs.fields import fraction_of

from .certificates import Signs
from .domains import Domain
from .trees import Tree, as_tree

__all__ = ["sum_of_squares"]

PARTS, POSITIVE_PARTS, FACTORS = 10, 14, 70
SIZES = (40, 300, 1500)
"""How many candidates to try first, then, and at most; the last for matrices only, for a number is one equation."""
ENTRIES = 15


def sum_of_squares(gap: Tree, domains: Mapping[str, Domain], assumed: Sequence[tuple[Tree, bool]]) -> Tree | None:
    """A sum of nonnegative terms that seems to equal ``gap``; None where none was found."""
    candidates = _candidates(gap, domains, Signs(domains, assumed))
    entries = 1 if gap.shaped == "scalar" else ENTRIES
    for size in SIZES if gap.shaped == "matrix" else SIZES[:-1]:
        tried = candidates[:size]
        # More equations than unknowns, or anything would fit.
        rows = [_at(k, gap, tried, domains) for k in range(10 + 3 * len(tried) // (2 * entries))]
        found = _combined(*map(np.concatenate, zip(*rows, strict=True))) if tried else None
        if found is not None:
            # Each is nonnegative by how it was made; the rules have to see it again.
            terms = tuple(tried[i] if c == 1 else as_tree(c) * tried[i] for i, c in found)
            return Tree("sum", terms, gap.shaped)
        if size >= len(candidates):
            break
    return None


# Candidates


def _candidates(gap: Tree, domains: Mapping[str, Domain], signs: Signs) -> list[Tree]:
    parts = _of_shape(gap, "matrix")
    letters = [part for part in parts if part.kind == "letter"]
    assumed = [tree for tree, _ in signs.assumed if tree.shaped == "matrix"]
    inverted = [part.parts[0] for part in _walk(gap) if part.kind == "inverse" and part.shaped == "matrix"]
    likely = _distinct([*assumed, *_steps(domains), *inverted[:2], *parts])
    positive = [part for part in likely if signs.sign(part)][:POSITIVE_PARTS]
    inverses = [each.inverse() for each in letters if signs.sign(each)]
    pairs = [(p + q).inverse() for p, q in combinations([*inverses, *positive[:4]], 2)]
    middles = [None, *_distinct([*positive, *inverses, *pairs])]
    if gap.shaped == "scalar":
        some = _distinct([*_of_shape(gap, "vector")[:6], *_solutions(gap)[:2]])
        moved = [X * v for v in some[:3] for X in [*letters, *inverses]]
        factors: list[Tree | None] = [*some, *_differences([*some, *moved])]
    else:
        moved = [D * X for D in assumed[:2] for X in [*parts, *inverses]]
        factors = [None, *parts, *moved, *_differences([*parts, *inverses])]
    made = [term for X in factors[:FACTORS] for P in middles if (term := _congruence(X, P)) is not None]
    columns = _of_shape(gap, "vector")
    columns += [as_tree(Fraction(1, len(each.parts))) * each for each in columns if each.kind == "sum"]
    # How far a column is from what solves a system, in the metric of its matrix, is where a minimum comes from.
    distances = [
        term
        for w in _solutions(gap)[:2]
        for v in columns
        for P in _distinct(inverted)[:2]
        if signs.sign(P)
        for term in ((v - w).T * P * (v - w), (v + w).T * P * (v + w))
    ]
    numbers = [part for part in _of_shape(gap, "scalar") if part.letters and signs.sign(part)]
    return distances + sorted(
        _distinct([*made, *(numbers if gap.shaped == "scalar" else ())]), key=lambda tree: len(tree.key)
    )


def _steps(domains: Mapping[str, Domain]) -> list[Tree]:
    """What is positive because of a step size."""
    from .certificates import tree_letters

    letters = tree_letters(domains)
    shares = [letters[name] * letters[each] for name, domain in domains.items() for each in domain.below]
    return [term for share in shares for term in (share, 1 - share, share * (1 - share))]


def _congruence(X: Tree | None, P: Tree | None) -> Tree | None:
    if X is None:
        return P
    return X.T * X if P is None else X.T * P * X


def _of_shape(tree: Tree, shape: str) -> list[Tree]:
    """The parts of a formula that have a shape, small ones first."""
    found = [part for part in _walk(tree) if part.shaped == shape and part.letters]
    return sorted(_distinct(found), key=lambda part: len(part.key))[:PARTS]


def _walk(tree: Tree) -> Iterable[Tree]:
    for part in tree.parts:
        if isinstance(part, Tree):
            yield part
            yield from _walk(part)


def _solutions(tree: Tree) -> list[Tree]:
    """Columns that solve a system, small ones first."""
    found = []
    for part in _walk(tree):
        places = [k for k, each in enumerate(part.parts) if isinstance(each, Tree) and each.kind == "inverse"]
        if part.kind == "product" and part.shaped == "vector" and places:
            solved, *rest = part.parts[places[-1] :]
            for each in rest:
                solved = solved * each
            found.append(solved)
    return sorted(_distinct(found), key=lambda part: len(part.key))


def _differences(parts: Sequence[Tree]) -> list[Tree]:
    return [p - q for p, q in combinations(_distinct(parts), 2)]


def _distinct(trees: Iterable[Tree]) -> list[Tree]:
    return list({tree.key: tree for tree in trees}.values())


# Numbers


def _at(seed: int, gap: Tree, candidates: Sequence[Tree], domains: Mapping[str, Domain]) -> tuple[Any, Any]:
    """The entries of the gap and of all candidates at a random instance."""
    rng, dim = np.random.default_rng(seed), 5 + seed % 2 if gap.shaped == "matrix" else 2 + seed % 3
    values: dict[str, Any] = {}
    for name, domain in domains.items():
        drawn = rng.normal(size=(dim, dim))
        if domain.constant is not None:
            continue
        if domain.kind in ("spd", "symmetric"):
            values[name] = drawn @ drawn.T / dim + np.eye(dim) if domain.kind == "spd" else drawn + drawn.T
        elif domain.kind in ("matrix", "vector"):
            values[name] = drawn if domain.kind == "matrix" else drawn[:, :1]
        else:
            values[name] = abs(float(drawn[0, 0]))
    known: dict[str, Any] = {}
    read = [_flat(_value(tree, values, known, dim), dim, gap.shaped) for tree in (gap, *candidates)]
    return read[0], np.stack(read[1:], axis=1) if candidates else np.zeros((len(read[0]), 0))


def _flat(value: Any, dim: int, shape: str) -> Any:
    if shape == "scalar":
        return np.asarray([float(np.asarray(value).reshape(()))])
    whole = value if isinstance(value, np.ndarray) else value * np.eye(dim)
    return whole[_upper(dim)]


@cache
def _upper(dim: int) -> Any:
    return np.triu_indices(dim)


def _value(tree: Tree, values: Mapping[str, Any], known: dict[str, Any], dim: int) -> Any:
    if tree.key not in known:
        known[tree.key] = _computed(tree, values, known, dim)
    return known[tree.key]


def _computed(tree: Tree, values: Mapping[str, Any], known: dict[str, Any], dim: int) -> Any:
    """A tree in floating point: numbers are floats, columns have one column."""
    if tree.kind in ("letter", "turned"):
        value = values[tree.parts[0]]
        return value.T if tree.kind == "turned" else value
    if tree.kind == "number":
        return float(tree.parts[0])
    read = [_value(part, values, known, dim) if isinstance(part, Tree) else part for part in tree.parts]
    if tree.kind == "inverse":
        return np.linalg.inv(read[0]) if isinstance(read[0], np.ndarray) else 1 / read[0]
    if tree.kind == "power":
        return np.linalg.matrix_power(*read) if isinstance(read[0], np.ndarray) else read[0] ** read[1]
    if tree.kind == "sum":
        square = tree.shaped == "matrix"
        return sum(x if isinstance(x, np.ndarray) or not square else x * np.eye(dim) for x in read)
    if tree.kind != "product":
        raise NotImplementedError(tree.kind)
    total = read[0]
    for each in read[1:]:
        both = isinstance(total, np.ndarray) and isinstance(each, np.ndarray)
        total = total @ each if both else total * each
    return float(total[0, 0]) if tree.shaped == "scalar" and isinstance(total, np.ndarray) else total


def _combined(target: Any, columns: Any) -> list[tuple[int, Fraction]] | None:
    """Positive rationals with which some columns add up to the target, roughly; None where there are none."""
    from scipy.optimize import nnls

    sizes = np.linalg.norm(columns, axis=0)
    if not columns.size or not np.isfinite(columns).all() or not sizes.all():
        sizes = np.where(sizes > 0, sizes, 1.0)
    weights, error = nnls(columns / sizes, target, maxiter=20 * columns.shape[1] + 100)
    if error > 1e-7 * (np.linalg.norm(target) or 1.0):
        return None
    shares = [(i, fraction_of(Fraction(float(w)).limit_denominator(720))) for i, w in enumerate(weights / sizes)]
    return [(i, share) for i, share in shares if share > 0] or None
