"""Sending a report's file, whole or in part (RFC 9110, section 14): its SHA-256 is the entity tag."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from litestar import Response
from litestar.response import Stream

from freehold.errors import Problem
from freehold.organizations import queries as organizations
from freehold.projects import queries as projects
from freehold.reports import actions
from freehold.reports.making import file_of
from freehold.reports.records import Report, ReportFormat
from freehold.reports.rules import file_name
from freehold.store.engine import Transaction
from freehold.web.call import Call

_PIECE: Final = 1 << 18
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
MEDIA_TYPES: Final[dict[ReportFormat, str]] = {
    "csv": "text/csv; header=present",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
}


def serve_report(call: Call, report_id: str) -> Response[Any]:
    """A ready report's file, for those who may read what it is of."""
    with call.read() as tx:
        report = ready(actions.read_report(tx, call.actor, report_id))
        owner = owner_name(tx, report)
    return send_file(call, report, file_of(call.settings, report), owner)


def ready(report: Report) -> Report:
    """The report itself; Problem `conflict` where it has no file."""
    if report.state != "ready":
        words = "has expired: ask for it again" if report.state == "expired" else f"is {report.state}"
        raise Problem("conflict", f"The report {words}.")
    return report


def owner_name(tx: Transaction, report: Report) -> str:
    """What the file's name says of whose it is."""
    if report.project_id:
        project = projects.find_project(tx, report.project_id)
        return f"{project.slug}-{project.environment}" if project else report.project_id
    organization = organizations.find_organization(tx, report.organization_id)
    return organization.slug if organization else report.organization_id


def send_file(call: Call, report: Report, path: Path, owner: str) -> Response[Any]:
    """The file, or the range that the call asks for. Problem `not_found` where it is gone."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        raise Problem("not_found", "The report's file is gone. Ask for it again: it has the same bytes.") from None
    tag = f'"{report.sha256}"'
    headers = {
        "Content-Disposition": f'attachment; filename="{file_name(report.parameters, owner)}"', "ETag": tag,
        "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache",
    }  # fmt: skip
    if call.headers.get("if-none-match") == tag:
        return Response(content=b"", status_code=304, headers=headers)
    start, end, status = 0, size, 200
    wanted = _range(call.headers.get("range", ""), size) if call.headers.get("if-range", tag) == tag else None
    if wanted is not None:
        start, end = wanted
        if start >= size:
            return Response(content=b"", status_code=416, headers=headers | {"Content-Range": f"bytes */{size}"})
        status = 206
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    headers["Content-Length"] = str(end - start)
    media_type = MEDIA_TYPES[report.parameters.format]
    return Stream(_pieces(path, start, end), status_code=status, headers=headers, media_type=media_type)


def _range(header: str, size: int) -> tuple[int, int] | None:
    """The one range that a header asks for, as [start, end); None for anything else, which means the whole file."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size
    start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    return None if match[2] and int(match[2]) < start else (start, max(end, start))


def _pieces(path: Path, start: int, end: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        left = end - start
        while left and (piece := file.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece
