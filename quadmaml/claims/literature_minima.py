"""Claims of the literature on splits of a task's data, on learned step sizes, and on the least values of meta-losses.

The sentences are ours: what the sources say, restated for quadratics.
"""

from __future__ import annotations

from typing import Any

import quadmaml as qm

from .language import assume, at_most, claim, equal, inverse, scalar, spd, step_size, vector
from .ledger import Entry, Reading, enter
from .literature_first_order import TWO
from .literature_objectives import BAI, LI, SAUNSHI, loop

ANDERSON = "Anderson, Duffin 1969, Series and Parallel Addition of Matrices (read as minima of meta-losses)"
KOENIG = "Koenig-Huygens: the variance as a mean of squared differences (with matrices as weights)"
KHODAK = (
    "Khodak, Balcan, Talwalkar 2019, Adaptive Gradient-Based Meta-Learning Methods (task similarity as the mean squared"
    " distance to one initialisation; restated for quadratics)"
)

SPLIT: dict[str, Any] = {**TWO, "Q": spd(), "R": spd(), "lr": step_size("A", "B", "Q", "R")}
THREE: dict[str, Any] = {"A": spd(), "B": spd(), "C": spd(), "a": vector(), "b": vector(), "c": vector()}


def _split(A: Any, B: Any, Q: Any, R: Any, a: Any, b: Any) -> qm.Tasks:
    """Two noiseless tasks: support and query have other curvatures, but the same optimum."""
    support, query = qm.Quadratic.from_minimizer([A, B], [a, b]), qm.Quadratic.from_minimizer([Q, R], [a, b])
    return qm.Tasks(support, query)


# Splits


@claim(**SPLIT, source=BAI)
def split_changes_nothing(A: Any, B: Any, Q: Any, R: Any, a: Any, b: Any, lr: Any) -> Any:
    """Without noise MAML with a split ends where MAML without one does."""
    whole = qm.Tasks.from_minimizers([A, B], [a, b])
    return equal(qm.MAML(loop(lr)).fixed_point(_split(A, B, Q, R, a, b)), qm.MAML(loop(lr)).fixed_point(whole))


@claim(A=spd(), B=spd(), Q=spd(), R=spd(), a=vector(), lr=step_size("A", "B", "Q", "R"), source=BAI)
def split_keeps_a_common_optimum(A: Any, B: Any, Q: Any, R: Any, a: Any, lr: Any) -> Any:
    """Without noise, and with one optimum for all tasks, both end at it."""
    whole = qm.Tasks.from_minimizers([A, B], [a, a])
    ends = [qm.MAML(loop(lr)).fixed_point(tasks) for tasks in (_split(A, B, Q, R, a, a), whole)]
    return equal(ends[0], a), equal(ends[1], a)


@claim(**SPLIT, source=BAI)
def split_weighs_by_the_query(A: Any, B: Any, Q: Any, R: Any, a: Any, b: Any, lr: Any) -> Any:
    """Without noise MAML with a split weighs the optima with P' Q P, P the residual on the support."""
    end = qm.MAML(loop(lr)).fixed_point(_split(A, B, Q, R, a, b))
    V, W = (1 - lr * A) @ Q @ (1 - lr * A), (1 - lr * B) @ R @ (1 - lr * B)
    return equal(end, inverse(V + W) @ (V @ a + W @ b))


@claim(**SPLIT, source=BAI)
def split_weighs_by_the_support(A: Any, B: Any, Q: Any, R: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML with a split weighs the optima with Q P^2."""
    end = qm.MAML(loop(lr)).fixed_point(_split(A, B, Q, R, a, b))
    V, W = Q @ (1 - lr * A) ** 2, R @ (1 - lr * B) ** 2
    return equal(end, inverse(V + W) @ (V @ a + W @ b))


enter(
    Entry(
        id="L32",
        sentence="In the realisable case methods with and without a train-validation split find the same solution.",
        readings=(
            Reading("no noise, each task with its own optimum", split_changes_nothing, "REFUTED"),
            Reading("no noise, and one optimum for all tasks", split_keeps_a_common_optimum, "PROVED"),
        ),
        corrected=(Reading("with a split the weights are P' Q P", split_weighs_by_the_query, "PROVED"),),
        twin=split_weighs_by_the_support,
        reason="Support and query of finitely many samples have different curvatures, and the query's stands in the"
        " weight. Only if all tasks share their optimum do weights not matter.",
    )
)


@claim(x=vector(), y=scalar(), t=vector(), source=SAUNSHI)
def nothing_to_learn_without_a_split(x: Any, y: Any, t: Any) -> Any:
    """If one step interpolates the sample (x, y), MAML without a split has the gradient 0 everywhere."""
    tasks = qm.Tasks(qm.Quadratic([x @ x.T], [x * y]))
    return equal(qm.MAML(loop(1 / (x.T @ x))).meta_gradient(tasks, t), 0)


@claim(x=vector(), y=scalar(), u=vector(), z=scalar(), t=vector(), source=SAUNSHI)
def nothing_to_learn_with_a_split(x: Any, y: Any, u: Any, z: Any, t: Any) -> Any:
    """The same with another sample (u, z) to be judged on."""
    tasks = qm.Tasks(qm.Quadratic([x @ x.T], [x * y]), qm.Quadratic([u @ u.T], [u * z]))
    return equal(qm.MAML(loop(1 / (x.T @ x))).meta_gradient(tasks, t), 0)


@claim(x=vector(), y=scalar(), u=vector(), z=scalar(), t=vector(), source=SAUNSHI)
def what_a_split_leaves(x: Any, y: Any, u: Any, z: Any, t: Any) -> Any:
    """With a split the Hessian is r r', where r is the part of u across x."""
    tasks = qm.Tasks(qm.Quadratic([x @ x.T], [x * y]), qm.Quadratic([u @ u.T], [u * z]))
    r = u - x * (x.T @ u) / (x.T @ x)
    field = qm.MAML(loop(1 / (x.T @ x))).field(tasks)
    return equal(field.operator @ t, r * (r.T @ t))


enter(
    Entry(
        id="L33",
        sentence="If adaptation fits the training data perfectly, a meta-objective without a split tells nothing about"
        " the initialisation.",
        readings=(
            Reading("one sample, lr = 1/|x|^2, no split: gradient 0", nothing_to_learn_without_a_split, "PROVED"),
            Reading("with a split: Hessian r r', r across x", what_a_split_leaves, "PROVED"),
        ),
        twin=nothing_to_learn_with_a_split,
        reason="The step removes the whole error along x, so that the loss on the same sample is 0 from every start. On"
        " another sample the part of its input across x still sees the initialisation.",
    )
)

# Learned step sizes


@claim(A=spd(), D=spd(), B=spd(), a=vector(), b=vector(), source=LI)
def learned_steps_have_an_objective(A: Any, B: Any, D: Any, a: Any, b: Any) -> Any:
    """With a learned step matrix D, MAML's field on two tasks is a gradient."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    M = qm.MAML(qm.PreconditionedGradientDescent(D, 1)).field(tasks).operator
    return equal(M, M.T)


@claim(A=spd(), D=spd(), B=spd(), a=vector(), b=vector(), source=LI)
def learned_steps_have_an_objective_in_reptile(A: Any, B: Any, D: Any, a: Any, b: Any) -> Any:
    """With a learned step matrix D, Reptile's field is a gradient."""
    M = qm.Reptile(qm.PreconditionedGradientDescent(D, 1)).field(qm.Tasks.from_minimizers([A, B], [a, b])).operator
    return equal(M, M.T)


@claim(A=spd(), D=spd(), B=spd(), a=vector(), b=vector(), source=LI)
def learned_steps_change_the_metric(A: Any, B: Any, D: Any, a: Any, b: Any) -> Any:
    """With a learned step matrix D, Reptile's field times D^-1 is joint training's (one step)."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    M = qm.Reptile(qm.PreconditionedGradientDescent(D, 1)).field(tasks).operator
    return equal(inverse(D) @ M, qm.Joint().field(tasks).operator)


@claim(A=spd(), a=vector(), x=vector(), source=LI)
def learned_steps_solve_a_task(A: Any, a: Any, x: Any) -> Any:
    """With D = A^-1 one step solves the task from every start."""
    step = qm.PreconditionedGradientDescent(inverse(A), 1).map(qm.Quadratic.from_minimizer(A, a))
    return equal(step(x), a)


@claim(A=spd(), B=spd(), b=vector(), x=vector(), source=LI)
def learned_steps_solve_another(A: Any, B: Any, b: Any, x: Any) -> Any:
    """The step matrix learned on one task solves another in two steps."""
    step = qm.PreconditionedGradientDescent(inverse(A), 2).map(qm.Quadratic.from_minimizer(B, b))
    return equal(step(x), b)


enter(
    Entry(
        id="L34",
        sentence="Learning the step sizes along with the initialisation lets one step solve a task.",
        readings=(
            Reading("D = A^-1: the adapted point is the optimum", learned_steps_solve_a_task, "PROVED"),
            Reading("MAML's field with a matrix D is a gradient", learned_steps_have_an_objective, "PROVED"),
            Reading("Reptile's field with D is a gradient", learned_steps_have_an_objective_in_reptile, "REFUTED"),
        ),
        corrected=(Reading("it is one in the metric of D^-1", learned_steps_change_the_metric, "PROVED"),),
        twin=learned_steps_solve_another,
        reason="D = A^-1 is Newton's step, for one task. I - P = D A is not symmetric unless D and A commute, so that"
        " Reptile's field is D times a gradient and MAML's is a gradient.",
    )
)

# Least values


@claim(**TWO, source=ANDERSON)
def least_loss_is_a_parallel_sum(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The least value of MAML's loss is (a - b)'(V:W)(a - b)/4, V:W = (V^-1 + W^-1)^-1."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    F, best = qm.MAML(loop(lr)).objective(tasks), qm.MAML(loop(lr)).fixed_point(tasks)
    V, W = A @ (1 - lr * A) ** 2, B @ (1 - lr * B) ** 2
    return equal(F(best), (a - b).T @ inverse(inverse(V) + inverse(W)) @ (a - b) / 4)


@claim(V=spd(), W=spd(), source=ANDERSON)
def parallel_sum_is_less_than_each(V: Any, W: Any) -> Any:
    """V:W <= V, and 4 (V:W) <= V + W."""
    S = inverse(V + W)
    parallel = V @ S @ W
    return (
        at_most(parallel, V, because=V @ S @ V),
        at_most(4 * parallel, V + W, because=(V - W).T @ S @ (V - W)),
    )


@claim(V=spd(), W=spd(), source=ANDERSON)
def parallel_sum_is_less_than_half(V: Any, W: Any) -> Any:
    """V:W <= V/2."""
    return at_most(V @ inverse(V + W) @ W, V / 2)


enter(
    Entry(
        id="L35",
        sentence="The parallel sum of two matrices is what is left of two quadratic forms at their common minimum, and"
        " is less than each.",
        readings=(
            Reading("least value of MAML's loss", least_loss_is_a_parallel_sum, "PROVED"),
            Reading("V:W <= V and V:W <= (V + W)/4", parallel_sum_is_less_than_each, "PROVED"),
        ),
        twin=parallel_sum_is_less_than_half,
        reason="V - V:W = V (V + W)^-1 V and V + W - 4 (V:W) = (V - W)(V + W)^-1 (V - W) are congruences of positive"
        " matrices. The flatter of two tasks determines the least loss, as the smaller of two resistances does.",
    )
)


def _three(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any) -> Any:
    """The least value of the joint loss of three tasks."""
    tasks = qm.Tasks.from_minimizers([A, B, C], [a, b, c])
    return qm.Joint().objective(tasks)(qm.Joint().fixed_point(tasks))


@claim(**THREE, source=KOENIG)
def least_loss_of_three(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any) -> Any:
    """The least mean loss of three tasks is (sum c_i' W_i c_i - v' M^-1 v)/6, v = sum W_i c_i, M = sum W_i."""
    v = A @ a + B @ b + C @ c
    value = a.T @ A @ a + b.T @ B @ b + c.T @ C @ c - v.T @ inverse(A + B + C) @ v
    return equal(_three(A, B, C, a, b, c), value / 6)


@claim(**THREE, source=KOENIG)
def least_loss_in_pairs(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any) -> Any:
    """The least mean loss of three tasks is the sum over pairs of (c_i - c_j)' W_i M^-1 W_j (c_i - c_j)/6."""
    S = inverse(A + B + C)
    pairs = ((A, a, B, b), (A, a, C, c), (B, b, C, c))
    return equal(_three(A, B, C, a, b, c), sum((x - y).T @ V @ S @ W @ (x - y) for V, x, W, y in pairs) / 6)


@claim(A=spd(), p=scalar(0), q=scalar(0), r=scalar(0), a=vector(), b=vector(), c=vector(), source=KOENIG)
def least_loss_in_pairs_if_proportional(A: Any, p: Any, q: Any, r: Any, a: Any, b: Any, c: Any) -> Any:
    """The same for curvatures pA, qA and rA."""
    assume((p > 0, q > 0, r > 0))
    pairs = ((p, a, q, b), (p, a, r, c), (q, b, r, c))
    value = sum(s * t * ((x - y).T @ A @ (x - y)) for s, x, t, y in pairs) / (6 * (p + q + r))
    return equal(_three(p * A, q * A, r * A, a, b, c), value)


@claim(**THREE, source=KOENIG)
def least_loss_of_three_without_half(A: Any, B: Any, C: Any, a: Any, b: Any, c: Any) -> Any:
    """The least mean loss of three tasks is (sum c_i' W_i c_i - v' M^-1 v)/3."""
    v = A @ a + B @ b + C @ c
    value = a.T @ A @ a + b.T @ B @ b + c.T @ C @ c - v.T @ inverse(A + B + C) @ v
    return equal(_three(A, B, C, a, b, c), value / 3)


enter(
    Entry(
        id="L36",
        sentence="The least mean squared distance to several points is a mean of the squared distances of their pairs.",
        readings=(Reading("matrix weights, three tasks", least_loss_in_pairs, "REFUTED"),),
        corrected=(
            Reading("matrix weights: (sum c'Wc - v'M^-1 v)/6", least_loss_of_three, "PROVED"),
            Reading("proportional weights: the pairs", least_loss_in_pairs_if_proportional, "PROVED"),
        ),
        twin=least_loss_of_three_without_half,
        reason="For numbers w_i w_j/m the weights of each task add up to w_i (1 - w_i/m). Matrices W_i M^-1 W_j do so"
        " as well, but they are not symmetric, and what is lost does not cancel from three tasks on.",
    )
)


@claim(**TWO, source=KHODAK)
def initialisation_is_nearer(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's initialisation is no farther from one task's optimum than the other task's optimum is."""
    off = qm.MAML(loop(lr)).fixed_point(qm.Tasks.from_minimizers([A, B], [a, b])) - a
    return at_most(off.T @ off, (b - a).T @ (b - a))


@claim(**TWO, source=KHODAK)
def initialisation_is_nearer_in_its_norm(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """That is so in the norm of MAML's own Hessian V + W."""
    off = qm.MAML(loop(lr)).fixed_point(qm.Tasks.from_minimizers([A, B], [a, b])) - a
    V, W = A @ (1 - lr * A) ** 2, B @ (1 - lr * B) ** 2
    why = (b - a).T @ (V + inverse(inverse(V) + inverse(W))) @ (b - a)
    return at_most(off.T @ (V + W) @ off, (b - a).T @ (V + W) @ (b - a), because=why)


@claim(A=spd(), a=vector(), b=vector(), lr=step_size("A"), source=KHODAK)
def initialisation_is_within_a_third(A: Any, a: Any, b: Any, lr: Any) -> Any:
    """On tasks of equal curvature it is at most a third of the way from either optimum."""
    off = qm.MAML(loop(lr)).fixed_point(qm.Tasks.from_minimizers([A, A], [a, b])) - a
    return at_most(9 * (off.T @ off), (b - a).T @ (b - a))


enter(
    Entry(
        id="L37",
        sentence="The optima of similar tasks are close to one initialisation, closer than to each other.",
        readings=(Reading("MAML's fixed point, Euclidean distance", initialisation_is_nearer, "REFUTED"),),
        corrected=(Reading("in the norm of V + W", initialisation_is_nearer_in_its_norm, "PROVED"),),
        twin=initialisation_is_within_a_third,
        reason="theta - a = (V + W)^-1 W (b - a), and the norm of that matrix can exceed 1 where V and W do not"
        " commute. In the norm of V + W it is a contraction, for W - W (V + W)^-1 W is the parallel sum.",
    )
)
