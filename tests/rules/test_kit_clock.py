from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.kit import clock


@pytest.fixture
def still() -> Iterator[None]:
    clock.set_source(lambda: 1_795_442_760.9876543)
    yield
    clock.set_source(None)


@pytest.mark.usefixtures("still")
def test_now_is_utc_cut_to_the_millisecond() -> None:
    assert clock.now() == datetime(2026, 11, 23, 14, 6, 0, 987_000, tzinfo=UTC)
    assert clock.now_ms() == 1_795_442_760_987
    assert clock.now_ns() // 1_000_000 == clock.now_ms()


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_milliseconds_survive(ms: int) -> None:
    assert clock.to_ms(clock.from_ms(ms)) == ms


@given(st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)), st.integers(-840, 840))  # noqa: DTZ001 - the strategy wants naive bounds
def test_a_time_zone_changes_no_instant(naive: datetime, minutes: int) -> None:
    local = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert clock.to_ms(local) == clock.to_ms(local.astimezone(UTC))


def test_an_instant_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="time zone"):
        clock.to_ms(datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused


def test_texts_are_rfc_3339_in_utc() -> None:
    at = datetime(2026, 11, 22, 16, 6, 0, 1999, tzinfo=timezone(timedelta(hours=2)))
    assert clock.to_text(at) == "2026-11-22T14:06:00.001Z"
