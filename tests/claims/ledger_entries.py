"""What every test of a source's entries asks: the readings reach their verdicts, the twins are refuted."""

from quadmaml.claims import verify
from quadmaml.claims.ledger import entries

VERDICTS = {}


def of(letter):
    """The entries of one source, as pytest parameters."""
    return [entry for key, entry in entries().items() if key[0] == letter and key[1:].isdigit()]


def verdict(claim):
    """Its verdict; a claim that several entries share is verified once."""
    if claim not in VERDICTS:
        VERDICTS[claim] = verify(claim)
    return VERDICTS[claim]


def check_readings(entry):
    for each in (*entry.readings, *entry.corrected):
        found = verdict(each.claim)
        assert found.status.value == each.expected, f"{each.formula}: {found.explain()}"
    assert all(each.expected in ("PROVED", "CERTIFIED") for each in entry.corrected)
    assert any(each.expected in ("PROVED", "CERTIFIED") for each in (*entry.readings, *entry.corrected))
    assert all((entry.sentence, entry.reason, entry.source))


def check_twin(entry):
    found = verdict(entry.twin)
    assert found.status.value == "REFUTED", found.explain()
    assert found.witness.dim <= 3
