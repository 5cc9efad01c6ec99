"""The ledger: its form, and that every verdict is the expected one."""

import pytest

from quadmaml import InputError
from quadmaml.claims import claim, equal, ledger, scalar, verify
from quadmaml.claims.ledger_page import markdown


@claim(x=scalar(), source="a source")
def reflexive(x):
    return equal(x, x)


@claim(x=scalar())
def wrong(x):
    return equal(x, 2 * x)


def entry(**changed):
    made = {
        "id": "T1",
        "sentence": "x is x",
        "readings": (ledger.Reading("x = x", reflexive, "PROVED"),),
        "twin": wrong,
        "reason": "By reflexivity. Nothing else is needed.",
    }
    return ledger.Entry(**(made | changed))


ENTRIES = list(ledger.entries().values())


@pytest.mark.slow
@pytest.mark.parametrize("each", ENTRIES, ids=lambda each: each.id)
def test_every_verdict_is_the_expected_one(each):
    for reading in (*each.readings, *each.corrected):
        verdict = verify(reading.claim)
        assert verdict.status.value == reading.expected, f"{each.id}: {reading.formula}: {verdict.explain()}"
    assert all(reading.expected in ("PROVED", "CERTIFIED") for reading in each.corrected)
    assert verify(each.twin).status.value == "REFUTED", f"{each.id}: the twin is not refuted"


def test_an_entry_takes_its_source_from_its_first_reading():
    assert entry().source == "a source"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: entry(readings=()), "has none"),
        (lambda: ledger.Reading("x", reflexive, "TRUE"), "expected one of"),
    ],
)
def test_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_ids_are_taken_once(monkeypatch):
    monkeypatch.setattr(ledger, "_ENTRIES", {})
    monkeypatch.setattr(ledger, "MODULES", ())
    first = ledger.enter(entry())
    assert ledger.enter(first) is first
    with pytest.raises(InputError, match="T1 is taken"):
        ledger.enter(entry(sentence="another"))
    assert ledger.claims() == [reflexive]
    text = markdown(verify)
    assert "**PROVED**" in text
    assert "**REFUTED**" in text
    assert "x = 1" in text
