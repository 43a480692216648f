"""An organization with rows in most tables, and short ways to let it be deleted. What is tried is in the test files."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, text, update

from freehold.keeping import emptying
from freehold.kit import clock
from freehold.reports import queries as report_queries
from freehold.reports import rules as report_rules
from freehold.reports import tasks as report_tasks
from freehold.reports.places.opening import keeping_of
from freehold.store.schema import keys, metadata, organization_deletions, projects
from tests.http.served import Instance


def ask(instance: Instance, who: str = "owner", name: str = "Harbour") -> Any:
    return instance.client(who).post(f"/v1/organizations/{instance.harbour}/delete", json={"name": name})


def let_time_pass(instance: Instance) -> None:
    with instance.store.write() as tx:
        tx.execute(update(organization_deletions).values(ends_at=clock.now() - timedelta(seconds=1)))


def empty(instance: Instance) -> int:
    steps = 0
    while True:
        while emptying.step(instance.store, instance.settings, instance.secret):
            steps += 1
        # The minute in which the last decisions come in is skipped.
        with instance.store.write() as tx:
            settles = organization_deletions.c.state == "deleting"
            ago = clock.now() - emptying.SETTLES
            if not tx.execute(update(organization_deletions).where(settles).values(emptied_at=ago)).rowcount:
                return steps


def fill_more(instance: Instance) -> None:
    """Rows in many more tables than every test's instance has."""
    owner, project = instance.client("owner"), f"/v1/projects/{instance.project}"
    hook = owner.post(
        f"{project}/webhooks", json={"url": "https://example.com/h", "event_types": ["parcel.moved"]}
    ).json()
    for path, body in (
        (f"/v1/webhooks/{hook['id']}/test", {}),
        (f"{project}/alerts", {"name": "Rule", "metric": "requests", "window_s": 3600, "thresholds": [{"at": 10}]}),
        (f"{project}/reports", {"kind": "key_inventory"}),
        (f"/v1/organizations/{instance.harbour}/reports", {"kind": "access_review"}),
        (f"/v1/organizations/{instance.harbour}/invitations", {"email": "n@example.com", "role": "billing"}),
        ("/v1/tokens", {"name": "service", "organization": instance.harbour, "roles": ["verifier"]}),
        (f"/v1/organizations/{instance.harbour}/forwardings", {"name": "SIEM", "url": "https://logs.example.com/secret", "after": 1}),
        (f"{project}/report_schedules", {"name": "Monthly", "kind": "usage_summary", "cron": "0 6 1 * *", "period": "month",
                                         "recipients": ["admin@example.com"]}),
    ):  # fmt: skip
        assert owner.post(path, json=body).status_code < 300, (path, body)
    owner.put(f"{project}/inbox", json={"answer": "accept"})
    while report_tasks.turn(instance.store, instance.settings):
        pass
    leave_reports_open(instance)
    post_mails(instance, "few", 620)


def post_mails(instance: Instance, name: str, count: int) -> None:
    """So many rows of one table."""
    statement = text(
        "INSERT INTO mails (id, organization_id, recipient, subject, text, state, attempts, created_at)"
        " VALUES (:id, :whose, 'a@example.com', 's', 't', 'sent', 1, 1)"
    )
    with instance.store.write() as tx:
        tx.execute(
            statement, [{"id": f"mail_{name}_{number:06}", "whose": instance.harbour} for number in range(count)]
        )


def leave_reports_open(instance: Instance) -> None:
    """Two reports whose process was killed: one with a piece of its draft on the disk, one with its whole file in place."""
    owner, keeping = instance.client("owner"), keeping_of(instance.settings)
    period = {"from": "2026-01-01", "to": "2026-01-02"}
    for form in ("csv", "jsonl"):
        asked = {"kind": "audit_log", "format": form, **period}
        assert owner.post(f"/v1/organizations/{instance.harbour}/reports", json=asked).status_code == 202
        with instance.store.write() as tx:
            report = report_queries.claim(tx, clock.now(), clock.now() + timedelta(minutes=5))
            assert report is not None
        keeping.pieces(report.id, report.attempts, report_rules.kept_for(report), "audit").add(b"Harbour's", {})
        if form == "jsonl":
            with keeping.drafted(report_rules.kept_name(report)) as draft:
                draft.write_bytes(b"all of Harbour's")
                keeping.keep(draft, report_rules.kept_name(report), report_rules.kept_for(report))


def found_in(instance: Instance, needles: list[str]) -> list[str]:
    found = []
    with instance.store.read() as tx:
        for table in metadata.sorted_tables:
            for row in tx.execute(text(f'SELECT * FROM "{table.name}"')):  # noqa: S608
                said = " ".join(str(each) for each in row)
                if any(needle in said for needle in needles):
                    found.append(f"{table.name}: {said[:200]}")
    return found


def ids_of(instance: Instance) -> list[str]:
    with instance.store.read() as tx:
        own = tx.execute(select(projects.c.id).where(projects.c.organization_id == instance.harbour)).scalars().all()
        of_keys = tx.execute(select(keys.c.id).where(keys.c.project_id.in_(own))).scalars().all()
    return [instance.harbour, *own, *of_keys]


def left_of(instance: Instance, ids: list[str]) -> set[str]:
    """The tables that any of these ids is in."""
    return {each.partition(":")[0] for each in found_in(instance, ids)}
