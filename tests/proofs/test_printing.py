"""What is printed means what was written: random terms are printed, parsed back, and evaluated exactly."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quadmaml import GradientDescent, Quadratic
from quadmaml.errors import InputError, QuadmamlError
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.letters import function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.notation import unicode_name
from quadmaml.proofs.printing import Printer, Term, mathml
from quadmaml.proofs.ring import gradient, inverse, jacobian, named

LETTERS = {
    "A": symmetric(),
    "B": matrix(r"B_{1}"),
    "P": matrix(r"P^{s}"),
    "alpha": scalar(),
    "lam": scalar(),
    "theta": vector(),
    "c": vector(r"c^{*}"),
}
TERMS = Printer().letters(LETTERS)
Q = Rationals(pure=True)
VALUES = {
    "A": Q.matrix([[2, 1], [1, 5]]),
    "B": Q.matrix([[1, 3], [-2, 4]]),
    "P": Q.matrix([[0, 1], [7, 3]]),
    "alpha": Q.scalar(Fraction(1, 3)),
    "lam": Q.scalar(Fraction(5, 7)),
    "theta": Q.column([3, -1]),
    "c": Q.column([Fraction(1, 2), 11]),
}
IDENTITY = VALUES["A"] ** 0


# A parser of what is printed


LATEX_TOKENS = {r"\alpha": "alpha", r"\lambda": "lam", r"\theta": "theta", r"P^{s}": "P", r"c^{*}": "c", "B_{1}": "B"}
TEXT_TOKENS = {"α": "alpha", "λ": "lam", "θ": "theta", "P^s": "P", "c*": "c", "B₁": "B"}
SUPERSCRIPTS = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True))


def tokens_of_latex(latex: str) -> list[str]:
    text = latex.replace(r"\left", "").replace(r"\right", "").replace(r"^{\top}", " ^T ").replace("^{-1}", " ^-1 ")
    for printed, name in LATEX_TOKENS.items():
        text = text.replace(printed, f" {name} ")
    text = re.sub(r"\^\{(\d+)\}", r" ^\1 ", text)
    # A fraction is one piece: brackets around both parts and the whole.
    while found := re.search(r"\\t?frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", text):
        text = text[: found.start()] + f" ((({found[1]}))/({found[2]})) " + text[found.end() :]
    return tokens(text)


def tokens_of_text(text: str) -> list[str]:
    for printed, name in TEXT_TOKENS.items():
        text = text.replace(printed, f" {name} ")
    text = text.replace("−", "-").replace("ᵀ", " ^T ").replace("⁻¹", " ^-1 ")
    text = re.sub("[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: " ^" + "".join(SUPERSCRIPTS[x] for x in found[0]) + " ", text)
    for sign, value in {"½": "(1/2)", "¼": "(1/4)", "⅓": "(1/3)", "⅛": "(1/8)"}.items():
        text = text.replace(sign, value)
    return tokens(text)


def tokens(text: str) -> list[str]:
    found = re.findall(r"\^T|\^-1|\^\d+|[A-Za-z]+|\d+|[-+/()]", text)
    assert "".join(found) == text.replace(" ", ""), f"unread: {text}"
    return found


class Parser:
    """Sums of products of pieces with exponents; a number beside a matrix must have been printed with its I."""

    def __init__(self, found: list[str]):
        self.left = found

    def take(self) -> str:
        return self.left.pop(0)

    def next(self) -> str:
        return self.left[0] if self.left else ""

    def sum(self):
        sign = -1 if self.next() == "-" and self.take() else 1
        total = self.product() * sign
        while self.next() in ("+", "-"):
            sign = 1 if self.take() == "+" else -1
            term = self.product()
            assert term.shape == total.shape, "a number stands beside a matrix without its I"
            total = total + term * sign
        return total

    def product(self):
        total = self.piece()
        while self.next() not in ("", ")", "+", "-"):
            total = total * self.piece()
        return total

    def piece(self):
        value = self.raised()
        if self.next() == "/":
            self.take()
            value = value / self.raised()
        return value

    def raised(self):
        value = self.atom()
        while self.next().startswith("^"):
            mark = self.take()
            value = value.T if mark == "^T" else 1 / value if mark == "^-1" else value ** int(mark[1:])
        return value

    def atom(self):
        here = self.take()
        if here == "(":
            value = self.sum()
            assert self.take() == ")"
            return value
        if here.isdigit():
            return Q.scalar(int(here))
        return IDENTITY if here == "I" else VALUES[here]


def parsed(found: list[str]):
    parser = Parser(found)
    value = parser.sum()
    assert not parser.left
    return value


# Random terms, as functions that are read in both rings


def leaves(shape: str):
    names = [name for name, letter in LETTERS.items() if letter.shape == shape]
    number = st.integers(-3, 3).map(lambda n: lambda x: n) | st.sampled_from([Fraction(1, 2), Fraction(-3, 4)]).map(
        lambda n: lambda x: n
    )
    letter = st.sampled_from(names).map(lambda name: lambda x: x[name])
    return letter | number if shape == "scalar" else letter


def joined(operation, *parts):
    return st.tuples(*parts).map(lambda fs: lambda x: operation(*(f(x) for f in fs)))


@cache
def formulas(shape: str, depth: int = 3):
    """Functions of letters to an element of the shape; a number may stand for a matrix in sums."""
    if not depth:
        return leaves(shape)

    def of(kind):
        return st.deferred(lambda: formulas(kind, depth - 1))

    sums = [joined(lambda a, b: a + b, of(shape), of(shape)), joined(lambda a, b: a - b, of(shape), of(shape))]
    both = [joined(lambda a, b: a * b, of("scalar"), of(shape)), joined(lambda a, b: a * b, of(shape), of("scalar"))]
    both.append(joined(lambda a: -a, of(shape)))
    if shape == "matrix":
        both += [
            joined(lambda a, b: a + b, of("scalar"), of(shape)),
            joined(lambda a, b: a - b, of(shape), of("scalar")),
        ]
        both += [joined(lambda a, b: a * b, of(shape), of(shape)), joined(lambda a: a.T, of(shape))]
        both += [joined(lambda a: a**2, of(shape)), joined(lambda a, b: a @ b.T, of("vector"), of("vector"))]
    if shape == "vector":
        both += [joined(lambda a, b: a * b, of("matrix"), of(shape))]
    if shape == "scalar":
        both += [joined(lambda a, b: a.T @ b, of("vector"), of("vector"))]
        both += [joined(lambda a, b: a.T @ b @ a, of("vector"), of("matrix"))]
    return st.one_of(leaves(shape), *sums, *both)


@given(st.sampled_from(["matrix", "vector", "scalar"]).flatmap(formulas))
def test_printed_terms_read_back_are_what_was_written(formula):
    term, value = formula(TERMS), formula(VALUES)
    if not isinstance(term, Term):
        return
    assert term.shape == value.shape
    for found in (tokens_of_latex(term.latex()), tokens_of_text(term.text())):
        if term.is_zero():
            assert found == ["0"]
            assert value.is_zero()
            continue
        read = parsed(found)
        assert read.shape == value.shape
        assert (read - value).is_zero()


@pytest.mark.parametrize(
    "formula",
    [
        lambda A, lam: inverse(A + lam),
        lambda A, B: inverse(inverse(A) + inverse(B)),
        lambda A, alpha, lam: A * (1 / (lam + alpha)) - alpha / lam,
        lambda A, B, lam: lam / (lam + A) * B,
        lambda A, P: (P.T * A) ** 3 / 2 - P**2,
        lambda A, lam, alpha: (alpha / lam) ** 2 * (A + 1) / (2 * lam),
        lambda A: -(A - 1),
        lambda A, alpha: 1 - alpha * (A**0),
        lambda A, alpha, lam: (alpha - lam) * A**0,
    ],
)
def test_inverses_and_fractions_read_back(formula):
    names = formula.__code__.co_varnames
    term, value = formula(*(TERMS[name] for name in names)), formula(*(VALUES[name] for name in names))
    for found in (tokens_of_latex(term.latex()), tokens_of_text(term.text())):
        assert (parsed(found) - value).is_zero()


def test_twin_a_lost_bracket_is_caught():
    A, B = TERMS["A"], TERMS["B"]
    text = str(A - (B - 1)).replace("(", "").replace(")", "")
    assert not (parsed(tokens_of_text(text)) - (VALUES["A"] - (VALUES["B"] - 1))).is_zero()


# The author's order, and names


@pytest.mark.parametrize(
    ("formula", "latex", "text"),
    [
        (lambda A, alpha: 1 - alpha * A, r"I - \alpha A", "I − α A"),
        (lambda A, lam: lam + A, r"\lambda I + A", "λ I + A"),
        (lambda A, lam: A + lam, r"A + \lambda I", "A + λ I"),
        (lambda A, lam: 1 + A / lam, r"I + \frac{1}{\lambda} A", "I + (1/λ) A"),
        (lambda B: B.T, r"B_{1}^{\top}", "B₁ᵀ"),
        (lambda P: P.T, r"(P^{s})^{\top}", "(P^s)ᵀ"),
        (lambda A, lam: inverse(lam + A), r"(\lambda I + A)^{-1}", "(λ I + A)⁻¹"),
        (lambda A, theta, c: (theta - c).T @ A @ (theta - c) / 2, None, "½ (θ − c*)ᵀ A (θ − c*)"),
        (lambda A, theta: named(A @ theta, r"\nabla F(\theta)"), r"\nabla F(\theta)", "∇F(θ)"),
        (lambda A, theta: A * named(theta - theta / 2, r"x - y"), "A (x - y)", "A (x − y)"),
        (lambda A, theta: gradient(lambda x: x.T @ A @ x, theta), None, "∇_θ [θᵀ A θ]"),
        (lambda A, theta: jacobian(lambda x: A @ x, A @ theta), None, "∂/∂x [A x] at x = A θ"),
        (lambda alpha, lam: alpha / (2 * lam), r"\frac{\alpha}{2 \lambda}", "(α)/(2 λ)"),
        (lambda A: A**0 * 2, "2 I", "2 I"),
        (lambda A: 0 * A + A * 1, "A", "A"),
        (lambda A: A.T.T, "A", "A"),
    ],
)
def test_terms_are_printed_as_they_were_written(formula, latex, text):
    term = formula(*(TERMS[name] for name in formula.__code__.co_varnames))
    assert term.text() == str(term) == text
    assert latex is None or term.latex() == latex
    assert term.mathml().startswith("<math")
    assert term._repr_latex_() == f"${term.latex()}$"


def test_names_of_letters():
    letters = Printer().letters(
        {name: scalar() for name in ("theta_star", "A1", "lam", "mu_k", "step", "x_")} | {"P": function_of("A")}
    )
    written = [term.latex() for term in letters.values()]
    assert written == [r"\theta^{*}", "A_{1}", r"\lambda", r"\mu_{k}", r"\mathrm{step}", "x", "P"]


def test_symbolic_exponents():
    A, K = TERMS["A"], Printer().letters({"K": scalar()})["K"]
    assert ((1 - A) ** (2 * K)).latex() == "(I - A)^{2 K}"
    assert str((1 - A) ** (K + 1)) == "(I − A)^(K + 1)"


def test_the_core_prints():
    A, alpha, theta = TERMS["A"], TERMS["alpha"], TERMS["theta"]
    step = GradientDescent(alpha, 1).map(Quadratic(A, A @ theta))
    assert str(step.operator) == "−α A + I"
    assert str(step.offset) == "α A θ"


def test_numbers_of_sympy_and_flint_are_numbers():
    sympy = pytest.importorskip("sympy")
    assert str(TERMS["A"] * sympy.Rational(1, 2)) == "½ A"
    assert str(TERMS["A"] * sympy.Symbol("x")) == "x A" or str(TERMS["A"] * sympy.Symbol("x")) == "A x"
    assert str(0.1 * TERMS["A"]) == "(1/10) A"


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        (lambda A, theta, **_: A + theta, "sum"),
        (lambda theta, c, **_: theta * c, "product"),
        (lambda theta, **_: theta**2, "expected a matrix or a number"),
        (lambda theta, **_: 1 / theta, "expected a matrix or a number"),
        (lambda A, **_: A / 0, "got 0 below"),
        (lambda A, **_: A + "x", "expected a term"),
        (lambda theta, **_: theta.inverse(), "expected a matrix or a number"),
    ],
)
def test_what_makes_no_sense_is_refused(formula, message):
    with pytest.raises(InputError, match=re.escape(message)):
        formula(**TERMS)


def test_mathml_refuses_what_it_does_not_know():
    with pytest.raises(QuadmamlError, match="no MathML for"):
        mathml(r"\frobnicate x")


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        # The letter that is held besides is no variable.
        (lambda A, theta: gradient(lambda y: y.T * A * theta, theta), "∇_x [xᵀ A θ] at x = θ"),
        (lambda A, theta: gradient(lambda y: y.T * A * y, theta), "∇_θ [θᵀ A θ]"),
        # Variables within one another have names of their own, which are no letters.
        (
            lambda A, theta: gradient(lambda y: y.T * gradient(lambda z: z.T * A * y, y - theta), A * theta),
            "∇_y [yᵀ (∇_x [xᵀ A y] at x = y − θ)] at y = A θ",
        ),
        (lambda A, theta: jacobian(lambda y: A * named(y, "x") - y, A * theta), "∂/∂y [A x − y] at y = A θ"),
        (lambda A, theta: gradient(lambda y: y.T * gradient(lambda z: z.T * A * z, y), theta), "∇_θ [θᵀ ∇_θ [θᵀ A θ]]"),
    ],
)
def test_variables_of_differentiation_are_not_mixed_up(formula, text):
    assert formula(TERMS["A"], TERMS["theta"]).text() == text


def test_the_inverse_of_the_identity_is_one():
    assert (1 / TERMS["A"] ** 0).text() == "I"


def test_accents_and_arrows_in_text():
    assert unicode_name(r"\hat{\varphi} \leftarrow \tilde{A}") == "φ\u0302 ← Ã"


@pytest.mark.parametrize("formula", ["", "  ", 3])
def test_no_formula_is_refused(formula):
    with pytest.raises(InputError, match="expected a formula"):
        mathml(formula)
