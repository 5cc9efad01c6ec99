"""Every verdict on planted claims: no false one passes, no true one is refuted, no vacuous one is called true."""

from fractions import Fraction

import pytest

from quadmaml import InputError
from quadmaml.claims import assume, at_most, claim, less_than, psd, scalar, spd, step_size, vector, verify
from quadmaml.claims.readings import judged
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.verdicts import Status

from .planted import BROKEN, EMPTY, FALSE, TRUE

# Whose counterexamples cannot be small.
OF_LARGE_NUMBERS = {
    "a_narrow_dip",
    "beyond_a_step_size",
    "a_small_disc",
    "a_bent_valley",
    "far_out",
    "close_to_zero",
    "hardly_beyond_a_step_size",
    "up_to_a_root",
}


def beds(bed):
    return pytest.mark.parametrize(("planted", "expected"), list(bed.values()), ids=list(bed))


@beds(TRUE)
def test_true_claims(planted, expected):
    verdict = verify(planted, examples=300)
    assert verdict.status.value == expected, verdict.explain()
    assert verdict.failure_bound is None
    if expected == "TESTED":
        assert "instances" in verdict.scope


@pytest.mark.parametrize(("name", "dims"), [("standard_identity", (1, 2)), ("hall_identity", (2,))])
def test_true_in_small_dimensions(name, dims):
    planted, _ = FALSE[name]
    verdict = verify(planted, dims=dims)
    assert verdict.status is Status.CERTIFIED
    assert 0 < verdict.failure_bound < 1e-15
    assert verdict.scope == ("d ≤ 2" if len(dims) > 1 else "d = 2")


def free_numbers(planted, witness):
    def flat(name, value):
        letter = planted.letters[name]
        if letter.shape == "scalar":
            return (value,)
        if letter.shape == "vector":
            return value
        return tuple(x for i, row in enumerate(value) for x in (row[: i + 1] if letter.symmetric else row))

    return {name: flat(name, witness[name]) for name in planted.letters}


@beds(FALSE)
@pytest.mark.parametrize("seed", [None, 7])
def test_false_claims_have_small_witnesses(planted, expected, seed):
    verdict = verify(planted, seed=seed)
    assert verdict.status is Status.REFUTED, verdict.explain()
    assert verdict.witness.dim == expected
    sample = free_numbers(planted, verdict.witness)
    assert judged(planted, expected, sample, Rationals(pure=True)).kind == "violated"
    numbers = [x for each in sample.values() for x in each]
    assert all(isinstance(x, Fraction) for x in numbers)
    if planted.name not in OF_LARGE_NUMBERS:
        assert max(x.denominator for x in numbers) < 20
        assert max(abs(x.numerator) for x in numbers) < 100
    assert "pmatrix" in verdict.witness.latex() or not any(x.shape == "matrix" for x in planted.letters.values())
    assert " = " in verdict.witness.python()


@beds(EMPTY)
def test_vacuous_claims(planted, expected):
    assert verify(planted, examples=200).status is Status.VACUOUS


@beds(BROKEN)
def test_claims_that_raise(planted, expected):
    verdict = verify(planted, examples=200)
    assert verdict.status is Status.UNDECIDED
    assert "Error: " in verdict.explain()


@pytest.mark.parametrize("bed", [TRUE, FALSE])
def test_without_flint_the_verdicts_are_the_same(bed):
    for planted, _ in list(bed.values())[:6]:
        assert verify(planted, examples=60, pure=True).status is verify(planted, examples=60).status


def test_a_branch_is_no_proof():
    @claim(x=scalar())
    def branches(x):
        if x < 100000:
            return at_most(x, 100000)
        return at_most(x, 0)

    assert verify(branches, examples=50).status in (Status.TESTED, Status.REFUTED)


def test_margins():
    @claim(A=spd(), x=scalar(0, 1))
    def wide(A, x):
        return at_most(x, 3), psd(A @ A + A)

    @claim(x=scalar(0, 1))
    def narrow(x):
        return at_most(2 * x, 1)

    assert verify(wide, examples=50).status is Status.PROVED
    assert verify(narrow).margin == -1


def test_constants_are_no_letters():
    @claim(A=spd(), k=scalar(2, 2), lr=step_size("A"))
    def fixed(A, k, lr):
        return less_than(lr * A, k)

    verdict = verify(fixed)
    assert verdict.status is Status.PROVED
    assert "k" not in fixed.letters

    @claim(A=spd(), k=scalar(2, 2))
    def false(A, k):
        return less_than(A, k)

    assert verify(false).witness["k"] == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dims": ()}, "dims"),
        ({"dims": 10**6}, "up to 128"),
        ({"dims": 2.5}, "dims"),
        ({"dims": 0}, "dims"),
        ({"examples": 0}, "examples"),
    ],
)
def test_refused_options(options, message):
    with pytest.raises(InputError, match=message):
        verify(TRUE["a_quarter"][0], **options)


def test_only_claims_are_verified():
    with pytest.raises(InputError, match="expected a function with @claim"):
        verify(lambda A: A)


def test_what_is_settled_is_no_branch():
    @claim(x=scalar(0, 1), y=scalar(0, 1), lr=scalar(0))
    def unreachable(x, y, lr):
        assume((x < y, lr > 0))
        if x > 1 or y <= x or not lr > 0:
            raise ValueError
        return at_most(0, (y - x) * lr)

    @claim(x=scalar(0, 1))
    def reachable(x):
        if x >= 1:
            raise ValueError
        return at_most(x, 1)

    assert verify(unreachable, examples=60).status is Status.PROVED
    assert verify(reachable, examples=60).status is Status.UNDECIDED


def test_the_search_spends_what_it_is_given():
    from quadmaml.claims.search import Search

    @claim(A=spd(), B=spd(), C=spd(), a=vector(), b=vector(), c=vector())
    def positive(A, B, C, a, b, c):
        return at_most(0, a.T @ A @ a + b.T @ B @ b + c.T @ C @ c + 1)

    search = Search(positive)
    assert not search.run((1, 2, 3), 90)
    assert not search.climb((1, 2, 3), 900)
    assert search.spent < 1200
