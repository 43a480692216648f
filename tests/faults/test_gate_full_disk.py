"""A real gate whose disk is full: it refuses, or it sheds and says how many; and goes on by itself once there is room.

The disk is full for this one process only: the kernel lets none of its files grow (RLIMIT_FSIZE, set
from outside while it runs).
"""

import resource
from datetime import timedelta

from freehold.kit import clock
from freehold.store.engine import Store
from freehold.usage import gap_queries
from freehold.usage.collector import Collector
from tests.gate.gate_process import GateProcess, eventually
from tests.gate.instance import Instance

COUNTRY = {"method": "GET", "path": "/v1/countries/NO"}
_NO_LIMIT = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


def fill_disk(gate: GateProcess) -> None:
    """Let no file grow beyond what is less than a segment with one event, but more than a gap's first slots."""
    resource.prlimit(gate.processes[0].pid, resource.RLIMIT_FSIZE, (190, resource.RLIM_INFINITY))


def empty_disk(gate: GateProcess) -> None:
    resource.prlimit(gate.processes[0].pid, resource.RLIMIT_FSIZE, _NO_LIMIT)


def collected(instance: Instance) -> int:
    """How many decisions are counted once all that is written down was collected."""
    collector, counted = Collector(instance.store, instance.data / "journal", "node"), 0
    while count := collector.collect():
        counted += count
    return counted


def unrecorded(store: Store) -> int:
    with store.read() as tx:
        return gap_queries.unrecorded(tx)


def ask(gate: GateProcess, token: str, key: str, times: int) -> list[int]:
    bearer = {"Authorization": f"Bearer {token}"}
    return [
        gate.client.post("/v1/keys/verify", json={"key": key, **COUNTRY}, headers=bearer).status_code
        for _ in range(times)
    ]


def test_a_full_disk_is_refused_by_default(own_instance: Instance) -> None:
    token, key = own_instance.service_token(), own_instance.issue().text
    with GateProcess(own_instance.data) as gate:
        answers = ask(gate, token, key, 10)
        fill_disk(gate)
        answers += ask(gate, token, key, 10)
        assert gate.client.get("/readyz").status_code == 503
        empty_disk(gate)
        eventually(lambda: ask(gate, token, key, 1) == [200])
        answers += [200, *ask(gate, token, key, 9)]
    assert answers == [200] * 10 + [503] * 10 + [200] * 10
    assert collected(own_instance) == 20
    assert unrecorded(own_instance.store) == 0


def test_a_gate_that_sheds_decides_on_and_every_decision_is_recorded_or_in_a_gap(own_instance: Instance) -> None:
    token, key = own_instance.service_token(), own_instance.issue()
    with GateProcess(own_instance.data, {"FREEHOLD_JOURNAL_FULL": "shed"}) as gate:
        answers = ask(gate, token, key.text, 10)
        for _ in range(2):
            fill_disk(gate)
            answers += ask(gate, token, key.text, 20)
            assert gate.client.get("/readyz").status_code == 200
            empty_disk(gate)
            answers += ask(gate, token, key.text, 10)
        fill_disk(gate)
        answers += ask(gate, token, key.text, 20)
        # Killed while it sheds: what it has answered is known all the same.
        gate.processes[0].kill()
        gate.processes[0].wait()
    assert answers == [200] * 90
    assert collected(own_instance) == 30
    assert unrecorded(own_instance.store) == 60
    with own_instance.store.read() as tx:
        now = clock.now()
        [gap] = gap_queries.gaps_of(tx, [key.project_id], now - timedelta(hours=1), now + timedelta(hours=1))
    assert gap.decisions == 60


def test_a_gate_that_starts_on_a_full_disk_refuses_until_there_is_room(own_instance: Instance) -> None:
    token, key = own_instance.service_token(), own_instance.issue().text
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        gate = GateProcess(own_instance.data)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    with gate:
        # Nobody has said yet that it cannot: the first one to ask finds out.
        assert ask(gate, token, key, 3) == [503] * 3
        assert gate.client.get("/readyz").status_code == 503
        empty_disk(gate)
        assert ask(gate, token, key, 3) == [200] * 3
    assert collected(own_instance) == 3
