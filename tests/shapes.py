"""Shapes for properties: arbitrary, but such that what refers to something has it."""

from typing import Any, Final

from hypothesis import strategies as st

from freehold.production.rules import from_items

_NAMES: Final = st.sampled_from(["a", "b", "c/d", "e~f"])
_SLOTS: Final = st.sampled_from(["orders", "refunds", "ops"])
_COUNTS: Final = st.integers(1, 3)


@st.composite
def shapes(draw: st.DrawFn) -> Any:
    """One valid shape out of few names, so that two of them share much and differ in something."""
    endpoints, event_types = draw(st.sets(_NAMES)), draw(st.sets(_NAMES))
    items: dict[str, Any] = {"/labels/name": "Shop", "/labels/purpose": draw(st.sampled_from(["one", "two"]))}
    items |= {f"/owners/{duty}": True for duty in draw(st.sets(st.sampled_from(["technical", "billing"])))}
    items |= {f"/scope/endpoints/{_escaped(name)}": True for name in endpoints}
    items |= {f"/scope/event_types/{_escaped(name)}": True for name in event_types}
    if draw(st.booleans()):
        items["/limits/quota"] = {"limit": draw(_COUNTS), "period": "day"}
    keys = {name: _key(draw, sorted(endpoints)) for name in draw(st.sets(_NAMES))}
    webhooks = {name: _webhook(draw, sorted(event_types)) for name in draw(st.sets(_SLOTS))}
    items |= {f"/keys/{_escaped(name)}": key for name, key in keys.items()}
    items |= {f"/webhooks/{name}": webhook for name, webhook in webhooks.items()}
    items |= {f"/alert_channels/{name}": {"name": name, "kind": "generic"} for name in draw(st.sets(_SLOTS))}
    items |= {f"/alerts/{name}": _alert(draw, sorted(keys), sorted(webhooks)) for name in draw(st.sets(_SLOTS))}
    return from_items("example", items)


def _key(draw: st.DrawFn, endpoints: list[str]) -> dict[str, Any]:
    narrowed = draw(st.none() | st.sets(st.sampled_from(endpoints))) if endpoints else None
    return {
        "workload": None, "endpoints": None if narrowed is None else sorted(narrowed), "restricted": draw(st.booleans()),
        "rate_limits": {}, "quota": None, "expires_after_days": draw(st.none() | _COUNTS),
    }  # fmt: skip


def _webhook(draw: st.DrawFn, event_types: list[str]) -> dict[str, Any]:
    received = draw(st.sets(st.sampled_from([*event_types, "key.revoked"])))
    return {
        "description": None, "event_types": sorted(received), "headers": sorted(draw(st.sets(st.sampled_from(["X-A"])))),
        "fifo": draw(st.booleans()), "max_per_second": None, "v1a": False,
    }  # fmt: skip


def _alert(draw: st.DrawFn, keys: list[str], webhooks: list[str]) -> dict[str, Any]:
    return {
        "name": "Requests", "metric": "requests", "thresholds": [{"at": str(draw(_COUNTS)), "resolve_below": None}],
        "filter": {
            "key": draw(st.none() | st.sampled_from(keys)) if keys else None,
            "webhook": draw(st.none() | st.sampled_from(webhooks)) if webhooks else None,
            "endpoint": None, "reason": None, "percentile": None,
        },
    }  # fmt: skip


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
