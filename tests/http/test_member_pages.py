from sqlalchemy import delete

from freehold.store.schema import project_owners, projects
from tests.http.served import Instance, hidden_fields, text_of
from tests.keeping.live_project import NEEDED, make_live


def test_members_are_listed_with_roles_and_what_they_own(instance: Instance) -> None:
    browser = instance.browser("owner")
    answer = browser.get(f"/organizations/{instance.harbour}/members")
    assert answer.status_code == 200
    shown = text_of(answer)
    assert "5 members" in shown
    for role in ("owner", "admin", "developer", "billing", "auditor"):
        assert f"{role}@example.com" in shown
    assert "owns Parcel lookup" in shown
    assert "The only owner: make another member an owner first." in shown


def test_an_invitation_link_is_shown_once_and_made_once(instance: Instance) -> None:
    browser = instance.browser("admin")
    at = f"/organizations/{instance.harbour}/members"
    fields = {**hidden_fields(browser.get(at).text, f"{at}/invite"), "email": " New@Example.com", "role": "developer"}
    first, second = browser.post(f"{at}/invite", fields), browser.post(f"{at}/invite", fields)
    assert first.status_code == second.status_code == 200
    link = first.text.partition("/invitation#token=")[2].partition("<")[0]
    assert len(link) == 43
    assert link in second.text
    listed = browser.get(at)
    assert text_of(listed).count("As developer, by Admin") == 1
    assert link not in listed.text


def test_a_wrong_address_comes_back_with_what_was_typed(instance: Instance) -> None:
    browser = instance.browser("owner")
    at = f"/organizations/{instance.harbour}/members"
    answer = browser.submit(f"{at}/invite", {"email": "nobody", "role": "auditor"}, at)
    assert answer.status_code == 422
    assert "This is not an e-mail address." in text_of(answer)
    assert 'value="nobody"' in answer.text
    assert '<option value="auditor" selected>' in answer.text


def test_whom_a_live_project_needs_is_not_offered_to_be_removed(instance: Instance) -> None:
    live = make_live(instance, "developer")
    at, who = f"/organizations/{instance.harbour}/members", instance.users["developer"].id
    for viewer in ("owner", "developer"):
        shown = instance.browser(viewer).get(at)
        assert NEEDED in text_of(shown)
        assert f'href="/projects/{live}/settings"' in shown.text
        assert f"/members/{who}/remove" not in shown.text
    # Their role can be changed; and whoever can remove nobody is told nothing of it.
    assert f"/members/{who}/role" in instance.browser("owner").get(at).text
    assert NEEDED not in text_of(instance.browser("auditor").get(at))


def test_who_is_needed_by_now_is_not_removed_and_the_page_says_what_to_do_first(instance: Instance) -> None:
    at, who = f"/organizations/{instance.harbour}/members", instance.users["developer"].id
    for viewer in ("owner", "developer"):
        browser = instance.browser(viewer)
        fields = hidden_fields(browser.get(at).text, f"{at}/{who}/remove")
        live = make_live(instance, "developer")
        answer = browser.post(f"{at}/{who}/remove", fields)
        assert answer.status_code == 409
        # Above the page, and beside them, with the way to it.
        assert f'href="/projects/{live}/settings">Go there<span class="fh-sr">: {NEEDED}</span>' in answer.text
        assert text_of(answer).count(NEEDED) == 3
        with instance.store.write() as tx:
            tx.execute(delete(project_owners).where(project_owners.c.project_id == live))
            tx.execute(delete(projects).where(projects.c.id == live))
