"""The pictures that show the evidence: held-out differences, curvature weights on spectra, starts against K."""

from __future__ import annotations

from collections.abc import Callable

from ..adaptation import GradientDescent
from ..algorithms import FOMAML, MAML, Algorithm, Joint, Reptile
from ..datasets import RegressionGroups
from ..errors import SingularError
from ..evaluation import BASELINE, Evaluation
from ..tasks import Tasks
from .pictures import Picture, inline
from .settings import Settings, algorithms
from .solve import collected

__all__ = ["difference_picture", "path_picture", "weight_picture"]

WEIGHED = ("Joint training", "MAML", "First-order MAML", "iMAML", "Reptile", "Moreau envelope")
PATH_STEPS = 100


def difference_picture(evaluation: Evaluation) -> Picture:
    """Held-out losses from each start minus those from joint training's, with intervals."""
    from .. import plots

    title = "Held-out loss against joint training"
    found = {name: evaluation.compare(name) for name in evaluation.names if name != BASELINE}
    base = evaluation.mean(BASELINE)
    shown = {name: each for name, each in found.items() if each is not None and abs(each.mean) <= base}
    far = [name for name in found if name not in shown]
    if not shown or not base > 0:
        return Picture(title, "", "", "Left out: no start has finite losses to compare.")
    ax = plots.paired_differences(shown, BASELINE.lower(), base)
    widest = max(1.0, 1.2 * max(100 * abs(each.mean) / base for each in shown.values()))
    low, high = ax.get_xlim()
    if max(-low, high) > 3 * widest:
        ax.set_xlim(max(low, -3 * widest), min(high, 3 * widest))
    left_out = f" Not shown, for the loss is more than twice as large or none: {', '.join(far)}." if far else ""
    return Picture(
        title,
        inline(plots.to_svg(ax.figure), "differences"),
        "Points with intervals: mean held-out loss of each start minus joint training's, in per cent of it.",
        "Mean over held-out tasks of the loss after adaptation minus that from joint training's start, task by task, in"
        " per cent of the latter; to the left is better. Lines: intervals that hold together at 95 %. Round and"
        f" coloured where the interval excludes 0, a grey diamond where it does not.{left_out}",
    )


def weight_picture(tasks: Tasks, settings: Settings) -> Picture:
    """The curvature weight of each algorithm, and the eigenvalues of the tasks."""
    from .. import plots

    table = {name: each for name, each in algorithms(settings).items() if name in WEIGHED}
    ax = plots.weights_on_tasks(tasks, table)
    return Picture(
        "To which curvature each algorithm listens",
        inline(plots.to_svg(ax.figure), "weights"),
        "Curves of the curvature weight of each algorithm over the range of the tasks' eigenvalues, which are marked.",
        "The weight W(a) of each algorithm, divided by its largest, against curvature a. Strokes below: the"
        " eigenvalues of the tasks' support curvatures. Two algorithms whose curves are proportional over the strokes"
        " listen alike.",
    )


def path_picture(groups: RegressionGroups, tasks: Tasks, settings: Settings, found: list[str]) -> Picture:
    """Where MAML, first-order MAML and Reptile start as K grows."""
    from .. import plots

    title = "The start against the number of steps K"
    if tasks.dim < 2:
        return Picture(title, "", "", "Left out: there is only one coefficient.")
    makers: dict[str, Callable[[int], Algorithm]] = {
        "Joint training": lambda k: Joint(),
        "MAML": lambda k: MAML(GradientDescent(settings.lr, k)),
        "First-order MAML": lambda k: FOMAML(GradientDescent(settings.lr, k)),
        "Reptile": lambda k: Reptile(GradientDescent(settings.lr, k)),
    }
    labels = [name if name == "intercept" else f"coefficient of {name}" for name in groups.features]
    try:
        # Starts for other numbers of steps than the report's: their condition is no concern of its reader.
        with collected([], "path"):
            ax = plots.start_paths(tasks, makers, PATH_STEPS, labels, settings.steps)
    except SingularError:
        return Picture(title, "", "", "Left out: a task has no single optimum.")
    return Picture(
        title,
        inline(plots.to_svg(ax.figure), "paths"),
        "Curves of the start in two of its coefficients, for K from 1 to 100 steps.",
        f"The start for K = 1 to {PATH_STEPS} adaptation steps of size {settings.lr:.3g}, in the two coefficients that"
        f" move most; the large markers are at K = {settings.steps}. Paths that run far"
        " away are cut off.",
    )
