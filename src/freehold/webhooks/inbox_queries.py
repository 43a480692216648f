"""SQL of hosted inboxes and of the requests that they keep."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Row, delete, insert, select, update

from freehold.store.engine import Transaction
from freehold.store.schema import inbox_requests, webhook_endpoints, webhook_inboxes
from freehold.webhooks.inbox_records import REQUESTS_MAX, Inbox, InboxRequest
from freehold.webhooks.rehearsal import Answer

_I = webhook_inboxes.c
_R = inbox_requests.c
_INBOX = (_I.project_id, _I.address, _I.answer, _I.retry_after_s, _I.created_at)
_REQUEST = (
    _R.id, _R.at, _R.address, _R.message_id, _R.headers, _R.body, _R.body_bytes, _R.verdict, _R.detail, _R.status
)  # fmt: skip


def insert_inbox(tx: Transaction, inbox: Inbox) -> None:
    """Add a project's inbox; IntegrityError where it has one, or is no sandbox project."""
    tx.execute(insert(webhook_inboxes).values(**asdict(inbox), environment="sandbox"))


def find_inbox(tx: Transaction, project_id: str) -> Inbox | None:
    """A project's inbox (primary key)."""
    row = tx.execute(select(*_INBOX).where(_I.project_id == project_id)).first()
    return Inbox(*row) if row else None


def hold_inbox(tx: Transaction, address: str) -> Inbox | None:
    """The inbox at an address, its row held until the commit: what comes at one instant is taken in turn (uq_webhook_inboxes_address)."""
    row = tx.execute(select(*_INBOX).where(_I.address == address).with_for_update()).first()
    return Inbox(*row) if row else None


def change_answer(tx: Transaction, project_id: str, answer: Answer, retry_after_s: int) -> None:
    """Set how an inbox answers (primary key)."""
    values = {"answer": answer, "retry_after_s": retry_after_s}
    tx.execute(update(webhook_inboxes).where(_I.project_id == project_id).values(values))


def endpoints_at(tx: Transaction, project_id: str, url: str) -> list[str]:
    """The project's endpoints that have this URL (ix_webhook_endpoints_project_id)."""
    column = webhook_endpoints.c
    mine = (column.project_id == project_id, column.url == url, column.deleted_at.is_(None))
    return [row[0] for row in tx.execute(select(column.id).where(*mine))]


def accepted_before(tx: Transaction, project_id: str, message_id: str) -> bool:
    """Whether a request with this id was accepted, of those that are kept (ix_inbox_requests_project_id)."""
    accepted = (
        _R.project_id == project_id, _R.message_id == message_id, _R.verdict != "refused", _R.status.between(200, 299)
    )  # fmt: skip
    return tx.execute(select(_R.id).where(*accepted).limit(1)).first() is not None


def insert_request(tx: Transaction, project_id: str, request: InboxRequest) -> None:
    """Keep a request, and let go of those before the latest hundred (ix_inbox_requests_project_id)."""
    tx.execute(insert(inbox_requests).values(**asdict(request), project_id=project_id))
    oldest = select(_R.id).where(_R.project_id == project_id).order_by(_R.id.desc()).offset(REQUESTS_MAX - 1).limit(1)
    last = tx.execute(oldest).scalar()
    if last is not None:
        tx.execute(delete(inbox_requests).where(_R.project_id == project_id, _R.id < last))


def requests_of(tx: Transaction, project_id: str, limit: int, after_id: str | None = None) -> list[InboxRequest]:
    """A project's requests, newest first, after an id (ix_inbox_requests_project_id)."""
    query = select(*_REQUEST).where(_R.project_id == project_id)
    if after_id:
        query = query.where(_R.id < after_id)
    return _requests(tx.execute(query.order_by(_R.id.desc()).limit(limit)).all())


def clear_requests(tx: Transaction, project_id: str) -> int:
    """Let go of all requests of a project; how many (ix_inbox_requests_project_id)."""
    return tx.execute(delete(inbox_requests).where(_R.project_id == project_id)).rowcount


def _requests(rows: Sequence[Row[*tuple[Any, ...]]]) -> list[InboxRequest]:
    return [
        InboxRequest(**{**row._mapping, "headers": tuple((pair[0], pair[1]) for pair in row.headers)}) for row in rows
    ]
