"""What all tables share: how constraints are named, and the closed sets that several of them hold."""

from sqlalchemy import MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ENVIRONMENT = "environment IN ('sandbox', 'production')"
# A quota has both halves or none. CHECKs say IS NOT NULL of each: one that is unknown passes.
QUOTA = (
    "(quota IS NULL AND quota_period IS NULL) OR (quota IS NOT NULL AND quota > 0"
    " AND quota_period IS NOT NULL AND quota_period IN ('hour', 'day', 'month'))"
)

PROBE = "probe IN ('signed', 'forged', 'stale', 'repeated')"
