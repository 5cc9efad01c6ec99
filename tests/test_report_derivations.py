"""The appendix of the report: the derivations of the algorithms that were used, and of no others."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import pytest

import quadmaml as qm
from quadmaml.inner_loop import GradientSteps
from quadmaml.proofs.derivation import RefutedError
from quadmaml.report.derivations import appendix, behind
from quadmaml.symbolic import derivations

STEPS = qm.GradientDescent(lr=0.1, steps=2)
EVERY = [
    qm.Joint(),
    qm.MAML(STEPS),
    qm.FOMAML(STEPS),
    qm.TruncatedMAML(STEPS, depth=1),
    qm.IMAML(strength=1.0),
    qm.IMAML(1.0, qm.ProximalGradientDescent(1.0, 0.1, 2)),
    qm.Reptile(qm.HeavyBall(0.1, 0.5, 2)),
    qm.MoreauEnvelope(1.0),
    qm.MAML(qm.Chebyshev(1.0, 2.0, 2)),
]


def test_the_names_are_known_and_none_is_named_twice():
    names = behind(EVERY)
    assert len(set(names)) == len(names)
    assert set(names) <= set(derivations())


def test_only_what_was_used_is_derived():
    assert "maml-gradient" not in behind([qm.Reptile(STEPS)])
    assert "heavy-ball-residual" in behind([qm.MAML(qm.HeavyBall(0.1, 0.5, 2))])
    assert appendix([qm.Joint()]) == ""


def test_the_section_is_well_formed_and_has_a_verdict_beside_each_step():
    section = ElementTree.fromstring(appendix(EVERY))
    assert section.tag == "section"
    assert section.find("h2").text == "Derivations"
    assert len(section.findall("div")) == len(behind(EVERY))
    rows = [row.findall("td") for row in section.iter("tr")]
    verdicts = [cells[2].text for cells in rows if cells[2].text]
    assert len(verdicts) > 40
    assert all(verdict.startswith(("PROVED: ", "CERTIFIED: ")) for verdict in verdicts)


def test_a_report_on_wrong_code_is_refused(monkeypatch):
    monkeypatch.setattr(GradientSteps, "residual", lambda self, x: (1 - self.lr * x) ** (self.steps + 1))
    with pytest.raises(RefutedError):
        appendix([qm.MAML(STEPS)])


def test_the_page_ends_with_what_was_derived_or_says_what_was_refuted(monkeypatch):
    from quadmaml import report
    from quadmaml.datasets import grunfeld, regression_groups
    from quadmaml.report.page import page

    made = report.build(regression_groups(grunfeld(), "firm", "invest", ["value", "capital"]))
    assert "<h2>Derivations</h2>" in (right := page(made))
    assert "REFUTED" not in right
    monkeypatch.setattr(GradientSteps, "residual", lambda self, x: (1 - self.lr * x) ** (self.steps + 1))
    wrong = page(made)
    section = wrong[wrong.index("<h2>Derivations</h2>") :]
    assert '<p class="failed">' in section
    assert "is refuted" in section
