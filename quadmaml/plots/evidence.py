"""Pictures of an evaluation and of what explains it: differences with intervals, weights on spectra, paths in K."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .. import arrays
from ..algorithms import Algorithm
from ..arrays import Array
from ..comparison import Comparison
from ..errors import InputError, SingularError, check_steps
from ..tasks import Tasks
from .style import RC, Axes, new_axes, plain, style_of

__all__ = ["paired_differences", "start_paths", "weights_on_tasks"]

SHOWN_EIGENVALUES = 400
GREY = "#7F7F7F"


def paired_differences(
    comparisons: Mapping[str, Comparison], baseline: str = "joint training", scale: float = 1.0, ax: Axes = None
) -> Axes:
    """Draw mean paired differences to a baseline with their intervals; to the left of 0 is better.

    Parameters
    ----------
    comparisons : mapping of str to Comparison
        By the name of the start, drawn from top to bottom.
    baseline : str
        What they are compared with.
    scale : float
        Differences are divided by it and shown in per cent, > 0: the baseline's mean loss.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml.comparison import compare
    >>> ax = paired_differences({"MAML": compare([1.0, 2.0, 3.0], [2.0, 3.0, 4.5])})
    >>> [text.get_text() for text in ax.get_yticklabels()]
    ['MAML']
    """
    import matplotlib

    if not comparisons:
        raise InputError("comparisons: is empty; expected at least one")
    names = list(comparisons)
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 0.9 + 0.32 * len(names)) if ax is None else ax
        for row, name in enumerate(names):
            each = comparisons[name]
            color = style_of(1).color if each.clear and each.mean > 0 else style_of(2).color if each.clear else GREY
            mean, low, high = (
                100 * (x if x is not None else each.mean) / scale for x in (each.mean, each.low, each.high)
            )
            ax.plot([low, high], [row, row], color=color, linewidth=1.6, solid_capstyle="butt")
            ax.plot(mean, row, marker="o" if each.clear else "D", markersize=6, color=color, linestyle="none")
        ax.axvline(0, color="black", linewidth=0.8, zorder=0)
        ax.set_yticks(range(len(names)), [plain(name, 30) for name in names])
        ax.set_ylim(len(names) - 0.4, -0.6)
        ax.set_xlabel(f"loss minus that of {plain(baseline)}, % of it")
        ax.tick_params(axis="y", length=0)
        ax.spines["left"].set_visible(False)
    return ax


def weights_on_tasks(tasks: Tasks, algorithms: Mapping[str, Algorithm], ax: Axes = None) -> Axes:
    """Draw the curvature weight W(a) of algorithms, each divided by its largest, over the eigenvalues of the tasks.

    Parameters
    ----------
    tasks : Tasks
        Whose support eigenvalues are marked below; of many, 400 quantiles.
    algorithms : mapping of str to Algorithm
        With spectral loops; by the name in the legend.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml import Joint
    >>> ax = weights_on_tasks(Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]]), {"joint": Joint()})
    >>> ax.lines[0].get_ydata()[-1].item()
    1.0
    """
    import matplotlib
    import numpy as np

    if not algorithms:
        raise InputError("algorithms: is empty; expected at least one")
    values = np.sort(np.linalg.eigvalsh(_floats(tasks.support.hessian)).ravel())
    if len(values) > SHOWN_EIGENVALUES:
        values = np.quantile(values, np.linspace(0, 1, SHOWN_EIGENVALUES))
    largest = max(float(values[-1]), 1e-300)
    a = np.linspace(0, largest, 201)
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 3.4) if ax is None else ax
        for i, (name, algorithm) in enumerate(algorithms.items()):
            weight = np.asarray(algorithm.weight(a), dtype=float)
            style = style_of(i)
            top = max(float(np.abs(weight).max()), 1e-300)
            ax.plot(a, weight / top, color=style.color, linestyle=style.line, label=plain(name))
        ax.plot(values, np.full(len(values), -0.06), "|", color=GREY, markersize=9, markeredgewidth=0.7, clip_on=False)
        ax.axhline(0, color="black", linewidth=0.6)
        ax.set(xlim=(0, largest), xlabel="curvature a", ylabel="W(a), its largest set to 1")
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.17), ncols=2, handlelength=3.2, columnspacing=1.5)
    return ax


def start_paths(
    tasks: Tasks,
    algorithms_of_k: Mapping[str, Callable[[int], Algorithm]],
    steps: int,
    labels: Sequence[str],
    marked: int | None = None,
    ax: Axes = None,
) -> Axes:
    """Draw where algorithms end as their number K of adaptation steps grows, in the two coordinates that move most.

    Parameters
    ----------
    tasks : Tasks
        Of dimension d >= 2, with an optimum each; the mean of the optima is marked.
    algorithms_of_k : mapping of str to callable
        By the name in the legend, the algorithm with K steps, as in ``lambda k: MAML(GradientDescent(lr, k))``.
    steps : int
        The largest K; K = 1, 2, 3, ..., about 30 of them in all, is drawn where there is a single fixed point.
    labels : sequence of str
        Names of the d coordinates.
    marked : int, optional
        A K whose point is drawn larger.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Examples
    --------
    >>> from quadmaml import MAML, GradientDescent
    >>> A = [[[2.0, 0.0], [0.0, 0.5]], [[0.5, 0.0], [0.0, 1.0]]]
    >>> tasks = Tasks.from_minimizers(A, [[0.0, 0.0], [2.0, 1.0]])
    >>> ax = start_paths(tasks, {"MAML": lambda k: MAML(GradientDescent(0.2, k))}, 5, ["first", "second"])
    >>> ax.get_xlabel(), len(ax.lines[0].get_xdata())
    ('first', 5)
    """
    import matplotlib
    import numpy as np

    if tasks.dim < 2 or len(labels) != tasks.dim:
        raise InputError(f"labels: got {len(labels)} for dimension {tasks.dim}; expected one each, of at least two")
    counts = _counts(check_steps("steps", steps, at_least=1), marked)
    paths = {name: _path(tasks, of_k, counts) for name, of_k in algorithms_of_k.items()}
    paths = {name: path for name, path in paths.items() if path}
    mean = _floats(tasks.mean_minimizer())
    i, j, view = _view(paths, mean, marked)
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 4.0) if ax is None else ax
        named = False
        for index, (name, path) in enumerate(paths.items()):
            style, line = style_of(index), np.array(list(path.values()))
            ax.plot(
                line[:, i], line[:, j], color=style.color, linestyle=style.line, marker=style.marker, markersize=3.5,
                label=plain(name),
            )  # fmt: skip
            if marked is not None and marked in path:
                ax.plot(
                    *path[marked][[i, j]], color=style.color, marker=style.marker, markersize=9, markeredgecolor="white"
                )
            moves = bool(np.ptp(line, axis=0).any())
            if moves and not named:
                _name_end(ax, line[0, [i, j]], f"K = {next(iter(path))}")
            named = named or moves
        ax.plot(*mean[[i, j]], "*", color="black", markersize=12, label="mean of optima")
        ax.set(xlabel=plain(labels[i], 40), ylabel=plain(labels[j], 40))
        ax.set(xlim=view[0], ylim=view[1])
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.15), ncols=2, handlelength=3.2, columnspacing=1.5)
    return ax


def _view(
    paths: Mapping[str, Mapping[int, Array]], mean: Array, marked: int | None
) -> tuple[int, int, list[tuple[float, float]]]:
    """The two coordinates that move most, and limits that leave out what runs far away."""
    import numpy as np

    first = [path[next(iter(path))] for path in paths.values()]
    large = [path[marked] for path in paths.values() if marked is not None and marked in path]
    anchors = np.array([mean, *first, *large])
    centre = anchors.mean(axis=0)
    reach = 2 * np.abs(anchors - centre).max(axis=0) + 1e-9
    points = np.array([point for path in paths.values() for point in path.values()] + [mean])
    near = points[(np.abs(points - centre) <= 2 * reach).all(axis=1)]
    spread = np.ptp(near, axis=0)
    i, j = sorted(np.argsort(-spread, kind="stable")[:2].tolist())
    pad = 0.12 * np.maximum(spread, 1e-9)
    low, high = near.min(axis=0) - pad, near.max(axis=0) + pad
    return i, j, [(float(low[c]), float(high[c])) for c in (i, j)]


def _name_end(ax: Axes, point: Array, text: str) -> None:
    ax.annotate(text, point, xytext=(6, 6), textcoords="offset points", fontsize=8, color="#555555", clip_on=True)


def _counts(steps: int, marked: int | None) -> list[int]:
    import numpy as np

    spaced = np.unique(np.round(np.geomspace(1, steps, 30)).astype(int)).tolist()
    return sorted({*spaced, *([marked] if marked is not None else [])})


def _path(tasks: Tasks, of_k: Callable[[int], Algorithm], counts: Sequence[int]) -> dict[int, Array]:
    path = {}
    for k in counts:
        try:
            path[k] = _floats(of_k(k).fixed_point(tasks))
        except SingularError:
            continue
    return path


def _floats(x: Any) -> Array:
    return arrays.to_numpy(arrays.as_float(x))
