"""What is refused, and how: one table of bad inputs, and a check that it reaches every ``raise`` of the core."""

from __future__ import annotations

import ast
import math
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml.affine import Augmented, generator
from quadmaml.curvature import Dense
from quadmaml.linalg import minimum_norm_solution

from .backends import need

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


# Arrays: shapes, values, kinds of numbers

bad("not square", lambda: qm.Quadratic([[1.0, 0.0]], [1.0]), "hessian", "(1, 2)", "square matrices (..., d, d)")
bad("a number", lambda: qm.Quadratic(2.0, [1.0]), "hessian", "shape ()", "square")
bad("d = 0", lambda: qm.Quadratic(np.zeros((0, 0)), np.zeros(0)), "hessian", "(0, 0)", "d >= 1")
bad("vector too long", lambda: qm.Quadratic(np.eye(2), np.zeros(3)), "linear", "(3,)", "expected (2,)")
bad("vector too deep", lambda: qm.Quadratic(np.eye(2), np.zeros((2, 2))), "linear", "(2, 2)", "expected (2,)")
bad("constants without a batch", lambda: qm.Quadratic([[1.0]], [1.0], [1.0, 2.0]), "constant", "(2,)", "expected ()")
bad(
    "constants beside a batch",
    lambda: qm.Quadratic(np.ones((2, 1, 1)), np.ones((2, 1)), [1.0, 2.0, 3.0]),
    "constant",
    "(3,)",
    "expected () or (2,)",
)
bad("nan", lambda: qm.Quadratic([[NAN]], [1.0]), "hessian", "nan", "expected finite numbers")
bad("inf", lambda: qm.Quadratic([[INF]], [1.0]), "hessian", "infinite", "expected finite numbers")
bad("nan in the vector", lambda: qm.Quadratic([[1.0]], [NAN]), "linear", "nan", "finite")
bad("nan constant", lambda: qm.Quadratic([[1.0]], [1.0], NAN), "constant", "nan", "finite")
bad("complex", lambda: qm.Quadratic([[1.0 + 1j]], [1.0]), "hessian", "complex128", "real floating")
bad("complex vector", lambda: qm.Quadratic([[1.0]], [1j]), "linear", "complex128", "real floating")
bad("integer array", lambda: qm.Quadratic(np.array([[1]]), np.array([1])), "hessian", "integers", "Fraction(1)")
bad("integer list", lambda: qm.Quadratic([[1]], [1]), "hessian", "integers", "write 1.0")
bad("integers beside floats", lambda: qm.Quadratic([[1.0]], [1]), "linear", "integers", "write 1.0")
bad("integer array beside floats", lambda: qm.Quadratic(np.eye(1), np.array([1])), "linear", "integers", "write 1.0")
bad("booleans", lambda: qm.Quadratic([[True]], [True]), "hessian", "bool", "real floating")
bad("a boolean constant", lambda: qm.Quadratic([[1.0]], [1.0], True), "constant", "bool", "real floating")
bad("a string", lambda: qm.Quadratic("hessian", [1.0]), "hessian", "<U7", "real floating")
bad("strings", lambda: qm.Quadratic([["a"]], [1.0]), "hessian", "<U1", "real floating")
bad("None", lambda: qm.Quadratic(None, [1.0]), "hessian", "None", "expected real numbers")
bad("None for the vector", lambda: qm.Quadratic([[1.0]], None), "linear", "None", "expected real numbers")
bad("a dictionary", lambda: qm.Quadratic({}, [1.0]), "hessian", "{}", "expected real numbers")
bad("dates", lambda: qm.Quadratic(np.array([["2026-01-01"]], "M8[D]"), [1.0]), "hessian", "datetime", "real")
bad("ragged", lambda: qm.Quadratic([[1.0, 2.0], [3.0]], [1.0, 1.0]), "hessian", "ragged", "rows of one length")
bad("asymmetric", lambda: qm.Quadratic([[1.0, 2.0], [0.0, 3.0]], [1.0, 1.0]), "hessian", "not symmetric", "A.T")
bad(
    "asymmetric in the last digits",
    lambda: qm.Quadratic([[1.0, 2.0], [2.0 + 1e-11, 3.0]], [1.0, 1.0]),
    "hessian",
    "not symmetric",
)
bad(
    "asymmetric and exact",
    lambda: qm.Quadratic([[q(1), q(1)], [q(10**30 + 1, 10**30), q(3)]], [q(1), q(1)]),
    "hessian",
    "not symmetric",
)
bad("float16", lambda: qm.Quadratic(np.eye(1, dtype="f2"), np.ones(1, "f2")), "hessian", "float16", "32 or 64 bits")
bad("long double", lambda: qm.Quadratic(np.eye(1, dtype="g"), np.ones(1, "g")), "hessian", "float", "32 or 64 bits")
bad("f32 beside f64", lambda: qm.Quadratic(np.eye(1), np.ones(1, "f4")), "linear", "float32", "expected float64")
bad("f32 point", lambda: f1()(np.ones(1, "f4")), "x", "float32", "expected float64")
bad("NumPy beside strict", lambda: qm.Quadratic(strict([[1.0]]), np.ones(1)), "linear", "numpy", "array_api_strict")
bad(
    "two devices",
    lambda: qm.Quadratic(strict([[1.0]]), strict([1.0], "device1")),
    "linear",
    "device1",
    "expected",
    "CPU_DEVICE",
)
bad(
    "NumPy beside torch",
    lambda: qm.Quadratic(np.eye(1), torch([1.0])),
    *("linear", "torch", "expected numpy"),
    needs="torch",
)
bad("torch beside jax", lambda: f1()(torch([1.0])), "x", "torch", "expected numpy", needs="torch")
bad(
    "jax beside torch",
    lambda: qm.Quadratic(torch([[1.0]]), jax([1.0])),
    *("linear", "jax", "expected torch"),
    needs="jax",
)
bad(
    "torch, two dtypes",
    lambda: qm.Quadratic(torch([[1.0]], "float32"), torch([1.0])),
    *("linear", "float64", "expected torch.float32"),
    needs="torch",
)
bad(
    "bfloat16",
    lambda: qm.Quadratic(torch([[1.0]], "bfloat16"), torch([1.0], "bfloat16")),
    *("hessian", "bfloat16", "32 or 64 bits"),
    needs="torch",
)
bad("nan in torch", lambda: qm.Quadratic(torch([[NAN]]), torch([1.0])), "hessian", "nan", needs="torch")
bad("nan in jax", lambda: qm.Quadratic(jax([[NAN]]), jax([1.0])), "hessian", "nan", needs="jax")
bad(
    "a torch step beside NumPy",
    lambda: qm.GradientDescent(torch(0.1), 1).map(f1()),
    *("torch", "beside arrays of numpy", "expected"),
    needs="torch",
)
bad("a strict factor of NumPy", lambda: f1() * strict(0.5), "strict", "beside arrays of numpy", "one library")

# Exact scalars

bad("floats beside Fractions", lambda: qm.Quadratic([[q(1)]], [0.5]), "linear", "floats", "expected Fractions")
bad("Fractions beside floats", lambda: qm.Quadratic([[0.5]], [q(1)]), "hessian", "floats", "one kind of number")
bad("a mixed list", lambda: qm.Quadratic([[q(1), 0.5], [0.5, q(1)]], [q(1)] * 2), "hessian", "0.5", "not a mixture")
bad("nan beside Fractions", lambda: qm.Quadratic([[q(1)]], [NAN]), "linear", "floats", "expected Fractions")
bad(
    "Fractions and SymPy",
    lambda: qm.Quadratic([[q(1)]], [sympy.Rational(1)]),
    *("linear", "sympy", "expected fractions"),
)
bad(
    "Fractions and fmpq",
    lambda: qm.Quadratic([[q(1)]], [fmpq(1)]),
    *("linear", "flint", "expected fractions"),
    needs="flint",
)
bad("a float point of exact tasks", lambda: f1(q)([0.5]), "x", "floats", "expected Fractions")
bad("a float factor", lambda: f1(q) * 0.5, "0.5", "exact scalars", "expected a Fraction")
bad("a float step for exact tasks", lambda: gd().map(f1(q)), "0.1", "exact scalars", "expected a Fraction")
bad("a float momentum", lambda: qm.HeavyBall(q(1), 0.5, 2).map(f1(q)), "0.5", "exact scalars", "Fraction")
bad("a float strength", lambda: qm.IMAML(0.5).field(pair(q)), "0.5", "exact scalars", "Fraction")
bad("a float Moreau strength", lambda: qm.MoreauEnvelope(0.5).field(pair(q)), "0.5", "exact scalars", "Fraction")
bad("float bounds", lambda: qm.Chebyshev(1.0, 2.0, 2).map(f1(q)), "exact scalars", "Fraction")
bad("float weights", lambda: qm.Tasks(pair(q).support, None, [0.5, 0.5]), "weights", "floats", "Fractions")
bad("a float ridge", lambda: qm.Quadratic.from_least_squares([[q(1)]], [q(1)], 0.5), "0.5", "exact", "Fraction")
bad("exp, exact matrices", lambda: qm.GradientFlow(q(1)).map(f1(q)), "exp", "exact scalars", "not rational")
bad("exp, an exact number", lambda: qm.GradientFlow(q(1)).residual(q(1)), "exp", "Fraction", "not rational")
bad("imaginary", lambda: qm.Quadratic([[sympy.I]], [sympy.Integer(1)]), "hessian", "holds I", "real numbers")
bad("SymPy infinity", lambda: qm.Quadratic([[sympy.oo]], [sympy.Integer(1)]), "hessian", "holds oo", "real numbers")
bad("SymPy nan", lambda: qm.Quadratic([[sympy.nan]], [sympy.Integer(1)]), "hessian", "holds nan", "real numbers")
bad(
    "symbols beside floats",
    lambda: qm.Quadratic(np.eye(1), [sympy.Symbol("h")]),
    *("linear", "symbols", "expected numbers"),
)
bad(
    "a symbolic number of steps",
    lambda: qm.GradientDescent(0.1, sympy.Symbol("K")).map(f1()),
    *("exponent", "K", "expected an integer"),
)

# Quadratics

bad("point too long", lambda: f1()([1.0, 2.0]), "x", "(2,)", "expected (..., 1)")
bad("point without an axis", lambda: f1()(1.0), "x", "()", "expected (..., 1)")
bad("point of another batch", lambda: plane().support(np.zeros((3, 2))), "x", "(3, 2)", "broadcasts with (2, 2)")
bad("gradient at a long point", lambda: f1().gradient([1.0, 2.0]), "x", "(2,)", "expected (..., 1)")
bad("integers for a point", lambda: f1()([1]), "x", "integers", "write 1.0")
bad("sum of two dimensions", lambda: f1() + f2(), "other", "(2,)", "expected (..., 1)")
bad("sum of two kinds", lambda: f1() + f1(q), "other", "object", "expected float64")
bad("sum with a number", lambda: f1() + 1, "unsupported operand", error=TypeError)
bad("a string factor", lambda: f1() * "a", "factor", "'a'", "finite real number")
bad("a nan factor", lambda: NAN * f1(), "factor", "nan", "finite real number")
bad("a complex factor", lambda: f1() * 1j, "factor", "1j", "finite real number")
bad("a product of quadratics", lambda: f1() * f1(), "factor", "Quadratic", "finite real number")
bad("an array of factors", lambda: f1() * np.ones(2), "factor", "shape (2,)", "one real number")
bad("a mean of one", lambda: f1().mean([1.0]), "mean", "no batch axis", "expected a batch")
bad("weights of a mean", lambda: plane().support.mean([1.0]), "weights", "(1,)", "expected (2,)")
bad("stationary point", lambda: qm.Quadratic([[0.0]], [1.0]).minimizer(), "singular", error=qm.SingularError)
bad("beyond floats", lambda: qm.Quadratic([[5e-324]], [1.0]).minimizer(), "singular", error=qm.SingularError)
bad("exact stationary", lambda: qm.Quadratic([[q(0)]], [q(1)]).minimizer(), "rank 0 of 1", error=qm.SingularError)
bad("minimum, indefinite", lambda: qm.Quadratic([[-1.0]], [1.0]).minimum(), "not bounded below", "negative")
bad("minimum, outside the range", lambda: qm.Quadratic([[0.0]], [1.0]).minimum(), "minimum", "not bounded below")
bad("minimum, exact", lambda: qm.Quadratic([[q(0), q(1)], [q(1), q(0)]], [q(1)] * 2).minimum(), "not bounded below")
bad("along a number", lambda: f1().compose(2.0), "affine_map", "2.0", "expected an AffineMap")
bad("along a long map", lambda: f1().compose(qm.AffineMap(np.eye(2), np.zeros(2))), "affine_map", "(2,)", "(..., 1)")
bad("a stack of nothing", lambda: qm.Quadratic.stack([]), "quadratics", "at least one")
bad("a stack of numbers", lambda: qm.Quadratic.stack([f1(), 1]), "quadratics", "only of Quadratics")
bad("a stack of a quadratic", lambda: qm.Quadratic.stack(f1()), "quadratics", "expected a sequence")
bad("a stack of two dimensions", lambda: qm.Quadratic.stack([f1(), f2()]), "quadratics[1]", "(2,)", "expected (1,)")
bad("a stack of two kinds", lambda: qm.Quadratic.stack([f1(), f1(q)]), "quadratics[1]", "object", "float64")
bad("minimiser too long", lambda: qm.Quadratic.from_minimizer([[1.0]], [1.0, 2.0]), "minimizer", "(2,)", "(1,)")
bad("minimum a string", lambda: qm.Quadratic.from_minimizer([[1.0]], [1.0], "a"), "minimum", "<U1")
bad("gradient at nothing", lambda: qm.Quadratic.from_gradient([[1.0]], [1.0], None), "at", "None", "expected")
bad("gradient at two", lambda: qm.Quadratic.from_gradient([[1.0]], [1.0], [1.0, 2.0]), "at", "(2,)", "expected (1,)")
bad("X a vector", lambda: qm.Quadratic.from_least_squares([1.0], [1.0]), "X", "(1,)", "(..., m, d)")
bad("no row", lambda: qm.Quadratic.from_least_squares(np.ones((0, 2)), np.ones(0)), "X", "(0, 2)", "at least one row")
bad("no column", lambda: qm.Quadratic.from_least_squares(np.ones((3, 0)), np.ones(3)), "X", "(3, 0)", "column")
bad("too few targets", lambda: qm.Quadratic.from_least_squares(np.ones((3, 2)), np.ones(2)), "y", "(2,)", "(3,)")
bad("ridge < 0", lambda: qm.Quadratic.from_least_squares([[1.0]], [1.0], -1.0), "ridge", "-1.0", ">= 0")
bad("ridge nan", lambda: qm.Quadratic.from_least_squares([[1.0]], [1.0], NAN), "ridge", "nan", ">= 0")
bad("ridge None", lambda: qm.Quadratic.from_least_squares([[1.0]], [1.0], None), "ridge", "None", ">= 0")
bad("ridge a list", lambda: qm.Quadratic.from_least_squares([[1.0]], [1.0], [1.0]), "ridge", "[1.0]", ">= 0")
bad("ridges", lambda: qm.Quadratic.from_least_squares([[1.0]], [1.0], np.ones(2)), "ridge", "(2,)", "one real number")

# Affine maps and fields

bad("map not square", lambda: qm.AffineMap([[1.0, 0.0]], [1.0]), "linear", "(1, 2)", "square")
bad("offset too long", lambda: qm.AffineMap([[1.0]], [1.0, 2.0]), "offset", "(2,)", "expected (1,)")
bad("map at a long point", lambda: half()([1.0, 2.0]), "x", "(2,)", "expected (..., 1)")
bad("negative power", lambda: half() ** -1, "exponent", "-1", "integer >= 0")
bad("fractional power", lambda: half() ** 0.5, "exponent", "0.5", "integer >= 0")
bad("boolean power", lambda: half() ** True, "exponent", "True", "integer >= 0")
bad("map after a number", lambda: half() @ 2, "unsupported operand", error=TypeError)
bad("map after a long map", lambda: half() @ qm.AffineMap(np.eye(2), np.zeros(2)), "inner", "(2,)", "(..., 1)")
bad("sum with a long map", lambda: half() + qm.AffineMap(np.eye(2), np.zeros(2)), "other", "(2,)", "(..., 1)")
bad("sum with a string", lambda: half() + "a", "other", "<U1")
bad("difference with None", lambda: half() - None, "other", "None", "expected real numbers")
bad("multiple by nan", lambda: NAN * half(), "factor", "nan", "finite real number")
bad("multiple by a list", lambda: [1.0] * half(), "factor", "[1.0]", "finite real number")
bad("a string less a map", lambda: "a" - half(), "number", "'a'", "finite real number")
bad("no fixed point", lambda: qm.AffineMap([[1.0]], [1.0]).fixed_point(), "singular", error=qm.SingularError)
bad("transposed generator", lambda: generator(f1()).T, "T", "not augmented", "transpose its linear part")
bad("p(0) = 2", lambda: Augmented(Dense(np.eye(1)), np.ones(1), 2).as_map(), "residual", "p(0) = 2", "expected 1")
bad("a batch of fields", lambda: qm.AffineField([[[1.0]]], [[1.0]]), "matrix", "(1, 1, 1)", "one (d, d) matrix")
bad("field not square", lambda: qm.AffineField([[1.0, 0.0]], [1.0]), "matrix", "(1, 2)", "square")
bad("rhs too long", lambda: qm.AffineField([[1.0]], [1.0, 2.0]), "rhs", "(2,)", "expected (1,)")
bad("negative scale", lambda: qm.AffineField([[1.0]], [1.0], -1.0), "scale", "-1.0", ">= 0")
bad("field at a long point", lambda: field()([1.0, 2.0]), "theta", "(2,)", "expected (..., 1)")
bad("descend, lr = 0", lambda: field().descend([0.0], 0.0, 3), "lr", "0.0", "> 0")
bad("descend, lr a list", lambda: field().descend([0.0], [0.1], 3), "lr", "[0.1]", "> 0")
bad("descend, -1 steps", lambda: field().descend([0.0], 0.1, -1), "steps", "-1", "integer >= 0")
bad("descend, 1.5 steps", lambda: field().descend([0.0], 0.1, 1.5), "steps", "1.5", "integer >= 0")
bad("descend, True steps", lambda: field().descend([0.0], 0.1, True), "steps", "True", "integer >= 0")
bad("descend from a long point", lambda: field().descend([0.0, 1.0], 0.1, 1), "theta0", "(2,)", "expected (..., 1)")
bad("rate, lr = 0", lambda: field().rate(0), "lr", "got 0", "> 0")
bad("rate, lr complex", lambda: field().rate(1j), "lr", "1j", "> 0")
bad("rate, a symbol", lambda: field().rate(sympy.Symbol("eta")), "symbols", "expected numbers")
bad(
    "zero of a singular field",
    lambda: qm.AffineField([[0.0]], [1.0]).zero(),
    *("rank 0 of 1 to working precision", "no task informs", "minimum_norm"),
    error=qm.SingularError,
)
bad(
    "zero of an exact singular field",
    lambda: qm.AffineField([[q(0)]], [q(1)]).zero(),
    *("rank 0 of 1 exactly", "no task informs"),
    error=qm.SingularError,
)
bad(
    "least zero outside the range",
    lambda: qm.AffineField([[0.0]], [1.0]).zero(minimum_norm=True),
    *("no solution", "outside the range"),
    error=qm.SingularError,
)
bad(
    "least solution outside the range",
    lambda: minimum_norm_solution(np.array([[q(0)]]), np.array([q(1)])),
    "no solution",
    error=qm.SingularError,
)
bad(
    "best step, singular",
    lambda: qm.AffineField([[0.0]], [1.0]).best_lr(),
    *("real part 0", "expected all positive"),
    error=qm.ConvergenceError,
)
bad(
    "best step, rotation",
    lambda: qm.AffineField([[0.0, 1.0], [-1.0, 0.0]], [1.0, 1.0]).best_lr(),
    *("eigenvalue of real part", "no step size converges"),
    error=qm.ConvergenceError,
)
bad(
    "potential",
    lambda: qm.AffineField([[1.0, 1.0], [0.0, 1.0]], [1.0, 1.0]).potential(),
    *("M differs from M'", "only if M is symmetric"),
    error=qm.NotAGradientError,
)

# Tasks

bad("support a number", lambda: qm.Tasks(1.0), "support", "float", "expected a Quadratic")
bad("support without a batch", lambda: qm.Tasks(f1()), "support", "batch shape ()", "(n,) with n >= 1")
bad("no task", lambda: qm.Tasks(qm.Quadratic(np.zeros((0, 1, 1)), np.zeros((0, 1)))), "support", "(0,)", "n >= 1")
bad("an empty slice", lambda: pair()[2:], "support", "(0,)", "n >= 1")
bad("a task beyond the last", lambda: pair()[2], "task 2 of 2", error=IndexError)
bad("a task before the first", lambda: pair()[-3], "task -3 of 2", error=IndexError)
bad("query a list", lambda: qm.Tasks(pair().support, [1.0]), "query", "list", "expected a Quadratic")
bad("query shape", lambda: qm.Tasks(pair().support, plane().support), "query", "(2, 2)", "expected (2, 1)")
bad("query of fewer tasks", lambda: qm.Tasks(pair().support, pair().support[:1]), "query", "(1, 1)", "(2, 1)")
bad("exact query", lambda: qm.Tasks(pair().support, pair(q).support), "query", "object", "expected float64")
bad("one weight", lambda: qm.Tasks(pair().support, None, [1.0]), "weights", "(1,)", "expected (2,)")
bad("one number as weights", lambda: qm.Tasks(pair().support, None, 1.0), "weights", "()", "expected (2,)")
bad("negative weight", lambda: qm.Tasks(pair().support, None, [2.0, -1.0]), "weights", "-1.0", ">= 0")
bad("zero-sum weights", lambda: qm.Tasks(pair().support, None, [0.0, 0.0]), "weights", "0.0", "positive sum")
bad("exact negative weight", lambda: qm.Tasks(pair(q).support, None, [q(2), q(-1)]), "weights", ">= 0")
bad("nan weight", lambda: qm.Tasks(pair().support, None, [1.0, NAN]), "weights", "nan", "finite")
bad("integer weights", lambda: qm.Tasks(pair().support, None, [1, 1]), "weights", "integers", "write 1.0")
bad("one Hessian", lambda: qm.Tasks.from_minimizers([[1.0]], [1.0]), "hessians", "(1, 1)", "(n, d, d)")
bad("one minimiser", lambda: qm.Tasks.from_minimizers([[[1.0]]], [1.0]), "minimizers", "(1,)", "(1, 1)")
bad(
    "an asymmetric task",
    lambda: qm.Tasks.from_minimizers([[[1.0, 2.0], [0.0, 1.0]]], [[1.0, 2.0]]),
    *("hessians", "not symmetric"),
)
bad(
    "tasks of two dimensions",
    lambda: qm.Tasks.from_minimizers([np.eye(2), np.eye(3)], [[0.0, 0.0], [0.0, 0.0, 0.0]]),
    *("hessians", "ragged"),
)
bad("no group", lambda: qm.Tasks.from_regression([]), "groups", "empty", "at least one task")
bad("groups a number", lambda: qm.Tasks.from_regression(3), "groups", "got 3", "four arrays")
bad("a group of one", lambda: qm.Tasks.from_regression([1]), "groups[0]", "X_support, y_support, X_query, y_query")
bad("a group of two", lambda: qm.Tasks.from_regression([([[1.0]], [1.0])]), "groups[0]", "four arrays")
bad(
    "a group with too few rows",
    lambda: qm.Tasks.from_regression([([[1.0]], [1.0], [[1.0]], [1.0]), ([[1.0]], [1.0, 2.0], [[1.0]], [1.0])]),
    *("groups[1]", "y", "(2,)", "expected (1,)"),
)
bad(
    "a group without query rows",
    lambda: qm.Tasks.from_regression([([[1.0]], [1.0], np.ones((0, 1)), np.ones(0))]),
    *("groups[0]", "X", "(0, 1)", "at least one row"),
)
bad(
    "a group with more features",
    lambda: qm.Tasks.from_regression([([[1.0]], [1.0]) * 2, ([[1.0, 2.0]], [1.0]) * 2]),
    *("groups[1]", "(2,)", "expected (1,)"),
)
bad(
    "group ridge",
    lambda: qm.Tasks.from_regression([([[1.0]], [1.0]) * 2], ridge=-1),
    *("groups[0]", "ridge", "-1", ">= 0"),
)
bad(
    "mean of flat tasks",
    lambda: qm.Tasks(qm.Quadratic([[[0.0]]], [[1.0]])).mean_minimizer(),
    *("mean_minimizer", "no single optimum"),
    error=qm.SingularError,
)

# Inner loops

bad("lr = 0", lambda: qm.GradientDescent(0.0, 1), "lr", "0.0", "> 0")
bad("lr < 0", lambda: qm.GradientDescent(-0.1, 1), "lr", "-0.1", "> 0")
bad("lr nan", lambda: qm.GradientDescent(NAN, 1), "lr", "nan", "finite")
bad("lr inf", lambda: qm.GradientDescent(INF, 1), "lr", "inf", "finite")
bad("lr complex", lambda: qm.GradientDescent(1j, 1), "lr", "1j", "real")
bad("lr complex array", lambda: qm.GradientDescent(np.array(1j), 1), "lr", "array(0.+1.j)", "real")
bad("lr a string", lambda: qm.GradientDescent("0.1", 1), "lr", "'0.1'", "real number")
bad("lr True", lambda: qm.GradientDescent(True, 1), "lr", "True", "real number")
bad("lr None", lambda: qm.GradientDescent(None, 1), "lr", "None", "real number")
bad("lr a set", lambda: qm.GradientDescent({0.1}, 1), "lr", "{0.1}", "real number")
bad("lr a matrix", lambda: qm.GradientDescent(np.ones((2, 2)), 1), "lr", "(2, 2)", "one real number")
bad("lr exact and negative", lambda: qm.GradientDescent(q(-1), 1), "lr", "-1", "> 0")
bad("lr imaginary", lambda: qm.GradientDescent(sympy.I, 1), "lr", "got I", "real")
bad("lr SymPy nan", lambda: qm.GradientDescent(sympy.nan, 1), "lr", "nan", "finite")
bad("lr fmpq < 0", lambda: qm.GradientDescent(fmpq(-1), 1), "lr", "-1", "> 0", needs="flint")
bad("list entry < 0", lambda: qm.GradientDescent([0.1, -0.2]), "lr[1]", "-0.2", "> 0")
bad("list entry a string", lambda: qm.GradientDescent([0.1, "a"]), "lr[1]", "'a'", "real number")
bad("list entry a list", lambda: qm.GradientDescent([0.1, [0.2]]), "lr[1]", "[0.2]", "real number")
bad("list entry nan", lambda: qm.HeavyBall([0.1, NAN], 0.5), "lr[1]", "nan", "finite")
bad("array of booleans", lambda: qm.GradientDescent(np.array([True])), "lr[0]", "True", "real number")
bad("steps < 0", lambda: qm.GradientDescent(0.1, -1), "steps", "-1", "integer >= 0")
bad("steps fractional", lambda: qm.GradientDescent(0.1, 1.5), "steps", "1.5", "integer >= 0")
bad("steps 1.0", lambda: qm.GradientDescent(0.1, 1.0), "steps", "1.0", "integer >= 0")
bad("steps True", lambda: qm.GradientDescent(0.1, True), "steps", "True", "integer >= 0")
bad("steps a string", lambda: qm.GradientDescent(0.1, "3"), "steps", "'3'", "integer >= 0")
bad("no steps", lambda: qm.GradientDescent(0.1), "steps", "None", "integer >= 0")
bad("schedule length", lambda: qm.GradientDescent([0.1, 0.2], 3), "steps", "got 3", "expected 2", "schedule")
bad("momentum = 1", lambda: qm.HeavyBall(0.1, 1.0, 1), "momentum", "1.0", "[0, 1)")
bad("momentum < 0", lambda: qm.HeavyBall(0.1, -0.1, 1), "momentum", "-0.1", ">= 0")
bad("momentum nan", lambda: qm.HeavyBall(0.1, NAN, 1), "momentum", "nan", "finite")
bad("momentum a list", lambda: qm.HeavyBall(0.1, [0.5], 1), "momentum", "[0.5]", "real number")
bad("heavy ball without steps", lambda: qm.HeavyBall(0.1, 0.5), "steps", "None", "integer >= 0")
bad("time < 0", lambda: qm.GradientFlow(-1.0), "time", "-1.0", ">= 0")
bad("time inf", lambda: qm.GradientFlow(INF), "time", "inf", "finite")
bad("strength = 0", lambda: qm.Proximal(0.0), "strength", "0.0", "> 0")
bad("strength < 0", lambda: qm.ProximalGradientDescent(-1.0, 0.1, 1), "strength", "-1.0", "> 0")
bad("strength nan", lambda: qm.Proximal(NAN), "strength", "nan", "finite")
bad("proximal lr", lambda: qm.ProximalGradientDescent(1.0, 0.0, 1), "lr", "0.0", "> 0")
bad("interval reversed", lambda: qm.Chebyshev(3.0, 1.0, 2), "largest", "1.0", "at least smallest = 3.0")
bad("interval from 0", lambda: qm.Chebyshev(0.0, 1.0, 2), "smallest", "0.0", "> 0")
bad("interval to inf", lambda: qm.Chebyshev(1.0, INF, 2), "largest", "inf", "finite")
bad("Chebyshev steps", lambda: qm.Chebyshev(1.0, 2.0, None), "steps", "None", "integer >= 0")
bad("mask of integers", lambda: qm.PartialGradientDescent([1, 0], 0.1, 1), "mask", "[1, 0]", "booleans")
bad("mask empty", lambda: qm.PartialGradientDescent([], 0.1, 1), "mask", "[]", "booleans")
bad("mask None", lambda: qm.PartialGradientDescent(None, 0.1, 1), "mask", "None", "booleans")
bad("mask a matrix", lambda: qm.PartialGradientDescent(np.ones((1, 2), bool), 0.1, 1), "mask", "booleans")
bad("mask too short", lambda: qm.PartialGradientDescent([True], 0.1, 1).map(f2()), "mask", "length 1", "expected 2")
bad(
    "preconditioner too short",
    lambda: qm.PreconditionedGradientDescent([0.1], 1).map(f2()),
    *("preconditioner", "(1,)", "expected (..., 2)"),
)
bad(
    "preconditioner not square",
    lambda: qm.PreconditionedGradientDescent(np.ones((2, 3)), 1).map(f2()),
    *("preconditioner", "(2, 3)", "square"),
)
bad(
    "preconditioner a number",
    lambda: qm.PreconditionedGradientDescent(0.1, 1).map(f2()),
    *("preconditioner", "()", "square"),
)
bad(
    "preconditioners of another batch",
    lambda: qm.PreconditionedGradientDescent(np.ones((3, 1, 1)), 1).map(pair().support),
    *("preconditioner", "(3, 1)", "broadcasts with (2, 1)"),
)
bad(
    "preconditioner nan",
    lambda: qm.PreconditionedGradientDescent([NAN], 1).map(f1()),
    *("preconditioner", "nan", "finite"),
)
bad("preconditioned steps", lambda: qm.PreconditionedGradientDescent([0.1], 0.5), "steps", "0.5", "integer >= 0")
bad("map of a number", lambda: gd().map(1), "quadratic", "int", "expected a Quadratic")
bad("map of tasks", lambda: gd().map(pair()), "quadratic", "Tasks", "expected a Quadratic")
bad(
    "singular proximal problem",
    lambda: qm.Proximal(1.0).map(qm.Quadratic([[-1.0]], [0.0])),
    "singular",
    error=qm.SingularError,
)
bad("a residual not a residual", lambda: Doubling().map(f1()), "residual", "p(0) = 2", "expected 1")

# Meta-algorithms

bad("MAML of a number", lambda: qm.MAML(0.1), "inner", "0.1", "GradientDescent(lr=0.1, steps=5)")
bad("FOMAML of a class", lambda: qm.FOMAML(qm.GradientDescent), "inner", "class", "expected an inner loop")
bad("Reptile of MAML", lambda: qm.Reptile(qm.MAML(gd())), "inner", "MAML", "expected an inner loop")
bad("too deep", lambda: qm.TruncatedMAML(gd(), 3), "depth", "got 3", "at most the 2 steps")
bad("depth < 0", lambda: qm.TruncatedMAML(gd(), -1), "depth", "-1", "integer >= 0")
bad("no depth", lambda: qm.TruncatedMAML(gd(), None), "depth", "None", "integer >= 0")
bad("memory", lambda: qm.TruncatedMAML(qm.HeavyBall(0.1, 0.5, 3), 1), "inner", "HeavyBall", "without memory")
bad("no steps to truncate", lambda: qm.TruncatedMAML(qm.Proximal(1.0), 1), "inner", "Proximal", "stepped loop")
bad("truncated number", lambda: qm.TruncatedMAML(0.1, 1), "inner", "0.1", "expected an inner loop")
bad("iMAML strength", lambda: qm.IMAML(0.0), "strength", "0.0", "> 0")
bad("iMAML inner", lambda: qm.IMAML(1.0, 0.1), "inner", "0.1", "expected an inner loop")
bad("Moreau strength", lambda: qm.MoreauEnvelope(-1.0), "strength", "-1.0", "> 0")
bad("field of a quadratic", lambda: qm.Joint().field(f1()), "tasks", "Quadratic", "expected Tasks")
bad("objective of a quadratic", lambda: qm.MAML(gd()).objective(f1()), "tasks", "Quadratic", "expected Tasks")
bad("jacobians of a quadratic", lambda: qm.MAML(gd()).jacobians(f1()), "tasks", "Quadratic", "expected Tasks")
bad("theta too long", lambda: qm.MAML(gd()).meta_gradient(pair(), [1.0, 2.0]), "theta", "(2,)", "expected (1,)")
bad("theta per task", lambda: qm.MAML(gd()).meta_gradient(pair(), [[1.0], [2.0]]), "theta", "(2, 1)", "(1,)")
bad("theta nan", lambda: qm.MAML(gd()).meta_gradient(pair(), [NAN]), "theta", "nan", "finite")
bad("theta integers", lambda: qm.MAML(gd()).meta_gradient(pair(), [1]), "theta", "integers", "write 1.0")
bad("theta None", lambda: qm.MAML(gd()).meta_gradient(pair(), None), "theta", "None", "expected real numbers")
bad(
    "theta in torch",
    lambda: qm.MAML(gd()).meta_gradient(pair(), torch([1.0])),
    *("theta", "torch", "expected numpy"),
    needs="torch",
)
bad("adapted theta too long", lambda: qm.adapted_losses(pair(), [1.0, 2.0], gd()), "theta", "(2,)", "(..., 1)")
bad("adapted by a number", lambda: qm.adapted_losses(pair(), [1.0], 0.1), "inner", "0.1", "inner loop")
bad("adapted quadratic", lambda: qm.adapted_losses(f1(), [1.0], gd()), "tasks", "Quadratic", "expected Tasks")
bad("Jacobians of Reptile", lambda: qm.Reptile(gd()).jacobians(pair()), "keeps no Jacobian", error=qm.NotAGradientError)
bad(
    "Jacobians of Moreau",
    lambda: qm.MoreauEnvelope(1.0).jacobians(pair()),
    "MoreauEnvelope keeps no Jacobian",
    error=qm.NotAGradientError,
)
bad(
    "potential of FOMAML with a split",
    lambda: qm.FOMAML(qm.GradientDescent(0.1, 1)).objective(split()),
    "only if M is symmetric",
    error=qm.NotAGradientError,
)
bad(
    "weight of a partial loop",
    lambda: qm.MAML(qm.PartialGradientDescent([True], 0.1, 1)).weight(1.0),
    *("weight", "PartialGradientDescent", "expected a spectral loop"),
)
bad(
    "weight of a preconditioned loop",
    lambda: qm.Reptile(qm.PreconditionedGradientDescent([0.1], 1)).weight(1.0),
    *("weight", "PreconditionedGradientDescent", "expected a spectral loop"),
)
bad("weight of a string", lambda: qm.MAML(gd()).weight("a"), "a: got 'a'", "expected a number")
bad("weight of a list", lambda: qm.MAML(gd()).weight([1.0]), "a: got [1.0]", "array of eigenvalues")
bad(
    "no curvature",
    lambda: qm.Joint().fixed_point(qm.Tasks.from_minimizers([[[0.0]]], [[1.0]])),
    *("rank 0 of 1", "no task has curvature"),
    error=qm.SingularError,
)


class Doubling(qm.InnerLoop):
    """No inner loop: its p(0) is 2."""

    def residual(self, x: Any) -> Any:
        return 2 - x


def split() -> qm.Tasks:
    """One task whose query curvature does not commute with its support curvature."""
    support = qm.Quadratic([[[1.0, 0.0], [0.0, 3.0]]], [[1.0, 0.0]])
    return qm.Tasks(support, qm.Quadratic([[[1.0, 0.5], [0.5, 2.0]]], [[1.0, 0.0]]))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title.replace(" ", "-"))
def test_bad_input_is_refused_in_one_clear_line(row):
    need(row.needs)
    with pytest.raises(row.error) as caught:
        row.call()
    assert type(caught.value) is row.error
    message = str(caught.value)
    assert "\n" not in message
    assert [word for word in row.words if word not in message] == []


def test_there_are_many_rows_with_titles_of_their_own():
    assert len(ROWS) >= 40
    assert len({row.title for row in ROWS}) == len(ROWS)


CORE = ["errors", "arrays", "linalg", "curvature", "quadratic", "affine", "field", "inner_loop", "adaptation", "tasks"]
CORE += ["meta_algorithm", "algorithms"]


def raise_sites(path: Path) -> list[range]:
    """The lines of each ``raise`` with an error of its own; a bare one hands on what another library raised."""
    tree = ast.parse(path.read_text())
    return [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
    ]


def lines_run(calls: list[Callable[[], Any]], files: set[str]) -> dict[str, set[int]]:
    """The lines of the files that run during the calls, whatever these raise."""
    run: dict[str, set[int]] = {name: set() for name in files}

    def trace(frame, event, argument):
        lines = run.get(frame.f_code.co_filename)
        if lines is None:
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for call in calls:
            with pytest.raises(Exception):  # noqa: B017, PT011
                call()
    finally:
        sys.settrace(before)
    return run


def test_the_table_reaches_every_raise_of_the_core():
    home = Path(qm.__file__).parent
    sites = {str(home / f"{name}.py"): raise_sites(home / f"{name}.py") for name in CORE}
    # What the optional packages add to the table is not needed to reach a line.
    run = lines_run([row.call for row in ROWS if row.needs == "numpy"], set(sites))
    missed = [
        f"{Path(path).name}:{lines.start}"
        for path, each in sites.items()
        for lines in each
        if not run[path].intersection(lines)
    ]
    assert missed == []
    assert len(ROWS) >= sum(map(len, sites.values()))
