"""Limits and quotas hold over several processes, which lease units of them from the gate."""

import threading
from pathlib import Path

from sqlalchemy import select

from freehold.sdk.guard import Guard
from freehold.store import schema
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance
from tests.sdk.middleware.calling import COUNTRY, call, guarded
from tests.sdk.middleware.conftest import MakeGuard


def spend(guards: list[Guard], key: str, each: int, cost: int = 1) -> list[int]:
    """Ask so many times through each guard at once; all statuses."""
    statuses: list[int] = []

    def ask(guard: Guard) -> None:
        app = guarded(guard, cost=cost)
        statuses.extend([call(app, key=key).status_code for _ in range(each)])

    threads = [threading.Thread(target=ask, args=[guard]) for guard in guards]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_a_rate_limit_holds_over_processes_and_ways_in(
    make_guard: MakeGuard, instance: Instance, gate: GateProcess, token: str
) -> None:
    """A window that does not refill while the test runs: what passes is what the limit says."""
    guards = [make_guard(folder="one"), make_guard(folder="two")]
    key = instance.issue(rate_limit=60, rate_window_s=86_400)
    instance.settled()
    statuses = spend(guards, key.text, 45)
    passed = statuses.count(200)
    assert set(statuses) == {200, 429}
    # Units that a lease held when its life ended are given up, never spent twice.
    assert 40 <= passed <= 60
    assert gate.verify(token, key=key.text, method="GET", path=COUNTRY)["reason"] == "rate_limited"


def test_a_caller_over_its_limit_costs_no_call_a_request(guard: Guard, instance: Instance) -> None:
    key = instance.issue(rate_limit=2, rate_window_s=3600)
    app, process = guarded(guard), guard.begin()
    assert [call(app, key=key.text).status_code for _ in range(3)] == [200, 200, 429]
    asked: list[object] = []
    process._link.leases = asked.append  # type: ignore[method-assign,assignment]
    assert [call(app, key=key.text).status_code for _ in range(5)] == [429] * 5
    assert asked == []


def granted(instance: Instance, owner_id: str) -> int:
    with instance.store.read() as tx:
        counters = schema.quota_counters
        return int(tx.execute(select(counters.c.granted).where(counters.c.owner_id == owner_id)).scalar() or 0)


def test_a_quota_is_never_overshot_and_nothing_of_it_strands(make_guard: MakeGuard, instance: Instance) -> None:
    guards = [make_guard(folder="one"), make_guard(folder="two")]
    key = instance.issue(quota=100, quota_period="month")
    instance.settled()
    passed = spend(guards, key.text, 20, cost=2).count(200)
    assert passed == 40
    for each in guards:
        each.close()
    eventually(lambda: granted(instance, key.id) == 80)
    last = make_guard(folder="last")
    statuses = spend([last], key.text, 12, cost=2)
    assert statuses == [200] * 10 + [429] * 2
    answer = call(guarded(last), key=key.text)
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_exhausted")
    assert answer.headers["ratelimit"].startswith('"key:quota";r=0;')


def test_idle_units_of_a_quota_go_back(own_instance: Instance, tmp_path: Path) -> None:
    with GateProcess(own_instance.data) as gate:
        guard = Guard(gate.url, own_instance.service_token(), tmp_path / "usage")
        try:
            key = own_instance.issue(quota=1000, quota_period="month")
            assert call(guarded(guard), key=key.text).status_code == 200
            assert granted(own_instance, key.id) > 1
            eventually(lambda: granted(own_instance, key.id) == 1)
        finally:
            guard.close()


def test_limits_of_a_key_and_its_project_are_spent_together(own_instance: Instance, tmp_path: Path) -> None:
    """All or nothing: a request that the quota refuses spends nothing of the key's own limit that could be seen."""
    with own_instance.store.write() as tx:
        limits = [{"name": "all", "limit": 5, "window_s": 86_400}]
        tx.execute(schema.projects.update().where(schema.projects.c.id == "proj_sandbox").values(rate_limits=limits))
    with GateProcess(own_instance.data) as gate:
        guard = Guard(gate.url, own_instance.service_token(), tmp_path / "usage")
        try:
            key = own_instance.issue(rate_limit=50, rate_window_s=86_400, quota=4, quota_period="month")
            other = own_instance.issue()
            answers = [call(guarded(guard), key=key.text) for _ in range(6)]
            assert [each.status_code for each in answers] == [200] * 4 + [429] * 2
            assert answers[-1].json()["code"] == "quota_exhausted"
            assert [name.partition(";")[0] for name in answers[0].headers["ratelimit"].split(", ")] == [
                '"key:requests"', '"project:all"', '"key:quota"'
            ]  # fmt: skip
            left = [call(guarded(guard), key=other.text).status_code for _ in range(5)]
            assert left.count(200) <= 1
            assert left[-1] == 429
        finally:
            guard.close()


def test_a_cost_beyond_a_limit_and_keys_that_share_a_projects(own_instance: Instance, tmp_path: Path) -> None:
    """A cost that can never pass is refused at once; what one key leases of its project's limit another one spends."""
    with own_instance.store.write() as tx:
        limits = [{"name": "all", "limit": 40_000, "window_s": 86_400}]
        tx.execute(schema.projects.update().where(schema.projects.c.id == "proj_sandbox").values(rate_limits=limits))
    with GateProcess(own_instance.data) as gate:
        guard = Guard(gate.url, own_instance.service_token(), tmp_path / "usage")
        try:
            small, *keys = [
                own_instance.issue(rate_limit=5, rate_window_s=86_400),
                *[own_instance.issue() for _ in range(4)],
            ]
            dear = call(guarded(guard, cost=6), key=small.text)
            assert (dear.status_code, dear.json()["code"]) == (429, "rate_limited")
            for _ in range(20):
                assert {call(guarded(guard), key=each.text).status_code for each in keys} == {200}
            shown = call(guarded(guard), key=keys[0].text).headers["ratelimit"]
            assert shown.startswith('"project:all";r=399')
        finally:
            guard.close()
