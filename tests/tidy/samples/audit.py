"""Sample pages of the audit log and of forwardings."""

from dataclasses import replace
from datetime import timedelta

from freehold.dashboard.views import audit
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Danger, Filter, Pager
from freehold.forwarding.presenting import KIND_CHOICES, TRANSPORT_CHOICES
from tests.tidy.samples.frame import AT, DIGEST, KEY, NOW, ORGANIZATION, Sample, ago, shell

TEAM = f"/organizations/{ORGANIZATION}/audit"
RAW = '{\n  "id": "aud_1",\n  "action": "key.edited",\n  "after": {\n    "workload": "Checkout"\n  }\n}'
CHANGES = (
    audit.AuditChange(field="Rate limits, requests, limit", before="1,200", after="600"),
    audit.AuditChange(field="Workload", before=None, after="Checkout"),
)
FILTERS = (
    Filter(name="actor", label="By", value="", choices=(("", "Anybody"), ("Ines Okafor", "Ines Okafor"))),
    Filter(name="action", label="Action", value="", choices=(("", "Any"), ("key.issued", "Key issued"))),
    Filter(name="subject_kind", label="Of", value="", choices=(("", "Anything"), ("key", "Key"))),
    Filter(name="project", label="Project", value="", choices=(("", "Any"), ("proj_1", "Country lookup, sandbox"))),
)


def row(index: int, action: str, words: str, *, gone: bool = False, organization: str = "") -> audit.AuditRow:
    return audit.AuditRow(
        id=f"aud_{index}", at=ago(hours=index * 5), actor="Ines Okafor", actor_kind="token" if index == 2 else "user", action=action,
        words=words, subject_kind="Key", subject="checkout-web", href="" if gone else f"{AT}/keys/{KEY}", gone=gone, project="Country lookup",
        project_href=AT, organization=organization, address="198.51.100.24", request_id="req_1" if index != 3 else "", position=4_210 - index,
        hash=DIGEST, raw=RAW, same_subject=f"{TEAM}?subject={KEY}", same_actor=f"{TEAM}?actor=usr_1", same_request=f"{TEAM}?request_id=req_1",
        reason="A laptop was lost" if index == 1 else "", on_behalf_of="Grace Hopper" if index == 2 else "", changes=CHANGES if index == 1 else (),
    )  # fmt: skip


ROWS = (
    row(1, "key.edited", "Key edited"),
    row(2, "key.issued", "Key issued"),
    row(3, "webhook_endpoint.deleted", "Webhook endpoint deleted", gone=True),
)


def view(rows: tuple[audit.AuditRow, ...] = ROWS, organization_id: str = ORGANIZATION, **more: str) -> audit.AuditView:
    pager = Pager(older=f"{TEAM}?cursor=y", newer=f"{TEAM}?newer=x", newest=TEAM) if rows else Pager()
    return audit.AuditView(
        at=TEAM if organization_id else "/audit", organization_id=organization_id, rows=rows, filters=FILTERS, subject=more.get("subject", ""),
        request_id="", from_on=more.get("from_on", ""), to_on="", pager=pager, filtered=bool(more),
        report_href=f"/organizations/{ORGANIZATION}/reports?kind=audit_log" if organization_id else "",
    )  # fmt: skip


def forwarding(kind: str, to: str, state: str, organization: bool = True) -> audit.ForwardingRow:
    failing = state == "failing"
    return audit.ForwardingRow(
        id=f"fwd_{state}", name={"active": "Security archive", "failing": "SIEM", "paused": "Old archive"}[state], kind=kind, to=to, state=state,
        error="The receiver answered 503, not a 2xx." if failing else "", failing_since=ago(hours=2) if failing else None,
        next_try_at=NOW + timedelta(minutes=4) if failing else None, told_at=ago(hours=1) if failing else None, lag=0 if state == "active" else 1_284,
        lag_since=None if state == "active" else ago(hours=2), sent=48_120, refused=3 if kind == "OpenTelemetry" else 0,
        position=48_120 if organization else None, last_sent_at=ago(hours=2), created_by="Ines Okafor", created_at=ago(days=20),
    )  # fmt: skip


def one(row: audit.ForwardingRow, organization_id: str = ORGANIZATION) -> audit.ForwardingView:
    values = {"name": row.name, "host": "logs.example.com", "port": "6514", "transport": "tls", "facility": "13"}
    danger = Danger(
        consequences=(
            "Nothing more is sent there, and where it went is erased.",
            f"{row.lag:,} entries that wait for it are not sent. They stay in the log."
            if row.lag
            else "Nothing waits for it now.",
        ),
        name=row.name,
    )
    return audit.ForwardingView(
        at=TEAM if organization_id else "/audit", organization_id=organization_id, row=row, revision=1, transports=TRANSPORT_CHOICES,
        headers=("Authorization",), danger=danger, edit_form=Form(values), resume_form=Form(), delete_form=Form(),
    )  # fmt: skip


def audit_pages() -> dict[str, Sample]:
    active, failing, paused = (
        forwarding("HTTPS endpoint", "https://logs.example.com/…", state) for state in ("active", "failing", "paused")
    )
    syslog = forwarding("Syslog", "tls://logs.example.com:6514", "active", organization=False)
    otlp = forwarding("OpenTelemetry", "http://collector:4318/…", "failing", organization=False)
    team, whole = shell("audit", inside=False), shell("audit-of-instance", inside=False)

    def many(rows: tuple[audit.ForwardingRow, ...], organization_id: str, form: Form) -> audit.ForwardingsView:
        return audit.ForwardingsView(
            at=TEAM if organization_id else "/audit", organization_id=organization_id, rows=rows, kinds=KIND_CHOICES,
            transports=TRANSPORT_CHOICES, form=form,
        )  # fmt: skip

    wrong = Form(
        {"name": "SIEM", "kind": "syslog", "transport": "tls"},
        {"host": "A host is a name or an IP address, without brackets."},
    )
    refused = Form({"name": "Archive"}, {"url": "The URL should begin with https://."})
    return {
        "audit": Sample("audit/list.html.j2", team, view()),
        "audit-failing": Sample("audit/list.html.j2", team, replace(view(), failing=(audit.FailingForwarding(id="fwd_failing", name="SIEM", since=ago(hours=2)),))),
        "audit-empty": Sample("audit/list.html.j2", team, view((), from_on="2026-11-01")),
        "audit-nothing": Sample("audit/list.html.j2", team, view(())),
        "audit-instance": Sample("audit/list.html.j2", whole, view((row(1, "key.edited", "Key edited", organization="Northgate"),), "")),
        "forwardings": Sample("audit/forwardings.html.j2", team, many((active, failing, paused), ORGANIZATION, Form(idempotency_key="once-1"))),
        "forwardings-none": Sample("audit/forwardings.html.j2", team, many((), ORGANIZATION, refused)),
        "forwardings-instance": Sample("audit/forwardings.html.j2", whole, many((syslog, otlp), "", wrong)),
        "forwarding": Sample("audit/forwarding.html.j2", team, replace(one(active), secret="whsec_QhT0aG4hcm9zZSBzZWNyZXQgb2YgMzIgYnl0ZXMh", tested=True)),
        "forwarding-failing": Sample("audit/forwarding.html.j2", team, replace(one(failing), tested=True, test_error="The receiver answered 503, not a 2xx.")),
        "forwarding-paused": Sample("audit/forwarding.html.j2", team, replace(one(paused), blocked="Your role lets you look at this, not change it.")),
        "forwarding-syslog": Sample("audit/forwarding.html.j2", whole, one(syslog, "")),
        "forwarding-otlp": Sample("audit/forwarding.html.j2", whole, one(otlp, "")),
    }  # fmt: skip
