"""How one secret follows another, in tables and as properties: never three at once, never past the bound, never in use."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freehold.keys import rotation_rules as rules
from freehold.keys.records import Secret, SecretState
from freehold.keys.rotation_rules import LOOK_AHEAD, OVERLAP_MAX, OVERLAP_S_MAX, UNUSED_FOR, WAITS

NOW = datetime(2027, 1, 15, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def secret(**facts: Any) -> Secret:
    given_facts: dict[str, Any] = {
        "selector": "s" * 12, "version": 1, "last4": "abcd", "state": "retiring", "created_at": NOW - 9 * DAY,
        "retires_at": NOW + DAY, "last_used_at": None, "last_address": None, "requests": 0, "superseded_at": NOW - DAY,
    }  # fmt: skip
    return Secret(**given_facts | facts)


spans = st.timedeltas(timedelta(), OVERLAP_MAX)


@st.composite
def held_secrets(draw: st.DrawFn) -> Secret:
    """A held secret at any point of its overlap, used at any time or never."""
    superseded_at = NOW - draw(spans)
    retires_at = superseded_at + draw(spans)
    last_used_at = draw(st.none() | spans.map(lambda ago: NOW - ago))
    return secret(held=True, superseded_at=superseded_at, retires_at=retires_at, last_used_at=last_used_at)


# --- asking for a rotation ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("overlap_s", "hold", "field"),
    [(-1, False, "overlap_s"), (OVERLAP_S_MAX + 1, True, "overlap_s"), (0, True, "hold")],
)
def test_an_overlap_that_cannot_be_is_refused(overlap_s: int, hold: bool, field: str) -> None:
    assert [each.field for each in rules.overlap_faults(overlap_s, hold)] == [field]


@given(st.integers(1, OVERLAP_S_MAX), st.booleans())
def test_any_other_overlap_is_taken(overlap_s: int, hold: bool) -> None:
    assert rules.overlap_faults(overlap_s, hold) == []
    assert rules.overlap_faults(0, hold=False) == []


@pytest.mark.parametrize("overlap_s", [0, 60])
@pytest.mark.parametrize(
    ("states", "refused"), [(("active",), ()), (("active", "retired"), ()), (("active", "retiring"), (60,))]
)
def test_while_one_retires_only_an_end_to_both_is_taken(
    states: tuple[SecretState, ...], refused: tuple[int, ...], overlap_s: int
) -> None:
    secrets = [secret(state=state, version=len(states) - index) for index, state in enumerate(states)]
    why = rules.rotation_refusal("active", secrets, overlap_s)
    assert (why is not None) == (overlap_s in refused)


def test_a_key_that_does_not_serve_is_not_rotated() -> None:
    for overlap_s in (0, 60):
        assert "revoked" in (rules.rotation_refusal("revoked", [], overlap_s) or "")
        assert "expired" in (rules.rotation_refusal("expired", [], overlap_s) or "")


@pytest.mark.parametrize(
    ("state", "may_retire", "may_change"),
    [("active", False, False), ("retiring", True, True), ("retired", True, False), ("revoked", True, False)],
)
def test_what_may_be_done_with_a_secret_follows_from_its_state(
    state: SecretState, may_retire: bool, may_change: bool
) -> None:
    one = secret(state=state)
    assert (rules.retirement_refusal(one) is None, rules.overlap_change_refusal(one) is None) == (
        may_retire,
        may_change,
    )


@given(spans, st.timedeltas(timedelta(days=-200), timedelta(days=200)))
def test_a_new_end_lies_ahead_and_within_the_bound(since: timedelta, ahead: timedelta) -> None:
    superseded_at, retires_at = NOW - since, NOW + ahead
    taken = rules.overlap_change_faults(retires_at, superseded_at, NOW) == []
    assert taken == (NOW < retires_at <= superseded_at + OVERLAP_MAX)


# --- ending ---------------------------------------------------------------------------------------


@given(st.timedeltas(-2 * OVERLAP_MAX, 2 * OVERLAP_MAX), st.none() | spans)
def test_a_secret_that_is_not_held_ends_at_its_time_used_or_not(ahead: timedelta, used: timedelta | None) -> None:
    one = secret(retires_at=NOW + ahead, last_used_at=None if used is None else NOW - used)
    ending = rules.ending(one, NOW)
    assert ending.retires == (one.retires_at is not None and one.retires_at <= NOW)
    assert ending.moves_to is None


@given(held_secrets())
def test_a_held_secret_never_outlives_the_bound(one: Secret) -> None:
    assert one.superseded_at is not None
    bound = rules.retires_by(one.superseded_at)
    ending = rules.ending(one, NOW)
    assert ending.moves_to is None or ending.moves_to <= bound
    if bound <= NOW:
        assert ending.retires


@given(held_secrets())
def test_a_held_secret_in_use_does_not_end_before_the_bound(one: Secret) -> None:
    assert one.superseded_at is not None
    ending = rules.ending(one, NOW)
    in_use = one.last_used_at is not None and one.last_used_at + UNUSED_FOR > NOW
    if ending.retires:
        assert not in_use or rules.retires_by(one.superseded_at) <= NOW
        assert ending.reason


@given(held_secrets())
def test_a_held_secret_never_ends_before_its_own_time(one: Secret) -> None:
    assert one.retires_at is not None
    ending = rules.ending(one, NOW)
    if ending.retires:
        assert one.retires_at <= NOW
    if ending.moves_to is not None:
        assert ending.moves_to > max(one.retires_at, NOW), "a time is only ever moved on, to one that lies ahead"


@given(held_secrets())
def test_what_was_moved_on_waits(one: Secret) -> None:
    """A held secret in steady use is moved on once in a while, not at every look."""
    ending = rules.ending(one, NOW)
    if ending.moves_to is not None:
        moved = secret(
            held=True, superseded_at=one.superseded_at, retires_at=ending.moves_to, last_used_at=one.last_used_at
        )
        assert rules.ending(moved, NOW) == WAITS


def test_a_held_secret_is_looked_at_shortly_before_its_time() -> None:
    used = {"held": True, "last_used_at": NOW}
    assert rules.ending(secret(retires_at=NOW + LOOK_AHEAD, **used), NOW).moves_to == NOW + UNUSED_FOR
    assert rules.ending(secret(retires_at=NOW + LOOK_AHEAD + timedelta(seconds=1), **used), NOW) == WAITS


@pytest.mark.parametrize("state", ["active", "retired", "revoked"])
def test_only_a_retiring_secret_ends(state: SecretState) -> None:
    assert rules.ending(secret(state=state, retires_at=NOW - DAY, held=True), NOW) == WAITS
