"""Sphinx extension: the ledger with its verdicts and witnesses, as the package finds them at build time."""

from pathlib import Path
from typing import Any

from quadmaml.claims import verify
from quadmaml.claims.ledger_page import markdown


def write_ledger(app: Any) -> None:
    folder = Path(app.srcdir) / "_ledger"
    folder.mkdir(exist_ok=True)
    (folder / "entries.md").write_text(markdown(verify), encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", write_ledger)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
