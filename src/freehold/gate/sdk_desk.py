"""`/v1/sdk/…`: what the gate does for processes that decide by themselves with `freehold.sdk`.

    POST /v1/sdk/keys      what does this key's text stand for
    GET  /v1/sdk/changes   what changed since an epoch (held until something has)
    POST /v1/sdk/leases    units of rate limits and quotas to spend
    POST /v1/sdk/returns   units of quotas that are given back; a process that leaves
    POST /v1/sdk/usage     a piece of its journal

All with an organization's service token that may verify. What needs the database beyond what the
keyring knows runs in two threads of its own, so that no decision ever waits for it.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
import psycopg
from sqlalchemy.exc import SQLAlchemyError

from freehold.errors import Problem
from freehold.gate import answers, sdk_intake, sdk_leases
from freehold.gate.decider import Decider
from freehold.gate.exchange import Exchange
from freehold.gate.keyring import TokenRecord
from freehold.gate.limiter import Limiter
from freehold.gate.sdk_changes import ChangeFeed
from freehold.gate.sdk_keys import SdkKeys
from freehold.gate.sdk_verifiers import SdkVerifiers
from freehold.gate.service_tokens import ServiceTokens
from freehold.keys.sharing import ChangesAnswer, KeyQuestion, LeaseQuestion, ReturnQuestion
from freehold.kit import ids
from freehold.store.engine import Store
from freehold.usage.shipping import Shipment

_log: Final = logging.getLogger("freehold.gate")
PREFIX: Final = b"/v1/sdk/"
# A whole shipment of the largest events that this gate would write itself.
BODY_BYTES_MAX: Final = 2 << 20
_WAITING_MAX: Final = 200
_WAIT_S_MAX: Final = 30.0
_NODE_MAX: Final = 64
_UNAVAILABLE: Final = "The gate cannot hear its database. Try again."

_key_question = msgspec.json.Decoder(KeyQuestion).decode
_lease_question = msgspec.json.Decoder(LeaseQuestion).decode
_return_question = msgspec.json.Decoder(ReturnQuestion).decode
_shipment = msgspec.msgpack.Decoder(Shipment).decode


class SdkDesk:
    """Answers the SDK's processes."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        store: Store,
        decider: Decider,
        tokens: ServiceTokens,
        keys: SdkKeys,
        limiter: Limiter,
        feed: ChangeFeed,
    ) -> None:
        self._loop = loop
        self._store = store
        self._decider = decider
        self._tokens = tokens
        self._keys = keys
        self._limiter = limiter
        self._feed = feed
        self._verifiers = SdkVerifiers(store)
        self._pool = ThreadPoolExecutor(2, "sdk-desk")
        self._waiting = 0
        self._handlers: Final[dict[bytes, tuple[bytes, Callable[[Exchange, TokenRecord], None]]]] = {
            b"keys": (b"POST", self._answer_key),
            b"changes": (b"GET", self._answer_changes),
            b"leases": (b"POST", self._answer_leases),
            b"returns": (b"POST", self._answer_returns),
            b"usage": (b"POST", self._answer_usage),
        }

    def start(self) -> None:
        """Begin to write down what the processes have reached."""
        self._verifiers.start()

    def stop(self) -> None:
        """End, and wait for the end."""
        self._pool.shutdown()
        self._verifiers.stop()

    def handle(self, exchange: Exchange, hearing: bool) -> None:
        """Answer, now or later; Problem where the question is not right, Missing where something is to be fetched."""
        method, handler = self._handlers.get(exchange.target[len(PREFIX) :].partition(b"?")[0], (b"", _nothing_here))
        if method and exchange.method != method:
            raise Problem("method_not_allowed", f"Ask with {method.decode()}.", headers={"Allow": method.decode()})
        if not hearing or self._decider.is_stale():
            raise Problem("unavailable", _UNAVAILABLE)
        handler(exchange, self._tokens.verifier(exchange.fields, exchange.at_ms))

    def _answer_key(self, exchange: Exchange, token: TokenRecord) -> None:
        self._keys.answer(exchange, token, _read(_key_question, exchange.body))

    def _answer_changes(self, exchange: Exchange, token: TokenRecord) -> None:
        given = dict(parse_qsl(exchange.target.partition(b"?")[2].decode("latin-1")))
        try:
            process, after = given["process"], int(given["after"])
            wait_s = min(_WAIT_S_MAX, int(given.get("wait_ms", "0")) / 1000)
        except (KeyError, ValueError):
            raise Problem("bad_request", "Say process, after and wait_ms.") from None
        if not ids.is_id(process, "sdk"):
            raise Problem("bad_request", "A process is called sdk_ and 26 characters.")
        node = "".join(each for each in given.get("node", "") if each.isprintable())[:_NODE_MAX]
        self._verifiers.reached(process, token, f"sdk {node}", after)

        def tell(answer: ChangesAnswer) -> None:
            if self._decider.is_stale():
                exchange.reply_problem(Problem("unavailable", _UNAVAILABLE))
            else:
                exchange.reply(200, answers.JSON, answers.encode_json(answer))

        self._feed.ask(process, after, wait_s, tell)

    def _answer_leases(self, exchange: Exchange, token: TokenRecord) -> None:
        asked = _read(_lease_question, exchange.body)
        record, project = self._keys.key_of(asked.selector, token)
        if record is None or project is None:
            exchange.reply(200, answers.JSON, answers.encode_json(sdk_leases.UNKNOWN))
            return
        granted = sdk_leases.take_rates(self._limiter, record, project, asked)
        if not granted.known or not (asked.key_quota or asked.project_quota):
            exchange.reply(200, answers.JSON, answers.encode_json(granted))
            return

        def work() -> bytes:
            granted.quotas = sdk_leases.take_quotas(self._store, token, asked, record, project)
            return answers.encode_json(granted)

        self._later(exchange, work)

    def _answer_returns(self, exchange: Exchange, token: TokenRecord) -> None:
        asked = _read(_return_question, exchange.body)

        def work() -> bytes:
            sdk_leases.give_back(self._store, token, asked)
            if asked.leaving:
                self._verifiers.leave(asked.process)
                self._loop.call_soon_threadsafe(self._feed.release, asked.process)
            return b"{}"

        self._later(exchange, work)

    def _answer_usage(self, exchange: Exchange, token: TokenRecord) -> None:
        def work() -> bytes:
            return answers.encode_json(sdk_intake.take(self._store, token, _read(_shipment, exchange.body)))

        self._later(exchange, work)

    def _later(self, exchange: Exchange, work: Callable[[], bytes]) -> None:
        """Answer with what a thread makes of it."""
        if self._waiting >= _WAITING_MAX:
            raise Problem("unavailable", "The gate has too much of this to do.", headers={"Retry-After": "1"})
        self._waiting += 1
        future = self._pool.submit(work)
        future.add_done_callback(lambda done: self._post(exchange, done))

    def _post(self, exchange: Exchange, done: "Future[bytes]") -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._tell, exchange, done)

    def _tell(self, exchange: Exchange, done: "Future[bytes]") -> None:
        self._waiting -= 1
        try:
            body = done.result()
        except Problem as problem:
            exchange.reply_problem(problem)
        except (SQLAlchemyError, psycopg.Error) as error:
            _log.warning("An SDK process could not be served: %s", type(error).__name__)
            exchange.reply_problem(Problem("unavailable", _UNAVAILABLE))
        except Exception:  # noqa: BLE001 (a defect answers one request, and does not end the worker)
            _log.exception("An SDK process could not be served.")
            exchange.reply_problem(Problem("internal", "The gate failed to answer; its log says why."))
        else:
            exchange.reply(200, answers.JSON, body)


def _read(decode: Callable[[bytes], Any], body: bytes) -> Any:
    try:
        return decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("bad_request", f"The body is not what is read here: {error}.") from None


def _nothing_here(_exchange: Exchange, _token: TokenRecord) -> None:
    raise Problem("not_found", "The SDK's processes ask /v1/sdk/keys, changes, leases, returns and usage.")
