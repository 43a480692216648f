"""What the API's inputs share: bodies that refuse unknown fields, and the parameters of lists."""

from datetime import UTC, datetime
from typing import Annotated, Final

import msgspec
from litestar.params import Parameter

from freehold.errors import FieldError, invalid
from freehold.kit.paging import LIMIT_MAX
from freehold.web import nul

# Beyond these, a time zone's offset or one more bucket may lead to where there is no date.
_EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(9900, 1, 1, tzinfo=UTC)

Limit = Annotated[int, Parameter(description="How many to answer, 1 to 200.", ge=1, le=LIMIT_MAX)]
CursorText = Annotated[
    str | None, Parameter(description="Where the list goes on: `next_cursor` of the answer before.", max_length=500)
]


def text(example: str, description: str | None = None, *, maximum: int = 100, minimum: int = 0) -> msgspec.Meta:
    """What the OpenAPI document says of a text. The rules decide what is right, in words of their own."""
    bounds = {"minLength": minimum, "maxLength": maximum}
    return msgspec.Meta(description=description, examples=[example], extra_json_schema=bounds)


def number(example: int, description: str, minimum: int, maximum: int) -> msgspec.Meta:
    """The same of a whole number."""
    bounds = {"minimum": minimum, "maximum": maximum}
    return msgspec.Meta(description=description, examples=[example], extra_json_schema=bounds)


class Body(msgspec.Struct, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """A request's body: unknown fields are refused, and so is NUL, which PostgreSQL takes in no text."""

    def __post_init__(self) -> None:
        """Raise Problem `invalid` where a text holds NUL."""
        nul.refuse_in_body(self, self.__struct_fields__)


def with_time_zone(field: str, instant: datetime | None) -> datetime | None:
    """The instant itself; Problem `invalid` where it does not say its time zone, or is so far away that nothing can be counted to it."""
    if instant is None:
        return None
    if instant.tzinfo is None:
        raise invalid(FieldError(field, "Say the time zone too, like 2026-11-22T14:06:00Z.", "no_time_zone"))
    if not _EARLIEST <= instant < _LATEST:
        raise invalid(FieldError(field, "From the year 1970 to the year 9899.", "out_of_range"))
    return instant
