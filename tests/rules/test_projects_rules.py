from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.projects import rules
from freehold.projects.records import NewProject, Progress, Project, Scope

NAMES = st.lists(st.sampled_from(["a", "b", "c", "d"]), unique=True)
SCOPES = st.builds(Scope, NAMES, NAMES)
PROJECT = Project(
    id="proj_1", organization_id="org_1", api_id="api_1", environment="sandbox", sandbox_id=None, name="Parcel lookup",
    slug="parcel-lookup", purpose="Looks parcels up", product_line=None, use_case=None, state="active", revision=1,
    created_by="ada@example.com", created_at=datetime(2027, 1, 15, tzinfo=UTC), archived_at=None,
)  # fmt: skip


@pytest.mark.parametrize(
    ("new", "fields"),
    [
        (NewProject("A", "To see", "api"), []), (NewProject("", "", "api"), ["name", "purpose"]),
        (NewProject("x" * 101, "x" * 301, "api", "x" * 101, "x" * 101), ["name", "purpose", "product_line", "use_case"]),
        (NewProject("x" * 100, "x" * 300, "api", "x" * 100, "x" * 100), []), (NewProject("A", "a\u0000b", "api"), ["purpose"]),
    ],
)  # fmt: skip
def test_labels_of_a_new_project(new: NewProject, fields: list[str]) -> None:
    assert [error.field for error in rules.check_new_project(new)] == fields


@given(SCOPES, SCOPES)
def test_a_change_of_scope_leads_from_one_to_the_other(old: Scope, new: Scope) -> None:
    change = rules.scope_change(old, new)
    endpoints = set(old.endpoints) - set(change.removed_endpoints) | set(change.added_endpoints)
    event_types = set(old.event_types) - set(change.removed_event_types) | set(change.added_event_types)
    assert (endpoints, event_types) == (set(new.endpoints), set(new.event_types))
    assert not set(change.added_endpoints) & set(old.endpoints)
    assert set(change.removed_event_types) <= set(old.event_types)
    assert change.is_empty == (
        set(old.endpoints) == set(new.endpoints) and set(old.event_types) == set(new.event_types)
    )
    assert change.added_endpoints == sorted(change.added_endpoints)


@given(SCOPES, SCOPES, NAMES)
def test_only_what_is_new_must_be_in_the_catalogue(new: Scope, old: Scope, known: list[str]) -> None:
    wrong = {error.field for error in rules.check_scope(new, old, known, known)}
    allowed = set(known) | set(old.endpoints)
    expected = {f"endpoints.{index}" for index, name in enumerate(new.endpoints) if name not in allowed}
    allowed = set(known) | set(old.event_types)
    expected |= {f"event_types.{index}" for index, name in enumerate(new.event_types) if name not in allowed}
    assert wrong == expected


def test_the_next_step_follows_the_journey() -> None:
    done = Progress(
        scope_declared=True, first_key_id="key_1", allowed_request_id="req_1", webhook_endpoint_id="whe_1",
        accepted_attempt_delivery_id="dlv_1",
    )  # fmt: skip
    steps = [
        (Progress(scope_declared=False, first_key_id=None, allowed_request_id=None, webhook_endpoint_id=None,
                  accepted_attempt_delivery_id=None), "declare_scope", "/projects/proj_1/scope"),
        (replace(done, first_key_id=None), "issue_key", "/projects/proj_1/keys/new"),
        (replace(done, allowed_request_id=None), "verify_call", "/projects/proj_1/keys/key_1"),
        (replace(done, webhook_endpoint_id=None), "add_webhook", "/projects/proj_1/webhooks/new"),
        (replace(done, accepted_attempt_delivery_id=None), "test_webhook", "/projects/proj_1/webhooks/whe_1"),
    ]  # fmt: skip
    for progress, action, href in steps:
        step = rules.next_step(PROJECT, progress)
        assert step is not None
        assert (step.action, step.href) == (action, href)
    assert rules.next_step(PROJECT, done) is None


def test_an_archived_project_is_restored_before_anything_else() -> None:
    nothing = Progress(False, None, None, None, None)
    step = rules.next_step(replace(PROJECT, state="archived"), nothing)
    assert step is not None
    assert step.action == "restore"
