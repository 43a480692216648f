"""From a path to its endpoint: what matches, what wins, and what is never matched."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.apis.routing import BadTemplate, Router

ROUTES = [
    ("root", "GET", "/"),
    ("list", "GET", "/v1/pets"),
    ("listSlash", "GET", "/v1/pets/"),
    ("make", "POST", "/v1/pets"),
    ("mine", "GET", "/v1/pets/mine"),
    ("one", "GET", "/v1/pets/{pet}"),
    ("json", "GET", "/v1/pets/{pet}.json"),
    ("tags", "GET", "/v1/pets/{pet}/tags"),
    ("mineColour", "GET", "/v1/pets/mine/colour"),
    ("cancel", "POST", "/v1/pets/{pet}:cancel"),
    ("range", "GET", "/v1/range/{low}-{high}"),
    ("report", "GET", "/v1/range/report-{name}.{format}"),
    ("umlaut", "GET", "/v1/größe/{n}"),
    ("space", "GET", "/v1/a%20b"),
    ("headOnly", "HEAD", "/v1/pets/mine"),
]
ROUTER = Router(ROUTES)


@pytest.mark.parametrize(
    ("method", "path", "operation_id"),
    [
        ("GET", "/", "root"),
        ("GET", "/v1/pets", "list"),
        ("GET", "/v1/pets/", "listSlash"),
        ("POST", "/v1/pets", "make"),
        ("GET", "/v1/pets/mine", "mine"),
        ("GET", "/v1/pets/rex", "one"),
        ("GET", "/v1/pets/rex.json", "json"),
        ("GET", "/v1/pets/.json", "one"),
        ("GET", "/v1/pets/rex.json.json", "json"),
        ("GET", "/v1/pets/mine/tags", "tags"),
        ("GET", "/v1/pets/mine/colour", "mineColour"),
        ("GET", "/v1/pets/rex/colour", None),
        ("POST", "/v1/pets/rex:cancel", "cancel"),
        ("POST", "/v1/pets/:cancel", None),
        ("GET", "/v1/range/1-2", "range"),
        ("GET", "/v1/range/1-2-3", "range"),
        ("GET", "/v1/range/-", None),
        ("GET", "/v1/range/--", None),
        ("GET", "/v1/range/---", "range"),
        ("GET", "/v1/range/report-may.pdf", "report"),
        ("GET", "/v1/range/report-.pdf", "range"),
        ("GET", "/v1/gr%C3%B6%C3%9Fe/3", "umlaut"),
        ("GET", "/v1/gr%c3%b6%c3%9fe/3", "umlaut"),
        ("GET", "/v1/a%20b", "space"),
        ("GET", "/v1/pets/a%20b", "one"),
        ("GET", "/v1/pets/100%25", "one"),
        ("GET", "/v1/pets/a%3Bb", "one"),
        ("GET", "/v1/pets/...", "one"),
        ("GET", "/v1/pets/.hidden", "one"),
        ("HEAD", "/v1/pets", "list"),
        ("HEAD", "/v1/pets/mine", "headOnly"),
        ("HEAD", "/v1/pets/rex", "one"),
        ("HEAD", "/v1/nothing", None),
        ("DELETE", "/v1/pets", None),
        ("get", "/v1/pets", None),
        ("GET", "/v1/Pets", None),
        ("GET", "/v1/pets/rex/", None),
        ("GET", "/v1", None),
    ],
)
def test_what_matches(method: str, path: str, operation_id: str | None) -> None:
    assert ROUTER.match(method, path) == operation_id


@pytest.mark.parametrize(
    "path",
    [
        "", "v1/pets", "*", "http://x/v1/pets",
        "//v1/pets", "/v1//pets", "/v1/pets//", "/v1/pets//tags",
        "/v1/pets/.", "/v1/pets/..", "/v1/x/../pets", "/v1/./pets", "/v1/pets/%2e%2e", "/v1/pets/%2E", "/v1/pets/.%2e",
        "/v1/pets/%252e%252e", "/v1/pets/%25252e%25252e",
        "/v1/pets/a%2Fb", "/v1/pets/a%2fb", "/v1/pets/a%252fb", "/v1/pets/a%5Cb", "/v1/pets/a\\b", "/v1/pets/a%255cb",
        "/v1/pets/a;b", "/v1/pets;x", "/v1/pets/mine;x/tags",
        "/v1/pets/a%00", "/v1/pets/a%0d%0ab", "/v1/pets/a\nb", "/v1/pets/a\x00", "/v1/pets/a%7f",
        "/v1/pets/%", "/v1/pets/%z1", "/v1/pets/%f", "/v1/pets/%c0%af", "/v1/pets/%ff", "/v1/pets/ä",
        "/v1/pets/a#b", "/v1/pets/a?b", "/v1/pets/a b", '/v1/pets/"', "/v1/pets/<x>",
        "/v1/pets/%6Dine", "/v1/%70ets", "/v1/pets/rex%2Ejson", "/v1/pets/m%69ne/colour",
        "/v1/pets/%2525252525",
    ],
)  # fmt: skip
def test_what_might_be_read_in_two_ways_matches_nothing(path: str) -> None:
    assert ROUTER.match("GET", path) is None


@pytest.mark.parametrize("template", ["pets", "", "/a/{b", "/a/b}", "/a/{}", "/{a/b}"])
def test_what_is_no_template(template: str) -> None:
    with pytest.raises(BadTemplate):
        Router([("x", "GET", template)])


def test_the_first_of_two_equal_routes_is_the_one() -> None:
    router = Router([("first", "GET", "/a/{x}"), ("second", "GET", "/a/{y}")])
    assert router.match("GET", "/a/1") == "first"
    assert router.operation_ids == {"first", "second"}


def test_the_better_branch_is_left_where_it_leads_nowhere() -> None:
    router = Router([("a", "GET", "/x/{id}/end"), ("b", "GET", "/x/known/other"), ("c", "GET", "/x/k{rest}/third")])
    assert router.match("GET", "/x/known/other") == "b"
    assert router.match("GET", "/x/known/third") == "c"
    assert router.match("GET", "/x/known/end") == "a"


segments = st.text(st.sampled_from("abc.-:~%é/"), min_size=1, max_size=6).filter(lambda each: each not in (".", ".."))


@given(segments)
def test_an_encoded_value_matches_its_parameter_or_is_refused_for_a_reason(value: str) -> None:
    router = Router([("one", "GET", "/v/{value}"), ("abc", "GET", "/v/abc")])
    found = router.match("GET", "/v/" + quote(value, safe=""))
    if "/" in value or unquote(value) != value:
        # A slash, or an escape inside: somebody behind us may read it as another path.
        assert found is None
    else:
        assert found == ("abc" if value == "abc" else "one")


paths = st.text(st.sampled_from("/ab.%2eF5cC;\\"), max_size=16)


def naive_resolutions(path: str) -> set[str]:
    """What servers of all kinds make of a path: decoded up to twice, slashes merged, dots resolved, `;` cut."""
    found = set()
    for decoded in (path, unquote(path), unquote(unquote(path))):
        resolved: list[str] = []
        for segment in decoded.replace("\\", "/").split("/"):
            cut = segment.partition(";")[0]
            if cut == "..":
                resolved = resolved[:-1]
            elif cut not in ("", "."):
                resolved.append(cut)
        found.add("/" + "/".join(resolved))
    return found


@given(paths)
def test_whatever_a_server_behind_makes_of_a_matched_path_is_the_same_endpoint(path: str) -> None:
    router = Router(
        [("secret", "GET", "/a/b"), ("one", "GET", "/a/{x}"), ("two", "GET", "/{x}/{y}"), ("top", "GET", "/{x}")]
    )
    found = router.match("GET", path)
    if found is not None:
        assert {router.match("GET", quote(each, safe="/~")) or each for each in naive_resolutions(path)} == {found}


@given(st.text(max_size=40), st.sampled_from(["GET", "POST", "HEAD"]))
def test_no_text_at_all_breaks_it(path: str, method: str) -> None:
    assert ROUTER.match(method, path) in {None, *(operation_id for operation_id, _, _ in ROUTES)}


def test_a_long_segment_costs_no_more_than_reading_it() -> None:
    """Many ways to split a segment among parameters are not tried one after the other."""
    router = Router([("many", "GET", "/" + "-".join(f"{{p{n}}}" for n in range(12)) + ".end")])
    assert router.match("GET", "/" + "-" * 8000) is None
