"""The path templates of OpenAPI (3.1, section 4.8.2): whether one can be used, and which mean the same. Pure."""

import re
from typing import Final
from urllib.parse import unquote

PATH_LENGTH_MAX: Final = 1_000
_VARIABLE: Final = re.compile(r"\{([^{}/]*)\}")


def variables(template: str) -> list[str]:
    """The names between braces, in order."""
    return _VARIABLE.findall(template)


def shape(template: str) -> str:
    """A template without the names of its variables: two of one shape stand for the same paths."""
    return unquote(_VARIABLE.sub("{}", template))


def problem_of(template: str) -> str | None:  # noqa: PLR0911  # one sentence for each way to be wrong
    """One sentence on what is wrong with a template, or None."""
    names = variables(template)
    literal = _VARIABLE.sub("", template)
    if not template.startswith("/"):
        return "A path begins with a slash."
    if len(template) > PATH_LENGTH_MAX:
        return f"A path has up to {PATH_LENGTH_MAX} characters."
    if "{" in literal or "}" in literal or "" in names:
        return "A path's braces hold one name each, within one segment: /countries/{country}."
    if len(set(names)) != len(names):
        return "A path names each of its variables once."
    if "?" in literal or "#" in literal:
        return "A path has no query and no fragment: describe them as parameters."
    if not template.isprintable() or any(character.isspace() for character in template):
        return "A path has no spaces and no control characters."
    segments = [unquote(segment) for segment in template.split("/")]
    if any(segment in {".", ".."} for segment in segments) or "" in segments[1:-1]:
        return "A path has no empty segments and none that are `.` or `..`."
    # The gate refuses requests for such paths, because servers read them in different ways.
    if ";" in literal or any("/" in segment or "\\" in segment for segment in segments):
        return "A path has no semicolon, no backslash and no encoded slash."
    return None
