"""Preparing an instance: what is made once stays, what is made anew replaces what was before."""

import os
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import delete, select, update
from sqlalchemy.engine import make_url

from freehold.apis import queries as catalogue
from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret
from freehold.organizations import queries as accounts
from freehold.organizations.actions import check_setup_token
from freehold.organizations.tokens import actor_of_token
from freehold.settings import Settings
from freehold.store import epoch, migrate, schema_version
from freehold.store.engine import Store, open_store
from freehold.store.schema import apis, endpoints, instance, tokens
from freehold.supervisor import data_directory
from freehold.supervisor import instance as preparing
from freehold.supervisor.refusals import CannotStart


@pytest.fixture
def prepared(settings: Settings, store: Store) -> InstanceSecret:
    """An instance on each database, prepared once."""
    return preparing.prepare(store, settings)


def test_the_newest_migration_is_the_head(store: Store) -> None:
    scripts = ScriptDirectory.from_config(migrate.configuration())
    assert scripts.get_current_head() == schema_version.newest()
    assert schema_version.is_newest(store)


def test_preparing_again_changes_nothing(settings: Settings, store: Store, prepared: InstanceSecret) -> None:
    def everything() -> object:
        with store.read() as tx:
            return (
                tx.execute(select(instance)).one()._asdict(),
                [row._asdict() for row in tx.execute(select(apis).order_by(apis.c.id))],
                [row._asdict() for row in tx.execute(select(endpoints).order_by(endpoints.c.operation_id))],
            )

    before = everything()
    again = preparing.prepare(store, settings)
    assert again.to_hex() == prepared.to_hex()
    assert everything() == before


def test_an_example_api_of_another_version_is_brought_up_to_date(
    settings: Settings, store: Store, prepared: InstanceSecret
) -> None:
    with store.write() as tx:
        tx.execute(update(apis).values(document_digest="of before"))
        tx.execute(delete(endpoints).where(endpoints.c.operation_id == "get_country"))
    preparing.prepare(store, settings)
    with store.read() as tx:
        api = catalogue.find_api_by_slug(tx, "example")
        assert api is not None
        assert api.document_digest != "of before"
        assert "get_country" in {row.operation_id for row in catalogue.endpoints_of(tx, api.id)}


def test_a_new_setup_token_replaces_the_one_before(store: Store, prepared: InstanceSecret) -> None:
    with store.write() as tx:
        first, second = (preparing.renew_setup_token(tx, prepared) for _ in range(2))
        assert first is not None
        assert second is not None
        check_setup_token(tx, prepared, second)
        with pytest.raises(Problem, match="not the link's token"):
            check_setup_token(tx, prepared, first)


def test_once_set_up_there_is_no_setup_token(store: Store, prepared: InstanceSecret) -> None:
    with store.write() as tx:
        accounts.mark_set_up(tx, clock.now())
        assert preparing.renew_setup_token(tx, prepared) is None


def test_the_example_token_is_the_same_at_every_start_and_replaces_one_of_another_text(
    store: Store, prepared: InstanceSecret
) -> None:
    with store.write() as tx:
        first = preparing.ensure_example_token(tx, prepared)
        announced = epoch.current(tx)
        assert preparing.ensure_example_token(tx, prepared) == first
        assert epoch.current(tx) == announced
        # As an instance has it whose tokens were made by lot.
        tx.execute(update(tokens).values(digest=b"of another text"))
        assert preparing.ensure_example_token(tx, prepared) == first
        assert epoch.current(tx) == announced + 1
        found = actor_of_token(tx, prepared, first)
        assert found is not None
        assert found[1].everywhere == {"publisher"}


def test_private_files_are_private_and_whole(tmp_path: Path) -> None:
    data_directory.prepare(tmp_path)
    path = tmp_path / "run" / "example.token"
    for text in ("first", "second"):
        data_directory.write_private(path, text)
        assert path.read_text() == text
        assert path.stat().st_mode & 0o777 == 0o600
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_role_that_may_not_make_temporary_tables_is_told_what_lets_it(
    settings: Settings, store: Store, prepared: InstanceSecret
) -> None:
    database, role = make_url(settings.database_url).database, f"plain_{os.getpid()}"
    plain = replace(settings, database_url=settings.database_url.replace("//postgres:", f"//{role}:"))
    assert role in plain.database_url

    def run(*statements: str) -> None:
        with store.write() as tx:
            for statement in statements:
                tx.exec_driver_sql(statement)

    def prepare_plainly() -> InstanceSecret:
        with closing(open_store(plain)) as opened:
            return preparing.prepare(opened, plain)

    run(
        f"CREATE ROLE {role} LOGIN", f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC",
        f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}", f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}",
    )  # fmt: skip
    try:
        with pytest.raises(CannotStart, match=f"GRANT TEMPORARY ON DATABASE {database} TO {role} lets it"):
            prepare_plainly()
        run(f"GRANT TEMPORARY ON DATABASE {database} TO {role}")
        assert prepare_plainly().to_hex() == prepared.to_hex()
    finally:
        run(f"DROP OWNED BY {role}", f"DROP ROLE {role}")
