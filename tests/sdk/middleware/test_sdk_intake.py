"""Shipments at the gate: counted once, whoever sends what how often; and nothing that is not one's own."""

import threading
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from freehold.kit import clock, ids
from freehold.sdk.gate_link import GateLink, GateRefuses
from freehold.store import schema
from freehold.store.engine import Store
from freehold.usage.journal_frames import whole_frame
from freehold.usage.queries import complete_to
from freehold.usage.records import UsageEvent
from freehold.usage.shipping import Receipt, Shipment
from tests.gate.gate_process import GateProcess
from tests.gate.instance import Instance, IssuedKey
from tests.store.usage_sums import assert_sums_are_right


def event(key: IssuedKey, **changes: Any) -> UsageEvent:
    made = UsageEvent(
        ids.new_id("req"), clock.now_ms(), key.project_id, "org_one", "sandbox", key.id, key.selector, "api_one",
        "getCountry", "GET", "/v1/countries/NO", "allowed", "verify", 200, 5, 1, "192.0.2.1", None, "all", (), 1,
    )  # fmt: skip
    return msgspec.structs.replace(made, **changes)


def shipment(process: str, start: int, events: list[UsageEvent], *, ended: bool = False) -> Shipment:
    """A shipment whose places are counted in events, which serves as well as bytes."""
    frames = b"".join([whole_frame(start + at, msgspec.msgpack.encode(each)) for at, each in enumerate(events)])
    place = (1, 100 + start) if start else (0, 0)
    return Shipment(process, place, (1, 100 + start + len(events)), frames, clock.now_ms(), ended)


def counted(instance: Instance, process: str) -> int:
    with instance.store.read() as tx:
        events = schema.usage_events
        return int(tx.execute(select(func.count()).where(events.c.journal_id == process)).scalar_one())


@pytest.fixture(scope="module")
def two_workers(instance: Instance) -> Any:
    with GateProcess(instance.data, processes=2) as running:
        yield running


def test_a_shipment_that_comes_again_adds_nothing(gate: GateProcess, instance: Instance, token: str) -> None:
    link, process, key = GateLink(gate.url, token, 10), ids.new_id("sdk"), instance.issue()
    first = shipment(process, 0, [event(key) for _ in range(5)])
    assert link.usage(first) == Receipt(1, 105, ended=False, refused=0)
    assert link.usage(first) == Receipt(1, 105, ended=False, refused=0)
    beyond = shipment(process, 9, [event(key)])
    assert link.usage(beyond) == Receipt(1, 105, ended=False, refused=0)
    again = shipment(process, 5, [*[event(key, id=_id_of(first))], event(key)], ended=True)
    assert link.usage(again) == Receipt(1, 107, ended=True, refused=0)
    after = shipment(process, 7, [event(key)])
    assert link.usage(after) == Receipt(1, 107, ended=True, refused=0)
    link.close()
    assert counted(instance, process) == 6
    assert_sums_are_right(instance.store)


def _id_of(sent: Shipment) -> str:
    from freehold.usage.journal_frames import decode_frame  # noqa: PLC0415

    frame = decode_frame(sent.frames, 0)
    assert frame is not None
    return msgspec.msgpack.decode(frame.payload, type=UsageEvent).id


def test_two_workers_are_sent_the_same(two_workers: GateProcess, instance: Instance, token: str) -> None:
    process, key = ids.new_id("sdk"), instance.issue()
    pieces = [shipment(process, at, [event(key) for _ in range(20)]) for at in range(0, 200, 20)]

    def send() -> None:
        link = GateLink(two_workers.url, token, 10)
        for piece in pieces:
            assert link.usage(piece).offset >= piece.end[1]
        link.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert counted(instance, process) == 200
    assert_sums_are_right(instance.store)


def test_only_what_the_token_may_verify_is_counted(gate: GateProcess, instance: Instance) -> None:
    key, later = instance.issue(), clock.now_ms() + 86_400_000
    own = GateLink(gate.url, instance.service_token("org_one"), 10)
    foreign = GateLink(gate.url, instance.service_token("org_two"), 10)
    lies = [
        event(key),
        event(key, organization_id="org_two"),
        event(key, project_id="proj_production"),
        event(key, environment="production"),
        event(key, secret=None),
        event(key, key_id="key_other"),
        event(key, outcome="made_up"),
        event(key, id="req_short"),
        event(key, path="/" * 2000),
        event(key, at_ms=later),
    ]
    process = ids.new_id("sdk")
    assert own.usage(shipment(process, 0, lies)).refused == 8
    with instance.store.read() as tx:
        events = schema.usage_events
        rows = tx.execute(select(events.c.at, events.c.via).where(events.c.journal_id == process)).all()
    assert {row.via for row in rows} == {"sdk"}
    assert max(clock.to_ms(row.at) for row in rows) < later - 1000
    assert foreign.usage(shipment(ids.new_id("sdk"), 0, [event(key)])).refused == 1
    with pytest.raises(GateRefuses, match="another organization"):
        foreign.usage(shipment(process, 10, [event(key)]))
    with pytest.raises(GateRefuses, match="400"):
        own.usage(msgspec.structs.replace(shipment(process, 10, [event(key)]), frames=b"torn"))
    with pytest.raises(GateRefuses, match="400"):
        own.usage(shipment(ids.new_id("jrn"), 0, [event(key)]))
    own.close()
    foreign.close()


def test_a_process_id_is_its_owners(gate: GateProcess, instance: Instance) -> None:
    """Nobody reports an epoch, or takes units, in another organization's process's name."""
    process, key = ids.new_id("sdk"), instance.issue(quota=10, quota_period="day")
    own = GateLink(gate.url, instance.service_token("org_one"), 10)
    foreign = GateLink(gate.url, instance.service_token("org_two"), 10)
    assert own.usage(shipment(process, 0, [event(key)])).offset == 101
    for worker in instance.verifiers():
        with pytest.raises(GateRefuses, match="400"):
            foreign.changes(worker.id, "node", 1 << 40, 0)
    foreign.changes(process, "node", 1 << 40, 0)
    foreign.changes(ids.new_id("sdk"), "node", 0, 0)
    from freehold.keys.sharing import LeaseQuestion, ReturnQuestion  # noqa: PLC0415

    with pytest.raises(GateRefuses, match="another organization"):
        foreign.returns(ReturnQuestion(process, [], leaving=True))
    assert foreign.leases(LeaseQuestion(process, key.selector, "getCountry", key_quota=(1, 1))).known is False
    assert process not in {each.id for each in instance.verifiers()}
    own.close()
    foreign.close()


def test_an_application_that_is_gone_holds_nothing_up_for_long(sqlite_store: Store) -> None:
    """`as_of` waits a minute for what an application may still ship, and for a gate's journal as long as it takes."""
    then = clock.now().replace(microsecond=0)
    with sqlite_store.write() as tx:
        for name, ago_s in (("jrn_gate", 0), ("sdk_late", 30), ("sdk_gone", 3600)):
            at = then - timedelta(seconds=ago_s)
            values = {"id": name, "node": "n", "segment": 1, "offset": 1, "updated_at": at}
            tx.execute(schema.journals.insert().values(values))
    with sqlite_store.read() as tx:
        assert complete_to(tx) == then - timedelta(seconds=30)
