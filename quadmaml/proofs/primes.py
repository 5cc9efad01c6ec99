"""Primes: a decision whether a number is one, and a uniform draw among those of 63 bits."""

from __future__ import annotations

from random import Random

__all__ = ["LOWEST", "PRIMES_OF_63_BITS", "is_prime", "random_prime"]

# Random primes lie in [LOWEST, 2 LOWEST): flint's word-size matrices hold them.
LOWEST = 2**62
# There are more: x / (log x - 1) < pi(x) < x / (log x - 1.1) for x >= 60184 (Dusart 2010, Estimates of some functions
# over primes without R.H., arXiv:1002.0442) give 1.06e17.
PRIMES_OF_63_BITS = 10**17
_BASES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)


def is_prime(n: int) -> bool:
    """Whether n is prime, by the test of Miller and Rabin.

    To these bases no composite number below 3.3e24 passes (Sorenson, Webster 2017, Strong pseudoprimes to twelve prime
    bases, who extend it to thirteen).

    Examples
    --------
    >>> [n for n in range(20) if is_prime(n)]
    [2, 3, 5, 7, 11, 13, 17, 19]
    """
    if n < 2 or any(n % base == 0 for base in _BASES):
        return n in _BASES
    twos = ((n - 1) & -(n - 1)).bit_length() - 1
    return all(_passes(n, base, (n - 1) >> twos, twos) for base in _BASES)


def _passes(n: int, base: int, odd: int, twos: int) -> bool:
    x = pow(base, odd, n)
    if x in (1, n - 1):
        return True
    for _ in range(twos - 1):
        x = x * x % n
        if x == n - 1:
            return True
    return False


def random_prime(rng: Random) -> int:
    """A prime of 63 bits, each with the same chance: the next prime after a random number would favour wide gaps."""
    while not is_prime(n := rng.randrange(LOWEST, 2 * LOWEST)):
        pass
    return n
