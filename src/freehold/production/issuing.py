"""A declared key issued: as it is declared, with an expiry counted from now."""

from datetime import timedelta

from freehold.errors import not_found
from freehold.keys import actions as keys
from freehold.keys import templates
from freehold.keys.actions import IssuedKey
from freehold.kit import clock
from freehold.organizations.records import Actor
from freehold.production.checking import key_settings
from freehold.production.shaping import Tools
from freehold.projects import queries as projects
from freehold.store.engine import Transaction


def issue_declared(tx: Transaction, actor: Actor, tools: Tools, project_id: str, name: str) -> IssuedKey:
    """Issue a declared key of a project; its text is in the answer alone."""
    declared = templates.find_template(tx, project_id, name)
    if declared is None:
        raise not_found("declared key")
    days = declared.settings["expires_after_days"]
    expires_at = None if days is None else clock.now() + timedelta(days=days)
    settings = templates.narrowed_to(declared, projects.scope_of(tx, project_id).endpoints)
    wanted = key_settings(name, settings, declared.allowed_cidrs, expires_at)
    return keys.issue_key(tx, actor, tools.secret, tools.settings.brand, project_id, wanted)
