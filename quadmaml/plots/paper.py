"""Figures for papers: numbers, panels that draw them, and files in a venue's size and type.

The same figure gives the same bytes: metadata that change (dates) are left out, and the identifiers in an SVG have a
fixed salt. Fonts are embedded: in a PDF as TrueType (type 42), in an SVG as outlines, so that it needs no font on the
reader's machine. The fonts come with matplotlib, so that no machine lacks them; LaTeX is run only where asked for.
"""

from __future__ import annotations

import io
import math
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..errors import InputError, QuadmamlError
from ..files import replace_all
from .style import Axes, Figure, outside_legend
from .table import Table
from .venues import Venue, venue_of

__all__ = ["FORMATS", "Panel", "PaperFigure", "check_format", "compose", "render", "write_figure"]

FORMATS = ("pdf", "svg", "png", "pgf")

Panel = Callable[[Table, Axes], Any]

# What has no place in a file whose bytes must not change.
UNDATED: dict[str, dict[str, Any]] = {
    "pdf": {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": "quadmaml"},
    "svg": dict.fromkeys(("Date", "Creator", "Format", "Type")),
    "png": {"Software": None},
}

# Panels that would be narrower than this, in inches, stand one above the other; those of a figure that may be narrow,
# or that would be too high for the venue, not before they are at the second number.
LEAST_WIDTHS = (1.8, 1.35)
LEGEND_HEIGHT = 0.5


@dataclass(frozen=True)
class PaperFigure:
    """A figure of the gallery.

    Parameters
    ----------
    name, title, caption : str
        The name in ``quadmaml figure NAME``, a title for lists, and a suggested caption.
    illustrates : str
        The derivation or claim that it illustrates, by its place in the theory and in the sources.
    data : callable
        ``data()`` is the table of its numbers.
    panels : tuple of callables
        ``panel(table, ax)`` draws one panel from that table and nothing else.
    aspect : float
        Height of a panel over its width where it is 2.2 inches wide. Wider panels are flatter.
    across : int
        The most panels side by side.
    narrow : bool
        Whether panels may be narrower than 2 inches, so that they stay side by side in a column.

    Examples
    --------
    >>> parabola = PaperFigure(
    ...     name="parabola",
    ...     title="A parabola",
    ...     caption="A loss.",
    ...     illustrates="The mathematics, 'Two objects'.",
    ...     data=lambda: Table({"x": [-1.0, 0.0, 1.0], "y": [0.5, 0.0, 0.5]}),
    ...     panels=(lambda table, ax: ax.plot(table["x"], table["y"], label="$f$"),),
    ... )
    >>> render(parabola, parabola.data(), "icml", format="svg")[:5]
    b'<?xml'
    """

    name: str
    title: str
    caption: str
    illustrates: str
    data: Callable[[], Table]
    panels: tuple[Panel, ...]
    aspect: float = 0.72
    across: int = 2
    narrow: bool = False


def compose(figure: PaperFigure, table: Table, width: float, height: float = math.inf) -> Figure:
    """The panels on a new figure of this width in inches, with one legend below, in the settings of the moment.

    Panels stand side by side where there is room, and are lettered if there are several.

    Parameters
    ----------
    figure : PaperFigure
        What to draw.
    table : Table
        Its numbers, ``figure.data()``.
    width, height : float
        The width, and the greatest height.

    Examples
    --------
    >>> import matplotlib
    >>> from quadmaml.plots import FIGURES
    >>> icml, figure = venue_of("icml"), FIGURES["weights"]
    >>> with matplotlib.rc_context(icml.rc()):
    ...     made = compose(figure, figure.data(), icml.column, icml.height)
    >>> float(made.get_figwidth()), len(made.axes)
    (3.25, 1)
    """
    from matplotlib.figure import Figure as NewFigure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

    across, down, panel_height = _arrange(figure, width, height)
    layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, wspace=0.03, hspace=0.03)
    made = NewFigure(figsize=(width, width), layout=layout)
    for place, panel in enumerate(figure.panels):
        ax = made.add_subplot(down, across, place + 1)
        panel(table, ax)
        if len(figure.panels) > 1:
            ax.set_title(f"({'abcdefgh'[place]}) {ax.get_title()}".strip(), loc="left")
            ax.set_title("")
    _say_once(made.axes[: len(figure.panels)], across)
    legend = outside_legend(made)
    below = legend.get_window_extent().height / made.dpi if legend else 0.0
    made.set_size_inches(width, min(down * panel_height + below + 0.05, height))
    return made


def _arrange(figure: PaperFigure, width: float, height: float) -> tuple[int, int, float]:
    """How many panels stand side by side and one above the other, and how high each is in inches."""
    for least in LEAST_WIDTHS:
        across = max(1, min(figure.across, len(figure.panels), int(width / least)))
        down = -(-len(figure.panels) // across)
        panel_height = 2.2 * figure.aspect * (width / across / 2.2) ** 0.6
        if across < len(figure.panels) and across == 1:
            panel_height *= 0.75
        if not figure.narrow and down * panel_height < height - LEGEND_HEIGHT:
            break
    return across, down, panel_height


def _say_once(panels: Sequence[Axes], across: int) -> None:
    """Leave out what the panel to the left, or the one below, says of the same axis."""
    said = [(ax.get_xlabel(), ax.get_ylabel()) for ax in panels]
    for place, (ax, (x, y)) in enumerate(zip(panels, said, strict=True)):
        if place % across and said[place - 1][1] == y:
            ax.set_ylabel("")
        if place + across < len(panels) and said[place + across][0] == x:
            ax.set_xlabel("")


def render(
    figure: PaperFigure,
    table: Table,
    venue: str = "neurips",
    width: str = "column",
    format: str = "pdf",
    *,
    usetex: bool = False,
) -> bytes:
    """The figure as the bytes of a file: the same every time.

    Parameters
    ----------
    figure : PaperFigure
        What to draw.
    table : Table
        Its numbers, ``figure.data()``.
    venue : str
        One of neurips, icml, jmlr, ieee, beamer.
    width : str
        "column" or "text".
    format : str
        One of pdf, svg, png (300 dpi), pgf. PGF measures its text with LaTeX, for a document to input.
    usetex : bool
        Have LaTeX set the text of a pdf, svg or png.

    Raises
    ------
    InputError
        For a venue, width or format that there is not, and where LaTeX is needed and not installed.
    QuadmamlError
        If LaTeX fails.

    Examples
    --------
    >>> from quadmaml.plots import FIGURES
    >>> figure = FIGURES["weights"]
    >>> render(figure, figure.data(), "icml")[:5]
    b'%PDF-'
    """
    import matplotlib

    settings = _settings(venue_of(venue), check_format(format), usetex=usetex)
    place = venue_of(venue)
    with matplotlib.rc_context(settings), _latex_errors(), io.BytesIO() as buffer:
        made = compose(figure, table, place.width(width), place.height)
        # PGF has no metadata, and matplotlib no such argument for it.
        undated = {"metadata": UNDATED[format]} if format in UNDATED else {}
        made.savefig(buffer, format=format, dpi=300, **undated)
        return buffer.getvalue()


def check_format(format: str) -> str:
    """Return the name of a file format if it is one, else raise InputError."""
    if format not in FORMATS:
        raise InputError(f"format: got {format!r}; expected one of {', '.join(FORMATS)}")
    return format


def _settings(venue: Venue, format: str, *, usetex: bool) -> Any:
    if format == "pgf":
        system = next((each for each in ("pdflatex", "lualatex", "xelatex") if shutil.which(each)), None)
        if system is None:
            raise InputError("format: got 'pgf' without LaTeX; expected pdflatex, lualatex or xelatex on the PATH")
        # The document's own fonts; what it is measured with does not choose others.
        own = {"pgf.texsystem": system, "pgf.rcfonts": False, "pgf.preamble": venue.preamble}
        return {**venue.rc(), **own}
    if usetex:
        needed = ["latex"] + (["dvipng"] if format == "png" else [])
        lacking = [each for each in needed if not shutil.which(each)]
        if lacking:
            raise InputError(f"usetex: got True without {' and '.join(lacking)}; expected them on the PATH")
    return venue.rc(usetex=usetex)


@contextmanager
def _latex_errors() -> Iterator[None]:
    """Say what LaTeX said last, in one line."""
    try:
        yield
    except Exception as error:
        # Matplotlib raises a class of its own for pgf and RuntimeError for usetex.
        if type(error).__name__ != "LatexError" and not (isinstance(error, RuntimeError) and "latex" in str(error)):
            raise
        lines = str(error).splitlines()
        said = next((text.lstrip("!* ") for text in lines if text.startswith("!")), lines[0])
        raise QuadmamlError(f"LaTeX failed: {said}") from error


def write_figure(
    figure: PaperFigure,
    out: str | None = None,
    data: str | None = None,
    venue: str = "neurips",
    width: str = "column",
    format: str | None = None,
    *,
    usetex: bool = False,
) -> list[str]:
    """Write the figure to ``out`` and its numbers to ``data`` (CSV), either or both; their paths are returned.

    Parameters
    ----------
    figure : PaperFigure
        What to draw.
    out, data : str, optional
        Where to write the figure, and its numbers.
    venue, width, usetex
        As in ``render``.
    format : str, optional
        By default the ending of ``out``, if there is such a format, else "pdf".

    Raises
    ------
    InputError
        For a choice that there is not, or one path for both files.
    OSError
        If one cannot be written; neither is then written by halves.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> from quadmaml.plots import FIGURES
    >>> with TemporaryDirectory() as folder:
    ...     paths = write_figure(FIGURES["spectra"], f"{folder}/spectra.pdf", f"{folder}/spectra.csv", venue="ieee")
    ...     print(*map(os.path.basename, paths), os.path.getsize(paths[0]) > 1000)
    spectra.pdf spectra.csv True
    """
    if out and data and os.path.abspath(out) == os.path.abspath(data):
        raise InputError(f"data: got {data}, which is the figure's file; expected another")
    ending = os.path.splitext(out or "")[1][1:].lower()
    format = format or (ending if ending in FORMATS else "pdf")
    # Judged before the numbers are computed.
    _settings(venue_of(venue), check_format(format), usetex=usetex)
    venue_of(venue).width(width)
    table = figure.data() if out or data else Table({"none": []})
    contents = {data: table.csv().encode()} if data else {}
    if out:
        contents = {out: render(figure, table, venue, width, format, usetex=usetex), **contents}
    replace_all(contents)
    return list(contents)
