# Written by `make docs` from the API's OpenAPI document; change what that says instead.

"""What can be done with alerts."""

from collections.abc import Sequence
from datetime import datetime
from types import NoneType

from msgspec import UNSET

from freehold.sdk.bodies import AlertFilterBody, ThresholdBody
from freehold.sdk.calls import Call, Mode, Resource, Unset, key_or_new, listing, operation, segment, sent
from freehold.sdk.listings import Page
from freehold.sdk.models import Alert, AlertTest, Firing
from freehold.sdk.models.words import AlertComparison, AlertMetric, AlertNotify, AlertSeverity, FiringState, QuotaPeriod


class AlertCalls(Resource[Mode]):
    """What `client.alerts` does."""

    @listing
    def list(self, project_id: str, *, limit: int | None = None, cursor: str | None = None) -> Call[Page[Alert]]:
        """A project's alert rules, newest first.

        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/projects/{segment(project_id)}/alerts",
            Page[Alert],
            query={"limit": limit, "cursor": cursor},
            repeatable=True,
        )

    @operation
    def create(
        self,
        project_id: str,
        *,
        name: str,
        metric: AlertMetric,
        thresholds: Sequence[ThresholdBody],
        comparison: AlertComparison | Unset | None = UNSET,
        period: QuotaPeriod | Unset | None = UNSET,
        timezone: str | Unset = UNSET,
        window_s: int | Unset | None = UNSET,
        filter: AlertFilterBody | Unset = UNSET,
        minimum_count: int | Unset = UNSET,
        severity: AlertSeverity | Unset = UNSET,
        owner: str | Unset | None = UNSET,
        next_action: str | Unset = UNSET,
        notify: Sequence[AlertNotify] | Unset = UNSET,
        muted_until: datetime | Unset | None = UNSET,
        enabled: bool | Unset = UNSET,
        slot: str | Unset | None = UNSET,
        idempotency_key: str | None = None,
    ) -> Call[Alert]:
        """Make an alert rule of a project.

        A new alert rule. `period` (of `timezone`) or `window_s`, as its metric has it; `notify`: all ways unless
        given.

        `timezone`: Whose hours, days and months the period is of.
        `minimum_count`: Rates of fewer are not judged.
        `next_action`: What to do when it fires.

        Raises Conflict, IdempotencyConflict, NotFound, ProjectLocked.
        """
        return Call(
            "POST",
            f"/v1/projects/{segment(project_id)}/alerts",
            Alert,
            body=sent(
                {
                    "name": name,
                    "metric": metric,
                    "thresholds": thresholds,
                    "comparison": comparison,
                    "period": period,
                    "timezone": timezone,
                    "window_s": window_s,
                    "filter": filter,
                    "minimum_count": minimum_count,
                    "severity": severity,
                    "owner": owner,
                    "next_action": next_action,
                    "notify": notify,
                    "muted_until": muted_until,
                    "enabled": enabled,
                    "slot": slot,
                }
            ),
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @operation
    def get(self, alert_id: str) -> Call[Alert]:
        """One alert rule.

        Raises NotFound.
        """
        return Call("GET", f"/v1/alerts/{segment(alert_id)}", Alert, repeatable=True)

    @operation
    def delete(self, alert_id: str, *, if_match: str | None = None) -> Call[None]:
        """Remove an alert rule; its firings stay on record.

        Raises NotFound, PreconditionFailed.
        """
        return Call("DELETE", f"/v1/alerts/{segment(alert_id)}", NoneType, if_match=if_match, repeatable=True)

    @operation
    def edit(
        self,
        alert_id: str,
        *,
        name: str | Unset = UNSET,
        thresholds: Sequence[ThresholdBody] | Unset = UNSET,
        period: QuotaPeriod | Unset | None = UNSET,
        timezone: str | Unset = UNSET,
        window_s: int | Unset | None = UNSET,
        filter: AlertFilterBody | Unset = UNSET,
        minimum_count: int | Unset = UNSET,
        severity: AlertSeverity | Unset = UNSET,
        owner: str | Unset | None = UNSET,
        next_action: str | Unset = UNSET,
        notify: Sequence[AlertNotify] | Unset = UNSET,
        muted_until: datetime | Unset | None = UNSET,
        enabled: bool | Unset = UNSET,
        if_match: str | None = None,
    ) -> Call[Alert]:
        """Change an alert rule (RFC 7396). Its metric stays: a rule on another one is another rule.

        New values; what is absent stays, null clears. `thresholds` and `notify` take the place of all (RFC 7396).

        `timezone`: Whose hours, days and months the period is of.
        `minimum_count`: Rates of fewer are not judged.
        `next_action`: What to do when it fires.

        Raises Conflict, NotFound, PreconditionFailed.
        """
        return Call(
            "PATCH",
            f"/v1/alerts/{segment(alert_id)}",
            Alert,
            body=sent(
                {
                    "name": name,
                    "thresholds": thresholds,
                    "period": period,
                    "timezone": timezone,
                    "window_s": window_s,
                    "filter": filter,
                    "minimum_count": minimum_count,
                    "severity": severity,
                    "owner": owner,
                    "next_action": next_action,
                    "notify": notify,
                    "muted_until": muted_until,
                    "enabled": enabled,
                }
            ),
            if_match=if_match,
            repeatable=True,
        )

    @operation
    def test(self, alert_id: str, *, idempotency_key: str | None = None) -> Call[AlertTest]:
        """Tell a rule's people that this is a test, by the ways that a firing would take.

        Raises Conflict, IdempotencyConflict, NotFound.
        """
        return Call(
            "POST",
            f"/v1/alerts/{segment(alert_id)}/test",
            AlertTest,
            idempotency_key=key_or_new(idempotency_key),
            repeatable=True,
        )

    @listing
    def firings(
        self, alert_id: str, *, state: FiringState | None = None, limit: int | None = None, cursor: str | None = None
    ) -> Call[Page[Firing]]:
        """The firings of one alert rule, newest first.

        `state`: Only those that are open, or over.
        `limit`: How many to answer, 1 to 200.
        `cursor`: Where the list goes on: `next_cursor` of the answer before.

        Raises NotFound.
        """
        return Call(
            "GET",
            f"/v1/alerts/{segment(alert_id)}/firings",
            Page[Firing],
            query={"state": state, "limit": limit, "cursor": cursor},
            repeatable=True,
        )
