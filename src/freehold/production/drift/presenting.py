"""Drift as its page shows it: each difference, with who is ahead and what was accepted. No IO."""

from collections.abc import Sequence

from freehold.dashboard.views.siblings import DriftGroup, DriftLine
from freehold.production.drift.records import Drifted
from freehold.production.shape.parts import grouped
from freehold.production.shape.presenting import line_of


def drift_groups(found: Sequence[Drifted]) -> tuple[DriftGroup, ...]:
    """The same on the drift page, with who is ahead and what was accepted."""
    by_path = {each.difference.path: each for each in found}
    return tuple(
        DriftGroup(title=title, lines=tuple(_drift_line(by_path[each.path]) for each in members))
        for title, members in grouped(each.difference for each in found)
    )


def _drift_line(each: Drifted) -> DriftLine:
    mark, accepted = each.ahead, each.acceptance
    return DriftLine(
        **line_of(each.difference), item=each.difference.item, ahead=mark.environment if mark else None,
        by=mark.by if mark else "", at=mark.at if mark else None, accepted=accepted.reason if accepted else "",
        accepted_by=accepted.accepted_by if accepted else "", accepted_until=accepted.expires_at if accepted else None,
    )  # fmt: skip
