"""Tables, and groups of their rows as regression tasks."""

from __future__ import annotations

import hashlib
from importlib.resources import files

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.datasets import Table, grunfeld, read_csv, regression_groups

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
    made = groups(GOOD.replace("b,5,2.5", "b,5,2.5\nb,6,1"), tmp_path, support_rows=2)
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
    "one row": (GOOD + "c,1,1\n", "task 'c' has 1 row and so no support row; expected at least 2"),
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
    ("rows", "message"), [(0, "support_rows"), (1.5, "support_rows"), (3, "no query row; expected at least 4")]
)
def test_bad_numbers_of_support_rows_are_refused(rows, message, tmp_path):
    with pytest.raises(qm.InputError, match=message):
        groups(GOOD, tmp_path, support_rows=rows)


def test_a_table_can_be_made_by_hand():
    data = Table({"t": list("aabb"), "y": list("1234"), "x": list("2135")}, range(2, 6))
    assert len(regression_groups(data, "t", "y", ["x"])) == 2
