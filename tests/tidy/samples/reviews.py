"""Sample pages of production access: a project's request, the queue, one review."""

from dataclasses import replace

from freehold.dashboard.views import reviews as views
from freehold.dashboard.views.form import Form, refused
from freehold.dashboard.views.parts import Filter, Link, NextStep, Pager
from freehold.errors import FieldError, Problem, invalid
from tests.tidy.samples.frame import AT, DIGEST, HOOK, NOW, PROJECT, SIBLING, Sample, ago, shell

_ACR = "acr_01kaa0000000000000000000gg"
_STATES = Filter(name="state", label="State", value="", choices=(("", "Open"), ("all", "All")))
_WAITS = views.Standing(
    word="Waiting for review", tone="", sentence="A reviewer looks at the evidence and decides.", icon="clock"
)
_ASKS = views.Standing(
    word="Changes asked for", tone="warn", sentence="The team changes what was named, and answers.", icon="pencil"
)
_APPROVED = views.Standing(
    word="Approved",
    tone="ok",
    sentence="The shape as it was looked at may be cloned into production. It holds until 22 Dec 2026, 14:06 UTC.",
    icon="circle-check",
)
_DENIED = views.Standing(
    word="Denied", tone="bad", sentence="The reason is below. Mend what it names, and ask again.", icon="ban"
)
_NONE = views.Standing(
    word="Not asked for", tone="", sentence="Nobody has asked for production access yet.", icon="circle-dashed"
)
_EDITED = replace(
    _WAITS, sentence="Production was edited directly. The edit is in force; a reviewer decides whether it may stay."
)

_BLOCKS = views.CheckLine(
    title="Every webhook endpoint passed its check", passed=False, blocking=True, detail="Not passed: https://hooks.northgate.example/a.",
    evidence=Link(label="outdated", href=f"{AT}/webhooks/{HOOK}/check"), at=ago(days=2),
    fix=Link(label="Run the webhook check", href=f"{AT}/webhooks/{HOOK}/check"),
)  # fmt: skip
_OPEN = views.CheckLine(
    title="A billing owner is named",
    passed=False,
    blocking=False,
    detail="Nobody is.",
    fix=Link(label="Name one", href=f"{AT}/settings"),
)
_PASSED = views.CheckLine(
    title="A protected lookup was allowed", passed=True, blocking=True, detail="Allowed within 7 days.",
    evidence=Link(label="get_country: allowed", href=f"{AT}/requests/req_1"), at=ago(minutes=3),
)  # fmt: skip
_ENTRIES = (
    views.EntryLine(who="Dalia Evans", what="asked for production access", icon="send", tone="", at=ago(days=2)),
    views.EntryLine(who="Oskar Pettersen", what="asked for changes", icon="pencil", tone="bad", at=ago(days=1),
                    lines=("Two workloads share <one> key.", "Please give each its own.")),
    views.EntryLine(who="Dalia Evans", what="changed the shape", icon="git-compare", tone="", at=ago(hours=3), items=("/keys/checkout-app", "/keys/checkout-web")),
)  # fmt: skip
_REQUEST = views.RequestView(
    id=_ACR, is_change=False, is_open=True, standing=_WAITS, project_name="Country lookup", organization_name="Northgate",
    use_case=("Fills in country, currency and <languages> at checkout.", "Eleven shops call it."), band="20,000 to 50,000 requests a day",
    peak="20 a second", launch="15 Feb 2027", asked_by="Dalia Evans", asked_at=ago(days=2), reviewer="Oskar Pettersen", reason=(),
    decided_by="", decided_at=None, expires_at=None, fingerprint=DIGEST, present=DIGEST, present_number=12, base="", entries=_ENTRIES,
    reviewers=("Ada Lindqvist", "Oskar Pettersen"),
)  # fmt: skip
_CHANGE = replace(_REQUEST, is_change=True, standing=_EDITED, base=DIGEST[::-1], reviewer="", reviewers=())
_ROWS = (
    views.RequestRow(id=_ACR, href=f"/access_requests/{_ACR}", project_name="Country lookup", organization_name="Northgate", is_change=False,
                     standing=_WAITS, waits_for="Reviewer's turn", asked_by="Dalia Evans", asked_at=ago(days=2), reviewer="Oskar Pettersen",
                     blockers=2, risk="High", risk_tone="bad", risk_why="2 blocking checks fail"),
    views.RequestRow(id=_ACR, href=f"/access_requests/{_ACR}", project_name="Booking <currencies>", organization_name="Lumen Travel", is_change=True,
                     standing=_EDITED, waits_for="Reviewer's turn", asked_by="Jonas Weber", asked_at=ago(hours=4), reviewer="", blockers=0,
                     risk="", risk_tone="", risk_why=""),
    views.RequestRow(id=_ACR, href=f"/access_requests/{_ACR}", project_name="Returns portal", organization_name="Northgate", is_change=False,
                     standing=_APPROVED, waits_for="Team's turn", asked_by="Dalia Evans", asked_at=ago(days=9), reviewer="Ada Lindqvist",
                     blockers=0, risk="Medium", risk_tone="warn", risk_why="1 key never expires"),
)  # fmt: skip
_PLAN = (
    views.PlanGroup(title="Scope", lines=("get_country, list_countries", "lookup.completed")),
    views.PlanGroup(
        title="Keys", lines=("checkout-web: to be issued by a person", "price-sync: to be issued by a person")
    ),
)
_DECIDE = NextStep(action="decide", title="Decide on production access", detail="Each check with its evidence, the plan, the history.",
                   button="Open the review", href=f"/access_requests/{_ACR}", icon="eye")  # fmt: skip
_ASK = NextStep(action="request_access", title="Ask for production access", detail="Nothing blocks it. Three questions; all else is evidence that is there.",
                button="Ask for access", href=f"{AT}/production", icon="shield-check")  # fmt: skip
_TYPED = {
    "use_case": "Shows <prices>",
    "requests_a_day_from": "many",
    "requests_a_day_to": "50000",
    "peak_a_second": "20",
    "launch_on": "2020-01-01",
}
_SHAPES = (
    views.ShapeLine(
        number=12,
        who="Dalia Evans",
        at=ago(hours=3),
        what="/keys/checkout-app, /keys/checkout-web",
        href=f"{AT}/history",
    ),
    views.ShapeLine(
        number=11,
        who="Oskar Pettersen",
        at=ago(days=4),
        what="/scope/endpoints/get_currency",
        href=f"{AT}/history",
        approved=True,
    ),
)


def review_pages() -> dict[str, Sample]:
    """The pages of production access, in their states."""
    asking = views.ProductionView(
        project_id=PROJECT, sandbox_id=PROJECT, is_live=False, production_id=None, standing=_NONE, next_step=_ASK, blockers=(),
        passed=15, total=15, request=None, earlier=(), may_ask=True,
    )  # fmt: skip
    wrong = refused(
        invalid(
            FieldError("requests_a_day_from", "Write a whole number."),
            FieldError("launch_on", "From today on, at most two years away."),
        ),
        _TYPED,
    )
    requested = replace(
        asking,
        standing=_WAITS,
        next_step=None,
        blockers=(_BLOCKS,),
        passed=13,
        request=_REQUEST,
        may_ask=False,
        plan=_PLAN,
        answer_form=Form(blocked="Nobody has asked for changes."),
    )
    review = views.ReviewView(
        request=_REQUEST, project_id=PROJECT, production_id=None, environment="sandbox", next_step=None, checks=(_BLOCKS, _OPEN, _PASSED),
        risks=(views.RiskLine(level="high", tone="bad", title="1 blocking check fails", detail=_BLOCKS.title),
               views.RiskLine(level="medium", tone="warn", title="2 keys never expire", detail="checkout-web, price-sync"),
               views.RiskLine(level="low", tone="", title="1 key serves from any address", detail="checkout-web")),
        shapes=_SHAPES, shapes_href=f"{AT}/history", changed=("/keys/checkout-app", "/keys/checkout-web"), plan=_PLAN,
        approve_form=Form(blocked="1 blocking check fails: Every webhook endpoint passed its check."),
    )  # fmt: skip
    stale = refused(
        Problem("shape_changed", "The shape has changed since you looked: it is revision 12 now."),
        {"reason": "As we <said> on the phone."},
    )
    queue = views.QueueView(
        rows=_ROWS,
        reviews=True,
        waiting=2,
        filters=(_STATES,),
        filtered=False,
        pager=Pager(older="/access_requests?cursor=x"),
    )
    inside, outside = shell("production"), shell("reviews", inside=False)
    return {
        "production-ask": Sample("production/production.html.j2", inside, asking),
        "production-ask-wrong": Sample("production/production.html.j2", inside, replace(asking, request_form=wrong)),
        "production-requested": Sample("production/production.html.j2", shell("production", notice="It is asked for."), requested),
        "production-answer": Sample("production/production.html.j2", inside, replace(requested, standing=_ASKS, answer_form=Form(_TYPED), earlier=_ROWS[2:])),
        "production-approved": Sample("production/production.html.j2", inside, replace(requested, standing=_APPROVED, blockers=(), request=replace(_REQUEST, standing=_APPROVED, decided_by="Ada Lindqvist", decided_at=NOW, expires_at=NOW, reason=("Tight limits.",)))),
        "production-denied": Sample("production/production.html.j2", inside, replace(asking, standing=_DENIED, request=replace(_REQUEST, is_open=False, standing=_DENIED, reason=("Forgeries <pass>.",), decided_by="Ada Lindqvist", decided_at=NOW), answer_form=Form(blocked="Nobody has asked for changes."))),
        "production-live": Sample("production/production.html.j2", shell("production", "production"), replace(requested, project_id=SIBLING, production_id=SIBLING, is_live=True, request=_CHANGE, standing=replace(_APPROVED, word="Live"))),
        "review-queue": Sample("production/queue.html.j2", replace(outside, reviews_waiting=2), queue),
        "review-queue-empty": Sample("production/queue.html.j2", outside, replace(queue, rows=(), waiting=0, pager=Pager())),
        "review-queue-none-fits": Sample("production/queue.html.j2", outside, replace(queue, rows=(), filtered=True, pager=Pager())),
        "review-queue-of-a-team": Sample("production/queue.html.j2", outside, replace(queue, rows=(), reviews=False, pager=Pager())),
        "review": Sample("production/review.html.j2", outside, review),
        "review-ready": Sample("production/review.html.j2", outside, replace(review, next_step=_DECIDE, checks=(_PASSED,), risks=(), changed=(), approve_form=Form())),
        "review-stale": Sample("production/review.html.j2", outside, replace(review, approve_form=stale)),
        "review-change": Sample("production/review.html.j2", outside, replace(review, request=_CHANGE, production_id=SIBLING, environment="production", checks=(), risks=(), plan=(), shapes=())),
        "review-over": Sample("production/review.html.j2", outside, replace(review, request=replace(_REQUEST, is_open=False, standing=_DENIED, reason=("No.",), decided_by="Ada Lindqvist", decided_at=NOW), checks=(), plan=(), plan_note="The plan was of revision 12.")),
    }  # fmt: skip
