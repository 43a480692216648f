"""The pages of deleting an account: what it shows, what it refuses, and who is signed out by it."""

from freehold.keeping import erasing
from tests.http.served import Instance, text_of


def test_somebody_deletes_their_own_account(instance: Instance) -> None:
    browser = instance.browser("developer")
    assert 'href="/people/me/delete"' in browser.get("/account").text
    shown = text_of(browser.get("/people/me/delete"))
    assert "Delete your account" in shown
    assert "Harbour" in shown
    path = f"/people/{instance.users['developer'].id}/delete"
    wrong = browser.submit(path, {"confirm": "Developer"})
    assert (wrong.status_code, 'value="Developer"' in wrong.text) == (422, True)
    assert "Type the address of the account" in text_of(wrong)
    done = browser.submit(path, {"confirm": "developer@example.com"})
    assert (done.status_code, done.headers["location"]) == (303, "/sign-in?done=account-deleted")
    assert browser.get("/account").status_code == 303


def test_an_operator_deletes_an_account_and_sees_how_far_it_is(instance: Instance) -> None:
    browser, path = instance.browser("operator"), f"/people/{instance.users['auditor'].id}/delete"
    assert "Delete an account" in text_of(browser.get("/people/auditor@example.com/delete"))
    assert browser.submit(path, {"confirm": "auditor@example.com"}).headers["location"] == path
    assert "Being deleted" in text_of(browser.get(path))
    while erasing.step(instance.store, instance.secret):
        pass
    assert "Deleted person" in text_of(browser.get(path))
    members = text_of(browser.get(f"/organizations/{instance.harbour}/audit"))
    assert "person.deleted" in members
    assert "auditor@example.com" not in members


def test_what_has_to_be_done_first_stands_in_place_of_the_form(instance: Instance) -> None:
    shown = instance.browser("owner").get("/people/me/delete")
    assert "Nobody else owns the organization Harbour" in text_of(shown)
    assert 'name="confirm"' not in shown.text
    assert instance.browser("admin").get(f"/people/{instance.users['owner'].id}/delete").status_code == 404
