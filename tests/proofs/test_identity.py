"""Identity testing: true and false statements, the bound at tiny primes, singular draws, both paths."""

from collections.abc import Callable
from fractions import Fraction as Q
from typing import Any

import pytest

import quadmaml as qm
from quadmaml import InputError
from quadmaml.proofs import identity
from quadmaml.proofs.elements import FieldElement
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.formulas import differences, evaluate
from quadmaml.proofs.identity import Counts, count, failure_bound, identity_test
from quadmaml.proofs.instances import instance, polynomial
from quadmaml.proofs.letters import Letter, function_of, matrix, scalar, symmetric, vector
from quadmaml.proofs.primes import LOWEST, is_prime, random_prime
from quadmaml.proofs.ring import gradient, inverse, jacobian
from quadmaml.proofs.verdicts import Status
from quadmaml.proofs.words_smooth import smooth

from .drawn_fields import both_paths, path
from .drawn_formulas import AB, ABCD, FALSE, TRUE, loss_at_the_fixed_point, parallel_sum, standard_identity

# True and false statements


@both_paths
@pytest.mark.parametrize("name", TRUE)
def test_true_statements_pass_in_every_dimension(name, pure):
    lhs, rhs, letters = TRUE[name]
    for d in (1, 2, 3, 5):
        test = identity_test(lhs, rhs, letters, d, pure=path(pure))
        assert test.equal is True
        assert test.failure_bound < 1e-14


@both_paths
@pytest.mark.parametrize("name", FALSE)
def test_false_statements_fail_from_some_dimension_on(name, pure):
    lhs, rhs, letters, smallest = FALSE[name]
    for d in (1, 2, 3, 4):
        assert identity_test(lhs, rhs, letters, d, pure=path(pure)).equal is (d < smallest)


def test_the_standard_identity_holds_up_to_dimension_two():
    outcomes = [identity_test(standard_identity, 0, ABCD, d).equal for d in (1, 2, 3, 4)]
    assert outcomes == [True, True, False, False]


def test_the_two_paths_draw_the_same_instance():
    lhs, rhs, letters = TRUE["loss"]
    tests = [identity_test(lhs, rhs, letters, 3, seed=5, pure=path(pure)) for pure in (False, True)]
    assert tests[0].prime == tests[1].prime
    assert [(t.equal, t.failure_bound, t.counts) for t in tests[:1]] == [
        (t.equal, t.failure_bound, t.counts) for t in tests[1:]
    ]


def test_a_seed_repeats_the_draw_and_without_one_draws_differ():
    tests = [identity_test(lambda A: A, lambda A: A.T, AB, 2, seed=seed) for seed in (3, 3, None, None)]
    assert tests[0].prime == tests[1].prime
    assert len({test.prime for test in tests}) == 3
    assert len({test.seed for test in tests}) == 3


def test_the_cores_own_classes_are_tested():
    letters = {"A": symmetric(), "h": vector(), "x": vector(), "al": scalar()}

    def composed(A, h, x, al):
        f = qm.Quadratic(A, h)
        return f.compose(qm.GradientDescent(al, 2).map(f))(x)

    def directly(A, h, x, al):
        c = inverse(A) * h
        return (x - c).T * A * (1 - al * A) ** 4 * (x - c) / 2 - h.T * c / 2

    assert identity_test(composed, directly, letters, 4).equal
    assert not identity_test(composed, lambda **each: directly(**each) + 1, letters, 4).equal


def test_the_fixed_point_of_the_core_is_the_weighted_average():
    letters = {"A": symmetric(), "B": symmetric(), "u": vector(), "v": vector(), "al": scalar()}

    def core(A, B, u, v, al):
        return qm.MAML(qm.GradientDescent(al, 2)).fixed_point(qm.Tasks.from_minimizers([A, B], [u, v]))

    def average(A, B, u, v, al, steps=4):
        X, Y = A * (1 - al * A) ** steps, B * (1 - al * B) ** steps
        return inverse(X + Y) * (X * u + Y * v)

    assert identity_test(core, average, letters, 3).equal
    assert not identity_test(core, lambda **each: average(**each, steps=3), letters, 3).equal


# Singular draws


@both_paths
def test_what_is_always_singular_is_not_tested(pure):
    def lhs(A, B):
        return inverse(A * B - B * A)

    for d in (1, 3, 5):
        test = identity_test(lhs, lhs, AB, d, redraws=7, pure=path(pure))
        assert (test.equal, test.draws) == (None, 7)
        assert "singular" in test.reason
        assert "singular" in str(test)
        assert test.verdict().status is Status.UNDECIDED
    assert identity_test(lhs, lhs, AB, 2, pure=pure).equal is True


@both_paths
def test_singular_draws_are_drawn_again(pure):
    tests = [identity_test(lambda A: inverse(A) * A, 1, AB, 2, prime=3, seed=s, pure=path(pure)) for s in range(60)]
    assert all(test.equal for test in tests)
    assert max(test.draws for test in tests) > 1


def test_a_denominator_that_the_prime_divides_is_not_tested():
    test = identity_test(lambda A: A / 7, lambda A: A, AB, 1, prime=7)
    assert test.equal is None
    assert "modulo 7" in test.reason


# The bound


def draw_bound(lhs: Any, rhs: Any, letters: Any, d: int, p: int) -> float:
    """The part of the bound that is about the instance, for a statement that is false modulo p as well."""
    counted = count(lhs, rhs, letters, d)
    return failure_bound(Counts(counted.degree, 0, counted.inverted), p, random_prime=False)


STUV = {name: scalar() for name in "stuv"}
TINY: dict[str, tuple[Callable[..., Any], Any, Any, int, float]] = {
    # statement, dimension, how far below the bound the frequency may be
    "a number": (lambda t: t, 0, STUV, 1, 0.7),
    "a product": (lambda s, t: s * t, 0, STUV, 1, 0.7),
    "three factors": (lambda s, t, u: s * t * u, 0, STUV, 1, 0.6),
    "distinct roots": (lambda t: t * (t - 1) * (t - 2), 0, STUV, 1, 0.85),
    "a quotient": (lambda s, t: s / t, 0, STUV, 1, 0.6),
    "quotients": (lambda s, t, u, v: s / t - u / v, 0, STUV, 1, 0.25),
    "a determinant": (lambda A, u, v: u.T * inverse(A) * v, 0, {**AB, "u": vector(), "v": vector()}, 2, 0.15),
    "an entry": (lambda u, v: u.T * v, 0, {"u": vector(), "v": vector()}, 2, 0.4),
    "a column": (lambda t, u: t * u, 0, {"t": scalar(), "u": vector()}, 3, 0.3),
    "a function": (lambda P, u: u.T * P * u, 0, {"A": symmetric(), "P": function_of("A"), "u": vector()}, 2, 0.1),
}


def frequency(lhs: Any, rhs: Any, letters: Any, d: int, p: int, times: int = 1500) -> float:
    tests = [identity_test(lhs, rhs, letters, d, prime=p, seed=seed, redraws=200) for seed in range(times)]
    assert all(test.equal is not None for test in tests)
    return sum(bool(test.equal) for test in tests) / times


@pytest.mark.parametrize("p", [7, 11])
@pytest.mark.parametrize("name", TINY)
def test_at_a_tiny_prime_false_statements_pass_about_as_often_as_the_bound_allows(name, p):
    lhs, rhs, letters, d, share = TINY[name]
    bound, often = draw_bound(lhs, rhs, letters, d, p), frequency(lhs, rhs, letters, d, p)
    noise = 4 * (0.25 / 1500) ** 0.5
    assert share * bound - noise <= often <= bound + noise


def understated(monkeypatch: Any, bound: Callable[[Counts, int], float]) -> list[str]:
    """The statements that pass more often than another bound says."""
    wrong = []
    for name, (lhs, rhs, letters, d, _) in TINY.items():
        often = frequency(lhs, rhs, letters, d, 7, times=600)
        if often > bound(count(lhs, rhs, letters, d), 7) + 4 * (0.25 / 600) ** 0.5:
            wrong.append(name)
    return wrong


def test_twin_an_understated_bound_is_caught(monkeypatch):
    assert understated(monkeypatch, lambda counted, p: 1 / p) != []
    assert understated(monkeypatch, lambda counted, p: counted.degree / p**2) != []
    assert understated(monkeypatch, lambda counted, p: counted.degree / (p - counted.inverted)) == []


def test_the_bound_adds_the_chance_of_a_bad_prime():
    p = LOWEST + 135
    few, many = Counts(10, 62, 5), Counts(10, 62 * 10**6, 5)
    assert failure_bound(few, p, random_prime=True) == pytest.approx(10 / p)
    assert failure_bound(many, p, random_prime=True) == pytest.approx(1e-11)
    assert failure_bound(few, p, random_prime=False) == pytest.approx(10 / p)
    assert failure_bound(Counts(10, 63, 5), p, random_prime=False) == 1
    assert failure_bound(Counts(5, 2, 2), 7, random_prime=False) == 1
    assert failure_bound(Counts(3, 2, 2), 7, random_prime=False) == pytest.approx(3 / 5)
    assert failure_bound(Counts(10, 10**30, 5), p, random_prime=True) == 1
    assert failure_bound(Counts(0, 0, 0), 7, random_prime=False) == 0


def test_the_bound_is_rounded_upwards():
    for n, p in ((1, 3), (2, 7), (10**9, LOWEST + 135)):
        assert Q(failure_bound(Counts(n, 0, 0), p, random_prime=False)) >= Q(n, p)


def test_a_statement_that_only_the_prime_makes_true_is_not_certified():
    test = identity_test(lambda A: 5 * A, 0, AB, 2, prime=5)
    assert test.equal is True
    assert test.failure_bound == 1
    assert test.verdict().status is Status.UNDECIDED
    assert identity_test(lambda A: 5 * A, 0, AB, 2).equal is False


def test_the_loss_identity_is_bounded_at_large_dimension():
    lhs, rhs, letters = loss_at_the_fixed_point, parallel_sum, TRUE["loss"][2]
    assert failure_bound(count(lhs, rhs, letters, 100), LOWEST + 135, random_prime=True) < 2**-45


def test_verdicts():
    test = identity_test(lambda A: A.T, lambda A: A, AB, 4)
    verdict = test.verdict()
    assert (verdict.status, verdict.scope) == (Status.CERTIFIED, "d = 4")
    assert verdict.failure_bound == test.failure_bound > 0
    assert test.degree == 1
    assert "agree" in verdict.explain()
    refuted = identity_test(lambda A: A, 1, AB, 4)
    assert refuted.verdict().status is Status.UNDECIDED
    assert "differ" in str(refuted)


# Primes


def test_primes_below_a_thousand():
    assert [n for n in range(1000) if is_prime(n)] == [n for n in range(2, 1000) if all(n % k for k in range(2, n))]


@pytest.mark.parametrize(
    ("n", "prime"),
    [(2**61 - 1, True), (2**62 - 57, True), (3215031751, False), (3825123056546413051, False), (2**89 - 1, True)],
)
def test_large_primes_and_strong_pseudoprimes(n, prime):
    assert is_prime(n) is prime


def test_random_primes_have_63_bits():
    from random import Random

    rng = Random(0)
    drawn = {random_prime(rng) for _ in range(20)}
    assert len(drawn) == 20
    assert all(p.bit_length() == 63 and is_prime(p) for p in drawn)


# Formulas and instances


@pytest.mark.parametrize("dim", [0, -1, 2.0, "2"])
def test_the_dimension_is_a_positive_integer(dim):
    with pytest.raises(InputError, match="dim"):
        identity_test(lambda A: A, 0, AB, dim)


@pytest.mark.parametrize(
    ("lhs", "rhs", "message"),
    [
        (lambda X: X, 0, "X"),
        (lambda A: (A, A), lambda A: A, "parts"),
        (lambda A, u: A * u, lambda A: A, "vector"),
        (lambda A: A.exp(), 0, "exp"),
        (lambda A: 0.5 * A, 0, "0.5"),
    ],
)
def test_formulas_that_cannot_be_read_are_refused(lhs, rhs, message):
    with pytest.raises(InputError, match=message):
        identity_test(lhs, rhs, {**AB, "u": vector()}, 2)


def test_a_formula_takes_the_letters_that_it_names():
    assert evaluate(lambda **each: sorted(each), {"A": 1, "B": 2}) == ("A", "B")
    assert evaluate(lambda A, steps=3: A * steps, {"A": 2}) == (6,)
    assert evaluate(lambda A, *rest: [A, rest], {"A": 2}) == (2, ())
    assert evaluate(7, {}) == (7,)
    assert differences(lambda A: (A, 1), lambda A: (1, A), {"A": 3}) == (2, -2)


@pytest.mark.parametrize("base", [None, matrix(), vector(), scalar()])
def test_a_function_is_one_of_a_symmetric_letter(base):
    letters: dict[str, Letter] = {"P": function_of("A")} | ({} if base is None else {"A": base})
    with pytest.raises(InputError, match="P: is a function of 'A'"):
        identity_test(lambda P: P, 0, letters, 2)


def test_a_function_of_a_function_is_refused():
    letters = {"A": symmetric(), "P": function_of("A"), "R": function_of("P")}
    with pytest.raises(InputError, match="R: is a function of 'P'"):
        identity_test(lambda R: R, 0, letters, 2)


@pytest.mark.parametrize("n", range(1, 12))
def test_polynomials_of_a_matrix(n):
    F = Rationals(pure=True)
    A, coefficients = F.matrix([[1, 2], [2, -1]]), list(range(1, n + 1))
    directly: FieldElement = sum((c * A**k for k, c in enumerate(coefficients)), start=0 * A)
    assert polynomial(coefficients, A).value == directly.value


def test_instances_have_the_shape_of_their_letters():
    letters = {"S": symmetric(), "M": matrix(), "u": vector(), "t": scalar()}
    sample = {"S": (1, 2, 3), "M": (1, 2, 3, 4), "u": (5, 6), "t": (7,)}
    made = instance(Rationals(pure=True), letters, 2, sample)
    assert {name: each.value for name, each in made.items()} == {
        "S": ((1, 2), (2, 3)),
        "M": ((1, 2), (3, 4)),
        "u": (5, 6),
        "t": 7,
    }


def test_only_random_primes_count_as_random(monkeypatch):
    monkeypatch.setattr(identity, "count", lambda *_: Counts(1, 10**6, 0))
    assert identity_test(lambda A: A, 0, AB, 2, prime=LOWEST + 135).failure_bound == 1
    assert identity_test(lambda A: A, 0, AB, 2).failure_bound < 1e-12


@pytest.mark.parametrize(
    ("lhs", "letters", "options", "message"),
    [
        (lambda A: (), {"A": matrix()}, {}, "gives nothing"),
        (lambda A: None, {"A": matrix()}, {}, "gives nothing"),
        (lambda A, /: A, {"A": matrix()}, {}, "by position alone"),
        (lambda A: gradient(lambda y: y, 3), {"A": matrix()}, {}, "at: got 3"),
        (lambda A: jacobian(lambda y: y, 3), {"A": matrix()}, {}, "at: got 3"),
        (lambda A: A, None, {}, "letters: got None"),
        (lambda A: A, {"A": "matrix"}, {}, "letters: got 'matrix' for 'A'"),
        (lambda f, x: f(x), {"f": smooth(), "x": vector()}, {}, "f: is a smooth function"),
        (lambda A: A, {"A": matrix()}, {"redraws": "20"}, "redraws: got '20'"),
    ],
)
def test_bad_arguments_are_named(lhs, letters, options, message):
    with pytest.raises(InputError, match=message):
        identity_test(lhs, lhs, letters, 2, **options)


@pytest.mark.parametrize("options", [{"shape": "tensor"}, {"shape": "vector", "symmetric": True}])
def test_letters_that_are_none_are_refused(options):
    with pytest.raises(InputError):
        Letter(**options)
    with pytest.raises(InputError, match="function_of"):
        Letter("matrix", function_of="A")
