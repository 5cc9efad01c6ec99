"""What an evaluation and an explanation say, in words no stronger than their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from .comparison import LEVEL, Comparison
from .evaluation import BASELINE, CHOSEN, NO_ADAPTATION, Evaluation
from .explanation import Explanation

__all__ = ["apart", "because", "does_it_pay", "how_sure", "number"]

FEW_TASKS = 10
CHANCE = 0.05


def does_it_pay(evaluation: Evaluation, name: str = "MAML") -> list[str]:
    """Whether a start pays on held-out tasks, by how much and how sure; then the other starts and the adaptation.

    Returns
    -------
    list of str
        Sentences; the first answers for ``name``.

    Examples
    --------
    >>> from quadmaml import Tasks
    >>> from quadmaml.evaluation import cross_validate
    >>> tasks = Tasks.from_minimizers([[[1.0]]] * 12, [[float(i)] for i in range(12)])
    >>> print(does_it_pay(cross_validate(tasks))[0])
    MAML's start is worth nothing here: on each of 12 held-out tasks its loss is that of joint training.
    """
    first, n = _first(evaluation, name), len(evaluation.weights)
    if n < FEW_TASKS:
        first += f" {n} tasks are too few for standard errors to be trusted."
    return [first, *_others(evaluation, name)]


def because(
    explanation: Explanation, name: str, features: Sequence[str], tasks: Sequence[str], *, undetermined: int = 0
) -> list[str]:
    """Why a start lies where it lies: by what cause, along which directions, through which tasks.

    Parameters
    ----------
    explanation : Explanation
        Of the algorithm.
    name : str
        Its name.
    features, tasks : sequences of str
        The names of the d coordinates and of the n tasks.
    undetermined : int
        The number of tasks whose support rows leave their optimum to the penalty along some direction. Then curvature
        and optimum vary together whatever the tasks are, and nothing is concluded from it.
    """
    if explanation.agreement:
        return [f"A theorem says why: {explanation.agreement}."]
    if not explanation.direction_shares.any():
        return [f"{name} ends at the mean of the tasks' own optima: Cov(W, c) is 0, and there is no other cause."]
    parts = {"Cov(W, c)": explanation.by_covariance, "the difference of support and query": explanation.by_split}
    sizes = {cause: _length(part, explanation) for cause, part in parts.items()}
    total = _length(explanation.distance, explanation)
    text = f"{name}'s start lies {number(total, '#.3g')} from the mean of the tasks' own optima"
    text += " (as the mean query curvature measures). "
    text += " and ".join(f"{cause} moves it by {number(size, '#.3g')}" for cause, size in sizes.items() if size > 0)
    chance = _by_construction(undetermined, len(tasks)) if undetermined else _chance(explanation)
    return [text + ".", chance, _carriers(explanation, features, tasks)]


def apart(explanation: Explanation, other: Explanation, name: str, of_other: str) -> str:
    """How far two starts are apart, seen beside how far they are from the mean of the optima."""
    gap, p = explanation.start - other.start, explanation.chance_of_gap(other)
    chance = "" if p is None else f", {'more than chance' if p < CHANCE else 'no more than chance gives'} (p {_p(p)})"
    return (
        f"{of_other}'s start lies {number(_length(other.distance, explanation), '#.3g')} from that mean, and the two"
        f" starts are {number(_length(gap, explanation), '#.3g')} apart{chance}. What {name}'s start gains or loses"
        " comes of this, and of the steps that follow it where the folds choose others for the two."
    )


def _by_construction(undetermined: int, n: int) -> str:
    return (
        f"On {undetermined} of {n} tasks the support rows leave the optimum to the penalty along some direction, and it"
        " is 0 there: curvature and optimum vary together by construction, so that the distance from the mean of the"
        " optima says nothing about the tasks."
    )


def _chance(explanation: Explanation) -> str:
    p = explanation.p_value
    if p is None:
        return "Too few tasks, or too little spread among them, to say whether that is more than chance."
    n, d = explanation.task_parts.shape
    rough = "" if n >= 10 * d else f" With {n} tasks for {d} coefficients the test is rough."
    if p < CHANCE:
        return (
            f"That is more than chance (Hotelling's test over tasks, p {_p(p)}): {' or '.join(_causes(explanation))}."
            f"{rough}"
        )
    return (
        f"Chance alone gives as much (Hotelling's test over tasks, p = {p:.2f}): that"
        f" {' or '.join(_causes(explanation))} is not shown.{rough}"
    )


def _causes(explanation: Explanation) -> list[str]:
    """What can have moved the start: only what is not 0 on these tasks."""
    causes = {
        "curvature and optimum vary together": explanation.by_covariance,
        "support and query differ in kind": explanation.by_split,
    }
    return [words for words, part in causes.items() if part.any()]


def _carriers(explanation: Explanation, features: Sequence[str], tasks: Sequence[str]) -> str:
    k = int(explanation.direction_shares.argmax())
    share = float(explanation.direction_shares[k])
    direction = explanation.directions[:, k]
    order = sorted(range(len(features)), key=lambda j: -abs(direction[j]))[:3]
    sign = 1 if direction[order[0]] > 0 else -1
    made_of = ", ".join(f"{number(sign * direction[j], '+.2f')} {features[j]}" for j in order)
    top = sorted(range(len(tasks)), key=lambda i: -explanation.task_shares[i])[:3]
    top = [i for i in top if explanation.task_shares[i] >= 0.01] or top[:1]
    carried = ", ".join(f"{tasks[i]} ({100 * explanation.task_shares[i]:.0f} %)" for i in top)
    return (
        f"{100 * share:.0f} % of the distance from the mean of the optima lies along one direction ({made_of}). The"
        f" tasks that carry most of it: {carried}; the shares of all tasks, some negative, add up to 100 %."
    )


def _length(vector: object, explanation: Explanation) -> float:
    """The length of a vector as the mean query curvature measures it."""
    import numpy as np

    inside = explanation.directions.T @ np.asarray(vector)
    return float(np.sqrt(explanation.curvatures @ inside**2))


def _first(evaluation: Evaluation, name: str) -> str:
    found = evaluation.compare(name)
    if found is None:
        return _incomparable(evaluation, name)
    n = found.tasks
    if found.mean == 0 and found.standard_error == 0:
        return (
            f"{name}'s start is worth nothing here: on each of {n} held-out tasks its loss is that of joint training."
        )
    numbers = f"{number(evaluation.mean(name))} against {number(evaluation.mean(BASELINE))}"
    if not found.clear:
        return (
            f"No gain of {name}'s start over joint training is shown: on {n} held-out tasks the mean loss after"
            f" adaptation is {numbers}; {_numbers(found)}.{_excluded(evaluation, found)}"
        )
    verb, side = ("pays", "below") if found.mean < 0 else ("costs", "above")
    return (
        f"{name}'s start {verb}: on {n} held-out tasks the mean loss after adaptation is {_percent(found)} {side} that"
        f" from joint training's start, {numbers}; {_numbers(found)}."
    )


def _incomparable(evaluation: Evaluation, name: str) -> str:
    import numpy as np

    lost = [
        int(np.sum(~np.isfinite(evaluation.losses[each]))) for each in (name, BASELINE) if each in evaluation.losses
    ]
    return (
        f"{name}'s start could not be compared with joint training: on {max(lost, default=0)} of"
        f" {len(evaluation.weights)} held-out tasks adaptation diverged or a fold gave no start."
    )


def _numbers(found: Comparison) -> str:
    return (
        f"paired difference {number(found.mean, '+#.2g')}, standard error {number(found.standard_error, '#.2g')},"
        f" interval {number(found.low, '+#.2g')} to {number(found.high, '+#.2g')}"
    )


def _excluded(evaluation: Evaluation, found: Comparison) -> str:
    base = evaluation.mean(BASELINE)
    if found.low is None or found.high is None or base <= 0:
        return ""
    # A loss that is a mean of squares cannot fall by more than all of it.
    low, high = max(100 * found.low / base, -100.0), 100 * found.high / base
    if high > 1000:
        return " The interval is so wide that nothing can be said."
    worst = f" The interval runs from {_side(low)} to {_side(high)} joint training's loss:"
    if max(-low, high) <= 5:
        return f"{worst} what it leaves room for is small."
    return f"{worst} effects of that size can be neither shown nor excluded with these tasks."


def _side(percent: float) -> str:
    return f"{_short(abs(percent))} % {'below' if percent < 0 else 'above'}"


def _others(evaluation: Evaluation, name: str) -> list[str]:
    found = {each: evaluation.compare(each) for each in evaluation.names}
    rest = [each for each in evaluation.names if each not in (name, BASELINE, NO_ADAPTATION, CHOSEN)]
    clear = {each: c for each in rest if (c := found[each]) is not None and c.clear}
    texts = []
    for words, sign in (("better", -1), ("worse", 1)):
        names = [f"{each} ({_signed(c)})" for each, c in clear.items() if c.mean * sign > 0]
        if names:
            texts.append(f"Of the other starts, clearly {words} than joint training: {', '.join(names)}.")
    if rest and not clear:
        asked = found.get(name)
        either = "" if asked is not None and asked.clear else " either"
        texts.append(f"No other start differs clearly from joint training{either}.")
    choice = found.get(CHOSEN)
    if choice is not None and choice.standard_error:
        verdict = "clearly " + ("better" if choice.mean < 0 else "worse") if choice.clear else "not clearly different"
        texts.append(
            f"Letting inner folds choose the kind of start, too, is {verdict} ({_signed(choice)}; {_numbers(choice)})."
        )
    without = found.get(NO_ADAPTATION)
    if without is not None and without.ratio is not None:
        how = "clearly " + ("worse" if without.mean > 0 else "better") if without.clear else "not clearly different"
        texts.append(f"Not adapting at all, from joint training's start, is {how} ({_signed(without)}).")
    lost = [each for each in evaluation.names if found[each] is None]
    if lost:
        texts.append(f"Without a finite loss on some task, and so not compared: {', '.join(lost)}.")
    return texts


def _signed(found: Comparison) -> str:
    if found.ratio is None or abs(found.ratio) > 100:
        return number(found.mean, "+#.2g")
    return ("+" if found.ratio >= 1 else "\N{MINUS SIGN}") + _short(abs(100 * (found.ratio - 1))) + " %"


def _percent(found: Comparison) -> str:
    return f"{_short(abs(100 * (found.ratio - 1)))} %" if found.ratio is not None else number(abs(found.mean))


def _short(size: float) -> str:
    return f"{size:.0f}" if size >= 10 else f"{size:.2g}"


def _p(p: float) -> str:
    return "< 0.001" if p < 0.001 else f"= {p:.3f}"


def number(value: float | None, form: str = "#.4g") -> str:
    """A number for people: with a minus sign, and ``none`` for None."""
    return "none" if value is None else format(value, form).removesuffix(".").replace("-", "\N{MINUS SIGN}")


def how_sure(evaluation: Evaluation) -> str:
    """What the intervals mean, and what they leave out."""
    others = len(evaluation.names) - 1
    return (
        f"Intervals hold at {100 * LEVEL:.0f} % for all {others} comparisons together (Student, Bonferroni). The"
        " standard errors are those of a mean over tasks taken as independent; folds share training tasks, which makes"
        " them somewhat too small as errors of the whole procedure."
    )
