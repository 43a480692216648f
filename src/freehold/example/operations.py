"""The example API's operations: from the parameters of a request to its answer and its event.

One function an operation of `openapi.yaml`, in the same order and by the same ids. Pure: the instant
of the request comes in with it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec

from freehold.example import countries, times
from freehold.example.countries import Country, Currency, Named
from freehold.example.parameters import (
    Request,
    body_of,
    country_of,
    currency_of,
    day_of,
    instant_of,
    language_of,
    limit_of,
)
from freehold.example.problems import LookupFailed

_CODES_MAX: Final = 50
_Code = Annotated[str, msgspec.Meta(min_length=1, max_length=10)]


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation answers, how many results that is, and the event that tells of it."""

    body: Any
    results: int
    event_type: str = "lookup.completed"
    told: Mapping[str, Any] = field(default_factory=dict)


class CountryList(msgspec.Struct, kw_only=True):
    """Countries by code; `next_after` is the code after which the list goes on."""

    data: list[Named]
    next_after: str | None


class CurrencyCountries(msgspec.Struct, kw_only=True):
    """Where a currency is legal tender on a day."""

    currency: str
    on: date
    data: list[Named]


class ZoneList(msgspec.Struct, kw_only=True):
    """Time zones by name."""

    data: list[times.Zone]


class Time(msgspec.Struct, kw_only=True):
    """An instant and what clocks in a zone show."""

    at: datetime
    moment: times.Moment


class ConversionBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What to convert."""

    local: Annotated[datetime, msgspec.Meta(tz=False)]
    zone: str
    targets: Annotated[list[str], msgspec.Meta(min_length=1, max_length=20)]
    when_repeated: times.WhenRepeated = "earlier"


class LookupsBody(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Codes to look up in one call."""

    countries: Annotated[list[_Code], msgspec.Meta(max_length=_CODES_MAX)] = []
    currencies: Annotated[list[_Code], msgspec.Meta(max_length=_CODES_MAX)] = []


class Lookups(msgspec.Struct, kw_only=True):
    """What was found, and the codes that name nothing."""

    countries: list[Country]
    currencies: list[Currency]
    missing: list[str]


def list_countries(request: Request) -> Answer:
    """Countries whose name or code holds `q`."""
    found = countries.search_countries(request.parameters.get("q", ""), language_of(request))
    after, limit = request.parameters.get("after", "").upper(), limit_of(request)
    behind = [country for country in found if country.code > after]
    more = len(behind) > limit
    return Answer(
        CountryList(data=behind[:limit], next_after=behind[limit - 1].code if more else None), len(behind[:limit])
    )


def get_country(request: Request) -> Answer:
    """One country."""
    return Answer(country_of(request, request.parameters["country"]), 1)


def get_currency(request: Request) -> Answer:
    """One currency."""
    return Answer(currency_of(request, request.parameters["currency"]), 1)


def list_currency_countries(request: Request) -> Answer:
    """The countries in which a currency is legal tender."""
    code = currency_of(request, request.parameters["currency"]).code
    on = day_of(request)
    data = countries.countries_using(code, language_of(request), on)
    return Answer(CurrencyCountries(currency=code, on=on, data=data), len(data))


def list_time_zones(request: Request) -> Answer:
    """The time zones, of one country or all."""
    wanted = request.parameters.get("country")
    zones = times.list_zones(country_of(request, wanted).code if wanted else None)
    return Answer(ZoneList(data=zones), len(zones))


def get_time(request: Request) -> Answer:
    """What clocks in a zone show."""
    zone = request.parameters.get("zone")
    if zone is None:
        raise LookupFailed("bad_parameter", "Say which zone, for instance zone=Europe/Berlin.", "zone")
    at = instant_of(request)
    return Answer(Time(at=at, moment=times.moment(zone, at)), 1)


def convert_time(request: Request) -> Answer:
    """A local time in other zones."""
    asked = body_of(request, ConversionBody)
    if asked.local.year not in times.YEARS:
        raise LookupFailed("bad_parameter", "Years from 1970 to 2100 are known.", "local")
    done = times.convert(asked.local.replace(microsecond=0), asked.zone, asked.targets, asked.when_repeated)
    told = {"at": done.at, "zone": asked.zone, "targets": asked.targets}
    return Answer(done, len(done.targets), "time.converted", told)


def look_up_codes(request: Request) -> Answer:
    """Several countries and currencies in one call."""
    asked, language, today = body_of(request, LookupsBody), language_of(request), request.now.date()
    found_countries = {code: countries.find_country(code, language, today) for code in asked.countries}
    found_currencies = {code: countries.find_currency(code, language, today) for code in asked.currencies}
    found = Lookups(
        countries=[each for each in found_countries.values() if each],
        currencies=[each for each in found_currencies.values() if each],
        missing=[code for code, each in (*found_countries.items(), *found_currencies.items()) if each is None],
    )
    return Answer(found, len(found.countries) + len(found.currencies))


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its id, its route, and the function that answers it."""

    operation_id: str
    method: str
    template: str
    run: Callable[[Request], Answer]

    def parameters_of(self, path: str) -> dict[str, str] | None:
        """The parameters in a path, decoded, or None where it is not of this template."""
        pattern = re.sub(r"\{([a-z_]+)\}", r"(?P<\1>[^/]+)", self.template)
        match = re.fullmatch(pattern, path)
        return match.groupdict() if match else None


OPERATIONS: Final = (
    Operation("list_countries", "GET", "/v1/countries", list_countries),
    Operation("get_country", "GET", "/v1/countries/{country}", get_country),
    Operation("get_currency", "GET", "/v1/currencies/{currency}", get_currency),
    Operation("list_currency_countries", "GET", "/v1/currencies/{currency}/countries", list_currency_countries),
    Operation("list_time_zones", "GET", "/v1/time-zones", list_time_zones),
    Operation("get_time", "GET", "/v1/time", get_time),
    Operation("convert_time", "POST", "/v1/time/conversions", convert_time),
    Operation("look_up_codes", "POST", "/v1/lookups", look_up_codes),
)


def find_operation(method: str, path: str) -> tuple[Operation, dict[str, str]]:
    """The operation of a method and a path, and the path's parameters; LookupFailed where there is none."""
    fitting = [(each, found) for each in OPERATIONS if (found := each.parameters_of(path)) is not None]
    wanted = "GET" if method == "HEAD" else method
    for operation, parameters in fitting:
        if operation.method == wanted:
            return operation, parameters
    if fitting:
        allowed = ", ".join(each.method for each, _ in fitting)
        raise LookupFailed("method_not_allowed", f"This path takes {allowed}.", headers={"allow": allowed})
    raise LookupFailed("unknown_path", "The API's document lists the paths that there are.")
