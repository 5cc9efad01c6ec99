"""Real grouped data: Grunfeld's, shipped with the package, and the wage panel of the package linearmodels."""

from __future__ import annotations

from ..errors import InputError
from .table import Table, parse

__all__ = ["grunfeld", "wage_panel"]


def grunfeld() -> Table:
    """Investment of 11 firms over 20 years: columns firm, year, invest, value, capital; 220 rows.

    Notes
    -----
    Grunfeld (1958), The Determinants of Corporate Investment; Kleiber, Zeileis (2010), The Grunfeld Data at 50. Public
    domain; see ``quadmaml/data/README.md``.

    Examples
    --------
    >>> table = grunfeld()
    >>> len(table), table.numbers("invest")[:2].tolist()
    (220, [317.6, 391.8])
    """
    from importlib.resources import files

    return parse(files("quadmaml").joinpath("data", "grunfeld.csv").read_bytes(), "grunfeld.csv")


def wage_panel() -> Table:
    """Log wages of 545 young men in the eight years from 1980: a task is a person, in column ``nr``; 4,360 rows.

    Columns nr, year, black, exper, hisp, hours, married, educ, union, lwage, expersq, occupation. The rows are read
    from the file in the package linearmodels (``pip install 'quadmaml[data]'``), which is not imported.

    Raises
    ------
    InputError
        If linearmodels is not installed.

    Notes
    -----
    Vella, Verbeek (1998), Whose Wages Do Unions Raise?, Journal of Applied Econometrics 13, 163-183. linearmodels has
    the NCSA licence.
    """
    import bz2
    from importlib.util import find_spec
    from pathlib import Path

    spec = find_spec("linearmodels")
    places = list(spec.submodule_search_locations or []) if spec is not None else []
    for place in places:
        path = Path(place, "datasets", "wage_panel", "wage_panel.csv.bz2")
        if path.exists():
            return parse(bz2.decompress(path.read_bytes()), "wage_panel.csv")
    raise InputError("wage_panel: needs the package linearmodels; expected pip install 'quadmaml[data]'")
