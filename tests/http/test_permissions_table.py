"""Every kind of caller against every route of the API. A route that is not in the table fails the first test."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final, NamedTuple

import httpx
import pytest
from sqlalchemy import insert, update

from freehold import routes
from freehold.keys import declaring
from freehold.kit import clock
from freehold.kit.ids import new_id
from freehold.production.policy import actions as readiness_policies
from freehold.production.readiness.records import Policy
from freehold.projects import actions as projects
from freehold.projects import queries as project_queries
from freehold.projects.records import NewProject
from freehold.reports import tasks as report_tasks
from freehold.store.schema import deliveries, usage_events
from freehold.usage.naming import numbered
from tests.http.firings import record_firing
from tests.http.served import DOCUMENT, SYSTEM, Instance

PEOPLE: Final = frozenset({"operator", "owner", "admin", "developer", "billing", "auditor", "stranger"})
SERVICES: Final = frozenset({"verifier", "publisher"})
EVERYBODY: Final = PEOPLE | SERVICES
MEMBERS: Final = frozenset({"operator", "owner", "admin", "developer", "billing", "auditor"})
INSIDERS: Final = MEMBERS - {"operator"}
READERS: Final = MEMBERS - {"billing"}
DEVELOPERS: Final = frozenset({"owner", "admin", "developer"})
ADMINISTRATORS: Final = frozenset({"owner", "admin"})
OPERATOR: Final = frozenset({"operator"})
AUDITORS: Final = ADMINISTRATORS | {"operator", "auditor"}
PUBLISHERS: Final = DEVELOPERS | {"publisher"}

ORGANIZATION: Final = "/v1/organizations/{organization_id}"
API: Final = "/v1/apis/{api}"
PROJECT: Final = "/v1/projects/{project_id}"
KEY: Final = "/v1/keys/{key_id}"
WEBHOOK: Final = "/v1/webhooks/{endpoint_id}"
SCHEDULE: Final = "/v1/report_schedules/{schedule_id}"
SCHEDULED: Final = {"name": "Monthly", "kind": "usage_summary", "cron": "0 6 1 * *", "period": "month"}
ALERT: Final = "/v1/alerts/{alert_id}"
FORWARDING: Final = "/v1/forwardings/{forwarding_id}"
ACCESS: Final = "/v1/access_requests/{access_request_id}"


# Sent as the media type that it is.
CLOUD_EVENT: Final = {"specversion": "1.0", "id": "1", "source": "/tests", "type": "used", "data": {"units": 3}}


SOON: Final = clock.to_text(clock.now() + timedelta(days=7))
POLICY: Final = {
    "blocking": ["technical_owner"], "failure_rate_max": 2.5, "material": ["scope"], "exercise_days": 30, "lookup_days": 7,
    "denial_days": 7, "delivery_days": 30, "alert_days": 30, "failure_days": 7, "unused_days": 30, "rotation_days": 90,
    "approval_days": 30, "promotion_needs_approval": True,
}  # fmt: skip
ASKED: Final = {
    "use_case": "Shows parcels to partners", "requests_a_day_from": 0, "requests_a_day_to": 5000, "peak_a_second": 5,
    "launch_on": f"{clock.now().date() + timedelta(days=30)}",
}  # fmt: skip


SHAPE: Final = {"shape": {"api": "parcels", "labels": {"name": "Parcels", "purpose": "Looks parcels up"}}}
PRICES: Final[dict[str, Any]] = {
    "takes_effect_on": "2100-01-01", "currency": "EUR",
    "items": [{"endpoint": "*", "unit": "request", "per": 1000, "tiers": [{"above": 0, "price": 40}]}],
}  # fmt: skip
# In the right form, and of another instance: what is wrong with it is found, not refused.
SEAL: Final[dict[str, Any]] = {
    "chain": "", "position": 1, "hash": "00" * 32, "sealed_at": "2026-11-28T14:00:00.000Z", "key_id": "0" * 16,
    "signature": "AA==",
}  # fmt: skip


class Row(NamedTuple):
    """One route, who may use it, and a body that is right."""

    method: str
    path: str
    allowed: frozenset[str]
    body: Any = None
    # A stranger is told that nothing is there, unless the route belongs to no organization.
    hides: bool = True
    # The webhook endpoint that it is tried on, where the usual one would stand in the way.
    endpoint: str = "endpoint_id"
    # The access request that it is tried on, likewise; and the report.
    access_request: str = "access_request_id"
    # The project, where the usual one has no sibling.
    project: str = "project_id"
    report: str = "report_id"


# What needs no permission: it is refused for other reasons, which other tests are about.
OPEN: Final = frozenset(
    {
        ("POST", "/v1/setup"),
        ("POST", "/v1/session"),
        ("DELETE", "/v1/session"),
        ("POST", "/v1/invitations/accept"),
        # The person's own and the operator's business alone: tests/keeping.
        ("GET", "/v1/people/{person}/deletion"),
        ("POST", "/v1/people/{person}/delete"),
        # An owner's and the operator's alone: tests/keeping.
        ("POST", "/v1/organizations/{organization_id}/delete"),
        ("POST", "/v1/organizations/{organization_id}/restore"),
    }
)
# In an order in which no row takes away what a later one needs.
TABLE: Final = (
    Row("GET", "/v1/me", EVERYBODY),
    Row("GET", "/v1/tokens", PEOPLE, hides=False),
    Row("POST", "/v1/tokens", PEOPLE, {"name": "another"}, hides=False),
    Row("GET", "/v1/organizations", EVERYBODY),
    Row("POST", "/v1/organizations", OPERATOR, {"name": "New"}, hides=False),
    Row("GET", ORGANIZATION, MEMBERS),
    Row("PATCH", ORGANIZATION, ADMINISTRATORS, {"name": "Harbour"}),
    Row("GET", f"{ORGANIZATION}/deletion", MEMBERS),
    Row("GET", f"{ORGANIZATION}/members", MEMBERS),
    Row("PATCH", f"{ORGANIZATION}/members/{{user_id}}", ADMINISTRATORS, {"role": "developer"}),
    Row("GET", f"{ORGANIZATION}/invitations", MEMBERS),
    Row("POST", f"{ORGANIZATION}/invitations", ADMINISTRATORS, {"email": "new@example.com", "role": "billing"}),
    Row("DELETE", f"{ORGANIZATION}/invitations/{{invitation_id}}", ADMINISTRATORS),
    Row("GET", f"{ORGANIZATION}/audit", AUDITORS),
    Row("GET", f"{ORGANIZATION}/audit/proof", AUDITORS),
    Row("POST", f"{ORGANIZATION}/audit/proof", AUDITORS, {"seals": [SEAL]}),
    Row("GET", "/v1/audit", OPERATOR, hides=False),
    Row("GET", "/v1/audit/proof", OPERATOR, hides=False),
    Row("POST", "/v1/audit/proof", OPERATOR, {"seals": [SEAL]}, hides=False),
    Row("GET", f"{ORGANIZATION}/forwardings", AUDITORS),
    Row("POST", f"{ORGANIZATION}/forwardings", ADMINISTRATORS, {"name": "Logs", "url": "https://logs.example.com/"}),
    Row("GET", "/v1/forwardings", OPERATOR, hides=False),
    Row(
        "POST", "/v1/forwardings", OPERATOR, {"name": "Logs", "kind": "syslog", "host": "logs.example.com"}, hides=False
    ),
    Row("GET", FORWARDING, AUDITORS),
    Row("PATCH", FORWARDING, ADMINISTRATORS, {"name": "Logs"}),
    Row("POST", f"{FORWARDING}/pause", ADMINISTRATORS),
    Row("POST", f"{FORWARDING}/resume", ADMINISTRATORS),
    Row("POST", f"{FORWARDING}/test", ADMINISTRATORS),
    Row("POST", f"{FORWARDING}/rotate_secret", ADMINISTRATORS),
    Row("DELETE", FORWARDING, ADMINISTRATORS),
    Row("GET", "/v1/price_lists", OPERATOR, hides=False),
    Row("POST", "/v1/price_lists", OPERATOR, {**PRICES, "takes_effect_on": "2101-01-01"}, hides=False),
    Row("POST", "/v1/price_lists/preview", OPERATOR, PRICES, hides=False),
    Row("GET", "/v1/price_lists/{price_list_id}", PEOPLE, hides=False),
    Row("POST", "/v1/price_lists/{price_list_id}/withdraw", OPERATOR, hides=False),
    Row("GET", f"{ORGANIZATION}/price_lists", MEMBERS),
    Row("GET", f"{ORGANIZATION}/reports", MEMBERS),
    Row("POST", f"{ORGANIZATION}/reports", MEMBERS, {"kind": "access_review"}),
    Row("GET", f"{ORGANIZATION}/export", MEMBERS),
    Row("POST", f"{ORGANIZATION}/export", MEMBERS, {"format": "jsonl"}),
    Row("GET", f"{PROJECT}/reports", MEMBERS),
    Row("POST", f"{PROJECT}/reports", MEMBERS, {"kind": "usage_summary", "from": "2026-01-01", "to": "2026-01-02"}),
    Row("GET", "/v1/reports/{report_id}", MEMBERS),
    Row("GET", "/v1/reports/{report_id}/file", MEMBERS),
    Row("GET", "/v1/reports/{report_id}/manifest", MEMBERS),
    Row("POST", "/v1/reports/{report_id}/cancel", MEMBERS, report="queued_report_id"),
    Row("GET", f"{ORGANIZATION}/report_schedules", MEMBERS),
    Row("POST", f"{ORGANIZATION}/report_schedules", INSIDERS, SCHEDULED),
    Row("GET", f"{PROJECT}/report_schedules", MEMBERS),
    Row("POST", f"{PROJECT}/report_schedules", INSIDERS, SCHEDULED),
    Row("GET", "/v1/report_schedules/preview", EVERYBODY, hides=False),
    Row("GET", SCHEDULE, MEMBERS),
    Row("PATCH", SCHEDULE, INSIDERS, {"name": "Monthly"}),
    Row("POST", f"{SCHEDULE}/pause", INSIDERS),
    Row("POST", f"{SCHEDULE}/resume", INSIDERS),
    Row("POST", f"{SCHEDULE}/run", INSIDERS),
    Row("DELETE", SCHEDULE, INSIDERS),
    Row("GET", f"{ORGANIZATION}/usage", MEMBERS),
    Row("GET", "/v1/kept", OPERATOR, hides=False),
    Row("GET", "/v1/kept/{kind}/preview", OPERATOR, hides=False),
    Row("PUT", "/v1/kept/{kind}", OPERATOR, {"days": 60}, hides=False),
    Row("GET", "/v1/usage", OPERATOR, hides=False),
    Row("POST", "/v1/usage/reconcile", OPERATOR, hides=False),
    Row("GET", "/v1/usage/reconciliation", OPERATOR, hides=False),
    Row("GET", "/v1/apis", EVERYBODY),
    Row("POST", "/v1/apis", OPERATOR, {"name": "Ships"}, hides=False),
    Row("GET", API, EVERYBODY),
    Row("PATCH", API, OPERATOR, {"name": "Parcels"}, hides=False),
    Row("GET", f"{API}/openapi", EVERYBODY),
    Row("PUT", f"{API}/openapi", OPERATOR, DOCUMENT, hides=False),
    Row("GET", f"{API}/endpoints", EVERYBODY),
    Row("GET", f"{API}/event_types", EVERYBODY),
    Row("GET", f"{API}/event_types/{{event_type}}", EVERYBODY),
    Row("GET", f"{ORGANIZATION}/projects", MEMBERS),
    Row("POST", f"{ORGANIZATION}/projects", DEVELOPERS, {"name": "New", "purpose": "To see", "api": "parcels"}),
    Row("GET", PROJECT, MEMBERS),
    Row("PATCH", PROJECT, DEVELOPERS, {"purpose": "To see more"}),
    Row("GET", f"{PROJECT}/scope", MEMBERS),
    Row("PUT", f"{PROJECT}/scope", DEVELOPERS, {"endpoints": ["get_parcel"], "event_types": ["parcel.moved"]}),
    Row("GET", f"{PROJECT}/keys", READERS),
    Row("POST", f"{PROJECT}/keys", DEVELOPERS, {"name": "second"}),
    Row("GET", KEY, READERS),
    Row("PATCH", KEY, DEVELOPERS, {"workload": "nightly"}),
    Row("POST", f"{KEY}/rotate", DEVELOPERS, {}),
    Row("PATCH", f"{KEY}/secrets/{{version}}", DEVELOPERS, {"held": True}),
    Row("POST", f"{KEY}/secrets/{{version}}/retire", DEVELOPERS),
    Row("GET", f"{PROJECT}/webhooks", READERS),
    Row(
        "POST", f"{PROJECT}/webhooks", DEVELOPERS, {"url": "http://127.0.0.1:1024/two", "event_types": ["parcel.moved"]}
    ),
    Row("GET", WEBHOOK, READERS),
    Row("PATCH", WEBHOOK, DEVELOPERS, {"description": "Ours"}),
    Row("POST", f"{WEBHOOK}/rotate_secret", DEVELOPERS, {}),
    Row("POST", f"{WEBHOOK}/test", DEVELOPERS, {}),
    Row("POST", f"{WEBHOOK}/check", DEVELOPERS, {}),
    Row("GET", f"{WEBHOOK}/checks", READERS),
    Row("POST", f"{WEBHOOK}/advance", DEVELOPERS, {"by_s": 60}),
    Row("GET", "/v1/webhook_checks/{check_id}", READERS),
    Row("GET", f"{WEBHOOK}/deliveries", READERS),
    Row("GET", "/v1/deliveries/{delivery_id}", READERS),
    Row("GET", "/v1/attempts/{attempt_id}", READERS),
    Row("POST", "/v1/deliveries/{delivery_id}/replay", DEVELOPERS),
    Row("GET", f"{WEBHOOK}/metrics", READERS),
    Row("GET", f"{WEBHOOK}/replays", READERS),
    Row("GET", "/v1/replays/{replay_id}", READERS),
    Row("POST", "/v1/replays/{replay_id}/cancel", DEVELOPERS),
    Row("POST", f"{WEBHOOK}/replays", DEVELOPERS, {"state": "failed"}),
    Row("POST", f"{WEBHOOK}/recover", DEVELOPERS, {"since": "2026-11-01T00:00:00Z"}, endpoint="other_endpoint_id"),
    Row("PUT", f"{PROJECT}/inbox", DEVELOPERS, {}),
    Row("GET", f"{PROJECT}/inbox", READERS),
    Row("GET", f"{PROJECT}/inbox/requests", READERS),
    Row("DELETE", f"{PROJECT}/inbox/requests", DEVELOPERS),
    Row("GET", f"{PROJECT}/messages", READERS),
    Row("POST", f"{PROJECT}/messages", PUBLISHERS, {"event_type": "parcel.moved", "payload": {"id": "p2"}}),
    Row("GET", "/v1/messages/{message_id}", READERS),
    Row("GET", f"{PROJECT}/alerts", MEMBERS),
    Row(
        "POST", f"{PROJECT}/alerts", DEVELOPERS, {"name": "Silence", "metric": "no_traffic", "thresholds": [{"at": 60}]}
    ),
    Row("GET", ALERT, MEMBERS),
    Row("PATCH", ALERT, DEVELOPERS, {"severity": "info"}),
    Row("POST", f"{ALERT}/test", DEVELOPERS),
    Row("GET", f"{ALERT}/firings", MEMBERS),
    Row("GET", f"{PROJECT}/firings", MEMBERS),
    Row("GET", "/v1/firings/{firing_id}", MEMBERS),
    Row("POST", "/v1/firings/{firing_id}/acknowledge", DEVELOPERS),
    Row("GET", f"{PROJECT}/alert_channels", MEMBERS),
    Row(
        "POST",
        f"{PROJECT}/alert_channels",
        DEVELOPERS,
        {"name": "ops", "kind": "generic", "url": "http://127.0.0.1:1024/"},
    ),
    Row("DELETE", "/v1/alert_channels/{channel_id}", DEVELOPERS),
    Row("DELETE", ALERT, DEVELOPERS),
    Row("GET", f"{PROJECT}/access_requests", MEMBERS),
    Row("GET", "/v1/access_requests", EVERYBODY),
    Row("GET", ACCESS, MEMBERS),
    Row("POST", f"{ACCESS}/comments", DEVELOPERS | OPERATOR, {"text": "Why so many?"}),
    Row("POST", f"{ACCESS}/ask_for_changes", OPERATOR, {"text": "Fewer, please."}),
    Row("POST", f"{ACCESS}/answer", DEVELOPERS, {"text": "They are fewer now."}),
    # A shape that nobody has looked at is refused; to whom does not review, before that.
    Row("POST", f"{ACCESS}/approve", OPERATOR, {"fingerprint": "{fingerprint}"}),
    Row("POST", f"{ACCESS}/withdraw", DEVELOPERS, {}),
    Row("POST", f"{PROJECT}/access_requests", DEVELOPERS, ASKED),
    Row("POST", f"{ACCESS}/deny", OPERATOR, {"reason": "Not yet."}, access_request="other_access_request_id"),
    Row("GET", f"{PROJECT}/bindings", MEMBERS, project="paired_id"),
    Row("PUT", f"{PROJECT}/bindings", DEVELOPERS, {"bindings": {}}, project="paired_id"),
    Row("POST", f"{PROJECT}/clone", DEVELOPERS, {"fingerprint": ""}, project="paired_id"),
    Row("GET", f"{PROJECT}/drift", MEMBERS, project="paired_id"),
    Row(
        "POST",
        f"{PROJECT}/drift/accept",
        DEVELOPERS,
        {"paths": ["/limits/quota"], "withdraw": True},
        project="paired_id",
    ),
    Row("POST", f"{PROJECT}/drift/promote", DEVELOPERS, {"items": []}, project="paired_id"),
    Row("POST", f"{PROJECT}/drift/revert", DEVELOPERS, {"items": []}, project="paired_id"),
    Row("GET", f"{PROJECT}/readiness", MEMBERS),
    Row("GET", f"{PROJECT}/readiness/results", MEMBERS),
    Row("POST", f"{PROJECT}/readiness/run", DEVELOPERS, {"check": "capacity"}),
    Row("GET", f"{PROJECT}/attestations", MEMBERS),
    Row("POST", f"{PROJECT}/attestations", frozenset({"auditor"}), {"check": "security_review", "words": "Read it."}),
    Row("POST", "/v1/attestations/{attestation_id}/withdraw", ADMINISTRATORS | {"auditor"}),
    Row("GET", f"{PROJECT}/key_acceptances", MEMBERS),
    Row(
        "POST",
        f"{PROJECT}/key_acceptances",
        DEVELOPERS,
        {"key": "{key_id}", "finding": "unused", "reason": "Quarterly", "expires_at": SOON},
    ),
    Row("POST", "/v1/key_acceptances/{acceptance_id}/withdraw", DEVELOPERS),
    Row("GET", f"{API}/readiness_policy", EVERYBODY),
    Row("PUT", f"{API}/readiness_policy", OPERATOR, POLICY, hides=False),
    Row("GET", f"{API}/readiness_checks", EVERYBODY),
    Row(
        "POST",
        f"{API}/readiness_checks",
        OPERATOR,
        {"kind": "attestation", "code": "privacy", "title": "Privacy", "role": "owner"},
        hides=False,
    ),
    Row("PATCH", "/v1/readiness_checks/{own_check_id}", OPERATOR, {"title": "Security"}, hides=False),
    Row("DELETE", "/v1/readiness_checks/{own_check_id}", OPERATOR, hides=False),
    Row("GET", f"{PROJECT}/declared_keys", READERS),
    Row("DELETE", "/v1/declared_keys/{declared_key_id}", DEVELOPERS),
    Row("GET", f"{PROJECT}/shape", MEMBERS),
    Row("GET", f"{PROJECT}/shape/history", MEMBERS),
    Row("GET", f"{PROJECT}/shape/history/{{number}}", MEMBERS),
    Row("POST", f"{PROJECT}/shape/plan", DEVELOPERS, SHAPE),
    Row("POST", f"{PROJECT}/shape/restore", DEVELOPERS, {"number": 1, "plan": True}),
    Row("GET", f"{PROJECT}/usage", MEMBERS),
    Row("GET", f"{PROJECT}/requests", MEMBERS),
    Row("GET", "/v1/requests/{request_id}", MEMBERS),
    Row("POST", "/v1/requests/{request_id}/cost", PUBLISHERS, {"cost": 7}),
    Row("GET", f"{PROJECT}/metered_events", MEMBERS),
    Row("POST", f"{PROJECT}/metered_events", PUBLISHERS, CLOUD_EVENT),
    # Answered for everybody: to those who may not know of the key as of an unknown one (test below).
    Row("POST", "/v1/explain", EVERYBODY, {"key": "{key_id}", "endpoint": "get_parcel"}),
    Row("POST", f"{WEBHOOK}/pause", DEVELOPERS),
    Row("POST", f"{WEBHOOK}/resume", DEVELOPERS),
    Row("DELETE", WEBHOOK, DEVELOPERS),
    Row("POST", f"{KEY}/revoke", DEVELOPERS),
    Row("POST", f"{PROJECT}/archive", DEVELOPERS),
    Row("POST", f"{PROJECT}/restore", DEVELOPERS),
    Row("PUT", f"{PROJECT}/shape", DEVELOPERS, SHAPE),
    Row("DELETE", "/v1/tokens/{token_id}", ADMINISTRATORS),
    Row("DELETE", f"{ORGANIZATION}/members/{{user_id}}", ADMINISTRATORS | {"developer"}),
)


def test_the_table_names_every_route_once() -> None:
    served = {
        (next(iter(handler.http_methods)), path.replace(":str}", "}"))
        for handler in routes.api_handlers()
        for path in handler.paths
    }
    named = [(row.method, row.path) for row in TABLE]
    assert len(named) == len(set(named))
    assert set(named) | OPEN == served


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_what_each_caller_may_do(instance: Instance, who: str) -> None:
    ids = prepare(instance)
    wrong = []
    for row in TABLE:
        status = call(instance, who, row, ids)
        refused = 404 if who == "stranger" and row.hides else 403
        if not (status < 300 if who in row.allowed else status == refused):
            wrong.append(f"{row.method} {row.path}: {status}")
    assert wrong == []


def test_nobody_may_do_anything(instance: Instance) -> None:
    ids = prepare(instance)
    assert [row for row in TABLE if call(instance, "", row, ids) != 401] == []


def test_unknown_ids_look_like_those_of_others(instance: Instance) -> None:
    """An owner's own permissions say nothing of what another organization has."""
    ids = prepare(instance) | {"organization_id": instance.elsewhere}
    unknown = {name: value[:-1] + ("0" if value[-1] != "0" else "1") for name, value in prepare(instance).items()}
    for row in TABLE:
        if row.hides and "{" in row.path and "{api}" not in row.path:
            assert call(instance, "stranger", row, unknown) == 404, row
            if "{organization_id}" in row.path:
                assert call(instance, "owner", row, ids) == 404, row


@pytest.mark.parametrize("who", sorted(EVERYBODY))
def test_a_key_is_explained_only_to_those_who_may_know_of_it(instance: Instance, who: str) -> None:
    answer = instance.client(who).post("/v1/explain", json={"key": instance.key, "endpoint": "get_parcel"}).json()
    if who in READERS:
        assert (answer["allowed"], answer["key"]["id"]) == (True, instance.key)
    else:
        assert (answer["allowed"], answer["reason"], answer["key"]) == (False, "unknown_key", None)


def path_of(row: Row, ids: dict[str, str]) -> str:
    """The route's address with the ids of one instance."""
    return row.path.format(
        **ids
        | {
            "endpoint_id": ids[row.endpoint],
            "access_request_id": ids[row.access_request],
            "project_id": ids[row.project],
            "report_id": ids[row.report],
        }
    )


def call(instance: Instance, who: str, row: Row, ids: dict[str, str]) -> int:
    return answer_of(instance, who, row, ids).status_code


def answer_of(instance: Instance, who: str, row: Row, ids: dict[str, str]) -> httpx.Response:
    """What somebody is answered who calls a route with a body that is right."""
    client = instance.client(who)
    path = path_of(row, ids)
    if isinstance(row.body, bytes):
        headers = {"Content-Type": "application/json"}
        return client.request(row.method, path, content=row.body, headers=headers)
    body = row.body
    if body is CLOUD_EVENT:
        headers = {"Content-Type": "application/cloudevents+json"}
        return client.request(row.method, path, json=body, headers=headers)
    if body is not None and "key" in body:
        body = {**body, "key": ids["key_id"]}
    if body is not None and "seals" in body:
        chain = "instance" if row.path == "/v1/audit/proof" else ids["organization_id"]
        body = {"seals": [SEAL | {"chain": chain}]}
    if body is not None and "fingerprint" in body:
        body = {**body, "fingerprint": ids["fingerprint"]}
    return client.request(row.method, path, json=body)


def prepare(instance: Instance) -> dict[str, str]:
    """Ids of one thing of each kind, all of Harbour."""
    owner = instance.client("owner")

    def made(path: str, body: dict[str, Any]) -> dict[str, Any]:
        answer = owner.post(path, json=body)
        assert answer.status_code in (201, 202), answer.text
        found: dict[str, Any] = answer.json()
        return found

    organization, project = f"/v1/organizations/{instance.harbour}", f"/v1/projects/{instance.project}"
    token = made("/v1/tokens", {"name": "old", "organization": instance.harbour, "roles": ["verifier"]})
    invitation = made(f"{organization}/invitations", {"email": "nina@example.com", "role": "billing"})
    webhook = made(f"{project}/webhooks", {"url": "http://127.0.0.1:1024/hook", "event_types": ["parcel.moved"]})
    message = made(f"{project}/messages", {"event_type": "parcel.moved", "payload": {"id": "p1"}})
    assert owner.put(f"{project}/inbox", json={}).status_code == 200
    check = owner.post(f"/v1/webhooks/{webhook['id']}/check", json={}).json()
    delivery = owner.get(f"/v1/messages/{message['id']}").json()["deliveries"][0]["id"]
    with instance.store.write() as tx:
        # Tried in vain: what has not been tried yet cannot be replayed.
        tx.execute(
            update(deliveries)
            .where(deliveries.c.id == delivery)
            .values(state="failed", attempts=8, due_at=None, finished_at=clock.now())
        )
    # One at a time for an endpoint, so each replay has an endpoint of its own.
    other, third = (
        made(f"{project}/webhooks", {"url": f"http://127.0.0.1:1024/{path}", "event_types": ["webhook.check"]})
        for path in ("other", "third")
    )
    replay = made(f"/v1/webhooks/{third['id']}/replays", {"state": "delivered"})
    alert = made(f"{project}/alerts", {"name": "Silence", "metric": "no_traffic", "thresholds": [{"at": 60}]})
    readiness = prepare_readiness(instance)
    channel = made(f"{project}/alert_channels", {"name": "#ops", "kind": "slack", "url": "http://127.0.0.1:1024/x"})
    with instance.store.write() as tx:
        # Nothing blocks: what does is what other tests are about.
        readiness_policies.set_policy(tx, SYSTEM, instance.api, Policy(instance.api, blocking=frozenset()))
    access, denied = (
        ask(
            instance,
            made(f"{organization}/projects", {"name": name, "purpose": "To be decided", "api": "parcels"})["id"],
        )
        for name in ("Second", "Third")
    )
    prices = instance.client("operator")
    # Some tests prepare twice: the second time it is there.
    assert prices.post("/v1/price_lists", json=PRICES).status_code in (201, 422)
    period = {"from": "2026-01-01", "to": "2026-01-02"}
    ready = made(f"{project}/reports", {"kind": "usage_summary", **period})
    while report_tasks.turn(instance.store, instance.settings):
        pass
    forwarding = made(f"{organization}/forwardings", {"name": "Archive", "url": "http://127.0.0.1:1024/logs"})
    queued = made(f"{project}/reports", {"kind": "usage_summary", **period})
    return {
        "price_list_id": prices.get("/v1/price_lists").json()["data"][0]["id"],
        "schedule_id": made(f"{project}/report_schedules", SCHEDULED)["id"],
        "report_id": ready["id"], "queued_report_id": queued["id"],
        "access_request_id": access["id"], "other_access_request_id": denied["id"],
        "fingerprint": access["present_fingerprint"],
        "paired_id": pair_up(instance),
        "alert_id": alert["id"], "rule_id": alert["id"], "firing_id": record_firing(instance, alert["id"]), "channel_id": channel["id"],
        **readiness, "organization_id": instance.harbour, "api": "parcels", "project_id": instance.project,
        "key_id": instance.key, "user_id": instance.users["developer"].id, "token_id": token["id"],
        "invitation_id": invitation["id"], "endpoint_id": webhook["id"], "message_id": message["id"],
        "delivery_id": delivery, "attempt_id": check["probes"][0]["attempt"], "check_id": check["id"], "replay_id": replay["id"], "event_type": "parcel.moved", "other_endpoint_id": other["id"], "request_id": record_request(instance), "version": "1", "kind": "requests",
        "number": "1", "forwarding_id": forwarding["id"],
        "declared_key_id": declare(instance),
    }  # fmt: skip


def declare(instance: Instance) -> str:
    """The id of a key that is declared and not issued."""
    settings: dict[str, Any] = {
        "workload": None, "endpoints": None, "restricted": False, "rate_limits": {}, "quota": None, "expires_after_days": None,
    }  # fmt: skip
    with instance.store.write() as tx:
        return declaring.declare_key(tx, instance.actor("owner"), instance.project, new_id("req"), settings).key_id


def ask(instance: Instance, project_id: str) -> dict[str, Any]:
    """A project's request for production access."""
    answer = instance.client("developer").post(f"/v1/projects/{project_id}/access_requests", json=ASKED)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def pair_up(instance: Instance) -> str:
    """A sandbox project of its own that has a production sibling, as a clone would leave it."""
    with instance.store.write() as tx:
        new = NewProject("Paired", "Has a sibling", "parcels")
        sandbox = projects.create_project(tx, instance.actor("owner"), instance.harbour, new)
        slug = f"{sandbox.slug}-live"
        production = replace(sandbox, id=new_id("proj"), environment="production", sandbox_id=sandbox.id, slug=slug)
        project_queries.insert_project(tx, production)
    return sandbox.id


def prepare_readiness(instance: Instance) -> dict[str, str]:
    """Two checks of the operator's, what was attested of one, and an accepted finding."""
    operator, owner, auditor = (instance.client(who) for who in ("operator", "owner", "auditor"))
    checks, project = "/v1/apis/parcels/readiness_checks", f"/v1/projects/{instance.project}"
    review = {"kind": "attestation", "code": "security_review", "title": "Security review", "role": "auditor",
              "blocking": False}  # fmt: skip
    called = {"kind": "http", "code": "capacity", "title": "Capacity", "url": "http://127.0.0.1:1024/capacity",
              "blocking": False}  # fmt: skip
    # Some tests prepare twice: the second time they are there.
    assert {operator.post(checks, json=each).status_code for each in (review, called)} <= {201, 409}
    own = {each["code"]: each["id"] for each in operator.get(checks).json()["data"]}
    said = auditor.post(f"{project}/attestations", json={"check": "security_review", "words": "Nothing open."})
    until = clock.to_text(clock.now() + timedelta(days=30))
    finding = {"key": instance.key, "finding": "never_expires", "reason": "Rotated by hand", "expires_at": until}
    accepted = owner.post(f"{project}/key_acceptances", json=finding)
    assert (said.status_code, accepted.status_code) == (201, 201), said.text + accepted.text
    return {
        "own_check_id": own["security_review"],
        "attestation_id": said.json()["id"],
        "acceptance_id": accepted.json()["id"],
    }


def record_request(instance: Instance) -> str:
    """One request in the usage view, as the collector writes it."""
    request_id = "req_01m84nefafrfwrcrmv8qcndk0q"
    with instance.store.write() as tx:
        tx.exec_driver_sql("DELETE FROM usage_events")
        numbered(tx, ["jrn_1", instance.project, instance.key])
        tx.execute(
            insert(usage_events).values(
                id=request_id, journal_id="jrn_1", position=0, at=clock.now(), project_id=instance.project,
                key_id=instance.key, outcome="allowed", via="verify", cost=1, endpoint="get_parcel", method="GET", path="/parcels/1",
                explanation={"rule": "allowed", "limits": [], "epoch": 1},
            )
        )  # fmt: skip
    return request_id
