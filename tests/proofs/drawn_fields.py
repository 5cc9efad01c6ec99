"""The fields as parameters of tests, each by flint and in plain Python."""

from __future__ import annotations

from typing import Any

import pytest

from quadmaml.proofs.balls import Balls
from quadmaml.proofs.fields import PrimeField, Rationals

from ..backends import need

P = 10007
EXACT = {
    "prime-flint": lambda: PrimeField(P),
    "prime-pure": lambda: PrimeField(P, pure=True),
    "rational-flint": lambda: Rationals(),
    "rational-pure": lambda: Rationals(pure=True),
}
ALL = {**EXACT, "balls": lambda: Balls(80)}


def make(name: str) -> Any:
    """The field of that name; skipped where its library is absent."""
    if name in ("prime-flint", "rational-flint", "balls"):
        need("flint")
    return ALL[name]()


exact_fields = pytest.mark.parametrize("name", EXACT)
all_fields = pytest.mark.parametrize("name", ALL)
# Whether the plain Python path is forced
both_paths = pytest.mark.parametrize("pure", [False, True], ids=["flint", "pure"])


def path(pure: bool) -> bool:
    """The parameter itself; the test is skipped if it asks for flint and flint is absent."""
    if not pure:
        need("flint")
    return pure


def same(element: Any, expected: Any, shape: str = "matrix") -> None:
    """Assert that an element has this value: exactly, or for balls that it lies in them and they are narrow."""
    assert element.shape == shape
    wanted = element.field.element(shape, expected)
    if isinstance(element.field, Balls):
        assert (element - wanted).is_zero() is not False
        assert all(entry.rad() < 1e-12 for entry in element.table.entries())
    else:
        assert (element - wanted).is_zero() is True
