"""What makes a value fit its slot in production, and what of it is shown. Pure; the URL policy comes in as an argument."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

from freehold.errors import FieldError
from freehold.keys.settings_rules import NETWORKS_MAX, normal_network
from freehold.production.bindings.records import BindingValue
from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import BindingSlot
from freehold.webhooks.headers import MASK, header_faults

OWNERS_MAX: Final = 20
_WORDS: Final = {
    "url": "one URL",
    "header": "one text",
    "networks": "a list of networks",
    "member": "a list of members",
}


class Unfit(ValueError):
    """A value that its slot cannot take. The message is a sentence that says what to give instead."""


def fitting(
    slot: BindingSlot, value: BindingValue, checked_url: Callable[[str], str], members: Mapping[str, str]
) -> BindingValue:
    """A value in its one form; Unfit where the slot cannot take it.

    `checked_url` returns a URL in its one form or raises ValueError; `members`: user ids by id and by e-mail address.
    """
    if isinstance(value, str) != (slot.kind in ("url", "header")):
        raise Unfit(f"{slot.label}: this is {_WORDS[slot.kind]}.")
    match value:
        case str() if slot.kind == "url":
            return _url(value, checked_url)
        case str():
            return _header(tokens_of(slot.slot)[-1], value)
        case _ if slot.kind == "networks":
            return _networks(value)
        case _:
            return _members(value, members)


def shown(slot: BindingSlot, value: BindingValue, names: Mapping[str, str]) -> str:
    """What a person may see of a value. `names`: what members are called, by user id."""
    if isinstance(value, str):
        return _host(value) if slot.kind == "url" else MASK
    if slot.kind == "networks":
        return f"{len(value)} network{'' if len(value) == 1 else 's'}"
    return ", ".join(names.get(each, each) for each in value)


def typed(kind: str, text: str) -> BindingValue:
    """A value as a form or a command has it, as one text: several are set apart by commas or spaces."""
    if kind in ("url", "header"):
        return text.strip()
    return tuple(text.replace(",", " ").split())


def slot_errors(faults: Mapping[str, str]) -> list[FieldError]:
    """Faults by slot as errors of the fields that carry them."""
    return [FieldError(f"bindings.{slot}", sentence, "bad_binding") for slot, sentence in faults.items()]


def _url(value: str, checked_url: Callable[[str], str]) -> str:
    try:
        return checked_url(value.strip())
    except ValueError as bad:
        raise Unfit(str(bad)) from None


def _header(name: str, value: str) -> str:
    if value == MASK:
        raise Unfit(f"This is the mask of a value, not a value. Give what {name} is in production.")
    for _, fault in header_faults({name: value}):
        raise Unfit(fault)
    return value


def _networks(values: Sequence[str]) -> tuple[str, ...]:
    if not 1 <= len(values) <= NETWORKS_MAX:
        raise Unfit(f"Name 1 to {NETWORKS_MAX} networks, such as 203.0.113.0/24.")
    try:
        return tuple(dict.fromkeys(normal_network(each) for each in values))
    except ValueError:
        raise Unfit("A network is written like 203.0.113.0/24 or 2001:db8::/32.") from None


def _members(values: Sequence[str], members: Mapping[str, str]) -> tuple[str, ...]:
    if not 1 <= len(values) <= OWNERS_MAX:
        raise Unfit(f"Name 1 to {OWNERS_MAX} members by their ids or e-mail addresses.")
    unknown = [each for each in values if each.strip().lower() not in members]
    if unknown:
        raise Unfit(f"No member of the organization has the id or address {unknown[0]}.")
    return tuple(dict.fromkeys(members[each.strip().lower()] for each in values))


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/…"
