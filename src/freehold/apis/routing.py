"""From a request's method and path to the endpoint of the catalogue that it calls.

Templates are OpenAPI 3.1's: `/countries/{code}/report.{format}`. A literal segment wins over a
mixed one, a mixed one over a parameter, from left to right; where that leads nowhere the next best
is tried. A parameter is one non-empty segment, or part of one.

What decides is not only what *we* make of a path, but what anybody behind us may make of it. So a
path is read as it was sent and again with its escapes decoded, until decoding changes nothing; it
matches only where every reading is the same endpoint. Refused outright, in any reading:

* an empty segment (`//`), `.` and `..` segments: an upstream resolves them into another path;
* an encoded slash, a backslash, a control character, a malformed escape, bytes that are no UTF-8;
* a raw `;`: some servers cut what follows it off a segment before they route;
* a raw `#`, and anything that may not stand in a path (RFC 3986, section 3.3);
* escapes within escapes, more than twice.

A trailing slash is part of the path. `HEAD` is decided as `GET` where the catalogue gives it no
endpoint of its own: it asks for no more than GET does (RFC 9110, section 9.3.2).
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final
from urllib.parse import quote, unquote_to_bytes

# A path that has only one reading: no escapes, no empty or dot segments.
_PLAIN: Final = re.compile(r"/(?:(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._~!$&'()*+,=:@-]+(?:/|\Z))*")
_ESCAPED: Final = re.compile(r"(?:/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})*)+")
_ESCAPE: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f\\]")
_PARAMETER: Final = re.compile(r"\{[^{}/]+\}")
_READINGS_MAX: Final = 3
# How many calls a router remembers: enough for what a busy API is asked again and again.
_REMEMBERED: Final = 4096
# What `quote` leaves as it is in one segment (RFC 3986: pchar).
_SEGMENT_SAFE: Final = "!$&'()*+,=:@~"


class BadTemplate(ValueError):
    """A path template that is not one."""


@dataclass(slots=True)
class _Node:
    """What may follow a number of segments. `mixed`: by the literal parts around their parameters."""

    operation_id: str | None = None
    literals: "dict[str, _Node]" = field(default_factory=dict)
    mixed: "dict[tuple[str, ...], _Node]" = field(default_factory=dict)
    parameter: "_Node | None" = None


class Router:
    """The routes of one API. Immutable once compiled; safe to share."""

    __slots__ = ("_literals", "_roots", "match", "operation_ids", "routes")

    def __init__(self, routes: Iterable[tuple[str, str, str]]) -> None:
        """Compile (operation id, method, path template) triples; BadTemplate where a path is not one."""
        self._literals: dict[str, dict[str, str]] = {}
        self._roots: dict[str, _Node] = {}
        # As they were given: what another process compiles the same router from.
        self.routes: tuple[tuple[str, str, str], ...] = tuple(routes)
        operation_ids = set()
        for operation_id, method, template in self.routes:
            operation_ids.add(operation_id)
            self._add(operation_id, method.upper(), template)
        self.operation_ids: frozenset[str] = frozenset(operation_ids)
        # The operation id that a method and a path (without its query) call, or None.
        self.match: Callable[[str, str], str | None] = lru_cache(maxsize=_REMEMBERED)(self._match)

    def _match(self, method: str, path: str) -> str | None:
        known = self._literals.get(method)
        if known is not None and (found := known.get(path)) is not None:
            return found
        root = self._roots.get(method)
        found = None if root is None else _match_safely(root, path)
        return self._match("GET", path) if found is None and method == "HEAD" else found

    def _add(self, operation_id: str, method: str, template: str) -> None:
        if not template.startswith("/"):
            raise BadTemplate(f"the path {template!r} does not begin with a slash")
        node = self._roots.setdefault(method, _Node())
        for segment in template[1:].split("/"):
            node = _descend(node, segment, template)
        if node.operation_id is None:
            node.operation_id = operation_id
            # Only paths of one reading may skip the checks: the literal ones, and of those the plain ones.
            if "{" not in template and _PLAIN.fullmatch(template):
                self._literals.setdefault(method, {})[template] = operation_id


def _descend(node: _Node, segment: str, template: str) -> _Node:
    """The node behind one segment of a template, made where it is not there."""
    if _PARAMETER.fullmatch(segment):
        node.parameter = node.parameter or _Node()
        return node.parameter
    literal = _PARAMETER.sub("", segment)
    if "{" in literal or "}" in literal:
        raise BadTemplate(f"the path {template!r} has a brace without its other half")
    if literal == segment:
        return _literal_node(node, segment)
    parts = tuple(_PARAMETER.split(segment))
    behind = node.mixed.setdefault(parts, _Node())
    # The more of a segment is literal, the more it says: it is tried first.
    node.mixed = dict(sorted(node.mixed.items(), key=lambda each: -len("".join(each[0]))))
    return behind


def _literal_node(node: _Node, segment: str) -> _Node:
    """The node of a literal segment, under each way in which the segment can be written."""
    decoded = unquote_to_bytes(segment).decode("utf-8", "replace")
    behind = node.literals.setdefault(decoded, _Node())
    node.literals.setdefault(quote(decoded, safe=_SEGMENT_SAFE), behind)
    return behind


def _match_safely(root: _Node, path: str) -> str | None:
    if _PLAIN.fullmatch(path):
        return _walk(root, path[1:].split("/"), 0)
    readings = _readings(path)
    if readings is None:
        return None
    found = {_walk(root, reading, 0) for reading in readings}
    return found.pop() if len(found) == 1 else None


def _readings(path: str) -> list[list[str]] | None:
    """Each way in which a path can be read, as segments; None where one of them is not safe."""
    if not _ESCAPED.fullmatch(path):
        return None
    # Escapes mean the same in either case (RFC 3986, section 6.2.2.1).
    segments = [_ESCAPE.sub(lambda escape: escape[0].upper(), segment) for segment in path[1:].split("/")]
    readings: list[list[str]] = []
    while all(_is_safe(segment) for segment in segments) and "" not in segments[:-1]:
        readings.append(segments)
        try:
            decoded = [unquote_to_bytes(segment).decode() for segment in segments]
        except UnicodeDecodeError:
            return None
        if decoded == segments:
            return readings
        if len(readings) == _READINGS_MAX:
            return None
        segments = decoded
    return None


def _is_safe(segment: str) -> bool:
    return segment not in (".", "..") and "/" not in segment and not _UNSAFE.search(segment)


def _walk(node: _Node, segments: list[str], at: int) -> str | None:
    """The best operation below a node for the segments from `at` on; each node is visited once at most."""
    if at == len(segments):
        return node.operation_id
    segment = segments[at]
    behind = node.literals.get(segment)
    if behind is not None and (found := _walk(behind, segments, at + 1)) is not None:
        return found
    for parts, behind in node.mixed.items():
        if _fits(segment, parts) and (found := _walk(behind, segments, at + 1)) is not None:
            return found
    if node.parameter is not None and segment:
        return _walk(node.parameter, segments, at + 1)
    return None


def _fits(segment: str, parts: tuple[str, ...]) -> bool:
    """Whether a segment is these parts with one or more characters between each two.

    Taking the first place of each part leaves the most room for those after it, so that no choice has
    ever to be taken back: the time is that of reading the segment, whatever a caller puts in it.
    """
    end = len(segment) - len(parts[-1])
    if not (segment.startswith(parts[0]) and segment.endswith(parts[-1])):
        return False
    at = len(parts[0])
    for part in parts[1:-1]:
        at = segment.find(part, at + 1, end)
        if at < 0:
            return False
        at += len(part)
    return at < end
