from tests.http.served import Instance, hidden_fields, text_of


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
