"""A table of calls that must be refused, filled by ``refused_data`` and ``refused_methods``, and what rows share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy

import quadmaml as qm

NAN, INF = math.nan, math.inf
q = Fraction


@dataclass(frozen=True)
class Bad:
    """A call that must raise the error, with one line that has all the words: argument, what is wrong, what is right.

    ``needs`` names an optional package that the call imports.
    """

    title: str
    call: Callable[[], Any]
    words: tuple[str, ...]
    error: type[Exception] = qm.InputError
    needs: str = "numpy"


ROWS: list[Bad] = []


def bad(
    title: str, call: Callable[[], Any], *words: str, error: type[Exception] = qm.InputError, needs: str = "numpy"
) -> None:
    ROWS.append(Bad(title, call, words, error, needs))


def f1(number: Callable[[float], Any] = float) -> qm.Quadratic:
    """``x^2 - x``."""
    return qm.Quadratic([[number(2)]], [number(1)])


def f2() -> qm.Quadratic:
    return qm.Quadratic(np.eye(2), np.zeros(2))


def pair(number: Callable[[float], Any] = float) -> qm.Tasks:
    """Two tasks in one dimension, of curvature 1 and 3, with optima 0 and 4."""
    return qm.Tasks.from_minimizers([[[number(1)]], [[number(3)]]], [[number(0)], [number(4)]])


def plane() -> qm.Tasks:
    return qm.Tasks.from_minimizers([np.eye(2), 2 * np.eye(2)], [[0.0, 1.0], [4.0, 0.0]])


def gd() -> qm.GradientDescent:
    return qm.GradientDescent(0.1, 2)


def field() -> qm.AffineField:
    return qm.AffineField([[2.0]], [1.0])


def half() -> qm.AffineMap:
    return qm.AffineMap([[0.5]], [1.0])


def strict(x: Any, device: str = "CPU_DEVICE") -> Any:
    import array_api_strict as xs

    return xs.asarray(x, dtype=xs.float64, device=xs.Device(device))


def torch(x: Any, kind: str = "float64") -> Any:
    import torch as library

    return library.asarray(x, dtype=getattr(library, kind))


def jax(x: Any) -> Any:
    import jax.numpy

    return jax.numpy.asarray(x)


def fmpq(x: int) -> Any:
    import flint

    return flint.fmpq(x)


def arb(x: int) -> Any:
    import flint

    return flint.arb(x)


def symbolic(hessian: Any) -> qm.Tasks:
    """One task in two dimensions with the optimum (1, 2)."""
    rows = np.array([[sympy.sympify(entry) for entry in row] for row in hessian], dtype=object)
    return qm.Tasks.from_minimizers(rows[None], [[sympy.Integer(1), sympy.Integer(2)]])


class Doubling(qm.InnerLoop):
    """No inner loop: its p(0) is 2."""

    def residual(self, x: Any) -> Any:
        return 2 - x


def split() -> qm.Tasks:
    """One task whose query curvature does not commute with its support curvature."""
    support = qm.Quadratic([[[1.0, 0.0], [0.0, 3.0]]], [[1.0, 0.0]])
    return qm.Tasks(support, qm.Quadratic([[[1.0, 0.5], [0.5, 2.0]]], [[1.0, 0.0]]))
