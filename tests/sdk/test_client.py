"""The clients against the real control plane: resources, lists, entity tags, errors, and what they never show."""

import asyncio
import json
import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from scripts.sdk_names import REPEATABLE

from freehold.sdk import AsyncFreehold, CallAttempt, Freehold, FreeholdError, Problem, UnreadableAnswer
from freehold.sdk.bodies import KeptSealBody, ThresholdBody
from freehold.sdk.model import Model
from freehold.sdk.models import IssuedKey, Key, Project
from freehold.sdk.problems import (
    AlreadyExists,
    Forbidden,
    IdempotencyConflict,
    Invalid,
    NotFound,
    PreconditionFailed,
    Unauthenticated,
)
from tests.http.firings import record_firing
from tests.http.served import DOCUMENT, Instance
from tests.http.test_accounts import SETUP, give_setup_token
from tests.http.test_permissions_table import CLOUD_EVENT, PRICES, SEAL, SHAPE, prepare_readiness, record_request
from tests.sdk.clients import Mode


def test_projects_from_first_to_last(instance: Instance, mode: Mode) -> None:
    with mode.client(instance.url, instance.tokens["owner"]) as client:
        made = mode.got(client.projects.create(instance.harbour, name="Tracking", purpose="Tracks", api="parcels"))
        assert isinstance(made, Project)
        assert (made.name, made.environment, made.product_line) == ("Tracking", "sandbox", None)
        assert made.created_at.tzinfo is not None
        assert mode.got(client.projects.get(made.id)) == made

        edited = mode.got(client.projects.edit(made.id, product_line="Parcels", if_match=made.etag))
        assert (edited.name, edited.product_line) == ("Tracking", "Parcels")
        with pytest.raises(PreconditionFailed):
            mode.got(client.projects.edit(made.id, name="Late", if_match=made.etag))
        cleared = mode.got(client.projects.edit(made.id, product_line=None))
        assert cleared.product_line is None

        scope = mode.got(client.scope.set(made.id, endpoints=["get_parcel"], event_types=[]))
        assert scope.endpoints == ["get_parcel"]
        assert mode.got(client.projects.archive(made.id)).state == "archived"
        assert mode.items(client.projects.list(instance.harbour, archived=True, search="Tracking"))[0].id == made.id


def test_keys_from_first_to_last(instance: Instance) -> None:
    with Freehold(instance.url, instance.tokens["owner"]) as client:
        ends = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
        issued = client.keys.issue(
            instance.project, name="web", expires_at=ends, rate_limit={"limit": 600, "window_s": 60}
        )
        assert isinstance(issued, IssuedKey)
        assert isinstance(issued, Key)
        assert issued.secret.startswith("fh_")
        assert issued.expires_at == ends
        assert issued.rate_limit is not None
        assert issued.rate_limit.limit == 600
        rotated = client.keys.rotate(issued.id, overlap_s=60)
        assert rotated.id == issued.id
        assert rotated.secret != issued.secret
        for shown in (repr(issued), str(rotated), f"{[issued]}"):
            assert issued.secret not in shown
            assert rotated.secret not in shown
        assert "secret='…'" in repr(issued)
        assert client.keys.revoke(issued.id).state == "revoked"


def test_the_catalogue_comes_and_goes_as_it_is(instance: Instance) -> None:
    with Freehold(instance.url, instance.tokens["operator"]) as client:
        made = client.apis.create("Letters", upstreams={"sandbox": "http://127.0.0.1:9"})
        imported = client.apis.import_openapi(made.slug, DOCUMENT)
        assert sorted(imported.endpoints.added) == ["create_parcel", "get_parcel", "list_parcels"]
        document = client.apis.get_openapi(made.slug)
        assert (document.content, document.media_type) == (DOCUMENT, "application/json")
        assert {each.name for each in list(client.event_types.list(made.slug))} == {"parcel.moved", "parcel.lost"}


def test_a_list_is_walked_page_by_page(instance: Instance, mode: Mode) -> None:
    paths: list[str] = []
    with mode.client(
        instance.url, instance.tokens["owner"], on_attempt=lambda attempt: paths.append(attempt.path)
    ) as client:
        for number in range(4):
            mode.got(client.keys.issue(instance.project, name=f"key {number}"))
        del paths[:]
        keys = client.keys.list(instance.project, limit=2)
        assert not paths, "nothing is asked before the walk begins"
        assert [each.name for each in mode.items(keys)] == ["key 3", "key 2", "key 1", "key 0", "first"]
        assert len(paths) == 3
        assert len(mode.items(keys)) == 5, "a list can be walked again"

        page = mode.got(keys.page())
        assert [each.name for each in page.data] == ["key 3", "key 2"]
        rest = client.keys.list(instance.project, cursor=page.next_cursor)
        assert [each.name for each in mode.items(rest)] == ["key 1", "key 0", "first"]


def test_times_and_words_of_a_question(instance: Instance) -> None:
    now = datetime.now(UTC)
    with Freehold(instance.url, instance.tokens["owner"]) as client:
        usage = client.usage.get(
            instance.project, from_=now - timedelta(hours=2), to=now, bucket="hour", group_by="key"
        )
        assert usage.from_ <= now - timedelta(hours=2) < usage.to
        assert (usage.bucket, usage.group_by) == ("hour", "key")
        entries = list(client.audit_entries.list(instance.harbour, from_=now - timedelta(days=1), limit=1))
        assert len(entries) > 1


def test_a_member_leaves(instance: Instance) -> None:
    with Freehold(instance.url, instance.tokens["owner"]) as client:
        user = instance.users["billing"].id
        assert client.members.change_role(instance.harbour, user, role="auditor").role == "auditor"
        client.members.remove(instance.harbour, user)
        assert user not in {each.user for each in list(client.members.list(instance.harbour))}


# --- errors -----------------------------------------------------------------------------------------


def test_problems_are_exceptions_of_their_code(instance: Instance, mode: Mode) -> None:
    with mode.client(instance.url, instance.tokens["owner"]) as client:
        with pytest.raises(NotFound) as unknown:
            mode.got(client.projects.get("proj_nothing"))
        assert (unknown.value.code, unknown.value.status) == ("not_found", 404)

        with pytest.raises(Invalid) as invalid:
            mode.got(client.keys.issue(instance.project, name=""))
        assert [each.field for each in invalid.value.errors] == ["name"]
        assert invalid.value.errors[0].message

        mode.got(client.keys.issue(instance.project, name="one"))
        with pytest.raises(AlreadyExists):
            mode.got(client.keys.issue(instance.project, name="one"))
    with mode.client(instance.url, instance.tokens["auditor"]) as client, pytest.raises(Forbidden):
        mode.got(client.projects.archive(instance.project))
    with mode.client(instance.url) as client, pytest.raises(Unauthenticated):
        mode.got(client.me())


def test_a_problem_says_what_to_quote(instance: Instance) -> None:
    seen: list[CallAttempt] = []
    with Freehold(instance.url, instance.tokens["owner"], on_attempt=seen.append) as client:
        client.me()
        with pytest.raises(Problem) as raised:
            client.keys.get("key_nothing")
    assert [(each.method, each.path, each.number, each.status) for each in seen] == [
        ("GET", "/v1/me", 1, 200),
        ("GET", "/v1/keys/key_nothing", 1, 404),
    ]
    assert seen[0].request_id
    assert raised.value.request_id == seen[1].request_id
    assert str(raised.value) == (
        "There is nothing here. There is no such key, or it is not yours to see."
        f" (404 not_found, request {seen[1].request_id})"
    )


def test_a_problem_survives_pickling(instance: Instance) -> None:
    with Freehold(instance.url, instance.tokens["owner"]) as client, pytest.raises(Invalid) as raised:
        client.keys.issue(instance.project, name="")
    copy = pickle.loads(pickle.dumps(raised.value))  # noqa: S301 — our own bytes
    assert isinstance(copy, Invalid)
    assert vars(copy) == vars(raised.value)


# --- idempotency, sessions, threads -----------------------------------------------------------------


def test_an_idempotency_key_of_ones_own_makes_one(instance: Instance) -> None:
    with Freehold(instance.url, instance.tokens["owner"]) as client:
        first = client.keys.issue(instance.project, name="one", idempotency_key="order-17")
        assert client.keys.issue(instance.project, name="one", idempotency_key="order-17") == first
        with pytest.raises(IdempotencyConflict):
            client.keys.issue(instance.project, name="two", idempotency_key="order-17")
        others = [client.messages.publish(instance.project, event_type="parcel.moved", payload={"id": "p"}) for _ in range(2)]  # fmt: skip
        assert others[0].id != others[1].id, "each call has a key of its own"


def test_posts_that_are_sent_again_do_the_same_twice(instance: Instance) -> None:
    request = record_request(instance)
    event = json.dumps(CLOUD_EVENT).encode()
    operator = Freehold(instance.url, instance.tokens["operator"])
    with operator, Freehold(instance.url, instance.tokens["owner"]) as client:
        rule = client.alerts.create(
            instance.project, name="Silence", metric="no_traffic", thresholds=[ThresholdBody(at=60)]
        )
        firing = record_firing(instance, rule.id)
        client.keys.rotate(instance.key, overlap_s=3600)
        hook = client.webhooks.create(
            instance.project, url="https://hooks.example.com/", event_types=["parcel.moved"]
        ).id
        forwarding = client.forwardings.create(instance.harbour, name="Logs", url="https://logs.example.com/").id
        ready = prepare_readiness(instance)
        seal = KeptSealBody(
            chain=instance.harbour, position=1, hash=SEAL["hash"], sealed_at=datetime.now(UTC), key_id=SEAL["key_id"],
            signature=SEAL["signature"],
        )  # fmt: skip
        schedule = client.report_schedules.create(
            instance.project, name="Monthly", kind="usage_summary", cron="0 6 1 * *", period="month"
        ).id
        acts: dict[str, Callable[[], Model]] = {
            "pause_report_schedule": lambda: client.report_schedules.pause(schedule),
            "resume_report_schedule": lambda: client.report_schedules.resume(schedule),
            "retire_secret": lambda: client.keys.retire_secret(instance.key, 1),
            "revoke_key": lambda: client.keys.revoke(instance.key),
            "archive_project": lambda: client.projects.archive(instance.project),
            "restore_project": lambda: client.projects.restore(instance.project),
            "pause_webhook": lambda: client.webhooks.pause(hook),
            "resume_webhook": lambda: client.webhooks.resume(hook),
            "pause_forwarding": lambda: client.forwardings.pause(forwarding),
            "resume_forwarding": lambda: client.forwardings.resume(forwarding),
            "explain_call": lambda: client.explain(instance.key, endpoint="get_parcel"),
            "acknowledge_firing": lambda: client.firings.acknowledge(firing),
            "report_cost": lambda: client.requests.report_cost(request, cost=7),
            "meter_usage": lambda: client.usage.meter(instance.project, event),
            "reconcile_usage": operator.usage.reconcile,
            "withdraw_attestation": lambda: client.attestations.withdraw(ready["attestation_id"]),
            "withdraw_key_acceptance": lambda: client.key_acceptances.withdraw(ready["acceptance_id"]),
            "ask_for_export": lambda: client.exports.ask(instance.harbour),
            "plan_shape": lambda: client.shape.plan(instance.project, shape=SHAPE["shape"]),
            "preview_price_list": lambda: operator.price_lists.preview(**PRICES),
            "check_audit_proof": lambda: client.audit_proofs.check(instance.harbour, seals=[seal]),
            "check_instance_audit_proof": lambda: operator.audit_proofs.check_of_instance(
                seals=[{**seal, "chain": "instance"}]
            ),
        }
        assert acts.keys() == REPEATABLE
        for name, act in acts.items():
            before, entries = act(), len(list(client.audit_entries.list(instance.harbour, limit=200)))
            assert getattr(act(), "state", None) == getattr(before, "state", None), name
            assert len(list(client.audit_entries.list(instance.harbour, limit=200))) == entries, name


def test_no_cookie_is_kept(fresh: Instance, mode: Mode) -> None:
    give_setup_token(fresh)
    with mode.client(fresh.url) as client:
        made = mode.got(client.set_up(**SETUP))
        assert made.token not in repr(made)
        with pytest.raises(Unauthenticated):
            mode.got(client.me())
    with mode.client(fresh.url, made.token) as client:
        assert mode.got(client.me()).user.email == "ada@example.com"


def test_threads_share_a_client(instance: Instance) -> None:
    with Freehold(instance.url, instance.tokens["owner"]) as client, ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: client.keys.issue(instance.project, name=f"key {number}"), range(24)))
        assert sorted(each.name for each in made) == sorted(f"key {number}" for number in range(24))
        assert len({each.secret for each in made}) == 24


def test_tasks_share_a_client(instance: Instance) -> None:
    async def issue_many() -> list[IssuedKey]:
        async with AsyncFreehold(instance.url, instance.tokens["owner"]) as client:
            return await asyncio.gather(
                *(client.keys.issue(instance.project, name=f"key {number}") for number in range(12))
            )

    assert len({each.secret for each in asyncio.run(issue_many())}) == 12


# --- what is never shown, and addresses ---------------------------------------------------------------


def test_the_token_is_never_shown(instance: Instance, mode: Mode) -> None:
    token = instance.tokens["owner"]
    seen: list[object] = []
    with mode.client(instance.url, token, on_attempt=seen.append) as client:
        mode.got(client.me())
        with pytest.raises(FreeholdError) as raised:
            mode.got(client.keys.get("key_nothing"))
        shown = [repr(client), str(client), repr(vars(client)), repr(seen), repr(raised.value), repr(raised.value.args)]
    assert repr(client) in (f"Freehold({instance.url!r})", f"AsyncFreehold({instance.url!r})")
    assert not [each for each in shown if token in each]


@pytest.mark.parametrize("token", ["", "fhp_one two", "fhp_one\r\nX-Other: 1", "fhp_ö"])
def test_a_token_that_is_none_is_refused_and_not_shown(mode: Mode, token: str) -> None:
    with pytest.raises(ValueError, match="copied whole") as raised, mode.client("http://127.0.0.1:1", token):
        pass
    assert not token or token not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    ["127.0.0.1:8400", "ftp://127.0.0.1", "http://", "http://user:pass@127.0.0.1", "http://127.0.0.1/?a=b", "a b"],
)
def test_an_address_that_is_none_is_refused(mode: Mode, url: str) -> None:
    with pytest.raises(ValueError, match=r"[Aa]ddress"), mode.client(url, "fhp_x"):
        pass


@pytest.mark.parametrize("id_", ["", ".", ".."])
def test_an_id_cannot_lead_to_another_address(mode: Mode, id_: str) -> None:
    with mode.client("http://127.0.0.1:1", "fhp_x") as client, pytest.raises(ValueError, match="no id"):
        mode.got(client.projects.get(id_))


@pytest.mark.parametrize("value", ["", "a\r\nX-Other: 1", "ä", "\0"])
def test_a_header_cannot_hold_another(value: str) -> None:
    seen: list[CallAttempt] = []
    with Freehold("http://127.0.0.1:1", "fhp_x", on_attempt=seen.append) as client:
        with pytest.raises(ValueError, match="If-Match takes printable ASCII"):
            client.projects.edit("proj_1", name="a", if_match=value)
        with pytest.raises(ValueError, match="Idempotency-Key takes printable ASCII"):
            client.keys.issue("proj_1", name="a", idempotency_key=value)
        with pytest.raises(ValueError, match="Content-Type takes printable ASCII"):
            client.apis.import_openapi("a", b"{}", media_type=value)  # type: ignore[arg-type]  # what a checker would find
    assert not seen


def test_an_id_with_slashes_is_one_id(instance: Instance) -> None:
    seen: list[CallAttempt] = []
    client = Freehold(instance.url, instance.tokens["owner"], on_attempt=seen.append)
    with client as opened, pytest.raises(NotFound):
        opened.projects.get(f"{instance.project}/keys?limit=1#x")
    assert seen[0].path == f"/v1/projects/{instance.project}%2Fkeys%3Flimit%3D1%23x"


def test_an_address_may_have_a_path(instance: Instance) -> None:
    with (
        Freehold(f"{instance.url}/below/", instance.tokens["owner"]) as client,
        pytest.raises(UnreadableAnswer) as raised,
    ):
        client.me()
    assert str(raised.value) == (
        f"Is {instance.url}/ the address of a Freehold? To GET /below/v1/me it answered 404 and no problem details."
    )
    assert raised.value.request_id


def test_a_client_of_ones_own_stays_open(instance: Instance) -> None:
    with httpx.Client(headers={"X-Team": "harbour"}) as http:
        with Freehold(instance.url, instance.tokens["owner"], http=http) as client:
            assert client.me().user is not None
        assert not http.is_closed
        assert http.get(f"{instance.url}/healthz").status_code == 200
