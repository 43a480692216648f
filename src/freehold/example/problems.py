"""The example API's errors: problem+json (RFC 9457) with a stable `code`."""

from collections.abc import Mapping
from typing import Final

import msgspec

# Code: (status, title). The document lists the same.
KINDS: Final[dict[str, tuple[int, str]]] = {
    "bad_json": (400, "The body is not the JSON that is expected"),
    "unknown_path": (404, "There is no such path"),
    "unknown_country": (404, "There is no such country"),
    "unknown_currency": (404, "There is no such currency"),
    "unknown_time_zone": (404, "There is no such time zone"),
    "method_not_allowed": (405, "The path does not take this method"),
    "body_too_large": (413, "The body is too large"),
    "unsupported_media_type": (415, "The body is not application/json"),
    "bad_parameter": (422, "A parameter is not right"),
    "skipped_local_time": (422, "The clocks skip this local time"),
    "internal": (500, "Something went wrong on our side"),
    "no_time_zone_data": (503, "This machine has no time-zone data"),
}


class ProblemBody(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An error as it is answered."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    parameter: str | None = None


class LookupFailed(Exception):
    """A request that cannot be answered. `parameter` names the one that is not right."""

    def __init__(
        self, code: str, detail: str, parameter: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.status, self.title = KINDS[code]
        self.detail = detail
        self.parameter = parameter
        self.headers = headers or {}

    def body(self) -> ProblemBody:
        """The answer's body."""
        return ProblemBody(
            type="about:blank", title=self.title, status=self.status, code=self.code, detail=self.detail,
            parameter=self.parameter,
        )  # fmt: skip
