"""Everything that is kept, for how long, and by whose word. Pure.

What can be set has a floor: what other pages and checks look back over stays. What cannot says why.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data. `usual`: its days unless set, None for good; `floor`: no fewer can be set, None: not to be set.

    `setting`: the environment's variable that speaks of it, and `field` its name. `why`: what becomes of it then, or why it stays.
    """

    title: str
    detail: str
    why: str
    usual: int | None = None
    floor: int | None = None
    setting: str = ""
    field: str = ""
    words: str = ""


KINDS: Final[dict[str, Kind]] = {
    "requests": Kind(
        "Single requests", "Each decision, with its explanation", "Their sums stay. With FREEHOLD_ARCHIVE they are in its files first.",
        floor=1, setting="FREEHOLD_USAGE_DAYS", field="usage_days",
    ),
    "minutes": Kind(
        "Sums by the minute", "What charts of hours are drawn from", "Hours, days and months stay.", floor=1,
        setting="FREEHOLD_MINUTES_DAYS", field="minutes_days",
    ),
    "hours": Kind(
        "Sums by the hour", "What days in other time zones are made of", "Days and months stay, in UTC.", floor=35,
        setting="FREEHOLD_HOURS_DAYS", field="hours_days",
    ),
    "messages": Kind(
        "Webhook messages", "With their deliveries, attempts and what came back",
        "A message goes when none of its deliveries is pending. It cannot be replayed afterwards.", floor=35,
    ),
    "firings": Kind(
        "Alert firings", "With whom they were told to", "A firing goes when it is resolved. The rule stays.", floor=35,
    ),
    "mails": Kind("E-mails", "What was sent, and what was not", "What it told of stays.", usual=30, floor=1),
    "sums": Kind("Sums by the day and month", "What invoices and long charts rest on", "Kept for good: a few rows a day and key."),
    "audit": Kind("Audit log", "Every change, and the seals of it", "Kept for good, so that it can be proved; it goes with its organization alone."),
    "reports": Kind(
        "Files of reports", "What was asked for and made", "Decided as each is made, by its schedule or this. Its record stays.",
        setting="FREEHOLD_REPORTS_DAYS", field="reports_days",
    ),
    "archive": Kind("Archive of requests", "Parquet files in FREEHOLD_ARCHIVE", "Kept until you delete files of it."),
    "history": Kind("Shapes, reviews, attestations", "What approvals rested on", "Kept for good: they are evidence."),
    "sessions": Kind("Sessions", "Who is signed in, and where", "Ends without use.", setting="FREEHOLD_SESSION_DAYS", field="session_days"),
    "inbox": Kind("Webhook inboxes", "What the hosted receivers of sandboxes took", "The newest of each project stay.", words="The newest 100 of a project"),
    "answers": Kind("Answers under an Idempotency-Key", "So that what is sent twice is done once", "Encrypted meanwhile.", words="24 hours"),
}  # fmt: skip
SETTABLE: Final = tuple(name for name, kind in KINDS.items() if kind.floor is not None)
DAYS_MAX: Final = 36_600
