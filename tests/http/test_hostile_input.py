"""Input that nobody means well by, on both databases: never a 500, never another one's answer."""

import json
from typing import Any, Final

from tests.http.served import Instance
from tests.http.test_permissions_table import TABLE, Row, prepare

NUL: Final = "\x00"
TEXTS: Final = ("\x00", "a\x00b", "\ud7ff\U0010ffff\u202e", "'\"--;%_\\", "9" * 400, "\r\nSet-Cookie: a=b", "../../etc")
PATH_IDS: Final = ("%00", "a%00b", "%ff%fe", "%ed%a0%80", "%0d%0aX:%20y", "x" * 3000, "%F4%8F%BF%BF", "..%2f..", "'--")


def _names(ids: dict[str, str], row: Row) -> list[str]:
    return [name for name in ids if "{" + name + "}" in row.path]


def test_hostile_ids_in_paths(instance_on_each: Instance) -> None:
    ids = prepare(instance_on_each)
    wrong = []
    for who in ("owner", "operator"):
        client = instance_on_each.client(who)
        for row in TABLE:
            for name in _names(ids, row):
                for hostile in PATH_IDS:
                    path = row.path.format(**{**ids, name: hostile})
                    answer = client.request(
                        row.method, path, json=row.body if not isinstance(row.body, bytes) else None
                    )
                    if answer.status_code >= 500:
                        wrong.append((who, row.method, row.path, name, hostile[:20], answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def test_hostile_queries(instance_on_each: Instance) -> None:
    ids = prepare(instance_on_each)
    client = instance_on_each.client("owner")
    wrong = []
    names = (
        "cursor",
        "limit",
        "from",
        "to",
        "actor",
        "action",
        "subject",
        "project",
        "search",
        "environment",
        "archived",
        "bucket",
        "timezone",
        "group_by",
        "key",
        "secret",
        "endpoint",
        "outcome",
        "kind",
        "state",
        "event_type",
        "removed",
        "organization",
    )
    values = (
        "%00",
        "a%00b",
        "%ff",
        "%ed%a0%80",
        "0001-01-01T00:00:00%2B14:00",
        "9999-12-31T23:59:59-14:00",
        "9999-12-31T23:59:59Z",
        "0001-01-01T00:00:00Z",
        "99999999999999999999999999",
        "-1",
        "1e400",
        "NaN",
        "WzFlMzA4LCIiXQ",
        "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5OTksIngiXQ",
        "WzEsIlx1MDAwMCJd",
        "WyJcdTAwMDAiLCJcdTAwMDAiXQ",
        "Wzk5OTk5OTk5OTk5OTk5OSwieCJd",
        "Wy05OTk5OTk5OTk5OTk5OTksIngiXQ",
        "WzEsIngiXQ",
        "WyJhIiwieCJd",
        "x" * 499,
        "../../../etc/passwd",
        "/etc/localtime",
        "%2e%2e",
    )
    for row in TABLE:
        if row.method == "GET":
            for name in names:
                for value in values:
                    answer = client.get(f"{row.path.format(**ids)}?{name}={value}")
                    if answer.status_code >= 500:
                        wrong.append((row.path, name, value[:50], answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


def _hostile_bodies(body: dict[str, Any]) -> list[bytes]:
    found = [
        b"",
        b"{",
        b"null",
        b"[]",
        b"1",
        b'"x"',
        b"[" * 100_000,
        b'{"a":' * 20_000,
        b"\xff\xfe",
        b'{"name": "\\ud800"}',
        b"\x00",
        b"1" * 5000,
    ]
    for name in body:
        for value in (
            *TEXTS,
            10**400,
            -(10**30),
            1e308,
            [],
            {},
            [NUL],
            {NUL: NUL},
            None,
            True,
            "x" * 100_000,
            [[]],
            "0001-01-01T00:00:00+14:00",
        ):
            found.append(json.dumps({**body, name: value}).encode())
    return found


EXTRA: Final = (
    Row(
        "POST",
        "/v1/setup",
        frozenset(),
        {"setup_token": "a", "email": "a@b.c", "name": "a", "password": "a long password here", "organization": "a"},
    ),
    Row("POST", "/v1/session", frozenset(), {"email": "a@b.c", "password": "a"}),
    Row("POST", "/v1/invitations/accept", frozenset(), {"token": "a", "name": "b", "password": "a long password here"}),
    Row(
        "POST",
        "/v1/explain",
        frozenset(),
        {"key": "fh_test_x", "method": "GET", "path": "/x", "address": "::1", "cost": 1},
    ),
    Row(
        "POST",
        "/v1/tokens",
        frozenset(),
        {"name": "another", "organization": "x", "roles": ["owner"], "expires_at": "2030-01-01T00:00:00Z"},
    ),
    Row(
        "PATCH",
        "/v1/projects/{project_id}",
        frozenset(),
        {
            "name": "n",
            "purpose": "p",
            "product_line": "l",
            "use_case": "u",
            "owners": [{"member": "x", "duty": "audit"}],
        },
    ),
    Row(
        "POST",
        "/v1/projects/{project_id}/keys",
        frozenset(),
        {
            "name": "n",
            "workload": "w",
            "endpoints": ["get_parcel"],
            "expires_at": "2030-01-01T00:00:00Z",
            "allowed_cidrs": ["::1"],
            "rate_limit": {"limit": 1, "window_s": 1},
        },
    ),
    Row(
        "PATCH",
        "/v1/webhooks/{endpoint_id}",
        frozenset(),
        {"url": "http://127.0.0.1:1024/a", "event_types": ["parcel.moved"], "description": "d", "headers": {"A": "b"}},
    ),
    Row("POST", "/v1/webhooks/{endpoint_id}/rotate_secret", frozenset(), {"overlap_s": 1}),
    Row("POST", "/v1/webhooks/{endpoint_id}/test", frozenset(), {"event_type": "parcel.moved"}),
    Row(
        "POST",
        "/v1/projects/{project_id}/messages",
        frozenset(),
        {"event_type": "parcel.moved", "payload": {"id": "x"}, "id": "x"},
    ),
    Row(
        "POST",
        "/v1/projects/{project_id}/messages",
        frozenset(),
        {"event_type": "parcel.lost", "payload": {"id": NUL}, "id": "x2"},
    ),
    Row("POST", "/v1/apis", frozenset(), {"name": "n", "slug": "s", "upstreams": {"sandbox": "http://x"}}),
    Row("PATCH", "/v1/apis/{api}", frozenset(), {"name": "n", "upstreams": {"sandbox": "http://["}}),
)


def test_hostile_bodies(instance_on_each: Instance) -> None:
    ids = prepare(instance_on_each)
    wrong = []
    for row in (*TABLE, *EXTRA):
        if row.method == "GET" or row.method == "DELETE":
            continue
        body = row.body if isinstance(row.body, dict) else {}
        client = instance_on_each.client(
            "operator" if "/apis" in row.path or row.path == "/v1/organizations" else "owner"
        )
        for hostile in _hostile_bodies(body):
            answer = client.request(
                row.method, row.path.format(**ids), content=hostile, headers={"Content-Type": "application/json"}
            )
            if answer.status_code >= 500:
                wrong.append((row.method, row.path, hostile[:90], answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))
