"""The exception tree, and the checks of single arguments at the edges of their ranges."""

import datetime
import logging
from decimal import Decimal
from fractions import Fraction

import array_api_strict
import numpy as np
import pytest
import sympy

import quadmaml as qm
from quadmaml.curvature import Diagonal
from quadmaml.errors import check_count, check_number, check_steps, is_real, known

from .backends import need


@pytest.mark.parametrize(
    ("error", "builtin"),
    [
        (qm.InputError, ValueError),
        (qm.SingularError, ArithmeticError),
        (qm.NotAGradientError, Exception),
        (qm.ConvergenceError, Exception),
    ],
)
def test_every_error_is_ours_and_a_builtin_one(error, builtin):
    assert issubclass(error, qm.QuadmamlError)
    assert issubclass(error, builtin)


@pytest.mark.parametrize("warning", [qm.IllConditionedWarning, qm.UnstableStepWarning])
def test_warnings_are_no_errors(warning):
    assert issubclass(warning, UserWarning)
    assert not issubclass(warning, qm.QuadmamlError)


def test_a_message_is_one_line():
    assert str(qm.InputError("x: got [[1]\n [2]]; expected one row")) == "x: got [[1] [2]]; expected one row"


def test_a_singular_matrix_says_its_rank_and_what_is_lost():
    error = qm.SingularError("singular", 1, [[0.0], [1.0]])
    assert (str(error), error.rank, error.nullspace) == ("singular", 1, [[0.0], [1.0]])
    bare = qm.SingularError("singular")
    assert (bare.rank, bare.nullspace) == (None, None)


def test_known_is_none_where_a_truth_cannot_be_known():
    x = sympy.Symbol("x")
    assert known(lambda: 1 < 2) is True
    assert known(lambda: 2 < 1) is False
    assert known(lambda: x > 0) is None
    with pytest.raises(ZeroDivisionError):
        known(lambda: 1 / 0 > 0)


@pytest.mark.parametrize("value", [1, 0.5, Fraction(1, 2), sympy.Rational(1, 2)])
def test_numbers_pass_unchanged(value):
    assert check_number("x", value, above=0) is value
    assert check_number("x", value, at_least=0) is value
    assert check_number("x", value) is value


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float64(0.5), 0.5),
        (np.float32(0.5), 0.5),
        (np.array(0.5), 0.5),
        (np.array(3), 3),
        (np.int64(3), 3),
        (np.array(Fraction(1, 2), dtype=object), Fraction(1, 2)),
        (array_api_strict.asarray(0.5), 0.5),
        (array_api_strict.asarray(3), 3),
    ],
    ids=repr,
)
def test_numbers_in_arrays_that_do_not_differentiate_become_plain(value, plain):
    checked = check_number("x", value, above=0)
    assert (checked, type(checked)) == (plain, type(plain))


def test_integers_of_flint_become_plain():
    flint = need("flint")
    assert type(check_number("x", flint.fmpz(3))) is int
    half = flint.fmpq(1, 2)
    assert check_number("x", half) is half
    with pytest.raises(
        qm.InputError, match=r"^x: got \[?1.*; expected a finite real number > 0, either a float or exact"
    ):
        check_number("x", flint.arb(1), above=0)


def test_arrays_that_differentiate_stay():
    torch = need("torch")
    x = torch.tensor(0.5, requires_grad=True)
    assert check_number("x", x, above=0) is x


@pytest.mark.parametrize("value", [Decimal("0.5"), sympy.Float(0.5), 0.5 * sympy.Symbol("x"), sympy.I, sympy.true])
def test_kinds_that_are_neither_floats_nor_exact(value):
    with pytest.raises(qm.InputError, match=r"^x: got .*; expected a finite real number, either a float or exact \(an"):
        check_number("x", value)


@pytest.mark.parametrize(
    "value",
    [
        datetime.timedelta(1),
        np.timedelta64(1, "s"),
        np.timedelta64(1, "ns"),
        np.array(1, "m8[ns]"),
        np.array("a"),
        logging.getLogger("x"),
        type("Level", (), {"level": 0})(),
        True,
        1j,
        "1",
        None,
        [],
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_number_is_refused(value):
    with pytest.raises(qm.InputError, match=r"^x: got .*; expected a finite real number"):
        check_number("x", value)


def test_elements_of_a_ring_pass():
    element = Diagonal(sympy.Symbol("a"))
    assert check_number("x", element, above=0) is element


def test_a_count_is_a_known_number():
    assert check_count("steps", 3) == 3
    with pytest.raises(qm.InputError, match=r"^steps: got the symbol K; expected an integer, for steps are taken one"):
        check_count("steps", sympy.Symbol("K"))


def test_symbols_are_taken_on_trust():
    x = sympy.Symbol("x")
    assert check_number("x", x, above=0) is x
    assert check_steps("K", x) is x
    assert check_number("x", sympy.sqrt(2), above=0) == sympy.sqrt(2)


def test_the_ends_of_ranges():
    assert check_number("x", 0, at_least=0) == 0
    assert check_number("x", 5e-324, above=0) == 5e-324
    assert check_number("x", -3) == -3
    with pytest.raises(qm.InputError, match=r"^x: got 0; expected a finite real number > 0$"):
        check_number("x", 0, above=0)
    with pytest.raises(qm.InputError, match=r"^x: got -1; expected a finite real number >= 0$"):
        check_number("x", -1, at_least=0)
    with pytest.raises(qm.InputError, match=r"^x: got 1; expected a finite real number > 1$"):
        check_number("x", 1, above=1)
    with pytest.raises(qm.InputError, match=r"^x: got nan; expected a finite real number$"):
        check_number("x", float("nan"))
    with pytest.raises(qm.InputError, match=r"^x: got inf; expected a finite real number$"):
        check_number("x", float("inf"))
    with pytest.raises(qm.InputError, match=r"^x: got an array of shape \(1,\); expected one real number > 0$"):
        check_number("x", np.ones(1), above=0)


def test_numbers_that_are_not_real():
    assert is_real(sympy.Integer(2))
    assert is_real(sympy.Symbol("x"))
    assert is_real(0.5)
    assert not is_real(sympy.I)
    assert not is_real(sympy.oo)
    assert not is_real(sympy.nan)
    assert not is_real(sympy.Symbol("z", imaginary=True))


def test_steps_are_integers_of_any_kind():
    assert check_steps("K", 0) == 0
    assert type(check_steps("K", np.int64(3))) is int
    assert check_steps("K", 1, at_least=1) == 1
    with pytest.raises(qm.InputError, match=r"^K: got 0; expected an integer >= 1$"):
        check_steps("K", 0, at_least=1)
    with pytest.raises(qm.InputError, match=r"^K: got True; expected an integer >= 0$"):
        check_steps("K", True)


@pytest.mark.parametrize("assumed", [{"negative": True}, {"integer": False}, {"imaginary": True}])
def test_symbols_that_are_no_number_of_steps_are_refused(assumed):
    with pytest.raises(qm.InputError, match="steps: got K; expected an integer >= 0"):
        qm.GradientDescent(0.1, sympy.Symbol("K", **assumed))
    free = sympy.Symbol("K")
    assert qm.GradientDescent(0.1, free).steps is free
