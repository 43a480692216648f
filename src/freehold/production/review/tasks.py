"""The review's loop of the tasks process: write the letters of what happened, and end approvals whose time is over."""

import logging
import threading
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from freehold.kit import clock
from freehold.mail.actions import post_mail
from freehold.production.review import endings, queries
from freehold.production.review import entries as review_entries
from freehold.production.review.letters import write_letter
from freehold.production.review.records import AccessRequest, Entry, EntryKind
from freehold.projects import queries as projects
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction

_POLL_S: Final = 1.0
_DATABASE_AWAY_S: Final = 5.0
_AT_ONCE: Final = 100
# What only the reviewer who has taken a request up needs to hear; of other steps all reviewers do.
_CONVERSATION: Final[frozenset[EntryKind]] = frozenset({"commented", "answered", "shape_changed", "asked_for_changes"})

_log: Final = logging.getLogger(__name__)


def run(store: Store, settings: Settings, stop: threading.Event) -> None:
    """Look for what is due, every second, until told to stop. Survives a database that is away."""
    while not stop.is_set():
        try:
            turn(store, settings)
        except SQLAlchemyError:
            _log.warning("reviews wait for the database", exc_info=True)
            stop.wait(_DATABASE_AWAY_S)
        stop.wait(_POLL_S)


def turn(store: Store, settings: Settings) -> int:
    """End approvals that are over and write the letters of what happened; how many of both."""
    now, done = clock.now(), 0
    with store.read() as tx:
        # Looking takes no lock, so an idle loop is in no writer's way.
        over, untold = queries.expired(tx, now, 1), review_entries.any_untold(tx)
    if over:
        with store.write() as tx:
            done += endings.expire_due(tx, now, _AT_ONCE)
    if untold or done:
        with store.write() as tx:
            done += _tell(tx, settings)
    return done


def _tell(tx: Transaction, settings: Settings) -> int:
    """Write the letters of what has not been told yet, marked as told in the same transaction: once each."""
    entries = review_entries.take_untold(tx, clock.now(), _AT_ONCE)
    for entry in entries:
        request = queries.find_request(tx, entry.request_id)
        if request is not None:
            _write(tx, settings, request, entry)
    return len(entries)


def _write(tx: Transaction, settings: Settings, request: AccessRequest, entry: Entry) -> None:
    page = f"{settings.control_url}/projects/{request.project_id}/production"
    review_page = f"{settings.control_url}/access_requests/{request.id}"
    reviewing = reviewers_of(tx, request, entry)
    for addresses, address, to_reviewer in (
        (reviewing, review_page, True),
        ([each for each in team_of(tx, request, entry) if each not in reviewing], page, False),
    ):
        letter = write_letter(request, entry, address, to_reviewer=to_reviewer)
        post_mail(tx, request.organization_id, addresses, letter.subject, letter.text, letter.html)


def team_of(tx: Transaction, request: AccessRequest, entry: Entry) -> list[str]:
    """The addresses of who asked and of the project's owners; not of whoever did it themselves."""
    found = review_entries.person(tx, request.requested_by) if request.requested_by else None
    people = [(request.requested_by, found[1])] if found else []
    people += [
        (owner.user_id, owner.email) for owner in projects.owners_of(tx, [request.project_id])[request.project_id]
    ]
    return list(dict.fromkeys(address for user_id, address in people if user_id != entry.user_id))


def reviewers_of(tx: Transaction, request: AccessRequest, entry: Entry) -> list[str]:
    """The addresses of the reviewers who hear of a step: of a conversation, whoever has taken it up; else all.

    Nobody who asked, and not whoever did it themselves.
    """
    silent = {entry.user_id, *review_entries.authors_of(tx, request)}
    known = [(user_id, address) for user_id, _, address in review_entries.reviewers(tx) if user_id not in silent]
    if entry.kind in _CONVERSATION and (entry.kind == "shape_changed" or request.reviewer_id):
        known = [each for each in known if each[0] == request.reviewer_id]
    return [address for _, address in known]
