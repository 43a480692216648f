"""Whom a live project needs: its only technical owner stays, in the organization and as a person, until another one is named.

Reads tables of the slice to the right, never its code, as the members page does to say what a member owns.
"""

from freehold.organizations import member_queries
from freehold.organizations.records import Obstacle
from freehold.store.engine import Transaction


def only_technical_owner(project_id: str, name: str) -> Obstacle:
    """That somebody is the one technical owner of a live production project, and where to name another one."""
    words = f"Nobody else is a technical owner of {name} in production: name another one first."
    return Obstacle("only_technical_owner", words, f"/projects/{project_id}/settings")


def obstacles_to_leaving(tx: Transaction, organization_id: str) -> dict[str, list[Obstacle]]:
    """What has to be done before members can be taken out of an organization, by user id; who is left out can be at once.

    Once the organization's log is held, it stays so: owners and states of projects change under it alone.
    """
    alone = member_queries.live_projects_left_alone(tx, organization_id)
    return {user_id: [only_technical_owner(*each) for each in found] for user_id, found in alone.items()}
