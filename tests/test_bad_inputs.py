"""What is refused, and how: one table of bad inputs, and a check that it reaches every ``raise`` of the core."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import quadmaml as qm

from . import refused_data, refused_methods  # noqa: F401 (they fill the table)
from .backends import need
from .refused import ROWS


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.title.replace(" ", "-"))
def test_bad_input_is_refused_in_one_clear_line(row):
    need(row.needs)
    with pytest.raises(row.error) as caught:
        row.call()
    assert type(caught.value) is row.error
    message = str(caught.value)
    assert "\n" not in message
    assert [word for word in row.words if word not in message] == []


def test_there_are_many_rows_with_titles_of_their_own():
    assert len(ROWS) >= 40
    assert len({row.title for row in ROWS}) == len(ROWS)


CORE = [
    "errors",
    "exact",
    "arrays",
    "linalg",
    "curvature",
    "quadratic",
    "affine",
    "field",
    "inner_loop",
    "adaptation",
    "tasks",
]
CORE += ["meta_algorithm", "algorithms", "analysis"]


def raise_sites(path: Path) -> list[range]:
    """The lines of each ``raise`` with an error of its own; a bare one hands on what another library raised."""
    tree = ast.parse(path.read_text())
    return [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise) and node.exc is not None
    ]


def lines_run(calls: list[Callable[[], Any]], files: set[str]) -> dict[str, set[int]]:
    """The lines of the files that run during the calls, whatever these raise."""
    run: dict[str, set[int]] = {name: set() for name in files}

    def trace(frame, event, argument):
        lines = run.get(frame.f_code.co_filename)
        if lines is None:
            return None
        if event == "line":
            lines.add(frame.f_lineno)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for call in calls:
            with pytest.raises(Exception):  # noqa: B017, PT011
                call()
    finally:
        sys.settrace(before)
    return run


def test_the_table_reaches_every_raise_of_the_core():
    home = Path(qm.__file__).parent
    sites = {str(home / f"{name}.py"): raise_sites(home / f"{name}.py") for name in CORE}
    # What the optional packages add to the table is not needed to reach a line.
    run = lines_run([row.call for row in ROWS if row.needs == "numpy"], set(sites))
    missed = [
        f"{Path(path).name}:{lines.start}"
        for path, each in sites.items()
        for lines in each
        if not run[path].intersection(lines)
    ]
    assert missed == []
    assert len(ROWS) >= sum(map(len, sites.values()))
