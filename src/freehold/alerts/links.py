"""Where the requests behind a firing are: its window and filters, as the API's query and the dashboard's address. Pure."""

from typing import Any
from urllib.parse import urlencode

from freehold.alerts.records import Firing


def requests_query(firing: Firing) -> dict[str, str] | None:
    """The query of the requests behind a firing; None where there are none behind it."""
    seen: dict[str, Any] = firing.seen
    facts = seen["rule"]
    if "webhook" in firing.metric or "retry" in firing.metric:
        return None
    query = {"from": str(seen["from"]), "to": str(seen["to"])}
    chosen = facts["filter"]
    key = firing.subject_id or chosen.get("key")
    query |= {"key": key} if key else {}
    query |= {"endpoint": chosen["endpoint"]} if chosen.get("endpoint") else {}
    query |= {"outcome": chosen["reason"]} if chosen.get("reason") else {}
    if firing.metric == "denials" and not chosen.get("reason"):
        query["kind"] = "denied"
    return query | ({"kind": "failed"} if firing.metric == "failure_rate" else {})


def requests_href(firing: Firing) -> str | None:
    """The dashboard's page of the requests behind a firing."""
    if firing.metric in ("webhook_failure_rate", "retry_pressure"):
        return f"/projects/{firing.project_id}/webhooks"
    query = requests_query(firing)
    return f"/projects/{firing.project_id}/requests?{urlencode(query)}" if query else None
