"""What usage pages hand out: CSV of what they show, and rows as they are counted."""

import csv
import io
import re
from datetime import timedelta
from typing import Any

import click
import httpx
import pytest

from freehold.cli import following
from freehold.cli.api import Api
from freehold.kit.csv_lines import csv_lines
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.http.traffic import collect, decided, use


@pytest.fixture
def busy(instance: Instance, test_clock: TestClock) -> Instance:
    """Ten requests, one of them with what a spreadsheet would calculate."""
    denied: dict[str, Any] = {
        "outcome": "endpoint_not_in_scope",
        "rule": "project.scope",
        "status": None,
        "latency_us": None,
    }
    collect(
        instance, *(decided(instance, timedelta(minutes=5 * number)) for number in range(1, 9)),
        decided(instance, timedelta(hours=3), **denied, path="=HYPERLINK(1)", method="-GET", user_agent="@SUM(A1)"),
        decided(instance, timedelta(hours=30), cost=4),
    )  # fmt: skip
    return instance


def at(instance: Instance, path: str) -> str:
    return f"/projects/{instance.project}{path}"


def table(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="[a-z0-9-]+\.csv"', answer.headers["content-disposition"])
    return list(csv.DictReader(io.StringIO(answer.text, newline="")))


def test_the_chart_as_csv_is_what_the_chart_shows(busy: Instance) -> None:
    browser = busy.browser("auditor")
    rows = table(browser.get(at(busy, "/usage/export.csv"), range="24h"))
    assert (len(rows), sum(int(row["requests"]) for row in rows), sum(int(row["denied"]) for row in rows)) == (24, 9, 1)
    by_key = table(browser.get(at(busy, "/usage/export.csv"), range="7d", bucket="day", group_by="key", kind="served"))
    assert {row["key"] for row in by_key} == {"first"}
    assert sum(int(row["cost"]) for row in by_key) == 12


def test_requests_as_csv_are_all_of_them_and_no_formulas(busy: Instance) -> None:
    browser = busy.browser("auditor")
    rows = table(browser.get(at(busy, "/requests/export.csv")))
    listed = busy.client("auditor").get(f"/v1/projects/{busy.project}/requests").json()["data"]
    assert [row["id"] for row in rows] == [each["id"] for each in listed]
    [odd] = table(browser.get(at(busy, "/requests/export.csv"), kind="denied"))
    assert (odd["path"], odd["method"], odd["user_agent"]) == ("'=HYPERLINK(1)", "'-GET", "'@SUM(A1)")
    assert busy.browser("stranger").get(at(busy, "/requests/export.csv")).status_code == 404
    assert browser.get(at(busy, "/requests/export.csv"), outcome="eaten").status_code == 422


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1", "\n=1"])
def test_no_cell_is_calculated(text: str) -> None:
    [header, line] = list(csv_lines(("name",), [(text,)]))
    assert next(csv.reader(io.StringIO(line, newline=""))) == [f"'{text}"]
    assert header == "name\r\n"


def test_cells_keep_what_is_in_them() -> None:
    cells = ('a "b", c', "two\nlines", -5, 1.5, None, "–")
    [_, *lines] = csv_lines(("a", "b", "c", "d", "e", "f"), [cells])
    assert next(csv.reader(io.StringIO("".join(lines), newline=""))) == ['a "b", c', "two\nlines", "-5", "1.5", "", "–"]


def events(
    instance: Instance, wanted: int, headers: dict[str, str] | None = None, **query: str
) -> list[tuple[str, str]]:
    """The first server-sent events of the live tail, (id, data) each."""
    found: list[tuple[str, str]] = []
    mark, data = "", []
    client = instance.browser("auditor").client
    with client.stream("GET", at(instance, "/requests/live"), params=query, headers=headers) as answer:
        assert answer.status_code == 200
        for line in answer.iter_lines():
            if line.startswith("id:"):
                mark = line[3:].strip()
            elif line.startswith("data:"):
                data.append(line[5:])
            elif not line and data:
                found.append((mark, "\n".join(data)))
                data = []
                if len(found) == wanted:
                    return found
    return found


def requests_in(data: str) -> list[str]:
    return re.findall(r'data-request="(req_\w+)"', data)


def test_the_tail_sends_what_was_counted_lately_and_goes_on_after_a_break(
    instance: Instance, test_clock: TestClock
) -> None:
    first = use(instance, timedelta(seconds=5))
    use(instance, timedelta(minutes=10))
    [(mark, data)] = events(instance, 1)
    assert requests_in(data) == [first.id]
    # A page that is away for a while misses nothing: what came meanwhile, with what was shortly before.
    missed = [use(instance, timedelta(seconds=0), outcome="revoked", rule="key.state", status=401) for _ in range(2)]
    for again in ({"headers": {"last-event-id": mark}}, {"after": mark}):
        [(_, data)] = events(instance, 1, **again)
        assert set(requests_in(data)) == {first.id, *(each.id for each in missed)}
    [(_, data)] = events(instance, 1, kind="denied")
    assert set(requests_in(data)) == {each.id for each in missed}
    odd = use(instance, timedelta(seconds=0), path="/a%2Fb&kind=<b>")
    [(_, data)] = events(instance, 1, path="/a%2Fb&kind=<b>")
    assert requests_in(data) == [odd.id]


def test_the_tail_is_refused_where_the_list_is(instance: Instance) -> None:
    assert instance.browser("stranger").get(at(instance, "/requests/live")).status_code == 404
    for query in ({"outcome": "eaten"}, {"after": "nonsense"}):
        assert instance.browser("auditor").get(at(instance, "/requests/live"), **query).status_code == 422


def test_a_page_that_follows_works_without_a_script_and_says_where_it_goes_on(busy: Instance) -> None:
    page = busy.browser("auditor").get(at(busy, "/requests"), live="yes", kind="served").text
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    assert re.search(r'data-tail="[^"]*/requests/live\?kind=served&amp;after=', page)
    older = busy.browser("auditor").get(at(busy, "/requests"), live="yes", to="2027-01-15T00:00:00Z").text
    assert "data-tail=" not in older


def test_the_terminal_follows_each_request_once(
    instance: Instance, monkeypatch: pytest.MonkeyPatch, test_clock: TestClock
) -> None:
    monkeypatch.setattr(following, "_EVERY_S", 0.01)
    use(instance, timedelta(hours=3))
    known = use(instance, timedelta(seconds=20))
    with click.Context(click.Command("requests")):
        api = Api(instance.url, None)
        api.send_always(dict(instance.client("auditor").headers))
        rows = following.following(api, f"/v1/projects/{instance.project}/requests", {"limit": 50, "kind": ["served"]})
        assert [next(rows)["id"] for _ in range(2)][-1] == known.id
        use(instance, timedelta(seconds=1), outcome="revoked", rule="key.state", status=401)
        later = use(instance, timedelta(seconds=2))
        assert next(rows)["id"] == later.id
        # Counted late, decided before the last one that was shown: still shown, and shown once.
        late = use(instance, timedelta(seconds=15))
        assert next(rows)["id"] == late.id
