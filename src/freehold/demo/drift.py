"""The demonstration's drift: what a sandbox is ahead in, and what production is allowed to have otherwise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Final

from freehold.alerts import actions as alerts
from freehold.demo.people import MadeProject, Place, at
from freehold.production.drift import actions as drift_actions
from freehold.projects import actions as projects
from freehold.projects.records import ProjectChange

_RULE: Final = "Throttled calls"
_REASON: Final = "Throttled calls of live traffic wake somebody; those of the sandbox need not."


def make_drift(place: Place, made: Sequence[MadeProject]) -> None:
    """Let the first pair of siblings differ in two fields: one that waits for promotion, one that was accepted."""
    production = next(each for each in made if each.project.environment == "production")
    sandbox = next(each for each in made if each.project.id == production.project.sandbox_id)
    _raise_severity(place, production)
    with at(place.now - timedelta(hours=26)), place.store.write() as tx:
        purpose = f"{sandbox.project.purpose}, and on receipts"
        projects.edit_project(tx, sandbox.actor, sandbox.project.id, ProjectChange(purpose=purpose))


def _raise_severity(place: Place, production: MadeProject) -> None:
    with at(place.now - timedelta(days=9)), place.store.write() as tx:
        rules = alerts.list_rules(tx, production.actor, production.project.id, 100)
        [rule] = [each for each in rules if each.settings.name == _RULE]
        alerts.edit_rule(tx, production.actor, rule.id, lambda old: replace(old, severity="critical"))
    with at(place.now - timedelta(days=8)), place.store.write() as tx:
        path = f"/alerts/{rule.slot}/severity"
        drift_actions.accept(tx, production.actor, production.project.id, [path], _REASON, 60)
