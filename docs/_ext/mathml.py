"""Sphinx extension: formulas as MathML, written at build time, so that a page needs neither a script nor a network."""

import re
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

_LEFT_OVER = re.compile(r"<m[ino]>(\\\w+|&)<")


def to_mathml(latex: str, display: str) -> str:
    """Return a formula as MathML. What the converter does not know it copies; that fails here and not on the page."""
    mathml = convert(latex, display=display)
    unknown = _LEFT_OVER.search(mathml)
    if unknown:
        raise ExtensionError(f"no MathML for {unknown.group(1)} in {latex!r}")
    return mathml


def visit_math(translator: Any, node: nodes.math) -> None:
    translator.body.append(to_mathml(node.astext(), "inline"))
    raise nodes.SkipNode


def visit_displaymath(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(
        translator.starttag(node, "div", CLASS="formula", STYLE="margin: 1em 0; overflow: auto hidden")
    )
    translator.body.append(to_mathml(node.astext(), "block") + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_html_math_renderer("mathml", (visit_math, None), (visit_displaymath, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
