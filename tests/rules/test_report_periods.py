"""Periods of reports in time zones: where days begin, how long they are, and when a period is over."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.reports import local_days, rules
from freehold.reports.records import Parameters

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

# A day, where, its first instant, its length in hours.
DAYS = [
    ("2026-10-01", "UTC", "2026-10-01T00:00", 24),
    ("2026-03-29", "Europe/Berlin", "2026-03-28T23:00", 23),
    ("2026-10-25", "Europe/Berlin", "2026-10-24T22:00", 25),
    ("2026-11-01", "America/New_York", "2026-11-01T04:00", 25),
    ("2026-10-04", "Australia/Lord_Howe", "2026-10-03T13:30", 23.5),
    ("2026-07-01", "Asia/Kolkata", "2026-06-30T18:30", 24),
    ("2026-07-01", "Asia/Kathmandu", "2026-06-30T18:15", 24),
    # Clocks leap from 24:00 to 01:00: the day begins at the leap.
    ("2026-09-06", "America/Santiago", "2026-09-06T04:00", 23),
    # Clocks go back from 01:00 to 00:00: midnight is shown twice, and the day begins the first time.
    ("2026-11-01", "America/Havana", "2026-11-01T04:00", 25),
    # They go back from 24:00 to 23:00: the day before is the long one.
    ("2026-04-04", "America/Santiago", "2026-04-04T03:00", 25),
    # Fourteen hours ahead of UTC, and eleven behind.
    ("2026-01-01", "Pacific/Kiritimati", "2025-12-31T10:00", 24),
    ("2026-01-01", "Pacific/Pago_Pago", "2026-01-01T11:00", 24),
]


@pytest.mark.parametrize(("text", "zone", "starts", "hours"), DAYS)
def test_a_day_begins_at_its_first_instant_and_is_as_long_as_it_was(
    text: str, zone: str, starts: str, hours: float
) -> None:
    day = date.fromisoformat(text)
    start = local_days.starts_at(day, zone)
    assert start == datetime.fromisoformat(f"{starts}+00:00")
    assert local_days.starts_at(day + DAY, zone) - start == timedelta(hours=hours)


@given(
    st.sampled_from(local_days.names()),
    st.dates(date(2020, 1, 1), date(2036, 12, 1)),
    st.integers(1, 40),
)
def test_days_lie_side_by_side_and_nothing_is_left_out(zone: str, since: date, length: int) -> None:
    until = since + length * DAY
    start, end = local_days.starts_at(since, zone), local_days.starts_at(until, zone)
    found = list(local_days.days_between(start, end, zone))
    assert [day for day, _, _ in found] == [since + place * DAY for place in range(length)]
    assert (found[0][1], found[-1][2]) == (start, end)
    assert all(before[2] == after[1] for before, after in pairwise(found))
    assert all(22 * HOUR <= last - first <= 26 * HOUR for _, first, last in found)


@pytest.mark.parametrize(
    ("zone", "now", "over"),
    [
        ("UTC", "2026-10-31T23:59", False),
        ("UTC", "2026-11-01T00:00", True),
        ("America/Los_Angeles", "2026-11-01T06:59", False),
        ("America/Los_Angeles", "2026-11-01T07:00", True),
        ("Pacific/Auckland", "2026-10-31T11:00", True),
        ("Asia/Kolkata", "2026-10-31T18:29", False),
    ],
)
def test_a_period_is_over_when_its_last_local_day_is(zone: str, now: str, over: bool) -> None:
    wanted = Parameters("usage_summary", "csv", date(2026, 10, 1), date(2026, 11, 1), zone)
    faults = rules.parameter_faults(wanted, "project", datetime.fromisoformat(now).replace(tzinfo=UTC))
    assert [fault.code for fault in faults] == ([] if over else ["not_over"])
    assert all(zone in fault.message for fault in faults)


def test_a_time_zone_is_one_of_the_parameters_and_utc_goes_unsaid() -> None:
    utc = Parameters("usage_detail", "csv", date(2026, 10, 1), date(2026, 11, 1))
    berlin = Parameters("usage_detail", "csv", date(2026, 10, 1), date(2026, 11, 1), "Europe/Berlin")
    assert "time_zone" not in rules.plain_parameters(utc)
    for each in (utc, berlin):
        assert rules.parameters_from(rules.plain_parameters(each)) == each
    assert rules.file_name(utc, "parcels") == "parcels-usage-detail-2026-10-01-2026-11-01.csv"
    assert rules.file_name(berlin, "parcels") == "parcels-usage-detail-2026-10-01-2026-11-01-europe-berlin.csv"
    hostile = Parameters("usage_detail", "csv", date(2026, 10, 1), date(2026, 11, 1), 'a/"\r\n..')
    assert rules.file_name(hostile, "parcels") == "parcels-usage-detail-2026-10-01-2026-11-01-a.csv"


@pytest.mark.parametrize(
    "name", ["", "utc", "Europe/Atlantis", "/etc/passwd", "../UTC", "Europe/Berlin\n", "localtime"]
)
def test_what_is_no_time_zone_is_known_as_such(name: str) -> None:
    assert not local_days.is_known(name)
    wanted = Parameters("usage_summary", "csv", date(2026, 10, 1), date(2026, 10, 2), name)
    (fault,) = rules.parameter_faults(wanted, "project", datetime(2026, 11, 1, tzinfo=UTC))
    assert (fault.field, fault.code) == ("time_zone", "unknown_time_zone")
