"""The command line: ``quadmaml report``. The only module that prints.

Exit status 0: done. 1: a failure while running, or a check that failed. 2: input that cannot be used. 130: interrupted.
Each of the last three is one line on standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import InputError, QuadmamlError

if TYPE_CHECKING:
    from .datasets import RegressionGroups

__all__ = ["main"]


class _Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; see {self.prog} --help")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after the name of the program; by default those of the process.

    Examples
    --------
    >>> main(["--version"])  # doctest: +ELLIPSIS
    quadmaml ...
    0
    """
    try:
        status = _run(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return _fail("interrupted", 130)
    except BrokenPipeError:
        _drop_output()
        return 1
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _fail(f"{place}{error.strerror or error}", 1)
    except InputError as error:
        return _fail(str(error), 2)
    except (QuadmamlError, MemoryError, ArithmeticError) as error:
        return _fail(str(error) or type(error).__name__, 1)
    except Exception as error:
        return _fail(f"unexpected {type(error).__name__}: {error}", 1)
    return status


def _run(arguments: Sequence[str] | None) -> int:
    try:
        chosen = _parser().parse_args(arguments)
    except SystemExit:  # --help and --version, which have printed
        return 0
    if chosen.command is None:
        raise InputError("expected a command, such as report; see quadmaml --help")
    return _report(chosen)


def _parser() -> argparse.ArgumentParser:
    from . import __version__

    parser = _Parser(
        prog="quadmaml", description="The mathematics of meta-learning on quadratic tasks, solved exactly."
    )
    parser.add_argument("--version", action="version", version=f"quadmaml {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    report = commands.add_parser(
        "report",
        help="solve every meta-algorithm on grouped data, check it, and write a report",
        description="Solve every meta-algorithm on grouped data in closed form, check each result against a simulator"
        " that only takes gradient steps, and write report.html, results.json and solutions.npz. Without DATA.csv the"
        " data are Grunfeld's: investment of 11 firms over 20 years.",
    )
    report.add_argument("data", nargs="?", metavar="DATA.csv", help="a table with a header line")
    report.add_argument("--task", metavar="COL", help="the column that names the task of each row")
    report.add_argument("--target", metavar="COL", help="the column to predict")
    report.add_argument("--features", metavar="COL,COL", help="the columns to predict it from")
    report.add_argument("--out", metavar="DIR", default="quadmaml-report", help="where to write (default: %(default)s)")
    report.add_argument("--steps", type=int, default=5, metavar="K", help="adaptation steps (default: %(default)s)")
    report.add_argument(
        "--lr", type=float, metavar="LR", help="their step size (default: 1/(2L), L the most curvature)"
    )
    report.add_argument("--strength", type=float, metavar="S", help="of iMAML's proximal term (default: 1/(LR K))")
    report.add_argument("--ridge", type=float, default=1e-3, metavar="R", help="penalty (default: %(default)s)")
    return parser


def _report(chosen: argparse.Namespace) -> int:
    groups = _groups(chosen)
    from . import report

    options = {name: getattr(chosen, name) for name in ("lr", "steps", "strength", "ridge")}
    bar = _progress_bar()
    try:
        made = report.make(groups, chosen.out, progress=bar and _advance(bar), **options)
    finally:
        if bar is not None:
            bar.close()
    for text in made.warnings:
        print(f"quadmaml: warning: {text}", file=sys.stderr)
    print(os.path.join(chosen.out, "report.html"))
    if made.failed:
        return _fail(f"{len(made.failed)} of {len(made.checks)} checks failed; see the report", 1)
    return 0


def _groups(chosen: argparse.Namespace) -> RegressionGroups:
    columns = {name: getattr(chosen, name) for name in ("task", "target", "features")}
    if chosen.data is None:
        given = [f"--{name}" for name, value in columns.items() if value is not None]
        if given:
            raise InputError(f"{given[0]}: got a column but no data; expected DATA.csv before it")
    else:
        lacking = [f"--{name}" for name, value in columns.items() if value is None]
        if lacking:
            raise InputError(f"DATA.csv: got {chosen.data} without {', '.join(lacking)}; expected all three columns")
    from .datasets import grunfeld, read_csv, regression_groups

    if chosen.data is None:
        return regression_groups(grunfeld(), "firm", "invest", ["value", "capital"])
    features = [name.strip() for name in chosen.features.split(",")]
    return regression_groups(read_csv(chosen.data), chosen.task.strip(), chosen.target.strip(), features)


def _progress_bar() -> Any:
    """A bar on a terminal; None where standard error is piped."""
    if not sys.stderr.isatty():
        return None
    from tqdm import tqdm

    return tqdm(leave=False, bar_format="{desc:<36.36} {bar:20} {n_fmt}/{total_fmt}", total=1, file=sys.stderr)


def _advance(bar: Any) -> Callable[[int, int, str], None]:
    def progress(done: int, total: int, what: str) -> None:
        bar.total, bar.n = total, done
        bar.set_description_str(what)

    return progress


def _fail(message: str, status: int) -> int:
    """Say in one line what was wrong; where nobody listens any more the status alone must do."""
    line = " ".join(message.split())
    with contextlib.suppress(OSError):
        print(f"quadmaml: error: {line}", file=sys.stderr, flush=True)
    return status


def _drop_output() -> None:
    """Let the interpreter flush standard output at its end without complaint, though nobody reads it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
