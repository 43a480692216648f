"""What changed, in words."""

from typing import Any

import pytest

from freehold.dashboard.views.audit import AuditChange
from freehold.organizations.audit_words import action_words, changes_of, field_words


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("overlap_s", "Overlap in seconds"),
        ("url", "URL"),
        ("expires_at", "Expires at"),
        ("allowed_cidrs", "Allowed CIDRs"),
        ("s", "S"),
    ],
)
def test_names_are_words(name: str, words: str) -> None:
    assert field_words(name) == words


def test_an_action_is_a_sentence() -> None:
    assert action_words("webhook_endpoint.secret_rotated") == "Webhook endpoint secret rotated"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"), (1200, "1,200"), (["a", "b"], "a, b"), ([], "none"), ({}, "none"), (0.5, "0.5"), ("x", "x"),
        ("2026-11-29T16:55:55.991Z", "2026-11-29 16:55:55 UTC"), ([{"limit": 5, "name": None}], "limit 5 name –"),
    ],
)  # fmt: skip
def test_values_are_words(value: Any, text: str) -> None:
    assert changes_of(None, {"it": value}) == (AuditChange(field="It", before=None, after=text),)


def test_fields_in_fields_are_told_apart() -> None:
    changed = changes_of(
        {"quota": {"limit": 5, "period": "day"}}, {"quota": {"limit": 9, "period": "day"}, "name": "web"}
    )
    assert changed == (
        AuditChange(field="Quota, limit", before="5", after="9"), AuditChange(field="Quota, period", before="day", after="day"),
        AuditChange(field="Name", before=None, after="web"),
    )  # fmt: skip
