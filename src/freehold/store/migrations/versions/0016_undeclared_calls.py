"""An index of the requests that were refused because their endpoint is not declared, or not known."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

_UNDECLARED = sa.text("outcome IN ('endpoint_unknown', 'endpoint_not_in_scope')")


def upgrade() -> None:
    op.create_index(
        "ix_usage_events_undeclared", "usage_events", ["project_id", "at"],
        sqlite_where=_UNDECLARED, postgresql_where=_UNDECLARED,
    )  # fmt: skip
