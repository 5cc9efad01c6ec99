"""What the laws are tried on: every inner loop and algorithm of the package, and random problems for them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quadmaml import adaptation, algorithms, strategies
from quadmaml.inner_loop import InnerLoop
from quadmaml.meta_algorithm import Algorithm

LOOPS = [
    thing
    for thing in map(vars(adaptation).get, adaptation.__all__)
    if issubclass(thing, InnerLoop) and thing is not InnerLoop
]
ALGORITHMS = [
    thing
    for name, thing in vars(algorithms).items()
    if name in algorithms.__all__
    and isinstance(thing, type)
    and issubclass(thing, Algorithm)
    and thing is not Algorithm
]
# Gradient flow has irrational maps, and the simulator steps Chebyshev's irrational nodes.
SIMULATED_EXACTLY = [kind for kind in LOOPS if kind not in (adaptation.GradientFlow, adaptation.Chebyshev)]

CURVATURES = st.sampled_from(["definite", "semidefinite", "any"])


def mostly_small(few: int, most: int) -> st.SearchStrategy[int]:
    """From 1 to most, two times in three at most few: cases that shrink well, and large ones too."""
    small = st.integers(1, few)
    return small | small | st.integers(1, most)


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    loop: type[InnerLoop] | None = None,
    algorithm: type[Algorithm] | None = None,
    loops: list[Any] | None = None,
    exact: bool = False,
    curvature: str | None = None,
    split: bool | None = None,
    in_range: bool = False,
    commuting: bool = False,
    max_dim: int = 50,
) -> tuple[Any, Any, Any]:
    """An inner loop or an algorithm, tasks whose curvature it is stable on unless that is indefinite, and a start."""
    dim = draw(st.integers(1, 3) if exact else mostly_small(4, max_dim))
    n = draw(st.integers(1, 3) if exact else mostly_small(4, 30))
    top = draw(st.sampled_from([4, 1, 100]))
    curvature = draw(CURVATURES) if curvature is None else curvature
    tasks = draw(
        strategies.tasks(
            min_tasks=n, max_tasks=n, min_dim=dim, max_dim=dim, split=split, curvature=curvature, max_eigenvalue=top,
            in_range=in_range, commuting=commuting, exact=exact,
        )
    )  # fmt: skip
    options: dict[str, Any] = {
        "largest_eigenvalue": top,
        "smallest_eigenvalue": -top if curvature == "any" else 0,
        "max_steps": 4 if exact else draw(st.sampled_from([5, 50])),
        "exact": exact,
    }
    if algorithm is not None:
        method = draw(strategies.algorithms(dim, kinds=[algorithm], inner_kinds=loops, **options))
    else:
        method = draw(strategies.inner_loops(dim, kinds=[loop] if loop else loops, **options))
    return method, tasks, draw(strategies.vectors(dim, exact=exact))
