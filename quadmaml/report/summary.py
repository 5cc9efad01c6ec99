"""What a report says in plain words, read off its numbers."""

from __future__ import annotations

from .build import Report
from .solve import Comparison, Solution, compare

__all__ = ["checks_in_words", "in_short"]


def in_short(report: Report) -> list[str]:
    """The answers of the report, one paragraph each: the losses, the held-out losses, the checks."""
    n, steps = len(report.tasks), report.settings.steps
    paragraphs = [
        f"{n} tasks, one for each group of rows. Each adapts a linear model to its own support rows by {steps} steps of"
        " gradient descent and is judged on its own query rows. The question is where to start: a meta-algorithm is a"
        " rule that chooses one start for all tasks. Here every start is solved for exactly, not trained.",
        _on_the_tasks(report),
    ]
    held_out = _held_out(report)
    return [*paragraphs, *([held_out] if held_out else []), checks_in_words(report)]


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


def _best(report: Report, field: str) -> Solution | None:
    ranked = [each for each in report.solutions if getattr(each, field) is not None]
    return min(ranked, key=lambda each: float(getattr(each, field).mean()), default=None)


def _on_the_tasks(report: Report) -> str:
    baseline, best = report.solutions[0], _best(report, "losses")
    if best is None or best.losses is None or baseline.losses is None:
        return "No start could be compared with joint training, which has none here."
    joint = float(baseline.losses.mean())
    if best is baseline:
        return f"On the tasks that the starts were made from, joint training's start is the best: loss {joint:.4g}."
    return (
        f"On the tasks that the starts were made from, the lowest mean query loss after adapting is"
        f" {float(best.losses.mean()):.4g}, from the start of {best.name}; {_relation(best, baseline, 'losses')} joint"
        f" training, {joint:.4g}. These tasks chose the start, so that this flatters every algorithm."
    )


def _held_out(report: Report) -> str:
    baseline, best = report.solutions[0], _best(report, "held_out")
    maml = next((each for each in report.solutions if each.name == "MAML"), None)
    if best is None or best.held_out is None or baseline.held_out is None:
        return ""
    joint = float(baseline.held_out.mean())
    text = "The honest test leaves each task out in turn and starts it from what the others give."
    if best is baseline:
        text += f" Then joint training's start is the best: mean query loss {joint:.4g}."
    else:
        text += (
            f" Then the lowest loss is {float(best.held_out.mean()):.4g}, from the start of {best.name}:"
            f" {_relation(best, baseline, 'held_out')} joint training, {joint:.4g}{_certainty(best, baseline)}."
        )
    if maml is not None and maml is not best and maml.held_out is not None:
        text += (
            f" MAML's start gives {float(maml.held_out.mean()):.4g}, {_relation(maml, baseline, 'held_out')} joint"
            f" training{_certainty(maml, baseline)}."
        )
    return text


def _relation(solution: Solution, baseline: Solution, field: str) -> str:
    """How a mean loss lies to the baseline's, as in '24 % below'."""
    comparison = compare(solution, baseline, field)
    if comparison is None or comparison.ratio is None:
        return "beside"
    percent = 100 * (comparison.ratio - 1)
    if abs(percent) < 0.5:
        return "level with"
    if percent > 900:
        return f"{comparison.ratio:.3g} times that of"
    return f"{abs(percent):.0f} % {'below' if percent < 0 else 'above'}"


def _certainty(solution: Solution, baseline: Solution) -> str:
    comparison: Comparison | None = compare(solution, baseline, "held_out")
    if comparison is None or comparison.standard_error is None:
        return ""
    if comparison.clear:
        return ", by more than two standard errors"
    return ", which is within two standard errors and may be chance"
