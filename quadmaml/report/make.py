"""From grouped data to the files of a report."""

from __future__ import annotations

from os import PathLike
from typing import Any

from ..datasets import RegressionGroups
from .build import Report, build
from .write import write

__all__ = ["make"]


def make(groups: RegressionGroups, out: str | PathLike[str], **options: Any) -> Report:
    """Build a report and write it to the directory ``out``: report.html, results.json and solutions.npz.

    Parameters
    ----------
    groups : RegressionGroups
        At least two tasks.
    out : path
        The directory, made if it does not exist. Files of an earlier report are replaced only when all of the new one
        is ready.
    **options
        As in :func:`build`.

    Raises
    ------
    InputError
        As in :func:`build`.
    OSError
        If the report cannot be written; an earlier one is then left as it was.
    """
    report = build(groups, **options)
    write(report, out)
    return report
