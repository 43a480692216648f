"""Which schema a database has, and which one this program wants: told without loading the migrations.

Loading them takes longer than everything else at a start, and at nearly every start there is nothing
to migrate.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import inspect, text

from freehold.store.engine import Store

MIGRATIONS: Final = Path(__file__).parent / "migrations" / "versions"


def is_newest(store: Store) -> bool:
    """Whether the database has exactly this program's schema."""
    with store.read() as tx:
        if not inspect(tx).has_table("alembic_version"):
            return False
        return tx.execute(text("SELECT version_num FROM alembic_version")).scalars().all() == [newest()]


def newest() -> str:
    """The revision of this program's last migration: its file's number."""
    return max(path.name.partition("_")[0] for path in MIGRATIONS.glob("[0-9]*_*.py"))
