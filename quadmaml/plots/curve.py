"""Query loss against the number of adaptation steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .. import arrays
from ..analysis import fine_tuned_losses
from ..inner_loop import InnerLoop
from ..tasks import Tasks
from .arguments import check_named
from .style import RC, Axes, check_axes, new_axes, plain, style_of

__all__ = ["adaptation_curve"]


def adaptation_curve(
    tasks: Tasks,
    starts: Mapping[str, Any],
    inner_of_k: Callable[[int], InnerLoop],
    steps: int,
    trained_for: int | None = None,
    ax: Axes = None,
) -> Axes:
    """Draw the mean query loss after k adaptation steps, k = 0, ..., steps, from each start.

    Parameters
    ----------
    tasks : Tasks
        The tasks, of dimension d.
    starts : mapping of str to array of shape (d,)
        Where to start, by the name in the legend. Their order gives their styles.
    inner_of_k : callable
        The inner loop with k steps, as in ``lambda k: GradientDescent(lr, k)``.
    steps : int
        The largest k.
    trained_for : int, optional
        The number of steps that the starts were trained for; a vertical line marks it.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        ``ax``, or the axes of the new figure. The loss axis is logarithmic if all losses are positive.

    Examples
    --------
    >>> from quadmaml import GradientDescent
    >>> tasks = Tasks.from_minimizers([[[1.0]], [[3.0]]], [[0.0], [4.0]])
    >>> ax = adaptation_curve(tasks, {"midpoint": [2.0]}, lambda k: GradientDescent(0.5, k), steps=2)
    >>> ax.lines[0].get_ydata().tolist()
    [4.0, 1.0, 0.25]
    """
    import matplotlib

    check_named("starts", starts)
    curves = {
        name: arrays.to_numpy(arrays.as_float(fine_tuned_losses(tasks, theta, inner_of_k, steps)))
        for name, theta in starts.items()
    }
    with matplotlib.rc_context(RC):
        ax = new_axes(4.8, 3.4) if ax is None else check_axes(ax)
        for i, (name, losses) in enumerate(curves.items()):
            style = style_of(i)
            ax.plot(
                range(steps + 1),
                losses,
                color=style.color,
                linestyle=style.line,
                marker=style.marker,
                markersize=5,
                markevery=(i % max(1, steps // 5), max(1, steps // 5)),
                label=plain(name),
            )
        if all((losses > 0).all() for losses in curves.values()):
            _logarithmic(ax)
        if trained_for is not None:
            _mark(ax, trained_for, right=2 * trained_for <= steps)
        ax.xaxis.get_major_locator().set_params(integer=True)
        ax.set_xlabel("adaptation steps")
        ax.set_ylabel("mean query loss")
        ax.grid(visible=True, axis="y", which="both", color="#E6E6E6", linewidth=0.6)
        ax.legend(loc="upper center", bbox_to_anchor=(0.45, -0.17), ncols=2, handlelength=3.2, columnspacing=1.5)
    return ax


def _mark(ax: Axes, trained_for: int, *, right: bool) -> None:
    """A vertical line at the number of steps trained for, with its name on the side that has room."""
    ax.axvline(trained_for, color="#7F7F7F", linewidth=0.8, zorder=0)
    ax.annotate(
        f"trained for {trained_for}",
        (trained_for, 1.0),
        xycoords=("data", "axes fraction"),
        xytext=(4 if right else -4, -2),
        textcoords="offset points",
        ha="left" if right else "right",
        va="top",
        fontsize=9,
        color="#555555",
    )


def _logarithmic(ax: Axes) -> None:
    """A logarithmic loss axis whose ticks are plain decimal numbers."""
    from matplotlib.ticker import LogFormatter, LogLocator, NullFormatter

    class Decimal(LogFormatter):
        def __call__(self, x: float, pos: Any = None) -> str:
            return f"{x:g}"

    ax.set_yscale("log")
    low, high = ax.get_ylim()
    narrow = high / low < 100
    ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if narrow else (1.0,)))
    ax.yaxis.set_major_formatter(Decimal())
    ax.yaxis.set_minor_formatter(NullFormatter())
