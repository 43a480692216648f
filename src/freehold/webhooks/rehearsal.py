"""How a receiver answers that was built to rehearse with: as it should, or in one of the ways that receivers fail.

Pure: what came is handed in, what to answer is handed out. `freehold listen` and the hosted inbox share it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from freehold.sdk.verification import WebhookEvent, WebhookRefused, verify_webhook
from freehold.webhooks.check_records import REPEATED_HEADER

Answer = Literal["verify", "accept", "500", "410", "429", "slow", "endless"]
ReadVerdict = Literal["verified", "repeated", "refused"]
# What people are told of it: what was let in was not refused.
ToldVerdict = Literal["verified", "repeated", "refused", "unverified"]

# In the order in which they are offered, each with what it does.
ANSWERS: Final[dict[Answer, str]] = {
    "verify": "Verify: 200 to what is right, 401 to what is not",
    "accept": "Accept everything with 200, unverified",
    "500": "Answer 500",
    "410": "Answer 410 Gone",
    "429": "Answer 429 with Retry-After",
    "slow": "Answer after 25 s",
    "endless": "Answer 200 with a body without end",
}
# Longer than a sender waits.
SLOW_S: Final = 25.0
RETRY_AFTER_S: Final = 30
RETRY_AFTER_S_MAX: Final = 86_400
CHUNK: Final = b"This body has no end. " * 186


@dataclass(frozen=True, slots=True)
class Reading:
    """What a request turned out to be: the event, or why it is not to be believed, in a sentence."""

    verdict: ReadVerdict
    detail: str
    event: WebhookEvent | None


@dataclass(frozen=True, slots=True)
class Reply:
    """What to answer, after how long, and whether the body goes on and on after its beginning."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    endless: bool = False

    @property
    def accepts(self) -> bool:
        """Whether the sender takes it for accepted."""
        return 200 <= self.status < 300 and self.wait_s == 0


def read_request(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now_s: float) -> Reading:
    """What a request is, by the signing secrets that a receiver has."""
    if not secrets:
        return Reading("refused", "There is no signing secret to verify it with.", None)
    try:
        event = verify_webhook(body, headers, secrets, now=now_s)
    except WebhookRefused as refused:
        return Reading("refused", str(refused), None)
    return Reading("verified", "The signature fits, and the timestamp is fresh.", event)


def as_repeat(reading: Reading) -> Reading:
    """A request whose id was accepted before."""
    return Reading("repeated", "The signature fits, and the id was accepted before.", reading.event)


def told(verdict: ReadVerdict, status: int | None) -> ToldVerdict:
    """What to call a verdict beside the answer that was given: whoever is told to accept everything refuses nothing."""
    refuses = status is not None and status >= 300
    return "unverified" if verdict == "refused" and not refuses else verdict


def reply_to(reading: Reading, answer: Answer, retry_after_s: int = RETRY_AFTER_S) -> Reply:
    """What a receiver that was told to behave in one way answers to a request."""
    match answer:
        case "verify":
            return _as_it_should(reading)
        case "accept":
            return Reply(200, b"accepted without a look\n")
        case "500":
            return Reply(500, b"told to fail\n")
        case "410":
            return Reply(410, b"told to be gone\n")
        case "429":
            return Reply(429, b"told to be busy\n", {"Retry-After": str(retry_after_s)})
        case "slow":
            return Reply(200, b"told to be slow\n", wait_s=SLOW_S)
        case "endless":
            return Reply(200, CHUNK, endless=True)


def _as_it_should(reading: Reading) -> Reply:
    if reading.verdict == "refused":
        return Reply(401, f"{reading.detail}\n".encode())
    if reading.verdict == "repeated":
        return Reply(200, b"accepted before\n", {REPEATED_HEADER: "true"})
    return Reply(200, b"accepted\n")
