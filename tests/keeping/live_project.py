"""A production sibling of an instance's project, and who owns it."""

from typing import Final

from sqlalchemy import insert, select

from freehold.kit import ids
from freehold.store.engine import Transaction
from freehold.store.schema import project_owners, projects
from tests.http.served import Instance

NEEDED: Final = "Nobody else is a technical owner of Parcel lookup in production: name another one first."


def make_live(world: Instance, *technical: str, billing: str = "") -> str:
    """A production sibling of Harbour's project, with these owners; its id."""
    with world.store.write() as tx:
        made = insert_sibling(tx, world.project)
        own_it(tx, world, made, *technical)
        if billing:
            own_it(tx, world, made, billing, duty="billing")
    return made


def insert_sibling(tx: Transaction, sandbox_id: str) -> str:
    """A production sibling of a sandbox project, which nobody owns yet; its id."""
    made = ids.new_id("proj")
    sandbox = tx.execute(select(projects).where(projects.c.id == sandbox_id)).one()._mapping
    own = {"id": made, "environment": "production", "sandbox_id": sandbox_id, "sandbox_environment": "sandbox"}
    tx.execute(insert(projects).values({**sandbox, **own}))
    return made


def own_it(tx: Transaction, world: Instance, project: str, *who: str, duty: str = "technical") -> None:
    for each in who:
        row = {"project_id": project, "user_id": world.users[each].id, "duty": duty, "organization_id": world.harbour}
        tx.execute(insert(project_owners).values(row))
