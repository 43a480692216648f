"""Letters to everybody in an organization that is to be deleted: at the start, a week before, at the end."""

from typing import Final, Literal

from freehold.keeping import organization_queries
from freehold.keeping.records import OrganizationDeletion
from freehold.mail.actions import post_mail
from freehold.store.engine import Transaction

Letter = Literal["asked", "near", "restored", "deleted"]
_SUBJECTS: Final[dict[Letter, str]] = {
    "asked": "{name} will be deleted on {day}",
    "near": "{name} will be deleted in a week, on {day}",
    "restored": "{name} will not be deleted",
    "deleted": "{name} was deleted",
}
_TEXTS: Final[dict[Letter, str]] = {
    "asked": "The organization {name} will be deleted for good on {day} (UTC). Its keys have stopped and its projects are archived.\n\n"
    "Until then nothing is deleted: an owner can restore it, and everything can be read and exported.\n\n{href}\n",
    "near": "The organization {name} will be deleted for good on {day} (UTC): its projects, usage, reports, files and audit log.\n\n"
    "Until then an owner can restore it, and everything can be exported.\n\n{href}\n",
    "restored": "The organization {name} was restored. Its projects are what they were, and their keys serve again.\n\n{href}\n",
    "deleted": "The organization {name} was deleted for good. What is left is that it was, and when.\n",
}


def tell(tx: Transaction, letter: Letter, deletion: OrganizationDeletion, base_url: str) -> None:
    """Write a letter to each member; the last one to those who were, in the name of who runs the instance."""
    whose: str | None = deletion.organization_id
    recipients = organization_queries.addresses_of(tx, deletion.organization_id)
    if letter == "deleted":
        whose, recipients = organization_queries.operators_organization(tx), deletion.recipients
    if whose is None:
        return
    said = {
        "name": deletion.name, "day": f"{deletion.ends_at.day} {deletion.ends_at:%B %Y}",
        "href": f"{base_url}/organizations/{deletion.organization_id}/delete",
    }  # fmt: skip
    post_mail(tx, whose, recipients, _SUBJECTS[letter].format(**said), _TEXTS[letter].format(**said))
