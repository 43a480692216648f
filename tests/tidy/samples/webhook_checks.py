"""Sample pages of webhook checks, of the sandbox clock, and of a project's inbox."""

from typing import Literal

from freehold.dashboard.views import inbox
from freehold.dashboard.views import webhook_checks as views
from freehold.dashboard.views.form import Choice, Form
from freehold.dashboard.views.parts import Link
from freehold.webhooks.check_records import CheckStanding, Standing
from freehold.webhooks.check_standing import standing_view
from tests.tidy.samples.frame import AT, HOOK, NOW, PROJECT, Sample, ago, shell

_URL = "https://hooks.northgate.example/freehold"


def standing(name: Standing) -> views.StandingView:
    return standing_view(CheckStanding(name, None))


def _probe(probe: str, state: views.ProbeState, detail: str = "") -> views.ProbeRow:
    evidence = (Link(label="The request and its answer", href=f"{AT}/deliveries/dlv_01kaa#h-att_1"),) if detail else ()
    return views.ProbeRow(
        probe=probe, title=probe.capitalize(), asks="What must be.", state=state, detail=detail, evidence=evidence
    )


def _check(name: Standing, *probes: views.ProbeRow, form: Form | None = None, old: bool = False) -> Sample:
    earlier = views.CheckRow(
        id="wck_1",
        state="unclear",
        started_at=ago(days=2),
        started_by="Ines Okafor",
        probes=("passed", "unclear"),
        href=f"{AT}/webhooks/{HOOK}/check?id=wck_1",
    )
    view = views.CheckView(
        project_id=PROJECT, endpoint_id=HOOK, endpoint_url=_URL, standing=standing(name), running=name == "running", probes=probes,
        earlier=() if name == "never" else (earlier,), started_at=None if name == "never" else ago(minutes=4), started_by="Ines Okafor",
        expires_at=None if name == "never" else NOW, form=form or Form(), old=old,
    )  # fmt: skip
    return Sample("webhooks/check.html.j2", shell("webhooks"), view)


def _clock(blocked: str | None, moves: tuple[views.AdvanceRow, ...]) -> Sample:
    view = views.AdvanceView(
        project_id=PROJECT, endpoint_id=HOOK, endpoint_url=_URL, state="failing", due=2, next_attempt_at=NOW, failing_since=ago(days=1), held_until=NOW,
        choices=(Choice("", "To the next attempt"), Choice("300", "By 5 minutes")), moves=moves, form=Form(blocked=blocked),
    )  # fmt: skip
    return Sample("webhooks/clock.html.j2", shell("webhooks"), view)


def _inbox(
    url: str, rows: int, verdict: Literal["verified", "repeated", "refused"] = "verified", form: Form | None = None
) -> Sample:
    request = inbox.InboxRequestView(
        id="inr_1", at=ago(minutes=1), verdict=verdict, detail="The signature fits.", address="203.0.113.9", status=None if verdict == "refused" else 200,
        headers=(("webhook-id", "msg_1"),), body='{"id": "<b>"}', body_bytes=70_000, body_cut=True,
    )  # fmt: skip
    row = inbox.InboxRow(
        id="inr_1",
        at=ago(minutes=1),
        verdict=verdict,
        what="webhook.check",
        status=request.status,
        href=f"{AT}/inbox?id=inr_1",
    )
    view = inbox.InboxView(
        project_id=PROJECT, url=url, rows=(row,) * rows, shown=request if rows else None, kept_max=100,
        endpoints=(Link(label=HOOK, href=f"{AT}/webhooks/{HOOK}"),) if rows else (), answers=(Choice("verify", "Verify"), Choice("500", "Answer 500")),
        form=form or Form({"answer": "verify", "retry_after_s": "30"}),
    )  # fmt: skip
    return Sample("webhooks/inbox.html.j2", shell("webhooks"), view)


def check_pages() -> dict[str, Sample]:
    right = [_probe(each, "passed", "As it should be.") for each in ("signed", "forged", "stale", "repeated")]
    waiting = [_probe("forged", "running"), _probe("stale", "waiting"), _probe("repeated", "waiting")]
    wrong = [
        _probe("forged", "failed", "Accepted with 200: <b>anybody</b> can send."),
        _probe("stale", "passed", "Refused with 401."),
        _probe("repeated", "unclear", "Both were accepted."),
    ]
    url = "http://127.0.0.1:8400/inbox/0123456789abcdefghjkmnpqrstvwxyz"
    return {
        "inbox": _inbox(url, 3),
        "inbox-refused": _inbox(url, 1, "refused", Form({"answer": "x"}, {"answer": "Choose how the inbox answers."})),
        "inbox-quiet": _inbox(url, 0),
        "inbox-closed": _inbox("", 0),
        "inbox-blocked": _inbox("", 0, form=Form(blocked="Your role lets you look at this.")),
        "check-never": _check("never", *(_probe(each.probe, "waiting") for each in right)),
        "check-running": _check("running", right[0], *waiting),
        "check-passed": _check("passed", *right),
        "check-failed": _check("failed", right[0], *wrong, old=True),
        "check-refused": _check("running", right[0], *waiting, form=Form(message="A check of this endpoint is running.")),
        "check-blocked": _check("never", *(_probe(each.probe, "waiting") for each in right), form=Form(blocked="Your role lets you look at this.")),
        "clock": _clock(None, (views.AdvanceRow(by="5 min", advanced_by="Ines Okafor", at=ago(minutes=1)),)),
        "clock-blocked": _clock("A production endpoint has no such clock.", ()),
    }  # fmt: skip
