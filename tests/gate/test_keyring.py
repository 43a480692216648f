"""The keyring: what it holds, forgets, and refuses to be told."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from freehold.apis.routing import Router
from freehold.gate import keyring as module
from freehold.gate.keyring import ApiRecord, Found, Keyring, Missing, TokenRecord
from freehold.store.epoch import Change
from tests.rules.test_keys_decide import RECORD

API = ApiRecord("api_1", "example", Router([]), {"sandbox": None, "production": None})
TOKEN = TokenRecord("tok_1", b"t" * 32, "org_1", True, None)
ASKED = (
    Missing("secret", RECORD.selector), Missing("secret", "Nothing00000"), Missing("token", TOKEN.digest),
    Missing("token", b"?"), Missing("api", API.id), Missing("api", "api_0"), Missing("slug", "nowhere"),
)  # fmt: skip
FOUND = Found(5, ASKED, (RECORD,), (TOKEN,), (API,))


def filled() -> Keyring:
    keyring = Keyring()
    keyring.forget_all(5)
    assert keyring.take_in(FOUND)
    return keyring


def test_what_was_found_is_known_and_what_was_not_is_known_to_be_nothing() -> None:
    keyring = filled()
    assert keyring.secret(RECORD.selector) is RECORD
    assert keyring.secret("Nothing00000") is None
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
        (Change(6, "key", RECORD.key_id), {"secret"}),
        (Change(6, "key", "key_other"), set()),
        (Change(6, "project", RECORD.project_id), {"secret"}),
        (Change(6, "project", "proj_other"), set()),
        (Change(6, "token", TOKEN.id), {"token"}),
        (Change(6, "api", API.id), {"api"}),
    ],
)
def test_a_change_makes_forget_what_it_touches(change: Change, lost: set[str]) -> None:
    keyring = filled()
    keyring.apply([change], 6)
    assert keyring.epoch == 6
    found = set()
    looks: dict[str, Callable[[], object]] = {
        "secret": lambda: keyring.secret(RECORD.selector),
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
    keyring.apply([Change(6, "key", "any"), Change(7, "token", "any"), Change(8, "api", "any")], 8)
    looks: list[Callable[[], object]] = [
        lambda: keyring.secret("Nothing00000"),
        lambda: keyring.token(b"?"),
        lambda: keyring.api("api_0"),
        lambda: keyring.api_of_slug("nowhere"),
    ]
    for look in looks:
        with pytest.raises(Missing):
            look()


def test_what_was_read_before_a_change_is_not_taken_in_after_it() -> None:
    keyring = filled()
    keyring.apply([Change(6, "key", RECORD.key_id)], 6)
    assert not keyring.take_in(FOUND)
    with pytest.raises(Missing):
        keyring.secret(RECORD.selector)
    revoked = replace(RECORD, key_state="revoked")
    assert keyring.take_in(replace(FOUND, epoch=6, secrets=(revoked,)))
    assert keyring.secret(RECORD.selector) is revoked


def test_beyond_its_bound_the_earliest_entry_goes_and_leaves_no_trace() -> None:
    keyring = Keyring(secrets_max=2)
    keyring.forget_all(1)
    records = [
        replace(RECORD, selector=f"Selector{n:04d}", key_id=f"key_{n}", project_id=f"proj_{n}") for n in range(3)
    ]
    for record in records:
        keyring.take_in(Found(1, (), (record,), (), ()))
    with pytest.raises(Missing):
        keyring.secret(records[0].selector)
    assert keyring.secret(records[1].selector) is records[1]
    keyring.apply([Change(2, "project", "proj_0"), Change(2, "project", "proj_1")], 2)
    with pytest.raises(Missing):
        keyring.secret(records[1].selector)
    assert keyring.secret(records[2].selector) is records[2]


def test_invented_names_are_remembered_only_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "UNKNOWN_MAX", 3)
    keyring = Keyring()
    keyring.forget_all(1)
    for n in range(5):
        keyring.take_in(Found(1, (Missing("secret", f"Nothing{n:05d}"),), (), (), ()))
    with pytest.raises(Missing):
        keyring.secret("Nothing00001")
    assert [keyring.secret(f"Nothing{n:05d}") for n in (2, 3, 4)] == [None, None, None]


def test_a_key_with_two_secrets_is_forgotten_with_both() -> None:
    keyring = filled()
    second = replace(RECORD, selector="Second000000", version=2)
    keyring.take_in(Found(5, (), (second,), (), ()))
    keyring.apply([Change(6, "key", RECORD.key_id)], 6)
    for selector in (RECORD.selector, second.selector):
        with pytest.raises(Missing):
            keyring.secret(selector)
