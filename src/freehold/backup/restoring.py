"""Reading a backup back into an empty instance. See the README, "A backup's way"."""

import hashlib
import os
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import inspect, text

from freehold.backup.parts import FORMAT, MANIFEST, SECRET, Manifest, insert_lines, table_part
from freehold.kit.secrets import InstanceSecret, same
from freehold.settings import Settings
from freehold.store import schema_version
from freehold.store.engine import Store, Transaction
from freehold.store.migrate import bring_up_to_date
from freehold.store.schema import usage_names
from freehold.usage import partitions
from freehold.usage.rollups import DAY_MS

_PIECE: Final = 1 << 20
# What a part may be called: nothing leaves the data directory, whatever a file says.
_BY_MINUTE: Final = {"usage_rollups": partitions.MINUTES, "usage_totals": partitions.TOTALS}
_NAME: Final = re.compile(r"tables/[a-z_]+\.jsonl|secret\.key|journal(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)+")

Told = Callable[[str, int], None]


class CannotRestore(Exception):
    """A backup that cannot be read back. The message is one sentence for the operator."""


def check_backup(path: Path, told: Told = lambda _name, _rows: None) -> Manifest:
    """Read a backup whole and hold it against its manifest, without a database; CannotRestore says what is wrong."""
    with _opened(path) as archive:
        manifest = _manifest(archive)
        names = sorted(name for name in archive.namelist() if name != MANIFEST)
        if names != sorted(part.name for part in manifest.parts):
            raise CannotRestore("The file does not hold what its manifest says.")
        for part in manifest.parts:
            if not _NAME.fullmatch(part.name) or ".." in part.name:
                raise CannotRestore(f"The file holds a part that no backup has: {part.name!r}.")
            if _digest(archive, part.name) != (part.size, part.sha256):
                raise CannotRestore(f"The part {part.name} is damaged: its checksum is another one.")
            told(part.name, part.rows)
        return manifest


def restore(store: Store, settings: Settings, path: Path, told: Told) -> Manifest:
    """Put a backup into an empty database and a prepared, empty data directory; `told` hears each table's rows. All of it, or nothing."""
    manifest = check_backup(path)
    if manifest.schema > schema_version.newest():
        raise CannotRestore(
            f"The backup is of a newer Freehold ({manifest.version}); restore it with that one, or a newer one."
        )
    if not manifest.secret and not settings.secret:
        raise CannotRestore("The backup has no secret in it: set FREEHOLD_SECRET to the one that the instance had.")
    _require_empty(store, settings)
    written: list[Path] = []
    try:
        _restore_all(store, settings, path, manifest, written, told)
    except BaseException:
        for each in written:
            each.unlink(missing_ok=True)
        raise
    bring_up_to_date(store)
    return manifest


def _restore_all(
    store: Store, settings: Settings, path: Path, manifest: Manifest, written: list[Path], told: Told
) -> None:
    with _opened(path) as archive:
        _write_files(archive, manifest, settings, written)
        bring_up_to_date(store, manifest.schema)
        with store.write() as tx:
            if store.is_sqlite:
                # Looked at as a whole when it commits: tables come one after the other.
                tx.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
            for part in manifest.parts:
                if part.name.startswith("tables/"):
                    _restore_table(tx, store, archive, part.name, part.rows)
                    told(part.name, part.rows)
            _require_its_secret(tx, settings)


def _restore_table(tx: Transaction, store: Store, archive: zipfile.ZipFile, name: str, rows: int) -> None:
    table = name.removeprefix("tables/").removesuffix(".jsonl")
    if table_part(table) != name:
        raise CannotRestore(f"The file holds a part that no backup has: {name!r}.")

    def before(batch: Sequence[dict[str, Any]]) -> None:
        if not store.is_sqlite:
            _make_partitions(tx, table, batch)

    with archive.open(name) as file:
        if insert_lines(tx, table, file, before) != rows:
            raise CannotRestore(f"The part {name} does not have as many rows as the manifest says.")
    if table == usage_names.name and not store.is_sqlite:
        # The next new name must not be given a number that was put back.
        tx.exec_driver_sql(
            "SELECT setval(pg_get_serial_sequence('usage_names', 'number'), MAX(number)) FROM usage_names"
        )


def _make_partitions(tx: Transaction, table: str, batch: Sequence[dict[str, Any]]) -> None:
    """PostgreSQL keeps single requests and minutes by the day: each day's partition is made before its rows come."""
    if table == "usage_events":
        partitions.make_days(tx, partitions.EVENTS, {row["at"] - row["at"] % DAY_MS for row in batch})
    elif table in _BY_MINUTE:
        minutes = [row["bucket_at"] for row in batch if row["grain"] == "minute"]
        partitions.make_days(tx, _BY_MINUTE[table], {at - at % DAY_MS for at in minutes})


def _require_empty(store: Store, settings: Settings) -> None:
    with store.read() as tx:
        known = inspect(tx).get_table_names()
        if "instance" in known and tx.execute(text("SELECT count(*) FROM instance")).scalar_one():
            raise CannotRestore("The database holds an instance already; name another --data, or an empty database.")
    if any((settings.data / "journal").glob("*/*")) or (settings.data / SECRET).exists():
        raise CannotRestore(f"The directory {settings.data} holds an instance already; name another one with --data.")


def _write_files(archive: zipfile.ZipFile, manifest: Manifest, settings: Settings, written: list[Path]) -> None:
    for part in manifest.parts:
        if part.name.startswith("tables/") or (part.name == SECRET and settings.secret):
            continue
        target = settings.data / part.name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        written.append(target)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with archive.open(part.name) as source, os.fdopen(descriptor, "wb") as file:
            while piece := source.read(_PIECE):
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())


def _require_its_secret(tx: Transaction, settings: Settings) -> None:
    kept = tx.execute(text("SELECT secret_check FROM instance")).scalar_one()
    given = settings.secret or (settings.data / SECRET).read_text("ascii")
    if not same(bytes(kept), InstanceSecret.from_hex(given).derive("secret-check")):
        raise CannotRestore("FREEHOLD_SECRET is not the secret that the backed-up instance had.")


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except zipfile.BadZipFile:
        raise CannotRestore(f"{path} is no backup, or was cut off.") from None
    except OSError as error:
        raise CannotRestore(f"{path} cannot be read: {error.strerror or error}.") from error


def _manifest(archive: zipfile.ZipFile) -> Manifest:
    try:
        manifest = msgspec.json.decode(archive.read(MANIFEST), type=Manifest)
    except (KeyError, msgspec.MsgspecError):
        raise CannotRestore("The file has no manifest: it is no backup, or was cut off.") from None
    if manifest.format != FORMAT:
        raise CannotRestore(f"The backup's format is {manifest.format}; this program reads {FORMAT}.")
    return manifest


def _digest(archive: zipfile.ZipFile, name: str) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    with archive.open(name) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()
