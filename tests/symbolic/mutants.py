"""Wrong versions of the shipped derivations, made from their source: one change in one formula of one step each."""

from __future__ import annotations

import ast
import copy
import importlib
import inspect
import itertools
import types
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from quadmaml.errors import SingularError
from quadmaml.proofs.derivation import Derivation
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.identity import vanishes
from quadmaml.proofs.instances import draw, instance
from quadmaml.proofs.letters import Letter
from quadmaml.proofs.readings import OnQuadratics, Reading, letters_of_quadratics
from quadmaml.proofs.words_smooth import Smooth
from quadmaml.symbolic.shipped import SHIPPED

# What the name of a letter is mistaken for: the other task's, the other loss's, the minimiser for the linear part.
MISTAKEN = {"A": "B", "B": "A", "a": "b", "b": "a", "X": "Y", "Y": "X", "h": "b", "c": "theta", "alpha": "lam"}
MISTAKEN |= {"A1": "A3", "A2": "A1", "A3": "A2", "lam": "alpha", "theta": "c", "M": "eta", "P": "A1", "W": "c"}


@dataclass(frozen=True)
class Mutant:
    """A wrong derivation: which one, what kind of change, and where."""

    name: str
    kind: str
    formula: str
    line: int
    before: str
    after: str
    tree: ast.Module

    def __str__(self) -> str:
        return f"{self.name}, line {self.line}, {self.formula}: {self.kind}: {self.before} -> {self.after}"

    def derive(self) -> Derivation:
        """The derivation, from the changed source."""
        home = importlib.import_module(SHIPPED[self.name].__module__)
        module = types.ModuleType(home.__name__)
        module.__dict__.update(__package__=home.__package__, __file__=home.__file__)
        exec(compile(self.tree, home.__file__, "exec"), module.__dict__)
        return getattr(module, SHIPPED[self.name].__name__)()


def mutants() -> Iterator[Mutant]:
    """Every change of every kind, in every formula of every shipped derivation."""
    for name, builder in SHIPPED.items():
        tree = ast.parse(inspect.getsource(importlib.import_module(builder.__module__)))
        top = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
        for formula in _formulas(_reached(top, builder.__name__)):
            for place, node in enumerate(ast.walk(formula)):
                for kind, changed in _changes(node, _arguments(formula)):
                    yield _mutant(name, kind, tree, formula, place, node, changed)


def _reached(top: dict[str, ast.FunctionDef], name: str) -> list[ast.FunctionDef]:
    """A builder and the functions of its module that it calls."""
    seen: dict[str, ast.FunctionDef] = {}
    waiting = [name]
    while waiting:
        here = waiting.pop()
        if here in top and here not in seen:
            seen[here] = top[here]
            calls = [node for node in ast.walk(top[here]) if isinstance(node, ast.Call)]
            waiting += [node.func.id for node in calls if isinstance(node.func, ast.Name)]
    return list(seen.values())


def _formulas(functions: list[ast.FunctionDef]) -> Iterator[ast.FunctionDef | ast.Lambda]:
    """The formulas that are handed to ``define`` and ``step``: inner functions and lambdas of letters."""
    for function in functions:
        if "Derivation" not in ast.unparse(function.returns or ast.Constant("")):
            continue
        for node in ast.walk(function):
            inner = isinstance(node, ast.FunctionDef) and node is not function
            direct = isinstance(node, ast.Lambda) and len(node.args.args) > 1
            if inner or direct:
                yield node


def _arguments(formula: ast.FunctionDef | ast.Lambda) -> set[str]:
    return {each.arg for each in formula.args.args}


def _changes(node: ast.AST, names: set[str]) -> Iterator[tuple[str, ast.AST]]:
    if isinstance(node, ast.BinOp):
        swapped = {ast.Add: ast.Sub, ast.Sub: ast.Add}.get(type(node.op))
        if swapped:
            yield "sign", ast.BinOp(node.left, swapped(), node.right)
        if isinstance(node.op, ast.Mult):
            yield "order of a product", ast.BinOp(node.right, node.op, node.left)
            yield "factor", ast.BinOp(ast.Constant(2), ast.Mult(), node)
        if isinstance(node.op, ast.Pow):
            yield "exponent", ast.BinOp(node.left, node.op, ast.BinOp(node.right, ast.Add(), ast.Constant(1)))
        if isinstance(node.op, ast.Div) and isinstance(node.right, ast.Constant):
            yield "factor", ast.BinOp(node.left, node.op, ast.Constant(node.right.value + 1))
    if isinstance(node, ast.Attribute) and node.attr == "T":
        yield "transpose", node.value
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "inverse":
        yield "transpose", ast.Attribute(node, "T", ast.Load())
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
        if node.id in ("D", "P", "J"):
            yield "transpose", ast.Attribute(node, "T", ast.Load())
        other = MISTAKEN.get(node.id)
        if other in names:
            yield "wrong letter", ast.Name(other, ast.Load())


def _mutant(name, kind, tree, formula, place, node, changed) -> Mutant:
    where = next(i for i, each in enumerate(ast.walk(tree)) if each is formula)
    twin = copy.deepcopy(tree)
    twin_formula = list(ast.walk(twin))[where]
    target = list(ast.walk(twin_formula))[place]
    replaced = _Replace(target, copy.deepcopy(changed)).visit(twin)
    label = getattr(formula, "name", "lambda")
    before, after = ast.unparse(node), ast.unparse(changed)
    return Mutant(name, kind, label, node.lineno, before, after, ast.fix_missing_locations(replaced))


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, new: ast.AST) -> None:
        self.target, self.new = target, new

    def visit(self, node: ast.AST) -> Any:
        return self.new if node is self.target else self.generic_visit(node)


def without_smooth(derivation: Derivation) -> dict[str, Letter]:
    """The letters, with those of a quadratic in place of each smooth function."""
    smooth = smooth_letters(derivation)
    kept = {name: letter for name, letter in derivation.letters.items() if name not in smooth}
    return kept | letters_of_quadratics(smooth)


def smooth_letters(derivation: Derivation) -> frozenset[str]:
    return frozenset(name for name, letter in derivation.letters.items() if isinstance(letter, Smooth))


def on_numbers(formula: Any, derivation: Derivation, values: dict[str, int]) -> OnQuadratics:
    """A formula as a function of letters that every ring can read."""
    return OnQuadratics(Reading(formula, values), smooth_letters(derivation))


def is_equivalent(derivation: Derivation, original: Derivation, *, dim: int = 3, draws: int = 3) -> bool:
    """Whether all formulas have the same values as those of the original at random rational instances."""
    return len(derivation.steps) == len(original.steps) and all(
        _agree(ours.formula, theirs.formula, original, dim, draws)
        for ours, theirs in zip(derivation.steps, original.steps, strict=True)
        if ours.formula is not None
    )


def _agree(ours, theirs, original: Derivation, dim: int, draws: int) -> bool:
    rng, field, letters = Random(1), Rationals(), without_smooth(original)
    done = 0
    while done < draws:
        sample = draw(letters, dim, lambda: rng.randint(-9, 9))
        try:
            elements = instance(field, letters, dim, sample)
            for values in itertools.product(*original.counts.values()):
                counts = dict(zip(original.counts, values, strict=True))
                left, right = (on_numbers(formula, original, counts)(**elements) for formula in (ours, theirs))
                if not vanishes(left - right):
                    return False
        except SingularError:
            continue
        done += 1
    return True
