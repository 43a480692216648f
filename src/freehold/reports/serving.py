"""Sending a report's file, whole or in part (RFC 9110, section 14): its SHA-256 is the entity tag."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Final

from litestar import Response
from litestar.response import Stream

from freehold.errors import Problem, not_found
from freehold.kit.encryption import CannotOpen
from freehold.organizations import queries as organizations
from freehold.projects import queries as projects
from freehold.reports import actions
from freehold.reports.places.opening import keeping_of
from freehold.reports.places.place import CannotKeep, NoFile
from freehold.reports.readable.page import SERVED_POLICY
from freehold.reports.records import Report, ReportFormat
from freehold.reports.rules import file_name, kept_for, kept_name
from freehold.store.engine import Transaction
from freehold.web.call import Call

_log: Final = logging.getLogger(__name__)
_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)")
MEDIA_TYPES: Final[dict[ReportFormat, str]] = {
    "csv": "text/csv; header=present",
    "jsonl": "application/jsonl",
    "parquet": "application/vnd.apache.parquet",
    "html": "text/html",
    "pdf": "application/pdf",
}


def serve_report(call: Call, report_id: str, *, to_look_at: bool = False) -> Response[Any]:
    """A ready report's file, for those who may read what it is of; `to_look_at`: HTML to be shown, not saved."""
    with call.read() as tx:
        report = ready(actions.read_report(tx, call.actor, report_id))
        owner = owner_name(tx, report)
    if to_look_at and report.parameters.format != "html":
        raise not_found("preview")
    return send_file(call, report, owner, to_look_at=to_look_at)


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


def send_file(call: Call, report: Report, owner: str, *, to_look_at: bool = False) -> Response[Any]:
    """The file, or the range that the call asks for. Problems: `not_found` where it is gone, `unavailable`, `file_damaged`."""
    with _told(report):
        reading = keeping_of(call.settings).open(kept_name(report), kept_for(report), report.sealed_by)
        if reading.size != report.bytes:
            raise CannotOpen(f"it has {reading.size:,} bytes instead of {report.bytes:,}")
    size, tag = reading.size, f'"{report.sha256}"'
    headers = {
        # Names that people gave are in the files: a browser shows one with nothing allowed to it, or saves it.
        "Content-Security-Policy": SERVED_POLICY,
        "Content-Disposition": f'{"inline" if to_look_at else "attachment"}; filename="{file_name(report.parameters, owner)}"', "ETag": tag,
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
    pieces = reading.read(start, end)
    with _told(report):
        # Before the answer begins: what can be told of a file that does not open is told in words.
        first = next(pieces, b"")
    return Stream(
        chain([first], pieces), status_code=status, headers=headers, media_type=MEDIA_TYPES[report.parameters.format]
    )


@contextmanager
def _told(report: Report) -> Iterator[None]:
    try:
        yield
    except NoFile:
        raise Problem("not_found", "The report's file is gone. Ask for it again: it has the same bytes.") from None
    except CannotOpen as error:
        _log.error("the file of report %s is not what was made: %s", report.id, error)
        raise Problem("file_damaged", f"The report's file is not what was made: {error}. Ask for it again.") from None
    except CannotKeep as error:
        _log.error("the file of report %s cannot be read: %s", report.id, error)
        raise Problem(
            "unavailable", "Where reports are kept cannot be read now. The operator's log says why."
        ) from None


def _range(header: str, size: int) -> tuple[int, int] | None:
    """The one range that a header asks for, as [start, end); None for anything else, which means the whole file."""
    match = _RANGE.fullmatch(header.strip())
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return max(size - int(match[2]), 0), size
    start, end = int(match[1]), min(int(match[2]) + 1, size) if match[2] else size
    return None if match[2] and int(match[2]) < start else (start, max(end, start))
