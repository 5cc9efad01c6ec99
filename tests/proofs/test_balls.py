"""Balls: enclosures hold the exact value, precision is doubled where it does not suffice, flint is called by name."""

import math
from fractions import Fraction as Q

import pytest

from quadmaml import ConvergenceError, InputError, SingularError
from quadmaml.proofs import balls
from quadmaml.proofs.balls import Balls, enclose, interval
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.letters import scalar, symmetric, vector
from quadmaml.proofs.ring import gradient

from ..backends import need


def hilbert(d):
    return [[Q(1, i + j + 1) for j in range(d)] for i in range(d)]


def test_without_flint_the_extra_is_named(monkeypatch):
    monkeypatch.setattr(balls, "has_flint", lambda: False)
    with pytest.raises(InputError, match=r"`exact`.*quadmaml\[exact\]"):
        Balls()


@pytest.mark.parametrize("bits", [1, 53.0, "53"])
def test_bits_are_a_number_of_bits(bits):
    need("flint")
    with pytest.raises(InputError, match="bits"):
        Balls(bits)


def test_zero_is_decided_only_where_it_can_be():
    need("flint")
    F = Balls(53)
    third = F.scalar(1) / 3
    assert F.scalar(0).is_zero() is True
    assert third.is_zero() is False
    assert (third * 3 - 1).is_zero() is None
    assert F.column([0, 1]).is_zero() is False


def test_the_precision_of_flint_itself_is_left_alone():
    flint = need("flint")
    before = flint.ctx.prec
    x = Balls(200).scalar(Q(1, 3))
    assert (x * x).table.entries()[0].rad() < 1e-55
    assert flint.ctx.prec == before


def test_exponentials():
    need("flint")
    F = Balls(100)
    e = F.scalar(1).exp()
    low, high = interval(e.value)
    assert abs(low - Q(math.e)) < Q(1, 2**50)
    assert 0 < high - low < Q(1, 2**90)
    rotation = F.matrix([[0, -1], [1, 0]])
    assert ((rotation.exp() * (-rotation).exp()) - 1).is_zero() is None
    linear, column = F.matrix([[0]]).exp_bordered(F.column([3]), 0)
    assert (linear.value[0][0] == 1, column.value[0] == 3) == (True, True)


def test_the_exponential_of_a_bordered_matrix():
    """``exp [[-a, h], [0, 0]] = [[e^-a, h (1 - e^-a) / a], [0, 1]]``."""
    need("flint")
    F = Balls(80)
    linear, column = F.matrix([[-2]]).exp_bordered(F.column([3]), 0)
    decay = F.scalar(-2).exp()
    assert (linear - decay).is_zero() is None
    assert (column.T * F.column([1]) - 3 * (1 - decay) / 2).is_zero() is None
    corner = F.scalar(1)
    _, column = F.matrix([[1]]).exp_bordered(F.column([1]), corner)
    assert (column.T * F.column([1]) - corner.exp()).is_zero() is None
    assert (column.T * F.column([1]) - 1).is_zero() is False


def test_floats_go_in_as_they_are():
    need("flint")
    assert interval(Balls(53).scalar(0.1).value) == (Q(0.1), Q(0.1))
    assert interval(Balls(53).scalar(Balls(53).scalar(0.1).value).value) == (Q(0.1), Q(0.1))


def test_an_infinite_ball_has_no_ends():
    flint = need("flint")
    with pytest.raises(InputError, match="finite"):
        interval(flint.arb("inf"))


LETTERS = {"A": symmetric(), "h": vector()}


@pytest.mark.parametrize("d", [3, 8, 14])
def test_precision_is_doubled_until_the_exact_value_is_enclosed(d):
    need("flint")
    values = {"A": hilbert(d), "h": [1] * d}
    found = enclose(lambda A, h: A.solve(h), LETTERS, values, accuracy=1e-12)
    assert found.bits == {3: 53, 8: 106, 14: 106}[d]
    exact = Rationals().matrix(values["A"]).solve(Rationals().column(values["h"])).value
    for x, (low, high) in zip(exact, found.intervals()[0], strict=True):
        assert low <= x <= high
        assert high - low <= 3e-12 * max(1, abs(x))


def test_singular_matrices_and_wide_inputs_do_not_converge():
    need("flint")
    with pytest.raises(ConvergenceError, match="singular"):
        enclose(lambda A, h: A.solve(h), LETTERS, {"A": [[1, 1], [1, 1]], "h": [1, 1]}, max_bits=212)
    wide = Balls(53).scalar(Q(1, 3)).value
    with pytest.raises(ConvergenceError, match="radius"):
        enclose(lambda t: t, {"t": scalar()}, {"t": wide}, accuracy=1e-30, max_bits=212)
    with pytest.raises(ConvergenceError, match="no precision"):
        enclose(lambda t: t, {"t": scalar()}, {"t": 1}, bits=100, max_bits=50)


def test_several_parts_and_their_zeros():
    need("flint")
    same = enclose(lambda t: (t - t, 0), {"t": scalar()}, {"t": Q(1, 3)})
    assert same.is_zero() is None or same.is_zero() is True
    assert enclose(lambda t: (t, 0), {"t": scalar()}, {"t": 1}).is_zero() is False
    assert enclose(lambda t: (t - 1, 0), {"t": scalar()}, {"t": 1}).is_zero() is True
    assert enclose(lambda t: t, {"t": scalar()}, {"t": 1}).radius == 0


def test_a_matrix_that_may_be_singular_is_not_inverted():
    need("flint")
    F = Balls(53)
    third = F.scalar(1) / 3
    with pytest.raises(SingularError):
        (third * 3 - 1).inverse()


def test_a_derivative_that_differences_do_not_give_is_not_enclosed():
    need("flint")
    letters = {"e": scalar(), "u": vector(), "y": vector()}
    small = Balls(53)._flint.arb(0, 1e-20)
    values = {"e": small, "u": [1], "y": [0]}

    # The difference over one unit is 0 for every e, the derivative at 0 is -e.
    def cubic(e, u, y):
        return gradient(lambda z: e * ((u.T * z) ** 3 - u.T * z), y)

    with pytest.raises(InputError, match=r"gradient: is taken by differences.*degree 3"):
        enclose(cubic, letters, values)
    with pytest.raises(InputError, match=r"gradient: is taken by differences.*exp"):
        enclose(lambda e, u, y: gradient(lambda z: (e * (u.T * z)).exp(), y), letters, values)
    quadratic = enclose(lambda e, u, y: gradient(lambda z: e * z.T * z - u.T * z, y), letters, values)
    ((ends,),) = quadratic.intervals()
    assert ends[0] <= -1 <= ends[1]


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ({}, {}, "values: none for A"),
        ({"A": [1, 2]}, {}, "numbers that make up a matrix"),
        ({"A": [[1, 2], [3]]}, {}, "all of one length"),
        ({"A": []}, {}, "at least one"),
        ({"A": [[1]]}, {"bits": "53"}, "bits: got '53'"),
    ],
)
def test_values_that_do_not_fit_are_named(values, options, message):
    need("flint")
    with pytest.raises(InputError, match=message):
        enclose(lambda A: A, {"A": symmetric()}, values, **options)
