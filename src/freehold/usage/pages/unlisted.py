"""What a list of single requests cannot show, and why."""

from freehold.dashboard.views.requests import Unlisted
from freehold.settings import Settings
from freehold.store import retentions
from freehold.store.engine import Transaction
from freehold.usage.records import Listed


def unlisted_of(tx: Transaction, settings: Settings, listed: Listed) -> Unlisted:
    """What is not in a list: requests that it has not looked through, and those that are no longer kept."""
    kept_days = retentions.days_of(tx, "requests", settings.usage_days)
    return Unlisted(
        kept_days=kept_days or settings.usage_days,
        archived=bool(settings.archive),
        looked_to=listed.looked_to,
        looked_at=listed.looked_at,
    )
