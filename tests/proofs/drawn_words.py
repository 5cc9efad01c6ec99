"""Random pairs of rational expressions of matrices, many of them equal by known identities, for the words engine.

An expression is a tree: the name of a letter, a number, or a tuple of an operation and its operands. A pair is an
expression and what becomes of it by laws applied at random places; then perhaps a mistake is made in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from quadmaml.errors import SingularError
from quadmaml.proofs.identity import identity_test
from quadmaml.proofs.letters import Letters, function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.words import prove_equal

LETTERS: Letters = {
    "A": symmetric(),
    "B": symmetric(),
    "M": matrix(),
    "P": function_of("A"),
    "t": scalar(),
    "u": vector(),
    "v": vector(),
}
LEAVES = ("A", "A", "B", "B", "M", "P")
Tree = Any


def evaluated(tree: Tree, letters: dict[str, Any]) -> Any:
    """The value of a tree."""
    if isinstance(tree, str):
        return letters[tree]
    if isinstance(tree, int):
        return letters["A"] ** 0 * tree
    kind, *parts = tree
    x, *rest = (evaluated(part, letters) for part in parts)
    if kind == "row":
        return letters["u"].T @ x @ letters["v"]
    if kind == "column":
        return x @ letters["u"]
    if kind == "scaled":
        return letters["t"] * x
    if kind == "inverse":
        return x.inverse()
    if kind == "transpose":
        return x.T
    return x + rest[0] if kind == "+" else x - rest[0] if kind == "-" else x * rest[0]


def formula(tree: Tree) -> Callable[..., Any]:
    """A tree as a formula."""
    return lambda **letters: evaluated(tree, letters)


def drawn(rng: Random, depth: int) -> Tree:
    """A random expression."""
    if depth == 0 or rng.random() < 0.12:
        return rng.choice(LEAVES) if rng.random() < 0.93 else rng.choice([1, 2, -1])
    kind = rng.choice(["+", "+", "-", "*", "*", "*", "inverse", "inverse", "transpose", "scaled"])
    if kind in ("inverse", "transpose", "scaled"):
        return (kind, drawn(rng, depth - 1))
    return (kind, drawn(rng, depth - 1), drawn(rng, depth - 1))


def inv(x: Tree) -> Tree:
    return ("inverse", x)


def times(*factors: Tree) -> Tree:
    first, *rest = factors
    for each in rest:
        first = ("*", first, each)
    return first


def laws(x: Tree, y: Tree) -> Iterator[tuple[Tree, Tree]]:
    """Pairs of equal expressions; the first of each is what an expression may look like, or x itself."""
    yield ("+", x, y), ("+", y, x)
    yield inv(("*", x, y)), times(inv(y), inv(x))
    yield ("transpose", ("*", x, y)), ("*", ("transpose", y), ("transpose", x))
    yield ("transpose", inv(x)), inv(("transpose", x))
    yield ("+", inv(x), inv(y)), times(inv(x), ("+", x, y), inv(y))
    yield inv(("+", inv(x), inv(y))), times(x, inv(("+", x, y)), y)
    yield times(x, inv(("+", x, y)), y), times(y, inv(("+", x, y)), x)
    yield ("-", inv(x), inv(y)), times(inv(x), ("-", y, x), inv(y))
    yield inv(("+", x, y)), ("-", inv(x), times(inv(x), y, inv(("+", x, y))))
    yield inv(("+", 1, ("*", x, y))), ("-", 1, times(x, inv(("+", 1, ("*", y, x))), y))
    yield times(inv(("+", 1, ("*", x, y))), x), times(x, inv(("+", 1, ("*", y, x))))


def temptations(x: Tree, y: Tree) -> Iterator[tuple[Tree, Tree]]:
    """Pairs of expressions that are equal for some matrices only, such as those that commute."""
    yield ("*", x, y), ("*", y, x)
    yield inv(("*", x, y)), times(inv(x), inv(y))
    yield ("transpose", ("*", x, y)), ("*", ("transpose", x), ("transpose", y))
    yield inv(("+", x, y)), ("+", inv(x), inv(y))
    yield times(x, inv(("+", x, y)), y), times(x, y, inv(("+", x, y)))
    yield inv(("+", 1, ("*", x, y))), inv(("+", 1, ("*", y, x)))
    yield ("transpose", x), x
    yield ("transpose", times(x, y, x)), times(x, y, x)


def introductions(x: Tree, y: Tree) -> Iterator[Tree]:
    """Other ways to write x."""
    yield inv(inv(x))
    yield times(x, inv(y), y)
    yield ("-", ("+", x, y), y)
    yield ("+", times(x, inv(("+", x, y)), x), times(x, inv(("+", x, y)), y))
    # Hua's identity for x = y^-1 (y x y) y^-1, read backwards
    yield times(inv(y), ("-", y, inv(("+", inv(y), inv(("-", inv(x), y))))), inv(y))


def rewritten(rng: Random, tree: Tree) -> Tree:
    """The same matrix, written in another way at one random place."""
    if isinstance(tree, tuple) and rng.random() < 0.6:
        k = rng.randrange(1, len(tree))
        return (*tree[:k], rewritten(rng, tree[k]), *tree[k + 1 :])
    if isinstance(tree, tuple):
        found = [other for one, other in _instances(tree) if one == tree]
        if tree[0] == "*" and rng.random() < 0.5:
            found += list(_distributed(tree))
        if found:
            return rng.choice(found)
    return rng.choice(list(introductions(tree, drawn(rng, 1))))


def _instances(tree: Tree) -> Iterator[tuple[Tree, Tree]]:
    """The laws, with the parts of a tree for x and y."""
    parts = list(_parts(tree))[:12]
    for x in parts:
        for y in parts:
            for one, other in laws(x, y):
                yield one, other
                yield other, one


def _parts(tree: Tree) -> Iterator[Tree]:
    yield tree
    if isinstance(tree, tuple):
        for part in tree[1:]:
            yield from _parts(part)


def _distributed(tree: Tree) -> Iterator[Tree]:
    _, left, right = tree
    if isinstance(right, tuple) and right[0] in "+-":
        yield (right[0], ("*", left, right[1]), ("*", left, right[2]))
    if isinstance(left, tuple) and left[0] in "+-":
        yield (left[0], ("*", left[1], right), ("*", left[2], right))


def mistaken(rng: Random, tree: Tree) -> Tree:
    """A tree with one mistake."""
    if isinstance(tree, tuple) and rng.random() < 0.75:
        k = rng.randrange(1, len(tree))
        return (*tree[:k], mistaken(rng, tree[k]), *tree[k + 1 :])
    if isinstance(tree, tuple) and tree[0] in "+-*":
        return rng.choice([(tree[0], tree[2], tree[1]), ("*-+"["+*-".index(tree[0])], *tree[1:])])
    return tree[1] if isinstance(tree, tuple) else ("transpose", tree) if tree == "M" else rng.choice(LEAVES)


def pair(rng: Random) -> tuple[Tree, Tree]:
    """Two expressions: equal ones, ones that differ by a mistake, unrelated ones."""
    kind = rng.choice(["law", "law", "law", "chain", "chain", "temptation", "unrelated"])
    if kind in ("law", "temptation"):
        x, y = drawn(rng, rng.choice([1, 2, 2])), drawn(rng, rng.choice([0, 1, 2]))
        tree, other = rng.choice(list((laws if kind == "law" else temptations)(x, y)))
        tree, other = _in_context(rng, tree, other)
    else:
        tree = other = drawn(rng, rng.choice([3, 4]) if kind == "chain" else 2)
        for _ in range(rng.choice([1, 2])):
            other = rewritten(rng, other)
    if kind == "unrelated":
        other = drawn(rng, 2)
    elif kind != "temptation" and rng.random() < 0.3:
        other = mistaken(rng, other)
    form = rng.choice(["matrix", "matrix", "matrix", "row", "column"])
    return (tree, other) if form == "matrix" else ((form, tree), (form, other))


def _in_context(rng: Random, tree: Tree, other: Tree) -> tuple[Tree, Tree]:
    """Both within one larger expression, and one of them rewritten once more."""
    for _ in range(rng.choice([0, 1, 2])):
        kind, beside = rng.choice("+-*i"), drawn(rng, 1)
        if kind == "i":
            tree, other = inv(tree), inv(other)
        elif rng.random() < 0.5:
            tree, other = (kind, tree, beside), (kind, other, beside)
        else:
            tree, other = (kind, beside, tree), (kind, beside, other)
    return (tree, rewritten(rng, other)) if rng.random() < 0.3 else (tree, other)


def is_true(one: Tree, other: Tree, dim: int = 4, seed: int = 0) -> bool | None:
    """Whether two expressions are equal modulo a prime; None where something is singular."""
    try:
        return identity_test(formula(one), formula(other), LETTERS, dim, seed=seed, redraws=3).equal
    except SingularError:
        return None


def is_proved(one: Tree, other: Tree) -> bool:
    """Whether the words engine proves two expressions equal."""
    return prove_equal(formula(one), formula(other), LETTERS).proved
