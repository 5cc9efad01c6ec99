"""The command line: ``quadmaml report``, ``solve``, ``adapt``, ``figure``, ``derive``, ``verify``.

The only module that prints.

Exit status 0: done. 1: a failure while running, or a check that failed. 2: input that cannot be used. 130: interrupted.
Each of the last three is one line on standard error.
"""

from __future__ import annotations

import argparse
import contextlib
import csv
import os
import sys
from collections.abc import Callable, Iterator, Sequence
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
    commands = {"report": _report, "solve": _solve, "adapt": _adapt, "figure": _figure, "derive": _derive}
    return (commands | {"verify": _verify})[chosen.command](chosen)


def _parser() -> argparse.ArgumentParser:
    from . import __version__

    parser = _Parser(
        prog="quadmaml", description="The mathematics of meta-learning on quadratic tasks, solved exactly."
    )
    parser.add_argument("--version", action="version", version=f"quadmaml {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    report = commands.add_parser(
        "report",
        help="does a meta-learned start pay on grouped data, and why; with all that is behind the answer",
        description="Say whether a meta-learned start pays on grouped data, by cross-validation over tasks, and why."
        " Solve every meta-algorithm in closed form, check each result against a simulator that only takes gradient"
        " steps, and write report.html, results.json and solutions.npz. Without DATA.csv the data are"
        " Grunfeld's: investment of 11 firms over 20 years.",
    )
    _add_data(report)
    report.add_argument("--out", metavar="DIR", default="quadmaml-report", help="where to write (default: %(default)s)")
    report.add_argument("--folds", type=int, metavar="F", help="of the cross-validation (default: by number of tasks)")
    report.add_argument("--seed", type=int, default=0, metavar="N", help="of its folds (default: %(default)s)")
    _add_solve(commands)
    _add_adapt(commands)
    _add_verify(commands)
    _add_figure(commands)
    _add_derive(commands)
    return parser


def _add_data(command: argparse.ArgumentParser) -> None:
    """The options that say what the tasks are, and how they adapt."""
    command.add_argument(
        "data", nargs="?", metavar="DATA.csv", help="a table with a header line, or tasks in a .npz file"
    )
    command.add_argument("--task", metavar="COL", help="the column that names the task of each row")
    command.add_argument("--target", metavar="COL", help="the column to predict")
    command.add_argument("--features", metavar="COL,COL", help="the columns to predict it from")
    command.add_argument(
        "--support",
        metavar="RULE",
        help="which rows of a task to adapt on: a number of rows, a fraction, a column that marks them, or a condition"
        " such as 'year<=1983' (default: the first half)",
    )
    command.add_argument("--no-intercept", action="store_true", help="no column of ones")
    command.add_argument("--no-standardise", action="store_true", help="take the columns as they are")
    command.add_argument("--drop-small", action="store_true", help="leave out tasks without support or query rows")
    command.add_argument("--steps", type=int, metavar="K", help="adaptation steps (default: 5)")
    command.add_argument("--lr", type=float, metavar="LR", help="their size (default: 1/(2L), L the most curvature)")
    command.add_argument("--strength", type=float, metavar="S", help="of iMAML's proximal term (default: 1/(LR K))")
    command.add_argument("--ridge", type=float, metavar="R", help="penalty (default: 0.001; none for .npz tasks)")


def _add_solve(commands: Any) -> None:
    solve = commands.add_parser(
        "solve",
        help="where one algorithm ends on grouped data",
        description="Solve one meta-algorithm on grouped data in closed form. Prints the coefficients of the start, or"
        " writes it to FILE.npz, for quadmaml adapt. Without DATA.csv the data are Grunfeld's.",
    )
    _add_data(solve)
    names = "joint, maml, fomaml, truncated, imaml, reptile or moreau"
    solve.add_argument("--algorithm", required=True, metavar="A", help=names)
    solve.add_argument("-o", "--out", metavar="FILE.npz", help="where to write the start")


def _add_adapt(commands: Any) -> None:
    adapt = commands.add_parser(
        "adapt",
        help="adapt a start to new tasks and predict",
        description="Adapt a start of quadmaml solve to the rows of NEW.csv in which the target is given, task by task,"
        " and predict the target in all rows: NEW.csv with one more column.",
    )
    adapt.add_argument("start", metavar="FILE.npz", help="a start, written by quadmaml solve")
    adapt.add_argument("new", metavar="NEW.csv", help="a table with the same columns; a row to predict has no target")
    adapt.add_argument("-o", "--out", metavar="FILE.csv", help="where to write it (default: standard output)")


def _solve(chosen: argparse.Namespace) -> int:
    from .report.settings import choose, named
    from .starts import solve

    groups, ridge = _data(chosen)
    steps = 5 if chosen.steps is None else chosen.steps
    settings = choose(groups.tasks(ridge).support, ridge, chosen.lr, steps, chosen.strength)
    algorithm, inner = named(chosen.algorithm, settings)
    with _warnings_as_lines():
        start = solve(groups, algorithm, inner, ridge=ridge)
    if chosen.out is None:
        print("coefficient\tstandardised\tin units of the data")
        for name, *pair in zip(start.features, start.theta, start.in_data_units(start.theta), strict=True):
            print(name, *(f"{x:.10g}" for x in pair), sep="\t")
    else:
        start.save(chosen.out)
        print(chosen.out)
    return 0


def _adapt(chosen: argparse.Namespace) -> int:
    from .datasets import read_csv
    from .files import replace
    from .starts import Start, predictions

    start = Start.load(chosen.start)
    with _warnings_as_lines():
        text = predictions(start, read_csv(chosen.new)).text()
    if chosen.out is None:
        print(text, end="")
    else:
        replace(chosen.out, text.encode())
        print(chosen.out)
    return 0


@contextlib.contextmanager
def _warnings_as_lines() -> Iterator[None]:
    """Each warning of the package as one line on standard error."""
    import warnings

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for text in dict.fromkeys(" ".join(str(each.message).split()) for each in caught):
        print(f"quadmaml: warning: {text}", file=sys.stderr)


def _add_figure(commands: Any) -> None:
    figure = commands.add_parser(
        "figure",
        help="draw a figure of the gallery in the size and type of a venue",
        description="Draw a figure of the gallery in the size and type of a venue, and write its numbers as CSV. The"
        " same words give the same bytes. Fonts are embedded; LaTeX is run for pgf and --usetex only.",
    )
    figure.add_argument("name", nargs="?", metavar="NAME", help="which figure; --list names them")
    figure.add_argument("--list", action="store_true", help="name the figures and what they illustrate, and stop")
    figure.add_argument("--caption", action="store_true", help="print a suggested caption, in LaTeX")
    figure.add_argument("--venue", default="neurips", metavar="V", help="neurips (default), icml, jmlr, ieee or beamer")
    figure.add_argument("--width", default="column", metavar="W", help="column (default) or text")
    figure.add_argument("--format", metavar="F", help="pdf, svg, png or pgf (default: from FILE's ending, or pdf)")
    figure.add_argument("--usetex", action="store_true", help="have LaTeX set the text")
    figure.add_argument("--data", metavar="OUT.csv", help="where to write the numbers behind the figure")
    figure.add_argument("-o", "--out", metavar="FILE", help="where to write the figure")


def _add_verify(commands: Any) -> None:
    verify = commands.add_parser(
        "verify",
        help="prove, certify, test or refute the claims of a Python file",
        description="Prove, certify, test or refute the claims of Python files, functions with @claim(...). Without"
        " FILE.py the ledger: what the sources of this toolkit state. The exit status is 1 if any claim is refuted.",
    )
    verify.add_argument("files", nargs="*", metavar="FILE.py", help="a file that defines claims")
    verify.add_argument("--json", action="store_true", help="print a JSON list of objects")
    verify.add_argument("--examples", type=int, metavar="N", help="exact instances for what is not shown otherwise")
    verify.add_argument("--dims", metavar="DIMS", help="dimensions, such as 1,2,3 or 1-5")
    verify.add_argument("--seed", type=int, metavar="S", help="for repeatable draws")


def _verify(chosen: argparse.Namespace) -> int:
    from .claims import files, ledger, verify

    dims = files.dimensions(chosen.dims)
    options = {"dims": dims, "seed": chosen.seed} | ({} if chosen.examples is None else {"examples": chosen.examples})
    claims = [claim for path in chosen.files for claim in files.load(path)] if chosen.files else ledger.claims()
    judged = [(claim, verify(claim, **options)) for claim in claims]
    print(files.as_json(judged) if chosen.json else files.table(judged))
    return int(any(verdict.status.value == "REFUTED" for _, verdict in judged))


def _figure(chosen: argparse.Namespace) -> int:
    from . import plots

    if chosen.list:
        width = max(map(len, plots.FIGURES))
        for each in plots.FIGURES.values():
            print(f"{each.name:{width}}  {each.title}. {each.illustrates}")
        return 0
    if chosen.name not in plots.FIGURES:
        raise InputError(f"NAME: got {chosen.name!r}; expected one of {', '.join(plots.FIGURES)}")
    if not (chosen.out or chosen.data or chosen.caption):
        raise InputError("expected -o FILE, --data OUT.csv or --caption; see quadmaml figure --help")
    figure = plots.FIGURES[chosen.name]
    written = plots.write_figure(
        figure, chosen.out, chosen.data, chosen.venue, chosen.width, chosen.format, usetex=chosen.usetex
    )
    for path in written:
        print(path)
    if chosen.caption:
        print(figure.caption)
    return 0


def _add_derive(commands: Any) -> None:
    derive = commands.add_parser(
        "derive",
        help="derive a result from the code that runs, every step checked",
        description="Derive a result about meta-learning on quadratics. The inner loops and algorithms of quadmaml are"
        " read over letters, and every step is checked as it is made: a step that is false is an error, with a"
        " counterexample. With --all, LaTeX and HTML are complete documents.",
    )
    derive.add_argument("name", nargs="?", metavar="NAME", help="which result; --list names them")
    derive.add_argument("--list", action="store_true", help="name the results and stop")
    derive.add_argument("--all", action="store_true", help="all of them, in one document")
    derive.add_argument("--format", default="text", metavar="F", help="text (default), latex, markdown or html")
    derive.add_argument("-o", "--out", metavar="FILE", help="where to write it (default: standard output)")


def _derive(chosen: argparse.Namespace) -> int:
    from .symbolic.derive import derivations, derive
    from .symbolic.documents import FORMATS, document, fragment, save

    if chosen.list:
        print("\n".join(derivations()))
        return 0
    if (chosen.name is None) != chosen.all:
        raise InputError("NAME: expected one name, or --all; quadmaml derive --list names them")
    if chosen.format not in FORMATS:
        raise InputError(f"--format: got {chosen.format!r}; expected one of {', '.join(FORMATS)}")
    if chosen.all:
        text = document([derive(name) for name in derivations()], chosen.format)
    else:
        text = fragment(derive(chosen.name), chosen.format)
    if chosen.out is None:
        print(text, end="")
    else:
        save(text, chosen.out)
        print(chosen.out)
    return 0


def _report(chosen: argparse.Namespace) -> int:
    groups, ridge = _data(chosen)
    from . import report

    options = {name: getattr(chosen, name) for name in ("lr", "steps", "strength", "folds", "seed")} | {"ridge": ridge}
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


def _data(chosen: argparse.Namespace) -> tuple[RegressionGroups, float]:
    """The groups that the words name, and the penalty of their losses."""
    if chosen.data is None or not chosen.data.endswith(".npz"):
        return _groups(chosen), 1e-3 if chosen.ridge is None else chosen.ridge
    from .datasets import as_groups, load_tasks

    words = ("task", "target", "features", "support", "no_intercept", "no_standardise", "drop_small")
    given = [f"--{name.replace('_', '-')}" for name in words if getattr(chosen, name) not in (None, False)]
    if given:
        raise InputError(f"{given[0]}: is for tables; expected nothing about columns or rows beside {chosen.data}")
    try:
        return as_groups(load_tasks(chosen.data), chosen.data), 0.0 if chosen.ridge is None else chosen.ridge
    except InputError as error:
        raise InputError(f"{error}" if chosen.data in str(error) else f"{chosen.data}: {error}") from None


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

    options: dict[str, Any] = {
        "support": chosen.support,
        "intercept": not chosen.no_intercept,
        "standardise": not chosen.no_standardise,
        "drop_small": chosen.drop_small,
    }
    if chosen.data is None:
        return regression_groups(grunfeld(), "firm", "invest", ["value", "capital"], **options)
    # As in the header of the table: a name that holds a comma stands in double quotes.
    features = [name.strip() for name in next(csv.reader([chosen.features], skipinitialspace=True), [])]
    return regression_groups(read_csv(chosen.data), chosen.task.strip(), chosen.target.strip(), features, **options)


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
    # A control character from the data, such as one that colours a terminal, is shown and not obeyed.
    line = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in " ".join(message.split()))
    with contextlib.suppress(OSError):
        print(f"quadmaml: error: {line}", file=sys.stderr, flush=True)
    return status


def _drop_output() -> None:
    """Let the interpreter flush standard output at its end without complaint, though nobody reads it any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
