"""Rate limits and quotas of keys and projects over HTTP: both kinds of owner take, show and change them alike."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select

from freehold.kit import clock
from freehold.projects.limit_rules import QUOTA_MAX, RATE_LIMIT_MAX, RATE_WINDOW_S_MAX
from freehold.projects.limits import period_of
from freehold.store.schema import changes, quota_counters
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem
from tests.http.traffic import collect, decided

BURST = {"name": "burst", "limit": 20, "window_s": 1}
REQUESTS = {"name": "requests", "limit": 600, "window_s": 60}
QUOTA = {"limit": 1000, "period": "day"}
OWNERS = ("key", "project")
owners = pytest.mark.parametrize("owner", OWNERS)


def path(instance: Instance, owner: str) -> str:
    return f"/v1/keys/{instance.key}" if owner == "key" else f"/v1/projects/{instance.project}"


def create(instance: Instance, owner: str, **body: Any) -> httpx.Response:
    client = instance.client("developer")
    if owner == "key":
        return client.post(f"/v1/projects/{instance.project}/keys", json={"name": "second"} | body)
    new = {"name": "Ship tracker", "purpose": "Shows ships", "api": "parcels"}
    return client.post(f"/v1/organizations/{instance.harbour}/projects", json=new | body)


def change(instance: Instance, owner: str, **body: Any) -> httpx.Response:
    return instance.client("developer").patch(path(instance, owner), json=body)


def changed(instance: Instance, owner: str, **body: Any) -> dict[str, Any]:
    answer = change(instance, owner, **body)
    assert answer.status_code == 200, answer.text
    made: dict[str, Any] = answer.json()
    return made


def read(instance: Instance, owner: str) -> dict[str, Any]:
    made: dict[str, Any] = instance.client("auditor").get(path(instance, owner)).json()
    return made


# --- taken and shown ------------------------------------------------------------------------------


@owners
def test_limits_are_set_when_the_owner_is_made(instance: Instance, owner: str) -> None:
    answer = create(instance, owner, rate_limits=[BURST, REQUESTS], quota=QUOTA)
    assert answer.status_code == 201, answer.text
    made = answer.json()
    assert (made["rate_limits"], made["quota"]) == ([BURST, REQUESTS], QUOTA)
    assert (made["quota_state"]["used"], made["quota_state"]["remaining"]) == (0, 1000)
    noun = "keys" if owner == "key" else "projects"
    kept = instance.client("auditor").get(f"/v1/{noun}/{made['id']}").json()
    assert (kept["rate_limits"], kept["quota"]) == ([BURST, REQUESTS], QUOTA)


@owners
def test_an_owner_without_limits_says_so(instance: Instance, owner: str) -> None:
    kept = read(instance, owner)
    assert (kept["rate_limits"], kept["quota"], kept["quota_state"]) == ([], None, None)
    nothing: tuple[dict[str, Any], ...] = ({"rate_limits": None, "quota": None}, {"rate_limits": []})
    for body in nothing:
        made = create(instance, owner, **body | {"name": f"other {len(body)}"}).json()
        assert (made["rate_limits"], made["quota"]) == ([], None)


@owners
def test_a_patch_replaces_all_rate_limits_leaves_what_is_absent_and_null_takes_away(
    instance_on_each: Instance, owner: str
) -> None:
    instance = instance_on_each
    changed(instance, owner, rate_limits=[BURST], quota=QUOTA)
    made = changed(instance, owner, rate_limits=[REQUESTS])
    assert (made["rate_limits"], made["quota"]) == ([REQUESTS], QUOTA)
    made = changed(instance, owner, quota={"limit": 5, "period": "month"})
    assert (made["rate_limits"], made["quota"]) == ([REQUESTS], {"limit": 5, "period": "month"})
    made = changed(instance, owner, name="renamed")
    assert (made["rate_limits"], made["quota"]["limit"]) == ([REQUESTS], 5)
    made = changed(instance, owner, rate_limits=None, quota=None)
    assert (made["rate_limits"], made["quota"], made["quota_state"]) == ([], None, None)


@owners
def test_what_was_read_can_be_written_back(instance: Instance, owner: str) -> None:
    before = changed(instance, owner, rate_limits=[BURST, REQUESTS], quota=QUOTA)
    after = changed(instance, owner, rate_limits=before["rate_limits"], quota=before["quota"])
    assert (after["rate_limits"], after["quota"]) == (before["rate_limits"], before["quota"])


@owners
def test_lists_show_limits_too(instance: Instance, owner: str) -> None:
    changed(instance, owner, rate_limits=[BURST], quota=QUOTA)
    of = f"projects/{instance.project}/keys" if owner == "key" else f"organizations/{instance.harbour}/projects"
    (row,) = instance.client("auditor").get(f"/v1/{of}").json()["data"]
    assert (row["rate_limits"], row["quota"], row["quota_state"]["remaining"]) == ([BURST], QUOTA, 1000)


@owners
def test_a_stale_etag_changes_no_limit(instance: Instance, owner: str) -> None:
    stale = read(instance, owner)["etag"]
    newer = changed(instance, owner, quota=QUOTA)
    assert newer["etag"] != stale
    answer = instance.client("developer").patch(
        path(instance, owner), json={"quota": None}, headers={"If-Match": stale}
    )
    assert_problem(answer, 412, "precondition_failed")
    assert read(instance, owner)["quota"] == QUOTA


@owners
def test_two_who_change_one_limit_at_one_instant_leave_one_whole(instance_on_each: Instance, owner: str) -> None:
    instance = instance_on_each
    bodies = [{"rate_limits": [BURST | {"limit": number}], "quota": QUOTA | {"limit": number}} for number in (5, 6, 7)]
    with ThreadPoolExecutor(3) as pool:
        statuses = list(pool.map(lambda body: change(instance, owner, **body).status_code, bodies))
    assert set(statuses) <= {200, 412}
    assert 200 in statuses
    kept = read(instance, owner)
    assert kept["rate_limits"][0]["limit"] == kept["quota"]["limit"]


@owners
def test_the_gates_hear_of_it_and_the_audit_log_tells_before_and_after(instance: Instance, owner: str) -> None:
    changed(instance, owner, rate_limits=[BURST], quota=QUOTA)
    with instance.store.read() as tx:
        reached = tx.execute(select(changes.c.epoch).order_by(changes.c.epoch.desc())).scalars().first()
    changed(instance, owner, rate_limits=[BURST, REQUESTS], quota=None)
    with instance.store.read() as tx:
        rows = tx.execute(select(changes.c.subject_kind, changes.c.subject_id).where(changes.c.epoch > reached)).all()
    assert [tuple(row) for row in rows] == [(owner, instance.key if owner == "key" else instance.project)]
    entry = (
        instance.client("owner")
        .get(f"/v1/organizations/{instance.harbour}/audit?action={owner}.changed")
        .json()["data"][0]
    )
    assert entry["before"] == {"rate_limits": ["burst: 20 in 1 s"], "quota": "1000 in each day"}
    assert entry["after"] == {"rate_limits": ["burst: 20 in 1 s", "requests: 600 in 60 s"]}


# --- refused --------------------------------------------------------------------------------------


WRONG: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({"rate_limits": [BURST | {"name": each} for each in "abcde"]}, ("rate_limits",)),
    ({"rate_limits": [BURST, BURST]}, ("rate_limits.1.name",)), ({"rate_limits": [BURST | {"name": "quota"}]}, ("rate_limits.0.name",)),
    ({"rate_limits": [BURST, REQUESTS | {"name": "Per day"}]}, ("rate_limits.1.name",)),
    ({"rate_limits": [{"limit": 5, "window_s": 1}]}, ("rate_limits.0.name",)), ({"rate_limits": [BURST | {"burst": 1}]}, ("rate_limits.0.burst",)),
    ({"rate_limits": [{"name": "requests", "limit": 0, "window_s": 0}]}, ("rate_limits.0.limit", "rate_limits.0.window_s")),
    ({"rate_limits": [{"name": "a", "limit": 10_000_001, "window_s": 86_401}]}, ("rate_limits.0.limit", "rate_limits.0.window_s")),
    ({"rate_limits": BURST}, ("rate_limits",)), ({"quota": {"limit": 0, "period": "day"}}, ("quota.limit",)),
    ({"quota": {"limit": 1_000_000_000_001, "period": "day"}}, ("quota.limit",)), ({"quota": {"limit": 1, "period": "week"}}, ("quota.period",)),
    ({"quota": {"limit": 1}}, ("quota.period",)), ({"quota": {"period": "day"}}, ("quota.limit",)), ({"quota": 5}, ("quota",)),
    ({"quota": {"limit": 1.5, "period": "day"}}, ("quota.limit",)), ({"quota": QUOTA | {"used": 0}}, ("quota.used",)),
    ({"quota_state": None}, ("quota_state",)),
    ({"rate_limits": [BURST | {"limit": 0}], "quota": {"limit": 0, "period": "day"}}, ("rate_limits.0.limit", "quota.limit")),
)  # fmt: skip


@owners
def test_a_wrong_limit_is_refused_with_all_that_is_wrong(instance: Instance, owner: str) -> None:
    for body, fields in WRONG:
        assert_problem(create(instance, owner, **body), 422, "invalid", *fields)
        assert_problem(change(instance, owner, **body), 422, "invalid", *fields)
    kept = read(instance, owner)
    assert (kept["rate_limits"], kept["quota"]) == ([], None)


# --- a key's short form ---------------------------------------------------------------------------


def test_the_short_form_is_the_rate_limit_named_requests(instance: Instance) -> None:
    short = {"limit": 600, "window_s": 60}
    made = create(instance, "key", rate_limit=short).json()
    assert (made["rate_limits"], made["rate_limit"]) == ([REQUESTS], short)
    kept = changed(instance, "key", rate_limits=[BURST, REQUESTS])
    assert kept["rate_limit"] == short
    kept = changed(instance, "key", rate_limit={"limit": 7, "window_s": 1})
    assert kept["rate_limits"] == [{"name": "requests", "limit": 7, "window_s": 1}, BURST]
    kept = changed(instance, "key", rate_limit=None)
    assert (kept["rate_limits"], kept["rate_limit"]) == ([BURST], None)


def test_both_forms_in_one_request_are_refused(instance: Instance) -> None:
    for short, named in product([{"limit": 1, "window_s": 1}, None], [[BURST], [], None]):
        body = {"rate_limit": short, "rate_limits": named}
        assert_problem(create(instance, "key", **body), 422, "invalid", "rate_limit")
        assert_problem(change(instance, "key", **body), 422, "invalid", "rate_limit")


def test_a_wrong_limit_is_named_in_the_form_that_it_was_written_in(instance: Instance) -> None:
    wrong = {"limit": 0, "window_s": 90_000}
    fields = ("rate_limit.limit", "rate_limit.window_s")
    assert_problem(create(instance, "key", rate_limit=wrong), 422, "invalid", *fields)
    changed(instance, "key", rate_limits=[BURST | {"name": each} for each in "abcd"])
    assert_problem(change(instance, "key", rate_limit=wrong), 422, "invalid", "rate_limits", *fields)


def test_a_project_has_no_short_form(instance: Instance) -> None:
    assert_problem(change(instance, "project", rate_limit={"limit": 1, "window_s": 1}), 422, "invalid", "rate_limit")


# --- the documentation ----------------------------------------------------------------------------


def test_what_the_documentation_sends_is_taken(instance: Instance) -> None:
    page = (Path(__file__).parents[2] / "docs" / "limits.md").read_text("utf-8")
    blocks = re.findall(r"```json( key)?\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 3
    for only_key, text in blocks:
        for owner in OWNERS[:1] if only_key else OWNERS:
            body = json.loads(text)
            made = changed(instance, owner, **body)
            assert {name: made[name] for name in body} == body
    assert f"{RATE_LIMIT_MAX:,} in at most {RATE_WINDOW_S_MAX:,} s" in page
    assert f"from 1 to {QUOTA_MAX:,}" in page.replace("\n", " ")


# --- how far a quota is spent ---------------------------------------------------------------------


def grant(instance: Instance, owner: str, period: Any, units: int) -> None:
    """What the gates were granted of a quota in the present period."""
    owner_id = instance.key if owner == "key" else instance.project
    with instance.store.write() as tx:
        tx.execute(
            insert(quota_counters).values(
                owner_id=owner_id, period_at=period_of(period, clock.now())[0], project_id=instance.project,
                granted=units,
            )
        )  # fmt: skip


def spent(instance: Instance, owner: str) -> tuple[int, int, int]:
    state = read(instance, owner)["quota_state"]
    return state["used"], state["reserved"], state["remaining"]


@pytest.mark.parametrize(("owner", "period"), [("key", "hour"), ("key", "month"), ("project", "day")])
def test_a_quotas_state_is_what_is_counted_and_what_gates_hold(
    instance_on_each: Instance, test_clock: TestClock, owner: str, period: str
) -> None:
    instance = instance_on_each
    test_clock.move(600)
    changed(instance, owner, quota={"limit": 100, "period": period})
    assert spent(instance, owner) == (0, 0, 100)
    collect(
        instance, decided(instance, cost=7), decided(instance, cost=2),
        decided(instance, cost=50, outcome="rate_limited", rule="key.rate_limits", status=429),
        decided(instance, timedelta(days=33), cost=50), decided(instance, cost=50, project_id=instance.foreign_project, key_id=instance.foreign_key),
    )  # fmt: skip
    assert spent(instance, owner) == (9, 0, 91), "denied requests and those of others and of other periods do not count"
    grant(instance, owner, period, 20)
    assert spent(instance, owner) == (9, 11, 80)
    state = read(instance, owner)["quota_state"]
    begins, ends = period_of(period, clock.now())  # type: ignore[arg-type]  # one of three, in a list of texts
    assert (state["began_at"], state["resets_at"]) == (f"{begins:%Y-%m-%dT%H:%M:%S}Z", f"{ends:%Y-%m-%dT%H:%M:%S}Z")
    changed(instance, owner, quota={"limit": 15, "period": period})
    assert spent(instance, owner) == (9, 11, 0), "lowered below what is spoken for"
    test_clock.move(32 * 86_400)
    assert spent(instance, owner) == (0, 0, 15), "another period"


def test_a_projects_quota_counts_all_its_keys_and_a_keys_its_own(instance: Instance) -> None:
    second = create(instance, "key", quota={"limit": 10, "period": "month"}).json()["id"]
    changed(instance, "project", quota={"limit": 100, "period": "month"})
    collect(instance, decided(instance, timedelta(), cost=3), decided(instance, timedelta(), cost=4, key_id=second))
    assert spent(instance, "project") == (7, 0, 93)
    assert instance.client("auditor").get(f"/v1/keys/{second}").json()["quota_state"]["used"] == 4
