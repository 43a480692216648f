"""Quotas through real gates: one and two workers, both databases, limits that change, a database that is gone."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from typing import Any

import pytest
from sqlalchemy import select, text, update

from freehold.kit import clock
from freehold.settings import Settings
from freehold.store import epoch, schema
from freehold.store.engine import Store
from tests.databases import SECRET
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance, IssuedKey

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}


def granted(store: Store, owner_id: str) -> int:
    """What is spoken for of an owner's quota."""
    with store.read() as tx:
        query = select(schema.quota_counters.c.granted).where(schema.quota_counters.c.owner_id == owner_id)
        return int(tx.execute(query).scalar() or 0)


def leases(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as tx:
        return [tuple(row) for row in tx.execute(select(schema.quota_leases))]


def set_quota(instance: Instance, key: IssuedKey, limit: int | None, period: str | None = "month") -> None:
    """What PATCH /v1/keys/{key} does, and every gate has heard it."""
    with instance.store.write() as tx:
        of_key = update(schema.keys).where(schema.keys.c.id == key.id)
        tx.execute(of_key.values(quota=limit, quota_period=None if limit is None else period))
        epoch.advance(tx, "key", key.id, clock.now())
    instance.settled()


def set_project(instance: Instance, **columns: Any) -> None:
    with instance.store.write() as tx:
        tx.execute(update(schema.projects).where(schema.projects.c.id == instance.sandbox_id).values(columns))
        epoch.advance(tx, "project", instance.sandbox_id, clock.now())
    instance.settled()


def fail_open(instance: Instance) -> None:
    with instance.store.write() as tx:
        tx.execute(update(schema.apis).values(fail_open=True))
        epoch.advance(tx, "api", instance.api_id, clock.now())


def reasons(gate: GateProcess, token: str, key: IssuedKey, count: int) -> list[str | None]:
    return [gate.verify(token, key=key.text, **COUNTRY)["reason"] for _ in range(count)]


def test_a_key_spends_its_quota_to_the_last_and_is_told(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue(quota=5, quota_period="month", rate_limit=100, rate_window_s=60)
    answers = [gate.verify(token, key=key.text, cost=2, **COUNTRY) for _ in range(3)]
    assert [each["reason"] for each in answers] == [None, None, "quota_exhausted"]
    shown = [(each["name"], each["limit"], each["remaining"]) for each in answers[-1]["limits"]]
    # The request that the quota refused has cost the rate limit nothing.
    assert shown == [("key:requests", 100, 96), ("key:quota", 5, 1)]
    assert answers[-1]["retry_after_s"] == pytest.approx(answers[-1]["limits"][1]["reset_s"], abs=1)
    assert gate.verify(token, key=key.text, **COUNTRY)["limits"][1]["remaining"] == 0
    event = instance.event(answers[-1]["request_id"])
    assert (event.outcome, event.rule) == ("quota_exhausted", "key.quota")
    answer = gate.client.get("/gateway/example/v1/countries/NO", headers={"Authorization": f"Bearer {key.text}"})
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_exhausted")
    assert int(answer.headers["Retry-After"]) > 0
    assert '"key:quota";r=0' in answer.headers["RateLimit"]


def test_a_project_s_keys_share_its_limits(gate: GateProcess, instance: Instance, token: str) -> None:
    one, two = instance.issue(), instance.issue(quota=100, quota_period="day")
    limits = [{"name": "all", "limit": 50, "window_s": 3600}]
    set_project(instance, quota=4, quota_period="hour", rate_limits=limits)
    outcomes = [gate.verify(token, key=each.text, **COUNTRY) for each in (one, two, one, two, one, two)]
    assert [each["reason"] for each in outcomes] == [None] * 4 + ["quota_exhausted"] * 2
    assert [each["name"] for each in outcomes[-1]["limits"]] == ["project:all", "key:quota", "project:quota"]
    assert [each["remaining"] for each in outcomes[-1]["limits"]] == [46, 98, 0]
    set_project(instance, quota=None, quota_period=None, rate_limits=None)
    assert reasons(gate, token, one, 2) == [None, None]


def test_a_wrong_secret_and_a_denial_take_no_lease(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue(quota=5, quota_period="day", endpoints=["putFile"])
    assert reasons(gate, token, key, 1) == ["endpoint_not_in_scope"]
    assert granted(instance.store, key.id) == 0


def test_a_quota_is_lowered_raised_and_removed(gate: GateProcess, instance: Instance, token: str) -> None:
    key = instance.issue(quota=1000, quota_period="month")
    assert reasons(gate, token, key, 5) == [None] * 5
    set_quota(instance, key, 7)
    assert reasons(gate, token, key, 3) == [None, None, "quota_exhausted"]
    set_quota(instance, key, 9)
    assert reasons(gate, token, key, 3) == [None, None, "quota_exhausted"]
    set_quota(instance, key, None)
    assert reasons(gate, token, key, 3) == [None] * 3
    set_quota(instance, key, 9)
    assert reasons(gate, token, key, 1) == ["quota_exhausted"]


def test_whoever_asks_through_whichever_worker_the_quota_is_spent_and_not_passed(
    settings: Settings, store: Store
) -> None:
    instance = Instance(settings.data, store, SECRET)
    with store.write() as tx:
        instance._fill(tx)
    environment = {
        "FREEHOLD_SECRET": settings.secret, "FREEHOLD_DATABASE_URL": settings.database_url, "FREEHOLD_WORKERS": "2",
    }  # fmt: skip
    limit, allowed, lock = 110, Counter[str](), threading.Lock()
    with GateProcess(settings.data, environment, processes=2) as gate:
        token = instance.service_token()
        keys = [instance.issue(quota=limit, quota_period="month") for _ in range(2)]
        set_project(instance, quota=limit + 40, quota_period="month")

        def ask(number: int) -> None:
            key, cost = keys[number % 2], 1 + number % 3
            if asked_anew(gate, token, key, cost) is None:
                with lock:
                    allowed[key.id] += cost

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, range(100)))
        assert sum(allowed.values()) <= limit + 40

        def spent_by_one_at_a_time() -> bool:
            for key in keys:
                allowed[key.id] += asked_anew(gate, token, key, 1) is None
            return sum(allowed.values()) == limit + 40

        # What lies idle at one worker comes back, and is there for whoever asks.
        eventually(spent_by_one_at_a_time, within_s=30)
        assert [asked_anew(gate, token, key, 1) for key in keys] == ["quota_exhausted"] * 2
    assert granted(store, instance.sandbox_id) == limit + 40
    assert {key.id: granted(store, key.id) for key in keys} == allowed
    assert max(allowed.values()) <= limit
    assert leases(store) == []


def asked_anew(gate: GateProcess, token: str, key: IssuedKey, cost: int) -> str | None:
    """The reason, asked on a connection of its own, so that every worker is asked."""
    body = json.dumps({"key": key.text, "cost": cost, **COUNTRY})
    connection = HTTPConnection("127.0.0.1", gate.port, timeout=20)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/keys/verify", body, headers)
    reason: str | None = json.loads(connection.getresponse().read())["reason"]
    connection.close()
    return reason


@contextmanager
def no_grants(instance: Instance) -> Iterator[None]:
    """The gate is heard and cannot be granted anything."""
    with instance.store.write() as tx:
        tx.execute(text("ALTER TABLE quota_counters RENAME TO quota_counters_gone"))
    yield
    with instance.store.write() as tx:
        tx.execute(text("ALTER TABLE quota_counters_gone RENAME TO quota_counters"))


def test_without_a_database_what_was_granted_is_spent_and_then_the_gate_does_not_guess(own_instance: Instance) -> None:
    with GateProcess(own_instance.data) as gate:
        token, key = own_instance.service_token(), own_instance.issue(quota=1000, quota_period="month")
        assert reasons(gate, token, key, 1) == [None]
        with no_grants(own_instance):
            got = reasons(gate, token, key, 40)
            spent = got.index("unavailable")
            assert 1 <= spent < 40
            assert got == [None] * spent + ["unavailable"] * (40 - spent)
        assert reasons(gate, token, key, 3) == [None] * 3
    assert granted(own_instance.store, key.id) == 1 + spent + 3
    assert leases(own_instance.store) == []


def test_where_an_api_fails_open_known_keys_pass_and_nothing_else_does(own_instance: Instance) -> None:
    with GateProcess(own_instance.data, {"FREEHOLD_STALENESS_S": "0.3"}) as gate:
        token = own_instance.service_token()
        known, unknown, revoked = (own_instance.issue() for _ in range(3))
        limited = own_instance.issue(rate_limit=3, rate_window_s=3600)
        quota = own_instance.issue(quota=1000, quota_period="month")
        own_instance.revoke(revoked)
        fail_open(own_instance)
        own_instance.settled()
        for each in (known, revoked, limited, quota):
            reasons(gate, token, each, 1)
        with own_instance.cut_off():
            eventually(lambda: gate.client.get("/readyz").status_code == 503)
            passed = gate.verify(token, key=known.text, **COUNTRY)
            assert (passed["reason"], passed["project"]) == (None, own_instance.sandbox_id)
            assert own_instance.event(passed["request_id"]).rule == "gate.fail_open"
            assert own_instance.event(passed["request_id"]).outcome == "allowed"
            assert gate.verify(token, key=known.text, endpoint="deleteCountry")["reason"] == "endpoint_not_in_scope"
            assert (
                gate.verify(token, key=known.text, environment="production", **COUNTRY)["reason"] == "wrong_environment"
            )
            assert reasons(gate, token, revoked, 1) == ["revoked"]
            assert reasons(gate, token, limited, 3) == [None, None, "rate_limited"]
            assert reasons(gate, token, unknown, 1) == ["unavailable"]
            assert gate.verify(token, key="nonsense", **COUNTRY)["reason"] == "unavailable"
            assert reasons(gate, token, quota, 1) == [None]
            headers = {
                "Authorization": f"Bearer {known.text}",
                "X-Original-Method": "GET",
                "X-Original-URI": "/v1/countries",
            }
            assert gate.client.get("/v1/authorize", headers=headers).status_code == 204
        own_instance.settled()
        eventually(lambda: gate.client.get("/readyz").status_code == 200)
        again = gate.verify(token, key=known.text, **COUNTRY)
        assert own_instance.event(again["request_id"]).rule == "all"


def test_failing_open_spends_of_a_quota_only_what_was_granted(own_instance: Instance) -> None:
    with GateProcess(own_instance.data, {"FREEHOLD_STALENESS_S": "0.3"}) as gate:
        token, key = own_instance.service_token(), own_instance.issue(quota=1000, quota_period="month")
        fail_open(own_instance)
        own_instance.settled()
        reasons(gate, token, key, 1)
        with own_instance.cut_off(), no_grants(own_instance):
            eventually(lambda: gate.client.get("/readyz").status_code == 503)
            got = reasons(gate, token, key, 40)
            spent = got.index("unavailable")
            assert got == [None] * spent + ["unavailable"] * (40 - spent)


def test_an_api_that_does_not_fail_open_is_unavailable(own_instance: Instance) -> None:
    with GateProcess(own_instance.data, {"FREEHOLD_STALENESS_S": "0.3"}) as gate:
        token, key = own_instance.service_token(), own_instance.issue()
        reasons(gate, token, key, 1)
        with own_instance.cut_off():
            eventually(lambda: gate.client.get("/readyz").status_code == 503)
            assert reasons(gate, token, key, 1) == ["unavailable"]
