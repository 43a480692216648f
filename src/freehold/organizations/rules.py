"""What makes a name, an address, a password or a change of role acceptable. Pure."""

import re
import unicodedata
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from freehold.errors import FieldError
from freehold.organizations.permissions import PERMISSIONS
from freehold.organizations.records import Role, ServiceRole

NAME_MAX: Final = 100
EMAIL_MAX: Final = 254
PASSWORD_MIN: Final = 12
PASSWORD_MAX: Final = 256
SLUG_MAX: Final = 60
LIFETIME_MAX: Final = timedelta(days=3653)

# The form that browsers check for (HTML Standard, "valid email address"): what mail really reaches
# is only known by sending some.
_EMAIL: Final = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_CONTROL: Final = {"Cc", "Cs", "Cn", "Co", "Zl", "Zp"}


def clean_name(text: str) -> str:
    """A name as it is kept: NFC, with single blanks and none at the ends."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def check_text(field: str, text: str, maximum: int = NAME_MAX, required: bool = True) -> list[FieldError]:
    """What is wrong with one line of text that a person typed."""
    if required and not text:
        return [FieldError(field, "Fill this in.", "required")]
    if len(text) > maximum:
        return [FieldError(field, f"At most {maximum} characters.", "too_long")]
    # Controls and unassigned code points hide in pages and break logs; NUL cannot be stored in PostgreSQL.
    if any(unicodedata.category(character) in _CONTROL for character in text):
        return [FieldError(field, "Control characters are not allowed.", "invalid_characters")]
    return []


def clean_email(text: str) -> str:
    """An e-mail address as it is kept: lower case, so that one address is one account."""
    return text.strip().lower()


def check_email(field: str, email: str) -> list[FieldError]:
    """What is wrong with an e-mail address."""
    if not email:
        return [FieldError(field, "Fill this in.", "required")]
    if len(email) > EMAIL_MAX or not _EMAIL.fullmatch(email):
        return [FieldError(field, "This is not an e-mail address.", "invalid_email")]
    return []


def check_password(field: str, password: str, email: str = "") -> list[FieldError]:
    """What is wrong with a new password. Length is what counts (NIST SP 800-63B, section 3.1.1.2)."""
    if len(password) < PASSWORD_MIN:
        return [FieldError(field, f"At least {PASSWORD_MIN} characters; a sentence is fine.", "too_short")]
    if len(password) > PASSWORD_MAX:
        return [FieldError(field, f"At most {PASSWORD_MAX} characters.", "too_long")]
    if len(set(password)) < 5 or (email and password.lower() in (email, email.partition("@")[0] * 2)):
        return [FieldError(field, "Too easy to guess. Use a few unrelated words.", "too_weak")]
    return []


def check_expiry(field: str, expires_at: datetime | None, now: datetime) -> list[FieldError]:
    """What is wrong with the time at which something is to end; None is never."""
    if expires_at is None:
        return []
    if expires_at <= now:
        return [FieldError(field, "This time has passed.", "in_the_past")]
    if expires_at > now + LIFETIME_MAX:
        return [FieldError(field, "At most ten years from now.", "too_late")]
    return []


def slug_of(name: str) -> str:
    """A name for addresses: lower-case ASCII letters, digits and single hyphens; `x` where nothing is left."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.lower()).strip("-")[:SLUG_MAX].strip("-") or "x"


def free_slug(wanted: str, taken: Collection[str]) -> str:
    """The slug itself, or with the first number from 2 on that makes it free."""
    if wanted not in taken:
        return wanted
    number = 2
    while f"{wanted}-{number}" in taken:
        number += 1
    return f"{wanted}-{number}"


def may_change_role(actor_roles: Collection[ServiceRole], old: Role | None, new: Role | None) -> bool:
    """Whether somebody with these roles may move a member from `old` to `new` (None: not a member).

    Owners are made and unmade by owners alone.
    """
    if "owner" in actor_roles:
        return True
    return "admin" in actor_roles and old != "owner" and new != "owner"


def leaves_no_owner(owners: int, old: Role, new: Role | None) -> bool:
    """Whether a change would take the organization's last owner away."""
    return old == "owner" and new != "owner" and owners <= 1


def may_give_roles(actor_roles: Collection[ServiceRole], wanted: Collection[ServiceRole]) -> bool:
    """Whether an actor may make a token with these roles: never more than they hold, owner only by owners."""
    held = set().union(*(PERMISSIONS[role] for role in actor_roles)) if actor_roles else set()
    if "owner" in wanted and "owner" not in actor_roles:
        return False
    return all(PERMISSIONS[role] <= held for role in wanted)


def session_ends_at(now: datetime, created_at: datetime, session_days: int) -> datetime:
    """A session ends after so many days without use, and after a year whatever happens."""
    return min(now + timedelta(days=session_days), created_at + timedelta(days=365))


def throttled_until(arrival_at: datetime | None, now: datetime, limit: int, window_s: int) -> tuple[datetime, float]:
    """One attempt under the generic cell rate algorithm: `limit` at once, refilled over `window_s` seconds.

    Gives the arrival time to keep and the seconds to wait: 0 where the attempt may be made, in which
    case alone the arrival time has moved.
    """
    interval = timedelta(seconds=window_s / limit)
    arrival = max(arrival_at or now, now)
    wait = arrival - now - interval * (limit - 1)
    if wait > timedelta(0):
        return arrival, wait.total_seconds()
    return arrival + interval, 0.0
