"""Posting mails: rows that a transaction writes with what they tell of. Nothing here sends."""

from collections.abc import Iterable

from freehold.kit import clock, ids
from freehold.mail import queries, rules
from freehold.mail.records import Mail
from freehold.store.engine import Transaction


def post_mail(
    tx: Transaction, organization_id: str, recipients: Iterable[str], subject: str, text: str, html: str | None = None
) -> list[str]:
    """Write one mail for each recipient (an address once), to be sent after the commit; their ids.

    `text` is plain text, `html` the same for programs that show it. It is kept for 30 days and crosses other people's servers: no secret belongs in it.
    """
    now = clock.now()
    rows = [
        Mail(
            id=ids.new_id("mail"), organization_id=organization_id, recipient=recipient,
            subject=rules.one_line(subject), text=text, html=html, state="pending", attempts=0, due_at=now,
            leased_until_at=None, error=None, created_at=now, finished_at=None,
        )
        for recipient in dict.fromkeys(recipients)
    ]  # fmt: skip
    queries.insert_mails(tx, rows)
    return [row.id for row in rows]
