"""What a report says in plain words, read off its numbers."""

from __future__ import annotations

from ..comparison import Comparison, compare
from ..evaluation import BASELINE
from ..verdict import apart, because, does_it_pay, how_sure
from .build import Report
from .cautions import undetermined
from .solve import Solution

__all__ = ["answer", "checks_in_words", "in_sample", "question", "reasons"]

ASKED = "MAML"


def question(report: Report) -> str:
    """What is asked."""
    return (
        f"{len(report.tasks)} tasks, one for each group of rows. Each adapts a linear model to its own support rows by"
        " gradient descent and is judged on its own query rows. The question is where to start: a meta-algorithm is a"
        " rule that chooses one start for all tasks. Here every start is solved for exactly, not trained."
    )


def answer(report: Report) -> list[str]:
    """Whether the start of MAML pays on held-out tasks, by how much and how sure; then the others; then the reasons."""
    if report.evaluation is None:
        return ["Whether a start pays on new tasks cannot be said with fewer than three tasks."]
    return [*does_it_pay(report.evaluation, ASKED), how_sure(report.evaluation)]


def reasons(report: Report) -> list[str]:
    """Why MAML's start lies where it lies."""
    if ASKED not in report.explanations:
        return ["Why the start lies where it lies cannot be taken apart: a task has no single optimum of its own."]
    maml, joint = report.explanations[ASKED], report.explanations.get(BASELINE)
    lead = f"For K = {report.settings.steps} steps of size {report.settings.lr:.3g}: "
    if report.chosen is not None:
        maml, loop = report.chosen
        lead = f"For K = {loop.steps} steps of size {loop.lr:.3g}, which the folds choose on all tasks: "
    flat = undetermined(report.tasks, report.settings.ridge)
    first, *rest = because(maml, ASKED, report.groups.features, report.groups.names, undetermined=flat)
    if maml.agreement:
        return [first]
    beside = [apart(maml, joint, ASKED, BASELINE)] if joint is not None else []
    return [" ".join([lead + first, *rest[:1]]), *beside, *rest[1:]]


def checks_in_words(report: Report) -> str:
    """How the checks came out, in one sentence."""
    failed, total = len(report.failed), len(report.checks)
    if failed:
        return f"{failed} of {total} checks FAILED: closed form and simulator disagree, so do not rely on this report."
    worst = max(each.difference or 0.0 for each in report.checks)
    return (
        f"All {total} checks passed: closed form and simulator, which only takes gradient steps, differ by at most"
        f" {worst:.0e} of the size of what is compared (limit {report.checks[0].tolerance:.0e})."
    )


def in_sample(report: Report) -> str:
    """How the best start does on the tasks that it was made from, which says little."""
    baseline = report.solutions[0]
    ranked = [(float(each.losses.mean()), each) for each in report.solutions if each.losses is not None]
    best = min(ranked, key=lambda pair: pair[0])[1] if ranked else None
    if best is None or best.losses is None or baseline.losses is None:
        return "No start could be compared with joint training, which has none here."
    joint = float(baseline.losses.mean())
    if best is baseline:
        return f"On the tasks that the starts were made from, joint training's start is the best: loss {joint:.4g}."
    return (
        f"On the tasks that the starts were made from, the lowest mean query loss after adapting is"
        f" {float(best.losses.mean()):.4g}, from the start of {best.name}; {_relation(best, baseline)} joint training,"
        f" {joint:.4g}. These tasks chose the start, so that this flatters every algorithm."
    )


def _relation(solution: Solution, baseline: Solution) -> str:
    """How a mean loss lies to the baseline's, as in '24 % below'."""
    found: Comparison | None = compare(solution.losses, baseline.losses)
    if found is None or found.ratio is None:
        return "beside"
    percent = 100 * (found.ratio - 1)
    if abs(percent) < 0.5:
        return "level with"
    return f"{abs(percent):.0f} % {'below' if percent < 0 else 'above'}"
