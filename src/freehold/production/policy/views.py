"""What the operator asks, as the API shows it and takes it."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, UnsetType

from freehold.production.policy.actions import policy_facts
from freehold.production.policy.own_checks import INSTRUCTION_MAX, TITLE_MAX, OwnCheckSettings
from freehold.production.readiness.records import AttestingRole, Code, MaterialItem, OwnCheck, OwnKind, Policy
from freehold.web.call import etag
from freehold.web.inputs import Body, number, text

Days = Annotated[int, number(30, "Days, 1 to 365.", 1, 365)]


class PolicyBody(Body, frozen=True):
    """What the operator asks of an API's projects, whole. Days count back from today in UTC.

    `blocking`: the codes of Freehold's own checks that block. `failure_rate_max`: in percent. `material`: the items of a
    shape whose change ends an approval. `promotion_needs_approval`: whether material items reach a live production
    project by an approved request alone.
    """

    blocking: Annotated[list[Code], msgspec.Meta(examples=[["technical_owner", "recent_lookup"]])]
    failure_rate_max: Annotated[float, msgspec.Meta(examples=[5.0], extra_json_schema={"minimum": 0, "maximum": 100})]
    material: Annotated[list[MaterialItem], msgspec.Meta(examples=[["scope", "limits"]])]
    exercise_days: Days
    lookup_days: Days
    denial_days: Days
    delivery_days: Days
    alert_days: Days
    failure_days: Days
    unused_days: Days
    rotation_days: Days
    approval_days: Days
    promotion_needs_approval: Annotated[bool, msgspec.Meta(examples=[True])]


class PolicyView(msgspec.Struct, kw_only=True):
    """What the operator asks of an API's projects; the defaults where `changed_at` is null."""

    api: str
    blocking: list[Code]
    failure_rate_max: float
    material: list[MaterialItem]
    exercise_days: int
    lookup_days: int
    denial_days: int
    delivery_days: int
    alert_days: int
    failure_days: int
    unused_days: int
    rotation_days: int
    approval_days: int
    promotion_needs_approval: bool
    changed_by: str | None
    changed_at: datetime | None
    etag: str


class OwnCheckBody(Body, frozen=True):
    """A check of the operator's: an attestation by a person of a `role`, or an HTTP check that Freehold calls at a `url`."""

    kind: Annotated[OwnKind, msgspec.Meta(examples=["attestation"])]
    code: Annotated[str, text("security_review", "Names it among the API's checks.", minimum=2, maximum=40)]
    title: Annotated[str, text("Security review", minimum=1, maximum=TITLE_MAX)]
    instruction: Annotated[str, text("Read the threat model, and say what you found.", maximum=INSTRUCTION_MAX)] = ""
    blocking: bool = True
    role: Annotated[AttestingRole | None, msgspec.Meta(examples=["auditor"])] = None
    url: Annotated[str | None, text("https://checks.example.com/freehold", maximum=2048)] = None
    valid_days: Annotated[int, number(90, "For how long what was said or found counts.", 1, 365)] = 90


class OwnCheckPatch(Body, frozen=True):
    """New values; what is absent stays. Of a check that asks another thing, what was said before counts no more."""

    code: Annotated[str, text("security_review", minimum=2, maximum=40)] | UnsetType = UNSET
    title: Annotated[str, text("Security review", minimum=1, maximum=TITLE_MAX)] | UnsetType = UNSET
    instruction: Annotated[str, text("Read the threat model.", maximum=INSTRUCTION_MAX)] | UnsetType = UNSET
    blocking: bool | UnsetType = UNSET
    role: Annotated[AttestingRole, msgspec.Meta(examples=["auditor"])] | UnsetType = UNSET
    url: Annotated[str, text("https://checks.example.com/freehold", maximum=2048)] | UnsetType = UNSET
    valid_days: Annotated[int, number(90, "For how long it counts.", 1, 365)] | UnsetType = UNSET


class OwnCheckView(msgspec.Struct, kw_only=True):
    """A check of the operator's."""

    id: str
    api: str
    kind: OwnKind
    code: str
    title: str
    instruction: str
    blocking: bool
    role: AttestingRole | None
    url: str | None
    valid_days: int
    created_by: str
    created_at: datetime
    etag: str


def policy_of(data: PolicyBody, api: str) -> Policy:
    """What a body asks for."""
    values = msgspec.structs.asdict(data)
    return Policy(api, **values | {"blocking": frozenset(data.blocking), "material": tuple(data.material)})


def policy_view(policy: Policy) -> PolicyView:
    """A policy."""
    return PolicyView(
        api=policy.api_id, changed_by=policy.changed_by, changed_at=policy.changed_at, etag=etag(policy.revision),
        **policy_facts(policy),
    )  # fmt: skip


def own_settings_of(data: OwnCheckBody) -> OwnCheckSettings:
    """What a body chooses of a check."""
    return OwnCheckSettings(**msgspec.structs.asdict(data))


def own_patched(old: OwnCheckSettings, data: OwnCheckPatch) -> OwnCheckSettings:
    """Settings with what a body changes of them."""
    said = {name: value for name, value in msgspec.structs.asdict(data).items() if value is not UNSET}
    return replace(old, **said)


def own_check_view(check: OwnCheck) -> OwnCheckView:
    """A check of the operator's."""
    return OwnCheckView(
        id=check.id, api=check.api_id, kind=check.kind, code=check.code, title=check.title, instruction=check.instruction,
        blocking=check.blocking, role=check.role, url=check.url, valid_days=check.valid_days,
        created_by=check.created_by, created_at=check.created_at, etag=etag(check.revision),
    )  # fmt: skip
