"""An error as a page."""

from dataclasses import dataclass

from freehold.dashboard.views.parts import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorView:
    """What went wrong (`errors/error.html.j2`): the kind's title, what to do, and the way back."""

    status: int
    title: str
    detail: str
    request_id: str
    back: Link
