"""The page of one webhook endpoint: its settings and forms, its deliveries. Presents, decides nothing."""

from dataclasses import dataclass, field, replace
from typing import Any, Final
from urllib.parse import urlsplit

from litestar import Response

from freehold.dashboard import words
from freehold.dashboard.frame import frame
from freehold.dashboard.views.form import Form, Values, refused
from freehold.dashboard.views.parts import Danger
from freehold.dashboard.views.webhooks import SigningSecretRow, WebhookView
from freehold.errors import Problem, not_found
from freehold.kit.ids import new_id
from freehold.kit.paging import page as cut_page
from freehold.organizations.permissions import blocked
from freehold.projects.actions import blocked_for, read_project
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.web.call import Call
from freehold.web.cursors import after_instant
from freehold.web.pages import page
from freehold.webhooks import actions, check_actions, delivery_actions, log_filters
from freehold.webhooks import endpoint_forms as forms
from freehold.webhooks.check_standing import standing_view
from freehold.webhooks.delivery_pages import delivery_rows
from freehold.webhooks.delivery_queries import DeliveryFilter
from freehold.webhooks.delivery_views import place_of
from freehold.webhooks.endpoint_rows import webhook_rows
from freehold.webhooks.glance_queries import EndpointActivity, activity_of_endpoints
from freehold.webhooks.list_addresses import pager
from freehold.webhooks.own_events import CHECK_EVENT
from freehold.webhooks.records import Delivery, WebhookEndpoint

_SHOWN: Final = 25


@dataclass(frozen=True, slots=True)
class Refusal:
    """Which of a page's forms was refused, why, and what was typed into it."""

    form: str
    problem: Problem
    values: Values


@dataclass(frozen=True, slots=True)
class Revealed:
    """A signing secret that was just made and is shown this once, with its endpoint or by a rotation."""

    text: str = field(repr=False)
    rotated: bool = False


def find_own(tx: Transaction, call: Call, project_id: str, endpoint_id: str) -> WebhookEndpoint:
    """An endpoint of this project; Problem `not_found` where it is another's."""
    endpoint = actions.read_endpoint(tx, call.actor, endpoint_id)
    if endpoint.project_id != project_id:
        raise not_found("webhook endpoint")
    return endpoint


def one_webhook(
    call: Call, project_id: str, endpoint_id: str, refusal: Refusal | None = None, *,
    revealed: Revealed | None = None,
) -> Response[Any]:  # fmt: skip
    """The page of one endpoint, with a form that was refused or a secret that was just made, where there is one."""
    with call.read() as tx:
        project = read_project(tx, call.actor, project_id)
        endpoint = find_own(tx, call, project_id, endpoint_id)
        shell = frame(tx, call, "webhooks", project=project)
        activity = activity_of_endpoints(tx, [endpoint_id], shell.now)[endpoint_id]
        asked = log_filters.read_filters(call, shell.now)
        deliveries, next_cursor = _deliveries(tx, call, endpoint_id, asked.wanted)
        secrets = actions.signing_secrets_of(tx, [endpoint])[endpoint_id]
        keys = actions.public_keys_of(call.secret, endpoint, secrets)
        view = WebhookView(
            project_id=project_id, endpoint=webhook_rows(tx, [endpoint], shell.now)[0], revision=endpoint.revision,
            slot=endpoint.slot, created_by=endpoint.created_by, created_at=endpoint.created_at, headers=tuple(endpoint.headers.items()),
            secrets=tuple(
                SigningSecretRow(
                    version=each.version, created_at=each.created_at, retires_at=each.retires_at,
                    public_key=keys.get(each.version, ""),
                )
                for each in secrets
            ),
            event_types=forms.event_type_choices(tx, project, endpoint.event_types),
            test_event_types=forms.testable_choices(tx, project, endpoint), overlaps=forms.OVERLAPS,
            sending=forms.SENDING, max_per_second=endpoint.max_per_second, fifo=endpoint.fifo,
            failing_since=endpoint.failing_since_at, next_probe_at=endpoint.held_until_at,
            deliveries=delivery_rows(tx, deliveries), filters=log_filters.choices(call, endpoint),
            pager=pager(call, f"/projects/{project_id}/webhooks/{endpoint_id}", next_cursor, log_filters.NAMES), filtered=asked.wanted != DeliveryFilter(),
            from_text=log_filters.instant_text(asked.wanted.since) if call.query_value("from") else "",
            to_text=log_filters.instant_text(asked.wanted.until), message_text=asked.wanted.message_id or "",
            range_fault=asked.fault, replay_href=_replay_href(project_id, endpoint_id, asked.wanted),
            replay_blocked=blocked_for(call.actor, "webhooks.edit", project),
            delete=_danger(call, project, endpoint, activity),
            check=standing_view(check_actions.standings_of(tx, [endpoint])[endpoint_id]),
            signing_secret=revealed.text if revealed else None, rotated=revealed is not None and revealed.rotated,
            test_blocked=blocked_for(call.actor, "webhooks.test", project),
            **_forms(call, project, endpoint, refusal),
        )  # fmt: skip
    return page("webhooks/one.html.j2", shell, view, refusal.problem.status if refusal else 200)


def _replay_href(project_id: str, endpoint_id: str, wanted: DeliveryFilter) -> str:
    query = log_filters.replay_query(wanted)
    return f"/projects/{project_id}/webhooks/{endpoint_id}/replays" + (f"?{query}#new" if query else "")


def _forms(call: Call, project: Project, endpoint: WebhookEndpoint, refusal: Refusal | None) -> dict[str, Form]:
    """The page's forms: one with what was wrong, the others as they are."""
    cannot = blocked_for(call.actor, "webhooks.edit", project)
    every = {
        "edit": Form(forms.values_of(endpoint), blocked=cannot),
        "test": Form({"event_type": CHECK_EVENT}),
        "turn": Form(blocked=cannot),
        "rotate": Form({"overlap_s": str(actions.OVERLAP_S)}, blocked=cannot, idempotency_key=new_id("req")),
        "delete": Form(),
    }
    if refusal is not None:
        key = every[refusal.form].idempotency_key
        # What stops a form from being sent stays with it, as when the project was archived meanwhile.
        every[refusal.form] = replace(
            refused(refusal.problem, refusal.values, key), blocked=every[refusal.form].blocked
        )
    return {f"{name}_form": form for name, form in every.items()}


def _danger(call: Call, project: Project, endpoint: WebhookEndpoint, activity: EndpointActivity) -> Danger:
    pending = activity.fates.pending
    waiting = f"{words.plural(pending, 'waiting delivery')} {'is' if pending == 1 else 'are'} dropped."
    return Danger(
        consequences=(
            "Nothing more is sent to it, and its signing secret is erased.",
            waiting if pending else "No delivery waits for it now.",
            "It is for good. What it received stays on record.",
        ),
        name=host_of(endpoint), blocked=blocked(call.actor, "webhooks.edit", project.organization_id),
    )  # fmt: skip


def host_of(endpoint: WebhookEndpoint) -> str:
    """What is typed to confirm that an endpoint goes: its URL's host, with its port where it has one."""
    return urlsplit(endpoint.url).netloc


# --- its deliveries -------------------------------------------------------------------------------


def _deliveries(
    tx: Transaction, call: Call, endpoint_id: str, wanted: DeliveryFilter
) -> tuple[list[Delivery], str | None]:
    after = after_instant(call.query_value("cursor") or None)
    rows = delivery_actions.list_deliveries(tx, call.actor, endpoint_id, wanted, _SHOWN + 1, after)
    shown = cut_page(rows, _SHOWN, place_of)
    return shown.data, shown.next_cursor
