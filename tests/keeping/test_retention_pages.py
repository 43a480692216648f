"""The pages of what is kept: every kind, a preview, a typed confirmation, and the same over HTTP."""

from datetime import timedelta

from sqlalchemy import insert

from freehold.kit import clock, ids
from freehold.store.schema import mails
from tests.http.served import Instance, assert_problem, text_of


def old_mails(instance: Instance, count: int) -> None:
    at = clock.now() - timedelta(days=20)
    with instance.store.write() as tx:
        for _ in range(count):
            tx.execute(insert(mails).values(
                id=ids.new_id("mail"), organization_id=instance.harbour, recipient="a@example.com", subject="s", text="t",
                state="sent", attempts=1, created_at=at, finished_at=at))  # fmt: skip


def test_an_operator_sees_all_and_changes_one(instance: Instance) -> None:
    old_mails(instance, 3)
    browser = instance.browser("operator")
    shown = text_of(browser.get("/kept"))
    assert "Audit log" in shown
    assert "For good" in shown
    assert "30 days" in text_of(browser.get("/kept/mails"))
    preview = browser.get("/kept/mails", days="10", preview="yes")
    assert "Deletes 3 rows now" in text_of(preview)
    here = "/kept/mails?days=10&preview=yes"
    wrong = browser.submit("/kept/mails", {"confirm": "mail"}, at=here)
    assert (wrong.status_code, "type mails to confirm" in text_of(wrong), 'value="mail"' in wrong.text) == (
        422,
        True,
        True,
    )
    done = browser.submit("/kept/mails", {"confirm": "mails"}, at=here)
    assert done.headers["location"] == "/kept?done=retention-saved"
    assert "operator@example.com, here" in text_of(browser.get("/kept"))
    assert browser.get("/kept/mails", days="0", preview="yes").status_code == 422
    assert browser.get("/kept/mails", days="ten", preview="yes").status_code == 422
    assert browser.get("/kept/audit").status_code == 404
    assert instance.browser("owner").get("/kept").status_code == 403


def test_an_account_is_found_by_its_address(instance: Instance) -> None:
    browser = instance.browser("operator")
    found = browser.post("/kept/person", {"email": "Admin@Example.com"})
    assert found.headers["location"] == f"/people/{instance.users['admin'].id}/delete"
    nobody = browser.post("/kept/person", {"email": "nobody@example.com"})
    assert (nobody.status_code, "There is no account of this address" in text_of(nobody)) == (422, True)


def test_the_same_over_http(instance: Instance) -> None:
    old_mails(instance, 2)
    client = instance.client("operator")
    kinds = {each["kind"]: each for each in client.get("/v1/kept").json()["data"]}
    assert (kinds["mails"]["days"], kinds["mails"]["rows"], kinds["mails"]["set_by"]) == (30, 2, "default")
    assert (kinds["audit"]["days"], kinds["audit"]["floor"], kinds["audit"]["rows_counted"]) == (None, None, True)
    seen = client.get("/v1/kept/mails/preview", params={"days": 10}).json()
    assert (seen["rows"], seen["days_now"], seen["archived_first"]) == (2, 30, False)
    assert_problem(client.put("/v1/kept/mails", json={"days": 10}), 422, "invalid", "confirm")
    assert client.put("/v1/kept/mails", json={"days": 10, "confirm": "mails"}).json()["rows"] == 2
    assert client.put("/v1/kept/mails", json={"days": None}).json()["days"] == 30
    assert_problem(client.put("/v1/kept/audit", json={"days": 10}), 404, "not_found")
    assert_problem(client.get("/v1/kept/messages/preview", params={"days": 3}), 422, "invalid", "days")
    assert_problem(instance.client("owner").get("/v1/kept"), 403, "forbidden")
