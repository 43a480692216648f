"""One HTTP call, as the handlers see it: the caller, the store, and the two ways to a transaction.

The caller is found when a handler first asks for it, in the handler's own thread. A session's cookie
counts for a changing call only together with the session's CSRF token, in the header `X-CSRF-Token`
or the form's `csrf_token`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final, TypeVar, cast
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, Response
from litestar.datastructures import FormMultiDict, UploadFile

from freehold.errors import FieldError, Problem, invalid
from freehold.kit import clock, paging
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import queries as accounts
from freehold.organizations import sessions, token_queries, tokens
from freehold.organizations.records import Actor, Session, Token, User
from freehold.settings import Settings
from freehold.store import epoch, propagation
from freehold.store.engine import Store, Transaction
from freehold.store.propagation import Confirmation
from freehold.web import idempotency, nul

T = TypeVar("T")

SESSION_COOKIE: Final = "freehold_session"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
_IDEMPOTENCY_KEY_MAX: Final = 255
# Of an answer that is kept before it is known which gates decide by what it tells of.
_UNCONFIRMED: Final = 202


@dataclass(frozen=True, slots=True)
class Shared:
    """What all calls of one process share."""

    store: Store
    settings: Settings
    secret: InstanceSecret


@dataclass(slots=True)
class Caller:
    """Who calls, and by what."""

    actor: Actor
    user: User | None
    session: Session | None = None
    token: Token | None = None


@dataclass(slots=True)
class Call:
    """One call. Made by `provide_call` for every handler that names a parameter `call`."""

    shared: Shared
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    cookies: Mapping[str, str]
    address: str
    request_id: str
    form: FormMultiDict = field(default_factory=FormMultiDict)
    body_digest: bytes = b""
    _caller: Caller | None = None
    _looked: bool = False

    @property
    def store(self) -> Store:
        """The databases."""
        return self.shared.store

    @property
    def settings(self) -> Settings:
        """The instance's settings."""
        return self.shared.settings

    @property
    def secret(self) -> InstanceSecret:
        """The instance's secret."""
        return self.shared.secret

    def read(self) -> AbstractContextManager[Transaction]:
        """A transaction that sees one moment."""
        return self.store.read()

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction that commits when its block ends.

        The caller is found first: finding one may write (when a token was last used), and the embedded
        database has one writer, which inside this transaction would wait for itself.
        """
        _ = self.caller_or_none
        return self.store.write()

    def confirmed(self, act: Callable[[Transaction], T]) -> tuple[T, Confirmation]:
        """Make a change in one transaction, then wait until every live gate process decides by it."""
        with self.write() as tx:
            made, reached = act(tx), epoch.current(tx)
        return made, self.confirmation(reached)

    def confirmation(self, reached: int | None = None) -> Confirmation:
        """Wait until every live gate process has reached an epoch; without one, until it decides by all there is."""
        if reached is None:
            with self.read() as tx:
                reached = epoch.current(tx)
        return propagation.wait_for_verifiers(self.store, reached, self.settings.staleness_s)

    @property
    def actor(self) -> Actor:
        """The caller; Problem `unauthenticated` where there is none."""
        return self.caller.actor

    @property
    def caller(self) -> Caller:
        """The caller with their session or token; Problem `unauthenticated` where there is none."""
        caller = self.caller_or_none
        if caller is None:
            raise Problem(
                "unauthenticated",
                "This needs a session, or an access token as `Authorization: Bearer fhp_…`.",
                headers={"WWW-Authenticate": 'Bearer realm="freehold"'},
            )
        return caller

    @property
    def caller_or_none(self) -> Caller | None:
        """The caller, where there is one. A wrong token is an error, a session that has ended is nobody."""
        if not self._looked:
            self._caller = self._find_caller()
            self._looked = True
        return self._caller

    @property
    def visitor(self) -> sessions.Visitor:
        """Where the call comes from."""
        return sessions.Visitor(self.address, self.headers.get("user-agent", ""), self.request_id)

    @property
    def csrf_token(self) -> str:
        """The token for this session's forms; empty without a session."""
        text = self.cookies.get(SESSION_COOKIE, "")
        return sessions.csrf_token(self.secret, text) if text else ""

    def query_value(self, name: str) -> str:
        """One value of the address's query, empty where it is absent."""
        return self.query_values().get(name, "")

    def query_values(self) -> dict[str, str]:
        """The address's query; of a name that stands twice, the last value."""
        return dict(parse_qsl(self.query))

    def query_lists(self) -> dict[str, tuple[str, ...]]:
        """The address's query with all values of each name."""
        lists: dict[str, tuple[str, ...]] = {}
        for name, value in parse_qsl(self.query):
            lists[name] = (*lists.get(name, ()), value)
        return lists

    def field(self, name: str) -> str:
        """One field of the posted form, empty where it is absent."""
        value = self.form.get(name, "")
        return value if isinstance(value, str) else ""

    def fields(self, name: str) -> list[str]:
        """All values of a field of the posted form."""
        return [value for value in self.form.getall(name, []) if isinstance(value, str)]

    def file(self, name: str) -> bytes:
        """The content of a file of the posted form, empty where none was chosen. Reads a file: call it once."""
        value = self.form.get(name)
        return value.file.read() if isinstance(value, UploadFile) else b""

    def revision(self) -> int | None:
        """The revision that `If-Match` names, None for any; one that cannot be ours matches nothing."""
        text = self.headers.get("if-match", "*").strip()
        if text == "*":
            return None
        return _revision(text.removeprefix('"').removesuffix('"'))

    def form_revision(self) -> int:
        """The revision that the posted form was filled in on; one that cannot be ours matches nothing."""
        return _revision(self.field("revision"))

    def create(self, act: Callable[[Transaction], T], status: int = 201) -> Response[T]:
        """Run one creating action in one transaction and answer with what it made, as JSON.

        With an `Idempotency-Key` the same key and body give the same answer for 24 hours, however
        often they are sent, even after a crash.
        """
        answer = self.once(lambda tx: idempotency.Answer(status, msgspec.json.encode(act(tx))))
        return Response(content=cast("T", answer.body), status_code=answer.status, media_type="application/json")

    def once(self, act: Callable[[Transaction], idempotency.Answer]) -> idempotency.Answer:
        """Run one creating action in one transaction, which also keeps its answer under the request's key.

        The key is the header `Idempotency-Key`, or the form's `idempotency_key`.
        """
        place = self._place()
        with self.write() as tx:
            if place and (kept := idempotency.kept_answer(tx, self.secret, place, clock.now())):
                idempotency.require_still_allowed(tx, act)
                return kept
            answer = act(tx)
            if place:
                idempotency.keep_answer(tx, self.secret, place, answer)
        return answer

    def once_confirmed(self, act: Callable[[Transaction], object]) -> bytes:
        """As `once`, and wait then until every live gate process decides by it: JSON that says which did, too.

        What is kept is what was answered. Where the process dies while it waits, it is waited for when the
        request is sent again.
        """
        answer = self.once(lambda tx: idempotency.Answer(_UNCONFIRMED, msgspec.json.encode(act(tx))))
        if answer.status != _UNCONFIRMED:
            return answer.body
        said = msgspec.json.decode(answer.body) | asdict(self.confirmation())
        confirmed = idempotency.Answer(200, msgspec.json.encode(said))
        if place := self._place():
            with self.write() as tx:
                idempotency.keep_answer(tx, self.secret, place, confirmed)
        return confirmed.body

    def _place(self) -> idempotency.Place | None:
        """Where this request's answer is kept; None without an idempotency key."""
        key = self.headers.get("idempotency-key", self.field("idempotency_key") or None)
        if key is not None and not (1 <= len(key) <= _IDEMPOTENCY_KEY_MAX and key.isascii() and key.isprintable()):
            raise invalid(
                FieldError(
                    "Idempotency-Key", f"1 to {_IDEMPOTENCY_KEY_MAX} printable ASCII characters.", "invalid_header"
                )
            )
        return idempotency.Place(self.actor.id, key, self._request_digest()) if key else None

    def _request_digest(self) -> bytes:
        return hashlib.blake2b(
            f"{self.method} {self.path}?{self.query}\n".encode() + self.body_digest, digest_size=32
        ).digest()

    def _find_caller(self) -> Caller | None:
        authorization = self.headers.get("authorization")
        if authorization is not None:
            return self._by_token(authorization)
        text = self.cookies.get(SESSION_COOKIE)
        return self._by_session(text) if text else None

    def _by_token(self, authorization: str) -> Caller:
        scheme, _, text = authorization.partition(" ")
        found = None
        if scheme.lower() == "bearer" and text.isascii():
            with self.store.read() as tx:
                found = tokens.actor_of_token(tx, self.secret, text.strip())
        if found is None:
            raise Problem(
                "unauthenticated",
                "The access token is unknown, expired or revoked.",
                headers={"WWW-Authenticate": 'Bearer realm="freehold", error="invalid_token"'},
            )
        token, actor = found
        self._note_token_use(token)
        with self.store.read() as tx:
            user = accounts.find_user(tx, actor.user_id) if actor.user_id else None
        return Caller(self._placed(actor), user, token=token)

    def _note_token_use(self, token: Token) -> None:
        # Once a minute is enough to say when a token was last used, and keeps reads from becoming writes.
        now = clock.now()
        if token.last_used_at is None or (now - token.last_used_at).total_seconds() >= 60:
            with self.store.write() as tx:
                token_queries.touch_token(tx, token.id, now)

    def _by_session(self, text: str) -> Caller | None:
        with self.store.read() as tx:
            found = sessions.find_session(tx, self.secret, text)
            actor = tokens.actor_of_user(tx, found[1].id) if found else None
        if found is None or actor is None:
            return None
        session, user = found
        if self.method not in _SAFE:
            self._check_csrf(text)
        if sessions.should_touch(session, clock.now()):
            with self.store.write() as tx:
                sessions.touch(tx, session, self.settings.session_days)
        return Caller(self._placed(actor), user, session=session)

    def _check_csrf(self, text: str) -> None:
        given = self.headers.get("x-csrf-token") or self.field("csrf_token")
        if not sessions.csrf_token_fits(self.secret, text, given):
            raise Problem(
                "bad_csrf_token",
                "Open the page again and repeat what you did; programs send the session's X-CSRF-Token.",
            )

    def _placed(self, actor: Actor) -> Actor:
        return replace(actor, address=self.address, request_id=self.request_id)


async def provide_call(request: Request[Any, Any, Any]) -> Call:
    """Read what a handler may need of a request: its form, or a digest of its body for idempotency."""
    nul.refuse_in_address(request)
    shared = cast("Shared", request.app.state.shared)
    call = Call(
        shared=shared, method=request.method, path=request.url.path, query=request.url.query,
        headers=request.headers, cookies=request.cookies,
        address=request.client.host if request.client else "", request_id=request.scope["state"]["request_id"],
    )  # fmt: skip
    if request.method in _SAFE:
        return call
    is_form = request.headers.get("content-type", "").lower().startswith(_FORMS)
    if is_form or "idempotency-key" in request.headers:
        # Before the form: the framework keeps a body that was read, but not the parts of a multipart form.
        call.body_digest = hashlib.blake2b(await request.body(), digest_size=32).digest()
    if is_form:
        call.form = await request.form()
        nul.refuse_in_form(call.form)
    return call


def _revision(digits: str) -> int:
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else -1


def checked_limit(limit: int) -> int:
    """A page's length; Problem `invalid` outside 1 to 200."""
    if not 1 <= limit <= paging.LIMIT_MAX:
        raise invalid(FieldError("limit", f"From 1 to {paging.LIMIT_MAX}.", "out_of_range"))
    return limit


def etag(revision: int) -> str:
    """A revision as an entity tag (RFC 9110, section 8.8.3)."""
    return f'"{revision}"'
