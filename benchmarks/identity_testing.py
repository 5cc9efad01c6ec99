"""One identity tested by several routes, timed side by side in one run: ``python benchmarks/identity_testing.py``.

The loss of two tasks at the fixed point equals ``1/2 (c1 - c2)' W1 (W1 + W2)^-1 W2 (c1 - c2)``, with
``W = A (I - lr A)^2``: random instances modulo a prime, and random rational instances with entries below 100.
"""

from collections.abc import Callable
from random import Random
from time import perf_counter
from typing import Any

from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.formulas import differences
from quadmaml.proofs.identity import count, identity_test
from quadmaml.proofs.instances import draw, instance
from quadmaml.proofs.letters import scalar, symmetric, vector
from quadmaml.proofs.ring import inverse

LETTERS = {"A": symmetric(), "B": symmetric(), "u": vector(), "v": vector(), "lr": scalar()}
REPEATS = 5
BUDGET = 20.0  # seconds; a route that takes longer at one dimension is left out at the larger ones


def weight(A: Any, lr: Any) -> Any:
    return A * (1 - lr * A) ** 2


def at_the_fixed_point(A: Any, B: Any, u: Any, v: Any, lr: Any) -> Any:
    X, Y = weight(A, lr), weight(B, lr)
    theta = inverse(X + Y) * (X * u + Y * v)
    return ((theta - u).T * X * (theta - u) + (theta - v).T * Y * (theta - v)) / 2


def by_parallel_sum(A: Any, B: Any, u: Any, v: Any, lr: Any) -> Any:
    X, Y = weight(A, lr), weight(B, lr)
    return (u - v).T * X * inverse(X + Y) * Y * (u - v) / 2


def modulo_a_prime(d: int, pure: bool) -> bool | None:
    return identity_test(at_the_fixed_point, by_parallel_sum, LETTERS, d, pure=pure).equal


def over_the_rationals(d: int, pure: bool) -> bool | None:
    rng = Random(d)
    elements = instance(Rationals(pure), LETTERS, d, draw(LETTERS, d, lambda: rng.randint(-99, 99)))
    return all(difference.is_zero() for difference in differences(at_the_fixed_point, by_parallel_sum, elements))


def only_the_bound(d: int, pure: bool) -> bool:
    return count(at_the_fixed_point, by_parallel_sum, LETTERS, d).degree > 0


ROUTES: dict[str, tuple[Callable[[int, bool], bool | None], bool]] = {
    "prime, flint": (modulo_a_prime, False),
    "prime, pure": (modulo_a_prime, True),
    "rationals, flint": (over_the_rationals, False),
    "rationals, pure": (over_the_rationals, True),
    "bound alone": (only_the_bound, True),
}


def timed(route: Callable[[int, bool], bool | None], d: int, pure: bool) -> float:
    start = perf_counter()
    assert route(d, pure) is True
    return perf_counter() - start


def main() -> None:
    print("| d | " + " | ".join(ROUTES) + " | bound |")
    print("|---:|" + "---:|" * (len(ROUTES) + 1))
    late: set[str] = set()
    for d in (2, 5, 10, 20, 50, 100):
        best = {}
        for _ in range(REPEATS):
            for name, (route, pure) in ROUTES.items():
                if name not in late:
                    best[name] = min(best.get(name, float("inf")), seconds := timed(route, d, pure))
                    late |= {name} if seconds > BUDGET / REPEATS else set()
        cells = [f"{1e3 * best[name]:.2f}" if name in best else "" for name in ROUTES]
        bound = identity_test(at_the_fixed_point, by_parallel_sum, LETTERS, d).failure_bound
        print(f"| {d} | " + " | ".join(cells) + f" | {bound:.0e} |", flush=True)


if __name__ == "__main__":
    main()
