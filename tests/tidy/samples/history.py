"""Sample pages of a project's history: its revisions, one of them, and the ways back."""

from dataclasses import replace

from freehold.dashboard.views import history as views
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Danger, Pager
from freehold.dashboard.views.siblings import DiffGroup, DiffLine, SlotField
from freehold.production.bindings.presenting import field_of
from tests.tidy.samples.frame import DIGEST, PROJECT, SIBLING, Sample, ago, shell

_SLOT = "/webhooks/orders/url"


def _line(title: str, after: str, before: str) -> DiffLine:
    return DiffLine(path="", title=title, kind="differs", sandbox=after, production=before)


def _row(number: int, why: str, *changed: str, total: int = 0) -> views.RevisionRow:
    return views.RevisionRow(
        number=number, at=ago(hours=3 * (20 - number)), by="Ines Okafor" if number % 2 else "CI of checkout (token)", why=why,
        changed=changed, total=total or len(changed),
    )  # fmt: skip


def history_pages() -> dict[str, Sample]:
    rows = (
        _row(17, "Applied from a file", "checkout-web · quota", "orders", "denials · thresholds", total=7),
        _row(16, "Edited", "purpose"),
        _row(15, "Restored", "checkout-<b>web</b>"),
        _row(1, "Edited", "name", "purpose", "technical", total=5),
    )
    every = views.HistoryView(
        project_id=PROJECT, rows=rows, fingerprint=DIGEST, command=f"freehold export {PROJECT} > freehold.toml",
        pager=Pager(older=f"/projects/{PROJECT}/history?before=1"),
    )  # fmt: skip
    groups = (
        DiffGroup(title="Labels", lines=(_line("purpose", "Fills in <i>country</i> at checkout", "Fills in country"),)),
        DiffGroup(title="Keys", lines=(_line("checkout-web · quota", "100,000 in each month", "none"),)),
    )
    one = views.RevisionPageView(
        project_id=PROJECT, row=rows[1], fingerprint=DIGEST, request_id="req_01m84nefafrfwrcrmv8qcndk0q", against=15,
        groups=groups, is_present=False, plan=groups, plan_fingerprint=DIGEST,
        slots=(SlotField(pointer=_SLOT, name=field_of(_SLOT), kind="url", label="The URL of orders", hint="Where the receiver listens.", required=True),),
        danger=Danger(consequences=("Key batch is revoked at once and for good: calls with it are denied.",), name="Country lookup"),
        form=Form(idempotency_key="req_1"),
    )  # fmt: skip
    wrong = Form(
        {"confirm": "Country"}, {"confirm": "Type the project's name exactly as it is shown."}, idempotency_key="req_1"
    )
    live = replace(one, project_id=SIBLING, typed=True, slots=(), form=wrong)
    at = shell("history")
    return {
        "history": Sample("production/history.html.j2", at, every),
        "history-none": Sample("production/history.html.j2", at, replace(every, rows=())),
        "revision": Sample("production/revision.html.j2", at, one),
        "revision-present": Sample("production/revision.html.j2", at, replace(one, is_present=True)),
        "revision-stuck": Sample(
            "production/revision.html.j2", at, replace(one, hindrance="The project is archived: restore it first.")
        ),
        "revision-production": Sample("production/revision.html.j2", shell("history", "production"), live),
    }
