"""The facts of several projects of one API at one moment, in a number of queries that does not grow with them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from freehold.keys.records import ALLOWED
from freehold.production.bindings import queries as bindings_queries
from freehold.production.readiness import acceptance_queries, lookups, queries, usage
from freehold.production.readiness.facts import Delivered, EndpointFact, Facts, Reconciled
from freehold.production.readiness.findings import day_of
from freehold.production.readiness.records import Policy
from freehold.production.shape import revisions
from freehold.production.shape.rules import binding_slots
from freehold.projects.records import Project
from freehold.store.engine import Transaction
from freehold.usage import reconciling
from freehold.usage.reconciling import Reconciliation
from freehold.webhooks import queries as webhooks
from freehold.webhooks.check_actions import standings_of
from freehold.webhooks.check_rules import proves


def gather(tx: Transaction, policy: Policy, projects: Sequence[Project], now: datetime) -> dict[str, Facts]:
    """The facts of projects of the policy's API, by project id; without the single requests that prove them."""
    ids = [each.id for each in projects]
    owners, billing = lookups.owners_of(tx, ids), lookups.billing_members(tx, lookups.organizations_of(projects))
    scopes = lookups.scopes_of(tx, ids)
    receivers, delivered = _webhooks(tx, ids, now - timedelta(days=policy.delivery_days))
    today = day_of(now)
    bound = max(policy.exercise_days, policy.lookup_days, policy.denial_days, policy.failure_days)
    use = usage.use_of(tx, ids, today - timedelta(days=bound), today - timedelta(days=policy.failure_days))
    serving = lookups.keys_of(tx, ids, acceptance_queries.accepted_now(tx, ids, now), now)
    rules = lookups.rules_of(tx, ids, now)
    bands = lookups.bands_of(tx, ids)
    told = lookups.told_of(tx, ids, now - timedelta(days=policy.alert_days), now)
    compared = reconciling.latest(tx)
    own = tuple(queries.own_checks_of(tx, policy.api_id))
    heads, missing = revisions.heads_of(tx, ids), _missing_bindings(tx, ids)
    said, answered = queries.standing_attestations(tx, ids), queries.standing_http_results(tx, ids)
    return {
        each.id: Facts(
            now=now, policy=policy, project_id=each.id, organization_id=each.organization_id, purpose=each.purpose,
            product_line=each.product_line, owners=owners[each.id], billing=billing[each.organization_id],
            endpoints=scopes[each.id][0], event_types=scopes[each.id][1], use=use[each.id],
            webhooks=receivers[each.id], delivered=delivered.get(each.id), keys=serving[each.id],
            alert_rules=rules.get(each.id, 0), told=told.get(each.id), reconciled=_reconciled(compared, each.id),
            missing_bindings=missing.get(each.id), band=bands.get(each.id), fingerprint=heads[each.id].fingerprint if each.id in heads else "", own=own, attestations=said[each.id], http_results=answered[each.id],
        )
        for each in projects
    }  # fmt: skip


def with_requests(tx: Transaction, facts: Facts) -> Facts:
    """Facts with the newest requests that prove them, where they are still kept."""
    use = facts.use
    lookup = usage.newest_request(tx, facts.project_id, (ALLOWED,), use.allowed_on) if use.allowed_on else None
    denial = usage.newest_request(tx, facts.project_id, usage.REFUSALS, use.denied_on) if use.denied_on else None
    return replace(facts, lookup=lookup, denial=denial)


def _webhooks(
    tx: Transaction, project_ids: Sequence[str], since: datetime
) -> tuple[dict[str, tuple[EndpointFact, ...]], dict[str, Delivered]]:
    """The endpoints of projects with what is known of their receivers, and the newest event that one verified."""
    endpoints = list(webhooks.endpoints_by_id(tx, lookups.endpoint_ids(tx, project_ids)).values())
    standings = standings_of(tx, endpoints)
    accepted = lookups.delivered_to(tx, [each.id for each in endpoints], since)
    facts: dict[str, tuple[EndpointFact, ...]] = dict.fromkeys(project_ids, ())
    verified: dict[str, Delivered] = {}
    for endpoint in endpoints:
        standing, found = standings[endpoint.id], accepted.get(endpoint.id)
        check = standing.check
        at = (check.finished_at or check.started_at) if check else None
        fact = EndpointFact(endpoint.id, endpoint.url, standing.standing, check.id if check else None, at)
        facts[endpoint.project_id] += (fact,)
        if found and proves(standing, found.at):
            verified[endpoint.project_id] = max(
                found, verified.get(endpoint.project_id, found), key=lambda each: each.at
            )
    return facts, verified


def _missing_bindings(tx: Transaction, project_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The bindings for production that nobody has given yet, in words."""
    shapes, given = revisions.present_shapes(tx, project_ids), bindings_queries.given_slots(tx, project_ids)
    return {
        project_id: tuple(
            each.label for each in binding_slots(shape) if each.required and each.slot not in given[project_id]
        )
        for project_id, shape in shapes.items()
    }


def _reconciled(compared: Reconciliation | None, project_id: str) -> Reconciled | None:
    if compared is None:
        return None
    return Reconciled(compared.finished_at, sum(each.project_id == project_id for each in compared.findings))
