"""The path templates of OpenAPI (3.1, section 4.8.2): whether one can be used, and which mean the same. Pure."""

import re
from typing import Final

PATH_LENGTH_MAX: Final = 1_000
_VARIABLE: Final = re.compile(r"\{([^{}/]*)\}")


def variables(template: str) -> list[str]:
    """The names between braces, in order."""
    return _VARIABLE.findall(template)


def shape(template: str) -> str:
    """A template without the names of its variables: two of one shape stand for the same paths."""
    return _VARIABLE.sub("{}", template)


def problem_of(template: str) -> str | None:
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
    if any(segment in {".", ".."} for segment in template.split("/")):
        return "A path has no segments `.` or `..`."
    return None
