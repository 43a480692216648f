"""What a process that decides by itself asks the gate over HTTP: five calls, each with a bound.

Knows the addresses and the two ways in which a call can fail: the gate is away (try again), or it
refuses (trying again changes nothing until somebody does something). Never shows the token.
"""

from typing import Any, Final, TypeVar

import httpx
import msgspec

from freehold.keys.sharing import (
    ChangesAnswer,
    KeyAnswer,
    KeyQuestion,
    LeaseAnswer,
    LeaseQuestion,
    ReturnQuestion,
)
from freehold.usage.shipping import Receipt, Shipment

_Answer = TypeVar("_Answer")
_SHIPPING_S: Final = 30.0
_encode_json = msgspec.json.encode
_encode_msgpack = msgspec.msgpack.encode


class GateAway(Exception):
    """The gate did not answer, or said that it cannot for now."""


class GateRefuses(Exception):
    """The gate understood the call and will not do it: the token or this process's configuration is wrong."""


class GateLink:
    """One process's connections to the gate. Safe to share between threads; not between processes."""

    def __init__(self, url: str, token: str, timeout_s: float) -> None:
        self._url = url
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/v1/sdk/", headers={"Authorization": f"Bearer {token}"}, timeout=timeout_s
        )

    def __repr__(self) -> str:
        return f"GateLink({self._url!r})"

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def changes(self, process: str, node: str, after: int, wait_ms: int) -> ChangesAnswer:
        """What changed after an epoch; the gate holds the answer for up to `wait_ms`. Says that we decide by `after`."""
        asked = {"process": process, "node": node, "after": after, "wait_ms": wait_ms}
        return self._call("GET", "changes", ChangesAnswer, params=asked)

    def key(self, text: str, apis: list[str]) -> KeyAnswer:
        """What a key's text stands for."""
        return self._call("POST", "keys", KeyAnswer, content=_encode_json(KeyQuestion(text, apis)))

    def leases(self, asked: LeaseQuestion) -> LeaseAnswer:
        """Units of limits to spend."""
        return self._call("POST", "leases", LeaseAnswer, content=_encode_json(asked))

    def returns(self, asked: ReturnQuestion) -> None:
        """Give units of quotas back."""
        self._call("POST", "returns", dict[str, Any], content=_encode_json(asked))

    def usage(self, shipment: Shipment) -> Receipt:
        """Ship a piece of a journal."""
        return self._call("POST", "usage", Receipt, content=_encode_msgpack(shipment), timeout=_SHIPPING_S)

    def _call(self, method: str, name: str, kind: type[_Answer], **options: Any) -> _Answer:
        try:
            answer = self._client.request(method, name, **options)
        except (httpx.HTTPError, RuntimeError) as error:
            # RuntimeError: the client was closed while this call was under way.
            raise GateAway(f"{type(error).__name__} asking {self._url}") from None
        if answer.status_code >= 500 or answer.status_code in (408, 429):
            raise GateAway(f"{answer.status_code} from {self._url}")
        if answer.status_code != 200:
            raise GateRefuses(f"{answer.status_code} from {self._url}: {_detail(answer)}")
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise GateAway(f"{self._url} does not answer as a gate does: {error}") from None


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json().get("detail", ""))
    except (ValueError, AttributeError):
        return "no reason given"
