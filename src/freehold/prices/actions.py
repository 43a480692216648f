"""Price lists: make, withdraw, read, try out. One function is one use case and one transaction, which the caller opens."""

from dataclasses import replace
from typing import Any

from freehold.errors import FieldError, Problem, invalid, not_found
from freehold.kit import clock, ids
from freehold.organizations import audit
from freehold.organizations import queries as organizations
from freehold.organizations.actions import read_organization
from freehold.organizations.permissions import may, require, require_operator
from freehold.organizations.records import Actor
from freehold.prices import queries, rules, statements
from freehold.prices.records import NewPriceList, PriceList
from freehold.prices.statements import Preview
from freehold.store.conflicts import broken_constraint_means
from freehold.store.engine import Transaction


def create_price_list(tx: Transaction, actor: Actor, wanted: NewPriceList) -> PriceList:
    """Make a list that holds from a day on. Problem `invalid` says everything that is wrong with it at once."""
    require_operator(actor)
    # Of two new lists one comes after the other: what prices a day so far is what both are held against.
    audit.hold(tx, audit.INSTANCE_CHAIN)
    made = _checked(tx, actor, wanted)
    before = rules.in_force(
        queries.standing_lists(tx, made.organization_id), made.organization_id, made.takes_effect_on
    )
    if faults := rules.day_faults(made.takes_effect_on, clock.now().date(), before):
        raise invalid(*faults)
    taken = FieldError(
        "takes_effect_on", f"Another list takes effect on {made.takes_effect_on}: withdraw it first.", "taken"
    )
    with broken_constraint_means(invalid(taken)):
        queries.insert_list(tx, made)
    _record(tx, actor, "price_list.created", made, None, facts_of(made))
    return made


def withdraw_price_list(tx: Transaction, actor: Actor, price_list_id: str) -> PriceList:
    """Take back a list before its day; Problem `conflict` where it has taken effect."""
    require_operator(actor)
    # The log before the row, as whoever makes a list takes them.
    audit.hold(tx, audit.INSTANCE_CHAIN)
    made = _existing(queries.find_list(tx, price_list_id))
    if not queries.withdraw(tx, made.id, clock.now()):
        why = "is withdrawn already" if made.withdrawn_at else "has taken effect: what is priced keeps its prices"
        raise Problem("conflict", f"The price list {why}.")
    _record(tx, actor, "price_list.withdrawn", made, {"withdrawn": False}, {"withdrawn": True})
    return _existing(queries.find_list(tx, price_list_id))


def read_price_list(tx: Transaction, actor: Actor, price_list_id: str) -> PriceList:
    """One list: everybody's for who reads usage anywhere, an organization's own for who reads that one's."""
    made = _existing(queries.find_list(tx, price_list_id))
    if made.organization_id is None:
        if not (actor.looks_everywhere or any(may(actor, "usage.read", each) for each in actor.roles)):
            raise Problem(
                "forbidden", "This needs the permission usage.read; ask an owner or admin of the organization."
            )
        return made
    try:
        require(actor, "usage.read", made.organization_id)
    except Problem as problem:
        raise not_found("price list") if problem.code == "not_found" else problem from None
    return made


def list_price_lists(tx: Transaction, actor: Actor, limit: int, after_id: str | None = None) -> list[PriceList]:
    """Every list of the instance, newest first; for operators."""
    require_operator(actor)
    return queries.lists(tx, limit, after_id)


def list_organization_price_lists(
    tx: Transaction, actor: Actor, organization_id: str, limit: int, after_id: str | None = None
) -> list[PriceList]:
    """The lists that can price an organization, its own and the instance's, newest first."""
    require(actor, "usage.read", organization_id)
    read_organization(tx, actor, organization_id)
    return queries.lists(tx, limit, after_id, organization_id)


def present_price_list(tx: Transaction, organization_id: str | None) -> PriceList | None:
    """The list that prices today for an organization, or for those without one of their own. For who may read it."""
    return rules.in_force(queries.standing_lists(tx, organization_id), organization_id, clock.now().date())


def preview_price_list(tx: Transaction, actor: Actor, wanted: NewPriceList) -> list[Preview]:
    """What the last whole month would have cost under a list that is not there yet. Changes nothing."""
    require_operator(actor)
    return statements.preview(tx, _checked(tx, actor, wanted), clock.now().date())


def facts_of(made: PriceList) -> dict[str, Any]:
    """A list as the log has it, and as its fingerprint is taken of."""
    return {
        "organization": made.organization_id, "takes_effect_on": made.takes_effect_on.isoformat(),
        "currency": made.currency, "sandbox": made.sandbox, "items": rules.plain_items(made.items),
    }  # fmt: skip


def _checked(tx: Transaction, actor: Actor, wanted: NewPriceList) -> PriceList:
    """A list as it would be kept."""
    slugs = queries.api_ids(tx)
    items = tuple(replace(each, api=slugs.get(each.api, each.api) if each.api else None) for each in wanted.items)
    wanted = replace(wanted, items=items)
    faults = rules.list_faults(wanted, queries.known_endpoints(tx))
    if wanted.organization_id and organizations.find_organization(tx, wanted.organization_id) is None:
        faults.append(FieldError("organization", "There is no such organization.", "unknown_organization"))
    if faults:
        raise invalid(*faults)
    return PriceList(
        ids.new_id("prl"), wanted.organization_id, wanted.takes_effect_on, wanted.currency, rules.ordered(wanted.items),
        wanted.sandbox, wanted.note, actor.name, clock.now(),
    )  # fmt: skip


def _existing(found: PriceList | None) -> PriceList:
    if found is None:
        raise not_found("price list")
    return found


def _record(
    tx: Transaction, actor: Actor, action: str, made: PriceList, before: dict[str, Any] | None, after: dict[str, Any]
) -> None:
    audit.record(
        tx, actor, action, organization_id=made.organization_id, subject_kind="price_list", subject_id=made.id,
        subject_name=f"{made.currency} from {made.takes_effect_on}", before=before, after=after,
    )  # fmt: skip
