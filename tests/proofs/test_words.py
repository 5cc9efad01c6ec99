"""The words engine: derivatives, arithmetic, what a proof assumes, and what is refused."""

from fractions import Fraction as Q

import pytest
import sympy

from quadmaml import InputError, QuadmamlError, SingularError
from quadmaml.proofs.letters import function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, inverse, jacobian, named
from quadmaml.proofs.words import Words, prove_equal

from .drawn_formulas import FALSE, TRUE
from .word_letters import assumed, proved


@pytest.mark.parametrize("name", TRUE)
def test_true_statements_are_proved(name):
    lhs, rhs, letters = TRUE[name]
    assert prove_equal(lhs, rhs, letters).proved


@pytest.mark.parametrize("name", FALSE)
def test_false_statements_are_not(name):
    lhs, rhs, letters, _ = FALSE[name]
    result = prove_equal(lhs, rhs, letters)
    assert not result.proved
    assert result.remaining


# Derivatives


def test_derivatives_at_an_affine_point():
    def lhs(A, u, c, lr):
        return gradient(lambda x: (x - c).T * A * (x - c) / 2, u - lr * A * u)

    assert proved(lhs, lambda A, u, c, lr: A * (u - lr * A * u - c))


def test_derivatives_of_quotients_and_inverses():
    assert proved(
        lambda A, u: gradient(lambda x: 1 / (1 + x.T * A * x), u),
        lambda A, u: -2 * A * u / (1 + u.T * A * u) ** 2,
    )
    assert proved(
        lambda A, u, v: gradient(lambda x: v.T * inverse(A + x * x.T) * v, u),
        lambda A, u, v: -2 * (v.T * inverse(A + u * u.T) * u) * (inverse(A + u * u.T) * v),
    )
    assert proved(
        lambda M, u: jacobian(lambda x: (x.T * M * x) * x, u),
        lambda M, u: u * u.T * (M + M.T) + u.T * M * u,
    )
    assert "$1 + u^{\\top} A u \\neq 0$" in assumed(
        lambda A, u: gradient(lambda x: x.T * x / (1 + u.T * A * u), u), lambda A, u: 2 * u / (1 + u.T * A * u)
    )


def test_derivatives_of_derivatives():
    assert proved(
        lambda A, u: jacobian(lambda x: gradient(lambda y: y.T * A * y, x), u),
        lambda A: 2 * A,
    )
    with pytest.raises(InputError, match="third derivative of f"):
        proved(lambda f, u: gradient(lambda x: x.T * f.hessian(x) * x, u), 0)


def test_a_variable_of_differentiation_does_not_escape():
    def lhs(u, v):
        return gradient(lambda x: gradient(lambda y: (x.T * y) * (v.T * y), x).T * v, u)

    # grad_y = x (v'y) + v (x'y) at y = x; its gradient along v
    assert proved(lhs, lambda u, v: 2 * (u.T * v) * v + 2 * (v.T * v) * u)


# Arithmetic


def test_contractions_are_numbers():
    assert proved(lambda M, u, v: u.T * M * v, lambda M, u, v: v.T * M.T * u)
    assert not proved(lambda M, u, v: u.T * M * v, lambda M, u, v: v.T * M * u)
    assert proved(lambda A, u, v: (u.T * v) * A * u, lambda A, u, v: A * u * (v.T * u))
    assert proved(lambda u, v, x: u * v.T * x * u.T, lambda u, v, x: (x.T * v) * (u * u.T))
    assert proved(lambda A, u, v: u.T * inverse(A + 1) * v, lambda A, u, v: v.T * inverse(A + 1) * u)


def test_a_contraction_in_two_directions():
    # The normal form of one transpose is a sum of several words.
    def lhs(A, B, u, v):
        return u.T * inverse(A + B) * A * v

    assert proved(lhs, lambda A, B, u, v: v.T * A * inverse(A + B) * u)
    assert proved(lhs, lambda A, B, u, v: u.T * v - v.T * B * inverse(A + B) * u)
    assert not proved(lhs, lambda A, B, u, v: v.T * inverse(A + B) * A * u)


def test_powers_and_inverses_cancel():
    assert proved(lambda A: A**3 * A**-2, lambda A: A)
    assert proved(lambda M, N: (M * N) ** -1, lambda M, N: N**-1 * M**-1)
    assert proved(lambda M: (M.T) ** -1, lambda M: (M**-1).T)
    assert proved(lambda M: inverse(inverse(M)), lambda M: M)
    assert proved(lambda A, lr: inverse(lr * A) * A, lambda lr: 1 / lr)
    assert proved(lambda A: A**0, 1)
    assert not proved(lambda M, N: (M * N) ** -1, lambda M, N: M**-1 * N**-1)


def test_coefficients_of_every_exact_kind():
    a, b = sympy.symbols("a b")
    assert proved(lambda A: (a**2 - b**2) / (a - b) * A, lambda A: A * (a + b))
    assert proved(lambda A: sympy.Rational(1, 3) * A + Q(2, 3) * A, lambda A: A)
    assert proved(lambda A: sympy.sqrt(2) * (A + 1), lambda A: sympy.sqrt(2) + A * sympy.sqrt(2))
    assert proved(lambda A: (1 + sympy.sqrt(2)) * A, lambda A: A + A * sympy.sqrt(2))
    assert proved(lambda A: sympy.exp(-a) * A / sympy.exp(-a), lambda A: A)
    assert proved(lambda lr: lr / (1 + lr) + 1 / (1 + lr), 1)
    assert not proved(lambda A: a * A, lambda A: b * A)
    assert not proved(lambda A, lr: lr * A, lambda A: sympy.Symbol("lr") * A)


@pytest.mark.parametrize("number", [0.5, "2", sympy.Float(0.5), sympy.oo, None])
def test_numbers_that_are_not_exact_are_refused(number):
    with pytest.raises((InputError, TypeError)):
        proved(lambda A: number * A, 0)


def test_shapes_that_do_not_fit_are_refused():
    for formula in (lambda A, u: A + u, lambda u: u * u, lambda u: u**-1, lambda u: u**2, lambda A: gradient(str, A)):
        with pytest.raises(InputError):
            proved(formula, 0)
    with pytest.raises(InputError, match="expected a scalar"):
        proved(lambda u: gradient(lambda x: x, u), 0)
    with pytest.raises(InputError, match="expected a vector"):
        proved(lambda u: jacobian(lambda x: x.T, u), 0)
    with pytest.raises(InputError, match="exp"):
        proved(lambda A: A.exp(), 0)
    with pytest.raises(InputError, match="expected a column"):
        proved(lambda A, f: f(A), 0)


def test_letters_of_two_rings_do_not_mix():
    A, B = (Words().letters({"A": symmetric()})["A"] for _ in range(2))
    with pytest.raises(InputError, match="another ring"):
        A + B


@pytest.mark.parametrize("base", [None, matrix(), vector(), function_of("A")])
def test_a_function_is_one_of_a_symmetric_letter(base):
    letters = {"A": symmetric(), "P": function_of("C")} | ({} if base is None else {"C": base})
    with pytest.raises(InputError, match="P: is a function of 'C'"):
        prove_equal(lambda P: P, 0, letters)


def test_is_zero_says_no_more_than_it_knows():
    A, M = Words().letters({"A": symmetric(), "M": matrix()}).values()
    assert (A - A.T).is_zero() is True
    assert (M - M.T).is_zero() is None
    assert (A - A + 1).is_zero() is False


# Assumptions


def test_what_is_not_used_is_not_assumed():
    assert assumed(lambda A, B: A * inverse(A + B) * B, lambda A, B: B * inverse(A + B) * A) == {"$A + B$ invertible"}
    assert assumed(lambda A, P: A * P, lambda A, P: P * A) == {"$A$, $P$ commute"}
    assert assumed(lambda A, P: A.T * P, lambda A, P: P * A) == {"$A$, $P$ commute", "$A$ symmetric"}
    assert assumed(lambda M: (M * M).T, lambda M: M.T * M.T) == set()


def test_inverses_of_letters_of_a_family_commute():
    assert proved(lambda A: inverse(A + 1) * A, lambda A: A * inverse(A + 1))
    assert proved(lambda A: inverse(A + 1) * inverse(A + 2), lambda A: inverse(A + 2) * inverse(A + 1))
    assert proved(lambda P, R: inverse(P + R) * P, lambda P, R: P * inverse(P + R))
    assert proved(lambda M: inverse(M + 1) * M, lambda M: M * inverse(M + 1))
    assert not proved(lambda M: inverse(M + 1) * M.T, lambda M: M.T * inverse(M + 1))
    assert not proved(lambda A, B: inverse(A + 1) * B, lambda A, B: B * inverse(A + 1))


def test_numbers_that_are_divided_by_are_not_zero():
    assert assumed(lambda A, lr: A / lr, lambda A, lr: 1 / lr * A) == {r"$\mathrm{lr} \neq 0$"}
    assert r"$1 + \mathrm{lr} \neq 0$" in assumed(lambda lr: lr / (1 + lr), lambda lr: 1 - 1 / (1 + lr))
    assert assumed(lambda u: u / (u.T * u), lambda u: 1 / (u.T * u) * u) == {r"$u^{\top} u \neq 0$"}


def test_what_is_zero_has_no_inverse():
    for formula in (lambda A: inverse(A - A.T), lambda lr: 1 / (lr - lr), lambda u, v: 1 / (u.T * v - v.T * u)):
        with pytest.raises(SingularError):
            proved(formula, 0)


def test_contradicting_assumptions_are_refused():
    with pytest.raises(InputError, match="contradict each other: 1 = 0"):
        proved(lambda A: inverse(A), lambda A: A, assume=[lambda A: A * A])
    with pytest.raises(QuadmamlError):
        proved(lambda A: A * inverse(A), 1, assume=[lambda A, B: A * B, lambda B: B - 1])
    with pytest.raises(SingularError):
        proved(lambda h, u: u / (h.T * u), 0, assume=[lambda h: h])
    # That A u = 0 takes an overlap of the relations.
    with pytest.raises(InputError, match="contradict each other: uᵀ A v = 0"):
        proved(lambda A, u, v: v / (v.T * A * u), 0, assume=[lambda A, B: A * B, lambda B, x, u: B * x - u])
    assert proved(lambda A, B: A * B * A, 0, assume=[lambda A, B: A * B])


def test_dividing_a_declared_relation_is_an_assumption():
    # lr A = 0 leaves A = 0 or lr = 0.
    assert r"$\mathrm{lr} \neq 0$" in assumed(lambda A: A, 0, assume=[lambda A, lr: lr * A])
    assert not proved(lambda lr: lr, 0, assume=[lambda A, lr: lr * A])


def test_relations_of_columns():
    normal_equation = [lambda A, x, h: A * x - h]
    assert assumed(lambda x: x, lambda A, h: inverse(A) * h, assume=normal_equation) == {
        "$A x - h = 0$",
        "$A$ invertible",
    }
    assert proved(lambda x, A: x.T * A * x, lambda x, h: h.T * x, assume=normal_equation)
    with pytest.raises(InputError, match="assume: got a number"):
        proved(lambda A: A, 0, assume=[lambda u: u.T * u])


def test_relations_that_are_not_used_are_not_assumed():
    assert assumed(lambda A, B: A + B, lambda A, B: B + A, assume=[lambda A, B: A * B]) == set()


def test_an_assumption_is_printed_as_short_as_it_was_written():
    assert assumed(lambda A, B: inverse(2 * A + 2 * B), lambda A, B: inverse(named(A + B, "W")) / 2) == {
        "$W$ invertible"
    }


def test_elements_show_their_normal_form():
    A, B, u, lr = Words().letters({"A": symmetric(), "B": symmetric(), "u": vector(), "lr": scalar()}).values()
    assert repr((1 - lr * A) ** 2 * u) == "lr² A² u − 2 lr A u + u"
    assert repr(inverse(A + B) * u) == "(A + B)⁻¹ u"
    assert repr((u.T * A * u) * B) == "(uᵀ A u) B"


def test_limits_are_undecided_and_not_wrong():
    # True by the theorem of Amitsur and Levitzki for d <= 2 only: nothing to be proved for every dimension.
    assert not proved(lambda A, B: inverse(A * B - B * A), lambda A, B: inverse(A * B - B * A) * 2)


def test_the_imaginary_unit_is_refused():
    with pytest.raises(InputError, match="expected a real number"):
        prove_equal(lambda A: sympy.I * A, lambda A: A, {"A": symmetric()})


def test_a_single_assumption_is_no_sequence():
    with pytest.raises(InputError, match="assume: got a single formula"):
        prove_equal(lambda A: A, lambda A: A, {"A": symmetric()}, assume=lambda A: A)
