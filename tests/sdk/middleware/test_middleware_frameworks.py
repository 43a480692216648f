"""FastAPI, Starlette, Litestar, Flask and Django: small real applications behind the middleware, as docs/ shows them."""

import asyncio
import threading
from collections.abc import Callable, Iterator
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
from tests.sdk.middleware.calling import COUNTRY, call, row_of


def fastapi_app(guard: Guard) -> Any:
    from fastapi import FastAPI, Request  # noqa: PLC0415 (each framework is imported by its own test)

    app = FastAPI()

    @app.get("/v1/countries/{code}")
    def country(code: str, request: Request) -> dict[str, str]:
        return {"code": code, "project": request.scope["freehold"].project_id}

    app.add_middleware(asgi.FreeholdMiddleware, guard=guard)
    return app


def starlette_app(guard: Guard) -> Any:
    from starlette.applications import Starlette  # noqa: PLC0415
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.requests import Request  # noqa: PLC0415
    from starlette.responses import JSONResponse, Response  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    async def country(request: Request) -> Response:
        return JSONResponse({"code": request.path_params["code"], "project": request.scope["freehold"].project_id})

    routes = [Route("/v1/countries/{code}", country)]
    return Starlette(routes=routes, middleware=[Middleware(asgi.FreeholdMiddleware, guard=guard)])


def litestar_app(guard: Guard) -> Any:
    from litestar import Litestar, Request, get  # noqa: PLC0415

    @get("/v1/countries/{code:str}", sync_to_thread=False)
    def country(code: str, request: Request[Any, Any, Any]) -> dict[str, str]:
        return {"code": code, "project": request.scope["freehold"].project_id}  # type: ignore[typeddict-item]

    return asgi.FreeholdMiddleware(Litestar([country], openapi_config=None, logging_config=None), guard)  # type: ignore[arg-type]


def flask_app(guard: Guard) -> Any:
    from flask import Flask, request  # noqa: PLC0415

    app = Flask("countries")

    @app.get("/v1/countries/<code>")
    def country(code: str) -> dict[str, str]:
        return {"code": code, "project": request.environ["freehold.decision"].project_id}

    app.wsgi_app = wsgi.FreeholdMiddleware(app.wsgi_app, guard)  # type: ignore[method-assign]
    return app


def _django() -> None:
    from django.conf import settings  # noqa: PLC0415

    if not settings.configured:
        import django  # noqa: PLC0415

        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="tests", USE_TZ=True)
        django.setup()


def django_country(request: Any, code: str) -> Any:
    from django.http import JsonResponse  # noqa: PLC0415

    scope = getattr(request, "scope", None)
    admission = scope["freehold"] if scope else request.META["freehold.decision"]
    return JsonResponse({"code": code, "project": admission.project_id})


def __getattr__(name: str) -> Any:
    """Django asks this module, its ROOT_URLCONF, for `urlpatterns`."""
    if name != "urlpatterns":
        raise AttributeError(name)
    from django.urls import path  # noqa: PLC0415

    return [path("v1/countries/<code>", django_country)]


def django_wsgi_app(guard: Guard) -> Any:
    _django()
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415

    return wsgi.FreeholdMiddleware(get_wsgi_application(), guard)


def django_asgi_app(guard: Guard) -> Any:
    _django()
    from django.core.asgi import get_asgi_application  # noqa: PLC0415

    return asgi.FreeholdMiddleware(get_asgi_application(), guard)


@pytest.mark.parametrize("make", [fastapi_app, starlette_app, litestar_app, django_asgi_app])
def test_asgi_frameworks(make: Callable[[Guard], Any], guard: Guard, instance: Instance) -> None:
    app = make(guard)
    allowed = call(app, key=instance.issue().text)
    assert (allowed.status_code, allowed.json()) == (200, {"code": "NO", "project": instance.sandbox_id})
    row = row_of(instance.store, allowed.headers["x-freehold-request-id"])
    assert (row.outcome, row.status, row.endpoint) == ("allowed", 200, "getCountry")
    denied = call(app, key="nonsense")
    assert (denied.status_code, denied.json()["code"]) == (401, "malformed_key")


@pytest.mark.parametrize("make", [flask_app, django_wsgi_app])
def test_wsgi_frameworks(make: Callable[[Guard], Any], guard: Guard, instance: Instance) -> None:
    app = make(guard)
    transport = httpx.WSGITransport(app=app, remote_addr="198.51.100.7")
    with httpx.Client(transport=transport, base_url="http://api.test") as client:
        allowed = client.get(COUNTRY, headers={"Authorization": f"Bearer {instance.issue().text}"})
        denied = client.get(COUNTRY)
    assert (allowed.status_code, allowed.json()) == (200, {"code": "NO", "project": instance.sandbox_id})
    row = row_of(instance.store, allowed.headers["x-freehold-request-id"])
    assert (row.outcome, row.status, row.address) == ("allowed", 200, "198.51.100.7")
    assert (denied.status_code, denied.json()["code"]) == (401, "malformed_key")
    assert denied.headers["www-authenticate"] == 'Bearer realm="freehold"'


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
