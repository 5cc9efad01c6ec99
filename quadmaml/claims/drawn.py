"""The domains of claims as Hypothesis strategies, for tests of code that a claim is about.

Each domain is one of :mod:`quadmaml.strategies`: ``spd()`` is ``spd_matrices``, ``symmetric()`` ``symmetric_matrices``,
``matrix()`` ``matrices``, ``vector()`` ``vectors``, ``scalar()`` ``scalars``, ``step_size()`` ``step_sizes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from quadmaml import strategies

from .domains import Domain
from .language import Claim

__all__ = ["STRATEGIES", "arguments", "strategy"]

STRATEGIES: Mapping[str, Any] = {
    "spd": strategies.spd_matrices,
    "symmetric": strategies.symmetric_matrices,
    "matrix": strategies.matrices,
    "vector": strategies.vectors,
    "scalar": strategies.scalars,
    "step_size": strategies.step_sizes,
}
WIDTH = 10


def strategy(domain: Domain, dim: int, *, exact: bool = False, convert: Any = None) -> st.SearchStrategy[Any]:
    """The strategy for a domain other than a step size, which depends on matrices: see :func:`arguments`.

    Examples
    --------
    >>> from hypothesis import find
    >>> from quadmaml.claims import scalar, spd
    >>> find(strategy(spd(), 2), lambda A: True).tolist(), find(strategy(scalar(2, None), 2), lambda x: True)
    ([[1.0, 0.0], [0.0, 1.0]], 2.0)
    """
    made: st.SearchStrategy[Any]
    if domain.kind == "scalar":
        low = domain.low if domain.low is not None else min(Fraction(0), domain.high or Fraction(0)) - WIDTH
        high = domain.high if domain.high is not None else max(Fraction(0), low) + WIDTH
        made = strategies.scalars(min_value=low, max_value=high, exact=exact)
    else:
        made = STRATEGIES[domain.kind](dim, exact=exact, convert=convert)
    return made


@st.composite
def arguments(
    draw: st.DrawFn, claim: Claim, *, min_dim: int = 1, max_dim: int = 4, exact: bool = False, convert: Any = None
) -> dict[str, Any]:
    """All arguments of a claim, by name, as arrays: step sizes are below ``1/lambda_max`` of the matrices they name.

    ``convert`` is applied to each array, such as ``torch.from_numpy``. Shrinks towards dimension min_dim, identities,
    columns of zeros, and step sizes of half their bound.

    Examples
    --------
    >>> from hypothesis import find
    >>> from quadmaml.claims import at_most, claim, spd, step_size
    >>> @claim(A=spd(), lr=step_size("A"))
    ... def contracts(A, lr):
    ...     return at_most((1 - lr * A) ** 2, 1)
    >>> found = find(arguments(contracts), lambda drawn: True)
    >>> found["A"].tolist(), found["lr"]
    ([[1.0]], 0.5)
    """
    dim, made = draw(st.integers(min_dim, max_dim)), {}
    for name, domain in claim.domains.items():
        if domain.kind != "step_size":
            made[name] = draw(strategy(domain, dim, exact=exact))
    for name, domain in claim.domains.items():
        if domain.kind == "step_size":
            # The largest row sum bounds every eigenvalue, exactly.
            largest = max(max(np.abs(made[each]).sum(axis=-1)) for each in domain.below)
            made[name] = draw(strategies.step_sizes(largest or 1, bound=1, exact=exact))
    arrays = {"spd", "symmetric", "matrix", "vector"}
    converted = convert or (lambda array: array)
    return {n: converted(x) if claim.domains[n].kind in arrays else x for n, x in made.items()}
