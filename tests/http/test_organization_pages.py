"""The pages of tokens, the audit log, and organizations themselves."""

import re

import httpx
import pytest

from tests.http.served import Instance, hidden_fields, text_of


def pages_of(organization_id: str) -> list[str]:
    return [f"/organizations/{organization_id}/{name}" for name in ("members", "tokens", "audit", "settings")]


def test_every_page_answers_its_people(instance: Instance) -> None:
    browser = instance.browser("owner")
    for path, title in zip(pages_of(instance.harbour), ("Members", "Tokens", "Audit log", "Settings"), strict=True):
        answer = browser.get(path)
        assert answer.status_code == 200, path
        assert f'<h1><span class="fh-h1-t">{title}</span>' in answer.text


def test_other_organizations_pages_are_not_there(instance: Instance) -> None:
    browser = instance.browser("owner")
    for path in pages_of(instance.elsewhere):
        assert browser.get(path).status_code == 404, path
    refused = [
        browser.post(f"/organizations/{instance.elsewhere}/members/invite", {"email": "a@b", "role": "admin"}),
        browser.post(f"/organizations/{instance.elsewhere}/members/{instance.users['stranger'].id}/remove"),
        browser.post(f"/organizations/{instance.elsewhere}/tokens/service", {"name": "x", "roles": "verifier"}),
        browser.post(f"/organizations/{instance.elsewhere}/settings", {"name": "x", "revision": "1"}),
    ]
    assert [answer.status_code for answer in refused] == [404] * 4
    assert instance.client("stranger").get(f"/v1/organizations/{instance.elsewhere}").json()["name"] == "Elsewhere"


def test_who_is_not_signed_in_is_sent_to_sign_in_and_back(instance: Instance) -> None:
    path = f"/organizations/{instance.harbour}/tokens"
    answer = instance.client().get(path)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in?next={path}")


def test_forms_without_the_sessions_token_change_nothing(instance: Instance) -> None:
    browser = instance.browser("owner")
    browser.csrf_token = instance.browser("admin").csrf_token
    at = f"/organizations/{instance.harbour}"
    for path, fields in (
        (f"{at}/settings", {"name": "Taken", "revision": "1"}), (f"{at}/tokens/own", {"name": "x"}),
        (f"{at}/members/invite", {"email": "x@example.com", "role": "admin"}),
        (f"{at}/members/{instance.users['admin'].id}/role", {"role": "owner"}), ("/organizations/new", {"name": "x"}),
    ):  # fmt: skip
        answer = browser.post(path, fields)
        assert answer.status_code == 403, path
        assert "The form has expired" in text_of(answer)
    assert "Harbour" in text_of(browser.get(f"{at}/settings"))
    assert len(instance.client("owner").get("/v1/tokens").json()["data"]) == 1


# --- members --------------------------------------------------------------------------------------


def test_a_role_is_changed_and_a_member_removed_from_the_page(instance: Instance) -> None:
    browser = instance.browser("owner")
    at = f"/organizations/{instance.harbour}/members"
    developer = instance.users["developer"].id
    changed = browser.submit(f"{at}/{developer}/role", {"role": "auditor"}, at)
    assert (changed.status_code, changed.headers["location"]) == (303, f"{at}?done=member-saved")
    assert "The role is changed." in text_of(browser.get(at, done="member-saved"))
    removed = browser.submit(f"{at}/{developer}/remove", {}, at)
    assert removed.headers["location"] == f"{at}?done=member-removed"
    assert "developer@example.com" not in browser.get(at).text


def test_what_is_refused_is_said_above_the_page(instance: Instance) -> None:
    at = f"/organizations/{instance.harbour}/members"
    owner, admin = instance.users["owner"].id, instance.browser("admin")
    answer = admin.post(f"{at}/{owner}/role", {"role": "admin"})
    assert answer.status_code == 403
    assert "Only an owner can make, change or remove an owner." in text_of(answer)
    last = instance.browser("owner").post(f"{at}/{owner}/remove")
    assert last.status_code == 409
    assert "An organization needs an owner: make another member one first." in text_of(last)


def test_a_role_that_may_only_look_sees_why_and_may_leave(instance: Instance) -> None:
    browser = instance.browser("developer")
    at = f"/organizations/{instance.harbour}/members"
    page = browser.get(at)
    assert "Your role lets you look at this, not change it." in text_of(page)
    assert f"{at}/{instance.users['admin'].id}/remove" not in page.text
    refused = browser.post(f"{at}/invite", {"email": "x@example.com", "role": "admin"})
    assert refused.status_code == 403
    left = browser.submit(f"{at}/{instance.users['developer'].id}/remove", {}, at)
    assert left.headers["location"] == "/account?done=left"
    assert browser.get(at).status_code == 404


def test_an_invitation_is_withdrawn_from_the_page(instance: Instance) -> None:
    browser = instance.browser("admin")
    at = f"/organizations/{instance.harbour}/members"
    browser.submit(f"{at}/invite", {"email": "nina@example.com", "role": "billing"}, at)
    withdraw = re.search(r'action="([^"]+/withdraw)"', browser.get(at).text)
    assert withdraw
    assert browser.submit(withdraw[1], {}, at).headers["location"] == f"{at}?done=invitation-withdrawn"
    assert "nina@example.com" not in browser.get(at).text
    foreign = instance.browser("stranger").post(withdraw[1])
    assert foreign.status_code == 404


# --- tokens ---------------------------------------------------------------------------------------


def shown_token(answer: httpx.Response) -> str:
    found = re.search(r'<code id="secret">([^<]+)</code>', answer.text)
    assert found, text_of(answer)
    return found[1]


@pytest.mark.parametrize(("form", "fields"), [("own", {}), ("service", {"roles": ["verifier", "publisher"]})])
def test_a_token_is_shown_once_and_serves(instance: Instance, form: str, fields: dict[str, list[str]]) -> None:
    browser = instance.browser("owner")
    at = f"/organizations/{instance.harbour}/tokens"
    sent = {
        **hidden_fields(browser.get(at).text, f"{at}/{form}"),
        "name": "laptop",
        "expires_on": "2029-12-31",
        **fields,
    }
    first, again = browser.post(f"{at}/{form}", sent), browser.post(f"{at}/{form}", sent)
    assert first.status_code == 200
    text = shown_token(first)
    assert shown_token(again) == text
    client = instance.client()
    client.headers["Authorization"] = f"Bearer {text}"
    token = client.get("/v1/me").json()["token"]
    assert (token["name"], token["expires_at"][:19], sorted(token["roles"])) == (
        "laptop", "2029-12-31T23:59:59", sorted(fields.get("roles", []))
    )  # fmt: skip
    page = browser.get(at)
    assert text not in page.text
    assert text_of(page).count(f"…{text[-4:]}") == 1
    assert browser.submit(f"{at}/{token['id']}/revoke", {}, at).headers["location"] == f"{at}?done=token-revoked"
    assert client.get("/v1/me").status_code == 401


@pytest.mark.parametrize(
    ("form", "fields", "message"),
    [
        ("own", {"name": ""}, "Fill this in."), ("own", {"name": "x", "expires_on": "31.12.2029"}, "Write the day like 2026-11-22."),
        ("own", {"name": "kept", "expires_on": "2001-01-01"}, "This time has passed."),
        ("service", {"name": "kept"}, "One or more of owner, admin"),
        ("service", {"name": "kept", "roles": ["verifier", "king"]}, "One or more of owner, admin"),
    ],
)  # fmt: skip
def test_a_wrong_token_form_comes_back_as_typed(
    instance: Instance, form: str, fields: dict[str, str | list[str]], message: str
) -> None:
    browser = instance.browser("owner")
    at = f"/organizations/{instance.harbour}/tokens"
    answer = browser.submit(f"{at}/{form}", fields, at)
    assert answer.status_code == 422
    assert message in text_of(answer)
    assert 'aria-invalid="true"' in answer.text or "fh-error" in answer.text
    assert f'value="{fields["name"]}"' in answer.text
    if "roles" in fields:
        assert re.search(r'name="roles" value="verifier" checked', answer.text)


def test_a_token_with_more_rights_than_its_maker_is_refused_on_the_form(instance: Instance) -> None:
    browser = instance.browser("admin")
    at = f"/organizations/{instance.harbour}/tokens"
    answer = browser.submit(f"{at}/service", {"name": "too much", "roles": ["owner"]}, at)
    assert answer.status_code == 403
    assert "A token cannot have more rights than you have yourself." in text_of(answer)


def test_a_developer_has_tokens_of_their_own_and_sees_no_others(instance: Instance) -> None:
    browser = instance.browser("developer")
    page = text_of(browser.get(f"/organizations/{instance.harbour}/tokens"))
    assert "Owners and admins of the organization see its service tokens." in page
    assert "verifier fho_" not in page
    others = instance.client("owner").get("/v1/tokens").json()["data"][0]["id"]
    assert browser.post(f"/organizations/{instance.harbour}/tokens/{others}/revoke").status_code == 404


# --- audit log ------------------------------------------------------------------------------------


def test_the_log_says_who_did_what_and_what_it_changed(instance: Instance) -> None:
    instance.client("developer").patch(f"/v1/projects/{instance.project}", json={"purpose": "Finds <parcels>"})
    answer = instance.browser("auditor").get(f"/organizations/{instance.harbour}/audit")
    page = text_of(answer)
    assert "developer@example.com (Test) Project changed: Parcel lookup" in page
    assert "Purpose Looks parcels up Finds <parcels>" in page
    assert "<parcels>" not in answer.text
    assert f'href="/projects/{instance.project}/keys/{instance.key}"' in answer.text
    assert "Key issued: first in Parcel lookup" in page


def test_the_log_is_filtered_by_its_address(instance: Instance) -> None:
    browser = instance.browser("owner")
    at = f"/organizations/{instance.harbour}/audit"
    filtered = browser.get(at, action="token.created", actor="owner@example.com")
    assert "2 entries on this page." in text_of(filtered)
    assert '<option value="token.created" selected>' in filtered.text
    assert "No entry matches" in text_of(browser.get(at, **{"from": "2001-01-01", "to": "2001-01-02"}))
    today = browser.get(at, subject=instance.key, project=instance.project)
    assert "1 entry on this page." in text_of(today)
    assert browser.get(at, **{"from": "yesterday"}).status_code == 422
    assert browser.get(at, cursor="mine").status_code == 422


def test_the_log_goes_on_page_by_page(instance: Instance) -> None:
    client = instance.client("owner")
    for number in range(60):
        client.patch(f"/v1/organizations/{instance.harbour}", json={"name": f"Name {number}"})
    browser = instance.browser("owner")
    first = browser.get(f"/organizations/{instance.harbour}/audit", action="organization.renamed")
    assert "50 entries on this page." in text_of(first)
    older = re.search(r'href="([^"]+)">Older', first.text)
    assert older
    second = browser.get(older[1].replace("&amp;", "&"))
    assert "10 entries on this page." in text_of(second)
    assert "Name 0" in text_of(second)
    assert "Newest" in text_of(second)


def test_the_log_is_closed_to_those_who_may_not_read_it(instance: Instance) -> None:
    answer = instance.browser("developer").get(f"/organizations/{instance.harbour}/audit")
    assert answer.status_code == 403
    assert "audit.read" in text_of(answer)


# --- organizations --------------------------------------------------------------------------------


def test_the_operator_makes_an_organization_once(instance: Instance) -> None:
    browser = instance.browser("operator")
    sent = {**hidden_fields(browser.get("/organizations/new").text, "/organizations/new"), "name": "Quay"}
    first, again = browser.post("/organizations/new", sent), browser.post("/organizations/new", sent)
    assert first.headers["location"] == again.headers["location"]
    assert "Quay" in text_of(browser.get(first.headers["location"]))
    empty = browser.submit("/organizations/new", {"name": " "})
    assert empty.status_code == 422
    assert "Fill this in." in text_of(empty)


def test_only_operators_make_organizations(instance: Instance) -> None:
    browser = instance.browser("owner")
    assert browser.get("/organizations/new").status_code == 403
    assert browser.post("/organizations/new", {"name": "Mine"}).status_code == 403
    assert "New organization" not in text_of(browser.get(f"/organizations/{instance.harbour}/settings"))
    assert "New organization" in text_of(
        instance.browser("operator").get(f"/organizations/{instance.harbour}/settings")
    )


def test_an_organization_is_renamed_from_the_page_it_was_seen_on(instance: Instance) -> None:
    browser = instance.browser("admin")
    at = f"/organizations/{instance.harbour}/settings"
    stale = {**hidden_fields(browser.get(at).text, at), "name": "Late"}
    assert browser.submit(at, {"name": "Haven"}).headers["location"] == f"{at}?done=saved"
    late = browser.post(at, stale)
    assert late.status_code == 412
    assert "was changed in between" in text_of(late)
    assert 'value="Late"' in late.text
    assert "Haven" in text_of(browser.get(at))
    developer = instance.browser("developer")
    assert "Your role lets you look at this" in text_of(developer.get(at))
    assert developer.post(at, {"name": "Mine", "revision": "2"}).status_code == 403
