"""The Idempotency-Key: how long it holds, what is kept under it, and what it may be."""

import httpx
import pytest
from sqlalchemy import func, select

from freehold.store.schema import idempotency, keys
from tests.conftest import TestClock
from tests.http.served import Instance, assert_problem

DAY_S = 24 * 3600


def issue(instance: Instance, key: str, name: str = "second") -> httpx.Response:
    headers = {b"Idempotency-Key": key.encode()}
    path = f"/v1/projects/{instance.project}/keys"
    return instance.client("developer").post(path, json={"name": name}, headers=headers)


def issued(instance: Instance) -> int:
    """How many keys were issued besides the first."""
    with instance.store.read() as tx:
        return int(tx.execute(select(func.count()).where(keys.c.project_id == instance.project)).scalar_one()) - 1


def test_a_key_holds_for_a_day_and_is_then_free(instance: Instance, test_clock: TestClock) -> None:
    first = issue(instance, "one")
    test_clock.move(DAY_S - 1)
    assert issue(instance, "one").content == first.content
    assert_problem(issue(instance, "one", "third"), 409, "idempotency_conflict")
    test_clock.move(2)
    later = issue(instance, "one", "third")
    assert later.status_code == 201
    assert later.json()["id"] != first.json()["id"]
    with instance.store.read() as tx:
        assert tx.execute(select(func.count()).select_from(idempotency)).scalar_one() == 1, "the old answer is gone"


def test_what_is_kept_is_sealed(instance_on_each: Instance) -> None:
    secret = issue(instance_on_each, "one").json()["secret"]
    with instance_on_each.store.read() as tx:
        kept = tx.execute(select(idempotency)).one()
    assert kept.status == 201
    assert secret.encode() not in bytes(kept.answer)
    assert secret.rpartition("_")[2].encode() not in repr(kept).encode()


def test_a_refused_request_may_be_mended_under_its_key(instance_on_each: Instance) -> None:
    assert_problem(issue(instance_on_each, "one", "first"), 409, "already_exists")
    assert_problem(issue(instance_on_each, "one", ""), 422, "invalid", "name")
    assert issue(instance_on_each, "one").status_code == 201
    assert issued(instance_on_each) == 1


@pytest.mark.parametrize("key", ["x" * 256, "\u00e4", "a\tb"])
def test_a_key_that_is_none_is_refused(instance: Instance, key: str) -> None:
    assert_problem(issue(instance, key), 422, "invalid", "Idempotency-Key")
    assert issued(instance) == 0


def test_the_longest_key_is_taken(instance: Instance) -> None:
    assert issue(instance, "x" * 255).content == issue(instance, "x" * 255).content
    assert issued(instance) == 1


def test_without_a_key_each_request_is_its_own(instance: Instance) -> None:
    path = f"/v1/projects/{instance.project}/keys"
    answers = [instance.client("developer").post(path, json={"name": name}).status_code for name in ("a", "b")]
    assert answers == [201, 201]
    assert issued(instance) == 2
