"""The test support itself: an absent package skips a test, unless it is required."""

from __future__ import annotations

import pytest

from . import backends


def test_an_absent_package_skips_a_test() -> None:
    with pytest.raises(pytest.skip.Exception, match="no_such_package is not installed"):
        backends.need("no_such_package")


def test_an_absent_package_that_is_required_fails_a_test(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backends, "REQUIRED", {"no_such_package"})
    with pytest.raises(pytest.fail.Exception, match="QUADMAML_REQUIRE"):
        backends.need("no_such_package")


def test_a_present_package_is_returned() -> None:
    assert backends.need("numpy").__name__ == "numpy"
