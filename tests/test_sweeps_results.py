"""A sweep's result: its parts, and files out and in."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

import quadmaml as qm
from quadmaml.sweeps import Sweep

from .backends import need

q = Fraction


def swept():
    """Two algorithms, of which Reptile on no steps has no fixed point."""
    tasks = qm.Tasks.from_minimizers([np.diag([1.0, 2.0]), np.diag([3.0, 1.0])], [[0.0, 1.0], [4.0, 0.1]])
    names = ["fixed_point", "condition", "rate", "losses"]
    return qm.sweep(tasks, [qm.MAML, qm.Reptile], lr=[0.1, 1 / 3], steps=[0, 1, 2], quantities=names)


def exactly():
    array = np.vectorize(q, otypes=[object])
    tasks = qm.Tasks.from_minimizers(array([[[1]], [[3]]]), array([[0], [4]]))
    return qm.sweep(
        tasks, [qm.MAML, qm.Reptile], lr=[q(1, 7), q(1, 2)], steps=[0, 2], quantities=["fixed_point", "losses"]
    )


def same(a, b):
    assert dict(a.axes) == dict(b.axes)
    assert [list(map(type, points)) for points in a.axes.values()] == [list(map(type, p)) for p in b.axes.values()]
    assert dict(a.own) == dict(b.own)
    assert a.status.tolist() == b.status.tolist()
    for name in a.values:
        assert a[name].dtype == b[name].dtype
        missing = [x != x for x in a[name].flat]
        assert [x != x for x in b[name].flat] == missing
        assert [x for x in a[name].flat if x == x] == [x for x in b[name].flat if x == x]


@pytest.mark.parametrize("make", [swept, exactly])
def test_saved_and_loaded_it_is_the_same(make, tmp_path):
    found = make()
    found.save(tmp_path / "found.npz")
    same(Sweep.load(tmp_path / "found.npz"), found)
    assert [each.name for each in tmp_path.iterdir()] == ["found.npz"]
    with np.load(tmp_path / "found.npz", allow_pickle=False) as file:
        assert json.loads(str(file["metadata"]))["format"] == "quadmaml sweep 1"


@pytest.mark.parametrize("make", [swept, exactly])
def test_as_a_table_and_back_it_is_the_same(make, tmp_path):
    found = make()
    found.to_csv(tmp_path / "found.csv")
    same(Sweep.from_csv(tmp_path / "found.csv"), found)


def test_the_table_has_one_row_a_setting(tmp_path):
    exactly().to_csv(tmp_path / "found.csv")
    rows = (tmp_path / "found.csv").read_text().splitlines()
    assert rows[0] == "algorithm,lr,steps,status,fixed_point[0],losses[0],losses[1]"
    assert len(rows) == 9
    assert rows[1] == "MAML,1/7,0,ok,3,9/2,3/2"
    assert rows[5] == "Reptile,1/7,0,singular,nan,nan,nan"


def test_parts():
    found = swept()
    part = found.select(algorithm="MAML", lr=0.1)
    assert part.dims("fixed_point") == ("steps", "coordinate")
    assert part["rate"].tolist() == found["rate"][0, 0].tolist()
    assert part.status.shape == (3,)


def test_one_cell_is_a_part_too(tmp_path):
    cell = swept().select(algorithm="MAML", lr=0.1, steps=2)
    assert cell["fixed_point"].shape == (2,)
    cell.save(tmp_path / "cell.npz")
    same(Sweep.load(tmp_path / "cell.npz"), cell)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda found: found["size"], "name: got 'size'"),
        (lambda found: found.dims("size"), "name"),
        (lambda found: found.select(momentum=1), "momentum: is no axis"),
        (lambda found: found.select(lr=0.7), "lr: got 0.7"),
    ],
)
def test_what_is_not_there_is_refused(call, words):
    with pytest.raises(qm.InputError, match=words):
        call(swept())


def test_symbols_are_not_written(tmp_path):
    sympy = need("sympy")
    x = sympy.Symbol("x", positive=True)
    tasks = qm.Tasks.from_minimizers([[[sympy.Integer(1)]]], [[x]])
    with pytest.raises(qm.InputError, match="fixed_point"):
        qm.sweep(tasks, qm.Joint).save(tmp_path / "found.npz")
    assert list(tmp_path.iterdir()) == []


def test_files_that_hold_no_sweep(tmp_path):
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "text.npz").write_text("no archive")
    for name in ("other.npz", "one.npy", "text.npz", "absent.npz"):
        with pytest.raises(qm.InputError, match=name):
            Sweep.load(tmp_path / name)


def test_a_file_whose_axes_do_not_fit_is_refused(tmp_path):
    found = swept()
    wrong = Sweep({**found.axes, "lr": (0.1,)}, found.values, found.own, found.status)
    wrong.save(tmp_path / "wrong.npz")
    with pytest.raises(qm.InputError, match="do not fit"):
        Sweep.load(tmp_path / "wrong.npz")


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: [],
        lambda rows: [row.replace("status", "state") for row in rows],
        lambda rows: rows[:-1],
        lambda rows: [*rows[:2], rows[3], rows[2], *rows[4:]],
        lambda rows: [rows[0], rows[1].replace("MAML,0.1", "MAML,x"), *rows[2:]],
        lambda rows: [rows[0], rows[1] + ",1", *rows[2:]],
        lambda rows: rows[:1],
    ],
)
def test_tables_that_hold_no_sweep(change, tmp_path):
    path = tmp_path / "found.csv"
    swept().to_csv(path)
    path.write_text("\n".join(change(path.read_text().splitlines())))
    with pytest.raises(qm.InputError, match=r"found.csv: holds no sweep"):
        Sweep.from_csv(path)


def test_a_table_that_cannot_be_read(tmp_path):
    with pytest.raises(qm.InputError, match="cannot be read"):
        Sweep.from_csv(tmp_path / "absent.csv")


def test_as_a_dataset_of_xarray():
    need("xarray")
    found = swept()
    made = found.to_xarray()
    assert made["fixed_point"].dims == found.dims("fixed_point")
    chosen = made.sel(algorithm="MAML", lr=0.1, steps=2)
    assert (
        chosen["fixed_point"].values.tolist() == found.select(algorithm="MAML", lr=0.1, steps=2)["fixed_point"].tolist()
    )
    assert str(made["status"].sel(algorithm="Reptile", lr=0.1, steps=0).item()) == "singular"


def test_what_xarray_is_handed(monkeypatch):
    """Also where it is not installed: a class of the same signature stands in for it."""
    import sys
    from types import SimpleNamespace

    made = []
    stand_in = SimpleNamespace(Dataset=lambda variables, coords: made.append((variables, coords)) or "dataset")
    monkeypatch.setitem(sys.modules, "xarray", stand_in)
    found = swept()
    assert found.to_xarray() == "dataset"
    ((variables, coords),) = made
    assert coords == {name: list(points) for name, points in found.axes.items()}
    assert set(variables) == {*found.values, "status"}
    for name, (dims, values) in variables.items():
        assert len(dims) == values.ndim
        assert [len(coords[dim]) for dim in dims if dim in coords] == list(found.shape)
        assert values is (found.status if name == "status" else found[name])


def test_without_xarray_the_package_is_named(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(qm.InputError, match=r"xarray is not installed.*quadmaml\[xarray\]"):
        swept().to_xarray()
