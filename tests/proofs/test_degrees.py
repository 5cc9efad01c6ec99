"""The degree counter: golden degrees, and never less than the true degree of random expressions."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction as Q
from functools import cache
from random import Random
from typing import Any

import pytest
import sympy

import quadmaml as qm
from quadmaml import InputError, SingularError
from quadmaml.proofs import degrees
from quadmaml.proofs.degrees import Degree, DegreeCounter, Size, log2_above
from quadmaml.proofs.elements import Field
from quadmaml.proofs.formulas import evaluate
from quadmaml.proofs.instances import free_numbers, instance
from quadmaml.proofs.letters import function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, inverse, jacobian

from .drawn_formulas import random_expression

LETTERS = {
    "A": symmetric(),
    "M": matrix(),
    "P": function_of("A"),
    "u": vector(),
    "v": vector(),
    "t": scalar(),
}


def counted(formula: Callable[..., Any], d: int) -> tuple[int, int, int]:
    """Degrees of numerator, of denominator, and of all that is inverted."""
    counter = DegreeCounter(d)
    (value,) = evaluate(formula, counter.letters(LETTERS))
    return value.size.degree, value._determinants(value.over).degree, counter.inverted_degree


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda A: A, (1, 0, 0)),
        (lambda A: A * A + A - 3, (2, 0, 0)),
        (lambda A: A**5, (5, 0, 0)),
        (lambda A: inverse(A), (3, 4, 4)),
        (lambda A, M: inverse(A) * M * A, (5, 4, 4)),
        (lambda A: inverse(inverse(A)), (4 + 3 * 3, 4 * 3, 4 + 12)),
        (lambda A, M: inverse(A) + inverse(M), (7, 8, 8)),
        (lambda P: P, (4, 0, 0)),
        (lambda t: 1 / t, (0, 1, 1)),
        (lambda t, A: A / t, (1, 1, 1)),
        (lambda u, A, v: u.T * A * v, (3, 0, 0)),
        (lambda u, v: u * v.T, (2, 0, 0)),
        (lambda A, u, v: gradient(lambda x: (x - u).T * A * (x - u), v), (2, 0, 0)),
        (lambda A, M, u: gradient(lambda x: x.T * inverse(A) * x, M * u), (5, 4, 4)),
        (lambda A, u: jacobian(lambda x: A * A * x + u, u), (2, 0, 0)),
        (lambda A, u: gradient(lambda x: (x - A * gradient(lambda y: y.T * A * y, x)).T * x, u), (3, 0, 0)),
        (lambda A, M, u: gradient(lambda x: x.T * M * x, inverse(A) * u), (9, 8, 4)),
        (lambda u: gradient(lambda x: 7, u), (0, 0, 0)),
    ],
)
def test_golden_degrees_at_d_4(formula, expected):
    assert counted(formula, 4) == expected


def test_one_inverse_used_twice_is_one_denominator():
    def formula(A, M):
        S = inverse(A)
        return S * M + M * S + S * M * S

    assert counted(formula, 4) == (8, 8, 4)


def test_a_loop_over_a_shared_inverse_grows_linearly():
    def formula(A, M):
        previous = p = x = inverse(A)
        for _ in range(40):
            previous, p = p, (1 - x) * p + Q(1, 10) * (p - previous)
        return p

    numerator, denominator, inverted = counted(formula, 4)
    assert (denominator, inverted) == (4 * 41, 4)
    assert numerator <= 4 * 41


@pytest.mark.parametrize("n", [0, 1, 2, 3, 4, 7, 8, 9, -8, -9, 10**30])
def test_logarithms_are_rounded_up(n):
    b = log2_above(n)
    assert abs(n) <= 2**b
    assert b == 0 or abs(n) > 2 ** (b - 1)


@pytest.mark.parametrize(
    ("formula", "coefficients"),
    [
        (lambda A: A, 1),
        (lambda A: 3 * A, 4),
        (lambda A: A / 3 + Q(1, 2), 8),  # (2a + 3) / 6
        (lambda M: M * M, 4),  # four products
        (lambda M: inverse(M), 6),  # the 3 x 3 minors
        (lambda u, v: u.T * v, 4),
    ],
)
def test_golden_coefficients_at_d_4(formula, coefficients):
    (value,) = evaluate(formula, DegreeCounter(4).letters(LETTERS))
    assert value.size.bits == log2_above(coefficients)


def test_sums_of_polynomials():
    assert degrees.of_total([Size(1, 3), Size(4, 2)]) == Size(4, 4)
    assert degrees.counts(Q(5, 3)) == Size(0, 3)


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda u: gradient(lambda x: (x.T * x) * (x.T * x), u), "degree 4"),
        (lambda u: gradient(lambda x: 1 / (x.T * x), u), "divides"),
        (lambda u: gradient(lambda x: (1 / (x.T * x)) * (x.T * x), u), "divides"),
        (lambda u: jacobian(lambda x: (x.T * x) * x, u), "degree 3"),
        (lambda u: gradient(lambda x: x, u), "expected a scalar"),
        (lambda u: jacobian(lambda x: x.T * x / (x.T * u), u), "divides"),
        (lambda A: gradient(lambda x: x, A), "column"),
        (lambda A: A.exp(), "function_of"),
        (lambda u: 1 / u, "square"),
        (lambda u: u**2, "product"),
        (lambda u: u**0, "square"),
        (lambda u: u + 1, "vector"),
        (lambda A: A * 0.5, "0.5"),
        (lambda A: A._scaled(qm.curvature.Diagonal(1)), "element"),
    ],
)
def test_what_cannot_be_counted_is_refused(formula, message):
    with pytest.raises(InputError, match=message):
        counted(formula, 3)


def test_the_counter_cannot_tell_zero():
    (value,) = evaluate(lambda A: A, DegreeCounter(2).letters(LETTERS))
    assert value.is_zero() is None
    assert value.named("X") is value


def test_the_cores_own_classes_are_counted():
    counter = DegreeCounter(5)
    letters = counter.letters(LETTERS)
    f = qm.Quadratic(letters["A"], letters["u"])
    m = qm.GradientDescent(Q(1, 10), 3).map(f)
    assert (m.operator.size.degree, m.offset.size.degree, f.compose(m).curvature.size.degree) == (3, 3, 7)
    assert qm.GradientDescent(letters["t"], 3).map(f).operator.size.degree == 6


# Never less than the true degree: along a random line the value is a rational function of one variable


@dataclass(frozen=True)
class Rows:
    """A matrix over a field of rational functions, for want of one in SymPy that adds numbers to matrices."""

    rows: Any

    def nrows(self):
        return len(self.rows)

    def ncols(self):
        return len(self.rows[0])

    def entries(self):
        return [x for row in self.rows for x in row]

    def transpose(self):
        return Rows([list(column) for column in zip(*self.rows, strict=True)])

    def __add__(self, other):
        return Rows([[x + y for x, y in zip(a, b, strict=True)] for a, b in zip(self.rows, other.rows, strict=True)])

    def __mul__(self, other):
        if not isinstance(other, Rows):
            return Rows([[x * other for x in row] for row in self.rows])
        columns = list(zip(*other.rows, strict=True))
        return Rows([[sum(x * y for x, y in zip(row, c, strict=True)) for c in columns] for row in self.rows])

    def inv(self):
        n = self.nrows()
        rows = [[*row, *(K()(int(i == j)) for j in range(n))] for i, row in enumerate(self.rows)]
        for j in range(n):
            pivot = next((i for i in range(j, n) if rows[i][j]), None)
            if pivot is None:
                raise SingularError("singular")
            rows[j], rows[pivot] = rows[pivot], rows[j]
            rows[j] = [x / rows[j][j] for x in rows[j]]
            for i in range(n):
                if i != j:
                    rows[i] = [x - rows[i][j] * y for x, y in zip(rows[i], rows[j], strict=True)]
        return Rows([row[n:] for row in rows])


@cache
def K():
    return sympy.QQ.frac_field(sympy.Symbol("s"))


@dataclass(frozen=True)
class RationalFunctions(Field):
    def number(self, x):
        return K()(sympy.QQ(x.numerator, x.denominator)) if isinstance(x, (int, Q)) else x

    def table(self, rows, columns, entries):
        return Rows([list(entries[i * columns : (i + 1) * columns]) for i in range(rows)])

    def vanish(self, entries):
        return not any(entries)

    def value(self, entry):
        return entry


def true_degree(formula: Callable[..., Any], d: int, rng: Random) -> int:
    """The largest degree of a reduced numerator on a random line."""
    s = K().gens[0]
    sample = {
        name: [rng.randint(-99, 99) + rng.randint(1, 99) * s for _ in range(free_numbers(letter, d))]
        for name, letter in LETTERS.items()
    }
    (value,) = evaluate(formula, instance(RationalFunctions(), LETTERS, d, sample))
    return max(entry.numer.degree() if entry else 0 for entry in value.table.entries())


def test_degrees_are_never_understated_and_reached_by_an_inverse():
    for d in (1, 2, 3):
        assert true_degree(lambda M: inverse(M), d, Random(1)) == counted(lambda M: inverse(M), d)[0] == d - 1
        assert true_degree(lambda P: P, d, Random(1)) == d


def understated(seeds: range) -> list[int]:
    """Seeds of random expressions whose counted degree is below the true one."""
    wrong = []
    for seed in seeds:
        rng = Random(seed)
        expression = random_expression(rng, {name: LETTERS[name] for name in "AMPt"}, 3)
        d = rng.choice([1, 2, 2, 3])

        def formula(expression=expression, **letters):
            return expression(letters)

        try:
            true = true_degree(formula, d, rng)
        except SingularError:
            continue
        if counted(formula, d)[0] < true:
            wrong.append(seed)
    return wrong


def test_degrees_of_random_expressions_are_never_understated():
    assert understated(range(150)) == []


def test_twin_a_wrong_rule_for_the_inverse_is_caught(monkeypatch):
    def scalar_rule(self):
        """``(N / D)^-1 = D / N``, which is right for numbers only."""
        self.counter.determinants.append(self.size)
        return Degree(self.counter, self.shape, self._determinants(self.over), {len(self.counter.determinants) - 1: 1})

    monkeypatch.setattr(Degree, "inverse", scalar_rule)
    assert understated(range(150)) != []


def test_twin_a_product_without_its_second_degree_is_caught(monkeypatch):
    monkeypatch.setattr(Size, "__mul__", lambda self, other: Size(max(self.degree, other.degree), self.bits))
    assert understated(range(150)) != []


def coefficients(formula: Callable[..., Any], d: int) -> int:
    """The sum of the magnitudes of the coefficients of an entry's integer numerator, the largest one."""
    letters = {"M": matrix(), "t": scalar()}
    names = {name: sympy.symbols(f"{name}:{free_numbers(letter, d)}") for name, letter in letters.items()}
    M = sympy.Matrix(d, d, names["M"])
    value = formula(M=M, t=names["t"][0] * sympy.eye(d))
    worst = 0
    for entry in value:
        numerator, _ = sympy.fraction(sympy.together(sympy.expand(entry)))
        poly = sympy.Poly(sympy.expand(numerator), *names["M"], *names["t"])
        worst = max(worst, sum(abs(c) for c in poly.coeffs()))
    return int(worst)


@pytest.mark.parametrize(
    "formula",
    [
        lambda M, t: M * M,
        lambda M, t: M * M * M - t * M,
        lambda M, t: (M * M - 2 * M) * 3 / 4,
        lambda M, t: M * M.T * M + M / 3,
    ],
)
def test_coefficients_are_never_understated(formula):
    for d in (1, 2, 3):
        (value,) = evaluate(formula, DegreeCounter(d).letters(LETTERS))
        assert coefficients(formula, d) <= 2**value.size.bits
        assert value.size.bits <= 12


def test_the_coefficients_of_a_determinant_fit():
    for d in range(1, 7):
        counter = DegreeCounter(d)
        evaluate(lambda M: inverse(M), counter.letters(LETTERS))
        assert counter.determinants == [Size(d, log2_above(math.factorial(d)))]
