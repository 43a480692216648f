"""A whole instance written while it runs and read back into an empty one: on each database, and from each to the other."""

import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner
from sqlalchemy import select

from freehold.backup.parts import MANIFEST, Manifest, lines_of, tables
from freehold.backup.restoring import CannotRestore, check_backup, restore
from freehold.backup.writing import CannotBackUp, write_backup
from freehold.cli.root import freehold
from freehold.kit import canonical_json, clock
from freehold.organizations import audit, audit_reading
from freehold.organizations.audit_proof import prove
from freehold.organizations.audit_seals import public_key, seal_chains
from freehold.production.shape.assembling import read_shape
from freehold.projects import actions
from freehold.projects import queries as projects
from freehold.projects.records import ProjectChange
from freehold.settings import Settings
from freehold.store.engine import Store, open_postgresql, open_sqlite
from freehold.store.schema import instance as instances
from freehold.store.schema import usage_events
from freehold.supervisor import data_directory
from freehold.usage.reconciling import reconcile
from tests.databases import SECRET, PostgresServer
from tests.http.served import Instance
from tests.production.world import collect, decide, furnish, make_production_world

Told = list[tuple[str, int]]


@pytest.fixture
def world(store: Store, tmp_path: Path, settings: Settings) -> Instance:
    """An instance with one of everything, some usage that is counted, and some that is only in a journal."""
    data = tmp_path / "source"
    data_directory.prepare(data)
    (data / "secret.key").write_text(SECRET.to_hex() + "\n")
    made = make_production_world(store, _at(settings, data))
    furnish(made)
    decide(made, data, 5)
    collect(store, data)
    decide(made, data, 3)
    seal_chains(store, SECRET, clock.now())
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Store, Settings]]:
    """An empty database of each kind with a data directory of its own."""
    data = tmp_path / "target"
    data_directory.prepare(data)
    if request.param == "sqlite":
        store = open_sqlite(data / "freehold.db")
        yield store, Settings(data=data)
        store.close()
        return
    server: PostgresServer = request.getfixturevalue("postgresql")
    with server.database(template="template0") as url:
        store = open_postgresql(url)
        yield store, Settings(data=data, database_url=url)
        store.close()


def test_what_comes_back_is_what_there_was(world: Instance, empty: tuple[Store, Settings], tmp_path: Path) -> None:
    target, settings = empty
    told: Told = []
    written = write_backup(world.store, world.settings, tmp_path / "whole.zip", lambda *each: told.append(each))
    assert dict(told)["projects"] == 2
    assert check_backup(tmp_path / "whole.zip") == written
    assert restore(target, settings, tmp_path / "whole.zip", lambda *_: None) == written
    assert (settings.data / "secret.key").read_text() == SECRET.to_hex() + "\n"
    assert (settings.data / "secret.key").stat().st_mode & 0o077 == 0
    assert _rows(target) == _rows(world.store)
    with world.store.read() as there, target.read() as here:
        for tx in (there, here):
            assert all(prove(tx, chain, public_key(SECRET)).fault is None for chain in audit.chains(tx))
        shapes = [read_shape(tx, _project(tx, world.project)) for tx in (there, here)]
    assert canonical_json.fingerprint(shapes[0]) == canonical_json.fingerprint(shapes[1])
    # What was only in the journal is counted where it comes back, once.
    collect(target, settings.data)
    collect(world.store, world.settings.data)
    assert _events(target) == _events(world.store)
    assert len(_events(target)) == 8
    assert reconcile(target, settings).differences == 0


def test_a_backup_is_of_one_moment_while_others_write(store: Store, settings: Settings, tmp_path: Path) -> None:
    data = tmp_path / "source"
    data_directory.prepare(data)
    (data / "secret.key").write_text(SECRET.to_hex() + "\n")
    world, stop = make_production_world(store, _at(settings, data)), threading.Event()
    owner = world.actor("owner")

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            with store.write() as tx:
                actions.edit_project(tx, owner, world.project, ProjectChange(purpose=f"Purpose {number}"))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(3):
            write_backup(store, world.settings, tmp_path / f"{number}.zip", lambda *_: None)
    finally:
        stop.set()
        thread.join()
    for number in range(3):
        into = tmp_path / f"target{number}"
        data_directory.prepare(into)
        target = open_sqlite(into / "freehold.db")
        restore(target, Settings(data=into), tmp_path / f"{number}.zip", lambda *_: None)
        with target.read() as tx:
            assert prove(tx, world.harbour, public_key(SECRET)).fault is None
            entry = audit_reading.entries(tx, world.harbour, audit_reading.AuditFilter(), 1)[0]
            if entry.action == "project.changed":
                assert _project(tx, world.project).purpose == (entry.after or {})["purpose"]
        target.close()


def test_a_file_that_is_there_is_not_replaced(world: Instance, tmp_path: Path) -> None:
    target = tmp_path / "there.zip"
    target.write_text("precious")
    with pytest.raises(CannotBackUp, match="is there already"):
        write_backup(world.store, world.settings, target, lambda *_: None)
    assert target.read_text() == "precious"
    with pytest.raises(CannotBackUp, match="cannot be written"):
        write_backup(world.store, world.settings, tmp_path / "nowhere" / "x.zip", lambda *_: None)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix == ".zip") == ["there.zip"]


@pytest.fixture
def taken(sqlite_store: Store, tmp_path: Path) -> Path:
    """A backup of a small instance on SQLite."""
    data = tmp_path / "source"
    data_directory.prepare(data)
    (data / "secret.key").write_text(SECRET.to_hex() + "\n")
    made = make_production_world(sqlite_store, Settings(data=data))
    write_backup(sqlite_store, made.settings, tmp_path / "taken.zip", lambda *_: None)
    return tmp_path / "taken.zip"


def _rewritten(taken: Path, change: Any) -> Path:
    """The backup with its manifest, or a part, changed."""
    other = taken.with_name("other.zip")
    with zipfile.ZipFile(taken) as source, zipfile.ZipFile(other, "w") as archive:
        for name in source.namelist():
            for new_name, content in change(name, source.read(name)):
                archive.writestr(new_name, content)
    return other


def _with_manifest(**changes: Any) -> Any:
    def change(name: str, content: bytes) -> list[tuple[str, bytes]]:
        if name != MANIFEST:
            return [(name, content)]
        manifest = msgspec.json.decode(content, type=Manifest)
        return [(name, msgspec.json.encode(msgspec.structs.replace(manifest, **changes)))]

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda name, content: [(name, content.replace(b"Harbour", b"Harbor!"))], "tables/.* is damaged"),
        (lambda name, content: [] if name == MANIFEST else [(name, content)], "no manifest"),
        (lambda name, content: [] if name == "tables/keys.jsonl" else [(name, content)], "does not hold"),
        (lambda name, content: [(name, content), *([("../evil", b"x")] if name == MANIFEST else [])], "does not hold"),
        (_with_manifest(format=9), "format is 9"),
        (_with_manifest(schema="9999"), "newer Freehold"),
    ],
    ids=["altered", "no manifest", "a part missing", "a part too many", "another format", "a newer schema"],
)
def test_a_file_that_is_not_a_whole_backup_is_refused_and_leaves_nothing(
    taken: Path, tmp_path: Path, change: Any, words: str
) -> None:
    _refused(_rewritten(taken, change), tmp_path, words)


def test_a_part_cannot_lead_out_of_the_directory(taken: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(taken) as archive:
        manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    evil = msgspec.structs.replace(manifest.parts[0], name="journal/../../evil", rows=0)
    change = _with_manifest(parts=[*manifest.parts, evil])
    other = _rewritten(
        taken, lambda name, content: [*change(name, content), *([(evil.name, b"")] if name == MANIFEST else [])]
    )
    _refused(other, tmp_path, "no backup has")
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize("size", [0, 10, 5000])
def test_a_file_that_was_cut_off_is_refused(taken: Path, tmp_path: Path, size: int) -> None:
    cut = tmp_path / "cut.zip"
    cut.write_bytes(taken.read_bytes()[:size])
    _refused(cut, tmp_path, "is no backup, or was cut off")


def test_another_secret_is_refused(taken: Path, tmp_path: Path) -> None:
    into = tmp_path / "target"
    data_directory.prepare(into)
    store = open_sqlite(into / "freehold.db")
    with pytest.raises(CannotRestore, match="is not the secret"):
        restore(store, Settings(data=into, secret="ab" * 32), taken, lambda *_: None)
    with store.read() as tx:
        assert tx.execute(select(instances.c.id)).all() == []
    restore(store, Settings(data=into), taken, lambda *_: None)
    with pytest.raises(CannotRestore, match="holds an instance already"):
        restore(store, Settings(data=into), taken, lambda *_: None)
    store.close()


def test_commands(taken: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    into = tmp_path / "restored"
    checked = run(freehold, ["restore", "--check", str(taken)])
    assert (checked.exit_code, "rows of sqlite" in checked.output) == (0, True)
    done = run(freehold, ["restore", "--data", str(into), str(taken)])
    assert (done.exit_code, f"freehold up --data {into}" in done.output) == (0, True), done.output
    again = run(freehold, ["restore", "--data", str(into), str(taken)])
    assert again.exit_code == 1
    second = run(freehold, ["backup", "--data", str(into), "--json", str(tmp_path / "second.zip")])
    assert second.exit_code == 0, second.output
    assert msgspec.json.decode(second.output)["rows"] == check_backup(taken).rows
    shutil.rmtree(into)
    assert run(freehold, ["backup", "--data", str(into), str(tmp_path / "third.zip")]).exit_code != 0


# --- short ways -----------------------------------------------------------------------------------


def _refused(file: Path, tmp_path: Path, words: str) -> None:
    into = tmp_path / "target"
    data_directory.prepare(into)
    store = open_sqlite(into / "freehold.db")
    with pytest.raises(CannotRestore, match=words):
        restore(store, Settings(data=into), file, lambda *_: None)
    store.close()
    assert not (into / "secret.key").exists()


def _at(settings: Settings, data: Path) -> Settings:
    return Settings(data=data, database_url=settings.database_url)


def _project(tx: Any, project_id: str) -> Any:
    found = projects.find_project(tx, project_id)
    assert found is not None
    return found


def _events(store: Store) -> list[str]:
    with store.read() as tx:
        return list(tx.execute(select(usage_events.c.id).order_by(usage_events.c.id)).scalars())


def _rows(store: Store) -> dict[str, list[bytes]]:
    with store.read() as tx:
        return {table.name: sorted(lines_of(tx, table)) for table in tables()}
