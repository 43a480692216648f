"""What makes limits acceptable, in which period an instant is, and what is left of a quota."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.projects.limit_rules import (
    NAME_PATTERN,
    QUOTA_MAX,
    RATE_LIMIT_MAX,
    RATE_LIMITS_MAX,
    RATE_WINDOW_S_MAX,
    check_limits,
)
from freehold.projects.limits import (
    PERIODS,
    Period,
    Quota,
    QuotaState,
    RateLimit,
    kept_limits,
    period_of,
    quota_from,
    rate_limits_from,
)

NOW = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
names = st.from_regex(NAME_PATTERN, fullmatch=True).filter(lambda name: name != "quota")
acceptable = st.builds(RateLimit, names, st.integers(1, RATE_LIMIT_MAX), st.integers(1, RATE_WINDOW_S_MAX))
sets_of_limits = st.lists(acceptable, max_size=RATE_LIMITS_MAX, unique_by=lambda each: each.name).map(tuple)
quotas = st.none() | st.builds(Quota, st.integers(1, QUOTA_MAX), st.sampled_from(PERIODS))
instants = st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 — Hypothesis wants bounds without a zone


def faults(*rate_limits: RateLimit, quota: Quota | None = None) -> list[tuple[str, str]]:
    return [(each.field, each.code) for each in check_limits(rate_limits, quota)]


@given(sets_of_limits, quotas)
def test_what_is_within_the_bounds_is_acceptable_and_kept_as_it_is(
    rate_limits: tuple[RateLimit, ...], quota: Quota | None
) -> None:
    assert check_limits(rate_limits, quota) == []
    kept = kept_limits(rate_limits, quota)
    assert rate_limits_from(kept["rate_limits"]) == rate_limits
    assert quota_from(kept["quota"], kept["quota_period"]) == quota


@given(st.text(max_size=40))
def test_a_name_is_a_word_of_small_letters(name: str) -> None:
    said = faults(RateLimit(name, 1, 1))
    if name == "quota":
        assert said == [("rate_limits.0.name", "reserved_name")]
    else:
        fits = re.fullmatch("[a-z][a-z0-9_-]{0,31}", name) is not None
        assert said == ([] if fits else [("rate_limits.0.name", "invalid_name")])


@pytest.mark.parametrize(
    "name", ["", "Burst", "1st", "-a", "a b", "a.b", "a" * 33, "ä", "a\n", "per/day", 'x"', "key:a"]
)
def test_names_that_would_break_a_header_or_a_column_are_refused(name: str) -> None:
    assert faults(RateLimit(name, 1, 1)) == [("rate_limits.0.name", "invalid_name")]


@given(st.integers(), st.integers(), st.integers())
def test_numbers_have_bounds(limit: int, window_s: int, quota: int) -> None:
    expected = []
    if not 1 <= limit <= 10_000_000:
        expected.append(("rate_limits.0.limit", "out_of_range"))
    if not 1 <= window_s <= 86_400:
        expected.append(("rate_limits.0.window_s", "out_of_range"))
    if not 1 <= quota <= 1_000_000_000_000:
        expected.append(("quota.limit", "out_of_range"))
    assert faults(RateLimit("a", limit, window_s), quota=Quota(quota, "day")) == expected


def test_everything_that_is_wrong_is_said_at_once() -> None:
    four = [RateLimit(name, 1, 1) for name in ("a", "b", "a", "A", "quota")]
    assert faults(*four, quota=Quota(0, "day")) == [
        ("rate_limits", "too_many"),
        ("rate_limits.2.name", "duplicate"),
        ("rate_limits.3.name", "invalid_name"),
        ("rate_limits.4.name", "reserved_name"),
        ("quota.limit", "out_of_range"),
    ]


# --- periods --------------------------------------------------------------------------------------


@given(st.sampled_from(PERIODS), instants)
def test_a_period_holds_its_instant_and_the_next_one_begins_where_it_ends(period: Period, at: datetime) -> None:
    began_at, resets_at = period_of(period, at)
    assert began_at <= at < resets_at
    assert period_of(period, began_at) == period_of(period, resets_at - timedelta(microseconds=1))
    assert period_of(period, resets_at)[0] == resets_at


@pytest.mark.parametrize(
    ("period", "at", "began_at", "resets_at"),
    [
        ("hour", datetime(2026, 12, 31, 23, 59, 59, 999_999, UTC), datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        ("day", datetime(2028, 2, 29, 12, tzinfo=UTC), datetime(2028, 2, 29, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        ("month", datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 2, 1, tzinfo=UTC), datetime(2028, 3, 1, tzinfo=UTC)),
        ("month", datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_periods_are_those_of_the_calendar_in_utc(
    period: Period, at: datetime, began_at: datetime, resets_at: datetime
) -> None:
    assert period_of(period, at) == (began_at, resets_at)


@given(st.integers(1, 1000), st.integers(0, 2000), st.integers(0, 2000))
def test_what_remains_is_never_less_than_nothing_nor_what_others_hold(limit: int, used: int, reserved: int) -> None:
    remaining = QuotaState(limit, used, reserved, NOW, NOW).remaining
    assert remaining >= 0
    assert remaining == 0 or used + reserved + remaining == limit
