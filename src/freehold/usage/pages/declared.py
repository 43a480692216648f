"""Declared against observed: what a project declares and never called in 30 days, and what it called undeclared. Pure."""

from collections.abc import Mapping, Sequence

from freehold.dashboard import words
from freehold.dashboard.views.usage import ScopeGap
from freehold.usage.scope_queries import ScopeUse


def scope_gaps(
    declared: Sequence[str], used: Mapping[str, ScopeUse], routes: Mapping[str, str], project_id: str
) -> tuple[ScopeGap, ...]:
    """Refused calls first, most of them first; then what was never called, in the scope's order."""
    here = f"/projects/{project_id}"
    refused = sorted((-use.refused, name) for name, use in used.items() if use.refused)
    return (
        *(
            ScopeGap(
                label=routes.get(name, name), note=f"{words.plural(-count, 'call')} refused", refused=True,
                href=f"{here}/requests?outcome=endpoint_not_in_scope&endpoint={name}",
            )
            for count, name in refused
        ),
        *(
            ScopeGap(label=routes.get(name, name), note="Never called", href=f"{here}/scope")
            for name in declared
            if not (used.get(name) and used[name].allowed)
        ),
    )  # fmt: skip
