"""Floating-point matrices, columns, rows and numbers as elements: a ring apart from those that the library ships."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from quadmaml.proofs.letters import Letter
from quadmaml.proofs.ring import Element

KINDS = {(1, 1): "matrix", (1, 0): "vector", (0, 1): "covector", (0, 0): "scalar"}
DIM = 4


@dataclass(frozen=True, eq=False)
class Number(Element):
    """A NumPy array of two axes, each of length d or 1, and which of them stand for coordinates."""

    array: Any
    axes: tuple[int, int]

    @property
    def shape(self):
        return KINDS[self.axes]

    def is_zero(self):
        return bool(np.all(np.abs(self.array) < 1e-12))

    @property
    def T(self):
        return Number(self.array.T, self.axes[::-1])

    def _plus(self, other):
        matrix = (1, 1) in (self.axes, other.axes)
        left, right = (x.array * np.eye(DIM) if matrix and x.axes == (0, 0) else x.array for x in (self, other))
        assert matrix or self.axes == other.axes
        return Number(left + right, (1, 1) if matrix else self.axes)

    def _shifted(self, number):
        return self if self.axes in ((1, 0), (0, 1)) and number == 0 else self._plus(_number(number))

    def _scaled(self, number):
        return Number(self.array * float(number), self.axes)

    def _times(self, other):
        if (0, 0) in (self.axes, other.axes):
            return Number(self.array * other.array, other.axes if self.axes == (0, 0) else self.axes)
        assert self.axes[1] == other.axes[0]
        return Number(self.array @ other.array, (self.axes[0], other.axes[1]))

    def _one(self):
        return Number(np.eye(len(self.array)), self.axes)

    def inverse(self):
        return Number(np.linalg.inv(self.array), self.axes)

    def exp(self):
        raise NotImplementedError

    def gradient_of(self, function: Callable[[Any], Any]):
        return Number(np.array([[self._slope(function, k)] for k in range(DIM)]).reshape(DIM, 1), (1, 0))

    def jacobian_of(self, function: Callable[[Any], Any]):
        return Number(np.hstack([self._slope(function, k) for k in range(DIM)]), (1, 1))

    def _slope(self, function, k):
        """The central difference along axis k with the step 1: exact for polynomials of degree 2, up to rounding."""
        unit = Number(np.eye(DIM)[:, k : k + 1], (1, 0))
        return ((function(self + unit) - function(self - unit)) / 2).array


def _number(value: Any) -> Number:
    return Number(np.array([[float(value)]]), (0, 0))


def drawn(letters: Mapping[str, Letter], rng: np.random.Generator) -> dict[str, Number]:
    """Well-conditioned random values: symmetric matrices near the identity, functions of them as polynomials."""
    made: dict[str, Number] = {}
    for name, letter in letters.items():
        if letter.shape == "scalar":
            made[name] = _number(rng.uniform(0.2, 0.8))
        elif letter.shape == "vector":
            made[name] = Number(rng.normal(size=(DIM, 1)), (1, 0))
        elif letter.function_of is None:
            G = rng.normal(size=(DIM, DIM)) / (4 * DIM**0.5)
            made[name] = Number(np.eye(DIM) + (G + G.T if letter.symmetric else G), (1, 1))
    for name, letter in letters.items():
        if letter.function_of is not None:
            A = made[letter.function_of].array
            made[name] = Number(sum(rng.uniform(0.2, 1) * np.linalg.matrix_power(A, k) for k in range(3)) / 3, (1, 1))
    return made
