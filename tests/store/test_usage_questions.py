"""What is asked of usage, on both databases: sums that reconcile, lists, explanations, and who may ask."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, event, insert

from freehold.errors import Problem
from freehold.kit import clock, ids
from freehold.kit.sketch import quantile
from freehold.store.engine import Store
from freehold.store.schema import changes
from freehold.usage import actions, drivers, rules, scope_queries, sum_queries
from freehold.usage.drivers import Wanted
from freehold.usage.records import Counts, Filter, Grain, Question, Range, Usage
from tests.conftest import TestClock
from tests.store.usage_world import UsageWorld, make_usage_world

# The test clock's time: 2027-01-15 08:00 UTC.
NOW_MS = 1_800_000_000_000
NOW = clock.from_ms(NOW_MS)
HOUR_MS = 3_600_000


@pytest.fixture
def world(store: Store, tmp_path: Path, test_clock: TestClock) -> UsageWorld:
    return make_usage_world(store, tmp_path / "journal")


def at(*parts: int) -> int:
    year, month, day, hour, minute = (*parts, 0, 0)[:5]
    return clock.to_ms(datetime(year, month, day, hour, minute, tzinfo=UTC))


def ask(world: UsageWorld, start_ms: int, end_ms: int, bucket: Grain = "day", **more: object) -> Usage:
    question = Question(Range(clock.from_ms(start_ms), clock.from_ms(end_ms)), bucket, **more)  # type: ignore[arg-type]  # the question's other fields
    with world.store.read() as tx:
        return actions.read_usage(tx, world.actor("developer"), world.project_id, question)


def test_a_series_has_every_bucket_and_the_totals_are_its_sum(world: UsageWorld) -> None:
    world.collect(
        world.decide(NOW_MS - 3 * HOUR_MS, cost=4),
        world.decide(NOW_MS - 3 * HOUR_MS + 1, status=503),
        world.decide(NOW_MS - 2 * HOUR_MS, outcome="rate_limited", status=None, latency_us=None),
        world.decide(NOW_MS - 2 * HOUR_MS, outcome="quota_exhausted", status=None, latency_us=None),
        world.decide(NOW_MS - 1, outcome="revoked", status=None, latency_us=None),
        world.decide(NOW_MS - 1, outcome="unavailable", status=None, latency_us=None),
        # Outside the range, and another project's.
        world.decide(NOW_MS),
        world.decide(NOW_MS - HOUR_MS, project_id=world.second_project_id),
    )
    usage = ask(world, NOW_MS - 4 * HOUR_MS, NOW_MS, "hour")
    assert [(point.at, point.counts.requests) for point in usage.series] == [
        (NOW - timedelta(hours=4), 0), (NOW - timedelta(hours=3), 2), (NOW - timedelta(hours=2), 2), (NOW - timedelta(hours=1), 2),
    ]  # fmt: skip
    assert usage.totals == Counts(requests=6, cost=9, allowed=2, served=1, throttled=2, denied=1, failed=2)
    assert usage.totals == rules.total(point.counts for point in usage.series)
    assert usage.latency.p95_ms == pytest.approx(1.0, rel=0.01)
    assert usage.as_of == NOW


def test_minutes_hours_days_and_months_give_the_same_sums(world: UsageWorld) -> None:
    start, end = at(2026, 11, 30, 22, 17), at(2027, 1, 2, 1, 1)
    step = (end - start) // 200
    world.collect(*(world.decide(start + number * step, cost=number) for number in range(200)))
    totals = {bucket: ask(world, start, end, bucket).totals for bucket in ("hour", "day", "month")}
    assert set(totals.values()) == {Counts(200, sum(range(200)), 200, 200)}
    day = ask(world, start, start + 24 * HOUR_MS, "minute")
    assert day.totals == ask(world, start, start + 24 * HOUR_MS, "hour").totals
    assert day.totals.requests == len([number for number in range(200) if number * step < 24 * HOUR_MS])


@pytest.mark.parametrize(
    ("zone", "offset_minutes"), [("Europe/Berlin", 60), ("Asia/Kolkata", 330), ("Asia/Kathmandu", 345)]
)
def test_days_are_those_of_the_zone(world: UsageWorld, zone: str, offset_minutes: int) -> None:
    midnight = at(2027, 1, 10) - offset_minutes * 60_000
    world.collect(world.decide(midnight - 1), world.decide(midnight), world.decide(midnight + 24 * HOUR_MS - 1))
    usage = ask(world, midnight - 24 * HOUR_MS, midnight + 24 * HOUR_MS, "day", timezone=zone)
    assert [(clock.to_ms(point.at), point.counts.requests) for point in usage.series] == [
        (midnight - 24 * HOUR_MS, 1), (midnight, 2),
    ]  # fmt: skip


def test_a_day_of_23_and_one_of_25_hours(world: UsageWorld) -> None:
    for midnight, hours in ((at(2026, 3, 28, 23), 23), (at(2026, 10, 24, 22), 25)):
        world.collect(*(world.decide(midnight + hour * HOUR_MS) for hour in range(-1, hours + 1)))
        usage = ask(world, midnight - HOUR_MS, midnight + (hours + 1) * HOUR_MS, "day", timezone="Europe/Berlin")
        assert [point.counts.requests for point in usage.series] == [1, hours, 1]


def test_groups_divide_the_whole(world: UsageWorld) -> None:
    world.collect(
        *(world.decide(NOW_MS - HOUR_MS) for _ in range(3)),
        world.decide(NOW_MS - HOUR_MS, key="batch", endpoint="listCountries"),
        world.decide(NOW_MS - 1, key="batch", endpoint=None, outcome="endpoint_unknown", status=None, latency_us=None),
    )
    groups = {
        group_by: ask(world, NOW_MS - 2 * HOUR_MS, NOW_MS, "hour", group_by=group_by)
        for group_by in ("key", "endpoint", "outcome", "secret")
    }
    assert [(each.id, each.name, each.share) for each in groups["key"].groups] == [
        (world.key_ids["web"], "web", 0.6), (world.key_ids["batch"], "batch", 0.4),
    ]  # fmt: skip
    assert [(each.id, each.name) for each in groups["endpoint"].groups] == [
        ("getCountry", "getCountry"), ("", "No endpoint"), ("listCountries", "listCountries"),
    ]  # fmt: skip
    assert [each.name for each in groups["outcome"].groups] == ["allowed", "endpoint_unknown"]
    assert [each.name for each in groups["secret"].groups] == ["Version 1, ends in wxyz"] * 2
    for usage in groups.values():
        assert rules.total(each.counts for each in usage.groups) == usage.totals
        assert rules.total(point.counts for point in usage.series) == usage.totals
        assert len(usage.series) == 2 * len(usage.groups)


def test_filters_choose_the_same_requests_in_sums_and_lists(world: UsageWorld) -> None:
    world.collect(
        world.decide(NOW_MS - 5),
        world.decide(NOW_MS - 4, key="batch", status=502),
        world.decide(NOW_MS - 3, key="batch", endpoint="listCountries", outcome="rate_limited", status=None),
        world.decide(NOW_MS - 2, endpoint="listCountries", outcome="expired", status=None),
        world.decide(NOW_MS - 1, outcome="unavailable", status=None),
        # Without key and endpoint: nobody's, and so none of those that are left out.
        world.decide(NOW_MS - 6, key_id=None, secret=None, endpoint=None, outcome="revoked", status=None),
    )
    expected = {
        Filter(): 6, Filter(keys=(world.key_ids["batch"],)): 2, Filter(secrets=("selector-web",)): 3,
        Filter(endpoints=("listCountries",)): 2, Filter(outcomes=("expired",)): 1, Filter(outcomes=("allowed",), keys=(world.key_ids["web"],)): 1,
        Filter(kinds=("served", "denied")): 3, Filter(outcomes=("expired", "rate_limited")): 2,
        Filter(kinds=("served",)): 1, Filter(kinds=("throttled",)): 1, Filter(kinds=("denied",)): 2, Filter(kinds=("failed",)): 2,
        Filter(keys=("key_nothing",)): 0, Filter(keys=("key_nothing",), excluded=("key",)): 6,
        Filter(kinds=("served",), excluded=("kind",)): 5, Filter(kinds=("throttled", "failed"), excluded=("kind",)): 3,
        Filter(outcomes=("allowed",), excluded=("outcome",)): 4, Filter(endpoints=("listCountries",), excluded=("endpoint",)): 4,
        Filter(secrets=("selector-web",), excluded=("secret",)): 3,
        Filter(keys=(world.key_ids["web"],), kinds=("denied",), excluded=("key",)): 1, Filter(excluded=("key", "kind")): 6,
    }  # fmt: skip
    for filter_, count in expected.items():
        assert ask(world, NOW_MS - HOUR_MS, NOW_MS, "hour", filter=filter_).totals.requests == count
        with world.store.read() as tx:
            rows = actions.list_requests(tx, world.actor("owner"), world.project_id, filter_, None, None, 50)
        assert len(rows) == count
        if filter_.kinds:
            seen = {rules.kind_of(row.outcome, row.status) for row in rows}
            assert not seen & set(filter_.kinds) if "kind" in filter_.excluded else seen == set(filter_.kinds)


def test_single_requests_are_picked_or_left_out_by_path_and_sums_are_not(world: UsageWorld) -> None:
    refused: dict[str, Any] = {"status": 404, "outcome": "endpoint_unknown", "endpoint": None}
    long = "/" + "x" * 1999
    world.collect(
        world.decide(NOW_MS - 1, path="/v2/a%2Fb"),
        world.decide(NOW_MS - 2, path="/v2/a/b", **refused),
        world.decide(NOW_MS - 3, path="/v2/a/b"),
        # As the gate cuts it.
        world.decide(NOW_MS - 4, path=long[:1024], **refused),
        world.decide(NOW_MS - 5, path=None, endpoint="getCountry"),
        world.decide(NOW_MS - 6, path="/v2/a/b", project_id=world.second_project_id, **refused),
    )
    expected = {
        Filter(paths=("/v2/a/b",)): [2, 3], Filter(paths=("/v2/a%2Fb",)): [1], Filter(paths=("/v2/A/b",)): [],
        Filter(paths=("/v2/a/b", "/v2/a%2Fb")): [1, 2, 3], Filter(paths=("/v2/a",)): [], Filter(paths=(long,)): [4],
        Filter(paths=("/v2/a/b",), outcomes=("endpoint_unknown",)): [2],
        Filter(paths=("/v2/a/b",), outcomes=("endpoint_unknown",), excluded=("outcome",)): [3],
        Filter(paths=("/v2/a/b",), excluded=("path",)): [1, 4, 5],
        Filter(paths=("/v2/a/b", long), excluded=("path",)): [1, 5], Filter(excluded=("path",)): [1, 2, 3, 4, 5],
        Filter(outcomes=("endpoint_unknown", "endpoint_not_in_scope")): [2, 4],
    }  # fmt: skip
    for filter_, ago_ms in expected.items():
        with world.store.read() as tx:
            rows = actions.list_requests(tx, world.actor("owner"), world.project_id, filter_, None, None, 50)
        assert [NOW_MS - clock.to_ms(row.at) for row in rows] == ago_ms, filter_
    with pytest.raises(Problem, match="Sums are not kept by path") as refusal:
        ask(world, NOW_MS - HOUR_MS, NOW_MS, "hour", filter=Filter(paths=("/v2/a/b",)))
    assert [each.field for each in refusal.value.errors] == ["path"]


_REFUSED: dict[str, Any] = {"status": 404, "outcome": "endpoint_unknown", "endpoint": None}


@pytest.fixture(params=["by their number", "by time"])
def looks_at_five(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page looks through five requests, and ends there for one of the two reasons."""
    monkeypatch.setattr(actions, "STRETCH", dict.fromkeys(actions.STRETCH, 5))
    if request.param == "by time":
        monkeypatch.setattr(actions, "LOOKED_FOR_S", 0)
    else:
        monkeypatch.setattr(actions, "LOOKED_AT", 5)


@pytest.mark.parametrize(
    ("wanted", "rare_ones"),
    [
        (Filter(paths=("/rare",)), {**_REFUSED, "path": "/rare"}),
        (Filter(paths=("/rare",), outcomes=("endpoint_unknown",)), {**_REFUSED, "path": "/rare"}),
        (Filter(kinds=("served",)), {}),
        (Filter(kinds=("denied",), excluded=("kind",)), {"status": 502}),
        (Filter(endpoints=("getCountry",)), {}),
        (Filter(secrets=("selector-rare",)), {**_REFUSED, "secret": "selector-rare"}),
        (Filter(keys=("web",), outcomes=("allowed",)), {}),
        (Filter(keys=("web", "batch"), kinds=("served",)), {"key": "batch"}),
        (Filter(keys=("web",), excluded=("key",)), {**_REFUSED, "key": "batch"}),
    ],
    ids=["path", "undeclared", "kind", "not a kind", "endpoint", "secret", "of one key", "of keys", "not of a key"],
)
def test_a_filtered_page_looks_through_so_many_requests_and_the_next_goes_on(
    world: UsageWorld, looks_at_five: None, wanted: Filter, rare_ones: dict[str, Any]
) -> None:
    filter_ = replace(wanted, keys=tuple(world.key_ids[name] for name in wanted.keys))
    # Three at each millisecond; of what is meant are some at the end, in the middle and at the beginning.
    rare = {0, 1, 2, 20, 21, 29}
    made = [
        world.decide(NOW_MS - number // 3, **(rare_ones if number in rare else _REFUSED)) for number in range(30)
    ]  # fmt: skip
    world.collect(*made)
    expected = [(clock.from_ms(made[number].at_ms), made[number].id) for number in rare]
    pages = []
    after: tuple[datetime, str] | None = None
    while True:
        with world.store.read() as tx:
            found = actions.page_of_requests(
                tx, world.actor("owner"), world.project_id, filter_, None, None, 2, after
            )  # fmt: skip
        assert len(found.rows) <= 2
        if found.looked_to:
            # No more than five and those of one more instant lie between the two places.
            assert found.after == (found.looked_to, "")
            start = after[0] if after else NOW
            looked = [each for each in made if found.looked_to <= clock.from_ms(each.at_ms) < start]
            assert 0 < len(looked) <= 5 + 3
        pages.append(found.rows)
        if found.after is None:
            break
        assert after is None or found.after < after
        after = found.after
    seen = [(row.at, row.id) for rows in pages for row in rows]
    assert seen == sorted(expected, reverse=True)
    assert [] in pages
    # Where a range begins, nothing older is looked through.
    with world.store.read() as tx:
        start = clock.from_ms(NOW_MS - 1)
        found = actions.page_of_requests(
            tx, world.actor("owner"), world.project_id, Filter(paths=("/none",)), start, None, 2, (NOW, "")
        )  # fmt: skip
    assert (found.rows, found.after) == ([], None)


def test_what_an_index_has_alone_is_listed_however_far_back_it_lies(world: UsageWorld, looks_at_five: None) -> None:
    often = [world.decide(NOW_MS - number) for number in range(20)]
    world.collect(*often, world.decide(NOW_MS - 30, key="batch", outcome="rate_limited", status=429))
    by_key = Filter(keys=(world.key_ids["batch"],))
    # Also of a key's alone: those of others are not in the way.
    for filter_ in (by_key, replace(by_key, kinds=("throttled",)), replace(by_key, endpoints=("getCountry",))):
        with world.store.read() as tx:
            found = actions.page_of_requests(
                tx, world.actor("owner"), world.project_id, filter_, None, None, 50
            )  # fmt: skip
        assert ([row.outcome for row in found.rows], found.after) == (["rate_limited"], None)


def test_how_far_was_looked_says_nothing_of_the_requests_of_a_foreign_key(
    world: UsageWorld, looks_at_five: None
) -> None:
    world.collect(
        *(world.decide(NOW_MS - number, world.foreign_project_id, "foreign") for number in range(20)),
        world.decide(NOW_MS),
    )
    for filter_ in (
        Filter(keys=(world.key_ids["foreign"],)),
        Filter(keys=(world.key_ids["foreign"],), kinds=("denied",)),
    ):
        with world.store.read() as tx:
            found = actions.page_of_requests(
                tx, world.actor("owner"), world.project_id, filter_, None, None, 50
            )  # fmt: skip
        assert (found.rows, found.after, found.looked_to) == ([], None, None)


@pytest.mark.parametrize(
    ("filter_", "index"),
    [
        (Filter(outcomes=("endpoint_unknown",), paths=("/nothing",)), "ix_usage_events_undeclared"),
        (Filter(keys=("web",)), "ix_usage_events_key_at"),
        (Filter(keys=("web",), kinds=("failed",)), "ix_usage_events_key_at"),
        (Filter(kinds=("failed",)), "ix_usage_events_project_at"),
        (Filter(keys=("web", "batch")), "ix_usage_events_project_at"),
    ],
)
def test_requests_are_read_by_the_index_that_has_the_fewest_others(
    world: UsageWorld, filter_: Filter, index: str
) -> None:
    plans: list[str] = []

    def explain(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if world.store.is_sqlite and "usage_events" in statement and not statement.startswith("EXPLAIN"):
            rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.append(" ".join(row[3] for row in rows))

    wanted = replace(filter_, keys=tuple(world.key_ids[name] for name in filter_.keys))
    with world.store.read() as tx:
        event.listen(tx, "before_cursor_execute", explain)
        actions.list_requests(tx, world.actor("owner"), world.project_id, wanted, None, None, 50)
    # PostgreSQL finds by itself that one outcome is one of the two, and goes by how many there are of what.
    assert all(index in plan for plan in plans), plans
    assert len(plans) == (world.store.is_sqlite and (1 + rules.is_looked_for(wanted)))


def test_pages_of_requests_neither_repeat_nor_skip_while_more_arrive(world: UsageWorld) -> None:
    # Several at one millisecond, so that the id decides.
    world.collect(*(world.decide(NOW_MS - number // 3) for number in range(10)))
    pages: list[list[tuple[datetime, str]]] = [[]]
    for _ in range(4):
        after = pages[-1][-1] if pages[-1] else None
        with world.store.read() as tx:
            rows = actions.list_requests(tx, world.actor("owner"), world.project_id, Filter(), None, None, 4, after)
        pages.append([(row.at, row.id) for row in rows])
        world.collect(world.decide(NOW_MS + 1))
    assert [len(page) for page in pages] == [0, 4, 4, 2, 0]
    seen = [place for page in pages for place in page]
    assert seen == sorted(set(seen), reverse=True)


def test_a_range_of_requests_begins_with_from_and_ends_before_to(world: UsageWorld) -> None:
    world.collect(*(world.decide(NOW_MS + number) for number in range(5)))
    with world.store.read() as tx:
        rows = actions.list_requests(
            tx,
            world.actor("owner"),
            world.project_id,
            Filter(),
            clock.from_ms(NOW_MS + 1),
            clock.from_ms(NOW_MS + 3),
            50,
        )
    assert [clock.to_ms(row.at) - NOW_MS for row in rows] == [2, 1]


def test_percentiles_are_of_nearest_rank(world: UsageWorld) -> None:
    start, end = clock.from_ms(NOW_MS), clock.from_ms(NOW_MS + HOUR_MS)

    def percentile(percent: int) -> float | None:
        with world.store.read() as tx:
            pieces = rules.cover([start], end)
            return quantile(sum_queries.latencies_of_project(tx, world.project_id, pieces, Filter()), percent)

    assert percentile(95) is None
    world.collect(
        *(world.decide(NOW_MS + number, latency_us=(number + 1) * 10) for number in range(20)),
        world.decide(NOW_MS, latency_us=None, status=None),
    )
    assert [percentile(percent) for percent in (5, 50, 95, 99, 100)] == pytest.approx(
        [10, 100, 190, 200, 200], rel=0.01
    )


def test_one_request_is_explained_with_what_was_in_force(world: UsageWorld) -> None:
    denied = world.decide(
        NOW_MS,
        outcome="rate_limited",
        rule="project.rate_limits",
        status=None,
        latency_us=None,
        limits=(("key:requests", 60, 7, 1.5), ("project:all", 60, 0, 1.5)),
    )
    world.collect(denied)

    def explained() -> actions.ExplainedRequest:
        with world.store.read() as tx:
            return actions.read_request(tx, world.actor("auditor"), denied.id)

    found = explained()
    assert (found.request.key_name, found.request.endpoint, found.request.outcome) == (
        "web",
        "getCountry",
        "rate_limited",
    )
    assert found.secret is not None
    assert (found.secret.version, found.secret.last4) == (1, "wxyz")
    assert (found.explanation.allowed, found.explanation.rule) == (False, "project.rate_limits")
    assert found.explanation.meaning == "The project's rate limit all has 0 of 60 left, and the request costs 1."
    assert "raise the project's rate limit" in found.explanation.remedy
    assert [(limit.name, limit.limit, limit.remaining, limit.reset_s) for limit in found.explanation.limits] == [
        ("key:requests", 60, 7, 1.5),
        ("project:all", 60, 0, 1.5),
    ]
    assert (found.endpoints, found.epoch, found.changed_since) == (["getCountry"], 1, False)
    with world.store.write() as tx:
        tx.execute(insert(changes).values(epoch=2, subject_kind="project", subject_id=world.project_id, at=NOW))
    assert explained().changed_since


@pytest.mark.parametrize("role", ["owner", "admin", "developer", "billing", "auditor"])
def test_every_member_reads_usage_and_strangers_find_nothing(world: UsageWorld, role: str) -> None:
    mine = world.decide(NOW_MS)
    world.collect(mine)
    day = Range(NOW - timedelta(days=1), NOW + timedelta(minutes=1))
    with world.store.read() as tx:
        actor = world.actor(role)  # type: ignore[arg-type]  # one of the roles
        assert actions.read_request(tx, actor, mine.id).request.id == mine.id
        assert drivers.read_organization_drivers(tx, actor, world.organization_id, Wanted(day)).totals.requests == 1
        stranger = world.actor(role, organization_id=world.foreign_organization_id)  # type: ignore[arg-type]
        for attempt in (
            lambda: actions.read_request(tx, stranger, mine.id),
            lambda: actions.read_usage(tx, stranger, world.project_id, Question(day, "hour")),
            lambda: actions.list_requests(tx, stranger, world.project_id, Filter(), None, None, 50),
            lambda: drivers.read_organization_drivers(tx, stranger, world.organization_id, Wanted(day)),
            lambda: actions.read_request(tx, actor, ids.new_id("req")),
        ):
            with pytest.raises(Problem) as caught:
                attempt()
            assert caught.value.code == "not_found"


def test_a_role_without_the_permission_is_told_so(world: UsageWorld) -> None:
    mine = world.decide(NOW_MS)
    world.collect(mine)
    with world.store.read() as tx, pytest.raises(Problem) as caught:
        actions.read_request(tx, world.actor("verifier"), mine.id)
    assert caught.value.code == "forbidden"


def test_a_request_that_named_no_project_is_for_operators_alone(world: UsageWorld) -> None:
    lost = world.decide(
        NOW_MS, outcome="malformed_key", rule="credential.form", organization_id=None, environment=None, key_id=None,
        secret=None, endpoint=None, status=None, latency_us=None, limits=(),
    )  # fmt: skip
    lost.project_id = None
    world.collect(lost)
    with world.store.read() as tx:
        found = actions.read_request(tx, world.actor(is_operator=True), lost.id)
        assert (found.project_name, found.secret, found.endpoints) == (None, None, [])
        with pytest.raises(Problem) as caught:
            actions.read_request(tx, world.actor("owner"), lost.id)
    assert caught.value.code == "not_found"


def test_an_organizations_projects_are_largest_first_and_add_up(world: UsageWorld) -> None:
    world.collect(
        world.decide(NOW_MS - 1),
        *(world.decide(NOW_MS - 1, project_id=world.second_project_id) for _ in range(3)),
        world.decide(
            NOW_MS - 1,
            project_id=world.foreign_project_id,
            key="foreign",
            organization_id=world.foreign_organization_id,
        ),
    )
    with world.store.read() as tx:
        day = Range(NOW - timedelta(days=1), NOW)
        usage = drivers.read_organization_drivers(tx, world.actor("owner"), world.organization_id, Wanted(day))
        everything = drivers.read_instance_drivers(tx, world.actor(is_operator=True), Wanted(day))
    assert everything.totals.requests == 5
    assert [(each.project.id, each.counts.requests, each.share) for each in usage.page.data] == [
        (world.second_project_id, 3, 0.75), (world.project_id, 1, 0.25),
    ]  # fmt: skip
    assert usage.totals == rules.total(each.counts for each in usage.page.data)


def test_sparklines_of_many_projects_come_in_one_query(world: UsageWorld) -> None:
    world.collect(
        world.decide(NOW_MS - HOUR_MS), world.decide(NOW_MS + 1), world.decide(NOW_MS + 2, status=500),
        world.decide(NOW_MS - 30 * HOUR_MS), world.decide(NOW_MS, project_id=world.second_project_id),
    )  # fmt: skip
    with world.store.read() as tx:
        hours = sum_queries.requests_by_hour(
            tx, [world.project_id, world.second_project_id, world.foreign_project_id],
            NOW - timedelta(hours=23), NOW + timedelta(hours=1),
        )  # fmt: skip
    assert {at: counts.requests for at, counts in hours[world.project_id].items()} == {
        NOW - timedelta(hours=1): 1,
        NOW: 2,
    }
    assert hours[world.project_id][NOW].failed == 1
    assert list(hours[world.second_project_id]) == [NOW]
    assert hours[world.foreign_project_id] == {}


def test_undeclared_calls_are_counted_by_path_newest_first_among_equals(world: UsageWorld) -> None:
    refused: dict[str, Any] = {"status": 404, "outcome": "endpoint_unknown", "endpoint": None}
    world.collect(
        *(world.decide(NOW_MS - number, path="/v2/countries", **refused) for number in (3, 9)),
        world.decide(NOW_MS - 5, path="/nothing", **refused),
        world.decide(NOW_MS - 4, outcome="endpoint_not_in_scope", endpoint="putCountry", method="PUT"),
        world.decide(NOW_MS - 31 * 24 * HOUR_MS, path="/of/long/ago", **refused),
        world.decide(NOW_MS - 2, path="/others", project_id=world.second_project_id, key="batch", **refused),
        world.decide(NOW_MS - 1),
    )
    with world.store.read() as tx:
        found = scope_queries.undeclared_use(tx, world.project_id, NOW)
    assert [(each.method, each.path, each.endpoint, each.requests) for each in found] == [
        ("GET", "/v2/countries", None, 2), ("PUT", "/countries/DK", "putCountry", 1), ("GET", "/nothing", None, 1),
    ]  # fmt: skip
    assert found[0].last_at == clock.from_ms(NOW_MS - 3)
