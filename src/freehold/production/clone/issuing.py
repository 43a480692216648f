"""A declared key issued: as it is declared, with an expiry counted from now."""

from freehold.errors import not_found
from freehold.keys import actions as keys
from freehold.keys import templates
from freehold.keys.actions import IssuedKey
from freehold.keys.declaring import declared_settings
from freehold.organizations.records import Actor
from freehold.production.applying.tools import Tools
from freehold.store.engine import Transaction


def issue_declared(tx: Transaction, actor: Actor, tools: Tools, project_id: str, name: str) -> IssuedKey:
    """Issue a declared key of a project; its text is in the answer alone."""
    if templates.find_template(tx, project_id, name) is None:
        raise not_found("declared key")
    settings = declared_settings(tx, actor, project_id, name)
    return keys.issue_key(tx, actor, tools.secret, tools.settings.brand, project_id, settings)
