"""Calls to the HTTP API, and its errors in words. What an answer means is the commands' business."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import click

from freehold import __version__
from freehold.cli import profile
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.output import printable

if TYPE_CHECKING:
    import httpx

_TIMEOUT_S: Final = 30.0
_PAGE: Final = 200


class Api:
    """The API of one instance, as one caller. Failure says why a call was refused or could not be made."""

    def __init__(self, url: str, token: str | None) -> None:
        import httpx

        headers = {"Accept": "application/json", "User-Agent": f"freehold-cli/{__version__}"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._url = url
        try:
            self._client = httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_S)
        except httpx.InvalidURL:
            raise CannotTry(f"{url!r} is no address.") from None
        click.get_current_context().call_on_close(self._client.close)

    @classmethod
    def current(cls) -> Api:
        """The API that the profile names."""
        current = profile.current()
        return cls(current.url, current.token)

    def send_always(self, headers: Mapping[str, str]) -> None:
        """Send these headers with every further call."""
        self._client.headers.update(headers)

    def get(self, path: str, query: Mapping[str, Any] | None = None) -> Any:
        """The answer of a GET. Parameters that are None are left out."""
        return self.call("GET", path, query=query)

    def post(self, path: str, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Any:
        """The answer of a POST."""
        return self.call("POST", path, body=body, headers=headers)

    def put(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Any:
        """The answer of a PUT."""
        return self.call("PUT", path, body=body, headers=headers)

    def patch(self, path: str, body: Any, *, headers: Mapping[str, str] | None = None) -> Any:
        """The answer of a PATCH."""
        return self.call("PATCH", path, body=body, headers=headers)

    def delete(self, path: str) -> Any:
        """The answer of a DELETE."""
        return self.call("DELETE", path)

    def pieces(self, path: str) -> Iterator[bytes]:
        """The body of a GET as it comes, for files of any size."""
        import httpx

        try:
            with self._client.stream("GET", path, timeout=httpx.Timeout(_TIMEOUT_S, read=300.0)) as answer:
                if not answer.is_success:
                    answer.read()
                    raise Failure(_problem(answer))
                yield from answer.iter_bytes()
        except httpx.TransportError as error:
            raise CannotTry(f"Freehold at {self._url} stopped answering ({_why(error)}).") from None

    def all(self, path: str, query: Mapping[str, Any] | None = None) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor: str | None = None
        while True:
            page = self.get(path, {**(query or {}), "limit": _PAGE, "cursor": cursor})
            yield from page["data"]
            cursor = page.get("next_cursor")
            if cursor is None:
                return

    def call(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One call; the decoded answer, or None where it has no body."""
        import httpx

        parameters = {name: value for name, value in (query or {}).items() if value is not None}
        given: dict[str, Any] = (
            {"content": content} if content is not None else {"json": body} if body is not None else {}
        )
        try:
            answer = self._client.request(method, path, params=parameters, headers=headers, **given)
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise CannotTry(f"Freehold does not answer at {self._url} ({_why(error)}); is it running there?") from None
        if not answer.is_success:
            raise Failure(_problem(answer))
        return self._decoded(answer)

    def _decoded(self, answer: httpx.Response) -> Any:
        if not answer.content:
            return None
        try:
            return answer.json()
        except ValueError:
            raise CannotTry(f"What answers at {self._url} is not Freehold: it did not send JSON.") from None


def segment(text: str) -> str:
    """A text from the command line as one segment of a path."""
    return quote(text, safe="")


def _why(error: Exception) -> str:
    said = printable(str(error)).strip().rstrip(".")
    return said or type(error).__name__


def _wrong(field: str, message: str) -> str:
    # Some sentences begin with the field themselves.
    return f"  {field}: {message.removeprefix(f'{field}: ')}"


def _problem(answer: httpx.Response) -> str:
    """RFC 9457 problem details as a sentence or two, with a line for each field that is not right."""
    try:
        problem = answer.json()
        title, detail = str(problem["title"]), str(problem.get("detail", ""))
        wrong = [_wrong(each["field"], each["message"]) for each in problem.get("errors") or []]
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"The server answered {answer.status_code} {printable(answer.reason_phrase)}, and did not say why."
    lines = [f"{title}.", *wrong] if wrong else [f"{title}. {detail}"]
    if answer.status_code >= 500:
        lines.append(f"  The operator finds it in the log by its request id, {problem.get('request_id', 'unknown')}.")
    return "\n".join(printable(line) for line in lines)
