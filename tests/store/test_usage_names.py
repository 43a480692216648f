"""Names that are kept as numbers: said and got as texts, given once by whoever is first, and refused where nobody gave one."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from freehold.kit import clock
from freehold.store.engine import Store
from freehold.store.schema import keys, usage_names, usage_rollups
from freehold.usage.naming import numbered

_C = usage_rollups.c
ROW = {
    "grain": "hour", "bucket_at": clock.from_ms(1_800_000_000_000), "project_id": "proj_a", "key_id": "key_a", "secret": "s",
    "endpoint": "get", "outcome": "allowed", "status_class": 2, "requests": 1, "cost": 1, "latency_us_sum": 0, "latency_count": 0,
}  # fmt: skip


@pytest.fixture
def named(store: Store) -> Store:
    """Two rows, of one key and of none."""
    with store.write() as tx:
        numbered(tx, ["proj_a", "key_a", "s", "get", ""])
        tx.execute(insert(usage_rollups).values(ROW))
        tx.execute(insert(usage_rollups).values(ROW | {"key_id": "", "endpoint": ""}))
    return store


def test_queries_say_and_get_texts(named: Store) -> None:
    with named.read() as tx:
        query = select(_C.project_id, _C.endpoint, func.sum(_C.requests)).where(_C.key_id == "key_a")
        assert tx.execute(query.group_by(_C.project_id, _C.endpoint)).all() == [("proj_a", "get", 1)]
        inner = select(usage_rollups).where(_C.project_id.in_(["proj_a", "proj_unknown"])).subquery()
        assert set(tx.execute(select(inner.c.key_id)).scalars()) == {"key_a", ""}


def test_what_has_no_number_differs_from_all(named: Store) -> None:
    with named.read() as tx:

        def keys_where(condition: object) -> set[str]:
            return set(tx.execute(select(_C.key_id).where(condition)).scalars())  # type: ignore[arg-type]

        assert keys_where(_C.key_id == "key_unknown") == set()
        assert keys_where(_C.key_id != "key_unknown") == {"key_a", ""}
        # An unknown one in a list that leaves out must not leave out everything, as NULL would.
        assert keys_where(_C.endpoint.not_in(["unknown", "get"])) == {""}
        assert keys_where(_C.project_id.in_([])) == set()


def test_a_name_keeps_its_number(named: Store) -> None:
    with named.write() as tx:
        before = dict(numbered(tx, ["proj_a", "new", None]))
        assert dict(numbered(tx, ["new", "proj_a", None, "newer"])) == before | {
            "newer": numbered(tx, ["newer"])["newer"]
        }
    assert before[None] is None
    assert len(set(before.values())) == 3


def test_those_who_give_at_one_instant_give_the_same(store: Store) -> None:
    names, ready = [f"key_{number:03}" for number in range(200)], Barrier(4)

    def give(_place: int) -> dict[str | None, int | None]:
        ready.wait()
        with store.write() as tx:
            return dict(numbered(tx, names))

    with ThreadPoolExecutor(4) as pool:
        first, *others = pool.map(give, range(4))
    assert all(other == first for other in others)
    assert len(set(first.values())) == len(names) + 1


def test_a_number_that_was_taken_back_misleads_nobody(store: Store) -> None:
    def fail() -> None:
        with store.write() as tx:
            numbered(tx, ["lost"])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with store.write() as tx:
        numbered(tx, ["kept"])
    with store.read() as tx:
        assert set(tx.execute(select(usage_names.c.name)).scalars()) == {"kept"}


def test_the_number_of_a_name_that_is_gone_is_nobody_elses(named: Store) -> None:
    """A row that was counted while its organization was being deleted must not turn up as another project's."""
    with named.write() as tx:
        gone = numbered(tx, ["proj_last"])["proj_last"]
        tx.execute(insert(usage_rollups).values(ROW | {"project_id": "proj_last"}))
        tx.execute(delete(usage_names).where(usage_names.c.name == "proj_last"))
    with named.write() as tx:
        assert numbered(tx, ["proj_new"])["proj_new"] != gone
        assert tx.execute(select(_C.requests).where(_C.project_id == "proj_new")).all() == []


@pytest.mark.parametrize("column", ["project_id", "key_id", "secret", "endpoint"])
def test_a_row_with_a_name_that_has_no_number_is_refused(named: Store, column: str) -> None:
    with pytest.raises(IntegrityError, match="named"), named.write() as tx:
        tx.execute(insert(usage_rollups).values(ROW | {"outcome": "revoked", column: "unknown"}))


def test_a_column_of_texts_is_not_compared_with_numbers() -> None:
    with pytest.raises(TypeError, match="number_of"):
        delete(usage_rollups).where(_C.key_id == keys.c.id)
