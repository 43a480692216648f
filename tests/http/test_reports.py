"""Reports over HTTP and on their pages: asked for, waited for, fetched whole and in part, refused."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from freehold.kit import clock
from freehold.reports import tasks
from freehold.reports.places.opening import folder_of
from freehold.web.middleware import Outermost
from tests.http.served import Instance, assert_problem, text_of
from tests.http.test_key_pages import waiting


def ask(instance: Instance, who: str = "owner", **body: Any) -> dict[str, Any]:
    yesterday = (clock.now() - timedelta(days=1)).date()
    usual = {"kind": "usage_summary", "from": str(yesterday), "to": str(yesterday + timedelta(days=1))}
    answer = instance.client(who).post(f"/v1/projects/{instance.project}/reports", json=usual | body)
    assert answer.status_code == 202, answer.text
    made: dict[str, Any] = answer.json()
    return made


def ask_plainly(instance: Instance) -> dict[str, Any]:
    """A report that says how things stand."""
    answer = instance.client("owner").post(f"/v1/projects/{instance.project}/reports", json={"kind": "key_inventory"})
    made: dict[str, Any] = answer.json()
    return made


def make_all(instance: Instance) -> None:
    while tasks.turn(instance.store, instance.settings):
        pass


def test_a_report_is_asked_for_waited_for_and_fetched(instance: Instance) -> None:
    client, asked = instance.client("billing"), ask(instance, "billing")
    assert (asked["state"], asked["asked_by"], asked["project"]) == (
        "queued",
        "billing@example.com (Test)",
        instance.project,
    )
    path = f"/v1/reports/{asked['id']}"
    assert_problem(client.get(f"{path}/file"), 409, "conflict")
    make_all(instance)
    ready = client.get(path).json()
    assert (ready["state"], ready["rows"]) == ("ready", 0)
    file = client.get(f"{path}/file")
    assert file.headers["content-type"] == "text/csv; header=present; charset=utf-8"
    assert file.headers["etag"] == f'"{ready["sha256"]}"'
    assert (
        f"parcel-lookup-sandbox-usage-summary-{ready['from']}-{ready['to']}.csv" in file.headers["content-disposition"]
    )
    assert file.text.startswith("day,project,key,")
    assert int(file.headers["content-length"]) == ready["bytes"] == len(file.content)
    manifest = client.get(f"{path}/manifest").json()
    assert (manifest["sha256"], manifest["sums"]["requests"]) == (ready["sha256"], 0)
    assert [each["id"] for each in client.get(f"/v1/projects/{instance.project}/reports").json()["data"]] == [
        asked["id"]
    ]
    assert client.get(f"/v1/organizations/{instance.harbour}/reports").json()["data"] == []


def test_parts_of_a_file_are_served(instance: Instance) -> None:
    asked = ask_plainly(instance)
    make_all(instance)
    client, path = instance.client("owner"), f"/v1/reports/{asked['id']}/file"
    whole = client.get(path)
    size, tag = len(whole.content), whole.headers["etag"]

    def part(wanted: str, **more: str) -> Any:
        return client.get(
            path, headers={"Range": wanted, **{name.replace("_", "-"): value for name, value in more.items()}}
        )

    first = part("bytes=0-9")
    assert (first.status_code, first.content, first.headers["content-range"]) == (
        206,
        whole.content[:10],
        f"bytes 0-9/{size}",
    )
    assert part("bytes=-5").content == whole.content[-5:]
    assert part(f"bytes=10-{size * 2}").content == whole.content[10:]
    assert part("bytes=10-").content == whole.content[10:]
    assert part(f"bytes={size}-").status_code == 416
    assert part(f"bytes={size}-").headers["content-range"] == f"bytes */{size}"
    for nonsense in ("bytes=9-2", "bytes=-", "bytes=0-1,3-4", "lines=0-1"):
        assert (part(nonsense).status_code, part(nonsense).content) == (200, whole.content)
    assert part("bytes=0-9", if_range=tag).status_code == 206
    assert part("bytes=0-9", if_range='"other"').status_code == 200
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_head_says_what_a_download_would_be(instance: Instance) -> None:
    asked = ask_plainly(instance)
    make_all(instance)
    client, path = instance.client("owner"), f"/v1/reports/{asked['id']}/file"
    whole = client.get(path).headers
    for fields in ({}, {"Range": "bytes=0-9"}):
        # A range is of GET alone.
        answer = client.head(path, headers=fields)
        assert (answer.status_code, answer.content) == (200, b"")
        for name in ("content-length", "etag", "content-type", "accept-ranges", "content-disposition"):
            assert answer.headers.get(name) == whole.get(name), name
    assert client.head(path, headers={"If-None-Match": whole["etag"]}).status_code == 304


def test_a_file_that_is_gone_says_so(instance: Instance) -> None:
    asked = ask(instance)
    make_all(instance)
    for file in folder_of(instance.settings).iterdir():
        file.unlink()
    answer = instance.client("owner").get(f"/v1/reports/{asked['id']}/file")
    assert_problem(answer, 404, "not_found")


def test_asking_twice_under_one_key_asks_once(instance: Instance) -> None:
    client, path = instance.client("owner"), f"/v1/organizations/{instance.harbour}/reports"
    body, headers = {"kind": "access_review", "format": "jsonl"}, {"Idempotency-Key": "one"}
    answers = [client.post(path, json=body, headers=headers).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert len(client.get(path).json()["data"]) == 1


def test_a_report_is_canceled(instance: Instance) -> None:
    asked = ask(instance)
    client, path = instance.client("owner"), f"/v1/reports/{asked['id']}/cancel"
    assert client.post(path).json()["state"] == "failed"
    assert_problem(client.post(path), 409, "conflict")


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"kind": "usage_summary"}, ("from", "to")),
        ({"kind": "gossip"}, ("kind",)),
        ({"kind": "usage_summary", "format": "xls"}, ("format",)),
        ({"kind": "usage_summary", "from": "2026-13-01", "to": "2026-01-01"}, ("from",)),
        ({"kind": "access_review"}, ("kind",)),
        ({"kind": "key_inventory", "day": "2026-01-01"}, ("day",)),
    ],
)
def test_what_is_wrong_is_named(instance: Instance, body: dict[str, Any], fields: tuple[str, ...]) -> None:
    answer = instance.client("owner").post(f"/v1/projects/{instance.project}/reports", json=body)
    assert_problem(answer, 422, "invalid", *fields)


def test_reports_of_others_are_not_there(instance: Instance) -> None:
    asked, stranger = ask(instance), instance.client("stranger")
    for path in (f"/v1/reports/{asked['id']}", f"/v1/reports/{asked['id']}/file", f"/v1/reports/{asked['id']}/manifest",
                 f"/v1/projects/{instance.project}/reports", f"/v1/organizations/{instance.harbour}/reports"):  # fmt: skip
        assert_problem(stranger.get(path), 404, "not_found")
    assert_problem(stranger.post(f"/v1/reports/{asked['id']}/cancel"), 404, "not_found")
    audit = ask(instance, "auditor", kind="audit_log")
    assert_problem(instance.client("developer").get(f"/v1/reports/{audit['id']}"), 403, "forbidden")


def test_the_pages_ask_show_and_give(instance: Instance) -> None:
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports"
    assert "No report yet" in text_of(browser.get(at))
    refused = browser.submit(at, {"kind": "usage_summary", "format": "csv", "from": "2026-01-05", "to": "2026-01-01"})
    assert refused.status_code == 422
    assert 'value="2026-01-05"' in refused.text
    assert "ends after its first day" in text_of(refused)
    done = browser.submit(at, {"kind": "usage_detail", "format": "parquet", "from": "2026-01-01", "to": "2026-01-03"})
    assert done.status_code == 303
    place = done.headers["location"].partition("?")[0]
    assert "0 rows so far" in text_of(browser.get(place))
    make_all(instance)
    ready = browser.get(place)
    assert "Its rows agree with the sums that every page shows" in text_of(ready)
    assert browser.get(f"{place}/file").content[:4] == b"PAR1"
    assert "Single requests" in text_of(browser.get(at))
    assert browser.post(f"{place}/cancel").status_code == 409
    assert browser.get(f"/organizations/{instance.harbour}/reports/{place.rsplit('/', 1)[1]}").status_code == 404


def test_an_organizations_pages(instance: Instance) -> None:
    browser, at = instance.browser("auditor"), f"/organizations/{instance.harbour}/reports"
    done = browser.submit(at, {"kind": "access_review", "format": "csv", "from": "2026-01-01", "to": "2026-01-02"})
    place = done.headers["location"].partition("?")[0]
    assert browser.post(f"{place}/cancel").status_code == 303
    assert "It was canceled." in text_of(browser.get(place))
    billing = instance.browser("billing").get(at)
    assert "Audit log" not in text_of(billing).rpartition("New report")[2]
    other = instance.browser("developer").get(at)
    assert "Access review" in text_of(other)


def test_an_encrypted_file_is_served_in_parts_and_what_was_altered_is_told(
    instance: Instance, application: Outermost
) -> None:
    instance.settings = replace(instance.settings, reports_key="11" * 32)
    app: Any = application.app
    app.state.shared = replace(app.state.shared, settings=instance.settings)
    asked = ask_plainly(instance)
    make_all(instance)
    client, path = instance.client("owner"), f"/v1/reports/{asked['id']}/file"
    whole = client.get(path)
    assert whole.text.startswith("id,project,environment,")
    assert hashlib.sha256(whole.content).hexdigest() == whole.headers["etag"].strip('"')
    assert client.get(path, headers={"Range": "bytes=5-20"}).content == whole.content[5:21]
    [file] = folder_of(instance.settings).iterdir()
    sealed = file.read_bytes()
    assert b"project" not in sealed
    for altered, words in (
        (sealed[:-20] + bytes(20), "was changed"),
        (sealed[:-30], f"instead of {len(whole.content):,}"),
        (whole.content, "no encrypted file"),
    ):
        file.write_bytes(altered)
        problem = client.get(path)
        assert_problem(problem, 500, "file_damaged")
        assert words in problem.json()["detail"]
    file.write_bytes(sealed)
    app.state.shared = replace(app.state.shared, settings=replace(instance.settings, reports_key=""))
    assert_problem(client.get(path), 503, "unavailable")


def test_a_history_is_filtered_in_its_address(instance: Instance) -> None:
    ask(instance)
    plain = ask_plainly(instance)
    make_all(instance)
    client, path = instance.client("owner"), f"/v1/projects/{instance.project}/reports"

    def found(**wanted: str) -> list[str]:
        return [each["kind"] for each in client.get(path, params=wanted).json()["data"]]

    assert found() == ["key_inventory", "usage_summary"]
    assert found(kind="key_inventory", state="ready", asker="person") == ["key_inventory"]
    # An underscore is no wildcard, and no kind is part of another's name.
    assert found(state="failed") == found(asker="schedule") == found(kind="audit_log") == []
    assert_problem(client.get(path, params={"kind": "nonsense"}), 422, "invalid", "kind")
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports"
    shown = browser.get(f"{at}?kind=key_inventory&state=ready").text
    assert f"{at}/{plain['id']}" in shown
    assert shown.count('class="fh-row"') == 1
    assert "No report matches" in browser.get(f"{at}?asker=schedule").text
    assert browser.get(f"{at}?kind=nonsense&state=never").text.count('class="fh-row"') == 2
    for _ in range(20):
        ask_plainly(instance)
    make_all(instance)
    first = browser.get(f"{at}?kind=key_inventory").text
    older = next(line for line in first.split('"') if line.startswith(f"{at}?kind=key_inventory&amp;cursor="))
    assert browser.get(older.replace("&amp;", "&")).text.count('class="fh-row"') == 1


def test_a_report_is_run_again_with_the_same_parameters(instance: Instance) -> None:
    asked = ask(instance, format="html", time_zone="Asia/Tokyo", **{"from": "2026-10-01", "to": "2026-10-03"})
    make_all(instance)
    browser, at = instance.browser("admin"), f"/projects/{instance.project}/reports"
    shown = browser.get(f"{at}/{asked['id']}")
    assert "2026-10-01 to 2026-10-02, 2 days of Asia/Tokyo, HTML" in text_of(shown)
    # Its form hides all that it asks for.
    done = browser.submit(at, {}, at=f"{at}/{asked['id']}")
    assert done.status_code == 303
    again = done.headers["location"].partition("?")[0].rpartition("/")[2]
    make_all(instance)
    client = instance.client("owner")
    before, after = (client.get(f"/v1/reports/{each}").json() for each in (asked["id"], again))
    same = ("kind", "format", "from", "to", "time_zone", "sha256", "rows")
    assert {name: before[name] for name in same} == {name: after[name] for name in same}
    assert after["id"] != before["id"]


def test_a_readable_report_is_shown_where_it_can_do_nothing(instance: Instance) -> None:
    page, csv = ask(instance, format="html"), ask(instance)
    make_all(instance)
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports"
    shown, saved = (browser.get(f"{at}/{page['id']}/{way}") for way in ("preview", "file"))
    assert shown.content == saved.content
    assert shown.headers["content-disposition"].startswith("inline; ")
    assert saved.headers["content-disposition"].startswith("attachment; ")
    for answer in (shown, saved, instance.client("owner").get(f"/v1/reports/{page['id']}/file")):
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'; style-src 'sha256-")
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert browser.get(f"{at}/{csv['id']}/preview").status_code == 404
    assert "/preview" not in browser.get(f"{at}/{csv['id']}").text
    assert instance.browser("stranger").get(f"{at}/{page['id']}/preview").status_code == 404
    other = f"/organizations/{instance.harbour}/reports/{page['id']}/preview"
    assert browser.get(other).status_code == 404


def test_a_history_follows_what_is_being_made(instance: Instance) -> None:
    asked = ask(instance)
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports"
    assert f'data-live-url="{at}/live"' in browser.get(at).text
    with waiting(browser, f"{at}/live") as events:
        assert "Queued" in events.get(timeout=20)[1]
        make_all(instance)
        told = [events.get(timeout=20)]
        while told[-1][0] != "done":
            told.append(events.get(timeout=20))
    last = told[-2][1]
    assert "Ready" in last
    assert asked["id"] in last
    assert "data-live-url" not in browser.get(at).text


def test_a_time_zone_that_is_none_comes_back_in_the_form(instance: Instance) -> None:
    browser, at = instance.browser("owner"), f"/projects/{instance.project}/reports"
    typed = {
        "kind": "usage_summary",
        "format": "pdf",
        "from": "2026-10-01",
        "to": "2026-10-02",
        "time_zone": "Europe/Atlantis",
    }
    refused = browser.submit(at, typed)
    assert refused.status_code == 422
    assert "is no IANA time zone" in text_of(refused)
    assert 'value="Europe/Atlantis"' in refused.text
    detail = browser.submit(at, typed | {"kind": "usage_detail", "time_zone": ""})
    assert detail.status_code == 422
    assert "too many rows to be read by people" in text_of(detail)
