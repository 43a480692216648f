"""Puts the control plane together: routes, errors, headers, the OpenAPI document."""

from functools import cache
from typing import Any, Final

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.datastructures import State
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp

from freehold import routes
from freehold.dashboard.policy import content_security_policy
from freehold.kit.exposition import CONTENT_TYPE
from freehold.kit.secrets import InstanceSecret
from freehold.overview.instance_metrics import InstanceMetrics
from freehold.production.review import evidence_report
from freehold.production.shape.document_types import FileDocument, ShapeDocument
from freehold.production.shape.documents import path_of, schema_of
from freehold.settings import Settings
from freehold.store.engine import Store
from freehold.web import error_pages, openapi, problems
from freehold.web.call import Shared, provide_call
from freehold.web.metrics_reader import check_reader
from freehold.web.middleware import Outermost

_API_PATHS: Final = ("/v1/", "/openapi.json", "/schemas/", "/healthz", "/readyz", "/metrics")


def create_app(settings: Settings, store: Store, secret: InstanceSecret) -> ASGIApp:
    """The control plane as an ASGI application."""
    evidence_report.register()
    app = Litestar(
        route_handlers=[
            *routes.api_handlers(),
            *routes.page_handlers(),
            healthz,
            readyz,
            metrics,
            _document_route(settings),
            *map(_schema_route, (ShapeDocument, FileDocument)),
        ],
        dependencies={"call": Provide(provide_call)},
        exception_handlers={Exception: _answer_error},
        request_max_body_size=settings.api_body_bytes_max,
        # The framework's own document knows too little of us: ours is freehold.web.openapi's.
        openapi_config=None,
        state=State({"shared": Shared(store, settings, secret), "metrics": InstanceMetrics()}),
        logging_config=None,
    )
    return Outermost(app, content_security_policy(), secure=settings.control_url.startswith("https://"))


def _answer_error(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    if request.url.path.startswith(_API_PATHS):
        return problems.answer_problem(request, error)
    return error_pages.answer_page(request, error)


@get("/healthz", include_in_schema=False, sync_to_thread=False)
def healthz() -> dict[str, str]:
    """Whether this process is alive."""
    return {"status": "alive"}


@get("/readyz", include_in_schema=False, sync_to_thread=True)
def readyz(request: Request[Any, Any, Any]) -> Response[dict[str, str]]:
    """Whether this process can do its work: the database answers."""
    ready = request.app.state.shared.store.ping()
    return Response({"status": "ready" if ready else "the database does not answer"}, status_code=200 if ready else 503)


@get("/metrics", include_in_schema=False, sync_to_thread=True)
def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """What the instance counts, as Prometheus reads it."""
    shared: Shared = request.app.state.shared
    check_reader(shared.settings.metrics_token, request.headers, request.client.host if request.client else "")
    text = request.app.state.metrics.exposition(shared.store)
    # The framework says the character set by itself.
    media_type = CONTENT_TYPE.removesuffix("; charset=utf-8")
    return Response(text.encode(), media_type=media_type, headers={"Cache-Control": "no-store"})


def _document_route(settings: Settings) -> HTTPRouteHandler:
    @cache
    def document() -> bytes:
        made = openapi.document(routes.api_operations(), settings.control_url, settings.gate_base_url)
        return msgspec.json.encode(made)

    @get("/openapi.json", include_in_schema=False, sync_to_thread=True)
    def openapi_document() -> Response[bytes]:
        """The OpenAPI 3.1 document of this API, made when it is first asked for."""
        return Response(document(), media_type="application/json")

    return openapi_document


def _schema_route(kind: type[ShapeDocument]) -> HTTPRouteHandler:
    text = msgspec.json.encode(schema_of(kind))

    @get(path_of(kind), include_in_schema=False, sync_to_thread=False)
    def schema_document() -> Response[bytes]:
        """The JSON Schema of shapes, or of files, by which they are checked. Anybody may read it, editors above all."""
        return Response(text, media_type="application/json", headers={"Cache-Control": "public, max-age=3600"})

    return schema_document
