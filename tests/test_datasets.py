"""Tables, and groups of their rows as regression tasks."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.datasets import (
    Table,
    as_groups,
    grunfeld,
    linear_regression,
    load_tasks,
    random_tasks,
    read_csv,
    regression_groups,
    save_tasks,
    sinusoids,
    wage_panel,
)

from .backends import need

GOOD = "t,y,x\na,1,2\na,2,3\na,4,1\nb,0,1\nb,5,2.5\n"


def table(text, tmp_path):
    path = tmp_path / "data.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_csv(path)


def groups(text, tmp_path, features=("x",), **options):
    return regression_groups(table(text, tmp_path), "t", "y", features, **options)


def test_grunfeld_is_the_file_that_its_provenance_describes():
    folder = files("quadmaml") / "data"
    digest = hashlib.sha256((folder / "grunfeld.csv").read_bytes()).hexdigest()
    assert digest in (folder / "README.md").read_text(encoding="utf-8")
    data = grunfeld()
    assert list(data.columns) == ["firm", "year", "invest", "value", "capital"]
    assert len(data) == 220
    assert len(set(data.column("firm"))) == 11
    assert data.numbers("year").min() == 1935
    # awk -F, 'NR>1{s+=$3;v+=$4;c+=$5}END{printf "%.3f %.3f %.3f",s,v,c}' grunfeld.csv
    sums = [float(data.numbers(name).sum()) for name in ("invest", "value", "capital")]
    np.testing.assert_allclose(sums, [29328.618, 217487.117, 56563.879], atol=1e-3)


def test_first_rows_are_support_and_columns_are_standardised(tmp_path):
    made = groups(GOOD, tmp_path)
    assert made.names == ("a", "b")
    assert made.features == ("intercept", "x")
    X, y, Xq, yq = made.groups[0]
    assert (X.shape, y.shape, Xq.shape, yq.shape) == ((1, 2), (1,), (2, 2), (2,))
    x = np.array([2, 3, 1, 1, 2.5])
    np.testing.assert_allclose(np.concatenate([g[i][:, 1] for g in made for i in (0, 2)]), (x - x.mean()) / x.std())
    np.testing.assert_allclose(made.scales["y"], (2.4, np.std([1, 2, 4, 0, 5])))
    assert (X[:, 0] == 1).all()
    assert len(made.tasks(ridge=0.1)) == 2


def test_number_of_support_rows_can_be_chosen(tmp_path):
    made = groups(GOOD.replace("b,5,2.5", "b,5,2.5\nb,6,1"), tmp_path, support=2)
    assert [(len(g[1]), len(g[3])) for g in made] == [(2, 1), (2, 1)]


def test_tasks_may_be_interleaved_and_keep_the_order_of_the_file(tmp_path):
    made = groups("t,y,x\nb,1,1\na,2,2\nb,3,3\na,4,5\n", tmp_path)
    assert made.names == ("b", "a")
    assert made.groups[0][0][0, 1] < made.groups[0][2][0, 1]


@pytest.mark.parametrize(
    "text", ["\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("2.5", '" 2.5 "'), GOOD + "\n\n"]
)
def test_what_spreadsheets_write_is_read(text, tmp_path):
    np.testing.assert_array_equal(table(text, tmp_path).numbers("x"), [2, 3, 1, 1, 2.5])


def test_large_numbers_do_not_overflow(tmp_path):
    made = groups("t,y,x\na,1,1e300\na,2,-1e300\nb,3,1e300\nb,4,1e300\n", tmp_path)
    assert all(np.isfinite(part).all() for group in made for part in group)
    assert np.isfinite(made.scales["x"]).all()


BAD_FILES = {
    "empty": ("", "is empty; expected a header line"),
    "blank lines": ("\n \n", "is empty"),
    "header only": ("t,y,x\n", "has no rows"),
    "not UTF-8": (b"t,y,x\na,1,\xff\n", "line 2: is not UTF-8"),
    "binary": (b"\x00\x01\x02PK", "zero byte"),
    "ragged": ("t,y,x\na,1,2\na,1\n", "line 3: has 2 cells; expected 3"),
    "too many cells": ("t,y,x\na,1,2,3\n", "line 2: has 4 cells; expected 3"),
    "duplicate column": ("t,y,x,x\na,1,2,3\n", "line 1: column 'x' occurs twice"),
    "nameless column": ("t,,x\na,1,2\n", "line 1: a column has no name"),
    "open quote": ('t,y,x\na,1,"2\n', "unexpected end of data"),
    "semicolons": ("t;y;x\na;1;2\n", "line 1: its cells are separated by semicolons; expected commas"),
    "tabs": ("t\ty\tx\na\t1\t2\n", "line 1: its cells are separated by tabs"),
    "text after quote": ('t,y,x\na,1,"2"3\n', "line 2:"),
}


@pytest.mark.parametrize(("text", "message"), BAD_FILES.values(), ids=BAD_FILES)
def test_bad_files_are_refused_with_their_line(text, message, tmp_path):
    with pytest.raises(qm.InputError, match=r"data\.csv.*") as refusal:
        table(text, tmp_path)
    assert message in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize("path", ["missing.csv", ".", "a\0b"])
def test_unreadable_files_are_refused(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(qm.InputError, match="cannot be read"):
        read_csv(path)


BAD_CELLS = {"text": "big", "empty": "", "nan": "nan", "infinite": "-inf", "overflow": "1e400", "underscore": "1_000",
             "decimal comma": '"2,5"', "complex": "1j", "hexadecimal": "0x10"}  # fmt: skip


@pytest.mark.parametrize("cell", BAD_CELLS.values(), ids=BAD_CELLS)
def test_bad_cells_are_refused_with_line_and_column(cell, tmp_path):
    with pytest.raises(qm.InputError, match=r"data\.csv, line 3: column 'x' holds .*; expected a finite number"):
        groups(f"t,y,x\na,1,1\na,2,{cell}\n", tmp_path)


def test_a_long_cell_is_shortened_in_the_message(tmp_path):
    with pytest.raises(qm.InputError) as refusal:
        groups(f"t,y,x\na,1,{'z' * 5000}\na,2,1\n", tmp_path)
    assert len(str(refusal.value)) < 300


BAD_GROUPS = {
    "missing column": ("t,y,z\na,1,2\na,2,1\n", "has no column 'x'; its columns are t, y, z"),
    "one row": (GOOD + "c,1,1\n", "task 'c' has 1 row and no support row; expected at least 2"),
    "constant feature": ("t,y,x\na,1,2\na,2,2\n", "column 'x' is constant"),
    "constant target": ("t,y,x\na,1,2\na,1,3\n", "column 'y' is constant"),
    "constant up to rounding": ("t,y,x\na,1,1e15\na,2,1000000000000000.125\n", "column 'x' is constant"),
    "nameless task": ("t,y,x\na,1,2\n,2,3\n", "line 3: column 't' is empty"),
}


@pytest.mark.parametrize(("text", "message"), BAD_GROUPS.values(), ids=BAD_GROUPS)
def test_bad_groups_are_refused(text, message, tmp_path):
    with pytest.raises(qm.InputError) as refusal:
        groups(text, tmp_path)
    assert message in str(refusal.value)


@pytest.mark.parametrize("features", [[], "x", ["x", "x"], ["y"], ["t"], ["intercept"]])
def test_bad_features_are_refused(features, tmp_path):
    data = table("t,y,x,intercept\na,1,2,1\na,2,1,2\n", tmp_path)
    with pytest.raises(qm.InputError, match="features"):
        regression_groups(data, "t", "y", features)


@pytest.mark.parametrize(
    ("rows", "message"), [(0, "support: got 0"), (1.5, "support: got 1.5"), (3, "no query row; expected at least 4")]
)
def test_bad_numbers_of_support_rows_are_refused(rows, message, tmp_path):
    with pytest.raises(qm.InputError, match=message):
        groups(GOOD, tmp_path, support=rows)


def test_a_table_that_holds_no_texts_or_columns_of_two_lengths_is_refused():
    with pytest.raises(qm.InputError, match=r"columns: 'x' holds 1\.5; expected texts"):
        Table({"t": ["a"], "x": [1.5]}, [2])
    with pytest.raises(qm.InputError, match="columns: 'x' has 1 cells; expected 2"):
        Table({"t": ["a", "b"], "x": ["1"]}, [2, 3])
    with pytest.raises(qm.InputError, match="table: got dict"):
        regression_groups({"t": ["a"]}, "t", "y", ["x"])


def test_of_many_columns_a_few_are_named():
    many = Table({f"c{j}": ["1"] for j in range(3000)}, [2])
    with pytest.raises(qm.InputError, match=r"c19 and 2980 more\Z"):
        many.column("x")


def test_support_and_query_that_are_equal_are_one():
    """Then a theorem can apply, whoever made the arrays: here the fixed inputs of sinusoids."""
    made = sinusoids(4, "fixed", features=3)
    assert made.groups[0][0] is not made.groups[0][2]
    tasks = made.tasks(1e-3)
    assert tasks.query is tasks.support
    assert sinusoids(4, "uniform", features=3).tasks().query is not sinusoids(4, "uniform", features=3).tasks().support


@pytest.mark.filterwarnings("error")
def test_squares_that_overflow_are_refused_without_a_warning(tmp_path):
    made = groups("t,y,x\na,1,1e300\na,2,-1e300\nb,3,1e300\nb,4,2e300\n", tmp_path, standardise=False)
    with pytest.raises(qm.InputError, match="nan or infinite"):
        made.tasks()


@pytest.mark.parametrize("members", [[], [2], [-3]])
def test_tasks_that_are_not_there_are_refused(members, tmp_path):
    made = groups(GOOD, tmp_path)
    for of in (made.select, made.rescaled):
        with pytest.raises(qm.InputError, match="members: got"):
            of(members)


def test_a_table_can_be_made_by_hand():
    data = Table({"t": list("aabb"), "y": list("1234"), "x": list("2135")}, range(2, 6))
    assert len(regression_groups(data, "t", "y", ["x"])) == 2


# Which rows are support


def rows_of(made):
    return [(len(group[1]), len(group[3])) for group in made]


UNEQUAL = "t,y,x,part,year\n" + "".join(
    f"{t},{i * i % 7},{i},{'support' if i % 3 else 'query'},{1980 + i}\n"
    for t, m in (("a", 4), ("b", 7))
    for i in range(m)
)


@pytest.mark.parametrize(
    ("support", "expected"),
    [
        (None, [(2, 2), (3, 4)]),
        (3, [(3, 1), (3, 4)]),
        ("3", [(3, 1), (3, 4)]),
        (0.25, [(1, 3), (1, 6)]),
        ("0.75", [(3, 1), (5, 2)]),
        ("part", [(2, 2), (4, 3)]),
        ("part=support", [(2, 2), (4, 3)]),
        ("part != support", [(2, 2), (3, 4)]),
        ("year<=1981", [(2, 2), (2, 5)]),
        ("year > 1981", [(2, 2), (5, 2)]),
        ("year=1981.0", [(1, 3), (1, 6)]),
        ("year == 1981", [(1, 3), (1, 6)]),
    ],
)
def test_support_rows_by_every_rule(support, expected, tmp_path):
    assert rows_of(groups(UNEQUAL, tmp_path, support=support)) == expected


BAD_RULES = {
    "zero rows": (0, "support: got 0"),
    "negative": ("-2", "support: got -2"),
    "whole": (1.0, "support: got 1.0"),
    "fraction above one": ("1.5", "support: got 1.5"),
    "empty": (" ", "support: got an empty text"),
    "unknown column": ("wave", "has no column 'wave'"),
    "unknown column in a condition": ("wave<=3", "has no column 'wave'"),
    "no number after a sign": ("year<=soon", "expected a number after <="),
    "column that marks nothing": ("year", "line 2: column 'year' holds '1980'; expected support or query"),
    "nan after a sign": ("year<=nan", "expected a number after <="),
    "underscore after a sign": ("year<=1_981", "expected a number after <="),
    "a fraction of next to nothing": ("1e-10", "expected at least 99999999"),
    "condition on text": ("part<=3", "line 2: column 'part' holds 'query'; expected a finite number"),
    "all support": ("year>0", "task 'a' has 4 rows and no query row"),
    "none support": ("year<0", "task 'a' has 4 rows and no support row"),
}


@pytest.mark.parametrize(("rule", "message"), BAD_RULES.values(), ids=BAD_RULES)
def test_bad_rules_are_refused(rule, message, tmp_path):
    with pytest.raises(qm.InputError) as refusal:
        groups(UNEQUAL, tmp_path, support=rule)
    assert message in str(refusal.value)


def test_small_tasks_can_be_left_out_and_are_counted(tmp_path):
    made = groups(UNEQUAL, tmp_path, support=4, drop_small=True)
    assert (made.names, made.left_out) == (("b",), 1)
    rows = np.concatenate([np.concatenate([group[1], group[3]]) for group in made])
    assert rows.mean() == pytest.approx(0)
    with pytest.raises(qm.InputError, match="no task has both"):
        groups(UNEQUAL, tmp_path, support=9, drop_small=True)


# Standardisation


def test_without_standardisation_rows_are_as_they_come(tmp_path):
    made = groups(GOOD, tmp_path, standardise=False)
    assert np.concatenate([made.groups[0][0], made.groups[0][2]])[:, 1].tolist() == [2.0, 3.0, 1.0]
    np.testing.assert_array_equal(made.in_data_units(np.array([1.0, 2.0])), [1.0, 2.0])
    assert made.rescaled([0]) is made


def test_without_an_intercept_columns_are_only_divided(tmp_path):
    made = groups(GOOD, tmp_path, intercept=False)
    x = np.array([2, 3, 1, 1, 2.5])
    np.testing.assert_allclose(np.concatenate([g[i][:, 0] for g in made for i in (0, 2)]), x / np.sqrt((x**2).mean()))
    theta = np.array([0.7])
    np.testing.assert_allclose(made.in_data_units(theta) * x, made.unit * x / made.scales["x"][1] * theta)


def test_new_scales_are_those_of_some_tasks_and_coefficients_mean_the_same(tmp_path):
    made = groups(UNEQUAL, tmp_path)
    again = made.rescaled([1])
    inside = np.concatenate([np.concatenate([again.groups[1][i], again.groups[1][i + 2]]) for i in (1,)])
    assert (inside.mean(), inside.std()) == (pytest.approx(0), pytest.approx(1))
    X = np.concatenate([again.groups[0][0], again.groups[0][2]])
    raw = X[:, 1] * again.scales["x"][1] + again.scales["x"][0]
    np.testing.assert_allclose(raw, [0, 1, 2, 3], atol=1e-12)
    theta = np.array([0.3, -2.0])
    predicted = again.scales["y"][0] + again.scales["y"][1] * X @ theta
    b = again.in_data_units(theta)
    np.testing.assert_allclose(b[0] + b[1] * raw, predicted)


def test_a_column_constant_in_those_tasks_keeps_its_scale(tmp_path):
    made = groups("t,y,x\na,1,2\na,2,2\nb,1,3\nb,5,4\n", tmp_path).rescaled([0])
    assert all(np.isfinite(part).all() for group in made for part in group)


def test_tasks_of_unequal_size_are_those_made_one_by_one(tmp_path):
    made = groups(UNEQUAL, tmp_path)
    one_by_one, together = qm.Tasks.from_regression(list(made), 0.1), made.tasks(0.1)
    for part in ("support", "query"):
        a, b = getattr(one_by_one, part), getattr(together, part)
        np.testing.assert_allclose(a.hessian, b.hessian)
        np.testing.assert_allclose(a.linear, b.linear)
        np.testing.assert_allclose(a.constant, b.constant)
    with pytest.raises(qm.InputError, match="ridge"):
        made.tasks(-1.0)


# Real and synthetic data


def test_the_wage_panel_is_read_from_linearmodels():
    need("linearmodels")
    table = wage_panel()
    assert len(table) == 4360
    assert len(set(table.column("nr"))) == 545
    # bzcat wage_panel.csv.bz2 | awk -F, 'NR>1{s+=$10}END{printf "%.4f",s}'
    assert table.numbers("lwage").sum() == pytest.approx(7190.2818, abs=1e-3)


def test_without_linearmodels_the_wage_panel_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(qm.InputError, match=r"pip install 'quadmaml\[data\]'"):
        wage_panel()


def test_random_tasks_have_their_spectrum():
    spectra = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_allclose(np.linalg.eigvalsh(random_tasks(2, spectra).support.hessian), spectra)
    assert random_tasks(400, [1.0], spread=3.0).support.minimizer().std() == pytest.approx(3, rel=0.1)


def test_the_prior_of_the_coefficients_is_that_asked_for():
    C = np.array([[2.0, 0.5], [0.5, 1.0]])
    made = linear_regression(4000, ([1.0, -1.0], C), [[1.0, 0.3], [0.3, 2.0]], rows=(30, 30), noise=0.01)
    optima = made.tasks().support.minimizer()
    np.testing.assert_allclose(optima.mean(axis=0), [1, -1], atol=0.1)
    np.testing.assert_allclose(np.cov(optima.T), C, atol=0.15)
    np.testing.assert_allclose(made.tasks().support.hessian.mean(axis=0), [[1.0, 0.3], [0.3, 2.0]], atol=0.05)


def test_only_windows_tell_of_the_phase():
    spread = {}
    for inputs in ("fixed", "uniform", "window"):
        H = sinusoids(50, inputs, features=8).tasks().support.hessian
        spread[inputs] = np.abs(H - H.mean(axis=0)).max()
    assert spread["fixed"] < 1e-12
    assert spread["window"] > 2 * spread["uniform"] / 2 > 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: random_tasks(0, [1.0]), "n: got 0"),
        (lambda: random_tasks(2, [0.0]), "spectrum"),
        (lambda: random_tasks(2, [[1.0]] * 3), "spectrum"),
        (lambda: random_tasks(2, [1.0], spread=-1.0), "spread"),
        (lambda: random_tasks(2, [1.0], seed=-1), "seed"),
        (lambda: sinusoids(2, "round"), "inputs: got 'round'"),
        (lambda: sinusoids(2, features=0), "features: got 0"),
        (lambda: sinusoids(2, "fixed", rows=(3, 4)), "rows"),
        (lambda: sinusoids(2, rows=(0, 4)), "rows"),
        (lambda: linear_regression(2, ([0.0], [[-1.0]]), [[1.0]]), "coefficients: is no covariance"),
        (lambda: linear_regression(2, ([0.0], [[1.0]]), np.eye(2)), "inputs: has shapes"),
        (lambda: linear_regression(2, ([0.0], [[1.0]]), [[1.0]], coupling=2.0), "coupling: got 2.0"),
        (lambda: linear_regression(2, ([0.0], [[1.0]]), [[1.0]], noise=-1.0), "noise"),
        (lambda: linear_regression(2, ([0.0], [[1.0]]), [[1.0]], log_scale=-1.0), "log_scale"),
    ],
)
def test_bad_families_are_refused(make, message):
    with pytest.raises(qm.InputError, match=message):
        make()


# Tasks in files


def test_tasks_come_back_from_their_file(tmp_path):
    for made in (random_tasks(3, [1.0, 2.0]), groups(GOOD, tmp_path).tasks(0.1)):
        weighted = qm.Tasks(
            made.support, None if made.query is made.support else made.query, np.arange(1.0, len(made) + 1)
        )
        save_tasks(tmp_path / "tasks.npz", weighted)
        again = load_tasks(tmp_path / "tasks.npz")
        assert (again.query is again.support) == (made.query is made.support)
        np.testing.assert_array_equal(again.query.hessian, made.query.hessian)
        np.testing.assert_array_equal(again.support.linear, made.support.linear)
        np.testing.assert_array_equal(again.query.constant, made.query.constant)
        np.testing.assert_allclose(again.weights, weighted.weights)


BAD_TASKS = {
    "no arrays": ({}, "expected support_hessians"),
    "no linear": ({"support_hessians": np.ones((2, 1, 1))}, "expected support_hessians and support_linear"),
    "asymmetric": (
        {"support_hessians": np.array([[[1.0, 2.0], [0.0, 1.0]]]), "support_linear": np.ones((1, 2))},
        "symmetric",
    ),
    "shapes": ({"support_hessians": np.ones((2, 1, 1)), "support_linear": np.ones((3, 1))}, "shape"),
    "integers": ({"support_hessians": np.ones((2, 1, 1), int), "support_linear": np.ones((2, 1), int)}, "integers"),
    "nan": ({"support_hessians": np.full((2, 1, 1), np.nan), "support_linear": np.ones((2, 1))}, "finite"),
    "query without linear": (
        {
            "support_hessians": np.ones((2, 1, 1)),
            "support_linear": np.ones((2, 1)),
            "query_hessians": np.ones((2, 1, 1)),
        },
        "query_linear",
    ),
}


@pytest.mark.parametrize(("content", "message"), BAD_TASKS.values(), ids=BAD_TASKS)
def test_bad_task_files_are_refused(content, message, tmp_path):
    np.savez(tmp_path / "tasks.npz", **content)
    with pytest.raises(qm.InputError, match=message) as refusal:
        load_tasks(tmp_path / "tasks.npz")
    assert "tasks.npz" in str(refusal.value)


@pytest.mark.parametrize("raw", [b"", b"PK\x03\x04garbage", b"\x93NUMPY", b"text"])
def test_files_that_are_no_archive_are_refused(raw, tmp_path):
    (tmp_path / "tasks.npz").write_bytes(raw)
    with pytest.raises(qm.InputError, match="cannot be read"):
        load_tasks(tmp_path / "tasks.npz")
    with pytest.raises(qm.InputError, match="cannot be read"):
        load_tasks(tmp_path / "missing.npz")
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(qm.InputError, match="holds one array"):
        load_tasks(tmp_path / "one.npy")


def test_quadratics_as_rows_have_the_same_losses():
    for tasks in (random_tasks(5, [1.0, 4.0]), sinusoids(4, features=3).tasks(0.1)):
        again = as_groups(tasks).tasks()
        assert (again.query is again.support) == (tasks.query is tasks.support)
        for x in (np.zeros(tasks.dim), np.ones(tasks.dim)):
            np.testing.assert_allclose(again.support(x), tasks.support(x), atol=1e-9)
            np.testing.assert_allclose(again.query(x), tasks.query(x), atol=1e-9)


def test_losses_that_are_no_sums_of_squares_are_refused():
    eye = np.eye(2)[None]
    for f in (
        qm.Quadratic(-eye, np.zeros((1, 2))),
        qm.Quadratic(eye, np.zeros((1, 2)), np.array([-1.0])),
        qm.Quadratic(np.diag([1.0, 0.0])[None], np.array([[0.0, 1.0]])),
    ):
        with pytest.raises(qm.InputError, match="no sum of squares"):
            as_groups(qm.Tasks(f))
    with pytest.raises(qm.InputError, match="different weights"):
        as_groups(qm.Tasks(random_tasks(2, [1.0]).support, None, [1.0, 2.0]))


def damaged(raw):
    """Every file that differs from this one in one byte of its last two thirds."""
    for place in range(len(raw) // 3, len(raw), 7):
        yield raw[:place] + bytes([raw[place] ^ 0xFF]) + raw[place + 1 :]


def test_damaged_archives_are_refused_whatever_is_damaged(tmp_path):
    path = tmp_path / "tasks.npz"
    tasks = random_tasks(3, [1.0, 2.0])
    np.savez_compressed(path, support_hessians=tasks.support.hessian, support_linear=tasks.support.linear)
    refused = []
    for raw in damaged(path.read_bytes()):
        path.write_bytes(raw)
        # Any other error would not be caught here.
        try:
            load_tasks(path)
        except qm.InputError as error:
            refused.append(str(error))
    assert len(refused) > 10
    assert not any("\n" in text for text in refused)


def test_archives_of_other_things_are_refused(tmp_path):
    import zipfile

    path = tmp_path / "tasks.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("support_hessians", "no array")
    with pytest.raises(qm.InputError, match="its part 'support_hessians' is no array"):
        load_tasks(path)
    vast = b"{'descr': '<f8', 'fortran_order': False, 'shape': (100000, 100000, 10000)}".ljust(117) + b"\n"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("support_hessians.npy", b"\x93NUMPY\x01\x00v\x00" + vast)
    with pytest.raises(qm.InputError, match="cannot be read"):
        load_tasks(path)
    with pytest.raises(qm.InputError, match="tasks: got int"):
        save_tasks(path, 3)
