from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from freehold.keys.settings_rules import NETWORKS_MAX, KeySettings, check_settings, normal_network
from freehold.projects.limits import Quota, RateLimit

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)
SCOPE = ["get_parcel", "list_parcels"]
PLAIN = KeySettings("web")


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({}, []), ({"name": ""}, ["name"]), ({"name": "x" * 101}, ["name"]), ({"workload": "x" * 101}, ["workload"]),
        ({"workload": "a\u0007"}, ["workload"]), ({"endpoints": ()}, []), ({"endpoints": ("get_parcel",)}, []),
        ({"endpoints": ("get_parcel", "other", "list_parcels", "else")}, ["endpoints.1", "endpoints.3"]),
        ({"allowed_cidrs": ("10.0.0.0/8", "2001:db8::/32", "192.0.2.7")}, []),
        ({"allowed_cidrs": ("10.0.0.0/33", "10.0.0.0/8", "host", "", "10.0.0.0/-1")},
         ["allowed_cidrs.0", "allowed_cidrs.2", "allowed_cidrs.3", "allowed_cidrs.4"]),
        ({"allowed_cidrs": ("10.0.0.0/8",) * NETWORKS_MAX}, []), ({"allowed_cidrs": ("10.0.0.0/8",) * (NETWORKS_MAX + 1)}, ["allowed_cidrs"]),
        ({"rate_limits": (RateLimit("requests", 10_000_000, 86_400),), "quota": Quota(1, "hour")}, []),
        ({"rate_limits": (RateLimit("requests", -1, -1),)}, ["rate_limits.0.limit", "rate_limits.0.window_s"]),
        ({"quota": Quota(0, "hour")}, ["quota.limit"]),
        ({"expires_at": NOW}, ["expires_at"]), ({"expires_at": NOW + timedelta(seconds=1)}, []),
        ({"expires_at": NOW + timedelta(days=3654)}, ["expires_at"]),
    ],
)  # fmt: skip
def test_settings(change: dict[str, Any], fields: list[str]) -> None:
    assert [error.field for error in check_settings(replace(PLAIN, **change), SCOPE, NOW)] == fields


def test_an_expiry_that_has_passed_may_stay_but_not_be_set() -> None:
    old = replace(PLAIN, expires_at=NOW - timedelta(days=1))
    assert check_settings(replace(old, name="renamed"), SCOPE, NOW, old) == []
    earlier = replace(old, expires_at=NOW - timedelta(days=2))
    assert [error.field for error in check_settings(earlier, SCOPE, NOW, old)] == ["expires_at"]


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("10.1.2.3/8", "10.0.0.0/8"), (" 192.0.2.7 ", "192.0.2.7/32"), ("2001:DB8:0::1/32", "2001:db8::/32"),
        ("::", "::/128"), ("0.0.0.0/0", "0.0.0.0/0"), ("10.0.0.0/255.0.0.0", "10.0.0.0/8"),
    ],
)  # fmt: skip
def test_networks_have_one_form(text: str, normal: str) -> None:
    assert normal_network(text) == normal
    assert normal_network(normal) == normal


@pytest.mark.parametrize(
    "text", ["", "here", "10.0.0", "10.0.0.0/8/8", "01.2.3.4", "1e1.0.0.0", "::/129", "fe80::1%eth0/64"]
)
def test_what_is_no_network(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        normal_network(text)
