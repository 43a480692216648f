"""Sample pages of deleting."""

from dataclasses import replace
from typing import Any

from freehold.dashboard.views import keeping
from freehold.dashboard.views.form import Form
from freehold.dashboard.views.parts import Danger, Todo
from freehold.keeping.kinds import KINDS
from tests.tidy.samples.frame import NOW, ORGANIZATION, PROJECT, Sample, ago, shell

_CALLED = {"pseudonym": "Deleted person 7vq2m0k3xa", "pseudonym_email": "deleted-7vq2m0k3xa@deleted.invalid"}


def keeping_pages() -> dict[str, Sample]:
    frame, template = shell("account", inside=False), "keeping/person.html.j2"
    danger = Danger(name="ines@northgate.example", consequences=(
        "You cannot sign in any more, from this moment on, and it cannot be undone.", "3 sessions and 2 access tokens end.",
    ))  # fmt: skip
    person: dict[str, Any] = {
        "user_id": "usr_1",
        "name": "Ines Okafor",
        "email": "ines@northgate.example",
        "organizations": ("Northgate",),
        **_CALLED,
    }
    gone: dict[str, Any] = {
        "user_id": "usr_2",
        "name": _CALLED["pseudonym"],
        "email": _CALLED["pseudonym_email"],
        "is_self": False,
        **_CALLED,
    }
    todos = (Todo(text="Nobody else is a technical owner of Country lookup in production: name another one first.", href=f"/projects/{PROJECT}/settings"),)  # fmt: skip
    page = keeping.PersonDeletionPage
    team, of_team = shell("organization", inside=False), "keeping/organization.html.j2"
    holds = (
        ("Members", 4),
        ("Projects", 9),
        ("Serving keys", 31),
        ("Webhook endpoints", 6),
        ("Files of reports", 12),
        ("Entries of the audit log", 4711),
    )
    consequences = (
        "Its keys stop at once: every project is archived.",
        "Within 30 days an owner or operator can restore it to what it was.",
    )
    whole: dict[str, Any] = {"organization_id": ORGANIZATION, "name": "Northgate", "holds": holds, "grace_days": 30}
    may, may_not = (
        Danger(name="Northgate", consequences=consequences),
        "Only an owner of the organization, or an operator of the instance, can delete it or restore it.",
    )
    organization = keeping.OrganizationDeletionPage
    rows = tuple(
        keeping.KeptRow(
            kind=kind,
            title=facts.title,
            detail=facts.detail,
            how_long=facts.words or "30 days",
            by="Default",
            rows=1_204_311,
            oldest=ago(days=30),
            settable=facts.floor is not None,
        )
        for kind, facts in KINDS.items()
    )
    one: dict[str, Any] = {"kind": "requests", "title": "Single requests", "detail": "Each decision, with its explanation", "why": KINDS["requests"].why,
        "how_long": "30 days", "by": "FREEHOLD_USAGE_DAYS", "floor": 1, "setting": "FREEHOLD_USAGE_DAYS"}  # fmt: skip
    of_kind, kept = "keeping/kind.html.j2", shell("kept", inside=False)
    wrong = Form(
        {"days": "14", "confirm": "request"}, {"confirm": "This deletes 612,004 rows: type requests to confirm it."}
    )
    return {
        "kept": Sample("keeping/kept.html.j2", kept, keeping.KeptPage(rows=rows)),
        "kept-kind": Sample(of_kind, kept, keeping.KeptKindPage(form=Form({"days": "30"}), **one)),
        "kept-kind-preview": Sample(of_kind, kept, keeping.KeptKindPage(form=wrong, previewed=True, wanted="14 days", rows=612_004, oldest=ago(days=30), newest=ago(days=14), **one)),
        "kept-kind-raised": Sample(of_kind, kept, keeping.KeptKindPage(form=Form({"days": "90"}), previewed=True, wanted="90 days", **one)),
        "delete-organization": Sample(of_team, team, organization(danger=may, **whole)),
        "delete-organization-blocked": Sample(of_team, team, organization(danger=replace(may, blocked=may_not), **whole)),
        "organization-waits": Sample(of_team, team, organization(danger=may, asked_at=ago(days=1), ends_at=NOW, **whole)),
        "organization-being-deleted": Sample(of_team, team, organization(danger=may, asked_at=ago(days=30), ends_at=NOW, is_being_deleted=True, **whole)),
        "delete-account": Sample(template, frame, page(is_self=True, danger=danger, owned_projects=("Country lookup",), **person)),
        "delete-account-not-yet": Sample(template, frame, page(is_self=True, danger=danger, todos=todos, **person)),
        "account-being-deleted": Sample(template, frame, page(deleted_at=ago(minutes=1), rows=12, **gone)),
        "account-deleted": Sample(template, frame, page(deleted_at=ago(hours=1), erased_at=NOW, rows=311, **gone)),
    }  # fmt: skip
