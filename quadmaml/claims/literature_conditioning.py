"""Claims of the literature on local update methods: their surrogate losses, and how these are conditioned.

The sentences are ours: what the source says, restated. Claims about two eigenvalues p <= q have the inner step size 1,
to which curvatures are scaled.
"""

from __future__ import annotations

from typing import Any

import quadmaml as qm

from .language import assume, at_most, claim, equal, scalar
from .ledger import Entry, Reading, enter
from .literature_first_order import TWO, weight
from .literature_outer_loop import maml

CHARLES = (
    "Charles, Konecny 2021, Convergence and Accuracy Trade-Offs in Federated Learning and Meta-Learning"
    " (local update methods; restated)"
)
EIGENVALUES: dict[str, Any] = {"p": scalar(0, 1), "q": scalar(0, 1)}


@claim(**TWO, source=CHARLES)
def local_updates_descend_a_surrogate(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """FedAvg's field (K = 3) is the gradient of quadratics with matrices lr (I + Q + Q^2) A, where Q = I - lr A."""
    field = qm.Reptile(qm.GradientDescent(lr, 3)).field(qm.Tasks.from_minimizers([A, B], [a, b]))
    Q, R = 1 - lr * A, 1 - lr * B
    V, W = lr * (1 + Q + Q @ Q) @ A, lr * (1 + R + R @ R) @ B
    surrogate = qm.Joint().field(qm.Tasks.from_minimizers([V, W], [a, b]))
    return equal(field.operator, surrogate.operator), equal(field.rhs, surrogate.rhs)


@claim(**TWO, source=CHARLES)
def local_updates_descend_the_loss(A: Any, B: Any, a: Any, b: Any, lr: Any) -> Any:
    """Reptile (FedAvg, K = 3) ends where the true loss is least."""
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    return equal(qm.Reptile(qm.GradientDescent(lr, 3)).fixed_point(tasks), qm.Joint().fixed_point(tasks))


enter(
    Entry(
        id="L25",
        sentence="On quadratics a local update method is a first-order method on a surrogate loss.",
        readings=(Reading("FedAvg, K = 3, two clients", local_updates_descend_a_surrogate, "PROVED"),),
        twin=local_updates_descend_the_loss,
        reason="Each client's update is a function of its own curvature applied to theta - c, the gradient of a"
        " quadratic with the same minimiser. The mean of these has another minimiser than the mean of the losses.",
    )
)


def _weights(algorithm: qm.Algorithm, *curvatures: Any) -> list[Any]:
    """The weights of curvatures in one dimension."""
    return [weight(algorithm, each, 0 * each) for each in curvatures]


@claim(**EIGENVALUES, source=CHARLES)
def reptile_conditions_better(p: Any, q: Any) -> Any:
    """The ratio of two of Reptile's weights is at most that of the curvatures (lr = 1, two and three steps)."""
    assume((p > 0, p <= q))
    statements = []
    for steps in (2, 3):
        low, high = _weights(qm.Reptile(qm.GradientDescent(1, steps)), p, q)
        statements += [at_most(low, high), at_most(p * high, q * low)]
    return tuple(statements)


@claim(**EIGENVALUES, source=CHARLES)
def maml_conditions_better(p: Any, q: Any) -> Any:
    """The ratio of two of MAML's weights, either way round, is at most that of the curvatures (lr = 1, one step)."""
    assume((p > 0, p <= q, q < 1))
    low, high = _weights(maml(1), p, q)
    return at_most(p * high, q * low), at_most(p * low, q * high)


@claim(p=scalar(0, 0.5), q=scalar(0, 1), source=CHARLES)
def maml_conditions_better_up_to_one(p: Any, q: Any) -> Any:
    """The same, if the two curvatures add up to at most 1/lr."""
    assume((p > 0, p <= q, q <= 1 - p))
    low, high = _weights(maml(1), p, q)
    return at_most(p * high, q * low), at_most(p * low, q * high)


@claim(u=scalar(0, 0.5), p=scalar(0, 1), source=CHARLES)
def maml_conditions_worse_beyond_one(u: Any, p: Any) -> Any:
    """For q = 1 - u and p + q >= 1/lr, MAML's objective is conditioned no better than the loss."""
    assume((u > 0, u <= p, p <= 1 - u))
    low, high = _weights(maml(1), p, 1 - u)
    return at_most((1 - u) * high, p * low)


@claim(**EIGENVALUES, source=CHARLES)
def reptile_conditions_perfectly(p: Any, q: Any) -> Any:
    """The ratio of two of Reptile's weights is at most half that of the curvatures (lr = 1, three steps)."""
    assume((p > 0, p <= q))
    low, high = _weights(qm.Reptile(qm.GradientDescent(1, 3)), p, q)
    return at_most(2 * p * high, q * low)


enter(
    Entry(
        id="L26",
        sentence="Local steps trade accuracy for a surrogate loss of smaller condition number.",
        readings=(
            Reading("Reptile/FedAvg, two eigenvalues, K = 2 and 3", reptile_conditions_better, "PROVED"),
            Reading("MAML, two eigenvalues p <= q < 1/lr, K = 1", maml_conditions_better, "REFUTED"),
        ),
        corrected=(
            Reading("MAML, if p + q <= 1/lr", maml_conditions_better_up_to_one, "PROVED"),
            Reading(
                "MAML, if p + q >= 1/lr: the condition number is no smaller", maml_conditions_worse_beyond_one, "PROVED"
            ),
        ),
        twin=reptile_conditions_perfectly,
        reason="Reptile's weight is increasing and concave. MAML's falls to 0 at a = 1/lr, and the ratio of two weights"
        " inverts beyond that of the curvatures exactly from p + q = 1/lr on.",
    )
)


@claim(**EIGENVALUES, source=CHARLES)
def steps_condition_better(p: Any, q: Any) -> Any:
    """A second inner step never makes MAML's condition number larger: w1(p) w2(p) <= w1(q) w2(q) for p <= q < 1/lr."""
    assume((p > 0, p <= q, q < 1))
    (low, high), (low2, high2) = _weights(maml(1), p, q), _weights(maml(1, 2), p, q)
    return at_most(low * low2, high * high2)


@claim(p=scalar(0, 0.25), q=scalar(0, 0.25), source=CHARLES)
def steps_condition_better_up_to_a_quarter(p: Any, q: Any) -> Any:
    """The same, for curvatures up to 1/(4 lr)."""
    assume((p > 0, p <= q))
    (low, high), (low2, high2) = _weights(maml(1), p, q), _weights(maml(1, 2), p, q)
    return at_most(low * low2, high * high2)


@claim(p=scalar(0, 0.375), q=scalar(0, 0.375), source=CHARLES)
def steps_condition_better_up_to_three_eighths(p: Any, q: Any) -> Any:
    """The same, for curvatures up to 3/(8 lr)."""
    assume((p > 0, p <= q))
    (low, high), (low2, high2) = _weights(maml(1), p, q), _weights(maml(1, 2), p, q)
    return at_most(low * low2, high * high2)


enter(
    Entry(
        id="L27",
        sentence="More inner steps give a better conditioned meta-objective.",
        readings=(Reading("MAML, K = 2 against K = 1, p <= q < 1/lr", steps_condition_better, "REFUTED"),),
        corrected=(Reading("curvatures up to 1/(4 lr)", steps_condition_better_up_to_a_quarter, "PROVED"),),
        twin=steps_condition_better_up_to_three_eighths,
        reason="With r_K = w_K(q)/w_K(p), which falls with K, the condition number max(r_K, 1/r_K) does not grow from"
        " K = 1 to 2 exactly where r_1 r_2 >= 1. That is so where a (1 - lr a)^3 increases, up to a = 1/(4 lr).",
    )
)
