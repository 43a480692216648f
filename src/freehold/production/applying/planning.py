"""What applying a shape to a project would do: every difference, which slots need a value, and what follows for people.

Exact: what a plan says is what applying does, as long as the project stays as it is, which the plan's fingerprint holds.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from freehold.errors import invalid
from freehold.kit import canonical_json
from freehold.production.applying.engine import faults_of
from freehold.production.applying.rebinding import rebound_slots
from freehold.production.applying.tools import Tools
from freehold.production.shape.assembling import read_shape
from freehold.production.shape.assets import Assets, assets_of, filled_slots
from freehold.production.shape.records import BindingSlot, Difference, Shape
from freehold.production.shape.rules import differences
from freehold.production.shape.slots import Bindings, missing
from freehold.projects.records import Project
from freehold.store.engine import Transaction


@dataclass(frozen=True, slots=True)
class Plan:
    """What applying would do. `differences`: of the wanted shape (`sandbox`) from the present one.

    `needed`: slots that hold nothing and are given nothing: applying waits for them. `rebound`: slots that would hold
    another value. `fingerprint`: of the plan itself, by which it is carried out.
    """

    differences: tuple[Difference, ...]
    needed: tuple[BindingSlot, ...]
    rebound: tuple[str, ...]
    consequences: tuple[str, ...]
    fingerprint_before: str
    fingerprint_after: str

    @property
    def changes(self) -> int:
        """How many fields and slots would be other than they are."""
        return len(self.differences) + len(self.rebound)

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of what the plan starts from, leads to and binds."""
        return canonical_json.fingerprint([self.fingerprint_before, self.fingerprint_after, sorted(self.rebound)])


def plan_for(tx: Transaction, tools: Tools, project: Project, wanted: Shape, bindings: Bindings) -> Plan:
    """What applying a shape (in its normal form) with these bindings would do. Problem `invalid` names what is wrong with them."""
    if faults := faults_of(tx, project, wanted, bindings):
        raise invalid(*faults)
    assets = assets_of(tx, project)
    present = read_shape(tx, project, assets)
    found = differences(wanted, present)
    return Plan(
        tuple(found), tuple(missing(wanted, bindings, filled_slots(assets))),
        tuple(rebound_slots(tools, project, assets, wanted, bindings)),
        tuple(consequences(present, wanted, assets)),
        canonical_json.fingerprint(present), canonical_json.fingerprint(wanted),
    )  # fmt: skip


def consequences(present: Shape, wanted: Shape, assets: Assets) -> Iterator[str]:
    """What follows from a change of shape for those who use the project, in sentences. Pure."""
    gone = {
        part: sorted(present.get(part, {}).keys() - wanted.get(part, {}).keys())
        for part in ("keys", "webhooks", "alert_channels", "alerts", "report_schedules")
    }
    new = {part: sorted(wanted[part].keys() - present[part].keys()) for part in ("keys", "webhooks")}
    if revoked := [name for name in gone["keys"] if name in assets.keys]:
        yield f"{_list('Key', revoked)} {_is(revoked)} revoked at once and for good: calls with {_it(revoked)} are denied."
    if undeclared := [name for name in gone["keys"] if name not in assets.keys]:
        yield f"{_list('Declared key', undeclared)} {_is(undeclared)} taken back."
    if new["keys"]:
        yield f"{_list('Key', new['keys'])} {_is(new['keys'])} declared: people issue {_it(new['keys'])} afterwards."
    yield from _of_scope(present, wanted)
    if gone["webhooks"]:
        slots = gone["webhooks"]
        yield f"{_list('Webhook endpoint', slots)} {_is(slots)} deleted: what is pending for {_it(slots)} is dropped."
    if new["webhooks"]:
        slots = new["webhooks"]
        yield f"{_list('Webhook endpoint', slots)} {_is(slots)} made, with a new signing secret each, shown once."
    if gone["alert_channels"]:
        yield f"{_list('Chat channel', gone['alert_channels'])} {_is(gone['alert_channels'])} removed."
    if gone["alerts"]:
        yield f"{_list('Alert rule', gone['alerts'])} {_is(gone['alerts'])} deleted: what is open of {_it(gone['alerts'])} is over."
    if gone["report_schedules"]:
        yield f"{_list('Report schedule', gone['report_schedules'])} {_is(gone['report_schedules'])} deleted; the reports stay."
    yield from _of_limits(present, wanted, assets)


def _of_scope(present: Shape, wanted: Shape) -> Iterator[str]:
    left = sorted(set(present["scope"]["endpoints"]) - set(wanted["scope"]["endpoints"]))
    if left:
        yield f"{_list('Endpoint', left)} {_leave(left)} the scope: calls of {_it(left)} are denied."
    unheard = sorted(set(present["scope"]["event_types"]) - set(wanted["scope"]["event_types"]))
    if unheard:
        yield f"{_list('Event type', unheard)} {_leave(unheard)} the scope: no webhook endpoint receives {_it(unheard)} any more."


def _of_limits(present: Shape, wanted: Shape, assets: Assets) -> Iterator[str]:
    if present["limits"] != wanted["limits"]:
        yield "The project's limits change for all of its keys at once."
    narrowed = [
        name for name in sorted(assets.keys)
        if name in wanted["keys"] and _is_narrower(present["keys"][name], wanted["keys"][name])
    ]  # fmt: skip
    if narrowed:
        yield f"{_list('Key', narrowed)} {_is(narrowed)} narrowed: calls that passed before may be denied."


def _is_narrower(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a key may do less in some respect, or at least otherwise."""
    fewer = after["endpoints"] is not None and (
        before["endpoints"] is None or bool(set(before["endpoints"]) - set(after["endpoints"]))
    )
    tighter = any(
        after[part] and before[part] != after[part]
        for part in ("restricted", "rate_limits", "quota", "expires_after_days")
    )
    return fewer or tighter


def _list(noun: str, names: Collection[str]) -> str:
    shown = list(names)
    return f"{noun}{'' if len(shown) == 1 else 's'} {', '.join(shown)}"


def _is(names: Collection[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _it(names: Collection[str]) -> str:
    return "it" if len(names) == 1 else "them"


def _leave(names: Collection[str]) -> str:
    return "leaves" if len(names) == 1 else "leave"
