"""When schedules run: each due time once, whatever the clocks do, and what is no time is said to be none.

FREEHOLD_TEST_SCHEDULE_EXAMPLES for a campaign.
"""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache
from itertools import islice, pairwise, takewhile
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import settings as bounds
from hypothesis import strategies as st

from freehold.reports import schedule_rules as rules
from freehold.reports.records import ReportKind
from freehold.reports.schedule_picker import DAYS, WEEKDAYS, Pick, cron_of, pick_faults, pick_of
from freehold.reports.schedule_records import Due, SchedulePeriod, ScheduleSettings

NOW: Final = datetime(2027, 1, 15, 8, tzinfo=UTC)
EXAMPLES: Final = int(os.environ.get("FREEHOLD_TEST_SCHEDULE_EXAMPLES", "150"))
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)


def offset(at: datetime, zone: tzinfo) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta(0)


@cache
def shifts(name: str) -> tuple[datetime, ...]:
    """The instants in 2026 to 2028 at which a zone's clock is put forwards or back, to the quarter of an hour."""
    zone, found, at = ZoneInfo(name), [], datetime(2026, 1, 1, tzinfo=UTC)
    while at < datetime(2029, 1, 1, tzinfo=UTC):
        if offset(at + DAY, zone) != offset(at, zone):
            inside = at
            while offset(inside + HOUR / 4, zone) == offset(at, zone):
                inside += HOUR / 4
            found.append(inside + HOUR / 4)
        at += DAY
    return tuple(found)


ZONES: Final = sorted(name for name in available_timezones() if not name.startswith(("posix/", "right/")))
SHIFTING: Final = [name for name in ZONES if shifts(name)]
HOURS: Final = st.integers(0, 23)
EXPRESSIONS: Final = st.builds(
    lambda minute, hours, days: f"{minute} {hours} {days}",
    st.integers(0, 59),
    st.just("*") | st.just("*/3") | HOURS.map(str) | st.sets(HOURS, min_size=2, max_size=4).map(lambda all_: ",".join(map(str, sorted(all_)))),
    st.sampled_from(["* * *", "* * 1", "L * *", "1 * *", "29-31 * *", "* * SUN", "1,15 * MON"]),
)  # fmt: skip


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone that shifts, one of ten times by half an hour or two, and an instant within two days of a shift."""
    odd = draw(st.integers(0, 9)) == 0
    name = draw(st.sampled_from(["Australia/Lord_Howe", "Antarctica/Troll"] if odd else SHIFTING))
    return name, draw(st.sampled_from(shifts(name))) + timedelta(minutes=draw(st.integers(-2880, 2880)))


def between(cron: str, zone: tzinfo, after: datetime, until: datetime) -> list[datetime]:
    return list(takewhile(lambda at: at <= until, rules.runs_after(cron, zone, after)))


# --- over the edges of daylight saving time -------------------------------------------------------


def test_a_daily_time_comes_once_a_day_in_every_zone_on_the_days_of_its_shifts() -> None:
    seen = Counter[str]()
    for name in SHIFTING:
        zone = ZoneInfo(name)
        for shift in shifts(name):
            before, after = shift - timedelta(minutes=1), shift + timedelta(minutes=1)
            # A minute that the spring skips, or that the autumn repeats, by the clock that is put.
            local = (before.astimezone(zone) + timedelta(minutes=20)).replace(tzinfo=None)
            forwards = offset(after, zone) > offset(before, zone)
            seen["forwards" if forwards else "back"] += 1
            cron = f"{local.minute} {local.hour} * * *"
            runs = between(cron, zone, shift - 4 * DAY, shift + 4 * DAY)
            # One for each day, also where its own minute is not there; a gap at midnight puts it into the next day.
            gaps = [later - earlier for earlier, later in pairwise(runs)]
            assert len(runs) in (7, 8, 9), (name, cron)
            assert all(21 * HOUR <= gap <= 27 * HOUR for gap in gaps), (name, cron)
            assert {at.astimezone(zone).strftime("%H:%M") for at in runs if abs(at - shift) > DAY} == {f"{local:%H:%M}"}
    assert min(seen["forwards"], seen["back"]) > 300, "there is no time-zone database to try"


def test_what_runs_every_hour_goes_by_hours() -> None:
    zone = ZoneInfo("Europe/Berlin")
    found = between("30 * * * *", zone, datetime(2027, 3, 28, 0, tzinfo=UTC), datetime(2027, 3, 28, 3, tzinfo=UTC))
    assert [f"{at.astimezone(zone):%H:%M}" for at in found] == ["01:30", "03:30", "04:30"]
    found = between("30 * * * *", zone, datetime(2027, 10, 31, 0, tzinfo=UTC), datetime(2027, 10, 31, 2, tzinfo=UTC))
    assert [f"{at.astimezone(zone):%H:%M}" for at in found] == ["02:30", "02:30"]


def test_a_time_that_the_spring_skips_runs_right_after_the_gap_and_one_that_the_autumn_repeats_the_first_time() -> None:
    zone = ZoneInfo("Europe/Berlin")
    assert rules.next_run("30 2 * * *", zone, datetime(2027, 3, 27, 12, tzinfo=UTC)) == datetime(
        2027, 3, 28, 1, tzinfo=UTC
    )
    [first, second] = islice(rules.runs_after("30 2 * * *", zone, datetime(2027, 10, 30, 12, tzinfo=UTC)), 2)
    assert (first, second) == (datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 11, 1, 1, 30, tzinfo=UTC))


@bounds(max_examples=EXAMPLES, deadline=None)
@given(moments(), EXPRESSIONS, st.integers(-3, 3))
def test_the_next_run_is_the_same_from_wherever_one_asks(moment: tuple[str, datetime], cron: str, off: int) -> None:
    name, at = moment
    zone = ZoneInfo(name)
    whole = between(cron, zone, at - 5 * DAY, at + 40 * DAY)
    assert whole == sorted(set(whole))
    for asked in (at, at + off * HOUR, *(each + timedelta(seconds=off) for each in whole[:40])):
        if asked > at - 5 * DAY:
            expected = next((each for each in whole if each > asked), None)
            assert expected is None or rules.next_run(cron, zone, asked) == expected, asked


@bounds(max_examples=EXAMPLES, deadline=None)
@given(moments(), EXPRESSIONS, st.lists(st.integers(1, 60 * 60 * 30), min_size=1, max_size=30))
def test_each_due_time_is_run_or_counted_once_however_rarely_anybody_looks(
    moment: tuple[str, datetime], cron: str, waits: list[int]
) -> None:
    name, now = moment
    zone, begun = ZoneInfo(name), now
    next_at = rules.next_run(cron, zone, now)
    ran, missed = list[datetime](), 0
    for wait in waits:
        now += timedelta(seconds=wait)
        if next_at is not None and next_at <= now:
            due = rules.due(cron, zone, next_at, now)
            ran.append(due.at)
            missed += due.missed
            next_at = rules.next_run(cron, zone, now)
    whole = between(cron, zone, begun, now)
    assert len(ran) + missed == len(whole)
    assert set(ran) <= set(whole)
    assert len(set(ran)) == len(ran)
    assert not whole or ran[-1] == whole[-1]


@bounds(max_examples=EXAMPLES, deadline=None)
@given(moments(), EXPRESSIONS)
def test_the_last_run_is_found_without_knowing_the_one_before_it(moment: tuple[str, datetime], cron: str) -> None:
    name, at = moment
    zone = ZoneInfo(name)
    whole = between(cron, zone, at - 35 * DAY, at)
    assert not whole or rules.run_up_to(cron, zone, at) == whole[-1]
    for each in whole[-30:]:
        assert rules.run_up_to(cron, zone, each) == each


def test_a_zone_that_is_put_back_by_half_an_hour_misses_and_doubles_nothing() -> None:
    # Lord Howe Island, where cronsim by itself passes over the second of two.
    zone, at = ZoneInfo("Australia/Lord_Howe"), datetime(2027, 4, 3, 15, tzinfo=UTC)
    found = between("30 * * * *", zone, at - 2 * HOUR, at + 2 * HOUR)
    assert [f"{each.astimezone(zone):%H:%M}" for each in found] == ["00:30", "01:30", "01:30", "02:30", "03:30"]
    for each in found:
        assert rules.run_up_to("30 * * * *", zone, each) == each


def test_after_years_of_outage_the_count_ends_and_the_latest_time_is_right() -> None:
    zone = ZoneInfo("America/New_York")
    due = rules.due("0 * * * *", zone, NOW, NOW + timedelta(days=3650, minutes=10))
    assert due == Due(NOW + timedelta(days=3650), rules.MISSED_MAX)


# --- what each run reports ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "zone", "expected"),
    [
        ("day", "UTC", (date(2027, 1, 14), date(2027, 1, 15))),
        ("week", "UTC", (date(2027, 1, 4), date(2027, 1, 11))),
        ("month", "UTC", (date(2026, 12, 1), date(2027, 1, 1))),
        ("day", "Pacific/Kiritimati", (date(2027, 1, 14), date(2027, 1, 15))),
        ("day", "Pacific/Pago_Pago", (date(2027, 1, 13), date(2027, 1, 14))),
        (None, "UTC", (None, None)),
    ],
)
def test_a_run_reports_the_last_whole_period_before_it(
    period: SchedulePeriod | None, zone: str, expected: tuple[date, date]
) -> None:
    assert rules.period_before(NOW, period, rules.zone_of(zone)) == expected


@given(st.dates(date(2021, 1, 1), date(2040, 1, 1)), st.sampled_from(["day", "week", "month"]))
def test_a_period_is_over_when_it_is_reported_and_the_next_is_not(day: date, period: SchedulePeriod) -> None:
    instant = datetime.combine(day, time(8), UTC)
    since, until = rules.period_before(instant, period, UTC)
    assert since is not None
    assert until is not None
    assert since < until <= day
    # As long as nothing new is over, what is reported stays the same.
    assert rules.period_before(datetime.combine(until, time(8), UTC), period, UTC) == (since, until)


# --- what is no schedule --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("0 6 30 2 *", "day of the month 30 never comes"),
        ("0 6 31 4,6 *", "day of the month 31 never comes"),
        ("0 6 32 * *", "day of the month 32 never comes"),
        ("* * * * *", "at most once an hour"),
        ("*/30 * * * *", "at most once an hour"),
        ("0,30 6 * * *", "at most once an hour"),
        ("60 6 * * *", "'60' is no minute"),
        ("0 25 * * *", "'25' is no hour"),
        ("0 6 * 13 *", "'13' is no month"),
        ("0 6 * * FUNDAY", "'FUNDAY' is no day of the week"),
        ("0 * */20 * 1L", "No such day"),
        ("0 6 * *", "five fields"),
        ("0 0 6 * * *", "five fields"),
        ("@daily", "five fields"),
        ("", "five fields"),
        (f"0 6 {'1,' * 60}1 * *", "five fields"),
    ],
)
def test_what_no_expression_is_or_never_comes_or_comes_too_often_says_so(cron: str, words: str) -> None:
    with pytest.raises(rules.BadCron) as refused:
        rules.check_cron(rules.normal_cron(cron), NOW)
    assert words in str(refused.value)


@pytest.mark.parametrize(
    "cron", ["0 6 29 2 *", "0 * * * *", "30 6 L * *", "0 6 * * mon-fri", "5 0,12 1 */3 *", "0 6 * * 5#1"]
)
def test_what_comes_is_taken_and_said_in_words(cron: str) -> None:
    normal = rules.normal_cron(cron)
    rules.check_cron(normal, NOW)
    assert rules.next_run(normal, UTC, NOW)
    assert rules.words_of(normal)


@bounds(max_examples=EXAMPLES * 2, deadline=None)
@given(
    st.lists(st.text("0123456789*/,-#LWMON ²\0", max_size=8), min_size=5, max_size=5).map(" ".join)
    | st.text(max_size=40)
)
def test_any_text_is_either_said_to_be_wrong_or_runs(text: str) -> None:
    cron = rules.normal_cron(text)
    with suppress(rules.BadCron):
        rules.check_cron(cron, NOW)
        assert rules.next_run(cron, ZoneInfo("Europe/Berlin"), NOW)
        assert rules.words_of(cron)


@pytest.mark.parametrize(
    "name", ["", "Mars/Olympus", "../../etc/passwd", "Europe", "Europe/Berlin\0", "x" * 300, "localtime"]
)
def test_what_is_no_zone_says_so(name: str) -> None:
    with pytest.raises(rules.BadZone):
        rules.zone_of(name)


def faults(**more: object) -> Iterator[tuple[str, str]]:
    usual: dict[str, object] = {
        "name": "Monthly",
        "kind": "usage_summary",
        "format": "csv",
        "cron": "0 6 1 * *",
        "period": "month",
    }
    settings = ScheduleSettings(**(usual | more))  # type: ignore[arg-type]
    return ((each.field, each.code) for each in rules.settings_faults(settings, "project", NOW))


def test_everything_that_is_wrong_is_named_at_once() -> None:
    found = faults(name="", kind="access_review", cron="x", time_zone="Mars/Olympus", period="day")
    assert dict(found) == {
        "name": "required", "kind": "wrong_reach", "period": "no_period", "time_zone": "unknown_time_zone", "cron": "bad_cron",
    }  # fmt: skip
    assert dict(faults(period=None)) == {"period": "required"}
    assert list(faults()) == []


@pytest.mark.parametrize("kind", ["usage_summary", "key_inventory"])
def test_the_next_runs_say_which_days_they_report(kind: ReportKind) -> None:
    period: SchedulePeriod | None = "week" if kind == "usage_summary" else None
    settings = ScheduleSettings("Weekly", kind, "csv", "0 6 * * MON", "Europe/Berlin", period)
    found = rules.runs_to_come(settings, NOW, 5)
    assert [each.at for each in found] == [datetime(2027, 1, 18, 5, tzinfo=UTC) + place * 7 * DAY for place in range(5)]
    first = (found[0].since, found[0].until)
    assert first == ((date(2027, 1, 11), date(2027, 1, 18)) if period else (None, None))


# --- the picker -----------------------------------------------------------------------------------

PICKS: Final = st.builds(
    Pick, st.sampled_from(["daily", "weekly", "monthly"]), st.times().map(lambda at: f"{at:%H:%M}"),
    st.sets(st.sampled_from(WEEKDAYS), min_size=1).map(tuple), st.sampled_from(DAYS),
)  # fmt: skip


@given(PICKS)
def test_every_pick_is_an_expression_that_comes_and_leads_back_to_the_pick(pick: Pick) -> None:
    cron = cron_of(pick)
    assert pick_faults(pick) == []
    assert cron == rules.normal_cron(cron)
    rules.check_cron(cron, NOW)
    again = pick_of(cron)
    assert cron_of(again) == cron
    # All days of the week are every day.
    assert again.repeats == ("daily" if cron.endswith("* * *") else pick.repeats)


@pytest.mark.parametrize(
    "cron", ["0 * * * *", "0 6 1,15 * *", "0 6 1 1 *", "0 6 1 * MON", "0 6 * * MON-FRI", "0 6 LW * *"]
)
def test_what_no_pick_makes_is_an_expression_of_its_own(cron: str) -> None:
    assert (pick_of(cron).repeats, cron_of(pick_of(cron))) == ("own", cron)


@pytest.mark.parametrize(
    ("pick", "field"),
    [
        (Pick("sometimes"), "repeats"), (Pick("daily", "25:00"), "time"), (Pick("daily", ""), "time"),
        (Pick("weekly", weekdays=()), "weekdays"), (Pick("monthly", day="32"), "day"), (Pick("monthly", day=""), "day"),
    ],
)  # fmt: skip
def test_what_is_missing_of_a_pick_is_named(pick: Pick, field: str) -> None:
    assert [each.field for each in pick_faults(pick)] == [field]
