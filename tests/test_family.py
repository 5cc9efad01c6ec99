"""Lists of ring elements as batches of tasks, read against the same tasks as arrays of exact scalars."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import quadmaml as qm
from quadmaml import linalg
from quadmaml.curvature import RingElement
from quadmaml.family import Family

from .backends import need

q = Fraction
to = np.vectorize(q, otypes=[object])


@dataclass(frozen=True, eq=False)
class Exact(RingElement):
    """A matrix, column, row or number of Fractions, as a ring would write it: it knows nothing of batches."""

    array: Any

    @property
    def T(self):
        return Exact(self.array.T)

    def _plus(self, other):
        return Exact(self.array + other.array)

    def _shifted(self, number):
        return Exact(self.array + to(np.eye(*self.array.shape, dtype=int)) * number)

    def _scaled(self, number):
        return Exact(number * self.array)

    def _times(self, other):
        one = self.array.shape == (1, 1) or other.array.shape == (1, 1)
        return Exact(self.array * other.array if one else self.array @ other.array)

    def _one(self):
        return Exact(to(np.eye(len(self.array), dtype=int)))

    def inverse(self):
        n = len(self.array)
        return Exact(linalg.solve(self.array, to(np.eye(n, dtype=int))))

    def exp(self):
        raise NotImplementedError

    def __matmul__(self, other):
        return self * other

    def is_zero(self):
        return not self.array.any()


def column(*entries):
    return Exact(to([[entry] for entry in entries]))


A, B = to([[[2, 1], [1, 1]], [[1, 0], [0, 3]]])
a, b = to([[1, 2], [0, 5]])
listed = qm.Tasks.from_minimizers([Exact(A), Exact(B)], [column(1, 2), column(0, 5)], weights=[1, q(3)])
batched = qm.Tasks.from_minimizers(np.stack([A, B]), np.stack([a, b]), weights=to([1, 3]))
other = qm.Quadratic(np.stack([B, A]), np.stack([a, b]), to([1, 2]))
other_listed = qm.Quadratic([Exact(B), Exact(A)], [column(1, 2), column(0, 5)], [Exact(to([[1]])), Exact(to([[2]]))])
split = qm.Tasks(batched.support, other, to([1, 3])), qm.Tasks(listed.support, other_listed, [1, 3])
D = to([[1, 1], [0, 2]]) / 8

LOOPS = [
    (qm.NoAdaptation(), None),
    (qm.GradientDescent(q(1, 4), 3), None),
    (qm.GradientDescent([q(1, 4), q(1, 3)]), None),
    (qm.HeavyBall(q(1, 4), q(1, 2), 3), None),
    (qm.Proximal(q(2)), None),
    (qm.ProximalGradientDescent(q(2), q(1, 5), 3), None),
    (qm.Chebyshev(q(1), q(3), 3), None),
    (qm.PreconditionedGradientDescent(D, 2), qm.PreconditionedGradientDescent(Exact(D), 2)),
]
ALGORITHMS = [qm.MAML, qm.FOMAML, qm.Reptile, lambda loop: qm.IMAML(q(2), loop)]
each_pair = [(make(loop), make(twin or loop)) for make in ALGORITHMS for loop, twin in LOOPS]
each_pair += [(qm.Joint(), qm.Joint()), (qm.MoreauEnvelope(q(2)), qm.MoreauEnvelope(q(2)))]
each_pair += [(qm.TruncatedMAML(LOOPS[1][0], 1), qm.TruncatedMAML(LOOPS[1][0], 1))]


@pytest.mark.parametrize("which", [0, 1], ids=["query = support", "split"])
@pytest.mark.parametrize(("algorithm", "twin"), each_pair, ids=lambda x: str(x)[:60])
def test_a_list_of_elements_is_a_batch(algorithm, twin, which):
    tasks, elements = [(batched, listed), split][which]
    field, ring_field = algorithm.field(tasks), twin.field(elements)
    assert (ring_field.operator.array == field.matrix).all()
    assert (ring_field.rhs.array[:, 0] == field.rhs).all()
    if algorithm == qm.Reptile(qm.NoAdaptation()):
        with pytest.raises(qm.SingularError):
            twin.fixed_point(elements)
    else:
        assert (twin.fixed_point(elements).array[:, 0] == algorithm.fixed_point(tasks)).all()
    theta = to([3, -1])
    gradient = twin.meta_gradient(elements, column(3, -1))
    assert (gradient.array[:, 0] == algorithm.meta_gradient(tasks, theta)).all()
    assert ring_field.is_gradient() == field.is_gradient()
    if field.is_gradient():
        loss, ring_loss = algorithm.objective(tasks), twin.objective(elements)
        value = ring_loss(column(3, -1))
        assert (value.array if isinstance(value, Exact) else value) == loss(theta)


def test_lists_of_elements_know_their_tasks():
    assert len(listed) == 2
    assert listed.weights.members == (q(1, 4), q(3, 4))
    assert (listed.mean_minimizer().array[:, 0] == batched.mean_minimizer()).all()
    losses = qm.adapted_losses(listed, column(3, -1), LOOPS[1][0])
    assert [loss.array.item() for loss in losses.members] == list(qm.adapted_losses(batched, to([3, -1]), LOOPS[1][0]))
    field = qm.MAML(LOOPS[1][0]).field(listed)
    assert (
        field.descend(column(0, 0), q(1, 10), 5).array[:, 0]
        == qm.MAML(LOOPS[1][0]).field(batched).descend(to([0, 0]), q(1, 10), 5)
    ).all()


def test_products_of_families_keep_their_order():
    x, y = Exact(A), Exact(B)
    assert ((Family((x, x)) * y).members[0].array == A @ B).all()
    assert ((y * Family((x, x))).members[0].array == B @ A).all()
    assert ((Family((x, x)) @ y).members[0].array == A @ B).all()
    assert ((y + Family((x, x)) - y).members[1].array == A).all()


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: qm.Quadratic([Exact(A), Exact(B)], [column(1, 2)]), "linear: has 1 entries; expected 2"),
        (lambda: qm.Tasks(listed.support, weights=[1]), "weights: has 1 entries; expected 2"),
        (lambda: qm.Tasks(qm.Quadratic(Exact(A), column(1, 2))), "support: got one element of a ring"),
        (lambda: listed.dim, "dim: the vectors of this ring have no dimension"),
    ],
)
def test_refused(make, message):
    with pytest.raises(qm.InputError, match=message):
        make()


def test_a_field_that_is_not_shown_to_be_a_gradient():
    field = qm.FOMAML(LOOPS[1][0]).field(split[1])
    assert not field.is_gradient()
    with pytest.raises(qm.NotAGradientError, match="not shown"):
        field.potential()


def test_multiples_of_quadratics_stay_exact():
    f = q(1, 3) * qm.Quadratic(Exact(A), column(1, 2), Exact(to([[3]])))
    assert (f.linear.array == to([[q(1, 3)], [q(2, 3)]])).all()
    assert f.constant.array == 1


def test_gradient_flow_over_balls():
    need("flint")
    from quadmaml.proofs.balls import Balls, interval

    ring = Balls(128)
    loop, theta = qm.GradientFlow(0.5), np.array([1.0, -1.0])
    matrices = [[[2, 1], [1, 1]], [[1, 1], [1, 1]]]
    f = qm.Quadratic([ring.matrix(m) for m in matrices], [ring.column([1, 2])] * 2)
    floats = loop.map(qm.Quadratic(np.array(matrices, dtype=float), np.array([[1.0, 2.0]] * 2)))(theta)
    adapted = qm.GradientFlow(q(1, 2)).map(f)(ring.column([1, -1]))
    for member, row in zip(adapted.members, floats, strict=True):
        for ball, number in zip(member.value, row, strict=True):
            low, high = interval(ball)
            assert abs(float(low) - number) < 1e-14
            assert abs(float(high) - number) < 1e-14
