"""What was answered without a record is said wherever the usage is read."""

from datetime import timedelta

from freehold.kit import clock
from freehold.usage.gap_queries import note_gaps
from freehold.usage.journal_gaps import ANY_PROJECT, Gap
from tests.conftest import TestClock
from tests.http.served import Instance
from tests.http.traffic import NOW


def gap_in(instance: Instance, slot: int, project_id: str, decisions: int) -> None:
    at_ms = clock.to_ms(NOW - timedelta(hours=1))
    with instance.store.write() as tx:
        note_gaps(tx, "jrn_one", [Gap(slot, project_id, decisions, at_ms, at_ms + 90_000)])


def test_a_gap_stands_beside_the_sums_it_is_missing_from(instance: Instance, test_clock: TestClock) -> None:
    gap_in(instance, 1, instance.project, 1204)
    gap_in(instance, 2, "proj_of_somebody_else", 5)
    gap_in(instance, 3, "", 6)
    expected = [
        {"project": instance.project, "from": "2027-01-15T07:00:00Z", "to": "2027-01-15T07:01:30Z", "decisions": 1204}
    ]
    auditor = instance.client("auditor")
    usage = auditor.get(f"/v1/projects/{instance.project}/usage").json()
    assert (usage["gaps"], usage["totals"]["requests"]) == (expected, 0)
    assert auditor.get(f"/v1/organizations/{instance.harbour}/usage").json()["gaps"] == expected
    before = {"from": "2027-01-14T00:00:00Z", "to": "2027-01-15T00:00:00Z"}
    assert auditor.get(f"/v1/projects/{instance.project}/usage", params=before).json()["gaps"] == []
    page = auditor.get(f"/projects/{instance.project}/usage").text
    assert "1,204 decisions between" in page
    assert "have no record, because a gate’s disk took none" in page


def test_a_gap_of_several_projects_is_said_to_each(instance: Instance, test_clock: TestClock) -> None:
    gap_in(instance, 0, ANY_PROJECT, 9)
    usage = instance.client("auditor").get(f"/v1/projects/{instance.project}/usage").json()
    assert [(gap["project"], gap["decisions"]) for gap in usage["gaps"]] == [(None, 9)]
