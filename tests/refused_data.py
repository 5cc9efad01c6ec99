"""Refused: arrays, exact scalars, quadratics, affine maps and fields."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import sympy
from scipy.sparse import csr_array

import quadmaml as qm
from quadmaml.affine import Augmented, generator
from quadmaml.curvature import Dense, Diagonal
from quadmaml.linalg import minimum_norm_solution

from .refused import (
    INF,
    NAN,
    arb,
    bad,
    f1,
    f2,
    field,
    fmpq,
    gd,
    half,
    jax,
    pair,
    plane,
    q,
    strict,
    symbolic,
    torch,
)

a, p = sympy.Symbol("a"), sympy.Symbol("p", positive=True)
HUGE = q(10**400)


def sparse() -> Any:
    return torch([[1.0]]).to_sparse()


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
bad("a strict factor of NumPy", lambda: f1().curvature * strict(0.5), "strict", "beside arrays of numpy", "one library")
bad("a masked array", lambda: qm.Quadratic(np.ma.masked_array(np.eye(1), [[1]]), [1.0]), "hessian", "masked", "dense")
bad("a masked point", lambda: f1()(np.ma.masked_array([1.0], [True])), "x", "masked", "expected a dense one")
bad("a sparse tensor", lambda: qm.Quadratic(sparse(), torch([1.0])), "hessian", "sparse", "dense", needs="torch")
bad("a sparse vector", lambda: qm.Quadratic(torch([[1.0]]), sparse()[0]), "linear", "sparse", "dense", needs="torch")
bad("a sparse matrix", lambda: qm.Quadratic(csr_array(np.eye(1)), [1.0]), "hessian", "Sparse", "expected real numbers")

# Exact scalars

bad("floats beside Fractions", lambda: qm.Quadratic([[q(1)]], [0.5]), "linear", "floats", "expected Fractions")
bad("Fractions beside floats", lambda: qm.Quadratic([[0.5]], [q(1)]), "hessian", "floats", "one kind of number")
bad("a mixed list", lambda: qm.Quadratic([[q(1), 0.5], [0.5, q(1)]], [q(1)] * 2), "hessian", "0.5", "not a mixture")
bad("nan beside Fractions", lambda: qm.Quadratic([[q(1)]], [NAN]), "linear", "floats", "expected Fractions")
bad("Fractions and a symbol", lambda: qm.Quadratic([[q(1)]], [a]), "linear", "holds a", "rational", "of fractions")
bad("fmpq and a symbol", lambda: qm.Quadratic([[fmpq(1)]], [a]), "linear", "rational", "of flint", needs="flint")
bad("a sum of kinds", lambda: f1(q) + f1(sympy.Integer), "other", "sympy numbers", "expected fractions")
bad("a Decimal", lambda: qm.Quadratic([[Decimal(1)]], [Decimal(1)]), "hessian", "Decimal('1')", "floats or all exact")
bad("a Decimal beside floats", lambda: f1()([Decimal(1)]), "x", "Decimal('1')", "floats or all exact")
bad("a SymPy Float", lambda: qm.Quadratic([[sympy.Float(2)]], [a]), "hessian", "2.0", "without floats")
bad("a Float in an expression", lambda: qm.Quadratic([[a]], [0.5 * a]), "linear", "0.5*a", "without floats")
bad("a ball", lambda: qm.Quadratic([[arb(2)]], [arb(1)]), "hessian", "holds 2.0", "all exact", needs="flint")
bad("a ball beside fmpq", lambda: f1(fmpq)([arb(1)]), "x", "holds 1.0", "all exact", needs="flint")
bad("an exact number beyond floats", lambda: f1()([HUGE]), "x", "beyond the range of floats", "1.8e308")
bad("an integer beyond floats", lambda: qm.Quadratic([[1.0]], [1.0], 10**400), "constant", "beyond the range of floats")
bad("a factor beyond floats", lambda: HUGE * f1(), "factor", "beyond the range of floats")
bad("a ridge beyond floats", lambda: qm.Quadratic.from_least_squares([[1.0]], [1.0], 10**400), "ridge", "beyond")
bad("a spectrum beyond floats", lambda: qm.AffineField([[HUGE]], [HUGE]).spectrum(), "matrix", "beyond the range")
bad("a best step beyond floats", lambda: qm.AffineField([[HUGE]], [HUGE]).best_lr(), "matrix", "beyond the range")
bad("a rate beyond floats", lambda: qm.AffineField([[HUGE]], [HUGE]).rate(q(1)), "matrix", "beyond the range")
bad("a float point of exact tasks", lambda: f1(q)([0.5]), "x", "floats", "expected Fractions")
bad("a float factor", lambda: f1(q) * 0.5, "factor", "0.5", "exact scalars", "expected a Fraction")
bad("a float step for exact tasks", lambda: gd().map(f1(q)), "lr: ", "0.1", "exact scalars", "expected a Fraction")
bad("a float momentum", lambda: qm.HeavyBall(q(1), 0.5, 2).map(f1(q)), "momentum: ", "0.5", "exact scalars", "Fraction")
bad("a float strength", lambda: qm.IMAML(0.5).field(pair(q)), "strength: ", "0.5", "exact scalars", "Fraction")
bad(
    "a float Moreau strength",
    lambda: qm.MoreauEnvelope(0.5).field(pair(q)),
    "strength: ",
    "0.5",
    "exact scalars",
    "Fraction",
)
bad("float bounds", lambda: qm.Chebyshev(1.0, 2.0, 2).map(f1(q)), "smallest: ", "exact scalars", "Fraction")
bad("float weights", lambda: qm.Tasks(pair(q).support, None, [0.5, 0.5]), "weights", "floats", "Fractions")
bad(
    "a float ridge",
    lambda: qm.Quadratic.from_least_squares([[q(1)]], [q(1)], 0.5),
    "ridge: ",
    "0.5",
    "exact",
    "Fraction",
)
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
bad("dimension of a ring", lambda: qm.Quadratic(Diagonal(1.0), 1.0).dim, "dim", "no dimension", "expected arrays")
bad("a mean of one", lambda: f1().mean([1.0]), "mean", "no batch axis", "expected a batch")
bad("weights of a mean", lambda: plane().support.mean([1.0]), "weights", "(1,)", "expected (2,)")
bad("stationary point", lambda: qm.Quadratic([[0.0]], [1.0]).minimizer(), "singular", error=qm.SingularError)
bad("the parts of one", lambda: list(f1()), "without batch axes", error=TypeError)
bad("a matrix by zero", lambda: Dense(np.eye(2)) / 0, "divisor", "got 0", "other than 0")
bad("a matrix by exact zero", lambda: Dense(np.eye(2)) / q(0), "divisor", "got 0", "other than 0")
bad("a matrix by a symbolic zero", lambda: Dense(np.eye(2)) / sympy.Integer(0), "divisor", "got 0", "other than 0")
bad("matrices by a zero", lambda: Dense(np.ones((2, 1, 1))) / np.array([1.0, 0.0]), "divisor", "got 0", "other than 0")
bad("beyond floats", lambda: qm.Quadratic([[5e-324]], [1.0]).minimizer(), "singular", error=qm.SingularError)
bad("exact stationary", lambda: qm.Quadratic([[q(0)]], [q(1)]).minimizer(), "rank 0 of 1", error=qm.SingularError)
bad("minimum, indefinite", lambda: qm.Quadratic([[-1.0]], [1.0]).minimum(), "not bounded below", "negative")
bad("minimum, outside the range", lambda: qm.Quadratic([[0.0]], [1.0]).minimum(), "minimum", "not bounded below")
bad("minimum, a negative symbol", lambda: qm.Quadratic([[-p]], [p]).minimum(), "minimum", "not bounded below")
bad("minimum, a symbol", lambda: qm.Quadratic([[a]], [a]).minimum(), "minimum", "cannot be decided", "assumptions")
bad("minimum, one symbol of two", lambda: symbolic([[-p, 0], [0, a]]).support.minimum(), "minimum", "not bounded below")
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

bad(
    "potential, symbols",
    lambda: qm.AffineField([[a, p], [a, a]], [a, a]).potential(),
    *("M differs from M'", "only if M is symmetric"),
    error=qm.NotAGradientError,
)
bad(
    "potential, beyond floats",
    lambda: qm.AffineField([[HUGE, q(1)], [q(0), HUGE]], [q(1), q(1)]).potential(),
    *("M differs from M'", "only if M is symmetric"),
    error=qm.NotAGradientError,
)
bad(
    "potential, not shown to be symmetric",
    lambda: qm.AffineField(Diagonal(1.0), 1.0).potential(),
    *("was not shown to be symmetric", "only if it is"),
    error=qm.NotAGradientError,
)
bad("spectrum of symbols", lambda: qm.AffineField([[a]], [a]).spectrum(), "matrix", "symbols, such as a", "numbers")
bad("descend, a float step", lambda: qm.AffineField([[q(1)]], [q(1)]).descend([q(1)], 0.5, 1), "lr: ", "0.5", "exact")
bad(
    "descend beyond floats",
    lambda: field().descend([0.0], 1e3, 10**6),
    *("1000000-fold composition overflows", "expected smaller steps"),
    error=qm.ConvergenceError,
)
bad(
    "a power beyond floats",
    lambda: qm.AffineMap([[3.0]], [1.0]) ** 10**6,
    *("1000000-fold composition overflows", "range of floats"),
    error=qm.ConvergenceError,
)
