import httpx
import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, update

from freehold.kit import clock
from freehold.organizations import queries
from freehold.organizations.actions import setup_token_digest
from freehold.store.schema import instance as instance_table
from freehold.store.schema import users
from tests.conftest import TestClock
from tests.http.served import PASSWORD, Instance, assert_problem

SETUP = {
    "setup_token": "the one-time token", "email": " Ada@Example.com ", "name": "Ada  Lovelace",
    "password": PASSWORD, "organization": "Northgate",
}  # fmt: skip


def give_setup_token(instance: Instance) -> None:
    digest = setup_token_digest(instance.secret, SETUP["setup_token"])
    with instance.store.write() as tx:
        tx.execute(update(instance_table).values(setup_token_digest=digest))


def sign_in(client: httpx.Client, email: str = "owner@example.com", password: str = PASSWORD) -> httpx.Response:
    return client.post("/v1/session", json={"email": email, "password": password})


def test_a_hash_of_weaker_parameters_is_replaced_when_its_password_is_known(instance: Instance) -> None:
    user_id, weak = instance.users["owner"].id, PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)

    def kept() -> str:
        with instance.store.read() as tx:
            return str(tx.execute(select(users.c.password_hash).where(users.c.id == user_id)).scalar_one())

    with instance.store.write() as tx:
        tx.execute(update(users).where(users.c.id == user_id).values(password_hash=weak))
    assert_problem(sign_in(instance.client(), password="a guess at noon"), 401, "wrong_credentials")
    assert kept() == weak
    assert sign_in(instance.client()).status_code == 201
    renewed = kept()
    assert "m=65536,t=3,p=4" in renewed
    assert sign_in(instance.client()).status_code == 201
    assert kept() == renewed
    with instance.store.write() as tx:
        # Somebody changed the password between the look and the renewal: theirs stays.
        assert not queries.renew_password_hash(tx, user_id, weak, "another")
    log = instance.client("operator").get("/v1/audit", params={"action": "user.password_rehashed"}).json()["data"]
    assert [each["subject"]["id"] for each in log] == [user_id]


# --- setup ----------------------------------------------------------------------------------------


def test_setup_makes_the_operator_their_organization_a_token_and_a_session(fresh: Instance) -> None:
    give_setup_token(fresh)
    client = fresh.client()
    answer = client.post("/v1/setup", json=SETUP)
    assert answer.status_code == 201
    made = answer.json()
    assert made["user"] | {"id": ""} == {
        "id": "", "email": "ada@example.com", "name": "Ada Lovelace", "is_operator": True
    }  # fmt: skip
    assert made["organization"]["slug"] == "northgate"
    assert made["organization"]["is_operator"] is True
    by_session = client.get("/v1/me").json()
    by_token = fresh.client().get("/v1/me", headers={"Authorization": f"Bearer {made['token']}"}).json()
    assert by_session["user"] == by_token["user"] == made["user"]
    assert by_token["organizations"] == [{"organization": made["organization"], "role": "owner"}]


def test_setup_works_once(fresh: Instance) -> None:
    give_setup_token(fresh)
    client = fresh.client()
    assert client.post("/v1/setup", json=SETUP).status_code == 201
    assert_problem(fresh.client().post("/v1/setup", json=SETUP), 409, "already_set_up")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"setup_token": "guessed"}, "setup_token"),
        ({"email": "nobody"}, "email"),
        ({"name": "  "}, "name"),
        ({"password": "short"}, "password"),
        ({"password": "a" * 257}, "password"),
        ({"organization": ""}, "organization"),
        ({"organization": "x" * 101}, "organization"),
        ({"name": 5}, "name"),
        ({"admin": True}, "admin"),
    ],
)
def test_setup_names_what_is_wrong(fresh: Instance, change: dict[str, object], field: str) -> None:
    give_setup_token(fresh)
    client = fresh.client()
    assert_problem(client.post("/v1/setup", json=SETUP | change), 422, "invalid", field)
    assert client.post("/v1/setup", json=SETUP).status_code == 201


def test_setup_without_a_token_in_force_is_refused(fresh: Instance) -> None:
    assert_problem(fresh.client().post("/v1/setup", json=SETUP), 422, "invalid", "setup_token")


# --- signing in and out ---------------------------------------------------------------------------


def test_a_session_begins_serves_and_ends(instance: Instance) -> None:
    client = instance.client()
    answer = sign_in(client, " OWNER@example.com")
    assert answer.status_code == 201
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert client.get("/v1/me").json()["user"]["email"] == "owner@example.com"
    csrf_token = answer.json()["csrf_token"]
    assert client.delete("/v1/session", headers={"X-CSRF-Token": csrf_token}).status_code == 204
    client.cookies.set("freehold_session", cookie.partition("=")[2].partition(";")[0])
    assert_problem(client.get("/v1/me"), 401, "unauthenticated")


def test_wrong_password_and_unknown_address_look_the_same(instance: Instance) -> None:
    wrong = sign_in(instance.client(), password="a guess at noon").json()
    unknown = sign_in(instance.client(), "nobody@example.com").json()
    del wrong["request_id"], unknown["request_id"]
    assert wrong == unknown
    assert (wrong["status"], wrong["code"]) == (401, "wrong_credentials")


def test_a_disabled_account_cannot_sign_in_and_loses_its_sessions_and_tokens(instance: Instance) -> None:
    browser = instance.browser("developer")
    with instance.store.write() as tx:
        tx.execute(update(users).where(users.c.email == "developer@example.com").values(disabled_at=clock.now()))
    assert_problem(sign_in(instance.client(), "developer@example.com"), 401, "wrong_credentials")
    assert_problem(browser.client.get("/v1/me"), 401, "unauthenticated")
    assert_problem(instance.client("developer").get("/v1/me"), 401, "unauthenticated")


def test_sign_in_is_throttled_by_account(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client()
    for _ in range(10):
        assert_problem(sign_in(client, password="a guess at noon"), 401, "wrong_credentials")
    refused = sign_in(client)
    assert_problem(refused, 429, "too_many_requests")
    wait_s = int(refused.headers["retry-after"])
    assert 0 < wait_s <= 91
    assert_problem(sign_in(client, "admin@example.com", "wrong as well"), 401, "wrong_credentials")
    test_clock.move(wait_s)
    assert sign_in(client).status_code == 201
    # A success forgets the failures.
    assert_problem(sign_in(client, password="a guess at noon"), 401, "wrong_credentials")


def test_a_session_ends_without_use_and_lasts_with_it(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client()
    assert sign_in(client).status_code == 201
    day_s = 86_400
    for _ in range(3):
        test_clock.move(13 * day_s)
        assert client.get("/v1/me").status_code == 200
    test_clock.move(14 * day_s)
    assert_problem(client.get("/v1/me"), 401, "unauthenticated")


def test_a_session_ends_after_a_year_whatever_happens(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client()
    # The cookie itself lasts as long as a session may lie unused: a browser would have dropped it, so it is kept by hand.
    cookie = sign_in(client).cookies["freehold_session"]
    answers = []
    for _ in range(34):
        test_clock.move(11 * 86_400)
        answers.append(httpx.get(f"{instance.url}/v1/me", cookies={"freehold_session": cookie}).status_code)
    assert answers == [200] * 33 + [401]


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'"text"', b"null"])
def test_a_body_that_is_no_object_is_refused(instance: Instance, body: bytes) -> None:
    answer = instance.client().post("/v1/session", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("bad_request", "invalid")


# --- CSRF and other sites -------------------------------------------------------------------------


def test_a_session_changes_nothing_without_its_csrf_token(instance: Instance) -> None:
    client = instance.client()
    csrf_token = sign_in(client).json()["csrf_token"]
    other = sign_in(instance.client()).json()["csrf_token"]
    path = f"/v1/organizations/{instance.harbour}"
    for token in ("", other, csrf_token[:-1], csrf_token.upper()):
        answer = client.patch(path, json={"name": "Taken"}, headers={"X-CSRF-Token": token})
        assert_problem(answer, 403, "bad_csrf_token")
    assert client.get(path).json()["name"] == "Harbour"
    answer = client.patch(path, json={"name": "Kept"}, headers={"X-CSRF-Token": csrf_token})
    assert answer.json()["name"] == "Kept"


def test_an_access_token_needs_no_csrf_token(instance: Instance) -> None:
    answer = instance.client("owner").patch(f"/v1/organizations/{instance.harbour}", json={"name": "Kept"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
    ],
)
def test_other_sites_change_nothing(instance: Instance, headers: dict[str, str]) -> None:
    answer = instance.client().post(
        "/v1/session", json={"email": "owner@example.com", "password": PASSWORD}, headers=headers
    )
    assert_problem(answer, 403, "bad_csrf_token")
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_our_own_pages_may(instance: Instance, site: str) -> None:
    client = instance.client()
    client.headers["Sec-Fetch-Site"] = site
    assert sign_in(client).status_code == 201
    client.headers.pop("Sec-Fetch-Site")
    client.headers["Origin"] = instance.url
    assert sign_in(client).status_code == 201


# --- what every answer carries --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/me", 401), ("GET", "/v1/nothing", 404), ("DELETE", "/v1/me", 405), ("POST", "/v1/session", 422),
        ("GET", "/healthz", 200), ("GET", "/readyz", 200), ("GET", "/metrics", 200), ("GET", "/openapi.json", 200), ("GET", "/sign-in", 200),
        ("GET", "/nothing", 404), ("GET", "/static/nothing.css", 404), ("GET", "/account", 303),
    ],
)  # fmt: skip
def test_every_answer_has_an_id_and_the_security_headers(
    instance: Instance, method: str, path: str, status: int
) -> None:
    answer = instance.client().request(method, path)
    assert answer.status_code == status, answer.text
    assert answer.headers["x-request-id"].startswith("req_")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


def test_a_request_id_of_the_caller_is_not_taken_over(instance: Instance) -> None:
    first, second = (instance.client().get("/v1/me", headers={"X-Request-Id": "mine"}) for _ in range(2))
    assert first.headers["x-request-id"] not in ("mine", second.headers["x-request-id"])


def test_a_method_that_is_not_taken_is_refused_with_those_that_are(instance: Instance) -> None:
    answer = instance.client("owner").put("/v1/me", json={})
    assert_problem(answer, 405, "method_not_allowed")
    assert "GET" in answer.headers["allow"]


def test_a_body_that_is_too_large_is_refused(instance: Instance) -> None:
    body = {"email": "x" * (instance.settings.api_body_bytes_max + 1), "password": ""}
    assert_problem(instance.client().post("/v1/session", json=body), 413, "body_too_large")


@pytest.mark.parametrize("authorization", ["Bearer", "Bearer fhp_unknown", "Basic b3duZXI6eA==", "", "Bearer \xe9"])
def test_a_wrong_token_is_nobody(instance: Instance, authorization: str) -> None:
    answer = instance.client().get("/v1/me", headers={b"Authorization": authorization.encode("latin-1")})
    assert_problem(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
