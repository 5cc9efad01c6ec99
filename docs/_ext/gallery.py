"""Sphinx extension: the figures of the gallery, their numbers and their captions, made by the package at build time."""

from pathlib import Path
from typing import Any

from quadmaml.plots import FIGURES, VENUES, PaperFigure, render


def section(figure: PaperFigure) -> str:
    """The part of the page about one figure, in MyST."""
    return f"""
## {figure.title}

```{{image}} _gallery/{figure.name}.svg
:alt: {figure.title}
```

{figure.caption}

*Illustrates:* {figure.illustrates} Numbers: {{download}}`{figure.name}.csv <_gallery/{figure.name}.csv>`.

```bash
quadmaml figure {figure.name} -o {figure.name}.pdf --data {figure.name}.csv
```
"""


def venues() -> str:
    """The table of venues, in MyST."""
    rows = [
        f"| `{place.name}` | {place.column:.2f} in | {place.text:.2f} in | {place.family}, {place.size:g} pt"
        f" | {place.source} |"
        for place in VENUES.values()
    ]
    return "\n".join(["| venue | column | text | type | from |", "|---|---|---|---|---|", *rows, ""])


def write_gallery(app: Any) -> None:
    folder = Path(app.srcdir) / "_gallery"
    folder.mkdir(exist_ok=True)
    for figure in FIGURES.values():
        table = figure.data()
        (folder / f"{figure.name}.csv").write_text(table.csv(), encoding="utf-8")
        (folder / f"{figure.name}.svg").write_bytes(render(figure, table, format="svg"))
    (folder / "figures.md").write_text("".join(map(section, FIGURES.values())), encoding="utf-8")
    (folder / "venues.md").write_text(venues(), encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", write_gallery)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
