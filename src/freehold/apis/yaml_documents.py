"""Reading one YAML document into plain values: dict, list, str, int, float, bool and None.

YAML is read as YAML 1.2's core schema has it (section 10.3): `no` and `2026-01-01` are texts, and a
key such as `200` is its text. The tree is built from the parser's events, never by a constructor of
PyYAML's, so that no tag can make an object, aliases cannot multiply without being counted, and
nesting is refused while it is being read. Pure.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from freehold.apis.plain_values import DEPTH_MAX, VALUES_MAX, integer, no_number, number, too_deep, too_many, unreadable
from freehold.errors import Problem

_TAG: Final = "tag:yaml.org,2002:"
_Resolver = tuple[re.Pattern[str], Callable[[str], Any]]
_PLAIN: Final[tuple[_Resolver, ...]] = (
    (re.compile(r"null|Null|NULL|~|"), lambda _: None),
    (re.compile(r"true|True|TRUE"), lambda _: True),
    (re.compile(r"false|False|FALSE"), lambda _: False),
    (re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"), integer),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), number),
    (re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), no_number),
)


@dataclass(slots=True)
class _Built:
    """A finished value with what it costs: how many values it holds, and how deep it goes."""

    value: Any
    values: int = 1
    depth: int = 0


@dataclass(slots=True)
class _Open:
    """A list or mapping that is being read."""

    value: list[Any] | dict[str, Any]
    anchor: str | None
    line: int
    values: int = 1
    depth: int = 1
    key: str | None = None
    merged: list[dict[str, Any]] = field(default_factory=list)


class _Tree:
    """Builds the value of one YAML document out of its events, counting as it goes."""

    def __init__(self) -> None:
        self.stack: list[_Open] = []
        self.anchors: dict[str, _Built | None] = {}
        self.root: _Built | None = None

    def take(self, event: yaml.Event) -> None:
        line = _line(event)
        match event:
            case yaml.ScalarEvent():
                value = event.value if self._at_key() else _scalar(event)
                self._put(_Built(value), event.anchor, line)
            case yaml.AliasEvent():
                self._put(self._anchored(event.anchor, line), None, line)
            case yaml.SequenceStartEvent() | yaml.MappingStartEvent():
                self._begin(event, line)
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._end()
            case yaml.DocumentStartEvent() if self.root is not None:
                raise unreadable(f"Line {line} begins a second document; send one.")

    def _at_key(self) -> bool:
        return bool(self.stack) and isinstance(self.stack[-1].value, dict) and self.stack[-1].key is None

    def _begin(self, event: yaml.SequenceStartEvent | yaml.MappingStartEvent, line: int) -> None:
        kind: list[Any] | dict[str, Any] = [] if isinstance(event, yaml.SequenceStartEvent) else {}
        if event.tag not in {None, "!", _TAG + ("seq" if isinstance(kind, list) else "map")}:
            raise _bad_tag(event.tag, line)
        if self._at_key():
            raise unreadable(f"Line {line}: a key must be a text, not a list or a mapping.", "bad_key")
        if len(self.stack) >= DEPTH_MAX:
            raise too_deep()
        if event.anchor:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(kind, event.anchor, line))

    def _end(self) -> None:
        closed = self.stack.pop()
        if isinstance(closed.value, dict):
            for mapping in closed.merged:
                closed.value.update({name: value for name, value in mapping.items() if name not in closed.value})
        self._put(_Built(closed.value, closed.values, closed.depth), closed.anchor, closed.line)

    def _put(self, built: _Built, anchor: str | None, line: int) -> None:
        if anchor:
            self.anchors[anchor] = built
        if not self.stack:
            self.root = built
            return
        parent = self.stack[-1]
        parent.values += built.values
        parent.depth = max(parent.depth, built.depth + 1)
        if parent.values > VALUES_MAX:
            raise too_many()
        if len(self.stack) + built.depth > DEPTH_MAX:
            raise too_deep()
        if isinstance(parent.value, list):
            parent.value.append(built.value)
        else:
            _put_pair(parent, parent.value, built.value, line)

    def _anchored(self, anchor: str | None, line: int) -> _Built:
        built = self.anchors.get(anchor or "", _Built(None, 0))
        if built is None:
            raise unreadable(f"Line {line}: the alias *{anchor} stands inside what it names.", "cycle")
        if not built.values:
            raise unreadable(f"Line {line}: nothing is named &{anchor}.")
        return built


def _put_pair(parent: _Open, mapping: dict[str, Any], value: Any, line: int) -> None:
    """Take a key, or the value of the key before it. `<<` merges, as YAML 1.1 has it and most documents expect."""
    if parent.key is None:
        if not isinstance(value, str):
            raise unreadable(f"Line {line}: a key must be a text.", "bad_key")
        parent.key = value
        if parent.key in mapping:
            raise unreadable(f"Line {line} has the key {parent.key[:100]!r} a second time.", "duplicate_key")
        return
    name, parent.key = parent.key, None
    if name != "<<":
        mapping[name] = value
        return
    merged = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in merged):
        raise unreadable(f"Line {line}: `<<` merges mappings only.")
    parent.merged.extend(merged)


def read_yaml(text: str) -> Any:
    """The plain value of one YAML document; Problem `invalid` with the line where it is wrong."""
    tree = _Tree()
    try:
        for event in _events(text):
            tree.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" at line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise unreadable(f"This is not YAML: {error.problem or error.context}{where}.") from None
    except yaml.reader.ReaderError as error:
        raise unreadable(f"This is not YAML: a character at {error.position} is not allowed.") from None
    return tree.root.value if tree.root else None


def _events(text: str) -> Iterator[yaml.Event]:
    # libyaml's parser where the wheel has it: ten times as fast as the one in Python. Neither recurses.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    events: Iterator[yaml.Event] = yaml.parse(text, Loader=loader)
    return events


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.tag in {"!", _TAG + "str"} or (event.tag is None and event.style):
        return text
    if event.tag is not None and event.tag not in {_TAG + name for name in ("null", "bool", "int", "float")}:
        raise _bad_tag(event.tag, _line(event))
    for shape, convert in _PLAIN:
        if shape.fullmatch(text):
            return convert(text)
    return text


def _bad_tag(tag: str | None, line: int) -> Problem:
    return unreadable(
        f"Line {line}: the tag {(tag or '')[:80]} is not allowed; OpenAPI has only JSON's types.", "bad_tag"
    )
