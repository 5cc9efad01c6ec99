"""1,000 settings by one sweep and by a loop of single calls, timed side by side: ``python benchmarks/sweep.py``."""

import os
import platform
import warnings
from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

import quadmaml as qm
from quadmaml.linalg import condition_number

TASKS, CONDITION = 100, 100.0
LRS = [float(lr) for lr in np.linspace(0.05, 0.9, 50)]  # the largest curvature is 1
STEPS = range(1, 21)
REPEATS = 5
# The loop of single calls is timed on every PART-th step size, and its time multiplied.
PART = {4: 1, 8: 1, 32: 5, 64: 10, 128: 25}

OUTER = ["fixed_point", "condition", "best_lr", "rate", "mean_loss"]


def random_tasks(d: int, split: bool) -> qm.Tasks:
    """Hessians with eigenvalues from 1/CONDITION to 1 in directions near the axes, and standard normal optima."""
    rng = np.random.default_rng(d)

    def part() -> qm.Quadratic:
        Q, _ = np.linalg.qr(np.eye(d) + 0.3 / np.sqrt(d) * rng.standard_normal((TASKS, d, d)))
        A = (Q * np.geomspace(1 / CONDITION, 1.0, d)) @ Q.transpose(0, 2, 1)
        return qm.Quadratic.from_minimizer((A + A.transpose(0, 2, 1)) / 2, rng.standard_normal((TASKS, d)))

    return qm.Tasks(part(), part() if split else None)


def one_by_one(tasks: qm.Tasks, lrs: list[float], outer: bool) -> np.ndarray:
    """The loop that a sweep replaces, written with care: each field is computed once where it is needed twice."""
    points = []
    for lr in lrs:
        for k in STEPS:
            algorithm = qm.MAML(qm.GradientDescent(lr, k))
            if not outer:
                points.append(algorithm.fixed_point(tasks))
                continue
            field = algorithm.field(tasks)
            points.append(field.zero())
            condition_number(field.matrix)
            field.rate(field.best_lr())
            tasks.weights @ qm.adapted_losses(tasks, points[-1], algorithm.loop)
    return np.array(points)


def best(route: Callable[[], Any], repeats: int) -> tuple[float, Any]:
    """The best of some times in seconds, and what the route returned."""
    times, made = [], None
    for _ in range(repeats):
        start = perf_counter()
        made = route()
        times.append(perf_counter() - start)
    return min(times), made


def main() -> None:
    print(f"{platform.platform()}, {platform.machine()}, {os.cpu_count()} cores")
    print(
        f"Python {platform.python_version()}, NumPy {np.__version__}, quadmaml {qm.__version__}, "
        f"OPENBLAS_NUM_THREADS {os.environ.get('OPENBLAS_NUM_THREADS', 'not set')}"
    )
    print(f"{TASKS} tasks, MAML, {len(LRS)} step sizes x {len(STEPS)} step counts; seconds, best of {REPEATS}\n")
    print(f"{'d':>4} {'query':>8} {'asked for':>12} {'sweep':>8} {'single calls':>13} {'ratio':>7} {'difference':>11}")
    for split in (False, True):
        for d, part in PART.items():
            tasks, lrs = random_tasks(d, split), LRS[::part]
            for outer in (False, True):
                asked = OUTER if outer else ["fixed_point"]
                together, alone = [], []
                # The two take turns, so that a busy machine slows both.
                for _ in range(REPEATS if part == 1 else 2):
                    t, found = best(lambda: qm.sweep(tasks, qm.MAML, lr=LRS, steps=STEPS, quantities=asked), 2)  # noqa: B023
                    together.append(t)
                    t, points = best(lambda: one_by_one(tasks, lrs, outer), 1)  # noqa: B023
                    alone.append(t * len(LRS) / len(lrs))
                assert set(found.status.flat) == {"ok"}
                off = np.abs(found["fixed_point"][0, ::part].reshape(points.shape) - points).max()
                assert off <= 1e-10
                names = f"{'split' if split else 'support':>8} {'all five' if outer else 'fixed points':>12}"
                a, b = min(together), min(alone)
                print(f"{d:4} {names} {a:8.3f} {b:13.2f} {b / a:7.1f} {off:11.1e}", flush=True)


if __name__ == "__main__":
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        main()
