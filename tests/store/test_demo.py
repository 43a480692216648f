"""The demonstration: what it fills adds up, shows something on every page, and is the same each time."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from freehold.demo import events
from freehold.demo import fill as filling
from freehold.demo.fill import Filled, Progress, fill
from freehold.demo.story import STORY, OrganizationStory
from freehold.errors import Problem
from freehold.kit import clock
from freehold.organizations import actions, audit, audit_reading, member_queries, queries
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.store.schema import (
    access_request_entries,
    access_requests,
    audit_heads,
    deliveries,
    journals,
    key_secrets,
    messages,
    organizations,
    reports,
    secret_uses,
    usage_events,
    usage_rollups,
)
from freehold.store.schema import keys as keys_table
from freehold.store.schema import projects as projects_table
from freehold.store.schema.names import number_of
from freehold.supervisor import instance
from freehold.usage import actions as usage
from freehold.usage.drivers import Wanted, read_organization_drivers
from freehold.usage.records import Question, Range
from tests.conftest import TestClock
from tests.databases import SECRET, copy_sqlite
from tests.http.served import PASSWORD
from tests.store.usage_sums import assert_sums_are_right

QUIET = Progress(lambda _title, _length: None, lambda _count: None)
SYSTEM = Actor("system", "freehold", "Freehold", None, is_operator=True, roles={})


def fill_instance(store: Store, settings: Settings) -> Filled:
    instance.prepare(store, settings)
    return fill(store, settings, SECRET, PASSWORD, QUIET)


@pytest.fixture(scope="module")
def demo(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, Filled]]:
    """An instance filled by the whole demonstration."""
    data = tmp_path_factory.mktemp("demo")
    store = copy_sqlite(sqlite_template, data)
    filled = fill_instance(store, Settings(data=data, secret=SECRET.to_hex()))
    yield store, filled
    store.close()


# --- what is there --------------------------------------------------------------------------------


def test_every_sum_is_that_of_its_requests(demo: tuple[Store, Filled]) -> None:
    store, filled = demo
    assert assert_sums_are_right(store) == filled.requests > 20_000


def test_keys_add_up_to_projects_and_projects_to_organizations_at_every_grain(demo: tuple[Store, Filled]) -> None:
    store, filled = demo
    month = Range(clock.now() - timedelta(days=40), clock.now() + timedelta(days=1))
    counted = 0
    with store.read() as tx:
        for organization_id in tx.execute(select(organizations.c.id)).scalars():
            whole = read_organization_drivers(tx, SYSTEM, organization_id, Wanted(month))
            assert whole.totals.requests == sum(each.counts.requests for each in whole.page.data)
            counted += whole.totals.requests
            for each in whole.page.data:
                for group_by in ("key", "endpoint", "outcome", "secret"):
                    groups = usage.read_divided(
                        tx, SYSTEM, each.project.id, Question(month, "month", group_by=group_by)
                    ).groups
                    assert sum(group.counts.requests for group in groups) == each.counts.requests
        grains = dict(
            tx.execute(
                select(usage_rollups.c.grain, func.sum(usage_rollups.c.requests)).group_by(usage_rollups.c.grain)
            ).all()
        )
    assert counted == filled.requests
    assert grains == dict.fromkeys(("minute", "hour", "day", "month"), filled.requests)


def test_every_audit_chain_is_whole(demo: tuple[Store, Filled]) -> None:
    store, _ = demo
    with store.read() as tx:
        chains = list(tx.execute(select(audit_heads.c.chain)).scalars())
        assert len(chains) == 1 + len(STORY)
        for chain in chains:
            assert audit.verify_chain(tx, chain) is None
        for organization_id in tx.execute(select(organizations.c.id)).scalars():
            seen = set(audit_reading.actions_seen(tx, organization_id))
            assert {"project.created", "scope.changed", "key.issued", "webhook_endpoint.created"} <= seen


def test_every_page_has_something_to_show(demo: tuple[Store, Filled]) -> None:
    store, filled = demo
    with store.read() as tx:
        found = Counter(tx.execute(select(usage_events.c.outcome)).scalars())
        assert {"allowed", "rate_limited", "quota_exhausted", "endpoint_not_in_scope", "revoked"} == set(found)
        # A month's quota is exhausted at its end, so what limits refuse hangs on the day of the month on which this runs.
        limited = found["rate_limited"] + found["quota_exhausted"]
        assert found["allowed"] > 0.9 * (filled.requests - limited), found
        assert limited < 0.2 * filled.requests, found
        failed = tx.execute(select(func.count()).where(usage_events.c.status >= 500)).scalar_one()
        assert failed > 20
        day = clock.now() - timedelta(hours=24)
        assert tx.execute(select(func.count()).where(usage_events.c.at >= day)).scalar_one() > 100
        states = Counter(tx.execute(select(deliveries.c.state)).scalars())
        assert {"delivered", "failed"} <= set(states)
        asked = tx.execute(select(access_requests.c.state)).scalars()
        assert sorted(asked) == ["approved", "denied", "requested"]
        assert "commented" in set(tx.execute(select(access_request_entries.c.kind)).scalars())
        assert set(tx.execute(select(keys_table.c.state)).scalars()) == {"active", "revoked"}
        rotated = tx.execute(
            select(key_secrets.c.state, secret_uses.c.requests)
            .join(secret_uses, secret_uses.c.selector == key_secrets.c.selector)
            .where(key_secrets.c.key_id.in_(select(key_secrets.c.key_id).where(key_secrets.c.version == 2)))
        ).all()
        assert Counter(row.state for row in rotated) == {"active": 2, "retiring": 2}, "both secrets are in use"
        assert tx.execute(select(func.count()).select_from(messages)).scalar_one() >= filled.messages
        kinds = Counter(tuple(row) for row in tx.execute(select(projects_table.c.environment, projects_table.c.state)))
        assert kinds == {("sandbox", "active"): 5, ("sandbox", "archived"): 1, ("production", "active"): 2}
        assert filled.projects == sum(kinds.values())
        for project_id in tx.execute(select(projects_table.c.id)).scalars():
            assert any(each.duty == "technical" for each in projects.owners_of(tx, [project_id])[project_id])
        roles = Counter(
            member.role for found_id in tx.execute(select(organizations.c.id)).scalars()
            for member in member_queries.members_of(tx, found_id)
        )  # fmt: skip
    assert set(roles) == {"owner", "admin", "developer", "billing", "auditor"}
    assert sum(roles.values()) == len(filled.emails)


def test_limits_of_keys_and_projects_have_held(demo: tuple[Store, Filled]) -> None:
    store, _ = demo
    with store.read() as tx:
        rules = Counter(each["rule"] for each in tx.execute(select(usage_events.c.explanation)).scalars())
        assert {"key.rate_limits", "project.rate_limits", "key.quota"} <= set(rules)
        for table, owner in ((keys_table, usage_rollups.c.key_id), (projects_table, usage_rollups.c.project_id)):
            limited = tx.execute(
                select(table.c.id, table.c.quota, table.c.quota_period).where(table.c.quota.is_not(None))
            ).all()
            assert limited
            for owner_id, quota, period in limited:
                spent = tx.execute(
                    select(func.sum(usage_rollups.c.cost))
                    .where(owner == owner_id, usage_rollups.c.grain == period, usage_rollups.c.outcome == "allowed")
                    .group_by(usage_rollups.c.bucket_at)
                ).scalars()
                assert 0 < max(spent) <= quota


def test_nothing_lies_in_the_future_and_all_is_collected(demo: tuple[Store, Filled]) -> None:
    store, _ = demo
    now = clock.now()
    with store.read() as tx:
        for column in (usage_events.c.at, projects_table.c.created_at, keys_table.c.created_at, messages.c.created_at):
            newest = tx.execute(select(func.max(column))).scalar_one()
            assert now - timedelta(days=3) < newest <= now, column
        assert tx.execute(select(func.count()).where(journals.c.ended_at.is_(None))).scalar_one() == 0


def test_everybody_can_sign_in(demo: tuple[Store, Filled]) -> None:
    store, filled = demo
    with store.read() as tx:
        users = [queries.find_user_by_email(tx, email) for email in filled.emails]
    assert all(users)
    assert [user[0].is_operator for user in users if user] == [True] + [False] * (len(users) - 1)


def test_an_instance_that_is_set_up_is_left_alone(demo: tuple[Store, Filled]) -> None:
    store, _ = demo
    with store.read() as tx:
        before = (tx.execute(select(func.count()).select_from(usage_events)).scalar_one(), queries.is_set_up(tx))
    with pytest.raises(Problem) as refused:
        fill(store, Settings(data=Path("nowhere")), SECRET, PASSWORD, QUIET)
    assert refused.value.code == "already_set_up"
    with store.read() as tx:
        after = (tx.execute(select(func.count()).select_from(usage_events)).scalar_one(), queries.is_set_up(tx))
    assert after == before


# --- the same numbers each time -------------------------------------------------------------------


def smaller(story: OrganizationStory) -> OrganizationStory:
    return replace(
        story,
        projects=tuple(replace(project, requests_a_day=project.requests_a_day // 30) for project in story.projects),
    )


def numbers(store: Store) -> dict[tuple[object, ...], int]:
    """Requests by project, environment, key, endpoint and outcome, by name: ids differ from one filling to the next."""
    named = (
        projects_table.c.slug,
        projects_table.c.environment,
        keys_table.c.name,
        usage_events.c.endpoint,
        usage_events.c.outcome,
    )
    query = (
        select(*named, func.count()).select_from(usage_events)
        .join(projects_table, number_of(projects_table.c.id) == usage_events.c.project_id)
        .join(keys_table, number_of(keys_table.c.id) == usage_events.c.key_id).group_by(*named)
    )  # fmt: skip
    with store.read() as tx:
        return {tuple(row[:-1]): row[-1] for row in tx.execute(query)}


def test_both_databases_are_filled_with_the_same_numbers(
    settings: Settings, store: Store, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test_clock: TestClock
) -> None:  # fmt: skip
    monkeypatch.setattr(filling, "STORY", tuple(smaller(each) for each in STORY))
    monkeypatch.setattr(events, "_PER_PROJECT", 6)
    first = fill_instance(store, settings)
    assert_sums_are_right(store)
    # Filling moved the clock through the past, and put the real one back.
    clock.set_source(lambda: (test_clock.ms + 0.5) / 1000)
    other = copy_sqlite(sqlite_template, tmp_path / "other")
    second = fill_instance(other, Settings(data=tmp_path / "other", secret=SECRET.to_hex()))
    assert first == second
    assert numbers(store) == numbers(other)
    assert sum(numbers(store).values()) == first.requests > 500
    other.close()


def test_a_set_up_instance_is_refused_before_anything_is_made(settings: Settings, store: Store) -> None:
    instance.prepare(store, settings)
    with store.write() as tx:
        actions.set_up(tx, actions.NewOperator("a@example.com", "Ada", "x", "Acme"))
    with pytest.raises(Problem) as refused:
        fill(store, settings, SECRET, PASSWORD, QUIET)
    assert refused.value.code == "already_set_up"
    with store.read() as tx:
        assert tx.execute(select(func.count()).select_from(organizations)).scalar_one() == 1
        assert tx.execute(select(func.count()).select_from(projects_table)).scalar_one() == 0


def test_its_reports_are_ready_and_one_has_expired(demo: tuple[Store, Filled]) -> None:
    store, _ = demo
    with store.read() as tx:
        found = [(row.state, row.parameters["kind"]) for row in tx.execute(select(reports).order_by(reports.c.id))]
    # The last two are asked for at one instant, so that their ids are in no order.
    assert [*found[:6], *sorted(found[6:])] == [
        ("expired", "usage_summary"), ("ready", "usage_summary"), ("ready", "audit_log"), ("ready", "usage_detail"),
        ("ready", "key_inventory"), ("ready", "access_review"), ("queued", "cost_statement"), ("queued", "readiness_evidence"),
    ]  # fmt: skip
