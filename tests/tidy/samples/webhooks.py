"""Sample pages of webhook endpoints, deliveries and messages."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

from freehold.dashboard.charts import BarChart, Bucket, Series
from freehold.dashboard.views import webhooks
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger, Link, Pager
from freehold.dashboard.views.usage import Figure, Option
from tests.tidy.samples.frame import AT, EVENT_CHOICES, HOOK, NOW, PROJECT, STATE_FILTER, Sample, ago, shell
from tests.tidy.samples.webhook_checks import standing

SENDING = (Choice("fifo", "In order", "One at a time."), Choice("v1a", "Sign by ed25519 too", "A public key verifies."))


def hook(state: str = "failing") -> webhooks.WebhookRow:
    return webhooks.WebhookRow(
        id=HOOK, url="https://hooks.northgate.example/freehold", description="Order service", state="failing" if state == "failing" else "active",
        state_reason="10 attempts in a row failed. The last: The receiver answered 401, not a 2xx." if state == "failing" else "", event_types=("country.looked_up",),
        delivered=14_022, failed=6, pending=1, last_at=ago(minutes=4), retrying=4 if state == "failing" else 0, next_retry_at=NOW + timedelta(minutes=4),
        bars=tuple(Bucket(f"22 Nov, {hour:02}:00", (12, 0, 0) if hour < 18 else (3, 2, 1) if hour < 22 else (0, 0, 0), f"{AT}/webhooks/{HOOK}?from=x") for hour in range(24)),
        accepted_at=ago(minutes=4), accepted_href=f"{AT}/deliveries/dlv_01kaadelivered", verified=state != "failing",
        check=standing("never") if state == "failing" else replace(standing("passed"), at=ago(days=2), until=NOW + timedelta(days=28)),
    )  # fmt: skip


def delivery(state: webhooks.DeliveryState, attempts: int = 1) -> webhooks.DeliveryRow:
    return webhooks.DeliveryRow(
        id=f"dlv_01kaa{state}", message_id="msg_01kaa", event_type="country.looked_up", state=state, attempts=attempts, status=None if attempts == 0 else 200 if state == "delivered" else 401,
        error="", duration_us=None if attempts == 0 else 42_300, created_at=ago(minutes=4), due_at=NOW + timedelta(minutes=5) if state == "pending" else None,
        endpoint_url="https://hooks.northgate.example/freehold",
    )  # fmt: skip


BODY = '{"id":"msg_01kaa","type":"country.looked_up","timestamp":"2026-11-22T14:02:00Z","project":"proj_01kaa","environment":"sandbox","data":{"code":"PT","fresh":true,"count":3}}'


def attempt(number: int, outcome: str) -> webhooks.AttemptView:
    answered = outcome in ("accepted", "refused")
    return webhooks.AttemptView(
        id=f"att_{number}", number=number, at=ago(minutes=4), outcome="accepted" if outcome == "accepted" else "refused" if outcome == "refused" else "unreachable",
        error={"refused": "The endpoint answered 401: the signing secret it checks with is probably another one.", "unreachable": "The connection was refused."}.get(outcome, ""),
        status=(200 if outcome == "accepted" else 401) if answered else None, address="203.0.113.9:443" if answered else "", duration_us=42_300, url="https://hooks.northgate.example/freehold",
        timing=(webhooks.Timing(name="Name look-up", duration_us=1_200), webhooks.Timing(name="Connection", duration_us=12_800), webhooks.Timing(name="Answer", duration_us=28_300)) if answered else (),
        request_headers=(("webhook-id", "msg_01kaa"), ("webhook-timestamp", "1795010520"), ("webhook-signature", "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="), ("content-type", "application/json")),
        request_body=BODY, signed_text=f"msg_01kaa.1795010520.{BODY}",
        response_headers=(("content-type", "application/json"), ("server", "nginx")) if answered else (), response_body='{"error": "bad signature", "got": "<b>v1</b>"}' if answered else "", response_cut=False,
    )  # fmt: skip


def one_hook(fresh: bool) -> webhooks.WebhookView:
    return webhooks.WebhookView(
        project_id=PROJECT, endpoint=hook("active" if fresh else "failing"), revision=1, created_by="Ines Okafor", created_at=ago(days=2), headers=(("authorization", "Basic …"),), event_types=EVENT_CHOICES,
        secrets=(webhooks.SigningSecretRow(version=2, created_at=ago(days=1), retires_at=None, public_key="" if fresh else "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="), webhooks.SigningSecretRow(version=1, created_at=ago(days=2), retires_at=NOW + timedelta(hours=3))),
        test_event_types=EVENT_CHOICES, overlaps=(Choice("0", "No time: the old one ends now"), Choice("86400", "24 hours")),
        deliveries=() if fresh else (delivery("pending"), delivery("failed", 8), delivery("delivered")), filters=(STATE_FILTER,), pager=Pager(older=f"{AT}/webhooks/{HOOK}?cursor=x"),
        delete=Danger(name="hooks.northgate.example", consequences=("Nothing more is sent to it; 1 pending delivery is dropped.", "Its past deliveries stay.")),
        check=standing("passed" if not fresh else "never"), signing_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if fresh else None, test_form=Form({"event_type": "country.looked_up"}),
        edit_form=Form({"url": "https://hooks.northgate.example/freehold", "event_types": ["country.looked_up"], "sending": ["fifo"]}),
        sending=SENDING, fifo=not fresh, max_per_second=None if fresh else 20, failing_since=None if fresh else ago(hours=2),
        next_probe_at=None if fresh else NOW + timedelta(minutes=4),
    )  # fmt: skip


def metrics_page() -> webhooks.WebhookMetricsPage:
    return webhooks.WebhookMetricsPage(
        project_id=PROJECT, endpoint_id=HOOK, url="https://hooks.northgate.example/freehold", ranges=(Option(label="24 h", href="?range=24h", current=True),),
        from_at=ago(hours=24), to_at=NOW, figures=(Figure(label="Success", value="99.4", unit="%", note="Of what is finished", note_tone="", spark=(3, 4, 2)),),
        chart=BarChart("Deliveries by when they were made", "Hourly, UTC", (Series("served", "Delivered"), Series("failed", "Failed")), (Bucket("22 Nov, 14:00", (12, 1), f"{AT}/webhooks/{HOOK}?from=x"),)),
        attempts=(("Accepted", 12, "served"), ("Refused", 1, "failed")), attempts_total=13, latencies=(("p50", 42_000), ("p95", None)), latencies_of=13, latencies_cut=True,
        waiting=(("Due now", "3"),), accepted_at=ago(minutes=4), accepted_href=f"{AT}/deliveries/dlv_01kaadelivered", log_href=f"{AT}/webhooks/{HOOK}?from=x#deliveries",
    )  # fmt: skip


def replay(state: Literal["queued", "running", "done", "canceled"]) -> webhooks.ReplayRow:
    counted = state != "queued"
    return webhooks.ReplayRow(
        id=f"rpl_01kaa{state}", what="All not accepted since 22 Nov 2026, 12:00 UTC", state=state, reason="Canceled by Ines Okafor." if state == "canceled" else "",
        total=240 if counted else None, replayed={"queued": 0, "running": 120, "done": 238, "canceled": 120}[state], created_by="Ines Okafor", created_at=ago(minutes=4),
        finished_at=ago(minutes=1) if state in ("done", "canceled") else None, delivered=100 if counted else 0, failed=4 if counted else 0, pending=16 if counted else 0, dropped=0,
    )  # fmt: skip


def replay_page(state: Literal["queued", "running", "done", "canceled"]) -> webhooks.ReplayView:
    return webhooks.ReplayView(
        project_id=PROJECT, endpoint_id=HOOK if state != "canceled" else "", url="https://hooks.northgate.example/freehold", replay=replay(state),
        wanted=(("State", "failed"), ("From", "2026-11-22T12:00:00")),
    )  # fmt: skip


def replays_page(*rows: webhooks.ReplayRow) -> webhooks.ReplaysView:
    return webhooks.ReplaysView(
        project_id=PROJECT, endpoint_id=HOOK, url="https://hooks.northgate.example/freehold", rows=rows, pager=Pager(), states=(Choice("", "Not accepted"), Choice("failed", "Failed")),
        event_types=(Choice("", "Any"),), preview="240 deliveries fit this now." if rows else None, filter_form=Form({"state": "failed"}),
    )  # fmt: skip


def event_type(name: str, own: bool = False, declared: bool = True) -> webhooks.EventTypeRow:
    return webhooks.EventTypeRow(
        name=name, summary="A country was looked up", own=own, declared=declared, endpoints=1, messages=14_022, last_at=ago(minutes=4) if declared else None,
        removed_at=None if declared else ago(days=2),
    )  # fmt: skip


def event_type_page(declared: bool, whole: bool) -> webhooks.EventTypeView:
    endpoint = "https://hooks.northgate.example/freehold"
    return webhooks.EventTypeView(
        project_id=PROJECT, event_type=event_type("country.looked_up", declared=declared), schema='{"type": "object"}' if whole else "", example='{"code": "PT"}' if whole else "",
        body='{"id": "msg_01kaa", "data": {"code": "PT"}}' if whole else "", subscribers=(Link(label=endpoint, href=f"{AT}/webhooks/{HOOK}"),) if declared else (),
        choices=(Choice(HOOK, endpoint),) if declared else (), send_blocked=None if declared else "Your role lets you look at this.",
    )  # fmt: skip


def webhook_pages() -> dict[str, Sample]:
    here = shell("webhooks")
    new = webhooks.NewWebhookView(
        project_id=PROJECT,
        event_types=EVENT_CHOICES,
        sending=SENDING,
        loopback=True,
        form=Form({"event_types": ["country.looked_up"]}),
    )
    message = webhooks.MessageRow(
        id="msg_01kaa",
        event_type="country.looked_up",
        origin="published",
        created_at=ago(minutes=4),
        delivered=1,
        failed=1,
        pending=0,
    )

    def one_delivery(state: webhooks.DeliveryState, attempts: tuple[webhooks.AttemptView, ...]) -> Sample:
        view = webhooks.DeliveryView(
            project_id=PROJECT,
            endpoint_id=HOOK,
            delivery=delivery(state, len(attempts)),
            attempts=attempts,
            requests_href=f"{AT}/requests?from=x",
        )
        return Sample("webhooks/delivery.html.j2", here, view)

    return {
        "webhooks": Sample("webhooks/list.html.j2", here, webhooks.WebhooksView(project_id=PROJECT, rows=(hook(), hook("active")), declared_event_types=1)),
        "webhooks-empty": Sample("webhooks/list.html.j2", here, webhooks.WebhooksView(project_id=PROJECT, rows=(), declared_event_types=0)),
        "webhook-new": Sample("webhooks/new.html.j2", here, new),
        "webhook": Sample("webhooks/one.html.j2", here, one_hook(False)),
        "webhook-added": Sample("webhooks/one.html.j2", here, one_hook(True)),
        "delivery-waiting": one_delivery("pending", ()),
        "delivery-refused": one_delivery("failed", (attempt(2, "refused"), attempt(1, "unreachable"))),
        "delivery": one_delivery("delivered", (attempt(1, "accepted"),)),
        "event-types": Sample("webhooks/event_types.html.j2", here, webhooks.EventTypesView(project_id=PROJECT, api_name="Countries", rows=(event_type("country.looked_up"), event_type("country.gone", declared=False)), own_rows=(event_type("webhook.check", own=True),))),
        "event-types-empty": Sample("webhooks/event_types.html.j2", here, webhooks.EventTypesView(project_id=PROJECT, api_name="Countries", rows=(), own_rows=())),
        "event-type": Sample("webhooks/event_type.html.j2", here, event_type_page(True, True)),
        "event-type-bare": Sample("webhooks/event_type.html.j2", here, event_type_page(False, False)),
        "event-type-unheard": Sample("webhooks/event_type.html.j2", here, event_type_page(False, True)),
        "webhook-metrics": Sample("webhooks/metrics.html.j2", here, metrics_page()),
        "replays": Sample("webhooks/replays.html.j2", here, replays_page(replay("running"), replay("done"))),
        "replays-empty": Sample("webhooks/replays.html.j2", here, replays_page()),
        **{f"replay-{state}": Sample("webhooks/replay.html.j2", here, replay_page(state)) for state in ("queued", "running", "done", "canceled")},
        "messages": Sample("webhooks/messages.html.j2", here, webhooks.MessagesView(project_id=PROJECT, rows=(message,), filters=(STATE_FILTER,), pager=Pager())),
        "messages-empty": Sample("webhooks/messages.html.j2", here, webhooks.MessagesView(project_id=PROJECT, rows=(), filters=(), pager=Pager())),
        "message": Sample("webhooks/message.html.j2", here, webhooks.MessageView(project_id=PROJECT, message=message, dedup_id="order-77", request_id="req_1", payload='{"code": "PT"}', deliveries=(delivery("delivered"), delivery("failed", 8)))),
    }  # fmt: skip
