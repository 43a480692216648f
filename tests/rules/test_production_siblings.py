"""Words of siblings: fields, values, consequences; and which acceptances stand. No IO."""

from datetime import UTC, datetime, timedelta

import pytest

from freehold.production.bindings import rules as bindings_rules
from freehold.production.drift import rules as drift_rules
from freehold.production.drift.records import Acceptance
from freehold.production.shape.presenting import title_of, value_of
from freehold.production.shape.records import BindingSlot, Difference
from freehold.production.siblings import locking
from freehold.production.siblings import words as sibling_words

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "title"),
    [
        ("/labels/product_line", "product line"), ("/scope/endpoints/get_country", "endpoints · get_country"),
        ("/scope/event_types/lookup.done", "event types · lookup.done"), ("/keys/my_key", "my_key"),
        ("/keys/my_key/rate_limits", "my_key · rate limits"), ("/limits/rate_limits/per_key", "rate limits · per_key"),
        ("/owners/billing", "billing"), ("/webhooks/a~1b/max_per_second", "a/b · max per second"),
    ],
)  # fmt: skip
def test_a_field_is_named_as_people_name_it(path: str, title: str) -> None:
    assert title_of(path) == title


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"limit": 1000, "period": "day"}, "1,000 in each day"), ({"limit": 20, "window_s": 60}, "20 in 60 s"),
        (["a", "b"], "a, b"), ([], "none"), (True, "yes"), (None, ""),
        ({"window_s": 300, "filter": {"key": None}, "minimum_count": 5, "notify": []}, "window 300 s, minimum count 5"),
    ],
)  # fmt: skip
def test_a_value_in_words(value: object, words: str) -> None:
    assert value_of(value) == words


def change(path: str, wanted: object, present: object) -> Difference:
    kind = (
        "differs"
        if wanted is not None and present is not None
        else "only_in_sandbox"
        if present is None
        else "only_in_production"
    )
    return Difference(path, path, kind, wanted, present)  # type: ignore[arg-type]  # one of the words above


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (change("/keys/web", None, {}), "Revokes the production key web"), (change("/keys/new", {}, None), "Declares the key new"),
        (change("/keys/web/quota", None, {"limit": 1}), "Changes what calls with the key web may do (quota)"),
        (change("/scope/endpoints/get_it", None, True), "Calls of get_it are denied"), (change("/webhooks/hook", {}, None), "new signing secret"),
        (change("/webhooks/hook", None, {}), "Deletes the webhook endpoint hook"), (change("/alerts/rule", None, {}), "Deletes the alert rule"),
        (change("/alert_channels/ops", None, {}), "nothing is told there"), (change("/limits/quota", None, {"limit": 1}), "all of production's keys"),
    ],
)  # fmt: skip
def test_what_a_promotion_brings_about_is_said(found: Difference, words: str) -> None:
    [sentence] = sibling_words.of_change([found], {"web"}, "production")
    assert words in sentence


def test_what_touches_nothing_that_runs_needs_no_warning() -> None:
    harmless = [
        change("/labels/purpose", "a", "b"),
        change("/keys/declared", None, {}),
        change("/keys/declared/quota", None, {}),
    ]
    assert sibling_words.of_change(harmless, {"web"}, "production") == ()


def test_an_acceptance_stands_for_two_values_and_a_time() -> None:
    accepted = Acceptance(
        "dac_1", "proj_1", "/limits/quota", drift_rules.digest(1), drift_rules.digest(2), "So", "Ada", NOW, NOW + timedelta(days=1)
    )  # fmt: skip
    same, other = change("/limits/quota", 1, 2), change("/limits/quota", 1, 3)
    assert drift_rules.why_ended(accepted, same, NOW) is None
    assert drift_rules.why_ended(accepted, other, NOW) == "changed"
    assert drift_rules.why_ended(accepted, None, NOW) == "changed"
    assert drift_rules.why_ended(accepted, same, NOW + timedelta(days=1)) == "expired"


@pytest.mark.parametrize(
    ("found", "passes"),
    [
        (change("/keys/web", None, {}), True), (change("/keys/web", {}, None), False), (change("/owners/billing", None, True), True),
        (change("/keys/web/quota", None, {}), False), (change("/webhooks/hook", None, {}), False),
        (change("/alerts/rule/filter", {"key": ""}, {"key": "web"}), True), (change("/alerts/rule/filter", {"key": "b"}, {"key": "web"}), False),
        (change("/alerts/rule/name", "a", "b"), False),
    ],
)  # fmt: skip
def test_a_lock_lets_pass_what_only_takes_a_right_away(found: Difference, passes: bool) -> None:
    assert locking.takes_away(found) is passes


def test_values_are_typed_as_one_text_and_shown_by_little() -> None:
    networks = BindingSlot("/keys/web/allowed_cidrs", "networks", required=True, label="")
    assert bindings_rules.typed("networks", "192.0.2.0/24, 198.51.100.1") == ("192.0.2.0/24", "198.51.100.1")
    assert bindings_rules.fitting(networks, ("198.51.100.1", "198.51.100.1/32"), str, {}) == ("198.51.100.1/32",)
    assert bindings_rules.shown(networks, ("a", "b"), {}) == "2 networks"
