"""The command line: one line and a documented status for everything that can go wrong, silence when piped."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import sys

import pytest

from quadmaml import cli, report, simulate
from quadmaml.report import checks

GOOD = "t,y,x,z\na,1,2,1\na,2,3,5\na,4,1,2\nb,0,1,7\nb,5,2.5,1\nb,1,2,2\n"
COLUMNS = ["--task", "t", "--target", "y", "--features", "x,z"]
FILES = ["report.html", "results.json", "solutions.npz"]


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def run(*words, **options):
    return subprocess.run(
        [sys.executable, "-m", "quadmaml", *words], capture_output=True, text=True, check=False, timeout=120, **options
    )


def refused(capsys, status, *words):
    """Run in this process, expect the status, and return the one line that it says."""
    assert cli.main(words) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("quadmaml: error: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    return captured.err


def data(text, path="data.csv"):
    with open(path, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


def test_the_report_on_grunfeld_is_written_where_it_is_said_to_be():
    done = run("report")
    assert (done.returncode, done.stdout, done.stderr) == (0, "quadmaml-report/report.html\n", "")
    assert sorted(os.listdir("quadmaml-report")) == FILES


def test_the_report_on_data_of_ones_own(capsys):
    assert cli.main(["report", data(GOOD), *COLUMNS, "--out", "there", "--steps", "3", "--lr", "0.01"]) == 0
    assert capsys.readouterr() == ("there/report.html\n", "")
    with open("there/results.json", encoding="utf-8") as file:
        made = json.load(file)
    assert made["data"]["coefficients"] == ["intercept", "x", "z"]
    assert (made["settings"]["steps"], made["settings"]["lr"]) == (3, 0.01)


def test_help_and_version_are_quick_and_import_nothing_heavy():
    code = (
        "import sys; from quadmaml.cli import main; main(['--help']); main(['--version']); main(['report', '--help'])\n"
        "heavy = {'numpy', 'scipy', 'sympy', 'matplotlib', 'tqdm', 'latex2mathml'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "DATA.csv" in done.stdout


BAD_WORDS = {
    "no command": ([], "expected a command"),
    "unknown command": (["frobnicate"], "invalid choice"),
    "unknown option": (["report", "--frobnicate"], "unrecognized"),
    "option without value": (["report", "--out"], "expected one argument"),
    "columns without data": (["report", "--task", "t"], "--task: got a column but no data"),
    "data without columns": (["report", "data.csv", "--task", "t"], "without --target, --features"),
    "lr is no number": (["report", "--lr", "fast"], "invalid float value"),
    "lr is nan": (["report", "--lr", "nan"], "lr: got nan"),
    "lr is negative": (["report", "--lr", "-1"], "lr: got -1.0"),
    "no steps": (["report", "--steps", "0"], "steps: got 0"),
    "half a step": (["report", "--steps", "0.5"], "invalid int value"),
    "no strength": (["report", "--strength", "0"], "strength: got 0.0"),
    "negative ridge": (["report", "--ridge", "-1"], "ridge: got -1.0"),
    "overflow": (["report", "--lr", "1e99"], "overflow"),
}


@pytest.mark.parametrize(("words", "message"), BAD_WORDS.values(), ids=BAD_WORDS)
def test_bad_words_are_one_line_and_status_2(words, message, capsys):
    assert message in refused(capsys, 2, *words)
    assert os.listdir() == []


BAD_DATA = {
    "empty": ("", "is empty"),
    "header only": ("t,y,x,z\n", "has no rows"),
    "not UTF-8": (b"t,y,x,z\na,1,2,\xff\n", "not UTF-8"),
    "binary": (b"\x00\x01", "zero byte"),
    "ragged": (GOOD + "b,1\n", "line 8: has 2 cells"),
    "duplicate column": (GOOD.replace("z", "x"), "occurs twice"),
    "nameless column": (GOOD.replace("z", ""), "has no name"),
    "open quote": (GOOD + '"b,1,2,3\n', "unexpected end of data"),
    "missing task": (GOOD.replace("t,", "u,"), "has no column 't'"),
    "missing target": (GOOD.replace("y,", "u,"), "has no column 'y'"),
    "missing feature": (GOOD.replace("z", "u"), "has no column 'z'"),
    "other separator": (GOOD.replace(",", ";"), "separated by semicolons"),
    "word": (GOOD.replace("2.5", "big"), "line 6: column 'x' holds 'big'"),
    "empty cell": (GOOD.replace("2.5", ""), "line 6: column 'x' holds ''"),
    "nan": (GOOD.replace("2.5", "nan"), "holds 'nan'"),
    "infinite": (GOOD.replace("2.5", "inf"), "holds 'inf'"),
    "too large": (GOOD.replace("2.5", "1e999"), "holds '1e999'"),
    "target no number": (GOOD.replace("b,5", "b,five"), "column 'y' holds 'five'"),
    "nameless task": (GOOD.replace("b,5", ",5"), "column 't' is empty"),
    "no support row": (GOOD + "c,1,2,3\n", "task 'c' has 1 row and no support row"),
    "one task": (GOOD.replace("b,", "a,"), "has 1 task; expected at least two"),
    "constant feature": ("t,y,x,z\na,1,2,1\na,2,2,2\nb,1,2,3\nb,2,2,4\n", "column 'x' is constant"),
    "constant target": ("t,y,x,z\na,1,2,1\na,1,3,2\nb,1,2,3\nb,1,2,4\n", "column 'y' is constant"),
    "blank lines only": ("\n \n\n", "is empty"),
    "UTF-16": (GOOD.encode("utf-16"), "not UTF-8"),
    "zero byte": (GOOD.replace("2.5", "2\0"), "zero byte"),
    "too many cells": (GOOD + "b,1,2,3,4\n", "line 8: has 5 cells; expected 4"),
    "text after quote": (GOOD + 'b,1,"2"3,4\n', "line 8:"),
    "decimal comma": (GOOD.replace("2.5", '"2,5"'), "column 'x' holds '2,5'"),
    "underscore in a number": (GOOD.replace("2.5", "2_5"), "column 'x' holds '2_5'"),
    "a cell without end": (GOOD.replace("2.5", "9" * 200_000), "field larger than field limit"),
    "thousands": (GOOD.replace("2.5", '"2,500.0"'), "column 'x' holds '2,500.0'"),
    "tabs": (GOOD.replace(",", "\t"), "separated by tabs"),
}
assert len(BAD_DATA) >= 30


@pytest.mark.parametrize(("text", "message"), BAD_DATA.values(), ids=BAD_DATA)
def test_bad_data_are_one_line_and_status_2(text, message, capsys):
    line = refused(capsys, 2, "report", data(text), *COLUMNS)
    assert message in line
    assert "data.csv" in line
    assert os.listdir() == ["data.csv"]


@pytest.mark.parametrize("path", ["missing.csv", "."])
def test_data_that_cannot_be_read_are_status_2(path, capsys):
    assert "cannot be read" in refused(capsys, 2, "report", path, *COLUMNS)


@pytest.mark.parametrize("features", ["x,x", "x,y", "x,t", "x,", ""])
def test_bad_features_are_status_2(features, capsys):
    refused(capsys, 2, "report", data(GOOD), "--task", "t", "--target", "y", "--features", features)


def test_spaces_around_column_names_do_no_harm(capsys):
    assert cli.main(["report", data(GOOD), "--task", "t", "--target", "y", "--features", "x, z"]) == 0
    capsys.readouterr()


@pytest.mark.parametrize("out", ["file", "file/below", "/dev/null/below"])
def test_a_directory_that_cannot_be_written_is_status_1(out, capsys):
    data("old", "file")
    refused(capsys, 1, "report", data(GOOD), *COLUMNS, "--out", out)
    assert sorted(os.listdir()) == ["data.csv", "file"]


def test_a_full_disk_is_status_1_and_keeps_the_old_report(capsys, monkeypatch):
    os.mkdir("out")
    for name in FILES:
        data("old", os.path.join("out", name))

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("os.fsync", full)
    assert "No space left on device" in refused(capsys, 1, "report", "--out", "out")
    assert sorted(os.listdir("out")) == FILES
    for name in FILES:
        with open(os.path.join("out", name), encoding="utf-8") as file:
            assert file.read() == "old"


@pytest.mark.parametrize(
    ("error", "status"), [(KeyboardInterrupt(), 130), (MemoryError(), 1), (RuntimeError("a\nb"), 1)]
)
def test_whatever_happens_is_one_line(error, status, capsys, monkeypatch):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(simulate, "meta_train", fail)
    refused(capsys, status, "report")
    assert os.listdir() == []


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_ctrl_c_is_status_130_and_leaves_nothing():
    # A process started in the background inherits SIGINT ignored; a terminal's does not.
    code = "import signal, sys, time; from quadmaml import cli, simulate\n"
    code += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    code += "simulate.meta_train = lambda *_: (print('ready', flush=True), time.sleep(60))\n"
    code += "sys.exit(cli.main(['report']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"quadmaml: error: interrupted\n")
    assert os.listdir() == []


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals")
def test_a_report_that_is_interrupted_leaves_the_old_one():
    os.mkdir("quadmaml-report")
    for name in FILES:
        data("old " + name, os.path.join("quadmaml-report", name))
    code = "import os, signal, sys, time; from quadmaml import cli\n"
    code += "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    # In the middle of writing: the new files are there under other names, none is in place.
    code += "os.link = lambda *_: (print('ready', flush=True), time.sleep(60))\n"
    code += "sys.exit(cli.main(['report']))"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, b"quadmaml: error: interrupted\n")
    assert sorted(os.listdir("quadmaml-report")) == FILES
    for name in FILES:
        with open(os.path.join("quadmaml-report", name), encoding="utf-8") as file:
            assert file.read() == "old " + name


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_standard_output_that_is_full_is_status_1():
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [sys.executable, "-m", "quadmaml", "report"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr == "quadmaml: error: No space left on device\n"


def test_a_reader_that_has_gone_away_is_no_traceback():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as gone:
        done = subprocess.run(
            [sys.executable, "-m", "quadmaml", "report"], stdout=gone, stderr=subprocess.PIPE, text=True, check=False
        )
    assert (done.returncode, done.stderr) == (1, "")


def test_warnings_are_one_line_each(capsys):
    assert cli.main(["report", "--lr", "0.5"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "quadmaml-report/report.html\n"
    assert all(line.startswith("quadmaml: warning: ") for line in captured.err.splitlines())
    assert "is unstable on" in captured.err


def test_a_failed_check_is_status_1_and_the_report_is_there_to_look_at(capsys, monkeypatch):
    monkeypatch.setattr(checks.Check, "passed", property(lambda each: each.algorithm != "MAML"))
    assert cli.main(["report"]) == 1
    captured = capsys.readouterr()
    assert captured.err == "quadmaml: error: 4 of 33 checks failed; see the report\n"
    assert captured.out == "quadmaml-report/report.html\n"
    assert sorted(os.listdir("quadmaml-report")) == FILES


class Terminal:
    """A standard error that says it is a terminal."""

    encoding = "utf-8"

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return True


def test_progress_is_shown_on_a_terminal(capsys, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert cli.main(["report"]) == 0
    assert "solving" in terminal.text or "drawing" in terminal.text
    # Nothing of the bar stays behind.
    assert terminal.text.rstrip("\r").endswith(" ")
    assert capsys.readouterr().out == "quadmaml-report/report.html\n"


def test_python_m_is_the_same_command():
    assert run("--version").stdout.startswith("quadmaml ")
    assert report.__all__
