"""Pages of replays: an endpoint's jobs with the forms that begin one, and one job with its progress. Thin."""

from collections.abc import Hashable
from typing import Any, Final

from litestar import Response
from litestar.concurrency import sync_to_thread
from litestar.response import ServerSentEvent

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.templating import render_part
from freehold.dashboard.views.form import Choice, Form, Values, refused
from freehold.dashboard.views.shell import Shell
from freehold.dashboard.views.webhooks import ReplayRow, ReplaysView, ReplayView
from freehold.errors import Problem, not_found
from freehold.kit import clock
from freehold.kit.ids import new_id
from freehold.kit.paging import page as cut_page
from freehold.projects.actions import blocked_for, read_project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.idempotency import Answer
from freehold.web.live import Sight, follow
from freehold.web.pages import page, see_other
from freehold.webhooks import glance_queries, replay_actions, replay_queries
from freehold.webhooks.endpoint_view import find_own
from freehold.webhooks.list_addresses import pager
from freehold.webhooks.log_filters import form_instant, instant_text, read_instant
from freehold.webhooks.records import WebhookEndpoint
from freehold.webhooks.replay_api import place_of
from freehold.webhooks.replay_records import Fared, Replay, ReplayableState, Wanted

_SHOWN: Final = 20
_TEMPLATE: Final = "webhooks/replay.html.j2"
_STATES: Final = (
    Choice("", "Not accepted: failed, or waiting for a retry"),
    Choice("failed", "Failed"),
    Choice("pending", "Waiting for a retry"),
    Choice("delivered", "Delivered: send them again all the same"),
)
_FIELDS: Final = ("state", "event_type", "from", "to", "message")
_UNDER_WAY: Final = ("queued", "running")

# --- an endpoint's replays ------------------------------------------------------------------------


def show_replays(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """An endpoint's replays, and the forms that begin one. The address fills the second in and asks how many fit."""
    return _replays(call, project_id, endpoint_id)


def start_replay(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Begin a replay of what a filter names, and go on to its progress."""
    typed = {name: call.field(name) for name in _FIELDS}

    def act(tx: Transaction) -> Replay:
        return replay_actions.start_replay(tx, call.actor, endpoint_id, _wanted(typed))

    return _start(call, project_id, endpoint_id, "filter", typed, act)


def recover(call: Call, project_id: str, endpoint_id: str) -> Response[Any]:
    """Begin a replay of all that was not accepted since a time, and go on to its progress."""
    typed = {"since": call.field("since")}

    def act(tx: Transaction) -> Replay:
        since = form_instant("since", typed["since"])
        return replay_actions.recover(tx, call.actor, endpoint_id, since or clock.from_ms(0))

    return _start(call, project_id, endpoint_id, "recover", typed, act)


def _start(call: Call, project_id: str, endpoint_id: str, form: str, typed: Values, act: Any) -> Response[Any]:
    with call.read() as tx:
        find_own(tx, call, project_id, endpoint_id)
    try:
        answer = call.once(lambda tx: Answer(202, act(tx).id.encode()))
    except Problem as problem:
        if problem.status not in (409, 422):
            raise
        return _replays(call, project_id, endpoint_id, form, problem, typed)
    return see_other(f"/projects/{project_id}/replays/{answer.body.decode()}", "replay-started")


def _replays(
    call: Call, project_id: str, endpoint_id: str, form: str = "", problem: Problem | None = None,
    typed: Values | None = None,
) -> Response[Any]:  # fmt: skip
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        endpoint = find_own(tx, call, project_id, endpoint_id)
        shell = frame(tx, call, "webhooks", project=project)
        after = after_instant(call.query_value("cursor") or None)
        rows = replay_actions.list_replays(tx, call.actor, endpoint_id, _SHOWN + 1, after)
        shown = cut_page(rows, _SHOWN, place_of)
        fared = replay_queries.how_they_fared(tx, [each.id for each in shown.data])
        cannot = blocked_for(call.actor, "webhooks.edit", project)
        asked = {name: call.query_value(name) for name in _FIELDS}
        preview = _preview(tx, call, endpoint, asked) if any(asked.values()) and problem is None else None
    forms = {
        "recover": Form({"since": ""}, blocked=cannot, idempotency_key=new_id("req")),
        "filter": Form(asked, blocked=cannot, idempotency_key=new_id("req")),
    }
    if problem is not None:
        forms[form] = refused(problem, typed or {}, call.field("idempotency_key"))
    at = f"/projects/{project_id}/webhooks/{endpoint_id}/replays"
    view = ReplaysView(
        project_id=project_id, endpoint_id=endpoint_id, url=endpoint.url,
        rows=tuple(_row(each, fared[each.id]) for each in shown.data), pager=pager(call, at, shown.next_cursor, ()),
        states=_STATES, event_types=(Choice("", "Any"), *(Choice(name, name) for name in endpoint.event_types)),
        preview=preview, recover_form=forms["recover"], filter_form=forms["filter"],
    )  # fmt: skip
    return page("webhooks/replays.html.j2", shell, view, problem.status if problem else 200)


def _preview(tx: Transaction, call: Call, endpoint: WebhookEndpoint, asked: dict[str, str]) -> str:
    """How many deliveries fit what the address asks for, in words."""
    try:
        wanted = Wanted(
            _state(asked["state"]), asked["event_type"] or None, read_instant("from", asked["from"]),
            read_instant("to", asked["to"]), asked["message"].strip() or None,
        )  # fmt: skip
    except ValueError as wrong:
        return str(wrong)
    count = replay_queries.count_wanted(tx, replay_actions.draft(call.actor, endpoint, wanted))
    return f"{words.plural(count, 'delivery')} {'fits' if count == 1 else 'fit'} this now."


def _wanted(typed: dict[str, str]) -> Wanted:
    """What the filter form asks for; Problem `invalid` for a time that is none."""
    since, until = form_instant("from", typed["from"]), form_instant("to", typed["to"])
    return Wanted(_state(typed["state"]), typed["event_type"] or None, since, until, typed["message"].strip() or None)


def _state(text: str) -> ReplayableState | None:
    return text if text in ("delivered", "failed", "pending") else None  # type: ignore[return-value] # just compared


# --- one ------------------------------------------------------------------------------------------


def show_replay(call: Call, project_id: str, replay_id: str) -> Response[Any]:
    """One replay: how far it has come, and how its deliveries stand."""
    with call.read() as tx:
        shell, view = _replay(tx, call, project_id, replay_id)
    return page(_TEMPLATE, shell, view)


async def live_replay(call: Call, project_id: str, replay_id: str) -> ServerSentEvent:
    """Tell the page of a replay how far it has come (server-sent events)."""

    def look(mark: Hashable) -> Sight | None:
        with call.read() as tx:
            shell, view = _replay(tx, call, project_id, replay_id)
        row = view.replay
        now = (row.state, row.replayed, row.delivered, row.failed, row.pending)
        if now == mark:
            return None
        over = row.state not in _UNDER_WAY and row.pending == 0
        return Sight(now, render_part(_TEMPLATE, "live", shell, view), over)

    # Once before the answer begins, so that a wrong id is answered as such.
    await sync_to_thread(look, None)
    return ServerSentEvent(follow(look))


def cancel_replay(call: Call, project_id: str, replay_id: str) -> Response[Any]:
    """Stop a replay."""
    with call.read() as tx:
        _replay(tx, call, project_id, replay_id)
    try:
        with call.write() as tx:
            replay_actions.cancel_replay(tx, call.actor, replay_id)
    except Problem as problem:
        if problem.code != "conflict":
            raise
        with call.read() as tx:
            shell, view = _replay(tx, call, project_id, replay_id, problem)
        return page(_TEMPLATE, shell, view, problem.status)
    return see_other(f"/projects/{project_id}/replays/{replay_id}", "replay-canceled")


def _replay(
    tx: Transaction, call: Call, project_id: str, replay_id: str, problem: Problem | None = None
) -> tuple[Shell, ReplayView]:
    project = read_project(tx, call.actor, project_id)
    replay, fared = replay_actions.read_replay(tx, call.actor, replay_id)
    if replay.project_id != project_id:
        raise not_found("replay")
    endpoint = glance_queries.endpoint_names(tx, [replay.webhook_endpoint_id])[replay.webhook_endpoint_id]
    view = ReplayView(
        project_id=project_id, endpoint_id="" if endpoint.removed else replay.webhook_endpoint_id, url=endpoint.url,
        replay=_row(replay, fared), wanted=_wanted_words(replay.wanted),
        cancel_form=Form(
            message=problem.detail if problem else None, blocked=blocked_for(call.actor, "webhooks.edit", project)
        ),
    )  # fmt: skip
    return frame(tx, call, "webhooks", project=project), view


# --- presenting -----------------------------------------------------------------------------------


def _row(replay: Replay, fared: Fared) -> ReplayRow:
    return ReplayRow(
        id=replay.id, what=_what(replay), state=replay.state, reason=replay.reason or "", total=replay.total,
        replayed=replay.replayed, created_by=replay.created_by, created_at=replay.created_at,
        finished_at=replay.finished_at, delivered=fared.delivered, failed=fared.failed, pending=fared.pending,
        dropped=fared.dropped,
    )  # fmt: skip


def _what(replay: Replay) -> str:
    wanted = replay.wanted
    if replay.kind == "delivery":
        return "One delivery"
    if replay.kind == "recovery" and wanted.since:
        return f"All not accepted since {words.moment(wanted.since)}"
    which = {None: "Not accepted", "failed": "Failed", "pending": "Waiting for a retry", "delivered": "Delivered"}
    return f"{which[wanted.state]}{f', {wanted.event_type}' if wanted.event_type else ''}"


def _wanted_words(wanted: Wanted) -> tuple[tuple[str, str], ...]:
    """What a replay is for, by the names of its filter."""
    every = (
        ("State", wanted.state or ("" if wanted.delivery_id else "failed, or waiting for a retry")),
        ("Event", wanted.event_type or ""), ("From", instant_text(wanted.since)), ("To", instant_text(wanted.until)),
        ("Message", wanted.message_id or ""), ("Delivery", wanted.delivery_id or ""),
    )  # fmt: skip
    return tuple((name, text) for name, text in every if text)
