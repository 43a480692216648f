"""Letters of review: each step of a request as an e-mail, in text and in HTML, from the templates beside this module.

Everything that a person typed is escaped in the HTML, and neither form holds anything secret: mails lie in other
people's servers.
"""

from dataclasses import dataclass
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from freehold.kit import clock
from freehold.production.review.records import AccessRequest, Entry, EntryKind

_texts: Final = Environment(
    loader=PackageLoader("freehold.production.review.letters", "."), undefined=StrictUndefined, trim_blocks=True,
    lstrip_blocks=True, keep_trailing_newline=True, autoescape=select_autoescape(("html.j2",)),
)  # fmt: skip
# How a letter's subject begins, and what it says happened, of requests for access and of changes.
_SUBJECTS: Final[dict[EntryKind, str]] = {
    "requested": "Production access requested", "commented": "Comment", "asked_for_changes": "Changes asked for",
    "answered": "Answered", "shape_changed": "Shape changed", "approved": "Production access approved",
    "denied": "Production access denied", "withdrawn": "Request withdrawn", "lapsed": "Approval lapsed",
    "expired": "Approval expired", "live": "Live in production",
}  # fmt: skip
_OF_CHANGES: Final[dict[EntryKind, str]] = {
    "requested": "Production was edited", "approved": "Edit of production accepted", "denied": "Edit of production refused",
}  # fmt: skip
_TEAM_NEXT: Final[dict[EntryKind, str]] = {
    "asked_for_changes": "Make the changes, then answer on the project's production page.",
    "approved": "Clone the project into production before the approval expires.",
    "denied": "Read the reason, mend what it names, and ask again.",
    "lapsed": "Ask again: the shape as it is now has to be looked at.",
    "expired": "Ask again when you are ready to go live.",
}  # fmt: skip
_TEAM_NEXT_OF_CHANGES: Final[dict[EntryKind, str]] = {
    "denied": "Take the edit back on the drift page: promote what the sandbox has.",
}
_REVIEWER_NEXT: Final[dict[EntryKind, str]] = {
    "requested": "Look at its checks and its plan, then decide.",
    "answered": "It waits for your decision.",
}


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail: its subject, as text and as HTML."""

    subject: str
    text: str
    html: str


def write_letter(request: AccessRequest, entry: Entry, page: str, *, to_reviewer: bool) -> Letter:
    """One step of a request as an e-mail; `page`: the whole address of where its reader goes on."""
    change = request.kind == "change"
    title = _OF_CHANGES.get(entry.kind, _SUBJECTS[entry.kind]) if change else _SUBJECTS[entry.kind]
    given = {
        "title": title, "request": request, "entry": entry, "page": page,
        "at": clock.to_words(entry.at),
        "by": "Freehold" if entry.actor_kind == "system" else entry.actor_name,
        "items": entry.facts.get("items", ()), "blocking": entry.facts.get("blocking", ()) if to_reviewer else (),
        "next": _next(entry.kind, change=change, to_reviewer=to_reviewer),
    }  # fmt: skip
    return Letter(
        f"{title}: {request.project_name}, {request.organization_name}",
        _texts.get_template("step.txt.j2").render(given),
        _texts.get_template("step.html.j2").render(given),
    )


def _next(kind: EntryKind, *, change: bool, to_reviewer: bool) -> str:
    if to_reviewer:
        return _REVIEWER_NEXT.get(kind, "")
    return (_TEAM_NEXT_OF_CHANGES if change else _TEAM_NEXT).get(kind, "")
