"""How shapes differ, and where a selection of items leads. Pure.

A shape falls into items: what is promoted, reverted or accepted as one. Items refer to each other (a key to the
endpoints that it is narrowed to, an alert rule to its key), so that a selection may have to pull others along.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from freehold.production.shape.pointers import pointer, sorted_pointers, tokens_of
from freehold.production.shape.records import SHAPE_VERSION, BindingSlot, Difference, DifferenceKind, Selection, Shape
from freehold.webhooks.own_events import OWN_EVENTS

# Members of these are items by name, with fields of their own.
NAMED: Final = ("keys", "webhooks", "alert_channels", "alerts", "report_schedules")
# Parts that came to shapes later: absent where they are empty, so that a shape from before is the same bytes now.
LATER: Final = ("report_schedules",)


def empty_shape(api: str) -> Shape:
    """The shape of a project that declares nothing yet but a name and a purpose, both empty."""
    return from_items(api, {})


def items_of(shape: Shape) -> dict[str, Any]:
    """A shape's items by their pointers. An item that is absent there has no entry."""
    found: dict[str, Any] = {
        pointer("labels", name): value for name, value in shape["labels"].items() if value is not None
    }
    found |= {pointer("owners", duty): True for duty in shape["owners"]}
    found |= {
        pointer("scope", part, name): True for part in ("endpoints", "event_types") for name in shape["scope"][part]
    }
    found |= {pointer("limits", "rate_limits", name): each for name, each in shape["limits"]["rate_limits"].items()}
    if shape["limits"]["quota"] is not None:
        found[pointer("limits", "quota")] = shape["limits"]["quota"]
    for part in NAMED:
        found |= {pointer(part, name): each for name, each in shape.get(part, {}).items()}
    return found


def from_items(api: str, items: Mapping[str, Any]) -> Shape:
    """The shape that consists of these items: what `items_of` took apart."""
    shape: dict[str, Any] = {
        "version": SHAPE_VERSION, "api": api,
        "labels": {"name": "", "purpose": "", "product_line": None, "use_case": None},
        "owners": [], "scope": {"endpoints": [], "event_types": []}, "limits": {"rate_limits": {}, "quota": None},
        **{part: {} for part in NAMED},
    }  # fmt: skip
    for name in sorted_pointers(items):
        match tokens_of(name):
            case ["owners", duty]:
                shape["owners"].append(duty)
            case ["scope", part, each]:
                shape["scope"][part].append(each)
            case ["limits", "rate_limits", each]:
                shape["limits"]["rate_limits"][each] = items[name]
            case [part, each]:
                shape[part][each] = items[name]
    return without_empty(shape)


def without_empty(shape: Mapping[str, Any]) -> Shape:
    """A shape without the parts that are absent where they are empty."""
    return {part: value for part, value in shape.items() if value or part not in LATER}


def differences(sandbox: Shape, production: Shape) -> list[Difference]:
    """Every field in which two shapes differ, in the order of their pointers; none exactly when they are equal."""
    left, right = items_of(sandbox), items_of(production)
    return [
        difference
        for item in sorted_pointers({*left, *right})
        if left.get(item) != right.get(item)
        for difference in _of_item(item, left.get(item), right.get(item))
    ]


def selected(present: Shape, wanted: Shape, chosen: Collection[str]) -> Selection:
    """Where bringing the chosen items of `wanted` into `present` leads, absent ones being taken away.

    What the result would refer to and not have comes along, and so does what would refer to something that goes.
    """
    here, there = items_of(present), items_of(wanted)
    differing = {name for name in {*here, *there} if here.get(name) != there.get(name)}
    taken, pulled = {name for name in chosen if name in differing}, dict[str, str]()
    while True:
        result = _brought(here, there, taken)
        more = {
            name: why
            for item, value in result.items()
            for name, why in _missing(item, value, result, differing - taken)
        }
        if not more:
            return Selection(from_items(present["api"], result), frozenset(taken), pulled)
        pulled |= more
        taken |= more.keys()


def binding_slots(shape: Shape) -> list[BindingSlot]:
    """The values that an environment has to be given for a shape, in the order of their pointers."""
    slots = [
        BindingSlot(pointer("owners", duty), "member", required=False, label=f"Who the {duty} owners are")
        for duty in shape["owners"]
    ]
    for name, key in shape["keys"].items():
        if key["restricted"]:
            label = f"The networks that {name} is called from"
            slots.append(BindingSlot(pointer("keys", name, "allowed_cidrs"), "networks", required=True, label=label))
    for name, webhook in shape["webhooks"].items():
        slots.append(BindingSlot(pointer("webhooks", name, "url"), "url", required=True, label=f"The URL of {name}"))
        slots += [
            BindingSlot(
                pointer("webhooks", name, "headers", header), "header", required=True, label=f"{header} of {name}"
            )
            for header in webhook["headers"]
        ]
    for name, channel in shape["alert_channels"].items():
        label = f"The URL of the channel {channel['name']}"
        slots.append(BindingSlot(pointer("alert_channels", name, "url"), "url", required=True, label=label))
    slots += [
        BindingSlot(
            pointer("report_schedules", name, "recipients"), "member", required=False, label=f"Who is mailed by {schedule['name']}"
        )
        for name, schedule in shape.get("report_schedules", {}).items()
    ]  # fmt: skip
    return sorted(slots, key=lambda each: tokens_of(each.slot))


def references_of(item: str, value: Any) -> Iterator[tuple[str, str]]:
    """The items that an item needs, with the reason in words."""
    match tokens_of(item):
        case ["keys", name]:
            for endpoint in value["endpoints"] or ():
                yield pointer("scope", "endpoints", endpoint), f"the key {name} is narrowed to it"
        case ["webhooks", name]:
            for event_type in value["event_types"]:
                if event_type not in OWN_EVENTS:
                    yield pointer("scope", "event_types", event_type), f"the webhook endpoint {name} receives it"
        case ["alerts", name]:
            chosen = value["filter"]
            for part, field in (("keys", "key"), ("webhooks", "webhook")):
                if chosen.get(field) is not None:
                    yield pointer(part, chosen[field]), f"the alert rule {name} looks at it"


def _missing(item: str, value: Any, result: Mapping[str, Any], left: Collection[str]) -> Iterator[tuple[str, str]]:
    """What has to come along because of one item of a result: what it needs, or itself where that is not to be had."""
    for needed, why in references_of(item, value):
        if needed in result:
            continue
        if needed in left:
            yield needed, why
        elif item in left:
            yield item, f"it refers to {needed}, which goes"


def _brought(here: Mapping[str, Any], there: Mapping[str, Any], taken: Collection[str]) -> dict[str, Any]:
    result = {name: value for name, value in here.items() if name not in taken}
    return result | {name: there[name] for name in taken if name in there}


def _of_item(item: str, left: Any, right: Any) -> Iterator[Difference]:
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        for field in sorted({*left, *right}):
            if left.get(field) != right.get(field):
                path = item + pointer(field)
                yield Difference(path, item, "differs", left.get(field), right.get(field))
        return
    kind: DifferenceKind = "differs"
    if left is None or right is None:
        kind = "only_in_production" if left is None else "only_in_sandbox"
    yield Difference(item, item, kind, left, right)


def sentence_of(difference: Difference) -> str:
    """A difference as one line of text, for commands and mails."""
    if difference.kind == "differs":
        return f"{difference.path}: {_shown(difference.production)} → {_shown(difference.sandbox)}"
    return f"{'+' if difference.kind == 'only_in_sandbox' else '-'} {difference.path}"


def _shown(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    return "none" if value is None else str(value)
