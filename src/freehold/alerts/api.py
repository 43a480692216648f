"""HTTP of alert rules, firings and chat channels. Thin: parse, one action, present."""

from typing import Annotated

from litestar import Response
from litestar.params import QueryParameter

from freehold.alerts import actions, channel_actions
from freehold.alerts.firing_queries import FiringFilter
from freehold.alerts.letters import voice_of
from freehold.alerts.records import Firing, FiringState
from freehold.alerts.views import (
    AlertBody,
    AlertPatch,
    AlertTestView,
    AlertView,
    ChannelBody,
    ChannelView,
    FiringDetailView,
    FiringView,
    alert_view,
    channel_view,
    firing_detail_view,
    firing_view,
    notification_view,
    patched,
    settings_of,
)
from freehold.kit.clock import to_ms
from freehold.kit.paging import Cursor, Page, page
from freehold.store.engine import Transaction
from freehold.web.call import Call, checked_limit
from freehold.web.cursors import after_id, after_instant
from freehold.web.inputs import CursorText, Limit

# The framework keeps the name `state` for itself.
InState = Annotated[FiringState | None, QueryParameter(name="state", description="Only those that are open, or over.")]


def list_alerts(call: Call, project_id: str, limit: Limit = 50, cursor: CursorText = None) -> Page[AlertView]:
    """A project's alert rules, newest first."""
    with call.read() as tx:
        rows = actions.list_rules(tx, call.actor, project_id, checked_limit(limit) + 1, after_id(cursor))
    cut = page(rows, limit, lambda row: Cursor(0, row.id))
    return Page([alert_view(row) for row in cut.data], cut.next_cursor)


def create_alert(call: Call, project_id: str, data: AlertBody) -> Response[AlertView]:
    """Make an alert rule of a project."""
    wanted = settings_of(data)
    return call.create(lambda tx: alert_view(actions.create_rule(tx, call.actor, project_id, wanted, data.slot)))


def read_alert(call: Call, alert_id: str) -> AlertView:
    """One alert rule."""
    with call.read() as tx:
        return alert_view(actions.read_rule(tx, call.actor, alert_id))


def edit_alert(call: Call, alert_id: str, data: AlertPatch) -> AlertView:
    """Change an alert rule (RFC 7396). Its metric stays: a rule on another one is another rule."""
    with call.write() as tx:
        return alert_view(actions.edit_rule(tx, call.actor, alert_id, lambda old: patched(old, data), call.revision()))


def delete_alert(call: Call, alert_id: str) -> None:
    """Remove an alert rule; its firings stay on record."""
    with call.write() as tx:
        actions.delete_rule(tx, call.actor, alert_id, call.revision())


def send_test_alert(call: Call, alert_id: str) -> Response[AlertTestView]:
    """Tell a rule's people that this is a test, by the ways that a firing would take."""

    def act(tx: Transaction) -> AlertTestView:
        made = actions.send_test(tx, call.actor, voice_of(call.settings), alert_id)
        return AlertTestView(
            notifications=[notification_view(each) for each in actions.test_receipts(tx, alert_id, len(made))]
        )

    return call.create(act, status=202)


def list_alert_firings(
    call: Call, alert_id: str, in_state: InState = None, limit: Limit = 50, cursor: CursorText = None
) -> Page[FiringView]:
    """The firings of one alert rule, newest first."""
    with call.read() as tx:
        rule = actions.read_rule(tx, call.actor, alert_id)
        return _firings(tx, call, rule.project_id, FiringFilter(rule.id, in_state), limit, cursor)


def list_firings(
    call: Call, project_id: str, in_state: InState = None, limit: Limit = 50, cursor: CursorText = None
) -> Page[FiringView]:
    """A project's firings, newest first."""
    with call.read() as tx:
        return _firings(tx, call, project_id, FiringFilter(None, in_state), limit, cursor)


def read_firing(call: Call, firing_id: str) -> FiringDetailView:
    """One firing with what was told of it, and what came of that."""
    with call.read() as tx:
        return _detail(tx, actions.read_firing(tx, call.actor, firing_id))


def acknowledge_firing(call: Call, firing_id: str) -> FiringDetailView:
    """Say that you have taken a firing on. The first person stays named."""
    with call.write() as tx:
        return _detail(tx, actions.acknowledge_firing(tx, call.actor, firing_id))


def list_alert_channels(call: Call, project_id: str) -> Page[ChannelView]:
    """A project's chat channels, all of them, by name."""
    with call.read() as tx:
        rows = channel_actions.list_channels(tx, call.actor, project_id)
    return Page([channel_view(row) for row in rows], None)


def create_alert_channel(call: Call, project_id: str, data: ChannelBody) -> Response[ChannelView]:
    """Add a chat channel, to which every rule of the project tells that notifies by chat."""
    return call.create(
        lambda tx: channel_view(
            channel_actions.create_channel(
                tx,
                call.actor,
                call.secret,
                call.settings,
                project_id,
                data.kind,
                data.name,
                data.url,
                slot=data.slot,
            )
        )
    )


def delete_alert_channel(call: Call, channel_id: str) -> None:
    """Remove a chat channel; what waits for it is not sent."""
    with call.write() as tx:
        channel_actions.delete_channel(tx, call.actor, channel_id)


def _detail(tx: Transaction, firing: Firing) -> FiringDetailView:
    return firing_detail_view(firing, actions.firing_receipts(tx, firing.id))


def _firings(
    tx: Transaction, call: Call, project_id: str, wanted: FiringFilter, limit: int, cursor: str | None
) -> Page[FiringView]:
    rows = actions.list_firings(tx, call.actor, project_id, wanted, checked_limit(limit) + 1, after_instant(cursor))
    cut = page(rows, limit, lambda row: Cursor(to_ms(row.opened_at), row.id))
    return Page([firing_view(row) for row in cut.data], cut.next_cursor)
