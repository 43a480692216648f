"""Entries reach real receivers, whole and in order, and a receiver that fails holds them and nobody else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert
from sqlalchemy.exc import IntegrityError

from freehold.errors import Problem
from freehold.forwarding import actions, batches, queries, sealing, syslog_way
from freehold.forwarding.records import Place, Sent
from freehold.forwarding.testing import send_test
from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import forwarding_cursors
from freehold.webhooks import signing
from tests.conftest import TestClock
from tests.databases import SECRET
from tests.forwarding.syslog_receiver import datagrams, streams
from tests.forwarding.world import ADA, ELSEWHERE, HARBOUR, World, make_world
from tests.gate.certificates import self_made
from tests.rules.test_forwarding import parsed
from tests.webhooks.receivers import Receiver, served


@pytest.fixture
def world(store: Store, settings: Settings) -> World:
    # A cluster reaches no loopback by itself.
    return make_world(store, replace(settings, webhook_allow="127.0.0.0/8"))


@pytest.fixture
def small(sqlite_store: Store, tmp_path: Path) -> World:
    """A world on SQLite alone, where the database makes no difference."""
    return make_world(sqlite_store, Settings(data=tmp_path / "data", secret=SECRET.to_hex()))


@pytest.fixture
def there() -> Iterator[Receiver]:
    with served() as receiver:
        yield receiver


def positions(there: Receiver) -> list[int]:
    return [json.loads(each.body)["data"]["position"] for each in there.requests]


def test_an_organizations_entries_arrive_in_order_signed_and_alone(world: World, there: Receiver) -> None:
    world.write_entries(3)
    made = world.forward(Place("webhook", there.url()))
    world.write_entries(4)
    world.write_entries(2, ELSEWHERE)
    assert world.lag(made.forwarding.id).entries == 5
    assert world.turn(2) == 5
    assert positions(there) == [4, 5, 6, 7, 8]
    first = there.requests[0]
    assert json.loads(first.body)["data"]["action"] == "forwarding.created"
    content = f"{first.by_name['webhook-id']}.{first.by_name['webhook-timestamp']}.".encode() + first.body
    assert first.by_name["webhook-signature"] == signing.signature(signing.secret_bytes(made.signing_secret), content)
    after = world.read(made.forwarding.id)
    assert (after.state, after.sent, world.lag(after.id).entries) == ("active", 5, 0)


def test_a_receiver_that_fails_is_tried_again_from_where_it_stood(
    world: World, there: Receiver, test_clock: TestClock
) -> None:
    made = world.forward(Place("webhook", there.url("/429")), after=0).forwarding
    other = world.forward(Place("webhook", there.url("/accept")), after=0).forwarding
    world.write_entries(2)
    assert world.turn() == 4
    failing = world.read(made.id)
    assert (failing.state, failing.failures, failing.failing_since_at) == ("failing", 1, clock.now())
    assert failing.error == "The receiver answered 429, not a 2xx."
    assert failing.due_at == clock.now() + (clock.from_ms(77_000) - clock.from_ms(0))
    assert world.read(other.id).state == "active"
    there.requests.clear()
    assert world.turn() == 0
    assert not there.requests
    world.act(actions.pause_forwarding, other.id)
    world.act(actions.edit_forwarding, SECRET, world.settings, made.id, None, lambda _: {"url": there.url("/accept")})
    assert world.turn() == 6
    assert positions(there) == [1, 2, 3, 4, 5, 6]
    assert world.read(made.id).error is None


def test_the_whole_instance_goes_to_syslog_over_tls(world: World, tmp_path: Path) -> None:
    pair = self_made("logs")
    world.write_entries(3)
    world.write_entries(2, ELSEWHERE)
    with streams(pair, tmp_path) as there:
        place = Place("syslog", host="127.0.0.1", port=there.port, authorities=pair.certificate.decode())
        made = world.forward(place, None, after=0).forwarding
        assert world.turn(2) == 6
    heard = [parsed(each)[1] for each in there.messages]
    of_chain = {
        chain: [int(each["position"]) for each in heard if each["chain"] == chain]
        for chain in (HARBOUR, ELSEWHERE, "instance")
    }
    assert of_chain == {HARBOUR: [1, 2, 3], ELSEWHERE: [1, 2], "instance": [1]}
    assert (made.shown, world.read(made.id).sent) == (f"tls://127.0.0.1:{there.port}", 6)


def test_a_certificate_of_somebody_else_is_sent_nothing(small: World, tmp_path: Path) -> None:
    with streams(self_made("logs"), tmp_path) as there:
        place = Place("syslog", host="127.0.0.1", port=there.port, authorities=self_made("logs").certificate.decode())
        made = small.forward(place, None, after=0).forwarding
        assert small.turn() == 0
    assert not there.messages
    assert "does not hold" in (small.read(made.id).error or "")


def test_a_syslog_receiver_that_resets_has_taken_nothing(small: World, test_clock: TestClock) -> None:
    with streams() as there:
        there.deaf = True
        made = small.forward(
            Place("syslog", host="127.0.0.1", port=there.port, transport="tcp"), None, after=0
        ).forwarding
        assert small.turn() == 0
        assert small.read(made.id).state == "failing"
        there.deaf = False
        test_clock.move(7)
        assert small.turn() == 1
    assert [parsed(each)[1]["action"] for each in there.messages] == ["forwarding.created"]


def test_a_receiver_that_never_closes_is_believed(small: World) -> None:
    with streams() as there:
        there.keeps_open = True
        place = Place("syslog", host="127.0.0.1", port=there.port, transport="tcp")
        syslog_way.send(place, [b"one"], close_s=0.05)
    assert there.messages == [b"one"]


def test_datagrams(small: World) -> None:
    with datagrams() as there:
        small.forward(Place("syslog", host="127.0.0.1", port=there.port, transport="udp"), None, after=0)
        assert small.turn() == 1
    assert [parsed(each)[1]["position"] for each in there.messages] == ["1"]


def test_a_collector_gets_log_records_and_says_what_it_rejects(small: World, there: Receiver) -> None:
    small.write_entries(3)
    made = small.forward(
        Place("otlp", f"http://127.0.0.1:{there.port}", {"authorization": "Bearer t"}), None, after=0
    ).forwarding
    assert small.turn() == 4
    (request,) = there.requests
    assert request.line.startswith("POST /v1/logs ")
    assert request.by_name["authorization"] == "Bearer t"
    (scope,) = json.loads(request.body)["resourceLogs"][0]["scopeLogs"]
    assert len(scope["logRecords"]) == 4
    small.act(actions.edit_forwarding, SECRET, small.settings, made.id, None, lambda _: {"url": there.url("/rejects")})
    assert small.turn() == 1
    after = small.read(made.id)
    # One batch of one entry: it cannot have rejected more than that.
    assert (after.state, after.sent, after.refused) == ("active", 5, 1)


def test_paused_it_sends_nothing_and_resumed_it_goes_on_from_where_it_is_told(small: World, there: Receiver) -> None:
    made = small.forward(Place("webhook", there.url()), after=0).forwarding
    small.act(actions.pause_forwarding, made.id)
    assert small.turn() == 0
    small.act(actions.resume_forwarding, made.id)
    assert small.turn() == 3
    small.act(actions.resume_forwarding, made.id, 1)
    assert small.turn() == 3
    assert positions(there) == [1, 2, 3, 2, 3, 4]
    for wrong in (-1, 5):
        with pytest.raises(Problem) as refused:
            small.act(actions.resume_forwarding, made.id, wrong)
        assert refused.value.errors[0].field == "after"


def test_whoever_lost_the_lease_moves_nothing(world: World) -> None:
    made = world.forward(Place("webhook", "http://127.0.0.1:1024/"), after=0).forwarding
    world.write_entries(2)
    with world.store.write() as tx:
        batch = batches.claim(tx, made.id, "mine", clock.now())
    assert batch is not None
    with world.store.write() as tx:
        assert batches.claim(tx, made.id, "another's", clock.now()) is None
        assert queries.behind(tx, clock.now(), 10) == []
    world.act(actions.resume_forwarding, made.id, 0)
    with world.store.write() as tx:
        assert batches.record(tx, batch, Sent(3), clock.now(), 0, "http://here") is False
    assert world.lag(made.id).entries == 4


def test_a_long_chain_holds_no_other_up(small: World) -> None:
    made = small.forward(Place("otlp", "http://127.0.0.1:1024/"), None, after=0).forwarding
    small.write_entries(batches.AT_ONCE + 50)
    small.write_entries(1, ELSEWHERE)
    with small.store.write() as tx:
        batch = batches.claim(tx, made.id, "mine", clock.now())
    assert batch is not None
    assert {each.chain for each in batch.entries} == {HARBOUR, ELSEWHERE, "instance"}
    assert len(batch.entries) <= batches.AT_ONCE


def test_no_cursor_leads_to_another_organizations_log(world: World) -> None:
    made = world.forward(Place("webhook", "http://127.0.0.1:1024/")).forwarding
    for scope in (HARBOUR, ELSEWHERE, "instance"):
        with pytest.raises(IntegrityError), world.store.write() as tx:
            tx.execute(
                insert(forwarding_cursors).values(
                    forwarding_id=made.id, chain=ELSEWHERE, scope=scope, position=0, moved_at=clock.now()
                )
            )


def test_every_change_is_on_record_and_no_entry_holds_what_is_secret(small: World, there: Receiver) -> None:
    made = small.forward(Place("webhook", f"{there.url()}?key=URLSECRET", {"authorization": "Bearer HEADERSECRET"}))
    forwarding_id = made.forwarding.id
    changed: dict[str, Any] = {
        "url": f"{there.url()}?key=URLSECRET2",
        "headers": {"authorization": "Bearer HEADERSECRET2"},
    }
    small.act(actions.edit_forwarding, SECRET, small.settings, forwarding_id, "Elsewhere", lambda _: changed)
    rotated = small.act(actions.rotate_forwarding_secret, SECRET, forwarding_id)
    assert send_test(small.store, small.settings, SECRET, ADA, forwarding_id).error is None
    small.act(actions.pause_forwarding, forwarding_id)
    small.act(actions.resume_forwarding, forwarding_id)
    small.act(actions.delete_forwarding, forwarding_id)
    with small.store.read() as tx:
        found = queries.entries_after(tx, HARBOUR, 0, 100)
    assert [each.action.removeprefix("forwarding.") for each in found] == [
        "created", "changed", "secret_rotated", "tested", "paused", "resumed", "deleted",
    ]  # fmt: skip
    text = repr(found)
    assert "SECRET" not in text
    assert made.signing_secret not in text
    assert rotated.signing_secret not in text
    assert found[1].after == {"name": "Elsewhere", "url_changed": True, "header_values_changed": True}
    assert found[3].after == {"outcome": "taken"}


def test_a_test_that_is_taken_sends_what_waits_at_once(small: World, there: Receiver, test_clock: TestClock) -> None:
    made = small.forward(Place("webhook", there.url("/500")), after=0).forwarding
    small.turn()
    assert send_test(small.store, small.settings, SECRET, ADA, made.id).error == "The receiver answered 500, not a 2xx."
    small.act(actions.edit_forwarding, SECRET, small.settings, made.id, None, lambda _: {"url": there.url("/accept")})
    there.requests.clear()
    assert send_test(small.store, small.settings, SECRET, ADA, made.id).error is None
    assert json.loads(there.requests[0].body)["type"] == "audit.test"
    assert small.turn() > 0


def test_a_place_opens_in_its_own_row_alone(small: World) -> None:
    made = small.forward(Place("webhook", "http://127.0.0.1:1024/x")).forwarding
    assert sealing.open_place(SECRET, made.id, made.sealed).url == "http://127.0.0.1:1024/x"
    with small.store.write() as tx:
        queries.change_forwarding(
            tx, replace(made, sealed=sealing.seal_place(SECRET, "fwd_other", Place("webhook"))), None
        )
    assert small.turn() == 0
    assert "another secret" in (small.read(made.id).error or "")
