"""Every domain is a strategy, and what each shrinks to."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import find, given, settings

from quadmaml import strategies
from quadmaml.claims import at_most, claim, matrix, scalar, spd, step_size, symmetric, vector
from quadmaml.claims.drawn import STRATEGIES, arguments, strategy
from quadmaml.claims.draws import draw_sample
from quadmaml.claims.readings import inside
from quadmaml.proofs.fields import Rationals
from quadmaml.proofs.instances import instance


@claim(A=spd(), S=symmetric(), M=matrix(), x=vector(), t=scalar(0, 1), s=scalar(None, 3), lr=step_size("A"))
def everything(A, S, M, x, t, s, lr):
    return at_most(lr * A, 1)


def test_every_domain_is_a_strategy():
    assert set(STRATEGIES) == {domain.kind for domain in everything.domains.values()}
    assert {made.__name__ for made in STRATEGIES.values()} <= set(strategies.__all__)


@pytest.mark.parametrize("exact", [True, False])
def test_shrink_targets(exact):
    found = find(arguments(everything, min_dim=2, exact=exact), lambda drawn: True)
    assert found["A"].tolist() == found["S"].tolist() == [[1, 0], [0, 1]]
    assert found["M"].tolist() == [[0, 0], [0, 0]]
    assert found["x"].tolist() == [0, 0]
    assert (found["t"], found["s"], found["lr"]) == (1, 1, 0.5)


@settings(deadline=None, max_examples=40)
@given(arguments(everything, exact=True))
def test_what_is_drawn_is_in_its_domain(drawn):
    Q, shapes = Rationals(), {name: each.letter.shape for name, each in everything.domains.items()}
    elements = {
        name: Q.element(shapes[name], x.tolist() if isinstance(x, np.ndarray) else Fraction(x))
        for name, x in drawn.items()
    }
    assert inside(everything, elements)


def test_converted():
    drawn = find(arguments(everything, convert=lambda x: ("converted", x.shape)), lambda drawn: True)
    assert drawn["A"] == ("converted", (1, 1))
    assert find(strategy(vector(), 2, convert=list), lambda x: True) == [0.0, 0.0]


def test_the_search_draws_from_the_domains():
    import random

    rng = random.Random(3)
    for k in range(200):
        dim = 1 + k % 4
        sample = draw_sample(everything, dim, rng, 1 + k % 5)
        assert inside(everything, instance(Rationals(), everything.letters, dim, sample))
