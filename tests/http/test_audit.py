import re
from typing import Any

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from freehold.cli.audit import command
from freehold.kit import clock
from freehold.organizations.audit_seals import seal_chains
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem, text_of


def entries(instance: Instance, who: str = "auditor", **params: Any) -> list[dict[str, Any]]:
    answer = instance.client(who).get(f"/v1/organizations/{instance.harbour}/audit", params=params)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def test_every_change_is_on_record_with_who_and_what(instance: Instance) -> None:
    client = instance.client("developer")
    project = f"/v1/projects/{instance.project}"
    answer = client.patch(project, json={"purpose": "Finds parcels", "use_case": "Support"})
    entry = entries(instance)[0]
    assert entry["action"] == "project.changed"
    assert entry["actor"]["kind"] == "token"
    assert entry["actor"]["name"] == "developer@example.com (Test)"
    assert entry["subject"] == {"kind": "project", "id": instance.project, "name": "Parcel lookup"}
    assert entry["before"] == {"purpose": "Looks parcels up"}
    assert entry["after"] == {"purpose": "Finds parcels", "use_case": "Support"}
    assert entry["project"] == instance.project
    assert entry["request_id"] == answer.headers["x-request-id"]
    assert entry["address"] == "127.0.0.1"


def test_what_changes_nothing_leaves_no_trace(instance: Instance) -> None:
    before = len(entries(instance, limit=200))
    client = instance.client("developer")
    assert client.patch(f"/v1/organizations/{instance.harbour}", json={"name": "Mine"}).status_code == 403
    assert client.patch(f"/v1/projects/{instance.project}", json={"name": ""}).status_code == 422
    assert client.get(f"/v1/projects/{instance.project}").status_code == 200
    assert len(entries(instance, limit=200)) == before


def test_entries_never_hold_a_secret(instance: Instance) -> None:
    client = instance.client("owner")
    key = client.post(f"/v1/projects/{instance.project}/keys", json={"name": "second"}).json()["secret"]
    token = client.post(
        "/v1/tokens", json={"name": "t", "organization": instance.harbour, "roles": ["verifier"]}
    ).json()
    answer = instance.client("auditor").get(f"/v1/organizations/{instance.harbour}/audit").text
    assert "second" in answer
    assert key not in answer
    assert key[-38:] not in answer
    assert token["token"] not in answer


def test_filters_narrow_by_actor_action_subject_project_and_time(instance: Instance, test_clock: TestClock) -> None:
    owner, admin = instance.client("owner"), instance.client("admin")
    path = f"/v1/organizations/{instance.harbour}"
    owner.patch(path, json={"name": "One"})
    test_clock.move(60)
    admin.patch(path, json={"name": "Two"})
    test_clock.move(60)
    owner.patch(f"/v1/projects/{instance.project}", json={"purpose": "Three"})
    assert [each["subject"]["name"] for each in entries(instance, action="organization.renamed")] == ["Two", "One"]
    by_admin = entries(instance, actor="admin@example.com (Test)")
    assert [each["subject"]["name"] for each in by_admin] == ["Two"]
    assert entries(instance, actor=by_admin[0]["actor"]["id"]) == by_admin
    of_project = entries(instance, project=instance.project, action="project.changed")
    assert [each["after"] for each in of_project] == [{"purpose": "Three"}]
    assert entries(instance, subject=instance.key)[0]["action"] == "key.issued"
    between = entries(instance, **{"from": "2027-01-15T08:00:30Z", "to": "2027-01-15T10:01:30+02:00"})
    assert between == by_admin
    assert entries(instance, action="organization.renamed", actor="nobody") == []


def test_entries_come_in_pages_and_new_ones_move_nothing(instance: Instance, test_clock: TestClock) -> None:
    client = instance.client("owner")
    path = f"/v1/organizations/{instance.harbour}"
    for number in range(5):
        # All in one millisecond: ids tell them apart.
        client.patch(path, json={"name": f"Name {number}"})
    seen: list[int] = []
    cursor: str | None = None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = instance.client("auditor").get(f"{path}/audit", params=params).json()
        seen += [each["position"] for each in page["data"]]
        client.patch(path, json={"name": "Meanwhile"})
        cursor = page["next_cursor"]
        if cursor is None:
            break
        test_clock.move(1)
    assert len(seen) == len(set(seen))
    assert set(range(1, max(seen) + 1)) == set(seen)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=yesterday", "from"), ("to=2026-01-01", "to"), ("from=2026-01-01T00:00:00", "from"),
        ("since=2026-01-01T00:00:00Z", "since"), ("limit=0", "limit"), ("cursor=x", "cursor"),
    ],
)  # fmt: skip
def test_wrong_filters_are_refused_by_the_callers_names(instance: Instance, query: str, field: str) -> None:
    answer = instance.client("owner").get(f"/v1/organizations/{instance.harbour}/audit?{query}")
    assert_problem(answer, 422, "invalid", field)


def test_other_organizations_logs_are_closed(instance: Instance) -> None:
    path = f"/v1/organizations/{instance.elsewhere}/audit"
    assert_problem(instance.client("owner").get(path), 404, "not_found")
    assert_problem(instance.client("auditor").get(path), 404, "not_found")
    assert instance.client("operator").get(path).status_code == 200


def test_the_log_is_proved_whole_and_a_kept_seal_holds_it(instance: Instance) -> None:
    path = f"/v1/organizations/{instance.harbour}/audit/proof"
    auditor = instance.client("auditor")
    before = auditor.get(path).json()
    assert (before["verified"], before["fault"], before["last_seal"]) == (True, None, None)
    assert before["unsealed"] == before["entries"] > 0
    seal_chains(instance.store, instance.secret, clock.now())
    proof = auditor.get(path).json()
    assert (proof["seals"], proof["unsealed"], proof["last_seal"]["position"]) == (1, 0, proof["entries"])
    assert proof["last_seal"]["key_id"] == proof["key_id"]
    kept = {"seals": [proof["last_seal"]]}
    assert auditor.post(path, json=kept).json()["verified"] is True
    with instance.store.write() as tx:
        tx.execute(text("DROP TRIGGER audit_entries_no_update"))
        alter = text("UPDATE audit_entries SET subject_name = 'else' WHERE position = 2 AND chain = :chain")
        tx.execute(alter, {"chain": instance.harbour})
    found = auditor.get(path).json()
    assert found["verified"] is False
    assert found["fault"].startswith(f"entry 2 of {instance.harbour}")
    page = instance.browser("auditor").get(f"/organizations/{instance.harbour}/audit/proof")
    assert "The log is not whole. Entry 2 of" in text_of(page)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"hash": "xyz"}, "seals.0.hash"), ({"signature": "?"}, "seals.0.signature"), ({"chain": "org_else"}, "seals.0.chain"),
        ({"position": 0}, "seals.0.position"), ({"sealed_at": "yesterday"}, "seals.0.sealed_at"),
    ],
)  # fmt: skip
def test_a_seal_that_is_none_is_refused_by_its_field(instance: Instance, change: dict[str, Any], field: str) -> None:
    path = f"/v1/organizations/{instance.harbour}/audit/proof"
    seal_chains(instance.store, instance.secret, clock.now())
    seal = instance.client("auditor").get(path).json()["last_seal"]
    answer = instance.client("auditor").post(path, json={"seals": [seal | change]})
    assert_problem(answer, 422, "invalid", field)


def test_who_may_not_read_the_log_may_not_prove_it(instance: Instance) -> None:
    path = f"/v1/organizations/{instance.elsewhere}/audit/proof"
    assert_problem(instance.client("owner").get(path), 404, "not_found")
    own = f"/v1/organizations/{instance.harbour}/audit/proof"
    assert_problem(instance.client("developer").get(own), 403, "forbidden")
    assert_problem(instance.client("owner").get("/v1/audit/proof"), 403, "forbidden")
    proof = instance.client("operator").get("/v1/audit/proof").json()
    assert (proof["chain"], proof["verified"]) == ("instance", True)
    seal_chains(instance.store, instance.secret, clock.now())
    seal = instance.client("operator").get("/v1/audit/proof").json()["last_seal"]
    kept = instance.client("operator").post("/v1/audit/proof", json={"seals": [seal]})
    assert kept.json()["verified"] is True
    rewritten = instance.client("operator").post(
        "/v1/audit/proof", json={"seals": [seal | {"position": seal["position"] + 1}]}
    )
    assert rewritten.json()["fault"] == f"the seal of instance at entry {seal['position'] + 1} is not this instance's"
    other = {"seals": [seal | {"chain": instance.harbour}]}
    assert_problem(instance.client("operator").post("/v1/audit/proof", json=other), 422, "invalid", "seals.0.chain")
    assert "The log is whole" in text_of(
        instance.browser("owner").get(f"/organizations/{instance.harbour}/audit/proof")
    )
    assert instance.browser("owner").get("/audit/proof").status_code == 403
    assert "Deleted organizations None" in text_of(instance.browser("operator").get("/audit/proof"))


def test_every_chain_is_proved_in_the_terminal_and_what_is_wrong_is_named(
    instance: Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREEHOLD_SECRET", instance.secret.to_hex())
    prove = ["verify-all", "--data", str(instance.settings.data)]
    whole = CliRunner().invoke(command, prove)
    assert whole.exit_code == 0, whole.output
    for chain in (instance.harbour, instance.elsewhere, instance.northgate, "instance"):
        assert re.search(rf"^{chain}: \d+ entr(y|ies), whole; 0 seals$", whole.output, re.MULTILINE), whole.output
    with instance.store.write() as tx:
        put_in = """INSERT INTO organization_deletions
            (organization_id, state, name, asked_at, asked_by, ends_at, archived, recipients, counts, finished_at)
            VALUES ('org_never', 'deleted', '', 1, 'usr_x', 2, '[]', '[]', '{}', 3)"""
        tx.execute(text(put_in))
    other = CliRunner().invoke(command, prove)
    assert other.exit_code == 1
    assert (
        "instance: what is left of the deleted organization org_never was put in: no entry tells of it" in other.output
    )
