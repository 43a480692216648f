"""`/v1/authorize`: forward auth. A proxy asks whether the request that it holds may pass.

The request in question is told in one of three shapes:

    nginx auth_request            X-Original-Method, X-Original-URI
    Caddy, Traefik forward auth   X-Forwarded-Method, X-Forwarded-Uri
    Envoy ext_authz over HTTP     its own method, and its path behind /v1/authorize (path_prefix)

A proxy sets its own shape and may pass on whatever else its client sent. So all that is told must
agree: a client that adds another shape to a proxy's gets its request denied, never decided as one
that it is not.

Answers never have a body. 204: it may pass (to Envoy 200, which it takes no other word for). 401: the
key is at fault. 403: anything else, a limit too, since nginx would turn a 404 or a 429 here into a
500. 503: the gate cannot decide.

What the proxy's configuration says of itself are options, in the query behind `/v1/authorize`:

    api=<slug>                          the API that it stands in front of; without it, whichever the key is for
    environment=sandbox|production      the environment that it stands in front of; without it, either
    status=own                          each denial has its own status, as at the gateway: 404 and 429 too

Envoy's query is its client's, so its options come in X-Freehold-Options, written the same way.
"""

from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import parse_qsl

from freehold.gate.addresses import ProxyTrust
from freehold.gate.decider import Decided, Decider, Question, usage_event
from freehold.gate.decision_fields import decision_fields
from freehold.gate.exchange import Exchange
from freehold.gate.presented import presented_key
from freehold.keys.records import DENIAL_STATUS, Environment, Reason

PATH: Final = b"/v1/authorize"
# Where Envoy puts the original path.
_BEHIND: Final = PATH + b"/"
# No method and no path: what stands for two that differ.
_CONFLICT: Final = b"\x00"
_ENVIRONMENTS: Final[dict[str, Environment]] = {"sandbox": "sandbox", "production": "production"}
_CHALLENGE: Final = b'WWW-Authenticate: Bearer realm="freehold"\r\nCache-Control: no-store\r\n'
_NO_STORE: Final = b"Cache-Control: no-store\r\n"


class _Options(NamedTuple):
    """What a proxy says of itself: the API and environment behind it, and whether it knows every status."""

    api: str | None
    environment: Environment | None
    own_status: bool


_NO_OPTIONS: Final = _Options(None, None, False)


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
        question = self._question(exchange, options)
        decided = self._decider.decide(question) if hearing else self._decider.unavailable(question)
        status = _status(exchange, decided, own=options.own_status)
        fields = decision_fields(exchange, decided) + (_CHALLENGE if status == 401 else _NO_STORE)
        exchange.reply(status, fields, b"", usage_event(exchange.request_id, exchange.at_ms, decided))

    def _question(self, exchange: Exchange, options: _Options) -> Question:
        fields = exchange.fields
        method, path = _original(exchange)
        return Question(
            "authorize",
            presented_key(fields),
            options.environment,
            None,
            method,
            path,
            self._trust.client(exchange.connection.peer, exchange.headers, fields),
            _text(fields.get(b"user-agent")),
            slug=options.api,
        )


def _options(exchange: Exchange) -> _Options | None:
    """What the proxy says of itself; None where it is nonsense."""
    path, _, said = exchange.target.partition(b"?")
    if path != PATH:
        # The original path stands behind ours, and its query is the client's: nothing in it is read.
        said = exchange.fields.get(b"x-freehold-options", b"")
    return _read_options(said) if said else _NO_OPTIONS


@lru_cache(maxsize=256)
def _read_options(said: bytes) -> _Options | None:
    """Options from their text: the same few of every request."""
    pairs = parse_qsl(said.decode("latin-1"), keep_blank_values=True)
    given = dict(pairs)
    api, environment, status = (given.pop(name, None) for name in ("api", "environment", "status"))
    known = environment is None or environment in _ENVIRONMENTS
    if given or len(pairs) != len(dict(pairs)) or api == "" or not known or status not in (None, "own"):
        return None
    return _Options(api, None if environment is None else _ENVIRONMENTS[environment], status == "own")


def _original(exchange: Exchange) -> tuple[str | None, str | None]:
    """Method and path of the request in question; None for what is not told, or told in two ways."""
    fields, target = exchange.fields, exchange.target
    method = _agreed(fields.get(b"x-original-method"), fields.get(b"x-forwarded-method"))
    uri = _agreed(fields.get(b"x-original-uri"), fields.get(b"x-forwarded-uri"))
    if target.startswith(_BEHIND):
        method, uri = _agreed(method, exchange.method), _agreed(uri, target[len(PATH) :])
    if method is _CONFLICT or uri is _CONFLICT:
        return None, None
    return _text(method), None if uri is None else _text(uri.partition(b"?")[0])


def _agreed(one: bytes | None, other: bytes | None) -> bytes | None:
    """What is told once, or twice alike."""
    if one is None or other is None:
        return other if one is None else one
    return one if one == other else _CONFLICT


def _status(exchange: Exchange, decided: Decided, *, own: bool) -> int:
    reason = decided.decision.reason
    if reason is None:
        return 200 if exchange.target.startswith(_BEHIND) else 204
    status = DENIAL_STATUS[reason]
    return status if own or status in (401, 503) else 403


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")


def _answer_unrecorded(exchange: Exchange) -> None:
    fields = f"X-Freehold-Request-Id: {exchange.request_id}\r\nX-Freehold-Reason: {Reason.UNAVAILABLE}\r\n"
    exchange.connection.deliver(exchange, exchange.compose(503, fields.encode() + _NO_STORE, b""), last=True)
