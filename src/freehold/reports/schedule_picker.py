"""Between what a calendar picker says (daily, on days of the week, on a day of the month) and cron expressions. Pure.

Every pick is an expression; an expression that no pick makes is shown as what it is.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

from freehold.errors import FieldError

Repeats = Literal["daily", "weekly", "monthly", "own"]

REPEATS: Final[tuple[Repeats, ...]] = get_args(Repeats)
WEEKDAYS: Final = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
LAST_DAY: Final = "L"
DAYS: Final = (*(str(day) for day in range(1, 32)), LAST_DAY)
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::00)?", re.ASCII)
_AT_A_TIME: Final = re.compile(r"([0-5]?\d) ([01]?\d|2[0-3]) (\S+) \* (\S+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Pick:
    """What a form has: `time` as HH:MM, `weekdays` by three letters, `day` of the month or `L`, `cron` where it is an own one."""

    repeats: str = "monthly"
    time: str = "06:00"
    weekdays: tuple[str, ...] = ("MON",)
    day: str = "1"
    cron: str = ""


def pick_faults(pick: Pick) -> list[FieldError]:
    """What is missing of a pick, or is none; what is wrong with an own expression the schedule's rules say."""
    if pick.repeats not in REPEATS:
        return [FieldError("repeats", "Choose how often it runs.", "required")]
    faults = []
    if pick.repeats != "own" and not _TIME.fullmatch(pick.time.strip()):
        faults.append(FieldError("time", "A time of day is written like 06:30.", "bad_time"))
    if pick.repeats == "weekly" and not set(pick.weekdays) & set(WEEKDAYS):
        faults.append(FieldError("weekdays", "Choose at least one day.", "required"))
    if pick.repeats == "monthly" and pick.day not in DAYS:
        faults.append(FieldError("day", "Choose a day of the month.", "required"))
    return faults


def cron_of(pick: Pick) -> str:
    """The expression of a pick that has no faults."""
    if pick.repeats == "own":
        return pick.cron
    match = _TIME.fullmatch(pick.time.strip())
    hour, minute = (int(match[1]), int(match[2])) if match else (0, 0)
    at = f"{minute} {hour}"
    if pick.repeats == "weekly":
        days = [day for day in WEEKDAYS if day in pick.weekdays]
        return f"{at} * * {'*' if len(days) == len(WEEKDAYS) else ','.join(days)}"
    return f"{at} {pick.day} * *" if pick.repeats == "monthly" else f"{at} * * *"


def pick_of(cron: str) -> Pick:
    """The pick that makes an expression, the rest of it as usual; an own one where none does."""
    match = _AT_A_TIME.fullmatch(cron)
    if match is None:
        return Pick("own", cron=cron)
    time, day, weekdays = f"{int(match[2]):02}:{int(match[1]):02}", match[3], tuple(match[4].split(","))
    for pick in (Pick("daily", time), Pick("weekly", time, weekdays), Pick("monthly", time, day=day)):
        if not pick_faults(pick) and cron_of(pick) == cron:
            return pick
    return Pick("own", time, cron=cron)
