"""Sample pages of deleting."""

from typing import Any

from freehold.dashboard.views import keeping
from freehold.dashboard.views.parts import Danger
from tests.tidy.samples.frame import NOW, PROJECT, Sample, ago, shell

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
    todos = (keeping.Todo(text="Nobody else is a technical owner of Country lookup in production: name another one first.", href=f"/projects/{PROJECT}/settings"),)  # fmt: skip
    page = keeping.PersonDeletionPage
    return {
        "delete-account": Sample(template, frame, page(is_self=True, danger=danger, owned_projects=("Country lookup",), **person)),
        "delete-account-not-yet": Sample(template, frame, page(is_self=True, danger=danger, todos=todos, **person)),
        "account-being-deleted": Sample(template, frame, page(deleted_at=ago(minutes=1), rows=12, **gone)),
        "account-deleted": Sample(template, frame, page(deleted_at=ago(hours=1), erased_at=NOW, rows=311, **gone)),
    }  # fmt: skip
