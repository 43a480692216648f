"""The bounds on an untrusted document's values, and how a value outside them is refused.

Held by both readers (`documents`, `yaml_documents`), so that neither admits what the other would
not. Pure.
"""

import math
from typing import Any, Final, NoReturn

from freehold.errors import FieldError, Problem, invalid

DEPTH_MAX: Final = 100
# Values in a document, each alias counted as all that it stands for.
VALUES_MAX: Final = 1_000_000
_DIGITS_MAX: Final = 100


def unreadable(message: str, code: str = "unreadable") -> Problem:
    """A document that cannot be read as a whole."""
    return invalid(FieldError("", message, code))


def too_deep() -> Problem:
    """A document that is nested too deep."""
    return unreadable(f"The document is nested more than {DEPTH_MAX} levels deep.", "too_deep")


def too_many() -> Problem:
    """A document that holds too much."""
    return unreadable(f"The document holds more than {VALUES_MAX:,} values, aliases counted in full.", "too_many")


def integer(text: str) -> int:
    """A decimal integer of bounded length, or one with a prefix of 0x or 0o."""
    if len(text) > _DIGITS_MAX:
        raise unreadable(f"A number has more than {_DIGITS_MAX} digits.", "bad_number")
    return int(text, 0) if text[:2] in {"0x", "0o"} else int(text)


def number(text: str) -> float:
    """A number that a double holds."""
    value = float(text)
    if not math.isfinite(value):
        raise unreadable(f"The number {text[:40]} is too large.", "bad_number")
    return value


def no_number(text: str) -> NoReturn:
    """Refuse what JSON has no number for: infinities and not-a-number."""
    raise unreadable(f"{text} is not a number that JSON has.", "bad_number")


def check_values(root: Any) -> None:
    """Refuse what no later step may meet: deep nesting, too many values, texts that no database can hold."""
    level, depth, values = [root], 0, 0
    while level:
        values += len(level)
        depth += 1
        if values > VALUES_MAX:
            raise too_many()
        if depth > DEPTH_MAX + 1:
            raise too_deep()
        level = [inner for value in level for inner in _inside(value)]


def _inside(value: Any) -> list[Any]:
    if isinstance(value, str):
        _check_text(value)
    if isinstance(value, dict):
        for name in value:
            _check_text(name)
        return list(value.values())
    return value if isinstance(value, list) else []


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise unreadable("A text holds half of a surrogate pair.", "bad_text") from None
    if "\x00" in text:
        raise unreadable("A text holds a NUL character, which PostgreSQL cannot keep.", "bad_text")
