"""Counterexamples: exact, small, the same on both paths, printable."""

from fractions import Fraction as Q

import pytest

from quadmaml.proofs import counterexamples
from quadmaml.proofs.counterexamples import Witness, find_counterexample
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.formulas import differences
from quadmaml.proofs.letters import matrix, scalar, symmetric, vector
from quadmaml.proofs.ring import inverse

from .drawn_fields import both_paths, path
from .drawn_formulas import AB, FALSE, TRUE

GOLDEN = {
    "order": {"A": [[1, 0], [0, 2]], "B": [[1, 1], [1, 2]]},
    "commuting": {"A": [[1, 0], [0, 2]], "B": [[1, 1], [1, 2]]},
    "general": {"M": [[1, 0], [1, 1]]},
    "midpoint": {"A": [[1]], "B": [[2]], "u": [0], "v": [1]},
    "exponent": {"A": [[1]], "al": 2},
    "numbers": {"A": [[1]], "B": [[1]]},
}


def entries(value):
    return tuple(map(entries, value)) if isinstance(value, (list, tuple)) else Q(value)


@both_paths
@pytest.mark.parametrize("name", FALSE)
def test_false_statements_have_small_counterexamples(name, pure):
    lhs, rhs, letters, smallest = FALSE[name]
    witness = find_counterexample(lhs, rhs, letters, pure=path(pure))
    assert witness.dim == smallest
    if name in GOLDEN:
        assert dict(witness) == {key: entries(value) for key, value in GOLDEN[name].items()}
    # Read back and evaluated once more
    F = Rationals(pure=True)
    elements = {key: F.element(letters[key].shape, value) for key, value in witness.items()}
    assert not all(getattr(x, "is_zero", lambda x=x: x == 0)() for x in differences(lhs, rhs, elements))


@both_paths
@pytest.mark.parametrize("name", ["transposes", "parallel sum", "commuting"])
def test_true_statements_have_none(name, pure):
    lhs, rhs, letters = TRUE[name]
    assert find_counterexample(lhs, rhs, letters, dims=(1, 2), tries=5, pure=path(pure)) is None


def test_both_paths_find_the_same():
    lhs, rhs, letters, _ = FALSE["s4"]
    found = [find_counterexample(lhs, rhs, letters, dims=(3,), pure=path(pure)) for pure in (False, True)]
    assert dict(found[0]) == dict(found[1])


def test_statements_that_fail_rarely_are_refuted_by_larger_numbers():
    def vanishes_at_small_integers(t):
        value = t
        for root in range(1, 4):
            value = value * (t - root) * (t + root)
        return value

    assert find_counterexample(vanishes_at_small_integers, 0, {"t": scalar()})["t"] == 4


def test_indefinite_matrices_are_tried_where_definite_ones_do_not_refute():
    witness = find_counterexample(
        lambda A, P: inverse(A), lambda A: inverse(A), {"A": symmetric(), "P": symmetric()}, dims=(1,), tries=3
    )
    assert witness is None
    # Only where every positive number is outside the formula's domain: 1 / (t - t) is never defined
    assert find_counterexample(lambda A: inverse(A - A), 0, {"A": symmetric()}, dims=(1, 2), tries=3) is None


@pytest.mark.parametrize(
    ("rows", "expected"),
    [([[1]], True), ([[0]], False), ([[2, 1], [1, 1]], True), ([[1, 1], [1, 1]], False), ([[1, 2], [2, 1]], False)],
)
def test_definite(rows, expected):
    assert counterexamples._is_definite(rows) is expected


def test_dimensions_are_tried_in_the_order_given():
    assert find_counterexample(lambda A: A, 1, AB, dims=(2, 1)).dim == 2


def test_what_the_second_evaluation_denies_is_not_returned(monkeypatch):
    calls = []

    def differs(*arguments):
        field = arguments[-2]
        calls.append(field.pure)
        return not field.pure

    monkeypatch.setattr(counterexamples, "_differs", differs)
    assert find_counterexample(lambda A: A, 0, {"A": symmetric()}, dims=(1,), tries=1) is None
    assert True in calls


def test_witnesses_print_and_read_as_mappings():
    letters = {"A": symmetric("A_1"), "c": vector(), "alpha": scalar(), "M": matrix()}
    values = {"A": ((Q(1), Q(-1, 2)), (Q(-1, 2), Q(3))), "c": (Q(0), Q(-2)), "alpha": Q(1, 3), "M": ((Q(1),),)}
    witness = Witness(values, 2, letters)
    assert witness.latex() == (
        r"A_1 = \begin{pmatrix} 1 & -\frac{1}{2} \\ -\frac{1}{2} & 3 \end{pmatrix}, \quad"
        r" c = \begin{pmatrix} 0 \\ -2 \end{pmatrix}, \quad \alpha = \frac{1}{3}, \quad"
        r" M = \begin{pmatrix} 1 \end{pmatrix}"
    )
    assert witness._repr_latex_() == f"${witness.latex()}$"
    assert str(witness) == repr(witness) == witness.python()
    names: dict = {}
    exec(witness.python(), {"Fraction": Q}, names)
    assert {name: entries(value) for name, value in names.items()} == dict(witness)
    assert (len(witness), list(witness), witness["c"]) == (4, list(letters), (0, -2))
