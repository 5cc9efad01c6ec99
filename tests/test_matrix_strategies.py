"""The numbers that all strategies are made of."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quadmaml import InputError
from quadmaml.matrix_strategies import bounds_of, exactly, matrices, numbers, size, sizes, vectors


@given(st.data())
@settings(max_examples=30)
def test_numbers_stay_in_their_range(data: Any) -> None:
    x = data.draw(st.composite(lambda draw: numbers(draw, (3,), Fraction(1, 3), Fraction(5, 3), near=1, exact=True))())
    assert all(Fraction(1, 3) <= entry <= Fraction(5, 3) for entry in x)


def test_exactly_keeps_fractions_and_rounds_for_floats() -> None:
    assert exactly([1, 0.5]).tolist() == [Fraction(1), Fraction(1, 2)]
    assert exactly([Fraction(1, 3)], exact=False).dtype == np.float64


def test_sizes_and_bounds() -> None:
    assert size("dim", 3) == 3
    assert bounds_of("low", 0, "high", 0.5) == (0, Fraction(1, 2))
    for call, message in (
        (lambda: size("dim", 0), r"^dim: got 0"),
        (lambda: sizes("dim", 3, 2, 4), r"^max_dim: got 2; expected at least min_dim = 3$"),
        (lambda: bounds_of("low", 2, "high", 1), r"^high: got 1; expected at least low = 2$"),
    ):
        with pytest.raises(InputError, match=message):
            call()


@given(matrices(2, batch=(3,), exact=True), vectors(2, batch=(3, 2), exact=True))
@settings(max_examples=10)
def test_matrices_are_vectors_in_rows(A: Any, rows: Any) -> None:
    assert A.shape == rows.shape == (3, 2, 2)
    assert all(abs(entry) <= 10 for entry in A.flat)
