"""Change one thing in the core at a time, and see whether a quick subset of the tests notices.

    python tests/mutation/run.py [--sample N] [--seed S] [--jobs J] [--minutes M] [--again] [--list]

Each mutant runs in a copy of the package and the tests. Results go to a file of JSON lines, one a mutant, and a run
takes up where the last one stopped; a mutant of a file that has changed since is run again. See README.md beside this.
"""

from __future__ import annotations

import argparse
import ast
import copy
import hashlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE / "results.jsonl"

FILES = ["curvature", "quadratic", "affine", "field", "inner_loop", "adaptation", "tasks", "meta_algorithm"]
FILES += ["algorithms"]

# Values worked by hand come first: they are quickest, and most mutants end there.
TESTS = ["adaptation", "algorithms", "affine", "quadratic", "curvature", "tasks", "linalg", "bad_inputs"]
TESTS = [f"tests/test_{name}.py" for name in TESTS]
TESTS += [f"tests/laws/test_{name}.py" for name in ("every_inner_loop", "every_algorithm", "theory_fixed_points")]
ABSENT = {"torch", "jax", "flint"}


# Mutations


SWAPS: dict[type[ast.AST], list[type[ast.AST]]] = {
    ast.Add: [ast.Sub],
    ast.Sub: [ast.Add],
    ast.Mult: [ast.Div],
    ast.Div: [ast.Mult],
    ast.Pow: [ast.Mult],
    ast.Mod: [ast.Mult],
    ast.RShift: [ast.LShift],
    ast.BitAnd: [ast.BitOr],
    ast.Lt: [ast.LtE, ast.GtE],
    ast.LtE: [ast.Lt, ast.Gt],
    ast.Gt: [ast.GtE, ast.LtE],
    ast.GtE: [ast.Gt, ast.Lt],
    ast.Eq: [ast.NotEq],
    ast.NotEq: [ast.Eq],
    ast.Is: [ast.IsNot],
    ast.IsNot: [ast.Is],
    ast.In: [ast.NotIn],
    ast.NotIn: [ast.In],
    ast.And: [ast.Or],
    ast.Or: [ast.And],
}
TRUTHS = (ast.Compare, ast.BoolOp)


def negated(expression: ast.expr) -> ast.expr:
    truth = isinstance(expression, TRUTHS) or (
        isinstance(expression, ast.UnaryOp) and isinstance(expression.op, ast.Not)
    )
    return ast.UnaryOp(ast.Not() if truth else ast.USub(), expression)


def changes(node: ast.AST) -> Iterator[tuple[str, Callable[[ast.AST], ast.AST]]]:
    """What can be changed at one node: a name for it, and the change, made on a copy."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
        yield "operands of @ swapped", lambda n: ast.BinOp(n.right, n.op, n.left)
    if isinstance(node, (ast.BinOp, ast.AugAssign, ast.BoolOp)):
        for swap in SWAPS.get(type(node.op), []):
            yield f"{type(node.op).__name__} -> {swap.__name__}", lambda n, swap=swap: replaced(n, op=swap())
    if isinstance(node, ast.Compare) and len(node.ops) == 1:
        for swap in SWAPS.get(type(node.ops[0]), []):
            yield f"{type(node.ops[0]).__name__} -> {swap.__name__}", lambda n, swap=swap: replaced(n, ops=[swap()])
    if isinstance(node, ast.UnaryOp):
        yield f"{type(node.op).__name__} removed", lambda n: n.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield f"{node.value} -> {not node.value}", lambda n: ast.Constant(not n.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield f"{node.value} + 1", lambda n: ast.Constant(n.value + 1)
        yield f"{node.value} - 1", lambda n: ast.Constant(n.value - 1)
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield ".T dropped", lambda n: n.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "matrix_transpose":
        yield "transpose dropped", lambda n: n.args[0]
    if isinstance(node, (ast.If, ast.IfExp)):
        yield "condition negated", lambda n: replaced(n, test=ast.UnaryOp(ast.Not(), n.test))
    if isinstance(node, ast.Return) and node.value is not None:
        plain = isinstance(node.value, ast.Constant) and not isinstance(node.value.value, (int, float))
        if not plain and not isinstance(node.value, (ast.Tuple, ast.List, ast.JoinedStr)):
            yield "returned value negated", lambda n: replaced(n, value=negated(n.value))


def replaced(node: ast.AST, **fields: object) -> ast.AST:
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def is_message(node: ast.AST) -> bool:
    """Whether a node only says what went wrong: an error, a warning, a text."""
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        return name.endswith(("Error", "Warning")) or name in ("warn", "_shown", "_why_lost")
    return isinstance(node, (ast.Raise, ast.JoinedStr))


def parts(node: ast.AST) -> Iterator[tuple[str, ast.AST]]:
    """The children that are code: no messages, annotations, decorators or imports."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, (ast.Import, ast.ImportFrom)):
                yield name, child


def sites(tree: ast.AST) -> Iterator[ast.AST]:
    if not is_message(tree) and getattr(tree, "name", "") != "_shown":
        yield tree
        for _, child in parts(tree):
            yield from sites(child)


@dataclass(frozen=True)
class Mutant:
    """The change number ``choice`` at the site number ``place`` of a file."""

    file: str
    place: int
    choice: int
    line: int
    title: str
    source: str

    @property
    def key(self) -> str:
        digest = hashlib.sha256(self.source.encode()).hexdigest()[:12]
        return f"{self.file}:{digest}:{self.place}:{self.choice}"

    def text(self) -> str:
        tree = ast.parse(self.source)
        target = list(sites(tree))[self.place]
        change = [make for _, make in changes(target)][self.choice]
        new = change(copy.deepcopy(target))
        for parent in ast.walk(tree):
            for name, value in ast.iter_fields(parent):
                if value is target:
                    setattr(parent, name, new)
                elif isinstance(value, list) and any(each is target for each in value):
                    setattr(parent, name, [new if each is target else each for each in value])
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants() -> list[Mutant]:
    found = []
    for file in FILES:
        source = (ROOT / "quadmaml" / f"{file}.py").read_text()
        for place, node in enumerate(sites(ast.parse(source))):
            for choice, (title, _) in enumerate(changes(node)):
                found.append(Mutant(file, place, choice, node.lineno, title, source))
    return found


# Runs


def prepare() -> None:
    """Import what every run needs, once, before runs are forked; and hide the optional libraries from the tests."""
    import array_api_compat.numpy
    import array_api_strict
    import hypothesis
    import hypothesis.extra.numpy
    import numpy
    import pytest
    import scipy.linalg
    import sympy

    del array_api_compat, array_api_strict, numpy, pytest, scipy, sympy
    import importlib.util

    find_spec = importlib.util.find_spec
    importlib.util.find_spec = lambda name, package=None: None if name in ABSENT else find_spec(name, package)
    hypothesis.settings.register_profile(
        "mutation",
        max_examples=3,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    os.environ["HYPOTHESIS_PROFILE"] = "mutation"
    sys.dont_write_bytecode = True


def tested(tree: Path, limit: int) -> tuple[str, str]:
    """The verdict of the tests in a tree, and the test that decided: survived, killed, or timeout."""
    log = tree / "log"
    child = os.fork()
    if not child:
        signal.alarm(limit)
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.chdir(tree)
        sys.path.insert(0, str(tree))
        import pytest

        options = [
            "-x",
            "-q",
            "--assert=plain",
            "--tb=no",
            "-p",
            "no:cacheprovider",
            "-m",
            "not slow",
            "-o",
            "addopts=",
        ]
        status = 99
        try:
            status = int(pytest.main([*options, *TESTS]))
        finally:
            os._exit(status)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return ("timeout" if os.WTERMSIG(status) == signal.SIGALRM else "killed"), "signal"
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.startswith(("FAILED", "ERROR"))]
    return ("killed" if os.WEXITSTATUS(status) else "survived"), (lines[0][:160] if lines else "")


def copied(to: Path) -> Path:
    skip = shutil.ignore_patterns("__pycache__", "mutation", ".hypothesis")
    for name in ("quadmaml", "tests"):
        shutil.copytree(ROOT / name, to / name, ignore=skip)
    shutil.copy(ROOT / "pyproject.toml", to)
    return to


def work(chosen: list[Mutant], limit: int, until: float) -> None:
    """Run mutants in a tree of one's own, and append what came out."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        for mutant in chosen:
            if time.time() > until:
                return
            path = tree / "quadmaml" / f"{mutant.file}.py"
            path.write_text(mutant.text())
            started = time.time()
            verdict, by = tested(tree, limit)
            path.write_text(mutant.source)
            row = {"key": mutant.key, "file": mutant.file, "line": mutant.line, "mutation": mutant.title}
            row |= {"verdict": verdict, "by": by, "seconds": round(time.time() - started, 1)}
            with RESULTS.open("a") as file:
                file.write(json.dumps(row) + "\n")


def known(again: bool) -> dict[str, dict[str, object]]:
    rows = [json.loads(line) for line in RESULTS.read_text().splitlines()] if RESULTS.exists() else []
    latest = {row["key"]: row for row in rows}
    return {key: row for key, row in latest.items() if not (again and row["verdict"] == "survived")}


def report(chosen: list[Mutant]) -> None:
    rows = known(again=False)
    done = [(mutant, rows[mutant.key]) for mutant in chosen if mutant.key in rows]
    alive = [mutant for mutant, row in done if row["verdict"] == "survived"]
    for mutant in sorted(alive, key=lambda m: (m.file, m.line)):
        line = mutant.source.splitlines()[mutant.line - 1].strip()
        print(f"survived  quadmaml/{mutant.file}.py:{mutant.line}  {mutant.title:24}  {line}")
    for file in FILES:
        of = [row["verdict"] for mutant, row in done if mutant.file == file]
        if of:
            print(f"{file:16} {len(of) - of.count('survived'):4} of {len(of):4} killed")
    if done:
        share = 100 * (1 - len(alive) / len(done))
        print(f"{'all':16} {len(done) - len(alive):4} of {len(done):4} killed: {share:.1f} %")
    print(f"{len(chosen) - len(done)} of the {len(chosen)} chosen mutants have not been run")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sample", type=int, help="run this many mutants, chosen at random (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the choice and the order (default: 0)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--minutes", type=float, default=60, help="start no mutant after this time (default: 60)")
    parser.add_argument("--limit", type=int, default=240, help="seconds for one mutant (default: 240)")
    parser.add_argument("--again", action="store_true", help="run the survivors again")
    parser.add_argument("--list", action="store_true", help="report what is known, and run nothing")
    args = parser.parse_args()

    chosen = mutants()
    random.Random(args.seed).shuffle(chosen)
    chosen = chosen[: args.sample]
    if not args.list:
        prepare()
        with tempfile.TemporaryDirectory() as folder:
            verdict, by = tested(copied(Path(folder)), args.limit)
        if verdict != "survived":
            print(f"the tests fail without any mutation: {by}", file=sys.stderr)
            return 1
        done = known(args.again)
        left = [mutant for mutant in chosen if mutant.key not in done]
        until = time.time() + 60 * args.minutes
        children = []
        for job in range(args.jobs):
            child = os.fork()
            if not child:
                work(left[job :: args.jobs], args.limit, until)
                os._exit(0)
            children.append(child)
        for child in children:
            os.waitpid(child, 0)
    report(chosen)
    return 0


if __name__ == "__main__":
    sys.exit(main())
