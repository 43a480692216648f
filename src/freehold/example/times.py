"""Time zones and local times, by the standard library's zoneinfo; which zones there are, by CLDR. Pure."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from babel.core import get_global

from freehold.example.problems import LookupFailed

YEARS: Final = range(1970, 2101)
WhenRepeated = Literal["earlier", "later"]


class Zone(msgspec.Struct, frozen=True):
    """One time zone, and the country that it is of; none for UTC and the like."""

    name: str
    country: str | None


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """One instant as clocks in a time zone show it. `offset_s`: seconds east of UTC."""

    zone: str
    local: str
    offset_s: int
    abbreviation: str
    daylight_saving: bool


class Conversion(msgspec.Struct, frozen=True, kw_only=True):
    """A local time in other zones. `repeated`: the clocks show it twice that day."""

    at: datetime
    source: Moment
    targets: list[Moment]
    repeated: bool


def list_zones(country: str | None) -> list[Zone]:
    """Every time zone, or those of a country by its two letters, by name."""
    return [zone for zone in _zones() if country is None or zone.country == country.upper()]


def moment(zone: str, at: datetime, parameter: str = "zone") -> Moment:
    """What clocks in a zone show at an instant; LookupFailed where there is no such zone."""
    local = at.astimezone(_zone(zone, parameter))
    offset = local.utcoffset() or timedelta()
    return Moment(
        zone=zone,
        local=local.isoformat(timespec="seconds"),
        offset_s=int(offset.total_seconds()),
        abbreviation=local.tzname() or "",
        daylight_saving=bool(local.dst()),
    )


def convert(local: datetime, zone: str, targets: list[str], when_repeated: WhenRepeated) -> Conversion:
    """The instant of a local time, in other zones; LookupFailed where the zone's clocks never show it."""
    place = _zone(zone, "zone")
    first, second = (local.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
    if first.astimezone(place).replace(tzinfo=None) != local:
        raise LookupFailed("skipped_local_time", f"Clocks in {zone} go forward over {local.isoformat()}.", "local")
    at = second if when_repeated == "later" else first
    return Conversion(
        at=at,
        source=moment(zone, at),
        targets=[moment(each, at, "targets") for each in targets],
        repeated=first != second,
    )


@cache
def _zones() -> tuple[Zone, ...]:
    # CLDR gives zones that are of no country the code 001, the world.
    territories = get_global("zone_territories")
    found = [
        Zone(name, code if code.isalpha() else None) for name, code in territories.items() if name != "Etc/Unknown"
    ]
    return tuple(sorted(found, key=lambda zone: zone.name))


@cache
def _known() -> frozenset[str]:
    return frozenset({zone.name for zone in _zones()} | set(get_global("zone_aliases")) | {"UTC"})


def _zone(name: str, parameter: str) -> ZoneInfo:
    # Only names that are known reach zoneinfo, which looks for them among files.
    if name not in _known():
        raise LookupFailed("unknown_time_zone", f"{name[:100]!r} is no time zone of the IANA database.", parameter)
    # CLDR still knows names that the time-zone database has given up, by the name that they stood for.
    for candidate in (name, get_global("zone_aliases").get(name, name)):
        try:
            return ZoneInfo(candidate)
        except ZoneInfoNotFoundError:
            continue
    raise LookupFailed("no_time_zone_data", f"The time-zone database has no {name}; install tzdata.")
