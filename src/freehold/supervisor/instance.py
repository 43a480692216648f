"""Preparing the database of an instance: schema, the instance's row, its secret, its one-time tokens.

Everything here can be run again, and by two nodes at one instant, without harm.
"""

import hashlib
from datetime import datetime
from importlib import resources
from typing import Final

from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from freehold.apis import queries as catalogue
from freehold.errors import Problem
from freehold.kit import clock
from freehold.kit.secrets import InstanceSecret, random_base62, same
from freehold.organizations import queries as accounts
from freehold.organizations import token_queries
from freehold.organizations.actions import setup_token_digest
from freehold.organizations.records import Token
from freehold.organizations.tokens import token_digest
from freehold.settings import Settings
from freehold.store import epoch, instance_secret, schema_version
from freehold.store.engine import Store, Transaction, open_store
from freehold.store.schema import instance, tokens
from freehold.supervisor import data_directory
from freehold.supervisor.refusals import CannotStart

# One for the life of the instance.
EXAMPLE_TOKEN_ID: Final = "tok_00000000000000000000000000"  # noqa: S105 — an id, not a token
_SETUP_TOKEN_LENGTH: Final = 32
_TOKEN_LENGTH: Final = 40


def open_instance(settings: Settings) -> str | None:
    """Make an instance ready to be used; the one-time setup token, or None where setup is over."""
    store = open_store(settings)
    try:
        secret = prepare(store, settings)
        with store.write() as tx:
            setup_token = renew_setup_token(tx, secret)
            example_token = ensure_example_token(tx, secret)
    finally:
        store.close()
    data_directory.write_private(settings.data / data_directory.EXAMPLE_TOKEN_FILE, example_token)
    return setup_token


def prepare(store: Store, settings: Settings) -> InstanceSecret:
    """Bring schema, instance row and example API up to date; the instance's secret. CannotStart says what is wrong."""
    try:
        if not store.is_sqlite:
            _require_temporary_tables(store, settings)
        if not schema_version.is_newest(store):
            _migrate(store, settings)
        with store.write() as tx:
            secret = _recognised_secret(tx, settings)
            _ensure_example_api(tx)
        return secret
    except DBAPIError as error:
        raise CannotStart(f"The database {_name(settings)} cannot be used: {_first_line(error)}.") from None
    except Problem as problem:
        raise CannotStart(problem.detail) from None


def renew_setup_token(tx: Transaction, secret: InstanceSecret) -> str | None:
    """A fresh one-time token for the first-run setup, or None where setup is over. The one before stops."""
    if accounts.is_set_up(tx):
        return None
    token = random_base62(_SETUP_TOKEN_LENGTH)
    tx.execute(update(instance).values(setup_token_digest=setup_token_digest(secret, token)))
    return token


def ensure_example_token(tx: Transaction, secret: InstanceSecret) -> str:
    """The token with which the example API publishes its events: of one text on every node, and at every start."""
    token, now = f"fho_{secret.derive('example-token').hex()[:_TOKEN_LENGTH]}", clock.now()
    digest = token_digest(secret, token)
    known = tx.execute(select(tokens.c.digest).where(tokens.c.id == EXAMPLE_TOKEN_ID)).scalar()
    if known is None:
        token_queries.insert_token(tx, _example_token(token, now), digest)
    elif not same(known, digest):
        tx.execute(update(tokens).where(tokens.c.id == EXAMPLE_TOKEN_ID).values(digest=digest, last4=token[-4:]))
    else:
        return token
    epoch.advance(tx, "token", EXAMPLE_TOKEN_ID, now)
    return token


def _example_token(token: str, now: datetime) -> Token:
    return Token(
        EXAMPLE_TOKEN_ID,
        "instance",
        None,
        None,
        "The example API",
        ["publisher"],
        token[-4:],
        None,
        now,
        None,
        None,
        None,
    )


def _require_temporary_tables(store: Store, settings: Settings) -> None:
    """Usage is handed over in them: better told of now than by a collector that stands still."""
    allowed = text("SELECT current_user, has_database_privilege(current_database(), 'TEMPORARY')")
    with store.read() as tx:
        role, may_make = tx.execute(allowed).one()
    if not may_make:
        raise CannotStart(
            f"The role {role} may not make temporary tables in the database {_name(settings)}; "
            f"GRANT TEMPORARY ON DATABASE {make_url(settings.database_url).database} TO {role} lets it."
        )


def _migrate(store: Store, settings: Settings) -> None:
    # Loaded only where there is something to migrate: it takes a while.
    from freehold.store import migrate

    try:
        migrate.bring_up_to_date(store)
    except migrate.NewerSchema:
        raise CannotStart(
            f"The database {_name(settings)} was written by a newer Freehold; start that one, or a newer one still."
        ) from None


def _ensure_example_api(tx: Transaction) -> None:
    """Have the example API in the catalogue as its bundled document describes it."""
    document = (resources.files("freehold.example") / "openapi.yaml").read_bytes()
    api = catalogue.find_api_by_slug(tx, "example")
    if api is None or (api.is_bundled and api.document_digest != hashlib.sha256(document).hexdigest()):
        # Loaded only where there is something to import: reading OpenAPI documents takes a while to load.
        from freehold.apis.actions import ensure_example_api

        ensure_example_api(tx, clock.now())


def _recognised_secret(tx: Transaction, settings: Settings) -> InstanceSecret:
    """The secret that this database was made with; a new one where the database is new."""
    kept = tx.execute(select(instance.c.secret_check)).scalar()
    with data_directory.speaking_of(settings.data):
        secret = instance_secret.find(settings)
        if kept is None:
            secret = secret or instance_secret.create(settings.data)
            kept = _insert_instance(tx, secret)
    if secret is None:
        raise CannotStart(
            f"The database {_name(settings)} belongs to an instance whose secret is not here; "
            f"put its {instance_secret.FILE} into {settings.data}, or set FREEHOLD_SECRET."
        )
    if not same(kept, secret.derive("secret-check")):
        raise CannotStart(
            f"The database {_name(settings)} was made with another secret; "
            f"use the {instance_secret.FILE} or FREEHOLD_SECRET that it was made with."
        )
    return secret


def _insert_instance(tx: Transaction, secret: InstanceSecret) -> bytes:
    # Two nodes that meet an empty database at one instant make one row; the other one's secret is then compared with it.
    statement = text(
        "INSERT INTO instance (id, created_at, secret_check) VALUES (1, :now, :check) ON CONFLICT DO NOTHING"
    )
    tx.execute(statement, {"now": clock.now_ms(), "check": secret.derive("secret-check")})
    return bytes(tx.execute(select(instance.c.secret_check)).scalar_one())


def _name(settings: Settings) -> str:
    """How a sentence names the database: never with its password."""
    if settings.embedded:
        return f"in {settings.data}"
    url = make_url(settings.database_url)
    return f"{url.database} at {url.host}:{url.port or 5432}"


def _first_line(error: DBAPIError) -> str:
    line = str(error.orig or error).strip().splitlines()[0]
    return line.rstrip(".")
