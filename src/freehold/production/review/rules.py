"""Who may do what with a request and why not, what is material, what is a risk. Pure."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal

from freehold.errors import FieldError
from freehold.organizations.rules import check_text
from freehold.production.review.records import AccessRequest, NewRequest, Risk, RiskLevel
from freehold.production.shape.records import Shape
from freehold.projects.records import Viewer

USE_CASE_MAX: Final = 2000
TEXT_MAX: Final = 4000
REQUESTS_A_DAY_MAX: Final = 10**12
PEAK_MAX: Final = 10**7
# A launch further away than this is a plan, not a launch.
_LAUNCH_DAYS_MAX: Final = 730
_LEVELS: Final[tuple[RiskLevel, ...]] = ("low", "medium", "high")
# From this share of a catalogue on a scope is called broad.
_BROAD_SHARE: Final = 0.8
_BROAD_ENDPOINTS: Final = 5
_SOON: Final = timedelta(days=3)
# More than so many times what was seen on the busiest day was never tried in the sandbox.
_UNSEEN_TIMES: Final = 1000

Decision = Literal["approved", "denied", "asked_for_changes"]


def check_request(new: NewRequest, today: date) -> list[FieldError]:
    """What is wrong with what was asked. A launch may be today, not before, and at most two years away."""
    faults = check_words("use_case", new.use_case, USE_CASE_MAX)
    faults += _outside("requests_a_day_from", new.requests_a_day_from, 0, REQUESTS_A_DAY_MAX)
    faults += _outside("requests_a_day_to", new.requests_a_day_to, 1, REQUESTS_A_DAY_MAX)
    faults += _outside("peak_a_second", new.peak_a_second, 1, PEAK_MAX)
    if new.requests_a_day_from > new.requests_a_day_to and not faults:
        faults.append(FieldError("requests_a_day_to", "At least as many as the lower end of the band.", "out_of_range"))
    return faults + _launch_faults(new.launch_on, today)


def clean_words(text: str) -> str:
    """A text of several lines as it is kept: NFC, line feeds alone between its lines, no blanks around it."""
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).strip()


def check_words(field: str, text: str, maximum: int = TEXT_MAX, *, required: bool = True) -> list[FieldError]:
    """What is wrong with a text of several lines: a use case, a comment, a reason."""
    if len(text) > maximum:
        return [FieldError(field, f"At most {maximum:,} characters.", "too_long")]
    return check_text(field, text.replace("\n", " ").replace("\t", " "), maximum, required=required)


def _outside(field: str, value: int, least: int, most: int) -> list[FieldError]:
    return [] if least <= value <= most else [FieldError(field, f"From {least:,} to {most:,}.", "out_of_range")]


def _launch_faults(text: str, today: date) -> list[FieldError]:
    try:
        # The one form that sorts and that nobody reads two ways; Python reads others too.
        launch = date.fromisoformat(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text) else None
    except ValueError:
        launch = None
    if launch is None:
        return [FieldError("launch_on", "A date such as 2027-02-15.", "invalid_date")]
    if not today <= launch <= today + timedelta(days=_LAUNCH_DAYS_MAX):
        return [FieldError("launch_on", "From today on, at most two years away.", "out_of_range")]
    return []


# --- who may do what ------------------------------------------------------------------------------


def review_hindrance(viewer: Viewer, request: AccessRequest, authors: Collection[str]) -> str | None:
    """Why a viewer is no reviewer of a request, in words; None where they are.

    `authors`: who asked and, of a change, everybody whose edit is in it. Four eyes: none of them reviews it.
    """
    if not viewer.reviews or viewer.user_id is None:
        return "Reviewers decide: the operator, and owners and admins of the operator's organization."
    if viewer.user_id in authors:
        mine = "You asked for this yourself" if request.kind == "access" else "One of these edits is your own"
        return f"{mine}: another reviewer has to decide."
    return None


def decision_hindrance(request: AccessRequest, decision: Decision, blockers: Sequence[str]) -> str | None:
    """Why a request cannot be decided so now, whoever asks; None where it can. `blockers`: titles of checks that fail."""
    if request.state != "requested":
        return over(request)
    if decision == "approved" and request.kind == "access" and blockers:
        return (
            f"{len(blockers)} blocking {'check fails' if len(blockers) == 1 else 'checks fail'}: {', '.join(blockers)}."
        )
    return None


def over(request: AccessRequest) -> str:
    """That nothing can be decided of a request any more, and what became of it."""
    by = f" by {request.decided_name}" if request.decided_name else ""
    return {
        "approved": f"It is approved already{by}.",
        "denied": f"It is denied already{by}.",
        "withdrawn": "It was withdrawn.",
        "lapsed": "Its approval has lapsed: the project has to ask again.",
        "expired": "Its approval has expired: the project has to ask again.",
        "live": "It is live already.",
    }.get(request.state, "It waits for a decision.")


def withdraw_hindrance(request: AccessRequest) -> str | None:
    """Why a request cannot be withdrawn now; None where it can: while it is open, also once approved."""
    if request.kind == "change":
        return "Nobody asked for this review: production was edited. Take the edit back, and it ends by itself."
    return None if request.is_open else over(request)


def clone_hindrance(request: AccessRequest | None, present_fingerprint: str, now: datetime) -> str | None:
    """Why a project may not be cloned into production: without a living approval of its shape as it is."""
    if request is None or request.state not in ("approved", "live"):
        return "Nobody has approved it: ask for production access on the project's production page."
    if request.state == "live":
        return "What was approved is live: ask again for what has changed since."
    if request.expires_at is not None and request.expires_at <= now:
        return "The approval has expired: ask for production access again."
    if request.covered_fingerprint != present_fingerprint:
        return "The project's shape is not the one that was approved: ask for production access again."
    return None


# --- what is material, what is a risk -------------------------------------------------------------


def material_items(items: Iterable[str], material: Collection[str]) -> list[str]:
    """Which items (JSON Pointers into a shape) are in a part that is material, in order, each once."""
    return sorted({item for item in items if part_of(item) in material})


def part_of(item: str) -> str:
    """The part of a shape that an item is in: the top member of its JSON Pointer."""
    return item.split("/")[1] if item.startswith("/") else ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What risks are derived from besides the shape: the catalogue's size, checks that fail, the busiest day's requests."""

    catalogue: int
    blocking: Sequence[str]
    failing: Sequence[str]
    busiest_day: int


def risks(request: AccessRequest, shape: Shape, seen: Seen, now: datetime) -> list[Risk]:
    """What a reviewer should know of a request before they decide, the gravest first."""
    found = [*_check_risks(seen), *_scope_risks(shape, seen), *_key_risks(shape), *_limit_risks(shape)]
    if request.asked is not None:
        found += _asked_risks(request.asked, seen, now)
    return sorted(found, key=lambda risk: (-_LEVELS.index(risk.level), risk.title))


def risk_level(found: Sequence[Risk]) -> RiskLevel:
    """How grave a request's risks are: as its gravest."""
    return max((risk.level for risk in found), key=_LEVELS.index, default="low")


def _check_risks(seen: Seen) -> list[Risk]:
    found = []
    if seen.blocking:
        found.append(
            Risk("high", _many(seen.blocking, "blocking check fails", "blocking checks fail"), ", ".join(seen.blocking))
        )
    if seen.failing:
        found.append(
            Risk("low", _many(seen.failing, "other check fails", "other checks fail"), ", ".join(seen.failing))
        )
    return found


def _scope_risks(shape: Shape, seen: Seen) -> list[Risk]:
    declared = len(shape["scope"]["endpoints"])
    if declared < _BROAD_ENDPOINTS or declared < seen.catalogue * _BROAD_SHARE:
        return []
    detail = (
        f"It declares {declared} of the catalogue's {seen.catalogue} endpoints: a leaked key could call nearly all."
    )
    return [Risk("medium", "Broad scope", detail)]


def _key_risks(shape: Shape) -> list[Risk]:
    keys, endpoints = shape["keys"], shape["scope"]["endpoints"]
    found = []
    if lasting := sorted(name for name, key in keys.items() if key["expires_after_days"] is None):
        found.append(Risk("medium", _many(lasting, "key never expires", "keys never expire"), ", ".join(lasting)))
    if open_ones := sorted(name for name, key in keys.items() if not key["restricted"]):
        words = _many(open_ones, "key serves from any address", "keys serve from any address")
        found.append(Risk("low", words, ", ".join(open_ones)))
    wide = sorted(name for name, key in keys.items() if key["endpoints"] is None)
    if wide and len(endpoints) > 1:
        words = _many(wide, "key may call the whole scope", "keys may call the whole scope")
        found.append(Risk("low", words, ", ".join(wide)))
    return found


def _limit_risks(shape: Shape) -> list[Risk]:
    limits = shape["limits"]
    if limits["quota"] or limits["rate_limits"] or not shape["keys"]:
        return []
    if all(key["quota"] or key["rate_limits"] for key in shape["keys"].values()):
        return []
    return [Risk("medium", "Nothing bounds its use", "Neither the project nor every key has a rate limit or a quota.")]


def _asked_risks(asked: NewRequest, seen: Seen, now: datetime) -> list[Risk]:
    found = []
    if asked.requests_a_day_to > max(seen.busiest_day, 1) * _UNSEEN_TIMES:
        detail = f"It expects up to {asked.requests_a_day_to:,} requests a day; the busiest day seen had {seen.busiest_day:,}."
        found.append(Risk("medium", "Far more traffic than was tried", detail))
    if date.fromisoformat(asked.launch_on) <= (now + _SOON).date():
        found.append(Risk("low", "Launches within days", f"On {asked.launch_on}."))
    return found


def _many(items: Sequence[str], one: str, several: str) -> str:
    return f"1 {one}" if len(items) == 1 else f"{len(items)} {several}"
