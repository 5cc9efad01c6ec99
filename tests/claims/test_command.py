"""``quadmaml verify`` and the pytest plugin, as a user runs them."""

import json
from fractions import Fraction

import pytest

from quadmaml import InputError
from quadmaml.claims import ledger
from quadmaml.claims.files import dimensions
from quadmaml.cli import main

pytest_plugins = ["pytester"]

FILE = '''
"""Claims of a user."""
from quadmaml.claims import assume, at_most, claim, equal, spd, step_size, verify
from other_claims import imported

@claim(A=spd(), B=spd(), lr=step_size("A", "B"), title="Steps commute")
def test_steps_commute(A, B, lr):
    return equal((1 - lr * A) @ (1 - lr * B), (1 - lr * B) @ (1 - lr * A))

@claim(A=spd(), lr=step_size("A"))
def test_weight_shrinks(A, lr):
    return at_most(A @ (1 - lr * A) ** 2, A)
'''
OTHER = """
from quadmaml.claims import claim, equal, scalar

@claim(x=scalar())
def imported(x):
    return equal(x, x)
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "other_claims.py").write_text(OTHER)
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


def test_json(file, capsys):
    assert main(["verify", str(file), "--json", "--examples", "50", "--dims", "1-3"]) == 1
    refuted, proved = json.loads(capsys.readouterr().out)
    keys = {"name", "title", "status", "scope", "failure_bound", "witness", "seconds"}
    assert set(refuted) == set(proved) == keys
    assert (refuted["name"], refuted["title"], refuted["status"]) == ("test_steps_commute", "Steps commute", "REFUTED")
    assert (proved["status"], proved["scope"], proved["witness"]) == ("PROVED", "every dimension", None)
    A, B = ([[Fraction(x) for x in row] for row in refuted["witness"][name]] for name in "AB")
    assert sum(A[0][k] * B[k][1] - B[0][k] * A[k][1] for k in range(2)) != 0


def test_table(file, capsys):
    assert main(["verify", str(file.parent / "other_claims.py")]) == 0
    head, row = capsys.readouterr().out.splitlines()
    assert head.split()[:3] == ["claim", "verdict", "scope"]
    assert row.split()[:4] == ["imported", "PROVED", "every", "dimension"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("def f(:\n", "mine.py:1: invalid syntax"),
        ("\n\nraise ValueError('no\\nway')\n", "mine.py:3: ValueError: no way"),
        ("x = 1\n", "defines no claim"),
        ("import no_such_module_anywhere\n", "mine.py:1: ModuleNotFoundError"),
        ("import sys; sys.exit(3)\n", "SystemExit"),
        (None, "there is no such file"),
    ],
)
def test_bad_files(text, message, tmp_path, capsys):
    path = tmp_path / "mine.py"
    if text is not None:
        path.write_text(text)
    assert main(["verify", str(path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize("words", ["x", "0", "1-2-3", "", "3-1"])
def test_bad_dimensions(words):
    with pytest.raises(InputError, match="--dims"):
        dimensions(words)


def test_without_a_file_the_ledger(file, capsys, monkeypatch):
    from quadmaml.claims.files import load

    monkeypatch.setattr(ledger, "claims", lambda: load(str(file)))
    assert main(["verify"]) == 1
    assert "test_weight_shrinks" in capsys.readouterr().out


def test_the_plugin_of_an_installed_quadmaml_collects_claims(pytester, file):
    pytester.syspathinsert(file.parent)
    pytester.makepyfile(test_mine=FILE)
    result = pytester.runpytest("-p", "no:cacheprovider")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*Steps commute*", "*REFUTED*", "*B = *"])
    result = pytester.runpytest("--claim-examples", "5", "-k", "shrinks")
    result.assert_outcomes(passed=1)
