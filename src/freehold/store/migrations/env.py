"""Alembic's entry: runs the migrations inside the transaction that `store.migrate` opened."""

from typing import Any, Literal

from alembic import context
from sqlalchemy import BigInteger, Text

from freehold.store.schema import metadata
from freehold.store.types import Instant, JsonText


def _plain(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    """Migrations name plain column types: they must not change when our types do."""
    if kind == "type" and isinstance(item, Instant):
        return f"sa.{BigInteger.__name__}()"
    if kind == "type" and isinstance(item, JsonText):
        return f"sa.{Text.__name__}()"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_item=_plain,
    # The transaction is the caller's, on both databases: a migration that fails leaves nothing.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
