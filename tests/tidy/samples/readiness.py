"""Sample pages of readiness, of the operator's policy and of their own checks."""

from dataclasses import replace

from freehold.dashboard.views import readiness as views
from freehold.dashboard.views.form import Choice, Form, refused
from freehold.dashboard.views.parts import Link, NextStep
from freehold.errors import FieldError, invalid
from freehold.production.policy.pages import ITEMS
from freehold.production.readiness.records import ATTESTING_ROLES, CODES, TITLES
from tests.tidy.samples.frame import AT, HOOK, KEY, NOW, PROJECT, Sample, ago, shell

_API = "api_01kaa0000000000000000000ff"


def _row(code: str, title: str, state: views.CheckState, detail: str, fix: str = "", **more: object) -> views.CheckRow:
    row = views.CheckRow(
        code=code, title=title, state=state, blocking=True, detail=detail, since=ago(hours=5),
        fix=Link(label=fix, href=f"{AT}/settings") if fix else None,
        command=f"freehold projects edit {PROJECT} --owner …" if fix else "",
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


_BLOCKS = views.CheckGroup(
    slug="blocks", title="Blocks production",
    rows=(
        _row("webhook_check", TITLES["webhook_check"], "failed",
             "Not passed: https://hooks.northgate.example/a (its URL or secret changed since).", "Run the webhook check",
             evidence=Link(label="outdated: https://hooks.northgate.example/a", href=f"{AT}/webhooks/{HOOK}/check"), evidence_at=ago(days=2)),
        _row("second_owner", TITLES["second_owner"], "failed", "Dalia Evans alone can rotate keys: a leaked one must not wait for one person.", "Name a second owner"),
        _row("recent_denial", TITLES["recent_denial"], "waiting", "No request was denied yet.", "Call what the scope does not declare", since=None),
        _row("security_review", "Security review", "waiting", "Nobody with the role auditor has attested it yet.",
             "Ask a person with the role auditor to attest it", instruction="Read the threat model <and> say what you found.", attest_form=Form()),
        _row("capacity", "Capacity", "failed", "No room in this region before March.", "Ask again", run_form=Form()),
    ),
)  # fmt: skip
_OPEN = views.CheckGroup(
    slug="open",
    title="Open, and blocks nothing",
    rows=(
        _row("traffic_band", TITLES["traffic_band"], "waiting", "The expected traffic is asked for with the access request.", "Ask for production access"),
        _row("room", "Room", "waiting", "It was not asked yet.", "Ask again", run_form=Form(), running=True),
    ),
)  # fmt: skip
_PASSED = views.CheckGroup(
    slug="passed", title="passed",
    rows=(
        _row("purpose", TITLES["purpose"], "passed", "Storefront: Fills in country at checkout.", evidence=Link(label="Storefront: Fills in country at checkout", href=f"{AT}/settings")),
        _row("recent_lookup", TITLES["recent_lookup"], "passed", "Allowed within 7 days.",
             evidence=Link(label="get_country: allowed", href=f"{AT}/requests/req_1"), evidence_at=ago(minutes=3)),
    ),
)  # fmt: skip
_NOT = views.CheckGroup(
    slug="not-applicable", title="not asked here",
    rows=(_row("delivery_verified", TITLES["delivery_verified"], "not_applicable", "The project declares no events, and has no webhook endpoint."),),
)  # fmt: skip
_STEP = NextStep(
    action="clear_webhook_check", title=TITLES["webhook_check"], detail="Its URL or secret changed since. It blocks production.",
    button="Run the webhook check", href=f"{AT}/webhooks/{HOOK}/check",
)  # fmt: skip


def _said(id_: str, about: str, **more: object) -> views.SaidRow:
    row = views.SaidRow(
        id=id_, about=about, words="Rotated by hand <every> quarter.", by="Dalia Evans", at=ago(days=3),
        expires_at=NOW.replace(year=2027), withdrawn_at=None, withdrawn_by="", form=Form(),
    )  # fmt: skip
    return replace(row, **more)  # type: ignore[arg-type]


def _page(step: NextStep | None, open_: tuple[views.CheckGroup, ...], form: Form | None = None) -> Sample:
    finding = views.FindingRow(
        key_id=KEY,
        key_name="checkout-web",
        finding="never_expires",
        words="Never expires.",
        form=form or Form({"days": "90"}),
    )
    view = views.ReadinessPageView(
        project_id=PROJECT, api_id=_API, api_name="Example API", passed=10, total=16, blocking=5 if step else 0,
        next_step=step, open=open_, closed=(_PASSED, _NOT), findings=(finding,) if step else (),
        accepted=(_said("acc_1", "price-sync: unused"), _said("acc_2", "old: never expires", withdrawn_at=ago(days=1), withdrawn_by="Ines")),
        attested=(_said("ats_1", "Privacy", expires_at=ago(days=1)), _said("ats_2", "Security review", form=Form(blocked="Not yours."))),
        answers=(
            views.AnswerRow(title="Capacity", passed=False, detail="No room in this region before March.", status=200, asked_by="Freehold", at=ago(hours=2)),
            views.AnswerRow(title="Capacity", passed=None, detail="The answer is not JSON.", status=None, asked_by="Dalia", at=ago(hours=3)),
        ),
    )  # fmt: skip
    return Sample("readiness/show.html.j2", shell("readiness"), view)


def _policy(form: Form, own: tuple[views.OwnCheckRow, ...], blocked: str | None = None) -> Sample:
    view = views.PolicyPageView(
        api_id=_API, api_name="Example API", revision=3, changed_by="Olga" if own else "", changed_at=ago(days=1) if own else None,
        checks=tuple(Choice(code, TITLES[code]) for code in CODES),
        items=tuple(Choice(name, words) for name, words in ITEMS.items()), own=own, add_blocked=blocked,
        form=replace(form, blocked=blocked),
    )  # fmt: skip
    return Sample("readiness/policy.html.j2", shell("apis", inside=False), view)


def _own(check_id: str | None, form: Form) -> Sample:
    view = views.OwnCheckPageView(
        api_id=_API, api_name="Example API", check_id=check_id, title="Security review" if check_id else "New check",
        revision=1, roles=tuple(Choice(role, role.capitalize()) for role in ATTESTING_ROLES), form=form,
    )  # fmt: skip
    return Sample("readiness/own_check.html.j2", shell("apis", inside=False), view)


def readiness_pages() -> dict[str, Sample]:
    """Every state of readiness' pages."""
    wrong = refused(invalid(FieldError("reason", "Fill this in.", "required")), {"reason": "", "days": "30"})
    values = {
        "blocking": ["purpose"], "material": ["scope", "keys"], "failure_rate_max": "5", "exercise_days": "30", "lookup_days": "7",
        "denial_days": "7", "delivery_days": "30", "failure_days": "7", "rotation_days": "90", "unused_days": "30",
        "alert_days": "30", "approval_days": "30", "promotion_needs_approval": [],
    }  # fmt: skip
    bad = refused(
        invalid(FieldError("lookup_days", "A whole number of days from 1 to 365.")), {**values, "lookup_days": "soon"}
    )
    own = views.OwnCheckRow(
        id="rck_01kaa0000000000000000000aa", code="security_review", title="Security review", kind="attestation",
        asks="Attested by: auditor", blocking=True, valid_days=90,
    )  # fmt: skip
    chosen = {
        "kind": "http",
        "title": "Capacity",
        "code": "capacity",
        "url": "https://checks.example.com/",
        "valid_days": "90",
    }
    return {
        "readiness": _page(_STEP, (_BLOCKS, _OPEN)), "readiness-ready": _page(None, ()),
        "readiness-wrong": _page(_STEP, (_BLOCKS,), wrong), "readiness-policy": _policy(Form(values), (own,)),
        "readiness-policy-wrong": _policy(bad, ()), "readiness-policy-blocked": _policy(Form(values), (), "Only an operator says what is asked."),
        "readiness-check-new": _own(None, Form({"kind": "attestation"}, idempotency_key="req_1")), "readiness-check": _own("rck_1", Form(chosen)),
    }  # fmt: skip
