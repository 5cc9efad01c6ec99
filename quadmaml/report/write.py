"""Writing a report: all of its files or none, and never half a file."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from .build import Report
from .checks import Check
from .page import page
from .solve import Solution, compare, raw_coefficients

__all__ = ["FILES", "results", "write"]

FILES = ("results.json", "solutions.npz", "report.html")


def write(report: Report, out: str | PathLike[str]) -> Path:
    """Write report.html, results.json and solutions.npz to the directory ``out``; the path of the page is returned.

    The same report gives the same bytes.

    Raises
    ------
    OSError
        If they cannot be written; files of an earlier report are then left as they were.
    """
    data = results(report)
    texts = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n", page(report)
    contents = dict(zip(FILES, (texts[0].encode(), _npz(report, data), texts[1].encode()), strict=True))
    with _directory(Path(out)) as directory:
        _replace_all(directory, contents)
    return Path(out) / "report.html"


def results(report: Report) -> dict[str, Any]:
    """The numbers of a report as plain lists and numbers, null where there is none."""
    groups, baseline = report.groups, report.solutions[0]
    data = {
        "versions": report.versions,
        "data": {
            "source": groups.source,
            "target": groups.target,
            "coefficients": groups.features,
            "standardised_by": {name: {"mean": m, "deviation": s} for name, (m, s) in groups.scales.items()},
            "tasks": [
                {"name": name, "support_rows": len(group[1]), "query_rows": len(group[3])}
                for name, group in zip(groups.names, groups, strict=True)
            ],
        },
        "settings": dataclasses.asdict(report.settings),
        "optima": report.optima,
        "solutions": [_solution(each, baseline, report) for each in report.solutions],
        "checks": [_check(each) for each in report.checks],
        "warnings": report.warnings,
    }
    plain: dict[str, Any] = _plain(data)
    return plain


def _solution(solution: Solution, baseline: Solution, report: Report) -> dict[str, Any]:
    theta = solution.theta
    against = {field: compare(solution, baseline, field) for field in ("losses", "held_out")}
    return {
        "name": solution.name,
        "algorithm": None if solution.algorithm is None else repr(solution.algorithm),
        "note": solution.note,
        "condition_number": solution.condition,
        "fixed_point": theta,
        "fixed_point_in_units_of_the_data": None if theta is None else raw_coefficients(theta, report.groups),
        "query_losses_before_adaptation": solution.losses_before,
        "query_losses_after_adaptation": solution.losses,
        "query_losses_after_adaptation_held_out": solution.held_out,
        "minus_joint_training": {
            field: None if each is None else dataclasses.asdict(each) for field, each in against.items()
        },
    }


def _check(check: Check) -> dict[str, Any]:
    return {**dataclasses.asdict(check), "passed": check.passed}


def _plain(value: Any) -> Any:
    """Arrays as lists, and numbers that JSON does not have as null."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, np.generic):
        return _plain(value.item())
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _npz(report: Report, data: Mapping[str, Any]) -> bytes:
    """The solutions as arrays without pickled objects; ``metadata`` is a JSON text."""
    n, d = len(report.tasks), report.tasks.dim
    solutions, tasks = report.solutions, report.tasks

    def stacked(field: str, shape: tuple[int, ...]) -> Array:
        values = [getattr(each, field) for each in solutions]
        return np.stack([np.full(shape, np.nan) if value is None else value for value in values])

    metadata = {key: data[key] for key in ("versions", "data", "settings", "warnings")}
    buffer = io.BytesIO()
    np.savez(
        buffer,
        metadata=np.array(json.dumps(metadata, allow_nan=False)),
        names=np.array([each.name for each in solutions]),
        fixed_points=stacked("theta", (d,)),
        losses=stacked("losses", (n,)),
        losses_before=stacked("losses_before", (n,)),
        held_out=stacked("held_out", (n,)),
        task_names=np.array(report.groups.names),
        support_hessians=tasks.support.hessian,
        support_linear=tasks.support.linear,
        query_hessians=tasks.query.hessian,
        query_linear=tasks.query.linear,
    )
    return buffer.getvalue()


@contextlib.contextmanager
def _directory(path: Path) -> Iterator[Path]:
    """The directory, made with its parents if need be; what was made is removed again if writing fails."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    try:
        path.mkdir(parents=True, exist_ok=True)
        yield path
    except BaseException:
        for each in missing:
            with contextlib.suppress(OSError):
                each.rmdir()
        raise


def _replace_all(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write all files under other names first; then put them in place, and the old ones back if that fails."""
    mark = f".{os.getpid()}"
    new = {name: directory / f".{name}{mark}.new" for name in contents}
    old = {name: directory / f".{name}{mark}.old" for name in contents}
    placed: list[str] = []
    try:
        for name, content in contents.items():
            with open(new[name], "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for name in contents:
            _keep(directory / name, old[name])
        for name in contents:
            placed.append(name)
            os.replace(new[name], directory / name)
    except BaseException:
        for name in placed:
            _put_back(old[name], directory / name, was_placed=not new[name].exists())
        raise
    finally:
        for path in (*new.values(), *old.values()):
            path.unlink(missing_ok=True)


def _keep(current: Path, old: Path) -> None:
    """Give a file, if there is one, a second name; where the disk knows no links, make a copy."""
    try:
        os.link(current, old)
    except FileNotFoundError:
        return
    except OSError:
        shutil.copy2(current, old)


def _put_back(old: Path, current: Path, *, was_placed: bool) -> None:
    with contextlib.suppress(OSError):
        if old.exists():
            os.replace(old, current)
        elif was_placed:
            current.unlink()
