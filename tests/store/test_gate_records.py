"""What a gate reads for its keyring, on both databases."""

from datetime import datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from sqlalchemy import insert, update

from freehold.gate import records_query
from freehold.gate.keyring import Found, Missing
from freehold.keys.live_secrets import live_secrets
from freehold.keys.rate_limit import meters
from freehold.keys.secret_records import current_secret_record, project_records, secret_records, selectors_of
from freehold.kit import clock
from freehold.kit.secrets import keyed_digest
from freehold.projects.limits import Quota, RateLimit
from freehold.store import epoch, schema
from freehold.store.engine import Store
from tests.databases import SECRET
from tests.gate.instance import ROUTES, Instance

AT = datetime.fromisoformat("2027-01-01T00:00:00+00:00")


def filled(store: Store) -> Instance:
    made = Instance(Path(), store, SECRET)
    with store.write() as tx:
        made._fill(tx)
    return made


def read(store: Store, *asked: Missing) -> Found:
    with store.read() as tx:
        return records_query.read(tx, asked)


def test_a_secret_comes_with_all_that_decides(store: Store) -> None:
    instance = filled(store)
    plain = instance.issue()
    limits = [{"name": "burst", "limit": 5, "window_s": 60}, {"name": "day", "limit": 90, "window_s": 86_400}]
    narrowed = instance.issue(
        environment="production", endpoints=["getCountry"], allowed_cidrs=["10.0.0.0/8", "::1"], rate_limits=limits,
        quota=1000, quota_period="month", expires_at=AT,
    )  # fmt: skip
    with store.read() as tx:
        found = secret_records(tx, [plain.selector, narrowed.selector, "Nothing00000"])
    assert found.keys() == {plain.selector, narrowed.selector}
    one, two = found[plain.selector], found[narrowed.selector]
    assert (one.key_id, one.project_id) == (plain.id, instance.sandbox_id)
    assert (one.endpoints, one.allowed_networks, one.meters, one.quota, one.expires_at_ms) == (None, (), (), None, None)
    assert (two.project_id, two.endpoints) == (instance.production_id, frozenset({"getCountry"}))
    assert two.allowed_networks == (ip_network("10.0.0.0/8"), ip_network("::1"))
    assert two.meters == meters("key", (RateLimit("burst", 5, 60), RateLimit("day", 90, 86_400)))
    assert [each.label for each in two.meters] == ["key:burst", "key:day"]
    assert (two.quota, two.expires_at_ms) == (Quota(1000, "month"), clock.to_ms(AT))
    assert len(one.digest) == 32


def test_a_project_comes_with_all_that_decides_of_its_keys(store: Store) -> None:
    instance = filled(store)
    limits = [{"name": "all", "limit": 50, "window_s": 1}]
    with store.write() as tx:
        of_one = update(schema.projects).where(schema.projects.c.id == instance.production_id)
        tx.execute(of_one.values(rate_limits=limits, quota=7, quota_period="hour", state="archived"))
    with store.read() as tx:
        found = project_records(tx, [instance.sandbox_id, instance.production_id, "proj_none"])
    assert found.keys() == {instance.sandbox_id, instance.production_id}
    one, two = found[instance.sandbox_id], found[instance.production_id]
    assert one.endpoints == {operation_id for operation_id, _, _ in ROUTES[:-1]}
    assert (one.environment, one.state, one.meters, one.quota) == ("sandbox", "active", (), None)
    assert (one.organization_id, one.api_id) == (instance.organization_id, instance.api_id)
    assert (two.environment, two.state, two.quota) == ("production", "archived", Quota(7, "hour"))
    assert [(each.label, each.limit) for each in two.meters] == [("project:all", 50)]


def test_a_narrowed_key_that_names_nothing_may_call_nothing(store: Store) -> None:
    key = filled(store).issue(endpoints=[])
    with store.read() as tx:
        assert secret_records(tx, [key.selector])[key.selector].endpoints == frozenset()


def test_keys_with_the_same_settings_share_them_in_memory(store: Store) -> None:
    instance = filled(store)
    selectors = [
        instance.issue(
            rate_limit=5, rate_window_s=60, allowed_cidrs=["10.0.0.0/8"], quota=9, quota_period="day"
        ).selector
        for _ in range(3)
    ]
    with store.read() as tx:
        found = secret_records(tx, selectors).values()
    for shared in ("meters", "allowed_networks", "quota"):
        assert len({id(getattr(record, shared)) for record in found}) == 1


def test_the_selectors_of_a_changed_key_are_those_of_all_its_secrets(store: Store) -> None:
    instance = filled(store)
    key, _ = instance.issue(), instance.issue()
    with store.write() as tx:
        tx.execute(update(schema.key_secrets).values(state="retiring", retires_at=AT))
        instance._add_secret(tx, key.id, key.project_id, "sandbox", "Second000000", "s" * 32, 2)
        assert sorted(selectors_of(tx, [key.id])) == sorted([key.selector, "Second000000"])


def test_the_newest_secret_of_a_key_stands_for_it(store: Store) -> None:
    instance = filled(store)
    key = instance.issue()
    with store.write() as tx:
        tx.execute(update(schema.key_secrets).values(state="retiring", retires_at=AT + timedelta(days=1)))
        instance._add_secret(tx, key.id, key.project_id, "sandbox", "Second000000", "s" * 32, 2)
        newest = current_secret_record(tx, key.id)
        assert newest is not None
        assert (newest.selector, newest.secret_state) == ("Second000000", "active")
        older = secret_records(tx, [key.selector])[key.selector]
        assert (older.secret_state, older.retires_at_ms) == ("retiring", clock.to_ms(AT + timedelta(days=1)))
        assert current_secret_record(tx, "key_none") is None


def test_apis_come_by_id_and_by_slug_without_what_was_removed(store: Store) -> None:
    instance = filled(store)
    with store.write() as tx:
        tx.execute(
            update(schema.endpoints).where(schema.endpoints.c.operation_id == "getCountry").values(removed_at=AT)
        )
        tx.execute(update(schema.apis).values(upstream_production="https://live.test"))
    found = read(store, Missing("slug", "example"), Missing("api", "api_none"))
    [api] = found.apis
    assert (api.id, api.slug) == (instance.api_id, "example")
    assert not api.fail_open
    assert api.upstreams == {"sandbox": "http://127.0.0.1:1", "production": "https://live.test"}
    assert api.router.match("GET", "/v1/countries") == "listCountries"
    assert api.router.match("GET", "/v1/countries/NO") is None
    assert read(store, Missing("api", instance.api_id)).apis[0].id == instance.api_id


def test_service_tokens_in_force_come_with_whom_they_may_ask_about(store: Store) -> None:
    instance = filled(store)
    texts = {
        "operators": instance.service_token(),
        "own": instance.service_token("org_one", ("billing", "developer")),
        "idle": instance.service_token("org_one", ("billing",)),
        "revoked": instance.service_token(),
    }
    instance.revoke_token(texts["revoked"])
    digests = {name: keyed_digest(SECRET.derive("token-pepper"), text) for name, text in texts.items()}
    found = read(store, *(Missing("token", digest) for digest in digests.values()))
    by_digest = {each.digest: each for each in found.tokens}
    assert by_digest.keys() == {digests["operators"], digests["own"], digests["idle"]}
    assert [(by_digest[digests[name]].organization_id, by_digest[digests[name]].may_verify) for name in ("operators", "own", "idle")] == [
        (None, True), ("org_one", True), ("org_one", False),
    ]  # fmt: skip


def test_a_persons_token_is_none_of_the_gates(store: Store) -> None:
    filled(store)
    with store.write() as tx:
        tx.execute(insert(schema.users).values(id="usr_1", email="a@b.c", name="A", password_hash="x", created_at=AT))
        tx.execute(
            insert(schema.tokens).values(
                id="tok_1", kind="personal", user_id="usr_1", name="x", roles=[], digest=b"d", last4="x", created_at=AT
            )
        )
    assert read(store, Missing("token", b"d")).tokens == ()


def test_a_reading_says_of_which_epoch_it_is(store: Store) -> None:
    instance = filled(store)
    before = read(store).epoch
    with store.write() as tx:
        at = epoch.advance(tx, "api", instance.api_id, AT)
    assert read(store).epoch == at == before + 1


def test_all_secrets_in_force_come_at_once_as_they_would_one_by_one(store: Store) -> None:
    instance = filled(store)
    limits = [{"name": "burst", "limit": 5, "window_s": 60}]
    live = [
        instance.issue(),
        instance.issue(endpoints=["getCountry"], allowed_cidrs=["10.0.0.0/8"], rate_limits=limits, expires_at=AT),
        instance.issue(endpoints=[], quota=90, quota_period="day"),
        instance.issue(environment="production"),
    ]
    gone = instance.issue()
    instance.revoke(gone)
    with store.read() as tx:
        found = {each.selector: each for lot in live_secrets(tx, 100) for each in lot}
        assert found == secret_records(tx, [each.selector for each in live])
        assert sum(len(lot) for lot in live_secrets(tx, 3)) == 3
