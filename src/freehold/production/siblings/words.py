"""What a clone, promotion or revert brings about, in sentences for who decides it. Pure."""

from collections.abc import Collection, Iterator, Sequence

from freehold.production.shape.pointers import tokens_of
from freehold.production.shape.records import Difference


def of_clone(found: Sequence[Difference]) -> tuple[str, ...]:
    """What cloning brings about; `found`: all of the shape, as it differs from nothing."""
    keys, webhooks = _names(found, "keys"), _names(found, "webhooks")
    said = ["A production project is made beside the sandbox, which keeps running as it is."]
    if keys:
        said.append(
            f"{_several(keys, 'key')} declared: people issue {_them(keys)} afterwards. No sandbox key works there."
        )
    if webhooks:
        said.append(f"{_several(webhooks, 'webhook endpoint')} made with new signing secrets, which are shown once.")
    if rules := _names(found, "alerts"):
        said.append(f"{_several(rules, 'alert rule')} made: they look at production's own traffic from then on.")
    if schedules := _names(found, "report_schedules"):
        said.append(
            f"{_several(schedules, 'report schedule')} made: production's own reports, with the rights of who clones."
        )
    said.append("Nothing else comes along: no secret, no key, no usage, no session.")
    return tuple(said)


def of_change(found: Sequence[Difference], live_keys: Collection[str], target: str) -> tuple[str, ...]:
    """What bringing a project to a shape brings about. `found`: its differences, the wanted side being `sandbox`.

    `live_keys`: names of keys that are issued, not only declared; `target`: the project's environment.
    """
    return tuple(sentence for each in found for sentence in _of(each, live_keys, target))


def _of(each: Difference, live_keys: Collection[str], target: str) -> Iterator[str]:
    gone, new = each.sandbox is None, each.production is None
    match tokens_of(each.path):
        case ["keys", name] if gone and name in live_keys:
            yield f"Revokes the {target} key {name}: calls with it are refused at once, and for good."
        case ["keys", name] if new:
            yield f"Declares the key {name}: a person issues it afterwards."
        case ["keys", name, "endpoints" | "rate_limits" | "quota" | "restricted" as field] if name in live_keys:
            yield f"Changes what calls with the key {name} may do ({field.replace('_', ' ')}) at once."
        case ["scope", "endpoints", name] if gone:
            yield f"Calls of {name} are denied at once."
        case ["scope", "event_types", name] if gone:
            yield f"{name} is delivered to no webhook endpoint any more."
        case ["webhooks", name] if gone:
            yield f"Deletes the webhook endpoint {name}: what waits for it is not delivered."
        case ["webhooks", name] if new:
            yield f"Makes the webhook endpoint {name} with a new signing secret, which is shown once."
        case ["alerts", name] if gone:
            yield f"Deletes the alert rule {name} and what it found."
        case ["alert_channels", name] if gone:
            yield f"Removes the chat channel {name}: nothing is told there any more."
        case ["report_schedules", name] if gone:
            yield f"Deletes the report schedule {name}; its reports stay."
        case ["report_schedules", name] if new:
            yield f"Makes the report schedule {name}, which runs with the rights of who decides this."
        case ["limits", *_]:
            yield f"Changes a limit of all of {target}'s keys together at once."


def _names(found: Sequence[Difference], part: str) -> list[str]:
    return [tokens_of(each.path)[1] for each in found if tokens_of(each.path)[0] == part]


def _several(names: Sequence[str], noun: str) -> str:
    return f"One {noun} is" if len(names) == 1 else f"{len(names)} {noun}s are"


def _them(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"
