"""Sample pages of usage and requests."""

from dataclasses import replace

from freehold.dashboard.views import requests, usage
from freehold.dashboard.views.parts import Chip, Link, Pager
from tests.tidy.samples.frame import (
    AT,
    KEY,
    KEY_PICK,
    NOW,
    OUTCOME_PICK,
    OUTCOMES,
    PROJECT,
    REQUESTS,
    Sample,
    ago,
    hours,
    shell,
)

CHIPS = (
    Chip(name="Reason", value="Rate limited", href=f"{AT}/usage", negated=False, turn_href=f"{AT}/usage"),
    Chip(name="Outcome", value="Served", href=f"{AT}/usage", negated=True, turn_href=f"{AT}/usage"),
)


KEPT = requests.Unlisted(kept_days=30, archived=True, looked_to=None, looked_at=50_000)
LOOKED = replace(KEPT, looked_to=ago(days=3))


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
        picks=(KEY_PICK, OUTCOME_PICK), chips=() if quiet else CHIPS, hidden=(("range", "7d"),), timezone="UTC", timezones=("UTC", "Europe/Berlin"), from_at=ago(days=7), to_at=NOW, proven=None if quiet else (ago(hours=5), 0), as_of=NOW, total=total,
        gaps=() if quiet else (
            usage.Gap(decisions=1_204, from_at=ago(hours=9), to_at=ago(hours=8), shared=False),
            usage.Gap(decisions=1, from_at=ago(hours=2), to_at=ago(hours=2), shared=True),
        ),
        figures=(
            usage.Figure(label="Requests", value=f"{total:,}", unit="", note="4.1% above the 7 days before", note_tone="", spark=line),
            usage.Figure(label="Served", value="–" if quiet else "98.38", unit="" if quiet else "%", note="0.42 points below", note_tone="bad", spark=line),
            usage.Figure(label="Mean latency", value="–" if quiet else "84", unit="" if quiet else " ms", note="11 ms faster", note_tone="ok", spark=line),
            usage.Figure(label="Throttled", value=f"{sums[1]:,}", unit="", note="770 within 4 h on Thu 19", note_tone="warn", spark=tuple(b.counts[1] for b in chart.buckets)[::4], tone="throttled"),
            usage.Figure(label="Failed", value=f"{sums[3]:,}", unit="", note="184 within 2 h on Tue 17", note_tone="bad", spark=tuple(b.counts[3] for b in chart.buckets)[::4], tone="failed"),
        ),
        projected=None if quiet else usage.Projected(requests=1_204_000, cost=1_301_000, at=NOW, how="the rest goes on at the mean pace so far"),
        chart=chart, as_table=quiet, table_href=f"{AT}/usage?table=yes", export_href=f"{AT}/usage/export.csv", live_href=f"{AT}/requests?live=yes", alert_href=f"{AT}/alerts/new?metric=requests",
        changes=() if quiet else (usage.Change(at=ago(days=2), label="Key issued: price-batch", who="Ines Vieira", href=f"{AT}/keys/{KEY}"),),
        scope_gaps=() if quiet else (
            usage.ScopeGap(label="GET /v1/a/path/that/nobody/has/written/down/anywhere/.env", note="212 calls, not in the catalogue", href=f"{AT}/requests?outcome=endpoint_unknown", refused=True),
            usage.ScopeGap(label="GET /v1/currencies/{code}", note="3 calls refused", href=f"{AT}/requests?outcome=endpoint_not_in_scope", refused=True),
            usage.ScopeGap(label="GET /v1/countries", note="Never called", href=f"{AT}/scope"),
        ),
        breakdowns=(
            usage.Breakdown(title="By key", empty="No key was used.", shares=() if quiet else (usage.Share(label="checkout-web", requests=total * 64 // 100, href=f"{AT}/usage?key={KEY}"), usage.Share(label="price-batch", requests=total * 36 // 100, href=f"{AT}/usage", note="2.9% throttled", note_tone="warn"), usage.Share(label="ines-laptop", requests=0, href=f"{AT}/usage", note="no call yet"))),
            usage.Breakdown(title="By endpoint", empty="No endpoint was called.", shares=() if quiet else (usage.Share(label="GET /v1/countries/{code}", requests=total * 74 // 100, href=f"{AT}/usage", code=True), usage.Share(label="GET /v1/currencies/{code}", requests=total * 26 // 100, href=f"{AT}/usage", code=True))),
            usage.Breakdown(title="By outcome", empty="Nothing was decided.", shares=() if quiet else tuple(usage.Share(label=s.label, requests=n, href=f"{AT}/requests", tone=s.tone, swatch=True) for s, n in zip(OUTCOMES, sums, strict=True))),
        ),
        requests=() if quiet else REQUESTS, requests_total=0 if quiet else total, requests_href=f"{AT}/requests", unlisted=KEPT, pager=Pager(older=f"{AT}/requests?cursor=x"),
    )  # fmt: skip


def drivers_view(of_instance: bool) -> usage.DriversView:
    row = usage.DriverRow(
        name="Price lookup", organization="Northgate", environment="production", href=f"{AT}/usage", requests=1_204, before=1_100,
        cost=1_301, served=1_100, throttled=90, denied=10, failed=4,
    )  # fmt: skip
    nobody = replace(row, name="No known key", organization="", environment="", href="", requests=31)
    return usage.DriversView(
        here="/usage", of_instance=of_instance, ranges=(usage.Option(label="24 h", href="/usage?range=24h", current=True),),
        rows=(row, nobody) if of_instance else (row,), projects=1, total=1_235, total_before=1_100 if of_instance else None,
        from_at=ago(days=1), to_at=NOW, as_of=NOW, pager=Pager(older="/usage?cursor=x"),
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
        endpoint="getCountry", key_identifier="fh_test_…9f2c", secret_version=2, via="gateway", cost=40 if kind == "served" else 1, cost_before=1 if kind == "served" else None, cost_reported_at=NOW if kind == "served" else None, address="198.51.100.24", user_agent="python-httpx/0.28", epoch=4_211,
        rules=tuple(requests.CheckedRule(name=n, state="passed" if i < stop else "denied" if i == stop else "not_reached", detail=d if i <= stop else "Not reached") for i, (n, d) in enumerate(zip(names, details, strict=True))),
        limits=(requests.LimitRow(name="Key's rate limit requests", limit=600, remaining=0 if denied else 588, resets="whole again in 19.0 s"), requests.LimitRow(name="Project's quota", limit=100_000, remaining=7_958, resets="next period in 9 d")),
        curl="curl -X POST https://gate.example.com/gateway/countries/v1/lookups \\\n  -H \"Authorization: Bearer $FREEHOLD_KEY\"", curl_note="A query and a body are not kept: add them where the call needs them.",
    )  # fmt: skip


def usage_pages() -> dict[str, Sample]:
    metered = usage.MeteredView(
        project_id=PROJECT, from_at=ago(hours=24), to_at=NOW, pager=Pager(older=f"{AT}/metered_events?cursor=x"),
        rows=(
            usage.MeteredRow(at=ago(minutes=3), units=1_240, type="report.rendered", source="/reports", id="report-4711", endpoint="getReport", key_name="checkout-web", key_href=f"{AT}/keys/{KEY}", received_at=ago(minutes=2)),
            usage.MeteredRow(at=ago(hours=6), units=3, type="usage.metered", source="https://jobs.example.com/nightly/of/a/very/long/name", id="01m642404e6y2d3fjs1wbghesj", endpoint="", key_name="", key_href="", received_at=ago(hours=5)),
        ),
    )  # fmt: skip
    listing = requests.RequestsView(
        project_id=PROJECT,
        rows=REQUESTS,
        picks=(KEY_PICK, OUTCOME_PICK),
        chips=CHIPS,
        from_at=ago(hours=1),
        to_at=NOW,
        as_of=NOW,
        pager=Pager(older=f"{AT}/requests?cursor=x", newest=f"{AT}/requests"),
        export_href=f"{AT}/requests/export.csv",
        live_href=f"{AT}/requests?live=yes",
        unlisted=KEPT,
    )
    followed = replace(
        listing, tail_url=f"{AT}/requests/live?after=x", stop_href=f"{AT}/requests", from_at=None, to_at=None
    )
    opened = request_view("throttled")
    beside = replace(listing, opened=opened)
    none = requests.RequestsView(
        project_id=PROJECT,
        rows=(),
        picks=(KEY_PICK,),
        chips=(),
        from_at=None,
        to_at=None,
        as_of=NOW,
        pager=Pager(),
        export_href=f"{AT}/requests/export.csv",
        live_href=f"{AT}/requests?live=yes",
        unlisted=KEPT,
    )
    return {
        "usage": Sample("usage/usage.html.j2", shell("usage"), usage_view(False)),
        "drivers": Sample("usage/drivers.html.j2", shell("usage-of-all", inside=False), drivers_view(False)),
        "drivers-of-instance": Sample(
            "usage/drivers.html.j2", shell("usage-of-instance", inside=False), drivers_view(True)
        ),
        "usage-quiet": Sample("usage/usage.html.j2", shell("usage"), usage_view(True)),
        "usage-of-sums": Sample("usage/usage.html.j2", shell("usage"), replace(usage_view(False), requests=())),
        "metered": Sample("usage/metered.html.j2", shell("usage"), metered),
        "metered-empty": Sample("usage/metered.html.j2", shell("usage"), replace(metered, rows=(), to_at=None)),
        "requests": Sample("usage/requests.html.j2", shell("requests"), listing),
        "requests-followed": Sample("usage/requests.html.j2", shell("requests"), followed),
        "requests-opened": Sample("usage/requests.html.j2", shell("requests"), beside),
        "requests-looked": Sample("usage/requests.html.j2", shell("requests"), replace(listing, unlisted=LOOKED)),
        "requests-empty": Sample("usage/requests.html.j2", shell("requests"), none),
        "request-throttled": Sample("usage/request.html.j2", shell("requests"), request_view("throttled")),
        "request-denied": Sample("usage/request.html.j2", shell("requests", "production"), request_view("denied")),
        "request-served": Sample("usage/request.html.j2", shell("requests"), request_view("served")),
    }
