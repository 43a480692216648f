"""Input that nobody means well by, on both databases: a clear refusal, never a 500, nothing of it kept."""

import json
from typing import Any, Final

import pytest
from litestar import get
from sqlalchemy import func, select

from freehold import routes
from freehold.store.schema import throttles
from freehold.web.guards import QUERY, options_of
from tests.http.served import PASSWORD, Instance, assert_problem
from tests.http.test_permissions_table import TABLE, Row, prepare

# NUL, bytes that are no UTF-8, a surrogate, a line end, a path, SQL, and one longer than any index takes.
PATH_IDS: Final = ("a%00b", "%ff%ed%a0%80", "%0d%0aX:%20y", "..%2f'--", "x" * 3000)
# Of no list; of another list; too large for an instant, for 64 bits, for a float; with NUL for an id.
CURSORS: Final = (
    "x", "bnVsbA", "WzEsIngiXQ", "WyJhIiwieCJd", "Wy05OTk5OTk5OTk5OTk5OTksIngiXQ", "Wzk5OTk5OTk5OTk5OTk5OTksIngiXQ",
    "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTksIngiXQ", "WzFlMzA4LCIiXQ", "WzEsIlx1MDAwMCJd", "WyJcdTAwMDAiLCJcdTAwMDAiXQ",
)  # fmt: skip
INSTANTS: Final = (
    "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "%00",
)  # fmt: skip
TEXTS: Final = ("a%00b", "%ff%ed%a0%80", "..%2f..%2fetc%2fpasswd", "%2Fetc%2Flocaltime", "x" * 3000)
QUERIES: Final = {
    "cursor": CURSORS,
    "from": INSTANTS,
    "to": INSTANTS,
    "limit": ("-1", "0", "201", "9" * 30, "1e3", "NaN"),
}
NONSENSE: Final = (
    b"", b"{", b"null", b"[]", b"1", b'"x"', b"[" * 100_000, b'{"a":' * 20_000, b"\xff\xfe", b'{"name": "\\ud800"}', b"\x00",
    b'{"name": "a", "name": {"name": 1}}',
)  # fmt: skip
VALUES: Final[tuple[Any, ...]] = (
    "a\x00b", ["\x00"], {"\x00": "\x00"}, "x" * 100_000, "\u202e\U0010ffff", 10**400, 1e308, [[]], "0001-01-01T00:00:00+14:00",
)  # fmt: skip

# Bodies with more fields than the table of permissions has.
FULLER: Final = (
    Row("POST", "/v1/setup", frozenset(), {"setup_token": "a", "email": "a@b.c", "name": "a", "password": PASSWORD, "organization": "a"}),
    Row("POST", "/v1/invitations/accept", frozenset(), {"token": "a", "name": "b", "password": PASSWORD}),
    Row("POST", "/v1/explain", frozenset(), {"key": "fh_test_x", "method": "GET", "path": "/x", "address": "::1", "cost": 1}),
    Row("POST", "/v1/explain", frozenset(), {"key": "fh_test_x", "endpoint": "get_parcel"}),
    Row("POST", "/v1/tokens", frozenset(), {"name": "n", "organization": "x", "roles": ["owner"], "expires_at": "2030-01-01T00:00:00Z"}),
    Row("PATCH", "/v1/projects/{project_id}", frozenset(), {"name": "n", "purpose": "p", "product_line": "l", "owners": [{"member": "x"}], "rate_limits": [{"name": "a", "limit": 1, "window_s": 1}], "quota": {"limit": 1, "period": "day"}}),
    Row(
        "POST", "/v1/projects/{project_id}/keys", frozenset(),
        {"name": "n", "workload": "w", "endpoints": ["get_parcel"], "expires_at": "2030-01-01T00:00:00Z", "allowed_cidrs": ["::1"], "rate_limit": {"limit": 1, "window_s": 1}, "quota": {"limit": 1, "period": "day"}},
    ),
    Row("PATCH", "/v1/keys/{key_id}", frozenset(), {"rate_limits": [{"name": "a", "limit": 1, "window_s": 1}], "quota": {"limit": 1, "period": "hour"}}),
    Row(
        "PATCH", "/v1/webhooks/{endpoint_id}", frozenset(),
        {"url": "http://127.0.0.1:1024/a", "event_types": ["parcel.moved"], "description": "d", "headers": {"A": "b"}},
    ),
    Row("POST", "/v1/webhooks/{endpoint_id}/rotate_secret", frozenset(), {"overlap_s": 1}),
    Row("POST", "/v1/webhooks/{endpoint_id}/test", frozenset(), {"event_type": "parcel.moved"}),
    Row("POST", "/v1/projects/{project_id}/messages", frozenset(), {"event_type": "parcel.lost", "payload": {"id": "x"}, "id": "x"}),
    Row("POST", "/v1/apis", frozenset(), {"name": "n", "slug": "s", "upstreams": {"sandbox": "http://["}}),
    Row("PATCH", "/v1/apis/{api}", frozenset(), {"name": "n", "upstreams": {"sandbox": "http://x"}}),
)  # fmt: skip


def test_ids_in_paths_that_are_none(instance_on_each: Instance) -> None:
    ids = prepare(instance_on_each)
    wrong = []
    for row in TABLE:
        body = row.body if isinstance(row.body, bytes) else json.dumps(row.body or {}).encode()
        for name in [each for each in ids if "{" + each + "}" in row.path]:
            for hostile in PATH_IDS:
                status = _send(instance_on_each, row, {**ids, name: hostile}, body, "operator")
                # What the operator may not do anywhere is forbidden for what there is not, too.
                if status not in (403, 404):
                    wrong.append((row.method, row.path, hostile[:80], status))
    assert not wrong, "\n".join(map(str, wrong))


def test_query_parameters_that_are_none(instance_on_each: Instance) -> None:
    ids = prepare(instance_on_each)
    owner, operator = instance_on_each.client("owner"), instance_on_each.client("operator")
    wrong = []
    for decorator, path, handler, _ in routes.API:
        if decorator is not get:
            continue
        for name in options_of(handler, path)[QUERY].values():
            for value in QUERIES.get(name, TEXTS):
                address = f"{path.replace(':str', '').format(**ids)}?{name}={value}"
                # What only operators may look at refuses everybody else before it reads a parameter.
                client = operator if path.startswith(("/v1/usage", "/v1/audit", "/v1/price_lists")) else owner
                status = client.get(address).status_code
                # Some are harmless: a filter that nothing fits.
                allowed = (404, 422) if "%00" in value else (200, 404, 422)
                if status not in allowed:
                    wrong.append((address[:120], status))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("what", ["audit", "requests", "messages", "deliveries"])
def test_forged_cursors_of_lists_by_time(instance: Instance, what: str, subtests: pytest.Subtests) -> None:
    """An instant that is one is taken, whatever it says: it only moves the place in one's own list."""
    ids = prepare(instance)
    paths = {
        "audit": f"/v1/organizations/{instance.harbour}/audit",
        "requests": f"/v1/projects/{instance.project}/requests",
        "messages": f"/v1/projects/{instance.project}/messages",
        "deliveries": f"/v1/webhooks/{ids['endpoint_id']}/deliveries",
    }
    client = instance.client("owner")
    for cursor in CURSORS:
        with subtests.test(cursor=cursor):
            answer = client.get(paths[what], params={"cursor": cursor})
            if cursor == "WzEsIngiXQ":
                assert answer.json() == {"data": [], "next_cursor": None}
            else:
                assert_problem(answer, 422, "invalid", "cursor")


def test_bodies_that_are_none(instance_on_each: Instance) -> None:
    ids = prepare(instance_on_each)
    wrong = []
    for row in (*TABLE, *FULLER):
        if row.body and not isinstance(row.body, bytes):
            for body in _bodies(row.body):
                status = _send(instance_on_each, row, ids, body)
                if not 200 <= status < 500:
                    wrong.append((row.method, row.path, body[:90], status))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("body", NONSENSE)
def test_what_is_no_json(instance: Instance, body: bytes) -> None:
    ids = {"api": "parcels"}
    assert _send(instance, Row("POST", "/v1/tokens", frozenset()), ids, body) in (400, 422)
    assert _send(instance, Row("PUT", "/v1/apis/{api}/openapi", frozenset()), ids, body) == 422


def _send(instance: Instance, row: Row, ids: dict[str, str], body: bytes, who: str = "") -> int:
    who = who or ("operator" if "/apis" in row.path or row.path == "/v1/organizations" else "owner")
    # A body where none is read is passed over.
    headers = {"Content-Type": "application/cloudevents+json" if "metered" in row.path else "application/json"}
    return instance.client(who).request(row.method, row.path.format(**ids), content=body, headers=headers).status_code


def _bodies(right: dict[str, Any]) -> list[bytes]:
    """A right body with one field after the other made wrong."""
    return [json.dumps({**right, name: value}).encode() for name in right for value in VALUES]


def test_any_text_may_be_in_a_payload(instance_on_each: Instance) -> None:
    client = instance_on_each.client("owner")
    payload = {"id": "p\x00\u202e", "more": ["\x00", 10**30, 1e-300]}
    body = {"event_type": "parcel.moved", "payload": payload}
    sent = client.post(f"/v1/projects/{instance_on_each.project}/messages", json=body)
    assert sent.status_code == 202, sent.text
    assert client.get(f"/v1/messages/{sent.json()['id']}").json()["payload"] == payload


def test_forms_with_nul_are_refused(instance_on_each: Instance) -> None:
    browser = instance_on_each.browser("owner")
    for path, name in (
        (f"/projects/{instance_on_each.project}/settings", "purpose"),
        (f"/projects/{instance_on_each.project}/keys/new", "name"),
        (f"/organizations/{instance_on_each.harbour}/members/invite", "email"),
        ("/sign-in", "email"),
        ("/account/password", "password"),
    ):
        assert browser.post(path, {name: "a\x00b"}).status_code == 422, path
    for path in (
        f"/organizations/{instance_on_each.harbour}/audit?actor=%00",
        f"/projects/{instance_on_each.project}/usage?key=%00",
        f"/projects/{instance_on_each.project}/requests?cursor=WzEsIlx1MDAwMCJd",
    ):
        assert browser.get(path).status_code == 422, path
    assert browser.get("/projects/%00").status_code == 404


def test_an_endless_address_is_refused_before_it_is_counted(instance_on_each: Instance) -> None:
    """A throttle is a row under the address: one of megabytes is no address, and fits no index."""
    answer = instance_on_each.client().post(
        "/v1/session", json={"email": "x" * 100_000 + "@example.com", "password": "a"}
    )
    assert_problem(answer, 401, "wrong_credentials")
    with instance_on_each.store.read() as tx:
        assert tx.execute(select(func.coalesce(func.max(func.length(throttles.c.name)), 0))).scalar_one() < 400
