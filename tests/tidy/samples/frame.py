"""What the samples share: who looks, when, and the figures behind the charts."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from freehold.dashboard.charts import AxisLabel, BarChart, Bucket, Series
from freehold.dashboard.views import requests
from freehold.dashboard.views.form import Choice
from freehold.dashboard.views.limits import OwnerLimits, QuotaGauge, RateLimitRow
from freehold.dashboard.views.parts import Filter, Pick
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


def limits(of_project: bool = False) -> OwnerLimits:
    rates = (RateLimitRow(name="requests", words="600 per minute"), RateLimitRow(name="burst", words="20 per second"))
    gauge = QuotaGauge(
        words="100,000 in each month", limit=100_000, used=91_402, reserved=640, remaining=7_958,
        resets_at=NOW + timedelta(days=9),
    )  # fmt: skip
    return OwnerLimits(rate_limits=() if of_project else rates, quota=gauge)


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

CURL = 'curl http://127.0.0.1:8401/gateway/example/v1/countries/PT \\\n  -H "Authorization: Bearer $FREEHOLD_KEY"'

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

STATE_FILTER = Filter(
    name="state", label="State", value="", choices=(("", "Any"), ("delivered", "Delivered"), ("failed", "Failed"))
)

OUTCOME_PICK = Pick(
    name="outcome",
    label="Reason",
    values=("rate_limited",),
    choices=(("allowed", "Allowed"), ("rate_limited", "Rate limited")),
)

KEY_PICK = Pick(name="key", label="Key", values=(), choices=((KEY, "checkout-web"),))
