"""Invented subscribers: real to the program, and to nobody else."""

import csv
import io
from collections import Counter

from composer.app.trial.invented_subscribers import invent
from composer.content.values.merge_fields import BUILT_IN
from composer.core.addresses import parse_address


def test_no_address_can_exist() -> None:
    """A thousand different addresses, all below .example (RFC 2606); of twelve, nine accept mail at once."""
    rows = list(csv.DictReader(io.StringIO(invent(1000, ("en",), {}))))
    addresses = {parse_address(row["email"]).address for row in rows}
    assert len(addresses) == 1000 and all(each.endswith(".example") for each in addresses)
    domains = Counter(row["email"].partition("@")[2].partition(".")[0] for row in rows[:12])
    assert domains == {"accepts": 9, "rejects": 1, "bounces": 1, "defers": 1}
    assert not any("defers" in row["email"] for row in rows[:6])


def test_every_merge_field_has_a_value() -> None:
    """So no message lacks one; the languages take turns."""
    rows = list(csv.DictReader(io.StringIO(invent(4, ("en", "de"), {"company": "ACME"}))))
    assert all(row[name] for row in rows for name in (*BUILT_IN, "company"))
    assert [row["language"] for row in rows] == ["en", "de", "en", "de"]
