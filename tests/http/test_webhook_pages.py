"""The pages of webhook endpoints, deliveries and messages, in a browser without JavaScript."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from freehold.kit import clock
from freehold.projects import actions as projects
from freehold.projects.records import NewProject, Scope
from freehold.webhooks import actions, check_actions, delivery_actions, queue
from freehold.webhooks.actions import NewSecret
from freehold.webhooks.delivery_actions import MessageDetail
from freehold.webhooks.headers import MASK
from freehold.webhooks.outgoing import request_of
from freehold.webhooks.records import AttemptResult, EndpointSettings, NewMessage, Outcome, Timing, WebhookEndpoint
from tests.http.served import Browser, Instance, hidden_fields, text_of
from tests.webhooks.receivers import served

URL = "http://127.0.0.1:1025/hooks"
BLOCKED = "Your role lets you look at this, not change it."


def add(instance: Instance, url: str = URL, **more: Any) -> NewSecret:
    with instance.store.write() as tx:
        wanted = EndpointSettings(url, ("parcel.moved",), **more)
        return actions.create_endpoint(
            tx, instance.actor("owner"), instance.secret, instance.settings, instance.project, wanted
        )


def add_foreign(instance: Instance) -> WebhookEndpoint:
    with instance.store.write() as tx:
        wanted = EndpointSettings(URL, ("parcel.moved",))
        stranger = instance.actor("stranger")
        return actions.create_endpoint(
            tx, stranger, instance.secret, instance.settings, instance.foreign_project, wanted
        ).endpoint


def publish(instance: Instance, payload: object = None, dedup_id: str | None = None) -> MessageDetail:
    actor = replace(instance.actor("owner"), request_id="req_publishing")
    with instance.store.write() as tx:
        new = NewMessage("parcel.moved", {"id": "p1"} if payload is None else payload, dedup_id)
        message = delivery_actions.publish_message(tx, actor, instance.project, new)
        return delivery_actions.read_message(tx, actor, message.id)


def attempt(instance: Instance, status: int | None, error: str | None = None, body: bytes = b"") -> None:
    """Make an attempt of the delivery that is due, with an answer of a stranger's server."""
    with instance.store.write() as tx:
        (dispatch,) = queue.claim_due(tx, clock.now(), 1, {}, 1)
        now = clock.now()
        sent = request_of(dispatch, instance.secret, now)
        outcome: Outcome = "unreachable" if status is None else "accepted" if status < 300 else "refused"
        timing = Timing(dns_us=1_000, connect_us=2_000, first_byte_us=30_000, total_us=33_000)
        answered = (("x-answer", "<b>yes</b>"),) if status else None
        result = AttemptResult(outcome, status, error, "192.0.2.7", timing, answered, body)
        queue.record_attempt(tx, dispatch, sent, now, result, 0.0)


def at(instance: Instance, path: str = "") -> str:
    return f"/projects/{instance.project}{path}"


def here(instance: Instance, endpoint: WebhookEndpoint, act: str = "") -> str:
    return at(instance, f"/webhooks/{endpoint.id}{act}")


def read_endpoint(instance: Instance, endpoint_id: str) -> WebhookEndpoint:
    with instance.store.read() as tx:
        return actions.read_endpoint(tx, instance.actor("owner"), endpoint_id)


def form_of(instance: Instance, browser: Browser, endpoint: WebhookEndpoint) -> dict[str, str]:
    """What the form of the endpoint's settings hides. The list's filters have the same address, for GET."""
    page = browser.get(here(instance, endpoint)).text
    return hidden_fields(page[page.index('id="h-edit"') :], here(instance, endpoint))


def edit(
    browser: Browser, instance: Instance, endpoint: WebhookEndpoint, **fields: str | Sequence[str]
) -> httpx.Response:
    plain: dict[str, str | Sequence[str]] = {
        "url": URL,
        "description": "",
        "event_types": ["parcel.moved"],
        "headers": "",
    }
    return browser.post(here(instance, endpoint), {**form_of(instance, browser, endpoint), **plain, **fields})


# --- the list -------------------------------------------------------------------------------------


def test_the_empty_list_offers_the_first_endpoint(instance: Instance) -> None:
    answer = instance.browser("owner").get(at(instance, "/webhooks"))
    assert answer.status_code == 200
    assert "No webhook endpoint yet" in text_of(answer)
    assert f'href="{at(instance, "/webhooks/new")}"' in answer.text


def test_the_list_shows_how_each_endpoint_fares(instance: Instance) -> None:
    first = add(instance, description="Order service").endpoint
    publish(instance)
    attempt(instance, 204)
    publish(instance)
    attempt(instance, 500, "The receiver answered 500, not a 2xx.")
    second = add(instance, "http://127.0.0.1:1026/").endpoint
    with instance.store.write() as tx:
        actions.pause_endpoint(tx, instance.actor("owner"), second.id)
    answer = instance.browser("auditor").get(at(instance, "/webhooks"))
    shown = text_of(answer)
    assert "Order service Active Not checked 1 delivered in 30 days 1 retrying Next in" in shown
    assert "Last accepted 1 event type" in shown
    assert (
        "Paused by owner@example.com. Paused Not checked Nothing in 30 days No retries Never accepted 1 event type"
        in shown
    )
    bars = re.findall(r'<rect class="(fh-s-\w+)"', answer.text)
    assert bars == ["fh-s-served", "fh-s-throttled"]
    # A bar opens the deliveries of its hour.
    hour = re.findall(r'class="fh-bar" href="([^"]+)"', answer.text)[47].replace("&amp;", "&")
    assert text_of(instance.browser("auditor").get(hour.partition("#")[0])).count("parcel.moved") >= 2
    assert here(instance, first) in answer.text
    assert BLOCKED in shown


def test_a_delivery_is_called_verified_once_its_receiver_has_passed_the_check(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    publish(instance)
    attempt(instance, 204)
    browser = instance.browser("auditor")
    with instance.store.write() as tx:
        check = check_actions.begin_check(tx, instance.actor("owner"), endpoint.id).check
        check_actions.finish_check(tx, check.id, "passed")
    # What was accepted before says nothing of what the receiver verifies now.
    assert re.search(r"Check passed Until \d+ \w+ .* Last accepted", text_of(browser.get(at(instance, "/webhooks"))))
    publish(instance)
    attempt(instance, 204)
    assert "Last verified 1 event type" in text_of(browser.get(at(instance, "/webhooks")))
    assert "Last verified delivery" in text_of(browser.get(here(instance, endpoint)))
    with instance.store.write() as tx:
        actions.rotate_signing_secret(tx, instance.actor("owner"), instance.secret, endpoint.id)
    shown = text_of(browser.get(at(instance, "/webhooks")))
    assert re.search(r"Check outdated \d+ \w+ .* Last accepted", shown)


def test_what_the_pages_count_is_the_same_on_each_database(instance_on_each: Instance) -> None:
    instance = instance_on_each
    first, second = (add(instance, f"https://example.com/{name}").endpoint for name in ("a", "b"))
    detail = publish(instance)
    attempt(instance, 204)
    attempt(instance, 500, "The receiver answered 500, not a 2xx.")
    browser = instance.browser("auditor")
    listed = browser.get(at(instance, "/webhooks"))
    assert sorted(re.findall(r'<rect class="(fh-s-\w+)"', listed.text)) == ["fh-s-served", "fh-s-throttled"]
    counted = [text_of(browser.get(here(instance, endpoint))) for endpoint in (first, second)]
    assert sum("1 delivered , 0 failed , 0 pending" in shown for shown in counted) == 1
    assert sum("0 delivered , 0 failed , 1 pending" in shown for shown in counted) == 1
    message = text_of(browser.get(at(instance, f"/messages/{detail.message.id}")))
    assert "204" in message
    assert "500" in message
    assert "1 delivered, 1 pending" in text_of(browser.get(at(instance, "/messages")))


# --- a new one ------------------------------------------------------------------------------------


def test_a_new_endpoint_shows_its_signing_secret_once(instance: Instance) -> None:
    browser = instance.browser("developer")
    form = browser.get(at(instance, "/webhooks/new"))
    assert re.search(r'value="parcel.moved" checked', form.text)
    assert "a receiver on this machine is fine too" in text_of(form)
    fields = {
        **hidden_fields(form.text, at(instance, "/webhooks/new")),
        "url": f" {URL} ", "description": "Orders", "event_types": ["parcel.moved", "key.revoked"],
        "headers": "Authorization: Basic abc\n\n X-Team :  orders ",
        "sending": ["fifo", "v1a"],
        "max_per_second": " 25 ",
    }  # fmt: skip
    made, again = (browser.post(at(instance, "/webhooks/new"), fields) for _ in range(2))
    assert made.status_code == again.status_code == 200
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", made.text)
    assert secret
    assert secret[0] in again.text
    with instance.store.read() as tx:
        (endpoint,) = actions.list_endpoints(tx, instance.actor("owner"), instance.project, 10)
    assert (endpoint.url, endpoint.event_types, endpoint.description) == (
        URL,
        ("key.revoked", "parcel.moved"),
        "Orders",
    )
    assert endpoint.headers == {"Authorization": MASK, "X-Team": "orders"}
    assert (endpoint.fifo, endpoint.v1a, endpoint.max_per_second) == (True, True, 25)
    later = browser.get(here(instance, endpoint))
    assert "whsec_" not in later.text
    assert "Basic abc" not in later.text
    assert "In order, one at a time" in text_of(later)
    assert "whpk_" in later.text
    slow = browser.post(
        at(instance, "/webhooks/new"), {**fields, "idempotency_key": "req_other", "max_per_second": "a few"}
    )
    assert slow.status_code == 422
    assert "Write a whole number" in text_of(slow)
    assert "a few" in slow.text


def test_a_secret_that_was_shown_is_the_one_that_signs(instance: Instance) -> None:
    browser = instance.browser("developer")
    with served() as there:
        fields = {"url": there.url(), "event_types": ["parcel.moved"]}
        made = browser.submit(at(instance, "/webhooks/new"), fields)
        test_form = re.search(r'action="([^"]+/test)"', made.text)
        assert test_form
        sent = browser.post(test_form[1], {"event_type": "parcel.moved"})
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", made.text)
    assert secret
    assert sent.status_code == 303
    request = there.requests[0]
    assert Webhook(secret[0]).verify(request.body, request.by_name)["data"] == {"id": "p1"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"url": "ftp://example.com"}, "The URL should begin with https://."),
        ({"url": "http://10.0.0.1/"}, "Webhooks may not be sent to 10.0.0.1: it is a private network (RFC 1918)."),
        ({"event_types": []}, "Name at least one event type."),
        ({"event_types": ["parcel.lost"]}, "is not among the project's declared event types"),
        ({"description": "x" * 201}, "A description is at most 200 printable characters on one line."),
        ({"headers": "no colon"}, "Write one header a line, as Name: value."),
        ({"headers": "a: 1\na: 2"}, "The header a is named twice."),
        ({"headers": "Host: example.com"}, "The header Host is set by Freehold or by the connection."),
    ],
)
def test_a_wrong_endpoint_comes_back_with_what_was_typed(
    instance: Instance, fields: dict[str, Any], message: str
) -> None:
    typed = {"url": URL, "description": "My orders", "event_types": ["key.revoked"], "headers": "x-a: b", **fields}
    answer = instance.browser("developer").submit(at(instance, "/webhooks/new"), typed)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert f'value="{typed["url"]}"' in answer.text
    assert f'value="{typed["description"]}"' in answer.text
    assert typed["headers"] in answer.text
    for name in typed["event_types"]:
        assert name == "parcel.lost" or f'value="{name}" checked' in answer.text
    with instance.store.read() as tx:
        assert not actions.list_endpoints(tx, instance.actor("owner"), instance.project, 10)


def test_a_scope_without_event_types_offers_the_check(instance: Instance) -> None:
    with instance.store.write() as tx:
        projects.set_scope(tx, instance.actor("owner"), instance.project, Scope(["get_parcel"], []))
    form = instance.browser("developer").get(at(instance, "/webhooks/new"))
    assert re.findall(r'value="([^"]+)" checked', form.text) == ["webhook.check"]


# --- one ------------------------------------------------------------------------------------------


def test_an_endpoint_is_shown_with_its_settings_and_deliveries(instance: Instance) -> None:
    endpoint = add(instance, headers={"Authorization": "Basic abc", "x-team": "orders"}).endpoint
    detail = publish(instance)
    attempt(instance, None, "No connection: Connection refused.")
    answer = instance.browser("auditor").get(here(instance, endpoint))
    shown = text_of(answer)
    assert answer.status_code == 200
    assert f"Authorization: {MASK} x-team: orders" in shown
    assert "0 delivered , 0 failed , 1 pending" in shown
    assert "No connection: Connection refused. next in" in shown
    assert at(instance, f"/deliveries/{detail.deliveries[0].id}") in answer.text
    assert "Basic abc" not in answer.text


def test_deliveries_are_filtered_and_paged_in_the_address(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    for _ in range(26):
        publish(instance)
    attempt(instance, 200)
    browser = instance.browser("owner")
    first = browser.get(here(instance, endpoint))
    assert "25 deliveries on this page." in text_of(first)
    older = re.search(r'href="([^"]+)">Older', first.text)
    assert older
    second = browser.get(older[1].replace("&amp;", "&"))
    assert "1 delivery on this page." in text_of(second)
    assert f'href="{here(instance, endpoint)}">Newest' in second.text
    delivered = browser.get(here(instance, endpoint), state="delivered", within="1h", event_type="parcel.moved")
    assert "1 delivery on this page." in text_of(delivered)
    assert '<option value="delivered" selected>' in delivered.text
    pending = browser.get(here(instance, endpoint), state="pending")
    assert "25 deliveries on this page." in text_of(pending)
    assert "Older" not in pending.text
    none = browser.get(here(instance, endpoint), state="dropped")
    assert "No delivery matches" in text_of(none)
    odd = browser.get(here(instance, endpoint), state="nonsense", within="nonsense")
    assert "25 deliveries on this page." in text_of(odd)
    assert browser.get(here(instance, endpoint), cursor="nonsense").status_code == 422


def test_the_older_page_keeps_the_filters(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    for _ in range(27):
        publish(instance)
    page = instance.browser("owner").get(here(instance, endpoint), state="pending", event_type="parcel.moved")
    older = re.search(r'href="([^"]+)">Older', page.text)
    assert older
    assert "?state=pending&amp;event_type=parcel.moved&amp;cursor=" in older[1]


def test_an_endpoint_is_changed(instance: Instance) -> None:
    endpoint = add(instance, headers={"Authorization": "Basic abc"}).endpoint
    browser = instance.browser("developer")
    fields = {"url": "http://127.0.0.1:1026/new", "description": "New", "event_types": ["webhook.check"]}
    answer = edit(browser, instance, endpoint, **fields, headers=f"Authorization: {MASK}\nx-a: b")
    assert (answer.status_code, answer.headers["location"]) == (303, f"{here(instance, endpoint)}?done=endpoint-saved")
    assert "The webhook endpoint is saved." in text_of(browser.get(answer.headers["location"]))
    changed = read_endpoint(instance, endpoint.id)
    assert (changed.url, changed.description) == ("http://127.0.0.1:1026/new", "New")
    assert changed.event_types == ("webhook.check",)
    assert changed.headers == {"Authorization": MASK, "x-a": "b"}


def test_a_masked_header_that_was_left_alone_is_still_sent(instance: Instance) -> None:
    with served() as there:
        endpoint = add(instance, there.url(), headers={"Authorization": "Basic abc"}).endpoint
        browser = instance.browser("developer")
        edit(browser, instance, endpoint, url=there.url(), headers=f"Authorization: {MASK}")
        browser.post(here(instance, endpoint, "/test"))
    assert there.requests[0].by_name["authorization"] == "Basic abc"


def test_a_wrong_change_comes_back_with_what_was_typed(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    answer = edit(instance.browser("developer"), instance, endpoint, url="gopher://x", headers="x-a: b")
    assert answer.status_code == 422
    assert "The URL should begin with https://." in text_of(answer)
    assert 'value="gopher://x"' in answer.text
    assert "x-a: b</textarea>" in answer.text
    assert read_endpoint(instance, endpoint.id) == endpoint


def test_a_change_of_what_somebody_changed_meanwhile_is_refused(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    browser = instance.browser("developer")
    hidden = form_of(instance, browser, endpoint)
    assert edit(instance.browser("admin"), instance, endpoint, description="Theirs").status_code == 303
    fields = {**hidden, "url": URL, "description": "Mine", "event_types": "parcel.moved"}
    answer = browser.post(here(instance, endpoint), fields)
    assert answer.status_code == 412
    assert 'value="Mine"' in answer.text
    assert read_endpoint(instance, endpoint.id).description == "Theirs"


def test_an_event_type_that_left_the_scope_is_said_to(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    with instance.store.write() as tx:
        projects.set_scope(tx, instance.actor("owner"), instance.project, Scope(["get_parcel"], []))
    browser = instance.browser("developer")
    answer = browser.get(here(instance, endpoint))
    assert "parcel.moved No longer in the scope: nothing is sent." in text_of(answer)
    assert edit(browser, instance, endpoint, description="Kept").status_code == 303
    assert read_endpoint(instance, endpoint.id).event_types == ("parcel.moved",)


def test_an_endpoint_is_paused_and_resumed(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    browser = instance.browser("developer")
    paused = browser.submit(here(instance, endpoint, "/pause"), {}, here(instance, endpoint))
    assert paused.headers["location"].endswith("?done=endpoint-paused")
    shown = text_of(browser.get(paused.headers["location"]))
    assert "The webhook endpoint is paused." in shown
    assert "Paused by developer@example.com. What arrives for it waits until it is resumed." in shown
    assert read_endpoint(instance, endpoint.id).state == "paused"
    resumed = browser.submit(here(instance, endpoint, "/resume"), {}, here(instance, endpoint))
    assert resumed.headers["location"].endswith("?done=endpoint-resumed")
    assert read_endpoint(instance, endpoint.id).state == "active"


def test_a_rotated_secret_is_shown_once_and_both_sign(instance: Instance) -> None:
    with served() as there:
        made = add(instance, there.url())
        browser = instance.browser("developer")
        rotate = here(instance, made.endpoint, "/rotate")
        hidden = hidden_fields(browser.get(here(instance, made.endpoint)).text, rotate)
        fields = {**hidden, "overlap_s": "3600"}
        first, second = browser.post(rotate, fields), browser.post(rotate, fields)
        browser.post(here(instance, made.endpoint, "/test"))
    secret = re.search(r"whsec_[A-Za-z0-9+/=]{44}", first.text)
    assert secret
    assert secret[0] in second.text
    assert secret[0] != made.text
    assert "The one before it signs too until" in text_of(first)
    assert "Version 2" in text_of(first)
    assert "Version 3" not in text_of(second)
    for each in (secret[0], made.text):
        Webhook(each).verify(there.requests[0].body, there.requests[0].by_name)


def test_a_wrong_overlap_is_refused_on_the_page(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    browser = instance.browser("developer")
    for overlap_s in ("", "soon", "-1", "604801", "9" * 30):
        answer = browser.submit(here(instance, endpoint, "/rotate"), {"overlap_s": overlap_s}, here(instance, endpoint))
        assert answer.status_code == 422
        assert "whsec_" not in answer.text
        assert re.search('id="r-overlap_s-error"', answer.text)
    assert read_endpoint(instance, endpoint.id) == endpoint


def test_an_endpoint_goes_once_its_host_was_typed(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    detail = publish(instance)
    browser = instance.browser("developer")
    page = here(instance, endpoint)
    assert "1 waiting delivery is dropped." in text_of(browser.get(page))
    wrong = browser.submit(f"{page}/delete", {"confirm": "127.0.0.1"}, page)
    assert wrong.status_code == 422
    assert "Type the host exactly as it is shown." in text_of(wrong)
    assert 'value="127.0.0.1"' in wrong.text
    assert read_endpoint(instance, endpoint.id) == endpoint
    gone = browser.submit(f"{page}/delete", {"confirm": " 127.0.0.1:1025"}, page)
    assert gone.headers["location"] == at(instance, "/webhooks?done=endpoint-deleted")
    assert browser.get(page).status_code == 404
    kept = browser.get(at(instance, f"/deliveries/{detail.deliveries[0].id}"))
    assert "Dropped. The endpoint was removed before it accepted this." in text_of(kept)
    assert f'href="{page}"' not in kept.text
    message = browser.get(at(instance, f"/messages/{detail.message.id}"))
    assert URL in text_of(message)
    assert "1 dropped" in text_of(browser.get(at(instance, "/messages")))


# --- the test event -------------------------------------------------------------------------------


def test_a_test_event_goes_out_and_its_delivery_says_what_came_back(instance: Instance) -> None:
    browser = instance.browser("developer")
    with served() as there:
        endpoint = add(instance, there.url()).endpoint
        page = browser.get(here(instance, endpoint))
        options = re.search(r'<select[^>]*name="event_type".*?</select>', page.text, re.DOTALL)
        assert options
        assert re.findall(r'value="([^"]+)"', options[0]) == ["webhook.check", "parcel.moved"]
        sent = browser.submit(
            here(instance, endpoint, "/test"), {"event_type": "parcel.moved"}, here(instance, endpoint)
        )
    assert sent.status_code == 303
    answer = browser.get(sent.headers["location"])
    shown = text_of(answer)
    assert "Accepted. The receiver answered 200 in" in shown
    assert there.requests[0].by_name["webhook-signature"] in shown
    assert "x-seen yes" in shown
    assert "thanks" in shown
    assert f'href="{at(instance, "/usage")}">See usage' in answer.text
    assert 'data-live-url="' not in answer.text


def test_a_test_that_fails_says_why_and_is_not_repeated(instance: Instance) -> None:
    browser = instance.browser("developer")
    with served() as there:
        endpoint = add(instance, there.url("/500")).endpoint
        sent = browser.post(here(instance, endpoint, "/test"))
    answer = browser.get(sent.headers["location"])
    assert "Given up. A test is sent once. The receiver answered 500, not a 2xx." in text_of(answer)
    assert f'href="{here(instance, endpoint)}">Open the endpoint' in answer.text


def test_a_test_of_what_is_not_received_is_refused_on_the_page(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    answer = instance.browser("developer").post(here(instance, endpoint, "/test"), {"event_type": "parcel.lost"})
    assert answer.status_code == 422
    assert "The endpoint does not subscribe to this event type." in text_of(answer)


# --- deliveries -----------------------------------------------------------------------------------


def test_a_delivery_shows_each_attempt_in_full_the_latest_first(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    detail = publish(instance, {"id": "<script>alert(1)</script>"})
    attempt(instance, 500, "The receiver answered 500, not a 2xx.", b"<i>broken</i>" + b"\xff" + b"x" * 16_384)
    with instance.store.write() as tx:
        actions.pause_endpoint(tx, instance.actor("owner"), endpoint.id)
        actions.resume_endpoint(tx, instance.actor("owner"), endpoint.id)
    attempt(instance, None, "No connection: Connection refused.")
    delivery = at(instance, f"/deliveries/{detail.deliveries[0].id}")
    answer = instance.browser("auditor").get(delivery)
    shown = text_of(answer)
    assert "Not accepted yet. Next attempt" in shown
    assert shown.index("Attempt 2") < shown.index("Attempt 1")
    assert f"POST {URL}" in shown
    assert re.search(rf"{detail.message.id}\.[0-9]{{10}}\.{{", shown)
    assert "Nothing: no answer was read." in shown
    assert "from 192.0.2.7" in shown
    assert "Name look-up 1.0 ms" in shown
    assert "Connection 2.0 ms" in shown
    assert "First byte 30 ms" in shown
    assert "Only the first 16 KiB are kept." in shown
    assert "<script>alert" not in answer.text
    assert "<i>broken" not in answer.text
    assert "<b>yes" not in answer.text
    assert f'data-live-url="{delivery}/live"' in answer.text


def test_a_delivery_to_a_paused_endpoint_says_what_it_waits_for(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    with instance.store.write() as tx:
        actions.pause_endpoint(tx, instance.actor("owner"), endpoint.id)
    detail = publish(instance)
    answer = instance.browser("owner").get(at(instance, f"/deliveries/{detail.deliveries[0].id}"))
    assert "The endpoint is paused; this is sent once it is resumed." in text_of(answer)
    assert "Not tried yet" in text_of(answer)


def test_a_waiting_page_is_told_what_becomes_of_the_delivery(instance: Instance) -> None:
    add(instance)
    detail = publish(instance)
    browser = instance.browser("auditor")
    seen: list[str] = []
    with browser.client.stream("GET", at(instance, f"/deliveries/{detail.deliveries[0].id}/live")) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        for line in stream.iter_lines():
            seen.append(line)
            if "Sending." in line:
                attempt(instance, 503, "The receiver answered 503, not a 2xx.")
            if "Not accepted yet." in line:
                with instance.store.write() as tx:
                    actions.delete_endpoint(tx, instance.actor("owner"), detail.deliveries[0].webhook_endpoint_id)
    told = "\n".join(seen)
    assert [line for line in seen if line.startswith("event:")] == ["event: part"] * 3 + ["event: done"]
    assert told.index("Sending.") < told.index("Not accepted yet.") < told.index("Dropped.")


# --- messages -------------------------------------------------------------------------------------


def test_messages_are_listed_with_where_they_came_from_and_went(instance: Instance) -> None:
    browser = instance.browser("auditor")
    assert "No message yet" in text_of(browser.get(at(instance, "/messages")))
    unheard = publish(instance)
    endpoint = add(instance).endpoint
    heard = publish(instance, dedup_id="order-1")
    attempt(instance, 200)
    instance.browser("developer").post(here(instance, endpoint, "/test"))
    shown = text_of(browser.get(at(instance, "/messages")))
    assert re.search(rf"The API No endpoint receives it {unheard.message.id}", shown)
    assert re.search(rf"The API 1 delivered {heard.message.id}", shown)
    assert "A test 0 delivered, 1 failed" in shown
    checks = text_of(browser.get(at(instance, "/messages"), event_type="webhook.check"))
    assert "1 message on this page." in checks
    assert heard.message.id not in checks
    assert "No message fits" in text_of(browser.get(at(instance, "/messages"), event_type="key.revoked"))


def test_messages_go_on_on_the_next_page(instance: Instance) -> None:
    first = publish(instance)
    for _ in range(50):
        publish(instance)
    browser = instance.browser("owner")
    page = browser.get(at(instance, "/messages"), event_type="parcel.moved")
    assert first.message.id not in page.text
    older = re.search(r'href="([^"]+)">Older', page.text)
    assert older
    assert "event_type=parcel.moved" in older[1]
    assert first.message.id in browser.get(older[1].replace("&amp;", "&")).text


def test_one_message_shows_its_payload_and_its_deliveries(instance: Instance) -> None:
    add(instance)
    detail = publish(instance, {"id": "p9"}, "order-9")
    attempt(instance, 204)
    answer = instance.browser("auditor").get(at(instance, f"/messages/{detail.message.id}"))
    shown = text_of(answer)
    assert '"id": "p9"' in shown.replace(" :", ":")
    assert "Its own id order-9" in shown
    assert "req_publishing" in shown
    assert f"Delivered {URL} 204" in shown
    assert at(instance, f"/deliveries/{detail.deliveries[0].id}") in answer.text


# --- who may --------------------------------------------------------------------------------------


def test_what_is_anothers_is_not_there(instance: Instance) -> None:
    foreign = add_foreign(instance)
    own = add(instance).endpoint
    detail = publish(instance)
    browser, stranger = instance.browser("owner"), instance.browser("stranger")
    elsewhere = f"/projects/{instance.foreign_project}"
    paths = ("/webhooks", "/webhooks/new", f"/webhooks/{foreign.id}", "/messages")
    for path in paths:
        assert browser.get(elsewhere + path).status_code == 404
    # Another organization's endpoint under one's own project, and one's own under the other's.
    assert browser.get(at(instance, f"/webhooks/{foreign.id}")).status_code == 404
    things = (
        f"/webhooks/{own.id}", f"/deliveries/{detail.deliveries[0].id}", f"/deliveries/{detail.deliveries[0].id}/live",
        f"/messages/{detail.message.id}",
    )  # fmt: skip
    for thing in things:
        assert stranger.get(elsewhere + thing).status_code == 404
        assert stranger.get(at(instance, thing)).status_code == 404
    for act in ("", "/test", "/pause", "/resume", "/rotate", "/delete"):
        fields = {
            "url": URL,
            "event_types": "parcel.moved",
            "revision": "1",
            "overlap_s": "0",
            "confirm": "127.0.0.1:1025",
        }
        assert stranger.post(here(instance, own, act), fields).status_code == 404
        assert stranger.post(f"{elsewhere}/webhooks/{own.id}{act}", fields).status_code == 404
    assert read_endpoint(instance, own.id) == own


def test_one_projects_things_are_not_under_anothers_of_the_same_organization(instance: Instance) -> None:
    own = add(instance).endpoint
    detail = publish(instance)
    with instance.store.write() as tx:
        new = NewProject("Second", "Another project", "parcels")
        sibling = projects.create_project(tx, instance.actor("owner"), instance.harbour, new)
    browser = instance.browser("owner")
    for thing in (f"webhooks/{own.id}", f"deliveries/{detail.deliveries[0].id}", f"messages/{detail.message.id}"):
        assert browser.get(f"/projects/{instance.project}/{thing}").status_code == 200
        assert browser.get(f"/projects/{sibling.id}/{thing}").status_code == 404
    assert browser.post(f"/projects/{sibling.id}/webhooks/{own.id}/pause").status_code == 404
    assert read_endpoint(instance, own.id) == own


ACTS: dict[str, dict[str, str]] = {
    "": {"url": "http://127.0.0.1:1026/", "event_types": "parcel.moved", "revision": "1"},
    "/test": {},
    "/pause": {},
    "/rotate": {"overlap_s": "0"},
    "/delete": {"confirm": "127.0.0.1:1025"},
}


def test_an_auditor_sees_the_forms_blocked_and_is_refused(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    browser = instance.browser("auditor")
    shown = text_of(browser.get(here(instance, endpoint)))
    # Test, settings, pause, rotation and removal each say why.
    assert shown.count(BLOCKED) == 5
    for act, fields in ACTS.items():
        assert browser.post(here(instance, endpoint, act), fields).status_code == 403
    assert read_endpoint(instance, endpoint.id) == endpoint
    assert "No message yet" in text_of(browser.get(at(instance, "/messages")))


def test_an_auditor_cannot_add_an_endpoint(instance: Instance) -> None:
    browser = instance.browser("auditor")
    answer = browser.get(at(instance, "/webhooks/new"))
    assert answer.status_code == 200
    assert BLOCKED in text_of(answer)
    fields = {"url": URL, "event_types": "parcel.moved"}
    assert browser.post(at(instance, "/webhooks/new"), fields).status_code == 403


def test_billing_reads_no_webhooks(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    detail = publish(instance)
    browser = instance.browser("billing")
    things = (
        "webhooks", f"webhooks/{endpoint.id}", f"deliveries/{detail.deliveries[0].id}", "messages",
        f"messages/{detail.message.id}",
    )  # fmt: skip
    for thing in things:
        assert browser.get(at(instance, f"/{thing}")).status_code == 403


def test_a_form_without_its_token_changes_nothing(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    browser = instance.browser("owner")
    browser.csrf_token = "wrong"
    for act, fields in ACTS.items():
        assert browser.post(here(instance, endpoint, act), fields).status_code == 403
    assert browser.post(at(instance, "/webhooks/new"), ACTS[""]).status_code == 403
    assert read_endpoint(instance, endpoint.id) == endpoint


def test_an_archived_projects_forms_are_blocked_but_an_endpoint_can_go(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    with instance.store.write() as tx:
        projects.archive_project(tx, instance.actor("owner"), instance.project)
    browser = instance.browser("owner")
    shown = text_of(browser.get(here(instance, endpoint)))
    assert shown.count("The project is archived: restore it first.") >= 4
    answer = browser.post(here(instance, endpoint, "/pause"))
    assert answer.status_code == 409
    assert read_endpoint(instance, endpoint.id) == endpoint
    fields = {"confirm": "127.0.0.1:1025"}
    assert browser.submit(here(instance, endpoint, "/delete"), fields, here(instance, endpoint)).status_code == 303
