"""Which slots hold another value than the one they are given: what a plan shows, and applying changes."""

from collections.abc import Iterator, Sequence

from freehold.alerts.channel_actions import open_url
from freehold.keys.settings_rules import normal_network
from freehold.production.applying.tools import Tools, normal_url
from freehold.production.shape.assets import Assets
from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import Shape
from freehold.production.shape.rules import binding_slots
from freehold.production.shape.slots import Bindings, one, several
from freehold.projects.records import Project
from freehold.webhooks.sealing import open_headers


def rebound_slots(tools: Tools, project: Project, assets: Assets, wanted: Shape, bindings: Bindings) -> Iterator[str]:
    """The slots of a shape whose value would change, in the order of their pointers; those that hold nothing yet are not among them."""
    for each in binding_slots(wanted):
        if each.slot in bindings and _differs(tools, project, assets, bindings, each.slot):
            yield each.slot


def _differs(tools: Tools, project: Project, assets: Assets, bindings: Bindings, slot: str) -> bool:
    match tokens_of(slot):
        case ["owners", duty]:
            return _other_people(assets, duty, several(bindings, "owners", duty) or ())
        case ["keys", name, "allowed_cidrs"]:
            before = assets.networks_of(name)
            given = several(bindings, "keys", name, "allowed_cidrs") or ()
            return bool(before) and {normal_network(each) for each in given} != set(before)
        case ["webhooks", name, *_] if name in assets.webhooks:
            return _other_value(tools, project, assets, bindings, slot)
        case ["alert_channels", name, "url"] if name in assets.channels:
            held = open_url(tools.secret, assets.channels[name])
            given_url = one(bindings, "alert_channels", name, "url") or ""
            return held not in (given_url, normal_url(tools, project, given_url))
        case ["report_schedules", name, "recipients"] if name in assets.schedules:
            people = [(each.user_id, each.email) for each in assets.schedules[name].recipients]
            return _others(people, several(bindings, "report_schedules", name, "recipients") or ())
    return False


def _other_value(tools: Tools, project: Project, assets: Assets, bindings: Bindings, slot: str) -> bool:
    _, name, kind, *header = tokens_of(slot)
    endpoint = assets.webhooks[name]
    if kind == "url":
        given = one(bindings, "webhooks", name, "url") or ""
        return endpoint.url not in (given, normal_url(tools, project, given))
    held = {
        key.lower(): value for key, value in open_headers(tools.secret, endpoint.id, endpoint.sealed_headers).items()
    }
    known = held.get(header[0].lower())
    return known is not None and known != one(bindings, "webhooks", name, "headers", header[0])


def _other_people(assets: Assets, duty: str, given: tuple[str, ...]) -> bool:
    held = [(each.user_id, each.email) for each in assets.owners if each.duty == duty]
    return bool(held) and _others(held, given)


def _others(held: Sequence[tuple[str, str]], given: tuple[str, ...]) -> bool:
    """Whether members, given by id or address, are other people than these, of whom both are known."""
    ids = {name: user_id for user_id, email in held for name in (user_id, email)}
    return {ids.get(member.strip().lower()) for member in given} != {user_id for user_id, _ in held}
