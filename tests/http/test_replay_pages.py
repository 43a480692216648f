"""Pages of replays, of the delivery log's filters and of how an endpoint fares, as a browser without scripts sees them."""

import html
from datetime import timedelta

from sqlalchemy import update

from freehold.kit import clock
from freehold.store.schema import deliveries
from freehold.webhooks import actions, replay_tasks
from freehold.webhooks.records import WebhookEndpoint
from tests.http.served import Instance, assert_problem, text_of
from tests.http.test_webhook_pages import add, at, attempt, here, publish


def failed(instance: Instance, count: int) -> tuple[WebhookEndpoint, list[str]]:
    """An endpoint that has refused so many deliveries for good."""
    endpoint = add(instance).endpoint
    made = []
    for _ in range(count):
        made.append(publish(instance).deliveries[0].id)
        attempt(instance, 500, "The receiver answered 500, not a 2xx.")
    with instance.store.write() as tx:
        tx.execute(update(deliveries).values(state="failed", due_at=None, finished_at=clock.now()))
    return endpoint, made


def test_a_recovery_begins_is_watched_and_ends(instance: Instance) -> None:
    endpoint, _ = failed(instance, 3)
    browser = instance.browser("developer")
    page = here(instance, endpoint, "/replays")
    assert "Nothing replayed yet" in text_of(browser.get(page))
    begun = browser.submit(
        here(instance, endpoint, "/recover"), {"since": f"{clock.now() - timedelta(hours=1):%Y-%m-%dT%H:%M}"}, page
    )
    assert begun.status_code == 303
    job = begun.headers["location"].partition("?")[0]
    waiting = browser.get(begun.headers["location"])
    assert "The replay has begun" in text_of(waiting)
    assert f'data-live-url="{job}/live"' in waiting.text
    while replay_tasks.turn(instance.store):
        pass
    done = text_of(browser.get(job))
    assert "3 of 3 replayed." in done
    assert "Pending 3" in done
    assert "All not accepted since" in done
    assert "3 of 3" in text_of(browser.get(page))
    assert "Pending" in text_of(browser.get(here(instance, endpoint)))


def test_the_same_form_sent_twice_is_one_replay(instance: Instance) -> None:
    endpoint, _ = failed(instance, 1)
    browser = instance.browser("owner")
    fields = {"idempotency_key": "once", "state": "failed"}
    answers = [browser.post(here(instance, endpoint, "/replays"), fields) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {303}
    assert len({answer.headers["location"] for answer in answers}) == 1
    # A third one, by another form, finds it under way.
    refused = browser.post(
        here(instance, endpoint, "/replays"), {"idempotency_key": "another", "state": "delivered", "message": "msg_1"}
    )
    assert refused.status_code == 409
    assert "is under way" in text_of(refused)
    assert 'value="msg_1"' in refused.text


def test_the_log_hands_its_filters_on_and_says_how_many_fit(instance: Instance) -> None:
    endpoint, _ = failed(instance, 2)
    browser = instance.browser("auditor")
    log = browser.get(here(instance, endpoint), state="failed")
    onwards = f"{here(instance, endpoint, '/replays')}?state=failed"
    assert "Replay these" in text_of(log)
    assert "2 deliveries fit this now." in text_of(browser.get(onwards))
    assert "Ask an owner or admin" in text_of(browser.get(onwards))
    shown = html.unescape(instance.browser("owner").get(here(instance, endpoint), state="failed").text)
    assert f"{here(instance, endpoint, '/replays')}?state=failed#new" in shown


def test_a_replay_is_canceled_once(instance: Instance) -> None:
    endpoint, _ = failed(instance, 1)
    browser = instance.browser("owner")
    job = browser.post(here(instance, endpoint, "/replays"), {"state": "failed"}).headers["location"].partition("?")[0]
    canceled = browser.submit(f"{job}/cancel", {}, job)
    assert canceled.headers["location"] == f"{job}?done=replay-canceled"
    assert "Canceled by owner@example.com." in text_of(browser.get(job))
    again = browser.post(f"{job}/cancel")
    assert again.status_code == 409
    assert "This replay is canceled already." in text_of(again)


def test_one_delivery_is_replayed_and_its_page_says_so(instance: Instance) -> None:
    _, (delivery,) = failed(instance, 1)
    browser = instance.browser("developer")
    page = at(instance, f"/deliveries/{delivery}")
    assert "Check the signature by hand" in text_of(browser.get(page))
    done = browser.submit(f"{page}/replay", {}, page)
    assert done.headers["location"] == f"{page}?done=delivery-replayed"
    shown = text_of(browser.get(done.headers["location"]))
    assert "It is sent once more." in shown
    assert "by developer@example.com, after 1 attempt" in shown
    attempt(instance, 204)
    assert "Accepted." in text_of(browser.get(page))
    fresh = publish(instance).deliveries[0].id
    refused = browser.post(at(instance, f"/deliveries/{fresh}/replay"))
    assert refused.status_code == 409
    assert "It has not been tried yet, and goes by itself." in text_of(refused)
    assert "about to be sent" in text_of(refused)


def test_times_and_messages_filter_the_log(instance: Instance) -> None:
    add(instance)
    first, second = publish(instance), publish(instance)
    endpoint_id = first.deliveries[0].webhook_endpoint_id
    browser, log = instance.browser("auditor"), at(instance, f"/webhooks/{first.deliveries[0].webhook_endpoint_id}")
    one = browser.get(log, message=first.message.id)
    assert first.deliveries[0].id in one.text
    assert second.deliveries[0].id not in one.text
    later = f"{clock.now() + timedelta(hours=1):%Y-%m-%dT%H:%M:%S}"
    assert "No delivery matches" in text_of(browser.get(log, **{"from": later}))
    assert first.deliveries[0].id in browser.get(log, to=later).text
    wrong = browser.get(log, to="tomorrow")
    assert wrong.status_code == 200
    assert "The time 'tomorrow' of 'to' is none" in text_of(wrong)
    client = instance.client("auditor")
    found = client.get(f"/v1/webhooks/{endpoint_id}/deliveries", params={"message": second.message.id}).json()["data"]
    assert [each["id"] for each in found] == [second.deliveries[0].id]


def test_how_an_endpoint_fares(instance: Instance) -> None:
    endpoint = add(instance).endpoint
    publish(instance)
    attempt(instance, 204)
    publish(instance)
    attempt(instance, 500, "The receiver answered 500, not a 2xx.")
    for span in ("1h", "24h", "7d", "30d", "never"):
        shown = text_of(instance.browser("auditor").get(here(instance, endpoint, "/metrics"), range=span))
        assert "Success 100.00 % Of what is finished" in shown
        assert "Attempts by outcome 2 Accepted 1 Refused 1" in shown
        assert "Waiting for a retry 1" in shown
    client = instance.client("auditor")
    found = client.get(f"/v1/webhooks/{endpoint.id}/metrics").json()
    assert (found["totals"], found["success_rate"], found["pressure"]["retrying"]) == (
        {"delivered": 1, "failed": 0, "pending": 1, "dropped": 0},
        1.0,
        1,
    )
    assert sum(each["delivered"] + each["pending"] for each in found["series"]) == 2
    assert_problem(
        client.get(
            f"/v1/webhooks/{endpoint.id}/metrics", params={"from": "2026-01-01T00:00:00Z", "to": "2026-12-01T00:00:00Z"}
        ),
        422,
        "invalid",
        "from",
    )
    assert_problem(
        client.get(f"/v1/webhooks/{endpoint.id}/metrics", params={"from": "2026-01-01T00:00:00"}),
        422,
        "invalid",
        "from",
    )


def test_replays_are_paged(instance: Instance) -> None:
    endpoint, _ = failed(instance, 1)
    client, path = instance.client("owner"), f"/v1/webhooks/{endpoint.id}/replays"
    ids = []
    for _ in range(3):
        begun = client.post(path, json={}).json()
        client.post(f"/v1/replays/{begun['id']}/cancel")
        ids.append(begun["id"])
    first = client.get(path, params={"limit": 2}).json()
    rest = client.get(path, params={"limit": 2, "cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["data"] + rest["data"]] == ids[::-1]
    assert (len(first["data"]), rest["next_cursor"]) == (2, None)


def test_replays_over_http(instance: Instance) -> None:
    endpoint, _ = failed(instance, 2)
    client = instance.client("owner")
    begun = client.post(f"/v1/webhooks/{endpoint.id}/recover", json={"since": "2026-01-01T00:00:00Z"})
    assert (begun.status_code, begun.json()["state"], begun.json()["total"]) == (202, "queued", None)
    assert_problem(client.post(f"/v1/webhooks/{endpoint.id}/replays", json={}), 409, "conflict")
    while replay_tasks.turn(instance.store):
        pass
    done = client.get(f"/v1/replays/{begun.json()['id']}").json()
    assert (done["state"], done["total"], done["replayed"], done["outcome"]["pending"]) == ("done", 2, 2, 2)
    assert client.get(f"/v1/webhooks/{endpoint.id}/replays").json()["data"] == [done]
    assert_problem(client.post(f"/v1/replays/{done['id']}/cancel"), 409, "conflict")
    for body, field in (
        ({}, "since"),
        ({"since": "2026-01-01"}, "since"),
        ({"since": "2126-01-01T00:00:00Z"}, "since"),
    ):
        assert_problem(client.post(f"/v1/webhooks/{endpoint.id}/recover", json=body), 422, "invalid", field)
    assert_problem(client.post(f"/v1/webhooks/{endpoint.id}/replays", json={"state": "lost"}), 422, "invalid", "state")
    with instance.store.write() as tx:
        actions.delete_endpoint(tx, instance.actor("owner"), endpoint.id)
    assert client.get(f"/v1/replays/{done['id']}").status_code == 200
