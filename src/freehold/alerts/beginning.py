"""A project begins with its default rules: they are written in the transaction that makes it, whichever way it is made."""

from freehold.alerts import actions, rule_queries
from freehold.store import touched
from freehold.store.engine import Transaction


def before_commit(tx: Transaction) -> None:
    """Give default rules to the projects of a transaction that never had any; who changed them stays who it was."""
    changed = touched.touched(tx)
    if not changed:
        return
    for project_id in rule_queries.without_defaults(tx, list(changed)):
        actions.give_default_rules(tx, project_id)
        touched.touch(tx, project_id, changed[project_id])
