"""The pages of a project's history: listed, compared, gone back to; in production by its name."""

import re

import pytest

from tests.http.served import Instance, text_of
from tests.production.world import URL, furnish


@pytest.fixture
def furnished(instance: Instance) -> Instance:
    furnish(instance)
    return instance


def here(instance: Instance) -> str:
    return f"/projects/{instance.project}/history"


def newest(instance: Instance) -> int:
    number: int = instance.client("owner").get(f"/v1/projects/{instance.project}/shape").json()["number"]
    return number


def test_the_history_lists_who_changed_what_and_goes_on(furnished: Instance) -> None:
    client, browser = furnished.client("owner"), furnished.browser("auditor")
    for purpose in range(55):
        client.patch(f"/v1/projects/{furnished.project}", json={"purpose": f"Purpose {purpose}"})
    first = browser.get(here(furnished))
    assert "purpose" in text_of(first)
    assert "owner@example.com" in text_of(first)
    older = re.findall(rf"{here(furnished)}\?before=\d+", first.text)
    assert f'{here(furnished)}/1"' in browser.get(older[0]).text


def test_a_revision_is_gone_back_to_with_what_follows_shown_first(furnished: Instance) -> None:
    client, browser, before = furnished.client("owner"), furnished.browser("developer"), newest(furnished)
    assert "declares exactly this now" in text_of(browser.get(f"{here(furnished)}/{before}"))
    shape = client.get(f"/v1/projects/{furnished.project}/shape").json()["shape"]
    smaller = {**shape, "webhooks": {}, "alerts": {}, "keys": {"first": shape["keys"]["first"], "new": {}}}
    assert client.put(f"/v1/projects/{furnished.project}/shape", json={"shape": smaller}).status_code == 200
    place = f"{here(furnished)}/{before}"
    shown = text_of(browser.get(place))
    for words in (
        "Declared key new is taken back",
        "Key web is declared: people issue it afterwards",
        "The URL of orders",
    ):
        assert words in shown
    missing = browser.submit(f"{place}/restore", {}, at=place)
    assert missing.status_code == 422
    assert "Give a value: The URL of orders" in text_of(missing)
    names = re.findall(r'name="(slot-[0-9a-f]+)"', missing.text)
    values = dict.fromkeys(names, "x")
    labels = {name: re.search(rf'for="[^"]*{name}"[^>]*>([^<]*)', missing.text) for name in names}
    for name, label in labels.items():
        assert label
        values[name] = URL if "URL" in label[1] else "192.0.2.0/24" if "networks" in label[1] else "value"
    done = browser.submit(f"{place}/restore", values, at=place)
    assert done.status_code == 200
    assert "whsec_" in done.text
    after = client.get(f"/v1/projects/{furnished.project}/shape").json()
    assert after["shape"] == shape
    assert "Restored" in text_of(browser.get(here(furnished)))


def test_who_may_only_read_sees_why(furnished: Instance) -> None:
    furnished.client("owner").patch(f"/v1/projects/{furnished.project}", json={"purpose": "More"})
    shown = text_of(furnished.browser("auditor").get(f"{here(furnished)}/1"))
    assert "Your role lets you look at this, not change it" in shown
    assert furnished.browser("auditor").get(f"{here(furnished)}/4711").status_code == 404
    assert furnished.browser("stranger").get(here(furnished)).status_code == 404


def test_what_changed_meanwhile_is_not_gone_back_to_unseen(furnished: Instance) -> None:
    client, browser, before = furnished.client("owner"), furnished.browser("owner"), newest(furnished)
    client.patch(f"/v1/projects/{furnished.project}", json={"purpose": "More"})
    place = f"{here(furnished)}/{before}"
    stale = re.findall(r'name="fingerprint" value="([0-9a-f]+)"', browser.get(place).text)[0]
    client.patch(f"/v1/projects/{furnished.project}", json={"purpose": "Most"})
    refused = browser.submit(f"{place}/restore", {"fingerprint": stale}, at=place)
    assert refused.status_code == 409
    assert "Look at the plan again" in text_of(refused)
    assert browser.submit(f"{place}/restore", {}, at=place).status_code == 303
    assert newest(furnished) == before + 3
