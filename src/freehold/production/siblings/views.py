"""What the API shows alike of a clone and of a promotion: differences by part, and secrets shown once. No IO."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec

from freehold.production.shape.parts import grouped
from freehold.production.shape.records import Difference, DifferenceKind

# Of no length of its own: another one than the plan's is refused, whatever it is.
PLANS_FINGERPRINT = msgspec.Meta(description="The plan's.", examples=["3f9a…"])
Plan = Annotated[bool, msgspec.Meta(description="Show what would happen, and change nothing.", examples=[True])]


class SiblingDifferenceView(msgspec.Struct, kw_only=True):
    """One field in which siblings differ; an absent side is null."""

    path: str
    item: str
    kind: DifferenceKind
    sandbox: Any
    production: Any


class SiblingGroupView(msgspec.Struct, kw_only=True):
    """The differences in one part of a shape."""

    title: str
    differences: list[SiblingDifferenceView]


class OnceSecretView(msgspec.Struct, kw_only=True):
    """A new webhook endpoint's signing secret, by the endpoint's slot; shown this once."""

    slot: str
    signing_secret: str


def group_views(found: tuple[Difference, ...]) -> list[SiblingGroupView]:
    """Differences by part, as the API shows them."""
    return [
        SiblingGroupView(
            title=title, differences=[SiblingDifferenceView(**difference_fields(each)) for each in members]
        )
        for title, members in grouped(found)
    ]


def difference_fields(each: Difference) -> dict[str, Any]:
    """What every view of a difference shows."""
    return {
        "path": each.path, "item": each.item, "kind": each.kind, "sandbox": each.sandbox, "production": each.production
    }  # fmt: skip


def once_views(secrets: Mapping[str, str]) -> list[OnceSecretView]:
    """Signing secrets in the order of their slots."""
    return [OnceSecretView(slot=slot, signing_secret=secret) for slot, secret in sorted(secrets.items())]
