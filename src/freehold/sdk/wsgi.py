"""WSGI middleware: every request is decided before the application sees it (PEP 3333).

    app.wsgi_app = FreeholdMiddleware(app.wsgi_app, Guard("http://127.0.0.1:8401", token, "usage"))

The application finds whose request it is in `environ["freehold.decision"]`. The decision is written
down when the application begins its answer, before the client sees any of it.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from freehold.gate.presented import bearer
from freehold.sdk.admission import Admission, Call
from freehold.sdk.callers import Cost, Exempt, Options, path_as_sent
from freehold.sdk.denials import Fields, denial, unrecorded, with_decision
from freehold.sdk.fetches import Wanting
from freehold.sdk.guard import Guard, Process

Environ = dict[str, Any]
StartResponse = Callable[..., Callable[[bytes], object]]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

DECISION: Final = "freehold.decision"


class _Unrecorded(Exception):
    """The decision could not be written down: the application's answer must not go out."""


class FreeholdMiddleware:
    """Guards a WSGI application. For the options see `callers.Options`."""

    def __init__(
        self,
        app: Application,
        guard: Guard,
        *,
        exempt: Exempt = (),
        cost: Cost = 1,
        trusted_proxies: Collection[str] = (),
        base_path: str = "",
    ) -> None:
        self._app = app
        self._guard = guard
        self._options = Options(exempt, cost, trusted_proxies, base_path)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Decide, then answer the denial or let the application answer."""
        path = _path(environ)
        if self._options.is_exempt is not None and self._options.is_exempt(environ, path):
            return self._app(environ, start_response)
        process = self._guard.process or self._guard.begin()
        key, call = self._call(environ, path)
        try:
            admission = process.decide(key, call)
        except Wanting as wanting:
            admission = _decide_later(process, key, call, wanting)
        if admission.reason is not None:
            answer = denial(admission, admission.reason)
            recorded = process.record(admission, answer[0])
            return _answer(start_response, *(answer if recorded else unrecorded(admission)))
        environ[DECISION] = admission
        return _Answer(process, admission, start_response).of(self._app, environ)

    def _call(self, environ: Environ, path: str) -> tuple[bytes | None, Call]:
        """The presented key, and what is called by whom."""
        options = self._options
        presented = environ.get("HTTP_X_API_KEY")
        if presented is not None:
            key = presented.encode("latin-1")
        else:
            key = bearer({b"authorization": environ.get("HTTP_AUTHORIZATION", "").encode("latin-1")})
        forwarded_for = environ.get("HTTP_X_FORWARDED_FOR")
        return key, (
            environ["REQUEST_METHOD"],
            options.base_path + path_as_sent(path),
            options.client(
                environ.get("REMOTE_ADDR", ""), None if forwarded_for is None else forwarded_for.encode("latin-1")
            ),
            environ.get("HTTP_USER_AGENT"),
            options.fixed_cost or options.cost_of(environ),
        )


class _Answer:
    """One allowed request's answer, from the application to the server."""

    def __init__(self, process: Process, admission: Admission, start_response: StartResponse) -> None:
        self._process = process
        self._admission = admission
        self._start_response = start_response
        self._begun = False

    def of(self, app: Application, environ: Environ) -> Iterable[bytes]:
        """The application's answer; where it has not begun yet, it begins as its first part is asked for."""
        try:
            parts = app(environ, self.start)
        except _Unrecorded:
            return _answer(self._start_response, *unrecorded(self._admission))
        except BaseException:
            self._fail()
            raise
        return parts if self._begun else self._begin_later(parts)

    def start(self, status: str, headers: list[tuple[str, str]], *exc_info: Any) -> Callable[[bytes], object]:
        """The application begins its answer."""
        if not self._begun:
            self._begun = True
            if not self._process.record(self._admission, int(status[:3])):
                raise _Unrecorded
        return self._start_response(status, [*headers, *_text(with_decision(self._admission, ()))], *exc_info)

    def _begin_later(self, parts: Iterable[bytes]) -> Iterator[bytes]:
        try:
            yield from parts
        except _Unrecorded:
            yield from _answer(self._start_response, *unrecorded(self._admission))
        except BaseException:
            self._fail()
            raise
        finally:
            close = getattr(parts, "close", None)
            if close is not None:
                close()

    def _fail(self) -> None:
        if not self._begun:
            self._begun = True
            self._process.record(self._admission, 500)


def _path(environ: Environ) -> str:
    """The path below the application's root, decoded: WSGI gives its bytes as Latin-1 (PEP 3333)."""
    path: str = environ.get("PATH_INFO") or "/"
    return path if path.isascii() else path.encode("latin-1").decode("utf-8", "surrogateescape")


def _decide_later(process: Process, key: bytes | None, call: Call, wanting: Wanting) -> Admission:
    """Decide once the gate has answered; at last without it."""
    until = time.monotonic() + process.patience_s
    while True:
        try:
            known = process.fetches(wanting).result(max(0.0, until - time.monotonic()))
        except TimeoutError:
            known = False
        if not known:
            return process.unavailable(call)
        try:
            return process.decide(key, call)
        except Wanting as again:
            if time.monotonic() >= until:
                return process.unavailable(call)
            wanting = again


def _answer(start_response: StartResponse, status: int, fields: Fields, body: bytes) -> list[bytes]:
    start_response(f"{status} {HTTPStatus(status).phrase}", _text(fields))
    return [body]


def _text(fields: Fields) -> list[tuple[str, str]]:
    return [(name.decode("ascii").title(), value.decode("latin-1")) for name, value in fields]
