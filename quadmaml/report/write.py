"""Writing a report: all of its files or none, and never half a file."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import math
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import Array
from ..comparison import compare
from ..evaluation import Candidate, Evaluation
from ..explanation import Explanation
from ..files import replace_all
from .build import Report
from .checks import Check
from .page import page
from .solve import Solution
from .summary import answer, reasons

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
        replace_all({str(directory / name): content for name, content in contents.items()})
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
            "support": groups.split,
            "tasks_left_out": groups.left_out,
            "standardised_by": {name: {"mean": m, "deviation": s} for name, (m, s) in groups.scales.items()},
            "tasks": [
                {"name": name, "support_rows": len(group[1]), "query_rows": len(group[3])}
                for name, group in zip(groups.names, groups, strict=True)
            ],
        },
        "settings": dataclasses.asdict(report.settings),
        "optima": report.optima,
        "solutions": [_solution(each, baseline, report) for each in report.solutions],
        "answer": answer(report),
        "reasons": reasons(report),
        "cross_validation": None if report.evaluation is None else _evaluation(report.evaluation),
        "explanations": {name: _explanation(each) for name, each in report.explanations.items()},
        "explanation_of_chosen_MAML": None if report.chosen is None else _explanation(report.chosen[0]),
        "checks": [_check(each) for each in report.checks],
        "warnings": report.warnings,
        "notes": report.notes,
    }
    plain: dict[str, Any] = _plain(data)
    return plain


def _solution(solution: Solution, baseline: Solution, report: Report) -> dict[str, Any]:
    theta = solution.theta
    known = solution.losses is not None and baseline.losses is not None
    against = compare(solution.losses, baseline.losses) if known else None
    return {
        "name": solution.name,
        "algorithm": None if solution.algorithm is None else repr(solution.algorithm),
        "note": solution.note,
        "condition_number": solution.condition,
        "fixed_point": theta,
        "fixed_point_in_units_of_the_data": None if theta is None else report.groups.in_data_units(theta),
        "query_losses_before_adaptation": solution.losses_before,
        "query_losses_after_adaptation": solution.losses,
        "minus_joint_training": None if against is None else dataclasses.asdict(against),
    }


def _evaluation(evaluation: Evaluation) -> dict[str, Any]:
    """The cross-validation, task by task, with what was chosen in each fold."""
    starts = {}
    for name in evaluation.names:
        found = evaluation.compare(name)
        starts[name] = {
            "mean_loss": evaluation.mean(name),
            "minus_joint_training": None if found is None else {**dataclasses.asdict(found), "clear": found.clear},
            "losses": evaluation.losses[name],
            "beyond_stability": evaluation.unstable[name],
            "chosen_in_fold": [_candidate(each) for each in evaluation.chosen[name]],
            "chosen_on_all_tasks": _candidate(evaluation.final[name]),
        }
    return {"folds": evaluation.folds, "starts": starts}


def _candidate(candidate: Candidate | None) -> dict[str, str] | None:
    if candidate is None:
        return None
    start = "mean of optima" if candidate.algorithm is None else repr(candidate.algorithm)
    return {"start": start, "adaptation": repr(candidate.inner)}


def _explanation(each: Explanation) -> dict[str, Any]:
    names = [field.name for field in dataclasses.fields(each) if field.name not in ("task_parts", "moved")]
    fields = {name: getattr(each, name) for name in names}
    return {**fields, "distance": each.distance}


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
        **_held_out(report.evaluation, n),
        task_names=np.array(report.groups.names),
        support_hessians=tasks.support.hessian,
        support_linear=tasks.support.linear,
        query_hessians=tasks.query.hessian,
        query_linear=tasks.query.linear,
    )
    return buffer.getvalue()


def _held_out(evaluation: Evaluation | None, n: int) -> dict[str, Array]:
    """The held-out losses of the cross-validation, one row a start, and the names of the rows."""
    if evaluation is None:
        return {"held_out_names": np.array([], dtype=str), "held_out": np.empty((0, n))}
    return {"held_out_names": np.array(evaluation.names), "held_out": np.stack(list(evaluation.losses.values()))}


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
