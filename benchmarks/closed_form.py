"""Where MAML ends, by four routes, timed side by side in one run: ``python benchmarks/closed_form.py``."""

import os
import platform
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

import quadmaml as qm

TASKS, STEPS, CONDITION = 100, 10, 100.0
LR = 0.5  # the largest curvature is 1
REPEATS = 7
ACCURACY = 1e-10  # the outer loop stops at this relative distance from the fixed point

MAML = qm.MAML(qm.GradientDescent(LR, STEPS))


def random_tasks(d: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Hessians with eigenvalues from 1/CONDITION to 1 in directions near the axes, and standard normal optima."""
    Q, _ = np.linalg.qr(np.eye(d) + 0.3 / np.sqrt(d) * rng.standard_normal((TASKS, d, d)))
    A = (Q * np.geomspace(1 / CONDITION, 1.0, d)) @ Q.transpose(0, 2, 1)
    return (A + A.transpose(0, 2, 1)) / 2, rng.standard_normal((TASKS, d))


def closed_form(A: np.ndarray, c: np.ndarray) -> np.ndarray:
    """The library: checks of the input, task objects, field, rank and condition number included."""
    return MAML.fixed_point(qm.Tasks.from_minimizers(A, c))


def matrix_powers(A: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Plain NumPy, a loop over tasks: ``W_i = P_i A_i P_i`` with ``P_i`` from ``matrix_power``."""
    d = A.shape[-1]
    M, v = np.zeros((d, d)), np.zeros(d)
    for A_i, c_i in zip(A, c, strict=True):
        P = np.linalg.matrix_power(np.eye(d) - LR * A_i, STEPS)
        W = P @ A_i @ P
        M, v = M + W, v + W @ c_i
    return np.linalg.solve(M, v)


def eigendecompositions(A: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Plain NumPy, all tasks at once: ``W_i = Q_i a (1 - lr a)^(2 steps) Q_i'`` with ``a, Q_i`` from ``eigh``."""
    a, Q = np.linalg.eigh(A)
    W = (Q * (a * (1 - LR * a) ** (2 * STEPS))[:, None, :]) @ Q.transpose(0, 2, 1)
    return np.linalg.solve(W.sum(axis=0), (W @ c[..., None]).sum(axis=0)[:, 0])


def outer_loop(tasks: qm.Tasks, lr: float, target: np.ndarray) -> int:
    """Meta-training by the simulator, unrolled steps and back-propagation; the number of outer steps it took."""
    theta, steps = np.zeros_like(target), 0
    while np.linalg.norm(theta - target) > ACCURACY * np.linalg.norm(target):
        theta, steps = theta - lr * qm.simulate.meta_gradient(MAML, tasks, theta), steps + 1
    return steps


def alternate(routes: dict[str, Callable[[], Any]]) -> dict[str, float]:
    """The best of REPEATS times of each route, in seconds; the routes take turns."""
    best = dict.fromkeys(routes, float("inf"))
    for _ in range(REPEATS):
        for name, route in routes.items():
            start = perf_counter()
            route()
            best[name] = min(best[name], perf_counter() - start)
    return best


def main() -> None:
    print(f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, quadmaml {qm.__version__}, "
        f"OPENBLAS_NUM_THREADS {os.environ.get('OPENBLAS_NUM_THREADS', 'not set')}"
    )
    print(f"{TASKS} tasks, {STEPS} inner steps; ms, best of {REPEATS}; in brackets the ratio to quadmaml\n")
    print(f"{'d':>4} {'quadmaml':>10} {'matrix_power loop':>20} {'batched eigh':>20} {'outer loop':>20}   outer steps")
    for d in (8, 32, 128):
        A, c = random_tasks(d, np.random.default_rng(d))
        tasks, target = qm.Tasks.from_minimizers(A, c), closed_form(A, c)
        for other in (matrix_powers, eigendecompositions):
            assert np.linalg.norm(other(A, c) - target) <= 1e-10 * np.linalg.norm(target)
        best = alternate(
            {
                "closed form": lambda A=A, c=c: closed_form(A, c),
                "powers": lambda A=A, c=c: matrix_powers(A, c),
                "eigh": lambda A=A, c=c: eigendecompositions(A, c),
            }
        )
        lr = MAML.field(tasks).best_lr()
        start = perf_counter()
        steps = outer_loop(tasks, lr, target)
        best["outer loop"] = perf_counter() - start
        base = best.pop("closed form")
        others = " ".join(f"{1e3 * t:11.2f} ({t / base:5.1f})" for t in best.values())
        print(f"{d:4} {1e3 * base:10.2f}  {others}   {steps}")


if __name__ == "__main__":
    main()
