"""One reading of an OpenAPI document: the document, its references, and all that was found wrong with it.

What is wrong is collected, not raised at once, so that its author sees it all. Pure.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from freehold.apis.json_pointers import dotted, join
from freehold.apis.references import BadReference, References
from freehold.errors import FieldError

NAME_LENGTH_MAX: Final = 200
_SUMMARY_LENGTH_MAX: Final = 300


@dataclass(slots=True)
class Reading:
    """A document that is being read, and what was found wrong with it."""

    document: dict[str, Any]
    references: References
    errors: list[FieldError] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def wrong(self, pointer: str, message: str, code: str = "invalid") -> None:
        """Note what is wrong at a place."""
        self.errors.append(FieldError(dotted(pointer), message, code))

    def mapping(self, value: Any, pointer: str) -> dict[str, Any]:
        """An object; an empty one, and an error, where it is something else."""
        if isinstance(value, dict):
            return value
        self.wrong(pointer, f"{dotted(pointer)} should be an object.", "bad_type")
        return {}

    def followed(self, value: Any, pointer: str) -> tuple[dict[str, Any], str]:
        """An object behind its references; an empty one, and an error, where they lead to none."""
        try:
            value, pointer = self.references.follow(value, pointer)
        except BadReference as bad:
            self.errors.append(bad.error)
            return {}, pointer
        return self.mapping(value, pointer), pointer

    def summary(self, operation: dict[str, Any], item: dict[str, Any], pointer: str) -> str:
        """The first line of what an operation, or else its path, says of itself; empty where it says nothing."""
        for owner, name in (
            (operation, "summary"),
            (item, "summary"),
            (operation, "description"),
            (item, "description"),
        ):
            text = owner.get(name)
            if text is not None and not isinstance(text, str):
                self.wrong(join(pointer, name), f"A {name} should be a text.", "bad_type")
            elif text and text.strip():
                return _first_line(text)
        return ""


def is_name(value: Any) -> bool:
    """Whether a value can name an endpoint or an event type."""
    return (
        isinstance(value, str) and 0 < len(value) <= NAME_LENGTH_MAX and value.isprintable() and value == value.strip()
    )


def _first_line(text: str) -> str:
    line = " ".join(text.strip().splitlines()[0].split())
    return line if len(line) <= _SUMMARY_LENGTH_MAX else line[: _SUMMARY_LENGTH_MAX - 1] + "…"
