"""The pytest plugin: claims in test files run beside the tests.

A claim at the top level of a test file is a test. It fails if the claim is refuted, with the counterexample, and also
if it is vacuous or raises; a claim that was only tested passes. ``--claim-examples N`` draws that many instances.
"""

from __future__ import annotations

from typing import Any

import pytest

__all__ = ["ClaimItem", "ClaimNotShownError"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option for the number of instances."""
    group = parser.getgroup("quadmaml", "claims about meta-learning on quadratics")
    group.addoption("--claim-examples", type=int, default=None, metavar="N", help="exact instances for each claim")


@pytest.hookimpl(tryfirst=True)
def pytest_pycollect_makeitem(collector: Any, name: str, obj: Any) -> Any:
    """A claim that the module defines is an item."""
    # By name, so that test suites without claims do not import the engines.
    kind = type(obj)
    if kind.__name__ != "Claim" or kind.__module__ != "quadmaml.claims.language":
        return None
    if obj.function.__module__ != getattr(collector.obj, "__name__", None):
        return None
    return ClaimItem.from_parent(collector, name=name, claim=obj)


class ClaimNotShownError(Exception):
    """A claim is false, vacuous, or raises."""


class ClaimItem(pytest.Item):
    """One claim as a test."""

    def __init__(self, *, claim: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim = claim

    def runtest(self) -> None:
        """Verify the claim; ClaimNotShownError unless it was proved, certified or tested."""
        from .verification import EXAMPLES, verify

        verdict = verify(self.claim, examples=self.config.getoption("--claim-examples") or EXAMPLES)
        self.add_report_section("call", "claim", verdict.explain())
        if verdict.status.value in ("REFUTED", "VACUOUS", "UNDECIDED"):
            shown = f"\n{verdict.witness}" if verdict.witness is not None else ""
            raise ClaimNotShownError(f"{self.claim.title}\n{verdict.explain()}{shown}")

    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        if isinstance(excinfo.value, ClaimNotShownError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Any, int, str]:
        line = self.claim.function.__code__.co_firstlineno - 1
        return self.path, line, f"claim: {self.name}"
