"""Decisions about APIs: what an import changes, and which slugs and upstreams are right. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Final, TypeVar
from urllib.parse import SplitResult, urlsplit

from freehold.apis.records import (
    BUNDLED,
    ENVIRONMENTS,
    Api,
    Catalogue,
    Difference,
    EndpointRow,
    Environment,
    EventType,
    ImportPlan,
)
from freehold.errors import FieldError

SLUG_LENGTH_MAX: Final = 40
UPSTREAM_LENGTH_MAX: Final = 500
_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# What a scope means changes with these; a new summary touches nobody.
_TELLING_FIELDS: Final = frozenset({"method", "path", "schema"})

_Row = TypeVar("_Row", EndpointRow, EventType)


def plan_import(old: Catalogue, new: Catalogue) -> ImportPlan:
    """What an import adds, changes and removes. An old row that was removed before counts as added when it is back."""
    return ImportPlan(
        _difference(
            {each.operation_id: each for each in old.endpoints}, {each.operation_id: each for each in new.endpoints}
        ),
        _difference({each.name: each for each in old.event_types}, {each.name: each for each in new.event_types}),
    )


def _difference(old: Mapping[str, _Row], new: Mapping[str, _Row]) -> Difference:
    present = {name: row for name, row in old.items() if row.removed_at is None}
    changed = {name: _changed_fields(present[name], row) for name, row in new.items() if name in present}
    return Difference(
        added=tuple(name for name in new if name not in present),
        changed={name: names for name, names in changed.items() if names},
        removed=tuple(name for name in present if name not in new),
    )


def _changed_fields(old: _Row, new: _Row) -> tuple[str, ...]:
    names = [each.name for each in fields(new) if each.name != "removed_at"]
    return tuple(name for name in names if getattr(old, name) != getattr(new, name))


def touching(difference: Difference) -> frozenset[str]:
    """The names whose change or removal matters to a project that declared them."""
    changed = {name for name, names in difference.changed.items() if _TELLING_FIELDS.intersection(names)}
    return frozenset(changed.union(difference.removed))


def check_slug(slug: str) -> list[FieldError]:
    """What is wrong with a slug."""
    if len(slug) > SLUG_LENGTH_MAX or not _SLUG.fullmatch(slug):
        message = f"A slug has up to {SLUG_LENGTH_MAX} lower-case letters, digits and single hyphens between them."
        return [FieldError("slug", message, "bad_slug")]
    return []


def check_upstreams(
    upstreams: Mapping[Environment, str | None], before: Mapping[Environment, str | None]
) -> list[FieldError]:
    """What is wrong with an API's upstreams. One that is as it was before is not questioned again."""
    errors: list[FieldError] = []
    for environment, url in upstreams.items():
        if url is not None and url != before.get(environment):
            problem = _upstream_problem(url)
            if problem:
                errors.append(FieldError(f"upstreams.{environment}", problem, "bad_upstream"))
    both: Sequence[str | None] = [{**before, **upstreams}.get(environment) for environment in ENVIRONMENTS]
    if not errors and both[0] and both[1] and _same_place(both[0], both[1]):
        message = "Sandbox and production need upstreams of their own, or sandbox traffic would reach production."
        errors.append(FieldError("upstreams", message, "same_upstream"))
    return errors


def _upstream_problem(url: str) -> str | None:  # one sentence for each way to be wrong
    if url.startswith(BUNDLED):
        return "Only Freehold itself sets the bundled example API as an upstream."
    if len(url) > UPSTREAM_LENGTH_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return f"An upstream is a URL of up to {UPSTREAM_LENGTH_MAX} ASCII characters without spaces."
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "This is no URL."
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return "An upstream begins with http:// or https:// and a host."
    if parts.username is not None or parts.password is not None:
        return "An upstream has no user name and no password in it."
    if "?" in url or "#" in url:
        return "An upstream has no query and no fragment."
    if port == 0 or any(segment in {".", ".."} for segment in parts.path.split("/")):
        return "An upstream has a real port, and no segments `.` or `..` in its path."
    return None


def _same_place(left: str, right: str) -> bool:
    return _place(urlsplit(left)) == _place(urlsplit(right))


def _place(parts: SplitResult) -> tuple[str, str, int | None, str]:
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    return parts.scheme, (parts.hostname or "").rstrip("."), port, parts.path.rstrip("/")


def normal_upstream(url: str | None) -> str | None:
    """An upstream as it is kept: scheme and host in lower case, no slash at the end; None where it is empty."""
    if not url or url.startswith(BUNDLED):
        return url or None
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.lower(), path=parts.path.rstrip("/")).geturl()


def upstream_warnings(api: Api, endpoints: Iterable[EndpointRow]) -> tuple[str, ...]:
    """Upstreams whose path every endpoint begins with too: the gateway would send it twice."""
    paths = [each.path for each in endpoints]
    found: list[str] = []
    for environment, url in api.upstreams.items():
        base = urlsplit(url).path.rstrip("/") if url and not url.startswith(BUNDLED) else ""
        if base and paths and all(path.startswith(base + "/") for path in paths):
            found.append(
                f"The {environment} upstream ends with {base}, and every path of the document begins with it:"
                f" requests would go to {base}{paths[0]}. Leave {base} out of the upstream."
            )
    return tuple(found)
