"""Derivations of one's own: right steps are kept, wrong ones are refused with a witness that stands by itself."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import pytest

from quadmaml import GradientDescent, Quadratic
from quadmaml.adaptation import GradientSteps
from quadmaml.errors import InputError, QuadmamlError
from quadmaml.proofs import judging
from quadmaml.proofs.derivation import Derivation, RefusedError, RefutedError
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.letters import matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import gradient, inverse
from quadmaml.proofs.verdicts import Status, Verdict

LETTERS = {
    "A": symmetric(),
    "B": matrix(),
    "J": matrix(),
    "h": vector(),
    "theta": vector(),
    "alpha": scalar(),
    "lam": scalar(),
}
START = Derivation("lemma", "A lemma", LETTERS)


def loss_gradient() -> Derivation:
    return START.define(
        lambda A, h, theta: gradient(lambda x: x.T * A * x / 2 - h.T * x, theta), "the gradient of a quadratic"
    )


# Right steps


def test_a_derivation_of_ones_own():
    done = loss_gradient().step(lambda A, h, theta: A * theta - h, r"$A^{\top} = A$")
    assert [step.kind for step in done.steps] == ["definition", "equality"]
    assert done.steps[0].verdict is None
    assert done.steps[1].verdict.holds
    assert done.steps[1].reason == r"$A^{\top} = A$"
    assert str(done.steps[1].expression) == "A θ − h"
    assert done.result.latex().endswith("= A \\theta - h")
    assert done.check().holds


def test_a_derivation_is_not_changed_by_adding_to_it():
    start = loss_gradient()
    start.step(lambda A, h, theta: A * theta - h, "so")
    assert len(start.steps) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        start.name = "other"  # type: ignore[misc]


def test_the_result_is_that_of_the_last_chain():
    done = loss_gradient().step(lambda A, h, theta: A * theta - h, "so").define(lambda B: B.T.T, "twice", shown="X")
    assert done.step(lambda B: B, "an involution").result.text() == "X = B"
    assert [len(chain) for chain in done.chains()] == [2, 1]


def test_without_a_step_nothing_is_shown():
    assert loss_gradient().verdict.status is Status.UNDECIDED
    assert loss_gradient().assumptions == ()


def test_the_verdict_is_the_weakest():
    weak = Verdict(Status.CERTIFIED, "d <= 3", 1e-3, seconds=1.0)
    done = START.define(None, "a number", shown="x").shown_by(lambda: weak, "y", "tested")
    done = done.shown_by(lambda: Verdict(Status.PROVED, "always", seconds=2.0), "z", "proved")
    assert (done.verdict.status, done.verdict.seconds) == (Status.CERTIFIED, 3.0)
    assert done.check().status is Status.CERTIFIED


# Integers that are printed as letters


def steps_derivation() -> Derivation:
    start = Derivation("steps", "K steps", LETTERS, {"K": (1, 2, 4)})
    return start.define(
        lambda A, h, alpha, K: GradientDescent(alpha, K).map(Quadratic(A, h)).operator, "K steps", shown="P"
    )


def test_counts_are_checked_at_each_value_and_printed_as_letters():
    done = steps_derivation().step(lambda A, alpha, K: (1 - alpha * A) ** K, "a power")
    assert done.result.text() == "P = (I − α A)^K"
    assert done.verdict.scope.endswith("K = 1, 2, 4")


def test_a_step_that_holds_at_one_value_only_is_refuted_at_another():
    with pytest.raises(RefutedError, match="K = 2"):
        steps_derivation().step(lambda A, alpha, K: 1 - K * alpha * A, "Bernoulli's inequality is none")


# Wrong steps


def test_a_wrong_step_is_refused_with_a_witness():
    with pytest.raises(RefutedError, match=r"lemma: line 2, A θ \+ h, is refuted") as caught:
        loss_gradient().step(lambda A, h, theta: A * theta + h, "a wrong sign")
    assert isinstance(caught.value, QuadmamlError)
    witness = caught.value.witness
    assert set(witness) == {"A", "h", "theta"}
    field = Rationals(pure=True)
    A, h, theta = field.matrix(witness["A"]), field.column(witness["h"]), field.column(witness["theta"])
    assert not (A * theta - h - (A * theta + h)).is_zero()
    assert all(isinstance(entry, Fraction) for entry in witness["h"])
    assert "h = [" in str(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda A, h, theta: 2 * A * theta - h,
        lambda A, h, theta: A * A * theta - h,
        lambda A, h, theta: A * theta,
        lambda A, h, theta: theta - h,
        lambda A, B, h, theta: B * theta - h,
    ],
)
def test_wrong_steps_are_refused(wrong):
    with pytest.raises(RefutedError):
        loss_gradient().step(wrong, "wrong")


def test_an_undecided_step_is_refused_too(monkeypatch):
    undecided = Verdict(Status.UNDECIDED, "nothing was shown")
    monkeypatch.setattr(judging, "check", lambda *_: undecided)
    with pytest.raises(RefusedError, match="was not shown to equal") as caught:
        loss_gradient().step(lambda A, h, theta: A * theta - h, "so")
    assert not isinstance(caught.value, RefutedError)
    assert caught.value.witness is None


def test_a_vacuous_step_is_refused():
    start = START.define(lambda A: inverse(A - A), "the inverse of zero", shown="X")
    with pytest.raises(RefusedError, match="VACUOUS"):
        start.step(lambda A: 2 * inverse(A - A), "anything goes")


def test_code_that_is_changed_afterwards_fails_the_check(monkeypatch):
    done = steps_derivation().step(lambda A, alpha, K: (1 - alpha * A) ** K, "a power")
    monkeypatch.setattr(GradientSteps, "residual", lambda self, x: (1 - self.lr * x) ** (self.steps + 1))
    with pytest.raises(RefutedError, match="is refuted"):
        done.check()


# Hypotheses


def implicit() -> Derivation:
    return START.suppose(
        "stationarity", lambda A, J, lam: A * J + lam * (J - 1), "the derivative of the stationarity condition"
    ).define(lambda J: J, "the Jacobian")


def solution(A, lam):
    return lam * inverse(A + lam)


def test_a_step_may_rest_on_a_hypothesis():
    done = implicit().step(solution, "solved for J", given=lambda A, lam, stationarity: inverse(A + lam) * stationarity)
    assert done.steps[0].kind == "hypothesis"
    assert any(r"$A J + \lambda (J - I) = 0$" in each for each in done.assumptions)
    assert "hypothesis: the derivative of the stationarity condition" in done.text()
    assert done.check().holds


def test_without_the_hypothesis_the_step_is_false():
    with pytest.raises(RefutedError):
        implicit().step(solution, "solved for J")


def test_a_certificate_that_does_not_give_the_difference_is_refused():
    with pytest.raises(RefutedError):
        implicit().step(solution, "wrong", given=lambda A, lam, stationarity: inverse(A - lam) * stationarity)


def test_a_certificate_that_does_not_vanish_with_the_hypothesis_is_refused():
    def smuggled(A, J, lam, stationarity):
        return J - lam * inverse(A + lam) + 0 * stationarity

    with pytest.raises(RefutedError):
        implicit().step(solution, "smuggled", given=smuggled)


def test_a_certificate_must_name_a_hypothesis():
    with pytest.raises(InputError, match="takes no hypothesis; expected one of stationarity"):
        implicit().step(solution, "nothing", given=lambda A, lam: A - lam)


@pytest.mark.parametrize("name", ["A", "not a name"])
def test_hypotheses_have_names_of_their_own(name):
    with pytest.raises(InputError, match="expected an identifier that is no letter"):
        START.suppose(name, lambda A: A, "why")


def test_hypotheses_that_contradict_each_other_are_refused():
    start = START.suppose("first", lambda A: A - 1, "A = I")
    with pytest.raises(InputError):
        start.suppose("second", lambda A: A - 2, "A = 2 I")


# Inequalities, and other engines


def test_that_two_expressions_differ_is_shown_by_an_instance():
    done = START.define(lambda A, B: A * B, "a product").differs(lambda A, B: B * A, "in general")
    assert done.steps[-1].verdict.status is Status.PROVED
    assert set(done.steps[-1].verdict.witness) == {"A", "B"}
    assert "≠ B A" in done.text()
    assert r"\neq B A" in done.latex()


def test_that_equal_expressions_differ_is_refused():
    with pytest.raises(RefusedError, match="no instance was found"):
        START.define(lambda A: A.T, "a transpose").differs(lambda A: A, "wrong")


def test_another_engine_that_refutes_is_believed():
    refuted = Verdict(Status.REFUTED, "n = 2", witness={"n": Fraction(2)})
    with pytest.raises(RefutedError):
        START.define(None, "a sum", shown="s").shown_by(lambda: refuted, "t", "by induction")


@pytest.mark.parametrize(
    "misused",
    [
        lambda: START.step(lambda A: A, "why"),
        lambda: START.suppose("zero", lambda A: A, "why").step(lambda A: A, "why"),
        lambda: START.define(lambda A, B: A * B, "x").differs(lambda A, B: B * A, "y").step(lambda A: A, "z"),
        lambda: START.define(None, "x", shown="x").step(lambda A: A, "why"),
        lambda: loss_gradient().step(lambda A: A, "another shape"),
        lambda: loss_gradient().step(lambda X: X, "no such letter"),
    ],
)
def test_misuse_is_named(misused):
    with pytest.raises((InputError, RefusedError)):
        misused()


# On the page


def shown() -> Derivation:
    return loss_gradient().step(lambda A, h, theta: A * theta - h, r"$A^{\top} = A$; 50% & more_or_less")


def test_latex_has_aligned_lines_and_escaped_words():
    done = shown()
    latex = done.latex()
    assert latex.count(r"\begin{align*}") == latex.count(r"\end{align*}") == 1
    assert r"50\% \& more\_or\_less" in latex
    assert r"$A^{\top} = A$" in latex
    assert done._repr_latex_() == latex
    assert latex.isascii()


def test_html_is_well_formed_and_has_the_verdict_beside_each_step():
    page = ElementTree.fromstring(shown().html())
    rows = page.findall(".//tr")
    assert len(rows) == 2
    assert rows[0].findall("td")[2].text is None
    assert rows[1].findall("td")[2].text.startswith(shown().steps[1].verdict.status.value)
    assert "http://www.w3.org/1998/Math/MathML" in shown()._repr_html_()


def test_text_and_markdown_name_reason_and_verdict():
    done = shown()
    for written in (done.text(), done.markdown()):
        assert "more_or_less" in written
        assert done.steps[1].verdict.status.value in written
    assert str(done) == done.text()
    assert "= A θ − h" in done.text()
    assert r"$= A \theta - h$" in done.markdown()


# What a derivation must not say


@pytest.mark.parametrize(
    ("hypothesis", "certificate"),
    [
        (lambda A, B: A - B, lambda A, B, J, h0: h0 * inverse(A - B) * J),
        (lambda A, B: A * B - 2 * B * A, lambda A, B, J, h0: h0 * inverse(A * B - 2 * B * A) * J),
        (lambda A, lam: lam * A, lambda A, lam, J, h0: h0 * inverse(lam * A) * J),
    ],
)
def test_a_certificate_that_inverts_what_its_hypothesis_makes_zero_shows_nothing(hypothesis, certificate):
    start = START.suppose("h0", hypothesis, "assumed").define(lambda J: J, "anything")
    with pytest.raises(RefusedError, match="the step contradicts its hypotheses"):
        start.step(lambda J: 0 * J, "follows from a contradiction", given=certificate)


def test_the_result_of_an_inequality_is_one():
    done = START.define(lambda A, B: A * B, "a product").differs(lambda A, B: B * A, "in general")
    assert done.result.text() == "A B ≠ B A"
    assert done.result.latex() == r"A B \neq B A"


def test_without_a_step_there_is_no_result():
    for empty in (START, loss_gradient(), START.suppose("zero", lambda A: A, "why")):
        with pytest.raises(InputError, match="there is no step yet"):
            empty.result  # noqa: B018
    assert START.latex() == ""


def test_a_hypothesis_may_have_counts_of_its_own():
    start = Derivation("multiple", "A multiple", LETTERS, {"K": (2, 3)})
    start = start.suppose("zero", lambda J, K: K * J - (K - 1) * J, "assumed").define(lambda J: 5 * J, "a multiple")
    done = start.step(lambda J: 0 * J, "zero, for every count", given=lambda zero: 5 * zero)
    assert done.verdict.scope == "every dimension; K = 2, 3"


def test_that_two_expressions_differ_says_at_which_count():
    start = Derivation("powers", "Powers", LETTERS, {"K": (2, 3)})
    done = start.define(lambda A, K: A**K, "a power").differs(lambda A: A, "in general")
    assert "K = 2" in done.steps[-1].verdict.scope


def test_expressions_are_not_shown_to_differ_by_wrong_derivatives():
    # A cubic plus terms whose differences at 1, 2 and 3 units agree with those of a straight line.
    def seventh(h, theta):
        def f(y):
            s, n = h.T * y, h.T * h
            return s**7 - 14 * s**5 * n + 49 * s**3 * n**2

        return gradient(f, 0 * theta)

    start = START.define(seventh, "a gradient that is zero")
    with pytest.raises(InputError, match="degree 7"):
        start.differs(lambda theta: 0 * theta, "wrong")


def test_the_bound_of_several_tests_is_the_largest():
    weak, strong = (Verdict(Status.CERTIFIED, "d <= 3", bound) for bound in (1e-3, 1e-9))
    done = START.define(None, "a number", shown="x").shown_by(lambda: strong, "y", "tested")
    assert done.shown_by(lambda: weak, "z", "tested").verdict.failure_bound == 1e-3


def test_a_step_that_is_only_tested_names_its_assumptions():
    def certified(A, h, J):
        return inverse(A / (h.T * A * h) + J) * h

    def expanded(A, h, J):
        return inverse(J) * h - inverse(J) * A / (h.T * A * h) * certified(A, h, J)

    done = START.define(certified, "an inverse").step(expanded, "the resolvent identity")
    assert done.verdict.status is Status.CERTIFIED  # words do not divide by numbers like h'Ah inside of an inverse
    assert {r"$A$ symmetric", r"$J$ invertible", r"$h^{\top} A h \neq 0$"} <= set(done.assumptions)
    assert any(r"A + J$ invertible" in each for each in done.assumptions)


@pytest.mark.parametrize(
    ("misused", "message"),
    [
        (lambda: Derivation("x", "x", {"A": "matrix"}), "letters: got 'matrix' for 'A'"),
        (lambda: Derivation("x", "x", LETTERS, {"K": ()}), "counts: got .* for K; expected at least one integer"),
        (lambda: Derivation("x", "x", LETTERS, {"K": 3}), "counts: got 3 for K"),
        (lambda: Derivation("x", "x", LETTERS, {"K": (0.5,)}), "counts: K: got 0.5"),
        (lambda: Derivation("x", "x", LETTERS, {"A": (1,)}), "counts: A is a letter as well"),
        (lambda: Derivation("x", "costs 5$", LETTERS), "title: got 'costs 5"),
        (lambda: START.define(lambda A: A, "costs 5$"), "reason: got 'costs 5"),
        (lambda: START.define(lambda A: A, None), "reason: got None"),
        (lambda: START.define(lambda A: (A, A), "two"), "gives 2 values; expected one"),
        (lambda: START.suppose(3, lambda A: A, "why"), "expected an identifier"),
        (lambda: START.define(None, "x", shown="x").shown_by(lambda: 1, "y", "z"), "engine: gave 1"),
    ],
)
def test_bad_arguments_are_named(misused, message):
    with pytest.raises(InputError, match=message):
        misused()


def test_words_with_special_characters_are_escaped():
    latex = loss_gradient().step(lambda A, h, theta: A * theta - h, r"a < b, |x| >= 1e-05, {s} ~ x_1^2 \ é").latex()
    escaped = r"a $<$ b, $|$x$|$ $\ge$ $1 \cdot 10^{-5}$, \{s\} \textasciitilde{} x\_1\^{}2 \textbackslash{} é"
    assert escaped in " ".join(latex.split())
