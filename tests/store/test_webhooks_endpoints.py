"""Endpoints on both databases: what may be made of them, by whom, and what is kept of them."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from freehold.errors import Problem
from freehold.kit.encryption import CannotOpen
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import audit, audit_reading
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import deliveries, webhook_endpoints, webhook_secrets, webhook_subscriptions
from freehold.webhooks import actions, delivery_actions, headers, sealing, signing
from freehold.webhooks.records import EndpointSettings
from tests.webhooks.world import World, actor_of, make_world


@pytest.fixture
def world(store: Store, settings: Settings, secret: InstanceSecret) -> World:
    return make_world(store, settings, secret)


@pytest.fixture
def url(settings: Settings) -> str:
    return "http://127.0.0.1:3000/hooks" if settings.embedded else "http://example.com/hooks"


def edit(world: World, endpoint_id: str, revision: int | None = None, **values: Any) -> Any:
    with world.store.write() as tx:
        return actions.edit_endpoint(
            tx, world.owner, world.secret, world.settings, endpoint_id, lambda old: replace(old, **values), revision
        )


def read(world: World, endpoint_id: str) -> Any:
    with world.store.read() as tx:
        return actions.read_endpoint(tx, world.owner, endpoint_id)


def test_a_new_endpoint_reads_back_and_its_secret_is_shown_once(world: World, url: str) -> None:
    made = world.add_endpoint(url, ("lookup.completed", "key.revoked"), description="Orders", headers={"X-Env": "test"})
    endpoint = read(world, made.endpoint.id)
    assert endpoint == made.endpoint
    assert (endpoint.url, endpoint.state, endpoint.revision) == (url, "active", 1)
    assert endpoint.event_types == ("key.revoked", "lookup.completed")
    assert len(signing.secret_bytes(made.text)) == 32
    assert made.text not in repr(made)
    assert made.text not in repr(endpoint)


def test_secrets_are_kept_sealed_and_open_in_their_own_row_only(world: World, url: str) -> None:
    one = world.add_endpoint(url, headers={"Authorization": "Bearer s3cret"})
    other = world.add_endpoint(url)
    plain = signing.secret_bytes(one.text)
    with world.store.read() as tx:
        rows = {row.webhook_endpoint_id: row.encrypted for row in tx.execute(select(webhook_secrets))}
        kept = tx.execute(
            select(webhook_endpoints.c.headers).where(webhook_endpoints.c.id == one.endpoint.id)
        ).scalar_one()
    assert plain not in rows[one.endpoint.id]
    assert sealing.open_signing_secret(world.secret, one.endpoint.id, 1, rows[one.endpoint.id]) == plain
    for endpoint_id, version in ((other.endpoint.id, 1), (one.endpoint.id, 2)):
        with pytest.raises(CannotOpen):
            sealing.open_signing_secret(world.secret, endpoint_id, version, rows[one.endpoint.id])
    assert "s3cret" not in str(kept)
    assert one.endpoint.headers == {"Authorization": headers.MASK}
    assert sealing.open_headers(world.secret, one.endpoint.id, one.endpoint.sealed_headers) == {
        "Authorization": "Bearer s3cret"
    }


def test_settings_that_are_not_right_are_all_named(world: World) -> None:
    wanted = EndpointSettings(
        "ftp://x", ("lookup.completed", "place.changed", "nope"), "two\nlines", {"Host": "x", "": "y"}
    )
    with pytest.raises(Problem) as refused, world.store.write() as tx:
        actions.create_endpoint(tx, world.owner, world.secret, world.settings, world.project_id, wanted)
    fields = [error.field for error in refused.value.errors]
    assert fields == ["url", "event_types.1", "event_types.2", "headers.Host", "headers", "description"]


def test_a_production_endpoint_needs_https(world: World) -> None:
    with pytest.raises(Problem, match="https"):
        world.add_endpoint("http://example.com/", project_id=world.production_id)
    with pytest.raises(Problem, match="may not be sent"):
        world.add_endpoint("https://127.0.0.1/", project_id=world.production_id)
    assert (
        world.add_endpoint("https://example.com/", project_id=world.production_id).endpoint.environment == "production"
    )


def test_others_endpoints_do_not_exist(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url).endpoint.id
    for actor in (world.stranger, actor_of("org_nobody", "owner")):
        for call in (
            lambda tx, actor: actions.read_endpoint(tx, actor, endpoint_id),
            lambda tx, actor: actions.pause_endpoint(tx, actor, endpoint_id),
            lambda tx, actor: actions.delete_endpoint(tx, actor, endpoint_id),
            lambda tx, actor: actions.rotate_signing_secret(tx, actor, world.secret, endpoint_id),
            lambda tx, actor: delivery_actions.prepare_test(tx, actor, endpoint_id),
            lambda tx, actor: actions.list_endpoints(tx, actor, world.project_id, 10),
        ):
            with pytest.raises(Problem) as refused, world.store.write() as tx:
                call(tx, actor)
            assert refused.value.code == "not_found"


def test_an_auditor_reads_and_changes_nothing(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url).endpoint.id
    auditor = actor_of(world.organization_id, "auditor")
    with world.store.read() as tx:
        assert actions.read_endpoint(tx, auditor, endpoint_id).id == endpoint_id
    with pytest.raises(Problem) as refused, world.store.write() as tx:
        actions.pause_endpoint(tx, auditor, endpoint_id)
    assert refused.value.code == "forbidden"


def test_changing_merges_masks_and_checks_the_revision(world: World, url: str) -> None:
    made = world.add_endpoint(url, headers={"Authorization": "Bearer s3cret", "X-Env": "a"})
    changed = edit(world, made.endpoint.id, 1, headers={"Authorization": headers.MASK, "X-Env": "b"})
    opened = sealing.open_headers(world.secret, changed.id, changed.sealed_headers)
    assert opened == {"Authorization": "Bearer s3cret", "X-Env": "b"}
    assert read(world, changed.id) == changed
    assert changed.revision == 2
    with pytest.raises(Problem) as refused:
        edit(world, made.endpoint.id, 1, description="too late")
    assert refused.value.code == "precondition_failed"
    assert read(world, changed.id).description is None


def test_what_left_the_scope_may_stay_but_not_be_added(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url).endpoint.id
    with world.store.write() as tx:
        tx.exec_driver_sql("DELETE FROM scope_event_types")
    assert edit(world, endpoint_id, description="kept").event_types == ("lookup.completed",)
    with pytest.raises(Problem, match="scope"):
        edit(world, endpoint_id, event_types=("lookup.completed", "lookup.failed"))


def test_pausing_parks_what_is_pending_and_resuming_sends_it(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url).endpoint.id
    message = world.publish()
    with world.store.write() as tx:
        paused = actions.pause_endpoint(tx, world.owner, endpoint_id)
    assert (paused.state, paused.state_reason) == ("paused", "Paused by Ada.")
    later = world.publish()
    assert [world.message(each.id).deliveries[0].due_at for each in (message, later)] == [None, None]
    with world.store.write() as tx:
        assert actions.resume_endpoint(tx, world.owner, endpoint_id).state_reason is None
    assert all(world.message(each.id).deliveries[0].due_at for each in (message, later))


def test_deleting_drops_what_is_pending_keeps_the_record_and_forgets_the_secrets(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url, headers={"X-Key": "s3cret"}).endpoint.id
    message = world.publish()
    with world.store.write() as tx:
        actions.delete_endpoint(tx, world.owner, endpoint_id)
    with pytest.raises(Problem):
        read(world, endpoint_id)
    delivery = world.message(message.id).deliveries[0]
    assert (delivery.state, delivery.due_at) == ("dropped", None)
    assert delivery.finished_at is not None
    with world.store.read() as tx:
        assert tx.execute(select(webhook_secrets)).all() == []
        assert tx.execute(select(webhook_subscriptions)).all() == []
        assert tx.execute(select(webhook_endpoints.c.headers)).scalar_one() == {}
    assert world.publish().deliveries == 0


def test_rotating_overlaps_and_then_ends(world: World, url: str, test_clock: Any) -> None:
    made = world.add_endpoint(url)
    with world.store.write() as tx:
        rotated = actions.rotate_signing_secret(tx, world.owner, world.secret, made.endpoint.id, 3600)
    assert rotated.text != made.text
    with world.store.read() as tx:
        versions = actions.signing_secrets_of(tx, [rotated.endpoint])[rotated.endpoint.id]
    assert [(each.version, each.retires_at is None) for each in versions] == [(2, True), (1, False)]
    test_clock.move(3601)
    with world.store.read() as tx:
        assert [each.version for each in actions.signing_secrets_of(tx, [rotated.endpoint])[rotated.endpoint.id]] == [2]
    with world.store.write() as tx:
        actions.rotate_signing_secret(tx, world.owner, world.secret, made.endpoint.id, 0)
        # What has ended is not kept.
        assert [row.version for row in tx.execute(select(webhook_secrets.c.version))] == [3]
    for overlap_s in (-1, 7 * 86_400 + 1):
        with pytest.raises(Problem), world.store.write() as tx:
            actions.rotate_signing_secret(tx, world.owner, world.secret, made.endpoint.id, overlap_s)


def test_an_archived_project_changes_nothing(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url).endpoint.id
    world.archive()
    for call in (lambda: world.add_endpoint(url), lambda: edit(world, endpoint_id, description="x"), world.publish):
        with pytest.raises(Problem, match="archived"):
            call()


def test_a_project_has_a_hundred_endpoints_at_most(world: World, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "ENDPOINTS_MAX", 2)
    for _ in range(2):
        world.add_endpoint(url)
    with pytest.raises(Problem) as refused:
        world.add_endpoint(url)
    assert refused.value.code == "conflict"


def test_every_change_is_on_the_audit_log_without_secrets(world: World, url: str) -> None:
    made = world.add_endpoint(url, headers={"Authorization": "Bearer s3cret"})
    edit(world, made.endpoint.id, description="x")
    with world.store.write() as tx:
        actions.pause_endpoint(tx, world.owner, made.endpoint.id)
        actions.resume_endpoint(tx, world.owner, made.endpoint.id)
        rotated = actions.rotate_signing_secret(tx, world.owner, world.secret, made.endpoint.id)
        actions.delete_endpoint(tx, world.owner, made.endpoint.id)
    with world.store.read() as tx:
        entries = audit_reading.entries(tx, world.organization_id, audit_reading.AuditFilter(), 50)
        assert audit.verify_chain(tx, world.organization_id) is None
    verbs = ["created", "changed", "paused", "resumed", "secret_rotated", "deleted"]
    assert [entry.action for entry in reversed(entries)] == [f"webhook_endpoint.{verb}" for verb in verbs]
    assert all(entry.project_id == world.project_id for entry in entries)
    text = repr(entries)
    assert not any(word in text for word in ("s3cret", made.text, rotated.text))


def test_the_schema_keeps_an_endpoint_in_its_project(world: World, url: str) -> None:
    endpoint_id = world.add_endpoint(url).endpoint.id
    world.publish()
    for table, values in (
        (webhook_endpoints, {"project_id": world.foreign_project_id}),
        (webhook_endpoints, {"environment": "production"}),
        (deliveries, {"project_id": world.foreign_project_id}),
    ):
        with pytest.raises(IntegrityError), world.store.write() as tx:
            tx.execute(update(table).values(**values))
    assert read(world, endpoint_id).project_id == world.project_id
