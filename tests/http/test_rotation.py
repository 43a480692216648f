"""Rotating a key over HTTP, and what time brings afterwards: two secrets, then one; what is told to whom."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, select, update

from freehold.keys import tasks
from freehold.keys.rotation_rules import OVERLAP_S_MAX, UNUSED_FOR
from freehold.kit import clock
from freehold.store import epoch, propagation
from freehold.store.propagation import Confirmation
from freehold.store.schema import key_secrets, keys, secret_uses, usage_events
from freehold.usage.naming import numbered
from freehold.webhooks import delivery_actions
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem

HOUR_S = 3600
DAY_S = 24 * HOUR_S


def path(instance: Instance, more: str = "") -> str:
    return f"/v1/keys/{instance.key}{more}"


def rotate(instance: Instance, **body: Any) -> httpx.Response:
    return instance.client("developer").post(path(instance, "/rotate"), json=body)


def states(instance: Instance) -> list[tuple[int, str]]:
    read = instance.client("auditor").get(path(instance)).json()
    return [(each["version"], each["state"]) for each in read["secrets"]]


def used(instance: Instance, version: int, ago: timedelta = timedelta()) -> None:
    """Say that a version was used, as the collector says it."""
    with instance.store.write() as tx:
        selector = tx.execute(
            select(key_secrets.c.selector).where(key_secrets.c.key_id == instance.key, key_secrets.c.version == version)
        ).scalar_one()
        at = clock.now() - ago
        done = tx.execute(update(secret_uses).where(secret_uses.c.selector == selector).values(last_at=at))
        if not done.rowcount:
            tx.execute(
                insert(secret_uses).values(
                    selector=selector,
                    key_id=instance.key,
                    first_at=at,
                    last_at=at,
                    last_address="192.0.2.7",
                    requests=1,
                )
            )


def actions_of(instance: Instance) -> list[tuple[str, Any]]:
    found = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/audit?subject={instance.key}").json()
    return [(each["action"], each["after"]) for each in found["data"] if each["action"] != "key.issued"]


# --- rotating -------------------------------------------------------------------------------------


def test_a_rotated_key_stays_itself_and_has_two_secrets(instance: Instance, test_clock: TestClock) -> None:
    before = instance.client("developer").get(path(instance)).json()
    made = rotate(instance).json()
    same = ("id", "project", "name", "workload", "endpoints", "allowed_cidrs", "rate_limit", "expires_at", "created_at")
    assert {name: made[name] for name in same} == {name: before[name] for name in same}
    assert made["secret"].startswith("fh_test_")
    assert made["etag"] != before["etag"]
    new, old = made["secrets"]
    assert (new["version"], new["state"], new["last4"], new["retires_at"]) == (2, "active", made["secret"][-4:], None)
    assert (old["version"], old["state"], old["held"]) == (1, "retiring", False)
    assert old["retires_at"] == clock.to_text(clock.now() + timedelta(days=1)).replace(".000", "")
    assert old["retires_by"] == clock.to_text(clock.now() + timedelta(days=90)).replace(".000", "")
    assert (made["confirmed_by"], made["silent"]) == (0, 0)
    read = instance.client("auditor").get(path(instance))
    assert made["secret"] not in read.text
    assert [each["callers"] for each in read.json()["secrets"]] == [[], []]


def test_without_an_overlap_only_the_new_secret_serves(instance: Instance) -> None:
    assert rotate(instance, overlap_s=0).status_code == 200
    assert states(instance) == [(2, "active"), (1, "retired")]
    rotate(instance, overlap_s=60)
    assert rotate(instance, overlap_s=0).status_code == 200
    assert states(instance) == [(4, "active"), (3, "retired"), (2, "retired"), (1, "retired")]


def test_three_secrets_never_serve(instance: Instance) -> None:
    rotate(instance)
    refused = rotate(instance)
    assert_problem(refused, 409, "conflict")
    assert "Version 1 still serves" in refused.json()["detail"]
    assert states(instance) == [(2, "active"), (1, "retiring")]


def test_an_overlap_that_cannot_be_changes_nothing(instance: Instance) -> None:
    assert_problem(rotate(instance, overlap_s=-1), 422, "invalid", "overlap_s")
    assert_problem(rotate(instance, overlap_s=OVERLAP_S_MAX + 1), 422, "invalid", "overlap_s")
    assert_problem(rotate(instance, overlap_s=0, hold=True), 422, "invalid", "hold")
    assert states(instance) == [(1, "active")]


def test_what_does_not_serve_is_not_rotated(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client("developer")
    client.patch(path(instance), json={"expires_at": clock.to_text(clock.now() + timedelta(hours=1))})
    test_clock.move(HOUR_S)
    assert "expired" in rotate(instance).json()["detail"]
    client.patch(path(instance), json={"expires_at": None})
    client.post(f"/v1/projects/{instance.project}/archive")
    assert_problem(rotate(instance), 409, "conflict")
    client.post(f"/v1/projects/{instance.project}/restore")
    client.post(path(instance, "/revoke"))
    assert "revoked" in rotate(instance).json()["detail"]
    assert states(instance) == [(1, "revoked")]


def test_a_stale_etag_rotates_nothing(instance: Instance) -> None:
    client = instance.client("developer")
    stale = client.get(path(instance)).json()["etag"]
    client.patch(path(instance), json={"workload": "night"})
    for method, more, body in (("POST", "/rotate", {}), ("PATCH", "/secrets/1", {"held": True})):
        answer = client.request(method, path(instance, more), json=body, headers={"If-Match": stale})
        assert_problem(answer, 412, "precondition_failed")
    assert states(instance) == [(1, "active")]


def test_sent_again_it_answers_the_same_secret_and_rotates_once(instance_on_each: Instance) -> None:
    client, headers = instance_on_each.client("developer"), {"Idempotency-Key": "monday"}
    first = client.post(path(instance_on_each, "/rotate"), json={"overlap_s": 60}, headers=headers)
    again = client.post(path(instance_on_each, "/rotate"), json={"overlap_s": 60}, headers=headers)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.content == again.content
    other = client.post(path(instance_on_each, "/rotate"), json={"overlap_s": 61}, headers=headers)
    assert_problem(other, 409, "idempotency_conflict")
    assert states(instance_on_each) == [(2, "active"), (1, "retiring")]


def test_sent_again_after_a_crash_it_still_answers_the_secret(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies between the rotation and its answer: nobody has the new secret, until it is asked for again."""
    client, headers = instance.client("developer"), {"Idempotency-Key": "monday"}

    def crash(*_: object) -> Confirmation:
        raise OSError("gone")

    with monkeypatch.context() as broken:
        broken.setattr(propagation, "wait_for_verifiers", crash)
        assert client.post(path(instance, "/rotate"), json={}, headers=headers).status_code == 500
    assert states(instance) == [(2, "active"), (1, "retiring")]
    again = client.post(path(instance, "/rotate"), json={}, headers=headers).json()
    assert again["secret"][-4:] == again["secrets"][0]["last4"]
    assert again["confirmed_by"] == 0
    assert states(instance) == [(2, "active"), (1, "retiring")]


@pytest.mark.parametrize("overlap_s", [0, 60])
def test_two_who_rotate_at_one_instant_leave_one_story(instance_on_each: Instance, overlap_s: int) -> None:
    instance, together = instance_on_each, 4
    clients, barrier = [instance.client("developer") for _ in range(together)], Barrier(together)

    def act(client: httpx.Client) -> httpx.Response:
        barrier.wait()
        return client.post(path(instance, "/rotate"), json={"overlap_s": overlap_s})

    with ThreadPoolExecutor(together) as pool:
        answers = list(pool.map(act, clients))
    done = [each for each in answers if each.status_code == 200]
    if overlap_s:
        assert sorted(each.status_code for each in answers) == [200, 409, 409, 409]
        assert states(instance) == [(2, "active"), (1, "retiring")]
    else:
        assert len(done) == together, "each ends what was there when its turn came"
        assert states(instance) == [(5, "active"), (4, "retired"), (3, "retired"), (2, "retired"), (1, "retired")]
    newest = max(done, key=lambda each: each.json()["secrets"][0]["version"]).json()
    read = instance.client("auditor").get(path(instance)).json()
    assert read["secrets"][0]["last4"] == newest["secret"][-4:]


# --- ending an overlap, or changing it ------------------------------------------------------------


def test_retiring_ends_the_old_secret_and_twice_is_once(instance: Instance) -> None:
    rotate(instance)
    client = instance.client("developer")
    ended = client.post(path(instance, "/secrets/1/retire"))
    assert ended.status_code == 200
    assert (ended.json()["confirmed_by"], ended.json()["silent"]) == (0, 0)
    assert states(instance) == [(2, "active"), (1, "retired")]
    again = client.post(path(instance, "/secrets/1/retire"))
    assert again.json()["secrets"] == ended.json()["secrets"]
    assert [name for name, _ in actions_of(instance)] == ["key.secret_retired", "key.rotated"]


def test_the_current_secret_is_not_retired(instance: Instance) -> None:
    client = instance.client("developer")
    assert_problem(client.post(path(instance, "/secrets/1/retire")), 409, "conflict")
    assert_problem(client.patch(path(instance, "/secrets/1"), json={"held": True}), 409, "conflict")
    for version in ("2", "0", "-1", "one", "1" * 30, "²"):
        assert_problem(client.post(path(instance, f"/secrets/{version}/retire")), 404, "not_found")


def test_an_archived_projects_overlap_can_be_ended_but_not_stretched(instance: Instance) -> None:
    rotate(instance)
    client = instance.client("developer")
    client.post(f"/v1/projects/{instance.project}/archive")
    assert_problem(client.patch(path(instance, "/secrets/1"), json={"held": True}), 409, "conflict")
    assert client.post(path(instance, "/secrets/1/retire")).status_code == 200


def test_an_overlap_is_changed_within_its_bounds(instance: Instance, test_clock: TestClock) -> None:
    rotate(instance)
    client, start = instance.client("developer"), clock.now()

    def change(**body: Any) -> httpx.Response:
        return client.patch(path(instance, "/secrets/1"), json=body)

    later = start + timedelta(days=30)
    changed = change(retires_at=clock.to_text(later), held=True).json()["secrets"][1]
    assert (changed["retires_at"][:10], changed["held"]) == (f"{later:%Y-%m-%d}", True)
    assert change(held=False).json()["secrets"][1]["held"] is False
    assert_problem(change(retires_at=clock.to_text(start)), 422, "invalid", "retires_at")
    assert_problem(change(retires_at=clock.to_text(start + timedelta(days=91))), 422, "invalid", "retires_at")
    assert_problem(change(retires_at="2027-02-01T00:00:00"), 422, "invalid", "retires_at")
    before = client.get(path(instance)).json()
    assert change().json()["etag"] == before["etag"], "nothing was changed"
    client.post(path(instance, "/secrets/1/retire"))
    assert_problem(change(held=True), 409, "conflict")


def test_gates_are_told_of_each_change(instance: Instance) -> None:
    for method, more, body in (
        ("POST", "/rotate", {}),
        ("PATCH", "/secrets/1", {"held": True}),
        ("POST", "/secrets/1/retire", None),
    ):
        with instance.store.read() as tx:
            before = epoch.current(tx)
        assert instance.client("developer").request(method, path(instance, more), json=body).status_code == 200
        with instance.store.read() as tx:
            told = [(each.subject_kind, each.subject_id) for each in epoch.changes_after(tx, before)]
        assert told == [("key", instance.key)], more


def test_what_narrows_is_acknowledged(instance: Instance) -> None:
    """One gate is there already, wherever the epoch goes; another one is behind and falls silent."""
    now, far = clock.now(), 1_000_000
    with instance.store.write() as tx:
        epoch.report(tx, "ver_ahead", "node", now, far, now + timedelta(hours=1))
    rotate(instance)
    project = f"/v1/projects/{instance.project}"
    asked: tuple[tuple[str, str, str, Any], ...] = (
        ("developer", "PATCH", path(instance), {"workload": "night"}),
        ("developer", "PUT", f"{project}/scope", {"endpoints": ["get_parcel"], "event_types": []}),
        ("developer", "PATCH", project, {"purpose": "Else"}),
        ("operator", "PATCH", "/v1/apis/parcels", {"fail_open": True}),
        ("developer", "POST", f"{project}/archive", None),
    )
    for who, method, address, body in asked:
        answer = instance.client(who).request(method, address, json=body).json()
        assert (answer["confirmed_by"], answer["silent"]) == (1, 0), address
    with instance.store.write() as tx:
        epoch.report(tx, "ver_behind", "node", now, 0, now + timedelta(hours=1))
    ended = instance.client("developer").post(path(instance, "/secrets/1/retire")).json()
    assert (ended["confirmed_by"], ended["silent"]) == (1, 1)
    assert ended["propagation_ms"] >= instance.settings.staleness_s * 1000


# --- what time brings -----------------------------------------------------------------------------


def test_an_overlap_ends_at_its_time(instance_on_each: Instance, test_clock: TestClock) -> None:
    instance = instance_on_each
    rotate(instance, overlap_s=HOUR_S)
    test_clock.move(HOUR_S - 1)
    used(instance, 1)
    assert tasks.turn(instance.store, clock.now()) == 0
    test_clock.move(1)
    assert tasks.turn(instance.store, clock.now()) == 1
    assert states(instance) == [(2, "active"), (1, "retired")]
    assert tasks.turn(instance.store, clock.now()) == 0
    newest = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/audit").json()["data"][0]
    assert (newest["action"], newest["actor"]["kind"]) == ("key.secret_retired", "system")
    assert newest["after"]["reason"] == "its overlap ended"


def test_a_held_secret_serves_on_until_it_is_out_of_use(instance_on_each: Instance, test_clock: TestClock) -> None:
    instance = instance_on_each
    rotate(instance, overlap_s=HOUR_S, hold=True)
    last = clock.now()
    for _ in range(3):
        last = clock.now()
        used(instance, 1)
        test_clock.move(HOUR_S)
        assert tasks.turn(instance.store, clock.now()) in (0, 1)
        assert states(instance) == [(2, "active"), (1, "retiring")]
    with instance.store.read() as tx:
        moved = tx.execute(select(key_secrets.c.retires_at).where(key_secrets.c.version == 1)).scalars().all()
    assert last < max(at for at in moved if at) <= last + UNUSED_FOR
    test_clock.move(2 * DAY_S)
    assert tasks.turn(instance.store, clock.now()) == 1
    assert states(instance) == [(2, "active"), (1, "retired")]


def test_a_held_secret_in_use_ends_at_the_bound_all_the_same(instance: Instance, test_clock: TestClock) -> None:
    rotate(instance, overlap_s=HOUR_S, hold=True)
    for _ in range(89):
        test_clock.move(DAY_S)
        used(instance, 1)
        tasks.turn(instance.store, clock.now())
    assert states(instance) == [(2, "active"), (1, "retiring")]
    test_clock.move(DAY_S)
    used(instance, 1)
    assert tasks.turn(instance.store, clock.now()) == 1
    assert states(instance) == [(2, "active"), (1, "retired")]
    assert actions_of(instance)[0][1]["reason"] == "it was held for 90 days, the longest"


def test_a_revoked_keys_overlap_does_not_end_again(instance: Instance, test_clock: TestClock) -> None:
    rotate(instance, overlap_s=HOUR_S)
    instance.client("developer").post(path(instance, "/revoke"))
    test_clock.move(2 * HOUR_S)
    assert tasks.turn(instance.store, clock.now()) == 0
    assert states(instance) == [(2, "revoked"), (1, "revoked")]


# --- who called -----------------------------------------------------------------------------------


def test_callers_of_each_secret_are_told_apart(instance: Instance) -> None:
    rotate(instance)
    now = clock.now()
    with instance.store.write() as tx:
        rows = tx.execute(
            select(key_secrets.c.version, key_secrets.c.selector).where(key_secrets.c.key_id == instance.key)
        )
        selectors = {row.version: row.selector for row in rows}
        seen = (
            (1, "192.0.2.1", "old job"),
            (1, "192.0.2.1", "old job"),
            (1, "192.0.2.2", None),
            (2, "192.0.2.3", "new"),
        )
        numbered(tx, ["jrn_1", instance.project, instance.key])
        for number, (version, address, agent) in enumerate(seen):
            tx.execute(
                insert(usage_events).values(
                    id=f"req_{number}", journal_id="jrn_1", position=number, at=now + timedelta(seconds=number),
                    project_id=instance.project, key_id=instance.key, secret=selectors[version], outcome="allowed",
                    via="verify", cost=1, address=address, user_agent=agent,
                )
            )  # fmt: skip
        for selector in selectors.values():
            tx.execute(
                insert(secret_uses).values(
                    selector=selector, key_id=instance.key, first_at=now, last_at=now + timedelta(seconds=9),
                    requests=2,
                )
            )  # fmt: skip
    new, old = instance.client("auditor").get(path(instance)).json()["secrets"]
    assert [(each["address"], each["user_agent"], each["requests"]) for each in old["callers"]] == [
        ("192.0.2.2", None, 1), ("192.0.2.1", "old job", 2)
    ]  # fmt: skip
    assert [each["address"] for each in new["callers"]] == ["192.0.2.3"]
    listed = instance.client("auditor").get(f"/v1/projects/{instance.project}/keys").json()["data"][0]
    assert "callers" not in listed["secrets"][0]
    instance.client("developer").post(path(instance, "/secrets/1/retire"))
    assert instance.client("auditor").get(path(instance)).json()["secrets"][1]["callers"] == []


# --- what webhook endpoints are told --------------------------------------------------------------


def messages(instance: Instance) -> list[tuple[str, Any]]:
    """What Freehold itself told the project's endpoints, oldest first."""
    with instance.store.write() as tx:
        delivery_actions.publish_announced(tx, 100)
    found = instance.client("developer").get(f"/v1/projects/{instance.project}/messages").json()["data"]
    own = [each["id"] for each in found if each["event_type"].startswith("key.")]
    read = [instance.client("developer").get(f"/v1/messages/{each}").json() for each in reversed(own)]
    return [(each["event_type"], each["payload"]) for each in read]


def test_rotation_and_revocation_are_told_once(instance_on_each: Instance) -> None:
    instance = instance_on_each
    made = rotate(instance, overlap_s=60).json()
    assert rotate(instance).status_code == 409
    instance.client("developer").post(path(instance, "/revoke"))
    instance.client("developer").post(path(instance, "/revoke"))
    for _ in range(2):
        told = dict(found := messages(instance))
        assert len(found) == 2
        of_rotation, of_revocation = told["key.rotated"], told["key.revoked"]
        assert (of_rotation["key"], of_rotation["version"]) == (instance.key, 2)
        assert of_rotation["overlap_ends_at"][:19] == made["secrets"][1]["retires_at"][:19]
        assert of_revocation == {"key": instance.key, "name": made["name"]}


def test_a_key_that_expires_soon_is_told_once_for_each_expiry(
    instance_on_each: Instance, test_clock: TestClock
) -> None:
    instance = instance_on_each
    client = instance.client("developer")
    with instance.store.write() as tx:
        tx.execute(update(keys).where(keys.c.id == instance.key).values(created_at=clock.now() - timedelta(days=300)))

    def expire_in(days: int) -> None:
        client.patch(path(instance), json={"expires_at": clock.to_text(clock.now() + timedelta(days=days))})
        for _ in range(2):
            tasks.turn(instance.store, clock.now())

    expire_in(8)
    assert messages(instance) == []
    test_clock.move(DAY_S)
    tasks.turn(instance.store, clock.now())
    tasks.turn(instance.store, clock.now())
    ((name, told),) = messages(instance)
    assert (name, told["key"]) == ("key.expiring", instance.key)
    expire_in(6)
    assert len(messages(instance)) == 2, "another expiry is another thing to know"
    client.post(path(instance, "/revoke"))
    assert sorted(each for each, _ in messages(instance)) == ["key.expiring", "key.expiring", "key.revoked"]


def test_a_short_lived_key_is_told_of_at_half_its_life(instance: Instance, test_clock: TestClock) -> None:
    ends = clock.to_text(clock.now() + timedelta(hours=2))
    made = instance.client("developer").post(
        f"/v1/projects/{instance.project}/keys", json={"name": "short", "expires_at": ends}
    )
    assert made.status_code == 201
    test_clock.move(HOUR_S - 1)
    assert tasks.turn(instance.store, clock.now()) == 0
    test_clock.move(1)
    assert tasks.turn(instance.store, clock.now()) == 1
    assert messages(instance)[0][1]["key"] == made.json()["id"]
