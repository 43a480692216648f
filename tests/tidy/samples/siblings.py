"""Sample pages of siblings: bindings, the clone's plan, drift and what is done about it."""

from dataclasses import replace
from typing import Final

from freehold.dashboard.views import siblings as views
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Danger
from freehold.production.bindings.presenting import field_of
from tests.tidy.samples.frame import DIGEST, NOW, PROJECT, SIBLING, Sample, ago, shell

_URL: Final = "/webhooks/orders/url"
_NETWORKS: Final = "/keys/checkout-web/allowed_cidrs"


def _slot(pointer: str, kind: str, label: str, hint: str, *, required: bool = True, shown: str = "") -> views.SlotField:
    return views.SlotField(
        pointer=pointer, name=field_of(pointer), kind=kind, label=label, hint=hint, required=required, shown=shown,
        given_by="Ines Okafor" if shown else "", given_at=ago(days=2) if shown else None,
    )  # fmt: skip


_SLOTS: Final = (
    _slot(_URL, "url", "The URL of orders", "Where production's receiver listens, with https.", shown="https://hooks.northgate.example/…"),
    _slot("/webhooks/orders/headers/X-Token", "header", "X-Token of orders", "Kept sealed, and shown no more."),
    _slot(_NETWORKS, "networks", "The networks that checkout-web is called from", "Set apart by commas or spaces: 203.0.113.0/24."),
    _slot("/owners/technical", "member", "Who the technical owners are", "E-mail addresses of members, set apart by commas. Empty: the same as in the sandbox.", required=False),
)  # fmt: skip
_LINES: Final = (
    views.DiffLine(path="/scope/endpoints/get_country", title="endpoints · get_country", kind="only_in_sandbox", sandbox="declared", production=""),
    views.DiffLine(path="/keys/checkout-web", title="checkout-web", kind="only_in_sandbox", sandbox="workload Checkout <b>, rate limits burst 20 in 1 s, expires after days 365", production=""),
)  # fmt: skip
_GROUPS: Final = (
    views.DiffGroup(title="Scope", lines=_LINES[:1]),
    views.DiffGroup(title="Keys", lines=_LINES[1:]),
)
_CONSEQUENCES: Final = (
    "A production project is made beside the sandbox, which keeps running as it is.",
    "One key is declared: people issue it afterwards. No sandbox key works there.",
    "Nothing else comes along: no secret, no key, no usage, no session.",
)


def _drift_line(path: str, title: str, sandbox: str, production: str, **more: object) -> views.DriftLine:
    line = views.DriftLine(
        path=path, title=title, kind="differs", sandbox=sandbox, production=production, item=path, ahead="sandbox",
        by="Ines Okafor", at=ago(hours=2),
    )  # fmt: skip
    return replace(line, **more)  # type: ignore[arg-type]


_DRIFT: Final = (
    views.DriftGroup(title="Labels", lines=(_drift_line("/labels/purpose", "purpose", "Fills in <i>country</i> at checkout", "Fills in country"),)),
    views.DriftGroup(
        title="Limits",
        lines=(
            _drift_line("/limits/quota", "quota", "100,000 in each month", "2,000,000 in each month", ahead="production", by="Dalia Evans",
                        accepted="Production pays for more", accepted_by="Ines Okafor", accepted_until=NOW),
            _drift_line("/limits/rate_limits/burst", "rate limits · burst", "20 in 1 s", "", ahead=None, by="", at=None),
        ),
    ),
)  # fmt: skip


def sibling_pages() -> dict[str, Sample]:
    bindings = views.BindingsView(
        project_id=PROJECT,
        slots=_SLOTS,
        left=(_slot("/webhooks/old/url", "", "/webhooks/old/url", "", shown="https://old.example/…"),),
        missing=2,
    )
    wrong = Form({field_of(_URL): "http://127.0.0.1/"}, {field_of(_URL): "Production endpoints use https."})
    clone = views.CloneView(
        project_id=PROJECT, name="Country lookup", fingerprint=DIGEST, groups=_GROUPS, slots=_SLOTS,
        consequences=_CONSEQUENCES, keys=(Choice("checkout-web", "checkout-web", code=True),),
        form=Form(idempotency_key="req_1"),
    )  # fmt: skip
    drift = views.DriftView(
        project_id=SIBLING, sandbox_id=PROJECT, production_id=SIBLING, locked=True, groups=_DRIFT, total=3, unaccepted=2,
        fingerprint=DIGEST,
    )  # fmt: skip
    plan = views.DriftPlanView(
        project_id=SIBLING, direction="promote", target="production", chosen=("/keys/checkout-web",),
        pulled=(("/scope/endpoints/get_country", "the key checkout-web is narrowed to it"),), groups=_GROUPS,
        slots=_SLOTS[2:3], danger=Danger(consequences=("Revokes the production key old: calls with it are refused at once, and for good.",), name="Country lookup"),
        fingerprint=DIGEST, needs_approval=True, form=Form(idempotency_key="req_2"),
    )  # fmt: skip
    done = views.DoneView(
        title="The production project is there", detail="It declares what the sandbox declares.", href=f"/projects/{SIBLING}",
        button="Open production", secrets=(views.Once(title="Signing secret of orders", secret="whsec_" + "a" * 44),),
        declared_keys=("checkout-web", "batch"),
    )  # fmt: skip
    live = shell("drift", "production")
    return {
        "bindings": Sample("production/bindings.html.j2", shell("clone"), bindings),
        "bindings-wrong": Sample("production/bindings.html.j2", shell("clone"), replace(bindings, form=wrong)),
        "bindings-none": Sample("production/bindings.html.j2", shell("clone"), replace(bindings, slots=(), left=(), missing=0)),
        "clone": Sample("production/clone.html.j2", shell("clone"), clone),
        "clone-blocked": Sample("production/clone.html.j2", shell("clone"), replace(clone, hindrance="Nobody approved this shape yet.", form=Form(blocked="Your role lets you look."))),
        "clone-done": Sample("production/done.html.j2", shell("overview", "production"), done),
        "clone-again": Sample("production/clone.html.j2", shell("clone"), replace(clone, production_id=SIBLING)),
        "drift": Sample("production/drift.html.j2", live, drift),
        "drift-blocked": Sample("production/drift.html.j2", live, replace(drift, form=Form(blocked="Your role lets you look."))),
        "drift-none": Sample("production/drift.html.j2", live, replace(drift, groups=(), total=0, unaccepted=0)),
        "drift-alone": Sample("production/drift.html.j2", shell("drift"), replace(drift, production_id=None)),
        "promotion": Sample("production/drift_plan.html.j2", live, plan),
        "promotion-wrong": Sample("production/drift_plan.html.j2", live, replace(plan, form=Form({"confirm": "no"}, {"confirm": "Type the project's name exactly as it is shown."}))),
        "revert": Sample("production/drift_plan.html.j2", live, replace(plan, direction="revert", target="sandbox", pulled=(), needs_approval=False)),
        "acceptance": Sample("production/drift_plan.html.j2", live, replace(plan, direction="accept", pulled=(), slots=(), needs_approval=False, danger=Danger(consequences=(), name=""))),
    }  # fmt: skip
