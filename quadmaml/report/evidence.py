"""The evidence on the page: the cross-validation over tasks, and where the starts lie and why."""

from __future__ import annotations

from collections import Counter
from html import escape

import numpy as np

from ..comparison import Comparison
from ..evaluation import BASELINE, CHOSEN, Candidate, Evaluation
from ..explanation import Explanation
from .build import Report
from .cautions import undetermined
from .formulas import mathml
from .html import number, paragraphs, table
from .summary import answer, reasons

__all__ = ["difference", "held_out", "why"]

_IDENTITY = (
    r"\theta^\ast - \bar{c} = (\mathrm{E} M)^{-1} \left(\mathrm{Cov}(M, c)"
    r" + \mathrm{E}[J^\top A^q (c^q - c)]\right)"
)
_CRITERION = r"\mathrm{Cov}(W, c) \neq 0"


def held_out(report: Report) -> list[str]:
    """The answer with its numbers: held-out losses of every start, and what the folds chose."""
    evaluation = report.evaluation
    if evaluation is None:
        return paragraphs(answer(report))
    rows = []
    for name in evaluation.names:
        found = None if name == BASELINE else evaluation.compare(name)
        interval = "" if found is None or found.low is None else f"{_signed(found.low)} to {_signed(found.high)}"
        losses = evaluation.losses[name]
        mean = number(evaluation.mean(name)) if np.isfinite(losses).all() else "not finite"
        rows.append([escape(name), mean, difference(found), interval, _choice(evaluation, name)])
    folds = int(evaluation.folds.max()) + 1
    how = (
        f"Cross-validation over the {len(evaluation.weights)} tasks in {folds} folds. In each fold all that is fitted"
        " is fitted without the held-out tasks: the standardisation, the hyper-parameters (by an inner"
        " cross-validation over the training tasks) and the start. The loss is half the mean squared error on the"
        " query rows after adapting on the support rows, in units of the target's standard deviation. “No adaptation”"
        f" is joint training's start as it is; “{CHOSEN}” is, in each fold, the start that did best in the inner"
        " folds. The choice is the one most often made, with the number of folds that made it."
    )
    head = ["start", "held-out loss", "minus joint ± s.e.", "interval", "chosen in most folds"]
    return [*paragraphs(answer(report)), *paragraphs([how]), table(head, rows, "Held-out losses"), *_to_use(report)]


def _choice(evaluation: Evaluation, name: str) -> str:
    """What the inner folds chose most often, and how often."""
    picks = [each for each in evaluation.chosen[name] if each is not None]
    if not picks:
        return "none"
    text, times = Counter(_in_words(each, kind=name == CHOSEN) for each in picks).most_common(1)[0]
    return f"{escape(text)} ({times} of {len(picks)})"


def _in_words(pick: Candidate, *, kind: bool) -> str:
    # Step sizes are fractions of 1/L, and L differs a little from fold to fold.
    steps, lr = getattr(pick.inner, "steps", None), getattr(pick.inner, "lr", None)
    strength = getattr(pick.algorithm, "strength", None)
    words = [("mean of optima" if pick.algorithm is None else type(pick.algorithm).__name__)] if kind else []
    words += [f"K = {steps}", f"α ≈ {lr:.1g}"] if steps else ["as it is"]
    return ", ".join([*words, *([] if strength is None else [f"λ ≈ {strength:.1g}"])])


def _to_use(report: Report) -> list[str]:
    """The command that makes MAML's start with what the folds choose on all tasks."""
    pick = report.evaluation.final.get("MAML") if report.evaluation is not None else None
    steps, lr = getattr(getattr(pick, "inner", None), "steps", None), getattr(getattr(pick, "inner", None), "lr", None)
    if steps is None or lr is None:
        return []
    return [
        "<p>On all tasks together the folds choose, for MAML:"
        f" <code>quadmaml solve DATA --algorithm maml --lr {lr:.4g} --steps {steps} -o start.npz</code>, with the same"
        " data and columns; then <code>quadmaml adapt start.npz NEW.csv</code>.</p>"
    ]


def why(report: Report) -> list[str]:
    """Where the starts lie, seen from the mean of the optima, by cause, direction and task."""
    if not report.explanations:
        return paragraphs(reasons(report))
    flat = undetermined(report.tasks, report.settings.ridge) > 0
    rows = [_explained(name, each, flat) for name, each in report.explanations.items()]
    parts = [
        *paragraphs(reasons(report)),
        f"<p>With {mathml(r'M_i')} the matrix of task i in the meta-gradient, {mathml('c_i')} its support optimum,"
        f" {mathml('c_i^q')} its query optimum, and E and Cov over tasks,</p>",
        f'<div class="scroll">{mathml(_IDENTITY, block=True)}</div>',
        "<p>Where support and query are the same, M is the curvature weight W(A) and the last term is 0. So a start can"
        f" differ from another one only where {mathml(_CRITERION)} for the weight of one of them, or where support and"
        " query differ; that the plain curvature and the optimum vary together is the criterion for joint training"
        " only. Lengths are measured by the mean query curvature H, as the square root of a quadratic form. p: how"
        " often chance would give as large a distance if there were none (Hotelling, approximate). The table is for"
        f" K = {report.settings.steps} steps of size α = {report.settings.lr:.3g}, as is the rest of this page.</p>",
        table(["start", "distance", "by Cov(M, c)", "by split", "p"], rows, "Distances from the mean of the optima"),
    ]
    maml = report.explanations.get("MAML") if report.chosen is None else report.chosen[0]
    if maml is not None and maml.direction_shares.any():
        parts += _carrying(report, maml)
    return parts


def _explained(name: str, each: Explanation, flat: bool) -> list[str]:
    def length(vector: np.ndarray) -> str:
        return number(float(np.sqrt(each.curvatures @ (each.directions.T @ vector) ** 2)), "#.3g")

    p = None if flat else each.p_value
    shown = "none" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}"
    return [escape(name), length(each.distance), length(each.by_covariance), length(each.by_split), escape(shown)]


def _carrying(report: Report, maml: Explanation) -> list[str]:
    features = report.groups.features
    most = np.argsort(-maml.direction_shares, kind="stable")[:5]
    directions = [
        [number(100 * maml.direction_shares[k], ".0f") + " %", *(number(x, "+.2f") for x in maml.directions[:, k][:8])]
        for k in most
    ]
    top = np.argsort(-np.abs(maml.task_shares), kind="stable")[:8]
    tasks = [[escape(report.groups.names[i]), number(100 * maml.task_shares[i], ".1f") + " %"] for i in top]
    return [
        "<p>The distance of MAML's start by direction: the eigenvectors of H that carry most of it"
        f"{' (first eight coefficients)' if len(features) > 8 else ''}.</p>",
        table(["share", *map(escape, features[:8])], directions, "Directions"),
        "<p>And by task: the largest shares, of which some may be negative; all together make 100 %.</p>",
        table(["task", "share"], tasks, "Tasks that carry the distance"),
    ]


def difference(found: Comparison | None) -> str:
    """A paired difference with its standard error, bold where the interval excludes 0."""
    if found is None:
        return ""
    error = found.standard_error
    text = number(found.mean, "+#.2g") + (f" ± {number(error, '#.2g')}" if error is not None else "")
    return f"<strong>{text}</strong>" if found.clear else text


def _signed(value: float | None) -> str:
    return number(value, "+#.2g")
