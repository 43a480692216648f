"""Shapes: taken apart and put together, compared, and brought over in part."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit import canonical_json
from freehold.kit.decimals import number_text
from freehold.production.shape.assembling import expires_after_days
from freehold.production.shape.pointers import pointer, sorted_pointers, tokens_of
from freehold.production.shape.rules import (
    binding_slots,
    differences,
    empty_shape,
    from_items,
    items_of,
    references_of,
    selected,
    sentence_of,
)
from tests.shapes import shapes

MADE = datetime(2026, 11, 1, tzinfo=UTC)


@given(st.lists(st.text()))
def test_pointers_say_what_they_were_made_of(tokens: list[str]) -> None:
    assert tokens_of(pointer(*tokens)) == tuple(tokens)


def test_what_is_no_pointer_is_refused() -> None:
    with pytest.raises(ValueError, match="does not begin"):
        tokens_of("keys/web")


@given(shapes())
def test_a_shape_is_its_items(shape: Any) -> None:
    assert from_items("example", items_of(shape)) == shape


def test_a_shape_without_report_schedules_is_the_bytes_that_it_was_before_there_were_any() -> None:
    before = {
        "version": 1, "api": "example", "labels": {"name": "", "purpose": "", "product_line": None, "use_case": None},
        "owners": [], "scope": {"endpoints": [], "event_types": []}, "limits": {"rate_limits": {}, "quota": None},
        "keys": {}, "webhooks": {}, "alert_channels": {}, "alerts": {},
    }  # fmt: skip
    assert empty_shape("example") == before
    assert canonical_json.fingerprint(empty_shape("example")) == (
        "646d8bd3a7ae66b3aa54323c336ec5c5d29785b8843d651c64c159f0f4746fad"
    )
    # One from before, and one from now that has a schedule: the schedule alone differs.
    schedule = {
        "name": "Monthly",
        "kind": "usage_summary",
        "format": "csv",
        "cron": "0 6 1 * *",
        "time_zone": "UTC",
        "period": "month",
    }
    now = from_items("example", {"/report_schedules/monthly": schedule})
    assert [(each.path, each.kind) for each in differences(now, before)] == [
        ("/report_schedules/monthly", "only_in_sandbox")
    ]
    assert selected(now, before, {"/report_schedules/monthly"}).shape == before
    assert [(each.slot, each.kind, each.required) for each in binding_slots(now)] == [
        ("/report_schedules/monthly/recipients", "member", False)
    ]


@given(shapes(), shapes())
def test_no_difference_means_equal_fingerprints_and_the_other_way_round(one: Any, other: Any) -> None:
    equal = canonical_json.fingerprint(one) == canonical_json.fingerprint(other)
    assert (differences(one, other) == []) == equal
    assert differences(one, one) == []


@given(shapes(), shapes())
def test_differences_are_told_in_order_and_mirror_each_other(one: Any, other: Any) -> None:
    there, back = differences(one, other), differences(other, one)
    assert [each.path for each in there] == sorted_pointers({each.path for each in there})
    assert [(each.path, each.sandbox, each.production) for each in there] == [
        (each.path, each.production, each.sandbox) for each in back
    ]


@given(shapes(), shapes())
def test_all_items_chosen_lead_to_the_other_shape(present: Any, wanted: Any) -> None:
    selection = selected(present, wanted, {each.item for each in differences(wanted, present)})
    assert selection.shape == wanted
    assert selection.pulled == {}


@given(shapes(), shapes(), st.data())
def test_a_selection_leads_to_a_shape_that_has_what_it_refers_to(
    present: Any, wanted: Any, data: st.DataObject
) -> None:
    differing = sorted({each.item for each in differences(wanted, present)})
    chosen = set(data.draw(st.lists(st.sampled_from(differing)))) if differing else set[str]()
    selection = selected(present, wanted, chosen)
    found, before, there = items_of(selection.shape), items_of(present), items_of(wanted)
    for item, value in found.items():
        assert all(needed in found for needed, _ in references_of(item, value)), item
    assert selection.items == chosen | selection.pulled.keys()
    for item in {*before, *there}:
        assert found.get(item) == (there if item in selection.items else before).get(item)


def test_what_comes_along_says_why() -> None:
    items = {"/scope/endpoints/get": True, "/keys/web": {"endpoints": ["get"], "restricted": False}}
    sandbox = from_items("example", items)
    selection = selected(empty_shape("example"), sandbox, {"/keys/web"})
    assert selection.pulled == {"/scope/endpoints/get": "the key web is narrowed to it"}
    back = selected(sandbox, empty_shape("example"), {"/scope/endpoints/get"})
    assert back.pulled == {"/keys/web": "it refers to /scope/endpoints/get, which goes"}


def test_a_choice_of_what_does_not_differ_changes_nothing() -> None:
    assert selected(empty_shape("example"), empty_shape("example"), {"/keys/web", "/nonsense"}).items == frozenset()


@given(shapes())
def test_slots_are_of_what_is_there_each_once(shape: Any) -> None:
    slots = [each.slot for each in binding_slots(shape)]
    assert slots == sorted_pointers(set(slots))
    for slot in slots:
        assert pointer(*tokens_of(slot)[:2]) in items_of(shape)


@pytest.mark.parametrize(
    ("number", "text"),
    [(5.0, "5"), (0.5, "0.5"), (1e21, "1000000000000000000000"), (1e-7, "0.0000001"), (0.0, "0"), (-2.50, "-2.5"), (100.0, "100")],
)  # fmt: skip
def test_numbers_have_one_text(number: float, text: str) -> None:
    assert number_text(number) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_comes_back_from_its_text(number: float) -> None:
    assert float(number_text(number) or "") == number


def test_an_expiry_is_a_policy_in_days() -> None:
    assert expires_after_days(MADE, None) is None
    assert expires_after_days(MADE, MADE + timedelta(hours=1)) == 1
    assert expires_after_days(MADE, MADE + timedelta(days=90, minutes=-3)) == 90


def test_differences_read_as_lines() -> None:
    items = {"/limits/quota": {"limit": 5, "period": "day"}, "/scope/endpoints/get": True}
    other = from_items("example", {"/limits/quota": {"limit": 7, "period": "day"}, "/owners/billing": True})
    lines = [sentence_of(each) for each in differences(from_items("example", items), other)]
    assert lines == ["/limits/quota/limit: 7 → 5", "- /owners/billing", "+ /scope/endpoints/get"]
