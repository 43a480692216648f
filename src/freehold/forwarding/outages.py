"""Telling people that a receiver takes nothing for long, once an outage, and once that it takes entries again.

By an entry in the log, and by a mail to those who may change the forwarding. Webhook endpoints are a
project's, which no forwarding is.
"""

from typing import Final

from freehold.forwarding import outage_queries, queries
from freehold.forwarding.records import Forwarding, Lag, Outage
from freehold.kit import clock
from freehold.mail.actions import post_mail
from freehold.organizations import audit
from freehold.organizations.records import Actor
from freehold.store.engine import Transaction

_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})
_ACTIONS: Final[dict[Outage, str]] = {"began": "forwarding.failing", "ended": "forwarding.recovered"}


def tell(tx: Transaction, before: Forwarding, after: Forwarding, outage: Outage, pages_url: str) -> None:
    """Write the entry and the letters, with the transaction in which it turned."""
    lag = queries.lags_of(tx, after.scope).get(after.id, Lag(0, None))
    seen = after if outage == "began" else before
    audit.record(
        tx, _SYSTEM, _ACTIONS[outage], organization_id=after.organization_id, subject_kind="forwarding", subject_id=after.id,
        subject_name=after.name,
        after={"to": after.shown, "failing_since": seen.failing_since_at, "error": seen.error, "waiting": lag.entries},
    )  # fmt: skip
    whose, recipients = outage_queries.who_answers(tx, after.organization_id)
    if whose is None:
        return
    subject, text = _letter(after, seen, outage, lag, f"{pages_url}{_page(after)}")
    post_mail(tx, whose, recipients, subject, text)


def _page(forwarding: Forwarding) -> str:
    of = f"/organizations/{forwarding.organization_id}" if forwarding.organization_id else ""
    return f"{of}/audit/forwarding/{forwarding.id}"


def _letter(after: Forwarding, seen: Forwarding, outage: Outage, lag: Lag, page: str) -> tuple[str, str]:
    since = clock.to_words(seen.failing_since_at or after.due_at)
    ways = f"  {page}\n  freehold audit forwardings show {after.id}\n"
    if outage == "ended":
        rest = (
            f"{_entries(lag.entries)} still to be sent, in order."
            if lag.entries
            else "All there is has been sent, in order."
        )
        text = f"{after.name} takes audit entries again. It had been failing since {since}.\n\n{rest} None was left out.\n\n{ways}"
        return f"Audit forwarding works again: {after.name}", text
    text = (
        f"Audit entries have not reached {after.name} since {since}:\n\n  {after.shown}\n\n{seen.error}\n\n"
        f"{_entries(lag.entries)} waiting in the log. None is lost: it is tried again and again, and all of them are sent, in "
        f"order, once the receiver takes entries.\n\n{ways}"
    )
    return f"Audit forwarding fails: {after.name}", text


def _entries(count: int) -> str:
    return "1 entry is" if count == 1 else f"{count:,} entries are"
