"""``quadmaml derive``: what it prints and writes, and one line with a documented status where it cannot."""

from __future__ import annotations

import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from quadmaml import cli
from quadmaml.inner_loop import GradientSteps
from quadmaml.symbolic import derivations


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def printed(capsys, *words):
    assert cli.main(["derive", *words]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def refused(capsys, status, *words):
    assert cli.main(["derive", *words]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("quadmaml: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_the_list_holds_every_name(capsys):
    assert printed(capsys, "--list").split() == list(derivations())


@pytest.mark.parametrize(
    ("form", "part"),
    [
        ("text", "= (Ã⁻¹ + B̃⁻¹)⁻¹"),
        ("latex", r"\begin{align*}"),
        ("markdown", "### The least meta-loss of two tasks"),
        ("html", "<math"),
    ],
)
def test_one_derivation_in_every_format(form, part, capsys):
    assert part in printed(capsys, "parallel-sum", "--format", form)


def test_text_is_the_default_and_names_the_verdicts(capsys):
    assert "[PROVED: every dimension]" in printed(capsys, "parallel-sum")


def test_all_in_latex_is_a_complete_document(capsys):
    assert printed(capsys, "--all", "--format", "latex", "-o", "appendix.tex") == "appendix.tex\n"
    assert os.listdir() == ["appendix.tex"]
    with open("appendix.tex", encoding="utf-8") as file:
        text = file.read()
    assert text.startswith(r"\documentclass{article}")
    assert text.endswith("\\end{document}\n")
    assert text.count(r"\section*") == len(derivations())
    assert text.count(r"\begin{align*}") == text.count(r"\end{align*}") > len(derivations())
    assert text.isascii()
    assert {line for line in text.splitlines() if "usepackage" in line} == {
        r"\usepackage{amsmath}",
        r"\usepackage{amssymb}",
    }


def test_all_in_html_is_one_page(capsys):
    page = printed(capsys, "--all", "--format", "html")
    assert len(ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n")).findall(".//h3")) == len(derivations())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "NAME: expected one name, or --all"),
        (["maml-gradient", "--all"], "NAME: expected one name, or --all"),
        (["nothing"], "name: got 'nothing'; expected one of maml-gradient"),
        (["maml-gradiant"], "did you mean maml-gradient?"),
        (["parallel-sum", "--format", "pdf"], "--format: got 'pdf'; expected one of text, latex"),
        (["parallel-sum", "--frobnicate"], "unrecognized"),
    ],
)
def test_bad_words_are_one_line_and_status_2(words, message, capsys):
    assert message in refused(capsys, 2, *words)


def test_a_file_that_cannot_be_written_is_status_1_and_leaves_nothing(capsys):
    assert "no/such/place.txt: No such file" in refused(capsys, 1, "parallel-sum", "-o", "no/such/place.txt")
    assert os.listdir() == []


def test_an_earlier_file_is_kept_where_the_derivation_is_refuted(capsys, monkeypatch):
    printed(capsys, "maml-gradient", "-o", "kept.txt")
    monkeypatch.setattr(GradientSteps, "residual", lambda self, x: (1 - self.lr * x) ** (self.steps + 1))
    message = refused(capsys, 1, "maml-gradient", "-o", "kept.txt")
    assert "is refuted" in message
    assert "A = [[" in message
    with open("kept.txt", encoding="utf-8") as file:
        assert "PROVED" in file.read()
    assert os.listdir() == ["kept.txt"]


def test_help_imports_nothing_heavy():
    code = "import sys; from quadmaml.cli import main; main(['derive', '--help']); sys.exit('sympy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "--all" in done.stdout
