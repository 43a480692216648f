"""Shapes for properties: arbitrary, but such that a project can have them where its API's catalogue has `NAMES`."""

from typing import Any, Final

from hypothesis import strategies as st

from freehold.production.shape.rules import binding_slots, from_items

NAMES: Final = ("a", "b", "c/d", "e~f")
_NAMES: Final = st.sampled_from(NAMES)
_SLOTS: Final = st.sampled_from(["orders", "refunds", "ops"])
_COUNTS: Final = st.integers(1, 3)
_LIMITS: Final = st.dictionaries(
    st.sampled_from(["burst", "steady"]), st.fixed_dictionaries({"limit": _COUNTS, "window_s": _COUNTS})
)
_QUOTAS: Final = st.none() | st.fixed_dictionaries({"limit": _COUNTS, "period": st.sampled_from(["day", "month"])})


@st.composite
def shapes(draw: st.DrawFn, api: str = "example") -> Any:
    """One valid shape out of few names, so that two of them share much and differ in something."""
    endpoints, event_types = draw(st.sets(_NAMES)), draw(st.sets(_NAMES))
    items: dict[str, Any] = {"/labels/name": "Shop", "/labels/purpose": draw(st.sampled_from(["one", "two"]))}
    items |= {"/owners/technical": True}
    items |= {f"/owners/{duty}": True for duty in draw(st.sets(st.sampled_from(["billing", "audit"])))}
    items |= {f"/scope/endpoints/{_escaped(name)}": True for name in endpoints}
    items |= {f"/scope/event_types/{_escaped(name)}": True for name in event_types}
    items |= {f"/limits/rate_limits/{name}": limit for name, limit in draw(_LIMITS).items()}
    if quota := draw(_QUOTAS):
        items["/limits/quota"] = quota
    keys = {name: _key(draw, sorted(endpoints)) for name in draw(st.sets(_NAMES))}
    webhooks = {name: _webhook(draw, sorted(event_types)) for name in draw(st.sets(_SLOTS))}
    items |= {f"/keys/{_escaped(name)}": key for name, key in keys.items()}
    items |= {f"/webhooks/{name}": webhook for name, webhook in webhooks.items()}
    items |= {f"/alert_channels/{name}": _channel(draw, name) for name in draw(st.sets(_SLOTS))}
    items |= {f"/alerts/{name}": _alert(draw, sorted(keys), sorted(webhooks)) for name in draw(st.sets(_SLOTS))}
    items |= {f"/report_schedules/{name}": _schedule(draw) for name in draw(st.sets(_SLOTS))}
    return from_items(api, items)


def bindings_for(shape: Any, member: str, url: str) -> dict[str, str | list[str]]:
    """A value for every slot of a shape."""
    values: dict[str, str | list[str]] = {
        "url": url,
        "header": "secret",
        "networks": ["192.0.2.0/24"],
        "member": member,
    }
    return {each.slot: values[each.kind] for each in binding_slots(shape)}


def _key(draw: st.DrawFn, endpoints: list[str]) -> dict[str, Any]:
    narrowed = draw(st.none() | st.sets(st.sampled_from(endpoints))) if endpoints else None
    return {
        "workload": draw(st.none() | st.just("batch")), "endpoints": None if narrowed is None else sorted(narrowed),
        "restricted": draw(st.booleans()), "rate_limits": draw(_LIMITS), "quota": draw(_QUOTAS),
        "expires_after_days": draw(st.none() | _COUNTS),
    }  # fmt: skip


def _webhook(draw: st.DrawFn, event_types: list[str]) -> dict[str, Any]:
    received = draw(st.sets(st.sampled_from([*event_types, "key.revoked"]), min_size=1))
    return {
        "description": draw(st.none() | st.just("Orders")), "event_types": sorted(received),
        "headers": sorted(draw(st.sets(st.sampled_from(["X-A", "X-Token"])))),
        "fifo": draw(st.booleans()), "max_per_second": draw(st.none() | _COUNTS), "v1a": draw(st.booleans()),
    }  # fmt: skip


def _channel(draw: st.DrawFn, name: str) -> dict[str, Any]:
    return {"name": draw(st.sampled_from([name, "Chat"])), "kind": draw(st.sampled_from(["generic", "slack"]))}


def _alert(draw: st.DrawFn, keys: list[str], webhooks: list[str]) -> dict[str, Any]:
    of_webhooks = bool(webhooks) and draw(st.booleans())
    key = draw(st.none() | st.sampled_from(keys)) if keys and not of_webhooks else None
    return {
        "name": draw(st.sampled_from(["Watch", "Look"])), "comparison": "above", "timezone": "UTC",
        "metric": "webhook_failure_rate" if of_webhooks else "requests",
        "thresholds": [{"at": draw(st.sampled_from(["1", "2.5"])), "resolve_below": None}],
        "period": None if of_webhooks else draw(st.sampled_from(["day", "month"])),
        "window_s": 3600 if of_webhooks else None,
        "filter": {
            "key": key, "webhook": draw(st.sampled_from(webhooks)) if of_webhooks else None,
            "endpoint": None, "reason": None, "percentile": None,
        },
        "minimum_count": 0, "severity": draw(st.sampled_from(["info", "critical"])), "next_action": "",
        "notify": sorted(draw(st.sets(st.sampled_from(["chat", "email", "webhooks"])))), "enabled": draw(st.booleans()),
    }  # fmt: skip


def _schedule(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(st.sampled_from(["usage_summary", "key_inventory"]))
    return {
        "name": draw(st.sampled_from(["Monthly", "Weekly"])), "kind": kind, "format": draw(st.sampled_from(["csv", "jsonl"])),
        "cron": draw(st.sampled_from(["0 6 * * MON", "30 2 L * *"])),
        "time_zone": draw(st.sampled_from(["UTC", "Europe/Berlin"])),
        "period": None if kind == "key_inventory" else draw(st.sampled_from(["week", "month"])),
    }  # fmt: skip


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
