from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.organizations import rules
from freehold.organizations.records import ROLES, SERVICE_ROLES, Role, ServiceRole

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Ada", None), ("", "required"), ("x" * 100, None), ("x" * 101, "too_long"), ("a\u0000b", "invalid_characters"),
        ("a\u2028b", "invalid_characters"), ("a\ud800b", "invalid_characters"), ("a\ue000b", "invalid_characters"),
        ("船 Ö é", None), ("👩‍👩‍👧", None),
    ],
)  # fmt: skip
def test_a_line_of_text(text: str, code: str | None) -> None:
    assert [error.code for error in rules.check_text("name", text)] == ([code] if code else [])


def test_names_are_kept_with_single_blanks_in_one_form() -> None:
    assert rules.clean_name("  A\t b\n\u00a0c ") == "A b c"
    assert rules.clean_name("e\u0301") == "\u00e9"


@pytest.mark.parametrize("email", ["ada@example.com", "a.b+c@x", "a'b@sub.example.co", "x" * 64 + "@example.com"])
def test_addresses_that_browsers_take(email: str) -> None:
    assert rules.check_email("email", email) == []


@pytest.mark.parametrize(
    "email",
    [
        "ada",
        "@x",
        "a@",
        "a@b@c",
        "a b@c",
        "a@-b",
        "a@b-",
        "a@b..c",
        "x" * 65 + "@y",
        "a@" + "x" * 64,
        "a@b\n",
        "ä@b",
        "a@" + "b." * 130 + "c",
    ],
)
def test_addresses_that_none_takes(email: str) -> None:
    assert [error.code for error in rules.check_email("email", email)] == ["invalid_email"]


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("correct horse battery", None), ("twelve chars", None), ("eleven char", "too_short"), ("x" * 256, "too_weak"),
        ("abcdefghijkl" * 21, None), ("abcdefghijkl" * 22, "too_long"), ("aaaabbbbcccc", "too_weak"), ("Ada.Lovelace@x.org", "too_weak"),
        ("ada.lovelaceada.lovelace", "too_weak"),
    ],
)  # fmt: skip
def test_new_passwords(password: str, code: str | None) -> None:
    errors = rules.check_password("password", password, "ada.lovelace@x.org")
    assert [error.code for error in errors] == ([code] if code else [])


@given(st.text(max_size=200))
def test_a_slug_is_always_one(name: str) -> None:
    slug = rules.slug_of(name)
    assert 1 <= len(slug) <= rules.SLUG_MAX
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert "--" not in slug
    assert slug.strip("-") == slug


def test_slugs() -> None:
    assert rules.slug_of("Süd-Hafen & Söhne (2)") == "sud-hafen-sohne-2"
    assert rules.slug_of("船") == "x"
    assert rules.free_slug("a", []) == "a"
    assert rules.free_slug("a", {"a", "a-2", "a-4"}) == "a-3"


@pytest.mark.parametrize("old", [None, *ROLES])
@pytest.mark.parametrize("new", [None, *ROLES])
def test_only_owners_touch_owners_and_only_admins_others(old: Role | None, new: Role | None) -> None:
    touches_owner = "owner" in (old, new)
    assert rules.may_change_role({"owner"}, old, new)
    assert rules.may_change_role({"admin"}, old, new) is not touches_owner
    for role in ("developer", "billing", "auditor", "verifier", "publisher"):
        assert not rules.may_change_role({role}, old, new)
    assert not rules.may_change_role((), old, new)


def test_the_last_owner() -> None:
    assert rules.leaves_no_owner(1, "owner", None)
    assert rules.leaves_no_owner(1, "owner", "admin")
    assert not rules.leaves_no_owner(1, "owner", "owner")
    assert not rules.leaves_no_owner(2, "owner", None)
    assert not rules.leaves_no_owner(1, "admin", None)


# Which roles the holder of each may give to a token.
GIVES: dict[ServiceRole, set[ServiceRole]] = {
    "owner": set(SERVICE_ROLES),
    "admin": set(SERVICE_ROLES) - {"owner"},
    "developer": {"developer", "billing", "verifier", "publisher"},
    "billing": {"billing"},
    "auditor": {"auditor", "billing"},
    "verifier": {"verifier"},
    "publisher": {"publisher"},
}


@pytest.mark.parametrize("holder", SERVICE_ROLES)
@pytest.mark.parametrize("wanted", SERVICE_ROLES)
def test_nobody_gives_more_than_they_hold(holder: ServiceRole, wanted: ServiceRole) -> None:
    assert rules.may_give_roles({holder}, [wanted]) is (wanted in GIVES[holder])


def test_nobody_gives_without_a_role() -> None:
    assert not rules.may_give_roles((), ["verifier"])


def test_expiry() -> None:
    assert rules.check_expiry("expires_at", None, NOW) == []
    assert rules.check_expiry("expires_at", NOW + timedelta(milliseconds=1), NOW) == []
    assert [error.code for error in rules.check_expiry("expires_at", NOW, NOW)] == ["in_the_past"]
    assert rules.check_expiry("expires_at", NOW + rules.LIFETIME_MAX, NOW) == []
    late = rules.check_expiry("expires_at", NOW + rules.LIFETIME_MAX + timedelta(seconds=1), NOW)
    assert [error.code for error in late] == ["too_late"]


def test_a_session_ends_after_its_days_or_a_year() -> None:
    assert rules.session_ends_at(NOW, NOW, 14) == NOW + timedelta(days=14)
    assert rules.session_ends_at(NOW + timedelta(days=360), NOW, 14) == NOW + timedelta(days=365)


def test_attempts_come_at_once_then_as_time_refills() -> None:
    arrival: datetime | None = None
    for _ in range(10):
        arrival, wait_s = rules.throttled_until(arrival, NOW, 10, 900)
        assert wait_s == 0
    refused, wait_s = rules.throttled_until(arrival, NOW, 10, 900)
    assert (refused, wait_s) == (arrival, 90)
    later = NOW + timedelta(seconds=90)
    arrival, wait_s = rules.throttled_until(arrival, later, 10, 900)
    assert wait_s == 0
    _, wait_s = rules.throttled_until(arrival, later, 10, 900)
    assert wait_s == 90


@given(st.lists(st.floats(0, 120), max_size=60))
def test_no_pattern_gets_more_attempts_than_limit_and_refill(gaps: list[float]) -> None:
    arrival: datetime | None = None
    now, taken = NOW, 0
    for gap in gaps:
        now += timedelta(seconds=gap)
        arrival, wait_s = rules.throttled_until(arrival, now, 10, 900)
        taken += wait_s == 0
    assert taken <= 10 + (now - NOW).total_seconds() / 90 + 1
