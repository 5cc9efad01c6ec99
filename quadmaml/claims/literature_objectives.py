"""Claims of the literature on what meta-learning optimises: against joint training, with and without a split, minima.

The sentences are ours: what the sources say, restated for quadratics. Several of the sources study linear regression,
whose losses are quadratics with the empirical second moments as curvature.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import quadmaml as qm

from .language import assume, at_most, claim, equal, inverse, less_than, scalar, spd, step_size, vector
from .ledger import Entry, Reading, enter
from .literature_first_order import TWO

COLLINS = (
    "Collins, Mokhtari, Shakkottai 2022, How Does the Task Landscape Affect MAML Performance? (restated for quadratics)"
)
GAO = "Gao, Sener 2020, Modeling and Optimization Trade-off in Meta-learning (restated for quadratics)"
BAI = (
    "Bai, Chen, Zhou, Zhao, Lee, Kakade, Wang, Xiong 2021, How Important is the Train-Validation Split in"
    " Meta-Learning? (restated for quadratics)"
)
SAUNSHI = (
    "Saunshi, Gupta, Hu 2021, A Representation Learning Perspective on the Importance of Train-Validation Splitting in"
    " Meta-Learning (restated for one sample in linear regression)"
)
LI = "Li, Zhou, Chen, Li 2017, Meta-SGD (restated for quadratics)"

ONE_LOOP: dict[str, Any] = {"A": spd(), "a": vector(), "b": vector(), "lr": step_size("A")}


def loop(lr: Any, steps: int = 1) -> qm.GradientDescent:
    """Steps of gradient descent."""
    return qm.GradientDescent(lr, steps)


# Against joint training


@claim(A=spd(), a=vector(), b=vector(), e=scalar(0), source=COLLINS)
def easy_task_is_ignored(A: Any, a: Any, b: Any, e: Any) -> Any:
    """If one step solves the easy task, curvature e = 1/lr, MAML ends at the hard task's optimum."""
    assume((e > 0, less_than(A, e)))
    tasks = qm.Tasks.from_minimizers([A, e + 0 * A], [a, b])
    return equal(qm.MAML(loop(1 / e)).fixed_point(tasks), a)


@claim(A=spd(), a=vector(), b=vector(), e=scalar(0), source=COLLINS)
def easy_task_is_ignored_by_joint(A: Any, a: Any, b: Any, e: Any) -> Any:
    """Joint training ends at the hard task's optimum as well."""
    assume((e > 0, less_than(A, e)))
    return equal(qm.Joint().fixed_point(qm.Tasks.from_minimizers([A, e + 0 * A], [a, b])), a)


@claim(p=scalar(0, 1), q=scalar(0, 1), source=COLLINS)
def maml_is_nearer_to_the_hard(p: Any, q: Any) -> Any:
    """In one dimension, curvatures p <= q, MAML ends nearer to the hard task's optimum than joint training."""
    assume((p > 0, p <= q, q < 1))
    tasks = qm.Tasks.from_minimizers([p, q], [0 * p, 0 * p + 1])
    return at_most(qm.MAML(loop(1)).fixed_point(tasks) ** 2, qm.Joint().fixed_point(tasks) ** 2)


@claim(A=spd(), B=spd(), a=vector(), b=vector(), lr=step_size("A", "B"), source=COLLINS)
def maml_is_nearer_in_the_plane(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """In every dimension MAML ends nearer to the hard task's optimum than joint training (A <= B)."""
    assume(at_most(A, B))
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    near, far = qm.MAML(loop(lr)).fixed_point(tasks) - a, qm.Joint().fixed_point(tasks) - a
    return at_most(near.T @ near, far.T @ far)


enter(
    Entry(
        id="L28",
        sentence="MAML's gain over joint training comes from hard tasks, those that gradient descent solves slowly: its"
        " solution is drawn towards their optima.",
        readings=(
            Reading(
                "d = 1, p <= q < 1/lr: |theta_MAML - a| <= |theta_joint - a|", maml_is_nearer_to_the_hard, "PROVED"
            ),
            Reading("every d, A <= B: the same in Euclidean distance", maml_is_nearer_in_the_plane, "REFUTED"),
        ),
        corrected=(Reading("easy curvature e = 1/lr: theta_MAML = a", easy_task_is_ignored, "PROVED"),),
        twin=easy_task_is_ignored_by_joint,
        reason="The easy task's weight loses the factor (1 - lr q)^2, more than the hard one's. Where the matrices do"
        " not commute the weights turn the fixed point aside, and distances are not ordered as in one dimension.",
    )
)


@claim(**ONE_LOOP, source=COLLINS)
def equally_hard_tasks_agree(A: Any, a: Any, b: Any, lr: Any) -> Any:
    """On tasks of equal curvature MAML, FOMAML, Reptile and joint training end at one point."""
    tasks = qm.Tasks.from_minimizers([A, A], [a, b])
    end = qm.Joint().fixed_point(tasks)
    algorithms = (qm.MAML(loop(lr)), qm.FOMAML(loop(lr)), qm.Reptile(loop(lr, 2)))
    return tuple(equal(algorithm.fixed_point(tasks), end) for algorithm in algorithms)


@claim(A=spd(), B=spd(), a=vector(), lr=step_size("A", "B"), source=COLLINS)
def equal_optima_agree(A: Any, B: Any, a: Any, lr: Any) -> Any:
    """On tasks with one optimum MAML and FOMAML end at it."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, a])
    return tuple(equal(algorithm.fixed_point(tasks), a) for algorithm in (qm.MAML(loop(lr)), qm.FOMAML(loop(lr))))


@claim(**ONE_LOOP, source=COLLINS)
def uncorrelated_tasks_agree(A: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML ends at the mean optimum if curvatures and optima are uncorrelated: A, 2A, 3A with optima a, b, a."""
    assume(less_than(lr * A, Fraction(1, 3)))
    tasks = qm.Tasks.from_minimizers([A, 2 * A, 3 * A], [a, b, a])
    return equal(qm.MAML(loop(lr)).fixed_point(tasks), (2 * a + b) / 3)


@claim(**ONE_LOOP, source=COLLINS)
def uncorrelated_tasks_agree_jointly(A: Any, a: Any, b: Any, lr: Any) -> Any:
    """Joint training ends at the mean optimum of such tasks."""
    tasks = qm.Tasks.from_minimizers([A, 2 * A, 3 * A], [a, b, a])
    return equal(qm.Joint().fixed_point(tasks), (2 * a + b) / 3)


@claim(**TWO, source=COLLINS)
def distance_by_covariance(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML ends at the mean optimum plus (V + W)^-1 (V - W)(a - b)/2, V and W the weights of the tasks."""
    end = qm.MAML(loop(lr)).fixed_point(qm.Tasks.from_minimizers([A, B], [a, b]))
    V, W = A @ (1 - lr * A) ** 2, B @ (1 - lr * B) ** 2
    return equal(end - (a + b) / 2, inverse(V + W) @ (V - W) @ (a - b) / 2)


@claim(**TWO, source=COLLINS)
def distance_by_first_covariance(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML ends at the mean optimum plus (A + B)^-1 (A - B)(a - b)/2."""
    end = qm.MAML(loop(lr)).fixed_point(qm.Tasks.from_minimizers([A, B], [a, b]))
    return equal(end - (a + b) / 2, inverse(A + B) @ (A - B) @ (a - b) / 2)


enter(
    Entry(
        id="L29",
        sentence="Where tasks do not differ in difficulty, MAML and its approximations find what joint training finds.",
        readings=(
            Reading("equal curvatures: one fixed point", equally_hard_tasks_agree, "PROVED"),
            Reading("equal optima: the optimum", equal_optima_agree, "PROVED"),
            Reading("uncorrelated, joint training: the mean optimum", uncorrelated_tasks_agree_jointly, "PROVED"),
            Reading("uncorrelated, MAML: the mean optimum", uncorrelated_tasks_agree, "REFUTED"),
        ),
        corrected=(Reading("the covariance of W and c moves it", distance_by_covariance, "PROVED"),),
        twin=distance_by_first_covariance,
        reason="An algorithm's fixed point leaves the mean optimum by the covariance of its own weight with the optima."
        " That the curvature is uncorrelated with them does not make a (1 - lr a)^2 so.",
    )
)


@claim(**TWO, source=GAO)
def maml_adapts_better_on_average(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The mean loss after one step from MAML's solution is at most that from joint training's."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    F, best, joint = (
        qm.MAML(loop(lr)).objective(tasks),
        qm.MAML(loop(lr)).fixed_point(tasks),
        qm.Joint().fixed_point(tasks),
    )
    V, W = A @ (1 - lr * A) ** 2, B @ (1 - lr * B) ** 2
    off = joint - best
    return at_most(F(best), F(joint), because=off.T @ ((V + W) / 4) @ off)


@claim(**TWO, source=GAO)
def maml_adapts_better_on_each(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """The loss after one step from MAML's solution is at most that from joint training's, on each task."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    f, step = qm.Quadratic.from_minimizer(A, a), loop(lr).map(qm.Quadratic.from_minimizer(A, a))
    return at_most(f(step(qm.MAML(loop(lr)).fixed_point(tasks))), f(step(qm.Joint().fixed_point(tasks))))


@claim(**TWO, source=GAO)
def joint_wins_before_adaptation(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Before adaptation it is the other way round: the mean loss at joint training's solution is the smaller one."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    F, best, joint = qm.Joint().objective(tasks), qm.Joint().fixed_point(tasks), qm.MAML(loop(lr)).fixed_point(tasks)
    off = joint - best
    return at_most(F(best), F(joint), because=off.T @ ((A + B) / 4) @ off)


@claim(**TWO, source=GAO)
def maml_wins_before_adaptation(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's solution has the smaller mean loss before adaptation, too."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    F = qm.Joint().objective(tasks)
    return at_most(F(qm.MAML(loop(lr)).fixed_point(tasks)), F(qm.Joint().fixed_point(tasks)))


enter(
    Entry(
        id="L30",
        sentence="Meta-learning models the adaptation and so does better after it than joint training, which optimises"
        " an easier problem.",
        readings=(
            Reading("mean loss after the step", maml_adapts_better_on_average, "PROVED"),
            Reading("the loss of each task after the step", maml_adapts_better_on_each, "REFUTED"),
        ),
        corrected=(Reading("before the step joint training is better", joint_wins_before_adaptation, "PROVED"),),
        twin=maml_wins_before_adaptation,
        reason="Each minimises its own mean, and the gap is a positive quadratic form of the distance of the solutions."
        " A mean says nothing of its terms: MAML helps the hard task at the cost of the easy one.",
    )
)


@claim(**TWO, source=GAO)
def joint_is_stationary(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Joint training's solution is stationary for MAML."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    return equal(qm.MAML(loop(lr)).meta_gradient(tasks, qm.Joint().fixed_point(tasks)), 0)


@claim(**TWO, source=GAO)
def bias_of_joint(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's gradient at joint training's solution is (lr (B - A) + lr^2 (A^2 - B^2)/2) u, u task A's own."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    theta = qm.Joint().fixed_point(tasks)
    bias = (lr * (B - A) + lr**2 * (A @ A - B @ B) / 2) @ A @ (theta - a)
    return equal(qm.MAML(loop(lr)).meta_gradient(tasks, theta), bias)


@claim(**TWO, source=GAO)
def bias_of_joint_to_first_order(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """MAML's gradient at joint training's solution is lr (B - A) u."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    theta = qm.Joint().fixed_point(tasks)
    return equal(qm.MAML(loop(lr)).meta_gradient(tasks, theta), lr * (B - A) @ A @ (theta - a))


enter(
    Entry(
        id="L31",
        sentence="The bias of joint training as a substitute for MAML is controlled by the inner step size.",
        readings=(Reading("there is none on quadratics", joint_is_stationary, "REFUTED"),),
        corrected=(Reading("it is (lr (B - A) + lr^2 (A^2 - B^2)/2) u", bias_of_joint, "PROVED"),),
        twin=bias_of_joint_to_first_order,
        reason="At joint training's solution the tasks' gradients are u and -u, which MAML multiplies by (I - lr A)^2"
        " and (I - lr B)^2. The bias is of first order in lr and vanishes for equal curvatures.",
    )
)
