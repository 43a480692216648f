"""What an import changes, and which slugs and upstreams are right."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.apis.records import Api, Catalogue, EndpointRow, Environment, EventType
from freehold.apis.rules import check_slug, check_upstreams, normal_upstream, plan_import, touching, upstream_warnings

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def endpoint(name: str, path: str = "/", method: str = "GET", summary: str = "", gone: bool = False) -> EndpointRow:
    return EndpointRow(name, method, path, summary, removed_at=NOW if gone else None)


def api(sandbox: str | None = None, production: str | None = None) -> Api:
    return Api("api_1", "a", "A", sandbox, production, None, None, 1, NOW)


def test_a_plan_says_what_is_added_changed_and_removed() -> None:
    old = Catalogue(
        (endpoint("same"), endpoint("moved", "/old"), endpoint("reworded"), endpoint("gone"), endpoint("back", gone=True), endpoint("long_gone", gone=True)),
        (EventType("e", "", {"type": "object"}, None), EventType("f", "", None, None)),
    )  # fmt: skip
    new = Catalogue(
        (endpoint("same"), endpoint("moved", "/new", "PUT"), endpoint("reworded", summary="New"), endpoint("back"), endpoint("new")),
        (EventType("e", "", {"type": "string"}, "x"),),
    )  # fmt: skip
    plan = plan_import(old, new)
    assert plan.endpoints.added == ("back", "new")
    assert plan.endpoints.changed == {"moved": ("method", "path"), "reworded": ("summary",)}
    assert plan.endpoints.removed == ("gone",)
    assert (plan.event_types.added, plan.event_types.changed, plan.event_types.removed) == (
        (),
        {"e": ("schema", "example")},
        ("f",),
    )
    assert touching(plan.endpoints) == {"moved", "gone"}
    assert touching(plan.event_types) == {"e", "f"}
    assert not plan.is_empty


_CATALOGUES = st.dictionaries(st.sampled_from("abcdef"), st.tuples(st.sampled_from(["/1", "/2"]), st.booleans())).map(
    lambda rows: Catalogue(tuple(endpoint(name, path, gone=gone) for name, (path, gone) in rows.items()), ())
)


@given(_CATALOGUES, _CATALOGUES)
def test_every_row_is_the_same_added_changed_or_removed(old: Catalogue, new: Catalogue) -> None:
    new = Catalogue(tuple(endpoint(each.operation_id, each.path) for each in new.endpoints), ())
    present = {each.operation_id: each for each in old.endpoints if each.removed_at is None}
    wanted = {each.operation_id: each for each in new.endpoints}
    plan = plan_import(old, new).endpoints
    assert set(plan.added) == wanted.keys() - present.keys()
    assert set(plan.removed) == present.keys() - wanted.keys()
    assert set(plan.changed) == {name for name in wanted.keys() & present.keys() if wanted[name] != present[name]}
    assert plan_import(new, new).is_empty


@pytest.mark.parametrize("slug", ["a", "payments", "a-b-2", "x" * 40])
def test_right_slugs(slug: str) -> None:
    assert check_slug(slug) == []


@pytest.mark.parametrize("slug", ["", "A", "a_b", "a--b", "-a", "a-", "é", "a b", "api_01", "x" * 41, "a\n"])
def test_wrong_slugs(slug: str) -> None:
    assert [error.field for error in check_slug(slug)] == ["slug"]


@pytest.mark.parametrize(
    "url",
    [
        "http://a",
        "https://api.example.com",
        "https://api.example.com:8443/v2/",
        "http://10.0.0.7:80",
        "http://[::1]:9000/x",
        "HTTPS://EXAMPLE.com",
    ],
)
def test_right_upstreams(url: str) -> None:
    assert check_upstreams({"sandbox": url}, {}) == []


@pytest.mark.parametrize(
    "url",
    [
        "", "api.example.com", "/v1", "ftp://a", "file:///etc/passwd", "http://", "http:///x", "http://:80", "https://user@a", "https://user:word@a", "https://:@a",
        "http://a?x=1", "http://a?", "http://a#x", "http://a#", "http://a:0", "http://a:99999", "http://a:b", "http://[::1", "http://a b", "http://a\n", "http://a\\b",
        "http://é.example", "http://a/../b", "http://a/./b", "http://a/" + "x" * 500, "bundled:example/sandbox", "unix:/run/a.sock", "javascript:alert(1)",
    ],
)  # fmt: skip
def test_wrong_upstreams(url: str) -> None:
    assert [error.field for error in check_upstreams({"sandbox": url}, {})] == ["upstreams.sandbox"]


@pytest.mark.parametrize(
    ("sandbox", "production"),
    [
        ("http://a", "http://a"),
        ("http://a", "http://A:80/"),
        ("https://a/v1", "https://a.:443/v1/"),
    ],
)
def test_sandbox_and_production_never_share_an_upstream(sandbox: str, production: str) -> None:
    assert [each.code for each in check_upstreams({"sandbox": sandbox, "production": production}, {})] == [
        "same_upstream"
    ]
    before: dict[Environment, str | None] = {"sandbox": sandbox, "production": None}
    assert [each.code for each in check_upstreams({"production": production}, before)] == ["same_upstream"]


def test_upstreams_that_differ_or_are_cleared_are_right() -> None:
    before: dict[Environment, str | None] = {"sandbox": "http://a", "production": "http://b"}
    assert check_upstreams({"sandbox": "http://a/sandbox", "production": "http://a/production"}, before) == []
    assert check_upstreams({"sandbox": None}, before) == []
    assert check_upstreams({"sandbox": "http://b", "production": None}, before) == []


def test_a_bundled_upstream_may_stay_but_not_be_set() -> None:
    before: dict[Environment, str | None] = {
        "sandbox": "bundled:example/sandbox",
        "production": "bundled:example/production",
    }
    assert check_upstreams({"sandbox": "bundled:example/sandbox"}, before) == []
    assert check_upstreams({"production": "bundled:example/sandbox"}, before) != []


def test_upstreams_are_kept_in_one_form() -> None:
    assert normal_upstream("HTTPS://API.Example.com:8443/V2/") == "https://api.example.com:8443/V2"
    assert normal_upstream("http://a/") == "http://a"
    assert normal_upstream("bundled:example/sandbox") == "bundled:example/sandbox"
    assert normal_upstream(None) is None


def test_an_upstream_that_repeats_the_documents_base_path_is_warned_of() -> None:
    endpoints = [endpoint("a", "/v2/a"), endpoint("b", "/v2/b")]
    [warning] = upstream_warnings(api("http://a/v2", "http://b"), endpoints)
    assert "/v2/v2/a" in warning
    assert upstream_warnings(api("http://a/v2"), [*endpoints, endpoint("c", "/c")]) == ()
    assert upstream_warnings(api("bundled:example/sandbox"), endpoints) == ()
