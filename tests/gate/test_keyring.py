"""The keyring: what it holds, forgets, and refuses to be told."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from freehold.apis.routing import Router
from freehold.gate import keyring as module
from freehold.gate.keyring import ApiRecord, Found, Keyring, Missing, TokenRecord
from freehold.keys.records import SecretRecord
from freehold.store.epoch import Change
from tests.rules.test_keys_decide import PROJECT, RECORD

API = ApiRecord("api_1", "example", Router([]), {"sandbox": None, "production": None})
TOKEN = TokenRecord("tok_1", b"t" * 32, "org_1", True, None)
ASKED = (
    Missing("secret", RECORD.selector), Missing("secret", "Nothing00000"), Missing("token", TOKEN.digest),
    Missing("token", b"?"), Missing("api", API.id), Missing("api", "api_0"), Missing("slug", "nowhere"),
    Missing("project", PROJECT.id), Missing("project", "proj_0"),
)  # fmt: skip
FOUND = Found(5, ASKED, (RECORD,), (PROJECT,), (TOKEN,), (API,))


def secrets(*records: SecretRecord, epoch: int = 5) -> Found:
    """What a reading that found nothing but these secrets brings."""
    return Found(epoch, (), records, (), (), ())


def filled() -> Keyring:
    keyring = Keyring(100)
    keyring.forget_all(5)
    assert keyring.take_in(FOUND)
    return keyring


def test_what_was_found_is_known_and_what_was_not_is_known_to_be_nothing() -> None:
    keyring = filled()
    assert keyring.secret(RECORD.selector) is RECORD
    assert keyring.secret("Nothing00000") is None
    assert keyring.project(PROJECT.id) is PROJECT
    assert keyring.project("proj_0") is None
    assert keyring.token(TOKEN.digest) is TOKEN
    assert keyring.token(b"?") is None
    assert keyring.api(API.id) is keyring.api_of_slug("example") is API
    assert keyring.api("api_0") is None
    assert keyring.api_of_slug("nowhere") is None
    with pytest.raises(Missing):
        keyring.secret("Another00000")


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        (Change(6, "project", PROJECT.id), {"project"}),
        (Change(6, "project", "proj_other"), set()),
        (Change(6, "token", TOKEN.id), {"token"}),
        (Change(6, "api", API.id), {"api"}),
    ],
)
def test_a_change_makes_forget_what_it_touches(change: Change, lost: set[str]) -> None:
    keyring = filled()
    keyring.apply([change], [], 6)
    assert keyring.epoch == 6
    found = set()
    looks: dict[str, Callable[[], object]] = {
        "secret": lambda: keyring.secret(RECORD.selector),
        "project": lambda: keyring.project(PROJECT.id),
        "token": lambda: keyring.token(TOKEN.digest),
        "api": lambda: (keyring.api(API.id), keyring.api_of_slug("example")),
    }
    for kind, look in looks.items():
        try:
            look()
        except Missing:
            found.add(kind)
    assert found == lost


def test_a_change_of_a_kind_makes_forget_what_stood_for_nothing() -> None:
    keyring = filled()
    keyring.apply(
        [Change(6, "key", "any"), Change(7, "token", "any"), Change(8, "api", "any"), Change(9, "project", "any")],
        [],
        9,
    )
    looks: list[Callable[[], object]] = [
        lambda: keyring.secret("Nothing00000"),
        lambda: keyring.project("proj_0"),
        lambda: keyring.token(b"?"),
        lambda: keyring.api("api_0"),
        lambda: keyring.api_of_slug("nowhere"),
    ]
    for look in looks:
        with pytest.raises(Missing):
            look()


def test_what_was_read_before_a_change_is_not_taken_in_after_it() -> None:
    keyring = filled()
    keyring.apply([Change(6, "key", RECORD.key_id)], [RECORD.selector], 6)
    assert not keyring.take_in(FOUND)
    with pytest.raises(Missing):
        keyring.secret(RECORD.selector)
    revoked = changed(RECORD, key_state="revoked")
    assert keyring.take_in(replace(FOUND, epoch=6, secrets=(revoked,)))
    assert keyring.secret(RECORD.selector) is revoked


def test_beyond_its_bound_the_earliest_entry_goes() -> None:
    keyring = Keyring(secrets_max=2)
    keyring.forget_all(5)
    records = [changed(RECORD, selector=f"Selector{n:04d}") for n in range(3)]
    for record in records:
        keyring.take_in(secrets(record))
    with pytest.raises(Missing):
        keyring.secret(records[0].selector)
    assert [keyring.secret(each.selector) for each in records[1:]] == records[1:]


def test_invented_names_are_remembered_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNKNOWN_MAX", 3)
    keyring = Keyring(100)
    keyring.forget_all(1)
    for n in range(5):
        keyring.take_in(Found(1, (Missing("secret", f"Nothing{n:05d}"),), (), (), (), ()))
    with pytest.raises(Missing):
        keyring.secret("Nothing00001")
    assert [keyring.secret(f"Nothing{n:05d}") for n in (2, 3, 4)] == [None, None, None]


def test_a_key_is_forgotten_with_all_selectors_that_it_ever_had() -> None:
    keyring = filled()
    second = changed(RECORD, selector="Second000000")
    keyring.take_in(secrets(second))
    keyring.apply([Change(6, "key", RECORD.key_id)], [RECORD.selector, second.selector, "Third0000000"], 6)
    for selector in (RECORD.selector, second.selector):
        with pytest.raises(Missing):
            keyring.secret(selector)


# --- filling --------------------------------------------------------------------------------------

OTHER = changed(RECORD, selector="Other0000000", key_id="key_2")


def test_what_is_filled_in_is_known_and_takes_nothing_away() -> None:
    keyring = filled()
    keyring.begin_filling()
    assert keyring.fill([OTHER, changed(RECORD, key_name="as it was")])
    assert keyring.end_filling() == 2
    assert keyring.secret(OTHER.selector) is OTHER
    assert keyring.secret(RECORD.selector) is RECORD


def test_what_changed_since_filling_began_is_not_filled_in() -> None:
    keyring = filled()
    keyring.begin_filling()
    keyring.apply([Change(6, "key", OTHER.key_id)], [OTHER.selector], 6)
    assert keyring.fill([OTHER])
    with pytest.raises(Missing):
        keyring.secret(OTHER.selector)


def test_filling_ends_at_the_bound_and_drives_nothing_out() -> None:
    keyring = Keyring(secrets_max=2)
    keyring.forget_all(5)
    keyring.take_in(secrets(RECORD))
    keyring.begin_filling()
    assert not keyring.fill([changed(OTHER, selector=f"Selector{n:04d}") for n in range(3)])
    assert keyring.end_filling() == 2
    assert keyring.secret(RECORD.selector) is RECORD


def test_another_database_ends_the_filling_from_the_first() -> None:
    keyring = filled()
    keyring.begin_filling()
    keyring.forget_all(1)
    assert not keyring.fill([OTHER])
    assert keyring.end_filling() == 0
