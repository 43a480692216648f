"""Guarded applications served for real, to many clients at once, and the ways in which WSGI answers begin."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.validate import validator

import httpx
import pytest
import uvicorn

from freehold.sdk import asgi, wsgi
from freehold.sdk.guard import Guard
from tests.gate.gate_process import eventually
from tests.gate.instance import Instance
from tests.sdk.middleware.calling import COUNTRY, row_of


def fastapi_app(guard: Guard) -> Any:
    from fastapi import FastAPI, Request  # noqa: PLC0415 (each framework is imported by its own test)

    app = FastAPI()

    @app.get("/v1/countries/{code}")
    def country(code: str, request: Request) -> dict[str, str]:
        return {"code": code, "project": request.scope["freehold"].project_id}

    app.add_middleware(asgi.FreeholdMiddleware, guard=guard)
    return app


def flask_app(guard: Guard) -> Any:
    from flask import Flask, request  # noqa: PLC0415

    app = Flask("countries")

    @app.get("/v1/countries/<code>")
    def country(code: str) -> dict[str, str]:
        return {"code": code, "project": request.environ["freehold.decision"].project_id}

    app.wsgi_app = wsgi.FreeholdMiddleware(app.wsgi_app, guard)  # type: ignore[method-assign]
    return app


@contextmanager
def served_by_uvicorn(app: Any) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        eventually(lambda: server.started)
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_arguments: Any) -> None:
        """Say nothing."""


class _Threaded(ThreadingMixIn, WSGIServer):
    """A thread for each connection."""


@contextmanager
def served_by_threads(app: Any) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, validator(app), _Threaded, _Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_served_by_uvicorn(guard: Guard, instance: Instance) -> None:
    """All that was answered is counted, and the end of the application ships what is left."""
    key, ids = instance.issue(), []
    with served_by_uvicorn(fastapi_app(guard)) as url, httpx.Client(base_url=url) as client:
        for _ in range(20):
            answer = client.get(COUNTRY, headers={"X-Api-Key": key.text})
            assert answer.status_code == 200
            ids.append(answer.headers["x-freehold-request-id"])
    assert guard.process is None
    assert [row_of(instance.store, each).status for each in ids] == [200] * 20
    assert not list(guard._folder.glob("sdk_*"))


def test_served_by_threads(guard: Guard, instance: Instance) -> None:
    """Many threads share one guard, and what they are told apart by never repeats."""
    key, ids = instance.issue(), []

    def ask(url: str) -> None:
        with httpx.Client(base_url=url, headers={"X-Api-Key": key.text}) as client:
            for _ in range(10):
                answer = client.get(COUNTRY)
                assert answer.status_code == 200
                ids.append(answer.headers["x-freehold-request-id"])

    with served_by_threads(flask_app(guard).wsgi_app) as url:
        threads = [threading.Thread(target=ask, args=[url]) for _ in range(6)]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
    assert len(set(ids)) == 60
    guard.close()
    assert [row_of(instance.store, each).status for each in ids] == [200] * 60


def test_wsgi_answers_that_begin_late_or_never(guard: Guard, instance: Instance) -> None:
    """A generator begins as its first part is asked for; one that fails before is a 500."""
    ids: list[str] = []

    def late(environ: wsgi.Environ, start_response: wsgi.StartResponse) -> Iterator[bytes]:
        ids.append(environ[wsgi.DECISION].request_id)
        if environ["PATH_INFO"].endswith("XX"):
            raise RuntimeError("the application fails")
        start_response("203 Fine", [("Content-Type", "text/plain")])
        yield b"late"

    key = instance.issue()
    app = wsgi.FreeholdMiddleware(late, guard)
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://api.test") as client:
        assert client.get(COUNTRY, headers={"X-Api-Key": key.text}).text == "late"
        with pytest.raises(RuntimeError, match="the application fails"):
            client.get("/v1/countries/XX", headers={"X-Api-Key": key.text})
    assert [row_of(instance.store, each).status for each in ids] == [203, 500]
