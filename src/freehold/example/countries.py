"""Countries and currencies, out of Unicode's CLDR as Babel carries it.

Countries are the 249 entries of ISO 3166-1. Pure: the day that "today" means comes in as an argument.
CLDR is read at the first question, not at the import, so that the process starts quickly.
"""

import unicodedata
from datetime import date
from functools import cache
from typing import Any, Final

import msgspec
from babel.core import Locale, get_global

LANGUAGES: Final = ("ar", "de", "en", "es", "fr", "it", "ja", "nl", "pl", "pt", "zh")

# Two letters that CLDR names, but ISO 3166-1 does not: reserved, withdrawn or user-assigned.
_NO_COUNTRIES: Final = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "XK", "ZZ"}
)
# Three-character codes of states that are no more, which CLDR keeps as aliases of those after them.
_WITHDRAWN: Final = frozenset(
    {"ZAR", "DDR", "FXX", "BUR", "TMP", "YMD", "280", "278", "230", "249", "736", "886", "720"}
)


class Named(msgspec.Struct, frozen=True):
    """A code with its name."""

    code: str
    name: str


class Country(msgspec.Struct, frozen=True, kw_only=True):
    """One country of ISO 3166-1."""

    code: str
    alpha_3: str
    numeric: str
    name: str
    flag: str
    currencies: list[Named]
    languages: list[Named]
    time_zones: list[str]


class Currency(msgspec.Struct, frozen=True, kw_only=True):
    """One currency of ISO 4217."""

    code: str
    name: str
    symbol: str
    decimals: int
    in_use: bool


def find_country(code: str, language: str, on: date) -> Country | None:
    """A country by its two letters, three letters or three digits, in upper or lower case."""
    code = _alpha_2().get(code.upper(), code.upper())
    if code not in country_codes():
        return None
    names = _locale(language)
    return Country(
        code=code,
        alpha_3=_other_code(code, letters=True),
        numeric=_other_code(code, letters=False),
        name=names.territories[code],
        flag="".join(chr(0x1F1E6 + ord(letter) - ord("A")) for letter in code),
        currencies=[Named(each, names.currencies.get(each, each)) for each in _tender(code, on)],
        languages=[Named(each, names.languages.get(each, each)) for each in _official_languages(code)],
        time_zones=sorted(get_global("territory_zones").get(code, ())),
    )


def search_countries(text: str, language: str) -> list[Named]:
    """The countries whose name or code holds a text, by code. Accents and case do not matter."""
    wanted = _plain(text)
    names = _locale(language).territories
    return [
        Named(code, names[code])
        for code in country_codes()
        if wanted in _plain(names[code]) or wanted in {code.lower(), _other_code(code, letters=True).lower()}
    ]


def find_currency(code: str, language: str, on: date) -> Currency | None:
    """A currency by its three letters, present or past."""
    code = code.upper()
    names = _locale(language)
    if code not in get_global("all_currencies"):
        return None
    fractions = get_global("currency_fractions")
    return Currency(
        code=code,
        name=names.currencies.get(code, code),
        symbol=names.currency_symbols.get(code, code),
        decimals=fractions.get(code, fractions["DEFAULT"])[0],
        in_use=bool(countries_using(code, language, on)),
    )


def countries_using(code: str, language: str, on: date) -> list[Named]:
    """The countries in which a currency is, or was, legal tender on a day, by code."""
    names = _locale(language).territories
    candidates = set(get_global("all_currencies").get(code.upper(), ()))
    return [
        Named(country, names[country])
        for country in country_codes()
        if country in candidates and code.upper() in _tender(country, on)
    ]


@cache
def country_codes() -> tuple[str, ...]:
    """Every code of two letters in ISO 3166-1, sorted."""
    two = (code for code in map(str, _locale("en").territories) if len(code) == 2 and code.isalpha())
    return tuple(sorted(code for code in two if code not in _NO_COUNTRIES))


@cache
def _locale(language: str) -> Locale:
    return Locale(language)


@cache
def _alpha_2() -> dict[str, str]:
    """The two letters behind each present code of three characters."""
    aliases = get_global("territory_aliases")
    present = set(country_codes())
    return {
        alias: codes[0]
        for alias, codes in aliases.items()
        if len(alias) == 3 and alias not in _WITHDRAWN and len(codes) == 1 and codes[0] in present
    }


@cache
def _other_codes() -> dict[tuple[str, bool], str]:
    return {(code, alias.isalpha()): alias for alias, code in _alpha_2().items()}


def _other_code(code: str, *, letters: bool) -> str:
    return _other_codes()[code, letters]


def _tender(country: str, on: date) -> list[str]:
    """A country's legal tender on a day, the most usual first."""
    entries: list[tuple[str, Any, Any, bool]] = get_global("territory_currencies").get(country, [])
    return [
        code
        for code, begin, end, tender in entries
        if tender and (not begin or date(*begin) <= on) and (not end or on <= date(*end))
    ]


def _official_languages(country: str) -> list[str]:
    languages: dict[str, dict[str, Any]] = get_global("territory_languages").get(country, {})
    return [code for code, each in languages.items() if each["official_status"] in {"official", "de_facto_official"}]


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))
