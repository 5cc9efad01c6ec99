"""Pieces of HTML that is well-formed XML too: sections, tables that scroll by themselves, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["number", "paragraphs", "scrolling", "section", "table"]


def section(title: str, *parts: str) -> str:
    """A section with a title, of ready HTML; nothing if it has no parts."""
    if not parts:
        return ""
    return f"<section>\n<h2>{escape(title)}</h2>\n" + "\n".join(parts) + "\n</section>\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], name: str) -> str:
    """A table of ready HTML cells that scrolls by itself where the page is narrow; the first cell names the row."""
    lines = list(rows)
    top = "".join(_cell("th", *column) for column in zip(head, *lines, strict=True))
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(_cell("td", cell) for cell in rest)}</tr>\n'
        for first, *rest in lines
    )
    return (
        f'<div class="scroll" role="region" tabindex="0" aria-label="{escape(name)}"><table>\n'
        f"<thead><tr>{top}</tr></thead>\n<tbody>\n{body}</tbody>\n</table></div>"
    )


def scrolling(html: str) -> str:
    """Ready HTML whose tables scroll by themselves where the page is narrow."""
    return html.replace("<table", '<div class="scroll" tabindex="0"><table').replace("</table>", "</table></div>")


def _cell(tag: str, content: str, *below: str) -> str:
    """A cell of a table; words and formulas stand to the left, numbers to the right, a heading as what is below it."""
    cells = below or (content,)
    left = any(each.startswith("<math") or (each[:1].isalpha() and each != "none") for each in cells)
    scope = ' scope="col"' if tag == "th" else ""
    css = ' class="words"' if left else ""
    return f"<{tag}{scope}{css}>{content}</{tag}>"


def number(value: float | None, form: str = "#.4g") -> str:
    """A number with a minus sign; ``none`` for None."""
    if value is None:
        return "none"
    return format(value, form).removesuffix(".").replace("-", "\N{MINUS SIGN}")


def paragraphs(texts: Iterable[str]) -> list[str]:
    """Texts as paragraphs."""
    return [f"<p>{escape(text)}</p>" for text in texts]
