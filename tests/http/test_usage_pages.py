"""The pages of usage: every number opens the requests behind it, and agrees with the API."""

import csv
import html
import io
import random
import re
import shlex
from dataclasses import dataclass
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any, Final

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, insert

from freehold.cli import output
from freehold.cli.root import freehold
from freehold.keys import actions as keys
from freehold.keys.explanation import explain
from freehold.keys.records import DENIAL_STATUS, DENIAL_WORDS, Decision, Reason
from freehold.keys.settings_rules import KeySettings
from freehold.kit import clock
from freehold.projects import actions as projects
from freehold.projects.records import NewProject
from freehold.store.schema import retentions, usage_events
from freehold.usage import actions
from freehold.usage.records import KINDS, OUTCOMES
from tests.conftest import TestClock
from tests.http.served import Browser, Instance, text_of
from tests.http.traffic import collect, decided, use

MIXED: tuple[dict[str, Any], ...] = (
    {}, {}, {"status": 502}, {"endpoint": "list_parcels", "path": "/parcels"},
    {"outcome": "rate_limited", "rule": "key.rate_limits", "status": 429},
    {"outcome": "endpoint_not_in_scope", "rule": "project.scope", "endpoint": "create_parcel", "method": "POST", "status": 403},
    {"outcome": "endpoint_unknown", "rule": "api.catalogue", "endpoint": None, "path": "/nothing", "status": 404},
)  # fmt: skip


@pytest.fixture
def second_key(instance: Instance) -> str:
    """Another key of the first project."""
    with instance.store.write() as tx:
        owner = instance.actor("owner")
        issued = keys.issue_key(tx, owner, instance.secret, "fh", instance.project, KeySettings("second"))
        return issued.detail.key.id


@pytest.fixture
def busy(instance: Instance, second_key: str, test_clock: TestClock) -> Instance:
    """Traffic of every kind over eight days, by two keys and by none."""
    dice = random.Random(7)
    ago = [timedelta(seconds=dice.randrange(60, 8 * 86_400)) for _ in range(60)]
    ago += [timedelta(seconds=dice.randrange(60, 3_000)) for _ in range(30)]
    events = [
        decided(instance, each, **MIXED[index % len(MIXED)], key_id=(instance.key, second_key)[index % 3 == 0], cost=1 + index % 2)
        for index, each in enumerate(ago)
    ]  # fmt: skip
    collect(instance, *events)
    return instance


def at(instance: Instance, path: str = "/usage") -> str:
    return f"/projects/{instance.project}{path}"


def api(instance: Instance, path: str = "/usage", /, **query: str) -> Any:
    answer = instance.client("auditor").get(f"/v1/projects/{instance.project}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def bars(page: str) -> list[tuple[str, list[int]]]:
    """The bars of a page's chart: where each leads, and how much is in each layer."""
    found = re.findall(r'<a class="fh-bar[^"]*" href="([^"]*)"[^>]*data-tip="([^"]*)"', page)
    return [
        (html.unescape(href), [int(part.rsplit(":", 1)[1].replace(",", "")) for part in html.unescape(tip).split("|")[1:]])
        for href, tip in found
    ]  # fmt: skip


BLANKS: Final = dict.fromkeys(map(ord, " \t\u0085"))


class Links(HTMLParser):
    """The elements of one kind in a page, as a browser reads them: attributes with entities resolved, and what stands inside."""

    @dataclass
    class Link:
        """One of them."""

        attributes: dict[str, str]
        text: str = ""

        @property
        def href(self) -> str:
            """Where it leads."""
            return self.attributes.get("href", "")

    def __init__(self, tag: str) -> None:
        super().__init__()
        self._tag, self.found, self._open = tag, list[Links.Link](), False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == self._tag:
            self.found.append(Links.Link({name: value or "" for name, value in attrs}))
            self._open = True

    def handle_endtag(self, tag: str) -> None:
        self._open = self._open and tag != self._tag

    def handle_data(self, data: str) -> None:
        if self._open:
            self.found[-1].text += data

    @classmethod
    def of(cls, page: str, tag: str = "a") -> "list[Links.Link]":
        """All of a page, in its order."""
        reader = cls(tag)
        reader.feed(page)
        return reader.found


def shares(page: str) -> dict[str, tuple[str, int]]:
    """The parts of a page's breakdowns by name: where each leads, and how many requests it has."""
    found = re.findall(r'<li><a class="fh-brk" href="([^"]*)">(.*?)<b>([\d,]+)</b>', page, re.DOTALL)
    return {
        html.unescape(re.sub("<[^>]+>", "", re.sub(r'<span class="fh-brk-n.*', "", label))).strip(): (html.unescape(href), int(count.replace(",", "")))
        for href, label, count in found
    }  # fmt: skip


def figure(page: str, label: str) -> str:
    found = re.search(rf'<p class="fh-kpi-l">{label}</p><p class="fh-kpi-v">([^<]*)', page)
    assert found
    return found[1]


def requests_behind(browser: Browser, href: str) -> list[str]:
    """The ids of all requests of a page of requests and of those that follow it."""
    found: list[str] = []
    while href:
        page = browser.get(href)
        assert page.status_code == 200, href
        found += re.findall(r'<a class="fh-row" href="/projects/\w+/requests/(req_\w+)"', page.text)
        older = re.search(r'href="([^"]*)">Older', page.text)
        href = html.unescape(older[1]) if older else ""
    return found


# --- the usage page -------------------------------------------------------------------------------


@pytest.mark.parametrize("span", ["1h", "24h", "7d", "30d"])
@pytest.mark.parametrize("group_by", ["outcome", "key", "endpoint"])
def test_every_sum_of_the_page_is_that_of_the_api(busy: Instance, span: str, group_by: str) -> None:
    page = busy.browser("auditor").get(at(busy), range=span, group_by=group_by)
    assert page.status_code == 200
    length = {"1h": timedelta(hours=1), "24h": timedelta(hours=24), "7d": timedelta(days=7), "30d": timedelta(days=30)}
    end = clock.now()
    bounds = {"from": (end - length[span]).isoformat(), "to": end.isoformat()}
    totals = api(busy, **bounds)["totals"]
    assert totals["requests"] > 0
    assert figure(page.text, "Requests") == str(totals["requests"])
    assert figure(page.text, "Throttled") == str(totals["throttled"])
    assert figure(page.text, "Denied") == str(totals["denied"])
    assert figure(page.text, "Failed") == str(totals["failed"])
    assert sum(sum(counts) for _, counts in bars(page.text)) == totals["requests"]
    parts = shares(page.text)
    for name in ("key", "endpoint", "outcome"):
        groups = api(busy, **bounds, group_by=name)["groups"]
        assert sum(each["requests"] for each in groups) == totals["requests"]
    by_key = {each["name"]: each["requests"] for each in api(busy, **bounds, group_by="key")["groups"]}
    assert {name: parts[name][1] for name in by_key} == by_key


@pytest.mark.parametrize(
    "query",
    [
        {"range": "1h"}, {"range": "24h"}, {"range": "7d", "bucket": "day"}, {"range": "7d", "group_by": "key"},
        {"range": "24h", "kind": "denied"}, {"range": "7d", "outcome": "rate_limited", "bucket": "day"},
        {"range": "7d", "endpoint": "get_parcel", "group_by": "endpoint", "bucket": "day"},
    ],
)  # fmt: skip
def test_a_bar_opens_exactly_the_requests_that_it_counts(busy: Instance, query: dict[str, str]) -> None:
    browser = busy.browser("auditor")
    page = browser.get(at(busy), **query).text
    drawn = bars(page)
    assert any(sum(counts) for _, counts in drawn)
    for href, counts in drawn:
        if sum(counts):
            assert len(requests_behind(browser, href)) == sum(counts), href
    everything = re.search(r'<a class="fh-more" href="([^"]*)">All ([\d,]+)', page)
    assert everything
    behind = requests_behind(browser, html.unescape(everything[1]))
    assert len(behind) == len(set(behind)) == int(everything[2]) == sum(sum(counts) for _, counts in drawn)


@pytest.mark.parametrize("query", [{"range": "7d"}, {"range": "24h", "kind": "denied"}])
def test_a_share_opens_exactly_the_requests_that_it_counts(busy: Instance, query: dict[str, str]) -> None:
    browser = busy.browser("auditor")
    parts = shares(browser.get(at(busy), **query).text)
    opened = {name: part for name, part in parts.items() if "/requests?" in part[0]}
    assert {"first", "second", "Endpoint unknown"} <= set(opened)
    for href, count in opened.values():
        assert len(requests_behind(browser, href)) == count, href
    no_endpoint = parts["No endpoint"]
    assert no_endpoint[0].startswith(f"{at(busy)}?")
    assert "group_by=endpoint" in no_endpoint[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_filter_narrows_every_number(busy: Instance, kind: str) -> None:
    page = busy.browser("auditor").get(at(busy), range="7d", kind=kind).text
    end = clock.now()
    totals = api(busy, **{"from": (end - timedelta(days=7)).isoformat(), "to": end.isoformat()}, kind=kind)["totals"]
    assert totals["requests"] == totals[kind] > 0
    assert figure(page, "Requests") == str(totals["requests"])
    assert f'name="kind" value="{kind}" checked>' in page
    assert sum(sum(counts) for _, counts in bars(page)) == totals["requests"]


def test_each_figure_that_has_a_course_draws_it(busy: Instance) -> None:
    page = busy.browser("auditor").get(at(busy), range="7d").text
    drawn = dict(re.findall(r'<p class="fh-kpi-l">([^<]+)</p>(.*?)</div>', page, re.DOTALL))
    assert "fh-spark" in drawn["p95 latency"]
    assert "fh-spark" in drawn["Requests"]
    nothing = busy.browser("auditor").get(at(busy), range="7d", endpoint="nothing").text
    drawn = dict(re.findall(r'<p class="fh-kpi-l">([^<]+)</p>(.*?)</div>', nothing, re.DOTALL))
    assert "fh-spark" not in drawn["p95 latency"]


def test_the_filters_form_carries_the_rest_of_the_view(busy: Instance) -> None:
    query = {"range": "7d", "bucket": "day", "group_by": "key", "table": "yes"}
    page = busy.browser("auditor").get(at(busy), **query).text
    form = page[page.index("fh-filters") :]
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form[: form.index("</form>")]))
    assert hidden == query


def test_options_keep_the_rest_of_the_view(busy: Instance) -> None:
    browser = busy.browser("auditor")
    page = browser.get(at(busy), range="7d", group_by="key", kind="denied").text
    page = re.sub(r'<li class="fh-chip">.*?</li>', "", page)
    options = [html.unescape(each) for each in re.findall(r'<a href="([^"]*/usage\?[^"]*)"', page)]
    assert len(options) >= 8
    assert all("kind=denied" in each for each in options)
    for each in options:
        assert browser.get(each).status_code == 200
    assert 'class="fh-plot"' in page
    assert 'class="fh-plot"' not in browser.get(at(busy), table="yes").text
    [current] = re.findall(r'<a href="[^"]*" aria-current="true">(7 d)</a>', page)
    assert current


def test_a_range_of_ones_own_is_taken_to_the_minute(busy: Instance) -> None:
    shown = busy.browser("auditor").get(at(busy), **{"from": "2027-01-14T06:30:00Z", "to": "2027-01-14T08:30:00+01:00"})
    totals = api(busy, **{"from": "2027-01-14T06:30:00Z", "to": "2027-01-14T07:30:00Z"})["totals"]
    assert figure(shown.text, "Requests") == str(totals["requests"])
    assert 'aria-current="true">24 h' not in shown.text


# A chip: the view with its filter turned round, how it is now, its value, and the view without it.
CHIP: Final = r'<li class="fh-chip">Outcome <a class="fh-chip-t" href="([^"]*)">(is(?: not)?)<span[^>]*>[^<]*</span></a> <b>(\w+)</b><a href="([^"]*)"'


def test_each_value_of_a_filter_can_be_taken_away(busy: Instance) -> None:
    browser = busy.browser("auditor")
    shown = browser.client.get(at(busy), params={"range": "7d", "kind": ["denied", "failed"]}).text
    totals = (
        busy.client("auditor")
        .get(
            f"/v1{at(busy)}",
            params={"from": (clock.now() - timedelta(days=7)).isoformat(), "kind": ["denied", "failed"]},
        )
        .json()["totals"]
    )
    assert figure(shown, "Requests") == str(totals["requests"]) == str(totals["denied"] + totals["failed"])
    chips = re.findall(CHIP, shown)
    assert [(verb, name) for _, verb, name, _ in chips] == [("is", "Denied"), ("is", "Failed")]
    without = browser.get(html.unescape(chips[0][3])).text
    assert figure(without, "Requests") == figure(without, "Failed") == str(totals["failed"])


def test_a_filter_can_be_turned_round(busy: Instance) -> None:
    browser = busy.browser("auditor")
    shown = browser.get(at(busy), range="7d", kind="served").text
    whole = {name: int(figure(browser.get(at(busy), range="7d").text, name)) for name in ("Requests", "Failed")}
    served = int(figure(shown, "Requests"))
    [(turn, _, _, _)] = re.findall(CHIP, shown)
    turned = browser.get(html.unescape(turn)).text
    assert int(figure(turned, "Requests")) == whole["Requests"] - served > 0
    assert '<input type="checkbox" name="not" value="kind" checked>' in turned
    [(back, verb, name, away)] = re.findall(CHIP, turned)
    assert (verb, name) == ("is not", "Served")
    assert figure(browser.get(html.unescape(back)).text, "Requests") == str(served)
    # Without the filter nothing is left of its having been turned.
    assert "not=" not in away
    # A part of what is shown is opened by picking it, though the view leaves something out by the same filter.
    for href, _, counts in re.findall(r'<a class="fh-bar" href="([^"]+)"()[^>]*data-tip="([^"]*)"', turned):
        parts = [int(part.rsplit(":", 1)[1].replace(",", "")) for part in html.unescape(counts).split("|")[1:]]
        if sum(parts):
            assert len(requests_behind(browser, html.unescape(href))) == sum(parts)
    # An alert rule picks; what is left out is no part of it.
    assert f'{at(busy, "/alerts/new")}?metric=requests"' in turned


def test_days_are_those_of_the_zone_that_is_asked_for(busy: Instance) -> None:
    browser = busy.browser("auditor")
    page = browser.get(at(busy), range="7d", bucket="day", timezone="Asia/Kathmandu").text
    assert "Daily, Asia/Kathmandu" in page
    # Midnight there is 18:15 UTC.
    assert all("from=" in href and "T18%3A15" in href for href, _ in bars(page)[1:])
    assert sum(sum(counts) for _, counts in bars(page)) == int(figure(page, "Requests"))
    assert browser.get(at(busy), timezone="Mars/Olympus").status_code == 422


def test_what_changed_is_marked_on_the_chart(busy: Instance, test_clock: TestClock) -> None:
    with busy.store.write() as tx:
        keys.revoke_key(tx, busy.actor("owner"), busy.key)
    test_clock.move(90)
    page = busy.browser("auditor").get(at(busy), range="24h").text
    assert "Key revoked: first" in page
    assert f'href="{at(busy, "/keys/" + busy.key)}"' in page
    # What is made and undone within one bar is one mark that leads to all of it.
    assert re.search(r'<a class="fh-mark" href="[^"]*"[^>]*aria-label="(\d+ changes|Key revoked: first)"', page)


def test_the_month_that_runs_is_projected_and_said_to_be(busy: Instance) -> None:
    browser = busy.browser("auditor")
    page = text_of(browser.get(at(busy), range="month"))
    assert "Projection, not a count: about" in page
    assert "if the rest goes" in page
    for name in ("24h", "7d"):
        assert "Projection" not in text_of(browser.get(at(busy), range=name))


def test_declared_and_observed_are_set_side_by_side(busy: Instance) -> None:
    for _ in range(2):
        use(
            busy,
            outcome="endpoint_unknown",
            rule="api.catalogue",
            endpoint=None,
            path="/.env",
            status=None,
            latency_us=None,
        )
    page = text_of(busy.browser("auditor").get(at(busy)))
    assert re.search(r"Declared and observed .* calls? refused", page)
    assert "GET /.env 2 calls, not in the catalogue" in page
    scope = api(busy, "/scope")
    assert scope["refused_endpoints"][0]["operation_id"] == "create_parcel"
    assert set(scope["unused_endpoints"]) <= set(scope["endpoints"])
    assert not set(scope["unused_endpoints"]) & {"get_parcel", "list_parcels"}


def test_undeclared_calls_are_listed_by_path_with_the_requests_behind_them(busy: Instance) -> None:
    calls = api(busy, "/scope")["undeclared_calls"]
    assert {each["outcome"] for each in calls} <= {"endpoint_unknown", "endpoint_not_in_scope"}
    first = calls[0]
    assert (first["endpoint"], first["method"]) == ("create_parcel", "POST")
    browser = busy.browser("auditor")
    answer = browser.get(at(busy, "/scope"))
    page = answer.text
    assert "Seen but not declared" in text_of(answer)
    assert first["path"] in page
    behind = f"outcome={first['outcome']}&endpoint={first['endpoint']}"
    assert html.escape(behind) in page
    listed = api(busy, "/requests", outcome=first["outcome"], endpoint=first["endpoint"], limit="200")["data"]
    assert len(listed) == sum(each["requests"] for each in calls if each["endpoint"] == first["endpoint"])


# Paths as strangers send them.
HOSTILE: Final = (
    "/\"'><img src=x onerror=alert(1)>", "/<script>alert(1)</script>", "/a%2Fb", "/a&kind=served&path=/#x?y=1;z",
    "/größe/日本/🙂", "javascript:alert(1)//", "/a+b c\t{{ 7*7 }}", "/\u202egnp.exe\u0085", "/" + "x" * 1023,
    "/" + "é" * 1023, "/.../%00%zz/'--",
)  # fmt: skip


@pytest.mark.parametrize("path", HOSTILE)
def test_an_undeclared_path_opens_its_own_requests_and_nothing_else(busy: Instance, path: str) -> None:
    unknown: dict[str, Any] = {"outcome": "endpoint_unknown", "rule": "api.catalogue", "endpoint": None, "status": 404}
    made = [decided(busy, timedelta(minutes=number), path=path, **unknown) for number in range(1, 16)]
    # Its neighbours: what it would be if it were decoded, cut or joined wrongly.
    neighbours = {"/a/b", "/a", path + "/", path[:-1], "/nothing"} - {path}
    collect(busy, *made, *(decided(busy, path=each, **unknown) for each in neighbours))
    expected = [each.id for each in made]
    browser = busy.browser("auditor")
    for page, noted in (("/scope", "15"), ("/usage", "15 calls, not in the catalogue")):
        shown = browser.get(at(busy, page))
        links = [link for link in Links.of(shown.text) if link.text == noted]
        assert len(links) == 1, page
        assert "<script>alert" not in shown.text
        assert "<img src=x" not in shown.text
        assert path.translate(BLANKS) in text_of(shown).translate(BLANKS)
        assert links[0].href.startswith(at(busy, "/requests?outcome=endpoint_unknown&path="))
        assert requests_behind(browser, links[0].href) == expected
        # What it is filtered by stands there, and is taken away by one link and turned round by another.
        opened = browser.get(links[0].href)
        assert "<script>alert" not in opened.text
        assert "<img src=x" not in opened.text
        boxes = [box.attributes for box in Links.of(opened.text, "input") if box.attributes.get("type") == "checkbox"]
        assert [box["value"] for box in boxes if box["name"] == "path"] == [path]
        turns = [link.href for link in Links.of(opened.text) if link.text == "is, turn it round"]
        turned = next(href for href in turns if "not=path" in href)
        assert not {*requests_behind(browser, turned)} & {*expected}
        exported = browser.get(next(link.href for link in Links.of(opened.text) if "export.csv" in link.href))
        assert [row["id"] for row in csv.DictReader(io.StringIO(exported.text, newline=""))] == expected
    listed = api(busy, "/requests", path=path)["data"]
    assert ([each["id"] for each in listed], {each["path"] for each in listed}) == (expected, {path})


def test_the_command_prints_an_undeclared_path_as_plain_text_and_quotes_it_for_the_shell(busy: Instance) -> None:
    unknown: dict[str, Any] = {"outcome": "endpoint_unknown", "rule": "api.catalogue", "endpoint": None, "status": 404}
    path = "/\x1b]0;owned\x07\r/$(reboot) 'x'"
    collect(busy, *(decided(busy, path=path, **unknown) for _ in range(50)))
    environment = {"FREEHOLD_URL": busy.url, "FREEHOLD_TOKEN": busy.tokens["auditor"]}
    said = CliRunner().invoke(freehold, ["scope", "show", busy.project], env=environment)
    assert said.exit_code == 0, said.output
    assert not {"\x1b", "\x07", "\r"} & {*said.output}
    shown = output.printable(path)
    assert f"Denied, not in the catalogue: GET {shown} (50, last" in said.output
    assert said.output.splitlines()[-1].endswith(f"--outcome endpoint_unknown --path {shlex.quote(shown)}")


def test_a_path_longer_than_what_is_kept_is_found_by_what_is_kept(busy: Instance) -> None:
    long = "/" + "x" * 1999
    made = use(busy, path=long[:1024])
    assert [each["id"] for each in api(busy, "/requests", path=long)["data"]] == [made.id]
    browser = busy.browser("auditor")
    assert requests_behind(browser, f"{at(busy, '/requests')}?path={long}") == [made.id]


def test_sums_cannot_be_asked_for_by_path(busy: Instance) -> None:
    for page in ("/usage", "/usage/export.csv"):
        answer = busy.browser("auditor").get(at(busy, page), path="/parcels")
        assert answer.status_code == 422
        assert "Sums are not kept by path" in text_of(answer)


def test_a_filtered_list_that_looked_only_so_far_says_so(busy: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "LOOKED_AT", 20)
    monkeypatch.setattr(actions, "STRETCH", dict.fromkeys(actions.STRETCH, 10))
    use(busy, timedelta(days=9), path="/rare")
    browser = busy.browser("auditor")
    page = browser.get(at(busy, "/requests"), path="/rare")
    assert "20 requests were looked through, back to" in text_of(page)
    assert "No request matches" not in text_of(page)
    assert len(requests_behind(browser, f"{at(busy, '/requests')}?path=/rare")) == 1
    exported = browser.get(at(busy, "/requests/export.csv"), path="/rare").text
    assert len(exported.splitlines()) == 2
    use(busy, timedelta(days=9), outcome="unavailable", status=503)
    for filters in ({"outcome": "unavailable"}, {"kind": "failed", "key": busy.key, "endpoint": "none"}):
        page = browser.get(at(busy, "/requests"), **filters)
        assert "20 requests were looked through, back to" in text_of(page)
    # Beside the sums, which know of it, too.
    page = browser.get(at(busy), range="30d", outcome="unavailable")
    assert "All 1" in text_of(page)
    assert "20 requests were looked through, back to" in text_of(page)
    assert "No request in this range" not in text_of(page)


def test_what_is_kept_in_sums_alone_is_said_to_be(busy: Instance) -> None:
    browser = busy.browser("auditor")
    with busy.store.write() as tx:
        tx.execute(delete(usage_events))
    assert "Single requests are kept for 30 days; what is older is in the sums." in text_of(
        browser.get(at(busy, "/requests"))
    )
    with busy.store.write() as tx:
        tx.execute(insert(retentions).values(kind="requests", days=7, set_at=clock.now(), set_by="usr_1"))
    page = browser.get(at(busy), range="30d")
    assert "Only sums of this range are here" in text_of(page)
    assert "Single requests are kept for 7 days; what is older is in the sums." in text_of(page)


@pytest.mark.parametrize("bucket", ["minute", "month", "nonsense"])
def test_a_bucket_that_does_not_suit_the_range_is_chosen_anew(busy: Instance, bucket: str) -> None:
    browser = busy.browser("auditor")
    page = browser.get(at(busy), range="30d", bucket=bucket)
    assert page.status_code == 200
    assert len(bars(page.text)) <= 400
    assert sum(sum(counts) for _, counts in bars(page.text)) == 90


@pytest.mark.parametrize("path", ["/usage", "/requests"])
@pytest.mark.parametrize(
    "query",
    [
        {"from": "yesterday"}, {"to": "2027-13-01T00:00:00Z"}, {"from": "0001-01-01T00:00:00+14:00"},
        {"to": "9999-12-31T23:59:59-14:00"}, {"outcome": "eaten"},
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_said(instance: Instance, path: str, query: dict[str, str]) -> None:
    answer = instance.browser("owner").get(at(instance, path), **query)
    assert answer.status_code == 422
    assert "Some fields are not right" in text_of(answer)


def test_a_range_that_ends_before_it_begins_is_refused(instance: Instance) -> None:
    query = {"from": "2027-01-02T00:00:00Z", "to": "2027-01-01T00:00:00Z"}
    assert instance.browser("owner").get(at(instance), **query).status_code == 422


@pytest.mark.parametrize("group_by", ["outcome", "key", "endpoint", "nonsense"])
def test_without_any_usage_the_page_says_how_to_make_some(instance: Instance, group_by: str) -> None:
    page = instance.browser("owner").get(at(instance), group_by=group_by)
    assert page.status_code == 200
    assert "No request in this range" in text_of(page)
    assert "No key was used." in text_of(page)
    assert f'href="/projects/{instance.project}/keys"' in page.text


def test_a_sum_is_compared_with_the_period_before(instance: Instance, test_clock: TestClock) -> None:
    collect(
        instance, *(decided(instance, timedelta(hours=30)) for _ in range(4)), decided(instance, timedelta(hours=3))
    )
    assert "75.0% below the period before" in text_of(instance.browser("owner").get(at(instance), range="24h"))


# --- requests -------------------------------------------------------------------------------------


def test_requests_are_listed_newest_first_and_paged(busy: Instance) -> None:
    browser = busy.browser("auditor")
    first = browser.get(at(busy, "/requests"))
    assert "50 requests on this page." in text_of(first)
    listed = requests_behind(browser, at(busy, "/requests"))
    everything: list[str] = []
    query: dict[str, Any] = {"limit": "40"}
    while len(everything) % 40 == 0:
        answer = api(busy, "/requests", **query)
        everything += [each["id"] for each in answer["data"]]
        query["cursor"] = answer["next_cursor"]
    assert query["cursor"] is None
    assert listed == everything
    assert len(set(listed)) == 90
    older = re.search(r'href="([^"]*)">Older', first.text)
    assert older
    second = browser.get(html.unescape(older[1]))
    assert f'href="{at(busy, "/requests")}">Newest' in second.text
    assert "Older" not in text_of(second)


@pytest.mark.parametrize(
    "query",
    [{"kind": "failed"}, {"outcome": "rate_limited"}, {"endpoint": "list_parcels"}, {"path": "/nothing"}, {"from": "2027-01-15T07:30:00Z"},
     {"to": "2027-01-12T00:00:00Z"}, {"kind": "served", "endpoint": "get_parcel"}],
)  # fmt: skip
def test_filters_show_what_the_api_answers_to_them(busy: Instance, query: dict[str, str]) -> None:
    browser = busy.browser("auditor")
    page = browser.get(at(busy, "/requests"), **query)
    listed = re.findall(r'<a class="fh-row" href="/projects/\w+/requests/(req_\w+)"', page.text)
    assert listed == [each["id"] for each in api(busy, "/requests", limit="50", **query)["data"]]
    assert 0 < len(listed) < 90
    for name, value in query.items():
        if name in ("from", "to"):
            assert f'<input type="hidden" name="{name}" value="{value.removesuffix("Z")}' in page.text
        else:
            assert f'name="{name}" value="{value}" checked>' in page.text


def test_the_pages_of_a_filtered_list_stay_filtered(busy: Instance, second_key: str) -> None:
    browser = busy.browser("auditor")
    query = f"?key={busy.key}"
    listed = requests_behind(browser, at(busy, f"/requests{query}"))
    assert len(listed) == api(busy, **{"from": "2027-01-01T00:00:00Z"}, key=busy.key)["totals"]["requests"] > 50


def test_a_filter_that_nothing_meets_can_be_taken_away(busy: Instance) -> None:
    page = busy.browser("auditor").get(at(busy, "/requests"), endpoint="<b>gone</b>")
    assert "No request matches" in text_of(page)
    assert 'name="endpoint" value="&lt;b&gt;gone&lt;/b&gt;" checked>' in page.text


def test_a_request_opens_beside_its_list(busy: Instance) -> None:
    """The address keeps which; another view of the list does not, and nothing of another project opens."""
    browser = busy.browser("auditor")
    plain = browser.get(at(busy, "/requests"), kind="denied")
    request_id = re.findall(r'<tr data-request="(\w+)">', plain.text)[1]
    shown = browser.get(at(busy, "/requests"), kind="denied", request=request_id).text
    pane = shown[shown.index('id="pane"') : shown.index("</aside>", shown.index('id="pane"'))]
    assert "hidden" not in pane[: pane.index(">")]
    assert f'<tr data-request="{request_id}" class="fh-is-open">' in shown
    assert f'href="{at(busy, f"/requests/{request_id}")}"' in pane
    # The same again, to be selected where there is no script to copy it; on the request's own page too.
    command = html.escape("/v1/keys/verify") if "Verify call" in pane else "/gateway/"
    for where in (pane, browser.get(at(busy, f"/requests/{request_id}")).text):
        again = re.sub(
            "<[^>]*>", "", where[where.index('<pre id="again"') : where.index("</pre>", where.index('<pre id="again"'))]
        )
        assert command in again
        assert "Bearer $FREEHOLD_KEY" in again
    [close] = re.findall(r'href="([^"]*)" data-pane-close', pane)
    assert browser.get(html.unescape(close)).text.count("fh-is-open") == 0
    assert shown.count(f"request={request_id}") == 0
    part = browser.get(at(busy, f"/requests/{request_id}"), pane="yes").text
    assert part.strip().startswith('<header class="fh-rq-h">')
    assert "<html" not in part
    assert request_id in browser.get(at(busy), range="7d", request=request_id).text.partition('id="pane"')[2]
    for nothing in ("req_none", "req_" + "0" * 26, busy.foreign_project):
        answer = browser.get(at(busy, "/requests"), request=nothing)
        assert answer.status_code == 200
        assert 'id="pane" aria-label="The request that is open" tabindex="-1" hidden' in answer.text
    foreign = use(busy, project_id=busy.foreign_project, organization_id=busy.elsewhere, key_id=busy.foreign_key)
    assert 'tabindex="-1" hidden' in browser.get(at(busy, "/requests"), request=foreign.id).text
    assert browser.get(at(busy, f"/requests/{foreign.id}"), pane="yes").status_code == 404


@pytest.mark.parametrize("cursor", ["x", "eyJ", "e30", "W10"])
def test_a_cursor_that_is_not_ours_is_refused(instance: Instance, cursor: str) -> None:
    assert instance.browser("owner").get(at(instance, "/requests"), cursor=cursor).status_code == 422


# --- one request ----------------------------------------------------------------------------------


def checks(page: str) -> list[tuple[str, str]]:
    """Every check of a request's page with what became of it."""
    found = re.findall(r'<li class="fh-rule fh-is-([\w-]+)">.*?<b>([^<]*)</b>', page, re.DOTALL)
    return [(html.unescape(name), state) for state, name in found]


# The last as it was recorded before limits had names.
LIMITS = (("key:burst", 60, 41, 19.0), ("project:quota", 9_000, 1_234, 3 * 86_400.0), ("key", 5, 5, 0.0))


def test_an_allowed_request_passed_every_check(instance: Instance) -> None:
    with instance.store.read() as tx:
        secret = keys.read_key(tx, instance.actor("owner"), instance.key).secrets[0]
    event = use(instance, secret=secret.selector, limits=LIMITS, cost=3)
    page = instance.browser("auditor").get(at(instance, f"/requests/{event.id}"))
    shown = text_of(page)
    assert {state for _, state in checks(page.text)} == {"passed"}
    assert len(checks(page.text)) == 11
    for words in ("Why it was allowed", "The request may pass.", "Key's rate limit burst whole again in 19.0 s 41 of 60 left",
                  "Project's quota next period in 3 d 1,234 of 9,000 left", "Key's rate limit whole 5 of 5 left",
                  f"fh_test_…{secret.last4}", "Version 1", "Gateway", "Cost 3", "192.0.2.1", "Epoch 1", "12 ms", "get_parcel"):  # fmt: skip
        assert words in shown, words
    assert f'href="/projects/{instance.project}/keys/{instance.key}"' in page.text


RULES = {
    Reason.REVOKED: "key.state", Reason.EXPIRED: "key.expires_at", Reason.PROJECT_ARCHIVED: "project.state",
    Reason.WRONG_ENVIRONMENT: "project.environment", Reason.ENDPOINT_UNKNOWN: "api.catalogue",
    Reason.ENDPOINT_NOT_IN_SCOPE: "project.scope", Reason.ADDRESS_NOT_ALLOWED: "key.allowed_cidrs",
    Reason.RATE_LIMITED: "key.rate_limits", Reason.QUOTA_EXHAUSTED: "project.quota", Reason.UNAVAILABLE: "gate.heard", Reason.UNKNOWN_KEY: "credential.secret",
    Reason.MALFORMED_KEY: "credential.form",
}  # fmt: skip
FIXES = {
    Reason.REVOKED: "/keys/new", Reason.EXPIRED: "/keys/{key}", Reason.PROJECT_ARCHIVED: "/settings#restore",
    Reason.ENDPOINT_NOT_IN_SCOPE: "/scope", Reason.ADDRESS_NOT_ALLOWED: "/keys/{key}", Reason.RATE_LIMITED: "/keys/{key}",
    Reason.QUOTA_EXHAUSTED: "/settings#limits",
}  # fmt: skip


@pytest.mark.parametrize("reason", RULES)
def test_a_denied_request_says_which_check_refused_it_and_what_to_do(instance: Instance, reason: Reason) -> None:
    event = use(instance, outcome=reason.value, rule=RULES[reason], status=DENIAL_STATUS[reason], limits=())
    page = instance.browser("owner").get(at(instance, f"/requests/{event.id}"))
    shown = text_of(page)
    assert f"{DENIAL_WORDS[reason][0]} " in shown
    assert explain(Decision(reason, RULES[reason])).remedy in shown
    states = [state for _, state in checks(page.text)]
    if reason is Reason.UNAVAILABLE:
        assert set(states) == {"not-reached"}
    else:
        refused = states.index("denied")
        assert states == ["passed"] * refused + ["denied"] + ["not-reached"] * (10 - refused)
    assert "No limit applied to this request." in shown
    fix = FIXES.get(reason)
    if fix:
        assert f'href="/projects/{instance.project}{fix.format(key=instance.key)}">' in page.text


def test_a_request_says_that_its_project_has_changed_since(instance: Instance) -> None:
    event = use(instance, outcome="endpoint_not_in_scope", rule="project.scope", status=403, epoch=1)
    shown = text_of(instance.browser("owner").get(at(instance, f"/requests/{event.id}")))
    assert "has changed since" in shown


# --- who may --------------------------------------------------------------------------------------


def test_billing_reads_usage_without_reading_keys(busy: Instance) -> None:
    browser = busy.browser("billing")
    page = browser.get(at(busy), range="7d")
    assert page.status_code == 200
    assert int(figure(page.text, "Requests")) > 0
    listed = requests_behind(browser, at(busy, "/requests"))
    assert len(listed) == 90
    assert browser.get(at(busy, f"/requests/{listed[0]}")).status_code == 200


def test_other_organizations_usage_is_not_there(instance: Instance) -> None:
    foreign = use(
        instance, project_id=instance.foreign_project, organization_id=instance.elsewhere, key_id=instance.foreign_key
    )
    browser = instance.browser("owner")
    for path in ("/usage", "/requests", f"/requests/{foreign.id}"):
        assert browser.get(f"/projects/{instance.foreign_project}{path}").status_code == 404
    assert browser.get(at(instance, f"/requests/{foreign.id}")).status_code == 404
    assert browser.get(at(instance, "/requests/req_nothing")).status_code == 404
    nobody = use(instance, project_id=None, organization_id=None, key_id=None, outcome="malformed_key", status=401)
    assert browser.get(at(instance, f"/requests/{nobody.id}")).status_code == 404


def test_a_request_is_not_reached_through_a_sibling_project(instance: Instance) -> None:
    event = use(instance)
    with instance.store.write() as tx:
        other = projects.create_project(
            tx, instance.actor("owner"), instance.harbour, NewProject("Other", "More", "parcels")
        )
    assert instance.browser("owner").get(f"/projects/{other.id}/requests/{event.id}").status_code == 404
    foreign_key = instance.browser("owner").get(f"/projects/{other.id}/requests", key=instance.key)
    assert event.id not in foreign_key.text


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_has_its_place_in_the_list(instance: Instance, outcome: str) -> None:
    use(instance, outcome=outcome, status=200 if outcome == "allowed" else DENIAL_STATUS[Reason(outcome)])
    shown = text_of(instance.browser("owner").get(at(instance, "/requests"), outcome=outcome))
    assert "1 request on this page." in shown


# --- which projects use most ----------------------------------------------------------------------


def test_projects_stand_largest_first_and_open_their_own_usage(busy: Instance) -> None:
    nobody: dict[str, Any] = {
        "project_id": None,
        "organization_id": None,
        "environment": None,
        "key_id": None,
        "endpoint": None,
    }
    use(busy, **nobody, outcome="unknown_key", status=None, latency_us=None)
    use(busy, project_id=busy.foreign_project, organization_id=busy.elsewhere, key_id=busy.foreign_key)
    owner, operator = busy.browser("owner"), busy.browser("operator")
    here = f"/organizations/{busy.harbour}/usage"
    page = owner.get(here, range="7d")
    total = api(busy, **{"from": (clock.now() - timedelta(days=7)).isoformat()})["totals"]["requests"]
    assert f"{total} requests" in text_of(page)
    [href] = re.findall(r'<a class="fh-row" href="([^"]+)"', page.text)
    assert figure(owner.get(html.unescape(href)).text, "Requests") == str(total)
    everything = operator.get("/usage", range="7d")
    assert f"{total + 2} requests" in text_of(everything)
    rows = re.findall(r"<tr>\s*<td>(?:<a[^>]*>)?([^<]+)", everything.text)
    assert len(rows) == 3
    assert "No known key" in rows
    assert owner.get("/usage").status_code == 403
    assert busy.browser("stranger").get(here).status_code == 404


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "metric=requests"), ({"kind": "failed"}, "metric=failure_rate"), ({"kind": "denied"}, "metric=denials"),
        ({"outcome": "rate_limited", "endpoint": "get_parcel"}, "metric=denials&endpoint=get_parcel&reason=rate_limited"),
        ({"outcome": "allowed"}, "metric=requests"),
    ],
)  # fmt: skip
def test_an_alert_begins_with_what_the_view_shows(instance: Instance, query: dict[str, str], expected: str) -> None:
    page = instance.browser("owner").get(at(instance), **query).text
    assert f'href="{at(instance, "/alerts/new")}?{html.escape(expected)}"' in page
