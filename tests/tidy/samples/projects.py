"""Sample pages of projects: list, new, overview, scope, settings."""

from dataclasses import replace

from freehold.dashboard.views import projects
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.limits import OwnerLimits
from freehold.dashboard.views.parts import Activity, Check, Danger, Link, NextStep, Pager, Snippet
from tests.tidy.samples.frame import (
    AT,
    CURL,
    HOOK,
    KEY,
    MEMBERS,
    NOW,
    ORGANIZATION,
    PROJECT,
    REQUESTS,
    SIBLING,
    Sample,
    ago,
    hourly,
    hours,
    limits,
    shell,
)

PROJECT_HEAD = projects.ProjectHead(
    id=PROJECT, organization_id=ORGANIZATION, name="Country lookup", slug="country-lookup", environment="sandbox",
    purpose="Shows prices in the visitor's own currency and time zone.", product_line="Web shop", use_case="Checkout",
    api_name="Example API", created_at=ago(days=12), api_fails_open=True,
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


def proven(readiness: tuple[int, int, int]) -> projects.OverviewView:
    """A sandbox whose setup is done: what counts from there on is how ready it is."""
    return replace(overview("sandbox"), checks=overview("production").checks, readiness=readiness)


def side(environment: str, project: str) -> projects.ProjectSide:
    return projects.ProjectSide(
        id=project, environment="production" if environment == "production" else "sandbox", archived=False, serving_keys=3, webhook_endpoints=2,
        webhooks_failing=1 if environment == "sandbox" else 0, requests=13_265, denied=99, hourly=hourly(100),
    )  # fmt: skip


NEW_VALUES = {"name": "Country lookup", "product_line": "Web shop", "api": "api_1", "owner": "usr_1"}


def project_pages() -> dict[str, Sample]:
    row = projects.ProjectRow(
        name="Country lookup", purpose=PROJECT_HEAD.purpose, product_line="Web shop", use_case="Checkout", owners=("Ines Okafor",), sandbox=side("sandbox", PROJECT),
        production=side("production", SIBLING), next_step=None, attention="hooks.northgate.example has failed six times in a row",
        drift=(3, 2),
    )  # fmt: skip
    second = projects.ProjectRow(
        name="Opening hours <b>",
        purpose="Shows opening hours in the visitor's time zone.",
        product_line="",
        use_case="",
        owners=(),
        sandbox=side("sandbox", SIBLING),
        production=None,
        readiness=(9, 14, 3),
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
        undeclared_calls=(
            projects.UndeclaredCall(method="GET", path="/v1/time-zones/Europe%2FOslo", known=True, requests=207, last_at=ago(hours=2), href=f"/projects/{PROJECT}/requests?outcome=endpoint_not_in_scope&endpoint=getTimeZone"),
            projects.UndeclaredCall(method="GET", path="/v2/countries/NO", known=False, requests=41, last_at=ago(minutes=9), href=f"/projects/{PROJECT}/requests?outcome=endpoint_unknown"),
        ),
    )  # fmt: skip
    settings = projects.SettingsView(
        project=PROJECT_HEAD, revision=2, members=MEMBERS, product_lines=("Web shop",), limits=limits(),
        archive=Danger(name="Country lookup", consequences=("Its 3 active keys are refused at once.", "Nothing is delivered to its 2 webhook endpoints.", "Nothing is deleted: it can be restored.")),
        labels_form=Form({"name": "Country lookup", "purpose": PROJECT_HEAD.purpose, "product_line": "Web shop"}), owners_form=Form({"technical": ["usr_1"]}),
    )  # fmt: skip
    archived = projects.SettingsView(
        project=projects.ProjectHead(id=PROJECT, organization_id=ORGANIZATION, name="Country lookup", slug="c", environment="sandbox", purpose="p", product_line="", use_case="", api_name="Example API", created_at=ago(days=9), archived_at=ago(days=1)),
        revision=2, members=MEMBERS, product_lines=(), limits=OwnerLimits(rate_limits=(), quota=None), archive=settings.archive,
    )  # fmt: skip
    home = shell("projects", inside=False)
    return {
        "projects": Sample("projects/list.html.j2", home, listing),
        "projects-empty": Sample("projects/list.html.j2", home, projects.ProjectsView(organization_id=ORGANIZATION, rows=(), total=0)),
        "projects-paged": Sample("projects/list.html.j2", home, projects.ProjectsView(organization_id=ORGANIZATION, rows=(row, second), total=52, pager=Pager(older="/organizations/x/projects?cursor=y", newest="/organizations/x/projects"))),
        "projects-page-gone": Sample("projects/list.html.j2", home, projects.ProjectsView(organization_id=ORGANIZATION, rows=(), total=2, pager=Pager(newest="/organizations/x/projects"))),
        "projects-none-match": Sample("projects/list.html.j2", home, projects.ProjectsView(organization_id=ORGANIZATION, rows=(), total=2, query="xyz", create_blocked="Your role may not create projects.")),
        "project-new": Sample("projects/new.html.j2", home, new),
        "project-first": Sample("projects/new.html.j2", home, projects.NewProjectView(organization_id=ORGANIZATION, apis=new.apis, members=MEMBERS, form=wrong, first_run=True)),
        "overview": Sample("projects/overview.html.j2", shell("overview"), overview("sandbox")),
        "overview-production": Sample("projects/overview.html.j2", shell("overview", "production", notice="Project saved."), overview("production")),
        "overview-proven": Sample("projects/overview.html.j2", shell("overview"), proven((12, 17, 3))),
        "overview-ready": Sample("projects/overview.html.j2", shell("overview"), proven((17, 17, 0))),
        "overview-quiet": Sample("projects/overview.html.j2", shell("overview"), overview("sandbox", quiet=True)),
        "scope": Sample("projects/scope.html.j2", shell("scope"), scope),
        "scope-empty": Sample("projects/scope.html.j2", shell("scope"), projects.ScopeView(project_id=PROJECT, api_name="New API", endpoints=(), event_types=(), next_step=NEXT, form=Form(blocked="Your role may not change the scope."))),
        "settings": Sample("projects/settings.html.j2", shell("settings"), settings),
        "settings-production": Sample("projects/settings.html.j2", shell("settings", "production"), replace(settings, project=replace(settings.project, environment="production"), locked=True)),
        "settings-archived": Sample("projects/settings.html.j2", shell("settings"), archived),
    }  # fmt: skip
