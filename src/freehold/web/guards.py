"""What a request to the API must keep to before its handler runs: known query parameters, JSON bodies.

A misspelt filter that is silently dropped answers another question than was asked, so an unknown
query parameter is an error, as an unknown field of a body is.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, Final

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import ParameterKwarg

from freehold.errors import FieldError, Problem, invalid

# Where a route keeps the names of its query parameters, ours to callers', and whether it takes a JSON body.
QUERY: Final = "query_parameters"
JSON: Final = "takes_json"
# What handlers are given that comes neither from the path nor from the query.
NOT_QUERY: Final = frozenset({"call", "data", "body", "request"})
_NAME_MAX: Final = 100
_JSON_TYPE: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json", re.IGNORECASE)

Connection = ASGIConnection[Any, Any, Any, Any]


def options_of(handler: Callable[..., Any], path: str) -> dict[str, Any]:
    """What the guards need to know of a handler on a path."""
    in_path = set(re.findall(r"\{(\w+)", path))
    parameters = inspect.signature(handler, eval_str=True).parameters
    query = {name: _called(each) for name, each in parameters.items() if name not in in_path | NOT_QUERY}
    return {QUERY: query, JSON: "data" in parameters}


def _called(parameter: inspect.Parameter) -> str:
    """What callers call a parameter: what its annotation says, else its own name."""
    metadata = getattr(parameter.annotation, "__metadata__", ())
    given = (each.name for each in metadata if isinstance(each, ParameterKwarg) and each.name)
    return next(given, parameter.name)


def refuse_unknown_query(connection: Connection, handler: BaseRouteHandler) -> None:
    """Raise Problem `invalid` with every query parameter that the route does not take."""
    known = handler.opt[QUERY].values()
    unknown = [name[:_NAME_MAX] for name in connection.query_params if name not in known]
    if unknown:
        takes = f"It takes {', '.join(sorted(known))}." if known else "It takes none."
        raise invalid(
            *(
                FieldError(name, f"There is no query parameter {name} here. {takes}", "unknown_field")
                for name in unknown
            )
        )


def refuse_other_media_types(connection: Connection, handler: BaseRouteHandler) -> None:
    """Raise Problem `unsupported_media_type` where a JSON body is wanted and another one is announced."""
    announced = connection.headers.get("content-type", "").partition(";")[0].strip()
    if handler.opt[JSON] and announced and not _JSON_TYPE.fullmatch(announced):
        raise Problem("unsupported_media_type", "Send the body as application/json.")
