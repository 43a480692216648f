"""What is known of an endpoint's receiver, in the words of its pages. Presents, decides nothing."""

from typing import Final

from freehold.dashboard.views.parts import Tone
from freehold.dashboard.views.webhook_checks import StandingView
from freehold.webhooks.check_records import CheckStanding, Standing

_STANDINGS: Final[dict[Standing, tuple[str, Tone]]] = {
    "never": ("Not checked yet. Four probes show whether the receiver verifies what it accepts.", ""),
    "running": ("Running: the page updates by itself.", ""),
    "passed": ("The receiver verifies signatures, looks at the timestamp, and takes an id once.", "ok"),
    "failed": ("The receiver does not do all that it must. What to mend stands with each probe.", "bad"),
    "unclear": ("Not all can be seen from what came back. What would show it stands with the probe.", "warn"),
    "interrupted": ("The last check was broken off before its end. Run it again.", "warn"),
    "expired": ("The last check is more than 30 days old and no longer counts. Run it again.", "warn"),
    "outdated": ("The URL or the signing secret changed since the last check. Run it again.", "warn"),
}
# Those that count, until they expire.
_COUNTS: Final = frozenset({"passed", "failed", "unclear"})


def standing_view(found: CheckStanding) -> StandingView:
    """What is known of a receiver, as the endpoint's pages say it."""
    detail, tone = _STANDINGS[found.standing]
    at = (found.check.finished_at or found.check.started_at) if found.check else None
    until = found.check.expires_at if found.check and found.standing in _COUNTS else None
    return StandingView(standing=found.standing, detail=detail, tone=tone, at=at, until=until)
