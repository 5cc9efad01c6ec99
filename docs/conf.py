"""Sphinx configuration. Build: ``python -m sphinx -W --keep-going -n -b html docs docs/_build/html``."""

import shutil
import sys
from pathlib import Path
from typing import Any

from docutils import nodes

import quadmaml

here = Path(__file__).parent
sys.path.insert(0, str(here / "_ext"))

# The notebooks live at the top of the repository; Sphinx reads only below this folder.
shutil.copytree(here.parent / "notebooks", here / "notebooks", dirs_exist_ok=True)

project = "quadmaml"
author = copyright = "the quadmaml developers"
version = release = quadmaml.__version__

extensions = [
    "gallery",
    "ledger",
    "mathml",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx.ext.viewcode",
]
exclude_patterns = ["_build", "_ext", "_gallery", "_ledger"]
nitpicky = True

html_theme = "pydata_sphinx_theme"
html_math_renderer = "mathml"
html_title = "quadmaml"
html_show_sourcelink = False
html_sidebars = {"**": []}
html_theme_options = {
    "show_prev_next": False,
    "secondary_sidebar_items": ["page-toc"],
    "header_links_before_dropdown": 6,
}

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 600
nb_render_markdown_format = "myst"
nb_merge_streams = True

autodoc_member_order = "bysource"
autodoc_typehints = "none"  # docstrings give types with their shapes
napoleon_google_docstring = False
napoleon_use_rtype = False

# Shapes, units and other libraries' names in docstrings are words, not links.
nitpick_ignore_regex = [("py:.*", r"(?!quadmaml).*")]


def resolve_public_name(app: Any, env: Any, node: Any, content: Any) -> nodes.reference | None:
    """``quadmaml.NAME``, as readers write it, leads to the module that defines NAME."""
    package, _, name = node["reftarget"].rpartition(".")
    module = getattr(getattr(quadmaml, name, None), "__module__", None) if package == "quadmaml" else None
    if module is None:
        return None
    target = f"{module}.{name}"
    return env.domains["py"].resolve_xref(env, node["refdoc"], app.builder, node["reftype"], target, node, content)


def links_of_the_repository(app: Any, docname: str, source: list[str]) -> None:
    """Links to notebooks, and from them, are written as the repository has its folders; the site has others."""
    source[0] = source[0].replace("](../notebooks/", "](notebooks/").replace("](../docs/", "](../")


def setup(app: Any) -> None:
    app.connect("source-read", links_of_the_repository)
    app.connect("missing-reference", resolve_public_name)
