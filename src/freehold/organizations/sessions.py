"""Signing in and out: sessions on the server, throttled, with a CSRF token bound to each.

A session's cookie holds 32 random bytes; the database holds their keyed digest. The CSRF token is
derived from the same bytes with another key, so it needs no place of its own and dies with the session.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret, keyed_digest, same
from freehold.organizations import audit, passwords, queries, rules, session_queries
from freehold.organizations.permissions import require_signed_in_person
from freehold.organizations.records import Actor, Session, User
from freehold.store.engine import Store, Transaction

# Ten tries an account and sixty an address, each refilled over a quarter of an hour.
_WINDOW_S: Final = 15 * 60
_PER_ACCOUNT: Final = 10
_PER_ADDRESS: Final = 60
_SEEN_EVERY: Final = timedelta(minutes=1)
_USER_AGENT_MAX: Final = 300


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a sign-in comes from."""

    address: str
    user_agent: str
    request_id: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A new session: `text` goes into the cookie and nowhere else."""

    user: User
    text: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"SignedIn({self.user.id})"


def session_digest(secret: InstanceSecret, text: str) -> bytes:
    """How a session's cookie is kept."""
    return keyed_digest(secret.derive("sessions"), text)


def csrf_token(secret: InstanceSecret, text: str) -> str:
    """The token that every form of a session carries."""
    return keyed_digest(secret.derive("csrf"), text).hex()


def csrf_token_fits(secret: InstanceSecret, text: str, given: str) -> bool:
    """Whether a form's token is its session's."""
    return same(csrf_token(secret, text).encode(), given.encode())


def sign_in(
    store: Store, secret: InstanceSecret, email: str, password: str, visitor: Visitor, session_days: int
) -> SignedIn:
    """Check a password and begin a session: three steps, because the hashing must not hold a transaction.

    A hash of other parameters than today's is replaced with the session's beginning: only now is the password known.
    Problem `too_many_requests` (with Retry-After) or `wrong_credentials`, which is the same for an
    unknown address and a wrong password.
    """
    email = rules.clean_email(email)
    with store.write() as tx:
        take_attempt(tx, email, visitor.address)
        found = queries.find_user_by_email(tx, email)
    password_hash = found[1] if found else None
    if not passwords.verify_password(password_hash, password) or found is None or found[0].disabled_at:
        raise Problem("wrong_credentials", "Check both and try again.")
    renewed = passwords.hash_password(password) if password_hash and passwords.needs_rehash(password_hash) else None
    with store.write() as tx:
        queries.clear_throttle(tx, _account_throttle(email))
        if renewed and password_hash and queries.renew_password_hash(tx, found[0].id, password_hash, renewed):
            _record_renewal(tx, found[0], visitor)
        return begin_session(tx, secret, found[0], visitor, session_days)


def _record_renewal(tx: Transaction, user: User, visitor: Visitor) -> None:
    audit.record(
        tx, _self(user, visitor), "user.password_rehashed", organization_id=None, subject_kind="user", subject_id=user.id,
        subject_name=user.email,
    )  # fmt: skip


def take_attempt(tx: Transaction, email: str, address: str) -> None:
    """Count one try; Problem `too_many_requests` where the account or the address had too many."""
    now = clock.now()
    waits = (
        queries.take_throttle(tx, _account_throttle(email), _PER_ACCOUNT, _WINDOW_S, now),
        queries.take_throttle(tx, f"sign-in address {address}", _PER_ADDRESS, _WINDOW_S, now),
    )
    if wait_s := max(waits):
        seconds = int(wait_s) + 1
        raise Problem(
            "too_many_requests", f"Wait {seconds} seconds before the next try.", headers={"Retry-After": str(seconds)}
        )


def begin_session(tx: Transaction, secret: InstanceSecret, user: User, visitor: Visitor, session_days: int) -> SignedIn:
    """A new session for a person who has proved who they are."""
    now = clock.now()
    text = secrets.token_urlsafe(32)
    expires_at = rules.session_ends_at(now, now, session_days)
    digest = session_digest(secret, text)
    session_queries.delete_ended(tx, now)
    session_queries.insert_session(
        tx, Session(digest, user.id, now, now, expires_at, visitor.address, visitor.user_agent[:_USER_AGENT_MAX])
    )
    audit.record(
        tx, _self(user, visitor), "session.begun", organization_id=None, subject_kind="user", subject_id=user.id,
        subject_name=user.email,
    )  # fmt: skip
    return SignedIn(user, text, expires_at)


def find_session(tx: Transaction, secret: InstanceSecret, text: str) -> tuple[Session, User] | None:
    """The session of a cookie, where it has not ended."""
    return session_queries.find_session(tx, session_digest(secret, text), clock.now())


def should_touch(session: Session, now: datetime) -> bool:
    """Whether a session's use is worth a write: once a minute is enough."""
    return now - session.seen_at >= _SEEN_EVERY


def touch(tx: Transaction, session: Session, session_days: int) -> None:
    """Note that a session is in use, which moves its end."""
    now = clock.now()
    session_queries.touch_session(tx, session.digest, now, rules.session_ends_at(now, session.created_at, session_days))


def sign_out(tx: Transaction, actor: Actor, digest: bytes) -> None:
    """End the session."""
    session_queries.delete_session(tx, digest)
    audit.record(
        tx,
        actor,
        "session.ended",
        organization_id=None,
        subject_kind="user",
        subject_id=actor.id,
        subject_name=actor.name,
    )


def list_sessions(tx: Transaction, actor: Actor) -> list[Session]:
    """The actor's own sessions, last used first."""
    return session_queries.sessions_of(tx, require_signed_in_person(actor), clock.now())


def sign_out_elsewhere(tx: Transaction, actor: Actor, this: bytes) -> int:
    """End every session of the actor but this one; how many."""
    user_id = require_signed_in_person(actor)
    ended = session_queries.delete_sessions_of(tx, user_id, this)
    audit.record(
        tx, actor, "session.ended_elsewhere", organization_id=None, subject_kind="user", subject_id=user_id,
        subject_name=actor.name, after={"sessions": ended},
    )  # fmt: skip
    return ended


def change_password(store: Store, actor: Actor, old: str, new: str, this: bytes | None) -> None:
    """Replace the actor's own password and end their other sessions. Three steps, as in `sign_in`."""
    user_id = require_signed_in_person(actor)
    with store.write() as tx:
        user = queries.find_user(tx, user_id)
        kept = queries.password_hash_of(tx, user_id)
        if user is None:
            raise not_found("account")
        take_attempt(tx, user.email, actor.address)
    if not passwords.verify_password(kept, old):
        raise invalid(FieldError("password", "This is not your present password.", "wrong_password"))
    if errors := rules.check_password("new_password", new, user.email):
        raise invalid(*errors)
    password_hash = passwords.hash_password(new)
    with store.write() as tx:
        queries.set_password_hash(tx, user_id, password_hash)
        queries.clear_throttle(tx, _account_throttle(user.email))
        session_queries.delete_sessions_of(tx, user_id, this)
        audit.record(
            tx, actor, "user.password_changed", organization_id=None, subject_kind="user", subject_id=user_id,
            subject_name=user.email,
        )  # fmt: skip


def _account_throttle(email: str) -> str:
    # Cut, because it may be anything, and no index takes a text of megabytes.
    return f"sign-in account {email[: rules.EMAIL_MAX]}"


def _self(user: User, visitor: Visitor) -> Actor:
    actor = Actor("user", user.id, user.email, user.id, user.is_operator, {})
    return replace(actor, address=visitor.address, request_id=visitor.request_id)
