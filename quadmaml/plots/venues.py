"""Venues: how wide a figure is, and in what type, from the templates of the journals and conferences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import InputError
from .style import RC

__all__ = ["VENUES", "WIDTHS", "Venue", "venue_of"]

WIDTHS = ("column", "text")

# Mathtext sets superscripts at 0.7 of the text: from 8.6 pt on they are still 6 pt in print.
SMALL = 8.6


@dataclass(frozen=True)
class Venue:
    """The widths and the type of a venue.

    Parameters
    ----------
    name : str
        As in ``--venue``.
    column, text : float
        Width in inches of a column, and of the whole text; equal where the text has one column.
    height : float
        The greatest height of a figure, in inches.
    family, math : str
        The font, one of those that come with matplotlib, and the mathtext font set that goes with it.
    preamble : str
        LaTeX that selects the venue's fonts, where LaTeX sets the text.
    size : float
        Of labels in points; ticks and legends are 8.6 pt.
    source : str
        The template that these were read from.

    Examples
    --------
    >>> icml = venue_of("icml")
    >>> icml.width("column"), icml.width("text"), icml.rc()["font.size"]
    (3.25, 6.75, 9.0)
    """

    name: str
    column: float
    text: float
    height: float
    family: str
    math: str
    preamble: str
    size: float
    source: str

    def width(self, which: str) -> float:
        """The width in inches: ``which`` is "column" or "text"."""
        if which not in WIDTHS:
            raise InputError(f"width: got {which!r}; expected one of {', '.join(WIDTHS)}")
        return self.column if which == "column" else self.text

    def rc(self, *, usetex: bool = False) -> dict[str, Any]:
        """The matplotlib settings of a figure for this venue, for ``matplotlib.rc_context``."""
        sizes = dict.fromkeys(("legend.fontsize", "xtick.labelsize", "ytick.labelsize", "figure.labelsize"), SMALL)
        return {
            **RC,
            **sizes,
            # Of the roman font matplotlib knows where its minus sign is, in mathematics only; of the sans serif not.
            "axes.formatter.use_mathtext": self.family == "cmr10",
            "axes.labelsize": self.size,
            "axes.linewidth": 0.6,
            "axes.titlesize": self.size,
            "axes.unicode_minus": not self.family.startswith("cm"),
            "font.family": self.family,
            "font.size": self.size,
            "lines.linewidth": 1.2,
            "lines.markersize": 4.0,
            "mathtext.fontset": self.math,
            **{f"mathtext.{style}": self.family for style in ("rm", "bf", "sf", "tt", "cal")},
            "mathtext.it": "cmmi10" if self.family.startswith("cm") else f"{self.family}:italic",
            "text.latex.preamble": self.preamble,
            "text.usetex": usetex,
            "xtick.major.width": 0.6,
            "ytick.major.width": 0.6,
        }


TIMES = {"family": "STIXGeneral", "math": "stix", "preamble": r"\usepackage{times}"}

VENUES = {
    each.name: each
    for each in (
        Venue(
            **TIMES,
            name="neurips",
            column=5.5,
            text=5.5,
            height=7.0,
            size=9.0,
            source="neurips_2024.sty of 2024/03/31: one column, textwidth=5.5in, rmdefault ptm (Times), 10 pt;"
            " footnotesize 9 pt",
        ),
        Venue(
            **TIMES,
            name="icml",
            column=3.25,
            text=6.75,
            height=8.0,
            size=9.0,
            source="icml2024.sty v2.0 of 2023/11/23: textwidth 6.75in, columnsep 0.25in, package times, 10 pt;"
            " captions 9 pt",
        ),
        Venue(
            name="jmlr",
            column=6.0,
            text=6.0,
            height=7.0,
            family="cmr10",
            math="cm",
            preamble="",
            size=10.0,
            source="jmlr2e.sty of 2020/09/02: one column, textwidth 6.0 true in, article at 11 pt, which is Computer"
            " Modern; small 10 pt",
        ),
        Venue(
            **TIMES,
            name="ieee",
            column=252 / 72.27,
            text=516 / 72.27,
            height=8.0,
            size=9.0,
            source="IEEEtran.cls V1.8b of 2015/08/26, journal on letter paper: columnwidth 252pt (21 pc), textwidth"
            " 516pt, Times (ptm), 10 pt; footnotesize 8 pt",
        ),
        Venue(
            name="beamer",
            column=10.8 / 2.54,
            text=14.0 / 2.54,
            height=3.0,
            family="cmss10",
            math="custom",
            preamble=r"\renewcommand{\familydefault}{\sfdefault}",
            size=10.0,
            source="beamer.cls: the text of frames of 12.8 cm x 9.6 cm (aspectratio 43, here column) and 16 cm x 9 cm"
            " (aspectratio 169, here text), hmargin 1cm, 11 pt Computer Modern Sans; the height leaves room for a"
            " title",
        ),
    )
}


def venue_of(name: str) -> Venue:
    """The venue of this name; InputError if there is none.

    Examples
    --------
    >>> venue_of("jmlr").column
    6.0
    """
    if name not in VENUES:
        raise InputError(f"venue: got {name!r}; expected one of {', '.join(VENUES)}")
    return VENUES[name]
