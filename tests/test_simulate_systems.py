"""The linear systems of the oracle, in Fractions, against values by hand."""

from fractions import Fraction

import numpy as np
import pytest

from quadmaml import Quadratic
from quadmaml.errors import ConvergenceError
from quadmaml.simulate_systems import conjugate_gradients, richardson, stationary
from quadmaml.solvers import ConjugateGradients, Neumann

q = Fraction
# With strength 2: I + A/2 = diag(2, 3), A + 2 I = diag(4, 6).
F = Quadratic([[q(2), q(0)], [q(0), q(4)]], [q(0), q(0)])
STRENGTH, B = q(2), np.array([q(2), q(2)])


def test_stationary_solves_the_shifted_system():
    assert stationary(F, STRENGTH, B).tolist() == [q(1, 2), q(1, 3)]


def test_stationary_refuses_a_singular_system():
    with pytest.raises(ConvergenceError, match="singular"):
        stationary(F, q(-2), B)


@pytest.mark.parametrize(
    ("steps", "x"),
    [
        (0, [0, 0]),
        (1, [1, 1]),  # 1/2 (2, 2)
        (2, [1, q(1, 2)]),  # + 1/2 (2 - 2, 2 - 3)
        (3, [1, q(3, 4)]),  # + 1/2 (0, 2 - 3/2)
    ],
)
def test_richardson_takes_its_steps(steps, x):
    assert richardson(Neumann(steps, q(1, 2)), F, STRENGTH, B).tolist() == x


@pytest.mark.parametrize(
    ("steps", "x"),
    [
        (0, [0, 0]),
        (1, [q(4, 5), q(4, 5)]),  # 8/20 (2, 2)
        (2, [1, q(2, 3)]),  # exact, with two eigenvalues
        (5, [1, q(2, 3)]),
    ],
)
def test_conjugate_gradients_take_their_steps(steps, x):
    assert conjugate_gradients(ConjugateGradients(steps), F, STRENGTH, B).tolist() == x
