"""Which rows of a task are its support: the first k, a fraction, those marked by a column, or those with a value."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..errors import InputError, check_steps
from .table import Table, finite

__all__ = ["SupportRule", "support_rule"]

MARKS = {"support": True, "query": False, "1": True, "0": False, "true": True, "false": False, "yes": True, "no": False}
COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
}
_CONDITION = re.compile(r"^(?P<column>.+?)\s*(?P<sign><=|>=|!=|==?|<|>)\s*(?P<value>.+)$")


@dataclass(frozen=True)
class SupportRule:
    """A rule that says which rows of a task are its support.

    Parameters
    ----------
    words : str
        The rule as part of a sentence, for messages and the report.
    choose : callable
        ``choose(table, rows)`` gives for the rows of one task, by their numbers, whether each is support.
    least : int
        The smallest number of rows of a task with which both parts can hold a row.
    """

    words: str
    choose: Callable[[Table, Sequence[int]], list[bool]]
    least: int = 2


def support_rule(support: int | float | str | None = None) -> SupportRule:
    """The rule that a number or a text stands for.

    Parameters
    ----------
    support : int, float or str, optional
        An integer k: the first k rows of each task, in the order of the table. A number in (0, 1): that fraction of its
        rows, the first of them, rounded down. The name of a column: its cells mark a row as ``support`` or ``query``
        (or 1 and 0, true and false, yes and no). A condition such as ``year<=1983`` or ``part=train``, with ``=`` (or
        ``==``) and ``!=`` for texts and ``<``, ``<=``, ``>``, ``>=`` for numbers. By default one half.

    Raises
    ------
    InputError
        For anything else.

    Examples
    --------
    >>> support_rule("year<=1983").words
    'rows with year <= 1983'
    >>> support_rule("3").words, support_rule(0.25).words
    ('the first 3 rows', 'the first 25 % of the rows')
    """
    if support is None:
        support = 0.5
    if isinstance(support, str):
        return _of_text(support.strip())
    if isinstance(support, float) and 0 < support < 1:
        return _fraction(support)
    if isinstance(support, float):
        raise InputError(f"support: got {support!r}; expected a number of rows, a fraction in (0, 1), or a condition")
    return _first(check_steps("support", support, at_least=1))


def _of_text(text: str) -> SupportRule:
    if re.fullmatch(r"[+-]?\d+", text):
        return support_rule(int(text))
    try:
        return support_rule(float(text))
    except InputError:
        raise
    except ValueError:
        pass
    if not text:
        raise InputError("support: got an empty text; expected a number of rows, a fraction, a column or a condition")
    parts = _CONDITION.match(text)
    return _marked(text) if parts is None else _condition(parts["column"], parts["sign"], parts["value"])


def _first(k: int) -> SupportRule:
    def choose(table: Table, rows: Sequence[int]) -> list[bool]:
        return [i < k for i in range(len(rows))]

    return SupportRule(f"the first {k} row{'s' if k > 1 else ''}", choose, k + 1)


def _fraction(fraction: float) -> SupportRule:
    def choose(table: Table, rows: Sequence[int]) -> list[bool]:
        cut = int(fraction * len(rows) + 1e-9)
        return [i < cut for i in range(len(rows))]

    least = max(2, math.ceil((1 - 1e-9) / fraction))
    words = "half of the rows" if fraction == 0.5 else f"{100 * fraction:g} % of the rows"
    return SupportRule(f"the first {words}", choose, least)


def _marked(column: str) -> SupportRule:
    def choose(table: Table, rows: Sequence[int]) -> list[bool]:
        cells = table.column(column)
        return [_mark(table, column, cells[row], row) for row in rows]

    return SupportRule(f"rows that the column {column} marks", choose)


def _mark(table: Table, column: str, cell: str, row: int) -> bool:
    if (mark := MARKS.get(cell.lower())) is None:
        raise InputError(
            f"{table.source}, line {table.lines[row]}: column {column!r} holds {cell[:40]!r}; expected support or"
            " query, for it says which rows are support"
        )
    return mark


def _condition(column: str, sign: str, value: str) -> SupportRule:
    def equal(table: Table, rows: Sequence[int]) -> list[bool]:
        cells = table.column(column)
        return [_same(cells[row], value) == (sign != "!=") for row in rows]

    def compared(table: Table, rows: Sequence[int]) -> list[bool]:
        try:
            bound = finite(value)
        except ValueError:
            raise InputError(f"support: got {column}{sign}{value}; expected a number after {sign}") from None
        table.column(column)
        return [COMPARISONS[sign](table.number(column, row), bound) for row in rows]

    return SupportRule(f"rows with {column} {sign} {value}", compared if sign in COMPARISONS else equal)


def _same(cell: str, value: str) -> bool:
    """Equal as texts, or as numbers: 1983 is 1983.0."""
    if cell == value:
        return True
    try:
        return float(cell) == float(value)
    except ValueError:
        return False
