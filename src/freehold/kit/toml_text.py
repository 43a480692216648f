"""TOML as a project's file is written: tables with comments, in a fixed order. Reading is `tomllib`'s.

A writer of our own, for the ones there are write no comments, and a file that people keep is half made of them.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

_BARE: Final = re.compile(r"[A-Za-z0-9_-]+")
_WIDTH: Final = 100


def table(path: tuple[str, ...], values: Mapping[str, Any], comment: str = "") -> Iterator[str]:
    """The lines of a table and of all tables in it; None and what is empty is left out. The head is left out where nothing needs it."""
    plain = {name: value for name, value in values.items() if value is not None and not isinstance(value, Mapping)}
    inner = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    if comment:
        yield ""
        yield from (f"# {line}" for line in comment.splitlines())
    if plain or not inner:
        yield from [] if comment else [""]
        yield f"[{'.'.join(map(key, path))}]"
    yield from (line for name, value in plain.items() for line in pair(name, value))
    for name, value in inner.items():
        yield from table((*path, name), value)


def pair(name: str, value: Any) -> Iterator[str]:
    """One key and its value, a long list with one item a line."""
    line = f"{key(name)} = {text(value)}"
    if isinstance(value, list) and len(line) > _WIDTH:
        yield f"{key(name)} = ["
        yield from (f"  {text(each)}," for each in value)
        yield "]"
    else:
        yield line


def key(name: str) -> str:
    """A key, quoted where it has to be."""
    return name if _BARE.fullmatch(name) else string(name)


def text(value: Any) -> str:
    """A value in one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return string(value)
        case list():
            return f"[{', '.join(map(text, value))}]"
        case Mapping():
            pairs = (f"{key(name)} = {text(each)}" for name, each in value.items() if each is not None)
            return f"{{ {', '.join(pairs)} }}"
    raise TypeError(f"{type(value).__name__} has no form in TOML")


def string(value: str) -> str:
    """A basic string: JSON's escapes are TOML's too, but for DEL, which TOML wants escaped, and surrogate pairs, which it has not."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
