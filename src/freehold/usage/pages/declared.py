"""Declared against observed: what a project declares and never called in 30 days, and what it called undeclared. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final
from urllib.parse import quote, urlencode

from freehold.dashboard import words
from freehold.dashboard.views.usage import ScopeGap
from freehold.keys.records import Reason
from freehold.usage.scope_queries import ScopeUse, Undeclared

# Callers can make up any number of paths.
_UNKNOWN_SHOWN: Final = 5


def scope_gaps(
    declared: Sequence[str], used: Mapping[str, ScopeUse], undeclared: Iterable[Undeclared], routes: Mapping[str, str],
    project_id: str,
) -> tuple[ScopeGap, ...]:  # fmt: skip
    """Refused calls first, most of them first; then calls that the catalogue has not; then what was never called, in the scope's order."""
    here = f"/projects/{project_id}"
    refused = sorted((-use.refused, name) for name, use in used.items() if use.refused)
    return (
        *(
            ScopeGap(
                label=routes.get(name, name), note=f"{words.plural(-count, 'call')} refused", refused=True,
                href=f"{here}/requests?outcome=endpoint_not_in_scope&endpoint={quote(name)}",
            )
            for count, name in refused
        ),
        *_unknown(undeclared, project_id),
        *(
            ScopeGap(label=routes.get(name, name), note="Never called", href=f"{here}/scope")
            for name in declared
            if not (used.get(name) and used[name].allowed)
        ),
    )  # fmt: skip


def _unknown(undeclared: Iterable[Undeclared], project_id: str) -> Iterable[ScopeGap]:
    """What was called most often of what the catalogue has not, of the newest such calls."""
    unknown = (each for each in undeclared if each.outcome == Reason.ENDPOINT_UNKNOWN.value)
    for each in islice(unknown, _UNKNOWN_SHOWN):
        yield ScopeGap(
            label=" ".join(part for part in (each.method, each.path) if part), refused=True,
            note=f"{words.plural(each.requests, 'call')}, not in the catalogue", href=undeclared_href(project_id, each),
        )  # fmt: skip


def undeclared_href(project_id: str, call: Undeclared) -> str:
    """The page of the requests of one undeclared call: by its path where it has one, which a stranger chose."""
    asked = {"outcome": call.outcome, "endpoint": call.endpoint, "path": call.path}
    return f"/projects/{project_id}/requests?{urlencode({name: value for name, value in asked.items() if value})}"
