"""The dashboard's files: scripts, styles, fonts, under addresses that change with their content."""

from typing import Any

from litestar import Response

from freehold.dashboard.static_files import static_file
from freehold.errors import not_found


def serve_static(path: str) -> Response[Any]:
    """One file, kept by browsers for good: another content has another address."""
    found = static_file(path.lstrip("/"))
    if found is None:
        raise not_found("file")
    return Response(
        found.body, media_type=found.content_type,
        headers={"Cache-Control": found.cache_control, "ETag": found.etag},
    )  # fmt: skip
