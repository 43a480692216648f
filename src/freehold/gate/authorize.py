"""`/v1/authorize`: forward auth. A proxy asks whether the request that it holds may pass.

The request in question is told in one of three shapes:

    nginx auth_request            X-Original-Method, X-Original-URI
    Caddy, Traefik forward auth   X-Forwarded-Method, X-Forwarded-Uri
    Envoy ext_authz over HTTP     its own method, and its path behind /v1/authorize (path_prefix)

A proxy sets its own shape and may pass on whatever else its client sent. So all that is told must
agree: a client that adds another shape to a proxy's gets its request denied, never decided as one
that it is not.

Answers never have a body. 204: it may pass. 401: the key is at fault. 403: anything else, a limit
too, since nginx would turn a 429 here into a 500; `?status=429` asks for 429 where the caller knows
what to do with it. 503: the gate cannot decide. `?environment=` says which environment this proxy
stands in front of.
"""

from typing import Final
from urllib.parse import parse_qsl

from freehold.gate.addresses import ProxyTrust
from freehold.gate.decider import Decided, Decider, Question, usage_event
from freehold.gate.decision_fields import decision_fields
from freehold.gate.exchange import Exchange
from freehold.gate.presented import presented_key
from freehold.keys.records import DENIAL_STATUS, Environment, Reason

PATH: Final = b"/v1/authorize"
# No method and no path: what stands for two that differ.
_CONFLICT: Final = b"\x00"
_ENVIRONMENTS: Final[dict[str, Environment]] = {"sandbox": "sandbox", "production": "production"}
_CHALLENGE: Final = b'WWW-Authenticate: Bearer realm="freehold"\r\nCache-Control: no-store\r\n'
_NO_STORE: Final = b"Cache-Control: no-store\r\n"


class Authorize:
    """Answers forward auth."""

    def __init__(self, decider: Decider, trust: ProxyTrust) -> None:
        self._decider = decider
        self._trust = trust

    def handle(self, exchange: Exchange, hearing: bool) -> None:
        """Decide and answer; Missing where something is to be fetched."""
        exchange.unrecorded = _answer_unrecorded
        options = _options(exchange)
        if options is None:
            exchange.reply(400, b"X-Freehold-Reason: bad_request\r\n" + _NO_STORE, b"")
            return
        environment, limited_status = options
        question = self._question(exchange, environment)
        decided = self._decider.decide(question) if hearing else self._decider.unavailable(question)
        status = _status(decided, limited_status)
        fields = decision_fields(exchange, decided) + (_CHALLENGE if status == 401 else _NO_STORE)
        exchange.reply(status, fields, b"", usage_event(exchange, decided))

    def _question(self, exchange: Exchange, environment: Environment | None) -> Question:
        fields = exchange.fields
        method, path = _original(exchange)
        return Question(
            "authorize",
            presented_key(fields),
            environment,
            None,
            method,
            path,
            self._trust.client(exchange.connection.peer, exchange.headers, fields),
            _text(fields.get(b"user-agent")),
        )


def _options(exchange: Exchange) -> tuple[Environment | None, int] | None:
    """Environment and status of a limit that the proxy's configuration asks for; None where it asks for nonsense.

    Where the original path stands behind ours, its query is the client's: nothing in it is read.
    """
    path, _, query = exchange.target.partition(b"?")
    if not query or path != PATH:
        return None, 403
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    environment, status = given.pop("environment", None), given.pop("status", "403")
    if given or status not in ("403", "429") or (environment is not None and environment not in _ENVIRONMENTS):
        return None
    return (None if environment is None else _ENVIRONMENTS[environment]), int(status)


def _original(exchange: Exchange) -> tuple[str | None, str | None]:
    """Method and path of the request in question; None for what is not told, or told in two ways."""
    fields, target = exchange.fields, exchange.target
    method = _agreed(fields.get(b"x-original-method"), fields.get(b"x-forwarded-method"))
    uri = _agreed(fields.get(b"x-original-uri"), fields.get(b"x-forwarded-uri"))
    if target.startswith(PATH + b"/"):
        method, uri = _agreed(method, exchange.method), _agreed(uri, target[len(PATH) :])
    if method is _CONFLICT or uri is _CONFLICT:
        return None, None
    return _text(method), None if uri is None else _text(uri.partition(b"?")[0])


def _agreed(one: bytes | None, other: bytes | None) -> bytes | None:
    """What is told once, or twice alike."""
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else _CONFLICT


def _status(decided: Decided, limited_status: int) -> int:
    reason = decided.decision.reason
    if reason is None:
        return 204
    status = DENIAL_STATUS[reason]
    if status == 429:
        return limited_status
    return status if status in (401, 503) else 403


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _answer_unrecorded(exchange: Exchange) -> None:
    fields = f"X-Freehold-Request-Id: {exchange.request_id}\r\nX-Freehold-Reason: {Reason.UNAVAILABLE}\r\n"
    exchange.connection.deliver(exchange, exchange.compose(503, fields.encode() + _NO_STORE, b""), last=True)
