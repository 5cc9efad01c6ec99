"""Formulas, true and false ones, and random ones, for the tests of the rings."""

from __future__ import annotations

from itertools import permutations
from random import Random
from typing import Any

from quadmaml.proofs.letters import function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, inverse, jacobian

AB = {"A": symmetric(), "B": symmetric()}
ABuv = {**AB, "u": vector(), "v": vector()}
ABCD = {name: symmetric() for name in "ABCD"}


def standard_identity(A: Any, B: Any, C: Any, D: Any) -> Any:
    """``s_4``, the signed sum over orders of four factors: zero for 2 x 2 matrices and smaller (Amitsur, Levitzki)."""
    total = 0
    for order in permutations(range(4)):
        odd = sum(order[i] > order[j] for i in range(4) for j in range(i + 1, 4)) % 2
        a, b, c, d = ((A, B, C, D)[i] for i in order)
        total = total + (-1) ** odd * a * b * c * d
    return total


def weight(A: Any, al: Any) -> Any:
    return A * (1 - al * A) ** 2


def loss_at_the_fixed_point(A: Any, B: Any, u: Any, v: Any, al: Any) -> Any:
    X, Y = weight(A, al), weight(B, al)
    theta = inverse(X + Y) * (X * u + Y * v)
    return ((theta - u).T * X * (theta - u) + (theta - v).T * Y * (theta - v)) / 2


def parallel_sum(A: Any, B: Any, u: Any, v: Any, al: Any) -> Any:
    X, Y = weight(A, al), weight(B, al)
    return (u - v).T * X * inverse(X + Y) * Y * (u - v) / 2


def harmonic(A: Any, B: Any, u: Any, v: Any, al: Any) -> Any:
    X, Y = weight(A, al), weight(B, al)
    return (u - v).T * inverse(inverse(X) + inverse(Y)) * (u - v) / 2


LOSS = {**ABuv, "al": scalar()}

# Name: left-hand side, right-hand side, letters
TRUE = {
    "transposes": (lambda A, B: (A * B).T, lambda A, B: B * A, AB),
    "loss": (loss_at_the_fixed_point, parallel_sum, LOSS),
    "harmonic": (parallel_sum, harmonic, LOSS),
    "parallel sum": (lambda A, B: A * inverse(A + B) * B, lambda A, B: B * inverse(A + B) * A, AB),
    "Woodbury": (
        lambda A, u, v: inverse(A + u * v.T),
        lambda A, u, v: inverse(A) - inverse(A) * u * v.T * inverse(A) / (1 + v.T * inverse(A) * u),
        {"A": matrix(), "u": vector(), "v": vector()},
    ),
    "commuting": (lambda A, P: A * P - P * A, 0, {"A": symmetric(), "P": function_of("A")}),
    "gradient": (
        lambda A, P, u, v: gradient(lambda x: (P * (x - u)).T * A * P * (x - u) / 2, v),
        lambda A, P, u, v: A * P * P * (v - u),
        {"A": symmetric(), "P": function_of("A"), "u": vector(), "v": vector()},
    ),
    "jacobian": (
        lambda A, u, v, al: jacobian(lambda x: x - al * gradient(lambda y: (y - u).T * A * (y - u) / 2, x), v),
        lambda A, al: 1 - al * A,
        {"A": symmetric(), "u": vector(), "v": vector(), "al": scalar()},
    ),
    "tuple": (lambda A, u: (A - A, u.T * A, 3), lambda A, u: (0, (A * u).T, 3), ABuv),
}

# Name: left-hand side, right-hand side, letters, the smallest dimension where it is false
FALSE = {
    "s4": (standard_identity, 0, ABCD, 3),
    "order": (lambda A, B: A * B * inverse(A + B), lambda A, B: A * inverse(A + B) * B, AB, 2),
    "commuting": (lambda A, B: A * B, lambda A, B: B * A, AB, 2),
    "general": (lambda M: M.T * M, lambda M: M * M.T, {"M": matrix()}, 2),
    "midpoint": (
        lambda A, B, u, v: (u - v).T * (A + B) * (u - v) / 8,
        lambda A, B, u, v: (u - v).T * A * inverse(A + B) * B * (u - v) / 2,
        ABuv,
        1,
    ),
    "exponent": (
        lambda A, al: A * (1 - al * A) ** 2,
        lambda A, al: A * (1 - al * A) ** 3,
        {"A": symmetric(), "al": scalar()},
        1,
    ),
    "other letter": (lambda A, B, P: P * B - B * P, 0, {**AB, "P": function_of("A")}, 2),
    "gradient": (
        lambda A, u, v: gradient(lambda x: (x - u).T * A * (x - u), v),
        lambda A, u, v: A * (v - u),
        {"A": matrix(), "u": vector(), "v": vector()},
        1,
    ),
    "second part": (lambda A, u: (A, A * u), lambda A, u: (A, u), ABuv, 1),
    "numbers": (lambda A: 2, lambda A: 3, AB, 1),
}


def random_expression(rng: Random, leaves: dict[str, Any], depth: int) -> Any:
    """A random matrix expression of matrices and numbers, as a function of the letters."""
    if depth == 0 or rng.random() < 0.15:
        name = rng.choice(list(leaves))
        return lambda letters: letters[name]
    kind = rng.choice("++**-ittn^")
    left, right = (random_expression(rng, leaves, depth - 1) for _ in range(2))
    number = rng.choice([2, 3, -1])
    return {
        "+": lambda letters: left(letters) + right(letters),
        "-": lambda letters: left(letters) - right(letters),
        "*": lambda letters: left(letters) * right(letters),
        "i": lambda letters: inverse(left(letters)),
        "t": lambda letters: left(letters).T,
        "n": lambda letters: number - left(letters) / 3,
        "^": lambda letters: left(letters) ** 2,
    }[kind]
