"""Letters and shorthands for the tests of the words engine."""

from typing import Any

from quadmaml.proofs.letters import function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.words import Proof, prove_equal, smooth

LETTERS = {name: symmetric() for name in "ABCD"}
LETTERS |= {"P": function_of("A"), "R": function_of("A"), "Q": function_of("B"), "M": matrix(), "N": matrix()}
LETTERS |= {name: vector() for name in ("u", "v", "c", "h", "x", "theta")}
LETTERS |= {"lr": scalar(), "lam": scalar(), "f": smooth()}


def proof(lhs: Any, rhs: Any, **options: Any) -> Proof:
    return prove_equal(lhs, rhs, LETTERS, **options)


def proved(lhs: Any, rhs: Any, **options: Any) -> bool:
    return proof(lhs, rhs, **options).proved


def assumed(lhs: Any, rhs: Any, **options: Any) -> set[str]:
    result = proof(lhs, rhs, **options)
    assert result.proved
    return set(map(str, result.assumptions))
