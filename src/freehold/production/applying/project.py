"""A project's labels, owners, limits and scope, brought to a shape."""

from msgspec import UNSET

from freehold.production.applying.checking import quota_of, rate_limits_of
from freehold.production.applying.tools import Shaping, telling_of
from freehold.production.shape.slots import several
from freehold.projects.actions import edit_project, set_scope
from freehold.projects.records import DUTIES, NewOwner, ProjectChange, Scope


def change(work: Shaping) -> None:
    """Labels, limits and owners, where any of them differ."""
    labels, limits = work.wanted["labels"], work.wanted["limits"]
    owners = _owners(work)
    differ = {part for part in ("labels", "limits") if work.present[part] != work.wanted[part]}
    if not differ and owners is None:
        return
    with telling_of("project"):
        edit_project(
            work.tx, work.actor, work.project.id,
            ProjectChange(
                name=labels["name"], purpose=labels["purpose"], product_line=labels["product_line"] or "",
                use_case=labels["use_case"] or "", owners=owners,
                rate_limits=rate_limits_of(limits["rate_limits"]) if "limits" in differ else None,
                quota=quota_of(limits["quota"]) if "limits" in differ else UNSET,
            ),
        )  # fmt: skip


def widen_scope(work: Shaping) -> None:
    """Declare what is wanted besides what is declared."""
    parts = ("endpoints", "event_types")
    both = [sorted({*work.present["scope"][part], *work.wanted["scope"][part]}) for part in parts]
    _declare(work, Scope(*both))


def settle_scope(work: Shaping) -> None:
    """Declare what is wanted and nothing else."""
    scope = work.wanted["scope"]
    _declare(work, Scope(list(scope["endpoints"]), list(scope["event_types"])))


def _declare(work: Shaping, scope: Scope) -> None:
    with telling_of("scope"):
        set_scope(work.tx, work.actor, work.project.id, scope)


def _owners(work: Shaping) -> tuple[NewOwner, ...] | None:
    """Who owns the project from now on; None where that stays as it is."""
    held, duties = work.assets.owners, work.wanted["owners"]
    if not work.rebinds("owners") and {each.duty for each in held} == set(duties):
        return None
    wanted: list[NewOwner] = []
    for duty in (each for each in DUTIES if each in duties):
        there = tuple(each.user_id for each in held if each.duty == duty)
        wanted += [NewOwner(member, duty) for member in several(work.bindings, "owners", duty) or there]
    return tuple(wanted)
