"""``quadmaml figure``: what it writes and where, and one line and a documented status for what goes wrong."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from quadmaml import QuadmamlError, cli
from quadmaml.plots import FIGURES, paper, render


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def said(capsys, *words):
    assert cli.main(["figure", *words]) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


def refused(capsys, status, *words):
    assert cli.main(["figure", *words]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("quadmaml: error: ")
    assert captured.err.count("\n") == 1
    return captured.err


def test_list_names_every_figure(capsys):
    lines = said(capsys, "--list").splitlines()
    assert [line.split()[0] for line in lines] == list(FIGURES)
    assert os.listdir() == []


@pytest.mark.parametrize(("format", "start"), [("pdf", b"%PDF"), ("svg", b"<?xml"), ("png", b"\x89PNG")])
def test_a_figure_and_its_numbers_are_written(capsys, format, start):
    words = ["memory", "--venue", "icml", "--width", "text", "--format", format, "--data", "m.csv", "-o", "m.out"]
    assert said(capsys, *words) == "m.out\nm.csv\n"
    figure = FIGURES["memory"]
    with open("m.out", "rb") as file:
        content = file.read()
    assert content.startswith(start)
    assert content == render(figure, figure.data(), "icml", "text", format)
    with open("m.csv", encoding="utf-8", newline="") as file:
        assert file.read() == figure.data().csv()
    assert sorted(os.listdir()) == ["m.csv", "m.out"]


def test_the_ending_of_the_file_is_the_format(capsys):
    said(capsys, "spectra", "-o", "s.svg")
    said(capsys, "spectra", "-o", "s")
    with open("s.svg", "rb") as svg, open("s", "rb") as pdf:
        assert (svg.read(5), pdf.read(5)) == (b"<?xml", b"%PDF-")


def test_the_numbers_alone_and_the_caption(capsys):
    assert said(capsys, "spectra", "--data", "s.csv") == "s.csv\n"
    assert said(capsys, "spectra", "--caption") == FIGURES["spectra"].caption + "\n"
    assert os.listdir() == ["s.csv"]


BAD_WORDS = {
    "no figure": ([], "NAME: got None; expected one of plane"),
    "unknown figure": (["vegetables", "-o", "x"], "NAME: got 'vegetables'"),
    "nowhere to write": (["weights"], "expected -o FILE, --data OUT.csv or --caption"),
    "unknown venue": (["weights", "--venue", "nature", "-o", "x"], "venue: got 'nature'"),
    "unknown width": (["weights", "--width", "9cm", "-o", "x"], "width: got '9cm'"),
    "unknown format": (["weights", "--format", "gif", "-o", "x"], "format: got 'gif'"),
    "one file for both": (["weights", "--data", "x", "-o", "./x"], "data: got x, which is the figure's file"),
    "unknown option": (["weights", "--frobnicate"], "unrecognized"),
}


@pytest.mark.parametrize(("words", "message"), BAD_WORDS.values(), ids=BAD_WORDS)
def test_bad_words_are_one_line_and_status_2(words, message, capsys):
    assert message in refused(capsys, 2, *words)
    assert os.listdir() == []


def test_a_place_that_cannot_be_written_is_status_1_and_nothing_is_left(capsys):
    with open("old.csv", "w") as file:
        file.write("old")
    error = refused(capsys, 1, "spectra", "-o", "nowhere/x.pdf", "--data", "old.csv")
    assert "nowhere/x.pdf: No such file" in error
    assert os.listdir() == ["old.csv"]
    with open("old.csv") as file:
        assert file.read() == "old"


@pytest.mark.parametrize("words", [["-o", "folder"], ["-o", "x.pdf", "--data", "folder"]])
def test_a_folder_in_place_of_a_file_is_named_and_nothing_is_written(words, capsys):
    os.mkdir("folder")
    assert refused(capsys, 1, "spectra", *words) == "quadmaml: error: folder: Is a directory\n"
    assert os.listdir() == ["folder"]


def test_without_latex_pgf_and_usetex_are_refused_in_words(capsys, monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    assert "got 'pgf' without LaTeX" in refused(capsys, 2, "weights", "-o", "w.pgf")
    assert "got True without latex;" in refused(capsys, 2, "weights", "--usetex", "-o", "w.pdf")
    assert "got True without latex and dvipng" in refused(capsys, 2, "weights", "--usetex", "-o", "w.png")
    assert os.listdir() == []


class LatexError(Exception):
    """As matplotlib's pgf backend names it."""


@pytest.mark.parametrize("error", [LatexError("LaTeX errored\n! No font"), RuntimeError("latex failed\n! No font")])
def test_a_failure_of_latex_is_one_line(error):
    with pytest.raises(QuadmamlError, match=r"^LaTeX failed: No font$"), paper._latex_errors():
        raise error
    with pytest.raises(RuntimeError, match=r"^other$"), paper._latex_errors():
        raise RuntimeError("other")


@pytest.mark.skipif(not shutil.which("pdflatex"), reason="pdflatex is not installed")
def test_pgf_is_text_for_latex_and_the_same_every_time(capsys):
    said(capsys, "weights", "--venue", "jmlr", "-o", "one.pgf")
    said(capsys, "weights", "--venue", "jmlr", "-o", "two.pgf")
    with open("one.pgf", "rb") as one, open("two.pgf", "rb") as two:
        first = one.read()
        assert first == two.read()
    assert b"\\begin{pgfpicture}" in first


def test_help_imports_nothing_heavy():
    code = (
        "import sys; from quadmaml.cli import main; main(['figure', '--help'])\n"
        "sys.exit(bool({'numpy', 'matplotlib', 'scipy'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr, "--venue" in done.stdout) == (0, "", True)
