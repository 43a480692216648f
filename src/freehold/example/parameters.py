"""Reading what a request of the example API asks for; LookupFailed names the parameter that is not right. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Final, TypeVar

import msgspec

from freehold.example.countries import LANGUAGES, Country, Currency, find_country, find_currency
from freehold.example.problems import LookupFailed
from freehold.example.times import YEARS

_LIMIT_MAX: Final = 250

_Body = TypeVar("_Body")


@dataclass(frozen=True, slots=True)
class Request:
    """What an operation is asked: its parameters by name, its body, and when."""

    parameters: Mapping[str, str]
    body: bytes
    now: datetime


def body_of(request: Request, kind: type[_Body]) -> _Body:
    """The body as one kind of object; LookupFailed where it is none."""
    try:
        return msgspec.json.decode(request.body, type=kind)
    except msgspec.ValidationError as error:
        raise LookupFailed("bad_parameter", f"{error}.") from None
    except msgspec.DecodeError as error:
        raise LookupFailed("bad_json", f"{error}.") from None


def country_of(request: Request, code: str) -> Country:
    """The country of a code; LookupFailed where there is none."""
    found = find_country(code, language_of(request), request.now.date())
    if found is None:
        raise LookupFailed("unknown_country", f"{code[:100]!r} is no code of ISO 3166-1.", "country")
    return found


def currency_of(request: Request, code: str) -> Currency:
    """The currency of a code; LookupFailed where there is none."""
    found = find_currency(code, language_of(request), request.now.date())
    if found is None:
        raise LookupFailed("unknown_currency", f"{code[:100]!r} is no code of ISO 4217.", "currency")
    return found


def language_of(request: Request) -> str:
    """In which language names are asked for: English unless said."""
    language = request.parameters.get("language", "en")
    if language not in LANGUAGES:
        raise LookupFailed("bad_parameter", f"Names are given in {', '.join(LANGUAGES)}.", "language")
    return language


def limit_of(request: Request) -> int:
    """How many are asked for, 1 to 250: 50 unless said."""
    text = request.parameters.get("limit", "50")
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= _LIMIT_MAX):
        raise LookupFailed("bad_parameter", f"A limit is a number from 1 to {_LIMIT_MAX}.", "limit")
    return int(text)


def day_of(request: Request) -> date:
    """Which day is asked for: today, in UTC, unless said."""
    text = request.parameters.get("on")
    if text is None:
        return request.now.date()
    try:
        return msgspec.convert(text, date)
    except msgspec.ValidationError:
        raise LookupFailed("bad_parameter", "A day is written like 2026-01-15.", "on") from None


def instant_of(request: Request) -> datetime:
    """Which instant is asked for: now unless said. In UTC."""
    text = request.parameters.get("at")
    if text is None:
        return request.now.replace(microsecond=0)
    try:
        at: datetime = msgspec.convert(text, Annotated[datetime, msgspec.Meta(tz=True)])
    except msgspec.ValidationError:
        raise LookupFailed("bad_parameter", "An instant is written like 2026-01-15T09:30:00Z.", "at") from None
    if at.year not in YEARS:
        raise LookupFailed("bad_parameter", "Years from 1970 to 2100 are known.", "at")
    return at.astimezone(UTC)
