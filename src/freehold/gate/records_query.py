"""One reading of the database for all that the keyring is asked for and does not have. SQL only."""

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, select

from freehold.apis.routing import Router
from freehold.gate.keyring import ApiRecord, Found, Kind, Missing, TokenRecord
from freehold.keys.secret_records import project_records, secret_records
from freehold.kit import clock
from freehold.store import epoch
from freehold.store.engine import Transaction
from freehold.store.schema import apis, endpoints, organizations, tokens

# What lets a service token ask for decisions: the permission `keys.verify`, by role.
_VERIFYING_ROLES: Final = frozenset({"verifier", "owner", "admin", "developer"})


def read(tx: Transaction, asked: Iterable[Missing]) -> Found:
    """Read all of these at one moment, and the epoch of that moment."""
    asked = tuple(asked)
    at = epoch.current(tx)
    selectors, digests = _names(asked, "secret"), _names(asked, "token")
    project_ids = _names(asked, "project")
    api_ids, slugs = _names(asked, "api"), _names(asked, "slug")
    return Found(
        epoch=at,
        asked=asked,
        secrets=tuple(secret_records(tx, selectors).values()) if selectors else (),
        projects=tuple(project_records(tx, project_ids).values()) if project_ids else (),
        tokens=_tokens(tx, digests) if digests else (),
        apis=_apis(tx, apis.c.id.in_(api_ids) | apis.c.slug.in_(slugs)) if api_ids or slugs else (),
    )


def _names(asked: tuple[Missing, ...], kind: Kind) -> list[Any]:
    return [each.name for each in asked if each.kind == kind]


def _tokens(tx: Transaction, digests: list[bytes]) -> tuple[TokenRecord, ...]:
    """The service tokens of these digests that were not revoked (uq digest)."""
    rows = tx.execute(
        select(
            tokens.c.id, tokens.c.kind, tokens.c.digest, tokens.c.organization_id, tokens.c.roles, tokens.c.expires_at,
            organizations.c.is_operator,
        )
        .outerjoin(organizations, organizations.c.id == tokens.c.organization_id)
        .where(tokens.c.digest.in_(digests), tokens.c.kind != "personal", tokens.c.revoked_at.is_(None))
    )  # fmt: skip
    return tuple(_token(row) for row in rows)


def _token(row: Row[*tuple[Any, ...]]) -> TokenRecord:
    return TokenRecord(
        id=row.id,
        digest=bytes(row.digest),
        organization_id=None if row.kind == "instance" or row.is_operator else row.organization_id,
        may_verify=not _VERIFYING_ROLES.isdisjoint(row.roles),
        expires_at_ms=None if row.expires_at is None else clock.to_ms(row.expires_at),
    )


def _apis(tx: Transaction, which: ColumnElement[bool]) -> tuple[ApiRecord, ...]:
    """These APIs with their routes: the endpoints of the catalogue as it is now, in its order."""
    rows = tx.execute(
        select(
            apis.c.id,
            apis.c.slug,
            apis.c.upstream_sandbox,
            apis.c.upstream_production,
            apis.c.fail_open,
            apis.c.pass_key,
        ).where(which)
    ).all()
    routes: dict[str, list[tuple[str, str, str]]] = {row.id: [] for row in rows}
    for api_id, *route in tx.execute(
        select(endpoints.c.api_id, endpoints.c.operation_id, endpoints.c.method, endpoints.c.path)
        .where(endpoints.c.api_id.in_(routes), endpoints.c.removed_at.is_(None))
        .order_by(endpoints.c.api_id, endpoints.c.position)
    ):
        routes[api_id].append((route[0], route[1], route[2]))
    return tuple(
        ApiRecord(
            id=row.id,
            slug=row.slug,
            router=Router(routes[row.id]),
            upstreams={"sandbox": row.upstream_sandbox, "production": row.upstream_production},
            fail_open=row.fail_open,
            pass_key=row.pass_key,
        )
        for row in rows
    )
