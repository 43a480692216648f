"""Usage and single requests over HTTP: every parameter, its bounds, and who may ask."""

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from freehold.keys import actions as keys
from freehold.kit import clock, ids
from freehold.kit.paging import Cursor, to_text
from freehold.projects import actions as projects
from freehold.projects.records import NewProject, Scope
from freehold.store import epoch
from freehold.usage import actions
from freehold.usage.records import UsageEvent
from freehold.usage.retention import Retention
from freehold.web.call import Shared
from freehold.web.middleware import Outermost
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem, text_of
from tests.http.traffic import NOW, collect, decided, use

KINDS = ("served", "throttled", "denied", "failed")


@pytest.fixture
def world(instance: Instance, test_clock: TestClock) -> tuple[Instance, list[UsageEvent]]:
    """An instance at 08:00 with eleven requests of the last 26 hours, newest last."""
    with instance.store.read() as tx:
        selector = keys.read_key(tx, instance.actor("owner"), instance.key).secrets[0].selector
    listing: dict[str, Any] = {"endpoint": "list_parcels", "path": "/parcels"}
    denied: dict[str, Any] = {"status": None, "latency_us": None}
    events = [
        decided(instance, timedelta(hours=25, minutes=30)),
        decided(instance, timedelta(hours=5, minutes=10), secret=selector, cost=5),
        decided(instance, timedelta(hours=5, minutes=10), **listing),
        decided(instance, timedelta(hours=5, minutes=9), status=503),
        decided(instance, timedelta(hours=2), outcome="rate_limited", rule="key.rate_limits", **denied),
        decided(instance, timedelta(hours=2), outcome="quota_exhausted", rule="key.quota", **denied),
        decided(instance, timedelta(minutes=40), outcome="revoked", rule="key.state", **denied),
        decided(instance, timedelta(minutes=39), outcome="unavailable", rule="gate.heard", **denied),
        decided(instance, timedelta(minutes=38), outcome="endpoint_unknown", rule="api.catalogue", **denied, endpoint=None),
        decided(instance, timedelta(minutes=2), **listing, secret=selector),
        decided(instance, timedelta(minutes=1)),
    ]  # fmt: skip
    collect(instance, *events)
    return instance, events


def usage(instance: Instance, who: str = "auditor", **query: str) -> httpx.Response:
    return instance.client(who).get(f"/v1/projects/{instance.project}/usage", params=query)


def listed(instance: Instance, who: str = "auditor", **query: str) -> httpx.Response:
    return instance.client(who).get(f"/v1/projects/{instance.project}/requests", params=query)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# --- sums -----------------------------------------------------------------------------------------


def test_unless_asked_otherwise_it_is_the_last_day_by_the_hour(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    answer = usage(instance)
    assert answer.status_code == 200
    body = answer.json()
    assert (body["project"], body["bucket"], body["timezone"], body["group_by"]) == (
        instance.project,
        "hour",
        "UTC",
        None,
    )
    assert (at(body["from"]), at(body["to"])) == (NOW - timedelta(days=1), NOW)
    assert [at(point["at"]) for point in body["series"]] == [NOW - timedelta(hours=24 - back) for back in range(24)]
    assert body["totals"] == {
        "requests": 10, "cost": 14, "allowed": 5, "served": 4, "throttled": 2, "denied": 2, "failed": 2, "p50_ms": 11.97,
        "p95_ms": 11.97, "p99_ms": 11.97,
    }  # fmt: skip
    assert body["groups"] == []
    assert at(body["as_of"]) <= NOW
    assert body["as_of"].endswith("Z")


@pytest.mark.parametrize("bucket", ["minute", "hour", "day", "month"])
@pytest.mark.parametrize("timezone", ["UTC", "Asia/Kolkata", "America/St_Johns", "Pacific/Kiritimati"])
def test_the_bucket_and_the_zone_change_no_sum(
    world: tuple[Instance, list[UsageEvent]], bucket: str, timezone: str
) -> None:
    instance, events = world
    start = NOW - timedelta(hours=18) if bucket == "minute" else NOW - timedelta(days=40)
    body = usage(instance, **{"from": start.isoformat(), "bucket": bucket, "timezone": timezone}).json()
    assert body["totals"]["requests"] == len(events) - (bucket == "minute")
    for name in ("requests", "cost", "allowed", *KINDS):
        assert sum(point[name] for point in body["series"]) == body["totals"][name], name
    assert body["totals"]["requests"] == sum(body["totals"][kind] for kind in KINDS)
    instants = [at(point["at"]) for point in body["series"]]
    assert instants == sorted(set(instants))


def test_days_are_those_of_the_zone(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    query = {"from": "2027-01-13T00:00:00Z", "bucket": "day", "timezone": "America/New_York"}
    points = usage(instance, **query).json()["series"]
    # Midnight in New York is 05:00 UTC; the first bucket is cut to the range.
    assert [(point["at"][:13], point["requests"]) for point in points] == [
        ("2027-01-13T00", 0), ("2027-01-13T05", 0), ("2027-01-14T05", 4), ("2027-01-15T05", 7),
    ]  # fmt: skip


@pytest.mark.parametrize("group_by", ["key", "endpoint", "outcome", "secret"])
def test_groups_divide_the_whole(world: tuple[Instance, list[UsageEvent]], group_by: str) -> None:
    instance, _ = world
    body = usage(instance, group_by=group_by).json()
    groups = body["groups"]
    assert [each["requests"] for each in groups] == sorted((each["requests"] for each in groups), reverse=True)
    assert sum(each["share"] for each in groups) == pytest.approx(1)
    for each in groups:
        mine = [point for point in body["series"] if point["group"] == each["id"]]
        assert len(mine) == 24
        for name in ("requests", "cost", *KINDS):
            assert sum(point[name] for point in mine) == each[name]
    assert sum(each["cost"] for each in groups) == body["totals"]["cost"]
    named = {each["id"]: each["name"] for each in groups}
    if group_by == "key":
        assert named == {instance.key: "first"}
    if group_by == "endpoint":
        assert named == {"get_parcel": "get_parcel", "list_parcels": "list_parcels", "": "No endpoint"}
    if group_by == "secret":
        first, second = sorted(named.values())
        assert first == "No secret"
        assert second.startswith("Version 1, ends in ")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("endpoint", "list_parcels"), ("outcome", "rate_limited"), ("outcome", "allowed"), *(("kind", kind) for kind in KINDS),
        ("key", "{key}"), ("secret", "{secret}"), ("endpoint", "nothing"), ("key", "{foreign_key}"),
    ],
)  # fmt: skip
def test_a_filter_means_the_same_in_sums_and_in_lists(
    world: tuple[Instance, list[UsageEvent]], name: str, value: str
) -> None:
    instance, events = world
    secret = next(event.secret for event in events if event.secret)
    value = value.format(key=instance.key, foreign_key=instance.foreign_key, secret=secret)
    start = {"from": "2027-01-01T00:00:00Z"}
    body = usage(instance, **start, **{name: value}).json()
    rows = listed(instance, **start, **{name: value}).json()["data"]
    assert body["totals"]["requests"] == len(rows) == len({row["id"] for row in rows})
    for kind in KINDS:
        assert body["totals"][kind] == sum(row["kind"] == kind for row in rows)
    assert sum(row["cost"] for row in rows) == body["totals"]["cost"]
    expected = {
        "nothing": 0,
        instance.foreign_key: 0,
        instance.key: 11,
        "list_parcels": 2,
        secret: 2,
        "rate_limited": 1,
    }
    if value in expected:
        assert len(rows) == expected[value]
    # What is picked and what is left out are the whole.
    rest = usage(instance, **start, **{name: value, "not": name}).json()["totals"]
    others = listed(instance, **start, **{name: value, "not": name}).json()["data"]
    assert len(others) == rest["requests"] == usage(instance, **start).json()["totals"]["requests"] - len(rows)
    assert not {row["id"] for row in rows} & {row["id"] for row in others}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from": "2027-01-02T00:00:00Z", "to": "2027-01-01T00:00:00Z"}, "from"), ({"from": "1999-12-31T23:59:59Z"}, "from"),
        ({"to": "2101-01-01T00:00:00Z"}, "to"), ({"from": "0001-01-01T00:00:00+14:00"}, "from"), ({"to": "9999-12-31T23:59:59-14:00"}, "to"),
        ({"from": "2027-01-01T00:00:00"}, "from"), ({"from": "yesterday"}, "from"), ({"bucket": "week"}, "bucket"),
        ({"from": "2026-01-01T00:00:00Z", "bucket": "minute"}, "bucket"), ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"timezone": "../etc/passwd"}, "timezone"), ({"timezone": ""}, "timezone"), ({"group_by": "mood"}, "group_by"),
        ({"outcome": "eaten"}, "outcome"), ({"kind": "eaten"}, "kind"), ({"not": "bucket"}, "not"), ({"until": "2027-01-01T00:00:00Z"}, "until"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_named(instance: Instance, query: dict[str, str], field: str) -> None:
    assert_problem(usage(instance, **query), 422, "invalid", field)


def test_sums_of_a_project_without_usage_are_noughts(instance: Instance) -> None:
    for group_by in ("key", "endpoint", "outcome", "secret"):
        body = usage(instance, group_by=group_by).json()
        assert (body["groups"], body["series"], body["totals"]["requests"], body["totals"]["p95_ms"]) == (
            [],
            [],
            0,
            None,
        )
    assert len(usage(instance).json()["series"]) in (24, 25)


# --- an organization's ----------------------------------------------------------------------------


def test_projects_add_up_to_the_organization(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    with instance.store.write() as tx:
        owner = instance.actor("owner")
        idle = projects.create_project(tx, owner, instance.harbour, NewProject("Idle", "Nothing yet", "parcels"))
        busier = projects.create_project(tx, owner, instance.harbour, NewProject("Busier", "More", "parcels"))
    collect(instance, *(decided(instance, timedelta(minutes=30), project_id=busier.id, key_id=None) for _ in range(30)))
    use(instance, project_id=instance.foreign_project, organization_id=instance.elsewhere, key_id=instance.foreign_key)
    body = instance.client("billing").get(f"/v1/organizations/{instance.harbour}/usage").json()
    assert [(each["project"], each["requests"], each["share"]) for each in body["projects"]] == [
        (busier.id, 30, 0.75), (instance.project, 10, 0.25), (idle.id, 0, 0.0),
    ]  # fmt: skip
    for name in ("requests", "cost", "allowed", *KINDS):
        assert sum(each[name] for each in body["projects"]) == body["totals"][name]
    assert body["projects"][1]["served"] == usage(instance).json()["totals"]["served"]
    short = {"from": "2027-01-15T07:00:00Z", "to": "2027-01-15T07:30:00Z"}
    body = instance.client("billing").get(f"/v1/organizations/{instance.harbour}/usage", params=short).json()
    assert body["totals"]["requests"] == 3


# --- single requests ------------------------------------------------------------------------------


def test_requests_come_newest_first_in_pages(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, events = world
    found: list[str] = []
    query: dict[str, Any] = {"limit": "3"}
    for _ in range(4):
        body = listed(instance, **query).json()
        found += [each["id"] for each in body["data"]]
        query["cursor"] = body["next_cursor"]
    assert query["cursor"] is None
    assert sorted(found) == sorted(event.id for event in events)
    by_id = {event.id: event for event in events}
    assert [by_id[each].at_ms for each in found] == sorted((event.at_ms for event in events), reverse=True)


def test_a_page_goes_on_where_it_ended_though_more_arrives(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    everything = [each["id"] for each in listed(instance).json()["data"]]
    first = listed(instance, limit="4").json()
    use(instance, timedelta(seconds=1))
    rest = listed(instance, cursor=first["next_cursor"]).json()
    assert [each["id"] for each in first["data"] + rest["data"]] == everything


def test_a_request_in_the_list_is_what_was_decided(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, events = world
    row = listed(instance, limit="1").json()["data"][0]
    event = events[-1]
    assert row == {
        "id": event.id, "at": "2027-01-15T07:59:00Z", "project": instance.project,
        "organization": instance.harbour, "environment": "sandbox", "key": {"id": instance.key, "name": "first"}, "secret": None,
        "api": instance.api, "endpoint": "get_parcel", "method": "GET", "path": "/parcels/p1", "outcome": "allowed",
        "kind": "served", "via": "gateway", "status": 200, "latency_ms": 12.0, "cost": 1, "address": "192.0.2.1",
        "user_agent": "tests",
    }  # fmt: skip


def test_requests_are_bounded_to_the_instant(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, events = world
    at_ms = events[-2].at_ms
    start, end = clock.to_text(clock.from_ms(at_ms)), clock.to_text(clock.from_ms(at_ms + 1))
    assert [each["id"] for each in listed(instance, **{"from": start, "to": end}).json()["data"]] == [events[-2].id]
    assert listed(instance, **{"from": end, "to": end}).json()["data"] == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"), ({"limit": "201"}, "limit"), ({"limit": "many"}, "limit"), ({"cursor": "x"}, "cursor"),
        ({"cursor": "WzEsMl0"}, "cursor"), ({"from": "2027-01-01T00:00:00"}, "from"), ({"to": "tomorrow"}, "to"),
        ({"from": "0001-01-01T00:00:00+14:00"}, "from"), ({"to": "9999-12-31T23:59:59-14:00"}, "to"),
        ({"outcome": "eaten"}, "outcome"), ({"kind": "eaten"}, "kind"), ({"not": "bucket"}, "not"), ({"bucket": "hour"}, "bucket"),
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_asked_for_is_refused(instance: Instance, query: dict[str, str], field: str) -> None:
    assert_problem(listed(instance, **query), 422, "invalid", field)


# --- one request ----------------------------------------------------------------------------------


def one(instance: Instance, request_id: str, who: str = "auditor") -> httpx.Response:
    return instance.client(who).get(f"/v1/requests/{request_id}")


def test_an_allowed_request_is_explained(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, events = world
    event = events[1]
    body = one(instance, event.id).json()
    with instance.store.read() as tx:
        secret = keys.read_key(tx, instance.actor("owner"), instance.key).secrets[0]
    why = body["explanation"]
    assert (body["id"], body["outcome"], body["kind"], body["project_name"], body["cost"]) == (
        event.id, "allowed", "served", "Parcel lookup", 5,
    )  # fmt: skip
    assert (why["allowed"], why["rule"], why["rule_words"], why["remedy"]) == (True, "all", "Every rule was met.", "")
    assert why["limits"] == [{"name": "key", "limit": 60, "remaining": 59, "reset_s": 1.0}]
    assert why["secret"] == {"selector": secret.selector, "version": 1, "last4": secret.last4}
    assert why["scope"]["endpoints"] == ["get_parcel", "list_parcels"]
    assert why["epoch"] == 1


def test_a_denied_request_is_explained_with_what_must_change(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, events = world
    body = one(instance, events[6].id).json()
    why = body["explanation"]
    assert (body["outcome"], body["kind"], body["status"], body["latency_ms"]) == ("revoked", "denied", None, None)
    assert (why["allowed"], why["rule"], why["rule_words"]) == (False, "key.state", "The key is active.")
    assert why["meaning"]
    assert why["remedy"]
    assert why["secret"] is None


def test_a_request_says_whether_the_configuration_is_still_the_same(instance: Instance) -> None:
    with instance.store.read() as tx:
        now = epoch.current(tx)
    event = use(instance, epoch=now)
    assert one(instance, event.id).json()["explanation"]["scope"]["changed_since"] is False
    with instance.store.write() as tx:
        projects.set_scope(tx, instance.actor("owner"), instance.project, Scope(["get_parcel"], []))
    scope = one(instance, event.id).json()["explanation"]["scope"]
    assert scope == {"endpoints": ["get_parcel"], "changed_since": True}


def test_a_request_without_a_project_is_for_operators_alone(instance: Instance) -> None:
    event = use(
        instance, project_id=None, organization_id=None, environment=None, key_id=None, api_id=None, endpoint=None,
        outcome="malformed_key", rule="credential.form", status=401, limits=(),
    )  # fmt: skip
    body = one(instance, event.id, "operator").json()
    assert (body["project"], body["project_name"], body["key"], body["explanation"]["rule"]) == (
        None,
        None,
        None,
        "credential.form",
    )
    for who in ("owner", "auditor", "stranger"):
        assert_problem(one(instance, event.id, who), 404, "not_found")


# --- who may --------------------------------------------------------------------------------------


def test_other_organizations_usage_is_not_there(instance: Instance) -> None:
    event = use(
        instance, project_id=instance.foreign_project, organization_id=instance.elsewhere, key_id=instance.foreign_key
    )
    client = instance.client("owner")
    for path in (
        f"/v1/projects/{instance.foreign_project}/usage", f"/v1/projects/{instance.foreign_project}/requests",
        f"/v1/organizations/{instance.elsewhere}/usage", f"/v1/requests/{event.id}", "/v1/requests/req_nothing",
        "/v1/projects/proj_nothing/usage", "/v1/organizations/org_nothing/usage",
    ):  # fmt: skip
        assert_problem(client.get(path), 404, "not_found")
    assert one(instance, event.id, "stranger").status_code == 200


def test_a_foreign_key_as_filter_shows_nothing_of_it(instance: Instance) -> None:
    use(instance, project_id=instance.foreign_project, organization_id=instance.elsewhere, key_id=instance.foreign_key)
    body = usage(instance, key=instance.foreign_key, group_by="key").json()
    assert (body["totals"]["requests"], body["groups"]) == (0, [])
    assert listed(instance, key=instance.foreign_key).json()["data"] == []


def test_several_values_of_a_filter_are_any_of_them(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    address = f"/v1/projects/{instance.project}"
    query: dict[str, Any] = {
        "from": "2027-01-01T00:00:00Z",
        "outcome": ["allowed", "revoked"],
        "kind": ["denied", "failed"],
    }
    client = instance.client("auditor")
    # The 503 that was allowed, and the revoked one: every filter holds, each with any of its values.
    assert client.get(f"{address}/usage", params=query).json()["totals"]["requests"] == 2
    assert {row["kind"] for row in client.get(f"{address}/requests", params=query).json()["data"]} == {
        "denied",
        "failed",
    }
    too_many: dict[str, Any] = {"key": [f"key_{number}" for number in range(51)]}
    assert_problem(client.get(f"{address}/usage", params=too_many), 422, "invalid", "key")
    assert_problem(client.get(f"{address}/usage", params={"outcome": ["allowed", "eaten"]}), 422, "invalid", "outcome")


def test_single_requests_are_listed_by_path(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, events = world
    newest_first = sorted(events, key=lambda event: (event.at_ms, event.id), reverse=True)
    listing = [event.id for event in newest_first if event.path == "/parcels"]
    rest = [event.id for event in newest_first if event.path != "/parcels"]
    assert [each["id"] for each in listed(instance, path="/parcels").json()["data"]] == listing
    assert [each["id"] for each in listed(instance, path="/parcels", **{"not": "path"}).json()["data"]] == rest
    both = instance.client("auditor").get(
        f"/v1/projects/{instance.project}/requests", params={"path": ["/parcels", "/parcels/p1"], "limit": "200"}
    )  # fmt: skip
    assert len(both.json()["data"]) == len(events)
    assert listed(instance, path="/parcels/").json() == {"data": [], "next_cursor": None}
    assert_problem(listed(instance, path="/" + "x" * 4096), 422, "invalid", "path")
    too_many: dict[str, Any] = {"path": [f"/{number}" for number in range(51)]}
    answer = instance.client("auditor").get(f"/v1/projects/{instance.project}/requests", params=too_many)
    assert_problem(answer, 422, "invalid", "path")


def test_sums_have_no_paths(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    assert_problem(usage(instance, path="/parcels"), 422, "invalid", "path")
    assert_problem(usage(instance, **{"not": "path"}), 422, "invalid", "not")


def test_a_list_by_path_goes_on_past_what_one_page_looks_through(
    world: tuple[Instance, list[UsageEvent]], monkeypatch: pytest.MonkeyPatch
) -> None:
    instance, events = world
    monkeypatch.setattr(actions, "LOOKED_AT", 3)
    monkeypatch.setattr(actions, "STRETCH", dict.fromkeys(actions.STRETCH, 3))
    body = listed(instance, path="/parcels").json()
    pages = [[each["id"] for each in body["data"]]]
    while body["next_cursor"]:
        body = listed(instance, path="/parcels", cursor=body["next_cursor"]).json()
        pages.append([each["id"] for each in body["data"]])
    assert [id_ for page in pages for id_ in page] == [each.id for each in reversed(events) if each.path == "/parcels"]
    assert [] in pages


# --- the period before, and what may come ---------------------------------------------------------


def test_the_period_before_is_answered_where_it_is_asked_for(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    body = usage(instance, compare="previous").json()
    assert (body["compare"], body["previous"]["to"], body["previous"]["requests"]) == ("previous", body["from"], 1)
    assert at(body["previous"]["from"]) == NOW - timedelta(days=2)
    assert usage(instance).json()["previous"] is None
    tomorrow = {"from": "2027-01-16T00:00:00Z", "to": "2027-01-17T00:00:00Z", "compare": "previous"}
    assert usage(instance, **tomorrow).json()["previous"] is None
    assert_problem(usage(instance, compare="next"), 422, "invalid", "compare")


def test_a_range_that_runs_is_projected_and_one_that_has_ended_is_not(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    use(instance, timedelta(days=6, hours=20), cost=7)
    day = {"from": "2027-01-15T00:00:00Z", "to": "2027-01-16T00:00:00Z"}
    body = usage(instance, **day).json()
    projection = body["projection"]
    assert (projection["method"], projection["at"]) == ("same_hours_last_week", body["to"])
    # Of what was used a week before, only this lies in the hours that are still to come.
    assert (projection["requests"], projection["cost"]) == (body["totals"]["requests"] + 1, body["totals"]["cost"] + 7)
    assert usage(instance).json()["projection"] is None


def test_projects_of_the_instance_come_in_pages_largest_first(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    use(instance, project_id=instance.foreign_project, organization_id=instance.elsewhere, key_id=instance.foreign_key)
    nobody: dict[str, Any] = {"project_id": None, "organization_id": None, "environment": None, "key_id": None}
    use(instance, **nobody, endpoint=None, outcome="unknown_key", status=None, latency_us=None)
    client, found, query = instance.client("operator"), [], {"limit": "1", "compare": "previous"}
    while True:
        body = client.get("/v1/usage", params=query).json()
        found += body["projects"]
        if body["next_cursor"] is None:
            break
        query["cursor"] = body["next_cursor"]
    assert [each["requests"] for each in found] == sorted((each["requests"] for each in found), reverse=True)
    by_project = {each["project"]: each for each in found}
    assert len(by_project) == len(found) >= 3
    assert (by_project[instance.project]["requests"], by_project[instance.project]["previous"]["requests"]) == (10, 1)
    assert by_project[instance.foreign_project]["organization"] == instance.elsewhere
    assert (by_project[None]["name"], by_project[None]["denied"]) == ("No known key", 1)
    for name in ("requests", "cost", *KINDS):
        assert sum(each[name] for each in found) == body["totals"][name]
    assert_problem(instance.client("owner").get("/v1/usage"), 403, "forbidden")


# --- metered events -------------------------------------------------------------------------------


def meter(instance: Instance, number: int, at: datetime, **more: Any) -> None:
    event = {
        "specversion": "1.0", "id": f"report {number}", "source": "/reports", "type": "report.rendered",
        "time": clock.to_text(at), "data": {"units": 10 + number, **more},
    }  # fmt: skip
    answer = instance.client("developer").post(
        f"/v1/projects/{instance.project}/metered_events",
        json=event, headers={"Content-Type": "application/cloudevents+json"},
    )  # fmt: skip
    assert answer.status_code == 201, answer.text


def test_metered_events_are_listed_beside_the_sums_that_they_make(instance: Instance, test_clock: TestClock) -> None:
    for number in range(5):
        # Two of them at one instant: nothing is shown twice, or left out, from page to page.
        meter(
            instance, number, NOW - timedelta(minutes=number // 2, seconds=30), key=instance.key, endpoint="get_parcel"
        )
    client, path = instance.client("auditor"), f"/v1/projects/{instance.project}/metered_events"
    listed, cursor = [], None
    while True:
        page = client.get(path, params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        listed += page["data"]
        if not (cursor := page["next_cursor"]):
            break
    assert [each["id"] for each in listed] == [f"report {number}" for number in range(5)]
    assert (
        listed[0].items() >= {"units": 10, "source": "/reports", "key": instance.key, "endpoint": "get_parcel"}.items()
    )
    usage = client.get(f"/v1/projects/{instance.project}/usage").json()
    assert usage["totals"]["cost"] == sum(each["units"] for each in listed)
    ranged = client.get(
        path, params={"from": clock.to_text(NOW - timedelta(minutes=1)), "to": clock.to_text(NOW)}
    ).json()
    assert [each["id"] for each in ranged["data"]] == ["report 0", "report 1"]
    shown = instance.browser("auditor").get(f"/projects/{instance.project}/metered_events")
    assert all(f"report {number}" in text_of(shown) for number in range(5))
    assert (
        f"/projects/{instance.project}/metered_events?from="
        in instance.browser("auditor").get(f"/projects/{instance.project}/usage").text
    )


@pytest.mark.parametrize(
    ("query", "field"),
    [({"cursor": "nonsense"}, "cursor"), ({"limit": "0"}, "limit"), ({"from": "yesterday"}, "from"), ({"to": "1969-01-01T00:00:00Z"}, "to")],
)  # fmt: skip
def test_a_list_of_metered_events_says_what_is_wrong_with_its_question(
    instance: Instance, query: dict[str, str], field: str
) -> None:
    path = f"/v1/projects/{instance.project}/metered_events"
    answer = instance.client("auditor").get(path, params=query)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field
    of_others = instance.client("auditor").get(path, params={"cursor": to_text(Cursor(clock.to_ms(NOW), "req_1"))})
    assert of_others.json()["errors"][0]["code"] == "bad_cursor"


EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "1", "source": "/reports", "type": "report.rendered", "data": {"units": 1}
}  # fmt: skip


@pytest.mark.parametrize(
    ("body", "kind", "status", "field"),
    [
        (EVENT, "application/json", 415, None),
        ("{", "application/cloudevents+json", 400, None),
        (EVENT | {"specversion": "0.3"}, "application/cloudevents+json", 422, "specversion"),
        (EVENT | {"data": {"units": -1}}, "application/cloudevents+json", 422, "data.units"),
        (EVENT | {"data": {"units": 1, "key": "key_1"}}, "application/cloudevents+json", 422, "data.key"),
        (EVENT | {"data": {"units": 1, "endpoint": "nothing"}}, "application/cloudevents+json", 422, "data.endpoint"),
        (EVENT | {"time": "2027-01-15T08:00:00"}, "application/cloudevents+json", 422, "time"),
        (EVENT | {"time": "2024-01-15T08:00:00Z"}, "application/cloudevents+json", 422, "time"),
        ([], "application/cloudevents-batch+json", 422, "events"),
        ([EVENT, EVENT | {"time": "2028-01-01T00:00:00Z"}], "application/cloudevents-batch+json", 422, "[1].time"),
    ],
)
def test_a_metered_event_that_is_wrong_is_refused_in_words(
    instance: Instance, test_clock: TestClock, body: Any, kind: str, status: int, field: str | None
) -> None:
    content = body if isinstance(body, str) else msgspec.json.encode(body)
    path = f"/v1/projects/{instance.project}/metered_events"
    answer = instance.client("developer").post(path, content=content, headers={"Content-Type": kind})
    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["errors"][0]["field"] == field
    assert instance.client("auditor").get(path).json()["data"] == []


def test_a_cost_that_is_wrong_or_of_nothing_is_refused_in_words(
    world: tuple[Instance, list[UsageEvent]],
) -> None:
    instance, events = world
    client, path = instance.client("developer"), f"/v1/requests/{events[0].id}/cost"
    for body in ({}, {"cost": -1}, {"cost": 1.5}, {"cost": 1_000_000_001}, {"cost": 1, "unit": "EUR"}):
        answer = client.post(path, json=body)
        assert answer.status_code == 422, (body, answer.text)
    assert client.post("/v1/requests/req_nothing/cost", json={"cost": 1}).status_code == 404
    assert client.post(path, json={"cost": 7}).json()["cost"] == 7
    assert client.post(path, json={"cost": 8}).status_code == 409
    assert client.post(path, json={"cost": 7}).status_code == 201


def test_a_cost_of_an_archived_request_is_taken_and_shown(
    world: tuple[Instance, list[UsageEvent]], tmp_path: Path, application: Outermost
) -> None:
    instance, _ = world
    settings = replace(instance.settings, archive=str(tmp_path / "archive"), usage_days=1)
    application.app.state.shared = Shared(instance.store, settings, instance.secret)  # type: ignore[attr-defined]
    old = use(instance, timedelta(days=6))
    while Retention(instance.store, settings).step():
        pass
    with instance.store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM usage_events WHERE id = :id"), {"id": old.id}).scalar_one() == 0
    client, path = instance.client("developer"), f"/v1/requests/{old.id}"
    assert client.post(f"{path}/cost", json={"cost": 70}).json()["cost_before"] == 1
    assert client.post(f"{path}/cost", json={"cost": 70}).status_code == 201
    shown = client.get(path).json()
    assert (shown["cost"], shown["cost_before"]) == (70, 1)
    page = instance.browser("developer").get(f"/projects/{instance.project}/requests/{old.id}")
    assert re.search(r"Cost 70 Reported .* instead of 1 ", text_of(page))
    assert client.post(f"/v1/requests/{ids.new_id('req', old.at_ms)}/cost", json={"cost": 70}).status_code == 404


def test_what_does_not_add_up_is_named_to_the_operator(world: tuple[Instance, list[UsageEvent]]) -> None:
    instance, _ = world
    operator = instance.client("operator")
    assert_problem(operator.get("/v1/usage/reconciliation"), 404, "not_found")
    whole = operator.post("/v1/usage/reconcile").json()
    assert (whole["differences"], whole["findings"]) == (0, [])
    assert whole["compared"] > 0
    with instance.store.write() as tx:
        tx.execute(text("UPDATE usage_rollups SET cost = cost + 1 WHERE grain = 'month'"))
    found = operator.post("/v1/usage/reconcile").json()
    assert found["differences"] == len(found["findings"]) > 0
    assert {(each["project"], each["between"]) for each in found["findings"]} == {
        (instance.project, "day and month"),
        (instance.project, "month and total"),
    }
    assert operator.get("/v1/usage/reconciliation").json() == found
