"""``quadmaml solve`` and ``quadmaml adapt``, tasks in files, and the rules that say which rows are support."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import cli
from quadmaml.datasets import grunfeld, random_tasks, read_csv, regression_groups, save_tasks
from quadmaml.starts import Start

from .test_cli import COLUMNS, GOOD, data, refused

NEW = "firm,value,capital,invest\na,3000,50,300\na,4000,60,\nb,500,40,60\n"


@pytest.fixture(autouse=True)
def in_an_empty_directory(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def said(capsys, *words):
    """Run in this process, expect success and silence on standard error, and return what it printed."""
    assert cli.main(words) == 0
    captured = capsys.readouterr()
    assert captured.err == ""
    return captured.out


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("joint", qm.Joint()),
        ("maml", qm.MAML(qm.GradientDescent(0.05, 4))),
        ("fomaml", qm.FOMAML(qm.GradientDescent(0.05, 4))),
        ("truncated", qm.TruncatedMAML(qm.GradientDescent(0.05, 4), 2)),
        ("imaml", qm.IMAML(5.0)),
        ("Reptile", qm.Reptile(qm.GradientDescent(0.05, 4))),
        ("moreau", qm.MoreauEnvelope(5.0)),
    ],
)
def test_solve_prints_the_fixed_point(name, algorithm, capsys):
    words = ("solve", "--algorithm", name, "--lr", "0.05", "--steps", "4", "--strength", "5")
    lines = [line.split("\t") for line in said(capsys, *words).splitlines()]
    groups = regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])
    theta = algorithm.fixed_point(groups.tasks(1e-3))
    assert [line[0] for line in lines] == ["coefficient", "intercept", "value", "capital"]
    np.testing.assert_allclose([float(line[1]) for line in lines[1:]], theta, rtol=1e-9)
    np.testing.assert_allclose([float(line[2]) for line in lines[1:]], groups.in_data_units(theta), rtol=1e-9)


def test_solve_writes_a_start_and_adapt_predicts_from_it(capsys):
    assert said(capsys, "solve", "--algorithm", "maml", "-o", "start.npz") == "start.npz\n"
    assert Start.load("start.npz").tasks == 11
    printed = said(capsys, "adapt", "start.npz", data(NEW, "new.csv"))
    assert printed.splitlines()[0] == "firm,value,capital,invest,predicted invest"
    assert said(capsys, "adapt", "start.npz", "new.csv", "-o", "out.csv") == "out.csv\n"
    with open("out.csv", encoding="utf-8") as file:
        assert file.read() == printed
    predicted = read_csv("out.csv").numbers("predicted invest")
    start = Start.load("start.npz")
    expected = qm.adapt(start, [[3000.0, 50.0]], [300.0], [[3000.0, 50.0], [4000.0, 60.0]]).predictions
    np.testing.assert_allclose(predicted[:2], expected)
    assert sorted(os.listdir()) == ["new.csv", "out.csv", "start.npz"]


def test_a_step_beyond_its_bound_is_a_warning_of_one_line(capsys):
    said(capsys, "solve", "--algorithm", "maml", "-o", "start.npz")
    assert cli.main(["adapt", "start.npz", data("value,capital,invest\n1e6,1e6,1\n", "new.csv")]) == 0
    captured = capsys.readouterr()
    assert captured.err.startswith("quadmaml: warning: GradientDescent is unstable")
    assert captured.err.count("\n") == 1


BAD = {
    "no algorithm": (["solve"], "--algorithm"),
    "unknown algorithm": (["solve", "--algorithm", "sgd"], "algorithm: got 'sgd'; expected one of joint, maml"),
    "no steps": (["solve", "--algorithm", "maml", "--steps", "0"], "steps: got 0"),
    "no data": (["solve", "none.csv", *COLUMNS, "--algorithm", "maml"], "none.csv: cannot be read"),
    "no start": (["adapt", "none.npz", "good.csv"], "none.npz: cannot be read (No such file"),
    "a table for a start": (["adapt", "good.csv", "good.csv"], "good.csv: cannot be read"),
    "a start for a table": (["adapt", "start.npz", "start.npz"], "start.npz"),
    "missing column": (["adapt", "start.npz", "good.csv"], "good.csv: has no column 'invest'"),
    "tasks for a start": (["adapt", "tasks.npz", "good.csv"], "tasks.npz: holds no start"),
    "a start for tasks": (["report", "start.npz"], "start.npz: holds theta; expected support_hessians"),
    "columns for tasks": (["report", "tasks.npz", "--task", "t"], "--task: is for tables"),
    "no intercept for tasks": (
        ["solve", "tasks.npz", "--algorithm", "maml", "--no-intercept"],
        "--no-intercept: is for",
    ),
    "next to no steps": (["solve", "--algorithm", "maml", "--lr", "1e-320"], "lr: got 1e-320"),
    "too many steps to check": (["report", "--steps", "5000"], "steps: got 5000; expected at most 1000"),
    "bad rule": (["report", "good.csv", *COLUMNS, "--support", "year<=3"], "has no column 'year'"),
    "bad folds": (["report", "--folds", "1"], "folds: got 1"),
    "bad seed": (["report", "--seed", "-1"], "seed: got -1"),
}


@pytest.mark.parametrize(("words", "message"), BAD.values(), ids=BAD)
def test_bad_words_and_files_are_one_line_and_status_2(words, message, capsys):
    data(GOOD, "good.csv")
    save_tasks("tasks.npz", random_tasks(4, [1.0, 2.0]))
    said(capsys, "solve", "--algorithm", "maml", "-o", "start.npz")
    before = sorted(os.listdir())
    assert message in refused(capsys, 2, *words)
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize("command", [("solve", "--algorithm", "maml", "-o"), ("adapt", "start.npz", "new.csv", "-o")])
def test_what_cannot_be_written_is_status_1_and_leaves_the_old(command, capsys, monkeypatch):
    said(capsys, "solve", "--algorithm", "maml", "-o", "start.npz")
    data(NEW, "new.csv")
    refused(capsys, 1, *command, os.path.join("nowhere", "file"))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    data("old", "file")
    assert "file: No space left" in refused(capsys, 1, *command, "file")
    with open("file", encoding="utf-8") as file:
        assert file.read() == "old"
    assert sorted(os.listdir()) == ["file", "new.csv", "start.npz"]


def test_a_report_on_tasks_of_a_file(capsys):
    save_tasks("tasks.npz", random_tasks(12, [1.0, 2.0, 5.0]))
    assert said(capsys, "report", "tasks.npz", "--steps", "3") == "quadmaml-report/report.html\n"
    with open("quadmaml-report/results.json", encoding="utf-8") as file:
        made = json.load(file)
    assert made["settings"]["ridge"] == 0
    assert all(each["passed"] for each in made["checks"])
    tasks = random_tasks(12, [1.0, 2.0, 5.0])
    np.testing.assert_allclose(made["solutions"][0]["fixed_point"], qm.Joint().fixed_point(tasks), rtol=1e-8)


def test_equal_curvatures_are_said_to_agree_by_a_theorem(capsys):
    optima = np.random.default_rng(0).normal(size=(12, 2))
    save_tasks("equal.npz", qm.Tasks.from_minimizers(np.tile(np.diag([1.0, 4.0]), (12, 1, 1)), optima))
    said(capsys, "report", "equal.npz")
    with open("quadmaml-report/results.json", encoding="utf-8") as file:
        made = json.load(file)
    assert "is worth nothing here" in made["answer"][0]
    assert made["reasons"] == [
        "A theorem says why: all curvatures are equal, so that every algorithm ends at the mean of the optima."
    ]


def test_options_of_the_data_are_heard(capsys):
    rows = "".join(f"{t},{i * i % 7},{i},{i % 4},{1980 + i}\n" for t in "abcd" for i in range(6 if t < "d" else 1))
    path = data("t,y,x,z,year\n" + rows)
    words = ["report", path, *COLUMNS, "--support", "year<1982", "--drop-small", "--no-intercept", "--no-standardise"]
    said(capsys, *words, "--folds", "3", "--seed", "4")
    with open("quadmaml-report/results.json", encoding="utf-8") as file:
        made = json.load(file)
    assert made["data"]["coefficients"] == ["x", "z"]
    assert made["data"]["support"] == "rows with year < 1982"
    assert made["data"]["tasks_left_out"] == 1
    assert [(each["support_rows"], each["query_rows"]) for each in made["data"]["tasks"]] == [(2, 4)] * 3
    assert max(made["cross_validation"]["folds"]) == 2


def test_a_stable_step_may_be_taken_often(capsys):
    lines = said(capsys, "solve", "--algorithm", "reptile", "--steps", "5000").splitlines()
    assert len(lines) == 4


def test_a_column_whose_name_holds_a_comma_is_quoted_as_in_the_table(capsys):
    data('t,"x, size",y\n' + "".join(f"{t},{i * i},{i % 3}\n" for t in "ab" for i in range(4)))
    words = ("solve", "data.csv", "--task", "t", "--target", "y", "--features", '"x, size"', "--algorithm", "maml")
    assert "x, size" in said(capsys, *words)


def test_control_characters_of_the_data_do_not_reach_the_terminal(capsys):
    data("t,\x1b[31mx,y\na,1,2\n")
    words = ("solve", "data.csv", "--task", "t", "--target", "y", "--features", "x", "--algorithm", "maml")
    assert r"\x1b[31mx" in refused(capsys, 2, *words)
