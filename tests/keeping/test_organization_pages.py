"""The page that deletes an organization: what it shows and refuses, and what everybody in it sees from then on."""

from tests.http.served import Instance, text_of


def test_an_owner_deletes_and_restores(instance: Instance) -> None:
    browser, at = instance.browser("owner"), f"/organizations/{instance.harbour}"
    assert f'href="{at}/delete"' in browser.get(f"{at}/settings").text
    shown = text_of(browser.get(f"{at}/delete"))
    assert "Take it with you first" in shown
    assert "Within 30 days" in shown
    wrong = browser.submit(f"{at}/delete", {"confirm": "harbour"})
    assert (wrong.status_code, 'value="harbour"' in wrong.text) == (422, True)
    done = browser.submit(f"{at}/delete", {"confirm": "Harbour"})
    assert (done.status_code, done.headers["location"].partition("?")[0]) == (303, f"{at}/delete")
    assert "Harbour will be deleted on" in text_of(instance.browser("billing").get(f"/projects/{instance.project}"))
    assert browser.submit(f"{at}/restore", {}, at=f"{at}/delete").headers["location"].endswith("organization-restored")
    assert "will be deleted on" not in text_of(browser.get(f"{at}/projects"))


def test_whoever_may_not_is_told_who_may(instance: Instance) -> None:
    at = f"/organizations/{instance.harbour}/delete"
    shown = instance.browser("admin").get(at)
    assert "Only an owner of the organization" in text_of(shown)
    assert 'name="confirm"' not in shown.text
    assert instance.browser("stranger").get(at).status_code == 404
    refused = instance.browser("admin").post(at, {"confirm": "Harbour"})
    assert refused.status_code == 403
