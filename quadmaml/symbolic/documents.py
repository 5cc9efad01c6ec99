r"""Derivations as documents: one alone to paste, or all of them as a file that stands by itself."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape

from quadmaml.errors import InputError
from quadmaml.files import replace
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.exposition import prose

__all__ = ["FORMATS", "document", "fragment", "save"]

FORMATS = ("text", "latex", "markdown", "html")

_LATEX = r"""\documentclass{article}
\usepackage{amsmath}
\usepackage{amssymb}
\setlength{\parindent}{0pt}
\setlength{\parskip}{1ex}
\setlength{\emergencystretch}{3em}
\addtolength{\textwidth}{1in}
\addtolength{\hoffset}{-0.5in}
\begin{document}
"""
_CSS = "body { font: 16px/1.5 sans-serif; max-width: 72em; margin: 2em auto; padding: 0 1em }"
_CSS += " td { padding: .3em 1em .3em 0; vertical-align: baseline } .derivation { overflow-x: auto }"


def fragment(derivation: Derivation, form: str) -> str:
    r"""One derivation in one of :data:`FORMATS`, to be pasted into a document.

    Examples
    --------
    >>> from quadmaml.symbolic import derive
    >>> print(fragment(derive("parallel-sum"), "latex").splitlines()[-2])
    \end{align*}
    """
    if form not in FORMATS:
        raise InputError(f"format: got {form!r}; expected one of {', '.join(FORMATS)}")
    written: str = getattr(derivation, form)()
    return written if written.endswith("\n") else written + "\n"


def document(derivations: Sequence[Derivation], form: str) -> str:
    """Derivations as one document that stands by itself: a LaTeX article, an HTML page, or the fragments in a row."""
    parts = [fragment(each, form) for each in derivations]
    if form == "latex":
        sections = [
            rf"\section*{{{prose(each.title)}}}" + "\n" + part for each, part in zip(derivations, parts, strict=True)
        ]
        return _LATEX + "\n".join(sections) + "\\end{document}\n"
    if form == "html":
        head = f'<meta charset="utf-8"/>\n<title>{escape("Derivations")}</title>\n<style>{_CSS}</style>'
        return f'<!DOCTYPE html>\n<html lang="en">\n<head>\n{head}\n</head>\n<body>\n{"".join(parts)}</body>\n</html>\n'
    return "\n".join(parts)


def save(text: str, path: str | os.PathLike[str]) -> None:
    """Write a document to a file, which is complete or as it was; OSError if it cannot be written."""
    replace(path, text.encode())
