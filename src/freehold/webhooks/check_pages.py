"""The page of an endpoint's webhook check: what is known, the four probes with their evidence, earlier checks.

Thin: parse the form, one action, present.
"""

from collections.abc import Hashable
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Link
from freehold.dashboard.views.shell import Shell
from freehold.dashboard.views.webhook_checks import CheckRow, CheckView, ProbeRow, ProbeState
from freehold.errors import Problem, not_found
from freehold.projects.actions import blocked_for, read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other
from freehold.webhooks import check_actions, checking
from freehold.webhooks.check_records import PROBES, ProbeResult, WebhookCheck
from freehold.webhooks.check_standing import standing_view
from freehold.webhooks.endpoint_view import find_own
from freehold.webhooks.records import Probe

_TEMPLATE: Final = "webhooks/check.html.j2"
_EARLIER: Final = 20
_SHOWN_ON_FORM: Final = frozenset({409, 429})
_TITLES: Final[dict[Probe, tuple[str, str]]] = {
    "signed": ("Signed", "A rightly signed event must be accepted."),
    "forged": ("Forged", "The same, signed with another secret, must be refused."),
    "stale": ("Stale", "Rightly signed, but with a timestamp 10 minutes old: must be refused."),
    "repeated": ("Repeated", "The same id sent twice must be accepted once."),
}
_STATES: Final[dict[bool | None, ProbeState]] = {True: "passed", False: "failed", None: "unclear"}


def show_check(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """The newest check of an endpoint, or the one that the address names."""
    with call.read() as tx:
        shell, view = _view(tx, call, project_id, endpoint_id)
    return page(_TEMPLATE, shell, view)


def run_check(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Begin a check, and go on to where it can be watched."""
    with call.read() as tx:
        find_own(tx, call, project_id, endpoint_id)
    try:
        checking.start_check(call.store, call.settings, call.secret, call.actor, endpoint_id)
    except Problem as problem:
        if problem.status not in _SHOWN_ON_FORM:
            raise
        with call.read() as tx:
            shell, view = _view(tx, call, project_id, endpoint_id, problem)
        return page(_TEMPLATE, shell, view, problem.status)
    return see_other(f"/projects/{project_id}/webhooks/{endpoint_id}/check")


async def live_check(call: Call, project_id: str, endpoint_id: str) -> ServerSentEvent:
    """Tell the page of a running check what each probe came to (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _view(tx, call, project_id, endpoint_id)
        now = (view.running, tuple(each.state for each in view.probes))
        if now == mark:
            return None
        return Sight(now, render_part(_TEMPLATE, "live", shell, view), not view.running)

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def _view(
    tx: Transaction, call: Call, project_id: str, endpoint_id: str, problem: Problem | None = None
) -> tuple[Shell, CheckView]:
    project = read_project(tx, call.actor, project_id)
    endpoint = find_own(tx, call, project_id, endpoint_id)
    found = check_actions.standings_of(tx, [endpoint])[endpoint_id]
    checks = check_actions.list_checks(tx, call.actor, endpoint_id, _EARLIER)
    wanted = call.query_value("id")
    shown = next((each for each in checks if each.id == wanted), None) if wanted else found.check
    if wanted and shown is None:
        raise not_found("webhook check")
    here = f"/projects/{project_id}"
    running = found.standing == "running" and shown is found.check
    view = CheckView(
        project_id=project_id, endpoint_id=endpoint_id, endpoint_url=endpoint.url, standing=standing_view(found),
        running=running, probes=_probes(shown, running, here), old=shown is not found.check,
        earlier=tuple(_row(each, f"{here}/webhooks/{endpoint_id}/check") for each in checks if each != shown),
        started_at=shown.started_at if shown else None, started_by=shown.started_by if shown else "",
        expires_at=shown.expires_at if shown else None,
        form=Form(blocked=blocked_for(call.actor, "webhooks.test", project), message=problem.detail if problem else None),
    )  # fmt: skip
    return frame(tx, call, "webhooks", project=project), view


def _probes(check: WebhookCheck | None, running: bool, here: str) -> tuple[ProbeRow, ...]:
    results = {each.probe: each for each in check.probes} if check else {}
    rows = []
    for place, probe in enumerate(PROBES):
        title, asks = _TITLES[probe]
        result = results.get(probe)
        state: ProbeState = "running" if running and place == len(results) else "waiting"
        rows.append(
            ProbeRow(
                probe=probe,
                title=title,
                asks=asks,
                state=_STATES[result.passed] if result else state,
                detail=result.detail if result else "",
                evidence=_evidence(result, here) if result else (),
            )
        )
    return tuple(rows)


def _evidence(result: ProbeResult, here: str) -> tuple[Link, ...]:
    attempts = result.attempt_ids
    labels = ("The request and its answer",) if len(attempts) == 1 else ("The first", "The second")
    return tuple(
        Link(label=label, href=f"{here}/deliveries/{result.delivery_id}#h-{attempt}")
        for label, attempt in zip(labels, attempts, strict=True)
    )


def _row(check: WebhookCheck, here: str) -> CheckRow:
    return CheckRow(
        id=check.id, state=check.state, started_at=check.started_at, started_by=check.started_by,
        probes=tuple(_STATES[each.passed] for each in check.probes), href=f"{here}?id={check.id}",
    )  # fmt: skip
