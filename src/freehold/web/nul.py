"""NUL, wherever it may come in: it is in no name, id or text of ours, and PostgreSQL takes it in none.

SQLite would take it, so that what is right would depend on the database: refused here for both.
"""

from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict

from freehold.errors import FieldError, Problem, invalid, not_found

_NUL: Final = "\0"


def refuse_in_address(request: Request[Any, Any, Any]) -> None:
    """Raise Problem `not_found` where the path holds NUL, `invalid` where the query does."""
    if _NUL in request.scope["path"]:
        raise not_found("resource")
    for name, value in parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True):
        if _NUL in name or _NUL in value:
            raise _refused(name)


def refuse_in_form(form: FormMultiDict) -> None:
    """Raise Problem `invalid` where a field of a form holds NUL. What a file holds is its reader's affair."""
    for name, value in form.multi_items():
        if _NUL in name or (isinstance(value, str) and _NUL in value):
            raise _refused(name)


def refuse_in_body(body: msgspec.Struct, fields: Iterable[str]) -> None:
    """Raise Problem `invalid` where one of these fields, or an item of its list, holds NUL."""
    for name in fields:
        value = getattr(body, name)
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and _NUL in text for text in texts):
            raise _refused(name)


def _refused(name: str) -> Problem:
    return invalid(FieldError(name.replace(_NUL, ""), "The NUL character is not allowed.", "invalid_characters"))
