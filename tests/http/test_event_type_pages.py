"""Pages of event types and of messages that matched no endpoint, and the same over HTTP."""

import json
from datetime import timedelta

from freehold.kit import clock
from tests.http.served import Instance, assert_problem, text_of
from tests.http.test_webhook_pages import add, at, publish
from tests.webhooks.receivers import served


def test_the_catalogue_says_what_is_declared_and_used(instance: Instance) -> None:
    add(instance)
    publish(instance)
    shown = text_of(instance.browser("auditor").get(at(instance, "/event_types")))
    assert "parcel.moved A parcel has moved Declared 1 1" in shown
    assert "parcel.lost A parcel is lost Not declared 0 0 –" in shown
    assert "webhook.check A test that a person sends" in shown


def test_an_event_type_is_shown_as_it_is_sent(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    browser = instance.browser("auditor")
    page = browser.get(at(instance, "/event_types/parcel.moved"))
    shown = text_of(page)
    assert '"type" : "parcel.moved"' in shown
    assert '"environment" : "sandbox"' in shown
    assert '"required" : [' in shown
    assert f"/webhooks/{endpoint.id}" in page.text
    assert "Ask an owner or admin" in shown
    bare = text_of(browser.get(at(instance, "/event_types/parcel.lost")))
    assert "The scope does not declare this event type" in bare
    assert "any JSON value may be published" in bare
    assert "There is no example to send." in bare
    assert "Freehold's own example." in text_of(browser.get(at(instance, "/event_types/key.revoked")))
    assert browser.get(at(instance, "/event_types/parcel.none")).status_code == 404


def test_the_example_is_sent_from_its_page(instance: Instance) -> None:
    browser, page = instance.browser("developer"), at(instance, "/event_types/parcel.moved")
    with served() as receiver:
        endpoint = add(instance, receiver.url()).endpoint
        sent = browser.submit(f"{page}/send", {"endpoint": endpoint.id}, page)
        assert sent.status_code == 303
        assert json.loads(receiver.requests[0].body)["data"] == {"id": "p1"}
    assert "Accepted." in text_of(browser.get(sent.headers["location"]))
    for wrong in ("", "whe_01m84nefafrfwrcrmv8qcndk0q"):
        refused = browser.post(f"{page}/send", {"endpoint": wrong})
        assert refused.status_code == 422
        assert "Choose an endpoint that receives it." in text_of(refused)
    assert instance.browser("auditor").post(f"{page}/send", {"endpoint": endpoint.id}).status_code == 403


def test_one_event_type_over_http(instance: Instance) -> None:
    client = instance.client("auditor")
    found = client.get("/v1/apis/parcels/event_types/parcel.moved").json()
    assert (found["name"], found["example"]) == ("parcel.moved", {"id": "p1"})
    assert found == client.get("/v1/apis/parcels/event_types").json()["data"][0]
    assert_problem(client.get("/v1/apis/parcels/event_types/parcel.none"), 404, "not_found")


def test_a_message_that_matched_no_endpoint_is_kept_and_found(instance: Instance) -> None:
    unheard = publish(instance).message
    add(instance)
    heard = publish(instance).message
    client, browser = instance.client("auditor"), instance.browser("auditor")
    path = f"/v1/projects/{instance.project}/messages"

    def ids(**question: str) -> list[str]:
        return [each["id"] for each in client.get(path, params=question).json()["data"]]

    assert ids(matched="false") == [unheard.id]
    assert ids(matched="true") == [heard.id]
    assert ids(origin="test") == []
    assert ids(event_type="parcel.moved", origin="published") == [heard.id, unheard.id]
    later = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%SZ}"
    assert (ids(**{"from": later}), len(ids(to=later))) == ([], 2)
    page = browser.get(at(instance, "/messages"), received="no")
    assert unheard.id in page.text
    assert heard.id not in page.text
    assert "No endpoint receives it" in text_of(page)
    assert "It matched no endpoint" in text_of(browser.get(at(instance, f"/messages/{unheard.id}")))
    assert "No message fits" in text_of(browser.get(at(instance, "/messages"), origin="freehold"))
    assert "is none; write it like" in text_of(browser.get(at(instance, "/messages"), to="yesterday"))
