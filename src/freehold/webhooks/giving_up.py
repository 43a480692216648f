"""Disabling an endpoint by rule: it stops receiving, and whoever should know is told, in one transaction.

By an audit entry, by the event `webhook_endpoint.disabled`, and by a mail to the project's technical owners.
"""

from typing import Final

from freehold.mail.actions import post_mail
from freehold.organizations.records import Actor
from freehold.projects import queries as projects
from freehold.store.engine import Transaction
from freehold.webhooks import queries
from freehold.webhooks.actions import disable_endpoint
from freehold.webhooks.delivery_actions import publish_own_event
from freehold.webhooks.own_events import DISABLED_EVENT
from freehold.webhooks.records import WebhookEndpoint

_SYSTEM: Final = Actor("system", "freehold", "Freehold", None, is_operator=False, roles={})


def disable(tx: Transaction, endpoint: WebhookEndpoint, reason: str, pages_url: str) -> None:
    """Disable an endpoint that is still where it was when it was tried; nothing otherwise."""
    there = queries.find_endpoint(tx, endpoint.id)
    # A person may have deleted or changed it since it was claimed: another URL never said that it is gone.
    if there is None or there.url != endpoint.url or there.state == "disabled":
        return
    disable_endpoint(tx, _SYSTEM, there, reason)
    publish_own_event(tx, there.project_id, DISABLED_EVENT, {"webhook": there.id, "url": there.url, "reason": reason})
    _tell_owners(tx, there, reason, pages_url)


def _tell_owners(tx: Transaction, endpoint: WebhookEndpoint, reason: str, pages_url: str) -> None:
    project = projects.find_project(tx, endpoint.project_id)
    if project is None:
        return
    owners = projects.owners_of(tx, [project.id])[project.id]
    page = f"{pages_url}/projects/{project.id}/webhooks/{endpoint.id}"
    text = (
        f"A webhook endpoint of {project.name} ({project.environment}) is disabled:\n\n  {endpoint.url}\n\n{reason}\n\n"
        "Nothing more is sent to it. What arrives for it is kept, and sent once it is resumed:\n\n"
        f"  {page}\n  freehold webhooks resume {endpoint.id}\n"
    )
    technical = [owner.email for owner in owners if owner.duty == "technical"]
    post_mail(tx, project.organization_id, technical, f"Webhook endpoint disabled: {project.name}", text)
