"""Writing a backup of an instance that runs. See the README, "A backup's way"."""

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy import text

from freehold import __version__
from freehold.backup.parts import FORMAT, MANIFEST, SECRET, Manifest, Part, lines_of, table_part, tables
from freehold.kit import clock
from freehold.settings import Settings
from freehold.store.engine import Store, Transaction

_PIECE: Final = 1 << 20

Told = Callable[[str, int], None]


class CannotBackUp(Exception):
    """A backup that could not be written. The message is one sentence for the operator."""


def write_backup(store: Store, settings: Settings, target: Path, told: Told) -> Manifest:
    """Write a backup as a new file; `told` hears each part's name and rows. CannotBackUp where there is a file already."""
    if target.exists():
        raise CannotBackUp(f"{target} is there already; a backup replaces nothing.")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
                manifest = _write_all(store, settings, archive, told)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it never replaces a file that came to be meanwhile.
        target.hardlink_to(draft)
    except FileExistsError:
        raise CannotBackUp(f"{target} is there already; a backup replaces nothing.") from None
    except OSError as error:
        raise CannotBackUp(f"{target} cannot be written: {error.strerror or error}.") from error
    finally:
        draft.unlink(missing_ok=True)
    return manifest


def _write_all(store: Store, settings: Settings, archive: zipfile.ZipFile, told: Told) -> Manifest:
    parts = [_write(archive, name, pieces) for name, pieces in _journals(settings.data)]
    secret = settings.data / SECRET
    has_secret = not settings.secret and secret.exists()
    if has_secret:
        parts.append(_write(archive, SECRET, [secret.read_bytes()]))
    with store.read() as tx:
        version = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
        taken_at_ms = clock.now_ms()
        for table in tables():
            part = _write(archive, table_part(table.name), lines_of(tx, table), head=1)
            parts.append(part)
            told(table.name, part.rows)
    manifest = Manifest(
        format=FORMAT, version=__version__, schema=version, database="sqlite" if store.is_sqlite else "postgresql",
        taken_at_ms=taken_at_ms, secret=has_secret, parts=parts,
    )  # fmt: skip
    archive.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
    return manifest


def _write(archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes], head: int = 0) -> Part:
    """Write one part as it comes. `head`: how many of its pieces are no rows."""
    digest, size, count = hashlib.sha256(), 0, -head
    with archive.open(name, "w", force_zip64=True) as file:
        for piece in pieces:
            file.write(piece)
            digest.update(piece)
            size += len(piece)
            count += 1
    is_table = name.startswith("tables/")
    return Part(name, count if is_table else 0, size, digest.hexdigest())


def _journals(data: Path) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The journals' segments, each cut where it ends now. One that the collector deletes meanwhile is counted already."""
    folder = data / "journal"
    for path in sorted(folder.rglob("*")) if folder.exists() else ():
        with contextlib.suppress(FileNotFoundError):
            if path.is_file():
                yield path.relative_to(data).as_posix(), _pieces(path, path.stat().st_size)


def _pieces(path: Path, size: int) -> Iterator[bytes]:
    left = size
    with contextlib.suppress(FileNotFoundError), path.open("rb") as file:
        while left and (piece := file.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece


def counts(tx: Transaction) -> dict[str, int]:
    """How many rows each table has now, for a bar of progress."""
    return {
        table.name: tx.execute(text(f'SELECT count(*) FROM "{table.name}"')).scalar_one()  # noqa: S608 — a name of ours
        for table in tables()
    }
