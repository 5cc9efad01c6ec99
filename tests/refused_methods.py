"""Refused: tasks, inner loops, meta-algorithms, and questions about solved tasks."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import sympy

import quadmaml as qm
from quadmaml import analysis
from quadmaml.curvature import Diagonal

from .refused import INF, NAN, Doubling, arb, bad, f1, f2, fmpq, gd, pair, plane, q, split, symbolic, torch

a, K = sympy.symbols("a K")

# Tasks

bad("support a number", lambda: qm.Tasks(1.0), "support", "float", "expected a Quadratic")
bad("support without a batch", lambda: qm.Tasks(f1()), "support", "batch shape ()", "(n,) with n >= 1")
bad("no task", lambda: qm.Tasks(qm.Quadratic(np.zeros((0, 1, 1)), np.zeros((0, 1)))), "support", "(0,)", "n >= 1")
bad("an empty slice", lambda: pair()[2:], "support", "(0,)", "n >= 1")
bad("a task by name", lambda: pair()["a"], "by integers, slices, lists or arrays", "not by str", error=TypeError)
bad("a task at 1.0", lambda: pair()[1.0], "by integers, slices, lists or arrays", "not by float", error=TypeError)
bad("a task beyond the last", lambda: pair()[2], "task 2 of 2", error=IndexError)
bad("a task before the first", lambda: pair()[-3], "task -3 of 2", error=IndexError)
bad("support of one element", lambda: qm.Tasks(qm.Quadratic(Diagonal(1.0), 1.0)), "support", "one element", "a list")
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
bad("lr Decimal", lambda: qm.GradientDescent(Decimal("0.1"), 1), "lr", "Decimal('0.1')", "either a float or exact")
bad("lr SymPy Float", lambda: qm.GradientDescent(sympy.Float(0.5), 1), "lr", "0.5", "SymPy without Floats")
bad("lr a ball", lambda: qm.GradientDescent(arb(1), 1), "lr", "1.0", "either a float or exact", needs="flint")
bad("lr beyond floats", lambda: qm.GradientDescent(10**400, 1).map(f1()), "lr: ", "beyond the range of floats")
bad("a list of kinds", lambda: qm.GradientDescent([q(1), 0.5]).map(f1(q)), "lr[1]: ", "0.5", "beside exact scalars")
bad("a symbol beside floats", lambda: qm.GradientDescent(a, 1).map(f1()), "lr: ", "symbols, such as a", "numbers")
bad("bound of a symbol", lambda: qm.GradientDescent(a, 1).stable_below(), "lr: ", "symbols, such as a")
bad("bound of a momentum", lambda: qm.HeavyBall(q(1), a, 1).stable_below(), "momentum: ", "symbols, such as a")
bad("bound of a strength", lambda: qm.ProximalGradientDescent(a, 1, 1).stable_below(), "strength: ", "symbols")
bad("bound of an interval", lambda: qm.Chebyshev(1, a, 1).stable_below(), "largest: ", "symbols, such as a")
bad("bound beyond floats", lambda: qm.GradientDescent(q(10**400), 1).stable_below(), "lr: ", "beyond the range")
bad("fewer steps than none", lambda: qm.GradientDescent(0.1, sympy.Symbol("n", negative=True)), "steps: got n", ">= 0")
bad("K steps, heavy ball", lambda: qm.HeavyBall(0.1, 0.5, K).residual(a), "steps", "symbol K", "an integer")
bad("K steps, proximal", lambda: qm.ProximalGradientDescent(1, 0.1, K).residual(a), "steps", "symbol K", "one by one")
bad("K steps, Chebyshev", lambda: qm.Chebyshev(1, 2, K).residual(a), "steps", "symbol K", "an integer")
bad("K steps, map", lambda: qm.HeavyBall(0.1, 0.5, K).map(f1()), "steps", "symbol K", "an integer")
bad("a schedule of K steps", lambda: qm.GradientDescent(0.1, K).schedule, "steps", "symbol K", "an integer")
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
    lambda: qm.PreconditionedGradientDescent(0.1, 1),
    *("preconditioner", "0.1", "a vector, a matrix"),
)
bad(
    "preconditioners of another batch",
    lambda: qm.PreconditionedGradientDescent(np.ones((3, 1, 1)), 1).map(pair().support),
    *("preconditioner", "(3, 1)", "broadcasts with (2, 1)"),
)
bad("preconditioner a word", lambda: qm.PreconditionedGradientDescent("a", 1), "preconditioner", "'a'", "a matrix")
bad(
    "preconditioner nan",
    lambda: qm.PreconditionedGradientDescent([NAN], 1).map(f1()),
    *("preconditioner", "nan", "finite"),
)
bad(
    "preconditioners of two batch axes",
    lambda: qm.PreconditionedGradientDescent(np.ones((2, 2, 1, 1)), 1).map(pair().support),
    *("preconditioner", "(2, 2, 1)", "broadcasts with (2, 1)"),
)
bad(
    "preconditioners of two tasks for one",
    lambda: qm.MAML(qm.PreconditionedGradientDescent(np.ones((2, 1, 1)), 1)).fixed_point(pair()[0]),
    *("preconditioner", "(2, 1)", "broadcasts with (1, 1)"),
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
bad("iMAML solver", lambda: qm.IMAML(1.0, solver=5), "solver", "got 5", "expected a solver")
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
bad("weight of a string", lambda: qm.MAML(gd()).weight("a"), "a: got 'a'", "finite real number")
bad("weight of a dictionary", lambda: qm.MAML(gd()).weight({}), "a: got {}", "finite real number")
bad("weight of nothing", lambda: qm.MAML(gd()).weight(None), "a: got None", "finite real number")
bad("weight of 1j", lambda: qm.MAML(gd()).weight(1j), "a: got 1j", "finite real number")
bad("weight of nan", lambda: qm.MAML(gd()).weight(NAN), "a: got nan", "finite real number")
bad("weight of a Decimal", lambda: qm.MAML(gd()).weight(Decimal(1)), "a: got Decimal('1')", "a float or exact")
bad("weight of nan in an array", lambda: qm.MAML(gd()).weight(np.array([NAN])), "a: ", "nan", "finite")
bad("weight of complex arrays", lambda: qm.MAML(gd()).weight(np.array([1j])), "a: ", "complex128", "real floating")
bad("weight of integers", lambda: qm.MAML(gd()).weight(np.array([1, 2])), "a: holds integers", "write 1.0")
bad("weight of a list of integers", lambda: qm.MAML(gd()).weight([1, 2]), "a: holds integers", "write 1.0")
bad(
    "weight of integers in torch",
    lambda: qm.MAML(qm.GradientDescent(torch(0.5), 2)).weight(torch([1, 2], "int64")),
    *("a: holds integers", "write 1.0"),
    needs="torch",
)
bad("weight of a Fraction beside a float", lambda: qm.MAML(gd()).weight(q(1)), "lr: ", "0.1 beside exact", "Fraction")
bad("weight of a symbol beside a float", lambda: qm.MAML(gd()).weight(a), "lr: ", "0.1 beside exact scalars")
bad("weight at a pole", lambda: qm.IMAML(1.0).weight(-1.0), "singular", "is 0", error=qm.SingularError)
bad("weight at an exact pole", lambda: qm.IMAML(1).weight(q(-1)), "singular", "is 0", error=qm.SingularError)
bad("weights at a pole", lambda: qm.IMAML(1.0).weight([-1.0, 1.0]), "singular", "is 0", error=qm.SingularError)
bad("Reptile at a pole", lambda: qm.Reptile(qm.Proximal(1.0)).weight(-1.0), "singular", error=qm.SingularError)
bad(
    "weight beyond floats",
    lambda: qm.MAML(qm.GradientDescent(1e3, 10**6)).weight(1.0),
    *("GradientDescent: the adaptation overflows", "range of floats", "expected smaller steps"),
    error=qm.ConvergenceError,
)
bad(
    "weight of an integer beyond floats",
    lambda: qm.MAML(gd()).weight(10**400),
    *("a: ", "beyond the range of floats"),
)
bad(
    "a singular direction of symbols",
    lambda: qm.Joint().fixed_point(symbolic([[a, 0], [0, 0]])),
    *("rank 1 of 2 exactly", "no task has curvature"),
    error=qm.SingularError,
)
bad(
    "a singular direction beyond floats",
    lambda: qm.Joint().fixed_point(symbolic([[10**400, 0], [0, 0]])),
    *("rank 1 of 2 exactly", "no task has curvature"),
    error=qm.SingularError,
)
bad(
    "no curvature",
    lambda: qm.Joint().fixed_point(qm.Tasks.from_minimizers([[[0.0]]], [[1.0]])),
    *("rank 0 of 1", "no task has curvature"),
    error=qm.SingularError,
)

# Questions about solved tasks

bad("losses of a quadratic", lambda: analysis.fine_tuned_losses(f1(), [1.0], k_steps, 2), "tasks", "Quadratic", "Tasks")
bad("losses of a loop", lambda: analysis.fine_tuned_losses(pair(), [1.0], gd(), 2), "inner_of_k", "lambda k")
bad("losses of no loop", lambda: analysis.fine_tuned_losses(pair(), [1.0], lambda k: k, 2), "inner: got 0", "loop")
bad("losses of 1.5 steps", lambda: analysis.fine_tuned_losses(pair(), [1.0], k_steps, 1.5), "steps", "1.5", ">= 0")
bad("losses of K steps", lambda: analysis.fine_tuned_losses(pair(), [1.0], k_steps, K), "steps", "K", "an integer")
bad("losses at a long point", lambda: analysis.fine_tuned_losses(pair(), [1.0, 2.0], k_steps, 1), "theta", "(2,)")
bad("all but one of a loop", lambda: analysis.leave_one_out(gd(), pair()), "algorithm", "GradientDescent", "MAML(")
bad("all but one quadratic", lambda: analysis.leave_one_out(qm.Joint(), f1()), "tasks", "Quadratic", "expected Tasks")
bad("all but one of one", lambda: analysis.leave_one_out(qm.Joint(), pair()[0]), "tasks", "got 1", "at least two")
bad(
    "all but the one that informs",
    lambda: analysis.leave_one_out(qm.Joint(), qm.Tasks.from_minimizers([[[0.0]], [[1.0]]], [[0.0], [4.0]])),
    *("without task 1", "rank 0 of 1"),
    error=qm.SingularError,
)
bad("terms of a loop", lambda: analysis.task_fields(gd(), pair()), "algorithm", "GradientDescent", "MAML(")
bad("terms of a quadratic", lambda: analysis.task_fields(qm.Joint(), f1()), "tasks", "Quadratic", "expected Tasks")
bad("unstable algorithm", lambda: analysis.unstable_tasks(qm.Joint(), f1()), "inner", "Joint()", "an inner loop")
bad("unstable tasks", lambda: analysis.unstable_tasks(gd(), pair()), "quadratic", "Tasks", "expected a Quadratic")
bad("unstable symbols", lambda: analysis.unstable_tasks(gd(), qm.Quadratic([[a]], [a])), "matrix", "symbols")
bad("largest step of tasks", lambda: analysis.largest_stable_lr(pair()), "quadratic", "Tasks", "expected a Quadratic")


def k_steps(k: int) -> qm.GradientDescent:
    return qm.GradientDescent(0.1, k)
