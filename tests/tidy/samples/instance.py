"""Sample pages of setup, sign-in, the account, APIs and errors."""

from dataclasses import replace

from freehold.dashboard.views import account, apis, errors
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Link
from tests.tidy.samples.frame import DIGEST, ENDPOINT_CHOICES, NOW, Sample, ago, shell

API = apis.ApiRow(
    id="api_1", name="Example API", slug="example", endpoints=3, event_types=1, projects=4, upstream_sandbox="bundled:example/sandbox", upstream_production="bundled:example/production",
    imported_at=ago(days=12), bundled=True,
)  # fmt: skip


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
        "api-fails-open": Sample("apis/one.html.j2", here, replace(api, api=replace(API, fail_open=True))),
        "api-fail-open-wrong": Sample("apis/one.html.j2", here, replace(api, fail_open_form=Form({"confirm": "x"}, {"confirm": "Type the slug."}))),
        "api-imported": Sample("apis/one.html.j2", here, imported),
        "api-refused": Sample("apis/one.html.j2", here, refused_document),
        "not-found": Sample("errors/error.html.j2", outside, errors.ErrorView(status=404, title="There is nothing here", detail="There is no such project, or it is not yours to see.", request_id="req_1", back=Link(label="Back to the projects", href="/"))),
    }  # fmt: skip
