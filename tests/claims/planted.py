"""Claims that are planted: true ones, false ones of every kind, vacuous ones, and ones that raise."""

from fractions import Fraction
from itertools import permutations

import quadmaml as qm
from quadmaml.claims import (
    assume,
    at_most,
    claim,
    equal,
    inverse,
    less_than,
    matrix,
    psd,
    scalar,
    spd,
    step_size,
    symmetric,
    vector,
)

TRUE, FALSE, EMPTY, BROKEN = {}, {}, {}, {}


def plant(bed, expected=None, **domains):
    def planted(function):
        bed[function.__name__] = (claim(**domains)(function), expected)
        return function

    return planted


two = {"A": spd(), "B": spd(), "a": vector(), "b": vector(), "lr": step_size("A", "B")}
three = {"A": spd(), "B": spd(), "C": spd(), "a": vector(), "b": vector(), "c": vector()}


def weight(A, lr, k=1):
    return A @ (1 - lr * A) ** (2 * k)


def maml(lr, k=1):
    return qm.MAML(qm.GradientDescent(lr, k))


# True


@plant(TRUE, "PROVED", **two)
def fixed_point_is_a_weighted_mean(A, B, a, b, lr):
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    V, W = weight(A, lr), weight(B, lr)
    return equal(maml(lr).fixed_point(tasks), inverse(V + W) @ (V @ a + W @ b))


@plant(TRUE, "PROVED", **two)
def midpoint_never_wins(A, B, a, b, lr):
    tasks = qm.Tasks.from_minimizers([A, B], [a, b])
    loss, best = maml(lr).objective(tasks), maml(lr).fixed_point(tasks)
    off = (a + b) / 2 - best
    return at_most(loss(best), loss((a + b) / 2), because=off.T @ ((weight(A, lr) + weight(B, lr)) / 4) @ off)


@plant(TRUE, "PROVED", A=spd(), lr=step_size("A"))
def weight_increases_up_to_a_third(A, lr):
    assume(at_most(A, 1 / (3 * lr)))
    return at_most(0, (1 - lr * A) * (1 - 3 * lr * A))


@plant(TRUE, "PROVED", A=spd(), lr=scalar())
def stable_up_to_two(A, lr):
    assume(lr > 0)
    assume(less_than(lr * A, 2))
    return less_than((1 - lr * A) ** 2, 1)


@plant(TRUE, "PROVED", A=spd(), B=spd(), X=matrix())
def congruences(A, B, X):
    return psd(X.T @ (A + inverse(B)) @ X), less_than(0, A + B @ A @ B), equal((X.T @ A @ X).T, X.T @ A @ X)


@plant(TRUE, "PROVED", u=scalar(0, 1), v=scalar(0, 1), w=scalar(0, 1), x=vector(), y=vector(), z=vector())
def variance_of_three(u, v, w, x, y, z):
    assume(equal(u + v + w, 1))
    mean = u * x + v * y + w * z
    left = u * (x.T @ x) + v * (y.T @ y) + w * (z.T @ z) - mean.T @ mean
    return equal(left, u * v * ((x - y).T @ (x - y)) + u * w * ((x - z).T @ (x - z)) + v * w * ((y - z).T @ (y - z)))


@plant(TRUE, "PROVED", A=symmetric(), B=symmetric())
def commuting_by_assumption(A, B):
    assume(equal(A @ B, B @ A))
    return equal(A @ A @ B, B @ A @ A)


@plant(TRUE, "PROVED", x=scalar(0, 1))
def a_quarter(x):
    assume(0 <= x <= 1)
    return at_most(x * (1 - x), 0.25)


@plant(TRUE, "PROVED", A=spd(), B=spd())
def inverses_turn_round(A, B):
    assume(at_most(A, B))
    return at_most(inverse(B), inverse(A))


@plant(TRUE, "PROVED", A=spd(), a=vector(), x=vector(), lr=scalar(0), m=scalar(0, 0.9))
def two_steps_of_heavy_ball(A, a, x, lr, m):
    # The momentum is checked to be below 1, which its interval says.
    assume(lr > 0)
    loss = qm.MAML(qm.HeavyBall(lr, m, 2)).objective(qm.Tasks.from_minimizers([A], [a]))
    P = (1 - lr * A) ** 2 - m * lr * A
    return equal(loss(x) - loss(a), (x - a).T @ P @ A @ P @ (x - a) / 2)


@plant(TRUE, "PROVED", x=scalar(0, 1), y=scalar(0, 1), z=scalar(0, 1))
def on_a_triangle(x, y, z):
    assume(equal(x + y + z, 1))
    return at_most(x * y + y * z + x * z, 1 / 3)


@plant(TRUE, "PROVED", x=scalar(0, 1), y=scalar(0, 1))
def what_is_left_of_an_equation(x, y):
    # y = 2x stays in its interval, and so x in half of it.
    assume(equal(y, 2 * x))
    return at_most(x, 0.5)


@plant(TRUE, "TESTED", A=spd(), B=spd())
def a_wrong_reason_proves_nothing(A, B):
    return at_most(A, A + B, because=2 * B)


# False


@plant(FALSE, 1, **two)
def first_order_is_enough(A, B, a, b, lr):
    tasks, loop = qm.Tasks.from_minimizers([A, B], [a, b]), qm.GradientDescent(lr, 1)
    return equal(qm.MAML(loop).fixed_point(tasks), qm.FOMAML(loop).fixed_point(tasks))


@plant(FALSE, 2, **three)
def pairs_of_three_tasks(A, B, C, a, b, c):
    S = inverse(A + B + C)
    mean = S @ (A @ a + B @ b + C @ c)
    loss = sum(((mean - x).T @ W @ (mean - x) for x, W in ((a, A), (b, B), (c, C))), 0)
    pairs = ((a, A, b, B), (a, A, c, C), (b, B, c, C))
    return equal(loss, sum(((x - y).T @ V @ S @ W @ (x - y) for x, V, y, W in pairs), 0))


@plant(FALSE, 2, A=spd(), B=spd(), lr=step_size("A", "B"))
def monotone_where_the_scalars_are(A, B, lr):
    assume((at_most(A, B), at_most(B, 1 / (3 * lr))))
    return at_most(weight(A, lr), weight(B, lr))


@plant(FALSE, 2, A=spd(), B=spd())
def squares_keep_the_order(A, B):
    assume(at_most(A, B))
    return at_most(A @ A, B @ B)


@plant(FALSE, 3, A=matrix(), B=matrix(), C=matrix(), D=matrix())
def standard_identity(A, B, C, D):
    letters, total = (A, B, C, D), 0
    for p in permutations(range(4)):
        sign = (-1) ** sum(p[j] > p[i] for i in range(4) for j in range(i))
        total = total + sign * (letters[p[0]] @ letters[p[1]] @ letters[p[2]] @ letters[p[3]])
    return equal(total, 0)


@plant(FALSE, 3, A=matrix(), B=matrix(), C=matrix())
def hall_identity(A, B, C):
    K = A @ B - B @ A
    return equal(K @ K @ C, C @ K @ K)


@plant(FALSE, 1, A=spd(), lr=scalar(0, 2.01))
def beyond_a_step_size(A, lr):
    assume(at_most(A, 1))
    return at_most((1 - lr * A) ** 2, 1)


@plant(FALSE, 1, A=spd(), a=vector(), x=vector(), lr=step_size("A"))
def a_factor_in_one_term(A, a, x, lr):
    moved = qm.GradientDescent(lr, 2).map(qm.Quadratic.from_minimizer(A, a))(x)
    return equal(moved - a, (1 - 2 * lr * A + 2 * lr**2 * A @ A) @ (x - a))


@plant(FALSE, 1, A=symmetric(), x=vector())
def indefinite(A, x):
    return at_most(0, x.T @ A @ x + 2 * (x.T @ x))


@plant(FALSE, 1, x=scalar(0, 4))
def a_narrow_dip(x):
    return at_most(0, (1000 * x - 2001) ** 2 - 0.01)


@plant(FALSE, 1, A=spd(), x=vector())
def strict_at_zero(A, x):
    return less_than(0, x.T @ A @ x)


@plant(FALSE, 2, X=matrix())
def not_symmetric(X):
    return psd(X @ X.T + X - X.T)


@plant(FALSE, 1, A=spd(), B=spd())
def the_second_of_two(A, B):
    return at_most(A, A + B), equal(A, B)


@plant(FALSE, 2, A=symmetric(), B=symmetric())
def squares_keep_the_order_of_small_matrices(A, B):
    assume((psd(A), at_most(A, B), at_most(B, 1)))
    return at_most(A @ A, B @ B)


@plant(FALSE, 1, x=scalar(0, 1), y=scalar(0, 1))
def a_small_disc(x, y):
    return at_most(Fraction(1, 10**6), (x - Fraction(371, 1000)) ** 2 + (y - Fraction(577, 1000)) ** 2)


@plant(FALSE, 1, x=scalar(-2, 2), y=scalar(-2, 2))
def a_bent_valley(x, y):
    return at_most(Fraction(1, 10**4), 100 * (y - x * x) ** 2 + (Fraction(1371, 1000) - x) ** 2)


@plant(FALSE, 1, x=scalar(), y=scalar())
def far_out(x, y):
    return at_most(x * y, 10**15)


@plant(FALSE, 1, A=spd(), B=spd())
def close_to_zero(A, B):
    return at_most(Fraction(1, 10**9), A + B)


@plant(FALSE, 1, A=spd(), lr=scalar(0))
def hardly_beyond_a_step_size(A, lr):
    assume(at_most(lr * A, Fraction(2001, 1000)))
    return at_most((1 - lr * A) ** 2, 1)


@plant(FALSE, 1, x=scalar(0))
def up_to_a_root(x):
    assume(x**2 <= 2)
    return at_most(x, Fraction(14142, 10**4))


# Vacuous, and broken


@plant(EMPTY, x=scalar(0, 1))
def beyond_the_interval(x):
    assume(x > 2)
    return equal(x, 3)


@plant(EMPTY, A=spd())
def negative_and_positive(A):
    assume(psd(-A))
    return equal(A, 2 * A)


@plant(EMPTY, A=spd(), B=spd())
def inverse_of_nothing(A, B):
    return equal(inverse(A - A), B)


@plant(BROKEN, x=scalar())
def raises(x):
    raise ValueError("not today")


@plant(BROKEN, A=spd())
def states_nothing(A):
    return A


@plant(BROKEN, A=spd(), x=vector())
def shapes_do_not_fit(A, x):
    return equal(A, x)


@plant(BROKEN, x=scalar(), y=scalar())
def compares_objects(x, y):
    assume(x == y)
    return equal(x, y)
