"""`freehold backup` and `freehold restore`: a whole instance as one file, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from freehold.cli import output
from freehold.cli.failures import CannotTry, Failure
from freehold.cli.instance_options import data_option, settings_of

if TYPE_CHECKING:
    from freehold.backup.parts import Manifest


@click.command("backup", short_help="Write a whole instance to one file, while it runs.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def backup(file: Path, data: Path | None, as_json: bool) -> None:
    """Write this instance, as it is at one moment, to a new FILE. It may run meanwhile.

    All tables, the journals of what is not counted yet, and the instance's secret, unless FREEHOLD_SECRET has it:
    keep the file as you keep the instance itself. Not in it are archived requests (FREEHOLD_ARCHIVE): copy that folder.
    Run it on a node that has the data directory; with PostgreSQL and several nodes, the journals of the other nodes
    stay with them and are counted by them.

    \b
    Example:
      freehold backup --data ./data freehold-2026-11-28.zip
    """
    from freehold.backup.writing import CannotBackUp, counts, write_backup
    from freehold.store.engine import open_store

    settings = settings_of(data=data)
    if settings.embedded and not (settings.data / "freehold.db").exists():
        raise CannotTry(f"There is no instance in {settings.data}.")
    store = open_store(settings)
    try:
        with store.read() as tx:
            length = sum(counts(tx).values())
        with click.progressbar(length=max(length, 1), label="Writing", hidden=as_json) as bar:
            manifest = write_backup(store, settings, file, lambda _table, rows: bar.update(rows))
    except CannotBackUp as problem:
        raise Failure(str(problem)) from problem
    finally:
        store.close()
    _show(manifest, file, as_json)


@click.command("restore", short_help="Put a backup into an empty instance.")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
@click.option("--check", "only_check", is_flag=True, help="Only hold the file against its manifest; restore nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def restore(file: Path, data: Path | None, only_check: bool, as_json: bool) -> None:
    """Put the backup in FILE into an empty data directory and database, whichever it came from.

    All of it, or nothing; an instance that holds anything is refused. With FREEHOLD_DATABASE_URL it goes to PostgreSQL,
    also from a backup of SQLite: so an instance moves to a cluster.

    \b
    Examples:
      freehold restore --check freehold-2026-11-28.zip
      freehold restore --data ./restored freehold-2026-11-28.zip && freehold up --data ./restored
    """
    from freehold.backup.restoring import CannotRestore, check_backup
    from freehold.backup.restoring import restore as put_back
    from freehold.store.engine import open_store
    from freehold.supervisor import data_directory
    from freehold.supervisor.refusals import CannotStart

    settings = settings_of(data=data)
    try:
        manifest = check_backup(file)
        if not only_check:
            data_directory.prepare(settings.data)
            store = open_store(settings)
            try:
                with click.progressbar(length=max(manifest.rows, 1), label="Restoring", hidden=as_json) as bar:
                    put_back(store, settings, file, lambda _table, rows: bar.update(rows))
            finally:
                store.close()
    except (CannotRestore, CannotStart) as problem:
        raise Failure(str(problem)) from problem
    _show(manifest, file, as_json)
    if not as_json and not only_check:
        click.echo(f"Start it:  freehold up --data {settings.data}")


def _show(manifest: Manifest, file: Path, as_json: bool) -> None:
    facts: dict[str, Any] = {
        "file": str(file), "bytes": file.stat().st_size, "rows": manifest.rows, "version": manifest.version,
        "schema": manifest.schema, "database": manifest.database, "secret": manifest.secret,
        "taken_at": f"{datetime.fromtimestamp(manifest.taken_at_ms / 1000, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
    }  # fmt: skip
    if as_json:
        output.print_json(facts)
        return
    output.print_facts(
        {
            "File": f"{file}, {facts['bytes']:,} bytes",
            "Holds": f"{manifest.rows:,} rows of {manifest.database}, as of {facts['taken_at']}",
            "Secret": "in the file: keep it as you keep the instance"
            if manifest.secret
            else "not in the file: it is in FREEHOLD_SECRET",
        }
    )
