"""The example API's data: whole, and right where it is well known."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.example import countries, times
from freehold.example.problems import LookupFailed

TODAY = date(2026, 1, 15)
# Local times, which have no zone.
_FIRST = datetime.fromisoformat("1970-01-02T00:00:00")
_LAST = datetime.fromisoformat("2100-12-30T00:00:00")


def test_there_are_the_249_countries_of_iso_3166_1() -> None:
    codes = countries.country_codes()
    assert len(codes) == 249
    assert {"DE", "US", "TW", "AQ", "AX"} <= set(codes)
    assert not {"EU", "XK", "UK", "UN", "ZZ"} & set(codes)


def test_every_country_is_found_by_each_of_its_codes() -> None:
    for code in countries.country_codes():
        country = countries.find_country(code, "en", TODAY)
        assert country is not None
        assert (country.code, len(country.alpha_3), len(country.numeric)) == (code, 3, 3)
        for other in (code.lower(), country.alpha_3, country.alpha_3.lower(), country.numeric):
            assert countries.find_country(other, "en", TODAY) == country


def test_the_other_codes_are_distinct() -> None:
    found = [countries.find_country(code, "en", TODAY) for code in countries.country_codes()]
    assert len({each.alpha_3 for each in found if each}) == len({each.numeric for each in found if each}) == 249


@pytest.mark.parametrize(
    ("code", "alpha_3", "numeric", "currencies", "zone"),
    [
        ("DE", "DEU", "276", ["EUR"], "Europe/Berlin"),
        ("FR", "FRA", "250", ["EUR"], "Europe/Paris"),
        ("CD", "COD", "180", ["CDF"], "Africa/Kinshasa"),
        ("ET", "ETH", "231", ["ETB"], "Africa/Addis_Ababa"),
        ("YE", "YEM", "887", ["YER"], "Asia/Aden"),
        ("US", "USA", "840", ["USD"], "America/New_York"),
        ("PA", "PAN", "591", ["PAB", "USD"], "America/Panama"),
        ("IN", "IND", "356", ["INR"], "Asia/Kolkata"),
    ],
)
def test_well_known_countries(code: str, alpha_3: str, numeric: str, currencies: list[str], zone: str) -> None:
    country = countries.find_country(code, "en", TODAY)
    assert country is not None
    assert (country.alpha_3, country.numeric) == (alpha_3, numeric)
    assert [each.code for each in country.currencies] == currencies
    assert zone in country.time_zones


@pytest.mark.parametrize("code", ["", "D", "QQ", "XK", "EU", "001", "DDR", "ZAR", "278", "ÆØ", "germany", "\x00"])
def test_what_is_no_country_is_not_found(code: str) -> None:
    assert countries.find_country(code, "en", TODAY) is None


@pytest.mark.parametrize("language", countries.LANGUAGES)
def test_every_language_names_every_country(language: str) -> None:
    assert len(countries.search_countries("", language)) == 249


def test_search_ignores_accents_and_case() -> None:
    assert [each.code for each in countries.search_countries("COTE D", "en")] == ["CI"]
    assert [each.code for each in countries.search_countries("åland isl", "en")] == ["AX"]
    assert [each.code for each in countries.search_countries("deu", "fr")] == ["DE"]


@pytest.mark.parametrize(("code", "decimals"), [("JPY", 0), ("EUR", 2), ("TND", 3), ("CLF", 4), ("USD", 2)])
def test_currencies_have_their_decimals(code: str, decimals: int) -> None:
    currency = countries.find_currency(code, "en", TODAY)
    assert currency is not None
    assert currency.decimals == decimals


def test_a_currency_is_in_use_while_it_is_legal_tender_somewhere() -> None:
    before, after = date(2001, 6, 1), date(2003, 1, 1)
    assert [each.code for each in countries.countries_using("FRF", "en", after)] == []
    assert "FR" in [each.code for each in countries.countries_using("FRF", "en", before)]
    mark = countries.find_currency("DEM", "en", TODAY)
    assert mark is not None
    assert not mark.in_use
    assert countries.find_currency("QQQ", "en", TODAY) is None


@given(st.sampled_from(sorted(times._known())), st.datetimes(_FIRST, _LAST))
def test_a_moment_is_the_instant_it_was_made_of(zone: str, naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC, microsecond=0)
    shown = times.moment(zone, at)
    local = datetime.fromisoformat(shown.local)
    assert local == at
    assert local.utcoffset() == timedelta(seconds=shown.offset_s)


@given(
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.datetimes(_FIRST, _LAST),
)
def test_a_conversion_goes_there_and_back(zone: str, local: datetime) -> None:
    local = local.replace(microsecond=0)
    earlier, later = _converted(local, zone, "earlier"), _converted(local, zone, "later")
    if earlier is None or later is None:
        assert earlier is later is None
        return
    assert datetime.fromisoformat(earlier.source.local).replace(tzinfo=None) == local
    assert datetime.fromisoformat(later.source.local).replace(tzinfo=None) == local
    assert (later.at > earlier.at) == earlier.repeated == later.repeated


def _converted(local: datetime, zone: str, when_repeated: times.WhenRepeated) -> times.Conversion | None:
    try:
        return times.convert(local, zone, ["UTC"], when_repeated)
    except LookupFailed:
        return None


def test_a_local_time_that_the_clocks_skip_is_refused() -> None:
    with pytest.raises(LookupFailed) as caught:
        times.convert(datetime.fromisoformat("2026-03-29T02:30:00"), "Europe/Berlin", ["UTC"], "earlier")
    assert caught.value.code == "skipped_local_time"


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/etc/passwd", "Europe", "europe/berlin", "Europe/Berlin/..", "\x00", "posixrules"]
)
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    with pytest.raises(LookupFailed) as caught:
        times.moment(name, datetime(2026, 1, 1, tzinfo=UTC))
    assert caught.value.code == "unknown_time_zone"


def test_a_name_that_the_database_gave_up_means_what_it_stood_for() -> None:
    assert times._zone("US/Pacific-New", "zone").key == "America/Los_Angeles"
