"""Every page of the dashboard with invented data: what the template tests render and people look at."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series
from freehold.dashboard.views import account, apis, errors, keys, organizations, projects, requests, usage, webhooks
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Activity, Check, Danger, Filter, Link, NextStep, Pager, Snippet
from freehold.dashboard.views.shell import Jump, Notice, OrganizationFrame, Person, ProjectFrame, Shell

NOW = datetime(2026, 11, 22, 14, 6, 12, 208_000, UTC)
ORGANIZATION = "org_01kaa0000000000000000000aa"
PROJECT = "proj_01kaa0000000000000000000bb"
SIBLING = "proj_01kaa0000000000000000000cc"
KEY = "key_01kaa0000000000000000000dd"
HOOK = "whe_01kaa0000000000000000000ee"
AT = f"/projects/{PROJECT}"
DIGEST = "9f2c41e07d5ab3c8" * 4


class Sample(NamedTuple):
    """One page to render."""

    template: str
    shell: Shell
    view: Any


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def shell(
    here: str, environment: str = "sandbox", inside: bool = True, notice: str = "", signed_in: bool = True
) -> Shell:
    project = ProjectFrame(
        id=PROJECT,
        name="Country lookup",
        environment="production" if environment == "production" else "sandbox",
        sibling_id=SIBLING if environment == "production" else None,
        keys=3,
        webhooks_failing=1,
    )
    return Shell(
        now=NOW,
        csrf_token="c5rf" * 8,
        nonce="bm9uY2Vub25jZQ",
        here=here,
        person=Person(name="Ines Okafor", email="ines@northgate.example", role="Owner", is_operator=True)
        if signed_in
        else None,
        organization=OrganizationFrame(id=ORGANIZATION, name="Northgate"),
        organizations=(
            OrganizationFrame(id=ORGANIZATION, name="Northgate"),
            OrganizationFrame(id="org_b", name="Alder & Sons"),
        ),
        project=project if inside else None,
        jumps=(
            Jump(label="Country lookup", href=AT, hint="Sandbox"),
            Jump(label="checkout-web", href=f"{AT}/keys/{KEY}", hint="Key", icon="key-round"),
        ),
        notice=Notice(text=notice) if notice else None,
    )


OUTCOMES = (
    Series("served", "Served"),
    Series("throttled", "Throttled"),
    Series("denied", "Denied"),
    Series("failed", "Failed"),
)


def hours(count: int, title: str, quiet: bool = False) -> BarChart:
    buckets = []
    for index in range(count):
        at = NOW.replace(minute=0, second=0, microsecond=0) - timedelta(hours=count - 1 - index)
        served = (
            0
            if quiet
            else int(
                1100 * (0.2 + 0.8 * max(0, math.sin((at.hour - 5) / 24 * 2 * math.pi))) * (1 + (index * 37 % 11) / 60)
            )
        )
        extra = (
            (0, 0, 0)
            if quiet
            else (served // 40 if index % 19 > 15 else 0, served // 120, served // 90 if index % 23 == 8 else 0)
        )
        buckets.append(Bucket(f"{at:%a %d %b %H:%M}", (served, *extra), f"{AT}/requests?from={at:%Y-%m-%dT%H:%M}Z"))
    step = 4 if count <= 24 else 24
    axis = tuple(
        AxisLabel(i + 0.5, buckets[i].label[-5:] if count <= 24 else buckets[i].label[:6])
        for i in range(1, count, step)
    )
    return BarChart(title=title, unit="Hourly, UTC", series=OUTCOMES, buckets=tuple(buckets), axis=axis)


def hourly(scale: int) -> tuple[int, ...]:
    return tuple(bucket.total * scale // 100 for bucket in hours(24, "").buckets)


def rows(kinds: Sequence[requests.OutcomeKind]) -> tuple[requests.RequestRow, ...]:
    known: dict[requests.OutcomeKind, tuple[str, int, int]] = {
        "served": ("allowed", 200, 84_210),
        "throttled": ("rate_limited", 429, 410),
        "denied": ("endpoint_not_in_scope", 403, 380),
        "failed": ("allowed", 502, 10_004_000),
    }
    return tuple(
        requests.RequestRow(
            id=f"req_01kaa00000000000000000{index:04d}",
            at=ago(seconds=3.2 * index + 0.4),
            method="GET",
            path=("/v1/countries/PT", "/v1/currencies/EUR", "/v1/time-zones/Europe/Lisbon")[index % 3],
            key_name=("checkout-web", "price-batch")[index % 2],
            key_href=f"{AT}/keys/{KEY}",
            outcome=known[kind][0],
            kind=kind,
            status=known[kind][1],
            latency_us=known[kind][2] + index * 611,
        )
        for index, kind in enumerate(kinds)
    )


REQUESTS = rows(
    ["served", "served", "throttled", "served", "failed", "denied", "served", "throttled", "served", "served"]
)
PROJECT_HEAD = projects.ProjectHead(
    id=PROJECT, organization_id=ORGANIZATION, name="Country lookup", slug="country-lookup", environment="sandbox",
    purpose="Shows prices in the visitor's own currency and time zone.", product_line="Web shop", use_case="Checkout",
    api_name="Example API", created_at=ago(days=12),
)  # fmt: skip
NEXT = NextStep(
    action="send_test_event", title="Send a signed test event to hooks.northgate.example",
    detail="The endpoint is there but nothing was sent to it yet. You see what was sent and what came back.",
    button="Send test event", href=f"{AT}/webhooks/{HOOK}", icon="send", also=Link(label="View endpoint", href=f"{AT}/webhooks/{HOOK}"),
)  # fmt: skip
CHECKS = (
    Check(done=True, title="Purpose named", detail="By Ines Okafor.", at=ago(days=12)),
    Check(
        done=True,
        title="Scope declared",
        detail="3 endpoints and 1 event of Example API.",
        evidence=Link(label="Open scope", href=f"{AT}/scope"),
        at=ago(days=12),
    ),
    Check(
        done=True,
        title="Key issued",
        detail="checkout-web, by Ines Okafor.",
        evidence=Link(label="Open key", href=f"{AT}/keys/{KEY}"),
        at=ago(days=11),
    ),
    Check(
        done=True,
        title="First live call",
        detail="GET /v1/countries/PT got 200 in 84 ms.",
        evidence=Link(label="Explain it", href=f"{AT}/requests/{REQUESTS[0].id}"),
        at=ago(days=11),
    ),
    Check(
        done=True,
        title="Webhook endpoint added",
        detail="hooks.northgate.example",
        evidence=Link(label="Open endpoint", href=f"{AT}/webhooks/{HOOK}"),
        at=ago(days=2),
    ),
    Check(
        done=False,
        title="Test event accepted",
        detail="Nothing was sent yet.",
        fix=Link(label="Send test event", href=f"{AT}/webhooks/{HOOK}"),
        fix_icon="send",
    ),
)
CURL = 'curl http://127.0.0.1:8401/gateway/example/v1/countries/PT \\\n  -H "Authorization: Bearer $FREEHOLD_KEY"'
PYTHON = 'import os, httpx\n\nanswer = httpx.get(\n    "http://127.0.0.1:8401/gateway/example/v1/countries/PT",\n    headers={"Authorization": f"Bearer {os.environ[\'FREEHOLD_KEY\']}"},\n)\nprint(answer.json())'
NODE = 'const answer = await fetch("http://127.0.0.1:8401/gateway/example/v1/countries/PT", {\n  headers: { Authorization: `Bearer ${process.env.FREEHOLD_KEY}` },\n});\nconsole.log(await answer.json());'
SNIPPETS = (
    Snippet(language="curl", text=CURL),
    Snippet(language="Python", text=PYTHON),
    Snippet(language="Node", text=NODE),
)


def overview(environment: str, quiet: bool = False) -> projects.OverviewView:
    chart = hours(24, "Requests by outcome", quiet)
    sums = [sum(bucket.counts[i] for bucket in chart.buckets) for i in range(4)]
    production = environment == "production"
    return projects.OverviewView(
        project=projects.ProjectHead(
            id=PROJECT, organization_id=ORGANIZATION, name="Country lookup", slug="country-lookup", environment="production" if production else "sandbox",
            purpose=PROJECT_HEAD.purpose, product_line="Web shop", use_case="Checkout", api_name="Example API", created_at=ago(days=12),
        ),
        owners=(projects.Owner(name="Ines Okafor", email="ines@northgate.example", duties=("technical",)),) * (2 if production else 1),
        ownership_note="Technical: Ines Okafor and Tom Reyes" if production else "Technical owner. No billing or audit owner",
        ownership_tone="",
        checks=tuple(Check(done=True, title=c.title, detail=c.detail, evidence=c.evidence, at=c.at or NOW) for c in CHECKS) if production else CHECKS,
        next_step=NEXT,
        usage=projects.UsageGlance(
            requests=sum(sums), served=sums[0], throttled=sums[1], denied=sums[2], failed=sums[3], latency_us=None if quiet else 84_200, as_of=NOW, chart=chart,
        ),
        activity=() if quiet else (
            Activity(who="hooks.northgate.example", what="answered 401 to", subject="country.looked_up", href=f"{AT}/deliveries/dlv_1", at=ago(minutes=4), icon="circle-x", tone="bad"),
            Activity(who="Ines Okafor", what="issued key", subject="checkout-web", href=f"{AT}/keys/{KEY}", at=ago(hours=3), icon="key-round"),
            Activity(who="Ines Okafor", what="added to scope", subject="GET /v1/time-zones/{zone}", href=f"{AT}/scope", at=ago(hours=26), icon="list-checks"),
            Activity(who="Tom Reyes", what="restored", subject="Country lookup", href=AT, at=ago(days=3), icon="archive-restore", tone="ok"),
        ),
        assets=(
            projects.Asset(label="Keys", icon="key-round", count=3, unit="active", href=f"{AT}/keys", lines=(projects.AssetLine(text="Last call 40 s ago"), projects.AssetLine(text="1 expires in 6 d", tone="warn"))),
            projects.Asset(label="Webhooks", icon="webhook", count=2, unit="endpoints", href=f"{AT}/webhooks", lines=(projects.AssetLine(text="hooks.northgate.example: 6 of 6 failed", tone="bad"),)),
            projects.Asset(label="Messages", icon="inbox", count=1204, unit="in 30 days", href=f"{AT}/messages", lines=(projects.AssetLine(text="Latest: country.looked_up, 4 min ago"),)),
            projects.Asset(label="Usage", icon="chart-column", count=sum(sums), unit="requests today", href=f"{AT}/usage"),
        ),
        snippets=SNIPPETS,
        scope_endpoints=("GET /v1/countries/{code}", "GET /v1/currencies/{code}", "GET /v1/time-zones/{zone}"),
        scope_event_types=("country.looked_up",),
    )  # fmt: skip


def side(environment: str, project: str) -> projects.ProjectSide:
    return projects.ProjectSide(
        id=project, environment="production" if environment == "production" else "sandbox", archived=False, serving_keys=3, webhook_endpoints=2,
        webhooks_failing=1 if environment == "sandbox" else 0, requests=13_265, denied=99, hourly=hourly(100),
    )  # fmt: skip


MEMBERS = (
    Choice("usr_1", "Ines Okafor", "ines@northgate.example"),
    Choice("usr_2", "Tom Reyes", "tom@northgate.example"),
)
ENDPOINT_CHOICES = (
    Choice("getCountry", "GET /v1/countries/{code}", "One country, by its ISO 3166 code", True),
    Choice("getCurrency", "GET /v1/currencies/{code}", "One currency, by its ISO 4217 code", True),
)
EVENT_CHOICES = (
    Choice("country.looked_up", "country.looked_up", "A country was looked up", True),
    Choice("key.revoked", "key.revoked", "Freehold: a key was revoked", True),
)
ROLE_CHOICES = (
    Choice("owner", "Owner", "Everything, and who else is owner"), Choice("admin", "Admin", "Everything but owners"),
    Choice("developer", "Developer", "Projects, keys, webhooks"), Choice("billing", "Billing", "Reads usage"), Choice("auditor", "Auditor", "Reads all, changes nothing"),
)  # fmt: skip


def key_details(state: str = "active") -> keys.KeyDetails:
    return keys.KeyDetails(
        id=KEY, name="checkout-web", workload="Checkout, web shop", identifier="fh_test_…9f2c", environment="sandbox", state="revoked" if state == "revoked" else "active",
        endpoints=("GET /v1/countries/{code}", "GET /v1/currencies/{code}"), narrowed=True, rate="600 per minute", allowed_from=("203.0.113.0/24",),
        created_by="Ines Okafor", created_at=ago(days=11), expires_at=NOW + timedelta(days=365), revoked_at=NOW if state == "revoked" else None,
    )  # fmt: skip


def issued(arrived: bool) -> keys.IssuedKeyView:
    secret = "fh_test_8Vt3qLr0Zc5NwYb2HsKe7XmD41uPjGaQ9f2cT7hBnWx0kE3R1v"
    call = keys.FirstCall(
        request_id=REQUESTS[0].id,
        method="GET",
        path="/v1/countries/PT",
        allowed=True,
        outcome="allowed",
        status=200,
        latency_us=84_210,
        at=NOW,
    )
    return keys.IssuedKeyView(
        project_id=PROJECT,
        key=key_details(),
        secret=secret,
        snippet=Snippet(language="curl", text=CURL.replace("$FREEHOLD_KEY", secret)),
        first_call=call if arrived else None,
    )


def key_row(name: str, state: str, quiet: bool = False) -> keys.KeyRow:
    return keys.KeyRow(
        id=KEY, name=name, workload="Checkout, web shop", identifier="fh_test_…9f2c", state="active" if state == "active" else "expired" if state == "expired" else "revoked",
        endpoints="All of the scope", rate="600 per minute", requests=0 if quiet else 9_204, denied=0 if quiet else 31, hourly=(0,) * 24 if quiet else hourly(60),
        last_used_at=None if quiet else ago(seconds=40), expires_at=NOW + timedelta(days=6) if state == "expired" else None,
    )  # fmt: skip


def one_key(state: str, failing: bool = False) -> keys.KeyView:
    values = {
        "name": "checkout-web",
        "narrow": "yes",
        "endpoints": ["getCountry"],
        "rate_limit": "600",
        "rate_window_s": "60",
    }
    return keys.KeyView(
        project_id=PROJECT, key=key_details(state), revision=3, endpoints=ENDPOINT_CHOICES,
        secrets=(
            keys.SecretRow(version=2, identifier="fh_test_…9f2c", state="active", created_at=ago(days=1), retires_at=None, last_used_at=ago(seconds=40), last_address="198.51.100.24", requests=9_204),
            keys.SecretRow(version=1, identifier="fh_test_…c41e", state="retiring", created_at=ago(days=11), retires_at=NOW + timedelta(hours=20), last_used_at=None, last_address="", requests=0),
        ),
        chart=hours(24, "Requests of this key"), requests=REQUESTS[:4],
        revoke=Danger(name="checkout-web", consequences=("Every call with it is refused at once, at every gate.", "198.51.100.24 called with it 40 s ago.", "It cannot be undone: issue another key instead.")),
        edit_form=Form(values, {"rate_limit": "The rate limit is a whole number of at least 1."} if failing else {}),
        revoke_form=Form({"confirm": "checkout"}, {"confirm": "That is not the key's name."}) if failing else Form(),
    )  # fmt: skip


def hook(state: str = "failing") -> webhooks.WebhookRow:
    return webhooks.WebhookRow(
        id=HOOK, url="https://hooks.northgate.example/freehold", description="Order service", state="failing" if state == "failing" else "active",
        state_reason="Answered 401 six times in a row. Probed again in 4 min." if state == "failing" else "", event_types=("country.looked_up",),
        delivered=14_022, failed=6, pending=1, latest=(True,) * 14 + (False,) * 6, last_at=ago(minutes=4),
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
        secrets=(webhooks.SigningSecretRow(version=2, created_at=ago(days=1), retires_at=None), webhooks.SigningSecretRow(version=1, created_at=ago(days=2), retires_at=NOW + timedelta(hours=3))),
        test_event_types=EVENT_CHOICES, overlaps=(Choice("0", "No time: the old one ends now"), Choice("86400", "24 hours")),
        deliveries=() if fresh else (delivery("pending"), delivery("failed", 8), delivery("delivered")), filters=(STATE_FILTER,), pager=Pager(older=f"{AT}/webhooks/{HOOK}?cursor=x"),
        delete=Danger(name="hooks.northgate.example", consequences=("Nothing more is sent to it; 1 pending delivery is dropped.", "Its past deliveries stay.")),
        signing_secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" if fresh else None, test_form=Form({"event_type": "country.looked_up"}),
        edit_form=Form({"url": "https://hooks.northgate.example/freehold", "event_types": ["country.looked_up"]}),
    )  # fmt: skip


STATE_FILTER = Filter(
    name="state", label="State", value="", choices=(("", "Any"), ("delivered", "Delivered"), ("failed", "Failed"))
)
OUTCOME_FILTER = Filter(
    name="outcome",
    label="Outcome",
    value="rate_limited",
    choices=(("", "Any"), ("allowed", "Allowed"), ("rate_limited", "Rate limited")),
)
KEY_FILTER = Filter(name="key", label="Key", value="", choices=(("", "Any"), (KEY, "checkout-web")))


def usage_view(quiet: bool) -> usage.UsageView:
    chart = hours(168, "Requests by outcome", quiet)
    sums = [sum(bucket.counts[i] for bucket in chart.buckets) for i in range(4)]
    total = sum(sums)
    line = tuple(bucket.total for bucket in chart.buckets)[::4]
    return usage.UsageView(
        project_id=PROJECT,
        ranges=tuple(usage.Option(label=label, href=f"{AT}/usage?range={label}", current=label == "7 d") for label in ("1 h", "24 h", "7 d", "30 d")),
        buckets=(usage.Option(label="Hour", href=f"{AT}/usage?bucket=hour", current=True), usage.Option(label="Day", href=f"{AT}/usage?bucket=day")),
        groupings=(usage.Option(label="Outcome", href=f"{AT}/usage", current=True), usage.Option(label="Key", href=f"{AT}/usage?group_by=key"), usage.Option(label="Endpoint", href=f"{AT}/usage?group_by=endpoint")),
        filters=(KEY_FILTER, OUTCOME_FILTER), hidden=(("range", "7d"),), from_at=ago(days=7), to_at=NOW, as_of=NOW, total=total,
        figures=(
            usage.Figure(label="Requests", value=f"{total:,}", unit="", note="4.1% above the 7 days before", note_tone="", spark=line),
            usage.Figure(label="Served", value="–" if quiet else "98.38", unit="" if quiet else "%", note="0.42 points below", note_tone="bad", spark=line),
            usage.Figure(label="Mean latency", value="–" if quiet else "84", unit="" if quiet else " ms", note="11 ms faster", note_tone="ok", spark=line),
            usage.Figure(label="Throttled", value=f"{sums[1]:,}", unit="", note="770 within 4 h on Thu 19", note_tone="warn", spark=tuple(b.counts[1] for b in chart.buckets)[::4], tone="throttled"),
            usage.Figure(label="Failed", value=f"{sums[3]:,}", unit="", note="184 within 2 h on Tue 17", note_tone="bad", spark=tuple(b.counts[3] for b in chart.buckets)[::4], tone="failed"),
        ),
        chart=chart,
        breakdowns=(
            usage.Breakdown(title="By key", empty="No key was used.", shares=() if quiet else (usage.Share(label="checkout-web", requests=total * 64 // 100, href=f"{AT}/usage?key={KEY}"), usage.Share(label="price-batch", requests=total * 36 // 100, href=f"{AT}/usage", note="2.9% throttled", note_tone="warn"), usage.Share(label="ines-laptop", requests=0, href=f"{AT}/usage", note="no call yet"))),
            usage.Breakdown(title="By endpoint", empty="No endpoint was called.", shares=() if quiet else (usage.Share(label="GET /v1/countries/{code}", requests=total * 74 // 100, href=f"{AT}/usage", code=True), usage.Share(label="GET /v1/currencies/{code}", requests=total * 26 // 100, href=f"{AT}/usage", code=True))),
            usage.Breakdown(title="By outcome", empty="Nothing was decided.", shares=() if quiet else tuple(usage.Share(label=s.label, requests=n, href=f"{AT}/requests", tone=s.tone, swatch=True) for s, n in zip(OUTCOMES, sums, strict=True))),
        ),
        requests=() if quiet else REQUESTS, requests_total=0 if quiet else total, requests_href=f"{AT}/requests", pager=Pager(older=f"{AT}/requests?cursor=x"),
    )  # fmt: skip


def request_view(kind: str) -> requests.RequestView:
    row = next(each for each in REQUESTS if each.kind == kind)
    denied = kind in ("denied", "throttled")
    names = (
        "Key's form and checksum",
        "Secret is known",
        "Key and secret serve",
        "Environment",
        "Project",
        "Endpoint in the catalogue",
        "Endpoint in scope",
        "Address",
        "Rate limit",
    )
    stop = {"denied": 6, "throttled": 8}.get(kind, 99)
    details = (
        "fh_test_…9f2c",
        "checkout-web, version 2",
        "Active, expires 22 Nov 2027",
        "Sandbox",
        "Country lookup is active",
        "getCountry",
        "Not declared by the project" if kind == "denied" else "Declared, and in the key",
        "198.51.100.24 is in 203.0.113.0/24",
        "612 in 60 s; the limit is 600" if kind == "throttled" else "588 of 600 left",
    )
    return requests.RequestView(
        project_id=PROJECT, request=row,
        why="The key's rate limit is spent for the moment." if kind == "throttled" else "The endpoint is outside what the project, or this key, declares." if denied else "Every check passed.",
        remedy="Wait as long as Retry-After says, or raise the limit." if denied else "", fix=Link(label="Change the limit", href=f"{AT}/keys/{KEY}") if denied else None,
        endpoint="getCountry", key_identifier="fh_test_…9f2c", secret_version=2, via="gateway", cost=1, address="198.51.100.24", user_agent="python-httpx/0.28", epoch=4_211,
        rules=tuple(requests.CheckedRule(name=n, state="passed" if i < stop else "denied" if i == stop else "not_reached", detail=d if i <= stop else "Not reached") for i, (n, d) in enumerate(zip(names, details, strict=True))),
        limits=(requests.LimitRow(name="rate_limit", limit=600, remaining=0 if denied else 588, reset_s=19.04),),
    )  # fmt: skip


def audit_row(index: int, action: str, changes: tuple[organizations.AuditChange, ...] = ()) -> organizations.AuditRow:
    return organizations.AuditRow(
        id=f"aud_{index}", at=ago(hours=index * 5), actor="Ines Okafor", actor_kind="user", action=action, subject_kind=action.split(".", maxsplit=1)[0], subject="checkout-web",
        href=f"{AT}/keys/{KEY}", project="Country lookup", address="198.51.100.24", request_id="req_1", position=4_210 - index, hash=DIGEST, changes=changes,
    )  # fmt: skip


TOKEN = organizations.TokenRow(
    id="tok_1",
    name="api-servers",
    identifier="fho_…k2Qd",
    roles=("verifier", "publisher"),
    created_by="Ines Okafor",
    created_at=ago(days=9),
    expires_at=None,
    last_used_at=ago(seconds=3),
)
API = apis.ApiRow(
    id="api_1", name="Example API", slug="example", endpoints=3, event_types=1, projects=4, upstream_sandbox="bundled:example/sandbox", upstream_production="bundled:example/production",
    imported_at=ago(days=12), bundled=True,
)  # fmt: skip
NEW_VALUES = {"name": "Country lookup", "product_line": "Web shop", "api": "api_1", "owner": "usr_1"}


def project_pages() -> dict[str, Sample]:
    row = projects.ProjectRow(
        name="Country lookup", purpose=PROJECT_HEAD.purpose, product_line="Web shop", use_case="Checkout", owners=("Ines Okafor",), sandbox=side("sandbox", PROJECT),
        production=side("production", SIBLING), next_step=None, attention="hooks.northgate.example has failed six times in a row",
    )  # fmt: skip
    second = projects.ProjectRow(
        name="Opening hours <b>",
        purpose="Shows opening hours in the visitor's time zone.",
        product_line="",
        use_case="",
        owners=(),
        sandbox=side("sandbox", SIBLING),
        production=None,
        next_step=NEXT,
    )
    listing = projects.ProjectsView(organization_id=ORGANIZATION, rows=(row, second), total=2, archived=1)
    new = projects.NewProjectView(
        organization_id=ORGANIZATION,
        apis=(Choice("api_1", "Example API"),),
        members=MEMBERS,
        product_lines=("Web shop",),
        form=Form(NEW_VALUES),
    )
    wrong = Form(
        {**NEW_VALUES, "name": ""}, {"name": "Give the project a name.", "purpose": "Say in one line what it is for."}
    )
    scope = projects.ScopeView(
        project_id=PROJECT, api_name="Example API", next_step=None,
        endpoints=(
            projects.ScopeEndpoint(operation_id="getCountry", method="GET", path="/v1/countries/{code}", summary="One country, by its ISO 3166 code", declared=True, requests=63_978, denied=0, last_at=ago(seconds=40), keys=2),
            projects.ScopeEndpoint(operation_id="getCurrency", method="GET", path="/v1/currencies/{code}", summary="One currency, by its ISO 4217 code", declared=True, requests=0, denied=0, last_at=None, keys=0),
            projects.ScopeEndpoint(operation_id="getTimeZone", method="GET", path="/v1/time-zones/{zone}", summary="One time zone", declared=False, requests=207, denied=207, last_at=ago(hours=2), keys=1),
            projects.ScopeEndpoint(operation_id="listZones", method="GET", path="/v1/time-zones", summary="All time zones", declared=False, requests=0, denied=0, last_at=None, keys=0),
            projects.ScopeEndpoint(operation_id="oldOne", method="POST", path="/v0/lookup", summary="", declared=True, requests=1, denied=0, last_at=None, keys=0, removed=True),
        ),
        event_types=(projects.ScopeEventType(name="country.looked_up", summary="A country was looked up", declared=True, messages=1_204, endpoints=1, last_at=ago(minutes=4)), projects.ScopeEventType(name="rates.changed", summary="A rate changed", declared=True, messages=0, endpoints=0, last_at=None)),
    )  # fmt: skip
    settings = projects.SettingsView(
        project=PROJECT_HEAD, revision=2, members=MEMBERS, product_lines=("Web shop",),
        archive=Danger(name="Country lookup", consequences=("Its 3 active keys are refused at once.", "Nothing is delivered to its 2 webhook endpoints.", "Nothing is deleted: it can be restored.")),
        labels_form=Form({"name": "Country lookup", "purpose": PROJECT_HEAD.purpose, "product_line": "Web shop"}), owners_form=Form({"technical": ["usr_1"]}),
    )  # fmt: skip
    archived = projects.SettingsView(
        project=projects.ProjectHead(id=PROJECT, organization_id=ORGANIZATION, name="Country lookup", slug="c", environment="sandbox", purpose="p", product_line="", use_case="", api_name="Example API", created_at=ago(days=9), archived_at=ago(days=1)),
        revision=2, members=MEMBERS, product_lines=(), archive=settings.archive,
    )  # fmt: skip
    home = shell("projects", inside=False)
    return {
        "projects": Sample("projects/list.html.j2", home, listing),
        "projects-empty": Sample("projects/list.html.j2", home, projects.ProjectsView(organization_id=ORGANIZATION, rows=(), total=0)),
        "projects-none-match": Sample("projects/list.html.j2", home, projects.ProjectsView(organization_id=ORGANIZATION, rows=(), total=2, query="xyz", create_blocked="Your role may not create projects.")),
        "project-new": Sample("projects/new.html.j2", home, new),
        "project-first": Sample("projects/new.html.j2", home, projects.NewProjectView(organization_id=ORGANIZATION, apis=new.apis, members=MEMBERS, form=wrong, first_run=True)),
        "overview": Sample("projects/overview.html.j2", shell("overview"), overview("sandbox")),
        "overview-production": Sample("projects/overview.html.j2", shell("overview", "production", notice="Project saved."), overview("production")),
        "overview-quiet": Sample("projects/overview.html.j2", shell("overview"), overview("sandbox", quiet=True)),
        "scope": Sample("projects/scope.html.j2", shell("scope"), scope),
        "scope-empty": Sample("projects/scope.html.j2", shell("scope"), projects.ScopeView(project_id=PROJECT, api_name="New API", endpoints=(), event_types=(), next_step=NEXT, form=Form(blocked="Your role may not change the scope."))),
        "settings": Sample("projects/settings.html.j2", shell("settings"), settings),
        "settings-archived": Sample("projects/settings.html.j2", shell("settings"), archived),
    }  # fmt: skip


def key_pages() -> dict[str, Sample]:
    here = shell("keys")
    values = {"rate_window_s": "60", "narrow": "yes", "endpoints": ["getCountry"], "rate_limit": "many"}
    wrong = Form(
        values,
        {"name": "Another active key has this name.", "rate_limit": "The rate limit is a whole number of at least 1."},
        idempotency_key="once-1",
    )
    return {
        "keys": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(key_row("checkout-web", "active"), key_row("price-batch", "expired"), key_row("ines-laptop", "revoked", True)))),
        "keys-empty": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=())),
        "keys-none-match": Sample("keys/list.html.j2", here, keys.KeysView(project_id=PROJECT, rows=(), query="zzz", issue_blocked="Your role may not issue keys.")),
        "key-new": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=Form({"rate_window_s": "60"}))),
        "key-new-wrong": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=ENDPOINT_CHOICES, form=wrong)),
        "key-new-no-scope": Sample("keys/new.html.j2", here, keys.NewKeyView(project_id=PROJECT, environment="sandbox", endpoints=())),
        "key-issued": Sample("keys/issued.html.j2", here, issued(False)),
        "key-issued-called": Sample("keys/issued.html.j2", here, issued(True)),
        "key": Sample("keys/one.html.j2", here, one_key("active")),
        "key-wrong": Sample("keys/one.html.j2", here, one_key("active", failing=True)),
        "key-revoked": Sample("keys/one.html.j2", here, one_key("revoked")),
    }  # fmt: skip


def usage_pages() -> dict[str, Sample]:
    listing = requests.RequestsView(
        project_id=PROJECT,
        rows=REQUESTS,
        filters=(KEY_FILTER, OUTCOME_FILTER),
        from_at=ago(hours=1),
        to_at=NOW,
        as_of=NOW,
        pager=Pager(older=f"{AT}/requests?cursor=x", newest=f"{AT}/requests"),
    )
    none = requests.RequestsView(
        project_id=PROJECT, rows=(), filters=(KEY_FILTER,), from_at=None, to_at=None, as_of=NOW, pager=Pager()
    )
    return {
        "usage": Sample("usage/usage.html.j2", shell("usage"), usage_view(False)),
        "usage-quiet": Sample("usage/usage.html.j2", shell("usage"), usage_view(True)),
        "requests": Sample("usage/requests.html.j2", shell("requests"), listing),
        "requests-empty": Sample("usage/requests.html.j2", shell("requests"), none),
        "request-throttled": Sample("usage/request.html.j2", shell("requests"), request_view("throttled")),
        "request-denied": Sample("usage/request.html.j2", shell("requests", "production"), request_view("denied")),
        "request-served": Sample("usage/request.html.j2", shell("requests"), request_view("served")),
    }


def webhook_pages() -> dict[str, Sample]:
    here = shell("webhooks")
    new = webhooks.NewWebhookView(
        project_id=PROJECT, event_types=EVENT_CHOICES, loopback=True, form=Form({"event_types": ["country.looked_up"]})
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
            project_id=PROJECT, endpoint_id=HOOK, delivery=delivery(state, len(attempts)), attempts=attempts
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
        "messages": Sample("webhooks/messages.html.j2", here, webhooks.MessagesView(project_id=PROJECT, rows=(message,), filters=(STATE_FILTER,), pager=Pager())),
        "messages-empty": Sample("webhooks/messages.html.j2", here, webhooks.MessagesView(project_id=PROJECT, rows=(), filters=(), pager=Pager())),
        "message": Sample("webhooks/message.html.j2", here, webhooks.MessageView(project_id=PROJECT, message=message, dedup_id="order-77", request_id="req_1", payload='{"code": "PT"}', deliveries=(delivery("delivered"), delivery("failed", 8)))),
    }  # fmt: skip


def organization_pages() -> dict[str, Sample]:
    members = (
        organizations.MemberRow(
            user_id="usr_1",
            name="Ines Okafor",
            email="ines@northgate.example",
            role="owner",
            joined_at=ago(days=12),
            owns=("Country lookup",),
            fixed="The last owner stays owner.",
            is_self=True,
        ),
        organizations.MemberRow(
            user_id="usr_2", name="Tom Reyes", email="tom@northgate.example", role="developer", joined_at=ago(days=4)
        ),
    )
    invitation = organizations.InvitationRow(
        id="inv_1",
        email="ana@northgate.example",
        role="auditor",
        invited_by="Ines Okafor",
        created_at=ago(days=1),
        expires_at=NOW + timedelta(days=6),
    )
    changes = (
        organizations.AuditChange(field="rate_limit", before="1,200 per minute", after="600 per minute"),
        organizations.AuditChange(field="workload", before=None, after="Checkout"),
    )
    filters = (
        Filter(name="action", label="Action", value="", choices=(("", "Any"), ("key", "Keys"))),
        Filter(name="actor", label="Actor", value="", choices=(("", "Anybody"),)),
    )
    return {
        "members": Sample("organizations/members.html.j2", shell("members", inside=False), organizations.MembersView(organization_id=ORGANIZATION, members=members, invitations=(invitation,), roles=ROLE_CHOICES)),
        "members-invited": Sample("organizations/members.html.j2", shell("members", inside=False), organizations.MembersView(organization_id=ORGANIZATION, members=members, invitations=(), roles=ROLE_CHOICES, invitation_link="http://127.0.0.1:8400/invitation#token=inv_x", invited="ana@northgate.example", edit_blocked="Only owners and admins change members.", invite_form=Form(blocked="Only owners and admins invite."))),
        "organization": Sample("organizations/settings.html.j2", shell("organization", inside=False), organizations.OrganizationView(id=ORGANIZATION, name="Northgate", slug="northgate", revision=1, created_at=ago(days=12), is_operator=True, form=Form({"name": "Northgate"}))),
        "organization-new": Sample("organizations/new.html.j2", shell("", inside=False), organizations.NewOrganizationView(form=Form(idempotency_key="once-2"))),
        "tokens": Sample("organizations/tokens.html.j2", shell("tokens", inside=False), organizations.TokensView(organization_id=ORGANIZATION, own=(), service=(TOKEN,), service_roles=(Choice("verifier", "Verifier", "May verify keys"), Choice("publisher", "Publisher", "May publish events")))),
        "tokens-made": Sample("organizations/tokens.html.j2", shell("tokens", inside=False), organizations.TokensView(organization_id=ORGANIZATION, own=(TOKEN,), service=(), service_roles=(), secret="fhp_8Vt3qLr0Zc5NwYb2HsKe7XmD41uPjGaQ9f2c", secret_name="laptop")),
        "audit": Sample("organizations/audit.html.j2", shell("audit", inside=False), organizations.AuditView(organization_id=ORGANIZATION, rows=(audit_row(1, "key.edited", changes), audit_row(2, "key.issued"), audit_row(3, "project.created")), filters=filters, from_on="", to_on="", pager=Pager(older="/organizations/x/audit?cursor=y"))),
        "audit-empty": Sample("organizations/audit.html.j2", shell("audit", inside=False), organizations.AuditView(organization_id=ORGANIZATION, rows=(), filters=filters, from_on="2026-11-01", to_on="", pager=Pager())),
    }  # fmt: skip


def instance_pages() -> dict[str, Sample]:
    here, outside = shell("apis", inside=False), shell("", inside=False, signed_in=False)
    endpoints = tuple(
        apis.CatalogueEndpoint(
            operation_id=c.value,
            method="GET",
            path=c.label[4:],
            summary=c.detail,
            projects=2,
            removed_at=ago(days=1) if i else None,
        )
        for i, c in enumerate(ENDPOINT_CHOICES)
    )
    events = (
        apis.CatalogueEventType(
            name="country.looked_up",
            summary="A country was looked up",
            projects=2,
            schema='{\n  "type": "object"\n}',
            example='{\n  "code": "PT"\n}',
        ),
    )
    values = {
        "name": "Example API",
        "upstream_sandbox": API.upstream_sandbox,
        "upstream_production": API.upstream_production,
    }
    api = apis.ApiView(
        api=API,
        revision=1,
        gateway_url="http://127.0.0.1:8401/gateway/example",
        document_digest=DIGEST,
        endpoints=endpoints,
        event_types=events,
        edit_form=Form(values),
    )
    imported = apis.ApiView(
        api=API,
        revision=2,
        gateway_url=api.gateway_url,
        document_digest=DIGEST,
        endpoints=(),
        event_types=(),
        result=apis.ImportResult(
            added=("getCountry",),
            changed=(),
            removed=("oldOne",),
            projects=("Country lookup (sandbox): oldOne",),
            warnings=("getCountry has no summary.",),
        ),
        import_form=Form(
            {"document": "openapi: nope"}, {"document": "This is not an OpenAPI 3.1 document: paths is missing."}
        ),
    )
    refused_document = apis.ApiView(
        api=API,
        revision=2,
        gateway_url=api.gateway_url,
        document_digest=DIGEST,
        endpoints=endpoints,
        event_types=events,
        faults=(apis.ImportFault(place="paths./v1/x.get", message="operationId is missing."),),
        edit_form=Form(values),
        import_form=Form({}, {}, "The document was not imported; nothing was changed."),
    )
    sessions = (
        account.SessionRow(
            id="s1",
            client="Firefox on Linux",
            address="198.51.100.24",
            created_at=ago(days=2),
            seen_at=NOW,
            current=True,
        ),
        account.SessionRow(
            id="s2",
            client="Safari on iPhone",
            address="203.0.113.7",
            created_at=ago(days=9),
            seen_at=ago(hours=30),
            current=False,
        ),
    )
    wrong = Form({"email": "ines@northgate.example"}, {}, "E-mail address or password is wrong.")
    return {
        "setup": Sample("account/setup.html.j2", outside, account.SetupView()),
        "setup-wrong": Sample("account/setup.html.j2", outside, account.SetupView(form=Form({"name": "Ines"}, {"password": "The password needs 12 characters or more."}))),
        "sign-in": Sample("account/sign_in.html.j2", outside, account.SignInView()),
        "sign-in-wrong": Sample("account/sign_in.html.j2", outside, account.SignInView(form=wrong)),
        "invitation": Sample("account/invitation.html.j2", outside, account.InvitationView()),
        "account": Sample("account/account.html.j2", shell("account", inside=False), account.AccountView(sessions=sessions)),
        "apis": Sample("apis/list.html.j2", here, apis.ApisView(rows=(API,))),
        "apis-empty": Sample("apis/list.html.j2", here, apis.ApisView(rows=(), edit_blocked="Only the operator registers APIs.")),
        "api-new": Sample("apis/new.html.j2", here, apis.NewApiView()),
        "api": Sample("apis/one.html.j2", here, api),
        "api-imported": Sample("apis/one.html.j2", here, imported),
        "api-refused": Sample("apis/one.html.j2", here, refused_document),
        "not-found": Sample("errors/error.html.j2", outside, errors.ErrorView(status=404, title="There is nothing here", detail="There is no such project, or it is not yours to see.", request_id="req_1", back=Link(label="Back to the projects", href="/"))),
    }  # fmt: skip


PAGES = {
    **project_pages(),
    **key_pages(),
    **usage_pages(),
    **webhook_pages(),
    **organization_pages(),
    **instance_pages(),
}
