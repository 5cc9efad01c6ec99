"""The shipped derivations: proved, of the code that runs, and true of random numbers too."""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.errors import InputError
from quadmaml.family import Family
from quadmaml.inner_loop import GradientSteps
from quadmaml.proofs.derivation import Derivation, RefutedError
from quadmaml.proofs.formulas import evaluate
from quadmaml.proofs.identity import identity_test
from quadmaml.proofs.verdicts import Status
from quadmaml.symbolic import derivations, derive
from quadmaml.symbolic.documents import document, fragment, save
from quadmaml.symbolic.shipped.filters import AnyFilter

from .mutants import on_numbers, without_smooth
from .numbers import drawn

NAMED_IN_THE_ISSUE = {
    *("maml-gradient", "maml-jacobian", "fomaml-jacobian", "maml-fixed-point", "fine-tuned-loss", "midpoint-loss"),
    *("parallel-sum", "imaml-jacobian", "imaml-meta-gradient", "reptile-field", "moreau-equals-first-order-imaml"),
    *("support-query-field", "fomaml-is-no-gradient", "outer-trajectory", "heavy-ball-residual"),
    *("chebyshev-residual", "proximal-gd-residual"),
}

each = pytest.mark.parametrize("name", derivations())


@pytest.fixture(scope="module")
def shipped() -> dict[str, Derivation]:
    return {name: derive(name) for name in derivations()}


def pairs(derivation: Derivation):
    """Every pair of expressions that a step says are equal, with the values of the counts."""
    for before, step in itertools.pairwise(derivation.steps):
        if step.kind != "equality" or step.formula is None or step.given is not None:
            continue
        for values in itertools.product(*derivation.counts.values()):
            yield before.formula, step.formula, dict(zip(derivation.counts, values, strict=True))


def test_all_that_were_asked_for_are_shipped():
    assert set(derivations()) >= NAMED_IN_THE_ISSUE
    assert len(derivations()) >= 18


@each
def test_every_step_is_proved_or_certified(name, shipped):
    derivation = shipped[name]
    assert derivation.name == name
    steps = [step for step in derivation.steps if step.kind in ("equality", "inequality")]
    assert steps
    assert all(step.verdict.holds for step in steps)
    assert all(step.reason for step in derivation.steps)


@each
def test_every_step_is_proved_in_every_dimension(name, shipped):
    pytest.importorskip("quadmaml.proofs.words")
    unproved = [str(step.expression) for step in shipped[name].steps if step.verdict and not _proved(step)]
    assert unproved == []


def _proved(step) -> bool:
    return step.verdict.status is Status.PROVED


def test_all_together_are_checked_in_five_seconds():
    start = time.process_time()
    for name in derivations():
        derive(name)
    assert time.process_time() - start < 5


@each
def test_every_step_passes_the_identity_test(name, shipped):
    derivation = shipped[name]
    for before, after, values in pairs(derivation):
        left, right = on_numbers(before, derivation, values), on_numbers(after, derivation, values)
        test = identity_test(left, right, without_smooth(derivation), dim=4)
        assert test.equal
        assert test.failure_bound < 2**-40


@each
def test_every_step_is_true_of_random_numbers(name, shipped):
    rng, derivation = np.random.default_rng(7), shipped[name]
    for before, after, values in pairs(derivation):
        elements = drawn(without_smooth(derivation), rng)
        left, right = (on_numbers(formula, derivation, values)(**elements) for formula in (before, after))
        difference = left.array - getattr(right, "array", right)
        assert np.abs(difference).max() <= 1e-9 * (1 + np.abs(left.array).max())


COMPUTED_BY_THE_CORE = {
    "maml-gradient": "field",
    "maml-fixed-point": "offset",
    "parallel-sum": "least",
    "midpoint-loss": "gap",
    "outer-trajectory": "path",
    "reptile-field": "field",
    "fomaml-jacobian": "field",
    "imaml-meta-gradient": "field",
    "moreau-equals-first-order-imaml": "moreau_field",
    "fixed-point-covariance": "offset",
    "truncated-maml-field": "field",
    "imaml-error": "difference",
}


@pytest.mark.parametrize("name", COMPUTED_BY_THE_CORE)
def test_the_core_on_arrays_computes_what_was_derived(name, shipped):
    """The left-hand side with NumPy arrays in place of letters, against the right-hand side with numbers."""
    derivation, computed = shipped[name], COMPUTED_BY_THE_CORE[name]
    place = next(i for i, step in enumerate(derivation.steps) if getattr(step.formula, "__name__", "") == computed)
    closed = next(step.formula for step in derivation.steps[place + 1 :])
    for seed, values in enumerate(itertools.product(*derivation.counts.values())):
        counts = dict(zip(derivation.counts, values, strict=True))
        numbers = drawn(without_smooth(derivation), np.random.default_rng(seed))
        arrays = {key: _plain(value) for key, value in numbers.items()}
        (left,) = evaluate(derivation.steps[place].formula, {**arrays, **counts})
        (right,) = evaluate(closed, {**numbers, **counts})
        right = np.asarray(_plain(right)) if hasattr(right, "array") else np.asarray(right)
        assert np.abs(np.asarray(left) - right).max() <= 1e-9 * (1 + np.abs(right).max())


def _plain(number):
    return {"matrix": number.array, "vector": number.array[:, 0], "scalar": number.array[0, 0]}[number.shape]


# What is derived is the code that runs


def _wrong_exponent(monkeypatch):
    monkeypatch.setattr(GradientSteps, "residual", lambda self, x: (1 - self.lr * x) ** (self.steps + 1))


def _untransposed(monkeypatch):
    monkeypatch.setattr(Family, "weighted_adjoint", lambda self, weights, X: (self * X).weighted_sum(weights))


def _wrong_sign(monkeypatch):
    def compose(f, m):
        P, s = m.operator, m.offset
        return qm.Quadratic(P.T * f.curvature * P, P.T @ (f.linear + f.curvature @ s), f(s))

    monkeypatch.setattr(qm.Quadratic, "compose", compose)


PLANTED = [
    (_wrong_exponent, {"maml-gradient", "maml-jacobian", "fomaml-jacobian", "reptile-field"}),
    (_untransposed, {"support-query-field"}),
    (_wrong_sign, {"maml-gradient", "fine-tuned-loss"}),
]


@pytest.mark.parametrize(("plant", "expected"), PLANTED, ids=lambda case: getattr(case, "__name__", ""))
def test_a_mistake_planted_in_the_core_refutes_the_derivations_that_use_it(plant, expected, monkeypatch):
    plant(monkeypatch)
    found = {name: _refutation(name) for name in derivations()}
    refuted = {name for name, error in found.items() if error is not None}
    assert expected <= refuted < set(derivations())
    assert all(found[name].verdict.status is Status.REFUTED and found[name].witness for name in refuted)


def _refutation(name) -> RefutedError | None:
    try:
        derive(name)
    except RefutedError as error:
        return error
    return None


@pytest.mark.parametrize(("plant", "expected"), PLANTED, ids=lambda case: getattr(case, "__name__", ""))
def test_a_derivation_made_before_is_refuted_when_it_is_checked_again(plant, expected, monkeypatch, shipped):
    plant(monkeypatch)
    for name in expected:
        with pytest.raises(RefutedError):
            shipped[name].check()


# Names and documents


def test_a_name_that_is_not_known_is_an_error_that_helps():
    with pytest.raises(InputError, match=r"name: got 'maml-gradiant'; .*did you mean maml-gradient\?"):
        derive("maml-gradiant")
    with pytest.raises(InputError, match="expected one of text, latex, markdown, html"):
        fragment(derive("parallel-sum"), "pdf")


def test_any_filter_reads_its_residual_like_any_loop():
    assert AnyFilter(0.25).residual(2.0) == 0.5


@pytest.mark.parametrize("form", ["text", "latex", "markdown", "html"])
def test_documents_hold_every_derivation(form, shipped):
    made = document(list(shipped.values()), form)
    assert all(derivation.title in made for derivation in shipped.values())


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    save("new", tmp_path / "a.txt")
    assert (tmp_path / "a.txt").read_text() == "new"
    (tmp_path / "directory").mkdir()
    with pytest.raises(OSError, match="directory"):
        save("x", tmp_path / "directory")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.txt", "directory"]


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="needs LaTeX")
@pytest.mark.slow
def test_the_appendix_compiles_without_lines_that_are_too_wide(shipped, tmp_path):
    save(document(list(shipped.values()), "latex"), tmp_path / "appendix.tex")
    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "appendix.tex"]
    made = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout[-2000:]
    assert "Overfull" not in made.stdout
