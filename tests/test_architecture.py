"""The plan of the house: who may import whom, what a file may hold, and that nothing is forgotten in a registry."""

from __future__ import annotations

import ast
import dataclasses
import graphlib
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import quadmaml as qm
from quadmaml import adaptation, algorithms, errors, simulate, strategies

HOME = Path(qm.__file__).parent

# A module imports from lower floors, and on its own floor from the modules named before it. A package is one room.
FLOORS = [
    ["errors", "files", "exact", "arrays", "linalg"],
    ["curvature", "family"],
    ["quadratic"],
    ["affine", "field"],
    ["inner_loop", "adaptation", "tasks", "solvers"],
    ["meta_algorithm", "algorithms"],
    [
        *(
            "comparison",
            "analysis",
            "matrix_strategies",
            "strategies",
            "datasets",
            "sweeps",
            "fold_starts",
            "evaluation",
        ),
        *("spectra", "first_order", "regions", "implicit", "pareto", "paths"),
        *("explanation", "verdict", "starts", "weight_peaks", "distributed"),
    ],
    ["proofs", "conformance"],
    ["symbolic", "claims"],
    ["plots", "explorer"],
    ["report"],
    ["cli"],
]
ORDER = {room: place for place, room in enumerate(room for floor in FLOORS for room in floor)}
CORE = {room for floor in FLOORS[:6] for room in floor}
# The oracle stands beside the house. It reads parameters off classes, and knows no closed form.
BESIDE = {"simulate", "simulate_systems"}
ORACLE_MAY_IMPORT = {"errors", "exact", "arrays", "linalg", "quadratic", "tasks", "simulate_systems"}
ORACLE_MAY_IMPORT_CLASSES_OF = {"adaptation", "algorithms", "solvers"}
CLOSED_FORMS = {"residual", "map", "generator", "field", "weight", "jacobians", "objective", "fixed_point"}
# The front door opens on every room.
DOORS = {"__init__", "__main__"}


def modules() -> Iterator[tuple[str, Path]]:
    """Dotted names below the package, with their files."""
    for path in sorted(HOME.rglob("*.py")):
        parts = path.relative_to(HOME).with_suffix("").parts
        yield ".".join(parts), path


MODULES = dict(modules())
SOURCES = {name: path.read_text() for name, path in MODULES.items()}
each_module = pytest.mark.parametrize("name", MODULES)


def imports(name: str, source: str) -> Iterator[tuple[str, str | None, int]]:
    """Modules of the package that a module imports, anywhere in its file: (dotted name, name taken from it, line)."""
    package = ["quadmaml", *name.split(".")[:-1]]
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] == "quadmaml":
                    yield alias.name.partition(".")[2] or "__init__", None, node.lineno
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            full = [*base, *(node.module.split(".") if node.module else [])]
            if full[0] != "quadmaml":
                continue
            inside = ".".join(full[1:])
            for alias in node.names:
                module = f"{inside}.{alias.name}".strip(".")
                known = module in MODULES or f"{module}.__init__" in MODULES
                yield (module, None, node.lineno) if known else (inside or "__init__", alias.name, node.lineno)


def room(name: str) -> str:
    return name.split(".")[0]


def misdirected(name: str, source: str) -> list[str]:
    """Imports of a module that do not point down."""
    wrong, here = [], room(name)
    for target, taken, line in imports(name, source):
        there = room(target)
        what = f"{name}.py:{line} imports {target}"
        if here in BESIDE:
            classes = there in ORACLE_MAY_IMPORT_CLASSES_OF
            if classes and not (taken and taken[0].isupper()):
                wrong.append(f"{what}, but the oracle takes only classes from it, by name")
            elif not classes and there not in ORACLE_MAY_IMPORT:
                wrong.append(f"{what}, which the oracle must not know")
        elif there in BESIDE:
            if here in CORE:
                wrong.append(f"{what}, but the core must not know the oracle")
        elif there == "__init__":
            # Rooms above the core stand on what users see, too.
            if here in CORE:
                wrong.append(f"{what}: the core imports its rooms one by one")
        elif there != here and ORDER[there] >= ORDER[here]:
            wrong.append(f"{what}, which is not below it")
    return wrong


# Imports


def test_every_module_has_its_floor():
    rooms = {room(name) for name in MODULES} - DOORS - BESIDE
    assert rooms - set(ORDER) == set(), "a module without a floor: name it in FLOORS, and in CONTRIBUTING.md"


def test_the_table_of_contributing_is_the_plan():
    table = re.findall(r"^\| (F\d+|beside) \| (.*?) \|", (HOME.parent / "CONTRIBUTING.md").read_text(), re.MULTILINE)
    rooms = {name.split(".")[0] for name in MODULES}
    expected = [(f"F{k}", room) for k, floor in enumerate(FLOORS) for room in floor if room in rooms]
    written = [(floor, room) for floor, listed in table for room in re.findall(r"`(\w+)`", listed)]
    assert written == expected + [("beside", room) for room in sorted(BESIDE)]


@each_module
def test_imports_point_down(name):
    if room(name) not in DOORS:
        assert misdirected(name, SOURCES[name]) == []


def test_no_import_cycle():
    graph = {
        name: {target for target, _, _ in imports(name, source) if target != "__init__"}
        for name, source in SOURCES.items()
        if name not in DOORS
    }
    list(graphlib.TopologicalSorter(graph).static_order())


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("affine", "from .algorithms import MAML"),
        ("affine", "from . import field"),
        ("quadratic", "def f():\n    from quadmaml.affine import AffineMap"),
        ("arrays", "from .linalg import solve"),
        ("tasks", "from . import simulate"),
        ("tasks", "import quadmaml.simulate"),
        ("algorithms", "from quadmaml import Tasks"),
        ("plots.curve", "from ..report import page"),
        ("simulate", "from .affine import AffineMap"),
        ("simulate", "from . import adaptation"),
        ("simulate", "from .adaptation import generator"),
        ("simulate", "from .algorithms import adapted_losses"),
    ],
)
def test_twin_imports_that_do_not_point_down_are_caught(name, source):
    assert len(misdirected(name, source)) == 1


@pytest.mark.parametrize("name", sorted(BESIDE))
def test_the_oracle_mentions_no_closed_form(name):
    mentioned = {node.attr for node in ast.walk(ast.parse(SOURCES[name])) if isinstance(node, ast.Attribute)}
    assert mentioned & CLOSED_FORMS == set()


HEAVY = {"scipy", "sympy", "matplotlib", "torch", "jax", "pandas", "hypothesis", "bokeh", "dask", "flint", "tqdm"}


@pytest.mark.parametrize("statement", ["import quadmaml", "import quadmaml.simulate", "from quadmaml import *"])
def test_import_is_light(statement):
    code = f"{statement}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOME.parent)
    assert HEAVY.intersection(run.stdout.split()) == set()


def test_modules_that_are_loaded_on_demand_are_listed():
    assert {"claims", "datasets", "strategies", "sweep", "solve", "__version__"} <= set(dir(qm))
    assert [name for name in dir(qm) if not hasattr(qm, name)] == []


# What a file holds


@each_module
def test_only_the_command_line_prints(name):
    calls = [node for node in ast.walk(ast.parse(SOURCES[name])) if isinstance(node, ast.Call)]
    prints = [call.lineno for call in calls if isinstance(call.func, ast.Name) and call.func.id == "print"]
    assert room(name) == "cli" or prints == []


@each_module
def test_files_are_short(name):
    assert len(SOURCES[name].splitlines()) <= 400


Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(source: str) -> list[Function]:
    return [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]


def body_lines(function: Function) -> int:
    """Lines of a function without its signature and docstring."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@each_module
def test_bodies_are_short(name):
    assert {each.name: body_lines(each) for each in functions(SOURCES[name]) if body_lines(each) > 50} == {}


def test_twin_a_long_body_is_caught():
    (function,) = functions('def f():\n    """Docstring\n\n    of lines."""\n' + "    x = 1\n" * 51)
    assert body_lines(function) == 51


@each_module
def test_every_argument_is_annotated(name):
    for function in functions(SOURCES[name]):
        a = function.args
        given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, [a.vararg, a.kwarg])]
        bare = [each.arg for each in given if each.annotation is None and each.arg not in ("self", "cls")]
        assert bare == [], f"{function.name}, line {function.lineno}"
        assert function.returns is not None, f"{function.name}, line {function.lineno}: returns what?"


def imported() -> list[Any]:
    """Every module that can be imported without starting the program."""
    found = [importlib.import_module("quadmaml")]
    for info in pkgutil.walk_packages([str(HOME)], "quadmaml."):
        if info.name.split(".")[-1] != "__main__":
            found.append(importlib.import_module(info.name))
    return found


def public(module: Any) -> Iterator[tuple[str, Any, bool]]:
    """Public functions and classes of a module, public methods of the classes, and whether each has a docstring.

    An override may be documented where it is declared.
    """
    for name, value in vars(module).items():
        if name.startswith("_") or getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value) or inspect.isclass(value):
            yield name, value, bool(value.__doc__)
        if inspect.isclass(value):
            for method, member in vars(value).items():
                if not method.startswith("_") and (inspect.isroutine(member) or hasattr(member, "__get__")):
                    declared = [vars(base)[method] for base in value.__mro__ if method in vars(base)]
                    yield f"{name}.{method}", member, any(each.__doc__ for each in declared)


def test_everything_public_is_documented():
    for module in imported():
        assert module.__doc__, module.__name__
        bare = [name for name, _, documented in public(module) if not documented]
        # Small helpers between rooms may be left without; what ``__all__`` lists may not.
        listed = set(getattr(module, "__all__", ()))
        assert [name for name in bare if name.split(".")[0] in listed] == [], module.__name__


def test_all_lists_what_there_is():
    for module in imported():
        names = getattr(module, "__all__", None)
        if names is None:
            continue
        assert len(set(names)) == len(names), module.__name__
        assert [name for name in names if not hasattr(module, name)] == [], module.__name__
        classes = {name for name, value, _ in public(module) if inspect.isclass(value)}
        assert classes <= set(names), module.__name__


@pytest.mark.parametrize("module", [adaptation, algorithms, errors], ids=lambda module: module.__name__)
def test_loops_algorithms_and_errors_can_be_imported_from_the_front_door(module):
    assert set(module.__all__) <= set(qm.__all__)


def test_rooms_are_named_for_what_they_hold():
    vague = {"utils", "util", "helpers", "common", "misc", "tools", "base", "core"}
    assert vague & {part.strip("_") for name in MODULES for part in name.split(".")} == set()


# Registries: a forgotten place fails with what to do


def concrete(module: Any, base: type) -> list[type]:
    found = [getattr(module, name) for name in module.__all__]
    return [each for each in found if inspect.isclass(each) and issubclass(each, base) and not inspect.isabstract(each)]


LOOPS = concrete(adaptation, qm.InnerLoop)
ALGORITHMS = concrete(algorithms, qm.Algorithm)
by_name = {"ids": lambda kind: kind.__name__}


def test_no_loop_and_no_algorithm_is_hidden():
    def subclasses(kind: type) -> Iterator[type]:
        for each in kind.__subclasses__():
            yield each
            yield from subclasses(each)

    for base, listed in ((qm.InnerLoop, LOOPS), (qm.Algorithm, ALGORITHMS)):
        ours = {each for each in subclasses(base) if each.__module__ in ("quadmaml.adaptation", "quadmaml.algorithms")}
        assert ours - set(listed) == set(), "add it to __all__"


@pytest.mark.parametrize("kind", LOOPS, **by_name)
def test_every_loop_has_an_honest_step(kind):
    message = f"{kind.__name__} has a residual but no honest step: add one in simulate.py"
    assert kind in simulate.FORWARD, message
    assert kind in simulate.REVERSE, message + ", for the way back"


@pytest.mark.parametrize("kind", LOOPS, **by_name)
def test_every_loop_can_be_drawn(kind):
    assert kind in strategies.INNER_LOOPS, f"{kind.__name__} is drawn by no strategy: add a line in strategies.py"


@pytest.mark.parametrize("kind", ALGORITHMS, **by_name)
def test_every_algorithm_has_an_honest_meta_gradient(kind):
    message = f"{kind.__name__} has a field but no honest meta-gradient: add one in simulate.py"
    assert kind in simulate.META_GRADIENTS, message


@pytest.mark.parametrize("kind", ALGORITHMS, **by_name)
def test_every_algorithm_can_be_drawn(kind):
    assert kind in strategies.ALGORITHMS, f"{kind.__name__} is drawn by no strategy: add a line in strategies.py"


def section(kind: type, title: str) -> str:
    """The text below a title of a docstring, up to the next."""
    text = inspect.cleandoc(vars(kind).get("__doc__") or "")
    after = text.partition(f"\n{title}\n{'-' * len(title)}\n")[2]
    return after.split("\n---")[0]


@pytest.mark.parametrize("kind", LOOPS + ALGORITHMS, **by_name)
def test_every_loop_and_algorithm_gives_its_source_and_a_known_answer(kind):
    assert ">>>" in section(kind, "Examples"), "add an example with a known answer"
    if dataclasses.fields(kind):
        assert section(kind, "Notes"), "name the source, or say in a sentence what it is the limit of"
        documented = section(kind, "Parameters")
        for field in dataclasses.fields(kind):
            assert field.name in documented, f"say what {field.name} is"
