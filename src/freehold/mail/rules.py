"""What follows from a try to send a mail. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from freehold.mail.records import MailState

# After the first try, then after each further one.
RETRY_AFTER_S: Final = (60, 300, 1800, 7200, 21_600, 43_200, 86_400)
SUBJECT_CHARACTERS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a mail was not sent, in one sentence. `for_good`: another try would change nothing."""

    words: str
    for_good: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a try makes of its mail."""

    state: MailState
    due_at: datetime | None
    error: str | None


def outcome(refusal: Refusal | None, attempts: int, now: datetime) -> Outcome:
    """What follows from the `attempts`-th try."""
    if refusal is None:
        return Outcome("sent", None, None)
    if refusal.for_good or attempts > len(RETRY_AFTER_S):
        return Outcome("failed", None, refusal.words)
    return Outcome("pending", now + timedelta(seconds=RETRY_AFTER_S[attempts - 1]), refusal.words)


def one_line(subject: str) -> str:
    """A subject as one line of bounded length: what people named may stand in it."""
    words = "".join(character if character.isprintable() else " " for character in subject).split()
    return " ".join(words)[:SUBJECT_CHARACTERS_MAX]
